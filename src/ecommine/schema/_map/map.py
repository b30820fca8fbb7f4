"""The one door behind every door: rename, convert, check, and hand back in the caller's own library."""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Literal, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrameT

from ..._core.checks import one_of
from ..._core.frames import Frame, collect, is_lazy, native, opened
from .._model.columns import Column, Table
from .._model.errors import DataWarning, SchemaError
from .._model.event_names import with_ga4_names
from .._model.tables import TABLES
from .._validate.checks import RAW, Fault, count_faults, describe_faults, faults_of
from .formats import check_format
from .native import convert
from .plan import Reading, TypePlan, plan_types

Check = Literal["values", "types"]
Duplicates = Literal["keep", "drop"]


@dataclass(frozen=True, slots=True)
class Opened:
    """A raw table with canonical names and types, raw copies of what was converted, and what to look for."""

    frame: Frame
    faults: list[Fault]
    plan: TypePlan
    sources: Mapping[str, str]
    names: tuple[str, ...]


def through_door(
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
) -> tuple[Frame, list[str]]:
    """Map an open table to the canonical table of that name, and tell what was assumed or left out."""
    one_of("check", check, get_args(Check))
    one_of("duplicates", duplicates, get_args(Duplicates))
    notes = []
    if duplicates == "drop":
        frame, dropped = _without_copies(frame)
        notes = [f"{dropped:,} exact copies of a line were dropped"] if dropped else []
    ready = make_ready(frame, TABLES[table], columns, timezone=timezone, format=format)
    if check == "values":
        counts, currencies = count_faults(ready.frame, ready.faults)
        if any(counts):
            problems = describe_faults(ready.frame, TABLES[table], ready.faults, counts)
            rows = "" if is_lazy(frame) else "rows are counted from 0; "
            raise SchemaError(table, problems, f"{rows}split the rows with schema.quarantine({table!r}, raw, ...)")
        if currencies > 1:
            notes.append(f"`currency` holds {currencies} currencies, whose money cannot be summed: convert it to one")
    return ready.frame.select(*ready.names), [*notes, *ready.plan.notes]


def make_ready(
    frame: Frame, table: Table, columns: Mapping[str, str | None], *, timezone: str | None, format: str | None
) -> Opened:
    """Rename and convert, or raise one error that lists every problem of names and types."""
    _check_zone(timezone)
    check_format(format)
    names = frame.collect_schema().names()
    _check_names(names, columns)
    sources, problems = find_columns(names, table, columns)
    if is_lazy(frame) and not frame.implementation.is_polars():
        problems += _case_clashes(names, table, sources)
    frame = _renamed(frame, sources)
    present = [column for column in table.columns if column.name in sources]
    plan = plan_types(frame, present, Reading(timezone, format))
    if problems or plan.problems:
        raise SchemaError(table.name, [*problems, *plan.problems], _listed(names) if problems else "")
    names = frame.collect_schema().names()
    if table.name == "events":
        plan.casts.setdefault("event", nw.col("event"))  # names change: what was there is kept
    if plan.touched:  # lazy frames refuse to add nothing
        frame = frame.with_columns(**{RAW + name: nw.col(name) for name in plan.touched})
    frame = convert(frame, plan.conversions)
    if plan.casts:
        frame = frame.with_columns(**plan.casts)
    frame = with_amount(frame, table, plan)
    if table.name == "events":
        frame = with_ga4_names(frame)
    if "amount" in frame.collect_schema().names() and "amount" not in names:
        names.append("amount")
    return Opened(frame, faults_of(table, frame, plan, sources), plan, sources, tuple(names))


def find_columns(names: list[str], table: Table, columns: Mapping[str, str | None]) -> tuple[dict[str, str], list[str]]:
    """Find the source of every canonical column, and what is wrong with the names."""
    sources, problems = {}, []
    taken = {source for name, source in columns.items() if source != name}
    for column in table.columns:
        source = columns.get(column.name)
        # An optional column is not what its name says where the caller calls it something else.
        if source is None and column.name in names and (column.required or column.name not in taken):
            sources[column.name] = column.name
        elif source is not None and source in names:
            sources[column.name] = source
            if column.name in names and source != column.name:
                problems.append(f"`{column.name}` is mapped from {source!r}, but the table has that column already")
                sources[column.name] = column.name
        elif source is not None:
            problems.append(f"`{column.name}={source!r}` is no column of the table{_near(source, names)}")
        elif column.required:
            problems.append(_no_source(column, names))
    if table.either and not any(set(group) <= set(sources) for group in table.either):
        groups = " or ".join(" and ".join(f"`{name}`" for name in group) for group in table.either)
        if not any(f"`{name}=" in text for group in table.either for name in group for text in problems):
            problems.append(f"{groups} must be there: map your columns, such as {table.either[0][0]}='Total'")
    return sources, problems


