"""The comparison of two funnels in sentences."""

from collections.abc import Mapping, Sequence
from typing import Any

from ..._core.texts import Locale, join_sentences, join_words, percent

Row = Mapping[str, Any]
MAX_NAMED_STEPS = 3
"""Steps that the sentences name."""
ROUNDING = 1e-12
"""Differences of shares below it are rounding."""

SIDE_NAMES: dict[Locale, tuple[str, str]] = {"en": ("before", "after"), "zh": ("之前", "之后")}
_TEXTS: dict[Locale, dict[str, str]] = {
    "en": {
        "unknown": "The two funnels cannot be compared: the conversion of one of them is unknown.",
        "ends": "{c0} of entrants ({before}) and {c1} ({after}) reached {last}: a difference of {points} percentage "
        "points ({low} to {high}), {verdict}.",
        "significant": "which is statistically significant",
        "not_significant": "which is not statistically significant",
        "contributions": "The difference comes from {steps}.",
        "contribution": "{step} ({share} of it; step conversion {r0} and {r1})",
        "offsets": "Other steps offset part of it: {steps}.",
        "single_steps": "Yet some steps differ significantly: {steps}.",
        "offset": "{step} ({points} points; step conversion {r0} and {r1})",
        "no_step": "No single step differs significantly.",
        "other_steps": "The other steps do not differ significantly.",
    },
    "zh": {
        "unknown": "无法比较这两个漏斗：其中一个的转化率未知。",
        "ends": "进入者中到达{last}的比例：{before}为{c0}，{after}为{c1}，"
        "相差{points}个百分点（{low}至{high}），{verdict}。",
        "significant": "差异显著",
        "not_significant": "差异不显著",
        "contributions": "差异主要来自{steps}。",
        "contribution": "{step}（占{share}；步骤转化率分别为{r0}和{r1}）",
        "offsets": "其他步骤抵消了一部分：{steps}。",
        "single_steps": "但个别步骤差异显著：{steps}。",
        "offset": "{step}（{points}个百分点；步骤转化率分别为{r0}和{r1}）",
        "no_step": "没有任何一个步骤差异显著。",
        "other_steps": "其余步骤差异不显著。",
    },
}


def points(difference: float) -> str:
    """Return a difference of shares in percentage points with its sign; rounding is 0."""
    return f"{100 * difference:+.3g}" if abs(difference) >= ROUNDING else "0"


def comparison_sentences(
    rows: Sequence[Row], conversion: Mapping[str, float], alpha: float, names: tuple[str, str], locale: Locale
) -> str:
    """Return two to four sentences; ``conversion`` has the conversions to the last step and their difference."""
    texts = _TEXTS[locale]
    if conversion["p_value"] != conversion["p_value"]:
        return texts["unknown"]
    is_significant = conversion["p_value"] < alpha
    sentences = [
        texts["ends"].format(
            before=names[0],
            after=names[1],
            c0=percent(conversion["conversion_before"]),
            c1=percent(conversion["conversion_after"]),
            last=rows[-1]["step"],
            points=points(conversion["difference"]),
            low=points(conversion["difference_low"]),
            high=points(conversion["difference_high"]),
            verdict=texts["significant" if is_significant else "not_significant"],
        )
    ]
    significant = [row for row in rows if row["q_value"] < alpha]
    named = sorted(significant, key=lambda row: -abs(row["contribution"]))[:MAX_NAMED_STEPS]
    same_sign = [row for row in named if row["contribution"] * conversion["difference"] > 0]
    opposite = [row for row in named if row["contribution"] * conversion["difference"] < 0]
    if is_significant:
        sentences += _list_steps("contributions", "contribution", same_sign, locale)
        sentences += _list_steps("offsets", "offset", opposite, locale)
    else:
        sentences += _list_steps("single_steps", "offset", named, locale)
    if not named:
        sentences.append(texts["no_step"])
    elif len(named) == len(significant) < len(rows):
        sentences.append(texts["other_steps"])
    return join_sentences(sentences, locale=locale)


def _list_steps(sentence: str, phrase: str, rows: Sequence[Row], locale: Locale) -> list[str]:
    """Return one sentence that names steps, none without steps."""
    texts = _TEXTS[locale]
    steps = [
        texts[phrase].format(
            step=row["step"],
            share=f"{row['share_of_difference']:.0%}",
            points=points(row["contribution"]),
            r0=percent(row["step_conversion_before"]),
            r1=percent(row["step_conversion_after"]),
        )
        for row in rows
    ]
    return [texts[sentence].format(steps=join_words(steps, locale=locale))] if steps else []
