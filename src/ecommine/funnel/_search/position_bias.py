r"""Clicks corrected for position: clicks of a query over those that a typical query would have at the positions shown.

The first position is clicked more whatever is there. In a model of examination a click needs that the position is
looked at, and that the result there is wanted (Craswell et al. 2008; Richardson et al. 2007). With :math:`n_{qk}`
searches of query q that showed position k, of which :math:`c_{qk}` were clicked there,

.. math:: c_{qk} \sim \text{Poisson}(n_{qk}\, r_q\, e_k)

The relative click rate :math:`r_q = \sum_k c_{qk} / \sum_k n_{qk} e_k` is clicks over expected clicks (Zhang and Jones
2007). They take :math:`e_k` as the plain click rate by position; but far positions are shown only by queries with many
results, which are wanted more or less than others, so that both are estimated together. Proportional fitting, which
sets one and then the other to its sums, is maximum likelihood here. The scale: all queries together have as many clicks
as expected.

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

import numpy as np

from ..._core.arrays import Bools, Floats, Ints, run_starts
from ..._core.notes import Note
from ..._core.texts import counted
from ..._stats.arrays import divide
from ..._stats.intervals import jeffreys_rate_interval
from ..._stats.intraclass import ClustersOfGroups, correlation_within
from ..._stats.shrinkage import shrink_rates
from .read import NONE, SearchLog

MAX_POSITIONS = 50
"""Results on a page."""
MIN_CLICKS_FOR_CURVE = 20
"""Clicks with a position from which the curve is fitted."""
MIN_DISPERSION = 1e-3
"""Least share of a query's own clicks in the variance, and least variance over that of a Poisson count."""
MAX_ROUNDS = 2_000
TOLERANCE = 1e-10
"""Relative change of the click rates below which the fit has settled."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ShownPositions:
    """Positions shown and clicked."""

    shown: Ints  # shape (n_searches,): positions shown, 0 where nothing was found or the search does not count
    clicks: Floats  # shape (n_searches,): distinct positions clicked
    clicks_by_position: Floats  # shape (page_size,): searches that clicked each position

    def take(self, is_kept: Bools) -> "ShownPositions":
        """Return the positions of some searches; those left out are in no click of a position."""
        return replace(self, shown=self.shown[is_kept], clicks=self.clicks[is_kept])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PositionModel:
    """The examination curve, and the relative click rate of each query."""

    curve: Floats  # shape (page_size,): clicks per search of a typical query at each position
    shown: Floats  # shape (page_size,): searches that showed it
    clicked: Floats  # shape (page_size,): searches that clicked it
    relative: Floats  # shape (n_queries,): clicks over expected clicks
    clicks: Floats  # shape (n_queries,)
    expected: Floats  # shape (n_queries,): expected clicks
    dispersion: Floats  # shape (n_queries,): variance of clicks over that of a Poisson count, with the curve
    curve_error: Floats  # shape (page_size,): standard error of the logarithm of the curve

    def interval(self, level: float) -> tuple[Floats, Floats]:
        """Compute Jeffreys' intervals of the relative click rates."""
        return jeffreys_rate_interval(*self._independent_counts(), level)

    def p_values(self) -> Floats:
        """Compute the posterior chance that the query is clicked no less than expected."""
        from scipy.special import gammaincc

        clicks, expected = self._independent_counts()
        return np.where(expected > 0, gammaincc(clicks + 0.5, expected), np.nan)

    def take(self, rows: Ints) -> "PositionModel":
        """Return some queries."""
        names = ("relative", "clicks", "expected", "dispersion")
        return replace(self, **{name: getattr(self, name)[rows] for name in names})

    def shrunk(self) -> Floats:
        """Estimate the relative click rates with rare queries drawn to 1 (gamma-Poisson)."""
        return shrink_rates(*self._independent_counts())

    def _independent_counts(self) -> tuple[Floats, Floats]:
        return self.clicks / self.dispersion, self.expected / self.dispersion


def read_positions(
    log: SearchLog, is_counted: Bools, page_size: int | None
) -> tuple[ShownPositions | None, list[Note]]:
    """Return which positions each search showed and which were clicked; None where too few are known, with a note."""
    position = log.events.floats("position")
    if position is None:
        return None, [Note("there is no `position`: the relative click rate is null", code="no_positions")]
    is_click = log.events.is_event(log.click) & (log.search != NONE)
    is_click[is_click] = is_counted[log.search[is_click]]
    has_position = is_click & (position >= 1)
    page = page_size or int(min(position[has_position].max(initial=1), MAX_POSITIONS))
    is_on_page = has_position & (position <= page)
    n_on_page = int(is_on_page.sum())
    if n_on_page < MIN_CLICKS_FOR_CURVE:
        clicks = f"{counted(n_on_page, 'click')} with a `position` on the page, fewer than {MIN_CLICKS_FOR_CURVE}"
        return None, [Note(f"{clicks}: the relative click rate is null", code="few_positions", count=n_on_page)]
    n_clicks, n_placed = int(is_click.sum()), int(has_position.sum())
    notes = _notes_on_positions(n_clicks, n_clicks - n_placed, n_placed - n_on_page, page)
    if page_size is None:
        text = f"a page is taken to show {page} results, the last position clicked: set `page_size` if it is another"
        notes.append(Note(text, code="assumed_page_size", count=page))
    return _shown_positions(log, is_counted, is_on_page, position, page), notes


