"""Rules that mlxtend found, as a result of this topic."""

from collections.abc import Mapping
from itertools import groupby
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw
import numpy as np

from ..._core.checks import integer
from ..._core.frames import opened
from .._mining.splits import Split
from .._rules import Rules
from .lists import Lists
from .mlxtend import COLUMNS
from .rule_table import rule_table

if TYPE_CHECKING:
    import pandas as pd


def from_mlxtend(frame: "pd.DataFrame", /, *, n_orders: int) -> Rules:
    """Take rules over from mlxtend.

    Parameters
    ----------
    frame : pandas.DataFrame
        What ``mlxtend.frequent_patterns.association_rules`` returns.
    n_orders : int
        Number of orders that the rules were mined from, which the frame does not tell; it turns shares into counts.

    Returns
    -------
    Rules
        Without tests, since these need the orders.

    Raises
    ------
    ValueError
        If a column is missing, or the shares are none of `n_orders`.

    Examples
    --------
    >>> import pandas as pd
    >>> theirs = pd.DataFrame({
    ...     "antecedents": [frozenset({"tea"})], "consequents": [frozenset({"milk"})],
    ...     "antecedent support": [0.5], "consequent support": [0.4], "support": [0.3],
    ... })
    >>> from_mlxtend(theirs, n_orders=10).table[["count", "confidence", "lift"]]
       count  confidence  lift
    0      3         0.6   1.5
    """
    n = integer("n_orders", n_orders, low=1)
    rows = opened(frame, argument="frame")
    needed = (
        "antecedents",
        "consequents",
        *(COLUMNS[name] for name in ("antecedent_support", "consequent_support", "support")),
    )
    absent = [name for name in needed if name not in rows.collect_schema().names()]
    if absent:
        raise ValueError(f"`frame` has no column {absent[0]!r}: give what mlxtend's association_rules returns")
    assert isinstance(rows, nw.DataFrame)
    sides = [[tuple(sorted(one)) for one in rows[name].to_list()] for name in needed[:2]]
    sets = {one: place for place, one in enumerate(sorted(dict.fromkeys([*sides[0], *sides[1]]), key=len))}
    a, b, both = (_counts(rows[name].to_numpy(), n, name) for name in needed[2:])
    if (both > np.minimum(a, b)).any():
        raise ValueError("`frame` has a rule whose support is above that of one of its sides")
    code = {product: place for place, product in enumerate(sorted({product for one in sets for product in one}))}
    table, _ = rule_table(_splits(sides, sets, code, both, a, b), [None], _lists(sets, code), n, rows, None)
    return Rules(table=table, n_orders=n, test=None, level=None, as_of=None, notes=("rules of mlxtend, not tested",))


def _counts(shares: Any, n: int, name: str) -> "np.ndarray[Any, np.dtype[np.int64]]":
    shares = np.asarray(shares, dtype=np.float64)
    counts = np.rint(shares * n)
    off = ~(np.abs(counts - shares * n) <= 1e-6 + 1e-9 * n) | ~(counts > 0) | ~(counts <= n)  # also refuses NaN
    if off.any():
        raise ValueError(
            f"`n_orders`: {shares[off][0]!r} of {name!r} is no share of {n:,} orders: give the number mined"
        )
    return np.asarray(counts, dtype=np.int64)


def _lists(sets: Mapping[tuple[Any, ...], int], code: Mapping[Any, int]) -> Lists:
    by_size = (np.array([[code[one] for one in x] for x in group], np.int32) for _, group in groupby(sets, key=len))
    return Lists(np.fromiter(code, dtype=object, count=len(code)), list(by_size))


def _splits(sides: Any, sets: Mapping[Any, int], code: Mapping[Any, int], both: Any, a: Any, b: Any) -> list[Split]:
    shapes: dict[tuple[int, int], list[int]] = {}
    for row, (left, right) in enumerate(zip(*sides, strict=True)):
        shapes.setdefault((len(left), len(right)), []).append(row)
    return [
        Split(
            antecedents=np.array([[code[one] for one in sides[0][row]] for row in rows], dtype=np.int32),
            consequents=np.array([[code[one] for one in sides[1][row]] for row in rows], dtype=np.int32),
            left=np.array([sets[sides[0][row]] for row in rows]),
            right=np.array([sets[sides[1][row]] for row in rows]),
            count=both[rows],
            with_antecedent=a[rows],
            with_consequent=b[rows],
        )
        for _, rows in sorted(shapes.items())
    ]
