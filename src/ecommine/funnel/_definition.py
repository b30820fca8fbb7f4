"""What a funnel is: its steps, their order, how long a unit may take, and what must not happen between."""

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import reduce
from operator import and_
from typing import Any, Literal

import narwhals.stable.v2 as nw
import pandas as pd

from .._core.checks import one_of
from .._core.durations import Duration
from ._lengths import parse_fixed_duration

MOST_STEPS = 40
MOST_EXCLUSIONS = 20
Order = Literal["ordered", "strict", "any"]
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

    Raises
    ------
    TypeError, ValueError
        If `event` is no name, a condition has no known value, or `within` is no fixed length of time.

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
        object.__setattr__(self, "event", _names(self.event))
        object.__setattr__(self, "where", tuple(_conditions(self.where)))
        if self.within is not None:
            object.__setattr__(self, "within", _plain(self.within, "within"))
        if not isinstance(self.name, str):
            raise TypeError(f"`name` must be text, got {self.name!r}")
        object.__setattr__(self, "name", self.name or _title(tuple(self.event), self.where))

    @property
    def within_length(self) -> timedelta | None:
        """The longest time since the step before, None where there is no limit."""
        return None if self.within is None else parse_fixed_duration(self.within, "within")

    def matches(self) -> nw.Expr:
        """Tell which events are this step."""
        return _matches(tuple(self.event), self.where)


@dataclass(frozen=True, slots=True)
class Exclude:
    """An event that must not happen between two steps: it ends the attempt, and a later entry may begin another.

    Parameters
    ----------
    event : str or sequence of str
        The name of the event, or several names.
    where : mapping of column to value or list of values, optional
        Only events whose columns have these values.
    after, before : str, optional
        Names of steps: the event matters from this step to that one, by default from the first to the last. Steps that
        may be left out cannot be named.

    Raises
    ------
    TypeError, ValueError
        If `event` is no name, or a condition has no known value.

    Examples
    --------
    >>> from ecommine import funnel
    >>> funnel.Exclude("remove_from_cart", after="add_to_cart", before="purchase").event
    ('remove_from_cart',)
    """

    event: str | tuple[str, ...]
    where: Any = field(default=None, kw_only=True)
    after: str | None = field(default=None, kw_only=True)
    before: str | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        object.__setattr__(self, "event", _names(self.event))
        object.__setattr__(self, "where", tuple(_conditions(self.where)))

    def matches(self) -> nw.Expr:
        """Tell which events are excluded."""
        return _matches(tuple(self.event), self.where)


