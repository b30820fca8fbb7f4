"""Features of customers: by hand in every library, against a slow version, and what is not known."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecommine import SchemaError, datasets, segmentation
from ecommine.segmentation._customers.favourites import concentration, top_probability
from ecommine.segmentation._features import DAYS_PER_MONTH, shrunk_rates
from libraries import to_pandas
from notes import warning_counts
from segmentation.slow import orders, quietly


def lines() -> pd.DataFrame:
    """Ann buys on three days, twice on one of them, and returns once; bob only returns; eve got a gift; a guest."""
    return orders(
        ("ann", "2024-01-01T09:10", 10.0), ("ann", "2024-01-11T09:50", 20.0), ("ann", "2024-01-11T20:00", 30.0),
        ("ann", "2024-01-31T20:10", 40.0), ("ann", "2024-02-05T08:00", -25.0), ("bob", "2024-02-01T08:00", -5.0),
        ("eve", "2024-03-01T23:00", 0.0), (None, "2024-02-02T10:00", 99.0),
        channel=["web", "web", "app", "web", "web", "app", None, "web"],
        product_id=[1, 1, 2, 3, 1, 1, 9, 1],
    )  # fmt: skip


PRODUCTS = pd.DataFrame(
    {"product_id": [1, 2, 3], "category": ["tea", "pot", "tea"], "brand": ["A", None, "B"], "price": [10.0, 30.0, 40.0]}
)
CUSTOMERS = pd.DataFrame(
    {
        "customer_id": np.array(["ann", "zoe"], dtype=object),
        "registered_at": np.array(["2023-12-02", "2024-01-01"], dtype="datetime64[us]"),
        "income": [3.5, 9.0],
    }
)


@pytest.mark.call("segmentation.features")
def test_by_hand_in_every_library(library):
    result, found = warning_counts(
        segmentation.features, library(lines()), products=library(PRODUCTS), customers=library(CUSTOMERS),
        as_of="2024-03-11",
    )  # fmt: skip
    table = to_pandas(result, sort=["customer_id"]).set_index("customer_id")
    assert found == {"guests_left_out": 1, "customers_without_orders": 1, "return_rate_unknown": 1,
                     "customers_unmatched": 1}  # fmt: skip
    assert table.index.tolist() == ["ann", "eve"]
    ann = table.loc["ann"]
    assert (ann["orders"], ann["purchase_days"], ann["gaps"], ann["mean_gap"], ann["open_gap"]) == (4, 3, 2, 15.0, 40)
    assert ann["months"] == pytest.approx(70 / DAYS_PER_MONTH)
    assert (ann["monetary"], ann["average_order_value"], ann["return_rate"]) == (75.0, 18.75, 0.25)
    # Thursday has two orders of four, on one day; nine o'clock ties with eight in the evening.
    assert (ann["weekday"], ann["weekday_share"], ann["hour"], ann["hour_share"]) == (4, 0.5, 9, 0.5)
    assert (ann["favourite_category"], ann["favourite_category_share"]) == ("tea", 0.75)
    assert (ann["favourite_brand"], ann["favourite_brand_share"]) == ("A", pytest.approx(2 / 3))
    assert (ann["favourite_channel"], ann["favourite_channel_share"]) == ("web", 0.75)
    assert 0.5 < ann["favourite_channel_probability"] < 1
    assert (ann["income"], ann["months_since_registration"]) == (3.5, pytest.approx(100 / DAYS_PER_MONTH))
    eve = table.loc["eve"]
    assert (eve["orders"], eve["gaps"], eve["weekday"], eve["hour"]) == (1, 0, 5, 23)
    unknown = ["mean_gap", "return_rate", "favourite_channel", "favourite_category_share", "income"]
    assert table.loc["eve", unknown].isna().all()
    assert set(table["period"]) == {"all"}
    repeats, months = np.array([3.0, 0.0]), np.array([70, 10]) / DAYS_PER_MONTH
    np.testing.assert_allclose(table["orders_per_month"], shrunk_rates(repeats.astype(int) + 1, months))


def test_all_libraries_stay_what_they_are(local_library):
    raw = local_library(lines())
    assert type(quietly(segmentation.features, raw)) is type(raw)


@pytest.mark.parametrize(("returns", "money", "n_orders"), [("net", 75.0, 4), ("drop", 100.0, 4), ("keep", 75.0, 5)])
def test_returns(returns, money, n_orders):
    table = quietly(segmentation.features, lines(), returns=returns).set_index("customer_id")
    assert (table.loc["ann", "monetary"], table.loc["ann", "orders"]) == (money, n_orders)


def test_a_period_holds_everything_to_its_lines():
    result, found = warning_counts(segmentation.features, lines(), as_of="2024-02-04", period="30d")
    ann = result.set_index("customer_id").loc["ann"]
    assert (ann["orders"], ann["months"], ann["period"]) == (3, 24 / DAYS_PER_MONTH, "30d")
    assert (found["rows_before_period"], found["rows_after_as_of"]) == (1, 2)


def test_dates_have_no_hours_and_say_so_once():
    table = lines()
    table["ordered_at"] = table["ordered_at"].dt.normalize()
    result, found = warning_counts(segmentation.features, table)
    assert result["hour"].isna().all()
    assert found["hours_unknown"] == 2
    one_of_them = table["ordered_at"].where(table.index != 0, pd.Timestamp("2024-01-01 00:00:01"))
    assert "hours_unknown" not in warning_counts(segmentation.features, table.assign(ordered_at=one_of_them))[1]


def test_the_rate_does_not_count_the_order_that_began_the_clock():
    # At one order a month orders / months is 2 after a month; the repeats are right, here without shrinking noise.
    assert shrunk_rates(np.array([2, 13, 25]), np.array([1.0, 12.0, 24.0])) == pytest.approx(1.0)
    assert shrunk_rates(np.array([1, 1]), np.array([0.0, 5.0])).tolist() == [0.0, 0.0]
    assert shrunk_rates(np.array([2]), np.array([0.0])).tolist() == [0.0]


def test_short_histories_are_shrunk_most():
    rng = np.random.default_rng(0)
    months = np.r_[np.full(500, 0.5), np.full(500, 12.0)]
    true = rng.gamma(4, 0.25, 1_000)
    n_orders = rng.poisson(true * months) + 1
    rate, raw = shrunk_rates(n_orders, months), (n_orders - 1) / months
    error, raw_error = (np.abs(one - true)[:500].mean() for one in (rate, raw))
    assert error < 0.4 * raw_error
    assert abs(rate.mean() - true.mean()) < 0.05


def test_the_chance_of_a_favourite_is_right():
    """Of customers whose favourite has this chance, so many have it truly."""
    rng = np.random.default_rng(0)
    n, alpha = 6_000, np.array([1.2, 0.9, 0.6, 0.3])
    shares = rng.dirichlet(alpha, n)
    counts = np.array([rng.multinomial(k, share) for k, share in zip(rng.integers(1, 8, n), shares, strict=True)])
    order = np.argsort(-counts, axis=1, kind="stable")
    number = np.take_along_axis(counts, order, axis=1)
    kept = number > 0
    bounds = np.r_[0, np.cumsum(kept.sum(axis=1))]
    chance = top_probability(order[kept], number[kept], bounds, alpha)
    is_true = shares.argmax(axis=1) == order[:, 0]
    assert chance.mean() == pytest.approx(is_true.mean(), abs=0.02)
    low = chance < np.median(chance)
    assert chance[low].mean() == pytest.approx(is_true[low].mean(), abs=0.025)
    popularity = counts.sum(axis=0).astype(float)
    assert concentration(number[kept], bounds, counts.sum(axis=1), popularity) == pytest.approx(3.0, rel=0.15)


def test_the_chance_of_a_favourite_is_the_share_of_draws():
    value, number, bounds = np.array([0, 2, 1]), np.array([3, 2, 1]), np.array([0, 3])
    alpha = np.array([0.5, 1.0, 0.2, 0.3])
    draws = np.random.default_rng(0).dirichlet([*(alpha + np.array([3, 1, 2, 0]))], 200_000).argmax(axis=1)
    assert top_probability(value, number, bounds, alpha)[0] == pytest.approx((draws == 0).mean(), abs=0.006)


def test_a_favourite_of_two_orders_is_told_as_unsure():
    rng = np.random.default_rng(0)
    shares = rng.dirichlet(np.full(5, 0.6), 3_000)
    n_orders = rng.choice([2, 3, 6], 3_000)
    rows = [(i, k, rng.choice(5, p=shares[i])) for i in range(3_000) for k in range(n_orders[i])]
    customer, order, category = np.array(rows).T
    table = orders(*((int(i), int(k), 1.0) for i, k in zip(customer, order, strict=True)))
    table = table.assign(category=np.array(list("abcde"))[category], customer_id=customer)
    found = quietly(segmentation.features, table)
    two = found["orders"] == 2
    is_true = np.array(list("abcde"))[shares.argmax(axis=1)] == found["favourite_category"]
    share, chance = (found.loc[two, f"favourite_category_{name}"].mean() for name in ("share", "probability"))
    assert chance == pytest.approx(is_true[two].mean(), abs=0.04)
    assert share > chance + 0.05


def test_orders_of_several_categories_count_once_for_each():
    shop = datasets.make_shop(300, days=120)
    table = quietly(segmentation.features, shop.orders, products=shop.products)
    assert (table["favourite_category_share"].max(), table["favourite_category_share"].min() > 0) == (1.0, True)
    assert table["favourite_category_probability"].between(0, 1).all()


DAYS = st.integers(0, 60)
ROWS = st.lists(st.tuples(st.sampled_from("abc"), DAYS, st.integers(-50, 200)), min_size=1, max_size=25)


@given(ROWS)
@settings(max_examples=24)
def test_counts_and_money_equal_those_of_a_loop(rows):
    table = orders(*rows)
    result = quietly(segmentation.features, table).set_index("customer_id")
    for customer in "abc":
        own = [(day, money) for name, day, money in rows if name == customer]
        days = sorted({day for day, money in own if money >= 0})
        assert (customer in result.index) == bool(days)
        if days:
            row = result.loc[customer]
            assert row["orders"] == sum(money >= 0 for _, money in own)
            assert row["monetary"] == sum(money for _, money in own)
            assert (row["purchase_days"], row["open_gap"]) == (len(days), max(day for _, day, _ in rows) - days[-1])
            gaps = np.diff(days)
            assert (np.isnan(row["mean_gap"]) and not len(gaps)) or row["mean_gap"] == pytest.approx(gaps.mean())


@given(ROWS, st.randoms(use_true_random=False))
@settings(max_examples=8)
def test_the_order_of_rows_does_not_matter(rows, random):
    shuffled = list(rows)
    random.shuffle(shuffled)
    results = [quietly(segmentation.features, orders(*one)) for one in (rows, shuffled)]
    pd.testing.assert_frame_equal(*results)


def test_tables_of_two_libraries_are_refused():
    pl = pytest.importorskip("polars", reason="polars is not installed")
    with pytest.raises(TypeError, match="`customers` must be a table of the same library"):
        segmentation.features(lines(), customers=pl.DataFrame({"customer_id": ["ann"]}))


def test_tables_that_do_not_fit_are_named():
    with pytest.raises(SchemaError, match="`product_id` is missing"):
        segmentation.features(lines().drop(columns="product_id"), products=PRODUCTS)
    with pytest.raises(SchemaError, match="`product_id` stands in several rows, 1 row"):
        segmentation.features(lines(), products=pd.concat([PRODUCTS, PRODUCTS.head(1)]))
    with pytest.raises(SchemaError, match="`customer_id` stands in several rows"):
        segmentation.features(lines(), customers=pd.concat([CUSTOMERS, CUSTOMERS.head(1)]))
    with pytest.raises(ValueError, match="`customers` has a column 'orders'"):
        segmentation.features(lines(), customers=CUSTOMERS.assign(orders=1))
    with pytest.raises(ValueError, match="`orders` has no lines"):
        segmentation.features(lines().head(0))
    with pytest.raises(ValueError, match="whose money is not a number, infinite or above"):
        segmentation.features(lines().assign(amount=8e12))
