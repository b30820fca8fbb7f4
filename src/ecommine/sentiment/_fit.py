"""Learning a shop's own model of sentiment from its stars."""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from .._core.arrays import Bools, Floats, Ints
from .._core.checks import integer, show, text
from .._core.codes import factorize
from .._core.engines import tell_library_errors
from .._core.frames import collect, opened
from .._core.notes import Note
from .._core.texts import counted, did_you_mean
from ..schema._for_topics import read
from ._columns import DEFAULT_PRAISE, count_notes
from ._languages import Language
from ._log_odds import LANGUAGES
from ._model import FittedScorer, SentimentModel
from ._models.builtin import builtin_model, has_builtin
from ._models.linear import LinearModel
from ._models.train import build_design, learn_vocabulary, learn_weights, linear_model, out_of_fold, platt
from ._read import Texts, texts_of_rows

MIN_REVIEWS = 30
"""Reviews of a language with a target, from which a model of its own is learned."""
MIN_OF_CLASS = 5
"""Positive and negative ones among them."""
FOLDS = 5
STRENGTH = 2.0
STRENGTH_OF_BUILTIN = 1.0
"""What the built-in log-odds are multiplied by as a column beside TF-IDF: the penalty leaves them nearly free."""
N_BINS = 10
UNKNOWN_LANGUAGE = "neither in English nor in Chinese, or without words, left out"
_FEW_CLUSTERS = Note(
    "nearly all reviews of one sign are of one cluster, so that accuracy is of other reviews of the same clusters",
    code="few_clusters",
)


class Examples(NamedTuple):
    """Reviews of one language with a target."""

    texts: list[str]
    positive: Bools
    group: Ints


class Learned(NamedTuple):
    """What was learned for a language: its part of the model, and its rows of both tables."""

    scorer: FittedScorer
    calibration: pd.DataFrame
    metrics: dict[str, Any]


