"""Rules: measures by hand and as fractions, tests against loops over orders, and the result's own calls."""

import pickle
from fractions import Fraction
from itertools import combinations
from math import comb

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from association import slow
from ecommine import association
from ecommine.association._evidence.expected import expect_orders, remaining_room
from ecommine.association._evidence.measures import measures
from ecommine.association._evidence.strata import stratify_orders
from libraries import to_pandas

BASKETS = st.lists(st.lists(st.integers(0, 6), min_size=1, max_size=6), min_size=3, max_size=14)


def shop(n_orders=1_500, n_items=25, customers=300, seed=0):
    baskets = slow.random_baskets(n_orders, n_items, 4, np.random.default_rng(seed))
    for basket in baskets[::9]:  # a planted pair
        basket[:] = sorted({*basket, 20, 21})
    return baskets, [place % customers for place in range(n_orders)]


def keyed(table):
    frame = to_pandas(table)
    return {(tuple(row["antecedents"]), tuple(row["consequents"])): row for row in frame.to_dict("records")}


@given(baskets=BASKETS, least=st.integers(1, 3))
@settings(max_examples=60)
def test_all_rules_and_their_counts(baskets, least):
    n = len(baskets)
    result = keyed(association.rules(slow.lines(baskets), min_support=least / n, max_consequent=None, test=None).table)
    counts = slow.all_itemsets(baskets, least)
    wanted = {}
    for items, count in counts.items():
        for size in range(1, len(items)):
            for right in combinations(items, size):
                left = tuple(item for item in items if item not in right)
                wanted[left, right] = (count, counts[left], counts[right])
    assert set(result) == set(wanted)
    for key, (both, a, b) in wanted.items():
        row = result[key]
        assert row["count"] == both
        assert row["confidence"] == pytest.approx(float(Fraction(both, a)), abs=1e-12)
        assert row["lift"] == pytest.approx(float(Fraction(both * n, a * b)), abs=1e-12)
        assert row["leverage"] == pytest.approx(float(Fraction(both, n) - Fraction(a * b, n * n)), abs=1e-12)


def test_measures_by_hand():
    """Of 100 orders 25 hold A, 40 hold B, 20 both."""
    result = {
        name: float(one[0]) for name, one in measures(np.array([20]), np.array([25]), np.array([40]), 100).items()
    }
    assert result == pytest.approx(
        {
            "antecedent_support": 0.25,
            "consequent_support": 0.4,
            "support": 0.2,
            "confidence": 0.8,
            "lift": 2.0,
            "representativity": 1.0,
            "leverage": 0.1,
            "conviction": 0.6 / 0.2,
            "zhangs_metric": 0.1 / max(0.2 * 0.75, 0.25 * 0.2),
            "jaccard": 20 / 45,
            "certainty": 0.4 / 0.6,
            "kulczynski": (0.8 + 0.5) / 2,
            "odds_ratio": 20 * 55 / (5 * 20),
            "mutual_information": sum(
                n / 100 * np.log2(n * 100 / (r * c))
                for n, r, c in ((20, 25, 40), (5, 25, 60), (20, 75, 40), (55, 75, 60))
            ),
        }
    )


def test_measures_where_something_is_zero():
    """A is always with B; then B is in all orders."""
    always = measures(np.array([5]), np.array([5]), np.array([8]), 10)
    assert always["conviction"][0] == np.inf
    assert always["odds_ratio"][0] == np.inf
    assert always["certainty"][0] == pytest.approx(1.0)
    everywhere = measures(np.array([5]), np.array([5]), np.array([10]), 10)
    assert (everywhere["lift"][0], everywhere["certainty"][0], everywhere["zhangs_metric"][0]) == (1.0, 0.0, 0.0)
    assert everywhere["mutual_information"][0] == 0


