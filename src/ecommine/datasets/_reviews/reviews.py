"""Reviews of purchases: ratings, phrases about aspects, returns; weak products, return reasons and a quality drop."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..._core.checks import integer, number, one_of
from .._customers.transactions import customer_ids
from .._drawing import DAY, Bools, Floats, Ints, timestamps
from .phrases import (
    ASPECTS,
    COMMA,
    CONTEXT,
    GENERAL,
    LANGUAGES,
    MENTIONS,
    OF_RETURNS,
    PERIOD,
    PHRASES,
    WHEN,
    WHO,
    Language,
    Phrases,
)

REVIEW_DELAY = 10.0
"""Mean days from the purchase to its review."""
RETURN_DAYS = 14
"""A purchase is returned within so many days."""
MENTION = 0.6
"""Chance that a review mentions a planted aspect."""
RETURNED_MORE = 5.0
"""How many times as many purchases of a product with a return reason come back."""
TELLS_OF_RETURN = 0.3
"""Chance that a review of a returned purchase tells of the return."""
DROP_AT = 2 / 3
"""Part of the period after which the quality of a product drops."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviews:
    """Settings of reviews: how many there are, and what is planted in them.

    Planted faults are of the most popular products, each of a product of its own: first the weak products, then
    those with a return reason, then those whose quality drops.

    Attributes
    ----------
    share : float
        Chance that a purchase of a known customer is reviewed.
    language : {"en", "zh"}
        Language of the texts.
    negative : float
        Chance that a mention of an aspect is negative where nothing is planted.
    returned : float
        Share of purchases that come back within 14 days.
    weak_products : int
        Products of which one aspect is mentioned often, and negatively in half of the mentions, all the time.
    return_reasons : int
        Products that come back five times as often, for one aspect.
    drops : int
        Products whose quality drops after two thirds of the period.

    Examples
    --------
    >>> from ecommine import datasets
    >>> datasets.Reviews(share=0.5, drops=0).returned
    0.05
    """

    share: float = 0.3
    language: Language = "en"
    negative: float = 0.12
    returned: float = 0.05
    weak_products: int = 2
    return_reasons: int = 1
    drops: int = 1

    def __post_init__(self) -> None:
        for name in ("share", "negative"):
            number(name, getattr(self, name), low=0, high=1)
        number("returned", self.returned, low=0, high=0.2)
        one_of("language", self.language, LANGUAGES)
        for name in ("weak_products", "return_reasons", "drops"):
            integer(name, getattr(self, name), low=0, cap=1_000)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Purchases:
    """Units of a product that a known customer bought in an order: rows from 0, microseconds since the start."""

    order: Ints
    customer: Ints
    product: Ints
    moment: Ints


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Written:
    """The reviews of purchases, and which purchases came back when (-1 where they did not)."""

    table: pd.DataFrame
    returned_at: Ints
    truth: pd.DataFrame


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Planted:
    """Faults by product: their aspect and kind."""

    table: pd.DataFrame

    def of(self, kind: str, n_products: int) -> Ints:
        """Return the aspect of each product with a fault of the kind, -1 for others."""
        aspect = np.full(n_products, -1)
        rows = self.table[self.table["kind"] == kind]
        aspect[rows["product_id"].to_numpy() - 1] = [ASPECTS.index(name) for name in rows["aspect"]]
        return aspect


def plant(settings: Reviews, popularity: Floats, first: np.datetime64, days: int) -> pd.DataFrame:
    """Choose the products with faults: the most popular ones, in a fixed order of kinds and aspects."""
    kinds = ["weak"] * settings.weak_products + ["return_reason"] * settings.return_reasons + ["drop"] * settings.drops
    by_popularity = np.argsort(-popularity, kind="stable")[: len(kinds)]
    aspects = [*_cycle(("packaging", "service", "appearance"), settings.weak_products)]
    aspects += [*_cycle(("size", "quality"), settings.return_reasons), *["quality"] * settings.drops]
    since = first + np.timedelta64(int(days * DROP_AT), "D")
    return pd.DataFrame(
        {
            "product_id": by_popularity + 1,
            "kind": kinds[: len(by_popularity)],
            "aspect": aspects[: len(by_popularity)],
            "since": np.array([since if kind == "drop" else first for kind in kinds], dtype="datetime64[us]")[
                : len(by_popularity)
            ],
        }
    ).astype({"kind": "str", "aspect": "str"})


def _cycle(names: tuple[str, ...], count: int) -> list[str]:
    return [names[i % len(names)] for i in range(count)]


def write_reviews(
    rng: np.random.Generator,
    purchases: Purchases,
    settings: Reviews,
    *,
    popularity: Floats,
    first: np.datetime64,
    days: int,
) -> Written:
    """Draw which purchases come back and which are reviewed, then the aspects, phrases and stars of each review."""
    returning, choosing, mentioning, wording, rating = rng.spawn(5)
    truth = plant(settings, popularity, first, days)
    planted = _Planted(table=truth)
    returned_at = _returns(returning, purchases, settings, planted.of("return_reason", len(popularity)), days)
    chosen, moment = _reviewed(choosing, purchases, settings, days)
    reviewed = Purchases(**{name: getattr(purchases, name)[chosen] for name in Purchases.__dataclass_fields__})
    is_returned = returned_at[chosen] >= 0
    chances = _chances(reviewed, moment, is_returned, settings, planted, len(popularity), days)
    has, is_negative = _opinions(mentioning, reviewed.customer, *chances)
    texts, n_negative, n_positive = _texts(wording, has, is_negative, is_returned, settings.language)
    by_time = np.argsort(moment, kind="stable")
    table = pd.DataFrame(
        {
            "review_id": np.arange(1, len(chosen) + 1),
            "product_id": reviewed.product[by_time] + 1,
            "customer_id": customer_ids(reviewed.customer[by_time]),
            "order_id": reviewed.order[by_time] + 1,
            "reviewed_at": timestamps(first, moment[by_time]),
            "rating": _stars(rating, n_positive, n_negative)[by_time],
            "text": pd.Series(texts, dtype="str").take(by_time).reset_index(drop=True),
            "language": pd.Series([settings.language] * len(chosen), dtype="str"),
        }
    )
    return Written(table=table, returned_at=returned_at, truth=truth)


