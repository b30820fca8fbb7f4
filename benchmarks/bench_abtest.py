"""Speed of abtest: a readout of many units beside one pass of means and variances, and beside tea-tasting.

Run it with ``make bench TOPIC=abtest``; ``--rows`` sets the number of units (10 million).
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pandas as pd

PEERS = os.environ.get("ECOMMINE_PEERS", ".venv-peers/bin/python")
METRICS = ("revenue", "orders", "visits", "margin")
PASS_LIMIT, PEER_LIMIT = 3.0, 3.0
REPEATS = 3


def make_units(rows: int) -> pd.DataFrame:
    """Units of two arms with four metrics, each with its covariate."""
    rng = np.random.default_rng(0)
    table: dict[str, Any] = {
        "customer_id": np.arange(rows),
        "variant": np.array(["control", "new"])[rng.integers(0, 2, rows)],
    }
    for name in METRICS:
        before = rng.exponential(10, rows)
        table |= {name: (rng.random(rows) < 0.3) * (before + rng.exponential(10, rows)), f"{name}_before": before}
    return pd.DataFrame(table)


def experiment() -> Any:
    """The same metrics with their covariates."""
    from ecommine import abtest

    metrics = [abtest.Mean(name, f"{name}_before") for name in METRICS]
    return abtest.Experiment("bench", arms={"control": 0.5, "new": 0.5}, metrics=metrics, primary="revenue")


def ours(units: Any) -> float:
    return float(experiment().analyse(units)._rows[0].comparison.difference)


def one_pass(units: Any) -> float:
    """Means and variances of all columns by arm, as one writes it by hand."""
    columns = [*METRICS, *(f"{name}_before" for name in METRICS)]
    if isinstance(units, pd.DataFrame):
        found = units.groupby("variant")[columns].agg(["mean", "var"])
        return float(found["revenue", "mean"].diff().iloc[-1])
    if type(units).__module__.startswith("polars"):
        import polars as pl

        aggregates = [getattr(pl.col(c), f)().alias(f"{c}_{f}") for c in columns for f in ("mean", "var")]
        found = units.lazy().group_by("variant").agg(aggregates).collect().sort("variant")
        return float(found["revenue_mean"][1] - found["revenue_mean"][0])
    parts = ", ".join(f"avg({c}) as {c}_mean, var_samp({c}) as {c}_var" for c in columns)
    rows = units.aggregate(f"variant, {parts}", "variant").order("variant").fetchdf()
    return float(rows["revenue_mean"].diff().iloc[-1])


PEER_CODE = """
import json, sys, time
import pandas as pd, tea_tasting as tt
units = pd.read_parquet(sys.argv[1])
names = json.loads(sys.argv[2])
test = tt.Experiment({name: tt.Mean(name, name + "_before") for name in names})
seconds = []
for _ in range(3):
    start = time.process_time()
    test.analyze(units)
    seconds.append(time.process_time() - start)
print(json.dumps(seconds))
"""


def measured(work: Callable[[Any], float], other: Callable[[Any], float], units: Any) -> tuple[float, float]:
    """Run two ways in turn and return the median seconds of CPU of each."""
    seconds: dict[Callable[[Any], float], list[float]] = {work: [], other: []}
    work(units.head(1_000) if isinstance(units, pd.DataFrame) else units)  # imports
    for _ in range(REPEATS):
        for one, times in seconds.items():
            start = time.process_time()
            one(units)
            times.append(time.process_time() - start)
    return median(seconds[work]), median(seconds[other])


def report(rows: int) -> Iterator[str]:
    """Run everything, line by line."""
    import duckdb
    import polars as pl

    units = make_units(rows)
    assert abs(ours(units) - one_pass(units)) < 1e9  # both run
    tables = {"pandas": units, "polars": pl.from_pandas(units), "duckdb": duckdb.from_df(units)}
    yield f"{rows:,} units, {len(METRICS)} metrics with covariates (CPU)   {'analyse':>10} {'one pass':>10}"
    for name, table in tables.items():
        mine, plain = measured(ours, one_pass, table)
        yield f"  {name:<46}{mine:9.2f} s {plain:9.2f} s   ratio {mine / plain:5.2f} (limit {PASS_LIMIT:g})"
    small = make_units(rows // 10)
    yield f"  pandas, {rows // 10:,} units: {measured(ours, one_pass, small)[0]:.2f} s"
    yield from compare_peer(small)


def compare_peer(units: pd.DataFrame) -> Iterator[str]:
    """Compare with tea-tasting on pandas, in its own environment."""
    if not Path(PEERS).exists():
        yield f"skipped: {PEERS} is not here (make bench makes it, or set ECOMMINE_PEERS)"
        return
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "units.parquet")
        units.to_parquet(path, index=False)
        command = [PEERS, "-W", "ignore", "-c", PEER_CODE, path, json.dumps(METRICS)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    theirs = median(json.loads(done.stdout.splitlines()[-1]))
    mine = measured(ours, one_pass, units)[0]
    yield f"{len(units):,} units on pandas: tea-tasting {theirs:.2f} s, analyse {mine:.2f} s"
    yield f"  times faster {theirs / mine:.1f} (limit {PEER_LIMIT:g})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000_000, help="units (default 10 million)")
    for line in report(parser.parse_args().rows):
        print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
