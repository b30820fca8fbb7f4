"""Times: naive is the shop's own, aware is converted, text and counts are read only when told how."""

import re
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecommine import DataWarning, SchemaError, schema
from libraries import LOCAL, few_on_spark, to_pandas
from raw_orders import orders, texts

# Berlin's clocks went from 02:59:59 summer time back to 02:00 winter time at 01:00 UTC.
INSTANTS = ["2024-10-27T00:30", "2024-10-27T01:30", "2024-03-31T01:00"]
IN_SHANGHAI = ["2024-10-27T08:30", "2024-10-27T09:30", "2024-03-31T09:00"]
IN_BERLIN = ["2024-10-27T02:30", "2024-10-27T02:30", "2024-03-31T03:00"]


def read(native, **how):
    out = schema.orders(native, **how)
    assert nw.from_native(out).collect_schema()["ordered_at"] == nw.Datetime("us")
    return to_pandas(out, sort=["amount"])["ordered_at"].tolist()


def stamps(*written):
    return [pd.Timestamp(one) for one in written]


def frame(times):
    return orders(ordered_at=times, amount=[1.0, 2.0, 3.0])


def aware(unit="us"):
    return pd.DatetimeIndex(np.array(INSTANTS, dtype=f"datetime64[{unit}]")).tz_localize("UTC")


# Naive and aware columns


def test_naive_times_are_the_shops_own_whatever_the_zone(library):
    times = np.array(INSTANTS, dtype="datetime64[us]")
    assert read(library(frame(times))) == stamps(*INSTANTS)
    assert read(library(frame(times)), timezone="Asia/Shanghai") == stamps(*INSTANTS)


@pytest.mark.parametrize(("zone", "expected"), [("Asia/Shanghai", IN_SHANGHAI), ("Europe/Berlin", IN_BERLIN)])
def test_aware_times_are_converted_over_changes_of_the_clock(library, zone, expected):
    assert read(library(frame(aware())), timezone=zone) == stamps(*expected)


def test_aware_times_without_a_zone_are_read_in_their_own_and_a_note_says_so(library):
    if library.name == "duckdb":
        pytest.skip("a time with a zone is read in the session's zone there, see the test below")
    with pytest.warns(DataWarning, match=r"`ordered_at`.* UTC"):
        assert read(library(frame(aware()))) == stamps(*INSTANTS)


def test_a_zone_of_its_own_that_is_not_utc(library):
    if library.lazy and library.name != "polars-lazy":
        pytest.skip("a time with a zone is an instant there, and its zone is the session's")
    with pytest.warns(DataWarning, match="Asia/Shanghai"):
        assert read(library(frame(aware().tz_convert("Asia/Shanghai")))) == stamps(*IN_SHANGHAI)


def test_duckdb_reads_instants_in_the_zone_of_the_session():
    duckdb = pytest.importorskip("duckdb", reason="duckdb is not installed")
    connection = duckdb.connect()
    connection.execute("set timezone = 'Europe/Berlin'")
    rows = ", ".join(f"('A', 1, timestamptz '{one}:00+00', {i}.0)" for i, one in enumerate(INSTANTS))
    relation = connection.sql(f"select * from (values {rows}) t(order_id, customer_id, ordered_at, amount)")
    with pytest.warns(DataWarning, match="Europe/Berlin"):
        assert read(relation) == stamps(*IN_BERLIN)
    assert read(relation, timezone="Asia/Shanghai") == stamps(*IN_SHANGHAI)


