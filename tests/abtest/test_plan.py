"""Plans invert the test that is run: published sizes, unequal shares, several arms, sequential looks, days."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from ecommine import abtest

HALVES = {"control": 0.5, "new": 0.5}


def proportion(arms=None, **options):
    return abtest.Experiment("page", arms=arms or HALVES, metrics=[abtest.Proportion("converted")], **options)


def mean(arms=None, **options):
    return abtest.Experiment("page", arms=arms or HALVES, metrics=[abtest.Mean("revenue")], **options)


@pytest.mark.parametrize(
    ("baseline", "difference", "power", "units"),
    [
        (0.20, 0.05, 0.8, 1093.739),  # R's power.prop.test
        (0.10, 0.01, 0.8, 14750.790),
        (0.20, -0.05, 0.8, 905.366),
        (0.02, 0.01, 0.8, 3825.150),
        (0.50, 0.25, 0.9, 76.7069),  # its help page prints 76.7
    ],
)
def test_proportions_need_what_r_says(baseline, difference, power, units):
    plan = proportion().plan(baseline=baseline, difference=difference, power=power)
    assert plan.exact == pytest.approx(units, abs=6e-4)
    assert plan.units == {"control": math.ceil(units), "new": math.ceil(units)}
    assert plan.total == 2 * math.ceil(units)


@pytest.mark.parametrize(("effect", "units"), [(0.5, 63.7658), (0.2, 393.4067)])
def test_means_need_what_the_t_test_says(effect, units):
    assert mean().plan(std=1, difference=effect).exact == pytest.approx(units, abs=2e-4)


@pytest.mark.parametrize("effect", [0.004, 0.005])
def test_many_units_need_what_the_normal_distribution_says(effect):
    expected = 2 * ((stats.norm.isf(0.025) + stats.norm.isf(0.2)) / effect) ** 2
    assert mean().plan(std=1, difference=effect).exact == pytest.approx(expected, rel=1e-4)


def test_a_huge_difference_needs_hardly_any_units():
    assert mean().plan(std=1, difference=1_000).total <= 6


def test_a_relative_difference_is_one_of_the_baseline():
    relative, absolute = (
        proportion().plan(baseline=0.1, **change) for change in ({"relative": 0.1}, {"difference": 0.01})
    )
    assert relative.exact == pytest.approx(absolute.exact)
    assert relative.relative_difference == pytest.approx(0.1)


def power_of_pooled_z(n_control, n_new, p_control, p_new, level):
    """The slow obvious version: every pair of counts that is likely, with its chance."""
    control, new = np.arange(n_control + 1)[:, None], np.arange(n_new + 1)[None, :]
    chance = stats.binom.pmf(control, n_control, p_control) * stats.binom.pmf(new, n_new, p_new)
    pooled = (control + new) / (n_control + n_new)
    error = np.sqrt(pooled * (1 - pooled) * (1 / n_control + 1 / n_new))
    z = np.divide(new / n_new - control / n_control, error, out=np.zeros(error.shape), where=error > 0)
    return float(chance[np.abs(z) > stats.norm.ppf((1 + level) / 2)].sum())


@pytest.mark.parametrize("share", [0.5, 0.3, 0.8])
def test_power_is_as_planned_whatever_the_shares(share):
    plan = proportion({"control": share, "new": 1 - share}).plan(baseline=0.2, difference=0.08)
    power = power_of_pooled_z(plan.units["control"], plan.units["new"], 0.2, 0.28, 0.95)
    assert power == pytest.approx(0.8, abs=0.02)


@pytest.mark.parametrize("share", [0.5, 0.9])
def test_power_of_means_is_as_planned(share):
    plan = mean({"control": share, "new": 1 - share}).plan(std=2, difference=1)
    rng = np.random.default_rng(0)
    control, new = (rng.normal(shift, 2, (20_000, plan.units[arm])) for shift, arm in ((0, "control"), (1, "new")))
    found = stats.ttest_ind(control, new, axis=1, equal_var=False).pvalue < 0.05
    assert found.mean() == pytest.approx(0.8, abs=0.02)


def test_several_treatments_share_the_level():
    three = proportion({"control": 0.5, "a": 0.3, "b": 0.2}).plan(baseline=0.2, difference=0.05)
    pair = proportion({"control": 0.5 / 0.7, "b": 0.2 / 0.7}, level=0.975).plan(baseline=0.2, difference=0.05)
    assert three.level == pytest.approx(0.975)
    assert three.exact == pytest.approx(pair.exact)  # the smallest treatment decides


def test_a_sequential_plan_pays_for_its_looks():
    """The fixed size has the power .51 when it is looked at sixty times, and 1.7 of it .8."""
    fixed, sequential = (
        proportion(looks=looks).plan(baseline=0.2, difference=0.05) for looks in ("fixed", "sequential")
    )
    assert sequential.exact / fixed.exact == pytest.approx(1.7, abs=0.02)
    assert (fixed.n_looks, sequential.n_looks) == (1, 60)


def test_one_look_is_a_fixed_test_at_the_boundary():
    plan = mean(looks="sequential").plan(std=1, difference=0.1, n_looks=1)
    z = math.sqrt(plan.exact / 2) * 0.1
    assert stats.norm.sf(3.0352 - z) == pytest.approx(0.8, abs=1e-3)


def test_days_are_whole_weeks_and_the_window():
    plan = proportion().plan(baseline=0.2, difference=0.05, traffic_per_day=100, window="14d")
    assert plan.days == 28 + 14  # 2,188 units take 22 days


@given(st.floats(0.05, 0.9), st.floats(0.01, 0.05), st.floats(0.5, 0.95))
def test_more_power_needs_more_units(baseline, difference, power):
    less, more = (proportion().plan(baseline=baseline, difference=difference, power=p) for p in (power, power + 0.01))
    assert more.exact > less.exact


@pytest.mark.parametrize(
    ("call", "error", "names"),
    [
        (lambda: proportion().plan(difference=0.05), ValueError, "`baseline`"),
        (lambda: proportion().plan(baseline=0.2), ValueError, "`difference`"),
        (lambda: proportion().plan(baseline=0.2, difference=0.1, relative=0.1), ValueError, "`relative`"),
        (lambda: proportion().plan(baseline=0.2, difference=0), ValueError, "`difference`"),
        (lambda: proportion().plan(baseline=0.9, difference=0.2), ValueError, "outside 0 to 1"),
        (lambda: proportion().plan(baseline=2, difference=0.2), ValueError, "`baseline`"),
        (lambda: proportion().plan(baseline=0.2, difference=0.1, power=1), ValueError, "`power`"),
        (lambda: mean().plan(baseline=5, difference=1), ValueError, "`std`"),
        (lambda: mean().plan(std=0, difference=1), ValueError, "`std`"),
        (lambda: mean().plan(std=1, relative=0.1), ValueError, "`baseline`"),
        (lambda: proportion(["control", "new"]).plan(baseline=0.2, difference=0.1), ValueError, "shares"),
        (lambda: proportion().plan(baseline=0.2, difference=0.1, traffic_per_day=0), ValueError, "`traffic_per_day`"),
        (
            lambda: proportion().plan(baseline=0.2, difference=0.1, traffic_per_day=5e-324),
            ValueError,
            "`traffic_per_day`",
        ),
        (lambda: proportion().plan(baseline=0.2, difference=0.1, std="wide"), TypeError, "`std`"),
        (lambda: proportion().plan(baseline=0.2, difference=5e-324), ValueError, "`difference`.* too small"),
        (lambda: mean().plan(std=1e200, difference=1e-10), ValueError, "`difference`.* too small"),
    ],
)
def test_errors_name_the_argument(call, error, names):
    with pytest.raises(error, match=names):
        call()
