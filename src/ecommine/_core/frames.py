"""Tables: opening any library's table, collecting it, and handing a computed table back.

Large tables stay with the caller's library. What is computed from them is small, lives in an eager table, and goes
back in the caller's library: as it is to pandas, Polars and PyArrow, as a lazy view to a Polars LazyFrame, a DuckDB
relation and Spark.
"""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from math import floor
from typing import Any, cast

import narwhals.stable.v2 as nw
from narwhals.exceptions import DuplicateError
from narwhals.stable.v2.typing import IntoFrameT

from .engines import BUSY, How, hand_to_duckdb, is_busy, join_arrow, with_types_of

_NO_TABLE = "`{}` must be a pandas, Polars, PyArrow, DuckDB or PySpark table, got {}"
Frame = nw.DataFrame[Any] | nw.LazyFrame[Any]

MICRO = 1_000_000
"""Integer units of one unit of money: sums and ranks on them are equal in every library."""
MICROSECONDS_PER_DAY = 86_400_000_000


def opened(table: object, /, *, argument: str) -> Frame:
    """Open a table of any library; the one place where its type is not known."""
    try:
        frame = wrap(table)
    except TypeError:
        way_out = ": pass one of its tables, such as shop.orders" if type(table).__name__ == "Shop" else ""
        if isinstance(table, dict) and table and isinstance(next(iter(table)), str):  # as pandas reads several sheets
            way_out = f": pass one of its tables, such as {argument}[{next(iter(table))!r}]"
        raise TypeError(_NO_TABLE.format(argument, type(table).__name__) + way_out) from None
    except DuplicateError as error:
        raise ValueError(f"`{argument}`: {error}; rename them first") from None
    _check_names(frame, argument)
    if isinstance(frame, nw.DataFrame) and frame.implementation.is_pandas() and frame.to_native().index.has_duplicates:
        # Labels carry no meaning here, and repeated ones make pandas align rows wrongly.
        return wrap(frame.to_native().reset_index(drop=True))
    return frame


def _check_names(frame: Frame, argument: str) -> None:
    """Refuse names that cannot be named: numbers and pairs of pandas, patterns of Polars, the star of SQL."""
    names: list[object] = list(frame.collect_schema().names())
    wrong = [name for name in names if not isinstance(name, str)]
    if wrong:
        raise ValueError(f"`{argument}` has a column name that is not text, {wrong[0]!r}: rename the columns first")
    if "*" in names and (isinstance(frame, nw.LazyFrame) or frame.implementation.is_polars()):
        raise ValueError(f"`{argument}` has a column '*', which means all columns to its library: rename it first")
    patterns = [name for name in names if str(name).startswith("^") and str(name).endswith("$")]
    if patterns and frame.implementation.is_polars():
        raise ValueError(f"`{argument}` has a column {patterns[0]!r}, a pattern to Polars: rename it first")


def wrap(table: Any) -> Frame:
    """Open a table that is known to be one."""
    frame: Frame = nw.from_native(table)
    return frame


def native(frame: Frame, like: IntoFrameT) -> IntoFrameT:  # noqa: ARG001  # `like` is there for its type
    """Hand a frame back as a table of the same type as ``like``, the table that it was made from."""
    return cast("IntoFrameT", frame.to_native())


def join(left: Frame, right: Frame, *, on: list[str], how: How) -> Frame:
    """Join two frames of one library, both eager or both lazy; eager rows stay in the order of ``left``."""
    if left.implementation.is_pyarrow():
        return wrap(join_arrow(left.to_native(), right.to_native(), on=on, how=how))
    joined: Frame = left.join(right, on=on, how=how)  # type: ignore[arg-type]  # both are of the same kind
    return joined


def is_lazy(frame: Frame) -> bool:
    """Tell whether the frame is a plan rather than rows in memory."""
    return isinstance(frame, nw.LazyFrame)


def collect(frame: Frame) -> nw.DataFrame[Any]:
    """Bring rows into memory: Polars stays Polars; DuckDB, Spark and other engines come as pandas."""
    if isinstance(frame, nw.DataFrame):
        return frame
    if frame.implementation.is_polars():
        return frame.collect()
    try:
        return frame.collect("pandas")
    except Exception as error:
        if is_busy(error):
            raise ValueError(BUSY) from None
        raise


def build(columns: Mapping[str, Any], *, like: Frame, keys: Collection[str] = ()) -> nw.DataFrame[Any]:
    """Make an eager table in the caller's library if that is eager, Polars for a LazyFrame, else pandas.

    In PyArrow, which joins no text with large text, ids and the ``keys`` have the very type of the caller's columns of
    their names; other columns may have such a name by chance and keep their own.
    """
    known = not is_lazy(like) or like.implementation.is_polars()
    built = nw.from_dict(dict(columns), backend=like.implementation if known else nw.Implementation.PANDAS)
    if not built.implementation.is_pyarrow():
        return built
    names = [name for name in columns if name in keys or name.endswith("_id")]
    return nw.from_native(with_types_of(built.to_native(), like.to_native(), names=names), eager_only=True)


def whole_number(column: nw.Series[Any]) -> int:
    """Return the one whole number of a column; 0 where it is missing, as a sum over no rows is to some engines."""
    return 0 if column.null_count() else int(column.item())


