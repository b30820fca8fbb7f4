"""Pictures of paths: a flow from left to right, and a matrix with the shares of all next states."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from re import sub
from textwrap import fill, wrap
from typing import TYPE_CHECKING, Any

import numpy as np

from ..._core.arrays import Bools, Floats
from ..._core.pictures import figure_of, new_axes, percent, show_text, thousands
from ..._core.texts import Locale
from .visits import END, OPEN, OTHER, START

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Rows = Sequence[Mapping[str, Any]]
IN_COLUMN = 3
"""States above each other in a flow."""
LEAST, EACH, MOST = 0.05, 2, 16
"""Share of a state's next steps from which a step is drawn; how many of them, one where that makes more lines than
the last: more are a hairball."""
BOX = (0.36, 0.25)
"""Half the width and height of a state's box; columns and rows are one apart."""
GREY = "#8A8A8A"
LETTERS = 15.0
"""Letters of small print that an inch holds; Chinese signs are twice as wide."""
APART = (0.3, 0.16)
"""How far apart two labels are, at least, in inches."""
LONG = 24
"""Signs from which a name is long."""

_TEXTS: dict[Locale, dict[str, str]] = {
    "en": {
        START: "start",
        END: "end",
        OTHER: "other",
        OPEN: "not over yet",
        "flow": "What follows what: per cent of all that follows a state",
        "legend": "in a box: visits; ↳\u00a0share of visits after which the path ends. Drawn: the {each} from a state, "
        "the most frequent one to it, and those to {goal}, as far as there is room for the number",
        "one": "most frequent step",
        "some": "{each} most frequent steps",
        "leave": "{n} visits\n↳ {share} end",
        "stay": "{n} visits",
        "paths": "{n} paths",
        "matrix": "What follows a state (row): share of its next steps",
        "state": "state (visits)",
        "empty": "no paths",
    },
    "zh": {
        START: "开始",
        END: "离开",
        OTHER: "其他",
        OPEN: "尚未结束",
        "flow": "各状态之后的去向：占该状态后续步骤的比例",
        "legend": "框内：访问次数；↳\u00a0访问后即结束的比例。"
        "画出每个状态{each}、最多的来源以及通向{goal}的步骤，数字放不下的除外",
        "one": "最多的去向",
        "some": "最多的{each}个去向",
        "leave": "{n}次访问\n↳ {share}结束",
        "stay": "{n}次访问",
        "paths": "{n}条路径",
        "matrix": "各状态（行）之后的去向：占其后续步骤的比例",
        "state": "状态（访问次数）",
        "empty": "没有路径",
    },
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Shown:
    """States that are shown: the start, then by visits, "(other)" as one, the goal; and the steps between them.

    ``steps[i, j]`` counts steps from state i to state j, the last column those to the end.
    """

    names: list[str]
    visits: Floats
    position: Floats
    steps: Floats

    @property
    def share(self) -> Floats:
        """The share of each next state."""
        return np.asarray(self.steps / np.maximum(self.steps.sum(axis=1, keepdims=True), 1), dtype=np.float64)


def _shown(states: Rows, transitions: Rows, goal: Sequence[str], top: int) -> _Shown:
    named = [row for row in states[1:] if row["state"] != OTHER]
    kept = sorted(named, key=lambda row: (row["state"] not in goal, -row["visits"]))[:top]
    names = [row["state"] for row in kept]
    rest = [row["state"] for row in states[1:] if row["state"] not in names]
    inner, last = ([name for name in names if (name in goal) is is_goal] for is_goal in (False, True))
    names = [START, *inner, *([OTHER] if rest else []), *last]
    place = {name: i for i, name in enumerate([*names, END])}
    place |= dict.fromkeys(rest, place[OTHER] if rest else 0)
    steps = np.zeros((len(names), len(names) + 1))
    for row in transitions:
        steps[place[row["state"]], place[row["next_state"]]] += row["transitions"]
    visits, position = np.zeros(len(names)), np.zeros(len(names))
    for row in states:
        visits[place[row["state"]]] += row["visits"]
        position[place[row["state"]]] += row["visits"] * row["position"]
    return _Shown(names=names, visits=visits, position=position / np.maximum(visits, 1), steps=steps)


def draw_flow(
    states: Rows, transitions: Rows, goal: Sequence[str], top: int, ax: "Axes | None", locale: Locale
) -> "Axes":
    """Draw the most frequent states in columns by their place in the path, and the steps between them by width."""
    texts, shown = _TEXTS[locale], _shown(states, transitions, goal, top)
    at, names = _columns(shown, goal), told_apart(shown.names)
    width = 1 + max(column for column, _ in at)
    tall = 1 + 2 * max((abs(row) for _, row in at), default=0.0)
    ax = new_axes(ax, width=max(7.0, 2.0 * width), height=max(3.8, 1.0 + 1.35 * tall))
    ax.set_xlim(-0.5, width - 0.5)
    ax.set_ylim(-tall / 2 - 0.25, tall / 2 + 0.1)
    each = next((n for n in range(EACH, 1, -1) if _drawn(shown, goal, n).sum() <= MOST), 1)
    _draw_steps(ax, shown, at, _drawn(shown, goal, each))
    for i, name in enumerate(shown.names):
        _draw_box(ax, at[i], texts.get(name, names[name]), _below(shown, i, locale), name in goal)
    ax.axis("off")
    ax.set_title(texts["flow"] if len(shown.names) > 1 else texts["empty"], fontsize=11)
    most = texts["one" if each == 1 else "some"].format(each=each)
    legend = in_lines(texts["legend"].format(each=most, goal=" / ".join(goal)), ax)
    ax.text(0.5, 0, legend, transform=ax.transAxes, ha="center", va="top", fontsize=8, parse_math=False)
    show_text(figure_of(ax))
    return ax


def in_lines(text: str, ax: "Axes") -> str:
    """Break small print into lines as wide as the axes: a longer line would have the layout shrink the boxes."""
    letters = int(LETTERS * figure_of(ax).get_figwidth() * ax.get_position().width)
    # A line may end after any Chinese sign that no mark follows; the sign that says so counts as the second half of it.
    marked = sub(r"([\u2e80-\uffef])(?![，。；：、）])", "\\1\v", text)
    return fill(marked, max(letters, 20), replace_whitespace=False, expand_tabs=False).replace("\v", "")


def _below(shown: _Shown, i: int, locale: Locale) -> str:
    """Write how often a state is visited, and how often the path ends there."""
    leaves = float(shown.share[i, -1])
    kind = "paths" if i == 0 else "leave" if leaves >= 0.005 else "stay"
    return _TEXTS[locale][kind].format(n=thousands(shown.visits[i], locale=locale), share=percent(round(leaves, 3)))


def _columns(shown: _Shown, goal: Sequence[str]) -> list[tuple[float, float]]:
    """Give each state its column and row: the start alone, then by place in the path, and the goal alone at the end."""
    at: dict[int, tuple[float, float]] = {0: (0.0, 0.0)}
    is_goal = [name in goal for name in shown.names]
    inner = [i for i in range(1, len(shown.names)) if not is_goal[i]]
    inner.sort(key=lambda i: (shown.position[i], shown.names[i]))
    column, filled = 1.0, list[int]()
    for i in inner:
        if filled and (len(filled) == IN_COLUMN or shown.position[i] - shown.position[filled[0]] >= 1):
            column, filled = column + 1, []
        filled.append(i)
        for j, one in enumerate(sorted(filled, key=lambda one: -shown.visits[one])):
            at[one] = (column, (len(filled) - 1) / 2 - j)
    last = [i for i in range(1, len(shown.names)) if is_goal[i]]
    for j, i in enumerate(last):
        at[i] = (column + bool(inner), (len(last) - 1) / 2 - j)
    return [at[i] for i in range(len(shown.names))]


def _draw_box(ax: "Axes", at: tuple[float, float], name: str, below: str, is_goal: bool) -> None:
    x, y = at
    half, high = BOX
    corners = [x - half, x + half, x + half, x - half], [y - high, y - high, y + high, y + high]
    ax.fill(
        *corners,
        facecolor="#D6E6F2" if is_goal else "white",
        edgecolor="black",
        linewidth=1.6 if is_goal else 0.9,
        zorder=3,
    )
    lines = short(name, 15)
    ax.text(
        x,
        y + high * 0.42,
        "\n".join(lines),
        ha="center",
        va="center",
        fontsize=8,
        weight="bold",
        zorder=4,
        parse_math=False,
    )
    ax.text(x, y - high * 0.5, below, ha="center", va="center", fontsize=7, zorder=4)


def short(name: str, width: int, lines: int = 2) -> list[str]:
    """Break a long name into lines, after signs such as _ and / where it can be; what does not fit loses its middle."""
    if any(sign > "\u2e80" for sign in name):  # Chinese signs are twice as wide
        width = width * 5 // 9
    # A sign that is white space to textwrap and that no name has marks where a line may end.
    parts = wrap(sub(r"([_/.?&=-])", "\\1\v", name), width, replace_whitespace=False, expand_tabs=False) or [name]
    if len(parts) > lines:
        half = (width * lines - 1) // 2
        name = f"{name[:half]}…{name[-half:]}"
        parts = [name[at : at + width] for at in range(0, len(name), width)]
    return [part.replace("\v", "") for part in parts]


def told_apart(names: Sequence[str]) -> dict[str, str]:
    """Take from long names what all of them begin and end with: pages differ in the middle of their addresses.

    Examples
    --------
    >>> list(told_apart(["/category/shoes/red?from=newsletter", "/category/hats?from=newsletter", "/home"]).values())
    ['…shoes/red…', '…hats…', '/home']
    """
    long = [name for name in names if len(name) > LONG]
    head, tail = _shared(long), _shared([name[::-1] for name in long])
    cut = {name: ("…" if head else "") + name[head : len(name) - tail] + ("…" if tail else "") for name in long}
    return {name: cut.get(name, name) for name in names}


def _shared(names: Sequence[str]) -> int:
    """Count the signs that all names begin with, up to the last that ends a part of a name; few are not worth it."""
    same = 0
    for signs in zip(*names, strict=False):
        if len(set(signs)) > 1:
            break
        same += 1
    whole = len(sub(r"[^/_.?&= -]*$", "", names[0][:same])) if len(names) > 1 else 0
    return whole if whole > 3 else 0


def _draw_steps(ax: "Axes", shown: _Shown, at: list[tuple[float, float]], drawn: Bools) -> None:
    """Draw steps for whose number there is room, the most frequent first: forward in black, back in grey and dashed."""
    most = float(shown.steps[:, :-1].max(initial=1.0))
    steps = sorted(zip(*np.nonzero(drawn), strict=True), key=lambda step: -shown.steps[step])
    lines = _lines(steps, at)
    taken, apart = list[Floats](), _apart(ax)
    for (i, j), (curve, label) in zip(steps, lines, strict=True):
        others = [other for other, _ in lines if other is not curve]
        spot = _free(curve[_alone(curve, others, apart)], curve[label], np.array(at), taken, apart)
        if spot is None:
            continue
        taken.append(spot)
        _draw_line(ax, curve, 0.8 + 7.0 * float(shown.steps[i, j]) / most, at[j][0] > at[i][0])
        text = percent(round(float(shown.share[i, j]), 2 if shown.share[i, j] >= 0.01 else 3))
        ax.text(float(spot[0]), float(spot[1]), text, fontsize=7, ha="center", va="center", bbox=_PATCH, zorder=5)


def _lines(steps: Sequence[tuple[int, int]], at: list[tuple[float, float]]) -> list[tuple[Floats, int]]:
    """Return the points of the line of each step, and where its number would stand."""
    rows: dict[float, list[float]] = {}
    for column, row in at:
        rows.setdefault(column, []).append(row)
    return [_forward(at[i], at[j], rows) if at[j][0] > at[i][0] else _back(at[i], at[j]) for i, j in steps]


def _alone(curve: Floats, others: Sequence[Floats], apart: Floats) -> Bools:
    """Tell at which points of a curve no other runs: a number on two lines could be of either."""
    alone = np.ones(len(curve), dtype=np.bool_)
    for other in others:
        alone &= ~np.any(np.all(np.abs(curve[:, None] - other) <= apart / 4, axis=2), axis=1)
    return alone


def _draw_line(ax: "Axes", curve: Floats, wide: float, is_forward: bool) -> None:
    colour, dashes = ("#555555", "-") if is_forward else (GREY, (0, (2.5, 1)))
    line = ax.plot(*curve[:-3].T, color=colour, linewidth=wide, linestyle=dashes, alpha=0.75, zorder=1)
    line[0].set_solid_capstyle("butt")
    arrow = {"arrowstyle": "-|>", "color": colour, "linewidth": 1.0, "mutation_scale": 9 + wide}
    ax.annotate("", xy=tuple(curve[-1]), xytext=tuple(curve[-4]), arrowprops=arrow, zorder=2)


def _apart(ax: "Axes") -> Floats:
    """Return how far apart labels are at least, in the units of the axes."""
    box, figure, (x0, x1), (y0, y1) = ax.get_position(), figure_of(ax), ax.get_xlim(), ax.get_ylim()
    inches = box.width * figure.get_figwidth(), box.height * figure.get_figheight()
    return np.array([APART[0] * (x1 - x0) / inches[0], APART[1] * (y1 - y0) / inches[1]])


def _free(points: Floats, best: Floats, boxes: Floats, taken: Sequence[Floats], apart: Floats) -> Floats | None:
    """Find the point nearest to the best one at which a label lies in no box and on no other label."""
    for point in points[np.argsort(((points - best) ** 2).sum(axis=1), kind="stable")]:
        in_box = (np.abs(boxes - point) < np.array(BOX) + apart / 2).all(axis=1).any()
        if not in_box and not any((np.abs(other - point) < apart).all() for other in taken):
            return np.asarray(point)
    return None


def _drawn(shown: _Shown, goal: Sequence[str], each: int) -> Bools:
    """Tell which steps are drawn: the most frequent from each state, the most frequent to each, many to the goal."""
    steps = shown.steps[:, :-1] * ~np.eye(len(shown.names), dtype=bool)
    from_here = np.argsort(np.argsort(-steps, axis=1, kind="stable"), axis=1) < each
    to_here = np.argsort(np.argsort(-steps, axis=0, kind="stable"), axis=0) < 1
    to_goal = np.array([name in goal for name in shown.names], dtype=bool)
    many = to_goal & (steps >= 0.1 * steps.sum(axis=0))
    frequent = from_here & (shown.share[:, :-1] >= LEAST)
    return np.asarray((frequent | to_here | many) & (steps > 0))


def _forward(
    start: tuple[float, float], end: tuple[float, float], rows: Mapping[float, list[float]]
) -> tuple[Floats, int]:
    """Return points from box to box that run between the boxes of the columns on the way, and where the label goes."""
    (x0, y0), (x1, y1), half = start, end, BOX[0]
    stops = [(x0 + half, y0)]
    for column in np.arange(x0 + 1, x1):
        lane = _lane(rows[float(column)], y0 + (y1 - y0) * (column - x0) / (x1 - x0))
        stops += [(column - half, lane), (column + half, lane)]
    t = np.linspace(0, 1, 41)
    legs = [
        np.column_stack([a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * (3 * t**2 - 2 * t**3)])
        for a, b in pairwise([*stops, (x1 - half, y1)])
    ]
    return np.concatenate(legs), 41 * (len(legs) - 1) + 15


def _lane(rows: Sequence[float], straight: float) -> float:
    """Find the height nearest to the straight line at which no box of the column is in the way."""
    taken = sorted(rows)
    if all(abs(straight - row) > BOX[1] + 0.05 for row in taken):
        return straight
    free = [taken[0] - 0.5, *((a + b) / 2 for a, b in pairwise(taken)), taken[-1] + 0.5]
    return min(free, key=lambda row: (round(abs(row - straight), 6), -row))


def _back(start: tuple[float, float], end: tuple[float, float]) -> tuple[Floats, int]:
    """Return points beside the boxes within a column, and below them on the way back."""
    (x0, y0), (x1, y1), (_, high) = start, end, BOX
    if x1 == x0:
        side, sign, label = *((0.18, -1) if y1 < y0 else (-0.18, 1)), 10
        points = [(x0 + side, y0 + sign * high), (x0 + side, y0 + sign * 0.4)]
        points += [(x1 + side, y1 - sign * 0.4), (x1 + side, y1 - sign * high)]
    else:
        label = 15
        points = [(x0 - 0.1, y0 - high), (x0 - 0.1, y0 - 0.75), (x1 + 0.1, y1 - 0.75), (x1 + 0.1, y1 - high)]
    t = np.linspace(0, 1, 41)[:, None]
    weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3)
    return np.asarray(sum(weight * np.array(point) for weight, point in zip(weights, points, strict=True))), label


