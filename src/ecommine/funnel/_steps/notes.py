"""What is to be known of a measured funnel before it is believed."""

from collections.abc import Sequence

from ..._core.checks import counted
from .table import Measured

MISSING = "no event is the step {!r}"
"""What is said of a step that does not happen."""

TREND = 0.01
"""p-value below which a trend is told."""
FEW = 20
"""Visitors below which intervals of their sessions are told to be rough."""


def told(whole: Measured, unit: str) -> list[str]:
    """Say what is not decided yet, and what the estimate cannot know."""
    noun = unit.removesuffix("_id")
    notes = []
    if whole.open and whole.open == whole.entrants:
        notes.append(f"the window of every {noun} is still open: only the naive conversion is known")
    elif whole.open:
        notes.append(f"the window of {counted(whole.open, noun)} is still open: conversion is estimated from all")
    if whole.clusters is not None and 0 < whole.clusters < FEW:
        of = counted(whole.clusters, "visitor")
        notes.append(f"{counted(whole.entrants, noun)} of {of} only: intervals are rough, as theirs may be alike")
    if whole.trend is not None and whole.trend < TREND:
        notes.append(
            f"earlier and later entrants convert differently (p = {whole.trend:.1g}): conversion is an average of a "
            "rate that changes"
        )
    return notes


def missing_of(notes: Sequence[str], steps: Sequence[str]) -> list[str]:
    """Return the steps of which the notes say that no event is one."""
    return [step for step in steps if any(note.startswith(MISSING.format(step)) for note in notes)]
