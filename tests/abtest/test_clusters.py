"""Clusters that were randomised: CR2 in closed form against matrices, its degrees of freedom, and its size."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from abtest.simulated import comparison_of
from ecommine import SchemaError, abtest

HALVES = {"control": 0.5, "new": 0.5}
REVENUE = abtest.Mean("revenue")


def shops(rng=0, sizes=(3, 8, 5, 20, 4, 9, 7), treated=(0, 2, 5)):
    """Customers of shops that were randomised."""
    rng = np.random.default_rng(rng)
    shop = np.repeat(np.arange(len(sizes)), sizes)
    variant = np.where(np.isin(shop, treated), "new", "control").astype(object)
    revenue = rng.normal(10, 2, len(sizes))[shop] + rng.normal(0, 3, len(shop))
    columns = {"customer_id": np.arange(len(shop)), "variant": variant, "shop": shop, "revenue": revenue}
    return pd.DataFrame(
        columns | {"before": revenue + rng.normal(0, 3, len(shop)), "orders": rng.integers(1, 4, len(shop))}
    )


def matrix_version(units):
    """Bell and McCaffrey's CR2 of a regression on the arm, with Satterthwaite's degrees of freedom, by matrices."""
    y = units["revenue"].to_numpy()
    x = np.column_stack([np.ones(len(units)), units["variant"] == "new"]).astype(float)
    bread = np.linalg.inv(x.T @ x)
    coefficient = bread @ x.T @ y
    hat = np.eye(len(y)) - x @ bread @ x.T
    variance, columns = np.zeros((2, 2)), []
    for shop in units["shop"].unique():
        own = (units["shop"] == shop).to_numpy()
        values, vectors = np.linalg.eigh(hat[np.ix_(own, own)])
        root = vectors @ np.diag(np.where(values > 1e-9, np.maximum(values, 1e-300) ** -0.5, 0)) @ vectors.T
        score = x[own].T @ root @ (y - x @ coefficient)[own]
        variance += bread @ np.outer(score, score) @ bread
        columns.append(hat[own].T @ root.T @ x[own] @ bread[:, 1])
    inner = np.array(columns)
    products = inner @ inner.T
    return coefficient[1], variance[1, 1], np.trace(products) ** 2 / (products**2).sum()


@pytest.mark.parametrize("rng", range(3))
def test_the_closed_form_is_that_of_matrices(rng):
    units = shops(rng)
    test = abtest.Experiment("x", arms=["control", "new"], metrics=[REVENUE])
    row = test.analyse(units, cluster="shop").table.iloc[0]
    difference, variance, df = matrix_version(units)
    assert row["difference"] == pytest.approx(difference)
    half = stats.t.isf(0.025, df) * np.sqrt(variance)
    assert row["difference_high"] - row["difference"] == pytest.approx(half)
    assert row["p_value"] == pytest.approx(2 * stats.t.sf(abs(difference) / np.sqrt(variance), df))


def test_one_unit_per_cluster_is_almost_welch():
    units = shops(sizes=(1,) * 40, treated=range(0, 40, 2))
    test = abtest.Experiment("x", arms=HALVES, metrics=[REVENUE])
    clustered, plain = (test.analyse(units, cluster=name).table.iloc[0] for name in ("shop", None))
    assert clustered["difference_low"] == pytest.approx(plain["difference_low"], rel=2e-3)
    control, new = (units.loc[units["variant"] == arm, "revenue"] for arm in HALVES)
    t = (new.mean() - control.mean()) / np.sqrt(new.var() / 20 + control.var() / 20)
    assert clustered["p_value"] == pytest.approx(2 * stats.t.sf(abs(t), 38))


def test_ratios_and_covariates_take_clusters():
    units = shops(sizes=(4,) * 40, treated=range(0, 40, 2))
    metrics = [REVENUE, abtest.RatioOfMeans("revenue", "orders"), abtest.Mean("revenue", "before", name="adjusted")]
    test = abtest.Experiment("x", arms=HALVES, metrics=metrics, primary="revenue")
    table = test.analyse(units, cluster="shop").table.set_index("metric")
    width = table["difference_high"] - table["difference_low"]
    assert width["adjusted"] < width["revenue"]
    own = units[units["variant"] == "new"]
    assert table.loc["revenue_per_orders", "treatment"] == pytest.approx(own["revenue"].sum() / own["orders"].sum())


def test_the_sample_ratio_counts_clusters():
    units = shops(sizes=(100, 1, 1, 1), treated=(0, 1))
    readout = abtest.Experiment("x", arms=HALVES, metrics=[REVENUE]).analyse(units, cluster="shop")
    assert readout.checks.loc[0, "value"] == 1.0
    assert abtest.Experiment("x", arms=HALVES, metrics=[REVENUE]).analyse(units).is_withheld


def test_clusters_with_both_arms_are_an_error():
    units = shops()
    units.loc[0, "variant"] = "control"
    with pytest.raises(ValueError, match="1 cluster of 7 in 'shop'"):
        abtest.Experiment("x", arms=["control", "new"], metrics=[REVENUE]).analyse(units, cluster="shop")


def test_a_missing_cluster_is_an_error():
    units = shops().assign(shop=lambda table: table["shop"].where(table["customer_id"] > 1).astype("Int64"))
    with pytest.raises(SchemaError, match="2 units"):
        abtest.Experiment("x", arms=["control", "new"], metrics=[REVENUE]).analyse(units, cluster="shop")


def test_an_arm_of_one_cluster_is_not_tested():
    readout = abtest.Experiment("x", arms=["control", "new"], metrics=[REVENUE]).analyse(
        shops(treated=(1,)), cluster="shop"
    )
    assert readout.table["verdict"].tolist() == ["not_tested"]


def clustered_find(seed):
    """Five clusters against fifteen of log-normal sizes, without an effect."""
    rng = np.random.default_rng(seed)
    arms, codes = [], []
    for n_clusters in (15, 5):
        sizes = np.maximum(rng.lognormal(3, 1, n_clusters).astype(int), 2)
        code = np.repeat(np.arange(n_clusters), sizes)
        arms.append(rng.normal(0, 1, n_clusters)[code] + rng.normal(0, 2, len(code)))
        codes.append(code)
    return comparison_of(*arms, cluster=tuple(codes)).p_value < 0.05


def test_few_clusters_keep_their_level():
    assert np.mean([clustered_find(seed) for seed in range(500)]) <= 35 / 500


@pytest.mark.parametrize(("n_clusters", "has_started"), [(98, False), (100, True)])
def test_sequences_start_with_fifty_clusters_in_each_arm(n_clusters, has_started):
    units = shops(sizes=(3,) * n_clusters, treated=range(0, n_clusters, 2))
    test = abtest.Experiment("x", arms=HALVES, metrics=[REVENUE], looks="sequential", planned=300)
    table = test.analyse(units, cluster="shop").table
    assert (table["verdict"].iloc[0] != "not_started") == has_started


def test_days_of_clusters_are_not_tested():
    units = shops(sizes=(4,) * 20, treated=range(0, 20, 2))
    units["assigned_at"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(units["shop"] % 4, unit="D")
    checks = abtest.Experiment("x", arms=HALVES, metrics=[REVENUE]).analyse(units, cluster="shop").checks
    assert checks.set_index("check").loc["shares_by_day", "verdict"] == "not_tested"
