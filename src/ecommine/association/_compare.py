"""Rules of two periods or segments set against each other: new, dead, changed, with a test of the difference."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from .._core.checks import counted, number, one_of
from .._core.frames import opened
from ._correction import CORRECTIONS, Correction, q_values
from ._evidence.clusters import Clusters
from ._evidence.expected import strata
from ._mining.postings import Postings, is_in
from ._names import typed
from ._output.measures import Floats
from ._output.result import ProductTable
from ._output.rule_table import SIDES
from ._rules import Rules

STATUSES = ("new", "dead", "changed", "unclear", "same")
Key = tuple[tuple[Any, ...], tuple[Any, ...]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Comparison(ProductTable):
    """Rules of two periods or segments; made by :func:`ecommine.association.compare`.

    Attributes
    ----------
    table : eager table, one row a rule that is productive in either, by status and then by q-value
        antecedents, consequents; status; count_before, count_after; confidence_before, confidence_after; lift_before,
        lift_after; lift_ratio (after over before) with lift_ratio_low, lift_ratio_high; p_value, q_value.
    notes : tuple of str
        What was left out.

    Examples
    --------
    >>> import pandas as pd
    >>> from ecommine import association
    >>> orders = pd.DataFrame({"order_id": [1, 1, 2], "product_id": ["tea", "milk", "tea"]})
    >>> found = association.rules(orders, min_support=0.1)
    >>> association.compare(found, found).headline
    '0 rules: 0 new, 0 dead, 0 changed'
    """

    _NAME = "comparison"

    table: Any
    notes: tuple[str, ...]

    @property
    def headline(self) -> str:
        """What stands on the first line."""
        frame = self._frame()
        kinds = ", ".join(f"{int((frame['status'] == kind).sum()):,} {kind}" for kind in STATUSES[:3])
        return f"{counted(len(frame), 'rule')}: {kinds}"


def compare(before: Rules, after: Rules, /, *, correction: Correction | None = "bh", level: float = 0.95) -> Comparison:
    r"""Set the rules of two periods or segments against each other.

    Parameters
    ----------
    before, after : Rules
        Results of :func:`ecommine.association.rules` on the orders of each, tested.
    correction : {"bh", "holm", "bonferroni"} or None
        How `q_value` corrects for the rules compared.
    level : float
        Level of the intervals of the ratio; 1 - level is the rate of false finds among the differences.

    Returns
    -------
    Comparison
        Frozen. Where the difference of the lifts is significant, a rule that is productive only after and rose is
        "new", one that was productive only before and fell is "dead", any other is "changed"; else it is "same" where
        it is productive in both, and "unclear" where not.

    Raises
    ------
    TypeError
        If an argument is no result of rules.
    ValueError
        If the rules are not tested, or come without their orders.

    Notes
    -----
    Lifts fall where products become more popular, even if the confidence stays: both are in the table. Rules are
    listed by the support that each side was mined with: mine both with the same ``min_support``.

    The test is of the difference of the logarithms of the lifts, each with its variance over customers. The two sets
    of orders are taken for independent; customers who are in both make the test careful. A rule that is significant
    in one period and not in the other need not have changed, hence "unclear". Where no order has both sides, half an
    order is put in place.

    Examples
    --------
    >>> import pandas as pd
    >>> from ecommine import association
    >>> bought = {"tea": range(0, 60), "milk": range(10, 70), "salt": range(70, 400)}
    >>> lines = [(order, product) for product, orders in bought.items() for order in orders]
    >>> lines += [(order, "bread") for order in range(0, 400, 3)]
    >>> may = pd.DataFrame(lines, columns=["order_id", "product_id"])
    >>> june = may[~((may["product_id"] == "milk") & (may["order_id"] < 57))]
    >>> moved = association.compare(*(association.rules(one, min_support=0.005, test="fisher") for one in (may, june)))
    >>> moved.table[["antecedents", "consequents", "status", "count_before", "count_after"]]
      antecedents consequents status  count_before  count_after
    0      [milk]       [tea]   dead            50            3
    1       [tea]      [milk]   dead            50            3
    """
    one_of("correction", correction, CORRECTIONS)
    alpha = 1 - number("level", level, low=0.5, high=0.999999)
    for name, rules in (("before", before), ("after", after)):
        _check(name, rules)
    if before.test != after.test:
        raise ValueError(f"`before` and `after` must be of the same test, got {before.test!r} and {after.test!r}")
    kinds = [one.dtype.kind for one in (before._baskets.products, after._baskets.products)]  # type: ignore[union-attr]
    if len({kind == "O" for kind in kinds}) > 1:
        raise ValueError("`before` and `after` must have product ids of one type, got text and whole numbers")
    real = [_productive(rules) for rules in (before, after)]
    keys = sorted(real[0] | real[1], key=lambda key: (len(key[0]), len(key[1]), key))
    sides = [_measured(rules, keys) for rules in (before, after)]
    ratio, error = sides[1].lift / sides[0].lift, np.sqrt(sides[0].variance + sides[1].variance)
    p = _two_sided(np.log(ratio), error)
    q = _once(keys, p, correction)
    moved = np.where(q < alpha, np.sign(np.log(ratio)), 0)
    status = [_status(key in real[0], key in real[1], float(way)) for key, way in zip(keys, moved, strict=True)]
    columns = {
        "count_before": sides[0].count,
        "count_after": sides[1].count,
        "confidence_before": sides[0].confidence,
        "confidence_after": sides[1].confidence,
        "lift_before": sides[0].plain,
        "lift_after": sides[1].plain,
        "lift_ratio": ratio,
        "lift_ratio_low": ratio * np.exp(-_width(level) * error),
        "lift_ratio_high": ratio * np.exp(_width(level) * error),
        "p_value": p,
        "q_value": q,
    }
    places = np.array([STATUSES.index(one) for one in status], dtype=np.int64)
    order = np.lexsort((np.arange(len(keys)), q, places))
    lists = {side: [list(keys[place][at]) for place in order] for at, side in enumerate(SIDES)}
    shown = {**lists, "status": [status[place] for place in order], **{name: x[order] for name, x in columns.items()}}
    unknown = int(np.isnan(p).sum())
    notes = [f"{counted(unknown, 'rule')} with a product that one side does not sell: no ratio"] if unknown else []
    like = opened(before.table, argument="before")
    samples = {**dict.fromkeys(SIDES, list(keys[0][0]) if keys else [""]), "status": ""}
    return Comparison(table=typed(shown, samples, like), notes=tuple(notes))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Side:
    """The rules as one set of orders has them; ``lift`` has half an order where there is none, ``plain`` has not."""

    count: "np.ndarray[Any, Any]"
    confidence: Floats
    plain: Floats
    lift: Floats
    variance: Floats


def _check(name: str, rules: object) -> None:
    if not isinstance(rules, Rules):
        raise TypeError(f"`{name}` must be the result of association.rules, got {type(rules).__name__}")
    if rules.test is None:
        raise ValueError(f"`{name}` holds rules that were not tested: mine them with test='adjusted'")
    if rules._baskets is None:
        raise ValueError(f"`{name}` holds rules without their orders, which the comparison counts")


def _productive(rules: Rules) -> set[Key]:
    frame = opened(rules.table, argument="table").filter(nw.col("productive"))
    assert isinstance(frame, nw.DataFrame)
    return {(tuple(a), tuple(b)) for a, b in zip(*(frame[side].to_list() for side in SIDES), strict=True)}


def _measured(rules: Rules, keys: Sequence[Key]) -> _Side:
    """Count the rules in one set of orders, whether it has them as rules or not."""
    baskets = rules._baskets
    assert baskets is not None
    postings, code = Postings(baskets), {one: place for place, one in enumerate(baskets.products.tolist())}
    clusters = Clusters.make(baskets.clusters, strata(baskets))
    n, rows = baskets.n_orders, np.full((len(keys), 4), np.nan)
    for row, (left, right) in enumerate(keys):
        if not all(one in code for one in (*left, *right)):
            rows[row, :3] = 0
            continue
        a, b = (postings.of([code[one] for one in side]) for side in (left, right))
        both = a[is_in(a, b)]
        rows[row, :3] = len(both), len(a), len(b)
        if len(both):
            rows[row, 3] = clusters.log_lift_variance(a, b, both, n)
        elif len(a) and len(b):
            rows[row, 3] = 1 / 0.5 + 1 / len(a) + 1 / len(b)
    count, a, b, variance = rows.T
    with np.errstate(divide="ignore", invalid="ignore"):
        known = np.where((a > 0) & (b > 0), 1.0, np.nan)
        scale = n / (a * b) * known
        return _Side(
            count=count.astype(np.int64),
            confidence=count / a * known,
            plain=count * scale,
            lift=np.where(count > 0, count, 0.5) * scale,
            variance=variance,
        )


def _two_sided(difference: Floats, error: Floats) -> Floats:
    from scipy.special import ndtr

    z = np.divide(difference, error, out=np.zeros(len(error)), where=error != 0)  # what never varies does not differ
    return np.asarray(2 * ndtr(-np.abs(z)))


def _width(level: float) -> float:
    from scipy.special import ndtri

    return float(ndtri((1 + level) / 2))


def _once(keys: Sequence[Key], p: Floats, correction: Correction | None) -> Floats:
    """Correct p-values, a rule and its reverse being one hypothesis; unknown ones stay unknown."""
    same: dict[frozenset[tuple[Any, ...]], int] = {}
    place = [same.setdefault(frozenset(key), len(same)) for key in keys]
    first = np.full(len(same), np.nan)
    first[place] = p
    known = ~np.isnan(first)
    first[known] = q_values(first[known], int(known.sum()), correction)
    return first[place] if len(keys) else first


def _status(was: bool, is_now: bool, way: float) -> str:
    """Name what happened; ``way`` is above zero where the lift rose, below where it fell, and zero where it may not."""
    if not way:
        return "same" if was and is_now else "unclear"
    if is_now and not was and way > 0:
        return "new"
    return "dead" if was and not is_now and way < 0 else "changed"
