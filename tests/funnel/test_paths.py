"""Paths against an interpreter in plain Python, worked cases, and every table library."""

import os
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecommine import SchemaError, funnel, schema
from funnel import slow_paths
from libraries import to_pandas

NAMES = st.sampled_from(["view_item", "add_to_cart", "purchase", "search", "scroll"])
EVENTS = st.lists(
    st.tuples(
        st.integers(1, 3),
        st.integers(0, 20).map(lambda step: 10 * step),
        NAMES,
        st.sampled_from(["/a", "/b", "/c", None]),
        st.sampled_from(["s", "t", "t", None]),
    ),
    min_size=1,
    max_size=30,
)
LATER = "2024-03-01"
REAL = Path(os.environ.get("ECOMMINE_DATA", "../shared/data")) / "rees46_events_sample.parquet"
SECONDS = ("seconds_p25", "seconds_median", "seconds_p75")
SHARE = ("share", "share_low", "share_high")


def codes(found):
    return {note.code: note.count for note in found.notes}


def same(value, expected):
    return slow_paths.missing(value) if expected is None else value == pytest.approx(expected, abs=1e-9)


def assert_rows(rows, expected, columns, what):
    """Compare columns in order with the values of the slow version."""
    for column, value in zip(columns, expected, strict=True):
        assert same(rows[column], value), (what, column, rows[column], value)


def assert_transitions(table, found):
    expected = slow_paths.transitions(found)
    rows = {(row["state"], row["next_state"]): row for row in table.to_dict("records")}
    assert set(rows) == set(expected)
    for pair, values in expected.items():
        assert_rows(rows[pair], values, ("transitions", *SHARE, *SECONDS), pair)


def assert_states(table, found, goal):
    expected, chain = slow_paths.states(found, goal), slow_paths.chain(found, goal)
    rows = {row["state"]: row for row in table.to_dict("records")}
    assert set(rows) == set(expected)
    for name, values in expected.items():
        assert_rows(rows[name], values.values(), values, name)
        shown = ("goal_chance", "steps_to_goal", "steps_to_end")
        assert_rows(rows[name], chain.get(name, (None,) * 3), shown, name)


def assert_sequences(table, found, focus, goal, depth, forward):
    expected = slow_paths.sequences(found, focus, goal, depth, forward)
    steps = [f"step_{k + 1}" for k in range(depth)]
    rows = {tuple(row[k] for k in steps if not slow_paths.missing(row[k])): row for row in table.to_dict("records")}
    assert set(rows) == set(expected)
    columns = ("paths", *SHARE, "goal_share", "goal_share_low", "goal_share_high")
    for near, values in expected.items():
        assert_rows(rows[near], values, columns, near)


@given(
    rows=EVENTS,
    state=st.sampled_from(["event", "page"]),
    goal=st.sampled_from([("purchase",), ("add_to_cart", "purchase")]),
    unit=st.sampled_from(["session_id", "visitor_id"]),
    gap=st.sampled_from([None, timedelta(minutes=20)]),
    collapse=st.booleans(),
    ahead=st.integers(0, 300),
    depth=st.integers(1, 3),
)
@settings(max_examples=250, deadline=None)
def test_every_number_is_what_the_interpreter_says(rows, state, goal, unit, gap, collapse, ahead, depth):
    frame = slow_paths.table(rows)
    until = frame["occurred_at"].min().to_pydatetime() + timedelta(minutes=ahead)
    options = {"state": state, "goal": goal, "unit": unit, "gap": gap, "collapse": collapse}
    walks = slow_paths.walks(frame, until=until, **options)
    focus = next((s for walk in walks for _, s in walk["visits"]), "(start)")
    found = funnel.paths(frame, focus=focus, depth=depth, as_of=until, **options)
    if not walks:
        assert found.states["visits"].tolist() == [0]
        return
    assert_transitions(found.table, walks)
    assert_states(found.states, walks, goal)
    for forward, table in ((False, found.before), (True, found.after)):
        if table is not None:
            assert_sequences(table, walks, focus, goal, depth, forward)


