"""The calendar of commerce: days against published tables, and tables of the caller."""

import numpy as np
import pandas as pd
import pytest

from ecommine import forecasting
from ecommine.datasets._customers.calendar import LUNAR_NEW_YEAR
from ecommine.forecasting._calendar import read_calendar

CHINA = ["spring_festival", "618", "mid_autumn", "national_day", "double_11", "double_12"]


@pytest.fixture
def holidays():
    return pytest.importorskip("holidays", reason="holidays is not installed")


def days(table, event):
    return table.loc[table["event"] == event, "event_at"].dt.strftime("%Y-%m-%d").tolist()


def test_spring_festival_is_the_first_day_of_the_lunar_year(holidays):
    """Against the Hong Kong Observatory's table for 41 years."""
    table = forecasting.commerce_calendar("CN", range(2010, 2051))
    assert days(table, "spring_festival") == list(LUNAR_NEW_YEAR)
    assert set(table["event"]) == set(CHINA)
    assert (table.groupby("event").size() == 41).all()


def test_mid_autumn_and_the_days_that_stay(holidays):
    """Mid-Autumn fell on National Day in 2020, where two holidays share a name in the package."""
    table = forecasting.commerce_calendar("CN", [2020, 2024, 2025, 2027])
    assert days(table, "mid_autumn") == ["2020-10-01", "2024-09-17", "2025-10-06", "2027-09-15"]
    assert days(table, "618")[0] == "2020-06-18"
    assert days(table, "double_11")[0] == "2020-11-11"
    assert days(table, "double_12")[0] == "2020-12-12"
    assert days(table, "national_day")[0] == "2020-10-01"


def test_all_years_of_the_range_have_all_events(holidays):
    table = forecasting.commerce_calendar("CN", range(2008, 2101))
    assert len(table) == 93 * 6
    assert table["event_at"].is_monotonic_increasing


def test_black_friday_is_the_day_after_the_fourth_thursday():
    table = forecasting.commerce_calendar("US", range(2018, 2030))
    assert days(table, "black_friday") == [
        "2018-11-23", "2019-11-29", "2020-11-27", "2021-11-26", "2022-11-25", "2023-11-24", "2024-11-29", "2025-11-28",
        "2026-11-27", "2027-11-26", "2028-11-24", "2029-11-23",
    ]  # fmt: skip
    assert days(table, "christmas")[0] == "2018-12-25"


@pytest.mark.call("forecasting.commerce_calendar")
def test_columns_and_types():
    table = forecasting.commerce_calendar("US", 2024)
    assert table.columns.tolist() == ["event", "event_at", "before", "after"]
    assert table["event_at"].dtype == "datetime64[us]"
    assert (table[["before", "after"]] >= 0).all().all()
    assert len(forecasting.commerce_calendar("US", [])) == 0
    assert forecasting.commerce_calendar("US", np.int64(2024)).equals(forecasting.commerce_calendar("US", [2024]))


@pytest.mark.parametrize(
    ("market", "years", "error"),
    [("UK", 2024, ValueError), ("US", 2007, ValueError), ("US", 2101, ValueError), ("US", 2024.5, ValueError),
     ("US", ["2024"], TypeError), ("US", [True], TypeError), ("US", {2024: 1}, TypeError)],
)  # fmt: skip
def test_wrong_arguments(market, years, error):
    with pytest.raises(error, match=r"`(market|years)`"):
        forecasting.commerce_calendar(market, years)


def test_without_the_package_the_error_says_how_to_install_it(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "holidays", None)
    with pytest.raises(ModuleNotFoundError, match=r"ecommine\[calendar\]"):
        forecasting.commerce_calendar("CN", 2024)
    assert len(forecasting.commerce_calendar("US", 2024)) == 2


def test_calendars_of_every_library_are_read_alike(library):
    own = pd.DataFrame(
        {"event": ["anniversary"], "event_at": pd.to_datetime(["2024-05-05 10:00"]), "before": [3], "after": [1]}
    )
    read = read_calendar(library(own))
    assert read.event.tolist() == ["anniversary"]
    assert read.day.tolist() == [pd.Timestamp("2024-05-05").to_pydatetime()]
    assert (read.before.tolist(), read.after.tolist()) == ([3], [1])
    assert read_calendar(library(own[["event", "event_at"]])).before.tolist() == [0]


@pytest.mark.parametrize(
    ("change", "match"),
    [({"event": [None]}, "event"), ({"before": [-1]}, "before"), ({"after": [1.5]}, "after"),
     ({"event_at": ["2024-05-05"]}, "must be dates")],
)  # fmt: skip
def test_wrong_calendars(change, match):
    own = pd.DataFrame({"event": ["a"], "event_at": pd.to_datetime(["2024-05-05"]), "before": [3], "after": [1]})
    with pytest.raises(ValueError, match=match):
        read_calendar(own.assign(**change))
    with pytest.raises(ValueError, match="event_at"):
        read_calendar(own[["event"]])


def test_dates_without_times_are_read():
    pl = pytest.importorskip("polars")
    table = pl.DataFrame({"event": ["a"], "event_at": [np.datetime64("2024-05-05").item()]})
    assert read_calendar(table).day.tolist() == [pd.Timestamp("2024-05-05").to_pydatetime()]
