"""Odd input does not make time or memory grow with its square."""

import time

import numpy as np
import pandas as pd
import pytest

from ecommine import DataWarning, schema
from libraries import to_pandas
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


def shared_device(n_events, n_links):
    """Return events and links of one device that a new customer takes every ten seconds."""
    start = pd.Timestamp("2024-05-01")
    at = (start + pd.to_timedelta(np.arange(n_events) * 10 + 5, unit="s")).astype("datetime64[us]")
    events = pd.DataFrame({"visitor_id": "till", "event": "view_item", "occurred_at": at, "n": np.arange(n_events)})
    at = (start + pd.to_timedelta(np.arange(n_links) * 10, unit="s")).astype("datetime64[us]")
    return events, pd.DataFrame({"visitor_id": "till", "customer_id": np.arange(n_links), "linked_at": at})


@pytest.mark.parametrize(("n_events", "n_links"), [(5, 30_000), (30_000, 30_000)])
def test_a_device_that_many_customers_share(local_library, n_events, n_links):
    if n_events > 5 and local_library.lazy:
        pytest.skip("lazy tables join each event with the links of its visitor")
    events, links = (local_library(frame) for frame in shared_device(n_events, n_links))
    start = time.perf_counter()
    with pytest.warns(DataWarning):
        found = to_pandas(schema.identify(events, links), sort=["n"])
    assert time.perf_counter() - start < 10  # by the square of the links minutes, and many gigabytes
    assert found["customer_id"].astype(int).tolist() == list(range(n_events))


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_the_unit_of_times_moves_no_event_over_a_link(unit):
    events, links = shared_device(40, 40)
    events["occurred_at"] = (events["occurred_at"] + pd.to_timedelta(5, unit="s")).astype(f"datetime64[{unit}]")
    links["linked_at"] = links["linked_at"].astype(f"datetime64[{unit}]")
    with pytest.warns(DataWarning, match="40 of 40"):
        found = schema.identify(events, links)
    assert found["customer_id"].tolist() == [*range(1, 40), 39]  # an event at the moment of a link is after it
