"""Elasticities: by hand, in every library, against the slow version, and where they cannot be told."""

import pickle

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecommine import SchemaError, datasets, elasticity
from elasticity.shops import clean_sales, shop, small_panel
from elasticity.slow import dense_slopes, simple_slope, slow_price_changes
from libraries import to_pandas
from notes import note_counts

PLAIN = {"errors": "iid", "shrink": None}
PRICES = [4.0, 4.4, 3.6, 4.0, 4.8, 4.4, 3.6, 4.0]
UNITS = [100, 83, 120, 99, 70, 84, 118, 101]


def raw(sales, **options):
    table = to_pandas(elasticity.fit(sales, **options).table)
    return table.set_index(table.columns[0])["raw_elasticity"]


def only(sales, **options):
    return to_pandas(elasticity.fit(sales, **options).table).iloc[0]


def test_one_product_is_the_textbooks_regression():
    row = only(small_panel(PRICES, UNITS), **PLAIN)
    slope, error = simple_slope(np.array(PRICES), np.array(UNITS))
    assert row["raw_elasticity"] == pytest.approx(slope, rel=1e-12)
    assert row["elasticity"] == row["raw_elasticity"]
    assert row["std_error"] == pytest.approx(error, rel=1e-12)
    assert row["raw_elasticity_high"] - slope == pytest.approx(2.446912 * error, rel=1e-6)  # Student, 6 df
    assert row["periods"] == 8
    assert row["price_spread"] == pytest.approx(np.std(np.log(PRICES)), rel=1e-12)


def test_exact_demand_gives_the_exact_elasticity():
    prices = np.array(PRICES)
    row = only(small_panel(prices, 1_000 * prices**-2.5), **PLAIN)
    assert row["elasticity"] == pytest.approx(-2.5, abs=1e-12)


@pytest.mark.call("elasticity.fit")
def test_every_library_gives_the_same(library):
    sales = shop()
    expected = elasticity.fit(sales)
    result = elasticity.fit(library(sales), products=None)
    names = ["elasticity", "elasticity_low", "elasticity_high", "raw_elasticity", "std_error", "shrinkage"]
    pd.testing.assert_frame_equal(
        to_pandas(result.table)[names], to_pandas(expected.table)[names], rtol=1e-9, check_dtype=False
    )
    assert isinstance(nw.from_native(result.table), nw.DataFrame)
    assert note_counts(result.notes) == note_counts(expected.notes)
    prices = result.optimal_prices(endings=(0.9, 0.99)).table
    np.testing.assert_allclose(
        to_pandas(prices)["price"], to_pandas(expected.optimal_prices(endings=(0.9, 0.99)).table)["price"], rtol=1e-9
    )
    checks = to_pandas(result.checks).set_index("check")["value"]
    np.testing.assert_allclose(checks, to_pandas(expected.checks).set_index("check")["value"], atol=1e-9)


@pytest.mark.parametrize("periods", [False, True])
def test_slopes_are_those_of_a_dense_solve_on_an_unbalanced_panel(periods):
    sales = shop(30, counts=False)
    sales = sales[np.random.default_rng(0).random(len(sales)) < 0.85].reset_index(drop=True)
    absorb = ("product_id", "period_at") if periods else ("product_id",)
    found = raw(sales, errors="iid", absorb=absorb)
    slow, *_ = dense_slopes(sales, controls=["promotion"], periods=periods)
    assert len(found) == 30
    np.testing.assert_allclose(found, pd.Series(slow)[found.index], rtol=1e-8)


def test_stores_have_intercepts_of_their_own():
    sales = pd.concat(
        [shop(counts=False, rng=0).assign(store_id="a"), shop(counts=False, rng=1, level=90.0).assign(store_id="b")],
        ignore_index=True,
    )
    slow, *_ = dense_slopes(sales, controls=["promotion"], periods=True)
    found = raw(sales, errors="iid")
    np.testing.assert_allclose(found, pd.Series(slow)[found.index], rtol=1e-8)


