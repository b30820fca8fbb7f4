"""All pairs of products: what goes together, what replaces one another, and what a category already explains."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Literal

import narwhals.stable.v2 as nw

from .._core.checks import counted, number, one_of
from .._core.frames import opened
from ._correction import CORRECTIONS, Correction
from ._evidence.categories import explained
from ._evidence.expected import SEASONS, Season
from ._evidence.pair_tests import RELATIONS, Wish, compared
from ._itemsets import checked_support
from ._mining.baskets import Returns, product_lines, read_baskets
from ._names import named, typed
from ._output.result import ProductTable, dated
from ._output.summary import Locale

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Pairs(ProductTable):
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
        frame = self._frame()
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
        return self._frame().filter(nw.col("relation") == "substitute").to_native()

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
        from ._output.plot_pairs import draw_pairs

        one_of("relation", relation, RELATIONS[:2])
        one_of("locale", locale, ("en", "zh"))
        return draw_pairs(self._frame().filter(nw.col("relation") == relation), relation, named(names), ax, locale)


def pairs(
    orders: object,
    /,
    *,
    min_support: float | None = None,
    group_level: Literal["product", "category"] = "product",
    returns: Returns = "net",
    as_of: datetime | date | str | None = None,
    cluster: Literal["customer_id"] | None = "customer_id",
    season: Season | None = None,
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
    cluster, season, correction
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
    0    coffee      milk     30            3.8  complement
    1      milk       tea     30            3.8  complement
    """
    one_of("group_level", group_level, ("product", "category"))
    one_of("correction", correction, CORRECTIONS)
    one_of("cluster", cluster, ("customer_id", None))
    one_of("season", season, SEASONS)
    wish = Wish(
        share=None if min_support is None else checked_support(min_support, None)[0],
        clustered=cluster is not None,
        season=season,
        correction=correction,
        alpha=1 - number("level", level, low=0.5, high=0.999999),
    )
    like = opened(orders, argument="orders")
    column = "product_id" if group_level == "product" else "category"
    baskets = read_baskets(orders, returns=returns, as_of=as_of, column=column, with_times=season is not None)
    found, notes = compared(baskets, wish)
    side = column.removesuffix("_id")
    sample = (baskets.products[:1].tolist() or [""])[0]
    samples = {f"{side}_a": sample, f"{side}_b": sample, "relation": ""}
    table = typed(found.columns(side, baskets.products), samples, like)
    products = None
    if group_level == "category":
        single = read_baskets(orders, returns=returns, as_of=as_of, with_times=season is not None)
        lines = product_lines(orders, returns=returns, as_of=as_of, keep=("category",)).frame
        products = explained(baskets, single, lines, wish, like)
    return Pairs(
        table=table, products=products, n_orders=baskets.n_orders, as_of=baskets.as_of, notes=(*baskets.notes, *notes)
    )
