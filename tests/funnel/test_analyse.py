"""The funnel against an interpreter in plain Python, known answers, and every table library."""

import itertools
import re
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecommine import SchemaError, funnel
from ecommine.funnel._match.event_table import AnalyseOptions, open_events
from ecommine.funnel._match.events import load_events
from ecommine.funnel._match.plan import NOT_REACHED
from funnel import slow
from libraries import to_pandas
from notes import note_counts

EVENTS = st.lists(
    st.tuples(
        st.integers(1, 3),
        st.integers(0, 40),
        st.sampled_from(["a", "b", "c", "d", "noise"]),
        st.sampled_from(["web", "app"]),
    ),
    min_size=1,
    max_size=30,
)
STEPS = {
    "plain": ["a", "b", "c"],
    "repeated": ["a", "b", "a", "b"],
    "twice": ["a", "a"],
    "filtered": ["a", funnel.Step("b", where={"device": "app"}), "c"],
    "overlapping": [
        funnel.Step(["a", "b"]),
        funnel.Step("b"),
        funnel.Step(["b", "c"], where={"device": ["app", "web"]}),
    ],
    "limited": ["a", funnel.Step("b", within="5min"), funnel.Step("c", within="8min"), "d"],
}


def reached_by(found, definition):
    """Return what the walk found in the form of the interpreter."""
    steps = len(definition.steps)
    return {
        visitor: (
            {
                step: (found.reached_at[row, step], found.entry_at[row, step])
                for step in range(steps)
                if found.reached_at[row, step] != NOT_REACHED
            },
            {step for step in range(steps) if found.skipped[row, step]},
        )
        for row, visitor in enumerate(found.unit)
    }


MODES = {
    "plain": {},
    "once": {"reentry": False},
    "excluded": {"exclude": "noise"},
    "excluded between": {"exclude": [funnel.Exclude("noise", after="a", before="b"), funnel.Exclude("d", after="b")]},
    "excluded where": {"exclude": funnel.Exclude("noise", where={"device": "app"}), "reentry": False},
    "strict": {"order": "strict"},
    "strict once": {"order": "strict", "reentry": False},
    "optional": {"optional": "b"},
    "optional excluded": {"optional": "b", "exclude": "noise"},
    "optional strict": {"optional": "b", "order": "strict"},
    "held": {"hold_constant": "device"},
    "held excluded": {"hold_constant": "device", "exclude": "noise", "reentry": False},
    "held strict": {"hold_constant": "device", "order": "strict"},
}
MODES_ANY = {
    "any": {},
    "any once": {"reentry": False},
    "any excluded": {"exclude": ["noise", funnel.Exclude("d", where={"device": "web"})]},
    "any held": {"hold_constant": "device"},
}


def micro(moment):
    return pd.Timestamp(moment).value // 1_000


def followed(frame, definition):
    options = AnalyseOptions(unit="visitor_id", by=None, attribution="first", every=None, as_of=None, level=0.95)
    units, _ = load_events(open_events(frame, definition, options), options)
    sequences, _ = units.whole()
    return sequences, reached_by(sequences.step_times(), definition)


def agree(definition, rows):
    """Compare searches with the interpreter."""
    frame = slow.table(rows)
    sequences, reached = followed(frame, definition)
    expected = {
        visitor: ({step: (micro(at), micro(since)) for step, (at, since) in of_visitor.items()}, skipped)
        for visitor, (of_visitor, skipped) in slow.all_walked(definition, frame).items()
    }
    ids = sequences.units
    assert {unit if ids is None else ids[unit]: of_unit for unit, of_unit in reached.items()} == expected


@pytest.mark.parametrize("steps", STEPS.values(), ids=STEPS)
@pytest.mark.parametrize("reentry", [True, False])
@given(rows=EVENTS, window=st.sampled_from(["3min", "10min", "1h"]))
@settings(max_examples=60)
def test_every_step_is_reached_when_the_interpreter_says(steps, reentry, rows, window):
    agree(funnel.Funnel(steps, window=window, reentry=reentry), rows)


