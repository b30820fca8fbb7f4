"""Sentences of summaries, in English and Chinese."""

import re
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .._core.results import to_pandas
from .._core.texts import Locale, counted, join_sentences, join_words, percent, three_digits
from ._calibration import calibration_columns

if TYPE_CHECKING:
    import pandas as pd

    from ._evaluation import Row
    from ._recommender import Parts
    from ._result import Rows

NAMED = 3
"""Signals that a sentence names."""
_SIGNALS: dict[Locale, dict[str, str]] = {
    "en": {
        "own": "own purchases", "together": "products bought together", "neighbours": "neighbouring products",
        "popular": "bestsellers", "viewed": "views", "viewed_before": "earlier views", "category": "category",
        "brand": "brand", "base": "no signal",
    },
    "zh": {
        "own": "复购", "together": "共同购买", "neighbours": "相邻商品", "popular": "畅销", "viewed": "浏览",
        "viewed_before": "更早的浏览", "category": "品类", "brand": "品牌",
        "base": "无信号",
    },
}  # fmt: skip
_WORDS_ZH = {
    "bought before": "买过的商品", "new": "新商品", "all": "全部", "base": "客户自身", "intercept": "截距",
    "orders": "订单数", "days since last order": "距上次下单天数", "products": "商品数", "pace": "下单节奏",
    "days since first order": "距首单天数", "orders of it": "该商品订单（衰减）", "count": "购买次数",
    "age": "距上次购买天数", "age over gap": "距上次购买与间隔之比", "age over gap squared": "该比值的平方",
    "bought again": "曾复购", "share of orders": "订单占比",
}  # fmt: skip
_VERDICTS_ZH = {"better": "更好", "worse": "更差", "unclear": "没有明确差别", "baseline": "基准"}
_TOP_UP_ZH = {"gap": "还差金额", "quantity": "件数"}
"""Columns of `top_up` that mean something else in other topics."""
_SHARE = re.compile(r"(?:(?<=^)|(?<=, ))\w+(?= \d+%|,|$)")
"""A signal in a reason, before its share."""
_CANDIDATES_ZH = {"own": "复购历史", "popular": "近期畅销", "default": "默认模型", "together": "共同购买"}
_ASKED_ZH = {"home": "位客户", "detail": "种商品", "visit": "位访客", "checkout": "个购物车", "top_up": "个购物车"}
_ASKED = {"home": "customer", "detail": "product", "visit": "visitor", "checkout": "basket", "top_up": "basket"}
_CHANCES: dict[Locale, dict[str, str]] = {
    "en": {
        "home": "The first place has a mean chance of {share} of being bought within the horizon, shown or not.",
        "detail": "On average {share} of the orders with the product have what stands in the first place.",
        "visit": "The first place has a mean chance of {share} of being viewed next.",
        "checkout": "The first place has a mean chance of {share} of being the product that the basket lacks.",
        "top_up": "The first place has a mean chance of {share} of being the product that the basket lacks.",
    },
    "zh": {
        "home": "第一位商品在预测期内被购买的平均概率为{share}，与是否展示无关。",
        "detail": "含有该商品的订单中，平均{share}同时含有第一位商品。",
        "visit": "第一位商品是下一个被浏览商品的平均概率为{share}。",
        "checkout": "第一位商品正是购物车所缺商品的平均概率为{share}。",
        "top_up": "第一位商品正是购物车所缺商品的平均概率为{share}。",
    },
}
_CAUTION: dict[Locale, str] = {
    "en": "This is not the effect of showing it: only an experiment measures that.",
    "zh": "这不是展示带来的效果，效果只能通过实验衡量。",
}


def signal_name(name: str, locale: Locale) -> str:
    """Return the name of a signal.

    Examples
    --------
    >>> signal_name("popular", "en"), signal_name("popular", "zh")
    ('bestsellers', '畅销')
    """
    return _SIGNALS[locale].get(name, name)


