"""Rules with their measures and the evidence for them, and the result that shows them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

import narwhals.stable.v2 as nw

from .._core.checks import flag, integer, number, one_of
from .._core.engines import tell_library_errors
from .._core.notes import Note
from .._core.tables import product_names
from .._core.texts import LOCALES, Locale, counted
from .._core.threads import Progress
from .._stats.multiple_testing import CORRECTIONS, Correction
from ._evidence.conditions import SEASONS, Conditions, Season, times_for
from ._evidence.rule_tests import DEFAULT_ALPHA, TESTS, Evidence, RuleTester, RuleTestOptions, Test, count_tests
from ._itemsets import ItemsetsForRules, itemsets_for_rules
from ._mining.baskets import Baskets
from ._mining.read import check_product_ids, product_codes, refuse_unknown_products
from ._mining.splits import RuleFilter, RuleSplit, count_hypotheses, split_itemsets
from ._mining.tree import ItemsetIndex
from ._output.lists import ProductLists
from ._output.mlxtend import to_mlxtend
from ._output.recommend import recommend_products
from ._output.result import ProductTable, as_of_prefix
from ._output.rule_table import DEFAULT_LEVEL, SIDES, filter_rule_table, rule_table
from ._output.summary import summarize_rules

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Rules(ProductTable):
    """Rules "who buys A also buys B"; made by :func:`ecommine.association.rules`.

    Attributes
    ----------
    table : eager table, one row per rule, productive rules first, then by falling adjusted lift
        antecedents, consequents (lists of product ids), count (orders with all of them), the measures of
        :func:`ecommine.association.rules`, adjusted_lift with adjusted_lift_low and
        adjusted_lift_high, lift_low, lift_high, p_value, q_value, productive.
    n_orders : int
        Orders with at least one product.
    test : {"adjusted", "fisher"} or None
        The test that was used.
    level : float or None
        The level of the intervals; 1 - level is the false discovery rate that `productive` allows.
    as_of : datetime or None
        The moment up to which orders count.
    notes : tuple of Note
        What was left out, and what the table lacks; :mod:`ecommine.association` lists the codes.

    Examples
    --------
    >>> import pandas as pd
    >>> from ecommine import association
    >>> orders = pd.DataFrame({
    ...     "order_id": [1, 1, 2, 2, 3, 3, 4],
    ...     "product_id": ["tea", "milk", "tea", "milk", "tea", "jam", "milk"],
    ... })
    >>> result = association.rules(orders, min_support=0.5)
    >>> result.to_flat()[["antecedents", "consequents", "count", "confidence", "lift"]]
      antecedents consequents  count  confidence      lift
    0        milk         tea      2    0.666667  0.888889
    1         tea        milk      2    0.666667  0.888889
    """

    _NAME = "rules"

    table: Any
    n_orders: int
    test: Test | None
    level: float | None
    as_of: datetime | None
    notes: tuple[Note, ...]
    _baskets: Baskets | None = None

    @property
    def headline(self) -> str:
        """The first line of the result."""
        frame = self._frame()
        productive = "" if self.test is None else f", {int(frame['productive'].sum()):,} of them productive"
        rules = f"{counted(len(frame), 'rule')} in {counted(self.n_orders, 'order')}"
        return f"{as_of_prefix(self.as_of)}{rules}{productive}"

    def filter(
        self,
        *,
        productive: bool | None = None,
        max_q: float | None = None,
        min_count: int | None = None,
        min_confidence: float | None = None,
        min_lift: float | None = None,
        min_adjusted_lift: float | None = None,
        antecedent: Sequence[object] | None = None,
        consequent: Sequence[object] | None = None,
    ) -> "Rules":
        """Return some of the rules; their q-values do not change.

        Parameters
        ----------
        productive : bool, optional
            Keep only the productive rules, or only the others.
        max_q, min_count, min_confidence, min_lift, min_adjusted_lift : number, optional
            Bounds, inclusive.
        antecedent, consequent : sequence of product ids, optional
            Keep rules with at least one of these on that side.

        Raises
        ------
        ValueError
            If a bound is out of its range, or no order holds a product.
        """
        one_of("productive", productive, (True, False, None))
        smallest = {
            "count": min_count,
            "confidence": min_confidence,
            "lift": min_lift,
            "adjusted_lift": min_adjusted_lift,
        }
        limits = {name: number(f"min_{name}", limit) for name, limit in smallest.items() if limit is not None}
        if min_count is not None:
            limits["count"] = integer("min_count", min_count, low=0)
        largest_q = None if max_q is None else number("max_q", max_q, low=0, high=1)
        sides = {
            side: check_product_ids(products, argument=side[:-1])
            for side, products in zip(SIDES, (antecedent, consequent), strict=True)
            if products is not None
        }
        if sides:
            known = self._products()
            for side, products in sides.items():
                refuse_unknown_products(products, known, argument=side[:-1])
        return replace(self, table=filter_rule_table(self._frame(), limits, largest_q, productive, sides))

    def _products(self) -> list[object]:
        """Return the products of all orders, or of the rules where these are without their orders."""
        if self._baskets is not None:
            return list(self._baskets.products.tolist())
        frame = self._frame()
        return list({product: None for side in SIDES for row in frame[side].to_list() for product in row})

    def to_mlxtend(self) -> "pd.DataFrame":
        """Return the rules as pandas with the columns of mlxtend's ``association_rules``, both sides as frozensets."""
        return to_mlxtend(self._frame())

    def recommend(self, basket: Iterable[object], n: int = 5, *, names: object = None) -> Any:
        """Return the products that go with a basket: the consequents of its rules, the likeliest first.

        If the rules were tested, only those with a q-value below 1 - level count.

        Parameters
        ----------
        basket : iterable of product ids
            The products in the basket; one that no order holds, such as a new one, says nothing.
        n : int
            The largest number of products to return.
        names : table of products, mapping of id to name, or None
            With names the table has a column title.

        Returns
        -------
        table, one row per product
            product_id, title where names are given, confidence, lift, because (the antecedents of the rule).
        """
        frame = self._frame()
        if self.test is not None:
            frame = frame.filter(nw.col("q_value") < (DEFAULT_ALPHA if self.level is None else 1 - self.level))
        return recommend_products(frame, basket, integer("n", n, low=1), product_names(names))

    def summary(self, *, names: object = None, locale: Locale = "en") -> str:
        """Return a few sentences: how many rules are real, which is the strongest, and what to do with it.

        Parameters
        ----------
        names : table of products, mapping of id to name, or None
            Names of the products.
        locale : {"en", "zh"}
            The language of the sentences.
        """
        one_of("locale", locale, LOCALES)
        tested, titles = self.test is not None, product_names(names)
        n_apart = next((note.count or 0 for note in self.notes if note.code == "large_customers_apart"), 0)
        return summarize_rules(
            self._frame(), self.n_orders, n_apart=n_apart, tested=tested, names=titles, locale=locale
        )

    def plot(
        self,
        ax: "Axes | None" = None,
        *,
        kind: Literal["scatter", "strongest", "network"] = "scatter",
        names: object = None,
        locale: Locale = "en",
    ) -> "Axes":
        """Draw all rules by support and confidence, or the strongest of them.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Where to draw; by default a new figure.
        kind : {"scatter", "strongest", "network"}
            Confidence by support, productive rules coloured by lift; the adjusted lifts of the 20 strongest productive
            rules with their intervals; or these rules as lines between products.
        names : table of products, mapping of id to name, or None
            Names of the strongest.
        locale : {"en", "zh"}
            The language of all text.
        """
        from ._output.plot import draw_network, draw_scatter, draw_strongest

        one_of("kind", kind, ("scatter", "strongest", "network"))
        one_of("locale", locale, LOCALES)
        if kind == "scatter":
            return draw_scatter(self._frame(), ax, tested=self.test is not None, locale=locale)
        if kind == "strongest":
            return draw_strongest(self._frame(), self.level or DEFAULT_LEVEL, product_names(names), ax, locale)
        return draw_network(self._frame(), product_names(names), ax, locale)


