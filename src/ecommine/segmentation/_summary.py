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


def _pick(locale: Locale, en: str, zh: str) -> str:
    return en if locale == "en" else zh


def _verb(count: int, one: str, several: str) -> str:
    return one if count == 1 else several


def _sizes(named: Sequence[tuple[str, int]], as_of: datetime, locale: Locale) -> str:
    """Return how many customers there are and how many of them are in each part."""
    total = sum(count for _, count in named)
    parts = [
        _pick(locale, f"{count:,} {name} ({percent(count / total)})", f"{name}{count:,}位（{percent(count / total)}）")
        for name, count in named
    ]
    of, listed = counted(total, "customer", locale=locale), join_words(parts, locale=locale)
    return _pick(locale, f"As of {as_of:%Y-%m-%d}, {of}: {listed}.", f"截至{as_of:%Y-%m-%d}共{of}：{listed}。")


def lifecycle_sentences(
    counts: Mapping[str, int], limits: tuple[int, int, int, int], as_of: datetime, locale: Locale
) -> str:
    """Return how many customers are in each stage, and how near to lost they are."""
    present = [(display(name, locale), count) for name, count in counts.items() if count]
    if not present:
        return _pick(locale, "There are no customers.", "没有客户。")
    declining, lost = counts["declining"], counts["lost"]
    _, _, since, limit = limits
    sentences = [_sizes(present, as_of, locale)]
    if declining:
        en = f"{counted(declining, 'customer')} last ordered {since} to {limit - 1} days ago; from {limit} days on this"
        zh = f"{declining:,}位客户上次下单在{since}至{limit - 1}天前，满{limit}天未下单即计为流失。"
        sentences.append(_pick(locale, f"{en} counts as lost.", zh))
    if lost:
        en = f"{counted(lost, 'customer')} {_verb(lost, 'has', 'have')} not ordered for {limit} days or more."
        sentences.append(_pick(locale, en, f"{lost:,}位客户已有至少{limit}天未下单。"))
    return join_sentences(sentences, locale=locale)


def transition_sentences(
    flows: Sequence[tuple[str, str, int, float]], n_periods: int, every: str, locale: Locale
) -> str:
    """Return the largest flows, the share of declining customers who are lost, and that of lost ones who return."""
    length = duration_in_words(every, locale)
    largest = sorted((flow for flow in flows if flow[3] == flow[3]), key=lambda flow: -flow[2])[:N_NAMED]
    if not largest:
        en = "No period is complete, so that there are no flows."
        return _pick(locale, en, "没有完整的统计周期，无法计算流转。")
    named = [(display(origin, locale), display(stage, locale), f"{count:,}") for origin, stage, count, _ in largest]
    parts = [_pick(locale, f"{a} to {b} ({count})", f"{a}→{b}（{count}次）") for a, b, count in named]
    listed = join_words(parts, locale=locale)
    en = f"In {counted(n_periods, 'complete period')} of {length}, the largest flows: {listed}."
    sentences = [_pick(locale, en, f"在{n_periods:,}个完整周期（每期{length}）中，最大的流转为：{listed}。")]
    rates = {(origin, stage): percent(rate) for origin, stage, _, rate in flows}
    if lost := rates.get(("declining", "lost")):
        en = f"In {length}, {lost} of declining customers become lost on average."
        sentences.append(_pick(locale, en, f"平均每{length}有{lost}的衰退期客户流失。"))
    if back := rates.get(("lost", "mature")):
        en = f"In {length}, {back} of lost customers order again on average."
        sentences.append(_pick(locale, en, f"平均每{length}有{back}的流失客户回归。"))
    return join_sentences(sentences, locale=locale)


def tier_sentences(sizes: Sequence[TierSize], as_of: datetime, locale: Locale) -> str:
    """Return how many customers hold each tier, the changes of the day, who is close to the next, who has grace."""
    if not sum(size.customers for size in sizes):
        return _pick(locale, "There are no customers.", "没有客户。")
    up, down = sum(size.upgraded for size in sizes), sum(size.downgraded for size in sizes)
    close, grace = sum(size.close_to_next for size in sizes), sum(size.in_grace for size in sizes)
    en = f"On that day {counted(up, 'customer')} moved up and {counted(down, 'customer')} moved down."
    part = percent(CLOSE)
    near = f"{counted(close, 'customer')} {_verb(close, 'is', 'are')} within {part} of the next threshold."
    sentences = [
        _sizes([(_pick(locale, size.tier, f"{size.tier} "), size.customers) for size in sizes], as_of, locale),
        _pick(locale, en, f"当日升级{up:,}位，降级{down:,}位。"),
        _pick(locale, near, f"{close:,}位客户距下一等级门槛不足{part}。"),
    ]
    if grace:
        en = f"{counted(grace, 'customer')} {_verb(grace, 'holds a tier', 'hold their tiers')} only by grace, with less"
        zh = f"{grace:,}位客户的消费已低于门槛，仅因宽限期而保留等级。"
        sentences.append(_pick(locale, f"{en} spend than the threshold.", zh))
    return join_sentences(sentences, locale=locale)


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
        sentences += [_pick(locale, *_VERDICTS[verdict]), _stability(jaccard, locale)]
    else:
        sentences.append(_pick(locale, "Customers with two orders are one segment.", "下单两次及以上的客户合为一群。"))
    one_order = percent(next((size.share for size in sizes if size.segment == "one_order"), 0.0))
    if one_order != percent(0.0):
        en = f"{one_order} of customers have one order and are a segment of their own."
        sentences.append(_pick(locale, en, f"{one_order}的客户只下过一单，单独成群。"))
    if alternatives:
        numbers = join_words([str(number) for number in alternatives], locale=locale, conjunction="or")
        en = f"Another draw of chance may give {numbers} segments instead of {len(jaccard)}."
        sentences.append(_pick(locale, en, f"换一个随机种子，可能分成{numbers}个客户群，而不是{len(jaccard)}个。"))
    return join_sentences(sentences, locale=locale)


