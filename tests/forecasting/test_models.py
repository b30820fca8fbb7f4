"""Models: values worked by hand, slow versions of the recursions, and other packages at equal parameters."""

import json
import os
import subprocess
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ecommine.forecasting import ETS, SBA, TSB, Combination, Croston, NegativeBinomial, SeasonalNaive, Theta
from ecommine.forecasting._smoothing.theta import _lines, _run

PEERS = Path(os.environ.get("ECOMMINE_PEERS", ".venv-peers/bin/python"))
INTERMITTENT = np.array([0, 3, 0, 0, 2, 0, 0, 0, 5, 1, 0, 0, 4, 0], dtype=np.float64)
CONTINUOUS = (
    Theta(), Theta(theta=None), Theta(theta=None, dynamic=True), Theta(log=True), ETS(), ETS(trend=None),
    ETS(season="additive"), ETS(log=True), SeasonalNaive(), Croston(), SBA(), TSB(),
)  # fmt: skip


def at_end(model, demand, horizon=1, season_length=1):
    """The forecast from the last period."""
    demand = np.atleast_2d(np.asarray(demand, dtype=np.float64))
    return model.fit(demand, season_length).forecasts(np.array([demand.shape[1]]), horizon).mean[:, 0]


def positive_series(n=60, seed=0):
    drawn = np.random.default_rng(seed)
    return 100 * np.exp(np.cumsum(drawn.normal(0.005, 0.03, n)) + drawn.normal(0, 0.1, n))


def seasonal_series(n=60, season_length=12):
    index = 1 + 0.4 * np.sin(2 * np.pi * np.arange(n) / season_length)
    return positive_series(n) * index


def seasonal_of_four(n):
    """A series with a season of four periods; shorter ones begin later."""
    return np.concatenate([np.full(40 - n, np.nan), seasonal_series(n, 4)])


@pytest.mark.parametrize(
    ("model", "value"),
    [(Croston(), 1.34041605), (SBA(), 1.27339525), (TSB(), 0.84749497)],
)
def test_intermittent_models_give_the_values_of_statsforecast(model, value):
    """Printed by statsforecast 2.1.1: CrostonClassic, CrostonSBA and TSB(0.1, 0.1)."""
    assert at_end(model, INTERMITTENT)[0, 0] == pytest.approx(value, abs=1e-8)


def test_croston_by_hand():
    # sizes 4, then 4 + .5 (2 - 4) = 3; intervals 2, then 2 + .5 (4 - 2) = 3
    assert at_end(Croston(alpha=0.5), [0, 4, 0, 0, 0, 2])[0, 0] == 1.0


def test_a_weighted_rate_is_the_mean_of_a_new_product():
    assert at_end(NegativeBinomial(alpha=0.0), [2, 4])[0, 0] == 3.0
    # weights 1/4, 1/2, 1: (1 + 0 + 3) / 1.75
    assert at_end(NegativeBinomial(alpha=0.5), [4, 0, 3])[0, 0] == pytest.approx(4 / 1.75)


def test_the_seasonal_naive_forecast_takes_the_last_known_value_of_a_phase():
    values = [5, 9, 6, np.nan, 7, 8, np.nan, 4]
    assert at_end(SeasonalNaive(), values, 5, 4)[0].tolist() == [7, 8, 6, 4, 7]
    assert at_end(SeasonalNaive(), [1, 2, np.nan], 2)[0].tolist() == [2, 2]


def slow_damped(values, alpha, beta, phi, level, slope, horizon):
    """The recursion as the book writes it."""
    for value in values:
        error = value - level - phi * slope
        level, slope = level + phi * slope + alpha * error, phi * slope + alpha * beta * error
    return [level + sum(phi**i for i in range(1, h + 1)) * slope for h in range(1, horizon + 1)]


def test_the_damped_trend_is_that_of_the_book():
    values = positive_series()
    fitted = ETS(alpha=0.4, beta=0.2, phi=0.9).fit(values[None], 1)
    level, slope = (fitted.parameters[name][0] for name in ("level", "slope"))
    expected = slow_damped(values, 0.4, 0.2, 0.9, level, slope, 6)
    np.testing.assert_allclose(fitted.forecasts(np.array([60]), 6).mean[0, 0], expected, rtol=1e-10)


