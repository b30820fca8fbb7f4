"""A funnel in numbers, and when each log reached its steps. Needs NumPy only: Spark's workers run it."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from .sort import Ints

NOT_REACHED = np.iinfo(np.int64).max
"""The time of a step that was not reached."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A funnel in numbers.

    Attributes
    ----------
    window : int
        Microseconds.
    max_gaps : tuple of int or None
        The longest time since the step before, by step.
    first_equal : tuple of int
        For each step the first step that is defined as it is.
    optional : tuple of bool
        Which steps may be left out.
    exclusion_masks : tuple of int
        For each step the exclusions, one bit each, that must not lie between the step before and it.
    order : str
        "ordered", "strict" or "any".
    reentry : bool
        Whether every entry begins an attempt.
    """

    window: int
    max_gaps: tuple[int | None, ...]
    first_equal: tuple[int, ...]
    optional: tuple[bool, ...]
    exclusion_masks: tuple[int, ...]
    order: str
    reentry: bool

    @property
    def n_steps(self) -> int:
        """The number of steps."""
        return len(self.max_gaps)

    def required_before(self, step: int) -> int:
        """Return the last step before that may not be left out."""
        return max((place for place in range(step) if not self.optional[place]), default=0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StepTimes:
    """How far each log came that entered.

    Attributes
    ----------
    unit : int array of shape (n,)
        The logs; units, once logs of held values are put together.
    reached_at : int64 array of shape (n, n_steps)
        When each step was reached first (microseconds), NOT_REACHED where it was not.
    entry_at : int64 array of shape (n, n_steps)
        The entry from which it was reached.
    skipped : bool array of shape (n, n_steps)
        Whether a later step followed the one before without this one.
    group : int array of shape (n, n_steps)
        The value of `by` at the event by which the step was reached; -1 where it was not, 0 where there is no `by`.
    """

    unit: Ints
    reached_at: Ints
    entry_at: Ints
    skipped: "np.ndarray[Any, np.dtype[np.bool_]]"
    group: Ints

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
        """Keep some units."""
        return StepTimes(
            unit=self.unit[rows],
            reached_at=self.reached_at[rows],
            entry_at=self.entry_at[rows],
            skipped=self.skipped[rows],
            group=self.group[rows],
        )
