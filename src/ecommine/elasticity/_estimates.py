"""Raw elasticities of all groups from the usable rows of a panel, and the reason where one cannot be told."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from .._core.arrays import Bools, Floats, Ints, run_numbers
from .._stats.arrays import sums_by_group
from ._effects import Effects, choose_effects
from ._errors import MIN_CLUSTERS, clustered_variances, decorrelated, row_variances, serial_correlations
from ._least_squares import Design, Solution, solve
from ._options import CATEGORY, FitOptions
from ._panel import Panel
from ._poisson import solve_poisson

SMALLEST_MOVE = 0.01
"""Relative change of a price that counts as a move."""
SMALLEST_SPREAD = 1e-7
"""Standard deviation of a log price, below which it is one price and its rounding."""
MIN_PRICE_CHANGES = 3
"""With fewer moves an elasticity is a comparison of before and after."""
MAX_UNKNOWN_SHARE = 0.02
"""Share of a group's periods without a price, or without a sale where logarithms are taken."""
CROSS_OF_CATEGORY = "category_price"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rows:
    """Usable rows, the names of their columns, and the facts of each group that decide whether to estimate."""

    panel: Panel
    effects: Effects
    controls: tuple[str, ...]
    cross: tuple[str, ...]
    y: Floats
    columns: Floats
    periods: Ints
    price_spread: Floats
    price_changes: Ints | None
    reasons: tuple[str | None, ...]
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Estimates:
    """Raw elasticities by group.

    Attributes
    ----------
    slope, variance, df : float array of shape (n_groups,)
        At the regular price, with the degrees of freedom of the variance.
    with_promotions : float array of shape (n_groups,)
        The slope where promotions are not held.
    cross, cross_error : float array of shape (n_groups, n_cross)
    row_sd : float array of shape (n_groups,)
        Standard deviation of what is not explained.
    free_spread : float array of shape (n_groups,)
        Standard deviation of the log price that nothing else explains.
    rho : float array of shape (n_groups,)
        Correlation of neighbouring errors.
    residuals : float array of shape (n_rows,)
    reasons : tuple of str or None
    error_kind : str
        "ar1", "iid", "cluster" or "two-way".
    """

    slope: Floats
    variance: Floats
    df: Floats
    with_promotions: Floats
    cross: Floats
    cross_error: Floats
    row_sd: Floats
    free_spread: Floats
    rho: Floats
    residuals: Floats
    reasons: tuple[str | None, ...]
    error_kind: str


def usable_rows(panel: Panel, options: FitOptions, price: Floats | None = None) -> Rows:
    """Choose the rows that a regression can use, and count those that it cannot.

    Parameters
    ----------
    price : float array of shape (n_rows,), optional
        Another price than the panel's.
    """
    panel = panel if price is None else replace(panel, price=price)
    controls = _controls(panel, options)
    is_sold = (panel.fact("in_stock", 1.0) != 0) & ~np.isnan(panel.units)
    is_negative, is_priced = is_sold & (panel.units < 0), np.isfinite(panel.price)
    is_bad_price = is_priced & (panel.price <= 0)
    has_zero = is_sold & (panel.units == 0)
    is_usable = is_sold & ~is_negative & is_priced & ~is_bad_price
    unknown = _share_by_group(is_sold & ~is_priced, is_sold, panel)
    zeros = _share_by_group(has_zero & is_usable, is_usable, panel)
    if options.model == "log-log":
        is_usable &= ~has_zero
    counts = {
        "out_of_stock": int((~is_sold).sum()),
        "negative_units": int(is_negative.sum()),
        "prices_not_positive": int(is_bad_price.sum()),
        "prices_unknown": int((is_sold & ~is_priced).sum()),
        "rows_without_sales": int((has_zero & is_priced & ~is_bad_price).sum()),
    }
    extra, names = _columns(panel, is_usable, controls, options)
    has_columns = np.isfinite(extra).all(axis=0)
    counts["controls_unknown"] = int((is_usable & ~has_columns).sum())
    is_usable &= has_columns
    effects = choose_effects(panel.take(is_usable), options)
    if effects.rows is not None and not effects.rows.all():
        counts["periods_not_shared"] = int((~effects.rows).sum())
        is_usable[np.flatnonzero(is_usable)[~effects.rows]] = False
        effects = replace(effects, period=effects.period[effects.rows])  # type: ignore[index]
    used = panel.take(is_usable)
    log_price = np.log(used.price)
    columns = np.vstack([extra[:, is_usable], log_price])
    spread, changes = _spread(log_price, used), price_changes(used)
    return Rows(
        panel=used,
        effects=effects,
        controls=controls,
        cross=names[len(controls) :],
        y=np.log(used.units) if options.model == "log-log" else used.units,
        columns=columns,
        periods=_periods(used),
        price_spread=spread,
        price_changes=changes,
        reasons=_reasons(used, unknown, zeros, spread, changes, options),
        counts=counts,
    )


