"""Evaluation: measures, what may be known, and the comparison."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecommine import recommend
from ecommine.recommend._compare import compare, sign_flip_p_values
from ecommine.recommend._measures import ndcg_of
from libraries import to_pandas
from recommend import slow
from recommend.good_arguments import order_lines
from recommend.shops import DAY, lines, tastes


@given(
    st.lists(st.integers(0, 9), max_size=6, unique=True),
    st.lists(st.integers(0, 9), min_size=1, max_size=8, unique=True),
    st.integers(1, 6),
)
def test_measures_beside_the_slow_version(shown, wanted, k):
    shown = shown[:k]
    hit = np.array([one in wanted for one in shown], dtype=bool)
    ndcg = ndcg_of(np.zeros(len(shown), int), np.arange(len(shown)) + 1, hit, np.array([len(wanted)]), k)
    assert ndcg[0] == pytest.approx(slow.measures(shown, wanted, k)[0])


def week_shop(customers):
    """Return a shop by hand: the last week is the window."""
    rows = [(c, p, d) for c, (before, after) in customers.items() for d, ps in ((0, before), (10, after)) for p in ps]
    customer, product, day = zip(*rows, strict=True)
    return lines(customer, product, day)


def test_the_table_by_hand():
    """Two customers were known; one wants a, which own history shows first, and z, which nothing can show."""
    orders = week_shop({"ann": ("ab", "az"), "bob": ("b", "b"), "new": ("", "b"), "gone": ("a", "")})
    orders.loc[len(orders)] = {
        "order_id": 99,
        "customer_id": "ann",
        "product_id": "a",
        "ordered_at": orders["ordered_at"].min(),
    }
    table = recommend.evaluate(orders, k=2, horizon="7d", n_windows=1).table
    own = table[(table["candidate"] == "own") & table["window"].isna()].iloc[0]
    ann = 1 / (1 + 1 / np.log2(3))
    assert own["customers"] == 2
    assert own["ndcg"] == pytest.approx((ann + 1) / 2)
    assert own["precision"] == pytest.approx((1 / 2 + 1 / 2) / 2)  # a short list keeps its denominator
    assert own["recall"] == pytest.approx((1 / 2 + 1) / 2)
    assert own["hit_rate"] == 1.0
    assert own["ndcg_new"] == 0.0  # own history has nothing new, and counts 0
    assert own["repeat_share"] == 1.0


def test_nothing_of_the_window_is_known():
    """Candidates are as good on orders whose later lines are all of one product that nobody had before."""
    orders = tastes(0, n=80)
    cut = orders["ordered_at"].max().normalize() - 27 * DAY
    changed = orders.assign(product_id=orders["product_id"].where(orders["ordered_at"] < cut, 777))
    table = recommend.evaluate(changed, n_windows=1).table
    assert (table["hit_rate"] == 0).all()


@pytest.mark.call("recommend.evaluate")
def test_every_library_gives_the_same(local_library):
    mine = recommend.evaluate(order_lines(), n_windows=2, k=3)
    theirs = recommend.evaluate(local_library(order_lines()), n_windows=2, k=3)
    one, other = to_pandas(mine.table), to_pandas(theirs.table)
    pd.testing.assert_frame_equal(one, other, check_dtype=False)
    pd.testing.assert_frame_equal(to_pandas(mine.by), to_pandas(theirs.by), check_dtype=False)


def test_tastes_beat_own_history_among_new_products():
    orders = tastes(0, n=400)
    found = recommend.evaluate(orders, candidates={"together": recommend.Together(penalty=50.0)}, repeat="exclude")
    pooled = found.table[found.table["window"].isna()].set_index("candidate")
    assert found.baseline == "popular"
    assert pooled.loc["together", "verdict"] == "better"
    assert pooled.loc["together", "q_value"] < 0.01
    assert pooled.loc["together", "difference_low"] > 0


def test_checkout_hides_one_product():
    orders = tastes(0, n=300, loyal=0.9).assign(customer_id=lambda t: t["order_id"])  # nobody comes twice
    found = recommend.evaluate(orders, placement="checkout", k=5, n_windows=2)
    pooled = found.table[found.table["window"].isna()].set_index("candidate")
    assert set(pooled.index) == {"own", "popular", "default", "together"}
    assert (pooled["recall"] == pooled["hit_rate"]).all()
    assert pooled["precision"].tolist() == pytest.approx((pooled["hit_rate"] / 5).tolist())
    assert pooled.loc["default", "verdict"] == "better"


def test_the_same_input_gives_the_same_output():
    one, other = (recommend.evaluate(tastes(3, n=60), n_windows=1, rng=5).table for _ in range(2))
    pd.testing.assert_frame_equal(one, other)


def test_better_needs_each_window():
    unit, window = np.tile(np.arange(200), 2), np.repeat([0, 1], 200)
    ahead = np.where(window == 0, 1.0, -0.1)
    found = compare([ahead, np.ones(400), -np.ones(400)], unit, window, 2, "holm", 0.05, np.random.default_rng(0))
    assert found.verdict == ["unclear", "better", "worse"]
    assert (found.q_value < 0.05).all()


def false_finds(n_runs, rng, *, by_customer):
    """Share of runs without any difference in which a candidate is called different, rows of customers being alike."""
    n_customers, rows = 60, 12
    base = rng.normal(size=(n_runs, n_customers, 1)) + 0.3 * rng.normal(size=(n_runs, n_customers, rows))
    sums = base.sum(axis=2) if by_customer else base.reshape(n_runs, -1)
    return np.mean([sign_flip_p_values(one[None, :], rng)[0] < 0.05 for one in sums])


def test_flips_of_whole_customers_hold_their_level(monkeypatch):
    monkeypatch.setattr("ecommine.recommend._compare.FLIPS", 299)
    rng = np.random.default_rng(0)
    assert false_finds(400, rng, by_customer=True) < 0.09
    assert false_finds(100, rng, by_customer=False) > 0.3


def test_errors_name_the_way_out():
    orders = tastes(0, n=30, weeks=14)
    with pytest.raises(ValueError, match="`n_windows` of 9"):
        recommend.evaluate(orders, n_windows=9)
    with pytest.raises(ValueError, match="`candidates` must have names"):
        recommend.evaluate(orders, candidates={"own": "auto"})
    with pytest.raises(ValueError, match="`candidates` cannot be chosen"):
        recommend.evaluate(orders, candidates={"x": "auto"}, placement="checkout")
    with pytest.raises(ValueError, match="`repeat` of 'only' is of the home page"):
        recommend.evaluate(orders, placement="checkout", repeat="only", n_windows=1)


def test_limits_are_shares():
    rng = np.random.default_rng(1)
    orders = lines(np.repeat(range(6), 20), rng.integers(0, 3, 120), np.tile(range(20), 6) * 7)
    result = recommend.evaluate(orders, k=1, n_windows=1)
    for name in ("ndcg", "precision", "recall", "hit_rate"):
        assert (result.table[f"{name}_low"] >= 0).all()
        assert (result.table[f"{name}_high"] <= 1).all()
    every = result.table[result.table["hit_rate"] == 1]
    assert len(every)
    assert (every["hit_rate_low"] < 1).all()  # six of six customers are not all of them
    assert result.by["ndcg_high"].max() <= 1


def test_one_customer_has_no_limits():
    orders = lines(np.zeros(20, int), np.arange(20) % 3, np.arange(20) * 7)
    result = recommend.evaluate(orders, k=1, n_windows=1)
    assert result.table["ndcg_low"].isna().all()
    assert "nan" not in result.summary() + result.summary(locale="zh")
