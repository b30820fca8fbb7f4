"""Pictures: axes and figures, colours that survive grey print and colour-blindness, Chinese text."""

import warnings
from collections.abc import Iterable
from typing import TYPE_CHECKING

from .checks import instance
from .optional import require
from .texts import percent, thousands

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "CHINESE_FONTS",
    "PALETTE",
    "date_ticks",
    "figure_of",
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


def show_text(figure: "Figure", *, extra: Iterable[str] = ()) -> None:
    """Give every text of the figure a font that has its characters; warn once where none is installed."""
    from matplotlib.text import Text

    texts: list[Text] = figure.findobj(Text)
    if not any(_needs_chinese(part) for part in [*(text.get_text() for text in texts), *extra]):
        return
    chinese_fonts = _installed(CHINESE_FONTS)
    chosen = {name for text in texts for name in text.get_fontfamily()} - {*_LATIN}
    if not chinese_fonts and not chosen:
        warnings.warn(
            "the picture has Chinese text and none of these fonts is installed: " + ", ".join(CHINESE_FONTS) + "; "
            "install one, or name yours in matplotlib.rcParams['font.family']",
            UserWarning,
            stacklevel=3,
        )
    for text in texts:
        # The caller's or the Latin font stays first, so that digits and minus signs keep their glyphs.
        own_fonts = [name for name in text.get_fontfamily() if name not in _LATIN]
        text.set_fontfamily([*own_fonts, "DejaVu Sans", *(name for name in chinese_fonts if name not in own_fonts)])


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
