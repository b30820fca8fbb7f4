"""Clock changes: what measures time is the same in every zone, and days and hours are the shop's.

The oracle is the same log mapped to UTC, where no clock changes.
"""

import pickle
import warnings
from datetime import timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecommine import SchemaError, funnel, schema
from libraries import to_pandas

NIGHTS = {
    "Europe/Berlin": ("2024-10-27 01:00", "2024-03-31 01:00"),
    "America/New_York": ("2024-11-03 06:00", "2024-03-10 07:00"),
    "Australia/Lord_Howe": ("2024-04-06 15:00", "2024-10-05 15:30"),  # half an hour
}
"""When clocks go back and forward, in UTC."""
CHANGES = [(zone, night) for zone, nights in NIGHTS.items() for night in nights]
NAMES = ("view_item", "add_to_cart", "purchase", "search", "view_item_list")
PARAMS = [{"key": "ga_session_id", "value": {"string_value": None, "int_value": 5}}]
FUNNEL = funnel.Funnel(["view_item", "add_to_cart", "purchase"], window="40min", exclude=["search"])


def raw_events(rows, night):
    """Make events of (visitor, minutes from the night, event, product); each has a moment of its own."""
    frame = pd.DataFrame(rows, columns=["visitor_id", "minute", "event", "product_id"])
    seconds = pd.to_timedelta(frame.pop("minute") * 60 + np.arange(len(frame)), unit="s")
    frame["occurred_at"] = (pd.Timestamp(night, tz="UTC") + seconds).astype("datetime64[us, UTC]")
    return frame.assign(query="tea", page=frame["event"], value=1.0)


def mapped(raw, zone):
    return schema.events(raw, timezone=zone)


DRAWN = st.lists(
    st.tuples(st.integers(1, 2), st.integers(-150, 150), st.sampled_from(NAMES), st.sampled_from([1, 2])),
    min_size=1,
    max_size=20,
)


def measures(events):
    """Return what no clock change may alter of every call that measures time."""
    found = funnel.analyse(events, FUNNEL)
    carts = funnel.carts(events, recover_within="90min", gap="20min")
    searches = funnel.search(events, gap="20min", dedupe_within="10min", within="30min", min_searches=1)
    cut = to_pandas(funnel.sessions(events, gap="20min")).sort_values(["visitor_id", "event", "query"])
    return [
        to_pandas(found.table),
        to_pandas(found.units)[["deepest_step", "pending"]],
        to_pandas(carts.table)[["cart_id", "status", "items_left", "hours_to_recover"]],
        to_pandas(carts.recovery),
        to_pandas(funnel.paths(events, gap="20min").table),
        to_pandas(searches.table),
        pd.DataFrame({"n": sorted(cut.groupby("session_id").size())}),
    ]


def assert_same(found, expected):
    for one, other in zip(found, expected, strict=True):
        pd.testing.assert_frame_equal(one, other, check_dtype=False)


@pytest.mark.parametrize(("zone", "night"), [one for one in CHANGES if one[0] != "America/New_York"])
@given(rows=DRAWN)
@settings(max_examples=20)
def test_order_gaps_and_windows_do_not_depend_on_clock_changes(zone, night, rows):
    raw = raw_events(rows, night)
    assert_same(measures(mapped(raw, zone)), measures(mapped(raw, "UTC")))


def test_every_library_measures_instants(local_library):
    rng = np.random.default_rng(0)
    rows = [
        (int(visitor), int(minute), NAMES[name], int(product))
        for visitor, minute, name, product in zip(
            rng.integers(1, 9, 120), rng.integers(-200, 200, 120), rng.integers(0, 5, 120), rng.integers(1, 3, 120),
            strict=True,
        )
    ]  # fmt: skip
    for zone, night in CHANGES[1:4]:
        raw = local_library(raw_events(rows, night))
        assert_same(measures(mapped(raw, zone)), measures(mapped(raw, "UTC")))


def test_times_and_periods_are_the_shops(library):
    """In Berlin 22:30 UTC is the next day, in summer time; the windows of half an hour are over an hour after that."""
    raw = raw_events(
        [(1, -150, "view_item", 1), (1, -130, "add_to_cart", 1), (2, 40, "view_item", 1)], NIGHTS["Europe/Berlin"][0]
    )
    events = mapped(library(raw), "Europe/Berlin")
    found = funnel.analyse(events, funnel.Funnel(["view_item", "add_to_cart"], window="30min"), every="1d")
    table = to_pandas(found.table)
    assert table["period_at"].tolist() == [pd.Timestamp("2024-10-27")] * 2
    assert table["reached"].tolist() == [2, 1]
    units = to_pandas(found.units).sort_values("visitor_id")
    shop = raw["occurred_at"].dt.tz_convert("Europe/Berlin").dt.tz_localize(None).astype("datetime64[us]")
    assert units["first_entered_at"].tolist() == [shop[0], shop[2]]
    assert units["deepest_at"].tolist() == [shop[1], shop[2]]


