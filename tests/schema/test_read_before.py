"""Numbers that the reader of a file took for others, and serials of Excel: of 1904, with a decimal comma."""

import io
import warnings

import numpy as np
import pandas as pd
import pytest

from ecommine import DataWarning, SchemaError, schema
from libraries import to_pandas
from notes import note_counts
from raw_orders import orders, texts

NOON = pd.Timestamp("2024-05-01 12:00:00")


def times(library, values, **how):
    out = schema.orders(library(orders(ordered_at=values, amount=np.array([1, 2, 3]))), **how)
    return to_pandas(out, sort=["amount"])["ordered_at"].tolist()


def test_days_since_1904_are_1462_days_later(library):
    values = np.array([43951.5, 43951.0, 0.5 + 43951])
    assert times(library, values, format="excel1904") == [NOON, NOON.normalize(), NOON]
    assert times(library, values, format="excel") == [
        time - pd.Timedelta(days=1462) for time in (NOON, NOON.normalize(), NOON)
    ]


@pytest.mark.parametrize(("format", "day"), [("excel", "45413"), ("excel1904", "43951"), ("Excel", "45413")])
@pytest.mark.parametrize("mark", [",", "."])
def test_serials_with_a_decimal_comma(library, format, day, mark):
    values = texts(f"{day}{mark}5", day, f"{day}{mark}5")
    assert times(library, values, format=format, decimal=",") == [NOON, NOON.normalize(), NOON]


@pytest.mark.parametrize("how", [{}, {"format": "excel"}, {"format": "%d.%m.%Y"}])
def test_the_error_names_the_comma_of_serials(local_library, how):
    with pytest.raises(SchemaError, match="`format='excel'` and `decimal=','`, or 'excel1904'"):
        times(local_library, texts("45413,5", "45413", "45414,25"), **how)


def told(raw, **how):
    with warnings.catch_warnings(record=True, action="always") as caught:
        schema.orders(raw, **how)
    return {
        code: n
        for each in caught
        if each.category is DataWarning
        for code, n in note_counts(each.message.notes).items()
    }


FILE = "order_id;customer_id;ordered_at;amount;quantity\n1;a;2024-05-01;1.250;1\n2;b;2024-05-02;99;2\n"


def test_a_decimal_mark_that_comes_too_late_is_told(local_library):
    raw = pd.read_csv(io.StringIO(FILE), sep=";", parse_dates=["ordered_at"])
    assert told(local_library(raw), decimal=",") == {"decimal_without_effect": 1}
    as_text = pd.read_csv(io.StringIO(FILE), sep=";", dtype=str)
    read = schema.orders(local_library(as_text), decimal=",", format="%Y-%m-%d")
    assert to_pandas(read, sort=["order_id"])["amount"].tolist() == [1250.0, 99.0]


@pytest.mark.parametrize(
    ("discount", "count"),
    [
        (np.array([1.0, 2.0, 3.0]), 1),  # whole floats had a mark that is gone: 1.000 is read as 1.0
        (np.array([1, 2, 3]), 0),  # those had none
        (np.array([1.5, np.nan, 3.0]), 1),
        (np.array([1.0, np.nan, 3.0]), 0),  # floats for the sake of what is missing
    ],
)
def test_whole_numbers_had_no_mark_that_could_be_misread(discount, count):
    raw = orders(amount=np.array([1, 2, 3]), discount=discount)
    assert told(raw, decimal=",").get("decimal_without_effect", 0) == count
    assert told(raw) == {}
