"""Pictures of transitions: a flow of states with the steps between them by width, and the matrix of shares."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..._core.arrays import Bools
from ..._core.pictures import finish_picture, keep_in_box, new_axes
from ..._core.texts import Locale, percent, thousands
from .flow_layout import (
    HALF_BOX,
    Curve,
    DrawnStates,
    Point,
    find_label_point,
    label_spacing,
    place_in_columns,
    step_curves,
    uncrowded_points,
)
from .labels import STATE_NAMES, drop_shared_parts, shorten, wrap_small_print
from .read import END

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MIN_SHARE_OF_STEP = 0.05
"""Share of a state's next steps from which a step is drawn."""
MAX_STEPS_PER_STATE, MAX_LINES = 2, 16
"""Steps that are drawn from each state; one where that would be more lines than the last: more are a hairball."""
MIN_SHARE_TO_GOAL = 0.1
"""Share of the steps to a goal from which a step is drawn."""
MIN_EXIT_SHARE = 0.005
"""Share of a state's next steps that end the path, from which it is written."""
GREY, DARK_GREY, GOAL_BLUE = "#8A8A8A", "#555555", "#D6E6F2"
NAME_SHAPES = ((15, 2), (11, 3), (8, 3))
"""Letters and lines of a name in its box: the first as a rule, the others where they allow a larger font."""
MIN_WIDTH, WIDTH_RANGE = 0.8, 7.0
MIN_SHARE, MIN_SHARE_IN_WHITE = 0.005, 0.6
"""Shares of the matrix below the first are blank; above the second they are so dark that their number is white."""
_LABEL_BOX = {"boxstyle": "round,pad=0.12", "facecolor": "white", "edgecolor": "none", "alpha": 0.9}
_TEXTS: dict[Locale, dict[str, str]] = {
    "en": {
        "title": "What follows what (% of all that follows a state)",
        "legend": "in a box: visits; ↳\u00a0share of visits after which the path ends. Drawn: {frequent} from each "
        "state, the most frequent one to it, and those to {goal}, where there is room for the number",
        "one": "the most frequent step",
        "some": "the {n} most frequent steps",
        "leave": "{n} visits\n↳ {share} end",
        "stay": "{n} visits",
        "paths": "{n} paths",
        "empty": "no paths",
        "matrix": "Next state by state (row): % of its next steps",
        "axis": "state (visits)",
    },
    "zh": {
        "title": "各状态之后的去向（占该状态后续步骤的比例）",
        "legend": "框内：访问次数；↳\u00a0访问后即结束的比例。"
        "画出每个状态{frequent}、最多的来源以及通向{goal}的步骤，数字放不下的除外",
        "one": "最多的去向",
        "some": "最多的{n}个去向",
        "leave": "{n}次访问\n↳ {share}结束",
        "stay": "{n}次访问",
        "paths": "{n}条路径",
        "empty": "没有路径",
        "matrix": "各状态（行）的下一步：占其后续步骤的比例（%）",
        "axis": "状态（访问次数）",
    },
}


def draw_flow(drawn: DrawnStates, goal: Sequence[str], ax: "Axes | None", locale: Locale) -> "Axes":
    """Draw the states in columns by their position in the path, and the steps between them by width."""
    texts, points = _TEXTS[locale], place_in_columns(drawn, goal)
    n_columns = 1 + max(column for column, _ in points)
    n_rows = 1 + 2 * max((abs(row) for _, row in points), default=0.0)
    ax = new_axes(ax, width=max(7.0, 2.0 * n_columns), height=max(3.8, 1.0 + 1.35 * n_rows))
    ax.set_xlim(-0.5, n_columns - 0.5)
    ax.set_ylim(-n_rows / 2 - 0.25, n_rows / 2 + 0.1)
    n_steps, is_drawn = _select_steps(drawn, goal)
    _draw_steps(ax, drawn, points, is_drawn)
    names = drop_shared_parts(drawn.names) | STATE_NAMES[locale]
    for i, name in enumerate(drawn.names):
        _draw_box(ax, points[i], names[name], _box_text(drawn, i, locale), name in goal)
    ax.axis("off")
    ax.set_title(texts["title"] if len(drawn) > 1 else texts["empty"], fontsize=11)
    frequent = texts["one" if n_steps == 1 else "some"].format(n=n_steps)
    legend = wrap_small_print(texts["legend"].format(frequent=frequent, goal=" / ".join(goal)), ax)
    ax.text(0.5, 0, legend, transform=ax.transAxes, ha="center", va="top", fontsize=8, parse_math=False)
    return finish_picture(ax)


def _select_steps(drawn: DrawnStates, goal: Sequence[str]) -> tuple[int, Bools]:
    for n_steps in range(MAX_STEPS_PER_STATE, 1, -1):
        is_drawn = _frequent_steps(drawn, goal, n_steps)
        if is_drawn.sum() <= MAX_LINES:
            return n_steps, is_drawn
    return 1, _frequent_steps(drawn, goal, 1)


def _frequent_steps(drawn: DrawnStates, goal: Sequence[str], n_steps: int) -> Bools:
    """Return the most frequent steps from each state, the most frequent one to each, and many to the goal."""
    steps = drawn.steps[:, :-1] * ~np.eye(len(drawn), dtype=bool)
    is_frequent = np.argsort(np.argsort(-steps, axis=1, kind="stable"), axis=1) < n_steps
    is_first_to = np.argsort(np.argsort(-steps, axis=0, kind="stable"), axis=0) < 1
    is_goal = np.array([name in goal for name in drawn.names], dtype=bool)
    is_to_goal = is_goal & (steps >= MIN_SHARE_TO_GOAL * steps.sum(axis=0))
    is_frequent &= drawn.share[:, :-1] >= MIN_SHARE_OF_STEP
    return np.asarray((is_frequent | is_first_to | is_to_goal) & (steps > 0))


