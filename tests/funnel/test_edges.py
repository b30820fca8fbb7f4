"""What is easy to get wrong: the last microsecond, unknown values, few visitors, columns of odd types."""

from dataclasses import replace
from datetime import date, timedelta

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
import pytest

from ecommine import SchemaError, funnel
from ecommine._stats.intervals import wilson_interval
from libraries import to_pandas
from notes import note_counts

START = pd.Timestamp("2024-01-01")


def log(rows, columns=("visitor_id", "event", "micro")):
    frame = pd.DataFrame(rows, columns=[*columns])
    frame["occurred_at"] = START + pd.to_timedelta(frame.pop("micro"), unit="us")
    return frame


def reached(frame, definition, **options):
    options = {"as_of": "2024-06-01"} | options
    return np.asarray(funnel.analyse(frame, definition, **options).table["reached"]).tolist()


@pytest.mark.parametrize("micro", [249, 1_001_000, 1_003_000, 4_099_000])
def test_the_window_has_its_last_microsecond(micro):
    frame, length = log([(1, "v", 0), (1, "p", micro)]), timedelta(microseconds=micro)
    less = length - timedelta(microseconds=1)
    assert reached(frame, funnel.Funnel(["v", "p"], window=length)) == [1, 1]
    assert reached(frame, funnel.Funnel(["v", "p"], window=less)) == [1, 0]
    assert reached(frame, funnel.Funnel(["v", funnel.Step("p", within=length)])) == [1, 1]
    assert reached(frame, funnel.Funnel(["v", funnel.Step("p", within=less)])) == [1, 0]


def sessions(n_visitors, of, convert):
    """Make sessions of visitors; the first of them convert in each of their sessions."""
    rows = []
    for visitor in range(n_visitors):
        for one in range(of):
            at = 10_000_000 * (visitor * of + one)
            rows.append((visitor, f"{visitor}-{one}", "v", at))
            rows += [(visitor, f"{visitor}-{one}", "p", at + 1)] if convert(visitor, one) else []
    return log(rows, ("visitor_id", "session_id", "event", "micro"))


def test_the_sessions_of_one_visitor_are_one_trial():
    found = funnel.analyse(
        sessions(1, 30, lambda _, one: one % 3 == 0), ["v", "p"], unit="session_id", as_of="2024-06-01"
    )
    row = found.table.iloc[1]
    assert (row["conversion_low"], row["conversion_high"]) == pytest.approx(wilson_interval(1 / 3, 1, 1.96), abs=1e-4)
    assert note_counts(found.notes)["few_visitors"] == 1
    other = funnel.analyse(
        sessions(1, 30, lambda _, one: one % 2 == 0), ["v", "p"], unit="session_id", as_of="2024-06-01"
    )
    assert funnel.compare(found, other).p_value > 0.5


def test_where_none_converts_visitors_count_and_no_sessions():
    frame = sessions(6, 20, lambda *_: False)
    row = funnel.analyse(frame, ["v", "p"], unit="session_id", as_of="2024-06-01").table.iloc[1]
    alone = funnel.from_counts({"v": 6, "p": 0}).table.iloc[1]
    assert row["conversion_high"] >= alone["conversion_high"]


def test_student_makes_up_for_few_visitors():
    """Of visitors that are alike in all their sessions the interval is Wilson's with Student's quantile."""
    row = funnel.analyse(
        sessions(10, 8, lambda visitor, _: visitor < 4), ["v", "p"], unit="session_id", as_of="2024-06-01"
    ).table.iloc[1]
    from scipy.stats import t

    from ecommine._stats.intervals import wilson_interval

    assert (row["conversion_low"], row["conversion_high"]) == pytest.approx(wilson_interval(0.4, 10, t(9).ppf(0.975)))


