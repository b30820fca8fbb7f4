"""Aspects of reviews: the public call."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np

from ..._core.arrays import Bools, Ints
from ..._core.checks import confidence_level, instance, integer, one_of
from ..._core.engines import tell_library_errors
from ..._core.moments import moment, moment_to_microseconds
from ..._core.notes import Note
from ..._stats.multiple_testing import CORRECTIONS, Correction, adjust_p_values
from ...schema._for_topics import Every, first_open
from .._columns import (
    NO_TIME,
    count_notes,
    id_values,
    joint_codes,
    product_notes,
    repeated_ids,
    row_notes,
    text_notes,
    times_of,
)
from .._model import SentimentModel
from .._read import Reviews, read_reviews
from .changes import Changes, find_changes, units_of
from .data import AspectData
from .mentions import (
    EVERY,
    Mentions,
    Opinions,
    as_datetime,
    find_mentions,
    negative_matrix,
    opinions_of,
    period_numbers,
)
from .result import Aspects
from .shares import aspect_shares, excess_negative
from .tables import share_table
from .word_lists import AspectFinder, check_aspects

OPTIONAL = ("review_id", "product_id", "customer_id", "reviewed_at", "ordered_at", "category", "rating")


@tell_library_errors
def aspects(
    reviews: object,
    /,
    *,
    aspects: Mapping[str, Sequence[str]] | None = None,
    model: SentimentModel | None = None,
    every: Every = "1mo",
    min_reviews: int = 30,
    level: float = 0.95,
    correction: Correction | None = "bh",
    as_of: str | datetime | None = None,
) -> Aspects:
    r"""Find what reviews are about, how they say it, where it is worse than elsewhere, and what changed when.

    A clause is about an aspect if it has one of its words, and positive, neutral or negative as the model says of the
    clause and of the whole review. What is counted are reviews: one that mentions an aspect in three clauses mentions
    it once, negatively if more of these are negative than positive.

    Parameters
    ----------
    reviews : table
        Canonical reviews with text; product_id, customer_id, reviewed_at, rating, and category and ordered_at (of the
        purchase) where there are such. Without a product_id there are only results of the whole shop.
    aspects : mapping of name to list of words, optional
        Instead of the default :data:`ecommine.sentiment.ASPECTS`, such as ``{**ASPECTS, "zip": ["zip*", "拉链"]}``.
        English words are whole words, with an s or without, several words, or beginnings such as "deliver*"; Chinese
        ones may stand anywhere.
    model : SentimentModel, optional
        What calls clauses positive or negative; the built-in models by default.
    every : {"1d", "1w", "1mo", "1q", "1y"}
        Length of the periods that are compared; weeks begin on Monday.
    min_reviews : int, default 30
        Shares of fewer opinions are null, and periods with fewer are not compared.
    level : float, default 0.95
        Level of the intervals.
    correction : {"bh", "holm", "bonferroni"} or None
        For many tests: over all changes, and over all products and aspects.
    as_of : datetime, date or ISO 8601 text, optional
        The moment up to which reviews count; the last time in the data by default.

    Returns
    -------
    Aspects
        ``.table``, ``.overall``, ``.mentions``, ``.changes``, ``.stars``, ``.quotes``, ``.priorities()``.

    Raises
    ------
    SchemaError
        If the table has no text.
    TypeError, ValueError
        If an option is out of its range.

    Notes
    -----
    Levels come from stars; a share that a model calls negative is off by a share that differs from aspect to aspect,
    and has no interval. Changes compare a period with the one before, within products and, where ordered_at is known,
    among reviews that were written as long after the purchase; opinions of one customer are not independent.
    ``excess_negative`` is :math:`n (\hat p - p_0)` with the n opinions of a product, the rate :math:`p_0` of negative
    mentions in its category, and the posterior mean of its own; its p-value is that of the product against the others
    of its category.

    Codes of notes: ``default_praise`` (written by the platform: in no share, and their stars in no level),
    ``other_languages``, ``no_text``, ``no_product_id`` (no count), ``reviews_without_product``,
    ``reviews_without_time``, ``rows_after_as_of``, ``ratings_out_of_range``, ``repeated_review_ids``,
    ``partial_period`` (reviews in the last period, which is not over).

    References
    ----------
    Pontiki, M. et al. (2016). SemEval-2016 task 5: aspect based sentiment analysis. Proceedings of SemEval-2016, 19-30.
    https://doi.org/10.18653/v1/S16-1002

    Bu, J. et al. (2021). ASAP: a Chinese review dataset towards aspect category sentiment analysis and rating
    prediction. Proceedings of NAACL-HLT 2021, 2069-2079. https://doi.org/10.18653/v1/2021.naacl-main.167

    Examples
    --------
    >>> import pandas as pd
    >>> from ecommine import sentiment
    >>> reviews = pd.DataFrame({"product_id": [7] * 40, "text": ["The quality is great"] * 30 + ["Slow delivery"] * 10})
    >>> sentiment.aspects(reviews).table[["product_id", "aspect", "opinions", "mentions", "mention_share"]]
       product_id    aspect  opinions  mentions  mention_share
    0           7   quality        40        30           0.75
    1           7  delivery        40        10           0.25
    """
    finder = AspectFinder(check_aspects(aspects))
    if model is not None:
        instance("model", model, SentimentModel)
    options = _Options(
        every=one_of("every", every, EVERY),
        min_reviews=integer("min_reviews", min_reviews, low=1),
        level=confidence_level(level),
        correction=one_of("correction", correction, CORRECTIONS),  # type: ignore[arg-type]
    )
    until = None if as_of is None else moment(as_of)
    made = read_reviews(reviews, optional=OPTIONAL)
    chosen = _Chosen.of(made, until)
    texts, rows = made.texts, chosen.rows
    mentions = find_mentions([texts.text[i] for i in rows], [texts.language[i] for i in rows], finder, model)
    data = _estimate(made, chosen, mentions, finder.names, options)
    overall = share_table(data, of_products=False)
    return Aspects(
        table=share_table(data, of_products=True) if data.has_product else overall,
        overall=overall,
        as_of=chosen.until,
        level=options.level,
        notes=tuple(_notes(made, data, chosen)),
        _data=data,
    )


class _Options(NamedTuple):
    """Options that are checked."""

    every: Every
    min_reviews: int
    level: float
    correction: Correction | None


class _Chosen(NamedTuple):
    """Which reviews count: the rows with opinions, those with stars that count, and of what product each row is."""

    rows: Ints
    rated: Ints
    product: Ints
    products: list[Any]
    has_product: bool
    is_in_time: Bools
    until: datetime | None

    @classmethod
    def of(cls, made: Reviews, until: datetime | None) -> "_Chosen":
        time = times_of(made.frame, "reviewed_at")
        until = until or (as_datetime(int(time.max())) if (time != NO_TIME).any() else None)
        product, products, has_product = _products(made)
        is_in_time = np.ones(len(time), dtype=bool) if until is None else time <= moment_to_microseconds(until)
        counts = (product >= 0) & is_in_time & ~repeated_ids(made.frame)
        rows = made.texts.rows("en", "zh", "any")
        rated = np.flatnonzero(counts & ~made.texts.is_default)
        return cls(rows[counts[rows]], rated, product, products, has_product, is_in_time, until)


def _estimate(
    made: Reviews, chosen: _Chosen, mentions: Mentions, names: tuple[str, ...], options: _Options
) -> AspectData:
    """Estimate shares, excess and changes from the mentions of the opinions."""
    every, n_products = options.every, len(chosen.products)
    opinions = opinions_of(made, chosen.rows, chosen.product)
    one_group: Ints = np.zeros(len(opinions), dtype=np.int64)
    by_product, overall = (
        aspect_shares(opinions, mentions, group, n, len(names), options.min_reviews, options.level)
        for group, n in ((opinions.product, n_products), (one_group, 1))
    )
    negative = negative_matrix(mentions, len(opinions), len(names))
    excess = excess_negative(opinions, negative, _categories(opinions, n_products), options.min_reviews)
    changes = _changes(opinions, negative, every, options.min_reviews, by_product=chosen.has_product)
    opened = NO_TIME if chosen.until is None else int(period_numbers(_micro(first_open(chosen.until, every)), every)[0])
    return AspectData(
        frame=made.frame,
        names=names,
        products=chosen.products,
        has_product=chosen.has_product,
        every=every,
        first_open=opened,
        min_reviews=options.min_reviews,
        level=options.level,
        opinions=opinions,
        rated=opinions_of(made, chosen.rated, chosen.product),
        mentions=mentions,
        negative=negative,
        by_product=by_product,
        overall=overall,
        excess=excess,
        excess_q_value=adjust_p_values(excess.p_value.ravel(), options.correction).reshape(excess.p_value.shape),
        changes=changes,
        q_value=adjust_p_values(changes.p_value, options.correction),
    )


def _micro(value: datetime) -> Ints:
    return np.array([moment_to_microseconds(value)], dtype=np.int64)


def _products(made: Reviews) -> tuple[Ints, list[Any], bool]:
    """Return the product of each review as a number, -1 where missing, the ids, and whether there are any."""
    if "product_id" not in made.frame.columns:
        return np.zeros(len(made.frame), dtype=np.int64), [None], False
    ids = id_values(made.frame, "product_id")
    (codes,) = joint_codes(ids)
    place = {int(code): value for code, value in zip(codes, ids, strict=True) if code >= 0}
    return codes, [place[code] for code in range(len(place))], True


def _categories(opinions: Opinions, n_products: int) -> Ints:
    """Return the category of each product: the largest number of those that its reviews have."""
    category = np.full(n_products, -1)
    np.maximum.at(category, opinions.product, opinions.category)
    return category


def _changes(opinions: Opinions, negative: Bools, every: Every, min_reviews: int, *, by_product: bool) -> Changes:
    dated = np.flatnonzero(opinions.time != NO_TIME)
    period = period_numbers(opinions.time[dated], every)
    units = units_of(period, opinions.product[dated], opinions.age[dated], opinions.customer[dated], negative[dated])
    return find_changes(units, min_reviews, by_product=by_product)


def _notes(made: Reviews, data: AspectData, chosen: _Chosen) -> list[Note]:
    opinions, dated = data.opinions, data.dated()
    has_times = "reviewed_at" in made.frame.columns
    n_empty, n_after = sum(not text for text in made.texts.text), int((~chosen.is_in_time).sum())
    n_undated = len(opinions) - len(dated) if has_times else 0
    n_open = int((data.period(opinions, dated) >= data.first_open).sum()) if len(dated) else 0
    return [
        *text_notes(made.texts),
        *row_notes(made.frame),
        *product_notes(int((chosen.product < 0).sum()), has_product=data.has_product),
        *count_notes(
            ("no_text", n_empty, "review", "without a text: their stars count, and no share does"),
            ("rows_after_as_of", n_after, "review", "after `as_of` left out"),
            ("reviews_without_time", n_undated, "review", "without a time: they are in no period"),
            ("partial_period", n_open, "review", "in the last period, which is not over: its rows are marked"),
        ),
    ]
