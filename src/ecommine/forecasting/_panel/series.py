"""The panel of sales as arrays: a row per series, a column per period, NaN where demand is not known."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd

from ..._core.arrays import Bools, Floats, Ints, distinct_rows
from ..._core.checks import names as checked_names
from ..._core.checks import show
from ..._core.codes import Labels, factorize_sorted, whole_ids
from ..._core.frames import Frame, collect, hand_back, opened, wrap
from ..._core.notes import Note
from ..._core.tables import build_table
from ..._core.texts import counted
from ...schema._for_topics import Every, SchemaError, Shop, read_columns
from .checks import check_complete_keys, check_places, check_type_of_period
from .grid import (
    Periods,
    check_every,
    first_start,
    infer_every,
    last_complete,
    make_grid,
    number_starts,
)

MIN_STOCKED_SHARE = 0.5
"""Share of a period in stock from which its sales, scaled up to the whole period, are demand; below it is unknown."""
MAX_CELLS = 200_000_000
"""Series by periods that are held in memory: more are a wrong date rather than a panel."""
MAX_NUMBER = 2**53
"""Of a period, either way from 0: distances between such numbers are whole numbers of 64 bits."""
_VALUES = ("units_sold", "quantity", "in_stock", "promotion", "price", "complete")


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """Sales of all series on one grid of periods.

    Attributes
    ----------
    ids : mapping of column name to array of shape (n_series,)
        The columns of ``by``, sorted.
    demand : float array of shape (n_series, n_periods)
        Units ordered. NaN before the first row of a series, where it was out of stock, and where the caller has a null.
    is_count : bool array of shape (n_series,)
        Whether all demand of a series is whole numbers, as the caller gave it.
    in_stock, promotion, price : float arrays of shape (n_series, n_periods) or None
        Share of the period in stock, share of the rows with a promotion, mean price; NaN where not known.
    periods : Periods
        From the first period of the whole table to the last complete one.
    like : narwhals frame
        The caller's table, without rows where it is eager.
    period_type : narwhals type
        Of the caller's ``period_at``.
    notes : tuple of Note
    """

    ids: Mapping[str, Labels]
    demand: Floats
    is_count: Bools
    in_stock: Floats | None
    promotion: Floats | None
    price: Floats | None
    periods: Periods
    like: Frame
    period_type: nw.dtypes.DType
    notes: tuple[Note, ...]

    @property
    def n_series(self) -> int:
        """Return the number of series."""
        return len(self.demand)

    def names(self, titles: Mapping[Any, str] | None = None) -> list[str]:
        """Return one text per series, such as "tea" or, of product and store, "tea / 1": lists have commas.

        Products that have a title are called by it.
        """
        known = titles or {}
        ids = {name: values.tolist() for name, values in self.ids.items()}
        if known and "product_id" in ids:
            ids["product_id"] = [known.get(product, product) for product in ids["product_id"]]
        return [" / ".join(map(str, values)) for values in zip(*ids.values(), strict=True)]

    def until(self, n_periods: int) -> "Panel":
        """Return the panel as it was after its first n periods."""
        return replace(
            self,
            demand=self.demand[:, :n_periods],
            in_stock=_cut(self.in_stock, n_periods),
            promotion=_cut(self.promotion, n_periods),
            price=_cut(self.price, n_periods),
            periods=self.periods.until(n_periods),
        )

    def to_table(self, columns: Mapping[str, Any], *, samples: Mapping[str, Any] | None = None) -> Any:
        """Hand a table to the caller in the library and laziness of `sales`, period_at in the caller's type."""
        keys = (*self.ids, "period_at")
        table = nw.from_native(build_table(columns, like=self.like, samples=samples or {}, keys=keys), eager_only=True)
        times = [name for name in ("period_at", "cutoff") if name in columns and table.schema[name] != self.period_type]
        table = table.with_columns(nw.col(name).cast(self.period_type) for name in times)
        return hand_back(table, like=self.like)


