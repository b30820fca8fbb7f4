"""Quarantine: the rows that can be used, and the rows that cannot, each with all its reasons."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, get_args

import narwhals.stable.v2 as nw
import numpy as np
from narwhals.stable.v2.typing import IntoFrameT

from ..._core.checks import one_of
from ..._core.frames import Frame, native, opened
from .._map.map import Duplicates, first_copies, make_ready, warn
from .._model.errors import SchemaError
from .._model.tables import TABLES
from .checks import RAW

TableT_co = TypeVar("TableT_co", covariant=True)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Quarantine(Generic[TableT_co]):
    """A table split in two: ``valid`` in canonical form, ``rejected`` as it came with a column ``reason``.

    Examples
    --------
    See `quarantine`:

    >>> from ecommine import schema
    >>> schema.Quarantine(valid="the good", rejected="the bad").valid
    'the good'
    """

    valid: TableT_co
    rejected: TableT_co

    def __repr__(self) -> str:
        sizes = []
        for name in ("valid", "rejected"):
            frame = opened(getattr(self, name), argument=name)
            sizes.append(f"{name}: {'lazy' if isinstance(frame, nw.LazyFrame) else f'{len(frame):,} rows'}")
        return f"Quarantine({', '.join(sizes)})"


def quarantine(
    table: str,
    raw: IntoFrameT,
    /,
    *,
    timezone: str | None = None,
    format: str | None = None,
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
    timezone, format : str, optional
        How times are read, as in the doors.
    duplicates : {"keep", "drop"}, default "keep"
        "drop" rejects the exact copies of a row beyond the first; they come last in ``rejected``. Rows of lazy tables
        have no order, so that there it is an error: drop the copies with the door, from ``valid``.
    **columns : str
        The column of ``raw`` for each canonical column, as in the doors.

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
        If ``duplicates="drop"`` is asked of a lazy table.

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
    if "check" in columns:
        raise TypeError("`check` is no option here: quarantine looks at every value")
    unknown = [name for name in columns if name not in TABLES[table].names]
    if unknown:
        known = ", ".join(TABLES[table].names)
        raise TypeError(f"`{unknown[0]}` is no column of {table}: its columns are {known}")
    frame = opened(raw, argument="raw")
    raw_names = frame.collect_schema().names()
    if "reason" in raw_names:
        raise SchemaError(table, ["the table has a column 'reason', which rejected rows get: rename it first"])
    copies = None
    if duplicates == "drop":
        frame, copies = _without_copies(frame, table)
    ready = make_ready(frame, TABLES[table], columns, timezone=timezone, format=format)
    warn(list(ready.plan.notes), stacklevel=3)
    reasons = [nw.when(fault.bad).then(nw.lit(fault.reason)) for fault in ready.faults]
    marked = ready.frame.with_columns(reason=nw.concat_str(*reasons, separator="; ", ignore_nulls=True))
    as_it_came = [_raw(name, ready.sources, ready.plan.touched).alias(name) for name in raw_names]
    rejected = marked.filter(nw.col("reason") != "").select(*as_it_came, "reason")
    if copies is not None and isinstance(rejected, nw.DataFrame):
        said = copies.with_columns(reason=nw.lit("is an exact copy of another row", dtype=nw.String))
        rejected = nw.concat([rejected, said.select(*raw_names, "reason")])
    return Quarantine(
        valid=native(marked.filter(nw.col("reason") == "").select(*ready.names), raw), rejected=native(rejected, raw)
    )


def _without_copies(frame: Frame, table: str) -> tuple[Frame, nw.DataFrame[Any]]:
    """Split rows in memory into the first of each kind and the copies of those."""
    if not isinstance(frame, nw.DataFrame):
        way_out = f"drop them afterwards with schema.{table}(split.valid, duplicates='drop')"
        raise TypeError(f"`duplicates='drop'` needs numbered rows, which a lazy table does not have: {way_out}")
    row = f"{RAW}row"
    first = first_copies(frame.with_row_index(row), frame.columns)
    copied = np.ones(len(frame), dtype=bool)
    copied[first[row].to_numpy()] = False
    return first.drop(row), frame.filter(copied.tolist())


def _raw(name: str, sources: Mapping[str, str], touched: tuple[str, ...]) -> nw.Expr:
    """Find a raw column under the name that it has now."""
    here = next((target for target, source in sources.items() if source == name), name)
    return nw.col(RAW + here if here in touched else here)
