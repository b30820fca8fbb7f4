"""Rows of other tables that say nothing of a cart: they are left out, and counted by kind."""

from collections.abc import Mapping

import narwhals.stable.v2 as nw

from ..._core.checks import counted
from ..._core.frames import Frame, collect


def without(frame: Frame, row: str, kinds: Mapping[str, nw.Expr]) -> tuple[Frame, list[str]]:
    """Leave out the rows of some kinds; return the others, and a note a kind that occurs.

    ``row`` is what a row is called. One of several kinds counts as the first of them.

    Examples
    --------
    >>> import pandas as pd
    >>> lines = nw.from_native(pd.DataFrame({"price": [2.0, None, -1.0]}))
    >>> kept, notes = without(lines, "line", {**lacking("price"), "of debts": nw.col("price") < 0})
    >>> len(kept), notes
    (1, ['1 line without price left out', '1 line of debts left out'])
    """
    kept, sums = nw.lit(True), {}
    for place, holds in enumerate(kinds.values()):
        sums[f"kind{place}"] = (kept & holds).cast(nw.Int64).sum()
        kept = kept & ~holds
    found = collect(frame.select(**sums))
    numbers = [int(found[name].item() or 0) for name in sums]
    notes = [f"{counted(n, row)} {words} left out" for words, n in zip(kinds, numbers, strict=True) if n]
    return frame.filter(kept) if notes else frame, notes


def lacking(*columns: str) -> dict[str, nw.Expr]:
    """Name the kind of row in which one of the columns is unknown."""
    words = " or ".join(filter(None, (", ".join(columns[:-1]), columns[-1])))
    return {f"without {words}": nw.any_horizontal(*(nw.col(name).is_null() for name in columns), ignore_nulls=True)}
