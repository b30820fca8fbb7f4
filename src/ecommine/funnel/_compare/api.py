"""The comparison of two funnels: which step explains the difference in conversion."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..._core.checks import confidence_level, one_of, several, show
from ..._core.engines import tell_library_errors
from ..._core.frames import opened
from ..._core.notes import Note
from ..._core.results import Result
from ..._core.tables import build_table, with_bounds
from ..._core.texts import LOCALES, Locale, is_known, percent
from ..._stats.intervals import Interval, Shares, difference, equal_shares_p_values, relative_difference
from ..._stats.multiple_testing import CORRECTIONS, Correction, adjust_p_values
from .._steps.result import FunnelResult
from .checks import check_results
from .contributions import Side, contributions, make_side
from .summary import SIDE_NAMES, comparison_notes, comparison_sentences, points

if TYPE_CHECKING:
    from matplotlib.axes import Axes

CONVERSIONS = ("conversion_before", "conversion_after", "difference")
"""Fields of a comparison that have limits."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class FunnelComparison(Result):
    """Comparison of two funnels; made by :func:`ecommine.funnel.compare`.

    Attributes
    ----------
    table : eager table, one row per step after the first
        step; reached_before, reached_after (units); step_conversion_before, step_conversion_after (share of those that
        reached the step before); difference (after minus before; 0.01 is one percentage point), difference_low,
        difference_high; relative_difference (after over before, less one), relative_difference_low,
        relative_difference_high; contribution (of the step to the difference in conversion from the first step to the
        last; contributions sum to it), contribution_low, contribution_high; share_of_difference (contribution over the
        whole difference; null where that is not significant); p_value (of equal step conversions), q_value (p_value
        adjusted for the number of steps).
    conversion_before, conversion_after : float
        Share of entrants that reached the last step, with _low and _high; NaN where unknown.
    difference : float
        After minus before, with _low and _high.
    p_value : float
        Of equal conversions.
    level : float
        Level of the intervals, .5 to .999999.
    names : tuple of str, or None
        Names of the two funnels in sentences and plots.
    notes : tuple of Note
        What is unknown and what is assumed, by code; then the notes of the two results, with "before: " or "after: ".

    Notes
    -----
    ========================= ==========================================================================================
    code of a note            meaning (count)
    ========================= ==========================================================================================
    conversion_unknown        nobody entered one funnel, or all its windows are open (entrants)
    step_conversion_unknown   nobody reached the step before; taken from the other funnel (steps)
    step_interval_unknown     everyone who reached the step before has an open window (steps)
    optional_steps_left_out   optional steps have no contribution (steps)
    events_against_totals     one funnel counts events, the other totals
    steps_defined_differently steps of one name have different events or conditions (steps)
    units_in_both             units are in both funnels and are assumed to be independent (units)
    units_in_both_unknown     units in both cannot be counted: one funnel is on Spark, the other is not
    visitors_in_both_unknown  visitors may have sessions in both funnels, which are assumed to be independent
    unequal_age               entrants of one funnel had more time for another attempt
    ========================= ==========================================================================================

    Examples
    --------
    >>> from ecommine import funnel
    >>> desktop = funnel.from_counts({"home": 60_200, "search": 30_100, "payment": 3_010, "confirmation": 150})
    >>> mobile = funnel.from_counts({"home": 30_200, "search": 15_100, "payment": 3_020, "confirmation": 302})
    >>> comparison = funnel.compare(desktop, mobile, names=("desktop", "mobile"))
    >>> comparison.headline
    '4 steps, conversion to confirmation 0.249% and 1%, +0.751 points (+0.636 to +0.875)'
    """

    table: Any
    conversion_before: float
    conversion_before_low: float
    conversion_before_high: float
    conversion_after: float
    conversion_after_low: float
    conversion_after_high: float
    difference: float
    difference_low: float
    difference_high: float
    p_value: float
    level: float
    names: tuple[str, str] | None
    notes: tuple[Note, ...]
    _rows: list[dict[str, Any]]

    @property
    def headline(self) -> str:
        """Number of steps, both conversions and their difference."""
        steps = f"{len(self._rows) + 1} steps, conversion to {self._rows[-1]['step']}"
        if not is_known(self.p_value):
            return f"{steps} unknown"
        low, high = points(self.difference_low), points(self.difference_high)
        return (
            f"{steps} {percent(self.conversion_before)} and {percent(self.conversion_after)}, "
            f"{points(self.difference)} points ({low} to {high})"
        )

    @property
    def tables(self) -> Mapping[str, Any]:
        """The tables by name: the steps, and one row for the whole funnel."""
        columns = {name: [value] for name, value in self._conversion().items()}
        return {"steps": self.table, "conversion": build_table(columns, like=opened(self.table, argument="table"))}

    def summary(self, *, locale: Locale = "en") -> str:
        """Return in two to four sentences whether the two funnels differ, and which steps explain it."""
        one_of("locale", locale, LOCALES)
        names = self.names or SIDE_NAMES[locale]
        return comparison_sentences(self._rows, self._conversion(), 1 - self.level, names, locale)

    def plot(self, ax: "Axes | None" = None, *, locale: Locale = "en") -> "Axes":
        """Draw a waterfall from one conversion to the other, step by step, with intervals.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Where to draw; by default a new figure.
        locale : {"en", "zh"}
            The language of all text.

        Returns
        -------
        matplotlib Axes
            The axes.
        """
        from .plot import draw_comparison

        one_of("locale", locale, LOCALES)
        names = self.names or SIDE_NAMES[locale]
        return draw_comparison(self._rows, self._conversion(), self.level, names, ax, locale)

    def _conversion(self) -> dict[str, float]:
        names = [f"{name}{end}" for name in CONVERSIONS for end in ("", "_low", "_high")]
        return {name: getattr(self, name) for name in (*names, "p_value")}


