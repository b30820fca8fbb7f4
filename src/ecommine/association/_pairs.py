"""All pairs of products: what goes together, what replaces one another, and what a category already explains."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Literal

import narwhals.stable.v2 as nw
import numpy as np

from .._core.checks import number, one_of
from .._core.frames import Frame, collect, opened
from .._core.results import Result
from ._baskets import Baskets, Returns, counted, product_lines, read_baskets
from ._chance import Strata, lower_tail, strata, upper_tail, within_margins
from ._clusters import Clusters
from ._correction import CORRECTIONS, Correction, q_values
from ._encoding import Ints
from ._itemsets import checked_support
from ._measures import Floats
from ._mining import least_count
from ._names import dated, named, renamed, typed
from ._per_rule import Side, design_effects
from ._postings import Postings
from ._sparse import by_row
from ._summary import Locale
from ._testing import WORTH

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST = 1_000
"""The most frequent products that are paired when no support is given."""
CELLS = 1 << 22
"""Pairs computed at once."""
UNSEEN = 3.0
"""Expected orders from which a pair that was never seen is listed: below, chance alone has p > .05."""
RELATIONS = ("complement", "substitute", "none")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Pairs(Result):
    """Pairs of products or categories; made by :func:`ecommine.association.pairs`.

    Attributes
    ----------
    table : eager table, one row a pair: complements by falling lift, substitutes by rising p-value, then the rest
        product_a, product_b (categories: category_a, category_b), count (orders with both), expected (by chance, in
        orders of these sizes), lift, adjusted_lift, p_value and q_value (of more than chance where there is more, of
        less where there is less), design_effect (how much customers who repeat themselves inflate the variance; null
        where a pair is near chance anyhow), relation: "complement", "substitute" or "none".
    products : eager table or None
        By category, the product pairs that are more than chance: product_a, product_b, category_a, category_b, count,
        expected, adjusted_lift, q_value, lift_of_categories (of all other product pairs of the two categories, or of
        the one), p_given_category (of more than that), explained (True where there is no more).
    n_orders : int
        Orders with at least one product.
    as_of : datetime or None
        The moment up to which orders count.
    notes : tuple of str
        What was left out.

    Examples
    --------
    >>> import pandas as pd
    >>> from ecommine import association
    >>> bought = {"tea": range(0, 60), "coffee": range(60, 120), "milk": range(0, 120, 2)}
    >>> lines = [(order, product) for product, orders in bought.items() for order in orders]
    >>> orders = pd.DataFrame(lines, columns=["order_id", "product_id"])
    >>> association.pairs(orders, min_support=0.1).headline
    '3 pairs in 120 orders: 2 complements, 1 substitute'
    """

    table: Any
    products: Any
    n_orders: int
    as_of: datetime | None
    notes: tuple[str, ...]

    @property
    def headline(self) -> str:
        """What stands on the first line."""
        frame = opened(self.table, argument="table")
        assert isinstance(frame, nw.DataFrame)
        relations = frame["relation"].to_list()
        kinds = [counted(relations.count(kind), kind) for kind in RELATIONS[:2]]
        when = dated(self.as_of)
        return f"{when}{counted(len(frame), 'pair')} in {counted(self.n_orders, 'order')}: {kinds[0]}, {kinds[1]}"

    @property
    def tables(self) -> Mapping[str, Any]:
        """The tables by name."""
        return {"pairs": self.table} if self.products is None else {"pairs": self.table, "products": self.products}

    def substitutes(self) -> Any:
        """Return the pairs that are bought together less than by chance."""
        return opened(self.table, argument="table").filter(nw.col("relation") == "substitute").to_native()

    def to_flat(self, *, names: object = None) -> Any:
        """Return the table with names in place of product ids.

        Parameters
        ----------
        names : table of products, mapping of id to name, or None
            A table with product_id and title; products without a name keep their id.
        """
        sides = opened(self.table, argument="table").collect_schema().names()[:2]
        return renamed(self.table, sides, named(names))

    def plot(
        self,
        ax: "Axes | None" = None,
        *,
        relation: Literal["substitute", "complement"] = "substitute",
        names: object = None,
        locale: Locale = "en",
    ) -> "Axes":
        """Draw the orders with both products of the strongest pairs beside the range that chance gives.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Where to draw; by default a new figure.
        relation : {"substitute", "complement"}
            Which pairs; at most 20.
        names : table of products, mapping of id to name, or None
            Names of the products.
        locale : {"en", "zh"}
            The language of all text.
        """
        from ._plot_pairs import draw_pairs

        one_of("relation", relation, RELATIONS[:2])
        one_of("locale", locale, ("en", "zh"))
        frame = opened(self.table, argument="table").filter(nw.col("relation") == relation)
        assert isinstance(frame, nw.DataFrame)
        return draw_pairs(frame, relation, named(names), ax, locale)


def pairs(
    orders: object,
    /,
    *,
    min_support: float | None = None,
    group_level: Literal["product", "category"] = "product",
    returns: Returns = "net",
    as_of: datetime | date | str | None = None,
    cluster: Literal["customer_id"] | None = "customer_id",
    correction: Correction | None = "bh",
    level: float = 0.95,
) -> Pairs:
    r"""Compare how often every two products are bought together with chance, both ways.

    Parameters
    ----------
    orders : table of order lines
        Any library's table with order_id and product_id; customer_id where there are customers; category for
        ``group_level="category"``.
    min_support : float in (0, 1], optional
        The least share of orders of each product, not of the pair: a substitute is a pair that is hardly there.
        Without it the 1,000 most frequent products are paired.
    group_level : {"product", "category"}
        Pair products, or categories, and then the products within pairs of categories.
    returns, as_of
        As in :func:`ecommine.association.itemsets`.
    cluster, correction
        As in :func:`ecommine.association.rules`.
    level : float
        1 - level is the rate of false finds among complements, and among substitutes.

    Returns
    -------
    Pairs
        Frozen. Pairs that were never bought together are listed from 3 expected orders on.

    Notes
    -----
    The test is the adjusted one of :func:`ecommine.association.rules`, with the lower Poisson tail where a pair is
    bought together less than expected. q-values are corrected over all pairs of products, once for either way.

    Examples
    --------
    >>> import pandas as pd
    >>> bought = {"tea": range(0, 60), "coffee": range(60, 120), "milk": range(0, 120, 2), "salt": range(120, 200)}
    >>> lines = [(order, product) for product, orders in bought.items() for order in orders]
    >>> orders = pd.DataFrame(lines, columns=["order_id", "product_id"])
    >>> found = pairs(orders, min_support=0.1)
    >>> found.table[["product_a", "product_b", "count", "adjusted_lift", "relation"]].head(2).round(1)
      product_a product_b  count  adjusted_lift    relation
    0    coffee      milk     30            3.9  complement
    1      milk       tea     30            3.9  complement
    """
    one_of("group_level", group_level, ("product", "category"))
    one_of("correction", correction, CORRECTIONS)
    one_of("cluster", cluster, ("customer_id", None))
    share = None if min_support is None else checked_support(min_support, None)[0]
    alpha = 1 - number("level", level, low=0.5, high=0.999999)
    like = opened(orders, argument="orders")
    column = "product_id" if group_level == "product" else "category"
    baskets = read_baskets(orders, returns=returns, as_of=as_of, column=column)
    found, notes = _compared(baskets, share, cluster is not None, correction, alpha)
    side = column.removesuffix("_id")
    sample = (baskets.products[:1].tolist() or [""])[0]
    samples = {f"{side}_a": sample, f"{side}_b": sample, "relation": ""}
    table = typed(found.columns(side, baskets.products), samples, like)
    products = None
    if group_level == "category":
        products = _explained(orders, baskets, share, cluster is not None, correction, alpha, returns, as_of, like)
    return Pairs(
        table=table, products=products, n_orders=baskets.n_orders, as_of=baskets.as_of, notes=(*baskets.notes, *notes)
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Compared:
    """Pairs in codes, sorted as they are shown."""

    a: Ints
    b: Ints
    count: Ints
    expected: Floats
    lift: Floats
    p: Floats
    q: Floats
    effect: Floats
    relation: Ints

    def columns(self, side: str, labels: "np.ndarray[Any, Any]") -> dict[str, Any]:
        return {
            f"{side}_a": labels[self.a].tolist(),
            f"{side}_b": labels[self.b].tolist(),
            "count": self.count,
            "expected": self.expected,
            "lift": self.lift,
            "adjusted_lift": self.count / np.where(self.expected > 0, self.expected, np.nan),
            "p_value": self.p,
            "q_value": self.q,
            "design_effect": self.effect,
            "relation": [RELATIONS[kind] for kind in self.relation],
        }


def _compared(
    baskets: Baskets, share: float | None, clustered: bool, correction: Correction | None, alpha: float
) -> tuple[_Compared, list[str]]:
    counts = np.bincount(baskets.items, minlength=len(baskets.products))
    items, notes = _frequent(counts, share, baskets.n_orders)
    found = strata(baskets)
    shares, together = _by_stratum(baskets, items, found)
    blocks = list(_blocks(shares, together, found))
    a, b, count, mean = (np.concatenate([np.zeros(0, kind), *(x[i] for x in blocks)]) for i, kind in enumerate("iiid"))
    family = len(items) * (len(items) - 1) // 2
    if family > len(a):
        notes.append(
            f"{family - len(a):,} of {family:,} pairs never bought together, and hardly expected, are not listed"
        )
    more = count > mean
    p = np.where(more, upper_tail(count, mean), lower_tail(count, mean))
    effect = np.ones(len(p))
    if clustered and baskets.customers is not None:
        p, effect = _with_customers(p, a, b, count, mean, items, shares, baskets, found)
    q = np.empty(len(p))
    for way in (more, ~more):
        q[way] = q_values(p[way], family, correction)
    relation = np.where(q < alpha, np.where(more, 0, 1), 2)
    chance = counts[items[a]].astype(np.float64) * counts[items[b]] / max(baskets.n_orders, 1)
    strength = np.where(mean > 0, count / np.where(mean > 0, mean, 1.0), np.inf)
    # Complements by strength; substitutes by evidence, since the strongest are simply never there. Where p is too small
    # for a number, the standard score decides.
    less = relation == 1
    score = np.divide(count - mean, np.sqrt(mean * effect), out=-strength, where=less)
    order = np.lexsort((b, a, score.round(9), np.where(less, p, 0.0), relation))
    parts = {"a": items[a], "b": items[b], "count": count, "expected": mean, "lift": count / chance}
    parts |= {"p": p, "q": q, "effect": effect, "relation": relation}
    return _Compared(**{name: one[order] for name, one in parts.items()}), notes


def _frequent(counts: Ints, share: float | None, n_orders: int) -> tuple[Ints, list[str]]:
    if share is not None:
        return np.flatnonzero(counts >= least_count(share, n_orders)), []
    items = np.sort(np.lexsort((np.arange(len(counts)), -counts))[:MOST])
    left = int((counts > 0).sum()) - len(items)
    return items, [f"{counted(left, 'less frequent product')} left out: give min_support to choose"] if left > 0 else []


def _by_stratum(baskets: Baskets, items: Ints, found: Strata) -> tuple[Floats, Any]:
    """Return the share of each product in each stratum, and the matrix of orders by product."""
    local = np.full(len(baskets.products), -1)
    local[items] = np.arange(len(items))
    kept = local[baskets.items] >= 0
    ends = np.concatenate([[0], np.cumsum(kept)])[baskets.starts]
    held = by_row(ends, local[baskets.items[kept]], len(items), dtype=np.int32)
    order = np.repeat(found.of_order, np.diff(ends))
    cells = np.bincount(order * len(items) + held.indices, minlength=found.n * len(items)).reshape(found.n, len(items))
    return cells / np.maximum(found.orders, 1)[:, None], held


def _blocks(shares: Floats, held: Any, found: Strata) -> Iterator[tuple[Ints, Ints, Ints, Floats]]:
    """Count and expect every pair, a block of products at a time; list what was seen or was to be expected."""
    n = held.shape[1]
    weighted, uncertain = shares * found.with_pairs[:, None], shares * (1 - shares)
    crowded = uncertain * (found.with_pairs * found.crowding)[:, None]
    by_item, step = held.tocsc(), max(CELLS // max(n, 1), 1)
    orders = found.orders @ shares
    for first in range(0, n, step):
        block = slice(first, min(first + step, n))
        count = (by_item[:, block].T @ held).toarray()
        mean = weighted[:, block].T @ shares - crowded[:, block].T @ uncertain
        mean = within_margins(mean, orders[block, None], orders[None, :])
        upper = np.arange(n)[None, :] > np.arange(n)[block, None]
        a, b = np.nonzero(upper & ((count > 0) | (mean >= UNSEEN)))
        yield a + first, b, count[a, b].astype(np.int64), mean[a, b]


def _with_customers(
    p: Floats, a: Ints, b: Ints, count: Ints, mean: Floats, items: Ints, shares: Floats, baskets: Baskets, found: Strata
) -> tuple[Floats, Floats]:
    """Raise p-values to what independent customers allow, and return the design effects; see :mod:`._clusters`."""
    raised, rows, postings = p.copy(), np.flatnonzero(p < WORTH), Postings(baskets)
    a, b, count, mean = a[rows], b[rows], count[rows], mean[rows]
    left, right = (Side(postings=postings, sets=items[one][:, None]) for one in (a, b))
    clusters = Clusters.make(baskets.clusters, found)
    effects = design_effects(clusters, left, right, shares[:, a].T, shares[:, b].T, found)
    thinned = (count / effects, mean / effects)
    raised[rows] = np.where(count > mean, upper_tail(*thinned), lower_tail(*thinned))
    known = np.full(len(p), np.nan)
    known[rows] = effects
    return raised, known


def _explained(
    orders: object,
    categories: Baskets,
    share: float | None,
    clustered: bool,
    correction: Correction | None,
    alpha: float,
    returns: Returns,
    as_of: datetime | date | str | None,
    like: Any,
) -> Any:
    """Ask of each pair of products that goes together whether it does so more than others of its categories."""
    baskets = read_baskets(orders, returns=returns, as_of=as_of)
    found, _ = _compared(baskets, share, clustered, correction, alpha)
    real = found.relation == 0
    a, b, count, mean = (one[real] for one in (found.a, found.b, found.count, found.expected))
    lines = product_lines(orders, returns=returns, as_of=as_of, keep=("category",)).frame
    category = _categories(baskets, categories, lines)
    together, chance = _between(baskets, category, len(categories.products), share)
    left, right = category[a], category[b]
    rest = chance[left, right] - mean  # the pair itself is no part of what explains it
    known = (left >= 0) & (right >= 0)
    lift = np.divide(together[left, right] - count, rest, out=np.ones(len(rest)), where=known & (rest > 1e-9))
    given = upper_tail(count, mean * lift)
    labels = [*categories.products.tolist(), None]
    shown = {
        "product_a": baskets.products[a].tolist(),
        "product_b": baskets.products[b].tolist(),
        "category_a": [labels[one] for one in left],
        "category_b": [labels[one] for one in right],
        "count": count,
        "expected": mean,
        "adjusted_lift": count / mean,
        "q_value": found.q[real],
        "lift_of_categories": lift,
        "p_given_category": given,
        "explained": given >= alpha,
    }
    samples = {name: (one.products[:1].tolist() or [""])[0] for name, one in _sides(baskets, categories)}
    return typed(shown, samples, like)


def _sides(products: Baskets, categories: Baskets) -> Iterator[tuple[str, Baskets]]:
    for letter in "ab":
        yield f"product_{letter}", products
        yield f"category_{letter}", categories


def _between(baskets: Baskets, category: Ints, n: int, share: float | None) -> tuple[Floats, Floats]:
    """Count, and expect, the pairs of products between every two categories, and within each."""
    items, _ = _frequent(np.bincount(baskets.items, minlength=len(baskets.products)), share, baskets.n_orders)
    found = strata(baskets)
    shares, held = _by_stratum(baskets, items, found)
    belongs = np.zeros((len(items), n))
    known = category[items] >= 0
    belongs[np.flatnonzero(known), category[items][known]] = 1.0
    held_by_category, shares_by_category = held @ belongs, shares @ belongs
    uncertain = shares * (1 - shares)
    weights, crowded = found.with_pairs[:, None], (found.with_pairs * found.crowding)[:, None]
    uncertain_by_category = uncertain @ belongs
    together = held_by_category.T @ held_by_category
    chance = (weights * shares_by_category).T @ shares_by_category
    chance -= (crowded * uncertain_by_category).T @ uncertain_by_category
    own = np.arange(n)
    alone = (weights * (shares**2 @ belongs) - crowded * (uncertain**2 @ belongs)).sum(axis=0)
    together[own, own] = (together[own, own] - held_by_category.sum(axis=0)) / 2
    chance[own, own] = (chance[own, own] - alone) / 2
    return together, chance


def _categories(baskets: Baskets, categories: Baskets, lines: Frame) -> Ints:
    """Return the category code of each product, -1 where it has none; of several, the first by name."""
    rows = collect(lines.filter(~nw.col("category").is_null()).select("product_id", "category").unique())
    rows = rows.sort("category", descending=True)
    code = {one: place for place, one in enumerate(categories.products.tolist())}
    of_product = dict(zip(rows["product_id"].to_list(), rows["category"].to_list(), strict=True))
    return np.array([code.get(of_product.get(one), -1) for one in baskets.products.tolist()], dtype=np.int64)