def test_limits_of_confidence_lift_and_sides():
    baskets, _ = shop(400)
    table = slow.lines(baskets)
    everything = association.rules(table, min_support=0.02, max_consequent=None, test=None).table
    some = association.rules(
        table,
        min_support=0.02,
        min_confidence=0.5,
        min_lift=1.1,
        antecedent=[0, 1, 2, 20],
        consequent=[0, 3, 21],
        max_antecedent=2,
        max_consequent=2,
        test=None,
    ).table
    sides = [everything[side].map(set) for side in ("antecedents", "consequents")]
    kept = (
        (everything["confidence"] >= 0.5)
        & (everything["lift"] >= 1.1)
        & sides[0].map(lambda one: one <= {0, 1, 2, 20} and len(one) <= 2)
        & sides[1].map(lambda one: one <= {0, 3, 21} and len(one) <= 2)
    )
    assert keyed(some).keys() == keyed(everything[kept]).keys()
    assert kept.sum() > 5


def test_expectation_is_that_of_the_slow_version():
    baskets, _ = shop()
    result = keyed(association.rules(slow.lines(baskets), min_support=0.01, max_antecedent=1).table)
    for (a, b), row in list(result.items())[::7]:
        mean = slow.expected_orders(baskets, a[0], b[0])
        assert row["adjusted_lift"] == pytest.approx(row["count"] / mean, rel=1e-9)


def test_as_many_pairs_are_expected_as_there_are():
    baskets, _ = shop()
    held = association.itemsets(slow.lines(baskets), min_support=1e-9, max_size=1)._baskets
    result = stratify_orders(held)
    counts = np.zeros((25, result.n_strata), dtype=np.int64)
    for order, basket in enumerate(baskets):
        counts[list(set(basket)), result.stratum_of_order[order]] += 1
    a, b = np.triu_indices(25, 1)
    share = result.shares(counts)
    room = remaining_room(result.crowding * (1 - share[a]) * (1 - share[b]))
    mean = expect_orders(share[a], share[b], room, result.n_orders_with_pairs).mean
    # Not exactly, since in the smallest orders products take a little more than half of each other's room.
    assert mean.sum() == pytest.approx(sum(comb(len(set(one)), 2) for one in baskets), rel=2e-4)
    assert result.n_orders.min() >= 200


def test_p_values_are_those_of_the_slow_version():
    baskets, customers = shop(customers=60)
    table = slow.lines(baskets, customer_id=customers)
    result = keyed(association.rules(table, min_support=0.01, max_antecedent=1).table)
    alone = keyed(association.rules(table, min_support=0.01, max_antecedent=1, cluster=None).table)
    raised = 0
    for (a, b), row in result.items():
        mean = slow.expected_orders(baskets, a[0], b[0])
        spread = slow.dispersion(baskets, a[0], b[0])
        tail = slow.upper_tail(row["count"], mean, spread)
        assert alone[a, b]["p_value"] == pytest.approx(tail, rel=1e-6, abs=1e-9)
        if tail < 0.05:
            effect = slow.design_effect(baskets, customers, a[0], b[0])
            wanted = slow.upper_tail(row["count"], mean, spread * effect)
            assert row["p_value"] == pytest.approx(wanted, rel=1e-6, abs=1e-9)
            raised += row["p_value"] > tail * 1.01
        else:
            assert row["p_value"] == alone[a, b]["p_value"]
    assert raised


def test_intervals_are_those_of_the_slow_version():
    baskets, customers = shop()
    result = keyed(association.rules(slow.lines(baskets, customer_id=customers), min_support=0.01, level=0.9).table)
    some = [(key, row) for key, row in result.items() if len(key[0]) == 1 and row["count"] >= 50]
    assert len(some) > 10
    for (a, b), row in some:
        half = 1.6448536269514722 * np.sqrt(slow.log_lift_variance(baskets, customers, a[0], b[0]))
        assert row["lift_low"] == pytest.approx(row["lift"] * np.exp(-half), rel=1e-9)
        assert row["lift_high"] == pytest.approx(row["lift"] * np.exp(half), rel=1e-9)
    assert all(np.isnan(row["lift_low"]) for row in result.values() if row["count"] < 50)
    assert all(np.isnan(row["adjusted_lift_low"]) for row in result.values())  # too few products