_PATCH = {"boxstyle": "round,pad=0.12", "facecolor": "white", "edgecolor": "none", "alpha": 0.9}


def draw_matrix(
    states: Rows, transitions: Rows, goal: Sequence[str], top: int, ax: "Axes | None", locale: Locale
) -> "Axes":
    """Draw the share of each next state as a number on grey; shares below half a per cent are left blank."""
    texts, shown = _TEXTS[locale], _shown(states, transitions, goal, top)
    n = len(shown.names)
    ax = new_axes(ax, width=3.4 + 0.62 * n, height=2.4 + 0.36 * n)
    share = shown.share[:, 1:]  # nothing leads back to the start
    ax.imshow(share, cmap="Greys", vmin=0, vmax=1.15, aspect="auto")
    for i, j in zip(*np.nonzero(share >= 0.005), strict=True):
        colour = "white" if share[i, j] > 0.6 else "black"
        ax.text(j, i, f"{100 * share[i, j]:.0f}", ha="center", va="center", fontsize=8, color=colour)
    names = told_apart(shown.names)
    rows = ["".join(short(texts.get(name, names[name]), 28, 1)) for name in shown.names]
    counts = [f"{row} ({thousands(n, locale=locale)})" for row, n in zip(rows, shown.visits, strict=True)]
    ax.set_yticks(np.arange(n), counts, fontsize=8, parse_math=False)
    columns = [*rows[1:], texts[END]]
    ax.set_xticks(np.arange(n), columns, fontsize=8, rotation=45, ha="left", rotation_mode="anchor", parse_math=False)
    ax.xaxis.tick_top()
    ax.tick_params(length=0)
    ax.set_ylabel(texts["state"])
    ax.set_title(f"{texts['matrix']} (%)" if n > 1 else texts["empty"], fontsize=11)
    show_text(figure_of(ax))
    return ax
