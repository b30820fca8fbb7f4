"""The panel of sales that forecasting and elasticity share: product by period, with a price of a stated kind."""

from datetime import date, datetime
from typing import Any, Literal, get_args

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrameT

from ..._core.checks import one_of
from ..._core.frames import Frame, collect, exact_median, join, native
from ..._core.moments import moment
from .._map.map import warn
from .matching import check_same_library, common_type
from .periods import Every, first_open, period_key, with_period_start
from .reading import read

Price = Literal["median", "paid", "list"]

_KEYS = ["product_id", "period_key"]
_LOW_MATCH = 0.5


def to_sales(
    orders: IntoFrameT,
    /,
    *,
    every: Every = "1w",
    price: Price = "median",
    stock: IntoFrameT | None = None,
    as_of: datetime | date | str | None = None,
) -> IntoFrameT:
    """Sum order lines to sales of each product in each period.

    Product lines only. Returned units reduce the quantity of the period in which they come back, and have no part in
    the price. Periods without a line have no row.

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
        a rebate, and makes demand look more elastic than it is. The unit price is before discounts: where promotions
        are discounts of the line, as in `datasets.make_shop`, only "paid" shows them.
    stock : table, optional
        Canonical ``stock`` of the same library, for ``in_stock``: the share of the period's recorded days with units
        on hand; null where the stock table says nothing.
    as_of : datetime, date or ISO 8601 text, default the last time in the data
        Lines after it are left out.

    Returns
    -------
    table of the same library
        Canonical ``sales``: product_id, period_at (start of the period), quantity, price, unit_cost and promotion where
        the orders have them, in_stock where stock is given, and ``complete`` (false for a period that is not over at
        ``as_of``; the first one may be partial too, where the orders begin within it). Sorted by product and period;
        lazy where ``orders`` is lazy.

    Raises
    ------
    SchemaError
        If columns are missing or of a wrong type.
    ValueError
        If ``every`` or ``price`` is none of the choices.

    Examples
    --------
    >>> import pandas as pd
    >>> from ecommine import schema
    >>> orders = pd.DataFrame({"order_id": [1, 2, 3], "customer_id": [1, 1, 2], "product_id": ["tea"] * 3,
    ...     "ordered_at": pd.to_datetime(["2024-04-29", "2024-05-02", "2024-05-06"]), "quantity": [1, 10, 2],
    ...     "unit_price": [4.0, 3.0, 4.0]})
    >>> schema.to_sales(orders, price="paid")[["period_at", "quantity", "price", "complete"]]
       period_at  quantity     price  complete
    0 2024-04-29        11  3.090909      True
    1 2024-05-06         2  4.000000     False
    """
    one_of("every", every, get_args(Every))
    one_of("price", price, get_args(Price))
    optional = ("unit_price", "unit_cost", "promotion", "line_type")
    lines = read(orders, "orders", ("product_id", "ordered_at", "quantity", "amount"), optional=optional)
    until, notes = _facts(lines, None if as_of is None else moment(as_of))
    lines = _prepared(_product_lines(lines).filter(nw.col("ordered_at") <= until), every)
    panel = with_period_start(_summed(lines, price), every, first="first")
    if stock is not None:
        panel, words = _with_stock(panel, stock, every, until)
        notes += words
    # A period is over when as_of has reached the next one, or the last microsecond of its own.
    complete = nw.col("period_at") < nw.lit(first_open(until, every))
    order = ("product_id", "period_at", "quantity", "price", "unit_cost", "promotion", "in_stock")
    names = panel.collect_schema().names()
    result = panel.with_columns(complete=complete).select(*[n for n in order if n in names], "complete")
    warn(notes, stacklevel=3)
    rows = result.sort("product_id", "period_at")
    return native(nw.maybe_reset_index(rows) if isinstance(rows, nw.DataFrame) else rows, orders)


def _facts(lines: Frame, as_of: datetime | None) -> tuple[datetime, list[str]]:
    """Find the last time, and count what is left out, in one pass."""
    count = {
        "without a product": _flag(nw.col("product_id").is_null()),
        "without a quantity": _flag(nw.col("quantity").is_null()),
    }
    if "line_type" in lines.collect_schema().names():
        count["that are no products (line_type)"] = _flag(~_is_product())
    if as_of is not None:
        count["after as_of"] = _flag(nw.col("ordered_at") > as_of)
    flags = {f"flag{i}": flag for i, flag in enumerate(count.values())}
    marked = lines.with_columns(**flags)
    sums = marked.select(nw.col("ordered_at").max(), **{name: nw.col(name).sum() for name in flags})
    found = {name: values[0] for name, values in collect(sums).to_dict(as_series=False).items()}
    notes = [
        f"{int(found[name]):,} order lines {words} were left out"
        for name, words in zip(flags, count, strict=True)
        if found[name]
    ]
    last = found["ordered_at"]
    empty = last is None or last != last
    return as_of or (datetime(1970, 1, 1) if empty else moment(last)), notes


