r"""Odds of words in two groups of reviews, within strata such as products: Mantel and Haenszel.

In stratum k a word stands in :math:`a_k` of :math:`n_{1k}` target reviews and in :math:`c_k` of :math:`n_{0k}`
reference reviews; :math:`b_k` and :math:`d_k` are those without it, :math:`n_k` all. The pooled odds ratio is

.. math:: \hat\psi = \frac{\sum_k a_k d_k / n_k}{\sum_k b_k c_k / n_k}

with the variance of its logarithm by Robins, Breslow and Greenland. The prior is one more stratum in which the word is
as frequent in both groups: it draws log-odds of rare words to zero, as the informative Dirichlet prior of Monroe,
Colaresi and Quinn does, and makes them finite.

The test of Cochran, Mantel and Haenszel compares :math:`\sum_k a_k` with its mean and variance given all margins, the
hypergeometric ones. Where Mantel and Fleiss's criterion says that there are too few reviews for the normal
distribution, the tail is that of the binomial distribution with the same mean: a sum of hypergeometric numbers is one
of independent trials, whose tails are no larger (Hoeffding).

References
----------
Mantel, N. and Haenszel, W. (1959). Statistical aspects of the analysis of data from retrospective studies of disease.
Journal of the National Cancer Institute 22(4), 719-748. https://doi.org/10.1093/jnci/22.4.719

Robins, J., Breslow, N. and Greenland, S. (1986). Estimators of the Mantel-Haenszel variance consistent in both sparse
data and large-strata limiting models. Biometrics 42(2), 311-323. https://doi.org/10.2307/2531052

Mantel, N. and Fleiss, J. L. (1980). Minimum expected cell size requirements for the Mantel-Haenszel one-degree-of-
freedom chi-square test and a related rapid procedure. American Journal of Epidemiology 112(1), 129-134.
https://doi.org/10.1093/oxfordjournals.aje.a112962

Hoeffding, W. (1956). On the distribution of the number of successes in independent trials. Annals of Mathematical
Statistics 27(3), 713-721. https://doi.org/10.1214/aoms/1177728178

Liang, K.-Y. (1985). Odds ratio inference with dependent data. Biometrika 72(3), 678-682.
https://doi.org/10.1093/biomet/72.3.678

Monroe, B. L., Colaresi, M. P. and Quinn, K. M. (2008). Fightin' words: lexical feature selection and evaluation for
identifying the content of political conflict. Political Analysis 16(4), 372-403. https://doi.org/10.1093/pan/mpn018
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ..._core.arrays import Bools, Floats, Ints, distinct_rows
from ..._stats.arrays import divide, sums_by_group
from ..._stats.intervals import z_test_p_values

PRIOR_REVIEWS = 20
"""Reviews of the prior stratum, half of them in each group."""
MIN_EXPECTED = 5.0
"""Mantel and Fleiss's criterion for the normal distribution."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cells:
    """Words in strata in which they occur; float arrays of shape (n_cells,), but for the number of the word.

    Attributes
    ----------
    word : int array
        Number of the word, from 0.
    target, reference : float array
        Reviews with the word in each group.
    n_target, n_reference : float array
        Reviews of each group in the stratum.
    n_words : int
        Number of words.
    """

    word: Ints
    target: Floats
    reference: Floats
    n_target: Floats
    n_reference: Floats
    n_words: int

    def sums(self, values: Floats) -> Floats:
        """Sum values by word."""
        return sums_by_group(self.word, values, self.n_words)


class WordOdds(NamedTuple):
    """By word: log-odds of the target with their standard error, and the p-value; arrays of shape (n_words,)."""

    log_odds: Floats
    error: Floats
    p_value: Floats


def word_odds(cells: Cells, share: Floats, design_effect: Floats | float = 1.0) -> WordOdds:
    """Compute pooled log-odds with the prior, and the test without it.

    Parameters
    ----------
    cells : Cells
        Counts; strata without the word tell nothing of it.
    share : float array of shape (n_words,)
        Share of all reviews that have the word, that of the prior stratum.
    design_effect : float array of shape (n_words,), or float
        How many times larger variances are than those of independent reviews.

    Examples
    --------
    >>> one = np.ones(1)
    >>> cells = Cells(word=np.array([0]), target=30 * one, reference=10 * one, n_target=100 * one,
    ...               n_reference=100 * one, n_words=1)
    >>> [part.round(4).tolist() for part in word_odds(cells, np.array([0.2]))]
    [[1.2016], [0.3701], [0.0004]]
    """
    log_odds, error = _pooled(_with_prior(cells, share))
    return WordOdds(log_odds, error * np.sqrt(design_effect), cmh_p_values(cells, design_effect))


def _with_prior(cells: Cells, share: Floats) -> Cells:
    half = np.full(cells.n_words, PRIOR_REVIEWS / 2)
    return Cells(
        word=np.append(cells.word, np.arange(cells.n_words)),
        target=np.append(cells.target, half * share),
        reference=np.append(cells.reference, half * share),
        n_target=np.append(cells.n_target, half),
        n_reference=np.append(cells.n_reference, half),
        n_words=cells.n_words,
    )


