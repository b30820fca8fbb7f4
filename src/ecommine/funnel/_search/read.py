"""How searches come out of a log: sessions, queries in one spelling, what is sent twice taken once, what follows."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np

from ..._core.arrays import Bools, Floats, Ints, Times, run_starts, sort_order
from ..._core.moments import length_to_microseconds, moment_to_microseconds
from .._log.log import EventLog, read_log
from .._log.sessions import number_log_sessions

SEARCHING = ("search", "view_search_results")
PASSIVE = ("page_view", "session_start", "view_item_list")
"""What the page of results sends by itself, when it comes with the search."""
COLUMNS = ("session_id", "query", "product_id", "position", "result_count", "value")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Trail:
    """Events, session by session, and the search that each one follows.

    Attributes
    ----------
    order : int array of shape (n_events,)
        Place of each event in the order of visitor and time.
    unit, session, event, time : int arrays of shape (n_events,)
        The visitor, the session, the name (all numbered) and microseconds since 1970.
    search : int array of shape (n_events,)
        The last search before the event in its session, the event itself included; -1 where there is none.
    head : int array of shape (n_searches,)
        The event that begins each search.
    query : int array of shape (n_searches,)
        Position in ``texts``, -1 where the query is not known.
    results : float array of shape (n_searches,)
        Results shown, NaN where unknown.
    exits : bool array of shape (n_searches,)
        Whether nothing follows in the session.
    texts, spellings : list of str
        Queries in one spelling, ascending, and as they are written most.
    click : str
        The event that is a click.
    """

    log: EventLog
    order: Ints
    unit: Ints
    session: Ints
    event: Ints
    time: Times
    search: Ints
    head: Ints
    query: Ints
    results: Floats
    exits: Bools
    texts: list[str]
    spellings: list[str]
    click: str

    def is_event(self, *names: str) -> Bools:
        """Tell which events have one of the names."""
        return self.log.is_name(*names)[self.event]

    def floats(self, column: str) -> Floats | None:
        """Return a column of numbers, NaN where unknown; None where the table has none."""
        found = self.log.floats(column)
        return None if found is None else found[self.order]

    def until(self) -> int:
        """Return the moment up to which events count, in microseconds."""
        return moment_to_microseconds(self.log.until)

    def over(self, gap: timedelta) -> Bools:
        """Tell of each search whether its session is over."""
        last = np.flatnonzero(np.diff(self.session, append=-1))
        ended = self.until() - self.time[last] > micro_seconds(gap)
        return ended[self.session[self.head]]


def normalised(text: object) -> str:
    """Write a query in one way: Unicode NFKC, no upper case, single spaces.

    Examples
    --------
    >>> normalised("  Red   DRESS "), normalised("Ｔ恤　连衣裙")
    ('red dress', 't恤 连衣裙')
    """
    return " ".join(unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", str(text)).casefold()).split())


def read_trail(events: object, *, gap: timedelta, merge: timedelta, as_of: Any) -> Trail:
    """Read a log of any library, cut it into sessions, and find its searches."""
    optional = tuple(column for column in COLUMNS if column != "query")
    log = read_log(events, columns=("query",), optional=optional, ties=COLUMNS, as_of=as_of)
    session, _ = number_log_sessions(log, gap)
    order = sort_order(session)
    session = session[order]
    click = "select_item" if "select_item" in log.names else "view_item"
    event, times = log.event[order], log.time[order]
    place = np.flatnonzero(log.is_name(*SEARCHING)[event])
    texts, raw, numbers, labels = _queries(log, order[place])
    clicks: Ints = np.cumsum(log.is_name(click)[event], dtype=np.int64)[place]
    where = session[place]
    query = _filled(numbers[raw], where, times[place], clicks, merge)
    first, by_query, starts = _firsts(query, where, times[place], clicks, merge)
    return Trail(
        log=log,
        order=order,
        unit=log.unit[order],
        session=session,
        time=times,
        event=event,
        search=_last(first, place, session),
        head=place[first],
        query=query[first],
        results=_results(log, order[place], by_query, starts)[np.argsort(by_query[starts])],
        exits=_exits(log.is_name(*PASSIVE)[event], session, times, place, first, merge),
        texts=texts,
        spellings=_spellings(texts, labels, numbers, raw[first]),
        click=click,
    )


def _queries(log: EventLog, searching: Ints) -> tuple[list[str], Ints, Ints, Sequence[object]]:
    """Return queries in one spelling, what is written in some events (-1 nothing), and the query that each label is.

    The last label is nothing, and no query either.
    """
    raw, labels = log.codes("query")
    keys = [normalised(label) for label in labels.tolist()]
    texts = sorted(set(keys) - {""})
    number = {text: place for place, text in enumerate(texts)} | {"": -1}
    numbers = np.array([*(number[key] for key in keys), -1], dtype=np.int64)
    return texts, raw[searching], numbers, labels.tolist()


def _filled(query: Ints, session: Ints, time: Times, clicks: Ints, merge: timedelta) -> Ints:
    """Give events without a query that of the one just before them, which they repeat."""
    apart = run_starts(session, clicks)
    apart[1:] |= np.diff(time) > micro_seconds(merge)
    place = np.arange(len(query))
    begun = np.maximum.accumulate(np.where(apart, place, 0))
    known = np.maximum.accumulate(np.where(query >= 0, place, -1))
    return np.where(known >= begun, query[np.maximum(known, 0)], -1)


def _firsts(query: Ints, session: Ints, time: Times, clicks: Ints, merge: timedelta) -> tuple[Bools, Ints, Ints]:
    """Tell which events begin a search; also events by session and query, and where each search starts among them."""
    order = sort_order(session * (int(query.max(initial=0)) + 2) + query + 1)
    new = run_starts(session[order], query[order], clicks[order])
    new[1:] |= np.diff(time[order]) > micro_seconds(merge)
    first = np.zeros(len(query), dtype=bool)
    first[order] = new
    return first, order, np.flatnonzero(new)


def _results(log: EventLog, searching: Ints, by_query: Ints, starts: Ints) -> Floats:
    """Take the largest number of results that the events of a search tell."""
    found = log.floats("result_count")
    if found is None or not len(starts):
        return np.full(len(starts), np.nan)
    told = found[searching[by_query]]
    return np.fmax.reduceat(np.where(told >= 0, told, np.nan), starts)


def _last(first: Bools, place: Ints, session: Ints) -> Ints:
    """Return the last search before each event of its session."""
    heads = place[first]
    begins_here = np.zeros(len(session), dtype=bool)
    begins_here[heads] = True
    last = np.cumsum(begins_here, dtype=np.int64)
    last -= 1
    last[np.append(session[heads], -1)[last] != session] = -1  # before the first search of all, -1 is the last place
    return last


def _exits(passive: Bools, session: Ints, time: Times, place: Ints, first: Bools, merge: timedelta) -> Bools:
    """Tell of each search whether nothing follows it but what its own page sends."""
    if not len(place):
        return np.zeros(0, dtype=bool)
    rows = np.flatnonzero(passive)
    before = place[np.maximum(np.searchsorted(place, rows) - 1, 0)]
    near = (before < rows) & (session[before] == session[rows]) & (time[rows] - time[before] <= micro_seconds(merge))
    sent = np.zeros(len(session), dtype=bool)
    sent[rows[near]] = True
    sent[place[~first]] = True
    others = np.flatnonzero(~sent)
    last = np.full(session[-1] + 1, -1)
    last[session[others]] = others  # places ascend, so that the last one stays
    heads = place[first]
    exits: Bools = last[session[heads]] == heads
    return exits


def _spellings(texts: list[str], labels: Sequence[object], numbers: Ints, raw: Ints) -> list[str]:
    """Find how each query is written most; of equal ones the first by its letters."""
    counts = np.bincount(raw[raw >= 0], minlength=len(labels))
    order = np.lexsort((np.arange(len(labels)), -counts, numbers[:-1]))
    most = order[
        run_starts(numbers[order]) & (numbers[order] >= 0)
    ].tolist()  # one label a query, in the order of texts
    return [" ".join(str(labels[one]).split()) if counts[one] else text for one, text in zip(most, texts, strict=True)]


def micro_seconds(length: timedelta) -> int:
    """Write a length of time in microseconds."""
    return length_to_microseconds(length)
