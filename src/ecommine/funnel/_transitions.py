"""What follows what, and what each state does: transitions, entries, bounces, exits, time, and the way to the goal."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ._chain import Bounds, Chain
from ._moves import Ints
from ._shares import distinct, divided, quartiles, rates, shared_out
from ._visits import END, START, Visits

SECOND = 1_000_000
Columns = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Steps:
    """Steps from a state to the next one; states stand for themselves, then come the start and the end.

    Attributes
    ----------
    source, target, path : int array of shape (n_steps,)
        From, to, and of which path.
    pause : int64 array of shape (n_steps,)
        Microseconds between two visits; -1 from the start and to the end, where there is none.
    """

    source: Ints
    target: Ints
    path: Ints
    pause: Ints


def steps_of(visits: Visits) -> Steps:
    """List the steps of all paths; what follows the last visit of an open path is not known yet."""
    start, end = len(visits.names), len(visits.names) + 1
    target, last = np.append(visits.state, end)[1:], visits.last
    target[last] = end
    pause = np.diff(visits.time, append=0)
    pause[last] = -1
    decided = np.ones(len(target), dtype=bool)
    decided[last[visits.open]] = False
    none = np.full(visits.n_paths, -1, dtype=np.int64)
    return Steps(
        source=np.concatenate([np.full(visits.n_paths, start), visits.state[decided]]),
        target=np.concatenate([visits.state[visits.first], target[decided]]),
        path=np.concatenate([np.arange(visits.n_paths), visits.path[decided]]),
        pause=np.concatenate([none, pause[decided]]),
    )


def transition_columns(visits: Visits, steps: Steps, z: float) -> Columns:
    """Write one row a state and next state, the start first, then the most visited; the most frequent next first."""
    n = len(visits.names)
    found = shared_out(steps.source, steps.target, n + 2, visits.visitor[steps.path], z)
    pairs = found.source * (n + 2) + found.target
    timed = steps.pause >= 0
    pair = np.searchsorted(pairs, steps.source[timed] * (n + 2) + steps.target[timed])
    seconds = quartiles(pair, steps.pause[timed], len(pairs))
    order = np.lexsort((found.target, -found.count, np.where(found.source == n, -1, found.source)))
    names = np.array([*visits.names, START, END], dtype=object)
    return {
        "state": names[found.source][order].tolist(),
        "next_state": names[found.target][order].tolist(),
        "transitions": found.count[order].astype(np.int64),
        **{name: of[order] for name, of in _named("share", (found.share, found.low, found.high)).items()},
        **{f"seconds_{name}": of[order] / SECOND for name, of in seconds.items()},
    }


def state_columns(visits: Visits, steps: Steps, chain: Chain, z: float) -> Columns:
    """Write one row a state, the start first: it stands for all paths."""
    n, over = len(visits.names), ~visits.open
    landed = visits.state[visits.first]
    within, first_visits = _first_visits(visits)
    inner = steps.source < n
    leaves = steps.target[inner] == n + 1
    decided, of_visitor = steps.source[inner], visits.visitor[steps.path[inner]]
    bounce = [
        np.append(of, whole)
        for of, whole in zip(
            rates(landed[over], visits.alone[over], n, visits.visitor[over], z)[1:],
            rates(np.zeros(int(over.sum()), dtype=np.int64), visits.alone[over], 1, visits.visitor[over], z)[1:],
            strict=True,
        )
    ]
    timed = steps.pause >= 0
    seconds = quartiles(steps.source[timed], steps.pause[timed], n + 1)
    counts = {
        "events": np.append(visits.events, 0),
        "visits": np.append(np.bincount(visits.state, minlength=n), visits.n_paths),
        "paths": np.append(np.bincount(first_visits, minlength=n), visits.n_paths),
        "entries": np.append(np.bincount(landed, minlength=n), visits.n_paths),
        "exits": np.append(np.bincount(decided, leaves, minlength=n), 0),
        "timed": np.append(np.bincount(steps.source[timed], minlength=n + 1)[:n], 0),
    }
    exit_rate = [np.append(of, np.nan) for of in rates(decided, leaves, n, of_visitor, z)[1:]]
    columns = {
        **{name: of.astype(np.int64) for name, of in counts.items()},
        "position": np.append(divided(np.bincount(first_visits, within, minlength=n), counts["paths"][:n]), 0.0),
        **_named("bounce_rate", bounce),
        **_named("exit_rate", exit_rate),
        **{f"seconds_{name}": of / SECOND for name, of in seconds.items()},
        **_named("goal_chance", chain.chance),
        **_named("goal_observed", chain.observed),
        "p_value": chain.p_value,
        **_named("steps_to_goal", chain.to_goal),
        **_named("steps_to_end", chain.to_end),
    }
    rows = np.concatenate([[n], np.arange(n)])
    return {"state": [START, *visits.names], **{name: of[rows] for name, of in columns.items()}}


def _first_visits(visits: Visits) -> tuple[Ints, Ints]:
    """Return, for each path and state in it, the place in the path of the first visit (from 1), and the state."""
    n = max(len(visits.names), 1)
    within = np.arange(len(visits.state)) - visits.first[visits.path] + 1
    # Places stand behind path and state in one number, so that the least one of each comes first.
    longest = int(within.max(initial=0)) + 1
    ordered = distinct((visits.path * n + visits.state) * longest + within)
    key, place = np.divmod(ordered, longest)
    new = np.ones(len(key), dtype=bool)
    new[1:] = key[1:] != key[:-1]
    return place[new], key[new] % n


def _named(name: str, bounds: Bounds | list[Any]) -> Columns:
    return dict(zip((name, f"{name}_low", f"{name}_high"), bounds, strict=True))