def with_amount(frame: Frame, table: Table, plan: TypePlan) -> Frame:
    """Fill the amount of order lines from quantity x unit_price - discount where it is not given."""
    names = frame.collect_schema().names()
    if table.name != "orders" or not {"quantity", "unit_price"} <= set(names):
        return frame
    product = nw.col("quantity").cast(nw.Float64) * nw.col("unit_price")
    if "discount" in names:
        product = product - nw.col("discount").fill_null(0.0)
    if "amount" not in names:
        return frame.with_columns(amount=product)
    if isinstance(frame, nw.DataFrame) and frame["amount"].null_count() == 0:
        return frame
    filled = nw.coalesce("amount", product)
    if "amount" in plan.conversions:  # what cannot be read is told, not replaced
        filled = nw.when(nw.col(RAW + "amount").is_null()).then(filled).otherwise(nw.col("amount"))
    return frame.with_columns(amount=filled)


def warn(notes: list[str], *, stacklevel: int) -> None:
    """Say in one warning what was left out or assumed."""
    if notes:
        warnings.warn("; ".join(notes), DataWarning, stacklevel=stacklevel)


def _renamed(frame: Frame, sources: Mapping[str, str]) -> Frame:
    """Give canonical columns their names in their places; a source of two columns is copied."""
    targets: dict[str, list[str]] = {}
    for target, source in sources.items():
        targets.setdefault(source, []).append(target)
    if all(names == [source] for source, names in targets.items()):
        return frame
    return frame.select(
        *[nw.col(name).alias(new) for name in frame.collect_schema().names() for new in targets.get(name, [name])]
    )


def first_copies(frame: nw.DataFrame[Any], names: list[str]) -> nw.DataFrame[Any]:
    """Keep the first of the rows that are equal in all these columns."""
    nested = [name for name, dtype in frame.schema.items() if dtype.is_nested()]
    words = "`duplicates='drop'` cannot compare lists and dicts in columns{}: leave those columns out, or keep copies"
    if nested and not frame.implementation.is_polars():
        raise TypeError(words.format(f" such as {nested[0]!r}"))
    try:
        return frame.unique(subset=names, keep="first", maintain_order=True)
    except TypeError:  # of objects in pandas
        raise TypeError(words.format("")) from None


def _without_copies(frame: Frame) -> tuple[Frame, int]:
    if isinstance(frame, nw.DataFrame):
        unique = first_copies(frame, frame.columns)
        return unique, len(frame) - len(unique)
    distinct = frame.unique(keep="any")
    before, after = (int(collect(part.select(n=nw.len()))["n"].to_list()[0]) for part in (frame, distinct))
    return distinct, before - after


def _check_zone(timezone: str | None) -> None:
    if timezone is not None and not isinstance(timezone, str):
        raise TypeError(f"`timezone` must be a zone such as 'Asia/Shanghai', got {timezone!r}")
    if timezone is not None:
        try:
            ZoneInfo(timezone)
        except (ZoneInfoNotFoundError, ValueError):
            raise ValueError(f"`timezone` must be a zone such as 'Asia/Shanghai', got {timezone!r}") from None


def _check_names(names: list[str], columns: Mapping[str, str | None]) -> None:
    for name, source in columns.items():
        if not (source is None or isinstance(source, str)):
            raise TypeError(f"`{name}` must be the name of a column, such as {name}='...', got {source!r}")
    taken = [name for name in names if name.startswith(RAW)]
    if taken:
        raise ValueError(f"`raw` has a column {taken[0]!r}, a name that is needed here: rename it first")


def _case_clashes(names: list[str], table: Table, sources: Mapping[str, str]) -> list[str]:
    """Tell which columns would stand beside one that differs in case only, where SQL does not tell them apart."""
    mine = [name for name in ("amount",) if table.name == "orders"] + list(sources)
    others = {name.lower(): name for name in names if name not in sources.values()}
    return [
        f"`{name}` cannot stand beside {others[name]!r}, since SQL ignores case: map or rename that column"
        for name in dict.fromkeys(mine)
        if name in others
    ]


def _no_source(column: Column, names: list[str]) -> str:
    near = _near(column.name, names)
    return f"`{column.name}` is missing: name its column, such as {column.name}='...'{near}"


def _near(name: str, names: list[str]) -> str:
    """Suggest the nearest names of the table."""
    bare = {_bare(candidate): candidate for candidate in names}
    near = [bare[match] for match in get_close_matches(_bare(name), bare, n=3, cutoff=0.6)]
    return f"; did you mean {' or '.join(map(repr, near))}?" if near else ""


def _listed(names: list[str]) -> str:
    listed = ", ".join(map(repr, names[:12]))
    return f"the table has {listed}{', …' if len(names) > 12 else ''}" if names else "the table has no columns"


def _bare(name: str) -> str:
    return name.replace("_", "").replace(" ", "").lower()
