"""A whole simulated shop, whose tables agree with each other and whose truth is known."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from .._core.checks import integer, number
from ..schema import Shop
from ._baskets.baskets import Basket, basket_truth
from ._baskets.lift import response
from ._baskets.products import Assortment, make_products
from ._customers.calendar import Season, make_calendar
from ._customers.customers import CustomerMix, make_customers
from ._customers.transactions import order_times
from ._drawing import MAX_DAYS, Rng, check_cells, draw_count, parse_day, settings_of, spawn_generators
from ._events.browsing import Browsing, browse
from ._events.funnel import MINUTE, Funnel, FunnelTruth, funnel_truth
from ._events.searches import add_searches
from ._events.sessions import events_table
from ._reviews.reviews import Reviews
from ._reviews.selling import Reviewed, review
from ._sales.prices import Pricing, Stockouts, price_paths, stockout_calendar
from ._sales.selling import WEEK, Money, Sold, World, bought, daily_sales, orders_table, sell, stockout_spells
from ._sales.stock import make_stock


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ShopTruth:
    """The truth behind a simulated shop.

    Attributes
    ----------
    customers : pandas.DataFrame
        customer_id, customer_type, orders_per_day (on a day with season factor one), dropout_per_day,
        registered_at, left_at, spend.
    products : pandas.DataFrame
        product_id, category, elasticity (of the weight with which customers choose), category_elasticity,
        popularity, and sales_elasticity: that of the units sold, which is weaker, since a basket holds a product
        only once, has a size of its own, and planted bundles are bought at any price.
    bundles : pandas.DataFrame
        Pairs planted together with their size-adjusted lift, as in `BasketTruth`, before stockouts.
    funnel : FunnelTruth
        Chances by device.
    calendar : pandas.DataFrame
        Factor on orders of each day, as `make_calendar` gives it.
    stockouts : pandas.DataFrame
        product_id, starts_at, ends_at (first day in stock again; the day after the period for an open spell).
    demand : pandas.DataFrame
        product_id, period_at, wanted: units that customers wanted, sold or not (latent demand), in the row order
        of the sales table.
    lost_orders : int
        Orders that were not made because nothing in them was in stock.
    recovered_carts : int
        Carts abandoned first and bought within five days in another session.
    reviews : pandas.DataFrame or None
        The faults that were planted in reviews: product_id, kind (weak, return_reason, drop), aspect, since; None
        where there are no reviews.

    Examples
    --------
    >>> from ecommine import datasets
    >>> datasets.make_shop(50, days=60).truth.bundles["bundle_id"].nunique()
    10
    """

    customers: pd.DataFrame
    products: pd.DataFrame
    bundles: pd.DataFrame
    funnel: FunnelTruth
    calendar: pd.DataFrame
    stockouts: pd.DataFrame
    demand: pd.DataFrame
    lost_orders: int
    recovered_carts: int
    reviews: pd.DataFrame | None = None


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class SimulatedShop(Shop):
    """A `Shop` of pandas tables with the truth behind them.

    Examples
    --------
    >>> from ecommine import datasets
    >>> shop = datasets.make_shop(50, days=60)
    >>> list(shop.tables)
    ['orders', 'events', 'links', 'products', 'customers', 'sales', 'stock']
    """

    truth: ShopTruth


def make_shop(
    n_customers: int = 1_000,
    days: int = 365,
    *,
    rng: Rng = 0,
    start: str = "2024-01-01",
    n_products: int = 500,
    types: CustomerMix = "separated",
    guests: float = 0.0,
    season: Season | None = None,
    assortment: Assortment | None = None,
    basket: Basket | None = None,
    pricing: Pricing | None = None,
    stockouts: Stockouts | None = None,
    funnel: Funnel | None = None,
    reviews: Reviews | None = None,
) -> SimulatedShop:
    """Simulate a shop whose truth is known.

    Stockouts, prices and customers are drawn first. Customers come and buy at their own rate, faster in season. Each
    order draws its size, then its products by popularity and this week's price; what is out of stock is left out.
    Every order has its session, and the funnel's chances tell how many sessions were lost beside it.

    Parameters
    ----------
    n_customers : int
        Number of customers; by default each makes about 19 order lines in a year (50,000 make a million).
    days : int
        Length of the period.
    rng : int or numpy.random.Generator
        Source of chance: the same seed gives the same shop.
    start : str
        First day.
    n_products : int
        Number of products.
    types : {"separated", "overlapping"} or sequence of CustomerType
        The mix of customers.
    guests : float
        Share of orders without a customer, in [0, 0.99].
    season : Season, optional
        Weekdays and peaks; by default 618, Double 11 and Spring Festival. `FLAT` has none.
    assortment : Assortment, optional
        Categories, prices, elasticities, popularity.
    basket : Basket, optional
        Sizes and bundles; `NO_ASSOCIATION` plants nothing.
    pricing : Pricing, optional
        How prices move from week to week.
    stockouts : Stockouts, optional
        Days without stock; `NO_STOCKOUTS` has none.
    funnel : Funnel, optional
        Chances by device; by default a quarter of the sessions end in an order.
    reviews : Reviews, optional
        How many purchases are reviewed and returned, and what is planted; by default nothing is.

    Returns
    -------
    SimulatedShop
        pandas tables in canonical names with whole-number ids: orders, events, links, products, customers, sales
        (product x day), stock (opening of each day); and ``.truth``, a `ShopTruth`. Events carry the order_id of a
        purchase; three in ten sessions with a product begin with a search (query, result_count). customer_id is
        nullable where there are guests. A line's unit_price is the price on the shelf, its discount that of a
        promotion; the price in sales is what was paid, so that ``schema.to_sales`` gives it with ``price="paid"``,
        while its default, the median of unit_price, is before discounts. With ``reviews`` there are also reviews, with
        the order_id of what they are about, and returns: lines of the same order with negative quantity and amount,
        which the sales count as returned and nobody puts back on the shelf.

    Raises
    ------
    TypeError, ValueError
        If an argument is out of its range.

    Examples
    --------
    >>> from ecommine import datasets
    >>> shop = datasets.make_shop(100, days=90)
    >>> paid = shop.orders.groupby("order_id")["amount"].sum().round(2)
    >>> event_values = shop.events.query("event == 'purchase'").set_index("order_id")["value"]
    >>> bool((paid == event_values.reindex(paid.index)).all())
    True
    """
    guests = number("guests", guests, low=0, high=0.99)
    n_products = draw_count("n_products", n_products, low=2)
    days = integer("days", days, low=1, cap=MAX_DAYS)
    check_cells(n_products, days, names="`n_products` x `days`")
    funnel, season = settings_of("funnel", funnel, Funnel), settings_of("season", season, Season)
    written = None if reviews is None else settings_of("reviews", reviews, Reviews)
    basket = settings_of("basket", basket, Basket)
    pricing, stockouts = settings_of("pricing", pricing, Pricing), settings_of("stockouts", stockouts, Stockouts)
    streams = spawn_generators(rng, 8 if written is None else 9)
    goods, people, times, filling, browsing, pauses, stocking, searching = streams[:8]
    calendar = make_calendar(days, start=start, season=season)
    world = _world(goods, n_products, days, start, assortment, pricing, stockouts)
    customers = make_customers(n_customers, days, start=start, types=types, season=season, rng=people)
    orders = order_times(times, customers.truth, calendar["factor"].to_numpy(), world.first, guests=guests)
    spend = np.append(customers.truth["spend"].to_numpy(), 1.0)[orders.customer]  # the last one is for guests
    sold = sell(filling, world, basket, orders, spend)
    money = Money.of(sold, world)
    browsed = browse(browsing, bought(sold, money), world.shelves, funnel)
    orders_sold = orders_table(sold, money, world, browsed.order_device, funnel.names)
    sales = daily_sales(sold, world)
    stock = make_stock(sales, rng=stocking)
    reviewed = Reviewed(orders=orders_sold, sales=sales)
    if written is not None:
        reviewed = review(streams[8], sold, world, written, reviewed)
    events = events_table(
        pauses, browsed.sessions, gap=funnel.gap_minutes * MINUTE, start=world.first, devices=funnel.names
    )
    return SimulatedShop(
        orders=reviewed.orders,
        events=add_searches(searching, events, world.products.table),
        links=browsed.links(world.first),
        products=world.products.table,
        customers=customers.table,
        sales=reviewed.sales,
        reviews=reviewed.reviews,
        stock=stock,
        truth=replace(_truth(world, customers.truth, sold, browsed, funnel, calendar), reviews=reviewed.truth),
    )


def _world(
    rng: np.random.Generator,
    n_products: int,
    days: int,
    start: str,
    assortment: Assortment | None,
    pricing: Pricing,
    stockouts: Stockouts,
) -> World:
    goods, gaps, paths = rng.spawn(3)
    products = make_products(n_products, assortment=assortment, rng=goods)
    prices = price_paths(
        paths,
        products.table["price"].to_numpy(),
        products.truth["elasticity"].to_numpy(),
        -(-days // WEEK),
        pricing,
    )
    out = stockout_calendar(gaps, stockouts, n_products, days)
    return World(first=parse_day(start), products=products, prices=prices, out=out)


def _truth(
    world: World,
    customers: pd.DataFrame,
    sold: Sold,
    browsed: Browsing,
    funnel: Funnel,
    calendar: pd.DataFrame,
) -> ShopTruth:
    baskets = basket_truth(sold.bundles, world.popularity, sold.sizes)
    size, orders = baskets.sizes["size"].to_numpy(), baskets.sizes["orders"].to_numpy()
    weaker = response(world.popularity, size, orders, sold.bundles.items, sold.bundles.rates)
    products = world.products.truth.assign(sales_elasticity=world.products.truth["elasticity"] * weaker)
    days = (world.first + np.arange(world.days)).astype("datetime64[us]")
    demand = pd.DataFrame(
        {
            "product_id": np.repeat(products["product_id"].to_numpy(), world.days),
            "period_at": np.tile(days, len(products)),
            "wanted": sold.wanted.ravel(),
        }
    )
    return ShopTruth(
        customers=customers,
        products=products,
        bundles=baskets.pairs,
        funnel=funnel_truth(funnel),
        calendar=calendar,
        stockouts=stockout_spells(world.out, world.first),
        demand=demand,
        lost_orders=sold.lost_orders,
        recovered_carts=browsed.recovered,
    )
