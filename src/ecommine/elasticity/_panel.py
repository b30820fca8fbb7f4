"""The panel of sales as arrays: read once, one row per product, store and period, sorted by group, series and time."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd

from .._core.arrays import Bools, Floats, Ints, distinct_codes, distinct_rows, run_numbers, run_starts, sort_order
from .._core.codes import Labels, factorize_sorted, whole_ids
from .._core.frames import Frame, collect, opened
from .._stats.arrays import sums_by_group
from ..schema._for_topics import TABLES, SchemaError, read
from ._options import FitOptions
from ._products import check_one_value
from ._runs import Runs

OPTIONAL = (
    "period_at",
    "store_id",
    "category",
    "promotion",
    "in_stock",
    "complete",
    "unit_cost",
    "price_low",
    "price_high",
    "quantity",
    "revenue",
)
KEYS = ("product_id", "store_id", "period_at")
FACTS = ("promotion", "in_stock", "unit_cost", "price_low", "price_high", "quantity", "revenue")
"""Numbers of a row that are read where the table has them."""
MICROSECONDS_PER_DAY = 86_400_000_000
LEAST_WEIGHT = 1e-9
"""Units that a row without a sale counts in the mean price of repeated rows."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Panel:
    """Rows of complete periods, sorted by group, series and period.

    Attributes
    ----------
    like : narwhals frame
        No rows of the caller's table: its library and types.
    labels : array of shape (n_groups,)
        What the groups, each with an elasticity of its own, are called.
    group, series, product, store : int array of shape (n_rows,)
        Numbers from 0. A series is a product in a store within a group.
    products : array of shape (n_products,)
        Ids of the products.
    period : int array of shape (n_rows,), or None
        Number of the period, which leaves numbers out where periods are missing.
    period_length : float
        Days from a period to the next as a rule, NaN without periods.
    last_period : datetime64, or None
        The start of the last complete period.
    units, price : float array of shape (n_rows,)
        NaN where unknown.
    facts : mapping of name to float array of shape (n_rows,)
        Further columns.
    category : int array of shape (n_groups,)
        Number of the category, -1 where it is not known or the group has several.
    categories : array of shape (n_categories,)
    counts : mapping of code to int
        Rows left out or merged, for the notes.
    """

    like: Frame
    labels: Labels
    group: Ints
    series: Ints
    product: Ints
    store: Ints
    products: Labels
    period: Ints | None
    period_length: float
    units: Floats
    price: Floats
    facts: Mapping[str, Floats]
    category_of_product: Ints
    category: Ints
    categories: Labels
    last_period: np.datetime64 | None
    counts: Mapping[str, int]

    @property
    def n_groups(self) -> int:
        """Number of elasticities."""
        return len(self.labels)

    @property
    def n_series(self) -> int:
        """Number of products in stores."""
        return int(self.series[-1]) + 1 if len(self.series) else 0

    @property
    def group_runs(self) -> Runs:
        """The rows of each group."""
        return Runs(self.group, self.n_groups)

    @property
    def series_runs(self) -> Runs:
        """The rows of each series."""
        return Runs(self.series, self.n_series)

    def places(self, ids: nw.Series[Any], *, argument: str) -> Ints:
        """Return the group of each id of another table, -1 where the sales do not have it; some must be there."""
        known = {label: number for number, label in enumerate(self.labels.tolist())}
        try:
            place = np.array([known.get(one, -1) for one in ids.to_list()], dtype=np.int64)
        except TypeError:  # lists and mappings cannot be looked up
            raise TypeError(f"`{argument}` must hold ids in product_id, got the type {ids.dtype}") from None
        if len(place) and self.n_groups and place.max() < 0:
            raise ValueError(
                f"`{argument}` has no product of the sales, but {ids.to_list()[0]!r}, where the sales have "
                f"{self.labels.tolist()[0]!r}: give ids of one type"
            )
        return place

    def take(self, rows: "Bools | Ints") -> "Panel":
        """Return some rows, in their order; series keep their numbers."""
        if rows.dtype == bool and rows.all():
            return self
        return replace(
            self,
            group=self.group[rows],
            series=self.series[rows],
            product=self.product[rows],
            store=self.store[rows],
            period=None if self.period is None else self.period[rows],
            units=self.units[rows],
            price=self.price[rows],
            facts={name: values[rows] for name, values in self.facts.items()},
        )

    def fact(self, name: str, otherwise: float) -> Floats:
        """Return a column, or one number for all rows where the table does not have it."""
        return self.facts[name] if name in self.facts else np.full(len(self.units), otherwise)

    @property
    def on_promotion(self) -> Bools:
        """Rows with a promotion; unknown is none."""
        return np.asarray(self.fact("promotion", 0.0) > 0)


