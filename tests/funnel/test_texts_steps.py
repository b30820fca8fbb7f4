"""The wording of funnels and of their comparisons: headlines, summaries and notes of scenarios that need every one."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest

from ecommine import funnel
from funnel import slow
from golden import check_texts

TEXTS = Path(__file__).parent / "texts"
CLOSED = "2024-03-01"


def paths(*sequences, start="2024-01-01"):
    """Make events a minute apart: each visitor does the letters of a sequence."""
    rows = [
        (visitor, event, pd.Timestamp(start) + pd.Timedelta(minutes=minute))
        for visitor, events in enumerate(sequences)
        for minute, event in enumerate(events)
    ]
    return pd.DataFrame(rows, columns=["visitor_id", "event", "occurred_at"])


def totals(*counts):
    return funnel.from_counts({f"s{step}": count for step, count in enumerate(counts)})


def with_devices():
    frame = paths(*["ab"] * 9, *["a"] * 9, "ab")
    return frame.assign(device=frame["visitor_id"].map(lambda one: "app" if one < 9 else None if one < 18 else "tv"))


def two_months():
    later = paths(*["ab"] * 9, start="2024-02-01")
    return pd.concat([paths(*["a"] * 9), later.assign(visitor_id=later["visitor_id"] + 9)])


def faulty_rows():
    rows = [(1, 0, "a", "web"), (1, 1, "b", "web"), (None, 2, "a", "web"), (3, 3, None, "web"), (4, 90_000, "a", "web")]
    return slow.table([*rows, (5, 4, "a", None), (6, 5, "a", "web")])


def many_users():
    kinds = {(True, True, False, True): 50, (True, True, True, True): 10, (True, False, False, True): 110}
    kinds |= {(True, True, False, False): 140, (False, True, True, True): 3}
    rows = [kind for kind, n in kinds.items() for _ in range(n)]
    return pd.DataFrame(rows, columns=["home", "a", "b", "end"])


def changing():
    """Early entrants convert, late ones do not."""
    return paths(*["ab"] * 150, *["a"] * 150).assign(
        occurred_at=lambda frame: frame["occurred_at"] + pd.to_timedelta(60 * frame["visitor_id"], "min")
    )


def sessions_of_few():
    frame = paths(*["ab"] * 3, *["a"] * 3)
    return frame.assign(session_id=frame["visitor_id"], visitor_id=frame["visitor_id"] % 2)


def later_buyers():
    """Those who convert by their second entry, two minutes after the first."""
    return ["a-ab"] * 2


def results():
    """Return results that need every sentence about one funnel."""
    two = ["a", "b"]
    by_device = funnel.analyse(with_devices(), two, by="device", as_of=CLOSED)
    later_step = {"by": "device", "attribution": "b", "as_of": CLOSED}
    return {
        "totals": funnel.from_counts({"home": 1_000, "search": 500, "payment": 200, "paid": 10}),
        "small shares": funnel.from_counts({"a": 10**6, "c": 3}),
        "nobody": funnel.from_counts({"a": 0, "b": 0}),
        "an optional step": funnel.analyse(
            paths(*["ac"] * 6, *["abc"] * 2, *["ab"] * 8, *["a"] * 4),
            funnel.Funnel(["a", "b", "c"], optional="b"),
            as_of=CLOSED,
        ),
        "a step that most skip": funnel.analyse(paths(*["ac"] * 26, "abc"), ["a", "b", "c"], as_of=CLOSED),
        "a column per step": funnel.from_reached(many_users(), ["home", "a", "b", "end"]),
        "a step without events": funnel.analyse(paths("ab", "a"), ["a", "purchased"], as_of=CLOSED),
        "a step with a similar event": funnel.analyse(paths(["a", "purchase"], "a"), ["a", "purchased"], as_of=CLOSED),
        "any order": funnel.analyse(paths("ab", "b", "ba"), funnel.Funnel(two, order="any"), as_of=CLOSED),
        "one entrant": funnel.analyse(paths("ab"), two, as_of=CLOSED),
        "one open window": funnel.analyse(
            pd.concat([paths("ab"), paths("", "a", start="2024-02-29")]), two, as_of=CLOSED
        ),
        "open windows": funnel.analyse(
            pd.concat([paths("ab", "a"), paths("", "", "a", "ab", start="2024-02-29")]), two, as_of=CLOSED
        ),
        "all windows open": funnel.analyse(paths("ab", "a"), two),
        "later attempts": funnel.analyse(
            paths(*["ab"] * 6, *["a"] * 4, *later_buyers()), funnel.Funnel(two, window="90s")
        ),
        "groups that differ": by_device,
        "one group": by_device.group("app"),
        "groups that do not differ": funnel.analyse(
            with_devices().query("visitor_id in [0, 9, 18]"), two, by="device", as_of=CLOSED
        ),
        "groups by a later step": funnel.analyse(with_devices(), two, **later_step),
        "months": funnel.analyse(two_months(), two, every="1mo", as_of="2024-04-01"),
        "conversion that changes": funnel.analyse(changing(), two, as_of=CLOSED),
        "sessions of few visitors": funnel.analyse(sessions_of_few(), two, unit="session_id", as_of=CLOSED),
        "faulty rows": funnel.analyse(faulty_rows(), funnel.Funnel(two, hold_constant="device"), as_of=CLOSED),
        "one group of faulty rows": funnel.analyse(faulty_rows(), two, by="device", as_of=CLOSED).group("web"),
    }


def in_both():
    rows = [(f"v{one}", day * 1440 + one, "a") for day in (0, 20) for one in range(10 + day)]
    frame = slow.table([*rows, *((f"v{one}", one + 1, "b") for one in range(4))])
    frame["session_id"] = frame["visitor_id"]
    return frame, slow.START + timedelta(days=10)


def halves(unit):
    frame, cut = in_both()
    parts = (frame[frame["occurred_at"] < cut], frame[frame["occurred_at"] >= cut])
    return [funnel.analyse(part, funnel.Funnel(["a", "b"], window="1d"), unit=unit) for part in parts]


def comparisons():
    """Return comparisons that need every sentence about two funnels."""
    desktop = funnel.from_counts({"home": 60_200, "search": 30_100, "payment": 3_010, "confirmation": 150})
    mobile = funnel.from_counts({"home": 30_200, "search": 15_100, "payment": 3_020, "confirmation": 302})
    optional = [
        replace(result, _estimates=replace(result._estimates, optional=(False, True, False, False)))
        for result in (totals(100, 60, 40, 10), totals(100, 20, 20, 10))
    ]
    frame = slow.table([(1, 0, "a"), (1, 5, "b")])
    plain, conditional = (
        funnel.analyse(frame, ["a", funnel.Step("b", where=where, name="b")], as_of=CLOSED)
        for where in (None, {"device": "web"})
    )
    late = funnel.analyse(slow.table([(2, 60_000, "a"), (2, 60_005, "b")]), ["a", "b"], as_of=CLOSED)
    undecided = slow.table([(1, 0, "a"), (2, 20_000, "a"), (2, 20_001, "b"), (3, 20_000, "a"), (3, 20_002, "b")])
    no_interval = funnel.analyse(undecided, funnel.Funnel(["a", "b", "c"], window="2d"), as_of="2024-01-15 00:00")
    groups = funnel.analyse(with_devices(), ["a", "b"], by="device", as_of=CLOSED)
    before, after = (90_000, 60_000, 40_000, 27_000, 18_000), (90_000, 70_000, 55_000, 43_000, 34_000)
    return {
        "two steps explain it": funnel.compare(desktop, mobile, names=("desktop", "mobile")),
        "not significant": funnel.compare(totals(100, 50, 20), totals(100, 52, 20)),
        "steps that offset each other": funnel.compare(totals(10_000, 5_000, 1_000), totals(10_000, 2_500, 1_000)),
        "part of it is offset": funnel.compare(totals(10_000, 5_000, 1_000), totals(10_000, 2_500, 800)),
        "more significant steps than are named": funnel.compare(totals(*before), totals(*after)),
        "nobody entered": funnel.compare(totals(0, 0, 0), totals(50, 20, 10)),
        "all windows open": funnel.compare(funnel.analyse(frame, ["a", "b"]), plain),
        "a step that nobody reached": funnel.compare(totals(100, 50, 20, 10), totals(100, 50, 0, 0)),
        "open windows after a step": funnel.compare(no_interval, no_interval),
        "optional steps": funnel.compare(*optional),
        "different definitions": funnel.compare(plain, conditional),
        "events and totals": funnel.compare(plain, funnel.from_counts({"a": 5, "b": 1})),
        "unequal age": funnel.compare(plain, late),
        "visitors in both": funnel.compare(*halves("visitor_id")),
        "sessions in both": funnel.compare(*halves("session_id")),
        "two groups": funnel.compare(groups.group("app"), groups.group(None)),
    }


def written(result, locale):
    """Return what a user reads of a result."""
    if locale == "zh":
        return result.summary(locale="zh")
    notes = [f"- {note.code} ({note.count}): {note}" for note in result.notes]
    return "\n".join([result.headline, "", result.summary(), *([""] if notes else []), *notes])


@pytest.mark.parametrize("locale", ["en", "zh"])
@pytest.mark.parametrize(("name", "scenarios"), [("steps", results), ("compare", comparisons)])
def test_texts(name, scenarios, locale):
    texts = {scenario: written(result, locale) for scenario, result in scenarios().items()}
    check_texts(TEXTS / f"{name}.{locale}.md", texts)
