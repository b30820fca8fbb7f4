"""Log-odds that reviews are positive: by the built-in model of their language, or by one that was fitted."""

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np

from .._core.arrays import Floats
from ._languages import Language, Spoken
from ._models.builtin import builtin_model

LANGUAGES: tuple[Language, ...] = ("en", "zh")


class Scorer(Protocol):
    """What gives cleaned texts of one language log-odds: a built-in model, or the part of a fitted one."""

    def log_odds(self, texts: Sequence[str]) -> Floats:
        """Return the log-odds that each text is of a positive review."""
        ...

    def contributions(self, text: str) -> dict[str, float]:
        """Return what each feature adds to the log-odds of a text; they sum to it."""
        ...


class Fitted(Protocol):
    """A model that has a part for each language of the shop."""

    @property
    def scorers(self) -> Mapping[Language, Scorer]:
        """The parts by language; the built-in model stands for a missing one."""
        ...


def score_texts(texts: Sequence[str], languages: Sequence[Spoken], *, model: Fitted | None = None) -> Floats:
    """Return the log-odds that each text is of a positive review; NaN for other languages and empty texts.

    A text without words, such as an emoji, is scored by the English model, to which it says the same as to any.

    Parameters
    ----------
    texts : sequence of str
        Cleaned texts.
    languages : sequence of {"en", "zh", "any", "other"}
        Of each text.
    model : SentimentModel, optional
        The built-in models by default.

    Returns
    -------
    float array of shape (n_texts,)

    Examples
    --------
    >>> log_odds = score_texts(["很好用", "broke at once", "", "muy bien"], ["zh", "en", "any", "other"])
    >>> (log_odds > 0).tolist(), np.isnan(log_odds).tolist()
    ([True, False, False, False], [False, False, True, True])
    """
    scored = np.full(len(texts), np.nan)
    spoken = np.array(["en" if one == "any" else one for one in languages], dtype=object)
    has_text = np.array([bool(text) for text in texts], dtype=bool)
    for language in LANGUAGES:
        rows = np.flatnonzero((spoken == language) & has_text)
        if len(rows):
            scored[rows] = scorer_of(language, model).log_odds([texts[row] for row in rows.tolist()])
    return scored


def scorer_of(language: Language, model: Fitted | None) -> Scorer:
    """Return what scores texts of a language."""
    known = {} if model is None else model.scorers
    return known[language] if language in known else builtin_model(language)
