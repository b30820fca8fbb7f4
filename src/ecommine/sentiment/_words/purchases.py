"""Which purchase each review is about, and whether it came back in time."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from ..._core.arrays import Bools, Ints, Times, distinct_rows, latest_record, sort_order
from ..._core.moments import length_to_microseconds, moment_to_microseconds
from ..._core.notes import Note
from .._columns import NO_TIME, count_notes

NOT_BACK = -1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OrderLines:
    """Order lines, or reviews, by their ids as whole numbers (-1 where missing) and their times; shape (n,)."""

    order: Ints
    customer: Ints
    product: Ints
    time: Times

    def take(self, rows: Any) -> "OrderLines":
        """Return some of them."""
        return OrderLines(**{name: getattr(self, name)[rows] for name in OrderLines.__dataclass_fields__})


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Purchases:
    """What was bought of a product in an order, sorted by customer, product and time.

    ``returned_at`` is the first time that units of it came back, -1 where none did.
    """

    lines: OrderLines
    returned_at: Times
    n_unmatched_returns: int


def purchases_with_returns(lines: OrderLines, units: Any, is_return: Bools) -> Purchases:
    """Match returns with purchases: of the same order and product, else the customer's last ones of the product."""
    bought, quantity = _merged(lines.take(~is_return), units[~is_return])
    back, back_units = lines.take(is_return), np.abs(units[is_return])
    order = sort_order(back.time, back.order, back.product)
    back, back_units = back.take(order), back_units[order]
    at = _purchase_of_order(bought, back.order, back.product, back.time)
    key, at_key = _joint(bought.customer, bought.product, back.customer, back.product)
    latest = latest_record(key, bought.time, at_key, back.time)
    latest[back.customer < 0] = -1
    returned_at = np.full(len(quantity), NOT_BACK)
    left = quantity.astype(np.float64)
    n_unmatched = 0
    for i in range(len(order)):
        place = int(at[i]) if at[i] >= 0 else _with_units_left(left, key, int(latest[i]))
        if place < 0:
            n_unmatched += 1
            continue
        left[place] -= float(back_units[i])
        returned_at[place] = back.time[i] if returned_at[place] < 0 else min(returned_at[place], int(back.time[i]))
    return Purchases(lines=bought, returned_at=returned_at, n_unmatched_returns=n_unmatched)


def _merged(lines: OrderLines, units: Any) -> tuple[OrderLines, Any]:
    """Return one row per order and product, sorted by customer, product and time."""
    purchase, first = distinct_rows(lines.order, lines.product) if len(lines.time) else (lines.order, lines.order)
    merged, quantity = lines.take(first), np.bincount(purchase, weights=units, minlength=len(first))
    order = sort_order(merged.customer, merged.product, merged.time, merged.order)
    return merged.take(order), quantity[order]


def _joint(customer: Ints, product: Ints, other_customer: Ints, other_product: Ints) -> tuple[Ints, Ints]:
    """Return customer and product of two tables as one number, which keeps their order."""
    scale = int(max(product.max(initial=0), other_product.max(initial=0))) + 2
    return customer * scale + product + 1, other_customer * scale + other_product + 1


def _purchase_of_order(bought: OrderLines, order: Ints, product: Ints, time: Times) -> Ints:
    """Return the purchase of each order and product, -1 where there is none, or it is later."""
    key, at_key = _joint(bought.order, bought.product, order, product)
    if not len(key):
        return np.full(len(order), -1)
    by_key = np.argsort(key, kind="stable")
    found = by_key[np.minimum(np.searchsorted(key[by_key], at_key), len(key) - 1)]
    is_there = (key[found] == at_key) & (order >= 0) & (bought.time[found] <= time)
    return np.where(is_there, found, -1)


def _with_units_left(left: Any, key: Ints, place: int) -> int:
    """Return the last purchase of the customer and product, from a place backwards, that has units left."""
    first = place
    while place >= 0 and key[place] == key[first]:
        if left[place] > 0:
            return place
        place -= 1
    return first


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Matched:
    """The purchase of each review (-1 without one), and of each purchase whether it counts and came back."""

    purchase: Ints
    is_counted: Bools
    is_returned: Bools
    is_open: Bools
    is_late: Bools


def match_reviews(purchases: Purchases, reviews: OrderLines, window: timedelta, as_of: datetime) -> Matched:
    """Find the purchase of each review: by the order where it is given, else the last one before the review."""
    lines = purchases.lines
    by_order = _purchase_of_order(
        lines, reviews.order, reviews.product, np.where(reviews.time == NO_TIME, 1 << 62, reviews.time)
    )
    key, at_key = _joint(lines.customer, lines.product, reviews.customer, reviews.product)
    latest = latest_record(key, lines.time, at_key, reviews.time)
    latest[(reviews.customer < 0) | (reviews.time == NO_TIME)] = -1
    purchase = np.where(reviews.order >= 0, by_order, latest)
    length, end = length_to_microseconds(window), moment_to_microseconds(as_of)
    is_open = lines.time + length > end
    is_back = purchases.returned_at >= 0
    is_late = is_back & (purchases.returned_at > lines.time + length)
    return Matched(
        purchase=purchase,
        is_counted=~is_open & ~is_late,
        is_returned=is_back & ~is_late & ~is_open,
        is_open=is_open,
        is_late=is_late & ~is_open,
    )


def match_notes(matched: Matched, n_unmatched_returns: int) -> list[Note]:
    """Return notes of reviews without a purchase, of open windows, of late returns and of returns of nothing."""
    of = matched.purchase[matched.purchase >= 0]
    n_without = int((matched.purchase < 0).sum())
    n_open, n_late = int(matched.is_open[of].sum()), int(matched.is_late[of].sum())
    return count_notes(
        ("reviews_without_purchase", n_without, "review", "without a purchase before it left out"),
        ("open_return_windows", n_open, "review", "of purchases that can still be returned left out"),
        ("late_returns", n_late, "review", "of purchases returned after the window left out"),
        ("returns_without_purchase", n_unmatched_returns, "return", "of purchases that are not in the orders left out"),
    )