def test_intervals_of_the_adjusted_lift_are_those_of_the_slow_version():
    baskets, customers = shop(n_items=60)
    result = keyed(association.rules(slow.lines(baskets, customer_id=customers), min_support=0.01, level=0.9).table)
    some = [(key, row) for key, row in result.items() if len(key[0]) == 1 and row["count"] >= 50]
    assert len(some) > 10
    for (a, b), row in some:
        half = 1.6448536269514722 * np.sqrt(slow.log_adjusted_variance(baskets, customers, a[0], b[0]))
        assert row["adjusted_lift_low"] == pytest.approx(row["adjusted_lift"] * np.exp(-half), rel=1e-6)
        assert row["adjusted_lift_high"] == pytest.approx(row["adjusted_lift"] * np.exp(half), rel=1e-6)
    assert all(np.isnan(row["adjusted_lift_low"]) for row in result.values() if row["count"] < 50)


def test_few_customers_have_no_interval():
    baskets, _ = shop(400)
    result = association.rules(slow.lines(baskets, customer_id=[place % 150 for place in range(400)]), min_support=0.1)
    assert to_pandas(result.table)[["lift_low", "adjusted_lift_low"]].isna().all(axis=None)
    assert {note.code: note.count for note in result.notes} == {"no_lift_interval": len(result.table)}


def test_the_planted_pair_is_found_and_its_company_is_not_productive():
    baskets, customers = shop(3_000)
    result = association.rules(slow.lines(baskets, customer_id=customers), min_support=0.005, max_antecedent=2)
    real = result.filter(productive=True)
    assert {frozenset(row["antecedents"] + row["consequents"]) for row in to_pandas(real.table).to_dict("records")} == {
        frozenset({20, 21})
    }
    fisher = association.rules(slow.lines(baskets), min_support=0.005, max_antecedent=2, test="fisher").table
    with_both = fisher["antecedents"].map(lambda one: len({20, 21} & set(one)) == 1) & fisher["consequents"].map(
        lambda one: len({20, 21} & set(one)) == 1
    )
    longer = with_both & (fisher["antecedents"].map(len) == 2)
    assert (fisher.loc[longer, "q_value"] < 0.05).all()
    assert not fisher.loc[longer, "productive"].any()


@pytest.mark.call("association.rules")
def test_every_library_gives_the_same_rules(local_library):
    baskets, customers = shop()
    table = slow.lines(baskets, customer_id=customers)
    ours = to_pandas(association.rules(table, min_support=0.01).table)
    theirs = to_pandas(association.rules(local_library(table), min_support=0.01).table)
    assert [list(one) for one in theirs["antecedents"]] == ours["antecedents"].tolist()
    numbers = ours.columns[2:]
    pd.testing.assert_frame_equal(theirs[numbers], ours[numbers], rtol=1e-9, check_dtype=False)


def test_rules_of_itemsets_are_those_of_orders():
    baskets, customers = shop()
    table = slow.lines(baskets, customer_id=customers)
    direct = association.rules(table, min_support=0.01)
    through = association.rules(association.itemsets(table, min_support=0.01))
    pd.testing.assert_frame_equal(direct.table, through.table)
    with pytest.raises(ValueError, match="'closed'"):
        association.rules(association.itemsets(table, min_support=0.01, kind="closed"))
    with pytest.raises(ValueError, match="`min_support`"):
        association.rules(association.itemsets(table, min_support=0.01), min_support=0.1)


