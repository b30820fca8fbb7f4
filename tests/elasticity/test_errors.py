"""Errors of slopes: serial correlation, clusters, counts; and refusals."""

import numpy as np
import pandas as pd
import pytest
from statsmodels.genmod.families import Poisson
from statsmodels.genmod.generalized_linear_model import GLM

from ecommine import datasets, elasticity
from ecommine.elasticity._regression.errors import RHO_GRID, decorrelated
from ecommine.elasticity._regression.least_squares import Design, solve
from ecommine.elasticity._regression.periods import PeriodColumns
from ecommine.elasticity._runs import Runs
from elasticity.shops import drawn_panel, shop
from elasticity.slow import slow_clustered_variance
from notes import note_counts

PLAIN = {"errors": "iid", "shrink": None}


def with_stores(n_stores=12, periods=26, seed=0):
    """One product in several stores whose weeks are good or bad together."""
    rng = np.random.default_rng(seed)
    week = 0.3 * rng.normal(size=periods)
    price = np.exp(0.1 * rng.normal(size=(n_stores, periods)) + 0.1 * rng.normal(size=periods))
    units = np.exp(4 + week + 0.1 * rng.normal(size=price.shape)) * price**-2.0
    times = pd.date_range("2024-01-01", periods=periods, freq="7D").astype("datetime64[us]")
    return pd.DataFrame(
        {"product_id": "tea", "store_id": np.repeat(np.arange(n_stores), periods),
         "period_at": np.tile(times, n_stores), "quantity": units.ravel(), "price": price.ravel()}
    )  # fmt: skip


def test_decorrelated_rows_are_generalised_least_squares():
    rng = np.random.default_rng(0)
    period = np.array([0, 1, 2, 4, 5, 9, 10, 0, 2, 3, 4, 5, 6, 7])
    series = np.repeat([0, 1], 7)
    x, y, n = rng.normal(size=(2, 14)), rng.normal(size=14), 14
    effect = np.array([0, 1, 0, 1, 2, 2, 0, 1, 2, 0, 1, 2, 0, 1])
    periods = PeriodColumns(number=effect, weight=np.ones(n), lagged=None, n_periods=3)
    runs = Runs(series, 2)
    design = Design(y=y, ones=np.ones(n), columns=x, series_runs=runs, group_runs=runs, periods=periods)
    solution = solve(decorrelated(design, series, period, np.full(n, 0.6)))
    distance = np.abs(period[:, None] - period)
    omega = np.where(series[:, None] == series, 0.6**distance, 0.0)
    columns = [np.where(series == s, values, 0.0) for s in (0, 1) for values in (np.ones(n), *x)]
    dense = np.column_stack([*columns, *[(effect == t) * 1.0 for t in (1, 2)]])
    inverse = np.linalg.inv(omega)
    covariance = np.linalg.inv(dense.T @ inverse @ dense)
    slopes = covariance @ dense.T @ inverse @ y
    np.testing.assert_allclose(solution.slopes.ravel(), slopes[[1, 2, 4, 5]], rtol=1e-10)
    np.testing.assert_allclose(solution.variance_factor(), np.diag(covariance)[[2, 5]], rtol=1e-10)


@pytest.mark.parametrize("rho", [0.0, 0.5, 0.8])
def test_the_correlation_of_neighbours_is_estimated_without_bias(rho):
    estimates = []
    for seed in range(4):
        sales, _ = drawn_panel(seed, "autocorrelated", rho=rho, periods=20, n_products=200)
        estimates.append(elasticity.fit(sales.assign(category="all"), absorb=("product_id",))._raw.rho[0])
    assert np.mean(estimates) == pytest.approx(rho, abs=0.06)
    assert RHO_GRID[0] <= min(estimates)


@pytest.mark.parametrize("kind", ["independent", "autocorrelated", "steps", "promotions"])
def test_intervals_hold_with_correlated_errors(kind):
    sales, truth = drawn_panel(1, kind, rho=0.5, periods=20, n_products=1_000)
    table = elasticity.fit(sales, absorb=("product_id",)).table
    known = table["raw_elasticity"].notna().to_numpy()
    covered = (table["raw_elasticity_low"] <= truth) & (truth <= table["raw_elasticity_high"])
    assert 0.92 <= covered[known].mean() <= 0.98
    naive = elasticity.fit(sales, absorb=("product_id",), errors="iid", shrink=None).table
    if kind == "autocorrelated":
        is_in = (naive["raw_elasticity_low"] <= truth) & (truth <= naive["raw_elasticity_high"])
        assert is_in[known].mean() < 0.92


