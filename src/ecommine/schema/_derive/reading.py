"""How topics read a canonical table: only the columns that they use, with their types made sure of."""

from collections.abc import Sequence

import narwhals.stable.v2 as nw

from ..._core.frames import Frame, opened
from .._map.map import find_columns, with_amount
from .._map.objects import has_inexact_ids, is_numpy
from .._map.plan import Reading, TypePlan, plan_types
from .._model.columns import Column
from .._model.errors import SchemaError
from .._model.tables import TABLES

AMOUNT_PARTS = ("quantity", "unit_price", "discount")


def read(
    native: object,
    table: str,
    columns: Sequence[str],
    /,
    *,
    optional: Sequence[str] = (),
    others: Sequence[str] = (),
    argument: str | None = None,
) -> Frame:
    """Open a table that is canonical already, and keep only the columns asked for.

    Missing columns and types that only the door can convert (text, aware times, mixed objects) are one
    `SchemaError` that names the door. Optional columns come where the table has them, others as they are: they are no
    columns of the schema, but the caller's own.
    """
    declared = TABLES[table]
    frame = opened(native, argument=argument or table)
    names = frame.collect_schema().names()
    parts = AMOUNT_PARTS if table == "orders" and "amount" in columns and _has_gaps(frame) else ()
    sources, _ = find_columns(names, declared, {})
    missing = [name for name in columns if name not in sources and not (name == "amount" and _computable(sources))]
    if missing:
        raise SchemaError(table, [_absent(name, table) for name in missing])
    wanted = [column for column in declared.columns if column.name in sources]
    wanted = [column for column in wanted if column.name in (*columns, *optional, *parts)]
    plan = plan_types(frame, wanted, Reading())
    problems = [
        *plan.problems,
        *(f"`{name}` holds values that must be converted first" for name in plan.conversions),
        *(f"`{column.name}` holds floats, not ids" for column in wanted if _loses_ids(frame, column, plan)),
    ]
    if problems:
        raise SchemaError(table, problems, f"map the table once with schema.{table}(raw, ...)")
    if plan.casts:
        frame = frame.with_columns(**plan.casts)
    if parts:
        frame = with_amount(frame, declared, plan)
    return frame.select(*_kept(columns, optional, sources), *others)


def _has_gaps(frame: Frame) -> bool:
    """Tell whether amounts may have to be computed; in memory, a look at them tells."""
    if not isinstance(frame, nw.DataFrame) or "amount" not in frame.columns:
        return True
    amount = frame["amount"]
    return bool(amount.null_count() or (amount.dtype.is_float() and amount.is_nan().any()))


def _loses_ids(frame: Frame, column: Column, plan: TypePlan) -> bool:
    """Tell whether ids are floats that would become guests unseen; only the door looks at every value."""
    if column.kind != "id" or column.name not in plan.casts or not frame.collect_schema()[column.name].is_float():
        return False
    return not is_numpy(frame, column.name) or has_inexact_ids(frame, column.name)


def _kept(columns: Sequence[str], optional: Sequence[str], sources: dict[str, str]) -> list[nw.Expr]:
    there = [*columns, *(name for name in optional if name in sources)]
    return [nw.col(name) for name in dict.fromkeys(there)]


def _computable(sources: dict[str, str]) -> bool:
    return {"quantity", "unit_price"} <= set(sources)


def _absent(name: str, table: str) -> str:
    door = f"map the table once with schema.{table}(raw, {name}='...')"
    if name == "amount" and table == "orders":  # what it is computed from will do
        door += ", or with quantity='...' and unit_price='...'"
    return f"`{name}` is missing: {door}"
