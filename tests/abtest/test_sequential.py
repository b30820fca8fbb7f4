"""Confidence sequences: the published numbers, the start rule, and that daily looks do not find what is not there."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from abtest.simulated import comparison_of, looks, sequential
from ecommine import abtest
from ecommine.abtest._estimate.mean_differences import ArmMean, fieller_interval
from ecommine.abtest._estimate.sequential import (
    boundary,
    crossing_probability,
    sequential_counts_p_value,
    sequential_p_values,
)
from notes import note_counts

HALVES = {"control": 0.5, "new": 0.5}


def test_the_half_width_is_that_of_gbstats():
    """The numbers of its own test: relative effect .50336, interval (-.55844, 1.56516)."""
    (control, v_control), (new, v_new) = (
        (total / n, (squares - total**2 / n) / (n - 1) / n)
        for n, total, squares in ((3_000, 1396.87, 52377.9767), (3_461, 2422.7, 134698.29))
    )
    error = np.sqrt(v_new / control**2 + v_control * new**2 / control**4)
    half = float(boundary(6_461, 0.05, 1_000)) * error
    assert new / control - 1 == pytest.approx(0.50336, abs=1e-5)
    assert (new / control - 1 - half, new / control - 1 + half) == pytest.approx((-0.55844, 1.56516), abs=1e-5)


def test_the_readout_has_that_half_width():
    sums = pd.DataFrame(
        {
            "variant": ["control", "new"],
            "metric": "revenue",
            "units": [3_000, 3_461],
            "mean": [1396.87 / 3_000, 2422.7 / 3_461],
            "variance": [(52377.9767 - 1396.87**2 / 3_000) / 2_999, (134698.29 - 2422.7**2 / 3_461) / 3_460],
            "nonzero": [500, 500],
        }
    )
    test = abtest.Experiment("x", arms=HALVES, metrics=[abtest.Mean("revenue")], looks="sequential", planned=1_000)
    row = test.analyse_sums(sums, override="the published counts are not equal").table.iloc[0]
    error = np.sqrt(sums["variance"] / sums["units"] @ np.ones(2))
    half = float(boundary(6_461, 0.05, 1_000)) * error
    assert row["difference_high"] - row["difference"] == pytest.approx(half)
    with pytest.raises(ValueError, match="`nonzero`"):
        test.analyse_sums(sums.drop(columns="nonzero"))


def test_p_values_and_intervals_agree():
    for n in (10, 1_000, 100_000):
        edge = float(boundary(n, 0.05, 5_000))
        assert float(sequential_p_values(edge, n, 0.05, 5_000)) == pytest.approx(0.05)


def test_without_an_effect_the_sequence_is_crossed_seldom():
    assert crossing_probability(0.0, 0.05, 200) < 0.02


def test_the_chance_of_crossing_is_that_of_random_walks():
    steps = np.random.default_rng(0).normal(3 / 20, 1 / np.sqrt(20), (20_000, 20)).cumsum(axis=1)
    times = np.arange(1, 21) / 20
    crossed = (np.abs(steps / np.sqrt(times)) > boundary(times, 0.05, 1.0)).any(axis=1)
    assert crossing_probability(3.0, 0.05, 20) == pytest.approx(crossed.mean(), abs=0.01)


def test_planned_units_are_needed():
    test = abtest.Experiment("x", arms=HALVES, metrics=[abtest.Mean("revenue")], looks="sequential")
    with pytest.raises(ValueError, match="`planned`"):
        test.analyse(pd.DataFrame({"customer_id": [1, 2], "variant": ["control", "new"], "revenue": [1.0, 2.0]}))


@pytest.mark.parametrize(("buyers", "has_started"), [(49, False), (50, True)])
def test_intervals_start_with_fifty_buyers_in_each_arm(buyers, has_started):
    n = 500
    bought = np.concatenate([np.arange(n) < 200, np.arange(n) < buyers])
    units = pd.DataFrame(
        {"customer_id": np.arange(2 * n), "variant": np.repeat(["control", "new"], n), "bought": bought}
    )
    for metric in (abtest.Proportion("bought"), abtest.Mean("bought")):
        test = abtest.Experiment("x", arms=HALVES, metrics=[metric], looks="sequential", planned=1_000)
        readout = test.analyse(units)
        assert (readout.table["verdict"].iloc[0] != "not_started") == has_started
        assert readout.table["difference_low"].isna().iloc[0] != has_started
        assert ("not_started" in note_counts(readout.notes)) != has_started


def test_a_share_near_one_needs_fifty_that_did_not():
    n = 500
    units = pd.DataFrame({"customer_id": np.arange(2 * n), "variant": np.repeat(["control", "new"], n)})
    units["kept"] = units["customer_id"] % n >= 49
    test = abtest.Experiment("x", arms=HALVES, metrics=[abtest.Proportion("kept")], looks="sequential", planned=1_000)
    assert test.analyse(units).table["verdict"].tolist() == ["not_started"]


def any_find(seed, share, days, units, *, is_sequential):
    rng = np.random.default_rng(seed)
    sizes = (round(units * share), units - round(units * share))

    def draw():
        return tuple((rng.random(n) < 0.2) * rng.exponential(1, n) for n in sizes)

    for control, new in looks(draw, days):
        found = comparison_of(control, new, sequential(units * days) if is_sequential else None)
        if found.p_value < 0.05:
            return True
    return False


@pytest.mark.parametrize("share", [0.5, 0.9])
def test_daily_looks_find_nothing_where_nothing_is(share):
    found = {
        kind: np.mean([any_find(seed, share, 12, 200, is_sequential=kind) for seed in range(100)])
        for kind in (True, False)
    }
    assert found[True] <= 0.05
    assert found[False] > 0.12


def test_the_daily_sample_ratio_hardly_ever_alarms_and_finds_a_real_mismatch():
    halves = np.array([0.5, 0.5])
    rng = np.random.default_rng(0)
    daily = rng.binomial(2_000, 0.5, (500, 60)).cumsum(axis=1)
    totals = 2_000 * np.arange(1, 61)
    alarms = [
        any(
            sequential_counts_p_value(np.array([one, n - one]), halves) < 0.001
            for one, n in zip(run, totals, strict=True)
        )
        for run in daily[:100]
    ]
    assert sum(alarms) == 0
    broken = rng.binomial(120_000, 0.49, 300)
    p_values = [sequential_counts_p_value(np.array([one, 120_000.0 - one]), halves) for one in broken]
    assert np.mean(np.array(p_values) < 0.001) > 0.98


def test_fieller_misses_on_both_sides_alike():
    """Ten conversions an arm: each side misses at most 3 %."""
    rng = np.random.default_rng(0)
    counts = rng.binomial(1_000, 0.01, (4_000, 2)) / 1_000
    variances = counts * (1 - counts) / 1_000
    z = stats.norm.isf(0.025)
    bounds = np.array(
        [
            fieller_interval(ArmMean(c, vc), ArmMean(t, vt), z)
            for (c, t), (vc, vt) in zip(counts, variances, strict=True)
        ]
    )
    known = ~np.isnan(bounds[:, 0])
    assert known.mean() > 0.95
    assert (bounds[known, 1] > 0).sum() / len(bounds) <= 0.03
    assert (bounds[known, 2] < 0).sum() / len(bounds) <= 0.03
