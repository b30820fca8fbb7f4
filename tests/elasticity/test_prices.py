"""Prices: by hand, against a search by brute force, at every limit, and what-if tables."""

import numpy as np
import pandas as pd
import pytest

from ecommine import datasets, elasticity
from elasticity.shops import clean_sales, shop, small_panel
from libraries import to_pandas
from notes import note_counts

EXACT = np.array([12.0, 14.0, 15.0, 16.0, 18.0, 20.0, 22.0, 15.0, 13.0, 16.0])
"""Prices whose demand below leaves nothing unexplained."""


def exact(elasticity_, *, cost=10.0, prices=EXACT, **columns):
    return small_panel(prices, 1e6 * prices**elasticity_, unit_cost=cost, **columns)


def fitted(sales, **options):
    return elasticity.fit(sales, errors="iid", shrink=None, **options)


def best(sales, **options):
    return to_pandas(fitted(sales).optimal_prices(**options).table).iloc[0]


@pytest.mark.parametrize(("kept", "price"), [(1.0, 50 / 3), (1 / 1.2, 20.0), (1 / 1.13, 50 / 3 * 1.13)])
def test_the_best_price_is_cost_times_e_over_one_plus_e(kept, price):
    row = best(exact(-2.5), max_change=0.5, kept=kept)
    assert row["price"] == pytest.approx(price, rel=1e-6)
    assert row["limited_by"] is None
    assert row["current_price"] == 16.0


def test_money_and_units_by_hand():
    row = best(exact(-2.5, cost=12.0), max_change=0.1, base="4w")
    before, after = 1e6 * 16.0**-2.5, 1e6 * 17.6**-2.5
    assert row["price"] == pytest.approx(17.6)
    assert row["limited_by"] == "max_change"
    assert row["units"] == pytest.approx(after, rel=1e-9)  # every period brought to the current price is the same
    assert row["expected_change"] == pytest.approx(after * (17.6 - 12) - before * (16 - 12), rel=1e-9)
    assert row["expected_change_low"] == pytest.approx(row["expected_change"], rel=1e-6)
    assert row["loss_probability"] == 0


LIMITS = [
    ({"objective": "revenue"}, "max_change", 14.4),
    ({"objective": "units"}, "max_change", 14.4),
    ({"objective": "units", "max_change": 0.5}, "seen_prices", 12.0),
    ({"objective": "units", "max_change": 0.5, "bounds": (0.6, 1.2)}, "bounds", 9.6),
    ({"endings": (0.45, 0.95)}, None, 16.45),
    ({"endings": (9.95, 6.45)}, None, 16.45),
]


@pytest.mark.parametrize(("options", "limit", "price"), LIMITS)
def test_limits_are_named(options, limit, price):
    row = best(exact(-2.5), **options)
    assert row["limited_by"] == limit
    assert row["price"] == pytest.approx(price, abs=1e-9)


def test_no_finite_optimum_is_said():
    result = fitted(exact(-0.8)).optimal_prices()
    assert result.table["limited_by"].tolist() == ["max_change"]
    assert note_counts(result.notes) == {"no_finite_optimum": 1, "limited_prices": 1}
    assert note_counts(fitted(exact(-2.5)).optimal_prices().notes) == {}


@pytest.mark.parametrize("endings", [None, (0.9, 0.99), (9.9, 4.5)])
def test_the_price_is_the_best_of_a_search_by_brute_force(endings):
    result = elasticity.fit(shop(n_products=12, level=40.0))
    table = result.optimal_prices(endings=endings, max_change=0.15).table
    demand = result._panel
    for row in table.itertuples():
        recent = shop(n_products=12, level=40.0).query(f"product_id == {row.product_id}")
        recent = recent[-13:][~recent["promotion"][-13:]]
        place = demand.labels.tolist().index(row.product_id)
        mean, variance = result._shrunk.mean[place], result._shrunk.variance[place]
        seen = shop(n_products=12, level=40.0).query(f"product_id == {row.product_id} and not promotion")["price"]
        low, high = max(row.current_price * 0.85, seen.min()), min(row.current_price * 1.15, seen.max())
        cents = np.arange(np.ceil(low * 100 - 1e-9), np.floor(high * 100 + 1e-9) + 1) / 100
        if endings is not None:
            unit = 1.0 if max(endings) < 1 else 10.0
            is_kept = [min(abs((cent - ending) % unit) for ending in endings) < 1e-6 for cent in cents]
            is_kept = is_kept | np.array([min(abs((cent - e) % unit - unit) for e in endings) < 1e-6 for cent in cents])
            cents = cents[is_kept]
        if not len(cents):
            assert row.reason == "no_ending_within_limits"
            continue
        change = np.log(cents[:, None] / recent["price"].to_numpy())
        units = (recent["quantity"].to_numpy() * np.exp(mean * change + variance * change**2 / 2)).mean(axis=1)
        profit = units * (cents - recent["unit_cost"].iloc[-1])
        if endings is None:
            assert abs(row.price - cents[profit.argmax()]) < 0.02
        else:
            assert row.price == pytest.approx(cents[profit.argmax()])
            assert row.units == pytest.approx(units[profit.argmax()], rel=1e-6)


