"""From the types that a table has to the types that its schema asks: which column needs what, and what cannot be.

Only types are looked at here, never values (but for object columns of pandas, whose type is in their values).
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import narwhals.stable.v2 as nw

from ..._core.frames import Frame
from .._model.columns import Column
from .formats import EPOCHS, Conversion
from .native import session_zone
from .objects import (
    holds_json,
    holds_number_categories,
    holds_objects,
    is_all_missing,
    is_numpy,
    object_kind,
    zones_of,
)

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
_EMPTY = {"time": nw.Datetime("us"), "text": nw.String(), "choice": nw.String(), "boolean": nw.Boolean()}
_LONG = (nw.Int128, nw.UInt128)  # DuckDB's sums of whole numbers; most libraries have no such type
_OBJECT_TEXTS = ("string", "empty")  # already text, whatever the dtype says


@dataclass(frozen=True, slots=True)
class Reading:
    """How times are read: the shop's zone, and the format of times that are text or counts."""

    timezone: str | None = None
    format: str | None = None


@dataclass(slots=True)
class TypePlan:
    """What must be done to the columns of one table; grows column by column and is then only read."""

    conversions: dict[str, Conversion] = field(default_factory=dict)
    casts: dict[str, nw.Expr] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def touched(self) -> tuple[str, ...]:
        """Columns whose values may change."""
        return tuple(dict.fromkeys([*self.conversions, *self.casts]))


def plan_types(frame: Frame, columns: list[Column], reading: Reading) -> TypePlan:
    """Decide for every column how it gets its canonical type."""
    plan, types = TypePlan(), frame.collect_schema()
    for column in columns:
        held = object_kind(frame, column.name) if holds_objects(frame, column.name) else None
        dtype = types[column.name]
        if dtype == nw.Unknown:
            dtype = _zoned(frame, column.name) or dtype
        if column.kind in _EMPTY and is_all_missing(frame, column.name):
            _plan_missing(plan, frame, column)
        elif dtype == nw.Object and held is None:
            plan.problems.append(_wrong(column, "objects of its library"))
        elif dtype == nw.String and holds_json(frame, column.name):
            plan.problems.append(_wrong(column, "JSON"))
        else:
            _PLANNERS[column.kind](plan, frame, column, dtype, held, reading)
    return plan


def _zoned(frame: Frame, name: str) -> nw.dtypes.DType | None:
    """Tell times of pandas whose zone narwhals cannot read, such as America/New_York."""
    if not frame.implementation.is_pandas():
        return None
    dtype = frame.to_native()[name].dtype
    zone = getattr(getattr(dtype, "pyarrow_dtype", dtype), "tz", None)
    return None if zone is None else nw.Datetime("us", str(zone))


def _plan_missing(plan: TypePlan, frame: Frame, column: Column) -> None:
    if frame.implementation.is_pandas_like() and column.kind != "time":  # NumPy has no missing booleans or texts
        plan.conversions[column.name] = Conversion("boolean" if column.kind == "boolean" else "text")
    else:
        plan.casts[column.name] = nw.lit(None, dtype=_EMPTY[column.kind])


_Planner = Callable[[TypePlan, Frame, Column, nw.dtypes.DType, str | None, Reading], None]


def _plan_id(
    plan: TypePlan, frame: Frame, column: Column, dtype: nw.dtypes.DType, held: str | None, _: Reading
) -> None:
    name = column.name
    if held is not None:
        _plan_object_id(plan, column, held)
    elif holds_number_categories(frame, name):
        plan.conversions[name] = Conversion("text")
    elif _is_category(dtype) or dtype == nw.Unknown:
        plan.casts[name] = nw.col(name).cast(nw.String)
    elif dtype.is_decimal() or dtype in _LONG:
        plan.conversions[name] = Conversion("whole")
    elif dtype.is_float() and dtype != nw.Float16:
        exact = nw.col(name).fill_nan(None)
        if not is_numpy(frame, name):  # a NumPy column of pandas has no other way to hold a missing integer
            exact = nw.when(~inexact(exact, exact_limit(dtype))).then(exact).cast(nw.Int64)
        plan.casts[name] = exact
    elif not (dtype == nw.String or dtype.is_integer()):
        plan.problems.append(_wrong(column, str(dtype)))


