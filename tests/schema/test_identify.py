"""Who is this visitor: worked by hand, and against a slow version that looks at one event at a time."""

from datetime import datetime, timedelta

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecommine import DataWarning, SchemaError, schema
from libraries import to_pandas
from notes import caught_counts, warning_counts
from raw_orders import texts

DAY = datetime(2024, 5, 1)


def days(*numbers):
    return np.array(["NaT" if n is None else DAY + timedelta(days=n) for n in numbers], dtype="datetime64[us]")


def events(visitors, times, **columns):
    frame = {"visitor_id": visitors, "event": "view_item", "occurred_at": days(*times), "n": np.arange(len(visitors))}
    return pd.DataFrame({**frame, **columns})


def known(library, frame, links, **expected):
    out, found = warning_counts(schema.identify, library(frame), library(links))
    assert not expected or found == expected
    assert type(out) is type(library(frame))
    back = to_pandas(out, sort=["n"])
    assert list(back.columns) == [*(name for name in frame.columns if name != "customer_id"), "customer_id"]
    assert back["n"].tolist() == frame["n"].tolist()
    return [None if pd.isna(one) else one for one in back["customer_id"]]


@pytest.mark.call("schema.identify")
def test_a_shared_device_is_each_customer_in_turn(library):
    links = pd.DataFrame(
        {"visitor_id": texts("x", "x", "x"), "customer_id": texts("bob", "anna", "bob"), "linked_at": days(4, 2, 6)}
    )
    frame = events(texts("x", "x", "x", "x", "x", "x", "y"), [0, 2, 3, 4, 5, 9, 3])
    assert known(library, frame, links, events_identified=6) == [
        "anna",  # before the first link
        "anna",  # at the very moment of the link
        "anna",
        "bob",
        "bob",
        "bob",
        None,
    ]


def test_links_without_a_time(library):
    links = pd.DataFrame({"visitor_id": texts("x", "y", "y", "z", "z"), "customer_id": [1, 2, 3, 4, 4]})
    frame = events(texts("x", "y", "z", "w"), [0, 1, 2, 3])
    customers = known(library, frame, links, visitors_with_several_customers=1, events_identified=2)
    assert customers == [1, None, 4, None]


def test_a_link_without_a_time_counts_as_the_first(library):
    links = pd.DataFrame(
        {
            "visitor_id": texts("x", "x", "y", "y", "y"),
            "customer_id": texts("anna", "bob", "carl", "dora", "emil"),
            "linked_at": days(None, 5, None, None, 5),
        }
    )
    frame = events(texts("x", "x", "y", "y"), [1, 6, 1, 6])
    assert known(library, frame, links, visitors_with_several_customers=1, events_identified=3) == [
        "anna",
        "bob",
        None,
        "emil",
    ]


def test_links_at_one_moment_give_the_smallest_customer(library):
    links = pd.DataFrame({"visitor_id": [7, 7, 7], "customer_id": [3, 1, 2], "linked_at": days(2, 2, 4)})
    assert known(library, events([7, 7], [2, 4]), links, events_identified=2) == [1, 2]


def test_a_customer_that_is_there_already_wins(library):
    links = pd.DataFrame({"visitor_id": texts("x"), "customer_id": texts("anna"), "linked_at": days(0)})
    frame = events(texts("x", "x", "y"), [1, 2, 3], customer_id=texts("bob", None, "carl"))
    assert known(library, frame, links, events_identified=3) == ["bob", "anna", "carl"]


def test_number_ids_that_are_there_already(library):
    links = pd.DataFrame({"visitor_id": texts("x"), "customer_id": [5], "linked_at": days(0)})
    frame = events(texts("x", "x", "y"), [1, 2, 3], customer_id=[9.0, np.nan, np.nan])
    native = schema.events(library(frame))
    with pytest.warns(DataWarning) as caught:
        out = to_pandas(schema.identify(native, library(links)), sort=["n"])
    assert caught_counts(caught) == {"events_identified": 2}
    assert out["customer_id"].tolist()[:2] == [9, 5]
    assert out["customer_id"].isna().tolist() == [False, False, True]


def test_no_links_at_all(library):
    links = pd.DataFrame({"visitor_id": texts("x"), "customer_id": texts("anna"), "linked_at": days(0)}).iloc[:0]
    links = links.astype({"visitor_id": "str", "customer_id": "str"})
    frame = events(texts("x", "y"), [0, 1])
    if library.name in ("pandas-numpy", "pandas-nullable"):
        assert known(library, frame, links, events_identified=0) == [None, None]
    else:
        typed = library(pd.DataFrame({"visitor_id": texts("q"), "customer_id": texts("q"), "linked_at": days(0)}))
        empty = nw.from_native(typed).filter(nw.col("visitor_id") == "none").to_native()
        with pytest.warns(DataWarning) as caught:
            out = to_pandas(schema.identify(library(frame), empty))
        assert caught_counts(caught) == {"events_identified": 0}
        assert out["customer_id"].isna().all()


def test_no_events_at_all(library):
    links = pd.DataFrame({"visitor_id": [1], "customer_id": [1]})
    typed = library(events([1], [0]))
    empty = nw.from_native(typed).filter(nw.col("visitor_id") == 2).to_native()
    with pytest.warns(DataWarning) as caught:
        assert len(to_pandas(schema.identify(empty, library(links)))) == 0
    assert caught_counts(caught) == {"events_identified": 0}


def test_all_customers_null_beside_links_with_text():
    frame = events(texts("x", "y"), [0, 1], customer_id=[np.nan, np.nan])
    links = pd.DataFrame({"visitor_id": texts("x"), "customer_id": texts("anna")})
    with pytest.warns(DataWarning) as caught:
        assert schema.identify(frame, links)["customer_id"].tolist()[0] == "anna"
    assert caught_counts(caught) == {"events_identified": 1}


