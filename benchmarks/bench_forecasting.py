"""Speed and memory of ecommine.forecasting beside statsforecast, which lives in an environment of its own.

make bench TOPIC=forecasting
python benchmarks/bench_forecasting.py                   # 100,000 daily series of a year, about five minutes
python benchmarks/bench_forecasting.py --series 10000    # a quick look
"""

import argparse
import json
import os
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pandas as pd

PEERS = os.environ.get("ECOMMINE_PEERS", ".venv-peers/bin/python")
DAYS, HORIZON, SEASON = 365, 28, 7
REPEATS = 3
FAMILY_LIMIT_SECONDS = 10.0
ETS_LIMIT, THETA_LIMIT = 10.0, 3.0
N_SERIES_OF_PEER = {"AutoETS": 30, "AutoTheta": 60, "CrostonOptimized": 2_000, "TSB": 2_000}
N_SERIES_OF_OURS = 2_000
FAMILY = ("Croston", "SBA", "TSB", "NegativeBinomial")


def slow_demand(n_series: int) -> np.ndarray:
    """Draw daily counts of slow movers, 87 % of them zero."""
    rng = np.random.default_rng(0)
    rate = rng.gamma(0.5, 0.4, n_series)[:, None]
    return rng.poisson(rate * rng.gamma(1.0, 1.0, (n_series, DAYS))).astype(np.float64)


def fast_demand(n_series: int) -> np.ndarray:
    """Draw daily demand with a level that drifts and a week."""
    rng = np.random.default_rng(0)
    level = np.exp(rng.normal(5, 1, (n_series, 1)) + np.cumsum(rng.normal(0, 0.02, (n_series, DAYS)), axis=1))
    week = np.exp(rng.normal(0, 0.2, (n_series, SEASON)))[:, np.arange(DAYS) % SEASON]
    return np.rint(level * week * np.exp(rng.normal(0, 0.15, (n_series, DAYS)))) + 1


def to_sales(demand: np.ndarray) -> pd.DataFrame:
    dates = np.datetime64("2023-01-01", "us") + np.arange(DAYS) * np.timedelta64(1, "D")
    n_series = len(demand)
    return pd.DataFrame(
        {
            "product_id": np.repeat(np.arange(n_series), DAYS),
            "period_at": np.tile(dates, n_series),
            "quantity": demand.ravel().astype(np.int64),
        }
    )


def ours(name: str, n_series: int) -> Callable[[], Any]:
    """Return the work of a model of ours on arrays: fit, and forecast from 24 rolling origins and the end."""
    from ecommine import forecasting
    from ecommine.forecasting._distribution.blocks import project

    demand = slow_demand(n_series) if name in FAMILY else fast_demand(n_series)
    model = getattr(forecasting, name)()
    return lambda: project(model, demand, SEASON, HORIZON)


def fit_alone(name: str, n_series: int) -> Callable[[], Any]:
    """Return the work that the peer does: fit and forecast from the end."""
    from ecommine import forecasting

    demand = fast_demand(n_series)
    model = getattr(forecasting, name)()
    return lambda: model.fit(demand, SEASON).forecasts(np.array([DAYS]), HORIZON)


def whole_call(_: str, n_series: int) -> Callable[[], Any]:
    """Return the whole call on a pandas table."""
    from ecommine import forecasting

    sales = to_sales(slow_demand(n_series))
    model = forecasting.NegativeBinomial()
    return lambda: forecasting.forecast(sales, HORIZON, every="1d", models=model)


def peer(name: str, n_series: int) -> Callable[[], Any]:
    """Return the work of a model of statsforecast, in one process as ours."""
    from statsforecast import StatsForecast, models

    demand = slow_demand(n_series) if name in ("CrostonOptimized", "TSB") else fast_demand(n_series)
    table = to_sales(demand).set_axis(["unique_id", "ds", "y"], axis=1)
    options = {
        "AutoETS": {"season_length": SEASON},
        "AutoTheta": {"season_length": SEASON},
        "TSB": {"alpha_d": 0.1, "alpha_p": 0.1},
    }
    model = getattr(models, name)(**options.get(name, {}))
    return lambda: StatsForecast(models=[model], freq="D", n_jobs=1).forecast(df=table, h=HORIZON)


