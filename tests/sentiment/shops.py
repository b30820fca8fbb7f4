"""Small simulated reviews of known faults, drawn without the rest of a shop."""

from dataclasses import replace

import numpy as np
import pandas as pd

from ecommine import datasets
from ecommine.datasets._drawing import DAY
from ecommine.datasets._reviews.reviews import Purchases, Written, write_reviews

NOTHING = datasets.Reviews(share=0.5, weak_products=0, return_reasons=0, drops=0)
PLANTED = replace(NOTHING, weak_products=2, return_reasons=1, drops=1)
FIRST = np.datetime64("2024-01-01", "D")


def written(
    seed: int, settings=NOTHING, *, n=3_000, n_products=8, days=150, popularity=None
) -> tuple[Written, Purchases]:
    """Draw purchases of customers who come back, and their reviews."""
    rng = np.random.default_rng(seed)
    weights = np.arange(n_products, 0, -1.0) if popularity is None else popularity
    purchases = Purchases(
        order=np.arange(n),
        customer=rng.integers(0, n // 2, n),
        product=rng.choice(n_products, n, p=weights / weights.sum()),
        moment=np.sort(rng.integers(0, days * DAY, n)),
    )
    return write_reviews(rng, purchases, settings, popularity=weights, first=FIRST, days=days), purchases


def orders_of(written: Written, purchases: Purchases) -> pd.DataFrame:
    """Return the order lines, with a line of the same order for what came back."""
    moment = FIRST.astype("datetime64[us]") + purchases.moment.astype("timedelta64[us]")
    lines = pd.DataFrame(
        {
            "order_id": purchases.order + 1,
            "customer_id": purchases.customer + 1,
            "product_id": purchases.product + 1,
            "ordered_at": moment,
            "quantity": 1,
        }
    )
    is_back = written.returned_at >= 0
    back = lines[is_back].assign(
        quantity=-1,
        ordered_at=FIRST.astype("datetime64[us]") + written.returned_at[is_back].astype("timedelta64[us]"),
    )
    return pd.concat([lines, back], ignore_index=True)
