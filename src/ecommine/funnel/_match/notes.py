"""Notes of what a funnel does not find among the events, and the check that every event is one step only."""

from collections.abc import Sequence
from typing import Any

from ..._core.arrays import Ints, distinct_codes
from ..._core.frames import Frame, collect
from ..._core.notes import Note
from ..._core.texts import counted, near_names
from .._definition import Funnel
from .plan import make_plan

STEP_WITHOUT_EVENTS = "step_without_events"
"""Code of the note of a step that no event matches; its count is the number of the step, from 1."""


def missing_steps_notes(frame: Frame, funnel: Funnel, steps_present: int) -> list[Note]:
    """Return a note of each step whose bit is not set, with a similar name of an event where there is one."""
    missing = [(number, step) for number, step in enumerate(funnel.steps, 1) if not steps_present >> (number - 1) & 1]
    if not missing:
        return []
    names: list[Any] = collect(frame.select("event").unique())["event"].to_list()
    present = sorted(str(name) for name in names)
    notes = []
    for number, step in missing:
        near = [] if set(step.event) & set(present) else near_names(step.event[0], present, most=1, cutoff=0.5)
        text = f"no event matches step {step.name!r}" + (f": did you mean {near[0]!r}?" if near else "")
        notes.append(Note(text, code=STEP_WITHOUT_EVENTS, count=number))
    return notes


def without_constant_notes(n: int, columns: Sequence[str]) -> list[Note]:
    """Return a note of events of steps without a value that must be held constant."""
    text = f"{counted(n, 'event')} without {' or '.join(columns)} cannot be a step"
    return [Note(text, code="events_without_constant", count=n)] if n else []


def check_overlap(steps: Ints, funnel: Funnel) -> None:
    """Raise where an event is two steps, between which no order decides; but a step may be listed twice."""
    first_equal = make_plan(funnel).first_equal
    for bitmask in distinct_codes(steps)[1].tolist():
        matched = [step for step in range(len(first_equal)) if bitmask >> step & 1]
        if len({first_equal[step] for step in matched}) > 1:
            names = " and ".join(repr(funnel.steps[step].name) for step in matched[:2])
            raise ValueError(f"an event is both {names}: with order='any' every event must be one step only")
