"""An experiment: its arms and their shares, what is measured, when it is read, and the calls on it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, overload

from narwhals.stable.v2.typing import IntoDataFrameT, IntoLazyFrameT

from .._core.checks import confidence_level, integer, one_of, show, text
from .._core.durations import fixed_length
from .._core.engines import tell_library_errors
from .._core.texts import did_you_mean, quote_names
from .._stats.multiple_testing import CORRECTIONS, Correction
from ._arms import check_arms, check_control
from ._metrics import Guardrail, Metric, Proportion
from ._plan import Looks, Plan, PlannedTest, plan_test
from ._readout import Readout

Names = str | Sequence[str] | None
"""The name of a column, or several."""
DEFAULT_LOOKS = 60
"""Looks that the plan of a sequential experiment counts on: one a day for two months."""


@dataclass(frozen=True, slots=True)
class Experiment:
    """An experiment, written down before it starts.

    Parameters
    ----------
    name : str
        Of the experiment; it selects its rows of a table with the column `experiment`, which must have some.
    arms : mapping of arm to share, or sequence of arms
        The design: which share of units each arm was to get. Only names where shares are not known, or were changed on
        the way, as in a ramp-up; the sample ratio is then not tested. Arms are compared as text: 1 is "1", and True is
        "true".
    control : arm
        The arm that all others are compared with.
    metrics : sequence of Mean, Proportion, RatioOfMeans and Guardrail
        Goals, and what must not get worse.
    primary : str, optional
        Name of the goal that decides; not needed where there is only one.
    planned : int or Plan, optional
        Units planned in all arms together. A sequential experiment needs it: its interval is narrowest there.
    looks : {"fixed", "sequential"}
        Whether the result is read once, at the planned size, or at any time.
    correction : {"bh", "holm", "bonferroni"} or None
        Of the other goals. The primary has a level of its own (Holm over the arms), and each guardrail must pass.
    level : float
        Level of intervals and tests.

    Raises
    ------
    TypeError, ValueError
        If the design does not add up: one arm, shares that are not 1 together, an unknown control or primary.

    Examples
    --------
    >>> from ecommine import abtest
    >>> coupon = abtest.Experiment("coupon", arms={"control": 0.5, "coupon": 0.5},
    ...                            metrics=[abtest.Mean("revenue", "revenue_before"), abtest.Proportion("converted")],
    ...                            primary="converted")
    >>> coupon.plan(baseline=0.10, relative=0.1, traffic_per_day=1_000).days
    49
    """

    name: str
    arms: Mapping[str, float | None] = field(kw_only=True)
    control: str = field(default="control", kw_only=True)
    metrics: Sequence[Metric | Guardrail] = field(kw_only=True)
    primary: str = field(default="", kw_only=True)
    planned: int | Plan | None = field(default=None, kw_only=True)
    looks: Looks = field(default="fixed", kw_only=True)
    correction: Correction | None = field(default="bh", kw_only=True)
    level: float = field(default=0.95, kw_only=True)

    def __post_init__(self) -> None:
        text("name", self.name, example="'coupon', the name of the experiment")
        object.__setattr__(self, "arms", check_arms(self.arms))
        object.__setattr__(self, "control", check_control(self.control, self.arms))
        object.__setattr__(self, "metrics", _checked_metrics(self.metrics))
        object.__setattr__(self, "primary", _checked_primary(self.primary, self.goals))
        one_of("looks", self.looks, ("fixed", "sequential"))
        one_of("correction", self.correction, CORRECTIONS)
        object.__setattr__(self, "level", confidence_level(self.level))
        if self.planned is not None and not isinstance(self.planned, Plan):
            object.__setattr__(self, "planned", integer("planned", self.planned, low=2))

    @property
    def goals(self) -> tuple[Metric, ...]:
        """The metrics that are to improve."""
        return tuple(metric for metric in self.metrics if not isinstance(metric, Guardrail))

    @property
    def guardrails(self) -> tuple[Guardrail, ...]:
        """The metrics that must not get worse."""
        return tuple(metric for metric in self.metrics if isinstance(metric, Guardrail))

    @property
    def treatments(self) -> tuple[str, ...]:
        """All arms but the control."""
        return tuple(arm for arm in self.arms if arm != self.control)

    @property
    def planned_units(self) -> int | None:
        """Units planned in all arms together."""
        return self.planned.total if isinstance(self.planned, Plan) else self.planned

    def plan(
        self,
        *,
        baseline: float | None = None,
        std: float | None = None,
        difference: float | None = None,
        relative: float | None = None,
        power: float = 0.8,
        traffic_per_day: float | None = None,
        window: str | timedelta = "14d",
        n_looks: int = DEFAULT_LOOKS,
    ) -> Plan:
        """Compute how many units the primary metric needs, by the test that :meth:`analyse` runs.

        Parameters
        ----------
        baseline : float, optional
            The primary metric of the control; a share for a proportion. Not needed for a `difference` of a mean.
        std : float, optional
            Standard deviation of a mean over units, zeros included; of a ratio, that of (numerator - ratio x
            denominator) over the mean denominator. :meth:`plan_from` takes it from past data.
        difference, relative : float
            What is to be found: in units of the metric, or as a share of the baseline. Give one.
        power : float
            Chance to find it.
        traffic_per_day : float, optional
            Units that enter each day; gives the days.
        window : duration
            How long each unit is observed.
        n_looks : int
            Looks at a sequential experiment.

        Returns
        -------
        Plan

        Raises
        ------
        ValueError
            If shares of the arms are not known, or the numbers give no plan.

        Examples
        --------
        >>> test = Experiment("page", arms={"control": .5, "new": .5}, metrics=[Proportion("converted")])
        >>> round(test.plan(baseline=.10, difference=.01).exact, 3)
        14750.79
        """
        return plan_test(
            self._planned_test(n_looks),
            baseline=baseline,
            std=std,
            difference=difference,
            relative=relative,
            power=power,
            traffic_per_day=traffic_per_day,
            window=fixed_length(window, argument="window"),
        )

    @tell_library_errors
    def assign(self, ids: Any, /, *, salt: str | None = None) -> Any:
        """Assign units to arms by a hash of their ids: the same in every library and process.

        Parameters
        ----------
        ids : table with customer_id, column, or list
            Text or whole numbers; 1 and "1" are one id.
        salt : str, optional
            Another salt mixes anew; the name of the experiment by default, so that experiments are independent.

        Returns
        -------
        table of the library of the ids
            customer_id, variant, experiment: assignments, but for the time of exposure. A list gives pandas.

        Raises
        ------
        TypeError, ValueError
            If ids are missing or no ids, or the shares of the arms are not known.

        Examples
        --------
        >>> page = Experiment("page", arms={"control": .5, "new": .5}, metrics=[Proportion("converted")])
        >>> page.assign(["ann", "bob", "cy"])["variant"].tolist()
        ['control', 'control', 'new']
        """
        from ._assign import assign_units

        if salt is not None and not isinstance(salt, str):
            raise TypeError(f"`salt` must be text, got {show(salt)}")
        return assign_units(ids, self._known_shares(), salt=salt or self.name, experiment=self.name)

    @overload
    def analyse(
        self,
        units: IntoDataFrameT,
        /,
        *,
        by: Names = None,
        strata: Names = None,
        cluster: str | None = None,
        override: str | None = None,
    ) -> Readout[IntoDataFrameT]: ...
    @overload
    def analyse(
        self,
        units: IntoLazyFrameT,
        /,
        *,
        by: Names = None,
        strata: Names = None,
        cluster: str | None = None,
        override: str | None = None,
    ) -> Readout[Any]: ...
    @tell_library_errors
    def analyse(
        self,
        units: Any,
        /,
        *,
        by: Names = None,
        strata: Names = None,
        cluster: str | None = None,
        override: str | None = None,
    ) -> Readout[Any]:
        """Read the result of the experiment, or say why it cannot be read.

        Parameters
        ----------
        units : table of units
            One row per unit: customer_id, variant and the columns of the metrics, as :func:`ecommine.abtest.units`
            makes it. Where it has assigned_at, pending, excluded and experiment they are used.
        by : column or list of columns, optional
            Groups known before exposure, such as the device at first visit.
        strata : column or list of columns, optional
            What is held fixed: arms are compared within strata. A time counts as its day.
        cluster : column, optional
            The unit that was randomised, where that is not the row, such as a shop or a household.
        override : str, optional
            The reason for showing effects although a check failed.

        Returns
        -------
        Readout

        Raises
        ------
        ecommine.SchemaError
            If a column is missing, or a metric is missing in a unit that is read (counted by arm).
        ValueError
            If the table has a variant that is no arm, or only other experiments, if a cluster has several arms, or an
            option is wrong.

        Examples
        --------
        >>> import pandas as pd
        >>> units = pd.DataFrame({"customer_id": range(1000), "variant": ["control"] * 400 + ["new"] * 600,
        ...                       "converted": [True, False] * 500})
        >>> page = Experiment("page", arms={"control": .5, "new": .5}, metrics=[Proportion("converted")])
        >>> readout = page.analyse(units)
        >>> readout.notes[0].code, readout.table["verdict"].tolist()
        ('sample_ratio_mismatch', ['withheld'])
        """
        from ._analyse import analyse_units

        return analyse_units(self, units, by=by, strata=strata, cluster=cluster, override=override)

    @overload
    def analyse_sums(self, sums: IntoDataFrameT, /, *, override: str | None = None) -> Readout[IntoDataFrameT]: ...
    @overload
    def analyse_sums(self, sums: IntoLazyFrameT, /, *, override: str | None = None) -> Readout[Any]: ...
    @tell_library_errors
    def analyse_sums(self, sums: Any, /, *, override: str | None = None) -> Readout[Any]:
        """Read the result from sufficient statistics, as a warehouse computes them.

        Parameters
        ----------
        sums : table, one row per variant and metric
            variant; metric (its name); units (all units of the variant, also those with zeros); mean and variance (over
            n - 1; not needed for a proportion). For a covariate or a denominator second_mean, second_variance and
            covariance; for a sequential experiment nonzero, the units whose value is not zero.
        override : str, optional
            As for :meth:`analyse`.

        Returns
        -------
        Readout
            Without the checks of days and skewness, which need the units.

        Raises
        ------
        ecommine.SchemaError
            If columns, rows or numbers are missing, or numbers are impossible: a negative variance, a share above 1.

        Examples
        --------
        >>> import pandas as pd
        >>> sums = pd.DataFrame({"variant": ["control", "new"], "metric": "converted", "units": [44_700, 45_489],
        ...                      "mean": [.190201, .182]})
        >>> test = Experiment("gate", arms={"control": .5, "new": .5}, metrics=[Proportion("converted")])
        >>> test.analyse_sums(sums).table["p_value"].round(5).tolist()
        [0.00155]
        """
        from ._analyse import analyse_statistics

        return analyse_statistics(self, sums, override=override)

    @tell_library_errors
    def plan_from(
        self,
        history: Any,
        /,
        *,
        difference: float | None = None,
        relative: float | None = None,
        power: float = 0.8,
        traffic_per_day: float | None = None,
        window: str | timedelta = "14d",
        n_looks: int = DEFAULT_LOOKS,
    ) -> Plan:
        """Compute how many units the primary metric needs, with its mean and variance taken from past units.

        Parameters
        ----------
        history : table of units
            One row per unit with the columns of the primary metric and its covariate, of any time before the
            experiment; a variant is not needed.
        difference, relative, power, traffic_per_day, window, n_looks
            As for :meth:`plan`.

        Returns
        -------
        Plan
            With a covariate, for the variance that it leaves.

        Examples
        --------
        >>> import pandas as pd
        >>> from ecommine import abtest
        >>> past = pd.DataFrame({"customer_id": range(6), "revenue": [0, 0, 0, 10, 0, 20]})
        >>> shop = Experiment("page", arms={"control": .5, "new": .5}, metrics=[abtest.Mean("revenue")])
        >>> shop.plan_from(past, relative=0.5).baseline
        5.0
        """
        from ._analyse import past_mean

        primary = next(metric for metric in self.goals if metric.name == self.primary)
        baseline, std = past_mean(history, primary)
        return self.plan(
            baseline=baseline,
            std=std,
            difference=difference,
            relative=relative,
            power=power,
            traffic_per_day=traffic_per_day,
            window=window,
            n_looks=n_looks,
        )

    def _known_shares(self) -> dict[str, float]:
        shares = {arm: share for arm, share in self.arms.items() if share is not None}
        if len(shares) < len(self.arms):
            raise ValueError(
                "the shares of the arms are needed: give `arms` as a mapping such as {'control': 0.5, ...}"
            )
        return shares

    def _planned_test(self, n_looks: int) -> PlannedTest:
        shares = self._known_shares()
        primary = next(metric for metric in self.goals if metric.name == self.primary)
        return PlannedTest(
            metric=self.primary,
            is_proportion=isinstance(primary, Proportion),
            looks=self.looks,
            level=1 - (1 - self.level) / len(self.treatments),
            tuned_level=self.level,
            n_looks=integer("n_looks", n_looks, low=1, high=10_000),
            shares=shares,
            control=self.control,
            smallest=min(self.treatments, key=shares.__getitem__),
        )


def _checked_metrics(metrics: object) -> tuple[Metric | Guardrail, ...]:
    if isinstance(metrics, Metric | Guardrail | str) or not isinstance(metrics, Sequence):
        raise TypeError(
            f"`metrics` must be a list such as [Mean('revenue'), Proportion('converted')], got {show(metrics)}"
        )
    wrong = [metric for metric in metrics if not isinstance(metric, Metric | Guardrail)]
    if wrong:
        raise TypeError(f"`metrics` must hold Mean, Proportion, RatioOfMeans and Guardrail, got {show(wrong[0])}")
    names = [metric.name for metric in metrics]
    repeated = [name for name in names if names.count(name) > 1]
    if repeated:
        raise ValueError(f"`metrics` has two metrics named {repeated[0]!r}: give one another `name`")
    return tuple(metrics)


def _checked_primary(primary: object, goals: Sequence[Metric]) -> str:
    names = [metric.name for metric in goals]
    if not names:
        raise ValueError("`metrics` must hold a goal: a Mean, Proportion or RatioOfMeans that is no guardrail")
    if not isinstance(primary, str):
        raise TypeError(f"`primary` must be one of the goals {quote_names(names)}, got {show(primary)}")
    if not primary and len(names) == 1:
        return names[0]
    if primary not in names:
        near = did_you_mean(primary, names)
        raise ValueError(f"`primary` must be one of the goals {quote_names(names)}, got {show(primary)}{near}")
    return str(primary)
