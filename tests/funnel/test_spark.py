"""The funnel on Spark, with real worker processes: the same tables as on pandas, and no unit in this process."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ecommine import funnel, schema
from funnel import slow
from libraries import to_pandas, to_spark
from notes import note_counts

STEPS = ["a", "b", "c"]
AS_OF = "2024-01-04"


def events(n=3_000, seed=0):
    """Draw events of visitors, a tenth without an id, with sessions of text that may have no visitor."""
    rng = np.random.default_rng(seed)
    rows = [
        (int(rng.integers(400)), int(rng.integers(5_000)), str(name), device)
        for name, device in zip(
            rng.choice(["a", "b", "c", "noise"], n, p=[0.4, 0.25, 0.15, 0.2]),
            rng.choice(["web", "app", None], n, p=[0.5, 0.4, 0.1]),
            strict=True,
        )
    ]
    frame = slow.table(rows)
    frame["session_id"] = [
        None if one % 10 == 0 else f"s{one}-{at.hour // 12}"
        for one, at in zip(frame["visitor_id"], frame["occurred_at"], strict=True)
    ]
    frame["customer_id"] = pd.array([None if one % 7 == 0 else one for one in frame["visitor_id"]], dtype="Int64")
    frame["visitor_id"] = pd.array([None if one % 13 == 0 else one // 3 for one in frame["visitor_id"]], dtype="Int64")
    frame["occurred_at"] += pd.to_timedelta(rng.integers(0, 60, n), unit="s").astype("timedelta64[us]")
    return frame


@pytest.fixture(scope="module")
def several(spark) -> Iterator[Any]:
    """Keep partitions apart that Spark would put together, since they are small."""
    settings = {"spark.sql.adaptive.coalescePartitions.enabled": "false", "spark.sql.shuffle.partitions": "3"}
    before = {name: spark.conf.get(name) for name in settings}
    for name, value in settings.items():
        spark.conf.set(name, value)
    yield spark
    for name, value in before.items():
        spark.conf.set(name, value)


@pytest.fixture(scope="module")
def both(several) -> Iterator[tuple[pd.DataFrame, Any]]:
    frame = events()
    rows = to_spark(several, frame).cache()
    yield frame, rows
    rows.unpersist()


def agree(both, definition, **options):
    """Measure on pandas and on Spark: the same table, notes, words and units."""
    expected, found = (funnel.analyse(one, definition, **{"as_of": AS_OF} | options) for one in both)
    assert isinstance(found.table, pd.DataFrame)
    pd.testing.assert_frame_equal(to_pandas(found.table), to_pandas(expected.table), check_dtype=False, rtol=1e-9)
    assert found.notes == expected.notes
    assert found._estimates.trend == pytest.approx(expected._estimates.trend)
    assert found.headline == expected.headline
    assert found.summary(locale="zh") == expected.summary(locale="zh")
    return expected, found


def same_units(expected, found):
    names = [expected.unit]
    there, here = (to_pandas(one.units, sort=names) for one in (found, expected))
    pd.testing.assert_frame_equal(there, here, check_dtype=False)


MODES = {
    "plain by the first entry": (funnel.Funnel(STEPS, window="30h"), {"by": "device", "unit": "customer_id"}),
    "strict by periods": (funnel.Funnel(STEPS, order="strict", reentry=False, window="10h"), {"every": "1d"}),
    "any order by a step": (funnel.Funnel(STEPS, order="any", exclude="noise", window="2d"), {}),
    "excluded by the last step": (
        funnel.Funnel(STEPS, exclude=funnel.Exclude("noise", where={"device": "web"}), optional="b", window="1d"),
        {"by": "device", "attribution": "last", "unit": "session_id"},
    ),
    "limited by groups and periods": (
        funnel.Funnel(["a", funnel.Step("b", within="6h"), "a"], window="1d"),
        {"by": "device", "attribution": "b", "every": "1w", "as_of": None},
    ),
    "held by own events": (
        funnel.Funnel(STEPS, hold_constant="customer_id", exclude="noise", window="3d"),
        {"by": "device", "attribution": "step", "unit": "session_id"},
    ),
}


@pytest.mark.spark
@pytest.mark.parametrize("mode", MODES.values(), ids=MODES)
def test_every_mode_is_as_on_pandas(mode, both):
    definition, options = mode
    same_units(*agree(both, definition, **options))


@pytest.mark.spark
def test_groups_comparisons_and_pictures_work_on_spark(both):
    definition = funnel.Funnel([*STEPS, "purchse"], window="20h")
    expected, found = agree(both, definition, by="device", unit="customer_id")
    assert note_counts(found.notes)["step_without_events"] == len(definition.steps)
    sides = [[one.group(device) for device in ("app", "web")] for one in (expected, found)]
    same_units(sides[0][1], sides[1][1])
    assert sides[1][1].notes == sides[0][1].notes
    here, there = (funnel.compare(*one) for one in sides)
    pd.testing.assert_frame_equal(there.table, here.table, rtol=1e-8)
    assert there.notes == here.notes
    mixed = funnel.compare(sides[0][0], sides[1][1])
    assert "units_in_both_unknown" in note_counts(mixed.notes)
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    import matplotlib.pyplot as plt

    for one, options in ((found, {}), (found, {"kind": "panels"}), (found, {"kind": "time"}), (sides[1][0], {})):
        one.plot(**options)
    lines = [one.plot(kind="time").lines for one in (sides[0][1], sides[1][1])]
    for one, other in zip(*lines, strict=True):
        np.testing.assert_allclose(one.get_xydata(), other.get_xydata(), rtol=1e-9)
    plt.close("all")


@pytest.mark.spark
@pytest.mark.parametrize("options", [{"unit": "session_id"}, {"attribution": "step"}], ids=["sessions", "own events"])
def test_a_group_keeps_its_periods_on_spark(options, both):
    expected, found = agree(both, funnel.Funnel(STEPS, window="20h"), by="device", every="1d", **options)
    here, there = (one.group("app") for one in (expected, found))
    pd.testing.assert_frame_equal(to_pandas(there.table), to_pandas(here.table), check_dtype=False, rtol=1e-9)
    assert (there.notes, there.headline, there.every) == (here.notes, here.headline, "1d")
    assert there.summary() == here.summary()
    same_units(here, there)
    day = here.table["period_at"].unique()[1]
    here, there = (one.group(day) for one in (here, there))
    pd.testing.assert_frame_equal(to_pandas(there.table), to_pandas(here.table), check_dtype=False, rtol=1e-9)
    assert (there.notes, there.every) == (here.notes, None)
    same_units(here, there)


@pytest.mark.spark
@pytest.mark.filterwarnings("ignore:.*exact copies of other rows")
def test_clock_changes_and_tied_events_of_repeated_steps_are_as_on_pandas(several):
    """Around the night when clocks go back in Berlin; every minute has several events of a visitor."""
    rng, n = np.random.default_rng(0), 3_000
    minute = pd.to_timedelta(rng.integers(-400, 400, n), unit="min")
    raw = pd.DataFrame({"visitor_id": rng.integers(1, 90, n), "event": rng.choice(["a", "b", "noise"], n)})
    raw["occurred_at"] = (pd.Timestamp("2024-10-27 01:00", tz="UTC") + minute).astype("datetime64[us, UTC]")
    mapped = [schema.events(one, timezone="Europe/Berlin") for one in (raw, to_spark(several, raw))]
    steps = [funnel.Step(name, name=f"{place} {name}") for place, name in enumerate("aba")]
    for as_of in (None, "2024-10-27 02:30"):
        expected, found = agree(mapped, funnel.Funnel(steps, window="25min"), every="1d", as_of=as_of)
        assert note_counts(found.notes)["later_attempts"] > 0
        same_units(expected, found)
    cut = [to_pandas(funnel.sessions(one, gap="20min")) for one in mapped]
    assert sorted(cut[0]["session_id"]) == sorted(cut[1]["session_id"])


@pytest.mark.spark
def test_instants_come_through_the_door_and_parts_of_seconds_are_known_to_the_second(both):
    frame, rows = both
    parts = rows.selectExpr("* except (occurred_at)", "cast(occurred_at as timestamp) + interval 250 milliseconds at")
    parts = parts.withColumnRenamed("at", "occurred_at")
    mapped = schema.events(parts, timezone="UTC", check="types")
    definition = funnel.Funnel(STEPS, window="1d")
    found = funnel.analyse(mapped, definition, as_of=AS_OF)
    shifted = frame.assign(occurred_at=frame["occurred_at"] + pd.Timedelta("250ms"))
    expected = funnel.analyse(shifted, definition, as_of=AS_OF)
    names = ["reached", "dropped", "pending", "skipped", "naive_conversion"]
    pd.testing.assert_frame_equal(found.table[names], expected.table[names])
    np.testing.assert_allclose(found.table["conversion"], expected.table["conversion"], rtol=1e-3)
    assert found.units.schema["first_entered_at"].dataType.typeName() == "timestamp_ntz"
    same_units(expected, found)


@pytest.mark.spark
@pytest.mark.parametrize("rows", [0, 1], ids=["empty", "nobody enters"])
def test_nobody_enters(rows, several):
    frame = slow.table([(1, 0, "x", "web")]).iloc[:rows]
    both = frame, several.createDataFrame(to_spark(several, slow.table([(1, 0, "x", "web")])).limit(rows).rdd, SCHEMA)
    expected, found = agree(both, STEPS, by="device", as_of=None)
    assert to_pandas(found.units).empty
    assert found.units.columns == expected.units.columns.tolist()
    assert found.units.schema["device"].dataType.typeName() == "string"
    assert expected.entrants == found.entrants == 0


SCHEMA = "visitor_id long, event string, occurred_at timestamp_ntz, device string"


@pytest.mark.spark
def test_errors_are_those_of_pandas(both):
    for call, message in (
        (lambda e: funnel.analyse(e, STEPS, by="session_id"), "`by` 'session_id' has .* values, at most 50"),
        (lambda e: funnel.analyse(e, funnel.Funnel([funnel.Step(["a", "b"]), "b"], order="any")), "an event is both"),
        (lambda e: funnel.analyse(e, STEPS, by="devise"), "did you mean 'device'"),
    ):
        messages = []
        for one in both:
            with pytest.raises(ValueError, match=message) as error:
                call(one)
            messages.append(str(error.value))
        assert messages[0] == messages[1]


@pytest.mark.spark
def test_what_comes_to_this_process_does_not_grow_with_the_units(several, monkeypatch):
    """Ten minutes of entries and a window of a minute: four times the visitors bring no more rows."""
    brought = []
    kind = type(several.range(1))
    for name in ("collect", "toPandas", "toArrow", "_collect_as_arrow", "toLocalIterator"):
        monkeypatch.setattr(kind, name, counting(getattr(kind, name), brought))

    def rows(n):
        rng = np.random.default_rng(0)
        entry = np.repeat(rng.integers(0, 600, n), 2) + np.tile([0, 1], n) * np.repeat(rng.integers(0, 90, n), 2)
        at = np.datetime64("2024-01-01", "us") + entry * np.timedelta64(1_000_000, "us")
        frame = pd.DataFrame({"visitor_id": np.repeat(np.arange(n), 2), "event": np.tile(["a", "b"], n)})
        table = to_spark(several, frame.assign(occurred_at=at))
        brought.clear()
        found = funnel.analyse(table, funnel.Funnel(["a", "b"], window="1min"))
        assert found.table["reached"].tolist()[0] == n
        (curve,), _ = found._store.curves(by_group=False)  # what a plot of times is drawn from
        assert curve.share[-1] == pytest.approx(found.table["conversion"].iloc[-1], rel=1e-12)
        return sum(brought)

    few, many = rows(3_000), rows(12_000)
    assert 0 < few < 3_000
    assert many < 1.1 * few


def counting(method, brought):
    """Note the rows that a method brings; of Arrow's batches their rows."""

    def counted(self, *args, **kwargs):
        found = method(self, *args, **kwargs)
        brought.append(sum(len(one) for one in found) if method.__name__ == "_collect_as_arrow" else rows_of(found))
        return found

    return counted


def rows_of(found):
    return len(found) if hasattr(found, "__len__") else 10**9


def test_a_moment_stands_in_for_none():
    from ecommine._core.moments import moment_to_microseconds

    assert moment_to_microseconds(None) == 0
    assert moment_to_microseconds(datetime(1970, 1, 1, 0, 0, 1)) == 1_000_000
