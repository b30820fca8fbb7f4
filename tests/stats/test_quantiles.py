"""Quantiles: NumPy's of arrays, and the same of groups and of counts."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecommine._stats import quantiles as q

LEVELS = (0.0, 0.1, 0.25, 0.5, 0.9, 1.0)
VALUES = st.lists(st.integers(-5, 60), max_size=40)


def expected(values, levels=LEVELS):
    return np.quantile(values, levels) if len(values) else np.full(len(levels), np.nan)


@given(values=VALUES)
@settings(max_examples=50)
def test_quantiles_of_arrays_and_of_counts_are_numpys(values):
    array = np.array(values, dtype=np.int64)
    np.testing.assert_allclose(q.quantiles(array, LEVELS), expected(values), atol=1e-12)
    np.testing.assert_array_equal(q.quantiles(array), expected(values, q.QUARTILES))
    np.testing.assert_array_equal(q.quantiles(array * 1_000, unit=1_000), expected(values, q.QUARTILES))
    np.testing.assert_array_equal(
        q.quantiles_of_counts(*np.unique(array, return_counts=True)), expected(values, q.QUARTILES)
    )
    assert q.twice_the_median(array) == (2 * np.median(values) if values else 0)


@given(rows=st.lists(st.tuples(st.integers(0, 3), st.integers(-5, 60)), max_size=40), shift=st.sampled_from([0, 5, 62]))
@settings(max_examples=50)
def test_quantiles_by_group_are_those_of_each_group(rows, shift):
    """Also of values below zero and of large ones, which cannot be packed with their group."""
    group, values = np.array(rows, dtype=np.int64).reshape(-1, 2).T
    values = values + 5 if shift == 5 else values + (1 << shift)
    result = q.quantiles_by_group(group, values, 5, LEVELS)
    assert result.shape == (len(LEVELS), 5)
    for number in range(5):
        np.testing.assert_allclose(result[:, number], expected(values[group == number]), rtol=1e-15)


def test_counts_of_zero_and_values_that_repeat():
    assert np.isnan(q.quantiles_of_counts([1, 2], [0, 0])).all()
    assert np.isnan(q.quantiles_of_counts(np.zeros(0), np.zeros(0, dtype=int))).all()
    assert q.quantiles_of_counts([1, 1, 3, 4], [1, 0, 1, 0]).tolist() == [1.5, 2.0, 2.5]


@pytest.mark.parametrize(("n", "ranks"), [(0, []), (1, [0, 0]), (2, [0, 1]), (7, [3, 3])])
def test_middle_ranks(n, ranks):
    assert q.middle_ranks(n).tolist() == ranks


@given(values=VALUES.filter(len), n_classes=st.integers(2, 12))
@settings(max_examples=50)
def test_cuts_are_the_smallest_values_that_hold_their_share(values, n_classes):
    ordered = np.sort(np.array(values))
    cuts = q.inverted_cdf(ordered, n_classes)
    assert len(cuts) == n_classes - 1
    for place, cut in enumerate(cuts.tolist(), start=1):
        assert (ordered <= cut).sum() * n_classes >= place * len(ordered)
        assert (ordered < cut).sum() * n_classes < place * len(ordered)
