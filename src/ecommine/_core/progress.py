"""How much of a long computation is done, on standard error, for a person who asked for it."""

import sys
from collections.abc import Callable


def progress_bar(n: int, *, title: str, noun: str) -> Callable[[int], None]:
    """Return what is called with the number of things that are done now; it draws a bar that grows to n of them.

    Examples
    --------
    >>> draw = progress_bar(4, title="forecast", noun="series")
    >>> draw(1)
    >>> draw(3)
    """
    done = 0

    def draw(n_more: int) -> None:
        nonlocal done
        done += n_more
        end = "\n" if done == n else ""
        sys.stderr.write(f"\r{title} [{'#' * (30 * done // n):<30}] {done:,} of {n:,} {noun}{end}")
        sys.stderr.flush()

    return draw


def ignore(n_more: int) -> None:  # where nobody asked
    """Draw nothing.

    Examples
    --------
    >>> ignore(3)
    """