def test_units_whose_visitor_is_unknown_stand_alone():
    rows = [(one, one % 500, "v", 1_000 * one) for one in range(600)]
    rows += [(None, one % 500, "p", 1_000 * one + 1) for one in range(0, 600, 4)]
    frame = log(rows, ("visitor_id", "customer_id", "event", "micro"))
    frame["visitor_id"] = frame["visitor_id"].astype("Int64")
    tables = [
        funnel.analyse(one, ["v", "p"], unit="customer_id", as_of="2024-06-01").table for one in (frame, frame[::-1])
    ]
    pd.testing.assert_frame_equal(*tables)
    unknown = frame.assign(visitor_id=pd.array([None] * len(frame), dtype="Int64"))
    table = funnel.analyse(unknown, ["v", "p"], unit="customer_id", as_of="2024-06-01").table
    n, there = table["reached"]
    alone = funnel.from_counts({"v": n, "p": there}).table
    for end in ("conversion_low", "conversion_high"):
        assert table[end].tolist() == pytest.approx(alone[end].tolist())


def test_sessions_of_several_visitors_with_one_id_are_apart(library):
    frame = log([("a", 7, "v", 0), ("b", 7, "p", 5), ("b", 7, "v", 9)], ("visitor_id", "session_id", "event", "micro"))
    found = funnel.analyse(library(frame), ["v", "p"], unit="session_id", as_of="2024-06-01")
    assert np.asarray(found.table["reached"]).tolist() == [2, 0]


def test_float_ids_that_stand_for_several_are_refused():
    frame = log([(1, "v", 0), (2, "p", 1)])
    frame["visitor_id"] = np.array([2**60 + 1, 2**60 + 2], dtype=np.float64)
    with pytest.raises(SchemaError, match="visitor_id"):
        funnel.analyse(frame, ["v", "p"])


def odd(values):
    frame = log([(1, "v", 0), (1, "p", 1), (2, "v", 0), (2, "p", 1), (3, "v", 0)])
    return frame.assign(g=values)


@pytest.mark.parametrize("door", ["pandas", "polars", "pyarrow", "duckdb"])
def test_nan_and_null_are_one_unknown_group_and_no_held_value(door):
    pa, module = pytest.importorskip("pyarrow"), pytest.importorskip(door)
    frame = pa.Table.from_pandas(odd(0.0).drop(columns="g"))
    frame = frame.append_column("g", pa.array([float("nan"), float("nan"), None, 1.0, -0.0], pa.float64()))
    made = {
        "pandas": frame.to_pandas,
        "polars": lambda: module.from_arrow(frame),
        "pyarrow": lambda: frame,
        "duckdb": lambda: module.from_arrow(frame),
    }[door]()
    found = funnel.analyse(made, ["v", "p"], by="g", as_of="2024-06-01")
    assert found.group(None).entrants == 2
    assert found.group(0.0).entrants == 1
    assert reached(made, funnel.Funnel(["v", "p"], hold_constant="g")) == [1, 0]
    users = {"pandas": frame.to_pandas(), "polars": made, "pyarrow": frame, "duckdb": made}[door]
    assert np.asarray(funnel.from_reached(users, ["g", "visitor_id"]).table["reached"]).tolist() == [1, 1]


def test_groups_of_dates_and_times_are_found():
    frame = odd([date(2024, 1, 1), date(2024, 1, 1), date(2024, 1, 2), None, None])
    pl = pytest.importorskip("polars")
    found = funnel.analyse(pl.from_pandas(frame), ["v", "p"], by="g", as_of="2024-06-01")
    assert found.group(date(2024, 1, 1)).entrants == 1
    times = odd(pd.to_datetime(["2024-01-01", "2024-01-01", "2024-01-02", None, None]).astype("datetime64[ns]"))
    found = funnel.analyse(times, ["v", "p"], by="g", as_of="2024-06-01")
    assert found.group(pd.Timestamp("2024-01-01")).entrants == 1
    assert found.group(pd.NA).entrants == 1
    with pytest.raises(ValueError, match="has no group 'junk'"):
        found.group("junk")


def test_arrows_views_and_empty_columns_are_read():
    pa = pytest.importorskip("pyarrow")
    frame = pa.Table.from_pandas(odd("x"))
    nulls = frame.set_column(frame.column_names.index("g"), "g", pa.nulls(len(frame)))
    assert reached(nulls, ["v", "p"], by="g") == [3, 2]
    assert reached(nulls, funnel.Funnel(["v", "p"], hold_constant="g")) == [0, 0]
    if hasattr(pa, "string_view"):
        text = frame.set_column(1, "event", frame["event"].cast(pa.string_view()))
        assert reached(text, ["v", "p"]) == [3, 2]


