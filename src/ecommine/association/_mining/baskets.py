"""Orders as baskets: which products each order holds, as a sparse matrix in three arrays."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import reduce
from importlib.util import find_spec
from typing import Any, Literal

import narwhals.stable.v2 as nw
import numpy as np

from ..._core.checks import counted, one_of
from ..._core.frames import Frame, collect
from ..._core.moments import moment
from ...schema._for_topics import SchemaError, read
from .._encoding import Ints, encode, encode_runs
from .sparse import by_row

Returns = Literal["net", "drop", "keep"]
OPTIONAL = ("customer_id", "ordered_at", "line_type", "quantity", "amount")
COMPILED_FROM = 1_000_000
"""Lines from which loading compiled code (.4 s) pays."""
_QUARANTINE = 'split them off with schema.quarantine("orders", raw)'


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Baskets:
    """Baskets of products, one row of a sparse matrix each.

    Attributes
    ----------
    starts : int64 array of shape (n_orders + 1,)
        Where the products of each order start in ``items``.
    items : int32 array
        Product codes, ascending and different within an order.
    products : array of shape (n_products,)
        The id of each code, ascending.
    customers : int32 array of shape (n_orders,) or None
        Customer code of each order, -1 for a guest; None where the table has no customer_id.
    times : array of shape (n_orders,) of datetime64[us], or None
        When each order was placed, where it was asked for.
    as_of : datetime or None
        The moment up to which orders count; None where the table has no times.
    notes : tuple of str
        What was left out.
    """

    starts: Ints
    items: Ints
    products: "np.ndarray[Any, Any]"
    customers: Ints | None = None
    times: "np.ndarray[Any, Any] | None" = None
    as_of: datetime | None = None
    notes: tuple[str, ...] = ()

    @property
    def n_orders(self) -> int:
        """Number of orders with at least one product."""
        return len(self.starts) - 1

    @property
    def sizes(self) -> Ints:
        """Number of different products in each order."""
        return np.diff(self.starts)

    @property
    def clusters(self) -> Ints:
        """Customer code of each order; every order of a guest is a customer of its own."""
        if self.customers is None:
            return np.arange(self.n_orders)
        guests = self.customers < 0
        known = int(self.customers.max(initial=-1)) + 1
        return np.where(guests, known + np.cumsum(guests) - 1, self.customers)


def read_baskets(
    orders: object,
    /,
    *,
    returns: Returns,
    as_of: datetime | date | str | None,
    items: Sequence[object] | None = None,
    column: str = "product_id",
    with_times: bool = False,
) -> Baskets:
    """Read order lines of any library into baskets of what ``column`` names, counting what is left out."""
    one_of("returns", returns, ("net", "drop", "keep"))
    lines = product_lines(orders, returns=returns, as_of=as_of, column=column)
    names = lines.frame.collect_schema().names()
    if with_times and "ordered_at" not in names:
        raise SchemaError("orders", ["`ordered_at` is missing: the time of each order is needed here"])
    extra = [name for name in ("customer_id", "_net") if name in names]
    rows = gathered(lines.frame.select("order_id", column, *extra, *(["ordered_at"] if with_times else [])))
    order, n_orders = encode_runs(rows["order_id"])
    item, products = encode(rows[column])
    notes = list(lines.notes)
    kept = _netted(order, item, rows["_net"].to_numpy(), notes) if "_net" in extra else None
    if items is not None:
        here = _is_chosen(products, items)[item]
        kept = here if kept is None else kept & here
    starts, members, present = _matrix(order, item, n_orders, len(products), kept, others_count=items is not None)
    customers = None
    if "customer_id" in extra:
        customers = _customers(encode(rows["customer_id"])[0], order, n_orders, notes)[present]
    return Baskets(
        starts=starts,
        items=members,
        products=products,
        customers=customers,
        times=_earliest(order, rows["ordered_at"], n_orders)[present] if with_times else None,
        as_of=lines.as_of,
        notes=tuple(notes),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """Lines of products, with the signed quantity ``_net`` where there are returns to be netted."""

    frame: Frame
    as_of: datetime | None
    notes: tuple[str, ...]


def product_lines(
    orders: object,
    /,
    *,
    returns: Returns,
    as_of: datetime | date | str | None,
    column: str = "product_id",
    keep: Sequence[str] = (),
) -> Lines:
    """Keep the lines of products up to ``as_of``, in the caller's engine; ``keep`` names more columns."""
    lines = read(orders, "orders", ("order_id", column), optional=(*OPTIONAL, *keep), argument="orders")
    names = lines.collect_schema().names()
    if as_of is not None and "ordered_at" not in names:
        raise ValueError("`as_of` needs the time of each line: `orders` has no column ordered_at")
    until = None if as_of is None else moment(as_of)
    reasons = _reasons(names, returns, until, column)
    seen = _facts(lines, names, reasons)
    if seen["no_order"]:
        raise SchemaError("orders", [f"`order_id` is missing in {counted(seen['no_order'], 'line')}: {_QUARANTINE}"])
    out = [expr for reason, expr in reasons.items() if seen[reason]]
    frame = lines.filter(*(~expr for expr in out)) if out else lines
    if returns == "net" and seen["returns"]:
        frame = frame.with_columns(_net=_signed(names))
    notes = tuple(f"{counted(seen[reason], 'line')} {reason} left out" for reason in reasons if seen[reason])
    last = seen["last"]
    return Lines(frame=frame, as_of=until if until or last is None else moment(last), notes=notes)