def estimate(rows: Rows, options: FitOptions) -> Estimates:
    """Estimate the elasticities of all groups with their variances."""
    panel = rows.panel
    design = _design(rows)
    clusters, kind = _clusters(rows, options)
    is_poisson = options.model == "poisson"
    solution, design = solve_poisson(design) if is_poisson else (solve(design), design)
    rho = np.zeros(panel.n_groups)
    if kind == "ar1" and panel.period is not None:
        rho = _rho(solution, design, panel)
        if rho.any():
            whiten = partial(
                decorrelated, series=panel.series, period=panel.period, rho=rho[panel.group], effect=rows.effects.period
            )
            solution, design = _solved_again(rows, design, whiten, is_poisson)
    sigma2, df = row_variances(solution, design)
    variance = sigma2 * solution.variance_factor()
    reasons = _reasons_of_fit(rows.reasons, solution, df)
    if clusters:
        variance, n_clusters = clustered_variances(solution, design, clusters, nested="store_id" in options.cluster or kind == "two-way")
        _check_clusters(n_clusters, solution, options)
        is_few = n_clusters < MIN_CLUSTERS
        variance, df = np.where(is_few, np.nan, variance), n_clusters - 1
        reasons = tuple("few_clusters" if few and one is None else one for one, few in zip(reasons, is_few, strict=True))
    is_told = np.array([one in (None, "few_clusters") for one in reasons], dtype=bool)
    first = len(rows.controls)
    cross = slice(first, first + len(rows.cross))
    cross_variance = sigma2[:, None] * (solution.inverse[:, cross] ** 2).sum(axis=2)
    return Estimates(
        slope=np.where(is_told, solution.own, np.nan),
        variance=np.where(is_told, variance, np.nan),
        df=df,
        with_promotions=np.where(is_told, _with_promotions(rows, solution, design), np.nan),
        cross=np.where(is_told[:, None], solution.slopes[:, cross], np.nan),
        cross_error=np.where(is_told[:, None], np.sqrt(cross_variance), np.nan),
        row_sd=np.sqrt(sigma2),
        free_spread=rows.price_spread * np.sqrt(solution.left_of_price),
        rho=rho,
        residuals=solution.residuals,
        reasons=reasons,
        error_kind=kind,
    )


def price_changes(panel: Panel) -> Ints | None:
    """Count the moves of the regular price that last, by group; None without periods.

    A move is above 1 %; rows on promotion do not count, nor does a price of a single period between two of the same
    price, nor one that the last period begins.
    """
    if panel.period is None:
        return None
    regular = panel.take(~panel.on_promotion)
    log_price = np.log(regular.price)
    if len(log_price) > 2:
        is_spike = np.zeros(len(log_price), dtype=bool)
        same = (regular.series[2:] == regular.series[:-2]) & ~_moves(log_price[:-2], log_price[2:])
        is_spike[1:-1] = same & _moves(log_price[:-2], log_price[1:-1])
        regular, log_price = regular.take(~is_spike), log_price[~is_spike]
    is_move = np.zeros(len(log_price), dtype=bool)
    is_move[1:] = (regular.series[1:] == regular.series[:-1]) & _moves(log_price[:-1], log_price[1:])
    is_last = np.ones(len(log_price), dtype=bool)
    is_last[:-1] = regular.series[1:] != regular.series[:-1]
    return np.bincount(regular.group[is_move & ~is_last], minlength=panel.n_groups)


def _moves(before: Floats, after: Floats) -> Bools:
    return np.abs(after - before) > np.log1p(SMALLEST_MOVE)


