"""Rules from one order to a later one of the same customer: what next, and when."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

import narwhals.stable.v2 as nw
import numpy as np

from .._core.checks import counted, one_of
from .._core.durations import Duration
from .._core.frames import opened
from ..schema._for_topics import SchemaError
from ._correction import CORRECTIONS, Correction, q_values
from ._encoding import Ints
from ._evidence.clusters import Clusters
from ._evidence.expected import Strata, strata, upper_tail
from ._evidence.follow_ups import Followed, followed
from ._evidence.per_rule import Side, design_effects, stratum_counts
from ._evidence.rule_tests import WORTH
from ._itemsets import checked_support
from ._mining.baskets import Returns, read_baskets
from ._mining.postings import Postings, is_in
from ._mining.select import least_count
from ._mining.sparse import by_row
from ._names import named, typed
from ._output.measures import Floats
from ._output.result import ProductTable, dated
from ._output.summary import Locale

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST = 1_000
"""Rules that are listed when no support is given."""
SIDES = ("antecedent", "consequent")
DAY = 86_400
REAL = 0.05
"""q-value below which a rule stands among the first."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class NextOrders(ProductTable):
    """Rules from one order to a later one; made by :func:`ecommine.association.next_orders`.

    Attributes
    ----------
    table : eager table, one row a rule, real ones first, then by falling adjusted lift
        antecedent, consequent (product ids); count (orders with the antecedent that are followed by the consequent);
        support, antecedent_support, consequent_support (shares of orders, the last of those followed by it);
        confidence; lift; adjusted_lift; p_value; q_value; gap_p25, gap_median, gap_p75 (days to the first such order).
    within : str
        The window.
    n_orders : int
        Orders of known customers whose window is over.
    as_of : datetime
        The moment up to which orders count.
    notes : tuple of str
        What was left out.

    Examples
    --------
    >>> import pandas as pd
    >>> from ecommine import association
    >>> orders = pd.DataFrame({"order_id": [1, 2, 3], "customer_id": "ann", "product_id": ["printer", "ink", "ink"],
    ...                        "ordered_at": pd.to_datetime(["2024-01-01", "2024-01-11", "2024-06-01"])})
    >>> association.next_orders(orders, min_support=0.1).headline
    'as of 2024-06-01 00:00, 1 rule within 30d of 2 orders, 0 at q < 0.05'
    """

    _NAME = "next_orders"

    table: Any
    within: str
    n_orders: int
    as_of: datetime
    notes: tuple[str, ...]

    @property
    def headline(self) -> str:
        """What stands on the first line."""
        frame = self._frame()
        rules, orders = counted(len(frame), "rule"), counted(self.n_orders, "order")
        real = int((frame["q_value"] < REAL).sum())
        return f"{dated(self.as_of)}{rules} within {self.within} of {orders}, {real:,} at q < {REAL}"

    def plot(
        self,
        ax: "Axes | None" = None,
        *,
        repeats: bool = False,
        names: object = None,
        locale: Locale = "en",
    ) -> "Axes":
        """Draw how many days after the first order the second follows, for the 20 strongest real rules.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Where to draw; by default a new figure.
        repeats : bool
            Also draw products that follow themselves.
        names : table of products, mapping of id to name, or None
            Names of the products.
        locale : {"en", "zh"}
            The language of all text.
        """
        from ._output.plot_pairs import draw_next

        one_of("locale", locale, ("en", "zh"))
        frame = self._frame().filter(nw.col("q_value") < REAL)
        frame = frame if repeats else frame.filter(nw.col("antecedent") != nw.col("consequent"))
        return draw_next(frame, self.within, named(names), ax, locale)


