"""Coverage of the intervals of paths, and false alarms, by simulation: `make parity`; a short version runs always."""

import numpy as np
import pandas as pd
import pytest

from ecommine import funnel

END = "2200-01-01"
NAMES = np.array(["view_item", "add_to_cart", "purchase", ""])
CHANCES = np.array([[0.35, 0.25, 0.02, 0.38], [0.30, 0.10, 0.40, 0.20]])
"""From view and from cart, to view, cart, purchase and the end."""
SHIFT = 0.12
"""What moods, of one visitor in all sessions, move from the end to the cart, where there are any."""


def chances_of(mood):
    shifted = CHANCES.copy()
    shifted[:, 1] += mood
    shifted[:, 3] -= mood
    return shifted


SURE = 0.38
"""The chance of purchase after a view in sessions that begin with the cart, half of all where there is memory."""


def log(seed, *, visitors, moods=False, memory=False):
    """Draw five sessions of each visitor, an hour apart, a state a second; some half of the visitors in either mood."""
    rng = np.random.default_rng(seed)
    n = 5 * visitors
    visitor = np.arange(n) // 5
    mood = rng.choice([-SHIFT, SHIFT], visitors)[visitor] * moods
    sure = memory & (rng.random(n) < 0.5)
    now, rows = sure.astype(int), []
    going = np.arange(n)
    for step in range(200):
        rows.append(pd.DataFrame({"session": going, "second": step, "state": now[going]}))
        going = going[now[going] < 2]
        if not len(going):
            break
        edges = np.cumsum(CHANCES[now[going]], axis=1)
        edges[:, 1:3] += mood[going][:, None]
        views = sure[going] & (now[going] == 0)
        edges[views, 2] = edges[views, 1] + SURE
        now[going] = np.minimum((rng.random(len(going))[:, None] > edges).sum(axis=1), 3)
        going = going[now[going] < 3]
    frame = pd.concat(rows, ignore_index=True)
    at = pd.Timestamp("2024-01-01") + pd.to_timedelta(3_600 * frame["session"] + frame["second"], unit="s")
    return pd.DataFrame(
        {
            "visitor_id": frame["session"] // 5,
            "event": NAMES[frame["state"]],
            "occurred_at": at.astype("datetime64[us]"),
        }
    )


def truth(chances):
    """Return the chance of purchase from view and from cart, and the steps of those that come there."""
    visited = np.linalg.inv(np.eye(2) - chances[:, :2])
    reach = visited @ chances[:, 2]
    return reach, visited @ reach / reach


def covered(runs, *, moods, visitors=150):
    """Return the share of intervals that hold the truth; with moods, of what is a mean over visitors."""
    told = {name: [] for name in ("goal_chance", "steps_to_goal", "goal_observed", "bounce_rate")}
    reach, steps = truth(CHANCES)
    both = [chances_of(mood) for mood in (-SHIFT, SHIFT)]
    observed = np.mean([truth(one)[0][0] for one in both]) if moods else reach[0]
    for seed in range(runs):
        table = funnel.paths(log(seed, visitors=visitors, moods=moods), as_of=END, collapse=False).states
        row = table.set_index("state").loc["(start)"]
        true = {"goal_observed": observed, "bounce_rate": CHANCES[0, 3]}
        if not moods:
            true |= {"goal_chance": reach[0], "steps_to_goal": steps[0] + 1}
        for name, value in true.items():
            told[name].append(row[f"{name}_low"] <= value <= row[f"{name}_high"])
    return {name: float(np.mean(rows)) for name, rows in told.items() if rows}


def alarms(runs, *, memory, visitors=150):
    """Return how often a note says that what came before matters, and how often the test of the cart is below .05."""
    notes, low = 0, 0
    for seed in range(runs):
        found = funnel.paths(log(seed, visitors=visitors, memory=memory), as_of=END, collapse=False)
        notes += any(note.code == "history_matters" for note in found.notes)
        low += found.states.set_index("state").loc["add_to_cart", "p_value"] < 0.05
    return notes, low


@pytest.mark.parametrize("moods", [False, True])
def test_intervals_hold_the_truth(moods):
    for name, share in covered(60, moods=moods).items():
        assert share >= 0.86, name


def test_no_alarm_without_memory():
    notes, low = alarms(40, memory=False)
    assert notes <= 4
    assert low <= 7
    assert alarms(10, memory=True)[0] >= 8


@pytest.mark.parity
@pytest.mark.parametrize("moods", [False, True])
def test_intervals_hold_the_truth_for_long(moods):
    found = covered(1_000, moods=moods)
    print(moods, found)
    for name, share in found.items():
        assert 0.93 <= share <= 0.97, name


@pytest.mark.parity
def test_alarms_for_long():
    (notes, low), (found, _) = alarms(1_000, memory=False), alarms(100, memory=True)
    print(notes, low, found)
    assert notes <= 70
    assert 30 <= low <= 70
    assert found >= 90
