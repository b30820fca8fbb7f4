"""Money of two currencies is not added up: neither within one table nor between two periods."""

import numpy as np
import pandas as pd
import pytest

from ecommine import SchemaError, rfm

FIXED = rfm.Scale(recency=(5, 10), frequency=(1, 2), monetary=(20, 100))


def lines(*currencies):
    """One order of 10 on each of the first days of 2024, in these currencies."""
    count = len(currencies)
    return pd.DataFrame(
        {
            "order_id": np.arange(count),
            "customer_id": np.array(list("abcdefgh"[:count]), dtype=object),
            "ordered_at": np.datetime64("2024-01-01", "us") + np.arange(count).astype("timedelta64[D]"),
            "amount": np.full(count, 10.0),
            "currency": np.array(currencies, dtype=object),
        }
    )


def scored(table, **options):
    return rfm.score(table, scale=FIXED, scheme=rfm.VALUE_GROUPS, **options)


@pytest.mark.parametrize("call", [rfm.table, scored])
def test_two_currencies_are_refused_in_every_library(library, call):
    with pytest.raises(SchemaError, match=r"`currency` holds 2 currencies \(EUR, USD\), whose money cannot be summed"):
        call(library(lines("EUR", "USD", None)))


def test_one_currency_with_gaps_is_taken(library):
    assert scored(library(lines("EUR", None, "EUR"))).headline.endswith("3 customers, scheme value_groups")


def test_none_known_is_taken():
    assert scored(lines("EUR", "EUR").assign(currency=None)).as_of


def test_lines_outside_the_period_may_be_of_another():
    changed = lines("EUR", "EUR", "USD", "USD")
    assert len(scored(changed, as_of="2024-01-02").table) == 2
    assert len(scored(changed, as_of="2024-01-04", period="2d").table) == 2
    with pytest.raises(SchemaError, match="EUR, USD"):
        scored(changed, as_of="2024-01-04", period="3d")


def test_many_are_counted_not_named():
    with pytest.raises(SchemaError, match="`currency` holds 6 currencies, whose money"):
        rfm.table(lines("EUR", "USD", "GBP", "CHF", "SEK", "NOK"))


def test_two_periods_of_two_currencies_are_refused(library):
    changed = library(lines("EUR", "EUR", "USD", "USD"))
    before = scored(changed, as_of="2024-01-02", period="2d")
    with pytest.raises(ValueError, match="both results must be in one currency, got 'EUR' and 'USD'"):
        rfm.migration(before, before.apply(changed, as_of="2024-01-04"))


def test_a_period_of_unknown_currency_is_compared():
    partly = lines("EUR", "EUR", None, None)
    before = scored(partly, as_of="2024-01-02", period="2d")
    assert rfm.migration(before, before.apply(partly, as_of="2024-01-04")).revenue_after == 20.0
