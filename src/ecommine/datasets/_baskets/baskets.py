"""Baskets: a size, then products by popularity without replacement, and bundles that are planted on purpose."""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from ..._core.checks import integer, number, show
from .._drawing import (
    DAY,
    MAX_DAYS,
    Floats,
    Ints,
    Rng,
    Simulated,
    Taste,
    distinct_items,
    draw_count,
    parse_day,
    settings_of,
    spawn_generators,
    timestamps,
    zipf_weights,
)
from .lift import meeting


@dataclass(frozen=True, slots=True, kw_only=True)
class Basket:
    """Settings of the contents of orders.

    Attributes
    ----------
    mean_size, size_cv : float
        Mean number of different products and its coefficient of variation (1 + negative binomial, cut at half of
        all products). ``size_cv=0`` gives every order the same size; else it is at least sqrt(mean_size - 1) /
        mean_size, where the negative binomial becomes Poisson.
    bundles, bundle_size : int
        How many bundles are planted, disjoint, of products of middling popularity, and the products in each.
    bundle_rate : float
        Mean share of large enough orders that start with a given bundle; bundles differ by half.
    taste, favourites : float
        Each customer favours a random share ``favourites`` of the products, and chooses them ``taste`` times more
        readily: orders of one customer are alike, though no product is associated with another. 1 turns it off.

    Examples
    --------
    >>> from ecommine import datasets
    >>> datasets.Basket(bundles=0) == datasets.NO_ASSOCIATION
    True
    """

    mean_size: float = 3.3
    size_cv: float = 0.9
    bundles: int = 10
    bundle_size: int = 2
    bundle_rate: float = 0.005
    taste: float = 1.0
    favourites: float = 0.1

    def __post_init__(self) -> None:
        number("mean_size", self.mean_size, low=1, cap=1e5)
        number("size_cv", self.size_cv, low=0, cap=100)
        number("taste", self.taste, low=1, cap=1e6)
        number("favourites", self.favourites, low=0, high=1)
        for name, low in (("bundles", 0), ("bundle_size", 2)):
            object.__setattr__(self, name, integer(name, getattr(self, name), low=low, cap=1_000_000))
        number("bundle_rate", self.bundle_rate, low=0, high=1 / (1.5 * max(self.bundles, 1)))
        least = np.sqrt(self.mean_size - 1) / self.mean_size
        if 0 < self.size_cv < least - 1e-12:
            raise ValueError(f"`size_cv` must be 0 or at least {least:.3g} at this mean, got {show(self.size_cv)}")


