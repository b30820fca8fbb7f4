"""Carts against an interpreter in plain Python, hand-worked cases, and every table library."""

import os
from datetime import timedelta
from pathlib import Path

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecommine import SchemaError, datasets, funnel, schema
from ecommine.funnel._carts.orders import _nearest_once
from funnel import slow, slow_carts
from libraries import to_pandas

NAMES = (*slow_carts.KINDS[:1] * 4, *slow_carts.KINDS[1:], "purchase", "view_item", "noise")
SHORT = {"recover_within": "15min", "gap": "4min"}
SLOW = {"within": timedelta(minutes=15), "gap": timedelta(minutes=4)}


def rows(*, products=True, sessions=True, customers=True):
    """Draw events of three visitors within an hour."""
    return st.lists(
        st.tuples(
            st.integers(1, 3),
            st.integers(0, 60),
            st.sampled_from(NAMES),
            st.sampled_from([None, 1, 2]) if products else st.none(),
            st.sampled_from([None, 5.0, 7.5]),
            st.sampled_from([None, 0, 1, 2]),
            st.sampled_from([None, 1, 2]) if sessions else st.none(),
            st.sampled_from([None, None, 8, 9]) if customers else st.none(),
        ),
        min_size=1,
        max_size=25,
    )


def codes(found):
    """Return the count of each note by its code."""
    return {note.code: note.count for note in found.notes}


def compared(found, expected):
    """Check every column that the interpreter knows."""
    wanted = pd.DataFrame(expected).sort_values("cart_id", ignore_index=True)
    table = found.table.sort_values("cart_id", ignore_index=True)
    assert table["cart_id"].tolist() == wanted["cart_id"].tolist()
    for name in ("status", "checkout_step", "items", "items_left"):
        assert table[name].tolist() == wanted[name].tolist(), name
    for name in ("opened_at", "last_touched_at", "abandoned_at", "bought_at"):
        assert table[name].fillna(pd.Timestamp(0)).tolist() == wanted[name].fillna(pd.Timestamp(0)).tolist(), name
    for name in ("units", "value", "value_left"):
        assert table[name].tolist() == pytest.approx(wanted[name].tolist(), nan_ok=True), name
    return table, wanted


@pytest.mark.parametrize(
    "kind",
    [{}, {"products": False}, {"sessions": False}, {"customers": False}, {"sessions": False, "customers": False}],
    ids=["all", "no products", "no sessions", "no customers", "visitors alone"],
)
@given(data=st.data())
@settings(max_examples=80)
def test_every_cart_is_the_interpreters(kind, data):
    frame = slow_carts.table(data.draw(rows(**kind)))
    if not kind.get("customers", True):
        frame = frame.drop(columns="customer_id")
    expected, purchases = slow_carts.carts(frame, **SLOW)
    found = funnel.carts(frame.sample(frac=1, random_state=data.draw(st.integers(0, 9))), **SHORT)
    assert len(found.table) == len(expected)
    outside = sum(purchases[name] for name in ("beside", "late", "none"))
    assert codes(found).get("purchases_without_cart", 0) == outside
    if expected:
        compared(found, expected)
    assert found.rates["left"].item() == sum(row["_at_risk"] for row in expected)
    assert found.rates["bought"].item() == sum(row["_bought"] for row in expected)


SIDE = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 12)), max_size=9).map(sorted)


@given(records=SIDE, moments=SIDE, most=st.integers(0, 5))
@settings(max_examples=200)
def test_each_moment_has_the_nearest_record_and_each_record_the_nearest_moment(records, moments, most):
    """Against all pairs in one list, sorted."""
    pairs = []
    for i, (key, at) in enumerate(moments):
        near = [(abs(time - at), j) for j, (other, time) in enumerate(records) if other == key]
        pairs += [(min(near)[0], at, i, min(near)[1])] if near and min(near)[0] <= most else []
    expected = {}
    for _, _, i, j in sorted(pairs):
        if j not in expected.values():
            expected[i] = j
    sides = [np.array(side, dtype=np.int64).reshape(-1, 2).T for side in (records, moments)]
    found = _nearest_once(*sides[0], *sides[1], most)
    assert found.tolist() == [expected.get(i, -1) for i in range(len(moments))]


def two_orders(second):
    """Make a cart of tea and a pot, two purchases without products, and orders of tea and of something else."""
    frame = slow_carts.table([(1, at, "add_to_cart", product, 9.0) for at, product in ((0, 1), (1, 2))])
    bought = slow_carts.table([(1, at, "purchase") for at in (5, 15)])
    orders = pd.DataFrame({"order_id": [1, 2], "customer_id": 7, "product_id": [1.0, 3.0]})
    orders["ordered_at"] = slow_carts.START + pd.to_timedelta([5, second], unit="min")
    return pd.concat([frame, bought], ignore_index=True).assign(customer_id=7), orders


@pytest.mark.parametrize("by_id", [True, False])
def test_an_order_is_the_nearest_purchase(by_id):
    frame, orders = two_orders(15)
    if by_id:
        frame["order_id"] = [None, None, 1, 2]
    table = funnel.carts(frame, orders=orders, as_of="2024-03-01").table
    assert table[["status", "items", "items_left"]].to_numpy().tolist() == [["bought", 2, 1]]


def test_a_purchase_event_is_one_order():
    """Both orders are nearest to the first purchase: the second of them is a purchase of its own."""
    frame, orders = two_orders(6)
    found = funnel.carts(frame, orders=orders, as_of="2024-03-01")
    assert found.table["items_left"].tolist() == [1]
    assert codes(found)["purchases_without_cart"] == 1
    one = funnel.carts(frame[:3], orders=orders, as_of="2024-03-01")
    assert one.table["items_left"].tolist() == [1]  # the order that is left is a purchase of its own, of nothing in it


