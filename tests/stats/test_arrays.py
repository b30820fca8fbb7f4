"""Operations on groups: what they give where there is nothing."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ecommine._stats.arrays import divide, run_starts, sums_by_group


def test_a_ratio_of_nothing_is_unknown():
    assert np.isnan(divide([1, 2, 3], [0, -1, np.nan])).all()
    assert divide(1, 4) == 0.25
    assert divide(np.array([2]), np.array([4], dtype=np.int64)).dtype == np.float64


@given(values=st.lists(st.integers(0, 3), max_size=20))
def test_runs_begin_where_a_value_is_another(values):
    ordered = sorted(values)
    expected = [place for place, value in enumerate(ordered) if not place or value != ordered[place - 1]]
    assert run_starts(np.array(ordered, dtype=np.int64)).tolist() == expected


def test_sums_are_floats_also_of_nothing():
    empty = np.zeros(0, dtype=np.int64)
    assert sums_by_group(empty, empty, 2).tolist() == [0.0, 0.0]
    assert sums_by_group(empty, empty, 2).dtype == np.float64
    assert sums_by_group(np.array([1, 1]), np.array([True, True]), 2).tolist() == [0.0, 2.0]
