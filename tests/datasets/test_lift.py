"""The closed form of meeting in a basket, against enumeration and simulation."""

from itertools import permutations

import numpy as np
import pytest

from ecommine.datasets._baskets.lift import inclusion, meeting, pair_factor, response
from ecommine.datasets._drawing import zipf_weights

NONE = np.empty((0, 2), dtype=np.int64)


def _meets(weights: np.ndarray, size: int, a: int, b: int) -> float:
    """Chance of two products to be in one basket of two or three, summed over every order of drawing."""
    rest = [()] if size == 2 else [(c,) for c in range(len(weights)) if c not in (a, b)]
    total = 0.0
    for more in rest:
        for drawn in permutations((a, b, *more)):
            left, chance = 1.0, 1.0
            for product in drawn:
                chance *= weights[product] / left
                left -= weights[product]
            total += chance
    return total


def test_equal_products_are_exact() -> None:
    """With n equal products a pair is in a basket of s with chance s (s - 1) / (n (n - 1))."""
    sizes = np.array([1, 2, 5, 9])
    observed, by_chance = meeting(np.full(10, 0.1), sizes, NONE, np.empty(0), np.array([[3, 7]]))
    assert observed[:, 0] == pytest.approx(sizes * (sizes - 1) / 90)
    assert by_chance == pytest.approx(observed)
    assert inclusion(np.full(10, 0.1), sizes) == pytest.approx(np.repeat(sizes[:, None] / 10, 10, axis=1))


@pytest.mark.parametrize("size", [2, 3])
def test_the_approximation_is_close_for_unequal_products(size: int) -> None:
    weights, pairs = zipf_weights(200, 0.8), np.array([[10, 100], [30, 60]])
    observed, _ = meeting(weights, np.array([size]), NONE, np.empty(0), pairs)
    exact = [_meets(weights, size, a, b) for a, b in pairs.tolist()]
    assert observed[0] == pytest.approx(exact, rel=0.06)


def test_inclusion_adds_up_to_the_size() -> None:
    sizes = np.arange(0, 40, 3)
    assert inclusion(zipf_weights(50, 1.0), sizes).sum(axis=1) == pytest.approx(sizes)


def test_pair_factor_by_hand() -> None:
    """Two of three equal products: 2 ordered pairs held, (4 - 12 / 9) by independence."""
    assert pair_factor(np.full((1, 3), 2 / 3)) == pytest.approx([2 / (4 - 4 / 3)])
    assert pair_factor(np.array([[0.5, 0.5]])) == pytest.approx([0])  # one product: no pair


def test_a_bundle_by_hand() -> None:
    """Baskets of two out of four equal products; half of them are the bundle {0, 1}."""
    observed, by_chance = meeting(
        np.full(4, 0.25), np.array([2]), np.array([[0, 1]]), np.array([0.5]), np.array([[0, 1]])
    )
    in_basket = 0.5 + 0.5 * 0.5  # of products 0 and 1; the other two are in a quarter
    factor = 2 / (4 - 2 * in_basket**2 - 2 * 0.25**2)
    assert observed[0, 0] == pytest.approx(0.5 + 0.5 / 6)
    assert by_chance[0, 0] == pytest.approx(in_basket**2 * factor)


def test_response_is_the_derivative_of_sales() -> None:
    weights, sizes, orders = zipf_weights(40, 0.8), np.array([1, 3, 8]), np.array([50, 30, 20])
    bundles, rates = np.array([[4, 9]]), np.array([0.1])
    told = response(weights, sizes, orders, bundles, rates)

    def sales(product: int, change: float) -> float:
        moved = weights.copy()
        moved[product] *= np.exp(change)
        plain = orders @ inclusion(moved, sizes)
        others = moved.copy()
        others[[4, 9]] = 0
        rest = inclusion(others, np.maximum(sizes - 2, 0))
        rest[:, [4, 9]] = 1
        fits = (sizes >= 2) * 0.1 * orders
        return float((plain - fits @ inclusion(moved, sizes) + fits @ rest)[product])

    for product in (0, 4, 20):
        slope = (np.log(sales(product, 1e-4)) - np.log(sales(product, -1e-4))) / 2e-4
        assert told[product] == pytest.approx(slope, rel=1e-4)
