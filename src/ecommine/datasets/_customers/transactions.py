"""When customers order: Poisson while they are alive, in the shop's own clock; and an order log without baskets."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..._core.checks import number
from .._drawing import DAY, Floats, Ints, Rng, Simulated, parse_day, settings_of, spawn_generators, timestamps
from .calendar import FLAT, OperationalTime, Season, make_calendar
from .customers import CustomerMix, make_customers


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OrderTimes:
    """Orders in order of time: the row of their customer (-1 is a guest) and microseconds since the start."""

    customer: Ints
    moment: Ints


def order_times(
    rng: np.random.Generator, truth: pd.DataFrame, factor: Floats, start: np.datetime64, *, guests: float
) -> OrderTimes:
    """Draw every customer's first order on arrival and repeats until they leave, then the guests' orders."""
    clock = OperationalTime(factor)
    arrived, left = (_days_since(start, truth[name]) for name in ("registered_at", "left_at"))
    opened, closed = clock.elapsed(arrived), clock.elapsed(left)
    repeats = rng.poisson(truth["orders_per_day"].to_numpy() * (closed - opened))
    owner = np.repeat(np.arange(len(truth), dtype=np.int64), repeats)
    repeated = clock.at(opened[owner] + rng.random(len(owner)) * (closed - opened)[owner])
    n_guests = int(rng.binomial(len(truth) + len(owner), guests) / (1 - guests)) if guests else 0
    visited = clock.at(rng.random(n_guests) * clock.elapsed(np.array([len(factor)])))
    customer = np.concatenate([np.arange(len(truth)), owner, np.full(n_guests, -1)]).astype(np.int64)
    moment = (np.concatenate([arrived, repeated, visited]) * DAY).astype(np.int64)
    moment = np.minimum(moment, len(factor) * DAY - 1)
    by_time = np.argsort(moment, kind="stable")
    return OrderTimes(customer=customer[by_time], moment=moment[by_time])


def _days_since(start: np.datetime64, times: "pd.Series[pd.Timestamp]") -> Floats:
    passed = times.to_numpy().astype("datetime64[us]") - start.astype("datetime64[us]")
    return np.asarray(passed.astype(np.int64) / DAY, dtype=np.float64)


def customer_ids(customer: Ints) -> "pd.Series[int]":
    """Ids from rows of customers, 1 for the first; nullable whole numbers where there are guests."""
    ids = pd.Series(customer + 1)
    return ids.astype("Int64").mask(ids == 0) if (customer < 0).any() else ids


def make_transactions(
    n_customers: int = 1_000,
    days: int = 365,
    *,
    start: str = "2024-01-01",
    types: CustomerMix = "separated",
    arriving: float = 0.75,
    season: Season | None = None,
    guests: float = 0.0,
    mean_amount: float = 60.0,
    amount_cv: float = 0.6,
    rng: Rng = 0,
) -> Simulated[pd.DataFrame]:
    """Draw an order log, one line per order: fast data for questions about customers.

    Each customer orders on arrival, then as a Poisson process at their own rate until they leave; lifetimes are
    exponential (Schmittlein, Morrison & Colombo 1987, with types in the place of gamma mixtures).

    Parameters
    ----------
    n_customers, days, start, types, arriving, season
        As in `make_customers`.
    guests : float
        Share of orders without a customer, in [0, 1).
    mean_amount, amount_cv : float
        Mean and coefficient of variation of an order's money (lognormal), times the type's ``spend``.
    rng : int or numpy.random.Generator
        Source of chance.

    Returns
    -------
    Simulated
        ``.table``: order_id, customer_id (nullable whole numbers where there are guests), ordered_at, amount.
        ``.truth``: as in `make_customers`.

    Examples
    --------
    >>> from ecommine import datasets
    >>> drawn = datasets.make_transactions(100, days=90)
    >>> drawn.table["customer_id"].nunique()
    100
    """
    guests = number("guests", guests, low=0, high=0.99)
    mean_amount = number("mean_amount", mean_amount, low=0.01, cap=1e9)
    amount_cv = number("amount_cv", amount_cv, low=0, cap=100)
    season = FLAT if season is None else settings_of("season", season, Season)
    people, times, money = spawn_generators(rng, 3)
    customers = make_customers(
        n_customers, days, start=start, types=types, arriving=arriving, season=season, rng=people
    )
    factor = make_calendar(days, start=start, season=season)["factor"].to_numpy()
    orders = order_times(times, customers.truth, factor, parse_day(start), guests=guests)
    spend = np.append(customers.truth["spend"].to_numpy(), 1.0)[orders.customer]  # the last one is for guests
    spread = np.sqrt(np.log1p(amount_cv**2))
    amount = mean_amount * spend * np.exp(money.normal(-(spread**2) / 2, spread, len(spend)))
    table = pd.DataFrame(
        {
            "order_id": np.arange(1, len(spend) + 1),
            "customer_id": customer_ids(orders.customer),
            "ordered_at": timestamps(parse_day(start), orders.moment),
            "amount": np.round(amount, 2),
        }
    )
    return Simulated(table=table, truth=customers.truth)
