"""Notes on searches: what was left out, merged and assumed, and what is not decided yet."""

from collections.abc import Iterator

import numpy as np

from ..._core.notes import Note
from ..._core.texts import counted
from .outcomes import SearchOutcomes
from .read import NONE, SEARCH_EVENTS, SearchLog
from .table import SearchMeasures


def notes_on_searches(
    log: SearchLog, outcomes: SearchOutcomes, measures: SearchMeasures, min_searches: int
) -> Iterator[Note]:
    """Yield the notes; ``outcomes`` are those of all searches."""
    n_repeated = int(log.is_event(*SEARCH_EVENTS).sum()) - len(log)
    if n_repeated:
        text = f"{counted(n_repeated, 'repeated search event')} merged with the first one"
        yield Note(text, code="repeated_searches_merged", count=n_repeated)
    if n_without := int((outcomes.query == NONE).sum()):
        text = f"{counted(n_without, 'search')} without a query left out"
        yield Note(text, code="searches_without_query", count=n_without)
    if n_unknown := int(np.isnan(measures.outcomes.results).sum()):
        text = f"{counted(n_unknown, 'search')} without result_count: not in the zero-result rate, taken as a full page"
        yield Note(text, code="unknown_result_count", count=n_unknown)
    if n_early := int((log.is_event(log.click) & (log.search == NONE)).sum()):
        text = f"{counted(n_early, 'click')} before any search of their session: not counted"
        yield Note(text, code="clicks_before_search", count=n_early)
    yield from _pending(measures.outcomes)
    yield from _rare_queries(measures, min_searches)
    yield from _missing_events(log, outcomes)


def _pending(outcomes: SearchOutcomes) -> Iterator[Note]:
    if n_pending := int((~outcomes.is_over).sum()):
        text = f"{counted(n_pending, 'search')} in sessions still in progress: counted, but in no rate of what follows"
        yield Note(text, code="sessions_in_progress", count=n_pending)
    if n_open := int((~outcomes.is_decided & outcomes.is_over).sum()):
        text = f"{counted(n_open, 'search')} that may still be credited with a purchase: not in the conversion"
        yield Note(text, code="open_window", count=n_open)


def _rare_queries(measures: SearchMeasures, min_searches: int) -> Iterator[Note]:
    counts = measures.n_searches
    rare = counts[(counts > 0) & (counts < min_searches)]
    if len(rare):
        total = counted(int(rare.sum()), "search")
        text = f"{counted(len(rare), 'query')} of fewer than {counted(min_searches, 'search')} ({total}) without a row"
        yield Note(text, code="rare_queries", count=len(rare))


def _missing_events(log: SearchLog, outcomes: SearchOutcomes) -> Iterator[Note]:
    if log.click != "select_item" and len(log):
        yield Note("there is no select_item: view_item after a search is taken as a click", code="no_select_item")
    if not outcomes.has_purchases:
        yield Note("there are no purchases: conversion and revenue are null", code="no_purchases")
    elif not outcomes.has_money:
        yield Note("purchases have no value: revenue is null", code="no_purchase_values")
