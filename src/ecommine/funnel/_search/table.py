"""The tables of searches: one row a query, a place, a reformulation."""

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from ..._core.arrays import Ints, distinct_rows, run_starts
from .._shares import divided
from .outcomes import Followed
from .position_bias import Examined, Places, examine
from .rates import Pairs, Rate, money_interval, rate

Columns = dict[str, Any]
RATES = ("zero_result_rate", "click_rate", "reformulation_rate", "conversion", "exit_rate")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Measured:
    """Searches that have a query, measured.

    Attributes
    ----------
    found : Followed
        The searches; ``after`` numbers all searches of the log.
    pairs : Pairs
        Searches of one query by one visitor.
    rates : dict of Rate
        The shares, of all queries.
    examined : Examined or None
        Clicks corrected for position.
    rows : int array
        The queries that have a row, most searched first.
    """

    found: Followed
    pairs: Pairs
    rates: dict[str, Rate]
    examined: Examined | None
    rows: Ints


def measure(everything: Followed, places: Places | None, count: int, least: int) -> Measured:
    """Measure the searches of ``count`` queries; those of at least ``least`` searches have a row."""
    named = everything.query >= 0
    found = _subset(everything, named)
    pairs = Pairs(found.query, found.unit, count)
    zero, known = found.results == 0, ~np.isnan(found.results)
    rates = {
        "zero_result_rate": rate(zero, known, pairs),
        "click_rate": rate(found.clicked, found.over, pairs),
        "reformulation_rate": rate(found.after >= 0, found.over, pairs),
        "conversion": rate(found.bought, found.mature & found.has_purchases, pairs),
        "exit_rate": rate(found.exits, found.over, pairs),
    }
    searches = pairs.by_query(np.ones(len(found.query)))
    rows = np.flatnonzero(searches >= least)
    shown = (
        None
        if places is None
        else Places(shown=places.shown[named], clicks=places.clicks[named], by_place=places.by_place)
    )
    return Measured(
        found=found,
        pairs=pairs,
        rates=rates,
        examined=None if shown is None else examine(shown, pairs),
        rows=rows[np.argsort(-searches[rows], kind="stable")],
    )


def query_columns(measured: Measured, texts: list[str], spellings: list[str], level: float) -> Columns:
    """Write one row a query."""
    rows, pairs, found = measured.rows, measured.pairs, measured.found
    columns: Columns = {"query": _texts(texts, rows), "spelling": _texts(spellings, rows)}
    columns["searches"] = pairs.by_query(np.ones(len(found.query)))[rows].astype(np.int64)
    columns["visitors"] = pairs.visitors[rows].astype(np.int64)
    columns["immature"] = pairs.by_query(~found.over * 1.0)[rows].astype(np.int64)
    for name in RATES[:2]:
        columns |= _with_ends(name, measured.rates[name].take(rows), level)
    columns |= _relative(measured.examined, rows, level)
    columns |= _with_ends("reformulation_rate", measured.rates["reformulation_rate"].take(rows), level)
    top = _top(measured)
    columns["top_reformulation"] = [texts[top[row]] if row in top else None for row in rows.tolist()]
    columns |= _with_ends("conversion", measured.rates["conversion"].take(rows), level)
    columns |= _money(measured, level)
    return columns | _with_ends("exit_rate", measured.rates["exit_rate"].take(rows), level)


def _with_ends(name: str, share: Rate, level: float) -> Columns:
    low, high = share.interval(level)
    return {name: share.share, f"{name}_low": low, f"{name}_high": high}


def _relative(examined: Examined | None, rows: Ints, level: float) -> Columns:
    name = "relative_click_rate"
    if examined is None:
        return {f"{name}{end}": np.full(len(rows), np.nan) for end in ("", "_low", "_high")}
    taken = examined.take(rows)
    low, high = taken.interval(level)
    return {name: taken.relative, f"{name}_low": low, f"{name}_high": high}


def _money(measured: Measured, level: float) -> Columns:
    names, found, rows = ("", "_low", "_high"), measured.found, measured.rows
    if not found.has_money:
        unknown = np.full(len(rows), np.nan)
        return {"revenue": unknown, **{f"revenue_per_search{name}": unknown for name in names}}
    revenue = measured.pairs.by_query(found.money)[rows]
    each = money_interval(found.money, found.mature, measured.pairs, level)
    return {"revenue": revenue, **{f"revenue_per_search{n}": e[rows] for n, e in zip(names, each, strict=True)}}


def _moves(measured: Measured) -> tuple[Ints, Ints, Ints, Ints]:
    """Return which query was replaced by which, how often, and the move of each search that was replaced."""
    found = measured.found
    moved = (found.after >= 0) & found.over
    key = found.query[moved] * measured.pairs.count + found.next_query[moved]
    number, first = distinct_rows(key)
    pairs, counts = key[first], np.bincount(number, minlength=len(first))
    return pairs // measured.pairs.count, pairs % measured.pairs.count, counts, number


def _top(measured: Measured) -> dict[int, int]:
    before, after, counts, _ = _moves(measured)
    order = np.lexsort([after, -counts, before])
    first = run_starts(before[order])
    return dict(zip(before[order][first].tolist(), after[order][first].tolist(), strict=True))


def reformulation_columns(measured: Measured, everything: Followed, texts: list[str]) -> Columns:
    """Write one row a query and the query that replaced it: how often, and whether that one found and was clicked."""
    before, after, counts, number = _moves(measured)
    found = measured.found
    then = found.after[(found.after >= 0) & found.over]
    results, clicked = everything.results[then], everything.clicked[then]
    known = np.bincount(number, ~np.isnan(results), minlength=len(counts))
    some = np.bincount(number, results > 0, minlength=len(counts))
    clicks = np.bincount(number, clicked, minlength=len(counts))
    keep = np.isin(before, measured.rows)
    order = np.flatnonzero(keep)[np.lexsort([after[keep], before[keep], -counts[keep]])]
    of = measured.rates["reformulation_rate"].n[before]
    return {
        "query": _texts(texts, before[order]),
        "next_query": _texts(texts, after[order]),
        "searches": counts[order].astype(np.int64),
        "share": divided(counts, of)[order],
        "next_found_rate": divided(some, known)[order],
        "next_click_rate": divided(clicks, counts)[order],
    }


def position_columns(examined: Examined | None, level: float) -> Columns:
    """Write one row a place: shown, clicked, and what a typical query would be clicked there."""
    counts = ("position", "shown", "clicked")
    names = (*counts, "click_rate", "examination", "examination_low", "examination_high")
    if examined is None:
        return {name: np.zeros(0, dtype=np.int64 if name in counts else np.float64) for name in names}
    low, high = examined.curve_interval(level)
    place = np.arange(1, len(examined.curve) + 1)
    plain = divided(examined.clicked, examined.shown)
    values = (place, examined.shown.astype(np.int64), examined.clicked.astype(np.int64), plain, examined.curve)
    return dict(zip(names, (*values, low, high), strict=True))


def _texts(texts: list[str], rows: Ints) -> list[str]:
    return [texts[row] for row in rows.tolist()]


def _subset(everything: Followed, keep: Any) -> Followed:
    """Keep the searches that have a query."""
    arrays = {one.name: getattr(everything, one.name) for one in fields(everything)}
    return replace(everything, **{n: v[keep] for n, v in arrays.items() if isinstance(v, np.ndarray)})
