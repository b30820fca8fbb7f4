"""Moments: up to which a call counts, in all its spellings; as whole microseconds, the same from every library."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecommine._core.frames import collect, opened
from ecommine._core.moments import (
    DAY,
    SECOND,
    column_to_microseconds,
    length_to_microseconds,
    moment,
    moment_to_microseconds,
)

END = datetime(2024, 3, 31, 23, 59, 59, 999_999)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2024-03-31", END),
        (date(2024, 3, 31), END),
        ("2024-03-31T00:00", datetime(2024, 3, 31)),
        ("2024-03-31 12:00:01.5", datetime(2024, 3, 31, 12, 0, 1, 500_000)),
        (datetime(2024, 3, 31), datetime(2024, 3, 31)),
        (pd.Timestamp("2024-03-31 12:00:00.123456789"), datetime(2024, 3, 31, 12, 0, 0, 123_456)),
    ],
)
def test_spellings(value, expected):
    found = moment(value)
    assert (found, type(found)) == (expected, datetime)


@pytest.mark.parametrize("value", ["31.03.2024", "", "yesterday", "2024-13-01", "2024-03-31T12:00Z", pd.NaT])
def test_what_is_no_moment(value):
    with pytest.raises(ValueError, match="`as_of` must be"):
        moment(value)


@pytest.mark.parametrize("value", [datetime(2024, 3, 31, tzinfo=UTC), pd.Timestamp("2024-03-31", tz="Asia/Shanghai")])
def test_no_zone(value):
    with pytest.raises(
        ValueError, match="`until` must be in the shop's own time, without a zone; got 2024-03-31T00:00"
    ):
        moment(value, argument="until")


@pytest.mark.parametrize("value", [None, 20240331, 1.5, np.datetime64("2024-03-31"), [date(2024, 3, 31)]])
def test_other_types(value):
    with pytest.raises(TypeError, match="`as_of` must be a datetime, a date or ISO 8601 text, got"):
        moment(value)


@given(st.datetimes(datetime(1700, 1, 1), datetime(2200, 1, 1)))
def test_microseconds_agree_with_numpy(value):
    assert moment_to_microseconds(value) == np.datetime64(value, "us").astype(np.int64)


def test_no_moment_is_the_first_one():
    assert moment_to_microseconds(None) == 0


@pytest.mark.parametrize(
    ("length", "microseconds"),
    [
        (timedelta(0), 0),
        (timedelta(microseconds=7), 7),
        (timedelta(seconds=2), 2 * SECOND),
        (timedelta(days=3), 3 * DAY),
    ],
)
def test_lengths(length, microseconds):
    assert length_to_microseconds(length) == microseconds


@pytest.mark.parametrize("unit", ["s", "us", "ns"])
def test_columns_of_every_library(library, unit):
    moments = np.array(["1970-01-01T00:00:01", "2024-05-01T10:00:00", "1969-12-31"], dtype=f"datetime64[{unit}]")
    frame = collect(opened(library(pd.DataFrame({"row": range(3), "at": moments})), argument="events")).sort("row")
    times = column_to_microseconds(frame["at"])
    assert times.dtype == np.int64
    assert times.tolist() == [SECOND, moment_to_microseconds(datetime(2024, 5, 1, 10)), -DAY]