@settings(max_examples=15)
@given(
    st.floats(0.01, 1_000), st.floats(0.01, 1_000), st.randoms(use_true_random=False), st.sampled_from(["ar1", "iid"])
)
def test_units_of_money_and_quantity_and_the_order_of_rows_change_nothing(money, units, random, errors):
    sales = shop(counts=False, n_products=4, categories=2)
    expected = elasticity.fit(sales, errors=errors).table
    scaled = sales.assign(price=sales["price"] * money, quantity=sales["quantity"] * units)
    order = list(range(len(sales)))
    random.shuffle(order)
    found = elasticity.fit(scaled.iloc[order], errors=errors).table
    pd.testing.assert_frame_equal(found, expected, rtol=1e-6)


def test_every_row_twice_changes_nothing():
    sales = shop(counts=False)
    expected, twice = elasticity.fit(sales), elasticity.fit(pd.concat([sales, sales]))
    pd.testing.assert_frame_equal(twice.table, expected.table, rtol=1e-9)
    assert note_counts(twice.notes)["repeated_rows"] == len(sales)


def test_works_without_periods_stores_and_categories():
    sales = shop(counts=False).drop(columns=["period_at", "category"])
    result = elasticity.fit(sales)
    assert result.table["elasticity"].notna().all()
    assert result.table["price_changes"].isna().all()
    assert {"independent_errors", "no_period_effects"} <= set(note_counts(result.notes))
    assert note_counts(elasticity.fit(shop(n_products=4, categories=4)).notes)["shrunk_to_all"] is None


def test_one_elasticity_of_all_rows():
    sales = shop(counts=False)
    x, y = np.log(sales["price"].to_numpy()), np.log(sales["quantity"].to_numpy())
    plain = elasticity.fit(sales, by=None, absorb=(), controls=(), errors="iid", shrink=None).table
    assert plain["group"].tolist() == ["all"]
    assert plain["elasticity"].iloc[0] == pytest.approx(np.polyfit(x, y, 1)[0], rel=1e-9)


def test_any_column_may_name_the_elasticities():
    sales = pd.concat([shop(rng=0).assign(store_id="a"), shop(rng=1).assign(store_id=None)], ignore_index=True)
    assert len(elasticity.fit(sales).table) == 12
    sales = sales.assign(store_id=sales["store_id"].fillna("b"), size=np.where(sales["product_id"] > 6, "l", "s"))
    by_store = elasticity.fit(sales, by="store_id")
    assert by_store.table["store_id"].tolist() == ["a", "b"]
    assert "two_way_errors" in note_counts(by_store.notes)
    by_size = elasticity.fit(sales.assign(category="all"), by="size", **PLAIN).table
    assert by_size["size"].tolist() == ["l", "s"]
    small = sales[sales["size"] == "s"].assign(category="all")
    expected = elasticity.fit(small, by=None, **PLAIN).table["elasticity"].iloc[0]
    assert by_size["elasticity"].iloc[1] == pytest.approx(expected, rel=1e-9)


def test_infinite_values_are_unknown():
    sales = small_panel([*PRICES * 8, np.inf, 4.0], [*UNITS * 8, 90, np.inf])
    counts = note_counts(elasticity.fit(sales, **PLAIN).notes)
    assert counts["infinite_values"] == 2
    assert not {"out_of_stock", "prices_unknown"} & set(counts)
    assert only(sales, **PLAIN)["elasticity"] == only(sales.iloc[:64], **PLAIN)["elasticity"]


def test_categories_come_from_products_too():
    sales = shop(counts=False)
    products = sales[["product_id", "category"]].drop_duplicates()
    expected, found = elasticity.fit(sales), elasticity.fit(sales.drop(columns="category"), products=products)
    names = ["elasticity", "elasticity_low", "elasticity_high"]
    pd.testing.assert_frame_equal(found.table[names], expected.table[names])
    assert found.table["category"].tolist() == expected.table["category"].tolist()


