"""Which group and which period a unit belongs to."""

from datetime import datetime
from typing import Any, Literal

import numpy as np

from ..._core.arrays import Ints
from ..._core.checks import one_of, show
from ..._core.notes import Note
from ..._core.texts import counted
from ...schema._for_topics import Every, first_open
from .._definition import Funnel
from .._match.plan import StepTimes

Attribution = Literal["first", "last", "step"]
ATTRIBUTIONS = ("first", "last", "step")
ENTRY_ATTRIBUTIONS = ("first", "step")
"""By these the group of a unit does not depend on how far it gets."""
PERIOD_UNITS = {"1d": ("D", 1, 0), "1w": ("D", 7, 4), "1mo": ("M", 1, 0), "1q": ("M", 3, 0), "1y": ("M", 12, 0)}
"""NumPy's unit, length, and where the first period after 1970-01-01, a Thursday, begins."""
PERIOD_LENGTHS = tuple(PERIOD_UNITS)
MAX_GROUPS = 50
MAX_PERIODS = 1_000


def check_attribution(attribution: str, funnel: Funnel, by: str | None) -> None:
    """Raise unless `attribution` is one of the words or the name of a step, and `by` is given where it matters."""
    if not isinstance(attribution, str):
        raise TypeError(f"`attribution` must be one of {', '.join(ATTRIBUTIONS)}, or a step, got {show(attribution)}")
    if by is None and attribution != "first":
        raise ValueError(f"`attribution` {attribution!r} needs a column of groups: give by=...")
    if attribution in ATTRIBUTIONS and attribution in funnel.step_labels:
        raise ValueError(f"`attribution` {attribution!r} is also the name of a step: rename the step")
    if attribution not in funnel.step_labels:
        one_of("attribution", attribution, (*ATTRIBUTIONS, *funnel.step_labels))


def check_group_count(by: str, n: int) -> None:
    """Raise if there are too many groups to compare."""
    if n > MAX_GROUPS:
        raise ValueError(f"`by` {by!r} has {n:,} values, at most {MAX_GROUPS} can be compared")


def check_period_count(every: Every, n: int) -> None:
    """Raise if there are too many periods to show."""
    if n > MAX_PERIODS:
        raise ValueError(f"`every` {every!r} makes {n:,} periods, at most {MAX_PERIODS:,} can be shown")


def attributed_group(times: StepTimes, attribution: str, funnel: Funnel) -> Ints:
    """Return the code of the group of each unit, -1 for a unit in no group."""
    if attribution == "last":
        return np.take_along_axis(times.group, times.deepest_step[:, None], axis=1)[:, 0]
    step = funnel.step_labels.index(attribution) if attribution in funnel.step_labels else 0
    return times.group[:, step]


def attribution_notes(attribution: str, unit: str, n_without_group: int) -> list[Note]:
    """Return notes of groups that depend on how far a unit got, and of the units in no group."""
    if attribution in ENTRY_ATTRIBUTIONS:
        return []
    text = "groups by a later step depend on how far a unit got: do not read their conversion as a probability"
    notes = [Note(text, code="groups_by_outcome")]
    if n_without_group:
        noun, verb = counted(n_without_group, unit.removesuffix("_id")), "is" if n_without_group == 1 else "are"
        text = f"{noun} never reached {attribution!r} and {verb} in no group"
        notes.append(Note(text, code="units_without_group", count=n_without_group))
    return notes


def period_numbers(moments: Ints, every: Every) -> Ints:
    """Return the number of the period of each moment, counted from 1970."""
    unit, length, shift = PERIOD_UNITS[every]
    time: Ints = moments.astype("datetime64[us]").astype(f"datetime64[{unit}]").astype(np.int64)
    return (time - shift) // length


def period_starts(numbers: Ints, every: Every) -> list[datetime]:
    """Return when periods begin, given their numbers."""
    unit, length, shift = PERIOD_UNITS[every]
    starts = (numbers * length + shift).astype(f"datetime64[{unit}]").astype("datetime64[us]")
    moments: list[datetime] = starts.tolist()
    return moments


def period_label(start: datetime, every: Every, until: datetime | None, label: dict[str, Any]) -> dict[str, Any]:
    """Return the label of a period of a group."""
    return {"period_at": start, "complete": until is not None and start < first_open(until, every), **label}
