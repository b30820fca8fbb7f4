"""How events come into memory: what is left out, rows of any library, ids and groups as numbers."""

from datetime import datetime
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd

from .._core.checks import counted
from .._core.frames import Frame, collect
from .._core.moments import moment
from ._moves import Ints


def facts(frame: Frame, unit: str, as_of: Any) -> tuple[datetime | None, list[str]]:
    """Find the moment up to which events count, and count what is left out."""
    at = nw.col("occurred_at")
    given = None if as_of is None else moment(as_of)
    named = {"_lost": unit, "_nameless": "event", "_timeless": "occurred_at"}
    counts = {name: nw.len() - nw.col(column).count() for name, column in named.items()}
    counts |= {"_late": (at > nw.lit(given)).cast(nw.Int64).sum()} if given else {}
    row = collect(frame.select(at.max(), **counts))
    lost, nameless, timeless, late = (int(row[name].item() or 0) if name in counts else 0 for name in (*named, "_late"))
    if timeless:
        raise ValueError(
            f'`occurred_at` is missing in {timeless:,} events: split them off with schema.quarantine("events", raw)'
        )
    notes = []
    if lost:
        notes.append(f"{counted(lost, 'event')} without {unit} left out")
    if nameless:
        notes.append(f"{counted(nameless, 'event')} without a name left out")
    if given is not None:
        if late:
            notes.append(f"{counted(late, 'event')} after {given:%Y-%m-%d %H:%M} left out")
        return given, notes
    return (None if row["occurred_at"].null_count() else moment(row["occurred_at"].item())), notes


def gathered(frame: Frame) -> nw.DataFrame[Any]:
    """Bring rows into memory; DuckDB's as Arrow, where text needs no Python object a row."""
    if isinstance(frame, nw.LazyFrame) and frame.implementation.is_duckdb():
        return frame.collect("pyarrow")
    return collect(frame)


def plain(frame: Frame, by: str) -> nw.Expr:
    """Take categories as the text that they are."""
    is_category = isinstance(frame.collect_schema()[by], (nw.Categorical, nw.Enum))
    return nw.col(by).cast(nw.String) if is_category else nw.col(by)


def numbered(ids: nw.Series[Any]) -> tuple[Ints, "np.ndarray[Any, Any]"]:
    """Give each id a number, -1 where it is unknown; return the numbers and the ids that they stand for."""
    if ids.implementation.is_pandas() or (ids.dtype.is_integer() and not ids.null_count()):
        codes, labels = pd.factorize(ids.to_native() if ids.implementation.is_pandas() else ids.to_numpy())
        return codes, np.asarray(labels)
    encoded = ids.to_arrow().dictionary_encode()
    whole = encoded.combine_chunks() if hasattr(encoded, "combine_chunks") else encoded
    return whole.indices.fill_null(-1).to_numpy(), whole.dictionary.to_numpy(zero_copy_only=False)


def coded(ids: nw.Series[Any]) -> tuple[Ints, "np.ndarray[Any, Any]"]:
    """Turn ids into numbers in the order of the ids, -1 where unknown."""
    codes, labels = numbered(ids)
    order = ordered(labels)
    ranks = np.empty(len(labels) + 1, dtype=np.int64)
    ranks[order], ranks[-1] = np.arange(len(labels)), -1
    return ranks[codes], labels[order]


def ordered(labels: "np.ndarray[Any, Any]") -> Ints:
    """Return the order of ids."""
    try:
        return np.argsort(labels)
    except TypeError:
        raise TypeError(
            f"`by` or ids of mixed types, such as {labels[0]!r} and {labels[-1]!r}: make them text"
        ) from None


def grouped(values: nw.Series[Any]) -> tuple[Ints, tuple[Any, ...]]:
    """Turn the values of a column of groups into numbers, and name them; what is unknown is the last group."""
    codes, labels = coded(values)
    if (codes < 0).any():
        return np.where(codes < 0, len(labels), codes), (*labels.tolist(), None)
    return codes, tuple(labels.tolist())
