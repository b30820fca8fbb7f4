"""Rules from one order to a later one of the same customer: what next, and when."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

import narwhals.stable.v2 as nw
import numpy as np

from .._core.arrays import Floats, Ints
from .._core.checks import flag, one_of
from .._core.durations import Duration
from .._core.engines import tell_library_errors
from .._core.frames import opened
from .._core.moments import DAY, SECOND
from .._core.notes import Note
from .._core.tables import build_table, product_names
from .._core.texts import LOCALES, Locale, counted, duration_in_words, within_in_words
from .._core.threads import Progress
from .._stats.multiple_testing import CORRECTIONS, Correction, adjust_p_values
from .._stats.quantiles import quantiles
from ..schema._for_topics import SchemaError
from ._evidence.clusters import Clusters
from ._evidence.conditions import SEASONS, Conditions, Season
from ._evidence.customer_squares import RuleLists
from ._evidence.expected import expect_orders, upper_tail
from ._evidence.follow_ups import FollowedOrders, follow_orders
from ._evidence.order_lists import OrderLists, lists_of_products
from ._evidence.rule_tests import PRESCREEN_P
from ._evidence.strata import stratify_orders
from ._evidence.variances import design_effects
from ._itemsets import check_support
from ._mining.lines import LineFilter, Returns
from ._mining.postings import Postings, is_among
from ._mining.read import read_baskets
from ._mining.sparse import matrix_by_row
from ._mining.threshold import count_of_support
from ._output.result import ProductTable, as_of_prefix
from ._output.summary import summarize_next_orders

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MAX_RULES = 1_000
"""Rules that are listed when no support is given; more where several have the last count."""
SIDES = ("antecedent", "consequent")
GAPS = ("gap_p25", "gap_median", "gap_p75")
SECONDS_PER_DAY = DAY // SECOND
ALPHA = 0.05
"""q-value below which a rule is real, and among the first of the table."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class NextOrders(ProductTable):
    """Rules from one order to a later one; made by :func:`ecommine.association.next_orders`.

    Attributes
    ----------
    table : eager table, one row per rule, real ones (q below .05) first, then by falling adjusted lift
        antecedent, consequent (product ids); count (orders with the antecedent that are followed by the consequent);
        support, antecedent_support, consequent_support (shares of orders, the last one of those followed by it);
        confidence; lift; adjusted_lift; p_value; q_value; gap_p25, gap_median, gap_p75 (days to the first such order).
    within : str
        The window.
    n_orders : int
        Orders of known customers whose window is over.
    as_of : datetime
        The moment up to which orders count.
    notes : tuple of Note
        What was left out; :mod:`ecommine.association` lists the codes.

    Examples
    --------
    >>> import pandas as pd
    >>> from ecommine import association
    >>> orders = pd.DataFrame({"order_id": [1, 2, 3], "customer_id": "ann", "product_id": ["printer", "ink", "ink"],
    ...                        "ordered_at": pd.to_datetime(["2024-01-01", "2024-01-11", "2024-06-01"])})
    >>> association.next_orders(orders, min_support=0.1).headline
    'as of 2024-06-01 00:00, 1 rule within 30 days of 2 orders, 0 at q < 0.05'
    """

    _NAME = "next_orders"

    table: Any
    within: str
    n_orders: int
    as_of: datetime
    notes: tuple[Note, ...]

    @property
    def headline(self) -> str:
        """The first line of the result."""
        frame = self._frame()
        n_real = int((frame["q_value"] < ALPHA).sum())
        rules = f"{counted(len(frame), 'rule')} {within_in_words(self.within)} of {counted(self.n_orders, 'order')}"
        return f"{as_of_prefix(self.as_of)}{rules}, {n_real:,} at q < {ALPHA}"

    def summary(self, *, names: object = None, locale: Locale = "en") -> str:
        """Return one or two sentences: how many rules are real, and which is the strongest.

        Parameters
        ----------
        names : table of products, mapping of id to name, or None
            Names of the products.
        locale : {"en", "zh"}
            The language of the sentences.
        """
        one_of("locale", locale, LOCALES)
        titles = product_names(names)
        return summarize_next_orders(
            self._frame(), self.n_orders, self.within, alpha=ALPHA, names=titles, locale=locale
        )

    def plot(
        self,
        ax: "Axes | None" = None,
        *,
        repeats: bool = False,
        names: object = None,
        locale: Locale = "en",
    ) -> "Axes":
        """Draw the days between the first order and the second, for the 20 strongest rules with q below .05.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Where to draw; by default a new figure.
        repeats : bool
            Whether to draw products that follow themselves too.
        names : table of products, mapping of id to name, or None
            Names of the products.
        locale : {"en", "zh"}
            The language of all text.
        """
        from ._output.plot_pairs import draw_next_orders

        one_of("locale", locale, LOCALES)
        repeats = one_of("repeats", repeats, (False, True))
        frame = self._frame().filter(nw.col("q_value") < ALPHA)
        frame = frame if repeats else frame.filter(nw.col("antecedent") != nw.col("consequent"))
        return draw_next_orders(frame, self.within, product_names(names), ax, locale)