@given(rows=EVENTS, edge=st.sampled_from(["(start)", "(end)"]))
@settings(max_examples=40, deadline=None)
def test_the_edges_as_focus(rows, edge):
    frame = slow_paths.table(rows)
    until, options = frame["occurred_at"].max(), {"state": "event", "goal": ("purchase",), "unit": "session_id"}
    walks = slow_paths.walks(frame, until=until, gap=timedelta(minutes=20), collapse=True, **options)
    found = funnel.paths(frame, focus=edge, gap="20min", **options)
    forward = edge == "(start)"
    assert (found.before is None, found.after is None) == (forward, not forward)
    assert_sequences(found.after if forward else found.before, walks, edge, ("purchase",), 3, forward)


@given(rows=EVENTS, goal=st.sampled_from([("purchase",), ("add_to_cart", "purchase")]))
@settings(max_examples=40, deadline=None)
def test_the_goal_as_focus(rows, goal):
    frame = slow_paths.table([(1, 0, "purchase", "/a", "s"), *rows])
    until, options = frame["occurred_at"].max(), {"state": "event", "goal": goal, "unit": "session_id"}
    walks = slow_paths.walks(frame, until=until, gap=timedelta(minutes=20), collapse=True, **options)
    found = funnel.paths(frame, focus="purchase", gap="20min", **options)
    for forward, table in ((False, found.before), (True, found.after)):
        assert_sequences(table, walks, "purchase", goal, 3, forward)


@given(rows=EVENTS, seed=st.integers(0, 99), state=st.sampled_from(["event", "page"]))
@settings(max_examples=40, deadline=None)
def test_the_order_of_rows_does_not_matter(rows, seed, state):
    frame = slow_paths.table(rows)
    mixed = frame.sample(frac=1, random_state=seed)
    first, second = (funnel.paths(one, state=state, gap="20min", focus="(start)") for one in (frame, mixed))
    for name, table in first.tables.items():
        pd.testing.assert_frame_equal(table, second.tables[name])
    assert first.notes == second.notes


@given(rows=EVENTS, gap=st.sampled_from([None, "20min"]), ahead=st.integers(0, 300))
@settings(max_examples=60, deadline=None)
def test_what_must_add_up_does(rows, gap, ahead):
    frame = slow_paths.table(rows)
    until = frame["occurred_at"].min() + timedelta(minutes=ahead)
    found = funnel.paths(frame, gap=gap, focus="(start)", as_of=until)
    shares = found.table.groupby("state")["share"].sum()
    assert shares.to_numpy() == pytest.approx(np.ones(len(shares)))
    inner = found.states.iloc[1:]
    assert inner["entries"].sum() == found.states["visits"][0] == found.after["paths"].sum()
    steps = found.table[found.table["next_state"] != "(end)"].groupby("next_state")["transitions"].sum()
    visits = inner.set_index("state")["visits"]
    assert (steps.reindex(visits.index, fill_value=0) <= visits).all()
    if until - frame["occurred_at"].max() > timedelta(minutes=30):  # else some visits are not settled
        assert steps.to_dict() == visits.to_dict()
    for name in ("bounce_rate", "exit_rate", "goal_chance", "goal_observed"):
        value = found.states[name].dropna()
        low, high = (found.states.loc[value.index, f"{name}_{end}"] for end in ("low", "high"))
        assert ((low <= value + 1e-12) & (value <= high + 1e-12) & (low >= 0) & (high <= 1 + 1e-12)).all()


