"""Speed and memory of all elasticities of a shop, beside pyfixest and beside a loop of statsmodels.

pyfixest fits one slope for all products: it has no slopes by group that it takes out as it does effects, so that 5,000
slopes would be 5,000 columns. Its time is that of one slope with the same two-way effects. The loop of statsmodels fits
each product by a formula, without effects of periods. Ours fits the 5,000 slopes and two-way effects together, reads
the table, and draws the slopes to their categories; the default also solves again for errors that follow each other.

    python benchmarks/bench_elasticity.py              # 1 million rows, one or two minutes
    python benchmarks/bench_elasticity.py --growth     # also 10 million rows
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

os.environ.setdefault("OMP_NUM_THREADS", "1")  # threads that wait for a busy core count as work, for both sides

import numpy as np
import pandas as pd

PEERS = os.environ.get("ECOMMINE_PEERS", ".venv-peers/bin/python")
REPEATS = 5
PRODUCTS, PERIODS, CATEGORIES = 5_000, 200, 50
LOOPED = 500
"""Products that the loop fits; its time for all is in proportion."""
PYFIXEST_LIMIT, STATSMODELS_LIMIT = 5.0, 50.0
PEER_CODE = """
import json, sys, time
import numpy as np, pandas as pd, pyfixest as pf
rows = pd.read_parquet(sys.argv[1])
seconds = []
for _ in range(int(sys.argv[2])):
    start, cpu = time.perf_counter(), time.process_time()
    named = rows.assign(y=np.log(rows["quantity"]), x=np.log(rows["price"]))
    fit = pf.feols("y ~ x | product_id + period_at", named, vcov="iid")
    seconds.append((time.perf_counter() - start, time.process_time() - cpu))
print(json.dumps({"seconds": seconds, "slope": float(fit.coef().iloc[0])}))
"""


def make_panel(products: int, *, share: float = 0.9) -> pd.DataFrame:
    """Draw an unbalanced panel of product and week."""
    from ecommine import datasets

    sales = datasets.make_sales(
        products,
        PERIODS,
        counts=False,
        assortment=datasets.Assortment(categories=CATEGORIES),
        pricing=datasets.Pricing(promotion_rate=0),
    ).table[["product_id", "period_at", "quantity", "price", "category"]]
    return sales[np.random.default_rng(0).random(len(sales)) < share].reset_index(drop=True)


def ours(sales: pd.DataFrame, errors: str) -> pd.DataFrame:
    from ecommine import elasticity

    return elasticity.fit(sales, errors=errors).table


def one_slope(sales: pd.DataFrame) -> float:
    """Fit the peer's model with our call: its slope must be the same."""
    from ecommine import elasticity

    return float(elasticity.fit(sales, by=None, errors="iid", shrink=None).table["elasticity"].iloc[0])


def looped(sales: pd.DataFrame) -> list[float]:
    """Fit each product by a formula, as a notebook would."""
    import statsmodels.formula.api as smf

    rows = sales.assign(y=np.log(sales["quantity"]), x=np.log(sales["price"]))
    return [float(smf.ols("y ~ x", one).fit().params["x"]) for _, one in rows.groupby("product_id")]


def timed(call: Callable[[], object], repeats: int = REPEATS) -> tuple[float, float]:
    """Return the median seconds of the wall and of the processor, after one call to import."""
    call()
    seconds = []
    for _ in range(repeats):
        start, cpu = time.perf_counter(), time.process_time()
        call()
        seconds.append((time.perf_counter() - start, time.process_time() - cpu))
    wall, used = zip(*seconds, strict=True)
    return median(wall), median(used)


def peer(path: str) -> tuple[list[tuple[float, float]], float]:
    done = subprocess.run(
        [PEERS, "-W", "ignore", "-c", PEER_CODE, path, "4"], capture_output=True, text=True, check=True
    )
    answer = json.loads(done.stdout.splitlines()[-1])
    return answer["seconds"], answer["slope"]


def compare_pyfixest(sales: pd.DataFrame, folder: Path) -> Iterator[str]:
    """Compare in alternating processes, the first call of each apart, and the same slope before any time."""
    if not Path(PEERS).exists():
        yield f"skipped: {PEERS} is not here (make bench makes it, or set ECOMMINE_PEERS)"
        return
    path = str(folder / "sales.parquet")
    sales.to_parquet(path)
    theirs, mine, slope = [], [], 0.0
    for _ in range(2):
        seconds, slope = peer(path)
        theirs.append(seconds)
        mine.append(timed(lambda: ours(sales, "iid"), 3))
    if not np.isclose(one_slope(sales), slope, rtol=1e-6):
        raise AssertionError(f"{one_slope(sales)} is not {slope}")
    first = median(run[0][0] for run in theirs)
    later = median([one[0] for run in theirs for one in run[1:]])
    cpu = median([one[1] for run in theirs for one in run[1:]])
    wall, used = (median([run[part] for run in mine]) for part in (0, 1))
    yield f"pyfixest, one slope          first call {first:6.2f} s, later {later:6.2f} s ({cpu:.2f} s CPU)"
    yield f"fit, {PRODUCTS:,} slopes, iid                      {wall:6.2f} s ({used:.2f} s CPU)"
    yield (
        f"times faster (limit {PYFIXEST_LIMIT:g}): {later / wall:.1f} on the wall, {cpu / used:.1f} of CPU, "
        f"{first / wall:.1f} on the first call of a process; per slope {PRODUCTS * later / wall:,.0f}"
    )


def compare_statsmodels(sales: pd.DataFrame) -> Iterator[str]:
    part = sales[sales["product_id"] <= LOOPED]
    loop = timed(lambda: looped(part), 1)
    wall, used = timed(lambda: ours(sales, "iid"), 3)
    scale = PRODUCTS / LOOPED
    yield f"statsmodels, a loop of formulas: {loop[0] * scale:.1f} s ({loop[1] * scale:.1f} s CPU) for {PRODUCTS:,}"
    ratios = loop[0] * scale / wall, loop[1] * scale / used
    yield f"times faster (limit {STATSMODELS_LIMIT:g}): {ratios[0]:.0f} on the wall, {ratios[1]:.0f} of CPU"


def growth(sales: pd.DataFrame, *, large: bool) -> Iterator[str]:
    """Time tenfold rows: more products, then ten times as many again."""
    small = sales[sales["product_id"] <= PRODUCTS // 10]
    steps = [(small, "ar1"), (sales, "ar1")]
    if large:
        steps.append((make_panel(10 * PRODUCTS), "ar1"))
    before = None
    for rows, errors in steps:
        wall, used = timed(lambda rows=rows, errors=errors: ours(rows, errors), 3)
        ratio = "" if before is None else f": {used / before:.1f} x CPU"
        yield f"fit, default errors, {len(rows):>10,} rows {wall:6.2f} s ({used:.2f} s CPU){ratio}"
        before = used
    yield f"peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--growth", action="store_true", help="also 10 million rows")
    options = parser.parse_args()
    sales = make_panel(PRODUCTS)
    print(f"{len(sales):,} rows, {PRODUCTS:,} products, {PERIODS} periods, two-way effects")
    with tempfile.TemporaryDirectory() as name:
        for line in (
            *compare_pyfixest(sales, Path(name)),
            *compare_statsmodels(sales),
            *growth(sales, large=options.growth),
        ):
            print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
