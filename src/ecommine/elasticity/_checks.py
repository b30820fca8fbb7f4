"""What may mislead, measured: each check fits again without the doubtful rows, or with another price.

Whether prices follow demand cannot be tested: the residuals of least squares are orthogonal to the price by
construction. Its check says what a correlation of 0.1 between price and unexplained demand would do.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .._core.arrays import Bools, Floats
from .._core.tables import build_table
from .._stats.arrays import sums_by_group
from ._options import FitOptions
from ._panel import Panel
from ._regression.estimates import Estimates, build_design, estimate
from ._regression.least_squares import WithinSeries, solve
from ._regression.poisson import solve_poisson
from ._regression.rows import Rows, usable_rows

CORRELATION = 0.1
"""Between price and unexplained demand, for which the bias is given."""
MEDIAN_MOVE = 0.1
"""Of all elasticities, from which on a check says that they move."""
LARGEST_MOVE = 0.5
"""Of one elasticity, from which on a check says that it moves."""
OUTLIER_T = 5.0
"""Studentised residual, in absolute value, of a row that does not belong to the others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One line of the table."""

    check: str
    value: float
    largest_move: float
    product: Any
    affected: int
    verdict: str
    remedy: str


def checks_table(panel: Panel, options: FitOptions, rows: Rows, raw: Estimates) -> Any:
    """Return all checks as a small table."""
    made = [
        _price_follows_demand(raw),
        _stockouts(panel, options, raw),
        _promotions(panel, options, rows, raw),
        _outliers(panel, options, rows, raw),
        *(_other_price(panel, options, raw, name) for name in OTHER_PRICES),
    ]
    names = tuple(Check.__dataclass_fields__)
    columns = {name: [getattr(one, name) for one in made] for name in names}
    sample = panel.labels[0] if len(panel.labels) else ""
    return build_table(columns, like=panel.like, samples={"product": sample, "value": 0.0, "largest_move": 0.0})


def _price_follows_demand(raw: Estimates) -> Check:
    is_known = np.isfinite(raw.slope) & (raw.free_spread > 0)
    shift = CORRELATION * np.sqrt(raw.row_variance[is_known]) / raw.free_spread[is_known]
    return Check(
        check="price_follows_demand",
        value=float(np.median(shift)) if len(shift) else np.nan,
        largest_move=float(shift.max()) if len(shift) else np.nan,
        product=None,
        affected=int(is_known.sum()),
        verdict="cannot_be_ruled_out",
        remedy="change prices by lot in an experiment; the value is the move for each 0.1 of correlation between price "
        "and unexplained demand, upwards where prices rise with demand",
    )


def _stockouts(panel: Panel, options: FitOptions, raw: Estimates) -> Check:
    remedy = "give the stock to schema.to_sales(stock=), and leave out periods that were partly out of stock"
    if "in_stock" not in panel.facts:
        return _not_known("stockouts", remedy)
    is_partial = panel.facts["in_stock"] < 1
    return _without_rows("stockouts", panel, options, raw, is_partial, remedy)


def _promotions(panel: Panel, options: FitOptions, rows: Rows, raw: Estimates) -> Check:
    remedy = "give promotion in the sales, so that its lift is not taken for an effect of the price"
    if "promotion" not in panel.facts:
        return _not_known("promotions", remedy)
    if "promotion" in rows.controls:
        remedy = "promotions are held; the value is the move if they were not"
        return _check("promotions", panel, raw.with_promotions - raw.slope, int(rows.panel.on_promotion.sum()), remedy)
    return _without_rows("promotions", panel, options, raw, panel.on_promotion, "hold promotion in `controls`")


def _outliers(panel: Panel, options: FitOptions, rows: Rows, raw: Estimates) -> Check:
    """Fit again without rows that the others contradict, among them typing errors of prices."""
    is_outlier = np.abs(studentised_residuals(rows, options)) > OUTLIER_T
    n = int(is_outlier.sum())
    remedy = "look at these rows: a typing error, a large order of one customer, a day of closing"
    if not n:
        return _check("outliers", panel, np.zeros(panel.n_groups), 0, remedy)
    again = _refitted(rows.panel.take(~is_outlier), options)
    return _check("outliers", panel, again - raw.slope, n, remedy)


def _price_paid(panel: Panel) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(panel.facts["revenue"] / panel.fact("quantity", np.nan), dtype=np.float64)


OTHER_PRICES: dict[str, tuple[tuple[str, ...], Callable[[Panel], Floats]]] = {
    "price_low": (("price_low",), lambda panel: panel.facts["price_low"]),
    "price_high": (("price_high",), lambda panel: panel.facts["price_high"]),
    "price_paid": (("revenue", "quantity"), _price_paid),
}
"""Other prices of a row, the columns that they need, and how they are made."""


def _other_price(panel: Panel, options: FitOptions, raw: Estimates, name: str) -> Check:
    needed, make = OTHER_PRICES[name]
    remedy = "choose the price that customers saw by schema.to_sales(price=): the lowest, mean paid and highest price "
    remedy += "of a period move with its buyers"
    if any(column not in panel.facts for column in needed):
        return _not_known(name, remedy)
    other = make(panel)
    is_usable = np.isfinite(other) & (other > 0)
    price = np.where(is_usable, other, panel.price)
    affected = int((is_usable & (np.abs(price - panel.price) > 1e-9 * panel.price)).sum())
    return _check(name, panel, _refitted(replace(panel, price=price), options) - raw.slope, affected, remedy)


def studentised_residuals(rows: Rows, options: FitOptions) -> Floats:
    """Return each row's residual from the regression of the others, in units of its standard error."""
    design = build_design(rows)
    is_poisson = options.model == "poisson"
    solution, design = solve_poisson(design) if is_poisson else (solve(design), design)
    leverage = (solution.basis**2).sum(axis=0) + WithinSeries(design).normalised_ones() ** 2
    squares = sums_by_group(design.group, solution.residuals**2, design.n_groups)
    df = np.bincount(design.group, minlength=design.n_groups) - solution.n_parameters - 1
    left = np.maximum(1 - leverage, 1e-12)
    others = squares[design.group] - solution.residuals**2 / left
    variance = np.maximum(others, 1e-300) / np.maximum(df[design.group], 1)
    t = solution.residuals / np.sqrt(variance * left)
    is_tiny = np.abs(solution.residuals) <= 1e-9 * np.sqrt(squares[design.group])  # a row that alone decides a column
    return np.where((df[design.group] < 1) | is_tiny | (squares[design.group] < 1e-20), 0.0, t)


