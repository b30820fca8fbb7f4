"""Durations: one grammar, calendar months that end with the month, errors that say the grammar."""

from calendar import monthrange
from datetime import datetime, timedelta
from itertools import pairwise

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecommine._core.durations import Duration, fixed_length

NOON = datetime(2024, 2, 29, 12)


def parse(value):
    return Duration.parse(value, argument="window")


@pytest.mark.parametrize(
    ("text", "exact"),
    [
        ("45s", timedelta(seconds=45)),
        ("30min", timedelta(minutes=30)),
        ("2h", timedelta(hours=2)),
        ("7d", timedelta(days=7)),
        ("1w", timedelta(weeks=1)),
    ],
)
def test_exact_lengths(text, exact):
    assert parse(text).after(NOON) == NOON + exact
    assert parse(text).before(NOON) == NOON - exact
    assert parse(text).text == text
    assert parse(exact).after(NOON) == NOON + exact


@pytest.mark.parametrize(
    ("text", "start", "before", "after"),
    [
        ("1mo", "2024-03-31", "2024-02-29", "2024-04-30"),
        ("1mo", "2023-03-31", "2023-02-28", "2023-04-30"),
        ("1mo", "2024-01-31", "2023-12-31", "2024-02-29"),
        ("13mo", "2024-01-31", "2022-12-31", "2025-02-28"),
        ("1q", "2024-05-31", "2024-02-29", "2024-08-31"),
        ("1y", "2024-02-29", "2023-02-28", "2025-02-28"),
        ("4y", "2024-02-29", "2020-02-29", "2028-02-29"),
    ],
)
def test_months_end_with_the_month(text, start, before, after):
    moment = datetime.fromisoformat(start)
    assert parse(text).before(moment) == datetime.fromisoformat(before)
    assert parse(text).after(moment) == datetime.fromisoformat(after)


@given(st.datetimes(datetime(1800, 1, 1), datetime(2200, 1, 1)), st.integers(1, 1200))
def test_months_agree_with_counting_them_one_by_one(moment, months):
    year, month = moment.year, moment.month
    for _ in range(months):
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
    expected = moment.replace(year=year, month=month, day=min(moment.day, monthrange(year, month)[1]))
    assert parse(f"{months}mo").after(moment) == expected


def test_zero_is_no_length():
    with pytest.raises(ValueError, match="`window` must be longer than zero, got '0d'"):
        Duration.parse("0d", argument="window")


@pytest.mark.parametrize("text", ["", "7", "d", "-1d", "1.5h", "7 d", "07d", "1M", "1month", "7d2h", "1mo ", "٧d"])
def test_text_outside_the_grammar(text):
    with pytest.raises(
        ValueError, match=r"`window` must be a whole number and a unit \(s, min, h, d, w, mo, q, y\)"
    ) as e:
        parse(text)
    assert repr(text) in str(e.value)


@pytest.mark.parametrize("value", [7, 7.0, None, ("7d",), True])
def test_other_types(value):
    with pytest.raises(TypeError, match="`window` must be a duration such as '7d' or a timedelta, got"):
        parse(value)


@pytest.mark.parametrize("value", [timedelta(0), timedelta(days=-1), timedelta(days=40_000)])
def test_lengths_that_are_none(value):
    with pytest.raises(ValueError, match="`window` must be longer than zero and at most 100 years"):
        parse(value)


@pytest.mark.parametrize("text", ["99999999999d", "101y", "1300mo", "9" * 30 + "s"])
def test_lengths_beyond_every_table(text):
    with pytest.raises(ValueError, match="`window` must be at most 100 years, got"):
        parse(text)


def test_the_longest_lengths_stay_in_reach():
    assert parse("100y").before(datetime(2024, 5, 1)) == datetime(1924, 5, 1)
    assert parse("36525d").before(datetime(2024, 5, 1)) == datetime(1924, 5, 2) - timedelta(days=1)


def test_a_timedelta_of_pandas_is_one():
    assert parse(pd.Timedelta("1h")).after(NOON) == datetime(2024, 2, 29, 13)


@pytest.mark.parametrize(
    ("text", "ends"),
    [("6mo", ["2023-12-31", "2024-06-30", "2024-12-31"]), ("1mo", ["2024-01-31", "2024-02-29", "2024-03-31"])],
)
def test_periods_that_end_with_a_month_share_no_day(text, ends):
    moments = [datetime.fromisoformat(f"{end} 23:59:59.999999") for end in ends]
    for earlier, later in pairwise(moments):
        assert parse(text).before(later) == earlier


@pytest.mark.parametrize("given_as", ["45s", "30min", "2h", "7d", "1w", timedelta(minutes=5)])
def test_fixed_lengths(given_as):
    assert fixed_length(given_as, argument="gap") == Duration.parse(given_as, argument="gap").exact


@pytest.mark.parametrize("varying", ["1mo", "1q", "1y", "30 days", ""])
def test_lengths_that_vary_are_refused(varying):
    with pytest.raises(
        ValueError, match=r"`gap` must be a fixed length of time, .* such as '30min' or '30d' for a month"
    ):
        fixed_length(varying, argument="gap")
    with pytest.raises(TypeError, match="`gap` must be a duration"):
        fixed_length(30, argument="gap")
    with pytest.raises(ValueError, match="`gap` must be longer than zero"):
        fixed_length("0d", argument="gap")