ORDERS = st.lists(
    st.tuples(st.integers(1, 4), st.sampled_from([8, 9, 10]), st.integers(0, 60), st.sampled_from([None, 1, 2, 3])),
    min_size=1,
    max_size=6,
)


def order_lines(lines):
    """Make order lines; all lines of an order have the customer and the minute of its first."""
    first = {order: line for line in reversed(lines) for order in [line[0]]}
    frame = pd.DataFrame(
        [(order, first[order][1], first[order][2], product) for order, _, _, product in lines],
        columns=["order_id", "customer_id", "minute", "product_id"],
    )
    at = slow_carts.START + pd.to_timedelta(frame.pop("minute"), unit="min")
    frame["ordered_at"] = pd.Series(at, dtype="datetime64[us]")
    return frame.astype({"product_id": "float64"})


@pytest.mark.parametrize("by_id", [True, False])
@pytest.mark.filterwarnings("ignore::ecommine.DataWarning")
@given(drawn=rows(), lines=ORDERS, ids=st.lists(st.sampled_from([None, 1, 2, 9]), min_size=25, max_size=25))
@settings(max_examples=100)
def test_orders_take_part_as_in_the_interpreter(by_id, drawn, lines, ids):
    """Within a long gap, so that orders have several purchases near them, and purchases several orders."""
    frame, orders = slow_carts.table(drawn), order_lines(lines)
    if by_id:
        named = [one if event == "purchase" else None for one, event in zip(ids, frame["event"], strict=False)]
        frame["order_id"] = np.array(named, dtype=np.float64)
        # Of two purchase events of one order the first counts: which that is, is for the test of equal events.
        frame = frame[~(frame["order_id"].notna() & frame["order_id"].duplicated())]
    until = frame["occurred_at"].max()
    orders = orders[orders["ordered_at"] <= until]
    expected, _ = slow_carts.carts(frame, within=SLOW["within"], gap=timedelta(minutes=20), orders=orders)
    found = funnel.carts(frame, orders=orders, recover_within="15min", gap="20min")
    assert len(found.table) == len(expected)
    if expected:
        compared(found, expected)


RECORDS = st.lists(st.tuples(st.sampled_from([1, 2]), st.integers(-1, 5), st.integers(0, 3)), max_size=12)


@given(drawn=rows(customers=False), prices=RECORDS, stock=RECORDS)
@settings(max_examples=100)
def test_flags_are_the_interpreters(drawn, prices, stock):
    """Hours stand for minutes, so that a cart spans days."""
    frame = slow_carts.table([(visitor, 60 * minute, *rest) for visitor, minute, *rest in drawn])
    day = [slow_carts.START + timedelta(days=one) for one in range(-1, 6)]
    prices = list({(product, at): (product, day[at + 1], float(value)) for product, at, value in prices}.values())
    stock = list({(product, at): (product, day[at + 1], float(value)) for product, at, value in stock}.values())
    sales = pd.DataFrame(prices, columns=["product_id", "period_at", "price"])
    hand = pd.DataFrame(stock, columns=["product_id", "stocked_at", "on_hand"])
    typed = {"product_id": "int64", "period_at": "datetime64[us]", "stocked_at": "datetime64[us]"}
    typed |= {"price": "float64", "on_hand": "float64"}
    sales, hand = (one.astype({k: v for k, v in typed.items() if k in one}) for one in (sales, hand))
    within = {"within": timedelta(hours=15), "gap": timedelta(hours=4)}
    expected, _ = slow_carts.carts(frame, **within, prices=prices, stock=stock)
    found = funnel.carts(frame, sales=sales, stock=hand, recover_within="15h", gap="4h")
    if expected:
        wanted = pd.DataFrame(expected).sort_values("cart_id")
        table = found.table.sort_values("cart_id")
        for name in ("out_of_stock", "price_rise", "out_of_stock_later"):
            flags = [None if one is pd.NA else one for one in table[name]]
            assert flags == [None if one is None else bool(one) for one in wanted[name]], name


@given(drawn=rows(), seed=st.integers(0, 99))
@settings(max_examples=40)
def test_the_order_of_rows_does_not_matter(drawn, seed):
    frame = slow_carts.table(drawn)
    first, second = (funnel.carts(one, **SHORT) for one in (frame, frame.sample(frac=1, random_state=seed)))
    for name, table in first.tables.items():
        pd.testing.assert_frame_equal(table, second.tables[name])


def one(*events, **options):
    """Make the carts of one visitor from (minute, event, ...)."""
    frame = slow_carts.table([(1, *event) for event in events])
    return funnel.carts(frame, **{"as_of": "2024-03-01", **options}).table


def test_bought_in_the_session_recovered_later_and_abandoned():
    """The window is of 7 days from the last touch of the session that opened the cart, and 7 days are within it."""
    week = 7 * 1440
    assert one((0, "add_to_cart"), (5, "purchase"))["status"].tolist() == ["bought"]
    assert one((0, "add_to_cart"), (5, "view_cart"), (week + 5, "purchase"))["status"].tolist() == ["recovered"]
    table = one((0, "add_to_cart"), (5, "view_cart"), (week + 6, "purchase"))
    assert table["status"].tolist() == ["abandoned"]
    assert table["hours_to_recover"].isna().all()


def test_carts_bought_days_later_are_not_abandoned():
    """Matomo 6974."""
    table = one((0, "add_to_cart", 1, 30.0), (3 * 1440, "view_item", 1), (3 * 1440 + 4, "purchase"))
    assert table[["status", "hours_to_recover"]].to_numpy().tolist() == [["recovered", 72 + 4 / 60]]


