"""All pairs of products: what goes together, what replaces one another, and what a category already explains."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Literal

import narwhals.stable.v2 as nw

from .._core.checks import flag, number, one_of
from .._core.engines import tell_library_errors
from .._core.frames import opened
from .._core.notes import Note
from .._core.tables import build_table, product_names
from .._core.texts import LOCALES, Locale, counted
from .._stats.multiple_testing import CORRECTIONS, Correction
from ._evidence.categories import explain_by_category
from ._evidence.conditions import SEASONS, Season, times_for
from ._evidence.pair_tests import RELATIONS, PairOptions, test_pairs
from ._itemsets import check_support
from ._mining.lines import LineFilter, Returns, read_product_lines
from ._mining.read import read_baskets
from ._output.result import ProductTable, as_of_prefix
from ._output.summary_pairs import summarize_pairs

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Pairs(ProductTable):
    """Pairs of products or categories; made by :func:`ecommine.association.pairs`.

    Attributes
    ----------
    table : eager table, one row per pair: complements by falling lift, substitutes by rising p-value, then the rest
        product_a, product_b (categories: category_a, category_b), count (orders with both), expected (by chance, in
        orders of these sizes), lift, adjusted_lift, p_value and q_value (of the upper tail where the count is above
        expectation, of the lower tail where it is below), design_effect (the variance of the count by chance over that
        of a Poisson count: below one where products are popular, above where the orders of a customer or of a day are
        alike; null where a pair is near chance anyway), relation: "complement", "substitute" or "none".
    products : eager table or None
        With categories, the product pairs above chance: product_a, product_b, category_a, category_b, count, expected,
        adjusted_lift, q_value, lift_of_categories (of all other product pairs of the two categories, or of the one),
        p_given_category (of an adjusted lift above that), explained (True where it is not above that).
    n_orders : int
        Orders with at least one product.
    as_of : datetime or None
        The moment up to which orders count.
    notes : tuple of Note
        What was left out; :mod:`ecommine.association` lists the codes.

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
    notes: tuple[Note, ...]

    @property
    def headline(self) -> str:
        """The first line of the result."""
        relations = self._frame()["relation"].to_list()
        complements, substitutes = (counted(relations.count(kind), kind) for kind in RELATIONS[:2])
        pairs = f"{counted(len(relations), 'pair')} in {counted(self.n_orders, 'order')}"
        return f"{as_of_prefix(self.as_of)}{pairs}: {complements}, {substitutes}"

    @property
    def tables(self) -> Mapping[str, Any]:
        """The tables by name."""
        return {"pairs": self.table} if self.products is None else {"pairs": self.table, "products": self.products}

    def substitutes(self) -> Any:
        """Return the pairs that are bought together less often than by chance."""
        return self._frame().filter(nw.col("relation") == "substitute").to_native()

    def summary(self, *, names: object = None, locale: Locale = "en") -> str:
        """Return a few sentences: how many pairs are real, the clearest of them, and what to do with them.

        Parameters
        ----------
        names : table of products, mapping of id to name, or None
            Names of the products.
        locale : {"en", "zh"}
            The language of the sentences.
        """
        one_of("locale", locale, LOCALES)
        products = None if self.products is None else opened(self.products, argument="products")
        assert not isinstance(products, nw.LazyFrame)
        n_apart = next((note.count or 0 for note in self.notes if note.code == "large_customers_apart"), 0)
        titles = product_names(names)
        return summarize_pairs(self._frame(), products, self.n_orders, n_apart=n_apart, names=titles, locale=locale)

    def plot(
        self,
        ax: "Axes | None" = None,
        *,
        relation: Literal["substitute", "complement"] = "substitute",
        names: object = None,
        locale: Locale = "en",
    ) -> "Axes":
        """Draw the orders with both products of the strongest pairs beside the range of chance.

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
        one_of("locale", locale, LOCALES)
        frame = self._frame().filter(nw.col("relation") == relation)
        return draw_pairs(frame, relation, product_names(names), ax, locale)


@tell_library_errors
def pairs(
    orders: object,
    /,
    *,
    min_support: float | None = None,
    group_level: Literal["product", "category"] = "product",
    returns: Returns = "net",
    as_of: datetime | date | str | None = None,
    cluster: Literal["customer_id"] | None = "customer_id",
    season: Season | None = "auto",
    correction: Correction | None = "bh",
    level: float = 0.95,
    progress: bool = False,
) -> Pairs:
    r"""Test whether every two products are bought together more, or less, often than by chance.

    Parameters
    ----------
    orders : table of order lines
        A table of any library with order_id and product_id; customer_id if there is one; category for
        ``group_level="category"``.
    min_support : float in (0, 1], optional
        The smallest share of orders of each product, not of the pair, since substitutes are hardly bought together.
        Without it the 1,000 most frequent products are paired.
    group_level : {"product", "category"}
        Pair products; or categories, and then the products of each pair of categories.
    returns, as_of
        As in :func:`ecommine.association.itemsets`.
    cluster, season, correction
        As in :func:`ecommine.association.rules`.
    level : float
        1 - level is the false discovery rate among complements, and among substitutes.
    progress : bool, default False
        Show how many products and pairs are done, on standard error.

    Returns
    -------
    Pairs
        Pairs that were never bought together are listed from 3 expected orders on.

    Notes
    -----
    The test is the adjusted one of :func:`ecommine.association.rules`, with the lower tail where a pair is bought
    together less than expected (of a binomial count where the dispersion is below one). q-values are corrected over all
    pairs of products and both tails.

    Examples
    --------
    >>> import pandas as pd
    >>> bought = {"tea": range(0, 60), "coffee": range(60, 120), "milk": range(0, 120, 2), "salt": range(120, 200)}
    >>> lines = [(order, product) for product, orders in bought.items() for order in orders]
    >>> orders = pd.DataFrame(lines, columns=["order_id", "product_id"])
    >>> result = pairs(orders, min_support=0.1)
    >>> result.table[["product_a", "product_b", "count", "adjusted_lift", "relation"]].head(2).round(1)
      product_a product_b  count  adjusted_lift    relation
    0    coffee      milk     30            3.8  complement
    1      milk       tea     30            3.8  complement
    """
    one_of("group_level", group_level, ("product", "category"))
    one_of("correction", correction, CORRECTIONS)
    one_of("cluster", cluster, ("customer_id", None))
    one_of("season", season, SEASONS)
    options = PairOptions(
        min_support=None if min_support is None else check_support(min_support, None)[0],
        clustered=cluster is not None,
        season=season,
        correction=correction,
        alpha=1 - number("level", level, low=0.5, high=0.999999),
        progress=flag("progress", progress),
    )
    line_filter = LineFilter.checked(returns, as_of)
    frame = opened(orders, argument="orders")
    column = "product_id" if group_level == "product" else "category"
    baskets = read_baskets(frame, line_filter, column=column, times=times_for(season))
    result, notes = test_pairs(baskets, options)
    side = column.removesuffix("_id")
    sample = (baskets.products[:1].tolist() or [""])[0]
    samples = {f"{side}_a": sample, f"{side}_b": sample}
    products = None
    if group_level == "category":
        by_product = read_baskets(frame, line_filter, times=times_for(season))
        lines = read_product_lines(frame, line_filter, keep=("category",)).frame
        products = explain_by_category(baskets, by_product, lines, options, frame)
    return Pairs(
        table=build_table(result.columns(side, baskets.products), like=frame, samples=samples),
        products=products,
        n_orders=baskets.n_orders,
        as_of=baskets.as_of,
        notes=(*baskets.notes, *notes),
    )
