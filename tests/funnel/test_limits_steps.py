"""Limits of notes, nulls and plots of funnels: each at its boundary and right beside it."""

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from ecommine import funnel
from ecommine.funnel._steps.groups import check_group_count, check_period_count
from ecommine.funnel._steps.summary import data_quality_notes
from ecommine.funnel._steps.table import StepEstimates, trend_p_value
from funnel import slow
from notes import note_counts

WEEK = timedelta(days=7)


def estimates(*, entrants=100, n_open=0, trend=None, clusters=None, pending=None, late=0, conversion=0.5):
    last = {"step": "b", "reached": 40, "pending": n_open if pending is None else pending, "conversion": conversion}
    return StepEstimates(
        rows=[{"step": "a", "reached": entrants, "pending": 0, "conversion": 1.0}, last],
        entrants=entrants,
        open=n_open,
        trend=trend,
        covariance=np.zeros((0, 0)),
        optional=(),
        clusters=clusters,
        late=late,
        first_conversion=0.4,
    )


@pytest.mark.parametrize(
    ("measured", "noted"),
    [
        (estimates(n_open=0), {}),
        (estimates(n_open=1), {"open_window": 1}),
        (estimates(n_open=99), {"open_window": 99}),
        (estimates(n_open=99, pending=1), {"open_window": 1}),
        (estimates(n_open=99, pending=0), {}),
        (estimates(n_open=100, pending=0), {"all_windows_open": 100}),
        (estimates(late=1), {}),
        (estimates(late=2), {"later_attempts": 2}),
        (estimates(late=2, conversion=np.nan), {}),
        (estimates(n_open=100), {"all_windows_open": 100}),
        (estimates(entrants=0), {}),
        (estimates(clusters=None), {}),
        (estimates(clusters=0, entrants=0), {}),
        (estimates(clusters=1), {"few_visitors": 1}),
        (estimates(clusters=19), {"few_visitors": 19}),
        (estimates(clusters=20), {}),
        (estimates(trend=None), {}),
        (estimates(trend=0.0), {"conversion_changes": None}),
        (estimates(trend=np.nextafter(0.01, 0)), {"conversion_changes": None}),
        (estimates(trend=0.01), {}),
    ],
)
def test_notes_begin_at_their_limits(measured, noted):
    assert note_counts(data_quality_notes(measured, "session_id")) == noted


@pytest.mark.parametrize(
    ("halves", "is_known"),
    [
        ([[100, 50], [99, 30]], False),
        ([[100, 50], [100, 30]], True),
        ([[200, 50], [0, 0]], False),
        ([[199, 50], [1, 0]], True),
        ([[100, 0], [100, 0]], False),
        ([[100, 0], [100, 1]], True),
        ([[100, 100], [100, 100]], False),
    ],
)
def test_a_trend_needs_200_entrants_and_conversions_that_vary(halves, is_known):
    assert (trend_p_value(np.array(halves)) is not None) == is_known


@pytest.mark.parametrize(
    ("check", "argument", "n"), [(check_group_count, "device", 50), (check_period_count, "1d", 1_000)]
)
def test_groups_and_periods_have_a_largest_number(check, argument, n):
    check(argument, n)
    with pytest.raises(ValueError, match=f"'{argument}'.* {n + 1:,}"):
        check(argument, n + 1)


@pytest.mark.parametrize(("seconds", "is_open"), [(-1, True), (0, False), (1, False)])
def test_a_window_is_over_at_its_last_moment(seconds, is_open):
    frame = slow.table([(1, 0, "a"), (2, 0, "a"), (2, 0, "x")])
    definition = funnel.Funnel(["a", "b"], window="7d")
    found = funnel.analyse(frame, definition, as_of=slow.START + WEEK + timedelta(seconds=seconds))
    assert found.units["pending"].tolist() == [is_open] * 2
    assert found.table["conversion"].isna().all() == is_open
    assert found.table["pending"].tolist() == [0, 2 * is_open]
    assert found.table["dropped"].tolist() == [0, 2 * (not is_open)]


@pytest.mark.parametrize(("n_visitors", "is_known"), [(1, False), (2, True)])
def test_one_visitors_sessions_have_no_covariance(n_visitors, is_known):
    rows = [(f"v{one % n_visitors}", 10_000 * one, "a") for one in range(6)]
    rows += [(visitor, minute + 1, "b") for visitor, minute, _ in rows[:3]]
    frame = slow.table(rows)
    frame["session_id"] = frame["visitor_id"] + "-" + frame["occurred_at"].dt.date.astype(str)
    found = funnel.analyse(frame, ["a", "b"], unit="session_id", as_of="2024-12-31")
    assert np.isfinite(found._estimates.covariance).all() == is_known


