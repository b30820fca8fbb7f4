"""Orders behind the purchases: what was bought, and purchases that the events do not have."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd

from ..._core.checks import counted
from ..._core.frames import Frame, opened
from ...schema._for_topics import EVENT_NAMES, check_same_library, common_type, read
from .._log.reading import factorize_sorted, load_rows
from .._match.sort import Ints
from .._micro import Times, column_to_microseconds, length_to_microseconds
from .events import IN_ORDERS, ONLY_ORDERS, PURCHASE, UNNAMED, Flags, Ids, Read, Trail
from .left_out import lacking, without
from .nearest import nearest_pairs, places

NONE = -1
LOW = 0.5
"""Share of purchases in the orders below which a warning is given."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Orders:
    """Orders: whose they are, when, what; `lines` of products that are named.

    Attributes
    ----------
    ids : array of shape (n_orders,)
        Ascending.
    person : int array of shape (n_orders,)
        As in the trail; NONE where the customer is in no event.
    time : int64 array of shape (n_orders,)
        Of the first line (microseconds).
    line_order, line_product : int arrays of shape (n_lines,)
        Every product of an order once.
    """

    ids: "np.ndarray[Any, Any]"
    person: Ints
    time: Times
    line_order: Ints
    line_product: Ints


def code_of(labels: "np.ndarray[Any, Any]", known: "np.ndarray[Any, Any]") -> Ints:
    """Find each label among the known ones, NONE where it is not there."""
    return np.asarray(pd.Index(known.astype(object)).get_indexer(labels.astype(object)))


def check_like(events: object, frame: Frame, keys: tuple[str, ...], argument: str) -> None:
    """Raise unless a table is of the library of the events, and ids of both are text or both are numbers."""
    there = opened(events, argument="events")
    check_same_library(there, frame, argument=argument, like="events")
    one, other = there.collect_schema(), frame.collect_schema()
    for name in keys:
        told = name in one and name in other and one[name] not in (nw.Object, nw.Unknown)
        if told:  # a column of nothing has no type
            common_type(there, frame, name, argument=argument, like="events")


def read_orders(orders: object, events: object, ids: Ids, until: datetime | None) -> tuple[Orders, list[str]]:
    """Read the lines of products that were ordered, not returned, up to a moment."""
    optional = ("product_id", "line_type", "quantity", "amount")
    frame = read(orders, "orders", ("order_id", "customer_id", "ordered_at"), optional=optional, argument="orders")
    check_like(events, frame, ("order_id", "customer_id", "product_id"), "orders")
    sold, notes = _sold(frame, until)
    rows = load_rows(sold)
    order, order_ids = factorize_sorted(rows["order_id"])
    customer, customers = factorize_sorted(rows["customer_id"])
    time = column_to_microseconds(rows["ordered_at"])
    first = np.full(len(order_ids), np.iinfo(np.int64).max)
    np.minimum.at(first, order, time)
    person = np.full(len(order_ids), NONE)
    np.maximum.at(person, order, np.append(code_of(customers, ids.customers), NONE)[customer])
    line_order, line_product = _products(rows, order, ids)
    known = int((person != NONE).sum())
    note = f"{known:,} of {counted(len(order_ids), 'order')} are of customers with an event of a cart or a purchase"
    found = Orders(ids=order_ids, person=person, time=first, line_order=line_order, line_product=line_product)
    return found, [*notes, note]


def _sold(frame: Frame, until: datetime | None) -> tuple[Frame, list[str]]:
    """Keep the lines of products that were sold by then; tell what others there are."""
    names = frame.collect_schema().names()
    kinds = lacking("order_id", "ordered_at")
    if "line_type" in names:
        # NumPy takes an unknown text for another one.
        kinds["of no product"] = ~nw.col("line_type").is_null() & (nw.col("line_type") != "product")
    negative = [nw.col(name) < 0 for name in ("quantity", "amount") if name in names]
    if negative:
        kinds["of returns"] = nw.any_horizontal(*negative, ignore_nulls=True)
    if until is not None:
        kinds[f"after {until:%Y-%m-%d %H:%M}"] = (nw.col("ordered_at") > nw.lit(until)).fill_null(False)
    return without(frame, "order line", kinds)