def next_orders(
    orders: object,
    /,
    *,
    within: str | timedelta = "30d",
    min_support: float | None = None,
    returns: Returns = "net",
    as_of: datetime | date | str | None = None,
    cluster: Literal["customer_id"] | None = "customer_id",
    correction: Correction | None = "bh",
) -> NextOrders:
    r"""Find what customers buy in a later order after an order with a product, and how long after.

    Parameters
    ----------
    orders : table of order lines
        Any library's table with order_id, customer_id, product_id and ordered_at.
    within : str or timedelta
        The window after an order, such as ``"30d"``; not months or years, whose lengths differ. Orders whose window
        is not over at `as_of` are followed, but do not start a rule.
    min_support : float in (0, 1], optional
        The least share of orders that hold the antecedent and are followed by the consequent. Without it the 1,000
        most frequent rules are listed.
    returns, as_of
        As in :func:`ecommine.association.itemsets`; `as_of` is the last time in the data by default.
    cluster, correction
        As in :func:`ecommine.association.rules`.

    Returns
    -------
    NextOrders
        Frozen. A product may follow itself: that is when it is bought again.

    Raises
    ------
    ecommine.SchemaError
        If a column is missing.
    ValueError
        If `within` is no fixed length of time, or no order of a known customer has a window that is over.

    Notes
    -----
    An order is followed by b if the same customer has a later order with b within the window; orders of the same
    second are one moment. The gap is of orders within the window alone, and grows with it: it tells which product comes
    sooner than another, not when most customers come back. The test is that of :func:`ecommine.association.rules`, with
    strata by the number of different products that follow: who buys much later buys everything later. It does not tell
    a habit from a consequence: customers who like both products are a reason too.

    Examples
    --------
    >>> import pandas as pd
    >>> orders = pd.DataFrame({
    ...     "order_id": range(6), "customer_id": [1, 1, 2, 2, 3, 3],
    ...     "product_id": ["printer", "ink", "printer", "ink", "desk", "lamp"],
    ...     "ordered_at": pd.to_datetime(["2024-01-01", "2024-01-11", "2024-01-05", "2024-01-25", "2024-01-01",
    ...                                   "2024-05-01"]),
    ... })
    >>> found = next_orders(orders, min_support=0.1)
    >>> found.table[["antecedent", "consequent", "count", "confidence", "gap_p25", "gap_median", "gap_p75"]]
      antecedent consequent  count  confidence  gap_p25  gap_median  gap_p75
    0    printer        ink      2         1.0     12.5        15.0     17.5
    """
    one_of("correction", correction, CORRECTIONS)
    one_of("cluster", cluster, ("customer_id", None))
    window = Duration.parse(within, argument="within")
    if window.months or window.exact < timedelta(seconds=1):
        raise ValueError(
            f"`within` must be a fixed length of a second or more, got {within!r}: give days, such as '30d'"
        )
    share = None if min_support is None else checked_support(min_support, None)[0]
    like = opened(orders, argument="orders")
    missing = [name for name in ("customer_id", "ordered_at") if name not in like.collect_schema().names()]
    if missing:
        raise SchemaError("orders", [f"`{missing[0]}` is missing: rules between orders need to know whose and when"])
    baskets = read_baskets(orders, returns=returns, as_of=as_of, with_times=True)
    if baskets.as_of is None:
        raise ValueError("`orders` has no lines, so that no window is over")
    found, guests, immature = followed(baskets, baskets.as_of, window.exact)
    if guests == baskets.n_orders:
        raise ValueError("`orders` has no known customer: all orders are of guests, whose next order nobody knows")
    if not found.orders.n_orders:
        raise ValueError(f"`within`: no order of a known customer is {window.text} old at {baskets.as_of:%Y-%m-%d}")
    columns, notes = _rules(found, share, cluster is not None, correction)
    left_out = [f"{counted(guests, 'order')} of guests left out"] if guests else []
    if immature:
        left_out.append(f"{counted(immature, 'order')} start no rule: their {window.text} are not over")
    return NextOrders(
        table=typed(columns, dict.fromkeys(SIDES, (baskets.products[:1].tolist() or [""])[0]), like),
        within=window.text,
        n_orders=found.orders.n_orders,
        as_of=baskets.as_of,
        notes=(*baskets.notes, *left_out, *notes),
    )


