"""Cut points that turn measures into scores: fixed or learned once, then applied to any later table."""

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Literal, cast

import narwhals.stable.v2 as nw
import numpy as np
from narwhals.stable.v2.typing import IntoFrameT

from .._core.checks import instances, integer, number, show
from .._core.engines import tell_library_errors
from .._core.frames import MICRO, Frame, collect, micro, opened, whole_micro
from .._core.notes import Note
from .._core.output.html import html_table
from .._core.texts import counted, percent
from .._stats.quantiles import inverted_cdf
from ..schema._for_topics import MAX_MONEY

Measure = Literal["recency", "frequency", "monetary"]
Cuts = tuple[float, ...]
MEASURES: tuple[Measure, ...] = ("recency", "frequency", "monetary")
MAX_LEVELS = 99
"""Two digits a measure in `rfm_score`."""
_MONEY = "__ecommine_micro"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    r"""Cut points of recency, frequency and monetary value: given, or a number of levels to be learned.

    Parameters
    ----------
    recency, frequency, monetary : tuple of float or int
        A tuple holds cut points, the inclusive upper edges of all levels but the last; an int is a number of levels
        (2 to 99) whose cut points :meth:`learn` finds. The most recent customers get the highest score, and so do
        the most frequent and the most valuable ones.
    notes : tuple of Note
        What happened in learning: ties that leave fewer levels (code ``tied_levels``).

    Raises
    ------
    TypeError, ValueError
        If cut points are not numbers, not finite or decreasing, or if levels are fewer than 2 or more than 99.

    See Also
    --------
    ecommine.rfm.score : learns or takes a scale, and names the segments.

    Notes
    -----
    With cut points :math:`c_1 \le \dots \le c_{k-1}` the score of a value is :math:`1 + \#\{i : c_i < x\}`, and
    for recency :math:`k - \#\{i : c_i < x\}`. Equal customers get equal scores, whatever the order of rows.

    Examples
    --------
    The recency classes of many shops (at most 30, 90, 180 days), the others learned from the data:

    >>> import pandas as pd
    >>> scale = Scale(recency=(30, 90, 180), frequency=2, monetary=2)
    >>> customers = pd.DataFrame({
    ...     "customer_id": ["ann", "bob", "eve"],
    ...     "recency": [30, 31, 400], "frequency": [9, 1, 2], "monetary": [250.0, 20.0, 30.0],
    ... })
    >>> learned = Scale.learn(customers, bins=scale)
    >>> learned.frequency, learned.monetary
    ((2,), (30.0,))
    >>> learned.apply(customers)["rfm_score"].tolist()
    [422, 311, 111]
    """

    recency: Cuts | int = 5
    frequency: Cuts | int = 5
    monetary: Cuts | int = 5
    notes: tuple[Note, ...] = field(default=(), compare=False, repr=False)

    def __post_init__(self) -> None:
        for measure in MEASURES:
            object.__setattr__(self, measure, _checked(measure, getattr(self, measure)))
        object.__setattr__(self, "notes", tuple(instances("notes", self.notes, Note)))

    @classmethod
    @tell_library_errors
    def learn(cls, table: object, /, *, bins: "int | Scale" = 5) -> "Scale":
        """Learn cut points as quantiles of a customer table, so that each level holds about as many customers.

        Parameters
        ----------
        table : table of customers
            As :func:`ecommine.rfm.table` gives it. Only the measures to be learned are brought into memory.
        bins : int or Scale
            The number of levels of all three measures, or a scale whose tuples are kept and whose ints are learned.

        Returns
        -------
        Scale
            With tuples only. Tied cut points are kept, so that the highest of five levels still means the top fifth;
            a note says where ties leave fewer levels.

        Raises
        ------
        ValueError
            If there is no customer to learn from, or a measure is missing or has missing values.

        Notes
        -----
        Cut point :math:`i` of :math:`k` levels is the inverted empirical distribution at :math:`i / k`: the smallest
        value that at least that share of customers does not exceed. It is always a value of the data.

        Examples
        --------
        >>> import pandas as pd
        >>> customers = pd.DataFrame({"recency": [1, 2, 3, 4], "frequency": [1, 1, 1, 2], "monetary": [5.0, 6, 7, 8]})
        >>> scale = Scale.learn(customers, bins=2)
        >>> scale.recency, scale.frequency, scale.monetary
        ((2,), (1,), (6.0,))
        """
        return learn(opened(table, argument="table"), checked_scale("bins", bins))

    def _repr_html_(self) -> str:
        def shown(cuts: object) -> str:
            return ", ".join(f"{cut:,g}" for cut in cuts) if isinstance(cuts, tuple) else "to be learned"

        parts = zip(MEASURES, self.levels, (getattr(self, measure) for measure in MEASURES), strict=True)
        rows = [[measure, levels, shown(cuts)] for measure, levels, cuts in parts]
        return html_table("Scale", ["measure", "levels", "cut points"], rows, self.notes)

    @property
    def learned(self) -> bool:
        """Whether all cut points are known."""
        return all(isinstance(getattr(self, measure), tuple) for measure in MEASURES)

    @property
    def levels(self) -> tuple[int, int, int]:
        """The number of levels of recency, frequency and monetary value."""
        recency, frequency, monetary = (_levels(getattr(self, measure)) for measure in MEASURES)
        return recency, frequency, monetary

    @tell_library_errors
    def apply(self, table: IntoFrameT, /) -> IntoFrameT:
        """Add recency_score, frequency_score, monetary_score and rfm_score to a customer table, lazily if it is lazy.

        Parameters
        ----------
        table : table of customers
            With recency, frequency and monetary, of any period.

        Returns
        -------
        table of the caller's library
            `rfm_score` writes the three scores as one whole number, such as 543; with more than 9 levels, each takes
            two digits.

        Raises
        ------
        ValueError
            If the scale has levels that are not learned yet, the table lacks a measure, or a measure of a table in
            memory is missing or beyond 9e12.

        Examples
        --------
        >>> import pandas as pd
        >>> scale = Scale(recency=(30,), frequency=(1,), monetary=(100,))
        >>> customers = pd.DataFrame({"recency": [30, 31], "frequency": [1, 2], "monetary": [100.0, 100.01]})
        >>> scale.apply(customers)["rfm_score"].tolist()
        [211, 122]
        """
        frame = opened(table, argument="table")
        _check_columns(frame, MEASURES)
        _check_values(frame)
        return cast("IntoFrameT", scored(frame, self).to_native())