@tell_library_errors
def compare(
    before: FunnelResult,
    after: FunnelResult,
    /,
    *,
    correction: Correction | None = "bh",
    level: float = 0.95,
    names: Sequence[str] | None = None,
) -> FunnelComparison:
    r"""Compare two funnels: how much each step contributes to the difference in conversion.

    Parameters
    ----------
    before, after : FunnelResult
        Two periods, segments or variants with the same steps, from `analyse`, `from_counts` or `from_reached`; of a
        result with groups, ``result.group(value)`` is one.
    correction : {"bh", "holm", "bonferroni"} or None
        How `q_value` corrects for the steps tested.
    level : float
        Level of the intervals; 1 - level is the significance level of the tests.
    names : two texts, optional
        Names of the two in sentences and plots, such as ``("desktop", "mobile")``.

    Returns
    -------
    FunnelComparison
        Frozen; ``.table`` is eager, of the library of ``before.table``.

    Raises
    ------
    TypeError
        If an argument is not the result of a funnel.
    ValueError
        If the steps, windows or other settings differ, or a result has groups or periods.

    Notes
    -----
    Conversion is the product of the step conversions r. Its difference is split by Shapley's value, the mean over all
    orders in which the steps may change:

    .. math:: \phi_k = (r_{1k} - r_{0k}) \int_0^1 \prod_{j \ne k} \bigl((1 - t) r_{0j} + t \, r_{1j}\bigr) \, dt

    The contributions add up to the difference exactly. Optional steps are left out. A step after one that nobody
    reached takes its conversion from the other funnel, so that its contribution is 0.

    Intervals use the distance from each step conversion to Wilson's limits in place of its standard error (Newcombe,
    Donner and Zou). The test is that of two shares with pooled variance and effective sample sizes. The two funnels are
    assumed to be independent; where results keep their units, a note counts the units in both.

    A comparison shows where the difference lies, not why: the entrants themselves may differ.

    References
    ----------
    Shapley, L. S. (1953). A value for n-person games. Contributions to the Theory of Games II, 307-317.
    https://doi.org/10.1515/9781400881970-018

    Newcombe, R. G. (1998). Interval estimation for the difference between independent proportions: comparison of
    eleven methods. Statistics in Medicine 17(8), 873-890.

    Donner, A. and Zou, G. Y. (2012). Closed-form confidence intervals for functions of the normal mean and standard
    deviation. Statistical Methods in Medical Research 21(4), 347-359. https://doi.org/10.1177/0962280210383082

    Examples
    --------
    >>> from ecommine import funnel
    >>> may = funnel.from_counts({"view": 4_000, "cart": 800, "paid": 400})
    >>> june = funnel.from_counts({"view": 4_000, "cart": 1_200, "paid": 570})
    >>> comparison = funnel.compare(may, june, names=("May", "June"))
    >>> comparison.table[["step", "difference", "contribution", "share_of_difference", "q_value"]].round(3)
       step  difference  contribution  share_of_difference  q_value
    0  cart       0.100         0.049                1.147    0.000
    1  paid      -0.025        -0.006               -0.147    0.273
    >>> round(comparison.difference, 6), round(float(comparison.table["contribution"].sum()), 6)
    (0.0425, 0.0425)
    """
    one_of("correction", correction, CORRECTIONS)
    confidence = confidence_level(level)
    side_names = _check_names(names)
    first, second = check_results(before, after)
    sides = make_side(first._estimates, confidence), make_side(second._estimates, confidence)
    conversions = sides[0].conversion, sides[1].conversion
    whole, p_value = difference(*conversions), float(equal_shares_p_values(*conversions)[0])
    is_significant = p_value < 1 - confidence
    columns = _columns(sides, correction, float(whole.estimate[0]) if is_significant else np.nan)
    estimates: list[Interval | Shares] = [*conversions, whole]
    fields = [
        with_bounds(name, (estimate.estimate, estimate.low, estimate.high))
        for name, estimate in zip(CONVERSIONS, estimates, strict=True)
    ]
    return FunnelComparison(
        table=build_table(columns, like=opened(first.table, argument="before")),
        **{name: float(values[0]) for field in fields for name, values in field.items()},
        p_value=p_value,
        level=confidence,
        names=side_names,
        notes=comparison_notes(first, second, sides),
        _rows=[dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)],
    )


