"""What a test holds fixed beside basket size: the season, and customers with so many orders that they are no sample.

Products that are on sale at different times are never bought together, and those of one season are, for no other
reason. One id with most of the orders, such as an account for walk-in customers or a reseller, differs from all other
customers in the same way in every pair of products: variances over customers cannot allow for that.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import numpy as np

from ..._core.arrays import Ints
from ..._core.notes import Note
from ..._core.texts import counted, percent
from ..._stats.clusters import dominant_clusters, effective_clusters
from .._mining.baskets import Baskets
from .._mining.read import Times

Period = Literal["week", "month", "quarter"]
Season = Literal["auto", "week", "month", "quarter"]
PERIODS = get_args(Period)
SEASONS = (*get_args(Season), None)
MIN_ORDERS_PER_PERIOD = 100
"""Orders per period, on average, from which `season="auto"` takes it: of fewer, too much of an excess is expected."""
MIN_EFFECTIVE_CLUSTERS = 10
"""Customers of equal numbers of orders that are worth as much, below which the largest are set apart; and days or
weeks, below which these are no clusters."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Conditions:
    """What a test of association holds fixed.

    Attributes
    ----------
    period : {"week", "month", "quarter"} or None
        Orders are compared with those of the same period.
    customers_apart : int array
        Customer codes whose orders are left out of the test.
    can_test : bool
        Whether there are enough customers for a test.
    notes : tuple of Note
    """

    period: Period | None = None
    customers_apart: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    can_test: bool = True
    notes: tuple[Note, ...] = ()

    @classmethod
    def of(cls, baskets: Baskets, season: Season | None, *, clustered: bool) -> "Conditions":
        """Choose the period, and find the customers that are set apart."""
        period, season_notes = choose_period([baskets], season)
        if not clustered or baskets.customers is None or not baskets.n_orders:
            return cls(period=period, notes=season_notes)
        large, can_test, customer_notes = _large_customers(baskets)
        notes = (*season_notes, *customer_notes)
        return cls(period=period, customers_apart=large, can_test=can_test, notes=notes)

    def sample(self, baskets: Baskets) -> Baskets:
        """Return the orders that are tested."""
        if not len(self.customers_apart):
            return baskets
        return baskets.take(np.flatnonzero(~np.isin(baskets.cluster_of_order, self.customers_apart)))

    def time_blocks(self, baskets: Baskets) -> Ints | None:
        """Return the day of each order within weeks, the week within longer periods; None where these are few.

        A launch in mid-week, or a promotion of some days, leaves products together or apart within a period.
        """
        if self.period is None or baskets.times is None or not baskets.n_orders:
            return None
        days = baskets.times.astype("datetime64[D]").astype(np.int64)
        blocks = days if self.period == "week" else (days + 3) // 7
        n_effective = effective_clusters(np.bincount(blocks - blocks.min()))
        return blocks if n_effective >= MIN_EFFECTIVE_CLUSTERS else None


def times_for(season: Season | None) -> Times:
    """Return whether the times of orders are read for a season."""
    return "none" if season is None else "optional" if season == "auto" else "required"


def period_numbers(times: "np.ndarray[Any, Any]", period: Period) -> Ints:
    """Return the week (from Monday), month or quarter of each moment, numbered from the first one.

    Examples
    --------
    >>> period_numbers(np.array(["2024-01-07", "2024-01-08"], dtype="datetime64[us]"), "week").tolist()
    [0, 1]
    """
    months = times.astype("datetime64[M]").astype(np.int64)
    days = times.astype("datetime64[D]").astype(np.int64)
    numbers: Ints = {"week": (days + 3) // 7, "month": months, "quarter": months // 3}[period]
    return np.asarray(numbers - numbers.min(initial=np.iinfo(np.int64).max))


def choose_period(sides: Sequence[Baskets], season: Season | None) -> tuple[Period | None, tuple[Note, ...]]:
    """Return the period, for "auto" the finest with enough orders on each side, and note which it is."""
    times = [baskets.times for baskets in sides if baskets.times is not None]
    if season is None or (season == "auto" and len(times) < len(sides)):
        return None, ()
    if len(times) < len(sides):
        raise ValueError("`season` needs the times of orders: `orders` has no column ordered_at, give season=None")
    if season != "auto":
        return season, ()
    n_missing = sum(int(np.isnat(of_side).sum()) for of_side in times)
    if n_missing:
        text = f"{counted(n_missing, 'order')} without a time: seasons are not held fixed; fill in ordered_at"
        return None, (Note(text, code="season_not_held_fixed", count=n_missing),)
    for period in PERIODS:
        n_periods = [len(np.unique(period_numbers(of_side, period))) for of_side in times]
        if max(n_periods) <= 1:
            break
        if all(len(at) >= n * MIN_ORDERS_PER_PERIOD or n == 1 for at, n in zip(times, n_periods, strict=True)):
            n = sum(n_periods)
            text = (
                f"orders are compared within {counted(n, period)}, so that seasons and launches do not look "
                "like associations; season=None turns this off"
            )
            return period, (Note(text, code="season_held_fixed", count=n),)
    return None, ()


def _large_customers(baskets: Baskets) -> tuple[Ints, bool, tuple[Note, ...]]:
    """Return the customers to set apart, whether the others are enough for a test, and note it."""
    n_orders = np.bincount(baskets.cluster_of_order)
    worth = effective_clusters(n_orders)
    if worth >= MIN_EFFECTIVE_CLUSTERS:
        return np.zeros(0, dtype=np.int64), True, ()
    large = dominant_clusters(n_orders, MIN_EFFECTIVE_CLUSTERS)
    n_customers = int((n_orders > 0).sum())
    if len(large) == n_customers:
        text = (
            f"{counted(n_customers, 'customer')}, worth {worth:.1f} with equal numbers of orders: too few for a test, "
            "p-values and q-values are withheld; cluster=None takes orders as independent"
        )
        note = Note(text, code="few_customers", count=n_customers)
        return np.zeros(0, dtype=np.int64), False, (note,)
    share = percent(float(n_orders[large].sum()) / baskets.n_orders)
    text = (
        f"{counted(len(large), 'customer')} with {share} of the orders left out of the test: all customers are worth "
        f"{worth:.1f} with equal numbers of orders, fewer than {MIN_EFFECTIVE_CLUSTERS}; test such orders by themselves"
    )
    return large, True, (Note(text, code="large_customers_apart", count=len(large)),)
