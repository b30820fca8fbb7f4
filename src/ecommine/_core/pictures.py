"""Pictures: axes, colours that survive grey print and colour-blindness, numbers on axes, Chinese text."""

import warnings
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from .optional import require

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

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
    if ax is not None:
        return ax
    pyplot = require("matplotlib.pyplot", extra="plot")
    return pyplot.subplots(figsize=(width, height), layout="constrained")[1]  # type: ignore[no-any-return]


def show_text(figure: "Figure", *, extra: Iterable[str] = ()) -> None:
    """Give every text of the figure a font that has its characters; warn once where none is installed."""
    from matplotlib.text import Text

    texts: list[Text] = figure.findobj(Text)
    if not any(_needs_chinese(part) for part in [*(text.get_text() for text in texts), *extra]):
        return
    found, chosen = _installed(CHINESE_FONTS), {name for text in texts for name in text.get_fontfamily()} - {*_LATIN}
    if not found and not chosen:
        warnings.warn(
            "the picture has Chinese text and none of these fonts is installed: " + ", ".join(CHINESE_FONTS) + "; "
            "install one, or name yours in matplotlib.rcParams['font.family']",
            UserWarning,
            stacklevel=3,
        )
    for text in texts:
        # The caller's or the Latin font stays first, so that digits and minus signs keep their glyphs.
        mine = [name for name in text.get_fontfamily() if name not in _LATIN]
        text.set_fontfamily([*mine, "DejaVu Sans", *(name for name in found if name not in mine)])


def thousands(value: float, _: Any = None, *, locale: str = "en") -> str:
    """Write a number for an axis: 1.2k, 3.4M; in Chinese by ten thousands.

    Examples
    --------
    >>> thousands(1200), thousands(3_400_000), thousands(-12)
    ('1.2k', '3.4M', '-12')
    >>> thousands(1200, locale="zh"), thousands(3_400_000, locale="zh")
    ('1200', '340万')
    """
    units = ((1e8, "亿"), (1e4, "万")) if locale == "zh" else ((1e9, "G"), (1e6, "M"), (1e3, "k"))
    for unit, sign in units:
        if abs(value) >= 0.9995 * unit:  # what rounds up to the unit is written in it
            return f"{_three_digits(value / unit)}{sign}"
    return _three_digits(value)


def percent(value: float, _: Any = None) -> str:
    """Write a share as per cent.

    Examples
    --------
    >>> percent(0.125)
    '12.5%'
    """
    return f"{_three_digits(100 * value)}%"


def _three_digits(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 999.5 else f"{value:.3g}"


def _needs_chinese(text: str) -> bool:
    return any("\u2e80" <= character <= "\u9fff" or "\uf900" <= character <= "\uffef" for character in text)


def _installed(names: Iterable[str]) -> list[str]:
    from matplotlib.font_manager import fontManager

    known = {font.name for font in fontManager.ttflist}
    return [name for name in names if name in known]
