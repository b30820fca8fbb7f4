"""Events of everyone who has a cart, as arrays: whose they are, what they do to the cart, in which session."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd

from ..._core.arrays import Bools, Floats, Ints, Times, starts_after_gap
from ..._core.codes import Labels, whole_ids
from ..._core.frames import Frame
from ..._core.moments import length_to_microseconds
from ..._core.notes import Note
from ..._core.texts import counted
from ...schema._for_topics import EVENT_NAMES, SchemaError
from .._log.log import EventLog, read_log
from .._log.reading import fill_from_group
from .._log.sessions import number_sessions

CART_EVENTS = (
    "add_to_cart",
    "remove_from_cart",
    "view_cart",
    "begin_checkout",
    "add_shipping_info",
    "add_payment_info",
    "purchase",
)
ADD, REMOVE, PURCHASE = 0, 1, 6
OTHER_EVENT = -1
IN_ORDERS, ONLY_IN_ORDERS = 1, 2
"""Purchases that the orders have too, and that only the orders have."""
NO_PRODUCT = -1
"""Code of the product of events that name none."""
NONE = -1
"""Position of what does not exist."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CartEvents:
    """Events sorted by person, time and name.

    A person is a customer where that is known, else a visitor.

    Attributes
    ----------
    person : int array of shape (n_events,)
        Customers first, then visitors.
    time : int64 array of shape (n_events,)
        Microseconds since 1970.
    name_rank, kind : int arrays of shape (n_events,)
        Position of the name among GA4's, and in CART_EVENTS, OTHER_EVENT where it is no event of a cart.
    product, visitor, customer, session_id : int arrays of shape (n_events,)
        Codes; -1 where unknown.
    value, quantity : float arrays of shape (n_events,)
        NaN where unknown.
    order_match : int array of shape (n_events,)
        Of a purchase: IN_ORDERS, ONLY_IN_ORDERS or 0.
    source : int array of shape (n_events,)
        Number of the event in the log: a purchase of several products may become several. -1 for orders.
    """

    person: Ints
    time: Times
    name_rank: Ints
    kind: Ints
    product: Ints
    visitor: Ints
    customer: Ints
    session_id: Ints
    value: Floats
    quantity: Floats
    order_match: Ints
    source: Ints

    def __len__(self) -> int:
        return len(self.time)

    @property
    def is_purchase(self) -> Bools:
        """Whether each event is a purchase."""
        return np.asarray(self.kind == PURCHASE)

    @property
    def is_touch(self) -> Bools:
        """Whether each event touches a cart without buying it."""
        return np.asarray((self.kind != OTHER_EVENT) & (self.kind != PURCHASE))

    @property
    def has_units(self) -> Bools:
        """Whether the units of each event are known."""
        return np.asarray(self.quantity > 0)  # false for NaN too

    @property
    def units(self) -> Floats:
        """Units of each event, one where they are unknown."""
        return np.where(self.has_units, self.quantity, 1.0)

    def take(self, rows: Any) -> "CartEvents":
        """Return some events, in this order."""
        return CartEvents(**{name: getattr(self, name)[rows] for name in self.__dataclass_fields__})

    def joined(self, others: Iterable["CartEvents"]) -> "CartEvents":
        """Return these and other events, sorted again; equal ones stay as they stand."""
        parts = (self, *others)
        names = self.__dataclass_fields__
        return CartEvents(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in names}).ordered()

    def ordered(self) -> "CartEvents":
        """Return the events sorted by person, time and name; equal ones stay as they stand."""
        return self.take(self.order())

    def order(self) -> Ints:
        """Return the order of the events by person, time and name."""
        return np.lexsort((self.name_rank, self.time, self.person))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CartIds:
    """Ids behind the codes, ascending."""

    visitors: Labels
    customers: Labels
    products: Labels


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CartLog:
    """The events of a log that has carts.

    Attributes
    ----------
    events : CartEvents
    ids : CartIds
    order_id : array of shape (n_events,) or None
        The order of each event; None where the log has none.
    until : datetime or None
        The moment up to which events count.
    notes : tuple of Note
        What was left out.
    """

    events: CartEvents
    ids: CartIds
    order_id: Labels | None
    until: datetime | None
    notes: tuple[Note, ...]


