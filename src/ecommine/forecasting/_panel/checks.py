"""What a table of sales must hold to be read as a panel: types of its periods, complete keys, dates on the grid."""

from typing import Any

import narwhals.stable.v2 as nw

from ..._core.texts import counted, quote_names
from ...schema._for_topics import Every, SchemaError
from .grid import misplaced_starts


def check_type_of_period(kind: object) -> None:
    """Raise for types that neither are dates nor numbers, such as the periods of pandas."""
    if kind == nw.Unknown():
        raise SchemaError(
            "sales",
            ["`period_at` is of a type that holds no date"],
            "give the first day of each period: of periods of pandas it is sales['period_at'].dt.to_timestamp()",
        )


def check_complete_keys(rows: nw.DataFrame[Any], names: tuple[str, ...]) -> None:
    """Raise where a series or a period is missing."""
    nulls = {name: rows[name].null_count() for name in names}
    problems = [f"`{name}` is missing in {counted(n, 'row')}" for name, n in nulls.items() if n]
    if problems:
        raise SchemaError("sales", problems, 'split them off with schema.quarantine("sales", raw)')


def check_places(starts: Any, every: Every | None, first: Any) -> None:
    """Raise where a date begins no period."""
    misplaced = misplaced_starts(starts, every, first)
    if len(misplaced):
        shown = quote_names([str(start)[:10] for start in misplaced[:3]])
        problem = (
            f"`period_at` holds {counted(len(misplaced), 'date')} that begin no period of '{every}' from "
            f"{str(first)[:10]} on, such as {shown}"
        )
        raise SchemaError("sales", [problem], f"sum the orders with schema.to_sales(orders, every='{every}')")
