"""Readouts: other packages' numbers, hand-worked ones, every table library, families, guardrails, traps."""

import datetime as dt
import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, stats
from statsmodels.stats.proportion import confint_proportions_2indep, proportions_ztest

from ecommine import SchemaError, abtest
from ecommine.abtest._estimate.score_tests import margin_score
from libraries import to_pandas
from notes import note_counts

HALVES = {"control": 0.5, "new": 0.5}
REVENUE = abtest.Mean("revenue")
BOUGHT = abtest.Proportion("bought")


def shop(rng=0, n=400, lift=2.0):
    """Units of two arms with revenue, orders, history and a device."""
    rng = np.random.default_rng(rng)
    before = rng.exponential(10, n)
    bought = rng.random(n) < 0.4
    is_new = rng.permutation(n) % 2 == 0
    revenue = np.where(bought, before + rng.exponential(10, n) + lift * is_new, 0.0)
    return pd.DataFrame(
        {
            "customer_id": np.arange(n),
            "variant": np.where(is_new, "new", "control").astype(object),
            "revenue": revenue,
            "revenue_before": before,
            "bought": bought,
            "orders": np.where(bought, rng.integers(1, 4, n), 0),
            "device": rng.choice(np.array(["mobile", "desktop"], dtype=object), n),
        }
    )


def experiment(*metrics, **options):
    options = {"arms": HALVES, "primary": metrics[0].name} | options
    return abtest.Experiment("page", metrics=metrics, **options)


def row_of(readout, metric=None, variant="new"):
    table = to_pandas(readout.table)
    chosen = table[(table["variant"] == variant) & (table["metric"] == (metric or table["metric"][0]))]
    return chosen.iloc[0]


def arms_of(units, column):
    return (units.loc[units["variant"] == arm, column].to_numpy(dtype=float) for arm in HALVES)


# The numbers


def test_means_are_those_of_welch():
    units = shop()
    row = row_of(experiment(REVENUE).analyse(units))
    control, new = arms_of(units, "revenue")
    test = stats.ttest_ind(new, control, equal_var=False)
    interval = test.confidence_interval()
    assert row["difference"] == pytest.approx(new.mean() - control.mean())
    assert (row["difference_low"], row["difference_high"]) == pytest.approx((interval.low, interval.high))
    assert row["p_value"] == pytest.approx(test.pvalue)


def test_proportions_are_those_of_the_pooled_z_test():
    units = shop(rng=1)
    row = row_of(experiment(BOUGHT).analyse(units))
    control, new = arms_of(units, "bought")
    _, p_value = proportions_ztest([new.sum(), control.sum()], [len(new), len(control)])
    assert row["p_value"] == pytest.approx(p_value)
    bounds = confint_proportions_2indep(new.sum(), len(new), control.sum(), len(control), method="newcomb")
    assert (row["difference_low"], row["difference_high"]) == pytest.approx(bounds)


@pytest.mark.parametrize(("events", "units"), [((8, 0), (270, 30)), ((0, 3), (40, 200)), ((9, 1), (500, 90))])
def test_an_interval_of_few_events_does_not_contradict_its_p_value(events, units):
    variant = ["control"] * units[0] + ["new"] * units[1]
    bought = [place < n for n, size in zip(events, units, strict=True) for place in range(size)]
    table = pd.DataFrame({"customer_id": range(sum(units)), "variant": variant, "bought": bought})
    readout = experiment(BOUGHT, arms=["control", "new"]).analyse(table)
    row = row_of(readout)
    assert row["p_value"] > 0.3
    assert row["difference_low"] < 0 < row["difference_high"]
    assert np.isnan(row["relative_difference"]) == (min(events) == 0)
    assert note_counts(readout.notes).get("no_relative_difference", 0) == (min(events) == 0)


def test_ratios_are_those_of_the_delta_method():
    """Worked by hand: the variance of the ratio is that of the mean of (y - R x) / mean x."""
    units = shop(rng=2)
    row = row_of(experiment(abtest.RatioOfMeans("revenue", "orders")).analyse(units))
    parts = []
    for arm in HALVES:
        own = units[units["variant"] == arm]
        ratio = own["revenue"].sum() / own["orders"].sum()
        linear = (own["revenue"] - ratio * own["orders"]) / own["orders"].mean()
        parts.append((ratio, linear.var() / len(own), len(own) - 1))
    (control, v_control, df_control), (new, v_new, df_new) = parts
    df = (v_control + v_new) ** 2 / (v_control**2 / df_control + v_new**2 / df_new)
    assert row["control"] == pytest.approx(control)
    assert row["difference"] == pytest.approx(new - control)
    assert row["p_value"] == pytest.approx(2 * stats.t.sf(abs(new - control) / np.sqrt(v_control + v_new), df))


