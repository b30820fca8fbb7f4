"""Errors and warnings: one error that lists every problem of a table, and one warning of what was left out."""

from collections.abc import Sequence

from ..._core.notes import Note, warn_of_notes


class EcommineError(Exception):
    """The base of every error that is ecommine's own."""


class SchemaError(EcommineError, ValueError):
    """A table does not hold what its schema requires.

    Parameters
    ----------
    table : str
        Name of the canonical table, such as "orders".
    problems : sequence of str
        One sentence per problem: what is wrong, in how many rows, the first of them, and what to do.
    way_out : str, optional
        What to do about all of them.

    Examples
    --------
    >>> print(SchemaError("orders", ["order_id is missing in 2 rows"]))
    orders: 1 problem
      1. order_id is missing in 2 rows
    """

    def __init__(self, table: str, problems: Sequence[str], way_out: str = "") -> None:
        self.table = table
        self.problems: tuple[str, ...] = tuple(problems)
        self.way_out = way_out
        super().__init__(table, self.problems, way_out)  # the arguments, so that the error pickles

    def __str__(self) -> str:
        count = len(self.problems)
        lines = [f"{self.table}: {count} problem{'s' if count != 1 else ''}"]
        lines += [f"  {i}. {text}" for i, text in enumerate(self.problems, start=1)]
        return "\n".join([*lines, f"  {self.way_out}"] if self.way_out else lines)


class DataWarning(UserWarning):
    """Rows were left out or something was assumed; the sentences give the counts.

    Attributes
    ----------
    notes : tuple of Note
        The sentences one by one: text with ``.code`` and ``.count``, for programs that act on them.

    Examples
    --------
    >>> import warnings
    >>> import pandas as pd
    >>> from ecommine import schema
    >>> raw = pd.DataFrame({"product_id": ["a", "a"], "price": [1.0, 1.0]})
    >>> with warnings.catch_warnings(record=True, action="always") as caught:
    ...     products = schema.products(raw, duplicates="drop")
    >>> [(note.code, note.count) for note in caught[0].message.notes]
    [('copies_dropped', 1)]
    """

    notes: tuple[Note, ...] = ()


def warn(notes: Sequence[str], *, stacklevel: int) -> None:
    """Give one `DataWarning` with all notes, none without notes; ``stacklevel`` as in :func:`warnings.warn`."""
    warn_of_notes(notes, DataWarning, stacklevel=stacklevel)