def _controls(panel: Panel, options: FitOptions) -> tuple[str, ...]:
    if options.controls is None:
        return ("promotion",) if "promotion" in panel.facts else ()
    return options.controls


def _columns(
    panel: Panel, is_usable: Bools, controls: tuple[str, ...], options: FitOptions
) -> tuple[Floats, tuple[str, ...]]:
    """Return controls and log prices of others, and their names."""
    columns = [panel.on_promotion.astype(np.float64) if name == "promotion" else panel.facts[name] for name in controls]
    if options.cross == CATEGORY:
        return np.array([*columns, _category_price(panel, is_usable)]), (*controls, CROSS_OF_CATEGORY)
    cross = options.cross or ()
    with np.errstate(invalid="ignore", divide="ignore"):
        columns += [np.where(panel.facts[name] > 0, np.log(panel.facts[name]), np.nan) for name in cross]
    return np.array(columns).reshape(len(columns), len(panel.units)), (*controls, *cross)


def _category_price(panel: Panel, is_usable: Bools) -> Floats:
    """Return the mean log price of the other products of the category, each around its own mean.

    NaN in a period without others, but 0 where the product never has any, so that the column does not vary.
    """
    category = panel.category_of_product[panel.product] + 1
    period = np.zeros(len(category), dtype=np.int64) if panel.period is None else panel.period
    rows = np.flatnonzero(is_usable)
    log_price = np.log(panel.price[rows])
    series = panel.series[rows]
    n = np.maximum(np.bincount(series, minlength=panel.n_series), 1)
    centered = log_price - (sums_by_group(series, log_price, panel.n_series) / n)[series]
    order = np.lexsort((panel.store[rows], period[rows], category[rows]))
    cell = np.empty(len(rows), dtype=np.int64)
    cell[order] = run_numbers(category[rows][order], period[rows][order], panel.store[rows][order])
    n_cells = int(cell.max(initial=-1)) + 1
    count, total = np.bincount(cell, minlength=n_cells), sums_by_group(cell, centered, n_cells)
    others = count[cell] - 1
    mean = np.divide(total[cell] - centered, others, out=np.full(len(rows), np.nan), where=others > 0)
    ever = np.bincount(panel.group[rows], weights=others > 0, minlength=panel.n_groups) > 0
    column = np.full(len(category), np.nan)
    column[rows] = np.where(ever[panel.group[rows]], mean, 0.0)
    return np.where(is_usable, column, 0.0)


def _share_by_group(is_counted: Bools, is_row: Bools, panel: Panel) -> Floats:
    rows = np.bincount(panel.group[is_row], minlength=panel.n_groups)
    return np.bincount(panel.group[is_counted], minlength=panel.n_groups) / np.maximum(rows, 1)


