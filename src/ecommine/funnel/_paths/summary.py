"""What paths say, in words."""

from collections.abc import Mapping, Sequence
from typing import Any

from ..._core.pictures import percent
from ..._core.texts import Locale
from .._steps.summary import _NOUNS
from .visits import END, OTHER, START

_TEXTS: dict[Locale, dict[str, str]] = {
    "en": {
        "none": "There is no path.",
        "reach": "{share} of {n:,} {noun} reach {goal} ({low} to {high}).",
        "reach_over": "{share} of the {over:,} {noun} that are over reach {goal} ({low} to {high}); "
        "{open:,} may still go on.",
        "unknown": "There are {n:,} {noun}, all of which may still go on.",
        "entry": "Most begin with {state} ({share}); {bounce} of those leave without a second event.",
        "leave": "Most leave after {state}: {exits} of all exits, {rate} of its visits.",
        "after": "After {state}, most go on to {next} ({share}).",
        "gone": "After {state}, most leave ({share}).",
        "memory": "Of those that come to {state}, {observed} go on to {goal}, against {chance} if only the present "
        "step mattered: how they came there tells something.",
    },
    "zh": {
        "none": "没有路径。",
        "reach": "{n:,}{noun}中有{share}到达{goal}（{low}至{high}）。",
        "reach_over": "已结束的{over:,}{noun}中有{share}到达{goal}（{low}至{high}）；另有{open:,}{noun}可能尚未结束。",
        "unknown": "共{n:,}{noun}，都可能尚未结束。",
        "entry": "最多从{state}开始（{share}），其中{bounce}没有第二个事件就离开。",
        "leave": "离开最多的是在{state}之后：占全部离开的{exits}，占其访问的{rate}。",
        "after": "{state}之后最多前往{next}（{share}）。",
        "gone": "{state}之后最多直接离开（{share}）。",
        "memory": "到达{state}者中{observed}最终到达{goal}，而若只看当前一步应为{chance}：之前的路径也有影响。",
    },
}
Rows = Sequence[Mapping[str, Any]]


def path_sentences(
    states: Rows, transitions: Rows, goal: Sequence[str], focus: str | None, unit: str, level: float, locale: Locale
) -> str:
    """Write two to five sentences."""
    texts, start = _TEXTS[locale], states[0]
    named = [row for row in states[1:] if row["state"] not in (*goal, OTHER)]
    over = over_of(states)
    words = {"n": start["visits"], "noun": _NOUNS[locale][unit], "goal": " / ".join(goal), "over": over}
    words["open"] = start["visits"] - over
    if not start["visits"]:
        return texts["none"]
    reach = start["goal_observed"]
    shares = {name: percent_of(start[f"goal_observed{end}"]) for name, end in _ENDS.items()}
    kind = "unknown" if not known(reach) else "reach_over" if words["open"] else "reach"
    said = [texts[kind].format(**words, **shares)]
    said += _entry(named, start, texts) + _leave(named, states, texts)
    if focus is not None and focus not in (START, END):
        said += _after(transitions, focus, texts)
    for row in apart(states, level)[:1]:
        both = {name: percent_of(row[f"goal_{name}"]) for name in ("observed", "chance")}
        said.append(texts["memory"].format(state=row["state"], goal=words["goal"], **both))
    return (" " if locale == "en" else "").join(said)


def over_of(states: Rows) -> int:
    """Count the paths that are over: each ends once."""
    return int(sum(row["exits"] for row in states))


def apart(states: Rows, level: float) -> list[Mapping[str, Any]]:
    """List the states where chance and observed share disagree, the most distant first.

    The test is corrected for the number of states (Bonferroni); with many paths it finds differences that matter to
    nobody, so that those below a tenth of the observed share are left out.
    """
    tested = [row for row in states if known(row["p_value"])]
    distance = {row["state"]: abs(row["goal_observed"] - row["goal_chance"]) for row in tested}
    found = [
        row
        for row in tested
        if row["p_value"] * len(tested) < 1 - level and distance[row["state"]] >= 0.1 * row["goal_observed"]
    ]
    return sorted(found, key=lambda row: (-distance[row["state"]], row["state"]))


_ENDS = {"share": "", "low": "_low", "high": "_high"}


def known(value: Any) -> bool:
    """Tell whether a number is there: neither null nor NaN."""
    return value is not None and value == value


def percent_of(value: Any) -> str:
    """Write a share as per cent, a dash where it is unknown."""
    return percent(value) if known(value) else "–"


def _entry(named: Rows, start: Mapping[str, Any], texts: dict[str, str]) -> list[str]:
    if not named:
        return []
    row = max(named, key=lambda one: one["entries"])
    share = percent_of(row["entries"] / start["visits"])
    return [texts["entry"].format(state=row["state"], share=share, bounce=percent_of(row["bounce_rate"]))]


def _leave(named: Rows, states: Rows, texts: dict[str, str]) -> list[str]:
    exits = sum(row["exits"] for row in states)
    if not named or not exits:
        return []
    row = max(named, key=lambda one: one["exits"])
    share = percent_of(row["exits"] / exits)
    return [texts["leave"].format(state=row["state"], exits=share, rate=percent_of(row["exit_rate"]))]


def _after(transitions: Rows, focus: str, texts: dict[str, str]) -> list[str]:
    row = next((one for one in transitions if one["state"] == focus), None)
    if row is None:
        return []
    kind = "gone" if row["next_state"] == END else "after"
    return [texts[kind].format(state=focus, next=row["next_state"], share=percent_of(row["share"]))]
