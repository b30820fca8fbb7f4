"""From customers to order lines and sales: what was wanted, what was in stock, what was sold."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from .._baskets.baskets import Basket, Bundles, draw_sizes, fill, plant
from .._customers.transactions import OrderTimes, customer_ids
from .._drawing import DAY, Bools, Floats, Ints, Simulated, text_column, timestamps
from .._events.browsing import Bought, Shelves
from .prices import PricePaths
from .sales import sales_table

UNITS_BEYOND_ONE = 0.2
"""Mean units of an order line beyond the first."""

WEEK = 7


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class World:
    """The shop before any customer comes: products, their price in each week, their stockouts by day."""

    first: np.datetime64
    products: Simulated[pd.DataFrame]
    prices: PricePaths  # by week
    out: Bools  # by day

    @property
    def days(self) -> int:
        """Length of the period."""
        return int(self.out.shape[1])

    @property
    def popularity(self) -> Floats:
        """Weight of choice of each product at list price."""
        return np.asarray(self.products.truth["popularity"].to_numpy(), dtype=np.float64)

    @property
    def weights(self) -> Floats:
        """Weight of choice of each product (columns) in each week (rows)."""
        return self.popularity * np.exp(self.prices.log_demand.T)

    @property
    def daily_prices(self) -> PricePaths:
        """Prices laid out by day."""
        week = np.arange(self.days) // WEEK
        by_day = {name: getattr(self.prices, name)[:, week] for name in PricePaths.__dataclass_fields__}
        return PricePaths(**by_day)

    @property
    def shelves(self) -> Shelves:
        """The prices and availability that browsing customers see."""
        return Shelves(paid=self.daily_prices.paid / 100, in_stock=~self.out, popularity=self.popularity)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Lines:
    """Order lines, order by order: row of the order, row of the product, units."""

    order: Ints
    product: Ints
    quantity: Ints

    def units(self, day: Ints, shape: tuple[int, int]) -> Ints:
        """Sum the units of each product (rows) on each day (columns)."""
        cell = self.product * shape[1] + day[self.order]
        total = np.bincount(cell, weights=self.quantity, minlength=shape[0] * shape[1])
        return total.reshape(shape).astype(np.int64)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sold:
    """The orders that were made and their lines; what was wanted; the bundles and sizes behind them."""

    orders: OrderTimes
    lines: Lines
    wanted: Ints
    lost_orders: int
    bundles: Bundles
    sizes: Ints


def sell(rng: np.random.Generator, world: World, basket: Basket, orders: OrderTimes, spend: Floats) -> Sold:
    """Fill the orders' baskets as if all were in stock, then leave out what is not."""
    planting, sizing, filling, counting = rng.spawn(4)
    n_products = len(world.popularity)
    bundles = plant(planting, basket, world.popularity)
    sizes = draw_sizes(sizing, basket, spend, n_products)
    day = orders.moment // DAY
    keys = fill(filling, basket, bundles, world.weights, day // WEEK, sizes, orders.customer)
    order, product = keys // n_products, keys % n_products
    quantity = 1 + counting.poisson(UNITS_BEYOND_ONE, len(keys))
    wanted = Lines(order=order, product=product, quantity=quantity)
    is_available = ~world.out[product, day[order]]
    order_index, row = np.unique(order[is_available], return_inverse=True)
    return Sold(
        orders=OrderTimes(customer=orders.customer[order_index], moment=orders.moment[order_index]),
        lines=Lines(order=row.astype(np.int64), product=product[is_available], quantity=quantity[is_available]),
        wanted=wanted.units(day, (n_products, world.days)),
        lost_orders=len(sizes) - len(order_index),
        bundles=bundles,
        sizes=sizes,
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Money:
    """Money of each order line, in cents."""

    shelf: Ints
    paid: Ints

    @classmethod
    def of(cls, sold: Sold, world: World) -> "Money":
        """Look up the prices of the week of the order."""
        week = (sold.orders.moment // DAY // WEEK)[sold.lines.order]
        at = sold.lines.product, week
        return cls(shelf=world.prices.shelf[at], paid=world.prices.paid[at])


def bought(sold: Sold, money: Money) -> Bought:
    """Orders and lines as browsing needs them."""
    return Bought(
        customer=sold.orders.customer,
        moment=sold.orders.moment,
        n_lines=np.bincount(sold.lines.order, minlength=len(sold.orders.moment)),
        product=sold.lines.product,
        price=money.paid / 100,
        amount=money.paid * sold.lines.quantity / 100,
    )


def orders_table(sold: Sold, money: Money, world: World, device: Ints, devices: tuple[str, ...]) -> pd.DataFrame:
    """Canonical order lines: shelf price, discount of a promotion, and the money that was paid."""
    order, product, quantity = sold.lines.order, sold.lines.product, sold.lines.quantity
    return pd.DataFrame(
        {
            "order_id": order + 1,
            "customer_id": customer_ids(sold.orders.customer).take(order).reset_index(drop=True),
            "ordered_at": timestamps(world.first, sold.orders.moment[order]),
            "product_id": product + 1,
            "quantity": quantity,
            "unit_price": money.shelf / 100,
            "discount": (money.shelf - money.paid) * quantity / 100,
            "amount": money.paid * quantity / 100,
            "unit_cost": world.products.table["unit_cost"].to_numpy()[product],
            "category": world.products.table["category"].take(product).reset_index(drop=True),
            "device": text_column(device[order], devices),
        }
    )


def daily_sales(sold: Sold, world: World) -> pd.DataFrame:
    """Panel of product and day; nothing is sold while out of stock."""
    units = np.where(world.out, 0, sold.wanted)
    return sales_table(world.products.table, world.daily_prices, ~world.out, units, first=world.first, length=1)


def stockout_spells(out: Bools, first: np.datetime64) -> pd.DataFrame:
    """List the spells without stock: product, first day, first day in stock again.

    Examples
    --------
    >>> print(stockout_spells(np.array([[False, True, True]]), np.datetime64("2024-01-01")).to_string(index=False))
     product_id  starts_at    ends_at
              1 2024-01-02 2024-01-04
    """
    edge = np.diff(out.astype(np.int8), axis=1, prepend=0, append=0)
    product, begin = np.nonzero(edge == 1)
    _, end = np.nonzero(edge == -1)
    return pd.DataFrame(
        {
            "product_id": product + 1,
            "starts_at": timestamps(first, begin * DAY),
            "ends_at": timestamps(first, end * DAY),
        }
    )
