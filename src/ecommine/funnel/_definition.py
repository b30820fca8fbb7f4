"""What a funnel is: its steps, their order, how long a unit may take, and what must not happen between."""

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, Literal

import pandas as pd

from .._core.checks import names, one_of, several, show, text
from .._core.durations import Duration, fixed_length
from .._core.output.html import html_table

MAX_STEPS = 40
MAX_EXCLUSIONS = 20
Order = Literal["ordered", "strict", "any"]


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a funnel.

    Parameters
    ----------
    event : str or sequence of str
        The name of the event, or several names, any of which is the step.
    where : mapping of column to value or list of values, optional
        Only events whose columns have these values.
    within : str or timedelta, optional
        The longest time since the step before, such as ``"2h"``.
    name : str, optional
        The step's name in tables and plots; by default its events and conditions.

    Raises
    ------
    TypeError, ValueError
        If `event` is not a name, a condition has no known value, or `within` is not a fixed length of time.

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
        object.__setattr__(self, "event", _parse_events(self.event))
        object.__setattr__(self, "where", tuple(_parse_conditions(self.where)))
        if self.within is not None:
            object.__setattr__(self, "within", _normalized(self.within, "within"))
        if not isinstance(self.name, str):
            raise TypeError(f"`name` must be text, got {show(self.name)}")
        conditions = ", ".join(f"{column}: {' or '.join(map(str, values))}" for column, values in self.where)
        default = " or ".join(self.event) + (f" ({conditions})" if conditions else "")
        object.__setattr__(self, "name", self.name or default)

    @property
    def within_length(self) -> timedelta | None:
        """The longest time since the step before; None where there is no limit."""
        return None if self.within is None else fixed_length(self.within, argument="within")


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
        If `event` is not a name, or a condition has no known value.

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
        object.__setattr__(self, "event", _parse_events(self.event))
        object.__setattr__(self, "where", tuple(_parse_conditions(self.where)))
        for bound in ("after", "before"):
            if getattr(self, bound) is not None:
                text(bound, getattr(self, bound), example="'add_to_cart', the name of a step")


