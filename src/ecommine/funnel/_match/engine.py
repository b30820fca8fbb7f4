"""Choice of the engine: compiled on all cores where there are many events, else sorted searches in NumPy."""

from dataclasses import replace

from .ordered import follow_in_order
from .plan import Plan, StepTimes, stack_times
from .sort import Events, sort_events
from .tied import follow_tied, split_tied
from .unordered import follow_in_any_order

MIN_EVENTS_FOR_COMPILED = 2_000_000
"""Events from which compiled code is loaded, which takes half a second, if numba is there."""


def follow(events: Events, plan: Plan) -> StepTimes:
    """Find when each sequence reaches each step; sequences by the numbers that were given."""
    tied = None
    if plan.order != "any":
        tied, events = split_tied(events)
    times = _follow_untied(events, plan)
    if tied is not None:
        times = stack_times([times, follow_tied(tied, plan)])
    return replace(times, unit=times.unit.astype(events.sequence.dtype, copy=False))


def _follow_untied(events: Events, plan: Plan) -> StepTimes:
    is_compiled = len(events.sequence) >= MIN_EVENTS_FOR_COMPILED and plan.order != "any"
    times = _follow_compiled(events, plan) if is_compiled else None
    if times is None:
        in_order, sequences = sort_events(events)
        times = follow_in_any_order(in_order, plan) if plan.order == "any" else follow_in_order(in_order, plan)
        times = replace(times, unit=sequences[times.unit])
    return times


def _follow_compiled(events: Events, plan: Plan) -> StepTimes | None:
    try:
        from . import numba_ordered
    except (ImportError, RuntimeError):  # numba is not there, does not fit NumPy, or may not write what it compiles
        return None
    return numba_ordered.follow_in_order(events, plan)
