"""Two funnels set against each other: against plain Python, other packages, every library, and by simulation."""

import pickle
from dataclasses import replace
from datetime import timedelta
from math import nan

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2, chi2_contingency
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep

from ecommine import datasets, funnel
from ecommine._stats.intervals import Shares, difference, equal_shares_p_values, relative_difference
from ecommine._stats.multiple_testing import adjust_p_values
from ecommine._stats.shapley import split_product
from ecommine.funnel._compare.contributions import make_side
from funnel import slow, slow_compare
from funnel.test_analyse import EVENTS, shop
from funnel.test_counts import DATA, NEEDS
from libraries import to_pandas
from notes import note_counts

FACTORS = st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=5)
DESKTOP = {"home": 60_200, "search": 30_100, "payment": 3_010, "confirmation": 150}
MOBILE = {"home": 30_200, "search": 15_100, "payment": 3_020, "confirmation": 302}


def totals(*counts):
    return funnel.from_counts({f"s{place}": count for place, count in enumerate(counts)})


@st.composite
def funnels(draw, least=1):
    """Totals of four steps that none loses all of."""
    counts = [draw(st.integers(5, 3_000))]
    for _ in range(3):
        counts.append(draw(st.integers(min(least, counts[-1]), counts[-1])))
    return counts


def test_a_hand_worked_split():
    """From 1/2 * 1/5 to 1/2 * 2/5, then 1/2 * 1/5 to 1/4 * 2/5: half the way each order gives its own parts."""
    assert split_product(np.array([0.5, 0.2]), np.array([0.5, 0.4])).parts == pytest.approx([0, 0.1])
    # First the first: -.25 * .2 = -.05, then .25 * .2 = .05; the other way round .5 * .2 = .1, then -.25 * .4 = -.1.
    assert split_product(np.array([0.5, 0.2]), np.array([0.25, 0.4])).parts == pytest.approx([-0.075, 0.075])


@given(pairs=FACTORS)
def test_the_split_is_the_mean_over_all_orders(pairs):
    before, after = np.array(pairs).T
    found = split_product(before, after)
    assert found.parts == pytest.approx(slow_compare.shapley(before.tolist(), after.tolist()), abs=1e-12)
    assert found.parts.sum() == pytest.approx(after.prod() - before.prod(), abs=1e-12)
    assert split_product(after, before).parts == pytest.approx(-found.parts, abs=1e-12)
    assert split_product(before[::-1], after[::-1]).parts[::-1] == pytest.approx(found.parts, abs=1e-12)


@given(pairs=st.lists(st.tuples(st.floats(0.01, 1), st.floats(0.01, 1)), min_size=1, max_size=4))
@settings(max_examples=30)
def test_the_derivatives_are_those_of_small_steps(pairs):
    before, after = np.array(pairs).T
    found = split_product(before, after)
    for place in range(len(before)):
        small = np.where(np.arange(len(before)) == place, 1e-3, 0)  # parts are linear in each factor
        by_before = (split_product(before + small, after).parts - found.parts) / 1e-3
        by_after = (split_product(before, after + small).parts - found.parts) / 1e-3
        assert found.by_before[:, place] == pytest.approx(by_before, abs=1e-9)
        assert found.by_after[:, place] == pytest.approx(by_after, abs=1e-9)


def test_forty_steps_are_split_exactly():
    rng = np.random.default_rng(0)
    before, after = rng.uniform(0.7, 1, (2, 39))
    assert split_product(before, after).parts.sum() == pytest.approx(after.prod() - before.prod(), rel=1e-9)


def test_the_logarithmic_mean_nearly_agrees_and_fails_at_zero():
    before, after = [0.5, 0.13, 0.075], [0.5, 0.2, 0.1]
    parts = split_product(np.array(before), np.array(after)).parts
    assert parts == pytest.approx(slow_compare.log_mean(before, after), rel=0.02, abs=1e-12)
    with pytest.raises(ValueError, match=r"domain|positive"):
        slow_compare.log_mean(before, [0.5, 0.2, 0.0])
    assert split_product(np.array(before), np.array([0.5, 0.2, 0.0])).parts.sum() == pytest.approx(-0.004875)


