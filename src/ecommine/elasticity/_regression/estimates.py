"""Raw elasticities of all groups with their variances, and the reason where one cannot be told."""

from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from ..._core.arrays import Floats, Ints
from .._options import FitOptions
from .._panel import Panel
from .errors import MIN_CLUSTERS, clustered_variances, decorrelated, row_variances, serial_correlations
from .least_squares import Design, Solution, solve
from .periods import PeriodColumns
from .poisson import solve_poisson
from .rows import Rows


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
    row_variance : float array of shape (n_groups,)
        Variance of what is not explained.
    free_spread : float array of shape (n_groups,)
        Standard deviation of the log price that nothing else explains.
    rho : float array of shape (n_groups,)
        Correlation of neighbouring errors.
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
    row_variance: Floats
    free_spread: Floats
    rho: Floats
    reasons: tuple[str | None, ...]
    error_kind: str


def estimate(rows: Rows, options: FitOptions) -> Estimates:
    """Estimate the elasticities of all groups with their variances."""
    panel = rows.panel
    design = build_design(rows)
    clusters, kind = _clusters(rows, options)
    is_poisson = options.model == "poisson"
    solution, design = solve_poisson(design) if is_poisson else (solve(design), design)
    rho = np.zeros(panel.n_groups)
    if kind == "ar1" and panel.period is not None:
        rho = _rho(solution, design, panel)
        if rho.any():
            whiten = partial(decorrelated, series=panel.series, period=panel.period, rho=rho[panel.group])
            solution, design = _solved_again(rows, design, whiten, is_poisson)
    sigma2, df = row_variances(solution, design)
    variance = sigma2 * solution.variance_factor()
    first = len(rows.controls)
    cross = slice(first, first + len(rows.cross))
    cross_variance = sigma2[:, None] * (solution.inverse[:, cross] ** 2).sum(axis=2)
    reasons = _reasons_of_fit(rows.reasons, solution, df)
    if clusters:
        is_nested = "store_id" in options.cluster or kind == "two-way"
        variances, n_clusters = clustered_variances(solution, design, clusters, is_nested, len(rows.cross) + 1)
        _check_clusters(n_clusters, solution, options)
        # What is not known of the periods counts as independent; cross prices are never beside them.
        variance = variances[:, -1] + sigma2 * solution.shared_variance
        is_few = n_clusters < MIN_CLUSTERS
        cross_variance = np.where(is_few[:, None], np.nan, variances[:, :-1])
        variance, df = np.where(is_few, np.nan, variance), n_clusters - 1
        reasons = tuple(
            "few_clusters" if few and one is None else one for one, few in zip(reasons, is_few, strict=True)
        )
    is_told = np.array([one in (None, "few_clusters") for one in reasons], dtype=bool)
    return Estimates(
        slope=np.where(is_told, solution.own, np.nan),
        variance=np.where(is_told, variance, np.nan),
        df=df,
        with_promotions=np.where(is_told, _with_promotions(rows, solution, design), np.nan),
        cross=np.where(is_told[:, None], solution.slopes[:, cross], np.nan),
        cross_error=np.where(is_told[:, None], np.sqrt(cross_variance), np.nan),
        row_variance=sigma2,
        free_spread=rows.price_spread * np.sqrt(solution.left_of_price),
        rho=rho,
        reasons=reasons,
        error_kind=kind,
    )


def build_design(rows: Rows) -> Design:
    """Return the rows as a design, not transformed."""
    design = Design(
        y=rows.y,
        ones=np.ones(len(rows.y)),
        columns=rows.columns,
        series_runs=rows.series_runs if rows.effects.of_series else rows.group_runs,
        group_runs=rows.group_runs,
    )
    effect = rows.effects.period
    if effect is None:
        return design
    n_periods = int(effect.max(initial=0)) + 1
    periods = PeriodColumns(number=effect, weight=design.ones, lagged=None, n_periods=n_periods)
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
        return solve_poisson(build_design(rows), whiten)
    design = whiten(design)
    return solve(design), design


def _reasons_of_fit(reasons: tuple[str | None, ...], solution: Solution, df: Floats) -> tuple[str | None, ...]:
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
    y = design.y
    if design.periods is not None and solution.effects is not None:
        y = y - design.periods.combine(solution.effects)
    return solve(replace(design, y=y, columns=design.columns[kept], periods=None)).own