def test_an_add_after_the_purchase_is_a_new_cart():
    """D8a 137."""
    table = one((0, "add_to_cart", 1), (5, "purchase"), (8, "add_to_cart", 1))
    assert table["cart_id"].tolist() == ["v1-1", "v1-2"]
    assert table["status"].tolist() == ["bought", "abandoned"]


def test_an_add_after_the_window_is_a_new_cart():
    week = 7 * 1440
    assert len(one((0, "add_to_cart"), (week, "add_to_cart"))) == 1
    table = one((0, "add_to_cart"), (week + 1, "add_to_cart"), (week + 2, "purchase"))
    assert table["status"].tolist() == ["abandoned", "bought"]


def test_a_purchase_of_some_products_leaves_the_others():
    table = one(
        (0, "add_to_cart", 1, 10.0), (1, "add_to_cart", 2, 20.0), (2, "add_to_cart", 3, 5.0), (3, "purchase", 1),
        (3, "purchase", 3),
    )  # fmt: skip
    row = table.iloc[0]
    assert (row["status"], row["items"], row["value"], row["items_left"], row["value_left"]) == ("bought", 3, 35, 1, 20)


def test_a_purchase_of_something_else_leaves_the_cart_open():
    frame = slow_carts.table([(1, 0, "add_to_cart", 1, 9.0), (1, 3, "purchase", 2), (1, 4, "purchase", 1)])
    found = funnel.carts(frame, as_of="2024-03-01")
    assert found.table["bought_at"].tolist() == [pd.Timestamp("2024-01-01 00:04")]
    assert codes(found) == {"purchases_without_cart": 1}


def test_what_the_visitor_takes_out_is_no_longer_there():
    table = one((0, "add_to_cart", 1, 30.0, 3), (1, "remove_from_cart", 1, None, 1), (2, "add_to_cart", 2, 9.0))
    assert table[["items", "units", "value"]].to_numpy().tolist() == [[2, 3.0, 29.0]]
    table = one((0, "add_to_cart", 1, 30.0, 3), (1, "remove_from_cart", 1))
    assert table[["status", "items", "value"]].to_numpy().tolist() == [["emptied", 0, 0.0]]


def test_a_cart_is_not_decided_before_its_session_and_its_window_are_over():
    frame = slow_carts.table([(1, 0, "add_to_cart"), (2, 100, "add_to_cart")])
    for as_of, expected, left in (
        ("2024-01-01 01:45", ["pending", "pending"], 1),
        ("2024-01-08 00:30", ["abandoned", "pending"], 2),
        ("2024-01-09", ["abandoned", "abandoned"], 2),
    ):
        found = funnel.carts(frame, as_of=as_of)
        assert found.table["status"].tolist() == expected
        assert found.rates["left"].item() == left
    found = funnel.carts(frame, as_of="2024-01-01 01:45")
    assert codes(found) == {"sessions_in_progress": 1, "no_window_over": None, "unknown_value": 2}


def test_customers_are_one_person_on_two_devices():
    rows = [
        (1, 0, "add_to_cart", 1, 9.0, None, 1, 7),
        (2, 300, "view_cart", None, None, None, 2, 7),
        (2, 301, "purchase", None, None, None, 2, None),
        (3, 5, "add_to_cart", 1, 9.0, None, 3, None),
    ]
    table = funnel.carts(slow_carts.table(rows), as_of="2024-03-01").table
    assert table["cart_id"].tolist() == ["c7-1", "v3-1"]
    assert table["status"].tolist() == ["recovered", "abandoned"]
    assert table["visitor_id"].tolist() == [1, 3]


def test_visitors_who_are_several_customers_are_told():
    rows = [(1, 0, "add_to_cart", *[None] * 4, 7), (1, 60, "add_to_cart", *[None] * 4, 8), (1, 70, "add_to_cart")]
    found = funnel.carts(slow_carts.table(rows), as_of="2024-03-01")
    assert found.table["cart_id"].tolist() == ["c7-1", "c8-1", "v1-1"]
    assert codes(found)["visitors_with_several_customers"] == 1


def test_sessions_go_by_their_ids_and_a_purchase_before_the_end_of_the_first_is_in_time():
    far = [(0, "add_to_cart", None, None, None, 1), (200, "purchase", None, None, None, 1)]
    assert one(*far)["status"].tolist() == ["bought"]
    near = [(0, "add_to_cart", None, None, None, 1), (2, "purchase", None, None, None, 2)]
    assert one(*near)["status"].tolist() == ["recovered"]
    both = [(0, "add_to_cart", None, None, None, 1), (2, "purchase", None, None, None, 2)]
    assert one(*both, (9, "view_item", None, None, None, 1))["status"].tolist() == ["bought"]


def test_the_step_is_that_of_the_session_that_was_left():
    table = one((0, "add_to_cart"), (1, "add_shipping_info"), (900, "add_payment_info"), (901, "purchase"))
    assert table[["status", "checkout_step", "reason"]].to_numpy().tolist() == [
        ["recovered", "add_shipping_info", "checkout_shipping"]
    ]


def test_the_first_reason_in_order_is_named_and_all_flags_are_kept():
    frame = slow_carts.table([(1, 0, "add_to_cart", 1), (1, 1500, "view_item"), (1, 9, "begin_checkout")])
    frame.loc[len(frame)] = {**frame.iloc[2], "event": "add_payment_info"}
    frame["session_id"] = 1.0
    frame.loc[frame["event"] == "begin_checkout", "occurred_at"] += pd.Timedelta("26h")
    day = pd.to_datetime(["2024-01-01", "2024-01-02"]).astype("datetime64[us]")
    sales = pd.DataFrame({"product_id": 1, "period_at": day, "price": [2.0, 3.0]})
    stock = pd.DataFrame({"product_id": 1, "stocked_at": day, "on_hand": [4, 0]})
    names = ["reason", "out_of_stock", "price_rise"]
    for tables, expected in (
        ({}, ["checkout_payment", pd.NA, pd.NA]),
        ({"sales": sales}, ["price_rise", pd.NA, True]),
        ({"sales": sales, "stock": stock}, ["out_of_stock", True, True]),
        ({"sales": sales.assign(price=2.0), "stock": stock.assign(on_hand=1)}, ["checkout_payment", False, False]),
    ):
        table = funnel.carts(frame, as_of="2024-03-01", **tables).table
        assert table[names].iloc[0].tolist() == expected


