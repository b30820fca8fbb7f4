"""Days on which a customer bought an item: a product, or whatever columns name it."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from ..._core.arrays import PACKED_BITS, Floats, Ints, distinct_codes, run_bounds, run_starts
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
    return _pair_days(_numbered_rows(orders, by, products, as_of))  # the table that was read is let go before the rest


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _NumberedRows:
    """Each line that buys, or the lines of a customer, item and day that an engine has added up, as one number.

    Attributes
    ----------
    key : int array of shape (n_rows,)
        Customer, item and day, packed.
    units : float array of shape (n_rows,) or None
        Quantities in whole millionths; None where they are not known, so that a row is one.
    first_day, day_bits : int
        What a day is counted from in a key, and how many bits it has.
    """

    key: Ints
    units: Floats | None
    first_day: int
    day_bits: int
    customers: Labels
    items: dict[str, Any]
    category: Ints
    lines: Lines
    notes: tuple[Note, ...]


def _numbered_rows(
    orders: object, by: object, products: object | None, as_of: datetime | date | str | None
) -> _NumberedRows:
    """Read the lines that buy, and number their customers, items and days."""
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
    rows, cancelled = _buying_rows(lines, keys)
    looked_up = joined + (("category",) if with_category and not from_orders else ())
    looked = _look_up(products, lines.like, rows, looked_up) if looked_up else {}
    values = {name: _numbered(rows[name]) for name in (*columns, *extra) if name not in looked}
    values |= {name: _by_value(*looked[name]) for name in looked}
    return _packed_rows(lines, rows, columns, values, cancelled)


_OUTPUT = (
    "purchases", "usual_gap", "last_at", "due_at", "due_low", "due_high", "remind_at", "probability", "status",
    "substitute", "customers", "repeat_customers", "typical_gap", "predictability", "rank", "_quantity",
)  # fmt: skip
"""Names of columns of the result, which an item's column cannot have too."""


def _buying_rows(lines: Lines, keys: tuple[str, ...]) -> tuple[nw.DataFrame[Any], list[Note]]:
    """Bring the lines that buy into memory; what has no plan of its own is summed by engine first.

    Beside the keys there is _quantity where it is known, and _buys, the lines of a row, where lines were added up.
    """
    has_quantity = "quantity" in lines.frame.collect_schema().names()
    columns = ["customer_id", *keys, "_day"]
    size = {"_quantity": nw.col("quantity").cast(nw.Float64).fill_null(1.0)} if has_quantity else {}
    read = [*columns, "_buys", *(["quantity"] if has_quantity and "quantity" not in keys else [])]
    bought = lines.frame.select(*read).filter(nw.col("_buys") > 0)
    undone = buys_in_full_returns(lines, columns)
    if undone is None and (not is_lazy(bought) or bought.implementation.is_polars()):
        return collect(bought.select(*columns, **size)), []
    sizes = ["_quantity"] if has_quantity else []
    sums = [nw.col(name).sum() for name in (*sizes, "_buys")]
    rows = collect(bought.select(*columns, "_buys", **size).group_by(columns).agg(*sums))
    if undone is None:
        return rows, []
    n_orders = len(undone.select("customer_id", "order_id").unique())
    text = f"{counted(n_orders, 'order')} taken back in full under the same order id: no purchase"
    cancelled = [Note(text, code="cancelled_orders", count=n_orders)]
    gone = undone.group_by(columns).agg(_undone=nw.col("undone").sum())
    left = rows.join(gone, on=columns, how="left").with_columns(nw.col("_undone").fill_null(0))
    return left.filter(nw.col("_buys") > nw.col("_undone")).select(*columns, *sizes, "_buys"), cancelled


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


def _packed_rows(
    lines: Lines,
    rows: nw.DataFrame[Any],
    columns: tuple[str, ...],
    values: dict[str, tuple[Ints, Labels]],
    cancelled: list[Note],
) -> _NumberedRows:
    """Pack customer, item and day of each row whose item is known into one number."""
    customer, customers = factorize_sorted(rows["customer_id"], argument="`orders`: ids of customers")
    kept, unknown = _known_items(rows, columns, values)
    item, items, category = _items(columns, values, kept)
    day = rows["_day"].to_numpy()[kept].astype(np.int64, copy=False)
    key, first_day, day_bits = _packed(customer[kept], item, day, n_items=len(category))
    return _NumberedRows(
        key=key,
        units=_units(rows["_quantity"].to_numpy()[kept]) if "_quantity" in rows.columns else None,
        first_day=first_day,
        day_bits=day_bits,
        customers=customers,
        items=items,
        category=category,
        lines=replace(lines, frame=lines.like),
        notes=(*lines.notes, *cancelled, *unknown),
    )


def _pair_days(rows: _NumberedRows) -> PairDays:
    """Sort the rows by their numbers, and add up those of one customer, item and day."""
    day, quantity = _added_up(rows.key, rows.units)
    n_items = max(len(rows.category), 1)
    pair_key = day >> rows.day_bits
    day &= (1 << rows.day_bits) - 1
    day += rows.first_day
    is_first = run_starts(pair_key) if len(pair_key) else np.zeros(0, dtype=bool)
    item = pair_key[is_first]
    del pair_key
    customer = item // n_items
    item -= customer * n_items
    pair = np.cumsum(is_first)
    pair -= 1
    return PairDays(
        customers=rows.customers,
        items=rows.items,
        customer=customer,
        item=item,
        pair=pair,
        day=day,
        quantity=quantity,
        category=rows.category,
        today=rows.lines.last_day,
        until=rows.lines.until,
        like=rows.lines.like,
        notes=rows.notes,
    )


