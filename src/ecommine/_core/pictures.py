"""Pictures: axes and figures, colours that survive grey print and colour-blindness, Chinese text."""

import re
import warnings
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from .arrays import Floats
from .checks import instance
from .optional import require
from .texts import percent, thousands

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.cm import ScalarMappable
    from matplotlib.colorbar import Colorbar
    from matplotlib.figure import Figure
    from matplotlib.gridspec import SubplotSpec
    from matplotlib.text import Text

__all__ = [
    "CHINESE_FONTS",
    "PALETTE",
    "cell_height",
    "cell_width",
    "color_bar",
    "date_ticks",
    "even_percents",
    "figure_of",
    "finish_picture",
    "keep_in_box",
    "legend_below",
    "new_axes",
    "percent",
    "show_text",
    "thousands",
]
PALETTE = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#000000")
"""Colours that the colour-blind can tell apart (Okabe & Ito 2008, Color Universal Design)."""

CHINESE_FONTS = (
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Source Han Sans SC",
    "Source Han Sans CN",
    "Microsoft YaHei",
    "PingFang SC",
    "SimHei",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "Noto Sans CJK TC",
    "Noto Sans CJK JP",
    "Hiragino Sans GB",
    "Arial Unicode MS",
)
_LATIN = ("sans-serif", "DejaVu Sans")
_LAST_RESORT = "Last Resort High-Efficiency"
"""Matplotlib's own font with a box for every character: without it each text that lacks one warns at each drawing."""
_TITLE_SHARE = 0.98
"""How much of the width of its axes a title may fill."""
MIN_OVERLAP = 1e-3
"""Share of the figure by which a picture may leave its cell."""
SMALLEST_SHARE = 0.2
"""Share of a cell that the axes keep, however long the labels are."""
_MOST_COLUMNS = 5
SHORTEST_LINE = 16
"""Letters of a line of a title at least."""
_OURS = "picture"
"""Marks titles that are broken into lines here."""
_BELOW = "below"
"""Marks a legend that stands below its axes."""
_TURN = 35
"""Degrees by which the labels of an axis are turned."""
_BOX = "_box_of_picture"
"""The attribute of a text that is kept in a box."""
_PAD = 0.008
"""Space between a picture and the edge of its cell, as a share of the figure."""


def new_axes(ax: "Axes | None", *, width: float = 8.0, height: float = 5.0) -> "Axes":
    """Return the caller's axes, or those of a new pyplot figure, which notebooks show by themselves."""
    pyplot = require("matplotlib.pyplot", extra="plot")
    if ax is not None:
        return instance("ax", ax, pyplot.Axes, noun="matplotlib Axes")  # type: ignore[no-any-return]
    return pyplot.subplots(figsize=(width, height), layout="constrained")[1]  # type: ignore[no-any-return]


def date_ticks(ax: "Axes") -> None:
    """Mark a few dates on the horizontal axis, as ISO 8601 writes them."""
    from matplotlib.dates import AutoDateLocator, DateFormatter

    ax.xaxis.set_major_locator(AutoDateLocator(minticks=3, maxticks=7))  # type: ignore[no-untyped-call]
    ax.xaxis.set_major_formatter(DateFormatter("%Y-%m-%d"))  # type: ignore[no-untyped-call]


def even_percents(shares: Sequence[float] | Floats) -> list[str]:
    """Return shares as texts of one precision, that of the smallest; nothing for what is not known.

    Examples
    --------
    >>> even_percents([1.0, 0.4831, 0.0721]), even_percents([1.0, 0.5])
    (['100.0%', '48.3%', '7.2%'], ['100%', '50%'])
    """
    known = [abs(share) for share in shares if share == share and share not in (0, 1)]
    whole = all(abs(share * 100 - round(share * 100)) < 0.005 for share in known)
    smallest = min(known, default=1.0)
    decimals = 0 if whole else 1 if smallest >= 0.001 else 2
    return ["" if share != share else f"{share:.{decimals}%}" for share in shares]