def test_covariates_give_the_slope_of_both_arms():
    units = shop(rng=3)
    row = row_of(experiment(abtest.Mean("revenue", "revenue_before")).analyse(units))
    means = units.groupby("variant")[["revenue", "revenue_before"]].transform("mean")
    y, x = units["revenue"] - means["revenue"], units["revenue_before"] - means["revenue_before"]
    adjusted = units["revenue"] - (x @ y) / (x @ x) * (units["revenue_before"] - units["revenue_before"].mean())
    control, new = (adjusted[units["variant"] == arm] for arm in HALVES)
    assert row["difference"] == pytest.approx(new.mean() - control.mean())
    assert row["p_value"] == pytest.approx(stats.ttest_ind(new, control, equal_var=False).pvalue)
    plain = row_of(experiment(REVENUE).analyse(units))
    assert row["difference_high"] - row["difference_low"] < plain["difference_high"] - plain["difference_low"]


@pytest.mark.parametrize("metric", [REVENUE, BOUGHT])
def test_strata_are_weighted_by_both_arms(metric):
    units = shop(rng=4)
    units["bought"] = units["bought"].astype(int)
    row = row_of(experiment(metric).analyse(units, strata="device"))
    difference = variance = 0.0
    for _, own in units.groupby("device"):
        control, new = (own.loc[own["variant"] == arm, metric.column] for arm in HALVES)
        weight = len(own) / len(units)
        difference += weight * (new.mean() - control.mean())
        variance += weight**2 * (new.var() / len(new) + control.var() / len(control))
    assert row["difference"] == pytest.approx(difference)
    t = stats.t.isf(row["p_value"] / 2, 350)
    assert t == pytest.approx(abs(difference) / np.sqrt(variance), rel=0.01)


def test_fieller_holds_what_the_test_of_a_ratio_does_not_reject():
    """The slow version: try ratios, and keep those for which treatment less ratio times control is not different."""
    units = shop(rng=5)
    row = row_of(experiment(REVENUE).analyse(units))
    control, new = arms_of(units, "revenue")
    half = (row["difference_high"] - row["difference"]) / stats.ttest_ind(new, control, equal_var=False)._standard_error
    ratios = np.linspace(0.5, 3, 200_001)
    gap = np.abs(new.mean() - ratios * control.mean())
    error = np.sqrt(new.var(ddof=1) / len(new) + ratios**2 * control.var(ddof=1) / len(control))
    kept = ratios[gap <= half * error]
    bounds = (row["relative_difference_low"], row["relative_difference_high"])
    assert bounds == pytest.approx((kept[0] - 1, kept[-1] - 1), abs=3e-5)


def test_a_relative_difference_needs_a_control_above_zero():
    units = shop().assign(revenue=lambda table: table["revenue"] - table["revenue"].mean() - 3)
    readout = experiment(REVENUE).analyse(units)
    row = row_of(readout)
    assert row["difference"] > 0
    assert np.isnan(row["relative_difference"])
    assert note_counts(readout.notes)["no_relative_difference"] == 1


def test_a_large_metric_keeps_its_variance():
    units = shop()
    row, far = (
        row_of(experiment(REVENUE).analyse(units.assign(revenue=units["revenue"] + shift))) for shift in (0, 1e9)
    )
    assert far["difference"] == pytest.approx(row["difference"], rel=1e-6)
    assert far["p_value"] == pytest.approx(row["p_value"], rel=1e-6)


# Every table library


METRICS = (
    abtest.Mean("revenue", "revenue_before"),
    abtest.Mean("revenue", cap_quantile=0.9, name="capped"),
    BOUGHT,
    abtest.RatioOfMeans("revenue", "orders"),
    abtest.Guardrail(abtest.Mean("orders"), relative_margin=0.1),
)


def full_units():
    units = shop(rng=6)
    rng = np.random.default_rng(0)
    days = np.datetime64("2024-01-01", "us") + rng.integers(0, 5, len(units)) * np.timedelta64(86_400_000_000, "us")
    return units.assign(assigned_at=days, pending=rng.random(len(units)) < 0.1, experiment="page")


def test_every_library_gives_the_same_readout(library):
    units = full_units()
    expected = experiment(*METRICS).analyse(units, by="device", strata="assigned_at")
    readout = experiment(*METRICS).analyse(library(units), by="device", strata="assigned_at")
    for ours, theirs in zip(readout.tables.values(), expected.tables.values(), strict=True):
        pd.testing.assert_frame_equal(to_pandas(ours), to_pandas(theirs))
    assert readout.notes == expected.notes
    assert readout.headline == expected.headline


@given(st.randoms())
@settings(max_examples=20)
def test_the_order_of_rows_does_not_matter(random):
    units = full_units()
    order = list(range(len(units)))
    random.shuffle(order)
    one, other = (experiment(*METRICS).analyse(table, by="device") for table in (units, units.iloc[order]))
    pd.testing.assert_frame_equal(one.table, other.table)
    pd.testing.assert_frame_equal(one.by, other.by)


VALUES = st.lists(st.floats(-100, 100), min_size=3, max_size=30)


