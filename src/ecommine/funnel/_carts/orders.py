"""Orders behind the purchases: what was bought, and purchases that the events do not have."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd

from ..._core.arrays import Bools, Ints, Times, count_until, distinct_codes, nearest_record
from ..._core.codes import Labels, factorize_sorted
from ..._core.frames import Frame
from ..._core.moments import column_to_microseconds, length_to_microseconds
from ..._core.notes import Note
from ..._core.texts import counted
from ...schema._for_topics import EVENT_NAMES, read
from .._log.reading import load_rows
from .events import IN_ORDERS, NO_PRODUCT, NONE, ONLY_IN_ORDERS, PURCHASE, CartEvents, CartIds, CartLog
from .side_tables import Unusable, check_ids, find_codes, incomplete, leave_out


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Orders:
    """Orders in the codes of the events, with their products that are known.

    Attributes
    ----------
    ids : array of shape (n_orders,)
        Ascending.
    person : int array of shape (n_orders,)
        As in the events; NONE where the customer is in no event.
    time : int64 array of shape (n_orders,)
        Of the first line (microseconds).
    line_order, line_product : int arrays of shape (n_lines,)
        Every product of an order once.
    """

    ids: Labels
    person: Ints
    time: Times
    line_order: Ints
    line_product: Ints


def read_orders(orders: Frame, events: Frame, ids: CartIds, until: datetime | None) -> tuple[Orders, list[Note]]:
    """Read the lines of products that were ordered, not returned, up to a moment."""
    optional = ("product_id", "line_type", "quantity", "amount")
    frame = read(orders, "orders", ("order_id", "customer_id", "ordered_at"), optional=optional, argument="orders")
    check_ids(events, frame, ("order_id", "customer_id", "product_id"), "orders")
    sold, notes = leave_out(frame, "order line", _unusable_lines(frame, until))
    rows = load_rows(sold)
    order, order_ids = factorize_sorted(rows["order_id"])
    customer, customers = factorize_sorted(rows["customer_id"])
    first_time = np.full(len(order_ids), np.iinfo(np.int64).max)
    np.minimum.at(first_time, order, column_to_microseconds(rows["ordered_at"]))
    person = np.full(len(order_ids), NONE)
    np.maximum.at(person, order, np.append(find_codes(customers, ids.customers), NONE)[customer])
    line_order, line_product = _products(rows, order, ids)
    n_known = int((person != NONE).sum())
    verb = "is" if n_known == 1 else "are"
    text = f"{n_known:,} of {counted(len(order_ids), 'order')} {verb} from customers with cart or purchase events"
    note = Note(text, code="orders_of_known_customers", count=n_known)
    known_orders = Orders(
        ids=order_ids, person=person, time=first_time, line_order=line_order, line_product=line_product
    )
    return known_orders, [*notes, note]


def _unusable_lines(frame: Frame, until: datetime | None) -> tuple[Unusable, ...]:
    names = frame.collect_schema().names()
    kinds = [incomplete("orders", "order_id", "ordered_at")]
    if "line_type" in names:
        # NumPy takes an unknown text for another one.
        is_other = ~nw.col("line_type").is_null() & (nw.col("line_type") != "product")
        kinds.append(Unusable(words="of no product", code="other_lines_left_out", holds=is_other))
    negative = [nw.col(name) < 0 for name in ("quantity", "amount") if name in names]
    if negative:
        is_return = nw.any_horizontal(*negative, ignore_nulls=True)
        kinds.append(Unusable(words="of returns", code="returns_left_out", holds=is_return))
    if until is not None:
        is_late = (nw.col("ordered_at") > nw.lit(until)).fill_null(False)
        kinds.append(Unusable(words=f"after {until:%Y-%m-%d %H:%M}", code="orders_after_as_of", holds=is_late))
    return tuple(kinds)


def _products(rows: nw.DataFrame[Any], order: Ints, ids: CartIds) -> tuple[Ints, Ints]:
    """List every product of an order once; products that no event names share a code of their own."""
    if "product_id" not in rows.columns:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    code, labels = factorize_sorted(rows["product_id"])
    product = find_codes(labels, ids.products)
    product = np.where(product == NONE, len(ids.products), product)
    has_product = code != NONE
    scale = len(ids.products) + 1
    packed = distinct_codes(order[has_product] * scale + product[code[has_product]])[1]
    return packed // scale, packed % scale


def add_orders(log: CartLog, orders: Orders, gap: timedelta) -> tuple[CartEvents, Bools]:
    """Add what the orders know to the events; return which purchase events the orders have.

    A purchase without a product becomes one per product of its order. Orders that no event is become purchases.
    """
    events = log.events
    purchases = np.flatnonzero(events.is_purchase)
    event_of_order, is_in_orders = _match_orders(events, purchases, log.order_id, orders, length_to_microseconds(gap))
    order_match = np.zeros(len(events), dtype=np.int64)
    order_match[purchases[is_in_orders]] = IN_ORDERS
    events = replace(events, order_match=order_match)
    event_of_line = event_of_order[orders.line_order]
    is_replaced = event_of_line != NONE
    is_replaced[is_replaced] = events.product[event_of_line[is_replaced]] == NO_PRODUCT
    products = replace(events.take(event_of_line[is_replaced]), product=orders.line_product[is_replaced])
    products = replace(products, quantity=np.full(len(products), np.nan))
    is_kept = np.ones(len(events), dtype=bool)
    is_kept[event_of_line[is_replaced]] = False
    return events.take(is_kept).joined([products, _purchases_of(orders, event_of_order)]), is_in_orders


def _match_orders(
    events: CartEvents, purchases: Ints, order_id: Labels | None, orders: Orders, gap: int
) -> tuple[Ints, Bools]:
    """Return the purchase event of each order, and which purchases have an order.

    By its id, else the nearest in time of the customer; of several orders that are nearest to one event, the nearest.
    """
    event = np.full(len(orders.ids), NONE)
    order, has_no_id = np.full(len(purchases), NONE), np.ones(len(purchases), dtype=bool)
    if order_id is not None:
        has_no_id = pd.isna(order_id[purchases])
        order = np.where(has_no_id, NONE, find_codes(order_id[purchases], orders.ids))
    is_known = order != NONE
    event[order[is_known][::-1]] = purchases[is_known][::-1]  # of several events the first is written last
    others = purchases[has_no_id]
    person, time = events.person[others], events.time[others]
    open_orders = np.flatnonzero((event == NONE) & (orders.person != NONE))
    nearest = _nearest_once(person, time, orders.person[open_orders], orders.time[open_orders], gap)
    event[open_orders[nearest != NONE]] = others[nearest[nearest != NONE]]
    by_time = np.lexsort((orders.time, orders.person))
    keys, moments = orders.person[by_time], orders.time[by_time]
    before, until = (count_until(keys, moments, person, time + end) for end in (-gap - 1, gap))
    is_known[has_no_id] = until > before  # of purchase events of one product each, only one is the order's
    return event, is_known


def _nearest_once(key: Ints, time: Times, at_key: Ints, at_time: Times, gap: int) -> Ints:
    """Return the nearest record of each moment, each record once: for the nearest moment, the first of equal ones."""
    nearest = nearest_record(key, time, at_key, at_time, gap)
    rows = np.flatnonzero(nearest != NONE)
    rows = rows[np.lexsort((rows, at_time[rows], np.abs(time[nearest[rows]] - at_time[rows])))]
    first = np.unique(nearest[rows], return_index=True)[1]
    once = np.full(len(nearest), NONE)
    once[rows[first]] = nearest[rows[first]]
    return once


def _purchases_of(orders: Orders, event_of_order: Ints) -> CartEvents:
    """Make purchases of orders that no event is: one per product, or one without a product."""
    is_missing = (event_of_order == NONE) & (orders.person != NONE)
    lines = is_missing[orders.line_order]
    has_no_line = is_missing.copy()
    has_no_line[orders.line_order] = False
    order = np.concatenate([orders.line_order[lines], np.flatnonzero(has_no_line)])
    n = len(order)
    return CartEvents(
        person=orders.person[order],
        time=orders.time[order],
        name_rank=np.full(n, EVENT_NAMES.index("purchase")),
        kind=np.full(n, PURCHASE),
        product=np.concatenate([orders.line_product[lines], np.full(int(has_no_line.sum()), NO_PRODUCT)]),
        visitor=np.full(n, NONE),
        customer=orders.person[order],
        session_id=np.full(n, NONE),
        value=np.full(n, np.nan),
        quantity=np.full(n, np.nan),
        order_match=np.full(n, ONLY_IN_ORDERS),
        source=np.full(n, NONE),
    )
