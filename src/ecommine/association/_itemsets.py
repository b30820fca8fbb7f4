"""Frequent itemsets, straight from order lines."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np

from .._core.checks import integer, number, one_of
from .._core.engines import tell_library_errors
from .._core.frames import Frame, opened
from .._core.notes import Note
from .._core.tables import build_table, product_names
from .._core.texts import LOCALES, Locale, counted
from ._mining.baskets import Baskets
from ._mining.engine_spark import is_on_spark, mine_on_spark
from ._mining.lines import LineFilter, Returns
from ._mining.mine import KINDS, Kind, MinedItemsets, MinedOrders, cut_off_notes, keep_kind, mine, rank_itemsets
from ._mining.read import Times, read_baskets
from ._mining.threshold import count_of_support
from ._mining.tree import Level
from ._output.lists import ProductLists
from ._output.result import ProductTable, as_of_prefix
from ._output.summary import summarize_itemsets

DEFAULT_TOP = 1_000
"""Itemsets that are mined when neither a support nor a number is given."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Itemsets(ProductTable):
    """Products that are bought together often; made by :func:`ecommine.association.itemsets`.

    Attributes
    ----------
    table : eager table, one row per itemset, the most frequent first
        itemset (a list of product ids, ascending), size, count (orders with all of them), support (their share).
    n_orders : int
        Orders with at least one product.
    min_count : int
        The smallest count of an itemset.
    kind : {"all", "closed", "maximal"}
        Which itemsets are listed.
    truncated : bool
        Whether `top` left out itemsets that a lower support would find.
    as_of : datetime or None
        The moment up to which orders count.
    notes : tuple of Note
        What was left out; :mod:`ecommine.association` lists the codes.

    Examples
    --------
    >>> import pandas as pd
    >>> from ecommine import association
    >>> orders = pd.DataFrame({"order_id": [1, 1, 2, 2, 3], "product_id": ["tea", "milk", "tea", "milk", "tea"]})
    >>> result = association.itemsets(orders, min_support=0.5)
    >>> result.headline
    '3 itemsets in at least 2 of 3 orders'
    >>> result.to_flat()
          itemset  size  count   support
    0         tea     1      3  1.000000
    1        milk     1      2  0.666667
    2  milk + tea     2      2  0.666667
    """

    _N_SIDES = 1
    _NAME = "itemsets"

    table: Any
    n_orders: int
    min_count: int
    kind: Kind
    truncated: bool
    as_of: datetime | None
    notes: tuple[Note, ...]
    _baskets: Baskets | None
    _levels: tuple[Level, ...]

    @property
    def headline(self) -> str:
        """The first line of the result."""
        kind = "" if self.kind == "all" else f"{self.kind} "
        itemsets, orders = counted(len(self._frame()), kind + "itemset"), counted(self.n_orders, "order")
        return f"{as_of_prefix(self.as_of)}{itemsets} in at least {self.min_count:,} of {orders}"

    def summary(self, *, names: object = None, locale: Locale = "en") -> str:
        """Return one or two sentences: how many itemsets there are, and which is bought together most.

        Parameters
        ----------
        names : table of products, mapping of id to name, or None
            Names of the products.
        locale : {"en", "zh"}
            The language of the sentences.
        """
        one_of("locale", locale, LOCALES)
        titles = product_names(names)
        return summarize_itemsets(self._frame(), self.n_orders, self.min_count, names=titles, locale=locale)


@tell_library_errors
def itemsets(
    orders: object,
    /,
    *,
    min_support: float | None = None,
    top: int | None = None,
    max_size: int | None = None,
    kind: Kind = "all",
    items: Sequence[object] | None = None,
    returns: Returns = "net",
    as_of: datetime | date | str | None = None,
) -> Itemsets:
    r"""Find the sets of products that many orders contain.

    Parameters
    ----------
    orders : table of order lines
        A table of any library with order_id and product_id. With line_type only lines of products count; several lines
        of a product in one order count once; orders of guests count.
    min_support : float in (0, 1], optional
        The smallest share of orders. Without it the `top` most frequent itemsets are found.
    top : int, optional
        Number of most frequent itemsets, 1,000 if no support is given. Mined in bounded memory, with a support that
        rises on the way.
    max_size : int, optional
        The largest number of products in an itemset.
    kind : {"all", "closed", "maximal"}
        "closed": those without a superset of the same count, from which all counts follow; "maximal": those without
        any frequent superset. Both are exact also under `max_size`: larger supersets count. With `top` they are those
        among the itemsets that are at least as frequent as the last, ties included.
    items : sequence of product ids, optional
        Only these products count. All orders still do.
    returns : {"net", "drop", "keep"}
        A return is a line with negative quantity or amount. "net": a product counts if the order keeps more of it
        than it gives back; "drop": such lines are left out; "keep": they count as any other.
    as_of : datetime, date or ISO 8601 text, optional
        Lines after it are left out.

    Returns
    -------
    Itemsets
        ``.table`` is eager: of the caller's library, Polars for a LazyFrame, else pandas.

    Raises
    ------
    ecommine.SchemaError
        If order_id or product_id is missing.
    ValueError
        If an option is out of its range, or `items` names a product that no order holds.

    Notes
    -----
    An itemset is frequent if its count is at least the smallest whole number that is ``min_support`` times the number
    of orders. On Spark the itemsets come from MLlib's FP-growth and `min_support` must be given.

    References
    ----------
    Agrawal, R. and Srikant, R. (1994). Fast algorithms for mining association rules. VLDB 1994, 487-499.

    Zaki, M. J. (2000). Scalable algorithms for association mining. IEEE TKDE 12(3), 372-390.
    https://doi.org/10.1109/69.846291

    Uno, T., Kiyomi, M. and Arimura, H. (2004). LCM ver. 2: Efficient mining algorithms for frequent/closed/maximal
    itemsets. FIMI 2004.

    Examples
    --------
    >>> import pandas as pd
    >>> orders = pd.DataFrame({
    ...     "order_id": [1, 1, 1, 2, 2, 3, 3, 4],
    ...     "product_id": ["bread", "butter", "jam", "bread", "butter", "bread", "jam", "milk"],
    ... })
    >>> itemsets(orders, min_support=0.5).table
               itemset  size  count  support
    0          [bread]     1      3     0.75
    1         [butter]     1      2     0.50
    2            [jam]     1      2     0.50
    3  [bread, butter]     2      2     0.50
    4     [bread, jam]     2      2     0.50
    """
    one_of("kind", kind, KINDS)
    share, n_top = check_support(min_support, top)
    largest = None if max_size is None else integer("max_size", max_size, low=1)
    line_filter = LineFilter.checked(returns, as_of)
    frame = opened(orders, argument="orders")
    mined_size = largest if largest is None or kind == "all" else largest + 1  # supersets decide what is closed
    if is_on_spark(frame):
        mined = mine_on_spark(frame, line_filter, share, n_top, max_size=mined_size, items=items)
    else:
        baskets = read_baskets(frame, line_filter, items=items, times="optional")
        mined = _mine_in_memory(baskets, share, n_top, mined_size, keep_ties=kind != "all")
    levels = keep_kind(mined.itemsets.levels, kind, len(mined.products))
    return Itemsets(
        table=_table([level for level in levels[:largest] if len(level.counts)], mined, frame),
        n_orders=mined.n_orders,
        min_count=mined.itemsets.min_count,
        kind=kind,
        truncated=mined.itemsets.n_cut_off is not None,
        as_of=mined.as_of,
        notes=(*mined.notes, *cut_off_notes(mined.itemsets, n_top)),
        _baskets=mined.baskets,
        _levels=mined.itemsets.levels,
    )


