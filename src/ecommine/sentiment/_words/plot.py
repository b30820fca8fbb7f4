"""Pictures of words: the log-odds of the clearest words of two groups, with their intervals."""

from typing import TYPE_CHECKING

import numpy as np

from ..._core.pictures import PALETTE, finish_picture, new_axes
from ..._core.texts import Locale
from .comparison import Comparison

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SHOWN = 12
"""Words of each group."""
_TEXTS: dict[Locale, dict[str, str]] = {
    "en": {
        "title": "Words of {n:,} {first} and {m:,} {other}",
        "x": "log-odds (right: more frequent in {first})",
        "clear": "beyond chance",
        "other": "may be chance",
        "none": "no word to compare",
    },
    "zh": {
        "title": "{n:,}条{first}与{m:,}条{other}的词语",
        "x": "对数优势比（右侧：{first}中更常出现）",
        "clear": "显著",
        "other": "可能是偶然",
        "none": "没有可比较的词语",
    },
}


def draw_words(words: Comparison, names: tuple[str, str], ax: "Axes | None", locale: Locale) -> "Axes":
    """Draw a line per word: those of the target above, those of the reference below."""
    texts = _TEXTS[locale]
    rows = _rows(words)
    ax = new_axes(ax, height=max(2.5, 1.2 + 0.28 * len(rows)))
    is_clear = words.q_value <= words.alpha
    for key, colour in (("clear", PALETTE[0]), ("other", "#888888")):
        places = [i for i, row in enumerate(rows) if is_clear[row] == (key == "clear")]
        chosen = rows[places]
        ax.hlines(places, words.low[chosen], words.high[chosen], color=colour, linewidth=2, alpha=0.5)
        ax.plot(words.log_odds[chosen], places, "o", color=colour, label=texts[key] if places else "_")
    ax.axvline(0, color="black", linewidth=0.8)
    ax.set_yticks(range(len(rows)), [words.words[row] for row in rows])
    ax.invert_yaxis()
    first, other = names
    ax.set_title(texts["title"].format(n=words.n_target, m=words.n_reference, first=first, other=other))
    ax.set_xlabel(texts["x"].format(first=first))
    if len(rows):
        ax.legend(frameon=False)
    else:
        ax.text(0.5, 0.5, texts["none"], ha="center", va="center", transform=ax.transAxes)
    return finish_picture(ax)


def _rows(words: Comparison) -> "np.ndarray[tuple[int], np.dtype[np.intp]]":
    """Return the clearest words of the target, then those of the reference with the clearest last."""
    above, below = np.flatnonzero(words.log_odds > 0), np.flatnonzero(words.log_odds <= 0)
    return np.concatenate([above[:SHOWN], below[:SHOWN][::-1]])
