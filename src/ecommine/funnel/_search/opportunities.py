"""Which queries to improve first: how far each is below a typical query, in money, purchases or clicks."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from ..._core.arrays import Bools, Floats, Ints, distinct_codes, run_starts
from ..._stats.multiple_testing import adjust_p_values
from .outcomes import SearchOutcomes
from .rates import QueryRates, estimate_rates
from .table import Columns, SearchMeasures

REASONS = ("zero_results", "few_clicks", "reformulated", "few_purchases")
GainUnit = Literal["money", "purchases", "clicks"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shortfall:
    """How far queries are below the typical one for one reason; arrays of shape (n_rows,), of queries with a row."""

    n: Floats
    rate: Floats
    low: Floats
    high: Floats
    typical: float
    shrunk: Floats
    potential_gain: Floats
    p_values: Floats


def gain_unit(outcomes: SearchOutcomes) -> GainUnit:
    """Return what the gain counts: money where the log has values, else purchases, else clicks."""
    if outcomes.has_money:
        return "money"
    return "purchases" if outcomes.has_purchases else "clicks"


def reason_columns(measures: SearchMeasures, texts: list[str], spellings: list[str], level: float) -> Columns:
    """Return one row per query and reason, in the order of queries and reasons."""
    parts = [_part(code, shortfall) for code, shortfall in enumerate(_shortfalls(measures, level))]
    columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    order = np.lexsort([columns["reason"], columns["row"]])
    columns = {name: values[order] for name, values in columns.items()}
    query, reason = measures.rows[columns.pop("row")], columns.pop("reason")
    names: Columns = {
        "query": [texts[code] for code in query.tolist()],
        "spelling": [spellings[code] for code in query.tolist()],
        "reason": [REASONS[code] for code in reason.tolist()],
    }
    return names | columns


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


def _part(reason: int, shortfall: Shortfall) -> dict[str, Any]:
    rows: Ints = np.flatnonzero(shortfall.n > 0)
    p_values = shortfall.p_values[rows]
    return {
        "row": rows,
        "reason": np.full(len(rows), reason),
        "searches": shortfall.n[rows].astype(np.int64),
        "rate": shortfall.rate[rows],
        "rate_low": shortfall.low[rows],
        "rate_high": shortfall.high[rows],
        "typical": np.full(len(rows), shortfall.typical),
        "shrunk": shortfall.shrunk[rows],
        "potential_gain": shortfall.potential_gain[rows],
        "p_value": p_values,
        "q_value": adjust_p_values(p_values, "bh"),
    }


def _shortfalls(measures: SearchMeasures, level: float) -> list[Shortfall]:
    """Return the shortfalls by reason, each valued at the mean gain of the searches that do better."""
    outcomes, searches, gain = measures.outcomes, measures.searches, _gain(measures.outcomes)
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


def _click_shortfall(measures: SearchMeasures, has_results: Bools, gain: float, level: float) -> Shortfall:
    """Take clicks corrected for position where positions are known, else searches with a click."""
    outcomes, rows = measures.outcomes, measures.rows
    clicked = estimate_rates(outcomes.is_clicked, outcomes.is_over & has_results, measures.searches)
    if measures.positions is None:
        return _rate_shortfall(measures, clicked, gain, level, above=False)
    model, shrunk = measures.positions.take(rows), measures.positions.shrunk()[rows]
    low, high = model.interval(level)
    searches_per_click = clicked.all_successes / float(measures.positions.clicks.sum())
    return Shortfall(
        n=np.where(model.expected > 0, clicked.n[rows], 0.0),
        rate=model.relative,
        low=low,
        high=high,
        typical=1.0,
        shrunk=shrunk,
        potential_gain=np.maximum(1.0 - shrunk, 0.0) * model.expected * searches_per_click * gain,
        p_values=model.p_values(),
    )


def _rate_shortfall(
    measures: SearchMeasures, rates: QueryRates, gain: float, level: float, *, above: bool
) -> Shortfall:
    """Measure one share against all queries: worse is ``above`` them, or below."""
    rate, shrunk = rates.take(measures.rows), rates.shrunk()[measures.rows]
    low, high = rate.interval(level)
    difference = shrunk - rates.overall if above else rates.overall - shrunk
    return Shortfall(
        n=rate.n,
        rate=rate.share,
        low=low,
        high=high,
        typical=rates.overall,
        shrunk=shrunk,
        potential_gain=np.maximum(difference, 0.0) * rate.n * gain,
        p_values=rate.p_values(above=above),
    )


def _gain(outcomes: SearchOutcomes) -> Floats:
    units = {"money": outcomes.money, "purchases": outcomes.is_bought, "clicks": outcomes.is_clicked}
    return units[gain_unit(outcomes)].astype(np.float64)


def _mean(gain: Floats, is_kept: Bools) -> float:
    return float(gain[is_kept].mean()) if is_kept.any() else float("nan")