@given(VALUES, VALUES, st.floats(0.1, 10), st.floats(-50, 50))
@settings(max_examples=50)
def test_scales_shifts_and_swaps_change_what_they_should(control, new, scale, shift):
    variants = ["control"] * len(control) + ["new"] * len(new)
    units = pd.DataFrame({"customer_id": range(len(variants)), "variant": variants, "revenue": [*control, *new]})
    test = experiment(REVENUE, arms=["control", "new"])
    row = row_of(test.analyse(units))
    moved = row_of(test.analyse(units.assign(revenue=units["revenue"] * scale + shift)))
    swapped = units.assign(variant=units["variant"].map({"control": "new", "new": "control"}))
    other = row_of(test.analyse(swapped))
    assert moved["difference"] == pytest.approx(scale * row["difference"], abs=1e-9)
    assert other["difference"] == pytest.approx(-row["difference"], abs=1e-9)
    if units.groupby("variant")["revenue"].std().min() > 1e-3:
        assert moved["p_value"] == pytest.approx(row["p_value"], rel=1e-6)
        assert other["p_value"] == pytest.approx(row["p_value"], rel=1e-9)
        assert (row["p_value"] < 0.05) == (row["difference_low"] > 0 or row["difference_high"] < 0)


def test_statistics_give_the_readout_of_their_units():
    units = shop(rng=7)
    metrics = (abtest.Mean("revenue", "revenue_before"), BOUGHT, abtest.RatioOfMeans("revenue", "orders"))
    rows = []
    for arm, own in units.groupby("variant"):
        for metric, value, second in (
            ("revenue", "revenue", "revenue_before"),
            ("bought", "bought", None),
            ("revenue_per_orders", "revenue", "orders"),
        ):
            row = {"variant": arm, "metric": metric, "units": len(own), "mean": own[value].mean()}
            if second:
                row |= {"variance": own[value].var(), "second_mean": own[second].mean()}
                row |= {"second_variance": own[second].var(), "covariance": own[value].cov(own[second])}
            rows.append(row)
    expected = experiment(*metrics).analyse(units)
    readout = experiment(*metrics).analyse_sums(pd.DataFrame(rows))
    pd.testing.assert_frame_equal(readout.table, expected.table)


@pytest.mark.parametrize(
    ("change", "names"),
    [
        (lambda sums: sums.drop(columns="units"), "units"),
        (lambda sums: sums.iloc[:1], "missing"),
        (lambda sums: pd.concat([sums, sums]), "twice"),
        (lambda sums: sums.assign(variant="other"), "none of"),
        (lambda sums: sums.assign(mean=np.nan), "mean"),
        (lambda sums: sums.assign(units=[-1, 5]), "units"),
        (lambda sums: sums.assign(units=["100", "many"]), "`units` must hold numbers"),
        (lambda sums: sums.assign(mean=[True, False]), "`mean` must hold numbers"),
        (lambda sums: sums.assign(mean=pd.Timestamp("2024-03-01")), "`mean` must hold numbers"),
        (lambda sums: sums.assign(units=-1), r"`units` of 'bought' in 'control' is -1, not a whole number"),
        (lambda sums: sums.assign(units=99.5), r"`units` .* is 99.5"),
        (lambda sums: sums.assign(units=np.inf), "`units`"),
        (lambda sums: sums.assign(mean=[0.1, 1.2]), r"`mean` of 'bought' in 'new' is 1.2, outside 0 to 1"),
        (lambda sums: sums.assign(mean=[-0.1, 0.2]), r"`mean` of 'bought' in 'control' is -0.1"),
        (lambda sums: sums.assign(nonzero=[10, 101]), r"`nonzero` of 'bought' in 'new' is 101, not within the 100"),
    ],
)
def test_statistics_are_checked(change, names):
    sums = pd.DataFrame({"variant": ["control", "new"], "metric": "bought", "units": [100, 100], "mean": [0.1, 0.2]})
    with pytest.raises(SchemaError, match=names):
        experiment(BOUGHT).analyse_sums(change(sums))


@pytest.mark.parametrize(
    ("change", "names"),
    [
        ({"variance": -1.0}, "`variance` .* below 0"),
        ({"second_variance": -1.0}, "`second_variance` .* below 0"),
        ({"covariance": 7.0}, "`covariance` of 'revenue' in 'control' is 7, beyond 6"),
        ({"covariance": -6.1}, "`covariance`"),
        ({"covariance": 6.0}, None),
        ({"variance": 0.0, "covariance": 0.0}, None),
        ({"mean": -5.0}, None),
    ],
)
def test_statistics_of_means_can_be_those_of_units(change, names):
    numbers = {"units": 100, "mean": 1.0, "variance": 4.0, "second_mean": 2.0, "second_variance": 9.0, "covariance": 1}
    sums = pd.DataFrame({"variant": ["control", "new"], "metric": "revenue", **numbers} | change)
    test = experiment(abtest.Mean("revenue", "revenue_before"))
    if names is None:
        assert test.analyse_sums(sums).table["difference"].tolist() == [0.0]
        return
    with pytest.raises(SchemaError, match=names):
        test.analyse_sums(sums)


