"""Features of every customer: how often, how much, when, what, and how surely each is known."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, cast

import narwhals.stable.v2 as nw
import numpy as np
from narwhals.stable.v2.typing import IntoFrameT

from .._core.arrays import Floats, Ints
from .._core.checks import one_of
from .._core.durations import Duration
from .._core.engines import tell_library_errors
from .._core.frames import Frame, as_float, collect, day_number, day_of, hand_back, join, opened
from .._core.notes import Note
from .._core.tables import build_table, nan_as_null
from .._core.texts import counted
from .._stats.shrinkage import shrink_rates
from ..schema._for_topics import (
    Returns,
    SchemaError,
    check_same_library,
    common_type,
    exact_money,
    read_columns,
    warn,
)
from ._customers.favourites import favourites
from ._customers.read import CustomerLines, Moment, check_unique, note_without_orders, order_lines, read_lines
from ._customers.sums import HOURS, WEEKDAYS, customer_sums

DAYS_PER_MONTH = 365.25 / 12
FAVOURITES = ("category", "brand", "channel")
ALL_DATA = "all"
"""The period of features of all data."""
FEATURES = (
    "orders",
    "purchase_days",
    "first_order_at",
    "last_order_at",
    "months",
    "orders_per_month",
    "monetary",
    "average_order_value",
    "gaps",
    "mean_gap",
    "open_gap",
    "weekday",
    "weekday_share",
    "hour",
    "hour_share",
    "return_rate",
    *(f"favourite_{name}{ending}" for name in FAVOURITES for ending in ("", "_share", "_probability")),
    "months_since_registration",
    "period",
)
"""Columns that are made here; all are of the orders but the time since registration."""
_SAMPLES: dict[str, Any] = {"first_order_at": np.datetime64("2024-01-01", "us"), "orders": 0, "period": ""}


@tell_library_errors
def features(
    orders: IntoFrameT,
    /,
    *,
    products: object = None,
    customers: object = None,
    as_of: Moment = None,
    period: str | timedelta | None = None,
    returns: Returns = "net",
) -> IntoFrameT:
    r"""Compute features of every customer with an order.

    Lines are summed up in the caller's engine; the table of customers is made in memory.

    Parameters
    ----------
    orders : table of order lines
        Any library's table with order_id, customer_id, ordered_at, and amount or quantity and unit_price. Lines of
        shipping, fees, adjustments and discounts (line_type) count as money but make no order.
    products : table of products, optional
        Of the same library, with product_id and category or brand, for orders that have a product_id.
    customers : table of customers, optional
        Of the same library, with customer_id. Its other columns are joined, such as income for a profile; a column
        registered_at also gives months_since_registration.
    as_of : datetime, date or ISO 8601 text, default the last time in the data
        Lines after it are left out of everything. A bare date means the end of that day.
    period : str or timedelta, optional
        Count only lines in (as_of - period, as_of], such as ``"1y"``. The first order is then the first one in it.
    returns : {"net", "drop", "keep"}
        A return is a line with negative quantity or amount. "net": it reduces money and never counts as an order;
        "drop": it does not reduce money either; "keep": it counts as any other line.

    Returns
    -------
    table of the caller's library, one row per customer, sorted by customer_id; lazy where the orders are lazy
        - customer_id; orders (count); purchase_days (distinct days with an order);
        - first_order_at, last_order_at; months (calendar days from the first order to `as_of`, over 30.4375);
        - orders_per_month: (orders - 1) / months, shrunk towards the shop's mean where months are few;
        - monetary (money), average_order_value (money per order, both net of returns);
        - gaps (count), mean_gap (days between days of purchase, null without a gap), open_gap (days since the last);
        - weekday (1 is Monday) and hour (0 to 23) with the most orders, the earlier one where two tie, with
          weekday_share and hour_share (share of orders); hours are null where times are dates only;
        - return_rate: money returned over money bought, null where nothing was bought for money;
        - favourite_category, favourite_brand, favourite_channel (text), each with its _share (of the orders that have
          one) and its _probability: the chance that it is truly the most frequent one of the customer;
        - months_since_registration (null where it is not known), and the columns of `customers`;
        - period: as text, "all" without one.

    Raises
    ------
    ecommine.SchemaError
        If a column is missing or of the wrong type, the lines are of several currencies, or a customer or product
        stands in its table twice.
    ValueError
        If `as_of`, `period` or `returns` cannot be read, or `as_of` is before all lines.

    Warns
    -----
    ecommine.DataWarning
        Once, with counts: lines after `as_of` or before the period, guests, customers without an order or without a
        row in `customers`, unknown hours and return rates. See :mod:`ecommine.segmentation` for the codes.

    Notes
    -----
    With :math:`n` orders in :math:`T` months since the first one, :math:`n / T` counts the order that began the clock:
    at one order a month it is 2 after one month. :math:`(n - 1) / T` is right at any :math:`T`, and uncertain where
    it is short; it is therefore the posterior mean under a gamma distribution of rates, learned from all customers.

    References
    ----------
    Fader, P. S., Hardie, B. G. S. and Lee, K. L. (2005). "Counting your customers" the easy way: an alternative to
    the Pareto/NBD model. Marketing Science 24(2), 275-284. https://doi.org/10.1287/mksc.1040.0098

    Examples
    --------
    >>> import pandas as pd
    >>> from ecommine import segmentation
    >>> orders = pd.DataFrame({
    ...     "order_id": [1, 2, 3, 4],
    ...     "customer_id": ["ann", "ann", "ann", "bob"],
    ...     "ordered_at": pd.to_datetime(["2024-01-01 09:30", "2024-01-11 09:10", "2024-01-31 20:00",
    ...                                   "2024-02-01 12:00"]),
    ...     "amount": [10.0, 20.0, 30.0, 7.0],
    ... })
    >>> table = segmentation.features(orders, as_of="2024-03-01")
    >>> table[["customer_id", "orders", "mean_gap", "open_gap", "hour", "hour_share"]].round(2)
      customer_id  orders  mean_gap  open_gap  hour  hour_share
    0         ann       3      15.0        30     9        0.67
    1         bob       1       NaN        29    12        1.00
    """
    one_of("returns", returns, ("net", "drop", "keep"))
    lines = read_lines(orders, as_of=as_of, period=period, optional=("category", "channel", "product_id"))
    sums = customer_sums(lines, returns)
    with_order = sums.filter(nw.col("orders") > 0)
    notes = [*lines.notes, *note_without_orders(len(sums) - len(with_order))]
    columns, own = _columns(with_order, day_of(lines.as_of))
    liked = _favourite_columns(lines, products, returns, with_order["customer_id"])
    text = ALL_DATA if period is None else Duration.parse(period, argument="period").text
    made = {**columns, **liked, "period": [text] * len(with_order)}
    frame = _table(with_order, made, lines.like)
    if customers is not None:
        frame, matched = _with_attributes(frame, customers, lines)
        notes += matched
    warn([*notes, *own], stacklevel=3)
    return cast("IntoFrameT", hand_back(frame, like=lines.like))


def _table(customers: nw.DataFrame[Any], columns: Mapping[str, Any], like: Frame) -> nw.DataFrame[Any]:
    """Put the columns beside the ids and the times, which stay of the caller's types."""
    made = nw.from_native(build_table(columns, like=like, samples=_SAMPLES), eager_only=True)
    kept = nw.maybe_reset_index(customers.select("customer_id", "first_order_at", "last_order_at", "micro"))
    kept = kept.with_columns(monetary=exact_money(nw.col("micro"))).drop("micro")
    joined = nw.concat([kept, made], how="horizontal")
    joined = joined.with_columns(average_order_value=nw.col("monetary") / nw.col("orders"))
    order = ["customer_id", *(name for name in FEATURES if name in joined.columns)]
    ordered: nw.DataFrame[Any] = joined.select(*order)
    return ordered