def read_panel(
    sales: object,
    *,
    by: Sequence[str] = ("product_id",),
    every: Every | None = None,
    as_of: datetime | date | str | int | None = None,
) -> Panel:
    """Read the canonical table `sales` once into arrays.

    A period without a row after the first row of a series counts as zero. Negative demand, infinite values and text
    are noted: a series with one of the latter two is all NaN.

    Raises
    ------
    SchemaError
        If columns are missing or of a wrong type, or a product has two rows in one period (and store).
    ValueError
        If `every` is not given and the dates do not show it, or there is no complete period.
    """
    check_every(every)
    names = _checked_by(by)
    if isinstance(sales, Shop):
        raise TypeError("`sales` must be a table, got a Shop: sum its orders with schema.to_sales(shop.orders)")
    like = opened(sales, argument="sales")
    rows, period_type = _read_rows(like, names)
    if not len(rows):
        raise ValueError("`sales` has no rows: at least one product and period are needed")
    starts = _starts(rows, period_type)
    every, notes = _length_of_period(starts, every)
    first = first_start(starts, every)
    check_places(starts, every, first)
    position = number_starts(starts, every, first)
    n_complete = _count_complete(rows, position, as_of, first, every)
    code, ids = _series_of(rows, names)
    rows, code, position = _until(rows, code, position, n_complete)
    cell = code * n_complete + position
    n_series = len(next(iter(ids.values())))
    counts = np.bincount(cell, minlength=n_series * n_complete)
    is_unique = bool(counts.max(initial=0) <= 1)
    _check_duplicates(rows, (code, position), names, is_unique=is_unique)
    del code, position, starts  # of all rows, as large as the table
    return _assembled(
        _Cells(rows, cell, is_unique, n_series, n_complete),
        ids=ids,
        periods=make_grid(first, n_complete, every),
        like=like.head(0) if isinstance(like, nw.DataFrame) else like,  # its library and types: results stay small
        period_type=period_type,
        notes=notes,
    )


