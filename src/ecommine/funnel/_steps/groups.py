"""Which group and which period a unit belongs to."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

import numpy as np

from ..._core.checks import counted, one_of
from ..._core.notes import Note
from ...schema._for_topics import Every, first_open
from .._definition import Funnel
from .._match.plan import StepTimes
from .._match.sort import Ints
from .._micro import DAY

Attribution = Literal["first", "last", "step"]
ATTRIBUTIONS = ("first", "last", "step")
ENTRY_ATTRIBUTIONS = ("first", "step")
"""By these a group is known before it is known how far the unit comes."""
EVERY = ("1d", "1w", "1mo", "1q", "1y")
MOST_GROUPS = 50
MOST_PERIODS = 1_000
MONTHS: dict[str, int] = {"1mo": 1, "1q": 3, "1y": 12}
MONDAY = 4
"""The days from 1970-01-01, a Thursday, to the first Monday."""


def check_attribution(attribution: str, funnel: Funnel, by: str | None) -> None:
    """Raise unless it is one of the words or the name of a step, and there are groups where one is chosen."""
    if by is None and attribution != "first":
        raise ValueError(f"`attribution` {attribution!r} says which event decides the group: give the column, by=...")
    if attribution in ATTRIBUTIONS and attribution in funnel.step_labels:
        raise ValueError(f"`attribution`: {attribution!r} is a word and the name of a step: give the step another name")
    if attribution not in funnel.step_labels:
        one_of("attribution", attribution, (*ATTRIBUTIONS, *funnel.step_labels))


def group_of(reach: StepTimes, attribution: str, funnel: Funnel) -> Ints:
    """Return the group of each unit, -1 where it is in none."""
    if attribution == "last":
        return np.take_along_axis(reach.group, reach.deepest_step[:, None], axis=1)[:, 0]
    return reach.group[:, funnel.step_labels.index(attribution) if attribution in funnel.step_labels else 0]


def values_of(group: Ints, labels: Sequence[Any]) -> "np.ndarray[Any, Any]":
    """Return the group of each unit by its value, None where it is unknown or none."""
    return np.array([*labels, None], dtype=object)[group]


def attribution_notes(attribution: str, unit: str, n_without_group: int) -> list[Note]:
    """Return notes of groups that depend on how far a unit got, and of the units in no group."""
    if attribution in ENTRY_ATTRIBUTIONS:
        return []
    text = "groups by a later step depend on how far a unit got: do not read their conversion as a probability"
    notes = [Note(text, code="groups_by_outcome")]
    if n_without_group:
        text = f"{counted(n_without_group, unit.removesuffix('_id'))} never reached {attribution!r} and are in no group"
        notes.append(Note(text, code="units_without_group", count=n_without_group))
    return notes


def check_groups(by: str, n: int) -> None:
    """Raise where there are too many groups to compare."""
    if n > MOST_GROUPS:
        raise ValueError(f"`by`: {by!r} has {n:,} values, at most {MOST_GROUPS} can be compared")


def check_periods(every: Every, n: int) -> None:
    """Raise where there are too many periods to show."""
    if n > MOST_PERIODS:
        raise ValueError(f"`every`: {every!r} makes {n:,} periods, at most {MOST_PERIODS:,} can be shown")


def period_of(entry: Ints, every: Every) -> tuple[Ints, list[datetime]]:
    """Return the period of each entry by its number, and when each period begins.

    Examples
    --------
    >>> entry = np.array(["2024-03-06T10:00", "2024-02-29T23:59"], dtype="datetime64[us]").astype(np.int64)
    >>> period_of(entry, "1w")[1]
    [datetime.datetime(2024, 2, 26, 0, 0), datetime.datetime(2024, 3, 4, 0, 0)]
    """
    number, code = np.unique(period_number(entry, every), return_inverse=True)
    check_periods(every, len(number))
    return code, period_starts(number, every)


def period_number(moments: Ints, every: Every) -> Ints:
    """Count the periods since 1970."""
    if every in ("1d", "1w"):
        length, shift = (DAY, 0) if every == "1d" else (7 * DAY, MONDAY * DAY)
        return (moments - shift) // length
    months: Ints = moments.astype("datetime64[us]").astype("datetime64[M]").astype(np.int64)
    return months // MONTHS[every]


def period_starts(number: Ints, every: Every) -> list[datetime]:
    """Return when periods begin."""
    if every in ("1d", "1w"):
        length, shift = (DAY, 0) if every == "1d" else (7 * DAY, MONDAY * DAY)
        starts = number * length + shift
    else:
        starts = (number * MONTHS[every]).astype("datetime64[M]").astype("datetime64[us]").astype(np.int64)
    found: list[datetime] = starts.astype("datetime64[us]").tolist()
    return found


def label_of(start: datetime, every: Every, until: datetime | None, label: dict[str, Any]) -> dict[str, Any]:
    """Name a period of a group."""
    return {"period_at": start, "complete": until is not None and start < first_open(until, every), **label}
