"""Which group and which period a unit belongs to."""

from datetime import datetime, timedelta
from typing import Any, Literal

import numpy as np

from .._core.checks import counted, one_of
from ..schema._periods import Every
from ._definition import Funnel
from ._moves import Ints
from ._walk import Reach

Attribution = Literal["first", "last", "step"]
ATTRIBUTIONS = ("first", "last", "step")
EVERY = ("1d", "1w", "1mo", "1q", "1y")
MOST_GROUPS = 50
MOST_PERIODS = 1_000
DAY = 86_400_000_000
MONDAY = 4
"""The days from 1970-01-01, a Thursday, to the first Monday."""


def check_attribution(attribution: str, funnel: Funnel) -> None:
    """Raise unless it is one of the words or the name of a step."""
    if attribution not in funnel.names:
        one_of("attribution", attribution, (*ATTRIBUTIONS, *funnel.names))


def group_of(reach: Reach, attribution: str, funnel: Funnel, unit: str) -> tuple[Ints, list[str]]:
    """Return the group of each unit, -1 where it is in none, and what is to be told."""
    if attribution == "last":
        found = np.take_along_axis(reach.group, reach.deepest[:, None], axis=1)[:, 0]
    elif attribution in funnel.names:
        found = reach.group[:, funnel.names.index(attribution)]
    else:
        return reach.group[:, 0], []
    notes = ["groups by a later step are chosen by how far a unit came: their conversions are no chances"]
    lost = int((found < 0).sum())
    if lost:
        notes.append(f"{counted(lost, unit.removesuffix('_id'))} never reached {attribution!r} and are in no group")
    return found, notes


def check_groups(by: str | None, labels: tuple[Any, ...]) -> None:
    """Raise where there are too many groups to compare."""
    if len(labels) > MOST_GROUPS:
        raise ValueError(f"`by`: {by!r} has {len(labels):,} values, at most {MOST_GROUPS} can be compared")


def period_of(entry: Ints, every: Every) -> tuple[Ints, list[datetime]]:
    """Return the period of each entry by its number, and when each period begins.

    Examples
    --------
    >>> entry = np.array(["2024-03-06T10:00", "2024-02-29T23:59"], dtype="datetime64[us]").astype(np.int64)
    >>> period_of(entry, "1w")[1]
    [datetime.datetime(2024, 2, 26, 0, 0), datetime.datetime(2024, 3, 4, 0, 0)]
    """
    if every in ("1d", "1w"):
        length, shift = (DAY, 0) if every == "1d" else (7 * DAY, MONDAY * DAY)
        starts, code = np.unique((entry - shift) // length * length + shift, return_inverse=True)
    else:
        months = {"1mo": 1, "1q": 3, "1y": 12}[every]
        number = entry.astype("datetime64[us]").astype("datetime64[M]").astype(np.int64)
        first, code = np.unique(number // months * months, return_inverse=True)
        starts = first.astype("datetime64[M]").astype("datetime64[us]").astype(np.int64)
    if len(starts) > MOST_PERIODS:
        raise ValueError(f"`every`: {every!r} makes {len(starts):,} periods, at most {MOST_PERIODS:,} can be shown")
    return code, starts.astype("datetime64[us]").tolist()


def is_complete(start: datetime, every: Every, until: datetime) -> bool:
    """Tell whether all of a period has been seen."""
    if every in ("1d", "1w"):
        end = start + timedelta(days=1 if every == "1d" else 7)
    else:
        month = start.year * 12 + start.month - 1 + {"1mo": 1, "1q": 3, "1y": 12}[every]
        end = datetime(month // 12, month % 12 + 1, 1)
    return until >= end - timedelta(microseconds=1)
