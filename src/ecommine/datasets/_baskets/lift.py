"""Closed form of how often products meet in a basket of given size, with and without planted bundles."""

import numpy as np

from .._drawing import Floats, Ints

NEWTON_STEPS = 60


def inclusion(weights: Floats, sizes: Ints) -> Floats:
    """Chance of each product (columns) to be in a basket of each size (rows), drawn by weight without replacement.

    Give each product an exponential clock with its weight as rate; the basket holds the first ``size`` that ring, so
    a product is in with probability 1 - exp(-weight t), where t makes these add up to the size (Rosen 1997,
    asymptotically exact).

    Examples
    --------
    >>> inclusion(np.array([0.5, 0.25, 0.25]), np.array([0, 1])).sum(axis=1).round(9).tolist()
    [0.0, 1.0]
    """
    share = weights / weights.sum()
    wanted = sizes.astype(np.float64)
    time = wanted.copy()  # a start below the root: from there Newton climbs without overshooting
    for _ in range(NEWTON_STEPS):
        stays = np.exp(-time[:, None] * share)
        lack = wanted - (len(share) - stays.sum(axis=1))
        time += lack / np.maximum(stays @ share, 1e-300)
        if np.max(np.abs(lack), initial=0.0) < 1e-10:
            break
    return np.asarray(1 - np.exp(-time[:, None] * share), dtype=np.float64)


def pair_factor(shares: Floats) -> Floats:
    """Correction for baskets of fixed size: pairs that they hold over the pairs that independent shares would give.

    A basket of s products holds s (s - 1) ordered pairs; independent products would give (sum F)^2 - sum F^2.
    """
    size = np.rint(shares.sum(axis=1))  # whole by construction, up to rounding
    independent = size**2 - (shares**2).sum(axis=1)
    pairs = np.maximum(size * (size - 1), 0.0)
    factor = np.divide(pairs, independent, out=np.zeros_like(pairs), where=independent > 1e-12)
    return np.asarray(factor, dtype=np.float64)


def meeting(weights: Floats, sizes: Ints, bundles: Ints, rates: Floats, pairs: Ints) -> tuple[Floats, Floats]:
    """Probability that pairs of products meet in a basket of each size, and the same by chance alone.

    ``bundles`` has one row of products for each bundle, ``rates`` the share of large enough baskets that start with
    it, ``pairs`` two products a row. Chance keeps the basket's size and how often each product is in baskets of that
    size, and nothing else: F_a F_b times `pair_factor`.

    Returns
    -------
    observed, by_chance : arrays of shape (n_sizes, n_pairs)
    """
    plain = inclusion(weights, sizes)
    fits = (sizes >= bundles.shape[1])[:, None]
    rest = 1 - rates.sum() * fits
    shares = rest * plain
    together = rest * _product(plain, pairs)
    for bundle, rate in zip(bundles, rates, strict=True):
        filled = _filled(weights, sizes, bundle)
        planted = np.isin(pairs, bundle).all(axis=1)
        shares += rate * fits * filled
        together += rate * fits * np.where(planted, 1.0, _product(_without(filled, bundle), pairs))
    return together, _product(shares, pairs)


def _filled(weights: Floats, sizes: Ints, bundle: Ints) -> Floats:
    """Chances of all products in baskets that start with the bundle."""
    others = weights.copy()
    others[bundle] = 0.0
    shares = inclusion(others, np.maximum(sizes - len(bundle), 0))
    shares[:, bundle] = 1.0
    return shares


def _without(shares: Floats, bundle: Ints) -> Floats:
    shares = shares.copy()
    shares[:, bundle] = 0.0
    return shares


def _product(shares: Floats, pairs: Ints) -> Floats:
    return shares[:, pairs[:, 0]] * shares[:, pairs[:, 1]] * pair_factor(shares)[:, None]


def response(weights: Floats, sizes: Ints, orders: Ints, bundles: Ints, rates: Floats) -> Floats:
    """Relative change of each product's sales for a small relative change of its own weight of choice.

    It is below one, since a basket has room for a popular product only once, since all products share the basket's
    size, and since planted bundles are bought at any price.
    """
    fits = (sizes >= bundles.shape[1])[:, None]
    rest = 1 - rates.sum() * fits
    plain = inclusion(weights, sizes)
    moved, bought = rest * _slope(plain, weights), rest * plain
    for bundle, rate in zip(bundles, rates, strict=True):
        filled = _filled(weights, sizes, bundle)
        moved += rate * fits * _slope(_without(filled, bundle), weights)
        bought += rate * fits * filled
    return np.asarray((orders @ moved) / (orders @ bought), dtype=np.float64)


def _slope(chance: Floats, weights: Floats) -> Floats:
    """Differentiate `inclusion` by the log of the product's own weight, the basket's size held."""
    stays = 1 - chance
    pull = np.where(chance > 0, weights * stays, 0.0)
    total = pull.sum(axis=1, keepdims=True)
    share = np.divide(pull, total, out=np.zeros_like(pull), where=total > 0)
    return np.asarray(-np.log(stays) * stays * (1 - share), dtype=np.float64)
