"""The days on which the events of a calendar act, and how often each was seen."""

from itertools import pairwise
from typing import NamedTuple

import numpy as np

from ..._core.arrays import Bools, Floats, Ints
from .._calendar import Calendar
from .._panel.grid import Periods
from .event_effects import EventDays, EventEffects, event_effects, parts_of_event, separable_events

_DAY = np.timedelta64(1, "D")


class SeenEvents(NamedTuple):
    """Effects of the events that were seen, None without any, and the days of each event within the history.

    Attributes
    ----------
    effects : EventEffects or None
    n_seen : dict of str to int
    left_out : list of str
        Events that were seen and cannot be told from level and week.
    """

    effects: EventEffects | None
    n_seen: dict[str, int]
    left_out: list[str]


def effects_of_calendar(common: Floats, history: Periods, horizon: Periods, calendar: Calendar) -> SeenEvents:
    """Estimate the effects of the events whose day was seen at least once, from the common factor of all products."""
    end = horizon.starts[0]
    inside = (calendar.day >= history.starts[0]) & (calendar.day < end)
    n_seen = {str(name): int(inside[calendar.event == name].sum()) for name in dict.fromkeys(calendar.event)}
    names = [name for name, count in n_seen.items() if count]
    if not names or not (common > 0).any():
        return SeenEvents(None, n_seen, [])
    week, days = weekdays(history), _event_days(calendar, history, horizon, names)
    is_separable = separable_events(common, history.days, week, days)
    kept = [name for name, is_kept in zip(names, is_separable, strict=True) if is_kept]
    left_out = [name for name in names if name not in kept]
    if not kept:
        return SeenEvents(None, n_seen, left_out)
    days = _event_days(calendar, history, horizon, kept) if left_out else days
    return SeenEvents(event_effects(common, history.days, week, days), n_seen, left_out)


def acting_periods(calendar: Calendar, periods: Periods) -> Bools:
    """Return in which periods an event acts, days before and after it included."""
    starts = np.append(periods.starts, periods.following(1).starts[0])
    first, last = calendar.day - calendar.before * _DAY, calendar.day + calendar.after * _DAY
    return np.array([((first < end) & (last >= start)).any() for start, end in pairwise(starts)], dtype=bool)


def weekdays(periods: Periods) -> Ints | None:
    """Return the day of the week of each day, 0 is Monday; None where periods are no days."""
    if periods.every != "1d" or not periods.is_dated:
        return None
    return np.asarray((periods.starts.astype("datetime64[D]").astype(np.int64) + 3) % 7)


def _event_days(calendar: Calendar, history: Periods, horizon: Periods, names: list[str]) -> EventDays:
    starts = np.concatenate([history.starts, horizon.starts])
    day = np.arange(starts[0], horizon.following(1).starts[0], _DAY)
    columns, events = [], []
    for event, at, before, after in zip(calendar.event, calendar.day, calendar.before, calendar.after, strict=True):
        parts = parts_of_event((day - at) / _DAY, int(before), int(after))
        if event in names and parts.any():
            columns.append(parts)
            events.append(names.index(event))
    return EventDays(
        period=np.searchsorted(starts, day, side="right") - 1,
        design=np.concatenate(columns, axis=1),
        event=np.array(events, dtype=np.int64),
    )
