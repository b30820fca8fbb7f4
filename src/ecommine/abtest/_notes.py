"""Notes of a readout: what was left out, what cannot be trusted, and what to do."""

from collections.abc import Iterator, Sequence

import numpy as np

from .._core.notes import Note
from .._core.texts import counted, join_words, percent
from ._infer.checks import Check, Place
from ._infer.estimates import MIN_NONZERO, MIN_UNITS, Comparison
from ._infer.groups import GroupRow
from ._infer.verdicts import Row
from ._metrics import Mean
from ._read.cells import EXCLUDED, PENDING, Cells
from ._read.measures import Measure

MIN_REDUCTION = 0.01
"""Share of the variance that a covariate must explain to be of use."""


def state_notes(cells: Cells, arms: Sequence[str]) -> Iterator[Note]:
    """Count units that are not read, by arm, and arms without any."""
    for state, code, words in (
        (PENDING, "pending_units", "pending, since their window is not over, and not read"),
        (EXCLUDED, "units_in_two_arms", "in two arms and excluded"),
    ):
        by_arm = np.bincount(cells.arm, np.where(cells.state == state, cells.n, 0.0), minlength=len(arms))
        if n := int(by_arm.sum()):
            where = ", ".join(f"{arm} {int(count):,}" for arm, count in zip(arms, by_arm, strict=True))
            yield Note(f"{counted(n, 'unit')} {_be(n)} {words} ({where})", code=code, count=n)
    read = np.bincount(cells.arm, np.where(cells.is_analysed, cells.n, 0.0), minlength=len(arms))
    empty = [arm for arm, n in zip(arms, read, strict=True) if not n]
    if empty:
        text = f"no unit of {join_words(empty)} can be read: check that the table holds all arms"
        yield Note(text, code="empty_arm", count=len(empty))


def sample_ratio_notes(
    check: Check, counts: Sequence[float], arms: Sequence[str], places: Sequence[Place]
) -> Iterator[Note]:
    """Say what the sample ratio means, and where a mismatch sits."""
    if check.verdict == "not_tested":
        text = "the sample ratio was not tested, since the shares of the arms are not known: give `arms` as a mapping"
        yield Note(text, code="sample_ratio_not_tested")
        return
    if check.verdict == "ok":
        return
    total = ", ".join(f"{arm} {int(n):,}" for arm, n in zip(arms, counts, strict=True))
    where = "".join(f"; {_place(place)}" for place in places)
    if check.verdict == "failed":
        text = (
            f"the arms ({total}) do not fit the design (p {check.value:.1g}): units were lost or counted twice in an "
            f"arm{where}"
        )
        yield Note(text, code="sample_ratio_mismatch", count=int(sum(counts)))
    else:
        text = (
            f"the arms ({total}) hardly fit the design (p {check.value:.2g}): look for units that were lost in one "
            f"arm{where}"
        )
        yield Note(text, code="sample_ratio_suspicious", count=int(sum(counts)))


def _place(place: Place) -> str:
    name = f"{place.column} {place.value}"
    if place.holds_elsewhere:
        return f"it sits on {name}, and the rest is as designed"
    return f"it is largest on {name}, but not only there"


def check_notes(checks: Sequence[Check], measures: Sequence[Measure], *, is_overridden: bool) -> Iterator[Note]:
    """Say what failed checks of days, balance and skewness mean."""
    for check in checks:
        if check.check == "shares_by_day" and check.verdict == "failed":
            text = (
                "the shares of the arms changed from day to day (a ramp-up), which mixes effects of days into those of "
                "arms: hold the day fixed with strata='assigned_at', and give `arms` as a list if this was on purpose"
            )
            yield Note(text, code="shares_changed")
    failed = _metrics(checks, "balance", "failed")
    if failed:
        text = (
            f"the arms differ in {join_words(failed)} before exposure: either units were not assigned by chance, or "
            "that column knows what happened after exposure"
        )
        yield Note(text, code="unbalanced_before", count=len(failed))
        if is_overridden:
            yield Note("covariates are not used, since the arms differ in them", code="covariate_not_used")
    skewed = _metrics(checks, "skewness", "warning")
    judged = [one for one in measures if one.name in skewed and not one.is_shown_only]
    if judged:
        names, means = [one.name for one in judged], [one.name for one in judged if isinstance(one.metric, Mean)]
        cap = f"cap {join_words(means)} at a value that buyers reach, " if means else "read more units, "
        text = (
            f"{join_words(names)} {_be(len(names))} very skewed and the arms differ in size: the test is wrong on "
            f"one side; {cap}or use arms of one size"
        )
        yield Note(text, code="skewed_metric", count=len(names))


def _metrics(checks: Sequence[Check], name: str, verdict: str) -> list[str]:
    """Return the metrics on which a check has this verdict."""
    return list(dict.fromkeys(check.metric for check in checks if check.check == name and check.verdict == verdict))


