"""The probability that a customer buys an item within a window, learned at earlier moments of the same shop."""

from dataclasses import replace

import numpy as np

from ..._core.arrays import Bools, Floats, Ints, run_numbers, run_starts
from .._read.pairs import PairDays
from .chance import Chance
from .gaps import Expected

STATUSES = ("not_predictable", "stopped", "on_track", "due_soon", "overdue")
NOT_PREDICTABLE, STOPPED, ON_TRACK, DUE_SOON, OVERDUE = range(5)
STEPS_BACK = 4
"""Earlier moments, one window apart, at which the probability is learned."""
MAX_LEARNED_ROWS = 1_000_000
"""Rows of the customers from whom everything is learned; of more customers evenly spread ones."""
MAX_CASES = 50_000
"""Pairs that the regression sees at each moment."""


def sample_of(days: PairDays) -> PairDays:
    """Return the rows of evenly spread customers, not much more than the largest number that is learned from."""
    step = -(-len(days.day) // MAX_LEARNED_ROWS)
    if step <= 1:
        return days
    return only_pairs(days, days.customer % step == 0)


def only_pairs(days: PairDays, kept: Bools) -> PairDays:
    """Return the rows of some pairs."""
    rows = kept[days.pair]
    return replace(
        days,
        customer=days.customer[kept],
        item=days.item[kept],
        pair=run_numbers(days.pair[rows]),
        day=days.day[rows],
        quantity=days.quantity[rows],
    )


def features(days: PairDays, visits: tuple[Ints, Ints], expected: Expected, today: int, substitute: Ints) -> Floats:
    """Return what the probability is learned from, an array of shape (n_pairs, 12)."""
    rate, since = _visits(visits, len(days.customers), today)
    customer = days.customer[expected.pair]
    silence = today - expected.last
    open_gap = np.log(silence + 1.0)
    ratio, count = open_gap - expected.log_gap, np.log(expected.purchases)
    columns = (
        ratio,
        np.maximum(ratio, 0.0),
        np.maximum(ratio - 1.0, 0.0),
        ratio**2,
        expected.log_gap,
        count,
        expected.item_log_gap[days.item[expected.pair]],
        rate[customer],
        since[customer],
        open_gap,
        count * ratio,
        (substitute >= 0).astype(np.float64),
    )
    return np.stack(columns, axis=1)


def visits_of(days: PairDays) -> tuple[Ints, Ints]:
    """Return customer and day of each day on which a customer bought anything, sorted."""
    low = int(days.day.min(initial=0))
    span = int(days.day.max(initial=0)) - low + 1
    keys = days.customer[days.pair]
    keys *= span
    keys += days.day
    keys -= low
    keys.sort()
    keys = keys[run_starts(keys)] if len(keys) else keys
    customer = keys // span
    keys -= customer * span
    keys += low
    return customer, keys


def _visits(visits: tuple[Ints, Ints], n: int, today: int) -> tuple[Floats, Floats]:
    """Return by customer the log of days of purchase per day, and of days since the last one."""
    early = visits[1] <= today
    customer, day = visits[0][early], visits[1][early]
    count = np.bincount(customer, minlength=n)
    first, last = np.full(n, today), np.full(n, today)
    last[customer] = day
    first[customer[::-1]] = day[::-1]
    return np.log((count + 1.0) / (today - first + 30.0)), np.log(today - last + 1.0)


def substitutes(days: PairDays, today: int) -> Ints:
    """Return for each pair another item of its category that the customer has bought since, -1 without one."""
    found = np.full(len(days.customer), -1)
    if not (days.category >= 0).any():
        return found
    early = days.day <= today
    last = np.full(len(days.customer), -1)
    last[days.pair[early]] = days.day[early]
    category = days.category[days.item]
    known = np.flatnonzero((category >= 0) & (last >= 0))
    order = known[np.lexsort((days.item[known], last[known], category[known], days.customer[known]))]
    is_first = run_starts(days.customer[order], category[order]) if len(order) else np.zeros(0, dtype=bool)
    run = np.cumsum(is_first) - 1
    final = order[np.append(np.flatnonzero(is_first)[1:], len(order)) - 1] if len(order) else order
    newest = final[run] if len(order) else order
    is_older = last[order] < last[newest]
    found[order[is_older]] = days.item[newest[is_older]]
    return found


def bought_within(days: PairDays, pair: Ints, today: int, window: int) -> Bools:
    """Return which pairs have a purchase in the days after."""
    buys = np.zeros(len(days.customer), dtype=bool)
    buys[days.pair[(days.day > today) & (days.day <= today + window)]] = True
    return buys[pair]


def learn_buying(days: PairDays, today: int, window: int) -> Chance | None:
    """Learn who buys within the window at earlier moments, each with what was known at it."""
    visits = visits_of(days)
    cases, events = [], []
    for back in range(1, STEPS_BACK + 1):
        moment = today - back * window
        expected = Expected.at(days, moment)
        if not len(expected.pair):
            continue
        kept = slice(None, None, -(-len(expected.pair) // MAX_CASES))
        found = features(days, visits, expected, moment, substitutes(days, moment)[expected.pair])
        cases.append(found[kept])
        events.append(bought_within(days, expected.pair, moment, window)[kept])
    return Chance.learn(np.concatenate(cases), np.concatenate(events)) if cases else None
