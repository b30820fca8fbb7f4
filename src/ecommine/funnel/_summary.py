"""What a funnel says, in words."""

from itertools import pairwise
from typing import Any, Literal

from ._table import Measured

Locale = Literal["en", "zh"]
_NOUNS = {
    "en": {"visitor_id": "visitors", "customer_id": "customers", "session_id": "sessions", "user_id": "users"},
    "zh": {"visitor_id": "位访客", "customer_id": "位客户", "session_id": "次会话", "user_id": "位用户"},
}
_TEXTS: dict[Locale, dict[str, str]] = {
    "en": {
        "none": "Nobody entered the funnel at {first}.",
        "all": "Of {n:,} {noun} that entered at {first}, {share} reached {last} ({low} to {high}).",
        "naive": "{n:,} {noun} entered at {first} and {reached:,} reached {last}, but no window is over yet.",
        "leak": "Most are lost before {step}: {lost} of those that reached {before} do not go on.",
        "open": "For {open:,} of them the window is still open; they count for as long as they were seen.",
        "skipped": "{skipped:,} went on past {step} without it: is it really a step, and is every event recorded?",
    },
    "zh": {
        "none": "没有人从{first}进入漏斗。",
        "all": "从{first}进入的{n:,}{noun}中，{share}到达{last}（{low}至{high}）。",
        "naive": "{n:,}{noun}从{first}进入，其中{reached:,}到达{last}，但所有窗口都尚未结束。",
        "leak": "流失最多的是{step}之前：到达{before}者中有{lost}没有继续。",
        "open": "其中{open:,}{noun}的窗口尚未结束，按已观察的时间计入。",
        "skipped": "{skipped:,}{noun}跳过{step}直接到达后续步骤：它真的是必经步骤吗？事件记录完整吗？",
    },
}


def sentences(found: Measured, unit: str, locale: Locale) -> str:
    """Write two to four sentences."""
    texts, rows = _TEXTS[locale], found.rows
    first, last = rows[0], rows[-1]
    words: dict[str, Any] = {
        "n": found.entrants,
        "noun": _NOUNS[locale].get(unit, _NOUNS[locale]["user_id"]),
        "first": first["step"],
        "last": last["step"],
        "reached": last["reached"],
        "open": found.open,
    }
    if not found.entrants:
        return texts["none"].format(**words)
    if last["conversion"] != last["conversion"]:
        said = [texts["naive"].format(**words)]
    else:
        shares = {"share": last["conversion"], "low": last["conversion_low"], "high": last["conversion_high"]}
        said = [texts["all"].format(**words, **{name: f"{value:.1%}" for name, value in shares.items()})]
        said += _leak(rows, texts)
        said += [texts["open"].format(**words)] if found.open else []
    most = max(rows, key=lambda row: row["skipped"])
    if most["skipped"] > most["reached"]:
        said.append(texts["skipped"].format(skipped=most["skipped"], step=most["step"], noun=words["noun"]))
    return (" " if locale == "en" else "").join(said)


def _leak(rows: list[dict[str, Any]], texts: dict[str, str]) -> list[str]:
    lost = [before["conversion"] - row["conversion"] for before, row in pairwise(rows)]
    place = max(range(len(lost)), key=lost.__getitem__) + 1
    row = rows[place]
    if not lost[place - 1] > 0:
        return []
    share = f"{1 - row['step_conversion']:.1%}"
    return [texts["leak"].format(step=row["step"], before=rows[place - 1]["step"], lost=share)]
