"""Notes of a result: sentences with a code and a count, and the one warning that carries them.

A person reads the sentence, a service acts on the code, a test asserts code and count, so that the wording of a
sentence can be improved freely.
"""

import re
import warnings
from collections.abc import Sequence
from typing import Any, SupportsIndex

from .engines import visible_level

_CODE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


class Note(str):
    """A sentence about the data of a result: what was left out, assumed or cut short.

    It is a plain string to everything that reads text: it compares, hashes, joins and prints as its sentence. Only
    ``str.count`` is hidden by the number.

    Parameters
    ----------
    text : str
        The sentence: count, noun, reason, what to do.
    code : str
        What the note is about, in snake_case; it stays when the sentence is improved.
    count : int or None
        The number that the sentence names, of rows, customers, ...; None where it names none.

    Raises
    ------
    ValueError
        If ``code`` is not snake_case.

    Examples
    --------
    >>> note = Note("3 orders have no customer and are left out", code="guests_left_out", count=3)
    >>> note, note.code, note.count
    ('3 orders have no customer and are left out', 'guests_left_out', 3)
    """

    __slots__ = ("code", "count")
    code: str
    count: int | None  # type: ignore[assignment]  # of the sentence, where str counts its letters

    def __new__(cls, text: str, *, code: str, count: SupportsIndex | None = None) -> "Note":
        if not _CODE.fullmatch(code):
            raise ValueError(f"`code` must be snake_case such as 'guests_left_out', got {code!r}")
        note = super().__new__(cls, text)
        note.code, note.count = code, None if count is None else count.__index__()
        return note

    def __getnewargs_ex__(self) -> tuple[tuple[str], dict[str, Any]]:
        """Return what copies and pickles are made from."""
        return (str(self),), {"code": self.code, "count": self.count}


def warn_of_notes(notes: Sequence[str], category: type[Warning], *, stacklevel: int = 1) -> None:
    """Give one warning with the sentences of all notes, which it carries as ``.notes``; none without notes.

    Parameters
    ----------
    notes : sequence of Note
        Joined with "; ".
    category : type of warning
        Its instance, ``caught.message`` of ``warnings.catch_warnings(record=True)``, has the notes as ``.notes``.
    stacklevel : int
        1 is the line that calls this function, as in :func:`warnings.warn`.

    Examples
    --------
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     warn_of_notes([Note("2 copies were dropped", code="copies_dropped", count=2)], UserWarning)
    >>> str(caught[0].message), caught[0].message.notes[0].code
    ('2 copies were dropped', 'copies_dropped')
    """
    if notes:
        warning: Any = category("; ".join(notes))
        warning.notes = tuple(notes)
        warnings.warn(warning, stacklevel=visible_level(stacklevel + 1))
