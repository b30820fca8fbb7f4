"""Schemes: every cell has its segment, the published grid cell by cell, the eight classes at their edges."""

import inspect
from datetime import datetime
from itertools import product

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
import pytest

from ecommine import rfm
from ecommine.rfm._scheme import scheme_notes
from libraries import to_pandas
from notes import note_counts
from rfm.slow import shop, slow_standard

AS_OF = datetime(2024, 12, 31)


def cells(*levels):
    """One row a cell of all scores."""
    columns = zip(*product(*(range(1, n + 1) for n in levels)), strict=True)
    names = ("recency_score", "frequency_score", "monetary_score")
    return pd.DataFrame({name: np.array(column) for name, column in zip(names, columns, strict=True)})


def scale_of(*levels):
    cuts = [tuple(range(1, n)) for n in levels]
    return rfm.Scale(recency=cuts[0], frequency=cuts[1], monetary=cuts[2])


def segments_of(scheme, table, *levels):
    scale = scale_of(*levels)
    scheme.check(scale)
    frame = nw.from_native(table).with_columns(segment=scheme.expression(scale, as_of=AS_OF))
    return to_pandas(frame.to_native())["segment"].tolist()


def test_standard_is_the_published_grid_in_every_library(library):
    table = cells(5, 5, 5)
    found = segments_of(rfm.STANDARD, library(table), 5, 5, 5)
    assert found == [slow_standard(*cell) for cell in table.itertuples(index=False)]
    assert set(found) == {segment.code for segment in rfm.STANDARD.segments}
    assert len(rfm.STANDARD.segments) == 11


@pytest.mark.parametrize("levels", [(3, 3, 3), (4, 5, 3), (5, 5, 5), (9, 9, 9)])
def test_value_groups_cover_every_cell(levels):
    table = cells(*levels)
    found = pd.Series(segments_of(rfm.VALUE_GROUPS, table, *levels))
    thirds = [(table.iloc[:, i] - 0.5) / n for i, n in enumerate(levels)]
    high, low = [t > 2 / 3 for t in thirds], [t < 1 / 3 for t in thirds]
    middle = [~h & ~w for h, w in zip(high, low, strict=True)]
    expected = pd.Series("others", index=table.index)
    expected[high[0] & high[1] & high[2]] = "high_value"
    expected[high[0] & low[1] & middle[2]] = "potential"
    expected[low[0] & middle[1] & middle[2]] = "at_risk"
    assert found.tolist() == expected.tolist()
    assert set(found) == {"high_value", "potential", "at_risk", "others"}


def test_the_first_rule_that_holds_names_the_segment():
    scheme = rfm.Scheme(
        name="mine",
        rules=(rfm.Rule(segment="best", recency=(2, 3), monetary=(3, 3)), rfm.Rule(segment="lately", recency=(3, 3))),
        rest=rfm.Segment("sleepers", name_zh="沉睡"),
    )
    table = cells(3, 2, 3)
    expected = [
        "best" if r >= 2 and m == 3 else "lately" if r == 3 else "sleepers" for r, _, m in table.itertuples(index=False)
    ]
    assert segments_of(scheme, table, 3, 2, 3) == expected
    assert [segment.code for segment in scheme.segments] == ["best", "lately", "sleepers"]


def test_standard_is_refused_without_five_levels():
    with pytest.raises(ValueError, match=r"'standard' needs 5 levels .* the scale has \(4, 5, 5\): use `scale=5`"):
        rfm.STANDARD.check(scale_of(4, 5, 5))


def test_rules_that_a_scale_cannot_meet_are_refused():
    with pytest.raises(ValueError, match=r"'best'.*recency score of 5"):
        rfm.Scheme(name="mine", rules=(rfm.Rule(segment="best", recency=(4, 5)),)).check(scale_of(4, 4, 4))
    with pytest.raises(ValueError, match="needs at least 3 levels of recency"):
        rfm.VALUE_GROUPS.check(scale_of(2, 5, 5))


def test_rules_without_rest_must_cover_every_cell():
    rule = rfm.Rule(segment="best", recency=(2, 3))
    with pytest.raises(ValueError, match=r"no rule covers the scores \(1, 1, 1\)"):
        rfm.Scheme(name="mine", rules=(rule,), rest=None, levels=3)
    with pytest.raises(ValueError, match="`rest=None` needs `levels`"):
        rfm.Scheme(name="mine", rules=(rule,), rest=None)


