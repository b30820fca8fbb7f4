"""Order lines side by side: a total on each line, a customer or a day on the first line only, copies of rows."""

import re
import warnings

import numpy as np
import pandas as pd
import pytest

from ecommine import DataWarning, SchemaError, schema
from libraries import to_pandas

LINES = pd.DataFrame(
    {
        "order_id": ["1", "1", "1", "2"],
        "customer_id": ["a", "a", "a", "b"],
        "ordered_at": pd.Timestamp("2024-05-01"),
        "product_id": ["A", "B", "C", "A"],
        "quantity": [1.0, 1.0, 1.0, 1.0],
        "unit_price": [20.0, 20.0, 20.0, 10.0],
    }
)


def notes(raw, **options):
    with warnings.catch_warnings(record=True, action="always") as caught:
        orders = schema.orders(raw, **options)
    told = [note for each in caught if each.category is DataWarning for note in each.message.notes]
    return to_pandas(orders, sort=True), {note.code: (note.count, str(note)) for note in told}


def shop(n=400, *, seed=0):
    """Orders of one to four different products, of which each has its price."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, 5, n)
    order = np.repeat(np.arange(n), sizes)
    product = np.concatenate([rng.permutation(12)[:size] for size in sizes])
    prices = np.round(5 + 20 * rng.random(12), 2)
    return pd.DataFrame(
        {"order_id": order, "customer_id": order % 90, "ordered_at": pd.Timestamp("2024-05-01"), "product_id": product}
        | {"quantity": 1.0, "unit_price": prices[product]}
    )


def totals(raw):
    money = raw.quantity * raw.unit_price
    return money.groupby(raw.order_id).transform("sum")


def test_a_total_on_each_line_that_prices_contradict_is_told(library):
    _, told = notes(library(LINES.assign(amount=[60.0, 60.0, 60.0, 10.0])))
    count, text = told["amounts_repeated"]
    assert count == 1
    assert "adds up to 180.00 and quantity x unit_price to 60.00" in text


def test_a_total_on_each_line_is_told_without_prices_where_products_cost_what_the_order_does(local_library):
    raw = shop()
    raw = raw.assign(amount=totals(raw)).drop(columns=["quantity", "unit_price"])
    _, told = notes(local_library(raw))
    several = int((raw.groupby("order_id").size() > 1).sum())
    assert told["amounts_repeated"][0] == several
    without = notes(raw.drop(columns="product_id"))[1]  # lines of which nothing tells that they differ
    assert without == {}


def test_amounts_in_cents_or_of_one_unit_contradict_prices(local_library):
    raw = shop().assign(quantity=2.0)
    assert notes(local_library(raw.assign(amount=200 * raw.unit_price)))[1].keys() == {"amounts_contradict_prices"}
    count, text = notes(local_library(raw.assign(amount=raw.unit_price)))[1]["amounts_contradict_prices"]
    assert (count, "price of one unit" in text) == (len(raw), True)


@pytest.mark.parametrize(
    "honest",
    [
        lambda raw: raw.assign(amount=raw.unit_price),
        lambda raw: raw.assign(unit_price=9.99, amount=9.99),  # all at one price
        lambda raw: raw.assign(amount=round(raw.unit_price * 1.27, 2)),  # with taxes
        lambda raw: raw.assign(amount=round(raw.unit_price * 0.4, 2)),  # sold off
        lambda raw: raw.assign(amount=9.99).drop(columns=["quantity", "unit_price"]),
        # families of products at one price, and orders within a family
        lambda raw: raw.assign(
            amount=5.0 * (1 + raw.order_id % 3), product_id=100 * (raw.order_id % 3) + raw.product_id
        ).drop(columns=["quantity", "unit_price"]),
        lambda raw: raw.drop(columns=["quantity", "unit_price"]).assign(amount=raw.unit_price),
    ],
)
def test_honest_amounts_are_no_totals(honest):
    assert notes(honest(shop()))[1] == {}


def test_lines_without_a_customer_are_of_the_customer_of_their_order(library):
    raw = pd.concat([LINES, LINES.assign(order_id=["3", "4", "4", "5"], product_id=list("ABCD"))], ignore_index=True)
    raw = raw.assign(customer_id=["a", None, None, "b", None, None, "d", "e"])  # order 3 is a guest's
    orders, told = notes(library(raw))
    money = orders.assign(customer_id=orders.customer_id.fillna("guest")).groupby("customer_id").amount.sum()
    assert money.to_dict() == {"a": 60.0, "b": 10.0, "guest": 20.0, "d": 40.0, "e": 10.0}
    count, text = told["customers_filled"]
    assert (count, "(2 orders, money 60.00)" in text) == (3, True)


def test_filled_tables_keep_their_rows_and_labels():
    raw = LINES.assign(customer_id=[7, None, None, 8]).set_index(pd.Index([40, 30, 20, 10]))
    with pytest.warns(DataWarning, match="2 lines without a customer"):
        orders = schema.orders(raw)
    assert orders.index.tolist() == [40, 30, 20, 10]
    assert orders.customer_id.tolist() == [7, 7, 7, 8]
    assert orders.product_id.tolist() == ["A", "B", "C", "A"]


@pytest.mark.parametrize(
    "unsure",
    [
        {"customer_id": ["a", "b", None, "b"]},  # two customers
        {"customer_id": ["a", "a", None, "b"], "ordered_at": pd.to_datetime(["2024-05-01"] * 2 + ["2024-05-09"] * 2)},
    ],
)
def test_where_an_order_does_not_tell_its_customer_the_lines_stay_guests(local_library, unsure):
    orders, told = notes(local_library(LINES.assign(**unsure)))
    assert int(orders.customer_id.isna().sum()) == 1
    count, text = told["customers_unsure"]
    assert (count, "(1 order, money 20.00)" in text) == (1, True)


def test_a_day_on_the_first_line_only_is_to_be_filled_in(library):
    raw = LINES.assign(ordered_at=pd.to_datetime(["2024-05-01", None, None, "2024-05-02"]))
    with pytest.raises(
        SchemaError, match="2 of these belong to orders that have it on another line: fill it in"
    ) as one:
        schema.orders(library(raw))
    assert "once it is filled in, split the rows" in str(one.value)


def test_a_day_that_an_order_lacks_altogether_is_not():
    raw = LINES.assign(ordered_at=pd.to_datetime(["2024-05-01"] * 3 + [None]))
    with pytest.raises(SchemaError) as error:
        schema.orders(raw)
    assert not re.search("fill", str(error.value))


def test_exact_copies_are_told_with_their_number(library):
    orders, told = notes(library(pd.concat([LINES, LINES])))
    assert (told["copies_kept"][0], len(orders)) == (4, 8)
    assert "`duplicates='drop'`" in told["copies_kept"][1]


def test_lines_that_differ_anywhere_are_no_copies(local_library):
    raw = pd.concat([LINES.assign(note="x"), LINES.assign(note="y")])
    assert notes(local_library(raw))[1] == {}
    assert notes(pd.concat([LINES, LINES]), duplicates="drop")[1].keys() == {"copies_dropped"}


def test_events_that_are_there_twice_are_told():
    raw = pd.DataFrame({"visitor_id": ["x", "x", "y"], "event": "view_item", "occurred_at": pd.Timestamp("2024-05-01")})
    with pytest.warns(DataWarning, match="1 exact copy of other rows kept"):
        schema.events(raw)
    schema.events(raw.assign(page=["a", "b", "a"]))  # which warns of nothing


def test_quarantined_orders_have_the_customers_of_their_order():
    raw = LINES.assign(customer_id=["a", None, None, "b"], unit_price=[20.0, 20.0, np.inf, 10.0])
    with pytest.warns(DataWarning, match="1 line without a customer"):
        split = schema.quarantine("orders", raw)
    assert split.valid.customer_id.tolist() == ["a", "a", "b"]
