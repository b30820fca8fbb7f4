r"""The favourite category, brand or channel of a customer, and the chance that it is the true one.

Shares of a customer's categories are Dirichlet with the shop's shares :math:`p` as mean and a concentration
:math:`\alpha` that all customers have in common. After :math:`n_c` orders with category :math:`c` they are again, with
:math:`\alpha p_c + n_c`, and as Dirichlet shares are gamma variables over their sum, the chance that category
:math:`f` has the largest share is

.. math:: \int g_f(x) \prod_{c \ne f} G_c(x) \, dx

with the density :math:`g` and the distributions :math:`G` of gamma variables of these shapes.

References
----------
Mosimann, J. E. (1962). On the compound multinomial distribution, the multivariate beta-distribution, and correlations
among proportions. Biometrika 49(1/2), 65-82. https://doi.org/10.1093/biomet/49.1-2.65
"""

from dataclasses import dataclass
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from ..._core.arrays import Floats, Ints, distinct_rows, run_bounds, sort_order
from ..._core.codes import factorize_sorted
from ..._core.frames import Frame, collect
from ..._stats.intervals import gamma_quantiles

NODES = 24
"""Points of the integral for each customer."""
GRID = 4_000
CELLS = 4_000_000
"""Numbers in memory at once."""
MIN_CONCENTRATION, MAX_CONCENTRATION = 1e-2, 1e4


@dataclass(frozen=True, slots=True, kw_only=True)
class Favourites:
    """The favourite of each customer; None, NaN and NaN where no order has one."""

    names: list[Any]
    share: Floats
    probability: Floats


def favourites(lines: Frame, column: str, customers: nw.Series[Any]) -> Favourites:
    """Return the favourite of each customer, counted by orders; the shop's more common one where two tie."""
    counts = _order_counts(lines, column, [column])
    code = _positions(counts["customer_id"], customers)
    value, labels = factorize_sorted(counts[column].cast(nw.String), argument=f"`{column}`")
    totals = _order_counts(lines, column, [])
    n_orders = np.zeros(len(customers), dtype=np.int64)
    n_orders[_positions(totals["customer_id"], customers)] = _numbers(totals)
    return _favourites(code, value, _numbers(counts), labels.tolist(), n_orders)


def _order_counts(lines: Frame, column: str, by: list[str]) -> nw.DataFrame[Any]:
    """Count the orders that have a value of the column, by customer and more."""
    pairs = lines.filter(~nw.col(column).is_null()).select("customer_id", *by, _orders=nw.col("order_id"))
    return collect(pairs.group_by("customer_id", *by).agg(nw.col("_orders").n_unique()))


def _numbers(counts: nw.DataFrame[Any]) -> Ints:
    return counts["_orders"].to_numpy().astype(np.int64)


def _positions(ids: nw.Series[Any], customers: nw.Series[Any]) -> Ints:
    """Return the position of each id among sorted customers."""
    codes, labels = factorize_sorted(ids, argument="`customer_id`")
    known, all_labels = factorize_sorted(customers, argument="`customer_id`")
    position = np.empty(len(all_labels), dtype=np.int64)
    position[known] = np.arange(len(known))
    return position[np.searchsorted(all_labels, labels)][codes]


def _favourites(customer: Ints, value: Ints, number: Ints, names: list[Any], n_orders: Ints) -> Favourites:
    n_customers = len(n_orders)
    chosen, share = np.full(n_customers, -1), np.full(n_customers, np.nan)
    probability = np.full(n_customers, np.nan)
    if len(value):
        popularity = np.bincount(value, weights=number, minlength=len(names))
        rank = np.argsort(np.argsort(-popularity, kind="stable"), kind="stable")
        order = sort_order(customer, -number, rank[value])
        customer, value, number = customer[order], value[order], number[order]
        bounds = run_bounds(customer)
        first, who = bounds[:-1], customer[bounds[:-1]]
        chosen[who] = value[first]
        share[who] = number[first] / n_orders[who]
        alpha = concentration(number, bounds, n_orders[who], popularity) * popularity / popularity.sum()
        probability[who] = top_probability(value, number, bounds, alpha)
    return Favourites(names=[None if i < 0 else names[i] for i in chosen], share=share, probability=probability)