def test_prices_of_stores_are_averaged_and_their_stock_is_summed():
    frame = slow_carts.table([(1, 0, "add_to_cart", 1, 5.0)])
    day = pd.to_datetime(["2024-01-01"] * 2).astype("datetime64[us]")
    stock = pd.DataFrame({"product_id": 1, "stocked_at": day, "on_hand": [0, 3], "store_id": [1, 2]})
    assert funnel.carts(frame, stock=stock, as_of="2024-03-01").table["out_of_stock"].tolist() == [False]
    sales = pd.DataFrame({"product_id": 1, "period_at": day, "price": [4.0, 8.0]})
    unpriced = frame.assign(value=np.nan)
    assert funnel.carts(unpriced, sales=sales, as_of="2024-03-01").table["value"].tolist() == [6.0]


def test_events_tell_a_rise_where_they_have_quantities():
    rows = [
        (1, 0, "add_to_cart", 1, 20.0, 2),
        (1, 5, "view_item", 1, 12.0),
        (1, 6, "view_cart"),
        (2, 0, "add_to_cart", 1, 20.0, 2),
    ]
    table = funnel.carts(slow_carts.table(rows), as_of="2024-03-01").table
    assert table["price_rise"].tolist() == [True, False]
    assert table["reason"].fillna("").tolist() == ["price_rise", ""]


@given(
    waits=st.lists(st.tuples(st.integers(0, 60), st.one_of(st.none(), st.integers(5, 60))), min_size=1, max_size=40),
    window=st.integers(5, 30),
)
@settings(max_examples=80)
def test_recovery_is_kaplan_and_meiers(waits, window):
    """Hours stand for minutes: every session is over after a minute."""
    drawn, until = [], 60
    for visitor, (at, wait) in enumerate(waits):
        drawn.append((visitor, 60 * at, "add_to_cart", None, 8.0))
        if wait is not None and at + wait <= until:
            drawn.append((visitor, 60 * (at + wait), "purchase"))
    as_of = slow_carts.START + timedelta(hours=until)
    found = funnel.carts(slow_carts.table(drawn), recover_within=f"{window}h", gap="1min", as_of=as_of)
    seen = [(at, wait) for at, wait in waits if at < until]
    went = [wait is not None and wait <= window and at + wait <= until for at, wait in seen]
    times = [wait if there else until - at for (at, wait), there in zip(seen, went, strict=True)]
    row = found.rates.iloc[0]
    if all(time < window for at, time in zip([at for at, _ in seen], [until - at for at, _ in seen], strict=True)):
        assert np.isnan(row["recovery"])
        assert np.isnan(row["lost"])
    else:
        assert row["recovery"] == pytest.approx(slow.kaplan_meier(times, went, window), abs=1e-12)
        assert row["lost"] == pytest.approx(1 - row["recovery"])
    assert row["recovered"] == sum(went)


def test_rates_without_open_windows_are_shares_with_wilsons_interval():
    drawn = [(visitor, 0, "add_to_cart") for visitor in range(80)]
    drawn += [(visitor, 5, "purchase") for visitor in range(20)]
    drawn += [(visitor, 1440, "purchase") for visitor in range(20, 50)]
    found = funnel.carts(slow_carts.table(drawn), as_of="2024-06-01")
    from statsmodels.stats.proportion import proportion_confint

    row = found.rates.iloc[0]
    for name, count, n in (("abandonment", 60, 80), ("recovery", 30, 60), ("lost", 30, 80)):
        low, high = proportion_confint(count, n, method="wilson")
        assert tuple(row[[name, f"{name}_low", f"{name}_high"]]) == pytest.approx((count / n, low, high)), name
    assert codes(found) == {"purchases_without_product": 30, "unknown_value": 80}


def test_carts_of_one_visitor_are_taken_together():
    """Visitors recover all of their carts or none: they count once each, not once a cart."""
    drawn = [(visitor, 20_000 * cart, "add_to_cart") for visitor in range(40) for cart in range(5)]
    drawn += [(visitor, 20_000 * cart + 1440, "purchase") for visitor in range(20) for cart in range(5)]
    row = funnel.carts(slow_carts.table(drawn), as_of="2024-06-01").rates.iloc[0]
    from statsmodels.stats.proportion import proportion_confint

    assert (row["recovery_low"], row["recovery_high"]) == pytest.approx(proportion_confint(20, 40, method="wilson"))


def many(n=600, seed=0):
    """Draw a log in which a quarter of the carts come back, those that came to the checkout more."""
    rng = np.random.default_rng(seed)
    drawn = []
    for visitor in range(n):
        at, product = int(rng.integers(0, 28_000)), int(rng.integers(1, 9))
        drawn.append((visitor, at, "add_to_cart", product, 10.0 * product, 1, 2 * visitor))
        checkout = rng.random() < 0.5
        drawn += [(visitor, at + 3, "begin_checkout", None, None, None, 2 * visitor)] if checkout else []
        chance = rng.random()
        if chance < 0.3:
            drawn.append((visitor, at + 6, "purchase", None, None, None, 2 * visitor))
        elif chance < (0.7 if checkout else 0.4):
            back = at + 600 + int(rng.exponential(2_000))
            drawn.append((visitor, back, "purchase", None, None, None, 2 * visitor + 1))
    return slow_carts.table(drawn).drop(columns="customer_id")