HELD = st.lists(
    st.tuples(
        st.integers(1, 2),
        st.integers(0, 15),
        st.sampled_from(["a", "b", "c", "noise", "d"]),
        st.sampled_from(["web", "app", None]),
    ),
    min_size=1,
    max_size=16,
)


@pytest.mark.parametrize("mode", MODES.values(), ids=MODES)
@given(rows=HELD, window=st.sampled_from(["5min", "1h"]), limit=st.sampled_from([None, "4min"]))
@settings(max_examples=60)
def test_every_mode_agrees_with_the_interpreter(mode, rows, window, limit):
    agree(funnel.Funnel(["a", "b", funnel.Step("c", within=limit)], window=window, **mode), rows)


@given(rows=HELD, strict=st.booleans(), names=st.lists(st.sampled_from("bcd"), min_size=3, max_size=3))
@settings(max_examples=100)
def test_several_steps_may_be_left_out(rows, strict, names):
    steps = ["a", *(funnel.Step(one, name=str(place)) for place, one in enumerate(names)), "d"]
    order = "strict" if strict else "ordered"
    agree(funnel.Funnel(steps, window="8min", optional=["0", "2"], order=order, exclude=["noise"]), rows)


@pytest.mark.parametrize("steps", [["a", "b", "c"], ["a", "b", "a"]], ids=["three", "one twice"])
@pytest.mark.parametrize("mode", MODES_ANY.values(), ids=MODES_ANY)
@given(rows=HELD, window=st.sampled_from(["5min", "1h"]))
@settings(max_examples=60)
def test_any_order_agrees_with_the_interpreter(mode, steps, rows, window):
    agree(funnel.Funnel(steps, window=window, order="any", **mode), rows)


@given(rows=EVENTS, optional=st.sampled_from(["b", "c", None]), reentry=st.booleans())
@settings(max_examples=60)
def test_open_windows_add_up(rows, optional, reentry):
    """The column, the units, the note and the sentence say the same."""
    definition = funnel.Funnel(["a", "b", "c", "d"], window="10min", optional=optional or (), reentry=reentry)
    found = funnel.analyse(slow.table(rows), definition)
    counts, pending = note_counts(found.notes), int(found.table["pending"].sum())
    assert pending == found.units["pending"].sum()
    assert pending == counts.get("open_window", pending if "all_windows_open" in counts else 0)
    if counts.get("open_window"):
        assert f". {pending:,} of them may still get further" in found.summary()


VISITS = st.lists(st.tuples(st.integers(1, 3), st.integers(0, 60), st.sampled_from(["a", "a", "b"])), max_size=25)


@given(rows=VISITS, window=st.sampled_from(["3min", "12min"]))
@settings(max_examples=60)
def test_the_first_entries_convert_as_without_reentry(rows, window):
    """The visitors who reached the last step by a later attempt only are those that one attempt each leaves out."""
    frame = slow.table([*rows, (9, 0, "a")])
    every, first = (funnel.analyse(frame, funnel.Funnel(["a", "b"], window=window, reentry=on)) for on in (True, False))
    n_late = int((every.table["reached"] - first.table["reached"]).iloc[-1])
    assert every._estimates.late == n_late
    assert every._estimates.first_conversion == pytest.approx(first.table["conversion"].iloc[-1], nan_ok=True)


