"""A measured funnel in sentences: the summary, and notes of what to be careful about."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from ..._core.notes import Note
from ..._core.texts import Locale, counted, is_known, join_sentences, measured, percent
from .table import Groups, StepEstimates

_TEXTS: dict[Locale, dict[str, str]] = {
    "en": {
        "nobody": "Nobody entered the funnel at {first}.",
        "conversion": "Of {entrants} that entered at {first}, {share} reached {last} ({low} to {high}).",
        "any_order": "Of {entrants} that did any of the {n_steps} steps, {share} did all of them ({low} to {high}).",
        "undecided": "{entrants} entered at {first} and {reached} reached {last}, but all windows are still open.",
        "no_events": "No event matches step {step}: check the name of the event.",
        "first": "Within the window of their first entry {first} did: later attempts add more the longer the log is.",
        "largest_loss": "The largest loss is before {step}: {lost} of those that reached {before} do not continue.",
        "lowest_rate": "The hardest step is {step}: {lost} of those that reached {before} do not reach it.",
        "open": "{open:,} of them may still get further, as their window is open; they count for as long as they were "
        "observed.",
        "skipped": "{skipped} went past {step} without it: check whether the step is required and all events are "
        "recorded.",
        "groups": "{best} has a higher conversion to {last} ({most}, {most_low} to {most_high}) than "
        "{worst} ({least}, {least_low} to {least_high}).",
        "no_difference": "The {n} groups do not differ clearly.",
        "unknown": "unknown",
        "n_of_steps": "{step} of {n} steps",
    },
    "zh": {
        "nobody": "没有人从{first}进入漏斗。",
        "conversion": "从{first}进入的{entrants}中，{share}到达{last}（{low}至{high}）。",
        "any_order": "在完成{n_steps}个步骤中任意一步的{entrants}中，{share}完成了全部步骤（{low}至{high}）。",
        "undecided": "{entrants}从{first}进入，其中{reached}到达{last}，但所有时间窗口都尚未结束。",
        "no_events": "没有事件与步骤{step}匹配：请检查事件名称。",
        "first": "只计首次进入后的时间窗口时为{first}：日志越长，再次进入带来的转化越多。",
        "largest_loss": "流失最多的是{step}之前：到达{before}者中有{lost}没有继续。",
        "lowest_rate": "最难的一步是{step}：到达{before}者中有{lost}没有到达这一步。",
        "open": "其中{open}的时间窗口尚未结束，仍可能继续前进，按已观察的时间计入。",
        "skipped": "{skipped}跳过{step}直接到达后续步骤：请检查该步骤是否必经、事件记录是否完整。",
        "groups": "{best}到{last}的转化率（{most}，{most_low}至{most_high}）高于"
        "{worst}（{least}，{least_low}至{least_high}）。",
        "no_difference": "{n}个组之间没有明显差异。",
        "unknown": "未知",
        "n_of_steps": "完成{n}步中的{step}步",
    },
}


def funnel_sentences(
    estimates: StepEstimates,
    unit: str,
    locale: Locale,
    *,
    groups: Groups = (),
    missing: Sequence[str] = (),
    any_order: bool = False,
) -> str:
    """Return some sentences about a measured funnel; ``missing`` are the steps that no event matches."""
    texts, n_steps = _TEXTS[locale], len(estimates.rows)
    steps = [row["step"] for row in estimates.rows]
    if any_order:
        steps = [texts["n_of_steps"].format(step=step, n=n_steps) for step in range(1, n_steps + 1)]
    noun, n_reached = unit.removesuffix("_id"), estimates.rows[-1]["reached"]
    words = {
        "entrants": counted(estimates.entrants, noun, locale=locale),
        "first": steps[0],
        "last": steps[-1],
        "reached": f"{n_reached:,}" if locale == "en" else measured(n_reached, noun),
        "open": estimates.pending if locale == "en" else counted(estimates.pending, noun, locale=locale),
        "n_steps": n_steps,
    }
    sentences = [texts["no_events"].format(step=step) for step in missing]
    if not estimates.entrants:
        sentences.append(texts["nobody"].format(**words))
    elif not _is_decided(estimates):
        sentences.append(texts["undecided"].format(**words))
    else:
        sentence = texts["any_order" if any_order else "conversion"]
        sentences.append(sentence.format(**words, **_conversion_words(estimates, "share", "low", "high")))
        if estimates.has_many_late:
            sentences.append(texts["first"].format(first=percent(estimates.first_conversion)))
        sentences += [] if missing else _losses(estimates, steps, texts)
        sentences += [texts["open"].format(**words)] if estimates.pending else []
        sentences += _best_group(groups, steps[-1], texts)
    return join_sentences([*sentences, *_skipped_step(estimates, noun, locale)], locale=locale)


def _is_decided(estimates: StepEstimates) -> bool:
    return is_known(estimates.rows[-1]["conversion"])


def _conversion_words(estimates: StepEstimates, *names: str) -> dict[str, str]:
    """Return the conversion to the last step and its limits by the given names."""
    last = estimates.rows[-1]
    values = (last["conversion"], last["conversion_low"], last["conversion_high"])
    return {name: percent(value) for name, value in zip(names, values, strict=True)}


def _losses(estimates: StepEstimates, steps: list[str], texts: dict[str, str]) -> list[str]:
    """Name the step before which most units are lost, and the one with the lowest step conversion if it is another."""
    required = [index for index in range(len(steps)) if not estimates.optional[index]]
    conversion = [row["conversion"] for row in estimates.rows]
    pairs = [(before, step) for before, step in pairwise(required) if conversion[before] > 0]
    lost = {(before, step): conversion[before] - conversion[step] for before, step in pairs}
    if not lost or max(lost.values()) <= 0:
        return []
    largest = max(pairs, key=lost.__getitem__)
    hardest = max(pairs, key=lambda pair: lost[pair] / conversion[pair[0]])
    named = [("largest_loss", largest), *([("lowest_rate", hardest)] if hardest != largest else [])]
    return [
        texts[key].format(before=steps[pair[0]], step=steps[pair[1]], lost=percent(lost[pair] / conversion[pair[0]]))
        for key, pair in named
    ]


def _best_group(groups: Groups, last: str, texts: dict[str, str]) -> list[str]:
    """Name the groups, or periods, whose intervals are highest and lowest: estimates of small groups vary most."""
    decided = [(label, group) for label, group in groups if group.entrants and _is_decided(group)]
    if len(decided) < 2:
        return []
    worst, least = min(decided, key=lambda group: float(group[1].rows[-1]["conversion_high"]))
    best, most = max(decided, key=lambda group: float(group[1].rows[-1]["conversion_low"]))
    if least.rows[-1]["conversion_high"] >= most.rows[-1]["conversion_low"]:
        return [texts["no_difference"].format(n=len(decided))]
    words = _conversion_words(most, "most", "most_low", "most_high")
    words |= _conversion_words(least, "least", "least_low", "least_high")
    return [texts["groups"].format(last=last, best=_label(best, texts), worst=_label(worst, texts), **words)]


def _label(label: Any, texts: dict[str, str]) -> str:
    if label is None:
        return texts["unknown"]
    return f"{label:%Y-%m-%d}" if hasattr(label, "strftime") else str(label)


def _skipped_step(estimates: StepEstimates, noun: str, locale: Locale) -> list[str]:
    """Name the required step that more units skip than reach."""
    rows = [row for row in estimates.required_rows if row["skipped"] > row["reached"]]
    if not rows:
        return []
    most = max(rows, key=lambda row: row["skipped"])
    skipped = counted(most["skipped"], noun, locale=locale)
    return [_TEXTS[locale]["skipped"].format(skipped=skipped, step=most["step"])]


MAX_P_FOR_TREND = 0.01
"""p-value below which a difference between earlier and later entrants is noted."""
MIN_VISITORS_FOR_INTERVAL = 20
"""Visitors below which intervals of their sessions are noted as approximate."""


def data_quality_notes(estimates: StepEstimates, unit: str) -> list[Note]:
    """Return notes of open windows, of intervals from few visitors and of a conversion that changes."""
    noun, n_visitors, notes = unit.removesuffix("_id"), estimates.clusters, _open_windows(estimates, unit)
    if n_visitors is not None and 0 < n_visitors < MIN_VISITORS_FOR_INTERVAL:
        text = (
            f"{counted(estimates.entrants, noun)} of only {counted(n_visitors, 'visitor')}: intervals are approximate, "
            f"as {noun}s of one visitor are correlated"
        )
        notes.append(Note(text, code="few_visitors", count=n_visitors))
    if estimates.trend is not None and estimates.trend < MAX_P_FOR_TREND:
        text = (
            f"earlier and later entrants convert differently (p = {estimates.trend:.1g}): conversion is the average of "
            "a changing rate"
        )
        notes.append(Note(text, code="conversion_changes"))
    return [*notes, *_later_attempts(estimates, noun)]


def _later_attempts(estimates: StepEstimates, noun: str) -> list[Note]:
    if not estimates.has_many_late:
        return []
    last = estimates.rows[-1]
    text = (
        f"{estimates.late:,} of the {counted(last['reached'], noun)} that reached {last['step']!r} did so only by an "
        f"attempt after the window of their first entry: conversion grows with the length of the log; it is "
        f"{percent(estimates.first_conversion)} within that window; use reentry=False to compare"
    )
    return [Note(text, code="later_attempts", count=estimates.late)]


def _open_windows(estimates: StepEstimates, unit: str) -> list[Note]:
    n_open, n_pending, noun = estimates.open, estimates.pending, unit.removesuffix("_id")
    if n_open and n_open == estimates.entrants:
        text = f"all windows are still open ({counted(n_open, noun)}): only the naive conversion is known"
        return [Note(text, code="all_windows_open", count=n_open)]
    if not n_pending:
        return []
    text = (
        f"{counted(n_pending, noun)} may still get further, as their window is open: conversion is estimated by "
        "survival curves"
    )
    return [Note(text, code="open_window", count=n_pending)]


def period_notes(every: str | None, unit: str, *, reentry: bool) -> list[Note]:
    """Return notes of why periods are not comparable."""
    if every is None:
        return []
    notes = []
    if reentry:
        text = "earlier periods had more time for another attempt: use reentry=False to compare periods"
        notes.append(Note(text, code="periods_of_unequal_age"))
    if unit != "session_id":
        noun = unit.removesuffix("_id")
        text = (
            f"each {noun} belongs to the period of its first entry, so the first periods hold frequent {noun}s: use "
            "unit='session_id' to compare visits"
        )
        notes.append(Note(text, code="periods_by_first_entry"))
    return notes