def test_without_a_support_the_most_frequent_larger_itemsets_are_split():
    baskets, _ = shop(150)
    result = association.rules(slow.lines(baskets), test=None, max_consequent=None)
    itemsets = {tuple(sorted(row["antecedents"] + row["consequents"])) for row in result.table.to_dict("records")}
    counts = {items: n for items, n in slow.all_itemsets(baskets, 1).items() if len(items) >= 2}
    assert itemsets == set(sorted(counts, key=lambda one: (-counts[one], len(one), one))[:1_000])
    assert {note.code: note.count for note in result.notes} == {"truncated": 1_000}


def test_the_family_is_all_pairs_whose_products_are_frequent():
    baskets, _ = shop()
    table = slow.lines(baskets)
    counts = slow.all_itemsets(baskets, 15, 1)
    family = comb(len(counts), 2)
    result = association.rules(table, min_support=0.01, max_antecedent=1, correction="bonferroni").table
    np.testing.assert_allclose(result["q_value"], np.minimum(result["p_value"] * family, 1), rtol=1e-9)
    few = association.rules(table, min_support=0.01, max_antecedent=1, correction="bonferroni", consequent=[20]).table
    np.testing.assert_allclose(few["q_value"], np.minimum(few["p_value"] * (len(counts) - 1), 1), rtol=1e-9)


def test_filter_recommend_and_summary(local_library):
    baskets, customers = shop()
    result = association.rules(local_library(slow.lines(baskets, customer_id=customers)), min_support=0.02)
    strong = to_pandas(result.filter(min_adjusted_lift=1.5, min_count=40, consequent=[20]).table)
    assert strong["consequents"].map(list).tolist() == [[20]] * len(strong)
    assert (strong["adjusted_lift"] >= 1.5).all()
    assert len(strong)
    with pytest.raises(TypeError, match="`max_q` must be a number, got 'a'"):
        result.filter(max_q="a")
    with pytest.raises(ValueError, match="`productive` must be one of True, False, None, got 'yes'"):
        result.filter(productive="yes")
    advice = to_pandas(result.recommend([21], 2))
    assert advice["product_id"].iloc[0] == 20
    assert len(advice) == 1  # rules that are no more than chance recommend nothing
    assert to_pandas(result.recommend([0])).empty
    assert to_pandas(result.recommend(["nothing"])).empty  # a new product, of which no order tells anything
    assert to_pandas(result.recommend([21], 2, names={20: "tea"}))["title"].tolist() == ["tea"]
    assert list(to_pandas(result.to_flat(names={20: "tea"}))["consequents"]).count("tea") > 0


def test_nothing_to_split():
    result = association.rules(slow.lines([["a"], ["b"]]), min_support=0.5)
    assert len(result.table) == 0
    assert list(result.table.columns[:3]) == ["antecedents", "consequents", "count"]
    assert result.recommend(["a"]).empty
    assert result.to_mlxtend().empty


def test_to_and_from_mlxtend():
    baskets, _ = shop(300)
    result = association.rules(slow.lines(baskets), min_support=0.05, test=None)
    theirs = result.to_mlxtend()
    assert theirs.columns[2] == "antecedent support"
    assert isinstance(theirs["antecedents"].iloc[0], frozenset)
    back = association.from_mlxtend(theirs, n_orders=300)
    pd.testing.assert_frame_equal(back.table, result.table)
    with pytest.raises(ValueError, match=r"`n_orders`.*299"):
        association.from_mlxtend(theirs, n_orders=299)
    with pytest.raises(ValueError, match="`frame` has no column 'support'"):
        association.from_mlxtend(theirs.drop(columns="support"), n_orders=300)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"test": "chi2"}, ValueError, "`test` must be one of 'adjusted', 'fisher', None"),
        ({"correction": "fdr"}, ValueError, "`correction` must be one of"),
        ({"cluster": "order_id"}, ValueError, "`cluster` must be one of"),
        ({"min_confidence": 80}, ValueError, "`min_confidence` must be between 0 and 1"),
        ({"level": 95}, ValueError, "`level` must be between"),
        ({"antecedent": "a"}, TypeError, "`antecedent`.*'a'"),
        ({"consequent": ["z"]}, ValueError, "`consequent`.*'z'"),
    ],
)
def test_options_out_of_range(options, error, message):
    with pytest.raises(error, match=message):
        association.rules(slow.lines([["a", "b"], ["a"]]), min_support=0.5, **options)


