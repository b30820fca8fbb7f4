"""Tables that a query made of GA4's export: those after UNNEST are refused, aliases are read as the fields."""

from collections.abc import Sequence

import narwhals.stable.v2 as nw

from ..._core.frames import Frame, collect
from .._exports.base import Export
from .._exports.ga4_nested import plain
from .._model.errors import SchemaError

_VALUES = ("string_value", "int_value", "float_value", "double_value", "value")
_ITEM = ("item_id", "item_name")
_OF_ITEM = ("price", "quantity", "item_revenue", "item_brand", "item_category", *_ITEM)
_NESTED = "`event_params`, `items`, `ecommerce`, `device`, `geo`, `traffic_source`"
_QUERY = (
    "query it before UNNEST, with one row per event: SELECT event_timestamp, event_name, user_pseudo_id, user_id, "
    f"{_NESTED.replace('`', '')} FROM `project.analytics_123.events_*`"
)
_MOST_REPEATED = 0.1
"""Share of the events that may be at one microsecond with others: GA4 sends some in one batch."""

FIELDS = (
    "ecommerce.transaction_id", "ecommerce.purchase_revenue", "device.category", "geo.country", "traffic_source.name",
)  # fmt: skip
_BARE = ("ecommerce.purchase_revenue", "geo.country")
"""Fields that a query gives without an alias by a name that can be nothing else."""


def refuse_unnested(names: Sequence[str], system: str) -> None:
    """Raise for a table with several rows for each event, of which each would count."""
    last = {name.rpartition(".")[2].lower() for name in names}
    dotted = [name for name in names if name.startswith(("event_params.key", "items.item_", "items_item_"))]
    of_parameter = [name for name in names if name.rpartition(".")[2] in (*_VALUES, "key")]
    if "key" in last and len(of_parameter) > 1:
        raise SchemaError(
            system, [f"{_columns(of_parameter)} are of parameters after UNNEST, a row for each: {_QUERY}"]
        )
    of_item = [name for name in names if name in _OF_ITEM]
    if len(of_item) > 1 and set(_ITEM) & set(of_item):
        dotted += of_item
    if dotted:
        raise SchemaError(system, [f"{_columns(dotted)} are of items after UNNEST: {_QUERY}"])


def _columns(names: Sequence[str]) -> str:
    return ", ".join(map(repr, names[:4]))


def with_fields(frame: Frame, keys: Sequence[str]) -> Frame:
    """Return a table whose aliases of fields (``device_category``) have the names of the fields.

    Aliases have no dots in BigQuery, so that a query gives these; ``keys`` are of parameters.
    """
    names = frame.collect_schema().names()
    taken, renamed = {plain(name) for name in names}, {}
    for path in (*FIELDS, *(f"event_params.{key}" for key in keys)):
        spellings = [path.replace(".", "_"), *([path.rpartition(".")[2]] if path in _BARE else [])]
        found = next((name for name in spellings if name in names), None)
        if found is not None and plain(path) not in taken and path.partition(".")[0] not in taken:
            renamed[found] = plain(path)
    return frame.rename(renamed) if renamed else frame


def require_money(sold: Frame, revenue: nw.Expr, names: Sequence[str], system: str) -> None:
    """Raise where purchases with a transaction id have no money, with the columns that it is sought in."""
    missing = Export("types").count(sold, rows=revenue.is_null())["rows"]
    if not missing:
        return
    sought = "ecommerce.purchase_revenue (or ecommerce_purchase_revenue, purchase_revenue) and the parameter value"
    there = [name for name in (plain("ecommerce.purchase_revenue"), "value") if name in names]
    text = f"purchases with a transaction_id, {missing:,} of them, have no money"
    remedy = "give their revenue, or leave these rows out" if there else "add a column to the query"
    raise SchemaError(system, [f"{text}, which is sought in {sought}: {remedy}"])


def note_repeated_events(frame: Frame, export: Export) -> None:
    """Add a note where many events are at the same microsecond as others of their name, as they are after UNNEST."""
    sizes = frame.group_by("user_pseudo_id", "event_timestamp", "event_name").agg(n=nw.len())
    sums = collect(sizes.select(rows=nw.col("n").sum(), events=nw.len()))
    rows, events = (int(sums[name].to_list()[0] or 0) for name in ("rows", "events"))
    if rows - events > _MOST_REPEATED * rows:
        text = "at the same microsecond as another one of the same visitor and name: if the table has a row for each "
        export.note("events_repeated", rows - events, "event", f"{text}parameter or item, {_QUERY}")
