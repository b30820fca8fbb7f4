"""Which queries to mend first: what each falls short of a typical query, in money, purchases or clicks."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from ..._core.arrays import Bools, Floats, run_starts
from .._apart import q_values
from .outcomes import Followed
from .rates import Pairs, Rate, rate
from .table import Columns, Measured

REASONS = ("zero_results", "few_clicks", "reformulated", "few_purchases")
Unit = Literal["money", "purchases", "clicks"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shortfall:
    """One reason, of all queries that have a row."""

    n: Floats
    rate: Floats
    low: Floats
    high: Floats
    typical: float
    shrunk: Floats
    at_stake: Floats
    p: Floats


def unit_of(found: Followed) -> Unit:
    """Tell in what the stake is counted: money where the log has values, else purchases, else clicks."""
    if found.has_money:
        return "money"
    return "purchases" if found.has_purchases else "clicks"


def reason_columns(measured: Measured, texts: list[str], spellings: list[str], level: float) -> Columns:
    """Write one row a query and reason, in the order of queries and reasons."""
    shortfalls = _shortfalls(measured, level)
    rows = measured.rows
    parts: dict[str, list[Any]] = {}
    for place, reason in enumerate(REASONS):
        one = shortfalls[reason]
        known = np.flatnonzero(one.n > 0)
        values = {
            "row": known,
            "reason": np.full(len(known), place),
            "searches": one.n[known].astype(np.int64),
            "rate": one.rate[known],
            "rate_low": one.low[known],
            "rate_high": one.high[known],
            "typical": np.full(len(known), one.typical),
            "shrunk": one.shrunk[known],
            "at_stake": one.at_stake[known],
            "p_value": one.p[known],
            "q_value": q_values(one.p[known], "bh"),
        }
        for column, value in values.items():
            parts.setdefault(column, []).append(value)
    joined = {column: np.concatenate(values) for column, values in parts.items()}
    order = np.lexsort([joined["reason"], joined["row"]])
    joined = {column: values[order] for column, values in joined.items()}
    number, code = rows[joined.pop("row")], joined.pop("reason")
    names: Columns = {
        "query": [texts[one] for one in number.tolist()],
        "spelling": [spellings[one] for one in number.tolist()],
        "reason": [REASONS[one] for one in code.tolist()],
    }
    return names | joined


def to_fix_columns(reasons: Columns) -> Columns:
    """Keep the reason of each query by which most is at stake, largest first."""
    stake = np.nan_to_num(reasons["at_stake"])
    query = np.unique(np.array(reasons["query"], dtype=object), return_inverse=True)[1]
    order = np.lexsort([np.arange(len(stake)), -stake, query])
    first = order[run_starts(query[order])]
    kept = first[stake[first] > 0]
    kept = kept[np.lexsort([query[kept], -stake[kept]])]
    return {
        name: [values[one] for one in kept.tolist()] if isinstance(values, list) else values[kept]
        for name, values in reasons.items()
    }


def _shortfalls(measured: Measured, level: float) -> dict[str, Shortfall]:
    found, pairs = measured.found, measured.pairs
    worth, some = _worth(found), found.results != 0
    decided = found.mature & some
    each = {
        "found": _mean(worth, decided),
        "clicked": _mean(worth, decided & found.clicked),
        "kept": _mean(worth, decided & (found.after < 0)),
        "bought": _mean(worth, decided & found.clicked & found.bought),
    }
    tried = rate(found.after >= 0, found.over & some, pairs)
    buys = rate(found.bought, found.mature & found.clicked & found.has_purchases, pairs)
    return {
        "zero_results": _of_rate(measured, measured.rates["zero_result_rate"], each["found"], level, above=True),
        "few_clicks": _clicks(measured, pairs, each["clicked"], some, level),
        "reformulated": _of_rate(measured, tried, each["kept"], level, above=True),
        "few_purchases": _of_rate(measured, buys, each["bought"], level, above=False),
    }


def _clicks(measured: Measured, pairs: Pairs, each: float, some: Bools, level: float) -> Shortfall:
    """Take clicks corrected for position where positions are known, else searches with a click."""
    found = measured.found
    plain = rate(found.clicked, found.over & some, pairs)
    if measured.examined is None:
        return _of_rate(measured, plain, each, level, above=False)
    rows, examined = measured.rows, measured.examined
    shrunk, taken = examined.shrunk()[rows], examined.take(rows)
    low, high = taken.interval(level)
    searches_a_click = plain.all_hits / float(examined.clicks.sum())
    return Shortfall(
        n=np.where(taken.expected > 0, plain.n[rows], 0.0),
        rate=taken.relative,
        low=low,
        high=high,
        typical=1.0,
        shrunk=shrunk,
        at_stake=np.maximum(1.0 - shrunk, 0.0) * taken.expected * searches_a_click * each,
        p=taken.p_values(),
    )


def _of_rate(measured: Measured, share: Rate, each: float, level: float, *, above: bool) -> Shortfall:
    """Measure one share against all queries: worse is ``above`` them, or below."""
    rows, typical = measured.rows, share.whole
    shrunk, taken = share.shrunk()[rows], share.take(rows)
    low, high = taken.interval(level)
    short = shrunk - typical if above else typical - shrunk
    return Shortfall(
        n=taken.n,
        rate=taken.share,
        low=low,
        high=high,
        typical=typical,
        shrunk=shrunk,
        at_stake=np.maximum(short, 0.0) * taken.n * each,
        p=taken.p_values(above=above),
    )


def _worth(found: Followed) -> Floats:
    each = {"money": found.money, "purchases": found.bought, "clicks": found.clicked}[unit_of(found)]
    return each.astype(np.float64)


def _mean(worth: Floats, keep: Bools) -> float:
    return float(worth[keep].mean()) if keep.any() else float("nan")
