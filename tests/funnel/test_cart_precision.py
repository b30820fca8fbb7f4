"""How sure the rates of carts are: intervals against planted truth, in many small shops without a log."""

from dataclasses import replace

import numpy as np
import pytest

from ecommine.funnel._carts.lifecycle import NAT, STATUSES, CartLifecycle
from ecommine.funnel._carts.rates import estimate_chances, estimate_rates

RUNS, VISITORS, CARTS = 600, 60, 6
WINDOW, Z = 168, 1.959964
LEFT, COMES, HOURS = 0.6, 0.3, 30.0
"""Chances that a cart is left, and that it comes back, after an exponential time."""


def lifecycle(*, left, recovered, duration, window_over, person):
    """Return carts whose first sessions are over: bought then, or left and perhaps recovered."""
    status = np.select([~left, recovered], [STATUSES.index("bought"), STATUSES.index("recovered")], -1)
    zero = np.zeros(len(left), np.int64)
    return CartLifecycle(
        status=status,
        step=zero,
        opened_at=zero,
        last_touched_at=zero,
        abandoned_at=np.where(left, 0, NAT),
        bought_at=np.full(len(left), NAT),
        is_session_over=np.ones(len(left), bool),
        is_window_over=window_over,
        can_be_recovered=left,
        duration=duration,
        person=person,
    )


def drawn(seed, alike, carts=CARTS):
    """Draw carts of visitors who differ by beta distributions, more where ``alike`` is larger."""
    rng = np.random.default_rng(seed)
    person = np.repeat(np.arange(VISITORS), carts)
    left = rng.random(len(person)) < beta(rng, LEFT, alike)[person]
    after = np.where(
        rng.random(len(person)) < beta(rng, COMES, alike)[person], rng.exponential(HOURS, len(person)), 1e9
    )
    seen = np.minimum(rng.uniform(0, 1.5 * WINDOW, len(person)), WINDOW)
    return lifecycle(
        left=left,
        recovered=left & (after <= seen),
        duration=np.minimum(after, seen).astype(np.int64),
        window_over=left & (seen >= WINDOW),
        person=person,
    )


def beta(rng, mean, alike):
    return rng.beta(mean / alike, (1 - mean) / alike, VISITORS) if alike else np.full(VISITORS, mean)


def is_open(carts):
    return carts.was_left & ~carts.is_recovered & ~carts.is_window_over


def later_than(hours):
    """Return the true share of carts that were left and are not bought within some hours."""
    return 1 - COMES * (1 - np.exp(-np.asarray(hours) / HOURS))


def alone(carts):
    """Take carts as if each were of a visitor of its own."""
    return replace(carts, person=np.arange(len(carts)))


def coverage(runs):
    """Return how often each interval holds the truth."""
    truth = {"abandonment": LEFT, "recovery": 1 - later_than(WINDOW), "lost": LEFT * later_than(WINDOW)}
    rows = [estimate_rates(carts, WINDOW, Z) for carts in runs]
    return {
        name: np.mean([row[f"{name}_low"] <= value <= row[f"{name}_high"] for row in rows])
        for name, value in truth.items()
    }


def chance_coverage(runs, *, ages=(0, 24, 72)):
    """Return how often the interval of the chance of an open cart of each age holds the truth."""
    truth = 1 - later_than(WINDOW) / later_than(ages)
    held = []
    for carts in runs:
        # Carts of these ages that are not decided yet stand behind the others, whose curve does not know them.
        rows = np.arange(len(carts), len(carts) + len(ages))
        more = carts.take(np.append(np.arange(len(carts)), np.zeros(len(ages), int)))
        more.can_be_recovered[rows], more.duration[rows] = False, ages
        _, low, high = estimate_chances(more, rows, WINDOW, Z)
        held.append((low <= truth) & (truth <= high))
    return np.mean(held, axis=0)


@pytest.mark.parametrize("alike", [0.0, 0.8])
def test_intervals_hold_the_truth(alike):
    shares = coverage(drawn(seed, alike) for seed in range(RUNS))
    assert min(shares.values()) >= 0.93
    assert max(shares.values()) <= 0.975


@pytest.mark.parametrize("alike", [0.0, 0.8])
def test_chances_hold_the_truth(alike):
    """Carts are most alike when they are left, so that chances of older ones are on the safe side."""
    shares = chance_coverage(drawn(seed, alike) for seed in range(RUNS))
    assert 0.93 <= shares[0] <= 0.97
    assert min(shares[1:]) >= 0.93


def test_carts_of_one_visitor_taken_for_independent_are_too_sure():
    lone = [alone(drawn(seed, 0.8)) for seed in range(RUNS // 2)]
    assert max(coverage(lone).values()) < 0.85
    assert chance_coverage(lone)[0] < 0.85


def test_carts_that_are_copies_tell_as_much_as_one_of_them():
    """Three equal carts of each visitor: the chance is that of one of them, and so is its interval."""
    once = drawn(0, 0.0, carts=1)
    thrice = once.take(np.repeat(np.arange(VISITORS), 3))
    found, expected = (estimate_chances(carts, np.flatnonzero(is_open(carts)), WINDOW, Z) for carts in (thrice, once))
    known = np.repeat(expected[0] > 0, 3)  # where nothing can come any more, the carts themselves are counted
    assert known.any()
    for end, other in zip(found, expected, strict=True):
        assert end[known] == pytest.approx(np.repeat(other, 3)[known])
