"""Segments of customers: what a fit has learned, and the tables it gives."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import narwhals.stable.v2 as nw
import numpy as np
from narwhals.stable.v2.typing import IntoFrameT

from .._core.arrays import Floats, Ints
from .._core.checks import one_of, show
from .._core.engines import tell_library_errors
from .._core.frames import Frame, collect, hand_back, opened
from .._core.notes import Note
from .._core.results import Result
from .._core.tables import build_table
from .._core.texts import LOCALES, Locale, counted, join_words
from .._stats.quantiles import quantiles
from ._customers.matrix import ColumnScale, check_customers, checked_columns, column_values, known_rows
from ._groups.comparisons import SegmentSize, as_columns, segment_sizes, size_columns
from ._groups.stability import nearest_center
from ._groups.structure import Structure, Verdict
from ._summary import segment_sentences

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TableT_co = TypeVar("TableT_co", covariant=True)
COLUMNS = ("orders_per_month", "average_order_value")
ONE_ORDER = "one_order"
INCOMPLETE = "incomplete"
MAX_SEGMENTS = 50
N_STARTS = 10
MAX_DRAWN = 4_000
"""Customers in the picture."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SegmentModel:
    """What a fit has learned: scales of the columns and centers, the segment of the most money first."""

    scales: tuple[ColumnScale, ...]
    centers: Floats
    period: str | None
    jaccard: tuple[float, ...]
    choices: tuple[tuple[int, float, float], ...]
    alternatives: tuple[int, ...]
    asked: int | None
    structure: Structure

    @property
    def names(self) -> tuple[str, ...]:
        """The columns of the fit."""
        return tuple(scale.name for scale in self.scales)

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of all segments."""
        return (*(f"segment_{i + 1}" for i in range(len(self.centers))), ONE_ORDER, INCOMPLETE)

    def assign(self, frame: nw.DataFrame[Any]) -> Ints:
        """Return the number of the segment of each customer."""
        values = [column_values(frame, scale.name) for scale in self.scales]
        known = known_rows(values, len(frame))
        n = len(self.centers)
        segment = np.full(len(frame), n + 1)
        coordinates = [scale.apply(column[known]) for scale, column in zip(self.scales, values, strict=True)]
        segment[known] = nearest_center(np.column_stack(coordinates), self.centers)
        orders = column_values(frame, "orders")
        segment[~(orders >= 1)] = n + 1
        segment[orders == 1] = n
        return segment


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Segments(Result, Generic[TableT_co]):
    """Segments of customers; made by :func:`ecommine.segmentation.fit`.

    Attributes
    ----------
    table : table of the caller's library, one row per customer, sorted by customer_id
        The columns of the features and segment: segment_1 (the most money per customer), segment_2, …, one_order, or
        incomplete (a column of the fit is missing, or there is no order).
    segments : eager table, one row per segment with customers
        segment, customers, share, money, share_of_money (null where the features have no column monetary), and the
        median of each column of the fit.
    stability : eager table, one row per segment of the fit
        segment, jaccard: how much of it stays the same when customers are resampled, 1 is all of it. It is no evidence
        that the segment exists: one cloud of customers can be cut in a stable way.
    choices : eager table, one row per number of segments that was tried
        n_segments, jaccard_weakest and jaccard_mean (of their segments; those of the chosen number are in `stability`),
        chosen. Empty where the number was given.
    structure : eager table, one row per test
        axis, customers, dip, p_value, q_value (Bonferroni).
    verdict : {"gaps", "no gap found", "too few to tell"}
        Whether there are fewer customers between segments than within. "no gap found" does not say that all customers
        are of one type, nor that segments are useless: they are then parts of one cloud, and their limits a choice.
    period : str or None
        The period of the features, "all" for all data, None where the table has no such column.
    notes : tuple of Note
        What was left out; :mod:`ecommine.segmentation` lists the codes.

    Examples
    --------
    >>> import pandas as pd
    >>> from ecommine import segmentation
    >>> customers = pd.DataFrame({"customer_id": range(40), "orders": [1, *[9] * 19, *[3] * 20],
    ...                           "orders_per_month": [0.1, *[4.0, 4.5] * 9, 4.2, *[0.5, 0.6] * 10],
    ...                           "average_order_value": [20.0, *[90.0] * 19, *[15.0, 14.0] * 10]})
    >>> segments = segmentation.fit(customers, n_segments=2)
    >>> segments.segments[["segment", "customers", "orders_per_month"]]
         segment  customers  orders_per_month
    0  segment_1         19              4.20
    1  segment_2         20              0.55
    2  one_order          1              0.10
    """

    table: TableT_co
    segments: Any
    stability: Any
    choices: Any
    structure: Any
    verdict: Verdict
    period: str | None
    notes: tuple[Note, ...]
    _model: SegmentModel
    _rows: tuple[SegmentSize, ...]
    _points: tuple[Floats, Ints]

    @property
    def headline(self) -> str:
        """The first line of the display."""
        total = counted(sum(row.customers for row in self._rows), "customer")
        period = "" if self.period in (None, "all") else f", period {self.period}"
        n_segments = counted(len(self._model.centers), "segment")
        return f"{total}{period}, {n_segments} by {' and '.join(self._model.names)}: {self.verdict}"

    @property
    def tables(self) -> Mapping[str, Any]:
        """The tables by name."""
        return {
            "customers": self.table,
            "segments": self.segments,
            "stability": self.stability,
            "choices": self.choices,
            "structure": self.structure,
        }

    @tell_library_errors
    def apply(self, later: IntoFrameT, /) -> "Segments[IntoFrameT]":
        """Assign the customers of a later table to these segments.

        Parameters
        ----------
        later : table of features
            With the columns of the fit, of the same period: rates of a quarter are not those of a year.

        Examples
        --------
        >>> import pandas as pd
        >>> from ecommine import segmentation
        >>> customers = pd.DataFrame({"customer_id": range(40), "orders": 9, "spend_level": [*[1.0] * 20, *[5.0] * 20]})
        >>> segments = segmentation.fit(customers, columns=["spend_level"], n_segments=2)
        >>> later = pd.DataFrame({"customer_id": ["new"], "orders": 2, "spend_level": [4.0]})
        >>> segments.apply(later).table["segment"][0]
        'segment_1'
        """
        like = opened(later, argument="later")
        frame = sorted_customers(like, "later")
        checked_columns(frame, self._model.names)
        period = period_of(frame, "later")
        if period != self._model.period:
            raise ValueError(
                f"`later` has features of the period {show(period)}, these segments were fitted on "
                f"{show(self._model.period)}: compute them with the same `period`"
            )
        return segments_of(frame, like, self._model)

    def summary(self, *, locale: Locale = "en") -> str:
        """Return three or four sentences: who brings the money, and whether the segments are separate."""
        one_of("locale", locale, LOCALES)
        model = self._model
        return segment_sentences(self._rows, model.names, self.verdict, model.jaccard, model.alternatives, locale)

    def plot(self, ax: "Axes | None" = None, *, locale: Locale = "en") -> "Axes":
        """Draw the customers by the first two columns of the fit, coloured by segment.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Where to draw; by default a new figure.
        locale : {"en", "zh"}
            The language of all text.
        """
        from ._plot import draw_segments

        one_of("locale", locale, LOCALES)
        logged = tuple(scale.floor is not None for scale in self._model.scales)
        return draw_segments(self._points, self._rows, self._model.names, logged, ax, locale)


def sorted_customers(like: Frame, argument: str) -> nw.DataFrame[Any]:
    """Return the table in memory, sorted by customer; a segment of an earlier fit is replaced."""
    frame = collect(like)
    check_customers(frame, argument, "orders")
    if not frame.schema["orders"].is_numeric():
        raise ValueError(f"`{argument}` must have numbers as orders, got {frame.schema['orders']}")
    kept = [name for name in frame.columns if name != "segment"]
    return nw.maybe_reset_index(frame.select(kept).sort("customer_id"))


def period_of(frame: nw.DataFrame[Any], argument: str) -> str | None:
    if "period" not in frame.columns or not len(frame):
        return None
    found = frame["period"].drop_nulls().unique().to_list()
    if len(found) > 1:
        raise ValueError(f"`{argument}` has features of {len(found)} periods: compute them with one")
    return str(found[0]) if found else None


def segments_of(frame: nw.DataFrame[Any], like: Frame, model: SegmentModel) -> Segments[Any]:
    segment = model.assign(frame)
    codes = np.array(model.codes, dtype=object)[segment]
    column = nw.from_native(build_table({"segment": codes.tolist()}, like=like), eager_only=True)
    table = nw.concat([frame, column], how="horizontal")
    rows = _rows(frame, segment, model)
    structure = model.structure
    tests = as_columns(structure.tests, "axis", "customers", "dip", "p_value")
    return Segments(
        table=hand_back(table, like=like),
        segments=build_table(_segment_columns(rows, model), like=like),
        stability=build_table({"segment": list(model.codes[:-2]), "jaccard": np.array(model.jaccard)}, like=like),
        choices=build_table(_choices(model), like=like, samples={"n_segments": 0, "chosen": True}),
        structure=build_table({**tests, "q_value": np.array(structure.q_values)}, like=like),
        verdict=structure.verdict,
        period=model.period,
        notes=tuple(_notes(frame, segment, model)),
        _model=model,
        _rows=rows,
        _points=_points(frame, segment, model),
    )


def _rows(frame: nw.DataFrame[Any], segment: Ints, model: SegmentModel) -> tuple[SegmentSize, ...]:
    values = [column_values(frame, name) for name in model.names]
    money = np.nan_to_num(column_values(frame, "monetary")) if "monetary" in frame.columns else None
    return tuple(
        replace(size, medians=tuple(_median(column[segment == i]) for column in values))
        for i, size in enumerate(segment_sizes(segment, model.codes, money))
        if size.customers
    )


def _median(values: Floats) -> float:
    known = values[np.isfinite(values)]
    return float(quantiles(known, (0.5,))[0]) if len(known) else np.nan


def _segment_columns(rows: Sequence[SegmentSize], model: SegmentModel) -> dict[str, Any]:
    columns = size_columns(rows)
    medians = {name: np.array([row.medians[i] for row in rows]) for i, name in enumerate(model.names)}
    return {**columns, **{f"median_{name}" if name in columns else name: v for name, v in medians.items()}}


def _choices(model: SegmentModel) -> dict[str, Any]:
    numbers, weakest, mean = (np.array([choice[i] for choice in model.choices]) for i in range(3))
    is_chosen = numbers == len(model.centers)
    return {
        "n_segments": numbers.astype(np.int64),
        "jaccard_weakest": weakest,
        "jaccard_mean": mean,
        "chosen": is_chosen,
    }


def _notes(frame: nw.DataFrame[Any], segment: Ints, model: SegmentModel) -> list[Note]:
    notes = []
    n = len(model.centers)
    if model.asked is not None and n < model.asked:
        text = f"{counted(n, 'segment')} instead of {model.asked}: customers have no more distinct values"
        notes.append(Note(text, code="fewer_segments", count=n))
    if model.alternatives:
        others = join_words([str(number) for number in model.alternatives], conjunction="or")
        text = f"another `rng` may give {others} segments instead of {n}: give `n_segments` where the number must stay"
        notes.append(Note(text, code="number_uncertain", count=None))
    n_incomplete = int((segment == len(model.codes) - 1).sum())
    if n_incomplete:
        without = f"without an order or a value of {' or '.join(model.names)}"
        text = f"{counted(n_incomplete, 'customer')} {without}: segment {INCOMPLETE!r}"
        notes.append(Note(text, code="columns_missing", count=n_incomplete))
    for scale in model.scales:
        count = 0 if scale.floor is None else int((column_values(frame, scale.name) <= 0).sum())
        if count:
            lowest = f"taken as {scale.floor:.3g}, a very low value"
            text = f"`{scale.name}` of {counted(count, 'customer')} is 0 or less, which has no log: {lowest}"
            notes.append(Note(text, code="values_raised", count=count))
    return notes


def _points(frame: nw.DataFrame[Any], segment: Ints, model: SegmentModel) -> tuple[Floats, Ints]:
    """Return some customers by the first two columns, with their segment, for the picture."""
    shown = np.flatnonzero(segment < len(model.centers))
    shown = shown[:: max(len(shown) // MAX_DRAWN, 1)]
    columns = [column_values(frame, name)[shown] for name in model.names[:2]]
    floors = [scale.floor for scale in model.scales[:2]]
    raised = [c if floor is None else np.maximum(c, floor) for c, floor in zip(columns, floors, strict=True)]
    return np.column_stack(raised), segment[shown]
