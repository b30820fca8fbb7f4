"""Adjusted p-values: by hand, against statsmodels and SciPy, and how many false finds they let through."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats import multitest

from ecommine._stats.multiple_testing import CORRECTIONS, adjust_p_values

METHODS = {"bh": "fdr_bh", "holm": "holm", "bonferroni": "bonferroni"}
P_VALUES = st.lists(st.one_of(st.floats(0, 1), st.sampled_from([0.0, 0.01, 0.05, 1.0])), max_size=25)

# Benjamini and Hochberg (1995), section 3.2: 15 p-values of an infarction trial; at .05 Bonferroni rejects the first
# three, their procedure the first four.
TRIAL = np.array(
    [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1]
)


@pytest.mark.parametrize(("method", "rejected"), [("bh", 4), ("bonferroni", 3), ("holm", 3), (None, 9)])
def test_benjamini_and_hochbergs_example(method, rejected):
    assert int((adjust_p_values(TRIAL, method) <= 0.05).sum()) == rejected


def test_each_correction_by_hand():
    p = np.array([0.03, 0.01, 0.02])
    assert adjust_p_values(p, "bonferroni") == pytest.approx([0.09, 0.03, 0.06])
    assert adjust_p_values(p, "holm") == pytest.approx([0.04, 0.03, 0.04])
    assert adjust_p_values(p, "bh") == pytest.approx([0.03, 0.03, 0.03])


@given(p=P_VALUES.filter(len), extra=st.integers(0, 30), method=st.sampled_from(sorted(METHODS)))
@settings(max_examples=25)  # statsmodels collects garbage on every call
def test_a_larger_family_is_statsmodels_with_ones(p, extra, method):
    expected = multitest.multipletests([*p, *[1.0] * extra], method=METHODS[method])[1][: len(p)]
    np.testing.assert_allclose(adjust_p_values(np.array(p), method, n_tests=len(p) + extra), expected, atol=1e-12)


@given(p=P_VALUES.filter(len))
@settings(max_examples=30)
def test_the_false_discovery_rate_is_scipys(p):
    np.testing.assert_allclose(adjust_p_values(np.array(p), "bh"), stats.false_discovery_control(p), atol=1e-12)


@given(p=P_VALUES, method=st.sampled_from(CORRECTIONS), n_tests=st.sampled_from([None, 3, 40]), data=st.data())
@settings(max_examples=60)
def test_missing_tests_stay_missing_and_change_nothing(p, method, n_tests, data):
    places = data.draw(st.lists(st.integers(0, len(p)), max_size=4))
    holed = np.insert(np.array(p, dtype=float), places, np.nan)
    adjusted = adjust_p_values(holed, method, n_tests=n_tests)
    np.testing.assert_array_equal(np.isnan(adjusted), np.isnan(holed))
    np.testing.assert_array_equal(adjusted[~np.isnan(holed)], adjust_p_values(np.array(p), method, n_tests=n_tests))


@given(p=P_VALUES, method=st.sampled_from(sorted(METHODS)))
@settings(max_examples=40)
def test_adjusted_p_values_are_larger_and_in_the_same_order(p, method):
    given_p = np.array(p, dtype=float)
    adjusted = adjust_p_values(given_p, method)
    assert (adjusted >= given_p).all()
    assert (adjusted <= 1).all()
    assert (np.diff(adjusted[np.argsort(given_p, kind="stable")]) >= 0).all()


def test_the_result_is_never_the_argument():
    p = np.array([0.5])
    for method in CORRECTIONS:
        assert adjust_p_values(p, method) is not p
    assert adjust_p_values(np.zeros(0), "bh").shape == (0,)


def test_a_family_smaller_than_the_tests_is_the_tests():
    assert adjust_p_values(np.array([0.01, 0.02]), "bonferroni", n_tests=1).tolist() == [0.02, 0.04]


def test_family_wise_and_false_discovery_rates_are_kept_and_used():
    rng = np.random.default_rng(0)
    p = rng.random((4_000, 10))
    p[:, :5] = stats.norm.sf(rng.normal(3.0, 1.0, (4_000, 5)))  # half of the hypotheses are false
    for method, low, high in (("holm", 0.015, 0.05), ("bonferroni", 0.015, 0.05)):
        finds = np.array([adjust_p_values(row, method) for row in p]) < 0.05
        assert low <= finds[:, 5:].any(axis=1).mean() <= high
    finds = np.array([adjust_p_values(row, "bh") for row in p]) < 0.05
    false_share = finds[:, 5:].sum(axis=1) / np.maximum(finds.sum(axis=1), 1)
    assert 0.018 <= false_share.mean() <= 0.032  # half of .05, as half of the hypotheses are true