@tell_library_errors
def fit(
    reviews: object,
    /,
    *,
    target: str = "rating",
    cluster: str | None = "product_id",
    rng: int | np.random.Generator = 0,
) -> SentimentModel:
    """Learn a model of sentiment from a shop's own stars: its words, and how many of its reviews are good.

    Parameters
    ----------
    reviews : table of reviews
        Any library's table with ``text`` and the target; ``title`` is read before the text. A thousand reviews are
        plenty, and with a hundred the built-in score still carries most.
    target : str, default "rating"
        Stars, of which 4 and 5 are positive, 1 and 2 negative, and 3 is left out; any other column holds True and
        False, or 1 and 0, such as labels of your own.
    cluster : str or None, default "product_id"
        What reviews are alike by: accuracy and calibration are of products that were not trained on. None takes single
        reviews, and so does a table without ``product_id``, with a note.
    rng : int or numpy Generator, default 0
        Draws the folds.

    Returns
    -------
    SentimentModel
        With ``.score``, ``.explain``, ``.save``, ``.calibration`` and ``.metrics``, for each language that has 30
        reviews with a target and 5 of both signs; the built-in model scores the other one.

    Raises
    ------
    ecommine.SchemaError
        If ``text`` or ``rating`` is missing or of the wrong type.
    ValueError
        If the target is no column or holds other values, such as stars outside 1 to 5, or no language has enough
        reviews of both signs.

    See Also
    --------
    ecommine.sentiment.score : scores with the model.

    Notes
    -----
    Logistic regression on TF-IDF of words (Chinese: characters and pairs of them), with the log-odds of the built-in
    model as one more feature, learned with a smaller penalty. Its log-odds are made probabilities by Platt's (1999)
    scaling of those of reviews in groups that it had not seen, whence the shop's share of good reviews: it is learned
    once and stored, and never taken from the reviews that are scored (Saerens, Latinne and Decaestecker (2002) estimate
    it from a batch, which makes a review's score hang on its neighbours).

    Folds hang on the order of the rows and on `rng`, so that figures differ a little from draw to draw, and copies of a
    text in several folds make them look better than they are. Where most reviews are good, accuracy, AUC and above all
    calibration gain by `fit`; macro-F1 may lose a little to the built-in model, which calls more reviews negative.

    Codes of the notes: ``no_target`` (no stars, or 3), ``no_text``, ``default_praise``, ``unknown_language``,
    ``few_in_language`` (the built-in model stays), ``no_cluster``, ``few_clusters``, ``no_builtin``.

    References
    ----------
    Platt, J. (1999). Probabilistic outputs for support vector machines and comparisons to regularized likelihood
    methods. Advances in Large Margin Classifiers.
    Saerens, M., Latinne, P. and Decaestecker, C. (2002). Adjusting the outputs of a classifier to new a priori
    probabilities. Neural Computation 14(1). https://doi.org/10.1162/089976602753284446

    Examples
    --------
    >>> import pandas as pd
    >>> from ecommine import sentiment
    >>> texts = ["runs true to size", "a tent on me"] * 40
    >>> reviews = pd.DataFrame({"product_id": range(80), "text": texts, "rating": [5, 2] * 40})
    >>> model = sentiment.fit(reviews)
    >>> model.metrics[["reviews", "accuracy", "macro_f1"]]
       reviews  accuracy  macro_f1
    0       80       1.0       1.0
    """
    name = text("target", target, example="'rating'")
    draw = rng if isinstance(rng, np.random.Generator) else np.random.default_rng(integer("rng", rng, low=0))
    rows, notes = _read(reviews, name, cluster)
    texts = texts_of_rows(rows, "auto")
    positive, has_target = _signs(rows[name], name)
    notes += _left_out(texts, has_target)
    learned: list[Learned] = []
    for language in LANGUAGES:
        kept = texts.rows(language)
        kept = kept[has_target[kept]]
        group = _groups(rows, cluster)[kept]
        examples = Examples([texts.text[row] for row in kept], positive[kept], group)
        reason = _too_few(examples)
        if reason is None and _few_clusters(examples):
            notes.append(_FEW_CLUSTERS)
            examples = examples._replace(group=np.arange(len(kept)))
        if reason is None:
            learned.append(_learn(examples, language, draw))
        elif len(kept):
            notes.append(
                Note(f"{language}: {reason}; the built-in model stays", code="few_in_language", count=len(kept))
            )
    if not learned:
        raise ValueError(_no_model(texts, positive, has_target, name))
    if not all(has_builtin(one.scorer.language) for one in learned):
        notes.append(
            Note("the built-in weights are not there, so that words of the shop alone count", code="no_builtin")
        )
    return SentimentModel(
        scorers={one.scorer.language: one.scorer for one in learned},
        calibration=pd.concat([one.calibration for one in learned], ignore_index=True),
        metrics=pd.DataFrame([one.metrics for one in learned]),
        notes=tuple(notes),
    )


def _read(reviews: object, target: str, cluster: str | None) -> tuple[Any, list[Note]]:
    """Return the rows with text, title, language, target and cluster, and a note where the cluster is not there."""
    names = opened(reviews, argument="reviews").collect_schema().names()
    columns = [] if cluster is None else [text("cluster", cluster, example="'product_id'")]
    if target != "rating" and target not in names:
        raise ValueError(f"`target` must be a column of the reviews, got {show(target)}{did_you_mean(target, names)}")
    if columns and cluster not in names and cluster != "product_id":
        raise ValueError(
            f"`cluster` must be a column of the reviews, got {show(cluster)}{did_you_mean(columns[0], names)}"
        )
    of_schema = [name for name in (target, *columns) if name in ("rating", "product_id", "customer_id", "order_id")]
    others = [name for name in dict.fromkeys((target, *columns)) if name not in of_schema and name in names]
    others = [name for name in others if name not in ("text", "title", "language")]
    required = ["text", *(["rating"] if target == "rating" else [])]
    frame = read(
        reviews, "reviews", required, optional=["title", "language", *of_schema], others=others, argument="reviews"
    )
    if columns and cluster not in names:
        sentence = "there is no product_id, so that accuracy is of other reviews, perhaps of the same products"
        return collect(frame), [Note(sentence, code="no_cluster")]
    return collect(frame), []


