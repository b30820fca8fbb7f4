"""The plan of types: how each column gets its canonical type, and which columns cannot.

Only types are looked at here, never values (but for object columns of pandas, whose type is in their values).
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import narwhals.stable.v2 as nw

from ..._core.frames import Frame
from ..._core.notes import Note
from ..._core.texts import counted
from .._model.clock import TIMES_WITH_INSTANTS, has_clock_changes, instant_name
from .._model.columns import Column
from .convert import session_zone
from .formats import Conversion
from .ids import kind_of_mending, mended, needs_mending
from .objects import (
    holds_json,
    holds_number_categories,
    holds_objects,
    is_all_missing,
    is_numpy,
    kinds_in,
    object_type_of,
    zones_of,
)
from .suggest import SWAPPED, advice_without_format, count_zones, sample
from .time_texts import ISO

RAW = "__raw__"
"""Prefix of the copies that keep the values of a column before its conversion."""

_OBJECT_NUMBERS = (
    "string",
    "integer",
    "floating",
    "mixed-integer-float",
    "decimal",
    "mixed",
    "mixed-integer",
    "empty",
)
_OBJECT_TIMES = ("datetime", "date", "datetime64", "empty")
_NULL_TYPES = {"time": nw.Datetime("us"), "text": nw.String(), "choice": nw.String(), "boolean": nw.Boolean()}
_INT128 = (nw.Int128, nw.UInt128)  # DuckDB's sums of whole numbers; most libraries have no such type
_OBJECT_TEXTS = ("string", "empty")  # already text, whatever the dtype says


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """Options of reading: the shop's zone, the format of times that are text or counts, the decimal mark of numbers."""

    timezone: str | None = None
    format: str | None = None
    decimal: str | None = None


@dataclass(slots=True)
class TypePlan:
    """Conversions and casts of the columns of one table; grows column by column and is then only read."""

    conversions: dict[str, Conversion] = field(default_factory=dict)
    casts: dict[str, nw.Expr] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    mended: dict[str, nw.Expr] = field(default_factory=dict)
    """Ids that are text and may be mended, and how each is."""
    instants: list[str] = field(default_factory=list)
    """Times whose instants are kept in a column of their own, since clocks change in the shop's zone."""

    read_before: list[str] = field(default_factory=list)
    """Numbers that the reader of the file made of texts, though their decimal mark is said to be a comma."""

    @property
    def changed(self) -> tuple[str, ...]:
        """Columns whose values may change."""
        return tuple(dict.fromkeys([*self.conversions, *self.casts]))


def plan_types(frame: Frame, columns: list[Column], read_options: ReadOptions, *, mend: bool = False) -> TypePlan:
    """Return how every column gets its canonical type; ``mend`` also mends ids that are text."""
    plan, types = TypePlan(), frame.collect_schema()
    for column in columns:
        object_type = object_type_of(frame, column.name) if holds_objects(frame, column.name) else None
        dtype = types[column.name]
        if dtype == nw.Unknown:
            dtype = _aware_type(frame, column.name) or dtype
        if column.kind in _NULL_TYPES and is_all_missing(frame, column.name):
            _plan_all_null(plan, frame, column)
        elif dtype == nw.Object and object_type is None:
            plan.problems.append(_wrong_type(column, "Python objects"))
        elif dtype == nw.String and holds_json(frame, column.name):
            plan.problems.append(_wrong_type(column, "JSON"))
        else:
            _PLANNERS[column.kind](plan, frame, column, dtype, object_type, read_options)
            if mend and column.kind == "id":
                _plan_mending(plan, frame, column, dtype)
    return plan


def _plan_mending(plan: TypePlan, frame: Frame, column: Column, dtype: nw.dtypes.DType) -> None:
    """Mend ids that are text, or become so; those that are numbers have nothing to mend."""
    name = column.name
    converted = plan.conversions.get(name)
    becomes_text = converted is not None and converted.operation == "text"
    is_text = becomes_text or _is_category(dtype) or (dtype == nw.String and converted is None)
    if is_text and (becomes_text or _is_category(dtype) or needs_mending(frame, name)):
        text = plan.casts.get(name, nw.col(name))
        plan.mended[name] = kind_of_mending(text, nullable=column.nullable)
        plan.casts[name] = mended(text, nullable=column.nullable)