def test_orders_of_carts_are_set_against_instants():
    """A cart left ten minutes before the change is bought by an order 88 minutes later."""
    night = "2024-10-27 01:00"
    raw = raw_events([(1, -20, "add_to_cart", 1), (1, -10, "add_to_cart", 2), (2, 5, "add_to_cart", 1)], night)
    orders = pd.DataFrame({"order_id": [1], "customer_id": 7, "product_id": 2, "amount": 9.0})
    orders["ordered_at"] = pd.to_datetime(["2024-10-27 02:18"]).tz_localize("UTC").astype("datetime64[us, UTC]")
    for zone in ("Europe/Berlin", "UTC"):
        events = mapped(raw.assign(customer_id=raw["visitor_id"] + 6), zone)
        lines = schema.orders(orders, timezone=zone)
        local = raw["occurred_at"].dt.tz_convert(zone).dt.tz_localize(None)
        for order_lines in (lines, lines.drop(columns="ordered_at_utc", errors="ignore")):
            row = funnel.carts(events, orders=order_lines, recover_within="90min", as_of="2024-10-28").table.iloc[0]
            assert row["status"] == "recovered"
            assert row[["opened_at", "abandoned_at"]].tolist() == local[:2].tolist()
            assert row["bought_at"] == orders["ordered_at"].dt.tz_convert(zone).dt.tz_localize(None)[0]
            assert row["hours_to_recover"] == pytest.approx((88 * 60 - 1) / 3600)


def test_days_of_stock_and_prices_are_the_shops():
    """Half an hour before midnight UTC it is the next day in Berlin, on which the product is sold out and dearer."""
    raw = raw_events([(1, 0, "add_to_cart", 1), (1, 20, "view_cart", 1)], "2024-07-01 21:50").drop(columns="value")
    day = pd.to_datetime(["2024-07-01", "2024-07-02"]).astype("datetime64[us]")
    stock = pd.DataFrame({"product_id": 1, "stocked_at": day, "on_hand": [3, 0]})
    sales = pd.DataFrame({"product_id": 1, "period_at": day, "price": [2.0, 3.0]})
    for zone, is_next_day in (("Europe/Berlin", True), ("UTC", False)):
        table = funnel.carts(mapped(raw, zone), stock=stock, sales=sales, as_of="2024-08-01").table
        assert table[["out_of_stock", "price_rise"]].to_numpy().tolist() == [[is_next_day, is_next_day]]


def test_a_window_ends_at_an_instant():
    """As of 02:30, which comes twice, the second one counts: 31 minutes after an entry at 01:59 UTC less an hour."""
    raw = raw_events([(1, -1, "view_item", 1)], "2024-10-27 01:00")
    for as_of, pending in (("2024-10-27 02:30", 0), ("2024-10-27 02:59", 0)):
        steps = funnel.Funnel(["view_item", "purchase"], window="20min")
        more = pd.concat([raw, raw_events([(2, 5, "view_item", 1)], "2024-10-27 01:00")])
        found = funnel.analyse(mapped(more, "Europe/Berlin"), steps, as_of=as_of)
        assert found.units["pending"].sum() == pending


def test_the_last_instant_is_the_end_of_the_data():
    """The last event is at 02:10 after the change; 02:50 before it, forty minutes later by the clock, was earlier."""
    raw = raw_events([(1, -10, "view_item", 1), (2, 10, "view_item", 1)], "2024-10-27 01:00")
    found = funnel.analyse(mapped(raw, "Europe/Berlin"), funnel.Funnel(["view_item", "purchase"], window="15min"))
    assert found.units["pending"].tolist() == [False, True]


@pytest.mark.parametrize("night", NIGHTS["Europe/Berlin"])
def test_who_a_visitor_was_is_known_by_instants(night, local_library):
    moments = pd.Timestamp(night, tz="UTC") + pd.to_timedelta([-30, 15, 45], unit="min")
    links = pd.DataFrame(
        {"visitor_id": 1, "customer_id": [7, 8, 9], "linked_at": moments.astype("datetime64[us, UTC]")}
    )
    raw = raw_events([(1, minute, "view_item", 1) for minute in (-40, -20, 10, 20, 50)], night)
    with pytest.warns(schema.DataWarning, match="customer is known for 5 of 5"):
        known = schema.identify(
            mapped(local_library(raw), "Europe/Berlin"), schema.links(local_library(links), timezone="Europe/Berlin")
        )
    rows = to_pandas(known)
    assert rows.sort_values(rows.columns[rows.columns.str.endswith("_utc")][0])["customer_id"].tolist() == [
        7,
        7,
        7,
        8,
        9,
    ]


