"""Which steps, shares and groups the summary of a funnel names; the golden texts hold its wording."""

import re

import pandas as pd
import pytest

from ecommine import funnel


def log(*paths, start="2024-01-01"):
    """Make events a minute apart: each visitor does the letters of a path."""
    rows = [
        (visitor, name, pd.Timestamp(start) + pd.Timedelta(minutes=minute))
        for visitor, path in enumerate(paths)
        for minute, name in enumerate(path)
    ]
    return pd.DataFrame(rows, columns=["visitor_id", "event", "occurred_at"])


def names(summary):
    """Return the steps that a summary names, in the order of the sentences."""
    return [word for word in re.findall(r"[\w]+", summary) if word in STEPS]


STEPS = ("home", "search", "payment", "paid")


def test_the_largest_loss_and_the_hardest_step_are_named():
    found = funnel.from_counts({"home": 1_000, "search": 500, "payment": 200, "paid": 10})
    for locale in ("en", "zh"):
        summary = found.summary(locale=locale)
        assert "50%" in summary
        assert "95%" in summary
    assert names(found.summary()) == ["home", "paid", "search", "home", "paid", "payment"]


def test_one_step_that_is_both_is_named_once():
    summary = funnel.from_counts({"home": 1_000, "search": 100, "payment": 90}).summary()
    assert names(summary) == ["home", "payment", "search", "home"]


def test_an_optional_step_loses_nobody():
    paths = ["ac"] * 6 + ["abc"] * 2 + ["ab"] * 8 + ["a"] * 4
    definition = funnel.Funnel(["a", "b", "c"], optional="b")
    optional = funnel.analyse(log(*paths), definition, as_of="2024-03-01").summary()
    assert "60%" in optional
    assert not re.search(r"\bb\b", optional)
    required = funnel.analyse(log(*paths, *["ac"] * 20), ["a", "b", "c"], as_of="2024-03-01").summary()
    assert "26 visitors" in required


@pytest.mark.parametrize(("n_skipped", "is_named"), [(5, False), (6, True)])
def test_a_step_is_questioned_when_more_skip_it_than_reach_it(n_skipped, is_named):
    paths = ["abc"] * 5 + ["ac"] * n_skipped
    summary = funnel.analyse(log(*paths), ["a", "b", "c"], as_of="2024-03-01").summary()
    assert (f"{n_skipped} visitors" in summary) == is_named


def test_small_shares_are_not_rounded_away():
    summary = funnel.from_counts({"a": 10**6, "c": 3}).summary()
    assert all(share in summary for share in ("0.0003%", "0.000102%", "0.000882%"))


def test_a_step_without_events_comes_first_and_no_loss_is_named():
    found = funnel.analyse(log("ab", "a"), ["a", "purchased"], as_of="2024-03-01")
    for locale in ("en", "zh"):
        first, *others = re.split(r"(?<!\d)[.。] ?", found.summary(locale=locale).strip(".。"))
        assert "purchased" in first
        assert len(others) == 1


def test_steps_in_any_order_are_numbers():
    found = funnel.analyse(log("ab", "b", "ba"), funnel.Funnel(["a", "b"], order="any"), as_of="2024-03-01")
    for locale in ("en", "zh"):
        assert "66.7%" in found.summary(locale=locale)
        assert "2" in found.summary(locale=locale)


def test_the_best_and_the_worst_group_are_named_if_their_intervals_are_apart():
    frame = log(*["ab"] * 9, *["a"] * 9, "ab")
    frame["device"] = frame["visitor_id"].map(lambda one: "app" if one < 9 else None if one < 18 else "tv")
    apart = funnel.analyse(frame, ["a", "b"], by="device", as_of="2024-03-01")
    for locale, unknown in (("en", "unknown"), ("zh", "未知")):
        summary = apart.summary(locale=locale)
        assert summary.index("app") < summary.index(unknown)
        assert "tv" not in summary
    few = frame[frame["visitor_id"].isin([0, 9, 18])]
    summary = funnel.analyse(few, ["a", "b"], by="device", as_of="2024-03-01").summary()
    assert "3 groups" in summary
    assert "app" not in summary


def test_the_best_and_the_worst_period_are_named():
    later = log(*["ab"] * 9, start="2024-02-01")
    periods = pd.concat([log(*["a"] * 9), later.assign(visitor_id=later["visitor_id"] + 9)])
    summary = funnel.analyse(periods, ["a", "b"], every="1mo", as_of="2024-03-01").summary()
    assert summary.index("2024-02-01") < summary.index("2024-01-01")


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda: funnel.analyse(log("ab"), ["a", "b"], by=["x", "y"]), "`by` must be the name of one column"),
        (lambda: funnel.analyse(log("ab"), ["a", "b"], by="zzz"), "'zzz'"),
        (lambda: funnel.from_counts(pd.DataFrame({"a": [1]})), "`counts` .*DataFrame"),
        (lambda: funnel.from_counts([("a", 2), ("a", 1)]), "`counts` .*'a'"),
        (lambda: funnel.from_reached(log("ab"), funnel.Funnel(["a", "b"])), "a list of columns"),
        (lambda: funnel.Funnel(["a", "b"], optional="c"), "which two steps do not have"),
        (
            lambda: funnel.Funnel(["a", "b", "c"], optional="b", exclude=funnel.Exclude("x", after="b")),
            "may be left out do not bound",
        ),
    ],
)
def test_errors_name_the_way_out(call, match):
    with pytest.raises((TypeError, ValueError), match=match):
        call()


def test_totals_come_as_pairs_or_as_a_series():
    table = funnel.from_counts({"a": 10, "b": 5}).table
    for counts in ([("a", 10), ("b", 5)], pd.Series({"a": 10, "b": 5})):
        pd.testing.assert_frame_equal(funnel.from_counts(counts).table, table)


def test_every_step_that_most_go_past_may_be_asked_about():
    """The step with most skips is reached by more; the other one is not."""
    rows = [(True, True, False, True)] * 50 + [(True, True, True, True)] * 10 + [(True, False, False, True)] * 110
    rows += [(True, True, False, False)] * 140
    users = pd.DataFrame(rows, columns=["home", "a", "b", "end"])
    found = funnel.from_reached(users, ["home", "a", "b", "end"])
    assert found.table["skipped"].tolist() == [0, 110, 50, 0]
    assert found.table["reached"].tolist() == [310, 200, 10, 10]
    assert "50 users" in found.summary()