def test_results_pickle_and_write_excel(tmp_path):
    baskets, customers = shop(300)
    result = association.rules(slow.lines(baskets, customer_id=customers), min_support=0.05)
    again = pickle.loads(pickle.dumps(result))
    pd.testing.assert_frame_equal(again.table, result.table)
    assert len(repr(result).splitlines()) <= 12
    pytest.importorskip("openpyxl", reason="openpyxl is not installed")
    result.to_excel(tmp_path / "rules.xlsx")
    assert pd.read_excel(tmp_path / "rules.xlsx", sheet_name="rules").shape[0] == len(result.table)


@pytest.mark.spark
def test_spark_gives_the_same_rules_pairs_and_next_orders(spark):
    from libraries import to_spark

    baskets, customers = shop(600, customers=100)
    times = pd.to_datetime("2024-01-01") + pd.to_timedelta(np.arange(600) % 97, unit="D")
    table = slow.lines(baskets, customer_id=customers, ordered_at=times.as_unit("us"))
    for call in (association.rules, association.pairs, association.next_orders):
        ours = to_pandas(call(table, min_support=0.05).table)
        theirs = to_pandas(call(to_spark(spark, table), min_support=0.05).table)
        numbers = [name for name in ours.columns if ours[name].dtype != object]
        pd.testing.assert_frame_equal(theirs[numbers], ours[numbers], rtol=1e-9, check_dtype=False)
        assert len(ours) > 10


@pytest.mark.parametrize("steep", [0.5, 1.0])
def test_common_products_that_are_independent_have_no_rules(steep):
    """A bag in every order has a lift of one with everything; so have common products among one another."""
    for seed in range(3):
        rng = np.random.default_rng(seed)
        shares = np.append(0.9 * np.arange(1, 31) ** -steep, 1.0)
        order, product = np.nonzero(rng.random((6_000, 31)) < shares)
        table = pd.DataFrame({"order_id": order, "product_id": product})
        result = association.rules(table, min_support=0.02, max_antecedent=2, level=None).table
        with_bag = result[result["consequents"].map(lambda one: one == [30])]
        np.testing.assert_allclose(with_bag["adjusted_lift"], 1.0, rtol=1e-9)
        assert not result["productive"].any()
        assert set(association.pairs(table).table["relation"]) == {"none"}


def test_orders_that_are_all_the_same_have_no_rules():
    table = slow.lines([[1, 2, 3]] * 300)
    result = association.rules(table)
    np.testing.assert_allclose(result.table["adjusted_lift"], 1.0)
    assert not result.table["productive"].any()


def test_filters_of_unknown_products_name_the_nearest():
    lines = slow.lines([["green tea", "milk"], ["green tea", "milk"], ["jam"]])
    rules = association.rules(lines, min_support=0.5)
    with pytest.raises(ValueError, match=r"`antecedent` has 1 product .* 'greentea'; did you mean 'green tea'\?"):
        rules.filter(antecedent=["greentea", "milk"])
    with pytest.raises(ValueError, match=r"`consequent` has 1 product that no order holds, such as 7$"):
        rules.filter(consequent=[7])
    assert len(rules.filter(consequent=["jam"]).table) == 0  # sold, and in no rule
    read = association.from_mlxtend(rules.to_mlxtend(), n_orders=3)
    with pytest.raises(ValueError, match="`consequent` has 1 product"):
        read.filter(consequent=["jam"])