def checked_scale(name: str, scale: object) -> Scale:
    """Return a scale, made of a number of levels where that is given."""
    if isinstance(scale, Scale):
        return scale
    levels = integer(name, scale, low=2, high=MAX_LEVELS)
    return Scale(recency=levels, frequency=levels, monetary=levels)


def learn(frame: Frame, wanted: Scale) -> Scale:
    """Learn the measures of ``wanted`` that are numbers of levels; collect only these."""
    unknown: list[Measure] = [measure for measure in MEASURES if not isinstance(getattr(wanted, measure), tuple)]
    if not unknown:
        return wanted
    _check_columns(frame, unknown)
    values = collect(frame.select(**{measure: _comparable(measure) for measure in unknown}))
    if not len(values):
        raise ValueError(
            "there is no customer to learn cut points from: give a longer `period`, or a `scale` with fixed cut points"
        )
    cuts: dict[str, Any] = {measure: getattr(wanted, measure) for measure in MEASURES}
    notes: list[Note] = []
    for measure in unknown:
        ordered = _sorted_values(values[measure], measure)
        quantiles = inverted_cdf(ordered, cuts[measure])
        notes += _tie_notes(measure, ordered, quantiles)
        cuts[measure] = tuple(_in_currency(measure, cut) for cut in quantiles.tolist())
    return Scale(**cuts, notes=tuple(notes))


def scored(frame: Frame, scale: Scale) -> Frame:
    """Add the score columns: every score is one plus the cut points below, as literals."""
    if not scale.learned:
        raise ValueError(
            "the scale has levels whose cut points are not learned: use Scale.learn(table, bins=scale) first"
        )
    step = 10 if max(scale.levels) <= 9 else 100
    # No cut point is beyond the bounds, so that they change no score, and no library's integers overflow.
    money = nw.col("monetary").cast(nw.Float64).clip(-MAX_MONEY, MAX_MONEY)
    with_money = frame.with_columns(micro(money).alias(_MONEY))
    scores = with_money.with_columns(
        recency_score=scale.levels[0] - _cuts_below("recency", "recency", scale),
        frequency_score=1 + _cuts_below("frequency", "frequency", scale),
        monetary_score=1 + _cuts_below(_MONEY, "monetary", scale),
    )
    digits = (nw.col("recency_score") * step + nw.col("frequency_score")) * step + nw.col("monetary_score")
    return scores.with_columns(rfm_score=digits).drop(_MONEY)


