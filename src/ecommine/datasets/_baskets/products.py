"""Products: category, brand, price, cost, and the hidden elasticity and popularity of each."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..._core.checks import integer, number
from .._drawing import (
    Floats,
    Ints,
    Rng,
    Simulated,
    draw_count,
    settings_of,
    spawn_generators,
    text_column,
    zipf_weights,
)

CATEGORY_NAMES = (
    "beauty", "books", "drinks", "electronics", "fashion", "garden", "home", "kitchen", "outdoor", "pets", "shoes",
    "snacks", "sports", "stationery", "toys",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Assortment:
    """The assortment of a shop.

    Attributes
    ----------
    categories, brands : int
        How many there are.
    median_price, price_cv : float
        Median list price and the coefficient of variation of list prices (lognormal).
    margin : float
        Mean share of the list price that is not cost, in [0, 1).
    elasticity : float
        Mean own-price elasticity over categories.
    between, within : float
        Standard deviation of elasticity between categories, and of products around their category (normal).
    zipf : float
        Popularity of the product of rank r is in proportion to r ** -zipf.

    Examples
    --------
    >>> from ecommine import datasets
    >>> datasets.Assortment(categories=4, within=0.8).elasticity
    -2.0
    """

    categories: int = 10
    brands: int = 25
    median_price: float = 30.0
    price_cv: float = 0.8
    margin: float = 0.4
    elasticity: float = -2.0
    between: float = 0.4
    within: float = 0.3
    zipf: float = 0.8

    def __post_init__(self) -> None:
        for name in ("categories", "brands"):
            object.__setattr__(self, name, integer(name, getattr(self, name), low=1, cap=1_000_000))
        number("median_price", self.median_price, low=0.01, cap=1e9)
        number("margin", self.margin, low=0, high=0.99)
        number("elasticity", self.elasticity, low=-100, high=100)
        for name in ("price_cv", "between", "within", "zipf"):
            number(name, getattr(self, name), low=0, cap=50)


def make_products(
    n_products: int = 500, *, assortment: Assortment | None = None, rng: Rng = 0
) -> Simulated[pd.DataFrame]:
    """Draw products with their hidden elasticity and popularity.

    Parameters
    ----------
    n_products : int
        Number of products.
    assortment : Assortment, optional
        Categories, prices, elasticities, popularity.
    rng : int or numpy.random.Generator
        Source of chance.

    Returns
    -------
    Simulated
        ``.table``: product_id (1, 2, …), category, brand, title, price, unit_cost. ``.truth``: product_id, category,
        elasticity, category_elasticity (the mean that the product was drawn around), popularity (shares that add up
        to one).

    Examples
    --------
    >>> from ecommine import datasets
    >>> products = datasets.make_products(100)
    >>> bool((products.table["unit_cost"] < products.table["price"]).all())
    True
    >>> round(float(products.truth["popularity"].sum()), 9)
    1.0
    """
    n_products = draw_count("n_products", n_products)
    plan = settings_of("assortment", assortment, Assortment)
    kinds, prices, costs, slopes, ranks = spawn_generators(rng, 5)
    category = kinds.permutation(np.arange(n_products, dtype=np.int64) % plan.categories)
    spread = float(np.sqrt(np.log1p(plan.price_cv**2)))
    price = np.maximum(np.round(plan.median_price * np.exp(prices.normal(0, spread, n_products)), 2), 0.05)
    center = slopes.normal(plan.elasticity, plan.between, plan.categories)[category]
    table = _described(category, kinds.integers(plan.brands, size=n_products), plan)
    table["price"] = price
    table["unit_cost"] = _costs(costs, price, plan.margin)
    truth = pd.DataFrame(
        {
            "product_id": table["product_id"],
            "category": table["category"],
            "elasticity": center + slopes.normal(0, plan.within, n_products),
            "category_elasticity": center,
            "popularity": ranks.permutation(zipf_weights(n_products, plan.zipf)),
        }
    )
    return Simulated(table=table, truth=truth)


def _described(category: Ints, brand: Ints, plan: Assortment) -> pd.DataFrame:
    """Ids and names."""
    extra = range(len(CATEGORY_NAMES), plan.categories)
    names = (*CATEGORY_NAMES[: plan.categories], *(f"category_{number + 1}" for number in extra))
    brands = tuple(f"brand_{number + 1}" for number in range(plan.brands))
    ids = pd.Series(np.arange(1, len(category) + 1))
    kind = text_column(category, names)
    return pd.DataFrame(
        {
            "product_id": ids,
            "category": kind,
            "brand": text_column(brand, brands),
            "title": kind.str.cat(ids.astype(str), sep=" "),
        }
    )


def _costs(rng: np.random.Generator, price: Floats, margin: float) -> Floats:
    """Draw unit costs: the margin varies by a fifth around its mean and stays positive."""
    share = margin * rng.uniform(0.8, 1.2, len(price))
    cost = np.round(price * (1 - np.minimum(share, 0.99)), 2)
    return np.asarray(np.minimum(cost, price), dtype=np.float64)
