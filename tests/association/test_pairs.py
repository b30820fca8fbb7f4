"""Pairs: complements, substitutes, and what categories explain."""

from itertools import combinations, pairwise

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
import pytest

from association import slow
from ecommine import SchemaError, association
from ecommine.association._evidence.conditions import Conditions
from ecommine.association._evidence.strata import Strata, stratify_orders
from libraries import to_pandas


def shop(n_orders=3_000, seed=0):
    """Products 30 and 31 go together; 10 and 11 never do."""
    baskets = slow.random_baskets(n_orders, 40, 5, np.random.default_rng(seed))
    for place, basket in enumerate(baskets):
        if place % 9 == 0:
            basket[:] = sorted({*basket, 30, 31})
        if place % 5 == 0:
            basket[:] = sorted({*basket, 10 + place % 2} - {11 - place % 2})
        elif {10, 11} <= set(basket):
            basket.remove(11)
    return baskets


def keyed(table):
    return {(row["product_a"], row["product_b"]): row for row in to_pandas(table).to_dict("records")}


def test_counts_expectations_and_tests_are_those_of_the_slow_version():
    baskets = shop(1_500)
    result = keyed(association.pairs(slow.lines(baskets), min_support=0.03).table)
    counts = slow.all_itemsets(baskets, 1, 2)
    frequent = sorted(items[0] for items, count in counts.items() if len(items) == 1 and count >= 45)
    for a, b in combinations(frequent, 2):
        mean, count = slow.expected_orders(baskets, a, b), counts.get((a, b), 0)
        if not count and mean < 3:
            assert (a, b) not in result
            continue
        row = result[a, b]
        assert row["count"] == count
        assert row["expected"] == pytest.approx(mean, rel=1e-9)
        assert row["lift"] == pytest.approx(count * 1_500 / counts[a,] / counts[b,], rel=1e-9)
        tail = slow.upper_tail if count > mean else slow.lower_tail
        assert row["p_value"] == pytest.approx(tail(count, mean, slow.dispersion(baskets, a, b)), rel=1e-5, abs=1e-9)


def test_complement_and_substitute(local_library):
    baskets = shop()
    lines = slow.lines(baskets, customer_id=[place % 900 for place in range(len(baskets))])
    result = association.pairs(local_library(lines), min_support=0.02)
    relations = {pair: row["relation"] for pair, row in keyed(result.table).items() if row["relation"] != "none"}
    # Orders with the planted pair have room for less of the most popular products.
    assert {pair for pair in relations if not {30, 31} & {*pair}} == {(10, 11)}
    assert (relations[30, 31], relations[10, 11]) == ("complement", "substitute")
    assert result.headline.endswith(f"1 complement, {len(relations) - 1} substitutes")
    assert to_pandas(result.substitutes())["count"].tolist()[0] == 0
    flat = to_pandas(result.to_flat(names={10: "tea", 11: "coffee"}))
    assert (flat["product_a"] + flat["product_b"]).str.contains("teacoffee").sum() == 1


