"""Checks of values: one null-safe condition per check, with its description and how to mend the data."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from math import inf
from types import MappingProxyType
from typing import Any

import narwhals.stable.v2 as nw

from ..._core.frames import Frame, collect
from ..._core.texts import counted
from .._convert.ids import EMPTY as EMPTY_ID
from .._convert.ids import MENDED, NOBODY
from .._convert.numbers import advice_of_number
from .._convert.plan import RAW, TypePlan, is_inexact, max_exact_integer
from .._convert.suggest import describe_values, sample
from .._model.columns import Column, Table

EARLIEST, LATEST = datetime(1970, 3, 1), datetime(2100, 1, 1)
"""Times outside are placeholders for missing ones (1899-12-30, 1970-01-01, 9999-12-31), or counts of another unit:
those of today, read as if they counted a thousandth of it, are in the first weeks of 1970."""

EXAMPLE_ROWS = 3
"""Rows that the error of a check shows."""

EMPTY: Mapping[str, nw.Expr] = MappingProxyType({})
READ_AS_TEXT = "read ids as text, such as pd.read_csv(..., dtype=str)"
_CORRECT = "correct the value, or set it to null"
_TAKE_OUT = "correct the value, or take the row out"

_NO_ROW = -1
"""The number of a row where rows have none."""

MISSING = "is missing"
"""The description of a value that is not there, and of which no example can be shown."""


@dataclass(frozen=True, slots=True)
class ValueCheck:
    """One check of the values of one column: ``failed`` is true for the rows that fail it."""

    column: str
    description: str
    failed: nw.Expr
    remedy: str

    @property
    def reason(self) -> str:
        """The reason that a rejected row carries."""
        return f"{self.column} {self.description}"


@dataclass(frozen=True, slots=True)
class _ConvertedColumn:
    """One column with its values and types after and before the conversion."""

    column: Column
    value: nw.Expr
    raw: nw.Expr
    dtype: nw.dtypes.DType
    raw_dtype: nw.dtypes.DType

    @property
    def name(self) -> str:
        return self.column.name


def value_checks(table: Table, frame: Frame, plan: TypePlan, sources: Mapping[str, str]) -> list[ValueCheck]:
    """Return the checks of the columns that the frame has."""
    types = dict(frame.collect_schema())
    present = [column for column in _columns_to_check(table, sources) if column.name in types]
    checks = [check for column in present for check in _column_checks(column, types, plan)]
    if table.unique in types:
        checks.append(_uniqueness_check(str(table.unique), table, types))
    return checks


def _uniqueness_check(name: str, table: Table, types: Mapping[str, nw.dtypes.DType]) -> ValueCheck:
    key = nw.col(name)
    repeated = ~key.is_null() & (nw.len().over(name) > 1)
    if types[name].is_float():  # ids that floats cannot hold cannot be told apart
        repeated = repeated & ~is_inexact(key)
    return ValueCheck(name, "is repeated", repeated, f"keep one row for each {table.row[2:]}")


def _columns_to_check(table: Table, sources: Mapping[str, str]) -> Iterator[Column]:
    """Yield the columns, with the parts of an amount that is not given itself in place of the amount."""
    computed = table.name == "orders" and "amount" not in sources
    for column in table.columns:
        if computed and column.name in ("quantity", "unit_price"):
            yield replace(column, nullable=False)
        elif not (computed and column.name == "amount"):
            yield column


def _column_checks(column: Column, types: dict[str, nw.dtypes.DType], plan: TypePlan) -> Iterator[ValueCheck]:
    name, value = column.name, nw.col(column.name)
    raw = nw.col(RAW + name) if name in plan.changed else value
    raw_dtype = types[RAW + name] if name in plan.changed else types[name]
    unreadable = ~raw.is_null() & value.is_null()
    if raw_dtype.is_float():  # a missing number is not an unreadable one
        unreadable = unreadable & ~raw.is_nan().fill_null(False)
    if name in plan.mended:  # what means nobody is missing, and told in a note
        unreadable = unreadable & ~nw.col(MENDED + name).is_in([EMPTY_ID, NOBODY])
    if not column.nullable:
        missing = value.is_null() & ~unreadable
        yield ValueCheck(name, MISSING, missing, "every row needs one")
    if name in plan.conversions and not (column.kind == "id" and raw_dtype.is_float()):
        remedy = _REMEDIES[column.kind].format(format=plan.conversions[name].format)
        yield ValueCheck(name, f"is not {_EXPECTED[column.kind]}", unreadable, remedy)
    if column.kind in _CHECKS_OF_KIND:
        yield from _CHECKS_OF_KIND[column.kind](_ConvertedColumn(column, value, raw, types[name], raw_dtype))


def _id_checks(column: _ConvertedColumn) -> Iterator[ValueCheck]:
    is_float = column.dtype.is_float()
    number, dtype = (column.value, column.dtype) if is_float else (column.raw, column.raw_dtype)
    if dtype.is_float():
        inexact = is_inexact(number.fill_nan(None), max_exact_integer(dtype))
        yield ValueCheck(column.name, "is a float that is not an exact id", inexact, READ_AS_TEXT)
    if column.dtype == nw.String:
        yield _empty_text_check(column)


def _empty_text_check(column: _ConvertedColumn) -> ValueCheck:
    return ValueCheck(column.name, "is empty text", _true(column.value == ""), "a missing value is a null")


def _text_checks(column: _ConvertedColumn) -> Iterator[ValueCheck]:
    if not column.column.nullable:
        yield _empty_text_check(column)


def _boolean_checks(column: _ConvertedColumn) -> Iterator[ValueCheck]:
    if column.raw_dtype.is_integer():
        outside = _true((column.raw < 0) | (column.raw > 1))
        yield ValueCheck(column.name, "is not 0 or 1", outside, _REMEDIES["boolean"])


def _number_checks(column: _ConvertedColumn) -> Iterator[ValueCheck]:
    value, name = column.value, column.name
    remedy = _CORRECT if column.column.nullable else _TAKE_OUT
    low, high = (0.0, 1.0) if column.column.kind == "share" else (column.column.low, column.column.high)
    if column.dtype.is_float():
        infinite = _true(value.abs() == inf)
        unknown = "give the number, or null if it is unknown" if column.column.nullable else _TAKE_OUT
        yield ValueCheck(name, "is infinite", infinite, unknown)
    if low is not None:
        yield ValueCheck(name, f"is below {low:g}", _true((value < low) & (value > -inf)), remedy)
    if high is not None:
        yield ValueCheck(name, f"is above {high:g}", _true((value > high) & (value < inf)), remedy)


def _time_checks(column: _ConvertedColumn) -> Iterator[ValueCheck]:
    outside = _true((column.value < nw.lit(EARLIEST)) | (column.value >= nw.lit(LATEST)))
    remedy = "a missing time is a null" if column.column.nullable else "take out rows whose time is not known"
    yield ValueCheck(column.name, "is before 1970-03-01 or after 2099", outside, remedy)


def _choice_checks(column: _ConvertedColumn) -> Iterator[ValueCheck]:
    choices = column.column.choices
    unknown = ~column.value.is_null() & ~column.value.is_in(list(choices))
    yield ValueCheck(column.name, f"is none of {', '.join(choices)}", unknown, "map your values to these")


def _true(condition: nw.Expr) -> nw.Expr:
    """Return a condition in which an unknown comparison is not true."""
    return condition.fill_null(False)


_CHECKS_OF_KIND: dict[str, Callable[[_ConvertedColumn], Iterator[ValueCheck]]] = {
    "id": _id_checks,
    "number": _number_checks,
    "money": _number_checks,
    "share": _number_checks,
    "time": _time_checks,
    "text": _text_checks,
    "choice": _choice_checks,
    "boolean": _boolean_checks,
}
_EXPECTED = {
    "id": "an exact id",
    "number": "a number",
    "money": "a number",
    "share": "a number",
    "time": "a time that can be read",
    "text": "text or a whole number",
    "choice": "text or a whole number",
    "boolean": "yes or no",
}
_REMEDIES = {
    "id": READ_AS_TEXT,
    "number": _CORRECT,  # and what the values look like, see `describe_failures`
    "money": _CORRECT,
    "share": _CORRECT,
    "time": "check `format={format!r}`",
    "text": "convert it to text",
    "choice": "convert it to text",
    "boolean": "convert it to true or false",
}


@dataclass(frozen=True, slots=True)
class ValueCounts:
    """Rows that fail each check, the currencies, all rows, and what else was counted, by name."""

    failures: list[int]
    currencies: int
    rows: int
    others: Mapping[str, int]


def count_failures(
    frame: Frame,
    checks: list[ValueCheck],
    *,
    flags: Mapping[str, nw.Expr] = EMPTY,
    uniques: Mapping[str, nw.Expr] = EMPTY,
) -> ValueCounts:
    """Count the rows that fail each check, the currencies where the frame has that column, and others, in one pass.

    Of ``flags`` the true rows are counted, of ``uniques`` the different values.
    """
    conditions = {f"f{i}": check.failed for i, check in enumerate(checks)}
    conditions |= {f"g{i}": flag for i, flag in enumerate(flags.values())}
    columns = [condition.cast(nw.Int64).alias(name) for name, condition in conditions.items()]
    columns += [column.alias(f"u{i}") for i, column in enumerate(uniques.values())]
    sums = [nw.col(name).sum() for name in conditions] + [nw.col(f"u{i}").n_unique() for i in range(len(uniques))]
    if "currency" in frame.collect_schema().names():
        columns += [nw.col("currency"), nw.col("currency").is_null().cast(nw.Int64).alias("unknown")]
        sums += [nw.col("currency").n_unique(), nw.col("unknown").sum()]
    if not columns:
        return ValueCounts([], 0, 0, {})
    totals = collect(frame.select(*columns).select(*sums, nw.len().alias("rows"))).to_dict(as_series=False)
    counts = {name: int(values[0] or 0) for name, values in totals.items()}
    currencies = counts.get("currency", 0) - (counts.get("unknown", 0) > 0)
    others = {name: counts[f"g{i}"] for i, name in enumerate(flags)}
    others |= {name: counts[f"u{i}"] for i, name in enumerate(uniques)}
    return ValueCounts([counts[f"f{i}"] for i in range(len(checks))], currencies, counts["rows"], others)


def describe_failures(
    frame: Frame,
    table: Table,
    checks: list[ValueCheck],
    counts: list[int],
    plan: TypePlan,
    sources: Mapping[str, str] = MappingProxyType({}),
    *,
    of_export: int | None = None,
) -> list[str]:
    """Return one sentence for each check that fails, with its first rows, in one more pass, and what its values are.

    ``of_export``: the number of rows, where these are made of those of a known export, so that their numbers are not
    those of its file: the keys are named then.
    """
    failures = [(check, count) for check, count in zip(checks, counts, strict=True) if count]
    noun = "order" if table.columns[0].name == "order_id" and of_export is not None else "key"
    if isinstance(frame, nw.DataFrame) and of_export is None:
        frame = frame.with_row_index(f"{RAW}row")
    heads = [_first_rows(frame, table, check).with_columns(check=nw.lit(i)) for i, (check, _) in enumerate(failures)]
    rows = collect(nw.concat(heads)).to_dict(as_series=False)
    examples: dict[int, list[str]] = {}
    for row, key, value, number in zip(rows["row"], rows["key"], rows["value"], rows["check"], strict=True):
        position = f"row {row}" if row != _NO_ROW else f"{noun} {key}"
        is_missing = failures[number][0].description == MISSING
        examples.setdefault(number, []).append(position if is_missing else f"{position} ({value})")
    problems = [
        f"`{check.column}` {check.description} in {counted(count, 'row')}, "
        f"first {', '.join(examples[i])}: "
        + (_LEAVE_OUT if _reads_others(check, count, of_export) else _remedy(frame, check, plan, sources))
        for i, (check, count) in enumerate(failures)
    ]
    if not frame.implementation.is_polars():
        return problems
    return [
        problem.replace("pd.read_csv(..., dtype=str)", "pl.read_csv(..., infer_schema=False)") for problem in problems
    ]


_LEAVE_OUT = "correct it, or leave it out of the file, with all rows of its order"
"""The remedy of single values of a known export, whose format or type the others have."""


def _reads_others(check: ValueCheck, count: int, of_export: int | None) -> bool:
    return of_export is not None and count < of_export and check.description.startswith("is not ")


def _remedy(frame: Frame, check: ValueCheck, plan: TypePlan, sources: Mapping[str, str]) -> str:
    """Return how to mend the values of a check; of texts and counts, by what they look like."""
    conversion, source = plan.conversions.get(check.column), sources.get(check.column)
    if check.description == MISSING:
        return _remedy_of_missing(frame, check, source)
    if conversion is None:
        return check.remedy
    failing = sample(frame.filter(check.failed), RAW + check.column)
    if source is not None and any(str(value).strip() == source for value in failing):
        return "the headings of the table are repeated in it, as where files are joined: leave such rows out"
    if conversion.operation == "number" and check.remedy == _CORRECT and check.description == "is not a number":
        return advice_of_number([str(value) for value in failing], conversion.decimal)
    if conversion.operation != "parse":
        return check.remedy
    advice = describe_values(failing)
    if "`format=`" not in advice:
        advice = describe_values([*failing, *sample(frame, RAW + check.column)])  # beside those that can be read
    if "`format=`" in advice and conversion.is_number and re.search("%[a-zA-Z][^%]", str(conversion.format)):
        return "the reader of the file made numbers of these texts: read the file again with this column as text"
    is_same = advice.startswith("give ") and repr(conversion.format) in advice and "`decimal=" not in advice
    if is_same or "`format=`" in advice:
        return check.remedy
    if conversion.is_count:
        return advice
    return f"{check.remedy}{', or' if advice.startswith('give ') else ':'} {advice}"


def _remedy_of_missing(frame: Frame, check: ValueCheck, source: str | None) -> str:
    """Return how to fill what only the first line of each order has; rows without it are no broken ones then."""
    names = frame.collect_schema().names()
    if check.column != "ordered_at" or "order_id" not in names or source is None:
        return check.remedy
    of_order = frame.select(order=nw.col("order_id"), lacks=check.failed.cast(nw.Int64)).group_by("order")
    sums = of_order.agg(nw.col("lacks").sum(), n=nw.len())
    rows = collect(
        sums.filter((nw.col("lacks") < nw.col("n")) & ~nw.col("order").is_null()).select(nw.col("lacks").sum())
    )
    count = int(rows["lacks"].to_list()[0] or 0)
    if not count:
        return check.remedy
    own = f"pl.col({source!r}).drop_nulls().first().over(...)" if frame.implementation.is_polars() else ""
    own = own or f"raw.groupby(...)[{source!r}].transform('first')"
    return (
        f"{check.remedy}; {count:,} of these belong to orders that have it on another line: {FILL_DOWN}, such as {own}"
    )


FILL_DOWN = "fill it in within each order"
"""The remedy of a column that only the first line of each order has."""


def _first_rows(frame: Frame, table: Table, check: ValueCheck) -> Any:
    names = frame.collect_schema().names()
    value = RAW + check.column if RAW + check.column in names else check.column
    row = nw.col(f"{RAW}row").cast(nw.Int64) if f"{RAW}row" in names else nw.lit(_NO_ROW, dtype=nw.Int64)
    return (
        frame.filter(check.failed)
        .head(EXAMPLE_ROWS)
        .select(row=row, key=nw.col(table.columns[0].name).cast(nw.String), value=nw.col(value).cast(nw.String))
    )
