"""What the segments add up to: one row a segment."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from .._core.frames import Frame, build, collect
from ._scale import MEASURES
from ._segments import Segment

_FLOATS = ("share", "money", "share_of_money", "average_order_value", "median_recency")
_SCORES = tuple(f"{measure}_score" for measure in MEASURES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """One segment in numbers."""

    segment: Segment
    customers: int
    orders: int
    money: float
    median_recency: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Coarse:
    """A measure by which customers hardly differ: few of its levels are in use."""

    measure: str
    used: int
    levels: int


def groups(
    frame: Frame, segments: tuple[Segment, ...], levels: tuple[int, int, int]
) -> tuple[list[Group], tuple[Coarse, ...]]:
    """Sum up every segment of a scored table, in the given order, also those without customers; find coarse measures.

    Customers are counted by segment, scores and recency in the caller's engine, so that the medians are exact without
    a row a customer in memory.
    """
    counts = frame.group_by("segment", "recency", *_SCORES).agg(
        nw.len().alias("customers"), nw.col("frequency").sum().alias("orders"), nw.col("monetary").sum().alias("money")
    )
    rows = collect(counts.select("segment", *_numbers("recency", "customers", "orders", *_SCORES), "money"))
    columns = {name: rows[name].to_numpy() for name in rows.columns}
    return [_group(segment, columns) for segment in segments], tuple(_coarse(columns, levels))


def _coarse(columns: "dict[str, np.ndarray[Any, Any]]", levels: tuple[int, int, int]) -> Iterator[Coarse]:
    for measure, score, wanted in zip(MEASURES, _SCORES, levels, strict=True):
        used = len(np.unique(columns[score]))
        if used < min(3, wanted):
            yield Coarse(measure=measure, used=used, levels=wanted)


def _numbers(*names: str) -> list[nw.Expr]:
    return [nw.col(name).cast(nw.Int64) for name in names]


def _group(segment: Segment, columns: "dict[str, np.ndarray[Any, Any]]") -> Group:
    mine = columns["segment"] == segment.code
    of = {name: values[mine] for name, values in columns.items()}
    order = np.argsort(of["recency"])
    return Group(
        segment=segment,
        customers=int(of["customers"].sum()),
        orders=int(of["orders"].sum()),
        money=float(of["money"][order].sum()),
        median_recency=median_of_counts(of["recency"][order], of["customers"][order]),
    )


def median_of_counts(values: "np.ndarray[Any, Any]", counts: "np.ndarray[Any, Any]") -> float | None:
    """Return the median of sorted values that come with counts, None where there are none.

    Examples
    --------
    >>> median_of_counts(np.array([1, 4, 9]), np.array([1, 1, 2]))
    6.5
    """
    total = int(counts.sum())
    if total == 0:
        return None
    middle = np.array([(total - 1) // 2, total // 2])
    return float(values[np.searchsorted(np.cumsum(counts), middle, side="right")].mean())


def segment_table(found: list[Group], *, like: Frame) -> Any:
    """Write the groups as a table of the caller's library."""
    customers, money = sum(group.customers for group in found), sum(group.money for group in found)
    columns = {
        "segment": [group.segment.code for group in found],
        "customers": [group.customers for group in found],
        "share": [ratio(group.customers, customers) for group in found],
        "orders": [group.orders for group in found],
        "money": [group.money for group in found],
        "share_of_money": [ratio(group.money, money) for group in found],
        "average_order_value": [ratio(group.money, group.orders) for group in found],
        "median_recency": [group.median_recency for group in found],
        "action": [group.segment.advice("en") for group in found],
    }
    typed = build(columns, like=like).with_columns(*(nw.col(name).cast(nw.Float64) for name in _FLOATS))
    return typed.to_native()


def ratio(part: float, whole: float) -> float | None:
    """Divide; None where the whole is not positive, so that a share means nothing."""
    return part / whole if whole > 0 else None
