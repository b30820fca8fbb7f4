"""Days on which a customer bought an item: a product, or whatever columns name it."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from ..._core.arrays import Floats, Ints, distinct_codes, run_starts
from ..._core.checks import names as checked_names
from ..._core.codes import Labels, factorize, factorize_sorted
from ..._core.frames import Frame, collect, is_lazy, opened
from ..._core.notes import Note
from ..._core.texts import counted
from ...schema._for_topics import SchemaError, common_type, read_columns
from .days import positions
from .lines import Lines, buys_in_full_returns, check_groups, read_lines

QUANTITY_UNIT = 1e6
"""Quantities are added up as whole millionths, so that their order does not matter."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PairDays:
    """One row per customer, item and day of purchase, sorted by customer, item and day.

    Attributes
    ----------
    customers : array of shape (n_customers,)
    items : mapping of column to list
        The columns that name an item, of length n_items.
    customer, item : int arrays of shape (n_pairs,)
    pair, day : int arrays of shape (n_rows,)
    quantity : float array of shape (n_rows,)
        1 where it is not known.
    category : int array of shape (n_items,)
        Within which items can stand for each other; -1 where that is not known.
    today : int
    """

    customers: Labels
    items: dict[str, Any]
    customer: Ints
    item: Ints
    pair: Ints
    day: Ints
    quantity: Floats
    category: Ints
    today: int
    until: datetime | None
    like: Frame
    notes: tuple[Note, ...]

    @property
    def n_items(self) -> int:
        """Distinct items."""
        return len(self.category)


def read_pairs(orders: object, by: object, products: object | None, as_of: datetime | date | str | None) -> PairDays:
    """Read who bought what when; product lines that were not taken back in full under their own order id."""
    columns = checked_names("by", by, of="columns")
    ours = opened(orders, argument="orders").collect_schema().names()
    theirs = [] if products is None else opened(products, argument="products").collect_schema().names()
    if not columns:
        raise ValueError("`by` must be the columns that name an item, such as ('product_id',), got none")
    of = "that name an item, such as 'product_id'"
    in_orders = check_groups(columns, orders, products, argument="products", output=_OUTPUT, of=of)
    joined = tuple(name for name in columns if name not in ours)
    with_category = "category" not in columns and "product_id" in columns and "category" in (*ours, *theirs)
    from_orders = with_category and "category" in ours
    extra = ("category",) if from_orders else ()
    needs_product = joined or (with_category and not from_orders)
    keys = tuple(dict.fromkeys((*in_orders, *(("product_id",) if needs_product else ()), *extra)))
    if needs_product and "product_id" not in ours:
        raise ValueError("`orders` must have product_id, by which `by` is looked up in `products`")
    lines = read_lines(orders, as_of, others=keys)
    rows, n_cancelled = _buying_rows(lines, keys)
    looked_up = joined + (("category",) if with_category and not from_orders else ())
    looked = _look_up(products, lines.like, rows, looked_up) if looked_up else {}
    values = {name: looked[name] if name in looked else factorize(rows[name]) for name in (*columns, *extra)}
    if with_category and not from_orders:
        values["category"] = looked["category"]
    return _pair_days(lines, rows, columns, values, n_cancelled)


_OUTPUT = (
    "purchases", "usual_gap", "last_at", "due_at", "due_low", "due_high", "remind_at", "probability", "status",
    "substitute", "customers", "repeat_customers", "typical_gap", "predictability", "rank", "_quantity",
)  # fmt: skip
"""Names of columns of the result, which an item's column cannot have too."""


def _buying_rows(lines: Lines, keys: tuple[str, ...]) -> tuple[nw.DataFrame[Any], int]:
    """Bring the lines that buy into memory; what has no plan of its own is summed by engine first."""
    has_quantity = "quantity" in lines.frame.collect_schema().names()
    quantity = nw.col("quantity").cast(nw.Float64).fill_null(1.0) if has_quantity else nw.lit(1.0)
    columns = ["customer_id", *keys, "_day"]
    read = [*columns, "_buys", *(["quantity"] if has_quantity and "quantity" not in keys else [])]
    bought = lines.frame.select(*read).filter(nw.col("_buys") > 0).with_columns(_quantity=quantity)
    if is_lazy(bought) and not bought.implementation.is_polars():
        bought = bought.group_by(columns).agg(_quantity=nw.col("_quantity").sum(), _buys=nw.col("_buys").sum())
    undone = buys_in_full_returns(lines, columns)
    rows = collect(bought.select(*columns, "_quantity", "_buys"))
    if undone is None:
        return rows, 0
    n_orders = len(undone.select("customer_id", "order_id").unique())
    gone = undone.group_by(columns).agg(_undone=nw.col("undone").sum())
    sums = rows.group_by(columns).agg(_quantity=nw.col("_quantity").sum(), _buys=nw.col("_buys").sum())
    left = sums.join(gone, on=columns, how="left").with_columns(nw.col("_undone").fill_null(0))
    return left.filter(nw.col("_buys") > nw.col("_undone")).select(*columns, "_quantity", "_buys"), n_orders


