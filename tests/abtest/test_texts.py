"""The wording of notes, headlines and summaries stands in ``texts/``; other tests look at codes and numbers."""

import re
import warnings
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ecommine import DataWarning, abtest
from golden import check_texts

TEXTS = Path(__file__).parent / "texts"
HALVES = {"control": 0.5, "coupon": 0.5}
CONVERTED = abtest.Proportion("converted")
RETURNED = abtest.Proportion("returned", better="lower")


def units_of(n=4_000, lift=0.05, rng=0, harm=0.0, **columns):
    """Units of two arms in turn, with buyers, revenue, returns, history, a device and a day."""
    rng = np.random.default_rng(rng)
    is_new = np.arange(n) % 2 == 1
    bought = rng.random(n) < 0.2 + lift * is_new
    before = rng.exponential(20, n)
    table = {
        "customer_id": np.arange(n),
        "variant": np.where(is_new, "coupon", "control").astype(object),
        "converted": bought,
        "revenue": np.where(bought, before + rng.exponential(30, n), 0.0),
        "revenue_before": before,
        "returned": rng.random(n) < 0.1 + harm * is_new,
        "device": rng.choice(np.array(["mobile", "desktop"], dtype=object), n),
        "assigned_at": np.datetime64("2024-03-01", "us")
        + (np.arange(n) // 2 % 5) * np.timedelta64(86_400_000_000, "us"),
    }
    return pd.DataFrame(table | columns)


def experiment(*metrics, **options):
    metrics = metrics or (CONVERTED,)
    return abtest.Experiment("coupon", **{"arms": HALVES, "control": "control", "metrics": metrics} | options)


def guard(margin):
    return abtest.Guardrail(RETURNED, margin=margin)


@cache
def results():
    """Readouts that have every note, and every sentence of a summary."""
    both = (CONVERTED, abtest.Mean("revenue", "revenue_before"))
    plain = units_of()
    lost = plain[(plain["variant"] == "control") | (plain["assigned_at"] != pd.Timestamp("2024-03-02"))]
    hardly = plain[(plain["variant"] == "control") | (plain["customer_id"] >= 350)]
    ramp = plain[(plain["variant"] == "control") | (plain["assigned_at"] >= pd.Timestamp("2024-03-03"))]
    uneven = plain.assign(revenue_before=plain["revenue_before"] + 5.0 * (plain["variant"] == "coupon"))
    twice = pd.concat([plain, plain.iloc[:2].assign(variant=["coupon", "control"])])
    heavy = units_of(lift=0.0, revenue=np.random.default_rng(1).lognormal(0, 2.5, 4_000))
    heavy["variant"] = np.where(np.arange(4_000) // 10 % 10 == 0, "coupon", "control")
    loss = plain.assign(revenue=plain["revenue"] - 15.0)
    village = plain.assign(city=np.where(plain["customer_id"] < 3, "village", "town"))
    village.loc[village["city"] == "village", "variant"] = "coupon"
    mobile = plain.assign(
        converted=plain["converted"] & ((plain["variant"] == "control") | (plain["device"] == "mobile"))
    )
    return {
        "it worked": experiment(*both, guard(0.05), primary="converted").analyse(plain),
        "a guardrail is open": experiment(CONVERTED, guard(0.01)).analyse(units_of(rng=2)),
        "a guardrail has failed": experiment(CONVERTED, guard(0.01)).analyse(units_of(harm=0.1)),
        "it did harm": experiment().analyse(units_of(lift=-0.05)),
        "nothing to see": experiment(*both, primary="revenue").analyse(units_of(lift=0.0)),
        "a mismatch on one day": experiment().analyse(lost, by="device"),
        "a mismatch that is shown all the same": experiment().analyse(lost, override="the mail server failed that day"),
        "hardly the design": experiment().analyse(hardly),
        "a ramp-up": experiment(arms=["control", "coupon"]).analyse(ramp),
        "different before": experiment(*both, primary="converted").analyse(uneven),
        "different before, and shown": experiment(*both, primary="revenue").analyse(uneven, override="known"),
        "pending and in two arms": experiment().analyse(twice.assign(pending=twice["customer_id"] > 3_989)),
        "a skewed metric": experiment(abtest.Mean("revenue", cap=500), arms={"control": 0.9, "coupon": 0.1}).analyse(
            heavy
        ),
        "a capped metric": experiment(abtest.Mean("revenue", cap=60)).analyse(plain),
        "before its time": experiment(planned=9_000).analyse(plain),
        "looked at every day": experiment(looks="sequential", planned=4_000).analyse(plain),
        "not started": experiment(looks="sequential", planned=4_000).analyse(plain.iloc[:300]),
        "nothing varies": experiment(abtest.Mean("revenue")).analyse(plain.assign(revenue=0.0)),
        "nobody bought": experiment().analyse(plain.assign(converted=False)),
        "an arm of one unit": experiment(arms=["control", "coupon"]).analyse(plain.iloc[[0, 1, 2, 4, 6]]),
        "small groups": experiment().analyse(
            plain.assign(city=np.where(plain["customer_id"] < 2, "a", "b")), by="city"
        ),
        "capped to nothing": experiment(abtest.Mean("revenue", cap_quantile=0.6)).analyse(plain),
        "a skewed share": experiment(arms={"control": 0.99, "coupon": 0.01}).analyse(
            plain.assign(
                converted=plain["customer_id"] % 150 == 0,
                variant=np.where(plain["customer_id"] % 100, "control", "coupon"),
            )
        ),
        "a loss": experiment(abtest.Mean("revenue")).analyse(loss),
        "a covariate without use": experiment(abtest.Mean("returned", "revenue_before")).analyse(plain),
        "a stratum without both arms": experiment(arms=["control", "coupon"]).analyse(village, strata="city"),
        "another experiment": experiment().analyse(
            pd.concat([plain.assign(experiment="coupon"), plain.assign(experiment="price")])
        ),
        "an arm is empty": experiment(arms=["control", "coupon", "gift"]).analyse(plain),
        "groups that differ": experiment().analyse(mobile, by="device"),
    }


@cache
def warned():
    """The one warning of units, with all of its notes."""
    days = pd.to_datetime(["2024-03-01", "2024-03-03", "2024-03-01", "2024-03-02", "2024-03-02", "2024-07-01"])
    assignments = pd.DataFrame({"customer_id": ["ann", "ann", "bob", "bob", None, "cy"], "assigned_at": days})
    assignments["variant"] = ["control", "control", "control", "coupon", "coupon", "coupon"]
    times = pd.to_datetime(["2024-03-04", "2024-03-05", "2024-08-01"])
    orders = pd.DataFrame(
        {"order_id": [1, 2, 3], "customer_id": "ann", "ordered_at": times, "amount": [9.0, -4.0, 1.0]}
    )
    with warnings.catch_warnings(record=True, action="always") as caught:
        abtest.units(assignments, orders, as_of="2024-06-01")
        abtest.units(assignments.iloc[:1], orders.assign(customer_id="zoe"))
    return [note for one in caught if isinstance(one.message, DataWarning) for note in one.message.notes]


@cache
def plans():
    fixed = experiment().plan(baseline=0.1, difference=0.01, traffic_per_day=2_000)
    revenue = experiment(abtest.Mean("revenue")).plan(difference=2, std=10)
    return {
        "plan": fixed,
        "plan without a baseline": revenue,
        "sequential plan": experiment(looks="sequential").plan(baseline=0.1, difference=0.01),
    }


@pytest.mark.parametrize("locale", ["en", "zh"])
def test_the_wording_is_the_golden_one(locale):
    texts = {name: plan.summary(locale=locale) for name, plan in plans().items()}
    for name, result in results().items():
        notes = [f"- `{note.code}`: {note}" for note in result.notes] if locale == "en" else []
        headline = [result.headline, ""] if locale == "en" else []
        texts[name] = "\n".join([*headline, result.summary(locale=locale), "", *notes])
    if locale == "en":
        texts["units"] = "\n".join(f"- `{note.code}`: {note}" for note in warned())
    check_texts(TEXTS / f"{locale}.md", texts)


def test_every_documented_code_has_a_scenario():
    documented = re.findall(r"^([a-z]+(?:_[a-z]+)*) +\S", abtest.__doc__.split("====\n")[2], flags=re.MULTILINE)
    notes = [*warned(), *(note for result in results().values() for note in result.notes)]
    assert {note.code for note in notes} == set(documented)
