"""How sure the shares and relative click rates of queries are: against a linear model, and planted truth."""

import numpy as np
import pytest

from ecommine._stats.intraclass import ClustersOfGroups
from ecommine.funnel._search.position_bias import ShownPositions, fit_position_model
from ecommine.funnel._search.rates import estimate_rates, money_per_search

PAGE = 4
CURVE = np.array([0.4, 0.25, 0.15, 0.08])


def few_queries(seed):
    """Draw searches of five queries by visitors who search once, with the places shown and clicked."""
    rng = np.random.default_rng(seed)
    query = np.repeat(np.arange(5), [300, 200, 150, 120, 100])
    depth = rng.dirichlet(np.full(PAGE, 4.0), 5).cumsum(axis=1)
    shown = 1 + (rng.random(len(query))[:, None] > depth[query]).sum(axis=1).clip(max=PAGE - 1)
    wanted = np.array([0.5, 1.0, 1.5, 2.0, 0.8])
    clicked = (rng.random((len(query), PAGE)) < wanted[query][:, None] * CURVE) & (np.arange(PAGE) < shown[:, None])
    return query, shown, clicked


def glm(query, shown, clicked):
    """Fit clicks by query and place; return searches, means, and the covariance of both logarithmic effects."""
    import statsmodels.api as sm

    searches = np.array([[(shown[query == q] > k).sum() for k in range(PAGE)] for q in range(5)], dtype=float)
    clicks = np.array([clicked[query == q].sum(axis=0) for q in range(5)])
    of_query, of_place = (one.ravel() for one in np.indices(clicks.shape))
    design = np.hstack([of_query[:, None] == np.arange(5), of_place[:, None] == np.arange(1, PAGE)]).astype(float)
    family = sm.families.Poisson()
    fit = sm.GLM(clicks.ravel(), design, family=family, offset=np.log(searches.ravel())).fit(tol=1e-12)
    covariance = np.zeros((5 + PAGE, 5 + PAGE))
    known = np.delete(np.arange(5 + PAGE), 5)  # the first place is the base
    covariance[np.ix_(known, known)] = fit.cov_params()
    typical = searches * np.exp(np.append(0.0, fit.params[5:]))
    return typical / typical.sum(), typical * np.exp(fit.params[:5])[:, None] / clicks.sum(), covariance


@pytest.mark.parametrize("seed", range(3))
def test_errors_hold_that_of_the_curve_and_are_those_of_a_generalised_linear_model(seed):
    """By the delta method, on the scale where all clicks are as many as expected; times the spread of the clicks."""
    query, shown, clicked = few_queries(seed)
    clicks = clicked.sum(axis=1).astype(float)
    positions = ShownPositions(shown=shown, clicks=clicks, clicks_by_position=clicked.sum(axis=0).astype(float))
    found = fit_position_model(positions, ClustersOfGroups.of(query, np.arange(len(query)), 5))
    mean = np.append(0.0, found.curve.cumsum())[shown] * found.relative[query]
    spread = ((clicks - mean) ** 2).sum() / mean.sum()
    typical, means, covariance = glm(query, shown, clicked)
    scale = np.append(-means.sum(axis=1), typical.sum(axis=0) - means.sum(axis=0))
    of_query, of_place = np.eye(5 + PAGE)[:5] + scale, np.eye(5 + PAGE)[5:] - scale
    variance = np.einsum("qi,ij,qj->q", of_query, covariance, of_query)
    assert found.dispersion / found.clicks == pytest.approx(spread * variance, rel=1e-6)
    variance = np.einsum("ki,ij,kj->k", of_place, covariance, of_place)
    assert found.curve_error**2 == pytest.approx(spread * variance, rel=1e-6)


QUERIES, VISITORS = 10_000, 10
"""Each query is searched by visitors of its own."""


def repeated(each):
    """Return the query and the visitor of each search, where all visitors search equally often."""
    visitor = np.repeat(np.arange(QUERIES * VISITORS), each)
    return visitor // VISITORS, visitor


@pytest.mark.parametrize("each", [2, 4])
def test_searches_of_one_visitor_are_as_alike_as_they_were_planted(each):
    """A beta distribution of a and b makes searches alike by 1 / (1 + a + b), however few there are of a query."""
    rng = np.random.default_rng(0)
    query, visitor = repeated(each)
    hit = rng.random(len(query)) < rng.beta(3.0, 6.0, QUERIES * VISITORS)[visitor]
    found = estimate_rates(hit, np.ones(len(query), bool), ClustersOfGroups.of(query, visitor, QUERIES))
    alike = (found.n / found.n_effective - 1) / (each - 1)
    assert alike == pytest.approx(0.1, abs=0.015)


def test_intervals_of_alike_searches_hold_the_truth_and_of_independent_ones_do_not():
    rng = np.random.default_rng(0)
    query, visitor = repeated(6)
    hit = rng.random(len(query)) < rng.beta(1.0, 2.0, QUERIES * VISITORS)[visitor]
    held = []
    for unit in (visitor, np.arange(len(visitor))):
        low, high = estimate_rates(hit, np.ones(len(hit), bool), ClustersOfGroups.of(query, unit, QUERIES)).interval(
            0.95
        )
        held.append(float(((low <= 1 / 3) & (high >= 1 / 3)).mean()))
    assert 0.93 <= held[0] <= 0.96
    assert held[1] < 0.85


def test_clicks_of_one_visitor_are_as_alike_as_they_were_planted():
    """A gamma variable of variance .2 multiplies the clicks of a visitor, .5 a search in the mean."""
    rng = np.random.default_rng(0)
    query, visitor = repeated(2)
    clicks = rng.poisson(0.5 * rng.gamma(5.0, 0.2, QUERIES * VISITORS)[visitor]).astype(float)
    places = ShownPositions(shown=np.ones(len(query), int), clicks=clicks, clicks_by_position=np.array([clicks.sum()]))
    units = (visitor, np.arange(len(query)))
    together, apart = (
        fit_position_model(places, ClustersOfGroups.of(query, unit, QUERIES)).dispersion for unit in units
    )
    assert (together - apart).mean() == pytest.approx(0.2 * 0.5, rel=0.1)


def test_money_has_the_error_of_a_mean_of_visitors():
    money = np.array([0.0, 3, 9, 4, 8, 1, 2, 7, 5, 6, 2, 9])
    one = ClustersOfGroups.of(np.zeros(12, int), np.arange(12), 1)
    each, low, high = money_per_search(money, np.ones(12, bool), one, 0.95)
    factor = np.exp(1.959964 * money.std(ddof=1) / np.sqrt(12) / money.mean())
    assert (each[0], low[0], high[0]) == pytest.approx((money.mean(), money.mean() / factor, money.mean() * factor))


def test_the_rest_is_never_certain_and_a_query_is_drawn_to_all_by_how_much_queries_differ():
    query, hit = np.repeat([0, 1], [4, 9]), np.arange(13) < 2
    found = estimate_rates(hit, np.ones(13, bool), ClustersOfGroups.of(query, np.arange(13), 2))
    assert found.rest.tolist() == [0.5 / 10, 2.5 / 5]
    typical, n = 2 / 13, np.array([4.0, 9.0])
    squares = (n * (np.array([0.5, 0.0]) - typical) ** 2).sum()
    spread = (squares - typical * (1 - typical)) / (13 - (n**2).sum() / 13)
    weight = typical * (1 - typical) / spread - 1
    assert found.shrunk() == pytest.approx((np.array([2.0, 0.0]) + weight * typical) / (n + weight))
