"""Speed and memory of a funnel with re-entry, beside DuckDB's SQL and beside pandas.

Ten million events of a million visitors, five steps, a window of seven days. Every tool gives the number of visitors
that reach each step, and these are compared before any time is believed. Ours and theirs run in alternating processes,
A B A B; printed are medians of the calls after the first, the most memory of a process above what it held before the
call, and the growth for ten times the events. Theirs count; ours also estimates, with intervals and times.

    python benchmarks/bench_funnel.py                      # about five minutes
    python benchmarks/bench_funnel.py --events 1000000     # a quick look
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pandas as pd

STEPS = ["view_item", "add_to_cart", "begin_checkout", "add_payment_info", "purchase"]
LIMITS = {"duckdb sql": 2.0, "pandas, visitor by visitor": 20.0, "retentioneering": 20.0}
REPEATS = 3
WEEK = 7 * 86_400
SLICE = 100
"""The part of the visitors that are followed one by one in pandas; its time is multiplied."""


def make_events(n: int, *, text: bool = False) -> pd.DataFrame:
    """Draw events of ten a visitor in sixty days: mostly views, fewer the deeper, some that are no step."""
    rng = np.random.default_rng(0)
    visitor = rng.integers(0, n // 10, n)
    names = np.array([*STEPS, "page_view", "search"], dtype=object)
    event = names[rng.choice(len(names), n, p=[0.35, 0.15, 0.1, 0.08, 0.07, 0.15, 0.1])]
    at = np.datetime64("2024-01-01", "us") + rng.integers(0, 60 * 86_400, n) * np.timedelta64(1_000_000, "us")
    frame = pd.DataFrame({"visitor_id": visitor, "event": pd.Series(event, dtype="str"), "occurred_at": at})
    if text:
        frame["visitor_id"] = ("V-" + frame["visitor_id"].astype("string[pyarrow]")).astype("str")
    return frame.sort_values("occurred_at", ignore_index=True)


def ours(events: Any) -> list[int]:
    from ecommine import funnel

    found = funnel.analyse(events, funnel.Funnel(STEPS, window="7d")).table
    return [int(one) for one in found["reached"].to_numpy().tolist()]


def ours_without_window(events: Any) -> list[int]:
    from ecommine import funnel

    found = funnel.analyse(events, funnel.Funnel(STEPS, window="36500d")).table
    return [int(one) for one in found["reached"].to_numpy().tolist()]


def retentioneering(events: pd.DataFrame) -> list[int]:
    """Count paths through its closed funnel, which knows no window; the stream is made anew, as the table is read."""
    from retentioneering.eventstream.eventstream import Eventstream

    schema = {"path_cols": ["visitor_id"], "event_col": "event", "timestamp_col": "occurred_at"}
    found = Eventstream(events, schema).funnel_data(STEPS)
    return [int(step["unique_paths"]) for step in found["steps"]]


def duckdb_sql(path: str) -> list[int]:
    """Chain AS OF joins: each event of a step follows the latest valid event of the step before."""
    import duckdb

    parts = [f"s0 as (select visitor_id, occurred_at as at, occurred_at as since from e where event = '{STEPS[0]}')"]
    for place, step in enumerate(STEPS[1:], start=1):
        parts.append(
            f"s{place} as (select a.visitor_id, a.occurred_at as at, b.since from "
            f"(select visitor_id, occurred_at from e where event = '{step}') a asof join s{place - 1} b "
            f"on a.visitor_id = b.visitor_id and a.occurred_at >= b.at "
            f"where a.occurred_at - b.since <= interval 7 day)"
        )
    counts = " union all ".join(
        f"select {i} as i, count(distinct visitor_id) as n from s{i}" for i in range(len(STEPS))
    )
    query = f"with e as (select * from read_parquet('{path}')), {', '.join(parts)} {counts} order by i"
    return [row[1] for row in duckdb.sql(query).fetchall()]


def pandas_merge(events: pd.DataFrame) -> list[int]:
    """The same chain with merge_asof."""
    last = events[events["event"] == STEPS[0]][["visitor_id", "occurred_at"]].sort_values("occurred_at")
    last["since"] = last["occurred_at"]
    reached = [last["visitor_id"].nunique()]
    for step in STEPS[1:]:
        here = events[events["event"] == step][["visitor_id", "occurred_at"]].sort_values("occurred_at")
        joined = pd.merge_asof(here, last, on="occurred_at", by="visitor_id")
        last = joined[joined["occurred_at"] - joined["since"] <= pd.Timedelta("7d")]
        reached.append(last["visitor_id"].nunique())
    return reached


def pandas_loop(events: pd.DataFrame) -> list[int]:
    """Follow each visitor in Python, as notebooks do; a hundredth of the visitors only."""
    few = events[events["visitor_id"] % SLICE == 0].sort_values(["visitor_id", "occurred_at"])

    def deepest(rows: pd.DataFrame) -> int:
        since: list[Any] = [None] * len(STEPS)
        for event, at in zip(rows["event"], rows["occurred_at"], strict=True):
            if event not in STEPS:
                continue
            place = STEPS.index(event)
            if place == 0:
                since[0] = at
            elif since[place - 1] is not None and (at - since[place - 1]).total_seconds() <= WEEK:
                since[place] = since[place - 1]
        return sum(one is not None for one in since)

    depth = few.groupby("visitor_id")[["event", "occurred_at"]].apply(deepest)
    return [int((depth > place).sum()) for place in range(len(STEPS))]


def loaded(library: str, path: str) -> Any:
    if library == "polars":
        import polars as pl

        return pl.read_parquet(path)
    if library == "pyarrow":
        import pyarrow.parquet as pq

        return pq.read_table(path)
    if library == "duckdb":
        import duckdb

        return duckdb.read_parquet(path)
    return path if library == "file" else pd.read_parquet(path)


CALLS: dict[str, tuple[str, Callable[[Any], list[int]]]] = {
    "pandas": ("pandas", ours),
    "polars": ("polars", ours),
    "pyarrow": ("pyarrow", ours),
    "duckdb": ("duckdb", ours),
    "duckdb sql": ("file", duckdb_sql),
    "pandas, merge_asof": ("pandas", pandas_merge),
    "pandas, visitor by visitor": ("pandas", pandas_loop),
}
WITHOUT_WINDOW: dict[str, tuple[str, Callable[[Any], list[int]]]] = {
    "pandas, no window": ("pandas", ours_without_window),
    "retentioneering": ("pandas", retentioneering),
}
PEER = "retentioneering"


def held_mb(what: str) -> float:
    """Return the memory that this process holds (VmRSS) or held at most (VmHWM)."""
    line = next(x for x in Path("/proc/self/status").read_text().splitlines() if x.startswith(what))
    return int(line.split()[1]) / 1024


def work(name: str, path: str, repeats: int) -> dict[str, Any]:
    """Call one tool several times; report seconds, what it found, and the memory of the first call."""
    warnings.simplefilter("ignore")
    library, call = (CALLS | WITHOUT_WINDOW)[name]
    events, seconds = loaded(library, path), []
    Path("/proc/self/clear_refs").write_text("5")
    held, peak, found = held_mb("VmRSS"), 0.0, []
    for _ in range(repeats):
        start = time.perf_counter()
        found = call(events)
        seconds.append(time.perf_counter() - start)
        peak = peak or held_mb("VmHWM")
    return {"seconds": seconds, "found": found, "mb": peak - held}


def in_process(name: str, path: str, repeats: int, script: str = __file__) -> dict[str, Any]:
    python = os.environ.get("ECOMMINE_PEERS", sys.executable) if name == PEER else sys.executable
    order = [python, script, "--work", json.dumps([name, path, repeats])]
    quiet = os.environ | {"RETENTIONEERING_NO_TRACK": "1"}  # it sends what is called over the network
    done = subprocess.run(order, capture_output=True, text=True, check=False, env=quiet)
    if done.returncode:
        raise RuntimeError(f"{name}: {done.stderr[-1_500:]}")
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def compare(title: str, path: str, names: list[str]) -> Iterator[str]:
    """Run tools in turn, twice, and print medians and ratios."""
    runs: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
    for _ in range(2):
        for name in names:
            runs[name].append(in_process(name, path, 1 if "visitor by" in name else REPEATS))
    exact = {name: tuple(of[0]["found"]) for name, of in runs.items() if "visitor by" not in name}
    if len(set(exact.values())) != 1:
        raise AssertionError(f"{title}: {exact}")
    yield f"{title}: {', '.join(f'{one:,}' for one in exact[names[0]])} visitors reach the steps"
    seconds = {n: median([s for run in of for s in run["seconds"][1:] or run["seconds"]]) for n, of in runs.items()}
    for name in names:
        times = SLICE if "visitor by" in name else 1
        ratio = seconds[name] * times / seconds[names[0]]
        limit = f" (limit {LIMITS[name]:g})" if name in LIMITS else ""
        yield (
            f"  {name:<28}{seconds[name] * times:9.2f} s   {ratio:7.2f} x {names[0]}{limit:<12}"
            f"   {max(run['mb'] for run in runs[name]):7,.0f} MB"
        )


def report(events: int) -> Iterator[str]:
    """Run everything, line by line."""
    with tempfile.TemporaryDirectory() as folder:
        for title, n, text in (("", events, False), (", text ids", events, True), ("", 10 * events, False)):
            path, frame = str(Path(folder) / "events.parquet"), make_events(n, text=text)
            size = frame.memory_usage(deep=False).sum() / 1e6
            frame.to_parquet(path, index=False)
            del frame
            names = list(CALLS) if n == events else ["polars", "duckdb"]
            names = [one for one in names if not (text and "visitor by" in one)]
            yield from compare(f"{n:,} events ({size:,.0f} MB){title}", path, names)
            if n == events and not text and "ECOMMINE_PEERS" in os.environ:
                yield from compare(f"{n:,} events, no window", path, list(WITHOUT_WINDOW))


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--work", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.work:
        print(json.dumps(work(*json.loads(given.work))))
        return
    for line in report(given.events):
        print(line, flush=True)


if __name__ == "__main__":
    main()
