"""Movements of customers between two scored tables, summed up in the caller's engine and split into effects."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import narwhals.stable.v2 as nw

from .._core.frames import Frame, as_float, collect, is_lazy, micro, summable
from ._segments import Segment

PARTS: tuple[str, ...] = (
    "new",
    "gone",
    "upgraded_orders",
    "upgraded_order_value",
    "stayed_orders",
    "stayed_order_value",
    "downgraded_orders",
    "downgraded_order_value",
    "late_refunds",
)
_SUMS = ("orders_before", "orders_after", "money_before", "money_after")
MAX_MICRO_UNITS = 9.2e18
"""Largest sum in 64 bits: more micro-units of all customers together are an error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """Customers that went from one segment to another; None is no order in that period. Money is in micro-units.

    Customers without an order whose money counts all the same, late refunds, are a flow from None to None.
    """

    origin: int | None
    target: int | None
    customers: int
    before: int
    after: int
    by_orders: int

    @property
    def move(self) -> str:
        """The kind of movement; segments are ordered best first."""
        if self.origin is None and self.target is None:
            return "late_refunds"
        if self.origin is None or self.target is None:
            return "new" if self.origin is None else "gone"
        if self.origin == self.target:
            return "stayed"
        return "upgraded" if self.target < self.origin else "downgraded"


def flows_between(left: Frame, right: Frame, segments: tuple[Segment, ...]) -> list[Flow]:
    """Sum up customers by the pair of their segments, in the caller's engine.

    The two tables are stacked, not joined: every column is zero in the rows of the other table, so that sums per
    customer put both sides next to each other, and a zero rank means no order in that period.
    """
    sides = with_customers(_side(left, segments, "before", "after"), _side(right, segments, "after", "before"))
    both: Frame = nw.concat(sides)  # type: ignore[type-var]  # both are eager, or both are lazy
    wide = both.group_by("customer_id").agg(*(nw.col(name).sum() for name in ("rank_before", "rank_after", *_SUMS)))
    wide = wide.select(*(nw.col(name).cast(nw.Int64) for name in ("rank_before", "rank_after", *_SUMS)))
    effect, (before, after) = (
        nw.col("effect"),
        (as_float(nw.col(f"money_{side}")).abs() for side in ("before", "after")),
    )
    by_orders = nw.when(effect.abs() < MAX_MICRO_UNITS).then(effect).otherwise(0.0).cast(nw.Int64)
    sized = wide.with_columns(effect=_order_effect()).select(
        "rank_before",
        "rank_after",
        money_before=summable(nw.col("money_before"), wide),
        money_after=summable(nw.col("money_after"), wide),
        by_orders=summable(by_orders, wide),
        size=before + after + effect.abs(),
    )
    sums = sized.group_by("rank_before", "rank_after").agg(
        nw.len().alias("customers"),
        *(nw.col(name).sum() for name in ("money_before", "money_after", "by_orders", "size")),
    )
    rows = collect(sums).rows(named=True)
    if sum(float(row["size"]) for row in rows) > MAX_MICRO_UNITS:
        raise ValueError("money of all customers together is above 9.2e12: give it in a larger unit")
    flows = [_flow({name: int(value) for name, value in row.items()}) for row in rows]
    return sorted(flows, key=lambda flow: (_index(flow.origin, segments), _index(flow.target, segments)))


def late_refunds(before: tuple[int, int], after: tuple[int, int]) -> Flow:
    """Return the flow of customers without an order, from their number and their money in either period."""
    (count_before, money_before), (count_after, money_after) = before, after
    return Flow(
        origin=None,
        target=None,
        customers=count_before + count_after,
        before=money_before,
        after=money_after,
        by_orders=0,
    )


def _index(rank: int | None, segments: tuple[Segment, ...]) -> int:
    return len(segments) if rank is None else rank


def _flow(row: Mapping[str, int]) -> Flow:
    return Flow(
        origin=row["rank_before"] - 1 if row["rank_before"] else None,
        target=row["rank_after"] - 1 if row["rank_after"] else None,
        customers=row["customers"],
        before=row["money_before"],
        after=row["money_after"],
        by_orders=row["by_orders"],
    )


def with_customers(left: Frame, right: Frame) -> list[Frame]:
    """Return the tables that hold any customer, one at least: ids of no customer have no type of their own.

    A lazy table runs for it only where the types of both differ.
    """
    may_differ = id_family(left) != id_family(right)
    full = [frame for frame in (left, right) if (is_lazy(frame) and not may_differ) or len(collect(frame.head(1)))]
    return full or [left]


def id_family(frame: Frame) -> str:
    """Return the kind of a table's ids: whole numbers of different widths are one."""
    dtype = frame.collect_schema()["customer_id"]
    return "number" if dtype.is_numeric() else str(dtype)


def _side(frame: Frame, segments: tuple[Segment, ...], mine: str, other: str) -> Frame:
    ranks = [(nw.col("segment") == item.code).cast(nw.Int64) * rank for rank, item in enumerate(segments, start=1)]
    orders = nw.col("frequency").cast(nw.Int64)
    columns = {f"rank_{mine}": sum(ranks[1:], ranks[0]), f"orders_{mine}": orders}
    columns[f"money_{mine}"] = micro(nw.col("monetary"))
    zeros = {f"{name}_{other}": orders * 0 for name in ("rank", "orders", "money")}
    # Whole-number ids of different widths are one type here.
    is_number = frame.collect_schema()["customer_id"].is_numeric()
    key = nw.col("customer_id").cast(nw.Int64) if is_number else nw.col("customer_id")
    return frame.select(key, **columns, **zeros).select(
        "customer_id", "rank_before", "rank_after", "orders_before", "orders_after", "money_before", "money_after"
    )


def _order_effect() -> nw.Expr:
    """Return the Shapley part of the number of orders in the change of one retained customer's money."""
    before, after = nw.col("orders_before"), nw.col("orders_after")
    both = (before > 0) & (after > 0)
    # Where one side has no order the part means nothing; one in its place keeps engines from dividing by zero.
    values = [
        as_float(nw.col(f"money_{side}")) / nw.when(both).then(nw.col(f"orders_{side}")).otherwise(1)
        for side in ("before", "after")
    ]
    effect = (after - before) * (values[0] + values[1]) / 2
    return nw.when(both).then(effect.round(0)).otherwise(0.0)


def bridge(flows: Sequence[Flow]) -> dict[str, tuple[int, int]]:
    """Split the change in revenue into parts: customers, and money in micro-units, of each."""
    parts: dict[str, tuple[int, int]] = dict.fromkeys(PARTS, (0, 0))
    for flow in flows:
        change = flow.after - flow.before
        if flow.origin is None or flow.target is None:
            effects = {flow.move: change}
        else:
            effects = {f"{flow.move}_orders": flow.by_orders, f"{flow.move}_order_value": change - flow.by_orders}
        for part, effect in effects.items():
            customers, money = parts[part]
            parts[part] = (customers + flow.customers, money + effect)
    return parts
