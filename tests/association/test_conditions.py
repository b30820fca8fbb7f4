"""What a test holds fixed: seasons, chosen by default, and customers with most of the orders."""

import numpy as np
import pandas as pd
import pytest

from association import slow
from association.null_shops import large_customers, launches, promotions, season, shop
from ecommine import association
from ecommine.association._evidence.clusters import Clusters, TimeBlocks
from ecommine.association._evidence.conditions import Conditions
from ecommine.association._evidence.expected import expect_orders, remaining_room
from ecommine.association._evidence.strata import stratify_orders


def dated(n_orders, n_days, **columns):
    """Orders of two products, spread evenly over days from a Monday on."""
    days = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.arange(n_orders) * n_days // n_orders, "D")
    return slow.lines([["a", "b"], ["a", "c"]] * (n_orders // 2), ordered_at=list(days.as_unit("us")), **columns)


def notes(result):
    return {note.code: note.count for note in result.notes}


@pytest.mark.parametrize(
    ("n_orders", "n_days", "period", "n_periods"),
    [
        (1_000, 70, "week", 10),
        (998, 70, "month", 3),
        (300, 70, "month", 3),
        (298, 70, "quarter", None),  # all in one
        (400, 364, "quarter", 4),
        (398, 364, None, None),
        (1_000, 7, "week", None),
    ],
)
def test_the_finest_period_of_a_hundred_orders_is_held_fixed(n_orders, n_days, period, n_periods):
    lines = dated(n_orders, n_days)
    result = association.pairs(lines)
    assert notes(result).get("season_held_fixed") == n_periods
    if n_periods:
        assert f"{n_periods} {period}s" in str(result.notes)
        explicit = association.pairs(lines, season=period)
        assert "season_held_fixed" not in notes(explicit)
        pd.testing.assert_frame_equal(explicit.table, result.table)


def test_every_call_takes_the_season_by_default():
    lines = dated(1_000, 70, customer_id=[place % 300 for place in range(1_000)])
    itemsets = association.itemsets(lines, min_support=0.1)
    results = [association.rules(lines), association.rules(itemsets), association.next_orders(lines, within="7d")]
    assert [notes(result)["season_held_fixed"] for result in results] == [10, 10, 10]
    assert all(
        "season_held_fixed" not in notes(call(lines, season=None)) for call in (association.rules, association.pairs)
    )
    assert "season_held_fixed" not in notes(association.rules(lines, test="fisher"))
    assert "season_held_fixed" not in notes(association.rules(lines.drop(columns="ordered_at")))


def test_orders_without_a_time_turn_the_season_off():
    lines = dated(1_000, 70)
    lines.loc[lines["order_id"].isin([3, 4]), "ordered_at"] = pd.NaT
    result = association.pairs(lines)
    assert {code: count for code, count in notes(result).items() if "season" in code} == {"season_not_held_fixed": 2}


@pytest.mark.parametrize(
    ("orders_of_largest", "n_others", "expected"),
    [
        (20, 100, {}),
        (60, 100, {"large_customers_apart": 1}),
        (60, 9, {"few_customers": 10}),
        (1, 9, {}),
        (1, 8, {"few_customers": 9}),
    ],
)
def test_fewer_than_ten_effective_customers(orders_of_largest, n_others, expected):
    """One customer with many orders and others with one; or all others too few."""
    customers = ["big"] * orders_of_largest + list(range(n_others))
    result = association.pairs(slow.lines([["a", "b"]] * len(customers), customer_id=[str(one) for one in customers]))
    assert notes(result) == expected
    assert result.table["q_value"].isna().all() == ("few_customers" in expected)
    alone = association.pairs(
        slow.lines([["a", "b"]] * len(customers), customer_id=[str(one) for one in customers]), cluster=None
    )
    assert notes(alone) == {}
    assert alone.table["q_value"].notna().all()


def test_too_few_customers_are_no_rule_and_the_summary_says_so():
    lines = slow.lines([["a", "b"], ["c"]] * 40, customer_id=[place % 4 for place in range(80)])
    result = association.rules(lines)
    assert result.table["p_value"].isna().all()
    assert not result.table["productive"].any()
    assert "too few customers" in result.summary()
    assert "顾客太少" in result.summary(locale="zh")


def test_large_customers_are_left_out_of_every_test():
    """Their orders count, but not in what is tested: as if the table were without them."""
    customers = [0] * 900 + [1] * 600 + list(range(2, 502))
    baskets = slow.random_baskets(2_000, 12, 3, np.random.default_rng(0))
    lines = slow.lines(baskets, customer_id=customers, ordered_at=[pd.Timestamp("2024-01-01")] * 2_000)
    without = lines[lines["customer_id"] > 1]
    pd.testing.assert_frame_equal(association.pairs(lines).table, association.pairs(without).table)
    both, alone = (association.rules(some, min_support=0.001, max_antecedent=1) for some in (lines, without))
    keys = ["antecedents", "consequents"]
    both_table, alone_table = (one.to_flat().set_index(keys) for one in (both, alone))
    common = alone_table.index[alone_table["count"] >= 5]
    assert len(common) > 50
    tested = ["adjusted_lift", "p_value"]
    pd.testing.assert_frame_equal(both_table.loc[common, tested], alone_table.loc[common, tested])
    assert (both_table.loc[common, "count"] > alone_table.loc[common, "count"]).all()
    assert notes(both)["large_customers_apart"] == 2
    lines["ordered_at"] += pd.to_timedelta(lines["order_id"] * 7, "h")
    later, later_alone = (association.next_orders(some) for some in (lines, lines[lines["customer_id"] > 1]))
    assert notes(later)["large_customers_apart"] == 2
    pd.testing.assert_frame_equal(later.table, later_alone.table)


@pytest.mark.parametrize("seed", [0, 5])
def test_sets_of_a_large_customer_alone_are_no_finds_among_the_others(seed):
    """One order of the others with four products would be as many as all orders of its week and size."""
    lines = shop(large_customers(0.6), seed, n_orders=10_000, n_products=80)
    table = association.rules(lines, min_support=0.003, level=None).table
    assert not (table["q_value"] < 0.05).any()
    assert (table["p_value"].isna() == table["adjusted_lift"].isna()).all()
    assert 0 < table["p_value"].isna().sum() < len(table)


def test_squares_of_days_are_those_of_the_slow_version():
    """A day with more than chance counts once, however many orders it has."""
    rng = np.random.default_rng(3)
    baskets = slow.random_baskets(900, 8, 3, rng)
    days = np.sort(rng.integers(0, 40, 900))
    times = [pd.Timestamp("2024-01-01") + pd.Timedelta(days=int(day)) for day in days]
    lines = slow.lines(baskets, ordered_at=times)
    table = association.pairs(lines, season="week", level=0.5).table.set_index(["product_a", "product_b"])
    held = slow.baskets_of(lines, times="required")
    strata = stratify_orders(held, Conditions(period="week"))
    counts = np.zeros((8, strata.n_strata), dtype=np.int64)
    has = np.zeros((8, 900))
    for order, basket in enumerate(baskets):
        has[basket, order] = 1
        counts[basket, strata.stratum_of_order[order]] += 1
    shares = strata.shares(counts)
    share = shares[:, strata.stratum_of_order]
    worth = 900**2 / (np.bincount(days) ** 2).sum()
    tested = 0
    for (a, b), row in table[table["design_effect"].notna()].iterrows():
        score = (has[a] - share[a]) * (has[b] - share[b])
        room = remaining_room(strata.crowding * (1 - shares[[a]]) * (1 - shares[[b]]))
        by_chance = expect_orders(shares[[a]], shares[[b]], room, strata.n_orders_with_pairs)
        by_order = max((score**2).sum(), by_chance.mean[0] * by_chance.dispersion[0])
        effect = max((1 + 1.645 * np.sqrt(2 / worth)) * (np.bincount(days, score) ** 2).sum() / by_order, 1)
        tail = slow.upper_tail if row["count"] > row["expected"] else slow.lower_tail
        assert row["p_value"] == pytest.approx(tail(row["count"], row["expected"], row["design_effect"]), rel=1e-4)
        assert row["design_effect"] == pytest.approx(effect * by_chance.dispersion[0], rel=1e-6)
        tested += 1
    assert tested > 5


@pytest.mark.parametrize(("n_days", "are_blocks"), [(10, True), (9, False)])
def test_days_are_blocks_from_ten_on(n_days, are_blocks):
    baskets = slow.baskets_of(dated(90 * n_days, n_days), times="required")
    assert (Conditions(period="week").time_blocks(baskets) is not None) == are_blocks
    assert Conditions(period="month").time_blocks(baskets) is None
    assert Conditions().time_blocks(baskets) is None


def test_blocks_of_time_do_not_depend_on_their_numbers():
    blocks = TimeBlocks.make(np.array([900, 3, 3, 900]), np.array([1, 0, 1, 1]), 2)
    assert (blocks.n_blocks, blocks.n_effective) == (2, 2.0)
    assert blocks.by_stratum.toarray().tolist() == [[1, 1], [0, 2]]
    assert blocks.by_stratum.data[blocks.cell].tolist() == [2, 1, 1, 2]
    strata = stratify_orders(slow.baskets_of(slow.lines([["a"]] * 4)))
    clusters = Clusters.make(np.arange(4), strata, np.zeros(4, dtype=np.int64))
    assert clusters.are_single
    assert not clusters.are_independent


@pytest.mark.parametrize("weights", [season, launches, promotions, large_customers(0.6), large_customers(0.8, 3)])
def test_shops_without_association_have_none(weights):
    """Some of forty runs may find something at the rate of one in twenty; the long version is in `make parity`."""
    wrong = 0
    for seed in range(8):
        lines = shop(weights, seed)
        wrong += set(association.pairs(lines, min_support=0.005).table["relation"]) != {"none"}
    assert wrong <= 2


@pytest.mark.parametrize("weights", [season, promotions])
def test_shops_without_association_have_no_next_orders(weights):
    wrong = 0
    for seed in range(6):
        lines = shop(weights, seed, n_orders=3_000, n_products=40)
        lines["customer_id"] = np.random.default_rng(seed).integers(0, 600, 3_000)[lines["order_id"]]
        table = association.next_orders(lines, within="60d", min_support=0.01).table
        wrong += (table["q_value"] < 0.05).any()
    assert wrong <= 2


def test_popular_products_are_found_where_the_poisson_variance_hides_them():
    """Two products of half of the orders each: 8 % more together than by chance are five standard errors."""
    rng = np.random.default_rng(0)
    bought = rng.random((6_000, 30)) < 0.1
    bought[:, 0] = rng.random(6_000) < 0.5
    bought[:, 1] = rng.random(6_000) < np.where(bought[:, 0], 0.54, 0.46)
    lines = slow.lines([np.flatnonzero(row).tolist() for row in bought])
    table = association.pairs(lines, min_support=0.05).table.set_index(["product_a", "product_b"])
    row = table.loc[(0, 1)]
    assert row["relation"] == "complement"
    assert slow.upper_tail(row["count"], row["expected"], 1.0) > 1e-3
    assert row["design_effect"] == pytest.approx(0.25, abs=0.1)