def _known_items(
    rows: nw.DataFrame[Any], columns: tuple[str, ...], values: dict[str, tuple[Ints, Labels]]
) -> tuple[Ints | slice, list[Note]]:
    """Return the rows whose item is known, and a note of the others."""
    if all(values[name][0].min(initial=0) >= 0 for name in columns):
        return slice(None), []
    is_known = np.logical_and.reduce([values[name][0] >= 0 for name in columns])
    # An engine may have added up lines.
    n_unknown = int(rows["_buys"].to_numpy()[~is_known].sum() if "_buys" in rows.columns else (~is_known).sum())
    text = f"{counted(n_unknown, 'order line')} without {' and '.join(columns)} left out"
    return np.flatnonzero(is_known), [Note(text, code="unknown_items", count=n_unknown)]


def _items(
    columns: tuple[str, ...], values: dict[str, tuple[Ints, Labels]], kept: Ints | slice
) -> tuple[Ints, dict[str, Any], Ints]:
    """Give numbers to the distinct items in the order of their values, and find the category of each."""
    item, distinct = distinct_codes(values[columns[0]][0][kept])
    parts = [distinct]
    for name in columns[1:]:
        codes, labels = values[name]
        item, distinct = distinct_codes(item * len(labels) + codes[kept])
        parts = [*(part[distinct // len(labels)] for part in parts), distinct % len(labels)]
    items = {name: values[name][1][part] for name, part in zip(columns, parts, strict=True)}
    category = np.full(len(distinct), -1)
    if "category" in values and "category" not in columns:
        np.maximum.at(category, item, values["category"][0][kept])  # the same whatever the order of rows
    return item, items, category


def _numbered(ids: nw.Series[Any]) -> tuple[Ints, Labels]:
    """Give each distinct value a number in the order of the values, -1 where it is missing."""
    is_whole = ids.dtype.is_integer() and not ids.null_count()
    return factorize_sorted(ids) if is_whole else _by_value(*factorize(ids))


def _by_value(codes: Ints, labels: Labels) -> tuple[Ints, Labels]:
    """Return codes in the order of their labels, -1 where one is missing, and the labels in order."""
    try:
        order = np.argsort(labels, kind="stable")
    except TypeError:  # of several types
        order = np.argsort(np.array([str(label) for label in labels.tolist()]), kind="stable")
    rank = np.full(len(labels) + 1, -1)
    rank[order] = np.arange(len(labels))
    return rank[codes], labels[order]


def _packed(customer: Ints, item: Ints, day: Ints, *, n_items: int) -> tuple[Ints, int, int]:
    """Return one whole number per row that sorts by customer, item and day; the first day; and the bits of a day."""
    low = int(day.min()) if len(day) else 0
    bits = (int(day.max()) - low).bit_length() if len(day) else 0
    n_pairs = (int(customer.max(initial=0)) + 1) * max(n_items, 1)
    if n_pairs.bit_length() + bits > PACKED_BITS:
        raise ValueError("`orders` has too many customers, items and days to be numbered: take a shorter time")
    key = customer.astype(np.int64, copy=False) * max(n_items, 1)
    key += item
    key <<= bits
    key |= day - low
    return key, low, bits


def _units(quantity: Any) -> Floats:
    """Return quantities in whole millionths, 1 where one is not above zero or not known."""
    quantity = quantity.astype(np.float64, copy=False)
    quantity = np.where(np.isfinite(quantity) & (quantity > 0), quantity, 1.0)
    units: Floats = np.maximum(np.rint(quantity * QUANTITY_UNIT), 1.0)
    return units


def _added_up(key: Ints, units: Floats | None) -> tuple[Ints, Floats]:
    """Return the distinct keys, ascending, and the quantity of each: its lines where none is known."""
    if not len(key):
        return key, np.zeros(0)
    if units is None:
        key.sort()
        bounds = run_bounds(key)
        return key[bounds[:-1]], np.diff(bounds).astype(np.float64)
    key, units = _sorted_together(key, units)
    starts = run_bounds(key)[:-1]
    return key[starts], np.add.reduceat(units, starts) / QUANTITY_UNIT


def _sorted_together(key: Ints, units: Floats) -> tuple[Ints, Floats]:
    """Sort quantities by their keys; numbers that hold both are sorted much faster than their places."""
    whole = np.rint(units / QUANTITY_UNIT)
    step = QUANTITY_UNIT if (whole * QUANTITY_UNIT == units).all() else 1.0
    size = whole if step > 1 else units
    bits = int(size.max()).bit_length()
    if int(key.max()).bit_length() + bits > PACKED_BITS:
        order = np.argsort(key)
        return key[order], units[order]
    packed = key << bits
    packed |= size.astype(np.int64)
    packed.sort()
    return packed >> bits, np.asarray((packed & ((1 << bits) - 1)) * step, dtype=np.float64)
