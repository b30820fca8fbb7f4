"""REES46 (Open CDP): behaviour logs of several online shops, one CSV file per month."""

from typing import Literal

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrame

from ..._core.checks import text
from ..._core.engines import tell_library_errors
from ..._core.frames import Frame, opened
from ..._core.notes import Note
from .._export_steps.headings import with_known_headings
from .._map.map import Check
from .._model.clock import times_as
from .._model.shop import Shop
from .base import Export, read_as_numbers, read_as_text, require_columns

_SYSTEM = "REES46"
_COLUMNS = ("event_time", "event_type", "product_id", "category_id", "category_code", "brand", "price", "user_id")


@tell_library_errors
def from_rees46(
    raw: IntoFrame, /, *, timezone: str = "UTC", decimal: Literal[".", ","] | None = None, check: Check = "values"
) -> Shop:
    """Map a REES46 behaviour log to a shop.

    Columns: ``event_time`` ("2019-10-01 00:00:00 UTC", or times), ``event_type`` (view, cart, remove_from_cart,
    purchase), ``product_id``, ``category_id``, ``category_code``, ``brand``, ``price``, ``user_id``, ``user_session``.

    Parameters
    ----------
    raw : pandas, Polars, PyArrow, DuckDB or PySpark table
        One row per event.
    timezone : str, default "UTC"
        The zone that times are shown in. The log is in UTC.
    decimal : {".", ","}, optional
        The decimal mark of numbers that are text, where a spreadsheet has written them with a comma ("1.234,50").
    check : {"values", "types"}, default "values"
        "types" leaves out the pass over the values.

    Returns
    -------
    Shop
        ``events``, ``products`` and ``orders``. The user is visitor and customer alike.

    Raises
    ------
    SchemaError
        If columns are missing or of a wrong type, or values fail their checks.

    Notes
    -----
    The log has no orders. They are made of its purchase events, each of which is one unit of a product at its price:
    an order is everything that was bought in a session. Purchases without a session are left out and counted.

    A product's category is its ``category_code`` ("electronics.smartphone"), or its ``category_id`` where it has no
    code. Its code and its brand are the first in the alphabet where the log gives it several, its price the highest.

    References
    ----------
    REES46 Marketing Platform, Open CDP, "eCommerce behavior data from multi category store",
    https://rees46.com/en/datasets

    Examples
    --------
    >>> import pandas as pd
    >>> from ecommine import schema
    >>> raw = pd.DataFrame({"event_time": ["2019-10-01 00:00:00 UTC", "2019-10-01 00:02:14 UTC"],
    ...                     "event_type": ["view", "purchase"], "product_id": [1004856] * 2,
    ...                     "category_id": [2053013555631882655] * 2, "category_code": ["electronics.smartphone"] * 2,
    ...                     "brand": ["samsung"] * 2, "price": [130.76] * 2, "user_id": [543272936] * 2,
    ...                     "user_session": ["8187d148"] * 2})
    >>> shop = schema.from_rees46(raw)
    >>> shop.events.event.tolist()
    ['view_item', 'purchase']
    >>> shop.orders[["order_id", "ordered_at", "amount"]]
       order_id          ordered_at  amount
    0  8187d148 2019-10-01 00:02:14  130.76
    """
    export = Export(check, _SYSTEM, decimal)
    frame = with_known_headings(opened(raw, argument="raw"), export, _SYSTEM)
    require_columns(frame, _SYSTEM, *_COLUMNS, "user_session")
    frame = read_as_numbers(frame, export, "price")
    text("timezone", timezone, example="'UTC'")
    if frame.collect_schema()["event_time"] == nw.String:
        offset = nw.col("event_time").str.replace_all(" UTC", "+0000", literal=True)
        frame = frame.with_columns(event_time=offset)
    shown = frame.select(*[name for name in (*_COLUMNS, "user_session") if name not in _OF_PRODUCT])
    events = export.table(
        shown,
        "events",
        timezone=timezone,
        format="%Y-%m-%d %H:%M:%S%z",
        visitor_id="user_id",
        customer_id="user_id",
        event="event_type",
        occurred_at="event_time",
        session_id="user_session",
        value="price",
    )
    return export.shop(events=events, products=_products(frame, export), orders=_orders(events, export))


_OF_PRODUCT = ("category_id", "category_code", "brand")


def _products(frame: Frame, export: Export) -> Frame:
    extremes = (
        read_as_text(frame, "category_code", "brand")
        .group_by("product_id")
        .agg(nw.col("category_code").min(), nw.col("category_id").min(), nw.col("brand").min(), nw.col("price").max())
    )
    category = nw.coalesce("category_code", nw.col("category_id").cast(nw.String))
    return export.table(extremes.select("product_id", "brand", "price", category=category), "products")


def _orders(events: Frame, export: Export) -> Frame:
    bought = events.filter(nw.col("event") == "purchase")
    lost = export.count(bought, rows=nw.col("session_id").is_null())["rows"]
    text = "an order is everything that was bought in one session; each purchase event is one unit"
    export.notes.append(Note(text, code="orders_by_session"))
    export.note("purchases_without_session", lost, "purchase", "without a session left out of the orders")
    lines = bought.filter(~nw.col("session_id").is_null()).select(
        "customer_id",
        "product_id",
        order_id=nw.col("session_id"),
        **{name: nw.col(of) for name, of in times_as(bought, "occurred_at", "ordered_at").items()},
        quantity=nw.lit(1),
        unit_price=nw.col("value"),
        line_type=nw.lit("product"),
    )
    return export.table(lines, "orders")
