"""Many experiments without an effect at once: sums of simulated arms, compared as a readout compares them."""

from collections.abc import Iterator

import numpy as np

from ecommine import abtest
from ecommine.abtest._estimate.mean_differences import DifferenceTest
from ecommine.abtest._infer.estimates import Comparison, compare
from ecommine.abtest._read.cells import Cells
from ecommine.abtest._read.measures import list_measures

MEAN = abtest.Mean("x")


def fixed(level=0.95):
    return DifferenceTest(level=level, is_sequential=False, planned=0.0)


def sequential(planned, level=0.95):
    return DifferenceTest(level=level, is_sequential=True, planned=planned)


def cells_of(control, treatment, *, second=None, metric=MEAN, cluster=None):
    """Cells of two arms from their values; with clusters one cell for each."""
    bases, measures = list_measures([metric])
    values = (
        (control, treatment) if second is None else (np.vstack([control, second[0]]), np.vstack([treatment, second[1]]))
    )
    columns = [np.atleast_2d(one) for one in values]
    codes = cluster or (np.zeros(columns[0].shape[1], dtype=int), np.zeros(columns[1].shape[1], dtype=int))
    parts, shift = [], 0
    for arm, (block, code) in enumerate(zip(columns, codes, strict=True)):
        n = np.bincount(code)
        parts.append((np.full(len(n), arm), n, np.arange(len(n)) + shift, block, code))
        shift += len(n)
    centres = np.concatenate(columns, axis=1).mean(axis=1)

    def total(function):
        return np.concatenate([np.bincount(code, function(block)) for _, _, _, block, code in parts])

    pairs = [(i, j) for i in range(len(bases)) for j in range(i, len(bases))]
    return Cells(
        arm=np.concatenate([part[0] for part in parts]),
        state=np.zeros(shift, dtype=int),
        n=np.concatenate([part[1] for part in parts]).astype(float),
        stratum=np.zeros(shift, dtype=int),
        day=None,
        groups={},
        cluster=np.concatenate([part[2] for part in parts]) if cluster else None,
        bases=bases,
        measures=measures,
        sums=np.array([total(lambda block, i=i: block[i]) for i in range(len(bases))]),
        nonzero=np.array([total(lambda block, i=i: block[i] != 0) for i in range(len(bases))], dtype=float),
        centres=centres,
        products={
            (i, j): total(lambda block, i=i, j=j: (block[i] - centres[i]) * (block[j] - centres[j])) for i, j in pairs
        },
        cubes={measures[0].name: total(lambda block: (block[0] - centres[0]) ** 3)},
    )


def comparison_of(control, treatment, options=None, **parts) -> Comparison:
    """Compare two arms of values."""
    cells = cells_of(control, treatment, **parts)
    return compare(cells, cells.measures[0], (0, 1), options or fixed())


def false_finds(draw, runs, options=None, *, level=0.95) -> float:
    """Return the share of runs whose p-value is below the level, where ``draw(rng)`` gives the values of both arms."""
    p_values = [comparison_of(*draw(np.random.default_rng(seed)), options).p_value for seed in range(runs)]
    return float(np.mean(np.array(p_values) < 1 - level))


def looks(draw, days) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield the values of both arms up to each day, where ``draw()`` gives those of one."""
    arms = ([], [])
    for _ in range(days):
        for arm, values in zip(arms, draw(), strict=True):
            arm.append(values)
        yield np.concatenate(arms[0]), np.concatenate(arms[1])