def test_a_product_has_one_category():
    sales = shop(counts=False)
    products = sales[["product_id", "category"]].drop_duplicates()
    twice = pd.concat([products, products, products.assign(category=None)])
    expected = elasticity.fit(sales).table["elasticity"]
    assert elasticity.fit(sales.drop(columns="category"), products=twice).table["elasticity"].tolist() == list(expected)
    two = pd.concat([products, products.iloc[[3]].assign(category="other")])
    with pytest.raises(ValueError, match="one category per product"):
        elasticity.fit(sales.drop(columns="category"), products=two)


def test_the_headline_says_whether_its_mean_is_of_shrunk_values():
    sales = shop()
    assert "after shrinkage" in elasticity.fit(sales).headline
    assert "after shrinkage" in elasticity.fit(sales).summary()
    for result in (elasticity.fit(sales, shrink=None), elasticity.fit(shop(3))):
        assert "after shrinkage" not in result.headline + result.summary()


def test_promotions_are_held():
    sim = datasets.make_sales(40, 104, counts=False, pricing=datasets.Pricing(promotion_rate=0.08), rng=0)
    table, truth = elasticity.fit(sim.table).table, sim.truth.products["elasticity"].to_numpy()
    assert abs((table["raw_elasticity"] - truth).mean()) < 0.03
    assert (table["elasticity_with_promotions"] - truth).mean() < -0.2


REASONS = {
    "constant_price": small_panel([4.0] * 12, range(10, 22)),
    "few_price_changes": small_panel([4.0] * 4 + [5.0] * 4 + [4.0] * 4, range(10, 22)),
    "prices_unknown": small_panel([*PRICES, None], [*UNITS, 0]),
    "periods_without_sales": small_panel([*PRICES, 4.9], [*UNITS, 0]),
    "no_sales": small_panel(PRICES, [0] * 8),
    "price_explained": small_panel(PRICES, UNITS, deal=np.log(PRICES)),
    "few_periods": small_panel(PRICES[:2], UNITS[:2]).drop(columns="period_at"),
}


@pytest.mark.parametrize("reason", REASONS)
def test_an_elasticity_that_cannot_be_told_is_null_with_its_reason(reason):
    sales = REASONS[reason]
    controls = ("deal",) if "deal" in sales else "auto"
    row = only(sales, controls=controls)
    assert row["reason"] == reason
    assert np.isnan(row["elasticity"])
    assert np.isnan(row["raw_elasticity_low"])
    assert note_counts(elasticity.fit(sales, controls=controls).notes)[reason] == 1


def test_one_period_and_an_empty_table_are_answered():
    assert only(small_panel([4.0], [10]))["reason"] in ("constant_price", "few_price_changes")
    empty = elasticity.fit(small_panel([4.0], [10.0]).iloc[:0])
    assert len(empty.table) == 0
    assert empty.headline.startswith("0 of 0")
    assert len(empty.checks)
    assert len(empty.optimal_prices().table) == 0
    assert empty.summary()
    assert empty.notes == ()
    assert empty.optimal_prices().headline == "0 prices for the highest profit"
    unsold = elasticity.fit(small_panel([4.0] * 3, [0, 0, 0]))
    assert note_counts(unsold.notes) == {"rows_without_sales": 3, "no_sales": 1}


@pytest.mark.parametrize(("promoted", "n"), [(0, 3), (1, 3)])
def test_three_moves_are_enough_and_two_are_not(promoted, n):
    three = [4.0] * 3 + [4.4] * 3 + [4.0] * 3 + [4.4] * 3
    assert only(small_panel(three, range(20, 32)))["price_changes"] == 3
    assert only(small_panel(three, range(20, 32)))["reason"] is None
    two = [4.0] * 3 + [4.4] * 3 + [4.0] * 6
    assert only(small_panel(two, range(20, 32)))["reason"] == "few_price_changes"
    tiny = [4.0] * 3 + [4.039] * 3 + [4.0] * 3 + [4.039] * 3
    assert only(small_panel(tiny, range(20, 32)))["price_changes"] == 0


