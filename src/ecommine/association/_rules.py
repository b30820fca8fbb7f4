"""Rules with their measures and the evidence for them, and the result that shows them."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

import narwhals.stable.v2 as nw
import numpy as np

from .._core.checks import counted, integer, number, one_of
from .._core.frames import opened
from ._correction import CORRECTIONS, Correction
from ._encoding import Mask
from ._evidence.expected import SEASONS, Season
from ._evidence.rule_tests import Court, Evidence, Test, judged
from ._itemsets import Itemsets, checked_support, cut_notes
from ._mining.baskets import Baskets, chosen, read_baskets
from ._mining.select import Mined, least_count, mine
from ._mining.splits import Split, Wish, splits
from ._mining.tree import Lookup
from ._names import named
from ._output.lists import Lists
from ._output.measures import Floats
from ._output.mlxtend import to_mlxtend
from ._output.recommend import recommend
from ._output.result import ProductTable, dated
from ._output.rule_table import SIDES, rule_table
from ._output.summary import Locale, sentences

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

TESTS = ("adjusted", "fisher", None)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Rules(ProductTable):
    """Rules "who buys A also buys B"; made by :func:`ecommine.association.rules`.

    Attributes
    ----------
    table : eager table, one row a rule, productive rules first, then by falling adjusted lift
        antecedents, consequents (lists of product ids), count (orders with all of them), the measures of
        :func:`ecommine.association.rules`, adjusted_lift with adjusted_lift_low and
        adjusted_lift_high, lift_low, lift_high, p_value, q_value, productive.
    n_orders : int
        Orders with at least one product.
    test : {"adjusted", "fisher"} or None
        The test that was used.
    level : float or None
        The level of the intervals; 1 - level is the rate of false finds that `productive` allows.
    as_of : datetime or None
        The moment up to which orders count.
    notes : tuple of str
        What was left out, and what the table does not say.

    Examples
    --------
    >>> import pandas as pd
    >>> from ecommine import association
    >>> orders = pd.DataFrame({
    ...     "order_id": [1, 1, 2, 2, 3, 3, 4],
    ...     "product_id": ["tea", "milk", "tea", "milk", "tea", "jam", "milk"],
    ... })
    >>> found = association.rules(orders, min_support=0.5)
    >>> found.to_flat()[["antecedents", "consequents", "count", "confidence", "lift"]]
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
    notes: tuple[str, ...]
    _baskets: Baskets | None = None

    @property
    def headline(self) -> str:
        """What stands on the first line."""
        when = dated(self.as_of)
        frame = self._frame()
        real = "" if self.test is None else f", {int(frame['productive'].sum()):,} of them productive"
        return f"{when}{counted(len(frame), 'rule')} in {counted(self.n_orders, 'order')}{real}"

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
        """Keep some of the rules; q-values stay those of all of them.

        Parameters
        ----------
        productive : bool, optional
            Keep rules that are productive, or that are not.
        max_q, min_count, min_confidence, min_lift, min_adjusted_lift : number, optional
            Bounds, inclusive.
        antecedent, consequent : sequence of product ids, optional
            Keep rules with at least one of these on that side.
        """
        frame = self._frame()
        bounds = {
            "count": min_count,
            "confidence": min_confidence,
            "lift": min_lift,
            "adjusted_lift": min_adjusted_lift,
        }
        kept = np.ones(len(frame), dtype=bool)
        for name, least in bounds.items():
            kept &= True if least is None else _floats(frame, name) >= number(f"min_{name}", least)
        kept &= True if max_q is None else _floats(frame, "q_value") <= number("max_q", max_q, low=0, high=1)
        one_of("productive", productive, (True, False, None))
        kept &= True if productive is None else _floats(frame, "productive") == productive
        for side, wanted in zip(SIDES, (antecedent, consequent), strict=True):
            if wanted is not None:
                few = set(chosen(wanted, argument=side[:-1]))
                kept &= np.array([not few.isdisjoint(one) for one in frame[side].to_list()], dtype=bool)
        return replace(self, table=frame.filter(kept.tolist()).to_native())

    def to_mlxtend(self) -> "pd.DataFrame":
        """Return pandas with the very columns of mlxtend's ``association_rules``, both sides as frozensets."""
        return to_mlxtend(self._frame())

    def recommend(self, basket: Iterable[object], n: int = 5) -> Any:
        """Return what goes with a basket: the consequents of its rules, the likeliest first.

        Where the rules were tested, only those with a q-value below 1 - level count.

        Parameters
        ----------
        basket : iterable of product ids
            What is in the basket.
        n : int
            At most so many products.

        Returns
        -------
        table, one row a product
            product_id, confidence, lift, because (the antecedents of the rule).
        """
        frame = self._frame()
        if self.test is not None:
            frame = frame.filter(nw.col("q_value") < (0.05 if self.level is None else 1 - self.level))
        known = None if self._baskets is None else set(self._baskets.products.tolist())
        return recommend(frame, basket, integer("n", n, low=1), known)

    def summary(self, *, names: object = None, locale: Locale = "en") -> str:
        """Say how many rules are real, which is the strongest, and what to do with it."""
        one_of("locale", locale, ("en", "zh"))
        return sentences(self._frame(), self.n_orders, self.test, named(names), locale)

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
            Support against confidence, productive rules coloured by lift; the adjusted lifts of the 20 strongest
            productive rules with their intervals; or the same as lines between products.
        names : table of products, mapping of id to name, or None
            Names of the strongest.
        locale : {"en", "zh"}
            The language of all text.
        """
        from ._output.plot import draw_network, draw_scatter, draw_strongest

        one_of("kind", kind, ("scatter", "strongest", "network"))
        one_of("locale", locale, ("en", "zh"))
        if kind == "scatter":
            return draw_scatter(self._frame(), self.test is not None, ax, locale)
        if kind == "strongest":
            return draw_strongest(self._frame(), self.level or 0.95, named(names), ax, locale)
        return draw_network(self._frame(), named(names), ax, locale)


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
    season: Season | None = None,
    correction: Correction | None = "bh",
    level: float | None = 0.95,
) -> Rules:
    r"""Find rules "orders with A also hold B", and test which of them are real.

    Parameters
    ----------
    orders : table of order lines, or Itemsets
        Any library's table with order_id and product_id, and customer_id where there are customers; or the result of
        :func:`ecommine.association.itemsets`, all of them: so with its `top`, `max_size`, `returns` and `as_of`.
    min_support : float in (0, 1], optional
        The least share of orders with both sides. Without it the 1,000 most frequent itemsets of two and more
        products are split into rules.
    min_confidence, min_lift : float
        The least share of orders with A that hold B; the least lift.
    antecedent, consequent : sequence of product ids, optional
        Only these products on that side. A wish known beforehand: only such rules count as tested.
    max_antecedent, max_consequent : int or None
        The most products on each side.
    test : {"adjusted", "fisher"} or None
        "adjusted" compares with what chance brings together in orders of these sizes, and takes the orders of a
        customer together. "fisher" is the textbook's test, which takes all orders for alike and finds rules where
        there are none. None does not test, which also leaves adjusted_lift empty.
    cluster : "customer_id" or None
        Whose orders belong together in tests and intervals. Guests are customers of one order.
    season : {"week", "month", "quarter"} or None
        Compare with chance in orders of the same season only, which needs ordered_at. Without it, products that are
        sold at the same time of the year go together for no other reason.
    correction : {"bh", "holm", "bonferroni"} or None
        How `q_value` corrects for many tests: the false discovery rate (Benjamini-Hochberg), or the chance of any
        false find.
    level : float from 0.5 to below 1, or None, default 0.95
        Level of the intervals of the lift; ``None`` leaves them out.

    Returns
    -------
    Rules
        Frozen. The columns of ``.table`` are, for n orders and p the shares of them:

        - count, support: orders with A and B, and their share; antecedent_support, consequent_support
        - confidence: p(B | A); lift: p(AB) / (p(A) p(B)); leverage: p(AB) - p(A) p(B)
        - conviction, zhangs_metric, jaccard, certainty, kulczynski, representativity: as in mlxtend
        - odds_ratio; mutual_information (bits)
        - adjusted_lift: count over what is expected in orders of these sizes
        - adjusted_lift_low, adjusted_lift_high, lift_low, lift_high: intervals of both lifts; null below 50 orders
          with both sides or 200 customers, and that of the adjusted lift below 50 products
        - p_value, q_value: against chance, alone and among all pairs whose products are frequent enough
        - productive: q_value is below 1 - level, and so is that against every rule with one product less in A

    Raises
    ------
    ecommine.SchemaError
        If order_id or product_id is missing.
    ValueError
        If an option is out of its range, or the itemsets are not all there.

    Notes
    -----
    The adjusted test expects
    :math:`E_{AB} = \sum_s n_s P_s(A) P_s(B) [1 - a_s \sum_{i \in A} (1 - P_{si}) \sum_{j \in B} (1 - P_{sj})]` orders,
    over strata s of orders of like size, with :math:`a_s` such that as many pairs are expected in a stratum as there
    are (Hájek's joint inclusion probability of a sample of fixed size). Its p-value is the upper
    Poisson tail of the count. Where that is below .05, count and expectation are first divided by the design effect
    :math:`D = \sum_c U_c^2 / \sum_o u_o^2 \ge 1`, with :math:`u_o = (x_A - P_s(A)) (x_B - P_s(B))` for an order and
    :math:`U_c` its sum over the orders of customer c.

    The intervals are those of the logarithms of both lifts, their variances summed up over customers.

    q-values are corrected within rules of one shape. The family counts all pairs of frequent itemsets of the two
    sizes, found together or not; those that are not in the table count with p = 1, so that a least confidence or lift
    can only raise q. The expectation is an approximation for many products: where a dozen or less make up the
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
    >>> found = rules(orders, min_support=0.05)
    >>> found.to_flat()[["antecedents", "consequents", "count", "confidence", "lift"]].round(2)
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
    least_confidence = number("min_confidence", min_confidence, low=0, high=1)
    confidence_level = None if level is None else number("level", level, low=0.5, high=0.999999)
    left = None if max_antecedent is None else integer("max_antecedent", max_antecedent, low=1)
    right = None if max_consequent is None else integer("max_consequent", max_consequent, low=1)
    baskets, mined, like, notes = _itemsets_of(
        orders, min_support, None if left is None or right is None else left + right, with_times=season is not None
    )
    wish = Wish(
        least_confidence=least_confidence,
        least_lift=None if min_lift is None else number("min_lift", min_lift, low=0),
        antecedent=_codes(baskets, antecedent, "antecedent"),
        consequent=_codes(baskets, consequent, "consequent"),
        max_antecedent=left,
        max_consequent=right,
    )
    lookup = Lookup(mined.levels, len(baskets.products))
    found = splits(mined.levels, lookup, wish, baskets.n_orders)
    evidence: list[Evidence | None] = [None] * len(found)
    if test is not None and found:
        clustered = cluster is not None and baskets.customers is not None
        alpha = 0.05 if confidence_level is None else 1 - confidence_level
        court = Court(baskets, mined.levels, lookup, clustered=clustered, season=season, alpha=alpha)
        families = [_family(mined, split, wish) for split in found]
        evidence = [
            judged(court, split, test=test, family=family, correction=correction, level=confidence_level)
            for split, family in zip(found, families, strict=True)
        ]
    sets = Lists(baskets.products, [level.items for level in mined.levels])
    table, more = rule_table(found, evidence, sets, baskets.n_orders, like, confidence_level)
    return Rules(
        table=table,
        n_orders=baskets.n_orders,
        test=test,
        level=confidence_level,
        as_of=baskets.as_of,
        notes=(*notes, *more),
        _baskets=baskets,
    )


def _itemsets_of(
    orders: object, min_support: float | None, longest: int | None, *, with_times: bool
) -> tuple[Baskets, Mined, Any, tuple[str, ...]]:
    """Mine what rules are made of, or take it as it was mined."""
    if isinstance(orders, Itemsets):
        if orders.kind != "all":
            raise ValueError(f"rules need all itemsets, got the {orders.kind} ones: mine them with kind='all'")
        if min_support is not None:
            raise ValueError("`min_support` belongs to the itemsets that were given: leave it out")
        if orders._baskets is None:
            raise ValueError("itemsets mined on Spark do not hold their orders: give the orders to rules instead")
        left_out = 0 if orders.truncated else None
        mined = Mined(levels=orders._levels, least=orders.least, left_out=left_out)
        return orders._baskets, mined, opened(orders.table, argument="table"), orders.notes
    share, top = checked_support(min_support, None)
    baskets = read_baskets(orders, returns="net", as_of=None, with_times=with_times)
    least = 1 if share is None else least_count(share, baskets.n_orders)
    mined = mine(baskets, least=least, top=top, shortest=1 if top is None else 2, longest=longest)
    return baskets, mined, opened(orders, argument="orders"), (*baskets.notes, *cut_notes(mined, top))


def _codes(baskets: Baskets, wanted: Sequence[object] | None, argument: str) -> Collection[int] | None:
    if wanted is None:
        return None
    code = {product: place for place, product in enumerate(baskets.products.tolist())}
    absent = [one for one in chosen(wanted, argument=argument) if one not in code]
    if absent:
        raise ValueError(
            f"`{argument}` has {counted(len(absent), 'product')} that no order holds, such as {absent[0]!r}"
        )
    return {code[one] for one in wanted}


def _family(mined: Mined, split: Split, wish: Wish) -> int:
    """Count the hypotheses of one shape: pairs of frequent itemsets of the two sizes, found together or not."""
    left, right = (
        _allowed(mined, size, allowed)
        for size, allowed in zip(split.shape, (wish.antecedent, wish.consequent), strict=True)
    )
    if split.shape[0] != split.shape[1]:
        return int(left.sum() * right.sum())
    both = int((left & right).sum())
    return int(left.sum() * right.sum()) - both * (both + 1) // 2


def _allowed(mined: Mined, size: int, allowed: Collection[int] | None) -> Mask:
    items = mined.levels[size - 1].items
    if allowed is None:
        return np.ones(len(items), dtype=bool)
    return np.asarray(np.isin(items, list(allowed)).all(axis=1))


def _floats(frame: nw.DataFrame[Any], name: str) -> Floats:
    return np.asarray(frame[name].cast(nw.Float64).to_numpy(), dtype=np.float64)
