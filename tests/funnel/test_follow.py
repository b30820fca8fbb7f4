"""Events are followed alike by the compiled code on all cores, and by NumPy's sorted searches."""

from dataclasses import replace
from importlib.util import find_spec

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecommine import funnel
from ecommine.funnel._match.engine import follow
from ecommine.funnel._match.plan import make_plan
from ecommine.funnel._match.sort import Events
from funnel.engines import compiled_in_shares

needs_numba = pytest.mark.skipif(find_spec("numba") is None, reason="numba, of the extra `fast`, is not installed")
DAY = 86_400_000_000


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
        bitmasks=np.array([1, 2, 4, 0, 1 | 2, 8, 2 | 16, -1, 16, -1]),
        n_steps=3,
        group=rng.integers(0, groups, n) if groups else None,
    )


def both(events, definition):
    """Follow events by both, with the rows cut into shares."""
    plan = make_plan(definition)
    with compiled_in_shares():
        compiled = follow(events, plan)
    return compiled, follow(events, plan)


def table(found, *, group):
    columns = {"unit": found.unit, "first": found.reached_at[:, 0]}
    for step in range(found.reached_at.shape[1]):
        columns |= {f"at{step}": found.reached_at[:, step], f"since{step}": found.entry_at[:, step]}
        columns |= {f"skipped{step}": found.skipped[:, step]}
        columns |= {f"group{step}": found.group[:, step]} if group else {}
    return pd.DataFrame(columns).sort_values("unit", ignore_index=True)


DEFINITIONS = {
    "plain": funnel.Funnel(["a", "b", "c"], window="20d"),
    "strict": funnel.Funnel(["a", "b", "c"], window="20d", order="strict"),
    "optional, excluded": funnel.Funnel(["a", "b", "c"], window="20d", optional="b", exclude=["x", "y"]),
    "once": funnel.Funnel(["a", funnel.Step("b", within="3d"), "c"], window="20d", reentry=False),
}


@needs_numba
@pytest.mark.parametrize("definition", DEFINITIONS.values(), ids=DEFINITIONS)
@pytest.mark.parametrize("time", TIMES)
@pytest.mark.parametrize("sequence", SEQUENCES)
def test_any_sequences_and_moments(sequence, time, definition):
    events = drawn(sequence, time, groups=4)
    compiled, searched = both(events, definition)
    assert compiled.unit.dtype == searched.unit.dtype == events.sequence.dtype
    pd.testing.assert_frame_equal(table(compiled, group=True), table(searched, group=True), check_dtype=False)
    assert (compiled.reached_at[:, 1] < 2**62).any()


@needs_numba
@given(seed=st.integers(0, 10_000), n=st.integers(0, 60), window=st.integers(1, 60))
@settings(max_examples=60)
def test_few_events(seed, n, window):
    events = drawn("dense", "seconds", groups=0, seed=seed, n=n)
    compiled, searched = both(events, funnel.Funnel(["a", "b", "c"], window=f"{window}d"))
    pd.testing.assert_frame_equal(table(compiled, group=False), table(searched, group=False), check_dtype=False)


@needs_numba
def test_nothing_counts():
    events = drawn("dense", "seconds", groups=0)
    events = replace(events, bitmasks=events.bitmasks * 0 - 1)
    assert [len(found.unit) for found in both(events, funnel.Funnel(["a", "b", "c"]))] == [0, 0]


ORDERS = {"in time": False, "a few of each, shuffled": False, "a bot, shuffled": True}


@needs_numba
@pytest.mark.parametrize(("order", "is_rough"), ORDERS.items(), ids=ORDERS)
def test_parts_are_sorted_by_insertion_unless_they_are_rough(order, is_rough):
    from ecommine.funnel._match import numba_sort

    rng, n = np.random.default_rng(0), 40_000
    sequence = np.zeros(n, dtype=np.int64) if order.startswith("a bot") else rng.integers(0, n // 10, n)
    offset = np.sort(rng.integers(0, 1_000_000, n))
    offset = rng.permutation(offset) if order.endswith("shuffled") else offset
    layout, bits = (0, 0, 1, 20, 0), numba_sort._part_bits(n)
    part = ((sequence.astype(np.uint64) * numba_sort.GOLDEN) >> np.uint64(64 - bits)).astype(np.int64)
    packed = (sequence << 20 | offset)[np.argsort(part, kind="stable")]
    ends = np.append(0, np.cumsum(np.bincount(part, minlength=1 << bits)))
    widths = (bits, numba_sort.BUCKET_BITS)
    assert numba_sort._sort_parts(packed.copy(), ends, layout, widths, np.empty(n, np.int64)).any() == is_rough
    numba_sort._sort_run(packed, ends, layout, bits)
    np.testing.assert_array_equal(np.sort(packed), np.sort(sequence << 20 | offset))
    goes_on = np.diff(packed >> 20) == 0
    assert 1 + (~goes_on).sum() == len(np.unique(sequence))  # each sequence in one piece, in the order of time
    assert (np.diff(packed)[goes_on] >= 0).all()
