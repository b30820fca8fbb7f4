"""The states of a picture with the rest as one, and where boxes, lines and labels of a flow lie."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ..._core.arrays import Bools, Floats
from ..._core.pictures import figure_of
from .read import END, OTHER, START

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Rows = Sequence[Mapping[str, Any]]
Point = tuple[float, float]
STATES_PER_COLUMN = 3
HALF_BOX = (0.36, 0.25)
"""Half the width and height of a state's box, where columns and rows are 1 apart."""
LABEL_INCHES = (0.3, 0.16)
"""Least distance of two labels, in inches."""
POINTS_PER_LEG = 41


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DrawnStates:
    """States of a picture: the start, then by visits, "(other)" as one, the goal; and the steps between them."""

    names: list[str]
    visits: Floats  # shape (n_states,)
    position: Floats  # shape (n_states,): mean position of the first visit in its path
    steps: Floats  # shape (n_states, n_states + 1): steps from each state (row) to each; the last column is the end

    def __len__(self) -> int:
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


class Curve(NamedTuple):
    """The line of a step: points of shape (n, 2), and the one at which its label looks best."""

    points: Floats
    label_point: Floats


def place_in_columns(drawn: DrawnStates, goal: Sequence[str]) -> list[Point]:
    """Return column and row of each state: the start alone, then by position in the path, the goal alone at the end."""
    points: dict[int, Point] = {0: (0.0, 0.0)}
    is_goal = [name in goal for name in drawn.names]
    inner = [i for i in range(1, len(drawn)) if not is_goal[i]]
    inner.sort(key=lambda i: (drawn.position[i], drawn.names[i]))
    column, members = 1.0, list[int]()
    for i in inner:
        is_full = len(members) == STATES_PER_COLUMN
        if members and (is_full or drawn.position[i] - drawn.position[members[0]] >= 1):
            column, members = column + 1, []
        members.append(i)
        for row, member in enumerate(sorted(members, key=lambda member: -drawn.visits[member])):
            points[member] = (column, (len(members) - 1) / 2 - row)
    last = [i for i in range(1, len(drawn)) if is_goal[i]]
    for row, i in enumerate(last):
        points[i] = (column + bool(inner), (len(last) - 1) / 2 - row)
    return [points[i] for i in range(len(drawn))]


def step_curves(steps: Sequence[tuple[int, int]], points: Sequence[Point]) -> list[Curve]:
    """Return the curve of each step from box to box."""
    rows: dict[float, list[float]] = {}
    for column, row in points:
        rows.setdefault(column, []).append(row)
    return [
        _forward(points[i], points[j], rows) if points[j][0] > points[i][0] else _back(points[i], points[j])
        for i, j in steps
    ]


def label_spacing(ax: "Axes") -> Floats:
    """Return the least distance of two labels, in the units of the axes."""
    box, figure, (x0, x1), (y0, y1) = ax.get_position(), figure_of(ax), ax.get_xlim(), ax.get_ylim()
    inches = box.width * figure.get_figwidth(), box.height * figure.get_figheight()
    return np.array([LABEL_INCHES[0] * (x1 - x0) / inches[0], LABEL_INCHES[1] * (y1 - y0) / inches[1]])


def uncrowded_points(points: Floats, others: Sequence[Floats], spacing: Floats) -> Floats:
    """Return the points at which no other curve runs: a number on two lines could be of either."""
    is_free: Bools = np.ones(len(points), dtype=np.bool_)
    for other in others:
        is_free &= ~np.any(np.all(np.abs(points[:, None] - other) <= spacing / 4, axis=2), axis=1)
    return points[is_free]


def find_label_point(
    points: Floats, best: Floats, boxes: Floats, labels: Sequence[Floats], spacing: Floats
) -> Floats | None:
    """Return the point nearest to the best one at which a label lies in no box and on no other label."""
    for point in points[np.argsort(((points - best) ** 2).sum(axis=1), kind="stable")]:
        is_in_box = (np.abs(boxes - point) < np.array(HALF_BOX) + spacing / 2).all(axis=1).any()
        if not is_in_box and not any((np.abs(label - point) < spacing).all() for label in labels):
            return np.asarray(point)
    return None


def _forward(start: Point, end: Point, rows: Mapping[float, list[float]]) -> Curve:
    """Return a curve from box to box that runs between the boxes of the columns on the way."""
    (x0, y0), (x1, y1), half = start, end, HALF_BOX[0]
    stops = [(x0 + half, y0)]
    for column in np.arange(x0 + 1, x1):
        lane = _free_lane(rows[float(column)], y0 + (y1 - y0) * (column - x0) / (x1 - x0))
        stops += [(column - half, lane), (column + half, lane)]
    t = np.linspace(0, 1, POINTS_PER_LEG)
    legs = [
        np.column_stack([a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * (3 * t**2 - 2 * t**3)])
        for a, b in pairwise([*stops, (x1 - half, y1)])
    ]
    points = np.concatenate(legs)
    return Curve(points, points[POINTS_PER_LEG * (len(legs) - 1) + 15])


def _free_lane(rows: Sequence[float], straight: float) -> float:
    """Return the height nearest to the straight line at which no box of the column is in the way."""
    ordered = sorted(rows)
    if all(abs(straight - row) > HALF_BOX[1] + 0.05 for row in ordered):
        return straight
    lanes = [ordered[0] - 0.5, *((a + b) / 2 for a, b in pairwise(ordered)), ordered[-1] + 0.5]
    return min(lanes, key=lambda row: (round(abs(row - straight), 6), -row))


def _back(start: Point, end: Point) -> Curve:
    """Return a curve beside the boxes within a column, and below them on the way back."""
    (x0, y0), (x1, y1), (_, high) = start, end, HALF_BOX
    if x1 == x0:
        side, sign, label = *((0.18, -1) if y1 < y0 else (-0.18, 1)), 10
        controls = [(x0 + side, y0 + sign * high), (x0 + side, y0 + sign * 0.4)]
        controls += [(x1 + side, y1 - sign * 0.4), (x1 + side, y1 - sign * high)]
    else:
        label = 15
        controls = [(x0 - 0.1, y0 - high), (x0 - 0.1, y0 - 0.75), (x1 + 0.1, y1 - 0.75), (x1 + 0.1, y1 - high)]
    t = np.linspace(0, 1, POINTS_PER_LEG)[:, None]
    weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3)
    points = np.asarray(sum(weight * np.array(control) for weight, control in zip(weights, controls, strict=True)))
    return Curve(points, points[label])
