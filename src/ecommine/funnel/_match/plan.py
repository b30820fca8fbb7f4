"""A funnel in numbers, and when each unit reached its steps. Needs NumPy only: Spark's workers run it."""

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from ..._core.arrays import Bools, Ints
from ..._core.moments import length_to_microseconds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .._definition import Funnel

NOT_REACHED = np.iinfo(np.int64).max
"""The time of a step that was not reached."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A funnel in numbers."""

    window: int  # microseconds
    max_gaps: tuple[int | None, ...]
    """The longest time since the step before (microseconds), by step; None where there is no limit."""
    first_equal: tuple[int, ...]  # for each step the first step that is defined as it is
    optional: tuple[bool, ...]  # which steps may be left out
    exclusion_masks: tuple[int, ...]
    """For each step the exclusions, one bit each, that must not lie between the step before and it."""
    order: str  # "ordered", "strict" or "any"
    reentry: bool  # whether every entry begins an attempt

    @property
    def n_steps(self) -> int:
        """The number of steps."""
        return len(self.max_gaps)

    def required_before(self, step: int) -> int:
        """Return the last step before that may not be left out; of the first step, itself."""
        return max((before for before in range(step) if not self.optional[before]), default=0)


def make_plan(funnel: "Funnel") -> Plan:
    """Write a funnel in numbers."""
    definitions = [(step.event, step.where) for step in funnel.steps]
    gaps = [step.within_length for step in funnel.steps]
    exclusion_masks = [0] * len(definitions)
    for bit, exclusion in enumerate(funnel.exclude):
        after = 0 if exclusion.after is None else funnel.step_index(exclusion.after)
        before = len(definitions) - 1 if exclusion.before is None else funnel.step_index(exclusion.before)
        for step in range(after + 1, before + 1):
            exclusion_masks[step] |= 1 << bit
    return Plan(
        window=length_to_microseconds(funnel.window_length),
        max_gaps=tuple(None if gap is None else length_to_microseconds(gap) for gap in gaps),
        first_equal=tuple(definitions.index(definition) for definition in definitions),
        optional=tuple(step.name in funnel.optional for step in funnel.steps),
        exclusion_masks=tuple(exclusion_masks),
        order=funnel.order,
        reentry=funnel.reentry,
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StepTimes:
    """When each unit that entered reached each step."""

    unit: Ints  # shape (n,): numbers of the units; of the sequences, until those of one unit are merged
    reached_at: Ints
    """Shape (n, n_steps): when each step was reached first (microseconds), NOT_REACHED where it was not."""
    entry_at: Ints  # shape (n, n_steps): the entry from which it was reached
    skipped: Bools  # shape (n, n_steps): whether a later step followed the one before without this one
    group: Ints
    """Shape (n, n_steps): the value of `by` at the event by which the step was reached; -1 where it was not, 0 where
    there is no `by`."""

    @property
    def first_entry_at(self) -> Ints:
        """When each unit entered first."""
        return self.reached_at[:, 0]

    @property
    def deepest_step(self) -> Ints:
        """The last step that each unit reached."""
        n_steps = self.reached_at.shape[1]
        return np.asarray(n_steps - 1 - np.argmax(self.reached_at[:, ::-1] != NOT_REACHED, axis=1))

    def take(self, rows: "np.ndarray[Any, Any]") -> "StepTimes":
        """Return some of the units."""
        return StepTimes(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})


def stack_times(parts: "Sequence[StepTimes]") -> StepTimes:
    """Return the units of several parts as one."""
    names = [column.name for column in fields(StepTimes)]
    return StepTimes(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})
