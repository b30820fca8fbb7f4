"""Scores and segments: every library gives the same, cut points carry over, the result shows itself."""

import pickle
import warnings
from dataclasses import FrozenInstanceError
from datetime import datetime

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings

from ecommine import DataWarning, rfm
from libraries import few_on_spark, to_pandas
from notes import note_counts
from rfm.slow import orders, shop, slow_cuts, slow_score, slow_standard, slow_table


@pytest.fixture(autouse=True)
def no_warnings():
    """A result carries its notes and does not warn."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", DataWarning)
        yield


def slow_segments(lines, *, as_of=None):
    slow = slow_table(lines, as_of=as_of)
    measures = [[row[i] for row in slow.values()] for i in range(3)]
    measures[2] = [round(money * 100) for money in measures[2]]
    cuts = [slow_cuts(values, 5) for values in measures]
    found = {}
    for customer, recency, frequency, cents in zip(slow, *measures, strict=True):
        scores = (
            6 - slow_score(recency, cuts[0]),
            slow_score(frequency, cuts[1]),
            slow_score(cents, cuts[2]),
        )
        found[customer] = (int("".join(map(str, scores))), slow_standard(*scores))
    return found


@pytest.mark.call("rfm.score")
def test_every_library_matches_the_slow_version(library):
    result = rfm.score(library(shop()))
    table = to_pandas(result.table, sort=["customer_id"])
    slow = slow_segments(shop())
    assert {row.customer_id: (row.rfm_score, row.segment) for row in table.itertuples()} == slow
    np.testing.assert_allclose(
        table["weighted_score"],
        table[["recency_score", "frequency_score", "monetary_score"]].mean(axis=1),
        rtol=1e-12,
    )


@settings(max_examples=15)
@given(orders(min_rows=3))
def test_any_table_matches_the_slow_version(lines):
    slow = slow_segments(lines) if slow_table(lines) else {}
    if not slow:
        with pytest.raises(ValueError, match="no customer to learn cut points from"):
            rfm.score(lines)
        return
    table = rfm.score(lines).table
    assert {row.customer_id: (row.rfm_score, row.segment) for row in table.itertuples()} == slow


def test_table_is_of_the_callers_library_and_as_lazy(library):
    raw = library(shop())
    result = rfm.score(raw)
    assert type(result.table) is type(raw)
    assert isinstance(nw.from_native(result.table), nw.LazyFrame) is library.lazy
    assert isinstance(nw.from_native(result.segments), nw.DataFrame)


def test_segments_add_up_in_every_library(library):
    result = rfm.score(library(shop()))
    table, segments = to_pandas(result.table), to_pandas(result.segments)
    assert segments["segment"].tolist() == [segment.code for segment in rfm.STANDARD.segments]
    assert segments["customers"].sum() == len(table)
    assert segments["share"].sum() == pytest.approx(1)
    assert segments["share_of_money"].sum() == pytest.approx(1)
    for row in segments.itertuples():
        mine = table[table["segment"] == row.segment]
        assert (row.customers, row.orders) == (len(mine), mine["frequency"].sum())
        assert row.money == pytest.approx(mine["monetary"].sum(), abs=1e-6)
        if len(mine):
            assert row.median_recency == mine["recency"].median()
            assert row.average_order_value == pytest.approx(row.money / row.orders)
        else:
            assert np.isnan(row.median_recency)
            assert np.isnan(row.average_order_value)


def test_a_later_month_is_scored_with_the_same_cut_points(library):
    first = rfm.score(library(shop()), as_of="2024-12-31", period="6mo", weights=(2, 1, 1))
    later = first.apply(library(shop()), as_of="2025-03-31")
    assert later.scale == first.scale
    assert (later.period, later.weights, later.scheme) == ("6mo", (2.0, 1.0, 1.0), rfm.STANDARD)
    assert later.as_of == datetime(2025, 3, 31, 23, 59, 59, 999_999)
    table = to_pandas(later.table)
    recency = [5 - sum(cut < days for cut in first.scale.recency) for days in table["recency"]]
    assert table["recency_score"].tolist() == recency
    weighted = (2 * table["recency_score"] + table["frequency_score"] + table["monetary_score"]) / 4
    np.testing.assert_allclose(table["weighted_score"], weighted)


def test_one_result_applies_to_another_library(library):
    first = rfm.score(shop(), as_of="2024-12-31")
    expected = first.apply(shop(), as_of="2025-03-31").table
    found = to_pandas(first.apply(library(shop()), as_of="2025-03-31").table, sort=["customer_id"])
    assert found["segment"].tolist() == expected["segment"].tolist()


def test_members_are_the_rows_of_the_segment(library):
    result = rfm.score(library(shop()))
    table = to_pandas(result.table, sort=["customer_id"])
    members = to_pandas(result.members("champions"), sort=["customer_id"])
    assert members["customer_id"].tolist() == table.loc[table["segment"] == "champions", "customer_id"].tolist()
    with pytest.raises(ValueError, match=r"`segment` must be one of 'champions', 'loyal', .*got 'best'"):
        result.members("best")


@pytest.mark.parametrize("name", ["At risk", "流失风险客户"])
def test_who_gives_the_name_of_a_segment_learns_its_code(name):
    with pytest.raises(ValueError, match=f"`segment` must be a code: give 'at_risk' for '{name}'"):
        rfm.score(shop()).members(name)


@pytest.mark.parametrize("locale", few_on_spark(1, "zh", "en"))
def test_labels_are_only_for_display(library, locale):
    result = rfm.score(library(shop()))
    shown = to_pandas(result.labelled(locale=locale))
    heading, name = {"en": ("Segment", "Champions"), "zh": ("客户群", "冠军客户")}[locale]
    assert (shown[heading] == name).sum() == (to_pandas(result.table)["segment"] == "champions").sum()
    segments = to_pandas(result.labelled(locale=locale, part="segments"))
    assert segments[heading].tolist() == [segment.display(locale) for segment in rfm.STANDARD.segments]
    assert segments[{"en": "Action", "zh": "建议"}[locale]].tolist() == [
        segment.advice(locale) for segment in rfm.STANDARD.segments
    ]


def test_notes_count_what_was_left_out():
    lines = shop()
    result = rfm.score(lines, as_of="2025-01-31")
    late = (lines["ordered_at"] > "2025-01-31 23:59:59").sum()
    guests = lines["customer_id"].isna() & (lines["ordered_at"] < "2025-02-01")
    found = note_counts(result.notes)
    assert (found["rows_after_as_of"], found["guests_left_out"]) == (late, guests.sum())


def test_repr_is_short_and_runs_no_query(library):
    result = rfm.score(library(shop()), as_of="2025-05-14")
    lines = repr(result).splitlines()
    assert len(lines) <= 12
    assert lines[0].startswith("RFM: as of 2025-05-14 23:59, ")
    assert ("lazy table with columns" in repr(result)) is library.lazy
    assert "<b>RFM</b>" in result._repr_html_()


def test_a_result_is_frozen_and_pickles():
    result = rfm.score(shop())
    with pytest.raises(FrozenInstanceError):
        result.scale = rfm.Scale()
    again = pickle.loads(pickle.dumps(result))
    pd.testing.assert_frame_equal(again.table, result.table)
    assert (again.scale, again.scheme, again.notes) == (result.scale, result.scheme, result.notes)


def test_excel_has_a_sheet_a_table(tmp_path):
    pytest.importorskip("openpyxl", reason="openpyxl is not installed")
    result = rfm.score(shop())
    result.to_excel(tmp_path / "rfm.xlsx")
    book = pd.read_excel(tmp_path / "rfm.xlsx", sheet_name=None)
    assert list(book) == ["notes", "customers", "segments"]
    assert book["segments"]["customers"].sum() == len(result.table)


@pytest.mark.parametrize(
    "scheme", [rfm.VALUE_GROUPS, rfm.EightClasses(high_value=30, low_value=10, middle="named")], ids=lambda s: s.name
)
def test_other_schemes_in_every_library(library, scheme):
    expected = rfm.score(shop(), scheme=scheme).table
    found = to_pandas(rfm.score(library(shop()), scheme=scheme).table, sort=["customer_id"])
    assert found["segment"].tolist() == expected["segment"].tolist()
    assert found["segment"].nunique() > 2


def test_nobody_with_fixed_cut_points_is_an_empty_result(library):
    fixed = rfm.Scale(recency=(1, 2, 3, 4), frequency=(1, 2, 3, 4), monetary=(1, 2, 3, 4))
    result = rfm.score(library(shop().iloc[:0]), as_of="2024-01-01", scale=fixed)
    assert to_pandas(result.table).empty
    segments = to_pandas(result.segments)
    assert segments["customers"].sum() == 0
    assert segments["share"].isna().all()
    assert result.summary() == "Up to 2024-01-01, no customer has an order."


def test_no_lines_and_no_as_of_is_refused():
    with pytest.raises(ValueError, match=r"`orders` has no lines, .*give `as_of`"):
        rfm.score(shop().iloc[:0])


def test_all_guests_is_refused():
    with pytest.raises(ValueError, match="no customer to learn cut points from"):
        rfm.score(shop().assign(customer_id=np.array([None] * 900, dtype=object)))


@pytest.mark.parametrize(
    ("options", "error", "match"),
    [
        ({"scale": 4}, ValueError, "'standard' needs 5 levels"),
        ({"scale": "5"}, TypeError, "`scale` must be a number, got '5'"),
        ({"scheme": "standard"}, TypeError, r"`scheme` must be a Scheme such as rfm.STANDARD, got 'standard'"),
        ({"scheme": rfm.EightClasses}, TypeError, r"got the class EightClasses: make one, EightClasses\(\.\.\.\)"),
        ({"as_of": "2009-01-01"}, ValueError, "`as_of`.*2009-01-01.*2024-01-01 to 2025-05-14"),
        ({"weights": (1, 1)}, ValueError, "`weights` must be three numbers"),
        ({"weights": (0, 0, 0)}, ValueError, "`weights` must not all be zero"),
        ({"weights": (1, -1, 1)}, ValueError, "`weights` must be between 0 and 1e"),
    ],
)
def test_wrong_options_name_the_argument(options, error, match):
    with pytest.raises(error, match=match):
        rfm.score(shop(), **options)


@pytest.mark.parametrize("call", ["summary", "labelled", "plot"])
def test_an_unknown_locale_is_refused(call):
    with pytest.raises(ValueError, match="`locale` must be one of 'en', 'zh', got 'de'"):
        getattr(rfm.score(shop()), call)(locale="de")
