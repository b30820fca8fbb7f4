"""Work shared among the cores, where it runs beside Python's lock."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

MIN_ROWS_PER_THREAD = 100_000
"""Rows that are worth a thread."""


def equal_shares(n: int) -> list[tuple[int, int]]:
    """Cut rows into equal shares, at most one a core: the first row and the end of each.

    Examples
    --------
    >>> equal_shares(10)
    [(0, 10)]
    """
    mine = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    cores = max(min(mine, n // MIN_ROWS_PER_THREAD), 1)
    return [(n * core // cores, n * (core + 1) // cores) for core in range(cores)]


def map_on_cores(call: Callable[..., Any], *arguments: Sequence[Any]) -> list[Any]:
    """Call a function with the first arguments, with the second ones and so on, all at once."""
    if len(arguments[0]) == 1:
        return [call(*(one[0] for one in arguments))]
    with ThreadPoolExecutor(len(arguments[0])) as pool:
        return list(pool.map(call, *arguments))
