"""Labels in pictures of paths: names of states that fit, and small print in lines."""

from collections.abc import Sequence
from itertools import takewhile
from re import sub
from textwrap import fill, wrap
from typing import TYPE_CHECKING

from ..._core.pictures import figure_of
from ..._core.texts import Locale
from .read import END, OPEN, OTHER, START

if TYPE_CHECKING:
    from matplotlib.axes import Axes

STATE_NAMES: dict[Locale, dict[str, str]] = {
    "en": {START: "start", END: "end", OTHER: "other", OPEN: "not over yet"},
    "zh": {START: "开始", END: "离开", OTHER: "其他", OPEN: "尚未结束"},
}
LETTERS_PER_INCH = 15.0
"""Letters of small print; Chinese characters are twice as wide."""
MIN_LETTERS = 20
LONG_NAME = 24
"""Characters above which a name loses what it shares with other long ones."""
MIN_SHARED = 4
"""Shared characters that are worth leaving out."""
FIRST_CHINESE = "\u2e80"


def wrap_small_print(text: str, ax: "Axes") -> str:
    """Break small print into lines as wide as the axes: a longer line would have the layout shrink the boxes."""
    letters = int(LETTERS_PER_INCH * figure_of(ax).get_figwidth() * ax.get_position().width)
    # A line may end after any Chinese character that no mark follows; the sign for that counts as its second half.
    marked = sub(r"([\u2e80-\uffef])(?![，。；：、）])", "\\1\v", text)
    return fill(marked, max(letters, MIN_LETTERS), replace_whitespace=False, expand_tabs=False).replace("\v", "")


def shorten(name: str, width: int, lines: int = 2) -> list[str]:
    """Break a long name into lines, after signs such as _ and / where it can be; what does not fit loses its middle.

    Examples
    --------
    >>> shorten("view_item_list", 10)
    ['view_', 'item_list']
    """
    if any(character > FIRST_CHINESE for character in name):  # Chinese characters are twice as wide
        width = width * 5 // 9
    # A sign that is white space to textwrap and that no name has marks where a line may end.
    marked = sub(r"([_/.?&=-])", "\\1\v", name)
    parts = wrap(marked, width, replace_whitespace=False, expand_tabs=False) or [name]
    if len(parts) > lines:
        half = (width * lines - 1) // 2
        name = f"{name[:half]}…{name[-half:]}"
        parts = [name[start : start + width] for start in range(0, len(name), width)]
    return [part.replace("\v", "") for part in parts]


def drop_shared_parts(names: Sequence[str]) -> dict[str, str]:
    """Return names without what all long ones begin and end with: pages differ in the middle of their addresses.

    Examples
    --------
    >>> pages = ["/category/shoes/red?from=newsletter", "/category/hats?from=newsletter", "/home"]
    >>> list(drop_shared_parts(pages).values())
    ['…shoes/red…', '…hats…', '/home']
    """
    long = [name for name in names if len(name) > LONG_NAME]
    head, tail = _shared_length(long), _shared_length([name[::-1] for name in long])
    cut = {name: ("…" if head else "") + name[head : len(name) - tail] + ("…" if tail else "") for name in long}
    return {name: cut.get(name, name) for name in names}


def _shared_length(names: Sequence[str]) -> int:
    """Count the characters that all names begin with, up to the last that ends a part of a name."""
    n_equal = sum(1 for _ in takewhile(lambda letters: len(set(letters)) == 1, zip(*names, strict=False)))
    length = len(sub(r"[^/_.?&= -]*$", "", names[0][:n_equal])) if len(names) > 1 else 0
    return length if length >= MIN_SHARED else 0
