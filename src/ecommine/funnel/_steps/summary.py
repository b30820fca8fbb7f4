"""What a funnel says, in words."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from ..._core.texts import Locale, percent
from .table import Measured

Groups = Sequence[tuple[Any, Measured]]
_NOUNS = {
    "en": {"visitor_id": "visitors", "customer_id": "customers", "session_id": "sessions", "user_id": "users"},
    "zh": {"visitor_id": "位访客", "customer_id": "位客户", "session_id": "次会话", "user_id": "位用户"},
}
_TEXTS: dict[Locale, dict[str, str]] = {
    "en": {
        "none": "Nobody entered the funnel at {first}.",
        "all": "Of {n:,} {noun} that entered at {first}, {share} reached {last} ({low} to {high}).",
        "every": "Of {n:,} {noun} that did any of the {steps} steps, {share} did all of them ({low} to {high}).",
        "naive": "{n:,} {noun} entered at {first} and {reached:,} reached {last}, but no window is over yet.",
        "missing": "No event is the step {step}: is it the name that the events have?",
        "leak": "Most are lost before {step}: {lost} of those that reached {before} do not go on.",
        "hardest": "The hardest step is {step}: {lost} of those that reached {before} do not come to it.",
        "open": "For {open:,} of them the window is still open; they count for as long as they were seen.",
        "skipped": "{skipped:,} went on past {step} without it: is it really a step, and is every event recorded?",
        "groups": "{best} reaches {last} more often ({most}, {most_low} to {most_high}) than "
        "{worst} ({least}, {least_low} to {least_high}).",
        "alike": "Between the {n} groups the differences may be chance.",
        "unknown": "unknown",
        "any": "{place} of {n} steps",
    },
    "zh": {
        "none": "没有人从{first}进入漏斗。",
        "all": "从{first}进入的{n:,}{noun}中，{share}到达{last}（{low}至{high}）。",
        "every": "做过{steps}个步骤中任一步的{n:,}{noun}中，{share}全部完成（{low}至{high}）。",
        "naive": "{n:,}{noun}从{first}进入，其中{reached:,}到达{last}，但所有窗口都尚未结束。",
        "missing": "没有任何事件是步骤{step}：名称与数据中的事件一致吗？",
        "leak": "流失最多的是{step}之前：到达{before}者中有{lost}没有继续。",
        "hardest": "最难的一步是{step}：到达{before}者中有{lost}没有到达这一步。",
        "open": "其中{open:,}{noun}的窗口尚未结束，按已观察的时间计入。",
        "skipped": "{skipped:,}{noun}跳过{step}直接到达后续步骤：它真的是必经步骤吗？事件记录完整吗？",
        "groups": "{best}到{last}的转化率（{most}，{most_low}至{most_high}）高于"
        "{worst}（{least}，{least_low}至{least_high}）。",
        "alike": "{n}个组之间的差异可能只是偶然。",
        "unknown": "未知",
        "any": "完成{n}步中的{place}步",
    },
}


def sentences(
    found: Measured,
    unit: str,
    locale: Locale,
    *,
    groups: Groups = (),
    missing: Sequence[str] = (),
    any_order: bool = False,
) -> str:
    """Write some sentences.

    ``groups`` are the groups or periods, ``missing`` the steps that no event is; with ``any_order`` steps are numbers.
    """
    texts, n = _TEXTS[locale], len(found.rows)
    names = [
        texts["any"].format(place=place, n=n) if any_order else row["step"] for place, row in enumerate(found.rows, 1)
    ]
    words = {
        "n": found.entrants,
        "noun": _NOUNS[locale].get(unit, _NOUNS[locale]["user_id"]),
        "first": names[0],
        "last": names[-1],
        "reached": found.rows[-1]["reached"],
        "open": found.open,
        "steps": n,
    }
    said = [texts["missing"].format(step=step) for step in missing]
    if not found.entrants:
        said.append(texts["none"].format(**words))
    elif not _is_known(found):
        said.append(texts["naive"].format(**words))
    else:
        said.append(texts["every" if any_order else "all"].format(**words, **_shares(found, "share", "low", "high")))
        said += [] if missing else _leaks(found, names, texts)
        said += [texts["open"].format(**words)] if found.open else []
        said += _best(groups, names[-1], texts)
    return (" " if locale == "en" else "").join([*said, *_skipped(found, words, texts)])


def _is_known(found: Measured) -> bool:
    return bool(found.rows[-1]["conversion"] == found.rows[-1]["conversion"])


def _shares(found: Measured, *names: str) -> dict[str, str]:
    last = found.rows[-1]
    values = (last["conversion"], last["conversion_low"], last["conversion_high"])
    return {name: percent(value) for name, value in zip(names, values, strict=True)}


def _leaks(found: Measured, names: list[str], texts: dict[str, str]) -> list[str]:
    """Say where most are lost, and where the largest part is; a step that may be left out loses nobody."""
    steps = [place for place in range(len(names)) if not found.optional[place]]
    pairs = [(before, step) for before, step in pairwise(steps) if found.rows[before]["conversion"] > 0]
    conversion = [row["conversion"] for row in found.rows]
    lost = {(before, step): conversion[before] - conversion[step] for before, step in pairs}
    if not lost or max(lost.values()) <= 0:
        return []
    most = max(pairs, key=lost.__getitem__)
    hardest = max(pairs, key=lambda pair: lost[pair] / conversion[pair[0]])
    return [
        texts[text].format(before=names[pair[0]], step=names[pair[1]], lost=percent(lost[pair] / conversion[pair[0]]))
        for text, pair in (("leak", most), ("hardest", hardest))
        if text == "leak" or hardest != most
    ]


def _best(groups: Groups, last: str, texts: dict[str, str]) -> list[str]:
    """Name the groups, or periods, of which it is sure that they convert well and badly: small ones go astray."""
    known = [(label, one) for label, one in groups if one.entrants and _is_known(one)]
    if len(known) < 2:
        return []
    worst, least = min(known, key=lambda group: float(group[1].rows[-1]["conversion_high"]))
    best, most = max(known, key=lambda group: float(group[1].rows[-1]["conversion_low"]))
    if least.rows[-1]["conversion_high"] >= most.rows[-1]["conversion_low"]:
        return [texts["alike"].format(n=len(known))]
    shares = _shares(most, "most", "most_low", "most_high") | _shares(least, "least", "least_low", "least_high")
    names = {"best": _name(best, texts), "worst": _name(worst, texts)}
    return [texts["groups"].format(last=last, **names, **shares)]


def _name(label: Any, texts: dict[str, str]) -> str:
    if label is None:
        return texts["unknown"]
    return f"{label:%Y-%m-%d}" if hasattr(label, "strftime") else str(label)


def _skipped(found: Measured, words: dict[str, Any], texts: dict[str, str]) -> list[str]:
    """Ask about the step that more go past than come to it, unless it may be left out."""
    rows = [row for row, may in zip(found.rows, found.optional, strict=True) if not may]
    rows = [row for row in rows if row["skipped"] > row["reached"]]
    if not rows:
        return []
    most = max(rows, key=lambda row: row["skipped"])
    return [texts["skipped"].format(skipped=most["skipped"], step=most["step"], noun=words["noun"])]
