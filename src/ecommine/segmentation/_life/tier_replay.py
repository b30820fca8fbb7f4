"""Tiers replayed by day: the money of a moving window, promotion at once, demotion after a grace period."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ..._core.arrays import Ints, run_starts, sort_order
from .stages import FAR

CLOSE = 0.1
"""Part of the next threshold; a customer who lacks less is close to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TierRules:
    """Thresholds in micro-units, ascending from 0; days of the window and of grace; whether demotion is by one tier."""

    thresholds: Ints
    window: int
    grace: int
    one_down: bool


class TierSize(NamedTuple):
    """Customers of a tier: all, those who came up and down to it today, those close to the next, those in grace."""

    tier: str
    customers: int
    upgraded: int
    downgraded: int
    close_to_next: int
    in_grace: int


class Balances(NamedTuple):
    """Money of the window of every customer at each day on which it changes, sorted by customer and day."""

    customer: Ints
    day: Ints
    micro: Ints


class TierChanges(NamedTuple):
    """Changes of tier, in the order of days within each customer."""

    customer: Ints
    day: Ints
    origin: Ints
    tier: Ints


class Replay(NamedTuple):
    """Tiers and balances at the last day, the changes up to it, and what follows if nothing is bought.

    ``falls_on`` is the day of the next demotion, ``below_on`` the day from which the balance is below the threshold
    until then (the last day itself, where it is already), and ``balance_below`` the balance on that day.
    """

    tier: Ints
    balance: Ints
    changes: TierChanges
    falls_on: Ints
    below_on: Ints
    balance_below: Ints


def window_balances(customer: Ints, day: Ints, micro: Ints, window: int) -> Balances:
    """Return the money of the days (day - window, day] at each day on which it changes.

    Money enters on its day and leaves ``window`` days later, so that sorting both gives every balance.

    Parameters
    ----------
    customer, day, micro : int arrays of shape (n,)
        Money by customer and day, in any order.

    Examples
    --------
    >>> window_balances(np.array([0, 0]), np.array([1, 5]), np.array([30, 20]), 7).day.tolist()
    [1, 5, 8, 12]
    >>> window_balances(np.array([0, 0]), np.array([1, 5]), np.array([30, 20]), 7).micro.tolist()
    [30, 50, 20, 0]
    """
    who = np.concatenate([customer, customer])
    at = np.concatenate([day, day + window])
    change = np.concatenate([micro, -micro])
    order = sort_order(who, at)
    who, at, change = who[order], at[order], change[order]
    if not len(who):
        return Balances(customer=who, day=at, micro=change)
    total = np.cumsum(change)  # money of a customer leaves as it came: the sum over all starts each one at 0
    last = np.append(np.flatnonzero(run_starts(who, at))[1:], len(who)) - 1
    return Balances(customer=who[last], day=at[last], micro=total[last])


def replay(balances: Balances, n_customers: int, rules: TierRules, until: int) -> Replay:
    """Follow the tier of every customer, all at once, one change of the balance or end of grace after the other.

    Parameters
    ----------
    balances : Balances
        As :func:`window_balances` returns them.
    n_customers : int
    rules : TierRules
    until : int
        The last day; later days are followed only to see when the tier would be lost.
    """
    first = np.searchsorted(balances.customer, np.arange(n_customers))
    end = np.searchsorted(balances.customer, np.arange(n_customers), side="right")
    state = _State(balances, first, end, rules)
    changes = state.run(until)
    tier, balance = state.tier.copy(), state.balance.copy()
    return Replay(tier, balance, changes, *state.first_fall(tier, until))


