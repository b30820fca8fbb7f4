"""From order lines to baskets: ids as codes, returns netted, products sorted within each order."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Literal

import narwhals.stable.v2 as nw
import numpy as np

from ..._core.arrays import Bools, Floats, Ints, is_sorted, run_starts
from ..._core.checks import hashable_values
from ..._core.codes import Labels, factorize_sorted, whole_ids
from ..._core.frames import Frame
from ..._core.moments import moment_to_microseconds
from ..._core.notes import Note
from ..._core.texts import counted, did_you_mean
from ...schema._for_topics import SchemaError, clock_of, instant_column
from .baskets import Baskets
from .lines import (
    ALL_LINES,
    NET_QUANTITY,
    QUARANTINE,
    LineFilter,
    ProductLines,
    collect_lines,
    read_product_lines,
)
from .sparse import matrix_by_row

Times = Literal["none", "optional", "required"]


def read_baskets(
    orders: Frame,
    line_filter: LineFilter = ALL_LINES,
    *,
    items: Sequence[object] | None = None,
    column: str = "product_id",
    times: Times = "none",
    with_instants: bool = False,
) -> Baskets:
    """Read order lines into baskets of the ids in ``column``, and note what is left out.

    Parameters
    ----------
    orders : narwhals frame
        Order lines.
    line_filter : LineFilter
        Which of them count.
    items : sequence of ids, optional
        Only these products count; orders without any of them stay, empty.
    column : str
        What is in a basket: product_id or category.
    times : {"none", "optional", "required"}
        Whether the time of each order is read too; "optional" reads it where there is one, and NaT where a line has
        none.
    with_instants : bool
        Whether the instants of these times are read too.
    """
    instant = instant_column(orders, "ordered_at") if with_instants else None
    lines = read_product_lines(orders, line_filter, column=column, instant=instant)
    names = lines.frame.collect_schema().names()
    with_times = times != "none" and "ordered_at" in names
    if times == "required" and not with_times:
        raise SchemaError("orders", ["`ordered_at` is missing: the time of each order is needed here"])
    extra = [name for name in ("customer_id", NET_QUANTITY) if name in names]
    time_columns = [name for name in ("ordered_at", instant) if with_times and name is not None]
    rows = collect_lines(lines.frame.select("order_id", column, *extra, *time_columns))
    order, order_ids = factorize_sorted(rows["order_id"], argument="`order_id`", dtype=np.int32)
    item, products = _encode(rows[column], column)
    notes, n_orders = list(lines.notes), len(order_ids)
    is_kept = _net_returns(order, item, rows[NET_QUANTITY].to_numpy(), notes) if NET_QUANTITY in extra else None
    if items is not None:
        is_wanted = _is_wanted(products, items)[item]
        is_kept = is_wanted if is_kept is None else is_kept & is_wanted
    starts, members, present = _to_rows(order, item, n_orders, len(products), is_kept, keep_empty=items is not None)
    customers = None
    if "customer_id" in extra:
        codes, _ = _encode(rows["customer_id"], "customer_id")
        customers = _customer_of_order(codes, order, n_orders, notes)[present]
    at = _earliest(order, rows["ordered_at"], n_orders, times)[present] if with_times else None
    instants, until = None, None
    if with_instants and at is not None and lines.as_of is not None:
        known = None if instant is None else _earliest(order, rows[instant], n_orders, "optional")[present]
        instants, until = _instants(at, known, lines)
    return Baskets(
        starts=starts,
        items=members,
        products=products,
        customers=customers,
        times=at,
        instants=instants,
        as_of=lines.as_of,
        until=until,
        notes=tuple(notes),
    )


def check_product_ids(items: Iterable[object], *, argument: str = "items") -> list[object]:
    """Check that an argument is a list of product ids, and return it as a list.

    Examples
    --------
    >>> check_product_ids(("tea", "milk"))
    ['tea', 'milk']
    """
    if isinstance(items, str):
        raise TypeError(f"`{argument}` must be a list of product ids, got the text {items!r}: give [{items!r}]")
    return [*hashable_values(argument, items, of="product ids")]


def product_codes(products: Labels, items: Iterable[object], *, argument: str) -> list[int]:
    """Return the codes of product ids that a user names; an id that no order holds is an error."""
    code = {product: position for position, product in enumerate(products.tolist())}
    wanted = check_product_ids(items, argument=argument)
    refuse_unknown_products(wanted, code, argument=argument)
    return [code[product] for product in wanted]


def refuse_unknown_products(wanted: Iterable[object], known: Collection[object], *, argument: str) -> None:
    """Raise an error where a product that a user names is in no order, and name the most similar ones.

    Examples
    --------
    >>> refuse_unknown_products(["mlik"], ["milk", "tea"], argument="items")
    Traceback (most recent call last):
    ValueError: `items` has 1 product that no order holds, such as 'mlik'; did you mean 'milk'?
    """
    known = known if isinstance(known, Mapping) else set(known)
    unknown = {product for product in wanted if product not in known}
    if not unknown:
        return
    n, example = counted(len(unknown), "product"), min(unknown, key=str)
    text = [product for product in known if isinstance(product, str)]
    near = did_you_mean(example, text) if isinstance(example, str) else ""
    raise ValueError(f"`{argument}` has {n} that no order holds, such as {example!r}{near}")


def _encode(ids: nw.Series[Any], column: str) -> tuple[Ints, Labels]:
    codes, labels = factorize_sorted(ids, argument=f"`{column}`", dtype=np.int32)
    return codes, whole_ids(labels)


def _is_wanted(products: Labels, items: Sequence[object]) -> Bools:
    is_wanted = np.zeros(len(products), dtype=bool)
    is_wanted[product_codes(products, items, argument="items")] = True
    return is_wanted


def _net_returns(order: Ints, item: Ints, net: Floats, notes: list[Note]) -> Bools:
    """Return which lines are sales of products of which the order keeps more than it gives back."""
    is_kept = net >= 0
    n_returns = int((~is_kept).sum())
    text = f"{counted(n_returns, 'line')} of returns netted against sales of the same product in the same order"
    notes.append(Note(text, code="returns_netted", count=n_returns))
    affected = np.flatnonzero(np.isin(order, order[~is_kept]))
    pairs, pair_of_line = np.unique(order[affected].astype(np.int64) << 32 | item[affected], return_inverse=True)
    total = np.bincount(pair_of_line, net[affected], minlength=len(pairs))
    is_kept[affected] &= total[pair_of_line] > 0
    return is_kept


def _to_rows(
    order: Ints, item: Ints, n_orders: int, n_items: int, is_kept: Bools | None, *, keep_empty: bool
) -> tuple[Ints, Ints, Ints]:
    """Sort lines into rows without duplicates, and return which orders stay: empty ones only on demand."""
    present = np.arange(n_orders)
    if is_kept is not None:
        if not keep_empty:
            present = np.flatnonzero(np.bincount(order[is_kept], minlength=n_orders))
        order, item = order[is_kept], item[is_kept]
    starts, members, is_ascending = _group_by_order(order, item, n_orders)
    if not is_ascending:
        starts, members = _transpose_twice(starts, members, n_items)
    return np.concatenate([starts[:1], starts[1:][present]]), members.astype(np.int32, copy=False), present


def _group_by_order(order: Ints, item: Ints, n_orders: int) -> tuple[Ints, Ints, bool]:
    """Bring the lines of an order together; whether products ascend, each once, as in many exports, comes last."""
    starts = np.concatenate([[0], np.cumsum(np.bincount(order, minlength=n_orders))])
    if len(order) and bool((order[1:] < order[:-1]).any()):
        return starts, item[np.argsort(order, kind="stable")], False
    return starts, item, bool(((item[1:] > item[:-1]) | (order[1:] > order[:-1])).all())


def _transpose_twice(starts: Ints, members: Ints, n_items: int) -> tuple[Ints, Ints]:
    """Sort the products of each order, each once, by transposing the matrix twice: linear time."""
    by_item = matrix_by_row(starts, members, n_items).tocsc()
    # Within a product orders now ascend, so that lines of the same product and order are neighbours.
    is_repeated = np.zeros(len(members), dtype=bool)
    is_repeated[1:] = by_item.indices[1:] == by_item.indices[:-1]
    is_repeated[by_item.indptr[:-1][np.diff(by_item.indptr) > 0]] = False
    if is_repeated.any():
        by_item = _keep_cells(by_item, ~is_repeated)
    rows = by_item.tocsr()
    return rows.indptr.astype(np.int64), rows.indices


def _keep_cells(matrix: Any, is_kept: Bools) -> Any:
    ends = np.concatenate([[0], np.cumsum(is_kept)])[matrix.indptr]
    return type(matrix)((matrix.data[is_kept], matrix.indices[is_kept], ends), shape=matrix.shape)


def _customer_of_order(codes: Ints, order: Ints, n_orders: int, notes: list[Note]) -> Ints:
    """Return the customer of each order; where its lines differ, the first by id, whatever the order of rows."""
    customers = codes[_first_lines(order, n_orders)]
    is_mixed = codes != customers[order]
    if is_mixed.any():
        largest = np.iinfo(np.int32).max
        customers = np.full(n_orders, largest, dtype=np.int32)
        np.minimum.at(customers, order, np.where(codes < 0, largest, codes))
        customers[customers == largest] = -1
        n_mixed = len(np.unique(order[is_mixed]))
        text = f"{counted(n_mixed, 'order')} with lines of several customers, or of a customer and a guest: "
        notes.append(Note(text + "the first customer_id is used", code="mixed_customers", count=n_mixed))
    return customers


def _first_lines(order: Ints, n_orders: int) -> Ints:
    first = np.empty(n_orders, dtype=np.int64)
    first[order[::-1]] = np.arange(len(order) - 1, -1, -1)
    return first


def _earliest(order: Ints, times: nw.Series[Any], n_orders: int, wanted: Times) -> "np.ndarray[Any, Any]":
    if times.null_count() and wanted == "required":
        lacking = counted(times.null_count(), "line")
        raise SchemaError("orders", [f"`ordered_at` is missing in {lacking}: {QUARANTINE}"])
    microseconds = times.to_numpy().astype("datetime64[us]")
    if is_sorted(order):
        return np.asarray(np.minimum.reduceat(microseconds, np.flatnonzero(run_starts(order))))
    earliest = np.full(n_orders, np.iinfo(np.int64).max).astype("datetime64[us]")
    np.minimum.at(earliest, order, microseconds)  # NaT is the least
    return earliest


def _instants(
    times: "np.ndarray[Any, Any]", known: "np.ndarray[Any, Any] | None", lines: ProductLines
) -> "tuple[np.ndarray[Any, Any], int]":
    """Return the instant of each order, and that of the moment up to which orders count (microseconds).

    The shop's own times stand for instants that the table lacks.
    """
    moments, until = times.astype(np.int64), moment_to_microseconds(lines.as_of)
    if known is None:
        return times, until
    is_known = ~np.isnat(known)
    clock = clock_of(known[is_known].astype(np.int64), moments[is_known])
    instants = np.where(is_known, known, clock.to_instant(moments).astype("datetime64[us]"))
    if lines.last_instant is not None:
        return instants, moment_to_microseconds(lines.last_instant)
    return instants, int(clock.to_instant(np.array([until]))[0])
