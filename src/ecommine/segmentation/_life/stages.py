"""Stages of a customer's life, at one day and as they follow each other."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NamedTuple

import numpy as np

from ..._core.arrays import Bools, Ints, run_starts, sort_order
from ..._core.checks import show
from ..._core.durations import fixed_length

STAGES = ("new", "growing", "mature", "declining", "lost", "never_ordered")
"""Codes, by number."""
NEW, GROWING, MATURE, DECLINING, LOST, NEVER = range(len(STAGES))
NO_DAY = np.iinfo(np.int64).min // 4
"""In place of a day that is not known: before all days."""
FAR = np.iinfo(np.int64).max // 4
"""After all days."""
_DAY = timedelta(days=1)
_LAST_DAY = np.datetime64("9999-12-31", "D").astype(np.int64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stages:
    """Limits of the stages of a customer's life, in whole days; the first stage that holds counts.

    Attributes
    ----------
    lost : str or timedelta
        Lost: the last order was so long ago, or longer.
    declining : str or timedelta
        Declining: the last order was so long ago, or longer.
    new : str or timedelta
        New: the first order, or the registration where it is known, was at most so long ago.
    growing : str or timedelta
        Growing: it was at most so long ago. All others are mature.

    Examples
    --------
    >>> from ecommine import segmentation
    >>> segmentation.Stages(lost="365d").days
    (7, 90, 90, 365)
    """

    new: str | timedelta = "7d"
    growing: str | timedelta = "90d"
    declining: str | timedelta = "90d"
    lost: str | timedelta = "180d"

    def __post_init__(self) -> None:
        new, growing, declining, lost = self.days
        if new >= growing:
            raise ValueError(f"`new` must be shorter than `growing`, got {show(self.new)} and {show(self.growing)}")
        if declining >= lost:
            raise ValueError(
                f"`declining` must be shorter than `lost`, got {show(self.declining)} and {show(self.lost)}"
            )

    @property
    def days(self) -> tuple[int, int, int, int]:
        """The limits in days: new, growing, declining, lost."""
        new, growing, declining, lost = (
            whole_days(name, getattr(self, name)) for name in ("new", "growing", "declining", "lost")
        )
        return new, growing, declining, lost


def whole_days(name: str, value: str | timedelta) -> int:
    """Return the days of a fixed length of time; raise unless they are whole."""
    length = fixed_length(value, argument=name)
    if length % _DAY:
        raise ValueError(f"`{name}` must be whole days such as '90d', got {show(value)}")
    return length // _DAY


def as_times(days: Ints) -> Any:
    """Return days as times; those after the last day of the calendar are that day."""
    return np.minimum(days, _LAST_DAY).astype("datetime64[D]").astype("datetime64[us]")


class StageChanges(NamedTuple):
    """Changes of stage, sorted by customer and day; the first of each customer comes from -1."""

    customer: Ints
    day: Ints
    origin: Ints
    stage: Ints


def stage_of(recency: Ints, age: Ints, has_order: Bools, limits: tuple[int, int, int, int]) -> Ints:
    """Return the number of the stage, from days since the last order and since the first (or the registration).

    Examples
    --------
    >>> stages = stage_of(np.array([180, 90, 0]), np.array([200, 200, 7]), np.ones(3, dtype=bool), (7, 90, 90, 180))
    >>> [STAGES[stage] for stage in stages]
    ['lost', 'declining', 'new']
    """
    new, growing, declining, lost = limits
    conditions = [
        has_order & (recency >= lost),
        has_order & (recency >= declining),
        age <= new,
        ~has_order,
        age <= growing,
    ]
    return np.select(conditions, [LOST, DECLINING, NEW, NEVER, GROWING], MATURE)


def stage_changes(
    customer: Ints, day: Ints, start: Ints, limits: tuple[int, int, int, int], until: int
) -> StageChanges:
    """Follow every customer by day from their first day on.

    Parameters
    ----------
    customer, day : int arrays of shape (n_days,)
        Days with an order, sorted by customer and day.
    start : int array of shape (n_customers,)
        The day from which the age counts, at or before the first order.
    limits : four ints
        As :attr:`Stages.days` gives them.
    until : int
        The last day.

    Examples
    --------
    >>> changes = stage_changes(np.array([0]), np.array([100]), np.array([100]), (7, 90, 60, 180), 400)
    >>> [(day, STAGES[stage]) for day, stage in zip(changes.day.tolist(), changes.stage.tolist())]
    [(100, 'new'), (108, 'growing'), (160, 'declining'), (280, 'lost')]
    """
    new, growing, declining, lost = limits
    is_last = np.append(customer[1:] != customer[:-1], True) if len(customer) else np.zeros(0, dtype=bool)
    following = np.append(day[1:], FAR)
    following[is_last] = FAR
    begins = start[customer]
    candidates = np.stack([day, begins + new + 1, begins + growing + 1, day + declining, day + lost])
    is_inside = (candidates >= day) & (candidates < following) & (candidates <= until)
    which, row = np.nonzero(is_inside)
    at = candidates[which, row]
    stage = stage_of(at - day[row], at - begins[row], np.ones(len(at), dtype=bool), limits)
    before, before_day, before_stage = _before_first_order(customer, day, start, new, until)
    return _changes(
        np.concatenate([customer[row], before]),
        np.concatenate([at, before_day]),
        np.concatenate([stage, before_stage]),
    )


def _before_first_order(customer: Ints, day: Ints, start: Ints, new: int, until: int) -> tuple[Ints, Ints, Ints]:
    """Return the stages of registered customers before their first order: new, then never ordered."""
    first = np.full(len(start), FAR)
    np.minimum.at(first, customer, day)
    known = np.flatnonzero((start > NO_DAY) & (start < first))
    who = np.concatenate([known, known])
    at = np.concatenate([start[known], start[known] + new + 1])
    stage = np.repeat([NEW, NEVER], len(known))
    kept = (at < first[who]) & (at <= until)
    return who[kept], at[kept], stage[kept]


def _changes(customer: Ints, day: Ints, stage: Ints) -> StageChanges:
    order = sort_order(customer, day)
    customer, day, stage = customer[order], day[order], stage[order]
    kept = run_starts(customer, stage) if len(customer) else np.zeros(0, dtype=bool)
    customer, day, stage = customer[kept], day[kept], stage[kept]
    origin = np.append(-1, stage[:-1])[: len(stage)]
    if len(customer):
        origin[run_starts(customer)] = -1
    return StageChanges(customer=customer, day=day, origin=origin, stage=stage)
