"""Whether two funnels may be set against each other, and what to know when they are."""

from collections.abc import Iterator, Sequence
from dataclasses import fields

import numpy as np

from ..._core.checks import counted
from .._definition import Funnel
from .._micro import DAY, length_to_microseconds
from .._steps.result import FunnelResult
from .sides import Side

Names = tuple[str, str]


def check(before: object, after: object) -> tuple[FunnelResult, FunnelResult]:
    """Take two results without groups, of the same steps and settings."""
    one, other = _result("before", before), _result("after", after)
    names = [[row["step"] for row in result._all.rows] for result in (one, other)]
    _check_steps(*names)
    if one.definition is not None and other.definition is not None:
        _check_settings(one.definition, other.definition)
        if one.unit != other.unit:
            raise ValueError(f"`before` counts {one.unit} and `after` {other.unit}: analyse both with the same `unit`")
    if one._all.optional != other._all.optional:
        raise ValueError("`before` and `after` must have the same optional steps")
    return one, other


def _result(argument: str, value: object) -> FunnelResult:
    if not isinstance(value, FunnelResult):
        raise TypeError(
            f"`{argument}` must be the result of funnel.analyse, from_counts or from_reached, "
            f"got {type(value).__name__}"
        )
    if value.by is not None and value.every is not None:
        raise ValueError(f"`{argument}` has groups and periods: choose a group, then a period, by result.group(...)")
    if value.by is not None or value.every is not None:
        labels = [str(label) if value.by is None else label for label, found in value._groups if found.entrants]
        shown = ", ".join(map(repr, labels[:5])) + (", …" if len(labels) > 5 else "")
        example = f"result.group({labels[0]!r})" if labels else "result.group(...)"
        raise ValueError(
            f"`{argument}` has groups by {value.by or value.every!r}: choose one of {shown}, such as {example}"
        )
    return value


def _check_steps(before: Sequence[str], after: Sequence[str]) -> None:
    for own, theirs, here, there in ((before, after, "before", "after"), (after, before, "after", "before")):
        missing = [step for step in own if step not in theirs]
        if missing:
            raise ValueError(
                f"`before` and `after` must have the same steps: {missing[0]!r} of `{here}` is no step of `{there}`, "
                f"which has {', '.join(map(repr, theirs))}"
            )
    if before != after:
        raise ValueError(f"the steps must be in the same order, got {list(before)!r} and {list(after)!r}")


def _check_settings(before: Funnel, after: Funnel) -> None:
    if before.window_length != after.window_length:
        raise ValueError(
            f"`before` has a window of {before.window_text} and `after` of {after.window_text}: "
            "a longer window lets more convert; analyse both with the same"
        )
    for field in fields(Funnel):
        values = [getattr(one, field.name) for one in (before, after)]
        if field.name not in ("steps", "window") and values[0] != values[1]:
            raise ValueError(
                f"`before` and `after` must have the same `{field.name}`, got {values[0]!r} and {values[1]!r}"
            )


def notes_of(before: FunnelResult, after: FunnelResult, sides: tuple[Side, Side]) -> Iterator[str]:
    """Say what cannot be known, what is taken for granted, and what each result says of itself."""
    results = {"before": before, "after": after}
    for (name, result), one in zip(results.items(), sides, strict=True):
        if not one.is_known:
            why = "every window is open" if result.entrants else "nobody entered"
            yield f"the conversion of `{name}` is unknown, since {why}: only `reached` can be compared"
    if all(one.is_known for one in sides):
        yield from _nobody_there(sides)
    optional = [row["step"] for row, left in zip(before._all.rows, before._all.optional, strict=True) if left]
    if optional:
        yield f"optional steps are not part of the chain: {', '.join(optional)}"
    yield from _definitions(before, after)
    yield from _shared(before, after)
    yield from _ages(before, after)
    for name, result in results.items():
        yield from (f"{name}: {note}" for note in result.notes)


def _nobody_there(sides: tuple[Side, Side]) -> Iterator[str]:
    for name, one in zip(("before", "after"), sides, strict=True):
        lost = [step for step, ratio in zip(one.steps[1:], one.ratio, strict=True) if np.isnan(ratio)]
        if lost:
            yield (
                f"`{name}`: nobody reached the step before {', '.join(lost)}: the conversion there is unknown and "
                "taken to be as in the other funnel, so that no part of the difference lies in it"
            )
        open_ = [
            step
            for step, ratio, n in zip(one.steps[1:], one.ratio, one.shares.n, strict=True)
            if n <= 0 and not np.isnan(ratio)
        ]
        if open_:
            yield f"`{name}`: all that reached the step before {', '.join(open_)} have open windows: no interval there"


def _definitions(before: FunnelResult, after: FunnelResult) -> Iterator[str]:
    if before.definition is None and after.definition is None:
        return
    if before.definition is None or after.definition is None:
        yield "one funnel is of events within a window, the other of totals: they may count differently"
        return
    pairs = zip(before.definition.steps, after.definition.steps, strict=True)
    differ = [one.name for one, other in pairs if one != other]
    if differ:
        yield f"defined differently in the two funnels: {', '.join(differ)}"


def _shared(before: FunnelResult, after: FunnelResult) -> Iterator[str]:
    """Count the units of both funnels; where the rows are not kept nobody knows."""
    if before._seen is None or after._seen is None or before.unit != after.unit:
        return
    both, noun = before._seen.n_shared(after._seen), before.unit.removesuffix("_id")
    if both is None:
        yield (
            f"one funnel is on Spark and the other is not: {noun}s of both were not counted, and are taken for "
            "different ones"
        )
    elif both:
        yield f"{counted(both, noun)} in both funnels: taken for independent, see the page on funnels"
    if before.unit == "session_id":
        yield "sessions of one visitor in both funnels are taken for independent"


def _ages(before: FunnelResult, after: FunnelResult) -> Iterator[str]:
    """Tell where one side had more time to come back for another attempt."""
    if before.definition is None or after.definition is None or not before.definition.reentry:
        return
    seen = [one._seen for one in (before, after) if one._seen is not None]
    ages = [age for age in (one.age() for one in seen) if age is not None]
    if len(ages) == 2 and abs(ages[1] - ages[0]) > length_to_microseconds(before.definition.window_length):
        yield (
            f"entrants of `before` were seen for {ages[0] / DAY:.1f} days at the median, those of `after` for "
            f"{ages[1] / DAY:.1f}: who had longer could try more often; compare funnels of like age, or use "
            "reentry=False"
        )
