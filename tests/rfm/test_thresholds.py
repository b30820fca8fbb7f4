"""Where notes and refusals begin: each at its last number, and one after it."""

import warnings

import pandas as pd
import pytest

from ecommine import rfm
from notes import warning_counts


def test_a_moment_long_after_the_last_line_has_a_note_after_a_year():
    orders = pd.DataFrame(
        {"order_id": [1], "customer_id": [1], "ordered_at": pd.to_datetime(["2023-01-01"]), "amount": 9.0}
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        rfm.table(orders, as_of="2024-01-01")
    _, counts = warning_counts(rfm.table, orders, as_of="2024-01-02")
    assert counts == {"as_of_long_after_data": 366}


def test_a_scale_has_at_most_99_scores():
    rfm.Scale(recency=99, frequency=99, monetary=99)
    for one in (1, 100):
        with pytest.raises(ValueError, match="between 2 and 99"):
            rfm.Scale(recency=one)


def orders_of(levels):
    """Make one order for each customer, whose days since it take so many values."""
    days = pd.Timestamp("2024-05-01") - pd.to_timedelta([i % levels * 40 for i in range(12)], unit="D")
    return pd.DataFrame({"order_id": range(12), "customer_id": range(12), "ordered_at": days, "amount": 9.0})


@pytest.mark.parametrize(("used", "is_coarse"), [(2, True), (3, False)])
def test_a_measure_is_coarse_below_three_levels_in_use(used, is_coarse):
    scale = rfm.Scale(recency=(30, 70, 110), frequency=(1, 2, 3), monetary=(1, 2, 3))
    rule = rfm.Rule(segment="best", recency=(4, 4), frequency=(1, 4), monetary=(1, 4))
    result = rfm.score(orders_of(used), as_of="2024-05-01", scale=scale, scheme=rfm.Scheme(name="a", rules=(rule,)))
    assert ("Recency" in result.summary()) is is_coarse


@pytest.mark.parametrize(("amount", "is_refused"), [(9e12, False), (9.0000001e12, True)])
def test_money_of_a_customer_ends_at_its_limit(amount, is_refused):
    orders = orders_of(1).iloc[:1].assign(amount=amount)
    if is_refused:
        with pytest.raises(ValueError, match="1 line"):
            rfm.table(orders)
    else:
        assert rfm.table(orders)["monetary"].tolist() == [9e12]


@pytest.mark.parametrize("total", [0, 1])
def test_a_rate_of_nobody_is_null(total):
    orders = orders_of(1).iloc[:1]
    scale = rfm.Scale(recency=(9,), frequency=(1,), monetary=(1,))
    scheme = rfm.Scheme(name="a", rules=(rfm.Rule(segment="best", monetary=(2, 2)),))
    before = rfm.score(
        orders if total else orders.iloc[:0], as_of="2024-05-01", period="1mo", scale=scale, scheme=scheme
    )
    rates = rfm.migration(before, before.apply(orders, as_of="2024-05-10")).rates.set_index("move")
    assert rates.loc["stayed", ["rate", "rate_low", "rate_high"]].isna().all() == (total == 0)
