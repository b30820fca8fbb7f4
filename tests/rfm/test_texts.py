"""The wording of notes, headlines and summaries stands in ``texts/``; other tests look at codes and numbers."""

import re
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ecommine import rfm
from golden import check_texts
from rfm.slow import shop

TEXTS = Path(__file__).parent / "texts"
RULES = (
    rfm.Rule(segment="best", recency=(2, 4), value=(1, 3)),
    rfm.Rule(segment="never", recency=(3, 4), value=(2, 3)),
)
TWO_RULES = rfm.Scheme(name="two rules", rules=RULES)
FIXED = rfm.Scale(recency=(30, 90), frequency=(1, 2), monetary=(20, 100))


def orders(*rows):
    """Order lines from (customer, day, amount)."""
    customers, days, amounts = zip(*rows, strict=True)
    frame = {"order_id": np.arange(len(rows)), "customer_id": np.array(customers, dtype=object)}
    times = np.array(days, dtype="datetime64[us]")
    return pd.DataFrame({**frame, "ordered_at": times, "amount": np.array(amounts, dtype="float64")})


@cache
def results():
    """Results that have every note, and every sentence of a summary."""
    mixed = orders(
        (None, "2024-03-01", 9.0), ("ann", "2024-01-05", 80.0), ("ann", "2024-03-02", 20.0), ("bob", "2024-03-03", 5.0),
        ("bob", "2024-03-30", 5.0), ("cy", "2024-03-05", -4.0), ("dan", "2024-03-06", 7.0), ("eve", "2024-03-07", 1.0),
    )  # fmt: skip
    start = rfm.score(mixed, as_of="2024-03-10", scale=rfm.Scale(recency=4, frequency=4, monetary=4), scheme=TWO_RULES)
    late = orders(("ann", "2024-01-10", 100.0), ("bob", "2024-01-11", 50.0), ("ann", "2024-02-05", -120.0),
                  ("bob", "2024-02-10", 60.0))  # fmt: skip
    january = rfm.score(late, as_of="2024-01-31", period="1mo", scale=FIXED, scheme=rfm.VALUE_GROUPS)
    year = rfm.score(shop(), as_of="2025-03-31", period="6mo")
    return {
        "left out": start,
        "long after the data": rfm.score(mixed, as_of="2025-04-01", scale=FIXED, scheme=rfm.VALUE_GROUPS),
        "one period": rfm.score(mixed, as_of="2024-03-10", period="1mo", scale=FIXED, scheme=rfm.VALUE_GROUPS),
        "standard": rfm.score(shop(), as_of="2025-05-14"),
        "nobody": rfm.score(mixed.iloc[:0], as_of="2024-01-01", scale=FIXED, scheme=rfm.VALUE_GROUPS),
        "money below zero": rfm.score(mixed.iloc[5:6].assign(amount=-9.0), returns="keep", scale=FIXED,
                                      scheme=rfm.VALUE_GROUPS),
        "migration": rfm.migration(rfm.score(shop(), as_of="2024-09-30", period="6mo", scale=year.scale), year),
        "migration of money so far": rfm.migration(rfm.score(shop(), as_of="2024-09-30"), rfm.score(shop())),
        "migration with late refunds": rfm.migration(january, january.apply(late, as_of="2024-02-29")),
        "migration with overlap": rfm.migration(year, year.apply(shop(), as_of="2025-02-28")),
        "migration with a gap": rfm.migration(
            rfm.score(shop(), as_of="2024-09-15", period="3mo", scale=year.scale), year
        ),
    }  # fmt: skip


@pytest.mark.parametrize("locale", ["en", "zh"])
def test_the_wording_is_the_golden_one(locale):
    texts = {}
    for name, result in results().items():
        notes = [f"- `{note.code}`: {note}" for note in result.notes] if locale == "en" else []
        headline = [result.headline, ""] if locale == "en" else []
        texts[name] = "\n".join([*headline, result.summary(locale=locale), "", *notes])
    check_texts(TEXTS / f"{locale}.md", texts)


def test_every_documented_code_has_a_scenario():
    documented = re.findall(r"^([a-z]+(?:_[a-z]+)+) ", rfm.__doc__, flags=re.MULTILINE)
    assert {note.code for result in results().values() for note in result.notes} == set(documented)