@pytest.mark.parametrize("cluster", [("store_id",), ("period_at",), ("store_id", "period_at")])
def test_clustered_errors_are_those_of_the_slow_version(cluster):
    sales = with_stores()
    result = elasticity.fit(sales, errors="cluster", cluster=cluster, shrink=None)
    x = np.log(sales["price"]) - np.log(sales["price"]).groupby(sales["store_id"]).transform("mean")
    y = np.log(sales["quantity"]) - np.log(sales["quantity"]).groupby(sales["store_id"]).transform("mean")
    slope = (x * y).sum() / (x**2).sum()
    codes = [sales[name].astype(str).tolist() for name in cluster]
    variance = slow_clustered_variance(x.to_numpy(), (y - slope * x).to_numpy(), codes)
    n = len(sales)
    k = 2 if "store_id" in cluster else 1 + 12
    row = result.table.iloc[0]
    assert row["elasticity"] == pytest.approx(slope, rel=1e-12)
    assert row["std_error"] == pytest.approx(np.sqrt(variance * (n - 1) / (n - k)), rel=1e-9)


def with_rivals(seed=0, n_stores=12, periods=26):
    """The stores above, and the prices of two others, which move with the week; the first one draws 0.8."""
    rng = np.random.default_rng(seed)
    sales = with_stores(n_stores, periods, seed=1_000 + seed)
    week = np.tile(rng.normal(size=(2, periods)), n_stores)
    rival, other = np.exp(0.1 * week + 0.05 * rng.normal(size=week.shape))
    return sales.assign(rival=rival, other=other, quantity=sales["quantity"] * rival**0.8)


def left_by(columns, y):
    return y - columns @ np.linalg.lstsq(columns, y, rcond=None)[0]


@pytest.mark.parametrize("options", [{}, {"errors": "cluster", "cluster": "period_at"}])
def test_errors_of_cross_elasticities_are_clustered_like_those_of_the_own(options):
    sales = with_rivals()
    result = elasticity.fit(sales, cross=("rival", "other"), shrink=None, **options)
    stores = pd.get_dummies(sales["store_id"]).to_numpy(float)
    logs = {name: np.log(sales[name].to_numpy()) for name in ("rival", "other", "price", "quantity")}
    residuals = left_by(np.column_stack([stores, logs["rival"], logs["other"], logs["price"]]), logs["quantity"])
    clusters = ("period_at",) if options else ("store_id", "period_at")
    codes = [sales[name].astype(str).tolist() for name in clusters]
    factor = (len(sales) - 1) / (len(sales) - (15 if options else 4))
    for row, name, beside in zip(result.cross.itertuples(), ("rival", "other"), ("other", "rival"), strict=True):
        x = left_by(np.column_stack([stores, logs[beside], logs["price"]]), logs[name])
        assert row.cross_elasticity == pytest.approx((x @ logs["quantity"]) / (x @ x), rel=1e-9)
        assert row.std_error == pytest.approx(np.sqrt(slow_clustered_variance(x, residuals, codes) * factor), rel=1e-9)


def test_intervals_of_cross_elasticities_hold_where_weeks_are_good_or_bad_in_all_stores():
    tables = [elasticity.fit(with_rivals(seed), cross="rival", shrink=None).cross.iloc[0] for seed in range(120)]
    assert np.mean([row["cross_elasticity_low"] <= 0.8 <= row["cross_elasticity_high"] for row in tables]) >= 0.88
    independent = elasticity.fit(with_rivals(), cross="rival", **PLAIN).cross["std_error"].iloc[0]
    assert tables[0]["std_error"] > 2 * independent


def test_a_cross_elasticity_of_few_clusters_has_no_interval():
    row = elasticity.fit(with_rivals(n_stores=9), cross="rival", shrink=None).cross.iloc[0]
    assert np.isfinite(row["cross_elasticity"])
    assert np.isnan(row["cross_elasticity_low"])


