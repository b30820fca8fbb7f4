"""Each treatment against the control: difference, relative difference, their intervals and the p-value.

Means are compared by Welch's t, proportions by the pooled z-test with Newcombe's interval: with an unpooled standard
error the interval of few events would contradict the test.
Ratios, covariates, strata and clusters change the estimate of an arm and its variance, and nothing else.

References
----------
Kohavi, R., Tang, D. and Xu, Y. (2020). Trustworthy online controlled experiments. Cambridge University Press.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from ..._stats.arrays import Bools, Floats, Ints, sums_by_group
from ..._stats.clusters import design_effect_of_squares
from ..._stats.intervals import Shares
from ..._stats.intervals import difference as difference_of_shares
from .._estimate.adjusted_means import (
    StrataMoments,
    adjusted_mean,
    covariate_mean,
    covariate_slope,
    ratio_of_means,
    residual_std,
)
from .._estimate.mean_differences import (
    ArmMean,
    DifferenceTest,
    clustered_mean,
    contrast_error,
    fieller_interval,
    non_inferiority_t,
    pooled_share_error,
    satterthwaite_df,
    skewness_of_difference,
)
from .._estimate.score_tests import margin_score
from .._metrics import Guardrail, Proportion
from .._read.cells import Cells
from .._read.measures import Measure

NAN = float("nan")
MIN_NONZERO = 50
"""Units with a value other than zero in each arm before a sequential interval starts: with fewer the variance of an arm
without buyers is taken for nothing, and differences for finds."""
MIN_UNITS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedArms:
    """The arms of an experiment by their places, the design, and how each treatment is tested."""

    arms: tuple[str, ...]
    control: int
    shares: Floats | None
    tests: Mapping[int, DifferenceTest]
    is_sequential: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A treatment against the control by one measure; NaN where something cannot be known."""

    measure: Measure
    control: float = NAN
    treatment: float = NAN
    difference: float = NAN
    error: float = NAN
    low: float = NAN
    high: float = NAN
    relative: float = NAN
    relative_low: float = NAN
    relative_high: float = NAN
    p_value: float = NAN
    welch_error: float = NAN
    df: float = NAN
    """Standard error from variances over n - 1, of a share too, and its degrees of freedom: to compare groups."""
    units: tuple[float, float] = (0.0, 0.0)
    units_left_out: float = 0.0
    reduction: float = NAN
    """Share of the variance that the covariate explains."""
    is_early: bool = False
    """Whether a sequential interval has not started."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmPair:
    """Two arms in the strata that have both of them, and the weights of these."""

    control: StrataMoments
    treatment: StrataMoments
    weights: Floats
    rows: tuple[Bools, Bools]
    units_left_out: float


def compare(
    cells: Cells,
    measure: Measure,
    arms: tuple[int, int],
    options: DifferenceTest,
    *,
    rows: Bools | None = None,
    guardrail: Guardrail | None = None,
    use_covariate: bool = True,
) -> Comparison:
    """Compare two arms by one measure, in the cells of ``rows`` that are read.

    For a guardrail the p-value is one-sided: of a metric that got worse by the margin or more.
    """
    if not use_covariate and measure.covariate is not None:
        measure = replace(measure, second=None)
    pair = _arm_pair(cells, measure, arms, cells.is_analysed if rows is None else cells.is_analysed & rows)
    units = (float(pair.control.n.sum()), float(pair.treatment.n.sum()))
    left = pair.units_left_out
    if min(units) < MIN_UNITS:
        return Comparison(measure=measure, units=units, units_left_out=left)
    control, treatment, reduction = _arm_means(cells, measure, pair)
    error = contrast_error(control, treatment)
    is_share = isinstance(measure.metric, Proportion)
    is_plain = is_share and cells.cluster is None and len(pair.weights) == 1
    spread = _unbiased(pair) if is_plain else (control, treatment)
    comparison = Comparison(
        measure=measure,
        control=control.mean,
        treatment=treatment.mean,
        difference=treatment.mean - control.mean,
        welch_error=contrast_error(*spread),
        df=satterthwaite_df(*spread),
        units=units,
        units_left_out=left,
        reduction=reduction,
    )
    if not error > 0 and not is_plain:
        return comparison
    if options.is_sequential and _nonzero(cells, measure, pair) < MIN_NONZERO:
        return replace(comparison, error=error, is_early=True)
    is_pooled = is_plain and not options.is_sequential
    quantile = options.quantile(satterthwaite_df(control, treatment), sum(units))
    low, high = _interval(control, treatment, quantile, units if is_pooled else None)
    effect = _clustering(pair, control, treatment, cells) if is_share and not options.is_sequential else NAN
    relative, relative_low, relative_high = _relative_difference(control, treatment, quantile, is_share=is_share)
    return replace(
        comparison,
        error=error,
        low=low,
        high=high,
        relative=relative,
        relative_low=relative_low,
        relative_high=relative_high,
        p_value=_p_value(pair, control, treatment, options, guardrail, effect=effect, is_pooled=is_pooled),
    )


def _unbiased(pair: ArmPair) -> tuple[ArmMean, ArmMean]:
    """Return the arms of one stratum as means, with variances over n - 1 and their degrees of freedom."""
    control, treatment = (
        adjusted_mean(moments, np.ones(1), 0.0, 0.0, is_share=False) for moments in (pair.control, pair.treatment)
    )
    return control, treatment


def _interval(
    control: ArmMean, treatment: ArmMean, quantile: float, units: tuple[float, float] | None
) -> tuple[float, float]:
    """Return the interval of the difference: Newcombe's where the numbers of units of two shares are given."""
    if units is None:
        half = quantile * contrast_error(control, treatment)
        difference = treatment.mean - control.mean
        return difference - half, difference + half
    before, after = (
        Shares.of(np.array([arm.mean]), np.array([n]), quantile)
        for arm, n in zip((control, treatment), units, strict=True)
    )
    interval = difference_of_shares(before, after)
    return float(interval.low[0]), float(interval.high[0])


