r"""Shares of aspects by product: who mentions them, who does so negatively, and how many more than elsewhere.

What is called negative by a model is off by a share that differs from aspect to aspect, so that no interval around it
covers the truth. What stars can tell is another share: that of mentions in reviews of one and two stars, whatever they
say of the aspect itself. Where some reviews have no stars, the calls help to estimate it (the difference estimator of
survey sampling, or prediction-powered inference): with the calls :math:`c_i` of all N mentions and the stars
:math:`y_i` of n of them (1 for one and two stars),

.. math:: \hat\theta = \frac{1}{N} \sum_i c_i + \frac{1}{n} \sum_{i \text{ rated}} (y_i - c_i)

whose variance is that of its influences, summed by customer.

References
----------
Särndal, C.-E., Swensson, B. and Wretman, J. (1992). Model assisted survey sampling. Springer.

Angelopoulos, A. N., Bates, S., Fannjiang, C., Jordan, M. I. and Zrnic, T. (2023). Prediction-powered inference. Science
382(6671), 669-674. https://doi.org/10.1126/science.adi6000
"""

from dataclasses import dataclass

import numpy as np

from ..._core.arrays import Floats, Ints, distinct_rows
from ..._stats.arrays import divide, sums_by_group
from ..._stats.clustered_shares import effective_trials
from ..._stats.clusters import effective_sample_size
from ..._stats.intervals import normal_quantile, wilson_interval
from ..._stats.shrinkage import shrink_shares
from .mentions import Mentions, Opinions

MIN_RATED = 200
"""Mentions with stars, from which on the share of one and two stars among them is told."""
MIN_MENTIONS = 10
"""Mentions, from which on a share of them is told."""
NEGATIVE_STARS = 2


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AspectShares:
    """Counts and shares of groups of opinions by aspect; arrays of shape (n_groups, n_aspects), NaN where unknown.

    Attributes
    ----------
    opinions : float array of shape (n_groups,)
    mentions, negative : float array
        Opinions that mention the aspect, and those that do so negatively.
    mention_share, mention_low, mention_high : float array
        Of the opinions.
    called_negative : float array
        Share of the mentions.
    low_star_share, low_star_low, low_star_high : float array
        Share of the mentions in reviews of one and two stars.
    """

    opinions: Floats
    mentions: Floats
    negative: Floats
    mention_share: Floats
    mention_low: Floats
    mention_high: Floats
    called_negative: Floats
    low_star_share: Floats
    low_star_low: Floats
    low_star_high: Floats


def aspect_shares(
    opinions: Opinions, mentions: Mentions, group: Ints, n_groups: int, n_aspects: int, min_reviews: int, level: float
) -> AspectShares:
    """Compute counts and shares by group of opinions and aspect."""
    z = normal_quantile(level)
    total = np.bincount(group, minlength=n_groups).astype(np.float64)
    cell = group[mentions.opinion] * n_aspects + mentions.aspect
    n_cells = n_groups * n_aspects
    n_mentions = np.bincount(cell, minlength=n_cells).astype(np.float64)
    negative = sums_by_group(cell, mentions.is_negative.astype(np.float64), n_cells)
    of_cell = np.repeat(total, n_aspects)
    is_enough = of_cell >= min_reviews
    share = np.where(is_enough, divide(n_mentions, of_cell), np.nan)
    low, high = wilson_interval(share, _effective_opinions(opinions, mentions, group, n_groups, n_aspects, share), z)
    is_told = is_enough & (n_mentions >= MIN_MENTIONS)
    corrected = _corrected(opinions, mentions, cell, n_cells, z)
    arrays = {
        "mentions": n_mentions,
        "negative": negative,
        "mention_share": share,
        "mention_low": low,
        "mention_high": high,
        "called_negative": np.where(is_told, divide(negative, n_mentions), np.nan),
        **{
            name: np.where(is_told, values, np.nan)
            for name, values in zip(("low_star_share", "low_star_low", "low_star_high"), corrected, strict=True)
        },
    }
    return AspectShares(opinions=total, **{name: one.reshape(n_groups, n_aspects) for name, one in arrays.items()})


