"""The published accuracies of the field on real data; the figures are shown with ``-s``."""

import time

import numpy as np
import pytest

from ecommine.forecasting import Theta, classify, forecast
from forecasting.accuracy import (
    carparts,
    column,
    coverage,
    inside,
    journey,
    m3_monthly,
    mase,
    pinball,
    randomised_pit,
    smape,
    to_sales,
)

INTERVALS = (0.025, 0.1, 0.5, 0.9, 0.975)


@pytest.mark.parity
def test_m3_monthly_by_the_default() -> None:
    held = m3_monthly()
    sales = held.table()
    start = time.perf_counter()
    result = forecast(sales, 18, season_length=12, quantiles=INTERVALS)
    seconds = time.perf_counter() - start
    mean = column(result, "mean", 18)
    inner = coverage(column(result, "p10", 18), column(result, "p90", 18), held.future)
    outer = coverage(column(result, "p02_5", 18), column(result, "p97_5", 18), held.future)
    print(f"\nM3 monthly: sMAPE {smape(mean, held.future):.3f}, MASE {mase(mean, held, 12):.4f}, {seconds:.1f} s")
    print(f"80 %: {inner.mean():.3f}, least {inner.min():.3f}; 95 %: {outer.mean():.3f}, least {outer.min():.3f}")
    assert smape(mean, held.future) <= 13.70
    assert mase(mean, held, 12) <= 0.86
    assert seconds <= 60
    assert 0.77 <= inner.mean() <= 0.83
    assert 0.93 <= outer.mean() <= 0.97
    assert inner.min() >= 0.75
    assert outer.min() >= 0.91


@pytest.mark.parity
def test_m3_monthly_by_theta() -> None:
    held = m3_monthly()
    mean = np.maximum(Theta().fit(held.history, 12).forecasts(np.array([held.history.shape[1]]), 18).mean[:, 0], 0)
    print(f"\nM3 monthly, Theta: sMAPE {smape(mean, held.future):.3f}, MASE {mase(mean, held, 12):.4f}")
    assert smape(mean, held.future) == pytest.approx(13.89, abs=0.05)


def test_m3_monthly_in_short() -> None:
    held = m3_monthly(140)
    result = forecast(held.table(), 18, season_length=12, quantiles=INTERVALS)
    naive = np.repeat(held.history[:, -1:], 18, axis=1)
    assert smape(column(result, "mean", 18), held.future) < 0.8 * smape(naive, held.future)
    inner = coverage(column(result, "p10", 18), column(result, "p90", 18), held.future)
    assert 0.72 <= inner.mean() <= 0.88


@pytest.mark.parity
def test_carparts() -> None:
    held = carparts()
    result = forecast(held.table(), 12)
    pit = randomised_pit(held.history, held.future)
    ratio = column(result, "mean", 12).sum() / held.future.sum()
    loss = pinball(result, held.future).mean()
    print(
        f"\ncarparts: pinball {loss:.4f}, total ratio {ratio:.3f}, PIT {inside(pit, 0.8):.3f} {inside(pit, 0.95):.3f}"
    )
    assert loss <= 0.240
    assert 0.9 <= ratio <= 1.25
    assert 0.77 <= inside(pit, 0.8) <= 0.83
    assert 0.93 <= inside(pit, 0.95) <= 0.97


def test_carparts_classes() -> None:
    classes = classify(to_sales(carparts().history))["pattern"].value_counts()
    assert classes.to_dict() == {"intermittent": 2098, "lumpy": 287, "smooth": 15, "erratic": 4}


@pytest.mark.parity
@pytest.mark.parametrize("name", ["carparts", "m3"])
def test_totals_over_twelve_months(name: str) -> None:
    held = carparts() if name == "carparts" else m3_monthly()
    result = forecast(held.table(), 12, season_length=1 if name == "carparts" else 12)
    totals = result.total("product_id").sort_values("product_id")
    actual = held.future[:, :12].sum(axis=1)
    share = float(((actual >= totals["p10"]) & (actual <= totals["p90"])).mean())
    print(f"\n{name}: totals over 12 months, nominal 80 %: {share:.3f}")
    assert 0.75 <= share <= 0.85


@pytest.mark.parity
def test_complete_journey_by_week() -> None:
    units = journey()
    scale = units[:, :26].mean(axis=1)
    losses = [
        pinball(forecast(to_sales(units[:, :origin]), 4), units[:, origin : origin + 4]) / scale
        for origin in range(26, 50, 2)
    ]
    print(f"\nComplete Journey: scaled pinball {np.mean(losses):.4f}, median {np.median(np.mean(losses, axis=0)):.4f}")
    assert np.mean(losses) <= 0.140
