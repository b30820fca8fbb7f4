"""Which group and period a unit belongs to, and what is shown of them."""

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
import pytest

from ecommine import funnel
from funnel import slow
from libraries import to_pandas
from notes import note_counts

ROWS = [
    (1, 0, "a", "web"),
    (1, 5, "b", "app"),
    (1, 9, "c", "app"),
    (2, 0, "a", "app"),
    (2, 3, "a", "web"),
    (2, 5, "b", "web"),
    (3, 1, "a", "web"),
]
STEPS = ["a", "b", "c"]


def reached(found):
    """Return, for each group, how many units reached each step."""
    table = to_pandas(found.table)
    return {label: rows["reached"].tolist() for label, rows in table.groupby("device", sort=False)}


def grouped(attribution, table=None, **options):
    table = slow.table(ROWS) if table is None else table
    return funnel.analyse(table, STEPS, by="device", attribution=attribution, as_of="2024-03-01", **options)


def test_the_group_of_the_first_entry_of_the_deepest_step_and_of_a_step():
    assert reached(grouped("first")) == {"app": [1, 1, 0], "web": [2, 1, 1]}
    assert reached(grouped("last")) == {"app": [1, 1, 1], "web": [2, 1, 0]}
    named = grouped("b")
    assert reached(named) == {"app": [1, 1, 1], "web": [1, 1, 0]}
    assert note_counts(named.notes) == {"groups_by_outcome": None, "units_without_group": 1}


def test_every_group_has_a_funnel_of_its_own_events():
    """Visitor 1 enters on the web only; visitor 2 on both, and goes on where it entered last."""
    found = grouped("step")
    assert reached(found) == {"app": [1, 0, 0], "web": [3, 1, 0]}
    for device in ("app", "web"):
        alone = slow.table([row for row in ROWS if row[3] == device])
        expected = funnel.analyse(alone, STEPS, as_of="2024-03-01").table
        mine = found.table[found.table["device"] == device].drop(columns="device")
        pd.testing.assert_frame_equal(mine.reset_index(drop=True), expected)


def test_a_column_of_the_shops_own_may_be_held_asked_for_and_grouped_by():
    frame = slow.table(ROWS).rename(columns={"device": "plan"})
    steps = ["a", funnel.Step("b", where={"plan": ["web", "app"]}), "c"]
    found = funnel.analyse(
        frame, funnel.Funnel(steps, hold_constant="plan"), by="plan", attribution="step", as_of="2024-03-01"
    )
    assert found.table["reached"].tolist() == [1, 0, 0, 3, 1, 0]


@pytest.mark.parametrize("hold", [None, "device"])
def test_ids_above_63_bits(hold):
    frame = slow.table([(one % 3, one, "ab"[one % 2], "web") for one in range(12)])
    frame["visitor_id"] = frame["visitor_id"].astype("uint64") + np.uint64(2**63 + 5)
    found = funnel.analyse(frame, funnel.Funnel(["a", "b"], hold_constant=hold), as_of="2024-03-01")
    assert found.units["visitor_id"].tolist() == [2**63 + 5, 2**63 + 6, 2**63 + 7]
    assert found.table["reached"].tolist() == [3, 3]


@pytest.mark.parametrize("attribution", ["first", "last", "b", "step"])
def test_attributions_are_the_same_in_every_library(attribution, local_library):
    expected, found = grouped(attribution), grouped(attribution, local_library(slow.table(ROWS)))
    pd.testing.assert_frame_equal(to_pandas(found.table), expected.table, check_dtype=False)
    assert found.notes == expected.notes


MODES = {
    "strict": funnel.Funnel(STEPS, order="strict"),
    "any": funnel.Funnel(STEPS, order="any"),
    "excluded": funnel.Funnel(STEPS, exclude=funnel.Exclude("noise", where={"device": "web"}), optional="b"),
    "held": funnel.Funnel(STEPS, hold_constant="device", exclude="noise"),
}


