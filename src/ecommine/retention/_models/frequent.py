"""Frequent customers at a moment: how often they bought until then, how long they are silent, and who bought after."""

from dataclasses import dataclass

import numpy as np

from ..._core.arrays import Bools, Floats, Ints
from ..._stats.arrays import sums_by_group
from .._read.days import CustomerDays
from .chance import Chance
from .quiet import RateDistribution

STEP = 30
"""Days between the earlier moments at which the shop is looked at."""
LOOK_BACK = 90
"""Days up to which they reach back, or the horizon if that is longer."""


LONG_SILENCE = 3.0
"""Mean gaps of a customer, beyond which a silence counts beside the rate."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Frequent:
    """Customers with at least some days of purchase, as known at the end of a day.

    Attributes
    ----------
    position : int array of shape (n,)
        In the customers of the days.
    purchases, span, silence, age : int arrays of shape (n,)
        Days of purchase; days from the first to the last purchase, since the last one, and since the first one.
    money : float array of shape (n,)
        From the first purchase on, refunds included.
    """

    position: Ints
    purchases: Ints
    span: Ints
    silence: Ints
    age: Ints
    money: Floats

    @classmethod
    def at(cls, days: CustomerDays, today: int, least: int) -> "Frequent":
        """Find who was frequent at the end of a day."""
        early = days.day <= today
        bought = early & days.is_purchase
        count = np.bincount(days.customer[bought], minlength=days.n_customers)
        position = np.flatnonzero(count >= least)
        last = np.zeros(days.n_customers, dtype=np.int64)
        last[days.customer[bought]] = days.day[bought]  # rows are sorted by day, so that the last one stays
        counted = early & (days.day >= days.first_day[days.customer])
        money = sums_by_group(days.customer[counted], days.money[counted], days.n_customers)
        first, last = days.first_day[position], last[position]
        return cls(
            position=position,
            purchases=count[position],
            span=last - first,
            silence=today - last,
            age=today - first,
            money=money[position],
        )

    @property
    def gaps(self) -> Ints:
        """Closed gaps."""
        return self.purchases - 1

    def features(self) -> Floats:
        """Return what the probability of a purchase is learned from, an array of shape (n, 8).

        The last one is what a silence is longer than three of the customer's own mean gaps, as a log ratio: of those
        who are silent for far longer than usual fewer come back than their rate lets expect.
        """
        silence, count, age = np.log(self.silence + 1.0), np.log(self.purchases), np.log(self.age + 1.0)
        rate, ratio = count - age, silence - np.log(self.span / self.gaps + 1.0)
        columns = (silence, silence**2, count, age, rate * silence, count * silence, rate * age)
        return np.stack([*columns, np.maximum(ratio - np.log(LONG_SILENCE), 0.0)], axis=1)

    def bought_within(self, days: CustomerDays, today: int, horizon: int) -> Bools:
        """Return who bought in the days after."""
        after = days.is_purchase & (days.day > today) & (days.day <= today + horizon)
        buys = np.zeros(days.n_customers, dtype=bool)
        buys[days.customer[after]] = True
        return buys[self.position]


def learn_return(days: CustomerDays, today: int, horizon: int, least: int) -> Chance | None:
    """Learn who buys within the horizon at earlier moments, each with what was known at it and seen until today."""
    features, events = [], []
    for back in range(horizon, max(horizon, LOOK_BACK) + 1, STEP):
        known = Frequent.at(days, today - back, least)
        features.append(known.features())
        events.append(known.bought_within(days, today - back, horizon))
    return Chance.learn(np.concatenate(features), np.concatenate(events))


def learn_rates(days: CustomerDays, today: int) -> RateDistribution:
    """Learn the shop's rates from all who bought twice, over their whole time since the first purchase."""
    repeaters = Frequent.at(days, today, 2)
    return RateDistribution.learn(repeaters.gaps, repeaters.age)
