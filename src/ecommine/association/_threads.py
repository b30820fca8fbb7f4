"""Work on all cores, for compiled code that runs beside Python's lock."""

import os
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from ._encoding import Ints


def cores() -> int:
    """Count the cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def each(function: Callable[..., Any], *arguments: Any) -> list[Any]:
    """Call a function with every argument of the lists, on all cores; as `map` does."""
    calls = list(zip(*arguments, strict=True))
    found: list[Any] = [None] * len(calls)
    left = deque(range(len(calls)))  # each thread takes the next one: cheaper than a task each, and evenly spread

    def work() -> None:
        while True:
            try:
                place = left.popleft()
            except IndexError:  # other threads took the rest
                return
            found[place] = function(*calls[place])

    helpers = min(cores(), len(calls)) - 1
    if helpers < 1:
        work()
        return found
    with ThreadPoolExecutor(helpers) as pool:
        others = [pool.submit(work) for _ in range(helpers)]
        work()
        for other in others:
            other.result()
    return found


def shares(starts: Ints, parts: int, *, few: int = 250_000) -> tuple[list[int], list[int]]:
    """Cut rows, given by their starts, into parts of about as many cells: first and last row of each.

    Up to a few cells are one part, as threads would take longer to start.

    Examples
    --------
    >>> shares(np.array([0, 4, 5, 6, 8]), 2, few=0)
    ([0, 1], [1, 4])
    """
    if starts[-1] <= few:
        return [0], [len(starts) - 1]
    wanted = np.linspace(0, starts[-1], parts + 1)[1:-1]
    cuts = [0, *np.searchsorted(starts, wanted).tolist(), len(starts) - 1]
    return cuts[:-1], cuts[1:]
