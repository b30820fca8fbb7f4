"""Taobao UserBehavior: nine days of a million users, a hundred million actions."""

from datetime import datetime, timedelta, timezone
from typing import Literal, get_args

import narwhals.stable.v2 as nw
import pandas as pd
from narwhals.stable.v2.typing import IntoFrame

from ..._core.checks import one_of
from ..._core.engines import tell_library_errors
from ..._core.frames import Frame, opened
from ..._core.notes import Note
from .._map.map import Check
from .._model.errors import SchemaError
from .._model.shop import Shop
from .base import Export, fill_false, read_as_numbers, whole_number_text

_SYSTEM = "Taobao UserBehavior"
_COLUMNS = ("user", "product_id", "category", "event", "occurred_at")
_CHINA = timezone(timedelta(hours=8))
_FIRST, _END = (int(datetime(2017, *day, tzinfo=_CHINA).timestamp()) for day in ((11, 25), (12, 4)))


@tell_library_errors
def from_taobao_user_behavior(
    raw: IntoFrame, /, *, other_days: Literal["drop", "keep"] = "drop", check: Check = "values"
) -> Shop:
    """Map Taobao's UserBehavior.csv to a shop.

    The file has no header. Its five columns are taken in their order, whatever a reader calls them: user, item,
    category, behaviour (pv, buy, cart, fav), seconds since 1970.

    Parameters
    ----------
    raw : pandas, Polars, PyArrow, DuckDB or PySpark table
        The file, read without a header (``header=None``, ``has_header=False``).
    other_days : {"drop", "keep"}, default "drop"
        What becomes of actions outside 25 November to 3 December 2017, the days that the file is described to hold.
    check : {"values", "types"}, default "values"
        "types" leaves out the pass over the values.

    Returns
    -------
    Shop
        ``events`` in Shanghai's time, with GA4's names (pv is view_item, fav add_to_wishlist, cart add_to_cart, buy
        purchase); users are logged in, so that they are visitor and customer alike. ``products``: the category of each
        item, the smallest number where it has several. No ``orders``: a purchase has no money here.

    Raises
    ------
    SchemaError
        If there are not five columns, or values fail their checks.

    References
    ----------
    Alibaba, "User Behavior Data from Taobao for Recommendation", https://tianchi.aliyun.com/dataset/649

    Examples
    --------
    >>> import pandas as pd
    >>> from ecommine import schema
    >>> raw = pd.DataFrame([[1, 2268318, 2520377, "pv", 1511544070], [1, 2268318, 2520377, "buy", 1511561733]])
    >>> shop = schema.from_taobao_user_behavior(raw)
    >>> shop.events[["event", "occurred_at"]]
           event         occurred_at
    0  view_item 2017-11-25 01:21:10
    1   purchase 2017-11-25 06:15:33
    """
    one_of("other_days", other_days, get_args(Literal["drop", "keep"]))
    export = Export(check, _SYSTEM)
    frame = _named(raw)
    inside = (nw.col("occurred_at") >= _FIRST) & (nw.col("occurred_at") < _END)
    if other_days == "drop":
        frame = read_as_numbers(frame, export, "occurred_at")
        outside = export.count(frame, rows=~fill_false(inside))["rows"]
        export.note("other_days_left_out", outside, "action", "outside 25 November to 3 December 2017 left out")
        frame = frame.filter(fill_false(inside))
    events = export.table(
        frame.drop("category"),
        "events",
        visitor_id="user",
        customer_id="user",
        timezone="Asia/Shanghai",
        format="unix_s",
    )
    text = "no orders: the export records that something was bought, but not its price"
    export.notes.append(Note(text, code="no_orders_in_export"))
    return export.shop(events=events, products=export.table(_items(frame), "products"))


def _items(frame: Frame) -> Frame:
    """Return the smallest category of each item, compared as a number: as text "9" would come after "10"."""
    items = (
        read_as_numbers(frame, Export("types", _SYSTEM), "category")
        .group_by("product_id")
        .agg(nw.col("category").min())
    )
    return items.with_columns(category=whole_number_text(items, "category"))


def _named(raw: IntoFrame) -> Frame:
    if isinstance(raw, pd.DataFrame):  # which numbers its columns
        raw = raw.set_axis([str(position) for position in range(raw.shape[1])], axis=1)
    frame = opened(raw, argument="raw")
    names = frame.collect_schema().names()
    if len(names) != len(_COLUMNS):
        text = f"the file has 5 columns and no header, this table has {len(names)}: read it without a header"
        raise SchemaError(_SYSTEM, [text])
    return frame.select(*[nw.col(name).alias(canonical) for name, canonical in zip(names, _COLUMNS, strict=True)])
