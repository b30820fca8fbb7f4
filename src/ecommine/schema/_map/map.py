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
from .._convert.formats import check_format, named_format
from .._convert.ids import MENDED
from .._convert.numbers import DECIMAL_MARKS
from .._convert.plan import RAW, ReadOptions, TypePlan, plan_types
from .._model.clock import instant_name
from .._model.columns import Table
from .._model.errors import SchemaError, warn
from .._model.event_names import check_event_names, with_ga4_names
from .._model.tables import TABLES
from .._validate.checks import FILL_DOWN, ValueCheck, ValueCounts, count_failures, describe_failures, value_checks
from .._validate.event_notes import event_notes
from .._validate.id_notes import (
    all_empty,
    id_flags,
    id_notes,
    id_uniques,
    rounded_number_notes,
    rounded_numbers,
)
from .._validate.money_notes import (
    currency_notes,
    holds_texts,
    number_flags,
    read_before_flags,
    read_before_notes,
    sign_flags,
    sign_notes,
    unsure_thousands,
)
from .._validate.order_notes import amount_notes, copies_notes, order_lines, with_customers_of_orders
from .._validate.shared_ids import shared_flags, shared_id_notes
from .columns import case_clashes, check_names, fill_amount, find_columns, list_columns, other_way_in, rename

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
    event_names: Mapping[str, str] | None = None
    """The shop's own names of events; None where the table is another one."""


@tell_library_errors
def map_table(
    raw: IntoFrameT,
    table: str,
    columns: Mapping[str, str | None],
    *,
    timezone: str | None,
    format: str | None,
    decimal: str | None,
    check: Check,
    duplicates: Duplicates,
    names: Mapping[str, str] | None = None,
) -> IntoFrameT:
    """Map a raw table to the canonical table of that name, in the same library; warn of what was assumed."""
    frame = opened(raw, argument="raw")
    mapped, notes = map_frame(
        frame,
        table,
        columns,
        timezone=timezone,
        format=format,
        decimal=decimal,
        check=check,
        duplicates=duplicates,
        names=names,
        own_table=True,
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
    decimal: str | None = None,
    check: Check = "values",
    duplicates: Duplicates = "keep",
    names: Mapping[str, str] | None = None,
    own_table: bool = False,
) -> tuple[Frame, list[Note]]:
    """Return an open table as the canonical table of that name, and notes of what was assumed or left out.

    ``own_table``: it is no known export, so that its rows are compared too.
    """
    one_of("check", check, get_args(Check))
    one_of("duplicates", duplicates, get_args(Duplicates))
    notes = []
    if duplicates == "drop":
        frame, dropped = _drop_copies(frame)
        if dropped:
            were = "was" if dropped == 1 else "were"
            text = f"{counted(dropped, 'exact copy', 'exact copies')} of other rows {were} dropped"
            notes.append(Note(text, code="copies_dropped", count=dropped))
    converted = rename_and_convert(
        frame, TABLES[table], columns, timezone=timezone, format=format, decimal=decimal, names=names
    )
    if check == "values":
        notes += check_values(converted, table, own_table=own_table)
    mapped = converted.frame.select(*converted.names)
    if check == "values" and own_table:
        mapped, told = compare_rows(converted, table, duplicates)
        notes += told
    return mapped, [*notes, *converted.plan.notes]


def compare_rows(converted: ConvertedTable, table: str, duplicates: Duplicates = "keep") -> tuple[Frame, list[Note]]:
    """Return the table with the customers of orders on all their lines, and notes of what rows show side by side."""
    mapped, notes = converted.frame.select(*converted.names), []
    keys = [column.name for column in TABLES[table].columns if column.required and column.name in converted.names]
    raw = [nw.col(RAW + name) if name in converted.plan.changed else nw.col(name) for name in converted.names]
    suspects = None
    if table == "orders":
        orders = order_lines(mapped, is_amount_given="amount" in converted.sources)
        notes += amount_notes(orders)
        mapped, filled = with_customers_of_orders(orders)
        notes += filled
        keys = ["order_id"]
        suspects = orders.orders.filter(nw.col("most") > 1).select("order_id") if orders.facts["alike"] else None
    elif table == "events" and not is_lazy(mapped):
        sizes = mapped.group_by(*keys).agg(n=nw.len()).filter(nw.col("n") > 1)
        suspects = sizes.select(*keys) if len(collect(sizes.head(1))) else None
    # Without a product, two products of one order that cost the same are rows alike.
    can_tell = table != "orders" or "product_id" in converted.names
    if suspects is not None and duplicates == "keep" and can_tell:
        notes += copies_notes(converted.frame, raw, suspects, keys)
    return mapped, notes


def check_values(converted: ConvertedTable, table: str, *, own_table: bool = True) -> list[Note]:
    """Raise one error that lists every problem of values; return notes of what was mended and of what cannot add up."""
    frame, plan = converted.frame, converted.plan
    found = _counts(converted, converted.checks)
    problems = _problems_of_texts(converted, found)
    if any(found.failures):
        rows = None if own_table else found.rows
        problems += describe_failures(
            frame, TABLES[table], converted.checks, found.failures, plan, converted.sources, of_export=rows
        )
    if problems and not own_table:
        raise SchemaError(table, problems, "the rows of an order belong together: leave out all of them, or none")
    if problems:
        numbering = "" if is_lazy(frame) else "rows are counted from 0; "
        split = f"split the rows with schema.quarantine({table!r}, raw, ...)"
        if any(FILL_DOWN in problem for problem in problems):  # quarantine would reject most of their lines
            split = f"once it is filled in, {split}"
        raise SchemaError(table, problems, numbering + split)
    return _notes(converted, table, found)


