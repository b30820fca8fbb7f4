"""Rules of two periods or segments compared: new, dead, changed, with a test of the difference."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from .._core.arrays import Floats, Ints
from .._core.checks import flag, number, one_of
from .._core.engines import tell_library_errors
from .._core.frames import opened
from .._core.notes import Note
from .._core.tables import build_table, product_names
from .._core.texts import LOCALES, Locale, counted
from .._core.threads import Progress
from .._stats.intervals import normal_quantile
from .._stats.multiple_testing import CORRECTIONS, Correction, adjust_p_values
from ._evidence.clusters import Clusters
from ._evidence.conditions import SEASONS, Conditions, Season, choose_period
from ._evidence.customer_squares import RuleLists
from ._evidence.order_lists import OrderLists
from ._evidence.strata import stratify_by_season
from ._evidence.variances import log_lift_variances
from ._mining.baskets import Baskets
from ._mining.postings import Postings
from ._output.result import ProductTable
from ._output.rule_table import SIDES
from ._output.summary import summarize_comparison
from ._rules import Rules

STATUSES = ("new", "dead", "changed", "unclear", "same")
HALF_ORDER = 0.5
"""Orders with both sides where there are none, so that the lift has a logarithm."""
RuleKey = tuple[tuple[Any, ...], tuple[Any, ...]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Comparison(ProductTable):
    """Rules of two periods or segments; made by :func:`ecommine.association.compare`.

    Attributes
    ----------
    table : eager table, one row per rule that is productive in either, by status and then by q-value
        antecedents, consequents; status; count_before, count_after; confidence_before, confidence_after; lift_before,
        lift_after (within the periods that are held fixed); lift_ratio (after over before) with lift_ratio_low,
        lift_ratio_high; p_value, q_value.
    notes : tuple of Note
        What the table lacks; :mod:`ecommine.association` lists the codes.

    Examples
    --------
    >>> import pandas as pd
    >>> from ecommine import association
    >>> orders = pd.DataFrame({"order_id": [1, 1, 2], "product_id": ["tea", "milk", "tea"]})
    >>> rules = association.rules(orders, min_support=0.1)
    >>> association.compare(rules, rules).headline
    '0 rules: 0 new, 0 dead, 0 changed'
    """

    _NAME = "comparison"

    table: Any
    notes: tuple[Note, ...]

    @property
    def headline(self) -> str:
        """The first line of the result."""
        frame = self._frame()
        kinds = ", ".join(f"{int((frame['status'] == kind).sum()):,} {kind}" for kind in STATUSES[:3])
        return f"{counted(len(frame), 'rule')}: {kinds}"

    def summary(self, *, names: object = None, locale: Locale = "en") -> str:
        """Return one or two sentences: how many rules are new, dead or changed, and which changed most.

        Parameters
        ----------
        names : table of products, mapping of id to name, or None
            Names of the products.
        locale : {"en", "zh"}
            The language of the sentences.
        """
        one_of("locale", locale, LOCALES)
        return summarize_comparison(self._frame(), names=product_names(names), locale=locale)


@tell_library_errors
def compare(
    before: Rules,
    after: Rules,
    /,
    *,
    season: Season | None = "auto",
    correction: Correction | None = "bh",
    level: float = 0.95,
    progress: bool = False,
) -> Comparison:
    r"""Compare the rules of two periods or segments.

    Parameters
    ----------
    before, after : Rules
        Results of :func:`ecommine.association.rules` for the orders of each, tested.
    season : {"auto", "week", "month", "quarter"} or None
        Compare with chance in orders of the same period only, as in :func:`ecommine.association.rules`: products that
        are sold in December alone have a high lift over a year, and none over December. "auto" takes the finest period
        with 100 orders or more on average on each side, where the rules were found with the times of orders.
    correction : {"bh", "holm", "bonferroni"} or None
        How `q_value` corrects for the rules compared.
    level : float
        Level of the intervals of the ratio; 1 - level is the false discovery rate among the differences.
    progress : bool, default False
        Show how many rules are counted, on both sides together, on standard error.

    Returns
    -------
    Comparison
        Where the difference of the lifts is significant, a rule is "new" if it is productive only after and its lift
        rose, "dead" if it was productive only before and its lift fell, and otherwise "changed". Where it is not
        significant, a rule is "same" if it is productive in both, and otherwise "unclear".

    Raises
    ------
    TypeError
        If an argument is not a result of rules.
    ValueError
        If the rules are not tested, or come without their orders.

    Notes
    -----
    The lift is the orders with both sides over :math:`\sum_s n_{As} n_{Bs} / n_s`, the ones expected in the periods s
    that are held fixed; without these it is the lift of :func:`ecommine.association.rules`. It allows for no sizes of
    orders. Lifts fall where products become more popular, even if the confidence stays: both are in the table. Which
    rules are listed depends on the support that each side was mined with: use the same ``min_support`` for both.

    The test is of the difference of the logarithms of the lifts, each with its variance over customers. The two sets
    of orders are taken as independent; customers who are in both make the test conservative. A rule that is significant
    in one period and not in the other need not have changed, hence "unclear". Where no order has both sides, half an
    order is assumed.

    Large customers, whom :func:`ecommine.association.rules` does not test, are left out of the ratio too, not of counts
    and lifts; where customers are too few, p-values and intervals are withheld. ``cluster=None`` holds here as there.

    Examples
    --------
    >>> import pandas as pd
    >>> from ecommine import association
    >>> bought = {"tea": range(0, 60), "milk": range(10, 70), "salt": range(70, 400)}
    >>> lines = [(order, product) for product, orders in bought.items() for order in orders]
    >>> lines += [(order, "bread") for order in range(0, 400, 3)]
    >>> may = pd.DataFrame(lines, columns=["order_id", "product_id"])
    >>> june = may[~((may["product_id"] == "milk") & (may["order_id"] < 57))]
    >>> before, after = (association.rules(orders, min_support=0.005, test="fisher") for orders in (may, june))
    >>> table = association.compare(before, after).table
    >>> table[["antecedents", "consequents", "status", "count_before", "count_after"]]
      antecedents consequents status  count_before  count_after
    0      [milk]       [tea]   dead            50            3
    1       [tea]      [milk]   dead            50            3
    """
    one_of("season", season, SEASONS)
    one_of("correction", correction, CORRECTIONS)
    level = number("level", level, low=0.5, high=0.999999)
    progress = flag("progress", progress)
    alpha = 1 - level
    _check_comparable(before, after, season)
    productive = [_productive_keys(rules) for rules in (before, after)]
    keys = sorted(productive[0] | productive[1], key=lambda key: (len(key[0]), len(key[1]), key))
    sides = [_baskets_of(rules) for rules in (before, after)]
    period, season_notes = choose_period(sides, season)
    conditions = [replace(Conditions.of(baskets, None, clustered=True), period=period) for baskets in sides]
    counts, tested = _count_sides(sides, conditions, keys, progress=progress)
    ratio, error = tested[1].smoothed_lift / tested[0].smoothed_lift, np.sqrt(tested[0].variance + tested[1].variance)
    p = _two_sided_p(np.log(ratio), error)
    q = _adjust_by_hypothesis(keys, p, correction)
    change = np.where(q < alpha, np.sign(np.log(ratio)), 0)
    status = [
        _status(key in productive[0], key in productive[1], float(sign)) for key, sign in zip(keys, change, strict=True)
    ]
    width = normal_quantile(level) * error
    columns = {
        "count_before": counts[0].count,
        "count_after": counts[1].count,
        "confidence_before": counts[0].confidence,
        "confidence_after": counts[1].confidence,
        "lift_before": counts[0].lift,
        "lift_after": counts[1].lift,
        "lift_ratio": ratio,
        "lift_ratio_low": ratio * np.exp(-width),
        "lift_ratio_high": ratio * np.exp(width),
        "p_value": p,
        "q_value": q,
    }
    order = np.lexsort((np.arange(len(keys)), q, np.array([STATUSES.index(name) for name in status], dtype=np.int64)))
    notes = (*season_notes, *_side_notes(conditions), *_no_ratio_notes(ratio))
    return Comparison(table=_table(keys, status, columns, order, before), notes=notes)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _RuleCounts:
    """Rules in one set of orders; ``smoothed_lift`` is that of half an order where no order has both sides."""

    count: Ints
    confidence: Floats
    lift: Floats
    smoothed_lift: Floats
    variance: Floats


def _check_comparable(before: Rules, after: Rules, season: Season | None) -> None:
    for name, rules in (("before", before), ("after", after)):
        if not isinstance(rules, Rules):
            raise TypeError(f"`{name}` must be the result of association.rules, got {type(rules).__name__}")
        if rules.test is None:
            raise ValueError(f"`{name}` has rules that were not tested: mine them with test='adjusted'")
        if rules._baskets is None:
            raise ValueError(f"`{name}` has rules without their orders, which the comparison counts")
        if season not in (None, "auto") and rules._baskets.times is None:
            raise ValueError(
                f"`season` is {season!r}, but `{name}` has rules that were found without the times of orders: find "
                f"them with season={season!r} too, or give season=None"
            )
    if before.test != after.test:
        raise ValueError(f"`before` and `after` must be of the same test, got {before.test!r} and {after.test!r}")
    is_text = {_baskets_of(rules).products.dtype.kind == "O" for rules in (before, after)}
    if len(is_text) > 1:
        raise ValueError("`before` and `after` must have product ids of one type, got text and whole numbers")


def _baskets_of(rules: Rules) -> Baskets:
    assert rules._baskets is not None
    return rules._baskets


def _productive_keys(rules: Rules) -> set[RuleKey]:
    frame = rules._frame().filter(nw.col("productive"))
    return {(tuple(a), tuple(b)) for a, b in zip(*(frame[side].to_list() for side in SIDES), strict=True)}


def _count_sides(
    sides: Sequence[Baskets], conditions: Sequence[Conditions], keys: Sequence[RuleKey], *, progress: bool
) -> tuple[list[_RuleCounts], list[_RuleCounts]]:
    """Count the rules on each side, and in the orders that are tested, which may be fewer."""
    samples = [held.sample(baskets) for baskets, held in zip(sides, conditions, strict=True)]
    n_counts = 2 + sum(sample is not baskets for sample, baskets in zip(samples, sides, strict=True))
    bar = Progress("count", n_counts * len(keys), "rules", is_shown=progress)
    counts = [_count_rules(baskets, held, keys, bar) for baskets, held in zip(sides, conditions, strict=True)]
    tested = [
        of_all if sample is baskets else _count_rules(sample, held, keys, bar)
        for of_all, sample, baskets, held in zip(counts, samples, sides, conditions, strict=True)
    ]
    return counts, [_withheld(of_side, held) for of_side, held in zip(tested, conditions, strict=True)]


def _count_rules(baskets: Baskets, conditions: Conditions, keys: Sequence[RuleKey], progress: Progress) -> _RuleCounts:
    """Count rules in one set of orders, whether they are among its own rules or not."""
    n_done = progress.done + len(keys)
    code = {product: code for code, product in enumerate(baskets.products.tolist())}
    strata = stratify_by_season(baskets, conditions)
    clusters, postings = Clusters.make(baskets.cluster_of_order, strata), Postings(baskets)
    rows = np.zeros((5, len(keys)))
    is_sold = np.array([all(product in code for product in (*left, *right)) for left, right in keys], dtype=bool)
    sold = np.flatnonzero(is_sold)
    sides = [[code[product] for product in keys[row][side]] for side in range(2) for row in sold.tolist()]
    numbers = [np.sort(clusters.number_of_order[postings.orders_with(products)]) for products in sides]
    lists, (left, right) = OrderLists.make(numbers, clusters), np.arange(len(sides)).reshape(2, -1)
    rows[:3, sold] = _count_both(numbers), lists.sizes[left], lists.sizes[right]
    shares = strata.shares(lists.count_by_stratum(strata.n_strata))
    rows[3, sold] = (shares[left] * shares[right] * strata.n_orders).sum(axis=1)  # expected by chance
    count, n_a, n_b, mean, variance = rows
    with np.errstate(divide="ignore", invalid="ignore"):
        known = np.where(mean > 0, 1.0, np.nan)
        lift = count / mean * known
        variance[:] = (1 / HALF_ORDER + 1 / n_a + 1 / n_b) * known
        both = np.flatnonzero(count[sold])
        sides_of_rules = {"left": left, "right": right, "left_row": left, "right_row": right}
        rules = RuleLists(lists=lists, shares=shares, **sides_of_rules, progress=progress).take(both)
        variance[sold[both]] = log_lift_variances(rules, clusters, count[sold[both]], lift[sold[both]])
        progress.reach(n_done)
        return _RuleCounts(
            count=count.astype(np.int64),
            confidence=count / n_a * np.where(n_b > 0, 1.0, np.nan),
            lift=lift,
            smoothed_lift=np.where(count > 0, count, HALF_ORDER) / mean * known,
            variance=variance,
        )


def _withheld(counts: _RuleCounts, conditions: Conditions) -> _RuleCounts:
    """Return the counts of one side, without variances where customers are too few for a test."""
    return counts if conditions.can_test else replace(counts, variance=np.full(len(counts.count), np.nan))


def _count_both(sides: Sequence[Ints]) -> Ints:
    """Count the orders in both of a rule's lists; all left sides stand first, then all right ones."""
    n = len(sides) // 2
    return np.array(
        [np.isin(a, b, kind="sort").sum() for a, b in zip(sides[:n], sides[n:], strict=True)], dtype=np.int64
    )