def finish_picture(ax: "Axes", *, extra: Iterable[str] = (), has_frame: bool = True) -> "Axes":
    """Give all text a font, break a title that is wider than its axes, and keep everything in the cell of a grid.

    In a figure with a layout of its own (constrained, tight) that layout keeps pictures apart. Without a frame only the
    two axes are drawn.
    """
    if not has_frame:
        ax.spines[["top", "right"]].set_visible(False)
    figure = figure_of(ax)
    show_text(figure, extra=extra)
    engine = figure.get_layout_engine()
    ax.title.set_gid(_OURS)
    drawn = [ax] if engine is None else [other for other in figure.axes if other.title.get_gid() == _OURS]
    for _ in range(2):  # a title or a legend may be broken anew where the axes became smaller
        if engine is not None:
            engine.execute(figure)
        for other in drawn:  # one more picture makes the others smaller in a layout
            _break_title(other)
            _turn_ticks(other)
            _place_legend(other)
            _fit_texts(other)
        if engine is None:
            _fit_into_cell(ax)
    for other in drawn:
        _fit_texts(other)
    return ax


def keep_in_box(text: "Text", width: float, height: float, *ways: str) -> None:
    """Have a text stay in a box around it, in units of the data: its font is made smaller as a picture is finished.

    ``ways`` are other ways to break it into lines; the one that allows the largest font is taken.
    """
    setattr(text, _BOX, ((text.get_text(), *ways), (width, height), text.get_fontsize()))


def _fit_texts(ax: "Axes") -> None:
    """Give texts that are kept in boxes the way and the size that fit."""
    for text in ax.texts:
        if not hasattr(text, _BOX):
            continue
        ways, box, size = getattr(text, _BOX)
        room = np.abs(ax.transData.transform(box) - ax.transData.transform((0.0, 0.0)))
        text.set_fontsize(size)
        scales = []
        for way in ways:
            text.set_text(way)
            scales.append(float((room / np.maximum(text.get_window_extent().size, 1e-9)).min()))
        text.set_text(ways[int(np.argmax(np.minimum(scales, 1.0)))])
        text.set_fontsize(size * min(max(scales), 1.0))


def cell_width(ax: "Axes") -> float:
    """Return the width in inches of the cell of a grid that axes stand in, or else of the figure."""
    left, right = _sides_of_cell(ax)
    return (right - left) * float(figure_of(ax).get_figwidth())


def cell_height(ax: "Axes") -> float:
    """Return the height in inches of the rows of a grid that axes stand in, or else of the figure."""
    spec, height = ax.get_subplotspec(), float(figure_of(ax).get_figheight())
    if spec is None:
        return height
    cell = spec.get_topmost_subplotspec()
    return height * len(cell.rowspan) / cell.get_gridspec().nrows


def color_bar(ax: "Axes", colours: "ScalarMappable", label: str, *, format: Any = None) -> "Colorbar":
    """Draw the bar of colours of a picture beside its axes, within them, so that no layout draws the two apart."""
    place = ax.inset_axes((1.03, 0.0, 0.04, 1.0))
    return figure_of(ax).colorbar(colours, cax=place, label=label, format=format)


def _sides_of_cell(ax: "Axes") -> tuple[float, float]:
    """Return where the cell of the axes begins and ends, as shares of the figure."""
    spec = ax.get_subplotspec()
    if spec is None:
        return 0.0, 1.0
    low, high = _corners_of_cell(spec.get_topmost_subplotspec(), figure_of(ax))
    return float(low[0]), float(high[0])


def legend_below(ax: "Axes") -> None:
    """Draw a legend below the axes and their labels, in as many columns as there is room for."""
    ax.legend(loc="upper center", frameon=False, fontsize=9).set_gid(_BELOW)


