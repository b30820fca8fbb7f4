"""Order lines up to `as_of`, checked, and the notes of what is left out of them."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import reduce
from operator import or_
from typing import Any

import narwhals.stable.v2 as nw

from ..._core.frames import MICRO, Frame, collect, day_number_of, day_of, is_lazy, join, opened
from ..._core.moments import moment
from ..._core.notes import Note
from ..._core.texts import counted, did_you_mean
from ...schema._for_topics import (
    CHARGES,
    Extent,
    SchemaError,
    Shop,
    lines_in_period,
    lines_left_out,
    one_currency,
    read_columns,
)

REQUIRED = ("order_id", "customer_id", "ordered_at", "amount")
MAX_MICRO_MONEY = 9e12
"""Sum of all money up to which millionths fit into 64 bits; above it cents are counted."""
MAX_MONEY = 9e15
CENT = 100
_NO_GROUPS = frozenset(
    ("customer_id", "order_id", "ordered_at", "amount", "quantity", "unit_price", "discount", "line_type", "currency",
     "_day", "_units", "_buys", "_returns", "_at", "_known")
)  # fmt: skip
"""Columns that are read as what they are, and names that are used here: no groups and no items."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """Order lines of known customers up to `as_of`, as a plan where their library has plans.

    Attributes
    ----------
    frame : table
        customer_id, order_id, amount, _day, _buys (1 for a line that buys a product, else 0), _returns (1 for a line
        that takes one back), and the columns asked for.
    like : table
        The caller's.
    until : datetime or None
        `as_of`, None where there are no lines.
    last_day : int
        That of `as_of`, since 1970.
    may_return : bool
        Whether there is a line that takes a product back.
    """

    frame: Frame
    like: Frame
    until: datetime | None
    last_day: int
    per_unit: int
    may_return: bool
    notes: tuple[Note, ...]

    @property
    def units(self) -> nw.Expr:
        """Money in whole units of 1 / ``per_unit``."""
        return (nw.col("amount") * self.per_unit + 0.5).floor().cast(nw.Int64)


def read_lines(
    orders: object,
    as_of: datetime | date | str | None,
    *,
    others: tuple[str, ...] = (),
) -> Lines:
    """Open the table once, check it, and keep the lines of known customers up to `as_of`."""
    if isinstance(orders, Shop):
        raise TypeError("`orders` must be a table, got a Shop: give its orders, shop.orders")
    wanted = None if as_of is None else moment(as_of)
    like = opened(orders, argument="orders")
    frame = like.lazy() if like.implementation.is_polars() else like
    extra = tuple(name for name in others if name not in _NAMES)
    known = tuple(dict.fromkeys((*REQUIRED, *(name for name in others if name in _NAMES))))
    lines = read_columns(frame, "orders", known, optional=("quantity", "line_type", "currency"), others=extra)
    lines = _with_flags(lines)
    extent = _extent(lines)
    ends = Extent(first=extent["first"], last=extent["last"], may_overflow=False)
    lines, until, notes = lines_in_period(lines, ends, wanted, None)
    lines, of_guests = _without_guests(lines, extent["guests"])
    one_currency(lines)
    return Lines(
        frame=lines.with_columns(_day=day_number_of(lines, "ordered_at")),
        like=like,
        until=until,
        last_day=0 if until is None else day_of(until),
        per_unit=MICRO if extent["money"] <= MAX_MICRO_MONEY else CENT,
        may_return=bool(extent["returns"]),
        notes=(*notes, *of_guests),
    )


def buys_in_full_returns(lines: Lines, keys: list[str]) -> nw.DataFrame[Any] | None:
    """Count by keys the lines of orders that were taken back in full under their own id; None where none was.

    Such an order has lines that buy and lines that return, whose money is together not above zero.
    """
    if not lines.may_return:
        return None
    order = ["customer_id", "order_id"]
    names = list(dict.fromkeys([*order, *keys, "amount", "_buys", "_returns"]))
    products = lines.frame.select(*names)
    returned = products.filter(nw.col("_returns") > 0).select(*order).unique()
    if not is_lazy(products) or products.implementation.is_polars():  # a look-up is faster than a join
        returned = collect(returned)
        products = collect(products.filter(nw.col("order_id").is_in(returned["order_id"])))
    products = products.filter((nw.col("_buys") + nw.col("_returns")) > 0).with_columns(_units=lines.units)
    touched = join(products, returned, on=order, how="semi")
    net = touched.group_by(order).agg(net=nw.col("_units").sum(), bought=nw.col("_buys").sum())
    cancelled = net.filter(nw.col("net") <= 0, nw.col("bought") > 0).select(*order)
    undone = join(touched, cancelled, on=order, how="semi").filter(nw.col("_buys") > 0)
    table = collect(undone.group_by(list(dict.fromkeys([*keys, "order_id"]))).agg(undone=nw.col("_buys").sum()))
    return table if len(table) else None


_NAMES = ("product_id", "category", "channel", "device", "country", "store_id", "promotion", "coupon", "payment_method")
"""Columns of the schema that a caller may group by; others are the caller's own."""


