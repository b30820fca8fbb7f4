"""Events of everyone who has a cart, as arrays: whose they are, what they do to the cart, in which session."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd

from ..._core.checks import counted
from ..._core.frames import opened
from ...schema._for_topics import EVENT_NAMES, SchemaError
from .._curves import Floats
from .._log.log import EventLog, read_log, session_starts
from .._log.reading import fill_from_group
from .._match.sort import Ints
from .._micro import Times

Flags = np.ndarray[Any, np.dtype[np.bool_]]
KINDS = (
    "add_to_cart",
    "remove_from_cart",
    "view_cart",
    "begin_checkout",
    "add_shipping_info",
    "add_payment_info",
    "purchase",
)
ADD, REMOVE, PURCHASE = 0, 1, 6
OTHER = -1
IN_ORDERS, ONLY_ORDERS = 1, 2
"""Purchases that the orders know too, and that only they know."""
UNNAMED = -1
"""The code of the product of events that name none."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Trail:
    """Events sorted by person, time and name.

    A person is a customer where that is known, else a visitor.

    Attributes
    ----------
    person : int array of shape (n_events,)
        Customers first, then visitors.
    time : int64 array of shape (n_events,)
        Microseconds since 1970.
    rank, kind : int arrays of shape (n_events,)
        Place of the name among GA4's, and in KINDS, OTHER where it is no event of a cart.
    product, visitor, customer, session_id : int arrays of shape (n_events,)
        Codes; -1 where unknown.
    value, quantity : float arrays of shape (n_events,)
        NaN where unknown.
    order : int array of shape (n_events,)
        Of a purchase: IN_ORDERS, ONLY_ORDERS or 0.
    source : int array of shape (n_events,)
        Number of the event among those that were read: a purchase of several products may become several.
    """

    person: Ints
    time: Times
    rank: Ints
    kind: Ints
    product: Ints
    visitor: Ints
    customer: Ints
    session_id: Ints
    value: Floats
    quantity: Floats
    order: Ints
    source: Ints

    def take(self, rows: Any) -> "Trail":
        """Keep some events, in this order."""
        return Trail(**{name: getattr(self, name)[rows] for name in self.__dataclass_fields__})

    def joined(self, other: "Trail") -> "Trail":
        """Put two trails together, sorted again."""
        both = {name: np.concatenate([getattr(self, name), getattr(other, name)]) for name in self.__dataclass_fields__}
        return Trail(**both).ordered()

    def ordered(self) -> "Trail":
        """Sort by person, time and name; what is equal stays as it stands."""
        return self.take(np.lexsort((self.rank, self.time, self.person)))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ids:
    """What the codes stand for."""

    visitors: "np.ndarray[Any, Any]"
    customers: "np.ndarray[Any, Any]"
    products: "np.ndarray[Any, Any]"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Read:
    """The events as they are read: the trail, its ids, the order of each event, until when, what is left out."""

    trail: Trail
    ids: Ids
    order_id: "np.ndarray[Any, Any] | None"
    until: datetime | None
    notes: tuple[str, ...]


def read_trail(events: object, as_of: Any) -> Read:
    """Read the events of every visitor that has an event of a cart or a purchase."""
    there = opened(events, argument="events").collect_schema()
    own = [name for name in ("quantity", "order_id") if name in there.names()]
    if "quantity" in own and not (there["quantity"].is_numeric() or there["quantity"] == nw.Unknown):
        raise SchemaError("events", [f"`quantity` holds {there['quantity']}, not numbers: convert it first"])
    optional = ("customer_id", "session_id", "product_id", "value")
    ties = ("product_id", "session_id", "value", *own)
    log = read_log(events, optional=optional, others=own, ties=ties, having=KINDS, as_of=as_of)
    customer, customers = _codes(log, "customer_id")
    product, products = _codes(log, "product_id")
    customer, shared = fill_from_group(log.unit, customer)
    rank = np.array([_rank(name, place) for place, name in enumerate(log.names)], dtype=np.int32)[log.event]
    kinds = np.array([KINDS.index(name) if name in KINDS else OTHER for name in log.names], dtype=np.int8)
    trail = Trail(
        person=np.where(customer >= 0, customer, len(customers) + log.unit) if len(customers) else log.unit,
        time=log.time,
        rank=rank,
        kind=kinds[log.event],
        product=product,
        visitor=log.unit,
        customer=customer,
        session_id=_codes(log, "session_id")[0],
        value=_floats(log, "value"),
        quantity=_floats(log, "quantity"),
        order=np.broadcast_to(np.int64(0), len(rank)),
        source=np.arange(len(rank)),
    )
    order_of = np.array(log.rows["order_id"].to_list(), dtype=object)[log.order] if "order_id" in own else None
    if (customer >= 0).any():
        order = np.lexsort((trail.rank, trail.time, trail.person))
        trail, order_of = trail.take(order), None if order_of is None else order_of[order]
    ids = Ids(visitors=_whole(log.units), customers=customers, products=products)
    words = f"{counted(shared, 'visitor')} with several customers: events without a customer_id stay the visitor's"
    notes = (*log.notes, *([words] if shared else []))
    return Read(trail=trail, ids=ids, order_id=order_of, until=log.until, notes=notes)


def _rank(name: str, place: int) -> int:
    return EVENT_NAMES.index(name) if name in EVENT_NAMES else len(EVENT_NAMES) + place


def _codes(log: EventLog, column: str) -> tuple[Ints, "np.ndarray[Any, Any]"]:
    if not log.has(column):
        return np.broadcast_to(np.int64(UNNAMED), len(log.unit)), np.zeros(0, dtype=np.int64)
    codes, labels = log.codes(column)
    return codes, _whole(labels)


def _whole(labels: "np.ndarray[Any, Any]") -> "np.ndarray[Any, Any]":
    """Make whole numbers of ids that are floats only because some are unknown."""
    return labels.astype(np.int64) if labels.dtype.kind == "f" else labels


def _floats(log: EventLog, column: str) -> Floats:
    read = log.floats(column)
    if read is None:
        return np.broadcast_to(np.float64(np.nan), len(log.unit))
    read[np.isinf(read)] = np.nan
    return read


def sessions(trail: Trail, gap: timedelta) -> Ints:
    """Give the events of each session a number.

    Sessions of one person that overlap in time, such as on two devices, are one. Where an event or the one before has
    no session_id, a pause longer than ``gap`` begins a session.
    """
    n = len(trail.person)
    place, known = np.arange(n), trail.session_id >= 0
    last = place.copy()
    if known.any():
        key = trail.person[known] * (int(trail.session_id.max()) + 1) + trail.session_id[known]
        code, found = pd.factorize(key)
        ends = np.zeros(len(found), dtype=np.int64)
        ends[code] = place[known]  # places ascend, so that the last one stays
        last[known] = ends[code]
    reach = np.maximum.accumulate(last) if n else last
    both = known[1:] & known[:-1]
    apart = (reach[:-1] < place[1:]) & (both | session_starts(trail.person, trail.time, gap)[1:])
    return np.asarray(np.cumsum(np.concatenate([[False], apart])) if n else place)
