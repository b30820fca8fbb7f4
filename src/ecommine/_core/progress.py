"""A bar on standard error for work that takes more than some seconds, where the caller asks for one."""

import sys
from threading import Lock
from time import monotonic

_WIDTH = 30
_SECONDS_BETWEEN = 0.1


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
            if self.is_shown and (is_over or monotonic() - self._drawn_at > _SECONDS_BETWEEN):
                self._drawn_at = monotonic()
                self._draw("\n" if is_over else "")

    def reach(self, done: int) -> None:
        """Count so many as done in all; nothing where they are already."""
        if done > self.done:
            self.advance(done - self.done)

    def _draw(self, end: str) -> None:
        cells = "#" * (_WIDTH * self.done // max(self.total, 1))
        sys.stderr.write(f"\r{self.title} [{cells:<{_WIDTH}}] {self.done:,} of {self.total:,} {self.noun}{end}")
        sys.stderr.flush()


SILENT = Progress("", 0, "", is_shown=False)
"""Draws nothing."""