def hand_back(small: nw.DataFrame[Any], *, like: Frame) -> Any:
    """Hand a computed table to the caller in the library of ``like``, lazy where that is lazy."""
    if not is_lazy(like):
        return small.to_native()
    if like.implementation.is_polars():
        return small.lazy().to_native()
    table, theirs = small.to_native(), like.to_native()
    if like.implementation.is_duckdb():
        try:
            return hand_to_duckdb(table, theirs)
        except Exception as error:
            if is_busy(error):
                raise ValueError(BUSY) from None
            raise
    return _on_spark(table, theirs.sparkSession)


def computed_once(frame: Frame) -> Frame:
    """Compute a lazy table of DuckDB or Polars, which run all steps anew wherever later ones read it; leave others.

    Ten steps that each read the one before twice are a query of a thousand parts.
    """
    kind = frame.implementation
    is_here = is_lazy(frame) and (kind.is_duckdb() or kind.is_polars())
    if not is_here:
        return frame
    types, computed = frame.collect_schema(), wrap(hand_back(collect(frame), like=frame))
    lost = [name for name, dtype in computed.collect_schema().items() if dtype == nw.Unknown != types[name]]
    kept = {name: nw.col(name).cast(types[name]) for name in lost}  # columns of nothing but missing values
    return computed.with_columns(**kept) if kept else computed


def _on_spark(table: Any, session: Any) -> Any:
    """Make a Spark table of one of pandas; naive times stay naive, and do not become those of the session's zone."""
    from pyspark.sql.types import StructField, StructType, TimestampNTZType, TimestampType

    made = session.createDataFrame(table)
    if not any(isinstance(field.dataType, TimestampType) for field in made.schema):
        return made
    naive = [
        StructField(field.name, TimestampNTZType() if isinstance(field.dataType, TimestampType) else field.dataType)
        for field in made.schema
    ]
    return session.createDataFrame(table, schema=StructType(naive))


def micro(column: nw.Expr) -> nw.Expr:
    """Turn money into integer micro-units (no nulls), on which every library agrees to the last bit."""
    return (column * MICRO + 0.5).floor().cast(nw.Int64)  # rounding halves differs between libraries, this does not


def as_float(whole: nw.Expr) -> nw.Expr:
    """Turn 64-bit whole numbers into floats, in two parts, since Arrow makes no float of one above 2^53."""
    millions = whole // MICRO
    return millions.cast(nw.Float64) * MICRO + (whole - millions * MICRO).cast(nw.Float64)


def money_parts(column: nw.Expr) -> tuple[nw.Expr, nw.Expr]:
    """Split money into whole units and millionths: sums of whole numbers that are exact and do not leave 64 bits."""
    whole = micro(column)
    return whole // MICRO, whole - whole // MICRO * MICRO


def divided(column: nw.Expr, by: float) -> nw.Expr:
    """Divide finite numbers by one number, to the last bit alike in every library.

    Polars multiplies by the reciprocal of a literal, which rounds twice; a column it divides by, as the others do.
    """
    dividend = column.cast(nw.Float64)
    return dividend / (dividend * 0.0 + by)


def whole_micro(money: float) -> int:
    """Turn one amount into whole micro-units, as :func:`micro` does a column."""
    return floor(money * MICRO + 0.5)


def summable(whole: nw.Expr, frame: Frame) -> nw.Expr:
    """Make whole numbers ready for sums that may leave 64 bits; such a sum is for the caller to refuse.

    NumPy, Arrow and Polars wrap around and DuckDB counts on with 128 bits, but Spark gives up, unless it has decimals.
    """
    kind = frame.implementation
    return whole.cast(nw.Decimal(19, 0)) if kind.is_pyspark() or kind.is_pyspark_connect() else whole


def day_number(column: nw.Expr) -> nw.Expr:
    """Count calendar days since 1970-01-01 of a naive time column without nulls; the same in every library."""
    before = column.dt.year().cast(nw.Int64) - 1
    leaps = before // 4 - before // 100 + before // 400
    return before * 365 + leaps + column.dt.ordinal_day().cast(nw.Int64) - date(1970, 1, 1).toordinal()


def day_number_of(frame: Frame, name: str) -> nw.Expr:
    """Count calendar days since 1970-01-01 of a column of naive times without nulls, without its calendar in memory.

    A library in memory holds a time as one whole number, whose division takes a thirtieth of the time of reading year
    and day from it.
    """
    in_memory = not is_lazy(frame) or frame.implementation.is_polars()
    is_time = isinstance(frame.collect_schema()[name], nw.Datetime)
    column = nw.col(name)
    return column.dt.timestamp("us") // MICROSECONDS_PER_DAY if in_memory and is_time else day_number(column)


def seconds_since_1970(column: nw.Expr) -> nw.Expr:
    """Count the whole seconds since 1970-01-01 of a naive time column without nulls; the same in every library."""
    parts = (column.dt.hour(), column.dt.minute(), column.dt.second())
    hour, minute, second = (part.cast(nw.Int64) for part in parts)
    return day_number(column) * 86_400 + hour * 3_600 + minute * 60 + second


def day_of(moment: datetime) -> int:
    """Count calendar days since 1970-01-01 of one moment, to set against :func:`day_number`."""
    return moment.toordinal() - date(1970, 1, 1).toordinal()


def exact_median(frame: Frame, keys: list[str], column: str) -> Frame:
    """Take the median of a column by group; PyArrow's own is approximate, so that its rows pass through pandas."""
    if frame.implementation.is_pyarrow():
        medians = collect(frame).to_pandas().groupby(keys, dropna=False)[column].median().reset_index()
        import pyarrow as pa

        schema = frame.to_native().select([*keys, column]).schema
        return wrap(pa.Table.from_pandas(medians, schema=schema, preserve_index=False))
    return frame.group_by(keys).agg(nw.col(column).median())
