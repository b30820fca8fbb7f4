"""The summary and the headline of carts."""

from datetime import datetime, timedelta
from typing import Any

import numpy as np

from ..._core.texts import Locale, counted, duration_in_words, is_known, join_sentences, percent, within_in_words
from .report import CartReport

_REASONS: dict[Locale, dict[str, str]] = {
    "en": {
        "out_of_stock": "a product that sold out",
        "price_rise": "a price that rose",
        "checkout_payment": "stopping at the payment",
        "checkout_shipping": "stopping at the shipping details",
        "checkout_started": "stopping at the start of the checkout",
    },
    "zh": {
        "out_of_stock": "商品缺货",
        "price_rise": "商品涨价",
        "checkout_payment": "止步于支付环节",
        "checkout_shipping": "止步于填写配送信息",
        "checkout_started": "止步于结账开始",
    },
}
_TEXTS: dict[Locale, dict[str, str]] = {
    "en": {
        "no carts": "There are no carts: no event is add_to_cart.",
        "undecided": "None of the first sessions of {carts} is over yet.",
        "abandonment": "Of {decided}, {share} ({low} to {high}) were left in the session that opened them.",
        "recovery": "Of those left, {share} ({low} to {high}) are bought {within}; in the end, {lost} of carts "
        "are lost{unnamed}.",
        "unnamed": ". This is approximate: {purchases} may have been of a cart left earlier, but name no product",
        "no recovery": "How many of those will be bought is unknown: no window of {window} is over yet.",
        "step": "Losses are highest at {step}: {share} of the carts that got no further in their first session "
        "are lost.",
        "reason": "The most frequent known reason is {reason}, with {carts}.",
        "win back": "{carts} can still be bought; their value is {value:,.0f}, of which {expected:,.0f} is expected "
        "without any action. Only an experiment can tell what a message adds.",
        "win back without chance": "{carts} can still be bought; their value is {value:,.0f}.",
    },
    "zh": {
        "no carts": "没有购物车：没有 add_to_cart 事件。",
        "undecided": "{carts}的首次会话均未结束。",
        "abandonment": "{decided}中，{share}（{low}至{high}）在首次会话中被放弃。",
        "recovery": "被放弃的购物车中，{share}（{low}至{high}）在{within}挽回成交；最终流失的占{lost}{unnamed}。",
        "unnamed": "。这只是近似值：有{purchases}未注明商品，可能买的是之前放弃的购物车",
        "no recovery": "其中有多少会挽回成交尚不可知：还没有任何{window}的观察期结束。",
        "step": "流失最多的步骤是 {step}：首次会话止步于此的购物车中，{share}最终流失。",
        "reason": "已知原因中最常见的是{reason}，共{carts}。",
        "win back": "还有{carts}可能成交，其中商品价值{value:,.0f}，不采取任何行动预计也会成交{expected:,.0f}；"
        "发送消息能带来多少增量，只有实验才能回答。",
        "win back without chance": "还有{carts}可能成交，其中商品价值{value:,.0f}。",
    },
}


def summarize(report: CartReport, window: str | timedelta, locale: Locale) -> str:
    """Write up to five sentences: how many carts are left and recovered, where, why, and what may still come."""
    if not report.rates["carts"]:
        return _TEXTS[locale]["no carts"]
    parts = (
        *_rate_sentences(report.rates, report.n_unnamed, window, locale),
        _step_sentence(report.steps, locale),
        _reason_sentence(report.reasons, locale),
        _win_back_sentence(report.win_back, locale),
    )
    return join_sentences(filter(None, parts), locale=locale)


def _rate_sentences(rates: dict[str, Any], n_unnamed: int, window: str | timedelta, locale: Locale) -> list[str]:
    texts, n_decided = _TEXTS[locale], rates["bought"] + rates["left"]
    if not n_decided:
        return [texts["undecided"].format(carts=counted(rates["carts"], "cart", locale=locale))]
    decided = counted(n_decided, "cart", locale=locale)
    sentences = [texts["abandonment"].format(decided=decided, **_interval(rates, "abandonment"))]
    if rates["left"] and is_known(rates["recovery"]):
        purchases = counted(n_unnamed, "purchase", locale=locale)
        unnamed = texts["unnamed"].format(purchases=purchases) if n_unnamed else ""
        words = {"within": within_in_words(window, locale), "lost": percent(rates["lost"]), "unnamed": unnamed}
        sentences.append(texts["recovery"].format(**words, **_interval(rates, "recovery")))
    elif rates["left"]:
        sentences.append(texts["no recovery"].format(window=duration_in_words(window, locale)))
    return sentences


def _step_sentence(steps: list[dict[str, Any]], locale: Locale) -> str:
    known = [row for row in steps if is_known(row["lost"])]
    if len(known) < 2:
        return ""
    highest = max(known, key=lambda row: row["lost"])
    return _TEXTS[locale]["step"].format(step=highest["checkout_step"], share=percent(highest["lost"]))


def _reason_sentence(reasons: list[dict[str, Any]], locale: Locale) -> str:
    known = [row for row in reasons if row["reason"] is not None and row["carts"]]
    if not known:
        return ""
    most_frequent = max(known, key=lambda row: row["carts"])
    carts = counted(most_frequent["carts"], "cart", locale=locale)
    return _TEXTS[locale]["reason"].format(reason=_REASONS[locale][most_frequent["reason"]], carts=carts)


def _win_back_sentence(win_back: dict[str, Any], locale: Locale) -> str:
    value, expected = win_back["value_left"], win_back["expected_value"]
    if not len(value):
        return ""
    text = _TEXTS[locale]["win back without chance" if np.isnan(expected).all() else "win back"]
    carts = counted(len(value), "cart", locale=locale)
    return text.format(carts=carts, value=np.nansum(value), expected=np.nansum(expected))


def _interval(rates: dict[str, Any], name: str) -> dict[str, str]:
    parts = {"share": name, "low": f"{name}_low", "high": f"{name}_high"}
    return {key: percent(rates[column]) for key, column in parts.items()}


def headline(rates: dict[str, Any], window: str | timedelta, as_of: datetime | None) -> str:
    """Write how many carts there are, and the shares that are left and recovered as far as they are known."""
    words = [] if as_of is None else [f"as of {as_of:%Y-%m-%d %H:%M}"]
    words.append(counted(rates["carts"], "cart"))
    if is_known(rates["abandonment"]):
        n_decided = int(rates["bought"] + rates["left"])
        base = "" if n_decided == rates["carts"] else f" (of {n_decided:,} bought or left in a session that is over)"
        words.append(f"{percent(rates['abandonment'])} left in their first session{base}")
    if is_known(rates["recovery"]):
        words.append(f"{percent(rates['recovery'])} of these bought {within_in_words(window)}")
    return ", ".join(words)