def test_costs_and_choice_of_products_come_from_a_table():
    result = elasticity.fit(shop())
    products = pd.DataFrame({"product_id": [3, 5], "unit_cost": [0.01, np.nan]})
    prices = result.optimal_prices(products)
    expected = result.optimal_prices()
    assert prices.table["product_id"].tolist() == [3, 5]
    same = expected.table.set_index("product_id").loc[5, "price"]
    assert prices.table["price"].iloc[1] == pytest.approx(same)
    assert prices.table["price"].iloc[0] < expected.table.set_index("product_id").loc[3, "price"]


def test_ids_of_another_type_are_refused():
    text = pd.DataFrame(
        {"product_id": ["3"], "unit_cost": [1.0], "category": ["a"], "price": [2.0], "low": 1, "high": 2}
    )
    result = elasticity.fit(shop())
    for call in (result.optimal_prices, result.simulate, lambda table: result.optimal_prices(bounds=table)):
        with pytest.raises(ValueError, match="give ids of one type"):
            call(text)
    with pytest.raises(ValueError, match="give ids of one type"):
        elasticity.fit(shop().drop(columns="category"), products=text)
    some = pd.DataFrame({"product_id": [3, 99], "price": [20.0, 20.0]})
    with pytest.raises(ValueError, match="the product 99"):
        result.simulate(some)


def test_why_there_is_no_price():
    sales = exact(-2.5, cost=np.nan)
    assert best(sales)["reason"] == "no_unit_cost"
    assert np.isfinite(best(sales, objective="revenue")["price"])
    assert best(exact(-2.5), bounds=(2.0, 3.0))["reason"] == "no_price_within_limits"
    row = best(exact(-2.5), endings=(0.55,), max_change=0.01)
    assert row["reason"] == "no_ending_within_limits"
    assert row[["price", "limited_by", "units", "expected_change", "loss_probability"]].isna().all()
    assert row["current_price"] == 16.0
    assert best(exact(-2.5), bounds=(2.0, 3.0), endings=(0.55,))["reason"] == "no_price_within_limits"
    constant = small_panel([4.0] * 9, range(10, 19), unit_cost=1.0)
    assert best(constant)["reason"] == "no_elasticity"
    two = pd.concat([exact(-2.5).assign(period_at=lambda rows: rows["period_at"] - pd.Timedelta(days=700)),
                     exact(-2.5).assign(product_id="coffee")])  # fmt: skip
    reasons = to_pandas(fitted(two, absorb=("product_id",)).optimal_prices().table)["reason"].tolist()
    assert reasons == [None, "no_recent_sales"]


def test_bounds_may_be_a_table():
    bounds = pd.DataFrame({"product_id": ["tea", "unknown"], "low": [15.5, 1.0], "high": [16.2, 2.0]})
    assert best(exact(-2.5), bounds=bounds)["price"] == pytest.approx(16.2)
    with pytest.raises(ValueError, match="product_id, low and high"):
        best(exact(-2.5), bounds=bounds.drop(columns="low"))


def limits(*rows):
    return pd.DataFrame(rows, columns=["product_id", "low", "high"])