def test_conversion_with_reentry_grows_with_the_log_and_the_note_says_so():
    """Visitors come every four days on average, and one visit in five converts."""
    rng, shares = np.random.default_rng(0), {}
    for days in (14, 28, 56):
        n = rng.poisson(days / 4, 1_500)
        frame = pd.DataFrame({"visitor_id": np.repeat(np.arange(len(n)), n), "event": "a"})
        frame["occurred_at"] = slow.START + pd.to_timedelta(rng.integers(0, days * 86_400, len(frame)), unit="s")
        bought = frame[rng.random(len(frame)) < 0.2].assign(event="b")
        bought["occurred_at"] += pd.Timedelta("10min")
        events = pd.concat([frame, bought]).astype({"occurred_at": "datetime64[us]"})
        found = funnel.analyse(events, funnel.Funnel(["a", "b"], window="1d"))
        (note,) = (note for note in found.notes if note.code == "later_attempts")
        share = re.search(r"it is ([0-9.]+)% within", note)[1]
        assert f"{share}% did" in found.summary()
        assert f"为{share}%" in found.summary(locale="zh")
        assert note.count > 0.3 * found.table["reached"].iloc[-1]
        shares[days] = (found.table["conversion"].iloc[-1], float(share) / 100)
    every, first = zip(*shares.values(), strict=True)
    assert every[0] + 0.1 < every[1] < every[2] - 0.1
    assert first == pytest.approx([first[0]] * 3, abs=0.04)


TIED = st.lists(
    st.tuples(
        st.integers(1, 2),
        st.integers(0, 3),
        st.sampled_from(["a", "a", "b", "c", "noise"]),
        st.sampled_from(["web", "app"]),
    ),
    min_size=1,
    max_size=9,
)
REPEATED = {
    "a b a": ["a", "b", "a"],
    "a b a b": ["a", "b", "a", "b"],
    "a a b": ["a", "a", "b"],
    "a b c b": ["a", "b", "c", "b"],
    "one of two": [funnel.Step(["a", "b"]), "b", funnel.Step("a", where={"device": "app"})],
}


@pytest.mark.parametrize("steps", REPEATED.values(), ids=REPEATED)
@pytest.mark.parametrize(
    "mode",
    [{}, {"reentry": False}, {"order": "strict"}, {"exclude": "noise"}, {"hold_constant": "device"}],
    ids=["plain", "once", "strict", "excluded", "held"],
)
@given(rows=TIED, window=st.sampled_from(["1min", "1h"]))
@settings(max_examples=60)
def test_tied_events_of_repeated_steps_agree_with_the_interpreter(mode, steps, rows, window):
    steps = [funnel.Step(one, name=str(place)) if isinstance(one, str) else one for place, one in enumerate(steps)]
    agree(funnel.Funnel(steps, window=window, **mode), rows)


@given(rows=TIED, optional=st.sampled_from(["1", "2"]), limit=st.sampled_from([None, "1min"]))
@settings(max_examples=100)
def test_tied_events_of_steps_that_may_be_left_out(rows, optional, limit):
    steps = [funnel.Step(name, name=str(place), within=limit if place else None) for place, name in enumerate("abaa")]
    agree(funnel.Funnel(steps, window="2min", optional=optional), rows)


@pytest.mark.parametrize(
    ("steps", "events", "reached"),
    [
        ("aba", [(0, "a"), (5, "b"), (5, "a")], 3),
        ("aba", [(5, "a"), (5, "b"), (5, "a")], 3),
        ("aba", [(5, "a"), (5, "b")], 2),
        ("abab", [(0, "a"), (5, "b"), (5, "a"), (9, "b")], 4),
        ("abab", [(5, "b"), (5, "a"), (9, "b"), (9, "a")], 4),
        ("abcab", [(0, "a"), (5, "c"), (5, "b"), (5, "a"), (5, "b")], 5),
        ("aa", [(5, "a")], 1),
    ],
)
@pytest.mark.parametrize("order", ["ordered", "any"])
def test_each_event_of_a_moment_is_one_step(steps, events, reached, order):
    definition = [funnel.Step(name, name=f"{place} {name}") for place, name in enumerate(steps)]
    found = funnel.analyse(visits(*events), funnel.Funnel(definition, window="1h", order=order)).table["reached"]
    if order == "any":  # as many steps as there are events for
        names = [name for _, name in events]
        reached = sum(min(names.count(name), steps.count(name)) for name in set(steps))
    assert found.tolist() == [1] * reached + [0] * (len(steps) - reached)


