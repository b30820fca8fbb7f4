"""The shop's year: peaks on their days, a lunar date that moves, and the operational clock."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecommine import datasets
from ecommine.datasets._customers.calendar import LUNAR_NEW_YEAR, OperationalTime


@pytest.mark.parametrize(
    ("year", "peak"), [(2023, "2023-01-16"), (2024, "2024-02-04"), (2025, "2025-01-23"), (2026, "2026-02-11")]
)
def test_spring_festival_moves_with_the_moon(year: int, peak: str) -> None:
    calendar = datasets.make_calendar(366, start=f"{year}-01-01").set_index("day")
    assert calendar["spring_festival"].idxmax() == pd.Timestamp(peak)  # six days before New Year
    after = pd.Timestamp(peak) + pd.Timedelta(days=1)
    assert calendar.loc[after, "spring_festival"] == pytest.approx(0.45)


def test_lunar_new_years_are_new_moons_between_the_usual_days() -> None:
    days = pd.to_datetime(pd.Series(LUNAR_NEW_YEAR))
    assert days.dt.year.tolist() == list(range(2010, 2051))
    assert days.dt.strftime("%m-%d").between("01-21", "02-21").all()
    noon = days + pd.Timedelta(hours=4)  # of Beijing, in UTC
    moons = (noon - pd.Timestamp("2000-01-06 18:14")).dt.total_seconds() / 86_400 / 29.530588853  # mean lunations
    assert (moons - moons.round()).abs().max() * 29.53 < 1.2  # a true new moon is at most 14 hours from the mean one


def test_fixed_peaks_are_on_their_day_and_weekdays_cycle() -> None:
    calendar = datasets.make_calendar(365, start="2025-01-01").set_index("day")
    assert calendar["618"].idxmax() == pd.Timestamp("2025-06-18")
    assert calendar["double_11"].idxmax() == pd.Timestamp("2025-11-11")
    assert calendar["618"].max() == pytest.approx(2.5)
    assert calendar.loc["2025-11-12", "double_11"] == pytest.approx(0.7)
    assert calendar.loc["2025-06-03", "618"] == 1.0  # the climb begins the day after, 14 days before
    assert calendar.loc["2025-06-04", "618"] > 1.0
    saturday = calendar.index.day_of_week == 5
    assert (calendar.loc[saturday, "weekday_factor"] == 1.12).all()
    product = calendar.drop(columns="factor").prod(axis=1)
    assert np.allclose(calendar["factor"], product)


def test_a_flat_year_is_one() -> None:
    assert (datasets.make_calendar(400, season=datasets.FLAT)["factor"] == 1).all()


@given(st.lists(st.floats(0.01, 10), min_size=1, max_size=50), st.floats(0, 1))
def test_the_operational_clock_turns_back(factor: list[float], share: float) -> None:
    clock = OperationalTime(np.array(factor))
    day = np.array([share * len(factor)])
    assert clock.at(clock.elapsed(day)) == pytest.approx(day, abs=1e-6)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: datasets.Peak(name="x", on="13-40"), "`on` must be a month and day such as '06-18'.*'13-40'"),
        (lambda: datasets.Peak(name="x", on="06-18", height=0), "`height` must be at least 0.01, got 0"),
        (lambda: datasets.Season(weekdays=(1.0,)), "`weekdays` must have 7 factors, Monday first"),
        (lambda: datasets.make_calendar(0), "`days` must be at least 1, got 0"),
        (lambda: datasets.make_calendar(start="soon"), "`start` must be a day such as '2024-01-01', got 'soon'"),
    ],
)
def test_errors_name_argument_and_value(make, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


def test_a_start_that_is_no_text_is_a_type_error() -> None:
    with pytest.raises(TypeError, match="`start` must be a day as text"):
        datasets.make_calendar(start=20240101)  # type: ignore[arg-type]
