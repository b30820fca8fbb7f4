"""Money as exports write it: signs, codes, separators, brackets; what is not certain is refused with a way out."""

import pytest

from ecommine import SchemaError, schema
from ecommine.schema._convert.numbers import read_number
from libraries import to_pandas
from notes import warning_counts
from raw_orders import orders, texts


def read(library, *written, **how):
    out = schema.orders(library(orders(amount=texts(*written))), **how)
    return sorted(to_pandas(out)["amount"].tolist())


CERTAIN = [
    ("$1,234.50", 1234.5), ("US$ 12", 12.0), ("￥99", 99.0), ("99.00元", 99.0), ("20.0 EUR", 20.0), ("(20.00)", -20.0),
    ("-$5.25", -5.25), ("$-5.25", -5.25), ("($5.25)", -5.25), ("20.00-", -20.0), ("−7", -7.0), ("1 234.5", 1234.5),
    ("1'234.50", 1234.5), ("1,234,567", 1234567.0), ("1,23,456.50", 123456.5), ("Rs. 500", 500.0), ("12.50 kr.", 12.5),
    ("1e3", 1000.0), (" 7.5 ", 7.5), (".5", 0.5), ("+3", 3.0), ("1\u00a0234.5", 1234.5),
]  # fmt: skip
EUROPEAN = [
    ("7,50", 7.5), ("1.234,50", 1234.5), ("1.234", 1234.0), ("1.234.567,8", 1234567.8), ("12", 12.0),
    ("-1 234,5", -1234.5), ("€ 1.234,50", 1234.5), ("1.234,50 EUR", 1234.5), ("(7,5)", -7.5), (",5", 0.5),
]  # fmt: skip
REFUSED = ["7,50", "1,234", "1.234,50", "5d", "1_000", "12 34", "1,23", "n/a", "0x1F", "10 PCS", "1.2.3", "--5", ""]


@pytest.mark.parametrize(("written", "number"), CERTAIN)
def test_what_can_be_one_number_only_is_read(written, number):
    assert read_number(written, None, is_money=True) == number


@pytest.mark.parametrize(("written", "number"), EUROPEAN)
def test_decimal_commas_are_read_where_they_are_told(written, number):
    assert read_number(written, ",", is_money=True) == number


@pytest.mark.parametrize("written", REFUSED)
def test_what_may_be_two_numbers_or_none_is_not_read(written):
    assert read_number(written, None, is_money=True) is None


def test_a_dot_that_is_told_makes_a_comma_a_separator_of_thousands():
    assert read_number("1,234", ".", is_money=True) == 1234.0
    assert read_number("0,125", ".", is_money=True) is None
    assert read_number("7.5", ",", is_money=True) is None


@pytest.mark.parametrize("start", range(0, len(CERTAIN) - 2, 3))
def test_every_library_reads_the_same(library, start):
    some = CERTAIN[start : start + 3]
    got = read(library, *(written for written, _ in some), check="types")
    assert got == pytest.approx(sorted(number for _, number in some))


@pytest.mark.parametrize("start", range(0, len(EUROPEAN) - 2, 3))
def test_every_library_reads_decimal_commas(library, start):
    some = EUROPEAN[start : start + 3]
    assert read(library, *(w for w, _ in some), decimal=",", check="types") == pytest.approx(sorted(n for _, n in some))


@pytest.mark.parametrize(
    ("written", "advice"),
    [
        (("12,5", "1.000,00", "3,00"), "give `decimal=','`"),
        (("1,234", "999", "5"), "'1,234' may be thousands or decimals: give `decimal='.'` for thousands"),
        (("1.234", "2.500", "12.000"), "`amount` has three digits behind every dot, which may be thousands"),
        (("abc", "1", "2"), "correct the values, or take those rows out"),
    ],
)
def test_the_advice_of_an_error_followed_gives_the_right_number(library, written, advice):
    with pytest.raises(SchemaError, match="`amount`") as caught:
        schema.orders(library(orders(amount=texts(*written))))
    assert advice in str(caught.value)


def test_three_decimals_are_read_as_the_caller_says(library):
    assert read(library, "1.234", "2.500", "12.000", decimal=".") == [1.234, 2.5, 12.0]
    assert read(library, "1.234", "2.500", "12.000", decimal=",") == [1234.0, 2500.0, 12000.0]
    assert read(library, "1.234", "2.50", "12.000") == [1.234, 2.5, 12.0]  # one of them shows what the dots are


def test_a_quantity_carries_no_currency(library):
    frame = library(orders(quantity=texts("5 EUR", "1", "2")))
    with pytest.raises(SchemaError, match="`quantity` is not a number in 1 row"):
        schema.orders(frame)


def test_money_of_two_currencies_in_one_column_is_told(library):
    _, counts = warning_counts(read, library, "20.0 EUR", "$5", "7 EUR")
    assert counts == {"several_currencies": 2}
    assert read(library, "20.0 EUR", "€5", "7") == [5.0, 7.0, 20.0]  # one currency, however it is written


def test_the_decimal_mark_is_one_of_two():
    with pytest.raises(ValueError, match=r"`decimal` must be one of '\.', ',', got ';'"):
        schema.orders(orders(), decimal=";")
