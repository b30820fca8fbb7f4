"""Declarations of canonical columns and tables."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["id", "number", "money", "share", "time", "text", "choice", "boolean"]

KINDS: dict[Kind, str] = {
    "id": "text or whole number",
    "number": "whole or decimal number",
    "money": "64-bit float, one currency",
    "share": "64-bit float in [0, 1]",
    "time": "naive timestamp in the shop's own time, microseconds",
    "text": "text",
    "choice": "text, one of the listed values",
    "boolean": "true or false",
}
"""The contents of each kind of column in a canonical table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One canonical column: its name, type, unit and meaning.

    Examples
    --------
    >>> from ecommine import schema
    >>> schema.TABLES["orders"].column("amount").unit
    'currency'
    """

    name: str
    kind: Kind
    meaning: str
    unit: str = ""
    required: bool = False
    nullable: bool = True
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One canonical table: what a row is, its columns, and what must hold across them.

    ``either`` lists groups of columns of which one whole group must be given; ``unique`` is the column without repeated
    values, where a table has one.

    Examples
    --------
    >>> from ecommine import schema
    >>> schema.TABLES["products"].row, schema.TABLES["products"].unique
    ('a product', 'product_id')
    """

    name: str
    row: str
    columns: tuple[Column, ...]
    either: tuple[tuple[str, ...], ...] = ()
    unique: str | None = None

    def column(self, name: str) -> Column:
        """Return the column of that name.

        Raises
        ------
        KeyError
            If the table declares no such column.
        """
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all columns, in order."""
        return tuple(column.name for column in self.columns)
