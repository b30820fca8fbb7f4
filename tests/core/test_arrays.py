"""Arrays of keys: the packed sort is numpy.lexsort, codes are numpy.unique, runs are what a loop counts."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecommine._core.arrays import (
    count_until,
    distinct_codes,
    distinct_rows,
    is_sorted,
    run_bounds,
    run_numbers,
    run_starts,
    sort_order,
    sort_within_groups,
    starts_after_gap,
)

KINDS = [np.int8, np.int16, np.int32, np.int64, np.uint8, np.uint32, np.uint64, np.bool_]


@st.composite
def columns(draw, n=None):
    """Draw a key: few values or many, short or long, of seconds or of anything, sorted or not."""
    n = draw(st.integers(0, 40)) if n is None else n
    kind = np.dtype(draw(st.sampled_from(KINDS)))
    info = None if kind.kind == "b" else np.iinfo(kind)
    low, high = (0, 1) if info is None else (int(info.min), int(info.max))
    ends = sorted((draw(st.integers(low, high)), draw(st.integers(low, high))))
    few = draw(st.lists(st.integers(*ends), min_size=1, max_size=4))
    values = draw(st.lists(st.sampled_from(few) if draw(st.booleans()) else st.integers(*ends), min_size=n, max_size=n))
    key = np.array(values, dtype=kind)
    if info is not None and draw(st.booleans()):
        key = key // kind.type(min(high, 1_000_000)) * kind.type(min(high, 1_000_000))
    return np.sort(key) if draw(st.booleans()) else key


@st.composite
def keys(draw):
    n = draw(st.integers(0, 40))
    return draw(st.lists(columns(n), min_size=1, max_size=4))


@given(keys())
def test_the_packed_sort_is_that_of_lexsort(some):
    before = [key.copy() for key in some]
    order = sort_order(*some)
    assert order.tolist() == np.lexsort(some[::-1]).tolist()
    assert order.dtype == np.int64
    assert all((key == old).all() for key, old in zip(some, before, strict=True))


@pytest.mark.parametrize("unit", [1, 1_000_000])
def test_keys_that_no_63_bits_hold_together(unit):
    rng = np.random.default_rng(0)
    some = [rng.integers(0, 1 << 40, 5_000) // (1 << 33), rng.integers(-(1 << 43), 1 << 43, 5_000) // unit * unit,
            rng.integers(0, 1 << 62, 5_000), rng.integers(0, 3, 5_000)]  # fmt: skip
    for first in range(4):
        assert (sort_order(*some[first:]) == np.lexsort(some[first:][::-1])).all()


@given(keys())
def test_distinct_rows_are_those_of_unique(some):
    codes, first = distinct_rows(*some)
    rows = list(zip(*(key.tolist() for key in some), strict=True))
    distinct = sorted(set(rows))
    assert codes.tolist() == [distinct.index(row) for row in rows]
    assert first.tolist() == [rows.index(row) for row in distinct]


@given(columns())
def test_codes_are_those_of_unique(values):
    expected, inverse = np.unique(values, return_inverse=True)
    codes, distinct = distinct_codes(values)
    assert codes.tolist() == inverse.tolist()
    assert distinct.tolist() == expected.tolist()
    assert distinct.dtype == values.dtype
    assert codes.dtype == np.int64


@pytest.mark.parametrize("values", [np.array([2.5, 0.1, 2.5, np.nan]), np.array(["b", "a", "b", "c"])])
def test_codes_of_what_is_no_whole_number(values):
    codes, distinct = distinct_codes(values)
    assert codes.tolist() == [1, 0, 1, 2]
    assert len(distinct) == 3


@given(st.integers(0, 40).flatmap(lambda n: st.tuples(columns(n), columns(n))))
def test_values_are_sorted_within_groups(both):
    group, values = both
    expected = values[np.lexsort((values, group))]
    assert sort_within_groups(group, values).tolist() == expected.tolist()


@given(keys())
def test_runs_are_what_a_loop_counts(some):
    rows = list(zip(*(key.tolist() for key in some), strict=True))
    is_start = [i == 0 or rows[i] != rows[i - 1] for i in range(len(rows))]
    assert run_starts(*some).tolist() == is_start
    assert run_numbers(*some).tolist() == [sum(is_start[: i + 1]) - 1 for i in range(len(rows))]
    assert run_bounds(*some).tolist() == [i for i, starts in enumerate(is_start) if starts] + [len(rows)]


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 9)), max_size=30))
def test_a_pause_begins_a_run(rows):
    rows = sorted(rows)
    key, time = (np.array([row[at] for row in rows], dtype=np.int64) for at in (0, 1))
    expected = [i == 0 or key[i] != key[i - 1] or time[i] - time[i - 1] > 3 for i in range(len(rows))]
    assert starts_after_gap(key, time, 3).tolist() == expected


@pytest.mark.parametrize(("values", "expected"), [([], True), ([1], True), ([1, 1, 2], True), ([1, 2, 1], False)])
def test_sorted_values_are_seen(values, expected):
    assert is_sorted(np.array(values)) is expected
    late = np.array([*range(2_000), *values])
    assert is_sorted(late) is (not values)


def test_spark_workers_can_import_it_with_numpy_alone():
    code = "import sys, ecommine._core.arrays, ecommine._core.moments, ecommine._core.threads; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"narwhals", "pandas", "pyarrow", "scipy", "numba"} & set(done.stdout.split())


PAIRS = st.tuples(st.integers(-1, 3), st.one_of(st.integers(-5, 5), st.integers(-(2**61), 2**61)))


@given(records=st.lists(PAIRS, max_size=12), at=st.lists(PAIRS, max_size=6), is_near=st.booleans())
def test_records_up_to_a_moment_are_those_that_a_loop_counts(records, at, is_near):
    """Whether keys and times fit into one number or not, and however far the moment is from all records."""
    ordered = sorted((key, time % 100 if is_near else time) for key, time in records)
    key, time, at_key, at_time = (
        np.array([pair[i] for pair in pairs], dtype=np.int64) for pairs in (ordered, at) for i in (0, 1)
    )
    assert count_until(key, time, at_key, at_time).tolist() == [
        sum(pair <= moment for pair in ordered) for moment in at
    ]
