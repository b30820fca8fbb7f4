"""States of orders in words: those that an export does not know are told, since their orders are kept."""

import narwhals.stable.v2 as nw

from ..._core.frames import Frame, collect
from .._exports.base import Export, fill_false

_SHOWN = 4


def note_unknown_states(orders: Frame, export: Export, column: str, known: str) -> None:
    """Add a note of the orders whose state does not match ``known``, one row an order, with the states and counts."""
    if orders.collect_schema()[column] != nw.String:  # nothing is in it, which DuckDB takes for numbers
        return
    unknown = ~nw.col(column).is_null() & ~fill_false(nw.col(column).str.contains(known))
    sizes = orders.filter(unknown).group_by(column).agg(n=nw.len()).sort("n", column, descending=[True, False])
    table = collect(sizes)
    pairs = list(zip(table[column].to_list(), table["n"].to_list(), strict=True))
    listed = ", ".join(f"{state!r} ({n:,})" for state, n in pairs[:_SHOWN]) + (", …" if len(pairs) > _SHOWN else "")
    text = f"of a state that is not known: {listed}: they count as sold; leave those out that are not"
    export.note("states_unknown", sum(n for _, n in pairs), "order", text)
