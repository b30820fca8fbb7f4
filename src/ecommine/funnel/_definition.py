"""What a funnel is: its steps, how long a visitor may take, and whether a second entry counts."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import reduce
from operator import and_
from typing import Any

import narwhals.stable.v2 as nw

from .._core.checks import one_of
from .._core.durations import Duration

MOST_STEPS = 40
Where = tuple[tuple[str, tuple[object, ...]], ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a funnel.

    Parameters
    ----------
    event : str or sequence of str
        The name of the event, or several names any of which will do.
    where : mapping of column to value or list of values, optional
        Only events whose columns have these values.
    within : str or timedelta, optional
        The longest time since the step before, such as ``"2h"``.
    name : str, optional
        What the step is called in tables and pictures; by default its events and conditions.

    Examples
    --------
    >>> from ecommine import funnel
    >>> funnel.Step("add_to_cart", where={"device": "mobile"}).name
    'add_to_cart (device: mobile)'
    """

    event: str | tuple[str, ...]
    where: Any = field(default=None, kw_only=True)
    within: str | timedelta | None = field(default=None, kw_only=True)
    name: str = field(default="", kw_only=True)

    def __post_init__(self) -> None:
        names: tuple[Any, ...] = (self.event,) if isinstance(self.event, str) else tuple(self.event)
        if not names or not all(isinstance(one, str) and one for one in names):
            raise TypeError(f"`event` must be the name of an event, or several names; got {self.event!r}")
        object.__setattr__(self, "event", names)
        object.__setattr__(self, "where", tuple(_conditions(self.where)))
        if self.within is not None:
            _exact(self.within, "within")
        object.__setattr__(self, "name", self.name or _title(names, self.where))

    @property
    def seconds(self) -> float | None:
        """The longest time since the step before, None where there is no limit."""
        return None if self.within is None else _exact(self.within, "within").total_seconds()

    def matches(self) -> nw.Expr:
        """Tell which events are this step."""
        conditions = [nw.col("event").is_in(list(self.event))]
        conditions += [nw.col(column).is_in(list(values)) for column, values in self.where]
        return reduce(and_, conditions).fill_null(False)


@dataclass(frozen=True, slots=True)
class Funnel:
    """A funnel: steps that follow each other within a window, defined once and measured many times.

    Parameters
    ----------
    steps : sequence of str or Step
        In their order, two or more.
    window : str or timedelta
        The longest time from the first step to any later one; not months or years, whose lengths differ.
    reentry : bool
        Whether every event of the first step starts an attempt, the best of which counts (as in Mixpanel, Amplitude,
        PostHog and ClickHouse), or only the visitor's first one.

    Raises
    ------
    TypeError, ValueError
        If a step is no name of an event, there are fewer than two, or the window is no fixed length of time.

    Examples
    --------
    >>> from ecommine import funnel
    >>> checkout = funnel.Funnel(["view_item", funnel.Step("add_to_cart", within="2h"), "purchase"], window="7d")
    >>> [step.name for step in checkout.steps]
    ['view_item', 'add_to_cart', 'purchase']
    >>> checkout == funnel.Funnel(["view_item", funnel.Step("add_to_cart", within="2h"), "purchase"])
    True
    """

    steps: tuple[Step, ...]
    window: str | timedelta = field(default="7d", kw_only=True)
    reentry: bool = field(default=True, kw_only=True)

    def __init__(self, steps: Sequence[str | Step], *, window: str | timedelta = "7d", reentry: bool = True) -> None:
        if isinstance(steps, str) or not isinstance(steps, Sequence):
            raise TypeError(f"`steps` must be a list of steps, got {steps!r}")
        if not 2 <= len(steps) <= MOST_STEPS:
            raise ValueError(f"`steps` must be 2 to {MOST_STEPS} steps, got {len(steps)}")
        given: Sequence[object] = steps
        for one in given:
            if not isinstance(one, (str, Step)):
                raise TypeError(f"`steps` must be names of events or Step objects, got {one!r}")
        _exact(window, "window")
        made = [one if isinstance(one, Step) else Step(one) for one in steps]
        if made[0].within is not None:
            raise ValueError(f"`within` is the time since the step before, and {made[0].name!r} is the first one")
        object.__setattr__(self, "steps", tuple(_distinct(made)))
        object.__setattr__(self, "window", window)
        one_of("reentry", reentry, (True, False))
        object.__setattr__(self, "reentry", bool(reentry))

    @property
    def length(self) -> timedelta:
        """The window."""
        return _exact(self.window, "window")

    @property
    def text(self) -> str:
        """The window as text."""
        return Duration.parse(self.window, argument="window").text


def funnel_of(definition: "Funnel | Sequence[str | Step]") -> Funnel:
    """Take a funnel, or make one with the defaults from its steps."""
    return definition if isinstance(definition, Funnel) else Funnel(definition)


def _distinct(steps: list[Step]) -> Iterator[Step]:
    """Tell steps of one name apart by a number."""
    seen: dict[str, int] = {}
    for step in steps:
        seen[step.name] = seen.get(step.name, 0) + 1
        again = seen[step.name]
        yield (
            step
            if again == 1
            else Step(step.event, where=dict(step.where), within=step.within, name=f"{step.name} {again}")
        )


def _exact(value: str | timedelta, argument: str) -> timedelta:
    parsed = Duration.parse(value, argument=argument)
    if parsed.months:
        raise ValueError(f"`{argument}` must be a fixed length of time, got {value!r}: give days, such as '30d'")
    return parsed.exact


def _conditions(where: object) -> Iterator[tuple[str, tuple[object, ...]]]:
    if where is None or where == ():
        return
    if not isinstance(where, Mapping):
        raise TypeError(f"`where` must map columns to values, such as {{'device': 'mobile'}}; got {where!r}")
    for column, given in sorted(where.items()):
        several = isinstance(given, Iterable) and not isinstance(given, (str, bytes))
        values = [one.item() if hasattr(one, "item") else one for one in (given if several else [given])]
        if not values or any(one is None or one != one or callable(one) for one in values):
            raise ValueError(f"`where`: {column!r} must have one or several known values, got {given!r}")
        yield str(column), tuple(sorted(set(values), key=repr))


def _title(names: tuple[str, ...], where: Where) -> str:
    events = " or ".join(names)
    said = ", ".join(f"{column}: {' or '.join(map(str, values))}" for column, values in where)
    return f"{events} ({said})" if said else events