def gathered(frame: Frame) -> nw.DataFrame[Any]:
    """Bring rows into memory; DuckDB's as Arrow, where text needs no Python object a row."""
    if isinstance(frame, nw.LazyFrame) and frame.implementation.is_duckdb():
        return frame.collect("pyarrow")
    return collect(frame)


def _reasons(names: Sequence[str], returns: Returns, until: datetime | None, column: str) -> dict[str, nw.Expr]:
    """Say which lines are no part of a basket; each line has the first reason that holds."""
    found: dict[str, nw.Expr] = {}
    if until is not None:
        found[f"after {until:%Y-%m-%d %H:%M}"] = (nw.col("ordered_at") > nw.lit(until)).fill_null(False)
    if "line_type" in names:
        found["of shipping, fees, gifts, discounts or adjustments"] = ~(
            nw.col("line_type").is_null() | (nw.col("line_type") == "product").fill_null(False)
        )
    found[f"without {column}"] = nw.col(column).is_null()
    if returns == "drop" and {"quantity", "amount"} & set(names):
        found["of returns"] = _is_return(names)
    earlier: list[nw.Expr] = []
    for reason, expr in found.items():
        found[reason] = reduce(lambda left, right: left & ~right, earlier, expr)
        earlier.append(expr)
    return found


def _facts(lines: Frame, names: Sequence[str], reasons: dict[str, nw.Expr]) -> dict[str, Any]:
    flags = {"no_order": nw.col("order_id").is_null(), **reasons}
    if {"quantity", "amount"} & set(names):
        flags["returns"] = _is_return(names)
    totals = {f"_{i}": expr.cast(nw.Int8).sum() for i, expr in enumerate(flags.values())}  # short: a column a line
    last = ["ordered_at"] if "ordered_at" in names else []
    row = collect(lines.select(*(nw.col(name).max() for name in last), **totals))
    seen: dict[str, Any] = {name: int(row[f"_{i}"].item() or 0) for i, name in enumerate(flags)}
    return {
        "returns": 0,
        **seen,
        "last": None if not last or row["ordered_at"].null_count() else row["ordered_at"].item(),
    }


def _is_return(names: Sequence[str]) -> nw.Expr:
    parts = [(nw.col(name) < 0).fill_null(False) for name in ("quantity", "amount") if name in names]
    return parts[0] | parts[-1]


def _signed(names: Sequence[str]) -> nw.Expr:
    """Return what a line adds to the basket, below zero for a return."""
    size = nw.col("quantity" if "quantity" in names else "amount").cast(nw.Float64).fill_null(1.0).abs()
    return nw.when(_is_return(names)).then(-size).otherwise(size)


def _netted(order: Ints, item: Ints, net: "np.ndarray[Any, Any]", notes: list[str]) -> "np.ndarray[Any, Any]":
    """Keep the lines of products of which an order keeps more than it gave back."""
    kept = net >= 0
    notes.append(f"{counted(int((~kept).sum()), 'line')} of returns set against lines of the same order and product")
    touched = np.flatnonzero(np.isin(order, order[~kept]))
    pairs, places = np.unique(order[touched].astype(np.int64) << 32 | item[touched], return_inverse=True)
    left = np.bincount(places, net[touched], minlength=len(pairs))
    kept[touched] &= left[places] > 0
    return kept


def chosen(items: Iterable[object], *, argument: str = "items") -> list[object]:
    """Check a list of product ids."""
    if isinstance(items, str):
        raise TypeError(f"`{argument}` must be a list of product ids, got the text {items!r}: give [{items!r}]")
    if not isinstance(items, Iterable):
        raise TypeError(f"`{argument}` must be a list of product ids, got {items!r}: give [{items!r}]")
    return list(items)


