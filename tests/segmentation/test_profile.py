"""Profiles: by hand in every library, what is tested, noise, what is missing, and the page."""

import re

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from ecommine import segmentation
from libraries import to_pandas
from notes import note_counts


def customers() -> pd.DataFrame:
    """Return two segments: a of three with nearly all the money, b of three."""
    return pd.DataFrame(
        {
            "customer_id": range(7),
            "segment": np.array(["a", "a", "a", "b", "b", "b", None], dtype=object),
            "monetary": [50.0, 60.0, 70.0, 5.0, 5.0, 10.0, 0.0],
            "city": np.array(["Rome", "Rome", "Oslo", "Oslo", "Oslo", None, "Rome"], dtype=object),
            "children": [0, 1, 2, 3, 3, 3, 2],
            "member": [True, True, False, False, False, False, True],
            "since": np.full(7, "2024-01-01", dtype="datetime64[us]"),
        }
    )


def row_of(table, segment, column, category=None):
    """Return the one row of a comparison."""
    is_category = table["category"].isna() if category is None else table["category"] == category
    (row,) = table[(table["segment"] == segment) & (table["column"] == column) & is_category].to_dict("records")
    return row


@pytest.mark.call("segmentation.profile")
def test_by_hand_in_every_library(library):
    result = segmentation.profile(library(customers()))
    table = to_pandas(result.table)
    rome = row_of(table, "a", "city", "Rome")
    assert (rome["known"], rome["null_share"], rome["level"], rome["everybody"]) == (3, 0, 2 / 3, 0.5)
    assert (rome["difference"], rome["index"]) == pytest.approx((1 / 6, 400 / 3))
    assert rome["share_of_money"] == pytest.approx(110 / 180)
    oslo = row_of(table, "b", "city", "Oslo")
    assert (oslo["known"], oslo["null_share"], oslo["level"]) == (2, pytest.approx(1 / 3), 1.0)
    children = row_of(table, "b", "children")
    assert (children["level"], children["everybody"], children["index"]) == (3.0, 2.0, 150.0)
    members = table[(table["segment"] == "a") & (table["column"] == "member")]
    assert members["level"].tolist() == pytest.approx([1 / 3, 2 / 3])
    sizes = to_pandas(result.segments)
    assert sizes["customers"].tolist() == [3, 3]
    assert sizes["share"].tolist() == pytest.approx([3 / 7, 3 / 7])
    assert sizes["share_of_money"].tolist() == pytest.approx([0.9, 0.1])
    assert note_counts(result.notes) == {"without_segment": 1, "columns_left_out": 1, "values_missing": 1}


def two_segments(n: int, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "customer_id": range(n),
            "segment": rng.choice(["a", "b", "c"], n),
            "orders_per_month": rng.lognormal(size=n),
            "income": rng.normal(size=n),
            "city": rng.choice(list("xyz"), n, p=[0.6, 0.3, 0.1]),
        }
    )


def test_p_values_are_those_of_the_textbook():
    table = two_segments(400)
    found = segmentation.profile(table).table
    inside = table["segment"] == "b"
    welch = stats.ttest_ind(table.loc[inside, "income"], table.loc[~inside, "income"], equal_var=False).pvalue
    assert row_of(found, "b", "income")["p_value"] == pytest.approx(welch)
    counts = pd.crosstab(inside, table["city"] == "y")
    assert row_of(found, "b", "city", "y")["p_value"] == pytest.approx(
        stats.chi2_contingency(counts, correction=False).pvalue
    )


def test_what_was_clustered_is_not_tested():
    """Columns of the orders never are; columns that a fit took besides are named by the caller."""
    table = two_segments(400)
    found = segmentation.profile(table, fitted=["income"]).table.groupby("column")["p_value"].count()
    assert found.to_dict() == {"orders_per_month": 0, "income": 0, "city": 9}
    later = table.assign(stage=table["segment"], age_days=3, tier="gold")
    tested = segmentation.profile(later, by="tier").table.groupby("column")["p_value"].count()
    assert tested[["stage", "age_days", "segment"]].sum() == 0


def false_finds(n_runs: int) -> float:
    """Return the share of tests below .05 on columns of noise, of segments that were fitted on other noise."""
    below = []
    for seed in range(n_runs):
        rng = np.random.default_rng(seed)
        n = 600
        table = pd.DataFrame({"customer_id": range(n), "orders": 5, **{f"x{i}": rng.normal(size=n) for i in range(3)}})
        segments = segmentation.fit(table, columns=["x0", "x1", "x2"], n_segments=4).table
        outside = segments.assign(
            income=rng.normal(size=n), age=rng.choice(list("abcd"), n), gender=rng.choice(list("mf"), n)
        )
        p_values = segmentation.profile(outside, fitted=["x0", "x1", "x2"]).table["p_value"].dropna()
        below.append((p_values < 0.05).mean())
    return float(np.mean(below))


def test_noise_is_found_at_its_level_in_a_short_simulation():
    assert false_finds(5) <= 0.09


