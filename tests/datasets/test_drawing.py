"""Choice without replacement: exact against enumeration, and the two ways to draw it agree."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecommine import datasets
from ecommine.datasets import _drawing
from ecommine.datasets._drawing import (
    Taste,
    cumulative_weights,
    distinct_items,
    draw_columns,
    expand_runs,
    generator,
    zipf_weights,
)


def _in_basket(weights: np.ndarray, size: int) -> np.ndarray:
    """Chance of each product to be among the first ``size``, summed over every order of drawing."""
    chance = np.zeros(len(weights))
    for drawn in permutations(range(len(weights)), size):
        left, together = 1.0, 1.0
        for product in drawn:
            together *= weights[product] / left
            left -= weights[product]
        chance[list(drawn)] += together
    return chance


@pytest.mark.parametrize("rounds", [_drawing.REJECTION_ROUNDS, 0])  # 0: all orders are finished by ranking
@pytest.mark.parametrize("size", [1, 2, 3])
def test_inclusion_equals_enumeration(monkeypatch: pytest.MonkeyPatch, rounds: int, size: int) -> None:
    monkeypatch.setattr(_drawing, "REJECTION_ROUNDS", rounds)
    weights, n = zipf_weights(4, 1.2), 40_000
    keys = distinct_items(
        np.random.default_rng(1), weights[None, :], np.zeros(n, int), np.full(n, size), given=np.empty(0, int)
    )
    seen = np.bincount(keys % 4, minlength=4) / n
    assert np.abs(seen - _in_basket(weights, size)).max() < 4.5 * np.sqrt(0.25 / n)


@given(st.lists(st.integers(0, 8), min_size=1, max_size=30), st.integers(0, 2**32 - 1))
def test_every_order_gets_its_size_and_no_product_twice(sizes: list[int], seed: int) -> None:
    keys = distinct_items(
        np.random.default_rng(seed),
        zipf_weights(8, 2.0)[None, :],
        np.zeros(len(sizes), int),
        np.array(sizes),
        given=np.empty(0, int),
    )
    assert len(np.unique(keys)) == len(keys)
    assert (np.diff(keys) > 0).all()
    assert np.bincount(keys // 8, minlength=len(sizes)).tolist() == sizes


def test_given_products_stay_and_count() -> None:
    keys = distinct_items(
        np.random.default_rng(0),
        zipf_weights(5, 1.0)[None, :],
        np.zeros(3, int),
        np.array([2, 3, 1]),
        given=np.array([4, 3, 5 + 4]),  # order 0 holds products 3 and 4, order 1 holds 4
    )
    assert keys[:2].tolist() == [3, 4]
    assert 5 + 4 in keys
    assert len(keys) == 6


def test_a_favourite_is_chosen_factor_times_as_often() -> None:
    n = 60_000
    taste = Taste(owner=np.arange(n), factor=5.0, share=0.5, salt=7)
    weights = np.full((1, 2), 0.5)
    keys = distinct_items(
        np.random.default_rng(0), weights, np.zeros(n, int), np.ones(n, int), given=np.empty(0, int), taste=taste
    )
    likes = np.column_stack([taste.weight(np.arange(n), np.full(n, product)) == 1 for product in (0, 1)])
    only_first = likes[:, 0] & ~likes[:, 1]
    assert abs(likes.mean() - 0.5) < 0.01
    assert abs((keys % 2 == 0)[only_first].mean() - 5 / 6) < 4 * np.sqrt(5 / 36 / only_first.sum())


def test_pick_follows_each_row() -> None:
    weights = np.array([[1.0, 3.0], [0.0, 1.0]])
    rows = np.repeat([0, 1], 20_000)
    drawn = draw_columns(np.random.default_rng(0), cumulative_weights(weights), 2, rows)
    assert abs(drawn[:20_000].mean() - 0.75) < 0.015
    assert (drawn[20_000:] == 1).all()


@given(st.lists(st.integers(0, 5), max_size=20))
def test_runs_match_plain_python(lengths: list[int]) -> None:
    run, place = expand_runs(np.array(lengths, dtype=np.int64))
    pairs = [(index, position) for index, length in enumerate(lengths) for position in range(length)]
    assert list(zip(run.tolist(), place.tolist(), strict=True)) == pairs


def test_rng_is_a_seed_or_a_generator() -> None:
    given_one = np.random.default_rng(3)
    assert generator(given_one) is given_one
    assert generator(3).integers(2**40) == np.random.default_rng(3).integers(2**40)
    with pytest.raises(TypeError, match=r"`rng` must be a whole number or a numpy\.random\.Generator, got 'seed'"):
        generator("seed")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="got True"):
        generator(True)
    with pytest.raises(ValueError, match="`rng` must be at least 0, got -1"):
        generator(-1)


@pytest.mark.parametrize("start", ["", "NaT", "now", "today", "2024-02-30", "2024"])
def test_first_day_is_a_day_that_is_written_out(start: str) -> None:
    with pytest.raises(ValueError, match=f"`start` must be a day such as '2024-01-01', got '{start}'"):
        datasets.make_shop(5, days=3, start=start)
    assert _drawing.parse_day("2024-02-29") == np.datetime64("2024-02-29", "D")
