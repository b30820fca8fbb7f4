"""Words counted in two groups of reviews: once per review, customer and text, by stratum."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from zlib import crc32

import numpy as np

from ..._core.arrays import Bools, Floats, Ints, distinct_rows
from .._languages import Spoken
from .._text import split_clauses
from .mantel_haenszel import Cells, inflation_by_customer
from .words import words_of

MIN_LETTERS_OF_COPY = 15
"""Shorter texts are alike by chance."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Opinions:
    """Reviews with a text, in an order that does not depend on that of the rows.

    Attributes
    ----------
    text, language : list
        Cleaned texts, and what they are written in.
    row : int array
        Place of each in the table that it comes from.
    is_target : bool array
        Whether it is of the target.
    stratum, customer : int array
        From 0; -1 for a customer that is not known.
    """

    text: list[str]
    language: list[Spoken]
    row: Ints
    is_target: Bools
    stratum: Ints
    customer: Ints

    @classmethod
    def of(
        cls,
        text: Sequence[str],
        language: Sequence[Spoken],
        row: Ints,
        is_target: Bools,
        stratum: Ints,
        customer: Ints,
    ) -> "Opinions":
        """Put them in order: by text, then group, stratum and customer."""
        keys = zip(text, is_target.tolist(), stratum.tolist(), customer.tolist(), row.tolist(), strict=True)
        order = np.array([place for place, _ in sorted(enumerate(keys), key=lambda one: one[1])], dtype=np.int64)
        return cls(
            text=list(text), language=list(language), row=row, is_target=is_target, stratum=stratum, customer=customer
        ).take(order)

    def take(self, places: Ints) -> "Opinions":
        """Return some of them, in their order."""
        arrays = {name: getattr(self, name)[places] for name in ("row", "is_target", "stratum", "customer")}
        return Opinions(text=[self.text[i] for i in places], language=[self.language[i] for i in places], **arrays)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WordCounts:
    """Counts of words, each of which enough customers use.

    Attributes
    ----------
    words : list of str
    cells : Cells
        Counts by word and stratum.
    target, reference : float array of shape (n_words,)
        Reviews of each group with the word.
    n_target, n_reference : int
        Reviews of each group.
    design_effect : float array of shape (n_words,)
        How many times larger the variance of the counts is, since a customer writes about several strata.
    n_rare : int
        Words of fewer customers.
    """

    words: list[str]
    cells: Cells
    target: Floats
    reference: Floats
    n_target: int
    n_reference: int
    design_effect: Floats
    n_rare: int

    @property
    def share(self) -> Floats:
        """Share of all reviews with the word."""
        return np.asarray((self.target + self.reference) / max(self.n_target + self.n_reference, 1))


def without_copies(opinions: Opinions) -> Opinions:
    """Keep one of the copies of a text about a stratum, of whatever group; short texts all stay.

    The one that stays is drawn by the text alone: were it to depend on the groups, or were copies left out within each
    of them, the larger group would lose more of its common texts, and groups without a difference would show one.
    """
    letters = [copy_key(text) for text in opinions.text]
    keys = [(stratum, key) if key else None for stratum, key in zip(opinions.stratum.tolist(), letters, strict=True)]
    return _one_of_each(opinions, keys)


def without_repeats(opinions: Opinions) -> Opinions:
    """Keep one of the reviews of a customer about a stratum, drawn as in :func:`without_copies`."""
    pairs = zip(opinions.stratum.tolist(), opinions.customer.tolist(), strict=True)
    return _one_of_each(opinions, [pair if pair[1] >= 0 else None for pair in pairs])


def _one_of_each(opinions: Opinions, keys: Sequence[object]) -> Opinions:
    """Keep one opinion of each key, and all without one."""
    places: dict[object, list[int]] = {}
    for place, key in enumerate(keys):
        places.setdefault(place if key is None else key, []).append(place)
    kept = [alike[crc32(opinions.text[alike[0]].encode()) % len(alike)] for alike in places.values()]
    return opinions.take(np.sort(np.array(kept, dtype=np.int64)))


def copy_key(text: str) -> str:
    """Return the letters of a text by which copies are found, "" where there are too few.

    Examples
    --------
    >>> copy_key("The BEST gift, ever!!"), copy_key("不错，不错")
    ('thebestgiftever', '')
    """
    letters = "".join(filter(str.isalnum, text)).lower()
    return letters if len(letters) >= MIN_LETTERS_OF_COPY else ""


