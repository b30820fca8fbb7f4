"""Threads: outcomes in the order of calls, errors of any thread, shares that cover every row once."""

import threading
import time
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecommine._core import threads
from ecommine._core.threads import balanced_shares, core_count, equal_shares, map_on_cores


@pytest.fixture(params=[1, 2, 5])
def cores(request, monkeypatch):
    monkeypatch.setattr(threads, "core_count", lambda: request.param)
    return request.param


@pytest.mark.parametrize("n", [0, 1, 2, 40])
def test_outcomes_stand_in_the_order_of_calls(cores, n):
    def work(a, b):
        time.sleep(0.001 * (a % 3))
        return a, b

    assert map_on_cores(work, range(n), iter("x" * n)) == [(i, "x") for i in range(n)]


def test_no_more_threads_than_cores(cores):
    seen = set()

    def work(_):
        seen.add(threading.get_ident())
        time.sleep(0.002)

    map_on_cores(work, range(20))
    assert len(seen) <= cores


@pytest.mark.parametrize("broken", [0, 7, 19])
def test_an_error_of_any_call_is_raised(cores, broken):
    def work(i):
        time.sleep(0.001)
        if i == broken:
            raise ZeroDivisionError(i)

    with pytest.raises(ZeroDivisionError):
        map_on_cores(work, range(20))


def test_arguments_are_of_one_length():
    with pytest.raises(ValueError, match="shorter"):
        map_on_cores(max, [1, 2], [1])


def test_there_is_a_core():
    assert core_count() >= 1


@pytest.mark.parametrize(("n", "fewest", "n_shares"), [(0, 10, 1), (9, 10, 1), (19, 10, 1), (20, 10, 2), (999, 10, 5)])
def test_shares_are_equal(monkeypatch, n, fewest, n_shares):
    monkeypatch.setattr(threads, "core_count", lambda: 5)
    shares = equal_shares(n, fewest=fewest)
    assert len(shares) == n_shares
    assert [first for first, _ in shares] == [0, *(end for _, end in shares[:-1])]
    assert shares[-1][1] == n
    sizes = [end - first for first, end in shares]
    assert max(sizes) - min(sizes) <= 1


@given(st.lists(st.integers(0, 9), min_size=1, max_size=30), st.integers(1, 6))
def test_shares_of_rows_of_different_lengths(sizes, parts):
    starts = np.cumsum([0, *sizes])
    shares = balanced_shares(starts, parts, few=0)
    assert (shares[0][0], shares[-1][1]) == (0, len(sizes))
    assert all(end == first for (_, end), (first, _) in pairwise(shares))
    assert all(starts[end] - starts[first] <= starts[-1] / parts + max(sizes) for first, end in shares)
    assert balanced_shares(starts, parts) == [(0, len(sizes))]