def test_a_bound_that_is_missing_is_none():
    row = best(exact(-2.5), bounds=limits(("tea", np.nan, 16.2), ("tea", np.nan, 16.2)))
    assert (row["price"], row["limited_by"]) == (pytest.approx(16.2), "bounds")
    assert best(exact(-2.5), bounds=limits(("tea", np.nan, np.nan)))["limited_by"] is None


@pytest.mark.parametrize(
    ("rows", "match"),
    [
        ([("tea", 20.0, 10.0)], "got 20 and 10 for 'tea'"),
        ([("tea", 12.0, 18.0), ("unknown", 2.0, 1.0)], "for 'unknown'"),
        ([("tea", -1.0, 10.0)], "must be 0 <= low <= high"),
        ([("tea", np.nan, -5.0)], "must be 0 <= low <= high"),
        ([("tea", 12.0, 18.0), ("tea", 13.0, 18.0)], "one low per product, but 'tea' has 12.0 and 13.0"),
        ([("tea", 12.0, 18.0), ("tea", np.nan, 17.0)], "one high per product"),
    ],
)
def test_bounds_that_are_no_range_are_refused(rows, match):
    with pytest.raises(ValueError, match=match):
        best(exact(-2.5), bounds=limits(*rows))


def costs(*values):
    return pd.DataFrame({"product_id": "tea", "unit_cost": values})


@pytest.mark.parametrize(
    ("values", "match"),
    [
        ((-3.0,), "at least 0, got -3 for the product 'tea'"),
        ((10.0, 9.0), "one unit_cost per product, but 'tea' has 10.0 and 9.0"),
    ],
)
def test_costs_that_cannot_be_are_refused(values, match):
    with pytest.raises(ValueError, match=match):
        fitted(exact(-2.5)).optimal_prices(costs(*values))


def test_a_negative_cost_of_the_sales_is_refused_unless_products_correct_it():
    result = fitted(exact(-2.5, cost=-10.0))
    for call in (result.optimal_prices, result.simulate):
        with pytest.raises(ValueError, match="got -10"):
            call()
    expected = fitted(exact(-2.5)).optimal_prices(max_change=0.5).table
    corrected = result.optimal_prices(costs(10.0, 10.0, np.nan), max_change=0.5).table
    assert corrected["price"].tolist() == pytest.approx(expected["price"].tolist())


def test_the_current_price_is_the_last_complete_one_that_is_no_promotion():
    sales = exact(-2.5, promotion=[False] * 9 + [True])
    assert best(sales)["current_price"] == 13.0
    unfinished = exact(-2.5, complete=[True] * 9 + [False])
    assert best(unfinished)["current_price"] == 13.0


def test_periods_out_of_stock_are_no_base():
    sales = exact(-2.5)
    hidden = sales.assign(in_stock=[1.0] * 8 + [0.5, 1.0], quantity=[*sales["quantity"][:8], 1.0, sales["quantity"][9]])
    clean = fitted(sales)
    base = fitted(hidden).simulate().iloc[2]
    assert base["units"] == pytest.approx(base["units"])
    prices = elasticity.fit(hidden.assign(quantity=sales["quantity"]), errors="iid", shrink=None).simulate()
    assert prices["units"].tolist() == pytest.approx(clean.simulate()["units"].tolist(), rel=1e-9)


def test_what_if_prices():
    table = fitted(exact(-2.0)).simulate()
    assert table["change"].round(9).tolist() == [-0.1, -0.05, 0.0, 0.05, 0.1]
    assert table["units"].tolist() == pytest.approx([1e6 / (16 * (1 + c)) ** 2 for c in table["change"]])
    assert table["revenue"].tolist() == pytest.approx((table["units"] * table["price"]).tolist())
    assert table["profit"].tolist() == pytest.approx((table["units"] * (table["price"] - 10)).tolist())
    given = fitted(exact(-2.0)).simulate(pd.DataFrame({"product_id": ["tea"] * 2, "price": [20.0, 10.0]}), kept=0.5)
    assert given["units"].tolist() == pytest.approx([2_500, 10_000])
    assert given["profit"].tolist() == pytest.approx([0, -50_000], abs=1e-3)
    with pytest.raises(ValueError, match="'coffee', where the sales have 'tea'"):
        fitted(exact(-2.0)).simulate(pd.DataFrame({"product_id": ["coffee"], "price": [20.0]}))
    with pytest.raises(ValueError, match="'price' is missing"):
        fitted(exact(-2.0)).simulate(pd.DataFrame({"product_id": ["tea"]}))
    for wrong in (0.0, -1.0, np.inf, np.nan):
        with pytest.raises(ValueError, match=f"above zero and finite, got {wrong:g}"):
            fitted(exact(-2.0)).simulate(pd.DataFrame({"product_id": ["tea"], "price": [wrong]}))