def _rules(
    found: Followed, share: float | None, clustered: bool, correction: Correction | None
) -> tuple[dict[str, Any], list[str]]:
    n, n_products = found.orders.n_orders, len(found.orders.products)
    before = by_row(found.orders.starts, found.orders.items, n_products, dtype=np.int32)
    after = by_row(found.later.starts, found.later.items, n_products, dtype=np.int32)
    together = (before.T @ after).tocoo()
    least, notes = _least(together.data, share, n)
    kept = np.flatnonzero(together.data >= least)
    a, b, count = together.row[kept], together.col[kept], together.data[kept].astype(np.int64)
    with_a, with_b = (np.bincount(one.items, minlength=n_products) for one in (found.orders, found.later))
    family = int((with_a >= least).sum()) * int((with_b >= least).sum())
    groups = strata(found.later)
    mean, p, gaps = _tested(found, groups, a, b, count, clustered)
    q = q_values(p, family, correction)
    adjusted = np.divide(count, mean, out=np.full(len(mean), np.nan), where=mean > 0)
    order = np.lexsort((b, a, -count, -np.nan_to_num(adjusted).round(9), q >= REAL))
    labels = found.orders.products
    columns = {
        "count": count,
        "support": count / n,
        "antecedent_support": with_a[a] / n,
        "consequent_support": with_b[b] / n,
        "confidence": count / with_a[a],
        "lift": count * float(n) / (with_a[a].astype(np.float64) * with_b[b]),
        "adjusted_lift": adjusted,
        "p_value": p,
        "q_value": q,
        **{name: gaps[:, place] for place, name in enumerate(("gap_p25", "gap_median", "gap_p75"))},
    }
    sides = {side: labels[one[order]].tolist() for side, one in zip(SIDES, (a, b), strict=True)}
    return {**sides, **{name: one[order] for name, one in columns.items()}}, notes


def _least(counts: Ints, share: float | None, n_orders: int) -> tuple[int, list[str]]:
    if share is not None:
        return least_count(share, n_orders), []
    if len(counts) <= MOST:
        return 1, []
    least = int(np.partition(counts, len(counts) - MOST)[len(counts) - MOST])
    return least, [f"rules of fewer than {counted(least, 'order')} are not listed: give min_support to choose"]


def _tested(
    found: Followed, groups: Strata, a: Ints, b: Ints, count: Ints, clustered: bool
) -> tuple[Floats, Floats, Floats]:
    """Return what chance expects, the p-values, and the quartiles of the gap in days."""
    before, after = Postings(found.orders), Postings(found.later)
    of_order = found.orders.clusters if clustered else np.arange(found.orders.n_orders)
    clusters = Clusters.make(of_order, groups)
    (left, place_a), (right, place_b) = (_shares(one, codes, groups) for one, codes in ((before, a), (after, b)))
    mean = ((left * groups.orders)[place_a] * right[place_b]).sum(axis=1)
    p = upper_tail(count, mean)
    if clustered:
        rows = np.flatnonzero(p < WORTH)
        sides = (Side(postings=before, sets=a[rows, None]), Side(postings=after, sets=b[rows, None]))
        effects = design_effects(clusters, *sides, left[place_a[rows]], right[place_b[rows]], groups)
        p[rows] = upper_tail(count[rows] / effects, mean[rows] / effects)
    gaps = np.empty((len(a), 3))
    seconds = by_row(found.later.starts, found.later.items, len(found.later.products), found.gaps).tocsc()
    for row, (x, y) in enumerate(zip(a.tolist(), b.tolist(), strict=True)):
        column = slice(seconds.indptr[y], seconds.indptr[y + 1])
        gap = seconds.data[column][is_in(after.of([y]), before.of([x]))]
        gaps[row] = np.quantile(gap / DAY, (0.25, 0.5, 0.75))
    return mean, p, gaps


def _shares(postings: Postings, codes: Ints, groups: Strata) -> tuple[Floats, Ints]:
    """Return the shares of the products by stratum, and the row of each code in them."""
    used, places = np.unique(codes, return_inverse=True)
    return groups.shares(stratum_counts(Side(postings=postings, sets=used[:, None]), groups)), places
