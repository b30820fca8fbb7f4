"""Notes of a result by their codes: tests assert what was found, the golden texts hold the wording."""

import warnings
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from ecommine import DataWarning


def note_counts(notes: Iterable[Any]) -> dict[str, int | None]:
    """Return the count of each note by its code."""
    return {note.code: note.count for note in notes}


def warning_counts(call: Callable[..., Any], *args: Any, **options: Any) -> tuple[Any, dict[str, int | None]]:
    """Return the result of a call that gives one `DataWarning`, and the count of each of its notes by code."""
    with pytest.warns(DataWarning) as caught:
        result = call(*args, **options)
    return result, caught_counts(caught)


def caught_counts(caught: Iterable[warnings.WarningMessage]) -> dict[str, int | None]:
    """Return the count of each note of the only `DataWarning` among the warnings, some of which are Spark's own."""
    (warning,) = (each.message for each in caught if isinstance(each.message, DataWarning))
    return note_counts(warning.notes)
