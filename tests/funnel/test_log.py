"""The log as arrays: sorted as plain Python sorts it, in every library and row order, whatever its times are."""

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from ecommine import funnel
from ecommine.funnel._log.log import read_log
from ecommine.funnel._paths import markov
from ecommine.schema._model.event_names import EVENT_NAMES

EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["ann", "bob", "eve", None]),
        st.sampled_from(["purchase", "view_item", "zoom", "add_to_cart"]),
        st.integers(0, 4),
        st.sampled_from(["a", "b", None]),
    ),
    min_size=1,
    max_size=15,
)


def events_of(rows, unit):
    """Make events; ``unit`` is that of their times in microseconds."""
    columns = ("visitor_id", "event", "at", "product_id")
    frame = pd.DataFrame({name: list(of) for name, of in zip(columns, zip(*rows, strict=True), strict=True)})
    at = np.datetime64("2024-01-01", "us") + frame.pop("at").to_numpy() * np.timedelta64(unit, "us")
    return frame.assign(occurred_at=at, value=np.arange(len(frame)) * 1.0).astype({"visitor_id": "str"})


def slowly(frame):
    """Sort events in plain Python: visitor, time, GA4's names before others, product with none first."""
    rows = [row for row in frame.to_dict("records") if isinstance(row["visitor_id"], str)]

    def key(row):
        known = EVENT_NAMES.index(row["event"]) if row["event"] in EVENT_NAMES else len(EVENT_NAMES)
        product = row["product_id"] if isinstance(row["product_id"], str) else ""
        return row["visitor_id"], row["occurred_at"], known, row["event"], product

    return [key(row) for row in sorted(rows, key=key)]


def told(log):
    """Write a log in the words of the slow version."""
    codes, products = log.codes("product_id")
    told = zip(log.unit.tolist(), log.time.tolist(), log.event.tolist(), codes.tolist(), strict=True)
    rows = []
    for unit, time, event, code in told:
        name = log.names[event]
        known = EVENT_NAMES.index(name) if name in EVENT_NAMES else len(EVENT_NAMES)
        product = products[code] if code >= 0 else ""
        rows.append((log.units[unit], pd.Timestamp(time, unit="us"), known, name, product))
    return rows


@given(EVENTS, st.sampled_from([1, 1_000_000, 60_000_000, 86_400 * 10**6 * 2_000 + 1]), st.booleans())
def test_a_log_is_sorted_as_python_sorts_it(rows, unit, in_time):
    frame = events_of(rows, unit)
    frame = frame.sort_values("occurred_at", ignore_index=True) if in_time else frame
    log = read_log(frame, optional=("product_id", "value"), ties=("product_id",))
    assert told(log) == slowly(frame)
    assert sorted(log.floats("value").tolist()) == sorted(frame["value"][frame["visitor_id"].notna()].tolist())


def test_a_log_is_the_same_in_every_library(library):
    rows = [("bob", "view_item", 3, "b"), ("ann", "purchase", 1, "a"), ("bob", "view_item", 3, None)]
    rows += [("ann", "add_to_cart", 1, "a"), ("eve", "zoom", 0, None), ("bob", "purchase", 2, "b")]
    frame = events_of(rows, 1_000_000)
    log = read_log(library(frame), optional=("product_id", "value"), ties=("product_id",))
    assert told(log) == slowly(frame)
    assert log.floats("value").tolist() == [3.0, 1.0, 5.0, 2.0, 0.0, 4.0]


def test_what_only_events_left_out_have_is_no_value():
    frame = events_of([("ann", "view_item", 0, "z"), ("bob", "purchase", 1, "b"), ("bob", "view_item", 2, None)], 1)
    log = read_log(frame, optional=("product_id",), having=("purchase",))
    codes, products = log.codes("product_id")
    assert (codes.tolist(), products.tolist()) == ([0, -1], ["b"])
    assert [log.units[one] for one in log.unit] == ["bob", "bob"]


def test_a_log_may_be_empty():
    frame = events_of([("ann", "view_item", 0, "z")], 1).head(0)
    log = read_log(frame, optional=("product_id",), ties=("product_id",), having=("purchase",))
    assert (len(log.unit), len(log.codes("product_id")[0]), len(log.is_event("purchase"))) == (0, 0, 0)


def test_the_callers_times_stay_as_they_are():
    frame = events_of([("bob", "view_item", 5, "z"), ("ann", "view_item", 2, "z")], 7)
    before = frame.copy(deep=True)
    funnel.sessions(frame)
    funnel.paths(frame)
    pd.testing.assert_frame_equal(frame, before)


def test_visitors_may_be_looked_at_in_any_blocks(monkeypatch):
    rng = np.random.default_rng(0)
    names = np.array(["view_item", "add_to_cart", "purchase"])[rng.integers(0, 3, 400)]
    rows = list(zip(rng.integers(0, 40, 400), names, rng.integers(0, 90_000, 400), ["a"] * 400, strict=True))
    frame = events_of(rows, 1_000_000)
    whole = funnel.paths(frame).states
    monkeypatch.setattr(markov, "NUMBERS_PER_BLOCK", 1)
    pd.testing.assert_frame_equal(funnel.paths(frame).states, whole, rtol=1e-12)
