"""What an experiment has shown: effects with intervals and verdicts, the checks, groups, and what may be concluded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Literal, NamedTuple, TypeVar

from .._core.checks import one_of
from .._core.frames import Frame
from .._core.notes import Note
from .._core.results import Result
from .._core.tables import build_table
from .._core.texts import LOCALES, Locale, counted
from ._infer.checks import Check
from ._infer.estimates import Comparison
from ._infer.groups import GroupRow
from ._infer.verdicts import Row

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TableT_co = TypeVar("TableT_co", covariant=True)
_ESTIMATES = {
    "control": "control",
    "treatment": "treatment",
    "difference": "difference",
    "difference_low": "low",
    "difference_high": "high",
    "relative_difference": "relative",
    "relative_difference_low": "relative_low",
    "relative_difference_high": "relative_high",
}
"""Columns of estimates, and the attributes that they show."""
NAN = float("nan")


class DayEffect(NamedTuple):
    """The difference of all units assigned up to a day, with its always-valid interval."""

    day: str
    variant: str
    difference: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Readout(Result, Generic[TableT_co]):
    """What an experiment has shown; made by :meth:`ecommine.abtest.Experiment.analyse`.

    Attributes
    ----------
    table : eager table, one row per metric and treatment
        metric, role (primary, secondary, guardrail, or for_comparison for the uncapped metric), variant, control,
        treatment, difference and relative_difference with ``_low`` and ``_high`` at `level`, p_value (of a guardrail:
        that it got worse by its margin or more), q_value, verdict. All numbers are null where effects are withheld.
    checks : eager table, one row per check
        check, metric, variant, value (a p-value; of skewness that of the difference), verdict (ok, warning, failed,
        not_tested).
    by : eager table or None
        One row per column of ``by=``, group, metric and treatment: by, group, metric, variant, units_control,
        units_treatment, the estimates, sample_ratio, and p_value and q_value of the differences between the groups.
    experiment, level : str, and float
        The name of the experiment, and the level of the intervals.
    is_withheld : bool
        Whether effects are withheld because a check failed.
    notes : tuple of Note
        What was left out and what cannot be trusted; the codes stand in :mod:`ecommine.abtest`.

    Examples
    --------
    >>> import pandas as pd
    >>> from ecommine import abtest
    >>> units = pd.DataFrame({"customer_id": range(200), "variant": ["control", "new"] * 100,
    ...                       "converted": [0, 0, 0, 1, 1, 1, 0, 1] * 25})
    >>> page = abtest.Experiment("page", arms={"control": 0.5, "new": 0.5}, metrics=[abtest.Proportion("converted")])
    >>> page.analyse(units).table[["metric", "difference", "verdict"]]
          metric  difference verdict
    0  converted         0.5  better
    """

    table: TableT_co
    checks: TableT_co
    by: TableT_co | None
    experiment: str
    level: float
    is_withheld: bool
    notes: tuple[Note, ...]
    _rows: tuple[Row, ...]
    _group_rows: tuple[GroupRow, ...]
    _checks: tuple[Check, ...]
    _days: tuple[DayEffect, ...]
    _counts: Mapping[str, int]
    _control: str
    _is_sequential: bool

    @property
    def headline(self) -> str:
        """The first line of the display."""
        counts = ", ".join(f"{arm} {n:,}" for arm, n in self._counts.items())
        how = "sequential" if self._is_sequential else "fixed"
        withheld = "; effects withheld" if self.is_withheld else ""
        return f"{self.experiment}, {counted(sum(self._counts.values()), 'unit')} ({counts}), {how}{withheld}"

    @property
    def tables(self) -> Mapping[str, Any]:
        """The tables by name."""
        tables: dict[str, Any] = {"effects": self.table, "checks": self.checks}
        return tables if self.by is None else tables | {"by": self.by}

    def summary(self, *, locale: Locale = "en") -> str:
        """Return two to six sentences: may it be trusted, did it work, what about the guardrails, for whom."""
        from ._summary import readout_sentences

        one_of("locale", locale, LOCALES)
        return readout_sentences(self, locale)

    def plot(
        self, ax: "Axes | None" = None, *, locale: Locale = "en", kind: Literal["forest", "days", "by"] = "forest"
    ) -> "Axes":
        """Draw the effects with their intervals.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Where to draw; by default a new figure.
        locale : {"en", "zh"}
            The language of all text.
        kind : {"forest", "days", "by"}
            Relative differences of all metrics, with the margins of guardrails; the difference in the primary metric by
            day of assignment, with an interval that holds on all days at once; or the primary metric in groups.

        Raises
        ------
        ValueError
            If effects are withheld, or there are no days or groups to draw.
        """
        from ._plot import draw_days, draw_forest, draw_groups

        one_of("locale", locale, LOCALES)
        one_of("kind", kind, ("forest", "days", "by"))
        if self.is_withheld:
            raise ValueError("effects are withheld, so there is nothing to draw: see .checks and .notes")
        if kind == "days":
            return draw_days(self._days, self._primary(), ax, locale)
        if kind == "by":
            return draw_groups(self._group_rows, self._primary(), ax, locale)
        return draw_forest(self._rows, self.level, ax, locale)

    def _primary(self) -> str:
        return next(row.metric for row in self._rows if row.role == "primary")


def effect_table(rows: Sequence[Row], *, is_withheld: bool, like: Frame) -> Any:
    """Return the rows as a table of the caller's library."""
    columns: dict[str, list[Any]] = {
        name: [getattr(row, name) for row in rows] for name in ("metric", "role", "variant")
    }
    columns |= _estimates([row.comparison for row in rows], [is_withheld] * len(rows))
    columns["p_value"] = [NAN if is_withheld else row.comparison.p_value for row in rows]
    columns["q_value"] = [NAN if is_withheld else row.q_value for row in rows]
    columns["verdict"] = ["withheld" if is_withheld else row.verdict for row in rows]
    return build_table(columns, like=like)


def _estimates(comparisons: Sequence[Comparison], hidden: Sequence[bool]) -> dict[str, list[float]]:
    """Return the columns of estimates, NaN where they are hidden."""
    return {
        name: [NAN if hide else getattr(one, attribute) for one, hide in zip(comparisons, hidden, strict=True)]
        for name, attribute in _ESTIMATES.items()
    }


def check_table(checks: Sequence[Check], *, like: Frame) -> Any:
    """Return the checks as a table of the caller's library."""
    names = ("check", "metric", "variant", "value", "verdict")
    columns = {name: [None if getattr(one, name) == "" else getattr(one, name) for one in checks] for name in names}
    return build_table(columns, like=like)


def group_table(rows: Sequence[GroupRow], *, is_withheld: bool, like: Frame) -> Any:
    """Return the groups as a table of the caller's library."""
    columns: dict[str, list[Any]] = {
        "by": [row.by for row in rows],
        "group": [row.group for row in rows],
        "metric": [row.comparison.measure.name for row in rows],
        "variant": [row.variant for row in rows],
        "units_control": [int(row.comparison.units[0]) for row in rows],
        "units_treatment": [int(row.comparison.units[1]) for row in rows],
    }
    columns |= _estimates([row.comparison for row in rows], [is_withheld or row.is_withheld for row in rows])
    columns["sample_ratio"] = [row.sample_ratio for row in rows]
    columns |= {name: [NAN if is_withheld else getattr(row, name) for row in rows] for name in ("p_value", "q_value")}
    samples = dict.fromkeys(("sample_ratio", "p_value", "q_value", *_ESTIMATES), 0.0)
    return build_table(columns, like=like, samples=samples | {"units_control": 0, "units_treatment": 0})
