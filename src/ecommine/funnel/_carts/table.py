"""The carts as arrays, one row a cart, and how arrays become tables of the caller's library."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from ..._core.frames import Frame, build
from .._curves import Floats
from .._log.log import run_starts
from .._match.sort import Ints
from .._micro import Times
from .._writing import whole_numbers, with_nulls
from .contents import LEAST, Contents
from .events import KINDS, OTHER, PURCHASE, Flags, Ids, Trail
from .lifecycle import NONE, Walk
from .rates import HOUR, Fates
from .reasons import STEPS, Flag

STATUSES = ("bought", "recovered", "abandoned", "emptied", "immature")
NAT = np.iinfo(np.int64).min
"""As a time, what did not happen: NumPy's NaT."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Facts:
    """What is known of each cart; arrays of shape (n_carts,).

    Attributes
    ----------
    status, step : int arrays
        Places in STATUSES and in the steps of a cart: the furthest of the first session.
    opened, touched, left, bought : int64 arrays
        When it was opened, touched last, left in its first session, and bought; NAT where it was not.
    ended : bool array
        Whether the session that opened it is over at the end of the data.
    fates : Fates
        What the rates are estimated from.
    """

    status: Ints
    step: Ints
    opened: Times
    touched: Times
    left: Times
    bought: Times
    ended: Flags
    fates: Fates


def facts_of(trail: Trail, session: Ints, found: Walk, lines: Contents, until: int, window: int, gap: int) -> Facts:
    """Tell what became of each cart."""
    n, first = len(found.start), session[found.start]
    closed = found.close != NONE
    bought = closed & (session[found.close] == first) if n else closed
    ends = _session_ends(trail, session)[first]
    over, follows = until - ends > gap, _followed(trail, session)[first]
    empty = lines.kinds(lines.units, n) == 0
    mature = until >= found.deadline
    status = np.full(n, STATUSES.index("immature"))
    status[(over | follows) & mature] = STATUSES.index("abandoned")
    status[empty] = STATUSES.index("emptied")
    status[closed] = STATUSES.index("recovered")
    status[bought] = STATUSES.index("bought")
    step, touched = _steps(trail, session, found), np.zeros(n, dtype=np.int64)
    rows = np.flatnonzero((found.cart != NONE) & (trail.kind != PURCHASE))
    touched[found.cart[rows]] = trail.time[rows]  # times ascend, so that the last one stays
    bought_at = np.where(closed, trail.time[found.close], NAT) if n else found.left
    at_risk = ~bought & over & (lines.kinds(lines.abandoned, n) > 0)
    recovered = at_risk & closed
    fates = Fates(
        bought=bought & over,
        left=at_risk,
        recovered=recovered,
        wait=np.where(recovered, bought_at - found.left, np.minimum(until - found.left, window)),
        over=mature,
        person=np.cumsum(run_starts(trail.person[found.start])) - 1,
    )
    return Facts(
        status=status,
        step=step,
        opened=trail.time[found.start],
        touched=touched,
        left=np.where(~bought & (over | follows), found.left, NAT),
        bought=bought_at,
        ended=over,
        fates=fates,
    )


def _session_ends(trail: Trail, session: Ints) -> Times:
    ends = np.zeros(int(session.max(initial=-1)) + 1, dtype=np.int64)
    ends[session] = trail.time  # of one session the last time stays
    return ends


def _followed(trail: Trail, session: Ints) -> Flags:
    """Tell which sessions are not the last of their person."""
    whose = np.zeros(int(session.max(initial=-1)) + 1, dtype=np.int64)
    whose[session] = trail.person
    return np.append(whose[1:] == whose[:-1], False)[: len(whose)]


def _steps(trail: Trail, session: Ints, found: Walk) -> Ints:
    """Find the furthest step of each cart in its first session."""
    place = np.array([STEPS.index(name) if name in STEPS else 0 for name in KINDS], dtype=np.int64)
    rows = np.flatnonzero((found.cart != NONE) & (trail.kind != OTHER) & (trail.kind != PURCHASE))
    rows = rows[session[rows] == session[found.start[found.cart[rows]]]]
    furthest = np.zeros(len(found.start), dtype=np.int64)
    np.maximum.at(furthest, found.cart[rows], place[trail.kind[rows]])
    return furthest


