"""Which order lines count: lines of products up to a date, with returns as the caller wants them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import reduce
from typing import Any, Literal

import narwhals.stable.v2 as nw

from ..._core.checks import one_of
from ..._core.frames import Frame, collect, whole_number
from ..._core.moments import moment
from ..._core.notes import Note
from ..._core.texts import counted
from ...schema._for_topics import SchemaError, read

Returns = Literal["net", "drop", "keep"]
OPTIONAL_COLUMNS = ("customer_id", "ordered_at", "line_type", "quantity", "amount")
QUARANTINE = 'split them off with schema.quarantine("orders", raw)'
NET_QUANTITY = "_net"
"""Signed quantity of each line, below zero for a return; only where returns are netted and there are some."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineFilter:
    """How returns count, and up to when lines do."""

    returns: Returns = "net"
    as_of: datetime | None = None

    @classmethod
    def checked(cls, returns: Returns, as_of: datetime | date | str | None) -> "LineFilter":
        """Check the arguments `returns` and `as_of` of a public call."""
        one_of("returns", returns, ("net", "drop", "keep"))
        return cls(returns=returns, as_of=None if as_of is None else moment(as_of))


ALL_LINES = LineFilter()
"""Returns are netted, no line is too late."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductLines:
    """The lines that count, in the caller's engine, with the column `_net` where there are returns to be netted.

    ``last_instant`` is the last instant of all lines, where these were asked for and `as_of` is not given.
    """

    frame: Frame
    as_of: datetime | None
    last_instant: datetime | None
    notes: tuple[Note, ...]


def read_product_lines(
    orders: Frame,
    line_filter: LineFilter = ALL_LINES,
    *,
    column: str = "product_id",
    keep: Sequence[str] = (),
    instant: str | None = None,
) -> ProductLines:
    """Read the lines that count, and note how many do not.

    ``keep`` names more columns, ``instant`` the one of instants.
    """
    optional, others = (*OPTIONAL_COLUMNS, *keep), () if instant is None else (instant,)
    lines = read(orders, "orders", ("order_id", column), optional=optional, others=others, argument="orders")
    names = lines.collect_schema().names()
    if line_filter.as_of is not None and "ordered_at" not in names:
        raise ValueError("`as_of` needs the time of each line: `orders` has no column ordered_at")
    exclusions = _exclusions(names, line_filter, column)
    facts = _count_lines(lines, names, exclusions, instant)
    if facts.without_order:
        lacking = counted(facts.without_order, "line")
        raise SchemaError("orders", [f"`order_id` is missing in {lacking}: {QUARANTINE}"])
    applied = [(exclusion, n) for exclusion, n in zip(exclusions, facts.excluded, strict=True) if n]
    frame = lines.filter(*(~exclusion.mask for exclusion, _ in applied)) if applied else lines
    if line_filter.returns == "net" and facts.returns:
        frame = frame.with_columns(_signed_quantity(names).alias(NET_QUANTITY))
    return ProductLines(
        frame=frame,
        as_of=line_filter.as_of or facts.last,
        last_instant=facts.last_instant if line_filter.as_of is None else None,
        notes=tuple(exclusion.note(n) for exclusion, n in applied),
    )


def collect_lines(frame: Frame) -> nw.DataFrame[Any]:
    """Collect lines into memory; DuckDB's as Arrow, where text needs no Python object per row."""
    if isinstance(frame, nw.LazyFrame) and frame.implementation.is_duckdb():
        return frame.collect("pyarrow")
    return collect(frame)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Exclusion:
    """A reason why lines do not count."""

    code: str
    reason: str
    mask: nw.Expr

    def note(self, n: int) -> Note:
        return Note(f"{counted(n, 'line')} left out: {self.reason}", code=self.code, count=n)


@dataclass(frozen=True, slots=True, kw_only=True)
class _LineCounts:
    """Lines without an order, lines of each exclusion, returns, and the last time and instant."""

    without_order: int
    excluded: list[int]
    returns: int
    last: datetime | None
    last_instant: datetime | None


def _exclusions(names: Sequence[str], line_filter: LineFilter, column: str) -> list[_Exclusion]:
    """List the reasons why a line does not count; a line with several has the first."""
    reasons: list[tuple[str, str, nw.Expr]] = []
    until = line_filter.as_of
    if until is not None:
        is_late = (nw.col("ordered_at") > nw.lit(until)).fill_null(False)
        reasons.append(("rows_after_as_of", f"dated after {until:%Y-%m-%d %H:%M}", is_late))
    if "line_type" in names:
        is_product = nw.col("line_type").is_null() | (nw.col("line_type") == "product").fill_null(False)
        kinds = "shipping, fees, gifts, discounts or adjustments"
        reasons.append(("other_lines_left_out", kinds, ~is_product))
    what = column.removesuffix("_id")
    reasons.append((f"missing_{what}_left_out", f"no {column}", nw.col(column).is_null()))
    if line_filter.returns == "drop" and _has_returns(names):
        reasons.append(("returns_left_out", "returns", _is_return(names)))
    earlier: list[nw.Expr] = []
    exclusions = []
    for code, reason, mask in reasons:
        first = reduce(lambda left, right: left & ~right, earlier, mask)
        exclusions.append(_Exclusion(code=code, reason=reason, mask=first))
        earlier.append(first)
    return exclusions


def _count_lines(
    lines: Frame, names: Sequence[str], exclusions: Sequence[_Exclusion], instant: str | None
) -> _LineCounts:
    flags = [nw.col("order_id").is_null(), *(exclusion.mask for exclusion in exclusions)]
    flags += [_is_return(names)] if _has_returns(names) else []
    totals = {f"_{i}": flag.cast(nw.Int8).sum() for i, flag in enumerate(flags)}  # short: a column per line
    last = [name for name in ("ordered_at", instant) if name is not None and name in names]
    row = collect(lines.select(*(nw.col(name).max() for name in last), **totals))
    counts = [whole_number(row[name]) for name in totals]
    latest = {name: moment(row[name].item()) for name in last if not row[name].null_count()}
    return _LineCounts(
        without_order=counts[0],
        excluded=counts[1 : len(exclusions) + 1],
        returns=sum(counts[len(exclusions) + 1 :]),
        last=latest.get("ordered_at"),
        last_instant=latest.get(instant or ""),
    )


def _has_returns(names: Sequence[str]) -> bool:
    """Return whether the table can tell a return from a sale."""
    return bool({"quantity", "amount"} & set(names))


def _is_return(names: Sequence[str]) -> nw.Expr:
    parts = [(nw.col(name) < 0).fill_null(False) for name in ("quantity", "amount") if name in names]
    return parts[0] | parts[-1]


def _signed_quantity(names: Sequence[str]) -> nw.Expr:
    """Return what a line adds to the basket, below zero for a return."""
    size = nw.col("quantity" if "quantity" in names else "amount").cast(nw.Float64).fill_null(1.0).abs()
    return nw.when(_is_return(names)).then(-size).otherwise(size)
