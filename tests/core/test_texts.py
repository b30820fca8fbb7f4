"""Words and numbers of texts: one spelling each, in English and in Chinese."""

import math
import re
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecommine._core import pictures, texts
from ecommine._core.durations import Duration
from ecommine._core.texts import (
    LOCALES,
    counted,
    did_you_mean,
    duration_in_words,
    is_known,
    join_sentences,
    join_words,
    measured,
    near_names,
    percent,
    quote_names,
    three_digits,
    within_in_words,
)


@pytest.mark.parametrize(
    ("noun", "plural"),
    [("line", "lines"), ("query", "queries"), ("day", "days"), ("search", "searches"), ("purchase", "purchases"),
     ("box", "boxes"), ("class", "classes"), ("retained customer", "retained customers")],
)  # fmt: skip
def test_nouns_follow_their_count(noun, plural):
    assert (counted(1, noun), counted(0, noun), counted(2_300, noun)) == (f"1 {noun}", f"0 {plural}", f"2,300 {plural}")
    assert counted(2, noun, "others") == "2 others"


def test_chinese_counts_have_measure_words():
    assert counted(1_234, "order", locale="zh") == "1,234笔订单"
    assert measured(3, "customer") == "3位"
    assert LOCALES == ("en", "zh")


@pytest.mark.parametrize("noun", sorted(texts._NOUNS_ZH))
def test_measure_words_are_one_character(noun):
    measure, chinese = texts._NOUNS_ZH[noun]
    assert len(measure) == 1
    assert re.fullmatch("[\u4e00-\u9fff]+", measure + chinese)


@pytest.mark.parametrize(("value", "known"), [(0, True), (0.5, True), (None, False), (math.nan, False), ("a", True)])
def test_known_numbers(value, known):
    assert is_known(value) is known
    assert is_known(np.float64("nan")) is False


@pytest.mark.parametrize(
    ("value", "written"),
    [(0, "0%"), (0.125, "12.5%"), (1, "100%"), (0.9999, "100%"), (-0.05, "-5%"), (12.5, "1250%"), (9.999, "1000%"),
     (-0.0, "0%"), (None, "–"), (math.nan, "–"), (1e-6, "0.0001%"), (1.234e-7, "0.0000123%")],
)  # fmt: skip
def test_percent(value, written):
    assert percent(value) == percent(value, 0) == written


@given(st.floats(-1e9, 1e9))
def test_three_digits_are_within_half_of_the_last_one(value):
    text = three_digits(value)
    assert re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", text)
    error = 0.5 if abs(value) >= 999.5 else 0.0051 * abs(value)
    assert abs(float(text) - value) <= error * (1 + 1e-9)


@pytest.mark.parametrize(
    ("words", "english", "chinese"),
    [([], "", ""), (["a"], "a", "a"), (["a", "b"], "a and b", "a和b"), (["a", "b", "c"], "a, b and c", "a、b和c")],
)
def test_lists_in_sentences(words, english, chinese):
    assert join_words(words) == english
    assert join_words(words, locale="zh") == chinese
    assert join_words(words, conjunction="or") == english.replace(" and ", " or ")
    assert join_words(words, locale="zh", conjunction="or") == chinese.replace("和", "或")


def test_sentences_are_joined_as_the_language_does():
    assert join_sentences(["A.", "B."]) == "A. B."
    assert join_sentences(["甲。", "乙。"], locale="zh") == "甲。乙。"


def test_names_are_quoted_up_to_a_number():
    assert quote_names(("a", 1, None), most=2) == "'a', 1, …"
    assert quote_names(("a", 1), most=2) == "'a', 1"
    assert quote_names(()) == ""


def test_near_names_ignore_case_spaces_and_underscores():
    names = ["Order ID", "customer_id", "amount"]
    assert near_names("orderid", names) == ["Order ID"]
    assert near_names("CUSTOMER ID", names, most=1) == ["customer_id"]
    assert near_names("zzz", names) == []
    assert did_you_mean("ammount", names, before=": ") == ": did you mean 'amount'?"
    assert did_you_mean("id", ["id_1", "id_2"]) == "; did you mean 'id_2' or 'id_1'?"


@pytest.mark.parametrize(
    ("duration", "english", "chinese"),
    [
        ("1s", "1 second", "1秒"),
        ("30min", "30 minutes", "30分钟"),
        ("2h", "2 hours", "2小时"),
        ("30d", "30 days", "30天"),
        ("1w", "1 week", "1周"),
        ("6mo", "6 months", "6个月"),
        ("1q", "1 quarter", "1个季度"),
        ("2y", "2 years", "2年"),
        (timedelta(days=14), "14 days", "14天"),
        (timedelta(hours=36), "36 hours", "36小时"),
        (timedelta(seconds=90), "90 seconds", "90秒"),
        (timedelta(microseconds=5), "0:00:00.000005", "0:00:00.000005"),
    ],
)
def test_lengths_of_time_in_words(duration, english, chinese):
    for given_as in (duration, Duration.parse(duration, argument="within")):
        assert duration_in_words(given_as) == english
        assert duration_in_words(given_as, "zh") == chinese
    assert (within_in_words(duration), within_in_words(duration, "zh")) == (f"within {english}", f"{chinese}内")


def test_the_older_places_have_the_same_functions():
    assert (pictures.percent, pictures.thousands) == (percent, texts.thousands)
