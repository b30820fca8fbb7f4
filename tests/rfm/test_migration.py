"""Migration: flows by hand, a bridge that adds up exactly, rates with their intervals."""

import pickle
from collections import defaultdict
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecommine import rfm
from libraries import to_pandas
from notes import note_counts
from rfm.slow import shop

FIXED = rfm.Scale(recency=(30, 60), frequency=(1, 3), monetary=(20, 100))
SCHEME = rfm.Scheme(
    name="money",
    rules=(rfm.Rule(segment="big", monetary=(3, 3)), rfm.Rule(segment="medium", monetary=(2, 2))),
    rest="small",
)


def orders_of(months):
    """Lines of months 1, 2, ... of 2024: each a dict of customer to the amounts of their orders."""
    rows = [
        (customer, f"2024-{month:02d}-15", amount)
        for month, customers in enumerate(months, start=1)
        for customer, amounts in customers.items()
        for amount in amounts
    ]
    return pd.DataFrame(
        {
            "order_id": np.arange(len(rows)),
            "customer_id": np.array([row[0] for row in rows], dtype=object),
            "ordered_at": np.array([row[1] for row in rows], dtype="datetime64[us]"),
            "amount": np.array([row[2] for row in rows], dtype="float64"),
        }
    )


def two_months(lines, make=lambda frame: frame, **options):
    before = rfm.score(make(lines), as_of="2024-01-31", period="1mo", scale=FIXED, scheme=SCHEME)
    return rfm.migration(before, before.apply(make(lines), as_of="2024-02-29"), **options)


HAND = orders_of(
    [
        {"ann": [150.0], "bob": [50.0], "cat": [10.0, 10.0], "dan": [60.0]},
        {"ann": [75.0, 75.0], "bob": [200.0], "cat": [5.0], "eve": [30.0]},
    ]
)


@pytest.fixture(scope="module")
def hand(library):
    return two_months(HAND, library)


def test_flows_by_hand_in_every_library(hand):
    table = to_pandas(hand.table)
    assert table.to_dict("list") == {
        "from_segment": ["big", "medium", "medium", "small", "new"],
        "to_segment": ["big", "big", "gone", "small", "medium"],
        "customers": [1, 1, 1, 1, 1],
        "share": [1.0, 0.5, 0.5, 1.0, 1.0],
        "money_before": [150.0, 50.0, 60.0, 20.0, 0.0],
        "money_after": [150.0, 200.0, 0.0, 5.0, 30.0],
        "change": [0.0, 150.0, -60.0, -15.0, 30.0],
    }


def test_bridge_by_hand_in_every_library(hand):
    bridge = to_pandas(hand.bridge).set_index("part")
    # Ann: 1 x 150 to 2 x 75. One more order at the mean value of 112.5; an order value 75 lower at 1.5 orders.
    # Cat: 2 x 10 to 1 x 5. One order less at the mean value of 7.5; an order value 5 lower at 1.5 orders.
    expected = {
        "new": (1, 30.0),
        "gone": (1, -60.0),
        "upgraded_orders": (1, 0.0),
        "upgraded_order_value": (1, 150.0),
        "stayed_orders": (2, 112.5 - 7.5),
        "stayed_order_value": (2, -112.5 - 7.5),
        "downgraded_orders": (0, 0.0),
        "downgraded_order_value": (0, 0.0),
        "late_refunds": (0, 0.0),
    }
    assert {part: (row.customers, row.money) for part, row in bridge.iterrows()} == expected
    assert (hand.revenue_before, hand.revenue_after) == (280.0, 385.0)


