"""The rows that a regression can use, their columns, and what they say of each group before any regression."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from ..._core.arrays import Bools, Floats, Ints, distinct_rows, run_numbers
from ..._stats.arrays import sums_by_group
from .._options import CATEGORY, FitOptions
from .._panel import Panel
from .._runs import Runs
from .effects import Effects, choose_effects

SMALLEST_MOVE = float(np.log1p(0.01))
"""Change of a log price that counts as a move."""
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
    group_runs: Runs
    series_runs: Runs
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


def usable_rows(panel: Panel, options: FitOptions) -> Rows:
    """Choose the rows that a regression can use, and count those that it cannot."""
    controls = _controls(panel, options)
    is_infinite = np.isinf(panel.units) | np.isinf(panel.price)
    is_sold = (panel.fact("in_stock", 1.0) != 0) & ~np.isnan(panel.units) & ~is_infinite
    is_negative, is_priced = is_sold & (panel.units < 0), np.isfinite(panel.price)
    is_bad_price = is_priced & (panel.price <= 0)
    has_zero = is_sold & (panel.units == 0)
    is_usable = is_sold & ~is_negative & is_priced & ~is_bad_price
    groups = panel.group_runs
    unknown = _share(is_sold & ~is_priced, is_sold, groups)
    zeros = _share(has_zero & is_usable, is_usable, groups)
    if options.model == "log-log":
        is_usable &= ~has_zero
    counts = {
        "infinite_values": int(is_infinite.sum()),
        "out_of_stock": int((~is_sold & ~is_infinite).sum()),
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
    groups, series = (groups, panel.series_runs) if used is panel else (used.group_runs, used.series_runs)
    spread, changes = _spread(log_price, series, groups), price_changes(used, log_price)
    return Rows(
        panel=used,
        group_runs=groups,
        series_runs=series,
        effects=effects,
        controls=controls,
        cross=names[len(controls) :],
        y=np.log(used.units) if options.model == "log-log" else used.units,
        columns=columns,
        periods=_periods(used, groups),
        price_spread=spread,
        price_changes=changes,
        reasons=_reasons(used.units > 0, groups, unknown, zeros, spread, changes, options),
        counts=counts,
    )


def price_changes(panel: Panel, log_price: Floats) -> Ints | None:
    """Count the moves of the regular price that last, by group; None without periods.

    A move is above 1 %; rows on promotion do not count, nor does a price of a single period between two of the same
    price, nor one that the last period begins.
    """
    if panel.period is None:
        return None
    series, group, is_promoted = panel.series, panel.group, panel.on_promotion
    if is_promoted.any():
        series, group, log_price = series[~is_promoted], group[~is_promoted], log_price[~is_promoted]
    is_move, is_next = _moves(log_price, series)
    is_spike = is_move[:-1] & is_next[1:]
    is_spike &= np.abs(log_price[2:] - log_price[:-2]) <= SMALLEST_MOVE
    if is_spike.any():
        kept = np.ones(len(series), dtype=bool)
        kept[1:-1] = ~is_spike
        series, group, log_price = series[kept], group[kept], log_price[kept]
        is_move, is_next = _moves(log_price, series)
    return Runs(group[1:-1], panel.n_groups).sums(is_move[:-1] & is_next[1:]).astype(np.int64)


def _moves(log_price: Floats, series: Ints) -> tuple[Bools, Bools]:
    """Return which rows but the first have not the price of the row before, and which are of the same series as it."""
    is_next = series[1:] == series[:-1]
    return is_next & (np.abs(np.diff(log_price)) > SMALLEST_MOVE), is_next


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

    NaN in a period without others, but 0 where the product never has any, so that the column does not vary: products
    without a category have nothing in common.
    """
    category = panel.category_of_product[panel.product] + 1
    period = np.zeros(len(category), dtype=np.int64) if panel.period is None else panel.period
    rows = np.flatnonzero(is_usable)
    log_price = np.log(panel.price[rows])
    centered = _centered(log_price, panel.series_runs.of(rows))
    order = np.lexsort((panel.store[rows], period[rows], category[rows]))
    cell = np.empty(len(rows), dtype=np.int64)
    cell[order] = run_numbers(category[rows][order], period[rows][order], panel.store[rows][order])
    n_cells = int(cell.max(initial=-1)) + 1
    count, total = np.bincount(cell, minlength=n_cells), sums_by_group(cell, centered, n_cells)
    others = np.where(category[rows] > 0, count[cell] - 1, 0)
    mean = np.divide(total[cell] - centered, others, out=np.full(len(rows), np.nan), where=others > 0)
    ever = panel.group_runs.of(rows).sums(others > 0) > 0
    column = np.full(len(category), np.nan)
    column[rows] = np.where(ever[panel.group[rows]], mean, 0.0)
    return np.where(is_usable, column, 0.0)


def _share(is_counted: Bools, is_row: Bools, runs: Runs) -> Floats:
    return runs.sums(is_counted) / np.maximum(runs.sums(is_row), 1)


def _centered(values: Floats, runs: Runs) -> Floats:
    """Return values less the mean of their run."""
    return values - runs.repeat(runs.sums(values) / np.maximum(runs.rows(), 1))


def _periods(panel: Panel, groups: Runs) -> Ints:
    """Count the distinct periods of each group; rows without periods."""
    if panel.period is None or not len(panel.period):
        return groups.rows()
    is_next_series = (panel.series[1:] != panel.series[:-1]) & (panel.group[1:] == panel.group[:-1])
    if not is_next_series.any():  # no period comes twice in a series
        return groups.rows()
    _, first = distinct_rows(panel.group, panel.period)
    return np.bincount(panel.group[first], minlength=panel.n_groups)


def _spread(log_price: Floats, series: Runs, groups: Runs) -> Floats:
    """Return the standard deviation of the log price within series, by group."""
    squares, rows = groups.sums(_centered(log_price, series) ** 2), groups.rows()
    return np.asarray(
        np.sqrt(np.divide(squares, rows, out=np.full(len(rows), np.nan), where=rows > 0)), dtype=np.float64
    )


def _reasons(
    is_sold: Bools,
    groups: Runs,
    unknown: Floats,
    zeros: Floats,
    spread: Floats,
    changes: Ints | None,
    options: FitOptions,
) -> tuple[str | None, ...]:
    """Return why each group's elasticity cannot be told from its rows, None where it may be."""
    rows, sold = groups.rows(), groups.sums(is_sold)
    checks = {
        "no_sales": (rows == 0) | (sold == 0),
        "prices_unknown": unknown > MAX_UNKNOWN_SHARE,
        "periods_without_sales": (zeros > MAX_UNKNOWN_SHARE) & (options.model == "log-log"),
        "constant_price": spread < SMALLEST_SPREAD,
        "few_price_changes": np.zeros(len(rows), dtype=bool) if changes is None else changes < MIN_PRICE_CHANGES,
    }
    codes = np.full(groups.n_runs, None, dtype=object)  # the first that applies
    for code, is_so in reversed(list(checks.items())):
        codes[is_so] = code
    return tuple(codes.tolist())