def _periods(panel: Panel) -> Ints:
    """Count the distinct periods of each group; rows without periods."""
    if panel.period is None or not len(panel.period):
        return np.bincount(panel.group, minlength=panel.n_groups)
    width = int(panel.period.max()) + 1
    return np.bincount(np.unique(panel.group * width + panel.period) // width, minlength=panel.n_groups)


def _spread(log_price: Floats, panel: Panel) -> Floats:
    """Return the standard deviation of the log price within series, by group."""
    n = np.bincount(panel.series, minlength=panel.n_series)
    mean = sums_by_group(panel.series, log_price, panel.n_series) / np.maximum(n, 1)
    squares = sums_by_group(panel.group, (log_price - mean[panel.series]) ** 2, panel.n_groups)
    rows = np.bincount(panel.group, minlength=panel.n_groups)
    return np.sqrt(np.divide(squares, rows, out=np.full(len(rows), np.nan), where=rows > 0))


def _reasons(
    panel: Panel, unknown: Floats, zeros: Floats, spread: Floats, changes: Ints | None, options: FitOptions
) -> tuple[str | None, ...]:
    """Return why each group's elasticity cannot be told from its rows, None where it may be."""
    rows = np.bincount(panel.group, minlength=panel.n_groups)
    sold = np.bincount(panel.group, weights=panel.units > 0, minlength=panel.n_groups)
    checks = {
        "no_sales": (rows == 0) | (sold == 0),
        "prices_unknown": unknown > MAX_UNKNOWN_SHARE,
        "periods_without_sales": (zeros > MAX_UNKNOWN_SHARE) & (options.model == "log-log"),
        "constant_price": spread < SMALLEST_SPREAD,
        "few_price_changes": np.zeros(len(rows), dtype=bool) if changes is None else changes < MIN_PRICE_CHANGES,
    }
    codes = np.full(panel.n_groups, None, dtype=object)  # the first that applies
    for code, is_so in reversed(list(checks.items())):
        codes[is_so] = code
    return tuple(codes.tolist())


def _design(rows: Rows) -> Design:
    panel = rows.panel
    series, n_series = (panel.series, panel.n_series) if rows.effects.of_series else (panel.group, panel.n_groups)
    design = Design(
        y=rows.y,
        ones=np.ones(len(rows.y)),
        columns=rows.columns,
        series=series,
        group=panel.group,
        n_series=n_series,
        n_groups=panel.n_groups,
    )
    effect = rows.effects.period
    if effect is None:
        return design
    from scipy import sparse

    n = len(effect)
    periods = sparse.csr_matrix((design.ones, effect, np.arange(n + 1)), shape=(n, int(effect.max(initial=0)) + 1))
    return replace(design, periods=periods)


def _clusters(rows: Rows, options: FitOptions) -> tuple[list[Ints], str]:
    """Return the clusters of each row, and the kind of errors: rows of several series share their periods."""
    panel = rows.panel
    if options.errors == "iid" or (options.errors == "ar1" and panel.period is None):
        return [], "iid"
    if options.errors == "cluster":
        return [_cluster_codes(panel, name) for name in options.cluster], "cluster"
    has_several = bool((panel.series[1:] != panel.series[:-1])[panel.group[1:] == panel.group[:-1]].any())
    if not has_several:
        return [], "ar1"
    assert panel.period is not None
    has_stores = bool((panel.store != panel.store[0]).any())
    return [panel.store if has_stores else panel.product, panel.period], "two-way"


def _cluster_codes(panel: Panel, name: str) -> Ints:
    known = {"store_id": panel.store, "product_id": panel.product, "period_at": panel.period}
    codes = known[name] if name in known else panel.facts[name].astype(np.int64)
    if codes is None:
        raise ValueError("`cluster` names 'period_at', but `sales` does not have it")
    return codes


def _check_clusters(n_clusters: Floats, solution: Solution, options: FitOptions) -> None:
    is_there = ~np.isnan(solution.own)
    if options.errors == "cluster" and is_there.any() and (n_clusters[is_there] <= 1).all():
        raise ValueError(
            f"`cluster` must divide the rows of each elasticity, but each has one cluster of {options.cluster!r}, "
            "whose variance cannot be estimated: take 'period_at', or 'store_id' where there are stores"
        )


def _rho(solution: Solution, design: Design, panel: Panel) -> Floats:
    assert panel.period is not None
    category = np.where(panel.category < 0, panel.category.max(initial=-1) + 1, panel.category)
    return serial_correlations(solution, design, panel.series, panel.period, category)[category]


def _solved_again(rows: Rows, design: Design, whiten: "partial[Design]", is_poisson: bool) -> tuple[Solution, Design]:
    if is_poisson:
        return solve_poisson(_design(rows), whiten)
    design = whiten(design)
    return solve(design), design


def _reasons_of_fit(
    reasons: tuple[str | None, ...], solution: Solution, df: Floats
) -> tuple[str | None, ...]:
    """Add the reasons that only the regression shows."""
    varies, is_known = solution.varies[:, -1], ~np.isnan(solution.own)
    codes = np.array(reasons, dtype=object)
    is_free = np.array([one is None for one in reasons], dtype=bool)
    for code, is_so in (("few_periods", df < 1), ("price_explained", ~is_known), ("constant_price", ~varies)):
        codes[is_free & is_so] = code
    return tuple(codes.tolist())


def _with_promotions(rows: Rows, solution: Solution, design: Design) -> Floats:
    """Return the slope of the price where promotions are not held, with the effects of periods as they are."""
    if "promotion" not in rows.controls:
        return np.full(design.n_groups, np.nan)
    kept = [place for place, name in enumerate((*rows.controls, *rows.cross, "price")) if name != "promotion"]
    y = design.y if solution.effects is None else design.y - design.periods @ solution.effects
    return solve(replace(design, y=y, columns=design.columns[kept], periods=None)).own
