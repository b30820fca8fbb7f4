"""Baskets: order lines without a date, of customers known or not."""

from dataclasses import dataclass
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from ..._core.arrays import Floats, Ints
from ..._core.codes import Labels, factorize_sorted, whole_ids
from ..._core.frames import MICRO, Frame, collect, opened
from ..._core.notes import Note
from ..._core.texts import counted
from ...schema._for_topics import CHARGES, Shop, lines_left_out, read_columns
from .products import Products, codes_of

LINE_COLUMNS = ("customer_id", "quantity", "unit_price", "discount", "line_type")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Baskets:
    """Baskets and the lines of products in them.

    Attributes
    ----------
    ids : array of shape (n_baskets,)
        Ascending.
    customer : int array of shape (n_baskets,)
        By the codes of the model, -1 where unknown.
    basket, product : int arrays of shape (n_lines,)
        The product is -1 where the model does not know it.
    money : int array of shape (n_lines,)
        Micro-units after discount, by the model's price where the line has none, 0 where that is unknown too.
    n_unpriced : int
        Lines whose money is unknown.
    """

    ids: Labels
    customer: Ints
    basket: Ints
    product: Ints
    money: Ints
    n_unpriced: int
    like: Frame
    notes: tuple[Note, ...]


def read_baskets(baskets: object, products: Products, customers: Labels) -> Baskets:
    """Read baskets; money is that of the lines, or of the model's prices where lines have none."""
    if isinstance(baskets, Shop):
        raise TypeError("`baskets` must be a table, got a Shop: give its orders, shop.orders")
    like = opened(baskets, argument="baskets")
    frame = like.lazy() if like.implementation.is_polars() else like
    names = frame.collect_schema().names()
    has_money = "amount" in names or {"quantity", "unit_price"} <= set(names)
    table = "orders" if has_money else "baskets"
    needed = ("order_id", "product_id", *(("amount",) if has_money else ()))
    if has_money:
        rows = collect(read_columns(frame, table, needed, optional=LINE_COLUMNS))
    else:
        rows = collect(_without_money(frame, names))
    if "line_type" in rows.columns:
        rows = rows.filter(~nw.col("line_type").is_in(CHARGES).fill_null(False))
    whole = len(rows)
    rows = rows.filter(~nw.col("order_id").is_null(), ~nw.col("product_id").is_null())
    notes = [] if len(rows) == whole else [lines_left_out(whole - len(rows), "without id", code="unknown_products")]
    basket, ids = factorize_sorted(rows["order_id"], argument="`baskets`: ids of baskets")
    product = _codes(rows["product_id"], products.ids)
    unknown = int((product < 0).sum())
    if unknown:
        text = f"{counted(unknown, 'line')} of products that the model does not know: nothing follows from them"
        notes.append(Note(text, code="unknown_lines", count=unknown))
    customer = np.full(len(ids), -1)
    if "customer_id" in rows.columns:
        np.maximum.at(customer, basket, _codes(rows["customer_id"], customers))
    money, n_unpriced = _money(rows, product, products)
    return Baskets(
        ids=whole_ids(ids), customer=customer, basket=basket, product=product, money=money, n_unpriced=n_unpriced,
        like=like, notes=tuple(notes),
    )  # fmt: skip


def _without_money(frame: Frame, names: list[str]) -> Frame:
    """Read lines that have no price: only ids, and quantities where they are there."""
    optional = tuple(name for name in ("customer_id", "quantity", "line_type") if name in names)
    return read_columns(frame, "orders", ("order_id", "product_id"), optional=optional)


def _codes(ids: nw.Series[Any], known: Labels) -> Ints:
    codes, labels = factorize_sorted(ids, argument="`baskets`: ids")
    return np.append(codes_of(known, whole_ids(labels)), -1)[codes]


def _money(rows: nw.DataFrame[Any], product: Ints, products: Products) -> tuple[Ints, int]:
    """Return the money of each line in micro-units, and how many lines have none: theirs counts 0."""
    quantity = rows["quantity"].to_numpy().astype(np.float64) if "quantity" in rows.columns else np.ones(len(rows))
    money: Floats = np.append(products.price, np.nan)[product] * np.where(np.isnan(quantity), 1.0, quantity)
    if "amount" in rows.columns:
        own = rows["amount"].to_numpy().astype(np.float64)
        money = np.where(np.isfinite(own), own, money)
    is_known = np.isfinite(money) & (np.abs(money) < 9e12)
    return np.floor(np.where(is_known, money, 0.0) * MICRO + 0.5).astype(np.int64), int((~is_known).sum())