def check_groups(
    columns: tuple[str, ...], orders: object, others: object | None, *, argument: str, output: tuple[str, ...], of: str
) -> tuple[str, ...]:
    """Return which columns to group by are of the orders; raise for one that no table has or whose name is taken."""
    ours = opened(orders, argument="orders").collect_schema().names() if columns else []
    theirs = [] if others is None else opened(others, argument=argument).collect_schema().names()
    if len(set(columns)) < len(columns):
        raise ValueError(f"`by` names a column twice: {', '.join(map(repr, columns))}")
    for name in columns:
        if name not in ours and name not in theirs:
            hint = did_you_mean(name, [*ours, *theirs])
            raise ValueError(f"`by`: neither `orders` nor `{argument}` has a column {name!r}{hint}")
    taken = {*_NO_GROUPS, *output} & set(columns)
    if taken:
        raise ValueError(
            f"`by` must be columns {of}, got {min(taken)!r}, a name of the result or of another kind of column: rename "
            "it"
        )
    return tuple(name for name in columns if name in ours)


def _with_flags(lines: Frame) -> Frame:
    """Mark the lines that buy a product and those that take one back."""
    names = lines.collect_schema().names()
    back = nw.col("amount") < 0
    if "quantity" in names:
        back = reduce(or_, [back, nw.col("quantity") < 0])
    back = back.fill_null(False)
    goods = ~nw.col("line_type").is_in(CHARGES).fill_null(False) if "line_type" in names else None
    buys, returns = (~back, back) if goods is None else (~back & goods, back & goods)
    return lines.with_columns(_buys=buys.cast(nw.Int64), _returns=returns.cast(nw.Int64))


def _extent(lines: Frame) -> dict[str, Any]:
    """Return first and last time, money and counts; raise where a line lacks its order, time or money."""
    at, size = nw.col("ordered_at"), nw.col("amount").abs()
    required = ("order_id", "ordered_at", "amount")
    broken = (~(size <= MAX_MONEY)).fill_null(False)
    row = collect(
        lines.select(
            first=at.min(),
            last=at.max(),
            money=nw.when(~broken).then(size).otherwise(0.0).sum(),
            lines=nw.len(),
            broken=broken.cast(nw.Int64).sum(),
            guests=nw.col("customer_id").is_null().cast(nw.Int64).sum(),
            returns=nw.col("_returns").sum(),
            **{f"n_{name}": nw.col(name).count() for name in required},
        )
    )
    values = {name: row[name].item() for name in row.columns}
    absent = {name: int(values["lines"] - values[f"n_{name}"]) for name in required}
    if any(absent.values()):
        remedy = 'split them off with schema.quarantine("orders", raw)'
        raise SchemaError(
            "orders", [f"`{k}` is missing in {counted(n, 'line')}: {remedy}" for k, n in absent.items() if n]
        )
    money = float(values["money"] or 0.0)
    if values["broken"] or money > MAX_MONEY:
        problem = (
            f"{counted(int(values['broken'] or values['lines']), 'line')} whose money is not a number, infinite or"
        )
        raise ValueError(f"`orders` has {problem} above {MAX_MONEY:.0e} in all: correct it, or give a larger unit")
    whole = {name: int(values[name] or 0) for name in ("lines", "guests", "returns")}
    ends = {name: None if row[name].null_count() else moment(values[name]) for name in ("first", "last")}
    return {**ends, **whole, "money": money}


def _without_guests(lines: Frame, n_guests: int) -> tuple[Frame, list[Note]]:
    """Leave out the lines of guests, and count them."""
    if not n_guests:
        return lines, []
    guests = lines.filter(nw.col("customer_id").is_null())
    row = collect(guests.select(lines=nw.len(), orders=nw.col("order_id").n_unique(), money=nw.col("amount").sum()))
    count, orders, money = (row[name].item() or 0 for name in ("lines", "orders", "money"))
    lines = lines.filter(~nw.col("customer_id").is_null())
    words = f"of guests ({counted(int(orders), 'order')}, money {round(float(money), 2) + 0.0:,.2f})"
    return lines, [lines_left_out(int(count), words, code="guests_left_out")] if count else []