def candidate_name(name: str, locale: Locale) -> str:
    """Return the name of a candidate."""
    return (
        _CANDIDATES_ZH.get(name, name)
        if locale == "zh"
        else {"own": "own history", "popular": "bestsellers"}.get(name, name)
    )


def in_chinese(table: Any) -> "pd.DataFrame":
    """Return a table of a result as pandas, with signals, parts, candidates and verdicts in Chinese.

    Examples
    --------
    >>> import pandas as pd
    >>> in_chinese(pd.DataFrame({"source": ["own"], "because": ["own 60%, popular 40%"], "gap": [3.0]}))
      source           because  还差金额
    0     复购  复购 60%, 畅销 40%   3.0
    """
    frame = to_pandas(table)
    words = {**_SIGNALS["zh"], **_WORDS_ZH}
    for name in ("source", "signal", "column", "part"):
        if name in frame:
            frame = frame.assign(**{name: [words.get(str(one), one) for one in frame[name]]})
    if "candidate" in frame:
        frame = frame.assign(candidate=[candidate_name(str(one), "zh") for one in frame["candidate"]])
    if "verdict" in frame:
        frame = frame.assign(verdict=[_VERDICTS_ZH.get(str(one), one) for one in frame["verdict"]])
    if "because" in frame:
        texts = [_SHARE.sub(lambda found: words.get(found[0], found[0]), str(one)) for one in frame["because"]]
        frame = frame.assign(because=texts)
    return frame.rename(columns=_TOP_UP_ZH)


def list_sentences(rows: "Rows", placement: str, asked: int, locale: Locale) -> str:
    """Return how many lists there are, what they are made of, and what the chances mean."""
    n, has = len(rows.rank), len(np.unique(rows.key.astype(str))) if len(rows.key) else 0
    if locale == "en":
        verb = "has" if has == 1 or asked == 1 else "have"
        sentences = [
            f"{has:,} of {counted(asked, _ASKED[placement])} {verb} a list, {counted(n, 'recommendation')} in all."
        ]
    else:
        sentences = [f"{asked:,}{_ASKED_ZH[placement]}中有{has:,}个得到推荐列表，共{n:,}条推荐。"]
    if not n:
        return sentences[0]
    parts = [
        f"{signal_name(name, locale)} {percent(count / n)}" for name, count in Counter(rows.source).most_common(NAMED)
    ]
    listed = join_words(parts, locale=locale)
    sentences.append(f"They rest most on {listed}." if locale == "en" else f"推荐依据主要是{listed}。")
    first = rows.probability[rows.rank == 1]
    known = first[~np.isnan(first)]
    if len(known):
        sentences.append(_CHANCES[locale][placement].format(share=percent(float(known.mean()))))
        sentences.append(_CAUTION[locale])
    return join_sentences(sentences, locale=locale)


def model_sentences(parts: "Parts", horizon: int, brier: float, locale: Locale) -> str:
    """Return what was learned, and how far the chances could be trusted."""
    fitted = parts.fitted
    customers = int((fitted.history.orders > 0).sum())
    names = [signal_name(name, locale) for name in (*(["own"] if fitted.has_own else []), *fitted.names)]
    products = len(fitted.catalogue)
    if locale == "en":
        learned = (
            f"From {counted(customers, 'customer')} and {counted(products, 'product')} it learned {join_words(names)}."
        )
    else:
        learned = f"模型基于{customers:,}位客户和{products:,}种商品，学习了{join_words(names, locale='zh')}。"
    return join_sentences([learned, _trust(parts, horizon, brier, locale)], locale=locale)


