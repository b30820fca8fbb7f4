"""Opinions and what they mention: product, customer, time and stars of each review, the polarity of each mention."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args

import numpy as np

from ..._core.arrays import Bools, Floats, Ints, Times
from ..._core.moments import DAY
from ...schema._for_topics import Every
from .._columns import NO_TIME, id_values, joint_codes, ratings_of, times_of
from .._languages import Spoken
from .._log_odds import score_texts
from .._polarity import NEGATIVE, POSITIVE, classify_clauses
from .._read import Reviews
from .._text import split_clauses
from .word_lists import AspectFinder

EVERY: tuple[Every, ...] = get_args(Every)
Polarity = Literal["positive", "neutral", "negative", "mixed"]
AGES = (7, 30, 90)
"""Days since the purchase at which a class of ages ends."""
MOST_LOG_ODDS = 2.0
"""Of a whole review, beside those of a clause: they grow with its length, and would make "too dear" praise."""
_MONTHS = {"1mo": 1, "1q": 3, "1y": 12}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Opinions:
    """Reviews that are opinions; arrays of shape (n_opinions,).

    Attributes
    ----------
    row : int array
        Place in the table.
    product, category : int array
        From 0.
    customer : int array
        From 0; one who is not known has a number of their own.
    time : int64 array
        Microseconds since 1970, the least of all where missing.
    rating : float array
        Stars, NaN where missing.
    age : int array
        Class of the time since the purchase; all of one class where that is not known.
    """

    row: Ints
    product: Ints
    category: Ints
    customer: Ints
    time: Times
    rating: Floats
    age: Ints

    def __len__(self) -> int:
        return len(self.row)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Mentions:
    """An opinion that mentions an aspect, once however many clauses do so; arrays of shape (n_mentions,).

    ``opinion`` and ``aspect`` are numbers; ``sign`` is that of the clauses together, 0 where as many are positive as
    negative; ``is_mixed`` whether there are both, and as many; ``clause`` is the one of its sign with the strongest
    words, and ``strength`` that of its words: above zero where they are positive.
    """

    opinion: Ints
    aspect: Ints
    sign: Ints
    is_mixed: Bools
    clause: list[str]
    strength: Floats

    @property
    def is_negative(self) -> Bools:
        """Whether more clauses are negative than positive."""
        return np.asarray(self.sign < 0)

    def polarity(self, place: int) -> Polarity:
        """Return the polarity of a mention in a word."""
        if self.is_mixed[place]:
            return "mixed"
        sign = int(self.sign[place])
        return "positive" if sign > 0 else "negative" if sign < 0 else "neutral"


def find_mentions(texts: list[str], languages: list[Spoken], finder: AspectFinder, model: Any) -> Mentions:
    """Find the aspects in the clauses of texts, and the polarity of each."""
    places, aspects, clauses = [], [], []
    for number, text in enumerate(texts):
        for clause in split_clauses(text):
            part = text[clause.start : clause.end]
            for found in finder.find(part):
                places.append(number)
                aspects.append(found)
                clauses.append(part)
    at, aspect = np.array(places, dtype=np.int64), np.array(aspects, dtype=np.int64)
    polarity, strength = _polarities(texts, languages, at, clauses, model)
    return _by_opinion(at, aspect, polarity, clauses, strength)


def _polarities(
    texts: list[str], languages: list[Spoken], at: Ints, clauses: list[str], model: Any
) -> tuple[Ints, Floats]:
    """Return the polarity of each clause, and the strength of its words; one with several aspects is looked at once."""
    if not clauses:
        return np.zeros(0, dtype=np.int64), np.zeros(0)
    reviews, review_of = np.unique(at, return_inverse=True)
    log_odds = score_texts([texts[i] for i in reviews], [languages[i] for i in reviews], model=model)
    log_odds = np.clip(log_odds, -MOST_LOG_ODDS, MOST_LOG_ODDS)
    number = {key: i for i, key in enumerate(dict.fromkeys(zip(at.tolist(), clauses, strict=True)))}
    of = np.array([number[key] for key in zip(at.tolist(), clauses, strict=True)])
    first = np.unique(of, return_index=True)[1]
    distinct, spoken = [clauses[i] for i in first], [languages[at[i]] for i in first]
    polarity, strength = classify_clauses(distinct, spoken, log_odds[review_of[first]], model=model)
    return np.asarray(polarity[of], dtype=np.int64), strength[of]


def _by_opinion(at: Ints, aspect: Ints, polarity: Ints, clauses: list[str], strength: Floats) -> Mentions:
    """Keep one mention of each opinion and aspect, with the clause of its sign that has the strongest words."""
    n_aspects = int(aspect.max(initial=0)) + 1
    keys, cell = np.unique(at * n_aspects + aspect, return_inverse=True)
    good, bad = (np.bincount(cell, weights=polarity == one, minlength=len(keys)) for one in (POSITIVE, NEGATIVE))
    sign = np.sign(good - bad).astype(np.int64)
    side = np.where(sign > 0, -1.0, 1.0)[cell]
    order = np.lexsort((strength * side, polarity * side, cell))
    first = order[np.searchsorted(cell[order], np.arange(len(keys)))]
    return Mentions(
        opinion=keys // n_aspects,
        aspect=keys % n_aspects,
        sign=sign,
        is_mixed=(good == bad) & (good > 0),
        clause=[clauses[i] for i in first],
        strength=strength[first],
    )


def negative_matrix(mentions: Mentions, n_opinions: int, n_aspects: int) -> Bools:
    """Return whether each opinion (rows) mentions each aspect (columns) negatively."""
    matrix = np.zeros((n_opinions, n_aspects), dtype=bool)
    matrix[mentions.opinion[mentions.is_negative], mentions.aspect[mentions.is_negative]] = True
    return matrix


def opinions_of(reviews: Reviews, rows: Ints, product: Ints) -> Opinions:
    """Read the columns of some rows."""
    frame, n = reviews.frame, len(reviews.frame)
    (customer,) = joint_codes(id_values(frame, "customer_id"))
    time = times_of(frame, "reviewed_at")
    category: Ints = np.zeros(n, dtype=np.int64)
    if "category" in frame.columns:
        (category,) = joint_codes(id_values(frame, "category"))
    return Opinions(
        row=rows,
        product=product[rows],
        category=category[rows],
        customer=np.where(customer >= 0, customer, int(customer.max(initial=-1)) + 1 + np.arange(n))[rows],
        time=time[rows],
        rating=ratings_of(frame)[rows],
        age=_ages(time, times_of(frame, "ordered_at"))[rows],
    )


def _ages(time: Times, bought: Times) -> Ints:
    """Return the class of the time since the purchase; one more class where it is not known."""
    is_known = (time != NO_TIME) & (bought != NO_TIME)
    days = (np.where(is_known, time, 0) - np.where(is_known, bought, 0)) // DAY
    return np.where(is_known, np.searchsorted(AGES, days, side="right"), len(AGES) + 1)


def period_numbers(time: Ints, every: Every) -> Ints:
    """Return the number of the period of each time (microseconds); weeks start on Monday.

    Examples
    --------
    >>> day = np.array(["1970-01-04", "1970-01-05"], dtype="datetime64[us]").view(np.int64)
    >>> period_numbers(day, "1w").tolist(), period_numbers(day, "1mo").tolist()
    ([0, 1], [0, 0])
    """
    if every in _MONTHS:
        months = time.view("datetime64[us]").astype("datetime64[M]").astype(np.int64)
        return months // _MONTHS[every]
    day = time // DAY
    return day if every == "1d" else (day + 3) // 7


def period_starts(numbers: Ints, every: Every) -> "np.ndarray[Any, np.dtype[np.datetime64]]":
    """Return the first moment of periods.

    Examples
    --------
    >>> period_starts(np.array([0, 1]), "1q").tolist()
    [datetime.datetime(1970, 1, 1, 0, 0), datetime.datetime(1970, 4, 1, 0, 0)]
    """
    if every in _MONTHS:
        return (numbers * _MONTHS[every]).astype("datetime64[M]").astype("datetime64[us]")
    days = numbers if every == "1d" else numbers * 7 - 3
    return days.astype("datetime64[D]").astype("datetime64[us]")


def as_datetime(microseconds: int) -> datetime:
    """Return a moment from microseconds since 1970."""
    moment: datetime = np.int64(microseconds).view("datetime64[us]").item()
    return moment
