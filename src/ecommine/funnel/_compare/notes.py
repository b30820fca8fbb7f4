"""Notes of a comparison: what is unknown, what is assumed, and the notes of the two results."""

from collections.abc import Iterator

import numpy as np

from ..._core.moments import DAY, length_to_microseconds
from ..._core.notes import Note
from ..._core.texts import counted, join_words
from .._steps.result import FunnelResult
from .contributions import Side


def comparison_notes(before: FunnelResult, after: FunnelResult, sides: tuple[Side, Side]) -> tuple[Note, ...]:
    """Return the notes of a comparison, those of the two results last."""
    pairs = [("before", before, sides[0]), ("after", after, sides[1])]
    notes = [_unknown_conversion(name, result) for name, result, side in pairs if not side.is_known]
    if not notes:
        notes = [note for name, _, side in pairs for note in _unknown_steps(name, side)]
    of_results = [(name, note) for name, result, _ in pairs for note in result.notes]
    return (
        *notes,
        *_optional_steps(before),
        *_different_definitions(before, after),
        *_units_in_both(before, after),
        *_unequal_ages(before, after),
        *(Note(f"{name}: {note}", code=note.code, count=note.count) for name, note in of_results),
    )


def _unknown_conversion(name: str, result: FunnelResult) -> Note:
    reason = "all windows are still open" if result.entrants else "nobody entered"
    text = f"the conversion of `{name}` is unknown because {reason}: compare only `reached`"
    return Note(text, code="conversion_unknown", count=result.entrants)


def _unknown_steps(name: str, side: Side) -> Iterator[Note]:
    ratios = list(zip(side.steps[1:], np.isnan(side.ratios), side.step_shares.n, strict=True))
    unknown = [step for step, is_unknown, _ in ratios if is_unknown]
    if unknown:
        text = (
            f"`{name}`: nobody reached the step before {join_words(unknown)}: the step conversion is taken from the "
            "other funnel, and the contribution is 0"
        )
        yield Note(text, code="step_conversion_unknown", count=len(unknown))
    undecided = [step for step, is_unknown, n in ratios if not is_unknown and n <= 0]
    if undecided:
        steps = join_words(undecided)
        text = f"`{name}`: everyone who reached the step before {steps} has an open window: there is no interval"
        yield Note(text, code="step_interval_unknown", count=len(undecided))


def _optional_steps(result: FunnelResult) -> Iterator[Note]:
    estimates = result._estimates
    steps = [row["step"] for row, optional in zip(estimates.rows, estimates.optional, strict=True) if optional]
    if steps:
        text = f"{counted(len(steps), 'optional step')} left out of the comparison: {', '.join(steps)}"
        yield Note(text, code="optional_steps_left_out", count=len(steps))


def _different_definitions(before: FunnelResult, after: FunnelResult) -> Iterator[Note]:
    if before.definition is None and after.definition is None:
        return
    if before.definition is None or after.definition is None:
        text = "one funnel counts events within a window, the other counts totals: their definitions may differ"
        yield Note(text, code="events_against_totals")
        return
    pairs = zip(before.definition.steps, after.definition.steps, strict=True)
    steps = [first.name for first, second in pairs if first != second]
    if steps:
        text = f"{counted(len(steps), 'step')} defined differently in the two funnels: {', '.join(steps)}"
        yield Note(text, code="steps_defined_differently", count=len(steps))


def _units_in_both(before: FunnelResult, after: FunnelResult) -> Iterator[Note]:
    """Count the units in both funnels, where both keep their units."""
    if before._store is None or after._store is None or before.unit != after.unit:
        return
    n_shared, noun = before._store.count_shared(after._store), before.unit.removesuffix("_id")
    if n_shared is None:
        yield Note(
            f"one funnel is on Spark and the other is not: {noun}s in both are not counted and are assumed to be "
            "independent",
            code="units_in_both_unknown",
        )
    elif n_shared:
        verb = "is" if n_shared == 1 else "are"
        text = f"{counted(n_shared, noun)} {verb} in both funnels and {verb} assumed to be independent"
        yield Note(text, code="units_in_both", count=n_shared)
    if before.unit == "session_id":
        text = "visitors with sessions in both funnels are assumed to be independent"
        yield Note(text, code="visitors_in_both_unknown")


def _unequal_ages(before: FunnelResult, after: FunnelResult) -> Iterator[Note]:
    """Compare for how long entrants were observed: with re-entry, more time means more attempts."""
    if before.definition is None or after.definition is None or not before.definition.reentry:
        return
    stores = [result._store for result in (before, after) if result._store is not None]
    ages = [age for age in (store.median_age() for store in stores) if age is not None]
    if len(ages) == 2 and abs(ages[1] - ages[0]) > length_to_microseconds(before.definition.window_length):
        yield Note(
            f"entrants of `before` were observed for a median of {ages[0] / DAY:.1f} days, those of `after` for "
            f"{ages[1] / DAY:.1f}: more time allows more attempts; compare funnels of similar age or use "
            "reentry=False",
            code="unequal_age",
        )
