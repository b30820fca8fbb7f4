"""Log-odds and tests of words against statsmodels' stratified tables, and against exact tails."""

import numpy as np
import pytest
from scipy.stats import binom, hypergeom

from ecommine.sentiment._words.mantel_haenszel import (
    PRIOR_REVIEWS,
    Cells,
    cmh_p_values,
    inflation_by_customer,
    is_normal,
    word_odds,
)


def drawn(seed: int, n_words: int = 6, n_strata: int = 4, *, size: int = 80) -> tuple[Cells, np.ndarray]:
    """Draw counts of words in strata, and the share of each word."""
    rng = np.random.default_rng(seed)
    n1, n0 = rng.integers(size // 2, size, (2, n_strata))
    a = rng.binomial(n1, 0.3, (n_words, n_strata))
    c = rng.binomial(n0, 0.2, (n_words, n_strata))
    word = np.repeat(np.arange(n_words), n_strata)
    cells = Cells(
        word=word,
        target=a.ravel() * 1.0,
        reference=c.ravel() * 1.0,
        n_target=np.tile(n1, n_words) * 1.0,
        n_reference=np.tile(n0, n_words) * 1.0,
        n_words=n_words,
    )
    return cells, (a + c).sum(axis=1) / (n1.sum() + n0.sum())


def tables(cells: Cells, word: int) -> list[np.ndarray]:
    rows = np.flatnonzero(cells.word == word)
    a, c = cells.target[rows], cells.reference[rows]
    return [
        np.array([[x, n - x], [y, m - y]])
        for x, n, y, m in zip(a, cells.n_target[rows], c, cells.n_reference[rows], strict=True)
    ]


@pytest.mark.parametrize("seed", range(5))
def test_it_is_statsmodels_stratified_table(seed: int) -> None:
    from statsmodels.stats.contingency_tables import StratifiedTable

    cells, share = drawn(seed)
    found = word_odds(cells, share)
    for word in range(cells.n_words):
        plain = tables(cells, word)
        half = PRIOR_REVIEWS / 2
        prior = np.array([[half * share[word], half * (1 - share[word])]] * 2)
        with_prior = StratifiedTable([*plain, prior])
        assert found.log_odds[word] == pytest.approx(with_prior.logodds_pooled, abs=1e-10)
        assert found.error[word] == pytest.approx(with_prior.logodds_pooled_se, abs=1e-10)
        assert found.p_value[word] == pytest.approx(StratifiedTable(plain).test_null_odds().pvalue, abs=1e-12)


def test_few_expected_reviews_get_a_binomial_tail_that_is_not_below_the_exact_one() -> None:
    for seed in range(30):
        rng = np.random.default_rng(seed)
        n1, n0, m = int(rng.integers(5, 40)), int(rng.integers(100, 300)), int(rng.integers(5, 30))
        a = int(rng.integers(max(0, m - n0), min(n1, m) + 1))
        cells = Cells(
            word=np.array([0]),
            target=np.array([a * 1.0]),
            reference=np.array([m - a * 1.0]),
            n_target=np.array([n1 * 1.0]),
            n_reference=np.array([n0 * 1.0]),
            n_words=1,
        )
        if is_normal(cells)[0]:
            continue
        p = cmh_p_values(cells)[0]
        share = n1 / (n1 + n0)
        assert p == pytest.approx(min(1, 2 * min(binom.cdf(a, m, share), binom.sf(a - 1, m, share))))
        exact = hypergeom(n1 + n0, m, n1)
        if abs(a - m * share) >= 1:  # Hoeffding's bound
            assert p >= 2 * min(exact.cdf(a), exact.sf(a - 1)) - 1e-12 or p == 1


def test_a_word_in_one_group_alone_has_finite_log_odds() -> None:
    one = np.ones(1)
    cells = Cells(
        word=np.array([0]), target=30 * one, reference=0 * one, n_target=60 * one, n_reference=60 * one, n_words=1
    )
    found = word_odds(cells, np.array([0.25]))
    prior = PRIOR_REVIEWS * 0.25 * 0.75 / 4
    assert found.log_odds[0] == pytest.approx(np.log((30 * 60 / 120 + prior) / prior))
    assert np.isfinite(found.error[0])


def test_the_size_of_the_test() -> None:
    """20,000 words without a difference, in two strata of unequal shares: at most what the level allows."""
    rng = np.random.default_rng(0)
    n_words = 20_000
    n1, n0 = np.array([30.0, 90.0]), np.array([120.0, 60.0])
    rate = np.array([0.05, 0.3])
    a, c = rng.binomial(n1.astype(int), rate, (n_words, 2)), rng.binomial(n0.astype(int), rate, (n_words, 2))
    cells = Cells(
        word=np.repeat(np.arange(n_words), 2),
        target=a.ravel() * 1.0,
        reference=c.ravel() * 1.0,
        n_target=np.tile(n1, n_words),
        n_reference=np.tile(n0, n_words),
        n_words=n_words,
    )
    p = cmh_p_values(cells)
    assert 0.04 <= (p <= 0.05).mean() <= 0.055
    assert (p <= 0.001).mean() <= 0.0016


def test_inflation_by_customer_are_sums_by_customer_over_those_by_review() -> None:
    rng = np.random.default_rng(0)
    n, words = 300, 4
    customer, has = rng.integers(0, 40, n), rng.random((n, words)) < 0.3
    side, share = rng.normal(size=n), has.mean(axis=0)
    row, word = np.nonzero(has)
    score = side[:, None] * (has - share)
    by_customer = np.array([np.bincount(customer, score[:, j]) for j in range(words)])
    slow = np.maximum((by_customer**2).sum(axis=1) / (score**2).sum(axis=0), 1)
    assert inflation_by_customer(word, row, side, customer, share) == pytest.approx(slow)