@given(rows=EVENTS, seed=st.integers(0, 99))
@settings(max_examples=40)
def test_the_order_of_rows_does_not_matter(rows, seed):
    frame = slow.table(rows)
    mixed = frame.sample(frac=1, random_state=seed)
    first, second = (funnel.analyse(one, STEPS["overlapping"], as_of="2024-02-01").table for one in (frame, mixed))
    pd.testing.assert_frame_equal(first, second)


def visits(*minutes_and_events):
    return slow.table([(1, minute, event) for minute, event in minutes_and_events])


def deepest(frame, steps, **options):
    return int((funnel.analyse(frame, funnel.Funnel(steps, **options)).table["reached"] > 0).sum())


def test_mixpanels_example():
    """A 1:00, A 1:30, B 1:45, C 2:15, window 1 h: from the first entry B, with re-entry C."""
    frame = visits((60, "A"), (90, "A"), (105, "B"), (135, "C"))
    assert deepest(frame, ["A", "B", "C"], window="1h", reentry=False) == 2
    assert deepest(frame, ["A", "B", "C"], window="1h") == 3


def test_amplitudes_example():
    """Step 1 on Jan 1, 5, 20; step 2 on Jan 2, 6: one user, converted."""
    days = [(0, "one"), (4, "one"), (19, "one"), (1, "two"), (5, "two")]
    frame = visits(*((1440 * day, event) for day, event in days))
    table = funnel.analyse(frame, ["one", "two"], as_of="2024-03-01").table
    assert table["conversion"].tolist() == [1.0, 1.0]
    assert table["seconds_median"].tolist() == [0.0, 86_400.0]


@pytest.mark.parametrize(("events", "level"), [("1234", 4), ("4321", 1), ("43", 0)])
def test_hologres_examples(events, level):
    """c1..c4 reaches 4, in reverse 1, c4 c3 alone 0."""
    frame = visits(*enumerate(f"c{one}" for one in events))
    assert deepest(frame, ["c1", "c2", "c3", "c4"]) == level


@pytest.mark.parametrize(("steps", "level"), [("123", 1), ("234", 0), ("345", 2)])
def test_one_event_is_not_counted_for_two_steps(steps, level):
    """ClickHouse 21835: a visitor with events 3, 4 and 1 only."""
    frame = visits((0, "3"), (1, "4"), (2, "1"))
    assert deepest(frame, list(steps)) == level


def test_events_of_one_moment_are_taken_in_the_order_of_the_steps():
    frame = visits((0, "c"), (0, "b"), (0, "a"))
    assert deepest(frame, ["a", "b", "c"]) == 3
    assert deepest(visits((0, "a")), ["a", "a"]) == 1
    assert deepest(visits((0, "a"), (0, "a")), ["a", "a"]) == 2


@given(
    units=st.lists(st.tuples(st.integers(0, 60), st.one_of(st.none(), st.integers(0, 60))), min_size=1, max_size=40),
    window=st.integers(1, 30),
)
@settings(max_examples=100)
def test_conversion_is_kaplan_and_meiers(units, window):
    rows, until = [], 60
    for visitor, (entry, wait) in enumerate(units):
        rows.append((visitor, entry, "a"))
        if wait is not None and entry + wait <= until:
            rows.append((visitor, entry + wait, "b"))
    frame = slow.table(rows)
    as_of = slow.START + timedelta(minutes=until)
    table = funnel.analyse(frame, funnel.Funnel(["a", "b"], window=f"{window}min"), as_of=as_of).table
    there = [wait is not None and wait <= window and entry + wait <= until for entry, wait in units]
    times = [wait if went else until - entry for (entry, wait), went in zip(units, there, strict=True)]
    expected = slow.kaplan_meier(times, there, window)
    if all(until - entry < window for entry, _ in units):
        assert table["conversion"].isna().all()
    else:
        assert table.loc[1, "conversion"] == pytest.approx(expected, abs=1e-12)
    pending = sum(until - entry < window and not went for (entry, _), went in zip(units, there, strict=True))
    assert table.loc[1, "pending"] == pending
    assert table.loc[1, "reached"] + table.loc[1, "dropped"] + pending == len(units)
    assert table.loc[1, "naive_conversion"] == pytest.approx(sum(there) / len(units))


