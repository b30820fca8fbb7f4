"""What a funnel says in words."""

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


def said(frame, definition, **options):
    return funnel.analyse(frame, definition, as_of="2024-03-01", **options).summary()


def test_where_most_are_lost_and_which_step_is_hardest():
    found = funnel.from_counts({"home": 1_000, "search": 500, "payment": 200, "paid": 10})
    assert "Most are lost before search: 50% of those that reached home do not go on." in found.summary()
    assert "The hardest step is paid: 95% of those that reached payment do not come to it." in found.summary()
    assert "最难的一步是paid" in found.summary(locale="zh")


def test_a_step_that_may_be_left_out_loses_nobody():
    paths = ["ac"] * 6 + ["abc"] * 2 + ["ab"] * 8 + ["a"] * 4
    text = said(log(*paths), funnel.Funnel(["a", "b", "c"], optional="b"))
    assert "Most are lost before c: 60% of those that reached a do not go on." in text
    assert "really a step" not in text
    assert "went on past b" in said(log(*paths, *["ac"] * 20), ["a", "b", "c"])


def test_small_shares_are_not_rounded_away():
    assert "0.0003% reached c (0.000102% to 0.000882%)" in funnel.from_counts({"a": 10**6, "c": 3}).summary()


def test_a_step_that_does_not_happen_is_said_first():
    found = funnel.analyse(log("ab", "a"), ["a", "purchased"], as_of="2024-03-01")
    assert found.summary().startswith("No event is the step purchased")
    assert "Most are lost" not in found.summary()
    assert found.summary(locale="zh").startswith("没有任何事件是步骤purchased")


def test_steps_in_any_order_are_numbers():
    found = funnel.analyse(log("ab", "b", "ba"), funnel.Funnel(["a", "b"], order="any"), as_of="2024-03-01")
    assert "Of 3 visitors that did any of the 2 steps, 66.7% did all of them" in found.summary()
    assert "做过2个步骤中任一步的3位访客中，66.7%全部完成" in found.summary(locale="zh")


def test_the_best_and_the_worst_group_are_named():
    frame = log(*["ab"] * 9, *["a"] * 9, "ab")
    frame["device"] = frame["visitor_id"].map(lambda one: "app" if one < 9 else None if one < 18 else "tv")
    text = said(frame, ["a", "b"], by="device")
    assert "app reaches b more often (100%, 70.1% to 100%) than unknown (0%, 0% to 29.9%)." in text
    assert "app到b的转化率（100%，70.1%至100%）高于未知（0%，0%至29.9%）。" in funnel.analyse(
        frame, ["a", "b"], by="device", as_of="2024-03-01"
    ).summary(locale="zh")
    few = frame[frame["visitor_id"].isin([0, 9, 18])]
    assert "Between the 3 groups the differences may be chance." in said(few, ["a", "b"], by="device")
    later = log(*["ab"] * 9, start="2024-02-01")
    periods = pd.concat([log(*["a"] * 9), later.assign(visitor_id=later["visitor_id"] + 9)])
    assert "2024-02-01 reaches b more often (100%," in said(periods, ["a", "b"], every="1mo")
    assert "often" not in said(log("ab", "ab"), ["a", "b"])


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda: funnel.analyse(log("ab"), ["a", "b"], by=["x", "y"]), "`by` must be the name of one column"),
        (lambda: funnel.analyse(log("ab"), ["a", "b"], by="zzz"), "it has 'visitor_id', 'event', 'occurred_at'"),
        (lambda: funnel.from_counts(pd.DataFrame({"a": [1]})), "of two columns of a table make a dict"),
        (lambda: funnel.from_counts([("a", 2), ("a", 1)]), "each step once"),
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
    assert "50 went on past b without it" in found.summary()
