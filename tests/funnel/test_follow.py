"""Events of any sequences and moments are sorted alike, whether they fit into 63 bits or not."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecommine import funnel
from ecommine.funnel._match.events import follow
from ecommine.funnel._match.plan import make_plan
from ecommine.funnel._match.sort import Events, sort_events

DAY = 86_400_000_000
BITMASKS = np.array([1, 2, 4, 0, 1 | 2, 8, 2 | 16, -1, 16, -1])
"""Of three steps and two exclusions; those of -1 do not count."""


def centuries(rng, n):
    """Draw moments around some that lie too far apart for 63 bits."""
    return rng.integers(-(2**61), 2**61, 3)[rng.integers(0, 3, n)] + rng.integers(0, 10 * DAY, n)


SEQUENCES = {
    "dense": lambda rng, n: rng.integers(0, 40, n),
    "int32": lambda rng, n: rng.integers(0, 40, n).astype(np.int32),
    "below zero": lambda rng, n: rng.integers(-20, 20, n),
    "hashes": lambda rng, n: rng.integers(-(2**63), 2**63 - 1, 40)[rng.integers(0, 40, n)],
    "above 63 bits": lambda rng, n: (rng.integers(0, 40, n) + 2**62).astype(np.uint64) * np.uint64(2),
}
TIMES = {
    "seconds": lambda rng, n: rng.integers(0, 60 * 86_400, n) * 1_000_000,
    "milliseconds": lambda rng, n: rng.integers(0, 60 * DAY // 1_000, n) * 1_000,
    "microseconds": lambda rng, n: rng.integers(-DAY, 60 * DAY, n),
    "centuries": centuries,
    "in order": lambda rng, n: np.sort(centuries(rng, n)),
}


def drawn(sequence, time, *, groups, seed=0, n=600):
    rng = np.random.default_rng(seed)
    return Events(
        sequence=SEQUENCES[sequence](rng, n),
        time=TIMES[time](rng, n),
        kind=rng.integers(-1, 9, n).astype(np.int8),
        bitmasks=BITMASKS,
        n_steps=3,
        group=rng.integers(0, groups, n) if groups else None,
    )


def sorted_in_python(events):
    """Return sequence, time, steps, exclusions and group of the events that count, in order."""
    group = np.zeros(len(events.time), dtype=int) if events.group is None else events.group
    bits = events.bitmasks[events.kind].tolist()
    rows = zip(events.sequence.astype(np.int64).tolist(), events.time.tolist(), bits, group.tolist(), strict=True)
    kept = [(seq, at, mask & 7, mask >> 3, of_group) for seq, at, mask, of_group in rows if mask >= 0]
    return sorted(kept, key=lambda row: (row[0], row[1], row[2] & -row[2], row[2], row[3], row[4]))


def columns(in_order, sequences):
    arrays = (in_order.time, in_order.step_bitmask, in_order.exclusion_bitmask, in_order.group)
    return [*zip(sequences[in_order.sequence].tolist(), *(values.tolist() for values in arrays), strict=True)]


@pytest.mark.parametrize("groups", [0, 4])
@pytest.mark.parametrize("time", TIMES)
@pytest.mark.parametrize("sequence", SEQUENCES)
def test_any_sequences_and_moments(sequence, time, groups):
    events = drawn(sequence, time, groups=groups)
    assert columns(*sort_events(events)) == sorted_in_python(events)
    times = follow(events, make_plan(funnel.Funnel(["a", "b", "c"], window="20d")))
    assert times.unit.dtype == events.sequence.dtype
    assert set(times.unit.tolist()) <= set(events.sequence.tolist())
    assert (times.reached_at[:, 1] < 2**62).any()


@given(seed=st.integers(0, 10_000), n=st.integers(0, 60))
@settings(max_examples=60)
def test_few_events(seed, n):
    events = drawn("dense", "seconds", groups=0, seed=seed, n=n)
    assert columns(*sort_events(events)) == sorted_in_python(events)


@pytest.mark.parametrize("order", ["ordered", "any"])
def test_nothing_counts(order):
    events = drawn("dense", "seconds", groups=0)
    events = Events(
        sequence=events.sequence, time=events.time, kind=events.kind, bitmasks=BITMASKS * 0 - 1, n_steps=3, group=None
    )
    assert len(follow(events, make_plan(funnel.Funnel(["a", "b", "c"], order=order))).unit) == 0
