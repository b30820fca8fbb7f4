"""Purchases: customer, product and order, of net quantity above 0 on product lines."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from ..._core.arrays import Floats, Ints, run_starts, sort_order
from ..._core.codes import Labels, factorize_sorted, whole_ids
from ..._core.frames import MICRO, Frame, collect, day_number, day_of, opened, whole_number
from ..._core.moments import moment
from ..._core.notes import Note
from ..._core.texts import counted
from ...schema._for_topics import CHARGES, SchemaError, Shop, lines_left_out, read_columns

REQUIRED = ("order_id", "customer_id", "product_id", "ordered_at")
OPTIONAL = ("quantity", "unit_price", "amount", "line_type")
MAX_QUANTITY = 9e12
"""Largest quantity or money of a line: beyond it sums of micro-units may leave 64 bits."""
MAX_DAYS_AFTER_DATA = 365
"""Days from the last line to `as_of` above which a note asks whether `as_of` is right."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Purchases:
    """One row per order and product, sorted by customer, product, day and order.

    Attributes
    ----------
    customers, products : array of ids, ascending
    customer, product, order, day : int arrays of shape (n,)
        Codes, and days since 1970; the customer of a guest is -1.
    price : float array of shape (n_products,)
        Median price paid in the 28 days up to the last sale, NaN where money or units are unknown.
    usual : float array of shape (n_products,)
        Median units of a product in an order that has it.
    n_orders : int
    today : int
        The day of `as_of`.
    """

    customers: Labels
    products: Labels
    customer: Ints
    product: Ints
    order: Ints
    day: Ints
    price: Floats
    usual: Floats
    n_orders: int
    today: int
    until: datetime | None
    like: Frame
    notes: tuple[Note, ...]

    def up_to(self, day: int) -> "Purchases":
        """Return the purchases up to a day, ids numbered as they are; what was read of prices stays."""
        return self if day >= self.today else self._rows(self.day <= day, today=day)

    def after(self, day: int, last: int) -> "Purchases":
        """Return the purchases after a day, up to another."""
        return self._rows((self.day > day) & (self.day <= last), today=last)

    def _rows(self, is_kept: Any, today: int) -> "Purchases":
        parts = {name: getattr(self, name)[is_kept] for name in ("customer", "product", "order", "day")}
        return replace(self, today=today, **parts)

    @cached_property
    def orders_of_customers(self) -> tuple[Ints, Ints]:
        """Return customer and day of each distinct order of a known customer."""
        is_known = self.customer >= 0
        customer, order, day = (part[is_known] for part in (self.customer, self.order, self.day))
        sequence = sort_order(customer, order, day)
        customer, order, day = customer[sequence], order[sequence], day[sequence]
        is_first = run_starts(customer, order) if len(customer) else is_known[:0]
        return customer[is_first], day[is_first]


def read_purchases(
    orders: object, as_of: datetime | date | str | None, *, argument: str = "orders", guests: bool = True
) -> Purchases:
    """Open the table once, check it, and sum its lines by order and product on the caller's engine."""
    if isinstance(orders, Shop):
        raise TypeError(f"`{argument}` must be a table, got a Shop: give its orders, shop.orders")
    wanted = None if as_of is None else moment(as_of)
    like = opened(orders, argument=argument)
    frame = like.lazy() if like.implementation.is_polars() else like
    lines = _checked(read_columns(frame, "orders", REQUIRED, optional=OPTIONAL))
    lines, until, notes = _up_to(lines, wanted)
    sums = _sums(lines)
    unknown = sums["product_id"].is_null()
    n_unknown = int(sums.filter(unknown)["_lines"].sum() or 0)
    if n_unknown:
        notes.append(lines_left_out(n_unknown, "without a product", code="unknown_products"))
    is_refunded = (nw.col("_refund") < 0) & (nw.col("_money") + nw.col("_refund") <= 0)
    rows = sums.filter(~unknown, nw.col("_units") > 0, ~is_refunded)
    n_guests = int(rows["customer_id"].null_count())
    if n_guests and guests:
        text = f"{counted(n_guests, 'purchase')} of guests: they count for baskets and products, not for customers"
        notes.append(Note(text, code="guests", count=n_guests))
    return _purchases(rows, until, like, notes)


