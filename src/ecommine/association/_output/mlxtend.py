"""Rules to and from mlxtend, the common tongue for rules."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw
import numpy as np

from ..._core.arrays import Ints
from ..._core.checks import show
from ..._core.frames import Frame
from .._mining.splits import RuleSplit
from .lists import ProductLists
from .rule_table import SIDES, rule_table

if TYPE_CHECKING:
    import pandas as pd

MLXTEND_COLUMNS = {
    "antecedents": "antecedents",
    "consequents": "consequents",
    "antecedent_support": "antecedent support",
    "consequent_support": "consequent support",
    "support": "support",
    "confidence": "confidence",
    "lift": "lift",
    "representativity": "representativity",
    "leverage": "leverage",
    "conviction": "conviction",
    "zhangs_metric": "zhangs_metric",
    "jaccard": "jaccard",
    "certainty": "certainty",
    "kulczynski": "kulczynski",
}
"""The names of columns here, and in mlxtend 0.25."""
SUPPORTS = tuple(MLXTEND_COLUMNS[name] for name in ("antecedent_support", "consequent_support", "support"))
Itemset = tuple[Any, ...]


def to_mlxtend(frame: nw.DataFrame[Any]) -> "pd.DataFrame":
    """Return the table of rules with mlxtend's columns, both sides as frozensets."""
    import pandas as pd

    sides = {
        name: pd.Series([frozenset(products) for products in frame[name].to_list()], dtype=object) for name in SIDES
    }
    return pd.DataFrame(
        {**sides, **{theirs: frame[ours].to_numpy() for ours, theirs in MLXTEND_COLUMNS.items() if ours not in sides}}
    )


def read_mlxtend(frame: Frame, n_orders: int) -> Any:
    """Read the rules of mlxtend's ``association_rules`` as a table of rules, untested, with counts of ``n_orders``."""
    absent = [name for name in (*SIDES, *SUPPORTS) if name not in frame.collect_schema().names()]
    if absent:
        raise ValueError(f"`frame` has no column {absent[0]!r}: give the result of mlxtend's association_rules")
    if not isinstance(frame, nw.DataFrame):
        raise TypeError("`frame` must be a table in memory, the result of mlxtend's association_rules: collect it")
    left, right = (_itemsets_of(frame[name], name) for name in SIDES)
    itemsets = sorted(dict.fromkeys([*left, *right]), key=len)
    code = {product: i for i, product in enumerate(sorted({product for itemset in itemsets for product in itemset}))}
    a, b, both = (_counts_of_shares(frame[name].to_numpy(), n_orders, name) for name in SUPPORTS)
    if (both > np.minimum(a, b)).any():
        raise ValueError("`frame` has a rule whose support is above that of one of its sides")
    splits = _splits_by_shape(left, right, itemsets, code, both, a, b)
    by_size = (
        np.array([[code[product] for product in itemset] for itemset in group], np.int32)
        for _, group in groupby(itemsets, key=len)
    )
    lists = ProductLists(np.fromiter(code, dtype=object, count=len(code)), list(by_size))
    return rule_table(splits, None, lists, n_orders, frame, None)[0]


def _itemsets_of(column: nw.Series[Any], name: str) -> list[tuple[Any, ...]]:
    """Return the sets of products in a column, each sorted."""
    sets = column.to_list()
    wrong = [products for products in sets if isinstance(products, str) or not isinstance(products, Iterable)]
    try:
        if not wrong:
            return [tuple(sorted(products)) for products in sets]
    except TypeError:  # products of two kinds have no order
        wrong = sets
    raise TypeError(f"`frame` must have sets of product ids of one kind in {name}, got {show(wrong[0])}")


def _counts_of_shares(shares: Any, n_orders: int, name: str) -> Ints:
    if np.asarray(shares).dtype.kind not in "iuf":
        raise TypeError(f"`frame` must have numbers in {name!r}, got {np.asarray(shares).dtype}")
    shares = np.asarray(shares, dtype=np.float64)
    counts = np.rint(shares * n_orders)
    is_near = np.abs(counts - shares * n_orders) <= 1e-6 + 1e-9 * n_orders
    is_count = is_near & (counts > 0) & (counts <= n_orders)  # false for NaN too
    if not is_count.all():
        raise ValueError(
            f"`n_orders`: {shares[~is_count][0]!r} of {name!r} is no share of {n_orders:,} orders: "
            "give the number of orders that were mined"
        )
    return np.asarray(counts, dtype=np.int64)


def _splits_by_shape(
    left: Sequence[Itemset],
    right: Sequence[Itemset],
    itemsets: Sequence[Itemset],
    code: Mapping[Any, int],
    both: Ints,
    a: Ints,
    b: Ints,
) -> list[RuleSplit]:
    position = {itemset: i for i, itemset in enumerate(itemsets)}
    rows_by_shape: dict[tuple[int, int], list[int]] = {}
    for row, sides in enumerate(zip(left, right, strict=True)):
        rows_by_shape.setdefault((len(sides[0]), len(sides[1])), []).append(row)

    def codes(side: Sequence[Itemset], rows: Sequence[int]) -> Ints:
        return np.array([[code[product] for product in side[row]] for row in rows], dtype=np.int32)

    return [
        RuleSplit(
            antecedents=codes(left, rows),
            consequents=codes(right, rows),
            antecedent_index=np.array([position[left[row]] for row in rows]),
            consequent_index=np.array([position[right[row]] for row in rows]),
            count=both[rows],
            antecedent_count=a[rows],
            consequent_count=b[rows],
        )
        for _, rows in sorted(rows_by_shape.items())
    ]
