"""The model that `fit` learns from a shop's own stars: how it scores, explains, is saved and read."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from typing import Any

import numpy as np
import pandas as pd
from narwhals.stable.v2.typing import IntoFrameT

from .._core.arrays import Floats
from .._core.checks import one_of, text
from .._core.engines import tell_library_errors
from .._core.notes import Note
from .._core.results import check_path
from ._apply import score_table
from ._languages import Language, guess_language
from ._log_odds import LANGUAGES, scorer_of
from ._models.builtin import builtin_model
from ._models.linear import LinearModel, from_arrays, to_arrays
from ._read import LANGUAGE_OPTIONS, LanguageOption
from ._text import clean_text

FORMAT = 1
"""Of the files that are saved."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FittedScorer:
    """The part of a fitted model for one language: the shop's own words, and the built-in score with a weight."""

    language: Language
    own: LinearModel
    builtin_weight: float

    def log_odds(self, texts: Sequence[str]) -> Floats:
        """Return the log-odds that each cleaned text is of a positive review."""
        own = self.own.log_odds(texts)
        return own + self.builtin_weight * builtin_model(self.language).log_odds(texts) if self.builtin_weight else own

    def contributions(self, text: str) -> dict[str, float]:
        """Return what each feature adds to the log-odds, the built-in model's features among them."""
        total = self.own.contributions(text)
        if self.builtin_weight:
            for term, value in builtin_model(self.language).contributions(text).items():
                total[term] = total.get(term, 0.0) + self.builtin_weight * value
        return total


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SentimentModel:
    """A model of a shop's own reviews; made by :func:`ecommine.sentiment.fit`.

    Attributes
    ----------
    calibration : pandas.DataFrame
        How far its probabilities hold for reviews that it was not trained on, one row per tenth of the probability:
        language, probability_from, probability_to, reviews, mean_probability, positive_share.
    metrics : pandas.DataFrame
        One row per language: reviews, positive_share, accuracy, macro_f1, auc, calibration_error (the mean distance of
        probability and share, weighted by reviews), and builtin_accuracy, builtin_macro_f1, builtin_auc of the built-in
        model on the same reviews. All are of reviews whose product was not trained on.
    notes : tuple of Note
        What was left out; see the codes in :func:`ecommine.sentiment.fit`.

    Examples
    --------
    >>> import pandas as pd
    >>> from ecommine import sentiment
    >>> texts = ["色很正，好看", "好看", "掉色，不好看", "掉色了"] * 15
    >>> model = sentiment.fit(pd.DataFrame({"text": texts, "rating": [5, 4, 1, 2] * 15}), cluster=None)
    >>> model
    SentimentModel: zh, 60 reviews, accuracy 100%, macro-F1 1.00
    >>> bool(model.explain("掉色了").set_index("term").contribution["掉"] < 0)
    True
    """

    scorers: Mapping[Language, FittedScorer]
    calibration: pd.DataFrame
    metrics: pd.DataFrame
    notes: tuple[Note, ...]

    def __repr__(self) -> str:
        rows = self.metrics.to_dict("records")
        parts = [
            f"{row['language']}, {row['reviews']:,} reviews, "
            f"accuracy {row['accuracy']:.0%}, macro-F1 {row['macro_f1']:.2f}"
            for row in rows
        ]
        return "\n".join([f"SentimentModel: {'; '.join(parts)}", *(f"  note: {note}" for note in self.notes)])

    @tell_library_errors
    def score(self, reviews: IntoFrameT, /, *, language: LanguageOption = "auto") -> IntoFrameT:
        """Score reviews with this model; the same as :func:`ecommine.sentiment.score` with ``model=``.

        Examples
        --------
        >>> import pandas as pd
        >>> from ecommine import sentiment
        >>> texts = ["soft", "soft and warm", "itchy", "itchy wool"] * 15
        >>> reviews = pd.DataFrame({"text": texts, "rating": [5, 5, 1, 1] * 15})
        >>> model = sentiment.fit(reviews, cluster=None)
        >>> model.score(pd.DataFrame({"text": ["so itchy"]})).sentiment_label.tolist()
        ['negative']
        """
        return score_table(reviews, self, language)

    def explain(self, review: str, /, *, language: LanguageOption = "auto") -> pd.DataFrame:
        """Return what each word, or Chinese character and pair, adds to the log-odds of a text, the strongest first.

        They sum to the log-odds. In brackets stand "(start)", what every text has before a word of it is read, and what
        emoji and the words of VADER's lexicon add together.

        Examples
        --------
        >>> import pandas as pd
        >>> from ecommine import sentiment
        >>> texts = ["soft", "soft and warm", "itchy", "itchy wool"] * 15
        >>> reviews = pd.DataFrame({"text": texts, "rating": [5, 5, 1, 1] * 15})
        >>> terms = sentiment.fit(reviews, cluster=None).explain("warm but itchy").set_index("term").contribution
        >>> bool(terms["warm"] > 0 > terms["itchy"])
        True
        """
        one_of("language", language, LANGUAGE_OPTIONS)
        cleaned = clean_text(text("review", review, example="'warm but itchy'"))
        spoken = guess_language(cleaned) if language == "auto" else language
        if spoken == "other":
            raise ValueError("`review` is in another language than English and Chinese: give `language` if it is not")
        added = scorer_of("en" if spoken == "any" else spoken, self).contributions(cleaned)
        terms = pd.DataFrame(list(added.items()), columns=["term", "contribution"])
        terms["contribution"] = terms["contribution"].astype(np.float64)
        order = terms["contribution"].abs().sort_values(ascending=False, kind="stable").index
        return terms.loc[order].reset_index(drop=True)

    def save(self, path: str | PathLike[str], /) -> None:
        """Write the model to a file of plain arrays (``.npz``), which holds no code and is read without pickle.

        It holds words of the shop's reviews with their weights, and no review.
        """
        checked = check_path(path)
        arrays: dict[str, Any] = {}
        for language, scorer in self.scorers.items():
            arrays |= to_arrays(scorer.own, f"{language}_")
        head = {
            "format": FORMAT,
            "builtin_weight": {language: scorer.builtin_weight for language, scorer in self.scorers.items()},
            "calibration": self.calibration.to_dict("list"),
            "metrics": self.metrics.to_dict("list"),
            "notes": [(str(note), note.code, note.count) for note in self.notes],
        }
        arrays["head"] = np.frombuffer(json.dumps(head).encode(), dtype=np.uint8)
        with checked.open("wb") as file:
            np.savez_compressed(file, **arrays)

    @classmethod
    def load(cls, path: str | PathLike[str], /) -> "SentimentModel":
        """Read a model that :meth:`save` wrote.

        Raises
        ------
        ValueError
            If the file is not of a model.
        """
        checked = check_path(path)
        try:
            with np.load(checked, allow_pickle=False) as file:
                arrays = dict(file)
            head = json.loads(arrays["head"].tobytes())
            return _from_head(head, arrays)
        except (KeyError, ValueError, TypeError, AttributeError, EOFError) as error:
            raise ValueError(f"`path` must be a file that SentimentModel.save wrote, got {str(checked)!r}") from error


def _from_head(head: Mapping[str, Any], arrays: Mapping[str, Any]) -> SentimentModel:
    if head["format"] != FORMAT:
        raise ValueError("the file is of another version")
    weights: Mapping[str, float] = head["builtin_weight"]
    return SentimentModel(
        scorers={
            language: FittedScorer(
                language=language,
                own=from_arrays(arrays, language, f"{language}_", stands_alone=False),
                builtin_weight=weights[language],
            )
            for language in LANGUAGES
            if language in weights
        },
        calibration=pd.DataFrame(head["calibration"]),
        metrics=pd.DataFrame(head["metrics"]),
        notes=tuple(Note(sentence, code=code, count=count) for sentence, code, count in head["notes"]),
    )