@tell_library_errors
def next_orders(
    orders: object,
    /,
    *,
    within: str | timedelta = "30d",
    min_support: float | None = None,
    returns: Returns = "net",
    as_of: datetime | date | str | None = None,
    cluster: Literal["customer_id"] | None = "customer_id",
    season: Season | None = "auto",
    correction: Correction | None = "bh",
    progress: bool = False,
) -> NextOrders:
    r"""Find what customers buy in a later order after an order with a product, and how long after.

    Parameters
    ----------
    orders : table of order lines
        A table of any library with order_id, customer_id, product_id and ordered_at.
    within : str or timedelta
        The window after an order, such as ``"30d"``; not months or years, whose lengths differ. Orders whose window
        is still open at `as_of` may follow, but do not start a rule.
    min_support : float in (0, 1], optional
        The smallest share of orders that contain the antecedent and are followed by the consequent. Without it the
        1,000 most frequent rules are listed.
    returns, as_of
        As in :func:`ecommine.association.itemsets`; `as_of` is the last time in the data by default.
    cluster, season, correction
        As in :func:`ecommine.association.rules`.
    progress : bool, default False
        Show how many rules are tested, on standard error.

    Returns
    -------
    NextOrders
        A product may follow itself: then it is bought again.

    Raises
    ------
    ecommine.SchemaError
        If a column is missing.
    ValueError
        If `within` is no fixed length of time, or no order of a known customer has a window that is over.

    Notes
    -----
    An order is followed by b if the same customer has a later order with b within the window; orders of the same second
    are one moment. Windows and gaps are measured between instants, where :func:`ecommine.schema.orders` keeps them
    (`ordered_at_utc`), so that clock changes do not touch them. The gap is of orders within the window alone, and grows
    with it: it shows which product comes sooner than another, not when most customers come back. The test is that of
    :func:`ecommine.association.rules`, with strata by the season of the order and by the number of distinct products
    that follow, since customers who buy much later buy everything later. It does not separate a habit from a
    consequence: customers who like both products are a reason too.

    Examples
    --------
    >>> import pandas as pd
    >>> orders = pd.DataFrame({
    ...     "order_id": range(6), "customer_id": [1, 1, 2, 2, 3, 3],
    ...     "product_id": ["printer", "ink", "printer", "ink", "desk", "lamp"],
    ...     "ordered_at": pd.to_datetime(["2024-01-01", "2024-01-11", "2024-01-05", "2024-01-25", "2024-01-01",
    ...                                   "2024-05-01"]),
    ... })
    >>> result = next_orders(orders, min_support=0.1)
    >>> result.table[["antecedent", "consequent", "count", "confidence", "gap_p25", "gap_median", "gap_p75"]]
      antecedent consequent  count  confidence  gap_p25  gap_median  gap_p75
    0    printer        ink      2         1.0     12.5        15.0     17.5
    """
    one_of("correction", correction, CORRECTIONS)
    one_of("cluster", cluster, ("customer_id", None))
    one_of("season", season, SEASONS)
    progress = flag("progress", progress)
    window = Duration.parse(within, argument="within")
    if window.months or window.exact < timedelta(seconds=1):
        raise ValueError(
            f"`within` must be a fixed length of a second or more, got {within!r}: give days, such as '30d'"
        )
    share = None if min_support is None else check_support(min_support, None)[0]
    line_filter = LineFilter.checked(returns, as_of)
    frame = opened(orders, argument="orders")
    missing = [name for name in ("customer_id", "ordered_at") if name not in frame.collect_schema().names()]
    if missing:
        raise SchemaError("orders", [f"`{missing[0]}` is missing: the customer and time of each order are needed here"])
    baskets = read_baskets(frame, line_filter, times="required", with_instants=True)
    if baskets.as_of is None:
        raise ValueError("`orders` has no lines of products")
    conditions = Conditions.of(baskets, season, clustered=cluster is not None)
    followed = follow_orders(conditions.sample(baskets), window.exact)
    if not (baskets.customers is not None and (baskets.customers >= 0).any()):
        raise ValueError("`orders` has no known customer: the next order of a guest is unknown")
    if not followed.orders.n_orders:
        raise ValueError(
            f"`within`: no order of a known customer is {duration_in_words(window)} old at {baskets.as_of:%Y-%m-%d}"
        )
    options = _Options(
        min_support=share,
        clustered=cluster is not None,
        conditions=conditions,
        correction=correction,
        progress=progress,
    )
    columns, notes = _find_rules(followed, options)
    sample = (baskets.products[:1].tolist() or [""])[0]
    return NextOrders(
        table=build_table(columns, like=frame, samples=dict.fromkeys(SIDES, sample)),
        within=window.text,
        n_orders=followed.orders.n_orders,
        as_of=baskets.as_of,
        notes=(*baskets.notes, *_left_out_notes(followed, window), *conditions.notes, *notes),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Options:
    """Which rules are listed, and how they are tested."""

    min_support: float | None
    clustered: bool
    conditions: Conditions
    correction: Correction | None
    progress: bool


def _left_out_notes(followed: FollowedOrders, window: Duration) -> list[Note]:
    notes = []
    if followed.n_guest_orders:
        n = followed.n_guest_orders
        notes.append(Note(f"{counted(n, 'order')} of guests left out", code="guests_left_out", count=n))
    if followed.n_open_orders:
        n = followed.n_open_orders
        length, last = duration_in_words(window), f"{followed.as_of:%Y-%m-%d}"
        text = f"{counted(n, 'order')} cannot start a rule: placed less than {length} before {last}"
        notes.append(Note(text, code="open_window", count=n))
    return notes


def _find_rules(followed: FollowedOrders, options: _Options) -> tuple[dict[str, Any], list[Note]]:
    """Return the columns of the table, and note which rules are not listed."""
    orders, later = followed.orders, followed.later
    n_orders, n_products = orders.n_orders, len(orders.products)
    before = matrix_by_row(orders.starts, orders.items, n_products, dtype=np.int32)
    after = matrix_by_row(later.starts, later.items, n_products, dtype=np.int32)
    together = (before.T @ after).tocoo()
    min_count, notes = _smallest_count(together.data, options.min_support, n_orders)
    listed = np.flatnonzero(together.data >= min_count)
    a, b, count = together.row[listed], together.col[listed], together.data[listed].astype(np.int64)
    with_a, with_b = orders.count_orders(), later.count_orders()
    n_tests = int((with_a >= min_count).sum()) * int((with_b >= min_count).sum())
    mean, p = _test_rules(followed, a, b, count, options)
    q = adjust_p_values(p, options.correction, n_tests=n_tests)
    adjusted = np.divide(count, mean, out=np.full(len(mean), np.nan), where=mean > 0)
    order = np.lexsort((b, a, -count, -np.nan_to_num(adjusted).round(9), q >= ALPHA))
    columns = {
        "count": count,
        "support": count / n_orders,
        "antecedent_support": with_a[a] / n_orders,
        "consequent_support": with_b[b] / n_orders,
        "confidence": count / with_a[a],
        "lift": count * float(n_orders) / (with_a[a].astype(np.float64) * with_b[b]),
        "adjusted_lift": adjusted,
        "p_value": p,
        "q_value": q,
        **dict(zip(GAPS, _quartiles_of_gaps(followed, a, b).T, strict=True)),
    }
    sides = {name: orders.products[side[order]].tolist() for name, side in zip(SIDES, (a, b), strict=True)}
    return {**sides, **{name: values[order] for name, values in columns.items()}}, notes


def _smallest_count(counts: Ints, min_support: float | None, n_orders: int) -> tuple[int, list[Note]]:
    """Return the count that a rule must reach: that of the support, or of the 1,000th rule."""
    if min_support is not None:
        return count_of_support(min_support, n_orders), []
    if len(counts) <= MAX_RULES:
        return 1, []
    min_count = int(np.partition(counts, len(counts) - MAX_RULES)[len(counts) - MAX_RULES])
    n_not_listed = int((counts < min_count).sum())
    if not n_not_listed:
        return min_count, []
    orders = counted(min_count, "order")
    text = f"{counted(n_not_listed, 'rule')} in fewer than {orders} not listed: give `min_support` to choose"
    return min_count, [Note(text, code="rare_rules_not_listed", count=n_not_listed)]


def _test_rules(followed: FollowedOrders, a: Ints, b: Ints, count: Ints, options: _Options) -> tuple[Floats, Floats]:
    """Return the orders expected by chance, and the p-values."""
    conditions = options.conditions
    strata = stratify_orders(followed.later, conditions)
    orders = followed.orders
    customer_of_order = orders.cluster_of_order if options.clustered else np.arange(orders.n_orders)
    clusters = Clusters.make(customer_of_order, strata, conditions.time_blocks(orders))
    (antecedents, left), (consequents, right) = (np.unique(codes, return_inverse=True) for codes in (a, b))
    before = lists_of_products(Postings(followed.orders), antecedents.tolist(), clusters)
    after = lists_of_products(Postings(followed.later), consequents.tolist(), clusters)
    lists, right = OrderLists.make([*before, *after], clusters), len(before) + right
    shares = strata.shares(lists.count_by_stratum(strata.n_strata))
    rules = RuleLists(lists=lists, left=left, right=right, shares=shares, left_row=left, right_row=right)
    chance = expect_orders(rules.left_share, rules.right_share, np.ones(1), strata.n_orders)
    mean, dispersion = chance.mean, chance.dispersion
    if not conditions.can_test:
        return mean, np.full(len(mean), np.nan)
    p = upper_tail(count, mean, dispersion)
    if not clusters.are_independent:
        rows = np.flatnonzero(p < PRESCREEN_P)
        bar = Progress("test", len(rows), "rules", is_shown=options.progress)
        effects = design_effects(replace(rules.take(rows), progress=bar), clusters, (mean * dispersion)[rows])
        p[rows] = upper_tail(count[rows], mean[rows], dispersion[rows] * effects)
    return mean, p


def _quartiles_of_gaps(followed: FollowedOrders, a: Ints, b: Ints) -> Floats:
    """Compute the quartiles of the gaps of each rule in days: shape (n_rules, 3)."""
    later, quartiles = followed.later, np.empty((len(a), 3))
    before, after = Postings(followed.orders), Postings(later)
    seconds = matrix_by_row(later.starts, later.items, len(later.products), followed.gaps).tocsc()
    for row, (left, right) in enumerate(zip(a.tolist(), b.tolist(), strict=True)):
        column = slice(seconds.indptr[right], seconds.indptr[right + 1])
        follows_left = is_among(after.orders_with([right]), before.orders_with([left]))
        quartiles[row] = quantiles(seconds.data[column][follows_left], unit=SECONDS_PER_DAY)
    return quartiles