def test_names_of_repeated_steps_are_all_different():
    assert funnel.Funnel(["v", "v 2", "v", "v"]).step_labels == ("v", "v 2", "v 3", "v 4")


def test_a_step_cannot_be_called_as_an_attribution():
    frame = odd("x")
    with pytest.raises(ValueError, match="`attribution` 'last'"):
        funnel.analyse(frame, ["v", funnel.Step("p", name="last")], by="g", attribution="last")


def test_a_session_is_of_its_only_visitor_also_where_an_event_has_none(library):
    rows = [(None, 7, "v", 0), ("x", 7, "p", 5), (None, 8, "v", 0), ("x", 8, "p", 5), ("y", 8, "p", 6)]
    frame = log(rows, ("visitor_id", "session_id", "event", "micro"))
    found = funnel.analyse(library(frame), ["v", "p"], unit="session_id", as_of="2024-06-01")
    assert np.asarray(found.table["reached"]).tolist() == [2, 1]


def test_sessions_are_known_by_their_visitor_as_well(local_library):
    rows = [(2, 1, "v", 0), (1, 1, "v", 3), (None, 5, "v", 4), (1, 1, "p", 5)]
    frame = log(rows, ("visitor_id", "session_id", "event", "micro")).astype({"visitor_id": "Int64"})
    found = funnel.analyse(local_library(frame), ["v", "p"], unit="session_id", as_of="2024-06-01")
    units = to_pandas(found.units)
    assert units.columns[:3].tolist() == ["session_id", "visitor_id", "deepest_step"]
    assert units["session_id"].tolist() == [1, 1, 5]
    assert units["visitor_id"].astype("Int64").fillna(-1).tolist() == [1, 2, -1]
    assert units["deepest_step"].tolist() == ["p", "v", "v"]
    other = funnel.analyse(frame.assign(visitor_id=frame["visitor_id"] + 1), ["v", "p"], unit="session_id")
    notes = funnel.compare(found, other).notes  # session 1 of visitor 2, and session 5 of nobody known
    assert note_counts(notes)["units_in_both"] == 2


def test_units_of_sessions_that_are_not_there_have_their_columns():
    frame = log([(1, 1, "x", 0)], ("visitor_id", "session_id", "event", "micro"))
    units = funnel.analyse(frame, ["v", "p"], unit="session_id", as_of="2024-06-01").units
    assert units.columns.tolist()[:2] == ["session_id", "visitor_id"]
    assert units.dtypes.iloc[:2].tolist() == [np.int64, np.int64]


def test_an_event_is_left_out_once(library):
    frame = log([(1, "v", 0), (1, "p", 1), (None, "v", 2), (None, "p", 10**12)])
    frame = frame.astype({"visitor_id": "Int64"})
    found = funnel.analyse(library(frame), ["v", "p"], as_of="2024-01-02")
    assert note_counts(found.notes[:2]) == {"events_without_id": 1, "rows_after_as_of": 1}


def test_conditions_that_are_no_values_are_refused():
    with pytest.raises(ValueError, match=r"`where`: 'd' must have one or several known values"):
        funnel.Step("v", where={"d": pd.NA})
    with pytest.raises(ValueError, match=r"holds whole numbers \(Int64\), got inf"):
        funnel.analyse(odd(1), [funnel.Step("v", where={"g": float("inf")}), "p"])
    with pytest.raises(TypeError, match="`where` must map columns to values"):
        funnel.Step("v", where=("device", "mobile"))


def test_a_step_with_conditions_can_be_changed():
    step = funnel.Step("v", where={"device": ["mobile", "tablet"]}, name="phones")
    assert replace(step, within="2h").where == step.where


def test_showing_a_result_makes_no_table_of_units(monkeypatch):
    found = funnel.analyse(odd("x"), ["v", "p"], as_of="2024-06-01")
    monkeypatch.setattr(type(found._store), "table", lambda *_: pytest.fail("the units were made"))
    assert "[2 rows]" in repr(found)
    assert "<table" in found._repr_html_()
    assert len(found.to_pandas()) == 2


