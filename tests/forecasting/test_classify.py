"""Classes of demand: by hand, the published counts of spare parts, ended products, and stock that does not sell."""

import math
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecommine import forecasting
from ecommine.forecasting._smoothing.classes import classify_demand, selling_rate
from ecommine.schema import SchemaError
from forecasting.tables import in_order, sales, stock
from libraries import to_pandas
from notes import warning_counts

DATA = Path(os.environ.get("ECOMMINE_DATA", "../shared/data"))
NAN = np.nan


@pytest.mark.call("forecasting.classify")
def test_four_patterns_by_hand_in_every_library(library):
    table = sales(
        [[5, 4, 6, 5, 5, 4, 6, 5], [1, 9, 1, 1, 12, 1, 1, 9], [0, 0, 3, 0, 0, 3, 0, 3], [0, 0, 9, 0, 0, 1, 0, 1]]
    )
    found = to_pandas(forecasting.classify(library(in_order(table, 1)), every="1w"))
    assert found["pattern"].tolist() == ["smooth", "erratic", "intermittent", "lumpy"]
    assert found["lifecycle"].tolist() == ["active"] * 4
    assert found["adi"].tolist() == pytest.approx([1, 1, 8 / 3, 8 / 3])
    assert found["cv2"][3] == pytest.approx(np.var([9, 1, 1]) / np.mean([9, 1, 1]) ** 2)
    assert found["n_periods"].tolist() == [8] * 4
    assert found["n_demands"].tolist() == [8, 8, 3, 3]


def test_spare_parts_have_the_classes_of_the_literature():
    """2,404 series of car parts, their first 39 months: 2,098 intermittent, 287 lumpy, 15 smooth, 4 erratic."""
    path = DATA / "carparts.parquet"
    if not path.exists():
        pytest.skip(f"{path} is not there: set ECOMMINE_DATA")
    parts = pd.read_parquet(path).pivot(index="series", columns="t", values="y").to_numpy()
    used = ~np.isnan(parts).any(axis=1) & ((parts[:, :39] > 0).sum(axis=1) >= 2)
    classes = classify_demand(parts[used][:, :39])
    assert np.bincount(classes.pattern).tolist() == [15, 4, 2098, 287]


def test_the_cut_points_belong_to_the_smooth_side():
    periods = np.array([[1.0] * 25 + [0.0] * 8])  # 33 / 25 is 1.32
    assert classify_demand(periods).pattern.tolist() == [0]
    assert classify_demand(np.append(periods, [[0.0]], axis=1)).pattern.tolist() == [2]
    sizes = np.array([[0.3, 1.7] * 5])  # the squared coefficient of variation is .49
    assert classify_demand(sizes).cv2[0] == pytest.approx(0.49)
    assert classify_demand(sizes * 10 + 0.001).pattern.tolist() == [0]


@given(n=st.integers(1, 12), k=st.integers(1, 12), gap=st.integers(0, 12))
@settings(max_examples=40)
def test_the_chance_of_a_pause_counts_arrangements(n, k, gap):
    k, gap = min(k, n), min(gap, n - min(k, n))
    demand = np.zeros((1, n))
    demand[0, : n - gap][-k:] = 1
    if not demand.any():
        return
    classes = classify_demand(demand)
    assert classes.gap.tolist() == [gap]
    assert classes.gap_p[0] == pytest.approx(math.comb(n - gap, k) / math.comb(n, k))


def test_products_end_when_their_pause_is_too_long_for_them():
    often, seldom = np.r_[np.ones(20), np.zeros(8)], np.r_[np.tile([1, 0, 0, 0], 5), np.zeros(8)]
    found = forecasting.classify(sales([often, seldom]), every="1w")
    assert found["lifecycle"].tolist() == ["ended", "active"]


def test_periods_out_of_stock_are_no_pause():
    units = np.r_[np.ones(20), np.zeros(8)]
    share = np.r_[np.ones(20), np.zeros(8)]
    found, _ = warning_counts(forecasting.classify, sales([units], in_stock=[share]), every="1w")
    assert found["lifecycle"].tolist() == ["active"]
    assert found["n_periods"].tolist() == [20]


def test_steady_rates_seldom_end():
    rng = np.random.default_rng(0)
    demand = (rng.uniform(size=(20_000, 60)) < rng.choice([0.05, 0.1, 0.3, 0.8], 20_000)[:, None]) * 1.0
    classes = classify_demand(demand[demand.any(axis=1)])
    assert (classes.gap_p < 0.01).mean() < 0.01


