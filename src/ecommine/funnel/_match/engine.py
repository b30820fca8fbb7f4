"""Events followed to how far each log gets: compiled on all cores where there are many, else by sorted searches."""

from dataclasses import replace

from . import sort as _moves
from .ordered import walk
from .plan import Plan, StepTimes
from .sort import Events, sort_events
from .unordered import walk_any


def follow(events: Events, plan: Plan) -> StepTimes:
    """Find how far each log gets; logs by the numbers that were given."""
    found = _compiled(events, plan) if len(events.log) >= _moves.COMPILED_FROM and plan.order != "any" else None
    if found is None:
        moves, logs = sort_events(events)
        found = walk_any(moves, plan) if plan.order == "any" else walk(moves, plan)
        found = replace(found, unit=logs[found.unit])
    return replace(found, unit=found.unit.astype(events.log.dtype, copy=False))


def _compiled(events: Events, plan: Plan) -> StepTimes | None:
    try:
        from . import numba_ordered as _walk_numba
    except (ImportError, RuntimeError):  # numba is not there, does not fit NumPy, or may not write what it compiles
        return None
    return _walk_numba.walk(events, plan)
