"""Steps of all known exports: required columns, mapping with its notes, counts, lines made of order totals."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, overload

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrame

from ..._core.checks import one_of
from ..._core.frames import Frame, collect, divided, is_lazy, join, opened, wrap
from ..._core.notes import Note
from ..._core.texts import counted, did_you_mean, quote_names
from .._convert.convert import convert
from .._convert.formats import Conversion
from .._convert.ids import mended
from .._convert.numbers import THREE_DECIMALS_REGEX, advice_of_export
from .._convert.objects import holds_objects
from .._convert.plan import TypePlan, is_inexact, max_exact_integer
from .._convert.suggest import sample
from .._export_steps.signatures import reader_of_export, title_rows
from .._map.map import Check, map_frame
from .._model.errors import SchemaError
from .._model.shop import Shop
from .._model.tables import LINE_TYPES
from .._validate.money_notes import read_before_flags, read_before_notes

OTHER_LINES = LINE_TYPES[1:]
"""Types of the lines that are not products."""

_SHOWN_ORDERS = 3
MIN_MONEY = 0.005
"""Currency units: money below half a cent is rounding, not a line."""


@dataclass(frozen=True, slots=True)
class Export:
    """One export while it becomes a shop: how its tables are checked, and the notes of all of them."""

    check: Check
    system: str = "export"
    decimal: str | None = None
    notes: list[Note] = field(default_factory=list)

    def table(
        self, frame: Frame, table: str, *, timezone: str | None = None, format: str | None = None, **columns: str
    ) -> Frame:
        """Return a frame as the canonical table of that name, and keep the notes."""
        mapped, notes = map_frame(
            frame, table, columns, timezone=timezone, format=format, decimal=self.decimal, check=self.check
        )
        # Numbers were read from the file before, and told then.
        self.notes.extend(note for note in notes if note.code != "decimal_without_effect")
        return mapped

    def count(self, frame: Frame, **conditions: nw.Expr) -> dict[str, int]:
        """Count the rows of each condition, in one pass."""
        flags = [condition.cast(nw.Int64).alias(name) for name, condition in conditions.items()]
        sums = collect(frame.select(*flags).select(nw.all().sum()))
        return {name: int(sums[name].to_list()[0] or 0) for name in conditions}

    def note(self, code: str, count: int, noun: str, text: str) -> None:
        """Add a note that starts with a count and its noun, unless the count is zero."""
        if count:
            self.notes.append(Note(f"{counted(count, noun)} {text}", code=code, count=count))

    def shop(self, **tables: Frame | None) -> Shop:
        """Return the shop of the tables that the export has, in its own library."""
        native = {name: _with_row_numbers(frame) for name, frame in tables.items() if frame is not None}
        return Shop(**native, notes=tuple(self.notes))


@overload
def open_table_of_export(first: Frame, table: IntoFrame, *, argument: str) -> Frame: ...
@overload
def open_table_of_export(first: Frame, table: None, *, argument: str) -> None: ...
def open_table_of_export(first: Frame, table: IntoFrame | None, *, argument: str) -> Frame | None:
    """Open another table of an export, of the same kind as the first, since they are joined."""
    if table is None:
        return None
    frame = opened(table, argument=argument)
    if (frame.implementation, is_lazy(frame)) != (first.implementation, is_lazy(first)):
        kinds = [f"{type(of).__module__.partition('.')[0]} {type(of).__name__}" for of in (table, first.to_native())]
        text = "a {} and the first table a {}: convert one, since tables of one export are joined"
        raise TypeError(f"`{argument}` is {text.format(*kinds)}")
    return frame


def require_columns(frame: Frame, system: str, *names: str) -> None:
    """Raise one error that lists the required columns that an export lacks."""
    known = frame.collect_schema().names()
    missing = [name for name in names if name not in known]
    if missing:
        raise SchemaError(system, [*_missing(missing, known)], _listed(known, system))


def find_spelling(frame: Frame, system: str, *spellings: str) -> str:
    """Return which of its spellings a column has."""
    names = frame.collect_schema().names()
    for spelling in spellings:
        if spelling in names:
            return spelling
    either = " or ".join(map(repr, spellings))
    near = did_you_mean(spellings[0], names)
    raise SchemaError(system, [f"{either} is not a column of the export{near}"], _listed(names, system))


def _missing(missing: Sequence[str], known: Sequence[str]) -> Iterator[str]:
    for name in missing:
        yield f"{name!r} is not a column of the export{did_you_mean(name, known)}"


def _listed(names: Sequence[str], system: str) -> str:
    """Return what columns a table has, and what reads such a table."""
    listed = f"it has {quote_names(names, most=12)}"
    reader = reader_of_export(names)
    if reader and reader != f"from_{system.lower().replace(' ', '_')}":
        return f"{listed}; it looks like an export that schema.{reader} reads"
    if title := title_rows(names):
        return f"{listed}; {title}"
    return f"{listed}; a file of another form is mapped column by column with schema.orders(raw, order_id='...', ...)"


def present_columns(frame: Frame, **columns: str) -> dict[str, str]:
    """Return the columns that the export has, by canonical name."""
    names = frame.collect_schema().names()
    return {canonical: name for canonical, name in columns.items() if name in names}


def fill_false(condition: nw.Expr) -> nw.Expr:
    """Return a condition in which an unknown comparison is not true."""
    return condition.fill_null(value=False)


def null_column(dtype: Any) -> Any:
    """Return a column of missing values; older pandas would write a missing text as "None"."""
    return nw.when(nw.lit(False)).then(nw.lit("")) if dtype == nw.String else nw.lit(None, dtype=dtype)


def first_match(rules: Sequence[tuple[nw.Expr, str]], *, otherwise: str) -> nw.Expr:
    """Return the name of the first rule that holds for each row."""
    named: Any = nw.lit(otherwise)
    for condition, name in reversed(rules):
        named = nw.when(fill_false(condition)).then(nw.lit(name)).otherwise(named)
    return named  # type: ignore[no-any-return]  # an expression in every case


def most_frequent(frame: Frame, key: str, text: str) -> Frame:
    """Return the most frequent text of each key that has one; of equally frequent ones the first in the alphabet."""
    counts = frame.filter(~nw.col(text).is_null()).group_by(key, text).agg(times=nw.len())
    most = counts.group_by(key).agg(most=nw.col("times").max())
    chosen = join(counts, most, on=[key], how="inner").filter(nw.col("times") == nw.col("most"))
    return chosen.group_by(key).agg(nw.col(text).min())


def drop_copies(frame: Frame, export: Export, system: str, noun: str, *key: str) -> Frame:
    """Drop and count exact copies of rows; rows that differ under one key are an error, since a join would double them.

    A table without repeated keys is returned as it is.
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
        nameless = export.count(frame, rows=nw.col(key[0]).is_null())["rows"]
        if nameless > 1:
            text = f"{counted(nameless, 'row')} of the {noun} without {key[0]!r}: leave these out, of which a line "
            raise SchemaError(system, [f"{text}of totals at the foot of the file is one"])
        columns = " and ".join(map(repr, key))
        rows_again = f"{counted(left - keys, 'row')} of the {noun}"
        raise SchemaError(system, [f"{columns} is repeated with other values in {rows_again}: keep one of each"])
    export.note("copies_dropped", rows - left, "row", f"of the {noun} dropped: exact copies of other rows")
    return distinct