@pytest.mark.call("funnel.paths")
def test_every_library(library):
    rng = np.random.default_rng(0)
    names = ["view_item", "add_to_cart", "purchase", "scroll"]
    rows = [
        (int(rng.integers(40)), int(rng.integers(2_000)), names[rng.choice(4, p=[0.5, 0.2, 0.1, 0.2])], "/a", "s")
        for _ in range(600)
    ]
    frame = slow_paths.table(rows).drop(columns="session_id")
    options = {"state": "event", "goal": ("purchase",), "unit": "session_id", "gap": timedelta(minutes=30)}
    found = funnel.paths(library(frame), focus="add_to_cart", **options)
    walks = slow_paths.walks(frame, collapse=True, until=frame["occurred_at"].max(), **options)
    assert_transitions(to_pandas(found.table), walks)
    assert_states(to_pandas(found.states), walks, ("purchase",))
    for forward, table in ((False, found.before), (True, found.after)):
        assert_sequences(to_pandas(table), walks, "add_to_cart", ("purchase",), 3, forward)
    assert found.headline.startswith("as of 2024-01-02 09:")
    assert "reach purchase" in found.summary()


def test_what_leads_to_the_goal_has_no_share_that_reaches_it():
    """Of three that buy one buys again: that is known after the purchase, and before it nothing is left to reach."""
    walks = [("view_item", "purchase", "view_item", "purchase"), ("view_item", "purchase"), ("view_item", "purchase")]
    rows = [(i, k, name, None, None) for i, walk in enumerate(walks) for k, name in enumerate(walk)]
    frame = slow_paths.table(rows).drop(columns=["page", "session_id"])
    found = funnel.paths(frame, focus="purchase", depth=1, as_of=LATER)
    shares = ["goal_share", "goal_share_low", "goal_share_high"]
    assert found.before[shares].isna().all(axis=None)
    rows = found.after[["step_1", "paths", "goal_share"]].to_numpy().tolist()
    assert rows == [["(end)", 2, 0.0], ["view_item", 1, 1.0]]


def test_by_hand():
    """Ann buys, Bob leaves at once, Cid may still go on: he is no exit, no bounce, and in no share of the goal."""
    rows = [
        ("ann", 0, "view_item", None, None),
        ("ann", 1, "view_item", None, None),
        ("ann", 5, "add_to_cart", None, None),
        ("ann", 6, "purchase", None, None),
        ("bob", 0, "view_item", None, None),
        ("cid", 100, "view_item", None, None),
    ]
    found = funnel.paths(slow_paths.table(rows).drop(columns=["page", "session_id"]))
    states = found.states.set_index("state")
    view = states.loc["view_item"]
    assert (view["events"], view["visits"], view["exits"], view["timed"]) == (4, 3, 1, 1)
    assert (view["bounce_rate"], view["exit_rate"], view["goal_observed"]) == (0.5, 0.5, 0.5)
    assert view["seconds_median"] == 300.0
    assert np.isnan(states.loc["purchase", "seconds_median"])
    assert states.loc["(start)", "steps_to_goal"] == 3.0
    assert codes(found) == {"sessions_by_gap": None, "open_paths": 1}


def test_the_fundamental_matrix_of_the_book():
    """Half go on and half return: from the second of two states the goal is reached with 2/3, in 5/3 steps.

    View to cart always; cart to purchase 1/2, back to view 1/4, end 1/4. With b the chance from cart: b = 1/2 + b/4.
    """
    paths = ["vcp", "vcp", "vcvcp", "vc", "vcvcp", "vcvc"]
    names = {"v": "view_item", "c": "add_to_cart", "p": "purchase"}
    rows = [(i, k, names[one], None, None) for i, path in enumerate(paths) for k, one in enumerate(path)]
    frame = slow_paths.table(rows).drop(columns=["page", "session_id"])
    found = funnel.paths(frame, as_of=LATER).states.set_index("state")
    onward, back = 4 / 9, 3 / 9
    chance = onward / (1 - back)
    assert found.loc["add_to_cart", "goal_chance"] == pytest.approx(chance)
    assert found.loc["(start)", "goal_chance"] == pytest.approx(chance)
    steps = 1 + 2 * back / (1 - back)  # each return costs two steps
    assert found.loc["add_to_cart", "steps_to_goal"] == pytest.approx(steps)
    assert found.loc["add_to_cart", "goal_observed"] == pytest.approx(4 / 6)