def _returns(rng: np.random.Generator, purchases: Purchases, settings: Reviews, reason: Ints, days: int) -> Ints:
    """Draw when each purchase comes back, -1 where it does not within the period."""
    n = len(purchases.product)
    share = settings.returned * np.where(reason[purchases.product] >= 0, RETURNED_MORE, 1.0)
    comes_back = rng.random(n) < share
    moment = purchases.moment + DAY + (rng.random(n) * (RETURN_DAYS - 1) * DAY).astype(np.int64)
    return np.where(comes_back & (moment < days * DAY), moment, -1)


def _reviewed(rng: np.random.Generator, purchases: Purchases, settings: Reviews, days: int) -> tuple[Ints, Ints]:
    """Return the purchases that are reviewed within the period, and when."""
    n = len(purchases.product)
    is_chosen = rng.random(n) < settings.share
    moment = purchases.moment + DAY + (rng.exponential(REVIEW_DELAY, n) * DAY).astype(np.int64)
    chosen = np.flatnonzero(is_chosen & (moment < days * DAY))
    return chosen, moment[chosen]


def _chances(
    reviewed: Purchases,
    moment: Ints,
    is_returned: Bools,
    settings: Reviews,
    planted: _Planted,
    n_products: int,
    days: int,
) -> tuple[Floats, Floats]:
    """Return the chances, by review and aspect, of a mention and that a mention is negative."""
    n = len(moment)
    mention = np.tile(MENTIONS, (n, 1))
    negative = np.full(mention.shape, settings.negative)
    is_late = moment >= int(days * DROP_AT) * DAY
    for kind, applies, chance in (("weak", True, 0.5), ("return_reason", is_returned, 0.9), ("drop", is_late, 0.7)):
        aspect = planted.of(kind, n_products)[reviewed.product]
        rows = np.flatnonzero((aspect >= 0) & applies)
        mention[rows, aspect[rows]] = MENTION
        negative[rows, aspect[rows]] = chance
    return mention, negative


def _opinions(rng: np.random.Generator, customer: Ints, mention: Floats, negative: Floats) -> tuple[Bools, Bools]:
    """Draw which aspects each review mentions, and which of these negatively; a customer keeps a temper."""
    temper = rng.normal(0, 0.5, int(customer.max(initial=-1)) + 2)[customer]
    odds = negative / (1 - negative).clip(1e-9) * np.exp(temper)[:, None]
    return rng.random(mention.shape) < mention, rng.random(mention.shape) < odds / (1 + odds)


def _texts(
    rng: np.random.Generator, has: Bools, is_negative: Bools, is_returned: Bools, language: Language
) -> tuple[list[str], Ints, Ints]:
    """Write a phrase per aspect in random order, a general one where there is none, and the act of the return."""
    n = len(has)
    order, pick = rng.random(has.shape).argsort(axis=1), rng.integers(0, 1 << 30, (n, len(ASPECTS) + 2))
    tells = is_returned & (rng.random(n) < TELLS_OF_RETURN)
    is_bad = rng.random(n) < 0.15
    n_negative, n_positive = (has & is_negative).sum(axis=1), (has & ~is_negative).sum(axis=1)
    texts = []
    for i in range(n):
        places = [int(place) for place in order[i] if has[i, place]]
        parts = [_phrase(PHRASES[language], place, bool(is_negative[i, place]), pick[i, place]) for place in places]
        if not parts:
            general = GENERAL[language][int(is_bad[i])]
            parts = [general[pick[i, -2] % len(general)]]
            n_negative[i], n_positive[i] = int(is_bad[i]), int(not is_bad[i])
        parts.insert(0, _context(language, pick[i, -1]))
        if tells[i]:
            parts.append(OF_RETURNS[language][pick[i, -1] % len(OF_RETURNS[language])])
        texts.append(_sentence(parts, language))
    return texts, n_negative.astype(np.int64), n_positive.astype(np.int64)


def _context(language: Language, pick: int) -> str:
    rest, number = divmod(int(pick), 40)
    rest, who = divmod(rest, len(WHO[language]))
    when = rest % len(WHEN[language])
    return CONTEXT[language].format(number=number + 2, who=WHO[language][who], when=WHEN[language][when])


def _phrase(phrases: Phrases, aspect: int, is_negative: bool, pick: int) -> str:
    options = phrases[ASPECTS[aspect]][int(is_negative)]
    return options[pick % len(options)]


def _sentence(parts: list[str], language: Language) -> str:
    begun = [part[0].upper() + part[1:] for part in parts]
    return COMMA[language].join(begun) + PERIOD[language]


def _stars(rng: np.random.Generator, n_positive: Ints, n_negative: Ints) -> Ints:
    """Draw stars around the share of positive phrases."""
    share = n_positive / np.maximum(n_positive + n_negative, 1)
    stars = np.rint(1 + 4 * share + rng.normal(0, 0.6, len(share)))
    return np.asarray(stars.clip(1, 5), dtype=np.int64)
