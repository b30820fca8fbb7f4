"""What the carts say, in words."""

from collections.abc import Mapping
from string import ascii_letters
from typing import Any

from ..._core.pictures import percent
from ..._core.texts import Locale

_UNITS_ZH = {"s": "秒", "min": "分钟", "h": "小时", "d": "天", "w": "周"}
_TEXTS: dict[Locale, dict[str, str]] = {
    "en": {
        "none": "There are no carts: no event is add_to_cart.",
        "undecided": "{carts:,} carts were opened, and none of their first sessions is over yet.",
        "first": "Of {n:,} carts {abandonment} ({low} to {high}) were left in the session that opened them.",
        "recovery": "Of those left {recovery} ({low} to {high}) are bought later, within {within}; in the end {lost} "
        "of carts are lost.",
        "unknown": "How many of those are bought later is not known: no window of {within} is over yet.",
        "step": "Most are lost at {step}: {share} of carts that got that far and no further in their first session.",
        "reason": "The most frequent reason that the tables can tell is {reason}: {count:,} carts.",
        "back": "Carts that can still be bought: {open:,}, worth {value:,.0f}, of which {expected:,.0f} is expected "
        "without doing anything; what a message adds, only an experiment can tell.",
        "back alone": "Carts that can still be bought: {open:,}, worth {value:,.0f}.",
    },
    "zh": {
        "none": "没有购物车：没有add_to_cart事件。",
        "undecided": "共打开{carts:,}个购物车，但其首次会话都尚未结束。",
        "first": "{n:,}个购物车中，{abandonment}（{low}至{high}）在打开它的会话中被放弃。",
        "recovery": "被放弃的购物车中，{recovery}（{low}至{high}）在{within}内被找回并购买；最终流失的占{lost}。",
        "unknown": "其中有多少会在之后购买尚不可知：没有一个{within}的窗口已结束。",
        "step": "流失最多的步骤是{step}：首次会话止步于此的购物车中{share}流失。",
        "reason": "数据能说明的最常见原因是{reason}：{count:,}个购物车。",
        "back": "仍有{open:,}个购物车可能成交，价值{value:,.0f}，其中预计不采取任何行动即可成交{expected:,.0f}；"
        "发送消息能带来多少增量，只有实验才能回答。",
        "back alone": "仍有{open:,}个购物车可能成交，价值{value:,.0f}。",
    },
}


def window_in_words(window: str, locale: Locale) -> str:
    """Write a window such as "7d" in words where there are signs of its own for it.

    Examples
    --------
    >>> window_in_words("7d", "zh"), window_in_words("7d", "en")
    ('7天', '7d')
    """
    number = window.rstrip(ascii_letters)
    return number + _UNITS_ZH.get(window[len(number) :], window[len(number) :]) if locale == "zh" else window


def sentences(
    whole: Mapping[str, Any],
    steps: list[dict[str, Any]],
    reasons: list[dict[str, Any]],
    back: Mapping[str, float],
    within: str,
    locale: Locale,
) -> str:
    """Write up to five sentences."""
    texts = _TEXTS[locale]
    if not whole["carts"]:
        return texts["none"]
    n = whole["bought"] + whole["left"]
    said = [texts["first"].format(n=n, **_shares(whole, "abandonment"))] if n else [texts["undecided"].format(**whole)]
    if whole["left"]:
        known = whole["recovery"] == whole["recovery"]
        words = {**_shares(whole, "recovery"), "lost": percent(whole["lost"])} if known else {}
        said.append(texts["recovery" if known else "unknown"].format(within=window_in_words(within, locale), **words))
    lost = [row for row in steps if row["lost"] == row["lost"]]
    if len(lost) > 1:
        most = max(lost, key=lambda row: row["lost"])
        said.append(texts["step"].format(step=most["checkout_step"], share=percent(most["lost"])))
    told = [row for row in reasons if row["reason"] is not None and row["carts"]]
    if told:
        first = max(told, key=lambda row: row["carts"])
        said.append(texts["reason"].format(reason=first["reason"], count=first["carts"]))
    if back["open"]:
        known = back["expected"] == back["expected"]
        said.append(texts["back" if known else "back alone"].format(**back))
    return (" " if locale == "en" else "").join(said)


def _shares(row: Mapping[str, Any], name: str) -> dict[str, str]:
    ends = {name: row[name], "low": row[f"{name}_low"], "high": row[f"{name}_high"]}
    return {key: percent(value) for key, value in ends.items()}