def _notes_on_positions(n_clicks: int, n_without: int, n_beyond: int, page: int) -> list[Note]:
    notes = []
    if n_without:
        text = f"{n_without:,} of {counted(n_clicks, 'click')} without a `position`: not in the relative click rate"
        notes.append(Note(text, code="clicks_without_position", count=n_without))
    if n_beyond:
        text = f"{counted(n_beyond, 'click')} beyond position {page}: not in the relative click rate"
        notes.append(Note(text, code="clicks_beyond_page", count=n_beyond))
    return notes


def _shown_positions(
    log: SearchLog, is_counted: Bools, is_on_page: Bools, position: Floats, page: int
) -> ShownPositions:
    pairs = np.sort(log.search[is_on_page] * (page + 1) + position[is_on_page].astype(np.int64))
    pairs = pairs[run_starts(pairs)]
    search, clicked = pairs // (page + 1), pairs % (page + 1)
    deepest = np.zeros(len(log), dtype=np.int64)
    np.maximum.at(deepest, search, clicked)
    shown = np.where(np.isnan(log.results), page, np.minimum(log.results, page)).astype(np.int64)
    return ShownPositions(
        shown=np.where(is_counted, np.maximum(shown, deepest), 0),
        clicks=np.bincount(search, minlength=len(log)).astype(np.float64),
        clicks_by_position=np.bincount(clicked, minlength=page + 1)[1:].astype(np.float64),
    )


def fit_position_model(positions: ShownPositions, searches: ClustersOfGroups) -> PositionModel:
    """Fit the curve and the relative click rates; ``positions`` are those of the same searches."""
    page = len(positions.clicks_by_position)
    clicks = searches.sums_of_groups(positions.clicks)
    n_shown = np.bincount(searches.group * (page + 1) + positions.shown, minlength=searches.n_groups * (page + 1))
    shown = n_shown.reshape(-1, page + 1)[:, :0:-1].cumsum(axis=1)[:, ::-1].astype(np.float64)
    curve, relative = fit_curve(shown, clicks, positions.clicks_by_position)
    mean = np.concatenate([[0.0], np.cumsum(curve)])[positions.shown]
    expected = shown @ curve
    plain = _dispersion(positions.clicks, mean, relative, searches)
    covariance = np.linalg.pinv(_information(shown, curve, relative, positions.clicks_by_position), hermitian=True)
    overall_weight = curve * shown.sum(axis=0) / expected.sum()
    weight = shown * curve / np.where(expected > 0, expected, 1.0)[:, None] - overall_weight
    curve_variance = np.einsum("qk,kl,ql->q", weight, covariance, weight)
    total = float(clicks.sum())
    common = float((plain * clicks).sum() / total)
    scaled = np.eye(page) - overall_weight
    error = np.sqrt(common * (np.diag(scaled @ covariance @ scaled.T) + 1 / total))
    return PositionModel(
        curve=curve,
        shown=shown.sum(axis=0),
        clicked=positions.clicks_by_position,
        relative=relative,
        clicks=clicks,
        expected=expected,
        # The curve is estimated, and from the query's own clicks too.
        dispersion=plain * np.maximum(1 - clicks / total, MIN_DISPERSION) + common * clicks * curve_variance,
        curve_error=np.where(positions.clicks_by_position > 0, error, np.nan),
    )


def fit_curve(shown: Floats, clicks: Floats, clicks_by_position: Floats) -> tuple[Floats, Floats]:
    """Fit clicks by query and position by proportional fitting; return the curve, and the relative click rates.

    ``shown`` are the searches of each query (row) that showed each position.

    Examples
    --------
    >>> shown = np.array([[100.0, 100.0], [100.0, 0.0]])
    >>> curve, relative = fit_curve(shown, np.array([30.0, 40.0]), np.array([60.0, 10.0]))
    >>> curve.round(3).tolist(), relative.round(3).tolist()  # the first query is clicked 20 times at the first position
    ([0.28, 0.14], [0.714, 1.429])
    """
    curve = np.nan_to_num(divide(clicks_by_position, shown.sum(axis=0)))
    relative = np.ones(len(clicks))
    for _ in range(MAX_ROUNDS):
        before = relative
        relative = np.nan_to_num(divide(clicks, shown @ curve))
        curve = np.nan_to_num(divide(clicks_by_position, relative @ shown))
        change = np.abs(relative - before).max(initial=0.0)
        if change < TOLERANCE * max(float(relative.max(initial=0.0)), 1.0):
            break
    curve = curve * (clicks.sum() / float((shown @ curve).sum()))
    return curve, divide(clicks, shown @ curve)


def _information(shown: Floats, curve: Floats, relative: Floats, clicks_by_position: Floats) -> Floats:
    """Return the information of the clicks on the curve, with the relative click rates unknown too."""
    expected = shown @ curve
    share = shown * curve / np.where(expected > 0, expected, 1.0)[:, None]
    clicks = np.nan_to_num(relative) * expected
    return np.asarray(np.diag(clicks_by_position) - (share * clicks[:, None]).T @ share, dtype=np.float64)


def _dispersion(clicks: Floats, mean: Floats, relative: Floats, searches: ClustersOfGroups) -> Floats:
    """Return the variance of each query's clicks over that of a Poisson count, from all queries together."""
    mean = mean * np.nan_to_num(relative)[searches.group]
    residual, expected = clicks - mean, searches.sums_of_groups(mean)
    single = float((residual**2).sum()) / float(mean.sum())
    correlation = correlation_within(residual, mean, expected, single, searches)
    pairs_per_click = np.nan_to_num(divide(searches.sums_of_pairs(mean), expected))
    return np.maximum(single + single * correlation * pairs_per_click, MIN_DISPERSION)
