"""Events of everyone who has a cart, as arrays: whose they are, what they do to the cart, in which session."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd

from ..._core.arrays import Bools, Floats, Ints, Times, sort_order, starts_after_gap
from ..._core.codes import Labels, whole_ids
from ..._core.frames import Frame
from ..._core.notes import Note
from ..._core.texts import counted
from ...schema._for_topics import EVENT_NAMES, Clock, SchemaError
from .._log.log import EventLog, read_log
from .._log.reading import fill_from_group
from .._log.sessions import number_sessions

VIEW_ITEM, ADD, REMOVE, PURCHASE = map(EVENT_NAMES.index, ("view_item", "add_to_cart", "remove_from_cart", "purchase"))
CART_EVENTS = EVENT_NAMES[ADD : PURCHASE + 1]
"""What touches a cart, in the order in which it fills up and is paid, and at last the purchase."""
IN_ORDERS, ONLY_IN_ORDERS = 1, 2
"""Purchases that the orders have too, and that only the orders have."""
NONE = -1
"""Code of what is not known, and position of what does not exist."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CartEvents:
    """Events sorted by person, time and name; each array of shape (n_events,), codes are NONE where unknown."""

    person: Ints  # the customer where that is known, else the visitor, numbered after all customers
    time: Times  # microseconds since 1970; instants where the events have them
    name: Ints  # position among GA4's names; other names come after these
    product: Ints
    visitor: Ints
    order: Ints
    session: Ints  # number of the visitor's session; NONE for purchases that only the orders have
    value: Floats
    quantity: Floats  # NaN where unknown, as the value is
    order_match: Ints  # of a purchase: IN_ORDERS, ONLY_IN_ORDERS or 0
    source: Ints  # number of the event in the log, since one purchase may become one per product

    def __len__(self) -> int:
        return len(self.time)

    @property
    def is_purchase(self) -> Bools:
        """Whether each event is a purchase."""
        return np.asarray(self.name == PURCHASE)

    @property
    def is_touch(self) -> Bools:
        """Whether each event touches a cart without buying it."""
        return np.asarray((self.name >= ADD) & (self.name < PURCHASE))

    @property
    def has_units(self) -> Bools:
        """Whether the units of each event are known."""
        return np.asarray(self.quantity > 0)  # false for NaN too

    @property
    def units(self) -> Floats:
        """Units of each event, one where they are unknown."""
        return np.where(self.has_units, self.quantity, 1.0)

    def key_of(self, owner: Ints, product: Ints | int) -> Ints:
        """Return one number per owner (person or cart) and product, ascending, an unknown product first."""
        return owner * (int(self.product.max(initial=NONE)) + 2) + product + 1

    def take(self, rows: Any) -> "CartEvents":
        """Return some events, in this order."""
        return CartEvents(**{name: getattr(self, name)[rows] for name in self.__dataclass_fields__})

    def joined(self, *others: "CartEvents") -> "CartEvents":
        """Return these and other events in one order."""
        parts, names = (self, *others), self.__dataclass_fields__
        joined = CartEvents(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})
        return joined.sorted()

    def sorted(self) -> "CartEvents":
        """Return the events by person, time and name; equal ones stay as they stand."""
        return self.take(sort_order(self.person, self.time, self.name))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CartLog:
    """The events of everyone who has a cart, up to a moment, and the ids behind their codes, ascending."""

    frame: Frame  # the caller's table
    events: CartEvents
    visitors: Labels
    customers: Labels
    products: Labels
    orders: Labels
    as_of: datetime | None
    until: int  # the same moment on the scale of the times of the events (microseconds)
    clock: Clock  # the way from these times to the shop's own
    notes: tuple[Note, ...]


def read_cart_log(frame: Frame, as_of: datetime | date | str | None, gap: timedelta) -> CartLog:
    """Read the events of every visitor who has an event of a cart or a purchase."""
    own = _own_columns(frame)
    optional = ("customer_id", "session_id", "product_id", "value")
    ties = ("product_id", "session_id", "value", *own)
    log = read_log(frame, optional=optional, others=own, ties=ties, having=CART_EVENTS, as_of=as_of)
    customer, customers = _codes(log, "customer_id")
    product, products = _codes(log, "product_id")
    order, orders = _codes(log, "order_id")
    customer, n_shared = fill_from_group(log.unit, customer)
    text = f"{counted(n_shared, 'visitor')} with several customers: events without a customer_id stay with the visitor"
    note = Note(text, code="visitors_with_several_customers", count=n_shared)
    rank_of = {name: rank for rank, name in enumerate(EVENT_NAMES)}
    ranks = [rank_of.get(name, len(rank_of) + position) for position, name in enumerate(log.names)]
    events = CartEvents(
        person=np.where(customer != NONE, customer, len(customers) + log.unit) if len(customers) else log.unit,
        time=log.time,
        name=np.array(ranks, dtype=np.int32)[log.event],
        product=product,
        visitor=log.unit,
        order=order,
        session=number_sessions(log.unit, log.time, _codes(log, "session_id")[0], gap),
        value=_floats(log, "value"),
        quantity=_floats(log, "quantity"),
        order_match=np.broadcast_to(np.int64(0), len(log.unit)),
        source=np.arange(len(log.unit)),
    )
    return CartLog(
        frame=frame,
        events=events.sorted() if len(customers) else events,
        visitors=whole_ids(log.units),
        customers=customers,
        products=products,
        orders=orders,
        as_of=log.as_of,
        until=log.until,
        clock=log.clock,
        notes=(*log.notes, note) if n_shared else log.notes,
    )


def _own_columns(frame: Frame) -> list[str]:
    """Return the columns beside those of the schema that are used, after a check of their types."""
    schema = frame.collect_schema()
    own: list[str] = [name for name in ("quantity", "order_id") if name in schema.names()]
    if "quantity" in own and not (schema["quantity"].is_numeric() or schema["quantity"] == nw.Unknown):
        raise SchemaError("events", [f"`quantity` holds {schema['quantity']}, not numbers: convert it first"])
    return own


def _codes(log: EventLog, column: str) -> tuple[Ints, Labels]:
    if not log.has(column):
        return np.broadcast_to(np.int64(NONE), len(log.unit)), np.zeros(0, dtype=np.int64)
    codes, labels = log.codes(column)
    return codes, whole_ids(labels)


def _floats(log: EventLog, column: str) -> Floats:
    values = log.floats(column)
    if values is None:
        return np.broadcast_to(np.float64(np.nan), len(log.unit))
    values[np.isinf(values)] = np.nan
    return values


def number_cart_sessions(events: CartEvents, gap: int) -> Ints:
    """Return the number of the session of each event, which is of one person.

    They are those of the visitors. A purchase that only the orders have has no visitor: it goes on with the session of
    the event before it, or, after a pause longer than ``gap`` microseconds, begins one.
    """
    if (events.person == events.visitor).all():  # there are no customers, and so no orders
        return events.session
    has_session, rows = events.session != NONE, np.arange(len(events))
    begins = starts_after_gap(events.person, events.time, gap) | has_session
    latest = np.maximum.accumulate(np.where(begins, rows, 0))
    session = np.where(has_session[latest], events.session[latest], len(events) + latest)
    return np.asarray(pd.factorize(events.person * 2 * len(events) + session)[0])