def _effective_opinions(
    opinions: Opinions, mentions: Mentions, group: Ints, n_groups: int, n_aspects: int, share: Floats
) -> Floats:
    """Return the effective sample sizes of the shares of mentions: opinions of one customer are alike."""
    run, first = distinct_rows(group, opinions.customer) if len(group) else (group, group)
    n_runs, of_run = len(first), group[first]
    size = np.bincount(run, minlength=n_runs).astype(np.float64)
    trials, squares = (sums_by_group(of_run, values, n_groups) for values in (size, size**2))
    clusters = np.bincount(of_run, minlength=n_groups)
    key, of_key = distinct_rows(run[mentions.opinion], mentions.aspect) if len(mentions.clause) else (run[:0], run[:0])
    hits = np.bincount(key, minlength=len(of_key)).astype(np.float64)
    at_run, at_aspect = run[mentions.opinion[of_key]], mentions.aspect[of_key]
    cell = of_run[at_run] * n_aspects + at_aspect
    n_cells = n_groups * n_aspects
    own, mixed = (sums_by_group(cell, values, n_cells) for values in (hits**2, hits * size[at_run]))
    of_cells = [np.repeat(values, n_aspects) for values in (trials, squares)]
    residual = np.nan_to_num(own - 2 * share * mixed + share**2 * of_cells[1])
    return effective_trials(share, of_cells[0], residual, np.repeat(clusters, n_aspects))


def _corrected(
    opinions: Opinions, mentions: Mentions, cell: Ints, n_cells: int, z: float
) -> tuple[Floats, Floats, Floats]:
    """Return the shares of one and two stars, with their limits; NaN with fewer than 200 mentions that have stars."""
    rating, customer = opinions.rating[mentions.opinion], opinions.customer[mentions.opinion]
    is_rated = ~np.isnan(rating)
    call = mentions.is_negative.astype(np.float64)
    gap = np.where(is_rated, (rating <= NEGATIVE_STARS) - call, 0.0)
    n, rated = np.bincount(cell, minlength=n_cells), sums_by_group(cell, is_rated * 1.0, n_cells)
    rated = np.where(rated >= MIN_RATED, rated, 0.0)
    called, bias = divide(sums_by_group(cell, call, n_cells), n), divide(sums_by_group(cell, gap, n_cells), rated)
    estimate = np.clip(called + bias, 0.0, 1.0)
    influence = divide(call - called[cell], n[cell]) + np.where(is_rated, divide(gap - bias[cell], rated[cell]), 0.0)
    variance = _variance_by_cell(np.nan_to_num(influence), cell, customer, n_cells)
    size = effective_sample_size(estimate, variance, rated)
    low, high = wilson_interval(estimate, np.where(rated > 0, np.minimum(size, n), np.nan), z)
    return estimate, low, high


def _variance_by_cell(influence: Floats, cell: Ints, customer: Ints, n_cells: int) -> Floats:
    if not len(cell):
        return np.zeros(n_cells)
    pair, first = distinct_rows(cell, customer)
    return sums_by_group(cell[first], sums_by_group(pair, influence, len(first)) ** 2, n_cells)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Excess:
    """Negative opinions of products beyond their category's rate; arrays of shape (n_products, n_aspects)."""

    category_rate: Floats
    excess: Floats


def excess_negative(shares: AspectShares, category: Ints) -> Excess:
    """Compute how many more opinions are negative than the category's rate expects, the rate of a product shrunk.

    Parameters
    ----------
    shares : AspectShares
        By product.
    category : int array of shape (n_products,)
        Of each product.
    """
    n, negative = shares.opinions[:, None], shares.negative
    rate, shrunk = np.full(negative.shape, np.nan), np.full(negative.shape, np.nan)
    for one in np.unique(category):
        rows = np.flatnonzero((category == one) & (shares.opinions > 0))
        whole = float(shares.opinions[rows].sum())
        for aspect in range(negative.shape[1]):
            mean = float(negative[rows, aspect].sum()) / whole if whole else np.nan
            rate[rows, aspect] = mean
            shrunk[rows, aspect] = shrink_shares(divide(negative[rows, aspect], n[rows, 0]), n[rows, 0], mean)
    return Excess(category_rate=rate, excess=n * (shrunk - rate))
