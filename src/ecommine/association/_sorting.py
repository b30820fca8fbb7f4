"""Sorting by several keys at once, as one whole number each where they fit into one."""

import numpy as np

from ._encoding import Ints
from ._output.measures import Floats


def places_by(*keys: Ints) -> Ints:
    """Return the places of rows sorted by whole numbers from 0, the first key first; equal rows stay as they are.

    Examples
    --------
    >>> places_by(np.array([1, 0, 1, 0]), np.array([0, 5, 0, 2])).tolist()
    [3, 1, 0, 2]
    """
    n = len(keys[0])
    widths = [int(key.max(initial=0)).bit_length() for key in keys]
    if sum(widths) + n.bit_length() > 63:
        return np.lexsort(keys[::-1])
    packed = np.zeros(n, dtype=np.int64)
    for key, width in zip(keys, widths, strict=True):
        packed = packed << width | key
    # The place is the last key, so that all numbers differ and the fastest sort will do.
    packed = packed << n.bit_length() | np.arange(n)
    packed.sort()
    return packed & ((1 << n.bit_length()) - 1)


def ranks(values: "Floats | Ints") -> Ints:
    """Give different values the numbers 0, 1, ... from the least.

    Examples
    --------
    >>> ranks(np.array([2.5, 0.1, 2.5, 7.0])).tolist()
    [1, 0, 1, 2]
    """
    order = np.argsort(values)
    ascending = values[order]
    found = np.empty(len(values), dtype=np.int64)
    found[order] = np.concatenate([[0], np.cumsum(ascending[1:] != ascending[:-1])])[: len(values)]
    return found
