"""Odd input does not make time or memory grow with its square."""

import time

import pandas as pd
import pytest

from ecommine import schema
from raw_orders import orders


def seconds(call, *args):
    start = time.perf_counter()
    call(*args)
    return time.perf_counter() - start


LONG_TEXTS = {
    "digits and a letter": "1{}x",
    "a fraction and a letter": "1.{}x",
    "an exponent and a letter": "1e{}x",
    "signs": "+1{}+",
}


@pytest.mark.parametrize("text", LONG_TEXTS.values(), ids=LONG_TEXTS)
def test_one_long_cell_that_is_no_number(text):
    def rejected(n):
        amount = pd.Series([text.format("1" * n), "1", "2"], dtype=object)
        return len(schema.quarantine("orders", orders(amount=amount)).rejected)

    assert rejected(10) == 1
    assert seconds(rejected, 200_000) < 5  # by the square an hour


@pytest.mark.parametrize("text", ["2024-05-01 10:00:00.{}x", "2024-05-01 10:00:00{}x"])
def test_one_long_cell_that_is_no_time(text):
    def rejected(n):
        times = pd.Series([text.format("1" * n), "2024-05-01 10:00:00.1", "2024-05-01 10:00:00.2"], dtype=object)
        raw = orders(ordered_at=times)
        return len(schema.quarantine("orders", raw, format="%Y-%m-%d %H:%M:%S.%f").rejected)

    assert rejected(10) == 1
    assert seconds(rejected, 200_000) < 5