def test_without_open_windows_it_is_the_share_with_wilsons_interval():
    frame = slow.table([(one, one, "a") for one in range(80)] + [(one, one + 5, "b") for one in range(20)])
    found = funnel.analyse(frame, ["a", "b"], as_of="2024-06-01")
    from statsmodels.stats.proportion import proportion_confint

    low, high = proportion_confint(20, 80, method="wilson")
    row = found.table.iloc[1]
    assert (row["conversion"], row["conversion_low"], row["conversion_high"]) == pytest.approx((0.25, low, high))
    assert (row["step_conversion_low"], row["step_conversion_high"]) == pytest.approx((low, high))
    assert found.notes == ()


def test_every_window_open_is_said_and_the_naive_count_stays():
    frame = slow.table([(1, 0, "a"), (1, 5, "b"), (2, 3, "a")])
    found = funnel.analyse(frame, ["a", "b"])
    assert note_counts(found.notes) == {"all_windows_open": found.entrants}
    assert found.table["conversion"].isna().all()
    assert found.table["naive_conversion"].tolist() == [1.0, 0.5]
    assert "尚未结束" in found.summary(locale="zh")


def test_groups_are_those_of_the_first_entry():
    rows = [(1, 0, "a", "web"), (1, 5, "b", "app"), (2, 0, "a", "app"), (3, 1, "a", None)]
    found = funnel.analyse(slow.table(rows), ["a", "b"], by="device", as_of="2024-03-01")
    table = found.table
    assert table["device"].fillna("?").tolist() == ["app", "app", "web", "web", "?", "?"]
    assert table["reached"].tolist() == [1, 0, 1, 1, 1, 0]
    assert found.entrants == 3


def test_a_step_that_is_not_there_is_told_and_does_not_raise():
    found = funnel.analyse(slow.table([(1, 0, "view_item")]), ["view_item", "purchse"], as_of="2024-03-01")
    assert found.table["reached"].tolist() == [1, 0]
    assert note_counts(found.notes) == {"step_without_events": 2}
    near = funnel.analyse(slow.table([(1, 0, "view_item"), (1, 1, "purchase")]), ["view_item", "purchse"])
    assert any("did you mean 'purchase'?" in note for note in near.notes)


def test_units_tell_the_deepest_step_and_when():
    rows = [(7, 0, "a"), (7, 4, "b"), (9, 2, "a"), (11, 1, "b")]
    units = funnel.analyse(slow.table(rows), ["a", "b"], as_of="2024-03-01").units
    assert units["visitor_id"].tolist() == [7, 9]
    assert units["deepest_step"].tolist() == ["b", "a"]
    assert ((units["deepest_at"] - units["entered_at"]) / pd.Timedelta("1min")).tolist() == [4.0, 0.0]


def test_units_tell_the_attempt_that_came_furthest():
    rows = [(1, 0, "a"), (1, 1, "b"), (1, 100, "a"), (1, 101, "b"), (1, 102, "c")]
    definition = funnel.Funnel(["a", "b", "c"], window="5min")
    unit = funnel.analyse(slow.table(rows), definition, as_of="2024-03-01").units.iloc[0]
    times = [(unit[name] - pd.Timestamp(slow.START)) / pd.Timedelta("1min") for name in ENDS]
    assert times == [0.0, 100.0, 102.0]


ENDS = ("first_entered_at", "entered_at", "deepest_at")


