"""Order lines side by side: a total on each line, a customer on some lines only, copies of whole rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import narwhals.stable.v2 as nw

from ..._core.frames import Frame, collect, computed_once, is_lazy, join, seconds_since_1970, wrap
from ..._core.notes import Note
from ..._core.texts import counted
from .._convert.ids import ROUNDED_REGEX

_SAME = 0.9
"""Share of the orders of several lines from which one amount on all lines is no accident, if prices contradict it."""
_SAME_ALONE = 0.95
"""The share where there are no prices to compare with."""
_MIN_ORDERS = 20
"""Orders of several products that it takes without prices."""
_MOST_VARYING = 0.5
"""Share of the products that cost what the order does, hence something else each time."""
_ABOVE = 1.5
"""Times quantity x unit_price above which an amount cannot be the money of a line, with taxes and rounding."""
_MIN_LINES = 20
"""Lines from which an amount that is not quantity x unit_price is no accident."""
_SECONDS_OF_ORDER = 86_400
"""Seconds that the lines of one order lie apart at most; more is a number that was given again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLines:
    """Lines of orders, one row per order (``orders``), and their sums (``facts``)."""

    lines: Frame
    orders: Frame
    facts: dict[str, float]
    has_prices: bool


def order_lines(lines: Frame, *, is_amount_given: bool) -> OrderLines:
    """Return the facts of orders, in one pass over their lines."""
    names = lines.collect_schema().names()
    has_prices = is_amount_given and {"quantity", "unit_price"} <= set(names)
    summed = {"guest": nw.col("customer_id").is_null().cast(nw.Int64)}
    if has_prices:
        summed |= _computed_money(has_discount="discount" in names)
    if not is_lazy(lines) and not lines["customer_id"].null_count():
        del summed["guest"]
    parts = lines.select("order_id", "amount", **summed)
    alike = parts.group_by("order_id", "amount").agg(nw.len().alias("n"), *[nw.col(name).sum() for name in summed])
    alike = alike.with_columns(money=nw.col("amount") * nw.col("n"))
    orders = alike.group_by("order_id").agg(
        nw.col("n").sum(),
        nw.col("money").sum(),
        *[nw.col(name).sum() for name in summed],
        amounts=nw.len(),
        most=nw.col("n").max(),
    )
    absent = {name: nw.lit(0) for name in ("guest", *_COMPUTED) if name not in summed}
    orders = computed_once(orders.with_columns(**absent) if absent else orders)
    return OrderLines(lines=lines, orders=orders, facts=_facts(orders), has_prices=has_prices)


_COMPUTED = ("computed", "priced", "several", "single")


def _computed_money(*, has_discount: bool) -> dict[str, nw.Expr]:
    """Return what prices say of the amount of each line, see :data:`_COMPUTED`."""
    units, price = nw.col("quantity"), nw.col("unit_price")
    computed = units.cast(nw.Float64) * price
    if has_discount:
        computed = computed - nw.col("discount").fill_null(0.0)
    several = (units > 1).fill_null(value=False)
    is_single = several & ((nw.col("amount") == price) & (price != 0)).fill_null(value=False)
    parts = computed, ~computed.is_null(), several, is_single
    return {
        name: part if name == "computed" else part.cast(nw.Int64) for name, part in zip(_COMPUTED, parts, strict=True)
    }


def _facts(orders: Frame) -> dict[str, float]:
    lines, guests, priced = nw.col("n"), nw.col("guest"), nw.col("priced") == nw.col("n")
    has_several = lines > 1
    same = has_several & (nw.col("amounts") == 1) & (nw.col("money") > 0)
    flags = {
        "several": has_several,
        "same": same,
        "partly": (guests > 0) & (guests < lines),
        "alike": nw.col("most") > 1,
        "same_priced": same & priced,
    }
    money = {
        "same_money": nw.when(same & priced).then(nw.col("money")).otherwise(0.0),
        "same_computed": nw.when(same & priced).then(nw.col("computed")).otherwise(0.0),
        "money": nw.when(priced).then(nw.col("money")).otherwise(0.0),
        "computed": nw.when(priced).then(nw.col("computed")).otherwise(0.0),
        "priced_lines": nw.when(priced).then(lines).otherwise(0),
    }
    columns = {name: flag.cast(nw.Int64) for name, flag in flags.items()}
    sums = collect(
        orders.select(**columns, **money, units=nw.col("several"), single=nw.col("single")).select(nw.all().sum())
    )
    return {name: float(sums[name].to_list()[0] or 0.0) for name in sums.columns}


