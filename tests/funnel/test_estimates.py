"""What is summed up of units, against sums unit by unit, and counts against times."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecommine._stats.quantiles import quantiles, quantiles_of_counts, twice_the_median
from ecommine._stats.survival import kaplan_meier_estimate
from ecommine.funnel._match.plan import NOT_REACHED, Plan, StepTimes
from ecommine.funnel._spark import sums
from ecommine.funnel._steps.estimates import sum_units
from funnel import slow

SECOND = 1_000_000
WINDOW, UNTIL = 20, 60
UNITS = st.lists(
    st.tuples(
        st.integers(0, UNTIL),
        st.one_of(st.none(), st.integers(0, 30)),
        st.one_of(st.none(), st.integers(0, 10)),
        st.integers(0, 3),
    ),
    max_size=30,
)
PLAN = Plan(
    window=WINDOW * SECOND,
    max_gaps=(None,) * 3,
    first_equal=(0, 1, 2),
    optional=(False,) * 3,
    exclusion_masks=(0,) * 3,
    order="ordered",
    reentry=True,
)


def reach_of(units):
    """Make what a walk finds of (entry, wait for the second step, wait for the third, visitor)."""
    at = np.full((len(units), 3), NOT_REACHED)
    for row, (entry, second, third, _) in enumerate(units):
        at[row, 0] = entry * SECOND
        if second is not None and entry + second <= UNTIL:
            at[row, 1] = (entry + second) * SECOND
            if third is not None and entry + second + third <= UNTIL:
                at[row, 2] = (entry + second + third) * SECOND
    since = np.where(at == NOT_REACHED, NOT_REACHED, at[:, :1])
    flat = np.zeros(at.shape, dtype=bool)
    return StepTimes(
        unit=np.arange(len(units)),
        reached_at=at,
        entry_at=since,
        skipped=flat,
        group=np.zeros(at.shape, dtype=np.int32),
    )


def influence(times, reached, unit):
    """Differentiate the slow estimate by the weight of one unit, times the number of units."""
    n, step = len(times), 1e-6

    def estimate(weights):
        survival = 1.0
        for moment in sorted({min(time, WINDOW) for time in times}):
            at_risk = sum(w for w, time in zip(weights, times, strict=True) if min(time, WINDOW) >= moment)
            events = sum(
                w
                for w, time, there in zip(weights, times, reached, strict=True)
                if there and min(time, WINDOW) == moment
            )
            survival *= 1 - events / at_risk
        return 1 - survival

    more, less = (estimate([1 + sign * step * (other == unit) for other in range(n)]) for sign in (1, -1))
    return n * (more - less) / (2 * step)


@given(units=UNITS, by_visitor=st.booleans())
@settings(max_examples=60)
def test_sums_are_those_of_the_units_one_by_one(units, by_visitor):
    reach = reach_of(units)
    visitor = np.array([unit[3] for unit in units], dtype=np.int64)
    found = sum_units(reach, PLAN, UNTIL * SECOND, visitor if by_visitor else None)
    is_open = [UNTIL - entry < WINDOW for entry, *_ in units]
    assert (found.entrants, found.open) == (len(units), sum(is_open))
    seen = [sum(UNTIL - entry > second for entry, *_ in units) for second in range(WINDOW)]
    if units:
        evenly = 0 if all(is_open) else WINDOW / sum(1 / one for one in seen)
        assert found.mean_at_risk == pytest.approx(evenly)
    influences = np.zeros((3, len(units)))
    for step in range(3):
        there = (reach.reached_at[:, step] != NOT_REACHED).tolist()
        assert found.reached[step] == sum(there)
        assert found.reached_open[step] == sum(np.logical_and(there, is_open))
        entry = reach.reached_at[:, 0]
        times = (np.where(there, reach.reached_at[:, step] - entry, UNTIL * SECOND - entry) // SECOND).tolist()
        if all(is_open):
            assert np.isnan(found.conversion[step])
        elif step:
            assert found.conversion[step] == pytest.approx(slow.kaplan_meier(times, there, WINDOW), abs=1e-12)
            influences[step] = [influence(times, there, unit) for unit in range(len(units))]
            if found.conversion[step] == 1:
                influences[step] = 0
    belongs = visitor if by_visitor else np.arange(len(units))
    sums = np.array([influences[:, belongs == one].sum(axis=1) for one in np.unique(belongs)]).reshape(-1, 3)
    expected = sums.T @ sums / max(len(units), 1) ** 2
    np.testing.assert_allclose(found.covariance, expected, atol=1e-7)


@given(seconds=st.lists(st.integers(0, 50), max_size=40))
def test_quartiles_of_times_and_of_counts_are_numpys(seconds):
    found, number = np.unique(np.array(seconds, dtype=np.int64), return_counts=True)
    expected = np.quantile(seconds, [0.25, 0.5, 0.75]) if seconds else np.full(3, np.nan)
    np.testing.assert_array_equal(quantiles(np.array(seconds, dtype=np.int64) * SECOND, unit=SECOND), expected)
    np.testing.assert_array_equal(quantiles_of_counts(found, number), expected)
    assert twice_the_median(np.array(seconds, dtype=np.int64)) == (2 * np.median(seconds) if seconds else 0)


@given(times=st.lists(st.tuples(st.integers(0, 19), st.booleans()), min_size=1, max_size=60))
def test_moments_found_by_seconds_are_those_found_by_a_sort(times):
    time = np.array([one for one, _ in times]) * SECOND
    reached = np.array([one for _, one in times])
    by_seconds = kaplan_meier_estimate(time, reached, WINDOW * SECOND, resolution=SECOND)
    by_sort = kaplan_meier_estimate(time + 1, reached, WINDOW * SECOND + 1, resolution=SECOND)
    assert by_seconds.share == pytest.approx(by_sort.share, abs=1e-15)
    np.testing.assert_allclose(by_seconds.influence, by_sort.influence, atol=1e-12)


def test_one_visitor_alone_has_no_variance_rather_than_rounding():
    units = [(0, 1, None, 0), (1, None, None, 0), (2, 3, None, 0)]
    found = sum_units(reach_of(units), PLAN, UNTIL * SECOND, np.zeros(3, dtype=np.int64))
    assert found.conversion[1] == pytest.approx(2 / 3)
    assert not found.covariance.any()


def test_the_halves_are_split_at_the_median_of_the_entries():
    units = [(entry, 1 if entry < 4 else None, None, 0) for entry in (0, 1, 2, 3, 4, 5)]
    units = [(entry, second, None if second is None else 1, 0) for entry, second, _, _ in units]
    found = sum_units(reach_of(units), PLAN, UNTIL * SECOND, None)
    assert found.halves.tolist() == [[3, 3], [3, 1]]
    assert sum_units(reach_of([]), PLAN, UNTIL * SECOND, None).halves.tolist() == [[0, 0], [0, 0]]


def shared_out(units, part, visitor, *, until, by_visitor, n_places, wanted):
    """Make the sums of one part of units that lie in several places, as a cluster does."""
    times = reach_of(units)
    place = (visitor if by_visitor else np.arange(len(units))) % n_places
    rows = [np.flatnonzero(place == here) for here in range(n_places)]
    places = [(times.take(here), part[here], visitor[here]) for here in rows]
    all_counts = pd.concat([sums.count_units(here, parts, PLAN, until) for here, parts, _ in places])
    of_part = all_counts if wanted == sums.ALL else all_counts[all_counts["part"] == wanted]
    if of_part.empty and wanted != sums.ALL:
        return None
    entry = times.first_entry_at[
        (until - times.first_entry_at >= PLAN.window) & ((part == wanted) | (wanted == sums.ALL))
    ]
    median = twice_the_median(entry // SECOND)
    curves, products = sums.curves_of_steps(of_part, 3, PLAN.window), []
    for here, parts, visitors in places:
        kept = parts == wanted if wanted != sums.ALL else np.full(len(parts), True)
        cluster = np.unique(visitors[kept], return_inverse=True)[1] if by_visitor else None
        products.append(sums.sum_products(here.take(kept), cluster, curves, PLAN, until, median))
    return sums.sums_from_counts(of_part, curves, np.sum(products, axis=0), PLAN.window, until)


@given(
    units=UNITS,
    spare=st.sampled_from([0, SECOND - 1]),
    by_visitor=st.booleans(),
    n_places=st.integers(1, 3),
    wanted=st.sampled_from([-1, 0, 1]),
)
@settings(max_examples=150)
def test_sums_from_counts_by_second_are_those_of_all_units(units, spare, by_visitor, n_places, wanted):
    """Also at the end of a day, whose last second is not over."""
    until = UNTIL * SECOND + spare
    part = np.array([unit[0] % 2 for unit in units], dtype=np.int64)
    visitor = np.array([unit[3] for unit in units], dtype=np.int64)
    shared = {"until": until, "by_visitor": by_visitor, "n_places": n_places, "wanted": wanted}
    found = shared_out(units, part, visitor, **shared)
    kept = [row for row in range(len(units)) if wanted in (-1, part[row])]
    whole = reach_of([units[row] for row in kept])
    expected = sum_units(whole, PLAN, until, visitor[kept] if by_visitor else None)
    if found is None:
        assert not kept
        return
    for name in ("entrants", "open", "reached", "reached_open", "skipped", "halves"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))
    for name in ("conversion", "covariance", "seconds", "mean_at_risk"):
        np.testing.assert_allclose(getattr(found, name), getattr(expected, name), rtol=1e-9, atol=1e-13)