@tell_library_errors
def rules(
    orders: object,
    /,
    *,
    min_support: float | None = None,
    min_confidence: float = 0,
    min_lift: float | None = None,
    antecedent: Sequence[object] | None = None,
    consequent: Sequence[object] | None = None,
    max_antecedent: int | None = None,
    max_consequent: int | None = 1,
    test: Test | None = "adjusted",
    cluster: Literal["customer_id"] | None = "customer_id",
    season: Season | None = "auto",
    correction: Correction | None = "bh",
    level: float | None = 0.95,
    progress: bool = False,
) -> Rules:
    r"""Find rules "orders with A also contain B", and test which of them are real.

    Parameters
    ----------
    orders : table of order lines, or Itemsets
        A table of any library with order_id and product_id, and customer_id if there is one; or the result of
        :func:`ecommine.association.itemsets` of kind "all", with its `top`, `max_size`, `returns` and `as_of`.
    min_support : float in (0, 1], optional
        The smallest share of orders with both sides. Without it the 1,000 most frequent itemsets of two and more
        products are split into rules.
    min_confidence, min_lift : float
        The smallest share of orders with A that also contain B; the smallest lift.
    antecedent, consequent : sequence of product ids, optional
        Only these products on that side. They are chosen beforehand, so only such rules count as tested.
    max_antecedent, max_consequent : int or None
        The largest number of products on each side.
    test : {"adjusted", "fisher"} or None
        "adjusted" compares with what chance brings together in orders of these sizes, and allows for the correlation
        of one customer's orders. "fisher" is the textbook's test, which takes all orders as alike and finds rules where
        there are none. None does not test, and leaves adjusted_lift empty too.
    cluster : "customer_id" or None
        Whose orders are correlated in tests and intervals. Guests are customers of one order.
    season : {"auto", "week", "month", "quarter"} or None
        Compare with chance in orders of the same period only, which needs ordered_at: products that are on sale at the
        same time go together for no other reason, and others never meet. "auto" takes the finest period with 100
        orders or more on average where orders have times, and says so in a note; None turns it off.
    correction : {"bh", "holm", "bonferroni"} or None
        How `q_value` corrects for many tests: by the false discovery rate (Benjamini-Hochberg), or by the probability
        of any false discovery.
    level : float from 0.5 to below 1, or None, default 0.95
        Level of the intervals of the lift; ``None`` leaves them out.
    progress : bool, default False
        Show how many rules are tested, on standard error.

    Returns
    -------
    Rules
        The columns of ``.table`` are, for n orders and p the shares of them:

        - count, support: orders with A and B, and their share; antecedent_support, consequent_support
        - confidence: p(B | A); lift: p(AB) / (p(A) p(B)); leverage: p(AB) - p(A) p(B)
        - conviction, zhangs_metric, jaccard, certainty, kulczynski, representativity: as in mlxtend
        - odds_ratio; mutual_information (bits)
        - adjusted_lift: count over what is expected in orders of these sizes
        - adjusted_lift_low, adjusted_lift_high, lift_low, lift_high: intervals of both lifts; null below 50 orders
          with both sides or 200 customers, and that of the adjusted lift below 50 products
        - p_value, q_value: against chance, alone and among all pairs whose products are frequent enough
        - productive: q_value is below 1 - level, and so is the one against every rule with one product less in A

    Raises
    ------
    ecommine.SchemaError
        If order_id or product_id is missing.
    ValueError
        If an option is out of its range, or the itemsets are of another kind than "all".

    Notes
    -----
    The adjusted test expects
    :math:`E_{AB} = \sum_s n_s P_s(A) P_s(B) [1 - a_s \sum_{i \in A} (1 - P_{si}) \sum_{j \in B} (1 - P_{sj})]` orders,
    over strata s of orders of like size, with :math:`a_s` such that as many pairs are expected in a stratum as there
    are (Hájek's joint inclusion probability of a sample of fixed size). Its p-value is the upper
    Poisson tail of the count, count and expectation being divided by their dispersion: the variance of
    :math:`\sum_o u_o` with :math:`u_o = (x_A - P_s(A)) (x_B - P_s(B))` over the expectation, which is less than one for
    popular products. Where the p-value is below .05, the dispersion is multiplied by the design effect
    :math:`D = \sum_c U_c^2 / \sum_o u_o^2 \ge 1`, with :math:`U_c` the sum over the orders of customer c, or of a day
    within weeks (a week within longer periods), whichever is larger, each at the upper limit of its estimate.

    Customers with so many orders that all are worth fewer than ten of equal size (:math:`1 / \sum_c w_c^2` for shares
    :math:`w_c` of the orders) are left out of the test and of the adjusted lift, which are null where fewer than five
    orders of the others hold the rule. Where the others are still too few, p-values are withheld.

    The intervals are those of the logarithms of both lifts, their variances summed up over customers.

    q-values are corrected within rules of one shape. The family counts all pairs of frequent itemsets of the two
    sizes, mined together or not; those that are not in the table count with p = 1, so that a limit of confidence or
    lift can only raise q. The expectation is an approximation for many products: where a dozen or less make up the
    orders, adjusted lifts are rough.

    References
    ----------
    Webb, G. I. (2007). Discovering significant patterns. Machine Learning 68, 1-33.
    https://doi.org/10.1007/s10994-007-5006-x

    Hämäläinen, W. and Webb, G. I. (2019). A tutorial on statistically sound pattern discovery. Data Mining and
    Knowledge Discovery 33, 325-377. https://doi.org/10.1007/s10618-018-0590-x

    Gionis, A., Mannila, H., Mielikäinen, T. and Tsaparas, P. (2007). Assessing data mining results via swap
    randomization. ACM TKDD 1(3), 14. https://doi.org/10.1145/1297332.1297338

    Examples
    --------
    >>> import pandas as pd
    >>> bought = {"tea": range(0, 40), "milk": range(20, 60), "jam": range(0, 60, 3), "salt": range(60, 200)}
    >>> lines = [(order, product) for product, orders in bought.items() for order in orders]
    >>> orders = pd.DataFrame(lines, columns=["order_id", "product_id"])
    >>> result = rules(orders, min_support=0.05)
    >>> result.to_flat()[["antecedents", "consequents", "count", "confidence", "lift"]].round(2)
      antecedents consequents  count  confidence  lift
    0         jam         tea     14        0.70  3.50
    1         tea         jam     14        0.35  3.50
    2         jam        milk     13        0.65  3.25
    3        milk         jam     13        0.32  3.25
    4        milk         tea     20        0.50  2.50
    5         tea        milk     20        0.50  2.50
    """
    one_of("test", test, TESTS)
    one_of("correction", correction, CORRECTIONS)
    one_of("cluster", cluster, ("customer_id", None))
    one_of("season", season, SEASONS)
    progress = flag("progress", progress)
    confidence = number("min_confidence", min_confidence, low=0, high=1)
    interval_level = None if level is None else number("level", level, low=0.5, high=0.999999)
    left = None if max_antecedent is None else integer("max_antecedent", max_antecedent, low=1)
    right = None if max_consequent is None else integer("max_consequent", max_consequent, low=1)
    max_size = None if left is None or right is None else left + right
    source = itemsets_for_rules(orders, min_support, max_size, times=times_for(season))
    baskets, levels = source.baskets, source.itemsets.levels
    rule_filter = RuleFilter(
        min_confidence=confidence,
        min_lift=None if min_lift is None else number("min_lift", min_lift, low=0),
        antecedent=_codes(baskets, antecedent, "antecedent"),
        consequent=_codes(baskets, consequent, "consequent"),
        max_antecedent=left,
        max_consequent=right,
    )
    index = ItemsetIndex(levels, len(baskets.products))
    splits = split_itemsets(levels, index, rule_filter, baskets.n_orders)
    evidence, conditions = None, Conditions()
    if test is not None:
        clustered = cluster is not None and baskets.customers is not None
        conditions = Conditions.of(baskets, season if test == "adjusted" else None, clustered=clustered)
        options = RuleTestOptions(
            test=test, clustered=clustered, conditions=conditions, correction=correction, level=interval_level
        )
        evidence = _test_rules(splits, source, index, rule_filter, options, progress=progress)
    lists = ProductLists(baskets.products, [level.items for level in levels])
    table, notes = rule_table(splits, evidence, lists, baskets.n_orders, source.frame, interval_level)
    return Rules(
        table=table,
        n_orders=baskets.n_orders,
        test=test,
        level=interval_level,
        as_of=baskets.as_of,
        notes=(*source.notes, *conditions.notes, *notes),
        _baskets=baskets if cluster is not None else replace(baskets, customers=None),
    )


def _test_rules(
    splits: Sequence[RuleSplit],
    source: ItemsetsForRules,
    index: ItemsetIndex,
    rule_filter: RuleFilter,
    options: RuleTestOptions,
    *,
    progress: bool,
) -> list[Evidence]:
    if not splits:
        return []
    levels = source.itemsets.levels
    bar = Progress("test", count_tests(splits) if progress else 0, "rules", is_shown=progress)
    tester = RuleTester(source.baskets, levels, index, options, bar)
    return [tester.test(split, count_hypotheses(levels, split.shape, rule_filter)) for split in splits]


def _codes(baskets: Baskets, products: Sequence[object] | None, argument: str) -> set[int] | None:
    return None if products is None else set(product_codes(baskets.products, products, argument=argument))
