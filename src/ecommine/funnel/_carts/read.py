"""From the tables to what is known of each cart."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from ..._core.arrays import Bools
from ..._core.codes import Labels
from ..._core.frames import Frame
from ..._core.moments import length_to_microseconds, moment_to_microseconds
from ..._core.notes import Note
from ..._core.texts import counted
from .boundaries import CartBoundaries, Unassigned, find_carts
from .contents import CartContents, read_contents
from .events import ONLY_IN_ORDERS, CartEvents, CartIds, CartLog, number_cart_sessions, read_cart_log
from .lifecycle import CartLifecycle, trace_carts
from .orders import add_orders, read_orders
from .reasons import CartFlag, find_flags, name_reasons
from .side_tables import read_prices, read_stock

MIN_MATCHED_SHARE = 0.5
"""Share of purchases, or of bought carts, in the orders below which there is a warning."""
HOW_TO_MATCH = ": add customers to the events with schema.identify, or an order_id to the purchases"


@dataclass(frozen=True, slots=True, kw_only=True)
class CartInputs:
    """The tables of a call, opened, and its options; ``window`` is in microseconds."""

    events: Frame
    orders: Frame | None
    sales: Frame | None
    stock: Frame | None
    window: int
    gap: timedelta
    as_of: datetime | date | str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderMatch:
    """Shares of the carts that were bought, and of the purchases, that are in the orders; NaN without orders."""

    carts: float = float("nan")
    purchases: float = float("nan")
    notes: tuple[Note, ...] = ()
    warnings: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CartData:
    """What is known of each cart, in the order of the events."""

    events: CartEvents
    carts: CartBoundaries
    contents: CartContents
    ids: CartIds
    lifecycle: CartLifecycle
    flags: dict[str, CartFlag]
    reason: Labels
    match: OrderMatch
    until: datetime | None
    notes: tuple[Note, ...]


def read_carts(inputs: CartInputs) -> CartData:
    """Read the events, find the carts, and look up what the other tables say."""
    log = read_cart_log(inputs.events, inputs.as_of)
    until, gap = moment_to_microseconds(log.until), length_to_microseconds(inputs.gap)
    events, is_in_orders, order_notes = _with_orders(log, inputs)
    carts = find_carts(events, number_cart_sessions(events, inputs.gap), inputs.window)
    contents = read_contents(events, carts)
    prices, price_notes = (None, []) if inputs.sales is None else read_prices(inputs.sales, inputs.events, log.ids)
    stock, stock_notes = (None, []) if inputs.stock is None else read_stock(inputs.stock, inputs.events, log.ids)
    if prices is not None:
        contents = contents.fill_prices(prices.latest(contents.product, contents.added_at))
    lifecycle = trace_carts(events, carts, contents, until, inputs.window, gap)
    flags = find_flags(events, carts, contents, lifecycle, until, prices, stock)
    return CartData(
        events=events,
        carts=carts,
        contents=contents,
        ids=log.ids,
        lifecycle=lifecycle,
        flags=flags,
        reason=name_reasons(lifecycle, flags),
        match=_order_match(events, carts, is_in_orders, order_notes),
        until=log.until,
        notes=(*log.notes, *price_notes, *stock_notes, *_notes_on_unassigned(carts.unassigned)),
    )


def _with_orders(log: CartLog, inputs: CartInputs) -> tuple[CartEvents, Bools | None, list[Note]]:
    """Add the orders to the events, where there are any."""
    if inputs.orders is None:
        return log.events, None, []
    orders, notes = read_orders(inputs.orders, inputs.events, log.ids, log.until)
    events, is_in_orders = add_orders(log, orders, inputs.gap)
    return events, is_in_orders, notes


def _notes_on_unassigned(unassigned: Unassigned) -> Iterator[Note]:
    total = sum(unassigned.purchases.values())
    if total:
        words = {"no_cart": "without a cart", "other_products": "of other products", "after_window": "after its window"}
        counts = unassigned.purchases.items()
        parts = ", ".join(f"{count:,} {words[reason]}" for reason, count in counts if count)
        text = f"{total:,} of {counted(unassigned.n_purchases, 'purchase')} bought no open cart: {parts}"
        yield Note(text, code="purchases_without_cart", count=total)
    touches = unassigned.touches
    if touches:
        what = counted(touches, "removal, cart view or checkout step", "removals, cart views or checkout steps")
        text = f"{what} without an open cart {_verb(touches)} left out"
        yield Note(text, code="touches_without_cart", count=touches)


def _order_match(
    events: CartEvents, carts: CartBoundaries, is_in_orders: Bools | None, notes: list[Note]
) -> OrderMatch:
    """Compute how many of the carts that were bought, and of the purchases, are in the orders."""
    if is_in_orders is None:
        return OrderMatch()
    shares: dict[str, tuple[float, Note]] = {}
    of_carts = events.order_match[carts.closing[carts.is_closed]]
    if len(of_carts):
        shares["carts"] = float((of_carts > 0).mean()), _note_on_carts(of_carts > 0, of_carts == ONLY_IN_ORDERS)
    if len(is_in_orders):
        count = int(is_in_orders.sum())
        text = f"{count:,} of {counted(len(is_in_orders), 'purchase event')} {_verb(count)} in the orders"
        shares["purchases"] = float(is_in_orders.mean()), Note(text, code="purchases_in_orders", count=count)
    lowest = min(shares.values(), default=None, key=lambda pair: pair[0])
    return OrderMatch(
        **{name: share for name, (share, _) in shares.items()},
        notes=(*notes, *(note for _, note in shares.values())),
        warnings=() if lowest is None or lowest[0] >= MIN_MATCHED_SHARE else (_few_matched(lowest[1]),),
    )


def _note_on_carts(is_in_orders: Bools, is_only_in_orders: Bools) -> Note:
    count, only = int(is_in_orders.sum()), int(is_only_in_orders.sum())
    text = f"{count:,} of {counted(len(is_in_orders), 'bought cart')} {_verb(count)} in the orders"
    text += f", {only:,} of them without a purchase event" if only else ""
    return Note(text, code="bought_carts_in_orders", count=count)


def _few_matched(note: Note) -> Note:
    return Note(note + HOW_TO_MATCH, code="few_matched_orders", count=note.count)


def _verb(count: int) -> str:
    return "is" if count == 1 else "are"