def totals(*counts):
    return funnel.from_counts({f"s{step}": count for step, count in enumerate(counts)})


@pytest.mark.parametrize(("beside", "is_significant"), [(-1e-9, True), (1e-9, False)])
def test_shares_of_a_difference_are_known_where_it_is_significant(beside, is_significant):
    """Right above and below the level at which the difference is significant."""
    pair = totals(1_000, 400, 200), totals(1_000, 430, 235)
    level = 1 - funnel.compare(*pair).p_value + beside
    found = funnel.compare(*pair, level=level)
    assert found.table["share_of_difference"].notna().all() == is_significant
    assert ("not statistically significant" in found.summary()) != is_significant


@pytest.mark.parametrize(("beside", "is_named"), [(-1e-9, True), (1e-9, False)])
def test_steps_are_named_where_they_are_significant(beside, is_named):
    pair = totals(1_000, 400, 200), totals(1_000, 430, 190)
    q_values = funnel.compare(*pair).table.set_index("step")["q_value"]
    found = funnel.compare(*pair, level=1 - float(q_values.min()) + beside)
    assert (q_values.idxmin() in found.summary().partition(". ")[2]) == is_named


@pytest.mark.parametrize(("n", "is_named"), [(3, True), (4, False)])
def test_at_most_three_steps_are_named(n, is_named):
    """With a fourth one nothing is said of the others."""
    before = [int(2**40 * 0.5**step) for step in range(n + 2)]
    after = [int(2**40 * 0.4 ** min(step, n) * 0.5 ** max(step - n, 0)) for step in range(n + 2)]
    summary = funnel.compare(totals(*before), totals(*after)).summary()
    assert ("other steps" in summary.lower()) == is_named
    assert sum(f"s{step} (" in summary for step in range(1, n + 2)) == 3


def sizes_of_groups(*sizes):
    rows = [
        (f"{group}-{unit}", 5_000 + unit, "a", f"g{group:02}") for group, n in enumerate(sizes) for unit in range(n)
    ]
    converted = [(visitor, minute + 5 + minute % 20, "b", group) for visitor, minute, _, group in rows[::4]]
    return funnel.analyse(slow.table([*rows, *converted]), ["a", "b"], by="device", as_of="2024-03-01")


@pytest.fixture
def pyplot():
    plt = pytest.importorskip("matplotlib.pyplot", reason="matplotlib is not installed")
    plt.switch_backend("Agg")
    yield plt
    plt.close("all")


@pytest.mark.parametrize(("n", "is_cut"), [(19, True), (20, False)])
def test_bands_of_small_groups_are_cut(pyplot, n, is_cut):
    axes = sizes_of_groups(2_000, 2_000, n).plot(kind="time")
    assert ("cut where units are few" in axes.get_title()) == is_cut


@pytest.mark.parametrize(("n", "n_drawn"), [(8, 8), (9, 8)])
def test_at_most_eight_groups_are_drawn(pyplot, n, n_drawn):
    found = sizes_of_groups(*range(20, 20 + n))
    for kind in ("steps", "time"):
        axes = found.plot(kind=kind)
        assert len([text for text in axes.get_legend().get_texts() if text.get_text().startswith("g")]) == n_drawn
        assert (f"{n_drawn} of" in axes.get_title()) == (n > n_drawn)


@pytest.mark.parametrize(("n", "n_drawn"), [(12, 12), (13, 12)])
def test_at_most_twelve_panels_are_drawn(pyplot, n, n_drawn):
    figure = sizes_of_groups(*range(20, 20 + n)).plot(kind="panels").figure
    assert sum(axes.get_visible() for axes in figure.axes) == n_drawn
    assert (f"{n_drawn} of" in figure.get_suptitle()) == (n > n_drawn)


@pytest.mark.parametrize(("n", "is_shortened"), [(10, False), (11, True)])
def test_an_error_names_at_most_ten_groups(n, is_shortened):
    frame = pd.DataFrame({"a": True, "b": False, "g": range(n)})
    with pytest.raises(ValueError, match=r"…$" if is_shortened else r"9$"):
        funnel.from_reached(frame, ["a", "b"], by="g").group(99)


@pytest.mark.parametrize(("n", "is_shortened"), [(5, False), (6, True)])
def test_an_error_of_compare_names_at_most_five_groups(n, is_shortened):
    frame = pd.DataFrame({"a": True, "b": False, "g": range(n)})
    found = funnel.from_reached(frame, ["a", "b"], by="g")
    with pytest.raises(ValueError, match="`before` has groups by 'g'") as error:
        funnel.compare(found, found)
    assert ("…" in str(error.value)) == is_shortened
