"""Ids that a spreadsheet, a join or a form broke: mended where only one thing can be meant, else told with counts."""

import numpy as np
import pandas as pd
import pytest

from ecommine import SchemaError, schema
from libraries import few_on_spark, to_pandas
from notes import warning_counts
from raw_orders import orders, texts


def read(library, **columns):
    return warning_counts(schema.orders, library(orders(**columns)))


def known(out, name="customer_id"):
    return [None if pd.isna(value) else value for value in to_pandas(out, sort=["amount"])[name].tolist()]


NOBODY = ["NULL", "null", "nan", "NaN", "None", "N/A", "#N/A", "<NA>", "\\N", "undefined", "(not set)", " ", "\t"]


def test_words_that_mean_nobody_are_missing(library):
    ids = texts("ann", *NOBODY, "NULL")
    raw = pd.concat([orders()] * 5, ignore_index=True)
    raw = raw.assign(order_id=range(len(ids)), customer_id=ids, amount=np.arange(len(ids)) + 1.0)
    out, counts = warning_counts(schema.orders, library(raw))
    assert counts == {"ids_read_as_missing": 1 + len(NOBODY)}
    assert known(out) == ["ann", *[None] * (1 + len(NOBODY))]


@pytest.mark.parametrize("word", NOBODY)
def test_a_word_that_means_nobody_is_missing_wherever_it_is_the_only_one(word):
    out, counts = read(pd.DataFrame, order_id=texts("x", "y", "z"), customer_id=texts("ann", word, word))
    assert counts == {"ids_read_as_missing": 2}
    assert sorted(map(str, known(out))) == ["None", "None", "ann"]


def test_the_note_names_the_words_and_their_counts():
    with pytest.warns(
        schema.DataWarning, match=r"3 values of `customer_id` read as missing: 'NULL' \(2\), 'nan' \(1\)"
    ):
        schema.orders(orders(customer_id=texts("NULL", "nan", "NULL")))


def test_an_order_without_a_number_is_an_error(library):
    with pytest.raises(SchemaError, match="`order_id` is missing in 1 row"):
        schema.orders(library(orders(order_id=texts("A1", "NULL", "A2"))))


def test_nothing_but_empty_text_is_the_wrong_column(library):
    with pytest.raises(
        SchemaError, match="`customer_id` is empty text in all 3 rows: map another column, or give None"
    ):
        schema.orders(library(orders(customer_id=texts("", "", ""))))


@pytest.mark.parametrize(
    ("ids", "one"),
    [
        (("Ann@X.com", "ann@x.com", "ann@x.com "), "ann@x.com"),
        (("c7 ", " c7", "c7"), "c7"),
        (("c7\u3000", "c7\t", "c7"), "c7"),
    ],
)
def test_blanks_and_capitals_of_an_email_make_no_other_customer(library, ids, one):
    out, counts = read(library, customer_id=texts(*ids))
    assert counts == {"ids_trimmed": 2}
    assert known(out) == [one] * 3


@pytest.mark.parametrize("column", few_on_spark(1, "customer_id", "order_id", "product_id"))
def test_whole_numbers_that_went_through_floats_are_whole_again(library, column):
    out, counts = read(library, **{column: texts("13085.0", "13085", "7.0")})
    assert counts == {"ids_without_fraction": 2}
    assert sorted(known(out, column)) == ["13085", "13085", "7"]


@pytest.mark.parametrize("rounded", few_on_spark(1, "1.23457E+12", "2.1E+15", "4e+10"))
def test_ids_that_a_spreadsheet_rounded_are_told(library, rounded):
    _, counts = read(library, order_id=texts(rounded, rounded, "A2"))
    assert counts == {"ids_rounded": 2}


def test_ids_with_capitals_that_are_no_emails_are_kept_and_told(library):
    out, counts = read(library, product_id=texts("ab1", "AB1", "c"))
    assert counts == {"ids_differ_in_capitals": 1}
    assert sorted(known(out, "product_id")) == ["AB1", "ab1", "c"]


def test_good_ids_are_left_alone_and_nothing_is_told(library):
    ids = texts("1.0b", "v1.0", "E+5x")
    assert sorted(known(schema.orders(library(orders(customer_id=ids))))) == sorted(ids)


def test_float_ids_name_the_way_to_read_them(library):
    with pytest.raises(SchemaError, match=r"dtype=str|infer_schema=False"):
        schema.orders(library(orders(customer_id=np.array([7.5, 8.0, 1e18]))))


def test_quarantine_mends_ids_too():
    raw = orders(order_id=texts("x", "y", "z"), customer_id=texts("ann", "NULL", "bob "))
    with pytest.warns(schema.DataWarning, match="read as missing"):
        split = schema.quarantine("orders", raw)
    assert known(split.valid) == [None, "ann", "bob"] or sorted(map(str, known(split.valid))) == ["None", "ann", "bob"]
    assert len(split.rejected) == 0
