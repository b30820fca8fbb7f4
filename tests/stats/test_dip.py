"""The dip: by hand, by linear programming, its quantiles, and beside another implementation."""

import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import linprog

from ecommine._stats.dip import QUANTILES, TAILS, dip, dip_p_value

PEERS = Path(os.environ.get("ECOMMINE_PEERS", ".venv-peers/bin/python"))
DIPTEST = """
import json, sys
import diptest, numpy
print(json.dumps([diptest.dipstat(numpy.array(values)) for values in json.load(sys.stdin)]))
"""


def slow_dip(values: np.ndarray) -> float:
    """Find the nearest unimodal distribution, for each place of the mode, by linear programming; without ties."""
    x = np.sort(values)
    n = len(x)
    return min(_distance(x, mode, n) for mode in range(n))


def _distance(x: np.ndarray, mode: int, n: int) -> float:
    """Heights on the left up to the mode, then from the mode on (it may jump there), and the distance."""
    left, right = mode + 1, n - mode
    rows, limits = [], []

    def at_most(parts: dict[int, float], limit: float) -> None:
        row = np.zeros(left + right + 1)
        for place, factor in parts.items():
            row[place] += factor
        rows.append(row)
        limits.append(limit)

    for k in range(left + right):
        i, is_left = (k, True) if k < left else (mode + k - left, False)
        below, above = i / n, (i + 1) / n
        # At the mode the left height is only near the steps below it, the right one near those above.
        at_most({k: 1, -1: -1}, above if i == mode and not is_left else below)
        at_most({k: -1, -1: -1}, -(below if i == mode and is_left else above))
    at_most({left - 1: 1, left: -1}, 0)
    at_most({0: -1}, 0)
    at_most({left + right - 1: 1}, 1)
    for first, size, sign in ((0, left, 1), (left, right, -1)):
        offset = 0 if first == 0 else mode
        for k in range(first, first + size - 1):
            at_most({k: 1, k + 1: -1}, 0)
        for k in range(first + 1, first + size - 1):
            i = k - first + offset
            a, c = 1 / (x[i] - x[i - 1]), 1 / (x[i + 1] - x[i])
            at_most({k: sign * (a + c), k - 1: -sign * a, k + 1: -sign * c}, 0)
    cost = np.zeros(left + right + 1)
    cost[-1] = 1
    return float(linprog(cost, A_ub=np.array(rows), b_ub=limits, bounds=(None, None)).fun)


def samples(seed: int, sizes: tuple[int, ...]) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    two = [np.r_[rng.normal(size=n // 2), rng.normal(4, 1, n - n // 2)] for n in sizes]
    return [*two, *(rng.normal(size=n) for n in sizes), *(rng.exponential(size=n) for n in sizes)]


def test_by_hand():
    assert dip(np.array([1.0, 2.0])) == 0.25
    assert dip(np.array([3.0, 3.0, 3.0])) == 0.0
    assert dip(np.arange(10.0)) == 0.05  # equal steps are nearest to the uniform distribution: half a step
    assert dip(np.repeat([0.0, 1.0], 50)) == pytest.approx(0.25)


@pytest.mark.parametrize("values", samples(0, (4, 5, 7, 9, 11)), ids=str)
def test_linear_programming_gives_the_same(values):
    assert dip(values) == pytest.approx(slow_dip(values), abs=1e-7)


def test_neither_order_nor_scale_matters():
    values = samples(1, (200,))[0]
    same = [dip(values), dip(values[::-1]), dip(3 - 1e6 * values)]
    assert same == pytest.approx([same[0]] * 3, abs=1e-12)


def test_p_values_of_uniform_values_are_uniform():
    rng = np.random.default_rng(0)
    p_values = np.array([dip_p_value(dip(rng.random(300)), 300) for _ in range(400)])
    for level in (0.05, 0.2, 0.5):
        assert (p_values < level).mean() == pytest.approx(level, abs=3.3 * np.sqrt(level * (1 - level) / 400))


def test_two_groups_are_found():
    rng = np.random.default_rng(0)
    assert dip_p_value(dip(np.r_[rng.normal(size=300), rng.normal(5, 1, 300)]), 600) < 0.001
    assert dip_p_value(dip(rng.normal(size=600)), 600) > 0.5


def test_p_values_fall_and_quantiles_hardly_depend_on_the_number():
    at = np.linspace(0, 0.05, 200)
    p_values = np.array([dip_p_value(one, 2_000) for one in at])
    assert (np.diff(p_values) <= 0).all()
    assert (p_values[0], p_values[-1]) == (1.0, pytest.approx(TAILS[-1]))
    assert dip_p_value(0.2, 3) == 1.0
    last, before = (np.array(list(QUANTILES.values())[i]) for i in (-1, -2))
    np.testing.assert_allclose(last, before, rtol=0.04)


@pytest.mark.parity
def test_the_dip_equals_that_of_diptest():
    if not PEERS.exists():
        pytest.skip(f"{PEERS}, the environment of other tools, is not here (make parity makes it)")
    values = samples(2, (5, 20, 100, 1_000, 5_000))
    values.append(np.round(values[-1], 1))
    given = json.dumps([one.tolist() for one in values])
    done = subprocess.run([str(PEERS), "-c", DIPTEST], input=given, capture_output=True, text=True, check=True)
    np.testing.assert_allclose([dip(one) for one in values], json.loads(done.stdout), rtol=0, atol=1e-12)
