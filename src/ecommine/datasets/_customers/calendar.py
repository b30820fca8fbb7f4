"""The shop's year: a weekly cycle and the peaks of Chinese e-commerce, as factors on demand."""

import re
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from ..._core.checks import instances, integer, number, several, show, text
from .._drawing import MAX_DAYS, Floats, Ints, parse_day, settings_of

LUNAR_NEW_YEAR = (
    "2010-02-14", "2011-02-03", "2012-01-23", "2013-02-10", "2014-01-31", "2015-02-19", "2016-02-08",
    "2017-01-28", "2018-02-16", "2019-02-05", "2020-01-25", "2021-02-12", "2022-02-01", "2023-01-22",
    "2024-02-10", "2025-01-29", "2026-02-17", "2027-02-06", "2028-01-26", "2029-02-13", "2030-02-03",
    "2031-01-23", "2032-02-11", "2033-01-31", "2034-02-19", "2035-02-08", "2036-01-28", "2037-02-15",
    "2038-02-04", "2039-01-24", "2040-02-12", "2041-02-01", "2042-01-22", "2043-02-10", "2044-01-30",
    "2045-02-17", "2046-02-06", "2047-01-26", "2048-02-14", "2049-02-02", "2050-01-23",
)  # fmt: skip
"""First day of the lunar year, 2010 to 2050: Hong Kong Observatory, Gregorian-Lunar Calendar Conversion Table."""

