"""`fit` and the home page."""

import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecommine import recommend
from libraries import to_pandas
from recommend.good_arguments import event_rows, order_lines, product_table
from recommend.shops import DAY, lines, tastes


@pytest.fixture(scope="module")
def shop():
    return tastes(0)


@pytest.fixture(scope="module")
def model(shop):
    return recommend.fit(shop)


@pytest.mark.call("recommend.fit")
def test_every_library_gives_the_same(library):
    orders, products, events = order_lines(), product_table(), event_rows()
    mine = recommend.fit(orders, products=products, events=events).home(k=4)
    theirs = recommend.fit(library(orders), products=library(products), events=library(events)).home(k=4)
    expected, found = to_pandas(mine.table), to_pandas(theirs.table)
    for name in ("customer_id", "rank", "recommended_id", "source", "because"):
        assert found[name].tolist() == expected[name].tolist()
    assert found["probability"].tolist() == pytest.approx(expected["probability"].tolist(), abs=1e-9)
    assert [note.code for note in theirs.notes] == [note.code for note in mine.notes]


def test_the_order_of_rows_does_not_matter(shop, model):
    mixed = recommend.fit(shop.sample(frac=1, random_state=0))
    pd.testing.assert_frame_equal(mixed.home().table, model.home().table)


def test_a_fit_as_of_a_moment_knows_nothing_of_later(shop):
    cut = shop["ordered_at"].max() - 40 * DAY
    before = shop[shop["ordered_at"] <= cut]
    one, other = recommend.fit(shop, as_of=cut), recommend.fit(before, as_of=cut)
    pd.testing.assert_frame_equal(one.home().table, other.home().table)
    pd.testing.assert_frame_equal(one.weights, other.weights)
    pd.testing.assert_frame_equal(one.calibration, other.calibration)
    late = next(note for note in one.notes if note.code == "rows_after_as_of")
    assert late.count == len(shop) - len(before)


