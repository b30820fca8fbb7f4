"""Who needs what again, and when: reminders by customer and product."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
from narwhals.stable.v2.typing import IntoFrame

from .._core.arrays import Floats, Ints, sort_order
from .._core.checks import confidence_level, integer, one_of
from .._core.engines import tell_library_errors
from .._core.notes import Note
from .._core.results import Result
from .._core.texts import LOCALES, Locale, counted
from .._stats.arrays import divide
from ._models.buying import (
    DUE_SOON,
    NOT_PREDICTABLE,
    ON_TRACK,
    OVERDUE,
    STOPPED,
    features,
    learn_buying,
    sample_of,
    substitutes,
    visits_of,
)
from ._models.chance import one_thread
from ._models.gaps import MEDIAN, Expected, TypicalGaps, typical_gaps
from ._options import shown_moment, whole_days
from ._read.pairs import PairDays, read_pairs
from ._reminders import NO_DAY, Due, SinglePurchases, messages, messages_table, products_table, reminders_table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MIN_GAPS = 30
"""Gaps of a product, below which its predictability is null."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Replenishment(Result):
    """Reminders by customer and product; made by :func:`ecommine.retention.replenishment`.

    Attributes
    ----------
    table : eager table of the caller's library, one row per customer and product, most probable first
        customer_id; the columns of `by`; purchases (days of purchase); usual_gap (days, the customer's own typical
        gap, shrunk to the product's); last_at; due_at (when half of such customers have bought again, given the
        silence so far; the day that was due, if it has passed) with due_low and due_high; remind_at (`remind` before
        the day that was due at the last purchase); probability (of buying within the window); status; substitute
        (another product of the category that the customer has bought since).
    products : eager table, one row per product
        The columns of `by`; customers; repeat_customers; typical_gap (median days, Wang and Chang); predictability
        (share of gaps that end within 20 % of what the customer's earlier ones let expect).
    as_of : datetime or None
    window, remind : int
        Days.
    by : tuple of str
    power : float
        Of the quantity: twice the quantity makes a gap 2 ** power times as long.
    level : float
    notes : tuple of Note
        See the codes in :mod:`ecommine.retention`.

    Notes
    -----
    status is "overdue" (due_at has passed: by then half of such customers had bought again, counted from the last
    purchase), "due_soon" (due_at is within the window, so that the probability is one half or more), "on_track" (it is
    later, so that the probability is below one half), "stopped" (silent for so long that fewer than half of such
    customers ever buy again, as far as the data reach: no due_at), or "not_predictable" (a single purchase, or fewer
    than half of such customers buy again at all). due_low and due_high are null where the curve of such customers does
    not reach so far: due_high, where more than 2.5 % (at level .95) never buy again as far as the data reach.

    Examples
    --------
    >>> import pandas as pd
    >>> from ecommine import retention
    >>> orders = pd.DataFrame({"order_id": [1, 2], "customer_id": "ann", "product_id": "tea", "amount": [9.0, 5.0],
    ...                        "ordered_at": pd.to_datetime(["2024-03-01", "2024-03-08"])})
    >>> retention.replenishment(orders).headline
    'as of 2024-03-08 00:00, 1 pair of customer and product_id, 0 due within 14 days or overdue'
    """

    table: Any
    products: Any
    as_of: datetime | None
    window: int
    remind: int
    by: tuple[str, ...]
    power: float
    level: float
    notes: tuple[Note, ...]
    _due: Due

    @property
    def headline(self) -> str:
        """The first line of the display."""
        n, ready = self._due.n_pairs, int((self._due.status >= DUE_SOON).sum())
        pairs = f"{counted(n, 'pair')} of customer and {' and '.join(self.by)}"
        return (
            f"as of {shown_moment(self.as_of)}, {pairs}, {ready:,} due within {counted(self.window, 'day')} or overdue"
        )

    @property
    def tables(self) -> Mapping[str, Any]:
        """The tables by name."""
        return {"replenishment": self.table, "products": self.products}

    @tell_library_errors
    def per_customer(self, *, most: int = 3) -> Any:
        """Return what a message to each customer would remind of: the most probable of what has come to its remind_at.

        Parameters
        ----------
        most : int
            Products of a customer, each a row.

        Returns
        -------
        eager table of the caller's library
            One row per customer and rank, the customers with the most probable product first: customer_id, rank, and
            the columns of ``.table``, of pairs that have not stopped and whose remind_at is on the day after `as_of`
            or before. A daily job sends the new ones: those whose remind_at is that day. As curves are fitted anew each
            day, keep a list of what was sent.

        Examples
        --------
        >>> import pandas as pd
        >>> from ecommine import retention
        >>> orders = pd.DataFrame({
        ...     "order_id": range(120), "customer_id": [f"c{i % 20}" for i in range(120)], "product_id": "milk",
        ...     "amount": 2.0,
        ...     "ordered_at": pd.Timestamp("2024-01-01") + pd.to_timedelta([i // 20 * 28 + i % 20 for i in range(120)],
        ...                                                                unit="D")})
        >>> due = retention.replenishment(orders, as_of="2024-06-13").per_customer(most=1)
        >>> due[["customer_id", "rank", "product_id", "due_at"]].head(1)
          customer_id  rank product_id     due_at
        0          c0     1       milk 2024-06-17
        """
        rows, rank = messages(self._due, integer("most", most, low=1))
        return messages_table(self._due, rows, rank)

    def summary(self, *, locale: Locale = "en") -> str:
        """Return two to four sentences: how many are due, what is expected of them, and what can be predicted."""
        from ._summary import replenishment_sentences

        return replenishment_sentences(self._due, self.window, one_of("locale", locale, LOCALES))

    def plot(self, ax: "Axes | None" = None, *, locale: Locale = "en") -> "Axes":
        """Draw products by their typical gap and their predictability, with the area of a dot by repeat customers."""
        from ._plot import draw_products

        return draw_products(self._due, ax, one_of("locale", locale, LOCALES))


