"""Texts as sparse rows of counted features: n-grams of characters for Chinese, words and pairs of words for English."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..._core.arrays import Bools, Floats, Ints
from .._text import simplify_all
from .chinese import prepare_chinese
from .english import split_words, valence, word_features

_BITS = 21
"""Of a character in a key."""
_HALF = 15.0
"""VADER's alpha: the square of the sum whose compound is .71."""


class Cells(NamedTuple):
    """Features of texts: one cell per occurrence, and columns of numbers for each text."""

    row: Ints
    feature: Any
    n_rows: int
    sums: Floats


def encode_chinese(texts: Sequence[str]) -> Cells:
    """Return characters and pairs of neighbours as whole numbers, one cell per occurrence.

    Examples
    --------
    >>> cells = encode_chinese(["好！", "不好"])
    >>> cells.row.tolist(), [key_text(key) for key in cells.feature.tolist()]
    ([0, 0, 1, 1, 0, 1], ['好', '!', '不', '好', '好!', '不好'])
    """
    joined = "\n".join(map(prepare_chinese, simplify_all(texts))) + "\n"
    code = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(np.int64)
    row = np.cumsum(code == ord("\n"))
    is_sign = (code != ord("\n")) & (code != ord(" "))
    pair = (code[:-1] << _BITS) | code[1:]
    is_pair = is_sign[:-1] & is_sign[1:]
    feature = np.concatenate([code[is_sign], pair[is_pair]])
    return Cells(np.concatenate([row[is_sign], row[:-1][is_pair]]), feature, len(texts), np.zeros((len(texts), 0)))


def key_text(key: int) -> str:
    """Return the characters of a key.

    Examples
    --------
    >>> key_text(ord("好")), key_text((ord("不") << 21) | ord("好"))
    ('好', '不好')
    """
    letters = ""
    while key:
        letters = chr(key & ((1 << _BITS) - 1)) + letters
        key >>= _BITS
    return letters


def encode_english(texts: Sequence[str], lexicon: Mapping[str, float]) -> Cells:
    """Return words and pairs as texts, one cell per occurrence, and the valence of each text.

    Examples
    --------
    >>> cells = encode_english(["not good"], {"good": 2.0})
    >>> cells.feature, cells.sums.round(2).tolist()
    (['not', 'not_good', 'not not_good'], [[0.0, -0.36, -0.36]])
    """
    features: list[str] = []
    counts, sums = np.zeros(len(texts), dtype=np.int64), np.zeros((len(texts), 2))
    for i, text in enumerate(texts):
        words = split_words(text)
        found = word_features(words)
        features += found
        counts[i] = len(found)
        sums[i] = valence(words, lexicon)
    return Cells(np.repeat(np.arange(len(texts)), counts), features, len(texts), _bounded(sums))


def _bounded(sums: Floats) -> Floats:
    """Return both sums and their total within -1 and 1, as VADER's compound is."""
    both = np.column_stack([sums, sums.sum(axis=1)])
    bounded: Floats = both / np.sqrt(both**2 + _HALF)
    return bounded


def known_cells(cells: Cells, vocabulary: Any) -> tuple[Ints, Ints]:
    """Return row and place in the vocabulary of the cells whose feature is in it."""
    if isinstance(vocabulary, Mapping):
        place = np.fromiter((vocabulary.get(word, -1) for word in cells.feature), dtype=np.int64)
        is_known: Bools = place >= 0
    else:
        place = np.searchsorted(vocabulary, cells.feature)
        is_known = vocabulary[np.minimum(place, len(vocabulary) - 1)] == cells.feature
    return cells.row[is_known], place[is_known]
