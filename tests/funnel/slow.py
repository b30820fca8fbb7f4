"""The specification of a funnel in plain Python: every entry of every visitor is followed, event by event."""

from datetime import datetime, timedelta

import pandas as pd

START = datetime(2024, 1, 1)


def table(rows):
    """Make events of (visitor, minute, event) or (visitor, minute, event, device)."""
    frame = pd.DataFrame([(*row, "web")[:4] for row in rows], columns=["visitor_id", "minute", "event", "device"])
    at = START + pd.to_timedelta(frame.pop("minute").astype("int64"), unit="min")
    frame["occurred_at"] = pd.Series(at, dtype="datetime64[us]")
    return frame[["visitor_id", "event", "occurred_at", "device"]]


def matches(step, row):
    return row["event"] in step.event and all(row[column] in values for column, values in step.where)


def steps_of(funnel, row):
    return [place for place, step in enumerate(funnel.steps) if matches(step, row)]


def ordered(funnel, rows):
    """Sort by time; events of one moment by their lowest step, then by all their steps as bits."""
    kept = [(row["occurred_at"], steps_of(funnel, row)) for row in rows]
    kept = [(at, places) for at, places in kept if places]
    return sorted(kept, key=lambda one: (one[0], min(one[1]), sum(1 << place for place in one[1])))


def chains(funnel, events, entry):
    """Follow every way from one entry: yields all lists of places in the order of the steps."""
    limit = [None if step.seconds is None else timedelta(seconds=step.seconds) for step in funnel.steps]

    def follow(chain):
        yield chain
        step = len(chain)
        if step == len(funnel.steps):
            return
        for place in range(chain[-1] + 1, len(events)):
            at, places = events[place]
            if step not in places or at - events[entry][0] > funnel.length:
                continue
            if limit[step] is not None and at - events[chain[-1]][0] > limit[step]:
                continue
            yield from follow([*chain, place])

    yield from follow([entry])


def walked(funnel, rows):
    """Return, of one visitor, when each step is reached first, and which steps are skipped; None without an entry."""
    events = ordered(funnel, rows)
    entries = [place for place, (_, places) in enumerate(events) if 0 in places]
    if not entries:
        return None
    entries = entries if funnel.reentry else entries[:1]
    reached, skipped = {}, set()
    for entry in entries:
        for chain in chains(funnel, events, entry):
            step, at = len(chain) - 1, events[chain[-1]][0]
            reached[step] = min(reached.get(step, at), at)
            for place in range(chain[-1] + 1, len(events)):
                later, places = events[place]
                if later - events[entry][0] <= funnel.length and max(places) > step + 1:
                    skipped.add(step + 1)
    return reached, {step for step in skipped if step not in reached and step < len(funnel.steps) - 1}


def all_walked(funnel, frame):
    found = {}
    for visitor, rows in frame.groupby("visitor_id"):
        one = walked(funnel, rows.to_dict("records"))
        if one is not None:
            found[visitor] = one
    return found


def kaplan_meier(times, reached, window):
    """Estimate the share reached by the window, one moment after the other."""
    survival = 1.0
    for moment in sorted({min(time, window) for time in times}):
        at_risk = sum(min(time, window) >= moment for time in times)
        events = sum(min(time, window) == moment and there for time, there in zip(times, reached, strict=True))
        survival *= 1 - events / at_risk
    return 1 - survival