def names_of(trail: Trail, found: Walk, ids: Ids) -> dict[str, Any]:
    """Name the carts: an id, the visitor that opened it, the customer if known.

    The id is the person and the number of the cart: it stays while only later events are added. With older events, or
    when a visitor turns out to be a customer, the same cart may get another one.
    """
    visitors = trail.visitor[found.start]
    columns: dict[str, Any] = {"cart_id": _cart_ids(trail, found, ids), "visitor_id": ids.visitors[visitors]}
    if len(ids.customers):
        customers = trail.customer[found.start]
        known = ids.customers.astype(object)[np.maximum(customers, 0)]
        columns["customer_id"] = ids.customers[customers] if (customers >= 0).all() else _blank(known, customers < 0)
    return columns


def _blank(values: "np.ndarray[Any, Any]", missing: Flags) -> "np.ndarray[Any, Any]":
    blanked = values.astype(object)
    blanked[missing] = None
    return blanked


def _cart_ids(trail: Trail, found: Walk, ids: Ids) -> "np.ndarray[Any, Any]":
    person = trail.person[found.start]
    place = np.arange(len(person))
    number = place - np.maximum.accumulate(np.where(run_starts(person), place, 0)) + 1
    is_customer, n = person < len(ids.customers), len(ids.customers)
    names = [
        f"c{ids.customers[who]}-{one}" if known else f"v{ids.visitors[who - n]}-{one}"
        for who, one, known in zip(person.tolist(), number.tolist(), is_customer.tolist(), strict=True)
    ]
    return np.array(names, dtype=object)


def columns_of(
    facts: Facts, lines: Contents, flags: Mapping[str, Flag], reason: "np.ndarray[Any, Any]"
) -> dict[str, Any]:
    """Write what is known of each cart, but for its names and its chance."""
    n = len(facts.status)
    return {
        "opened_at": _times(facts.opened),
        "last_touched_at": _times(facts.touched),
        "abandoned_at": _times(facts.left),
        "bought_at": _times(facts.bought),
        "status": np.array(STATUSES, dtype=object)[facts.status],
        "checkout_step": np.array(STEPS, dtype=object)[facts.step],
        "reason": reason,
        **{name: flag.column() for name, flag in flags.items()},
        "items": lines.kinds(lines.units, n),
        "units": lines.total(lines.units, n),
        "value": lines.value(lines.units, n),
        "items_left": lines.kinds(lines.rest, n),
        "value_left": lines.value(lines.rest, n),
        "hours_to_recover": _hours(facts),
    }


def _hours(facts: Facts) -> Floats:
    recovered = facts.status == STATUSES.index("recovered")
    both = recovered & (facts.left != NAT)
    return np.where(both, np.where(both, facts.bought - facts.left, 0) / HOUR, np.nan)


def _times(times: Times) -> Any:
    return times.astype("datetime64[us]")


def products_of(lines: Contents, rows: Ints, n: int, ids: Ids) -> list[list[Any]]:
    """List the products that are left in some carts, by id."""
    place = np.full(n, NONE)
    place[rows] = np.arange(len(rows))
    there = (lines.rest > LEAST) & (lines.product >= 0) & (place[lines.cart] != NONE)
    mine, product = place[lines.cart[there]], lines.product[there]
    order = np.lexsort((product, mine))
    ends = np.cumsum(np.bincount(mine, minlength=len(rows))).tolist()
    names = ids.products[product[order]].tolist()
    return [names[start:end] for start, end in zip([0, *ends[:-1]], ends, strict=True)] if len(rows) else []


def typed(columns: Mapping[str, Any], samples: Mapping[str, Any], like: Frame) -> Any:
    """Build a table in the caller's library; columns of no value have the types of the samples."""
    size = len(next(iter(columns.values())))
    if not size:  # of an empty column only this tells the type: one row is made, and left out again
        one = {name: [samples[name]] if name in samples else values for name, values in columns.items()}
        made = {name: np.zeros(1, np.asarray(v).dtype) if not len(v) else v for name, v in one.items()}
        return build(made, like=like).head(0).to_native()
    lists = {name: v.tolist() if isinstance(v, np.ndarray) and v.dtype.hasobject else v for name, v in columns.items()}
    lists = {name: whole_numbers(v, like) if samples.get(name) == 0 else v for name, v in lists.items()}
    frame = with_nulls(build(lists, like=like))
    if not frame.implementation.is_pandas_like():
        types = {str: nw.String(), bool: nw.Boolean(), int: nw.Int64()}
        blank = [name for name, dtype in frame.schema.items() if dtype == nw.Unknown and name in samples]
        frame = frame.with_columns(nw.col(name).cast(types[type(samples[name])]) for name in blank)
    return frame.to_native()