def test_rates_by_hand():
    rates = two_months(HAND).rates.set_index("move")
    assert rates["customers"].to_dict() == {"upgraded": 1, "stayed": 2, "downgraded": 0, "new": 1, "gone": 1}
    assert rates["of"].to_dict() == {"upgraded": 3, "stayed": 3, "downgraded": 3, "new": 4, "gone": 4}
    assert rates.loc["gone", "rate"] == 0.25
    # Wilson's interval as statsmodels gives it.
    proportion = pytest.importorskip("statsmodels.stats.proportion", reason="statsmodels is not installed")
    for row in rates.itertuples():
        low, high = proportion.proportion_confint(row.customers, row.of, alpha=0.05, method="wilson")
        assert (row.rate_low, row.rate_high) == pytest.approx((low, high), abs=1e-12)


def test_level_widens_the_intervals():
    narrow, wide = two_months(HAND, level=0.8).rates, two_months(HAND, level=0.99).rates
    assert (wide["rate_low"] <= narrow["rate_low"]).all()
    assert (wide["rate_high"] > narrow["rate_high"]).all()


amounts = st.lists(st.integers(1, 20_000).map(lambda cents: cents / 100), min_size=1, max_size=4)
months = st.dictionaries(st.sampled_from("abcdefgh"), amounts, min_size=1, max_size=8)


@settings(max_examples=20)
@given(months, months)
def test_the_bridge_adds_up_exactly_and_matches_the_slow_version(first, second):
    moved = two_months(orders_of([first, second]))
    found = dict(zip(moved.bridge["part"], (moved.bridge["money"] * 1e6).round(), strict=True))
    change = _revenue(second) - _revenue(first)
    assert sum(found.values()) == change
    assert round(moved.table["change"].sum() * 1e6) == change
    for part, money in _slow_bridge(first, second).items():
        assert abs(found[part] - money) <= len(first)  # each customer's part is rounded to a millionth


def _micro(amount):
    return Fraction(round(amount * 100), 100) * 1_000_000


def _revenue(month):
    return sum(_micro(amount) for amounts in month.values() for amount in amounts)


def _rank(money):
    return 1 + (money <= 100) + (money <= 20)


def _slow_bridge(first, second):
    parts = defaultdict(Fraction)
    for customer in {*first, *second}:
        old, new = ([_micro(amount) for amount in month.get(customer, [])] for month in (first, second))
        if not old or not new:
            parts["gone" if old else "new"] += sum(new) - sum(old)
            continue
        ranks = [_rank(sum(side) / 1_000_000) for side in (old, new)]
        move = "upgraded" if ranks[1] < ranks[0] else "downgraded" if ranks[1] > ranks[0] else "stayed"
        values = [Fraction(sum(side)) / len(side) for side in (old, new)]
        by_orders = (len(new) - len(old)) * (values[0] + values[1]) / 2
        parts[f"{move}_orders"] += by_orders
        parts[f"{move}_order_value"] += sum(new) - sum(old) - by_orders
    return parts


@settings(max_examples=8)
@given(months, months)
def test_going_back_turns_every_change_round(first, second):
    there, back = two_months(orders_of([first, second])), two_months(orders_of([second, first]))
    one = there.bridge.set_index("part")["money"]
    other = back.bridge.set_index("part")["money"]
    pairs = {"new": "gone", "gone": "new"}
    pairs |= {f"{a}_{e}": f"{b}_{e}" for a, b in _TURNED for e in ("orders", "order_value")}
    for part, opposite in pairs.items():
        assert one[part] == pytest.approx(-other[opposite], abs=1e-4)


_TURNED = (("upgraded", "downgraded"), ("downgraded", "upgraded"), ("stayed", "stayed"))


@pytest.mark.call("rfm.migration")
def test_every_library_gives_the_same_movements(library):
    options = {"period": "6mo", "scale": 5}
    before = rfm.score(library(shop()), as_of="2024-09-30", **options)
    moved = rfm.migration(before, before.apply(library(shop()), as_of="2025-03-31"))
    plain = rfm.score(shop(), as_of="2024-09-30", **options)
    expected = rfm.migration(plain, plain.apply(shop(), as_of="2025-03-31"))
    for name, table in moved.tables.items():
        pd.testing.assert_frame_equal(to_pandas(table), to_pandas(expected.tables[name]), rtol=0, atol=1e-9)
    assert moved.revenue_after - moved.revenue_before == pytest.approx(to_pandas(moved.bridge)["money"].sum())


