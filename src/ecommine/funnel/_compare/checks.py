"""Whether two results can be compared: two funnels without groups, of the same steps and settings."""

from collections.abc import Sequence
from dataclasses import fields

from ..._core.texts import quote_names
from .._definition import Funnel
from .._steps.result import FunnelResult

MAX_NAMED_GROUPS = 5


def check_results(before: object, after: object) -> tuple[FunnelResult, FunnelResult]:
    """Return the two results; raise unless they can be compared."""
    first, second = _check_result("before", before), _check_result("after", after)
    _check_steps(*([row["step"] for row in result._estimates.rows] for result in (first, second)))
    if first.definition is not None and second.definition is not None:
        _check_settings(first.definition, second.definition)
        if first.unit != second.unit:
            units = f"`before` counts {first.unit} and `after` {second.unit}"
            raise ValueError(f"{units}: analyse both with the same `unit`")
    if first._estimates.optional != second._estimates.optional:
        raise ValueError("`before` and `after` must have the same optional steps")
    return first, second


def _check_result(argument: str, value: object) -> FunnelResult:
    if not isinstance(value, FunnelResult):
        raise TypeError(
            f"`{argument}` must be the result of funnel.analyse, from_counts or from_reached, "
            f"got {type(value).__name__}"
        )
    if value.by is not None and value.every is not None:
        raise ValueError(f"`{argument}` has groups and periods: choose a group, then a period, by result.group(...)")
    key = value.by or value.every
    if key is not None:
        entered = [label for label, group in value._group_estimates if group.entrants]
        labels = entered if value.by else [str(label) for label in entered]
        example = f"result.group({labels[0]!r})" if labels else "result.group(...)"
        named = quote_names(labels, most=MAX_NAMED_GROUPS)
        raise ValueError(f"`{argument}` has groups by {key!r}: choose one of {named}, such as {example}")
    return value


def _check_steps(before: Sequence[str], after: Sequence[str]) -> None:
    for steps, other_steps, argument, other in ((before, after, "before", "after"), (after, before, "after", "before")):
        missing = [step for step in steps if step not in other_steps]
        if missing:
            raise ValueError(
                f"`before` and `after` must have the same steps: {missing[0]!r} of `{argument}` is no step of "
                f"`{other}`, which has {quote_names(other_steps, most=len(other_steps))}"
            )
    if before != after:
        raise ValueError(f"the steps must be in the same order, got {list(before)!r} and {list(after)!r}")


def _check_settings(before: Funnel, after: Funnel) -> None:
    if before.window_length != after.window_length:
        raise ValueError(
            f"`before` has a window of {before.window_text} and `after` of {after.window_text}: a longer window lets "
            "more units convert; analyse both with the same window"
        )
    for field in fields(Funnel):
        values = [getattr(definition, field.name) for definition in (before, after)]
        if field.name not in ("steps", "window") and values[0] != values[1]:
            raise ValueError(
                f"`before` and `after` must have the same `{field.name}`, got {values[0]!r} and {values[1]!r}"
            )