def test_categories_and_ties_of_groups():
    """Two entries of one moment: the group is the first by name, whatever the order of rows."""
    frame = slow.table([(1, 0, "a", "z"), (1, 0, "a", "b"), (2, 0, "a", "z")])
    for rows in (frame, frame[::-1]):
        table = funnel.analyse(rows.astype({"device": "category"}), ["a", "b"], by="device", as_of="2024-03-01").table
        assert table["device"].tolist() == ["b", "b", "z", "z"]
        assert table["reached"].tolist() == [1, 0, 1, 0]
    pl = pytest.importorskip("polars", reason="polars is not installed")
    polars = pl.from_pandas(frame).with_columns(pl.col("device").cast(pl.Categorical))
    for events in (polars, polars.lazy()):
        found = funnel.analyse(events, ["a", "b"], by="device", as_of="2024-03-01").table
        assert found["reached"].to_list() == [1, 0, 1, 0]


def test_late_events_and_unknown_units_are_left_out_with_a_note():
    frame = slow.table([(1, 0, "a"), (1, 5, "b"), (2, 0, "a"), (2, 9_000, "b")])
    frame["customer_id"] = pd.array([1, 1, None, None], dtype="Int64")
    found = funnel.analyse(frame, ["a", "b"], unit="customer_id", as_of="2024-01-02")
    assert found.table["reached"].tolist() == [1, 1]
    assert note_counts(found.notes[:2]) == {"events_without_id": 1, "rows_after_as_of": 1}


def test_a_trend_is_told():
    rows = [(one, 10 * one, "a") for one in range(1_000)]
    rows += [(one, 10 * one + 1, "b") for one in range(1_000) if one % (2 if one > 500 else 5) == 0]
    notes = funnel.analyse(slow.table(rows), ["a", "b"], as_of="2024-06-01").notes
    assert "conversion_changes" in note_counts(notes)


def where(events, condition):
    return funnel.analyse(events.assign(n=1, flag=True), ["a", funnel.Step("b", where=condition)])


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda e: funnel.analyse(e, ["a"]), ValueError, "`steps` must be 2 to 40 steps, got 1"),
        (lambda e: funnel.analyse(e, "ab"), TypeError, "`definition` must be a list of steps"),
        (lambda e: funnel.analyse(e, ["a", 3]), TypeError, "`steps` must be names of events or Step objects, got 3"),
        (lambda _: funnel.Funnel(["a", "b"], window="1mo"), ValueError, "`window` must be a fixed length of time"),
        (lambda _: funnel.Step([]), TypeError, "`event` must be the name of an event"),
        (lambda _: funnel.Step("a", where="x"), TypeError, "`where` must map columns to values"),
        (
            lambda _: funnel.Step("a", where={"x": None}),
            ValueError,
            "`where`: 'x' must have one or several known values",
        ),
        (lambda _: funnel.Step("a", where={"x": []}), ValueError, "`where`: 'x' must have one or several"),
        (lambda _: funnel.Funnel([funnel.Step("a", within="1h"), "b"]), ValueError, "'a' is the first one"),
        (lambda e: funnel.analyse(e.assign(step=1), ["a", "b"], by="step"), ValueError, "is a column of the result"),
        (lambda e: where(e, {"n": "1"}), ValueError, "`where`: the column 'n' holds numbers, got '1'"),
        (lambda e: where(e, {"n": True}), ValueError, "`where`: the column 'n' holds numbers, got True"),
        (lambda e: where(e, {"device": 1}), ValueError, "`where`: the column 'device' holds text, got 1"),
        (lambda e: where(e, {"flag": 1}), ValueError, "`where`: the column 'flag' holds true and false, got 1"),
        (
            lambda e: where(e, {"occurred_at": "2024-01-01"}),
            ValueError,
            "`where`: the column 'occurred_at' holds times",
        ),
        (lambda e: funnel.analyse(e, ["a", "b"], by="devise"), ValueError, "did you mean 'device'"),
        (lambda e: funnel.analyse(e, ["a", "b"], unit="user"), ValueError, "`unit` must be one of"),
        (lambda e: funnel.analyse(e, ["a", "b"], by="visitor_id"), ValueError, "at most 50 can be compared"),
        (lambda e: funnel.analyse(e.drop(columns="event"), ["a", "b"]), SchemaError, "`event` is missing"),
        (lambda e: funnel.analyse(e, ["a", "b"], level=95), ValueError, "`level` must be between"),
    ],
)
def test_errors_name_the_way_out(call, error, message):
    events = slow.table([(one, one, "a") for one in range(60)])
    with pytest.raises(error, match=message):
        call(events)


