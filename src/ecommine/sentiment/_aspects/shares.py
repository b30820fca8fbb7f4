"""Shares of aspects by product: who mentions them, who does so negatively, and where more do so than elsewhere.

What is called negative by a model is off by a share that differs from aspect to aspect, so that no interval around it
covers the truth. What stars can tell is another share: that of mentions in reviews of one and two stars, whatever they
say of the aspect itself.
"""

from dataclasses import dataclass

import numpy as np

from ..._core.arrays import Bools, Floats, Ints
from ..._stats.arrays import divide
from ..._stats.clustered_shares import shares_by_group
from ..._stats.intervals import normal_quantile
from ..._stats.shrinkage import shrink_shares
from .._words.mantel_haenszel import Cells, cmh_p_values, inflation_by_customer
from .changes import MIN_NEGATIVE
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
    mentions, negative_mentions : float array
        Opinions that mention the aspect, and those that do so negatively.
    mention_share : float array
        Of the opinions.
    called_negative_share : float array
        Of the mentions.
    low_star_share : float array
        Of the mentions with stars: those in reviews of one and two.
    """

    opinions: Floats
    mentions: Floats
    negative_mentions: Floats
    mention_share: Floats
    mention_share_low: Floats
    mention_share_high: Floats
    called_negative_share: Floats
    low_star_share: Floats
    low_star_share_low: Floats
    low_star_share_high: Floats


def aspect_shares(
    opinions: Opinions, mentions: Mentions, group: Ints, n_groups: int, n_aspects: int, min_reviews: int, level: float
) -> AspectShares:
    """Compute counts and shares by group of opinions and aspect; intervals are by customer."""
    z = normal_quantile(level)
    total = np.bincount(group, minlength=n_groups).astype(np.float64)
    is_low = opinions.rating <= NEGATIVE_STARS
    columns = []
    for aspect in range(n_aspects):
        chosen = mentions.aspect == aspect
        at = mentions.opinion[chosen]
        is_mentioned = np.zeros(len(opinions), dtype=bool)
        is_mentioned[at] = True
        rated = at[~np.isnan(opinions.rating[at])]
        mentioned = shares_by_group(group, is_mentioned, n_groups, opinions.customer, z)
        low_star = shares_by_group(group[rated], is_low[rated], n_groups, opinions.customer[rated], z)
        count = np.bincount(group[at], minlength=n_groups)
        negative = np.bincount(group[at[mentions.is_negative[chosen]]], minlength=n_groups)
        is_told = (total >= min_reviews) & (count >= MIN_MENTIONS)
        shares = [np.where(total >= min_reviews, one, np.nan) for one in mentioned[1:]]
        shares.append(np.where(is_told, divide(negative, count), np.nan))
        shares += [np.where(is_told & (low_star.trials >= MIN_RATED), one, np.nan) for one in low_star[1:]]
        columns.append([count, negative, *shares])
    names = list(AspectShares.__dataclass_fields__)[1:]
    arrays = np.array(columns, dtype=np.float64).transpose(1, 2, 0)
    return AspectShares(opinions=total, **dict(zip(names, arrays, strict=True)))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Excess:
    """Negative opinions of products beyond their category's rate; arrays of shape (n_products, n_aspects).

    ``p_value`` is that of the product against the others of its category, NaN where there are too few to test.
    """

    category_rate: Floats
    excess: Floats
    p_value: Floats


def excess_negative(opinions: Opinions, negative: Bools, category: Ints, min_reviews: int) -> Excess:
    """Compute how many more opinions are negative than the category's rate expects, the rate of a product shrunk.

    The test is that of the odds of a negative opinion in the product and in the others of its category (Cochran, Mantel
    and Haenszel's for one stratum), with a design effect for customers who wrote several reviews.

    Parameters
    ----------
    negative : bool array of shape (n_opinions, n_aspects)
    category : int array of shape (n_products,)
        Of each product.
    """
    rate, excess, p_value = np.full((3, len(category), negative.shape[1]), np.nan)
    of_category = category[opinions.product]
    order = np.argsort(of_category, kind="stable")
    for rows in np.split(order, np.flatnonzero(np.diff(of_category[order])) + 1) if len(order) else ():
        products, product = np.unique(opinions.product[rows], return_inverse=True)
        customer = np.unique(opinions.customer[rows], return_inverse=True)[1]
        n = np.bincount(product).astype(np.float64)
        for aspect in range(negative.shape[1]):
            y = negative[rows, aspect].astype(np.float64)
            count, mean = np.bincount(product, y), float(y.mean())
            rate[products, aspect] = mean
            excess[products, aspect] = n * (shrink_shares(count / n, n, mean) - mean)
            if y.sum() >= MIN_NEGATIVE:
                effect = inflation_by_customer(product, np.arange(len(rows)), y - mean, customer, n / len(rows))
                is_tested = np.minimum(n, len(rows) - n) >= min_reviews
                tested = cmh_p_values(_against_others(count, n), effect)
                p_value[products, aspect] = np.where(is_tested, tested, np.nan)
    return Excess(category_rate=rate, excess=excess, p_value=p_value)


def _against_others(count: Floats, n: Floats) -> Cells:
    """Return each product as a group beside the other products."""
    groups = {"target": count, "reference": count.sum() - count, "n_target": n, "n_reference": n.sum() - n}
    return Cells(word=np.arange(len(n)), n_words=len(n), **groups)
