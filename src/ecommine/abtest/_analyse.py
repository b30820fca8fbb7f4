"""From a table of units to a readout: read, check, compare, judge."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw
import numpy as np

from .._core.checks import names as checked_names
from .._core.checks import show
from .._core.frames import Frame, opened
from .._core.notes import Note
from .._stats.arrays import Floats
from ._estimate.mean_differences import DifferenceTest
from ._infer.checks import (
    WARNING_P,
    Check,
    arm_counts,
    balance_checks,
    locate_mismatch,
    sample_ratio,
    shares_by_day,
    skewness_checks,
    verdict_of,
)
from ._infer.estimates import ComparedArms, compare, mean_and_std
from ._infer.groups import group_rows
from ._infer.verdicts import Role, Row, judge
from ._metrics import Guardrail, Metric
from ._notes import check_notes, group_notes, planned_note, row_notes, sample_ratio_notes, state_notes
from ._read.cells import Cells, Keys, cap_at_quantile, read_cells
from ._read.statistics import cells_of_statistics
from ._read.table import UNIT, read_units
from ._readout import DayEffect, Readout, check_table, effect_table, group_table

if TYPE_CHECKING:
    from ._experiment import Experiment

Names = str | Sequence[str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedCells:
    """Cells with the checks on them, and whether effects may be shown."""

    cells: Cells
    checks: tuple[Check, ...]
    notes: tuple[Note, ...]
    is_withheld: bool
    is_overridden: bool
    use_covariate: bool


def analyse_units(
    experiment: "Experiment", units: object, *, by: Names, strata: Names, cluster: str | None, override: str | None
) -> Readout[Any]:
    """Read a table of one row per unit."""
    keys = Keys(strata=_names(strata, "strata"), by=_names(by, "by"), cluster=_cluster(cluster, strata))
    _check_keys(keys)
    _check_override(override)
    like = opened(units, argument="units")
    table = read_units(like, experiment.name, _metrics(experiment), keys)
    metrics = [cap_at_quantile(table.frame, metric) for metric in _metrics(experiment)]
    has_sequence = experiment.looks == "sequential" or "assigned_at" in table.frame.collect_schema().names()
    cells = read_cells(table.frame, tuple(experiment.arms), metrics, keys, count_nonzero=has_sequence)
    return readout(experiment, cells, like=like, notes=table.notes, override=override)


def analyse_statistics(experiment: "Experiment", sums: object, *, override: str | None) -> Readout[Any]:
    """Read a table of sufficient statistics."""
    _check_override(override)
    like = opened(sums, argument="sums")
    is_sequential = experiment.looks == "sequential"
    cells = cells_of_statistics(like, tuple(experiment.arms), _metrics(experiment), is_sequential=is_sequential)
    return readout(experiment, cells, like=like, notes=(), override=override)


def past_mean(history: object, metric: Metric) -> tuple[float, float]:
    """Return the mean of a metric over past units, and the standard deviation that its test meets."""
    frame = opened(history, argument="history").with_columns(variant=nw.lit("past"))
    table = read_units(frame.drop("experiment", strict=False), "", [metric], Keys())
    cells = read_cells(table.frame, ("past",), [cap_at_quantile(table.frame, metric)], Keys())
    return mean_and_std(cells, cells.measures[0])


def readout(
    experiment: "Experiment", cells: Cells, *, like: Frame, notes: Sequence[Note], override: str | None
) -> Readout[Any]:
    """Check the sums of an experiment, compare its arms, and judge."""
    compared = compared_arms(experiment)
    checked = _checked(cells, compared, experiment, override)
    rows = judge(list(_rows(experiment, checked, compared)), correction=experiment.correction, level=experiment.level)
    groups = group_rows(
        cells,
        compared,
        use_covariate=checked.use_covariate,
        correction=experiment.correction,
        is_overridden=checked.is_overridden,
    )
    withheld = checked.is_withheld
    read = np.bincount(cells.arm, np.where(cells.is_analysed, cells.n, 0.0), minlength=len(compared.arms))
    return Readout(
        table=effect_table(rows, is_withheld=withheld, like=like),
        checks=check_table(checked.checks, like=like),
        by=group_table(groups, is_withheld=withheld, like=like) if cells.groups else None,
        experiment=experiment.name,
        level=experiment.level,
        is_withheld=withheld,
        notes=(*notes, *checked.notes, *([] if withheld else row_notes(rows, experiment.level)), *group_notes(groups)),
        _rows=tuple(rows),
        _group_rows=tuple(groups),
        _checks=checked.checks,
        _days=() if withheld else tuple(_days(experiment, checked, compared)),
        _counts={arm: int(n) for arm, n in zip(compared.arms, read, strict=True)},
        _control=experiment.control,
        _is_sequential=compared.is_sequential,
    )


def compared_arms(experiment: "Experiment") -> ComparedArms:
    """Return the arms by their places with the tests of treatments; a sequential experiment needs its planned size."""
    is_sequential = experiment.looks == "sequential"
    if is_sequential and experiment.planned_units is None:
        raise ValueError("`planned` is needed for looks='sequential': give the units planned in all arms, or a plan")
    arms = tuple(experiment.arms)
    control = arms.index(experiment.control)
    shares = np.array([experiment.arms[arm] or np.nan for arm in arms])
    known = np.where(np.isnan(shares), 1 / len(arms), shares)
    planned = float(experiment.planned_units or 0)
    return ComparedArms(
        arms=arms,
        control=control,
        shares=None if np.isnan(shares).any() else shares,
        tests={
            arm: DifferenceTest(
                level=experiment.level,
                is_sequential=is_sequential,
                planned=planned * float(known[control] + known[arm]),
            )
            for arm in range(len(arms))
            if arm != control
        },
        is_sequential=is_sequential,
    )


def _metrics(experiment: "Experiment") -> list[Metric]:
    return [metric.metric if isinstance(metric, Guardrail) else metric for metric in experiment.metrics]


def _names(names: object, argument: str) -> tuple[str, ...]:
    return () if names is None else tuple(dict.fromkeys(checked_names(argument, names, of="columns")))


def _check_keys(keys: Keys) -> None:
    """Raise where units would be split by what is not known before exposure, or has one unit each."""
    columns = {"strata": keys.strata, "by": keys.by, "cluster": (keys.cluster,)}
    for argument, named in columns.items():
        reserved = [name for name in named if name in (UNIT, "variant", "pending", "excluded")]
        if reserved:
            raise ValueError(
                f"`{argument}` must name columns that were known before exposure, got {show(reserved[0])}, which is "
                "the unit, its arm or its state"
            )


def _cluster(cluster: object, strata: Names) -> str | None:
    if cluster is not None and not isinstance(cluster, str):
        raise TypeError(f"`cluster` must be the name of a column, got {show(cluster)}")
    if cluster is not None and strata:
        raise ValueError("give `cluster` or `strata`, not both: the variance of clusters is that of one stratum")
    return cluster


def _check_override(override: object) -> None:
    if override is not None and (not isinstance(override, str) or not override.strip()):
        raise ValueError(f"`override` must give the reason why effects are shown all the same, got {show(override)}")


def _checked(cells: Cells, compared: ComparedArms, experiment: "Experiment", override: str | None) -> CheckedCells:
    counts = arm_counts(cells, len(compared.arms))
    checks = list(_checks(cells, compared, counts))
    ratio = checks[0]
    failed = [check for check in checks if check.verdict == "failed"]
    is_unbalanced = any(check.check == "balance" for check in failed)
    places = locate_mismatch(cells, compared.shares) if compared.shares is not None and ratio.value < WARNING_P else []
    read = float(cells.n[cells.is_analysed].sum())
    notes = [
        *state_notes(cells, compared.arms),
        *sample_ratio_notes(ratio, counts.tolist(), compared.arms, places),
        *check_notes(checks, cells.measures, is_overridden=override is not None),
        *planned_note(read, experiment.planned_units, is_sequential=compared.is_sequential),
    ]
    if failed and override is not None:
        notes.insert(0, Note(f"effects are shown although a check failed: {override}", code="overridden"))
    return CheckedCells(
        cells=cells,
        checks=tuple(checks),
        notes=tuple(notes),
        is_withheld=bool(failed) and override is None,
        is_overridden=bool(failed) and override is not None,
        use_covariate=not is_unbalanced,
    )


def _checks(cells: Cells, compared: ComparedArms, counts: Floats) -> Iterator[Check]:
    ratio = sample_ratio(counts, compared.shares, is_sequential=compared.is_sequential)
    yield Check(check="sample_ratio", value=ratio, verdict=verdict_of(ratio))
    if cells.day is not None:
        by_day = shares_by_day(cells, len(compared.arms), is_sequential=compared.is_sequential)
        yield Check(check="shares_by_day", value=by_day, verdict=verdict_of(by_day))
    yield from balance_checks(cells, compared)
    yield from skewness_checks(cells, compared)


def _rows(experiment: "Experiment", checked: CheckedCells, compared: ComparedArms) -> Iterator[Row]:
    guardrails = {guardrail.name: guardrail for guardrail in experiment.guardrails}
    for measure in checked.cells.measures:
        guardrail = guardrails.get(measure.metric.name)
        role: Role = "secondary" if guardrail is None else "guardrail"
        if measure.is_shown_only:
            role = "for_comparison"
        elif measure.metric.name == experiment.primary:
            role = "primary"
        for arm, options in compared.tests.items():
            comparison = compare(
                checked.cells,
                measure,
                (compared.control, arm),
                options,
                guardrail=guardrail,
                use_covariate=checked.use_covariate,
            )
            yield Row(role=role, variant=compared.arms[arm], comparison=comparison, guardrail=guardrail)


def _days(experiment: "Experiment", checked: CheckedCells, compared: ComparedArms) -> Iterator[DayEffect]:
    """Compare the arms in all units assigned up to each day, by the primary metric."""
    cells = checked.cells
    if cells.day is None or len(cells.day.labels) < 2:
        return
    measure = next(one for one in cells.measures if one.metric.name == experiment.primary)
    for arm, options in compared.tests.items():
        pair = (compared.control, arm)
        final = float(cells.n[cells.is_analysed & np.isin(cells.arm, pair)].sum())
        always = DifferenceTest(level=options.level, is_sequential=True, planned=options.planned or max(final, 1.0))
        for code, label in enumerate(cells.day.names):
            rows = (cells.day.codes >= 0) & (cells.day.codes <= code)
            found = compare(cells, measure, pair, always, rows=rows, use_covariate=checked.use_covariate)
            if not np.isnan(found.low):
                yield DayEffect(label, compared.arms[arm], found.difference, found.low, found.high)