def notes_of_texts(converted: ConvertedTable, table: str) -> list[Note]:
    """Return the notes of values that no check rejects; raise where a column as a whole cannot be read."""
    found = _counts(converted, [])
    if problems := _problems_of_texts(converted, found):
        raise SchemaError(table, problems)
    return _notes(converted, table, found)


def _counts(converted: ConvertedTable, checks: list[ValueCheck]) -> ValueCounts:
    frame, plan = converted.frame, converted.plan
    flags = id_flags(plan) | rounded_numbers(frame, converted.names) | shared_flags(frame, converted.names)
    flags |= number_flags(frame, plan) | sign_flags(frame) | read_before_flags(plan)
    return count_failures(frame, checks, flags=flags, uniques=id_uniques(frame, converted.names))


def _problems_of_texts(converted: ConvertedTable, found: ValueCounts) -> list[str]:
    frame, plan = converted.frame, converted.plan
    return [*all_empty(plan, found.others, found.rows), *unsure_thousands(frame, plan, found.others)]


def _notes(converted: ConvertedTable, table: str, found: ValueCounts) -> list[Note]:
    frame, plan = converted.frame, converted.plan
    notes = [*id_notes(frame, plan, found.others), *shared_id_notes(frame, table, found.others, converted.names)]
    notes += rounded_number_notes(found.others, found.rows)
    notes += [*currency_notes(frame, plan, found.others), *sign_notes(frame, found.others)]
    notes += read_before_notes(plan, found.others)
    if converted.event_names is not None:
        notes += event_notes(frame, converted.event_names)
    if found.currencies > 1:
        text = f"{found.currencies} currencies in `currency`: their money cannot be added up, "
        text += "convert it to one currency first"
        notes.append(Note(text, code="several_currencies", count=found.currencies))
    return notes


def rename_and_convert(
    frame: Frame,
    table: Table,
    columns: Mapping[str, str | None],
    *,
    timezone: str | None,
    format: str | None,
    decimal: str | None = None,
    names: Mapping[str, str] | None = None,
) -> ConvertedTable:
    """Rename and convert the columns, or raise one error that lists every problem of names and types.

    ``names`` are the shop's own names of events, and the names that they get.
    """
    check_zone(timezone)
    check_format(format)
    if decimal is not None:
        one_of("decimal", decimal, DECIMAL_MARKS)
    own_names = check_event_names(names)
    raw_names = frame.collect_schema().names()
    check_names(raw_names, columns)
    sources, problems = find_columns(raw_names, table, columns)
    if is_lazy(frame) and not frame.implementation.is_polars():
        problems += case_clashes(raw_names, table, sources)
    frame = rename(frame, sources)
    present = [column for column in table.columns if column.name in sources]
    plan = plan_types(frame, present, ReadOptions(timezone, named_format(format), decimal), mend=True)
    problems += [_taken_name(name) for name in plan.instants if instant_name(name) in frame.collect_schema().names()]
    if problems or plan.problems:
        way_out = list_columns(raw_names) + other_way_in(raw_names, table, sources) if problems else ""
        raise SchemaError(table.name, [*problems, *plan.problems], way_out)
    kept = frame.collect_schema().names()
    if table.name == "events":
        plan.casts.setdefault("event", nw.col("event"))  # names change: the original ones are kept
    frame = _apply_plan(_without_blanks(frame, plan), table, plan, own_names)
    if "amount" in frame.collect_schema().names() and "amount" not in kept:
        kept.append("amount")
    for name in plan.instants:
        kept.insert(kept.index(name) + 1, instant_name(name))
    return ConvertedTable(
        frame,
        value_checks(table, frame, plan, sources),
        plan,
        sources,
        tuple(kept),
        own_names if table.name == "events" else None,
    )


def _without_blanks(frame: Frame, plan: TypePlan) -> Frame:
    """Return numbers and times that are text with empty texts as missing, which other readers of files make them."""
    types = frame.collect_schema()
    read = {name for name, conversion in plan.conversions.items() if conversion.operation in ("number", "parse")}
    texts = [name for name in types if name in read and types[name] == nw.String and holds_texts(frame, name)]
    filled = {name: nw.when(nw.col(name).str.strip_chars() != "").then(nw.col(name)) for name in texts}
    return frame.with_columns(**filled) if filled else frame


def _apply_plan(frame: Frame, table: Table, plan: TypePlan, own_names: Mapping[str, str]) -> Frame:
    """Keep raw copies of the columns that change, and convert them."""
    if plan.instants:
        frame = frame.with_columns(**{instant_name(name): nw.col(name) for name in plan.instants})
    if plan.changed:  # lazy frames refuse to add nothing
        frame = frame.with_columns(**{RAW + name: nw.col(name) for name in plan.changed})
    frame = convert(frame, plan.conversions)
    if plan.mended:
        frame = frame.with_columns(**{MENDED + name: kind for name, kind in plan.mended.items()})
    if plan.casts:
        frame = frame.with_columns(**plan.casts)
    frame = fill_amount(frame, table, plan)
    return with_ga4_names(frame, own_names) if table.name == "events" else frame


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