@given(before=funnels(), after=funnels(), level=st.sampled_from([0.8, 0.95]))
@settings(max_examples=25)
def test_contributions_and_intervals_are_those_of_the_slow_version(before, after, level):
    table = funnel.compare(totals(*before), totals(*after), level=level).table
    expected = slow_compare.contributions(before, after, level)
    found = table[["contribution", "contribution_low", "contribution_high"]].to_numpy()
    assert found == pytest.approx(np.array(expected), abs=1e-9)


def test_with_many_units_intervals_are_the_delta_methods():
    before, after = (60_200, 30_100, 3_010, 150), (30_200, 15_100, 3_020, 302)
    results = [totals(*(10_000 * one for one in counts)) for counts in (before, after)]
    sides = [make_side(result._estimates, 0.95) for result in results]
    found = split_product(*(one.ratios for one in sides))
    variance = [one.ratios * (1 - one.ratios) / one.step_shares.n for one in sides]
    error = np.sqrt(found.by_before**2 @ variance[0] + found.by_after**2 @ variance[1])
    table = funnel.compare(*results).table
    for end, way in (("low", -1), ("high", 1)):
        moved = table[f"contribution_{end}"].to_numpy() - found.parts
        assert moved == pytest.approx(way * 1.959964 * error, rel=1e-2, abs=1e-9)


@given(before=funnels(0), after=funnels(0))
@settings(max_examples=60)
def test_contributions_add_up_and_swap_their_sign(before, after):
    one, other = (
        funnel.compare(*pair) for pair in ((totals(*before), totals(*after)), (totals(*after), totals(*before)))
    )
    whole = after[-1] / after[0] - before[-1] / before[0]
    assert one.difference == pytest.approx(whole, abs=1e-12)
    assert one.table["contribution"].sum() == pytest.approx(whole, abs=1e-12)
    assert other.table["contribution"].to_numpy() == pytest.approx(-one.table["contribution"].to_numpy(), abs=1e-12)
    assert other.table["contribution_low"].to_numpy() == pytest.approx(
        -one.table["contribution_high"].to_numpy(), abs=1e-12, nan_ok=True
    )
    assert other.p_value == pytest.approx(one.p_value)
    known = one.table.dropna(subset="contribution_low")
    assert (known["contribution_low"] <= known["contribution"]).all()
    assert (known["contribution"] <= known["contribution_high"]).all()
    assert one.table["contribution"].notna().all()


@given(rows=st.tuples(EVENTS, EVENTS), window=st.sampled_from(["3min", "10min", "20min"]), minute=st.integers(20, 60))
@settings(max_examples=80)
def test_contributions_add_up_whatever_is_open(rows, window, minute):
    """Few events, many of one moment, open windows: a ratio of two curves may even be above one."""
    definition = funnel.Funnel(["a", "b", "c"], window=window)
    results = [
        funnel.analyse(slow.table(one), definition, as_of=slow.START + timedelta(minutes=minute)) for one in rows
    ]
    found = funnel.compare(*results)
    ends = [result.table["conversion"].iloc[-1] for result in results]
    assert [found.conversion_before, found.conversion_after] == pytest.approx(ends, nan_ok=True)
    assert found.difference == pytest.approx(ends[1] - ends[0], nan_ok=True)
    assert sum(found.table["contribution"]) == pytest.approx(found.difference, abs=1e-12, nan_ok=True)
    assert found.summary()
    p = found.table["p_value"].dropna()
    assert p.between(0, 1).all()


@given(a=st.integers(0, 60), b=st.integers(0, 60), n=st.integers(60, 500), m=st.integers(60, 500))
@settings(max_examples=60)
def test_differences_and_p_values_are_those_of_other_packages(a, b, n, m):
    shares = [Shares.of(np.array([one / of]), np.array([float(of)]), 1.959964) for one, of in ((a, n), (b, m))]
    found = [float(one[0]) for one in difference(*shares)]
    low, high = confint_proportions_2indep(b, m, a, n, method="newcomb", compare="diff")
    assert found == pytest.approx([b / m - a / n, low, high], abs=1e-6)
    if a + b in (0, n + m):
        assert equal_shares_p_values(*shares)[0] == 1
        return
    chi = chi2_contingency([[a, n - a], [b, m - b]], correction=False).statistic * (n + m - 1) / (n + m)
    assert equal_shares_p_values(*shares)[0] == pytest.approx(chi2.sf(chi, 1), rel=1e-6, abs=1e-12)


