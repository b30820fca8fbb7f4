"""Summaries: what a customer manager reads first, in English and Chinese."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from .._core.texts import Locale, counted, duration_in_words, join_sentences, join_words, percent, three_digits
from ._words import display

N_NAMED = 3
"""Differences of a segment, and flows, that a summary names."""
CLEAR_INDEX = 20
"""Distance of an index from 100 from which a difference is named."""
MIN_CATEGORY = 10
"""Customers of a segment with a category, if it were like everybody, below which the category is not named."""
AUXILIARY = ("_share", "_probability")
"""Endings of columns that tell how sure another one is."""
COUNTS_OF_TIME = ("gaps", "purchase_days", "months")
"""Columns that follow the orders, which are named themselves."""


class _SegmentRow(Protocol):
    @property
    def segment(self) -> str: ...
    @property
    def customers(self) -> int: ...
    @property
    def money(self) -> float: ...
    @property
    def medians(self) -> tuple[float, ...]: ...


class _Size(Protocol):
    @property
    def segment(self) -> str: ...
    @property
    def customers(self) -> int: ...
    @property
    def share(self) -> float: ...
    @property
    def share_of_money(self) -> float: ...


class Comparison(Protocol):
    """One row of a profile."""

    @property
    def segment(self) -> str: ...
    @property
    def column(self) -> str: ...
    @property
    def category(self) -> str | None: ...
    @property
    def known(self) -> int: ...
    @property
    def level(self) -> float: ...
    @property
    def everybody(self) -> float: ...
    @property
    def index(self) -> float: ...
    @property
    def is_real(self) -> bool: ...


class _Audience(Protocol):
    @property
    def audience(self) -> str: ...
    @property
    def size(self) -> float: ...
    @property
    def customers(self) -> int: ...
    @property
    def capture(self) -> float: ...
    @property
    def low(self) -> float: ...
    @property
    def high(self) -> float: ...


def lifecycle_sentences(
    counts: Mapping[str, int], limits: tuple[int, int, int, int], as_of: datetime, locale: Locale
) -> str:
    """Return how many customers are in each stage, and who can still be kept."""
    total = sum(counts.values())
    present = [(name, count) for name, count in counts.items() if count]
    if not total:
        return "There are no customers." if locale == "en" else "没有客户。"
    parts = [_part(name, count, total, locale) for name, count in present]
    declining, lost = counts["declining"], counts["lost"]
    if locale == "en":
        sentences = [f"As of {as_of:%Y-%m-%d}, {counted(total, 'customer')}: {join_words(parts)}."]
        if declining:
            sentences.append(
                f"{counted(declining, 'customer')} last ordered {limits[2]} to {limits[3] - 1} days ago and can still "
                "be won back before counting as lost."
            )
        if lost:
            verb = "has" if lost == 1 else "have"
            sentences.append(f"{counted(lost, 'customer')} {verb} not ordered for {limits[3]} days or more.")
        return join_sentences(sentences)
    sentences = [f"截至{as_of:%Y-%m-%d}共{counted(total, 'customer', locale='zh')}：{join_words(parts, locale='zh')}。"]
    if declining:
        sentences.append(f"{declining:,}位客户上次下单在{limits[2]}至{limits[3] - 1}天前，流失前仍可挽回。")
    if lost:
        sentences.append(f"{lost:,}位客户已有{limits[3]}天以上（含）未下单。")
    return join_sentences(sentences, locale="zh")


def _part(name: str, count: int, total: int, locale: Locale) -> str:
    if locale == "en":
        return f"{count:,} {display(name, 'en')} ({percent(count / total)})"
    return f"{display(name, 'zh')}{count:,}位（{percent(count / total)}）"


def transition_sentences(
    flows: Sequence[tuple[str, str, int, float]], n_periods: int, every: str, locale: Locale
) -> str:
    """Return the largest flows, the share of declining customers who are lost, and that of lost ones who return."""
    length = duration_in_words(every, locale)
    largest = sorted((flow for flow in flows if flow[3] == flow[3]), key=lambda flow: -flow[2])[:N_NAMED]
    if not largest:
        return (
            "No period is complete, so that there are no flows."
            if locale == "en"
            else "没有完整的统计周期，无法计算流转。"
        )
    rates = {(flow[0], flow[1]): flow[3] for flow in flows}
    lost, back = rates.get(("declining", "lost")), rates.get(("lost", "mature"))
    if locale == "en":
        parts = [f"{display(a, 'en')} to {display(b, 'en')} ({count:,})" for a, b, count, _ in largest]
        sentences = [f"In {counted(n_periods, 'complete period')} of {length}, the largest flows: {join_words(parts)}."]
        if lost is not None:
            sentences.append(f"In a period, {percent(lost)} of stays as declining end as lost.")
        if back is not None:
            sentences.append(f"In a period, {percent(back)} of stays as lost end with a return.")
        return join_sentences(sentences)
    parts = [f"{display(a, 'zh')}→{display(b, 'zh')}（{count:,}次）" for a, b, count, _ in largest]
    sentences = [f"在{n_periods:,}个完整周期（每期{length}）中，最大的流转为：{join_words(parts, locale='zh')}。"]
    if lost is not None:
        sentences.append(f"每期有{percent(lost)}的衰退期客户流失。")
    if back is not None:
        sentences.append(f"每期有{percent(back)}的流失客户回归。")
    return join_sentences(sentences, locale="zh")


def tier_sentences(numbers: Sequence[tuple[str, int, int, int]], as_of: datetime, locale: Locale) -> str:
    """Return how many customers hold each tier, and the changes of the day."""
    total = sum(count for _, count, _, _ in numbers)
    if not total:
        return "There are no customers." if locale == "en" else "没有客户。"
    up, down = sum(row[2] for row in numbers), sum(row[3] for row in numbers)
    if locale == "en":
        parts = [f"{count:,} {name} ({percent(count / total)})" for name, count, _, _ in numbers]
        first = f"As of {as_of:%Y-%m-%d}, {counted(total, 'customer')}: {join_words(parts)}."
        return f"{first} On that day {counted(up, 'customer')} moved up and {counted(down, 'customer')} moved down."
    parts = [f"{name} {count:,}位（{percent(count / total)}）" for name, count, _, _ in numbers]
    first = f"截至{as_of:%Y-%m-%d}共{counted(total, 'customer', locale='zh')}：{join_words(parts, locale='zh')}。"
    return f"{first}当日升级{up:,}位，降级{down:,}位。"


def segment_sentences(
    rows: Sequence[_SegmentRow], columns: Sequence[str], verdict: str, jaccard: Sequence[float], locale: Locale
) -> str:
    """Return who brings the money, whether segments are separate, and how stable the weakest is."""
    total, money = sum(row.customers for row in rows), sum(row.money for row in rows)
    best = rows[0]
    medians = [
        f"{display(name, locale)} {three_digits(value)}" for name, value in zip(columns, best.medians, strict=True)
    ]
    weakest = min(jaccard) if jaccard else float("nan")
    if locale == "en":
        share = f" and {percent(best.money / money)} of the money" if money > 0 else ""
        name, of = display(best.segment, "en").capitalize(), counted(total, "customer")
        part = f"{percent(best.customers / total)} of {of}{share}"
        sentences = [
            f"{name} has {part} (medians: {join_words(medians)}).",
            _VERDICTS["en"][verdict],
            f"Resampled, {percent(weakest)} of the least stable segment comes back.",
        ]
    else:
        share = f"，贡献{percent(best.money / money)}的金额" if money > 0 else ""
        name, of = display(best.segment, "zh"), counted(total, "customer", locale="zh")
        part = f"{of}的{percent(best.customers / total)}{share}"
        sentences = [
            f"{name}占{part}（中位数：{join_words(medians, locale='zh')}）。",
            _VERDICTS["zh"][verdict],
            f"重抽样后，最不稳定的客户群有{percent(weakest)}得以重现。",
        ]
    return join_sentences(sentences, locale=locale)


_VERDICTS: dict[Locale, dict[str, str]] = {
    "en": {
        "gaps": "There are gaps between groups of customers: at least two types differ.",
        "no gap found": "No gap was found between segments: they are parts of one cloud, and their limits a choice.",
        "too few to tell": "There are too few customers with three orders to tell whether the segments are separate.",
    },
    "zh": {
        "gaps": "客户之间存在明显的间隔，至少有两类不同的客户。",
        "no gap found": "各客户群之间未发现间隔：它们是连续分布的一部分，界线由人为划定。",
        "too few to tell": "下单三次以上的客户太少，无法判断各客户群是否彼此分离。",
    },
}


def distinguishing(rows: Sequence[Comparison], segment: str) -> list[Comparison]:
    """Return what is most unlike everybody in a segment: the furthest index of each column, the furthest first."""
    best: dict[str, Comparison] = {}
    for row in rows:
        if row.segment == segment and _is_telling(row):
            known = best.get(row.column)
            if known is None or abs(row.index - 100) > abs(known.index - 100):
                best[row.column] = row
    return sorted(best.values(), key=lambda row: -abs(row.index - 100))


def _is_telling(row: Comparison) -> bool:
    """Return whether a difference is large, not of chance, and of something that a reader wants to know."""
    if row.column.endswith(AUXILIARY) or row.column in COUNTS_OF_TIME or not abs(row.index - 100) >= CLEAR_INDEX:
        return False
    if row.category is not None and row.known * max(row.everybody, row.level) < MIN_CATEGORY:
        return False
    return row.is_real


def profile_sentences(sizes: Sequence[_Size], rows: Sequence[Comparison], locale: Locale) -> str:
    """Return a sentence for each segment."""
    return join_sentences((_profile_sentence(size, rows, locale) for size in sizes), locale=locale)


def _profile_sentence(size: _Size, rows: Sequence[Comparison], locale: Locale) -> str:
    parts = [_difference(row, locale) for row in distinguishing(rows, size.segment)[:N_NAMED]]
    has_money = size.share_of_money == size.share_of_money
    if locale == "en":
        money = f" and {percent(size.share_of_money)} of the money" if has_money else ""
        unlike = f"; most unlike everybody: {join_words(parts)}" if parts else "; like everybody in all columns"
        name = display(size.segment, "en")
        return f"{name[:1].upper()}{name[1:]}: {percent(size.share)} of customers{money}{unlike}."
    money = f"、金额占比{percent(size.share_of_money)}" if has_money else ""
    unlike = f"；与总体差异最大的是：{join_words(parts, locale='zh')}" if parts else "；各项与总体相近"
    return f"{display(size.segment, 'zh')}：客户占比{percent(size.share)}{money}{unlike}。"


def _difference(row: Comparison, locale: Locale) -> str:
    name = display(row.column, locale) + ("" if row.category is None else f" {display(row.category, locale)}")
    return f"{name} (index {row.index:.0f})" if locale == "en" else f"{name}（指数{row.index:.0f}）"


def lookalike_sentences(sizes: Sequence[_Audience], locale: Locale) -> str:
    """Return how much better than chance each audience is."""
    parts = [_lift(size, locale) for size in sizes]
    is_useful = any(size.low / size.size > 1 for size in sizes)
    if locale == "en":
        verdict = (
            "Lift is the share of further customers like the seeds that it would hold, over its size: 1 is chance."
            if is_useful
            else "No audience is surely better than a random one: likeness in these columns says little."
        )
        listed = join_words(parts)
        return f"{listed[:1].upper()}{listed[1:]}. {verdict}"
    verdict = (
        "提升度是人群能覆盖的同类新客户比例与人群规模之比，随机为1。"
        if is_useful
        else "没有任何人群确定优于随机选取：这些特征的相似性说明不了什么。"
    )
    return f"{join_words(parts, locale='zh')}。{verdict}"


def _lift(size: _Audience, locale: Locale) -> str:
    lift, low, high = size.capture / size.size, size.low / size.size, size.high / size.size
    if locale == "en":
        return (
            f"the {size.audience} audience of {counted(size.customers, 'customer')} has a lift of {lift:.1f} "
            f"({low:.1f} to {high:.1f})"
        )
    name = display(size.audience, "zh")
    return f"{name}人群（{size.customers:,}位客户）的提升度为{lift:.1f}（{low:.1f}至{high:.1f}）"
