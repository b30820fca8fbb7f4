"""The season that the shop's products share, by day of the week and month of the year, and the peaks to expect."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..._core.arrays import Floats
from ..._stats.arrays import divide
from .._calendar import Calendar
from .._drivers.event_days import weekdays
from .._panel.grid import Periods
from .season_factors import (
    MIN_PEAK_FACTOR,
    PlaceFactors,
    means_of_weeks,
    month_factors,
    place_factors,
    raised_runs,
    running_median,
)

MIN_WEEKS, MIN_YEARS = 4, 2
"""Whole cycles from which on a season is shown."""
MAX_GAP_DAYS = 3.0
"""Ordinary days within a peak."""
SAME_PEAK_DAYS = 14
"""Peaks of two years that lie so near are one."""
_LEVEL_DAYS, _LEVEL_PERIODS = 60.0, 2.5
"""How far around a period its level is taken, so that peaks of nearly two months stand out: days, or more periods."""
DAYS_OF_YEAR = 365.25
_DAY = np.timedelta64(1, "D")


@dataclass(frozen=True, slots=True, kw_only=True)
class SeasonFactor:
    """Factor of a place in a cycle, "week" (1 is Monday) or "year" (1 is January), with its interval."""

    cycle: str
    place: int
    factor: float
    factor_low: float
    factor_high: float
    n_seen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Peak:
    """A peak to expect: when, how high on the mean of years, and how long before it demand begins to rise."""

    peak_at: Any
    factor: float
    lead_days: int
    stock_by: Any
    last_peak_at: Any
    n_seen: int
    n_years: int
    event: str | None


def season_factors(factor: Floats, periods: Periods, level: float) -> list[SeasonFactor]:
    """Return the factors of weekdays and months that were seen often enough."""
    rows: list[SeasonFactor] = []
    weekday = weekdays(periods)
    if weekday is not None and len(periods) >= 7 * MIN_WEEKS:
        ratio = divide(factor, running_median(factor, periods.days, 3.0))
        rows += _rows("week", place_factors(weekday, ratio, level))
    if periods.every in ("1d", "1w", "1mo") and periods.is_dated and periods.days.sum() >= MIN_YEARS * 365:
        middle = periods.starts + (periods.days / 2 * 86_400e6).astype("timedelta64[us]")
        month = middle.astype("datetime64[M]").astype(np.int64)
        rows += _rows("year", month_factors(month - month.min() // 12 * 12, factor, level))
    return rows


def expected_peaks(factor: Floats, periods: Periods, calendar: Calendar | None) -> list[Peak]:
    """Return the peaks of the history where they are next expected: at the event's next day, or a year later."""
    if not periods.is_dated:
        return []
    smooth = means_of_weeks(factor) if periods.every == "1d" else factor  # days of the week and chance cancel out
    reach = max(_LEVEL_DAYS, _LEVEL_PERIODS * float(np.median(periods.days)))
    runs = raised_runs(divide(smooth, running_median(smooth, periods.days, reach)), periods.days, MAX_GAP_DAYS)
    level = running_median(factor, periods.days, reach)
    seen = [_expected(run, divide(factor, level), periods, calendar) for run in runs]
    seen = [peak for peak in seen if peak.factor >= MIN_PEAK_FACTOR]  # also of itself, without the days around it
    return _merged(sorted(seen, key=lambda peak: (peak.peak_at, peak.last_peak_at)))


def _rows(cycle: str, factors: PlaceFactors) -> list[SeasonFactor]:
    return [
        SeasonFactor(
            cycle=cycle,
            place=int(place) + 1,
            factor=float(factor),
            factor_low=float(low),
            factor_high=float(high),
            n_seen=int(n_seen),
        )
        for place, factor, low, high, n_seen in zip(*factors, strict=True)
    ]