@pytest.mark.parametrize("mode", MODES.values(), ids=MODES)
def test_every_mode_is_the_same_in_every_library(mode, local_library):
    rng = np.random.default_rng(0)
    rows = [
        (int(rng.integers(60)), int(rng.integers(5_000)), str(rng.choice(["a", "b", "c", "noise"])), device)
        for device in rng.choice(["web", "app", None], 900)
    ]
    frame = slow.table(rows)
    options = {"as_of": "2024-02-01", "every": "1d"}
    expected, found = (funnel.analyse(one, mode, **options) for one in (frame, local_library(frame)))
    pd.testing.assert_frame_equal(to_pandas(found.table), to_pandas(expected.table), check_dtype=False, rtol=1e-12)
    assert to_pandas(found.units)["deepest_step"].tolist() == to_pandas(expected.units)["deepest_step"].tolist()
    assert found.notes == expected.notes


def weeks():
    rows = [(one, 400 * one, "a", "web" if one % 3 else "app") for one in range(100)]
    return slow.table(rows + [(one, 400 * one + 20, "b", "web") for one in range(0, 100, 2)])


@pytest.mark.parametrize(("every", "n"), [("1d", 28), ("1w", 4), ("1mo", 1), ("1q", 1), ("1y", 1)])
def test_periods_are_those_of_the_first_entry(every, n):
    frame = weeks()
    found = funnel.analyse(frame, funnel.Funnel(["a", "b"], window="1h", reentry=False), every=every)
    table = found.table
    entry = frame[frame["event"] == "a"]["occurred_at"]
    begins = entry.dt.to_period({"1d": "D", "1w": "W", "1mo": "M", "1q": "Q", "1y": "Y"}[every]).dt.start_time
    expected = begins.value_counts().sort_index()
    first = table[table["step"] == "a"]
    assert first["period_at"].tolist() == expected.index.tolist()
    assert first["reached"].tolist() == expected.tolist()
    assert len(first) == n
    assert first["complete"].tolist() == [True] * (n - 1) + [False]
    assert table["reached"].sum() == 150


def test_a_period_that_is_over_at_the_end_of_its_last_day_is_complete():
    found = funnel.analyse(weeks(), ["a", "b"], every="1w", as_of="2024-01-28")
    assert found.table["complete"].all()
    assert "periods_of_unequal_age" in note_counts(found.notes)
    group = found.group("2024-01-08")
    assert group.table["reached"].tolist() == found.table["reached"].tolist()[2:4]
    difference = funnel.compare(found.group("2024-01-01"), group)
    assert difference.table["step"].tolist() == ["b"]


def test_periods_and_groups_together_add_up(local_library):
    found = funnel.analyse(local_library(weeks()), ["a", "b"], every="1w", by="device")
    table = to_pandas(found.table)
    assert list(table.columns[:4]) == ["period_at", "complete", "device", "step"]
    assert table["reached"].sum() == 150
    assert table["period_at"].is_monotonic_increasing


def test_nobody_enters_in_no_period():
    found = funnel.analyse(slow.table([(1, 0, "x", "web")]), ["a", "b"], every="1w", by="device")
    assert found.table["reached"].tolist() == [0, 0]
    assert found.table["period_at"].isna().all()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"attribution": "purchase", "by": "device"}, "`attribution` .*'purchase'"),
        ({"every": "2w"}, "`every` .*'2w'"),
    ],
)
def test_errors_name_the_way_out(options, message):
    with pytest.raises(ValueError, match=message):
        funnel.analyse(slow.table(ROWS), STEPS, **options)


