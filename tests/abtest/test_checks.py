"""What withholds a readout, what warns, and where a mismatch sits."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from ecommine import abtest
from libraries import to_pandas
from notes import note_counts

HALVES = {"control": 0.5, "new": 0.5}
BOUGHT = abtest.Proportion("bought")


def units_of(control, new, *, days=1, seed=0):
    """Units with a share of buyers that is alike in both arms, and a day and a device by chance."""
    rng = np.random.default_rng(seed)
    n = control + new
    at = np.datetime64("2024-01-01", "us") + rng.integers(0, days, n) * np.timedelta64(86_400_000_000, "us")
    return pd.DataFrame(
        {
            "customer_id": np.arange(n),
            "variant": np.repeat(np.array(["control", "new"], dtype=object), [control, new]),
            "bought": rng.random(n) < 0.2,
            "assigned_at": at,
            "device": rng.choice(np.array(["mobile", "desktop"], dtype=object), n),
        }
    )


def experiment(*metrics, **options):
    metrics = metrics or (BOUGHT,)
    return abtest.Experiment("page", **{"arms": HALVES, "metrics": metrics, "primary": metrics[0].name} | options)


def check_of(readout, name, **where):
    table = to_pandas(readout.checks)
    chosen = table[table["check"] == name]
    for column, value in where.items():
        chosen = chosen[chosen[column] == value]
    return chosen.iloc[0]


def counts_with_p(p, n=10_000):
    """Counts of two arms of n units whose chi-square test has about this p-value."""
    gap = stats.norm.isf(p / 2) * np.sqrt(n) / 2
    return round(n / 2 + gap), n - round(n / 2 + gap)


@pytest.mark.parametrize(
    ("p", "verdict", "codes"),
    [
        (0.02, "ok", set()),
        (0.0105, "ok", set()),
        (0.0093, "warning", {"sample_ratio_suspicious"}),
        (0.00108, "warning", {"sample_ratio_suspicious"}),
        (0.00092, "failed", {"sample_ratio_mismatch"}),
    ],
)
def test_a_sample_ratio_withholds_or_warns(p, verdict, codes):
    readout = experiment().analyse(units_of(*counts_with_p(p)))
    assert check_of(readout, "sample_ratio")["verdict"] == verdict
    assert {note.code for note in readout.notes} == codes
    assert readout.is_withheld == (verdict == "failed")
    shown = readout.table.drop(columns=["metric", "role", "variant", "verdict"])
    assert shown.isna().all(axis=None) == readout.is_withheld


def test_the_published_mismatch():
    sums = pd.DataFrame({"variant": ["control", "new"], "metric": "bought", "units": [821_588, 815_482], "mean": 0.1})
    readout = experiment().analyse_sums(sums)
    assert check_of(readout, "sample_ratio")["value"] == pytest.approx(1.82e-6, rel=2e-3)
    daily = experiment(looks="sequential", planned=1_600_000).analyse_sums(sums)
    assert check_of(daily, "sample_ratio")["value"] == pytest.approx(1.5595e-4, rel=1e-4)


def test_an_override_shows_effects_and_says_so():
    units = units_of(600, 400)
    readout = experiment().analyse(units, override="the log lost a day in both arms")
    assert not readout.is_withheld
    assert readout.notes[0] == "effects are shown although a check failed: the log lost a day in both arms"
    assert not readout.table["difference"].isna().any()
    assert "overridden" not in note_counts(experiment().analyse(units_of(500, 500), override="x").notes)


def test_a_design_of_nine_to_one_is_no_mismatch():
    arms = {"control": 0.9, "new": 0.1}
    assert not experiment(arms=arms).analyse(units_of(9_000, 1_000)).is_withheld
    assert experiment().analyse(units_of(9_000, 1_000)).is_withheld


def test_unknown_shares_are_not_tested():
    readout = experiment(arms=["control", "new"]).analyse(units_of(9_000, 1_000))
    assert check_of(readout, "sample_ratio")["verdict"] == "not_tested"
    assert note_counts(readout.notes) == {"sample_ratio_not_tested": None}


def test_all_assigned_units_count_also_those_that_are_not_read():
    """Pending and excluded units were randomised too: without them the arms are not what was assigned."""
    units = units_of(1_000, 1_000)
    units["pending"] = (units["variant"] == "new") & (units["customer_id"] % 2 == 0)
    readout = experiment().analyse(units)
    assert check_of(readout, "sample_ratio")["value"] == 1.0
    dropped = experiment().analyse(units[~units["pending"]])
    assert dropped.is_withheld


def test_a_mismatch_is_located_by_day_and_by_group():
    units = units_of(5_000, 5_000, days=5)
    is_third = units["assigned_at"] == pd.Timestamp("2024-01-03")
    is_lost = is_third & (units["variant"] == "new") & (units["device"] == "mobile")
    readout = experiment().analyse(units[~is_lost], by="device")
    (text,) = (note for note in readout.notes if note.code == "sample_ratio_mismatch")
    assert "it sits on day 2024-01-03, and the rest is as designed" in text
    assert "it sits on device mobile, and the rest is as designed" in text


def test_a_mismatch_everywhere_is_said_to_be_everywhere():
    readout = experiment().analyse(units_of(5_600, 4_400, days=5))
    (text,) = (note for note in readout.notes if note.code == "sample_ratio_mismatch")
    assert "but not only there" in text


def ramp_up():
    """The example of Crook et al. (2009), a hundredth of it: better on both days, worse together."""
    rows = [("control", "2024-01-01", 9_900, 200), ("new", "2024-01-01", 100, 3)]
    rows += [("control", "2024-01-02", 5_000, 50), ("new", "2024-01-02", 5_000, 60)]
    parts = [
        pd.DataFrame({"variant": arm, "assigned_at": pd.Timestamp(day), "bought": np.arange(n) < buyers})
        for arm, day, n, buyers in rows
    ]
    units = pd.concat(parts, ignore_index=True)
    return units.assign(customer_id=np.arange(len(units)))


def test_a_ramp_up_needs_the_day_held_fixed():
    test = experiment(arms=["control", "new"])
    pooled = test.analyse(ramp_up())
    assert pooled.is_withheld
    assert check_of(pooled, "shares_by_day")["verdict"] == "failed"
    assert "shares_changed" in note_counts(pooled.notes)
    assert test.analyse(ramp_up(), override="x").table["difference"].iloc[0] < 0
    by_day = test.analyse(ramp_up(), strata="assigned_at")
    assert not by_day.is_withheld
    expected = 0.5 * (3 / 100 - 200 / 9_900) + 0.5 * (60 / 5_000 - 50 / 5_000)
    assert by_day.table["difference"].iloc[0] == pytest.approx(expected)


def test_another_stratum_does_not_hold_the_day():
    units = ramp_up().assign(device=lambda table: np.where(table["customer_id"] % 2, "m", "d"))
    assert experiment(arms=["control", "new"]).analyse(units, strata="device").is_withheld


def with_history(gap, n=2_000, seed=0):
    units = units_of(n // 2, n // 2, seed=seed)
    history = np.random.default_rng(seed).normal(10, 3, n) + gap * (units["variant"] == "new")
    return units.assign(revenue=history + np.random.default_rng(seed + 1).normal(0, 1, n), revenue_before=history)


COVARIATE = abtest.Mean("revenue", "revenue_before")


def test_arms_that_differed_before_are_withheld():
    readout = experiment(COVARIATE).analyse(with_history(gap=1.0))
    check = check_of(readout, "balance", metric="revenue_before")
    assert check["verdict"] == "failed"
    assert readout.is_withheld
    assert note_counts(readout.notes)["unbalanced_before"] == 1
    shown = experiment(COVARIATE).analyse(with_history(gap=1.0), override="x")
    plain = experiment(abtest.Mean("revenue")).analyse(with_history(gap=1.0))
    assert shown.table["difference"].iloc[0] == pytest.approx(plain.table["difference"].iloc[0])
    assert "covariate_not_used" in note_counts(shown.notes)


def test_balance_counts_its_tests():
    units = with_history(gap=0.3).assign(other=lambda table: table["customer_id"] % 7)
    one = check_of(experiment(COVARIATE).analyse(units), "balance")
    both = experiment(COVARIATE, abtest.Mean("bought", "other")).analyse(units)
    assert check_of(both, "balance", metric="revenue_before")["value"] == pytest.approx(2 * one["value"])
    control, new = (units.loc[units["variant"] == arm, "revenue_before"] for arm in HALVES)
    assert one["value"] == pytest.approx(stats.ttest_ind(control, new, equal_var=False).pvalue)


def test_a_covariate_without_use_is_named():
    units = with_history(gap=0.0)
    noise = units.assign(revenue_before=np.random.default_rng(9).normal(size=len(units)))
    assert note_counts(experiment(COVARIATE).analyse(noise).notes)["covariate_no_help"] == 1
    assert "covariate_no_help" not in note_counts(experiment(COVARIATE).analyse(units).notes)


def heavy(control, new):
    units = units_of(control, new)
    return units.assign(revenue=np.random.default_rng(1).lognormal(0, 2, len(units)))


def test_skewness_warns_where_arms_differ_in_size():
    revenue = abtest.Mean("revenue")
    uneven = experiment(revenue, arms={"control": 0.9, "new": 0.1}).analyse(heavy(9_000, 1_000))
    assert check_of(uneven, "skewness")["verdict"] == "warning"
    assert note_counts(uneven.notes)["skewed_metric"] == 1
    assert check_of(experiment(revenue).analyse(heavy(5_000, 5_000)), "skewness")["value"] == 0.0


def test_skewness_is_that_of_both_arms_about_their_means():
    units = heavy(900, 100)
    readout = experiment(abtest.Mean("revenue"), arms={"control": 0.9, "new": 0.1}).analyse(units)
    residuals = units["revenue"] - units.groupby("variant")["revenue"].transform("mean")
    expected = stats.skew(residuals) * 800 / np.sqrt(900 * 100 * 1_000)
    assert check_of(readout, "skewness")["value"] == pytest.approx(expected)


def test_a_fixed_experiment_is_not_read_early():
    early = experiment(planned=5_000).analyse(units_of(1_000, 1_000))
    assert note_counts(early.notes) == {"before_planned_size": 2_000}
    assert note_counts(experiment(planned=2_000).analyse(units_of(1_000, 1_000)).notes) == {}
    assert note_counts(experiment(planned=5_000, looks="sequential").analyse(units_of(1_000, 1_000)).notes) == {}
