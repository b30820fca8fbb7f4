"""Notes of a result by their codes: tests assert what was found, the golden texts hold the wording."""

from collections.abc import Iterable
from typing import Any


def note_counts(notes: Iterable[Any]) -> dict[str, int | None]:
    """Return the count of each note by its code."""
    return {note.code: note.count for note in notes}
