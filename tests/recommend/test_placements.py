"""Product page, visit, checkout and top-up."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecommine import recommend
from libraries import to_pandas
from recommend.good_arguments import basket_lines, event_rows, order_lines, product_table
from recommend.shops import lines, tastes


@pytest.fixture(scope="module")
def model():
    return recommend.fit(order_lines(), products=product_table(), events=event_rows())


def codes(result):
    return {note.code: note.count for note in result.notes}


def test_every_library_gives_the_same(model, library):
    calls = {
        "checkout": lambda make: model.checkout(make(basket_lines())),
        "top_up": lambda make: model.top_up(make(basket_lines()), 20.0),
        "visit": lambda make: model.visit(make(event_rows()), k=3),
        "home": lambda make: model.home(make(pd.DataFrame({"customer_id": ["c00", "c01", "zz"]})), k=3),
        "detail": lambda make: model.detail(make(product_table()), k=3),
    }
    for name, call in calls.items():
        mine, theirs = to_pandas(call(pd.DataFrame.copy).table), to_pandas(call(library).table)
        pd.testing.assert_frame_equal(mine, theirs, check_dtype=False, obj=name)


def test_together_by_hand():
    # 4 orders: tea in 3, pot in 3, both in 2; jam in 1, alone with tea
    orders = lines(
        [1, 1, 2, 2, 3, 3, 4], ["tea", "pot", "tea", "pot", "tea", "jam", "pot"], [0] * 7, [1, 1, 2, 2, 3, 3, 4]
    )
    table = recommend.fit(orders).detail(["tea"], k=2).table
    assert table["recommended_id"].tolist() == ["pot", "jam"]
    assert table["probability"].tolist() == pytest.approx([(2 + 20 * 3 / 4) / 23, (1 + 20 * 1 / 4) / 23])


def test_a_rare_pair_does_not_come_first():
    """Lift would put the product that was sold once, in one order with it, before all others."""
    order = [*range(60), *range(60), 0]
    product = ["tea"] * 60 + ["pot"] * 30 + ["cup"] * 30 + ["odd"]
    orders = lines([one % 9 for one in order], product, [0] * 121, order=order)
    table = recommend.fit(orders).detail(["tea"], k=3).table
    assert table["recommended_id"].tolist() == ["cup", "pot", "odd"]


def test_no_product_is_in_both_lists(model):
    pairs = [
        set(zip(table["product_id"], table["recommended_id"], strict=True))
        for table in (model.detail(kind=kind, k=4).table for kind in ("together", "similar"))
    ]
    assert pairs[0]
    assert pairs[1]
    assert not pairs[0] & pairs[1]
    assert all(one != other for one, other in pairs[0] | pairs[1])


def test_similar_products_agree_in_what_is_named(model):
    table = model.detail(kind="similar", k=4).table
    kinds = product_table().set_index("product_id")
    for name in ("category", "brand"):
        named = table[table["because"].str.contains(name)]
        assert (named["product_id"].map(kinds[name]) == named["recommended_id"].map(kinds[name])).all()
        assert len(named)
    assert table["probability"].isna().all()


def test_the_next_product_of_a_visit_is_a_new_one(model):
    viewed = event_rows().groupby("visitor_id")["product_id"].agg(set)
    table = model.visit(event_rows(), k=5).table
    assert not any(row.recommended_id in viewed[row.visitor_id] for row in table.itertuples())
    assert (table.groupby("visitor_id")["probability"].sum() <= 1 + 1e-9).all()
    taste = table["visitor_id"].str[1:].astype(int) % 2 == table["recommended_id"].str[1:].astype(int) // 8
    assert taste[table["rank"] == 1].mean() > 0.8


def test_viewing_the_same_product_again_is_no_next_view():
    events = event_rows()
    again = pd.concat([events, events.assign(occurred_at=events["occurred_at"] + pd.Timedelta(seconds=1))])
    mine, theirs = (recommend.fit(order_lines(), events=one) for one in (events, again))
    one, other = (model.visit(events, k=3).table for model in (mine, theirs))
    pd.testing.assert_frame_equal(one, other)


def test_visits_need_events():
    with pytest.raises(ValueError, match="`events` were not given to fit"):
        recommend.fit(order_lines()).visit(event_rows())


def test_checkout_shows_nothing_of_the_basket(model):
    table = model.checkout(basket_lines(), k=14).table
    held = set(zip(basket_lines()["order_id"], basket_lines()["product_id"], strict=True))
    assert not held & set(zip(table["order_id"], table["recommended_id"], strict=True))
    assert table.groupby("order_id")["probability"].apply(lambda p: p.is_monotonic_decreasing).all()


def test_reasons_of_baskets_add_up(model):
    result = model.checkout(basket_lines())
    total = result.reasons.groupby(["order_id", "recommended_id"])["contribution"].sum()
    p = result.table["probability"].to_numpy()
    keys = list(zip(result.table["order_id"], result.table["recommended_id"], strict=True))
    assert total.loc[keys].to_numpy() == pytest.approx(np.log(p / (1 - p)), abs=1e-4)


def test_gap_is_of_the_money_after_discounts(model):
    basket = pd.DataFrame({"order_id": [1, 1], "product_id": ["p01", "p02"], "quantity": [2, 1],
                           "unit_price": [6.0, 7.0], "discount": [1.0, 0.0]})  # fmt: skip
    table = model.top_up(basket, 30.0).table
    assert table["gap"].tolist() == [12.0] * 3
    assert (table["price"] * table["quantity"] >= 12.0).all()
    assert table["over"].tolist() == pytest.approx((table["price"] * table["quantity"] - 12.0).tolist())


def test_lines_without_money_have_the_price_of_the_model(model):
    basket = pd.DataFrame({"order_id": [1, 1], "product_id": ["p01", "p02"], "amount": [5.0, np.nan]})
    result = model.top_up(basket, 20.0)
    assert result.table["gap"].tolist() == [8.0] * 3  # p02 costs 7
    prices = basket.assign(quantity=[1, 2], unit_price=basket["amount"]).drop(columns="amount")
    assert model.top_up(prices, 30.0).table["gap"].tolist() == [11.0] * 3
    assert "money_unknown" not in codes(result)


def test_money_that_nobody_knows_is_counted_in_a_note(model):
    basket = pd.DataFrame({"order_id": [1, 1], "product_id": ["p01", "p98"]})
    result = model.top_up(basket, 20.0)
    assert result.table["gap"].tolist() == [14.0] * 3
    assert codes(result)["money_unknown"] == 1
    assert "money_unknown" not in codes(model.checkout(basket))


@pytest.mark.parametrize(("money", "gap"), [(-50.0, 150.0), (0.0, 100.0), (30.0, 70.0), (130.0, 70.0), (200.0, 0.0)])
def test_each_hundred(money, gap):
    model = recommend.fit(order_lines().assign(amount=lambda t: t["amount"] * 40))
    basket = pd.DataFrame({"order_id": [1], "product_id": ["p01"], "amount": [money]})
    table = model.top_up(basket, 100.0, repeating=True).table
    assert table["gap"].unique().tolist() == ([gap] if gap else [])


def test_cents_do_not_get_lost():
    orders = order_lines().assign(amount=0.1)
    basket = pd.DataFrame({"order_id": [1, 1, 1], "product_id": ["p01", "p02", "p03"], "amount": [0.1, 0.1, 0.1]})
    result = recommend.fit(orders).top_up(basket, 0.3)
    assert codes(result)["threshold_reached"] == 1


@given(st.floats(1, 40), st.booleans(), st.none() | st.floats(0, 10))
@settings(max_examples=25)
def test_only_what_closes_the_gap(threshold, repeating, max_over):
    model = _model()
    result = model.top_up(basket_lines(), threshold, repeating=repeating, max_over=max_over, k=20)
    table, money = result.table, basket_lines().groupby("order_id")["amount"].sum()
    reached = money[(money % threshold == 0) if repeating else money >= threshold]
    assert not set(reached.index) & set(table["order_id"])
    assert (table["over"] >= -1e-6).all()
    assert max_over is None or (table["over"] <= max_over + 1e-6).all()
    assert (table["quantity"] == 1).all()  # nobody buys two of one here
    if repeating:
        after = table["order_id"].map(money) + table["gap"]
        ratio = (after / threshold).to_numpy()
        assert ratio == pytest.approx(np.rint(ratio), abs=1e-4)


_MODELS: list[recommend.Recommender] = []


def _model():
    if not _MODELS:
        _MODELS.append(recommend.fit(order_lines(), products=product_table()))
    return _MODELS[0]


def test_several_of_one_product_where_that_is_usual():
    orders = tastes(0, n=60).assign(quantity=lambda t: np.where(t["product_id"] == 5, 4, 1), unit_price=3.0)
    basket = pd.DataFrame({"order_id": [1], "product_id": [6], "amount": [1.0]})
    table = recommend.fit(orders).top_up(basket, 10.0).table
    assert table["recommended_id"].tolist() == [5]
    assert table["quantity"].tolist() == [3]
    assert table["over"].tolist() == [0.0]


def test_eligible_products_count_and_close(model):
    eligible = ["p01", "p09", "p10", "p11"]
    table = model.top_up(basket_lines(), 10.0, eligible=eligible).table
    assert set(table["recommended_id"]) <= set(eligible)
    assert table.groupby("order_id")["gap"].first().to_dict() == {1: 4.0, 3: 10.0}


def test_names_in_flat_tables(model):
    flat = model.checkout(basket_lines(), k=1).to_flat(names=product_table())
    assert flat["recommended_id"].str.startswith("product ").all()
    assert flat["because"].str.contains(r"\(product").any()