def _columns(sums: nw.DataFrame[Any], today: int) -> tuple[dict[str, Any], list[Note]]:
    """Compute the columns of all customers from their sums, and notes of what is not known."""
    orders, days = _whole(sums, "orders"), _whole(sums, "days")
    first, last = _days(sums, "first_order_at"), _days(sums, "last_order_at")
    months = (today - first) / DAYS_PER_MONTH
    gaps = np.maximum(days - 1, 0)
    weekday, weekday_share = _commonest(sums, "w", WEEKDAYS, orders)
    hour, hour_share, no_hours = _hours(sums, orders)
    rate, no_rate = _return_rate(sums)
    columns = {
        "orders": orders,
        "purchase_days": days,
        "months": months,
        "orders_per_month": shrunk_rates(orders, months),
        "gaps": gaps,
        "mean_gap": np.divide(last - first, gaps, out=np.full(len(gaps), np.nan), where=gaps > 0),
        "open_gap": today - last,
        "weekday": weekday,
        "weekday_share": weekday_share,
        "hour": hour,
        "hour_share": hour_share,
        "return_rate": rate,
    }
    return columns, [*no_hours, *no_rate]


def shrunk_rates(orders: Ints, months: Floats) -> Floats:
    """Return orders per month after the first order, shrunk towards the mean of all customers.

    Examples
    --------
    >>> shrunk_rates(np.array([1, 3, 11, 1]), np.array([0.0, 1.0, 10.0, 8.0])).round(2).tolist()
    [0.63, 1.24, 0.96, 0.09]
    """
    total = float(months.sum())
    if total <= 0:
        return np.zeros(len(orders))
    repeats = (orders - 1).astype(np.float64)
    mean = float(repeats.sum()) / total
    if mean <= 0:
        return np.zeros(len(orders))
    ratio = shrink_rates(repeats, months * mean)
    return np.where(np.isnan(ratio), 1.0, ratio) * mean


