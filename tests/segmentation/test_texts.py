"""The wording of notes, headlines and summaries stands in ``texts/``; other tests look at codes and numbers."""

import re
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ecommine import segmentation
from golden import check_texts
from segmentation.good_arguments import feature_table
from segmentation.simulate import ONE_TYPE, THREE_TYPES
from segmentation.simulate import feature_table as simulated
from segmentation.slow import as_of, orders

TEXTS = Path(__file__).parent / "texts"


class Features:
    """The warning of features, told as a result."""

    headline = "features"

    def __init__(self, *args, **options):
        with warnings.catch_warnings(record=True, action="always") as caught:
            segmentation.features(*args, **options)
        self.notes = caught[0].message.notes

    def summary(self, *, locale):
        return f"({locale})"


def results():
    """Results that have every note, and every sentence of a summary."""
    lines = orders(("ann", 0, 60.0), ("ann", 95, 60.0), ("bob", 10, 0.0), ("cy", 200, 5.0), (None, 3, 2.0),
                   ("dan", 5, -1.0), ("eve", 300, 1.0))  # fmt: skip
    days = pd.to_datetime(["2024-01-01", "2024-12-01", None])
    known = pd.DataFrame({"customer_id": ["ann", "zoe", "bob"], "registered_at": days.astype("datetime64[us]")})
    old = pd.DataFrame({"customer_id": ["ann"], "registered_at": pd.to_datetime(["2020-01-01"])})
    tiny = feature_table()
    missing = tiny.assign(average_order_value=[np.nan, np.nan, -1.0, *tiny["average_order_value"][3:]])
    three, _ = simulated(THREE_TYPES, 0)
    one, _ = simulated(ONE_TYPE, 0)
    people = tiny.assign(segment=np.where(tiny["customer_id"] < 20, "segment_1", "segment_2"))
    people["city"] = ["Rome"] * 22 + ["Oslo"] * 18
    partly = people.drop(columns="monetary").assign(segment=[None, *people["segment"][1:]], since=pd.Timestamp("2024"))
    partly["income"] = [np.nan, *range(39)]
    n = np.arange(300)
    noise = pd.DataFrame({"customer_id": n[:80], "orders": 1 + n[:80] % 5, "orders_per_month": n[:80] * 7 % 13 + 1.0,
                          "average_order_value": n[:80] * 11 % 17 + 1.0})  # fmt: skip
    alike = pd.DataFrame({"customer_id": n, "x": 1.0})
    return {
        "features": Features(lines, customers=known, as_of=as_of(250), period="249d"),
        "features long after the data": Features(lines, as_of="2027-01-01"),
        "lifecycle": segmentation.lifecycle(lines, customers=known, as_of=as_of(250)),
        "lifecycle of old customers": segmentation.lifecycle(lines, customers=old, as_of=as_of(250)),
        "nobody": segmentation.lifecycle(lines.iloc[4:5]),
        "transitions": segmentation.transitions(lines, as_of=as_of(330)),
        "transitions of a week": segmentation.transitions(lines.head(1)),
        "tiers": segmentation.tiers(lines, thresholds={"basic": 0, "gold": 100}),
        "three types": segmentation.fit(three, n_segments=3),
        "one type": segmentation.fit(one, n_segments=2),
        "few customers": segmentation.fit(missing, n_segments=2),
        "customers who are all alike": segmentation.fit(tiny, columns=["orders"], n_segments=3),
        "a number by chance": segmentation.fit(noise),
        "profile": segmentation.profile(people),
        "profile of what is partly known": segmentation.profile(partly),
        "lookalike": segmentation.lookalike(pd.DataFrame({"customer_id": n, "x": n % 100}), [*n[n % 100 < 15], 999]),
        "lookalike with gaps": segmentation.lookalike(
            pd.DataFrame({"customer_id": n, "x": np.where(n % 9, n * 7 % 13, np.nan), "city": "Rome"}), n[:30]
        ),
        "lookalike of customers who are all alike": segmentation.lookalike(alike, n[:30], sizes=(1e-4, 2e-4, 3e-4)),
        "lookalike of noise": segmentation.lookalike(pd.DataFrame({"customer_id": n, "x": n * 7 % 13}), n[:30]),
    }


@pytest.fixture(scope="module")
def every():
    return results()


@pytest.mark.parametrize("locale", ["en", "zh"])
def test_the_wording_is_the_golden_one(every, locale):
    texts = {}
    for name, result in every.items():
        notes = [f"- `{note.code}`: {note}" for note in result.notes] if locale == "en" else []
        headline = [result.headline, ""] if locale == "en" else []
        texts[name] = "\n".join([*headline, result.summary(locale=locale), "", *notes])
    check_texts(TEXTS / f"{locale}.md", texts)


def test_every_documented_code_has_a_scenario(every):
    documented = set(re.findall(r"^([a-z]+(?:_[a-z]+)+) ", segmentation.__doc__, flags=re.MULTILINE))
    assert {note.code for result in every.values() for note in result.notes} == documented