def _relative_difference(
    control: ArmMean, treatment: ArmMean, quantile: float, *, is_share: bool
) -> tuple[float, float, float]:
    """Return the relative difference with Fieller's interval; of shares not where an arm has no event."""
    is_known = not is_share or min(control.mean, treatment.mean) > 0
    return fieller_interval(control, treatment, quantile) if is_known else (NAN, NAN, NAN)


def mean_and_std(cells: Cells, measure: Measure) -> tuple[float, float]:
    """Return the estimate of all units together, and the standard deviation of one unit's part in it."""
    moments = _moments(cells, measure, cells.is_analysed, np.ones(1, dtype=bool))
    if moments.n[0] < MIN_UNITS:
        raise ValueError("`history` must have two units or more")
    std = residual_std(moments, is_ratio=measure.is_ratio, has_covariate=measure.covariate is not None)
    mean = ratio_of_means(moments, np.ones(1)).mean if measure.is_ratio else float(moments.value[0])
    return mean, std


def _arm_pair(cells: Cells, measure: Measure, arms: tuple[int, int], rows: Bools) -> ArmPair:
    """Return the moments of two arms; a stratum without two units in each is left out."""
    of_arms = (rows & (cells.arm == arms[0]), rows & (cells.arm == arms[1]))
    n_strata = int(cells.stratum.max(initial=0)) + 1
    counts = [sums_by_group(cells.stratum[of_arm], cells.n[of_arm], n_strata) for of_arm in of_arms]
    is_common = (counts[0] >= MIN_UNITS) & (counts[1] >= MIN_UNITS) if n_strata > 1 else np.ones(1, dtype=bool)
    kept = (of_arms[0] & is_common[cells.stratum], of_arms[1] & is_common[cells.stratum])
    both = (counts[0] + counts[1])[is_common]
    return ArmPair(
        control=_moments(cells, measure, kept[0], is_common),
        treatment=_moments(cells, measure, kept[1], is_common),
        weights=both / max(both.sum(), 1.0),
        rows=kept,
        units_left_out=float((counts[0] + counts[1])[~is_common].sum()),
    )