def test_a_funnel_is_a_value():
    one, other = (funnel.Funnel(["a", funnel.Step("b", where={"x": [2, 1]})]) for _ in range(2))
    assert one == other
    assert hash(one) == hash(other)
    assert one != funnel.Funnel(["a", "b"])
    assert [step.name for step in funnel.Funnel(["a", "a", "b"]).steps] == ["a", "a 2", "b"]


@pytest.mark.parametrize("rows", [[], [(1, 0, "x")]], ids=["empty", "nobody enters"])
def test_nobody_enters(rows, local_library):
    frame = slow.table([(1, 0, "x")]).iloc[: len(rows)]
    found = funnel.analyse(local_library(frame), ["a", "b"])
    table = to_pandas(found.table)
    assert table["reached"].tolist() == [0, 0]
    assert table["conversion"].isna().all()
    assert len(to_pandas(found.units)) == 0
    assert "Nobody entered" in found.summary()
    assert len(repr(found).splitlines()) <= 12


def shop(n=400, seed=0):
    rng = np.random.default_rng(seed)
    rows = []
    for visitor in range(n):
        at = int(rng.integers(0, 20_000))
        for event in itertools.islice("abcabd", int(rng.integers(1, 7))):
            rows.append((visitor, at, event, str(rng.choice(["web", "app"]))))
            at += int(rng.exponential(600))
    return slow.table(rows)


@pytest.mark.call("funnel.analyse")
def test_every_library_gives_the_same_table(library):
    frame = shop()
    definition = funnel.Funnel(["a", funnel.Step("b", within="2d"), "c", "d"], window="3d")
    options = {"by": "device", "as_of": "2024-01-18"}
    expected = funnel.analyse(frame, definition, **options)
    found = funnel.analyse(library(frame), definition, **options)
    pd.testing.assert_frame_equal(to_pandas(found.table), expected.table, check_dtype=False, rtol=1e-12)
    units = to_pandas(found.units, sort=["visitor_id"] if library.name == "pyspark" else False)
    assert units["visitor_id"].tolist() == expected.units["visitor_id"].tolist()
    assert units["deepest_step"].tolist() == expected.units["deepest_step"].tolist()
    assert found.notes == expected.notes
    assert found.headline == expected.headline


def test_text_ids_sessions_and_other_columns(library):
    frame = shop(100)
    frame["session_id"] = [
        f"s{one}-{at.day % 2}" for one, at in zip(frame["visitor_id"], frame["occurred_at"], strict=True)
    ]
    frame["plan"] = np.where(frame["visitor_id"] % 2, "pro", "free")
    steps = ["a", funnel.Step("b", where={"plan": ["pro", "new"]})]
    expected = funnel.analyse(frame, steps, unit="session_id").table
    found = funnel.analyse(library(frame), steps, unit="session_id").table
    pd.testing.assert_frame_equal(to_pandas(found), expected, check_dtype=False)
    assert 0 < expected.loc[1, "reached"] < expected.loc[0, "reached"]


@pytest.mark.parametrize("times", ["ababb", "abbab", "bbaab"])
def test_of_one_moment_the_latest_entry_counts(times):
    minutes = (1, 1, 2, 2, 2)
    definition = funnel.Funnel(["a", "b", "b"])
    agree(definition, [(1, minute, event, "web") for minute, event in zip(minutes, times, strict=True)])
    rows = [(1, minute, event) for minute, event in zip(minutes, "ababb", strict=True)]
    units = funnel.analyse(slow.table(rows), definition, as_of="2024-03-01").units
    assert units["entered_at"].tolist() == units["deepest_at"].tolist()
