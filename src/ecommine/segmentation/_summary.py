"""Summaries: what a customer manager reads first, in English and Chinese."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from .._core.texts import Locale, counted, duration_in_words, join_sentences, join_words, percent, three_digits
from ._groups.audiences import AudienceSize
from ._groups.comparisons import ProfileRow, SegmentSize
from ._life.tier_replay import CLOSE, TierSize
from ._words import display, trait_name

N_NAMED = 3
"""Differences of a segment, and flows, that a summary names."""
ALL_OF_IT = 0.9995
"""Stability that is written as 100%."""
CLEAR_INDEX = 20
"""Distance of an index from 100 from which a difference is named."""
MIN_CATEGORY = 10
"""Customers of a segment with a category, if it were like everybody, below which the category is not named."""
AUXILIARY = ("_share", "_probability")
"""Endings of columns that tell how sure another one is."""
COUNTS_OF_TIME = ("gaps", "purchase_days", "months")
"""Columns that follow the orders, which are named themselves."""


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
                f"{counted(declining, 'customer')} last ordered {limits[2]} to {limits[3] - 1} days ago; from "
                f"{limits[3]} days on this counts as lost."
            )
        if lost:
            verb = "has" if lost == 1 else "have"
            sentences.append(f"{counted(lost, 'customer')} {verb} not ordered for {limits[3]} days or more.")
        return join_sentences(sentences)
    sentences = [f"截至{as_of:%Y-%m-%d}共{counted(total, 'customer', locale='zh')}：{join_words(parts, locale='zh')}。"]
    if declining:
        sentences.append(
            f"{declining:,}位客户上次下单在{limits[2]}至{limits[3] - 1}天前，满{limits[3]}天未下单即计为流失。"
        )
    if lost:
        sentences.append(f"{lost:,}位客户已有至少{limits[3]}天未下单。")
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
        rates_in_words = _rates([(lost, "of declining customers become lost"), (back, "of lost ones order again")])
        if rates_in_words:
            sentences.append(f"On average in {length}, {join_words(rates_in_words)}.")
        return join_sentences(sentences)
    parts = [f"{display(a, 'zh')}→{display(b, 'zh')}（{count:,}次）" for a, b, count, _ in largest]
    sentences = [f"在{n_periods:,}个完整周期（每期{length}）中，最大的流转为：{join_words(parts, locale='zh')}。"]
    rates_in_words = _rates([(lost, "的衰退期客户流失"), (back, "的流失客户回归")])
    if rates_in_words:
        sentences.append(f"平均每{length}有{'，'.join(rates_in_words)}。")
    return join_sentences(sentences, locale="zh")


def _rates(rates: Sequence[tuple[float | None, str]]) -> list[str]:
    return [f"{percent(rate)}{' ' * words.isascii()}{words}" for rate, words in rates if rate is not None]


def tier_sentences(sizes: Sequence[TierSize], as_of: datetime, locale: Locale) -> str:
    """Return how many customers hold each tier, the changes of the day, who is close to the next, who has grace."""
    total = sum(size.customers for size in sizes)
    if not total:
        return "There are no customers." if locale == "en" else "没有客户。"
    up, down = sum(size.upgraded for size in sizes), sum(size.downgraded for size in sizes)
    close, grace = sum(size.close_to_next for size in sizes), sum(size.in_grace for size in sizes)
    if locale == "en":
        parts = [f"{size.customers:,} {size.tier} ({percent(size.customers / total)})" for size in sizes]
        sentences = [
            f"As of {as_of:%Y-%m-%d}, {counted(total, 'customer')}: {join_words(parts)}.",
            f"On that day {counted(up, 'customer')} moved up and {counted(down, 'customer')} moved down.",
            f"{counted(close, 'customer')} {_verb(close, 'is', 'are')} within {percent(CLOSE)} of the next threshold.",
        ]
        if grace:
            sentences.append(
                f"{counted(grace, 'customer')} {_verb(grace, 'holds a tier', 'hold their tiers')} only by grace, with "
                "less spend than the threshold."
            )
        return join_sentences(sentences)
    parts = [f"{size.tier} {size.customers:,}位（{percent(size.customers / total)}）" for size in sizes]
    sentences = [
        f"截至{as_of:%Y-%m-%d}共{counted(total, 'customer', locale='zh')}：{join_words(parts, locale='zh')}。",
        f"当日升级{up:,}位，降级{down:,}位。",
        f"{close:,}位客户距下一等级门槛不足{percent(CLOSE)}。",
    ]
    if grace:
        sentences.append(f"{grace:,}位客户的消费已低于门槛，仅因宽限期而保留等级。")
    return join_sentences(sentences, locale="zh")


def _verb(count: int, one: str, several: str) -> str:
    return one if count == 1 else several


def segment_sentences(
    sizes: Sequence[SegmentSize],
    columns: Sequence[str],
    verdict: str,
    jaccard: Sequence[float],
    alternatives: Sequence[int],
    locale: Locale,
) -> str:
    """Return who brings the money, whether segments are separate, how stable the weakest is, and who has one order."""
    sentences = [_best_segment(sizes, columns, locale)]
    if len(jaccard) > 1:
        sentences += [_VERDICTS[locale][verdict], _stability(jaccard, locale)]
    else:
        sentences += [
            "They are too few or too alike to be divided." if locale == "en" else "客户太少或太相似，无法再分。"
        ]
    one_order = next((size.share for size in sizes if size.segment == "one_order"), 0.0)
    if one_order:
        sentences.append(
            f"{percent(one_order)} of customers have one order and are a segment of their own."
            if locale == "en"
            else f"{percent(one_order)}的客户只下过一单，单独成群。"
        )
    if alternatives:
        numbers = join_words([str(number) for number in alternatives], locale=locale, conjunction="or")
        sentences.append(
            f"Another draw of chance may give {numbers} segments instead of {len(jaccard)}."
            if locale == "en"
            else f"换一个随机种子，可能分成{numbers}个客户群，而不是{len(jaccard)}个。"
        )
    return join_sentences(sentences, locale=locale)


def _best_segment(sizes: Sequence[SegmentSize], columns: Sequence[str], locale: Locale) -> str:
    total, money = sum(size.customers for size in sizes), sum(size.money for size in sizes)
    best = sizes[0]
    of, has_money = counted(total, "customer", locale=locale), money > 0
    named = [(display(name, locale), three_digits(value)) for name, value in zip(columns, best.medians, strict=True)]
    if locale == "en":
        share = f" and {percent(best.money / money)} of the money" if has_money else ""
        medians = join_words([f"{name} {value}" for name, value in named])
        name = display(best.segment, "en").capitalize()
        return f"{name} has {percent(best.customers / total)} of {of}{share} (medians: {medians})."
    share = f"，贡献{percent(best.money / money)}的金额" if has_money else ""
    medians = "、".join(f"{name}{value}" for name, value in named)
    return f"{display(best.segment, 'zh')}占{of}的{percent(best.customers / total)}{share}（中位数：{medians}）。"


def _stability(jaccard: Sequence[float], locale: Locale) -> str:
    weakest = min(jaccard)
    name = display(f"segment_{list(jaccard).index(weakest) + 1}", locale)
    if weakest > ALL_OF_IT:
        return (
            "In repeated samples all segments stay as they are." if locale == "en" else "反复抽样时各客户群保持不变。"
        )
    if locale == "en":
        return f"In repeated samples {name}, the least stable, stays {percent(weakest)} the same on average."
    return f"反复抽样时，最不稳定的{name}平均有{percent(weakest)}保持不变。"


_VERDICTS: dict[Locale, dict[str, str]] = {
    "en": {
        "gaps": "There are gaps between groups of customers: at least two types differ.",
        "no gap found": "No gap was found between segments: they are parts of one cloud, and their limits a choice.",
        "too few to tell": "There are too few customers with three orders to tell whether the segments are separate.",
    },
    "zh": {
        "gaps": "客户之间存在明显的间隔，至少有两类不同的客户。",
        "no gap found": "各客户群之间未发现间隔：它们是连续分布的一部分，界线由人为划定。",
        "too few to tell": "至少下单三次的客户太少，无法判断各客户群是否彼此分离。",
    },
}


def distinguishing(rows: Sequence[ProfileRow], segment: str) -> list[ProfileRow]:
    """Return what is most unlike everybody in a segment: the furthest index of each column, the furthest first."""
    best: dict[str, ProfileRow] = {}
    for row in rows:
        if row.segment == segment and _is_telling(row):
            known = best.get(row.column)
            if known is None or abs(row.index - 100) > abs(known.index - 100):
                best[row.column] = row
    return sorted(best.values(), key=lambda row: -abs(row.index - 100))


def _is_telling(row: ProfileRow) -> bool:
    """Return whether a difference is large, not of chance, and of something that a reader wants to know."""
    if row.column.endswith(AUXILIARY) or row.column in COUNTS_OF_TIME or not abs(row.index - 100) >= CLEAR_INDEX:
        return False
    if row.category is not None and row.known * max(row.everybody, row.level) < MIN_CATEGORY:
        return False
    return row.is_real


def profile_sentences(sizes: Sequence[SegmentSize], rows: Sequence[ProfileRow], locale: Locale) -> str:
    """Return a sentence for each segment, and what an index is."""
    sentences = [_profile_sentence(size, rows, locale) for size in sizes]
    if any(distinguishing(rows, size.segment) for size in sizes):
        sentences.append("An index of 100 is like everybody." if locale == "en" else "指数100表示与总体相同。")
    return join_sentences(sentences, locale=locale)


def _profile_sentence(size: SegmentSize, rows: Sequence[ProfileRow], locale: Locale) -> str:
    parts = [_difference(row, locale) for row in distinguishing(rows, size.segment)[:N_NAMED]]
    has_money = size.share_of_money == size.share_of_money
    if locale == "en":
        money = f" and {percent(size.share_of_money)} of the money" if has_money else ""
        unlike = f"; most unlike everybody in {join_words(parts)}" if parts else "; like everybody in all columns"
        name = display(size.segment, "en")
        return f"{name[:1].upper()}{name[1:]}: {percent(size.share)} of customers{money}{unlike}."
    money = f"、金额占比{percent(size.share_of_money)}" if has_money else ""
    unlike = f"；与总体差异最大的是{join_words(parts, locale='zh')}" if parts else "；各项与总体相近"
    return f"{display(size.segment, 'zh')}：客户占比{percent(size.share)}{money}{unlike}。"


def _difference(row: ProfileRow, locale: Locale) -> str:
    name = trait_name(row.column, row.category, locale)
    return f"{name} (index {row.index:.0f})" if locale == "en" else f"{name}（指数{row.index:.0f}）"


def lookalike_sentences(sizes: Sequence[AudienceSize], rule: float | None, is_few: bool, locale: Locale) -> str:
    """Return what to be careful about, how much better than chance each audience is, and what that cannot say.

    ``rule`` is the AUC where seeds are a rule of the columns, ``is_few`` whether there are few seeds.
    """
    sentences = [*_cautions(sizes[0].seeds, rule, is_few, locale)]
    is_useful = any(size.low / size.size > 1 for size in sizes)
    parts = [_captured(size, locale) for size in sizes]
    if locale == "en":
        sentences.append(f"Of further customers like the seeds, {join_words(parts)}.")
        sentences.append(
            "How many of them there are, these data cannot tell."
            if is_useful
            else "No audience is surely better than a random one: likeness in these columns says little."
        )
    else:
        sentences.append(f"在与种子相似的其他客户中，{'；'.join(parts)}。")
        sentences.append(
            "这样的客户还有多少，数据无法回答。"
            if is_useful
            else "没有任何人群确定优于随机选取：这些特征的相似性说明不了什么。"
        )
    return join_sentences(sentences, locale=locale)


def _cautions(n_seeds: int, rule: float | None, is_few: bool, locale: Locale) -> list[str]:
    cautions = []
    if rule is not None:
        cautions.append(
            f"Careful: the columns nearly define the seeds (AUC {rule:.3f}): the figures show that rule, not likeness."
            if locale == "en"
            else f"注意：这些特征几乎直接决定了谁是种子（AUC {rule:.3f}），下列数字反映的是该规则，而不是相似性。"
        )
    if is_few:
        cautions.append(
            f"{counted(n_seeds, 'seed')} are few: the figures are uncertain, most of all that of the narrow audience."
            if locale == "en"
            else f"种子仅{n_seeds:,}位，数量偏少：下列数字不确定性较大，窄人群尤甚。"
        )
    return cautions


def _captured(size: AudienceSize, locale: Locale) -> str:
    lift, low, high = size.capture / size.size, size.low / size.size, size.high / size.size
    if locale == "en":
        return (
            f"the {size.audience} audience of {counted(size.customers, 'customer')} would hold {percent(size.capture)} "
            f"({lift:.1f} times chance, {low:.1f} to {high:.1f})"
        )
    name, share = display(size.audience, "zh"), percent(size.capture)
    return f"{name}人群（{size.customers:,}位）可覆盖{share}，为随机的{lift:.1f}倍（{low:.1f}至{high:.1f}）"