AS_OF = "2024-01-20"


def test_the_chance_of_an_open_cart_is_conditional_on_its_age_and_shrunk_to_all():
    found = funnel.carts(many(), as_of=AS_OF)
    table = found.table
    left = table[table["abandoned_at"].notna()]
    until, week = pd.Timestamp("2024-01-20 23:59:59.999999"), 7 * 24.0

    def curve(rows, time):
        went = (rows["status"] == "recovered").tolist()
        seen = np.minimum((until - rows["abandoned_at"]) / pd.Timedelta("1h"), week)
        times = np.where(went, rows["hours_to_recover"], seen).tolist()
        return 1 - slow.kaplan_meier(times, [one and wait <= time for one, wait in zip(went, times, strict=True)], time)

    back = found.win_back
    assert len(back) > 20
    for row in back.head(12).itertuples():
        like = left[left["checkout_step"] == row.checkout_step]
        everyone, own = (1 - curve(rows, week) / curve(rows, row.age_hours) for rows in (left, like))
        weight = len(like) / (len(like) + 100)
        assert row.chance == pytest.approx(weight * own + (1 - weight) * everyone)
        assert row.expected_value == pytest.approx(row.chance * row.value_left)
        assert row.chance_low < row.chance < row.chance_high
    assert back["expected_value"].is_monotonic_decreasing
    assert set(back["cart_id"]) == set(table.loc[table["status"] == "pending", "cart_id"])
    shares = found.table.set_index("cart_id").loc[back["cart_id"], "expected_value"]
    assert shares.tolist() == back["expected_value"].tolist()
    assert (back["age_hours"] + back["hours_left"]).tolist() == pytest.approx([week] * len(back))


def test_parts_add_up():
    found = funnel.carts(many(), as_of=AS_OF)
    whole, steps, reasons = found.rates.iloc[0], found.steps, found.reasons
    for name in ("carts", "bought", "left", "recovered", "open"):
        assert steps[name].sum() == whole[name]
    assert reasons["carts"].sum() == whole["left"]
    assert reasons["share"].sum() == pytest.approx(1)
    assert whole["lost"] == pytest.approx(whole["abandonment"] * (1 - whole["recovery"]))
    assert found.recovery["recovered"].iloc[-1] == pytest.approx(whole["recovery"])
    assert found.recovery["recovered"].is_monotonic_increasing
    assert found.recovery["hours"].tolist() == [6.0 * one for one in range(29)]


