"""Assignment by hash: the same unit gets the same arm in every library, process and year."""

from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd

from .._core.checks import show
from .._core.codes import factorize
from .._core.frames import collect, hand_back, opened
from .._core.texts import counted
from .._stats.arrays import Floats
from ._arms import arm_text
from ._read.table import UNIT


def assign_units(ids: Any, arms: Mapping[str, float], *, salt: str, experiment: str) -> Any:
    """Return a table of customer_id, variant and experiment, one row per id, in the library of the ids."""
    frame, like = _ids(ids)
    codes, labels = factorize(frame[UNIT])
    if missing := int((codes < 0).sum()):
        raise ValueError(f"`ids` has {counted(missing, 'missing id', 'missing ids')}: leave them out")
    shares = np.cumsum([arms[arm] for arm in arms])
    places = np.searchsorted(shares[:-1], hash_shares(labels.tolist(), salt), side="right")
    names = np.array([*arms], dtype=object)[places][codes].tolist()
    made = nw.from_dict({"variant": names}, backend=frame.implementation)
    table = frame.select(UNIT).with_columns(variant=made["variant"], experiment=nw.lit(experiment))
    return hand_back(table, like=like)


def hash_shares(ids: Iterable[object], salt: str) -> Floats:
    """Return where each id falls in [0, 1): the first 64 bits of SHA-256 of the salt and the id as text.

    Examples
    --------
    >>> hash_shares([1, 1.0, "1", "2"], "coupon").round(4).tolist()
    [0.5414, 0.5414, 0.5414, 0.565]
    """
    digests = (sha256(f"{salt}:{arm_text(one)}".encode("utf8", "surrogatepass")).digest() for one in ids)
    return np.array([int.from_bytes(digest[:8], "big") for digest in digests], dtype=np.float64) / 2.0**64


def _ids(ids: Any) -> tuple[nw.DataFrame[Any], Any]:
    """Open ids, be they a table with customer_id, a column or a list, as an eager table."""
    if isinstance(ids, str):
        raise TypeError(f"`ids` must be a table with {UNIT}, a column or a list of ids, got {show(ids)}")
    try:
        series = nw.from_native(ids, series_only=True)
    except TypeError:
        series = None
    if series is not None:
        frame = series.alias(UNIT).to_frame()
        return frame, frame
    if isinstance(ids, list | tuple | np.ndarray | range | pd.Index):
        table = nw.from_native(pd.DataFrame({UNIT: ids}), eager_only=True)
        return table, table
    like = opened(ids, argument="ids")
    if UNIT not in like.collect_schema().names():
        raise ValueError(f"`ids` must have the column {UNIT}: rename yours, or give the column alone")
    return collect(like.select(UNIT)), like