@pytest.mark.parametrize(
    ("make", "error", "match"),
    [
        (lambda: rfm.Rule(segment="best"), ValueError, "must limit `recency`, `frequency`, `monetary` or `value`"),
        (lambda: rfm.Rule(segment="best", recency=(5, 4)), ValueError, "low <= high"),
        (lambda: rfm.Rule(segment="best", recency=4), TypeError, "`recency`"),
        (lambda: rfm.Rule(segment="best", value="top"), ValueError, "`value` must be one of 'high', 'middle', 'low'"),
        (lambda: rfm.Scheme(name="mine", rules=()), ValueError, "at least one rule"),
        (lambda: rfm.Segment("Best customers"), ValueError, "`code` must be lower-case"),
        (lambda: rfm.Segment("new"), ValueError, "migration"),
        (lambda: rfm.EightClasses(high_value=50, low_value=200), ValueError, "`low_value` must be below `high_value`"),
        (lambda: rfm.EightClasses(high_value=9, low_value=1, middle="no"), ValueError, "`middle`"),
        (lambda: rfm.EightClasses(high_value=9, middle="named"), ValueError, "`low_value` must be given"),
        (
            lambda: rfm.EightClasses(high_value=9, low_value=1, active=120, middle="named"),
            ValueError,
            "`active` must be below `dormant`, got 120 and 90",
        ),
        (lambda: rfm.Scheme(name="mine", rules=(rfm.Rule(segment="a", recency="low"))), TypeError, "a comma after"),
        (lambda: rfm.Scheme(name="mine", rules=("champions",)), TypeError, "`rules` must be a tuple of Rule"),
    ],
)
def test_wrong_schemes_are_refused(make, error, match):
    with pytest.raises(error, match=match):
        make()


def test_one_code_cannot_be_two_segments():
    rules = (rfm.Rule(segment=rfm.Segment("best", name="A"), recency=(1, 1)), rfm.Rule(segment="best", recency=(2, 2)))
    with pytest.raises(ValueError, match="the code 'best' to different segments"):
        rfm.Scheme(name="mine", rules=rules)


def edge_customers():
    """Ten months of tenure: at, and one step beyond, every threshold of 30 and 90 days, 3 and 1 a month, 200 and 50."""
    first = np.datetime64("2024-12-31", "us") - np.timedelta64(365, "D")  # 11.99 months before
    rows = list(product([30, 31, 90, 91], [36, 35, 12, 11], [200.0, 199.99, 50.01, 50.0]))
    recency, frequency, average = (np.array(column) for column in zip(*rows, strict=True))
    return pd.DataFrame(
        {
            "recency": recency,
            "frequency": frequency,
            "monetary": np.round(average * frequency, 2),
            "first_order_at": np.full(len(rows), first),
        }
    )


def expected_class(recency, frequency, average, named):
    # 365 days are 11.99 months, so that 36 orders are at least 3 a month and 11 are at most 1.
    contact = "active" if recency <= 30 else "dormant" if recency > 90 else "cooling"
    rate = "frequent" if frequency >= 36 else "rare" if frequency <= 11 else "regular"
    value = "high_value" if average >= 200 else "low_value" if average <= 50 else "medium_value"
    if named:
        return f"{contact}_{rate}_{value}"
    parts = (
        "active" if contact == "active" else "inactive",
        "frequent" if rate == "frequent" else "infrequent",
        "high_value" if value == "high_value" else "lower_value",
    )
    return "_".join(parts)


@pytest.mark.parametrize("middle", ["low", "named"])
def test_eight_classes_at_their_edges(library, middle):
    scheme = rfm.EightClasses(high_value=200, low_value=50, middle=middle)
    table = edge_customers()
    found = segments_of(scheme, library(table), 5, 5, 5)
    expected = [
        expected_class(row.recency, row.frequency, row.monetary / row.frequency, middle == "named")
        for row in table.itertuples()
    ]
    assert found == expected
    assert set(found) == {segment.code for segment in scheme.segments}
    assert len(scheme.segments) == (8 if middle == "low" else 27)


def test_a_customer_of_one_day_has_a_tenure_of_one_month():
    table = pd.DataFrame(
        {
            "recency": [0, 0],
            "frequency": [2, 3],
            "monetary": [1.0, 1.0],
            "first_order_at": np.array(["2024-12-31T08:00"] * 2, dtype="datetime64[us]"),
        }
    )
    scheme = rfm.EightClasses(high_value=200, low_value=50)
    assert segments_of(scheme, table, 5, 5, 5) == ["active_infrequent_lower_value", "active_frequent_lower_value"]


