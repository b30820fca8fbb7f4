"""The price of the highest expected profit within limits, and the chance that it brings less than the present one."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..._core.arrays import Bools, Floats, Ints
from .demand import Demand

GRID = 65
"""Prices tried between the limits, four times over in ever smaller ranges."""
ROUNDS = 4
CENTS = 100
EDGE = 1e-6
"""Logarithm of a price that two prices may differ by and still be one."""
LIMITS = ("max_change", "seen_prices", "bounds")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Money:
    """Money per unit at a price: what is maximised."""

    objective: str
    kept: float
    unit_cost: Floats

    def per_unit(self, price: Floats, product: "Ints | slice" = slice(None)) -> Floats:
        """Return the money of one unit sold at each price; one for units themselves."""
        if self.objective == "units":
            return np.ones(len(price))
        cost = self.unit_cost[product] if self.objective == "profit" else 0.0
        return np.asarray(self.kept * price - cost, dtype=np.float64)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Band:
    """Lowest and highest price of each product, and the limit that each comes from."""

    low: Floats
    high: Floats
    low_limit: Ints
    high_limit: Ints

    @property
    def is_open(self) -> Bools:
        """Whether there is any price within the limits."""
        return self.low <= self.high * (1 + EDGE)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Choice:
    """The best price of each product, NaN where there is none.

    Attributes
    ----------
    limited_by : int array of shape (n_products,)
        Place in `LIMITS`, -1 for an optimum within the limits.
    """

    price: Floats
    limited_by: Ints
    units: Floats
    change: Floats
    change_low: Floats
    change_high: Floats
    loss_probability: Floats


def price_band(demand: Demand, max_change: float, bounds: tuple[Floats, Floats] | None) -> Band:
    """Intersect the limits of each product; bounds that are given take the place of the prices seen."""
    price = demand.current_price
    second = (demand.seen_low, demand.seen_high) if bounds is None else bounds
    place = LIMITS.index("seen_prices" if bounds is None else "bounds")
    low, high = price * (1 - max_change), price * (1 + max_change)
    is_low, is_high = second[0] > low, second[1] < high
    return Band(
        low=np.where(is_low, second[0], low),
        high=np.where(is_high, second[1], high),
        low_limit=np.where(is_low, place, 0),
        high_limit=np.where(is_high, place, 0),
    )


def choose_prices(demand: Demand, money: Money, band: Band, endings: tuple[int, ...]) -> Choice:
    """Choose the price of the highest expected money in the band, among those of the endings where some are given."""
    expected = demand.expectation()
    is_known = (
        band.is_open & np.isfinite(demand.mean) & np.isfinite(demand.variance) & np.isfinite(money.per_unit(band.low))
    )
    low = np.log(np.where(is_known, band.low, 1.0) / np.where(is_known, demand.current_price, 1.0))
    high = np.log(np.where(is_known, band.high, 1.0) / np.where(is_known, demand.current_price, 1.0))
    high = np.maximum(low, high)

    def value(log_change: Floats, product: "Ints | slice" = slice(None)) -> Floats:
        price = demand.current_price[product] * np.exp(log_change)
        return expected.at(log_change, product) * money.per_unit(price, product)

    best = _maximum(value, low, high)
    limit = np.where(best >= high - EDGE, band.high_limit, np.where(best <= low + EDGE, band.low_limit, -1))
    if endings:
        best = _best_ending(value, demand.current_price, low, high, np.flatnonzero(is_known), endings)
        is_known = is_known & np.isfinite(best)
    best = np.where(is_known, best, np.nan)
    price = demand.current_price * np.exp(best)
    if endings:
        price = np.where(np.abs(best) < EDGE, demand.current_price, np.rint(price * CENTS) / CENTS)
    changes = [_change_if(demand, money, elasticity, best) for elasticity in (demand.low, demand.high)]
    return Choice(
        price=price,
        limited_by=np.where(is_known, limit, -1),
        units=expected.at(best),
        change=value(best) - value(np.zeros(len(best))) + 0 * best,
        change_low=np.minimum(*changes),
        change_high=np.maximum(*changes),
        loss_probability=loss_probabilities(demand, money, best),
    )


def loss_probabilities(demand: Demand, money: Money, log_change: Floats) -> Floats:
    """Return the chance that the expected money falls, given what is not known of the elasticity.

    Money at a price over that at the current one is (p / p0)^e times the ratio of the money of a unit, whatever the
    recent prices: it falls where the elasticity is beyond one value.
    """
    from scipy.special import ndtr

    before, after = (
        money.per_unit(demand.current_price),
        money.per_unit(demand.current_price * np.exp(log_change)),
    )
    is_regular = (before > 0) & (after > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.log(np.where(is_regular, before, 1.0) / np.where(is_regular, after, 1.0))
        z = (ratio / log_change - demand.mean) / np.sqrt(demand.variance)
        chance = np.where(log_change > 0, ndtr(z), ndtr(-z))
    chance = np.where(is_regular, chance, np.where(after > before, 0.0, 1.0))
    return np.where(np.abs(log_change) < EDGE, 0.0, chance) + 0 * log_change


def _maximum(value: Callable[..., Floats], low: Floats, high: Floats) -> Floats:
    """Return where a function of each product is highest between its limits."""
    first, last = low, high
    best = low
    for _ in range(ROUNDS):
        steps = [first + (last - first) * share for share in np.linspace(0, 1, GRID)]
        values = np.array([value(step) for step in steps])
        place = np.argmax(np.nan_to_num(values, nan=-np.inf), axis=0)
        best = first + (last - first) * place / (GRID - 1)
        width = (last - first) / (GRID - 1)
        first, last = np.maximum(best - width, low), np.minimum(best + width, high)
    return best


def _best_ending(
    value: Callable[..., Floats], current: Floats, low: Floats, high: Floats, products: Ints, endings: tuple[int, ...]
) -> Floats:
    """Return the best log change among prices with the endings, in whole cents; NaN for a product that has none."""
    first = np.ceil(current * np.exp(low) * CENTS - EDGE)
    last = np.floor(current * np.exp(high) * CENTS + EDGE)
    product, cents = [], []
    for ending in endings:
        unit = modulus(ending)
        start = np.ceil((first[products] - ending) / unit).astype(np.int64)
        count = np.maximum(np.floor((last[products] - ending) / unit).astype(np.int64) - start + 1, 0)
        product.append(np.repeat(products, count))
        offset = np.arange(int(count.sum())) - np.repeat(np.cumsum(count) - count, count)
        cents.append((np.repeat(start, count) + offset) * unit + ending)
    candidate, price = np.concatenate(product), np.concatenate(cents) / CENTS
    log_change = np.log(price / current[candidate])
    values = value(log_change, candidate)
    best = np.full(len(current), np.nan)
    order = np.lexsort((price, values, candidate))  # the last of each product is the best
    is_last = np.append(candidate[order][1:] != candidate[order][:-1], True) if len(order) else np.zeros(0, dtype=bool)
    chosen = order[is_last]
    best[candidate[chosen]] = log_change[chosen]
    return best


def modulus(ending: int) -> int:
    """Return the cents after which an ending comes again: 1.00 for .90, 10.00 for 9.90.

    Examples
    --------
    >>> modulus(90), modulus(990), modulus(9900)
    (100, 1000, 10000)
    """
    unit = CENTS
    while unit <= ending:
        unit *= 10
    return unit


def _change_if(demand: Demand, money: Money, elasticity: Floats, log_change: Floats) -> Floats:
    """Return the change of money per period if the elasticity were known."""
    units = demand.known(elasticity)
    after = units.at(log_change) * money.per_unit(demand.current_price * np.exp(log_change))
    return after - units.at(np.zeros(len(log_change))) * money.per_unit(demand.current_price)