def read_cart_log(events: Frame, as_of: datetime | date | str | None) -> CartLog:
    """Read the events of every visitor who has an event of a cart or a purchase."""
    own = _own_columns(events)
    optional = ("customer_id", "session_id", "product_id", "value")
    ties = ("product_id", "session_id", "value", *own)
    log = read_log(events, optional=optional, others=own, ties=ties, having=CART_EVENTS, as_of=as_of)
    customer, customers = _codes(log, "customer_id")
    product, products = _codes(log, "product_id")
    customer, n_shared = fill_from_group(log.unit, customer)
    name_rank = np.array([_name_rank(name, position) for position, name in enumerate(log.names)], dtype=np.int32)
    kinds = [CART_EVENTS.index(name) if name in CART_EVENTS else OTHER_EVENT for name in log.names]
    cart_events = CartEvents(
        person=np.where(customer >= 0, customer, len(customers) + log.unit) if len(customers) else log.unit,
        time=log.time,
        name_rank=name_rank[log.event],
        kind=np.array(kinds, dtype=np.int8)[log.event],
        product=product,
        visitor=log.unit,
        customer=customer,
        session_id=_codes(log, "session_id")[0],
        value=_floats(log, "value"),
        quantity=_floats(log, "quantity"),
        order_match=np.broadcast_to(np.int64(0), len(log.unit)),
        source=np.arange(len(log.unit)),
    )
    order_id = np.array(log.rows["order_id"].to_list(), dtype=object)[log.order] if "order_id" in own else None
    if (customer >= 0).any():
        order = cart_events.order()
        cart_events, order_id = cart_events.take(order), None if order_id is None else order_id[order]
    return CartLog(
        events=cart_events,
        ids=CartIds(visitors=whole_ids(log.units), customers=customers, products=products),
        order_id=order_id,
        until=log.until,
        notes=(*log.notes, *_notes_on_customers(n_shared)),
    )


def _own_columns(events: Frame) -> list[str]:
    """Return the columns beside those of the schema that are used, after a check of their types."""
    schema = events.collect_schema()
    own: list[str] = [name for name in ("quantity", "order_id") if name in schema.names()]
    if "quantity" in own and not (schema["quantity"].is_numeric() or schema["quantity"] == nw.Unknown):
        raise SchemaError("events", [f"`quantity` holds {schema['quantity']}, not numbers: convert it first"])
    return own


def _notes_on_customers(n_shared: int) -> list[Note]:
    if not n_shared:
        return []
    text = f"{counted(n_shared, 'visitor')} with several customers: events without a customer_id stay with the visitor"
    return [Note(text, code="visitors_with_several_customers", count=n_shared)]


def _name_rank(name: str, position: int) -> int:
    return EVENT_NAMES.index(name) if name in EVENT_NAMES else len(EVENT_NAMES) + position


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


def number_cart_sessions(events: CartEvents, gap: timedelta) -> Ints:
    """Return the number of the session of each event, in the order in which they begin for their person.

    They are those of the visitors. A purchase that only the orders have has no visitor: it goes on with the session of
    the event before it, or, after a pause longer than ``gap``, begins one.
    """
    if (events.customer == NONE).all():  # persons are the visitors, and there are no orders
        return number_sessions(events.visitor, events.time, events.session_id, gap)
    rows = np.flatnonzero(events.visitor != NONE)
    rows = rows[np.lexsort((events.time[rows], events.visitor[rows]))]
    label = np.full(len(events), NONE)
    label[rows] = number_sessions(events.visitor[rows], events.time[rows], events.session_id[rows], gap)
    begins_label = starts_after_gap(events.person, events.time, length_to_microseconds(gap)) | (label != NONE)
    latest = np.maximum.accumulate(np.where(begins_label, np.arange(len(label)), 0))
    label = np.where(label[latest] != NONE, label[latest], len(label) + latest)
    return np.asarray(pd.factorize(events.person * 2 * len(label) + label)[0])
