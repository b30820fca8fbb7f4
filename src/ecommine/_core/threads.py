"""Work shared among the cores, for compiled code and Arrow's, which run beside Python's lock; and how far it is."""

import os
import sys
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from threading import Lock
from time import monotonic
from typing import Any, TypeVar

import numpy as np

from .arrays import Ints

Outcome = TypeVar("Outcome")
Share = tuple[int, int]
"""First row of a share and its end."""
MIN_ROWS_PER_THREAD = 100_000
MIN_CELLS_FOR_SHARES = 250_000
"""Up to so many, starting threads takes longer than the work."""
BAR_WIDTH = 30
SECONDS_BETWEEN_DRAWS = 0.1


def core_count() -> int:
    """Return the number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def map_on_cores(function: Callable[..., Outcome], *arguments: Iterable[Any]) -> list[Outcome]:
    """Return what a function returns for the first arguments, the second ones and so on, called on all cores.

    An error of any call is raised here, after all threads have ended.

    Parameters
    ----------
    function : callable
        It must be safe in threads.
    *arguments : iterables of one length
        As for :func:`map`.

    Examples
    --------
    >>> map_on_cores(lambda first, end: end - first, *zip(*equal_shares(10), strict=True))
    [10]
    """
    calls = list(zip(*arguments, strict=True))
    outcomes: list[Any] = [None] * len(calls)
    waiting = deque(range(len(calls)))  # each thread takes the next one: cheaper than a task each, and evenly spread

    def work() -> None:
        while True:
            try:
                index = waiting.popleft()
            except IndexError:  # other threads took the rest
                return
            outcomes[index] = function(*calls[index])

    n_helpers = min(core_count(), len(calls)) - 1
    if n_helpers < 1:
        work()
        return outcomes
    with ThreadPoolExecutor(n_helpers) as pool:
        helpers = [pool.submit(work) for _ in range(n_helpers)]
        work()
        for helper in helpers:
            helper.result()
    return outcomes


def equal_shares(n: int, *, fewest: int = MIN_ROWS_PER_THREAD) -> list[Share]:
    """Cut rows into equal shares, at most one per core, each of ``fewest`` rows or more if there are several.

    Examples
    --------
    >>> equal_shares(10)
    [(0, 10)]
    """
    n_shares = max(min(core_count(), n // fewest), 1)
    return [(n * share // n_shares, n * (share + 1) // n_shares) for share in range(n_shares)]


def balanced_shares(starts: Ints, parts: int, *, few: int = MIN_CELLS_FOR_SHARES) -> list[Share]:
    """Cut rows of different lengths into parts of about as many cells.

    Parameters
    ----------
    starts : int array of shape (n_rows + 1,)
        The first cell of each row, and the end of the last one, as in a sparse matrix.
    parts : int
        How many are wanted.
    few : int
        Up to so many cells are one part.

    Examples
    --------
    >>> balanced_shares(np.array([0, 4, 5, 6, 8]), 2, few=0)
    [(0, 1), (1, 4)]
    """
    if starts[-1] <= few:
        return [(0, len(starts) - 1)]
    wanted = np.linspace(0, starts[-1], parts + 1)[1:-1]
    cuts = [0, *np.searchsorted(starts, wanted).tolist(), len(starts) - 1]
    return list(pairwise(cuts))


class Progress:
    """Counts what is done of a piece of work, and draws it; safe in threads.

    Parameters
    ----------
    title : str
        What is done, such as "forecast".
    total : int
        How many things are to be done.
    noun : str
        What they are, in the plural.
    is_shown : bool
        Whether anything is drawn.

    Examples
    --------
    >>> progress = Progress("forecast", 2, "series", is_shown=False)
    >>> progress.advance(2)
    >>> progress.done
    2
    """

    def __init__(self, title: str, total: int, noun: str, *, is_shown: bool) -> None:
        self.title, self.total, self.noun, self.is_shown = title, total, noun, is_shown
        self.done, self._drawn_at, self._lock = 0, 0.0, Lock()

    def advance(self, n: int) -> None:
        """Count so many more as done."""
        if n < 1:
            return
        with self._lock:
            self.done += n
            is_over = self.done >= self.total
            if self.is_shown and (is_over or monotonic() - self._drawn_at > SECONDS_BETWEEN_DRAWS):
                self._drawn_at = monotonic()
                self._draw("\n" if is_over else "")

    def reach(self, done: int) -> None:
        """Count so many as done in all; nothing where they are already."""
        if done > self.done:
            self.advance(done - self.done)

    def _draw(self, end: str) -> None:
        cells = "#" * (BAR_WIDTH * self.done // max(self.total, 1))
        sys.stderr.write(f"\r{self.title} [{cells:<{BAR_WIDTH}}] {self.done:,} of {self.total:,} {self.noun}{end}")
        sys.stderr.flush()