def _aware_type(frame: Frame, name: str) -> nw.dtypes.DType | None:
    """Return the type of pandas times whose zone narwhals cannot read, such as America/New_York."""
    if not frame.implementation.is_pandas():
        return None
    dtype = frame.to_native()[name].dtype
    zone = getattr(getattr(dtype, "pyarrow_dtype", dtype), "tz", None)
    return None if zone is None else nw.Datetime("us", str(zone))


def _plan_all_null(plan: TypePlan, frame: Frame, column: Column) -> None:
    if frame.implementation.is_pandas_like() and column.kind != "time":  # NumPy has no missing booleans or texts
        plan.conversions[column.name] = Conversion("boolean" if column.kind == "boolean" else "text")
    else:
        plan.casts[column.name] = nw.lit(None, dtype=_NULL_TYPES[column.kind])


_Planner = Callable[[TypePlan, Frame, Column, nw.dtypes.DType, str | None, ReadOptions], None]


def _plan_id(
    plan: TypePlan, frame: Frame, column: Column, dtype: nw.dtypes.DType, object_type: str | None, _: ReadOptions
) -> None:
    name = column.name
    if object_type is not None:
        _plan_object_id(plan, column, object_type)
    elif holds_number_categories(frame, name):
        plan.conversions[name] = Conversion("text")
    elif _is_category(dtype) or dtype == nw.Unknown:
        plan.casts[name] = nw.col(name).cast(nw.String)
    elif dtype.is_decimal() or dtype in _INT128:
        plan.conversions[name] = Conversion("whole")
    elif dtype.is_float() and dtype != nw.Float16:
        exact = nw.col(name).fill_nan(None)
        if not is_numpy(frame, name):  # a NumPy column of pandas has no other way to hold a missing integer
            exact = nw.when(~is_inexact(exact, max_exact_integer(dtype))).then(exact).cast(nw.Int64)
        plan.casts[name] = exact
    elif not (dtype == nw.String or dtype.is_integer()):
        plan.problems.append(_wrong_type(column, str(dtype)))


def _plan_object_id(plan: TypePlan, column: Column, object_type: str) -> None:
    if object_type == "integer":
        plan.conversions[column.name] = Conversion("integer")
    elif object_type == "decimal":
        plan.conversions[column.name] = Conversion("whole")
    elif object_type in ("floating", "mixed-integer-float"):
        plan.conversions[column.name] = Conversion("number")
    elif object_type.startswith("mixed"):
        plan.conversions[column.name] = Conversion("text")
        text = f"`{column.name}` mixes types ({object_type}): all its ids are read as text"
        plan.notes.append(Note(text, code="mixed_ids_read_as_text"))
    elif object_type not in _OBJECT_TEXTS:
        plan.problems.append(_wrong_type(column, object_type))


def is_inexact(number: nw.Expr, limit: float = 2.0**53) -> nw.Expr:
    """Return whether numbers cannot be ids: with a fraction, or beyond the limit, where floats skip whole numbers."""
    return ~number.is_null() & ((number != number.floor()) | (number.abs() >= limit))


def max_exact_integer(dtype: nw.dtypes.DType) -> float:
    """Return the number from which floats of a type skip whole numbers."""
    return 2.0**24 if dtype == nw.Float32 else 2.0**53


def _plan_number(
    plan: TypePlan, _: Frame, column: Column, dtype: nw.dtypes.DType, object_type: str | None, options: ReadOptions
) -> None:
    name = column.name
    if object_type is not None and object_type not in _OBJECT_NUMBERS:
        plan.problems.append(_wrong_type(column, object_type))
    elif object_type is not None or dtype == nw.String or _is_category(dtype):
        plan.conversions[name] = Conversion("number", decimal=options.decimal, is_money=column.kind == "money")
        plan.casts[name] = nw.col(name).cast(nw.Float64).fill_nan(None)
    elif dtype.is_float():
        plan.casts[name] = nw.col(name).cast(nw.Float64).fill_nan(None)
        if options.decimal == ",":
            plan.read_before.append(name)
    elif (
        dtype.is_decimal()
        or dtype == nw.Unknown
        or dtype in _INT128
        or (dtype.is_integer() and column.kind != "number")
    ):
        plan.casts[name] = nw.col(name).cast(nw.Float64)
    elif not dtype.is_integer():
        plan.problems.append(_wrong_type(column, str(dtype)))