@pytest.mark.parametrize(
    "scheme", [rfm.STANDARD, rfm.VALUE_GROUPS, rfm.EightClasses(high_value=200, low_value=50, middle="named")]
)
@pytest.mark.parametrize("locale", ["en", "zh"])
def test_every_segment_has_a_name_and_an_action_of_its_own(scheme, locale):
    names = [segment.display(locale) for segment in scheme.segments]
    assert len(set(names)) == len(names)
    assert all(segment.advice(locale) for segment in scheme.segments)
    if locale == "zh":
        assert all(any("\u4e00" <= letter <= "\u9fff" for letter in name) for name in names)


def test_thresholds_that_decide_nothing_are_not_asked_for():
    assert rfm.EightClasses(high_value=200, active=120, frequent=0.5).active == 120  # the others name the middle
    table = edge_customers()
    given = segments_of(rfm.EightClasses(high_value=200, low_value=50), table, 5, 5, 5)
    assert segments_of(rfm.EightClasses(high_value=200), table, 5, 5, 5) == given


def test_rules_made_for_fewer_levels_have_a_note():
    three = rfm.Scheme(
        name="three",
        rules=(
            rfm.Rule(segment="best", recency=(3, 3), value=(3, 3)),
            rfm.Rule(segment="lately", recency=(2, 3), frequency=(1, 3), value=(1, 2)),
        ),
    )
    assert scheme_notes(three, scale_of(3, 3, 3)) == ()
    for levels, axis in (((5, 3, 3), "recency"), ((3, 5, 5), "value")):
        (note,) = scheme_notes(three, scale_of(*levels))
        assert (note.code, note.count) == ("highest_score_unreached", 5)
        assert axis in note


def test_rules_that_never_hold_are_told():
    scheme = rfm.Scheme(
        name="mine",
        rules=(
            rfm.Rule(segment="best", recency="high"),
            rfm.Rule(segment="rest_low", recency="low"),
            rfm.Rule(segment="never", recency=(5, 5), monetary=(1, 2)),
        ),
    )
    assert note_counts(scheme_notes(scheme, scale_of(5, 5, 5))) == {"rule_never_applies": 3}
    assert rfm.score(shop(), scheme=scheme).notes[-1].code == "rule_never_applies"
    assert "rule_never_applies" not in note_counts(rfm.score(shop()).notes)


@pytest.mark.parametrize(("scheme", "levels"), [(rfm.STANDARD, 5), (rfm.VALUE_GROUPS, 3), (rfm.VALUE_GROUPS, 9)])
def test_our_own_schemes_have_no_such_slips(scheme, levels):
    assert scheme_notes(scheme, scale_of(levels, levels, levels)) == ()


def test_a_scheme_shows_itself_shortly():
    assert repr(rfm.STANDARD) == "Scheme('standard', 11 segments)"
    assert "Rule(" not in str(inspect.signature(rfm.score))


@pytest.mark.parametrize("code", ["new_customers", "promising"])
def test_relative_names_do_not_speak_of_first_orders(code):
    segment = next(one for one in rfm.STANDARD.segments if one.code == code)
    assert "first" not in segment.advice("en")
    assert "首单" not in segment.advice("zh")


def test_much_money_is_classified_in_every_library(library):
    """More micro-units than a float holds exactly, which Arrow does not turn into one."""
    orders = pd.DataFrame({"order_id": [1, 2], "customer_id": [1, 2], "amount": [2e10, 3.0]})
    orders["ordered_at"] = pd.to_datetime("2024-05-01").as_unit("us")
    scale = rfm.Scale(recency=(1,), frequency=(1,), monetary=(1,))
    scored = to_pandas(rfm.score(library(orders), scale=scale, scheme=rfm.EightClasses(high_value=1e10)).table)
    scored = scored.sort_values("customer_id")  # rows of Spark come in no order
    assert scored["segment"].str.endswith("_high_value").tolist() == [True, False]


def test_a_large_threshold_times_many_orders_stays_in_bounds():
    scale = rfm.Scale(recency=(1,), frequency=(1,), monetary=(1,))
    orders = pd.DataFrame({"order_id": [1, 2], "customer_id": 1, "amount": [1.0, 3.0]})
    orders["ordered_at"] = pd.to_datetime(["2024-05-01", "2024-05-02"])
    scored = rfm.score(orders, scale=scale, scheme=rfm.EightClasses(high_value=9e12))
    assert scored.table["segment"].tolist() == ["active_infrequent_lower_value"]
