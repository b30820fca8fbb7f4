"""A shop: the canonical tables that one export holds."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from ..._core.frames import opened


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Shop:
    """The canonical tables of one shop; a table that its export lacks is None.

    Examples
    --------
    >>> import pandas as pd
    >>> from ecommine import schema
    >>> shop = schema.Shop(products=pd.DataFrame({"product_id": ["a", "b"]}))
    >>> shop
    Shop with products (product_id)
    >>> shop.orders is None
    True
    """

    orders: Any = None
    events: Any = None
    links: Any = None
    products: Any = None
    customers: Any = None
    sales: Any = None
    reviews: Any = None
    assignments: Any = None
    touches: Any = None
    stock: Any = None
    purchases: Any = None
    deliveries: Any = None
    notes: tuple[str, ...] = ()

    @property
    def tables(self) -> Mapping[str, Any]:
        """The tables that are there, by name."""
        named = {field.name: getattr(self, field.name) for field in fields(Shop) if field.name != "notes"}
        return {name: table for name, table in named.items() if table is not None}

    def __repr__(self) -> str:
        opened_tables = ((name, opened(table, argument=name)) for name, table in self.tables.items())
        described = (f"{name} ({', '.join(frame.collect_schema().names())})" for name, frame in opened_tables)
        notes = "".join(f"\n  note: {note}" for note in self.notes)
        return f"{type(self).__name__} with {', '.join(described) or 'no tables'}{notes}"
