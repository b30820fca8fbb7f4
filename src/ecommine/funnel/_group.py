"""One group of a funnel measured by groups, as a funnel of its own."""

from dataclasses import replace
from typing import Any

import numpy as np

from .._core.frames import opened
from ._analyse import FunnelResult, _built, _told
from ._table import merged


def one_group(result: FunnelResult, value: Any) -> FunnelResult:
    """Take the units of one group; what is said of open windows and trends is said of them alone."""
    if result.by is None:
        raise ValueError("the funnel has no groups: measure it with by=...")
    labels = [label for label, _ in result._groups]
    place = _place(labels, value)
    if place is None:
        raise ValueError(f"{result.by!r} has no group {value!r}; it has {', '.join(map(repr, labels[:10]))}")
    found, reach = result._groups[place][1], result._reach
    of_all = _told(result._all, result.unit)
    left_out = [note for note in result.notes if note not in of_all]
    return replace(
        result,
        table=_built(merged(iter([(None, found)]), None), opened(result.table, argument="table")),
        entrants=found.entrants,
        by=None,
        notes=(
            f"only {result.by} {value!r}" + ("; what was left out is counted over all groups" if left_out else ""),
            *left_out,
            *_told(found, result.unit),
        ),
        _all=found,
        _groups=(),
        _reach=None if reach is None else reach.take(np.flatnonzero(reach.group == place)),
    )


def _place(labels: list[Any], value: Any) -> int | None:
    """Find a group by its value; what is unknown is found by None and by any missing value."""
    is_missing = value is None or value != value
    matches = (label is None if is_missing else label is not None and label == value for label in labels)
    return next((place for place, is_it in enumerate(matches) if is_it), None)
