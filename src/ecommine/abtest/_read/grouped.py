"""Sums of columns by cell: aggregate queries on a lazy engine; in memory the rows are sorted by cell once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import mul
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from ..._core.codes import factorize_sorted
from ..._core.frames import Frame, collect
from ..._stats.arrays import Ints, products_by_run

COUNT = "_n"
"""Name of the column of counts."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Grouping:
    """Rows of a frame by key columns; in memory in the order of their cells, whose keys are ``cells``."""

    frame: Frame
    keys: tuple[str, ...]
    counts: Ints
    cells: nw.DataFrame[Any] | None

    def sums(self, columns: Mapping[str, tuple[nw.Expr, ...]]) -> nw.DataFrame[Any]:
        """Sum up columns, or products of two; one row per cell in one order. In memory a missing value gives NaN."""
        if self.cells is None:
            products = {name: reduce(mul, factors) for name, factors in columns.items()}
            grouped = self.frame.select(*self.keys, **products).group_by(*self.keys)
            sums = grouped.agg(nw.len().alias(COUNT), *[nw.col(name).sum().alias(name) for name in columns])
            return collect(sums).sort(*self.keys)
        assert isinstance(self.frame, nw.DataFrame)
        starts = np.cumsum(self.counts) - self.counts
        sums_of = {COUNT: self.counts.astype(np.float64)}
        for name, factors in columns.items():  # one at a time, so that only one of them is in memory
            values = [self.frame.select(factor.alias(name))[name].to_numpy() for factor in factors]
            sums_of[name] = products_by_run(
                values[0], values[-1] if len(values) > 1 else np.broadcast_to(1.0, len(values[0])), starts
            )
        made = nw.from_dict(sums_of, backend=self.cells.implementation)
        return nw.concat([self.cells, made], how="horizontal")


def group_rows(frame: Frame, keys: Sequence[str]) -> Grouping:
    """Group the rows of a frame by key columns."""
    if not isinstance(frame, nw.DataFrame):
        return Grouping(frame=frame, keys=tuple(keys), counts=np.zeros(0, dtype=np.int64), cells=None)
    codes = np.zeros(len(frame), dtype=np.int64)
    for key in keys:
        own, labels = factorize_sorted(frame[key], argument=f"`{key.removeprefix('_')}`")
        if len(labels) > 1 or (own < 0).any():
            codes = codes * (len(labels) + 1) + own + 1
            codes = np.unique(codes, return_inverse=True)[1] if codes.max(initial=0) > len(frame) else codes
    counts = np.bincount(codes)
    narrow = np.uint16 if len(counts) < 1 << 16 else np.int64  # which NumPy sorts in one pass
    order = np.argsort(codes.astype(narrow), kind="stable")
    counts = counts[counts > 0]
    first = order[np.cumsum(counts) - counts]
    values = [name for name in frame.columns if name not in keys]
    cells, rows = (nw.maybe_reset_index(part) for part in (frame.select(*keys)[first], frame.select(*values)[order]))
    return Grouping(frame=rows, keys=tuple(keys), counts=counts, cells=cells)