WORK = {"ours": ours, "fit": fit_alone, "call": whole_call, "peer": peer}


def measured(kind: str, name: str, n_series: int, repeats: int) -> dict[str, float]:
    """Time one piece of work in this process; the first run, which compiles and imports, does not count."""
    warnings.simplefilter("ignore")
    work = WORK[kind](name, n_series)
    before, seconds = peak_mb(), []
    for _ in range(repeats + (kind == "peer")):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return {"seconds": median(seconds[-repeats:]), "peak_mb": peak_mb(), "input_mb": before}


def peak_mb() -> float:
    """Return the most memory that this process held."""
    lines = Path("/proc/self/status").read_text().splitlines() if Path("/proc/self/status").exists() else []
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")), float("nan"))


def in_process(python: str, kind: str, name: str, n_series: int, repeats: int = REPEATS) -> dict[str, float]:
    """Run :func:`measured` in a process of its own."""
    command = [python, __file__, "--work", json.dumps([kind, name, n_series, repeats])]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr[-2_000:])
    answer: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return answer


def report(n_series: int) -> Iterator[str]:
    """Run everything, line by line."""
    yield f"{n_series:,} daily series of {DAYS} periods, {HORIZON} steps, 24 rolling origins and the end"
    for name in FAMILY:
        found = in_process(sys.executable, "ours", name, n_series)
        limit = f"(limit {FAMILY_LIMIT_SECONDS:g})"
        yield f"  {name:<20}{found['seconds']:8.2f} s {limit}   peak {found['peak_mb']:7,.0f} MB"
    found = in_process(sys.executable, "call", "", n_series, 1)
    peak = f"peak {found['peak_mb']:7,.0f} MB, of it {found['input_mb']:,.0f} to make the table"
    yield f"  {'forecast(), pandas':<20}{found['seconds']:8.2f} s              {peak}"
    tenth = in_process(sys.executable, "call", "", n_series // 10, 1)
    yield f"  a tenth of the series: {tenth['seconds']:.2f} s, peak {tenth['peak_mb']:,.0f} MB"
    yield from compare()


def compare() -> Iterator[str]:
    """Compare the time per series with statsforecast's, single-threaded, in alternating processes."""
    if not Path(PEERS).exists():
        yield f"skipped: {PEERS} is not here (make bench makes it, or set ECOMMINE_PEERS)"
        return
    yield ""
    yield "milliseconds per daily series, fit and 28 steps"
    times = {}
    for name in ("ETS", "Theta"):
        times[name] = 1e3 * in_process(sys.executable, "fit", name, N_SERIES_OF_OURS)["seconds"] / N_SERIES_OF_OURS
        yield f"  ours {name:<34}{times[name]:8.3f}"
    for name, n in N_SERIES_OF_PEER.items():
        times[name] = 1e3 * in_process(PEERS, "peer", name, n, 1 if name == "AutoETS" else REPEATS)["seconds"] / n
        yield f"  statsforecast {name:<25}{times[name]:8.3f}"
    for name in ("ETS", "Theta"):
        by_ets, by_theta = times["AutoETS"] / times[name], times["AutoTheta"] / times[name]
        yield f"  {name}: {by_ets:.0f} times as fast as AutoETS (limit {ETS_LIMIT:g}), {by_theta:.1f} as AutoTheta"
    yield f"  (the limit for AutoTheta is {THETA_LIMIT:g})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--series", type=int, default=100_000, help="daily series (default 100,000)")
    parser.add_argument("--work", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        print(json.dumps(measured(*json.loads(options.work))))
        return
    for line in report(options.series):
        print(line, flush=True)


if __name__ == "__main__":
    main()