def test_the_map_keeps_instants_where_clocks_change(local_library):
    raw = raw_events([(1, 5, "view_item", 1)], "2024-10-27 01:00")
    for zone, is_kept in (("Europe/Berlin", True), ("UTC", False), ("Asia/Shanghai", False)):
        events = to_pandas(mapped(local_library(raw), zone))
        assert ("occurred_at_utc" in events) == is_kept
        if is_kept:
            assert events["occurred_at_utc"].tolist() == [pd.Timestamp("2024-10-27 01:05")]
            assert events["occurred_at"].tolist() == [pd.Timestamp("2024-10-27 02:05")]
            names = list(events)
            assert names.index("occurred_at_utc") == names.index("occurred_at") + 1
    again = schema.events(mapped(local_library(raw), "Europe/Berlin"))
    assert to_pandas(again)["occurred_at_utc"].tolist() == [pd.Timestamp("2024-10-27 01:05")]


@pytest.mark.parametrize(
    ("times", "options"),
    [
        ([1729991100], {"format": "unix_s", "timezone": "Europe/Berlin"}),
        (["2024-10-27T03:05:00+0200"], {"format": "%Y-%m-%dT%H:%M:%S%z", "timezone": "Europe/Berlin"}),
        ([pd.Timestamp("2024-10-27 02:05+01:00").to_pydatetime()], {"timezone": "Europe/Berlin"}),
        ([pd.Timestamp("2024-10-27 01:05", tz="Europe/Berlin")], {}),
        ([pd.Timestamp("2024-10-27 01:05", tz="UTC").to_pydatetime().astimezone(ZoneInfo("Europe/Berlin"))], {}),
    ],
    ids=["counts", "text", "objects", "own zone", "objects of a zone"],
)
def test_instants_are_kept_however_times_come(times, options):
    raw = pd.DataFrame({"visitor_id": 1, "event": "view_item", "occurred_at": times})
    instant = pd.to_datetime(pd.Series(times), utc=True, unit="s" if "unix_s" in options.values() else None)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", schema.DataWarning)
        events = schema.events(raw, **options)
    assert events["occurred_at_utc"].tolist() == instant.dt.tz_localize(None).tolist()


def test_tables_made_from_events_keep_their_instants():
    """Of two purchases of one session, before and after the change, and of a login."""
    moments = ["2024-10-27 00:50:00 UTC", "2024-10-27 01:10:00 UTC"]
    raw = pd.DataFrame({"event_time": moments, "event_type": "purchase", "product_id": [1, 2], "category_id": 1})
    raw = raw.assign(category_code=None, brand=None, price=9.0, user_id=7, user_session="s")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", schema.DataWarning)
        orders = schema.from_rees46(raw, timezone="Europe/Berlin").orders
        ga4 = pd.DataFrame({"event_name": "login", "user_pseudo_id": "v", "user_id": "7", "event_params": [PARAMS] * 2})
        ga4["event_timestamp"] = [1_729_990_200_000_000, 1_729_991_400_000_000]
        links = schema.from_ga4(ga4, timezone="Europe/Berlin").links
    assert orders["ordered_at_utc"].tolist() == [pd.Timestamp(one[:19]) for one in moments]
    assert links["linked_at_utc"].tolist() == [pd.Timestamp(moments[0][:19])]


def test_quarantine_keeps_instants():
    raw = raw_events([(1, 5, "view_item", 1), (2, 5, "view_item", 1)], "2024-10-27 01:00")
    raw["visitor_id"] = raw["visitor_id"].where(raw["visitor_id"] == 1).astype("Int64")
    split = schema.quarantine("events", raw, timezone="Europe/Berlin")
    assert split.valid["occurred_at_utc"].tolist() == [pd.Timestamp("2024-10-27 01:05")]
    assert list(split.rejected) == [*raw.columns, "reason"]


def test_errors_of_instants_name_the_way_out():
    raw = raw_events([(1, 5, "view_item", 1), (1, 6, "purchase", 1)], "2024-10-27 01:00")
    with pytest.raises(SchemaError, match=r"has a column 'occurred_at_utc'.*rename it first"):
        mapped(raw.assign(occurred_at_utc=1), "Europe/Berlin")
    events = mapped(raw, "Europe/Berlin")
    steps = ["view_item", "purchase"]
    with pytest.raises(SchemaError, match=r"`occurred_at_utc` holds .*drop or rename it"):
        funnel.analyse(events.assign(occurred_at_utc="2024"), steps)
    events.loc[0, "occurred_at_utc"] = pd.NaT
    for call in (lambda: funnel.analyse(events, steps), lambda: funnel.carts(events)):
        with pytest.raises(ValueError, match="`occurred_at_utc` is missing in 1 events"):
            call()


def test_results_with_instants_pickle():
    raw = raw_events([(1, -5, "view_item", 1), (1, 5, "purchase", 1)], "2024-10-27 01:00")
    found = funnel.analyse(mapped(raw, "Europe/Berlin"), funnel.Funnel(["view_item", "purchase"], window="1h"))
    pd.testing.assert_frame_equal(pickle.loads(pickle.dumps(found)).units, found.units)
    assert found.units["deepest_at"].tolist() == [pd.Timestamp("2024-10-27 02:05:01")]
    assert found.table["seconds_median"].iloc[1] == timedelta(minutes=10, seconds=1).total_seconds()
