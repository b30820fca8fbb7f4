"""Effects in groups that were known before exposure, and whether they differ from each other.

An effect that is significant in one group and not in another is no difference between the groups: that is tested by
Cochran's Q, which in small groups is Welch's test.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..._stats.chi_square import heterogeneity_p_value
from ..._stats.multiple_testing import Correction, adjust_p_values
from .._read.cells import Cells
from .._read.measures import Measure
from .checks import FAILED_P, arm_counts, sample_ratio
from .estimates import ComparedArms, Comparison, compare

MISSING = "missing"
"""Name of the group of units without a value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRow:
    """A treatment against the control in one group; p and q-value are of the differences between the groups."""

    by: str
    group: str
    variant: str
    comparison: Comparison
    sample_ratio: float
    is_withheld: bool
    p_value: float = float("nan")
    q_value: float = float("nan")


def group_rows(
    cells: Cells, compared: ComparedArms, *, use_covariate: bool, correction: Correction | None, is_overridden: bool
) -> list[GroupRow]:
    """Compare the arms in every group of every column, and the groups with each other."""
    measures = [measure for measure in cells.measures if not measure.is_shown_only]
    families = []
    for by in cells.groups:
        ratios = _sample_ratios(cells, by, compared)
        for measure in measures:
            for arm in compared.tests:
                families.append(
                    [
                        GroupRow(
                            by=by,
                            group=name,
                            variant=compared.arms[arm],
                            comparison=_in_group(
                                cells, compared, measure, arm, (by, code), use_covariate=use_covariate
                            ),
                            sample_ratio=ratio,
                            is_withheld=ratio < FAILED_P and not is_overridden,
                        )
                        for code, name, ratio in ratios
                    ]
                )
    return list(_adjusted(families, correction))


def _in_group(
    cells: Cells, compared: ComparedArms, measure: Measure, arm: int, group: tuple[str, int], *, use_covariate: bool
) -> Comparison:
    rows = cells.groups[group[0]].codes == group[1]
    pair = (compared.control, arm)
    return compare(cells, measure, pair, compared.tests[arm], rows=rows, use_covariate=use_covariate)


def _sample_ratios(cells: Cells, by: str, compared: ComparedArms) -> list[tuple[int, str, float]]:
    """Return the code, the name and the sample ratio of each group; -1 are units without a value."""
    group = cells.groups[by]
    names = dict(enumerate(group.names)) | ({-1: MISSING} if (group.codes < 0).any() else {})
    counts = {code: arm_counts(cells, len(compared.arms), group.codes == code) for code in names}
    return [
        (code, name, sample_ratio(counts[code], compared.shares, is_sequential=compared.is_sequential))
        for code, name in names.items()
    ]


def _adjusted(families: Sequence[list[GroupRow]], correction: Correction | None) -> Iterator[GroupRow]:
    p_values = np.array([_heterogeneity(rows) for rows in families], dtype=np.float64)
    for rows, p_value, q_value in zip(families, p_values, adjust_p_values(p_values, correction), strict=True):
        yield from (replace(row, p_value=float(p_value), q_value=float(q_value)) for row in rows)


def _heterogeneity(rows: Sequence[GroupRow]) -> float:
    """Compute the p-value that the difference is the same in all groups; NaN with fewer than two that can be read."""
    read = [row.comparison for row in rows if not row.is_withheld and row.comparison.welch_error > 0]
    difference, error, df = (
        np.array([getattr(one, name) for one in read], dtype=np.float64) for name in ("difference", "welch_error", "df")
    )
    return heterogeneity_p_value(difference, error, df)