def planned_note(n: float, planned: int | None, *, is_sequential: bool) -> Iterator[Note]:
    """Warn of a fixed experiment that is read before its planned size."""
    if planned is not None and not is_sequential and n < planned:
        text = (
            f"{counted(int(n), 'unit')} of {planned:,} planned can be read: a fixed test that is read before its time "
            "finds too much; wait, or plan with looks='sequential'"
        )
        yield Note(text, code="before_planned_size", count=int(n))


def row_notes(rows: Sequence[Row], level: float) -> Iterator[Note]:
    """Say what holds for single metrics: covariates without use, metrics without variation, strata left out."""
    yield from _covariate_notes([row.comparison for row in rows if row.role != "for_comparison"])
    early = _names(row for row in rows if row.comparison.is_early)
    if early:
        text = (
            f"{join_words(early)}: no interval yet, since an arm has fewer than {MIN_NONZERO} units that are not zero"
        )
        yield Note(text, code="not_started", count=len(early))
    yield from _capped_to_nothing(rows)
    single = _names(row for row in rows if min(row.comparison.units) == 1)
    if single:
        text = f"{join_words(single)}: not tested, since an arm has a single unit: a variance needs two"
        yield Note(text, code="single_unit", count=len(single))
    constant = _names(
        row
        for row in rows
        if not row.comparison.is_early and min(row.comparison.units) > 1 and np.isnan(row.comparison.p_value)
    )
    if constant:
        text = (
            f"{join_words(constant)}: not tested, since nothing varies, a denominator is not above zero, or an arm has "
            "a single cluster"
        )
        yield Note(text, code="not_testable", count=len(constant))
    left_out = int(max((row.comparison.units_left_out for row in rows), default=0))
    if left_out:
        text = f"{counted(left_out, 'unit')} {_be(left_out)} in strata without two units in each arm and left out"
        yield Note(text, code="strata_left_out", count=left_out)
    capped = _names(row for row in rows if row.role == "for_comparison")
    if capped:
        text = (
            f"{join_words(capped)} {_be(len(capped))} shown beside the capped metric, which estimates something smaller"
        )
        yield Note(text, code="capped", count=len(capped))
    without = _names(row for row in rows if not np.isnan(row.comparison.low) and np.isnan(row.comparison.relative))
    if without:
        reason = "the control is not clearly above zero or a share is 0"
        text = f"{join_words(without)}: no relative difference, since {reason}"
        yield Note(text, code="no_relative_difference", count=len(without))
    n_tests = sum(row.role in ("primary", "secondary") for row in rows)
    if n_tests > 1:
        text = (
            f"intervals are those of single comparisons at {percent(level)}; verdicts follow q_value, adjusted "
            f"for {n_tests} tests"
        )
        yield Note(text, code="intervals_unadjusted", count=n_tests)


def _capped_to_nothing(rows: Sequence[Row]) -> Iterator[Note]:
    """Say of which metrics the cap leaves no variation, though they vary without it."""
    varying = {row.comparison.measure.metric.name for row in rows if _varies(row) and row.role == "for_comparison"}
    nothing = _names(row for row in rows if row.role != "for_comparison" and not _varies(row) and row.metric in varying)
    if nothing:
        text = (
            f"{join_words(nothing)}: the cap leaves nothing that varies, as at a quantile where most units are 0: give "
            "`cap` a value that buyers reach, or a higher `cap_quantile`"
        )
        yield Note(text, code="capped_to_nothing", count=len(nothing))


def _varies(row: Row) -> bool:
    return row.comparison.error > 0


def group_notes(rows: Sequence[GroupRow]) -> Iterator[Note]:
    """Count the groups without a comparison."""
    small = {(row.by, row.group) for row in rows if min(row.comparison.units) < MIN_UNITS}
    if small:
        n = len(small)
        text = (
            f"{counted(n, 'group')} {_be(n)} not compared, since an arm has fewer than {MIN_UNITS} units there: put "
            "small groups together"
        )
        yield Note(text, code="small_groups", count=n)


def _covariate_notes(comparisons: Sequence[Comparison]) -> Iterator[Note]:
    reductions = {one.measure.name: one.reduction for one in comparisons if not np.isnan(one.reduction)}
    useless = [name for name, share in reductions.items() if share < MIN_REDUCTION]
    if useless:
        least = percent(MIN_REDUCTION)
        text = f"the covariate of {join_words(useless)} does not help: it explains less than {least} of the variance"
        yield Note(text, code="covariate_no_help", count=len(useless))


def _names(rows: "Iterator[Row]") -> list[str]:
    return list(dict.fromkeys(row.metric for row in rows))


def _be(n: int) -> str:
    return "is" if n == 1 else "are"