def test_first_states_are_those_of_the_least_squares():
    values = positive_series(30)
    fitted = ETS(alpha=0.3, beta=0.1, phi=0.95).fit(values[None], 1)
    level, slope = (fitted.parameters[name][0] for name in ("level", "slope"))

    def squares(level, slope):
        total = 0.0
        for value in values:
            error = value - level - 0.95 * slope
            total += error**2
            level, slope = level + 0.95 * slope + 0.3 * error, 0.95 * slope + 0.03 * error
        return total

    least = squares(level, slope)
    for change in (0.5, -0.5):
        assert squares(level + change, slope) > least
        assert squares(level, slope + change / 10) > least


@pytest.mark.parametrize("season", [None, "additive"])
def test_ets_equals_statsmodels_at_equal_parameters(season):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # statsmodels calls what SciPy is about to drop
        from statsmodels.tsa.exponential_smoothing.ets import ETSModel
    values = seasonal_series()
    model = ETS(season=season, alpha=0.3, beta=0.2, phi=0.9, gamma=0.2)
    fitted = model.fit(values[None], 12)
    states = {name: fitted.parameters[name][0] for name in ("level", "slope")}
    known = {"initial_level": states["level"], "initial_trend": states["slope"]}
    smoothing = [0.3, 0.3 * 0.2] + ([0.7 * 0.2] if season else []) + [0.9]
    if season:
        from ecommine.forecasting._smoothing.season import adjust

        index = adjust(values[None], 12, log=np.array([False]), is_additive=True).indices[0]
        assert np.abs(index).max() > 10
        known["initial_seasonal"] = index
    theirs = ETSModel(
        values, error="add", trend="add", damped_trend=True, seasonal="add" if season else None,
        seasonal_periods=12 if season else None, initialization_method="known", **known,
    )  # fmt: skip
    names = theirs.param_names
    given = dict(zip([name for name in names if name.startswith(("smoothing", "damping"))], smoothing, strict=True))
    initial = {"initial_level": states["level"], "initial_trend": states["slope"]}
    if season:
        initial |= {f"initial_seasonal.{i}": known["initial_seasonal"][-i % 12] for i in range(12)}
    smoothed = theirs.smooth([{**given, **initial}.get(name, 0.0) for name in names])
    ours = fitted.forecasts(np.array([60]), 15).mean[0, 0]
    np.testing.assert_allclose(ours, smoothed.forecast(15), rtol=1e-6)


THETA_OF_PEER = """
import json, sys
import numpy as np
from statsforecast.models import AutoTheta
found = {}
for name in ("STM", "OTM", "DSTM", "DOTM"):
    model = AutoTheta(model=name, season_length=1).fit(np.array(json.loads(sys.argv[1])))
    par = {key: float(value) for key, value in model.model_["par"].items()}
    found[name] = {**par, "mean": model.predict(h=6)["mean"].tolist()}
print(json.dumps(found))
"""


@pytest.mark.parity
@pytest.mark.parametrize("seed", range(5))
def test_theta_equals_statsforecast_at_equal_parameters(seed):
    if not PEERS.exists():
        pytest.skip(f"{PEERS}, the environment of other tools, is not here (make parity makes it)")
    values = positive_series(50, seed)
    command = [str(PEERS), "-W", "ignore", "-c", THETA_OF_PEER, json.dumps(values.tolist())]
    theirs = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[-1])
    for name, found in theirs.items():
        alpha, weight = np.array([found["alpha"]]), np.array([1 - 1 / found["theta"]])
        state = _run(values[None], _lines(values[None]), alpha, dynamic=name.startswith("D"), weight=weight)
        moved = state.level + (found["initial_smoothed"] - state.initial) * state.decay
        np.testing.assert_allclose(replace(state, level=moved).forecast(6)[0], found["mean"], rtol=1e-6, err_msg=name)