def _look_up(
    products: object, like: Frame, rows: nw.DataFrame[Any], columns: tuple[str, ...]
) -> dict[str, tuple[Ints, Labels]]:
    """Return for each row the codes and labels of columns of `products`, -1 where a product is not there."""
    frame = opened(products, argument="products")
    read = read_columns(frame, "products", ("product_id",), others=columns)
    common_type(like, read, "product_id", argument="products", like="orders")
    table = collect(read)
    codes, labels = factorize(rows["product_id"])
    place = positions(labels, table["product_id"])
    counts = np.bincount(place[place >= 0], minlength=len(labels))
    if (counts > 1).any():
        n = counted(int((counts > 1).sum()), "product")
        raise SchemaError("products", [f"`product_id` is there more than once for {n}"])
    row = np.full(len(labels) + 1, -1)
    row[place[place >= 0]] = np.flatnonzero(place >= 0)
    found = {}
    for name in columns:
        of_table, values = factorize(table[name])
        found[name] = (np.append(of_table, -1)[row][codes], values)
    return found


def _pair_days(
    lines: Lines,
    rows: nw.DataFrame[Any],
    columns: tuple[str, ...],
    values: dict[str, tuple[Ints, Labels]],
    n_cancelled: int,
) -> PairDays:
    """Sort the rows by one packed key, and add up those of one customer, item and day."""
    customer, customers = factorize_sorted(rows["customer_id"], argument="`orders`: ids of customers")
    notes = list(lines.notes)
    if n_cancelled:
        text = f"{counted(n_cancelled, 'order')} taken back in full under the same order id: no purchase"
        notes.append(Note(text, code="cancelled_orders", count=n_cancelled))
    is_known = np.logical_and.reduce([values[name][0] >= 0 for name in columns])
    n_unknown = int(rows["_buys"].to_numpy()[~is_known].sum())  # an engine may have added up lines
    if n_unknown:
        text = f"{counted(n_unknown, 'order line')} without {' and '.join(columns)} left out"
        notes.append(Note(text, code="unknown_items", count=n_unknown))
    kept = np.flatnonzero(is_known)
    item, items, category = _items(columns, values, kept)
    customer, day = customer[kept], rows["_day"].to_numpy()[kept].astype(np.int64)
    quantity = rows["_quantity"].to_numpy()[kept].astype(np.float64)
    quantity = np.where(np.isfinite(quantity) & (quantity > 0), quantity, 1.0)
    quantity = np.maximum(np.rint(quantity * QUANTITY_UNIT), 1.0)
    key, low, bits = _packed(customer, item, day, n_items=len(category))
    if len(key) and (quantity == quantity[0]).all():  # numbers alone are sorted much faster than their places
        key.sort()
    else:
        order = np.argsort(key)
        key, quantity = key[order], quantity[order]
    starts = np.flatnonzero(run_starts(key)) if len(key) else np.zeros(0, dtype=np.int64)
    quantity = np.add.reduceat(quantity, starts) / QUANTITY_UNIT if len(key) else quantity
    key = key[starts]
    pair_key = key >> bits
    is_first = run_starts(pair_key) if len(key) else np.zeros(0, dtype=bool)
    pairs = pair_key[is_first]
    return PairDays(
        customers=customers,
        items=items,
        customer=pairs // max(len(category), 1),
        item=pairs % max(len(category), 1),
        pair=np.cumsum(is_first) - 1,
        day=(key & ((1 << bits) - 1)) + low,
        quantity=quantity,
        category=category,
        today=lines.last_day,
        until=lines.until,
        like=lines.like,
        notes=tuple(notes),
    )


def _items(
    columns: tuple[str, ...], values: dict[str, tuple[Ints, Labels]], kept: Ints
) -> tuple[Ints, dict[str, Any], Ints]:
    """Give numbers to the distinct items in the order of their values, and find the category of each."""
    item: Ints = np.zeros(len(kept), dtype=np.int64)
    for name in columns:
        codes, labels = values[name]
        item, distinct = distinct_codes(item * len(labels) + _ranks(codes, labels)[kept])
    first = np.empty(len(distinct), dtype=np.int64)
    first[item[::-1]] = np.arange(len(item))[::-1]
    items = {name: values[name][1][values[name][0][kept][first]] for name in columns}
    category = np.full(len(first), -1)
    if "category" in values and "category" not in columns:
        np.maximum.at(category, item, _ranks(*values["category"])[kept])  # the same whatever the order of rows
    return item, items, category


def _ranks(codes: Ints, labels: Labels) -> Ints:
    """Return the rank of each label among the distinct ones in place of its code, -1 where it is missing."""
    try:
        order = np.argsort(labels, kind="stable")
    except TypeError:  # of several types
        order = np.argsort(np.array([str(label) for label in labels.tolist()]), kind="stable")
    rank = np.full(len(labels) + 1, -1)
    rank[order] = np.arange(len(labels))
    return rank[codes]


def _packed(customer: Ints, item: Ints, day: Ints, *, n_items: int) -> tuple[Ints, int, int]:
    """Return one whole number per row that sorts by customer, item and day; the first day; and the bits of a day."""
    low = int(day.min(initial=0)) if not len(day) else int(day.min())
    bits = (int(day.max()) - low).bit_length() if len(day) else 0
    n_pairs = (int(customer.max(initial=0)) + 1) * max(n_items, 1)
    if n_pairs.bit_length() + bits > 63:
        raise ValueError("`orders` has too many customers, items and days to be numbered: take a shorter time")
    return (customer.astype(np.int64) * max(n_items, 1) + item) << bits | (day - low), low, bits