# Families and guardrails


def test_the_primary_has_its_own_level_and_others_share_theirs():
    units = shop(n=900, lift=0.0)
    units["variant"] = np.array(["control", "a", "b"])[np.arange(900) % 3]
    for name in ("x", "y"):
        units[name] = np.random.default_rng(ord(name)).normal(size=900)
    arms = {"control": 1 / 3, "a": 1 / 3, "b": 1 / 3}
    table = experiment(REVENUE, abtest.Mean("x"), abtest.Mean("y"), arms=arms).analyse(units).table
    primary, others = table[table["role"] == "primary"], table[table["role"] == "secondary"]
    p = np.sort(primary["p_value"])
    assert np.sort(primary["q_value"]) == pytest.approx([min(2 * p[0], 1), max(min(2 * p[0], 1), p[1])])
    assert others["q_value"].to_numpy() == pytest.approx(stats.false_discovery_control(others["p_value"]))


def guarded(units, **options):
    metric = abtest.Proportion("returned", better=options.pop("better", "lower"))
    return row_of(experiment(REVENUE, abtest.Guardrail(metric, **options)).analyse(units), "returned")


def test_a_guardrail_passes_only_when_it_is_shown():
    units = shop(n=4_000)
    units["returned"] = np.arange(4_000) % 10 == 0
    control, new = arms_of(units, "returned")
    gap = new.mean() - control.mean()
    assert guarded(units, margin=0.05)["p_value"] == pytest.approx(slow_margin_p(control, new, lambda p: p + 0.05))
    assert guarded(units, margin=0.05)["verdict"] == "passed"
    assert guarded(units, margin=max(gap, 0.0) + 0.001)["verdict"] == "not_shown"


def slow_margin_p(control, new, at_margin):
    """Search the most likely shares at a margin, and take the variance there."""

    def surprise(p):
        parts = ((control, p), (new, at_margin(p)))
        return -sum(stats.binom.logpmf(arm.sum(), len(arm), share) for arm, share in parts)

    p = optimize.minimize_scalar(surprise, bounds=(1e-9, 0.9), method="bounded", options={"xatol": 1e-10}).x
    q, slope = at_margin(p), at_margin(1.0) - at_margin(0.0)
    error = np.sqrt(q * (1 - q) / len(new) + slope**2 * p * (1 - p) / len(control))
    return stats.norm.sf((at_margin(control.mean()) - new.mean()) / error)


def test_a_guardrail_can_fail():
    units = shop(n=4_000)
    units["returned"] = np.random.default_rng(0).random(4_000) < np.where(units["variant"] == "new", 0.3, 0.1)
    assert guarded(units, margin=0.05)["verdict"] == "failed"
    assert guarded(units, margin=0.05, better="higher")["verdict"] == "passed"


def test_a_relative_margin_is_a_share_of_the_control():
    units = shop(n=4_000)
    units["returned"] = np.random.default_rng(0).random(4_000) < 0.5
    control, new = arms_of(units, "returned")
    row = guarded(units, relative_margin=0.1)
    assert row["p_value"] == pytest.approx(slow_margin_p(control, new, lambda p: 1.1 * p))


@pytest.mark.parametrize("margins", [{"margin": 0.02}, {"relative_margin": 1.0}])
def test_few_events_in_a_small_arm_are_no_evidence(margins):
    """Both arms are apart by just the margin: of all results at most 2.5 % may pass, by enumeration."""
    n, passes = np.array([270.0, 30.0]), 0.0
    for x, y in itertools.product(range(1, 25), range(12)):
        t = margin_score(
            n[:, None],
            (np.array([x, y]) / n)[:, None],
            np.ones(1),
            sign=-1,
            **{"margin": None, "relative_margin": None} | margins,
        )
        if t > stats.norm.isf(0.025):
            passes += stats.binom.pmf(x, 270, 0.02) * stats.binom.pmf(y, 30, 0.04)
    assert passes <= 0.03
    units = pd.DataFrame({"customer_id": range(300), "variant": ["control"] * 270 + ["new"] * 30, "revenue": 1.0})
    units["returned"] = [1] * 5 + [0] * 295
    guardrail = abtest.Guardrail(abtest.Proportion("returned", better="lower"), **margins)
    found = row_of(experiment(REVENUE, guardrail, arms={"control": 0.9, "new": 0.1}).analyse(units), "returned")
    assert found["verdict"] == "not_shown"