def _moments(cells: Cells, measure: Measure, rows: Bools, is_common: Bools) -> StrataMoments:
    stratum, n_strata = cells.stratum[rows], len(is_common)

    def total(values: Floats) -> Floats:
        return sums_by_group(stratum, values[rows], n_strata)[is_common]

    i, j = measure.value, measure.value if measure.second is None else measure.second
    n = total(cells.n)
    first = total(cells.sums[i]) - n * cells.centres[i]
    second = total(cells.sums[j]) - n * cells.centres[j]
    size = np.maximum(n, 1.0)
    return StrataMoments(
        n=n,
        value=cells.centres[i] + first / size,
        second=cells.centres[j] + second / size,
        squares=np.maximum(total(cells.products[i, i]) - first**2 / size, 0.0),
        products=total(cells.products[i, j]) - first * second / size,
        second_squares=np.maximum(total(cells.products[j, j]) - second**2 / size, 0.0),
    )


def _arm_means(cells: Cells, measure: Measure, pair: ArmPair) -> tuple[ArmMean, ArmMean, float]:
    """Return the estimates of both arms, and the share of the variance that a covariate explains."""
    if measure.is_ratio:
        return _ratio(cells, measure, pair, 0), _ratio(cells, measure, pair, 1), NAN
    slope, reduction = covariate_slope(pair.control, pair.treatment) if measure.covariate is not None else (0.0, NAN)
    centre, variance = covariate_mean(pair.control, pair.treatment, pair.weights)
    if slope and cells.cluster is not None:
        variance = _clustered_covariate_variance(cells, measure, pair, centre)
    control, treatment = (_mean(cells, measure, pair, side, slope, centre) for side in (0, 1))
    shared = slope**2 * variance  # of the covariate's mean, which moves both arms together
    return control._replace(shared=shared), treatment._replace(shared=shared), reduction


def _clustered_covariate_variance(cells: Cells, measure: Measure, pair: ArmPair, centre: float) -> float:
    assert cells.cluster is not None
    assert measure.second is not None
    rows = pair.rows[0] | pair.rows[1]
    residuals = cells.sums[measure.second][rows] - cells.n[rows] * centre
    sums = sums_by_group(cells.cluster[rows], residuals, int(cells.cluster.max()) + 1)
    return float((sums**2).sum() / cells.n[rows].sum() ** 2)


def _mean(cells: Cells, measure: Measure, pair: ArmPair, side: int, slope: float, centre: float) -> ArmMean:
    moments = (pair.control, pair.treatment)[side]
    mean = adjusted_mean(moments, pair.weights, slope, centre, is_share=isinstance(measure.metric, Proportion))
    if cells.cluster is None:
        return mean
    j = measure.value if measure.second is None else measure.second
    residuals = cells.sums[measure.value] - cells.n * moments.value[0]
    residuals = residuals - slope * (cells.sums[j] - cells.n * moments.second[0])
    return _clustered(cells, pair.rows[side], mean.mean, residuals)


def _ratio(cells: Cells, measure: Measure, pair: ArmPair, side: int) -> ArmMean:
    moments = (pair.control, pair.treatment)[side]
    ratio = ratio_of_means(moments, pair.weights)
    if cells.cluster is None or math.isnan(ratio.mean):
        return ratio
    assert measure.second is not None
    residuals = (cells.sums[measure.value] - ratio.mean * cells.sums[measure.second]) / moments.second[0]
    return _clustered(cells, pair.rows[side], ratio.mean, residuals)


def _clustered(cells: Cells, rows: Bools, mean: float, residuals: Floats) -> ArmMean:
    assert cells.cluster is not None
    codes: Ints = np.unique(cells.cluster[rows], return_inverse=True)[1]
    n_clusters = int(codes.max(initial=-1)) + 1
    sums = sums_by_group(codes, residuals[rows], n_clusters)
    return clustered_mean(mean, sums, sums_by_group(codes, cells.n[rows], n_clusters))