def _checked(lines: Frame) -> Frame:
    """Keep product lines, and give each its units and money in millionths."""
    names = lines.collect_schema().names()
    if "line_type" in names:
        lines = lines.filter(~nw.col("line_type").is_in(CHARGES).fill_null(False))
    quantity = nw.col("quantity").cast(nw.Float64) if "quantity" in names else None
    money = nw.col("amount").cast(nw.Float64) if "amount" in names else None
    if quantity is not None:
        lines = lines.with_columns(_quantity=quantity.fill_null(1.0))
    elif money is not None:  # without quantities negative money is a refund, which need not be of the whole
        is_refund = (money < 0).fill_null(False)
        lines = lines.with_columns(
            _quantity=nw.when(is_refund).then(0.0).otherwise(1.0),
            _refund=nw.when(is_refund).then(money).otherwise(0.0),
        )
    else:
        lines = lines.with_columns(_quantity=nw.lit(1.0))
    if quantity is not None or money is None:
        lines = lines.with_columns(_refund=nw.lit(0.0))
    if money is None and quantity is not None and "unit_price" in names:
        money = quantity * nw.col("unit_price").cast(nw.Float64)
    if money is None:
        return lines.with_columns(_priced=nw.lit(0.0), _worth=nw.lit(0.0))
    priced = (~money.is_null() & (money >= 0) & (nw.col("_quantity") > 0)).fill_null(False)
    return lines.with_columns(
        _worth=nw.when(priced).then(money).otherwise(0.0),
        _priced=nw.when(priced).then(nw.col("_quantity")).otherwise(0.0),
    )


def _up_to(lines: Frame, wanted: datetime | None) -> tuple[Frame, datetime | None, list[Note]]:
    """Leave out what is after `as_of`; raise where a line lacks its order or time, or is past counting."""
    at = nw.col("ordered_at")
    notes: list[Note] = []
    columns = ("_quantity", "_worth", "_refund")
    broken = ~nw.all_horizontal(*(nw.col(name).abs() <= MAX_QUANTITY for name in columns), ignore_nulls=False)
    broken = broken.fill_null(True)
    required = ("order_id", "ordered_at")
    row = collect(
        lines.select(
            first=at.min(), last=at.max(), lines=nw.len(), broken=broken.cast(nw.Int64).sum(),
            **{f"n_{name}": nw.col(name).count() for name in required},
        )
    )  # fmt: skip
    absent = {name: whole_number(row["lines"]) - whole_number(row[f"n_{name}"]) for name in required}
    if any(absent.values()):
        remedy = 'split them off with schema.quarantine("orders", raw)'
        problems = [f"`{name}` is missing in {counted(n, 'line')}: {remedy}" for name, n in absent.items() if n]
        raise SchemaError("orders", problems)
    if whole_number(row["broken"]):
        n = counted(whole_number(row["broken"]), "line")
        raise ValueError(
            f"`orders` has {n} whose quantity or money is infinite or above {MAX_QUANTITY:.0e}: correct it"
        )
    first, last = (None if row[name].null_count() else moment(row[name].item()) for name in ("first", "last"))
    until = last if wanted is None else wanted
    if first is None or last is None or until is None:
        return lines, until, notes
    if until < first:
        raise ValueError(
            f"`as_of` is {until:%Y-%m-%d}, before all lines: the data run from {first:%Y-%m-%d} to {last:%Y-%m-%d}"
        )
    if day_of(until) - day_of(last) > MAX_DAYS_AFTER_DATA:
        days = day_of(until) - day_of(last)
        text = f"{until:%Y-%m-%d} is {days:,} days after the last order line ({last:%Y-%m-%d}): check `as_of`"
        notes.append(Note(text, code="as_of_long_after_data", count=days))
    if until < last:
        is_late = at > nw.lit(until)
        late = whole_number(collect(lines.select(late=is_late.cast(nw.Int64).sum()))["late"])
        notes.append(lines_left_out(late, f"after {until:%Y-%m-%d %H:%M}", code="rows_after_as_of"))
        lines = lines.filter(~is_late)
    return lines, until, notes


