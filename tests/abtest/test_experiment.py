"""A design is checked when it is made, and each error names the argument and the way out."""

import pickle

import pandas as pd
import pytest

from ecommine import abtest

GOALS = (abtest.Mean("revenue", "revenue_before"), abtest.Proportion("converted"))
HALVES = {"control": 0.5, "new": 0.5}


def experiment(**options):
    return abtest.Experiment("page", **{"arms": HALVES, "metrics": GOALS, "primary": "revenue"} | options)


@pytest.mark.parametrize(
    ("options", "error", "names"),
    [
        ({"arms": {"control": 1.0}}, ValueError, "two or more"),
        ({"arms": {}}, ValueError, "two or more"),
        ({"arms": "control"}, TypeError, "`arms`"),
        ({"arms": {"control": 0.5, "new": 0.4}}, ValueError, "0.9"),
        ({"arms": {"control": 1.0, "new": 0.0}}, ValueError, "above 0"),
        ({"arms": {"control": 0.5, "new": "half"}}, TypeError, "new"),
        ({"arms": {1: 0.5, "1": 0.5}, "control": "1"}, ValueError, "differ"),
        ({"control": "contrl"}, ValueError, "did you mean 'control'"),
        ({"metrics": []}, ValueError, "goal"),
        ({"metrics": abtest.Mean("x")}, TypeError, "`metrics`"),
        ({"metrics": ["revenue"]}, TypeError, "'revenue'"),
        ({"metrics": [GOALS[0], GOALS[0]]}, ValueError, "two metrics"),
        ({"metrics": [abtest.Guardrail(GOALS[0], margin=1)]}, ValueError, "goal"),
        ({"primary": "revenues"}, ValueError, "did you mean 'revenue'"),
        ({"primary": ""}, ValueError, "`primary`"),
        ({"looks": "daily"}, ValueError, "`looks`"),
        ({"correction": "fdr"}, ValueError, "`correction`"),
        ({"level": 95}, ValueError, "`level`"),
        ({"planned": 0}, ValueError, "`planned`"),
        ({"control": [1, 2]}, TypeError, "`control`"),
        ({"arms": ["control", None]}, TypeError, "`arms`"),
        ({"arms": ["control", 10**5000]}, ValueError, "`arms`"),
        ({"primary": pd.Series(["revenue"])}, TypeError, "`primary`"),
    ],
)
def test_errors_name_the_argument(options, error, names):
    with pytest.raises(error, match=names):
        experiment(**options)


@pytest.mark.parametrize(
    ("make", "error", "names"),
    [
        (lambda: abtest.Experiment(10**5000, arms=HALVES, metrics=GOALS), TypeError, "`name`"),
        (lambda: abtest.Mean(3), TypeError, "`column`"),
        (lambda: abtest.Mean(""), ValueError, "`column`"),
        (lambda: abtest.Mean("x", "x"), ValueError, "`covariate`"),
        (lambda: abtest.Mean("x", better="more"), ValueError, "`better`"),
        (lambda: abtest.Mean("x", cap=1, cap_quantile=0.9), ValueError, "not both"),
        (lambda: abtest.Mean("x", cap_quantile=99), ValueError, "`cap_quantile`"),
        (lambda: abtest.Mean("x", cap="high"), TypeError, "`cap`"),
        (lambda: abtest.RatioOfMeans("x", "x"), ValueError, "`denominator`"),
        (lambda: abtest.Guardrail(abtest.Mean("x")), ValueError, "`margin`"),
        (lambda: abtest.Guardrail(abtest.Mean("x"), margin=1, relative_margin=0.1), ValueError, "either"),
        (lambda: abtest.Guardrail(abtest.Mean("x"), margin=-1), ValueError, "`margin`"),
        (lambda: abtest.Guardrail("x", margin=1), TypeError, "`metric`"),
        (lambda: abtest.Guardrail(abtest.Mean, margin=1), TypeError, "`metric`.* make one with it"),
    ],
)
def test_metrics_are_checked_when_they_are_made(make, error, names):
    with pytest.raises(error, match=names):
        make()


def test_arms_of_any_type_are_texts():
    numbers = experiment(arms={0: 0.9, 1: 0.1}, control=0)
    assert dict(numbers.arms) == {"0": 0.9, "1": 0.1}
    assert (numbers.control, numbers.treatments) == ("0", ("1",))
    assert experiment(arms={False: 0.5, True: 0.5}, control=False).treatments == ("true",)


def test_names_alone_are_arms_of_unknown_shares():
    assert dict(experiment(arms=["control", "a", "b"]).arms) == {"control": None, "a": None, "b": None}


def test_an_experiment_is_a_value():
    one = experiment()
    assert pickle.loads(pickle.dumps(one)) == one == experiment()
    with pytest.raises(AttributeError):
        one.level = 0.9


def test_goals_and_guardrails_are_told_apart():
    guard = abtest.Guardrail(abtest.Proportion("returned", better="lower"), margin=0.01)
    mixed = experiment(metrics=[*GOALS, guard])
    assert mixed.goals == GOALS
    assert mixed.guardrails == (guard,)


def test_a_ratio_has_a_name_of_its_own():
    assert abtest.RatioOfMeans("revenue", "orders").name == "revenue_per_orders"
    assert abtest.RatioOfMeans("revenue", "orders", name="order value").name == "order value"
