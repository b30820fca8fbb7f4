"""Sentences and labels: the numbers, the time they are of, and nothing that the data do not say."""

import re
from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from ecommine import rfm
from ecommine._core.texts import percent
from ecommine.rfm._labels import period_in_words
from rfm.slow import shop

FIXED = rfm.Scale(recency=(30, 90), frequency=(1, 2), monetary=(20, 100))


def lines_of(*rows):
    """Order lines from (customer, day, amount)."""
    customers, days, amounts = zip(*rows, strict=True)
    return pd.DataFrame(
        {
            "order_id": np.arange(len(rows)),
            "customer_id": np.array(customers, dtype=object),
            "ordered_at": np.array(days, dtype="datetime64[us]"),
            "amount": np.array(amounts, dtype="float64"),
        }
    )


def test_summary_has_the_numbers():
    result = rfm.score(shop(), as_of="2025-05-14")
    best = result.segments.loc[result.segments["money"].idxmax()]
    text = result.summary()
    assert text.startswith(f"Up to 2025-05-14, {len(result.table):,} customers spent")
    assert f"{best['customers']:,} customers ({percent(best['share'])}) with {percent(best['share_of_money'])}" in text
    assert 2 <= text.count(". ") + 1 <= 8
    chinese = result.summary(locale="zh")
    assert chinese.startswith("截至2025-05-14，")
    assert f"{best['customers']:,}位客户" in chinese


def test_summary_names_the_period():
    result = rfm.score(shop(), as_of="2025-05-14", period="6mo")
    assert result.summary().startswith("In the 6 months to 2025-05-14, ")
    assert result.summary(locale="zh").startswith("截至2025-05-14的6个月内，")


@pytest.mark.parametrize(
    ("period", "english", "chinese"),
    [
        ("1y", "1 year to 2024-06-30", "截至2024-06-30的1年"),
        ("90d", "90 days to 2024-06-30", "截至2024-06-30的90天"),
        (timedelta(days=7), "7 days to 2024-06-30", "截至2024-06-30的7天"),
        (timedelta(hours=5), "5 hours to 2024-06-30", "截至2024-06-30的5小时"),
    ],
)
def test_periods_of_every_spelling(period, english, chinese):
    assert period_in_words(period, datetime(2024, 6, 30), "en") == english
    assert period_in_words(period, datetime(2024, 6, 30), "zh") == chinese


def test_money_to_win_back_is_of_segments_marked_so():
    """The rest came longest ago and has much money, yet only marked segments are to be won back."""
    lines = lines_of(("ann", "2024-12-30", 900), ("bob", "2024-11-01", 50), ("cy", "2024-01-01", 500))
    rules = {"best": {"recency": "high"}, "slow": {"recency": "middle"}}

    def summary(win_back):
        segments = {code: rfm.Segment(code, win_back=win_back and code == "slow") for code in rules}
        scheme = rfm.Scheme(
            name="custom", rules=tuple(rfm.Rule(segment=segments[code], **parts) for code, parts in rules.items())
        )
        return rfm.score(lines, as_of="2024-12-31", scale=FIXED, scheme=scheme).summary()

    assert "Slow" not in summary(win_back=False)
    assert re.search(r"Slow: 1 customer who spent 50 .*\(3\.45%\).* 60 days", summary(win_back=True))


def test_standard_marks_who_is_slipping_away():
    marked = [segment.code for segment in rfm.STANDARD.segments if segment.win_back]
    assert marked == ["at_risk", "cannot_lose", "lost"]
    eight = rfm.EightClasses(high_value=10)
    assert all(segment.win_back == segment.code.startswith("inactive") for segment in eight.segments)


def test_segments_without_an_action_have_no_advice():
    scheme = rfm.Scheme(
        name="custom",
        rules=(rfm.Rule(segment="regulars", recency="high"),),
        rest=rfm.Segment("sleepers", action="Call"),
    )
    text = rfm.score(shop(), scheme=scheme).summary()
    assert text.count("Call") == ("Sleepers" in text)
    assert ": ." not in text
    assert ".." not in text


def test_one_customer_is_no_plural_and_money_below_zero_has_no_share():
    one = rfm.score(lines_of(("ann", "2024-12-30", 1)), as_of="2024-12-31", scale=FIXED, scheme=rfm.VALUE_GROUPS)
    assert "1 customer spent 1 in 1 order." in one.summary()
    lines = lines_of(("ann", "2024-12-29", 1), ("ann", "2024-12-30", -9))
    negative = rfm.score(lines, as_of="2024-12-31", scale=FIXED, scheme=rfm.VALUE_GROUPS)
    assert re.search(r"Other customers: 1 customer \(100%\)\. ", negative.summary())
    assert "（占100%）。" in negative.summary(locale="zh")
    assert negative.segments["share_of_money"].isna().all()


def test_measures_that_hardly_differ_come_first():
    once = shop().dropna().drop_duplicates("customer_id").assign(quantity=1, amount=lambda t: t["unit_price"])
    result = rfm.score(once)
    assert re.match(r"Frequency .*1 of 5 levels.*\. Up to ", result.summary())
    assert result.summary(locale="zh").startswith("订单数（F）")
    assert rfm.score(once, scheme=rfm.EightClasses(high_value=10)).summary().startswith("Up to ")  # reads no scores
    two = rfm.Scale(recency=(30,), frequency=(1,), monetary=(20,))
    scheme = rfm.Scheme(name="custom", rules=(rfm.Rule(segment="best", recency=(2, 2)),))
    assert rfm.score(shop(), scale=two, scheme=scheme).summary().startswith("Up to ")  # two levels were asked for


def test_headings_have_units():
    result = rfm.score(shop())
    assert "Recency (days)" in result.labelled().columns
    assert "Median recency (days)" in result.labelled(part="segments").columns


def test_rows_of_pandas_are_numbered_from_zero():
    result = rfm.score(shop().iloc[::-1])
    assert result.table.index.tolist() == result.labelled().index.tolist() == list(range(len(result.table)))
