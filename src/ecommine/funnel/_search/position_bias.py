r"""Clicks corrected for position: how much is clicked beside what the places shown would bring a typical query.

The first place is clicked more whatever stands there. In a model of examination a click needs that the place is looked
at, and that what stands there is wanted (Craswell et al. 2008; Richardson et al. 2007). With :math:`n_{qk}` searches of
query q that showed place k, of which :math:`c_{qk}` were clicked there,

.. math:: c_{qk} \sim \text{Poisson}(n_{qk}\, r_q\, e_k)

The relative click rate :math:`r_q = \sum_k c_{qk} / \sum_k n_{qk} e_k` is clicks over expected clicks (Zhang and Jones
2007). They take :math:`e_k` as the plain click rate by place; but the far places are shown by queries with many results
only, which are wanted more or less than others, so that both are estimated together. Proportional fitting, which sets
one and then the other to its sums, is maximum likelihood here. The scale: all queries together have as many clicks as
expected.

References
----------
Craswell, N., Zoeter, O., Taylor, M. and Ramsey, B. (2008). An experimental comparison of click position-bias models.
WSDM '08, 87-94. https://doi.org/10.1145/1341531.1341545

Richardson, M., Dominowska, E. and Ragno, R. (2007). Predicting clicks: estimating the click-through rate for new ads.
WWW '07, 521-530. https://doi.org/10.1145/1242572.1242643

Zhang, W. V. and Jones, R. (2007). Comparing click logs and editorial labels for training query rewriting. WWW '07
workshop on query log analysis.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..._core.arrays import Bools, Floats, Ints, run_starts
from ..._core.checks import counted
from .._curves import normal_quantile
from .._shares import divided
from .rates import Pairs, between
from .read import Trail

MOST_PLACES = 50
FEWEST_CLICKS = 20
"""Clicks with a position from which the curve is fitted."""
_ROUNDS = 2_000
_SETTLED = 1e-10


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Places:
    """What was shown and clicked.

    Attributes
    ----------
    shown : float array of shape (n_searches,)
        Places shown, 0 where nothing was found or the search does not count.
    clicks : float array of shape (n_searches,)
        Distinct places clicked.
    by_place : float array of shape (page,)
        Searches that clicked each place.
    """

    shown: Ints
    clicks: Floats
    by_place: Floats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Examined:
    """The curve, and the relative click rate of each query.

    Attributes
    ----------
    curve, shown, clicked : float arrays of shape (page,)
        Clicks a search at each place of a typical query; searches that showed it, and that clicked it.
    relative, clicks, expected : float arrays of shape (n_queries,)
        Clicks over expected clicks.
    dispersion : float array of shape (n_queries,)
        Variance of clicks over that of a Poisson count, the curve's own included.
    curve_error : float array of shape (page,)
        Standard error of the logarithm of the curve.
    """

    curve: Floats
    shown: Floats
    clicked: Floats
    relative: Floats
    clicks: Floats
    expected: Floats
    dispersion: Floats
    curve_error: Floats

    def interval(self, level: float) -> tuple[Floats, Floats]:
        """Return the interval of the relative click rate: quantiles of a gamma distribution (Jeffreys)."""
        from scipy.special import gammaincinv

        clicks, expected = self._effective()
        tail, known = (1 - level) / 2, expected > 0
        low = np.where(clicks > 0, gammaincinv(clicks + 0.5, tail), 0.0)
        return np.where(known, divided(low, expected), np.nan), divided(gammaincinv(clicks + 0.5, 1 - tail), expected)

    def p_values(self) -> Floats:
        """Return how likely the query is clicked no less than expected."""
        from scipy.special import gammaincc

        clicks, expected = self._effective()
        return np.where(expected > 0, gammaincc(clicks + 0.5, expected), np.nan)

    def take(self, rows: Ints) -> "Examined":
        """Keep some queries."""
        kept = ("relative", "clicks", "expected", "dispersion")
        return replace(self, **{name: getattr(self, name)[rows] for name in kept})

    def shrunk(self) -> Floats:
        """Draw rare queries to 1, by as much as queries are alike (gamma-Poisson, moments)."""
        clicks, expected = self._effective()
        spread = between(np.nan_to_num(self.relative), expected, 1.0, 1.0)
        if spread <= 0:
            return np.where(expected > 0, 1.0, np.nan)
        return np.where(expected > 0, (clicks + 1 / spread) / (expected + 1 / spread), np.nan)

    def curve_interval(self, level: float) -> tuple[Floats, Floats]:
        """Return the interval of the curve, on the logarithmic scale."""
        factor = np.exp(normal_quantile(level) * self.curve_error)
        return self.curve / factor, self.curve * factor

    def _effective(self) -> tuple[Floats, Floats]:
        return self.clicks / self.dispersion, self.expected / self.dispersion


def read_places(trail: Trail, counts: Bools, page_size: int | None) -> tuple[Places | None, list[str]]:
    """Find which places each search showed and which of them were clicked; None and a reason where nobody knows."""
    position = trail.floats("position")
    if position is None:
        return None, ["there is no `position`: the relative click rate is null"]
    after = trail.is_event(trail.click) & (trail.search >= 0)
    after[after] = counts[trail.search[after]]
    placed = after & (position >= 1)
    clicks, there = int(after.sum()), int(placed.sum())
    page = page_size or int(min(position[placed].max(initial=1), MOST_PLACES))
    far = placed & (position > page)
    seen = there - int(far.sum())
    if seen < FEWEST_CLICKS:
        few = f"{counted(seen, 'click')} with a `position` on the page, fewer than {FEWEST_CLICKS}"
        return None, [f"{few}: the relative click rate is null"]
    notes = []
    if there < clicks:
        lost = f"{clicks - there:,} of {counted(clicks, 'click')} without a `position`"
        notes.append(f"{lost}: not in the relative click rate")
    if far.any():
        notes.append(f"{counted(there - seen, 'click')} below place {page}: not in the relative click rate")
    if page_size is None:
        notes.append(f"a page is taken to show {page} results, the last place clicked: see `page_size`")
    return _places(trail, counts, placed & ~far, position, page), notes


def _places(trail: Trail, counts: Bools, placed: Bools, position: Floats, page: int) -> Places:
    search, place = trail.search[placed], position[placed].astype(np.int64)
    pairs = np.sort(search * (page + 1) + place)
    pairs = pairs[run_starts(pairs)]
    search, place = pairs // (page + 1), pairs % (page + 1)
    deepest = np.zeros(len(trail.head), dtype=np.int64)
    np.maximum.at(deepest, search, place)
    shown = np.where(np.isnan(trail.results), page, np.minimum(trail.results, page)).astype(np.int64)
    return Places(
        shown=np.where(counts, np.maximum(shown, deepest), 0),
        clicks=np.bincount(search, minlength=len(trail.head)).astype(np.float64),
        by_place=np.bincount(place, minlength=page + 1)[1:].astype(np.float64),
    )


def examine(places: Places, pairs: Pairs) -> Examined:
    """Fit the curve and the relative click rates; ``places`` are those of the searches of ``pairs``."""
    page = len(places.by_place)
    clicks = pairs.by_query(places.clicks)
    searches = np.bincount(pairs.query * (page + 1) + places.shown, minlength=pairs.count * (page + 1))
    shown = searches.reshape(-1, page + 1)[:, :0:-1].cumsum(axis=1)[:, ::-1].astype(np.float64)
    curve, relative = fitted(shown, clicks, places.by_place)
    mean = np.concatenate([[0.0], np.cumsum(curve)])[places.shown]
    expected = shown @ curve
    plain = _dispersion(places.clicks, mean, relative, pairs)
    weights = shown * curve / np.where(expected > 0, expected, 1.0)[:, None]
    whole = curve * shown.sum(axis=0) / expected.sum()
    spread = np.linalg.pinv(_information(shown, curve, relative, places.by_place), hermitian=True)
    apart = weights - whole
    bend = np.einsum("qk,kl,ql->q", apart, spread, apart)
    total = float(clicks.sum())
    middle = np.eye(page) - whole
    common = float((plain * clicks).sum() / total)
    error = np.sqrt(common * (np.diag(middle @ spread @ middle.T) + 1 / total))
    # The curve is estimated, and from the query's own clicks too.
    own = plain * np.maximum(1 - clicks / total, 1e-3) + common * clicks * bend
    return Examined(
        curve=curve,
        shown=shown.sum(axis=0),
        clicked=places.by_place,
        relative=relative,
        clicks=clicks,
        expected=expected,
        dispersion=own,
        curve_error=np.where(places.by_place > 0, error, np.nan),
    )


def fitted(shown: Floats, clicks: Floats, by_place: Floats) -> tuple[Floats, Floats]:
    """Fit the curve and the relative click rates in turn until they stay.

    Parameters
    ----------
    shown : array of shape (n_queries, page)
        Searches that showed each place.
    clicks : array of shape (n_queries,)
        Clicks of each query.
    by_place : array of shape (page,)
        Clicks of each place.

    Examples
    --------
    >>> shown = np.array([[100.0, 100.0], [100.0, 0.0]])
    >>> curve, relative = fitted(shown, np.array([30.0, 40.0]), np.array([60.0, 10.0]))
    >>> curve.round(3).tolist(), relative.round(3).tolist()  # the first query is clicked 20 times at the first place
    ([0.28, 0.14], [0.714, 1.429])
    """
    curve = np.nan_to_num(divided(by_place, shown.sum(axis=0)))
    relative = np.ones(len(clicks))
    for _ in range(_ROUNDS):
        before = relative
        relative = np.nan_to_num(divided(clicks, shown @ curve))
        curve = np.nan_to_num(divided(by_place, relative @ shown))
        if np.abs(relative - before).max(initial=0.0) < _SETTLED * max(float(relative.max(initial=0.0)), 1.0):
            break
    scale = clicks.sum() / float((shown @ curve).sum())
    curve = curve * scale
    return curve, divided(clicks, shown @ curve)


def _information(shown: Floats, curve: Floats, relative: Floats, by_place: Floats) -> Any:
    """Return what the clicks tell of the curve, the relative click rates being unknown too."""
    share = shown * curve / np.where((shown @ curve) > 0, shown @ curve, 1.0)[:, None]
    clicks = np.nan_to_num(relative) * (shown @ curve)
    return np.diag(by_place) - (share * clicks[:, None]).T @ share


def _dispersion(clicks: Floats, mean: Floats, relative: Floats, pairs: Pairs) -> Floats:
    """Return the variance of each query's clicks over that of a Poisson count, from all queries together."""
    mean = mean * np.nan_to_num(relative)[pairs.query]
    residual, expected = clicks - mean, pairs.by_query(mean)
    total = float(mean.sum())
    single = float((residual**2).sum()) / total
    twins = pairs.crossed(mean)
    # As with shares, the mean is estimated from the same clicks.
    crossed = pairs.crossed(residual) + single * np.nan_to_num(divided(twins, expected))
    alike = max(float(crossed.sum()) / float(twins.sum()), 0.0) if twins.sum() > 0 else 0.0
    return np.maximum(single + alike * np.nan_to_num(divided(twins, expected)), 1e-3)
