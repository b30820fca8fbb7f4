r"""Units and money at a price, averaged over what is not known of the elasticity.

The elasticity e of a product is normal with the posterior mean m and variance v. A recent period t sold :math:`u_t`
units at the price :math:`p_t`; at the price p it would have sold :math:`u_t (p / p_t)^e`, of which the mean is

.. math:: E\,u_t(p) = u_t \exp(m \lambda_t + v \lambda_t^2 / 2), \qquad \lambda_t = \log (p / p_t)

Profit at the mean elasticity would promise more than it brings: the product whose estimate is extreme by chance is the
one whose price seems worth a change.
"""

from dataclasses import dataclass, replace

import numpy as np

from ..._core.arrays import Bools, Floats, Ints
from ..._stats.arrays import sums_by_group
from .._panel import Panel


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Demand:
    """What is known of each product's demand.

    Attributes
    ----------
    mean, variance : float array of shape (n_products,)
        Of the posterior of the elasticity.
    low, high : float array of shape (n_products,)
        Limits of its interval.
    current_price, unit_cost, seen_low, seen_high : float array of shape (n_products,)
        Regular prices; NaN where unknown.
    product : int array of shape (n_rows,)
        The product of each row of recent sales.
    units : float array of shape (n_rows,)
        Units of the row, divided by the number of recent periods of its series.
    log_ratio : float array of shape (n_rows,)
        Logarithm of the row's price over the current price of its series.
    """

    mean: Floats
    variance: Floats
    low: Floats
    high: Floats
    current_price: Floats
    unit_cost: Floats
    seen_low: Floats
    seen_high: Floats
    product: Ints
    units: Floats
    log_ratio: Floats

    @property
    def n_products(self) -> int:
        """Number of products."""
        return len(self.mean)

    def known(self, elasticity: Floats) -> "ExpectedUnits":
        """Return the units at any price if the elasticity were known."""
        return replace(self, mean=elasticity, variance=np.zeros(self.n_products)).expectation()

    def expectation(self) -> "ExpectedUnits":
        """Return the mean over the posterior, ready for any price."""
        m, v, a = self.mean[self.product], self.variance[self.product], self.log_ratio
        weight = self.units * np.exp(-m * a + v * a**2 / 2)
        total = sums_by_group(self.product, weight, self.n_products)
        is_sold = total > 0
        center = np.divide(
            sums_by_group(self.product, weight * a, self.n_products), total, out=0 * total, where=is_sold
        )
        moments = [
            np.divide(
                sums_by_group(self.product, weight * (a - center[self.product]) ** power, self.n_products),
                total,
                out=0 * total,
                where=is_sold,
            )
            for power in (2, 3)
        ]
        return ExpectedUnits(
            mean=self.mean, variance=self.variance, total=total, center=center, second=moments[0], third=moments[1]
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ExpectedUnits:
    r"""Mean units per period at any price.

    The rows of recent sales enter by their weight, the weighted mean of their log ratio, and its second and third
    central moments: the price changes the mean through :math:`\exp(-v \lambda a_t)` only, which the four give to
    within the fourth power of :math:`v \lambda (a_t - \bar a)`.
    """

    mean: Floats
    variance: Floats
    total: Floats
    center: Floats
    second: Floats
    third: Floats

    def at(self, log_change: Floats, product: "Ints | slice" = slice(None)) -> Floats:
        """Return the units at prices, given by the logarithm of price over current price, of products in any order."""
        v = self.variance[product]
        power = self.mean[product] * log_change + v * log_change**2 / 2
        tilt = v * log_change
        series = 1 + tilt**2 * self.second[product] / 2 - tilt**3 * self.third[product] / 6
        return np.asarray(self.total[product] * np.exp(power - tilt * self.center[product]) * series, dtype=np.float64)


def recent_demand(panel: Panel, *, mean: Floats, variance: Floats, low: Floats, high: Floats, n_periods: int) -> Demand:
    """Read current prices, costs and recent sales of each product from the panel.

    Parameters
    ----------
    panel : Panel
        All complete periods, with periods; a group is a product.
    n_periods : int
        Recent periods that count, back from the last one.
    """
    assert panel.period is not None
    is_priced = np.isfinite(panel.price) & (panel.price > 0)
    is_recent = panel.period > panel.period.max(initial=-1) - n_periods
    is_regular = ~panel.on_promotion
    current = _last_value(panel, panel.price, is_priced & is_recent & is_regular)
    base = _base_rows(panel, is_recent & is_regular, is_priced & np.isfinite(current[panel.series]))
    rows = panel.take(base)
    count = np.bincount(rows.series, minlength=panel.n_series)
    log_price = np.log(np.where(is_priced[base], rows.price, 1.0))
    units = rows.units / count[rows.series]
    cost = panel.fact("unit_cost", np.nan)
    seen = np.where(is_priced & is_regular, panel.price, np.nan)
    return Demand(
        mean=mean,
        variance=variance,
        low=low,
        high=high,
        current_price=_weighted_price(panel, rows, units, current),
        unit_cost=_last_of_group(panel, cost),
        seen_low=_extreme(panel, seen, np.fmin),
        seen_high=_extreme(panel, seen, np.fmax),
        product=rows.group,
        units=units,
        log_ratio=np.where(is_priced[base], log_price - np.log(current)[rows.series], 0.0),
    )


def _base_rows(panel: Panel, is_recent: Bools, is_priced: Bools) -> Bools:
    """Return the recent rows in stock that count: sold at a known price, or not sold at all."""
    stock = panel.fact("in_stock", 1.0)
    counts = is_recent & (panel.units >= 0) & (is_priced | (panel.units == 0))
    is_full = counts & ~(stock < 1)
    has_full = np.bincount(panel.series[is_full], minlength=panel.n_series) > 0
    return np.asarray(np.where(has_full[panel.series], is_full, counts & ~(stock <= 0)))


def _last_value(panel: Panel, values: Floats, is_counted: Bools) -> Floats:
    """Return the last value of each series, NaN where none counts."""
    last = np.full(panel.n_series, np.nan)
    rows = np.flatnonzero(is_counted)
    last[panel.series[rows]] = values[rows]  # rows come by time, the last one stays
    return last


def _weighted_price(panel: Panel, rows: Panel, units: Floats, current: Floats) -> Floats:
    """Return the current price of each product, the mean over stores by what they sell."""
    group = np.zeros(panel.n_series, dtype=np.int64)
    group[panel.series] = panel.group
    sold = sums_by_group(rows.series, units, panel.n_series)
    weight = np.where(np.isfinite(current), sold + 1e-12, 0.0)  # a product that sells nothing has a price too
    total = sums_by_group(group, weight * np.nan_to_num(current), panel.n_groups)
    weights = sums_by_group(group, weight, panel.n_groups)
    return np.asarray(
        np.divide(total, weights, out=np.full(panel.n_groups, np.nan), where=weights > 0), dtype=np.float64
    )


def _last_of_group(panel: Panel, values: Floats) -> Floats:
    """Return the last known value of each group by time."""
    last = np.full(panel.n_groups, np.nan)
    assert panel.period is not None
    rows = np.flatnonzero(np.isfinite(values))
    rows = rows[np.argsort(panel.period[rows], kind="stable")]
    last[panel.group[rows]] = values[rows]
    return last


def _extreme(panel: Panel, values: Floats, choose: np.ufunc) -> Floats:
    extreme = np.full(panel.n_groups, np.nan)
    choose.at(extreme, panel.group, values)
    return extreme
