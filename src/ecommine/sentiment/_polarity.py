"""Polarity of clauses: positive, neutral or negative, by the clause and by the whole review.

Most clauses that mention delivery or a price say nothing good or bad of it, and a clause of four words is little to go
by: the log-odds of the whole review are added with a weight, and a margin around 0 is neutral. Both were learned on
the labelled clauses of tests/sentiment. The classes are those of Pontiki, M. et al. (2014), SemEval-2014 Task 4: Aspect
based sentiment analysis, and of Bu, J. et al. (2021), ASAP: A Chinese review dataset towards aspect category
sentiment analysis and rating prediction, NAACL.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from .._core.arrays import Floats, Ints
from ._languages import Language, Spoken
from ._log_odds import Fitted, score_texts

POSITIVE, NEUTRAL, NEGATIVE = 1, 0, -1


class Margins(NamedTuple):
    """What a clause needs to have a polarity.

    ``review`` is the weight of the review's log-odds beside the clause's; the sum is positive above ``high`` and
    negative below ``low``.
    """

    review: float
    low: float
    high: float


MARGINS: dict[Language, Margins] = {"en": Margins(0.4, -0.2, 0.4), "zh": Margins(0.4, -0.6, 0.4)}


def classify_clauses(
    clauses: Sequence[str], languages: Sequence[Spoken], review_log_odds: Floats, *, model: Fitted | None = None
) -> Ints:
    """Return the polarity of clauses: 1 positive, 0 neutral, -1 negative.

    Parameters
    ----------
    clauses : sequence of str
        Parts of cleaned texts, as :func:`split_clauses` finds them.
    languages : sequence of {"en", "zh", "any", "other"}
        Of the review of each clause; a clause in another language is neutral.
    review_log_odds : float array of shape (n_clauses,)
        Log-odds that the whole review of each clause is positive, as :func:`score_texts` returns them.
    model : SentimentModel, optional
        What scores the clauses; the built-in models by default.

    Returns
    -------
    int8 array of shape (n_clauses,)

    Examples
    --------
    >>> classify_clauses(["arrived on Tuesday", "the zipper broke"], ["en", "en"], np.array([0.1, -2.0])).tolist()
    [0, -1]
    """
    return polarity(score_texts(clauses, languages, model=model), languages, review_log_odds)


def polarity(clause_log_odds: Floats, languages: Sequence[Spoken], review_log_odds: Floats) -> Ints:
    """Return the polarity of clauses from both log-odds; NaN is neutral."""
    is_chinese = np.array([language == "zh" for language in languages], dtype=bool)[:, None]
    review, low, high = np.where(is_chinese, MARGINS["zh"], MARGINS["en"]).T
    total = clause_log_odds + review * review_log_odds
    return np.where(total > high, POSITIVE, np.where(total < low, NEGATIVE, NEUTRAL)).astype(np.int8)
