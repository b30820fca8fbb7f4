"""Columns of customers as a matrix: logs of what is a rate or money, each column in its own standard deviations."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd

from ..._core.arrays import Bools, Floats
from ..._core.checks import names
from ..._core.texts import did_you_mean, quote_names
from ..._stats.quantiles import quantiles

LOGGED = frozenset(
    (
        "orders",
        "purchase_days",
        "months",
        "orders_per_month",
        "monetary",
        "average_order_value",
        "mean_gap",
        "open_gap",
    )
)
"""Features of the orders that are above 0 and differ by factors; all other columns are taken as they are."""
CYCLES = ("weekday", "hour")
"""Numbers that go round, so that they have no mean: they are categories."""
FLOOR_LEVEL = 0.001
"""The quantile of the positive values to which those at or below 0 are raised before the log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnScale:
    """How one column becomes a coordinate: raised to the floor and logged, where that is known; centered; scaled."""

    name: str
    floor: float | None
    center: float
    spread: float

    def apply(self, values: Floats) -> Floats:
        """Return the coordinate; NaN where the value is missing."""
        with np.errstate(invalid="ignore"):
            logged = values if self.floor is None else np.log(np.maximum(values, self.floor))
        return (logged - self.center) / self.spread


def learn_scale(name: str, values: Floats) -> ColumnScale:
    """Learn the scale of a column from its known values.

    Examples
    --------
    >>> scale = learn_scale("monetary", np.array([1.0, 10.0, 100.0]))
    >>> scale.apply(np.array([10.0])).round(2).tolist()
    [-0.0]
    """
    known = values[np.isfinite(values)]
    floor = None
    positive = known[known > 0]
    if name in LOGGED and len(positive):
        floor = float(quantiles(positive, (FLOOR_LEVEL,))[0])
        known = np.log(np.maximum(known, floor))
    center = float(known.mean()) if len(known) else 0.0
    spread = float(known.std()) if len(known) else 0.0
    return ColumnScale(name=name, floor=floor, center=center, spread=spread if spread > 1e-9 else 1.0)


def column_values(frame: nw.DataFrame[Any], name: str) -> Floats:
    """Return a column of numbers as floats, NaN where it is missing."""
    column = frame[name]
    values = column.cast(nw.Float64).to_numpy() if not column.dtype.is_float() else column.to_numpy()
    return np.asarray(values, dtype=np.float64)


def checked_columns(frame: nw.DataFrame[Any], columns: object) -> tuple[str, ...]:
    """Return the names of columns if the table has them and they hold numbers."""
    wanted = names("columns", columns, of="columns")
    if not wanted or len(set(wanted)) < len(wanted):
        raise ValueError(f"`columns` must name at least one column, each once, got {wanted!r}")
    for name in wanted:
        if name not in frame.columns:
            near = did_you_mean(name, frame.columns)
            raise ValueError(f"`columns` names {name!r}, which the table does not have{near}")
        if not is_number(frame, name):
            raise ValueError(f"`columns` must name columns of numbers, {name!r} holds {frame.schema[name]}")
    return wanted


def is_number(frame: nw.DataFrame[Any], name: str) -> bool:
    """Return whether a column holds numbers; true and false are none."""
    return frame.schema[name].is_numeric()


def is_missing(value: Any) -> bool:
    """Return whether one value is missing, in any of the ways of pandas; a list is not.

    Examples
    --------
    >>> is_missing(None), is_missing(float("nan")), is_missing("a")
    (True, True, False)
    """
    return bool(pd.api.types.is_scalar(value) and pd.isna(value))


def known_rows(values: Iterable[Floats], n: int) -> Bools:
    """Return the rows in which all values are finite."""
    known = np.ones(n, dtype=bool)
    for column in values:
        known &= np.isfinite(column)
    return known


def check_customers(frame: nw.DataFrame[Any], argument: str, *needed: str) -> None:
    """Raise unless the table has one row per customer and the columns that are needed."""
    missing = [name for name in ("customer_id", *needed) if name not in frame.columns]
    if missing:
        raise ValueError(f"`{argument}` lacks the columns {quote_names(missing)}: make it with segmentation.features")
    ids = frame["customer_id"]
    if ids.null_count():
        raise ValueError(f"`{argument}` has {ids.null_count():,} rows without a customer_id: leave them out")
    if ids.n_unique() < len(ids):
        extra = len(ids) - ids.n_unique()
        raise ValueError(f"`{argument}` has {extra:,} rows of customers who have another one: keep one row each")