def test_new_products_and_products_without_demand():
    units = [[NAN] * 5 + [2] * 5, [NAN] * 4 + [2] * 6, [0.0] * 10]
    found, counts = warning_counts(forecasting.classify, sales(units), every="1w")
    assert found["lifecycle"].tolist() == ["new", "active", "ended"]
    assert found["pattern"].isna().tolist() == [False, False, True]
    assert counts == {"no_demand": 1}


def test_dead_and_slow_stock(library):
    """Sold 70 of 10 weeks at 1 a day, one that ended, one never sold in 210 days, one sold out, one not recorded."""
    units = np.zeros((5, 30))
    units[0], units[1, :20], units[3], units[4] = 7, 7, 7, 7
    held = stock([[200], [5], [9], [0], [NAN]], start="2024-07-28")
    table, counts = warning_counts(forecasting.classify, library(sales(units)), every="1w", stock=library(held))
    found = to_pandas(table)
    assert found["stock_class"].tolist() == ["slow", "dead", "dead", "none", None]
    assert found["days_left"].tolist() == pytest.approx([200, 5 / found["units_per_day"][1], NAN, 0, NAN], nan_ok=True)
    assert found["on_hand"].tolist() == pytest.approx([200, 5, 9, 0, NAN], nan_ok=True)
    assert counts == {"no_demand": 1, "stock_unknown": 1}
    shorter = forecasting.classify(sales(units[:1]), every="1w", stock=held[:1], slow_days=201)
    assert shorter["stock_class"].tolist() == ["moving"]


def test_stock_of_all_stores_counts_and_the_last_record_of_each():
    held = pd.concat(
        [stock([[9, 4]], start="2024-02-20").assign(store_id=1), stock([[3]], start="2024-02-20").assign(store_id=2),
         stock([[99]], start="2024-09-01")]
    )  # fmt: skip
    found = forecasting.classify(sales([[5] * 8]), every="1w", stock=held.assign(store_id=held["store_id"].fillna(1)))
    assert found["on_hand"].tolist() == [7]


@pytest.mark.parametrize("on_hand", [-3, -0.5])
def test_stock_below_zero_lasts_no_days(on_hand):
    found = forecasting.classify(sales([[5] * 8]), every="1w", stock=stock([[on_hand]], start="2024-02-20"))
    assert found["days_left"].tolist() == [0]
    assert found["on_hand"].tolist() == [on_hand]
    assert found["stock_class"].tolist() == ["none"]


def test_series_of_several_columns_meet_their_stock():
    by_store = pd.concat([sales([[5] * 8, [2] * 8]).assign(store_id=store) for store in ("a", "b")])
    held = stock([[10], [20]], start="2024-02-20").assign(store_id="b")
    found, counts = warning_counts(
        forecasting.classify, by_store, every="1w", by=("product_id", "store_id"), stock=held
    )
    assert found[["product_id", "store_id"]].to_numpy().tolist() == [
        ["p00", "a"], ["p00", "b"], ["p01", "a"], ["p01", "b"],
    ]  # fmt: skip
    assert found["on_hand"].tolist() == pytest.approx([NAN, 10, NAN, 20], nan_ok=True)
    assert counts == {"stock_unknown": 2}


def test_the_selling_rate_halves_the_weight_in_ninety_days():
    demand = np.zeros((1, 91))
    demand[0, 0] = 1
    weight = 0.5 ** (np.arange(91) / 90)
    assert selling_rate(demand, np.ones(91))[0] == pytest.approx(0.5 / weight.sum())
    assert np.isnan(selling_rate(np.full((1, 3), NAN), np.ones(3))[0])


def test_wrong_tables_and_options():
    table = sales([[1, 2, 3]])
    with pytest.raises(SchemaError, match="on_hand"):
        forecasting.classify(table, every="1w", stock=stock([[1]]).drop(columns="on_hand"))
    with pytest.raises(SchemaError, match="stocked_at"):
        forecasting.classify(table, every="1w", stock=stock([[1]]).assign(stocked_at=pd.NaT))
    with pytest.raises(ValueError, match="slow_days"):
        forecasting.classify(table, every="1w", slow_days=-1)
