"""The specification of sessions and paths in plain Python: visitor by visitor, event by event."""

from collections import Counter, defaultdict
from datetime import timedelta
from itertools import pairwise

import numpy as np
import pandas as pd

from ecommine.schema._model.event_names import EVENT_NAMES
from funnel import slow_sessions

Z = 1.959963984540054
START, END, OPEN = "(start)", "(end)", "(open)"


def times(minutes, unit="s"):
    """Make a column of times from numbers since the start of 2024, None where they are unknown."""
    start = pd.Timestamp("2024-01-01")
    values = [pd.NaT if one is None else start + pd.Timedelta(one, unit=unit) for one in minutes]
    return pd.Series(values, dtype="datetime64[us]")


def table(rows):
    """Make events of visitor, minute, event, page and session."""
    frame = pd.DataFrame(rows, columns=["visitor_id", "minute", "event", "page", "session_id"])
    frame["occurred_at"] = times(frame.pop("minute"), unit="min")
    return frame


def missing(value):
    return value is None or value != value


def rank(row, state):
    names = {name: place for place, name in enumerate(EVENT_NAMES)}
    tie = () if state == "event" or missing(row[state]) else (row[state],)
    return row["occurred_at"], names.get(row["event"], len(names)), row["event"], tie


def cut(rows, unit, gap):
    """Cut the ordered events of one visitor into paths."""
    if unit == "visitor_id":
        return [rows]
    ids = [None if missing(row.get("session_id")) else row["session_id"] for row in rows]
    labels = slow_sessions.labels([(0, row["occurred_at"], one) for row, one in zip(rows, ids, strict=True)], gap)
    return [[row for row, other in zip(rows, labels, strict=True) if other == one] for one in dict.fromkeys(labels)]


def walks(frame, *, state, goal, unit, gap, collapse, until):
    """Return each path as a dict: visitor, visits as (time, state), events, and whether it may still go on."""
    found = []
    rows = [row for row in frame.to_dict("records") if row["occurred_at"] <= until]
    pause = gap or (timedelta(minutes=30) if unit == "session_id" else None)
    for visitor in sorted({row["visitor_id"] for row in rows}):
        mine = sorted((row for row in rows if row["visitor_id"] == visitor), key=lambda row: rank(row, state))
        for path in cut(mine, unit, pause):
            seen = [
                (row["occurred_at"], row["event"] if state == "event" or row["event"] in goal else row[state])
                for row in path
            ]
            states = [one for one in seen if not missing(one[1])]
            if not states:
                continue
            visits, ends = visits_of(seen, collapse)
            is_open = pause is not None and until - path[-1]["occurred_at"] <= pause
            found.append(
                {
                    "visitor": visitor,
                    "visits": visits,
                    "ends": ends,
                    "events": [s for _, s in states],
                    "open": is_open,
                    "since": until - pause if is_open else until + timedelta(days=1),
                }
            )
    return found


def visits_of(seen, collapse):
    """Return the visits as (time, state), and the time of the last event of the path before the next visit."""
    visits, ends, before = [], [], None
    for at, state in seen:
        if not missing(state):
            if not visits or not collapse or state != before:
                visits.append((at, state))
                ends.append(at)
            before = state
        if visits:
            ends[-1] = at
    return visits, ends


def share(trials):
    """Return the share of successes of (visitor, success), and Wilson's interval with visitors taken together."""
    n = len(trials)
    if not n:
        return None, None, None
    p = sum(success for _, success in trials) / n
    moved = defaultdict(float)
    for visitor, success in trials:
        moved[visitor] += success - p
    squares = sum(one**2 for one in moved.values())
    known = min(n, p * (1 - p) * n**2 / squares) if squares > 1e-9 * n and 0 < p < 1 else len(moved)
    middle, half = p + Z**2 / (2 * known), Z * (p * (1 - p) / known + Z**2 / (4 * known**2)) ** 0.5
    return p, max(0.0, (middle - half) / (1 + Z**2 / known)), min(1.0, (middle + half) / (1 + Z**2 / known))


def quartiles(seconds):
    return [None] * 3 if not seconds else [float(np.percentile(seconds, q)) for q in (25, 50, 75)]


def steps(walk):
    """Return (state, next state, seconds between or None).

    Nothing follows the last visit of an open path; of visits since the last pause before the end that a path may have,
    it is not known what would follow all of them.
    """
    visits = walk["visits"]
    found = [(START, visits[0][1], None)]
    found += [
        (one[1], other[1], (other[0] - one[0]).total_seconds())
        for one, other, end in zip(visits[:-1], visits[1:], walk["ends"][:-1], strict=True)
        if end < walk["since"]
    ]
    return found if walk["open"] else [*found, (visits[-1][1], END, None)]