def _expected(run: tuple[int, int], ratio: Floats, periods: Periods, calendar: Calendar | None) -> Peak:
    first, last = run
    top = first + int(np.nanargmax(ratio[first : last + 1]))
    end = periods.following(1).starts[0]
    peak_at = periods.starts[top]
    rise = first + int(np.argmax(ratio[first : top + 1] >= MIN_PEAK_FACTOR))
    lead = int((peak_at - periods.starts[rise]) / _DAY)
    event, next_at = _next_event(peak_at, float(periods.days[top]), end, calendar)
    if next_at is None:
        next_at = peak_at
        while next_at < end:
            next_at = _moved_by_years(next_at, 1)
    n_years = _years_with_the_day(event, next_at, periods, calendar)
    next_at = _start_of_period(next_at, periods)
    return Peak(
        peak_at=next_at,
        factor=float(ratio[top]),
        lead_days=lead,
        stock_by=next_at - lead * _DAY,
        last_peak_at=peak_at,
        n_seen=1,
        n_years=n_years,
        event=event,
    )


def _next_event(peak_at: Any, days: float, end: Any, calendar: Calendar | None) -> tuple[str | None, Any]:
    """Return the event in whose days a peak lies, and its next day, None where the calendar does not go so far."""
    if calendar is None:
        return None, None
    ends = peak_at + np.timedelta64(int(days * 24), "h")
    starts, stops = calendar.day - calendar.before * _DAY, calendar.day + (calendar.after + 1) * _DAY
    inside = np.flatnonzero((starts < ends) & (stops > peak_at))
    if not len(inside):
        return None, None
    nearest = inside[np.argmin(np.abs((calendar.day[inside] - peak_at) / _DAY))]
    later = calendar.day[(calendar.event == calendar.event[nearest]) & (calendar.day >= end)]
    shift = min(peak_at - calendar.day[nearest], 0 * _DAY) if days > 1 else peak_at - calendar.day[nearest]
    return str(calendar.event[nearest]), later.min() + shift if len(later) else None


def _moved_by_years(moment: Any, years: int) -> Any:
    month = moment.astype("datetime64[M]")
    day = moment - month.astype("datetime64[us]")
    return (month + np.timedelta64(12 * years, "M")).astype("datetime64[us]") + day


def _years_with_the_day(event: str | None, next_at: Any, periods: Periods, calendar: Calendar | None) -> int:
    """Return how often a peak could have come: days of its event, or of the year, in the history."""
    first, end = periods.starts[0], periods.following(1).starts[0]
    if event is not None and calendar is not None:
        return int(((calendar.event == event) & (calendar.day >= first) & (calendar.day < end)).sum())
    n_years = 0
    while _moved_by_years(next_at, -n_years - 1) >= first:
        n_years += 1
    return n_years


def _start_of_period(moment: Any, periods: Periods) -> Any:
    """Return the beginning of the coming period in which a moment lies."""
    end = periods.following(1).starts[0]
    n_ahead = int(max((moment - end) / _DAY, 0) / float(periods.days.min())) + 2
    starts = periods.following(n_ahead).starts
    return starts[max(int(np.searchsorted(starts, moment, side="right")) - 1, 0)]


def _merged(peaks: list[Peak]) -> list[Peak]:
    """Return the peaks of several years that are expected about the same day as one, by the last of them."""
    groups: list[list[Peak]] = []
    for peak in peaks:
        if groups and (peak.peak_at - groups[-1][0].peak_at) <= SAME_PEAK_DAYS * _DAY:
            groups[-1].append(peak)
        else:
            groups.append([peak])
    return [_one_of(group) for group in groups]


def _one_of(group: list[Peak]) -> Peak:
    """Return the mean of all years in which the peak could have come; where it was not seen, demand was the usual."""
    latest = max(group, key=lambda peak: (peak.last_peak_at, peak.factor))
    lead = max(peak.lead_days for peak in group)
    by_year: dict[int, float] = {}
    for peak in group:
        year = round((peak.peak_at - peak.last_peak_at) / _DAY / DAYS_OF_YEAR)
        by_year[year] = max(by_year.get(year, 0.0), float(np.log(peak.factor)))
    n_years = max(len(by_year), *(peak.n_years for peak in group))
    return Peak(
        peak_at=latest.peak_at,
        factor=float(np.exp(sum(by_year.values()) / n_years)),
        lead_days=lead,
        stock_by=latest.peak_at - lead * _DAY,
        last_peak_at=latest.last_peak_at,
        n_seen=len(by_year),
        n_years=n_years,
        event=latest.event,
    )
