"""Google Analytics 4: the events table of the BigQuery export."""

from typing import Any, Literal

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrame

from ..._core.engines import tell_library_errors
from ..._core.frames import Frame, collect, opened
from .._convert.objects import holds_objects
from .._convert.suggest import sample
from .._export_steps.ga4_queries import FIELDS, note_repeated_events, refuse_unnested, require_money, with_fields
from .._export_steps.headings import with_known_headings
from .._map.map import Check, check_zone
from .._model.clock import times_as
from .._model.errors import SchemaError
from .._model.shop import Shop
from .base import Export, null_column, products_of_lines, read_as_numbers, read_as_text, require_columns
from .ga4_nested import as_before, exploded, field, in_arrow, plain, with_parameter

_SYSTEM = "GA4"
_PARAMETERS = {
    "ga_session_id": "__session",
    "page_location": "__page",
    "search_term": "__query",
    "value": "__value",
    "transaction_id": "__transaction",
}
_OTHER = {"device": "device.category", "country": "geo.country", "campaign": "traffic_source.name"}
_NESTED = ("event_params", "items", "ecommerce", "device", "geo", "traffic_source")


@tell_library_errors
def from_ga4(
    raw: IntoFrame, /, *, timezone: str | None = None, decimal: Literal[".", ","] | None = None, check: Check = "values"
) -> Shop:
    """Map GA4's BigQuery export (``events_YYYYMMDD``) to a shop.

    Two forms are read:

    - the nested export, as Parquet or newline-delimited JSON is read by DuckDB, Polars, PyArrow, PySpark and pandas
      (which needs PyArrow for it): ``event_params`` is a list of key and value, ``items`` a list, ``ecommerce``,
      ``device``, ``geo`` and ``traffic_source`` are structs;
    - a flat table with one row per event: parameters are columns of their name or ``event_params.<key>``, fields of
      structs columns such as ``device.category`` and ``ecommerce.transaction_id``, or, as aliases in BigQuery have no
      dots, ``device_category`` and ``ecommerce_transaction_id``.

    Tables with one row per parameter or per item (after UNNEST), and nested columns that became text, are refused.

    Parameters
    ----------
    raw : pandas, Polars, PyArrow, DuckDB or PySpark table
        The export; needed are ``event_timestamp``, ``event_name`` and ``user_pseudo_id``.
    timezone : str, optional
        The shop's zone, such as "Asia/Shanghai". The export counts microseconds in UTC, which is taken without it.
    decimal : {".", ","}, optional
        The decimal mark of numbers that are text, where a spreadsheet has written them with a comma ("1.234,50").
    check : {"values", "types"}, default "values"
        "types" leaves out the pass over the values.

    Returns
    -------
    Shop
        ``events``; ``links``, where a ``user_id`` is known; ``orders`` of the purchases, where there are transaction
        ids; ``products`` of their items.

    Raises
    ------
    SchemaError
        If columns are missing or of a wrong type, the table has another form, or values fail their checks.

    Notes
    -----
    A visitor is a ``user_pseudo_id``, a session the visitor and ``ga_session_id``, a customer a ``user_id``: purchases
    without one are guest orders. Events without a ``user_pseudo_id`` (consent was refused) are left out and counted.
    The campaign is the visitor's first (``traffic_source``).

    Of purchases that were sent several times with one ``transaction_id`` the first counts; of those that carry the very
    same microsecond one with a customer, then that of the most money. Their lines are the items,
    at ``item_revenue`` or price x quantity; in a flat table each order is one line of ``ecommerce.purchase_revenue`` or
    the parameter ``value``. Shipping, taxes and refunds are not made into lines: what GA4's revenue holds of them
    depends on the tags of the site.

    References
    ----------
    Google, "[GA4] BigQuery Export schema", https://support.google.com/analytics/answer/7029846

    Examples
    --------
    >>> import pandas as pd
    >>> from ecommine import schema
    >>> raw = pd.DataFrame({"event_timestamp": [1714521600000000, 1714521660000000],
    ...                     "event_name": ["view_item", "purchase"], "user_pseudo_id": ["7.1", "7.1"],
    ...                     "user_id": [None, "anna"],
    ...                     "event_params.ga_session_id": [1714521600, 1714521600],
    ...                     "ecommerce.transaction_id": [None, "T1"], "ecommerce.purchase_revenue": [None, 30.0]})
    >>> shop = schema.from_ga4(raw, timezone="Asia/Shanghai")
    >>> shop.events[["event", "occurred_at", "session_id"]]
           event         occurred_at      session_id
    0  view_item 2024-05-01 08:00:00  7.1.1714521600
    1   purchase 2024-05-01 08:01:00  7.1.1714521600
    >>> shop.orders[["order_id", "customer_id", "amount"]]
      order_id customer_id  amount
    0       T1        anna    30.0
    """
    check_zone(timezone)
    export = Export(check, _SYSTEM, decimal)
    came = with_known_headings(opened(raw, argument="raw"), export, _SYSTEM)
    require_columns(came, _SYSTEM, "event_timestamp", "event_name", "user_pseudo_id")
    frame = _read(came, export)
    events = _events(as_before(frame.select(*_of_event()), came), export, timezone)
    lines = _lines(frame, export)
    if lines is None:
        return export.shop(events=events, links=_links(events, export))
    lines = as_before(lines, came)
    orders = lines.drop("title", "brand")
    return export.shop(
        events=events,
        links=_links(events, export),
        orders=export.table(orders, "orders", timezone=timezone or "UTC", format="unix_us"),
        products=products_of_lines(lines, export) if field(frame, "items") is not None else None,
    )