@settings(max_examples=60)
@given(st.lists(st.tuples(st.sampled_from([4.0, 4.02, 4.4, 5.0]), st.booleans()), min_size=1, max_size=14))
def test_price_changes_are_those_of_the_slow_count(rows):
    prices, promotions = zip(*rows, strict=True)
    row = only(small_panel(prices, range(10, 10 + len(prices)), promotion=promotions))
    assert row["price_changes"] == slow_price_changes(prices, promotions)


def test_the_share_of_unknown_prices_has_a_limit():
    prices, units = [*PRICES * 7], [*UNITS * 7]
    at = small_panel([*prices[:-1], None], [*units[:-1], 0])
    assert only(at, **PLAIN)["reason"] is None  # 1 of 56 is 1.8 %
    above = small_panel([*prices[:48], None], [*units[:48], 0])
    assert only(above, **PLAIN)["reason"] == "prices_unknown"  # 1 of 49 is 2.04 %


def test_rows_that_cannot_be_used_are_left_out_with_a_note():
    sales = small_panel(
        [*PRICES * 8, 0.0, -1.0, 4.0, 4.0, 4.1],
        [*UNITS * 8, 50, 50, -3, 50, 1],
        in_stock=[1.0] * 67 + [0.0, 1.0],
        complete=[True] * 68 + [False],
    )
    result = elasticity.fit(sales, **PLAIN)
    counts = note_counts(result.notes)
    left_out = {"unfinished_periods": 1, "out_of_stock": 1, "negative_units": 1, "prices_not_positive": 2}
    assert {name: counts[name] for name in left_out} == left_out
    assert result.table["raw_elasticity"].iloc[0] == pytest.approx(raw(sales.iloc[:64], **PLAIN).iloc[0], rel=1e-12)


def test_units_sold_take_the_place_of_net_units():
    sales = small_panel(PRICES, [5] * 8, units_sold=UNITS)
    assert only(sales, **PLAIN)["elasticity"] == only(small_panel(PRICES, UNITS), **PLAIN)["elasticity"]


def test_one_typing_error_is_found_by_the_checks():
    prices = np.array(PRICES * 6)
    units = 1_000 * prices**-2.0 * np.exp(np.random.default_rng(0).normal(0, 0.05, 48))
    wrong = prices.copy()
    wrong[20] *= 10
    result = elasticity.fit(small_panel(wrong, units))
    check = result.checks.set_index("check").loc["outliers"]
    assert result.table["elasticity"].iloc[0] > -1
    assert (check["affected"], check["verdict"], check["product"]) == (1, "moves", "tea")
    assert result.table["elasticity"].iloc[0] + check["largest_move"] == pytest.approx(-2, abs=0.3)
    clean = elasticity.fit(small_panel(prices, units)).checks.set_index("check").loc["outliers"]
    assert (clean["affected"], clean["verdict"]) == (0, "stable")


def test_collinear_controls_are_left_out():
    sales = shop(counts=False).assign(twice=lambda rows: 2.0 * rows["promotion"])
    np.testing.assert_allclose(raw(sales, controls=("promotion", "twice")), raw(sales), rtol=1e-9)


def test_products_without_data_do_not_change_others():
    sales = shop(counts=False)
    more = pd.concat([sales, sales[sales["product_id"] == 1].assign(product_id=99, price=5.0)], ignore_index=True)
    found = elasticity.fit(more, absorb=("product_id",), **PLAIN).table
    expected = elasticity.fit(sales, absorb=("product_id",), **PLAIN).table
    pd.testing.assert_frame_equal(found.iloc[:12][["elasticity"]], expected[["elasticity"]])
    assert found["reason"].iloc[12] == "constant_price"


def test_the_result_shows_itself_and_pickles():
    result = elasticity.fit(shop())
    assert len(repr(result).splitlines()) <= 12
    assert "elasticity_low" in repr(result)
    assert list(result.tables) == ["elasticities", "pooled", "checks"]
    again = pickle.loads(pickle.dumps(result))
    pd.testing.assert_frame_equal(again.table, result.table)
    pd.testing.assert_frame_equal(again.optimal_prices().table, result.optimal_prices().table)