def _whole(frame: nw.DataFrame[Any], name: str) -> Ints:
    return frame[name].to_numpy().astype(np.int64)


def _days(frame: nw.DataFrame[Any], name: str) -> Ints:
    return _whole(frame.select(day_number(nw.col(name)).alias(name)), name)


def _commonest(sums: nw.DataFrame[Any], letter: str, numbers: tuple[int, ...], orders: Ints) -> tuple[Ints, Floats]:
    """Return the commonest weekday or hour of each customer, the first one where several tie, and its share."""
    counts = np.column_stack([_whole(sums, f"{letter}{number}") for number in numbers])
    best = counts.argmax(axis=1)
    share = np.take_along_axis(counts, best[:, None], axis=1)[:, 0] / np.maximum(orders, 1)
    return np.asarray(numbers)[best], share


def _hours(sums: nw.DataFrame[Any], orders: Ints) -> tuple[Any, Floats, list[Note]]:
    if not len(sums) or _whole(sums, "timed").sum():
        return *_commonest(sums, "h", HOURS, orders), []
    text = f"hours of {counted(len(orders), 'customer')} are unknown: all orders are at midnight, as dates are"
    unknown = np.full(len(orders), np.nan)
    return unknown, unknown, [Note(text, code="hours_unknown", count=len(orders))]


def _return_rate(sums: nw.DataFrame[Any]) -> tuple[Floats, list[Note]]:
    bought, returned = _whole(sums, "bought"), _whole(sums, "returned")
    rate = np.divide(returned, bought, out=np.full(len(bought), np.nan), where=bought > 0)
    count = int(np.isnan(rate).sum())
    if not count:
        return rate, []
    text = f"the return rate of {counted(count, 'customer')} is unknown: nothing was bought for money"
    return rate, [Note(text, code="return_rate_unknown", count=count)]