@dataclass(frozen=True, slots=True)
class _Cells:
    """Rows with their places in the panel, and its shape."""

    rows: nw.DataFrame[Any]
    cell: Ints
    is_unique: bool
    n_series: int
    n_periods: int

    def spread(self, name: str) -> Floats | None:
        """Return a column as a panel: the mean of its known values in each cell."""
        if name not in self.rows.columns:
            return None
        values = _as_float(self.rows[name])
        is_known = ~np.isnan(values)
        sums, counts = self.sums(np.where(is_known, values, 0.0)), self.sums(is_known)
        return np.asarray(np.divide(sums, counts, out=np.full(sums.shape, np.nan), where=counts > 0))

    def sums(self, values: Floats | Bools) -> Floats:
        """Return the sum of values in each cell."""
        n_cells = self.n_series * self.n_periods
        if self.is_unique:
            total = np.zeros(n_cells)
            total[self.cell] = values
        else:
            total = np.bincount(self.cell, weights=values, minlength=n_cells).astype(np.float64, copy=False)
        return total.reshape(self.n_series, self.n_periods)

    def any(self, is_marked: Bools | None = None) -> Bools:
        """Return the cells with a row, or with a marked one."""
        marks = np.zeros(self.n_series * self.n_periods, dtype=bool)
        marks[self.cell if is_marked is None else self.cell[is_marked]] = True
        return marks.reshape(self.n_series, self.n_periods)

    def series(self, is_marked: Bools) -> Bools:
        """Return the series with a marked row."""
        marks = np.zeros(self.n_series, dtype=bool)
        marks[self.cell[is_marked] // self.n_periods] = True
        return marks


def _assembled(cells: _Cells, *, ids: Mapping[str, Labels], notes: list[Note], **fields: Any) -> Panel:
    demand, is_count, more = _demand(cells)
    _check_shares(cells.rows)
    in_stock = cells.spread("in_stock")
    if in_stock is not None:
        demand, n_out = _scaled_to_stock(demand, in_stock)
        if n_out:
            text = f"demand is unknown in {counted(n_out, 'period')} of products out of stock for more than half of it"
            more.append(Note(text, code="out_of_stock", count=n_out))
    return Panel(
        ids=ids,
        demand=demand,
        is_count=is_count,
        in_stock=in_stock,
        promotion=cells.spread("promotion"),
        price=cells.spread("price"),
        notes=(*notes, *more),
        **fields,
    )


def _check_shares(rows: nw.DataFrame[Any]) -> None:
    """Raise for parts of a period below 0 or above 1: 100 would be taken for all of it, and -1 for nothing."""
    values = _as_float(rows["in_stock"]) if "in_stock" in rows.columns else np.empty(0)
    wrong = values[(values < 0) | (values > 1)]
    if len(wrong):
        problem = f"`in_stock` holds {counted(len(wrong), 'value')} outside 0 to 1, such as {wrong[0]:g}"
        raise SchemaError("sales", [problem], "it is the share of the period: divide per cent by 100")


def _demand(cells: _Cells) -> tuple[Floats, Bools, list[Note]]:
    """Return demand with zeros where a series has no row, and notes of what was read otherwise than given."""
    notes: list[Note] = []
    units = _as_float(cells.rows["units_sold" if "units_sold" in cells.rows.columns else "quantity"])
    n_negative = int((units < 0).sum())
    if n_negative:
        text = f"{counted(n_negative, 'row')} of negative units count as 0: demand is units ordered, not returned"
        notes.append(Note(text, code="negative_demand", count=n_negative))
    is_broken = cells.series(np.isinf(units))
    if is_broken.any():
        text = f"{counted(int(is_broken.sum()), 'series', 'series')} without a forecast: infinite values or text"
        notes.append(Note(text, code="broken_series", count=int(is_broken.sum())))
    is_known = np.isfinite(units)
    is_count = ~cells.series(np.where(is_known, units, 0.0) % 1 != 0)
    demand = cells.sums(np.where(is_known, np.maximum(units, 0.0), 0.0))
    has_row = cells.any()
    is_missing = ~np.logical_or.accumulate(has_row, axis=1)
    if not is_known.all():
        is_missing |= has_row & ~cells.any(is_known)
    demand[is_missing] = np.nan
    demand[is_broken] = np.nan
    return demand, is_count, notes


def _scaled_to_stock(demand: Floats, in_stock: Floats) -> tuple[Floats, int]:
    """Return demand of a whole period in stock, and in how many it is unknown: out of stock for longer than half."""
    share = np.where(np.isnan(in_stock), 1.0, np.minimum(in_stock, 1.0))
    is_enough = share >= MIN_STOCKED_SHARE
    scaled = np.divide(demand, share, out=np.full(demand.shape, np.nan), where=is_enough)
    return np.asarray(scaled), int((~is_enough).sum())


def _checked_by(by: Sequence[str]) -> tuple[str, ...]:
    names = checked_names("by", by, of="columns")
    if not names or len(set(names)) < len(names):
        raise ValueError(
            f"`by` must be names of columns, each once, such as ('product_id', 'store_id'), got {show(by)}"
        )
    if "period_at" in names:
        raise ValueError("`by` must name what is forecast, such as ('product_id',), not `period_at`")
    return names


def _read_rows(like: Frame, by: tuple[str, ...]) -> tuple[nw.DataFrame[Any], nw.dtypes.DType]:
    """Collect the columns that are used, and the caller's type of period_at."""
    types = like.collect_schema()
    if not {"units_sold", "quantity"} & set(types.names()):
        raise SchemaError("sales", ["`quantity` is missing: map the table once with schema.sales(raw, quantity='...')"])
    frame = _with_unreadable_as_infinite(like)
    check_type_of_period(types.get("period_at"))
    is_number = "period_at" in types and types["period_at"].is_integer()
    required = (*by,) if is_number else (*by, "period_at")
    keys = tuple(name for name in ("product_id", "store_id") if name not in by)
    rows = read_columns(
        frame, "sales", required, optional=(*keys, *_VALUES), others=("period_at",) if is_number else ()
    )
    collected = collect(rows)
    check_complete_keys(collected, (*by, "period_at"))
    return collected, types["period_at"]


def _with_unreadable_as_infinite(frame: Frame) -> Frame:
    """Return a pandas table whose object columns of units are numbers; text that is none becomes infinite."""
    if not frame.implementation.is_pandas():
        return frame
    table = frame.to_native()
    mixed = [name for name in ("units_sold", "quantity") if name in table and table[name].dtype == object]
    if not mixed:
        return frame
    numbers = {name: pd.to_numeric(table[name], errors="coerce").astype(np.float64) for name in mixed}
    read = {name: numbers[name].mask(numbers[name].isna() & table[name].notna(), np.inf) for name in mixed}
    return wrap(table.assign(**read))


def _starts(rows: nw.DataFrame[Any], period_type: nw.dtypes.DType) -> Any:
    values = rows["period_at"].to_numpy()
    if period_type.is_integer():
        low, high = int(values.min()), int(values.max())
        if max(-low, high) > MAX_NUMBER:
            raise ValueError(f"`period_at` of `sales` must be numbers of periods up to 2^53, got {low} to {high}")
        return values.astype(np.int64, copy=False)
    return values.astype("datetime64[us]", copy=False)


def _length_of_period(starts: Any, every: Every | None) -> tuple[Every | None, list[Note]]:
    if every is not None or starts.dtype.kind != "M":
        return every, []
    inferred = infer_every(starts)
    if inferred is None:
        raise ValueError("`every` must be given, such as every='1w': the dates in `period_at` do not show the period")
    text = f"periods are taken as '{inferred}', the step between most dates: give `every` if they are not"
    return inferred, [Note(text, code="every_inferred")]


def _count_complete(rows: nw.DataFrame[Any], position: Ints, as_of: Any, first: Any, every: Every | None) -> int:
    """Return the number of periods up to the last complete one of the whole table, or up to ``as_of``."""
    n_periods = int(position.max()) + 1
    if "complete" in rows.columns:
        is_complete = _as_float(rows["complete"]) != 0  # not known is taken as complete
        n_periods = int(position[is_complete].max()) + 1 if is_complete.any() else 0
    if as_of is not None and n_periods:
        n_periods = min(n_periods, last_complete(make_grid(first, n_periods, every), as_of))
    if not n_periods:
        raise ValueError(
            "`sales` has no complete period up to `as_of`: give a later `as_of`, or wait until one is over"
        )
    return n_periods


def _series_of(rows: nw.DataFrame[Any], by: tuple[str, ...]) -> tuple[Ints, dict[str, Labels]]:
    """Return the series of each row, and the columns of ``by`` of each series in their order."""
    coded = {name: factorize_sorted(rows[name], argument=f"`{name}`") for name in by}
    if len(by) == 1:
        return coded[by[0]][0], {by[0]: whole_ids(coded[by[0]][1])}
    code, first_row = distinct_rows(*(codes for codes, _ in coded.values()))
    return code, {name: whole_ids(labels)[codes[first_row]] for name, (codes, labels) in coded.items()}


def _until(rows: nw.DataFrame[Any], code: Ints, position: Ints, n_periods: int) -> tuple[nw.DataFrame[Any], Ints, Ints]:
    """Leave out rows of later periods; a series that has no other row keeps its place and is all NaN."""
    n_cells = (int(code.max()) + 1) * n_periods
    if n_cells > MAX_CELLS:
        raise ValueError(
            f"the panel would have {n_cells:,} cells of {int(code.max()) + 1:,} series and {n_periods:,} periods: "
            "check the first date of `sales`, or forecast it in parts"
        )
    is_kept = position < n_periods
    if is_kept.all():
        return rows, code, position
    return rows.filter(is_kept.tolist()), code[is_kept], position[is_kept]


def _check_duplicates(
    rows: nw.DataFrame[Any], places: tuple[Ints, Ints], by: tuple[str, ...], *, is_unique: bool
) -> None:
    """Raise where a product (in a store) has two rows in one period; sums over products and stores are meant."""
    names = [name for name in ("product_id", "store_id") if name in rows.columns]
    is_keyed = "product_id" in names and not set(names) <= set(by)
    if is_unique:
        return
    keys = (*(factorize_sorted(rows[name])[0] for name in names), places[1]) if is_keyed else places
    codes, first_row = distinct_rows(*keys)
    if len(first_row) == len(codes):
        return
    repeated = np.setdiff1d(np.arange(len(codes)), first_row)
    shown = ", ".join(f"{name}={rows[name][int(repeated[0])]}" for name in (*(names or by), "period_at"))
    problem = f"{counted(len(repeated), 'row')} repeat the product and the period of another row, such as {shown}"
    raise SchemaError("sales", [problem], "sum them first, for instance with schema.to_sales(orders)")


def _as_float(values: nw.Series[Any]) -> Floats:
    """Return numbers or booleans as floats, NaN where missing."""
    if values.dtype == nw.Boolean:
        values = values.cast(nw.Int64) if not values.null_count() else values.cast(nw.Float64)
    return np.asarray(values.cast(nw.Float64).to_numpy(), dtype=np.float64)


def _cut(values: Floats | None, n_periods: int) -> Floats | None:
    return None if values is None else values[:, :n_periods]
