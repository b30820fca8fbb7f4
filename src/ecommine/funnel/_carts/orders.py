"""Orders behind the purchases: what was bought, and purchases that the events do not have."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from ..._core.arrays import Bools, Ints, Times, count_until, distinct_codes, distinct_rows, nearest_record, sort_order
from ..._core.codes import Labels, factorize_sorted
from ..._core.frames import Frame
from ..._core.moments import column_to_microseconds
from ..._core.notes import Note
from ..._core.texts import counted
from ...schema._for_topics import Clock, instant_column, read
from .._log.reading import load_rows
from .boundaries import CartBoundaries
from .events import IN_ORDERS, NONE, ONLY_IN_ORDERS, PURCHASE, CartEvents, CartLog
from .side_tables import Unusable, check_ids, codes_of_column, find_codes, incomplete, leave_out

MIN_MATCHED_SHARE = 0.5
"""Share of purchases, or of bought carts, in the orders below which there is a warning."""
HOW_TO_MATCH = ": add customers to the events with schema.identify, or an order_id to the purchases"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Orders:
    """Orders of shape (n_orders,) by ascending id, and every product of an order once, of shape (n_lines,)."""

    ids: Labels
    person: Ints  # as in the events; NONE where the customer is in no event
    time: Times  # of the first line (microseconds)
    line_order: Ints
    line_product: Ints  # as in the events; products that no event names share a code of their own
    notes: tuple[Note, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderMatch:
    """Shares of the carts that were bought, and of the purchases, that are in the orders; NaN without orders."""

    carts: float = float("nan")
    purchases: float = float("nan")
    notes: tuple[Note, ...] = ()
    warnings: tuple[Note, ...] = ()


def read_orders(orders: Frame, log: CartLog) -> Orders:
    """Read the lines of products that were ordered, not returned, up to a moment."""
    optional = ("product_id", "line_type", "quantity", "amount")
    required, instants = ("order_id", "customer_id", "ordered_at"), instant_column(orders, "ordered_at")
    others = () if instants is None else (instants,)
    frame = read(orders, "orders", required, optional=optional, others=others, argument="orders")
    check_ids(log.frame, frame, ("order_id", "customer_id", "product_id"), "orders")
    sold, notes = leave_out(frame, "order line", *_unusable_lines(frame, log.as_of))
    rows = load_rows(sold)
    order, order_ids = factorize_sorted(rows["order_id"])
    first_time = np.full(len(order_ids), np.iinfo(np.int64).max)
    np.minimum.at(first_time, order, _instants(rows, log.clock))
    person = np.full(len(order_ids), NONE)
    np.maximum.at(person, order, codes_of_column(rows["customer_id"], log.customers))
    line_order, line_product = _distinct_products(rows, order, log)
    n_known = int((person != NONE).sum())
    verb = "is" if n_known == 1 else "are"
    text = f"{n_known:,} of {counted(len(order_ids), 'order')} {verb} from customers with cart or purchase events"
    return Orders(
        ids=order_ids,
        person=person,
        time=first_time,
        line_order=line_order,
        line_product=line_product,
        notes=(*notes, Note(text, code="orders_of_known_customers", count=n_known)),
    )


def _instants(rows: nw.DataFrame[Any], clock: Clock) -> Times:
    """Return the times of order lines on the scale of the events: instants where the events have them."""
    moments = column_to_microseconds(rows["ordered_at"])
    name = instant_column(rows, "ordered_at")
    instants = clock.to_instant(moments)
    if name is None or not clock.is_known:
        return instants
    given = column_to_microseconds(rows[name])
    return np.where(np.isnat(given.view("datetime64[us]")), instants, given)


def _unusable_lines(frame: Frame, as_of: datetime | None) -> list[Unusable]:
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
    if as_of is not None:
        is_late = (nw.col("ordered_at") > nw.lit(as_of)).fill_null(False)
        kinds.append(Unusable(words=f"after {as_of:%Y-%m-%d %H:%M}", code="orders_after_as_of", holds=is_late))
    return kinds


def _distinct_products(rows: nw.DataFrame[Any], order: Ints, log: CartLog) -> tuple[Ints, Ints]:
    if "product_id" not in rows.columns:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    code, labels = factorize_sorted(rows["product_id"])
    product = find_codes(labels, log.products)
    product[product == NONE] = len(log.products)
    has_product, scale = code != NONE, len(log.products) + 1
    packed = distinct_codes(order[has_product] * scale + product[code[has_product]])[1]
    return packed // scale, packed % scale


def add_orders(log: CartLog, orders: Orders, gap: int) -> CartEvents:
    """Add what the orders know to the events.

    A purchase without a product becomes one per product of its order. Orders that no event is become purchases.
    """
    events = log.events
    event_of_order, is_in_orders = _find_purchases(log, orders, gap)
    order_match = np.zeros(len(events), dtype=np.int64)
    order_match[events.is_purchase] = np.where(is_in_orders, IN_ORDERS, 0)
    events = replace(events, order_match=order_match)
    event_of_line = event_of_order[orders.line_order]
    is_replaced = event_of_line != NONE
    is_replaced[is_replaced] = events.product[event_of_line[is_replaced]] == NONE
    replaced = event_of_line[is_replaced]
    products = replace(
        events.take(replaced), product=orders.line_product[is_replaced], quantity=np.full(len(replaced), np.nan)
    )
    is_kept = np.ones(len(events), dtype=bool)
    is_kept[replaced] = False
    return events.take(is_kept).joined(products, _purchases_of(orders, event_of_order))


def _find_purchases(log: CartLog, orders: Orders, gap: int) -> tuple[Ints, Bools]:
    """Return the purchase event of each order, and which purchases have an order.

    By its id, else the nearest in time of the customer; of several orders that are nearest to one event, the nearest.
    """
    events, event = log.events, np.full(len(orders.ids), NONE)
    purchases = np.flatnonzero(events.is_purchase)
    has_no_id = events.order[purchases] == NONE
    order = np.append(find_codes(log.orders, orders.ids), NONE)[events.order[purchases]]
    is_known = order != NONE
    event[order[is_known][::-1]] = purchases[is_known][::-1]  # of several events the first is written last
    others = purchases[has_no_id]
    person, time = events.person[others], events.time[others]
    open_orders = np.flatnonzero((event == NONE) & (orders.person != NONE))
    nearest = _nearest_once(person, time, orders.person[open_orders], orders.time[open_orders], gap)
    event[open_orders[nearest != NONE]] = others[nearest[nearest != NONE]]
    by_time = sort_order(orders.person, orders.time)
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
    without_line = np.setdiff1d(np.flatnonzero(is_missing), orders.line_order)
    order = np.append(orders.line_order[lines], without_line)
    unknown = np.full(len(order), NONE)
    return CartEvents(
        person=orders.person[order],
        time=orders.time[order],
        name=np.full(len(order), PURCHASE),
        product=np.append(orders.line_product[lines], unknown[: len(without_line)]),
        visitor=unknown,
        order=unknown,
        session=unknown,
        value=np.full(len(order), np.nan),
        quantity=np.full(len(order), np.nan),
        order_match=np.full(len(order), ONLY_IN_ORDERS),
        source=unknown,
    )


def match_orders(events: CartEvents, carts: CartBoundaries, orders: Orders) -> OrderMatch:
    """Compute how many of the carts that were bought, and of the purchases, are in the orders."""
    purchases = np.flatnonzero(events.is_purchase & (events.order_match < ONLY_IN_ORDERS))
    purchases = purchases[distinct_rows(events.source[purchases])[1]]
    is_in_orders = events.order_match[purchases] == IN_ORDERS
    of_carts = events.order_match[carts.closing[carts.is_closed]]
    n_only = int((of_carts == ONLY_IN_ORDERS).sum())
    only = f", {n_only:,} of them without a purchase event" if n_only else ""
    shares, on_shares = {}, {}
    if len(of_carts):
        shares["carts"] = float((of_carts > 0).mean())
        on_shares["carts"] = _note_on_matched(of_carts > 0, "bought cart", "bought_carts_in_orders", only)
    if len(is_in_orders):
        shares["purchases"] = float(is_in_orders.mean())
        on_shares["purchases"] = _note_on_matched(is_in_orders, "purchase event", "purchases_in_orders")
    low = [on_shares[name] for name in sorted(shares, key=shares.__getitem__) if shares[name] < MIN_MATCHED_SHARE][:1]
    warnings = tuple(Note(note + HOW_TO_MATCH, code="few_matched_orders", count=note.count) for note in low)
    return OrderMatch(**shares, notes=(*orders.notes, *on_shares.values()), warnings=warnings)


def _note_on_matched(is_matched: Bools, noun: str, code: str, more: str = "") -> Note:
    count = int(is_matched.sum())
    verb = "is" if count == 1 else "are"
    return Note(f"{count:,} of {counted(len(is_matched), noun)} {verb} in the orders{more}", code=code, count=count)
