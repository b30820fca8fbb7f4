"""Products: ids of orders and of the table of products together, their kinds, prices and costs."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..._core.arrays import Bools, Floats, Ints
from ..._core.checks import one_of
from ..._core.codes import Labels, factorize, factorize_sorted, whole_ids
from ..._core.frames import collect, opened
from ..._core.moments import DAY, column_to_microseconds
from ..._core.notes import Note
from ..._core.texts import counted, did_you_mean
from ...schema._for_topics import SchemaError, common_type, read_columns
from .purchases import MAX_QUANTITY, Purchases

KINDS = ("category", "brand")
NOT_KINDS = ("product_id", "price", "unit_cost", "launched_at")
ALWAYS = np.iinfo(np.int64).min
"""Day of a launch that is not known."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Products:
    """What is known of each product, by its code.

    Attributes
    ----------
    ids : array of shape (n_products,)
        Ascending.
    kinds : mapping of column to int array of shape (n_products,)
        Codes of category, brand, …; -1 where unknown.
    price, unit_cost : float arrays of shape (n_products,)
        NaN where unknown; the price is that of the table, else what was paid lately.
    usual : float array of shape (n_products,)
        Median units in an order.
    launched : int array of shape (n_products,)
        Day of the launch since 1970, the least of all numbers where it is unknown.
    is_listed : bool array of shape (n_products,)
        Whether the table has it: it can then be recommended before anybody bought it.
    """

    ids: Labels
    kinds: dict[str, Ints]
    price: Floats
    unit_cost: Floats
    usual: Floats
    launched: Ints
    is_listed: Bools

    def is_launched(self, day: int) -> Bools:
        """Return which products are launched by the end of a day."""
        return self.launched <= day

    @property
    def margin(self) -> Floats:
        """Price less cost of a unit, NaN where one is unknown."""
        return self.price - self.unit_cost


def read_products(
    products: object | None, purchases: Purchases, columns: tuple[str, ...] | None
) -> tuple[Products, Purchases, list[Note]]:
    """Read the table of products; purchases come back with the codes of all products, those never bought among them.

    ``columns`` are those that the signals ask for by name; None takes category and brand where they are there.
    """
    n = len(purchases.products)
    if products is None:
        if columns:
            raise ValueError(f"`products` must be given, with the column {columns[0]!r} that a Content signal reads")
        unknown = np.full(n, np.nan)
        bare = Products(
            ids=purchases.products, kinds={}, price=purchases.price, unit_cost=unknown, usual=purchases.usual,
            launched=np.full(n, ALWAYS), is_listed=np.zeros(n, dtype=bool),
        )  # fmt: skip
        return bare, purchases, []
    frame = opened(products, argument="products")
    names = frame.collect_schema().names()
    missing = [name for name in columns or () if name not in names]
    if missing:
        hint = did_you_mean(missing[0], names)
        raise ValueError(f"`products` has no column {missing[0]!r}, which a Content signal reads{hint}")
    taken = [name for name in columns or () if name in NOT_KINDS]
    if taken:
        raise ValueError(
            f"`signals`: Content({taken[0]!r}) is no kind of product: give columns such as category, brand"
        )
    kinds = tuple(columns or (name for name in KINDS if name in names))
    wanted = dict.fromkeys((*kinds, *(name for name in ("category",) if name in names)))
    read = read_columns(
        frame, "products", ("product_id",), optional=("price", "unit_cost", "launched_at"), others=tuple(wanted)
    )
    if n:
        common_type(purchases.like, read, "product_id", argument="products", like="orders")
    return _joined(collect(read), tuple(wanted), purchases)


def _joined(table: Any, kinds: tuple[str, ...], purchases: Purchases) -> tuple[Products, Purchases, list[Note]]:
    """Give the products of both tables one numbering."""
    table = table.filter(~table["product_id"].is_null())
    codes, theirs = factorize_sorted(table["product_id"], argument="`products`: ids of products")
    theirs = whole_ids(theirs)
    if len(theirs) < len(codes):
        rows = counted(len(codes) - len(theirs), "row")
        raise SchemaError("products", [f"`product_id` is there more than once in {rows}: keep one row per product"])
    ids = _union(purchases.products, theirs)
    n, place = len(ids), np.searchsorted(ids, theirs)[codes]
    ours = np.searchsorted(ids, purchases.products) if len(purchases.products) else np.zeros(0, dtype=np.int64)
    price, cost = (_values(table, name, place, n) for name in ("price", "unit_cost"))
    paid, usual = np.full(n, np.nan), np.ones(n)
    paid[ours], usual[ours] = purchases.price, purchases.usual
    read = Products(
        ids=ids,
        kinds={name: _kind(table[name], place, n) for name in kinds},
        price=np.where(np.isnan(price), paid, price),
        unit_cost=cost,
        usual=usual,
        launched=_launched(table, place, n),
        is_listed=np.bincount(place, minlength=n) > 0,
    )
    recoded = replace(purchases, products=ids, product=ours[purchases.product], price=read.price, usual=usual)
    absent = len(purchases.products) - int(np.isin(ours, place).sum())
    notes = []
    if absent:
        text = f"{counted(absent, 'product')} of the orders not in `products`: category, price and cost unknown"
        notes.append(Note(text, code="products_unmatched", count=absent))
    return read, recoded, notes


def _union(ours: Labels, theirs: Labels) -> Labels:
    if not len(ours) or not len(theirs):
        return ours if len(ours) else theirs
    return np.unique(np.concatenate([ours, theirs]))


def _values(table: Any, name: str, place: Ints, n: int) -> Floats:
    """Return a column of numbers by product, NaN where it is not known."""
    values = np.full(n, np.nan)
    if name in table.columns:
        values[place] = table[name].to_numpy().astype(np.float64)
    broken = int((np.abs(values) > MAX_QUANTITY).sum())
    if broken:
        rows = counted(broken, "row")
        raise ValueError(f"`products` has {rows} whose {name} is infinite or above {MAX_QUANTITY:.0e}: correct it")
    return values


def _kind(column: Any, place: Ints, n: int) -> Ints:
    codes = np.full(n, -1)
    codes[place] = factorize(column)[0]
    return codes


def _launched(table: Any, place: Ints, n: int) -> Ints:
    launched = np.full(n, ALWAYS)
    if "launched_at" in table.columns:
        known = ~table["launched_at"].is_null().to_numpy()
        launched[place[known]] = (column_to_microseconds(table["launched_at"]) // DAY)[known]
    return launched


def codes_of(ids: Labels, asked: Labels) -> Ints:
    """Return the code of each id that is asked for, -1 where it is unknown."""
    if not len(ids) or not len(asked):
        return np.full(len(asked), -1)
    if (ids.dtype.kind in "iuf") != (asked.dtype.kind in "iuf"):
        return np.full(len(asked), -1)
    try:
        place = np.minimum(np.searchsorted(ids, asked), len(ids) - 1)
    except TypeError:  # of a type that cannot be compared
        return np.full(len(asked), -1)
    return np.where(ids[place] == asked, place, -1)


def kind_of(name: str, kinds: dict[str, Ints]) -> Ints:
    """Return the codes of a column of the products; raise where it was not read."""
    if name not in kinds:
        known = tuple(kinds)
        if not known:
            raise ValueError(f"`max_per` needs `products` with {name!r} when the model is fitted")
        one_of("max_per", name, known)
    return kinds[name]
