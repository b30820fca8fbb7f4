"""The season that the shop's products share, by day of the week and month of the year, and the peaks of its history."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..._core.arrays import Floats, Ints
from ..._stats.arrays import divide
from .._calendar import Calendar
from .._periods import Periods

MIN_WEEKS, MIN_YEARS = 4, 2
"""Whole cycles from which on a season is shown."""
MIN_PEAK_FACTOR = 1.25
MIN_PEAK_DEVIATIONS = 3.0
"""How far above the level a peak must be: this factor, and this many deviations of ordinary periods."""
MAX_GAP_DAYS = 3.0
"""Ordinary days within a peak."""
SAME_PEAK_DAYS = 14
"""Peaks of two years that lie so near are one."""
_HALF_YEAR_DAYS = 182.0
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
    """A peak to expect: when, how high, and how long before it demand begins to rise."""

    peak_at: Any
    factor: float
    lead_days: int
    stock_by: Any
    last_peak_at: Any
    n_seen: int
    event: str | None


def season_factors(factor: Floats, periods: Periods, level: float) -> list[SeasonFactor]:
    """Return the factors of weekdays and months that were seen often enough."""
    if not periods.is_dated:
        return []
    rows: list[SeasonFactor] = []
    if periods.every == "1d" and len(periods) >= 7 * MIN_WEEKS:
        weekday = (periods.starts.astype("datetime64[D]").astype(np.int64) + 3) % 7
        rows += _factors("week", weekday, divide(factor, running_median(factor, periods.days, 3.0)), level)
    if periods.every in ("1d", "1w", "1mo") and periods.days.sum() >= MIN_YEARS * 365:
        rows += _year_factors(factor, periods, level)
    return rows


def expected_peaks(factor: Floats, periods: Periods, calendar: Calendar | None) -> list[Peak]:
    """Return the peaks of the history where they are next expected: at the event's next day, or a year later."""
    if not periods.is_dated:
        return []
    seen = [_expected(run, factor, periods, calendar) for run in _raised_runs(factor, periods)]
    return _merged(sorted(seen, key=lambda peak: (peak.peak_at, peak.last_peak_at)))


def running_median(values: Floats, days: Floats, reach: float) -> Floats:
    """Return the median of the periods that begin within so many days before and after each."""
    begins = np.cumsum(days) - days
    low, high = np.searchsorted(begins, begins - reach), np.searchsorted(begins, begins + reach, side="right")
    return np.array([np.nanmedian(values[i:j]) for i, j in zip(low, high, strict=True)])


def _factors(cycle: str, place: Ints, ratio: Floats, level: float) -> list[SeasonFactor]:
    """Return geometric means by place, with intervals from how they differ between cycles."""
    from scipy.special import stdtrit

    is_known = ratio > 0
    place, log_ratio = place[is_known], np.log(ratio[is_known])
    count = np.bincount(place).astype(np.float64)
    mean = np.nan_to_num(divide(np.bincount(place, weights=log_ratio), count))
    squares = np.bincount(place, weights=(log_ratio - mean[place]) ** 2)
    pooled = float(squares.sum() / max(count.sum() - (count > 0).sum(), 1))
    margin = stdtrit(max(count.sum() - (count > 0).sum(), 1), (1 + level) / 2) * np.sqrt(divide(pooled, count))
    centred = mean - mean[count > 0].mean()
    return [
        SeasonFactor(
            cycle=cycle,
            place=int(i) + 1,
            factor=float(np.exp(centred[i])),
            factor_low=float(np.exp(centred[i] - margin[i])),
            factor_high=float(np.exp(centred[i] + margin[i])),
            n_seen=int(count[i]),
        )
        for i in np.flatnonzero(count > 0)
    ]


def _year_factors(factor: Floats, periods: Periods, level: float) -> list[SeasonFactor]:
    """Return the factors of months: their means in each year, beside a line through all."""
    middle = periods.starts + (periods.days / 2 * 86_400e6).astype("timedelta64[us]")
    month = middle.astype("datetime64[M]").astype(np.int64)
    month -= month.min()
    known = np.isfinite(factor)
    mean = divide(np.bincount(month[known], weights=factor[known]), np.bincount(month[known]))
    number = np.flatnonzero(mean > 0)
    place = (number + int(middle[0].astype("datetime64[M]").astype(np.int64))) % 12
    log_mean = np.log(mean[number])
    design = np.column_stack([number - number.mean(), np.eye(12)[place]])
    slope = np.linalg.lstsq(design, log_mean, rcond=None)[0][0]
    return _factors("year", place, np.exp(log_mean - slope * (number - number.mean())), level)


def _raised_runs(factor: Floats, periods: Periods) -> list[tuple[int, int]]:
    """Return first and last period of each run well above the level around it."""
    smooth = _means_of_weeks(factor) if periods.every == "1d" else factor  # days of the week and chance cancel out
    ratio = divide(smooth, running_median(smooth, periods.days, _HALF_YEAR_DAYS))
    log_ratio = np.log(ratio[ratio > 0])
    spread = 1.4826 * float(np.median(np.abs(log_ratio - np.median(log_ratio)))) if len(log_ratio) else 0.0
    raised = np.flatnonzero(ratio >= max(MIN_PEAK_FACTOR, float(np.exp(MIN_PEAK_DEVIATIONS * spread))))
    if not len(raised):
        return []
    begins = np.cumsum(periods.days) - periods.days
    pause = begins[raised[1:]] - begins[raised[:-1]] - periods.days[raised[:-1]]
    cuts = np.flatnonzero(pause > MAX_GAP_DAYS) + 1
    return [(int(run[0]), int(run[-1])) for run in np.split(raised, cuts)]


def _means_of_weeks(factor: Floats) -> Floats:
    """Return the mean of the seven days around each day."""
    is_known = np.isfinite(factor)
    sums, counts = (
        np.convolve(values, np.ones(7), mode="same") for values in (np.where(is_known, factor, 0), is_known * 1.0)
    )
    return divide(sums, counts)


def _expected(run: tuple[int, int], factor: Floats, periods: Periods, calendar: Calendar | None) -> Peak:
    first, last = run
    top = first + int(np.nanargmax(factor[first : last + 1]))
    level = running_median(factor, periods.days, _HALF_YEAR_DAYS)[top]
    end = periods.following(1).starts[0]
    peak_at = periods.starts[top]
    lead = int((peak_at - periods.starts[first]) / _DAY)
    event, next_at = _next_event(peak_at, float(periods.days[top]), end, calendar)
    if next_at is None:
        next_at = peak_at
        while next_at < end:
            next_at = _a_year_later(next_at)
    return Peak(
        peak_at=next_at,
        factor=float(factor[top] / level),
        lead_days=lead,
        stock_by=next_at - lead * _DAY,
        last_peak_at=peak_at,
        n_seen=1,
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


def _a_year_later(moment: Any) -> Any:
    month = moment.astype("datetime64[M]")
    day = moment - month.astype("datetime64[us]")
    return (month + 12).astype("datetime64[us]") + day


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
    latest = max(group, key=lambda peak: (peak.last_peak_at, peak.factor))
    lead = max(peak.lead_days for peak in group)
    return Peak(
        peak_at=latest.peak_at,
        factor=float(np.exp(np.mean([np.log(peak.factor) for peak in group]))),
        lead_days=lead,
        stock_by=latest.peak_at - lead * _DAY,
        last_peak_at=latest.last_peak_at,
        n_seen=len(group),
        event=latest.event,
    )