def _signs(column: Any, name: str) -> tuple[Bools, Bools]:
    """Return whether each row is positive, and whether it has a target at all."""
    known = [value if isinstance(value, (bool, int, float)) and value == value else None for value in column.to_list()]
    n_missing = sum(value is None for value in known)
    if n_missing > column.is_null().sum() and not column.dtype.is_float():
        raise ValueError(f"`target` must hold stars, or True and False: {name!r} holds {column.dtype}")
    values = np.array([np.nan if value is None else float(value) for value in known])
    if name == "rating":
        _check_stars(values)
        return values >= 4, (values >= 4) | (values <= 2)
    wrong = values[~np.isnan(values) & (values != 0) & (values != 1)]
    if len(wrong):
        raise ValueError(
            f"`target` must hold True and False, or 1 and 0: {name!r} holds {wrong[0]:g}; stars are `rating`"
        )
    return values == 1, ~np.isnan(values)


def _check_stars(values: Floats) -> None:
    wrong = values[~np.isnan(values) & ~((values >= 1) & (values <= 5))]
    if len(wrong):
        raise ValueError(
            f"`reviews` has {counted(len(wrong), 'rating')} outside 1 to 5 stars, such as {wrong[0]:g}: bring other "
            "scales to stars, and make a rating that means none null"
        )


def _groups(rows: Any, cluster: str | None) -> Ints:
    """Return the number of the cluster of each row; a row without one is a cluster of its own."""
    n = len(rows)
    if cluster is None or cluster not in rows.columns:
        return np.arange(n)
    code = factorize(rows[cluster])[0].astype(np.int64)
    return np.where(code < 0, n + np.arange(n), code)


def _left_out(texts: Texts, has_target: Bools) -> list[Note]:
    is_blank = np.array([not one for one in texts.text], dtype=bool)
    is_other = np.array([spoken in ("other", "any") for spoken in texts.language], dtype=bool) & ~is_blank
    rows = {
        "no_target": (~has_target, "without a target, or with 3 stars, left out"),
        "no_text": (has_target & is_blank, "without text left out"),
        "default_praise": (has_target & texts.is_default, DEFAULT_PRAISE),
        "unknown_language": (has_target & is_other & ~texts.is_default, UNKNOWN_LANGUAGE),
    }
    return count_notes(*((code, int(which.sum()), "review", words) for code, (which, words) in rows.items()))


def _few_clusters(examples: Examples) -> bool:
    """Return whether some cluster holds so many reviews of one sign that too few are left to learn from without it."""
    code = np.unique(examples.group, return_inverse=True)[1]
    for sign in (examples.positive, ~examples.positive):
        if sign.sum() - np.bincount(code, sign).max() < MIN_OF_CLASS - 1:
            return True
    return False


def _too_few(examples: Examples) -> str | None:
    n, n_positive = len(examples.texts), int(examples.positive.sum())
    if n >= MIN_REVIEWS and min(n_positive, n - n_positive) >= MIN_OF_CLASS:
        return None
    return f"{n} reviews with a target, {n_positive} of them positive, are too few to learn from"


def _no_model(texts: Texts, positive: Bools, has_target: Bools, target: str) -> str:
    kept = texts.rows("en", "zh")
    kept = kept[has_target[kept]]
    return (
        f"`reviews` has {counted(len(kept), 'review')} in English or Chinese with a known {target}, "
        f"{int(positive[kept].sum())} positive and {int((~positive[kept]).sum())} negative: a model needs "
        f"{MIN_REVIEWS} in one language, {MIN_OF_CLASS} of each sign. Score with the built-in model, or give more"
    )


