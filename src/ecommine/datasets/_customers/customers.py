"""Customers of a few types: they arrive, buy at their own rate while they are alive, and leave one day."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import pandas as pd

from ..._core.checks import instances, integer, number, one_of, show, text
from .._drawing import (
    DAY,
    MAX_DAYS,
    Floats,
    Ints,
    Rng,
    Simulated,
    draw_count,
    parse_day,
    settings_of,
    spawn_generators,
    text_column,
    timestamps,
)
from .calendar import FLAT, OperationalTime, Season, make_calendar


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerType:
    """One kind of customer: how often they buy, how long they stay.

    Attributes
    ----------
    name : str
        Stable code.
    share : float
        Share of customers, relative to the other types.
    orders_per_month : float
        Mean number of orders in 30 days while alive, after the first order.
    lifetime_days : float
        Mean lifetime; it is exponential, so the dropout rate is 1 / lifetime_days a day.
    rate_cv : float
        Coefficient of variation of the purchase rate between customers of this type (gamma).
    spend : float
        Factor on basket size (in `make_shop`) or on the order's money (in `make_transactions`).

    Examples
    --------
    >>> from ecommine import datasets
    >>> datasets.CustomerType(name="weekly", share=1, orders_per_month=4.3, lifetime_days=500).rate_cv
    0.0
    """

    name: str
    share: float
    orders_per_month: float
    lifetime_days: float
    rate_cv: float = 0.0
    spend: float = 1.0

    def __post_init__(self) -> None:
        text("name", self.name)
        for name, high in (("share", 1e9), ("orders_per_month", 1e4), ("rate_cv", 100.0)):
            number(name, getattr(self, name), low=0, cap=high)
        number("lifetime_days", self.lifetime_days, low=1e-9, cap=1e6)
        number("spend", self.spend, low=1e-9, cap=1e6)


SEPARATED = (
    CustomerType(name="loyal", share=0.15, orders_per_month=3.0, lifetime_days=900, rate_cv=0.1, spend=1.3),
    CustomerType(name="regular", share=0.35, orders_per_month=0.8, lifetime_days=500, rate_cv=0.1),
    CustomerType(name="occasional", share=0.35, orders_per_month=0.2, lifetime_days=300, rate_cv=0.1, spend=0.8),
    CustomerType(name="one_time", share=0.15, orders_per_month=0.0, lifetime_days=30, spend=0.7),
)
"""Types whose purchase rates hardly overlap."""

OVERLAPPING = (
    CustomerType(name="loyal", share=0.15, orders_per_month=2.0, lifetime_days=700, rate_cv=0.8, spend=1.1),
    CustomerType(name="regular", share=0.35, orders_per_month=1.0, lifetime_days=500, rate_cv=0.8),
    CustomerType(name="occasional", share=0.35, orders_per_month=0.5, lifetime_days=400, rate_cv=0.8),
    CustomerType(name="one_time", share=0.15, orders_per_month=0.1, lifetime_days=100, rate_cv=0.8, spend=0.9),
)
"""Types whose purchase rates overlap widely, as in most real shops."""

CustomerMix: TypeAlias = Literal["separated", "overlapping"] | Sequence[CustomerType]


def customer_types(mix: CustomerMix) -> tuple[CustomerType, ...]:
    """Return the types of a named mix, or the given ones.

    Raises
    ------
    ValueError
        If the name is unknown, or the shares add up to nothing.
    """
    if isinstance(mix, str):
        one_of("types", mix, ("separated", "overlapping"))
        return SEPARATED if mix == "separated" else OVERLAPPING
    types = instances("types", mix, CustomerType)
    if sum(kind.share for kind in types) <= 0:
        raise ValueError(f"`types` must have shares that add up to more than 0, got {show(types)}")
    return types


def make_customers(
    n_customers: int = 1_000,
    days: int = 365,
    *,
    start: str = "2024-01-01",
    types: CustomerMix = "separated",
    arriving: float = 0.75,
    season: Season | None = None,
    rng: Rng = 0,
) -> Simulated[pd.DataFrame]:
    """Draw customers: when they come, how often they buy, when they leave.

    Parameters
    ----------
    n_customers : int
        Number of customers.
    days : int
        Length of the period.
    start : str
        First day.
    types : {"separated", "overlapping"} or sequence of CustomerType
        The mix of customers.
    arriving : float
        Customers arrive in the first ``arriving`` share of the period; 0 means all on the first day.
    season : Season, optional
        Arrivals follow it; by default none.
    rng : int or numpy.random.Generator
        Source of chance.

    Returns
    -------
    Simulated
        ``.table``: customer_id (1, 2, … in order of arrival), registered_at. ``.truth``: customer_id, customer_type,
        orders_per_day, dropout_per_day, registered_at, left_at (may lie after the period), spend.

    Examples
    --------
    >>> from ecommine import datasets
    >>> truth = datasets.make_customers(1_000, types="separated").truth
    >>> truth.groupby("customer_type")["orders_per_day"].mean().round(2).to_dict()
    {'loyal': 0.1, 'occasional': 0.01, 'one_time': 0.0, 'regular': 0.03}
    """
    n_customers = draw_count("n_customers", n_customers)
    days = integer("days", days, low=1, cap=MAX_DAYS)
    arriving = number("arriving", arriving, low=0, high=1)
    season = FLAT if season is None else settings_of("season", season, Season)
    kinds = customer_types(types)
    mixed, arrival, rates, lives = spawn_generators(rng, 4)
    share = _of(kinds, "share")
    code = mixed.choice(len(kinds), size=n_customers, p=share / share.sum()).astype(np.int64)
    clock = OperationalTime(make_calendar(days, start=start, season=season)["factor"].to_numpy())
    arrived = np.sort(clock.at(arrival.random(n_customers) * clock.elapsed(np.array([days * arriving]))))
    lifetime = lives.exponential(_of(kinds, "lifetime_days")[code])
    first = parse_day(start)
    registered = timestamps(first, (arrived * DAY).astype(np.int64))
    truth = pd.DataFrame(
        {
            "customer_id": np.arange(1, n_customers + 1),
            "customer_type": text_column(code, tuple(kind.name for kind in kinds)),
            "orders_per_day": _rates(rates, kinds, code),
            "dropout_per_day": 1 / _of(kinds, "lifetime_days")[code],
            "registered_at": registered,
            "left_at": timestamps(first, ((arrived + lifetime) * DAY).astype(np.int64)),
            "spend": _of(kinds, "spend")[code],
        }
    )
    return Simulated(table=truth[["customer_id", "registered_at"]].copy(), truth=truth)


def _of(kinds: tuple[CustomerType, ...], name: str) -> Floats:
    return np.array([getattr(kind, name) for kind in kinds], dtype=np.float64)


def _rates(rng: np.random.Generator, kinds: tuple[CustomerType, ...], code: Ints) -> Floats:
    """Orders a day of each customer: gamma around the type's mean."""
    mean, cv = _of(kinds, "orders_per_month")[code] / 30, _of(kinds, "rate_cv")[code]
    shape = 1 / np.maximum(cv, 1e-6) ** 2
    return np.where(cv > 0, mean * rng.gamma(shape) / shape, mean)
