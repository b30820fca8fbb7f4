"""Thresholds of carts, each at its limit and just beside it."""

import warnings

import numpy as np
import pandas as pd
import pytest

from ecommine import funnel, schema
from funnel import slow_carts
from funnel.test_carts import codes

WEEK = pd.Timedelta(days=7)
GAP = pd.Timedelta("30min")
TICK = pd.Timedelta("1us")
LATER = "2024-03-01"


def at(frame, column="occurred_at"):
    return frame.assign(**{column: frame[column].astype("datetime64[us]")})


def cart(*, then=None):
    """Make a cart that is left at once, and what the visitor does some time later."""
    frame = slow_carts.table([(1, 0, "add_to_cart", 1, 9.0, 1)])
    if then is None:
        return frame
    more = slow_carts.table([(1, 0, "purchase", 1)]).assign(occurred_at=slow_carts.START + then)
    return at(pd.concat([frame, more], ignore_index=True))


@pytest.mark.parametrize(("after", "is_over"), [(GAP, False), (GAP + TICK, True)])
def test_a_session_is_over_after_the_gap(after, is_over):
    found = funnel.carts(cart(), as_of=slow_carts.START + after)
    assert found.rates["left"].item() == is_over
    assert codes(found).get("sessions_in_progress", 0) == (not is_over)


@pytest.mark.parametrize(("after", "is_known"), [(WEEK - TICK, False), (WEEK, True)])
def test_recovery_is_known_once_a_window_is_over(after, is_known):
    found = funnel.carts(cart(), as_of=slow_carts.START + after)
    assert found.rates["recovery"].notna().item() == is_known
    assert ("no_window_over" in codes(found)) == (not is_known)
    assert found.table["status"].tolist() == ["abandoned" if is_known else "pending"]


@pytest.mark.parametrize(("after", "status"), [(WEEK, "recovered"), (WEEK + TICK, "abandoned")])
def test_a_cart_is_recovered_until_the_end_of_the_window(after, status):
    found = funnel.carts(cart(then=after), as_of=LATER)
    assert found.table["status"].tolist() == [status]
    assert codes(found).get("purchases_without_cart", 0) == (status == "abandoned")


@pytest.mark.parametrize(("after", "share"), [(GAP, 1.0), (GAP + TICK, 0.0)])
@pytest.mark.filterwarnings("ignore::ecommine.DataWarning")
def test_a_purchase_is_an_order_within_the_gap(after, share):
    orders = pd.DataFrame({"order_id": [1], "customer_id": [7], "ordered_at": [slow_carts.START + after]})
    frame = slow_carts.table([(1, 0, "purchase", 1, None, None, None, 7)])
    found = funnel.carts(frame, orders=at(orders, "ordered_at"), as_of=LATER)
    assert found.matched_purchases == share


@pytest.mark.parametrize(("matched", "n", "is_few"), [(1, 2, False), (50, 100, False), (49, 99, True), (0, 1, True)])
def test_less_than_half_of_the_purchases_in_the_orders_are_few(matched, n, is_few):
    frame = slow_carts.table([(1, 0, "purchase", 1)] * n).assign(customer_id=7.0, order_id=np.arange(n))
    orders = pd.DataFrame({"order_id": np.arange(matched), "customer_id": 7.0, "ordered_at": slow_carts.START})
    orders = at(orders if matched else orders.astype({"order_id": "int64"}), "ordered_at")
    with warnings.catch_warnings(record=True, action="always") as caught:
        funnel.carts(frame, orders=orders, as_of=LATER)
    found = [note.code for one in caught if one.category is schema.DataWarning for note in one.message.notes]
    assert found == (["few_matched_orders"] if is_few else [])


@pytest.mark.parametrize(("rise", "is_rise"), [(0.0, False), (0.9e-9, False), (1.1e-9, True)])
def test_prices_that_differ_by_rounding_are_the_same(rise, is_rise):
    sales = pd.DataFrame({"product_id": 1, "period_at": ["2023-12-31", "2024-01-01 00:03"], "price": [1.0, 1.0 + rise]})
    sales["period_at"] = pd.to_datetime(sales["period_at"], format="ISO8601").astype("datetime64[us]")
    frame = slow_carts.table([(1, 0, "add_to_cart", 1), (1, 5, "view_cart")])
    assert funnel.carts(frame, sales=sales, as_of=LATER).table["price_rise"].tolist() == [is_rise]


@pytest.mark.parametrize(("on_hand", "is_out"), [(0.0, True), (0.1, False)])
def test_no_unit_is_out_of_stock(on_hand, is_out):
    stock = pd.DataFrame({"product_id": [1], "stocked_at": [slow_carts.START], "on_hand": [on_hand]})
    found = funnel.carts(cart(), stock=at(stock, "stocked_at"), as_of=LATER)
    assert found.table["out_of_stock"].tolist() == [is_out]


@pytest.mark.parametrize(("rest", "status"), [(0.9e-9, "emptied"), (1.1e-9, "abandoned")])
def test_units_that_are_left_by_rounding_are_none(rest, status):
    frame = slow_carts.table([(1, 0, "add_to_cart", 1, 9.0, 1.0), (1, 1, "remove_from_cart", 1, None, 1.0 - rest)])
    assert funnel.carts(frame, as_of=LATER).table["status"].tolist() == [status]


@pytest.mark.parametrize(("n", "is_labelled"), [(25, True), (26, False)])
def test_parts_of_a_bar_without_room_have_no_label(n, is_labelled):
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    from matplotlib import pyplot as plt

    frame = slow_carts.table([(visitor, 0, "add_to_cart", 1, 9.0) for visitor in range(n)] + [(0, 1, "purchase", 1)])
    axes = funnel.carts(frame, as_of=LATER).plot()
    assert sum(bool(text.get_text()) for text in axes.texts) == 1 + is_labelled
    plt.close("all")


@pytest.mark.parametrize("counts", [(0, 1), (1, 1), (9, 3)])
def test_notes_count_what_there_is(counts):
    """Without a cart of a kind there is no note of it."""
    n_priced, n_other = counts
    rows = [(visitor, 0, "add_to_cart", 1, 9.0) for visitor in range(n_priced)]
    rows += [(visitor, 0, "add_to_cart", 1) for visitor in range(n_priced, n_priced + n_other)]
    assert codes(funnel.carts(slow_carts.table(rows), as_of=LATER)) == {"unknown_value": n_other}


def test_one_open_cart_is_noted():
    frame = slow_carts.table([(1, 0, "add_to_cart", 1, 9.0), (2, 9_000, "add_to_cart", 1, 9.0)])
    assert codes(funnel.carts(frame, as_of="2024-01-10")) == {"open_window": 1}
