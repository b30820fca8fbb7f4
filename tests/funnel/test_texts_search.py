"""The wording of searches: every note, headline and summary, in one golden file per language."""

import inspect
import re
from pathlib import Path

import numpy as np
import pandas as pd

from ecommine import funnel
from funnel import slow_search
from golden import check_texts

DOCUMENTED = set(
    re.findall(r"^([a-z]+(?:_[a-z]+)+) +[a-z]", inspect.getdoc(funnel.Searches).split("Codes of")[1], re.MULTILINE)
)
"""Codes in the table of the docstring."""
TEXTS = Path(__file__).parent / "texts"
LATER = "2024-03-01"


def searched(query, visitors, results=3.0):
    return [(visitor, 0, "search", query, results) for visitor in visitors]


def clicked(visitors, position=1.0, product=None):
    return [(visitor, 5, "select_item", None, None, product, position) for visitor in visitors]


def bought(visitors, value=10.0, product=None):
    return [(visitor, 9, "purchase", None, None, product, None, value) for visitor in visitors]


def no_searches():
    return funnel.search(slow_search.table([(1, 0, "scroll")]), as_of=LATER)


def all_queries_alike():
    rows = [*searched("red", range(20)), *clicked(range(10), product="p"), *bought(range(5), product="p")]
    return funnel.search(slow_search.table(rows), as_of=LATER)


def one_query_worse():
    rows = [*searched("socks", range(300)), *searched("sokcs", range(300, 500), 0.0)]
    rows += [*clicked(range(150), 2.0, "p"), *bought(range(100), 10.0, "p")]
    return funnel.search(slow_search.table(rows), page_size=5, as_of=LATER)


def little_is_certain():
    rows = [
        *searched("socks", range(12)),
        *searched("hats", range(12, 24)),
        *clicked(range(8)),
        *clicked(range(12, 17)),
    ]
    return funnel.search(slow_search.table(rows), as_of=LATER)


def several_queries_worse():
    rows = [*searched("socks", range(400)), *clicked(range(300), 1.0)]
    for k, query in enumerate(("hats", "caps", "shoes")):
        rows += searched(query, range(1_000 + 200 * k, 1_200 + 200 * k), 0.0)
    return funnel.search(slow_search.table(rows).drop(columns="position"), as_of=LATER)


def clicks_without_purchases_in_the_log():
    rows = [(visitor, 5, "view_item") for visitor in range(4)]
    return funnel.search(slow_search.table([*searched("red", range(12)), *rows]), as_of=LATER)


def purchases_without_values():
    rows = [*searched("red", range(12), None), *clicked(range(4)), *bought(range(2), None), *bought([99], None)]
    return funnel.search(slow_search.table(rows), as_of=LATER)


def rows_left_out():
    rows = [
        *searched("red", range(12)),
        *searched(None, [20]),
        *searched("rare", [21]),
        (0, 1, "view_search_results", "Red", 3.0),
        (22, 0, "select_item"),
        *bought([0], None),
        *bought([1]),
        (23, 9_000_000, "search", "red"),
    ]
    frame = slow_search.table(rows)
    frame["visitor_id"] = pd.array([*frame["visitor_id"][:-1], 0], dtype="Int64")
    frame = frame.iloc[[*range(len(frame)), 0, 0]].reset_index(drop=True)
    frame.loc[len(frame) - 2, "event"] = None
    frame.loc[len(frame) - 1, "visitor_id"] = pd.NA
    return funnel.search(frame, as_of=LATER)


def still_going_on():
    frame = slow_search.table([*searched("red", range(12)), (50, 2_000, "search", "red")])
    return funnel.search(frame, within="1h")


def positions_in_part():
    rows = [*searched("red", range(60)), *clicked(range(30)), *clicked(range(30, 34), np.nan), *clicked([40], 70.0)]
    return funnel.search(slow_search.table(rows), as_of=LATER)


SCENARIOS = (
    no_searches,
    all_queries_alike,
    one_query_worse,
    little_is_certain,
    several_queries_worse,
    clicks_without_purchases_in_the_log,
    purchases_without_values,
    rows_left_out,
    still_going_on,
    positions_in_part,
)


def text_of(result, locale):
    if locale == "zh":
        return result.summary(locale="zh")
    notes = [f"- `{note.code}` {note}" for note in result.notes]
    return "\n\n".join([result.headline, result.summary(), "\n".join(notes)])


def test_every_sentence_is_the_golden_one_and_every_code_is_documented():
    results = {scenario.__name__.replace("_", " "): scenario() for scenario in SCENARIOS}
    for locale in ("en", "zh"):
        check_texts(TEXTS / f"search.{locale}.md", {name: text_of(one, locale) for name, one in results.items()})
    assert {note.code for one in results.values() for note in one.notes} == DOCUMENTED
