"""Reading canonical tables: only the columns that a call uses, of their types, and two tables with comparable keys."""

from collections.abc import Sequence

import narwhals.stable.v2 as nw

from ..._core.frames import Frame, is_lazy, opened
from .._convert.formats import Conversion
from .._convert.objects import has_inexact_ids, is_numpy
from .._convert.plan import ReadOptions, TypePlan, plan_types
from .._map.columns import fill_amount, find_columns
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
    """Open a canonical table, and keep only the named columns; see `read_columns`.

    ``argument`` is the caller's name of the table in errors, that of the canonical table by default.
    """
    frame = opened(native, argument=argument or table)
    return read_columns(frame, table, columns, optional=optional, others=others)


def read_columns(
    frame: Frame, table: str, columns: Sequence[str], /, *, optional: Sequence[str] = (), others: Sequence[str] = ()
) -> Frame:
    """Keep only the named columns of an open table that is canonical already.

    Missing columns, and types that only the mapping converts (text, aware times, mixed objects), are one `SchemaError`
    that says how to map the table. Optional columns are kept where the table has them; others are not of the schema
    but the caller's own, and are kept as they are.
    """
    declared = TABLES[table]
    names = frame.collect_schema().names()
    parts = AMOUNT_PARTS if table == "orders" and "amount" in columns and _may_lack_amounts(frame) else ()
    sources, _ = find_columns(names, declared, {})
    missing = [name for name in columns if name not in sources and not (name == "amount" and _computable(sources))]
    if missing:
        raise SchemaError(table, [_missing_column(name, table) for name in missing])
    wanted = [column for column in declared.columns if column.name in sources]
    wanted = [column for column in wanted if column.name in (*columns, *optional, *parts)]
    plan = plan_types(frame, wanted, ReadOptions())
    problems = [
        *plan.problems,
        *(_unconverted(name, table, conversion) for name, conversion in plan.conversions.items()),
        *(f"`{column.name}` holds floats, not ids" for column in wanted if _loses_ids(frame, column, plan)),
    ]
    if problems:
        raise SchemaError(table, problems, f"map the table once with schema.{table}(raw, ...)")
    if plan.casts:
        frame = frame.with_columns(**plan.casts)
    if parts:
        frame = fill_amount(frame, declared, plan)
    return frame.select(*_kept(columns, optional, sources), *others)


def _unconverted(name: str, table: str, conversion: Conversion) -> str:
    """Return what is wrong with a column that only the mapping converts, and what converts it."""
    if conversion.operation == "localise":
        way_out = f"schema.{table}(raw, timezone='...'), the shop's zone, makes them its own times"
        return f"`{name}` holds times with a zone: {way_out}"
    if conversion.operation == "number":
        return f"`{name}` holds text, not numbers: schema.{table}(raw, ...) reads it"
    return f"`{name}` holds values that must be converted first"


def _may_lack_amounts(frame: Frame) -> bool:
    """Return whether amounts may have to be computed; a table in memory shows it."""
    if not isinstance(frame, nw.DataFrame) or "amount" not in frame.columns:
        return True
    amount = frame["amount"]
    return bool(amount.null_count() or (amount.dtype.is_float() and amount.is_nan().any()))


def _loses_ids(frame: Frame, column: Column, plan: TypePlan) -> bool:
    """Return whether float ids would become guests unnoticed; only the mapping checks every value."""
    if column.kind != "id" or column.name not in plan.casts or not frame.collect_schema()[column.name].is_float():
        return False
    return not is_numpy(frame, column.name) or has_inexact_ids(frame, column.name)


def _kept(columns: Sequence[str], optional: Sequence[str], sources: dict[str, str]) -> list[nw.Expr]:
    names = [*columns, *(name for name in optional if name in sources)]
    return [nw.col(name) for name in dict.fromkeys(names)]


def _computable(sources: dict[str, str]) -> bool:
    return {"quantity", "unit_price"} <= set(sources)


def _missing_column(name: str, table: str) -> str:
    remedy = f"map the table once with schema.{table}(raw, {name}='...')"
    if name == "amount" and table == "orders":  # the columns that it is computed from will do
        remedy += ", or with quantity='...' and unit_price='...'"
    return f"`{name}` is missing: {remedy}"


def check_same_library(left: Frame, right: Frame, *, argument: str, like: str) -> None:
    """Raise unless both tables are of one library, and both lazy or both eager."""
    kinds = [f"{'lazy ' if is_lazy(frame) else ''}{frame.implementation.name.lower()}" for frame in (left, right)]
    if kinds[0] != kinds[1]:
        raise TypeError(f"`{argument}` must be a table of the same library as `{like}`: got {kinds[1]}, not {kinds[0]}")


def common_type(left: Frame, right: Frame, name: str, *, argument: str, like: str) -> nw.dtypes.DType:
    """Return the type in which the ids of a key can be compared; text in one and numbers in the other are an error."""
    left_type, right_type = (frame.collect_schema()[name] for frame in (left, right))
    is_empty = isinstance(right, nw.DataFrame) and not len(right)
    if left_type == right_type or is_empty:
        return left_type
    if left_type.is_numeric() != right_type.is_numeric():
        kinds = ("numbers", "text") if left_type.is_numeric() else ("text", "numbers")
        problem = f"`{name}` holds {kinds[1]} in {argument} but {kinds[0]} in {like}: read both as text"
        raise SchemaError(argument, [problem])
    if not left_type.is_numeric():
        return nw.String()
    return nw.Int64() if left_type.is_integer() and right_type.is_integer() else nw.Float64()
