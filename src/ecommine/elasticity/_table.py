"""The tables of a fit: one row per elasticity, means and spreads of categories, cross elasticities."""

from typing import Any

import numpy as np

from .._core.arrays import Floats, Ints
from .._core.tables import build_table
from .._stats.intervals import student_quantile, student_quantiles
from .._stats.shrinkage import Shrunk, combine_estimates
from ._options import FitOptions
from ._panel import Panel
from ._regression.estimates import Estimates
from ._regression.rows import Rows

ALL = "group"
"""The name of the first column where there is one elasticity for all rows."""
METHODS = {"dersimonian_laird": "dl", "paule_mandel": "pm"}


def posterior_limits(raw: Estimates, shrunk: Shrunk, prior_df: float, level: float) -> tuple[Floats, Floats]:
    """Return the limits of the shrunk elasticities: the variance of a row is known by its own data and by others'."""
    quantile = student_quantiles(level, np.minimum(raw.df + prior_df, 1e9))
    half = quantile * np.sqrt(shrunk.variance)
    return shrunk.mean - half, shrunk.mean + half


def elasticity_table(
    panel: Panel, options: FitOptions, rows: Rows, raw: Estimates, shrunk: Shrunk, limits: tuple[Floats, Floats]
) -> Any:
    """Return the main table."""
    half = student_quantiles(options.level, raw.df) * np.sqrt(raw.variance)
    category = {} if not len(panel.categories) else {"category": _named(panel.categories, panel.category)}
    changes = rows.price_changes
    columns = {
        options.by or ALL: panel.labels,
        **(category if options.by != "category" else {}),
        "elasticity": shrunk.mean,
        "elasticity_low": limits[0],
        "elasticity_high": limits[1],
        "raw_elasticity": raw.slope,
        "raw_elasticity_low": raw.slope - half,
        "raw_elasticity_high": raw.slope + half,
        "shrinkage": shrunk.weight,
        "std_error": np.sqrt(raw.variance),
        "elasticity_with_promotions": raw.with_promotions,
        "periods": rows.periods,
        "price_spread": rows.price_spread,
        "price_changes": [None] * panel.n_groups if changes is None else changes,
        "reason": list(raw.reasons),
    }
    if "promotion" not in rows.controls:
        del columns["elasticity_with_promotions"]
    samples = {options.by or ALL: panel.labels[0] if len(panel.labels) else "", "price_changes": 0}
    keys = [name for name in (options.by, "category") if name in columns]
    return build_table(columns, like=panel.like, samples=samples, keys=keys)


def pooled_table(panel: Panel, raw: Estimates, level: float) -> Any:
    """Return mean and spread over groups: of all, and of each category where there are several."""
    scopes: list[tuple[Any, Any]] = [(None, np.ones(panel.n_groups, dtype=bool))]
    if len(panel.categories) > 1:
        scopes += [(label, panel.category == code) for code, label in enumerate(panel.categories.tolist())]
    rows = []
    for label, members in scopes:
        for name, method in METHODS.items():
            combined = combine_estimates(raw.slope[members], raw.variance[members], method=method)  # type: ignore[arg-type]
            quantile = student_quantile(level, combined.df) if combined.df > 0 else np.nan
            half = quantile * combined.standard_error
            rows.append(
                {
                    "category": label,
                    "method": name,
                    "elasticities": combined.df + 1 if np.isfinite(combined.mean) else 0,
                    "mean": combined.mean,
                    "mean_low": combined.mean - half,
                    "mean_high": combined.mean + half,
                    "spread": combined.spread,
                    "equal_effects_mean": combined.fixed_mean,
                    "q": combined.q,
                    "df": combined.df,
                    "p_value": combined.p_value,
                }
            )
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    return build_table(columns, like=panel.like, keys=["category"] if "category" in panel.like.columns else [])


def cross_table(panel: Panel, options: FitOptions, rows: Rows, raw: Estimates) -> Any:
    """Return one row per group and other price; none were asked for gives no rows."""
    n = len(rows.cross)
    group = np.repeat(np.arange(panel.n_groups), n)
    estimate, error = raw.cross.ravel(), raw.cross_error.ravel()
    half = student_quantiles(options.level, raw.df[group]) * error
    columns = {
        options.by or ALL: panel.labels[group],
        "other_price": list(rows.cross) * panel.n_groups,
        "cross_elasticity": estimate,
        "cross_elasticity_low": estimate - half,
        "cross_elasticity_high": estimate + half,
        "std_error": error,
    }
    samples = {options.by or ALL: panel.labels[0] if len(panel.labels) else ""}
    return build_table(columns, like=panel.like, samples=samples, keys=[options.by] if options.by else [])


def _named(labels: Any, codes: Ints) -> list[Any]:
    names = [*labels.tolist(), None]  # the code -1 takes the last
    return [names[code] for code in codes.tolist()]