@pytest.mark.spark
@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/New_York"])
def test_spark_reads_instants_in_the_zone_of_the_session(spark, zone):
    spark.conf.set("spark.sql.session.timeZone", zone)
    try:
        rows = ", ".join(f"('A', 1, timestamp '{one}:00Z', {i}D)" for i, one in enumerate(INSTANTS))
        table = spark.sql(f"select * from values {rows} as t(order_id, customer_id, ordered_at, amount)")
        assert dict(table.dtypes)["ordered_at"] == "timestamp"
        own = [pd.Timestamp(one, tz="UTC").tz_convert(zone).tz_localize(None) for one in INSTANTS]
        with pytest.warns(DataWarning, match=zone):
            assert read(table) == own
        assert read(table, timezone="Asia/Shanghai") == stamps(*IN_SHANGHAI)
        text = ", ".join(f"('A', 1, '{one}', {i}D)" for i, one in enumerate(["2024-03-31 02:30", "2024-10-27 02:30"]))
        naive = spark.sql(f"select * from values {text} as t(order_id, customer_id, ordered_at, amount)")
        assert read(naive, format="%Y-%m-%d %H:%M") == stamps("2024-03-31 02:30", "2024-10-27 02:30")
    finally:
        spark.conf.set("spark.sql.session.timeZone", "UTC")


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_every_unit_becomes_microseconds(library, unit):
    times = np.array(["2024-05-01T10:00", "2024-05-02", "1970-03-01"], dtype=f"datetime64[{unit}]")
    assert read(library(frame(times))) == stamps("2024-05-01T10:00", "2024-05-02", "1970-03-01")


def test_dates_are_midnights(library):
    dates = texts(*(datetime(2024, 5, day).date() for day in (1, 2, 3)))
    assert read(library(frame(dates))) == stamps("2024-05-01", "2024-05-02", "2024-05-03")


def test_times_of_arrow_dates_in_pandas():
    pa = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    dates = pd.array(texts(*(datetime(2024, 5, day).date() for day in (1, 2, 3))), dtype=pd.ArrowDtype(pa.date32()))
    assert read(frame(dates)) == stamps("2024-05-01", "2024-05-02", "2024-05-03")


# Objects of pandas


def test_naive_objects_stay_as_they_are_whatever_the_zone():
    times = texts(*(datetime.fromisoformat(one) for one in INSTANTS))
    raw = frame(times).astype({"ordered_at": object})
    assert read(raw) == read(raw, timezone="Asia/Shanghai") == stamps(*INSTANTS)


def test_aware_objects_of_one_zone():
    times = texts(*(datetime.fromisoformat(one).replace(tzinfo=UTC) for one in INSTANTS))
    raw = frame(pd.Series(times, dtype=object))
    assert read(raw, timezone="Europe/Berlin") == stamps(*IN_BERLIN)
    with pytest.warns(DataWarning, match="UTC"):
        assert read(raw) == stamps(*INSTANTS)


def test_aware_objects_of_several_zones_need_the_shops_zone():
    zones = (UTC, timezone(timedelta(hours=8)), ZoneInfo("Europe/Berlin"))
    pairs = zip(INSTANTS, zones, strict=True)
    times = [datetime.fromisoformat(one).replace(tzinfo=UTC).astimezone(zone) for one, zone in pairs]
    raw = frame(pd.Series(times, dtype=object))
    with pytest.raises(SchemaError, match=r"`ordered_at`.*3 zones.*`timezone=`"):
        schema.orders(raw)
    assert read(raw, timezone="Asia/Shanghai") == stamps(*IN_SHANGHAI)


def test_naive_and_aware_times_in_one_column_are_an_error():
    times = [datetime(2024, 5, 1), datetime(2024, 5, 1, tzinfo=UTC), None]
    with pytest.raises(SchemaError, match="`ordered_at` mixes"):
        schema.orders(frame(pd.Series(times, dtype=object)), timezone="UTC")


# Text


def test_text_is_not_guessed_at(library):
    with pytest.raises(SchemaError, match=r"`ordered_at` holds text, not times: give `format='%Y-%m-%d'`"):
        schema.orders(library(frame(texts("2024-05-01", "2024-05-02", "2024-05-03"))))


