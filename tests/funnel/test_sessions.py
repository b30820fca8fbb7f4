"""Sessions against a plain loop over each visitor's moments, by hand, in every table library, and in every call."""

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecommine import SchemaError, funnel
from ecommine._core.frames import opened
from ecommine.funnel._carts import events as cart_events
from ecommine.funnel._paths.read import PathOptions
from ecommine.funnel._paths.visits import read_visits
from ecommine.funnel._search.read import SearchOptions, read_search_log
from funnel import slow_paths, slow_sessions
from libraries import to_pandas

VISITORS = st.sampled_from(["a", "b", "b.1", None])
MOMENTS = st.none() | st.integers(0, 12).map(lambda step: 400 * step)
IDS = st.sampled_from(["s", "t", "a.1704067200", None])
ROWS = st.lists(st.tuples(VISITORS, MOMENTS), max_size=25)
ROWS_WITH_IDS = st.lists(st.tuples(VISITORS, MOMENTS, IDS), max_size=25)


def texts(values):
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return pd.Series(column, dtype=object)


def log(rows, **columns):
    frame = pd.DataFrame({"row": np.arange(len(rows)), "visitor_id": texts([row[0] for row in rows])})
    frame = frame.assign(event="page_view", occurred_at=slow_paths.times([row[1] for row in rows]), **columns)
    return frame.assign(session_id=texts([row[2] for row in rows])) if rows and len(rows[0]) > 2 else frame


def found(events, **options):
    ids = to_pandas(funnel.sessions(events, **options), sort=["row"])["session_id"]
    return [None if pd.isna(one) else one for one in ids]


def expected(frame, gap):
    times = [None if pd.isna(at) else at.to_pydatetime() for at in frame["occurred_at"]]
    ids = frame["session_id"] if "session_id" in frame else [None] * len(frame)
    return slow_sessions.written(list(zip(frame["visitor_id"], times, ids, strict=True)), gap)


def test_by_hand():
    """Thirty minutes are no pause, a second more is one; midnight is none."""
    minutes = [("ann", 23 * 60 + 40), ("ann", 24 * 60 + 10), ("ann", 24 * 60 + 40 + 1 / 60), ("bob", 23 * 60 + 40)]
    frame = log([(visitor, 60 * minute) for visitor, minute in minutes])
    assert found(frame) == ["ann.1704152400", "ann.1704152400", "ann.1704156001", "bob.1704152400"]


@given(rows=ROWS | ROWS_WITH_IDS, gap=st.sampled_from(["400s", "10min", "30min"]))
@settings(max_examples=120)
def test_sessions_are_those_of_the_plain_loop(rows, gap):
    frame = log(rows)
    if frame["visitor_id"].isna().all():
        return
    seconds = {"400s": 400, "10min": 600, "30min": 1800}[gap]
    assert found(frame, gap=gap) == expected(frame, timedelta(seconds=seconds))


@given(rows=(ROWS | ROWS_WITH_IDS).filter(lambda rows: any(row[0] for row in rows)), seed=st.integers(0, 99))
@settings(max_examples=25)
def test_the_order_of_rows_and_the_library_do_not_matter(local_library, rows, seed):
    frame = log(rows)
    mixed = frame.sample(frac=1, random_state=seed, ignore_index=True)
    assert found(local_library(mixed), gap="20min") == expected(frame, timedelta(minutes=20))


@pytest.mark.call("funnel.sessions")
def test_every_library(library):
    rng = np.random.default_rng(0)
    rows = [(f"v{rng.integers(20)}", int(rng.integers(0, 40)) * 500) for _ in range(400)]
    frame = log([*rows, (None, 100), ("v1", None)], page="/", n=1.5)
    made = funnel.sessions(library(frame), gap="15min")
    table = to_pandas(made, sort=["row"])
    assert table["session_id"].tolist() == expected(frame, timedelta(minutes=15))
    assert list(table.columns) == [*frame.columns, "session_id"]
    pd.testing.assert_frame_equal(table.drop(columns="session_id"), to_pandas(frame), check_dtype=False)


def test_every_library_with_ids(library):
    rng = np.random.default_rng(1)
    rows = [
        (f"v{rng.integers(20)}", int(rng.integers(0, 40)) * 500, rng.choice(["s", "t", None], p=[0.2, 0.1, 0.7]))
        for _ in range(400)
    ]
    frame = log([*rows, (None, 100, "s"), (None, 100, None), ("v1", None, "t"), ("v1", None, None)])
    assert found(library(frame), gap="15min") == expected(frame, timedelta(minutes=15))
    one = funnel.sessions(library(frame), gap="15min")
    assert list(to_pandas(one).columns) == list(frame.columns)
    assert found(one, gap="15min") == found(library(frame), gap="15min")  # sessions that are written stay


def test_an_event_without_an_id_goes_on_with_the_event_before():
    """A purchase that the server sends has no session: it is in the one of the visitor's event before it."""
    rows = [("a", 0, None), ("a", 60, "s"), ("a", 120, None), ("a", 120, "t"), ("a", 180, None), ("a", 4_000, None)]
    assert found(log([*rows, ("b", 60, "s")])) == ["a.1704067200", "s", "t", "t", "t", "a.1704071200", "s"]


def numbers_in_paths(frame, gap):
    fixed = {"goal": ("purchase",), "focus": None, "unit": "session_id", "collapse": False, "top": 200, "as_of": None}
    options = PathOptions(state="row", gap=timedelta(seconds=gap), **fixed)
    visits = read_visits(opened(frame, argument="events"), options)
    return [visits.path[visits.state == visits.states.index(str(row))][0] for row in frame["row"]]