def _favourite_columns(lines: CustomerLines, products: object, returns: Returns, ids: nw.Series[Any]) -> dict[str, Any]:
    frame = order_lines(lines.frame, returns)
    if products is not None:
        frame = _with_products(frame, products, lines)
    made: dict[str, Any] = {}
    for name in FAVOURITES:
        if name in frame.collect_schema().names():
            liked = favourites(frame, name, ids)
            made[f"favourite_{name}"] = liked.names
            made[f"favourite_{name}_share"] = liked.share
            made[f"favourite_{name}_probability"] = liked.probability
    return made


def _with_products(frame: Frame, products: object, lines: CustomerLines) -> Frame:
    """Join category and brand of the products; a category of the lines themselves comes first."""
    opened_products = opened(products, argument="products")
    check_same_library(lines.like, opened_products, argument="products", like="orders")
    plan = opened_products.lazy() if isinstance(frame, nw.LazyFrame) else opened_products
    known = read_columns(plan, "products", ("product_id",), optional=("category", "brand"))
    names = frame.collect_schema().names()
    if "product_id" not in names:
        raise SchemaError("orders", ["`product_id` is missing, which `products` are joined by"])
    wanted = [name for name in ("category", "brand") if name in known.collect_schema().names() and name not in names]
    if not wanted:
        return frame
    known = known.select("product_id", *wanted)
    check_unique(known, "products", "product_id")
    kind = common_type(frame, known, "product_id", argument="products", like="orders")
    cast_key = nw.col("product_id").cast(kind)
    return join(frame.with_columns(cast_key), known.with_columns(cast_key), on=["product_id"], how="left")


def _with_attributes(
    frame: nw.DataFrame[Any], customers: object, lines: CustomerLines
) -> tuple[nw.DataFrame[Any], list[Note]]:
    """Join the columns of the customers, with the months since registration."""
    theirs = opened(customers, argument="customers")
    check_same_library(lines.like, theirs, argument="customers", like="orders")
    names = theirs.collect_schema().names()
    clash = [name for name in names if name in frame.columns and name != "customer_id"]
    if clash:
        raise ValueError(f"`customers` has a column {clash[0]!r}, which features make: rename it first")
    others = [name for name in names if name not in ("customer_id", "registered_at")]
    read = read_columns(theirs, "customers", ("customer_id",), optional=("registered_at",), others=others)
    known = collect(read).filter(~nw.col("customer_id").is_null())
    check_unique(known, "customers", "customer_id")
    if "registered_at" in known.columns:
        known = known.with_columns(months_since_registration=_months_before(lines))
    kind = common_type(frame, known, "customer_id", argument="customers", like="orders")
    key = nw.col("customer_id").cast(kind)
    marked = known.with_columns(key, __known=nw.lit(1))
    joined = join(frame.with_columns(key), marked, on=["customer_id"], how="left")
    assert isinstance(joined, nw.DataFrame)
    unmatched = int(joined["__known"].null_count())
    joined = nan_as_null(joined.drop("__known"))
    last = [name for name in joined.columns if name != "period"]
    return joined.select(*last, "period"), _note_unmatched(unmatched, len(frame))


def _note_unmatched(count: int, total: int) -> list[Note]:
    if not count:
        return []
    text = f"{count:,} of {counted(total, 'customer')} are not in `customers`: its columns are null for them"
    return [Note(text, code="customers_unmatched", count=count)]


def _months_before(lines: CustomerLines) -> nw.Expr:
    """Return the months from registration to `as_of`, null where it is unknown or later."""
    at = nw.col("registered_at")
    safe = at.fill_null(nw.lit(lines.as_of))
    days = day_of(lines.as_of) - day_number(safe)
    is_known = ~at.is_null() & (at <= nw.lit(lines.as_of))
    return nw.when(is_known).then(as_float(days) / DAYS_PER_MONTH)
