"""Sessions laid out as events: what happens in which order, and when."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .._drawing import Bools, Floats, Ints, expand_runs, text_column, timestamps

STEPS = ("page_view", "view_item", "add_to_cart", "begin_checkout", "purchase")
"""Steps of a session, by their GA4 names; a session's depth is the position of the last one that it reaches."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sessions:
    """Sessions side by side: one array for each fact, and the products that they look at, session after session."""

    visitor: Ints
    device: Ints
    depth: Ints
    order: Ints  # id of the order that the session ends in, 0 for none
    anchor: Ints  # microseconds since the start, of the session's first event
    backwards: Bools  # where true, the anchor is the last event instead
    n_items: Ints
    product: Ints  # id
    price: Floats  # of one unit
    amount: Floats  # of the line

    def joined(self, other: "Sessions") -> "Sessions":
        """Both sets of sessions."""
        return Sessions(
            **{name: np.concatenate([getattr(self, name), getattr(other, name)]) for name in self.__dataclass_fields__}
        )


def events_table(
    rng: np.random.Generator,
    sessions: Sessions,
    *,
    gap: float,
    start: np.datetime64,
    devices: tuple[str, ...],
    end: int | None = None,
) -> pd.DataFrame:
    """Expand sessions to events in order of time; events from ``end`` on are not seen yet.

    A session opens with a page view. Each product is viewed and, if the session gets so far, put into the cart at
    once; then come checkout and purchase. ``gap`` is the mean time between events in microseconds (exponential).
    """
    session, step, item = _expand(sessions)
    since_first = _pauses(rng, session, gap)
    n_events = np.bincount(session, minlength=len(sessions.depth))
    last = since_first[np.cumsum(n_events) - 1]
    opened = sessions.anchor - np.where(sessions.backwards, last, 0)
    moment = opened[session] + since_first
    by_time = np.argsort(moment, kind="stable")
    if end is not None:
        by_time = by_time[moment[by_time] < end]
    session, step, item, moment = session[by_time], step[by_time], item[by_time], moment[by_time]
    number = np.empty(len(opened), dtype=np.int64)
    number[np.argsort(opened, kind="stable")] = np.arange(1, len(opened) + 1)
    bought = step == STEPS.index("purchase")
    return pd.DataFrame(
        {
            "visitor_id": sessions.visitor[session],
            "session_id": number[session],
            "event": text_column(step, STEPS),
            "occurred_at": timestamps(start, moment),
            "product_id": _nullable(sessions.product, item, item >= 0),
            "value": _value(sessions, session, step, item),
            "device": text_column(sessions.device[session], devices),
            "order_id": _nullable(sessions.order, session, bought),
        }
    )


def _expand(sessions: Sessions) -> tuple[Ints, Ints, Ints]:
    """Session, step and position of the product (-1: none) of every event, session after session."""
    depth, n_items = sessions.depth, sessions.n_items
    for_each = np.minimum(depth, 2)  # events for each product: none, a view, a view and an add
    head = 1 + n_items * for_each
    session, position = expand_runs(head + (depth >= 3) + (depth >= 4))
    per, tail = np.maximum(for_each, 1)[session], head[session]
    browsing = (position > 0) & (position < tail)
    step = np.where(browsing, 1 + (position - 1) % per, np.where(position == 0, 0, 3 + position - tail))
    first = (np.cumsum(n_items) - n_items)[session]
    return session, step, np.where(browsing, first + (position - 1) // per, -1)


def _pauses(rng: np.random.Generator, session: Ints, gap: float) -> Ints:
    """Microseconds from the first event of the session to each event."""
    pause = np.maximum(rng.exponential(gap, len(session)), 1.0).astype(np.int64)
    passed = np.cumsum(pause)
    begins = np.flatnonzero(np.diff(session, prepend=-1))
    return passed - np.repeat(passed[begins], np.diff(begins, append=len(session)))


def _value(sessions: Sessions, session: Ints, step: Ints, item: Ints) -> Floats:
    """Price of the product viewed, money put into the cart, money of the whole cart; null for a page view."""
    owner = np.repeat(np.arange(len(sessions.depth)), sessions.n_items)
    total = np.round(np.bincount(owner, weights=sessions.amount, minlength=len(sessions.depth)), 2)
    value = np.where(step >= 3, total[session], np.nan)
    viewed, added = step == 1, step == 2
    value[viewed] = sessions.price[item[viewed]]
    value[added] = sessions.amount[item[added]]
    return value


def _nullable(values: Ints, at: Ints, known: Bools) -> pd.arrays.IntegerArray:
    """Whole numbers with nulls where not known."""
    taken: NDArray[np.int64] = np.zeros(len(at), dtype=np.int64)
    taken[known] = values[at[known]]
    return pd.arrays.IntegerArray(taken, ~known)
