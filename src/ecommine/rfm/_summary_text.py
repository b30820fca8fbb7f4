"""The sentences of a result: who brings the money, who is to be won back, and what to do."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from .._core.checks import counted
from ._segments import Locale
from ._summary import Coarse, Group, ratio
from ._words import span


def sentences(
    found: Sequence[Group],
    coarse: Sequence[Coarse],
    period: str | timedelta | None,
    as_of: datetime,
    locale: Locale,
) -> str:
    """Say who brings the money, who is to be won back and what to do: two to four sentences.

    Measures that hardly tell customers apart come first, as the segments say little then.
    """
    texts, alive = _TEXTS[locale], [group for group in found if group.customers]
    when = _when(period, as_of, locale)
    if not alive:
        return texts["nobody"].format(when=when)
    customers, money = sum(group.customers for group in alive), sum(group.money for group in alive)
    orders = sum(group.orders for group in alive)
    best, largest = max(alive, key=lambda group: group.money), max(alive, key=lambda group: group.customers)
    lapsed = [group for group in alive if group.segment.win_back and group is not best and group.money > 0]
    slipping = max(lapsed, key=lambda group: group.money, default=None)
    parts = [_caution(measure, locale) for measure in coarse]
    parts.append(texts["total"].format(when=when, money=money, **_counts(customers, orders, locale)))
    told = {"best": best, "slipping": slipping, "largest": None if largest in (best, slipping) else largest}
    time = texts["so_far" if period is None else "in_period"]
    parts += [
        texts[key].format(time=time, **_words(group, customers, money, locale))
        for key, group in told.items()
        if group is not None
    ]
    return texts["joint"].join(parts)


def _when(period: str | timedelta | None, as_of: datetime, locale: Locale) -> str:
    words = span(period, as_of, locale)
    if locale == "zh":
        return words if period is None else f"{words}内"
    return words.capitalize() if period is None else f"In the {words}"


def _caution(measure: Coarse, locale: Locale) -> str:
    name = measure.measure.capitalize() if locale == "en" else _MEASURES_ZH[measure.measure]
    return _TEXTS[locale]["coarse"].format(name=name, used=measure.used, levels=measure.levels)


def _counts(customers: int, orders: int, locale: Locale) -> dict[str, str]:
    if locale == "zh":
        return {"customers": f"{customers:,}位客户", "orders": f"{orders:,}笔"}
    return {"customers": counted(customers, "customer"), "orders": counted(orders, "order")}


def _words(group: Group, customers: int, money: float, locale: Locale) -> dict[str, object]:
    texts, share = _TEXTS[locale], ratio(group.money, money)
    action, days = group.segment.advice(locale), round(group.median_recency or 0)
    return {
        **_counts(group.customers, group.orders, locale),
        "name": group.segment.display(locale),
        "share": group.customers / customers,
        "money": group.money,
        "of_money": "" if share is None else texts["of_money"].format(share=share),
        "part": "" if share is None else texts["part"].format(share=share),
        "days": counted(days, "day") if locale == "en" else f"{days:,}天",
        "action": texts["action"].format(action=action) if action else "",
    }


_MEASURES_ZH = {"recency": "最近下单（R）", "frequency": "订单数（F）", "monetary": "消费金额（M）"}
_TEXTS: dict[Locale, dict[str, str]] = {
    "en": {
        "nobody": "{when} no customer has an order.",
        "coarse": "{name} has only {used} of {levels} levels in use, so segments that rest on it say little.",
        "total": "{when}, {customers} spent {money:,.0f} in {orders}.",
        "best": "Most money comes from {name}: {customers} ({share:.1%}){of_money}.{action}",
        "slipping": "Most money to win back is with {name}: {customers} who spent {money:,.0f} {time}{part}, "
        "last order {days} ago (median).{action}",
        "largest": "The largest group is {name}: {customers} ({share:.1%}){of_money}.{action}",
        "of_money": " with {share:.1%} of the money",
        "part": " ({share:.1%})",
        "so_far": "so far",
        "in_period": "in this time",
        "action": " What to do: {action}.",
        "joint": " ",
    },
    "zh": {
        "nobody": "{when}，没有客户下单。",
        "coarse": "{name}共{levels}档，只用到{used}档，依赖它的客户群参考意义有限。",
        "total": "{when}，{customers}共下单{orders}，消费{money:,.0f}。",
        "best": "贡献金额最多的是{name}：{customers}（占{share:.1%}）{of_money}。{action}",
        "slipping": "涉及金额最多的待挽回客户是{name}：{customers}，{time}{money:,.0f}{part}，"
        "距上次下单{days}（中位数）。{action}",
        "largest": "人数最多的是{name}：{customers}（占{share:.1%}）{of_money}。{action}",
        "of_money": "贡献{share:.1%}的金额",
        "part": "（占{share:.1%}）",
        "so_far": "累计消费",
        "in_period": "期内消费",
        "action": "建议：{action}。",
        "joint": "",
    },
}