def _flag(condition: nw.Expr) -> nw.Expr:
    return condition.cast(nw.Int64)


def _is_product() -> nw.Expr:
    return nw.col("line_type").is_null() | (nw.col("line_type") == "product").fill_null(value=False)


def _product_lines(lines: Frame) -> Frame:
    if "line_type" in lines.collect_schema().names():
        lines = lines.filter(_is_product())
    return lines.filter(~nw.col("product_id").is_null(), ~nw.col("quantity").is_null())


def _prepared(lines: Frame, every: Every) -> Frame:
    """Make columns of everything that is to be summed, so that each aggregate is one plain column."""
    names = lines.collect_schema().names()
    quantity, amount = nw.col("quantity"), nw.col("amount")
    sold = (quantity > 0) & (amount > 0)
    unit_price = nw.col("unit_price") if "unit_price" in names else amount / quantity
    made = {
        "period_key": period_key(every),
        "sold": nw.when(sold).then(quantity.cast(nw.Float64)).otherwise(nw.lit(0.0)),
        "paid": nw.when(sold).then(amount).otherwise(nw.lit(0.0)),
        "priced": nw.when(sold & (unit_price > 0)).then(unit_price),
    }
    if "unit_cost" in names:
        known = sold & ~nw.col("unit_cost").is_null()
        made["costed"] = nw.when(known).then(quantity.cast(nw.Float64)).otherwise(nw.lit(0.0))
        made["cost"] = nw.when(known).then(nw.col("unit_cost") * quantity).otherwise(nw.lit(0.0))
    if "promotion" in names:
        made["promoted"] = _flag(~nw.col("promotion").is_null())
    return lines.with_columns(**made)


def _summed(lines: Frame, price: Price) -> Frame:
    names = lines.collect_schema().names()
    extras = [name for name in ("costed", "cost", "promoted") if name in names]
    sums = {name: nw.col(name).sum() for name in ("quantity", "sold", "paid", *extras)}
    panel = lines.group_by(_KEYS).agg(first=nw.col("ordered_at").min(), list=nw.col("priced").max(), **sums)
    if price == "median":
        medians = exact_median(lines.filter(~nw.col("priced").is_null()), _KEYS, "priced")
        panel = join(panel, medians, on=_KEYS, how="left").rename({"priced": "price"})
    elif price == "paid":
        panel = panel.with_columns(price=_ratio("paid", "sold"))
    else:
        panel = panel.rename({"list": "price"})
    if "cost" in extras:
        panel = panel.with_columns(unit_cost=_ratio("cost", "costed"))
    if "promoted" in extras:
        panel = panel.with_columns(promotion=nw.col("promoted") > 0)
    whole = lines.collect_schema()["quantity"].is_integer()  # DuckDB sums integers to 128 bits
    return panel.with_columns(nw.col("quantity").cast(nw.Int64 if whole else nw.Float64))


def _ratio(part: str, whole: str) -> nw.Expr:
    return nw.when(nw.col(whole) > 0).then(nw.col(part) / nw.col(whole))


def _with_stock(panel: Frame, stock: Any, every: Every, until: datetime) -> tuple[Frame, list[str]]:
    shares = _stocked_shares(panel, stock, every, until)
    joined = join(panel, shares, on=_KEYS, how="left")
    known = joined.with_columns(known=_flag(~nw.col("in_stock").is_null()))
    counts = collect(known.select(rows=nw.len(), known=nw.col("known").sum())).to_dict(as_series=False)
    rows, matched = int(counts["rows"][0]), int(counts["known"][0] or 0)
    low = rows and matched / rows < _LOW_MATCH
    return joined, [f"only {matched:,} of {rows:,} product periods are in `stock`"] if low else []


def _stocked_shares(panel: Frame, stock: Any, every: Every, until: datetime) -> Frame:
    """Share of a period's recorded days on which any store had units."""
    days = read(stock, "stock", ("product_id", "stocked_at", "on_hand"), argument="stock")
    check_same_library(panel, days, argument="stock", like="orders")
    key = common_type(panel, days, "product_id", argument="stock", like="orders")
    days = days.filter(nw.col("stocked_at") <= until, ~nw.col("on_hand").is_null())
    if days.collect_schema()["product_id"] != key:
        days = days.with_columns(nw.col("product_id").cast(key))
    days = days.with_columns(ordered_at=nw.col("stocked_at").dt.truncate("1d").cast(nw.Datetime("us")))
    units = days.group_by("product_id", "ordered_at").agg(nw.col("on_hand").sum())
    units = units.with_columns(period_key=period_key(every), in_stock=_flag(nw.col("on_hand") > 0))
    return units.group_by(_KEYS).agg(nw.col("in_stock").mean())
