"""The panel of sales that forecasting and elasticity share: product by period, with a price of a stated kind."""

from datetime import date, datetime
from typing import Literal, get_args

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrameT

from ..._core.checks import one_of
from ..._core.engines import tell_library_errors
from ..._core.frames import MICRO, Frame, as_float, collect, divided, exact_median, join, micro, native, wrap
from ..._core.moments import moment
from ..._core.notes import Note
from .._convert.objects import with_nullable_integers
from .._model.errors import warn
from .periods import Every, calendar, number_of, with_every_period
from .reading import read
from .sales_lines import SalesLines, flag, take_lines
from .shelf import join_known, shelf_prices, stocked_shares

Price = Literal["median", "paid", "list"]

MIN_KNOWN_SHARE = 0.5
"""Share of product periods that another table covers, below which a note says so."""
MAX_ROWS = 200_000_000
"""Rows of products by periods that are made in memory: more are a wrong date rather than a panel."""
_ORDER = (
    "product_id",
    "store_id",
    "period_at",
    "units_sold",
    "returned",
    "quantity",
    "revenue",
    "price",
    "price_low",
    "price_high",
    "unit_cost",
    "promotion",
    "category",
    "in_stock",
    "complete",
)


@tell_library_errors
def to_sales(
    orders: IntoFrameT,
    /,
    *,
    every: Every = "1w",
    price: Price = "median",
    stock: IntoFrameT | None = None,
    prices: IntoFrameT | None = None,
    stores: bool = False,
    as_of: datetime | date | str | None = None,
) -> IntoFrameT:
    """Sum order lines to sales of each product in each period, with a row for periods without a sale too.

    Product lines only. A product's rows begin with the period of its first line and end with that of ``as_of``.

    Parameters
    ----------
    orders : table
        Canonical ``orders`` with product_id and quantity.
    every : {"1d", "1w", "1mo", "1q", "1y"}, default "1w"
        Length of a period; weeks start on Monday.
    price : {"median", "paid", "list"}, default "median"
        Which price stands for the period, over lines that were sold at a price above zero: the median unit price of
        its lines, the mean price paid (amount / quantity, discounts and quantity rebates included), or the highest unit
        price. The choice changes what is estimated from the panel: a mean paid price falls when customers buy more at
        a rebate, and makes demand look more elastic than it is; the highest of more lines is higher. The unit price is
        before discounts: where promotions are discounts of the line, as in `datasets.make_shop`, only "paid" shows
        them.
    stock : table, optional
        Canonical ``stock`` of the same library, for ``in_stock``; with ``stores`` it needs store_id.
    prices : table, optional
        Price history of the same library, for periods without a sale: product_id, changed_at (from when on it holds)
        and price. The price at the start of the period counts; it is the same in all stores.
    stores : bool, default False
        A row for each product and store: ``orders`` need store_id.
    as_of : datetime, date or ISO 8601 text, default the last time in the data
        Lines after it are left out.

    Returns
    -------
    table of the same library
        Canonical ``sales``, sorted by product, store and period, lazy where ``orders`` is lazy:

        - product_id, store_id (with ``stores``), period_at (start of the period);
        - units_sold: units ordered, on the day of the order; 0 in a period without a sale, null where it was out of
          stock on all recorded days, since nobody knows what would have been sold;
        - returned: units that came back (lines of negative quantity), in the period in which they came back;
        - quantity: units_sold - returned; null only where units_sold is and nothing came back;
        - revenue: money of all lines taken, with discounts and returns, also of cancelled orders;
        - price; price_low and price_high, the least and the highest unit price at which it was sold. Without a sale at
          a price they are null, except that price comes from ``prices`` where nothing was sold;
        - unit_cost, weighted by units, and promotion, whether a line sold had one, where the orders have these
          columns; null without a sale;
        - category of the product's last line that has one, where the orders have that column;
        - in_stock where stock is given: share of the period's recorded days on which any store (with ``stores``: the
          store) had units; null without a record;
        - complete: false for a period that is not over at ``as_of``. The first one may be partial too, where the
          orders begin within it.

        An order that was cancelled in full within one period, so that under its order_id as many units of each
        product came back as were ordered, is neither sold nor returned. What comes back in part, in a later period or
        under an order_id of its own is ``returned``.

    Raises
    ------
    SchemaError
        If columns are missing or of a wrong type, or the lines are of several currencies.
    ValueError
        If ``every`` or ``price`` is none of the choices, or the panel in memory would have more than 200 million rows.

    Warns
    -----
    DataWarning
        If lines are left out, orders were cancelled in full, or most periods are not in ``stock``.

    Examples
    --------
    >>> import pandas as pd
    >>> from ecommine import schema
    >>> orders = pd.DataFrame({"order_id": [1, 2, 3, 4], "customer_id": [1, 1, 2, 1], "product_id": ["tea"] * 4,
    ...     "ordered_at": pd.to_datetime(["2024-04-29", "2024-05-02", "2024-05-16", "2024-05-17"]),
    ...     "quantity": [1, 10, 2, -1], "unit_price": [4.0, 3.0, 4.0, 3.0]})
    >>> panel = schema.to_sales(orders, price="paid")
    >>> panel[["period_at", "units_sold", "returned", "quantity", "revenue"]]
       period_at  units_sold  returned  quantity  revenue
    0 2024-04-29          11         0        11     34.0
    1 2024-05-06           0         0         0      0.0
    2 2024-05-13           2         1         1      5.0
    >>> panel[["period_at", "price", "price_low", "price_high", "complete"]]
       period_at     price  price_low  price_high  complete
    0 2024-04-29  3.090909        3.0         4.0      True
    1 2024-05-06       NaN        NaN         NaN      True
    2 2024-05-13  4.000000        4.0         4.0     False
    """
    one_of("every", every, get_args(Every))
    one_of("price", price, get_args(Price))
    stores = one_of("stores", stores, (False, True))
    keys = ["product_id", "store_id"] if stores else ["product_id"]
    optional = ("order_id", "unit_price", "unit_cost", "promotion", "category", "line_type", "currency")
    lines = read(orders, "orders", (*keys, "ordered_at", "quantity", "amount"), optional=optional)
    taken = take_lines(lines, every, None if as_of is None else moment(as_of), stores=stores)
    panel, periods = _panel(taken, keys, every, price)
    notes = list(taken.notes)
    if stock is not None:
        shares = stocked_shares(stock, keys, every, taken.until, like=lines)
        panel, unmatched = _with_stock(panel, shares, keys)
        notes += unmatched
    if prices is not None:
        shelf = shelf_prices(prices, periods, every, like=lines, first=taken.first)
        panel, unmatched = _with_shelf_prices(panel, shelf)
        notes += unmatched
    names = panel.collect_schema().names()
    warn(notes, stacklevel=3)
    rows = panel.select(*[name for name in _ORDER if name in names]).sort(*keys, "period_at")
    return native(nw.maybe_reset_index(rows) if isinstance(rows, nw.DataFrame) else rows, orders)


