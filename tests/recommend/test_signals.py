"""EASE, cosine, chances together, histories: by hand, and beside slow versions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array

from ecommine.recommend._read.history import history_at
from ecommine.recommend._read.purchases import read_purchases
from ecommine.recommend._signals.baskets import chances_together, order_matrix
from ecommine.recommend._signals.cosine import cosine_weights
from ecommine.recommend._signals.ease import ease_weights, largest_in_columns
from recommend import slow
from recommend.shops import lines

CUSTOMERS = [[0, 1], [0, 2], [1, 2], [0, 1, 2], [0]]


def matrix_of(baskets, n):
    matrix = np.zeros((len(baskets), n))
    for row, basket in enumerate(baskets):
        matrix[row, basket] = 1
    return matrix


BASKETS = st.lists(st.lists(st.integers(0, 5), min_size=1, max_size=5, unique=True), min_size=1, max_size=12)


def test_ease_by_hand():
    weights = ease_weights(csr_array(matrix_of(CUSTOMERS, 3)), 1.0).toarray()
    assert weights[0].tolist() == pytest.approx([0, 0.25, 0.25])
    assert weights[1].tolist() == pytest.approx([1 / 3, 0, 0.375])
    assert weights[2].tolist() == pytest.approx([1 / 3, 0.375, 0])


@given(BASKETS, st.floats(0.5, 100))
def test_ease_is_a_ridge_regression_of_each_product_on_the_others(baskets, penalty):
    matrix = matrix_of(baskets, 6)
    assert ease_weights(csr_array(matrix), penalty).toarray() == pytest.approx(slow.ease(matrix, penalty), abs=1e-5)


def test_single_precision_ranks_alike(monkeypatch):
    rng = np.random.default_rng(0)
    matrix = csr_array((rng.random((400, 60)) < 0.1).astype(float))
    exact = ease_weights(matrix, 50.0).toarray()
    monkeypatch.setattr("ecommine.recommend._signals.ease.LARGE", 10)
    assert ease_weights(matrix, 50.0).toarray() == pytest.approx(exact, abs=1e-5)


def test_the_largest_weights_are_kept():
    weights = np.array([[0.0, 3.0], [-5.0, 1.0], [2.0, -2.0]])
    assert largest_in_columns(weights, 2).toarray().tolist() == [[0, 3], [-5, 0], [2, -2]]


@given(BASKETS)
def test_cosine_beside_the_slow_version(baskets):
    matrix = matrix_of(baskets, 6)
    assert cosine_weights(csr_array(matrix), 6).toarray() == pytest.approx(slow.cosine(matrix, 6))
    fast, naive = cosine_weights(csr_array(matrix), 2).toarray(), slow.cosine(matrix, 2)
    assert np.sort(fast, axis=0) == pytest.approx(np.sort(naive, axis=0))


def test_chances_together_by_hand():
    # 4 orders, A in 3 of them, B in 3, both in 2: (2 + 20 * 3/4) / (3 + 20)
    orders = csr_array(matrix_of([[0, 1], [0, 1], [0], [1]], 2))
    chances = chances_together(orders, csr_array([[0.0, 1.0], [1.0, 0.0]])).toarray()
    assert chances[0, 1] == pytest.approx(17 / 23)
    assert chances[0, 0] == 0


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 4), st.integers(-2, 3)), min_size=1))
def test_purchases_beside_the_slow_version(rows):
    _, product, order, quantity = np.array(rows).T
    table = lines(order % 4, product, order, order=order, quantity=quantity)
    read = read_purchases(table, None)
    mine = {
        (int(read.customers[c]), int(read.products[p]), int(np.unique(order)[o]))
        for c, p, o in zip(read.customer, read.product, read.order, strict=True)
    }
    expected = slow.purchases(table)
    assert {(c, p) for c, p, _ in mine} == {(c, p) for c, p, _ in expected}
    assert len(read.customer) == len(expected)


def test_history_by_hand():
    table = lines([1, 1, 1, 2], ["a", "a", "b", "a"], [0, 10, 10, 20])
    read = read_purchases(table, None)
    known = history_at(read, int(read.today), half_life=10, window=11)
    assert known.product.tolist() == [0, 1, 0]
    assert known.count.tolist() == [2, 1, 1]
    assert known.decayed.tolist() == pytest.approx([0.75, 0.5, 1.0])
    assert known.orders.tolist() == [3, 1]
    assert known.recent.tolist() == [2, 1]  # the eleventh day back is one of the window
    assert history_at(read, int(read.today), half_life=10, window=10).recent.tolist() == [1, 0]
    earlier = history_at(read, int(read.today) - 10, half_life=10, window=11)
    assert earlier.count.tolist() == [2, 1]


def test_popularity_counts_customers_and_not_units():
    table = lines([1, 2, 3, 3, 3], ["a", "a", "b", "b", "b"], [0, 0, 0, 0, 0], quantity=[1, 1, 80_995, 1, 1])
    read = read_purchases(table, None)
    assert history_at(read, read.today, half_life=10, window=7).recent.tolist() == [2, 1]


def test_orders_of_guests_are_in_baskets():
    table = lines([None, None, 1], ["a", "b", "a"], [0, 0, 1], order=[1, 1, 2])
    read = read_purchases(table, None)
    assert order_matrix(read, np.array([0, 1])).toarray().tolist() == [[1, 1], [1, 0]]
    assert [(note.code, note.count) for note in read.notes] == [("guests", 2)]
