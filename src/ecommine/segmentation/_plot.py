"""Pictures of stages, transitions, tiers, segments, profiles and audiences."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np

from .._core.arrays import Floats, Ints
from .._core.pictures import PALETTE, finish_picture, legend_below, new_axes, percent, thousands
from .._core.texts import Locale, duration_in_words, three_digits
from ._groups.audiences import AudienceSize
from ._groups.comparisons import ProfileRow, SegmentSize
from ._life.stages import STAGES
from ._life.tier_replay import TierSize
from ._summary import distinguishing
from ._words import display, trait_name

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MAX_ROWS = 14
"""Rows of the picture of a profile."""
_TEXTS: dict[Locale, dict[str, str]] = {
    "en": {
        "stages": "Customers by stage of their life, as of {day:%Y-%m-%d}",
        "tiers": "Customers by tier, as of {day:%Y-%m-%d}",
        "customers": "Customers",
        "transitions": "Share of stays in a stage that go on to another in {length}",
        "from": "From",
        "to": "To",
        "segments": "Customers with two or more orders, by segment",
        "profile": "Index of each segment: 100 is like everybody",
        "lift": "Customers like the seeds, against chance ({level} intervals)",
        "lift_axis": "Lift",
        "audience": "Audience, and its share of customers",
        "random": "random",
        "size": "{name}\n{size}",
        "share": "{name}: {share} of customers",
    },
    "zh": {
        "stages": "各生命周期阶段的客户数（截至{day:%Y-%m-%d}）",
        "tiers": "各会员等级的客户数（截至{day:%Y-%m-%d}）",
        "customers": "客户数",
        "transitions": "各阶段客户在{length}内转入其他阶段的比例",
        "from": "原阶段",
        "to": "新阶段",
        "segments": "下单两次及以上的客户，按客户群",
        "profile": "各客户群的指数：100表示与总体相同",
        "lift": "与种子客户相似的客户相对随机的倍数（{level}区间）",
        "lift_axis": "提升度",
        "audience": "受众及其占客户的比例",
        "random": "随机",
        "size": "{name}\n{size}",
        "share": "{name}：占客户的{share}",
    },
}


def draw_stages(counts: Mapping[str, int], as_of: datetime, ax: "Axes | None", locale: Locale) -> "Axes":
    """Draw a bar for each stage that has customers, and for those that everybody passes."""
    shown = {name: count for name, count in counts.items() if count or name != "never_ordered"}
    title = _TEXTS[locale]["stages"].format(day=as_of)
    return _draw_bars([display(name, locale) for name in shown], list(shown.values()), title, ax, locale)


def draw_tiers(sizes: Sequence[TierSize], as_of: datetime, ax: "Axes | None", locale: Locale) -> "Axes":
    """Draw a bar for each tier, the highest first."""
    title = _TEXTS[locale]["tiers"].format(day=as_of)
    return _draw_bars([size.tier for size in sizes], [size.customers for size in sizes], title, ax, locale)


def _draw_bars(names: Sequence[str], counts: Sequence[int], title: str, ax: "Axes | None", locale: Locale) -> "Axes":
    ax = new_axes(ax, height=1.2 + 0.55 * len(names))
    total = max(sum(counts), 1)
    ax.barh(np.arange(len(names)), counts, color=PALETTE[0])
    for i, count in enumerate(counts):
        ax.annotate(f" {count:,} ({percent(count / total)})", (count, i), va="center")
    ax.set_yticks(np.arange(len(names)), names)
    ax.invert_yaxis()
    ax.set_xlim(0, max([*counts, 1]) * 1.22)
    ax.xaxis.set_major_formatter(lambda value, _: thousands(value, locale=locale))
    ax.set_xlabel(_TEXTS[locale]["customers"])
    return _finish(ax, title)


def draw_transitions(
    flows: Sequence[tuple[str, str, int, float]], every: str, ax: "Axes | None", locale: Locale
) -> "Axes":
    """Draw the rate from each stage to each other one as a shaded matrix."""
    known = [flow for flow in flows if flow[3] == flow[3]]
    order = ["first_seen", *STAGES]
    stages = [name for name in order if any(name in flow[:2] for flow in known)]
    ax = new_axes(ax, width=7.5, height=5.5)
    targets = [name for name in stages if any(name == flow[1] for flow in known)]
    matrix = np.full((len(stages), len(targets)), np.nan)
    for origin, target, _, rate in known:
        matrix[stages.index(origin), targets.index(target)] = rate
    if stages:
        ax.imshow(matrix, cmap="Blues", vmin=0, vmax=max(float(np.nanmax(matrix)), 0.01), aspect="auto")
    for i, j in zip(*np.nonzero(np.isfinite(matrix)), strict=True):
        is_dark = matrix[i, j] > 0.6 * np.nanmax(matrix)
        ax.text(j, i, percent(matrix[i, j]), ha="center", va="center", color="white" if is_dark else "black")
    ax.set_xticks(np.arange(len(targets)), [display(name, locale) for name in targets])
    ax.set_yticks(np.arange(len(stages)), [display(name, locale) for name in stages])
    texts = _TEXTS[locale]
    ax.set_xlabel(texts["to"])
    ax.set_ylabel(texts["from"])
    return _finish(ax, texts["transitions"].format(length=duration_in_words(every, locale)))


def draw_segments(
    points: tuple[Floats, Ints],
    rows: Sequence[SegmentSize],
    columns: Sequence[str],
    logged: Sequence[bool],
    ax: "Axes | None",
    locale: Locale,
) -> "Axes":
    """Draw customers by two columns; by one, with the segments side by side."""
    ax = new_axes(ax, width=8.5, height=5.5)
    values, segment = points
    total = sum(row.customers for row in rows)
    fitted = [row for row in rows if row.segment.startswith("segment_")]
    for row in fitted:
        number = int(row.segment.rpartition("_")[2]) - 1
        own = values[segment == number]
        across = own[:, 1] if values.shape[1] > 1 else np.full(len(own), number + 1.0)
        label = _TEXTS[locale]["share"].format(name=display(row.segment, locale), share=percent(row.customers / total))
        ax.scatter(own[:, 0], across, s=9, alpha=0.5, linewidths=0, color=PALETTE[number % len(PALETTE)], label=label)
    _log_axes(ax, columns, logged, locale)
    if fitted:
        legend_below(ax)
    return _finish(ax, _TEXTS[locale]["segments"])


def _log_axes(ax: "Axes", columns: Sequence[str], logged: Sequence[bool], locale: Locale) -> None:
    axes = ((ax.xaxis, ax.set_xscale), (ax.yaxis, ax.set_yscale))
    for (axis, set_scale), name, is_logged in zip(axes, columns, logged, strict=False):
        axis.set_label_text(display(name, locale))
        if is_logged:
            set_scale("log")
            axis.set_major_formatter(lambda value, _: three_digits(value))
            axis.set_minor_formatter(lambda *_: "")


def draw_profile(sizes: Sequence[SegmentSize], rows: Sequence[ProfileRow], ax: "Axes | None", locale: Locale) -> "Axes":
    """Draw the index of what differs most as a shaded matrix with its numbers."""
    keys = _most_different(sizes, rows)
    ax = new_axes(ax, width=2.8 + 1.3 * len(sizes) + 2.0, height=1.5 + 0.42 * max(len(keys), 2))
    by_key = {(row.segment, row.column, row.category): row.index for row in rows}
    matrix = np.array([[by_key.get((size.segment, *key), np.nan) for size in sizes] for key in keys])
    matrix = matrix.reshape(len(keys), len(sizes))
    shown = np.clip(np.log2(np.maximum(np.nan_to_num(matrix, nan=100.0), 1) / 100), -2, 2)
    if len(keys):
        ax.imshow(shown, cmap="RdBu_r", vmin=-2.6, vmax=2.6, aspect="auto")
    for i, j in zip(*np.nonzero(np.isfinite(matrix)), strict=True):
        ax.text(
            j, i, f"{matrix[i, j]:,.0f}", ha="center", va="center", color="white" if abs(shown[i, j]) > 1.6 else "black"
        )
    ax.set_xticks(np.arange(len(sizes)), [_wrapped(display(size.segment, locale)) for size in sizes])
    ax.set_yticks(np.arange(len(keys)), [trait_name(*key, locale) for key in keys])
    ax.tick_params(length=0)
    return _finish(ax, _TEXTS[locale]["profile"])


def _wrapped(name: str) -> str:
    return name.replace(" ", "\n", 1) if len(name) > 12 else name


def _most_different(sizes: Sequence[SegmentSize], rows: Sequence[ProfileRow]) -> list[tuple[str, str | None]]:
    """Return columns and categories, those that distinguish a segment most first, in turns of the segments."""
    lists = [distinguishing(rows, size.segment) for size in sizes]
    turns = [own[i] for i in range(MAX_ROWS) for own in lists if i < len(own)]
    return list(dict.fromkeys((row.column, row.category) for row in turns))[:MAX_ROWS]


def draw_lift(sizes: Sequence[AudienceSize], level: float, ax: "Axes | None", locale: Locale) -> "Axes":
    """Draw the lift of each audience with its interval, and chance."""
    texts = _TEXTS[locale]
    ax = new_axes(ax, width=6.5, height=4.5)
    lift = np.array([one.capture / one.size for one in sizes])
    limits = np.array([[one.low / one.size, one.high / one.size] for one in sizes])
    errors = np.abs(limits.T - lift)
    place = np.arange(len(sizes))
    ax.errorbar(place, lift, yerr=errors, fmt="o", color=PALETTE[0], capsize=5, markersize=8)
    ax.axhline(1, color="#777777", linewidth=1, linestyle="--")
    ax.annotate(texts["random"], (len(sizes) - 0.55, 1), va="bottom", ha="right", color="#777777")
    names = [texts["size"].format(name=display(one.audience, locale), size=percent(one.size)) for one in sizes]
    ax.set_xticks(place, names)
    ax.set_xlim(-0.5, len(sizes) - 0.5)
    ax.set_ylim(0, float(limits.max()) * 1.08)
    ax.set_xlabel(texts["audience"])
    ax.set_ylabel(texts["lift_axis"])
    return _finish(ax, texts["lift"].format(level=percent(level)))


def _finish(ax: "Axes", title: str) -> "Axes":
    ax.set_title(title)
    ax.spines[["top", "right"]].set_visible(False)
    return finish_picture(ax)
