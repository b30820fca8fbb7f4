"""Errors name what a user can act on: orders of an export, formats that the data have, arguments of file readers."""

import numpy as np
import pandas as pd
import polars as pl
import pytest

from ecommine import SchemaError, schema
from libraries import to_pandas
from raw_orders import orders, texts

SHOPIFY = pd.DataFrame(
    {
        "Name": ["#1000", "#1001", "#1012", "#1013"],
        "Email": "a@x.de",
        "Created at": ["2024-05-01 09:00:00 +0200"] * 4,
        "Cancelled at": ["2024-05-01 10:00:00 +0200", None, None, None],
        "Subtotal": 10.0,
        "Shipping": 0.0,
        "Total": 10.0,
        "Lineitem quantity": 1.0,
        "Lineitem name": "Tee",
        "Lineitem price": 10.0,
    }
)


def error(read, *args, **options):
    with pytest.raises((SchemaError, TypeError)) as caught:
        read(*args, **options)
    return str(caught.value)


@pytest.mark.parametrize("library", [lambda frame: frame, pl.from_pandas])
def test_a_bad_value_of_an_export_is_named_by_its_order(library):
    days = ["2024-05-01 09:00:00 +0200", "2024-05-02 09:00:00 +0200", "soon", "2024-05-03 09:00:00 +0200"]
    text = error(schema.from_shopify, library(SHOPIFY.assign(**{"Created at": days})))
    assert "in 1 row, first order #1012 (soon): correct it, or leave it out of the file" in text
    assert "quarantine" not in text
    assert "check `format=" not in text


def test_a_format_that_no_time_of_an_export_has_is_told_with_the_one_they_have():
    assert "give `format='%d.%m.%Y'`" in error(schema.from_shopify, SHOPIFY.assign(**{"Created at": "13.05.2024"}))


def test_rows_without_a_number_are_no_orders_that_are_repeated():
    raw = pd.DataFrame(
        {"订单编号": [None, None, "1"], "总金额": ["1", "2", "3"], "订单创建时间": "2024-05-01 00:00:00"}
    )
    text = error(schema.from_taobao_orders, raw)
    assert "2 rows of the orders without '订单编号': leave these out" in text


def test_empty_texts_are_missing_numbers_and_times(local_library):
    raw = orders(discount=texts("", " ", "1.5"), amount=texts("1", "2", "3"))
    read = to_pandas(schema.orders(local_library(raw)), sort=["amount"])
    assert read["discount"].isna().tolist() == [True, True, False]
    without_day = orders(ordered_at=texts("2024-05-01", "", "2024-05-02"))
    assert "`ordered_at` is missing in 1 row" in error(schema.orders, local_library(without_day), format="%Y-%m-%d")
    assert "`amount` is missing" in error(schema.orders, local_library(orders(amount=texts("", "1", "2"))))


def test_own_names_of_events_are_found_with_blanks_around_them(local_library):
    raw = pd.DataFrame(
        {"visitor_id": [1, 2, 3], "event": ["ORDER PAID ", " ORDER PAID", "ORDER PAID\u3000"]}
        | {"occurred_at": pd.Timestamp("2024-05-01")}
    )
    read = schema.events(local_library(raw), names={"ORDER PAID": "purchase"})
    assert set(to_pandas(read)["event"]) == {"purchase"}


@pytest.mark.parametrize(
    ("written", "format"),
    [
        ("2024年5月1日 上午9:58", "%Y年%m月%d日 %p%I:%M"),
        ("2024年5月1日下午9:58:07", "%Y年%m月%d日%p%I:%M:%S"),
        ("2024年05月01日 下午9时58分", "%Y年%m月%d日 %p%I时%M分"),
    ],
)
def test_chinese_halves_of_the_day_are_recognised(written, format):
    raw = orders(ordered_at=texts(*[written] * 3))
    assert f"give `format={format!r}`" in error(schema.orders, raw)
    assert schema.orders(raw, format=format).ordered_at.dt.minute.tolist() == [58] * 3


def test_several_sheets_are_told_to_be_taken_one_by_one():
    assert "got dict: pass one of its tables, such as raw['May']" in error(schema.orders, {"May": orders()})


def test_codes_that_are_floats_are_told_the_argument_of_their_reader():
    raw = pd.DataFrame({"event_timestamp": [1714521600000000], "event_name": ["view_item"], "user_pseudo_id": [7.1]})
    assert "dtype={'user_pseudo_id': str}" in error(schema.from_ga4, raw)
    assert "schema_overrides={'user_pseudo_id': pl.String}" in error(schema.from_ga4, pl.from_pandas(raw))


def test_times_in_place_of_the_count_of_ga4_are_told_as_such():
    raw = pd.DataFrame({"event_timestamp": ["2024-05-01 00:00:00+00:00"], "event_name": ["x"], "user_pseudo_id": ["7"]})
    assert "must count microseconds since 1970, as in the export; it holds text" in error(schema.from_ga4, raw)


def test_dates_that_became_numbers_are_told_as_such(local_library):
    raw = orders(ordered_at=np.array([1052024, 2052024, 13052024]))
    assert "made numbers of these texts" in error(schema.orders, local_library(raw), format="%d.%m.%Y")
    day = orders(ordered_at=np.array([20240501] * 3))
    assert set(to_pandas(schema.orders(local_library(day), format="%Y%m%d"))["ordered_at"].dt.year) == {2024}


@pytest.mark.parametrize("written", ["01-May-24", "03.05.24", "3/5/24", "01 May 24"])
def test_years_of_two_digits_are_told_as_such(written):
    assert f"write years with four digits: {written!r}" in error(
        schema.orders, orders(ordered_at=texts(*[written] * 3))
    )


def test_a_missing_price_is_nothing_to_fill_in_by_order():
    raw = pd.DataFrame(
        {"order_id": 1, "customer_id": 1, "ordered_at": pd.Timestamp("2024-05-01"), "amount": [1.0, None]}
    )
    assert "fill" not in error(schema.orders, raw)


def test_users_of_polars_are_told_its_own_reader():
    raw = orders(order_id=np.array([1.5, 2.0, 3.0]))
    assert "pd.read_csv(..., dtype=str)" in error(schema.orders, raw)
    text = error(schema.orders, pl.from_pandas(raw))
    assert "pl.read_csv(..., infer_schema=False)" in text
    assert "pd." not in text
