"""Copies: fifteen letters, two customers, one product; never called more than that."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecommine import SchemaError, sentiment
from libraries import to_pandas
from notes import note_counts

LONG = "The best thing I ever bought"


def reviews(*rows) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["customer_id", "product_id", "text"])
    return table.assign(review_id=np.arange(len(table)) + 1)


@pytest.mark.parametrize(
    ("rows", "sizes"),
    [
        ([("a", 1, LONG), ("b", 1, LONG)], [2]),
        ([("a", 1, LONG), ("a", 1, LONG)], []),
        ([("a", 1, LONG), ("b", 2, LONG)], []),
        ([("a", 1, LONG), ("b", 1, LONG.upper() + "!!"), ("a", 1, LONG)], [3]),
        ([("a", 1, "good value here"), ("b", 1, "good value here")], []),
        ([("a", 1, "good values here x"), ("b", 1, "good values here x")], [2]),
        ([("a", 1, "質量很好下次還會再來購買的真的"), ("b", 1, "质量很好，下次还会再来购买的，真的")], [2]),
        ([(None, 1, LONG), (None, 1, LONG)], [2]),
        ([("a", None, LONG), ("b", None, LONG)], []),
        ([("a", 1, "此用户未及时填写评价，系统默认好评"), ("b", 1, "此用户未及时填写评价，系统默认好评")], []),
        ([("a", 1, None), ("b", 1, None)], []),
    ],
)
def test_what_is_a_copy(rows, sizes) -> None:
    found = sentiment.duplicates(reviews(*rows))
    assert found.table["reviews"].tolist() == sizes
    assert len(found.copies) == sum(sizes)


@pytest.mark.call("sentiment.duplicates")
def test_every_library_finds_the_same(library) -> None:
    table = reviews(("a", 1, LONG), ("b", 1, LONG), ("c", 2, "Only one of these here"), ("d", 1, "short"))
    moments = pd.to_datetime(["2024-01-02", "2024-01-05", "2024-01-05", None]).astype("datetime64[us]")
    table = table.assign(rating=[5, 3, 4, 1], reviewed_at=moments)
    found = sentiment.duplicates(library(table))
    groups = to_pandas(found.table)
    assert groups[["product_id", "reviews", "customers", "mean_rating"]].to_numpy().tolist() == [[1, 2, 2, 4.0]]
    assert groups["first_at"].tolist() == [pd.Timestamp("2024-01-02")]
    assert groups["last_at"].tolist() == [pd.Timestamp("2024-01-05")]
    assert to_pandas(found.copies)["review_id"].tolist() == [1, 2]
    assert note_counts(found.notes) == {"short_texts": 1}


def test_what_is_left_out_is_told() -> None:
    table = reviews(("a", 1, LONG), (None, 1, LONG), ("c", None, LONG), ("d", 1, "short"), ("e", 1, "系统默认好评"))
    assert note_counts(sentiment.duplicates(table).notes) == {
        "reviews_without_product": 1,
        "reviews_without_customer": 1,
        "default_praise": 1,
        "short_texts": 1,
    }
    bare = sentiment.duplicates(table[["text"]])
    assert note_counts(bare.notes) == {
        "no_product_id": None, "reviews_without_customer": 4, "default_praise": 1, "short_texts": 1,
    }  # fmt: skip
    assert list(bare.copies.columns) == ["group", "row"]
    assert bare.copies["row"].tolist() == [0, 1, 2]


def test_telephone_numbers_are_masked() -> None:
    text = "Call 138 0013 8000 for cash back, five stars please"
    assert "***" in sentiment.duplicates(reviews(("a", 1, text), ("b", 1, text))).table["quote"][0]
    assert "8000" not in sentiment.duplicates(reviews(("a", 1, text), ("b", 1, text))).summary()


def test_no_text_is_an_error() -> None:
    with pytest.raises(SchemaError, match="text"):
        sentiment.duplicates(reviews().drop(columns="text"))


@given(
    st.lists(
        st.tuples(st.sampled_from(["a", "b", "c"]), st.integers(1, 2), st.sampled_from([LONG, LONG[::-1], "short"])),
        max_size=12,
    )
)
def test_it_is_the_slow_search(rows) -> None:
    slow: dict = {}
    for customer, product, text in rows:
        if len(text) > 15:
            slow.setdefault((product, text), []).append(customer)
    sizes = sorted((len(one) for one in slow.values() if len(set(one)) >= 2), reverse=True)
    table = sentiment.duplicates(reviews(*rows) if rows else reviews(("a", 1, "x")).iloc[:0]).table
    assert table["reviews"].tolist() == sizes


def test_rows_of_one_review_are_no_copies_and_unknown_authors_are_not_named() -> None:
    one = pd.DataFrame({"review_id": 1, "product_id": 7, "text": [LONG] * 3})
    found = sentiment.duplicates(one)
    assert len(found.table) == 0
    assert note_counts(found.notes)["repeated_review_ids"] == 2
    several = sentiment.duplicates(one.assign(review_id=range(3)))
    assert several.table["reviews"].tolist() == [3]
    assert "customer" not in several.summary()
    assert "客户" not in several.summary(locale="zh")
