"""Words counted in two groups of reviews: once per review, customer and text, by stratum."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from zlib import crc32

import numpy as np

from ..._core.arrays import Bools, Floats, Ints, distinct_rows
from ..._stats.arrays import sums_by_group
from .._languages import Spoken
from .._text import split_clauses
from .mantel_haenszel import Cells
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
        return Opinions(
            text=[self.text[i] for i in places],
            language=[self.language[i] for i in places],
            row=self.row[places],
            is_target=self.is_target[places],
            stratum=self.stratum[places],
            customer=self.customer[places],
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WordCounts:
    """Counts of words.

    Attributes
    ----------
    words : list of str
    cells : Cells
        Counts by word and stratum.
    target, reference : float array of shape (n_words,)
        Reviews of each group with the word.
    n_target, n_reference : int
        Reviews of each group: those of one customer and stratum are one.
    first : list of lists of int
        A few opinions with the word, of either group, by word.
    """

    words: list[str]
    cells: Cells
    target: Floats
    reference: Floats
    n_target: int
    n_reference: int
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
    copies: dict[tuple[int, str], list[int]] = {}
    kept = []
    for place, (text, stratum) in enumerate(zip(opinions.text, opinions.stratum.tolist(), strict=True)):
        letters = copy_key(text)
        if letters:
            copies.setdefault((stratum, letters), []).append(place)
        else:
            kept.append(place)
    kept += [places[crc32(letters.encode()) % len(places)] for (_, letters), places in copies.items()]
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
    """Count the words that stand in enough reviews.

    The reviews of one customer about one stratum count as one. Where a customer has a word in several strata, only the
    first of them counts for this word, and the others are set aside for it.
    """
    unit, n_units, first_of_unit = _units(opinions)
    pairs, words = _pairs(opinions, unit)
    group, stratum = opinions.is_target[first_of_unit], opinions.stratum[first_of_unit]
    customer = opinions.customer[first_of_unit]
    is_repeat = _repeats(pairs, group, customer)
    counts = np.bincount(pairs[~is_repeat, 1], minlength=len(words))
    chosen = np.flatnonzero(counts >= min_reviews)
    number = np.full(len(words), -1)
    number[chosen] = np.arange(len(chosen))
    is_chosen = number[pairs[:, 1]] >= 0 if len(words) else np.zeros(0, dtype=bool)
    pairs, is_repeat = pairs[is_chosen], is_repeat[is_chosen]
    word, of = number[pairs[:, 1]], pairs[:, 0]
    cells = _cells(word, group[of], stratum[of], is_repeat, group, stratum, len(chosen))
    return WordCounts(
        words=[words[i] for i in chosen],
        cells=cells,
        target=cells.sums(cells.target),
        reference=cells.sums(cells.reference),
        n_target=int(group.sum()),
        n_reference=n_units - int(group.sum()),
        n_rare=len(words) - len(chosen),
    )


def _units(opinions: Opinions) -> tuple[Ints, int, Ints]:
    """Return the unit of each opinion, how many there are, and the first opinion of each."""
    own = np.where(opinions.customer >= 0, opinions.customer, -1 - np.arange(len(opinions.text)))
    unit, first = distinct_rows(opinions.is_target.astype(np.int64), opinions.stratum, own)
    return unit, len(first), first


def _pairs(opinions: Opinions, unit: Ints) -> tuple[Any, list[str]]:
    """Return the distinct pairs of unit and word, in the order of words, and the words in order."""
    found = {
        (number, word)
        for text, language, number in zip(opinions.text, opinions.language, unit.tolist(), strict=True)
        for word in words_of(text, language)
    }
    words = sorted({word for _, word in found})
    number_of = {word: i for i, word in enumerate(words)}
    pairs = np.array(sorted((number, number_of[word]) for number, word in found), dtype=np.int64).reshape(-1, 2)
    return pairs, words


def _repeats(pairs: Any, group: Bools, customer: Ints) -> Bools:
    """Return which pairs are of a word that the customer has in an earlier unit of the group."""
    of = pairs[:, 0]
    own = np.where(customer[of] >= 0, customer[of], -1 - of)
    _, first = distinct_rows(pairs[:, 1], group[of].astype(np.int64), own)
    is_repeat = np.ones(len(pairs), dtype=bool)
    is_repeat[first] = False
    return is_repeat


def _cells(
    word: Ints, is_target: Bools, stratum: Ints, is_repeat: Bools, group: Bools, strata: Ints, n_words: int
) -> Cells:
    """Sum pairs by word and stratum; units that are set aside for a word are not among those of its stratum."""
    cell, first = distinct_rows(word, stratum) if len(word) else (word, word)
    n_cells, n_strata = len(first), int(strata.max(initial=-1)) + 1
    sizes = [np.bincount(strata[group == is_one], minlength=n_strata)[stratum[first]] for is_one in (True, False)]
    counted, aside = (
        [sums_by_group(cell, (part & (is_target == is_one)).astype(np.float64), n_cells) for is_one in (True, False)]
        for part in (~is_repeat, is_repeat)
    )
    return Cells(
        word=word[first],
        target=counted[0],
        reference=counted[1],
        n_target=sizes[0] - aside[0],
        n_reference=sizes[1] - aside[1],
        n_words=n_words,
    )


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
