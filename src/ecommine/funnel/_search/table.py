"""The tables of searches: one row per query, per position, per reformulation."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..._core.arrays import Floats, Ints, distinct_rows, run_starts
from ..._core.tables import with_bounds
from ..._stats.arrays import divide
from ..._stats.intervals import log_interval, normal_quantile
from ..._stats.intraclass import ClustersOfGroups
from .outcomes import SearchOutcomes
from .position_bias import PositionModel, ShownPositions, fit_position_model
from .rates import QueryRates, estimate_rates, money_per_search

Columns = dict[str, Any]
POSITION_COUNTS = ("position", "shown", "clicked")
POSITION_COLUMNS = (*POSITION_COUNTS, "click_rate", "examination", "examination_low", "examination_high")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SearchMeasures:
    """Searches whose query is known, measured."""

    outcomes: SearchOutcomes  # the searches; ``next_search`` numbers all searches of the log
    searches: ClustersOfGroups  # which of them are of one query and one visitor
    rates: dict[str, QueryRates]  # the shares, of all queries
    positions: PositionModel | None  # clicks corrected for position
    n_searches: Floats  # shape (n_queries,): searches of each query
    rows: Ints  # the queries that have a row, most searched first


def measure_searches(
    outcomes: SearchOutcomes, positions: ShownPositions | None, n_queries: int, min_searches: int
) -> SearchMeasures:
    """Measure searches whose query is known; queries of at least ``min_searches`` have a row."""
    cell, first = distinct_rows(outcomes.query, outcomes.unit)
    searches = ClustersOfGroups(
        group=outcomes.query, n_groups=n_queries, cell=cell, group_of_cell=outcomes.query[first]
    )
    is_decided = outcomes.is_decided & outcomes.has_purchases
    n_searches = searches.sums_of_groups(np.ones(len(outcomes)))
    rows = np.flatnonzero(n_searches >= min_searches)
    return SearchMeasures(
        outcomes=outcomes,
        searches=searches,
        rates={
            "zero_result_rate": estimate_rates(outcomes.results == 0, ~np.isnan(outcomes.results), searches),
            "click_rate": estimate_rates(outcomes.is_clicked, outcomes.is_over, searches),
            "reformulation_rate": estimate_rates(outcomes.is_replaced, outcomes.is_over, searches),
            "conversion": estimate_rates(outcomes.is_bought, is_decided, searches),
            "exit_rate": estimate_rates(outcomes.is_exit, outcomes.is_over, searches),
        },
        positions=None if positions is None else fit_position_model(positions, searches),
        n_searches=n_searches,
        rows=rows[np.argsort(-n_searches[rows], kind="stable")],
    )


def query_columns(measures: SearchMeasures, texts: list[str], spellings: list[str], level: float) -> Columns:
    """Return one row per query."""
    rows, rates = measures.rows, measures.rates
    n_pending = measures.searches.sums_of_groups(~measures.outcomes.is_over * 1.0)
    next_query = _most_frequent_next(measures)
    return {
        "query": _take(texts, rows),
        "spelling": _take(spellings, rows),
        "searches": measures.n_searches[rows].astype(np.int64),
        "visitors": measures.searches.n_clusters[rows].astype(np.int64),
        "pending": n_pending[rows].astype(np.int64),
        **_rate_columns("zero_result_rate", rates, rows, level),
        **_rate_columns("click_rate", rates, rows, level),
        **_relative_columns(measures.positions, rows, level),
        **_rate_columns("reformulation_rate", rates, rows, level),
        "top_reformulation": [texts[next_query[row]] if row in next_query else None for row in rows.tolist()],
        **_rate_columns("conversion", rates, rows, level),
        **_money_columns(measures, level),
        **_rate_columns("exit_rate", rates, rows, level),
    }


def reformulation_columns(measures: SearchMeasures, everything: SearchOutcomes, texts: list[str]) -> Columns:
    """Return one row per query and the query that replaced it: how often, and whether that had results and a click.

    ``everything`` are all searches of the log.
    """
    query, next_query, counts, code = _reformulations(measures)
    outcomes = measures.outcomes
    next_search = outcomes.next_search[outcomes.is_replaced & outcomes.is_over]
    results, is_clicked = everything.results[next_search], everything.is_clicked[next_search]
    n_known, n_found, n_clicked = (
        np.bincount(code, values, minlength=len(counts)) for values in (~np.isnan(results), results > 0, is_clicked)
    )
    rows = np.flatnonzero(np.isin(query, measures.rows))
    rows = rows[np.lexsort([next_query[rows], query[rows], -counts[rows]])]
    return {
        "query": _take(texts, query[rows]),
        "next_query": _take(texts, next_query[rows]),
        "searches": counts[rows].astype(np.int64),
        "share": divide(counts, measures.rates["reformulation_rate"].n[query])[rows],
        "next_found_rate": divide(n_found, n_known)[rows],
        "next_click_rate": divide(n_clicked, counts)[rows],
    }


def position_columns(model: PositionModel | None, level: float) -> Columns:
    """Return one row per position: shown, clicked, and the clicks that a typical query has there."""
    if model is None:
        types = {name: np.int64 if name in POSITION_COUNTS else np.float64 for name in POSITION_COLUMNS}
        return {name: np.zeros(0, dtype=dtype) for name, dtype in types.items()}
    position = np.arange(1, len(model.curve) + 1)
    counts = (position, model.shown.astype(np.int64), model.clicked.astype(np.int64))
    limits = log_interval(model.curve, model.curve_error, normal_quantile(level))
    rates = (divide(model.clicked, model.shown), model.curve, *limits)
    return dict(zip(POSITION_COLUMNS, (*counts, *rates), strict=True))


def _rate_columns(name: str, rates: dict[str, QueryRates], rows: Ints, level: float) -> Columns:
    rate = rates[name].take(rows)
    return with_bounds(name, (rate.share, *rate.interval(level)))


def _relative_columns(model: PositionModel | None, rows: Ints, level: float) -> Columns:
    if model is None:
        return with_bounds("relative_click_rate", [np.full(len(rows), np.nan)] * 3)
    taken = model.take(rows)
    return with_bounds("relative_click_rate", (taken.relative, *taken.interval(level)))


def _money_columns(measures: SearchMeasures, level: float) -> Columns:
    outcomes, rows = measures.outcomes, measures.rows
    if not outcomes.has_money:
        unknown = np.full(len(rows), np.nan)
        return {"revenue": unknown, **with_bounds("revenue_per_search", [unknown] * 3)}
    bounds = money_per_search(outcomes.money, outcomes.is_decided, measures.searches, level)
    revenue = measures.searches.sums_of_groups(outcomes.money)[rows]
    return {"revenue": revenue, **with_bounds("revenue_per_search", (bound[rows] for bound in bounds))}


def _reformulations(measures: SearchMeasures) -> tuple[Ints, Ints, Ints, Ints]:
    """Return the pairs of a query and its next one, how often each occurs, and the pair of each search replaced."""
    outcomes = measures.outcomes
    rows = outcomes.is_replaced & outcomes.is_over
    query, next_query = outcomes.query[rows], outcomes.next_query[rows]
    code, first = distinct_rows(query, next_query)
    return query[first], next_query[first], np.bincount(code, minlength=len(first)), code


def _most_frequent_next(measures: SearchMeasures) -> dict[int, int]:
    query, next_query, counts, _ = _reformulations(measures)
    order = np.lexsort([next_query, -counts, query])
    first = order[run_starts(query[order])]
    return dict(zip(query[first].tolist(), next_query[first].tolist(), strict=True))


def _take(texts: list[str], rows: Ints) -> list[str]:
    return [texts[row] for row in rows.tolist()]