def test_many_orders_of_few_customers_are_no_evidence():
    """Ten customers buy the pair again and again; all others never do."""
    baskets = slow.random_baskets(2_000, 30, 3, np.random.default_rng(1))
    customers = [place // 2 for place in range(2_000)]
    for customer in range(3):
        baskets += [[20, 21]] * 12
        customers += [5_000 + customer] * 12
    lines = slow.lines(baskets, customer_id=customers)
    relation = {
        cluster: keyed(association.pairs(lines, cluster=cluster).table)[20, 21] for cluster in ("customer_id", None)
    }
    assert relation[None]["relation"] == "complement"
    assert relation["customer_id"]["p_value"] > 1e3 * relation[None]["p_value"]


def test_categories_explain_product_pairs():
    """Categories x and y go together, whichever of their products; p1 and q1 beyond that."""
    rng = np.random.default_rng(2)
    baskets, category = [], {f"{name}{i}": name for name in "pqrs" for i in range(6)}
    for _ in range(12_000):
        basket = {f"{name}{rng.integers(6)}" for name in "pqrs" if rng.random() < 0.25}
        if rng.random() < 0.2:
            basket |= {f"p{rng.integers(6)}", f"q{rng.integers(6)}"}
        if rng.random() < 0.03:
            basket |= {"p1", "q1"}
        baskets.append(sorted(basket or {"r0"}))
    lines = slow.lines(baskets)
    lines["category"] = lines["product_id"].map(category)
    result = association.pairs(lines, group_level="category", min_support=0.01)
    relation = {(row.category_a, row.category_b): row.relation for row in result.table.itertuples()}
    assert relation["p", "q"] == "complement"
    products = result.products.set_index(["product_a", "product_b"])
    assert not products.loc[("p1", "q1"), "explained"]
    across = products[(products["category_a"] == "p") & (products["category_b"] == "q")].drop(("p1", "q1"))
    assert len(across) > 5
    assert across["explained"].mean() > 0.8
    assert set(result.tables) == {"pairs", "products"}


def test_without_a_support_the_most_frequent_products_are_paired(monkeypatch):
    monkeypatch.setattr("ecommine.association._evidence.pair_tests.MAX_PRODUCTS", 10)
    result = association.pairs(slow.lines(shop(500)))
    assert result.table[["product_a", "product_b"]].stack().nunique() == 10
    assert {note.code: note.count for note in result.notes}["rare_products_left_out"] == 30


def test_pairs_that_say_nothing_are_not_listed():
    result = association.pairs(slow.lines([["a"], ["b"], ["a", "c"]]))
    assert result.table[["product_a", "product_b", "count"]].to_numpy().tolist() == [["a", "c", 1]]
    assert {note.code: note.count for note in result.notes} == {"unexpected_pairs_not_listed": 2}


def test_an_empty_table():
    result = association.pairs(slow.lines([["a"]]).iloc[:0])
    assert len(result.table) == 0


def test_an_empty_table_has_the_types_of_a_full_one(local_library):
    lines = slow.lines(shop(300))
    single = lines.drop_duplicates("order_id")
    full, empty = (association.pairs(local_library(some), min_support=0.1).table for some in (lines, single))
    assert len(to_pandas(full)) > 0
    assert len(to_pandas(empty)) == 0
    assert nw.from_native(empty).schema == nw.from_native(full).schema


def test_design_effects_are_in_the_table_where_they_decide():
    lines = slow.lines(shop(2_000), customer_id=[place % 50 for place in range(2_000)])
    table = association.pairs(lines, min_support=0.02).table
    effect = table["design_effect"]
    assert (effect.dropna() > 0).all()
    unclustered = association.pairs(lines, min_support=0.02, cluster=None).table["design_effect"]
    assert (unclustered < 1).all()
    assert effect[table["relation"] != "none"].notna().all()
    assert effect[table["p_value"] > 0.5].isna().all()


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"group_level": "brand"}, ValueError, "`group_level` must be one of 'product', 'category'"),
        ({"min_support": 3}, ValueError, "`min_support` must be between 0 and 1"),
        ({"level": 0.1}, ValueError, "`level` must be between"),
    ],
)
def test_options_out_of_range(options, error, message):
    with pytest.raises(error, match=message):
        association.pairs(slow.lines([["a", "b"]]), **options)


@pytest.mark.call("association.pairs")
def test_results_are_tables_of_the_callers_library(local_library):
    result = association.pairs(local_library(slow.lines(shop(300))), min_support=0.1)
    assert isinstance(to_pandas(result.table), pd.DataFrame)
    assert len(repr(result).splitlines()) <= 12