def amount_notes(orders: OrderLines) -> list[Note]:
    """Return a note where the amount of a line is that of its order, or of one unit."""
    facts = orders.facts
    same, several = int(facts["same"]), int(facts["several"])
    if orders.has_prices and facts["priced_lines"]:
        return _contradicted(facts, same, several)
    if several < _MIN_ORDERS or same < _SAME_ALONE * several or not _costs_what_the_order_does(orders):
        return []
    text = f"`amount` is the same on all lines of {same:,} of {counted(several, 'order')} of several lines, and of "
    text += f"another size each time that a product is sold: {_REPEATED}"
    return [Note(text, code="amounts_repeated", count=same)]


_REPEATED = (
    "if it is the total of the order, keep it on one line of each order, or map quantity and unit_price in its place"
)


def _contradicted(facts: dict[str, float], same: int, several: int) -> list[Note]:
    known = int(facts["same_priced"])
    is_above = facts["same_money"] > _ABOVE * facts["same_computed"] > 0
    if several and same >= _SAME * several and known >= _SAME * same and is_above:
        text = (
            f"`amount` is the same on all lines of {same:,} of {counted(several, 'order')} of several lines, where it "
        )
        text += f"adds up to {facts['same_money']:,.2f} and quantity x unit_price to {facts['same_computed']:,.2f}: "
        return [Note(text + _REPEATED, code="amounts_repeated", count=same)]
    sums = f"`amount` adds up to {facts['money']:,.2f} and quantity x unit_price to {facts['computed']:,.2f} in "
    sums += f"{counted(int(facts['priced_lines']), 'line')}: "
    if facts["priced_lines"] >= _MIN_LINES and facts["money"] > _ABOVE * facts["computed"] > 0:
        text = "map the money of the line, in the same currency unit, or leave `amount` out, so that it is computed"
        return [Note(sums + text, code="amounts_contradict_prices", count=int(facts["priced_lines"]))]
    units = int(facts["units"])
    if units >= _MIN_LINES and facts["single"] >= _SAME_ALONE * units:
        text = "it is the price of one unit where several were bought: leave `amount` out, so that it is computed"
        return [Note(sums + text, code="amounts_contradict_prices", count=int(facts["single"]))]
    return []


def _costs_what_the_order_does(orders: OrderLines) -> bool:
    """Return whether products cost something else in each order, in orders of several products."""
    lines = orders.lines
    if "product_id" not in lines.collect_schema().names():
        return False
    same = orders.orders.filter((nw.col("n") > 1) & (nw.col("amounts") == 1)).select("order_id")
    theirs = join(lines.select("order_id", "product_id", "amount"), same, on=["order_id"], how="inner")
    theirs = theirs.filter(~nw.col("product_id").is_null())
    pairs = theirs.group_by("order_id", "product_id").agg(low=nw.col("amount").min(), high=nw.col("amount").max())
    pairs = computed_once(pairs)
    mixed = pairs.group_by("order_id").agg(n=nw.len()).filter(nw.col("n") > 1)
    products = pairs.group_by("product_id").agg(n=nw.len(), low=nw.col("low").min(), high=nw.col("high").max())
    varying = products.filter(nw.col("n") > 1).select(varies=(nw.col("low") < nw.col("high")).cast(nw.Int64))
    n_mixed = int(collect(mixed.select(n=nw.len()))["n"].to_list()[0])
    row = collect(varying.select(n=nw.len(), varies=nw.col("varies").sum()))
    n_products, n_varying = (int(row[name].to_list()[0] or 0) for name in ("n", "varies"))
    return n_mixed >= _MIN_ORDERS and n_varying > _MOST_VARYING * n_products