def _best_segment(sizes: Sequence[SegmentSize], columns: Sequence[str], locale: Locale) -> str:
    total, money = sum(size.customers for size in sizes), sum(size.money for size in sizes)
    best, of = sizes[0], counted(total, "customer", locale=locale)
    named = [(display(name, locale), three_digits(value)) for name, value in zip(columns, best.medians, strict=True)]
    share, part = percent(best.customers / total), percent(best.money / money) if money > 0 else ""
    name = display(best.segment, locale)
    medians = join_words([f"{name} {value}" for name, value in named])
    en = f"{name.capitalize()} has {share} of {of}{part and f' and {part} of the money'} (medians: {medians})."
    medians = "、".join(f"{name}{value}" for name, value in named)
    return _pick(locale, en, f"{name}占{of}的{share}{part and f'，贡献{part}的金额'}（中位数：{medians}）。")


def _stability(jaccard: Sequence[float], locale: Locale) -> str:
    weakest = min(jaccard)
    if weakest > ALL_OF_IT:
        return _pick(locale, "In repeated samples all segments stay the same.", "反复抽样时各客户群保持不变。")
    name, part = display(f"segment_{list(jaccard).index(weakest) + 1}", locale), percent(weakest)
    en = f"In repeated samples {name}, the least stable, stays {part} the same on average."
    return _pick(locale, en, f"反复抽样时，最不稳定的{name}平均有{part}保持不变。")


_VERDICTS = {
    "gaps": (
        "There are gaps between groups of customers: at least two types differ.",
        "客户之间存在明显的间隔，至少有两类不同的客户。",
    ),
    "no gap found": (
        "No gap was found between segments: they are parts of one cloud, and their limits a choice.",
        "各客户群之间未发现间隔：它们是连续分布的一部分，界线由人为划定。",
    ),
    "too few to tell": (
        "There are too few customers with three orders to tell whether the segments are separate.",
        "至少下单三次的客户太少，无法判断各客户群是否彼此分离。",
    ),
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
        sentences.append(_pick(locale, "An index of 100 is like everybody.", "指数100表示与总体相同。"))
    return join_sentences(sentences, locale=locale)


def _profile_sentence(size: SegmentSize, rows: Sequence[ProfileRow], locale: Locale) -> str:
    traits = distinguishing(rows, size.segment)[:N_NAMED]
    named = [(trait_name(row.column, row.category, locale), f"{row.index:.0f}") for row in traits]
    parts = [_pick(locale, f"{name} (index {index})", f"{name}（指数{index}）") for name, index in named]
    listed, money = join_words(parts, locale=locale), percent(size.share_of_money)
    name = display(size.segment, locale)
    has_money = size.share_of_money == size.share_of_money
    en = f"{name[:1].upper()}{name[1:]}: {percent(size.share)} of customers{f' and {money} of the money' * has_money}"
    zh = f"{name}：客户占比{percent(size.share)}{f'、金额占比{money}' * has_money}"
    if not parts:
        return _pick(locale, f"{en}; like everybody in all columns.", f"{zh}；各项与总体相近。")
    return _pick(locale, f"{en}; most unlike everybody in {listed}.", f"{zh}；与总体差异最大的是{listed}。")


def lookalike_sentences(sizes: Sequence[AudienceSize], rule: float | None, is_few: bool, locale: Locale) -> str:
    """Return what to be careful about, how much better than chance each audience is, and what that cannot say.

    ``rule`` is the AUC where seeds are a rule of the columns, ``is_few`` whether there are few seeds.
    """
    sentences, n_seeds = [], sizes[0].seeds
    if rule is not None:
        en = f"Careful: the columns nearly define the seeds (AUC {rule:.3f}): the figures show that rule, not likeness."
        zh = f"注意：这些特征几乎直接决定了谁是种子（AUC {rule:.3f}），下列数字反映的是该规则，而不是相似性。"
        sentences.append(_pick(locale, en, zh))
    if is_few:
        en = f"{counted(n_seeds, 'seed')} are few: the figures are uncertain, most of all that of the narrow audience."
        zh = f"种子仅{n_seeds:,}位，数量偏少：下列数字不确定性较大，窄人群尤甚。"
        sentences.append(_pick(locale, en, zh))
    parts = [_captured(size, locale) for size in sizes]
    en = f"Of further customers like the seeds, {join_words(parts)}."
    sentences.append(_pick(locale, en, f"在与种子相似的其他客户中，{'；'.join(parts)}。"))
    if any(size.low / size.size > 1 for size in sizes):
        en = "How many of them there are, these data cannot tell."
        sentences.append(_pick(locale, en, "这样的客户还有多少，数据无法回答。"))
    else:
        en = "No audience is surely better than a random one: likeness in these columns says little."
        sentences.append(_pick(locale, en, "没有任何人群确定优于随机选取：这些特征的相似性说明不了什么。"))
    return join_sentences(sentences, locale=locale)


def _captured(size: AudienceSize, locale: Locale) -> str:
    lift, low, high = (f"{share / size.size:.1f}" for share in (size.capture, size.low, size.high))
    share, of = percent(size.capture), counted(size.customers, "customer")
    en = f"the {size.audience} audience of {of} would hold {share} ({lift} times chance, {low} to {high})"
    name = display(size.audience, "zh")
    return _pick(locale, en, f"{name}人群（{size.customers:,}位）可覆盖{share}，为随机的{lift}倍（{low}至{high}）")
