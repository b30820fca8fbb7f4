"""Reviews of the shop's own orders, and the returns in its orders and sales."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from .._drawing import DAY, Ints, timestamps
from .._sales.selling import Sold, World
from .reviews import Purchases, Reviews, write_reviews


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reviewed:
    """Orders and sales with returns, the reviews, and what was planted in them."""

    orders: pd.DataFrame
    sales: pd.DataFrame
    reviews: pd.DataFrame | None = None
    truth: pd.DataFrame | None = None


def review(rng: np.random.Generator, sold: Sold, world: World, settings: Reviews, gross: Reviewed) -> Reviewed:
    """Draw the returns and the reviews of order lines of known customers."""
    customer = sold.orders.customer[sold.lines.order]
    lines = np.flatnonzero(customer >= 0)
    order = sold.lines.order[lines]
    purchases = Purchases(
        order=order,
        customer=customer[lines],
        product=sold.lines.product[lines],
        moment=sold.orders.moment[order],
    )
    written = write_reviews(rng, purchases, settings, popularity=world.popularity, first=world.first, days=world.days)
    is_back = written.returned_at >= 0
    back, at = lines[is_back], written.returned_at[is_back]
    return Reviewed(
        orders=_with_returns(gross.orders, back, at, world.first),
        sales=_net_sales(gross.sales, sold, back, at, world),
        reviews=written.table,
        truth=written.truth,
    )


def _with_returns(orders: pd.DataFrame, lines: Ints, moment: Ints, first: np.datetime64) -> pd.DataFrame:
    """Append a line of the same order, with negative quantity and money, for each that came back."""
    back = orders.take(lines).reset_index(drop=True)
    back = back.assign(
        ordered_at=timestamps(first, moment),
        **{name: -back[name] for name in ("quantity", "discount", "amount")},
    )
    return pd.concat([orders, back], ignore_index=True).sort_values("ordered_at", kind="stable", ignore_index=True)


def _net_sales(sales: pd.DataFrame, sold: Sold, lines: Ints, moment: Ints, world: World) -> pd.DataFrame:
    """Take the units that came back off those sold, on the day of their return."""
    cell = sold.lines.product[lines] * world.days + moment // DAY
    returned = np.bincount(cell, weights=sold.lines.quantity[lines], minlength=len(sales)).astype(np.int64)
    units = sales["quantity"]
    return sales.assign(quantity=units - returned, units_sold=units, returned=returned)