def _learn(examples: Examples, language: Language, draw: np.random.Generator) -> Learned:
    lexicon = builtin_model("en").vocabulary.lexicon if language == "en" and has_builtin("en") else {}
    vocabulary, cells = learn_vocabulary(examples.texts, language, lexicon)
    builtin = (
        builtin_model(language).log_odds(examples.texts) if has_builtin(language) else np.zeros(len(examples.texts))
    )
    design = build_design(vocabulary, cells, STRENGTH_OF_BUILTIN * builtin[:, None])
    fold = _folds(examples.group, draw)
    held_out = out_of_fold(design.table, examples.positive, fold)
    slope, shift = platt(held_out, examples.positive)
    weights = learn_weights(design.table, examples.positive, strength=STRENGTH)
    own: LinearModel = linear_model(vocabulary, weights, design.n_sums, slope=slope, shift=shift, stands_alone=False)
    scorer = FittedScorer(
        language=language,
        own=own,
        builtin_weight=slope * STRENGTH_OF_BUILTIN * float(weights[-2]) if builtin.any() else 0.0,
    )
    probability = 1 / (1 + np.exp(-(slope * held_out + shift)))
    bins = calibration_table(probability, examples.positive)
    return Learned(
        scorer,
        bins.assign(language=language)[["language", *bins.columns]],
        {"language": language, **_metrics(probability, builtin, examples.positive, bins)},
    )


def _folds(group: Ints, draw: np.random.Generator) -> Ints:
    """Return a fold for each review, that of its group; groups are dealt in a random order, large ones first."""
    code = np.unique(group, return_inverse=True)[1]
    size = np.bincount(code)
    order = np.lexsort((draw.random(len(size)), -size))
    fold_of = np.empty(len(size), dtype=np.int64)
    load = np.zeros(min(FOLDS, len(size)))
    for one in order.tolist():
        fold_of[one] = int(np.argmin(load))
        load[fold_of[one]] += size[one]
    return fold_of[code]


def calibration_table(probability: Floats, positive: Bools) -> pd.DataFrame:
    """Return mean probability and share of positive reviews by tenths of the probability, empty ones left out.

    Examples
    --------
    >>> calibration_table(np.array([0.11, 0.19, 0.95]), np.array([False, True, True]))[["reviews", "positive_share"]]
       reviews  positive_share
    0        2             0.5
    1        1             1.0
    """
    which = np.minimum((probability * N_BINS).astype(np.int64), N_BINS - 1)
    count = np.bincount(which, minlength=N_BINS)
    used = np.flatnonzero(count)
    return pd.DataFrame(
        {
            "probability_from": used / N_BINS,
            "probability_to": (used + 1) / N_BINS,
            "reviews": count[used],
            "mean_probability": np.bincount(which, probability, N_BINS)[used] / count[used],
            "positive_share": np.bincount(which, positive, N_BINS)[used] / count[used],
        }
    )


def _metrics(probability: Floats, builtin: Floats, positive: Bools, bins: pd.DataFrame) -> dict[str, Any]:
    from sklearn.metrics import f1_score, roc_auc_score

    gap = (bins["mean_probability"] - bins["positive_share"]).abs()
    return {
        "reviews": len(positive),
        "positive_share": float(positive.mean()),
        "accuracy": float(((probability > 0.5) == positive).mean()),
        "macro_f1": float(f1_score(positive, probability > 0.5, average="macro")),
        "auc": float(roc_auc_score(positive, probability)),
        "calibration_error": float((gap * bins["reviews"]).sum() / len(positive)),
        "builtin_accuracy": float(((builtin > 0) == positive).mean()),
        "builtin_macro_f1": float(f1_score(positive, builtin > 0, average="macro")),
        "builtin_auc": float(roc_auc_score(positive, builtin)),
    }