def _rows_and_keys(frame: Frame, key: Sequence[str]) -> tuple[int, int]:
    sizes = frame.group_by(*key).agg(n=nw.len())
    totals = collect(sizes.select(rows=nw.col("n").sum(), keys=nw.len()))
    rows, keys = (int(totals[name].to_list()[0] or 0) for name in ("rows", "keys"))
    return rows, keys


def whole_number_text(frame: Frame, name: str) -> nw.Expr:
    """Return whole numbers as text, "1" for 1.0 too; text stays, and a number with a fraction becomes missing."""
    dtype = frame.collect_schema()[name]
    if not dtype.is_float():
        return nw.col(name).cast(nw.String)
    number = nw.col(name).fill_nan(None)
    known = nw.when(fill_false(number == number.floor())).then(number).otherwise(0.0)
    return nw.when(fill_false(number == number.floor())).then(known.cast(nw.Int64).cast(nw.String))


def read_as_text(frame: Frame, *names: str) -> Frame:
    """Read codes as text, whatever type a CSV reader gave them, without blanks around it, and empty text as missing."""
    types = frame.collect_schema()
    present = [name for name in names if name in types]
    _refuse_inexact(frame, [name for name in present if types[name].is_float()])
    other = [name for name in present if types[name] != nw.String or holds_objects(frame, name)]
    frame = _with_text_type(convert(frame, {name: Conversion("text") for name in other}), other)
    not_empty = {name: mended(nw.col(name), nullable=True) for name in present}
    return frame.with_columns(**not_empty) if not_empty else frame


