"""From the tables to what is known of each cart."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from ..._core.arrays import Bools, Floats
from ..._core.frames import Frame
from ..._core.moments import length_to_microseconds
from ..._core.notes import Note
from .boundaries import CartBoundaries, find_carts
from .contents import CartContents, read_contents
from .events import CartLog, number_cart_sessions, read_cart_log
from .lifecycle import CartLifecycle, find_flags, find_reasons, trace_carts
from .orders import OrderMatch, add_orders, match_orders, read_orders
from .side_tables import read_prices, read_stock


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CartData:
    """What is known of each cart, in the order of the events."""

    log: CartLog
    carts: CartBoundaries
    contents: CartContents
    lifecycle: CartLifecycle
    flags: dict[str, Floats]
    reasons: dict[str, Bools]
    match: OrderMatch
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
    pause = length_to_microseconds(gap)
    known_orders = None if orders is None else read_orders(orders, log)
    prices, price_notes = (None, []) if sales is None else read_prices(sales, log)
    units, stock_notes = (None, []) if stock is None else read_stock(stock, log)
    events = log.events if known_orders is None else add_orders(log, known_orders, pause)
    carts = find_carts(events, number_cart_sessions(events, pause), window)
    contents = read_contents(events, carts, prices, log.clock)
    lifecycle = trace_carts(events, carts, contents, log.until, window, pause)
    flags = find_flags(events, carts, contents, lifecycle, prices, units, log.clock)
    return CartData(
        log=replace(log, events=events),
        carts=carts,
        contents=contents,
        lifecycle=lifecycle,
        flags=flags,
        reasons=find_reasons(lifecycle, flags),
        match=OrderMatch() if known_orders is None else match_orders(events, carts, known_orders),
        notes=(*log.notes, *price_notes, *stock_notes, *carts.notes),
    )
