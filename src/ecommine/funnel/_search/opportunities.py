"""Which queries to improve first: how far each is below a typical query, in money, purchases or clicks."""

from typing import Literal

import numpy as np

from ..._core.arrays import Bools, Floats, distinct_codes, run_starts
from ..._core.tables import with_bounds
from ..._stats.multiple_testing import adjust_p_values
from .outcomes import SearchOutcomes
from .rates import QueryRates, estimate_rates
from .table import Columns, SearchMeasures

REASONS = ("zero_results", "few_clicks", "reformulated", "few_purchases")
GainUnit = Literal["money", "purchases", "clicks"]


def gain_unit(outcomes: SearchOutcomes) -> GainUnit:
    """Return what the gain counts: money where the log has values, else purchases, else clicks."""
    if outcomes.has_money:
        return "money"
    return "purchases" if outcomes.has_purchases else "clicks"


def reason_columns(measures: SearchMeasures, texts: list[str], spellings: list[str], level: float) -> Columns:
    """Return one row per query and reason, in the order of queries and reasons."""
    parts = _shortfalls(measures, level)
    columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    reason = np.repeat(np.arange(len(parts)), [len(part["row"]) for part in parts])
    order = np.lexsort([reason, columns["row"]])
    query = measures.rows[columns.pop("row")[order]].tolist()
    return {
        "query": [texts[code] for code in query],
        "spelling": [spellings[code] for code in query],
        "reason": [REASONS[code] for code in reason[order].tolist()],
        **{name: values[order] for name, values in columns.items()},
    }


def opportunity_columns(reasons: Columns) -> Columns:
    """Return the reason with the largest gain of each query, the largest gain first."""
    gain = np.nan_to_num(reasons["potential_gain"])
    query = distinct_codes(np.array(reasons["query"], dtype=object))[0]
    order = np.lexsort([np.arange(len(gain)), -gain, query])
    best = order[run_starts(query[order])]
    best = best[gain[best] > 0]
    best = best[np.lexsort([query[best], -gain[best]])]
    return {
        name: [values[row] for row in best.tolist()] if isinstance(values, list) else values[best]
        for name, values in reasons.items()
    }


def _shortfalls(measures: SearchMeasures, level: float) -> list[Columns]:
    """Return how far queries are below the typical one, by reason, valued at the mean of those that do better."""
    outcomes, searches = measures.outcomes, measures.searches
    units = {"money": outcomes.money, "purchases": outcomes.is_bought, "clicks": outcomes.is_clicked}
    gain = units[gain_unit(outcomes)].astype(np.float64)
    has_results = outcomes.results != 0
    is_decided = outcomes.is_decided & has_results
    is_judged = outcomes.is_decided & outcomes.is_clicked & outcomes.has_purchases
    replaced = estimate_rates(outcomes.is_replaced, outcomes.is_over & has_results, searches)
    bought = estimate_rates(outcomes.is_bought, is_judged, searches)
    of_found = _mean(gain, is_decided)
    of_clicked = _mean(gain, is_decided & outcomes.is_clicked)
    of_kept = _mean(gain, is_decided & ~outcomes.is_replaced)
    of_bought = _mean(gain, is_decided & outcomes.is_clicked & outcomes.is_bought)
    return [
        _rate_shortfall(measures, measures.rates["zero_result_rate"], of_found, level, above=True),
        _click_shortfall(measures, has_results, of_clicked, level),
        _rate_shortfall(measures, replaced, of_kept, level, above=True),
        _rate_shortfall(measures, bought, of_bought, level, above=False),
    ]


def _click_shortfall(measures: SearchMeasures, has_results: Bools, gain: float, level: float) -> Columns:
    """Take clicks corrected for position where positions are known, else searches with a click."""
    outcomes, rows = measures.outcomes, measures.rows
    clicked = estimate_rates(outcomes.is_clicked, outcomes.is_over & has_results, measures.searches)
    if measures.positions is None:
        return _rate_shortfall(measures, clicked, gain, level, above=False)
    model, shrunk = measures.positions.take(rows), measures.positions.shrunk()[rows]
    searches_per_click = clicked.all_successes / float(measures.positions.clicks.sum())
    potential_gain = np.maximum(1.0 - shrunk, 0.0) * model.expected * searches_per_click * gain
    n, limits = np.where(model.expected > 0, clicked.n[rows], 0.0), model.interval(level)
    return _shortfall_columns(n, (model.relative, *limits), 1.0, shrunk, potential_gain, model.p_values())


def _rate_shortfall(measures: SearchMeasures, rates: QueryRates, gain: float, level: float, *, above: bool) -> Columns:
    """Measure one share against all queries: worse is ``above`` them, or below."""
    rate, shrunk = rates.take(measures.rows), rates.shrunk()[measures.rows]
    difference = shrunk - rates.overall if above else rates.overall - shrunk
    potential_gain = np.maximum(difference, 0.0) * rate.n * gain
    limits, p_values = rate.interval(level), rate.p_values(above=above)
    return _shortfall_columns(rate.n, (rate.share, *limits), rates.overall, shrunk, potential_gain, p_values)


def _shortfall_columns(
    n: Floats, rate: tuple[Floats, Floats, Floats], typical: float, shrunk: Floats, gain: Floats, p_values: Floats
) -> Columns:
    """Return the columns of one reason, of the queries that have a search which it is about."""
    rows = np.flatnonzero(n > 0)
    return {
        "row": rows,
        "searches": n[rows].astype(np.int64),
        **with_bounds("rate", (bound[rows] for bound in rate)),
        "typical": np.full(len(rows), typical),
        "shrunk": shrunk[rows],
        "potential_gain": gain[rows],
        "p_value": p_values[rows],
        "q_value": adjust_p_values(p_values[rows], "bh"),
    }


def _mean(gain: Floats, is_kept: Bools) -> float:
    return float(gain[is_kept].mean()) if is_kept.any() else float("nan")
