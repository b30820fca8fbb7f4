r"""Shares of products by size and season without an interaction of the two, fitted to the margins of the counts.

The odds of a share are :math:`\exp(\alpha_k + \beta_m) f_{km}`, with terms of the size k and the season m such that
the orders of each size and of each season are met, and a factor f of the stratum that all products have in common.
"""

import numpy as np

from ..._core.arrays import Floats, Ints

MARGIN_STEPS = 4
"""Newton's steps for the margins of a product; one more changes no third digit."""
MAX_STEP = 2.0
"""Longest of these steps, in log odds."""
MAX_LOG_ODDS = 18.0
"""Log odds of a product that is in every order; with a minus, in none."""


def fit_margins(counts: Ints, among: Ints, factor: Floats, shares: Floats, n_steps: int = MARGIN_STEPS) -> None:
    """Write the shares of some sets.

    Parameters
    ----------
    counts : int array of shape (n_sets, n_sizes * n_seasons)
        Orders with each set by stratum.
    among : int array of that shape, or (n_sizes * n_seasons,)
        The orders that they are shares of.
    factor : float array of shape (1, n_sizes, n_seasons)
        f.
    shares : float array of shape (n_sets, n_sizes * n_seasons)
        Where the shares are written.
    n_steps : int
        Newton's steps for the margins.
    """
    shape = factor.shape[1:]
    orders = among.reshape(-1, *shape).astype(np.float64)
    margins = _Margins(counts.reshape(-1, *shape).astype(np.float64), orders)
    fitted = shares.reshape(-1, *shape)
    room = np.empty_like(fitted)
    for _ in range(n_steps):
        margins.write_shares(factor, fitted, room)
        margins.of_season += _step(margins.with_set[1], orders, fitted, room, axis=1)
        margins.write_shares(factor, fitted, room)
        margins.of_size += _step(margins.with_set[0], orders, fitted, room, axis=2)
    margins.write_shares(factor, fitted, room)


class _Margins:
    """The orders with each set by size and by season, and the terms that are fitted to them."""

    def __init__(self, counts: Floats, orders: Floats) -> None:
        self.with_set = counts.sum(axis=2, keepdims=True), counts.sum(axis=1, keepdims=True)
        of_all = orders.sum(axis=2, keepdims=True), orders.sum(axis=1, keepdims=True)
        self.of_size, self.of_season = (_log_odds(*margin) for margin in zip(self.with_set, of_all, strict=True))
        overall = _log_odds(self.with_set[0].sum(axis=1, keepdims=True), of_all[0].sum(axis=1, keepdims=True))
        self.of_size = self.of_size - overall

    def write_shares(self, factor: Floats, shares: Floats, room: Floats) -> None:
        """Write the shares that the terms give; exponentials are taken of the margins alone."""
        np.multiply(np.exp(self.of_size), np.exp(self.of_season), out=shares)
        np.multiply(shares, factor, out=shares)
        np.clip(shares, np.exp(-MAX_LOG_ODDS), np.exp(MAX_LOG_ODDS), out=shares)
        np.add(shares, 1.0, out=room)
        np.divide(shares, room, out=shares)


def _log_odds(n_with: Floats, n_all: Floats) -> Floats:
    """Compute log odds, large but finite where a set is in none or in all of the orders."""
    with np.errstate(divide="ignore", invalid="ignore"):
        odds = np.log(n_with) - np.log(n_all - n_with)
    return np.asarray(np.clip(np.nan_to_num(odds, nan=0.0), -MAX_LOG_ODDS, MAX_LOG_ODDS))


def _step(with_set: Floats, orders: Floats, shares: Floats, room: Floats, *, axis: int) -> Floats:
    """Compute Newton's step that brings the fitted margin to the counted one; the shares are used up."""
    np.multiply(orders, shares, out=room)
    missing = with_set - room.sum(axis=axis, keepdims=True)
    np.subtract(1.0, shares, out=shares)
    np.multiply(room, shares, out=room)
    slope = room.sum(axis=axis, keepdims=True)
    step = np.divide(missing, slope, out=np.zeros(missing.shape), where=slope > 1e-9)
    return np.asarray(np.clip(step, -MAX_STEP, MAX_STEP))