def test_without_a_period_a_note_says_that_nobody_can_be_gone():
    before = rfm.score(HAND, as_of="2024-01-31", scale=FIXED, scheme=SCHEME)
    moved = rfm.migration(before, rfm.score(HAND, scale=rfm.Scale(recency=3, frequency=3, monetary=3), scheme=SCHEME))
    assert [note.code for note in moved.notes[:2]] == ["cumulative_money", "scales_differ"]
    assert moved.rates.set_index("move").loc["gone", "customers"] == 0


@pytest.mark.parametrize("locale", ["en", "zh"])
def test_without_a_period_nothing_is_said_of_revenue(locale):
    before = rfm.score(HAND, as_of="2024-01-31", scale=FIXED, scheme=SCHEME)
    moved = rfm.migration(before, before.apply(HAND))
    text = moved.summary(locale=locale)
    opening = {
        "en": "Up to 2024-01-31 against up to 2024-02-15: not both",
        "zh": "截至2024-01-31与截至2024-02-15相比：并非两期都",
    }
    assert text.startswith(opening[locale])
    assert "+" not in text
    assert moved.headline.endswith("change in cumulative money +385.00")


def periods(first, second, **options):
    """Migration between two (as_of, period)."""
    results = [
        rfm.score(HAND, as_of=as_of, period=period, scale=FIXED, scheme=SCHEME, **options)
        for as_of, period in (first, second)
    ]
    return rfm.migration(*results)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (("2024-01-31", "1mo"), ("2024-02-29", "1mo"), {}),
        (
            ("2024-01-31", "30d"),
            ("2024-02-29", "30d"),
            {"periods_overlap": 1},
        ),
        (
            ("2024-01-20", "2w"),
            ("2024-02-20", "2w"),
            {"gap_between_periods": 17},
        ),
        (
            ("2024-01-31", "15d"),
            ("2024-02-29", "29d"),
            {"periods_differ": None},
        ),
        (("2024-01-20", "7d"), ("2024-01-27", "1w"), {}),  # a week in two spellings
        (
            ("2024-02-29", "1mo"),
            ("2024-01-31", "1mo"),
            {"reversed_time": None},
        ),
    ],
)
def test_notes_tell_of_other_lengths_and_of_overlaps_and_gaps(first, second, expected):
    notes = [note for note in periods(first, second).notes if not note.startswith(("before: ", "after: "))]
    assert note_counts(notes) == expected


def test_other_returns_are_refused():
    results = [
        rfm.score(HAND, as_of="2024-01-31", period="1mo", scale=FIXED, scheme=SCHEME, returns=returns)
        for returns in ("net", "drop")
    ]
    with pytest.raises(ValueError, match="the same `returns`, got 'net' and 'drop'"):
        rfm.migration(*results)


def test_notes_of_both_results_are_carried():
    guest = pd.concat([HAND, HAND.head(1).assign(customer_id=None)])
    before = rfm.score(guest, as_of="2024-01-31", period="1mo", scale=FIXED, scheme=SCHEME)
    after = before.apply(guest, as_of="2024-02-29")
    notes = rfm.migration(before, after).notes
    assert notes == (*(f"before: {note}" for note in before.notes), *(f"after: {note}" for note in after.notes))
    assert [(note.code, note.count) for note in notes].count(("guests_left_out", 1)) >= 1


def test_nobody_retained_has_no_rate():
    moved = two_months(orders_of([{"ann": [1.0]}, {"bob": [2.0]}]))
    assert moved.rates.set_index("move").loc["upgraded", ["rate", "rate_low", "rate_high"]].isna().all()