def concentration(number: Ints, bounds: Ints, n_orders: Ints, popularity: Floats) -> float:
    """Estimate the concentration from the chance that two orders of a customer agree, against two of the shop."""
    shop = float(((popularity / popularity.sum()) ** 2).sum())
    total = np.add.reduceat(number, bounds[:-1])
    agreeing = float((number * (number - 1)).sum())
    pairs = float((total**2 * (1 - 1 / n_orders)).sum())  # values of one order never agree, and do not count
    if pairs == 0:
        return 1.0
    alike = agreeing / pairs
    # Two orders of a customer agree with chance s + (1 - s) / (alpha + 1), with s of the shop.
    excess = (alike - shop) / (1 - shop) if shop < 1 else 0.0
    return float(np.clip(1 / excess - 1, MIN_CONCENTRATION, MAX_CONCENTRATION)) if excess > 0 else MAX_CONCENTRATION


def top_probability(value: Ints, number: Ints, bounds: Ints, alpha: Floats) -> Floats:
    """Return the chance that the first value of each run has the largest share.

    Parameters
    ----------
    value, number : int arrays of shape (n,)
        Values and their counts, sorted by customer, the favourite first.
    bounds : int array of shape (n_customers + 1,)
    alpha : float array of shape (n_values,)
        Prior counts.

    Examples
    --------
    >>> top_probability(np.array([0]), np.array([1]), np.array([0, 1]), np.array([1.0, 1.0])).round(2).tolist()
    [0.75]
    """
    first = bounds[:-1]
    run = np.repeat(np.arange(len(first)), np.diff(bounds))
    top = first[run]
    # Every pair of favourite and rival, with their counts, is computed once.
    pair, example = distinct_rows(value[top], number[top], value, number)
    levels = (np.arange(NODES) + 0.5) / NODES
    grid = np.geomspace(1e-8, max(float((alpha.max() + number.max()) * 20), 100.0), GRID)
    prior = _log_prior(alpha, grid)
    nodes = gamma_quantiles((alpha[value[top]] + number[top])[example][:, None], levels)
    is_top = (value == value[top])[example]
    rival = alpha[value[example]][:, None]
    before = _log_distribution(rival, nodes)
    swap = _log_distribution(rival + number[example][:, None], nodes) - before
    swap[is_top] = -before[is_top]
    everyone = np.interp(np.log(np.maximum(nodes, grid[0])), np.log(grid), prior)
    return _mean_of_products(swap, everyone, pair, first)


def _mean_of_products(swap: Floats, everyone: Floats, pair: Ints, first: Ints) -> Floats:
    probability = np.empty(len(first))
    step = max(CELLS // NODES, 1)
    ends = np.append(first, len(pair))
    start = 0
    while start < len(first):
        stop = max(int(np.searchsorted(ends, ends[start] + step, side="right")) - 1, start + 1)
        rows = slice(int(ends[start]), int(ends[stop]))
        logs = np.add.reduceat(swap[pair[rows]], ends[start:stop] - ends[start], axis=0)
        logs += everyone[pair[ends[start:stop]]]
        probability[start:stop] = np.exp(np.minimum(logs, 0)).mean(axis=1)
        start = stop
    return probability


def _log_prior(alpha: Floats, grid: Floats) -> Floats:
    """Return the log of the product of the prior distributions of all values, on a grid."""
    total = np.zeros(len(grid))
    for shape in alpha:
        total += _log_distribution(shape, grid)
    return total


def _log_distribution(shape: Any, at: Floats) -> Floats:
    """Return the log of the distribution of a gamma variable, far below anything that counts where that is 0."""
    from scipy.special import gammainc

    with np.errstate(divide="ignore"):
        logs: Floats = np.maximum(np.log(gammainc(shape, at)), -700.0)
    return logs