def _read(came: Frame, export: Export) -> Frame:
    """Return the columns that are used, parameters by their name, without events of no visitor."""
    refuse_unnested(came.collect_schema().names(), _SYSTEM)
    came = with_fields(came, tuple(_PARAMETERS))
    names = came.collect_schema().names()
    used = ("event_timestamp", "event_name", "user_pseudo_id", "user_id", *_NESTED)
    fields = {plain(field) for field in FIELDS} | {plain(f"event_params.{key}") for key in _PARAMETERS}
    flat = [name for name in names if "." in name or name in _PARAMETERS or name in fields]
    frame = in_arrow(came, [name for name in names if name in used or name in flat])
    for key, name in _PARAMETERS.items():
        frame = _with_parameter(frame, key, name)
    texts = {"__customer": field(frame, "user_id"), **{f"__{k}": field(frame, path) for k, path in _OTHER.items()}}
    frame = _with_counts(frame).with_columns(
        **{name: null_column(nw.String) if text is None else text for name, text in texts.items()},
    )
    frame = read_as_numbers(read_as_text(frame, "user_pseudo_id", "__transaction", *texts), export, "__value")
    nobody = nw.col("user_pseudo_id").is_null()
    export.note(
        "events_without_visitor", export.count(frame, rows=nobody)["rows"], "event", "without a user_pseudo_id left out"
    )
    frame = frame.filter(~nobody)
    if "event_params" not in names:
        note_repeated_events(frame, export)
    return frame


def _with_counts(frame: Frame) -> Frame:
    """Read the microseconds of events as whole numbers, also where a file holds them as text."""
    dtype = frame.collect_schema()["event_timestamp"]
    if dtype.is_integer():
        return frame.with_columns(nw.col("event_timestamp").cast(nw.Int64))
    if not (dtype.is_numeric() or dtype == nw.String or dtype == nw.Object):
        text = f"`event_timestamp` must count microseconds since 1970, as in the export; it holds {dtype}"
        raise SchemaError(_SYSTEM, [text])
    if dtype == nw.String:
        _refuse_times(frame)
    own = Export("types", _SYSTEM)
    return read_as_numbers(frame, own, "event_timestamp")  # which holds microseconds exactly until the year 2255


def _refuse_times(frame: Frame) -> None:
    """Raise for texts that are times, which the export never holds."""
    digits = nw.col("event_timestamp").str.contains("^[ \t]*[0-9]+(?:[.]0*)?[ \t]*$").fill_null(value=True)
    wrong = [str(value) for value in sample(frame.filter(~digits), "event_timestamp")][:1]
    if wrong and wrong[0].strip() not in ("", "event_timestamp"):
        text = "`event_timestamp` must count microseconds since 1970, as in the export; it holds text such as "
        text += repr(wrong[0])
        raise SchemaError(_SYSTEM, [text])


def _with_parameter(frame: Frame, key: str, name: str) -> Frame:
    names = frame.collect_schema().names()
    for spelling in (plain(f"event_params.{key}"), key):
        if spelling in names:
            frame = frame.with_columns(nw.col(spelling).alias(name))
            money = name == "__value" and (frame.collect_schema()[name].is_numeric() or holds_objects(frame, name))
            return frame if money else read_as_text(frame, name)
    if "event_params" in names:
        return with_parameter(frame, key, name)
    return frame.with_columns(null_column(nw.String).alias(name))


def _of_event() -> list[Any]:
    session = nw.concat_str("user_pseudo_id", "__session", separator=".")
    columns = {
        "visitor_id": nw.col("user_pseudo_id"),
        "event": nw.col("event_name"),
        "occurred_at": nw.col("event_timestamp"),
        "customer_id": nw.col("__customer"),
        "session_id": session,
        "page": nw.col("__page"),
        "query": nw.col("__query"),
        "value": nw.col("__value"),
        **{name: nw.col(f"__{name}") for name in _OTHER},
    }
    return [column.alias(name) for name, column in columns.items()]


def _events(frame: Frame, export: Export, timezone: str | None) -> Frame:
    return export.table(frame, "events", timezone=timezone, format="unix_us")


