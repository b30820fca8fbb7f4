"""Notes of a measured funnel: open windows, few visitors, a trend, periods that are not comparable."""

from collections.abc import Sequence

from ..._core.notes import Note
from ..._core.texts import counted, percent
from .._match.notes import STEP_WITHOUT_EVENTS
from .table import StepEstimates

MAX_P_FOR_TREND = 0.01
"""p-value below which a difference between earlier and later entrants is noted."""
MIN_VISITORS_FOR_INTERVAL = 20
"""Visitors below which intervals of their sessions are noted as approximate."""


def data_quality_notes(estimates: StepEstimates, unit: str) -> list[Note]:
    """Return notes of open windows, of intervals from few visitors and of a conversion that changes."""
    noun, n_visitors, notes = unit.removesuffix("_id"), estimates.clusters, _open_windows(estimates, unit)
    if n_visitors is not None and 0 < n_visitors < MIN_VISITORS_FOR_INTERVAL:
        text = (
            f"{counted(estimates.entrants, noun)} of only {counted(n_visitors, 'visitor')}: intervals are approximate, "
            f"as {noun}s of one visitor are correlated"
        )
        notes.append(Note(text, code="few_visitors", count=n_visitors))
    if estimates.trend is not None and estimates.trend < MAX_P_FOR_TREND:
        text = (
            f"earlier and later entrants convert differently (p = {estimates.trend:.1g}): conversion is the average of "
            "a changing rate"
        )
        notes.append(Note(text, code="conversion_changes"))
    return [*notes, *_later_attempts(estimates, noun)]


def _later_attempts(estimates: StepEstimates, noun: str) -> list[Note]:
    if not estimates.has_many_late:
        return []
    last = estimates.rows[-1]
    text = (
        f"{estimates.late:,} of the {counted(last['reached'], noun)} that reached {last['step']!r} did so only by an "
        f"attempt after the window of their first entry: conversion grows with the length of the log; it is "
        f"{percent(estimates.first_conversion)} within that window; use reentry=False to compare"
    )
    return [Note(text, code="later_attempts", count=estimates.late)]


def _open_windows(estimates: StepEstimates, unit: str) -> list[Note]:
    n_open, n_pending, noun = estimates.open, estimates.pending, unit.removesuffix("_id")
    if n_open and n_open == estimates.entrants:
        text = f"all windows are still open ({counted(n_open, noun)}): only the naive conversion is known"
        return [Note(text, code="all_windows_open", count=n_open)]
    if not n_pending:
        return []
    text = (
        f"{counted(n_pending, noun)} may still get further, as their window is open: conversion is estimated by "
        "survival curves"
    )
    return [Note(text, code="open_window", count=n_pending)]


def period_notes(every: str | None, unit: str, *, reentry: bool) -> list[Note]:
    """Return notes of why periods are not comparable."""
    if every is None:
        return []
    notes = []
    if reentry:
        text = "earlier periods had more time for another attempt: use reentry=False to compare periods"
        notes.append(Note(text, code="periods_of_unequal_age"))
    if unit != "session_id":
        noun = unit.removesuffix("_id")
        text = (
            f"each {noun} belongs to the period of its first entry, so the first periods hold frequent {noun}s: use "
            "unit='session_id' to compare visits"
        )
        notes.append(Note(text, code="periods_by_first_entry"))
    return notes


def steps_without_events(notes: Sequence[Note], steps: Sequence[str]) -> list[str]:
    """Return the steps that no event matches."""
    return [steps[note.count - 1] for note in notes if note.code == STEP_WITHOUT_EVENTS and note.count is not None]
