"""What a comparison of two funnels says, in words."""

from collections.abc import Mapping, Sequence
from typing import Any

from ..._core.pictures import percent
from ..._core.texts import Locale

Row = Mapping[str, Any]
MOST = 3
"""Steps that are named."""
NOTHING = 1e-12
"""Differences below it are those of rounding."""

NAMES: dict[Locale, tuple[str, str]] = {"en": ("before", "after"), "zh": ("之前", "之后")}
_TEXTS: dict[Locale, dict[str, str]] = {
    "en": {
        "unknown": "The two funnels cannot be compared: the conversion of one of them is not known.",
        "ends": "Of those that entered, {c0} ({before}) and {c1} ({after}) reached {last}: a difference of {points} "
        "points ({low} to {high}), {verdict}.",
        "real": "more than chance gives",
        "chance": "which chance alone may give",
        "parts": "It comes from {steps}.",
        "part": "{step} ({share} of it; {r0} and {r1} get there)",
        "but": "Other steps made up for a part of it: {steps}.",
        "yet": "Yet single steps differ by more than chance: {steps}.",
        "moved": "{step} ({points} points; {r0} and {r1} get there)",
        "none": "No single step can be told to differ.",
        "rest": "The other steps may be equal in both.",
        "comma": ", ",
        "and": " and ",
        "space": " ",
    },
    "zh": {
        "unknown": "无法比较这两个漏斗：其中一个的转化率未知。",
        "ends": "进入者到达{last}的比例：{before}为{c0}，{after}为{c1}，"
        "相差{points}个百分点（{low}至{high}），{verdict}。",
        "real": "超出偶然范围",
        "chance": "可能只是偶然",
        "parts": "差异来自{steps}。",
        "part": "{step}（占{share}；分别有{r0}和{r1}到达）",
        "but": "其他步骤抵消了一部分：{steps}。",
        "yet": "但个别步骤的差异超出偶然：{steps}。",
        "moved": "{step}（{points}个百分点；分别有{r0}和{r1}到达）",
        "none": "没有哪个步骤能判定有差异。",
        "rest": "其他步骤在两者中可能相同。",
        "comma": "、",
        "and": "和",
        "space": "",
    },
}


def points(value: float) -> str:
    """Write a difference of shares in points, with its sign; what is smaller than can be meant is zero."""
    return f"{100 * value:+.3g}" if abs(value) >= NOTHING else "0"


def sentences(
    rows: Sequence[Row], ends: Mapping[str, float], alpha: float, names: tuple[str, str], locale: Locale
) -> str:
    """Write two to four sentences; ``ends`` are the conversions to the last step and their difference."""
    texts = _TEXTS[locale]
    if ends["p_value"] != ends["p_value"]:
        return texts["unknown"]
    named = dict(zip(("before", "after"), names, strict=True))
    is_real = ends["p_value"] < alpha
    said = [
        texts["ends"].format(
            **named,
            c0=percent(ends["conversion_before"]),
            c1=percent(ends["conversion_after"]),
            last=rows[-1]["step"],
            points=points(ends["difference"]),
            low=points(ends["difference_low"]),
            high=points(ends["difference_high"]),
            verdict=texts["real" if is_real else "chance"],
        )
    ]
    clear = sorted((row for row in rows if row["q_value"] < alpha), key=lambda row: -abs(row["contribution"]))[:MOST]
    along = [row for row in clear if row["contribution"] * ends["difference"] > 0]
    against = [row for row in clear if row["contribution"] * ends["difference"] < 0]
    if is_real:
        said += _listed("parts", "part", along, texts, named) + _listed("but", "moved", against, texts, named)
    else:
        said += _listed("yet", "moved", clear, texts, named)
    if not clear:
        said.append(texts["none"])
    elif len(clear) < len(rows):
        said.append(texts["rest"])
    return texts["space"].join(said)


def _listed(
    sentence: str, phrase: str, rows: Sequence[Row], texts: Mapping[str, str], named: Mapping[str, str]
) -> list[str]:
    """Name steps in one sentence, none where there are none."""
    steps = [
        texts[phrase].format(
            **named,
            step=row["step"],
            share=f"{row['share_of_difference']:.0%}",
            points=points(row["contribution"]),
            r0=percent(row["step_conversion_before"]),
            r1=percent(row["step_conversion_after"]),
        )
        for row in rows
    ]
    if not steps:
        return []
    joined = texts["and"].join([*([texts["comma"].join(steps[:-1])] if steps[1:] else []), steps[-1]])
    return [texts[sentence].format(steps=joined)]
