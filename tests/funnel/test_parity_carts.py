"""Coverage of the intervals of carts by simulation of logs: `make parity`; `test_cart_precision` needs no logs."""

import numpy as np
import pandas as pd
import pytest

from ecommine import funnel
from funnel import slow_carts

END = 22 * 24.0
WINDOW = 168.0
SPACE = 8.5 * 24
PAUSE = 0.6
"""Hours after which the session that left a cart is over."""


def log(rng, n, *, like):
    """Draw visitors with up to three carts, more than a window apart.

    A cart is bought at once with chance .4, else later with a mean chance of .3 that visitors differ in (by a beta
    distribution, more where ``like`` is larger), after an exponential time of 30 hours.
    """
    visitor = np.repeat(np.arange(n), 3)
    opened = np.repeat(rng.uniform(0, SPACE, n), 3) + SPACE * np.tile(np.arange(3), n)
    left = rng.random(3 * n) < (rng.beta(0.6 / like, 0.4 / like, n) if like else np.full(n, 0.6))[visitor]
    comes = rng.random(3 * n) < (rng.beta(0.3 / like, 0.7 / like, n) if like else np.full(n, 0.3))[visitor]
    later = opened + PAUSE + rng.exponential(30, 3 * n)
    parts = [
        ("add_to_cart", visitor, opened),
        ("purchase", visitor[~left], opened[~left] + 0.1),
        ("purchase", visitor[left & comes], later[left & comes]),
    ]
    frames = [pd.DataFrame({"visitor_id": one, "event": name, "hour": at, "value": 10.0}) for name, one, at in parts]
    frame = pd.concat(frames, ignore_index=True)
    at = pd.Timestamp("2024-01-01") + pd.to_timedelta((frame.pop("hour") * 3_600).round().astype("int64"), unit="s")
    frame["occurred_at"] = at.astype("datetime64[us]")
    return frame[frame["occurred_at"] < pd.Timestamp("2024-01-01") + pd.Timedelta(hours=END)]


def later_than(hours):
    """Return the true share of carts that were left and are not bought within some hours."""
    return 1 - 0.3 * (1 - np.exp(-np.maximum(hours - PAUSE, 0) / 30))


def covered(row, name, truth):
    return row[f"{name}_low"] <= truth <= row[f"{name}_high"]


def measured(runs, *, n=150, like=0.4):
    """Return how often the intervals of the shares hold the truth, and those that count open windows as lost."""
    truth = {"abandonment": 0.6, "recovery": 1 - later_than(WINDOW), "lost": 0.6 * later_than(WINDOW)}
    counts, open_ = dict.fromkeys((*truth, "naive"), 0), []
    for seed in range(runs):
        row = funnel.carts(log(np.random.default_rng(seed), n, like=like), as_of="2024-01-22 23:59:59").rates.iloc[0]
        for name, value in truth.items():
            counts[name] += covered(row, name, value)
        low, high = naive(row["recovered"], row["left"])
        counts["naive"] += low <= truth["recovery"] <= high
        open_.append(row["open"] / row["left"])
    return {name: count / runs for name, count in counts.items()}, float(np.mean(open_))


def naive(reached, n):
    from statsmodels.stats.proportion import proportion_confint

    return proportion_confint(int(reached), int(n), method="wilson")


def chances_measured(runs, *, like):
    """Return how often the interval of the chance of one open cart, the middle one of the list, holds the truth."""
    held = 0
    for seed in range(runs):
        back = funnel.carts(log(np.random.default_rng(seed), 200, like=like), as_of="2024-01-22 23:59:59").win_back
        row = back.iloc[len(back) // 2]
        held += covered(row, "chance", 1 - later_than(WINDOW) / later_than(row["age_hours"]))
    return held / runs


@pytest.mark.parity
def test_intervals_cover_with_open_windows_and_like_carts():
    shares, still = measured(1_000)
    print({name: round(share, 3) for name, share in shares.items()}, f"open {still:.2f}")
    for name in ("abandonment", "recovery", "lost"):
        assert 0.93 <= shares[name] <= 0.97
    assert shares["naive"] < 0.9


@pytest.mark.parity
@pytest.mark.parametrize("like", [0.0, 0.4])
def test_chances_cover(like):
    share = chances_measured(1_000, like=like)
    print(f"chance of an open cart {share:.3f}")
    assert 0.93 <= share <= 0.98


@pytest.mark.parity
@pytest.mark.parametrize("planted", [0.1, 0.2])
def test_planted_recovery_is_covered_whatever_else_is_bought(planted):
    held, estimates = 0, []
    for seed in range(1_000):
        frame, _ = slow_carts.visits(np.random.default_rng(seed), 300, planted)
        row = funnel.carts(frame, as_of="2024-06-01").rates.iloc[0]
        held += covered(row, "recovery", planted)
        estimates.append(row["recovery"])
    print(f"planted {planted}: coverage {held / 1_000:.3f}, mean {np.mean(estimates):.4f}")
    assert 0.93 <= held / 1_000 <= 0.97
    assert np.mean(estimates) == pytest.approx(planted, abs=0.003)