@pytest.mark.parametrize(
    ("pattern", "written"),
    few_on_spark(  # the other parts of a format are in the tests below
        5,
        ("%d/%m/%Y %H:%M", "3/5/2024 7:08"),
        ("%Y%m%d%H%M%S", "20240503170809"),
        ("%Y-%m-%d %H:%M:%S.%f", "2024-05-03 17:08:09.5"),
        ("%Y年%m月%d日 %H:%M", "2024年05月03日 17:08"),
        ("%d o'clock %m %Y", "03 o'clock 05 2024"),
        ("%Y-%m-%d", "2024-05-03"),
        ("%d.%m.%Y %H:%M", "03.05.2024 07:08"),
        ("%m/%d/%Y %H:%M", "5/3/2024 17:08"),
        ("%Y%m%d", "20240503"),
        ("%Y-%m-%dT%H:%M:%S", "2024-05-03T17:08:09"),
        ("%Y-%m-%d %H:%M:%S.%f", "2024-05-03 17:08:09.123456"),
        ("%I:%M %p, %d %b %Y", "05:08 PM, 03 May 2024"),
    ),
)
def test_text_is_read_as_python_reads_it(library, pattern, written):
    expected = datetime.strptime(written, pattern)  # noqa: DTZ007
    native = library(frame(texts(written, written, written)))
    assert read(native, format=pattern) == [pd.Timestamp(expected)] * 3
    assert read(native, format=pattern, timezone="Asia/Shanghai") == [pd.Timestamp(expected)] * 3


@pytest.mark.parametrize("written", ["2024-05-03 17:08:09+0200", "2024-05-03 17:08:09+02:00"])
def test_text_with_an_offset_is_converted(library, written):
    native = library(frame(texts(written, written, written)))
    assert read(native, format="%Y-%m-%d %H:%M:%S%z", timezone="Asia/Shanghai") == stamps("2024-05-03 23:08:09") * 3
    with pytest.warns(DataWarning, match=r"`ordered_at`.* UTC"):
        assert read(native, format="%Y-%m-%d %H:%M:%S%z") == stamps("2024-05-03 15:08:09") * 3


@pytest.mark.parametrize("bad", few_on_spark(1, "2024-02-30", "yesterday", "2024-05-01 10:00", "01.05.2024"))
def test_text_that_cannot_be_read_is_the_reason_of_its_row(library, bad):
    raw = frame(texts("2024-05-01", bad, None))
    with pytest.raises(SchemaError, match="`ordered_at` is not a time that can be read in 1 row, first") as caught:
        schema.orders(library(raw), format="%Y-%m-%d")
    assert f"({bad}): check `format='%Y-%m-%d'`" in str(caught.value)
    split = schema.quarantine("orders", library(raw), format="%Y-%m-%d")
    assert to_pandas(split.rejected, sort=["amount"])["reason"].tolist() == [
        "ordered_at is not a time that can be read",
        "ordered_at is missing",
    ]
    assert to_pandas(split.rejected, sort=["amount"])["ordered_at"].tolist() == [bad, None]


def test_one_format_reads_the_text_and_leaves_times_as_they_are(library):
    raw = pd.DataFrame(
        {
            "order_id": texts("a", "b"),
            "shipped_at": np.array(["2024-05-01", "2024-05-02"], dtype="datetime64[us]"),
            "delivered_at": texts("03.05.2024", None),
        }
    )
    out = to_pandas(schema.deliveries(library(raw), format="%d.%m.%Y"), sort=["order_id"])
    assert out["shipped_at"].tolist() == stamps("2024-05-01", "2024-05-02")
    assert out["delivered_at"].tolist() == [pd.Timestamp("2024-05-03"), pd.NaT]


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("mixed", r"`format` must be a pattern such as '%d.%m.%Y', or be one of 'unix_s', .*, got 'mixed'"),
        ("ISO8602", "must be a pattern such as"),
        ("dd.mm.yyyy", "must be a pattern such as '%d.%m.%Y'"),
        ("%d.%m.%y", "got '%y': years need four digits"),
        *[(f"%Y-%m-%d {one}", f"`format` knows %Y, %m, .*, got '{one}'") for one in ("%Z", "%F", "%D", "%Q", "%%")],
        *[
            (one, "`format` must hold %Y, one of %m, %b and %B, and %d")
            for one in ("%Y-%m", "%H:%M", "%Y-%m-%d %H", "%Y-%m-%d %I:%M", "%Y-%m-%d %H:%M:%S%f", "%z %Y-%m-%d %H:%M")
        ],
        ("%Y-%m-%d %Y", "each once"),
        ("%Y-%m-%d %", "got '%'"),
    ],
)
def test_formats_that_libraries_read_in_their_own_ways_are_refused(library, pattern, words):
    with pytest.raises(ValueError, match=words):
        schema.orders(library(frame(texts("x", "y", "z"))), format=pattern)