def test_stores_and_periods_are_clusters_by_default():
    sales = with_stores()
    default = elasticity.fit(sales, shrink=None)
    assert "two_way_errors" in note_counts(default.notes)
    both = elasticity.fit(sales, errors="cluster", cluster=("store_id", "period_at"), shrink=None)
    assert default.table["std_error"].iloc[0] == pytest.approx(both.table["std_error"].iloc[0])
    independent = elasticity.fit(sales, **PLAIN).table["std_error"].iloc[0]
    assert default.table["std_error"].iloc[0] > 1.3 * independent


@pytest.mark.parametrize(("n_stores", "is_known"), [(9, False), (10, True)])
def test_ten_clusters_are_enough_and_nine_are_not(n_stores, is_known):
    result = elasticity.fit(with_stores(n_stores))
    row = result.table.iloc[0]
    assert np.isfinite(row["elasticity"])
    assert np.isfinite(row["elasticity_low"]) == is_known
    assert (row["reason"] == "few_clusters") != is_known
    assert ("few_clusters" in note_counts(result.notes)) != is_known


def test_text_may_name_clusters():
    sales = with_stores().assign(region=lambda rows: "r" + (rows["store_id"] % 11).astype(str))
    assert np.isfinite(elasticity.fit(sales, errors="cluster", cluster="region").table["std_error"].iloc[0])
    with pytest.raises(ValueError, match="each has one cluster"):
        elasticity.fit(sales.assign(region="all"), errors="cluster", cluster="region")


def test_a_gap_is_a_gap():
    """Rows after a gap are less correlated: taking them for neighbours would give another estimate."""
    sales, _ = drawn_panel(0, "autocorrelated", rho=0.7, periods=40, n_products=30)
    kept = sales[np.random.default_rng(0).random(len(sales)) < 0.7]
    closed = kept.assign(
        period_at=pd.Timestamp("2024-01-01") + pd.to_timedelta(7 * kept.groupby("product_id").cumcount(), unit="D")
    )
    open_, shut = (elasticity.fit(one, absorb=("product_id",)) for one in (kept, closed))
    assert note_counts(open_.notes)["missing_periods"] > 100
    assert "missing_periods" not in note_counts(shut.notes)
    assert open_._raw.rho.mean() > shut._raw.rho.mean() + 0.05


def slow_sellers(seed=0, n_products=60, **options):
    return datasets.make_sales(
        n_products, 104, level=1.5, assortment=datasets.Assortment(categories=3, between=0.0, within=0.0, zipf=0.0),
        pricing=datasets.Pricing(promotion_rate=0, price_spread=0.2, residual=0.0), rng=seed, **options,
    ).table  # fmt: skip


def test_few_units_are_counted_without_bias():
    sales = slow_sellers()
    logs = elasticity.fit(sales)
    assert set(logs.table["reason"]) == {"periods_without_sales"}
    counts = elasticity.fit(sales, model="poisson")
    assert abs(counts.table["raw_elasticity"].mean() + 2) < 0.1
    covered = (counts.table["raw_elasticity_low"] <= -2) & (counts.table["raw_elasticity_high"] >= -2)
    assert covered.mean() > 0.85


def test_poisson_slopes_are_those_of_statsmodels():
    sales = slow_sellers(n_products=5)
    found = elasticity.fit(sales, model="poisson", absorb=("product_id",), **PLAIN).table
    for row in found.itertuples():
        one = sales[sales["product_id"] == row.product_id]
        x = np.column_stack([np.ones(len(one)), np.log(one["price"])])
        model = GLM(one["quantity"].to_numpy(float), x, family=Poisson()).fit(scale="X2")
        assert row.raw_elasticity == pytest.approx(model.params[1], rel=1e-8)
        assert row.std_error == pytest.approx(model.bse[1], rel=1e-6)


def test_poisson_with_effects_of_periods_is_one_regression():
    sales = shop(level=30.0)
    found = elasticity.fit(sales, model="poisson", errors="iid", controls=(), shrink=None).table["raw_elasticity"]
    dummies = pd.get_dummies(sales["period_at"]).iloc[:, 1:].to_numpy(float)
    products = pd.get_dummies(sales["product_id"]).to_numpy(float)
    x = np.column_stack([products * np.log(sales[["price"]].to_numpy()), products, dummies])
    model = GLM(sales["quantity"].to_numpy(float), x, family=Poisson()).fit(tol=1e-12)
    np.testing.assert_allclose(found, model.params[:12], rtol=1e-7)
