"""Curves of pictures: Kaplan and Meier's estimate at each moment, whether from units or from counts by second."""

import numpy as np
import pytest
from hypothesis import given, settings

from ecommine.funnel._spark.sums import count_units, plot_curve_from_counts
from ecommine.funnel._steps.estimates import N_MOMENTS, curve_moments, step_curve
from funnel import slow
from funnel.test_estimates import PLAN, SECOND, UNITS, UNTIL, WINDOW, reach_of


@given(units=UNITS.filter(len))
@settings(max_examples=60)
def test_the_curve_is_kaplan_and_meiers_at_each_moment(units):
    reach = reach_of(units)
    found = step_curve(reach, None, {}, 1, UNTIL * SECOND, WINDOW * SECOND)
    for moment, share, over in zip(found.time / SECOND, found.share, found.n_observed, strict=True):
        waited = [UNTIL - entry for entry, *_ in units]
        assert over == sum(one >= moment for one in waited)
        if not over:
            assert np.isnan(share)
            continue
        there = (reach.reached_at[:, 1] != np.iinfo(np.int64).max).tolist()
        times = [
            (at - entry) / SECOND if went else None
            for at, entry, went in zip(*reach.reached_at.T[1::-1], there, strict=True)
        ]
        last = moment == WINDOW
        reached = [time is not None and (time <= moment or last) for time in times]
        seen = [time if went else wait for time, went, wait in zip(times, there, waited, strict=True)]
        assert share == pytest.approx(slow.kaplan_meier(seen, reached, moment), abs=1e-12)


@given(units=UNITS.filter(len))
@settings(max_examples=60)
def test_greenwoods_variance_is_that_of_the_influences_where_units_stand_alone(units):
    reach, until, window = reach_of(units), UNTIL * SECOND, WINDOW * SECOND
    alone = step_curve(reach, None, {}, 1, until, window)
    together = step_curve(reach, np.arange(len(units)), {}, 1, until, window)
    np.testing.assert_allclose(alone.share, together.share, atol=1e-12)
    known = ~np.isnan(alone.share)
    np.testing.assert_allclose(alone.variance[known], together.variance[known], atol=1e-12)
    for one, other in zip(alone.limits(1.96), together.limits(1.96), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-9)


@given(units=UNITS.filter(len))
@settings(max_examples=60)
def test_curves_from_counts_are_those_of_the_units(units):
    reach, until = reach_of(units), UNTIL * SECOND
    counts = count_units(reach, np.zeros(len(units), dtype=np.int64), PLAN, until)
    for step in (1, 2):
        here = step_curve(reach, None, {}, step, until, PLAN.window)
        there = plot_curve_from_counts(counts, {}, step, PLAN.window)
        for name in ("time", "n_observed", "share", "variance"):
            np.testing.assert_allclose(getattr(there, name), getattr(here, name), atol=1e-15)


def test_moments_begin_at_the_entry_and_end_at_the_window():
    at = curve_moments(WINDOW * SECOND)
    assert (at[0], at[-1]) == (0, WINDOW * SECOND)
    assert len(at) <= 1.5 * N_MOMENTS + 1