NO_ASSOCIATION = Basket(bundles=0)
"""Baskets without any association: every product is chosen by popularity alone."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BasketTruth:
    """The truth behind baskets.

    Attributes
    ----------
    pairs : pandas.DataFrame
        One row for each pair of products in a bundle: bundle_id, product_id, other_product_id, rate (share of large
        enough orders that start with the bundle), adjusted_lift, expected_orders (orders with both, in expectation)
        and by_chance (the same without association).
    popularity : pandas.DataFrame
        product_id, popularity (weight of choice).
    sizes : pandas.DataFrame
        size, orders: the basket sizes that were drawn.

    Notes
    -----
    ``adjusted_lift`` is expected_orders / by_chance. Both are sums over the sizes that were drawn. by_chance keeps
    the size of each basket and the share F of baskets of that size with each product, and is F_a F_b c, where
    c = s (s - 1) / [(sum F)^2 - sum F^2] is the pair count of a basket of fixed size over that of independent
    products. It is null where no order is large enough for a pair. Plain lift mixes sizes and is far above one
    without any association.

    The chances are those of exponential clocks, within about 5 % of drawing without replacement among 200 products.
    By the exact ones, pairs without association have adjusted lifts of .96 to 1.1 in baskets of two (.97 to 1.1 among
    500 products), 1 in large baskets: the most popular products make room for each other.

    Examples
    --------
    >>> from ecommine import datasets
    >>> truth = datasets.make_baskets(2_000).truth
    >>> bool((truth.pairs["adjusted_lift"] > 3).all())
    True
    """

    pairs: pd.DataFrame
    popularity: pd.DataFrame
    sizes: pd.DataFrame


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Bundles:
    """Planted bundles: their products by position, and the share of large enough orders that start with each."""

    items: Ints
    rates: Floats


def make_baskets(
    n_orders: int = 10_000,
    n_products: int = 300,
    *,
    basket: Basket | None = None,
    zipf: float = 0.8,
    orders_per_customer: int = 1,
    start: str = "2024-01-01",
    days: int = 365,
    rng: Rng = 0,
) -> Simulated[BasketTruth]:
    """Draw baskets whose associations are known.

    Parameters
    ----------
    n_orders, n_products : int
        Number of orders and of products.
    basket : Basket, optional
        Sizes, bundles, taste; `NO_ASSOCIATION` plants nothing.
    zipf : float
        Popularity of the product of rank r is in proportion to r ** -zipf; product 1 is the most popular.
    orders_per_customer : int
        Each customer has so many orders, spread over the period; the last one may have fewer.
    start, days
        First day and length of the period; orders come evenly.
    rng : int or numpy.random.Generator
        Source of chance.

    Returns
    -------
    Simulated
        ``.table``: order lines with order_id, customer_id, ordered_at, product_id, sorted by order and product.
        ``.truth``: a `BasketTruth`.

    Examples
    --------
    >>> from ecommine import datasets
    >>> drawn = datasets.make_baskets(1_000, 100, basket=datasets.Basket(mean_size=8, size_cv=0.9))
    >>> sizes = drawn.table.groupby("order_id").size()
    >>> bool(sizes.std() / sizes.mean() > 0.8), bool(drawn.table.duplicated(["order_id", "product_id"]).any())
    (True, False)
    """
    n_orders, n_products = draw_count("n_orders", n_orders), draw_count("n_products", n_products, low=2)
    orders_per_customer = draw_count("orders_per_customer", orders_per_customer)
    days = integer("days", days, low=1, cap=MAX_DAYS)
    zipf = number("zipf", zipf, low=0, cap=50)
    plan = settings_of("basket", basket, Basket)
    who, when, size_draws, planting, filling = spawn_generators(rng, 5)
    popularity = zipf_weights(n_products, zipf)
    sizes = draw_sizes(size_draws, plan, np.ones(n_orders), n_products)
    bundles = plant(planting, plan, popularity)
    customer = who.permutation(np.arange(n_orders, dtype=np.int64) // orders_per_customer)
    keys = fill(filling, plan, bundles, popularity[None, :], np.zeros(n_orders, dtype=np.int64), sizes, customer)
    order, product = keys // n_products, keys % n_products
    moment = np.sort(when.integers(days * DAY, size=n_orders))
    table = pd.DataFrame(
        {
            "order_id": order + 1,
            "customer_id": customer[order] + 1,
            "ordered_at": timestamps(parse_day(start), moment[order]),
            "product_id": product + 1,
        }
    )
    return Simulated(table=table, truth=basket_truth(bundles, popularity, sizes))


def draw_sizes(rng: np.random.Generator, basket: Basket, factor: Floats, n_products: int) -> Ints:
    """Draw the size of each order; ``factor`` multiplies its mean."""
    mean = basket.mean_size * factor
    if basket.size_cv == 0:
        drawn = np.rint(mean)
    else:
        extra = np.maximum((basket.size_cv * mean) ** 2 - (mean - 1), 1e-9)
        more = np.maximum(mean - 1, 0.0)
        shape = np.maximum(more**2 / extra, 1e-9)
        drawn = 1 + rng.poisson(rng.gamma(shape) * more / shape)
    return np.clip(drawn, 1, max(1, n_products // 2)).astype(np.int64)


def plant(rng: np.random.Generator, basket: Basket, popularity: Floats) -> Bundles:
    """Choose the products of each bundle among those of middling popularity, and how often it is bought."""
    ranked = np.argsort(-popularity, kind="stable")
    middle = ranked[len(ranked) // 20 : int(len(ranked) * 0.6)]
    needed = basket.bundles * basket.bundle_size
    if needed > len(middle):
        raise ValueError(
            f"`bundles` x `bundle_size` must be at most {len(middle)} with `n_products` = {len(ranked)}, got {needed}"
        )
    items = rng.permutation(middle)[:needed].reshape(basket.bundles, basket.bundle_size)
    rates = basket.bundle_rate * rng.uniform(0.5, 1.5, basket.bundles)
    return Bundles(items=items.astype(np.int64), rates=rates)


def fill(
    rng: np.random.Generator,
    basket: Basket,
    bundles: Bundles,
    weights: Floats,
    rows: Ints,
    sizes: Ints,
    customer: Ints,
) -> Ints:
    """Fill every order; returns sorted keys, order * n_products + product."""
    salt = int(rng.integers(2**62))
    taste = Taste(owner=customer, factor=basket.taste, share=basket.favourites, salt=salt)
    bought = rng.random(len(sizes))
    chosen = np.searchsorted(np.cumsum(bundles.rates), bought, side="right")
    buyers = np.flatnonzero((chosen < len(bundles.rates)) & (sizes >= basket.bundle_size))
    given = buyers[:, None] * weights.shape[1] + bundles.items[chosen[buyers]] if len(buyers) else np.empty((0, 1))
    return distinct_items(
        rng,
        weights,
        rows,
        sizes,
        given=given.ravel().astype(np.int64),
        taste=taste if basket.taste > 1 else None,
    )


def basket_truth(bundles: Bundles, popularity: Floats, sizes: Ints) -> BasketTruth:
    """Work out how often the products of each bundle meet, for the sizes that were drawn."""
    size, orders = np.unique(sizes, return_counts=True)
    within = list(combinations(range(bundles.items.shape[1]), 2))
    pairs = np.sort(bundles.items[:, within].reshape(-1, 2), axis=1) if within else np.empty((0, 2), dtype=np.int64)
    observed, by_chance = meeting(popularity, size.astype(np.int64), bundles.items, bundles.rates, pairs)
    expected, chance = orders @ observed, orders @ by_chance
    bundle = np.repeat(np.arange(len(bundles.rates)), len(within))
    table = pd.DataFrame(
        {
            "bundle_id": bundle + 1,
            "product_id": pairs[:, 0] + 1,
            "other_product_id": pairs[:, 1] + 1,
            "rate": bundles.rates[bundle],
            "adjusted_lift": np.divide(expected, chance, out=np.full(len(chance), np.nan), where=chance > 0),
            "expected_orders": expected,
            "by_chance": chance,
        }
    )
    products = pd.DataFrame({"product_id": np.arange(1, len(popularity) + 1), "popularity": popularity})
    return BasketTruth(pairs=table, popularity=products, sizes=pd.DataFrame({"size": size, "orders": orders}))
