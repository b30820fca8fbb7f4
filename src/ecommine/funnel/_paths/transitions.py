"""What follows what, and what each state does: transitions, entries, bounces, exits, time, and the way to the goal."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..._core.arrays import Floats, Ints, run_starts
from .._curves import wilson_each
from .._shares import Shares, divided, quartiles, rates, shared_out
from .markov import Bounds, Chain
from .visits import END, START, Visits

Columns = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Steps:
    """Steps from a state to the next one; states stand for themselves, then come the start and the end.

    Attributes
    ----------
    shares : Shares
        How what follows each state is shared out; the start is the last one.
    timed : int array of shape (n_timed,)
        Steps of which it is known how long they took: the state, times the number of states with start and end, plus
        the next state.
    pause : int64 array of shape (n_timed,)
        Microseconds between the two visits.
    """

    shares: Shares
    timed: Ints
    pause: Ints


def steps_of(visits: Visits, z: float) -> Steps:
    """Count the steps from all visits of which it is settled what follows; the last one of an open path is not."""
    width = len(visits.names) + 2
    last, pair = visits.last, visits.state * width
    pair[:-1] += visits.state[1:]
    ended = last[~visits.open]
    timed = visits.settled.copy()
    timed[last] = False
    pair[ended] = visits.state[ended] * width + width - 1
    decided = timed.copy()
    decided[ended] = True
    begun = visits.state[visits.first] + (width - 2) * width
    inner = shared_out(pair[decided], width, visits.visitor[visits.path[decided]], z)
    return Steps(
        shares=inner.joined(shared_out(begun, width, visits.visitor, z)),
        timed=pair[timed],
        pause=np.diff(visits.time, append=0)[timed],
    )


def transition_columns(visits: Visits, steps: Steps) -> Columns:
    """Write one row a state and next state, the start first, then the most visited; the most frequent next first."""
    n, found = len(visits.names), steps.shares
    pairs = found.source * (n + 2) + found.target
    seconds = quartiles(steps.timed, steps.pause, (n + 2) ** 2)
    order = np.lexsort((found.target, -found.count, np.where(found.source == n, -1, found.source)))
    names = np.array([*visits.names, START, END], dtype=object)
    return {
        "state": names[found.source][order].tolist(),
        "next_state": names[found.target][order].tolist(),
        "transitions": found.count[order],
        **{name: of[order] for name, of in _named("share", (found.share, found.low, found.high)).items()},
        **{name: of[pairs[order]] for name, of in seconds.items()},
    }


def state_columns(visits: Visits, steps: Steps, firsts: Ints, chain: Chain, z: float) -> Columns:
    """Write one row a state, the start first: it stands for all paths. ``firsts`` are its first visits in each path."""
    n, over = len(visits.names), ~visits.open
    landed, first_states = visits.state[visits.first], visits.state[firsts]
    within = firsts - visits.first[visits.path[firsts]] + 1
    bounce = [
        np.append(of, whole)
        for of, whole in zip(
            rates(landed[over], visits.alone[over], n, visits.visitor[over], z)[1:],
            rates(np.zeros(int(over.sum()), dtype=np.int64), visits.alone[over], 1, visits.visitor[over], z)[1:],
            strict=True,
        )
    ]
    left = steps.timed // (n + 2)
    seconds = quartiles(left, steps.pause, n + 1)
    ends = steps.shares.target == n + 1
    counts = {
        "events": np.append(visits.events, 0),
        "visits": np.append(np.bincount(visits.state, minlength=n), visits.n_paths),
        "paths": np.append(np.bincount(first_states, minlength=n), visits.n_paths),
        "entries": np.append(np.bincount(landed, minlength=n), visits.n_paths),
        "exits": np.bincount(steps.shares.source[ends], steps.shares.count[ends], minlength=n + 1),
        "timed": np.bincount(left, minlength=n + 1),
    }
    columns = {
        **{name: of.astype(np.int64) for name, of in counts.items()},
        "position": np.append(divided(np.bincount(first_states, within, minlength=n), counts["paths"][:n]), 0.0),
        **_named("bounce_rate", bounce),
        **_named("exit_rate", _exit_rates(steps.shares, n, z)),
        **seconds,
        **_named("goal_chance", chain.chance),
        **_named("goal_observed", chain.observed),
        "p_value": chain.p_value,
        **_named("steps_to_goal", chain.to_goal),
        **_named("steps_to_end", chain.to_end),
    }
    rows = np.concatenate([[n], np.arange(n)])
    return {"state": [START, *visits.names], **{name: of[rows] for name, of in columns.items()}}


def _exit_rates(found: Shares, n: int, z: float) -> list[Floats]:
    """Pick out the shares of the end: none where a state is never the last one, unknown at the start."""
    share, visitors = np.full(n + 1, np.nan), np.zeros(n + 1)
    inner = found.source < n
    share[found.source[inner]], visitors[found.source[inner]] = 0.0, found.visitors[inner]
    rates_ = [share, *wilson_each(share, visitors, z)]
    ends = found.target == n + 1
    for of, known in zip(rates_, (found.share, found.low, found.high), strict=True):
        of[found.source[ends]] = known[ends]
    return rates_


def first_visits(visits: Visits) -> Ints:
    """Return where each path comes to each of its states first, by path and state."""
    n = max(len(visits.names), 1)
    within = np.arange(len(visits.state)) - visits.first[visits.path]
    # Places stand behind path and state in one number, so that the least one of each comes first.
    bits = int(within.max(initial=0)).bit_length()
    ordered = np.sort((visits.path * n + visits.state) << bits | within)
    ordered = ordered[run_starts(ordered >> bits)]
    found: Ints = visits.first[(ordered >> bits) // n] + (ordered & ((1 << bits) - 1))
    return found


def _named(name: str, bounds: Bounds | list[Any]) -> Columns:
    return dict(zip((name, f"{name}_low", f"{name}_high"), bounds, strict=True))
