"""Coverage of the intervals by simulation: `make parity`; a short version runs with the other tests."""

import numpy as np
import pandas as pd
import pytest

from ecommine import funnel

HOUR = 3_600
END = "2024-01-11 00:00"


def log(rng, n=600, *, sessions=1, spread=0.0, trend=0.0):
    """Draw visitors that enter at random within ten days, and go on after an exponential time, or never.

    With several sessions a visitor, the chance to go on differs between visitors (a beta distribution). With a trend it
    falls from the first entrants to the last.
    """
    visitor = np.repeat(np.arange(n), sessions)
    entry = rng.uniform(0, 240, len(visitor))
    falls = 0.3 * (1 + trend * (1 - entry / 120))
    chance = rng.beta(0.3 / spread, 0.7 / spread, n)[visitor] if spread else falls
    second = entry + rng.exponential(20, len(visitor))
    third = second + rng.exponential(20, len(visitor))
    goes, buys = rng.random(len(visitor)) < chance, rng.random(len(visitor)) < 0.5
    parts = [("a", entry, np.full(len(visitor), True)), ("b", second, goes), ("c", third, goes & buys)]
    frames = [
        pd.DataFrame({"visitor_id": visitor[kept], "session_id": np.flatnonzero(kept), "event": name, "hour": at[kept]})
        for name, at, kept in parts
    ]
    frame = pd.concat(frames, ignore_index=True)
    at = pd.Timestamp("2024-01-01") + pd.to_timedelta((frame.pop("hour") * HOUR).round().astype("int64"), unit="s")
    frame["occurred_at"] = at.astype("datetime64[us]")
    return frame[frame["occurred_at"] < pd.Timestamp("2024-01-11")]


def truth(window):
    """Return the share that reaches b, and c, within the window: exponential, and the sum of two."""
    scaled = window / 20
    return 0.3 * (1 - np.exp(-scaled)), 0.15 * (1 - np.exp(-scaled) * (1 + scaled))


def covered(row, name, value):
    return row[f"{name}_low"] <= value <= row[f"{name}_high"]


def naive_covers(row, entrants, value):
    from statsmodels.stats.proportion import proportion_confint

    low, high = proportion_confint(row["reached"], entrants, method="wilson")
    return low <= value <= high


def measured(runs):
    second, third = truth(80)
    counts = dict.fromkeys(("b", "c", "step", "naive"), 0)
    widths = []
    for seed in range(runs):
        frame = log(np.random.default_rng(seed))
        options = {"as_of": END}
        found = funnel.analyse(frame, funnel.Funnel(["a", "b", "c"], window="80h", reentry=False), **options)
        rows = found.table.set_index("step")
        counts["b"] += covered(rows.loc["b"], "conversion", second)
        counts["c"] += covered(rows.loc["c"], "conversion", third)
        counts["step"] += covered(rows.loc["c"], "step_conversion", third / second)
        counts["naive"] += naive_covers(rows.loc["b"], found.entrants, second)
        entry = frame[frame["event"] == "a"].set_index("visitor_id")["occurred_at"]
        old = entry[entry <= pd.Timestamp("2024-01-11") - pd.Timedelta("80h")].index
        mature = funnel.analyse(frame[frame["visitor_id"].isin(old)], found.definition, **options).table.loc[1]
        row = rows.loc["b"]
        widths.append(
            (row["conversion_high"] - row["conversion_low"]) / (mature["conversion_high"] - mature["conversion_low"])
        )
    return {name: count / runs for name, count in counts.items()}, float(np.mean(widths))


def sessions_measured(runs):
    together = apart = 0
    second, _ = truth(80)
    for seed in range(runs):
        frame = log(np.random.default_rng(seed), 150, sessions=6, spread=0.4)
        definition = funnel.Funnel(["a", "b"], window="80h")
        one = funnel.analyse(frame, definition, unit="session_id", as_of=END).table.loc[1]
        other = funnel.analyse(frame.assign(visitor_id=frame["session_id"]), definition, as_of=END).table.loc[1]
        together += covered(one, "conversion", second)
        apart += covered(other, "conversion", second)
    return together / runs, apart / runs


def trend_measured(runs):
    """Return how often the mean conversion of all entrants is covered where it falls by 30 % each way, and the bias."""
    second, _ = truth(80)
    hits = told = 0
    shares = []
    for seed in range(runs):
        frame = log(np.random.default_rng(seed), 2_000, trend=0.3)
        found = funnel.analyse(frame, funnel.Funnel(["a", "b"], window="80h", reentry=False), as_of=END)
        row = found.table.loc[1]
        hits += covered(row, "conversion", second)
        told += any("convert differently" in note for note in found.notes)
        shares.append((row["conversion"] - second, row["naive_conversion"] - second))
    bias, naive = np.mean(shares, axis=0)
    return hits / runs, told / runs, bias, naive


@pytest.mark.parity
def test_a_trend_biases_and_is_told():
    hits, told, bias, naive = trend_measured(1_000)
    print(f"trend: covered {hits:.3f}, told in {told:.3f}, bias {bias:+.4f}, naive {naive:+.4f}")
    assert 0.7 < hits < 0.95
    assert told > 0.25  # at p < .01, from the entrants whose window is over
    assert abs(bias) < abs(naive)


@pytest.mark.parity
def test_intervals_cover_with_open_windows():
    shares, width = measured(1_000)
    print({name: round(share, 3) for name, share in shares.items()}, f"width beside mature entrants alone {width:.2f}")
    for name in ("b", "c", "step"):
        assert 0.93 <= shares[name] <= 0.97
    assert shares["naive"] < 0.9
    assert width < 1


@pytest.mark.parity
def test_sessions_of_one_visitor_are_taken_together():
    together, apart = sessions_measured(1_000)
    print(f"sessions: by visitor {together:.3f}, taken for independent {apart:.3f}")
    assert 0.93 <= together <= 0.97
    assert apart < 0.9


def test_a_short_version():
    shares, width = measured(60)
    assert min(shares[name] for name in ("b", "c", "step")) >= 0.85
    assert width < 1
    together, apart = sessions_measured(60)
    assert together > apart


def few_visitors(seed, n_visitors, of, a=2, b=5):
    """Draw sessions an hour apart, converting with a chance of each visitor's own; say whether the interval has it."""
    rng = np.random.default_rng(seed)
    visitor = np.repeat(np.arange(n_visitors), of)
    converts = rng.random(len(visitor)) < rng.beta(a, b, n_visitors)[visitor]
    at = np.datetime64("2024-01-01", "us") + np.arange(len(visitor)) * np.timedelta64(1, "h")
    views = pd.DataFrame(
        {"visitor_id": visitor, "session_id": np.arange(len(visitor)), "event": "v", "occurred_at": at}
    )
    after = views[converts].assign(event="p", occurred_at=at[converts] + np.timedelta64(1, "m"))
    found = funnel.analyse(
        pd.concat([views, after]), funnel.Funnel(["v", "p"], window="1h"), unit="session_id", as_of="2025-06-01"
    )
    row = found.table.iloc[1]
    return row["conversion_low"] <= a / (a + b) <= row["conversion_high"]


@pytest.mark.parity
@pytest.mark.parametrize(("n_visitors", "of"), [(2, 50), (3, 50), (5, 50), (8, 50), (20, 20), (150, 5)])
def test_sessions_of_few_visitors_are_covered(n_visitors, of):
    covered = np.mean([few_visitors(seed, n_visitors, of) for seed in range(1_000)])
    print(f"{of} sessions of each of {n_visitors} visitors: covered {covered:.3f}")
    assert 0.92 <= covered <= 0.985
