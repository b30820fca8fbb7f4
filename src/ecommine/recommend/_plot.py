"""Pictures: sources of recommendations, calibration, and candidates with their intervals."""

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from .._core.arrays import Ints
from .._core.pictures import PALETTE, finish_picture, legend_below, new_axes, percent
from .._core.texts import Locale
from ._calibration import TENTHS, Shown, calibration_columns
from ._summary import candidate_name, signal_name

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ._evaluation import Row

MAX_SIGNALS = 7
_TEXTS: dict[Locale, dict[str, str]] = {
    "en": {
        "sources": "What recommendations rest on, by place of the list",
        "place": "Place of the list",
        "share": "Share of lists",
        "others": "others",
        "calibration": "Chances one horizon ago, and what happened",
        "predicted": "Predicted chance (mean of a tenth)",
        "actual": "Share that was bought",
        "perfect": "as predicted",
        "evaluation": "NDCG at {k} of each candidate, by window ({level} intervals)",
        "ndcg": "NDCG at {k}",
        "all": "all windows",
        "window": "window {number}",
        "nothing": "nothing to draw",
    },
    "zh": {
        "sources": "推荐依据，按列表位置",
        "place": "列表位置",
        "share": "列表占比",
        "others": "其他",
        "calibration": "一个预测期之前的预测概率与实际结果",
        "predicted": "预测概率（十分位均值）",
        "actual": "实际购买比例",
        "perfect": "与预测一致",
        "evaluation": "各方案的NDCG@{k}，按窗口（{level}区间）",
        "ndcg": "NDCG@{k}",
        "all": "全部窗口",
        "window": "第{number}个窗口",
        "nothing": "无可绘制的数据",
    },
}


def draw_sources(rank: Ints, source: Sequence[str], ax: "Axes | None", locale: Locale) -> "Axes":
    """Draw a bar for each place of the list, divided by the signal that speaks most."""
    texts = _TEXTS[locale]
    ax = new_axes(ax, width=8.0, height=4.5)
    if not len(rank):
        return _nothing(ax, texts["sources"], texts)
    named = [name for name, _ in Counter(source).most_common(MAX_SIGNALS)]
    places = np.arange(1, int(rank.max()) + 1)
    total = np.bincount(rank, minlength=len(places) + 1)[1:]
    codes = np.array([named.index(name) if name in named else len(named) for name in source])
    bottom = np.zeros(len(places))
    for i, name in enumerate([*named, texts["others"]]):
        height = np.bincount(rank[codes == i], minlength=len(places) + 1)[1:] / np.maximum(total, 1)
        if height.any():
            label = signal_name(name, locale)
            ax.bar(places, height, bottom=bottom, color=PALETTE[i % len(PALETTE)], label=label, width=0.8)
        bottom += height
    ax.set_xlabel(texts["place"])
    ax.set_ylabel(texts["share"])
    ax.set_xticks(places if len(places) <= 20 else places[:: len(places) // 10])
    ax.yaxis.set_major_formatter(percent)
    legend_below(ax)
    return _finish(ax, texts["sources"])


def draw_calibration(calibration: Shown | None, ax: "Axes | None", locale: Locale) -> "Axes":
    """Draw what happened against the chances, by tenths, with the line on which they agree."""
    texts = _TEXTS[locale]
    ax = new_axes(ax, width=6.0, height=5.0)
    if calibration is None:
        return _nothing(ax, texts["calibration"], texts)
    columns = calibration_columns(calibration)
    names = ("predicted", "actual", "actual_low", "actual_high")
    predicted, actual, low, high = (columns[name][:TENTHS] for name in names)
    errors = np.abs(np.stack([low, high]) - actual)
    most = float(np.nanmax(np.append(predicted, high))) * 1.05
    ax.plot([0, most], [0, most], color="#777777", linewidth=1, linestyle="--", label=texts["perfect"])
    ax.errorbar(predicted, actual, yerr=errors, fmt="o", color=PALETTE[0], capsize=3, label=texts["actual"])
    ax.set_xlim(0, most)
    ax.set_ylim(0, most)
    ax.set_xlabel(texts["predicted"])
    ax.set_ylabel(texts["actual"])
    ax.xaxis.set_major_formatter(percent)
    ax.yaxis.set_major_formatter(percent)
    ax.legend(loc="upper left", frameon=False)
    return _finish(ax, texts["calibration"])


def draw_evaluation(rows: "Sequence[Row]", k: int, level: float, ax: "Axes | None", locale: Locale) -> "Axes":
    """Draw a line for each candidate: all windows as a large point with its interval, each window as a small one."""
    texts = _TEXTS[locale]
    title = texts["evaluation"].format(k=k, level=percent(level))
    pooled = [row for row in rows if row.window is None]
    ax = new_axes(ax, width=8.0, height=1.8 + 0.5 * len(pooled))
    if not pooled[0].customers:
        return _nothing(ax, title, texts)
    windows = sorted({row.window for row in rows if row.window is not None})
    for i, row in enumerate(pooled):
        value, low, high = row.values["ndcg"]
        ax.errorbar(
            [value], [i], xerr=[[value - low], [high - value]], fmt="o", color=PALETTE[0], capsize=4, markersize=8,
            label=texts["all"] if not i else None,
        )  # fmt: skip
    for j, window in enumerate(windows if len(windows) > 1 else []):
        values = [
            next(row for row in rows if row.window == window and row.candidate == one.candidate) for one in pooled
        ]
        across = [row.values["ndcg"][0] for row in values]
        label = texts["window"].format(number=j + 1)
        place = np.arange(len(pooled)) + 0.16 + 0.08 * (j % 3)
        ax.scatter(across, place, s=16, color=PALETTE[(1 + j) % len(PALETTE)], label=label)
    ax.set_yticks(np.arange(len(pooled)), [candidate_name(row.candidate, locale) for row in pooled])
    ax.invert_yaxis()
    ax.set_xlim(left=0)
    ax.set_xlabel(texts["ndcg"].format(k=k))
    legend_below(ax)
    return _finish(ax, title)


def _nothing(ax: "Axes", title: str, texts: dict[str, str]) -> "Axes":
    ax.text(0.5, 0.5, texts["nothing"], ha="center", va="center", transform=ax.transAxes)
    ax.set_xticks([])
    ax.set_yticks([])
    return _finish(ax, title)


def _finish(ax: "Axes", title: str) -> "Axes":
    ax.set_title(title)
    ax.spines[["top", "right"]].set_visible(False)
    return finish_picture(ax)
