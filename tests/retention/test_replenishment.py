"""Who buys what again, and when."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecommine import SchemaError, retention
from ecommine.retention._models.gaps import Expected, typical_gaps
from ecommine.retention._read.pairs import read_pairs
from ecommine.retention._replenishment import _due_days
from libraries import to_pandas
from notes import note_counts
from retention.good_arguments import order_lines
from retention.simulated import cycles, date_of, lines, memoryless, planted, typical
from retention.slow import typical_gap


@pytest.mark.call("retention.replenishment")
def test_every_library_gives_the_same(library):
    orders, products = order_lines(), pd.DataFrame({"product_id": ["p0", "p1", "p2"], "category": ["a", "a", "b"]})
    orders = orders.drop(columns="category")
    mine = retention.replenishment(orders, products=products)
    theirs = retention.replenishment(library(orders), products=library(products))
    for name in ("table", "products"):
        one, other = (to_pandas(getattr(result, name)) for result in (mine, theirs))
        pd.testing.assert_frame_equal(other, one, check_exact=False, rtol=1e-9)
    pd.testing.assert_frame_equal(to_pandas(theirs.per_customer()), to_pandas(mine.per_customer()), rtol=1e-9)


def regular(n=60, gap=28, times=6):
    """Customers who buy milk every 28 days, one day after another."""
    customer = np.repeat(np.arange(n), times)
    return lines(customer, customer % gap + np.tile(np.arange(times), n) * gap, product_id="milk")


def test_a_steady_rhythm():
    last = 5 * 28 + 13
    result = retention.replenishment(regular(), as_of=date_of(last))
    table = result.table.set_index("customer_id").sort_index()
    due = (table["due_at"] - table["last_at"]).dt.days
    assert np.median(due) == 28
    assert due.isin([28, 29]).all()  # the edge of the window, where the probability is just below one half
    assert ((table["remind_at"] - table["last_at"]).dt.days == 25).all()
    assert table["usual_gap"].to_numpy() == pytest.approx(28)
    silence = (pd.Timestamp(date_of(last)) - table["last_at"]).dt.days
    assert (table["status"] == np.where(silence + 14 >= due, "due_soon", "on_track")).all()
    products = result.products.iloc[0]
    assert (products["customers"], products["repeat_customers"], products["typical_gap"]) == (60, 60, 28)
    assert products["predictability"] == 1


def test_a_single_purchase_is_not_predictable(library):
    orders = lines([*[0, 0, 1], 2], [0, 9, 3, 4], product_id=["tea", "tea", "tea", "pot"])
    result = retention.replenishment(library(orders), as_of=date_of(10))
    table = to_pandas(result.table, sort=["customer_id"])
    assert table["purchases"].tolist() == [2, 1, 1]
    assert table["status"].tolist()[1:] == ["not_predictable"] * 2
    assert table["due_at"].isna().tolist() == [True] * 3
    assert note_counts(result.notes) == {"single_purchases": 2, "short_history": 1}


def test_quantity_lengthens_a_gap_by_its_fitted_power():
    rng = np.random.default_rng(0)
    customer, day, quantity = [], [], []
    for one in range(200):
        at = int(rng.integers(0, 60))
        for _ in range(9):
            size = int(rng.choice([1, 2, 4]))
            customer.append(one)
            day.append(at)
            quantity.append(size)
            at += int(np.rint(20 * size**0.5 * rng.lognormal(0, 0.1)))
    orders = lines(customer, day, product_id="rice", quantity=quantity)
    result = retention.replenishment(orders)
    assert result.power == pytest.approx(0.5, abs=0.02)
    last = orders.sort_values("ordered_at").groupby("customer_id")["quantity"].last()
    usual = result.table.set_index("customer_id")["usual_gap"]
    for size, gap in ((1, 20), (4, 40)):
        assert usual[last == size].mean() == pytest.approx(gap, rel=0.03)
    assert retention.replenishment(orders.drop(columns="quantity")).power == 0


@pytest.mark.parametrize("unit", [1.0, 0.1, 1e13])  # whole numbers, parts, and more than fits beside the key
def test_quantities_of_a_day_are_added_up_by_pair(unit):
    rng = np.random.default_rng(3)
    customer, day, product = rng.integers(0, 5, 400), rng.integers(0, 20, 400), rng.integers(0, 3, 400)
    orders = lines(customer, day, product_id=product, quantity=rng.integers(1, 4, 400) * unit)
    days = read_pairs(orders, "product_id", None, None)
    sums = orders.groupby(["customer_id", "product_id", orders["ordered_at"].dt.normalize()])["quantity"].sum()
    assert days.quantity == pytest.approx(sums.to_numpy())
    assert days.day.tolist() == [at.toordinal() - 719_163 for *_, at in sums.index]


def test_the_unit_of_a_quantity_does_not_matter():
    rng = np.random.default_rng(1)
    parts = []
    for item in range(8):
        for one in range(4 if item else 3):
            size = rng.choice([1, 2, 4], 10)
            day = np.cumsum(np.append(rng.integers(0, 30), np.rint(20 * size[:-1] ** 0.4 * rng.lognormal(0, 0.1, 9))))
            parts.append(lines([one] * 10, day, product_id=f"p{item}", quantity=size.astype(float)))
    orders = pd.concat(parts, ignore_index=True).assign(order_id=lambda rows: np.arange(len(rows)))
    grams = orders.assign(quantity=np.where(orders["product_id"] == "p0", 1_000, 1) * orders["quantity"])
    one, other = (retention.replenishment(shop).table for shop in (orders, grams))
    pd.testing.assert_frame_equal(one, other, rtol=1e-6)
    tiny = retention.replenishment(orders.assign(quantity=np.where(orders.index == 5, 1e-12, orders["quantity"])))
    assert np.isfinite(tiny.table["usual_gap"]).all()


def test_a_reminder_longer_than_the_window_is_listed_on_its_day():
    orders = regular()
    for day in (150, 155, 160):
        result = retention.replenishment(orders, as_of=date_of(day), remind="21d")
        new = result.table[result.table["remind_at"] == date_of(day + 1)]
        assert len(new)
        assert set(new["customer_id"]) <= set(result.per_customer()["customer_id"])


def test_another_product_of_the_category_since_is_told(library):
    orders = lines([0, 0, 0, 1, 1, 0], [0, 10, 15, 0, 10, 3], product_id=["a", "a", "b", "a", "a", "c"])
    products = pd.DataFrame({"product_id": ["a", "b", "c"], "category": ["milk", "milk", "tea"]})
    result = retention.replenishment(library(orders), products=library(products))
    table = to_pandas(result.table, sort=["customer_id", "product_id"])
    assert table["substitute"].tolist() == ["b", None, None, None]
    assert note_counts(result.notes)["substitutes"] == 1
    direct = orders.merge(products, on="product_id")
    again = to_pandas(retention.replenishment(library(direct)).table, sort=["customer_id", "product_id"])
    assert again["substitute"].tolist() == ["b", None, None, None]


def test_items_may_be_columns_of_products(library):
    orders = lines([0, 0, 0, 1], [0, 10, 15, 2], product_id=[1, 1, 2, 3])
    products = pd.DataFrame({"product_id": [1, 2], "title": ["milk", "milk"]})
    result = retention.replenishment(library(orders), by="title", products=library(products))
    table = to_pandas(result.table)
    assert table[["customer_id", "title", "purchases"]].to_numpy().tolist() == [[0, "milk", 3]]
    assert note_counts(result.notes)["unknown_items"] == 1


def test_what_was_taken_back_in_full_was_not_bought(library):
    orders = lines([0, 0, 0, 0], [0, 5, 7, 9], amount=[4.0, 4.0, -4.0, 4.0], product_id="tea")
    orders["order_id"] = [1, 2, 2, 3]
    result = retention.replenishment(library(orders))
    assert to_pandas(result.table)["purchases"].tolist() == [2]
    assert note_counts(result.notes)["cancelled_orders"] == 1


@pytest.mark.parametrize("by", [(), "colour", "customer_id", "status", ("product_id", "product_id")])
def test_columns_that_name_no_item_are_refused(by):
    with pytest.raises(ValueError, match="`by`"):
        retention.replenishment(lines([0], [0], product_id="tea").assign(status="new"), by=by)


def test_products_that_are_there_twice_are_refused():
    products = pd.DataFrame({"product_id": ["tea", "tea"], "category": ["a", "b"]})
    with pytest.raises(SchemaError, match="more than once"):
        retention.replenishment(lines([0], [0], product_id="tea"), products=products)


def test_one_message_per_customer_of_three_hundred_due():
    base = regular(40)
    orders = pd.concat([base.assign(product_id=f"p{i:03}") for i in range(300)], ignore_index=True)
    orders["order_id"] = np.arange(len(orders))
    result = retention.replenishment(orders, as_of=date_of(5 * 28 + 20))
    due = result.per_customer(most=3)
    assert due.groupby("customer_id").size().max() == 3
    assert due.groupby("customer_id")["rank"].apply(list).map(lambda ranks: ranks == [1, 2, 3]).all()
    assert (due["remind_at"] <= date_of(5 * 28 + 21)).all()
    assert set(due["status"]) <= {"on_track", "due_soon", "overdue"}
    with pytest.raises(ValueError, match="`most`"):
        result.per_customer(most=0)


def test_who_has_bought_is_reminded_of_nothing():
    orders = regular()
    day = 5 * 28 + 20
    due = retention.replenishment(orders, as_of=date_of(day)).per_customer()
    first = due["customer_id"].iloc[0]
    bought = pd.concat([orders, lines([first], [day], product_id="milk").assign(order_id=9_999)])
    assert first not in set(retention.replenishment(bought, as_of=date_of(day)).per_customer()["customer_id"])


GAPS = st.lists(st.tuples(st.lists(st.integers(1, 9), max_size=4), st.integers(0, 9)), min_size=1, max_size=12)


@given(GAPS, GAPS)
def test_the_typical_gap_matches_the_slow_version(one, other):
    units = [(0, *unit) for unit in one] + [(1, *unit) for unit in other]
    gaps = [(which, number, gap) for number, (which, closed, _) in enumerate(units) for gap in closed]
    still_open = [(which, open_gap) for which, closed, open_gap in units if not closed]
    closed, never = (np.array(rows, dtype=np.int64).reshape(-1, n).T for rows, n in ((gaps, 3), (still_open, 2)))
    found = typical_gaps(*closed, *never, 2)
    np.testing.assert_allclose(found.median, [typical_gap(one), typical_gap(other)])
    assert found.customers.tolist() == [len(one), len(other)]


@pytest.mark.parametrize(("mean", "spread", "window"), [(28, 0.0, 180), (28, 0.4, 180), (60, 0.4, 180), (60, 0.4, 365)])
def test_the_typical_gap_is_that_of_a_customer_at_random(mean, spread, window):
    orders, last = cycles(1, mean=mean, spread=spread, window=window)
    found = retention.replenishment(orders, as_of=date_of(last)).products["typical_gap"][0]
    assert found == pytest.approx(typical(mean, spread, 1 / 3), rel=0.03)


def test_a_date_is_the_quantile_of_what_followed():
    orders, last = cycles(2, n=3_000, cv=0.3, window=400)
    days = read_pairs(orders, "product_id", None, date_of(last))
    expected = Expected.at(days, days.today - 100)
    kept = (expected.last == days.today - 100) & (expected.purchases > 4)
    days_to = expected.quantile_days(np.zeros(len(kept), dtype=int), (0.1, 0.5, 0.9))[:, kept]
    following = np.full(len(days.customer), 10**6)
    later = days.day > days.today - 100
    following[days.pair[later][::-1]] = days.day[later][::-1]
    gap = (following[expected.pair] - expected.last)[kept]
    for share, limit in zip((0.1, 0.5, 0.9), days_to, strict=True):
        assert (gap <= limit).mean() == pytest.approx(share, abs=0.13)


def share_close(off):
    """Return the share within three days: halfway between two whole windows of seven and five."""
    return (np.mean(np.abs(off) <= 3) + np.mean(np.abs(off) <= 2)) / 2


def next_days(orders, day):
    """Return the first day of purchase after a day, by customer."""
    later = orders[orders["ordered_at"] > date_of(day)]
    return later.groupby("customer_id")["ordered_at"].min()


@pytest.mark.parametrize(("cv", "share"), [(0.1, 0.66), (0.2, 0.38), (0.3, 0.26)])
def test_planted_cycles_of_28_days(cv, share):
    orders, _ = planted(0, n=6_000, cv=cv)
    days = read_pairs(orders, "product_id", None, None)
    off = []
    for moment in range(days.today - 150, days.today - 140):
        expected = Expected.at(days, moment)
        today = np.flatnonzero((expected.last == moment) & (expected.purchases >= 3) & (expected.purchases <= 8))
        following = days.day[np.searchsorted(days.pair * 1_000_000 + days.day, expected.pair * 1_000_000 + moment) + 1]
        due = expected.quantile_days(np.zeros_like(expected.last), (0.5,))[0]
        off.append((following - moment - due)[today])
    assert len(np.concatenate(off)) > 1_000
    assert share_close(np.concatenate(off)) == pytest.approx(share, abs=0.03)


@pytest.mark.parity
@pytest.mark.parametrize(("cv", "share"), [(0.1, 0.66), (0.2, 0.38), (0.3, 0.26)])
def test_planted_cycles_of_28_days_at_length(cv, share):
    orders, last = planted(0, n=40_000, cv=cv)
    off = []
    for day in range(last, last + 3):
        table = retention.replenishment(orders, as_of=date_of(day)).table
        table = table[(table["last_at"] == date_of(day)) & table["purchases"].between(3, 8)]  # two to seven gaps
        off.append((next_days(orders, day)[table["customer_id"]].to_numpy() - table["due_at"]).dt.days)
    found = share_close(np.concatenate(off))
    print(f"within three days at {cv:.0%}: {found:.3f}")
    assert found == pytest.approx(share, abs=0.02)


def test_without_cycles_the_own_rate_is_not_beaten():
    orders, last = memoryless(0)
    table = retention.replenishment(orders, as_of=date_of(last)).table
    table = table[table["purchases"] >= 3]
    at = orders["ordered_at"]
    after = orders.loc[(at > date_of(last)) & (at <= date_of(last + 14)), "customer_id"]
    bought = np.isin(table["customer_id"], after)
    first = orders.groupby("customer_id")["ordered_at"].min()[table["customer_id"]]
    rate = table["purchases"].to_numpy() / ((pd.Timestamp(date_of(last)) - first).dt.days.to_numpy() + 1)
    best = len(table) // 20
    top = [bought[np.argsort(-score, kind="stable")[:best]].mean() for score in (table["probability"].to_numpy(), rate)]
    assert abs(top[0] - top[1]) <= 0.03
    assert table["probability"].mean() == pytest.approx(bought.mean(), abs=0.02)


def test_date_status_and_probability_agree():
    orders, last = cycles(4, n=2_000, cv=0.6)
    result = retention.replenishment(orders, as_of=date_of(last), window="21d")
    table, now = result.table, pd.Timestamp(date_of(last))
    assert set(table["status"]) == {"overdue", "due_soon", "on_track", "not_predictable"}
    late, dated = table["status"] == "overdue", table["due_at"].notna()
    assert (table.loc[late, "due_at"] < now).all()
    ahead = table[dated & ~late]
    assert (ahead["due_at"] > now).all()
    assert ((ahead["due_at"] <= date_of(last + 21)) == (ahead["probability"] >= 0.5)).all()
    assert ((ahead["status"] == "due_soon") == (ahead["probability"] >= 0.5)).all()
    assert not (table["due_low"] > table["due_at"]).any()
    assert not (table["due_high"] < table["due_at"]).any()
    remind = (table["due_at"] - table["remind_at"]).dt.days
    assert (remind[late & (table["remind_at"] > table["last_at"] + pd.Timedelta(days=1))] == 3).all()


@pytest.mark.parametrize(("probability", "due"), [(0.5, 24), (0.49, 25), (np.nan, 30)])
def test_a_date_that_lies_ahead_is_drawn_to_the_side_of_the_probability(probability, due):
    silence, fresh = np.array([10]), np.array([[5.0], [12.0], [np.nan]])
    given_silence = np.array([[11.0], [30.0 if due != 25 else 20.0], [np.nan]])
    found = _due_days(silence, fresh, given_silence, np.array([probability]), 14)
    assert found[:2].tolist() == [[11.0], [due]]
    late = _due_days(silence + 3, fresh, given_silence, np.array([probability]), 14)
    assert late[1].tolist() == [12.0]


def test_rows_after_as_of_and_the_order_of_rows_change_nothing():
    orders = order_lines()
    early = retention.replenishment(orders[orders["ordered_at"] <= "2023-10-31"], as_of="2023-10-31")
    late = retention.replenishment(orders.sample(frac=1, random_state=1), as_of="2023-10-31")
    pd.testing.assert_frame_equal(early.table, late.table)
    pd.testing.assert_frame_equal(early.products, late.products)