def _place_legend(ax: "Axes") -> None:
    """Put a legend that stands below under the labels of the axis, in as many columns as there is room for."""
    legend = ax.get_legend()
    if legend is None or legend.get_gid() != _BELOW:
        return
    figure = figure_of(ax)
    room = cell_width(ax) * figure.dpi
    box, axis = ax.get_window_extent(), ax.xaxis.get_tightbbox()
    height = 0.0 if axis is None else (box.y0 - axis.y0) / box.height
    middle = sum(_sides_of_cell(ax)) / 2 * figure.bbox.width
    anchor = ((middle - box.x0) / box.width, -height - 4 / box.height)
    handles, labels = ax.get_legend_handles_labels()
    family = {"family": legend.get_texts()[0].get_fontfamily(), "size": 9} if legend.get_texts() else {"size": 9}
    for columns in range(min(len(labels), _MOST_COLUMNS), 0, -1):
        legend = ax.legend(
            handles, labels, loc="upper center", bbox_to_anchor=anchor, ncols=columns, frameon=False, prop=family
        )
        if legend.get_window_extent().width <= room:
            break
    legend.set_gid(_BELOW)
    show_text(figure)


def _break_title(ax: "Axes") -> None:
    """Break the title and the labels of both axes into lines where the axes are too small for them."""
    box = ax.get_window_extent()
    for text, available, side in (
        (ax.title, box.width, "width"),
        (ax.xaxis.label, box.width, "width"),
        (ax.yaxis.label, box.height, "height"),
    ):
        words = text.get_text().replace("\n", " ")
        if not words.strip():
            continue
        text.set_text(words)
        length = float(getattr(text.get_window_extent(), side))
        if length > available * _TITLE_SHARE:
            letters = int(_wide(words) * available * _TITLE_SHARE / length)
            text.set_text("\n".join(_lines(words, max(letters, SHORTEST_LINE))))


def _turn_ticks(ax: "Axes") -> None:
    """Turn names and dates below the axes where they would run into each other."""
    labels = [label for label in ax.get_xticklabels() if label.get_text() and label.get_visible()]
    boxes = sorted((label.get_window_extent() for label in labels), key=lambda box: float(box.x0))
    if any(label.get_rotation() for label in labels) or not any(b.x0 < a.x1 for a, b in pairwise(boxes)):
        return
    ax.tick_params(axis="x", rotation=_TURN)
    for label in ax.get_xticklabels():
        label.set(ha="right", va="top", rotation_mode="anchor")


def _lines(text: str, width: int) -> list[str]:
    """Break a text into lines; between words, and between any two Chinese characters."""
    parts = re.findall(r"[\u2e80-\uffef]|[^\s\u2e80-\uffef]+|\s+", text)
    lines = [""]
    for part in parts:
        is_mark = part in "，。：；）、"
        if lines[-1].strip() and not is_mark and _wide(lines[-1] + part) > width:
            lines.append("")
        lines[-1] += part
    return [line.strip() for line in lines if line.strip()]


def _wide(text: str) -> int:
    return sum(2 if _needs_chinese(character) else 1 for character in text)


def _fit_into_cell(ax: "Axes") -> None:
    """Make axes smaller until labels, legend and title are in the cell of the grid that they stand in."""
    spec = ax.get_subplotspec()
    if spec is None:
        return
    figure, cell = figure_of(ax), spec.get_topmost_subplotspec()
    low, high = _corners_of_cell(cell, figure)
    group = [other for other in figure.axes if _stands_in(other, cell)]  # with the bar of its colours
    for _ in range(3):  # labels move as their axes change
        boxes = [box.transformed(figure.transFigure.inverted()) for other in group if (box := other.get_tightbbox())]
        ends = np.array([[box.x0, box.y0, -box.x1, -box.y1] for box in boxes]).min(axis=0)
        over = np.maximum(np.concatenate([low, -high]) - ends, 0.0)
        if over.max() < MIN_OVERLAP:
            return
        places = np.array([other.get_position().extents for other in group])
        old = np.concatenate([places[:, :2].min(axis=0), places[:, 2:].max(axis=0)])
        new = old + np.array([over[0], over[1], -over[2], -over[3]])
        least = SMALLEST_SHARE * (high - low)
        new[2:] = np.maximum(new[2:], new[:2] + least)
        scale = (new[2:] - new[:2]) / (old[2:] - old[:2])
        for other, place in zip(group, places, strict=True):
            x0, y0 = new[:2] + (place[:2] - old[:2]) * scale
            width, height = (place[2:] - place[:2]) * scale
            other.set_position((float(x0), float(y0), float(width), float(height)))