@pytest.mark.parametrize(
    ("name", "frame"),
    [
        ("visitor_id", events([1, 2], [0, 1])),
        ("customer_id", events(texts("x", "y"), [0, 1], customer_id=[1, 2])),
    ],
)
def test_text_ids_beside_number_ids(library, name, frame):
    links = pd.DataFrame({"visitor_id": texts("x"), "customer_id": texts("anna")})
    with pytest.raises(SchemaError, match=f"`{name}` holds text in links but numbers in events: read both as text"):
        schema.identify(library(frame), library(links))


def test_tables_of_two_libraries():
    pl = pytest.importorskip("polars", reason="polars is not installed")
    with pytest.raises(TypeError, match="`links` must be a table of the same library as `events`"):
        schema.identify(events([1], [0]), pl.DataFrame({"visitor_id": [1], "customer_id": [1]}))


def test_a_missing_column_names_the_reader(library):
    with pytest.raises(SchemaError, match=r"`customer_id` is missing: map the table once with schema.links\(raw"):
        schema.identify(library(events([1], [0])), library(pd.DataFrame({"visitor_id": [1], "user": [1]})))


def slow(frame, links):
    """Look at one event at a time."""
    found = []
    for visitor, time in zip(frame["visitor_id"], frame["occurred_at"], strict=True):
        mine = links[links["visitor_id"] == visitor]
        at = {}
        for customer, moment in zip(mine["customer_id"], mine["linked_at"], strict=True):
            at.setdefault(pd.Timestamp(0) if pd.isna(moment) else moment, set()).add(customer)
        moments = sorted(at)
        past = [moment for moment in moments if moment <= time] or moments[:1]
        customers = at[past[-1]] if past else set()
        unsure = past and past[-1] == pd.Timestamp(0) and len(customers) > 1
        found.append(None if unsure or not customers else min(customers))
    return found


@settings(max_examples=40)
@given(data=st.data())
def test_agrees_with_the_slow_version(local_library, data):
    day = st.integers(0, 6)
    seen = data.draw(st.lists(st.tuples(st.integers(1, 3), day), min_size=1, max_size=8))
    linked = data.draw(
        st.lists(st.tuples(st.integers(1, 3), st.integers(1, 4), st.none() | day), min_size=1, max_size=6)
    )
    frame = events([visitor for visitor, _ in seen], [time for _, time in seen])
    links = pd.DataFrame(
        {
            "visitor_id": [visitor for visitor, _, _ in linked],
            "customer_id": [customer for _, customer, _ in linked],
            "linked_at": days(*(time for _, _, time in linked)),
        }
    )
    assert known(local_library, frame, links) == slow(frame, links)


def test_large_ids_survive_visitors_without_a_customer(library):
    big = 1_234_567_890_123_456_789  # beyond 2^53, where floats merge neighbours
    day = pd.to_datetime(["2024-05-01"] * 3).astype("datetime64[us]")
    events = pd.DataFrame({"visitor_id": ["x", "y", "z"], "event": "page_view", "occurred_at": day})
    links = pd.DataFrame({"visitor_id": ["x", "y"], "customer_id": [big, big + 1]})
    with pytest.warns(DataWarning) as caught:
        known = nw.from_native(schema.identify(library(events), library(links)))
    assert caught_counts(caught) == {"events_identified": 2}
    known = known.collect("pyarrow") if isinstance(known, nw.LazyFrame) else known
    found = dict(zip(known["visitor_id"].to_list(), known["customer_id"].to_list(), strict=True))
    assert (found["x"], found["y"]) == (big, big + 1)
    assert pd.isna(found["z"])


def test_no_links_leave_number_ids_as_they_are(library):
    day = pd.to_datetime(["2024-05-01"] * 2).astype("datetime64[us]")
    events = pd.DataFrame({"visitor_id": [1, 2], "event": "page_view", "occurred_at": day, "customer_id": [5, 6]})
    none = pd.DataFrame({"visitor_id": [1], "customer_id": [5]})[:0]
    with pytest.warns(DataWarning) as caught:
        known = to_pandas(schema.identify(library(events), library(none)), sort=["visitor_id"])
    assert caught_counts(caught) == {"events_identified": 2}
    assert known["customer_id"].tolist() == [5, 6]


def test_events_without_a_time_stay(library):
    day = pd.to_datetime(["2024-05-01", None, "2024-05-03"]).astype("datetime64[us]")
    events = pd.DataFrame({"visitor_id": "x", "event": "page_view", "occurred_at": day})
    linked = pd.to_datetime(["2024-05-01", "2024-05-02"]).astype("datetime64[us]")
    links = pd.DataFrame({"visitor_id": "x", "customer_id": ["anna", "bob"], "linked_at": linked})
    with pytest.warns(DataWarning) as caught:
        known = to_pandas(schema.identify(library(events), library(links)), sort=["occurred_at"])
    assert caught_counts(caught) == {"events_identified": 2}
    assert known["customer_id"].tolist() == ["anna", "bob", None]


def test_names_that_are_needed_and_tables_of_two_kinds_are_refused():
    day = pd.to_datetime(["2024-05-01"])
    events = pd.DataFrame({"visitor_id": ["x"], "event": "page_view", "occurred_at": day, "__from": 1})
    links = pd.DataFrame({"visitor_id": ["x"], "customer_id": ["anna"]})
    with pytest.raises(SchemaError, match="'__from'"):
        schema.identify(events, links)
    pl = pytest.importorskip("polars", reason="polars is not installed")
    with pytest.raises(TypeError, match="got lazy polars, not polars"):
        schema.identify(pl.from_pandas(events.drop(columns="__from")), pl.from_pandas(links).lazy())
