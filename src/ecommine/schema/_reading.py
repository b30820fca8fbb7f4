"""How topics read a canonical table: only the columns that they use, with their types made sure of."""

from collections.abc import Sequence

import narwhals.stable.v2 as nw

from .._core.frames import Frame, opened
from ._door import find_columns, with_amount
from ._errors import SchemaError
from ._tables import TABLES
from ._typing_plan import Reading, TypePlan, plan_types

AMOUNT_PARTS = ("quantity", "unit_price", "discount")


def read(
    native: object,
    table: str,
    columns: Sequence[str],
    /,
    *,
    optional: Sequence[str] = (),
    argument: str | None = None,
) -> Frame:
    """Open a table that is canonical already, and keep only the columns asked for.

    Missing columns and types that only the door can convert (text, aware times, mixed objects) are one
    `SchemaError` that names the door. Optional columns come where the table has them.
    """
    declared = TABLES[table]
    frame = opened(native, argument=argument or table)
    names = frame.collect_schema().names()
    parts = AMOUNT_PARTS if "amount" in columns and "amount" not in names else ()
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
    ]
    if problems:
        raise SchemaError(table, [*problems, f"map the table once with schema.{table}(raw, ...)"])
    return _cast(frame, plan, declared.name).select(*_kept(columns, optional, sources))


def _cast(frame: Frame, plan: TypePlan, table: str) -> Frame:
    if plan.casts:
        frame = frame.with_columns(**plan.casts)
    if "amount" in frame.collect_schema().names():
        return frame
    return with_amount(frame, TABLES[table], plan)


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