def slow_theta(values, alpha, theta, initial, horizon):
    """Fiorucci et al. (2016), equations 3-6, with the line through all data."""
    t = np.arange(1, len(values) + 1)
    slope, intercept = np.polyfit(t, values, 1)
    level, forecasts = initial, []
    for n in range(1, len(values) + horizon + 1):
        drift = (1 - alpha) ** (n - 1) * intercept + (1 - (1 - alpha) ** n) / alpha * slope
        forecast = level + (1 - 1 / theta) * drift
        value = values[n - 1] if n <= len(values) else forecast
        level = alpha * value + (1 - alpha) * level
        forecasts.append(forecast)
    return forecasts[len(values) :]


def test_theta_is_that_of_the_paper():
    values = positive_series()
    fitted = Theta(alpha=0.3, theta=3).fit(values[None], 1)
    expected = slow_theta(values, 0.3, 3, fitted.parameters["level"][0], 5)
    np.testing.assert_allclose(fitted.forecasts(np.array([60]), 5).mean[0, 0], expected, rtol=1e-9)


def test_the_dynamic_line_is_that_of_the_data_so_far():
    values = positive_series(20)
    lines = _lines(values[None])
    state = _run(values[None], lines, np.array([0.3]), dynamic=True, weight=None)
    slope, intercept = np.polyfit(np.arange(1, 21), values, 1)
    assert [state.lines.slope[0], state.lines.intercept[0]] == pytest.approx([slope, intercept], rel=1e-9)


def test_parameters_that_are_not_given_have_the_least_squared_errors():
    values = positive_series()
    alpha = Theta().fit(values[None], 1).parameters["alpha"][0]

    def squares(alpha):
        state = _run(values[None], _lines(values[None]), np.array([alpha]), dynamic=False, weight=np.array([0.5]))
        return state.squared_error[0]

    least = min(squares(value) for value in np.linspace(0.01, 0.99, 99))
    assert squares(alpha) <= least * 1.0005


@pytest.mark.parametrize("model", CONTINUOUS, ids=repr)
def test_scale_equivariance(model):
    values = np.stack([seasonal_of_four(40), seasonal_of_four(24), positive_series(40)])
    plain = at_end(model, values, 5, 4)
    for factor in (1e-3, 7.0, 1e4):
        np.testing.assert_allclose(at_end(model, values * factor, 5, 4), plain * factor, rtol=1e-6)


@given(factor=st.floats(1e-4, 1e6), seed=st.integers(0, 1000))
@settings(max_examples=20)
def test_scale_equivariance_of_any_factor(factor, seed):
    values = positive_series(30, seed)[None]
    for model in (Theta(), Theta(theta=None, log=True), ETS(trend=None), SBA()):
        np.testing.assert_allclose(at_end(model, values * factor), at_end(model, values) * factor, rtol=1e-5)


GIVEN = (
    Theta(alpha=0.3), Theta(alpha=0.2, log=True), ETS(alpha=0.3, beta=0.1, phi=0.9),
    ETS(trend=None, alpha=0.2, log=True),
    ETS(season="additive", alpha=0.3, beta=0.1, phi=0.9, gamma=0.2), SeasonalNaive(), Croston(), SBA(), TSB(),
    NegativeBinomial(alpha=0.1),
)  # fmt: skip


@pytest.mark.parametrize("model", GIVEN, ids=repr)
def test_an_origin_sees_nothing_after_it(model):
    values = np.stack([seasonal_of_four(40), positive_series(40)])
    at_30 = model.fit(values, 4).forecasts(np.array([30, 40]), 3)
    alone = model.fit(values[:, :30], 4).forecasts(np.array([30]), 3)
    np.testing.assert_allclose(at_30.mean[:, 0], alone.mean[:, 0])
    np.testing.assert_allclose(at_30.scale[:, 0], alone.scale[:, 0])


@pytest.mark.parametrize("model", [*CONTINUOUS, Combination(), NegativeBinomial()], ids=repr)
def test_series_do_not_touch_each_other(model):
    if isinstance(model, (NegativeBinomial, Combination)):
        model = NegativeBinomial(alpha=0.1)
    values = np.stack([seasonal_series(40, 4), positive_series(40, 3), np.full(40, 5.0)])
    values[1, :25] = np.nan
    together = at_end(model, values, 3, 4)
    np.testing.assert_allclose(together, np.concatenate([at_end(model, row, 3, 4) for row in values]), rtol=1e-9)


