"""Who is this visitor? Links of visitors to customers, put on events."""

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrameT

from .._core.frames import Frame, collect, join, native, opened
from ._door import warn
from ._reading import read

_FROM, _UNTIL, _LINKED = "__from", "__until", "__linked"


def identify(events: IntoFrameT, links: IntoFrameT, /) -> IntoFrameT:
    """Add the customer to each event of a visitor that is known.

    A visitor that was linked to several customers (a shared device) is each of them in turn, from one ``linked_at`` to
    the next; events before the first link belong to its customer. Without ``linked_at`` such a visitor stays unknown.

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
    read(events, "events", ("visitor_id", "occurred_at"), optional=("customer_id",))  # the types must hold
    spans, shared = _spans(read(links, "links", ("visitor_id", "customer_id"), optional=("linked_at",)))
    names = frame.collect_schema().names()
    joined = join(frame, spans, on=["visitor_id"], how="left")
    time = nw.col("occurred_at")
    inside = (nw.col(_FROM).is_null() | (time >= nw.col(_FROM))) & (nw.col(_UNTIL).is_null() | (time < nw.col(_UNTIL)))
    known = nw.coalesce("customer_id", _LINKED) if "customer_id" in names else nw.col(_LINKED)
    kept = [nw.col(name) for name in names if name != "customer_id"]
    result = joined.filter(inside).select(*kept, customer_id=known)
    warn([*shared, _matched(result)], stacklevel=3)
    return native(result, events)


def _spans(links: Frame) -> tuple[Frame, list[str]]:
    """Give each link the time from which and until which it holds; null is unbounded."""
    if "linked_at" not in links.collect_schema().names():
        alone = links.unique().group_by("visitor_id").agg(customers=nw.len(), **{_LINKED: nw.col("customer_id").min()})
        several = int(collect(alone.select(n=(nw.col("customers") > 1).cast(nw.Int64).sum()))["n"].to_list()[0] or 0)
        unbounded = nw.lit(None, dtype=nw.Datetime("us"))
        spans = alone.filter(nw.col("customers") == 1).select(
            "visitor_id", _LINKED, unbounded.alias(_FROM), unbounded.alias(_UNTIL)
        )
        words = f"{several:,} visitors are linked to several customers without `linked_at` and stay unknown"
        return spans, [words] if several else []
    return _ordered_spans(links), []


def _ordered_spans(links: Frame) -> Frame:
    # Each link meets the others of its visitor by a join, since not every library has ordered windows.
    # Of several links at one moment the smallest customer counts, so that row order does not matter.
    moments = links.group_by("visitor_id", "linked_at").agg(**{_LINKED: nw.col("customer_id").min()})
    others = moments.select("visitor_id", other=nw.col("linked_at"))
    later = nw.when(nw.col("other") > nw.col("linked_at")).then(nw.col("other"))
    earlier = (nw.col("other") < nw.col("linked_at")).cast(nw.Int64)
    pairs = join(moments, others, on=["visitor_id"], how="left").with_columns(later=later, earlier=earlier)
    spans = pairs.group_by("visitor_id", "linked_at", _LINKED).agg(
        **{_UNTIL: nw.col("later").min(), "earlier": nw.col("earlier").sum()}
    )
    since = nw.when(nw.col("earlier") > 0).then(nw.col("linked_at"))
    return spans.select("visitor_id", _LINKED, since.alias(_FROM), _UNTIL)


def _matched(events: Frame) -> str:
    counts = collect(
        events.with_columns(known=(~nw.col("customer_id").is_null()).cast(nw.Int64)).select(
            rows=nw.len(), known=nw.col("known").sum()
        )
    ).to_dict(as_series=False)
    rows, known = int(counts["rows"][0]), int(counts["known"][0] or 0)
    share = f" ({100 * known / rows:.1f} %)" if rows else ""
    return f"{known:,} of {rows:,} events{share} have a customer"