LOOKALIKES = {
    "%Y-%m-%d": ["now", "today", "24-05-01", "2024-13-01", "2024-5-1x", " 2024-05-01\t", "2024- 05-01", "2024-05-01\n"],
    "%Y%m%d": ["20240501", "2024051", "2024 5 1"],
    "%Y-%m-%d %H:%M:%S.%f": ["2024-05-01 10:00:00.123456789", "2024-05-01 10:00:00", "2024-05-01 10:00:00.", "now"],
    "%Y-%m-%dT%H:%M:%S%z": ["2024-05-01T10:00:00Z", "2024-05-01t10:00:00Z", "2024-05-01T10:00:00z", "2024-05-01T10:00"],
    "%I:%M %p, %d %b %Y": ["05:08 PM, 03 May 2024", "17:08 PM, 03 May 2024", "05:08 PM, 03 Mai 2024"],
}
READ = {
    " 2024-05-01\t": "2024-05-01",
    "20240501": "2024-05-01",
    "2024-05-01 10:00:00.123456789": "2024-05-01 10:00:00.123456",
    "2024-05-01T10:00:00Z": "2024-05-01 10:00:00",
    "05:08 PM, 03 May 2024": "2024-05-03 17:08",
}


@pytest.mark.parametrize("pattern", LOOKALIKES)
def test_the_same_texts_are_times_on_every_library(library, pattern):
    written = LOOKALIKES[pattern]
    numbers = range(len(written))
    raw = pd.DataFrame({"order_id": numbers, "customer_id": 1, "ordered_at": texts(*written), "amount": 1.0})
    split = schema.quarantine("orders", library(raw), format=pattern, timezone="UTC")
    valid = to_pandas(split.valid)
    assert dict(zip(valid["order_id"], valid["ordered_at"], strict=True)) == {
        number: pd.Timestamp(READ[one]) for number, one in zip(numbers, written, strict=True) if one in READ
    }


def near_times(pattern):
    """Draw texts that look like times of the format, some of which are none."""
    pieces = st.sampled_from(
        ["2024", "05", "5", "31", "30", "2", "13", "00", " ", "-", ":", ".", "Z", "+08:00", "", "May"]
    )
    good = st.datetimes(datetime(1990, 1, 1), datetime(2050, 1, 1)).map(lambda time: time.strftime(pattern))
    spoiled = st.tuples(good, st.integers(0, 20), pieces).map(lambda t: t[0][: t[1]] + t[2] + t[0][t[1] + len(t[2]) :])
    return good | spoiled | spoiled


@settings(max_examples=15)
@given(data=st.data())
def test_the_same_rows_are_rejected_as_by_a_strict_reader(local_library, data):
    pattern = data.draw(st.sampled_from(["%Y-%m-%d", "%d.%m.%Y %H:%M", "%Y%m%d%H%M%S", "%Y-%m-%d %H:%M:%S.%f"]))
    written = data.draw(st.lists(near_times(pattern), min_size=1, max_size=6, unique=True))
    raw = pd.DataFrame(
        {"order_id": range(len(written)), "customer_id": 1, "ordered_at": texts(*written), "amount": 1.0}
    )
    split = schema.quarantine("orders", local_library(raw), format=pattern)
    valid = to_pandas(split.valid)
    found = dict(zip(valid["order_id"].tolist(), valid["ordered_at"].tolist(), strict=True))
    assert found == {i: time for i, one in enumerate(written) if (time := strictly(one, pattern)) is not None}


