"""Conditions of steps and exclusions, checked against their columns, and notes of what is not among the events."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar

import narwhals.stable.v2 as nw
import numpy as np

from ..._core.arrays import Ints, distinct_codes
from ..._core.frames import Frame, collect
from ..._core.notes import Note
from ..._core.texts import counted, near_names
from .._definition import Exclude, Funnel, Step
from .plan import make_plan

StepOrExclusion = TypeVar("StepOrExclusion", Step, Exclude)
Types = Mapping[str, Any]
"""The types of a table's columns, by name."""
_KINDS: tuple[tuple[Callable[[Any], bool], tuple[str, Any, Any]], ...] = (
    (lambda dtype: bool(dtype.is_numeric()), ("numbers", (int, float, Decimal), bool)),
    (lambda dtype: dtype == nw.Boolean, ("true and false", bool, ())),
    (lambda dtype: isinstance(dtype, (nw.String, nw.Categorical, nw.Enum)), ("text", str, ())),
    (lambda dtype: isinstance(dtype, nw.Datetime), ("times", datetime, ())),
    (lambda dtype: dtype == nw.Date, ("dates", date, datetime)),
)
"""Whether a column is of a kind; the name of the kind, the Python types of its values, and types that are not."""


def check_conditions(types: Types, funnel: Funnel) -> None:
    """Raise where a condition names a value that its column cannot hold: libraries differ in how they compare these."""
    for column, values in (condition for part in funnel.steps_and_exclusions for condition in part.where):
        dtype = types[column]
        if dtype.is_nested() or dtype in (nw.Object, nw.Unknown):
            raise ValueError(
                f"`where`: the column {column!r} holds {dtype}, not single values of one type: convert it first"
            )
        kind = next((kind for is_kind, kind in _KINDS if is_kind(dtype)), None)
        if kind is not None:
            noun, accepted, refused = kind
            wrong = [value for value in values if not isinstance(value, accepted) or isinstance(value, refused)]
            if wrong:
                raise ValueError(f"`where`: the column {column!r} holds {noun}, got {wrong[0]!r}")
        _check_range(column, dtype, values)


def _check_range(column: str, dtype: Any, values: tuple[Any, ...]) -> None:
    """Raise where a value is of the right kind and yet never in the column."""
    if dtype.is_integer():
        low, high = _range_of(dtype)
        wrong = [value for value in values if not low <= value <= high or value != int(value)]
        if wrong:
            raise ValueError(f"`where`: the column {column!r} holds whole numbers ({dtype}), got {wrong[0]!r}")
    if isinstance(dtype, nw.Datetime) and dtype.time_zone is None:
        wrong = [value for value in values if value.tzinfo is not None]
        if wrong:
            raise ValueError(f"`where`: the column {column!r} holds times without a zone, got {wrong[0]!r}")


def _range_of(dtype: Any) -> tuple[int, int]:
    """Return the least and the largest number of an integer type such as UInt8."""
    bits = int("".join(letter for letter in str(dtype) if letter.isdigit()))
    return (0, 2**bits - 1) if str(dtype).startswith("U") else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


def match_column_types(types: Types, funnel: Funnel) -> Funnel:
    """Convert numbers of conditions to the types of their columns: libraries differ in how they compare others."""
    if not any(part.where for part in funnel.steps_and_exclusions):
        return funnel
    steps = tuple(_converted(types, step) for step in funnel.steps)
    return replace(funnel, steps=steps, exclude=tuple(_converted(types, exclusion) for exclusion in funnel.exclude))


def _converted(types: Types, part: StepOrExclusion) -> StepOrExclusion:
    where = {column: [_as_type(types.get(column), value) for value in values] for column, values in part.where}
    return replace(part, where=where) if where else part


def _as_type(dtype: Any, value: Any) -> Any:
    if dtype is None or isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
        return value
    if dtype == nw.Float32:
        return float(np.float32(value))
    if dtype.is_float():
        return float(value)
    return int(value) if dtype.is_integer() and value == value // 1 else value


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