def _two_sided_p(difference: Floats, error: Floats) -> Floats:
    from scipy.special import ndtr

    z = np.divide(difference, error, out=np.zeros(len(error)), where=error != 0)  # without variation, no difference
    return np.asarray(2 * ndtr(-np.abs(z)))


def _adjust_by_hypothesis(keys: Sequence[RuleKey], p: Floats, correction: Correction | None) -> Floats:
    """Adjust p-values, a rule and its reverse being one hypothesis; unknown ones stay unknown."""
    number_of: dict[frozenset[tuple[Any, ...]], int] = {}
    hypothesis = [number_of.setdefault(frozenset(key), len(number_of)) for key in keys]
    p_of_hypothesis = np.full(len(number_of), np.nan)
    p_of_hypothesis[hypothesis] = p
    return adjust_p_values(p_of_hypothesis, correction)[np.array(hypothesis, dtype=np.int64)]


def _status(was_productive: bool, is_productive: bool, change: float) -> str:
    """Name a change; it is above zero where the lift rose, below where it fell, and zero where it is insignificant."""
    if not change:
        return "same" if was_productive and is_productive else "unclear"
    if is_productive and not was_productive and change > 0:
        return "new"
    return "dead" if was_productive and not is_productive and change < 0 else "changed"


def _table(keys: Sequence[RuleKey], status: Sequence[str], columns: dict[str, Any], order: Ints, before: Rules) -> Any:
    sides = {name: [list(keys[row][side]) for row in order] for side, name in enumerate(SIDES)}
    numbers = {name: values[order] for name, values in columns.items()}
    samples = dict.fromkeys(SIDES, list(keys[0][0]) if keys else [""])
    like = opened(before.table, argument="before")
    return build_table({**sides, "status": [status[row] for row in order], **numbers}, like=like, samples=samples)


def _side_notes(conditions: Sequence[Conditions]) -> list[Note]:
    """Say of which side customers are left out, or too few."""
    return [
        Note(f"`{side}`: {note}", code=note.code, count=note.count)
        for side, held in zip(("before", "after"), conditions, strict=True)
        for note in held.notes
    ]


def _no_ratio_notes(ratio: Floats) -> tuple[Note, ...]:
    n = int(np.isnan(ratio).sum())
    if not n:
        return ()
    text = f"{counted(n, 'rule')} without a ratio: one side does not sell all of the products, or not at one time"
    return (Note(text, code="no_lift_ratio", count=n),)