def strictly(written, pattern):
    text = written.strip(" \t")
    if "%f" in pattern:
        text = re.sub("([.][0-9]{6})[0-9]+$", r"\1", text)  # more digits than microseconds have are cut
    if "%d%H" in pattern and len(text) != 14:
        return None
    try:
        time = pd.Timestamp(datetime.strptime(text, pattern))  # noqa: DTZ007
    except ValueError:
        return None
    spaces = pattern.count(" ") == text.count(" ")
    return time if spaces and pd.Timestamp("1970-03-01") <= time < pd.Timestamp("2100") else None


@pytest.mark.parametrize("unit", ["us", "ns"])
@pytest.mark.parametrize("zone", [None, "UTC"])
def test_arrow_nanoseconds_are_cut(unit, zone):
    pa = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    counts = pa.array([1714521600_123456_789 // (1000 if unit == "us" else 1)] * 3, pa.timestamp(unit, zone))
    table = pa.table({"order_id": [1, 2, 3], "customer_id": [1, 2, 3], "ordered_at": counts, "amount": [1.0, 2.0, 3.0]})
    for native in (table, table.to_pandas(types_mapper=pd.ArrowDtype)):
        assert read(native, timezone="UTC") == stamps("2024-05-01 00:00:00.123456") * 3


# Counts


UNITS, HELD = {"unix_s": 1, "unix_ms": 10**3, "unix_us": 10**6}, ["whole", "float", "text"]


@pytest.mark.parametrize(
    ("form", "held"),
    [
        pytest.param(form, held, marks=[] if i == j else LOCAL)  # on Spark each unit and each type once
        for i, form in enumerate(UNITS)
        for j, held in enumerate(HELD)
    ],
)
def test_counts_since_1970(library, form, held):
    counts = [int(datetime.fromisoformat(one).replace(tzinfo=UTC).timestamp()) * UNITS[form] for one in INSTANTS]
    column = {"whole": counts, "float": [float(one) for one in counts], "text": texts(*map(str, counts))}[held]
    native = library(frame(column))
    assert read(native, format=form, timezone="Asia/Shanghai") == stamps(*IN_SHANGHAI)
    with pytest.warns(DataWarning, match=r"`ordered_at`.* UTC"):
        assert read(native, format=form) == stamps(*INSTANTS)


def test_fractions_of_a_second_are_kept(library):
    native = library(frame([1714521600.25, 1714521600.123456, 5097600.5]))
    assert read(native, format="unix_s", timezone="UTC") == stamps(
        "2024-05-01 00:00:00.25", "2024-05-01 00:00:00.123456", "1970-03-01 00:00:00.5"
    )


def test_counts_of_the_wrong_unit_are_the_reason_of_their_rows(library):
    """Milliseconds read as seconds would be in the year 56,300."""
    split = schema.quarantine(
        "orders", library(frame([1714521600, 1714521600_000, 1714521600_000_000])), format="unix_s", timezone="UTC"
    )
    assert to_pandas(split.valid)["ordered_at"].tolist() == stamps("2024-05-01")
    assert to_pandas(split.rejected)["reason"].tolist() == ["ordered_at is not a time that can be read"] * 2


def test_missing_counts_are_missing(library):
    split = schema.quarantine("orders", library(frame([1714521600, np.nan, 0.0])), format="unix_s", timezone="UTC")
    assert to_pandas(split.rejected, sort=["amount"])["reason"].tolist() == [
        "ordered_at is missing",
        "ordered_at is before 1970-03-01 or after 2099",
    ]


def test_counts_are_not_guessed_at(library):
    native = library(frame([1714521600, 1714521601, 1714521602]))
    with pytest.raises(SchemaError, match="holds numbers, not times: give `format='unix_s'`"):
        schema.orders(native)
    with pytest.raises(SchemaError, match=r"is not a time that can be read in 3 rows.*give `format='unix_s'`"):
        schema.orders(native, format="%Y-%m-%d")


def test_counts_with_underscores_are_no_counts(library):
    split = schema.quarantine(
        "orders", library(frame(texts("1_714_521_600", "1714521600", " 1714521600 "))), format="unix_s", timezone="UTC"
    )
    assert len(to_pandas(split.valid)) == 2