def test_planted_tastes_are_found(shop, model):
    table = model.home(k=5, repeat="exclude").table
    taste = shop.groupby("customer_id")["product_id"].agg(lambda products: (products // 10).mode()[0])
    of_taste = table["recommended_id"] // 10 == table["customer_id"].map(taste)
    has_rest = shop.assign(own=shop["product_id"] // 10 == shop["customer_id"].map(taste))
    unseen = 10 - has_rest[has_rest["own"]].groupby("customer_id")["product_id"].nunique()
    open_lists = table["customer_id"].map(unseen) >= 5
    assert of_taste[open_lists].mean() > 0.9


def test_reasons_add_up_to_the_score(model):
    result = model.home(k=4)
    total = result.reasons.groupby(["customer_id", "recommended_id"])["contribution"].sum()
    keys = list(zip(result.table["customer_id"], result.table["recommended_id"], strict=True))
    p = result.table["probability"].to_numpy()
    assert total.loc[keys].to_numpy() == pytest.approx(np.log(p / (1 - p)), abs=1e-4)
    shares = result.reasons.groupby(["customer_id", "recommended_id"])["share"].sum()
    assert shares.to_numpy() == pytest.approx(1.0)


def test_spokesmen_are_own_products(shop, model):
    reasons = model.home(k=4).reasons.dropna(subset=["because_id"])
    bought = set(zip(shop["customer_id"], shop["product_id"], strict=True))
    assert len(reasons)
    assert all(pair in bought for pair in zip(reasons["customer_id"], reasons["because_id"].astype(int), strict=True))


def test_lists_are_ranked_by_probability(model):
    table = model.home().table
    assert table.groupby("customer_id")["probability"].apply(lambda p: p.is_monotonic_decreasing).all()
    assert table.groupby("customer_id")["rank"].apply(lambda rank: rank.tolist() == list(range(1, 11))).all()
    assert not table.duplicated(["customer_id", "recommended_id"]).any()


@given(st.sampled_from(["auto", "exclude", "only"]), st.lists(st.integers(0, 39), min_size=1, unique=True))
@settings(max_examples=30)
def test_what_may_not_be_shown_is_not(repeat, available):
    orders = tastes(1, n=60, weeks=12)
    table = recommend.fit(orders).home(k=5, repeat=repeat, available=available).table
    bought = set(zip(orders["customer_id"], orders["product_id"], strict=True))
    pairs = list(zip(table["customer_id"], table["recommended_id"], strict=True))
    assert set(table["recommended_id"]) <= set(available)
    assert repeat == "auto" or all((pair in bought) is (repeat == "only") for pair in pairs)
    if repeat == "auto":
        assert (table.groupby("customer_id").size() == min(5, len(available))).all()


def test_unavailable_products_leave_before_ranking(model):
    whole = model.home(k=10).table
    without = whole[whole["rank"] == 1]["recommended_id"].iloc[0]
    rest = [one for one in range(40) if one != without]
    short = model.home(k=9, available=rest).table
    for customer, table in whole.groupby("customer_id"):
        expected = [one for one in table["recommended_id"] if one != without][:9]
        assert short[short["customer_id"] == customer]["recommended_id"].tolist() == expected


def test_ties_go_by_recent_customers_then_by_id():
    orders = lines([1, 2, 3, 4, 9], ["d", "c", "c", "b", "z"], [0, 0, 0, 0, 0])
    table = recommend.fit(orders, signals=recommend.Own()).home([9], k=4).table
    assert table["recommended_id"].tolist() == ["z", "c", "b", "d"]


def test_max_per_category():
    model = recommend.fit(order_lines(), products=product_table())
    table = model.home(k=6, max_per=3).table
    kind = product_table().set_index("product_id")["category"]
    assert table.groupby(["customer_id", table["recommended_id"].map(kind)]).size().max() == 3
    assert (table.groupby("customer_id").size() == 6).all()


def test_rank_by_margin():
    products = product_table().assign(unit_cost=lambda t: t["unit_cost"].where(t["product_id"] != "p03"))
    result = recommend.fit(order_lines(), products=products).home(k=5, rank_by="margin")
    assert result.table.groupby("customer_id")["margin"].apply(lambda m: m.is_monotonic_decreasing).all()
    price = products.set_index("product_id")["price"] - products.set_index("product_id")["unit_cost"]
    expected = result.table["probability"] * result.table["recommended_id"].map(price)
    assert result.table["margin"].tolist() == pytest.approx(expected.tolist())
    assert ("margin_unknown", 1) in [(note.code, note.count) for note in result.notes]
    assert "p03" not in set(result.table["recommended_id"])


def test_unknown_customers_get_bestsellers(shop, model):
    result = model.home([3, 9_999], k=3)
    unknown = result.table[result.table["customer_id"] == 9_999]
    after = shop["ordered_at"].max() - 28 * DAY
    recent = shop[shop["ordered_at"].dt.normalize() > after.normalize()].groupby("product_id")["customer_id"].nunique()
    best = sorted(recent.index, key=lambda one: (-recent[one], one))[:3]
    assert unknown["recommended_id"].tolist() == best
    assert unknown["source"].tolist() == ["popular"] * 3
    assert unknown["probability"].isna().all()
    assert ("unknown_customers", 1) in [(note.code, note.count) for note in result.notes]


def test_customers_by_their_latest_orders(shop, model):
    known = shop[shop["customer_id"] == 3]
    mine, theirs = model.home([3]).table, model.home(known.assign(customer_id=7_777)).table
    assert theirs["customer_id"].unique().tolist() == [7_777]
    assert theirs["recommended_id"].tolist() == mine["recommended_id"].tolist()
    day = known["ordered_at"].max()
    if day == shop["ordered_at"].max():
        assert theirs["probability"].tolist() == pytest.approx(mine["probability"].tolist())


def test_a_model_pickles_small_and_serves(shop, model):
    held = pickle.dumps(model)
    assert len(held) < 1_000_000
    pd.testing.assert_frame_equal(pickle.loads(held).home().table, model.home().table)


def test_new_products_go_by_content():
    products = product_table()  # p16 was never bought
    model = recommend.fit(order_lines(), products=products)
    table = model.home(k=17, repeat="exclude").table
    row = table[(table["customer_id"] == "c00") & (table["recommended_id"] == "p16")]
    assert row["source"].tolist() == ["category"]
    launched = products.assign(launched_at=pd.Timestamp("2030-01-01").as_unit("us"))
    launched.loc[launched["product_id"] != "p16", "launched_at"] = pd.NaT
    later = recommend.fit(order_lines(), products=launched).home(k=17, repeat="exclude").table
    assert "p16" not in set(later["recommended_id"])


def test_views_are_a_signal():
    model = recommend.fit(order_lines(), events=event_rows(), signals=[recommend.Popular(), recommend.Viewed()])
    assert {"popular", "viewed"} <= set(model.weights["signal"])


def test_more_products_than_the_catalogue_holds():
    orders = tastes(2, n=80, weeks=12)
    model = recommend.fit(orders, max_products=5)
    cut = next(note for note in model.notes if note.code == "catalogue_cut")
    assert cut.count == orders["product_id"].nunique() - 5
    most = orders.groupby("product_id")["customer_id"].nunique().sort_values(ascending=False)
    shown = model.home(k=3, repeat="exclude").table["recommended_id"]
    assert set(shown) <= set(most.index[most >= most.iloc[4]])
    assert len(set(shown)) == 5
    own = model.home(k=3, repeat="only").table
    assert not set(own["recommended_id"]) <= set(shown)


def test_options_are_named_in_errors(shop):
    with pytest.raises(ValueError, match="`signals` has Own twice"):
        recommend.fit(shop, signals=[recommend.Own(), recommend.Own("7d")])
    with pytest.raises(ValueError, match="`events` must be given"):
        recommend.fit(shop, signals=[recommend.Viewed()])
    with pytest.raises(ValueError, match="`products` must be given"):
        recommend.fit(shop, signals=[recommend.Content("category")])
    with pytest.raises(ValueError, match="`horizon` must be whole days"):
        recommend.fit(shop, horizon="36h")
    with pytest.raises(ValueError, match="`max_per` needs `products`"):
        recommend.fit(shop).home(max_per=2)
    with pytest.raises(ValueError, match=r"Content\('price'\) is no kind of product"):
        recommend.fit(order_lines(), products=product_table(), signals=[recommend.Content("price")])


@pytest.mark.parametrize("price", [np.inf, 1e300])
def test_a_price_past_counting_is_an_error(price):
    products = product_table().assign(price=price)
    with pytest.raises(ValueError, match="`products` has 17 rows whose price is infinite"):
        recommend.fit(order_lines(), products=products)


def test_products_that_lose_money_are_left_out_of_lists_by_margin():
    products = product_table().assign(unit_cost=lambda t: t["unit_cost"].where(t["product_id"] != "p03", 99.0))
    result = recommend.fit(order_lines(), products=products).home(k=16, rank_by="margin")
    assert ("margin_negative", 1) in [(note.code, note.count) for note in result.notes]
    assert "p03" not in set(result.table["recommended_id"])
    assert (result.table["margin"] >= 0).all()


def test_listed_products_beyond_the_catalogue_are_counted():
    products = pd.concat([product_table(), pd.DataFrame({"product_id": [f"q{i}" for i in range(30)]})])
    model = recommend.fit(order_lines(), products=products, max_products=16)
    assert ("catalogue_cut", 31) in [(note.code, note.count) for note in model.notes]  # p16 was never bought
    assert "16 products" in model.headline
    assert "16 products" in model.summary()


def test_products_launched_later_are_counted_apart():
    products = product_table()[["product_id"]].assign(launched_at=pd.NaT)
    products["launched_at"] = products["launched_at"].astype("datetime64[us]")
    products.loc[products["product_id"] == "p04", "launched_at"] = pd.Timestamp("2030-01-01")
    model = recommend.fit(order_lines(), products=products)
    assert [(note.code, note.count) for note in model.notes] == [("launched_later", 1)]
    assert "p04" not in set(model.home(k=16).table["recommended_id"])


def test_no_source_is_claimed_where_no_signal_speaks():
    products = pd.DataFrame({"product_id": [f"p{i:02}" for i in range(16)] + ["new"]})
    table = recommend.fit(order_lines(), products=products).home(["c00"], k=17).table
    row = table[table["recommended_id"] == "new"]
    assert row["source"].tolist() == ["base"]
    assert row["because"].tolist() == [""]