def _plan_time(
    plan: TypePlan,
    frame: Frame,
    column: Column,
    dtype: nw.dtypes.DType,
    object_type: str | None,
    read_options: ReadOptions,
) -> None:
    name = column.name
    if (object_type == "string" if object_type is not None else dtype == nw.String) or dtype.is_numeric():
        _plan_time_of_text_or_count(plan, frame, column, dtype, read_options)
    elif object_type is not None:
        _plan_object_time(plan, frame, column, object_type, read_options)
    elif isinstance(dtype, nw.Datetime) and dtype.time_zone is not None:
        own = session_zone(frame) or dtype.time_zone
        plan.conversions[name] = Conversion("localise", timezone=read_options.timezone or own)
        plan.casts[name] = nw.col(name).cast(nw.Datetime("us"))
        _keep_instants(plan, name, read_options.timezone or own)
        _note_zone(plan, name, f"its own zone {own}", read_options)
    elif dtype in (nw.Date, nw.Unknown) or (isinstance(dtype, nw.Datetime) and dtype != nw.Datetime("us")):
        plan.casts[name] = _truncate_to_micro(frame, name, dtype).cast(nw.Datetime("us"))
    elif not isinstance(dtype, nw.Datetime):
        plan.problems.append(_wrong_type(column, str(dtype)))


def _truncate_to_micro(frame: Frame, name: str, dtype: nw.dtypes.DType) -> nw.Expr:
    """Return the column without nanoseconds where Arrow holds them, whose cast refuses to lose any."""
    arrow = frame.implementation.is_pyarrow() or (frame.implementation.is_pandas() and not is_numpy(frame, name))
    return nw.col(name).dt.truncate("1us") if arrow and dtype == nw.Datetime("ns") else nw.col(name)


def _plan_time_of_text_or_count(
    plan: TypePlan, frame: Frame, column: Column, dtype: nw.dtypes.DType, read_options: ReadOptions
) -> None:
    name, is_number = column.name, dtype.is_numeric()
    if read_options.format is None:
        kind = "numbers" if is_number else "text"
        plan.problems.append(f"`{name}` holds {kind}, not times: {advice_without_format(frame, name)}")
        return
    conversion = Conversion("parse", read_options.format, read_options.timezone)
    conversion = replace(conversion, is_text=not is_number, is_number=is_number and not conversion.is_count)
    if conversion.is_count and not is_number and read_options.decimal == ",":
        has_comma = any("," in str(value) for value in sample(frame, name))
        conversion = replace(conversion, decimal="," if has_comma else None)
    if conversion.format == ISO and is_number:
        plan.problems.append(f"`{name}` holds numbers, not times: {advice_without_format(frame, name)}")
        return
    if conversion.format == ISO:
        zoned, naive = count_zones(frame, name)
        if zoned and naive:
            counts = f"{counted(zoned, 'time')} with a zone and {naive:,} without"
            plan.problems.append(f"`{name}` mixes {counts}: convert all to one kind first")
            return
        conversion = replace(conversion, has_zone=zoned > 0)
    plan.conversions[name] = conversion
    plan.casts[name] = nw.col(name).cast(nw.Datetime("us"))
    if conversion.has_instants:
        _keep_instants(plan, name, read_options.timezone or "UTC")
        _note_zone(plan, name, "UTC", read_options)


