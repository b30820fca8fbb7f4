"""How sure the rates of carts are: intervals against planted truth, in many small shops without a log."""

import numpy as np
import pytest

from ecommine.funnel._carts.rates import CartOutcomes, estimate_chances, estimate_rates

RUNS, VISITORS, CARTS = 600, 60, 6
WINDOW, Z = 168, 1.959964
LEFT, COMES, HOURS = 0.6, 0.3, 30.0
"""Chances that a cart is left, and that it comes back, after an exponential time."""
FLAGS = ("bought", "left", "recovered", "window_over")


def drawn(seed, alike, carts=CARTS):
    """Draw carts of visitors who differ by beta distributions, more where ``alike`` is larger."""
    rng = np.random.default_rng(seed)
    person = np.repeat(np.arange(VISITORS), carts)
    left = rng.random(len(person)) < beta(rng, LEFT, alike)[person]
    after = np.where(
        rng.random(len(person)) < beta(rng, COMES, alike)[person], rng.exponential(HOURS, len(person)), 1e9
    )
    seen = np.minimum(rng.uniform(0, 1.5 * WINDOW, len(person)), WINDOW)
    return CartOutcomes(
        bought=~left,
        left=left,
        recovered=left & (after <= seen),
        duration=np.minimum(after, seen).astype(np.int64),
        window_over=left & (seen >= WINDOW),
        person=person,
    )


def beta(rng, mean, alike):
    return rng.beta(mean / alike, (1 - mean) / alike, VISITORS) if alike else np.full(VISITORS, mean)


def later_than(hours):
    """Return the true share of carts that were left and are not bought within some hours."""
    return 1 - COMES * (1 - np.exp(-np.asarray(hours) / HOURS))


def alone(fates):
    """Take carts as if each were of a visitor of its own."""
    flags = {name: getattr(fates, name) for name in FLAGS}
    return CartOutcomes(**flags, duration=fates.duration, person=np.arange(len(fates.person)))


def coverage(runs):
    """Return how often each interval holds the truth."""
    truth = {"abandonment": LEFT, "recovery": 1 - later_than(WINDOW), "lost": LEFT * later_than(WINDOW)}
    rows = [estimate_rates(fates, WINDOW, Z) for fates in runs]
    return {
        name: np.mean([row[f"{name}_low"] <= value <= row[f"{name}_high"] for row in rows])
        for name, value in truth.items()
    }


def chance_coverage(runs, *, ages=(0, 24, 72)):
    """Return how often the interval of the chance of an open cart of each age holds the truth."""
    truth = 1 - later_than(WINDOW) / later_than(ages)
    held = []
    for fates in runs:
        # Carts of these ages that are not decided yet stand behind the others, whose curve does not know them.
        places = np.arange(len(fates.duration), len(fates.duration) + len(ages))
        flags = {name: np.append(getattr(fates, name), np.zeros(len(ages), bool)) for name in FLAGS}
        person = np.append(fates.person, np.zeros(len(ages), int))
        more = CartOutcomes(**flags, duration=np.append(fates.duration, ages), person=person)
        _, low, high = estimate_chances(more, np.zeros(len(more.duration), int), places, WINDOW, Z)
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
    step, rows = np.zeros(3 * VISITORS, int), np.flatnonzero(thrice.left & ~thrice.recovered & ~thrice.window_over)
    found = estimate_chances(thrice, step, rows, WINDOW, Z)
    expected = estimate_chances(
        once, step[:VISITORS], np.flatnonzero(once.left & ~once.recovered & ~once.window_over), WINDOW, Z
    )
    known = np.repeat(expected[0] > 0, 3)  # where nothing can come any more, the carts themselves are counted
    assert known.any()
    for end, other in zip(found, expected, strict=True):
        assert end[known] == pytest.approx(np.repeat(other, 3)[known])
