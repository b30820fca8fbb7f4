"""One group of a funnel measured by groups, as a funnel of its own."""

from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pandas as pd

from ..._core.frames import opened
from ..._core.notes import Note
from .._writing import built
from .notes import data_quality_notes
from .result import FunnelResult
from .table import merged

OVER_ALL = "; what was left out is counted over all groups"


def one_group(result: FunnelResult, value: Any) -> FunnelResult:
    """Take the units of one group; what is said of open windows and trends is said of them alone."""
    if result.by is None and result.every is None:
        raise ValueError("the funnel has no groups: measure it with by=... or every=...")
    key = result.by or "period_at"
    labels = [label for label, _ in result._groups]
    place = _place(labels, value)
    if place is None:
        _check_period([label["period_at"] for label, _ in result._parts], value)
        raise ValueError(f"{key!r} has no group {value!r}; it has {', '.join(map(_said, labels[:10]))}")
    found, seen = result._groups[place][1], result._seen
    mine = {number: part for number, part in enumerate(result._parts) if part[0][key] == labels[place]}
    periods = [({name: label[name] for name in label if name != key}, one) for label, one in mine.values()]
    of_all = data_quality_notes(result._all, result.unit)
    left_out = [note for note in result.notes if note not in of_all]
    return replace(
        result,
        table=built(merged(iter(periods or [({}, found)])), opened(result.table, argument="table")),
        entrants=found.entrants,
        by=None,
        every=result.every if periods else None,
        notes=(
            Note(f"only {key} {_said(labels[place])}" + (OVER_ALL if left_out else ""), code="one_group"),
            *left_out,
            *data_quality_notes(found, result.unit),
        ),
        _all=found,
        _groups=tuple((label["period_at"], one) for label, one in periods),
        _parts=(),
        _seen=None if seen is None else seen.alone([*mine] or [place]),
    )


def _check_period(periods: list[Any], value: Any) -> None:
    if _place(periods, value) is not None:
        raise ValueError(f"{value!r} is a period: choose the group first, result.group(...).group({value!r})")


def _said(label: Any) -> str:
    return f"{label:%Y-%m-%d}" if isinstance(label, datetime) else repr(label)


def _place(labels: list[Any], value: Any) -> int | None:
    """Find a group by its value; what is unknown is found by None and by any missing value."""
    if value is None or value is pd.NA or value != value:
        return next((place for place, label in enumerate(labels) if label is None), None)
    if any(isinstance(label, datetime) for label in labels):
        value = _moment(value)
    matches = (label is not None and label == value for label in labels)
    return next((place for place, is_it in enumerate(matches) if is_it), None)


def _moment(value: Any) -> Any:
    """Take a date or ISO 8601 text for the moment that it is."""
    if type(value) is date:
        return datetime(value.year, value.month, value.day)
    try:
        return datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        return value
