"""The mapping behind all readers: rename, convert, check, and return the table in the caller's own library."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrameT

from ..._core.checks import one_of, show
from ..._core.engines import tell_library_errors
from ..._core.frames import Frame, collect, is_lazy, native, opened
from ..._core.notes import Note
from ..._core.texts import counted
from .._convert.convert import convert
from .._convert.formats import check_format
from .._convert.plan import RAW, TimeOptions, TypePlan, plan_types
from .._model.clock import instant_name
from .._model.columns import Table
from .._model.errors import SchemaError, warn
from .._model.event_names import with_ga4_names
from .._model.tables import TABLES
from .._validate.checks import ValueCheck, count_failures, describe_failures, value_checks
from .columns import case_clashes, check_names, fill_amount, find_columns, list_columns, rename

Check = Literal["values", "types"]
Duplicates = Literal["keep", "drop"]


@dataclass(frozen=True, slots=True)
class ConvertedTable:
    """A raw table with canonical names and types, raw copies of what was converted, and the checks of its values."""

    frame: Frame
    checks: list[ValueCheck]
    plan: TypePlan
    sources: Mapping[str, str]
    names: tuple[str, ...]


@tell_library_errors
def map_table(
    raw: IntoFrameT,
    table: str,
    columns: Mapping[str, str | None],
    *,
    timezone: str | None,
    format: str | None,
    check: Check,
    duplicates: Duplicates,
) -> IntoFrameT:
    """Map a raw table to the canonical table of that name, in the same library; warn of what was assumed."""
    frame = opened(raw, argument="raw")
    mapped, notes = map_frame(
        frame, table, columns, timezone=timezone, format=format, check=check, duplicates=duplicates
    )
    warn(notes, stacklevel=4)
    return native(mapped, raw)


def map_frame(
    frame: Frame,
    table: str,
    columns: Mapping[str, str | None],
    *,
    timezone: str | None = None,
    format: str | None = None,
    check: Check = "values",
    duplicates: Duplicates = "keep",
) -> tuple[Frame, list[Note]]:
    """Return an open table as the canonical table of that name, and notes of what was assumed or left out."""
    one_of("check", check, get_args(Check))
    one_of("duplicates", duplicates, get_args(Duplicates))
    notes = []
    if duplicates == "drop":
        frame, dropped = _drop_copies(frame)
        if dropped:
            were = "was" if dropped == 1 else "were"
            text = f"{counted(dropped, 'exact copy', 'exact copies')} of other rows {were} dropped"
            notes.append(Note(text, code="copies_dropped", count=dropped))
    converted = rename_and_convert(frame, TABLES[table], columns, timezone=timezone, format=format)
    if check == "values":
        notes += _check_values(converted, table)
    return converted.frame.select(*converted.names), [*notes, *converted.plan.notes]


def _check_values(converted: ConvertedTable, table: str) -> list[Note]:
    """Raise one error that lists every problem of values; return a note where money has several currencies."""
    counts, currencies = count_failures(converted.frame, converted.checks)
    if any(counts):
        problems = describe_failures(converted.frame, TABLES[table], converted.checks, counts)
        numbering = "" if is_lazy(converted.frame) else "rows are counted from 0; "
        raise SchemaError(table, problems, f"{numbering}split the rows with schema.quarantine({table!r}, raw, ...)")
    if currencies <= 1:
        return []
    text = f"{currencies} currencies in `currency`: their money cannot be added up, convert it to one currency first"
    return [Note(text, code="several_currencies", count=currencies)]


def rename_and_convert(
    frame: Frame, table: Table, columns: Mapping[str, str | None], *, timezone: str | None, format: str | None
) -> ConvertedTable:
    """Rename and convert the columns, or raise one error that lists every problem of names and types."""
    check_zone(timezone)
    check_format(format)
    names = frame.collect_schema().names()
    check_names(names, columns)
    sources, problems = find_columns(names, table, columns)
    if is_lazy(frame) and not frame.implementation.is_polars():
        problems += case_clashes(names, table, sources)
    frame = rename(frame, sources)
    present = [column for column in table.columns if column.name in sources]
    plan = plan_types(frame, present, TimeOptions(timezone, format))
    problems += [_taken_name(name) for name in plan.instants if instant_name(name) in frame.collect_schema().names()]
    if problems or plan.problems:
        raise SchemaError(table.name, [*problems, *plan.problems], list_columns(names) if problems else "")
    names = frame.collect_schema().names()
    if table.name == "events":
        plan.casts.setdefault("event", nw.col("event"))  # names change: the original ones are kept
    frame = _apply_plan(frame, table, plan)
    if "amount" in frame.collect_schema().names() and "amount" not in names:
        names.append("amount")
    for name in plan.instants:
        names.insert(names.index(name) + 1, instant_name(name))
    return ConvertedTable(frame, value_checks(table, frame, plan, sources), plan, sources, tuple(names))


def _apply_plan(frame: Frame, table: Table, plan: TypePlan) -> Frame:
    """Keep raw copies of the columns that change, and convert them."""
    if plan.instants:
        frame = frame.with_columns(**{instant_name(name): nw.col(name) for name in plan.instants})
    if plan.changed:  # lazy frames refuse to add nothing
        frame = frame.with_columns(**{RAW + name: nw.col(name) for name in plan.changed})
    frame = convert(frame, plan.conversions)
    if plan.casts:
        frame = frame.with_columns(**plan.casts)
    frame = fill_amount(frame, table, plan)
    return with_ga4_names(frame) if table.name == "events" else frame


def _taken_name(name: str) -> str:
    return f"the table has a column '{instant_name(name)}', which keeps the instants of `{name}`: rename it first"


def first_copies(frame: nw.DataFrame[Any], names: list[str]) -> nw.DataFrame[Any]:
    """Keep the first of the rows that are equal in all these columns."""
    nested = [name for name, dtype in frame.schema.items() if dtype.is_nested()]
    text = "`duplicates='drop'` cannot compare lists and dicts in columns{}: leave those columns out, or keep copies"
    if nested and not frame.implementation.is_polars():
        raise TypeError(text.format(f" such as {nested[0]!r}"))
    try:
        return frame.unique(subset=names, keep="first", maintain_order=True)
    except TypeError:  # of objects in pandas
        raise TypeError(text.format("")) from None


def _drop_copies(frame: Frame) -> tuple[Frame, int]:
    """Return the distinct rows and the number of rows dropped."""
    if isinstance(frame, nw.DataFrame):
        unique = first_copies(frame, frame.columns)
        return unique, len(frame) - len(unique)
    distinct = frame.unique(keep="any")
    before, after = (int(collect(rows.select(n=nw.len()))["n"].to_list()[0]) for rows in (frame, distinct))
    return distinct, before - after


_NO_ZONES = ("localtime", "Factory", "posix", "right/")
"""Files beside the zones on some machines, which other libraries do not know."""


def check_zone(timezone: str | None) -> None:
    if timezone is not None and not isinstance(timezone, str):
        raise TypeError(f"`timezone` must be a zone such as 'Asia/Shanghai', got {show(timezone)}")
    if timezone is not None:
        try:
            is_zone = not timezone.startswith(_NO_ZONES) and bool(ZoneInfo(timezone))
        except (ZoneInfoNotFoundError, ValueError, OSError):
            is_zone = False
        if not is_zone:
            raise ValueError(f"`timezone` must be a zone such as 'Asia/Shanghai', got {show(timezone)}")
