"""Errors of table libraries name the caller's table; all others come through as they are."""

import threading
import warnings

import numpy as np
import pandas as pd
import pytest

from ecommine import rfm
from ecommine._core.engines import library_of, tell_library_errors
from ecommine._core.notes import Note, warn_of_notes


@tell_library_errors
def computed(orders, function):
    """Return what a function makes of a table."""
    return function(orders)


@pytest.mark.parametrize(
    ("function", "library"),
    [
        (lambda orders: orders["missing"], "pandas"),
        (lambda orders: orders.astype(float), "pandas"),
        (lambda orders: orders.set_axis(["a", "b"], axis=1), "pandas"),
        (lambda orders: np.stack([orders["a"], [1, 2]]), "numpy"),
    ],
)
def test_what_a_library_refuses_names_the_table_and_the_library(function, library):
    with pytest.raises(ValueError, match=f"`orders` cannot be computed by {library}: .*") as caught:
        computed(pd.DataFrame({"a": ["x"]}), function)
    assert caught.value.__cause__ is not None


@pytest.mark.parametrize("error", [ValueError("`mine`"), KeyError("x"), MemoryError(), FileNotFoundError("x")])
def test_other_errors_come_as_they_are(error):
    def fail(_):
        raise error

    assert library_of(error) is None
    with pytest.raises(type(error)) as caught:
        computed(None, fail)
    assert caught.value is error


def test_a_warning_points_at_the_line_of_the_caller():
    def warn(_):
        warn_of_notes([Note("2 lines", code="lines")], UserWarning, stacklevel=3)

    with warnings.catch_warnings(record=True, action="always") as caught:
        computed(None, warn)
    assert caught[0].filename == __file__


def test_threads_on_one_connection_work_or_are_told():
    duckdb = pytest.importorskip("duckdb", reason="duckdb is not installed")
    if tuple(map(int, duckdb.__version__.split(".")[:2])) < (1, 4):
        pytest.skip("before 1.4 DuckDB itself waits for ever where threads share a connection")
    connection = duckdb.connect()
    days = pd.date_range("2024-01-01", periods=40).as_unit("us")
    frame = pd.DataFrame(
        {"order_id": range(40), "customer_id": [i % 7 for i in range(40)], "ordered_at": days, "amount": 1.0}
    )
    connection.register("orders", frame)
    relation, errors = connection.table("orders"), []

    def work():
        for _ in range(4):
            try:
                rfm.table(relation)
            except Exception as error:
                errors.append(error)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(type(error) is ValueError and "a cursor of its own" in str(error) for error in errors)
    assert len(rfm.table(relation).fetchall()) == 7
