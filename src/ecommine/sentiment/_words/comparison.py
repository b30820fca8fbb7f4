"""Two groups of reviews compared word by word: log-odds, tests, quotes, and their tables."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from ..._core.arrays import Bools, Floats, Ints
from ..._core.checks import confidence_level, integer, one_of
from ..._core.notes import Note
from ..._core.tables import build_table
from ..._core.texts import counted
from ..._stats.intervals import normal_quantile
from ..._stats.multiple_testing import CORRECTIONS, adjust_p_values
from .._columns import count_notes
from .counting import Opinions, WordCounts, count_words, quotes_with, without_copies, without_repeats
from .mantel_haenszel import word_odds
from .quotes import quote

Correction = Literal["bh", "holm", "bonferroni"]
QUOTES = 3
"""Of a word."""
_COUNTS = "target_reviews reference_reviews returned_reviews kept_reviews"
_NUMBERS = "log_odds log_odds_low log_odds_high p_value q_value target_share reference_share returned_share kept_share"
SAMPLES: dict[str, Any] = dict.fromkeys(_COUNTS.split(), 0) | dict.fromkeys(_NUMBERS.split(), 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class WordOptions:
    """Options that are checked."""

    min_reviews: int
    level: float
    correction: Correction | None

    @classmethod
    def of(cls, min_reviews: object, level: object, correction: object) -> "WordOptions":
        """Check them."""
        return cls(
            min_reviews=integer("min_reviews", min_reviews, low=1),
            level=confidence_level(level),
            correction=one_of("correction", correction, CORRECTIONS),  # type: ignore[arg-type]
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Comparison:
    """Words with their log-odds: those of the target first, the clearest first; arrays of shape (n_words,).

    ``expected_target`` is the share of the target's reviews that would have the word if it were as frequent within each
    product as in the reference, and ``expected_reference`` the other way round.
    """

    opinions: Opinions
    words: list[str]
    target: Ints
    reference: Ints
    n_target: int
    n_reference: int
    expected_target: Floats
    expected_reference: Floats
    log_odds: Floats
    low: Floats
    high: Floats
    p_value: Floats
    q_value: Floats
    alpha: float
    is_matched: bool
    notes: tuple[Note, ...]

    def typical(self, *, of_target: bool) -> list[int]:
        """Return the words that are more frequent in a group, beyond chance."""
        is_of = self.log_odds > 0 if of_target else self.log_odds < 0
        return np.flatnonzero(is_of & (self.q_value <= self.alpha)).tolist()

    def take(self, places: Sequence[int]) -> "Comparison":
        """Return some of the words."""
        chosen = np.array(places, dtype=np.int64)
        values = {name: getattr(self, name) for name in self.__dataclass_fields__}
        arrays: dict[str, Any] = {
            name: value[chosen] for name, value in values.items() if isinstance(value, np.ndarray)
        }
        return replace(self, words=[self.words[i] for i in places], **arrays)

    def table(self, names: tuple[str, str], like: Any) -> Any:
        """Return the table, with the names of the two groups."""
        columns = {
            "word": self.words,
            f"{names[0]}_reviews": self.target,
            f"{names[0]}_share": self.target / max(self.n_target, 1),
            f"{names[1]}_reviews": self.reference,
            f"{names[1]}_share": self.reference / max(self.n_reference, 1),
            "log_odds": self.log_odds,
            "log_odds_low": self.low,
            "log_odds_high": self.high,
            "p_value": self.p_value,
            "q_value": self.q_value,
        }
        return build_table(columns, like=like, samples=SAMPLES)

    def quotes(self, names: tuple[str, str], ids: list[Any], like: Any) -> Any:
        """Return a table of clauses with the typical words of each group."""
        wanted = {self.words[i]: of_target for of_target in (True, False) for i in self.typical(of_target=of_target)}
        found = quotes_with(self.opinions, wanted, QUOTES)
        columns = {
            "word": [word for word, _, _ in found],
            "group": [names[not wanted[word]] for word, _, _ in found],
            "quote": [quote(clause) for _, _, clause in found],
        }
        if ids:
            columns["review_id"] = [ids[self.opinions.row[place]] for _, place, _ in found]
        return build_table(columns, like=like)


def compare_words(opinions: Opinions, options: WordOptions, *, is_apart: Any = None) -> tuple[Comparison, Comparison]:
    """Compare the target with the reference; words that are set apart are a comparison, and a family, of their own.

    Parameters
    ----------
    is_apart : function of a word, optional
        Whether a word is set apart.
    """
    distinct = without_copies(opinions)
    single = without_repeats(distinct)
    n_copies, n_repeats = len(opinions.text) - len(distinct.text), len(distinct.text) - len(single.text)
    matched = _in_both(single)
    n_unmatched = len(single.text) - int(matched.sum())
    counts = count_words(single.take(np.flatnonzero(matched)), options.min_reviews)
    notes = _notes(n_copies, n_repeats, n_unmatched, counts, options)
    cells = counts.cells
    odds = word_odds(cells, counts.share, counts.design_effect)
    apart = np.array([bool(is_apart and is_apart(word)) for word in counts.words], dtype=bool)
    q_value = np.full(len(apart), np.nan)
    for part in (apart, ~apart):
        q_value[part] = adjust_p_values(odds.p_value[part], options.correction)
    order = sorted(range(len(apart)), key=lambda i: (not odds.log_odds[i] > 0, odds.p_value[i], counts.words[i]))
    half = normal_quantile(options.level) * odds.error
    every = Comparison(
        opinions=single,
        words=counts.words,
        target=counts.target.astype(np.int64),
        reference=counts.reference.astype(np.int64),
        n_target=counts.n_target,
        n_reference=counts.n_reference,
        expected_target=cells.sums(cells.n_target * cells.reference / cells.n_reference) / max(counts.n_target, 1),
        expected_reference=cells.sums(cells.n_reference * cells.target / cells.n_target) / max(counts.n_reference, 1),
        log_odds=odds.log_odds,
        low=odds.log_odds - half,
        high=odds.log_odds + half,
        p_value=odds.p_value,
        q_value=q_value,
        alpha=1 - options.level,
        is_matched=len(np.unique(single.stratum[matched])) > 1,
        notes=tuple(notes),
    )
    return every.take([i for i in order if not apart[i]]), every.take([i for i in order if apart[i]])


def _in_both(opinions: Opinions) -> Bools:
    """Return which opinions are of a stratum that has opinions of both groups."""
    n_strata = int(opinions.stratum.max(initial=-1)) + 1
    sizes = [np.bincount(opinions.stratum[opinions.is_target == group], minlength=n_strata) for group in (True, False)]
    return np.asarray((sizes[0] > 0) & (sizes[1] > 0))[opinions.stratum]


def _notes(n_copies: int, n_repeats: int, n_unmatched: int, counts: WordCounts, options: WordOptions) -> list[Note]:
    alone = "of products that only one of the two groups has left out: nothing can be compared there"
    few = f"of fewer than {counted(options.min_reviews, 'customer')} not compared"
    return count_notes(
        ("copies_left_out", n_copies, "review", "whose text is a copy of another one about the same product left out"),
        ("repeats_left_out", n_repeats, "review", "of a customer with another one about the same product left out"),
        ("unmatched_reviews", n_unmatched, "review", alone),
        ("rare_words", counts.n_rare, "word", few),
    )
