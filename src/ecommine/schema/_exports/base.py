"""What the known exports share: finding columns, the doors with their notes, counts, lines that orders imply."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, overload

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrame

from ..._core.checks import one_of
from ..._core.frames import Frame, collect, is_lazy, join, opened, wrap
from .._map.formats import Conversion
from .._map.map import Check, map_frame
from .._map.native import convert
from .._map.objects import holds_objects
from .._model.errors import SchemaError
from .._model.shop import Shop
from .._model.tables import LINE_TYPES

OTHER_LINES = LINE_TYPES[1:]
"""Types of the lines that are no products."""

SMALLEST = 0.005
"""Money below half a cent is rounding, not a line."""


@dataclass(frozen=True, slots=True)
class Export:
    """One export on its way to a shop: how its doors check, and the notes that they and the export write."""

    check: Check
    notes: list[str] = field(default_factory=list)

    def table(
        self, frame: Frame, table: str, *, timezone: str | None = None, format: str | None = None, **columns: str
    ) -> Frame:
        """Take a frame through the door of a table."""
        mapped, notes = map_frame(frame, table, columns, timezone=timezone, format=format, check=self.check)
        self.notes.extend(notes)
        return mapped

    def count(self, frame: Frame, **conditions: nw.Expr) -> dict[str, int]:
        """Count the rows of each condition, in one pass."""
        marks = [condition.cast(nw.Int64).alias(name) for name, condition in conditions.items()]
        sums = collect(frame.select(*marks).select(nw.all().sum()))
        return {name: int(sums[name].to_list()[0] or 0) for name in conditions}

    def say(self, count: int, thing: str, sentence: str) -> None:
        """Write a note that starts with a count of things, unless there are none."""
        if count:
            self.notes.append(f"{count:,} {thing}{'' if count == 1 else 's'} {sentence}")

    def shop(self, **tables: Frame | None) -> Shop:
        """Make the shop of the tables that the export has, in its own library."""
        native = {name: _numbered(frame) for name, frame in tables.items() if frame is not None}
        return Shop(**native, notes=tuple(self.notes))


@overload
def opened_beside(first: Frame, table: IntoFrame, *, argument: str) -> Frame: ...
@overload
def opened_beside(first: Frame, table: None, *, argument: str) -> None: ...
def opened_beside(first: Frame, table: IntoFrame | None, *, argument: str) -> Frame | None:
    """Open another table of an export, of the same kind as its first, since they are joined."""
    if table is None:
        return None
    frame = opened(table, argument=argument)
    if len({(one.implementation, is_lazy(one)) for one in (first, frame)}) > 1:
        kinds = [f"{type(one).__module__.partition('.')[0]} {type(one).__name__}" for one in (table, first.to_native())]
        words = "a {} and the first table a {}: convert one, since tables of one export are joined"
        raise TypeError(f"`{argument}` is {words.format(*kinds)}")
    return frame


def need(frame: Frame, system: str, *names: str) -> None:
    """Raise one error that lists the columns that an export must have and has not."""
    there = frame.collect_schema().names()
    missing = [name for name in names if name not in there]
    if missing:
        listed = ", ".join(map(repr, there[:12]))
        raise SchemaError(system, [f"{name!r} is no column of the export; it has {listed}" for name in missing])


def spelled(frame: Frame, system: str, *spellings: str) -> str:
    """Find under which of its spellings a column is there."""
    there = frame.collect_schema().names()
    for spelling in spellings:
        if spelling in there:
            return spelling
    words = " or ".join(map(repr, spellings))
    raise SchemaError(system, [f"{words} is no column of the export; it has {', '.join(map(repr, there[:12]))}"])


def present(frame: Frame, **columns: str) -> dict[str, str]:
    """Keep the columns that the export has."""
    there = frame.collect_schema().names()
    return {canonical: name for canonical, name in columns.items() if name in there}


def true(condition: nw.Expr) -> nw.Expr:
    """Take an unknown comparison as not true."""
    return condition.fill_null(value=False)


def missing(dtype: Any) -> Any:
    """Write a column of missing values; older pandas would write a missing text as "None"."""
    return nw.when(nw.lit(False)).then(nw.lit("")) if dtype == nw.String else nw.lit(None, dtype=dtype)


def first_that_holds(rules: Sequence[tuple[nw.Expr, str]], *, otherwise: str) -> nw.Expr:
    """Name each row by the first of the rules that holds for it."""
    named: Any = nw.lit(otherwise)
    for condition, name in reversed(rules):
        named = nw.when(true(condition)).then(nw.lit(name)).otherwise(named)
    return named  # type: ignore[no-any-return]  # an expression in every case


def most_frequent(frame: Frame, key: str, text: str) -> Frame:
    """Give each key that has a text its most frequent one; of equally frequent ones the first in the alphabet."""
    counts = frame.filter(~nw.col(text).is_null()).group_by(key, text).agg(times=nw.len())
    most = counts.group_by(key).agg(most=nw.col("times").max())
    chosen = join(counts, most, on=[key], how="inner").filter(nw.col("times") == nw.col("most"))
    return chosen.group_by(key).agg(nw.col(text).min())


def once(frame: Frame, export: Export, system: str, things: str, *key: str) -> Frame:
    """Leave copies of a row out and count them; rows that differ under one key are refused, since a join doubles them.

    The usual table, where each key is there once, comes back as it is.
    """
    rows, keys = _rows_and_keys(frame, key)
    if rows == keys:
        return frame
    distinct: Frame
    if isinstance(frame, nw.DataFrame):  # which alone has an order to keep
        distinct = frame.unique(keep="first", maintain_order=True)
    else:
        distinct = frame.unique(keep="any")
    left, _ = _rows_and_keys(distinct, key)
    if left > keys:
        words = " and ".join(map(repr, key))
        again = f"{left - keys:,} row{'' if left - keys == 1 else 's'} of the {things}"
        raise SchemaError(system, [f"{words} is there again with other values in {again}: keep one of each"])
    export.say(rows - left, "row", f"of the {things} left out: exact copies of others")
    return distinct


def _rows_and_keys(frame: Frame, key: Sequence[str]) -> tuple[int, int]:
    sizes = frame.group_by(*key).agg(n=nw.len())
    facts = collect(sizes.select(rows=nw.col("n").sum(), keys=nw.len()))
    rows, keys = (int(facts[name].to_list()[0] or 0) for name in ("rows", "keys"))
    return rows, keys


def whole_text(frame: Frame, name: str) -> nw.Expr:
    """Write whole numbers as text, "1" for 1.0 too; text stays, and a number with a fraction becomes missing."""
    dtype = frame.collect_schema()[name]
    if not dtype.is_float():
        return nw.col(name).cast(nw.String)
    number = nw.col(name).fill_nan(None)
    known = nw.when(true(number == number.floor())).then(number).otherwise(0.0)
    return nw.when(true(number == number.floor())).then(known.cast(nw.Int64).cast(nw.String))


def as_text(frame: Frame, *names: str) -> Frame:
    """Read codes as text, whatever a reader of CSV files took them for, and empty text as missing."""
    types = frame.collect_schema()
    there = [name for name in names if name in types]
    other = [name for name in there if types[name] != nw.String or holds_objects(frame, name)]
    frame = _alike(convert(frame, {name: Conversion("text") for name in other}), other)
    filled = {name: nw.when(nw.col(name) != "").then(nw.col(name)) for name in there}
    return frame.with_columns(**filled) if filled else frame


def _alike(frame: Frame, converted: list[str]) -> Frame:
    """Give converted columns the type of text that a pandas table has elsewhere: older pandas cannot mix them."""
    if not converted or not frame.implementation.is_pandas():
        return frame
    table, types = frame.to_native(), frame.collect_schema()
    others = [name for name in types if types[name] == nw.String and name not in converted]
    kept = [table[name].dtype for name in others if not holds_objects(frame, name)]
    return wrap(table.astype(dict.fromkeys(converted, kept[0]))) if kept else frame


def as_numbers(frame: Frame, system: str, *names: str) -> Frame:
    """Read money and counts as numbers, and tell which column holds something else."""
    types = frame.collect_schema()
    written = [name for name in names if name in types and not types[name].is_numeric()]
    if written:
        frame = _converted(frame, system, written)
    floats = {name: nw.col(name).cast(nw.Float64).fill_nan(None) for name in names if name in types}
    return frame.with_columns(**floats) if floats else frame


def _converted(frame: Frame, system: str, written: list[str]) -> Frame:
    before = {f"__{name}": nw.col(name) for name in written}
    frame = convert(frame.with_columns(**before), {name: Conversion("number") for name in written})
    bad = {name: ~nw.col(f"__{name}").is_null() & nw.col(name).is_null() for name in written}
    counts = Export("types").count(frame, **bad)
    if any(counts.values()):
        words = "is not a number in {:,} rows: read the file with its own decimal mark and thousands separator"
        raise SchemaError(system, [f"{name!r} {words.format(count)}" for name, count in counts.items() if count])
    return frame.drop(*before)


def stacked(frames: Sequence[Frame]) -> Frame:
    """Put frames of the same columns below each other."""
    first = frames[0]
    if first.implementation.is_pandas():  # which asks for equal types where a column has nothing but missing values
        types = first.to_native().dtypes
        frames = [first, *(wrap(frame.to_native()[types.index].astype(types)) for frame in frames[1:])]
    names = first.collect_schema()
    arrow = first.implementation.is_pyarrow()  # whose two types of text are one to the eye and two to a table
    same = [nw.col(name).cast(nw.String) if arrow and names[name] == nw.String else nw.col(name) for name in names]
    result: Frame = nw.concat([frame.select(*same) for frame in frames])  # type: ignore[type-var]  # one kind
    return result


def implied_lines(lines: Frame, heads: Frame, amount: nw.Expr, line_type: str, minus: str | None = None) -> Frame:
    """Make a line of an amount of each order (shipping, a fee, …), where it is not zero, with the columns of ``lines``.

    ``minus`` is the type of negative amounts, where it is another.
    """
    money = (nw.col("__money") * 10_000).round(0) / 10_000
    kind = nw.when(nw.col("__money") < 0).then(nw.lit(minus or line_type)).otherwise(nw.lit(line_type))
    heads = heads.with_columns(__money=amount).filter(true(nw.col("__money").abs() >= SMALLEST))
    there = heads.collect_schema().names()
    given: dict[str, Any] = {**{name: nw.col(name) for name in there}, "amount": money, "line_type": kind}
    types = lines.collect_schema().items()
    return heads.select(*[given.get(name, missing(dtype)).alias(name) for name, dtype in types])


def without_cancelled(orders: Frame, export: Export, cancelled: nw.Expr, handling: str, words: str) -> Frame:
    """Leave cancelled orders out, unless they are kept, and count them."""
    one_of("cancelled", handling, ("drop", "keep"))
    if handling == "keep":
        return orders
    out = true(cancelled)
    export.say(export.count(orders, rows=out)["rows"], "order", words)
    return orders.filter(~out)


def by_product(lines: Frame, export: Export) -> Frame:
    """Make the products that lines name: the most frequent title, the highest price, the first of what else."""
    named = lines.filter(~nw.col("product_id").is_null())
    others = [nw.col(name).min() for name in present(lines, brand="brand", category="category")]
    goods = named.group_by("product_id").agg(nw.col("unit_price").max().alias("price"), *others)
    goods = join(goods, most_frequent(named, "product_id", "title"), on=["product_id"], how="left")
    return export.table(goods, "products")


def say_line_types(orders: Frame, export: Export) -> None:
    """Count the lines that are no products, by type."""
    counts = export.count(orders, **{name: nw.col("line_type") == name for name in OTHER_LINES})
    for name in OTHER_LINES:
        export.say(counts[name], "line", f"read as {name}")


def _numbered(frame: Frame) -> Any:
    """Give a pandas table new row numbers, since some were left out and others added."""
    table = frame.to_native()
    return table.reset_index(drop=True) if frame.implementation.is_pandas() else table