def _stands_in(ax: "Axes", cell: "SubplotSpec") -> bool:
    spec = ax.get_subplotspec()
    return spec is not None and spec.get_topmost_subplotspec() == cell


def _corners_of_cell(cell: "SubplotSpec", figure: "Figure") -> tuple[Floats, Floats]:
    """Return the lower left and the upper right corner of a cell, which ends halfway to its neighbours."""
    bottoms, tops, lefts, rights = cell.get_gridspec().get_grid_positions(figure)
    rows, columns = cell.rowspan, cell.colspan
    left = 0.0 if columns.start == 0 else (rights[columns.start - 1] + lefts[columns.start]) / 2
    right = 1.0 if columns.stop == len(rights) else (rights[columns.stop - 1] + lefts[columns.stop]) / 2
    top = 1.0 if rows.start == 0 else (bottoms[rows.start - 1] + tops[rows.start]) / 2
    bottom = 0.0 if rows.stop == len(bottoms) else (bottoms[rows.stop - 1] + tops[rows.stop]) / 2
    return np.array([left, bottom]) + _PAD, np.array([right, top]) - _PAD


def show_text(figure: "Figure", *, extra: Iterable[str] = ()) -> None:
    """Give every text of the figure a font that has its characters; warn once where none is installed."""
    from matplotlib.text import Text

    texts: list[Text] = figure.findobj(Text)
    if not any(_needs_chinese(part) for part in [*(text.get_text() for text in texts), *extra]):
        return
    chinese_fonts = _installed(CHINESE_FONTS)
    chosen = {name for text in texts for name in text.get_fontfamily()} - {*_LATIN, _LAST_RESORT}
    if not chinese_fonts and not chosen and not any(_LAST_RESORT in text.get_fontfamily() for text in texts):
        warnings.warn(
            "the picture has Chinese text and none of these fonts is installed: " + ", ".join(CHINESE_FONTS) + "; "
            "install one, or name yours in matplotlib.rcParams['font.family']",
            UserWarning,
            stacklevel=3,
        )
    last = [] if chinese_fonts else _installed([_LAST_RESORT])
    for text in texts:
        # The caller's or the Latin font stays first, so that digits and minus signs keep their glyphs.
        family = text.get_fontfamily()
        if "DejaVu Sans" in family:  # what follows was added here before
            family = family[: family.index("DejaVu Sans")]
        own_fonts = [name for name in family if name not in _LATIN]
        others = [name for name in (*chinese_fonts, *last) if name not in own_fonts]
        text.set_fontfamily([*own_fonts, "DejaVu Sans", *others])


def figure_of(ax: "Axes") -> "Figure":
    """Return the figure that the axes belong to.

    Raises
    ------
    ValueError
        If they belong to none.
    """
    figure = ax.get_figure(root=True)
    if figure is None:
        raise ValueError("`ax` must belong to a figure")
    return figure


def _needs_chinese(text: str) -> bool:
    return any("\u2e80" <= character <= "\u9fff" or "\uf900" <= character <= "\uffef" for character in text)


def _installed(names: Iterable[str]) -> list[str]:
    from matplotlib.font_manager import fontManager

    known = {font.name for font in fontManager.ttflist}
    return [name for name in names if name in known]