def _panel(taken: SalesLines, keys: list[str], every: Every, price: Price) -> tuple[Frame, Frame]:
    """Return a row for every period of every product, and the table of periods."""
    lines = _prepared(taken)
    sums = _summed(lines, [*keys, "period"], price)
    starts = sums.group_by(keys).agg(nw.col("period").min()).rename({"period": "first_period"})
    _check_size(starts, taken, every)
    periods = calendar(taken.first, taken.until, every, like=taken.frame)
    grid = with_every_period(starts, periods).filter(nw.col("period") >= nw.col("first_period"))
    panel = _filled(join(grid, sums, on=[*keys, "period"], how="left"), lines)
    if "category" in lines.collect_schema().names():
        panel = join(panel, _categories(lines), on=["product_id"], how="left")
    return panel, periods


def _check_size(starts: Frame, taken: SalesLines, every: Every) -> None:
    if isinstance(starts, nw.DataFrame):
        rows = len(starts) * (number_of(taken.until, every) - number_of(taken.first, every) + 1)
        if rows > MAX_ROWS:
            raise ValueError(
                f"the panel would have up to {rows:,} rows, from {taken.first:%Y-%m-%d} to {taken.until:%Y-%m-%d}: "
                "check the first date of `orders` and `as_of`, or take a longer `every`"
            )