@pytest.mark.parametrize("by", ["strata", "cluster"])
def test_an_arm_without_events_passes_no_margin_for_being_small(by):
    """Of 30 units none has an event where one is expected: over strata and in clusters too that shows nothing."""
    units = pd.DataFrame({"customer_id": range(300), "variant": ["control"] * 270 + ["new"] * 30, "revenue": 1.0})
    units["returned"] = [1] * 9 + [0] * 291
    units["place"] = units["customer_id"] % 5 if by == "strata" else units["customer_id"] // 5
    guardrail = abtest.Guardrail(abtest.Proportion("returned", better="lower"), margin=0.02)
    test = experiment(REVENUE, guardrail, arms=["control", "new"])
    assert row_of(test.analyse(units, **{by: "place"}), "returned")["verdict"] == "not_shown"
    many = pd.concat([units.assign(customer_id=units["customer_id"] + 300 * i) for i in range(20)])
    many["place"] += (0 if by == "strata" else 1_000) * (many["customer_id"] // 300)
    assert row_of(test.analyse(many, **{by: "place"}), "returned")["verdict"] == "passed"


@pytest.mark.parametrize("value", [False, True])
def test_shares_of_nothing_or_of_all_show_no_difference(value, local_library):
    test = experiment(BOUGHT, abtest.Guardrail(abtest.Proportion("returned", better="lower"), margin=0.01))
    units = shop(n=4_000).assign(bought=value, returned=value)
    readout = test.analyse(local_library(units))
    row, guardrail = (to_pandas(readout.table).iloc[i] for i in range(2))
    assert (row["difference"], row["p_value"], row["verdict"]) == (0.0, 1.0, "no_clear_difference")
    assert -0.003 < row["difference_low"] < 0 < row["difference_high"] < 0.003
    assert guardrail["verdict"] == "passed"  # of 2,000 units in each arm twenty events more would have shown
    assert "shows no clear difference" in readout.summary()
    assert "not_testable" not in note_counts(readout.notes)


def test_nobody_against_everybody_is_a_difference():
    units = shop()
    readout = experiment(BOUGHT).analyse(units.assign(bought=units["variant"] == "new"))
    assert row_of(readout, "bought")["verdict"] == "better"


def test_few_events_in_a_sequence_have_not_started():
    test = experiment(BOUGHT, looks="sequential", planned=1_000)
    readout = test.analyse(shop().assign(bought=False))
    assert row_of(readout, "bought")["verdict"] == "not_started"


def test_an_arm_of_one_unit_is_told():
    units = shop()
    one = pd.concat([units[units["variant"] == "control"], units[units["variant"] == "new"].head(1)])
    readout = experiment(REVENUE, BOUGHT, arms=["control", "new"], primary="revenue").analyse(one)
    assert note_counts(readout.notes)["single_unit"] == 2
    assert readout.table["verdict"].tolist() == ["not_tested"] * 2


def test_small_groups_are_null_and_told():
    units = shop()
    units["city"] = np.where(np.arange(len(units)) < 3, "village", "town")
    readout = experiment(REVENUE).analyse(units, by="city")
    village = readout.by[readout.by["group"] == "village"].iloc[0]
    assert np.isnan(village["difference"])
    assert note_counts(readout.notes)["small_groups"] == 1
    assert readout.by["p_value"].isna().all()  # one group has nothing to differ from
    assert "small_groups" not in note_counts(experiment(REVENUE).analyse(units.assign(city="town"), by="city").notes)


def test_a_cap_that_leaves_nothing_is_told():
    """Nine of ten buy nothing, so that the quantile of .8 caps all values to nothing."""
    units = shop(n=4_000)
    units["revenue"] = np.where(np.arange(4_000) // 2 % 10 == 0, units["revenue"] + 1, 0.0)
    readout = experiment(abtest.Mean("revenue", cap_quantile=0.8)).analyse(units)
    assert note_counts(readout.notes)["capped_to_nothing"] == 1
    assert row_of(readout)["verdict"] == "not_tested"
    enough = experiment(abtest.Mean("revenue", cap_quantile=0.95)).analyse(units)
    assert "capped_to_nothing" not in note_counts(enough.notes)


def test_the_advice_on_skewed_metrics_can_be_followed():
    """A share cannot be capped."""
    units = shop(n=4_000)
    units["variant"] = np.where(np.arange(4_000) % 100 == 0, "new", "control")
    units["bought"] = np.arange(4_000) % 150 == 0
    units["revenue"] = np.random.default_rng(0).lognormal(0, 2.5, 4_000)
    design = {"arms": {"control": 0.99, "new": 0.01}}
    (share,) = (note for note in experiment(BOUGHT, **design).analyse(units).notes if note.code == "skewed_metric")
    assert "cap" not in share
    assert "arms of one size" in share
    (mean,) = (note for note in experiment(REVENUE, **design).analyse(units).notes if note.code == "skewed_metric")
    assert "cap revenue" in mean


def test_better_may_be_lower():
    units = shop(lift=30.0)
    assert row_of(experiment(REVENUE).analyse(units))["verdict"] == "better"
    assert row_of(experiment(abtest.Mean("revenue", better="lower")).analyse(units))["verdict"] == "worse"


def test_the_uncapped_metric_stands_beside():
    units = shop()
    readout = experiment(abtest.Mean("revenue", cap=20)).analyse(units)
    capped, plain = (row_of(readout, name) for name in ("revenue", "revenue_uncapped"))
    assert capped["treatment"] == pytest.approx(np.minimum(units.loc[units["variant"] == "new", "revenue"], 20).mean())
    assert plain["difference"] == pytest.approx(row_of(experiment(REVENUE).analyse(units))["difference"])
    assert plain["verdict"] == "for_comparison"
    assert np.isnan(plain["q_value"])
    assert note_counts(readout.notes)["capped"] == 1


def test_a_quantile_is_taken_over_the_units_that_are_read():
    units = shop().assign(pending=lambda table: table["revenue"] > 40)
    readout = experiment(abtest.Mean("revenue", cap_quantile=0.8)).analyse(units)
    cap = np.quantile(units.loc[~units["pending"], "revenue"], 0.8)
    kept = units.loc[~units["pending"] & (units["variant"] == "new"), "revenue"]
    assert row_of(readout)["treatment"] == pytest.approx(np.minimum(kept, cap).mean())


# Groups


def test_groups_are_compared_with_each_other():
    units = shop(rng=8, n=2_000, lift=0.0)
    is_new_mobile = (units["variant"] == "new") & (units["device"] == "mobile")
    units["revenue"] += 5.0 * is_new_mobile
    readout = experiment(REVENUE, BOUGHT).analyse(units, by="device")
    mine = readout.by[readout.by["metric"] == "revenue"].set_index("group")
    alone = row_of(experiment(REVENUE).analyse(units[units["device"] == "mobile"]))
    assert mine.loc["mobile", "difference"] == pytest.approx(alone["difference"])
    assert mine.loc["mobile", "difference_low"] == pytest.approx(alone["difference_low"])
    assert mine["units_control"].sum() + mine["units_treatment"].sum() == 2_000
    assert (mine["q_value"] < 0.01).all()
    assert (readout.by.loc[readout.by["metric"] == "bought", "q_value"] > 0.01).all()


def test_a_group_may_be_missing_and_has_a_sample_ratio():
    units = shop(n=1_000)
    units.loc[:99, "device"] = None
    units = units[(units["device"] != "mobile") | (units["variant"] == "control") | (units["customer_id"] % 3 > 0)]
    by = experiment(REVENUE, arms=["control", "new"]).analyse(units, by="device").by
    assert by["sample_ratio"].isna().all()
    by = experiment(REVENUE).analyse(units, by="device", override="known").by.set_index("group")
    assert set(by.index) == {"desktop", "mobile", "missing"}
    assert by.loc["mobile", "sample_ratio"] < by.loc["desktop", "sample_ratio"]


# Traps


def test_pending_and_excluded_units_are_counted_by_arm_and_not_read():
    units = shop()
    units["pending"] = np.arange(400) < 40
    units["excluded"] = np.arange(400) >= 390
    readout = experiment(REVENUE).analyse(units.assign(revenue=units["revenue"].where(~units["pending"])))
    assert note_counts(readout.notes)["pending_units"] == 40
    assert note_counts(readout.notes)["units_in_two_arms"] == 10
    assert row_of(readout)["difference"] == row_of(experiment(REVENUE).analyse(units.iloc[40:390]))["difference"]
    by_arm = units[units["pending"]]["variant"].value_counts()
    text = next(note for note in readout.notes if note.code == "pending_units")
    assert f"(control {by_arm['control']}, new {by_arm['new']})" in text


def test_a_unit_in_two_arms_is_excluded_and_counted(local_library):
    units = shop()
    twice = units.iloc[:3].assign(variant=units["variant"].iloc[:3].map({"control": "new", "new": "control"}))
    readout = experiment(REVENUE).analyse(local_library(pd.concat([units, twice], ignore_index=True)))
    assert note_counts(readout.notes)["units_in_two_arms"] == 6  # rows
    assert row_of(readout)["difference"] == pytest.approx(
        row_of(experiment(REVENUE).analyse(units.iloc[3:]))["difference"]
    )


def test_a_unit_twice_in_one_arm_is_an_error():
    units = shop()
    with pytest.raises(SchemaError, match="2 units with several rows"):
        experiment(REVENUE).analyse(pd.concat([units, units.iloc[:2]]))


def test_ids_are_counted_alike_in_memory_and_by_query(monkeypatch):
    duckdb = pytest.importorskip("duckdb", reason="duckdb is not installed")
    units = shop().assign(customer_id=lambda table: np.arange(len(table)) - 5)
    twice = pd.concat([units, units.iloc[:3].assign(variant="new"), units.iloc[:3].assign(variant="control")])
    twice = twice.drop_duplicates(["customer_id", "variant"], ignore_index=True)
    found = []
    for most in (0, 10**6):
        monkeypatch.setattr("ecommine.abtest._read.table.MAX_IDS_IN_MEMORY", most)
        readout = experiment(REVENUE).analyse(duckdb.from_df(twice))
        found.append((readout.table, readout.notes))
        with pytest.raises(SchemaError, match="repeated: 4 units"):
            experiment(REVENUE).analyse(duckdb.from_df(pd.concat([units, units.iloc[:4]])))
        gap = units.assign(customer_id=units["customer_id"].astype("Int64").mask(units.index < 2))
        with pytest.raises(SchemaError, match="missing in 2 rows"):
            experiment(REVENUE).analyse(duckdb.from_df(gap))
    pd.testing.assert_frame_equal(found[0][0], found[1][0])
    assert found[0][1] == found[1][1]


@pytest.mark.parametrize("value", [None, np.inf, np.nan])
def test_missing_values_are_an_error_with_counts_by_arm(value, local_library):
    units = shop()
    units.loc[[0, 1, 2], "revenue"] = value
    by_arm = units.iloc[:3]["variant"].value_counts().reindex(["control", "new"], fill_value=0)
    with pytest.raises(SchemaError, match=rf"3 units \(control {by_arm['control']}, new {by_arm['new']}\)"):
        experiment(REVENUE, BOUGHT).analyse(local_library(units))


def test_two_experiments_in_one_table():
    units = shop().assign(experiment="page")
    other = units.assign(experiment="price", revenue=1.0)
    both = pd.concat([units, other])
    readout = experiment(REVENUE).analyse(both)
    assert note_counts(readout.notes)["other_experiments"] == 400
    assert row_of(readout).equals(row_of(experiment(REVENUE).analyse(units)))
    with pytest.raises(ValueError, match="'page', 'price'"):
        abtest.Experiment("x", arms=HALVES, metrics=[REVENUE]).analyse(both)


@pytest.mark.parametrize("name", ["price", 7])
def test_one_experiment_of_another_name_is_an_error(name, local_library):
    units = local_library(shop().assign(experiment=name))
    with pytest.raises(ValueError, match=f"'{name}', and none is 'page'"):
        experiment(REVENUE).analyse(units)
    test = abtest.Experiment(str(name), arms=HALVES, metrics=[REVENUE])
    assert row_of(test.analyse(units))["metric"] == "revenue"


@pytest.mark.parametrize(
    ("variants", "arms", "control"),
    [
        ({"control": 0, "new": 1}, {0: 0.5, 1: 0.5}, 0),
        ({"control": 0.0, "new": 1.0}, {0: 0.5, 1: 0.5}, "0"),
        ({"control": "0", "new": "1"}, {0: 0.5, 1: 0.5}, 0),
        ({"control": False, "new": True}, {False: 0.5, True: 0.5}, False),
    ],
)
def test_arms_may_be_numbers_and_truths(variants, arms, control, local_library):
    units = shop()
    named = units.assign(variant=units["variant"].map(variants))
    readout = experiment(REVENUE, arms=arms, control=control).analyse(local_library(named))
    expected = row_of(experiment(REVENUE).analyse(units))
    assert to_pandas(readout.table)["difference"][0] == pytest.approx(expected["difference"])


def test_unknown_variants_and_missing_ones_are_errors():
    units = shop()
    with pytest.raises(ValueError, match="'new', which is none of the arms 'control', 'other'"):
        experiment(REVENUE, arms={"control": 0.5, "other": 0.5}).analyse(units)
    units.loc[0, "variant"] = None
    with pytest.raises(SchemaError, match="1 unit"):
        experiment(REVENUE).analyse(units)


@pytest.mark.parametrize("zone", [None, "Asia/Shanghai"])
def test_a_unit_without_a_time_is_read_but_belongs_to_no_day(zone, local_library):
    units = shop()
    days = pd.Timestamp("2024-03-01") + pd.to_timedelta(np.arange(len(units)) // 100, unit="D")
    units["assigned_at"] = pd.Series(days.as_unit("us"), index=units.index).dt.tz_localize(zone)
    units.loc[[3, 5], "assigned_at"] = None
    readout = experiment(REVENUE).analyse(local_library(units), by="assigned_at")
    expected = experiment(REVENUE).analyse(units.drop(columns="assigned_at"))
    assert row_of(readout)["difference"] == pytest.approx(row_of(expected)["difference"])
    groups = to_pandas(readout.by)
    sizes = dict(zip(groups["group"], groups["units_control"] + groups["units_treatment"], strict=True))
    assert sizes.pop("missing") == 2
    assert sorted(sizes.values()) == [98, 100, 100, 100]
    if zone is None:  # DuckDB keeps moments and no zone, whose days are those of its session
        assert sizes == {f"2024-03-0{day}": 98 if day == 1 else 100 for day in range(1, 5)}


def test_an_empty_arm_gives_no_numbers():
    units = shop()
    readout = experiment(REVENUE, arms=["control", "new", "third"]).analyse(units)
    row = row_of(readout, variant="third")
    assert np.isnan(row["difference"])
    assert row["verdict"] == "not_tested"
    assert note_counts(readout.notes)["empty_arm"] == 1
    assert not np.isnan(row_of(readout)["difference"])


@pytest.mark.parametrize("looks", ["fixed", "sequential"])
@pytest.mark.parametrize("rows", [0, 1, 2])
def test_hardly_any_units_give_no_numbers(rows, looks, local_library):
    units = full_units()
    test = experiment(*METRICS, arms=["control", "new"], looks=looks, planned=100)
    for table in (units.iloc[:rows], units.iloc[:rows].assign(pending=True)):
        readout = test.analyse(local_library(table), by="device")
        assert to_pandas(readout.table)["difference_low"].isna().all()
        assert readout.summary()
        assert repr(readout)


@pytest.mark.parametrize("value", [0.0, 5.0])
def test_a_constant_metric_is_not_tested(value):
    readout = experiment(REVENUE).analyse(shop().assign(revenue=value))
    row = row_of(readout)
    assert (row["difference"], row["verdict"]) == (0.0, "not_tested")
    assert np.isnan(row["p_value"])
    assert note_counts(readout.notes)["not_testable"] == 1


def test_zero_denominators_are_not_tested():
    readout = experiment(abtest.RatioOfMeans("revenue", "orders")).analyse(shop().assign(orders=0))
    assert row_of(readout)["verdict"] == "not_tested"
    assert np.isnan(row_of(readout)["difference"])


def test_negative_revenue_counts():
    units = shop()
    units.loc[units["customer_id"] % 5 == 0, "revenue"] -= 30
    row = row_of(experiment(REVENUE).analyse(units))
    control, new = arms_of(units, "revenue")
    assert row["p_value"] == pytest.approx(stats.ttest_ind(new, control, equal_var=False).pvalue)


def test_a_share_that_is_no_share_is_an_error():
    with pytest.raises(SchemaError, match="neither 0 nor 1"):
        experiment(abtest.Proportion("orders")).analyse(shop())


@pytest.mark.parametrize(
    ("change", "options", "error", "names"),
    [
        (lambda units: units.drop(columns="customer_id"), {}, SchemaError, "customer_id"),
        (lambda units: units.drop(columns="variant"), {}, SchemaError, "variant"),
        (lambda units: units.rename(columns={"revenue": "revenues"}), {}, SchemaError, "did you mean 'revenues'"),
        (lambda units: units.assign(revenue="1"), {}, SchemaError, "numbers"),
        (lambda units: units.assign(assigned_at="2024-01-01"), {}, SchemaError, "times"),
        (lambda units: units.assign(customer_id=[None, *range(399)]), {}, SchemaError, "customer_id"),
        (lambda units: units, {"by": "divice"}, SchemaError, "did you mean 'device'"),
        (lambda units: units, {"by": 3}, TypeError, "`by`"),
        (lambda units: units, {"cluster": 3}, TypeError, "`cluster`"),
        (lambda units: units, {"cluster": "orders", "strata": "device"}, ValueError, "not both"),
        (lambda units: units, {"override": " "}, ValueError, "`override`"),
        (lambda _: [1, 2], {}, TypeError, "`units`"),
    ],
)
def test_errors_name_what_is_wrong(change, options, error, names):
    with pytest.raises(error, match=names):
        experiment(REVENUE).analyse(change(shop()), **options)


def test_strata_without_both_arms_are_left_out_and_counted():
    units = shop()
    units["city"] = np.where(np.arange(400) < 5, "hamlet", "town")
    units.loc[units["city"] == "hamlet", "variant"] = "new"
    readout = experiment(REVENUE).analyse(units, strata="city")
    assert note_counts(readout.notes)["strata_left_out"] == 5
    assert row_of(readout)["difference"] == pytest.approx(row_of(experiment(REVENUE).analyse(units[5:]))["difference"])


@pytest.mark.parametrize("argument", ["strata", "by", "cluster"])
@pytest.mark.parametrize("column", ["variant", "pending", "excluded", "customer_id"])
def test_the_arm_and_the_state_of_a_unit_are_no_groups(argument, column):
    units = shop().assign(pending=False, excluded=False)
    with pytest.raises(ValueError, match=f"`{argument}` must .*'{column}'"):
        experiment(REVENUE).analyse(units, **{argument: column})


@pytest.mark.parametrize("column", ["pending", "excluded"])
def test_states_are_true_and_false_or_one_and_zero(column, local_library):
    units = shop()
    flags = np.arange(len(units)) % 4 == 0
    expected = experiment(REVENUE).analyse(local_library(units.assign(**{column: flags})))
    for numbers in (flags.astype(int), flags.astype(float)):
        readout = experiment(REVENUE).analyse(local_library(units.assign(**{column: numbers})))
        pd.testing.assert_frame_equal(to_pandas(readout.table), to_pandas(expected.table))
    for wrong in ("no", 2):
        with pytest.raises(SchemaError, match=f"`{column}` must hold true and false"):
            experiment(REVENUE).analyse(local_library(units.assign(**{column: wrong})))


def test_groups_by_a_date_are_dates(local_library):
    units = shop()
    units["born"] = np.array([dt.date(1969, 12, 31), dt.date(1999, 2, 1)])[np.arange(len(units)) % 2]
    names = to_pandas(experiment(REVENUE).analyse(local_library(units), by="born").by)["group"]
    assert sorted(names) == ["1969-12-31", "1999-02-01"]
