"""From the tables to what is known of each cart."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from ..._core.arrays import Bools, Floats
from ..._core.frames import Frame
from ..._core.moments import length_to_microseconds, moment_to_microseconds
from ..._core.notes import Note
from .boundaries import CartBoundaries, find_carts
from .contents import CartContents, read_contents
from .events import CartEvents, CartIds, number_cart_sessions, read_cart_log
from .lifecycle import CartLifecycle, trace_carts
from .orders import OrderMatch, add_orders, match_orders, read_orders
from .reasons import find_flags, find_reasons
from .side_tables import read_prices, read_stock


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CartData:
    """What is known of each cart, in the order of the events."""

    events: CartEvents
    carts: CartBoundaries
    contents: CartContents
    ids: CartIds
    lifecycle: CartLifecycle
    flags: dict[str, Floats]
    reasons: dict[str, Bools]
    match: OrderMatch
    until: datetime | None
    notes: tuple[Note, ...]


def read_carts(
    table: Frame,
    *,
    orders: Frame | None,
    sales: Frame | None,
    stock: Frame | None,
    window: int,
    gap: timedelta,
    as_of: datetime | date | str | None,
) -> CartData:
    """Read the events, find the carts, and look up what the other tables say."""
    log = read_cart_log(table, as_of, gap)
    events, ids, known_orders = log.events, log.ids, None
    until, pause = moment_to_microseconds(log.until), length_to_microseconds(gap)
    if orders is not None:
        known_orders = read_orders(orders, table, ids, log.until)
        events = add_orders(events, ids, known_orders, pause)
    carts = find_carts(events, number_cart_sessions(events, pause), window)
    prices, price_notes = (None, []) if sales is None else read_prices(sales, table, ids)
    units, stock_notes = (None, []) if stock is None else read_stock(stock, table, ids)
    contents = read_contents(events, carts, prices)
    lifecycle = trace_carts(events, carts, contents, until, window, pause)
    flags = find_flags(events, carts, contents, lifecycle, prices, units)
    return CartData(
        events=events,
        carts=carts,
        contents=contents,
        ids=ids,
        lifecycle=lifecycle,
        flags=flags,
        reasons=find_reasons(lifecycle, flags),
        match=OrderMatch() if known_orders is None else match_orders(events, carts, known_orders),
        until=log.until,
        notes=(*log.notes, *price_notes, *stock_notes, *carts.notes),
    )