@pytest.mark.call("funnel.carts")
def test_every_library_gives_the_same_tables(library):
    frame = many()
    frame["visitor_id"] = [f"v{one}" for one in frame["visitor_id"]]
    frame["product_id"] = [None if one != one else f"p{one:.0f}" for one in frame["product_id"]]
    frame["session_id"] = frame["session_id"].astype("Int64")
    frame["customer_id"] = (frame["session_id"] // 4).where(frame["visitor_id"].str.len() == 3)
    day = pd.date_range("2024-01-01", periods=25).astype("datetime64[us]")
    names = [f"p{one}" for one in range(1, 9)]
    grid = pd.MultiIndex.from_product([names, day], names=["product_id", "at"]).to_frame(index=False)
    rng = np.random.default_rng(1)
    sales = grid.rename(columns={"at": "period_at"}).assign(price=rng.integers(1, 4, len(grid)) * 10.0)
    stock = grid.rename(columns={"at": "stocked_at"}).assign(on_hand=rng.integers(0, 12, len(grid)))
    orders = pd.DataFrame(
        {
            "order_id": range(40),
            "customer_id": range(40),
            "ordered_at": pd.date_range("2024-01-03", periods=40, freq="7h").astype("datetime64[us]"),
            "product_id": [names[one % 8] for one in range(40)],
        }
    )
    tables = {"orders": orders, "sales": sales, "stock": stock}
    with pytest.warns(schema.DataWarning):
        expected = funnel.carts(frame, as_of=AS_OF, **tables)
    with pytest.warns(schema.DataWarning):
        found = funnel.carts(library(frame), as_of=AS_OF, **{name: library(one) for name, one in tables.items()})
    for name, table in expected.tables.items():
        plain, other = to_pandas(table), to_pandas(found.tables[name])
        if "products" in plain:
            assert list(map(list, other.pop("products"))) == list(map(list, plain.pop("products")))
        pd.testing.assert_frame_equal(other, plain, check_dtype=False, rtol=1e-12)
    assert found.notes == expected.notes
    assert found.headline == expected.headline
    assert found.summary() == expected.summary()
    flat = to_pandas(found.to_flat(names={"p1": "tea"}))["products"].tolist()
    assert flat == to_pandas(expected.to_flat(names={"p1": "tea"}))["products"].tolist()
    assert {"tea", "p2"} <= set(flat)


@pytest.mark.parametrize("kept", [0, 1], ids=["empty", "one row"])
def test_few_rows(kept, local_library):
    frame = slow_carts.table([(1, 0, "add_to_cart", 1, 3.0, 1, 1, 5)]).iloc[:kept]
    frame = frame.astype(dict.fromkeys(("product_id", "session_id", "customer_id"), "Int64"))
    found = funnel.carts(local_library(frame), as_of="2024-01-02")
    full = funnel.carts(many(50), as_of=AS_OF)
    assert len(to_pandas(found.table)) == kept
    assert [*to_pandas(found.table).columns.drop("customer_id", errors="ignore")] == list(full.table.columns)
    assert len(repr(found).splitlines()) <= 12
    assert len(to_pandas(found.win_back)) == len(to_pandas(found.to_flat())) == kept
    assert found.summary()
    assert found.summary(locale="zh")


def test_carts_whose_value_lacks_a_product_are_told():
    """One has both prices, one lacks one of two, one lacks all, one no longer holds what has no price."""
    rows = [(visitor, 0, "add_to_cart", 1, None if visitor == 3 else 9.0) for visitor in (1, 2, 3, 4)]
    rows += [(visitor, 1, "add_to_cart", 2, 5.0 if visitor == 1 else None) for visitor in (1, 2, 3, 4)]
    found = funnel.carts(slow_carts.table([*rows, (4, 2, "remove_from_cart", 2)]), as_of="2024-03-01")
    assert found.table["value"].fillna(-1).tolist() == [14.0, 9.0, -1.0, 9.0]
    assert codes(found) == {"unknown_value": 1, "partial_value": 1}


def test_infinite_numbers_are_unknown_ones():
    table = one((0, "add_to_cart", 1, np.inf, 2), (1, "add_to_cart", 2, 4.0, np.inf))
    assert table[["units", "value"]].to_numpy().tolist() == [[3.0, 4.0]]


def test_no_cart_of_a_known_customer(local_library):
    frame = slow_carts.table([(1, 0, "add_to_cart", 1, 9.0), (2, 0, "purchase", None, None, None, None, 7)])
    frame = frame.astype(dict.fromkeys(("product_id", "session_id", "customer_id"), "Int64"))
    table = funnel.carts(local_library(frame), as_of="2024-03-01").table
    assert to_pandas(table)["customer_id"].isna().all()


def test_a_visitor_with_very_many_carts():
    """A robot: each purchase closes a cart, and the next add opens one."""
    n = 20_000
    frame = slow_carts.table([(1, place, name) for place in range(n) for name in ("add_to_cart", "purchase")])
    table = funnel.carts(frame).table
    assert len(table) == n
    assert table["cart_id"].iloc[-1] == f"v1-{n}"
    assert set(table["status"]) == {"bought"}


def test_nothing_but_purchases_has_no_cart():
    found = funnel.carts(slow_carts.table([(1, 0, "purchase"), (2, 5, "purchase", 1)]))
    assert len(found.table) == 0
    assert codes(found) == {"no_cart_events": None, "purchases_without_cart": 2}


def test_what_is_left_out_is_told():
    frame = slow_carts.table([(1, 0, "view_cart"), (1, 5, "add_to_cart", 1, 9.0), (2, 5, "add_to_cart", 1, 9.0)])
    frame["visitor_id"] = frame["visitor_id"].astype("Int64")
    frame.loc[2, "visitor_id"] = pd.NA
    found = funnel.carts(frame, as_of="2024-03-01")
    assert len(found.notes) == 2
    assert found.notes[1].code == "touches_without_cart"
    assert found.notes[1].count == 1


def test_orders_that_the_events_do_not_have_are_told():
    frame = slow_carts.table([(1, 0, "add_to_cart", 1, 9.0, None, None, 7), (2, 0, "add_to_cart", 1, 9.0)])
    orders = pd.DataFrame(
        {
            "order_id": ["a", "b"],
            "customer_id": [7, 8],
            "ordered_at": pd.to_datetime(["2024-01-02", "2024-01-03"]).astype("datetime64[us]"),
            "product_id": [1.0, 1.0],
        }
    )
    found = funnel.carts(frame, orders=orders, as_of="2024-03-01")
    assert found.table["status"].tolist() == ["recovered", "abandoned"]
    assert found.matched_carts == 1.0
    assert np.isnan(found.matched_purchases)
    assert codes(found) == {"orders_of_known_customers": 1, "bought_carts_in_orders": 1}


@pytest.mark.parametrize(("minutes", "count", "shares"), [([90, 180], 0, (0, 2 / 3)), ([5], 1, (1, 1 / 3))])
def test_the_warning_is_of_the_share_that_is_low(minutes, count, shares):
    """One purchase has a cart, two have none; the orders have either these two, or that one."""
    frame = slow_carts.table([(1, 0, "add_to_cart", 1), *((1, at, "purchase", at) for at in (5, 90, 180))])
    frame["product_id"] = frame["product_id"].replace(5, 1)
    orders = pd.DataFrame({"order_id": minutes, "customer_id": 7, "product_id": 1.0})
    orders["ordered_at"] = slow_carts.START + pd.to_timedelta(minutes, unit="min")
    with pytest.warns(schema.DataWarning) as caught:
        found = funnel.carts(frame.assign(customer_id=7), orders=orders, as_of="2024-03-01")
    assert [(note.code, note.count) for note in caught[0].message.notes] == [("few_matched_orders", count)]
    assert (found.matched_carts, found.matched_purchases) == pytest.approx(shares)


def test_returns_and_lines_that_are_no_products_do_not_count():
    frame = slow_carts.table([(1, 0, "add_to_cart", 1, 9.0, None, None, 7)])
    orders = pd.DataFrame(
        {
            "order_id": [1, 2, 3],
            "customer_id": 7,
            "ordered_at": pd.to_datetime(["2024-01-02"] * 3).astype("datetime64[us]"),
            "product_id": 1.0,
            "quantity": [-1, 1, 1],
            "line_type": [None, "shipping", "product"],
        }
    )
    assert funnel.carts(frame, orders=orders[:2], as_of="2024-03-01").table["status"].tolist() == ["abandoned"]
    assert funnel.carts(frame, orders=orders, as_of="2024-03-01").table["status"].tolist() == ["recovered"]


def test_rows_of_other_tables_that_are_left_out_are_told(library):
    frame = slow_carts.table([(1, 0, "add_to_cart", 1, 9.0, None, None, 7)])
    frame = frame.drop(columns="session_id").astype({"customer_id": "int64", "product_id": "int64"})
    day = pd.to_datetime(["2024-01-02"] * 9).astype("datetime64[us]")
    orders = pd.DataFrame(
        {
            "order_id": ["a", None, "b", "c", "d", "e", "f", "g", "h"],
            "customer_id": 7,
            "ordered_at": day,
            "product_id": 1,
            "line_type": ["product", "shipping", "shipping", "discount", "product", None, "product", None, "product"],
            "quantity": [1, -1, 1, -1, -2, -1, 1, 1, 1],
            "amount": [9.0, 9, 2, -1, None, -3, -9, 9, 9],
        }
    )
    orders.loc[7, "ordered_at"], orders.loc[8, "ordered_at"] = pd.NaT, pd.Timestamp("2024-04-01")
    sales = pd.DataFrame({"product_id": 1, "period_at": day[:3], "price": [9.0, 1, None]})
    sales.loc[1, "period_at"] = pd.NaT
    stock = pd.DataFrame({"product_id": [1, 1], "stocked_at": day[:2], "on_hand": [None, 4.0]})
    tables = {"orders": orders, "sales": sales, "stock": stock}
    found = funnel.carts(library(frame), as_of="2024-03-01", **{name: library(table) for name, table in tables.items()})
    assert codes(found) == {
        "incomplete_sales_left_out": 2,
        "incomplete_stock_left_out": 1,
        "incomplete_orders_left_out": 2,
        "other_lines_left_out": 2,
        "returns_left_out": 3,
        "orders_after_as_of": 1,
        "orders_of_known_customers": 1,
        "bought_carts_in_orders": 1,
    }


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"recover_within": "1mo"}, ValueError, "`recover_within` must be a fixed length of time"),
        ({"gap": "soon"}, ValueError, "`gap` must be a fixed length of time, a whole number and"),
        ({"level": 95}, ValueError, "`level` must be between"),
        ({"orders": pd.DataFrame({"order_id": [1]})}, SchemaError, "`customer_id` is missing"),
        ({"sales": pd.DataFrame({"product_id": [1], "price": [2.0]})}, SchemaError, "`period_at` is missing"),
        ({"stock": pd.DataFrame({"product_id": [1]})}, SchemaError, "`stocked_at` is missing"),
    ],
)
def test_errors_name_the_way_out(change, error, message):
    with pytest.raises(error, match=message):
        funnel.carts(many(20), **change)


