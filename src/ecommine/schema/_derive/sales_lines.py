"""The order lines that make the sales panel: which are taken, what is left out, which orders were cancelled in full."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import narwhals.stable.v2 as nw

from ..._core.frames import Frame, collect, join, whole_number
from ..._core.moments import moment
from ..._core.notes import Note
from ..._core.texts import counted
from .._model.errors import SchemaError
from .currency import several_currencies
from .periods import Every, period_number

LARGEST_MONEY = 9e12
"""What 64 bits of millionths hold: sums that may be larger are sums of floats."""
_SAME_UNITS = 1e-9
"""Units of a product that differ by less are the same: 0.1 + 0.2 kg is 0.3 kg."""
MIN_REFUND = 0.005
"""Currency units below which refunds are rounding."""
_REASONS = {
    "without_time": "without a time",
    "without_product": "without a product",
    "without_quantity": "without a quantity",
    "without_amount": "without an amount",
    "without_store": "without a store",
    "not_products": "other than products (line_type)",
    "after_as_of": "after `as_of`",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SalesLines:
    """The lines that are used, with their first and last time.

    ``is_exact``: whether money can be summed as whole millionths within 64 bits.
    """

    frame: Frame
    first: datetime
    until: datetime
    is_exact: bool
    notes: tuple[Note, ...]


def take_lines(lines: Frame, every: Every, as_of: datetime | None, *, stores: bool) -> SalesLines:
    """Return the product lines up to ``as_of`` with their ``period``; ``is_cancelled`` where an order was undone.

    Raises
    ------
    SchemaError
        If the lines are of several currencies.
    """
    reasons = _reasons(lines, as_of, stores=stores)
    facts = _facts(lines, reasons)
    _check_currencies(facts)
    notes = [
        _left_out(name, int(facts[name] or 0), float(facts.get("refunds") or 0.0)) for name in reasons if facts[name]
    ]
    last = _moment(facts["last"])
    until = as_of or last or datetime(1970, 1, 1)
    taken = lines.filter(*[~reason for reason in reasons.values()]) if notes else lines
    taken = taken.with_columns(period=period_number("ordered_at", every))
    if facts["returns"] and "order_id" in lines.collect_schema().names():
        taken, cancelled = _with_cancelled(taken)
        notes += cancelled
    most = abs(float(facts["most"] or 0)) * int(facts["lines"])
    return SalesLines(
        frame=taken,
        first=min(_moment(facts["first"]) or until, until),
        until=until,
        is_exact=most <= LARGEST_MONEY,
        notes=tuple(notes),
    )


def _reasons(lines: Frame, as_of: datetime | None, *, stores: bool) -> dict[str, nw.Expr]:
    """Return the conditions under which a line is left out, by their names."""
    needed = {"time": "ordered_at", "product": "product_id", "quantity": "quantity", "amount": "amount"}
    if stores:
        needed["store"] = "store_id"
    reasons = {f"without_{noun}": nw.col(name).is_null() for noun, name in needed.items()}
    if "line_type" in lines.collect_schema().names():
        is_other = (nw.col("line_type") != "product").fill_null(value=False)
        reasons["not_products"] = ~nw.col("line_type").is_null() & is_other  # NumPy's missing text differs from any
    if as_of is not None:
        reasons["after_as_of"] = (nw.col("ordered_at") > nw.lit(as_of)).fill_null(value=False)
    return reasons


def _facts(lines: Frame, reasons: dict[str, nw.Expr]) -> dict[str, Any]:
    """Count what is left out, and find extremes and currencies of what is taken, in one pass."""
    taken = nw.all_horizontal(*[~reason for reason in reasons.values()], ignore_nulls=False)
    names = [
        name
        for name in ("ordered_at", "quantity", "amount", "currency", "line_type")
        if name in lines.collect_schema().names()
    ]
    marked = lines.with_columns(**{name: flag(reason) for name, reason in reasons.items()}, is_taken=taken)
    marked = marked.select(*names, *reasons, "is_taken").with_columns(
        taken_at=nw.when(nw.col("is_taken")).then(nw.col("ordered_at")),
        size=nw.when(nw.col("is_taken")).then(nw.col("amount").abs()),
        back=flag(nw.col("is_taken") & (nw.col("quantity") < 0).fill_null(value=False)),
    )
    sums = {
        "lines": nw.len(),
        "last": nw.col("ordered_at").max(),
        "first": nw.col("taken_at").min(),
        "most": nw.col("size").max(),
        "returns": nw.col("back").sum(),
    }
    if "not_products" in reasons:
        is_refund = (nw.col("line_type") == "adjustment") & (nw.col("amount") < 0)
        sums["refunds"] = nw.col("refund").sum()
        marked = marked.with_columns(refund=nw.when(is_refund.fill_null(value=False)).then(nw.col("amount")))
    sums |= {name: nw.col(name).sum() for name in reasons}
    if "currency" in names:
        marked = marked.with_columns(
            money_in=nw.when(nw.col("is_taken") & ~nw.col("currency").is_null()).then(nw.col("currency"))
        )
        marked = marked.with_columns(unknown=flag(nw.col("money_in").is_null()))
        sums |= {"currencies": nw.col("money_in").n_unique(), "unknown": nw.col("unknown").sum()}
    return {name: values[0] for name, values in collect(marked.select(**sums)).to_dict(as_series=False).items()}


def _check_currencies(facts: dict[str, Any]) -> None:
    currencies = int(facts.get("currencies", 0)) - (int(facts.get("unknown") or 0) > 0)
    if currencies > 1:
        raise SchemaError("orders", [several_currencies(currencies)])


def _left_out(reason: str, count: int, refunds: float) -> Note:
    code = "rows_after_as_of" if reason == "after_as_of" else f"lines_{reason}"
    text = f"{counted(count, 'order line')} {_REASONS[reason]} left out"
    if reason == "not_products" and refunds <= -MIN_REFUND:
        text += f", with {refunds:,.2f} of adjustments such as refunds of a part: `revenue` is before these"
    return Note(text, code=code, count=count)


def _moment(value: Any) -> datetime | None:
    return None if value is None or value != value else moment(value)


def flag(condition: nw.Expr) -> nw.Expr:
    """Return a condition as 0 or 1, since not every library sums booleans."""
    return condition.cast(nw.Int64)


def _with_cancelled(lines: Frame) -> tuple[Frame, list[Note]]:
    """Mark the lines of orders that were cancelled in full within one period, and count these orders."""
    cancelled = _cancelled_orders(lines)
    count = whole_number(collect(cancelled.select(orders=nw.len()))["orders"])
    if not count:
        return lines, []
    marked = join(lines, cancelled, on=["order_id", "period"], how="left")
    text = f"{counted(count, 'order')} cancelled in full within a period left out of units and prices"
    marked = marked.with_columns(is_cancelled=~nw.col("left").is_null())
    return marked, [Note(text, code="orders_cancelled", count=count)]


def _cancelled_orders(lines: Frame) -> Frame:
    """List the orders and periods in which units of every product came back as many as were ordered."""
    keys = ["order_id", "period"]
    back = lines.filter(nw.col("quantity") < 0, ~nw.col("order_id").is_null()).select(*keys).unique()
    theirs = join(lines, back, on=keys, how="semi")
    nets = theirs.group_by(*keys, "product_id").agg(nw.col("quantity").sum())
    nets = nets.with_columns(left=flag(nw.col("quantity").cast(nw.Float64).abs() > _SAME_UNITS))
    return nets.group_by(keys).agg(nw.col("left").sum()).filter(nw.col("left") == 0)