@pytest.mark.parametrize("locale", ["en", "zh"])
def test_summary_has_the_numbers(locale):
    text = two_months(HAND).summary(locale=locale)
    assert "+105" in text
    assert ("1 moved up" if locale == "en" else "升级1位") in text
    opening = {
        "en": "1 month to 2024-01-31 against 1 month to 2024-02-29: revenue from known customers changed by +105,",
        "zh": "截至2024-01-31的1个月与截至2024-02-29的1个月相比，已知客户的收入变化+105，",
    }
    assert text.startswith(opening[locale])
    assert ("1 had no order before (new or returning)" if locale == "en" else "新增或回流1位，未再下单1位") in text
    if locale == "zh":
        assert "增收最多的是升级客户客单价提高（+150）。减收最多的是持平客户客单价下降（-120）。" in text


def test_the_result_shows_itself_and_pickles():
    moved = two_months(HAND)
    assert (
        repr(moved).splitlines()[0]
        == "Migration: 1 month to 2024-01-31 against 1 month to 2024-02-29, change in revenue +105.00"
    )
    assert len(repr(moved).splitlines()) <= 12
    pd.testing.assert_frame_equal(pickle.loads(pickle.dumps(moved)).bridge, moved.bridge)
    assert list(moved.tables) == ["flows", "bridge", "rates"]


def test_integer_and_float_ids_are_one_type():
    # A guest turns whole-number ids of pandas into floats in one of the two months.
    lines = HAND.assign(customer_id=[1, 2, 3, 3, 4, 1, 1, 2, 3, 5])
    guest = pd.concat([lines, lines.tail(1).assign(customer_id=np.nan)])
    before = rfm.score(lines, as_of="2024-01-31", period="1mo", scale=FIXED, scheme=SCHEME)
    moved = rfm.migration(before, before.apply(guest, as_of="2024-02-29"))
    assert moved.table["customers"].tolist() == [1, 1, 1, 1, 1]


def test_ids_of_two_types_are_refused():
    lines = HAND.assign(customer_id=[1, 2, 3, 3, 4, 1, 1, 2, 3, 5])
    before = rfm.score(HAND, as_of="2024-01-31", scale=FIXED, scheme=SCHEME)
    with pytest.raises(TypeError, match="customer_id must have one type in both results, got String and Int64"):
        rfm.migration(before, rfm.score(lines, scale=FIXED, scheme=SCHEME))


def test_two_schemes_are_refused():
    before = rfm.score(HAND, scale=FIXED, scheme=SCHEME)
    with pytest.raises(ValueError, match="same scheme, got 'money' and 'value_groups'"):
        rfm.migration(before, rfm.score(HAND, scale=FIXED, scheme=rfm.VALUE_GROUPS))


def test_two_libraries_are_refused():
    polars = pytest.importorskip("polars", reason="polars is not installed")
    before = rfm.score(HAND, scale=FIXED, scheme=SCHEME)
    after = before.apply(polars.from_pandas(HAND).lazy())
    with pytest.raises(ValueError, match="of one library, got pandas and lazy polars"):
        rfm.migration(before, after)


def test_another_object_is_refused():
    with pytest.raises(TypeError, match=r"`before` must be the result of rfm.score, got DataFrame"):
        rfm.migration(HAND, HAND)


def test_more_money_than_64_bits_is_refused(library):
    lines = orders_of([{f"c{i}": [8e12] for i in range(3)}, {"c0": [1.0]}])
    with pytest.raises(ValueError, match=r"above 9.2e12"):
        two_months(lines, library)


def test_an_effect_of_more_money_than_64_bits_is_refused(library):
    """Five hundred times the money of one huge order: a thousand orders of that average value."""
    with pytest.raises(ValueError, match=r"above 9.2e12"):
        two_months(orders_of([{"ann": [2e12]}, {"ann": [1.0] * 1_000}]), library)


def test_much_money_is_counted_in_every_library(library):
    """More micro-units than a float holds exactly, which Arrow does not turn into one."""
    table = to_pandas(two_months(orders_of([{"ann": [2e10]}, {"ann": [1e10, 2e10]}]), library).table)
    assert table["change"].tolist() == [1e10]
