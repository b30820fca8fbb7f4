"""Notes of a result by their codes: tests assert what was found, the golden texts hold the wording."""

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
    assert len(caught) == 1
    return result, note_counts(caught[0].message.notes)
