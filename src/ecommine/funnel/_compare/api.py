"""Two funnels set against each other: which step explains the difference in conversion."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..._core.checks import confidence_level, one_of
from ..._core.frames import opened
from ..._core.pictures import percent
from ..._core.results import Result
from ..._core.texts import Locale
from .._apart import CORRECTIONS, Correction, Interval, difference, p_values, q_values, relative
from .._curves import Floats
from .._steps.result import FunnelResult
from .._writing import built
from .checks import Names, check, notes_of
from .contributions import contributions
from .sides import Side, side
from .summary import NAMES, points, sentences

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ENDS = ("", "_low", "_high")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class FunnelComparison(Result):
    """Two funnels set against each other; made by :func:`ecommine.funnel.compare`.

    Attributes
    ----------
    table : eager table, one row a step after the first
        step; reached_before, reached_after (units); step_conversion_before, step_conversion_after (share of those that
        reached the step before); difference (after minus before, 0.01 is one point), difference_low, difference_high;
        relative_difference (after over before, less one), relative_difference_low, relative_difference_high;
        contribution (what the step adds to the difference in conversion from the first step to the last; they sum up
        to it), contribution_low, contribution_high; share_of_difference (contribution over the whole difference; null
        where that may be chance); p_value (of equal step conversions), q_value.
    conversion_before, conversion_after : float
        Share of those that entered that reached the last step, with _low and _high; NaN where unknown.
    difference : float
        After minus before, with _low and _high.
    p_value : float
        Of equal conversions.
    level : float
        Level of the intervals, .5 to .999999.
    names : tuple of str, or None
        What the two are called in words and pictures.
    notes : tuple of str
        What is unknown, what was taken for granted, and the notes of the two results.

    Examples
    --------
    >>> from ecommine import funnel
    >>> desktop = funnel.from_counts({"home": 60_200, "search": 30_100, "payment": 3_010, "confirmation": 150})
    >>> mobile = funnel.from_counts({"home": 30_200, "search": 15_100, "payment": 3_020, "confirmation": 302})
    >>> found = funnel.compare(desktop, mobile, names=("desktop", "mobile"))
    >>> found.headline
    '4 steps, conversion to confirmation 0.249% and 1%, +0.751 points (+0.636 to +0.875)'
    >>> found.table[["step", "step_conversion_before", "step_conversion_after", "contribution"]].round(4)
               step  step_conversion_before  step_conversion_after  contribution
    0        search                  0.5000                    0.5        0.0000
    1       payment                  0.1000                    0.2        0.0037
    2  confirmation                  0.0498                    0.1        0.0038
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
    names: Names | None
    notes: tuple[str, ...]
    _rows: list[dict[str, Any]]

    @property
    def headline(self) -> str:
        """What stands on the first line."""
        steps = f"{len(self._rows) + 1} steps, conversion to {self._rows[-1]['step']}"
        if self.p_value != self.p_value:
            return f"{steps} unknown"
        shares = " and ".join(percent(one) for one in (self.conversion_before, self.conversion_after))
        low, high = points(self.difference_low), points(self.difference_high)
        return f"{steps} {shares}, {points(self.difference)} points ({low} to {high})"

    @property
    def tables(self) -> Mapping[str, Any]:
        """The tables by name: the steps, and one row of the whole."""
        whole = {name: [value] for name, value in self._whole().items()}
        return {"steps": self.table, "conversion": built(whole, opened(self.table, argument="table"))}

    def summary(self, *, locale: Locale = "en") -> str:
        """Say in two to four sentences whether the two differ, and which steps explain it."""
        one_of("locale", locale, ("en", "zh"))
        return sentences(self._rows, self._whole(), 1 - self.level, self.names or NAMES[locale], locale)

    def plot(self, ax: "Axes | None" = None, *, locale: Locale = "en") -> "Axes":
        """Draw the way from the one conversion to the other, step by step, with intervals.

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

        one_of("locale", locale, ("en", "zh"))
        return draw_comparison(self._rows, self._whole(), self.level, self.names or NAMES[locale], ax, locale)

    def _whole(self) -> dict[str, float]:
        names = [f"{name}{end}" for name in ("conversion_before", "conversion_after", "difference") for end in ENDS]
        return {name: getattr(self, name) for name in (*names, "p_value")}


def compare(
    before: FunnelResult,
    after: FunnelResult,
    /,
    *,
    correction: Correction | None = "bh",
    level: float = 0.95,
    names: Sequence[str] | None = None,
) -> FunnelComparison:
    r"""Set two funnels against each other, and tell which step explains the difference in conversion.

    Parameters
    ----------
    before, after : FunnelResult
        Two periods, segments or variants with the same steps, from `analyse`, `from_counts` or `from_reached`; of a
        result with groups, ``result.group(value)`` is one.
    correction : {"bh", "holm", "bonferroni"} or None
        How `q_value` corrects for the steps tested.
    level : float
        Level of the intervals; 1 - level is the rate at which equal funnels are said to differ.
    names : two texts, optional
        What the two are called in words and pictures, such as ``("desktop", "mobile")``.

    Returns
    -------
    FunnelComparison
        Frozen; ``.table`` is eager, of the library of ``before.table``.

    Raises
    ------
    TypeError
        If an argument is no result of a funnel.
    ValueError
        If the steps, windows or other settings differ, or a result has groups.

    Notes
    -----
    Conversion is the product of the step conversions r. Its difference is split by Shapley's value, the mean over all
    orders in which the steps may change:

    .. math:: \phi_k = (r_{1k} - r_{0k}) \int_0^1 \prod_{j \ne k} \bigl((1 - t) r_{0j} + t \, r_{1j}\bigr) \, dt

    The contributions add up to the difference exactly. A step that nobody came to has no conversion: it is taken to be
    as in the other funnel, so that its contribution is zero and all lies in the steps before; a note says so. Optional
    steps are left out of the chain.

    Intervals take the distance of each step conversion to Wilson's limits in the place of its standard error (Newcombe,
    Donner and Zou); those of contributions hold the least and the most that they can be within these distances, which
    with many units is the delta method. The test is that of two shares with their common variance, each with the number
    of independent units that would know it as well; it holds its level at small counts, where the plain delta method
    does not. The two are taken for independent; units in both are counted in a note, where results keep their units.
    An interval and its test may disagree at the edge.

    It says where the difference lies, not why: those who enter may be others.

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
    >>> found = funnel.compare(may, june, names=("May", "June"))
    >>> found.table[["step", "difference", "contribution", "share_of_difference", "q_value"]].round(3)
       step  difference  contribution  share_of_difference  q_value
    0  cart       0.100         0.049                1.147    0.000
    1  paid      -0.025        -0.006               -0.147    0.273
    >>> round(found.difference, 6), round(float(found.table["contribution"].sum()), 6)
    (0.0425, 0.0425)
    """
    one_of("correction", correction, CORRECTIONS)
    confidence = confidence_level(level)
    called = _called(names)
    one, other = check(before, after)
    sides = side(one._all, confidence), side(other._all, confidence)
    whole = difference(sides[0].whole, sides[1].whole)
    p = float(p_values(sides[0].whole, sides[1].whole)[0])
    columns = _columns(sides, correction, float(whole[0][0]) if p < 1 - confidence else np.nan)
    ends = _ended("conversion_before", sides[0]) | _ended("conversion_after", sides[1])
    return FunnelComparison(
        table=built(columns, opened(one.table, argument="before")),
        **ends,
        **{f"difference{end}": float(value[0]) for end, value in zip(ENDS, whole, strict=True)},
        p_value=p,
        level=confidence,
        names=called,
        notes=tuple(notes_of(one, other, sides)),
        _rows=[dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)],
    )


def _called(names: Sequence[str] | None) -> Names | None:
    if names is None:
        return None
    given: list[object] = [] if isinstance(names, str) else list(names)
    if len(given) != 2 or given[0] == given[1] or not all(isinstance(one, str) and one for one in given):
        raise ValueError(f"`names` must be two different texts, such as ('desktop', 'mobile'), got {names!r}")
    return str(given[0]), str(given[1])


def _ended(name: str, one: Side) -> dict[str, float]:
    values = (one.whole.value, one.whole.low, one.whole.high)
    return {f"{name}{end}": float(value[0]) for end, value in zip(ENDS, values, strict=True)}


def _columns(sides: tuple[Side, Side], correction: Correction | None, whole: float) -> dict[str, list[Any]]:
    """Make the table; ``whole`` is the difference that the contributions are shares of, NaN where it may be chance."""
    shares = sides[0].shares, sides[1].shares
    parts = contributions(*sides)
    p = p_values(*shares)
    columns: dict[str, Any] = {
        "step": np.array(sides[0].steps[1:], dtype=object),
        "reached_before": sides[0].reached[1:],
        "reached_after": sides[1].reached[1:],
        "step_conversion_before": shares[0].value,
        "step_conversion_after": shares[1].value,
        **_three("difference", difference(*shares)),
        **_three("relative_difference", relative(*shares)),
        **_three("contribution", parts),
        "share_of_difference": parts[0] / whole + 0.0,  # no zero below zero
        "p_value": p,
        "q_value": q_values(p, correction),
    }
    return {name: values.tolist() for name, values in columns.items()}


def _three(name: str, found: Interval) -> dict[str, Floats]:
    return {f"{name}{end}": value for end, value in zip(ENDS, found, strict=True)}
