"""A linear model of one language: TF-IDF of the features of a text times weights, read and written without pickle."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..._core.arrays import Floats, Ints
from .._emoji import emoji_log_odds
from .._languages import Language
from .encode import Cells, encode_chinese, encode_english, key_text, known_cells

MAX_TEXTS = 20_000
"""Texts that are scored at once."""
MAX_LETTERS = 20_000
"""Letters of a text that are scored: a review of more is no review, and costs no more."""
ARRAYS = ("features", "idf", "weight", "sum_weight", "bias", "lexicon", "valence")
SUMS = ("(good words)", "(bad words)", "(all words of the lexicon)")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Vocabulary:
    """The features that a model of a language knows, with their weight among those of a text.

    ``features`` are sorted: keys of characters for Chinese, words for English; ``lexicon`` is the valence of English
    words.
    """

    language: Language
    features: Any
    idf: Floats
    lexicon: Mapping[str, float] = field(default_factory=dict)
    _places: Any = field(init=False, repr=False)

    def __post_init__(self) -> None:
        is_keys = self.language == "zh"
        places = self.features if is_keys else {word: place for place, word in enumerate(self.features.tolist())}
        object.__setattr__(self, "_places", places)

    def encode(self, texts: Sequence[str]) -> Cells:
        """Return the features of texts, also unknown ones."""
        heads = [text[:MAX_LETTERS] for text in texts]
        return encode_chinese(heads) if self.language == "zh" else encode_english(heads, self.lexicon)

    def weigh(self, cells: Cells) -> tuple[Ints, Ints, Floats]:
        """Return row, place and weight of the features that are known: TF-IDF, the squares of a text's sum to one."""
        row, place = known_cells(cells, self._places)
        weight = self.idf[place]
        length = np.sqrt(np.bincount(row, weight**2, minlength=cells.n_rows))
        return row, place, weight / length[row]

    def name(self, place: int) -> str:
        """Return a feature as a reader knows it."""
        feature = self.features[place]
        return key_text(int(feature)) if self.language == "zh" else str(feature)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LinearModel:
    """Weights of a vocabulary, of the sums of valence, and the log-odds of a text without any of them.

    A model that ``stands_alone``, as the built-in ones do, knows no shop: it reads emoji, and a text of which it knows
    no feature has even odds.
    """

    vocabulary: Vocabulary
    weight: Floats
    sum_weight: Floats
    bias: float
    stands_alone: bool

    def log_odds(self, texts: Sequence[str]) -> Floats:
        """Return the log-odds that each cleaned text is of a positive review."""
        parts = [self._log_odds(texts[start : start + MAX_TEXTS]) for start in range(0, len(texts), MAX_TEXTS)]
        return np.concatenate([np.zeros(0), *parts])

    def _log_odds(self, texts: Sequence[str]) -> Floats:
        cells = self.vocabulary.encode(texts)
        row, place, weight = self.vocabulary.weigh(cells)
        total: Floats = np.bincount(row, weight * self.weight[place], minlength=cells.n_rows).astype(np.float64)
        total += cells.sums @ self.sum_weight + self.bias
        if not self.stands_alone:
            return total
        is_known = (np.bincount(row, minlength=cells.n_rows) > 0) | cells.sums.any(axis=1)
        emoji = np.fromiter(map(emoji_log_odds, texts), dtype=np.float64, count=len(texts))
        log_odds: Floats = np.where(is_known, total, 0.0) + emoji
        return log_odds

    def contributions(self, text: str) -> dict[str, float]:
        """Return what each feature of a text adds to its log-odds; they sum to it."""
        cells = self.vocabulary.encode([text])
        _, place, weight = self.vocabulary.weigh(cells)
        parts = np.bincount(place, weight * self.weight[place], minlength=1)
        added = {self.vocabulary.name(feature): float(parts[feature]) for feature in np.unique(place).tolist()}
        sums = dict(zip(SUMS, (cells.sums * self.sum_weight).ravel().tolist(), strict=False))
        has_start = len(place) or cells.sums.any() or not self.stands_alone
        sums |= {"(start)": self.bias if has_start else 0.0, "(emoji)": emoji_log_odds(text) * self.stands_alone}
        return added | {name: value for name, value in sums.items() if value}


def to_arrays(model: LinearModel, prefix: str = "") -> dict[str, Any]:
    """Return a model as plain arrays."""
    vocabulary = model.vocabulary
    arrays = {
        "features": vocabulary.features if vocabulary.language == "zh" else _joined(vocabulary.features.tolist()),
        "idf": vocabulary.idf.astype(np.float32),
        "weight": model.weight.astype(np.float32),
        "sum_weight": model.sum_weight.astype(np.float64),
        "bias": np.array([model.bias]),
        "lexicon": _joined(vocabulary.lexicon),
        "valence": np.array(list(vocabulary.lexicon.values()), dtype=np.float32),
    }
    return {f"{prefix}{name}": array for name, array in arrays.items()}


def from_arrays(
    arrays: Mapping[str, Any], language: Language, prefix: str = "", *, stands_alone: bool = True
) -> LinearModel:
    """Return the model that plain arrays hold."""
    part = {name: arrays[f"{prefix}{name}"] for name in ARRAYS}
    words = _split(part["lexicon"])
    vocabulary = Vocabulary(
        language=language,
        features=part["features"] if language == "zh" else np.array(_split(part["features"]), dtype=object),
        idf=part["idf"].astype(np.float64),
        lexicon=dict(zip(words, part["valence"].astype(np.float64).tolist(), strict=True)),
    )
    return LinearModel(
        vocabulary=vocabulary,
        weight=part["weight"].astype(np.float64),
        sum_weight=part["sum_weight"],
        bias=float(part["bias"][0]),
        stands_alone=stands_alone,
    )


def _joined(words: Any) -> Any:
    return np.frombuffer("\n".join(words).encode("utf8", "surrogatepass"), dtype=np.uint8)


def _split(joined: Any) -> list[str]:
    text = joined.tobytes().decode("utf8", "surrogatepass")
    return text.split("\n") if text else []