@pytest.mark.parity
def test_noise_is_found_at_its_level_in_a_long_simulation():
    assert false_finds(300) <= 0.053  # .05 with three standard errors of the simulation


def test_a_true_difference_is_found():
    table = two_segments(900)
    table["income"] += np.where(table["segment"] == "a", 0.4, 0)
    assert row_of(segmentation.profile(table).table, "a", "income")["q_value"] < 0.01


def test_few_values_are_not_tested():
    table = pd.DataFrame({"customer_id": range(40), "segment": ["a"] * 10 + ["b"] * 30, "x": np.arange(40.0)})
    assert segmentation.profile(table).table["p_value"].notna().all()
    table.loc[0, "segment"] = "b"
    assert segmentation.profile(table).table["p_value"].isna().all()
    city = pd.DataFrame({"customer_id": range(40), "segment": ["a"] * 20 + ["b"] * 20, "x": ["p"] * 10 + ["q"] * 30})
    assert segmentation.profile(city).table["p_value"].notna().all()  # five are expected
    city.loc[0, "x"] = "q"
    assert segmentation.profile(city).table["p_value"].isna().all()


def test_weekdays_and_hours_are_categories():
    table = customers().assign(weekday=[1, 7, 7, 3, 3, 3, 1], hour=[0.0, 23, 23, np.nan, 9, 9, 9])
    found = segmentation.profile(table).table
    assert set(found.loc[found["column"] == "weekday", "category"]) == {"1", "3", "7"}
    assert set(found.loc[found["column"] == "hour", "category"]) == {"0", "9", "23"}


def test_rare_categories_are_one():
    table = pd.DataFrame({"customer_id": range(60), "segment": "a", "city": [f"c{i % 30:02}" for i in range(60)]})
    found = segmentation.profile(table).table
    assert len(found) == 24
    assert found["level"].sum() == pytest.approx(1)
    assert found.set_index("category").loc["other", "level"] == pytest.approx(14 / 60)


def test_segments_by_number_come_first():
    codes = ["one_order", "segment_10", "segment_2", "incomplete"]
    table = pd.DataFrame({"customer_id": range(4), "segment": codes, "x": range(4)})
    assert segmentation.profile(table).segments["segment"].tolist() == [
        "segment_2", "segment_10", "incomplete", "one_order",
    ]  # fmt: skip
    assert set(note_counts(segmentation.profile(table).notes)) == {"money_unknown"}


@pytest.mark.parametrize(
    ("table", "options", "message"),
    [
        (customers(), {"by": "segmnt"}, "did you mean 'segment'"),
        (customers(), {"fitted": ["nothing"]}, "`fitted` names 'nothing'"),
        (customers()[["customer_id", "segment"]], {}, "`customers` has no columns to compare"),
        (customers().assign(segment=None), {}, "`customers` has no value of `segment`"),
    ],
)
def test_tables_that_do_not_fit_are_named(table, options, message):
    with pytest.raises(ValueError, match=message):
        segmentation.profile(table, **options)


@pytest.mark.parametrize(("locale", "title"), [("en", "Customer portrait"), ("zh", "客户画像")])
def test_the_page_stands_alone(tmp_path, locale, title):
    table = customers().assign(city=["<b>Rome</b>", *customers()["city"][1:]])
    path = tmp_path / "portrait.html"
    segmentation.profile(table).to_html(path, locale=locale)
    page = path.read_text(encoding="utf8")
    assert f"<h1>{title}</h1>" in page
    assert page.count('<section class="card"') == 2
    assert "&lt;b&gt;Rome&lt;/b&gt;" in page
    assert "<b>Rome</b>" not in page
    assert not re.search(r"(src|href)=|url\(|@import|https?:", page)
    if locale == "zh":
        text = re.sub(r"<style>.*</style>", "", page)
        assert "left out" not in text


def test_noise_in_columns_of_the_orders_is_not_named():
    rng = np.random.default_rng(5)
    n = 3_000
    columns = {"hour": rng.integers(0, 24, n), "weekday": rng.integers(1, 8, n), "monetary": rng.lognormal(3, 1, n)}
    favourite = rng.choice([f"c{i}" for i in range(20)], n)
    segment = rng.choice(["segment_1", "segment_2", "segment_3"], n, p=[0.1, 0.3, 0.6])
    table = pd.DataFrame({"customer_id": range(n), "segment": segment, **columns, "favourite_category": favourite})
    assert segmentation.profile(table).summary().count("like everybody in all columns") == 3


def test_two_constants_differ():
    flags = [1] * 100 + [0] * 100
    table = pd.DataFrame({"customer_id": range(200), "segment": ["a"] * 100 + ["b"] * 100, "online_only": flags})
    result = segmentation.profile(table)
    assert result.table["p_value"].tolist() == [0.0, 0.0]
    assert "online only (index 200)" in result.summary()


def test_true_and_false_are_written_alike(local_library):
    table = pd.DataFrame({"customer_id": range(4), "vip": [True, False, True, False], "x": [1, 2, 3, 4]})
    sizes = to_pandas(segmentation.profile(local_library(table), by="vip").segments)
    assert sizes["segment"].tolist() == ["false", "true"]
