"""The specification of a funnel in plain Python: every entry of every visitor is followed, event by event."""

from datetime import datetime

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


def in_order(funnel, rows):
    """Sort by time; events of one moment by their lowest step, then by all their steps as bits."""
    kept = [(row["occurred_at"], steps_of(funnel, row), row) for row in rows]
    return sorted(kept, key=lambda one: (one[0], min(one[1], default=-1), sum(1 << place for place in one[1])))


def bars(funnel, events, after, before):
    """Return the moments at which something happened that must not lie between two steps."""
    found = [at for at, _, _ in events] if funnel.order == "strict" else []
    for one in funnel.exclude:
        first = 0 if one.after is None else funnel.step_index(one.after)
        last = len(funnel.steps) - 1 if one.before is None else funnel.step_index(one.before)
        if before > first and after < last:
            found += [at for at, _, row in events if matches(one, row)]
    return found


def chains(funnel, events, entry):
    """Follow every way from one entry: yields all lists of (step, place)."""
    limit = [step.within_length for step in funnel.steps]
    start = events[entry][0]

    def follow(chain):
        yield chain
        last, place = chain[-1]
        came = events[place][0]
        for step in range(last + 1, len(funnel.steps)):
            for next_place in range(len(events)):
                at, places, _ = events[next_place]
                if at < came or next_place in [used for _, used in chain]:
                    continue
                if step not in places or at - start > funnel.window_length:
                    continue
                if limit[step] is not None and at - came > limit[step]:
                    continue
                if any(came < moment < at for moment in bars(funnel, events, last, step)):
                    continue
                yield from follow([*chain, (step, next_place)])
            if funnel.steps[step].name not in funnel.optional:
                break

    yield from follow([(0, entry)])


def next_needed(funnel, step):
    """Return the next step that may not be left out."""
    places = range(step + 1, len(funnel.steps))
    return next((place for place in places if funnel.steps[place].name not in funnel.optional), len(funnel.steps))


def walked_ordered(funnel, rows):
    """Return, of one log, (moment, entry) of each step reached first, and the steps skipped; None without an entry."""
    events = in_order(funnel, rows)
    entries = [place for place, (_, places, _) in enumerate(events) if 0 in places]
    if not entries:
        return None
    reached, skipped = {}, set()
    first_moment = [entry for entry in entries if events[entry][0] == events[entries[0]][0]]
    for entry in entries if funnel.reentry else first_moment:
        start = events[entry][0]
        for chain in chains(funnel, events, entry):
            step, place = chain[-1]
            found = (events[place][0], start)
            reached[step] = min(reached.get(step, found), found, key=lambda one: (one[0], -one[1].timestamp()))
            for missed in range(step + 1, next_needed(funnel, step) + 1):
                for other, (at, places, _) in enumerate(events):
                    if at < events[place][0] or other in [used for _, used in chain]:
                        continue
                    if at - start <= funnel.window_length and max(places, default=-1) > missed:
                        skipped.add(missed)
    for step in range(len(funnel.steps) - 1):
        if funnel.steps[step].name in funnel.optional:
            skipped = (skipped - {step}) | ({step} if next_needed(funnel, step) in reached else set())
    return reached, {step for step in skipped if step not in reached and step < len(funnel.steps) - 1}


def most_steps(places, taken=()):
    """Return how many steps some events can be, each event one step and each step once."""
    if not places:
        return len(taken)
    here = [most_steps(places[1:], (*taken, step)) for step in places[0] if step not in taken]
    return max([most_steps(places[1:], taken), *here])


def walked_any(funnel, rows):
    """Return the same of steps in any order: when one, two, ... of them are done."""
    events = in_order(funnel, rows)
    entries = [place for place, (_, places, _) in enumerate(events) if places]
    if not entries:
        return None
    reached = {}
    for entry in entries if funnel.reentry else entries[:1]:
        start = events[entry][0]
        for place in range(entry, len(events)):
            at = events[place][0]
            if at - start > funnel.window_length or any(start < bar < at for bar in bars(funnel, events, 0, 1)):
                break
            done = most_steps([places for _, places, _ in events[entry : place + 1] if places])
            for step in range(done):
                found = (at, start)
                reached[step] = min(reached.get(step, found), found, key=lambda one: (one[0], -one[1].timestamp()))
    return reached, set()


def walked(funnel, rows):
    return walked_any(funnel, rows) if funnel.order == "any" else walked_ordered(funnel, rows)


def walked_held(funnel, rows):
    """Follow each held value by itself: events without one lie between, and are no step."""
    if not funnel.hold_constant:
        return walked(funnel, rows)
    value = [tuple(None if pd.isna(row[column]) else row[column] for column in funnel.hold_constant) for row in rows]
    found = []
    for held in {one for one in value if None not in one}:
        mine = [row for row, one in zip(rows, value, strict=True) if one == held]
        free = [row for row, one in zip(rows, value, strict=True) if None in one and not steps_of(funnel, row)]
        found.append(walked(funnel, [*mine, *free]))
    found = [one for one in found if one is not None]
    if not found:
        return None
    reached = {}
    for steps, _ in found:
        for step, one in steps.items():
            reached[step] = min(reached.get(step, one), one, key=lambda pair: (pair[0], -pair[1].timestamp()))
    return reached, {step for _, skipped in found for step in skipped} - set(reached)


def all_walked(funnel, frame):
    found = {}
    for visitor, rows in frame.groupby("visitor_id"):
        one = walked_held(funnel, rows.to_dict("records"))
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