def _plan_object_time(
    plan: TypePlan, frame: Frame, column: Column, object_type: str, read_options: ReadOptions
) -> None:
    name = column.name
    if object_type not in _OBJECT_TIMES:
        problem = _wrong_type(column, object_type)
        if "mixed" in object_type or "various" in object_type:
            problem = f"`{name}` mixes {kinds_in(frame, name)}: {SWAPPED}"
        plan.problems.append(problem)
        return
    zones = zones_of(frame, name)
    if None in zones and len(zones) > 1:
        plan.problems.append(f"`{name}` mixes naive times and times with a zone: convert all to one kind first")
    elif len(zones) > 1 and read_options.timezone is None:
        plan.problems.append(f"`{name}` holds times of {len(zones)} zones: give `timezone=`, the shop's own zone")
    elif zones <= {None}:
        plan.conversions[name] = Conversion("naive")
    else:
        plan.conversions[name] = Conversion("localise", timezone=read_options.timezone)
        plan.casts[name] = nw.col(name).cast(nw.Datetime("us"))
        _keep_instants(plan, name, read_options.timezone or min(map(str, zones)))
        _note_zone(plan, name, f"its own zone {min(map(str, zones))}", read_options)


def _plan_text(
    plan: TypePlan, frame: Frame, column: Column, dtype: nw.dtypes.DType, object_type: str | None, _: ReadOptions
) -> None:
    if object_type is not None:
        if object_type.startswith("mixed") or object_type == "integer":
            plan.conversions[column.name] = Conversion("text")
        elif object_type not in _OBJECT_TEXTS:
            plan.problems.append(_wrong_type(column, object_type))
    elif holds_number_categories(frame, column.name):
        plan.conversions[column.name] = Conversion("text")
    elif _is_category(dtype) or dtype == nw.Unknown or dtype.is_integer():
        plan.casts[column.name] = nw.col(column.name).cast(nw.String)
    elif dtype.is_float() and is_numpy(frame, column.name):  # whole-number codes beside missing ones
        plan.conversions[column.name] = Conversion("text")
    elif dtype != nw.String:
        plan.problems.append(_wrong_type(column, str(dtype)))


def _plan_boolean(
    plan: TypePlan, _: Frame, column: Column, dtype: nw.dtypes.DType, object_type: str | None, __: ReadOptions
) -> None:
    if object_type in ("boolean", "empty"):
        plan.conversions[column.name] = Conversion("boolean")
    elif dtype.is_integer() or dtype == nw.Unknown:
        plan.casts[column.name] = nw.col(column.name).cast(nw.Boolean)
    elif dtype != nw.Boolean:
        plan.problems.append(_wrong_type(column, object_type or str(dtype)))


_PLANNERS: dict[str, _Planner] = {
    "id": _plan_id,
    "number": _plan_number,
    "money": _plan_number,
    "share": _plan_number,
    "time": _plan_time,
    "text": _plan_text,
    "choice": _plan_text,
    "boolean": _plan_boolean,
}

_REQUIRED_TYPES = {
    "id": "text or whole numbers",
    "number": "numbers",
    "money": "numbers",
    "share": "numbers between 0 and 1",
    "time": "times",
    "text": "text",
    "choice": "text",
    "boolean": "true or false",
}


def _wrong_type(column: Column, actual: str) -> str:
    required = _REQUIRED_TYPES[column.kind]
    return f"`{column.name}` holds {actual}, but must hold {required}: convert it, or map another column"


def _note_zone(plan: TypePlan, name: str, zone: str, read_options: ReadOptions) -> None:
    if read_options.timezone is None:
        text = f"`{name}` is read in {zone}; give `timezone=` to read it in the shop's zone"
        plan.notes.append(Note(text, code="timezone_assumed"))


def _keep_instants(plan: TypePlan, name: str, zone: str) -> None:
    """Convert a copy of a time to UTC, without a zone, where the shop's own times do not order events."""
    if name in TIMES_WITH_INSTANTS and has_clock_changes(zone):
        plan.instants.append(name)
        plan.conversions[instant_name(name)] = replace(plan.conversions[name], timezone="UTC")
        plan.casts[instant_name(name)] = nw.col(instant_name(name)).cast(nw.Datetime("us"))


def _is_category(dtype: nw.dtypes.DType) -> bool:
    return dtype == nw.Categorical or isinstance(dtype, nw.Enum)
