"""How many units an experiment needs: the inverse of the very test that will read it.

Several treatments share the level by Holm's method; a plan counts on its first, strictest step.
"""

import math
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from .._core.checks import MAX_WHOLE, number, one_of, show
from .._core.texts import LOCALES, Locale, counted, percent, three_digits
from ._estimate.sample_sizes import pooled_z_test_units, share_variance, t_test_units
from ._estimate.sequential import drift_for_power

Looks = Literal["fixed", "sequential"]
DAYS_PER_WEEK = 7

_TEXTS: dict[Locale, dict[str, str]] = {
    "en": {
        "units": "To find a difference of {difference} in {metric} from a control of {baseline} with a chance of "
        "{power}, {total} are needed: {arms}.",
        "units_without_baseline": "To find a difference of {difference} in {metric} with a chance of {power}, {total} "
        "are needed: {arms}.",
        "fixed": "Read the result once, when all of them have been observed.",
        "sequential": "The result may be read every day; with {looks} looks the chance counts a find at any of them.",
        "days": "That takes {days}: whole weeks of enrolment, and the window of the last unit.",
        "unit": "unit",
    },
    "zh": {
        "units": "对照组的{metric}为{baseline}，要以{power}的把握发现{difference}的差异，共需{total}个样本：{arms}。",
        "units_without_baseline": "要以{power}的把握发现{metric}有{difference}的差异，共需{total}个样本：{arms}。",
        "fixed": "全部样本观察期结束后，只读一次结果。",
        "sequential": "结果可以每天查看；以上把握按共查看{looks}次、任意一次发现即可计算。",
        "days": "需要{days}天：整周的入组时间，再加最后一个样本的观察期。",
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedTest:
    """The test that is planned: of which metric, at which level, between arms of which shares."""

    metric: str
    is_proportion: bool
    looks: Looks
    level: float
    tuned_level: float
    n_looks: int
    shares: dict[str, float]
    control: str
    smallest: str

    @property
    def pair(self) -> tuple[float, float]:
        """The shares of the control and of the smallest treatment, which decides."""
        return self.shares[self.control], self.shares[self.smallest]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How many units an experiment needs; made by :meth:`ecommine.abtest.Experiment.plan`.

    Attributes
    ----------
    metric : str
        The primary metric.
    units, total : dict of str to int, and int
        Units of each arm, rounded up, and of all arms.
    exact : float
        Units of the control before rounding up.
    baseline, difference, relative_difference : float
        The control's mean, and what the experiment is to find; without a baseline it is NaN, and so is the relative
        difference.
    power, level : float
        Chance to find it, and level of each comparison, that of Holm's first step where there are several treatments.
    looks, n_looks : {"fixed", "sequential"}, and int
        When the result is read, and the looks that the power counts on: 1 where they are fixed.
    days : int or None
        Enrolment in whole weeks and the window; None without a traffic.

    Examples
    --------
    >>> from ecommine import abtest
    >>> goal = abtest.Proportion("converted")
    >>> coupon = abtest.Experiment("coupon", arms={"control": 0.5, "coupon": 0.5}, metrics=[goal])
    >>> coupon.plan(baseline=0.2, difference=0.05).units
    {'control': 1094, 'coupon': 1094}
    """

    metric: str
    units: dict[str, int]
    total: int
    exact: float
    baseline: float
    difference: float
    relative_difference: float
    power: float
    level: float
    looks: Looks
    n_looks: int
    days: int | None = None

    def summary(self, *, locale: Locale = "en") -> str:
        """Return two or three sentences: how many units, how to read the result, how long it takes."""
        one_of("locale", locale, LOCALES)
        texts = _TEXTS[locale]
        arms = [f"{name} {count:,}" for name, count in self.units.items()]
        sentences = [
            texts["units_without_baseline" if math.isnan(self.baseline) else "units"].format(
                metric=self.metric,
                difference=three_digits(self.difference),
                baseline=three_digits(self.baseline),
                power=percent(self.power),
                total=counted(self.total, "unit") if locale == "en" else f"{self.total:,}",
                arms=(", " if locale == "en" else "，").join(arms),
            ),
            texts[self.looks].format(looks=self.n_looks),
        ]
        if self.days is not None:
            days = counted(self.days, "day") if locale == "en" else f"{self.days:,}"
            sentences.append(texts["days"].format(days=days))
        return (" " if locale == "en" else "").join(sentences)


def plan_test(
    test: PlannedTest,
    *,
    baseline: float | None,
    std: float | None,
    difference: float | None,
    relative: float | None,
    power: float,
    traffic_per_day: float | None,
    window: timedelta,
) -> Plan:
    """Compute the units at which the test finds the difference with this power."""
    power = number("power", power, low=0.5, high=0.9999)
    std = None if std is None else number("std", std, low=0)
    start = _checked_baseline(test, baseline, relative)
    wanted = _checked_difference(start, difference, relative)
    total = _checked_total(test, start, std, wanted, power)
    units = {name: math.ceil(total * share - 1e-9) for name, share in test.shares.items()}
    return Plan(
        metric=test.metric,
        units=units,
        total=sum(units.values()),
        exact=total * test.pair[0],
        baseline=start,
        difference=wanted,
        relative_difference=wanted / start if start > 0 else math.nan,
        power=power,
        level=test.level,
        looks=test.looks,
        n_looks=test.n_looks if test.looks == "sequential" else 1,
        days=None if traffic_per_day is None else _days(sum(units.values()), traffic_per_day, window),
    )


def _checked_baseline(test: PlannedTest, baseline: float | None, relative: float | None) -> float:
    """Return the mean of the control; a difference in absolute units of a mean does not need it."""
    if baseline is None:
        if test.is_proportion or relative is not None:
            raise ValueError(f"`baseline` is needed: the {test.metric} of the control without the experiment")
        return math.nan
    return number("baseline", baseline, low=0, high=1) if test.is_proportion else number("baseline", baseline)


def _checked_difference(baseline: float, difference: float | None, relative: float | None) -> float:
    if difference is not None and relative is None:
        wanted, argument = number("difference", difference), "difference"
    elif relative is not None and difference is None:
        wanted, argument = number("relative", relative) * baseline, "relative"
    else:
        raise ValueError(
            "give either `difference` (in units of the metric) or `relative` (a share of the baseline): got "
            f"{show(difference)} and {show(relative)}"
        )
    if not wanted:
        raise ValueError(f"`{argument}` must not be zero: no number of units finds a difference of nothing")
    return wanted


def _checked_std(std: float | None) -> float:
    if std is None:
        raise ValueError(
            "`std` is needed for a mean: the standard deviation of the metric over units, zeros of non-buyers "
            "included; plan_from(units) takes it from past data"
        )
    if not std:
        raise ValueError("`std` must be above 0: a metric that never varies needs no experiment")
    return std


def _checked_total(test: PlannedTest, baseline: float, std: float | None, difference: float, power: float) -> float:
    """Return the units of all arms, which must be a number that can be counted."""
    try:
        if test.is_proportion:
            total = _units_for_proportion(test, baseline, difference, power)
        else:
            total = _units_for_mean(test, _checked_std(std), difference, power)
    except (ZeroDivisionError, OverflowError):
        total = math.inf
    if not total <= MAX_WHOLE:
        raise ValueError(
            f"`difference` of {difference:g} is too small for any number of units to find: give a larger one, or a "
            "larger `relative`"
        )
    return total


def _units_for_proportion(test: PlannedTest, baseline: float, difference: float, power: float) -> float:
    target = baseline + difference
    if not 0 <= target <= 1:
        raise ValueError(
            f"`difference` of {difference:g} takes the proportion from {baseline:g} to {target:g}, outside 0 to 1: "
            "give a smaller one, or another `baseline` or `relative`"
        )
    if test.looks == "sequential":
        return _sequential_units(test, share_variance(baseline, target, test.pair), difference, power)
    return pooled_z_test_units(baseline, target, test.pair, level=test.level, power=power)


def _units_for_mean(test: PlannedTest, std: float, difference: float, power: float) -> float:
    if test.looks == "sequential":
        return _sequential_units(test, std**2 * (1 / test.pair[0] + 1 / test.pair[1]), difference, power)
    return t_test_units(std, difference, test.pair, level=test.level, power=power)


def _sequential_units(test: PlannedTest, variance: float, difference: float, power: float) -> float:
    drift = drift_for_power(power, 1 - test.level, test.n_looks, tuned_alpha=1 - test.tuned_level)
    return drift**2 * variance / difference**2


def _days(total: int, traffic_per_day: float, window: timedelta) -> int:
    per_day = number("traffic_per_day", traffic_per_day, low=0)
    if not per_day or total / per_day > MAX_WHOLE:
        raise ValueError(
            "`traffic_per_day` must be above 0, the units that enter the experiment each day, got "
            f"{show(traffic_per_day)}"
        )
    weeks = math.ceil(total / per_day / DAYS_PER_WEEK)
    return weeks * DAYS_PER_WEEK + math.ceil(window / timedelta(days=1))
