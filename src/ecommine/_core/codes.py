"""Ids of any type and library as whole numbers, and the order of ids."""

from collections.abc import Sequence
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd

from .arrays import Ints, is_sorted, run_bounds
from .threads import equal_shares, map_on_cores

Labels = np.ndarray[Any, np.dtype[Any]]
"""Ids: whole numbers, floats, times, or objects such as text."""
_DENSE = 4
"""Whole numbers within a span of this many times their number are counted in a table, without hashing."""
_SMALL_SPAN = 1 << 16


def factorize(ids: nw.Series[Any]) -> tuple[Ints, Labels]:
    """Give each distinct id a number, as they appear; text in Arrow's memory is read on all cores.

    Returns
    -------
    codes : int array of shape (n,)
        Position in ``labels`` of each id, -1 where it is missing.
    labels : array of shape (n_distinct,)

    Examples
    --------
    >>> codes, labels = factorize(nw.from_native(pd.Series(["b", "a", None, "b"]), series_only=True))
    >>> codes.tolist(), labels.tolist()
    ([0, 1, -1, 0], ['b', 'a'])
    """
    is_whole = ids.dtype.is_integer() and not ids.null_count()
    if not is_whole and has_arrow_memory(ids):
        return _factorize_arrow(readable_arrow(ids.to_arrow()))
    codes, labels = pd.factorize(ids.to_numpy() if is_whole else ids.to_native())
    return codes, np.asarray(labels)


def factorize_sorted(
    ids: nw.Series[Any],
    *,
    argument: str = "`by` or ids",
    order: Sequence[Any] = (),
    dtype: type[np.signedinteger[Any]] = np.int64,
) -> tuple[Ints, Labels]:
    """Give each distinct id a number in the order of the ids, or in the one that is given.

    Parameters
    ----------
    ids : narwhals Series
    argument : str
        How an error calls them.
    order : sequence of ids
        Of all of them, where their own order is not meant.
    dtype : integer type
        Of the codes.

    Returns
    -------
    codes : array of shape (n,)
        Position in ``labels`` of each id, -1 where it is missing.
    labels : array of shape (n_distinct,)
        The ids in their order.

    Raises
    ------
    TypeError
        If ids are of types that cannot be compared.

    Examples
    --------
    >>> codes, labels = factorize_sorted(nw.from_native(pd.Series(["b", "a", None, "b"]), series_only=True))
    >>> codes.tolist(), labels.tolist()
    ([1, 0, -1, 1], ['a', 'b'])
    """
    if ids.dtype.is_integer() and not ids.null_count() and len(ids) and not order:
        numbers = ids.to_numpy()
        if is_sorted(numbers):
            bounds = run_bounds(numbers)
            return np.repeat(np.arange(len(bounds) - 1, dtype=dtype), np.diff(bounds)), numbers[bounds[:-1]]
        if _is_dense(numbers):
            return _codes_by_table(numbers, dtype)
    codes, labels = factorize(ids)
    rank_of = {label: position for position, label in enumerate(order)}
    by_label = order_of_labels(np.array([rank_of[label] for label in labels]) if order else labels, argument=argument)
    ranks = np.empty(len(labels) + 1, dtype=dtype)
    ranks[by_label], ranks[-1] = np.arange(len(labels)), -1  # the code -1 of a missing id takes the last rank
    return ranks[codes], labels[by_label]


def order_of_labels(labels: Labels, *, argument: str = "`by` or ids") -> Ints:
    """Return the order of ids, equal ones as they stand.

    Raises
    ------
    TypeError
        If they cannot be compared.
    """
    try:
        return np.argsort(labels, kind="stable")
    except TypeError:
        one_of_each = {type(label): label for label in labels[::-1]}
        shown = " and ".join(map(repr, one_of_each.values()))
        raise TypeError(f"{argument} of mixed types, such as {shown}: make them text") from None


def whole_ids(labels: Labels) -> Labels:
    """Return whole-number ids as int64: pandas holds those beside a missing one as floats.

    Examples
    --------
    >>> whole_ids(np.array([1.0, 2.0])).tolist(), whole_ids(np.array(["a"], dtype=object)).tolist()
    ([1, 2], ['a'])
    """
    return labels.astype(np.int64, copy=False) if labels.dtype.kind in "fiu" and labels.dtype != np.uint64 else labels


def has_arrow_memory(values: nw.Series[Any]) -> bool:
    """Return whether values can be handed to Arrow as they are, so that every core can read them."""
    if not values.implementation.is_pandas():
        return True
    dtype = values.to_native().dtype
    return isinstance(dtype, pd.StringDtype) and dtype.storage.startswith("pyarrow")


def readable_arrow(values: Any) -> Any:
    """Return Arrow's values in a layout that its own functions read: text views and codes of categories are not."""
    import pyarrow as pa

    is_view = getattr(pa.types, "is_string_view", lambda _: False)(values.type)
    is_code = pa.types.is_dictionary(values.type)
    return values.cast(pa.large_string() if is_view else values.type.value_type) if is_view or is_code else values


def _is_dense(numbers: Ints) -> bool:
    low, high = int(numbers.min()), int(numbers.max())
    return high < 2**63 and high - low < max(_DENSE * len(numbers), _SMALL_SPAN)


def _codes_by_table(numbers: Ints, dtype: type[np.signedinteger[Any]]) -> tuple[Ints, Labels]:
    low = int(numbers.min())
    offsets = numbers if low == 0 else numbers.astype(np.int64, copy=False) - low  # short integers would overflow
    is_there = np.zeros(int(numbers.max()) - low + 1, dtype=bool)
    is_there[offsets] = True
    codes = np.cumsum(is_there, dtype=dtype) - dtype(1)
    return codes[offsets], (np.flatnonzero(is_there) + low).astype(numbers.dtype, copy=False)


def _factorize_arrow(values: Any) -> tuple[Ints, Labels]:
    """Give numbers to Arrow's values on all cores, each with labels of its own, and then the labels."""
    import pyarrow as pa

    if pa.types.is_null(values.type):
        return np.full(len(values), -1), np.zeros(0, dtype=object)

    def encoded(first: int, end: int) -> Any:
        part = values.slice(first, end - first).dictionary_encode()
        return part.combine_chunks() if isinstance(part, pa.ChunkedArray) else part

    def numbered(part: Any, first_label: int) -> Ints:
        own_ranks = ranks[first_label : first_label + len(part.dictionary)]
        return np.asarray(np.append(own_ranks, -1)[part.indices.fill_null(-1).to_numpy()])

    parts = map_on_cores(encoded, *zip(*equal_shares(len(values)), strict=True))
    if len(parts) == 1:
        return parts[0].indices.fill_null(-1).to_numpy(), parts[0].dictionary.to_numpy(zero_copy_only=False)
    labels = pa.concat_arrays([part.dictionary for part in parts]).dictionary_encode()
    ranks = labels.indices.to_numpy()
    first_labels = np.cumsum([0, *(len(part.dictionary) for part in parts[:-1])]).tolist()
    return np.concatenate(map_on_cores(numbered, parts, first_labels)), labels.dictionary.to_numpy(zero_copy_only=False)