@dataclass(frozen=True, slots=True)
class Funnel:
    """A funnel: steps that follow each other within a window, defined once and measured many times.

    Parameters
    ----------
    steps : sequence of str or Step
        In their order, two or more.
    window : str or timedelta
        The longest time from the first step to any later one; not months or years, whose lengths differ.
    order : {"ordered", "strict", "any"}
        Whether other events may come between two steps, none may, or the steps count in any order. In any order the
        first of all steps begins an attempt, and the table counts who did one, two, ... of them.
    reentry : bool
        Whether every event of the first step starts an attempt, the best of which counts (as in Amplitude, PostHog and
        ClickHouse), or only the unit's first one (as in Mixpanel without optimized re-entry).
    exclude : str, Exclude, or sequence of them
        Events that must not happen between the steps.
    optional : str or sequence of str
        Names of steps that may be left out: whoever does them is counted, and who does not goes on all the same. Not
        the first and not the last one.
    hold_constant : str or sequence of str, optional
        Columns that must keep their value through all steps, such as ``"product_id"``: each value has a funnel of its
        own, and the unit's best one counts. Events without a value are no step, but may lie between two.

    Raises
    ------
    TypeError, ValueError
        If a step is no name of an event, there are fewer than two, the window is no fixed length of time, a name is no
        step, or the settings contradict each other.

    Examples
    --------
    >>> from ecommine import funnel
    >>> checkout = funnel.Funnel(["view_item", funnel.Step("add_to_cart", within="2h"), "purchase"], window="7d")
    >>> [step.name for step in checkout.steps]
    ['view_item', 'add_to_cart', 'purchase']
    >>> checkout == funnel.Funnel(["view_item", funnel.Step("add_to_cart", within="120min"), "purchase"])
    True
    """

    steps: tuple[Step, ...]
    window: str | timedelta = field(default="7d", kw_only=True)
    order: Order = field(default="ordered", kw_only=True)
    reentry: bool = field(default=True, kw_only=True)
    exclude: tuple[Exclude, ...] = field(default=(), kw_only=True)
    optional: tuple[str, ...] = field(default=(), kw_only=True)
    hold_constant: tuple[str, ...] = field(default=(), kw_only=True)

    def __init__(
        self,
        steps: Sequence[str | Step],
        *,
        window: str | timedelta = "7d",
        order: Order = "ordered",
        reentry: bool = True,
        exclude: str | Exclude | Sequence[str | Exclude] = (),
        optional: str | Sequence[str] = (),
        hold_constant: str | Sequence[str] | None = None,
    ) -> None:
        one_of("order", order, ("ordered", "strict", "any"))
        one_of("reentry", reentry, (True, False))
        made: dict[str, object] = {
            "steps": tuple(_steps(steps)),
            "window": _plain(window, "window"),
            "order": order,
            "reentry": bool(reentry),
            "exclude": tuple(_excluded(exclude)),
            "optional": _texts("optional", optional),
            "hold_constant": _texts("hold_constant", () if hold_constant is None else hold_constant),
        }
        for name, value in made.items():
            object.__setattr__(self, name, value)
        _check_optional(self)
        for one in self.exclude:
            _check_range(self, one)
        if order == "any":
            _check_any(self)

    @property
    def window_length(self) -> timedelta:
        """The window."""
        return parse_fixed_duration(self.window, "window")

    @property
    def window_text(self) -> str:
        """The window as text."""
        return Duration.parse(self.window, argument="window").text

    @property
    def step_labels(self) -> tuple[str, ...]:
        """What the rows of the table are called."""
        n = len(self.steps)
        return tuple(
            f"{place} of {n} steps" if self.order == "any" else step.name for place, step in enumerate(self.steps, 1)
        )

    @property
    def steps_and_exclusions(self) -> "tuple[Step | Exclude, ...]":
        """The steps and exclusions, as the bits of events number them."""
        return (*self.steps, *self.exclude)

    @property
    def extra_columns(self) -> tuple[str, ...]:
        """The columns that conditions and `hold_constant` name."""
        conditions = [column for one in self.steps_and_exclusions for column, _ in one.where]
        return tuple(dict.fromkeys((*conditions, *self.hold_constant)))

    def step_index(self, name: str) -> int:
        """Return the number of a step."""
        return [step.name for step in self.steps].index(name)


def funnel_of(definition: "Funnel | Sequence[str | Step]") -> Funnel:
    """Take a funnel, or make one with the defaults from its steps."""
    return definition if isinstance(definition, Funnel) else Funnel(definition)


def _names(event: object) -> tuple[str, ...]:
    names: tuple[Any, ...] = (event,) if isinstance(event, str) else tuple(event) if isinstance(event, Iterable) else ()
    if not names or not all(isinstance(one, str) and one for one in names):
        raise TypeError(f"`event` must be the name of an event, or several names; got {event!r}")
    return names


def _matches(names: tuple[str, ...], where: Where) -> nw.Expr:
    conditions = [nw.col("event").is_in(list(names))]
    conditions += [is_one_of(column, values) for column, values in where]
    return reduce(and_, conditions).fill_null(False)


def is_one_of(column: str, values: tuple[object, ...]) -> nw.Expr:
    """Tell which rows have one of the values; to Arrow zero is two numbers."""
    zeros = [-one for one in values if isinstance(one, float) and not one]
    return nw.col(column).is_in([*values, *zeros])


def _steps(steps: Sequence[str | Step]) -> Iterator[Step]:
    """Check the steps, and tell those of one name apart by a number."""
    if isinstance(steps, str) or not isinstance(steps, Sequence):
        raise TypeError(f"`steps` must be a list of steps, got {steps!r}")
    if not 2 <= len(steps) <= MOST_STEPS:
        raise ValueError(f"`steps` must be 2 to {MOST_STEPS} steps, got {len(steps)}")
    given: Sequence[object] = steps
    for one in given:
        if not isinstance(one, (str, Step)):
            raise TypeError(f"`steps` must be names of events or Step objects, got {one!r}")
    made = [one if isinstance(one, Step) else Step(one) for one in steps]
    if made[0].within is not None:
        raise ValueError(f"`within` is the time since the step before, and {made[0].name!r} is the first one")
    given_names, taken = {step.name for step in made}, set[str]()
    for step in made:
        name, again = step.name, 1
        while name in taken or (again > 1 and name in given_names):
            again += 1
            name = f"{step.name} {again}"
        taken.add(name)
        yield step if name == step.name else replace(step, name=name)


