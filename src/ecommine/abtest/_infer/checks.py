r"""Whether a readout can be trusted: sample ratio, shares by day, balance before exposure, skewness.

The counts of arms are tested against the design by chi-square or, for an experiment that is looked at daily, by the
sequential multinomial test. A mismatch is no chance: units were lost or counted twice in one arm, and those are not
like the others, so that no effect can be read.

References
----------
Fabijan, A., Gupchup, J., Gupta, S., Omhover, J., Qin, W., Vermeer, L. and Dmitriev, P. (2019). Diagnosing sample ratio
mismatch in online controlled experiments. KDD 2019, 2156-2164. https://doi.org/10.1145/3292500.3330722

Crook, T., Frasca, B., Kohavi, R. and Longbotham, R. (2009). Seven pitfalls to avoid when running controlled experiments
on the web. KDD 2009, 1105-1114. https://doi.org/10.1145/1557019.1557139

Boos, D. D. and Hughes-Oliver, J. M. (2000). How large does n have to be for z and t intervals? The American
Statistician 54(2), 121-128. https://doi.org/10.1080/00031305.2000.10474524
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from ..._stats.arrays import Bools, Floats, sums_by_group
from ..._stats.chi_square import chi_square_p_value, counts_p_value, furthest_row, homogeneity
from .._estimate.sequential import sequential_counts_p_value
from .._metrics import Mean
from .._read.cells import Cells
from .._read.measures import Measure
from .estimates import ComparedArms, compare, skewness

Verdict = Literal["ok", "warning", "failed", "not_tested"]
FAILED_P, WARNING_P = 0.001, 0.01
"""P-values below which a check fails, so that effects are withheld, and warns."""
MAX_SKEWNESS = 0.118
"""Skewness of a difference at which one tail of a 5 % test has 3.5 % instead of 2.5 % (first Edgeworth term)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One check: its value, mostly a p-value, and the verdict on it."""

    check: str
    value: float
    verdict: Verdict
    metric: str = ""
    variant: str = ""


class Place(NamedTuple):
    """Where a mismatch sits: the column, its value there, and whether the rest is as designed."""

    column: str
    value: str
    holds_elsewhere: bool


def verdict_of(p_value: float) -> Verdict:
    """Return the verdict on a p-value."""
    if np.isnan(p_value):
        return "not_tested"
    return "failed" if p_value < FAILED_P else "warning" if p_value < WARNING_P else "ok"


def arm_counts(cells: Cells, n_arms: int, rows: Bools | None = None) -> Floats:
    """Count what was randomised in each arm: units, or clusters."""
    kept = np.ones(len(cells.arm), dtype=bool) if rows is None else rows
    if cells.cluster is None:
        return sums_by_group(cells.arm[kept], cells.n[kept], n_arms)
    clusters = np.unique(np.column_stack([cells.arm[kept], cells.cluster[kept]]), axis=0)[:, 0]
    return np.bincount(clusters, minlength=n_arms).astype(np.float64)


def sample_ratio(counts: Floats, shares: Floats | None, *, is_sequential: bool) -> float:
    """Compute the p-value that the counts of arms come from the design; NaN where that is not known."""
    if shares is None or not counts.sum():
        return float("nan")
    if is_sequential:
        return sequential_counts_p_value(counts, shares)
    return counts_p_value(counts, shares)


def locate_mismatch(cells: Cells, shares: Floats) -> list[Place]:
    """Return on which day and in which group counts are furthest from the design."""
    sources = {**({"day": cells.day} if cells.day is not None else {}), **cells.groups}
    places = []
    for column, group in sources.items():
        table = [arm_counts(cells, len(shares), group.codes == code) for code in range(len(group.labels))]
        if len(table) > 1:
            worst, p_value = furthest_row(np.array(table), shares)
            places.append(Place(column=column, value=group.names[worst], holds_elsewhere=not p_value < WARNING_P))
    return places


def shares_by_day(cells: Cells, n_arms: int, *, is_sequential: bool) -> float:
    """Compute the p-value that the shares of arms were the same on all days of each stratum; NaN with one day.

    Looked at daily, the test of day k has 1 / (k (k + 1)) of the level, which adds up to all of it.
    """
    if cells.day is None or cells.cluster is not None:
        return float("nan")
    chi_square, df = 0.0, 0
    for stratum in range(int(cells.stratum.max(initial=-1)) + 1):
        rows = (cells.stratum == stratum) & (cells.day.codes >= 0)
        table = np.zeros((len(cells.day.labels), n_arms))
        np.add.at(table, (cells.day.codes[rows], cells.arm[rows]), cells.n[rows])
        part, part_df = homogeneity(table)
        chi_square, df = chi_square + part, df + part_df
    if not df:
        return float("nan")
    p_value = chi_square_p_value(chi_square, df)
    days = len(cells.day.labels)
    return min(p_value * days * (days - 1), 1.0) if is_sequential else p_value


def balance_checks(cells: Cells, compared: ComparedArms) -> Iterator[Check]:
    """Compare the arms by each covariate, which was known before exposure; p-values count all of these tests."""
    covariates = {measure.covariate for measure in cells.measures if measure.covariate is not None}
    n_tests = len(covariates) * len(compared.tests)
    for place in sorted(covariates):
        column = cells.bases[place].column
        measure = Measure(metric=Mean(column), value=place, second=None)
        for arm, options in compared.tests.items():
            p_value = compare(cells, measure, (compared.control, arm), options).p_value * n_tests
            p_value = min(p_value, 1.0) if p_value == p_value else p_value
            yield Check(
                check="balance", metric=column, variant=compared.arms[arm], value=p_value, verdict=verdict_of(p_value)
            )


def skewness_checks(cells: Cells, compared: ComparedArms) -> Iterator[Check]:
    """Tell of each metric whether its test keeps its level at these sizes of arms."""
    for measure in cells.measures:
        for arm in compared.tests:
            value = abs(skewness(cells, measure, (compared.control, arm)))
            verdict: Verdict = "not_tested" if np.isnan(value) else "warning" if value > MAX_SKEWNESS else "ok"
            yield Check(check="skewness", metric=measure.name, variant=compared.arms[arm], value=value, verdict=verdict)