def _nonzero(cells: Cells, measure: Measure, pair: ArmPair) -> float:
    """Count the units, or clusters, that are not zero, in the arm that has fewer; for a share also those that are."""
    counts = []
    for rows in pair.rows:
        nonzero = cells.nonzero[measure.value][rows]
        if cells.cluster is not None:
            counts.append(float(len(np.unique(cells.cluster[rows][nonzero > 0]))))
            continue
        counts.append(float(nonzero.sum()))
        if isinstance(measure.metric, Proportion):
            counts.append(float((cells.n[rows] - nonzero).sum()))
    return min(counts)


def _p_value(
    pair: ArmPair,
    control: ArmMean,
    treatment: ArmMean,
    options: DifferenceTest,
    guardrail: Guardrail | None,
    *,
    effect: float,
    is_pooled: bool,
) -> float:
    """Return the p-value; ``effect`` is the design effect of shares, whose margins are tested by their score."""
    n, df = float(pair.control.n.sum() + pair.treatment.n.sum()), satterthwaite_df(control, treatment)
    n_arms, shares = (
        np.array([getattr(arm, name) for arm in (pair.control, pair.treatment)]) for name in ("n", "value")
    )
    if guardrail is not None:
        sign = 1 if guardrail.metric.better == "higher" else -1
        margins = {"margin": guardrail.margin, "relative_margin": guardrail.relative_margin}
        if not math.isnan(effect):
            t = margin_score(n_arms, shares, pair.weights, sign=sign, design_effect=effect, **margins)
        else:
            t = non_inferiority_t(control, treatment, sign=sign, **margins)
        two_sided = options.p_value(t, df, n)
        return two_sided / 2 if t > 0 else 1 - two_sided / 2
    difference = treatment.mean - control.mean
    if not is_pooled:
        return options.p_value(difference / contrast_error(control, treatment), df, n)
    error = pooled_share_error(n_arms[:, 0], shares[:, 0])
    return options.p_value(difference / error, df, n) if error else 1.0  # of two shares of 0, or of 1


def _clustering(pair: ArmPair, control: ArmMean, treatment: ArmMean, cells: Cells) -> float:
    """Return how much larger clusters make the variance of two shares than that of single units; at least 1."""
    if cells.cluster is None:
        return 1.0
    n = (float(pair.control.n.sum()), float(pair.treatment.n.sum()))
    single = sum(arm.mean * (1 - arm.mean) / size for arm, size in zip((control, treatment), n, strict=True))
    return design_effect_of_squares(control.variance + treatment.variance, single)


def skewness(cells: Cells, measure: Measure, arms: tuple[int, int]) -> float:
    """Compute the skewness of the difference of two arms; NaN where it is not known."""
    rows = [cells.is_analysed & (cells.arm == arm) for arm in arms]
    n = np.array([cells.n[of_arm].sum() for of_arm in rows])
    if n.min() < MIN_UNITS or not cells.cubes:
        return NAN
    raw_squares, shifts = np.array([_deviation(cells, measure, *one) for one in zip(rows, n, strict=True)]).T
    raw_cubes = np.array([cells.cubes[measure.name][of_arm].sum() for of_arm in rows])
    cubes = raw_cubes - 3 * shifts * raw_squares + 2 * n * shifts**3
    return skewness_of_difference(n, raw_squares - n * shifts**2, cubes)


def _deviation(cells: Cells, measure: Measure, rows: Bools, size: float) -> tuple[float, float]:
    """Return the sum of squares and the mean of an arm's deviations from the common mean or ratio."""
    i, j = measure.value, measure.second
    first = float(cells.sums[i][rows].sum()) - size * float(cells.centres[i])
    squares = float(cells.products[i, i][rows].sum())
    if not measure.is_ratio or j is None or not cells.centres[j]:
        return squares, first / size
    ratio = float(cells.centres[i] / cells.centres[j])
    second = float(cells.sums[j][rows].sum()) - size * float(cells.centres[j])
    squares += -2 * ratio * float(cells.products[i, j][rows].sum())
    squares += ratio**2 * float(cells.products[j, j][rows].sum())
    return squares, (first - ratio * second) / size