def _excluded(given: object) -> Iterator[Exclude]:
    several = [given] if isinstance(given, (str, Exclude)) or not isinstance(given, Iterable) else list(given)
    if len(several) > MOST_EXCLUSIONS:
        raise ValueError(f"`exclude` must be at most {MOST_EXCLUSIONS} exclusions, got {len(several)}")
    for one in several:
        if not isinstance(one, (str, Exclude)):
            raise TypeError(f"`exclude` must be names of events or Exclude objects, got {one!r}")
        yield one if isinstance(one, Exclude) else Exclude(one)


def _texts(argument: str, given: str | Sequence[str]) -> tuple[str, ...]:
    several: tuple[Any, ...] = (given,) if isinstance(given, str) or not isinstance(given, Iterable) else tuple(given)
    if not all(isinstance(one, str) and one for one in several):
        raise TypeError(f"`{argument}` must be a name or several names, got {given!r}")
    return tuple(dict.fromkeys(several))


def _check_optional(funnel: Funnel) -> None:
    names = [step.name for step in funnel.steps]
    for one in funnel.optional:
        if one not in names[1:-1]:
            may = f"one of {names[1:-1]}" if names[1:-1] else "which two steps do not have"
            raise ValueError(f"`optional` must name a step between the first and the last, {may}; got {one!r}")


def _check_range(funnel: Funnel, one: Exclude) -> None:
    names = [step.name for step in funnel.steps if step.name not in funnel.optional]
    for argument, name in (("after", one.after), ("before", one.before)):
        if name is not None and name not in names:
            may = " (steps that may be left out do not bound an exclusion)" if funnel.optional else ""
            raise ValueError(f"`exclude`: `{argument}` must be one of the steps {names}{may}, got {name!r}")
    after, before = one.after or names[0], one.before or names[-1]
    if names.index(after) >= names.index(before):
        raise ValueError(f"`exclude`: {after!r} does not come before {before!r}")


def _check_any(funnel: Funnel) -> None:
    """Refuse what has no meaning where steps have no order."""
    ranged = any(one.after or one.before for one in funnel.exclude)
    limited = any(step.within is not None for step in funnel.steps)
    for wrong, what in (
        (ranged, "an exclusion between two steps"),
        (limited, "a step with `within`"),
        (bool(funnel.optional), "`optional`"),
    ):
        if wrong:
            raise ValueError(f"{what} needs steps in an order, and `order` is 'any'")


def _plain(value: str | timedelta, argument: str) -> str | timedelta:
    """Write a length of time in one way, so that a day and 24 hours are the same funnel."""
    length = parse_fixed_duration(value, argument)
    if length.microseconds:
        return length
    seconds = round(length.total_seconds())
    unit, name = next(one for one in ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")) if not seconds % one[0])
    return f"{seconds // unit}{name}"


def _conditions(where: object) -> Iterator[tuple[str, tuple[object, ...]]]:
    if isinstance(where, tuple) and all(isinstance(one, tuple) for one in where):  # as a step keeps them
        where = dict(where)
    if where is None:
        return
    if not isinstance(where, Mapping):
        raise TypeError(f"`where` must map columns to values, such as {{'device': 'mobile'}}; got {where!r}")
    if not all(isinstance(column, str) for column in where):
        raise TypeError(f"`where` must name columns by text, got {where!r}")
    for column, given in sorted(where.items()):
        several = isinstance(given, Iterable) and not isinstance(given, (str, bytes))
        values = [one.item() if hasattr(one, "item") else one for one in (given if several else [given])]
        if not values or not all(map(_is_value, values)):
            raise ValueError(f"`where`: {column!r} must have one or several known values, got {given!r}")
        yield str(column), tuple(sorted(set(values), key=repr))


def _is_value(one: Any) -> bool:
    """Tell whether a column may hold this: something known, and no list."""
    return isinstance(one, Hashable) and one is not None and one is not pd.NA and one == one and not callable(one)


def _title(names: tuple[str, ...], where: Where) -> str:
    events = " or ".join(names)
    said = ", ".join(f"{column}: {' or '.join(map(str, values))}" for column, values in where)
    return f"{events} ({said})" if said else events