def _without_rows(name: str, panel: Panel, options: FitOptions, raw: Estimates, is_out: Bools, remedy: str) -> Check:
    again = _refitted(panel.take(~is_out), options) if is_out.any() else raw.slope
    return _check(name, panel, again - raw.slope, int(is_out.sum()), remedy)


def _refitted(panel: Panel, options: FitOptions) -> Floats:
    """Return the raw elasticities of other rows or prices; NaN where they cannot be told."""
    try:
        return estimate(usable_rows(panel, options), options).slope
    except ValueError:  # too few rows are left for the effects or clusters that were asked for
        return np.full(panel.n_groups, np.nan)


def _check(name: str, panel: Panel, moves: Floats, affected: int, remedy: str) -> Check:
    known = np.flatnonzero(np.isfinite(moves))
    if not len(known):
        return replace(_not_known(name, remedy), affected=affected)
    place = known[np.argmax(np.abs(moves[known]))]
    median, largest = float(np.median(moves[known])), float(moves[place])
    is_moved = abs(median) >= MEDIAN_MOVE or abs(largest) >= LARGEST_MOVE
    return Check(
        check=name,
        value=median,
        largest_move=largest,
        product=panel.labels.tolist()[place] if largest else None,
        affected=affected,
        verdict="moves" if is_moved else "stable",
        remedy=remedy,
    )


def _not_known(name: str, remedy: str) -> Check:
    return Check(
        check=name, value=np.nan, largest_move=np.nan, product=None, affected=0, verdict="not_known", remedy=remedy
    )
