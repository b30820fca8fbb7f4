"""Shapley values of a product: the mean over all orders, listed."""

from itertools import permutations
from math import prod

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecommine._stats.shapley import split_product

FACTORS = st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=5)


def slow_parts(before, after):
    parts, orders = np.zeros(len(before)), list(permutations(range(len(before))))
    for order in orders:
        values = list(before)
        for factor in order:
            earlier = prod(values)
            values[factor] = after[factor]
            parts[factor] += (prod(values) - earlier) / len(orders)
    return parts


@given(factors=FACTORS)
@settings(max_examples=40)
def test_parts_are_the_mean_over_all_orders(factors):
    before, after = np.array(factors).T
    parts = split_product(before, after).parts
    np.testing.assert_allclose(parts, slow_parts(before, after), atol=1e-12)
    assert parts.sum() == pytest.approx(after.prod() - before.prod(), abs=1e-12)
    np.testing.assert_allclose(split_product(after, before).parts, -parts, atol=1e-12)


def test_two_factors_by_hand():
    """Orders times order value: 4 x 10 becomes 6 x 15."""
    found = split_product(np.array([4.0, 10.0]), np.array([6.0, 15.0]))
    assert found.parts == pytest.approx([2 * 12.5, 5 * 5.0])


@given(factors=FACTORS)
@settings(max_examples=20)
def test_derivatives_are_those_of_small_steps(factors):
    before, after = np.array(factors).T
    found, step = split_product(before, after), 1e-6
    for factor in range(len(before)):
        moved = np.eye(len(before))[factor] * step
        for by, ends in (
            (found.by_before, [(before + sign * moved, after) for sign in (1, -1)]),
            (found.by_after, [(before, after + sign * moved) for sign in (1, -1)]),
        ):
            more, less = (split_product(*end).parts for end in ends)
            np.testing.assert_allclose(by[:, factor], (more - less) / (2 * step), atol=1e-8)


def test_twenty_factors_add_up():
    rng = np.random.default_rng(0)
    before, after = rng.uniform(0.5, 1, (2, 20))
    assert split_product(before, after).parts.sum() == pytest.approx(after.prod() - before.prod(), abs=1e-15)
