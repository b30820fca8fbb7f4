"""Schemes: ordered rules on scores that put every customer into one segment."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

import narwhals.stable.v2 as nw
import numpy as np

from .._core.checks import instance, integer, one_of, several, show, text
from .._core.moments import moment
from .._core.notes import Note
from .._core.output.html import html_table
from ._scale import MAX_LEVELS, MEASURES, Scale
from ._segments import Segment, check_code, find_segment

Band = Literal["high", "middle", "low"]
Range = tuple[int, int]
BANDS: tuple[Band, ...] = ("high", "middle", "low")
_AXES: tuple[str, ...] = (*MEASURES, "value")


class SegmentScheme(Protocol):
    """The interface of a scheme of segments; :class:`Scheme` and :class:`EightClasses` have it."""

    @property
    def name(self) -> str:
        """The name of the scheme."""
        ...

    @property
    def segments(self) -> tuple[Segment, ...]:
        """All segments, best first."""
        ...

    def check(self, scale: Scale, /) -> None:
        """Raise ValueError where the scheme does not fit the levels of the scale."""
        ...

    def expression(self, scale: Scale, /, *, as_of: datetime) -> nw.Expr:
        """Return the segment code of each row of a scored customer table."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A condition on scores, all parts of which must hold, and the segment it leads to.

    Parameters
    ----------
    segment : Segment or str
        A segment, or its code.
    recency, frequency, monetary : (low, high) or {"high", "middle", "low"}, optional
        The scores allowed, both ends included; or a third of the levels, whatever their number: the lowest third
        is "low", the highest "high". None allows every score.
    value : (low, high) or {"high", "middle", "low"}, optional
        The same for the mean of the frequency and monetary scores, rounded half up.

    Raises
    ------
    TypeError, ValueError
        If no part is given, or a range is not two whole numbers in order.

    Examples
    --------
    >>> Rule(segment="regulars", recency=(4, 5), value="high").value
    'high'
    """

    segment: Segment | str
    recency: Range | Band | None = None
    frequency: Range | Band | None = None
    monetary: Range | Band | None = None
    value: Range | Band | None = None

    def __post_init__(self) -> None:
        _check_segment("segment", self.segment)
        if all(getattr(self, axis) is None for axis in _AXES):
            raise ValueError(
                f"the rule of {show(self.segment)} must limit `recency`, `frequency`, `monetary` or `value`"
            )
        for axis in _AXES:
            object.__setattr__(self, axis, _checked_range(axis, getattr(self, axis)))

    def ranges(self, levels: tuple[int, int, int], /) -> dict[str, Range]:
        """Return the scores allowed for each part that is given, bands turned into scores."""
        levels = checked_levels(levels)
        of = dict(zip(_AXES, (*levels, max(levels[1:])), strict=True))
        given = {axis: getattr(self, axis) for axis in _AXES if getattr(self, axis) is not None}
        return {axis: band_range(it, of[axis]) if isinstance(it, str) else it for axis, it in given.items()}

    def cells(self, levels: tuple[int, int, int], /) -> "np.ndarray[Any, np.dtype[np.bool_]]":
        """Return for each cell of the three scores, counted from zero, whether it meets the rule."""
        levels = checked_levels(levels)
        recency, frequency, monetary = np.indices(levels) + 1
        at = dict(zip(_AXES, (recency, frequency, monetary, (frequency + monetary + 1) // 2), strict=True))
        met = np.ones(levels, dtype=bool)
        for axis, (low, high) in self.ranges(levels).items():
            met &= (at[axis] >= low) & (at[axis] <= high)
        return met


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Scheme:
    """Ordered rules on scores: the first that holds names the segment, and no customer is left without one.

    Parameters
    ----------
    name : str
        Name of the scheme.
    rules : tuple of Rule
        Best segment first; a segment may have several rules.
    rest : Segment, str or None, default "others"
        The segment of customers that meet no rule; None if the rules cover all scores, which is then checked.
    levels : int, optional
        The number of levels of all three measures that the rules are made for; None fits every scale that has the
        scores of the rules.

    Raises
    ------
    TypeError
        If `rules` holds anything but rules.
    ValueError
        If there is no rule, two segments share a code, or `rest` is None and some scores meet no rule.

    See Also
    --------
    ecommine.rfm.STANDARD, ecommine.rfm.VALUE_GROUPS, ecommine.rfm.EightClasses

    Examples
    --------
    >>> scheme = Scheme(
    ...     name="two groups",
    ...     rules=(Rule(segment="keep", recency=(2, 3), monetary=(3, 3)), Rule(segment="win_back", recency=(1, 1))),
    ... )
    >>> [segment.code for segment in scheme.segments]
    ['keep', 'win_back', 'others']
    """

    name: str
    rules: tuple[Rule, ...]
    rest: Segment | str | None = "others"
    levels: int | None = None

    def __post_init__(self) -> None:
        text("name", self.name, example="'two groups'")
        _check_rules(self.rules)
        object.__setattr__(self, "rules", tuple(self.rules))
        if self.rest is not None:
            _check_segment("rest", self.rest)
        if not self.rules:
            raise ValueError("`rules` must have at least one rule")
        codes = [segment.code for segment in self.segments]
        repeated = sorted({code for code in codes if codes.count(code) > 1})
        if repeated:
            raise ValueError(f"`rules` give the code {repeated[0]!r} to different segments")
        if self.levels is not None:
            object.__setattr__(self, "levels", integer("levels", self.levels, low=2, high=MAX_LEVELS))
        if self.rest is None:
            self._check_cover()

    def _repr_html_(self) -> str:
        rows = [
            [rule.segment if isinstance(rule.segment, str) else rule.segment.code, *map(_shown, _parts(rule))]
            for rule in self.rules
        ]
        rest = [] if self.rest is None else [[find_segment(self.rest).code, "all others", "", "", ""]]
        return html_table(f"Scheme {self.name}", ["segment", *_AXES], [*rows, *rest])

    def __repr__(self) -> str:
        """Return the name and the number of segments: the rules fill a page."""
        return f"Scheme({self.name!r}, {len(self.segments)} segments)"

    @property
    def segments(self) -> tuple[Segment, ...]:
        """All segments, best first, the rest last."""
        named = [find_segment(rule.segment) for rule in self.rules]
        rest = [] if self.rest is None else [find_segment(self.rest)]
        return tuple(dict.fromkeys([*named, *rest]))

    def check(self, scale: Scale, /) -> None:
        """Raise ValueError where the rules do not fit the levels of the scale."""
        instance("scale", scale, Scale)
        if self.levels is not None and set(scale.levels) != {self.levels}:
            raise ValueError(
                f"scheme {self.name!r} needs {self.levels} levels of recency, frequency and monetary, the scale has "
                f"{scale.levels}: use `scale={self.levels}`, or a scheme made for this scale"
            )
        for rule in self.rules:
            _check_fit(rule, scale.levels)

    def expression(self, scale: Scale, /, *, as_of: datetime) -> nw.Expr:
        """Return the segment code of each row of a scored customer table."""
        instance("scale", scale, Scale)
        moment(as_of)
        codes = [find_segment(rule.segment).code for rule in self.rules]
        chain = nw.lit(codes[-1] if self.rest is None else find_segment(self.rest).code)
        for rule, code in zip(reversed(self.rules), reversed(codes), strict=True):
            chain = nw.when(*_conditions(rule, scale.levels)).then(nw.lit(code)).otherwise(chain)
        return chain

    def _check_cover(self) -> None:
        if self.levels is None:
            raise ValueError("`rest=None` needs `levels`, to check that the rules cover all scores")
        levels = (self.levels, self.levels, self.levels)
        open_cells = np.argwhere(~np.any([rule.cells(levels) for rule in self.rules], axis=0)) + 1
        if len(open_cells):
            cell = tuple(open_cells[0].tolist())
            raise ValueError(f"no rule covers the scores {cell}: add one, or give `rest`")


def _check_rules(rules: object) -> None:
    if not isinstance(rules, (tuple, list)) or not all(isinstance(rule, Rule) for rule in rules):
        raise TypeError(f"`rules` must be a tuple of Rule, with a comma after a single one; got {show(rules)}")


def _check_segment(name: str, segment: object) -> None:
    """Raise unless it is a segment or the code of one."""
    if not isinstance(segment, Segment):
        check_code(name, segment)


def scheme_notes(scheme: SegmentScheme, scale: Scale) -> tuple[Note, ...]:
    """Return notes of the highest scores that no rule reaches, and of rules that never apply: likely mistakes."""
    if not isinstance(scheme, Scheme):
        return ()
    return (*_uncovered_scores(scheme, scale.levels), *_rules_that_never_apply(scheme, scale.levels))


def _uncovered_scores(scheme: Scheme, levels: tuple[int, int, int]) -> Iterator[Note]:
    tops = dict(zip(_AXES, (*levels, (levels[1] + levels[2] + 1) // 2), strict=True))
    ranges = [rule.ranges(levels) for rule in scheme.rules]
    for axis, top in tops.items():
        reached = max(given[axis][1] if axis in given else top for given in ranges)
        if reached < top:
            text = f"scheme {scheme.name!r}: no rule reaches the highest {axis} score ({top}): made for fewer levels?"
            yield Note(text, code="highest_score_unreached", count=top)


def _rules_that_never_apply(scheme: Scheme, levels: tuple[int, int, int]) -> Iterator[Note]:
    is_covered = np.zeros(levels, dtype=bool)
    for number, rule in enumerate(scheme.rules, start=1):
        cells = rule.cells(levels)
        if not (cells & ~is_covered).any():
            code = find_segment(rule.segment).code
            text = f"scheme {scheme.name!r}: rule {number} ({code!r}) never applies, as earlier rules cover its scores"
            yield Note(text, code="rule_never_applies", count=number)
        is_covered |= cells


def checked_levels(levels: object) -> tuple[int, int, int]:
    """Return the three numbers of levels of a scale."""
    given = several("levels", levels, of="three numbers")
    if len(given) != 3:
        raise ValueError(f"`levels` must be three numbers, such as scale.levels; got {show(levels)}")
    recency, frequency, monetary = (integer("levels", count, low=1, high=MAX_LEVELS) for count in given)
    return recency, frequency, monetary


def band_range(band: str, levels: int) -> Range:
    """Return the scores of a third of the levels.

    Examples
    --------
    >>> [band_range(band, 5) for band in ("high", "middle", "low")]
    [(4, 5), (3, 3), (1, 2)]
    """
    third = (2 * levels + 3) // 6
    edges = {"low": (1, third), "middle": (third + 1, levels - third), "high": (levels - third + 1, levels)}
    return edges[band]


def _conditions(rule: Rule, levels: tuple[int, int, int]) -> Iterator[nw.Expr]:
    for axis, (low, high) in rule.ranges(levels).items():
        if axis == "value":  # the mean rounded half up, in whole numbers: twice its edges against the sum
            total = nw.col("frequency_score") + nw.col("monetary_score")
            yield (total >= 2 * low - 1) & (total <= 2 * high)
        else:
            yield (nw.col(f"{axis}_score") >= low) & (nw.col(f"{axis}_score") <= high)


def _checked_range(axis: str, given: object) -> Range | Band | None:
    if given is None:
        return None
    if isinstance(given, str):
        return one_of(axis, given, BANDS)
    if not isinstance(given, (tuple, list)) or len(given) != 2:
        raise TypeError(f"`{axis}` must be (low, high), 'high', 'middle' or 'low', got {show(given)}")
    low, high = (integer(axis, end, low=1, high=MAX_LEVELS) for end in given)
    if low > high:
        raise ValueError(f"`{axis}` must be (low, high) with low <= high, got {show(given)}")
    return low, high


def _check_fit(rule: Rule, levels: tuple[int, int, int]) -> None:
    for axis, count in zip(_AXES, (*levels, max(levels[1:])), strict=True):
        given, code = getattr(rule, axis), find_segment(rule.segment).code
        if isinstance(given, str) and count < 3:
            raise ValueError(f"the rule of {code!r} needs at least 3 levels of {axis}, the scale has {count}")
        if isinstance(given, tuple) and given[1] > count:
            raise ValueError(f"the rule of {code!r} needs a {axis} score of {given[1]}, the scale has {count} levels")


STANDARD = Scheme(
    name="standard",
    levels=5,
    rest=None,
    rules=(
        Rule(segment="champions", recency=(4, 5), value=(4, 5)),
        Rule(segment="loyal", recency=(3, 3), value=(4, 5)),
        Rule(segment="potential_loyalists", recency=(4, 5), value=(2, 3)),
        Rule(segment="new_customers", recency=(5, 5), value=(1, 1)),
        Rule(segment="promising", recency=(4, 4), value=(1, 1)),
        Rule(segment="need_attention", recency=(3, 3), value=(3, 3)),
        Rule(segment="about_to_sleep", recency=(3, 3), value=(1, 2)),
        Rule(segment="at_risk", recency=(2, 2), value=(3, 5)),
        Rule(segment="at_risk", recency=(1, 1), value=(3, 3)),
        Rule(segment="cannot_lose", recency=(1, 1), value=(4, 5)),
        Rule(segment="hibernating", recency=(2, 2), value=(1, 2)),
        Rule(segment="lost", recency=(1, 1), value=(1, 2)),
    ),
)
"""The eleven usual segments, by recency score and the mean of the frequency and monetary scores (rounded half up).

The names are relative: they say where a customer stands among those whom the cut points were learned from. New
customers are those of the highest recency and the lowest value, which is few orders and not always the first one;
`first_order_at` tells who is new.

Every one of the 125 cells has exactly one segment. In R's package rfm the same names are ranges that overlap, so that
the order of the rules decides, and cells that no range covers fall into "Others". Needs five levels.
"""

VALUE_GROUPS = Scheme(
    name="value_groups",
    rules=(
        Rule(segment="high_value", recency="high", frequency="high", monetary="high"),
        Rule(segment="potential", recency="high", frequency="low", monetary="middle"),
        Rule(segment="at_risk", recency="low", frequency="middle", monetary="middle"),
    ),
)
"""High value, potential and at risk, by thirds of the levels, with a named rest; fits three levels or more."""


def _parts(rule: Rule) -> tuple[Range | Band | None, ...]:
    return rule.recency, rule.frequency, rule.monetary, rule.value


def _shown(part: Range | Band | None) -> str:
    """Return the scores that a rule allows, nothing where it allows all."""
    if part is None or isinstance(part, str):
        return part or ""
    return f"{part[0]}" if part[0] == part[1] else f"{part[0]} to {part[1]}"