def remembering(n):
    """Make visits of which those that began with a search buy, and those that began with a scroll do not."""
    searched = [("search", "view_item", "purchase"), ("scroll", "view_item", "add_to_cart")]
    rows = [(i, k, name, None, None) for i in range(n) for k, name in enumerate(searched[i % 2])]
    return slow_paths.table(rows).drop(columns=["page", "session_id"])


def test_where_the_chain_forgets_too_much_it_is_said():
    found = funnel.paths(remembering(400), as_of=LATER)
    row = found.states.set_index("state").loc["search"]
    assert (row["goal_observed"], row["goal_chance"]) == (1.0, 0.5)
    assert "history_matters" not in codes(found)  # all reach it: the test needs both kinds
    start = [(i, 0, "session_start", None, None) for i in range(400)]
    rows = remembering(400)
    mixed = pd.concat([rows, slow_paths.table([(i, 1, "scroll", None, None) for i in range(0, 400, 8)])])
    found = funnel.paths(pd.concat([mixed, slow_paths.table(start)])[rows.columns], as_of=LATER)
    assert codes(found)["history_matters"] == 2


def test_rare_states_are_put_together():
    rows = [(i, k, f"event_{(i + k) % (7 + i % 3)}", None, None) for i in range(60) for k in range(3)]
    frame = slow_paths.table(rows).drop(columns=["page", "session_id"])
    found = funnel.paths(frame, top=3, goal="event_8", as_of=LATER)
    assert len(found.states) == 5
    assert found.states["state"].tolist()[-1] == "(other)"
    assert "event_8" in found.states["state"].tolist()
    assert codes(found)["states_pooled"] == 6
    every = funnel.paths(frame, goal="event_8", as_of=LATER).states
    assert found.states["visits"].sum() == every["visits"].sum()


@pytest.mark.parametrize("top", [1, 2, 3])
def test_the_goal_and_the_focus_are_told_apart_whatever_top_is(top):
    walks = [("view_item", "scroll", "search", "purchase"), ("view_item", "scroll"), ("scroll", "search")]
    rows = [(i, k, name, None, None) for i, walk in enumerate(walks) for k, name in enumerate(walk)]
    frame = slow_paths.table(rows).drop(columns=["page", "session_id"])
    found = funnel.paths(frame, focus="view_item", top=top, as_of=LATER)
    assert {"view_item", "purchase", "(other)"} <= set(found.states["state"])
    assert found.headline.endswith("33.3% reach purchase")
    assert found.after["goal_share"].tolist().count(1.0) == 1


def test_paths_of_customers_and_visitors():
    frame = slow_paths.table([("a", 0, "view_item", None, None), ("b", 900, "purchase", None, None)])
    frame = frame.drop(columns=["page", "session_id"]).assign(customer_id=["x", "x"])
    found = funnel.paths(frame, unit="customer_id")
    assert found.states.set_index("state").loc[["(start)", "view_item"], "goal_observed"].tolist() == [1.0, 1.0]
    assert found.headline.endswith("1 customer, 2 states, 100% reach purchase")
    assert codes(found) == {"paths_without_end": None}


def test_an_empty_table_and_one_row(local_library):
    frame = slow_paths.table([("a", 0, "view_item", "/", "s")])
    empty = funnel.paths(local_library(frame.head(0)), focus="view_item")
    assert len(to_pandas(empty.table)) == 0
    assert to_pandas(empty.states)["visits"].tolist() == [0]
    one = funnel.paths(local_library(frame), focus="view_item", as_of=LATER)
    table = to_pandas(one.table)
    assert table["next_state"].tolist() == ["view_item", "(end)"]
    assert to_pandas(one.after)["path"].tolist() == ["view_item → (end)"]
    assert to_pandas(one.before)["path"].tolist() == ["(start) → view_item"]