def _plan_object_id(plan: TypePlan, column: Column, held: str) -> None:
    if held == "integer":
        plan.conversions[column.name] = Conversion("integer")
    elif held == "decimal":
        plan.conversions[column.name] = Conversion("whole")
    elif held in ("floating", "mixed-integer-float"):
        plan.conversions[column.name] = Conversion("number")
    elif held.startswith("mixed"):
        plan.conversions[column.name] = Conversion("text")
        plan.notes.append(f"`{column.name}` mixes types ({held}): all its ids are read as text")
    elif held not in _OBJECT_TEXTS:
        plan.problems.append(_wrong(column, held))


def inexact(number: nw.Expr, limit: float = 2.0**53) -> nw.Expr:
    """Tell which numbers cannot be ids: with a fraction, or beyond the limit, where floats skip whole numbers."""
    return ~number.is_null() & ((number != number.floor()) | (number.abs() >= limit))


def exact_limit(dtype: nw.dtypes.DType) -> float:
    """Give the number from which floats of a type skip whole numbers."""
    return 2.0**24 if dtype == nw.Float32 else 2.0**53


def _plan_number(
    plan: TypePlan, _: Frame, column: Column, dtype: nw.dtypes.DType, held: str | None, __: Reading
) -> None:
    name = column.name
    if held is not None and held not in _OBJECT_NUMBERS:
        plan.problems.append(_wrong(column, held))
    elif held is not None or dtype == nw.String or _is_category(dtype):
        plan.conversions[name] = Conversion("number")
        plan.casts[name] = nw.col(name).cast(nw.Float64).fill_nan(None)
    elif dtype.is_float():
        plan.casts[name] = nw.col(name).cast(nw.Float64).fill_nan(None)
    elif (
        dtype.is_decimal() or dtype == nw.Unknown or dtype in _LONG or (dtype.is_integer() and column.kind != "number")
    ):
        plan.casts[name] = nw.col(name).cast(nw.Float64)
    elif not dtype.is_integer():
        plan.problems.append(_wrong(column, str(dtype)))


def _plan_time(
    plan: TypePlan, frame: Frame, column: Column, dtype: nw.dtypes.DType, held: str | None, reading: Reading
) -> None:
    name = column.name
    if (held == "string" if held is not None else dtype == nw.String) or dtype.is_numeric():
        _plan_written_time(plan, column, dtype, reading)
    elif held is not None:
        _plan_object_time(plan, frame, column, held, reading)
    elif isinstance(dtype, nw.Datetime) and dtype.time_zone is not None:
        own = session_zone(frame) or dtype.time_zone
        plan.conversions[name] = Conversion("localise", timezone=reading.timezone or own)
        plan.casts[name] = nw.col(name).cast(nw.Datetime("us"))
        _note_zone(plan, name, f"its own zone {own}", reading)
    elif dtype in (nw.Date, nw.Unknown) or (isinstance(dtype, nw.Datetime) and dtype != nw.Datetime("us")):
        plan.casts[name] = _whole_micros(frame, name, dtype).cast(nw.Datetime("us"))
    elif not isinstance(dtype, nw.Datetime):
        plan.problems.append(_wrong(column, str(dtype)))


def _whole_micros(frame: Frame, name: str, dtype: nw.dtypes.DType) -> nw.Expr:
    """Cut nanoseconds first where Arrow holds them, whose cast refuses to lose any."""
    arrow = frame.implementation.is_pyarrow() or (frame.implementation.is_pandas() and not is_numpy(frame, name))
    return nw.col(name).dt.truncate("1us") if arrow and dtype == nw.Datetime("ns") else nw.col(name)


