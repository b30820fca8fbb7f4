"""Scores and segments of every customer, and the result that shows them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar, cast

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrameT

from .._core.checks import number, one_of, several, show, text
from .._core.engines import tell_library_errors
from .._core.frames import Frame, divided, opened
from .._core.notes import Note
from .._core.results import Result
from .._core.texts import LOCALES, Locale, counted
from ..schema._for_topics import Returns
from ._eight_classes import EightClasses
from ._labels import labelled, named, period_in_words
from ._scale import MEASURES, Scale, checked_scale, learn, scored
from ._scheme import STANDARD, SegmentScheme, scheme_notes
from ._segment_table import CoarseMeasure, SegmentTotals, segment_table, segment_totals
from ._summary_text import summary_sentences
from ._table import customers

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TableT_co = TypeVar("TableT_co", covariant=True)
_PARTS: tuple[Literal["customers", "segments"], ...] = ("customers", "segments")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class RFM(Result, Generic[TableT_co]):
    """Scores and segments of all customers; made by :func:`ecommine.rfm.score`.

    Attributes
    ----------
    table : table of the caller's library, one row per customer
        The columns of :func:`ecommine.rfm.table`, then recency_score, frequency_score, monetary_score, rfm_score
        (such as 543), weighted_score and segment (a code). Lazy if the orders were lazy.
    segments : eager table, one row per segment, best first, also those without customers
        segment, customers, share, orders, money, share_of_money, average_order_value, median_recency (days), action.
    scale : Scale
        The cut points used.
    scheme : SegmentScheme
        The scheme used.
    as_of : datetime
        The moment up to which orders count.
    period, returns, weights
        As given to :func:`ecommine.rfm.score`.
    notes : tuple of Note
        What was left out, what ties did to the levels, and rules of the scheme that never apply; see the codes in
        :mod:`ecommine.rfm`.

    Examples
    --------
    >>> import pandas as pd
    >>> from ecommine import rfm
    >>> orders = pd.DataFrame({"order_id": range(6), "customer_id": list("abcabc"), "amount": [9.0, 5, 7, 8, 2, 4],
    ...                        "ordered_at": pd.date_range("2024-01-01", periods=6, freq="20D")})
    >>> result = rfm.score(orders, scale=3, scheme=rfm.VALUE_GROUPS)
    >>> result.headline
    'as of 2024-04-10 00:00, 3 customers, scheme value_groups'
    >>> result.segments[["segment", "customers", "share_of_money"]]
          segment  customers  share_of_money
    0  high_value          0        0.000000
    1   potential          1        0.314286
    2     at_risk          0        0.000000
    3      others          2        0.685714
    """

    table: TableT_co
    segments: Any
    scale: Scale
    scheme: SegmentScheme
    as_of: datetime
    period: str | timedelta | None
    returns: Returns
    weights: tuple[float, float, float]
    notes: tuple[Note, ...]
    _segment_totals: tuple[SegmentTotals, ...]
    _coarse_measures: tuple[CoarseMeasure, ...]
    _without_orders: tuple[int, int]
    _currency: str | None

    @property
    def headline(self) -> str:
        """The first line of the display."""
        customers = counted(sum(group.customers for group in self._segment_totals), "customer")
        period = "" if self.period is None else f", period {self.period}"
        return f"as of {self.as_of:%Y-%m-%d %H:%M}{period}, {customers}, scheme {self.scheme.name}"

    @property
    def tables(self) -> Mapping[str, Any]:
        """The tables by name."""
        return {"customers": self.table, "segments": self.segments}

    @tell_library_errors
    def members(self, segment: str, /) -> TableT_co:
        """Return the customers of one segment, lazily if the table is lazy.

        Examples
        --------
        >>> import pandas as pd
        >>> from ecommine import rfm
        >>> orders = pd.DataFrame({"order_id": [1, 2], "customer_id": ["ann", "bob"], "amount": [9.0, 5.0],
        ...                        "ordered_at": pd.to_datetime(["2024-03-01", "2024-01-01"])})
        >>> fixed = rfm.Scale(recency=(30, 90), frequency=(1, 2), monetary=(5, 8))
        >>> keep = rfm.Scheme(name="keep", rules=(rfm.Rule(segment="keep", recency="high", monetary="high"),))
        >>> rfm.score(orders, scale=fixed, scheme=keep).members("keep")["customer_id"].tolist()
        ['ann']
        """
        _check_code(segment, self.scheme)
        kept = opened(self.table, argument="table").filter(nw.col("segment") == segment)
        return cast("TableT_co", kept.to_native())

    @tell_library_errors
    def apply(self, orders: IntoFrameT, /, *, as_of: datetime | date | str | None = None) -> "RFM[IntoFrameT]":
        """Score other orders, such as those of a later month, with the same cut points, scheme and options.

        Parameters
        ----------
        orders : table of order lines
            Of any library.
        as_of : datetime, date or ISO 8601 text, default the last time in the data
            Lines after it are left out.

        Examples
        --------
        >>> import pandas as pd
        >>> from ecommine import rfm
        >>> orders = pd.DataFrame({"order_id": range(6), "customer_id": list("abcabc"), "amount": [9.0, 5, 7, 8, 2, 4],
        ...                        "ordered_at": pd.date_range("2024-01-01", periods=6, freq="20D")})
        >>> march = rfm.score(orders, as_of="2024-03-01")
        >>> april = march.apply(orders, as_of="2024-04-10")
        >>> march.scale == april.scale
        True
        """
        return score(
            orders,
            as_of=as_of,
            period=self.period,
            returns=self.returns,
            scale=self.scale,
            scheme=self.scheme,
            weights=self.weights,
        )

    def summary(self, *, locale: Locale = "en") -> str:
        """Return two to four sentences: who brings the money, who is to be won back, and what to do."""
        one_of("locale", locale, LOCALES)
        return summary_sentences(self._segment_totals, self._coarse_measures, self.period, self.as_of, locale)

    @tell_library_errors
    def labelled(self, *, locale: Locale = "en", part: Literal["customers", "segments"] = "customers") -> Any:
        """Return one of the two tables with display names in place of codes and column names, for people to read."""
        one_of("locale", locale, LOCALES)
        one_of("part", part, _PARTS)
        return labelled(opened(self.tables[part], argument="part"), self.scheme.segments, locale).to_native()

    def _sheets(self, locale: Locale) -> Mapping[str, Any]:
        """Return the tables of a workbook, in Chinese with the names of the segments."""
        if locale == "en":
            return self.tables
        return {part: named(opened(self.tables[part], argument=part), self.scheme.segments, locale) for part in _PARTS}

    def plot(self, ax: "Axes | None" = None, *, locale: Locale = "en") -> "Axes":
        """Draw the segments by median recency and mean frequency, with the area of a bubble proportional to its money.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Where to draw; by default a new figure.
        locale : {"en", "zh"}
            The language of all text.
        """
        from ._plot import draw_segments

        one_of("locale", locale, LOCALES)
        return draw_segments(self._segment_totals, period_in_words(self.period, self.as_of, locale), ax, locale)


@tell_library_errors
def score(
    orders: IntoFrameT,
    /,
    *,
    as_of: datetime | date | str | None = None,
    period: str | timedelta | None = None,
    returns: Returns = "net",
    scale: int | Scale = 5,
    scheme: SegmentScheme = STANDARD,
    weights: Sequence[float] = (1, 1, 1),
) -> RFM[IntoFrameT]:
    """Score every customer on recency, frequency and monetary value, and name the segments.

    Parameters
    ----------
    orders : table of order lines
        Any library's table with order_id, customer_id, ordered_at, and amount or quantity and unit_price. Where it
        has line_type, lines of shipping, fees, adjustments and discounts count as money but make no order.
    as_of : datetime, date or ISO 8601 text, default the last time in the data
        Lines after it are left out of everything. A bare date means the end of that day.
    period : str or timedelta, optional
        Count only lines in (as_of - period, as_of], such as ``"1y"``; first_order_at is then the first in it.
    returns : {"net", "drop", "keep"}
        What a line with negative quantity or amount does; see :func:`ecommine.rfm.table`.
    scale : int or Scale
        The number of levels to learn from these customers, or a scale, whose numbers of levels are learned and whose
        cut points are kept.
    scheme : Scheme, EightClasses, or any object of the same methods
        How scores become segments.
    weights : three numbers
        Weights of recency, frequency and monetary in `weighted_score`, the weighted mean of the scores.

    Returns
    -------
    RFM
        Frozen. ``.table`` has one row per customer, ``.segments`` one row per segment.

    Raises
    ------
    ecommine.SchemaError
        If a column is missing or of the wrong type, or the lines that count are of several currencies.
    TypeError
        If `orders` is no table, or `scale` or `scheme` is not one.
    ValueError
        If `as_of` is before all lines, there is no customer to learn from, or the scheme does not fit the levels.

    See Also
    --------
    ecommine.rfm.table : the measures alone.
    ecommine.rfm.migration : two results against each other.

    Notes
    -----
    Scores compare recency and frequency as whole numbers and money in millionths, so that every library gives the
    same scores; see :class:`ecommine.rfm.Scale` for the formula. On Spark the result is a plan: ``cache()`` the
    orders, as every look at it runs the aggregation again.

    References
    ----------
    Fader, P. S., Hardie, B. G. S. and Lee, K. L. (2005). RFM and CLV: Using iso-value curves for customer base
    analysis. Journal of Marketing Research 42(4), 415-430. https://doi.org/10.1509/jmkr.2005.42.4.415

    Examples
    --------
    >>> import pandas as pd
    >>> from ecommine import rfm
    >>> orders = pd.DataFrame({
    ...     "order_id": range(1, 8),
    ...     "customer_id": ["ann", "ann", "ann", "bob", "bob", "eve", "joe"],
    ...     "ordered_at": pd.to_datetime(["2024-01-05", "2024-02-05", "2024-03-30", "2024-01-02", "2024-03-01",
    ...                                   "2024-03-29", "2023-10-01"]),
    ...     "amount": [80.0, 120.0, 90.0, 40.0, 55.0, 20.0, 15.0],
    ... })
    >>> scores = rfm.score(orders, as_of="2024-03-31")
    >>> scores.table[["customer_id", "recency", "rfm_score", "segment"]]
      customer_id  recency  rfm_score              segment
    0         ann        1        544            champions
    1         bob       30        333       need_attention
    2         eve        2        412  potential_loyalists
    3         joe      182        211          hibernating
    """
    requested, checked_weights = checked_scale("scale", scale), _checked_weights(weights)
    _check_scheme(scheme)
    scheme.check(requested)
    measures = customers(orders, as_of=as_of, period=period, returns=returns)
    if measures.as_of is None:
        raise ValueError("`orders` has no lines, so there is no last time to count back from: give `as_of`")
    learned = learn(measures.frame, requested)
    frame = _segmented(scored(measures.frame, learned), learned, scheme, checked_weights, measures.as_of)
    sums, coarse = segment_totals(frame, scheme.segments, learned.levels)
    return RFM(
        table=cast("IntoFrameT", measures.to_native(frame)),
        segments=segment_table(sums, like=measures.like),
        scale=learned,
        scheme=scheme,
        as_of=measures.as_of,
        period=period,
        returns=returns,
        weights=checked_weights,
        notes=(*measures.notes, *(learned.notes if learned is not requested else ()), *scheme_notes(scheme, learned)),
        _segment_totals=tuple(sums),
        _coarse_measures=() if isinstance(scheme, EightClasses) else coarse,  # these do not read scores
        _without_orders=measures.without_orders,
        _currency=measures.currency,
    )


def _segmented(
    frame: Frame, scale: Scale, scheme: SegmentScheme, weights: tuple[float, float, float], as_of: datetime
) -> Frame:
    parts = [nw.col(f"{name}_score") * weight for name, weight in zip(MEASURES, weights, strict=True)]
    weighted = divided(parts[0] + parts[1] + parts[2], sum(weights))
    return frame.with_columns(weighted_score=weighted, segment=scheme.expression(scale, as_of=as_of))


def _check_scheme(scheme: object) -> None:
    if isinstance(scheme, type):
        raise TypeError(f"`scheme` must be a scheme, got the class {scheme.__name__}: make one, {scheme.__name__}(...)")
    if not all(hasattr(scheme, name) for name in ("name", "segments", "check", "expression")):
        raise TypeError(f"`scheme` must be a Scheme such as rfm.STANDARD, got {show(scheme)}")


def _check_code(code: str, scheme: SegmentScheme) -> None:
    """Raise unless a segment has the code; the error for a display name gives its code."""
    text("segment", code, example="'champions'")
    codes = [segment.code for segment in scheme.segments]
    of_name = [segment.code for segment in scheme.segments if code in (segment.display("en"), segment.display("zh"))]
    if of_name and code not in codes:
        raise ValueError(f"`segment` must be a code: give {of_name[0]!r} for {code!r}")
    one_of("segment", code, codes)


def _checked_weights(weights: object) -> tuple[float, float, float]:
    given = several("weights", weights, of="three numbers")
    if len(given) != 3:
        raise ValueError(f"`weights` must be three numbers, for recency, frequency and monetary; got {show(weights)}")
    recency, frequency, monetary = (number("weights", weight, low=0, high=1e6) for weight in given)
    if recency + frequency + monetary == 0:
        raise ValueError(f"`weights` must not all be zero, got {show(weights)}")
    return recency, frequency, monetary