@pytest.mark.parametrize("name", ["pending", "entered_at"])
def test_a_column_of_the_results_cannot_be_a_group(name):
    with pytest.raises(ValueError, match=f"`by`.* '{name}'"):
        funnel.analyse(slow.table(ROWS).rename(columns={"device": name}), STEPS, by=name)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: funnel.Funnel("ab", order="strict"), TypeError, "`steps` must be a list"),
        (lambda: funnel.Funnel(STEPS, order="loose"), ValueError, "`order` must be one of 'ordered', 'strict', 'any'"),
        (lambda: funnel.Funnel(STEPS, optional="a"), ValueError, "`optional` must name a step between"),
        (lambda: funnel.Funnel(STEPS, optional="x"), ValueError, r"got 'x'"),
        (lambda: funnel.Funnel(STEPS, exclude=3), TypeError, "`exclude` must be a list of exclusions, got 3"),
        (lambda: funnel.Funnel(STEPS, exclude=funnel.Exclude("x", after="z")), ValueError, "`after` must be one of"),
        (lambda: funnel.Funnel(STEPS, exclude=funnel.Exclude("x", after="c")), ValueError, "'c' does not come before"),
        (
            lambda: funnel.Funnel(STEPS, exclude=funnel.Exclude("x", after="b"), optional="b"),
            ValueError,
            "`after` must be one of the steps",
        ),
        (lambda: funnel.Funnel(STEPS, order="any", optional="b"), ValueError, "`optional` needs steps in an order"),
        (
            lambda: funnel.Funnel(STEPS, order="any", exclude=funnel.Exclude("x", after="b")),
            ValueError,
            "an exclusion between two steps needs steps in an order",
        ),
        (
            lambda: funnel.Funnel(["a", funnel.Step("b", within="1h")], order="any"),
            ValueError,
            "a step with `within` needs steps in an order",
        ),
        (
            lambda: funnel.analyse(slow.table(ROWS), funnel.Funnel(["a", funnel.Step(["a", "b"])], order="any")),
            ValueError,
            "an event is both 'a' and 'a or b'",
        ),
        (
            lambda: funnel.analyse(slow.table(ROWS), funnel.Funnel(STEPS, hold_constant="devise")),
            ValueError,
            "did you mean 'device'",
        ),
        (lambda: funnel.Funnel(STEPS, exclude=["x"] * 30), ValueError, "`exclude` must be at most 20"),
    ],
)
def test_settings_that_contradict_each_other(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_a_funnel_written_in_two_ways_is_one_funnel():
    one = funnel.Funnel(["a", funnel.Step("b", within="60min")], window="24h", exclude="x", hold_constant=["device"])
    other = funnel.Funnel(
        ["a", funnel.Step("b", within="1h")], window="1d", exclude=[funnel.Exclude("x")], hold_constant="device"
    )
    assert one == other
    assert hash(one) == hash(other)


def test_optional_steps_lose_nobody():
    rows = [(1, 0, "a"), (1, 1, "b"), (1, 2, "c"), (2, 0, "a"), (2, 2, "c"), (3, 0, "a"), (4, 0, "a"), (4, 1, "b")]
    table = funnel.analyse(slow.table(rows), funnel.Funnel(STEPS, optional="b"), as_of="2024-03-01").table
    assert table["reached"].tolist() == [4, 2, 2]
    assert table["skipped"].tolist() == [0, 1, 0]
    assert table["dropped"].tolist() == [0, 0, 2]
    assert table["step_conversion"].tolist() == [1.0, 0.5, 0.5]


def test_any_order_counts_steps_done():
    rows = [(1, 0, "c"), (1, 1, "a"), (2, 0, "b"), (3, 5, "c"), (3, 6, "b"), (3, 9, "a")]
    table = funnel.analyse(slow.table(rows), funnel.Funnel(STEPS, order="any"), as_of="2024-03-01").table
    assert table["step"].tolist() == ["1 of 3 steps", "2 of 3 steps", "3 of 3 steps"]
    assert table["reached"].tolist() == [3, 2, 1]


def test_an_unknown_group_has_a_funnel_of_its_own_events(local_library):
    frame = slow.table([(1, 0, "a", "web"), (1, 5, "b", None), (2, 0, "a", None), (2, 5, "b", None), (3, 1, "a", None)])
    for held in ((), "visitor_id"):  # each value of a unit has a log of its own, also where another column is held
        steps = funnel.Funnel(["a", "b"], hold_constant=held)
        found = funnel.analyse(local_library(frame), steps, by="device", attribution="step", as_of="2024-03-01")
        groups = {label: found.group(label).table for label in ("web", None)}
        assert [np.asarray(one["reached"]).tolist() for one in groups.values()] == [[1, 0], [2, 1]]
        assert "events_without_constant" not in note_counts(found.notes)


def test_what_is_unknown_stays_no_step_where_the_group_is_held():
    frame = slow.table([(1, 0, "a", "web"), (2, 0, "a", None), (2, 5, "b", None)])
    steps = funnel.Funnel(["a", "b"], hold_constant="device")
    found = funnel.analyse(frame, steps, by="device", attribution="step", as_of="2024-03-01")
    assert found.table["reached"].tolist() == [1, 0]
    assert note_counts(found.notes)["events_without_constant"] == 2


def test_an_attribution_needs_groups():
    with pytest.raises(ValueError, match="`attribution` 'last'"):
        funnel.analyse(slow.table(ROWS), STEPS, attribution="last")


def test_groups_by_a_later_step_are_not_ranked():
    assert [grouped(one).attribution for one in ("first", "b")] == ["first", "b"]
    alone = funnel.analyse(slow.table(ROWS), STEPS, as_of="2024-03-01").summary()
    summaries = {attribution: grouped(attribution).summary() for attribution in ("first", "step", "last", "b")}
    assert [attribution for attribution, text in summaries.items() if text != alone] == ["first", "step"]


def drawn():
    """Draw events at moments of their own, so that the event by which a step was reached is known."""
    rng = np.random.default_rng(1)
    minutes = rng.choice(6 * 1_440, 300, replace=False).tolist()
    names, devices = rng.choice(["a", "b", "c"], 300).tolist(), rng.choice(["web", "app", None], 300).tolist()
    return slow.table([*zip(rng.integers(60, size=300).tolist(), minutes, names, devices, strict=True)])


@pytest.mark.parametrize("attribution", ["first", "last", "b"])
def test_units_have_their_group_and_tell_whether_they_may_get_further(attribution, local_library):
    frame, definition = drawn(), funnel.Funnel(STEPS, window="2d")
    options = {"as_of": "2024-01-06", "by": "device", "attribution": attribution}
    found = funnel.analyse(local_library(frame), definition, **options)
    until, device = pd.Timestamp("2024-01-07") - pd.Timedelta("1us"), frame.set_index("occurred_at")["device"]
    expected = []
    for visitor, (reached, _) in slow.all_walked(definition, frame).items():
        deepest = max(reached)
        decides = {"first": 0, "last": deepest, "b": 1}[attribution]
        group = device[reached[decides][0]] if decides in reached else None
        is_open = until - reached[0][0] < definition.window_length and deepest < 2
        expected.append((visitor, None if pd.isna(group) else group, STEPS[deepest], is_open))
    units = to_pandas(found.units)
    columns = ["visitor_id", "device", "deepest_step", "pending"]
    assert [*units[columns].itertuples(index=False, name=None)] == expected
    assert 0 < units["pending"].sum() < len(units)
    if attribution != "b":  # of the others some are in no group
        assert units["pending"].sum() == to_pandas(found.table)["pending"].sum()


def test_units_of_several_groups_have_none_and_ids_stand_once(local_library):
    frame = local_library(slow.table(ROWS))
    assert "device" not in to_pandas(grouped("step", frame).units).columns
    units = to_pandas(funnel.analyse(frame, STEPS, by="visitor_id", as_of="2024-03-01").units)
    assert units.columns.tolist().count("visitor_id") == 1
    assert units["visitor_id"].tolist() == [1, 2, 3]


VALUES = {
    "text": ["x", "y"],
    "numbers": [1, 2],
    "floats": [0.5, 1.5],
    "flags": [True, False],
    "times": pd.to_datetime(["2024-01-01", "2024-01-02"]).astype("datetime64[us]"),
}


@pytest.mark.parametrize("values", VALUES.values(), ids=VALUES)
def test_the_group_of_units_keeps_its_type_where_nobody_entered(values, local_library):
    frame = slow.table([(1, 0, "a"), (2, 0, "a")]).assign(plan=values)
    some = funnel.analyse(local_library(frame), ["a", "b"], by="plan").units
    none = funnel.analyse(local_library(frame), ["x", "a"], by="plan").units
    assert nw.from_native(none).schema == nw.from_native(some).schema
    assert to_pandas(some)["plan"].tolist() == frame["plan"].tolist()
    assert to_pandas(none).empty


@pytest.mark.parametrize("kind", ["Int64", "string"])
def test_groups_that_are_unknown_keep_the_type_of_their_column(kind):
    pl = pytest.importorskip("polars")
    frame = slow.table([(1, 0, "a"), (2, 0, "a")]).assign(plan=pd.array([None, None], dtype=kind))
    assert pd.isna(funnel.analyse(frame, ["a", "b"], by="plan").units["plan"]).all()
    units = funnel.analyse(pl.from_pandas(frame), ["a", "b"], by="plan").units
    assert units["plan"].to_list() == [None, None]
    assert units.schema["plan"] == (pl.Int64 if kind == "Int64" else pl.String)
    arrow = funnel.analyse(pl.from_pandas(frame).to_arrow(), ["a", "b"], by="plan")
    assert arrow.units.schema.field("plan").type == arrow.table.schema.field("plan").type


BANDS = ["<50", "50-200", "200-1000", ">1000"]


def with_bands(door):
    """Make a log of price bands in an order of their own, one unused and one unknown, in a library that knows it."""
    rows = [(1, 0, "a"), (2, 1, "a"), (2, 2, "b"), (3, 3, "a"), (4, 4, "a"), (3, 5, "x")]
    frame = slow.table(rows).drop(columns="device")
    text = ["200-1000", "<50", "<50", None, "50-200", ">1000"]
    if door == "pandas":
        return frame.assign(band=pd.Categorical(text, categories=BANDS, ordered=True))
    if door == "pandas cut":
        cut = pd.cut(pd.Series([300, 20, 20, None, 60, 2_000]), [0, 50, 200, 1_000, 3_000])
        return frame.assign(band=cut)
    pl = pytest.importorskip("polars")
    table = pl.from_pandas(frame).with_columns(band=pl.Series(text, dtype=pl.Enum(BANDS)))
    if door == "duckdb":
        duckdb = pytest.importorskip("duckdb")
        plain = table.cast({"band": pl.String})
        return duckdb.from_arrow(plain.to_arrow()).project(f"* replace (band::enum{tuple(BANDS)} as band)")
    return table.lazy() if door == "polars-lazy" else table


@pytest.mark.parametrize("door", ["pandas", "pandas cut", "polars", "polars-lazy", "duckdb"])
@pytest.mark.parametrize("attribution", ["first", "step"])
def test_groups_come_in_the_order_of_their_categories(door, attribution):
    frame = with_bands(door)
    found = funnel.analyse(frame, ["a", "b"], by="band", attribution=attribution, as_of="2024-03-01")
    labels = [label for label, _ in found._group_estimates]
    if door == "pandas cut":  # pandas' versions write the ends of intervals in two ways
        assert [label and float(label[1:].split(",")[0]) for label in labels] == [0, 50, 200, None]
    else:
        assert labels == [*BANDS[:3], None]
    table = to_pandas(found.table)
    assert table["band"].tolist() == [label for label in labels for _ in range(2)]
    assert table["reached"].tolist() == [1, 1, 1, 0, 1, 0, 1, 0]
    assert [growth.label["band"] for growth in found._store.curves(by_group=True)[0]] == labels
    weekly = funnel.analyse(with_bands(door), ["a", "b"], by="band", every="1w", as_of="2024-03-01")
    assert to_pandas(weekly.table)["band"].tolist() == table["band"].tolist()


def test_a_column_of_the_schema_keeps_the_order_of_its_categories():
    frame = with_bands("pandas").rename(columns={"band": "device"})
    found = funnel.analyse(frame, ["a", "b"], by="device", as_of="2024-03-01")
    assert [label for label, _ in found._group_estimates] == [*BANDS[:3], None]


def test_categories_without_an_order_stay_sorted():
    frame = with_bands("pandas")
    frame["band"] = frame["band"].cat.as_unordered()
    found = funnel.analyse(frame, ["a", "b"], by="band", as_of="2024-03-01")
    assert found.table["band"].tolist()[:-2:2] == sorted(BANDS[:3])