def _refuse_inexact(frame: Frame, floats: list[str]) -> None:
    """Raise for codes that a reader made floats, which do not hold each of them."""
    types = frame.collect_schema()
    bad = {name: is_inexact(nw.col(name).fill_nan(None), max_exact_integer(types[name])) for name in floats}
    counts = Export("types").count(frame, **bad) if bad else {}
    if any(counts.values()):
        broken = {name: counted(count, "row") for name, count in counts.items() if count}
        remedy = f"read the file again with this column as text, such as {_as_text(frame, list(broken))}"
        raise SchemaError(
            "export", [f"{name!r} is a float, and no exact code, in {n}: {remedy}" for name, n in broken.items()]
        )


def _as_text(frame: Frame, names: Sequence[str]) -> str:
    """Return the argument by which the reader of a file leaves columns as text; a nested one takes no other."""
    if frame.implementation.is_polars():
        return "schema_overrides={" + ", ".join(f"{name!r}: pl.String" for name in names) + "}"
    return "dtype={" + ", ".join(f"{name!r}: str" for name in names) + "}"


def _with_text_type(frame: Frame, converted: list[str]) -> Frame:
    """Return converted columns in the type of text that a pandas table has elsewhere: older pandas cannot mix them."""
    if not converted or not frame.implementation.is_pandas():
        return frame
    table, types = frame.to_native(), frame.collect_schema()
    others = [name for name in types if types[name] == nw.String and name not in converted]
    kept = [table[name].dtype for name in others if not holds_objects(frame, name)]
    return wrap(table.astype(dict.fromkeys(converted, kept[0]))) if kept else frame


def read_as_numbers(frame: Frame, export: Export, *names: str, decimal: str | None = None) -> Frame:
    """Read money and counts as numbers; raise with the columns that hold something else.

    ``decimal`` takes the place of that of the ``export``, for numbers that no spreadsheet writes with another mark.
    """
    types = frame.collect_schema()
    written = [name for name in names if name in types and not types[name].is_numeric()]
    mark = decimal or export.decimal
    if mark == ",":
        _note_read_before(frame, export, [name for name in names if name in types and types[name].is_float()])
    if written:
        frame = _converted(frame, export.system, written, mark)
    floats = {name: nw.col(name).cast(nw.Float64).fill_nan(None) for name in names if name in types}
    return frame.with_columns(**floats) if floats else frame


def _note_read_before(frame: Frame, export: Export, names: list[str]) -> None:
    plan = TypePlan(read_before=names)
    flags = read_before_flags(plan)
    export.notes.extend(read_before_notes(plan, export.count(frame, **flags) if flags else {}))


