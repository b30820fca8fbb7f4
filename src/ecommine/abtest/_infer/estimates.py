r"""Each treatment against the control: difference, relative difference, their intervals and the p-value.

Means are compared by Welch's t, proportions by the pooled z-test, with the unpooled standard error for intervals. A
ratio of means R has the variance of the mean of :math:`(y_i - R x_i) / \bar x` (delta method). A mean with a covariate
is that of :math:`y_i - \theta (x_i - \bar x)` (CUPED), with one :math:`\theta` for both arms. With strata, the mean of
each arm is weighted by the strata's shares of both arms (post-stratification).

References
----------
Deng, A., Xu, Y., Kohavi, R. and Walker, T. (2013). Improving the sensitivity of online controlled experiments by
utilizing pre-experiment data. WSDM 2013, 123-132. https://doi.org/10.1145/2433396.2433413

Deng, A., Knoblich, U. and Lu, J. (2018). Applying the delta method in metric analytics: a practical guide with novel
ideas. KDD 2018, 233-242. https://doi.org/10.1145/3219819.3219919

Kohavi, R., Tang, D. and Xu, Y. (2020). Trustworthy online controlled experiments. Cambridge University Press.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from ..._stats.arrays import Bools, Floats, Ints, divide, sums_by_group
from ..._stats.intervals import normal_quantile, student_quantile
from ..._stats.mean_differences import (
    NORMAL,
    ArmMean,
    clustered_mean,
    fieller_interval,
    satterthwaite_df,
    t_test_p_values,
)
from ..._stats.sequential import boundary, sequential_p_values
from .._metrics import Guardrail, Proportion
from .._read.cells import Cells
from .._read.measures import Measure

NAN = float("nan")
MIN_NONZERO = 50
"""Units with a value other than zero in each arm before a sequential interval starts: with fewer the variance of an arm
without buyers is taken for nothing, and differences for finds."""
MIN_UNITS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class TestOptions:
    """How differences are tested."""

    level: float
    is_sequential: bool
    planned: float
    """Units planned in the two arms that are compared."""

    @property
    def alpha(self) -> float:
        """One less the level."""
        return 1 - self.level


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedArms:
    """The arms of an experiment by their places, the design, and how each treatment is tested."""

    arms: tuple[str, ...]
    control: int
    shares: Floats | None
    tests: Mapping[int, TestOptions]
    is_sequential: bool

    @property
    def n_arms(self) -> int:
        """Number of arms."""
        return len(self.arms)


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
    units: tuple[float, float] = (0.0, 0.0)
    units_left_out: float = 0.0
    reduction: float = NAN
    """Share of the variance that the covariate explains."""
    is_early: bool = False
    """Whether a sequential interval has not started."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moments:
    """Counts, means, and sums of squares and products about the means, of each stratum of one arm."""

    n: Floats
    value: Floats
    second: Floats
    squares: Floats
    products: Floats
    second_squares: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmPair:
    """Two arms in the strata that have both of them, and the weights of these."""

    control: Moments
    treatment: Moments
    weights: Floats
    rows: tuple[Bools, Bools]
    units_left_out: float


