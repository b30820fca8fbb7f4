"""Zones with an underscore or a sign in their name, which few parsers of type names expect."""

import pandas as pd
import pytest

from ecommine import DataWarning, SchemaError, funnel, schema
from raw_orders import orders

ZONES = ("America/New_York", "America/Argentina/Buenos_Aires", "Etc/GMT+5", "UTC", "Asia/Shanghai")


def events(zone, unit="us"):
    at = pd.to_datetime(["2024-07-01 10:00", "2024-07-01 11:30"]).as_unit(unit).tz_localize(zone)
    return pd.DataFrame({"visitor_id": [1, 1], "event": ["a", "b"], "occurred_at": at})


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("unit", ["us", "ns", "s"])
def test_the_reader_reads_the_shops_own_time(zone, unit):
    with pytest.warns(DataWarning, match="`occurred_at`"):
        found = schema.events(events(zone, unit))["occurred_at"]
    assert found.dtype == "datetime64[us]"
    assert found.tolist() == [pd.Timestamp("2024-07-01 10:00"), pd.Timestamp("2024-07-01 11:30")]


@pytest.mark.parametrize("zone", ZONES)
def test_the_reader_converts_to_another_zone(zone):
    found = schema.events(events(zone), timezone="Asia/Tokyo")["occurred_at"]
    expected = pd.to_datetime(["2024-07-01 10:00", "2024-07-01 11:30"]).tz_localize(zone).tz_convert("Asia/Tokyo")
    assert found.tolist() == expected.tz_localize(None).tolist()


@pytest.mark.parametrize("zone", ZONES)
def test_arrow_backed_times(zone):
    pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    frame = events(zone)
    frame["occurred_at"] = frame["occurred_at"].astype(f"timestamp[us, tz={zone}][pyarrow]")
    with pytest.warns(DataWarning, match="`occurred_at`"):
        found = schema.events(frame)["occurred_at"]
    assert pd.to_datetime(found.astype("datetime64[us]")).tolist()[0] == pd.Timestamp("2024-07-01 10:00")


@pytest.mark.parametrize("zone", ZONES)
def test_a_topic_sends_aware_times_to_the_reader(zone):
    with pytest.raises(SchemaError, match="`occurred_at`"):
        funnel.analyse(events(zone), ["a", "b"])


@pytest.mark.parametrize("zone", ["localtime", "Factory", "posixrules", "posix/Europe/Berlin", "right/UTC", "Europe"])
def test_files_beside_the_zones_are_none(library, zone):
    with pytest.raises(ValueError, match="`timezone` must be a zone such as 'Asia/Shanghai'"):
        schema.orders(library(orders()), timezone=zone)
