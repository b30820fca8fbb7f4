"""Flows between stages: by hand, in every library, against days counted one by one, and how often intervals hold."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecommine import segmentation
from ecommine.segmentation._transitions import _rate
from libraries import to_pandas
from notes import note_counts
from segmentation.slow import as_of, orders, slow_stage

LIMITS = segmentation.Stages().days


def registered(**days: int) -> pd.DataFrame:
    at = [np.datetime64("2024-01-01", "us") + np.timedelta64(day, "D") for day in days.values()]
    return pd.DataFrame({"customer_id": np.array(list(days), dtype=object), "registered_at": at}).astype(
        {"registered_at": "datetime64[us]"}
    )


def flows(result) -> dict[tuple[str, str], tuple[int, int]]:
    table = to_pandas(result.table)
    return {(row.from_stage, row.to_stage): (row.entries, row.of) for row in table.itertuples()}


@pytest.mark.call("segmentation.transitions")
def test_by_hand_in_every_library(library):
    lines = orders(("ann", 0, 1.0), ("ann", 95, 1.0), ("bob", 10, 1.0), (None, 1, 1.0))
    result = segmentation.transitions(library(lines), customers=library(registered(ann=0, bob=5)), as_of=as_of(120))
    # Ann is declining from 31 March to 5 April; bob is new from day 5 to 12, declining from day 100 on.
    assert flows(result) == {
        ("none", "new"): (2, 0), ("new", "growing"): (2, 2), ("growing", "mature"): (1, 7),
        ("growing", "declining"): (1, 7), ("mature", "declining"): (1, 2), ("declining", "mature"): (1, 3),
    }  # fmt: skip
    assert note_counts(result.notes) == {"guests_left_out": 1}
    assert result.headline == "as of 2024-04-30 23:59, 2 customers, 4 complete periods of 1 month"
    periods = to_pandas(result.periods)
    assert periods["entries"].sum() == 8
    assert periods["complete"].all()


def test_a_stage_that_is_short_is_counted():
    """At month ends nobody is ever seen as new, though everybody was."""
    lines = orders(*((f"c{i}", 3, 1.0) for i in range(5)), ("z", 0, 1.0))
    known = registered(**{f"c{i}": 3 for i in range(5)}, z=0)
    result = segmentation.transitions(lines, customers=known, as_of=as_of(59))
    assert flows(result)["new", "growing"] == (6, 6)


def test_without_registrations_flows_start_later_and_new_is_first_seen():
    lines = orders(("ann", 0, 1.0), ("bob", 182, 1.0), ("ann", 183, 1.0), ("cy", 250, 1.0))
    result = segmentation.transitions(lines, as_of=as_of(268))
    # 180 days after 1 January is 29 June: the first whole month is July; 25 September is in an open one.
    periods = to_pandas(result.periods)
    assert periods["period_at"].min() == pd.Timestamp("2024-07-01")
    assert set(periods.loc[~periods["complete"], "period_at"]) == {pd.Timestamp("2024-09-01")}
    assert flows(result) == {
        ("none", "first_seen"): (1, 0), ("first_seen", "growing"): (1, 1), ("lost", "mature"): (1, 1),
    }  # fmt: skip
    assert set(note_counts(result.notes)) == {"first_seen"}


def test_no_complete_period_is_told():
    result = segmentation.transitions(orders(("ann", 0, 1.0)), as_of=as_of(5))
    assert len(result.table) == 0
    assert set(note_counts(result.notes)) == {"first_seen", "no_complete_period"}


@pytest.mark.parametrize(("every", "first"), [("1d", "2024-01-01"), ("1w", "2024-01-01"), ("1q", "2024-01-01")])
def test_periods_of_other_lengths(every, first):
    lines = orders(("ann", 0, 1.0), ("ann", 40, 1.0))
    result = segmentation.transitions(lines, customers=registered(ann=0), every=every, as_of=as_of(200))
    assert result.periods["period_at"].min() == pd.Timestamp(first)
    assert flows(result)["new", "growing"][0] == 1


DAYS = st.lists(st.integers(0, 420), min_size=1, max_size=5, unique=True).map(sorted)


@given(st.lists(DAYS, min_size=1, max_size=4))
@settings(max_examples=25)
def test_flows_equal_days_counted_one_by_one(careers):
    until = 455  # 31 March 2025
    rows = [(f"c{i}", day, 1.0) for i, days in enumerate(careers) for day in days]
    known = registered(**{f"c{i}": days[0] for i, days in enumerate(careers)})
    result = segmentation.transitions(orders(*rows), customers=known, as_of=as_of(until))
    first = min(day for days in careers for day in days)
    months = (np.datetime64("2024-01-01", "D") + np.arange(until + 1)).astype("datetime64[M]").astype(int)
    begin = months[first] if first == 0 or months[first] != months[first - 1] else months[first] + 1
    entries: dict[tuple[str, str], int] = {}
    stays: dict[str, int] = {}
    for days in careers:
        stages = [slow_stage(days, days[0], today, LIMITS) for today in range(until + 1)]
        before = [None, *stages[:-1]]
        present = {(months[d], stage, _stay(stages, d)) for d, stage in enumerate(stages) if stage}
        # The day of a change belongs to the stay that ends on it too.
        present |= {
            (months[d], b, _stay(stages, d - 1))
            for d, (b, s) in enumerate(zip(before, stages, strict=True))
            if b and b != s
        }
        for month, stage, _ in present:
            if month >= begin:
                stays[stage] = stays.get(stage, 0) + 1
        for d, (b, s) in enumerate(zip(before, stages, strict=True)):
            if s and b != s and months[d] >= begin:
                entries[b or "none", s] = entries.get((b or "none", s), 0) + 1
    assert flows(result) == {key: (count, stays.get(key[0], 0)) for key, count in entries.items()}


def _stay(stages, day):
    """Return the first day of the stay that a day is in."""
    while day and stages[day - 1] == stages[day]:
        day -= 1
    return day


def coverage(n_runs: int) -> float:
    """Return how often the interval holds the true rate: twelve months of 300 customers, rates gamma with cv 1."""
    rng = np.random.default_rng(0)
    shape, mean, held = 1.0, 0.1, 0
    truth = np.minimum(rng.gamma(shape, mean / shape, 4_000_000), 1).mean()
    for _ in range(n_runs):
        rate = np.minimum(rng.gamma(shape, mean / shape, 300), 1)
        entries = rng.binomial(12, rate).astype(np.float64)
        low, high = _rate(entries, np.full(300, 12.0))[3:]
        held += low <= truth <= high
    return held / n_runs


def test_intervals_hold_in_a_short_simulation():
    assert 0.91 <= coverage(150) <= 0.99


@pytest.mark.parity
def test_intervals_hold_in_a_long_simulation():
    assert 0.93 <= coverage(1_000) <= 0.97


def test_customers_who_registered_before_the_data_have_an_unknown_past():
    lines = orders(*((f"c{i}", i, 1.0) for i in range(100)), ("z", 300, 1.0))
    early = registered(**{f"c{i}": -3_000 for i in range(100)}, z=300)
    result = segmentation.transitions(lines, customers=early, as_of=as_of(330))
    assert note_counts(result.notes) == {"registered_before_data": 100}
    assert result.periods["period_at"].min() == pd.Timestamp("2024-07-01")
    assert ("never_ordered", "mature") not in flows(result)
    assert note_counts(segmentation.lifecycle(lines, customers=early).notes) == {"registered_before_data": 100}


def test_registrations_that_are_all_missing_are_none():
    lines = orders(("ann", 0, 1.0), ("bob", 182, 1.0), ("ann", 183, 1.0), ("cy", 250, 1.0))
    unknown = pd.DataFrame({"customer_id": ["ann"], "registered_at": np.array(["NaT"], dtype="datetime64[us]")})
    result = segmentation.transitions(lines, customers=unknown, as_of=as_of(268))
    assert flows(result) == flows(segmentation.transitions(lines, as_of=as_of(268)))