def read_panel(sales: object, products: object, options: FitOptions) -> Panel:
    """Read canonical sales, and the categories of products from a second table where `sales` has none.

    Raises
    ------
    ecommine.SchemaError
        If a column is missing or of the wrong type.
    """
    frame = opened(sales, argument="sales")
    names = frame.collect_schema().names()
    units = "units_sold" if "units_sold" in names else "quantity"
    known = {column.name for column in TABLES["sales"].columns}
    own_columns = options.own_columns
    absent = [name for name in own_columns if name not in names]
    if absent:
        raise SchemaError("sales", [f"`{absent[0]}` is missing, and an option names it"])
    required = ("product_id", "price", units, *(name for name in own_columns if name in known))
    others = [name for name in own_columns if name not in known]
    rows = collect(read(sales, "sales", required, optional=OPTIONAL, others=others, argument="sales"))
    numbers = [name for name in (*FACTS, *own_columns) if name in rows.columns and _is_numeric(rows[name])]
    table = _RawRows(rows, units, options.by, tuple(dict.fromkeys(numbers)), options.cluster)
    category_of = None if products is None else _categories_of(products)
    return table.panel(category_of)


@dataclass(frozen=True, slots=True)
class _RawRows:
    """The collected table, and which of its columns are what."""

    rows: nw.DataFrame[Any]
    units: str
    by: str | None
    numbers: tuple[str, ...]
    clusters: tuple[str, ...]

    def panel(self, category_of: Mapping[Any, Any] | None) -> Panel:
        """Return the arrays of the complete periods."""
        rows, counts = self.rows, {}
        if "complete" in rows.columns:
            is_open = (~rows["complete"].fill_null(value=True)).to_numpy().astype(bool)
            counts["unfinished_periods"] = int(is_open.sum())
            rows = rows.filter((~is_open).tolist()) if counts["unfinished_periods"] else rows
        product, products = factorize_sorted(rows["product_id"], argument="`product_id`")
        group, labels = self._groups(rows, product, products)
        store = factorize_sorted(rows["store_id"])[0] if "store_id" in rows.columns else np.zeros(len(rows), np.int64)
        period, length, last = None, np.nan, None
        if "period_at" in rows.columns:
            period, length, last = _period_numbers(rows["period_at"])
        is_known = (product >= 0) & (group >= 0)
        if period is not None:
            is_known &= period >= 0
        counts["rows_without_id"] = int(len(rows) - is_known.sum())
        facts = {name: as_floats(rows[name]) for name in self.numbers}
        facts |= {name: _codes_as_floats(rows[name]) for name in self.clusters if name not in (*facts, *KEYS)}
        category, categories = self._category_of_product(rows, product, products, category_of)
        panel = Panel(
            like=rows.head(0),
            labels=labels,
            group=group,
            series=group,
            product=product,
            store=store,
            products=products,
            period=period,
            period_length=length,
            last_period=last,
            units=as_floats(rows[self.units]),
            price=as_floats(rows["price"]),
            facts=facts,
            category_of_product=category,
            category=np.zeros(0, dtype=np.int64),
            categories=categories,
            counts=counts,
        )
        return _with_categories(_merged(_sorted(panel if is_known.all() else panel.take(is_known))))

    def _groups(self, rows: nw.DataFrame[Any], product: Ints, products: Labels) -> tuple[Ints, Labels]:
        if self.by is None:
            return np.zeros(len(rows), dtype=np.int64), np.array(["all"], dtype=object)
        if self.by == "product_id":
            return product, whole_ids(products)
        group, labels = factorize_sorted(rows[self.by], argument=f"`{self.by}`")
        return group, whole_ids(labels)

    def _category_of_product(
        self, rows: nw.DataFrame[Any], product: Ints, products: Labels, category_of: Mapping[Any, Any] | None
    ) -> tuple[Ints, Labels]:
        if category_of is None and "category" in rows.columns:
            starts = _run_starts(rows["category"], product)
            codes, labels = factorize_sorted(rows["category"][starts], argument="`category`")
            first, of_run = np.full(len(products), len(labels)), product[starts]
            is_known = (codes >= 0) & (of_run >= 0)
            np.minimum.at(first, of_run[is_known], codes[is_known])
            return np.where(first == len(labels), -1, first), labels
        named = [None if category_of is None else category_of.get(one) for one in products.tolist()]
        if category_of and products.size and named.count(None) == len(named):
            raise ValueError("`products` has a category of no product of the sales: give ids of one type")
        distinct = sorted({one for one in named if one is not None}, key=str)
        place = {label: number for number, label in enumerate(distinct)}
        return np.array([place.get(one, -1) for one in named], dtype=np.int64), np.array(distinct, dtype=object)


def _run_starts(values: nw.Series[Any], product: Ints) -> Ints:
    """Return the rows whose value is not that of the row before, or of another product: a name is read once each."""
    is_start = (values != values.shift(1)).fill_null(value=True).to_numpy().astype(bool)
    is_start[:1] = True
    is_start[1:] |= product[1:] != product[:-1]
    return np.flatnonzero(is_start)