def _sums(lines: Frame) -> nw.DataFrame[Any]:
    """Sum by order, customer and product: units, money, and the first day."""
    whole = {
        f"_{name}": (nw.col(f"_{source}") * MICRO + 0.5).floor().cast(nw.Int64)
        for name, source in (("units", "quantity"), ("money", "worth"), ("priced", "priced"), ("refund", "refund"))
    }
    lines = lines.with_columns(**whole, _day=day_number(nw.col("ordered_at")))
    keys = ["order_id", "customer_id", "product_id"]
    sums = lines.select(*keys, "_units", "_money", "_priced", "_refund", "_day").group_by(keys)
    return collect(
        sums.agg(
            _units=nw.col("_units").sum(), _money=nw.col("_money").sum(), _priced=nw.col("_priced").sum(),
            _refund=nw.col("_refund").sum(), _day=nw.col("_day").min(), _lines=nw.len(),
        )
    )  # fmt: skip


def _purchases(rows: nw.DataFrame[Any], until: datetime | None, like: Frame, notes: list[Note]) -> Purchases:
    customer, customers = factorize_sorted(rows["customer_id"], argument="`orders`: ids of customers")
    product, products = factorize_sorted(rows["product_id"], argument="`orders`: ids of products")
    order, orders = factorize_sorted(rows["order_id"], argument="`orders`: ids of orders")
    day = rows["_day"].to_numpy().astype(np.int64)
    sequence = sort_order(customer, product, day, order)
    sums = [rows[name].to_numpy().astype(np.float64) / MICRO for name in ("_money", "_priced")]
    return Purchases(
        customers=whole_ids(customers),
        products=whole_ids(products),
        customer=customer[sequence],
        product=product[sequence],
        order=order[sequence],
        day=day[sequence],
        price=_prices(product, day, sums[0], sums[1], len(products)),
        usual=np.nan_to_num(lower_median(product, rows["_units"].to_numpy(), len(products)) / MICRO, nan=1.0),
        n_orders=len(orders),
        today=0 if until is None else day_of(until),
        until=until,
        like=like,
        notes=tuple(notes),
    )


def _prices(product: Ints, day: Ints, money: Floats, units: Floats, n: int) -> Floats:
    """Return the lower median of what was paid for a unit in the 28 days up to the last sale of each product."""
    last = np.full(n, np.iinfo(np.int64).min)
    is_priced = units > 0
    np.maximum.at(last, product[is_priced], day[is_priced])
    is_recent = np.flatnonzero(is_priced)
    is_recent = is_recent[day[is_recent] > last[product[is_recent]] - 28]
    paid = np.floor(money[is_recent] / units[is_recent] * MICRO + 0.5)
    return lower_median(product[is_recent], paid, n) / MICRO


def lower_median(group: Ints, values: Any, n_groups: int) -> Floats:
    """Return the lower median of each group, which is one of its values; NaN without any.

    Examples
    --------
    >>> lower_median(np.array([0, 0, 2]), np.array([7, 3, 5]), 3).tolist()
    [3.0, nan, 5.0]
    """
    order = np.lexsort((values, group))
    bounds = np.searchsorted(group[order], np.arange(n_groups + 1))
    has = np.flatnonzero(np.diff(bounds))
    median = np.full(n_groups, np.nan)
    median[has] = values[order[(bounds[has] + bounds[has + 1] - 1) // 2]]
    return median
