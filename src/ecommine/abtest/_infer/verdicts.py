"""Families of tests, their q-values, and the verdict on each comparison.

The primary metric has its level for itself, shared only by its arms (Holm). The other goals share theirs by the
experiment's correction. Guardrails are not corrected: each must pass, so that more of them make a release harder.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from ..._stats.multiple_testing import Correction, adjust_p_values
from .._metrics import Guardrail
from .estimates import Comparison

Role = Literal["primary", "secondary", "guardrail", "for_comparison"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of the readout: a metric, a treatment, what was found; of a guardrail also its margin."""

    role: Role
    variant: str
    comparison: Comparison
    guardrail: Guardrail | None = None
    q_value: float = float("nan")
    verdict: str = "withheld"

    @property
    def metric(self) -> str:
        """Name of the metric."""
        return self.comparison.measure.name


def judge(rows: Sequence[Row], *, correction: Correction | None, level: float) -> list[Row]:
    """Add q-values and verdicts."""
    p_values = np.array([row.comparison.p_value for row in rows])
    q_values = np.full(len(rows), np.nan)
    methods: dict[Role, Correction | None] = {"primary": "holm", "secondary": correction, "guardrail": None}
    for role, method in methods.items():
        places = [place for place, row in enumerate(rows) if row.role == role]
        q_values[places] = adjust_p_values(p_values[places], method)
    return [_judged(row, float(q), level) for row, q in zip(rows, q_values, strict=True)]


def _judged(row: Row, q_value: float, level: float) -> Row:
    verdict = _verdict(row, q_value, level)
    return replace(row, q_value=q_value, verdict=verdict)


def _verdict(row: Row, q_value: float, level: float) -> str:
    if row.role == "for_comparison":
        return "for_comparison"
    if np.isnan(q_value):
        return "not_started" if row.comparison.is_early else "not_tested"
    if row.role == "guardrail":
        tail = (1 - level) / 2
        return "passed" if q_value < tail else "failed" if 1 - q_value < tail else "not_shown"
    if not q_value < 1 - level:
        return "no_clear_difference"
    is_higher = row.comparison.difference > 0
    return "better" if is_higher == (row.comparison.measure.metric.better == "higher") else "worse"