def count_words(opinions: Opinions, min_reviews: int) -> WordCounts:
    """Count the opinions with each word that enough customers use."""
    n = len(opinions.text)
    pairs, words = _pairs(opinions)
    customer = np.where(opinions.customer >= 0, opinions.customer, -1 - np.arange(n))
    _, of_user = distinct_rows(pairs[:, 1], customer[pairs[:, 0]])
    users = np.bincount(pairs[of_user, 1], minlength=len(words))
    chosen = np.flatnonzero(users >= min_reviews)
    number = np.full(len(words), -1)
    number[chosen] = np.arange(len(chosen))
    word = number[pairs[:, 1]]
    of, word = pairs[word >= 0, 0], word[word >= 0]
    cells = _cells(word, of, opinions, len(chosen))
    n_target = int(opinions.is_target.sum())
    target, reference = cells.sums(cells.target), cells.sums(cells.reference)
    share = np.asarray((target + reference) / max(n, 1))
    return WordCounts(
        words=[words[i] for i in chosen],
        cells=cells,
        target=target,
        reference=reference,
        n_target=n_target,
        n_reference=n - n_target,
        design_effect=inflation_by_customer(
            word, of, _side(opinions), np.unique(customer, return_inverse=True)[1], share
        ),
        n_rare=len(words) - len(chosen),
    )


def _pairs(opinions: Opinions) -> tuple[Any, list[str]]:
    """Return the pairs of opinion and word, and the words in order."""
    inside = [words_of(text, language) for text, language in zip(opinions.text, opinions.language, strict=True)]
    words = sorted(set().union(*inside))
    number_of = {word: i for i, word in enumerate(words)}
    pairs = [(place, number_of[word]) for place, found in enumerate(inside) for word in sorted(found)]
    return np.array(pairs, dtype=np.int64).reshape(-1, 2), words


def _cells(word: Ints, of: Ints, opinions: Opinions, n_words: int) -> Cells:
    """Sum the opinions with a word by word and stratum."""
    cell, first = distinct_rows(word, opinions.stratum[of])
    at, is_target = opinions.stratum[of[first]], opinions.is_target[of]
    n_strata = int(opinions.stratum.max(initial=-1)) + 1
    of_group = [opinions.stratum[opinions.is_target == one] for one in (True, False)]
    sizes = [np.bincount(strata, minlength=n_strata)[at] for strata in of_group]
    counted = [np.bincount(cell[is_target == one], minlength=len(first)) for one in (True, False)]
    names = ("target", "reference", "n_target", "n_reference")
    values = (np.asarray(one, dtype=np.float64) for one in (*counted, *sizes))
    return Cells(word=word[first], n_words=n_words, **dict(zip(names, values, strict=True)))


def _side(opinions: Opinions) -> Floats:
    """Return the group of each opinion less the mean of its stratum."""
    size = np.bincount(opinions.stratum)
    mean = np.bincount(opinions.stratum, opinions.is_target) / np.maximum(size, 1)
    return np.asarray(opinions.is_target - mean[opinions.stratum], dtype=np.float64)


def quotes_with(opinions: Opinions, wanted: dict[str, bool], most: int) -> list[tuple[str, int, str]]:
    """Return clauses with words, up to so many each: the word, the place of the opinion, the clause.

    Parameters
    ----------
    wanted : mapping of word to bool
        Whether the quotes are to be of the target.
    """
    left = dict.fromkeys(wanted, most)
    found = []
    for place, (text, language) in enumerate(zip(opinions.text, opinions.language, strict=True)):
        is_target = bool(opinions.is_target[place])
        words = [word for word in sorted(words_of(text, language)) if left.get(word) and wanted[word] == is_target]
        if not words:
            continue
        clauses = [text[clause.start : clause.end] for clause in split_clauses(text)]
        inside = [words_of(clause, language) for clause in clauses]
        for word in words:
            clause = next((one for one, within in zip(clauses, inside, strict=True) if word in within), text)
            found.append((word, place, clause))
            left[word] -= 1
        if not any(left.values()):
            break
    return sorted(found, key=lambda one: (list(wanted).index(one[0]), one[1]))
