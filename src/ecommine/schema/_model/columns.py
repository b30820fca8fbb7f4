"""Declarations of canonical columns and tables."""

from dataclasses import dataclass
from typing import Literal

from ..._core.checks import flag, instance, instances, names, number, one_of, several, show, text

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

    def __post_init__(self) -> None:
        text("name", self.name)
        one_of("kind", self.kind, tuple(KINDS))
        for name in ("meaning", "unit"):
            instance(name, getattr(self, name), str, noun="text")
        for name in ("required", "nullable"):
            object.__setattr__(self, name, flag(name, getattr(self, name)))
        for name in ("low", "high"):
            limit = getattr(self, name)
            object.__setattr__(self, name, None if limit is None else number(name, limit))
        object.__setattr__(self, "choices", names("choices", self.choices, of="choices"))


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

    def __post_init__(self) -> None:
        text("name", self.name)
        instance("row", self.row, str, noun="text")
        object.__setattr__(self, "columns", instances("columns", self.columns, Column))
        if not self.columns:
            raise ValueError("`columns` must have at least one Column, got none")
        groups = several("either", self.either, of="groups of columns")
        object.__setattr__(self, "either", tuple(names("either", group, of="columns") for group in groups))
        if self.unique is not None:
            one_of("unique", self.unique, self.names)

    def column(self, name: str) -> Column:
        """Return the column of that name.

        Raises
        ------
        TypeError
            If it is no name.
        ValueError
            If the table declares no such column.
        """
        text("name", name)
        for column in self.columns:
            if column.name == name:
                return column
        raise ValueError(f"`name` must be one of the columns {', '.join(self.names)}, got {show(name)}")

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all columns, in order."""
        return tuple(column.name for column in self.columns)
