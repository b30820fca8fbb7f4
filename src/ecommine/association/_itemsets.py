"""Frequent itemsets, straight from order lines."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np

from .._core.checks import counted, integer, number, one_of
from .._core.frames import Frame, opened
from ._mining.baskets import Baskets, Returns, read_baskets
from ._mining.select import KINDS, Kind, Mined, least_count, mine, of_kind, ranked
from ._mining.tree import Level
from ._names import typed
from ._output.lists import Lists
from ._output.result import ProductTable, dated

TOP = 1_000
"""Itemsets that are mined when neither a support nor a number is given."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Itemsets(ProductTable):
    """Products that are bought together often; made by :func:`ecommine.association.itemsets`.

    Attributes
    ----------
    table : eager table, one row an itemset, the most frequent first
        itemset (a list of product ids, ascending), size, count (orders with all of them), support (their share).
    n_orders : int
        Orders with at least one product.
    least : int
        The least count of an itemset.
    kind : {"all", "closed", "maximal"}
        Which itemsets are listed.
    truncated : bool
        Whether `top` left out itemsets that a lower support would find.
    as_of : datetime or None
        The moment up to which orders count.
    notes : tuple of str
        What was left out.

    Examples
    --------
    >>> import pandas as pd
    >>> from ecommine import association
    >>> orders = pd.DataFrame({"order_id": [1, 1, 2, 2, 3], "product_id": ["tea", "milk", "tea", "milk", "tea"]})
    >>> found = association.itemsets(orders, min_support=0.5)
    >>> found.headline
    '3 itemsets in at least 2 of 3 orders'
    >>> found.to_flat()
          itemset  size  count   support
    0         tea     1      3  1.000000
    1        milk     1      2  0.666667
    2  milk + tea     2      2  0.666667
    """

    _SIDES = 1
    _NAME = "itemsets"

    table: Any
    n_orders: int
    least: int
    kind: Kind
    truncated: bool
    as_of: datetime | None
    notes: tuple[str, ...]
    _baskets: Baskets | None
    _levels: tuple[Level, ...]

    @property
    def headline(self) -> str:
        """What stands on the first line."""
        kind = "" if self.kind == "all" else f"{self.kind} "
        found, orders = counted(len(self._frame()), kind + "itemset"), counted(self.n_orders, "order")
        return f"{dated(self.as_of)}{found} in at least {self.least:,} of {orders}"


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
    r"""Find the sets of products that many orders hold.

    Parameters
    ----------
    orders : table of order lines
        Any library's table with order_id and product_id. Where it has line_type only lines of products count; several
        lines of a product in one order count once; orders of guests count.
    min_support : float in (0, 1], optional
        The least share of orders. Without it the `top` most frequent itemsets are found.
    top : int, optional
        How many of the most frequent itemsets to find, 1,000 where no support is given. Mined in bounded memory, with
        a support that rises on the way.
    max_size : int, optional
        The most products of an itemset.
    kind : {"all", "closed", "maximal"}
        "closed": those without a superset of the same count, from which all counts follow; "maximal": those without
        any frequent superset. Both are exact also under `max_size`: larger supersets count. With `top` they are those
        among the itemsets that are at least as frequent as the last, ties included.
    items : sequence of product ids, optional
        Only these products count. The orders are still all orders.
    returns : {"net", "drop", "keep"}
        A return is a line with negative quantity or amount. "net": a product counts if the order keeps more of it
        than it gives back; "drop": such lines are left out; "keep": they count as any other.
    as_of : datetime, date or ISO 8601 text, optional
        Lines after it are left out.

    Returns
    -------
    Itemsets
        Frozen; ``.table`` is eager: of the caller's library, Polars for a LazyFrame, else pandas.

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
    share, wanted = checked_support(min_support, top)
    longest = None if max_size is None else integer("max_size", max_size, low=1)
    like = opened(orders, argument="orders")
    deeper = longest if longest is None or kind == "all" else longest + 1  # supersets decide what is closed
    if like.implementation.is_pyspark() or like.implementation.is_pyspark_connect():
        from ._mining.engine_spark import mine_on_spark

        found = mine_on_spark(orders, share, wanted, longest=deeper, items=items, returns=returns, as_of=as_of)
    else:
        found = _mine_here(orders, share, wanted, deeper, items, returns, as_of, ties=kind != "all")
    kept = of_kind(found.mined.levels, kind, len(found.products))
    listed = [level for level in kept[:longest] if len(level.counts)]
    return Itemsets(
        table=_table(listed, found, like),
        n_orders=found.n_orders,
        least=found.mined.least,
        kind=kind,
        truncated=found.mined.left_out is not None,
        as_of=found.as_of,
        notes=(*found.notes, *cut_notes(found.mined, wanted)),
        _baskets=found.baskets,
        _levels=found.mined.levels,
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Found:
    """What any engine finds: itemsets in codes, and what the codes mean."""

    mined: Mined
    products: "np.ndarray[Any, Any]"
    n_orders: int
    as_of: datetime | None
    notes: tuple[str, ...]
    baskets: Baskets | None


def _mine_here(
    orders: object,
    share: float | None,
    top: int | None,
    longest: int | None,
    items: Sequence[object] | None,
    returns: Returns,
    as_of: datetime | date | str | None,
    *,
    ties: bool,
) -> Found:
    baskets = read_baskets(orders, returns=returns, as_of=as_of, items=items)
    least = 1 if share is None else least_count(share, baskets.n_orders)
    return Found(
        mined=mine(baskets, least=least, top=top, longest=longest, ties=ties),
        products=baskets.products,
        n_orders=baskets.n_orders,
        as_of=baskets.as_of,
        notes=baskets.notes,
        baskets=baskets,
    )


def checked_support(min_support: float | None, top: int | None) -> tuple[float | None, int | None]:
    """Check the two ways to say how frequent is frequent; one of them always holds."""
    share = None if min_support is None else number("min_support", min_support, low=0, high=1)
    if share == 0:
        raise ValueError("`min_support` must be above 0, got 0: every subset of every order would be frequent")
    wanted = None if top is None else integer("top", top, low=1)
    return share, TOP if share is None and wanted is None else wanted


def cut_notes(mined: Mined, top: int | None) -> list[str]:
    """Say what the number of wanted itemsets left out."""
    if mined.left_out is None or top is None:
        return []
    ties = f" and {mined.left_out:,} of {mined.least:,} orders" if mined.left_out else ""
    return [f"truncated at {top:,}: itemsets in fewer than {mined.least:,} orders{ties} are not listed"]


def _table(listed: Sequence[Level], found: Found, like: Frame) -> Any:
    order, sizes, _ = ranked(listed)
    counts = np.concatenate([np.zeros(0, np.int64), *(level.counts for level in listed)])[order]
    lists = Lists(found.products, [level.items for level in listed])
    columns = {
        "itemset": lists.column(order, like),
        "size": sizes[order],
        "count": counts,
        "support": counts / max(found.n_orders, 1),
    }
    return typed(columns, {"itemset": lists.sample}, like)