LUNAR = "lunar_new_year"
MAX_SHIFT = 366
"""Days from a peak to what belongs to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Peak:
    """A sales event: demand climbs to its height on the day, then dips and recovers.

    Attributes
    ----------
    name : str
        Stable code.
    on : str
        Month and day, "06-18", or "lunar_new_year", which moves (known for 2010 to 2050).
    shift : int
        Days from ``on`` to the peak; Spring Festival sales peak before the day, while parcels still arrive.
    height : float
        Factor on demand on the day of the peak.
    before, after : int
        Days of climb and of hangover.
    dip : float
        Factor on the day after the peak, from where demand goes back to normal in ``after`` days.

    Examples
    --------
    >>> from ecommine import datasets
    >>> datasets.Peak(name="black_friday", on="11-28", height=3.0).after
    5
    """

    name: str
    on: str
    shift: int = 0
    height: float = 2.0
    before: int = 7
    after: int = 5
    dip: float = 0.8

    def __post_init__(self) -> None:
        text("name", self.name)
        for name in ("height", "dip"):
            number(name, getattr(self, name), low=0.01, cap=1_000)
        for name, low in (("before", 0), ("after", 0), ("shift", -MAX_SHIFT)):
            object.__setattr__(self, name, integer(name, getattr(self, name), low=low, cap=MAX_SHIFT))
        if text("on", self.on, example="'06-18'") != LUNAR:
            _month_day(self.on)

    def factor(self, days: Ints) -> Floats:
        """Factor on demand for each day, in days since 1970."""
        _check_days(days)
        result = np.ones(len(days))
        for day in self._days(days):
            gap = days - day
            climb = np.maximum(0.0, 1 + gap / (self.before + 1))
            fall = np.maximum(0.0, 1 - (gap - 1) / (self.after + 1)) * (self.after > 0)
            result *= np.where(gap <= 0, self.height**climb, self.dip**fall)
        return result

    def _days(self, days: Ints) -> list[int]:
        """Every peak that may touch the days."""
        years = range(_year(int(days.min())) - 1, _year(int(days.max())) + 2) if len(days) else range(0)
        if self.on == LUNAR:
            firsts = [day for day in LUNAR_NEW_YEAR if int(day[:4]) in years]
        else:
            firsts = [f"{year}-{self.on}" for year in years]
        return [int(np.datetime64(day, "D").astype(np.int64)) + self.shift for day in firsts]


def _check_days(days: object) -> None:
    if not isinstance(days, np.ndarray) or days.dtype.kind not in "iu" or days.ndim != 1:
        raise TypeError(f"`days` must be an array of whole numbers, days since 1970; got {show(days)}")


def _year(day: int) -> int:
    return 1970 + int(np.datetime64(day, "D").astype("datetime64[Y]").astype(np.int64))


def _month_day(on: str) -> None:
    if not re.fullmatch("[0-9]{2}-[0-9]{2}", on) or not _is_day(f"2023-{on}"):
        raise ValueError(f"`on` must be a month and day such as '06-18', or {LUNAR!r}, got {show(on)}")


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Season:
    """The shop's calendar: a factor for each weekday (Monday first) and the peaks of the year.

    Examples
    --------
    >>> from ecommine import datasets
    >>> [peak.name for peak in datasets.Season().peaks]
    ['618', 'double_11', 'spring_festival']
    >>> datasets.Season(peaks=(), weekdays=(1,) * 7) == datasets.FLAT
    True
    """

    weekdays: tuple[float, ...] = (0.95, 0.92, 0.93, 0.97, 1.05, 1.12, 1.06)
    peaks: tuple[Peak, ...] = (
        Peak(name="618", on="06-18", height=2.5, before=14),
        Peak(name="double_11", on="11-11", height=4.0, before=10, after=10, dip=0.7),
        Peak(name="spring_festival", on=LUNAR, shift=-6, height=1.8, before=18, after=16, dip=0.45),
    )

    def __post_init__(self) -> None:
        factors = several("weekdays", self.weekdays, of="7 factors")
        if len(factors) != 7:
            raise ValueError(f"`weekdays` must have 7 factors, Monday first, got {show(self.weekdays)}")
        for factor in factors:
            number("weekdays", factor, low=0.01, cap=1_000)
        object.__setattr__(self, "weekdays", factors)
        object.__setattr__(self, "peaks", instances("peaks", self.peaks, Peak))


FLAT = Season(weekdays=(1,) * 7, peaks=())
"""A year without any season."""


def make_calendar(days: int = 365, *, start: str = "2024-01-01", season: Season | None = None) -> pd.DataFrame:
    """Compute the factor on demand of each day; nothing here is random.

    Parameters
    ----------
    days : int
        Number of days.
    start : str
        First day, such as "2024-01-01".
    season : Season, optional
        Weekdays and peaks; by default 618, Double 11 and Spring Festival.

    Returns
    -------
    pandas.DataFrame
        day, weekday_factor, one column for each peak, and factor, their product.

    References
    ----------
    Hong Kong Observatory, Gregorian-Lunar Calendar Conversion Table,
    https://www.hko.gov.hk/en/gts/time/conversion.htm

    Examples
    --------
    >>> from ecommine import datasets
    >>> calendar = datasets.make_calendar(365, start="2025-01-01").set_index("day")
    >>> calendar["factor"].idxmax().date().isoformat()
    '2025-11-11'
    >>> calendar["spring_festival"].idxmax().date().isoformat()  # six days before New Year, January 29
    '2025-01-23'
    """
    days = integer("days", days, low=1, cap=MAX_DAYS)
    season = settings_of("season", season, Season)
    first = parse_day(start)
    number_of_day = int(first.astype(np.int64)) + np.arange(days, dtype=np.int64)
    weekday = np.array(season.weekdays, dtype=np.float64)[(number_of_day + 3) % 7]  # 1970-01-01 was a Thursday
    columns = {"weekday_factor": weekday} | {peak.name: peak.factor(number_of_day) for peak in season.peaks}
    factor = np.prod(list(columns.values()), axis=0)
    dates = (first + np.arange(days)).astype("datetime64[us]")
    return pd.DataFrame({"day": dates, **columns, "factor": factor})


class OperationalTime:
    """The shop's own clock, which runs fast on busy days: it makes a seasonal process an even one.

    One unit passes on a day with factor one.

    Examples
    --------
    >>> clock = OperationalTime(np.array([1.0, 3.0]))
    >>> clock.elapsed(np.array([0.5, 1.5])).tolist()
    [0.5, 2.5]
    >>> clock.at(np.array([2.5])).tolist()
    [1.5]
    """

    def __init__(self, factor: Floats) -> None:
        self._ticks = np.concatenate([[0.0], np.cumsum(factor)])
        self._days = np.arange(len(factor) + 1, dtype=np.float64)

    def elapsed(self, day: Floats) -> Floats:
        """Units that have passed at a time in days since the start; it stands still outside the period."""
        return np.asarray(np.interp(day, self._days, self._ticks), dtype=np.float64)

    def at(self, units: Floats) -> Floats:
        """Time in days since the start at which so many units have passed."""
        return np.asarray(np.interp(units, self._ticks, self._days), dtype=np.float64)