def _prepared(taken: SalesLines) -> Frame:
    """Make columns of everything that is to be summed, so that each aggregate is one plain column."""
    names = taken.frame.collect_schema().names()
    units = _units_type(taken.frame)
    quantity, amount, zero = nw.col("quantity").cast(units), nw.col("amount"), nw.lit(0, dtype=units)
    counts = ~nw.col("is_cancelled") if "is_cancelled" in names else nw.lit(value=True)
    paid_price = amount / quantity
    unit_price = nw.coalesce(nw.col("unit_price"), paid_price) if "unit_price" in names else paid_price
    is_sold, is_priced = counts & (quantity > 0), counts & (quantity > 0) & (amount > 0)
    made = {
        "units_sold": nw.when(is_sold).then(quantity).otherwise(zero),
        "returned": nw.when(counts & (quantity < 0)).then(-quantity).otherwise(zero),
        "revenue": micro(amount) if taken.is_exact else amount,
        "priced_units": nw.when(is_priced).then(quantity).otherwise(zero),
        "unit_price": nw.when(is_priced & (unit_price > 0)).then(unit_price),
    }
    if "unit_cost" in names:
        is_costed = is_priced & ~nw.col("unit_cost").is_null()
        made["costed_units"] = nw.when(is_costed).then(quantity).otherwise(zero)
        made["cost"] = nw.when(is_costed).then(nw.col("unit_cost") * quantity).otherwise(nw.lit(0.0))
    if "promotion" in names:
        made["promoted"] = flag(is_sold & ~nw.col("promotion").is_null())
    kept = [name for name in ("product_id", "store_id", "period", "ordered_at", "category") if name in names]
    lines = taken.frame.select(*kept, **made)
    paid = nw.when(nw.col("priced_units") > 0).then(nw.col("revenue"))
    return lines.with_columns(paid=paid.otherwise(nw.lit(0, dtype=lines.collect_schema()["revenue"])))


def _units_type(lines: Frame) -> nw.dtypes.DType:
    return nw.Int64() if lines.collect_schema()["quantity"].is_integer() else nw.Float64()


def _summed(lines: Frame, keys: list[str], price: Price) -> Frame:
    """Sum the lines of each product and period; money comes back from whole millionths."""
    names = lines.collect_schema().names()
    extras = [name for name in ("costed_units", "cost", "promoted") if name in names]
    sums = {name: nw.col(name).sum() for name in ("units_sold", "returned", "revenue", "priced_units", "paid", *extras)}
    extremes = lines.group_by(keys).agg(
        price_low=nw.col("unit_price").min(), price_high=nw.col("unit_price").max(), **sums
    )
    if lines.collect_schema()["revenue"].is_integer():
        extremes = extremes.with_columns(
            **{name: divided(as_float(nw.col(name).cast(nw.Int64)), MICRO) for name in ("revenue", "paid")}
        )
    if price == "median":
        medians = exact_median(lines.filter(~nw.col("unit_price").is_null()), keys, "unit_price")
        panel = join(extremes, medians.rename({"unit_price": "price"}), on=keys, how="left")
    else:
        panel = extremes.with_columns(price=_ratio("paid", "priced_units") if price == "paid" else nw.col("price_high"))
    return panel.with_columns(unit_cost=_ratio("cost", "costed_units")) if "cost" in extras else panel


