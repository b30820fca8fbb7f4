"""Polarity of clauses: positive, neutral or negative, by the clause and by the whole review.

Most clauses that mention delivery or a price say nothing good or bad of it, and a clause of four words is little to go
by: the strength of its words of opinion and the log-odds of the whole review are added with weights, and a margin
around 0 is neutral, a wide one where there is no word of opinion. Weights and margins were learned on the labelled
clauses of tests/sentiment. The classes are those of Pontiki, M. et al. (2014), SemEval-2014 Task 4: Aspect
based sentiment analysis, and of Bu, J. et al. (2021), ASAP: A Chinese review dataset towards aspect category
sentiment analysis and rating prediction, NAACL.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from .._core.arrays import Floats, Ints
from ._languages import Language, Spoken
from ._log_odds import Fitted, score_texts
from ._opinions import opinion_strength
from ._text import simplify_all

POSITIVE, NEUTRAL, NEGATIVE = 1, 0, -1


class Margins(NamedTuple):
    """What a clause needs to have a polarity.

    The log-odds of the clause, ``words`` times the strength of its words of opinion, and ``review`` times the log-odds
    of its review are added up; within ``margin`` of 0 the clause is neutral, and within ``silent`` where it has no such
    word.
    """

    words: float
    review: float
    margin: float
    silent: float


MARGINS: dict[Language, Margins] = {"en": Margins(1.5, 0.2, 0.0, 1.5), "zh": Margins(1.5, 0.6, 0.0, 6.0)}


def classify_clauses(
    clauses: Sequence[str], languages: Sequence[Spoken], review_log_odds: Floats, *, model: Fitted | None = None
) -> tuple[Ints, Floats]:
    """Return the polarity of clauses, 1 positive, 0 neutral, -1 negative, and the strength of their words of opinion.

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

    Examples
    --------
    >>> polarity, _ = classify_clauses(["arrived on Tuesday", "the zipper broke"], ["en", "en"], np.array([0.1, -2.0]))
    >>> polarity.tolist()
    [0, -1]
    """
    spoken = np.array([MARGINS["zh" if language == "zh" else "en"] for language in languages]).reshape(-1, 4)
    words, review, margin, silent = spoken.T
    simple = simplify_all(clauses)
    known = [opinion_strength(clause, language) for clause, language in zip(simple, languages, strict=True)]
    strength = np.array([0.0 if one is None else one for one in known])
    needed = np.where([one is None for one in known], silent, margin)
    total = score_texts(simple, languages, model=model) + words * strength + review * review_log_odds
    polarity = np.where(total > needed, POSITIVE, np.where(total < -needed, NEGATIVE, NEUTRAL)).astype(np.int8)
    return polarity, strength
