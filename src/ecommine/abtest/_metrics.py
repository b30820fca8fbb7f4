"""What is measured: means, proportions, ratios of means, and guardrails, checked when they are made."""

from dataclasses import dataclass, field
from typing import Literal

from .._core.checks import instance, number, one_of, show, text

Better = Literal["higher", "lower"]


@dataclass(frozen=True, slots=True)
class Mean:
    """The mean of a column over units, such as the revenue per customer, buyers or not.

    Parameters
    ----------
    column : str
        Column of the units table, a number in every row: 0 for a customer who bought nothing, never null.
    covariate : str, optional
        Column known before exposure that explains part of the metric, such as the revenue before: CUPED.
    better : {"higher", "lower"}
        Which direction is an improvement.
    cap : float, optional
        Values above it count as this much. This changes what is estimated, so the uncapped metric stands beside.
    cap_quantile : float in (.5, 1), optional
        The same, at this quantile of all units together.
    name : str, optional
        The column's name by default.

    Examples
    --------
    >>> Mean("revenue", "revenue_before").name
    'revenue'
    """

    column: str
    covariate: str | None = None
    better: Better = field(default="higher", kw_only=True)
    cap: float | None = field(default=None, kw_only=True)
    cap_quantile: float | None = field(default=None, kw_only=True)
    name: str = field(default="", kw_only=True)

    def __post_init__(self) -> None:
        _check_names(column=self.column, covariate=self.covariate)
        if self.covariate == self.column:
            raise ValueError(f"`covariate` must be another column than the metric, got {show(self.covariate)}")
        if self.cap is not None and self.cap_quantile is not None:
            raise ValueError(
                f"give `cap` or `cap_quantile`, not both: got {show(self.cap)} and {show(self.cap_quantile)}"
            )
        if self.cap is not None:
            object.__setattr__(self, "cap", number("cap", self.cap))
        if self.cap_quantile is not None:
            quantile = number("cap_quantile", self.cap_quantile, low=0.5, high=0.999999)
            object.__setattr__(self, "cap_quantile", quantile)
        _finish(self, self.column)


@dataclass(frozen=True, slots=True)
class Proportion:
    """The share of units with a property, such as the customers who bought.

    Parameters
    ----------
    column : str
        Column of the units table: true or false, or 1 and 0, in every row.
    better : {"higher", "lower"}
        Which direction is an improvement.
    name : str, optional
        The column's name by default.

    Examples
    --------
    >>> Proportion("returned", better="lower").better
    'lower'
    """

    column: str
    better: Better = field(default="higher", kw_only=True)
    name: str = field(default="", kw_only=True)

    def __post_init__(self) -> None:
        _check_names(column=self.column)
        _finish(self, self.column)


@dataclass(frozen=True, slots=True)
class RatioOfMeans:
    """The ratio of two sums over units, such as the revenue per order: customers are randomised, orders are counted.

    Parameters
    ----------
    numerator, denominator : str
        Columns of the units table, numbers in every row.
    better : {"higher", "lower"}
        Which direction is an improvement.
    name : str, optional
        "numerator_per_denominator" by default.

    Examples
    --------
    >>> RatioOfMeans("revenue", "orders").name
    'revenue_per_orders'
    """

    numerator: str
    denominator: str
    better: Better = field(default="higher", kw_only=True)
    name: str = field(default="", kw_only=True)

    def __post_init__(self) -> None:
        _check_names(numerator=self.numerator, denominator=self.denominator)
        if self.numerator == self.denominator:
            raise ValueError(f"`denominator` must be another column than the numerator, got {show(self.denominator)}")
        _finish(self, f"{self.numerator}_per_{self.denominator}")


Metric = Mean | Proportion | RatioOfMeans


@dataclass(frozen=True, slots=True)
class Guardrail:
    """A metric that must not get worse by more than a margin; it passes when the test shows that it did not.

    Parameters
    ----------
    metric : Mean, Proportion or RatioOfMeans
        What is guarded.
    margin : float, optional
        How much worse is still acceptable, in units of the metric; give this or `relative_margin`.
    relative_margin : float, optional
        The same as a share of the control.

    Raises
    ------
    TypeError, ValueError
        If it is no metric, or not exactly one margin is given.

    Examples
    --------
    >>> Guardrail(Proportion("returned", better="lower"), margin=0.01).name
    'returned'
    """

    metric: Metric
    margin: float | None = field(default=None, kw_only=True)
    relative_margin: float | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        instance("metric", self.metric, (Mean, Proportion, RatioOfMeans), noun="a Mean, Proportion or RatioOfMeans")
        if (self.margin is None) == (self.relative_margin is None):
            raise ValueError(
                "a guardrail needs either `margin` (in units of the metric) or `relative_margin` (a share of the "
                f"control): got {show(self.margin)} and {show(self.relative_margin)}"
            )
        if self.margin is not None:
            object.__setattr__(self, "margin", number("margin", self.margin, low=0))
        if self.relative_margin is not None:
            share = number("relative_margin", self.relative_margin, low=0, high=1)
            object.__setattr__(self, "relative_margin", share)

    @property
    def name(self) -> str:
        """The name of the metric."""
        return self.metric.name


def value_column(metric: Metric) -> str:
    """Return the column whose mean, or the numerator whose ratio, is estimated."""
    return metric.numerator if isinstance(metric, RatioOfMeans) else metric.column


def second_column(metric: Metric) -> str | None:
    """Return the denominator of a ratio, or the covariate of a mean."""
    if isinstance(metric, RatioOfMeans):
        return metric.denominator
    return metric.covariate if isinstance(metric, Mean) else None


def _check_names(**names: str | None) -> None:
    for argument, name in names.items():
        if name is not None or argument != "covariate":
            text(argument, name, example="'revenue', the name of a column")


def _finish(metric: Metric, name: str) -> None:
    """Check what all metrics have, and name those without a name."""
    one_of("better", metric.better, ("higher", "lower"))
    if not isinstance(metric.name, str):
        raise TypeError(f"`name` must be text, got {show(metric.name)}")
    object.__setattr__(metric, "name", metric.name or name)
