"""Searches in a log: queries in one spelling, repeated events merged, and the search that each event follows."""

import unicodedata
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

import numpy as np

from ..._core.arrays import Bools, Floats, Ints, Times, run_starts, sort_order
from ..._core.frames import Frame
from ..._core.moments import length_to_microseconds
from .._log.log import EventLog, read_log
from .._log.sessions import number_log_sessions

Attribution = Literal["clicked", "last"]
SEARCH_EVENTS = ("search", "view_search_results")
PAGE_EVENTS = ("page_view", "session_start", "view_item_list")
"""Sent by the page of results itself, when they come with the search."""
COLUMNS = ("session_id", "query", "product_id", "position", "result_count", "value")
NONE = -1
"""The code of no query, no search and no product."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchOptions:
    """The options of a call, checked; lengths of time are in microseconds, but for ``gap``."""

    gap: timedelta
    within: int | None
    attribution: Attribution
    dedupe_within: int
    reformulation_within: int
    page_size: int | None
    min_searches: int
    as_of: Any
    level: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SearchLog:
    """Events, session by session, and the search that each one follows."""

    events: EventLog  # the events by session and time
    by_time: Ints  # shape (n_events,): position of each event by visitor and time
    session: Ints  # shape (n_events,)
    search: Ints  # shape (n_events,): the last search of the session up to the event, itself included; NONE without one
    first_event: Ints  # shape (n_searches,): the event that begins each search
    query: Ints  # shape (n_searches,): position in ``texts``, NONE where the query is not known
    results: Floats  # shape (n_searches,): results, NaN where unknown
    is_exit: Bools  # shape (n_searches,): whether nothing follows in the session
    texts: list[str]  # queries in one spelling, ascending
    spellings: list[str]  # the same in the most frequent spelling
    click: str  # the event that is a click

    def __len__(self) -> int:
        return len(self.first_event)

    @property
    def searched_at(self) -> Times:
        """When each search began."""
        return self.events.time[self.first_event]

    def is_session_over(self, gap: timedelta) -> Bools:
        """Return of each search whether its session is over."""
        last = np.flatnonzero(np.diff(self.session, append=NONE))
        is_over = self.events.until - self.events.time[last] > length_to_microseconds(gap)
        return np.asarray(is_over[self.session[self.first_event]])


def normalize_query(text: object) -> str:
    """Return a query in one spelling: Unicode NFKC, no upper case, single spaces.

    Examples
    --------
    >>> normalize_query("  Red   DRESS "), normalize_query("Ｔ恤　连衣裙")
    ('red dress', 't恤 连衣裙')
    """
    return " ".join(unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", str(text)).casefold()).split())


def read_search_log(events: Frame, options: SearchOptions) -> SearchLog:
    """Read a log of any library, cut it into sessions, and find its searches."""
    optional = tuple(column for column in COLUMNS if column != "query")
    log = read_log(events, columns=("query",), optional=optional, ties=COLUMNS, as_of=options.as_of)
    session, _ = number_log_sessions(log, options.gap)
    order = sort_order(session)
    log, session = log.take(order), session[order]
    click = "select_item" if "select_item" in log.names else "view_item"
    rows = np.flatnonzero(log.is_event(*SEARCH_EVENTS))
    label, labels, of_label, texts = _read_queries(log)
    time, within = log.time[rows], options.dedupe_within
    keys: list[Ints] = [session[rows], np.cumsum(log.is_event(click), dtype=np.int64)[rows]]  # and clicks up to each
    query = _fill_queries(of_label[label[rows]], _are_apart(time, within, *keys))
    by_query = sort_order(keys[0], query)
    is_first = np.zeros(len(query), dtype=bool)
    is_first[by_query] = _are_apart(time[by_query], within, *(key[by_query] for key in (*keys, query)))
    starts = np.flatnonzero(is_first[by_query])
    return SearchLog(
        events=log,
        by_time=order,
        session=session,
        search=_last_searches(is_first, rows, session),
        first_event=rows[is_first],
        query=query[is_first],
        results=_result_counts(log, rows, by_query, starts)[np.argsort(by_query[starts])],
        is_exit=_exits(log, session, rows, is_first, within),
        texts=texts,
        spellings=_spellings(label[rows][is_first], labels, of_label, texts),
        click=click,
    )


def _read_queries(log: EventLog) -> tuple[Ints, list[object], Ints, list[str]]:
    """Return the label of each event, queries as they are written, and these in one spelling, ascending.

    The third is the position of each label in the fourth; behind it stands NONE, that of no label.
    """
    codes, labels = log.codes("query")
    normalized = [normalize_query(label) for label in labels.tolist()]
    texts = sorted(set(normalized) - {""})
    position = {text: i for i, text in enumerate(texts)} | {"": NONE}
    of_label = np.array([*(position[text] for text in normalized), NONE], dtype=np.int64)
    return codes, labels.tolist(), of_label, texts


def _spellings(label: Ints, labels: list[object], of_label: Ints, texts: list[str]) -> list[str]:
    """Return the most frequent spelling of each query, of equally frequent ones the first by its letters."""
    counts, query = np.bincount(label[label >= 0], minlength=len(labels)), of_label[:-1]
    order = np.lexsort((np.arange(len(labels)), -counts, query))
    most = order[run_starts(query[order]) & (query[order] >= 0)].tolist()  # one label per query, as the texts are
    return [
        " ".join(str(labels[label]).split()) if counts[label] else text for label, text in zip(most, texts, strict=True)
    ]


def _fill_queries(query: Ints, is_apart: Bools) -> Ints:
    """Give events without a query that of the one just before them, which they repeat."""
    index = np.arange(len(query))
    run_start = np.maximum.accumulate(np.where(is_apart, index, 0))
    latest = np.maximum.accumulate(np.where(query >= 0, index, NONE))
    return np.where(latest >= run_start, query[np.maximum(latest, 0)], NONE)


def _are_apart(time: Times, within: int, *keys: Ints) -> Bools:
    """Return which search events come after a longer pause than ``within``, or have other keys than the one before."""
    is_apart = run_starts(*keys)
    is_apart[1:] |= np.diff(time) > within
    return is_apart


def _result_counts(log: EventLog, rows: Ints, by_query: Ints, starts: Ints) -> Floats:
    """Return the largest number of results of the events of each search."""
    results = log.floats("result_count")
    if results is None or not len(starts):
        return np.full(len(starts), np.nan)
    ordered = results[rows[by_query]]
    return np.fmax.reduceat(np.where(ordered >= 0, ordered, np.nan), starts)


def _last_searches(is_first: Bools, rows: Ints, session: Ints) -> Ints:
    """Return the last search before each event of its session."""
    first_event = rows[is_first]
    starts_search = np.zeros(len(session), dtype=bool)
    starts_search[first_event] = True
    last = np.cumsum(starts_search, dtype=np.int64)
    last -= 1
    # Before the first search of all the last is -1, which the appended session stands for.
    last[np.append(session[first_event], NONE)[last] != session] = NONE
    return last


def _exits(log: EventLog, session: Ints, rows: Ints, is_first: Bools, within: int) -> Bools:
    """Return of each search whether nothing follows it but what its own page sends."""
    if not len(rows):
        return np.zeros(0, dtype=bool)
    pages, time = np.flatnonzero(log.is_event(*PAGE_EVENTS)), log.time
    before = rows[np.maximum(np.searchsorted(rows, pages) - 1, 0)]
    is_sent = np.zeros(len(session), dtype=bool)
    is_soon = (before < pages) & (session[before] == session[pages]) & (time[pages] - time[before] <= within)
    is_sent[pages[is_soon]] = True
    is_sent[rows[~is_first]] = True
    others = np.flatnonzero(~is_sent)
    last = np.full(session[-1] + 1, NONE)
    last[session[others]] = others  # positions ascend, so that the last one stays
    first_event = rows[is_first]
    exits: Bools = last[session[first_event]] == first_event
    return exits
