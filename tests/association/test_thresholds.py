"""Every number from which on something is listed, noted or known: a case at it, and one beside it."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from association import slow
from ecommine import association
from ecommine.association._evidence.strata import stratify_orders


def codes(result):
    return {note.code: note.count for note in result.notes}


def rule_of_a_and_b(together=60, customers=400, products=60):
    """Orders with both of two products, with either, and with one other each; the rule from a to b."""
    others = [f"p{i}" for i in range(products - 2)]
    baskets = [["a", "b"]] * together + [["a"]] * 40 + [["b"]] * 40 + [[one, "p0"] for one in others[1:]] * 10
    customer_of_order = [place % customers for place in range(len(baskets))]
    lines = slow.lines(baskets, customer_id=customer_of_order)
    rules = association.rules(lines, min_support=1 / len(baskets), antecedent=["a"], consequent=["b"], max_antecedent=1)
    return rules, rules.table.iloc[0]


@pytest.mark.parametrize(
    ("size", "plain", "adjusted"),
    [
        ({"together": 50}, True, True),
        ({"together": 49}, False, False),
        ({"customers": 200}, True, True),
        ({"customers": 199}, False, False),
        ({"products": 50}, True, True),
        ({"products": 49}, True, False),
    ],
)
def test_intervals_need_50_orders_200_customers_and_50_products(size, plain, adjusted):
    rules, row = rule_of_a_and_b(**size)
    assert not np.isnan(row["adjusted_lift"])
    assert np.isnan([row["lift_low"], row["lift_high"]]).tolist() == [not plain] * 2
    assert np.isnan([row["adjusted_lift_low"], row["adjusted_lift_high"]]).tolist() == [not adjusted] * 2
    expected = {} if plain else {"no_lift_interval": 1}
    assert codes(rules) == ({"no_adjusted_lift_interval": 1} if plain and not adjusted else expected)


@pytest.mark.parametrize(
    ("single", "double", "strata"), [(200, 200, 2), (199, 201, 1), (201, 199, 1), (400, 600, 2), (199, 199, 1)]
)
def test_strata_have_200_orders(single, double, strata):
    baskets = slow.baskets_of(slow.lines([["a"]] * single + [["a", "b"]] * double))
    assert stratify_orders(baskets).n_strata == strata


def test_pairs_that_were_never_bought_are_listed_from_3_expected_orders():
    baskets = slow.random_baskets(1_500, 60, 4, np.random.default_rng(3))
    counts = slow.all_itemsets(baskets, 1, 2)
    products = sorted(items[0] for items in counts if len(items) == 1)
    table = association.pairs(slow.lines(baskets)).table
    listed = set(zip(table["product_a"], table["product_b"], strict=True))
    never = [(a, b) for a in products for b in products if a < b and (a, b) not in counts]
    expected = {pair: slow.expected_orders(baskets, *pair) for pair in never}
    assert {pair for pair in never if pair in listed} == {pair for pair, mean in expected.items() if mean >= 3}
    means = np.sort(list(expected.values()))
    assert means[means < 3].max() > 2.9
    assert means[means >= 3].min() < 3.1


def test_design_effects_are_computed_below_p_of_005():
    baskets = slow.random_baskets(3_000, 150, 4, np.random.default_rng(6))
    lines = slow.lines(baskets, customer_id=[place % 500 for place in range(3_000)])
    # The level is high, since customers are looked at below 1 - level too.
    clustered, alone = (
        association.pairs(lines, cluster=cluster, level=0.99).table for cluster in ("customer_id", None)
    )
    p = alone.set_index(["product_a", "product_b"])["p_value"]
    effect = clustered.set_index(["product_a", "product_b"])["design_effect"].loc[p.index]
    assert (effect.notna() == (p < 0.05)).all()
    assert p[p < 0.05].max() > 0.0495
    assert p[p >= 0.05].min() < 0.0505


@pytest.mark.parametrize(("products", "expected"), [(1_000, {}), (1_001, {"rare_products_left_out": 1})])
def test_the_1000_most_frequent_products_are_paired(products, expected):
    result = association.pairs(slow.lines([[product] for product in range(products)]))
    assert {code: n for code, n in codes(result).items() if code != "unexpected_pairs_not_listed"} == expected


@pytest.mark.parametrize(("products", "expected"), [(1_000, {}), (1_001, {"truncated": 1_000})])
def test_the_1000_most_frequent_itemsets_are_mined(products, expected):
    result = association.itemsets(slow.lines([[product] for product in range(products)]))
    assert (len(result.table), result.truncated, codes(result)) == (1_000, bool(expected), expected)


@pytest.mark.parametrize(("ties", "listed"), [(100, 1), (101, 0)])
def test_a_hundred_itemsets_per_one_wanted_may_share_the_last_count(ties, listed):
    result = association.itemsets(slow.lines([[product] for product in range(ties)]), top=1)
    assert len(result.table) == listed
    assert result.truncated


def order_pairs(first, later):
    """Two customers buy every product of one list, and ten days later every one of another; a third buys one each."""
    orders = [range(first), range(100, 100 + later)] * 2 + [[200], [201]]
    days = pd.to_timedelta([0, 10] * 3, "D")
    times = (pd.Timestamp("2024-01-01") + days).as_unit("us")
    last = slow.lines([[300]], customer_id=[4], ordered_at=[pd.Timestamp("2024-06-01")]).assign(order_id=99)
    return pd.concat([slow.lines(orders, customer_id=[1, 1, 2, 2, 3, 3], ordered_at=times), last], ignore_index=True)


@pytest.mark.parametrize(
    ("first", "later", "listed", "expected"), [(27, 37, 1_000, {}), (25, 40, 1_000, {"rare_rules_not_listed": 1})]
)
def test_the_1000_most_frequent_rules_to_the_next_order_are_listed(first, later, listed, expected):
    result = association.next_orders(order_pairs(first, later), within="30d")
    assert len(result.table) == listed
    assert {code: n for code, n in codes(result).items() if code not in ("open_window", "few_customers")} == expected


@pytest.mark.parametrize(("q", "is_real"), [(0.0499, True), (0.05, False)])
def test_rules_with_q_below_005_are_real(q, is_real):
    baskets = [["a", "b"]] * 30 + [["c"], ["d"]] * 30
    rules = association.rules(slow.lines(baskets), min_support=0.1, level=None)
    rules = replace(rules, table=rules.table.assign(q_value=q))
    assert rules.recommend(["a"])["product_id"].tolist() == ["b"] * is_real
    later = association.next_orders(order_pairs(2, 2), within="30d")
    later = replace(later, table=later.table.assign(q_value=q))
    assert later.headline.endswith(f"{len(later.table) * is_real} at q < 0.05")


@pytest.mark.parametrize(("level", "q", "is_real"), [(0.8, 0.199, True), (0.8, 0.2, False)])
def test_the_level_of_rules_is_that_of_their_recommendations(level, q, is_real):
    rules = association.rules(slow.lines([["a", "b"]] * 30 + [["c"]] * 30), min_support=0.1, level=level)
    rules = replace(rules, table=rules.table.assign(q_value=q))
    assert rules.recommend(["a"])["product_id"].tolist() == ["b"] * is_real


@pytest.mark.parametrize(("as_of", "started"), [("2024-01-31T00:00:00", 1), ("2024-01-30T23:59:59", 0)])
def test_a_window_is_over_at_its_last_second(as_of, started):
    table = slow.lines(
        [["a"], ["b"], ["c"]],
        customer_id=[1, 1, 2],
        ordered_at=pd.to_datetime(["2024-01-01", "2024-01-11", "2023-12-01"]).as_unit("us"),
    )
    result = association.next_orders(table, within="30d", as_of=as_of)
    assert result.n_orders == 1 + started
    assert codes(result)["open_window"] == 2 - started
