"""Causes of demand for one product: its price, promotions, shocks and stockouts."""

from dataclasses import dataclass

import numpy as np

from ..._core.checks import number, show
from .._drawing import Bools, Floats, Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class Pricing:
    """Settings of price paths, and of demand beyond its response to prices.

    Attributes
    ----------
    price_spread : float
        Standard deviation of the log price of a product around its list price, from period to period.
    promotion_rate, promotion_depth, promotion_lift : float
        Share of periods with a promotion, its reduction as a share of the price, and the factor on demand that the
        promotion has beyond its lower price.
    residual : float
        Standard deviation of the log of demand that nothing explains.
    confounding : float
        Correlation of the price with that residual, in [-1, 1]: above 0 the shop asks more when demand is strong, so
        that a plain regression is biased.
    serial : float
        Autocorrelation of price and residual from period to period, in [0, 1).

    Examples
    --------
    >>> from ecommine import datasets
    >>> datasets.Pricing(price_spread=0.2, promotion_rate=0).residual
    0.1
    """

    price_spread: float = 0.1
    promotion_rate: float = 0.08
    promotion_depth: float = 0.2
    promotion_lift: float = 1.3
    residual: float = 0.1
    confounding: float = 0.0
    serial: float = 0.0

    def __post_init__(self) -> None:
        number("price_spread", self.price_spread, low=0, cap=10)
        number("promotion_rate", self.promotion_rate, low=0, high=1)
        number("promotion_depth", self.promotion_depth, low=0, high=0.95)
        number("promotion_lift", self.promotion_lift, low=0.01, cap=1_000)
        number("residual", self.residual, low=0, cap=10)
        number("confounding", self.confounding, low=-1, high=1)
        number("serial", self.serial, low=0, high=0.99)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stockouts:
    """When products cannot be bought: spells of geometric length, drawn before any demand.

    Attributes
    ----------
    share : float
        Long-run share of product periods without stock, in [0, 0.9].
    mean_length : float
        Mean number of periods (days in `make_shop`) that a spell lasts, at least 1.

    Examples
    --------
    >>> from ecommine import datasets
    >>> datasets.Stockouts(share=0.1).mean_length
    4.0
    """

    share: float = 0.02
    mean_length: float = 4.0

    def __post_init__(self) -> None:
        number("share", self.share, low=0, high=0.9)
        number("mean_length", self.mean_length, low=1, cap=1e6)
        if self.share > self.mean_length * (1 - self.share):
            least = self.share / (1 - self.share)
            raise ValueError(
                f"`mean_length` must be at least share / (1 - share) = {least:.3g}, got {show(self.mean_length)}"
            )


NO_STOCKOUTS = Stockouts(share=0.0)
"""Everything can always be bought."""


def stockout_calendar(rng: np.random.Generator, stockouts: Stockouts, n_products: int, n_periods: int) -> Bools:
    """Draw which products are out of stock when: a two-state chain in its steady state."""
    leave = 1 / stockouts.mean_length
    enter = stockouts.share * leave / (1 - stockouts.share)
    out = np.empty((n_products, n_periods), dtype=np.bool_)
    state = rng.random(n_products) < stockouts.share
    for period in range(n_periods):
        out[:, period] = state
        state = rng.random(n_products) < np.where(state, 1 - leave, enter)
    return out


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PricePaths:
    """Prices of each product (rows) in each period (columns), in cents, and the log of the demand that follows."""

    shelf: Ints
    paid: Ints
    promotion: Bools
    log_demand: Floats


def price_paths(
    rng: np.random.Generator, price: Floats, elasticity: Floats, n_periods: int, pricing: Pricing
) -> PricePaths:
    """Draw prices, promotions and shocks; demand follows the rounded price that customers see."""
    shape = (len(price), n_periods)
    shock = _serial(rng.normal(size=shape), pricing.serial)
    own = _serial(rng.normal(size=shape), pricing.serial)
    move = pricing.confounding * shock + np.sqrt(1 - pricing.confounding**2) * own
    promotion = rng.random(shape) < pricing.promotion_rate
    shelf = _cents(price[:, None] * np.exp(pricing.price_spread * move))
    paid = np.where(promotion, _cents(shelf / 100 * (1 - pricing.promotion_depth)), shelf)
    response = elasticity[:, None] * (np.log(paid / 100) - np.log(price)[:, None])
    log_demand = response + np.log(pricing.promotion_lift) * promotion + pricing.residual * shock
    return PricePaths(shelf=shelf, paid=paid, promotion=promotion, log_demand=log_demand)


def _cents(money: Floats) -> Ints:
    return np.maximum(np.rint(money * 100), 1).astype(np.int64)


def _serial(noise: Floats, correlation: float) -> Floats:
    """Return rows of a stationary first-order autoregression with variance one."""
    if correlation:
        for period in range(1, noise.shape[1]):
            before, fresh = noise[:, period - 1], noise[:, period]
            noise[:, period] = correlation * before + np.sqrt(1 - correlation**2) * fresh
    return noise
