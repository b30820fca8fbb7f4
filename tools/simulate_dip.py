"""Simulate the quantiles of the dip of uniform values that stand in `ecommine._stats.dip`.

    python tools/simulate_dip.py

prints the table. With 40,000 samples for each number of values the chance at .01 is known to .0005.
"""

import numpy as np
from numba import njit

from ecommine._stats import dip as module

SIZES = (50, 200, 1_000, 5_000, 20_000)
SAMPLES = 40_000


def main() -> None:
    """Print the quantiles for every number of values."""
    module.convex_minorant = njit(module.convex_minorant)
    for n in SIZES:
        rng = np.random.default_rng(n)
        dips = np.empty(SAMPLES)
        for i in range(SAMPLES):
            times = rng.standard_exponential(n + 1).cumsum()  # sorted uniform values, but for their scale
            above = np.arange(1.0, n + 1)
            dips[i] = module._dip_of_steps(times[:-1], above - 1, above) / (2 * n)
        quantiles = np.quantile(dips * np.sqrt(n), 1 - np.array(module.TAILS))
        print(f"    {n}: ({', '.join(f'{value:.4f}' for value in quantiles)}),", flush=True)


if __name__ == "__main__":
    main()
