"""Comparisons by simulation: size and power of the test, coverage of the intervals; long ones in `make parity`."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import ndtr

from ecommine import funnel
from ecommine._stats.intervals import Shares, equal_shares_p_values
from ecommine._stats.shapley import split_product
from funnel.test_parity import END, HOUR, log, truth

SMALL = (0.3, 0.2, 1 / 3)
"""2 % of those that enter come to the end."""
SIZES = {
    "200 and 200, to 2 %": (200, 200, SMALL),
    "200 and 200, 2 % at once": (200, 200, (0.02,)),
    "2,000 and 200, 2 % at once": (2_000, 200, (0.02,)),
    "60,200 and 200": (60_200, 200, (0.5, 0.13, 0.075)),
    "60,200 and 30,200": (60_200, 30_200, (0.5, 0.13, 0.075)),
    "200 and 200, nearly all": (200, 200, (0.9, 0.95, 0.97)),
}
COVERAGE = {
    "200 and 200, no difference": (200, 200, SMALL, SMALL),
    "200 and 200": (200, 200, SMALL, (0.4, 0.3, 1 / 3)),
    "2,000 and 200": (2_000, 200, (0.3, 0.2, 0.33), (0.2, 0.3, 0.4)),
    "1,000 and 1,000": (1_000, 1_000, (0.5, 0.13, 0.075), (0.5, 0.2, 0.1)),
    "5,000 and 5,000": (5_000, 5_000, (0.5, 0.2, 0.4), (0.45, 0.25, 0.5)),
    "200 and 200, nearly all": (200, 200, (0.9, 0.95, 0.97), (0.95, 0.9, 0.99)),
}


def rejected(runs, entrants, other_entrants, before, after):
    """Return, step by step, how often the test and the plain delta method find a difference at 5 %."""
    rng = np.random.default_rng(0)
    counts = [np.full(runs, entrants), np.full(runs, other_entrants)]
    found = []
    for chances in zip(before, after, strict=True):
        whole = [one.astype(np.float64) for one in counts]
        counts = [rng.binomial(one, chance) for one, chance in zip(counts, chances, strict=True)]
        come = (whole[0] > 0) & (whole[1] > 0)
        n = [one[come] for one in whole]
        share = [one[come] / of for one, of in zip(counts, n, strict=True)]
        sides = [Shares(estimate=one, low=one, high=one, n=of) for one, of in zip(share, n, strict=True)]
        error = np.sqrt(sum(one * (1 - one) / of for one, of in zip(share, n, strict=True)))
        z = np.divide(share[1] - share[0], error, out=np.zeros(len(error)), where=error > 0)
        found.append(((equal_shares_p_values(*sides) < 0.05).mean(), (2 * ndtr(-np.abs(z)) < 0.05).mean()))
    return np.array(found).T


def totals(rng, entrants, chances):
    counts = [entrants]
    for chance in chances:
        counts.append(int(rng.binomial(counts[-1], chance)))
    return funnel.from_counts({f"s{place}": count for place, count in enumerate(counts)})


def covers(found, name, values):
    low, high = (found.table[f"{name}_{end}"].to_numpy() for end in ("low", "high"))
    return (low <= values + 1e-15) & (values - 1e-15 <= high)


def coverage(runs, entrants, other_entrants, before, after):
    """Return how often contributions, differences and relative differences are covered, step by step; and the whole.

    Of the intervals that are given: there is none where nobody came.
    """
    before, after = np.array(before), np.array(after)
    parts = split_product(before, after).parts
    values = {"contribution": parts, "difference": after - before, "relative_difference": after / before - 1}
    counts, given = np.zeros((2, 3, len(before)))
    whole = 0
    for seed in range(runs):
        rng = np.random.default_rng(seed)
        found = funnel.compare(totals(rng, entrants, before), totals(rng, other_entrants, after))
        for place, (name, value) in enumerate(values.items()):
            counts[place] += covers(found, name, value)
            given[place] += found.table[f"{name}_low"].notna()
        whole += found.difference_low <= parts.sum() <= found.difference_high
    return counts / given, whole / runs


def better(rng, n=600):
    """Draw visitors as `log` does, of whom more go on to b and fewer from there to c: .4 and .4 for .3 and .5."""
    entry = rng.uniform(0, 240, n)
    second = entry + rng.exponential(20, n)
    third = second + rng.exponential(20, n)
    goes, buys = rng.random(n) < 0.4, rng.random(n) < 0.4
    parts = [("a", entry, np.full(n, True)), ("b", second, goes), ("c", third, goes & buys)]
    frame = pd.concat(
        pd.DataFrame({"visitor_id": np.flatnonzero(kept), "event": name, "hour": at[kept]}) for name, at, kept in parts
    )
    at = pd.Timestamp("2024-01-01") + pd.to_timedelta((frame.pop("hour") * HOUR).round().astype("int64"), unit="s")
    frame["occurred_at"] = at.astype("datetime64[us]")
    return frame[frame["occurred_at"] < pd.Timestamp(END)]


def open_windows(runs):
    """Return how often contributions are covered while a third of the windows is open."""
    second, third = truth(80)
    before = np.array([second, third / second])
    after = np.array([second * 0.4 / 0.3, third / second * 0.4 / 0.5])
    definition, parts = funnel.Funnel(["a", "b", "c"], window="80h", reentry=False), split_product(before, after).parts
    counts = np.zeros(2)
    for seed in range(runs):
        rng = np.random.default_rng(seed)
        results = [funnel.analyse(frame, definition, as_of=END) for frame in (log(rng), better(rng))]
        counts += covers(funnel.compare(*results), "contribution", parts)
    return counts / runs


def sessions(runs):
    """Return how often equal funnels of sessions differ at 5 %: by visitor, and taken for independent."""
    definition, found = funnel.Funnel(["a", "b"], window="80h"), np.zeros(2)
    for seed in range(runs):
        rng = np.random.default_rng(seed)
        frames = [log(rng, 150, sessions=6, spread=0.4) for _ in range(2)]
        alone = [frame.assign(visitor_id=frame["session_id"]) for frame in frames]
        for place, pair in enumerate((frames, alone)):
            results = [funnel.analyse(frame, definition, unit="session_id", as_of=END) for frame in pair]
            found[place] += funnel.compare(*results).p_value < 0.05
    return found / runs


@pytest.mark.parametrize("name", SIZES)
def test_equal_steps_differ_in_one_of_twenty(name):
    entrants, other, chances = SIZES[name]
    ours, plain = rejected(20_000, entrants, other, chances, chances)
    print(name, "test", ours.round(4), "plain delta method", plain.round(4))
    assert (ours < 0.055).all()
    assert (ours > 0.04).all()
    assert plain.max() > ours.max() - 0.002


def test_power_beside_it():
    small = rejected(20_000, 200, 200, SMALL, (0.4, 0.3, 1 / 2))[0]
    large = rejected(20_000, 2_000, 2_000, SMALL, (0.34, 0.24, 0.4))[0]
    print("power: 200 and 200", small.round(3), "2,000 and 2,000", large.round(3))
    assert small[0] > 0.5
    assert (large[:2] > 0.4).all()


def test_a_short_version():
    assert coverage(60, *COVERAGE["1,000 and 1,000"])[0].min() >= 0.85
    assert open_windows(40).min() >= 0.85
    together, apart = sessions(40)
    assert together <= 0.15
    assert apart > together


@pytest.mark.parity
@pytest.mark.parametrize("name", COVERAGE)
def test_intervals_cover(name):
    steps, whole = coverage(1_000, *COVERAGE[name])
    for kind, shares in zip(("contribution", "difference", "relative difference"), steps, strict=True):
        print(name, kind, shares.round(3))
    print(name, "whole", whole)
    assert steps.min() >= 0.93
    assert steps.max() <= 0.97
    assert 0.93 <= whole <= 0.97


@pytest.mark.parity
def test_contributions_are_covered_with_open_windows():
    shares = open_windows(1_000)
    print("contribution with open windows", shares.round(3))
    assert ((shares >= 0.93) & (shares <= 0.97)).all()


@pytest.mark.parity
def test_equal_funnels_of_sessions_differ_in_one_of_twenty():
    together, apart = sessions(1_000)
    print(f"sessions: by visitor {together:.3f}, taken for independent {apart:.3f}")
    assert 0.03 <= together <= 0.07
    assert apart > 0.1
