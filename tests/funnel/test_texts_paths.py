"""The wording of paths: every note, headline and summary, in one golden file per language."""

import inspect
import re
from pathlib import Path

import numpy as np
import pandas as pd

from ecommine import funnel
from funnel import slow_paths
from golden import check_texts

DOCUMENTED = set(
    re.findall(r"^([a-z]+(?:_[a-z]+)+) +[a-z]", inspect.getdoc(funnel.Paths).split("Codes of")[1], re.MULTILINE)
)
"""Codes in the table of the docstring."""
TEXTS = Path(__file__).parent / "texts"
LATER = "2024-03-01"


def events(*walks, minutes=1):
    """Make events of one visitor per walk, a minute apart."""
    rows = [(i, minutes * k, name, None, None) for i, walk in enumerate(walks) for k, name in enumerate(walk)]
    return slow_paths.table(rows).drop(columns=["page", "session_id"])


def no_paths():
    return funnel.paths(events(["view_item"]).head(0))


def nothing_over():
    return funnel.paths(events(["view_item"], ["view_item", "scroll"]))


def all_over():
    walks = [["view_item", "add_to_cart", "purchase"]] * 3 + [["view_item"]] * 2
    return funnel.paths(events(*walks), focus="add_to_cart", as_of=LATER)


def leaving_after_the_focus():
    walks = [["view_item", "add_to_cart"]] * 3 + [["view_item", "add_to_cart", "purchase"]]
    return funnel.paths(events(*walks), focus="add_to_cart", goal=["purchase", "refund"], as_of=LATER)


def some_open():
    frame = events(["view_item", "purchase"], ["view_item"], ["view_item"])
    frame.loc[3, "occurred_at"] += pd.Timedelta("5h")
    return funnel.paths(frame)


def some_ids():
    frame = events(["view_item", "add_to_cart", "purchase"], ["view_item"])
    return funnel.paths(frame.assign(session_id=["s", None, "s", None]), as_of=LATER)


def rows_left_out():
    frame = events(["view_item"], ["view_item"], ["view_item"], ["view_item"]).assign(page=["/a", None, "/a", "/a"])
    frame["visitor_id"] = pd.array([1, 1, None, 1], dtype="Int64")
    frame.loc[len(frame)] = {**frame.iloc[0], "event": None}
    frame.loc[3, "occurred_at"] += pd.Timedelta(days=200)
    return funnel.paths(frame, state="page", goal="purchse", as_of=LATER)


def customers():
    frame = events(["view_item"], ["purchase"]).assign(customer_id="x")
    return funnel.paths(frame, unit="customer_id")


def many_sequences():
    rng = np.random.default_rng(0)
    names = [f"page {k}" for k in range(12)]
    walks = [[*rng.choice(names, 4), "focus", *rng.choice(names, 4)] for _ in range(1_500)]
    return funnel.paths(events(*walks), focus="focus", depth=4, collapse=False, top=11, goal="page 0", as_of=LATER)


def history():
    walks = [["search", "view_item", "purchase"], ["scroll", "view_item", "add_to_cart"]] * 100
    walks += [["search", "view_item", "add_to_cart"], ["scroll", "view_item", "purchase"]] * 10
    return funnel.paths(events(*walks), as_of=LATER)


SCENARIOS = (
    no_paths,
    nothing_over,
    all_over,
    leaving_after_the_focus,
    some_open,
    some_ids,
    rows_left_out,
    customers,
    many_sequences,
    history,
)


def text_of(result, locale):
    if locale == "zh":
        return result.summary(locale="zh")
    notes = [f"- `{note.code}` {note}" for note in result.notes]
    return "\n\n".join([result.headline, result.summary(), "\n".join(notes)])


def test_every_sentence_is_the_golden_one_and_every_code_is_documented():
    results = {scenario.__name__.replace("_", " "): scenario() for scenario in SCENARIOS}
    for locale in ("en", "zh"):
        check_texts(TEXTS / f"paths.{locale}.md", {name: text_of(one, locale) for name, one in results.items()})
    assert {note.code for one in results.values() for note in one.notes} == DOCUMENTED