@given(a=st.integers(1, 60), b=st.integers(0, 60))
@settings(max_examples=60)
def test_relative_differences_are_those_of_the_slow_version(a, b):
    shares = [Shares.of(np.array([one / 60]), np.array([60.0]), 1.959964) for one in (a, b)]
    ratio, low, high = (float(one[0]) + 1 for one in relative_difference(*shares))
    expected = slow_compare.ratio_interval(*((float(s.estimate[0]), float(s.low[0]), float(s.high[0])) for s in shares))
    assert ratio == pytest.approx(b / a)
    assert (low, high) == pytest.approx(expected, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize(("ours", "theirs"), [("bh", "fdr_bh"), ("holm", "holm"), ("bonferroni", "bonferroni")])
@given(p=st.lists(st.floats(0, 1), min_size=1, max_size=12))
@settings(max_examples=30)
def test_q_values_are_those_of_statsmodels(ours, theirs, p):
    found = adjust_p_values(np.array([*p, nan]), ours)
    assert found[:-1] == pytest.approx(multipletests(p, method=theirs)[1])
    assert np.isnan(found[-1])
    assert adjust_p_values(np.array(p), None).tolist() == p


def test_a_published_funnel_desktop_against_mobile():
    """Payment doubles from 10 % to 20 %, confirmation from 5 % to 10 %: half of the difference each."""
    found = funnel.compare(funnel.from_counts(DESKTOP), funnel.from_counts(MOBILE), names=("desktop", "mobile"))
    table = found.table.set_index("step")
    assert table["step_conversion_before"].tolist() == pytest.approx([0.5, 0.1, 150 / 3_010])
    assert table["step_conversion_after"].tolist() == pytest.approx([0.5, 0.2, 0.1])
    assert table["share_of_difference"].tolist() == pytest.approx([0, 0.499, 0.501], abs=1e-3)
    assert table.loc["search", "q_value"] == pytest.approx(1)
    assert (table.loc[["payment", "confirmation"], "q_value"] < 1e-10).all()
    assert (found.conversion_before, found.conversion_after) == pytest.approx((150 / 60_200, 0.01))
    assert table["relative_difference"].tolist() == pytest.approx([0, 1, 302 / 3_020 / (150 / 3_010) - 1])
    assert found.notes == ()
    assert len(repr(found).splitlines()) <= 12
    assert list(found.tables) == ["steps", "conversion"]
    assert found.tables["conversion"].loc[0, "difference_low"] == found.difference_low


@NEEDS
def test_the_same_of_a_table_of_users(local_library):
    users = local_library(pd.read_parquet(DATA / "page_funnel_users.parquet"))
    measured = funnel.from_reached(users, ["home", "search", "payment", "confirmation"], by="device")
    found = funnel.compare(measured.group("Desktop"), measured.group("Mobile"))
    expected = funnel.compare(funnel.from_counts(DESKTOP), funnel.from_counts(MOBILE)).table
    pd.testing.assert_frame_equal(to_pandas(found.table), to_pandas(expected), check_dtype=False)
    assert [note.code for note in found.notes] == ["one_group", "one_group"]


def test_two_devices_of_a_shop_whose_truth_is_known():
    """Desktop is made better at every step, most at the checkout."""
    made = datasets.make_shop(3_000, 90)
    steps = funnel.Funnel(["view_item", "add_to_cart", "begin_checkout", "purchase"], window="3d")
    measured = funnel.analyse(made.events, steps, by="device", unit="session_id")
    found = funnel.compare(measured.group("mobile"), measured.group("desktop"), names=("mobile", "desktop"))
    truth = made.truth.funnel.steps.set_index(["device", "event"])["step_conversion"]
    events = found.table["step"]
    parts = split_product(*(truth[device][events].to_numpy() for device in ("mobile", "desktop"))).parts
    assert ((found.table["contribution_low"] <= parts) & (parts <= found.table["contribution_high"])).all()
    assert (found.table["q_value"] < 0.001).all()
    assert found.table.loc[found.table["contribution"].idxmax(), "step"] == "begin_checkout"
    assert "visitors_in_both_unknown" in note_counts(found.notes)


def halves(frame, definition, cut, **options):
    """Measure what was entered before and after a moment."""
    early, late = frame[frame["occurred_at"] < cut], frame[frame["occurred_at"] >= cut]
    return funnel.analyse(early, definition, **options), funnel.analyse(late, definition, **options)


@pytest.mark.call("funnel.compare")
def test_every_library_and_order_gives_the_same(library):
    frame = shop()
    definition = funnel.Funnel(["a", "b", "c", "d"], window="3d")
    options = {"by": "device", "as_of": "2024-01-16"}
    first = funnel.analyse(frame, definition, **options)
    expected = funnel.compare(first.group("app"), first.group("web"))
    mixed = funnel.analyse(library(frame.sample(frac=1, random_state=1)), definition, **options)
    found = funnel.compare(mixed.group("app"), mixed.group("web"))
    pd.testing.assert_frame_equal(to_pandas(found.table), to_pandas(expected.table), check_dtype=False, rtol=1e-9)
    assert found.notes == expected.notes
    assert found.headline == expected.headline
    assert found.summary() == expected.summary()
    pd.testing.assert_frame_equal(
        to_pandas(found.tables["conversion"]), to_pandas(expected.tables["conversion"]), check_dtype=False, rtol=1e-9
    )


@pytest.mark.parametrize("unit", ["visitor_id", "session_id"])
def test_shares_have_the_intervals_of_each_result(unit):
    """With open windows and sessions of one visitor the chain has the very intervals of the tables."""
    frame = shop(800)
    frame["session_id"] = [f"{a}-{b.day % 3}" for a, b in zip(frame["visitor_id"], frame["occurred_at"], strict=True)]
    found = funnel.analyse(frame, funnel.Funnel(["a", "b", "c", "d"], window="3d"), unit=unit, as_of="2024-01-10")
    assert found.table["pending"].sum() > 0
    one = make_side(found._estimates, 0.95)
    names = ["step_conversion", "step_conversion_low", "step_conversion_high"]
    expected = found.table.iloc[1:][names].to_numpy()
    assert np.column_stack([one.step_shares.estimate, one.step_shares.low, one.step_shares.high]) == pytest.approx(
        expected, rel=1e-6
    )
    expected = found.table.iloc[-1][["conversion", "conversion_low", "conversion_high"]].to_numpy(dtype=float)
    assert [one.conversion.estimate[0], one.conversion.low[0], one.conversion.high[0]] == pytest.approx(
        expected, rel=1e-6
    )
    assert np.abs(one.correlation - np.eye(3)).max() > 1e-3


def test_a_step_that_nobody_came_to_has_no_part():
    found = funnel.compare(totals(100, 50, 20, 10), totals(100, 50, 0, 0))
    table = found.table
    assert table["contribution"].tolist() == pytest.approx([0, -0.1, 0])
    assert table["contribution_low"].isna().tolist() == [False, False, True]
    assert table["step_conversion_after"].isna().tolist() == [False, False, True]
    gone = ["difference", "relative_difference", "relative_difference_low", "p_value", "q_value"]
    assert table[gone].iloc[2].isna().all()
    assert note_counts(found.notes) == {"step_conversion_unknown": 1}
    both = funnel.compare(totals(100, 0, 0), totals(100, 0, 0))
    assert both.table["contribution"].tolist() == [0, 0]
    assert (both.difference, both.p_value) == (0, 1)
    assert both.table["share_of_difference"].isna().all()


def test_shares_of_a_difference_that_may_be_chance_are_unknown():
    found = funnel.compare(totals(100, 50, 20), totals(100, 52, 20))
    assert found.p_value > 0.05
    assert found.table["share_of_difference"].isna().all()


def test_steps_that_offset_each_other_are_significant_on_their_own():
    found = funnel.compare(totals(10_000, 5_000, 1_000), totals(10_000, 2_500, 1_000))
    assert found.p_value > 0.9
    assert (found.table["q_value"] < 0.05).all()
    assert all(step in found.summary() for step in ("s1", "s2"))


@pytest.mark.parametrize("counts", [(0, 0, 0), (1, 0, 0), (1, 1, 1)])
def test_nobody_and_one(counts):
    found = funnel.compare(totals(*counts), totals(50, 20, 10))
    assert len(found.table) == 2
    assert found.table["reached_before"].tolist() == list(counts[1:])
    if not counts[0]:
        assert found.table.drop(columns=["step", "reached_before", "reached_after"]).iloc[:, 2:].isna().all(axis=None)
        assert note_counts(found.notes) == {"conversion_unknown": 0}
    else:
        assert found.table["contribution"].sum() == pytest.approx(0.2 - counts[-1] / counts[0])


def test_every_window_open_is_unknown_with_a_reason(local_library):
    frame = slow.table([(1, 0, "a"), (1, 5, "b"), (2, 3, "a")])
    one = funnel.analyse(local_library(frame), ["a", "b"])
    other = funnel.analyse(local_library(frame), ["a", "b"], as_of="2024-03-01")
    found = funnel.compare(one, other)
    table = to_pandas(found.table)
    assert table["reached_before"].tolist() == [1]
    assert table["contribution"].isna().all()
    noted = {"conversion_unknown": 2, "all_windows_open": 2, "units_in_both": 2, "unequal_age": None}
    assert note_counts(found.notes) == noted


def test_open_windows_of_all_that_came_so_far_give_no_interval():
    """One whose window is over never came to b; those who did may still reach c."""
    frame = slow.table([(1, 0, "a"), (2, 20_000, "a"), (2, 20_001, "b"), (3, 20_000, "a"), (3, 20_002, "b")])
    one = funnel.analyse(frame, funnel.Funnel(["a", "b", "c"], window="2d"), as_of="2024-01-15 00:00")
    found = funnel.compare(one, one)
    assert found.table.loc[1, ["contribution_low", "p_value"]].isna().all()
    assert note_counts(found.notes)["step_interval_unknown"] == 1


def test_optional_steps_are_not_part_of_the_chain():
    one, other = (
        replace(result, _estimates=replace(result._estimates, optional=(False, True, False, False)))
        for result in (totals(100, 60, 40, 10), totals(100, 20, 20, 10))
    )
    found = funnel.compare(one, other)
    plain = funnel.compare(totals(100, 40, 10), totals(100, 20, 10))
    assert found.table["step"].tolist() == ["s2", "s3"]
    pd.testing.assert_frame_equal(found.table.drop(columns="step"), plain.table.drop(columns="step"))
    assert note_counts(found.notes) == {"optional_steps_left_out": 1}


def test_units_in_both_are_counted():
    rows = [(f"v{one}", day * 1440 + one, "a") for day in (0, 20) for one in range(10 + day)]
    frame = slow.table([*rows, *((f"v{one}", one + 1, "b") for one in range(4)), (None, 3, "a")])
    definition = funnel.Funnel(["a", "b"], window="1d")
    found = funnel.compare(*halves(frame, definition, slow.START + timedelta(days=10)))
    assert note_counts(found.notes)["units_in_both"] == 10
    assert note_counts(found.notes)["events_without_id"] == 1
    sessions = frame.assign(session_id=frame["visitor_id"])
    found = funnel.compare(*halves(sessions, definition, slow.START + timedelta(days=10), unit="session_id"))
    assert "visitors_in_both_unknown" in note_counts(found.notes)


def test_funnels_of_unequal_age_are_noted():
    early = funnel.analyse(slow.table([(1, 0, "a"), (1, 5, "b")]), ["a", "b"], as_of="2024-03-01")
    late = funnel.analyse(slow.table([(2, 60_000, "a"), (2, 60_005, "b")]), ["a", "b"], as_of="2024-03-01")
    assert "unequal_age" in note_counts(funnel.compare(early, late).notes)
    once = [
        funnel.analyse(slow.table([(1, at, "a")]), funnel.Funnel(["a", "b"], reentry=False), as_of="2024-03-01")
        for at in (0, 60_000)
    ]
    assert "unequal_age" not in note_counts(funnel.compare(*once).notes)


@pytest.mark.parametrize(("days", "is_noted"), [(7, False), (7.1, True), (-7, False), (-7.1, True)])
def test_ages_are_unequal_when_they_differ_by_more_than_a_window(days, is_noted):
    results = [
        funnel.analyse(slow.table([(1, minute, "a")]), funnel.Funnel(["a", "b"], window="7d"), as_of="2024-03-01")
        for minute in (20_000, 20_000 + round(days * 1_440))
    ]
    assert ("unequal_age" in note_counts(funnel.compare(*results).notes)) == is_noted


def test_steps_of_one_name_defined_differently_are_noted():
    frame = slow.table([(1, 0, "a"), (1, 5, "b")])
    plain, other = (
        funnel.analyse(frame, ["a", funnel.Step("b", where=where, name="b")], as_of="2024-03-01")
        for where in (None, {"device": "web"})
    )
    assert note_counts(funnel.compare(plain, other).notes)["steps_defined_differently"] == 1
    notes = funnel.compare(plain, funnel.from_counts({"a": 5, "b": 1})).notes
    assert note_counts(notes) == {"events_against_totals": None}


def measured(**options):
    frame = slow.table([(1, 0, "a"), (1, 5, "b")]).assign(customer_id=1)
    unit = options.pop("unit", "visitor_id")
    return funnel.analyse(frame, funnel.Funnel(["a", "b"], **options), unit=unit, as_of="2024-03-01")


ONE = totals(10, 5)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: funnel.compare(ONE, 3), TypeError, "`after` must be the result of funnel.analyse, .* got int"),
        (lambda: funnel.compare(ONE.table, ONE), TypeError, "`before` must be the result .* got DataFrame"),
        (
            lambda: funnel.compare(ONE, totals(10, 5, 2)),
            ValueError,
            "`before` and `after` .*'s2'",
        ),
        (
            lambda: funnel.compare(funnel.from_counts({"a": 2, "b": 1}), funnel.from_counts({"b": 2, "a": 1})),
            ValueError,
            r"same order, got \['a', 'b'\]",
        ),
        (lambda: funnel.compare(ONE, ONE, correction="fdr"), ValueError, "`correction` must be one of 'bh', 'holm'"),
        (lambda: funnel.compare(ONE, ONE, level=95), ValueError, "`level` must be between"),
        (lambda: funnel.compare(ONE, ONE, names="ab"), TypeError, "`names` must be a list of two different texts"),
        (lambda: funnel.compare(ONE, ONE, names=("a", "a")), ValueError, "`names` must be two different texts"),
        (lambda: funnel.compare(ONE, ONE).summary(locale="fr"), ValueError, "`locale` must be one of"),
        (lambda: funnel.compare(ONE, ONE).plot(locale="fr"), ValueError, "`locale` must be one of"),
        (
            lambda: funnel.compare(measured(), measured(window="1d")),
            ValueError,
            "`before` has a window of 7d and `after` of 1d",
        ),
        (lambda: funnel.compare(measured(), measured(reentry=False)), ValueError, "must have the same `reentry`"),
        (
            lambda: funnel.compare(measured(), measured(unit="customer_id")),
            ValueError,
            "`before` counts visitor_id and `after` customer_id",
        ),
        (
            lambda: funnel.compare(funnel.analyse(shop(20), ["a", "b"], by="device"), ONE),
            ValueError,
            r"`before` has groups by 'device': .*'app', 'web'",
        ),
    ],
)
def test_errors_name_the_way_out(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_results_pickle_and_go_into_a_workbook(tmp_path):
    found = funnel.compare(totals(100, 40, 10), totals(100, 0, 0))
    again = pickle.loads(pickle.dumps(found))
    assert again.summary() == found.summary()
    pytest.importorskip("openpyxl", reason="openpyxl is not installed")
    found.to_excel(tmp_path / "compared.xlsx")
    assert list(pd.read_excel(tmp_path / "compared.xlsx", sheet_name=None)) == ["notes", "steps", "conversion"]


def test_one_window_written_in_two_ways_is_the_same():
    assert funnel.compare(measured(window="7d"), measured(window="1w")).difference == 0


def test_periods_are_chosen_before_they_are_compared():
    frame = slow.table([(one, 20_000 * one, "a") for one in range(4)])
    found = funnel.analyse(frame, ["a", "b"], every="1w", as_of="2024-03-01")
    with pytest.raises(ValueError, match=r"`before` has groups by '1w': choose one of .* such as result.group\('2024-"):
        funnel.compare(found, found)
    both = funnel.analyse(frame, ["a", "b"], every="1w", by="device", as_of="2024-03-01")
    with pytest.raises(ValueError, match="`before` has groups and periods"):
        funnel.compare(both, both)
