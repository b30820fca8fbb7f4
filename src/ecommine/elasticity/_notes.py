"""The notes of a fit: rows left out, effects and errors used, and elasticities that cannot be told."""

from collections import Counter
from collections.abc import Mapping

import numpy as np

from .._core.notes import Note
from .._core.texts import counted
from ._options import FitOptions
from ._panel import Panel
from ._regression.effects import MIN_CATEGORIES_PER_PERIOD, MIN_PRODUCTS_PER_PERIOD
from ._regression.errors import MIN_CLUSTERS
from ._regression.estimates import Estimates
from ._regression.rows import MIN_PRICE_CHANGES, Rows

REASONS: Mapping[str, tuple[str, str]] = {
    "no_sales": ("no usable sale", "没有可用的销售记录"),
    "prices_unknown": (
        "more than 2% of the periods have no price: give the price history to schema.to_sales(prices=)",
        "超过2%的时段没有价格：请在 schema.to_sales(prices=) 中提供价格历史",
    ),
    "periods_without_sales": (
        "more than 2% of the periods have no sale, which logarithms drop: use model='poisson'",
        "超过2%的时段没有销量，取对数会丢掉这些时段：请使用 model='poisson'",
    ),
    "constant_price": ("the price never changed", "价格从未变动"),
    "few_price_changes": (
        f"fewer than {MIN_PRICE_CHANGES} lasting changes of the regular price",
        f"日常价格的持续性变动少于{MIN_PRICE_CHANGES}次",
    ),
    "price_explained": (
        "promotions and other controls explain every change of the price",
        "价格变动完全由促销等控制变量解释",
    ),
    "few_periods": ("too few periods", "时段太少"),
    "few_clusters": (
        f"fewer than {MIN_CLUSTERS} clusters: the estimate has no interval",
        f"聚类少于{MIN_CLUSTERS}个：估计值没有区间",
    ),
}
"""Why an elasticity, or its interval, is null."""
_LEFT_OUT = {
    "unfinished_periods": ("row", "of periods that are not over"),
    "rows_without_id": ("row", "without a product or a period"),
    "infinite_values": ("row", "with infinite units or an infinite price"),
    "out_of_stock": ("row", "out of stock, where nobody knows what would have been sold"),
    "negative_units": ("row", "with fewer than zero units; give units_sold, which returns do not reduce"),
    "prices_not_positive": ("row", "with a price of zero or less"),
    "prices_unknown": ("row", "without a price; schema.to_sales(prices=) fills these from the price history"),
    "controls_unknown": ("row", "in which a control or another price is unknown"),
    "periods_not_shared": ("row", "of periods that too few products share to know the shop's demand"),
}


def fit_notes(panel: Panel, options: FitOptions, rows: Rows, raw: Estimates, fallback: str | None) -> tuple[Note, ...]:
    """Return all notes of a fit; ``fallback`` says which shrinkage was used instead of the one asked for."""
    counts = {**panel.counts, **rows.counts}
    notes = [
        Note(f"{counted(counts[code], noun)} {words}: left out", code=code, count=counts[code])
        for code, (noun, words) in _LEFT_OUT.items()
        if counts.get(code)
    ]
    if counts.get("rows_without_sales") and options.model == "log-log":
        n = counts["rows_without_sales"]
        words = f"{counted(n, 'row')} without a sale left out, for want of a logarithm; model='poisson' keeps them"
        notes.append(Note(words, code="rows_without_sales", count=n))
    if counts.get("repeated_rows"):
        n = counts["repeated_rows"]
        words = f"{counted(n, 'row')} of a product, store and period that came before: units added up"
        notes.append(Note(words, code="repeated_rows", count=n))
    if not len(rows.y):  # nothing was estimated: how it would have been is of no use
        return (*notes, *_null_notes(raw))
    notes += [*_missing_periods(rows), _effects_note(rows), _errors_note(raw, panel), *_null_notes(raw)]
    notes += _cross_note(raw)
    if fallback == "all":
        words = "too few elasticities per category to know their spread: all are drawn to one mean"
        notes.append(Note(words, code="shrunk_to_all"))
    elif fallback == "none":
        notes.append(Note("too few elasticities to know their spread: none is drawn to a mean", code="not_shrunk"))
    return tuple(notes)


def _missing_periods(rows: Rows) -> list[Note]:
    """Count the periods between the first and the last of a series that have no usable row."""
    panel = rows.panel
    if panel.period is None or not len(panel.period):
        return []
    is_same = panel.series[1:] == panel.series[:-1]
    n = int((np.diff(panel.period)[is_same] - 1).sum())
    words = f"{counted(n, 'period')} without a usable row between the first and last of a product: a gap is a gap"
    return [Note(words, code="missing_periods", count=n)] if n else []


def _has_stores(panel: Panel) -> bool:
    return bool(len(panel.store)) and bool((panel.store != panel.store[0]).any())


def _effects_note(rows: Rows) -> Note:
    series = "product in each store" if _has_stores(rows.panel) else "product"
    intercepts = f"an intercept for each {series}" if rows.effects.of_series else "one intercept for each elasticity"
    if rows.effects.period is not None:
        n = int(rows.effects.period.max(initial=-1)) + 1
        words = f"held fixed: {intercepts}, and the shop's demand in {counted(n, 'period')}"
        return Note(words, code="period_effects", count=n)
    words = (
        f"held fixed: {intercepts}, no effects of periods, which need {MIN_PRODUCTS_PER_PERIOD} products of "
        f"{MIN_CATEGORIES_PER_PERIOD} categories in a period"
    )
    return Note(words if rows.effects.of_series else f"held fixed: {intercepts}", code="no_period_effects")


def _errors_note(raw: Estimates, panel: Panel) -> Note:
    if raw.error_kind == "ar1":
        low, high = (f"{value:.2f}" for value in (raw.rho.min(), raw.rho.max())) if len(raw.rho) else ("0", "0")
        span = low if low == high else f"{low} to {high}"
        return Note(f"errors of neighbouring periods are correlated by {span}", code="serial_errors")
    if raw.error_kind == "two-way":
        clusters = "stores" if _has_stores(panel) else "products"
        return Note(f"errors are shared within {clusters} and within periods (two-way clusters)", code="two_way_errors")
    if raw.error_kind == "cluster":
        return Note("errors are shared within clusters", code="clustered_errors")
    why = ": there is no period_at to order rows by" if panel.period is None else ""
    return Note(f"errors count as independent{why}", code="independent_errors")


def _cross_note(raw: Estimates) -> list[Note]:
    """Count the cross elasticities that are null beside an own one that is known."""
    n = int(np.isnan(raw.cross[np.isfinite(raw.slope)]).sum())
    verb = "are" if n > 1 else "is"
    words = (
        f"{counted(n, 'cross elasticity', 'cross elasticities')} {verb} null: the other price does not change, other "
        "columns explain it, or no other product of the category is sold in the same periods"
    )
    return [Note(words, code="cross_unknown", count=n)] if n else []


def _null_notes(raw: Estimates) -> list[Note]:
    """Return one note per reason, with the number of elasticities."""
    counts = Counter(reason for reason in raw.reasons if reason is not None)
    notes = []
    for reason in REASONS:
        if counts[reason]:
            subject = counted(counts[reason], "elasticity", "elasticities")
            verb = "are" if counts[reason] > 1 else "is"
            what = "" if reason == "few_clusters" else f" {verb} null"
            notes.append(Note(f"{subject}{what}: {REASONS[reason][0]}", code=reason, count=counts[reason]))
    return notes