def test_stores_are_added_up():
    one = exact(-2.5).assign(store_id="a")
    two = pd.concat([one, one.assign(store_id="b", quantity=3 * one["quantity"])], ignore_index=True)
    table = fitted(two).simulate()
    assert table["units"].tolist() == pytest.approx((4 * fitted(one).simulate()["units"]).tolist(), rel=1e-9)


def test_stated_gain_and_loss_are_the_true_ones():
    stated, realised, attainable, chances, losses = [], [], [], [], []
    for seed in range(5):
        sim = clean_sales(seed)
        sales, truth = sim.table, sim.truth.products["elasticity"].to_numpy()
        table = elasticity.fit(sales).optimal_prices(bounds=(0.9, 1.1)).table
        price, current = table["price"].to_numpy(), table["current_price"].to_numpy()
        cost = sales.groupby("product_id")["unit_cost"].last().to_numpy()
        place = sales["product_id"].to_numpy() - 1
        base = sales["quantity"] * (current[place] / sales["price"]) ** truth[place]
        units = base.groupby(place).mean().to_numpy()
        ratio = np.linspace(0.9, 1.1, 201)[:, None]
        money = units * (current - cost)
        gain = units * (price / current) ** truth * (price - cost) - money
        most = (units * ratio**truth * (ratio * current - cost)).max(axis=0) - money
        for values, one in zip((stated, realised, attainable), (table["expected_change"], gain, most), strict=True):
            values.append((one / money).mean())
        chances.append(table["loss_probability"].mean())
        losses.append((gain < 0).mean())
    assert sum(realised) / sum(attainable) >= 0.8
    assert sum(stated) == pytest.approx(sum(realised), rel=0.08)
    assert np.mean(chances) == pytest.approx(np.mean(losses), abs=0.03)


WRONG = [
    ({"objective": "margin"}, ValueError, "`objective`"),
    ({"max_change": 2}, ValueError, "`max_change`"),
    ({"kept": 0}, ValueError, "`kept`"),
    ({"kept": 1.2}, ValueError, "`kept`"),
    ({"endings": (0.999,)}, ValueError, "whole cents"),
    ({"endings": ()}, ValueError, "whole cents"),
    ({"endings": 0.9}, TypeError, "`endings`"),
    ({"bounds": pd.DataFrame({"product_id": ["a"], "low": ["1"], "high": [2]})}, TypeError, "`bounds` .* in low"),
    ({"bounds": pd.DataFrame({"product_id": [{}], "low": [1], "high": [2]})}, TypeError, "`bounds` .* product_id"),
    ({"bounds": (1, 2, 3)}, ValueError, "a pair"),
    ({"bounds": (2, 1)}, ValueError, "a pair"),
    ({"bounds": 1}, TypeError, "a pair .* got 1"),
    ({"bounds": 1.1}, TypeError, "a pair .* got 1.1"),
    ({"bounds": "0.9, 1.1"}, TypeError, "a pair .* got '0.9, 1.1'"),
    ({"base": "soon"}, ValueError, "`base`"),
]


@pytest.mark.parametrize(("options", "error", "match"), WRONG)
def test_wrong_options_are_refused(options, error, match):
    with pytest.raises(error, match=match):
        best(exact(-2.5), **options)


def test_prices_need_products_and_periods():
    with pytest.raises(ValueError, match="period_at"):
        fitted(exact(-2.5).drop(columns="period_at")).optimal_prices()
    with pytest.raises(ValueError, match="by product_id"):
        fitted(exact(-2.5), by=None).simulate()


def test_the_result_shows_itself():
    prices = fitted(exact(-2.5, cost=12.0)).optimal_prices()
    assert prices.headline.startswith("1 price for the highest profit, +")
    assert len(repr(prices).splitlines()) <= 12
    assert datasets.make_sales(2, 2).table is not None