def _links(events: Frame, export: Export) -> Frame:
    known = events.filter(~nw.col("customer_id").is_null())
    times = times_as(known, "occurred_at", "linked_at")
    links = known.group_by("visitor_id", "customer_id").agg(**{name: nw.col(of).min() for name, of in times.items()})
    return export.table(links, "links")


def _lines(frame: Frame, export: Export) -> Frame | None:
    """Return the lines of purchases, one per item, or per order in a flat table; None without transaction ids."""
    given = field(frame, "ecommerce.transaction_id")
    bought = nw.col("event_name") == "purchase"
    if given is None and not export.count(frame, rows=~nw.col("__transaction").is_null())["rows"]:
        text = "without a transaction_id: there are no orders"
        export.note("purchases_without_order", export.count(frame, rows=bought)["rows"], "purchase", text)
        return None
    order = nw.col("__transaction") if given is None else nw.coalesce(given.cast(nw.String), "__transaction")
    real = nw.when((order != "(not set)") & (order != "")).then(order)
    sold = frame.filter(bought).with_columns(order_id=real)
    known = sold.filter(~nw.col("order_id").is_null())
    _note_repeated(sold, known, export)
    sold = _first_of_each(known)
    if field(sold, "items") is not None:
        return _items(sold, export)
    require_money(sold, _revenue(sold), frame.collect_schema().names(), _SYSTEM)
    return _whole_orders(sold)


def _note_repeated(sold: Frame, known: Frame, export: Export) -> None:
    counts = collect(known.select(sent=nw.len(), orders=nw.col("order_id").n_unique()))
    sent, orders = (int(counts[name].to_list()[0]) for name in ("sent", "orders"))
    unknown = export.count(sold, rows=nw.col("order_id").is_null())["rows"]
    export.note("purchases_without_order", unknown, "purchase", "without a transaction_id left out of the orders")
    export.note("repeated_purchases", sent - orders, "purchase", "sent again with the same transaction_id left out")


def _first_of_each(sold: Frame) -> Frame:
    """Keep one purchase of each order: the first; of equal times one with a customer, then that of the most money."""
    who = [nw.col(name).fill_null("") for name in ("__customer", "user_pseudo_id", "__device", "__country")]
    sold = sold.with_columns(__who=nw.concat_str(*who, separator=" "), __revenue=_revenue(sold).fill_null(0.0))
    for best in (
        nw.col("event_timestamp") == nw.col("event_timestamp").min().over("order_id"),
        nw.col("__who") == nw.col("__who").max().over("order_id"),
        nw.col("__revenue") == nw.col("__revenue").max().over("order_id"),
    ):
        sold = sold.filter(best)
    return sold.unique(subset=["order_id"], keep="any")


def _revenue(sold: Frame) -> nw.Expr:
    revenue = field(sold, "ecommerce.purchase_revenue")
    return nw.col("__value") if revenue is None else nw.coalesce(revenue.cast(nw.Float64), "__value")


def _of_order() -> dict[str, nw.Expr]:
    columns = {"order_id": "order_id", "customer_id": "__customer", "ordered_at": "event_timestamp"}
    columns |= {"device": "__device", "country": "__country"}
    return {name: nw.col(source) for name, source in columns.items()}


def _whole_orders(sold: Frame) -> Frame:
    nothing = null_column(nw.String)
    return sold.select(**_of_order(), amount=_revenue(sold), line_type=nw.lit("product"), title=nothing, brand=nothing)


def _items(sold: Frame, export: Export) -> Frame:
    rows = exploded(sold.select("items", **_of_order()), "items")
    own = {name: field(rows, f"items.{name}") for name in _ITEM_TEXTS}
    money = {name: field(rows, f"items.{name}") for name in _ITEM_NUMBERS}
    texts = {name: null_column(nw.String) if text is None else text.cast(nw.String) for name, text in own.items()}
    floats = {n: null_column(nw.Float64) if number is None else number.cast(nw.Float64) for n, number in money.items()}
    rows = rows.select(*_of_order(), **texts, **floats)
    units = nw.col("quantity").fill_null(1.0)
    amount = nw.coalesce("item_revenue", nw.col("price") * units)
    export.note(
        "items_without_price", export.count(rows, rows=amount.is_null())["rows"], "item", "without a price read as free"
    )
    return rows.select(
        *_of_order(),
        product_id=nw.coalesce("item_id", "item_name"),
        title=nw.col("item_name"),
        brand=nw.col("item_brand"),
        category=nw.col("item_category"),
        coupon=nw.col("coupon"),
        quantity=units,
        unit_price=nw.col("price"),
        amount=amount.fill_null(0.0),
        line_type=nw.lit("product"),
    )


_ITEM_TEXTS = ("item_id", "item_name", "item_brand", "item_category", "coupon")
_ITEM_NUMBERS = ("price", "quantity", "item_revenue")