def _trust(parts: "Parts", horizon: int, brier: float, locale: Locale) -> str:
    if parts.calibration is None:
        return (
            "Too little was bought in earlier windows to check its chances."
            if locale == "en"
            else "更早窗口内的购买太少，无法检验概率是否可信。"
        )
    row = {name: values[-1] for name, values in calibration_columns(parts.calibration).items()}
    base = float(row["actual"] * (1 - row["actual"]))
    mean, actual = percent(float(row["predicted"])), percent(float(row["actual"]))
    verdict = _held(row, locale)
    if locale == "en":
        than = ", which is better" if brier > base else ""
        return (
            f"{counted(horizon, 'day')} ago a blend learned before that would have given its ten products a mean "
            f"chance of {mean}, and {actual} were bought: {verdict} (Brier score {three_digits(brier)}; "
            f"{three_digits(base)} if all chances were alike{than})."
        )
    than = "，反而更好" if brier > base else ""
    return (
        f"{horizon}天前，用更早数据学到的权重对十个推荐商品的平均预测概率为{mean}，实际购买比例为{actual}，{verdict}"
        f"（布里尔得分{three_digits(brier)}；若所有概率相同则为{three_digits(base)}{than}）。"
    )


def _held(row: dict[str, Any], locale: Locale) -> str:
    """Return whether the mean chance is within the limits of what happened."""
    if row["actual_low"] <= row["predicted"] <= row["actual_high"]:
        return "as said, within its limits" if locale == "en" else "在误差范围内相符"
    is_high = row["predicted"] > row["actual"]
    if locale == "en":
        return "the chances were too high" if is_high else "the chances were too low"
    return "预测概率偏高" if is_high else "预测概率偏低"


def evaluation_sentences(rows: "Sequence[Row]", baseline: str, k: int, placement: str, locale: Locale) -> str:
    """Return which candidates are better than the baseline, and what the numbers are not."""
    pooled = [row for row in rows if row.window is None]
    windows = len({row.window for row in rows} - {None})
    reference = next(row for row in pooled if row.candidate == baseline)
    if not reference.customers:
        return "No customer bought anything in the windows." if locale == "en" else "评估窗口内没有客户购买。"
    name, value = candidate_name(baseline, locale), three_digits(reference.values["ndcg"][0])
    if locale == "en":
        who = f"{counted(reference.customers, 'customer')} in {counted(windows, 'window')}"
        first = f"The better baseline is {name}, with an NDCG at {k} of {value} over {who}."
    else:
        first = f"在{windows}个窗口、{reference.customers:,}位客户上，较好的基准是{name}，NDCG@{k}为{value}。"
    others = [_verdict(row, locale) for row in pooled if row.verdict != "baseline"][:NAMED]
    last = (
        "Lists are compared with what was bought anyway; the effect of showing them takes an A/B test."
        if locale == "en"
        else "以上是与自然购买的比较，展示推荐的效果需要A/B测试衡量。"
    )
    drawn = (
        "One product of each basket was hidden by chance; another `rng` hides others, and a close verdict can change."
        if locale == "en"
        else "每个购物车随机隐藏一种商品，换一个`rng`会隐藏其他商品，接近的结论可能改变。"
    )
    return join_sentences([first, *others, *([drawn] if placement == "checkout" else []), last], locale=locale)


def _verdict(row: "Row", locale: Locale) -> str:
    value, (difference, low, high) = three_digits(row.values["ndcg"][0]), row.difference
    limits = f" ({low:+.3f} to {high:+.3f})" if locale == "en" else f"（{low:+.3f}至{high:+.3f}）"
    limits = "" if np.isnan(low) else limits
    name = candidate_name(row.candidate, locale)
    if locale == "en":
        words = {"better": "is better", "worse": "is worse", "unclear": "is not clearly different"}[row.verdict]
        return f"{name[:1].upper()}{name[1:]} {words}: {value}, a difference of {difference:+.3f}{limits}."
    words = {"better": "更好", "worse": "更差", "unclear": "没有明确差别"}[row.verdict]
    return f"{name}{words}：{value}，差值{difference:+.3f}{limits}。"
