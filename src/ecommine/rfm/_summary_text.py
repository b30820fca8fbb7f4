"""The summary of a result: who brings the money, who is to be won back, and what to do."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from .._core.texts import Locale, counted, join_sentences, measured, percent
from ._labels import period_in_words
from ._segment_table import CoarseMeasure, SegmentTotals, ratio


def summary_sentences(
    segments: Sequence[SegmentTotals],
    coarse: Sequence[CoarseMeasure],
    period: str | timedelta | None,
    as_of: datetime,
    locale: Locale,
) -> str:
    """Return two to four sentences: who brings the money, who is to be won back and what to do.

    Measures by which customers hardly differ come first, as segments based on them mean little.
    """
    texts, with_customers = _TEXTS[locale], [group for group in segments if group.customers]
    when = _when(period, as_of, locale)
    if not with_customers:
        return texts["nobody"].format(when=when)
    customers, money = sum(group.customers for group in with_customers), sum(group.money for group in with_customers)
    orders = sum(group.orders for group in with_customers)
    best = max(with_customers, key=lambda group: group.money)
    largest = max(with_customers, key=lambda group: group.customers)
    lapsed = [group for group in with_customers if group.segment.win_back and group is not best and group.money > 0]
    slipping = max(lapsed, key=lambda group: group.money, default=None)
    parts = [_caution(measure, locale) for measure in coarse]
    parts.append(texts["total"].format(when=when, money=money, **_count_texts(customers, orders, locale)))
    groups_by_role = {"best": best, "slipping": slipping, "largest": None if largest in (best, slipping) else largest}
    time = texts["so_far" if period is None else "in_period"]
    parts += [
        texts[key].format(time=time, **_segment_words(group, customers, money, locale))
        for key, group in groups_by_role.items()
        if group is not None
    ]
    return join_sentences(parts, locale=locale)


def _when(period: str | timedelta | None, as_of: datetime, locale: Locale) -> str:
    words = period_in_words(period, as_of, locale)
    if locale == "zh":
        return words if period is None else f"{words}内"
    return words.capitalize() if period is None else f"In the {words}"


def _caution(measure: CoarseMeasure, locale: Locale) -> str:
    name = measure.measure.capitalize() if locale == "en" else _MEASURES_ZH[measure.measure]
    return _TEXTS[locale]["coarse"].format(name=name, used=measure.used, levels=measure.levels)


def _count_texts(customers: int, orders: int, locale: Locale) -> dict[str, str]:
    in_words = counted(orders, "order") if locale == "en" else measured(orders, "order")
    return {"customers": counted(customers, "customer", locale=locale), "orders": in_words}


def _segment_words(group: SegmentTotals, customers: int, money: float, locale: Locale) -> dict[str, object]:
    texts, share = _TEXTS[locale], ratio(group.money, money)
    action, days = group.segment.advice(locale), round(group.median_recency or 0)
    return {
        **_count_texts(group.customers, group.orders, locale),
        "name": group.segment.display(locale),
        "share": percent(group.customers / customers),
        "money": group.money,
        "of_money": "" if share is None else texts["of_money"].format(share=percent(share)),
        "part": "" if share is None else texts["part"].format(share=percent(share)),
        "days": counted(days, "day") if locale == "en" else f"{days:,}天",
        "action": texts["action"].format(action=action) if action else "",
    }


_MEASURES_ZH = {"recency": "最近下单（R）", "frequency": "订单数（F）", "monetary": "消费金额（M）"}
_TEXTS: dict[Locale, dict[str, str]] = {
    "en": {
        "nobody": "{when}, no customer has an order.",
        "coarse": "{name} uses only {used} of {levels} levels, so segments based on it mean little.",
        "total": "{when}, {customers} spent {money:,.0f} in {orders}.",
        "best": "The most money comes from {name}: {customers} ({share}){of_money}.{action}",
        "slipping": "The most money at stake is with {name}: {customers} who spent {money:,.0f} {time}{part}, "
        "with a median of {days} since the last order.{action}",
        "largest": "The largest group is {name}: {customers} ({share}){of_money}.{action}",
        "of_money": " with {share} of the money",
        "part": " ({share})",
        "so_far": "so far",
        "in_period": "in this period",
        "action": " Recommended action: {action}.",
    },
    "zh": {
        "nobody": "{when}，没有客户下单。",
        "coarse": "{name}共{levels}档，仅用到{used}档，依赖它的客户群参考意义有限。",
        "total": "{when}，{customers}共下单{orders}，消费{money:,.0f}。",
        "best": "贡献金额最多的是{name}：{customers}（占{share}）{of_money}。{action}",
        "slipping": "涉及金额最多的待挽回客户是{name}：{customers}，{time}{money:,.0f}{part}，"
        "距上次下单{days}（中位数）。{action}",
        "largest": "人数最多的是{name}：{customers}（占{share}）{of_money}。{action}",
        "of_money": "贡献{share}的金额",
        "part": "（占{share}）",
        "so_far": "累计消费",
        "in_period": "期内消费",
        "action": "建议：{action}。",
    },
}
