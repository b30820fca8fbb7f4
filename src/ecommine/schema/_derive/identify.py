"""The customer of a visitor: links of visitors to customers, joined to events."""

from datetime import datetime
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
from narwhals.stable.v2.typing import IntoFrameT

from ..._core.arrays import Ints
from ..._core.codes import factorize
from ..._core.engines import tell_library_errors
from ..._core.frames import Frame, collect, join, native, opened
from ..._core.notes import Note
from ..._core.texts import counted, percent
from .._convert.objects import with_nullable_integers
from .._model.clock import instant_column
from .._model.errors import SchemaError, warn
from .reading import check_same_library, common_type, read_columns

_VISITOR, _FROM, _UNTIL, _LINKED, _SPAN = "__visitor", "__from", "__until", "__linked", "__span"
_BEFORE_ALL = datetime(1970, 1, 1)
"""Stands for the unknown time of a link; canonical times are later."""


@tell_library_errors
def identify(events: IntoFrameT, links: IntoFrameT, /) -> IntoFrameT:
    """Add the customer to each event of a known visitor.

    A visitor that was linked to several customers (a shared device) is each of them in turn, from one ``linked_at`` to
    the next; events before the first link belong to its customer. A link without ``linked_at`` counts as the first;
    where that names several customers, the visitor stays unknown until the next link.

    Parameters
    ----------
    events : table
        Canonical ``events``; a ``customer_id`` that is already known is kept.
    links : table
        Canonical ``links``, of the same library.

    Returns
    -------
    table of the same library
        The events, one row each, with ``customer_id``. A `DataWarning` gives the share that was identified.

    Raises
    ------
    SchemaError
        If columns are missing, or an id is text in one table and a number in the other.

    Examples
    --------
    >>> import warnings
    >>> import pandas as pd
    >>> from ecommine import schema
    >>> day = pd.to_datetime(["2024-05-01", "2024-05-02", "2024-05-03"])
    >>> events = pd.DataFrame({"visitor_id": ["x", "x", "y"], "event": "page_view", "occurred_at": day})
    >>> links = pd.DataFrame({"visitor_id": ["x"], "customer_id": ["anna"]})
    >>> with warnings.catch_warnings(record=True, action="always") as caught:
    ...     known = schema.identify(events, links)
    >>> known.customer_id.tolist()[:2], str(caught[0].message)
    (['anna', 'anna'], 'the customer is known for 2 of 3 events (66.7%)')
    """
    frame = opened(events, argument="events")
    known_events = read_columns(frame, "events", ("visitor_id", "occurred_at"), optional=("customer_id",))
    opened_links, event_time = _with_comparable_times(frame, opened(links, argument="links"))
    known_links = read_columns(opened_links, "links", ("visitor_id", "customer_id"), optional=("linked_at",))
    check_same_library(frame, known_links, argument="links", like="events")
    names = [name for name in frame.collect_schema().names() if name != "customer_id"]
    _check_names(names)
    types = known_events.collect_schema()
    has_customers = "customer_id" in types and not _all_null(known_events, "customer_id")
    if not (has_customers and types["customer_id"].is_float()):
        known_links = with_nullable_integers(known_links, "customer_id")
    keys = ("visitor_id", "customer_id") if has_customers else ("visitor_id",)
    key_types = {name: common_type(known_events, known_links, name, argument="links", like="events") for name in keys}
    key = nw.col("visitor_id").cast(key_types["visitor_id"])
    spans, notes = _spans(known_links.with_columns(key.alias(_VISITOR)).drop("visitor_id"))
    has_times = "linked_at" in known_links.collect_schema()
    joined = _with_links(frame.with_columns(key.alias(_VISITOR)), spans, event_time if has_times else None)
    customer = nw.col(_LINKED)
    if has_times:
        time = nw.col(event_time)
        customer = nw.when(~time.is_null()).then(customer)  # who it was then is not known where the time is not
    if has_customers:
        dtype = key_types["customer_id"]
        customer = nw.coalesce(nw.col("customer_id").cast(dtype), customer.cast(dtype))
    result = joined.select(*names, customer.alias("customer_id"))
    warn([*notes, _share_identified(result)], stacklevel=3)
    return native(result, events)


def _check_names(names: list[str]) -> None:
    reserved = [name for name in names if name in (_VISITOR, _FROM, _UNTIL, _LINKED, _SPAN)]
    if reserved:
        raise SchemaError("events", [f"the column {reserved[0]!r} has a reserved name: rename it"])


def _with_comparable_times(events: Frame, links: Frame) -> tuple[Frame, str]:
    """Return the links, and the time of the events that theirs are set against: instants where both have them."""
    instants = instant_column(events, "occurred_at"), instant_column(links, "linked_at")
    if instants[0] is None or instants[1] is None:
        return links, "occurred_at"
    return links.with_columns(linked_at=nw.col(instants[1])), instants[0]


def _with_links(events: Frame, spans: Frame, event_time: str | None) -> Frame:
    """Give each event the one link of its visitor that holds at its time; None where links have no time."""
    if event_time is None:
        return join(events, spans, on=[_VISITOR], how="left")
    if isinstance(events, nw.DataFrame) and isinstance(spans, nw.DataFrame):
        like, n = events.implementation, len(spans)
        events = events.with_columns(
            nw.new_series(_SPAN, _span_of_each(events, spans, event_time), nw.Int64, backend=like)
        )
        spans = spans.with_columns(nw.new_series(_SPAN, np.arange(n), nw.Int64, backend=like))
        return join(events, spans.drop(_VISITOR), on=[_SPAN], how="left")
    joined = join(events, spans, on=[_VISITOR], how="left")
    return joined.filter(_inside(nw.col(event_time).fill_null(_BEFORE_ALL)))