def _cuts_below(column: str, measure: Measure, scale: Scale) -> nw.Expr:
    below = [(nw.col(column) > nw.lit(_comparable_cut(measure, cut))).cast(nw.Int64) for cut in getattr(scale, measure)]
    return sum(below[1:], below[0])


def _comparable_cut(measure: Measure, cut: float) -> float:
    """Return what a cut point is compared with: money as integer micro-units, like the column."""
    return whole_micro(cut) if measure == "monetary" else cut


def _comparable(measure: Measure) -> nw.Expr:
    return micro(nw.col(measure)) if measure == "monetary" else nw.col(measure)


def _in_currency(measure: Measure, cut: float) -> float:
    return cut / MICRO if measure == "monetary" else cut


def _sorted_values(values: nw.Series[Any], measure: Measure) -> "np.ndarray[Any, Any]":
    numbers = values.to_numpy()
    missing = values.null_count() or int(np.isnan(numbers).sum())
    if missing:
        raise ValueError(f"`table` has {counted(missing, 'missing value')} in {measure}")
    return np.sort(numbers)


def _tie_notes(measure: Measure, values: "np.ndarray[Any, Any]", cuts: "np.ndarray[Any, Any]") -> list[Note]:
    levels = len(cuts) + 1
    used = len(np.unique(np.searchsorted(cuts, values, side="left")))
    if used == levels:
        return []
    tied, counts = np.unique(values[np.isin(values, cuts)], return_counts=True)
    largest = int(np.argmax(counts))
    share = counts[largest] / len(values)
    value = _in_currency(measure, tied[largest].item())
    text = f"{measure} has only {used} of {levels} levels, as {percent(share)} of customers share the value {value:,g}"
    return [Note(text, code="tied_levels", count=used)]


def _check_columns(frame: Frame, needed: "tuple[Measure, ...] | list[Measure]") -> None:
    missing = [measure for measure in needed if measure not in frame.collect_schema().names()]
    if missing:
        raise ValueError(f"`table` has no {', '.join(missing)}: make it with ecommine.rfm.table(orders)")
    types = frame.collect_schema()
    for measure in needed:
        if not types[measure].is_numeric() or isinstance(types[measure], nw.Decimal):
            raise ValueError(
                f"`table` has {types[measure]} in {measure}, not numbers: make it with ecommine.rfm.table(orders)"
            )


def _check_values(frame: Frame) -> None:
    if isinstance(frame, nw.LazyFrame):
        return  # a look at the values would run the query
    for measure in MEASURES:
        is_valid = (nw.col(measure).cast(nw.Float64).abs() <= MAX_MONEY).fill_null(False)
        broken = int((~frame.select(is_valid)[measure]).sum())
        if broken:
            raise ValueError(
                f"`table` has {counted(broken, 'customer')} whose {measure} is missing, not a number or beyond 9e12"
            )


def _levels(cuts: Cuts | int) -> int:
    return cuts if isinstance(cuts, int) else len(cuts) + 1


def _checked(measure: Measure, value: object) -> Cuts | int:
    if isinstance(value, (tuple, list)):
        return _checked_cuts(measure, tuple(value))
    return integer(measure, value, low=2, high=MAX_LEVELS)


def _checked_cuts(measure: Measure, cuts: tuple[object, ...]) -> Cuts:
    if not 1 <= len(cuts) < MAX_LEVELS:
        raise ValueError(f"`{measure}` must have 1 to {MAX_LEVELS - 1} cut points, got {len(cuts)}")
    floats = [number(f"{measure}[{i}]", cut, low=-9e12, high=9e12) for i, cut in enumerate(cuts)]
    if any(later < earlier for earlier, later in pairwise(floats)):
        raise ValueError(f"`{measure}` must have increasing cut points, got {show(cuts)}")
    return tuple(int(cut) if cut.is_integer() and measure != "monetary" else cut for cut in floats)