@tell_library_errors
def replenishment(
    orders: IntoFrame,
    /,
    *,
    by: str | Sequence[str] = ("product_id",),
    products: IntoFrame | None = None,
    window: str | timedelta = "14d",
    remind: str | timedelta = "3d",
    as_of: datetime | date | str | None = None,
    level: float = 0.95,
) -> Replenishment:
    r"""Predict for each customer and product whether and when it is bought again.

    Parameters
    ----------
    orders : table of order lines
        Any library's table with order_id, customer_id, ordered_at, amount or quantity and unit_price, and the columns
        of `by`. Only product lines count. A quantity makes the next gap longer, by a power that is fitted.
    by : name or names of columns
        What an item is: ("product_id",), or a coarser column of `orders` or `products`, such as "category". Groceries
        are predicted better by type than by product.
    products : table of products, optional
        With product_id and columns for `by`; with category, another product of the category bought since is told and
        used. A category in `orders` does as well.
    window : str or timedelta
        Whole days after `as_of` for the probability.
    remind : str or timedelta
        How long before the due date a reminder is sent.
    as_of : datetime, date or ISO 8601 text, default the last time in the data
        Lines after it are left out of everything. Its day counts as over.
    level : float
        Of the interval of the due date, from due_low to due_high.

    Returns
    -------
    Replenishment
        Frozen, with ``.table``, ``.products``, ``.per_customer()``, ``.summary()`` and ``.plot()``.

    Raises
    ------
    ecommine.SchemaError
        If a column is missing or of the wrong type, or the lines are of several currencies.
    ValueError
        If an option cannot be read or `as_of` is before all lines.

    Notes
    -----
    The rank is the probability, a logistic regression on the silence over the customer's usual gap, that gap, the
    number of purchases, the product's gap, the customer's visits and a substitute, learned at four earlier moments one
    window apart from what was known then. A date is a poor promise where gaps vary: `due_at` is the median of next
    gaps of customers with about as many purchases (Kaplan and Meier, open gaps included), given the silence so far,
    and null where that curve never reaches one half. It knows less than the probability: where the two disagree on
    whether half have bought within the window, it is moved to the last day of the window, or the day after. The
    probability is a few points high or low where the shop
    changes: compare it with what happened before you count on it.

    References
    ----------
    Wang, M.-C. and Chang, S.-H. (1999). Nonparametric estimation of a recurrent survival function. Journal of the
    American Statistical Association 94(445), 146-153.

    Examples
    --------
    Twenty customers buy milk every 28 days, each beginning on another day:

    >>> import pandas as pd
    >>> orders = pd.DataFrame({
    ...     "order_id": range(120), "customer_id": [f"c{i % 20}" for i in range(120)], "product_id": "milk",
    ...     "amount": 2.0,
    ...     "ordered_at": pd.Timestamp("2024-01-01") + pd.to_timedelta([i // 20 * 28 + i % 20 for i in range(120)],
    ...                                                                unit="D")})
    >>> result = replenishment(orders, as_of="2024-06-12")
    >>> first = result.table[result.table["customer_id"] == "c0"]
    >>> first[["purchases", "usual_gap", "last_at", "due_at", "remind_at", "status"]]
       purchases  usual_gap    last_at     due_at  remind_at    status
    9          6       28.0 2024-05-20 2024-06-17 2024-06-14  due_soon
    """
    ahead, early = whole_days(window, argument="window"), whole_days(remind, argument="remind")
    level = confidence_level(level)
    with one_thread():
        due, single = _predicted(read_pairs(orders, by, products, as_of), ahead, early, level)
    return Replenishment(
        table=reminders_table(due, single),
        products=products_table(due),
        as_of=due.until,
        window=ahead,
        remind=early,
        by=tuple(due.items),
        power=due.power,
        level=level,
        notes=due.notes,
        _due=due,
    )


