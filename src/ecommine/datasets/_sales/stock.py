"""Stock on hand, day by day, that explains a sales panel: deliveries refill it, sales empty it."""

import numpy as np
import pandas as pd

from ..._core.checks import instance, integer
from ..._core.engines import tell_library_errors
from .._drawing import MAX_DAYS, Bools, Ints, Rng, draw_count, generator


@tell_library_errors
def make_stock(sales: pd.DataFrame, /, *, review_days: int = 14, safety: int = 10, rng: Rng = 0) -> pd.DataFrame:
    """Build the stock table that a daily sales panel implies.

    Parameters
    ----------
    sales : pandas.DataFrame
        Daily panel with product_id, period_at, quantity (whole units) and in_stock, as `make_sales` gives with
        ``every="1d"``: the same days for each product, sorted by product and day.
    review_days : int
        Each product is refilled every so many days (at its own weekday), and when a stockout ends.
    safety : int
        Units that are left when a delivery arrives, where no stockout stands before it.
    rng : int or numpy.random.Generator
        Source of chance.

    Returns
    -------
    pandas.DataFrame
        product_id, stocked_at, on_hand: units at the opening of the day. on_hand is 0 exactly while out of stock and
        covers the day's sales otherwise. The next opening is this one less the sales plus what arrived overnight;
        only on the eve of a stockout may a unit that nobody bought be written off.

    Raises
    ------
    TypeError, ValueError
        If `sales` is no such table, or the products do not all have the same number of days.

    Examples
    --------
    >>> from ecommine import datasets
    >>> sales = datasets.make_sales(3, periods=60, every="1d", level=4).table
    >>> stock = datasets.make_stock(sales)
    >>> bool((stock["on_hand"] >= sales["quantity"]).all())
    True
    """
    review_days = integer("review_days", review_days, low=1, cap=MAX_DAYS)
    safety = draw_count("safety", safety, low=0)
    _check_sales(sales)
    n_products = int(sales["product_id"].nunique())
    if n_products == 0 or len(sales) % n_products:
        raise ValueError(
            f"`sales` must have the same days for each product, got {len(sales)} rows for {n_products} products"
        )
    shape = (n_products, len(sales) // n_products)
    sold = sales["quantity"].to_numpy().astype(np.int64).reshape(shape)
    out = sales["in_stock"].to_numpy().reshape(shape) == 0
    on_hand = _on_hand(sold, out, generator(rng).integers(review_days, size=n_products), review_days, safety)
    return pd.DataFrame(
        {"product_id": sales["product_id"], "stocked_at": sales["period_at"], "on_hand": on_hand.ravel()}
    )


def _check_sales(sales: object) -> None:
    instance("sales", sales, pd.DataFrame, noun="pandas table")
    assert isinstance(sales, pd.DataFrame)
    for name, kinds in (("product_id", None), ("period_at", None), ("quantity", "iuf"), ("in_stock", "iufb")):
        if name not in sales.columns:
            raise ValueError(f"`sales` must have the column {name}, as make_sales gives it")
        if kinds is not None and (sales[name].dtype.kind not in kinds or sales[name].isna().any()):
            raise ValueError(f"`sales` must have known numbers in {name}, got {sales[name].dtype}")


def _on_hand(sold: Ints, out: Bools, phase: Ints, review_days: int, safety: int) -> Ints:
    """Walk back from the last day: before a delivery a little is left, before a stockout nothing."""
    n_products, days = sold.shape
    on_hand = np.zeros((n_products, days), dtype=np.int64)
    left = np.full(n_products, safety, dtype=np.int64)
    for day in range(days - 1, -1, -1):
        needed = np.maximum(sold[:, day] + left, 1)
        on_hand[:, day] = np.where(out[:, day], 0, needed)
        refilled = ((day + phase) % review_days == 0) & ~out[:, day]
        left = np.where(refilled, np.minimum(safety, on_hand[:, day]), on_hand[:, day])
    return on_hand
