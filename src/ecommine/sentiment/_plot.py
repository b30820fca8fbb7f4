"""Pictures of answers and of copies."""

from typing import TYPE_CHECKING

from .._core.pictures import finish_picture, legend_below, new_axes, percent
from .._core.texts import Locale

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ._nps import NPS

COLOURS = {"detractors": "#D55E00", "passives": "#BBBBBB", "promoters": "#0072B2"}
INK = {"detractors": "white", "passives": "black", "promoters": "white"}
_TEXTS: dict[Locale, dict[str, str]] = {
    "en": {
        "title": "Net Promoter Score {nps:.0f} ({low:.0f} to {high:.0f})",
        "none": "Net Promoter Score: no answers",
        "x": "share of {n:,} answers",
        "promoters": "promoters (9-10)",
        "passives": "passives (7-8)",
        "detractors": "detractors (0-6)",
    },
    "zh": {
        "title": "净推荐值（NPS）{nps:.0f}（{low:.0f}至{high:.0f}）",
        "none": "净推荐值（NPS）：没有回答",
        "x": "占{n:,}份回答的比例",
        "promoters": "推荐者（9-10分）",
        "passives": "中立者（7-8分）",
        "detractors": "贬损者（0-6分）",
    },
}


def draw_nps(result: "NPS", ax: "Axes | None", locale: Locale) -> "Axes":
    """Draw one bar of the three groups, detractors first."""
    texts = _TEXTS[locale]
    ax = new_axes(ax, height=2.2)
    shares = dict(zip(result.table["group"], result.table["share"], strict=True))
    left = 0.0
    for name, colour in COLOURS.items():
        ax.barh(0, shares[name], left=left, color=colour, label=texts[name])
        if shares[name] >= 0.05:
            share = percent(round(shares[name], 3))
            ax.text(left + shares[name] / 2, 0, share, ha="center", va="center", color=INK[name])
        left += shares[name]
    title = texts["title"].format(nps=result.nps, low=result.nps_low, high=result.nps_high)
    ax.set_title(title if result.answers else texts["none"])
    ax.set_xlabel(texts["x"].format(n=result.answers))
    ax.set_xlim(0, 1)
    ax.xaxis.set_major_formatter(percent)
    ax.set_yticks([])
    legend_below(ax)
    return finish_picture(ax)