def test_nobody_yet_is_known_about_as_well_as_a_few():
    """With most windows open the limit of none is not that of the few whose window is over."""
    entries = [(one, "v", 22_000_000 * one) for one in range(4_000)]  # within 1.02 days
    day = funnel.Funnel(["v", "p"], window="1d")
    none = funnel.analyse(log(entries), day, as_of="2024-01-02 00:27").table.loc[1]
    one = funnel.analyse(log([*entries, (0, "p", 60_000_000)]), day, as_of="2024-01-02 00:27").table.loc[1]
    assert one["conversion_high"] < none["conversion_high"] < 0.006
    assert none["step_conversion_high"] == none["conversion_high"]
    over = 4_000 - none["pending"]
    assert wilson_interval(0.0, over, 1.96)[1] > 0.03


@pytest.mark.parametrize("values", [[1, None], [True, None], [2.5, None], ["x", None]])
def test_groups_keep_their_type_where_one_is_unknown(values, local_library):
    frame = log([(1, "v", 0), (2, "v", 1)]).assign(g=pd.array(values, dtype=None))
    found = funnel.analyse(local_library(frame), ["v", "p"], by="g", as_of="2024-06-01")
    labels = nw.from_native(found.table, eager_only=True)["g"]
    assert labels.dtype not in (nw.Object, nw.Unknown)
    assert labels.to_list()[0] == values[0]
    assert found.group(None).entrants == found.group(values[0]).entrants == 1


def test_the_two_zeros_are_one_value(local_library):
    frame = log([(1, "v", 0), (1, "p", 1)]).assign(g=[0.0, -0.0])
    made = local_library(frame)
    assert reached(made, funnel.Funnel(["v", "p"], hold_constant="g")) == [1, 1]
    assert reached(made, ["v", funnel.Step("p", where={"g": 0.0})]) == [1, 1]
    assert len(funnel.analyse(made, ["v", "p"], by="g", as_of="2024-06-01").table) == 2


@pytest.mark.parametrize(
    ("call", "error", "match"),
    [
        (lambda: funnel.Step("v", where={"g": [[1]]}), ValueError, "one or several known values"),
        (lambda: funnel.Step("v", where={1: 2, "b": 3}), TypeError, "must name columns by text"),
        (lambda: funnel.Step("v", name=5), TypeError, "`name` must be text, got 5"),
        (lambda: funnel.Funnel(["v", "p"], hold_constant=""), TypeError, "`hold_constant` must be names of columns"),
        (
            lambda: reached(odd([date(2024, 1, 1)] * 5), [funnel.Step("v", where={"g": "x"}), "p"]),
            ValueError,
            "convert it first",
        ),
        (lambda: reached(odd(1), [funnel.Step("v", where={"g": 2**63}), "p"]), ValueError, r"whole numbers \(Int64\)"),
        (lambda: reached(odd(1).astype({"g": "uint8"}), [funnel.Step("v", where={"g": -1}), "p"]), ValueError, "UInt8"),
        (
            lambda: funnel.from_reached(
                pd.DataFrame({"a": [True] * 60, "b": False, "g": range(60)}), ["a", "b"], by="g"
            ),
            ValueError,
            "`by` 'g' has 60 values",
        ),
    ],
)
def test_errors_name_what_is_wrong(call, error, match):
    with pytest.raises(error, match=match):
        call()


def test_columns_of_lists_are_refused():
    pa = pytest.importorskip("pyarrow")
    frame = pa.Table.from_pandas(odd("x").drop(columns="g")).append_column("g", pa.array([[1]] * 5))
    for call in (
        lambda: funnel.analyse(frame, ["v", "p"], by="g"),
        lambda: funnel.analyse(frame, funnel.Funnel(["v", "p"], hold_constant="g")),
    ):
        with pytest.raises(ValueError, match="need single values, and 'g' holds List"):
            call()


def test_a_late_step_that_nobody_reached_is_known_by_those_who_were_seen_to_the_end():
    """All come to the second step late: the long time before it tells nothing of the third."""
    day = 86_400_000_000
    rows = [(one, "v", 0) for one in range(100)] + [(100 + one, "v", 6 * day + one) for one in range(900)]
    rows += [(visitor, "m", at + int(3.4 * day)) for visitor, _, at in rows]
    row = funnel.analyse(log(rows), funnel.Funnel(["v", "m", "p"], window="7d"), as_of="2024-01-10 12:00").table.loc[2]
    assert row["step_conversion_high"] > 0.03