def test_numbers_as_states_and_missing_ids(local_library):
    rows = [("a", 0, "view_item", None, None), ("a", 1, "view_item", None, None), (None, 1, "view_item", None, None)]
    frame = slow_paths.table(rows).drop(columns=["page", "session_id"]).assign(shelf=[7.0, np.nan, 7.0])
    found = funnel.paths(local_library(frame), state="shelf", as_of=LATER)
    assert to_pandas(found.states)["state"].tolist() == ["(start)", "7"]
    known = {"events_without_id": 1, "sessions_by_gap": None, "events_without_state": 1, "goal_not_found": None}
    assert codes(found) == known


def test_small_shares_are_not_written_as_none():
    rows = [(i, 0, "view_item" if i else "purchase", None, None) for i in range(4_000)]
    found = funnel.paths(slow_paths.table(rows).drop(columns=["page", "session_id"]), as_of=LATER)
    assert found.headline.endswith("2 states, 0.025% reach purchase")


def test_a_result_is_shown_and_kept(tmp_path):
    found = funnel.paths(remembering(8), focus="view_item", as_of=LATER)
    assert list(found.tables) == ["transitions", "states", "before", "after"]
    assert len(repr(found).splitlines()) <= 12
    assert "<table" in found._repr_html_()
    pytest.importorskip("openpyxl", reason="openpyxl is not installed")
    found.to_excel(tmp_path / "paths.xlsx")
    sheets = pd.read_excel(tmp_path / "paths.xlsx", sheet_name=None)
    assert list(sheets) == ["notes", "transitions", "states", "before", "after"]


def test_all_paths_may_still_go_on():
    found = funnel.paths(slow_paths.table([("a", 0, "view_item", "/", "s")]))
    assert found.states["goal_observed"].isna().all()
    assert codes(found)["open_paths"] == 1


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"focus": "ad_to_cart"}, ValueError, "`focus`: no event is 'ad_to_cart'; did you mean 'add_to_cart'?"),
        ({"state": "pages"}, ValueError, "`state`: `events` has no column 'pages'; did you mean 'page'?"),
        ({"state": "visitor_id"}, ValueError, "`state` must be a column"),
        ({"goal": ()}, TypeError, "`goal` must be one or several names of events"),
        ({"goal": 3}, TypeError, "`goal` must be one or several names of events"),
        ({"unit": "user"}, ValueError, "`unit` must be one of"),
        ({"collapse": "yes"}, ValueError, "`collapse` must be one of"),
        ({"depth": 0}, ValueError, "`depth` must be"),
        ({"depth": 11}, ValueError, "`depth` must be"),
        ({"top": 0}, ValueError, "`top` must be"),
        ({"gap": "1mo"}, ValueError, "`gap` must be a fixed length of time"),
        ({"gap": timedelta(0)}, ValueError, "`gap`"),
        ({"level": 1.0}, ValueError, "`level` must be"),
        ({"unit": "customer_id"}, SchemaError, "`customer_id` is missing"),
        (
            {"state": "page", "focus": 5},
            TypeError,
            "`focus` must be text such as 'view_item', the name of a state, got 5",
        ),
        ({"state": 5}, TypeError, "`state` must be text such as 'event' or 'page', the name of a column, got 5"),
    ],
)
def test_errors_name_the_way_out(options, error, message):
    rows = [("a", 0, "view_item", "/", "s"), ("a", 1, "add_to_cart", "/b", "s")]
    with pytest.raises(error, match=message.replace("?", r"\?")):
        funnel.paths(slow_paths.table(rows), **options)


def test_a_reserved_name_is_an_error_and_a_missing_goal_is_told():
    frame = slow_paths.table([("a", 0, "view_item", "(end)", "s"), ("a", 1, "purchases", "/", "s")])
    with pytest.raises(ValueError, match="'page' has the reserved value '\\(end\\)'"):
        funnel.paths(frame, state="page")
    with pytest.raises(ValueError, match="'event' has the reserved value '\\(end\\)'"):
        funnel.paths(slow_paths.table([("a", 0, "(end)", "/", "s")]))
    assert "goal_not_found" in codes(funnel.paths(frame))


