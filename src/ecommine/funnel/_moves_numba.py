"""Events packed for the sort and unpacked after it, compiled: one pass without intermediate arrays.

Needs numba (``pip install 'ecommine[fast]'``). The first call compiles and keeps the machine code beside this file.
"""

import numpy as np
from numba import njit

from ._moves import SECOND, Ints


@njit(nogil=True, cache=True)
def whole_seconds(time: Ints, start: int) -> bool:
    """Tell whether all times are whole seconds apart; the first that is not ends the search."""
    is_whole = True
    for one in time:
        if (one - start) % SECOND:
            is_whole = False
            break
    return is_whole


@njit(nogil=True, cache=True)
def pack(log: Ints, time: Ints, kind: Ints, shape: tuple[int, ...]) -> Ints:
    """Pack log, time and kind into one number each; see :func:`._moves._pack`."""
    low, start, step, time_bits, bits = shape
    packed = np.empty(len(log), dtype=np.int64)
    for place in range(len(log)):
        since = (time[place] - start) // step
        packed[place] = ((log[place] - low) << time_bits | since) << bits | kind[place]
    return packed


@njit(nogil=True, cache=True)
def unpack(packed: Ints, shape: tuple[int, ...]) -> tuple[Ints, Ints, Ints]:
    """Take the numbers apart; see :func:`._moves._unpack`."""
    low, start, step, time_bits, bits = shape
    log, time, kind = np.empty_like(packed), np.empty_like(packed), np.empty_like(packed)
    since_mask, kind_mask = (1 << time_bits) - 1, (1 << bits) - 1
    for place in range(len(packed)):
        one = packed[place]
        kind[place] = one & kind_mask
        time[place] = (one >> bits & since_mask) * step + start
        log[place] = (one >> (time_bits + bits)) + low
    return log, time, kind
