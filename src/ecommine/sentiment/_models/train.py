"""Training of a linear model: vocabulary, weights by logistic regression, log-odds of texts that it has not seen.

scikit-learn is imported here, and only where a model is trained.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..._core.arrays import Bools, Floats, Ints
from .._languages import Language
from .encode import Cells, encode_chinese, encode_english
from .linear import LinearModel, Vocabulary

MIN_TEXTS_OF_FEATURE = 2
MAX_FEATURES = 30_000
STRENGTH = 2.0
"""The inverse of the weight of the penalty (scikit-learn's C)."""


class Design(NamedTuple):
    """Texts as a sparse table: known features, then the sums of valence, then given columns."""

    vocabulary: Vocabulary
    table: Any
    n_sums: int


def learn_vocabulary(
    texts: Sequence[str], language: Language, lexicon: Mapping[str, float]
) -> tuple[Vocabulary, Cells]:
    """Return the features that several texts have, the most frequent ones, and the features of the texts."""
    cells = encode_chinese(texts) if language == "zh" else encode_english(texts, lexicon)
    features, n_texts = _count_texts(cells)
    keep = n_texts >= min(MIN_TEXTS_OF_FEATURE, max(len(texts) // 10, 1))
    if keep.sum() > MAX_FEATURES:
        keep &= n_texts >= np.sort(n_texts)[-MAX_FEATURES]
    idf = np.log((1 + len(texts)) / (1 + n_texts[keep])) + 1
    return Vocabulary(language=language, features=features[keep], idf=idf, lexicon=lexicon), cells


def _count_texts(cells: Cells) -> tuple[Any, Ints]:
    """Return the distinct features in order, and in how many texts each is."""
    if isinstance(cells.feature, list):
        counts = Counter(word for _, word in set(zip(cells.row.tolist(), cells.feature, strict=True)))
        words = sorted(counts)
        return np.array(words, dtype=object), np.array([counts[word] for word in words], dtype=np.int64)
    features, code = np.unique(cells.feature, return_inverse=True)
    pairs = np.unique(cells.row * max(len(features), 1) + code)
    return features, np.bincount(pairs % max(len(features), 1), minlength=len(features))


def build_design(vocabulary: Vocabulary, cells: Cells, extra: Floats) -> Design:
    """Return the table that weights are learned from; ``extra`` has a column for each further number of a text."""
    from scipy.sparse import csr_array, hstack

    row, place, weight = vocabulary.weigh(cells)
    tfidf = csr_array(
        (weight, (row.astype(np.int32), place.astype(np.int32))), shape=(cells.n_rows, len(vocabulary.idf))
    )
    return Design(vocabulary, hstack([tfidf, csr_array(cells.sums), csr_array(extra)]).tocsr(), cells.sums.shape[1])


def learn_weights(table: Any, positive: Bools, weight: Floats | None = None, strength: float = STRENGTH) -> Floats:
    """Return the weights of the columns, and the bias last, by penalised logistic regression."""
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=strength, solver="liblinear", max_iter=1_000, random_state=0)
    model.fit(table, positive, sample_weight=weight)
    return np.append(model.coef_[0], model.intercept_[0])


def linear_model(
    vocabulary: Vocabulary, weights: Floats, n_sums: int, *, slope: float, shift: float = 0.0, stands_alone: bool
) -> LinearModel:
    """Return the model of learned weights, its log-odds times a slope plus a shift; further columns are left out."""
    n = len(vocabulary.idf)
    return LinearModel(
        vocabulary=vocabulary,
        weight=slope * weights[:n],
        sum_weight=slope * weights[n : n + n_sums],
        bias=slope * float(weights[-1]) + shift,
        stands_alone=stands_alone,
    )


def out_of_fold(table: Any, positive: Bools, fold: Ints, weight: Floats | None = None) -> Floats:
    """Return the log-odds of each text by weights learned on the other folds."""
    log_odds = np.zeros(len(positive))
    for number in np.unique(fold):
        test = fold == number
        known = positive[~test]
        if known.all() or not known.any():  # a fold without one class teaches nothing
            log_odds[test] = np.log((known.sum() + 0.5) / (len(known) - known.sum() + 0.5))
            continue
        weights = learn_weights(table[~test], known, None if weight is None else weight[~test])
        log_odds[test] = table[test] @ weights[:-1] + weights[-1]
    return log_odds


def platt(log_odds: Floats, positive: Bools) -> tuple[float, float]:
    """Return slope and shift that make log-odds probabilities, after Platt (1999) with his smoothed targets.

    Examples
    --------
    >>> slope, shift = platt(np.repeat([-4.0, 4.0], 100), np.repeat([False, True, False, True], [75, 25, 25, 75]))
    >>> round(4 * slope, 2), round(abs(shift), 2)
    (1.07, 0.0)
    """
    from sklearn.linear_model import LogisticRegression

    n_positive = int(positive.sum())
    high, low = (n_positive + 1) / (n_positive + 2), 1 / (len(positive) - n_positive + 2)
    target = np.where(positive, high, low)
    model = LogisticRegression(C=1e4, solver="lbfgs", max_iter=1_000)
    both = np.repeat([True, False], len(log_odds))
    model.fit(np.tile(log_odds, 2)[:, None], both, sample_weight=np.concatenate([target, 1 - target]))
    return max(float(model.coef_[0, 0]), 0.0), float(model.intercept_[0])