def _predicted(days: PairDays, window: int, remind: int, level: float) -> tuple[Due, SinglePurchases]:
    """Compute all columns, and put the rows in order."""
    expected = Expected.at(days, days.today)
    silence = days.today - expected.last
    shares = ((1 - level) / 2, MEDIAN, (1 + level) / 2)
    fresh, given_silence = (expected.quantile_days(since, shares) for since in (np.zeros_like(silence), silence))
    other = substitutes(days, days.today)
    probability = _probability(days, expected, other[expected.pair], window)
    low, due, high = _due_days(silence, fresh, given_silence, probability, window)
    status = _status(silence, fresh[1], due, window)
    order = sort_order(-status, -expected.last)
    order = order[np.argsort(-np.nan_to_num(probability[order], nan=-1.0), kind="stable")]
    pair, single = expected.pair[order], _single_purchases(days, expected, other)

    def dates(values: Floats) -> Ints:
        day = np.where(np.isnan(values), NO_DAY, expected.last + np.nan_to_num(values)).astype(np.int64)
        found: Ints = day[order]
        return found

    return Due(
        customers=days.customers,
        items=days.items,
        customer=days.customer[pair],
        item=days.item[pair],
        purchases=expected.purchases[order],
        usual_gap=np.exp(expected.log_gap[order]),
        last=expected.last[order],
        due=dates(due),
        due_low=dates(low),
        due_high=dates(high),
        remind=dates(np.maximum(fresh[1] - remind, 1)),
        probability=probability[order],
        status=status[order],
        substitute=other[pair],
        n_single=len(single.customer),
        typical=_typical(days, single),
        predictability=np.where(
            expected.item_gaps >= MIN_GAPS, divide(expected.item_close, expected.item_gaps), np.nan
        ),
        power=expected.power,
        today=days.today,
        until=days.until,
        like=days.like,
        notes=(*days.notes, *_notes(probability, len(single.customer), int((other >= 0).sum()), window)),
    ), single


def _probability(days: PairDays, expected: Expected, substitute: Ints, window: int) -> Floats:
    """Return the probability that each pair is bought again within the window, NaN where none can be learned."""
    chance = learn_buying(sample_of(days), days.today, window)
    if chance is None:
        return np.full(len(expected.pair), np.nan)
    return chance.predict(features(days, visits_of(days), expected, days.today, substitute))


def _single_purchases(days: PairDays, expected: Expected, substitute: Ints) -> SinglePurchases:
    is_single = np.ones(len(days.customer), dtype=bool)
    is_single[expected.pair] = False
    return SinglePurchases(
        customer=days.customer[is_single],
        item=days.item[is_single],
        last=days.day[is_single[days.pair]],
        substitute=substitute[is_single],
    )


def _due_days(silence: Ints, fresh: Floats, given_silence: Floats, probability: Floats, window: int) -> Floats:
    """Return days from the last purchase to the due day and its limits: those that have passed, or that lie ahead.

    What lies ahead agrees with the probability on whether half have bought by the end of the window.
    """
    ahead = given_silence.copy()
    end, is_likely = silence + window, probability >= MEDIAN
    agreed = np.where(is_likely, np.fmin(ahead[1], end), np.maximum(ahead[1], end + 1))
    ahead[1] = np.where(np.isnan(probability), ahead[1], agreed)
    ahead[0], ahead[2] = np.minimum(ahead[0], ahead[1]), np.maximum(ahead[2], ahead[1])
    has_passed = (silence > fresh[1]) & ~np.isnan(ahead[1])
    return np.where(has_passed, fresh, ahead)


def _status(silence: Ints, fresh: Floats, due: Floats, window: int) -> Ints:
    conditions = [np.isnan(fresh) & np.isnan(due), np.isnan(due), silence > fresh, due <= silence + window]
    return np.select(conditions, [NOT_PREDICTABLE, STOPPED, OVERDUE, DUE_SOON], default=ON_TRACK)


def _typical(days: PairDays, single: SinglePurchases) -> TypicalGaps:
    begins = np.flatnonzero(days.pair[1:] == days.pair[:-1])
    unit, gap = days.pair[begins], days.day[begins + 1] - days.day[begins]
    return typical_gaps(days.item[unit], unit, gap, single.item, days.today - single.last, days.n_items)


def _notes(probability: Floats, single: int, others: int, window: int) -> list[Note]:
    """Return what cannot be predicted, and how many have bought something else of the category."""
    notes = []
    if single:
        text = f"{counted(single, 'pair')} of customer and product with a single day of purchase: not predictable"
        notes.append(Note(text, code="single_purchases", count=single))
    if len(probability) and np.isnan(probability).all():
        text = f"too few repeat purchases {counted(window, 'day')} and more before `as_of` to learn from"
        notes.append(Note(f"{text}: probability is null", code="short_history", count=len(probability)))
    if others:
        text = f"{counted(others, 'pair')} whose customer has bought another product of the category since"
        notes.append(Note(f"{text}: see substitute", code="substitutes", count=others))
    return notes