def transitions(found):
    """Return for each state and next state: how many, the share with its interval, and quartiles of the seconds."""
    all_steps = [(walk["visitor"], *step) for walk in found for step in steps(walk)]
    told = {}
    for source, target in {(step[1], step[2]) for step in all_steps}:
        trials = [(step[0], step[2] == target) for step in all_steps if step[1] == source]
        between = [step[3] for step in all_steps if step[1:3] == (source, target) and step[3] is not None]
        told[source, target] = (sum(success for _, success in trials), *share(trials), *quartiles(between))
    return told


def states(found, goal):
    """Return what is known of each state; the start stands for all paths."""
    return {name: state(found, name, goal) for name in {s for walk in found for _, s in walk["visits"]} | {START}}


def state(found, name, goal):
    over = [walk for walk in found if not walk["open"]]
    visited = [[s for _, s in walk["visits"]] for walk in found]
    all_steps = [(walk["visitor"], *step) for walk in found for step in steps(walk)]
    landed = [(w["visitor"], len(w["events"]) == 1) for w in over if name in (START, w["visits"][0][1])]
    between = [step[3] for step in all_steps if step[1] == name and step[3] is not None]
    start = name == START
    places = [1 + path.index(name) for path in visited if name in path]
    came = [(w["visitor"], reached(w, goal)) for w in over if start or name in before_goal(w, goal)]
    return {
        "events": sum(walk["events"].count(name) for walk in found),
        "visits": len(found) if start else sum(path.count(name) for path in visited),
        "paths": len(found) if start else len(places),
        "entries": sum(start or path[0] == name for path in visited),
        "exits": sum(step[1:3] == (name, END) for step in all_steps),
        "timed": len(between),
        "position": 0.0 if start else sum(places) / len(places),
        **named("bounce_rate", share(landed)),
        **named("exit_rate", share([(s[0], s[2] == END) for s in all_steps if s[1] == name and not start])),
        **dict(zip(("seconds_p25", "seconds_median", "seconds_p75"), quartiles(between), strict=True)),
        **named("goal_observed", share(came if name not in goal else [])),
    }


def named(name, bounds):
    return dict(zip((name, f"{name}_low", f"{name}_high"), bounds, strict=True))


def reached(walk, goal):
    return any(s in goal for _, s in walk["visits"])


def before_goal(walk, goal):
    """Return the states of a path up to its first goal."""
    names = [s for _, s in walk["visits"]]
    first = next((place for place, s in enumerate(names) if s in goal), len(names))
    return names[:first]


def chain(found, goal, rounds=4_000):
    """Follow the chain step by step: the chance to reach the goal, and the steps of either kind."""
    counts = defaultdict(Counter)
    for walk in found:
        names = [START, *before_goal(walk, goal)]
        target = next((s for _, s in walk["visits"] if s in goal), END)
        if not walk["open"]:
            for one, other in pairwise([*names, target]):
                counts[one][other] += 1
    told = {}
    for begin in counts:
        there, at_goal, at_end = {begin: 1.0}, [0.0, 0.0], [0.0, 0.0]
        for step in range(1, rounds):
            following = defaultdict(float)
            for name, mass in there.items():
                for other, n in counts[name].items():
                    following[other] += mass * n / counts[name].total()
            for name in [one for one in following if one in goal or one == END]:
                out, mass = (at_end if name == END else at_goal), following.pop(name)
                out[0], out[1] = out[0] + mass, out[1] + mass * step
            there = following
            if sum(there.values()) < 1e-13:
                break
        told[begin] = (at_goal[0], *(total / mass if mass > 1e-9 else None for mass, total in (at_goal, at_end)))
    return told


def sequences(found, focus, goal, depth, forward):
    """Return for each sequence beside the first visit to the focus: paths, share, and share that reaches the goal.

    What leads to the end, or to the goal itself, has no share that reaches the goal later.
    """
    told = []
    decided = not forward and focus in (END, *goal)
    for walk in found:
        names = [s for _, s in walk["visits"]]
        if focus == END and walk["open"]:
            continue
        if focus not in (START, END, *names):
            continue
        place = {START: -1, END: len(names)}.get(focus, names.index(focus) if focus in names else None)
        near = [*names[place + 1 :], OPEN if walk["open"] else END] if forward else [*names[:place][::-1], START]
        later = any(s in goal for s in names[place + 1 :])
        told.append((tuple(near[:depth]), walk["visitor"], later, walk["open"]))
    return {
        near: (
            sum(one[0] == near for one in told),
            *share([(one[1], one[0] == near) for one in told]),
            *share([(one[1], one[2]) for one in told if one[0] == near and not one[3] and not decided]),
        )
        for near in {one[0] for one in told}
    }