def test_errors_of_the_events():
    frame = many(20)
    with pytest.raises(SchemaError, match="`event` is missing"):
        funnel.carts(frame.drop(columns="event"))
    with pytest.raises(SchemaError, match="`quantity` holds String, not numbers"):
        funnel.carts(frame.assign(quantity="two"))
    stock = pd.DataFrame(
        {"product_id": ["p"], "stocked_at": pd.to_datetime(["2024-01-01"]).astype("datetime64[us]"), "on_hand": [1]}
    )
    with pytest.raises(SchemaError, match="`product_id` holds text in stock but numbers in events"):
        funnel.carts(frame, stock=stock)
    orders = pd.DataFrame({"order_id": ["a"], "customer_id": [1], "ordered_at": stock["stocked_at"]})
    with pytest.raises(SchemaError, match="`order_id` holds text in orders but numbers in events"):
        funnel.carts(frame.assign(order_id=1), orders=orders)
    with pytest.raises(TypeError, match="`orders` must be a table of the same library as `events`"):
        funnel.carts(frame, orders=pytest.importorskip("polars").from_pandas(orders))
    found = funnel.carts(frame)
    for call in (found.summary, found.plot):
        with pytest.raises(ValueError, match="`locale` must be one of"):
            call(locale="fr")
    with pytest.raises(ValueError, match="`kind` must be one of"):
        found.plot(kind="pie")
    with pytest.raises(ValueError, match="`names` must have the columns"):
        found.to_flat(names=pd.DataFrame({"product_id": [1]}))


def test_a_workbook_has_every_table(tmp_path):
    pytest.importorskip("openpyxl", reason="openpyxl is not installed")
    found = funnel.carts(many(60), as_of=AS_OF)
    found.to_excel(tmp_path / "carts.xlsx")
    sheets = pd.read_excel(tmp_path / "carts.xlsx", sheet_name=None)
    assert list(sheets) == ["notes", "carts", "rates", "steps", "reasons", "recovery", "win_back"]


def test_a_length_of_time_is_named_as_it_was_given():
    assert funnel.carts(many(20), recover_within="1w").within == "1w"
    assert funnel.carts(many(20), recover_within=timedelta(days=7)).within == "7 days, 0:00:00"


@pytest.mark.parametrize("planted", [0.0, 0.1, 0.2])
def test_the_carts_of_a_shop_whose_truth_is_known(planted):
    """With identified visitors and orders; by chance less than one in a hundred buys half of a cart again."""
    shop = datasets.make_shop(1_500, 120, funnel=datasets.Funnel(recovered=planted))
    with pytest.warns(schema.DataWarning, match="customer is known"):
        events = schema.identify(shop.events, shop.links)
    for orders in (shop.orders, None):
        row = funnel.carts(events, orders=orders).rates.iloc[0]
        low, estimate, high = row[["recovery_low", "recovery", "recovery_high"]]
        print(
            f"planted {planted}, {shop.truth.recovered_carts / row['left']:.4f} of the carts left, found {estimate:.4f}"
        )
        assert low - 0.01 * (planted == 0) <= planted <= high
        assert planted > 0 or estimate < 0.01


def test_carts_of_which_nothing_is_bought_are_not_recovered():
    """Planted shares are within their intervals, whatever else is bought, and the carts of these purchases are own."""
    for seed, planted in enumerate((0.0, 0.1, 0.2)):
        frame, n_other = slow_carts.visits(np.random.default_rng(seed), 1_500, planted)
        found = funnel.carts(frame, as_of="2024-06-01")
        row = found.rates.iloc[0]
        assert row["recovery_low"] <= planted <= row["recovery_high"]
        assert row["left"] == 3_000
        assert (found.table["status"] == "bought").sum() == n_other


