"""What each public call of `datasets` needs to work; see ``edge``."""

from typing import Any

import numpy as np

from ecommine import datasets
from edge import Good


def good() -> dict[str, Any]:
    """Return arguments that work, small ones, and results."""
    daily = datasets.make_sales(3, 20, every="1d")
    shop = datasets.make_shop(30, 30, n_products=60)
    baskets = datasets.make_baskets(20, 60)
    return {
        "Assortment": Good(),
        "Basket": Good(),
        "BasketTruth": baskets.truth,
        "CustomerType": Good(name="a", share=1, orders_per_month=1, lifetime_days=100),
        "Device": Good(name="a", share=1, view=0.5, cart=0.5, checkout=0.5, purchase=0.5),
        "Funnel": Good(),
        "FunnelTruth": datasets.make_funnel(20).truth,
        "FunnelTruth.conversion": Good("purchase"),
        "Peak": Good(name="a", on="06-18"),
        "Peak.factor": Good(np.arange(19_000, 19_400)),
        "Pricing": Good(),
        "Reviews": Good(),
        "SalesTruth": daily.truth,
        "Season": Good(),
        "ShopTruth": shop.truth,
        "Simulated": baskets,
        "SimulatedShop": shop,
        "Stockouts": Good(),
        "cdnow": Good(),
        "complete_journey": Good(),
        "make_baskets": Good(20, 60),
        "make_calendar": Good(30),
        "make_customers": Good(20, 30),
        "make_funnel": Good(20, 5),
        "make_products": Good(20),
        "make_sales": Good(3, 10),
        "make_shop": Good(30, 30, n_products=60),
        "make_stock": Good(daily.table),
        "make_transactions": Good(20, 30),
    }