WRONG = [
    ({"by": 3}, TypeError, "`by`"),
    ({"by": "colour"}, SchemaError, "`colour` is missing"),
    ({"errors": "hac"}, ValueError, "`errors`"),
    ({"shrink": "brand"}, ValueError, "`shrink`"),
    ({"model": "probit"}, ValueError, "`model`"),
    ({"level": 2}, ValueError, "`level`"),
    ({"absorb": "week"}, ValueError, "`absorb`"),
    ({"absorb": "period_at"}, ValueError, "needs 'product_id' too"),
    ({"controls": 3}, TypeError, "`controls`"),
    ({"controls": pd.DataFrame({"a": [1]})}, TypeError, "`controls`"),
    ({"absorb": np.array([1, 2])}, TypeError, "`absorb`"),
    ({"cross": pd.Series([1, 2])}, TypeError, "`cross`"),
    ({"by": ""}, ValueError, "`by`"),
    ({"controls": "category"}, ValueError, "numbers or booleans"),
    ({"controls": "price"}, ValueError, "the price whose effect"),
    ({"controls": ("promotion", "price_low")}, ValueError, "'price_low': leave it out"),
    ({"controls": "quantity"}, ValueError, "what the price brings about"),
    ({"controls": ["returned"]}, ValueError, "'returned': leave it out"),
    ({"cross": "revenue"}, ValueError, "`cross` must not hold what"),
    ({"cross": ["price"]}, ValueError, "`cross` must not hold the price"),
    ({"cluster": "period_at"}, ValueError, "needs errors='cluster'"),
    ({"errors": "cluster"}, ValueError, "needs `cluster`"),
    ({"errors": "cluster", "cluster": "product_id"}, ValueError, "must divide the rows"),
    ({"errors": "cluster", "cluster": "category"}, ValueError, "must divide the rows"),
    ({"cross": "category", "absorb": ("product_id", "period_at")}, ValueError, "`cross` cannot be told"),
]


@pytest.mark.parametrize(("options", "error", "match"), WRONG)
def test_wrong_options_are_refused(options, error, match):
    with pytest.raises(error, match=match):
        elasticity.fit(shop(), **options)


def test_period_effects_need_ten_products_of_three_categories():
    assert "period_effects" in note_counts(elasticity.fit(shop(10, categories=3)).notes)
    for few in (shop(9, categories=3), shop(12, categories=2)):
        assert "no_period_effects" in note_counts(elasticity.fit(few).notes)
        with pytest.raises(ValueError, match="no period is shared by 10 products of 3 categories"):
            elasticity.fit(few, absorb=("product_id", "period_at"))


def test_periods_that_few_products_share_are_left_out():
    sales = shop(12, periods=20)
    alone = sales[(sales["period_at"] > "2024-02-01") | (sales["product_id"] == 1)]
    counts = note_counts(elasticity.fit(alone).notes)
    assert counts["periods_not_shared"] == 5
    assert counts["period_effects"] == 15


def test_periods_that_no_product_joins_are_no_obstacle():
    """Two assortments, one after the other: the effects of both halves are known up to a constant each."""
    early, late = shop(12, 20, counts=False, rng=0), shop(12, 20, counts=False, rng=1)
    late = late.assign(product_id=late["product_id"] + 12, period_at=late["period_at"] + pd.Timedelta(days=140))
    sales = pd.concat([early, late], ignore_index=True)
    slow, *_ = dense_slopes(sales, controls=["promotion"], periods=True)
    found = raw(sales, errors="iid")
    np.testing.assert_allclose(found, pd.Series(slow)[found.index], rtol=1e-8)


