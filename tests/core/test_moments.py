"""The moment up to which a call counts, in all its spellings."""

from datetime import UTC, date, datetime

import numpy as np
import pandas as pd
import pytest

from ecommine._core.moments import moment

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