def _plan_written_time(plan: TypePlan, column: Column, dtype: nw.dtypes.DType, reading: Reading) -> None:
    name, counted = column.name, dtype.is_numeric()
    if reading.format is None or (counted and reading.format not in EPOCHS):
        way = f"one of {', '.join(map(repr, EPOCHS))}" if counted else "such as format='%Y-%m-%d %H:%M:%S'"
        plan.problems.append(f"`{name}` holds {'counts' if counted else 'text'}, not times: give `format=`, {way}")
        return
    plan.conversions[name] = Conversion("parse", reading.format, reading.timezone, text=not counted)
    plan.casts[name] = nw.col(name).cast(nw.Datetime("us"))
    if reading.format in EPOCHS or "%z" in reading.format:
        _note_zone(plan, name, "UTC", reading)


def _plan_object_time(plan: TypePlan, frame: Frame, column: Column, held: str, reading: Reading) -> None:
    name = column.name
    if held not in _OBJECT_TIMES:
        plan.problems.append(_wrong(column, held))
        return
    zones = zones_of(frame, name)
    if None in zones and len(zones) > 1:
        plan.problems.append(f"`{name}` mixes naive times and times with a zone: convert it to one of the two first")
    elif len(zones) > 1 and reading.timezone is None:
        plan.problems.append(f"`{name}` has times of {len(zones)} zones: give `timezone=`, the shop's own zone")
    elif zones <= {None}:
        plan.conversions[name] = Conversion("naive")
    else:
        plan.conversions[name] = Conversion("localise", timezone=reading.timezone)
        plan.casts[name] = nw.col(name).cast(nw.Datetime("us"))
        _note_zone(plan, name, f"its own zone {min(map(str, zones))}", reading)


def _plan_text(
    plan: TypePlan, frame: Frame, column: Column, dtype: nw.dtypes.DType, held: str | None, _: Reading
) -> None:
    if held is not None:
        if held.startswith("mixed") or held == "integer":
            plan.conversions[column.name] = Conversion("text")
        elif held not in _OBJECT_TEXTS:
            plan.problems.append(_wrong(column, held))
    elif holds_number_categories(frame, column.name):
        plan.conversions[column.name] = Conversion("text")
    elif _is_category(dtype) or dtype == nw.Unknown or dtype.is_integer():
        plan.casts[column.name] = nw.col(column.name).cast(nw.String)
    elif dtype.is_float() and is_numpy(frame, column.name):  # whole-number codes beside missing ones
        plan.conversions[column.name] = Conversion("text")
    elif dtype != nw.String:
        plan.problems.append(_wrong(column, str(dtype)))


def _plan_boolean(
    plan: TypePlan, _: Frame, column: Column, dtype: nw.dtypes.DType, held: str | None, __: Reading
) -> None:
    if held in ("boolean", "empty"):
        plan.conversions[column.name] = Conversion("boolean")
    elif dtype.is_integer() or dtype == nw.Unknown:
        plan.casts[column.name] = nw.col(column.name).cast(nw.Boolean)
    elif dtype != nw.Boolean:
        plan.problems.append(_wrong(column, held or str(dtype)))


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

_ASKED = {
    "id": "text or whole numbers",
    "number": "numbers",
    "money": "numbers",
    "share": "numbers between 0 and 1",
    "time": "times",
    "text": "text",
    "choice": "text",
    "boolean": "true or false",
}


def _wrong(column: Column, found: str) -> str:
    return f"`{column.name}` holds {found}, but must hold {_ASKED[column.kind]}: convert it, or map another column"


def _note_zone(plan: TypePlan, name: str, zone: str, reading: Reading) -> None:
    if reading.timezone is None:
        plan.notes.append(f"`{name}` is read in {zone}; give `timezone=` to read it in the shop's zone")


def _is_category(dtype: nw.dtypes.DType) -> bool:
    return dtype == nw.Categorical or isinstance(dtype, nw.Enum)
