r"""Whether customers fall into separate groups: dip tests on the axes of the fit and on the axis of a split.

Stability, silhouettes and information criteria find "clusters" in shops of one type of customer. A dip test (Hartigan
and Hartigan 1985) asks what a manager means: whether there are few customers between the groups. It tests each column
of the fit, and the axis along which two clusters of one random half of the customers differ, on the other half (as one
half must not be asked twice: Gao, Bien and Witten 2024); p-values are multiplied by the number of tests (Bonferroni).
Days since an order are never tested: they follow the calendar of the shop, with its seasons, weekends and closures.
Rates of a few orders and means of a few prices are lumpy, and lumps are no groups. So a count is
spread evenly, in logs, between the half steps below and above it, which leaves one mode where the counts have one; and
the log of a mean of so many orders gets normal noise, a part of what it has by chance anyway.
"""

from dataclasses import dataclass
from typing import Any, Literal

import narwhals.stable.v2 as nw
import numpy as np

from ..._core.arrays import Bools, Floats
from ..._stats.dip import dip, dip_p_value
from ..._stats.multiple_testing import adjust_p_values
from .._customers.matrix import ColumnScale, column_values
from .stability import clustered

Verdict = Literal["gaps", "no gap found", "too few to tell"]
MIN_ORDERS = 3
MIN_CUSTOMERS = 1_000
"""Customers with three orders below which there is no verdict."""
MAX_CUSTOMERS = 20_000
"""Customers that are drawn for the test; it finds small gaps with fewer."""
ALPHA = 0.05
ORDER_VALUE_CV = 0.35
"""Noise of the log of one order's value."""
CALENDAR = frozenset(("open_gap", "months", "recency", "months_since_registration"))
"""Columns that count days up to today, which are not tested."""
SPLIT = "split"


@dataclass(frozen=True, slots=True, kw_only=True)
class AxisTest:
    """The dip of the customers along one axis; NaN where it was not tested."""

    axis: str
    customers: int
    dip: float
    p_value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Structure:
    """The tests with their corrected p-values, and the verdict."""

    tests: tuple[AxisTest, ...]
    q_values: tuple[float, ...]
    verdict: Verdict


def find_structure(
    frame: nw.DataFrame[Any], scales: tuple[ColumnScale, ...], is_learner: Bools, random: np.random.RandomState
) -> Structure:
    """Test whether customers with three orders have gaps between them."""
    orders = column_values(frame, "orders")
    rows = np.flatnonzero(is_learner & (orders >= MIN_ORDERS))
    axes = [scale for scale in scales if scale.name not in CALENDAR]
    columns = [_coordinates(frame, scale, rows, orders, random) for scale in axes]
    n = len(rows)
    if n < MIN_CUSTOMERS or not axes:
        tests = tuple(AxisTest(axis=axis, customers=n, dip=np.nan, p_value=np.nan) for axis in _names(axes))
        return Structure(tests=tests, q_values=(np.nan,) * len(tests), verdict="too few to tell")
    values = np.column_stack(columns)
    if n > MAX_CUSTOMERS:
        values = values[np.sort(random.choice(n, MAX_CUSTOMERS, replace=False))]
    tests = tuple(_test(scale.name, values[:, i]) for i, scale in enumerate(axes))
    if len(axes) > 1:
        tests = (*tests, _test(SPLIT, split_axis(values, random)))
    q_values = adjust_p_values(np.array([test.p_value for test in tests]), "bonferroni")
    verdict: Verdict = "gaps" if q_values.min() < ALPHA else "no gap found"
    return Structure(tests=tests, q_values=tuple(q_values.tolist()), verdict=verdict)


def _names(axes: list[ColumnScale]) -> list[str]:
    return [scale.name for scale in axes] + ([SPLIT] if len(axes) > 1 else [])


def _coordinates(
    frame: nw.DataFrame[Any], scale: ColumnScale, rows: Any, orders: Floats, random: np.random.RandomState
) -> Floats:
    """Return the coordinates of a column; rates as they were before shrinking, and noise where values are lumpy."""
    known = scale.apply(column_values(frame, scale.name)[rows])
    if scale.name == "average_order_value" and scale.floor is not None:
        noise: Floats = random.normal(size=len(rows)) * ORDER_VALUE_CV / np.sqrt(orders[rows])
        return known + noise / scale.spread
    if scale.name != "orders_per_month" or "months" not in frame.columns:
        return known
    months = np.maximum(column_values(frame, "months")[rows], 1e-3)
    repeats = orders[rows] - 1
    rates: Floats = random.uniform(np.log(repeats - 0.5), np.log(repeats + 0.5)) - np.log(months)
    return (rates - scale.center) / scale.spread


def split_axis(values: Floats, random: np.random.RandomState) -> Floats:
    """Return one half of the rows along the axis on which two clusters of the other half differ."""
    order = random.permutation(len(values))
    learning, testing = values[order[: len(values) // 2]], values[order[len(values) // 2 :]]
    centers = clustered(learning, 2, n_init=5, random=random).centers
    projected: Floats = testing @ (centers[-1] - centers[0])
    return projected


def _test(axis: str, values: Floats) -> AxisTest:
    statistic = dip(values)
    return AxisTest(axis=axis, customers=len(values), dip=statistic, p_value=dip_p_value(statistic, len(values)))