def numbers_in_search(frame, gap):
    fixed = {"within": None, "attribution": "last", "dedupe_within": 0, "reformulation_within": 0, "page_size": None}
    options = SearchOptions(gap=timedelta(seconds=gap), min_searches=1, as_of=None, level=0.95, **fixed)
    log = read_search_log(opened(frame.assign(query="q"), argument="events"), options)
    return log.session[np.argsort(log.events.order)]


def numbers_in_carts(frame, gap):
    table = opened(frame.assign(event="add_to_cart", value=frame["row"]), argument="events")
    events = cart_events.read_cart_log(table, None, timedelta(seconds=gap)).events
    return cart_events.number_cart_sessions(events, 1_000_000 * gap)[np.argsort(events.value)]


@given(
    data=st.data(),
    ids=st.sampled_from([IDS, st.none(), st.sampled_from(["s", "t", "u"]), None]),
    gap=st.sampled_from([400, 600, 1800]),
    several=st.booleans(),
)
@settings(max_examples=80, deadline=None)
def test_every_call_counts_the_same_sessions(data, ids, gap, several):
    """With ids, without, with some; those that visitors share; visitors of one customer."""
    row = (st.sampled_from(["a", "b", "b.1"]), st.integers(0, 12).map(lambda step: 400 * step))
    rows = data.draw(st.lists(st.tuples(*row, *([] if ids is None else [ids])), min_size=1, max_size=25))
    frame = log(rows)
    if several:
        frame["customer_id"] = frame["visitor_id"].map({"a": 1, "b": 7, "b.1": 7})
    wanted = list(zip(frame["visitor_id"], found(frame, gap=f"{gap}s"), strict=True))
    for numbers in (numbers_in_paths(frame, gap), numbers_in_search(frame, gap), numbers_in_carts(frame, gap)):
        assert len(set(zip(wanted, numbers, strict=True))) == len(set(wanted)) == len(set(numbers))


def test_numbers_as_ids(library):
    frame = log([("a", 0), ("a", 3_000), ("b", 0)]).assign(visitor_id=[7, 7, 12])
    assert found(library(frame)) == ["7.1704067200", "7.1704070200", "12.1704067200"]
    assert found(library(frame.assign(session_id=[3, 3, 5]))) == ["3", "3", "5"]


def test_numbers_beside_a_missing_one():
    """NumPy holds them as floats: 7.0 is the visitor 7, and the session 7."""
    frame = log([("a", 0), ("a", 1_000), ("a", 9_000)]).assign(session_id=[np.nan, 7.0, np.nan])
    assert found(frame) == ["a.1704067200", "7", "a.1704076200"]
    assert found(log([("a", 0), ("a", 3_000)]).assign(visitor_id=[7.0, np.nan])) == ["7.1704067200", None]


def test_events_within_one_second():
    frame = log([("a", 0), ("a", 1), ("a", 2)])
    frame["occurred_at"] += pd.to_timedelta([0, 500_000, 100_000], unit="us")
    assert found(frame, gap="1s") == ["a.1704067200", "a.1704067201", "a.1704067201"]


def test_more_events_leave_the_ids_as_they_are():
    rows = [("a", 6_000), ("a", 6_100), ("a", 20_000)]
    before = found(log(rows))
    assert found(log([*rows, ("a", 0), ("a", 90_000)]))[:3] == before


def test_an_empty_table_and_one_row(local_library):
    frame = log([("a", 0)])
    assert found(local_library(frame)) == ["a.1704067200"]
    empty = to_pandas(funnel.sessions(local_library(frame.head(0))))
    assert list(empty.columns) == [*frame.columns, "session_id"]
    assert len(empty) == 0


def test_ids_survive_parquet(tmp_path):
    pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    made = funnel.sessions(log([("a", 0), (None, 5), ("b", 9_000)]))
    made.to_parquet(tmp_path / "events.parquet")
    again = pd.read_parquet(tmp_path / "events.parquet")
    assert to_pandas(again)["session_id"].tolist() == to_pandas(made)["session_id"].tolist()


def test_the_index_of_pandas_is_no_key():
    frame = log([("a", 0), ("b", 50), ("a", 9_000)]).set_index(pd.Index([2, 2, 0]))
    assert funnel.sessions(frame)["session_id"].tolist() == ["a.1704067200", "b.1704067250", "a.1704076200"]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda e: funnel.sessions(e, gap="1mo"), ValueError, "`gap` must be a fixed length of time"),
        (
            lambda e: funnel.sessions(e, gap="half an hour"),
            ValueError,
            "a whole number and s, min, h",
        ),
        (lambda e: funnel.sessions(e, gap=timedelta(milliseconds=5)), ValueError, "`gap` must be at least one second"),
        (lambda e: funnel.sessions(e, gap=30), TypeError, "`gap` must be a duration"),
        (lambda e: funnel.sessions(e.drop(columns="visitor_id")), SchemaError, "`visitor_id` is missing"),
        (lambda e: funnel.sessions(e.rename(columns={"row": "__ecommine_before"})), ValueError, "rename it first"),
        (lambda _: funnel.sessions([1]), TypeError, "`events` must be a pandas"),
    ],
)
def test_errors_name_the_way_out(call, error, message):
    with pytest.raises(error, match=message):
        call(log([("a", 0)]))
