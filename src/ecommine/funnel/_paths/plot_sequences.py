"""The picture of what comes before a state, or after it: bars that split, step by step, one beside the other."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..._core.pictures import figure_of, new_axes, percent, show_text
from ..._core.texts import Locale
from .plot import _TEXTS as _STATES
from .plot import in_lines, short, told_apart
from .summary import known

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LEAST = 0.03
"""Share of the paths from which a sequence has a bar of its own, with its name: below there is no room."""
LIGHT = "#E6E6E6"
_TEXTS: dict[Locale, dict[str, str]] = {
    "en": {
        "after": "What follows {focus}\n(share of the {n:,} paths with it)",
        "before": "What leads to {focus}\n(share of the {n:,} paths with it)",
        "rest": "rarer",
        "legend": "blue, thick line: {goal}; dark: the path ends or begins there; light: below {least:.0%} each",
    },
    "zh": {
        "after": "{focus}之后\n（占含有它的{n:,}条路径的比例）",
        "before": "{focus}之前\n（占含有它的{n:,}条路径的比例）",
        "rest": "更少见",
        "legend": "蓝色粗框：{goal}；深色：路径在此结束或开始；浅色：各不足{least:.0%}",
    },
}
Rows = Sequence[Mapping[str, Any]]


def draw_sequences(
    rows: Rows, focus: str, goal: Sequence[str], forward: bool, ax: "Axes | None", locale: Locale
) -> "Axes":
    """Draw the focus as one bar, and beside it bars of the states next to it, each split by those that come then."""
    depth = sum(name.startswith("step_") for name in (rows[0] if rows else {}))
    drawn = list(bars(rows, depth))
    depth = max((step for step, *_ in drawn), default=0)
    ax, texts = new_axes(ax, width=max(5.5, 2.4 + 1.9 * depth), height=5.2), _TEXTS[locale]
    names = told_apart([name for *_, name in drawn if name is not None]) | _STATES[locale]
    sign = 1 if forward else -1
    total = round(sum(row["paths"] for row in rows) / max(sum(row["share"] for row in rows), 1e-9))
    _draw_bar(ax, 0, 0.0, 1.0, names.get(focus, focus), "white")
    for step, low, share, name in drawn:
        label = texts["rest"] if name is None else names.get(name, name)
        colour = LIGHT if name is None else "#BFD9EB" if name in goal else "#BBBBBB" if name in _ENDS else "white"
        _draw_bar(ax, sign * step, low, share, label, colour, thick=name in goal)
    ax.set_xlim(*((-0.5, depth + 0.5) if forward else (-depth - 0.5, 0.5)))
    ax.set_ylim(1.005, -0.005)  # with room for the line of the edge
    ax.axis("off")
    title = texts["after" if forward else "before"].format(
        focus="".join(short(names.get(focus, focus), 30, 1)), n=total
    )
    ax.set_title(title, fontsize=11, parse_math=False)
    legend = in_lines(texts["legend"].format(goal=" / ".join(goal), least=LEAST), ax)
    ax.text(0.5, -0.03, legend, transform=ax.transAxes, ha="center", va="top", fontsize=8, parse_math=False)
    show_text(figure_of(ax))
    return ax


_ENDS = ("(start)", "(end)", "(open)")


def bars(rows: Rows, depth: int) -> Iterator[tuple[int, float, float, str | None]]:
    """Yield each bar: its step, where it begins from the top, its share, its state; rarer ones are one, of no name.

    Sequences that are not listed are missing from the bars' lower end.
    """

    def split(mine: Rows, step: int, low: float) -> Iterator[tuple[int, float, float, str | None]]:
        groups: dict[str, list[Mapping[str, Any]]] = {}
        for row in mine:
            name = row[f"step_{step}"]
            if known(name):
                groups.setdefault(name, []).append(row)
        shares = {name: sum(row["share"] for row in group) for name, group in groups.items()}
        rest = 0.0
        for name in sorted(shares, key=lambda one: (-shares[one], one)):
            if shares[name] < LEAST:
                rest += shares[name]
                continue
            yield step, low, shares[name], name
            if step < depth:
                yield from split(groups[name], step + 1, low)
            low += shares[name]
        if rest > 0:
            yield step, low, rest, None

    return split(rows, 1, 0.0)


def _draw_bar(ax: "Axes", x: float, low: float, share: float, name: str, colour: str, *, thick: bool = False) -> None:
    sides, ends = [x - 0.48, x + 0.48, x + 0.48, x - 0.48], [low, low, low + share, low + share]
    ax.fill(sides, ends, facecolor=colour, edgecolor="black", linewidth=1.6 if thick else 0.6, zorder=2 if thick else 1)
    if share < LEAST:
        return
    lines = short(name, 20, 2) if share >= 0.09 else short(name, 14, 1)
    text = "\n".join(lines) + ("\n" if share >= 0.09 else "  ") + percent(round(share, 3))
    ax.text(x, low + share / 2, text, ha="center", va="center", fontsize=8 if share >= 0.09 else 7, parse_math=False)