def _products(rows: nw.DataFrame[Any], order: Ints, ids: Ids) -> tuple[Ints, Ints]:
    """List every product of an order once; products that no event names have one code of their own."""
    if "product_id" not in rows.columns:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    code, labels = factorize_sorted(rows["product_id"])
    ours = code_of(labels, ids.products)
    ours = np.where(ours == NONE, len(ids.products), ours)
    named = code != NONE
    scale = len(ids.products) + 1
    packed = np.unique(order[named] * scale + ours[code[named]])
    return packed // scale, packed % scale


def with_orders(found: Read, orders: Orders, gap: timedelta) -> tuple[Trail, Flags]:
    """Put what the orders know into the trail; tell which purchases of the events they know.

    A purchase without a product becomes one a product of its order. Orders that no purchase event is become purchases.
    """
    trail = found.trail
    bought = np.flatnonzero(trail.kind == PURCHASE)
    event, known = _matched(trail, bought, found.order_id, orders, length_to_microseconds(gap))
    flag = np.zeros(len(trail.kind), dtype=np.int64)
    flag[bought[known]] = IN_ORDERS
    trail = replace(trail, order=flag)
    line_event = event[orders.line_order]
    opens = (line_event != NONE) & (trail.product[line_event] == UNNAMED) if len(trail.kind) else line_event != NONE
    told = replace(trail.take(line_event[opens]), product=orders.line_product[opens])
    told = replace(told, quantity=np.full(len(told.kind), np.nan))
    kept = np.ones(len(trail.kind), dtype=bool)
    kept[line_event[opens]] = False
    return trail.take(kept).joined(told).joined(_only_orders(orders, event)), known


def _matched(trail: Trail, bought: Ints, named: Any, orders: Orders, gap: int) -> tuple[Ints, Flags]:
    """Find the purchase event of each order, and which purchases have an order.

    By its id, else the nearest in time, each event for one order.
    """
    event = np.full(len(orders.ids), NONE)
    code, free = np.full(len(bought), NONE), np.ones(len(bought), dtype=bool)
    if named is not None:
        free = pd.isna(named[bought])
        code = np.where(free, NONE, code_of(named[bought], orders.ids))
    known = code != NONE
    event[code[known][::-1]] = bought[known][::-1]  # of several events the first
    loose, times, whose = bought[free], trail.time[bought[free]], trail.person[bought[free]]
    by_time = np.lexsort((orders.time, orders.person))
    wanted = by_time[(event[by_time] == NONE) & (orders.person[by_time] != NONE)]
    near = nearest_pairs(whose, times, orders.person[wanted], orders.time[wanted], gap)
    event[wanted[near != NONE]] = loose[near[near != NONE]]
    keys, moments = orders.person[by_time], orders.time[by_time]
    before, after = (places(keys, moments, whose, times + end) for end in (-gap - 1, gap))
    known[free] = after > before  # a purchase event a product: only one of them is the order's
    return event, known


def _only_orders(orders: Orders, event: Ints) -> Trail:
    """Make purchases of orders that no event is: one a product, or one without a product."""
    missing = (event == NONE) & (orders.person != NONE)
    lines = missing[orders.line_order]
    bare = missing.copy()
    bare[orders.line_order] = False
    order = np.concatenate([orders.line_order[lines], np.flatnonzero(bare)])
    n = len(order)
    return Trail(
        person=orders.person[order],
        time=orders.time[order],
        rank=np.full(n, EVENT_NAMES.index("purchase")),
        kind=np.full(n, PURCHASE),
        product=np.concatenate([orders.line_product[lines], np.full(int(bare.sum()), UNNAMED)]),
        visitor=np.full(n, NONE),
        customer=orders.person[order],
        session_id=np.full(n, NONE),
        value=np.full(n, np.nan),
        quantity=np.full(n, np.nan),
        order=np.full(n, ONLY_ORDERS),
        source=np.full(n, NONE),
    )
