"""Funnels of totals and of columns: a published set, errors, every library."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ecommine import funnel, schema
from funnel.test_groups import BANDS, with_bands
from libraries import to_pandas
from notes import note_counts

DATA = Path(os.environ.get("ECOMMINE_DATA", Path(__file__).parents[3] / "shared" / "data"))
NEEDS = pytest.mark.skipif(not DATA.is_dir(), reason="the folder of real data is not there (ECOMMINE_DATA)")


@pytest.mark.call("funnel.from_counts")
def test_totals():
    found = funnel.from_counts({"home": 90_400, "search": 45_200, "payment": 6_030, "confirmation": 452})
    assert found.table["dropped"].tolist() == [0, 45_200, 39_170, 5_578]
    assert found.table["conversion"].tolist() == pytest.approx([1, 0.5, 6_030 / 90_400, 0.005])
    from statsmodels.stats.proportion import proportion_confint

    assert tuple(found.table.loc[3, ["conversion_low", "conversion_high"]]) == pytest.approx(
        proportion_confint(452, 90_400, method="wilson")
    )
    assert "0.5%" in found.summary()


@pytest.mark.parametrize(
    ("counts", "error", "message"),
    [
        ({"a": 5}, ValueError, "two or more steps, got 1"),
        ({"a": 5, "b": 6}, ValueError, "'b' has 6 users, more than 'a' before it"),
        ({"a": 5, "b": -1}, ValueError, r"counts\['b'\]"),
        ([5, 3], TypeError, "`counts` must map each step to its users"),
    ],
)
def test_totals_that_are_no_funnel(counts, error, message):
    with pytest.raises(error, match=message):
        funnel.from_counts(counts)


@NEEDS
def test_a_published_funnel_of_pages(local_library):
    """90,400 home, 45,200 search, 6,030 payment, 452 confirmation; by device as published."""
    users = pd.read_parquet(DATA / "page_funnel_users.parquet")
    pages = ["home_page", "search_page", "payment_page", "confirmation_page"]
    steps = [column for page in pages for column in users.columns if column.startswith(page.split("_")[0])]
    found = to_pandas(funnel.from_reached(local_library(users), steps, by="device").table)
    desktop, mobile = (found[found["device"].str.lower() == one]["reached"].tolist() for one in ("desktop", "mobile"))
    assert desktop == [60_200, 30_100, 3_010, 150]
    assert mobile == [30_200, 15_100, 3_020, 302]
    whole = funnel.from_reached(local_library(users), steps)
    assert to_pandas(whole.table)["reached"].tolist() == [90_400, 45_200, 6_030, 452]


@pytest.mark.call("funnel.from_reached")
def test_columns_of_any_type(library):
    users = pd.DataFrame(
        {
            "home": [True, True, True, False, True],
            "search": [2.0, 0.0, np.nan, 1.0, 1.0],
            "paid_at": pd.to_datetime(["2024-01-01", "2024-01-02", None, None, None]),
            "device": ["web", "app", "web", "app", None],
        }
    )
    found = funnel.from_reached(library(users), ["home", "search", "paid_at"], by="device")
    table = to_pandas(found.table)
    assert table["device"].fillna("?").tolist() == ["app"] * 3 + ["web"] * 3 + ["?"] * 3
    assert table["reached"].tolist() == [1, 0, 0, 2, 1, 1, 1, 1, 0]
    assert table["skipped"].tolist() == [0, 1, 0, 0, 0, 0, 0, 0, 0]
    assert note_counts(found.notes) == {"users_without_entry": 1}
    assert found.entrants == 4


def test_columns_that_are_not_there():
    with pytest.raises(ValueError, match="`users` has no column 'paid', which `steps` or `by` names; it has 'home'"):
        funnel.from_reached(pd.DataFrame({"home": [True]}), ["home", "paid"])
    with pytest.raises(ValueError, match="`steps` must be two or more columns"):
        funnel.from_reached(pd.DataFrame({"home": [True]}), ["home"])
    with pytest.raises(TypeError, match="`steps` must be a list of columns, got 'home'"):
        funnel.from_reached(pd.DataFrame({"home": [True]}), "home")


@pytest.mark.parametrize("values", [["yes", "no"], ["", "1"]])
def test_text_is_refused(values):
    users = pd.DataFrame({"home": [True, True], "paid": values})
    with pytest.raises(ValueError, match=r"`steps`: the column 'paid' holds .*convert it first"):
        funnel.from_reached(users, ["home", "paid"])
    mixed = users.assign(paid=pd.Series([True, False], dtype=object))
    with pytest.raises(ValueError, match="convert it first"):
        funnel.from_reached(mixed, ["home", "paid"])
    with pytest.raises(ValueError, match="`steps` must be different columns"):
        funnel.from_reached(users, ["home", "home"])


@NEEDS
def test_most_buyers_of_a_real_log_skip_the_cart():
    """REES46: 193 visitors viewed and bought, and only 62 of them with an add_to_cart between."""
    events = schema.from_rees46(pd.read_parquet(DATA / "rees46_events_sample.parquet")).events
    views, purchases = (set(events.loc[events["event"] == one, "visitor_id"]) for one in ("view_item", "purchase"))
    assert len(views & purchases) == 193  # one of them bought before the first view
    direct = funnel.analyse(events, ["view_item", "purchase"])
    assert direct.table["reached"].tolist() == [4_505, 192]
    table = funnel.analyse(events, ["view_item", "add_to_cart", "purchase"]).table
    assert table["reached"].tolist() == [4_505, 111, 62]
    assert table.loc[1, "skipped"] >= 192 - 62
    assert table["conversion"].isna().all()  # three hours of data, and windows of a week


@pytest.mark.parametrize("group", ["x", 1, True])
def test_no_users_and_groups(group, library):
    users = pd.DataFrame({"a": [True], "b": [True], "g": [group]})[:0]
    found = funnel.from_reached(library(users), ["a", "b"], by="g")
    assert np.asarray(found.table["reached"]).tolist() == [0, 0]
    assert found.entrants == 0


def test_small_shares_are_not_rounded_away():
    assert funnel.from_counts({"a": 100_000, "b": 30}).headline.endswith("0.03% reached b")


@pytest.mark.parametrize("door", ["pandas", "polars", "polars-lazy", "duckdb"])
def test_columns_come_in_the_order_of_their_categories(door):
    users = with_bands(door)
    if door == "pandas":
        users = users.assign(b=users["event"] == "b", a=True)
    elif door == "duckdb":
        users = users.project("*, event = 'b' as b, true as a")
    else:
        import polars as pl

        users = users.with_columns(b=pl.col("event") == "b", a=True)
    table = to_pandas(funnel.from_reached(users, ["a", "b"], by="band").table)
    assert table["band"].tolist()[::2] == [*BANDS, None]
    assert table["reached"].tolist() == [2, 1, 1, 0, 1, 0, 1, 0, 1, 0]
