"""Turns of phrase that say something else than their words: tables of them, and texts in which they are replaced."""

import re
from collections.abc import Mapping
from typing import NamedTuple

SEPARATOR = " ¦ "


class Turn(NamedTuple):
    """A turn, what it means, and bits of text without one of which it cannot be there: looking for them is quick."""

    guards: tuple[str, ...]
    pattern: re.Pattern[str]
    meaning: str


def read_turns(table: str, words: Mapping[str, str], around: str = "") -> list[Turn]:
    """Read a table with lines of meaning, guards (with ``_`` for a blank) and pattern, in which NAMES are lists.

    Examples
    --------
    >>> turns = read_turns("good ¦ bad,no_bad ¦ not? GRADEbad", {"GRADE": "(?:too )?"})
    >>> turns[0].guards, replace_turns("not too bad", turns)
    (('bad', 'no bad'), 'good')
    """
    turns = []
    for line in table.strip().splitlines():
        meaning, guards, pattern = line.split(SEPARATOR)
        for name, alternatives in words.items():
            pattern = pattern.replace(name, alternatives)
        turn = f"{around}{meaning}{around}" if meaning != "-" else ""
        turns.append(Turn(tuple(guards.replace("_", " ").split(",")), re.compile(pattern), turn))
    return turns


def replace_turns(text: str, turns: list[Turn]) -> str:
    """Write what each turn means in its place."""
    for guards, pattern, meaning in turns:
        for guard in guards:
            if guard in text:
                text = pattern.sub(meaning, text)
                break
    return text