@dataclass(frozen=True, slots=True)
class Funnel:
    """A funnel: steps that follow each other within a window; defined once and measured many times.

    Parameters
    ----------
    steps : sequence of str or Step
        Two or more, in their order.
    window : str or timedelta
        The longest time from the first step to any later one; not in months or years, whose lengths vary.
    order : {"ordered", "strict", "any"}
        "ordered": other events may come between two steps; "strict": none may; "any": the steps count in any order. In
        any order the first of all steps begins an attempt, and the table counts units that did one, two, ... steps.
    reentry : bool
        Whether every event of the first step starts an attempt, the best of which counts (as in Amplitude, PostHog and
        ClickHouse), or only the unit's first one (as in Mixpanel without optimized re-entry).
    exclude : str, Exclude, or sequence of them
        Events that must not happen between the steps.
    optional : str or sequence of str
        Names of steps that may be left out: who takes them is counted, and who does not can still go on. Not the first
        and not the last one.
    hold_constant : str or sequence of str, optional
        Columns that must keep their value through all steps, such as ``"product_id"``: each value has a funnel of its
        own, and the unit's best one counts. Events without a value are not a step, but may come between two.

    Raises
    ------
    TypeError, ValueError
        If a step is not the name of an event, there are fewer than two, the window is not a fixed length of time, a
        name is not a step, or the settings contradict each other.

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
        reentry = one_of("reentry", reentry, (True, False))
        fields: dict[str, object] = {
            "steps": tuple(_parse_steps(steps)),
            "window": _normalized(window, "window"),
            "order": order,
            "reentry": bool(reentry),
            "exclude": tuple(_parse_exclusions(exclude)),
            "optional": tuple(dict.fromkeys(names("optional", optional, of="steps"))),
            "hold_constant": tuple(
                dict.fromkeys(names("hold_constant", () if hold_constant is None else hold_constant, of="columns"))
            ),
        }
        for name, value in fields.items():
            object.__setattr__(self, name, value)
        _check_optional(self)
        for exclusion in self.exclude:
            _check_bounds(self, exclusion)
        if order == "any":
            _check_any_order(self)

    @property
    def window_length(self) -> timedelta:
        """The window."""
        return fixed_length(self.window, argument="window")

    @property
    def window_text(self) -> str:
        """The window as text."""
        return Duration.parse(self.window, argument="window").text

    @property
    def step_labels(self) -> tuple[str, ...]:
        """The labels of the rows of the table: names of steps, or how many were done where they have no order."""
        if self.order != "any":
            return tuple(step.name for step in self.steps)
        n = len(self.steps)
        return tuple(f"{n_done} of {n} steps" for n_done in range(1, n + 1))

    @property
    def steps_and_exclusions(self) -> "tuple[Step | Exclude, ...]":
        """The steps, then the exclusions, as the bits of events number them."""
        return (*self.steps, *self.exclude)

    def _repr_html_(self) -> str:
        optional = set(self.optional)
        rows = [[step.name, step.within, "optional" if step.name in optional else ""] for step in self.steps]
        return html_table(f"Funnel within {self.window}, {self.order}", ["step", "within", ""], rows)

    @property
    def extra_columns(self) -> tuple[str, ...]:
        """The columns that conditions and `hold_constant` name."""
        conditions = [column for part in self.steps_and_exclusions for column, _ in part.where]
        return tuple(dict.fromkeys((*conditions, *self.hold_constant)))

    def step_index(self, name: str) -> int:
        """Return the position of a step, from 0."""
        steps = [step.name for step in self.steps]
        return steps.index(one_of("name", name, steps))


def _parse_events(event: object) -> tuple[str, ...]:
    events = names("event", event, of="events")
    if not events:
        raise TypeError(f"`event` must be the name of an event, or several names; got {show(event)}")
    return events


def _parse_steps(steps: Sequence[str | Step]) -> Iterator[Step]:
    """Check the steps, and give each a name of its own: a later one of the same name gets a number."""
    given = several("steps", steps, of="steps")
    if not 2 <= len(given) <= MAX_STEPS:
        raise ValueError(f"`steps` must be 2 to {MAX_STEPS} steps, got {len(given)}")
    for step in given:
        if not isinstance(step, Step) and not (isinstance(step, str) and step):
            raise TypeError(f"`steps` must be names of events or Step objects, got {show(step)}")
    parsed = [step if isinstance(step, Step) else Step(step) for step in given]
    if parsed[0].within is not None:
        raise ValueError(f"`within` is the time since the step before, and {parsed[0].name!r} is the first one")
    given_names, taken = {step.name for step in parsed}, set[str]()
    for step in parsed:
        name, number = step.name, 1
        while name in taken or (number > 1 and name in given_names):
            number += 1
            name = f"{step.name} {number}"
        taken.add(name)
        yield step if name == step.name else replace(step, name=name)


def _parse_exclusions(exclude: object) -> Iterator[Exclude]:
    exclusions: list[Any]
    exclusions = [exclude] if isinstance(exclude, (str, Exclude)) else [*several("exclude", exclude, of="exclusions")]
    if len(exclusions) > MAX_EXCLUSIONS:
        raise ValueError(f"`exclude` must be at most {MAX_EXCLUSIONS} exclusions, got {len(exclusions)}")
    for exclusion in exclusions:
        if not isinstance(exclusion, Exclude) and not (isinstance(exclusion, str) and exclusion):
            raise TypeError(f"`exclude` must be names of events or Exclude objects, got {show(exclusion)}")
        yield exclusion if isinstance(exclusion, Exclude) else Exclude(exclusion)


def _check_optional(funnel: Funnel) -> None:
    between = [step.name for step in funnel.steps][1:-1]
    for name in funnel.optional:
        if name not in between:
            options = f"one of {between}" if between else "which two steps do not have"
            raise ValueError(f"`optional` must name a step between the first and the last, {options}; got {name!r}")


def _check_bounds(funnel: Funnel, exclusion: Exclude) -> None:
    """Raise unless an exclusion lies between two steps that may not be left out."""
    required = [step.name for step in funnel.steps if step.name not in funnel.optional]
    for argument, name in (("after", exclusion.after), ("before", exclusion.before)):
        if name is not None and name not in required:
            hint = " (steps that may be left out do not bound an exclusion)" if funnel.optional else ""
            raise ValueError(f"`exclude`: `{argument}` must be one of the steps {required}{hint}, got {name!r}")
    after, before = exclusion.after or required[0], exclusion.before or required[-1]
    if required.index(after) >= required.index(before):
        raise ValueError(f"`exclude`: {after!r} does not come before {before!r}")


def _check_any_order(funnel: Funnel) -> None:
    """Raise for settings that have no meaning where steps have no order."""
    is_bounded = any(exclusion.after or exclusion.before for exclusion in funnel.exclude)
    is_limited = any(step.within is not None for step in funnel.steps)
    for is_wrong, setting in (
        (is_bounded, "an exclusion between two steps"),
        (is_limited, "a step with `within`"),
        (bool(funnel.optional), "`optional`"),
    ):
        if is_wrong:
            raise ValueError(f"{setting} needs steps in an order, and `order` is 'any'")


def _normalized(value: str | timedelta, argument: str) -> str | timedelta:
    """Return a length of time in one spelling, so that a day and 24 hours are the same funnel."""
    length = fixed_length(value, argument=argument)
    if length.microseconds:
        return length
    seconds = round(length.total_seconds())
    size, unit = next(pair for pair in ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")) if not seconds % pair[0])
    return f"{seconds // size}{unit}"


def _parse_conditions(where: object) -> Iterator[tuple[str, tuple[object, ...]]]:
    if isinstance(where, tuple) and all(isinstance(pair, tuple) for pair in where):  # as a step keeps them
        where = dict(where)
    if where is None:
        return
    if not isinstance(where, Mapping):
        raise TypeError(f"`where` must map columns to values, such as {{'device': 'mobile'}}; got {show(where)}")
    if not all(isinstance(column, str) for column in where):
        raise TypeError(f"`where` must name columns by text, got {show(where)}")
    for column, given in sorted(where.items()):
        is_list = isinstance(given, Iterable) and not isinstance(given, (str, bytes))
        values = [value.item() if hasattr(value, "item") else value for value in (given if is_list else [given])]
        if not values or not all(map(_is_known_value, values)):
            raise ValueError(f"`where`: {column!r} must have one or several known values, got {show(given)}")
        yield str(column), tuple(sorted(set(values), key=repr))


def _is_known_value(value: Any) -> bool:
    """Return whether a column may hold a value: something known, and no list."""
    is_known = isinstance(value, Hashable) and value is not None and value is not pd.NA and value == value
    return is_known and not callable(value)
