"""The states of a picture and the steps between them, with the rest as one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..._core.arrays import Floats
from .read import END, OTHER, START

Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DrawnStates:
    """States of a picture: the start, then by visits, "(other)" as one, the goal; and the steps between them."""

    names: list[str]
    visits: Floats  # shape (n_states,)
    position: Floats  # shape (n_states,): mean position of the first visit in its path
    steps: Floats  # shape (n_states, n_states + 1): steps from each state (row) to each; the last column is the end

    def __len__(self) -> int:
        """Return the number of states."""
        return len(self.names)

    @property
    def share(self) -> Floats:
        """The share of each next state."""
        return np.asarray(self.steps / np.maximum(self.steps.sum(axis=1, keepdims=True), 1), dtype=np.float64)


def select_states(states: Rows, transitions: Rows, goal: Sequence[str], top: int) -> DrawnStates:
    """Return the ``top`` most visited states, those of the goal first, and the others as one."""
    candidates = [row for row in states[1:] if row["state"] != OTHER]
    kept = sorted(candidates, key=lambda row: (row["state"] not in goal, -row["visits"]))[:top]
    names = [row["state"] for row in kept]
    rest = [row["state"] for row in states[1:] if row["state"] not in names]
    inner, last = ([name for name in names if (name in goal) is is_goal] for is_goal in (False, True))
    names = [START, *inner, *([OTHER] if rest else []), *last]
    index = {name: i for i, name in enumerate([*names, END])}
    index |= dict.fromkeys(rest, index[OTHER] if rest else 0)
    steps, visits, position = np.zeros((len(names), len(names) + 1)), np.zeros(len(names)), np.zeros(len(names))
    for row in transitions:
        steps[index[row["state"]], index[row["next_state"]]] += row["transitions"]
    for row in states:
        visits[index[row["state"]]] += row["visits"]
        position[index[row["state"]]] += row["visits"] * row["position"]
    return DrawnStates(names=names, visits=visits, position=position / np.maximum(visits, 1), steps=steps)
