"""The table of a funnel: one row per step, of all units or of each group."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ..._core.arrays import Floats, Ints
from ..._core.notes import Note
from ..._core.texts import is_known
from ..._stats.clusters import effective_sample_size
from ..._stats.intervals import cluster_quantile, wilson_interval, z_test_p_values
from .._match.plan import Plan
from .estimates import QUARTILE_COLUMNS, FunnelSums
from .units import UnitStore

INTERVAL_COLUMNS = tuple(f"{name}{end}" for name in ("conversion", "step_conversion") for end in ("", "_low", "_high"))
MIN_ENTRANTS_FOR_TREND = 200
"""Entrants with closed windows from which earlier and later ones are compared."""
MIN_SHARE_LATE = 0.05
"""Share of those that reached the last step by a later attempt only, from which that is noted."""
ROUNDING = 1e-12
"""A variance below this share of the variances it is the difference of is rounding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepEstimates:
    """The measured funnel of some units."""

    rows: list[dict[str, Any]]  # of the table, one per step
    entrants: int
    open: int  # entrants whose window is still open
    trend: float | None  # p-value of equal conversion of earlier and later entrants; None where there are too few
    covariance: Floats  # of the conversions from the entry; NaN while all windows are open, and for one visitor
    optional: tuple[bool, ...]  # by step
    clusters: int | None = None  # visitors of the units; None where units are independent
    late: int = 0  # units that reached the last step, but not within the window of their first entry
    first_conversion: float = np.nan  # to the last step, of what is within that window

    def column(self, name: str) -> Floats:
        """Return a column of the table, step by step, as floats."""
        return np.array([row[name] for row in self.rows], dtype=np.float64)

    @property
    def pending(self) -> int:
        """Units that may still get further: their window is open, and they have not reached the last required step."""
        return sum(row["pending"] for row in self.rows)

    @property
    def has_many_late(self) -> bool:
        """Whether many of those that reached the last step did so by a later attempt only, and that is measured."""
        last = self.rows[-1] if self.rows else {}
        return bool(self.late and is_known(last["conversion"]) and self.late >= MIN_SHARE_LATE * last["reached"])

    @property
    def required_rows(self) -> list[dict[str, Any]]:
        """The rows of steps that may not be left out."""
        return [row for row, is_optional in zip(self.rows, self.optional, strict=True) if not is_optional]


Groups = Sequence[tuple[Any, StepEstimates]]
"""Estimates by the value of `by`, or by when the period begins."""
Labelled = tuple[dict[str, Any], StepEstimates]
"""Estimates of a group and period, by column."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FunnelEstimates:
    """What a funnel is measured to be, from events in memory or on Spark, or from totals."""

    whole: StepEstimates
    groups: list[Labelled]  # by group and period; else all units with an empty label
    over_periods: list[tuple[Any, StepEstimates]] = field(default_factory=list)  # by group, where there are periods too
    notes: list[Note]
    store: UnitStore | None = None  # the units, for their table and for plots


def estimate_steps(sums: FunnelSums, plan: Plan, step_labels: Sequence[str], level: float) -> StepEstimates:
    """Compute the rows of a table from sums of units."""
    if sums.clusters == sums.entrants:  # each visitor has one unit: these are independent
        sums = replace(sums, clusters=None)
    z = cluster_quantile(level, sums.clusters)
    pending = sums.reached_open[[plan.required_before(step) for step in range(plan.n_steps)]] - sums.reached_open
    rows = [_step_row(sums, plan, step, name, int(pending[step]), z) for step, name in enumerate(step_labels)]
    is_known = sums.entrants > sums.open and sums.clusters != 1
    return StepEstimates(
        rows=rows,
        entrants=sums.entrants,
        open=sums.open,
        trend=trend_p_value(sums.halves),
        covariance=sums.covariance if is_known else np.full_like(sums.covariance, np.nan),
        optional=plan.optional,
        clusters=sums.clusters,
        late=sums.late if plan.reentry else 0,  # values that are held constant have an attempt each
        first_conversion=sums.first_conversion,
    )


def _step_row(sums: FunnelSums, plan: Plan, step: int, name: str, pending: int, z: float) -> dict[str, Any]:
    reached, before = int(sums.reached[step]), plan.required_before(step)
    is_required = not plan.optional[step]  # a unit that skips an optional step is not lost
    return {
        "step": name,
        "reached": reached,
        **_conversions(sums, step, before, z),
        "dropped": int(sums.reached[before] - reached - pending) * is_required,
        "pending": pending * is_required,
        "skipped": int(sums.skipped[step]),
        "naive_conversion": reached / sums.entrants if sums.entrants else np.nan,
        **dict(zip(QUARTILE_COLUMNS, sums.seconds[step].tolist(), strict=True)),
    }


def _conversions(sums: FunnelSums, step: int, before: int, z: float) -> dict[str, float]:
    """Compute conversion from the entry and from the step before, with intervals; NaN while all windows are open."""
    n_closed = sums.entrants - sums.open
    if not n_closed:
        return dict.fromkeys(INTERVAL_COLUMNS, np.nan)
    if not step:
        return dict.fromkeys(INTERVAL_COLUMNS, 1.0)
    share, share_before = float(sums.conversion[step]), float(sums.conversion[before])
    clusters = np.inf if sums.clusters is None else sums.clusters  # units of a visitor may all be alike
    # Of a step that may follow the entry at once, all units observed tell something, also where nobody reached it.
    is_unreached = before == 0 and share <= 0
    otherwise = sums.mean_at_risk if is_unreached else n_closed
    n = float(effective_sample_size(share, sums.covariance[step, step], min(otherwise, clusters)))
    conversion = (share, *wilson_interval(share, n, z))
    if share_before <= 0:
        return dict(zip(INTERVAL_COLUMNS, (*conversion, np.nan, np.nan, np.nan), strict=True))
    ratio = min(share / share_before, 1.0)
    slope = np.array([1 / share_before, -share / share_before**2])
    variance = _quadratic_form(slope, sums.covariance[np.ix_([step, before], [step, before])])
    n_decided = otherwise if is_unreached else sums.reached[before] - sums.reached_open[before]
    n = float(effective_sample_size(ratio, variance, min(n_decided, clusters)))
    return dict(zip(INTERVAL_COLUMNS, (*conversion, ratio, *wilson_interval(ratio, n, z)), strict=True))


def _quadratic_form(slope: Floats, covariance: Floats) -> float:
    """Compute the variance of a linear combination of estimates; 0 where only rounding of larger terms is left."""
    variance = float(slope @ covariance @ slope)
    return variance if variance > ROUNDING * float(slope**2 @ np.diag(covariance)) else 0.0


def trend_p_value(halves: Ints) -> float | None:
    """Compute the p-value of equal conversion in both halves of the entrants; None where there are too few."""
    sizes, converted = halves.T
    n = int(sizes.sum())
    if n < MIN_ENTRANTS_FOR_TREND or not sizes.all():
        return None
    shares, pooled = converted / sizes, converted.sum() / n
    error = np.sqrt(pooled * (1 - pooled) * (1 / sizes).sum())
    return float(z_test_p_values(shares[1] - shares[0], error)) if error > 0 else None


def stack_rows(groups: Iterable[Labelled]) -> dict[str, list[Any]]:
    """Return the columns of a table with the rows of all groups, each row with the label of its group."""
    columns: dict[str, list[Any]] = {}
    for label, estimates in groups:
        for row in estimates.rows:
            for name, value in {**label, **row}.items():
                columns.setdefault(name, []).append(value)
    return columns
