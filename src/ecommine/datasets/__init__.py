"""Data to learn and test with: a simulated shop whose truth is known, and real data that pip installs.

`make_shop` draws every table of a shop so that they agree with each other. Each table also has its own small
generator, for fast simulations: `make_customers`, `make_transactions`, `make_products`, `make_baskets`, `make_funnel`,
`make_sales`, `make_stock`, `make_calendar`. All are deterministic: the same ``rng`` gives the same data.

`complete_journey` and `cdnow` read real data from the packages that ship it.
"""

from ._baskets.baskets import NO_ASSOCIATION, Basket, BasketTruth, make_baskets
from ._baskets.products import Assortment, make_products
from ._customers.calendar import FLAT, Peak, Season, make_calendar
from ._customers.customers import OVERLAPPING, SEPARATED, CustomerType, make_customers
from ._customers.transactions import make_transactions
from ._drawing import Simulated
from ._events.funnel import Device, Funnel, FunnelTruth, make_funnel
from ._real import cdnow, complete_journey
from ._reviews.reviews import Reviews
from ._sales.prices import NO_STOCKOUTS, Pricing, Stockouts
from ._sales.sales import SalesTruth, make_sales
from ._sales.stock import make_stock
from ._shop import ShopTruth, SimulatedShop, make_shop

__all__ = [
    "FLAT",
    "NO_ASSOCIATION",
    "NO_STOCKOUTS",
    "OVERLAPPING",
    "SEPARATED",
    "Assortment",
    "Basket",
    "BasketTruth",
    "CustomerType",
    "Device",
    "Funnel",
    "FunnelTruth",
    "Peak",
    "Pricing",
    "Reviews",
    "SalesTruth",
    "Season",
    "ShopTruth",
    "Simulated",
    "SimulatedShop",
    "Stockouts",
    "cdnow",
    "complete_journey",
    "make_baskets",
    "make_calendar",
    "make_customers",
    "make_funnel",
    "make_products",
    "make_sales",
    "make_shop",
    "make_stock",
    "make_transactions",
]
