"""The sentences of paths: headline, summary, and a note on states where the present one is not all that matters."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from ..._core.notes import Note
from ..._core.texts import Locale, counted, is_known, join_sentences, join_words, percent
from .read import END, OTHER, START

Row = Mapping[str, Any]
Rows = Sequence[Row]
MIN_RELATIVE_DIFFERENCE = 0.1
"""Difference, as a share of the observed share, from which a state is named: many paths make any difference sure."""
MAX_NAMED = 3
"""States that a note names."""
_TEXTS: dict[Locale, dict[str, str]] = {
    "en": {
        "none": "There are no paths.",
        "reach": "Of {paths}, {share} reach {goal} ({low} to {high}).",
        "reach_over": "Of {over} that are over, {share} reach {goal} ({low} to {high}); {open} may still go on.",
        "unknown": "{paths} so far, none of them over.",
        "entry": "The most frequent first state is {state} ({share}); {bounce} of those paths are a single event.",
        "first": "The most frequent first state is {state} ({share}).",
        "leave": "The most frequent last state is {state}: {exits} of all exits, after {rate} of its visits.",
        "after": "After {state}, the most frequent next state is {next} ({share}).",
        "gone": "After {state}, the most frequent next step is to leave ({share}).",
        "history": "Of the paths that come to {state}, {observed} go on to {goal}, against {chance} if only the "
        "present state mattered: earlier steps matter.",
    },
    "zh": {
        "none": "没有路径。",
        "reach": "{paths}中，{share}到达 {goal}（{low}至{high}）。",
        "reach_over": "已结束的{over}中，{share}到达 {goal}（{low}至{high}）；另有{open}可能尚未结束。",
        "unknown": "共{paths}，均可能尚未结束。",
        "entry": "最常见的起点是 {state}（{share}），其中{bounce}只有一个事件。",
        "first": "最常见的起点是 {state}（{share}）。",
        "leave": "{state} 之后离开最多：占全部离开的{exits}，占该状态访问的{rate}。",
        "after": "{state} 之后最常见的下一步是 {next}（{share}）。",
        "gone": "{state} 之后最常见的是直接离开（{share}）。",
        "history": "到达 {state} 的路径中，{observed}随后到达 {goal}；若只取决于当前状态，则应为{chance}："
        "之前的步骤也有影响。",
    },
}


def summarize(
    states: Rows, transitions: Rows, goal: Sequence[str], focus: str | None, noun: str, level: float, locale: Locale
) -> str:
    """Write two to five sentences: how many paths reach the goal, where they begin and end, and what leads on."""
    texts, start = _TEXTS[locale], states[0]
    if not start["visits"]:
        return texts["none"]
    goals = join_words(goal, locale=locale, conjunction="or")
    inner = [row for row in states[1:] if row["state"] not in (*goal, OTHER)]
    sentences = [_reach(start, count_finished(states), goals, noun, locale)]
    sentences += _entry(inner, start, texts) + _leave(inner, states, texts)
    if focus is not None and focus not in (START, END):
        sentences += _after(transitions, focus, texts)
    for row in find_history_effects(states, level)[:1]:
        shares = {name: percent(row[f"goal_{name}"]) for name in ("observed", "chance")}
        sentences.append(texts["history"].format(state=row["state"], goal=goals, **shares))
    return join_sentences(sentences, locale=locale)


def headline(states: Rows, goal: Sequence[str], noun: str, owners: str, as_of: datetime | None) -> str:
    """Write the first line: paths, states, and how many reach the goal; ``owners`` is the visitors of sessions."""
    start, n_finished = states[0], count_finished(states)
    until = "" if as_of is None else f"as of {as_of:%Y-%m-%d %H:%M}, "
    of_finished = "" if n_finished == start["visits"] else f" of the {n_finished:,} that are over"
    share = start["goal_observed"]
    reach = f", {percent(share)}{of_finished} reach {join_words(goal, conjunction='or')}" if is_known(share) else ""
    return f"{until}{counted(start['visits'], noun)}{owners}, {counted(len(states) - 1, 'state')}{reach}"


def count_finished(states: Rows) -> int:
    """Count the paths that are over: each ends once."""
    return int(sum(row["exits"] for row in states))


def _reach(start: Row, n_finished: int, goal: str, noun: str, locale: Locale) -> str:
    names = {"paths": start["visits"], "over": n_finished, "open": start["visits"] - n_finished}
    words = {name: counted(number, noun, locale=locale) for name, number in names.items()}
    bounds = {"share": "", "low": "_low", "high": "_high"}
    shares = {name: percent(start[f"goal_observed{ending}"]) for name, ending in bounds.items()}
    kind = "reach_over" if names["open"] else "reach"
    text = _TEXTS[locale][kind if is_known(start["goal_observed"]) else "unknown"]
    return text.format(goal=goal, **words, **shares)


def _entry(inner: Rows, start: Row, texts: Mapping[str, str]) -> list[str]:
    if not inner:
        return []
    row = max(inner, key=lambda row: row["entries"])
    share = percent(row["entries"] / start["visits"])
    kind = "entry" if is_known(row["bounce_rate"]) else "first"
    return [texts[kind].format(state=row["state"], share=share, bounce=percent(row["bounce_rate"]))]


def _leave(inner: Rows, states: Rows, texts: Mapping[str, str]) -> list[str]:
    n_exits = count_finished(states)
    row = max(inner, key=lambda row: row["exits"], default=None)
    if row is None or not row["exits"]:
        return []
    share = percent(row["exits"] / n_exits)
    return [texts["leave"].format(state=row["state"], exits=share, rate=percent(row["exit_rate"]))]


def _after(transitions: Rows, focus: str, texts: Mapping[str, str]) -> list[str]:
    row = next((row for row in transitions if row["state"] == focus), None)
    if row is None:
        return []
    kind = "gone" if row["next_state"] == END else "after"
    return [texts[kind].format(state=focus, next=row["next_state"], share=percent(row["share"]))]


def find_history_effects(states: Rows, level: float) -> list[Row]:
    """Return the rows of the states where chance and observed share disagree, the largest difference first.

    The test is corrected for the number of states (Bonferroni).

    Examples
    --------
    >>> rows = [{"state": "cart", "goal_observed": 0.5, "goal_chance": 0.3, "p_value": 0.001},
    ...         {"state": "view", "goal_observed": 0.5, "goal_chance": 0.49, "p_value": 0.001}]
    >>> [row["state"] for row in find_history_effects(rows, 0.95)]
    ['cart']
    """
    tested = [row for row in states if is_known(row["p_value"])]
    effects = [
        row
        for row in tested
        if row["p_value"] * len(tested) < 1 - level
        and _difference(row) >= MIN_RELATIVE_DIFFERENCE * row["goal_observed"]
    ]
    return sorted(effects, key=lambda row: (-_difference(row), row["state"]))


def notes_on_history(states: Rows, level: float) -> list[Note]:
    """Return a note that names the states, if any."""
    effects = find_history_effects(states, level)
    if not effects:
        return []
    shares = [
        f"{row['state']} ({percent(row['goal_observed'])} observed, {percent(row['goal_chance'])} by the chain)"
        for row in effects[:MAX_NAMED]
    ]
    more = f" and {len(effects) - MAX_NAMED:,} more" if len(effects) > MAX_NAMED else ""
    text = (
        f"earlier steps matter: the chance to reach the goal differs from the observed share after {', '.join(shares)}"
    )
    return [Note(text + more, code="history_matters", count=len(effects))]


def _difference(row: Row) -> float:
    return abs(float(row["goal_observed"]) - float(row["goal_chance"]))
