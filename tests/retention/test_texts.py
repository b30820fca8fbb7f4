"""The wording of notes, headlines and summaries stands in ``texts/``; other tests look at codes and numbers."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ecommine import retention
from golden import check_texts
from retention.good_arguments import order_lines
from retention.simulated import alike_cohorts, cycles, date_of, leaving, lines, valued

TEXTS = Path(__file__).parent / "texts"


def untidy():
    """Lines that have everything to leave out."""
    orders = order_lines()
    odd = orders.iloc[:6].assign(
        customer_id=[None, "z1", "z1", "z2", "c001", "c001"],
        order_id=[9001, 9002, 9002, 9003, 9004, 9005],
        amount=[5.0, 4.0, -4.0, -3.0, 7.0, 8.0],
        product_id=[None, "p1", "p1", "p2", None, "p1"],
    )
    return pd.concat([orders, odd], ignore_index=True)


def results():
    """Results that have every note, and every sentence of a summary."""
    orders = untidy()
    alike, last = alike_cohorts(1, n=600)
    odd, _ = alike_cohorts(0, n=1_200, odd=4, size=2.0)
    grouped = odd.assign(channel=np.where(odd["customer_id"] % 2, "web", "app"))
    grouped = grouped[(grouped["channel"] == "web") | ~grouped["customer_id"].duplicated()]
    new, day, _ = valued(0, n=300)
    shop, end, _ = leaving(0, n=800)
    pairs, cycle_end = cycles(0, n=300, window=300)
    customers = pd.DataFrame({"customer_id": [1, 2], "registered_at": np.datetime64("2020-01-01", "us")})
    reseller = lines([*range(50), *[0] * 50], [0] * 50 + [*range(1, 51)], amount=[5.0] * 50 + [50.0] * 50)
    start = {"first_orders_from": "2023-01-01"}
    return {
        "curve": retention.curve(alike, as_of=date_of(last), **start),
        "curve of groups": retention.curve(grouped, by="channel", as_of=date_of(last), **start),
        "curve, untidy": retention.curve(orders, as_of="2024-01-15"),
        "curve, nobody new": retention.curve(lines([0, 0, 1], [0, 8, 0])),
        "curve, registered": retention.curve(alike, customers=customers, as_of=date_of(last)),
        "curve, long after": retention.curve(lines([0], [0]), as_of="2025-01-01", **start),
        "cohorts alike": retention.cohorts(alike, as_of=date_of(last), **start),
        "cohorts that differ": retention.cohorts(odd, as_of=date_of(last), **start),
        "cohorts, open": retention.cohorts(alike, every="1q", as_of=date_of(last - 40), **start),
        "cohorts, nothing": retention.cohorts(lines([], [])),
        "value": retention.value(new, horizon="90d", as_of=date_of(day), **start),
        "value, too short": retention.value(alike, horizon="365d", as_of=date_of(last), **start),
        "value, refunds first": retention.value(lines([0, 0], [0, 3], amount=[-5.0, 5.0]), horizon="2d"),
        "value, reseller": retention.value(reseller, horizon="30d", as_of="2023-04-01", **start),
        "warnings": retention.churn_warnings(shop, as_of=date_of(end)),
        "warnings, off": retention.churn_warnings(shop[shop["ordered_at"] < date_of(end - 25)], as_of=date_of(end)),
        "warnings, short history": retention.churn_warnings(lines([0] * 7, range(7))),
        "warnings, nobody": retention.churn_warnings(lines([0], [0])),
        "reminders": retention.replenishment(pairs, as_of=date_of(cycle_end)),
        "reminders, untidy": retention.replenishment(orders),
        "reminders, short history": retention.replenishment(lines([0, 0], [0, 9], product_id="tea")),
        "reminders, nothing": retention.replenishment(lines([], [], product_id=[])),
    }


@pytest.fixture(scope="module")
def made():
    return results()


@pytest.mark.parametrize("locale", ["en", "zh"])
def test_the_wording(locale, made):
    texts = {}
    for name, result in made.items():
        notes = "\n".join(f"- {note}" for note in result.notes) if locale == "en" else ""
        headline = result.headline if locale == "en" else ""
        texts[name] = "\n\n".join(filter(None, [headline, notes, result.summary(locale=locale)]))
    check_texts(TEXTS / f"{locale}.md", texts)


def test_every_code_of_the_page_is_given_somewhere(made):
    table = (retention.__doc__ or "").split("===\n")[2]
    codes = {line.split()[0] for line in table.splitlines() if not line.startswith("=")}
    assert codes == {note.code for result in made.values() for note in result.notes}