def _draw_steps(ax: "Axes", drawn: DrawnStates, points: list[Point], is_drawn: Bools) -> None:
    """Draw steps whose number has room, the most frequent first: forward in black, back in grey and dashed."""
    largest = float(drawn.steps[:, :-1].max(initial=1.0))
    steps = sorted(zip(*np.nonzero(is_drawn), strict=True), key=lambda step: -drawn.steps[step])
    curves = step_curves(steps, points)
    labels, spacing = list[Any](), label_spacing(ax)
    for (i, j), curve in zip(steps, curves, strict=True):
        others = [other.points for other in curves if other is not curve]
        free = uncrowded_points(curve.points, others, spacing)
        label = find_label_point(free, curve.label_point, np.array(points), labels, spacing)
        if label is None:
            continue
        labels.append(label)
        width = MIN_WIDTH + WIDTH_RANGE * float(drawn.steps[i, j]) / largest
        _draw_line(ax, curve, width, is_forward=points[j][0] > points[i][0])
        share = float(drawn.share[i, j])
        text = percent(round(share, 2 if share >= 0.01 else 3))
        x, y = label.tolist()
        ax.text(x, y, text, fontsize=7, ha="center", va="center", bbox=_LABEL_BOX, zorder=5)


def _draw_line(ax: "Axes", curve: Curve, width: float, *, is_forward: bool) -> None:
    colour, dashes = (DARK_GREY, "-") if is_forward else (GREY, (0, (2.5, 1)))
    line = ax.plot(*curve.points[:-3].T, color=colour, linewidth=width, linestyle=dashes, alpha=0.75, zorder=1)
    line[0].set_solid_capstyle("butt")
    arrow = {"arrowstyle": "-|>", "color": colour, "linewidth": 1.0, "mutation_scale": 9 + width}
    ax.annotate("", xy=tuple(curve.points[-1]), xytext=tuple(curve.points[-4]), arrowprops=arrow, zorder=2)


def _box_text(drawn: DrawnStates, i: int, locale: Locale) -> str:
    """Return how often a state is visited, and how often the path ends there."""
    exit_share = float(drawn.share[i, -1])
    kind = "paths" if i == 0 else "leave" if exit_share >= MIN_EXIT_SHARE else "stay"
    count = thousands(drawn.visits[i], locale=locale)
    return _TEXTS[locale][kind].format(n=count, share=percent(round(exit_share, 3)))


def _draw_box(ax: "Axes", point: Point, name: str, text: str, is_goal: bool) -> None:
    (x, y), (half, high) = point, HALF_BOX
    corners = [x - half, x + half, x + half, x - half], [y - high, y - high, y + high, y + high]
    face, width = (GOAL_BLUE, 1.6) if is_goal else ("white", 0.9)
    ax.fill(*corners, facecolor=face, edgecolor="black", linewidth=width, zorder=3)
    centre: Any = {"ha": "center", "va": "center", "zorder": 4}
    first, *others = ("\n".join(shorten(name, letters, lines)) for letters, lines in NAME_SHAPES)
    title = ax.text(x, y + high * 0.45, first, fontsize=8, weight="bold", parse_math=False, **centre)
    keep_in_box(title, 1.84 * half, 0.96 * high, *others)
    keep_in_box(ax.text(x, y - high * 0.5, text, fontsize=7, **centre), 1.84 * half, 0.9 * high)


def draw_matrix(drawn: DrawnStates, _: Sequence[str], ax: "Axes | None", locale: Locale) -> "Axes":
    """Draw the share of each next state as a number on grey."""
    texts, n = _TEXTS[locale], len(drawn)
    ax = new_axes(ax, width=3.4 + 0.62 * n, height=2.4 + 0.36 * n)
    share = drawn.share[:, 1:]  # nothing leads back to the start
    ax.imshow(share, cmap="Greys", vmin=0, vmax=1.15, aspect="auto")
    for i, j in zip(*np.nonzero(share >= MIN_SHARE), strict=True):
        colour = "white" if share[i, j] > MIN_SHARE_IN_WHITE else "black"
        ax.text(j, i, f"{100 * share[i, j]:.0f}", ha="center", va="center", fontsize=8, color=colour)
    names = drop_shared_parts(drawn.names) | STATE_NAMES[locale]
    labels = ["".join(shorten(names[name], 28, 1)) for name in drawn.names]
    rows = [f"{label} ({thousands(n, locale=locale)})" for label, n in zip(labels, drawn.visits, strict=True)]
    ax.set_yticks(np.arange(n), rows, fontsize=8, parse_math=False)
    columns = [*labels[1:], names[END]]
    ax.set_xticks(np.arange(n), columns, fontsize=8, rotation=45, ha="left", rotation_mode="anchor", parse_math=False)
    ax.xaxis.tick_top()
    ax.tick_params(length=0)
    ax.set_ylabel(texts["axis"])
    ax.set_title(texts["matrix"] if n > 1 else texts["empty"], fontsize=11)
    return finish_picture(ax)