def with_customers_of_orders(orders: OrderLines) -> tuple[Frame, list[Note]]:
    """Return the lines, those without a customer with that of the other lines of their order, where it is one.

    An order is of one customer. A number that is given again, on another day, is not one order.
    """
    lines = orders.lines
    if not orders.facts["partly"]:
        return lines, []
    guests = nw.col("guest")
    partly = orders.orders.filter((guests > 0) & (guests < nw.col("n"))).select("order_id")
    if lines.collect_schema()["order_id"] == nw.String:  # a rounded number stands for several orders
        partly = partly.filter(~nw.col("order_id").str.contains(ROUNDED_REGEX))
    theirs = join(lines.select("order_id", "customer_id", "ordered_at", "amount"), partly, on=["order_id"], how="inner")
    theirs = computed_once(theirs)
    known = theirs.filter(~nw.col("customer_id").is_null()).select("order_id", "customer_id").unique()
    owners = known.group_by("order_id").agg(n=nw.len(), __owner=nw.col("customer_id").min())
    spans = theirs.group_by("order_id").agg(first=nw.col("ordered_at").min(), last=nw.col("ordered_at").max())
    seconds = seconds_since_1970(nw.col("last")) - seconds_since_1970(nw.col("first"))
    one = owners.filter(nw.col("n") == 1).select("order_id", "__owner")
    one = join(one, spans.filter(seconds <= _SECONDS_OF_ORDER).select("order_id"), on=["order_id"], how="inner")
    one = computed_once(one)
    notes = _notes_of_guests(theirs.filter(nw.col("customer_id").is_null()), one)
    return _filled(lines, one), notes


def _filled(lines: Frame, owners: Frame) -> Frame:
    names = lines.collect_schema().names()
    filled = join(lines, owners, on=["order_id"], how="left")
    filled = filled.with_columns(customer_id=nw.coalesce("customer_id", "__owner")).select(*names)
    if not lines.implementation.is_pandas():
        return filled
    return wrap(filled.to_native().set_axis(lines.to_native().index))


def _notes_of_guests(guests: Frame, owners: Frame) -> list[Note]:
    matched = join(guests, owners, on=["order_id"], how="left")
    notes = []
    texts = {
        "customers_filled": (~nw.col("__owner").is_null(), "read as of the customer of the other lines of their order"),
        "customers_unsure": (
            nw.col("__owner").is_null(),
            (
                "left as guests, though their orders have customers on other lines: several, or on other days; fill in "
                "those that are known"
            ),
        ),
    }
    for code, (condition, text) in texts.items():
        rows = collect(matched.filter(condition).select("order_id", "amount"))
        if len(rows):
            n_orders, money = counted(rows["order_id"].n_unique(), "order"), float(rows["amount"].sum())
            sentence = f"{counted(len(rows), 'line')} without a customer ({n_orders}, money {money:,.2f}) {text}"
            notes.append(Note(sentence, code=code, count=len(rows)))
    return notes


def copies_notes(rows: Frame, columns: Sequence[nw.Expr], suspects: Frame | None, keys: Sequence[str]) -> list[Note]:
    """Return a note of exact copies of rows; only rows of the ``suspects`` are compared, by their ``keys``."""
    if suspects is not None and len(keys) == 1 and not is_lazy(rows):  # a join would sort all rows
        rows = rows.filter(nw.col(keys[0]).is_in(collect(suspects)[keys[0]].to_list()))
    elif suspects is not None:
        rows = join(rows, suspects, on=list(keys), how="inner")
    try:
        count = _copies(rows.select(*columns))
    except TypeError:  # of lists and other objects in pandas
        return []
    if not count:
        return []
    text = (
        f"{counted(count, 'exact copy', 'exact copies')} of other rows kept: give `duplicates='drop'` if files overlap"
    )
    return [Note(f"{text} or were read twice", code="copies_kept", count=count)]


def _copies(rows: Frame) -> int:
    distinct: Any = rows.unique(keep="any")
    if not is_lazy(rows):
        return len(rows) - len(distinct)  # type: ignore[arg-type]  # eager, hence of a length
    before, after = (int(collect(of.select(n=nw.len()))["n"].to_list()[0]) for of in (rows, distinct))
    return before - after
