"""Stages: each boundary day by hand, registrations, every library, and day by day against a slow version."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecommine import segmentation
from ecommine.segmentation._life.stages import STAGES, stage_changes
from libraries import to_pandas
from notes import note_counts
from segmentation.slow import as_of, orders, slow_stage

LIMITS = segmentation.Stages().days


def customers(**registered: object) -> pd.DataFrame:
    """Make a table of customers with their days of registration."""
    days = [None if day is None else pd.Timestamp("2024-01-01") + pd.Timedelta(days=day) for day in registered.values()]
    return pd.DataFrame(
        {
            "customer_id": np.array(list(registered), dtype=object),
            "registered_at": pd.Series(days, dtype="datetime64[us]"),
        }
    )


@pytest.mark.parametrize(
    ("days", "today", "stage"),
    [
        ([0], 0, "new"), ([0], 7, "new"), ([0], 8, "growing"), ([0], 89, "growing"), ([0], 90, "declining"),
        ([0], 179, "declining"), ([0], 180, "lost"), ([0, 60], 90, "growing"), ([0, 60], 91, "mature"),
        ([0, 60], 149, "mature"), ([0, 60], 150, "declining"), ([0, 60], 239, "declining"), ([0, 60], 240, "lost"),
    ],
)  # fmt: skip
def test_boundary_days(days, today, stage):
    table = segmentation.lifecycle(orders(*(("ann", day, 1.0) for day in days)), as_of=as_of(today)).table
    assert table["stage"].tolist() == [stage]
    assert (table["age_days"][0], table["recency"][0]) == (today - days[0], today - days[-1])


@pytest.mark.call("segmentation.lifecycle")
def test_by_hand_in_every_library(library):
    lines = orders(("ann", 10, 5.0), ("ann", 190, 5.0), ("bob", 190, 5.0), ("cy", 191, -2.0), ("dan", 100, 3.0),
                   (None, 5, 1.0))  # fmt: skip
    known = customers(ann=0, bob=20, eve=195, fay=100, gil=None, hal=205)
    result = segmentation.lifecycle(library(lines), customers=library(known), as_of=as_of(200))
    table = to_pandas(result.table, sort=["customer_id"])
    # Bob registered 180 days ago, so that he is mature with his first order; dan is not in the table of customers.
    assert dict(zip(table["customer_id"], table["stage"], strict=True)) == {
        "ann": "mature", "bob": "mature", "dan": "declining", "eve": "new", "fay": "never_ordered",
        "gil": "never_ordered",
    }  # fmt: skip
    assert table["returned"].tolist() == [True, False, False, False, False, False]
    assert table["age_days"].fillna(-1).tolist() == [200, 180, 100, 5, 100, -1]
    assert table["recency"].fillna(-1).tolist() == [10, 10, 100, -1, -1, -1]
    assert note_counts(result.notes) == {
        "guests_left_out": 1, "customers_without_orders": 1, "registrations_after_as_of": 1, "registrations_unknown": 2,
        "registered_before_data": 1,
    }  # fmt: skip
    counts = to_pandas(result.counts).set_index("stage")["customers"]
    assert counts.to_dict() == {"new": 1, "growing": 0, "mature": 2, "declining": 1, "lost": 0, "never_ordered": 2}


def test_a_registration_after_the_first_order_does_not_make_a_customer_younger():
    result = segmentation.lifecycle(orders(("ann", 0, 1.0)), customers=customers(ann=30), as_of=as_of(40))
    assert result.table["age_days"].tolist() == [40]


def test_a_gap_of_the_limit_is_a_return_and_one_day_less_is_not():
    lines = orders(("ann", 0, 1.0), ("ann", 180, 1.0), ("bob", 0, 1.0), ("bob", 179, 1.0))
    assert segmentation.lifecycle(lines).table["returned"].tolist() == [True, False]


def test_own_limits_and_limits_that_contradict():
    stages = segmentation.Stages(new="1d", growing="10d", declining="20d", lost="30d")
    lines = orders(("ann", 0, 1.0))
    found = [
        segmentation.lifecycle(lines, as_of=as_of(day), stages=stages).table["stage"][0] for day in (1, 2, 19, 20, 30)
    ]
    assert found == ["new", "growing", "mature", "declining", "lost"]
    with pytest.raises(ValueError, match="`declining` must be shorter than `lost`"):
        segmentation.Stages(declining="180d")
    with pytest.raises(ValueError, match="`new` must be shorter than `growing`"):
        segmentation.Stages(new="90d")
    with pytest.raises(ValueError, match="`lost` must be whole days"):
        segmentation.Stages(lost="36h")


DAYS = st.lists(st.integers(0, 700), min_size=0, max_size=6, unique=True).map(sorted)


@given(st.lists(st.tuples(DAYS, st.integers(0, 400)), min_size=1, max_size=4), st.integers(0, 800))
@settings(max_examples=60)
def test_changes_equal_those_of_every_day(careers, until):
    """Everybody is in exactly one stage on each day."""
    careers = [([day for day in days if day <= until], start) for days, start in careers]
    start = np.array([min([start, *days]) for days, start in careers])
    customer = np.repeat(np.arange(len(careers)), [len(days) for days, _ in careers])
    day = np.array([day for days, _ in careers for day in days], dtype=np.int64)
    changes = stage_changes(customer, day, start, LIMITS, until)
    for i, (days, _) in enumerate(careers):
        own = changes.customer == i
        found = dict(zip(changes.day[own].tolist(), (STAGES[one] for one in changes.stage[own]), strict=True))
        stage = None
        for today in range(until + 1):
            stage = found.get(today, stage)
            assert stage == slow_stage(days, int(start[i]), today, LIMITS)
        origins = changes.origin[own]
        assert origins[:1].tolist() in ([], [-1])
        assert (origins[1:] == changes.stage[own][:-1]).all()


def test_limits_are_given_as_stages():
    with pytest.raises(TypeError, match=r"no option `lost` here: give stages=Stages\(lost=\.\.\.\)"):
        segmentation.lifecycle(orders(("ann", 0, 1.0)), lost="365d")