def _converted(frame: Frame, system: str, written: list[str], decimal: str | None) -> Frame:
    types = frame.collect_schema()
    texts = [name for name in written if types[name] == nw.String]  # empty cells, to readers that keep them
    frame = frame.with_columns(
        **{name: nw.when(nw.col(name).str.strip_chars() != "").then(nw.col(name)) for name in texts}
    )
    before = {f"__{name}": nw.col(name) for name in written}
    # Systems write numbers with a dot, whatever their country; spreadsheets do not.
    how = Conversion("number", decimal=decimal or ".", is_money=True)
    frame = convert(frame.with_columns(**before), dict.fromkeys(written, how))
    bad = {name: ~nw.col(f"__{name}").is_null() & nw.col(name).is_null() for name in written}
    counts = Export("types").count(frame, **bad)
    if any(counts.values()):
        broken = {name: counted(count, "row") for name, count in counts.items() if count}
        told = {name: str(sample(frame.filter(bad[name]), f"__{name}")[0]) for name in broken}
        refuse_repeated_headings(
            frame.with_columns(**{name: nw.col(f"__{name}") for name in broken}), system, list(broken)
        )
        wrong = [
            f"{name!r} is not a number in {rows}, such as {told[name]!r}: {advice_of_export(told[name], decimal)}"
            for name, rows in broken.items()
        ]
        raise SchemaError(system, wrong)
    if decimal is None:
        _refuse_unsure_thousands(frame, system, texts)
    return frame.drop(*before)


def refuse_repeated_headings(frame: Frame, system: str, texts: Sequence[str]) -> None:
    """Raise for rows that are the headings of the file once more, by columns whose values are text."""
    same = {name: fill_false(nw.col(name).str.strip_chars() == name) for name in texts}
    count = max(Export("types").count(frame, **same).values()) if same else 0
    if count:
        rows = f"{counted(count, 'row')} {'repeats' if count == 1 else 'repeat'} the headings"
        raise SchemaError(system, [f"{rows}, as where files are joined one below the other: leave such rows out"])


def _refuse_unsure_thousands(frame: Frame, system: str, texts: list[str]) -> None:
    """Raise where each dot of a column has three digits behind it, which no system writes of its money."""
    flags: dict[str, nw.Expr] = {}
    for name in texts:
        flags[f"{name} dotted"] = fill_false(nw.col(f"__{name}").str.contains("[0-9][.][0-9]"))
        flags[f"{name} three"] = fill_false(nw.col(f"__{name}").str.contains(THREE_DECIMALS_REGEX))
    counts = Export("types").count(frame, **flags) if flags else {}
    unsure = [name for name in texts if counts[f"{name} three"] == counts[f"{name} dotted"] > 0]
    if unsure:
        remedy = "give `decimal='.'` if 1.234 is between 1 and 2, `decimal=','` if it is more than a thousand"
        raise SchemaError(
            system, [f"{name!r} has three digits behind every dot, which may be thousands: {remedy}" for name in unsure]
        )


def format_for(frame: Frame, column: str, format: str | None, default: str | None = None) -> str | None:
    """Return the format of times: that of texts has a default, that of counts must be given, other times have none."""
    dtype = frame.collect_schema()[column]
    if dtype == nw.String:
        return format or default
    return format if dtype.is_numeric() else None


def require_times(heads: Frame, system: str, column: str) -> None:
    """Raise for orders without a time, such as a line of totals at the foot of the file."""
    time = nw.col("ordered_at")
    if heads.collect_schema()["ordered_at"] == nw.String:
        time = nw.when(time.str.strip_chars() != "").then(time)
    rows = collect(heads.filter(time.is_null()).select(nw.col("order_id").cast(nw.String)).head(_SHOWN_ORDERS))
    if len(rows):
        such = ", ".join(map(repr, rows["order_id"].to_list()))
        text = f"orders without {column!r}, such as {such}: leave these rows out, of which a line of totals at the "
        raise SchemaError(system, [f"{text}foot of the file is one"])


