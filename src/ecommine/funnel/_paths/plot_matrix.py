"""The matrix of paths: the share of each next state, in numbers."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..._core.pictures import finish_picture, new_axes
from ..._core.texts import Locale, thousands
from .drawn_states import DrawnStates
from .labels import STATE_NAMES, drop_shared_parts, shorten
from .read import END

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MIN_SHARE = 0.005
"""Shares below this are left blank."""
MIN_SHARE_IN_WHITE = 0.6
"""Shares above this are so dark that their number is white."""
_TEXTS: dict[Locale, dict[str, str]] = {
    "en": {
        "title": "Next state by state (row): % of its next steps",
        "axis": "state (visits)",
        "empty": "no paths",
    },
    "zh": {
        "title": "各状态（行）的下一步：占其后续步骤的比例（%）",
        "axis": "状态（访问次数）",
        "empty": "没有路径",
    },
}


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
    ax.set_title(texts["title"] if n > 1 else texts["empty"], fontsize=11)
    finish_picture(ax)
    return ax
