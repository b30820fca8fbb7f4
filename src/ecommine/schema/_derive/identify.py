"""Who is this visitor? Links of visitors to customers, put on events."""

from datetime import datetime

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrameT

from ..._core.frames import Frame, collect, join, native, opened
from .._map.map import warn
from .._map.objects import with_room_for_missing
from .._model.errors import SchemaError
from .matching import check_same_library, common_type
from .reading import read

_VISITOR, _FROM, _UNTIL, _LINKED = "__visitor", "__from", "__until", "__linked"
_BEFORE = datetime(1970, 1, 1)
"""Stands for the unknown time of a link; canonical times are later."""


def identify(events: IntoFrameT, links: IntoFrameT, /) -> IntoFrameT:
    """Add the customer to each event of a visitor that is known.

    A visitor that was linked to several customers (a shared device) is each of them in turn, from one ``linked_at`` to
    the next; events before the first link belong to its customer. A link without ``linked_at`` counts as the first;
    where that names several customers, the visitor stays unknown until the next link.

    Parameters
    ----------
    events : table
        Canonical ``events``; a ``customer_id`` that is there already wins.
    links : table
        Canonical ``links``, of the same library.

    Returns
    -------
    table of the same library
        The events, one row each, with ``customer_id``. A `DataWarning` tells the share that was identified.

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
    >>> with warnings.catch_warnings(record=True, action="always") as said:
    ...     known = schema.identify(events, links)
    >>> known.customer_id.tolist()[:2], str(said[0].message)
    (['anna', 'anna'], '2 of 3 events (66.7 %) have a customer')
    """
    frame = opened(events, argument="events")
    seen = read(events, "events", ("visitor_id", "occurred_at"), optional=("customer_id",))
    known_links = read(links, "links", ("visitor_id", "customer_id"), optional=("linked_at",))
    check_same_library(frame, known_links, argument="links", like="events")
    names = [name for name in frame.collect_schema().names() if name != "customer_id"]
    _check_names(names)
    had = "customer_id" in seen.collect_schema() and not _all_null(seen, "customer_id")
    if not (had and seen.collect_schema()["customer_id"].is_float()):
        known_links = with_room_for_missing(known_links, "customer_id")
    keys = ("visitor_id", "customer_id") if had else ("visitor_id",)
    types = {name: common_type(seen, known_links, name, argument="links", like="events") for name in keys}
    key = nw.col("visitor_id").cast(types["visitor_id"])
    spans, shared = _spans(known_links.with_columns(key.alias(_VISITOR)).drop("visitor_id"))
    joined = join(frame.with_columns(key.alias(_VISITOR)), spans, on=[_VISITOR], how="left")
    known = nw.col(_LINKED)
    if "linked_at" in known_links.collect_schema():
        time = nw.col("occurred_at")
        joined = joined.filter(_inside(time.fill_null(_BEFORE)))
        known = nw.when(~time.is_null()).then(known)  # who it was then is not known where the time is not
    if had:
        known = nw.coalesce(nw.col("customer_id").cast(types["customer_id"]), known.cast(types["customer_id"]))
    result = joined.select(*names, known.alias("customer_id"))
    warn([*shared, _matched(result)], stacklevel=3)
    return native(result, events)


def _check_names(names: list[str]) -> None:
    taken = [name for name in names if name in (_VISITOR, _FROM, _UNTIL, _LINKED)]
    if taken:
        raise SchemaError("events", [f"the column {taken[0]!r} has a name that is needed here: rename it"])


def _inside(time: nw.Expr) -> nw.Expr:
    since = nw.col(_FROM).is_null() | (time >= nw.col(_FROM))
    return since & (nw.col(_UNTIL).is_null() | (time < nw.col(_UNTIL)))


def _all_null(frame: Frame, name: str) -> bool:
    return isinstance(frame, nw.DataFrame) and bool(frame[name].is_null().all())


def _spans(links: Frame) -> tuple[Frame, list[str]]:
    """Give each link the time from which and until which it holds; null is unbounded."""
    if "linked_at" not in links.collect_schema():
        links = links.with_columns(linked_at=nw.lit(_BEFORE))
    # Of several links at one moment the smallest customer counts, so that row order does not matter.
    moments = (
        links.with_columns(linked_at=nw.col("linked_at").fill_null(_BEFORE))
        .group_by(_VISITOR, "linked_at")
        .agg(nw.col("customer_id").min().alias(_LINKED), nw.col("customer_id").max().alias("last"))
        .with_columns(shared=((nw.col("linked_at") == _BEFORE) & (nw.col(_LINKED) != nw.col("last"))).cast(nw.Int64))
    )
    several = int(collect(moments.select(nw.col("shared").sum()))["shared"].to_list()[0] or 0)
    words = f"{several:,} visitors are linked to several customers without `linked_at` and stay unknown"
    return _ordered(moments), [words] if several else []


def _ordered(moments: Frame) -> Frame:
    # Each link meets the others of its visitor by a join, since not every library has ordered windows.
    others = moments.select(_VISITOR, other=nw.col("linked_at"))
    later = nw.when(nw.col("other") > nw.col("linked_at")).then(nw.col("other"))
    earlier = (nw.col("other") < nw.col("linked_at")).cast(nw.Int64)
    pairs = join(moments, others, on=[_VISITOR], how="left").with_columns(later=later, earlier=earlier)
    spans = pairs.group_by(_VISITOR, "linked_at", _LINKED, "shared").agg(
        nw.col("later").min().alias(_UNTIL), nw.col("earlier").sum()
    )
    since = nw.when(nw.col("earlier") > 0).then(nw.col("linked_at"))
    linked = nw.when(nw.col("shared") == 0).then(nw.col(_LINKED))
    return spans.select(_VISITOR, linked.alias(_LINKED), since.alias(_FROM), _UNTIL)


def _matched(events: Frame) -> str:
    counts = collect(
        events.with_columns(known=(~nw.col("customer_id").is_null()).cast(nw.Int64)).select(
            rows=nw.len(), known=nw.col("known").sum()
        )
    ).to_dict(as_series=False)
    rows, known = int(counts["rows"][0]), int(counts["known"][0] or 0)
    share = f" ({100 * known / rows:.1f} %)" if rows else ""
    return f"{known:,} of {rows:,} events{share} have a customer"
