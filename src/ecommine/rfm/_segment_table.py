"""Totals of the segments: customers, orders, money and the median of recency."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from .._core.frames import MICRO, Frame, collect, money_parts
from .._core.tables import build_table
from .._stats.quantiles import quantiles_of_counts
from ._scale import MEASURES
from ._segments import Segment

MIN_USED_LEVELS = 3
"""A measure with fewer levels in use is coarse, unless its scale has no more levels."""
_FLOATS = ("share", "money", "share_of_money", "average_order_value", "median_recency")
_SUMS = ("orders", "units", "millionths")
_SCORES = tuple(f"{measure}_score" for measure in MEASURES)


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentTotals:
    """Totals of one segment."""

    segment: Segment
    customers: int
    orders: int
    money: float
    median_recency: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CoarseMeasure:
    """A measure by which customers hardly differ: the number of its levels in use."""

    measure: str
    used: int
    levels: int


def segment_totals(
    frame: Frame, segments: tuple[Segment, ...], levels: tuple[int, int, int]
) -> tuple[list[SegmentTotals], tuple[CoarseMeasure, ...]]:
    """Sum up every segment of a scored table, in the given order, also those without customers; list coarse measures.

    Customers are counted by segment, scores and recency in the caller's engine, so that the medians are exact without
    one row per customer in memory.
    """
    units, millionths = money_parts(nw.col("monetary"))
    counts = (
        frame.select("segment", "recency", *_SCORES, orders="frequency", units=units, millionths=millionths)
        .group_by("segment", "recency", *_SCORES)
        .agg(nw.len().alias("customers"), *(nw.col(name).sum() for name in _SUMS))
    )
    rows = collect(counts.select("segment", *_numbers("recency", "customers", *_SCORES, *_SUMS)))
    columns = {name: rows[name].to_numpy() for name in rows.columns}
    return [_group(segment, columns) for segment in segments], tuple(_coarse_measures(columns, levels))


def _coarse_measures(
    columns: "dict[str, np.ndarray[Any, Any]]", levels: tuple[int, int, int]
) -> Iterator[CoarseMeasure]:
    for measure, score, wanted in zip(MEASURES, _SCORES, levels, strict=True):
        used = len(np.unique(columns[score]))
        if used < min(MIN_USED_LEVELS, wanted):
            yield CoarseMeasure(measure=measure, used=used, levels=wanted)


def _numbers(*names: str) -> list[nw.Expr]:
    return [nw.col(name).cast(nw.Int64) for name in names]


def _group(segment: Segment, columns: "dict[str, np.ndarray[Any, Any]]") -> SegmentTotals:
    is_member = columns["segment"] == segment.code
    of = {name: values[is_member] for name, values in columns.items()}
    order = np.argsort(of["recency"])
    return SegmentTotals(
        segment=segment,
        customers=int(of["customers"].sum()),
        orders=int(of["orders"].sum()),
        money=(int(of["units"].sum()) * MICRO + int(of["millionths"].sum())) / MICRO,
        median_recency=_median(of["recency"][order], of["customers"][order]),
    )


def _median(values: "np.ndarray[Any, Any]", counts: "np.ndarray[Any, Any]") -> float | None:
    """Return the median of ascending values, each as often as its count; None where there are none."""
    return float(quantiles_of_counts(values, counts, (0.5,))[0]) if counts.sum() else None


def segment_table(totals: list[SegmentTotals], *, like: Frame) -> Any:
    """Return the totals as a table of the caller's library, one row per segment."""
    customers, money = sum(group.customers for group in totals), sum(group.money for group in totals)
    columns = {
        "segment": [group.segment.code for group in totals],
        "customers": [group.customers for group in totals],
        "share": [ratio(group.customers, customers) for group in totals],
        "orders": [group.orders for group in totals],
        "money": [group.money for group in totals],
        "share_of_money": [ratio(group.money, money) for group in totals],
        "average_order_value": [ratio(group.money, group.orders) for group in totals],
        "median_recency": [group.median_recency for group in totals],
        "action": [group.segment.advice("en") for group in totals],
    }
    return build_table(columns, like=like, samples={"customers": 0, "orders": 0} | dict.fromkeys(_FLOATS, 0.0))


def ratio(part: float, whole: float) -> float | None:
    """Return part / whole; None where the whole is not positive, so that a share means nothing."""
    return part / whole if whole > 0 else None
