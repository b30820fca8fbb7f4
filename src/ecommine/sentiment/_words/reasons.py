"""Return reasons: the words that reviews of returned purchases use more than those of kept ones."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, ClassVar

import narwhals.stable.v2 as nw
import numpy as np

from ..._core.checks import one_of
from ..._core.durations import fixed_length
from ..._core.engines import tell_library_errors
from ..._core.frames import collect
from ..._core.moments import moment, moment_to_microseconds
from ..._core.notes import Note
from ..._core.texts import LOCALES, Locale, counted, percent
from ...schema._for_topics import SchemaError, common_type, read
from .._columns import (
    NO_TIME,
    count_notes,
    float_values,
    id_values,
    joint_codes,
    product_notes,
    text_notes,
    times_of,
)
from .._read import Reviews, read_reviews
from .comparison import Correction, WordOptions, compare_words
from .counting import Opinions
from .purchases import Matched, OrderLines, match_notes, match_reviews, purchases_with_returns
from .result import WordResult
from .summary import reason_sentences

_ACT = re.compile(
    r"(?:not |too )*(?:return(?:s|ed|ing)?|refund(?:s|ed|ing)?|exchang(?:e|es|ed|ing)|sent|send|sending|back|"
    r"ask(?:s|ed|ing)?)|.*(?:退(?![色步烧])|换货|换新).*|.*换|申请"
)
"""Words of the return itself, which are no reason for it."""
_EPOCH = datetime(1970, 1, 1)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class ReturnReasons(WordResult):
    """Words that go with returns; made by :func:`ecommine.sentiment.return_reasons`.

    Attributes
    ----------
    table : eager table, one row per word; those of returned purchases first, the clearest first
        word, returned_reviews, returned_share, kept_reviews, kept_share, log_odds with log_odds_low and log_odds_high
        (within products, with a prior of 20 reviews), p_value, q_value.
    act_words : eager table
        The same of words of the return itself, such as "refund" and 退货, which are no reason for it.
    quotes : eager table
        word, group, quote, and review_id where there is one, for each word with a q_value of at most 1 - level.
    returned, returned_reviewed, kept, kept_reviewed : int
        Purchases whose return window is over, and those of them with a review.
    level : float
        Of the intervals.
    as_of : datetime or None
        The moment up to which orders and reviews count.
    notes : tuple of Note
        See :func:`ecommine.sentiment.return_reasons`.

    Examples
    --------
    >>> import pandas as pd
    >>> from ecommine import sentiment
    >>> orders = pd.DataFrame({"order_id": [1, 2, 2, 3], "customer_id": [1, 2, 2, 3], "product_id": 7,
    ...                        "ordered_at": pd.to_datetime(["2024-01-01", "2024-01-01", "2024-01-09", "2024-03-01"]),
    ...                        "quantity": [1, 1, -1, 1]})
    >>> reviews = pd.DataFrame({"customer_id": [1, 2], "product_id": 7, "text": ["Lovely", "Too small"],
    ...                         "reviewed_at": pd.to_datetime(["2024-01-05", "2024-01-06"])})
    >>> found = sentiment.return_reasons(reviews, orders, min_reviews=1)
    >>> found.returned, found.returned_reviewed, found.kept, found.kept_reviewed
    (1, 1, 1, 1)
    """

    GROUPS: ClassVar[tuple[str, str]] = ("returned", "kept")

    act_words: Any
    returned: int
    returned_reviewed: int
    kept: int
    kept_reviewed: int
    as_of: datetime | None

    @property
    def headline(self) -> str:
        """The first line of the display: how many of those who returned something wrote about it."""
        share = percent(self.returned_reviewed / self.returned if self.returned else None)
        other = percent(self.kept_reviewed / self.kept if self.kept else None)
        returned = counted(self.returned, "returned purchase")
        until = "" if self.as_of is None else f", up to {self.as_of:%Y-%m-%d}"
        return f"{share} of {returned} and {other} of {self.kept:,} kept ones have a review{until}"

    @property
    def tables(self) -> Mapping[str, Any]:
        """The tables by name."""
        return {"reasons": self.table, "act_words": self.act_words, "quotes": self.quotes}

    def summary(self, *, locale: Locale = "en") -> str:
        """Return who wrote of what came back, and the words that go with returns."""
        one_of("locale", locale, LOCALES)
        counts = self.returned, self.returned_reviewed, self.kept, self.kept_reviewed
        return reason_sentences(self._comparison, counts, self._group_names(locale), locale)


@tell_library_errors
def return_reasons(
    reviews: object,
    orders: object,
    /,
    *,
    window: str | timedelta = "30d",
    min_reviews: int = 20,
    level: float = 0.95,
    correction: Correction | None = "bh",
    as_of: object = None,
) -> ReturnReasons:
    """Find the words that reviews of returned purchases use more than those of kept ones of the same product.

    A review is about the purchase that its order_id names, else the customer's last purchase of the product before it.
    A purchase is returned if units of it came back within the window: lines with a negative quantity of the same order
    and product, else of the same customer and product, which take from the last purchase backwards.

    Parameters
    ----------
    reviews : table
        Canonical reviews with text, and with customer_id and reviewed_at or with order_id; product_id, where there is
        none, means that reviews are of whole orders.
    orders : table
        Canonical order lines with product_id and quantity (or amount), returns among them.
    window : str or timedelta, default "30d"
        How long a purchase can be returned. Purchases whose window is not over at `as_of` are left out.
    min_reviews : int, default 20
        Words that fewer customers use are not compared.
    level : float, default 0.95
        Level of the intervals; words are called typical up to a q_value of 1 - level.
    correction : {"bh", "holm", "bonferroni"} or None
        For many tests, over all words but those of the return itself.
    as_of : datetime, date or ISO 8601 text, optional
        The moment up to which orders and reviews count; the last time in the data by default.

    Returns
    -------
    ReturnReasons
        ``.table`` of words, ``.act_words``, ``.quotes``.

    Raises
    ------
    SchemaError
        If a table lacks what the two are joined by.
    ModuleNotFoundError
        If there are Chinese reviews and rjieba is not installed (``pip install 'ecommine[zh]'``).

    Notes
    -----
    Words are counted and tested as in :func:`ecommine.sentiment.keywords`. Customers who write are no sample of those
    who return: the first line says which share of them wrote. The words are no causes.

    Codes of notes: those of :func:`ecommine.sentiment.keywords`, and ``rows_after_as_of`` (order lines and reviews),
    ``lines_incomplete`` (order lines without a time or a quantity), ``reviews_without_purchase``,
    ``open_return_windows``, ``late_returns``, ``returns_without_purchase``.

    Examples
    --------
    >>> import pandas as pd
    >>> from ecommine import sentiment
    >>> day = pd.to_datetime("2024-01-01") + pd.to_timedelta(range(80), unit="D")
    >>> orders = pd.DataFrame({"order_id": range(80), "customer_id": range(80), "product_id": 7, "ordered_at": day,
    ...                        "quantity": 1})
    >>> back = orders[:30].assign(quantity=-1, ordered_at=day[:30] + pd.Timedelta("8D"))
    >>> reviews = orders.assign(text=[f"{'Too small' if i < 25 else 'Lovely'}, {i}" for i in range(80)],
    ...                         reviewed_at=day + pd.Timedelta("5D"))
    >>> found = sentiment.return_reasons(reviews, pd.concat([orders, back]), as_of="2024-06-01")
    >>> found.headline
    '100% of 30 returned purchases and 100% of 50 kept ones have a review, up to 2024-06-01'
    >>> found.table[["word", "returned_reviews", "kept_reviews"]]
            word  returned_reviews  kept_reviews
    0  too small                25             0
    1     lovely                 5            50
    """
    options = WordOptions.of(min_reviews, level, correction)
    length = fixed_length(window, argument="window")
    until = None if as_of is None else moment(as_of)
    bought = _read_orders(orders)
    written = read_reviews(reviews, optional=("review_id", "order_id", "product_id", "customer_id", "reviewed_at"))
    _check_join(written, bought)
    lines, reviewed, has_product = _coded(bought, written)
    units = _units(bought)
    until = until or _last_time(lines.time, reviewed.time)
    end = moment_to_microseconds(until)
    is_line = (lines.time != NO_TIME) & (lines.time <= end) & (units != 0) & ~np.isnan(units)
    rows = np.flatnonzero((reviewed.time == NO_TIME) | (reviewed.time <= end))
    purchases = purchases_with_returns(lines.take(is_line), units[is_line], units[is_line] < 0)
    matched = match_reviews(purchases, reviewed.take(rows), length, until)
    opinions, is_opinion, n_without = _opinions(written, rows, reviewed, matched, has_product=has_product)
    notes = [
        *_row_notes(lines.time, reviewed.time, units, end),
        *text_notes(written.texts),
        *product_notes(n_without, has_product=has_product),
        *match_notes(replace(matched, purchase=matched.purchase[is_opinion]), purchases.n_unmatched_returns),
    ]
    found, act = compare_words(opinions, options, is_apart=_ACT.fullmatch)
    ids = id_values(written.frame, "review_id") if "review_id" in written.frame.columns else []
    returned, wrote, kept, kept_wrote = _coverage(matched, is_opinion)
    like = written.frame
    return ReturnReasons(
        table=found.table(ReturnReasons.GROUPS, like),
        act_words=act.table(ReturnReasons.GROUPS, like),
        quotes=found.quotes(ReturnReasons.GROUPS, ids, like),
        returned=returned,
        returned_reviewed=wrote,
        kept=kept,
        kept_reviewed=kept_wrote,
        level=options.level,
        as_of=until if len(lines.time) or len(reviewed.time) else None,
        notes=(*notes, *found.notes),
        _comparison=found,
    )


def _read_orders(orders: object) -> nw.DataFrame[Any]:
    """Read order lines with what tells returns from purchases.

    Raises
    ------
    SchemaError
        If there is neither a quantity nor an amount.
    """
    columns = ("order_id", "customer_id", "ordered_at")
    frame = read(orders, "orders", columns, optional=("product_id", "quantity", "amount", "line_type"))
    names = frame.collect_schema().names()
    if "quantity" not in names and "amount" not in names:
        raise SchemaError("orders", ["neither `quantity` nor `amount` is there: returns are lines below zero of it"])
    if "line_type" in names:
        frame = frame.filter((nw.col("line_type").is_null()) | (nw.col("line_type") == "product"))
    return collect(frame)


def _units(orders: nw.DataFrame[Any]) -> Any:
    """Return the units of each line, below zero for a return; the sign of the amount where there is no quantity."""
    units = np.full(len(orders), np.nan)
    for name in ("amount", "quantity"):
        values = float_values(orders, name)
        known = ~np.isnan(values)
        units[known] = np.sign(values[known]) if name == "amount" else values[known]
    return units


def _check_join(reviews: Reviews, orders: nw.DataFrame[Any]) -> None:
    """Raise unless reviews can be joined with orders."""
    names = reviews.frame.columns
    if "order_id" not in names and not {"customer_id", "reviewed_at"} <= set(names):
        raise SchemaError(
            "reviews", ["neither `order_id` nor `customer_id` with `reviewed_at` is there: they tell the purchase"]
        )
    if "product_id" in names and "product_id" not in orders.columns:
        raise SchemaError(
            "orders", ["`product_id` is missing: map the table once with schema.orders(raw, product_id='...')"]
        )


def _coded(orders: nw.DataFrame[Any], reviews: Reviews) -> tuple[OrderLines, OrderLines, bool]:
    """Return order lines and reviews with ids as whole numbers; without products in the reviews all are of one."""
    frame, codes = reviews.frame, {}
    has_product = "product_id" in frame.columns
    for name in ("order_id", "customer_id", "product_id"):
        has = name in frame.columns and name in orders.columns
        dtype = common_type(orders, frame, name, argument="reviews", like="orders") if has else None
        columns = [id_values(table, name, dtype) for table in (orders, frame)]
        if name == "product_id" and not has_product:
            columns = [[0] * len(orders), [0] * len(frame)]
        codes[name.removesuffix("_id")] = joint_codes(*columns)
    times = times_of(orders, "ordered_at"), times_of(frame, "reviewed_at")
    lines, reviewed = (OrderLines(time=times[i], **{name: both[i] for name, both in codes.items()}) for i in (0, 1))
    return lines, reviewed, has_product


def _last_time(*times: Any) -> datetime:
    last = max((int(one.max(initial=NO_TIME)) for one in times), default=NO_TIME)
    return _EPOCH + timedelta(microseconds=max(last, 0))


def _opinions(
    reviews: Reviews, rows: Any, reviewed: OrderLines, matched: Matched, *, has_product: bool
) -> tuple[Opinions, Any, int]:
    """Return the opinions on purchases that count, which rows are opinions, and how many of them lack a product."""
    texts = reviews.texts
    is_text = np.zeros(len(texts), dtype=bool)
    is_text[texts.rows("en", "zh", "any")] = True
    is_text = is_text[rows]
    lacks = is_text & (reviewed.product[rows] < 0) & has_product
    is_opinion = is_text & ~lacks
    counts = is_opinion & (matched.purchase >= 0)
    counts[counts] &= matched.is_counted[matched.purchase[counts]]
    chosen = rows[counts]
    opinions = Opinions.of(
        [texts.text[i] for i in chosen],
        [texts.language[i] for i in chosen],
        chosen,
        matched.is_returned[matched.purchase[counts]],
        reviewed.product[chosen],
        reviewed.customer[chosen],
    )
    return opinions, is_opinion, int(lacks.sum())


def _coverage(matched: Matched, is_opinion: Any) -> tuple[int, int, int, int]:
    """Count the purchases that came back, those of them with a review, and the same of those that were kept."""
    of = matched.purchase[is_opinion & (matched.purchase >= 0)]
    has_review = np.zeros(len(matched.is_counted), dtype=bool)
    has_review[of] = True
    groups = matched.is_returned, matched.is_counted & ~matched.is_returned
    (returned, wrote), (kept, kept_wrote) = ((int(group.sum()), int((group & has_review).sum())) for group in groups)
    return returned, wrote, kept, kept_wrote


def _row_notes(line_time: Any, review_time: Any, units: Any, end: int) -> list[Note]:
    """Return notes of rows after `as_of`, and of order lines without a time or a quantity."""
    n_after = int((line_time > end).sum() + (review_time > end).sum())
    n_incomplete = int(((line_time == NO_TIME) | np.isnan(units)).sum())
    return count_notes(
        ("rows_after_as_of", n_after, "row", "after `as_of` left out"),
        ("lines_incomplete", n_incomplete, "order line", "without a time or a quantity left out"),
    )