def check_support(min_support: float | None, top: int | None) -> tuple[float | None, int | None]:
    """Check the smallest share and the number of itemsets wanted; where both are None the number has a default."""
    share = None if min_support is None else number("min_support", min_support, low=0, high=1)
    if share == 0:
        raise ValueError("`min_support` must be above 0, got 0: every subset of every order would be frequent")
    n_top = None if top is None else integer("top", top, low=1)
    return share, DEFAULT_TOP if share is None and n_top is None else n_top


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ItemsetsForRules:
    """The itemsets that rules are made of, their orders, and the caller's table."""

    baskets: Baskets
    itemsets: MinedItemsets
    frame: Frame
    notes: tuple[Note, ...]


def itemsets_for_rules(
    orders: object, min_support: float | None, max_size: int | None, *, times: Times
) -> ItemsetsForRules:
    """Mine the itemsets that rules are made of, or use those that were mined before."""
    if isinstance(orders, Itemsets):
        return _mined_before(orders, min_support)
    share, top = check_support(min_support, None)
    frame = opened(orders, argument="orders")
    baskets = read_baskets(frame, times=times)
    min_count = 1 if share is None else count_of_support(share, baskets.n_orders)
    itemsets = mine(baskets, min_count=min_count, top=top, min_size=1 if top is None else 2, max_size=max_size)
    notes = (*baskets.notes, *cut_off_notes(itemsets, top))
    return ItemsetsForRules(baskets=baskets, itemsets=itemsets, frame=frame, notes=notes)


def _mined_before(itemsets: Itemsets, min_support: float | None) -> ItemsetsForRules:
    if itemsets.kind != "all":
        raise ValueError(f"`orders` must be itemsets of kind 'all', got {itemsets.kind!r}: mine them with kind='all'")
    if min_support is not None:
        raise ValueError("`min_support` is that of the itemsets: leave it out")
    if itemsets._baskets is None:
        raise ValueError("`orders`: itemsets mined on Spark do not keep their orders: give the orders instead")
    return ItemsetsForRules(
        baskets=itemsets._baskets,
        itemsets=MinedItemsets(levels=itemsets._levels, min_count=itemsets.min_count, n_cut_off=None),
        frame=itemsets._frame(),
        notes=itemsets.notes,
    )


def _mine_in_memory(
    baskets: Baskets, min_support: float | None, top: int | None, max_size: int | None, *, keep_ties: bool
) -> MinedOrders:
    min_count = 1 if min_support is None else count_of_support(min_support, baskets.n_orders)
    itemsets: MinedItemsets = mine(baskets, min_count=min_count, top=top, max_size=max_size, keep_ties=keep_ties)
    return MinedOrders(
        itemsets=itemsets,
        products=baskets.products,
        n_orders=baskets.n_orders,
        as_of=baskets.as_of,
        notes=baskets.notes,
        baskets=baskets,
    )


def _table(levels: Sequence[Level], mined: MinedOrders, like: Frame) -> Any:
    order, sizes, _ = rank_itemsets(levels)
    counts = np.concatenate([np.zeros(0, np.int64), *(level.counts for level in levels)])[order]
    lists = ProductLists(mined.products, [level.items for level in levels])
    columns = {
        "itemset": lists.column(order, like),
        "size": sizes[order],
        "count": counts,
        "support": counts / max(mined.n_orders, 1),
    }
    return build_table(columns, like=like, samples={"itemset": lists.sample})