def test_cross_prices_of_the_category_are_held():
    rng = np.random.default_rng(0)
    x = 0.2 * rng.normal(size=(2, 200))
    y = 5 + np.array([-2.0, -3.0])[:, None] * x + np.array([0.8, 0.5])[:, None] * x[::-1]
    times = np.tile(pd.date_range("2024-01-01", periods=200, freq="D").astype("datetime64[us]"), 2)
    sales = pd.DataFrame(
        {"product_id": np.repeat(["a", "b"], 200), "period_at": times, "quantity": np.exp(y).ravel(),
         "price": np.exp(x).ravel(), "category": "juice"}
    )  # fmt: skip
    result = elasticity.fit(sales, cross="category", **PLAIN)
    assert result.table["elasticity"].tolist() == pytest.approx([-2, -3], abs=1e-9)
    assert result.cross["cross_elasticity"].tolist() == pytest.approx([0.8, 0.5], abs=1e-9)
    other = sales.assign(rival=np.exp(x[::-1]).ravel())
    named = elasticity.fit(other, cross="rival", **PLAIN)
    assert named.cross["other_price"].tolist() == ["rival", "rival"]
    assert named.cross["cross_elasticity"].tolist() == pytest.approx([0.8, 0.5], abs=1e-9)


def two_categories():
    """Four products: two of a category, one alone in its own, one without any."""
    names = {1: "a", 2: "a", 3: "b", 4: None}
    sales = shop(4, categories=4, counts=False)
    return sales.assign(category=[names[product] for product in sales["product_id"]])


def test_products_alone_or_without_a_category_have_no_cross_elasticity():
    sales = two_categories()
    result = elasticity.fit(sales, cross="category", **PLAIN)
    assert result.cross["cross_elasticity"].notna().tolist() == [True, True, False, False]
    assert note_counts(result.notes)["cross_unknown"] == 2
    alone = elasticity.fit(sales.query("product_id >= 3"), **PLAIN).table["elasticity"]
    assert result.table["elasticity"].tolist()[2:] == pytest.approx(alone.tolist())
    pair = elasticity.fit(sales.query("product_id <= 2"), cross="category", **PLAIN)
    assert "cross_unknown" not in note_counts(pair.notes)


def test_a_price_of_others_that_never_changes_is_noted():
    sales = small_panel(PRICES, UNITS, rival=3.0, twin=np.array(PRICES[::-1]), double=2 * np.array(PRICES[::-1]))
    result = elasticity.fit(sales, cross=("rival", "twin", "double"), **PLAIN)
    assert result.cross["cross_elasticity"].notna().tolist() == [False, True, False]
    assert note_counts(result.notes)["cross_unknown"] == 2


@pytest.mark.parametrize("category", [{}, {"category": None}])
def test_the_price_of_a_category_needs_categories(category):
    sales = pd.concat([small_panel(PRICES, UNITS), small_panel(PRICES[::-1], UNITS).assign(product_id="coffee")])
    with pytest.raises(ValueError, match="needs `category`"):
        elasticity.fit(sales.assign(**category), cross="category")
    products = pd.DataFrame({"product_id": ["tea", "coffee"], "category": "drinks"})
    fitted = elasticity.fit(sales, products=products, cross="category", **PLAIN)
    assert fitted.cross["cross_elasticity"].notna().all()


def test_shrinkage_lowers_the_error_as_much_as_it_can():
    gains, ideals = [], []
    for seed in range(6):
        sim = clean_sales(seed)
        table, truth = elasticity.fit(sim.table).table, sim.truth.products["elasticity"].to_numpy()
        noise = 0.3**2 / (20 * table["price_spread"] ** 2)
        weight = 1 / (noise + 0.5**2)
        center = (weight * table["raw_elasticity"]).groupby(table["category"]).transform("sum")
        center = center / weight.groupby(table["category"]).transform("sum")
        ideal = table["raw_elasticity"] - noise * weight * (table["raw_elasticity"] - center)
        error = [
            float(((values - truth) ** 2).mean()) for values in (table["raw_elasticity"], table["elasticity"], ideal)
        ]
        gains.append(error[1] / error[0])
        ideals.append(error[2] / error[0])
    gain, ideal = 1 - np.sqrt(np.mean(gains)), 1 - np.sqrt(np.mean(ideals))
    assert gain >= 0.35
    assert gain >= ideal - 0.02
