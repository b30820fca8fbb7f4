"""Copies: the same text about the same product by several customers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..._core.arrays import Ints
from ..._core.checks import one_of
from ..._core.engines import tell_library_errors
from ..._core.notes import Note
from ..._core.results import Result
from ..._core.tables import build_table
from ..._core.texts import LOCALES, Locale, counted, join_sentences, percent
from .._columns import (
    DEFAULT_PRAISE,
    count_notes,
    id_values,
    joint_codes,
    product_notes,
    ratings_of,
    repeated_ids,
    row_notes,
)
from .._read import Reviews, read_reviews
from .._text import simplify
from .counting import copy_key
from .quotes import quote

OPTIONAL = ("review_id", "product_id", "customer_id", "reviewed_at", "rating")
SAMPLES: dict[str, Any] = {
    "mean_rating": 0.0,
    **dict.fromkeys(("group", "reviews", "customers"), 0),
    **dict.fromkeys(("first_at", "last_at"), np.datetime64("2000-01-01", "us")),
}
ALONE = "without a customer, each counted as one of a customer of its own"
SHORT = "of fewer than 15 letters not compared: short texts are alike by chance"
_TEXTS: dict[Locale, dict[str, str]] = {
    "en": {
        "found": "{reviews} of {n:,} ({share}) share their text with a review of another customer about the same "
        "product, in {groups}.",
        "found alone": "{reviews} of {n:,} ({share}) share their text with another review of the same product, in "
        "{groups}; who wrote them is not known.",
        "largest": "The most frequent one was written by {customers}: “{quote}”.",
        "caution": "A copy may come from a template, a contest or one person with several accounts: read them before "
        "you leave them out.",
        "none": "No text of 15 letters or more was written by two customers about the same product, in {n:,} reviews.",
    },
    "zh": {
        "found": "{n:,}条评价中有{reviews}条（{share}）与另一位客户对同一商品的评价文字相同，共{groups}组。",
        "found alone": "{n:,}条评价中有{reviews}条（{share}）与同一商品的另一条评价文字相同，共{groups}组；作者未知。",
        "largest": "出现最多的一条由{customers}写下：「{quote}」。",
        "caution": "相同的文字可能来自模板、活动或同一人的多个账号：剔除之前请先查看原文。",
        "none": "在{n:,}条评价中，没有两位客户对同一商品写下相同的文字（15个字以上）。",
    },
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Duplicates(Result):
    """Copied texts; made by :func:`ecommine.sentiment.duplicates`.

    Attributes
    ----------
    table : eager table, one row per group of copies, the largest first
        group, product_id (where there is one), reviews, customers, quote (of the text, telephone numbers masked), and
        where they are known mean_rating, first_at, last_at.
    copies : eager table, one row per copied review
        group, and review_id where there is one, else row: the place in the table, from 0.
    reviews : int
        Texts that were compared.
    notes : tuple of Note
        See :func:`ecommine.sentiment.duplicates`.

    Examples
    --------
    >>> import pandas as pd
    >>> from ecommine import sentiment
    >>> reviews = pd.DataFrame({"review_id": [1, 2], "customer_id": ["a", "b"], "product_id": 7,
    ...                         "text": ["The best thing ever!", "the BEST thing, ever"]})
    >>> sentiment.duplicates(reviews).copies
       group  review_id
    0      1          1
    1      1          2
    """

    table: Any
    copies: Any
    reviews: int
    notes: tuple[Note, ...]
    _sizes: tuple[int, ...]
    _largest: tuple[int, str]

    @property
    def headline(self) -> str:
        """The first line of the display."""
        groups = counted(len(self._sizes), "group")
        return f"{counted(sum(self._sizes), 'copied review')} in {groups}, of {self.reviews:,} texts"

    @property
    def tables(self) -> Mapping[str, Any]:
        """The tables by name."""
        return {"groups": self.table, "copies": self.copies}

    def summary(self, *, locale: Locale = "en") -> str:
        """Return how many reviews are copies, the most frequent one, and what to mind."""
        one_of("locale", locale, LOCALES)
        texts, n_copies = _TEXTS[locale], sum(self._sizes)
        if not n_copies:
            return texts["none"].format(n=self.reviews)
        customers, text = self._largest
        has_customers = "reviews_without_customer" not in {note.code for note in self.notes}
        is_english = locale == "en"
        found = texts["found" if has_customers else "found alone"].format(
            reviews=counted(n_copies, "review") if is_english else f"{n_copies:,}",
            n=self.reviews,
            share=percent(n_copies / self.reviews),
            groups=counted(len(self._sizes), "group") if is_english else f"{len(self._sizes):,}",
        )
        largest = texts["largest"].format(customers=counted(customers, "customer", locale=locale), quote=text)
        return join_sentences([found, *([largest] if has_customers else []), texts["caution"]], locale=locale)


@tell_library_errors
def duplicates(reviews: object, /) -> Duplicates:
    """Find reviews with the same text about the same product by at least two customers.

    Texts are compared by their letters: case, signs and spaces do not count, and traditional characters equal
    simplified ones. Short texts are alike by chance: only those of 15 letters and more are compared. Which of the
    copies are genuine, the text does not tell.

    Parameters
    ----------
    reviews : table
        Canonical reviews with text; product_id, customer_id, review_id, reviewed_at, rating where there are such.
        Without a product_id the reviews of the whole shop are compared; a review without a customer counts as one of a
        customer of its own.

    Returns
    -------
    Duplicates
        ``.table`` of groups, ``.copies`` with the reviews of each group.

    Raises
    ------
    SchemaError
        If the table has no text.

    Notes
    -----
    Codes of notes: ``no_product_id`` (no count), ``reviews_without_product``, ``reviews_without_customer``,
    ``default_praise``, ``short_texts``, ``ratings_out_of_range``, ``repeated_review_ids``.

    References
    ----------
    Jindal, N. and Liu, B. (2008). Opinion spam and analysis. Proceedings of the 2008 International Conference on Web
    Search and Data Mining, 219-230. https://doi.org/10.1145/1341531.1341560

    Examples
    --------
    >>> import pandas as pd
    >>> from ecommine import sentiment
    >>> reviews = pd.DataFrame({"customer_id": ["a", "b", "b", "c"], "product_id": [7, 7, 7, 8],
    ...                         "text": ["Soft, warm and light."] * 4})
    >>> sentiment.duplicates(reviews).table[["product_id", "reviews", "customers", "quote"]]
       product_id  reviews  customers                  quote
    0           7        3          2  Soft, warm and light.
    """
    made = read_reviews(reviews, optional=OPTIONAL)
    keys = _keys(made)
    has_product = "product_id" in made.frame.columns
    products = id_values(made.frame, "product_id") if has_product else [0] * len(keys)
    (product,) = joint_codes(products)
    customer = _customers(made)
    is_compared = np.array([bool(key) for key in keys], dtype=bool) & (product >= 0) & ~repeated_ids(made.frame)
    groups = _groups(np.flatnonzero(is_compared).tolist(), keys, product, customer)
    n_compared = int(sum(bool(text) for text in made.texts.text) - made.texts.is_default.sum())
    table, largest = _table(made, groups, customer, has_product=has_product)
    return Duplicates(
        table=table,
        copies=_copies(made, groups),
        reviews=n_compared,
        notes=tuple(_notes(made, keys, product, has_product=has_product)),
        _sizes=tuple(len(group) for group in groups),
        _largest=largest,
    )


def _keys(made: Reviews) -> list[str]:
    """Return the letters of each text by which it is compared, "" where it is not."""
    is_default = made.texts.is_default.tolist()
    return [
        "" if default else copy_key(simplify(text)) for text, default in zip(made.texts.text, is_default, strict=True)
    ]


def _customers(made: Reviews) -> Ints:
    """Return customers as whole numbers; one who is not known is a customer of their own."""
    (codes,) = joint_codes(id_values(made.frame, "customer_id"))
    return np.where(codes >= 0, codes, -1 - np.arange(len(codes)))


def _groups(rows: list[int], keys: list[str], product: Ints, customer: Ints) -> list[list[int]]:
    """Return the rows of the copies of each group: the largest first, then by product and text."""
    cells: dict[tuple[int, str], list[int]] = {}
    for row in rows:
        cells.setdefault((int(product[row]), keys[row]), []).append(row)
    copied = [(-len(members), cell) for cell, members in cells.items() if len(set(customer[members].tolist())) >= 2]
    return [cells[cell] for _, cell in sorted(copied)]


def _table(made: Reviews, groups: list[list[int]], customer: Ints, *, has_product: bool) -> tuple[Any, tuple[int, str]]:
    """Return the table of groups, and the customers and the text of the largest one."""
    customers = [len(np.unique(customer[group])) for group in groups]
    quotes = [quote(min(made.texts.text[i] for i in group)) for group in groups]
    columns: dict[str, Any] = {"group": np.arange(1, len(groups) + 1)}
    if has_product:
        ids = id_values(made.frame, "product_id")
        columns["product_id"] = [ids[group[0]] for group in groups]
    columns |= {"reviews": [len(group) for group in groups], "customers": customers, "quote": quotes}
    if "rating" in made.frame.columns:
        ratings = ratings_of(made.frame)
        columns["mean_rating"] = np.array([_known_mean(ratings[group]) for group in groups])
    if "reviewed_at" in made.frame.columns:
        times = made.frame["reviewed_at"].to_numpy().astype("datetime64[us]")
        for name, pick in (("first_at", np.fmin), ("last_at", np.fmax)):
            columns[name] = np.array([pick.reduce(times[group]) for group in groups], dtype="datetime64[us]")
    table = build_table(columns, like=made.frame, samples=SAMPLES)
    return table, (customers[0], quotes[0]) if groups else (0, "")


def _known_mean(values: Any) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else float("nan")


def _copies(made: Reviews, groups: list[list[int]]) -> Any:
    places = np.array([row for group in groups for row in group], dtype=np.int64)
    number = np.repeat(np.arange(1, len(groups) + 1), [len(group) for group in groups])
    if "review_id" not in made.frame.columns:
        order = np.lexsort((places, number))
        return build_table({"group": number[order], "row": places[order]}, like=made.frame)
    ids = id_values(made.frame, "review_id")
    (rank,) = joint_codes([ids[i] for i in places])
    order = np.lexsort((places, rank, number))
    return build_table({"group": number[order], "review_id": [ids[i] for i in places[order]]}, like=made.frame)


def _notes(made: Reviews, keys: list[str], product: Ints, *, has_product: bool) -> list[Note]:
    texts = made.texts
    has_text = np.array([bool(text) for text in texts.text], dtype=bool) & ~texts.is_default
    is_short = has_text & np.array([not key for key in keys], dtype=bool)
    is_guest = has_text & np.array([value is None for value in id_values(made.frame, "customer_id")], dtype=bool)
    return [
        *product_notes(int((has_text & (product < 0)).sum()), has_product=has_product),
        *row_notes(made.frame),
        *count_notes(
            ("reviews_without_customer", int(is_guest.sum()), "review", ALONE),
            ("default_praise", int(texts.is_default.sum()), "review", DEFAULT_PRAISE),
            ("short_texts", int(is_short.sum()), "text", SHORT),
        ),
    ]
