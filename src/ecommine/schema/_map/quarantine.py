"""Quarantine: the rows that a schema accepts, and the rows that it rejects, each with all its reasons."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar, get_args

import narwhals.stable.v2 as nw
import numpy as np
from narwhals.stable.v2.typing import IntoFrameT

from ..._core.checks import one_of
from ..._core.engines import check_pickles, tell_library_errors
from ..._core.frames import Frame, is_lazy, native, opened
from .._convert.plan import RAW
from .._model.errors import SchemaError, warn
from .._model.tables import TABLES
from .._validate.money_notes import three_decimals
from .._validate.order_notes import amount_notes, order_lines, with_customers_of_orders
from .map import ConvertedTable, Duplicates, first_copies, notes_of_texts, rename_and_convert

TableT_co = TypeVar("TableT_co", covariant=True)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Quarantine(Generic[TableT_co]):
    """A table split in two: ``valid`` in canonical form, ``rejected`` in its raw form with a column ``reason``.

    Examples
    --------
    See `quarantine`:

    >>> from ecommine import schema
    >>> schema.Quarantine(valid="the good", rejected="the bad").valid
    'the good'
    """

    valid: TableT_co
    rejected: TableT_co

    def __reduce_ex__(self, protocol: Any) -> Any:
        """Return what a pickle holds of both tables; those of DuckDB and Spark have none."""
        check_pickles(self, self.valid)
        return object.__reduce_ex__(self, protocol)

    def __repr__(self) -> str:
        sizes = []
        for name in ("valid", "rejected"):
            frame = opened(getattr(self, name), argument=name)
            sizes.append(f"{name}: {'lazy' if isinstance(frame, nw.LazyFrame) else f'{len(frame):,} rows'}")
        return f"Quarantine({', '.join(sizes)})"


@tell_library_errors
def quarantine(
    table: str,
    raw: IntoFrameT,
    /,
    *,
    timezone: str | None = None,
    format: str | None = None,
    decimal: Literal[".", ","] | None = None,
    names: Mapping[str, str] | None = None,
    duplicates: Duplicates = "keep",
    **columns: str,
) -> Quarantine[IntoFrameT]:
    """Split the rows of a raw table into those that its schema accepts and those that it does not.

    Parameters
    ----------
    table : str
        Name of the canonical table, such as "orders".
    raw : pandas, Polars, PyArrow, DuckDB or PySpark table
        The table as the shop exports it.
    timezone, format, decimal : str, optional
        How times and numbers are read, as in `schema.orders` and the other readers.
    names : mapping of str to str, optional
        The shop's own names of events, as in `schema.events`.
    duplicates : {"keep", "drop"}, default "keep"
        "drop" rejects the exact copies of a row beyond the first; they come last in ``rejected``. Rows of lazy tables
        have no order, so that there it is an error: drop the copies from ``valid``, with the reader of the table.
    **columns : str
        The column of ``raw`` for each canonical column, as in `schema.orders` and the other readers.

    Returns
    -------
    Quarantine
        ``valid`` and ``rejected`` of the same library, lazy where ``raw`` is lazy. Each row of ``raw`` is in exactly
        one of them; ``rejected`` keeps the columns of ``raw`` and adds ``reason``, all reasons joined by "; ".

    Raises
    ------
    SchemaError
        If columns are missing or of a type that no value can be read from, or ``raw`` has a column ``reason``.
    TypeError
        If ``duplicates="drop"`` is given with a lazy table.

    Examples
    --------
    >>> import pandas as pd
    >>> from ecommine import schema
    >>> raw = pd.DataFrame({"order_id": ["a", None, "c"], "customer_id": [1, 2, 3], "amount": ["9.5", "2", "n/a"],
    ...                     "ordered_at": pd.to_datetime(["2024-05-01"] * 3)})
    >>> split = schema.quarantine("orders", raw)
    >>> split
    Quarantine(valid: 1 rows, rejected: 2 rows)
    >>> split.rejected.reason.tolist()
    ['order_id is missing', 'amount is not a number']
    """
    one_of("table", table, tuple(TABLES))
    one_of("duplicates", duplicates, get_args(Duplicates))
    if names is not None and table != "events":
        raise TypeError(f"`names` are names of events, which {table} does not have")
    if "check" in columns:
        raise TypeError("`check` is not an option here: quarantine looks at every value")
    unknown = [name for name in columns if name not in TABLES[table].names]
    if unknown:
        known = ", ".join(TABLES[table].names)
        raise TypeError(f"`{unknown[0]}` is not a column of {table}: its columns are {known}")
    frame = opened(raw, argument="raw")
    raw_names = frame.collect_schema().names()
    if "reason" in raw_names:
        raise SchemaError(table, ["the table has a column 'reason', which rejected rows are given: rename it first"])
    copies = None
    if duplicates == "drop":
        frame, copies = _split_off_copies(frame, table)
    converted = rename_and_convert(
        frame, TABLES[table], columns, timezone=timezone, format=format, decimal=decimal, names=names
    )
    told = [] if is_lazy(frame) else notes_of_texts(converted, table)  # a lazy table is not computed here
    reasons = [nw.when(check.failed).then(nw.lit(check.reason)) for check in converted.checks]
    reasons += _unsure_thousands(converted) if is_lazy(frame) else []
    with_reason = converted.frame.with_columns(reason=nw.concat_str(*reasons, separator="; ", ignore_nulls=True))
    raw_columns = [_raw(name, converted.sources, converted.plan.changed).alias(name) for name in raw_names]
    rejected = with_reason.filter(nw.col("reason") != "").select(*raw_columns, "reason")
    valid = with_reason.filter(nw.col("reason") == "").select(*converted.names)
    if table == "orders" and not is_lazy(frame):
        orders = order_lines(valid, is_amount_given="amount" in converted.sources)
        valid, filled = with_customers_of_orders(orders)
        told += [*amount_notes(orders), *filled]
    warn([*told, *converted.plan.notes], stacklevel=3)
    if copies is not None and isinstance(rejected, nw.DataFrame):
        as_copies = copies.with_columns(reason=nw.lit("is an exact copy of another row", dtype=nw.String))
        rejected = nw.concat([rejected, as_copies.select(*raw_names, "reason")])
    return Quarantine(
        valid=native(valid, raw),
        rejected=native(rejected, raw),
    )


def _split_off_copies(frame: Frame, table: str) -> tuple[Frame, nw.DataFrame[Any]]:
    """Split rows in memory into the first of each kind and the copies of those."""
    if not isinstance(frame, nw.DataFrame):
        remedy = f"drop them afterwards with schema.{table}(split.valid, duplicates='drop')"
        raise TypeError(f"`duplicates='drop'` needs numbered rows, which a lazy table does not have: {remedy}")
    row = f"{RAW}row"
    first = first_copies(frame.with_row_index(row), frame.columns)
    is_copy = np.ones(len(frame), dtype=bool)
    is_copy[first[row].to_numpy()] = False
    return first.drop(row), frame.filter(is_copy.tolist())


def _unsure_thousands(converted: ConvertedTable) -> list[Any]:
    """Return reasons of numbers that may be thousands, since a lazy table is not computed to look at all of them."""
    return [
        nw.when(flag).then(nw.lit(f"{name} has three digits behind a dot, which may be thousands: give `decimal=`"))
        for name, flag in three_decimals(converted.frame, converted.plan).items()
    ]


def _raw(name: str, sources: Mapping[str, str], changed: tuple[str, ...]) -> nw.Expr:
    """Return the raw values of a column, under the name that it has now."""
    canonical = next((target for target, source in sources.items() if source == name), name)
    return nw.col(RAW + canonical if canonical in changed else canonical)