def _span_of_each(events: nw.DataFrame[Any], spans: nw.DataFrame[Any], event_time: str) -> Ints:
    """Return the row of the link that holds at each event, -1 where its visitor has none.

    A shared device has many events and many links, whose every pair no memory holds: they are sorted together, and each
    event takes the last link before it.
    """
    n = len(spans)
    if not n or _all_null(events, _VISITOR) or _all_null(spans, _VISITOR):  # pandas joins no column without a value
        return np.full(len(events), -1)
    visitors, _ = factorize(nw.concat([spans.select(_VISITOR), events.select(_VISITOR)])[_VISITOR])
    times = np.concatenate([_microseconds(spans, _FROM), _microseconds(events, event_time)])
    is_first = spans[_FROM].is_null().to_numpy()
    times[:n][is_first] = np.iinfo(np.int64).min
    is_event = np.arange(len(visitors)) >= n
    order = np.lexsort((is_event, times, visitors))
    last = np.maximum.accumulate(np.where(is_event[order], -1, np.arange(len(order))))
    latest_link = np.full(len(order), -1)
    latest_link[order] = np.where(last >= 0, order[last], -1)
    is_own = (latest_link >= 0) & (visitors[latest_link] == visitors) & (visitors >= 0)
    return np.where(is_own, latest_link, -1)[n:]


def _microseconds(frame: nw.DataFrame[Any], name: str) -> Ints:
    """Return times, which links have in whole microseconds, since 1970; unknown ones as 1970."""
    time = nw.col(name).fill_null(_BEFORE_ALL)
    return frame.select(time.dt.timestamp("us").cast(nw.Int64))[name].to_numpy()


def _inside(time: nw.Expr) -> nw.Expr:
    since = nw.col(_FROM).is_null() | (time >= nw.col(_FROM))
    return since & (nw.col(_UNTIL).is_null() | (time < nw.col(_UNTIL)))


def _all_null(frame: Frame, name: str) -> bool:
    return isinstance(frame, nw.DataFrame) and bool(frame[name].is_null().all())


def _spans(links: Frame) -> tuple[Frame, list[Note]]:
    """Return the time from which and until which each link holds, null where unbounded, and notes."""
    if "linked_at" not in links.collect_schema():
        links = links.with_columns(linked_at=nw.lit(_BEFORE_ALL))
    # Of several links at one moment the smallest customer counts, so that row order does not matter.
    moments = (
        links.with_columns(linked_at=nw.col("linked_at").fill_null(_BEFORE_ALL))
        .group_by(_VISITOR, "linked_at")
        .agg(nw.col("customer_id").min().alias(_LINKED), nw.col("customer_id").max().alias("last"))
        .with_columns(
            shared=((nw.col("linked_at") == _BEFORE_ALL) & (nw.col(_LINKED) != nw.col("last"))).cast(nw.Int64)
        )
    )
    several = int(collect(moments.select(nw.col("shared").sum()))["shared"].to_list()[0] or 0)
    if not several:
        return _ordered(moments), []
    visitors, stay = counted(several, "visitor"), "is" if several == 1 else "are"
    text = f"{visitors} {stay} linked to several customers without `linked_at` and not identified until the next link"
    return _ordered(moments), [Note(text, code="visitors_with_several_customers", count=several)]


def _ordered(moments: Frame) -> Frame:
    """Give each link the moment of the next one of its visitor, and its own moment unless it is the first."""
    time, visitor = nw.col("linked_at"), nw.col(_VISITOR)
    if isinstance(moments, nw.DataFrame):  # PyArrow has no ordered windows
        moments = moments.sort(_VISITOR, "linked_at")
        until: nw.Expr = nw.when(visitor.shift(-1) == visitor).then(time.shift(-1))
        has_earlier = (visitor.shift(1) == visitor).fill_null(False)
    else:
        until = time.shift(-1).over(_VISITOR, order_by="linked_at")
        has_earlier = ~time.shift(1).over(_VISITOR, order_by="linked_at").is_null()
    spans = moments.with_columns(until.alias(_UNTIL), has_earlier=has_earlier)
    since = nw.when(nw.col("has_earlier")).then(time)
    linked = nw.when(nw.col("shared") == 0).then(nw.col(_LINKED))
    return spans.select(_VISITOR, linked.alias(_LINKED), since.alias(_FROM), _UNTIL)


def _share_identified(events: Frame) -> Note:
    counts = collect(
        events.with_columns(known=(~nw.col("customer_id").is_null()).cast(nw.Int64)).select(
            rows=nw.len(), known=nw.col("known").sum()
        )
    ).to_dict(as_series=False)
    rows, known = int(counts["rows"][0]), int(counts["known"][0] or 0)
    share = f" ({percent(known / rows)})" if rows else ""
    text = f"the customer is known for {known:,} of {counted(rows, 'event')}{share}"
    return Note(text, code="events_identified", count=known)