def stack(frames: Sequence[Frame]) -> Frame:
    """Return frames of the same columns below each other."""
    first = frames[0]
    if first.implementation.is_pandas():  # which asks for equal types where a column has nothing but missing values
        dtypes = first.to_native().dtypes
        frames = [first, *(wrap(frame.to_native()[dtypes.index].astype(dtypes)) for frame in frames[1:])]
    schemas = [frame.collect_schema() for frame in frames]
    arrow = first.implementation.is_pyarrow()  # whose two types of text are one to the eye and two to a table
    same = []
    for name in schemas[0]:
        types = {schema[name] for schema in schemas}
        is_text = nw.String in types and (arrow or len(types) > 1)  # nulls alone are of any type
        same.append(nw.col(name).cast(nw.String) if is_text else nw.col(name))
    result: Frame = nw.concat([frame.select(*same) for frame in frames])  # type: ignore[type-var]  # one kind
    return result


def order_level_lines(lines: Frame, heads: Frame, amount: nw.Expr, line_type: str, minus: str | None = None) -> Frame:
    """Return one line per order with an amount of the order (shipping, a fee, …), with the columns of ``lines``.

    Orders where it is zero have no line. ``minus`` is the type of negative amounts, where it differs.
    """
    money = divided((nw.col("__money") * 10_000).round(0), 10_000)
    kind = nw.when(nw.col("__money") < 0).then(nw.lit(minus or line_type)).otherwise(nw.lit(line_type))
    heads = heads.with_columns(__money=amount).filter(fill_false(nw.col("__money").abs() >= MIN_MONEY))
    names = heads.collect_schema().names()
    given: dict[str, Any] = {**{name: nw.col(name) for name in names}, "amount": money, "line_type": kind}
    types = lines.collect_schema().items()
    return heads.select(*[given.get(name, null_column(dtype)).alias(name) for name, dtype in types])


def drop_cancelled(orders: Frame, export: Export, cancelled: nw.Expr, handling: str, states: str) -> Frame:
    """Drop and count cancelled orders, unless they are kept."""
    one_of("cancelled", handling, ("drop", "keep"))
    if handling == "keep":
        return orders
    is_cancelled = fill_false(cancelled)
    export.note("cancelled_left_out", export.count(orders, rows=is_cancelled)["rows"], "order", f"{states} left out")
    return orders.filter(~is_cancelled)


def note_missing_rows(heads: Frame, export: Export, total: str) -> None:
    """Add a note of orders whose total is above the sum of their lines (column ``__above``): rows may be missing."""
    above = heads.with_columns(above=nw.when(fill_false(nw.col("__above") >= MIN_MONEY)).then(nw.col("__above")))
    sums = collect(
        above.select(n=(~nw.col("above").is_null()).cast(nw.Int64), money=nw.col("above")).select(nw.all().sum())
    )
    count, money = int(sums["n"].to_list()[0] or 0), float(sums["money"].to_list()[0] or 0.0)
    text = f"whose {total} is above the sum of its lines, by {money:,.2f} in all: are rows missing?"
    export.note("rows_missing", count, "order", text)


def products_of_lines(lines: Frame, export: Export) -> Frame:
    """Return the products of lines: most frequent title, highest price, first brand and category in the alphabet."""
    named = lines.filter(~nw.col("product_id").is_null())
    others = [nw.col(name).min() for name in present_columns(lines, brand="brand", category="category")]
    goods = named.group_by("product_id").agg(nw.col("unit_price").max().alias("price"), *others)
    goods = join(goods, most_frequent(named, "product_id", "title"), on=["product_id"], how="left")
    return export.table(goods, "products")


def note_line_types(orders: Frame, export: Export) -> None:
    """Add a note per type with the number of lines that are not products."""
    counts = export.count(orders, **{name: nw.col("line_type") == name for name in OTHER_LINES})
    for name in OTHER_LINES:
        export.note(f"read_as_{name}", counts[name], "line", f"read as {name}")


def _with_row_numbers(frame: Frame) -> Any:
    """Return a pandas table with new row numbers, since some rows were dropped and others added."""
    table = frame.to_native()
    return table.reset_index(drop=True) if frame.implementation.is_pandas() else table
