"""Ids that stand for several people, ids with characters that nobody sees, and discounts of the wrong sign."""

import numpy as np
import pandas as pd
import pytest

from ecommine import schema
from libraries import EAGER_AND_LAZY, to_pandas
from notes import warning_counts
from raw_orders import orders, texts

both = pytest.mark.parametrize("library", EAGER_AND_LAZY, ids=str)


def of(ids, **columns):
    """Return one order line for each of these customers."""
    n = len(ids)
    times = np.array(["2024-05-01"] * n, dtype="datetime64[us]")
    return pd.DataFrame(
        {
            "order_id": range(1, n + 1),
            "customer_id": ids,
            "ordered_at": times,
            "amount": np.arange(1.0, n + 1),
            **columns,
        }
    )


@both
@pytest.mark.parametrize(
    "ids",
    [
        ("an\u200bn", "ann", "ann"),
        ("\ufeffann", "ann", "ann"),
        ("ann", "a\u00adnn", "ann"),
        ("ann\u200d", "ann", "ann"),
    ],
)
def test_characters_that_nobody_sees_make_no_other_customer(library, ids):
    out, counts = warning_counts(schema.orders, library(orders(customer_id=texts(*ids))))
    assert counts == {"ids_trimmed": 1}
    assert to_pandas(out).customer_id.tolist() == ["ann"] * 3


@both
@pytest.mark.parametrize("written", ['="00123"', "'00123", " '00123 "])
def test_codes_that_a_spreadsheet_keeps_as_text_are_the_codes(library, written):
    out, counts = warning_counts(schema.orders, library(orders(customer_id=texts(written, "00123", "7"))))
    assert counts == {"ids_trimmed": 1}
    assert sorted(to_pandas(out).customer_id) == ["00123", "00123", "7"]


@both
@pytest.mark.parametrize(
    "word", ["guest", "Anonymous", "redacted", "游客", "匿名", "无", "-", "00000000-0000-0000-0000-000000000000"]
)
def test_ids_that_name_nobody_are_told_and_kept(library, word):
    out, counts = warning_counts(schema.orders, library(of(["ann", word, word])))
    assert counts == {"ids_of_nobody": 2}
    assert sorted(to_pandas(out).customer_id) == sorted(["ann", word, word])


@both
@pytest.mark.parametrize(("zero", "other"), [(0, 17850), ("0", "17850"), ("0", "ann")])
def test_many_rows_of_zero_name_nobody_beside_other_numbers(library, zero, other):
    schema.orders(library(of([zero] * 19 + [other])))
    _, counts = warning_counts(schema.orders, library(of([zero] * 20 + [other])))
    assert counts == {"ids_of_nobody": 20}


@both
@pytest.mark.parametrize("ids", [[0, 1, 2, 2], ["0", "1", "2"], ["guestbook", "annonymous", "無名"]])
def test_zero_is_the_first_of_numbers_and_words_may_be_names(library, ids):
    schema.orders(library(of(ids)))


@both
@pytest.mark.parametrize("masked", ["张**", "138****1234"])
def test_masked_ids_are_told(library, masked):
    _, counts = warning_counts(schema.orders, library(of(["ann", masked, masked])))
    assert counts == {"ids_masked": 2}


@both
def test_visitors_are_looked_at_too(library):
    raw = pd.DataFrame({"visitor_id": ["00000000-0000-0000-0000-000000000000", "v1"], "event": "view_item"})
    raw["occurred_at"] = np.datetime64("2024-05-01", "us")
    _, counts = warning_counts(schema.events, library(raw))
    assert counts == {"ids_of_nobody": 1}


@pytest.mark.parametrize(("rows", "others", "told"), [(100, 100, True), (99, 100, False), (100, 1_901, False)])
@pytest.mark.parametrize("giant", ["till", 77])
def test_a_customer_with_more_orders_than_a_person_is_told(giant, rows, others, told):
    ids = [giant] * rows + [f"c{i}" if giant == "till" else 1_000 + i for i in range(others)]
    if told:
        _, counts = warning_counts(schema.orders, of(ids))
        assert counts == {"giant_customer": rows}
    else:
        schema.orders(of(ids))


@both
@pytest.mark.parametrize("discount", [np.array([-3.0, -1.0, 2.0]), texts("-3.00", "(1.00)", "2")])
def test_negative_discounts_are_told(library, discount):
    raw = of(["a", "b", "c"], discount=discount, quantity=2, unit_price=10.0).drop(columns="amount")
    out, counts = warning_counts(schema.orders, library(raw))
    assert counts == {"discounts_negative": 2}
    assert sorted(to_pandas(out).amount) == [18.0, 21.0, 23.0]


@both
def test_the_discount_of_a_return_is_negative_rightly(library):
    returned = np.array([2, -1, 1])
    raw = of(["a", "b", "c"], discount=np.array([3.0, -3.0, 0.0]), quantity=returned, unit_price=10.0)
    schema.orders(library(raw.drop(columns="amount")))


@both
@pytest.mark.parametrize("sign", ["", "-"])
def test_refunds_and_discounts_of_lines_have_one_sign_however_a_shop_writes_them(library, sign):
    shopify = pd.DataFrame(
        {"Name": ["#1"], "Created at": ["2024-05-01 09:58:12 +0800"], "Subtotal": ["18.00"], "Shipping": ["0.00"]}
        | {"Total": ["18.00"], "Lineitem quantity": ["2"], "Lineitem name": ["Tee"], "Lineitem price": ["10.00"]}
        | {"Lineitem discount": [f"{sign}2.00"], "Refunded Amount": [f"{sign}5.00"]}
    )
    taobao = pd.DataFrame(
        {"订单编号": ["1"], "买家会员名": ["小明"], "总金额": ["18.00"], "订单创建时间": ["2024-05-01 10:00:00"]}
        | {"退款金额": [f"{sign}5.00"]}
    )
    youzan = pd.DataFrame(
        {
            "订单号": ["1"],
            "订单创建时间": ["2024-05-01 10:00:00"],
            "订单实付金额": ["18.00"],
            "订单已退款金额": [f"{sign}5.00"],
        }
    )
    for read, table in (
        (schema.from_shopify, shopify),
        (schema.from_taobao_orders, taobao),
        (schema.from_youzan_orders, youzan),
    ):
        assert sorted(to_pandas(read(library(table)).orders).amount) == [-5.0, 18.0]