@pytest.mark.parametrize("model", [*CONTINUOUS, Combination(), NegativeBinomial()], ids=repr)
@settings(max_examples=10)
@given(values=arrays(np.float64, (3, 7), elements=st.one_of(st.just(np.nan), st.integers(0, 20).map(float))))
def test_short_series_with_holes_have_forecasts_where_anything_is_known(model, values):
    forecasts = at_end(model, values, 4, 2)
    is_known = ~np.isnan(values).all(axis=1)
    assert np.isfinite(forecasts[is_known]).all()
    assert np.isnan(forecasts[~is_known]).all()


def test_flat_series_stay_flat():
    flat = np.full((1, 30), 7.0)
    for model in CONTINUOUS:
        expected = 7.0 * (0.95 if isinstance(model, SBA) else 1.0)
        np.testing.assert_allclose(at_end(model, flat, 3, 4)[0], expected, rtol=1e-6, err_msg=repr(model))


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: Theta(theta=0.5), "`theta` must be at least 1, got 0.5"),
        (lambda: ETS(trend="linear"), "`trend` must be one of 'damped', None, got 'linear'"),
        (lambda: ETS(alpha=2), "`alpha` must be between 0 and 1, got 2"),
        (lambda: TSB(beta=0), "`beta` must be between 1e-06 and 1, got 0"),
        (lambda: NegativeBinomial(alpha=-1), "`alpha` must be between 0 and 1, got -1"),
    ],
)
def test_options_are_checked(make, text):
    with pytest.raises(ValueError, match="must be") as caught:
        make()
    assert str(caught.value) == text


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: Theta(log=1), "`log` must be True or False, got 1"),
        (lambda: ETS(log="no"), "`log` must be True or False, got 'no'"),
        (lambda: Combination(fast=Theta()), "`fast` must be a list of models, got Theta"),
        (lambda: Combination(slow=[SBA]), "`slow` must be models such as Theta(), got the class SBA: make one with it"),
        (lambda: Combination(slow=["SBA"]), "`slow` must be models such as Theta(), got 'SBA'"),
    ],
)
def test_options_of_another_kind_are_named(make, text):
    with pytest.raises(TypeError, match="must be") as caught:
        make()
    assert str(caught.value).startswith(text)


def test_definitions_hold_plain_values():
    model = Combination(fast=[ETS(alpha=np.float32(0.5))], slow=[SBA(alpha=np.float32(0.5))])
    assert model == Combination(fast=(ETS(alpha=0.5),), slow=(SBA(alpha=0.5),))
    assert type(model.fast[0].alpha) is type(model.slow[0].alpha) is float
    with pytest.raises(ValueError, match="`fast` must have at least one model"):
        Combination(fast=[])


@pytest.mark.parametrize(
    "model", [Combination(), Croston(), ETS(), NegativeBinomial(), SBA(), SeasonalNaive(), TSB(), Theta()]
)
@pytest.mark.parametrize(
    ("demand", "season_length", "text"),
    [
        ([[1.0, 2.0]], 1, r"`demand` must be an array of numbers of shape \(n_series, n_periods\), got"),
        (np.ones(5), 1, r"`demand` must be numbers of shape .* and shape \(5,\)"),
        (np.ones((2, 0)), 1, r"`demand` must be numbers of shape .* and shape \(2, 0\)"),
        (np.array([["a", "b"]]), 1, "`demand` must be numbers of shape .* of type <U1"),
        (np.array([[1.0, np.inf]]), 1, "`demand` must be finite"),
        (np.ones((2, 5)), 0, "`season_length` must be at least 1|`season_length` must be between 1"),
        (np.ones((2, 5)), "7", "`season_length` must be a number"),
    ],
)
def test_models_name_what_they_cannot_be_fitted_to(model, demand, season_length, text):
    with pytest.raises((TypeError, ValueError), match=text):
        model.fit(demand, season_length)


def test_whole_numbers_are_demand():
    counts = np.arange(12).reshape(1, -1) % 5
    for model in (Theta(), ETS(), TSB(), SeasonalNaive()):
        np.testing.assert_array_equal(at_end(model, counts, 4, 2), at_end(model, counts.astype(float), 4, 2))
