"""Times as exports write them: zones spelled out, ISO 8601, Excel's days, am and pm, numbers, and the advice."""

import numpy as np
import pandas as pd
import pytest

from ecommine import SchemaError, schema
from ecommine.schema._convert.suggest import describe_counts, describe_texts
from libraries import few_on_spark, to_pandas
from raw_orders import orders, texts

NOON = pd.Timestamp("2024-05-01 12:00:00")


def read(library, *times, zone="Asia/Shanghai", **how):
    frame = orders(ordered_at=times[0] if isinstance(times[0], np.ndarray) else texts(*times), amount=[1.0, 2.0, 3.0])
    out = schema.orders(library(frame), timezone=zone, **how)
    return to_pandas(out, sort=["amount"])["ordered_at"].tolist()


@pytest.mark.parametrize(
    ("written", "pattern"),
    [
        ("2024-05-01T04:00:00Z", "%Y-%m-%dT%H:%M:%SZ"),
        ("2024-05-01 04:00 GMT", "%Y-%m-%d %H:%M GMT"),
        ("01.05.2024 04:00:00 (UTC)", "%d.%m.%Y %H:%M:%S (UTC)"),
        ("2024/05/01 06:00:00 +02:00", "%Y/%m/%d %H:%M:%S +02:00"),
        ("2024-05-01 04:00:00.5 +0000 UTC", "%Y-%m-%d %H:%M:%S.%f +0000 UTC"),
        ("04:00 UTC 01.05.2024", "%H:%M UTC %d.%m.%Y"),
    ],
)
def test_a_zone_that_the_format_spells_out_is_the_zone_of_the_times(library, written, pattern):
    read_times = read(library, *[written] * 3, format=pattern)
    assert [time.floor("s") for time in read_times] == [NOON] * 3


@pytest.mark.parametrize("zone", ["EST", "CET", "Asia/Shanghai", "MSK"])
def test_a_zone_whose_name_tells_no_distance_is_refused(zone):
    with pytest.raises(ValueError, match=f"`format` has the zone '{zone}'"):
        schema.orders(orders(ordered_at=texts(*["x"] * 3)), format=f"%Y-%m-%d %H:%M {zone}")


def test_iso_8601_with_and_without_fractions_seconds_and_signs(library):
    zoned = read(
        library, "2024-05-01T04:00:00Z", "2024-05-01 06:00:00.25+02", "20240501T040001,5+0000", format="iso8601"
    )
    assert zoned == [NOON, NOON + pd.Timedelta("250ms"), NOON + pd.Timedelta("1500ms")]
    naive = read(library, "2024-05-01T12:00", "2024-05-01", "2024-05-01 12:00:00.123456789", format="ISO8601")
    assert naive == [NOON, NOON.normalize(), NOON + pd.Timedelta("123456us")]


def test_iso_8601_with_a_zone_in_some_rows_only_is_refused(library):
    times = texts("2024-05-01T04:00:00Z", "2024-05-01T04:00:00", "2024-05-01T04:00:00")
    with pytest.raises(SchemaError, match="mixes 1 time with a zone and 2 without"):
        schema.orders(library(orders(ordered_at=times)), format="iso8601", timezone="UTC")


def test_days_of_excel_are_the_shops_own_time(library):
    days = np.array([45413.5, 45413.0, 45413.999988426])
    expected = [NOON, NOON.normalize(), pd.Timestamp("2024-05-01 23:59:59")]
    assert read(library, days, format="excel") == expected
    assert read(library, "45413.5", "45413", "45413.999988426", format="excel") == expected


@pytest.mark.parametrize("half", few_on_spark(1, "p.m.", "pm", "PM", "Pm"))
def test_halves_of_the_day_in_any_spelling(library, half):
    assert read(library, *[f"05/01/2024 12:00 {half}"] * 3, format="%m/%d/%Y %I:%M %p") == [NOON] * 3


def test_halves_of_the_day_in_chinese_and_months_in_capitals(library):
    assert read(library, *["2024/5/1 下午 12:00"] * 3, format="%Y/%m/%d %p %I:%M") == [NOON] * 3
    assert read(library, *["01-MAY-2024 12:00"] * 3, format="%d-%b-%Y %H:%M") == [NOON] * 3


def test_dates_that_are_numbers(library):
    assert read(library, np.array([20240501] * 3), format="%Y%m%d") == [NOON.normalize()] * 3
    assert read(library, np.array([20240501120000] * 3), format="%Y%m%d%H%M%S") == [NOON] * 3


@pytest.mark.parametrize(
    ("counts", "given", "fits"),
    few_on_spark(
        2,
        (1_714_564_800_000_000_000, "unix_us", "nanoseconds"),
        (45413, "unix_s", "excel"),
        (1_714_564_800, "unix_ms", "unix_s"),
        (1_714_564_800_000, "unix_s", "unix_ms"),
        (1_714_564_800_000, "unix_us", "unix_ms"),
        (1_714_564_800_000_000, "unix_ms", "unix_us"),
    ),
)
@pytest.mark.parametrize("kind", ["numbers", "text"])
def test_counts_of_another_unit_are_refused_with_the_one_that_fits(library, counts, given, fits, kind):
    times = np.array([counts] * 3) if kind == "numbers" else texts(*[str(counts)] * 3)
    with pytest.raises(SchemaError, match="`ordered_at`") as caught:
        schema.orders(library(orders(ordered_at=times)), format=given, timezone="UTC")
    assert fits in str(caught.value)


@pytest.mark.parametrize(
    ("written", "advice"),
    [
        (["2024-05-01 10:00", "2024-05-02 11:30"], "give `format='%Y-%m-%d %H:%M'`"),
        (["13.05.2024"], "give `format='%d.%m.%Y'`"),
        (["05/13/2024 1:00 PM"], "give `format='%m/%d/%Y %I:%M %p'`"),
        (["05/01/2024"], "give `format='%d/%m/%Y' or '%m/%d/%Y'`"),
        (["2024年5月1日"], "give `format='%Y年%m月%d日'`"),
        (["2024-05-01T10:00:00Z", "2024-05-01T10:00:00.5Z"], "give `format='iso8601'`"),
        (["1.5.24"], "write years with four digits: '1.5.24' has two"),
    ],
)
def test_the_advice_is_made_from_the_data(written, advice):
    assert describe_texts(written) == advice


def test_a_missing_format_is_suggested_and_the_suggestion_works(library):
    frame = library(orders(ordered_at=texts("2024-05-01 10:00", "2024-05-02 10:00", "2024-05-03 10:00")))
    with pytest.raises(SchemaError, match="`ordered_at` holds text, not times: give `format='%Y-%m-%d %H:%M'`"):
        schema.orders(frame)
    assert to_pandas(schema.orders(frame, format="%Y-%m-%d %H:%M"))["ordered_at"].notna().all()


def test_mixed_formats_are_named_with_an_example_of_each(library):
    frame = library(orders(ordered_at=texts("2024-05-01", "05/13/2024", "2024-05-02")))
    with pytest.raises(SchemaError, match=r"mixes formats.*'%Y-%m-%d' \('2024-05-01'\), '%m/%d/%Y' \('05/13/2024'\)"):
        schema.orders(frame)
    with pytest.raises(SchemaError, match=r"in 1 row.*it mixes formats.*'%m/%d/%Y' \('05/13/2024'\)"):
        schema.orders(frame, format="%Y-%m-%d")


def test_numbers_that_are_no_times_at_all():
    assert describe_counts([1.0, 2.0]).startswith("give `format=`, one of")