def _ratio(part: str, whole: str) -> nw.Expr:
    return nw.when(nw.col(whole) > 0).then(nw.col(part) / nw.col(whole))


def _filled(panel: Frame, lines: Frame) -> Frame:
    """Write zeros where a period has no line, and derive what depends on them."""
    units = lines.collect_schema()["units_sold"]  # DuckDB sums whole numbers to 128 bits
    panel = panel.with_columns(
        **{name: nw.col(name).fill_null(0).cast(units) for name in ("units_sold", "returned")},
        revenue=nw.col("revenue").fill_null(0.0),
    )
    panel = panel.with_columns(quantity=nw.col("units_sold") - nw.col("returned"))
    if "promoted" not in panel.collect_schema().names():
        return panel
    promoted = nw.col("promoted").fill_null(0) > 0
    return _with_missing_booleans(panel.with_columns(promotion=nw.when(nw.col("units_sold") > 0).then(promoted)))


def _with_missing_booleans(panel: Frame) -> Frame:
    """Make a pandas column of booleans and nulls a nullable one, where it has become one of objects."""
    if not panel.implementation.is_pandas() or panel.to_native()["promotion"].dtype != object:
        return panel
    return wrap(panel.to_native().assign(promotion=panel.to_native()["promotion"].astype("boolean")))


def _categories(lines: Frame) -> Frame:
    """Return the category of each product's last line that has one; of two at one moment the first by name."""
    lines = lines.filter(~nw.col("category").is_null())
    times = lines.group_by("product_id", "category").agg(nw.col("ordered_at").max())
    last = times.group_by("product_id").agg(nw.col("ordered_at").max())
    latest = join(times, last, on=["product_id", "ordered_at"], how="inner")
    return latest.group_by("product_id").agg(nw.col("category").min())


def _with_stock(panel: Frame, shares: Frame, keys: list[str]) -> tuple[Frame, list[Note]]:
    """Add ``in_stock``; what would have been sold in a period out of stock is not known."""
    panel = join_known(panel, shares, on=[*keys, "period"])
    for name in ("units_sold", "quantity"):
        panel = with_nullable_integers(panel, name)
    unknown = (nw.col("in_stock") == 0).fill_null(value=False) & (nw.col("units_sold") == 0)
    panel = panel.with_columns(
        units_sold=nw.when(~unknown).then(nw.col("units_sold")),
        quantity=nw.when(~unknown | (nw.col("returned") > 0)).then(nw.col("quantity")),
    )
    return panel, _unmatched(panel, nw.lit(value=True), "in_stock", "product periods are in `stock`", "stock_unknown")


def _with_shelf_prices(panel: Frame, shelf: Frame) -> tuple[Frame, list[Note]]:
    """Take the price of the shelf where nothing was sold."""
    unsold = nw.col("units_sold").is_null() | (nw.col("units_sold") == 0).fill_null(value=False)
    panel = join_known(panel, shelf, on=["product_id", "period"])
    panel = panel.with_columns(price=nw.when(unsold).then(nw.col("shelf_price")).otherwise(nw.col("price")))
    words = "product periods without a sale have a price in `prices`"
    return panel, _unmatched(panel, unsold, "price", words, "price_unknown")


def _unmatched(panel: Frame, is_counted: nw.Expr, name: str, words: str, code: str) -> list[Note]:
    """Return a note where a column is known for less than half of the rows that another table should cover."""
    marks = panel.select(rows=flag(is_counted), known=flag(is_counted & ~nw.col(name).is_null()))
    counts = collect(marks.select(nw.col("rows").sum(), nw.col("known").sum())).to_dict(as_series=False)
    rows, known = int(counts["rows"][0] or 0), int(counts["known"][0] or 0)
    if not rows or known / rows >= MIN_KNOWN_SHARE:
        return []
    return [Note(f"only {known:,} of {rows:,} {words}", code=code, count=rows - known)]
