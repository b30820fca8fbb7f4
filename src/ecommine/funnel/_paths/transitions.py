"""What follows what, and what each state does: transitions, entries, bounces, exits, time, and the way to the goal."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..._core.arrays import Floats, Ints, Times
from ..._core.moments import SECOND
from ..._core.tables import with_bounds
from ..._stats.arrays import divide
from ..._stats.clustered_shares import CategoryShares, shares_by_category, shares_by_group
from ..._stats.intervals import wilson_interval
from ..._stats.quantiles import quantiles_by_group
from .markov import MarkovEstimates
from .read import END, START
from .visits import Visits

Columns = dict[str, Any]
QUARTILE_COLUMNS = ("seconds_p25", "seconds_median", "seconds_p75")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Transitions:
    """Steps from a state to the next one; states stand for themselves, then come the start and the end."""

    shares: CategoryShares  # the share of each next state (category) by state (group); the start is the last group
    timed_pair: Ints
    """Shape (n_timed,): steps whose time is known: the state, times the number of states with start and end, plus the
    next state."""
    duration: Times  # shape (n_timed,): microseconds between the two visits


def count_transitions(visits: Visits, z: float) -> Transitions:
    """Count the steps from all visits of which it is known what follows; the last one of an open path is not."""
    width = len(visits.states) + 2
    last, pair = visits.last, visits.state * width
    pair[:-1] += visits.state[1:]
    final = last[~visits.is_open]
    is_timed = visits.is_settled.copy()
    is_timed[last] = False
    pair[final] = visits.state[final] * width + width - 1
    is_counted = is_timed.copy()
    is_counted[final] = True
    start_pair = visits.state[visits.first] + (width - 2) * width
    inner = shares_by_category(pair[is_counted], width, visits.visitor[visits.path[is_counted]], z)
    return Transitions(
        shares=inner.joined(shares_by_category(start_pair, width, visits.visitor, z)),
        timed_pair=pair[is_timed],
        duration=np.diff(visits.time, append=0)[is_timed],
    )


def transition_columns(visits: Visits, transitions: Transitions) -> Columns:
    """Return one row per state and next state: the start, then the most visited; the most frequent next state first."""
    n, shares = len(visits.states), transitions.shares
    pairs = shares.group * (n + 2) + shares.category
    seconds = _quartiles(transitions.timed_pair, transitions.duration, (n + 2) ** 2)
    order = np.lexsort((shares.category, -shares.count, np.where(shares.group == n, -1, shares.group)))
    names = np.array([*visits.states, START, END], dtype=object)
    return {
        "state": names[shares.group][order].tolist(),
        "next_state": names[shares.category][order].tolist(),
        "transitions": shares.count[order],
        **with_bounds("share", (bound[order] for bound in (shares.share, shares.low, shares.high))),
        **{name: values[pairs[order]] for name, values in seconds.items()},
    }


def state_columns(visits: Visits, transitions: Transitions, first: Ints, chain: MarkovEstimates, z: float) -> Columns:
    """Return one row per state, the start first: it stands for all paths. ``first`` are first visits to states."""
    n, entry_state = len(visits.states), visits.state[visits.first]
    position = first - visits.first[visits.path[first]] + 1
    timed_state = transitions.timed_pair // (n + 2)
    is_exit = transitions.shares.category == n + 1
    exits = np.bincount(transitions.shares.group[is_exit], transitions.shares.count[is_exit], minlength=n + 1)
    paths = np.bincount(visits.state[first], minlength=n)
    counts = {
        "events": np.append(visits.n_events, 0),
        "visits": np.append(np.bincount(visits.state, minlength=n), visits.n_paths),
        "paths": np.append(paths, visits.n_paths),
        "entries": np.append(np.bincount(entry_state, minlength=n), visits.n_paths),
        "exits": exits,
        "timed": np.bincount(timed_state, minlength=n + 1),
    }
    columns = {
        **{name: values.astype(np.int64) for name, values in counts.items()},
        "position": np.append(divide(np.bincount(visits.state[first], position, minlength=n), paths), 0.0),
        **with_bounds("bounce_rate", _bounce_rates(visits, z)),
        **with_bounds("exit_rate", _exit_rates(transitions.shares, n, z)),
        **_quartiles(timed_state, transitions.duration, n + 1),
        **with_bounds("goal_chance", chain.chance),
        **with_bounds("goal_observed", chain.observed),
        "p_value": chain.p_value,
        **with_bounds("steps_to_goal", chain.steps_to_goal),
        **with_bounds("steps_to_end", chain.steps_to_end),
    }
    start_first = np.concatenate([[n], np.arange(n)])
    return {"state": [START, *visits.states], **{name: values[start_first] for name, values in columns.items()}}


def _quartiles(group: Ints, duration: Times, n_groups: int) -> dict[str, Floats]:
    return dict(zip(QUARTILE_COLUMNS, quantiles_by_group(group, duration, n_groups, unit=SECOND), strict=True))


def _bounce_rates(visits: Visits, z: float) -> list[Floats]:
    """Return the share of single events among the finished paths that begin with a state, and among all."""
    n, is_over = len(visits.states), ~visits.is_open
    is_single, visitor = visits.is_single_event[is_over], visits.visitor[is_over]
    by_state = shares_by_group(visits.state[visits.first[is_over]], is_single, n, visitor, z)
    overall = shares_by_group(np.zeros(len(visitor), dtype=np.int64), is_single, 1, visitor, z)
    return [np.append(*both) for both in zip(by_state[1:], overall[1:], strict=True)]


def _exit_rates(shares: CategoryShares, n: int, z: float) -> list[Floats]:
    """Return the share of the end by state: 0 where a state is never the last one, unknown at the start."""
    share, n_visitors = np.full(n + 1, np.nan), np.zeros(n + 1)
    is_state, is_exit = shares.group < n, shares.category == n + 1
    share[shares.group[is_state]], n_visitors[shares.group[is_state]] = 0.0, shares.clusters[is_state]
    rates = [share, *wilson_interval(share, n_visitors, z)]
    for rate, known in zip(rates, (shares.share, shares.low, shares.high), strict=True):
        rate[shares.group[is_exit]] = known[is_exit]
    return rates