def _check_names(names: object) -> tuple[str, str] | None:
    if names is None:
        return None
    texts = several("names", names, of="two different texts")
    if len(texts) != 2 or not all(isinstance(text, str) and text for text in texts) or texts[0] == texts[1]:
        raise ValueError(f"`names` must be two different texts, such as ('desktop', 'mobile'), got {show(names)}")
    return str(texts[0]), str(texts[1])


def _columns(sides: tuple[Side, Side], correction: Correction | None, whole: float) -> dict[str, list[Any]]:
    """Return the columns of the table; ``whole`` is the difference of conversions, NaN where it is not significant."""
    shares = sides[0].step_shares, sides[1].step_shares
    contribution = contributions(*sides)
    p_value = equal_shares_p_values(*shares)
    columns: dict[str, Any] = {
        "step": np.array(sides[0].steps[1:], dtype=object),
        "reached_before": sides[0].reached[1:],
        "reached_after": sides[1].reached[1:],
        "step_conversion_before": shares[0].estimate,
        "step_conversion_after": shares[1].estimate,
        **with_bounds("difference", difference(*shares)),
        **with_bounds("relative_difference", relative_difference(*shares)),
        **with_bounds("contribution", contribution),
        "share_of_difference": contribution.estimate / whole + 0.0,  # no -0
        "p_value": p_value,
        "q_value": adjust_p_values(p_value, correction),
    }
    return {name: values.tolist() for name, values in columns.items()}
