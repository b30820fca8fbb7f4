"""Views: who looked at which product when, up to a moment."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from ..._core.arrays import Ints, Times, run_starts
from ..._core.codes import Labels, factorize_sorted, whole_ids
from ..._core.frames import Frame, collect, opened
from ..._core.moments import DAY, SECOND, column_to_microseconds
from ..._core.notes import Note
from ..._core.texts import counted
from ...schema._for_topics import read_columns
from .products import codes_of

VIEW = "view_item"
GAP = 1_800 * SECOND
"""A visit ends where nothing is viewed for half an hour, unless events have sessions."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Views:
    """One row per view of a product, sorted by visitor and time; the same product again in a row is one view.

    Attributes
    ----------
    visitors : array of ids, ascending
    visitor, visit, product : int arrays of shape (n,)
        Products by the codes of the model, -1 where it does not know them.
    customer : int array of shape (n,)
        By the codes of the model, -1 where unknown.
    """

    visitors: Labels
    visitor: Ints
    visit: Ints
    product: Ints
    customer: Ints
    at: Times
    like: Frame
    notes: tuple[Note, ...]

    @property
    def day(self) -> Ints:
        """Days since 1970."""
        return self.at // DAY


def read_views(
    events: object, until: datetime | None, products: Labels, customers: Labels, *, argument: str = "events"
) -> Views:
    """Read the views of products up to a moment; of a later one nothing is known."""
    like = opened(events, argument=argument)
    frame = like.lazy() if like.implementation.is_polars() else like
    read = read_columns(
        frame, "events", ("visitor_id", "event", "occurred_at", "product_id"), optional=("customer_id", "session_id")
    )
    is_view = (nw.col("event") == VIEW).fill_null(False)
    rows = collect(read.filter(is_view, ~nw.col("product_id").is_null(), ~nw.col("visitor_id").is_null()))
    rows = rows.filter(~rows["occurred_at"].is_null())
    notes = []
    if until is not None:
        whole = len(rows)
        rows = rows.filter(nw.col("occurred_at") <= nw.lit(until))
        if len(rows) < whole:
            text = f"{counted(whole - len(rows), 'view')} after {until:%Y-%m-%d %H:%M} left out"
            notes.append(Note(text, code="views_after_as_of", count=whole - len(rows)))
    visitor, visitors = factorize_sorted(rows["visitor_id"], argument=f"`{argument}`: ids of visitors")
    product = _codes(rows["product_id"], products, argument)
    customer: Ints = np.full(len(rows), -1)
    if "customer_id" in rows.columns:
        customer = _codes(rows["customer_id"], customers, argument)
    session: Ints = np.zeros(len(rows), dtype=np.int64)
    if "session_id" in rows.columns:
        session, _ = factorize_sorted(rows["session_id"], argument=f"`{argument}`: ids of sessions")
    at = column_to_microseconds(rows["occurred_at"])
    order = np.lexsort((product, at, session, visitor))
    visitor, session, product, at = visitor[order], session[order], product[order], at[order]
    is_start = run_starts(visitor, session) if len(visitor) else np.zeros(0, dtype=bool)
    if len(visitor) and "session_id" not in rows.columns:
        is_start[1:] |= np.diff(at) > GAP
    visit = np.cumsum(is_start) - 1
    is_other = run_starts(visit, product) if len(visit) else is_start
    unknown = int((product < 0).sum())
    if unknown:
        text = f"{counted(unknown, 'view')} of products that neither `orders` nor `products` has: left out"
        notes.append(Note(text, code="unknown_views", count=unknown))
    kept = is_other & (product >= 0)
    return Views(
        visitors=whole_ids(visitors), visitor=visitor[kept], visit=visit[kept], product=product[kept],
        customer=customer[order][kept], at=at[kept], like=like, notes=tuple(notes),
    )  # fmt: skip


def _codes(ids: nw.Series[Any], known: Labels, argument: str) -> Ints:
    codes, labels = factorize_sorted(ids, argument=f"`{argument}`: ids")
    return np.append(codes_of(known, whole_ids(labels)), -1)[codes]


def views_of_customers(views: Views | None, day: int, shape: tuple[int, int], half_life: float) -> Any:
    """Return a sparse matrix of customers by products: views up to a day, halved with each half-life."""
    if views is None or not (views.customer >= 0).any():
        return None
    from scipy.sparse import csr_array

    kept = (views.customer >= 0) & (views.day <= day)
    weight = 0.5 ** ((day - views.day[kept]) / half_life)
    return csr_array((weight.astype(np.float32), (views.customer[kept], views.product[kept])), shape=shape)