def as_floats(column: nw.Series[Any]) -> Floats:
    """Return numbers or booleans as floats, NaN where they are missing."""
    return np.asarray(column.cast(nw.Float64).to_numpy(), dtype=np.float64)


def _codes_as_floats(column: nw.Series[Any]) -> Floats:
    codes = factorize_sorted(column)[0]
    return np.where(codes < 0, np.nan, codes.astype(np.float64))


def _is_numeric(column: nw.Series[Any]) -> bool:
    return column.dtype.is_numeric() or column.dtype == nw.Boolean


def _categories_of(products: object) -> dict[Any, Any]:
    rows = collect(read(products, "products", ("product_id", "category"), argument="products"))
    ids, categories = rows["product_id"].to_list(), rows["category"].to_list()
    check_one_value(ids, categories, argument="products", column="category")
    pairs = zip(ids, categories, strict=True)
    return {product: category for product, category in pairs if category is not None}


def _period_numbers(times: nw.Series[Any]) -> tuple[Ints, float, np.datetime64 | None]:
    """Return numbers of periods by their distance in units of the usual one, also where months are of unequal length.

    Returns
    -------
    numbers : int array
        -1 where the time is missing.
    length : float
        Days from a period to the next as a rule.
    last : datetime64, or None
        The last period.
    """
    moments = times.to_numpy().astype("datetime64[us]")
    if not len(moments):
        return np.zeros(0, dtype=np.int64), np.nan, None
    hashed, labels = pd.factorize(moments.view(np.int64))  # several times as fast as sorting rows
    ranks, distinct = distinct_codes(np.asarray(labels))
    n_missing = int((distinct == np.iinfo(np.int64).min).sum())  # not a time, the first of all
    steps = np.diff(distinct[n_missing:])
    usual = float(np.median(steps)) if len(steps) else np.nan
    gaps = np.maximum(np.rint(steps / usual), 1) if len(steps) else steps
    numbers = np.concatenate([[-1] * n_missing, [0] * (len(distinct) > n_missing), np.cumsum(gaps)]).astype(np.int64)
    return numbers[ranks][hashed], usual / MICROSECONDS_PER_DAY, distinct[-1:].view("datetime64[us]")[0]


def _sorted(panel: Panel) -> Panel:
    """Sort by group, product, store and period, and number the series."""
    keys = [panel.group, panel.product, panel.store]
    keys += [] if panel.period is None else [panel.period]
    if not _are_in_order(keys):
        panel = panel.take(sort_order(*keys))
    is_empty = not len(panel.units)
    return replace(panel, series=panel.group if is_empty else run_numbers(panel.group, panel.product, panel.store))


def _are_in_order(keys: list[Ints]) -> bool:
    """Return whether rows ascend by the keys, the first one first."""
    is_tied, is_right = np.ones(max(len(keys[0]) - 1, 0), dtype=bool), True
    for key in keys:
        is_right = is_right and not (is_tied & (key[1:] < key[:-1])).any()
        is_tied &= key[1:] == key[:-1]
    return is_right


def _merged(panel: Panel) -> Panel:
    """Add up rows that share product, store and period: units are summed, all else is a mean."""
    if panel.period is None or not len(panel.units):
        return panel
    is_repeated = (panel.series[1:] == panel.series[:-1]) & (panel.period[1:] == panel.period[:-1])
    if not is_repeated.any():
        return panel
    run, first = distinct_rows(panel.series, panel.period)
    n = len(first)
    sold = np.where(panel.units > 0, panel.units, 0.0)
    mean = _means(run, np.ones(len(run)), n)
    weighted = _means(run, sold + LEAST_WEIGHT, n)
    merged = panel.take(first)
    return replace(
        merged,
        units=mean(panel.units) * np.bincount(run, weights=~np.isnan(panel.units), minlength=n),
        price=weighted(panel.price),
        facts={name: mean(values) for name, values in panel.facts.items()},
        counts={**panel.counts, "repeated_rows": int(is_repeated.sum())},
    )


def _means(run: Ints, weights: Floats, n: int) -> Callable[[Floats], Floats]:
    """Return the weighted mean by run of what is known."""

    def mean(values: Floats) -> Floats:
        is_known = ~np.isnan(values)
        total = sums_by_group(run[is_known], (weights * values)[is_known], n)
        known = sums_by_group(run[is_known], weights[is_known], n)
        return np.asarray(np.divide(total, known, out=np.full(n, np.nan), where=known > 0), dtype=np.float64)

    return mean


def _with_categories(panel: Panel) -> Panel:
    """Give each group the category of its products, none where these differ."""
    first = np.flatnonzero(run_starts(panel.series))
    of_series = panel.category_of_product[panel.product[first]]
    low, high = np.full(panel.n_groups, np.iinfo(np.int64).max), np.full(panel.n_groups, -1)
    np.minimum.at(low, panel.group[first], of_series)
    np.maximum.at(high, panel.group[first], of_series)
    return replace(panel, category=np.where(low == high, high, -1))