def _pooled(cells: Cells) -> tuple[Floats, Floats]:
    a, c = cells.target, cells.reference
    b, d = cells.n_target - a, cells.n_reference - c
    n = cells.n_target + cells.n_reference
    r, s, p, q = a * d / n, b * c / n, (a + d) / n, (b + c) / n
    sum_r, sum_s = cells.sums(r), cells.sums(s)
    variance = (
        divide(cells.sums(p * r), 2 * sum_r**2)
        + divide(cells.sums(p * s + q * r), 2 * sum_r * sum_s)
        + divide(cells.sums(q * s), 2 * sum_s**2)
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.log(divide(sum_r, sum_s)), np.sqrt(variance)


def is_normal(cells: Cells) -> Bools:
    """Return for which words Mantel and Fleiss's criterion holds.

    Examples
    --------
    >>> ten = np.full(1, 10.0)
    >>> cells = Cells(word=np.array([0]), target=ten, reference=ten, n_target=9 * ten, n_reference=90 * ten, n_words=1)
    >>> is_normal(cells).tolist()
    [False]
    """
    n, m = cells.n_target + cells.n_reference, cells.target + cells.reference
    expected = cells.sums(cells.n_target * m / n)
    least, most = cells.sums(np.maximum(m - cells.n_reference, 0)), cells.sums(np.minimum(cells.n_target, m))
    return np.asarray(np.minimum(expected - least, most - expected) >= MIN_EXPECTED)


def cmh_p_values(cells: Cells, design_effect: Floats | float = 1.0) -> Floats:
    """Compute the p-values of Cochran, Mantel and Haenszel's test, binomial ones where there are too few reviews.

    With a design effect, all counts are worth so many times less.

    Examples
    --------
    >>> cells = Cells(word=np.array([0]), target=np.array([9.0]), reference=np.array([0.0]), n_target=np.array([30.0]),
    ...               n_reference=np.array([30.0]), n_words=1)
    >>> cmh_p_values(cells).round(8).tolist()
    [0.00390625]
    """
    n, m = cells.n_target + cells.n_reference, cells.target + cells.reference
    count, expected, total = cells.sums(cells.target), cells.sums(cells.n_target * m / n), cells.sums(m)
    normal = z_test_p_values(count - expected, np.sqrt(cmh_variance(cells) * design_effect))
    chance = np.clip(np.nan_to_num(divide(expected, total)), 0, 1)
    few = _binomial_p_values(count / design_effect, total / design_effect, chance)
    return np.where(is_normal(cells), normal, few)


def cmh_variance(cells: Cells) -> Floats:
    """Return the variance of the target's count, given all margins.

    Examples
    --------
    >>> cells = Cells(word=np.array([0]), target=np.array([9.0]), reference=np.array([0.0]), n_target=np.array([30.0]),
    ...               n_reference=np.array([30.0]), n_words=1)
    >>> cmh_variance(cells).round(3).tolist()
    [1.945]
    """
    n, m = cells.n_target + cells.n_reference, cells.target + cells.reference
    spread = cells.n_target * cells.n_reference * m * (n - m) / (n**2 * np.maximum(n - 1, 1))
    return cells.sums(spread)


def inflation_by_customer(word: Ints, row: Ints, side: Floats, customer: Ints, share: Floats) -> Floats:
    """Return, by word, how many times larger variances are since customers write several reviews; at least 1.

    The score of a review is ``side``, its group less the mean of its stratum, times whether it has the word, less the
    word's share: the sum of squared scores by customer is taken over that by review (Liang 1985).

    Parameters
    ----------
    word, row : int array of shape (n_pairs,)
        Pairs of a word and the review that has it.
    side, customer : array of shape (n_reviews,)
        Customers are numbered from 0.
    share : float array of shape (n_words,)
        Of the reviews that have the word.

    Examples
    --------
    >>> side, customer = np.array([0.5, 0.5, -0.5, -0.5]), np.array([0, 0, 1, 1])
    >>> inflation_by_customer(np.zeros(2, dtype=int), np.array([0, 1]), side, customer, np.array([0.5])).tolist()
    [2.0]
    """
    n_words = len(share)
    of_customer = np.bincount(customer, weights=side)
    pair, first = distinct_rows(word, customer[row])
    sums = np.bincount(pair, weights=side[row], minlength=len(first))
    mixed = sums * of_customer[customer[row[first]]]
    squares, mixed, alone = (
        sums_by_group(of, values, n_words)
        for of, values in ((word[first], sums**2), (word[first], mixed), (word, side[row] ** 2))
    )
    by_customer = squares - 2 * share * mixed + share**2 * float(of_customer @ of_customer)
    by_review = alone * (1 - 2 * share) + share**2 * float(side @ side)
    return np.maximum(np.nan_to_num(divide(by_customer, by_review), nan=1.0), 1.0)


def _binomial_p_values(count: Floats, total: Floats, chance: Floats) -> Floats:
    """Return twice the smaller tail, at most 1; numbers need not be whole."""
    from scipy.special import betainc

    rest = np.maximum(total - count, 0.0)
    upper = np.where(count > 0, betainc(np.maximum(count, 1e-12), rest + 1, chance), 1.0)
    lower = np.where(rest > 0, betainc(np.maximum(rest, 1e-12), count + 1, 1 - chance), 1.0)
    return np.asarray(np.minimum(2 * np.minimum(lower, upper), 1.0), dtype=np.float64)
