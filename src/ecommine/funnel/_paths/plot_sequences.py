"""The picture of what comes before a state, or after it: bars that split, step by step, one beside the other."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from ..._core.pictures import finish_picture, keep_in_box, new_axes
from ..._core.texts import Locale, is_known, percent
from .labels import STATE_NAMES, drop_shared_parts, shorten, wrap_small_print
from .read import END, OPEN, START

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MIN_SHARE_OF_BAR = 0.03
"""Share of the paths from which a sequence has a bar of its own, with its name: below there is no room."""
MIN_SHARE_OF_TWO_LINES = 0.09
"""Share of the paths from which a bar has room for two lines of text."""
LIGHT_GREY, DARK_GREY, GOAL_BLUE = "#E6E6E6", "#BBBBBB", "#BFD9EB"
_TEXTS: dict[Locale, dict[str, str]] = {
    "en": {
        "after": "What follows {focus}\n(share of the {n:,} paths with it)",
        "before": "What comes before {focus}\n(share of the {n:,} paths with it)",
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
    bars = list(split_bars(rows, sum(name.startswith("step_") for name in (rows[0] if rows else {}))))
    depth = max((bar.step for bar in bars), default=0)
    ax, texts = new_axes(ax, width=max(5.5, 2.4 + 1.9 * depth), height=5.2), _TEXTS[locale]
    names = drop_shared_parts([bar.state for bar in bars if bar.state is not None]) | STATE_NAMES[locale]
    focus_name = names.get(focus, focus)
    _draw_bar(ax, 0, Bar(step=0, top=0.0, share=1.0, state=focus), focus_name, "white", is_goal=False)
    for bar in bars:
        name = texts["rest"] if bar.state is None else names.get(bar.state, bar.state)
        x = bar.step if forward else -bar.step
        _draw_bar(ax, x, bar, name, _colour(bar, goal), is_goal=bar.state in goal)
    ax.set_xlim(*((-0.5, depth + 0.5) if forward else (-depth - 0.5, 0.5)))
    ax.set_ylim(1.005, -0.005)  # with room for the line of the edge
    ax.axis("off")
    n_paths = round(sum(row["paths"] for row in rows) / max(sum(row["share"] for row in rows), 1e-9))
    title = texts["after" if forward else "before"].format(focus="".join(shorten(focus_name, 30, 1)), n=n_paths)
    ax.set_title(title, fontsize=11, parse_math=False)
    legend = wrap_small_print(texts["legend"].format(goal=" / ".join(goal), least=MIN_SHARE_OF_BAR), ax)
    ax.text(0.5, -0.03, legend, transform=ax.transAxes, ha="center", va="top", fontsize=8, parse_math=False)
    return finish_picture(ax)


class Bar(NamedTuple):
    """A bar: its step from the focus, where it begins from the top, its share, and its state, None for rarer ones."""

    step: int
    top: float
    share: float
    state: str | None


def split_bars(rows: Rows, depth: int, step: int = 1, top: float = 0.0) -> Iterator[Bar]:
    """Yield the bars from a step on; rarer states are one.

    Sequences that are not listed are missing from the bars' lower end.
    """
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        if is_known(row[f"step_{step}"]):
            groups.setdefault(row[f"step_{step}"], []).append(row)
    shares = {state: sum(row["share"] for row in group) for state, group in groups.items()}
    rest = 0.0
    for state in sorted(shares, key=lambda state: (-shares[state], state)):
        if shares[state] < MIN_SHARE_OF_BAR:
            rest += shares[state]
            continue
        yield Bar(step, top, shares[state], state)
        if step < depth:
            yield from split_bars(groups[state], depth, step + 1, top)
        top += shares[state]
    if rest > 0:
        yield Bar(step, top, rest, None)


def _colour(bar: Bar, goal: Sequence[str]) -> str:
    if bar.state is None:
        return LIGHT_GREY
    if bar.state in goal:
        return GOAL_BLUE
    return DARK_GREY if bar.state in (START, END, OPEN) else "white"


def _draw_bar(ax: "Axes", x: float, bar: Bar, name: str, colour: str, *, is_goal: bool) -> None:
    sides, ends = [x - 0.48, x + 0.48, x + 0.48, x - 0.48], [bar.top, bar.top, *[bar.top + bar.share] * 2]
    width, order = (1.6, 2) if is_goal else (0.6, 1)
    ax.fill(sides, ends, facecolor=colour, edgecolor="black", linewidth=width, zorder=order)
    if bar.share < MIN_SHARE_OF_BAR:
        return
    has_room = bar.share >= MIN_SHARE_OF_TWO_LINES
    lines = shorten(name, 20, 2) if has_room else shorten(name, 14, 1)
    text = "\n".join(lines) + ("\n" if has_room else "  ") + percent(round(bar.share, 3))
    size = 8 if has_room else 7
    label = ax.text(x, bar.top + bar.share / 2, text, ha="center", va="center", fontsize=size, parse_math=False)
    keep_in_box(label, 0.92, bar.share)
