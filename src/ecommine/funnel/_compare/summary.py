"""The comparison of two funnels in sentences: the summary, and notes of what is unknown and what is assumed."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from ..._core.moments import DAY, length_to_microseconds
from ..._core.notes import Note
from ..._core.texts import Locale, counted, join_sentences, join_words, percent
from .._steps.result import FunnelResult
from .contributions import Side

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


def comparison_notes(before: FunnelResult, after: FunnelResult, sides: tuple[Side, Side]) -> tuple[Note, ...]:
    """Return the notes of a comparison, those of the two results last."""
    pairs = [("before", before, sides[0]), ("after", after, sides[1])]
    notes = [_unknown_conversion(name, result) for name, result, side in pairs if not side.is_known]
    if not notes:
        notes = [note for name, _, side in pairs for note in _unknown_steps(name, side)]
    of_results = [(name, note) for name, result, _ in pairs for note in result.notes]
    return (
        *notes,
        *_optional_steps(before),
        *_different_definitions(before, after),
        *_units_in_both(before, after),
        *_unequal_ages(before, after),
        *(Note(f"{name}: {note}", code=note.code, count=note.count) for name, note in of_results),
    )


def _unknown_conversion(name: str, result: FunnelResult) -> Note:
    reason = "all windows are still open" if result.entrants else "nobody entered"
    text = f"the conversion of `{name}` is unknown because {reason}: compare only `reached`"
    return Note(text, code="conversion_unknown", count=result.entrants)


def _unknown_steps(name: str, side: Side) -> Iterator[Note]:
    ratios = list(zip(side.steps[1:], np.isnan(side.ratios), side.step_shares.n, strict=True))
    unknown = [step for step, is_unknown, _ in ratios if is_unknown]
    if unknown:
        text = (
            f"`{name}`: nobody reached the step before {join_words(unknown)}: the step conversion is taken from the "
            "other funnel, and the contribution is 0"
        )
        yield Note(text, code="step_conversion_unknown", count=len(unknown))
    undecided = [step for step, is_unknown, n in ratios if not is_unknown and n <= 0]
    if undecided:
        steps = join_words(undecided)
        text = f"`{name}`: everyone who reached the step before {steps} has an open window: there is no interval"
        yield Note(text, code="step_interval_unknown", count=len(undecided))


def _optional_steps(result: FunnelResult) -> Iterator[Note]:
    estimates = result._estimates
    steps = [row["step"] for row, optional in zip(estimates.rows, estimates.optional, strict=True) if optional]
    if steps:
        text = f"{counted(len(steps), 'optional step')} left out of the comparison: {', '.join(steps)}"
        yield Note(text, code="optional_steps_left_out", count=len(steps))


def _different_definitions(before: FunnelResult, after: FunnelResult) -> Iterator[Note]:
    if before.definition is None and after.definition is None:
        return
    if before.definition is None or after.definition is None:
        text = "one funnel counts events within a window, the other counts totals: their definitions may differ"
        yield Note(text, code="events_against_totals")
        return
    pairs = zip(before.definition.steps, after.definition.steps, strict=True)
    steps = [first.name for first, second in pairs if first != second]
    if steps:
        text = f"{counted(len(steps), 'step')} defined differently in the two funnels: {', '.join(steps)}"
        yield Note(text, code="steps_defined_differently", count=len(steps))


def _units_in_both(before: FunnelResult, after: FunnelResult) -> Iterator[Note]:
    """Count the units in both funnels, where both keep their units."""
    if before._store is None or after._store is None or before.unit != after.unit:
        return
    n_shared, noun = before._store.count_shared(after._store), before.unit.removesuffix("_id")
    if n_shared is None:
        yield Note(
            f"one funnel is on Spark and the other is not: {noun}s in both are not counted and are assumed to be "
            "independent",
            code="units_in_both_unknown",
        )
    elif n_shared:
        verb = "is" if n_shared == 1 else "are"
        text = f"{counted(n_shared, noun)} {verb} in both funnels and {verb} assumed to be independent"
        yield Note(text, code="units_in_both", count=n_shared)
    if before.unit == "session_id":
        text = "visitors with sessions in both funnels are assumed to be independent"
        yield Note(text, code="visitors_in_both_unknown")


def _unequal_ages(before: FunnelResult, after: FunnelResult) -> Iterator[Note]:
    """Compare for how long entrants were observed: with re-entry, more time means more attempts."""
    if before.definition is None or after.definition is None or not before.definition.reentry:
        return
    stores = [result._store for result in (before, after) if result._store is not None]
    ages = [age for age in (store.median_age() for store in stores) if age is not None]
    if len(ages) == 2 and abs(ages[1] - ages[0]) > length_to_microseconds(before.definition.window_length):
        yield Note(
            f"entrants of `before` were observed for a median of {ages[0] / DAY:.1f} days, those of `after` for "
            f"{ages[1] / DAY:.1f}: more time allows more attempts; compare funnels of similar age or use "
            "reentry=False",
            code="unequal_age",
        )
