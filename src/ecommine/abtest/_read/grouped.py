"""Sums of columns by cell: aggregate queries on a lazy engine; in memory the cells of rows are numbered once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from ..._core.codes import factorize_sorted
from ..._core.frames import Frame, collect
from ..._stats.arrays import Ints, sums_by_group

COUNT = "_n"
"""Name of the column of counts."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Grouping:
    """Rows of a frame by key columns; ``codes`` and ``cells``, the keys of each cell, are known in memory."""

    frame: Frame
    keys: tuple[str, ...]
    codes: Ints
    cells: nw.DataFrame[Any] | None

    def sums(self, columns: Mapping[str, nw.Expr]) -> nw.DataFrame[Any]:
        """Sum up columns, a missing value making the sum NaN in memory; one row per cell, always in one order."""
        if self.cells is None:
            grouped = self.frame.select(*self.keys, **columns).group_by(*self.keys)
            sums = grouped.agg(nw.len().alias(COUNT), *[nw.col(name).sum().alias(name) for name in columns])
            return collect(sums).sort(*self.keys)
        assert isinstance(self.frame, nw.DataFrame)
        n, like = len(self.cells), self.cells.implementation
        sums_of = {COUNT: np.bincount(self.codes, minlength=n).astype(np.float64)}
        for name, column in columns.items():  # one at a time, so that only one of them is in memory
            values = self.frame.select(column.alias(name))[name].to_numpy()
            sums_of[name] = sums_by_group(self.codes, values, n)
        return self.cells.with_columns(nw.new_series(name, one, backend=like) for name, one in sums_of.items())


def group_rows(frame: Frame, keys: Sequence[str]) -> Grouping:
    """Group the rows of a frame by key columns."""
    if not isinstance(frame, nw.DataFrame):
        return Grouping(frame=frame, keys=tuple(keys), codes=np.zeros(0, dtype=np.int64), cells=None)
    codes = np.zeros(len(frame), dtype=np.int64)
    for key in keys:
        own, labels = factorize_sorted(frame[key], argument=f"`{key.removeprefix('_')}`")
        if len(labels) > 1 or (own < 0).any():
            codes = codes * (len(labels) + 1) + own + 1
            codes = np.unique(codes, return_inverse=True)[1] if codes.max(initial=0) > len(frame) else codes
    is_there = np.bincount(codes) > 0
    codes = (np.cumsum(is_there) - 1)[codes]
    first = np.zeros(int(is_there.sum()), dtype=np.int64)
    first[codes[::-1]] = np.arange(len(codes))[::-1]
    return Grouping(frame=frame, keys=tuple(keys), codes=codes, cells=nw.maybe_reset_index(frame.select(*keys)[first]))