@pytest.fixture(scope="module")
def seasons():
    """Two products of the first half-year, two of the second, all independent; and one pair that goes together."""
    rng = np.random.default_rng(5)
    baskets = []
    for place in range(6_000):
        half = place // 3_000
        basket = set(rng.choice(40, rng.integers(1, 9), replace=False).tolist())
        basket |= {one for one in (100 + 10 * half, 101 + 10 * half) if rng.random() < 0.2}
        basket |= {200, 201} if rng.random() < 0.05 else set()
        baskets.append(sorted(basket))
    lines = slow.lines(baskets)
    days = pd.to_timedelta(lines["order_id"] * 364 // 6_000, "D")
    return lines.assign(ordered_at=pd.Timestamp("2024-01-01") + days)


@pytest.mark.parametrize("season", ["week", "month", "quarter"])
def test_products_of_one_season_are_no_complements_and_of_two_no_substitutes(seasons, season):
    related = [(100, 101), (110, 111), (100, 110), (101, 111)]
    plain = keyed(association.pairs(seasons, min_support=0.04, season=None).table)
    assert [plain[pair]["relation"] for pair in related] == ["complement"] * 2 + ["substitute"] * 2
    result = association.pairs(seasons, min_support=0.04, season=season).table
    assert set(result.loc[result["relation"] == "complement", "product_a"]) == {200}
    assert not (result["relation"] == "substitute").any()
    rules = association.rules(seasons, min_support=0.01, max_antecedent=1, season=season).filter(productive=True)
    assert sorted(rules.to_flat()["antecedents"].astype(int)) == [200, 201]


def test_seasons_need_times(seasons):
    with pytest.raises(SchemaError, match="`ordered_at` is missing"):
        association.pairs(seasons.drop(columns="ordered_at"), season="month")
    with pytest.raises(ValueError, match="`season` must be one of 'auto', 'week', 'month', 'quarter', None"):
        association.pairs(seasons, season="year")
    with pytest.raises(ValueError, match="`season` needs the times of orders"):
        association.rules(association.itemsets(seasons.drop(columns="ordered_at"), min_support=0.05), season="month")


def test_strata_are_sizes_by_seasons(seasons):
    """Weeks of few orders are pooled with their neighbours until they have 50; so are sizes, to 200 in all."""
    baskets = slow.baskets_of(seasons[seasons["order_id"] < 700], times="required")
    result = stratify_orders(baskets, Conditions(period="week"))
    cells = result.n_orders.reshape(-1, result.log_odds_offset.shape[1])
    assert cells.sum() == 700
    assert (cells.sum(axis=0) >= 50).all()
    assert (cells.sum(axis=1) >= 200).all()
    assert result.log_odds_offset.shape[1] == 6
    week = (baskets.times - np.datetime64("2024-01-01")) // np.timedelta64(7, "D")
    of_order = result.stratum_of_order % result.log_odds_offset.shape[1]
    spans = [(week[of_order == one].min(), week[of_order == one].max()) for one in range(6)]
    assert all(later > earlier for (_, earlier), (later, _) in pairwise(spans))


def test_shares_by_season_keep_the_orders_of_each_size_and_season():
    """The log odds of a product are a term of size and one of season: both margins are met, and the truth is near."""
    rng = np.random.default_rng(2)
    orders = rng.integers(50, 900, (6, 4))
    true = 1 / (1 + np.exp(-(rng.normal(-2, 1, (6, 1)) + rng.normal(0, 0.7, (1, 4)))))
    counts = rng.binomial(orders, true)[None]
    flat = {"n_orders": orders.ravel(), "stratum_of_order": None, "n_orders_with_pairs": None, "crowding": None}
    shares = Strata(log_odds_offset=np.zeros((6, 4)), **flat).shares(counts.reshape(1, -1)).reshape(6, 4)
    fitted = shares * orders
    for axis in (0, 1):
        np.testing.assert_allclose(fitted.sum(axis=axis), counts[0].sum(axis=axis), rtol=1e-4)
    assert np.abs(shares - true).max() < 0.04
    plain = Strata(log_odds_offset=np.zeros((24, 1)), **flat).shares(counts.reshape(1, -1))
    np.testing.assert_allclose(plain[0], (counts[0] / orders).ravel())


def drawn_by_weight(sizes, weights, seed):
    """Draw orders of given sizes without replacement by weight, row by row of the weights: nothing goes together."""
    keys = np.log(weights) + np.random.default_rng(seed).gumbel(size=weights.shape)
    ranked = np.argsort(-keys, axis=1)
    return [[*row[:size].tolist(), 999] for row, size in zip(ranked, sizes, strict=True)]


def test_a_season_of_large_orders_is_not_counted_twice():
    """Five products sell late, when orders are large; another is in every order."""
    rng, n = np.random.default_rng(0), 12_000
    late = np.arange(n) >= n // 2
    weights = np.ones((n, 200))
    weights[late, :5] = 30
    lines = slow.lines(drawn_by_weight(1 + rng.poisson(np.where(late, 4.0, 1.5)), weights, 1))
    lines["ordered_at"] = np.where(lines["order_id"] < n // 2, np.datetime64("2024-02-10"), np.datetime64("2024-08-10"))
    result = association.pairs(lines, min_support=0.02, season="quarter").table
    assert set(result["relation"]) == {"none"}
    always = result[(result["product_a"] == 999) | (result["product_b"] == 999)]
    assert len(always) > 4
    assert always["adjusted_lift"].to_numpy() == pytest.approx(1.0, abs=1e-3)


def test_where_two_products_fill_most_orders_single_orders_prove_nothing():
    """Two of 202 products, two of them in four fifths of the orders: rare pairs are rare, and not impossible."""
    weights = np.ones(202)
    weights[:2] = 900
    a, b = np.triu_indices(202, 1)
    chance = weights[a] * weights[b]
    pairs = np.random.default_rng(0).choice(len(a), 20_000, p=chance / chance.sum())
    lines = slow.lines([[int(a[one]), int(b[one])] for one in pairs])
    table = association.pairs(lines).table
    assert set(table["relation"]) == {"none"}
    assert (table["expected"] > 0).all()
    rules = association.rules(lines, min_support=1 / 20_000).table
    assert not rules["productive"].any()


def test_a_lower_level_looks_at_customers_too():
    lines = slow.lines(shop(2_000), customer_id=[place % 50 for place in range(2_000)])
    table = association.pairs(lines, level=0.8, correction=None).table
    assert table.loc[table["relation"] != "none", "design_effect"].notna().all()
    assert (table.loc[table["relation"] != "none", "p_value"] > 0.05).any()


def test_the_summary_is_the_same_in_every_library(local_library):
    rng = np.random.default_rng(0)
    sides = rng.integers(0, 2, 600), rng.integers(2, 4, 600)
    others = rng.integers(4, 16, (600, 2))
    baskets = [sorted({*others[i], *((sides[0][i], sides[1][i]) if i % 2 else ())}) for i in range(600)]
    lines = slow.lines(baskets)
    lines["category"] = np.minimum(lines["product_id"] // 2, 2)
    for level in ("product", "category"):
        summary = association.pairs(lines, group_level=level).summary()
        assert association.pairs(local_library(lines), group_level=level).summary() == summary
    few = association.pairs(local_library(lines.assign(customer_id=1)))
    assert "too few customers" in few.summary()
    assert "茶" in association.pairs(local_library(lines)).summary(names=dict.fromkeys(range(16), "茶"), locale="zh")