def _is_chosen(products: "np.ndarray[Any, Any]", items: Sequence[object]) -> "np.ndarray[Any, Any]":
    wanted, known = set(chosen(items)), products.tolist()
    absent = wanted.difference(known)
    if absent:
        raise ValueError(
            f"`items` has {counted(len(absent), 'product')} that no order holds, such as {min(absent, key=str)!r}"
        )
    return np.array([one in wanted for one in known], dtype=bool)


def _matrix(
    order: Ints, item: Ints, n_orders: int, n_items: int, kept: "np.ndarray[Any, Any] | None", *, others_count: bool
) -> tuple[Ints, Ints, Ints]:
    """Sort lines into rows without duplicates; orders left with nothing are no baskets, unless of other products."""
    present = np.arange(n_orders)
    if kept is not None:
        if not others_count:
            present = np.flatnonzero(np.bincount(order[kept], minlength=n_orders))
        order, item = order[kept], item[kept]
    starts, members, ascending = _rows(order, item, n_orders)
    if not ascending:
        starts, members = _sort(starts, members, n_items)
    return np.concatenate([starts[:1], starts[1:][present]]), members.astype(np.int32, copy=False), present


def _sort(starts: Ints, members: Ints, n_items: int) -> tuple[Ints, Ints]:
    if len(members) >= COMPILED_FROM and find_spec("numba"):
        from .rows_numba import sort_rows

        return sort_rows(starts, members)
    return _sorted(starts, members, n_items)


def _sorted(starts: Ints, members: Ints, n_items: int) -> tuple[Ints, Ints]:
    """Sort the products of each order, each once, by turning the matrix twice: linear time."""
    by_item = by_row(starts, members, n_items).tocsc()
    # Within a product orders now ascend, so that lines of the same product and order are neighbours.
    repeated = np.zeros(len(members), dtype=bool)
    repeated[1:] = by_item.indices[1:] == by_item.indices[:-1]
    repeated[by_item.indptr[:-1][np.diff(by_item.indptr) > 0]] = False
    if repeated.any():
        by_item = _without(by_item, ~repeated)
    rows = by_item.tocsr()
    return rows.indptr.astype(np.int64), rows.indices


def _rows(order: Ints, item: Ints, n_orders: int) -> tuple[Ints, Ints, bool]:
    """Bring the lines of an order together, and tell whether products ascend, each once, as in many exports."""
    starts = np.concatenate([[0], np.cumsum(np.bincount(order, minlength=n_orders))])
    if len(order) and bool((order[1:] < order[:-1]).any()):
        item = item[np.argsort(order, kind="stable")]
        return starts, item, False
    return starts, item, bool(((item[1:] > item[:-1]) | (order[1:] > order[:-1])).all())


def _without(matrix: Any, kept: "np.ndarray[Any, Any]") -> Any:
    ends = np.concatenate([[0], np.cumsum(kept)])[matrix.indptr]
    return type(matrix)((matrix.data[kept], matrix.indices[kept], ends), shape=matrix.shape)


def _customers(codes: Ints, order: Ints, n_orders: int, notes: list[str]) -> Ints:
    """Return the customer of each order; where its lines differ, the first by id, whatever the order of rows."""
    customers = codes[_first_lines(order, n_orders)]
    mixed = codes != customers[order]
    if mixed.any():
        most = np.iinfo(np.int32).max
        customers = np.full(n_orders, most, dtype=np.int32)
        np.minimum.at(customers, order, np.where(codes < 0, most, codes))
        customers[customers == most] = -1
        several = counted(len(np.unique(order[mixed])), "order")
        notes.append(f"{several} with lines of different customers, or of none beside one: the first by id is taken")
    return customers


def _first_lines(order: Ints, n_orders: int) -> Ints:
    first = np.empty(n_orders, dtype=np.int64)
    first[order[::-1]] = np.arange(len(order) - 1, -1, -1)
    return first


def _earliest(order: Ints, at: nw.Series[Any], n_orders: int) -> "np.ndarray[Any, Any]":
    if at.null_count():
        raise SchemaError("orders", [f"`ordered_at` is missing in {counted(at.null_count(), 'line')}: {_QUARANTINE}"])
    times = np.full(n_orders, np.iinfo(np.int64).max)
    np.minimum.at(times, order, at.to_numpy().astype("datetime64[us]").astype(np.int64))
    return times.astype("datetime64[us]")
