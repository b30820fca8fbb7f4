"""Funnels: conversion within binomial bounds, immature sessions by the Erlang law, alike sessions of one visitor."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from ecommine import datasets, schema
from ecommine.datasets._events.sessions import STEPS

ONE = datasets.Device(name="only", share=1, view=0.8, cart=0.6, checkout=0.5, purchase=0.5)


def _reached(table: pd.DataFrame) -> pd.DataFrame:
    """Sessions of each device (rows) that reached each step (columns)."""
    return table.groupby(["device", "event"])["session_id"].nunique().unstack()[list(STEPS)]


def test_every_step_converts_within_binomial_bounds() -> None:
    drawn = datasets.make_funnel(30_000, days=30)
    reached = _reached(drawn.table)
    truth = drawn.truth.steps.set_index(["device", "event"])["step_conversion"].unstack()
    for before, after in pairwise(STEPS):
        told, seen = truth[after], reached[after] / reached[before]
        error = np.sqrt(told * (1 - told) / reached[before])
        assert (np.abs(seen - told.reindex(seen.index)) < 4 * error).all()


def test_the_default_converts_a_quarter() -> None:
    assert datasets.Funnel().conversion == pytest.approx(0.25, abs=0.0005)
    assert datasets.make_funnel(10).truth.conversion("purchase") == pytest.approx(datasets.Funnel().conversion)


def test_late_sessions_are_immature_by_the_erlang_law() -> None:
    """Entries are even over 4 days, gaps last a day: purchases seen by the end against the integral of Erlang(4)."""
    plan = datasets.Funnel(devices=(ONE,), gap_minutes=1_440)
    drawn = datasets.make_funnel(40_000, days=4, funnel=plan)
    open_for = (np.arange(4_000) + 0.5) / 1_000 * 1_440
    told = np.mean([drawn.truth.conversion("purchase", within_minutes=minutes) for minutes in open_for])
    seen = (drawn.table["event"] == "purchase").sum() / 40_000
    assert abs(seen - told) < 4 * np.sqrt(told / 40_000)
    assert drawn.table["occurred_at"].max() < pd.Timestamp("2024-01-05")
    assert (drawn.table["event"] == "page_view").sum() == 40_000


def test_conversion_within_a_time_by_hand() -> None:
    truth = datasets.make_funnel(5, funnel=datasets.Funnel(devices=(ONE,), gap_minutes=2)).truth
    assert truth.conversion("page_view", within_minutes=0) == 1
    assert truth.conversion("view_item", within_minutes=2) == pytest.approx(0.8 * (1 - np.exp(-1)))
    assert truth.conversion("add_to_cart", within_minutes=2, device="only") == pytest.approx(
        0.48 * (1 - 2 * np.exp(-1))
    )
    assert truth.conversion("purchase") == pytest.approx(0.12)


def test_events_of_a_session_come_in_order_with_their_value() -> None:
    table = datasets.make_funnel(2_000).table
    assert table["occurred_at"].is_monotonic_increasing
    step = table["event"].map({name: place for place, name in enumerate(STEPS)})
    assert (
        step.groupby(table["session_id"]).apply(lambda steps: (steps.to_numpy() == np.arange(len(steps))).all()).all()
    )
    assert table.loc[table["event"] == "page_view", "value"].isna().all()
    assert (table.loc[table["event"] != "page_view", "value"] == 10).all()
    assert (table["order_id"].notna() == (table["event"] == "purchase")).all()
    assert table["order_id"].dropna().is_unique


def test_sessions_of_a_visitor_are_alike_by_the_correlation_given() -> None:
    """Two sessions of one visitor: correlation of the first step is the intra-class correlation."""
    plan = datasets.Funnel(devices=(ONE,))
    for spread in (0.0, 0.3):
        table = datasets.make_funnel(20_000, funnel=plan, sessions_per_visitor=3, visitor_spread=spread).table
        went_on = (table["event"] == "view_item").groupby([table["visitor_id"], table["session_id"]]).any()
        mean = went_on.mean()
        count, total = (went_on.groupby("visitor_id").agg(name) for name in ("size", "sum"))
        # pairs of sessions within visitors: sum over i != j of (x_i - m)(x_j - m)
        cross = (total - count * mean) ** 2 - (total * (1 - mean) ** 2 + (count - total) * mean**2)
        correlation = cross.sum() / (count * (count - 1)).sum() / (mean * (1 - mean))
        assert correlation == pytest.approx(spread, abs=0.02)
        assert mean == pytest.approx(0.8, abs=0.01)


def test_a_trend_moves_the_last_step() -> None:
    plan = datasets.Funnel(devices=(ONE,))
    table = datasets.make_funnel(60_000, days=30, funnel=plan, trend=0.5).table
    day = (table["occurred_at"] - pd.Timestamp("2024-01-01")).dt.days
    for half, factor in ((day < 15, 0.75), (day >= 15, 1.25)):
        counts = table.loc[half, "event"].value_counts()
        assert counts["purchase"] / counts["begin_checkout"] == pytest.approx(0.5 * factor, abs=0.02)


def test_the_table_is_canonical_and_repeatable() -> None:
    table = datasets.make_funnel(100, rng=2).table
    pd.testing.assert_frame_equal(schema.events(table), table)
    pd.testing.assert_frame_equal(table, datasets.make_funnel(100, rng=2).table)
    assert not table.equals(datasets.make_funnel(100, rng=3).table)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: datasets.make_funnel(0), "`n_visitors` must be at least 1, got 0"),
        (lambda: datasets.make_funnel(visitor_spread=1), "`visitor_spread` must be between 0 and 0.99, got 1"),
        (lambda: datasets.make_funnel(trend=0.9), "`trend` must be between -0.28.* and 0.28.*, got 0.9"),
        (lambda: datasets.Funnel(devices=()), "`devices` must hold at least one Device"),
        (
            lambda: datasets.Device(name="a", share=1, view=2, cart=1, checkout=1, purchase=1),
            "`view` must be between 1e-06 and 1, got 2",
        ),
        (
            lambda: datasets.make_funnel(5).truth.conversion("checkout"),
            "`event` must be one of 'page_view'.*'checkout'",
        ),
        (
            lambda: datasets.make_funnel(5).truth.conversion("purchase", device="tv"),
            "`device` must be one of 'mobile', 'desktop', 'tablet', got 'tv'",
        ),
    ],
)
def test_errors_name_argument_and_value(make, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()
