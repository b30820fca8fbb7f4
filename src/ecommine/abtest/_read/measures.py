"""Metrics as columns: which are summed, each once, and which belong together."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from .._metrics import Mean, Metric, Proportion, RatioOfMeans, second_column, value_column

Pair = tuple[int, int]
"""Places of two columns whose products are summed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """A metric as columns: which number is estimated, and which second one belongs to it."""

    metric: Metric
    value: int
    second: int | None
    is_shown_only: bool = False

    @property
    def name(self) -> str:
        """Name of the row in the table."""
        return f"{self.metric.name}_uncapped" if self.is_shown_only else self.metric.name

    @property
    def is_ratio(self) -> bool:
        """Whether the second column is a denominator."""
        return isinstance(self.metric, RatioOfMeans)

    @property
    def covariate(self) -> int | None:
        """The second column where it is a covariate."""
        return None if self.is_ratio else self.second


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """A column of the units table that is summed, with its cap."""

    column: str
    cap: float | None = None
    is_share: bool = False


def list_measures(metrics: Sequence[Metric]) -> tuple[tuple[Base, ...], tuple[Measure, ...]]:
    """List the columns that metrics need, each once, and the measures by their places."""
    bases: list[Base] = []

    def place(base: Base) -> int:
        if base not in bases:
            bases.append(base)
        return bases.index(base)

    measures = []
    for metric in metrics:
        plain = Base(column=value_column(metric), is_share=isinstance(metric, Proportion))
        cap = metric.cap if isinstance(metric, Mean) else None
        at_value = place(replace(plain, cap=cap))
        second = second_column(metric)
        at_second = None if second is None else place(Base(column=second))
        measures.append(Measure(metric=metric, value=at_value, second=at_second))
        if cap is not None:
            measures.append(Measure(metric=metric, value=place(plain), second=at_second, is_shown_only=True))
    return tuple(bases), tuple(measures)
