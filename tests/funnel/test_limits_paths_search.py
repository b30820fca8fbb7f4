"""Limits of paths and searches: each number is tried, and the one beside it."""

import numpy as np
import pandas as pd
import pytest

from ecommine import funnel
from ecommine._core.frames import opened
from ecommine.funnel._paths.summary import find_history_effects, notes_on_history
from ecommine.funnel._search.summary import summarize
from funnel import slow_paths, slow_search

LATER = "2024-03-01"


def codes(found):
    return {note.code: note.count for note in found.notes}


def paths_of(*walks, **options):
    rows = [(i, k, name, None, None) for i, walk in enumerate(walks) for k, name in enumerate(walk)]
    frame = slow_paths.table(rows).drop(columns=["page", "session_id"])
    return funnel.paths(frame, **{"as_of": LATER, **options})


def p_value_after_the_search(n_paths, n_buyers):
    """Make searches of which some buy, beside scrolls of which all buy."""
    buying, leaving = ["search", "view_item", "purchase"], ["search", "view_item"]
    walks = [buying] * n_buyers + [leaving] * (n_paths - n_buyers) + [["scroll", "view_item", "purchase"]] * 100
    return paths_of(*walks).states.set_index("state").loc["search", "p_value"]


@pytest.mark.parametrize(
    ("n_paths", "n_buyers", "is_tested"),
    [(50, 25, True), (49, 25, False), (60, 5, True), (60, 4, False), (60, 55, True), (60, 56, False)],
)
def test_the_chain_is_tested_from_fifty_paths_on_with_five_of_either_kind(n_paths, n_buyers, is_tested):
    assert bool(np.isfinite(p_value_after_the_search(n_paths, n_buyers))) is is_tested


def state_row(name="cart", observed=0.5, chance=0.3, p_value=0.001):
    return {"state": name, "goal_observed": observed, "goal_chance": chance, "p_value": p_value}


@pytest.mark.parametrize(
    ("row", "is_named"),
    [
        ({"observed": 0.5, "chance": 0.4499}, True),
        ({"observed": 0.5, "chance": 0.4501}, False),
        ({"observed": 0.5, "chance": 0.5501}, True),
        ({"p_value": 0.0249}, True),
        ({"p_value": 0.0251}, False),
    ],
)
def test_a_state_is_named_from_a_tenth_on_and_below_the_corrected_level(row, is_named):
    """Two states are tested, so that the level of each is half of .05."""
    rows = [state_row(**row), state_row("view", chance=0.5, p_value=0.9)]
    assert [one["state"] for one in find_history_effects(rows, 0.95)] == ["cart"] * is_named


@pytest.mark.parametrize(("n", "has_rest"), [(3, False), (4, True)])
def test_three_states_are_named_and_the_others_counted(n, has_rest):
    (note,) = notes_on_history([state_row(f"s{one}") for one in range(n)], 0.95)
    assert note.count == n
    assert ("1 more" in note) is has_rest


@pytest.mark.parametrize("n", [1_000, 1_001])
def test_a_thousand_sequences_are_listed(n):
    walks = [["view_item", f"a{one // 40}", f"b{one % 40}"] for one in range(n)]
    found = paths_of(*walks, focus="view_item", top=100)
    assert len(found.after) == 1_000
    assert codes(found).get("rare_sequences_after", 0) == n - 1_000


@pytest.mark.parametrize(("option", "most"), [("top", 200), ("depth", 10)])
def test_options_have_a_largest_value(option, most):
    paths_of(["view_item"], **{option: most})
    with pytest.raises(ValueError, match=f"`{option}`"):
        paths_of(["view_item"], **{option: most + 1})


@pytest.mark.parametrize(("second", "is_open"), [(1_800, True), (1_801, False)])
def test_a_session_is_over_after_more_than_the_gap(second, is_open):
    until = slow_search.START + pd.Timedelta(seconds=second)
    assert ("open_paths" in codes(paths_of(["view_item"], as_of=until))) is is_open
    rows = [(one, 0, "search", "a") for one in range(12)]
    found = funnel.search(slow_search.table(rows), as_of=until)
    assert ("sessions_in_progress" in codes(found)) is is_open


@pytest.mark.parametrize(("second", "rate"), [(300, 1.0), (301, 0.0)])
def test_another_query_within_five_minutes_is_a_reformulation(second, rate):
    rows = [(1, 0, "search", "a"), (1, second, "search", "b")]
    table = funnel.search(slow_search.table(rows), min_searches=1, as_of=LATER).table.set_index("query")
    assert table.loc["a", "reformulation_rate"] == rate


@pytest.mark.parametrize(("second", "n_searches"), [(10, 1), (11, 2)])
def test_events_within_ten_seconds_are_one_search(second, n_searches):
    rows = [(1, 0, "search", "a"), (1, second, "search", "a")]
    assert funnel.search(slow_search.table(rows), as_of=LATER).searches == n_searches


@pytest.mark.parametrize(("second", "revenue"), [(3_600, 9.0), (3_601, 0.0)])
def test_a_purchase_is_credited_within_the_time_given(second, revenue):
    rows = [(1, 0, "search", "a"), (1, second, "purchase", None, None, None, None, 9.0)]
    found = funnel.search(slow_search.table(rows), within="1h", min_searches=1, as_of=LATER)
    assert found.table["revenue"].item() == revenue


@pytest.mark.parametrize(("second", "is_open"), [(3_599, True), (3_600, False)])
def test_a_purchase_may_be_credited_until_the_window_is_over(second, is_open):
    until = slow_search.START + pd.Timedelta(seconds=second)
    found = funnel.search(slow_search.table([(1, 0, "search", "a")]), within="1h", as_of=until)
    assert ("open_window" in codes(found)) is is_open


@pytest.mark.parametrize(("position", "page"), [(49.0, 49), (50.0, 50), (51.0, 50)])
def test_a_page_shows_at_most_fifty_results(position, page):
    rows = [(one, 0, "search", "a") for one in range(40)]
    rows += [(one, 5, "select_item", None, None, None, 1.0) for one in range(20)]
    rows += [(one, 6, "select_item", None, None, None, position) for one in range(20)]
    found = funnel.search(slow_search.table(rows), as_of=LATER)
    assert (codes(found)["assumed_page_size"], len(found.positions)) == (page, page)
    with pytest.raises(ValueError, match="`page_size`"):
        funnel.search(slow_search.table(rows), page_size=51)


@pytest.mark.parametrize(("q_value", "is_significant"), [(0.0499, True), (0.05, False), (np.nan, False)])
def test_a_query_is_significantly_worse_below_five_in_a_hundred(q_value, is_significant):
    rows = [(one, 0, "search", "a" if one < 20 else "b", 0.0 if one < 20 else 3.0) for one in range(40)]
    found = funnel.search(slow_search.table([*rows, (39, 5, "select_item")]), as_of=LATER)
    table = opened(found.opportunities.assign(q_value=q_value), argument="opportunities")
    text = summarize(found._totals, table, found.potential_gain_in, "en")
    assert len(found.opportunities) == 1
    assert ("None of these" not in text) is is_significant