class _State:
    """Tier, balance and end of grace of every customer, and the next change of the balance."""

    def __init__(self, balances: Balances, first: Ints, end: Ints, rules: TierRules) -> None:
        n = len(first)
        self.rules, self.balances, self.next, self.end = rules, balances, first.copy(), end
        self.tier, self.balance = np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.int64)
        self.grace_end = np.full(n, FAR)

    def run(self, until: int) -> TierChanges:
        """Go on to the last day, and return the changes of tier."""
        steps = []
        active = np.arange(len(self.tier))
        while len(active):
            day = self._next_day(active)
            active, day = active[day <= until], day[day <= until]
            steps.append(self._step(active, day))
        return _joined(steps)

    def first_fall(self, held: Ints, until: int) -> tuple[Ints, Ints, Ints]:
        """Go on until each customer's tier is below the one held; return that day, and when the balance fell short."""
        is_below = self.grace_end < FAR
        falls_on = np.full(len(held), FAR)
        below_on, balance_below = np.where(is_below, until, FAR), np.where(is_below, self.balance, 0)
        active = np.flatnonzero(held > 0)
        while len(active):
            day = self._next_day(active)
            active, day = active[day < FAR], day[day < FAR]
            self._step(active, day)
            limit = self.rules.thresholds[held[active]]
            is_short = self.balance[active] < limit
            begins = is_short & (below_on[active] == FAR)
            below_on[active[begins]], balance_below[active[begins]] = day[begins], self.balance[active[begins]]
            below_on[active[~is_short]] = FAR
            fell = self.tier[active] < held[active]
            falls_on[active[fell]] = day[fell]
            active = active[~fell]
        return falls_on, below_on, balance_below

    def _next_day(self, active: Ints) -> Ints:
        """Return the day of the next change of the balance or end of grace."""
        has_next = self.next[active] < self.end[active]
        row = np.where(has_next, self.next[active], 0)
        change = np.where(has_next, self.balances.day[row] if len(self.balances.day) else FAR, FAR)
        day: Ints = np.minimum(change, self.grace_end[active])
        return day

    def _step(self, active: Ints, day: Ints) -> TierChanges:
        """Take the balance of the day, then promote, begin or end grace, or demote."""
        self._take_balance(active, day)
        qualified = np.searchsorted(self.rules.thresholds, np.maximum(self.balance[active], 0), side="right") - 1
        before = self.tier[active]
        grace_end = self.grace_end[active]
        is_below = qualified < before
        grace_end = np.where(is_below, np.where(grace_end == FAR, day + self.rules.grace, grace_end), FAR)
        is_over = is_below & (grace_end <= day)
        lower = before - 1 if self.rules.one_down else qualified
        after = np.where(is_over, lower, np.maximum(before, qualified))
        # One tier down may still be above the balance: its own grace begins.
        grace_end = np.where(is_over, np.where(after > qualified, day + self.rules.grace, FAR), grace_end)
        self.tier[active], self.grace_end[active] = after, grace_end
        moved = after != before
        return TierChanges(customer=active[moved], day=day[moved], origin=before[moved], tier=after[moved])

    def _take_balance(self, active: Ints, day: Ints) -> None:
        row = np.minimum(self.next[active], len(self.balances.day) - 1)
        is_change = (self.next[active] < self.end[active]) & (self.balances.day[row] == day)
        self.balance[active[is_change]] = self.balances.micro[row[is_change]]
        self.next[active[is_change]] += 1


def tier_sizes(names: Sequence[str], limits: Ints, result: Replay, today: int) -> tuple[TierSize, ...]:
    """Return the sizes of the tiers, the highest first."""
    changes, n = result.changes, len(names)
    is_today, is_up = changes.day == today, changes.tier > changes.origin
    next_limit = limits[np.minimum(result.tier + 1, n - 1)]
    is_close = (result.tier < n - 1) & ((next_limit - result.balance) < CLOSE * next_limit)
    flags = (
        (result.tier, np.ones(len(result.tier), dtype=bool)),
        (changes.tier, is_today & is_up),
        (changes.tier, is_today & ~is_up),
        (result.tier, is_close),
        (result.tier, np.maximum(result.balance, 0) < limits[result.tier]),
    )
    counts = [np.bincount(tier[flag], minlength=n).tolist() for tier, flag in flags]
    return tuple(TierSize(name, *row) for name, *row in zip(names, *counts, strict=True))[::-1]


def _joined(steps: list[TierChanges]) -> TierChanges:
    """Put the changes of all steps together, by customer and day."""
    if not steps:
        return TierChanges(*(np.zeros(0, dtype=np.int64) for _ in TierChanges._fields))
    customer, day, origin, tier = (np.concatenate([step[i] for step in steps]) for i in range(4))
    order = sort_order(customer, day)
    return TierChanges(customer=customer[order], day=day[order], origin=origin[order], tier=tier[order])