@pytest.mark.parametrize("minutes", [(0, 1, 2), (0, 0, 0)])
def test_states_of_mixed_types_are_an_error_that_shows_one_of_each(minutes):
    rows = [("a", minute, "view_item", "/", "s") for minute in minutes]
    frame = slow_paths.table(rows).assign(shelf=pd.Series([3, "top", 4], dtype=object))
    with pytest.raises(TypeError, match="`shelf` of mixed types, such as 3 and 'top': make them text"):
        funnel.paths(frame, state="shelf")


@pytest.mark.skipif(not REAL.exists(), reason=f"{REAL} is not here: set ECOMMINE_DATA to its folder")
def test_a_published_log():
    """Three hours of REES46, counted apart from the library: most sessions may still go on."""
    events = schema.from_rees46(pd.read_parquet(REAL)).events
    found = funnel.paths(events, focus="purchase")
    named = funnel.sessions(events)
    last = named.groupby(["visitor_id", "session_id"])["occurred_at"].max()
    n_open = int((events["occurred_at"].max() - last <= pd.Timedelta("30min")).sum())
    assert found.states["visits"][0] == len(last)
    assert codes(found)["open_paths"] == n_open
    bought = named[named["event"] == "purchase"]
    assert found.after["paths"].sum() == len(bought[["visitor_id", "session_id"]].drop_duplicates())
    assert found.states.set_index("state").loc["purchase", "events"] == len(bought)


def test_a_short_log_does_not_favour_what_is_seen_at_once():
    """In an hour half of those who leave are not known to have left yet; those who buy are known at once."""
    rng = np.random.default_rng(0)
    minute, buys = rng.uniform(0, 60, 20_000), rng.random(20_000) < 0.05
    rows = [(one, at, "view_item", None, None) for one, at in enumerate(minute)]
    rows += [(one, minute[one] + 0.5, "purchase", None, None) for one in np.flatnonzero(buys)]
    frame = slow_paths.table([row for row in rows if row[1] < 60]).drop(columns=["page", "session_id"])
    table = funnel.paths(frame, as_of="2024-01-01 01:00:00").table.set_index(["state", "next_state"])
    assert table.loc[("view_item", "purchase"), "share"] == pytest.approx(buys[minute < 30].mean())
    assert table.loc[("view_item", "(end)"), "share"] == pytest.approx(1 - buys[minute < 30].mean())


@pytest.mark.parametrize("collapse", [True, False])
def test_what_follows_is_settled_by_the_last_event_of_a_visit(collapse):
    """Half of those who look at a product every ten minutes go on to the cart, also shortly before the end."""
    rng = np.random.default_rng(1)
    rows, carts, ends = [], 0, 0
    for one in range(4_000):
        minute, looks = rng.uniform(0, 180), rng.geometric(0.3)
        last = minute + 10 * (looks - 1)
        rows += [(one, minute + 10 * look, "view_item", None, None) for look in range(looks)]
        buys = rng.random() < 0.5
        rows += [(one, last + 10, "add_to_cart", None, None)] if buys else []
        carts, ends = carts + (buys and last < 150), ends + (not buys and last < 150)
    frame = slow_paths.table([row for row in rows if row[1] < 180]).drop(columns=["page", "session_id"])
    table = funnel.paths(frame, as_of="2024-01-01 03:00:00", collapse=collapse).table.set_index(["state", "next_state"])
    found = table.loc["view_item", "transitions"]
    assert (found["add_to_cart"], found["(end)"]) == (carts, ends)


def test_categories_that_the_schema_does_not_know_are_states():
    pl = pytest.importorskip("polars")
    frame = pl.from_pandas(slow_paths.table([("ann", 0, "a", "home", None), ("ann", 1, "b", None, None)]))
    frame = frame.rename({"page": "where"}).drop("session_id").with_columns(pl.col("where").cast(pl.Categorical))
    assert funnel.paths(frame, state="where", as_of=LATER).table["next_state"].to_list() == ["home", "(end)"]
