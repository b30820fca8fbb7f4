"""The panel of product and period: units that follow price, season and availability with known elasticity."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from ..._core.checks import flag, instance, integer, number, one_of
from .._baskets.products import Assortment, make_products
from .._customers.calendar import FLAT, Season, make_calendar
from .._drawing import (
    MAX_DAYS,
    Bools,
    Floats,
    Ints,
    Rng,
    Simulated,
    check_cells,
    draw_count,
    parse_day,
    settings_of,
    spawn_generators,
)
from .prices import NO_STOCKOUTS, PricePaths, Pricing, Stockouts, price_paths, stockout_calendar

MAX_MEAN = 1e15
"""Mean units of a product and period that can be counted."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SalesTruth:
    """The truth behind a sales panel.

    Attributes
    ----------
    products : pandas.DataFrame
        product_id, category, elasticity, category_elasticity, popularity.
    demand : pandas.DataFrame
        product_id, period_at, expected (mean units if the product is in stock), wanted (units that customers wanted:
        the latent demand), in the row order of the panel.

    Examples
    --------
    >>> from ecommine import datasets
    >>> truth = datasets.make_sales(5, periods=10).truth
    >>> list(truth.demand.columns)
    ['product_id', 'period_at', 'expected', 'wanted']
    """

    products: pd.DataFrame
    demand: pd.DataFrame


def make_sales(
    n_products: int = 100,
    periods: int = 104,
    *,
    start: str = "2024-01-01",
    every: Literal["1d", "1w"] = "1w",
    level: float = 50.0,
    counts: bool = True,
    assortment: Assortment | None = None,
    pricing: Pricing | None = None,
    stockouts: Stockouts = NO_STOCKOUTS,
    season: Season = FLAT,
    rng: Rng = 0,
) -> Simulated[SalesTruth]:
    """Draw a sales panel whose elasticities are known exactly.

    Parameters
    ----------
    n_products, periods : int
        Number of products and of periods.
    start : str
        First day.
    every : {"1d", "1w"}
        Length of a period.
    level : float
        Mean units of a product in a period at list price; products differ by their popularity.
    counts : bool
        Whole units (Poisson) if True; else the mean itself, a positive decimal number without counting noise.
    assortment : Assortment, optional
        Categories, list prices, elasticities and their spread.
    pricing : Pricing, optional
        How prices move; residual, promotions, confounding.
    stockouts : Stockouts
        Periods without stock; by default none.
    season : Season
        Factors on demand; by default none.
    rng : int or numpy.random.Generator
        Source of chance.

    Returns
    -------
    Simulated
        ``.table``: product_id, period_at, quantity, price, unit_cost, promotion, in_stock (1.0 or 0.0), category.
        ``.truth``: a `SalesTruth`.

    Notes
    -----
    log E[quantity] = log level + log(popularity x n_products) + elasticity x log(price / list price)
    + promotion x log(promotion_lift) + log season + residual x shock, and 0 while out of stock.

    Examples
    --------
    >>> from ecommine import datasets
    >>> panel = datasets.make_sales(20, periods=52, stockouts=datasets.Stockouts(share=0.1))
    >>> float(panel.table.loc[panel.table["in_stock"] == 0, "quantity"].sum())
    0.0
    """
    n_products = draw_count("n_products", n_products)
    level = number("level", level, low=0, cap=1e6)
    every = one_of("every", every, ("1d", "1w"))
    length = 1 if every == "1d" else 7
    periods = integer("periods", periods, low=1, cap=MAX_DAYS // length)
    check_cells(n_products, periods * length, names="`n_products` x `periods`, in days,")
    counts = flag("counts", counts)
    stockouts = instance("stockouts", stockouts, Stockouts)
    season = instance("season", season, Season)
    goods, gaps, paths, noise = spawn_generators(rng, 4)
    products = make_products(n_products, assortment=assortment, rng=goods)
    out = stockout_calendar(gaps, stockouts, n_products, periods)
    prices = price_paths(
        paths,
        products.table["price"].to_numpy(),
        products.truth["elasticity"].to_numpy(),
        periods,
        settings_of("pricing", pricing, Pricing),
    )
    factor = make_calendar(periods * length, start=start, season=season)["factor"].to_numpy()
    base = level * n_products * products.truth["popularity"].to_numpy()[:, None]
    expected = base * np.exp(prices.log_demand) * factor.reshape(periods, length).mean(axis=1)
    if counts and expected.max(initial=0) > MAX_MEAN:
        raise ValueError(
            f"`level` and the settings of demand give up to {expected.max():.3g} units, {MAX_MEAN:.0e} at most"
        )
    wanted = noise.poisson(expected) if counts else expected
    table = sales_table(products.table, prices, ~out, np.where(out, 0, wanted), first=parse_day(start), length=length)
    demand = table[["product_id", "period_at"]].assign(expected=expected.ravel(), wanted=wanted.ravel())
    return Simulated(table=table, truth=SalesTruth(products=products.truth, demand=demand))


def sales_table(
    products: pd.DataFrame,
    prices: PricePaths,
    in_stock: Bools,
    quantity: Floats | Ints,
    *,
    first: np.datetime64,
    length: int,
) -> pd.DataFrame:
    """Lay the matrices of product and period out as the canonical table."""
    n_products, periods = in_stock.shape
    dates = (first + length * np.arange(periods)).astype("datetime64[us]")
    return pd.DataFrame(
        {
            "product_id": np.repeat(products["product_id"].to_numpy(), periods),
            "period_at": np.tile(dates, n_products),
            "quantity": quantity.ravel(),
            "price": prices.paid.ravel() / 100,
            "unit_cost": np.repeat(products["unit_cost"].to_numpy(), periods),
            "promotion": prices.promotion.ravel(),
            "in_stock": in_stock.ravel().astype(np.float64),
            "category": products["category"].repeat(periods).reset_index(drop=True),
        }
    )
