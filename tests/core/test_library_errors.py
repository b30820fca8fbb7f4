"""Errors of table libraries name the caller's table; all others come through as they are."""

import threading
import warnings

import numpy as np
import pandas as pd
import pytest

from ecommine import funnel, rfm
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


@pytest.mark.parametrize("name", ["events", "orders"])
def test_of_several_tables_the_one_that_is_read_is_named(name):
    """PyArrow casts no intervals to text, whichever table has them as ids."""
    pa = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    at = pd.date_range("2024-01-01", periods=4).as_unit("us")
    events = pd.DataFrame({"visitor_id": list("aabb"), "event": "add_to_cart", "occurred_at": at, "product_id": "p"})
    events["customer_id"] = events["visitor_id"]
    orders = pd.DataFrame({"order_id": list("wxyz"), "customer_id": list("aabb"), "ordered_at": at, "amount": 1.0})
    tables = {"events": events, "orders": orders}
    tables[name]["customer_id" if name == "events" else "order_id"] = pd.interval_range(0, 4)
    with pytest.raises(ValueError, match=f"^`{name}`"):
        funnel.carts(pa.Table.from_pandas(events), orders=pa.Table.from_pandas(orders))


def test_tables_that_are_at_work_together_are_all_named():
    @tell_library_errors
    def joined(events, links, /, *, level=0.95):
        return events.merge(links, on="missing")

    @tell_library_errors
    def read(events, links, /):
        return _read(links, argument="links")

    def _read(links, *, argument):
        return links["missing"]

    frame = pd.DataFrame({"a": [1]})
    with pytest.raises(ValueError, match=r"^`events` or `links` cannot be computed by pandas"):
        joined(frame, frame)
    with pytest.raises(ValueError, match=r"^`events` or `links` cannot"):  # what is no code of the package says nothing
        read(frame, frame)
    with pytest.raises(ValueError, match=r"^`events` cannot"):
        joined(frame, None)


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
