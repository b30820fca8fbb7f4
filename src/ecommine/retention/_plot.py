"""Pictures: the triangle of cohorts, curves of return and value, silences, and products by their rhythm."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from .._core.arrays import Floats, Ints
from .._core.pictures import PALETTE, finish_picture, new_axes, percent, thousands
from .._core.texts import Locale
from .._stats.intervals import normal_quantile
from ._models.triangle import Triangle, cohort_times

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ._curve import CurveRow
    from ._reminders import Due
    from ._value import ValueRow
    from ._warnings import Warned

Row = TypeVar("Row", "CurveRow", "ValueRow")
MAX_CURVES = 7
MAX_NAMED = 5
MAX_WRITTEN = 18
"""Cohorts and periods up to which numbers are written into the cells."""
MIN_SHADED = 10
"""Customers of a cohort, below whom its row has numbers and no colour."""
_TEXTS: dict[Locale, dict[str, str]] = {
    "en": {
        "retention": "Share of each cohort that buys in the period",
        "revenue": "Money per customer so far",
        "cohort": "first purchase in",
        "period": "periods since the first purchase",
        "first_seen": "first seen",
        "row": "{time} (n = {n:,})",
        "row_first_seen": "{time} (first seen, n = {n:,})",
        "curve": "Share that has bought again",
        "days": "days since the first purchase",
        "all": "all customers",
        "value": "Money per new customer",
        "money": "money per customer",
        "warnings": "Silence against the longest usual one",
        "usual": "longest silence that is usual for the customer, days",
        "limit": "limit",
        "open": "silent for, days",
        "flagged": "gone quiet",
        "alive": "as usual",
        "products": "Products by typical gap and predictability",
        "typical": "typical gap, days",
        "predictable": "gaps within 20% of what was expected",
        "nothing": "nothing to draw",
    },
    "zh": {
        "retention": "各批次客户在该时段购买的比例",
        "revenue": "每位客户的累计金额",
        "cohort": "首购时间",
        "period": "首购之后的时段",
        "first_seen": "首次出现",
        "row": "{time}（{n:,}位）",
        "row_first_seen": "{time}（首次出现，{n:,}位）",
        "curve": "再次购买的比例",
        "days": "首购之后的天数",
        "all": "全部客户",
        "value": "每位新客户带来的金额",
        "money": "每位客户的金额",
        "warnings": "沉默时间与正常沉默上限",
        "usual": "该客户正常情况下的最长沉默（天）",
        "limit": "上限",
        "open": "已沉默（天）",
        "flagged": "异常沉默",
        "alive": "正常",
        "products": "商品的典型间隔与可预测性",
        "typical": "典型间隔（天）",
        "predictable": "与预期相差20%以内的间隔占比",
        "nothing": "没有可绘制的内容",
    },
}


def draw_triangle(cells: Triangle, every: str, kind: str, ax: "Axes | None", locale: Locale) -> "Axes":
    """Draw cohorts from top to bottom and periods from left to right; open cells are hatched, small rows not shaded."""
    texts = _TEXTS[locale]
    rows, sizes, labels = _rows_of_cohorts(cells, every, locale)
    ax = new_axes(ax, height=max(3.0, 1.2 + 0.32 * len(labels)))
    ax.set(title=texts[kind], xlabel=texts["period"], ylabel=texts["cohort"])
    if not len(labels):
        return _empty(ax, locale)
    row, width = rows[cells.block], int(cells.period.max()) + 1
    shape = (len(labels), width)
    key = row * width + cells.period
    customers, active, money, watched = (
        np.bincount(key, weights=values, minlength=shape[0] * width).reshape(shape)
        for values in (cells.customers[cells.block], cells.active, cells.money, cells.is_complete)
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        values = np.where(watched > 0, (active if kind == "retention" else money) / customers, np.nan)
    shown = values.copy()
    if kind == "retention":
        shown[:, 0] = np.nan  # the cohort itself is 100 %, and would take all the colour
    shown[sizes < MIN_SHADED] = np.nan
    ax.imshow(shown, aspect="auto", cmap="Blues", vmin=0, vmax=_largest(shown))
    _hatch(ax, (customers > 0) & (watched == 0))
    ax.set_yticks(range(len(labels)), labels)
    if len(labels) > 2 * MAX_WRITTEN:
        ax.set_yticks(range(0, len(labels), len(labels) // MAX_WRITTEN), labels[:: len(labels) // MAX_WRITTEN])
    if max(shape) <= MAX_WRITTEN:
        _write(ax, values, shown, kind, locale)
    return finish_picture(ax)


def _rows_of_cohorts(cells: Triangle, every: str, locale: Locale) -> tuple[Ints, Ints, list[str]]:
    """Return the row of each block, groups of one cohort together, and the customers and labels of the rows."""
    keys, rows = np.unique(cells.cohort * 2 + ~cells.first_seen, return_inverse=True)
    sizes = np.bincount(rows, weights=cells.customers, minlength=len(keys)).astype(np.int64)
    pattern = "%Y-%m-%d" if every in ("1d", "1w") else "%Y-%m" if every != "1y" else "%Y"
    labels = [
        _TEXTS[locale]["row" if key % 2 else "row_first_seen"].format(time=time.strftime(pattern), n=n)
        for time, key, n in zip(cohort_times(keys // 2, every), keys.tolist(), sizes.tolist(), strict=True)
    ]
    return rows, sizes, labels


def _largest(values: Floats) -> float:
    known = values[np.isfinite(values)]
    return float(known.max()) if len(known) and known.max() > 0 else 1.0


def _hatch(ax: "Axes", is_open: Any) -> None:
    from matplotlib.patches import Rectangle

    for i, j in np.argwhere(is_open).tolist():
        ax.add_patch(Rectangle((j - 0.5, i - 0.5), 1, 1, fill=False, hatch="///", edgecolor="0.75", linewidth=0))


def _write(ax: "Axes", values: Floats, shown: Floats, kind: str, locale: Locale) -> None:
    middle = 0.6 * _largest(shown)
    for i, j in np.argwhere(np.isfinite(values)).tolist():
        value = float(values[i, j])
        text = f"{100 * value:.0f}%" if kind == "retention" else thousands(value, locale=locale)
        ax.text(j, i, text, ha="center", va="center", fontsize=7, color="white" if shown[i, j] > middle else "black")


def _empty(ax: "Axes", locale: Locale) -> "Axes":
    ax.text(0.5, 0.5, _TEXTS[locale]["nothing"], ha="center", va="center", transform=ax.transAxes)
    return finish_picture(ax)


def draw_curves(rows: Sequence["CurveRow"], level: float, ax: "Axes | None", locale: Locale) -> "Axes":
    """Draw the largest groups, new customers as lines and first-seen ones dashed."""
    ax = new_axes(ax)
    ax.set(title=_TEXTS[locale]["curve"], xlabel=_TEXTS[locale]["days"])
    chosen = _largest_groups([row for row in rows if row.customers])
    if not chosen:
        return _empty(ax, locale)
    for row, colour in zip(chosen, PALETTE, strict=False):
        days = np.arange(1, int(row.within.max()) + 1)
        shares = row.counts.share_within(days, normal_quantile(level)).row(0)
        days, share, low, high = (np.append(0, values) for values in (days, shares.share, shares.low, shares.high))
        ax.step(days, share, _style(row), where="post", color=colour, label=_label(row, locale))
        ax.fill_between(days, low, high, step="post", color=colour, alpha=0.15, linewidth=0)
    return _finish(ax, percent, has_legend=len(chosen) > 1 or bool(chosen[0].group))


def draw_values(rows: Sequence["ValueRow"], ax: "Axes | None", locale: Locale) -> "Axes":
    """Draw the money per customer by age."""
    ax = new_axes(ax)
    ax.set(title=_TEXTS[locale]["value"], xlabel=_TEXTS[locale]["days"], ylabel=_TEXTS[locale]["money"])
    chosen = _largest_groups([row for row in rows if np.isfinite(row.value).any()])
    if not chosen:
        return _empty(ax, locale)
    for row, colour in zip(chosen, PALETTE, strict=False):
        ax.plot(row.age, row.value, _style(row), color=colour, label=_label(row, locale))
        ax.fill_between(row.age, row.low, row.high, color=colour, alpha=0.15, linewidth=0)
    has_legend = len(chosen) > 1 or bool(chosen[0].group)
    return _finish(ax, lambda value, _: thousands(value, locale=locale), has_legend=has_legend)


def _largest_groups(rows: "Sequence[Row]") -> "list[Row]":
    """Return the largest groups; with groups, only their new customers."""
    return sorted((row for row in rows if not (row.first_seen and row.group)), key=_by_size)[:MAX_CURVES]


def _by_size(row: "CurveRow | ValueRow") -> int:
    return -row.customers


def _style(row: "CurveRow | ValueRow") -> str:
    return "--" if row.first_seen else "-"


def _label(row: "CurveRow | ValueRow", locale: Locale) -> str:
    texts = _TEXTS[locale]
    name = " / ".join("–" if value is None else value for value in row.group)
    if not row.first_seen:
        return name or texts["all"]
    return f"{name} ({texts['first_seen']})" if name else texts["first_seen"]


def _finish(ax: "Axes", formatter: Any, *, has_legend: bool) -> "Axes":
    ax.yaxis.set_major_formatter(formatter)
    ax.set_ylim(bottom=0)
    ax.set_xlim(left=0)
    if has_legend:
        ax.legend(frameon=False)
    return finish_picture(ax)


def draw_warnings(warned: "Warned", ax: "Axes | None", locale: Locale) -> "Axes":
    """Draw each frequent customer, those who have gone quiet apart."""
    texts, ax = _TEXTS[locale], new_axes(ax)
    ax.set(title=texts["warnings"], xlabel=texts["usual"], ylabel=texts["open"])
    if not len(warned.flagged):
        return _empty(ax, locale)
    for flagged, colour in ((False, PALETTE[4]), (True, PALETTE[5])):
        chosen = warned.flagged == flagged
        label = f"{texts['flagged' if flagged else 'alive']} ({int(chosen.sum()):,})"
        x, y = warned.longest_usual[chosen], warned.open_gap[chosen]
        ax.plot(x, y, "o", color=colour, markersize=3, alpha=0.5, label=label)
    most = max(int(warned.longest_usual.max()), 1)
    ax.plot([0, most], [0, most], ":", color="0.5", linewidth=1, label=texts["limit"])
    ax.set(xlim=(0, None), ylim=(0, None))
    ax.legend(frameon=False)
    return finish_picture(ax)


def draw_products(due: "Due", ax: "Axes | None", locale: Locale) -> "Axes":
    """Draw the products whose rhythm is known."""
    texts, ax = _TEXTS[locale], new_axes(ax)
    ax.set(title=texts["products"], xlabel=texts["typical"], ylabel=texts["predictable"])
    known = np.flatnonzero(np.isfinite(due.typical.median) & np.isfinite(due.predictability))
    if not len(known):
        return _empty(ax, locale)
    size = due.typical.repeaters[known]
    area = 10 + 190 * size / size.max()
    ax.scatter(due.typical.median[known], due.predictability[known], s=area, color=PALETTE[0], alpha=0.35, linewidth=0)
    name = next(iter(due.items.values()))
    for place in known[np.argsort(-size, kind="stable")[:MAX_NAMED]].tolist():
        ax.annotate(
            str(name[place])[:24], (due.typical.median[place], due.predictability[place]), fontsize=7, parse_math=False
        )
    ax.yaxis.set_major_formatter(percent)
    ax.set(xlim=(0, None), ylim=(0, None))
    return finish_picture(ax)