DAYS = 1440
OWN_CARTS = {
    "socks do not recover a TV": (
        [(0, "add_to_cart", 1), (3 * DAYS, "add_to_cart", 2), (3 * DAYS + 5, "purchase", 2)],
        [("abandoned", 1), ("bought", 0)],
    ),
    "both are bought": (
        [(0, "add_to_cart", 1), (DAYS, "add_to_cart", 2), (DAYS + 5, "purchase", 1), (DAYS + 5, "purchase", 2)],
        [("recovered", 0), ("bought", 0)],
    ),
    "what is put in again belongs to what was left": (
        [(0, "add_to_cart", 1), (DAYS, "add_to_cart", 2), (DAYS, "add_to_cart", 1), (DAYS + 5, "purchase", 1)],
        [("recovered", 0), ("abandoned", 1)],
    ),
    "two carts that were left, one purchase": (
        [(0, "add_to_cart", 1), (DAYS, "add_to_cart", 2), (2 * DAYS, "purchase", 1), (2 * DAYS, "purchase", 2)],
        [("recovered", 0), ("recovered", 0)],
    ),
    "a third is not half": (
        [*((0, "add_to_cart", product) for product in (1, 2, 3)), (DAYS, "purchase", 3)],
        [("abandoned", 2)],
    ),
    "one of two is half": (
        [*((0, "add_to_cart", product) for product in (1, 2)), (DAYS, "purchase", 2)],
        [("recovered", 1)],
    ),
    "two of three one after the other": (
        [*((0, "add_to_cart", product) for product in (1, 2, 3)), (DAYS, "purchase", 3), (2 * DAYS, "purchase", 1)],
        [("recovered", 1)],
    ),
    "one of three twice": (
        [*((0, "add_to_cart", product) for product in (1, 2, 3)), (DAYS, "purchase", 3), (2 * DAYS, "purchase", 3)],
        [("abandoned", 2)],
    ),
    "another product without a cart": (
        [(0, "add_to_cart", 1), (DAYS, "purchase", 2)],
        [("abandoned", 1)],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", OWN_CARTS)
def test_a_cart_is_recovered_by_what_was_left(case):
    events, expected = OWN_CARTS[case]
    assert list(one(*events)[["status", "items_left"]].itertuples(index=False, name=None)) == expected


@pytest.mark.parametrize(
    ("later", "expected", "count"),
    [
        ([(0, "purchase", None)], ["recovered"], 1),
        ([(0, "add_to_cart", 2), (5, "purchase", None)], ["abandoned", "bought"], 1),
        ([(0, "add_to_cart", 1), (5, "purchase", None)], ["recovered"], 1),
        ([(0, "add_to_cart", None), (5, "purchase", None)], ["abandoned", "bought"], 1),
        ([(0, "add_to_cart", None), (5, "purchase", 3)], ["abandoned", "bought"], 1),
        ([(0, "add_to_cart", 2), (5, "purchase", 2)], ["abandoned", "bought"], 0),
        ([(9 * DAYS, "add_to_cart", None), (9 * DAYS, "purchase", None)], ["abandoned", "bought"], 0),
    ],
)
def test_purchases_without_a_product_buy_what_their_session_put_in(later, expected, count):
    events = [(0, "add_to_cart", 1), *((DAYS + minute, *rest) for minute, *rest in later)]
    found = funnel.carts(slow_carts.table([(1, *event) for event in events]), as_of="2024-03-01")
    assert found.table["status"].tolist() == expected
    assert codes(found).get("purchases_without_product", 0) == count
    assert ("approximate" in found.summary()) == ("近似" in found.summary(locale="zh")) == bool(count)


DATA = Path(os.environ.get("ECOMMINE_DATA", Path(__file__).parents[3] / "shared" / "data"))


def test_rees46():
    """193 visitors viewed and bought, and only 62 of them put something into a cart."""
    path = DATA / "rees46_events_sample.parquet"
    if not path.exists():
        pytest.skip("the sample of REES46's log is not here")
    events = schema.from_rees46(pd.read_parquet(path)).events
    found = funnel.carts(events, recover_within="1h")
    assert len(found.table) == 123
    assert codes(found)["purchases_without_cart"] == 143


@pytest.mark.parametrize("door", ["pandas", "polars", "pyarrow", "duckdb"])
def test_ids_stay_whole_where_some_are_unknown(door):
    module = pytest.importorskip(door)
    frame = pd.DataFrame(
        {
            "visitor_id": [1, 2],
            "customer_id": pd.array([1234567890123456789, None], dtype="Int64"),
            "event": "add_to_cart",
            "product_id": [5, 6],
            "occurred_at": pd.Timestamp("2024-01-01"),
        }
    )
    make = {
        "pandas": lambda: frame,
        "polars": lambda: module.from_pandas(frame),
        "pyarrow": lambda: module.Table.from_pandas(frame),
        "duckdb": lambda: module.from_df(frame),
    }
    found = nw.from_native(funnel.carts(make[door]()).table, eager_only=True).sort("visitor_id")["customer_id"]
    assert found.dtype.is_integer()
    assert found[:1].to_list() == [1234567890123456789]
    assert found.null_count() == 1


def test_a_curve_of_which_nothing_is_known_says_so():
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    from matplotlib import pyplot as plt

    frame = pd.DataFrame({"visitor_id": [1, 2], "event": "add_to_cart", "product_id": [5, 6]})
    frame["occurred_at"] = pd.to_datetime(["2024-01-01 10:00", "2024-01-01 10:31"])
    ax = funnel.carts(frame).plot(kind="recovery")
    assert len(ax.texts) == 1
    plt.close("all")