def compare(
    cells: Cells,
    measure: Measure,
    arms: tuple[int, int],
    options: TestOptions,
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
    error = math.sqrt(max(control.variance + treatment.variance, 0.0))
    comparison = Comparison(
        measure=measure,
        control=control.mean,
        treatment=treatment.mean,
        difference=treatment.mean - control.mean,
        units=units,
        units_left_out=left,
        reduction=reduction,
    )
    if not error > 0:
        return comparison
    if options.is_sequential and _nonzero(cells, measure, pair) < MIN_NONZERO:
        return replace(comparison, error=error, is_early=True)
    df = satterthwaite_df(control, treatment)
    quantile = _quantile(options, df, sum(units))
    relative, relative_low, relative_high = fieller_interval(control, treatment, quantile)
    return replace(
        comparison,
        error=error,
        low=comparison.difference - quantile * error,
        high=comparison.difference + quantile * error,
        relative=relative,
        relative_low=relative_low,
        relative_high=relative_high,
        p_value=_p_value(pair, control, treatment, measure, options, guardrail, df, cells.cluster is not None),
    )


def mean_and_std(cells: Cells, measure: Measure) -> tuple[float, float]:
    """Return the estimate of all units together, and the standard deviation of one unit's part in it."""
    rows = cells.is_analysed
    moments = _moments(cells, measure, rows, np.ones(1, dtype=bool))
    n, mean = float(moments.n[0]), float(moments.value[0])
    if n < MIN_UNITS:
        raise ValueError("`history` must have two units or more")
    values, products, squares = (float(one[0]) for one in (moments.squares, moments.products, moments.second_squares))
    if measure.is_ratio:
        denominator = float(moments.second[0])
        ratio = mean / denominator if denominator else NAN
        return ratio, math.sqrt((values - 2 * ratio * products + ratio**2 * squares) / (n - 1)) / denominator
    explained = products**2 / squares if measure.covariate is not None and squares > 0 else 0.0
    return mean, math.sqrt(max(values - explained, 0.0) / (n - 1))


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


def _moments(cells: Cells, measure: Measure, rows: Bools, is_common: Bools) -> Moments:
    stratum, n_strata = cells.stratum[rows], len(is_common)

    def total(values: Floats) -> Floats:
        return sums_by_group(stratum, values[rows], n_strata)[is_common]

    i, j = measure.value, measure.value if measure.second is None else measure.second
    n = total(cells.n)
    first = total(cells.sums[i]) - n * cells.centres[i]
    second = total(cells.sums[j]) - n * cells.centres[j]
    size = np.maximum(n, 1.0)
    return Moments(
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
        return (*(_ratio(cells, measure, pair, side) for side in (0, 1)), NAN)  # type: ignore[return-value]  # two
    slope, reduction = _slope(pair) if measure.covariate is not None else (0.0, NAN)
    centre = _pooled_mean(pair)
    shared = slope**2 * _variance_of_covariate(cells, measure, pair, centre) if slope else 0.0
    control, treatment = (_mean(cells, measure, pair, side, slope, centre) for side in (0, 1))
    return control._replace(shared=shared), treatment._replace(shared=shared), reduction


def _slope(pair: ArmPair) -> tuple[float, float]:
    """Return the slope of the metric on the covariate within arms and strata, and the share it explains."""
    sides = (pair.control, pair.treatment)
    products = sum(float(side.products.sum()) for side in sides)
    squares = sum(float(side.second_squares.sum()) for side in sides)
    values = sum(float(side.squares.sum()) for side in sides)
    if not (squares > 0 and values > 0):
        return 0.0, 0.0
    return products / squares, products**2 / (squares * values)


def _pooled_mean(pair: ArmPair) -> float:
    """Return the mean of the covariate over both arms."""
    n = pair.control.n + pair.treatment.n
    sums = pair.control.n * pair.control.second + pair.treatment.n * pair.treatment.second
    return float((pair.weights * sums / np.maximum(n, 1.0)).sum())


def _variance_of_covariate(cells: Cells, measure: Measure, pair: ArmPair, centre: float) -> float:
    """Return the variance of the covariate's mean over both arms, which moves both estimates together."""
    if cells.cluster is not None and measure.second is not None:
        rows = pair.rows[0] | pair.rows[1]
        residuals = cells.sums[measure.second][rows] - cells.n[rows] * centre
        sums = sums_by_group(cells.cluster[rows], residuals, int(cells.cluster.max()) + 1)
        return float((sums**2).sum() / cells.n[rows].sum() ** 2)
    n = pair.control.n + pair.treatment.n
    squares = pair.control.second_squares + pair.treatment.second_squares
    return float((pair.weights**2 * squares / (n * np.maximum(n - 2, 1.0))).sum())


def _mean(cells: Cells, measure: Measure, pair: ArmPair, side: int, slope: float, centre: float) -> ArmMean:
    moments = (pair.control, pair.treatment)[side]
    means = moments.value - (slope * (moments.second - centre) if slope else 0.0)
    mean = float((pair.weights * means).sum())
    if cells.cluster is not None:
        j = measure.value if measure.second is None else measure.second
        rows = pair.rows[side]
        residuals = cells.sums[measure.value] - cells.n * moments.value[0]
        residuals = residuals - slope * (cells.sums[j] - cells.n * moments.second[0])
        return _clustered(cells, rows, mean, residuals)
    squares = moments.squares - 2 * slope * moments.products + slope**2 * moments.second_squares
    if isinstance(measure.metric, Proportion):
        return ArmMean(mean, float((pair.weights**2 * squares / moments.n**2).sum()), NORMAL, 1.0)
    return _independent(mean, pair.weights, squares, moments.n)


def _ratio(cells: Cells, measure: Measure, pair: ArmPair, side: int) -> ArmMean:
    moments = (pair.control, pair.treatment)[side]
    denominator = float((pair.weights * moments.second).sum())
    if not denominator > 0:
        return ArmMean(NAN, NAN)
    ratio = float((pair.weights * moments.value).sum()) / denominator
    if cells.cluster is not None:
        assert measure.second is not None
        residuals = (cells.sums[measure.value] - ratio * cells.sums[measure.second]) / denominator
        return _clustered(cells, pair.rows[side], ratio, residuals)
    squares = moments.squares - 2 * ratio * moments.products + ratio**2 * moments.second_squares
    return _independent(ratio, pair.weights, squares / denominator**2, moments.n)


def _independent(mean: float, weights: Floats, squares: Floats, n: Floats) -> ArmMean:
    """Return a mean of independent units with Welch's degrees of freedom."""
    parts = weights**2 * np.maximum(squares, 0.0) / (n * (n - 1))
    variance = float(parts.sum())
    scale = float((parts**2 / (n - 1)).sum())
    return ArmMean(mean, variance, variance**2 / scale if scale > 0 else NORMAL, variance)


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


def _quantile(options: TestOptions, df: float, n: float) -> float:
    if options.is_sequential:
        return float(boundary(n, options.alpha, options.planned))
    return student_quantile(options.level, df) if math.isfinite(df) else normal_quantile(options.level)


def _p_value(
    pair: ArmPair,
    control: ArmMean,
    treatment: ArmMean,
    measure: Measure,
    options: TestOptions,
    guardrail: Guardrail | None,
    df: float,
    is_clustered: bool,
) -> float:
    n = float(pair.control.n.sum() + pair.treatment.n.sum())
    if guardrail is None:
        is_pooled = isinstance(measure.metric, Proportion) and not is_clustered and len(pair.weights) == 1
        error = _pooled_error(pair) if is_pooled and not options.is_sequential else _error(control, treatment, 1.0)
        return _two_sided(_over(treatment.mean - control.mean, error), df, n, options)
    t = _margin_t(control, treatment, guardrail)
    if math.isnan(t):
        return NAN
    two_sided = _two_sided(t, df, n, options)
    return two_sided / 2 if t > 0 else 1 - two_sided / 2


def _two_sided(t: float, df: float, n: float, options: TestOptions) -> float:
    if options.is_sequential:
        return float(sequential_p_values(t, n, options.alpha, options.planned))
    return float(t_test_p_values(t, df))


def _pooled_error(pair: ArmPair) -> float:
    n = np.array([pair.control.n[0], pair.treatment.n[0]])
    share = float(n @ np.array([pair.control.value[0], pair.treatment.value[0]]) / n.sum())
    return math.sqrt(share * (1 - share) * float((1 / n).sum()))


def _margin_t(control: ArmMean, treatment: ArmMean, guardrail: Guardrail) -> float:
    """Return how many standard errors the treatment is on the good side of the margin."""
    sign = 1.0 if guardrail.metric.better == "higher" else -1.0
    if guardrail.margin is not None:
        gap = sign * (treatment.mean - control.mean) + guardrail.margin
        return _over(gap, _error(control, treatment, 1.0))
    assert guardrail.relative_margin is not None
    if control.mean <= 0:
        return NAN
    factor = 1 - sign * guardrail.relative_margin
    return _over(sign * (treatment.mean - factor * control.mean), _error(control, treatment, factor))


def _error(control: ArmMean, treatment: ArmMean, factor: float) -> float:
    """Return the standard error of the treatment less ``factor`` times the control."""
    own = treatment.variance + factor**2 * control.variance
    return math.sqrt(max(own + (1 - factor) ** 2 * control.shared, 0.0))


def _over(gap: float, error: float) -> float:
    return float(divide(gap, error)) if error else NAN


def skewness_of_difference(cells: Cells, measure: Measure, arms: tuple[int, int]) -> float:
    r"""Compute the skewness of the difference of two means, from the skewness of both arms pooled.

    That is :math:`g (n_1 - n_2) / \sqrt{n_1 n_2 (n_1 + n_2)}`. Moments of each arm alone would not do: they are calm
    where the smaller arm has missed its outliers, and these are the very runs that give false finds.
    """
    rows = [cells.is_analysed & (cells.arm == arm) for arm in arms]
    n = np.array([cells.n[of_arm].sum() for of_arm in rows])
    if n.min() < MIN_UNITS or not cells.cubes:
        return NAN
    squares = cubes = 0.0
    for of_arm, size in zip(rows, n, strict=True):
        raw_squares, shift = _deviation(cells, measure, of_arm, size)
        squares += raw_squares - size * shift**2
        cubes += float(cells.cubes[measure.name][of_arm].sum()) - 3 * shift * raw_squares + 2 * size * shift**3
    if not squares > 0:
        return 0.0
    total = float(n.sum())
    skewness = cubes / total / (squares / total) ** 1.5
    return float(skewness * (n[0] - n[1]) / math.sqrt(float(n[0]) * float(n[1]) * total))


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
