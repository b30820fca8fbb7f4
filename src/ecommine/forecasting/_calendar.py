"""Events of a shop's year: sales festivals and holidays with the days around them on which they move demand."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal, get_args

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd

from .._core.arrays import Ints
from .._core.checks import integer, one_of, several
from .._core.frames import collect, opened
from .._core.optional import require

Market = Literal["CN", "US"]

FIRST_YEAR, LAST_YEAR = 2008, 2100
"""Years with a day for every event: Mid-Autumn is a holiday since 2008, and lunar dates are known to 2100."""
_LUNAR_NAMES = {"spring_festival": "Chinese New Year (Spring Festival)", "mid_autumn": "Mid-Autumn Festival"}
"""As the package holidays calls them; the days that it adds as "(observed)" have longer names."""
_THURSDAY = 3


@dataclass(frozen=True, slots=True)
class _Event:
    """An event of every year: how its day is found, and on how many days before and after demand moves."""

    name: str
    day: Callable[[int], date]
    before: int
    after: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """Events as arrays of shape (n_events,): codes, days (datetime64[us]), and days before and after."""

    event: Any
    day: Any
    before: Ints
    after: Ints


def commerce_calendar(market: Market, years: int | Iterable[int], /) -> pd.DataFrame:
    """Return the sales festivals and holidays of a market, for `forecast` and `backtest`.

    Parameters
    ----------
    market : {"CN", "US"}
        China: 618, Double 11, Double 12, Spring Festival, Mid-Autumn and National Day. United States: Black Friday and
        Christmas.
    years : int or iterable of ints
        In 2008 to 2100. Give those of the history and of the horizon: an event that the history does not hold has no
        effect that could be learned.

    Returns
    -------
    pandas.DataFrame
        One row per event and year, by date:

        - event: a stable code: "618", "double_11", "double_12", "spring_festival", "mid_autumn", "national_day",
          "black_friday", "christmas";
        - event_at: the day, of Spring Festival the first day of the lunar year;
        - before, after: days (count) before and after it on which demand may move too: campaigns, pre-heat and stocking
          up before, the hangover or the rest of a holiday after.

        The days before and after are those of the usual campaigns; change them in the table where yours differ, and
        append rows of your own events.

    Raises
    ------
    ModuleNotFoundError
        For China, if holidays is not installed (``pip install 'ecommine[calendar]'``): lunar dates come from there.
    TypeError, ValueError
        If the market is unknown, or a year is no whole number in range.

    Examples
    --------
    >>> from ecommine import forecasting
    >>> forecasting.commerce_calendar("US", range(2024, 2026))
              event   event_at  before  after
    0  black_friday 2024-11-29       4      3
    1     christmas 2024-12-25      24      6
    2  black_friday 2025-11-28       4      3
    3     christmas 2025-12-25      24      6
    """
    one_of("market", market, get_args(Market))
    numbers = several("years", years, of="years") if isinstance(years, Iterable) else (years,)
    known = sorted({integer("years", year, low=FIRST_YEAR, high=LAST_YEAR) for year in numbers})
    rows = sorted(
        (event.day(year), event.name, event.before, event.after) for event in _EVENTS[market] for year in known
    )
    days, names, before, after = zip(*rows, strict=True) if rows else ((), (), (), ())
    return pd.DataFrame(
        {
            "event": pd.Series(names, dtype=str),
            "event_at": pd.to_datetime(pd.Series(days, dtype=object)).astype("datetime64[us]"),
            "before": pd.Series(before, dtype="int64"),
            "after": pd.Series(after, dtype="int64"),
        }
    )


def read_calendar(calendar: object) -> Calendar:
    """Read a table of events, of any library; days before and after are 0 where the table has none.

    Raises
    ------
    ValueError
        If a column is missing, of a wrong type, or holds a null or a number of days that is negative or not whole.
    """
    frame = opened(calendar, argument="calendar")
    types = frame.collect_schema()
    for name in ("event", "event_at"):
        if name not in types:
            raise ValueError(f"`calendar` needs the columns event and event_at, `{name}` is missing")
    if not (types["event_at"] == nw.Date or isinstance(types["event_at"], nw.Datetime)):
        raise ValueError(f"`event_at` of `calendar` must be dates, got {types['event_at']}")
    rows = collect(frame)
    for name in {"event", "event_at", "before", "after"} & set(rows.columns):
        if rows[name].null_count():
            raise ValueError(f"`{name}` of `calendar` is missing in {rows[name].null_count()} rows: fill or drop them")
    days = [_days_around(rows, name) for name in ("before", "after")]
    return Calendar(
        event=np.array([str(event) for event in rows["event"].to_list()], dtype=object),
        day=rows["event_at"].cast(nw.Datetime("us")).to_numpy().astype("datetime64[D]").astype("datetime64[us]"),
        before=days[0],
        after=days[1],
    )


def _days_around(rows: nw.DataFrame[Any], name: str) -> Ints:
    if name not in rows.columns:
        return np.zeros(len(rows), dtype=np.int64)
    values = np.asarray(rows[name].cast(nw.Float64).to_numpy(), dtype=np.float64)
    wrong = np.flatnonzero((values < 0) | (values % 1 != 0))
    if len(wrong):
        raise ValueError(f"`{name}` of `calendar` must be whole numbers of days from 0 up, got {values[wrong[0]]:g}")
    return values.astype(np.int64)


def _fixed(month: int, day: int) -> Callable[[int], date]:
    return lambda year: date(year, month, day)


def _lunar(name: str) -> Callable[[int], date]:
    return lambda year: _lunar_day(name, year)


def _lunar_day(name: str, year: int) -> date:
    """Return the first day of a holiday of the lunar calendar."""
    holidays: Any = require("holidays", extra="calendar")
    named = holidays.country_holidays("CN", years=year, language="en_US")
    days: list[date] = [day for day, text in named.items() if _LUNAR_NAMES[name] in text.split("; ")]
    return min(days)


def _black_friday(year: int) -> date:
    """Return the day after Thanksgiving, the fourth Thursday of November."""
    first = date(year, 11, 1)
    thanksgiving = first + timedelta(days=(_THURSDAY - first.weekday()) % 7 + 21)
    return thanksgiving + timedelta(days=1)


_EVENTS: dict[Market, tuple[_Event, ...]] = {
    "CN": (
        _Event("spring_festival", _lunar("spring_festival"), before=24, after=14),
        _Event("618", _fixed(6, 18), before=17, after=5),
        _Event("mid_autumn", _lunar("mid_autumn"), before=14, after=2),
        _Event("national_day", _fixed(10, 1), before=3, after=6),
        _Event("double_11", _fixed(11, 11), before=11, after=10),
        _Event("double_12", _fixed(12, 12), before=3, after=2),
    ),
    "US": (
        _Event("black_friday", _black_friday, before=4, after=3),
        _Event("christmas", _fixed(12, 25), before=24, after=6),
    ),
}
