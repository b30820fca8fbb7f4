"""What follows each search: clicks, another search, purchases and their money."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

import numpy as np

from ..._core.arrays import Bools, Floats, Ints
from .read import Trail, micro_seconds

Credit = Literal["clicked", "last"]
OPENED = ("select_item", "view_item")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Followed:
    """One value a search, in the order of the trail.

    Attributes
    ----------
    query, unit : int arrays of shape (n_searches,)
        The query (-1 unknown) and the visitor.
    results : float array of shape (n_searches,)
        Results, NaN where unknown.
    clicked, exits, bought : bool arrays of shape (n_searches,)
        Whether a result was clicked before the next search, nothing followed, a purchase is credited.
    after, next_query : int array of shape (n_searches,)
        The search by which this one was replaced, and its query; -1 where it was not.
    money : float array of shape (n_searches,)
        The value of the purchases credited.
    over, mature : bool arrays of shape (n_searches,)
        Whether the session is over, and whether purchases can no longer be credited.
    has_money, has_purchases : bool
        Whether the log tells values, and purchases.
    notes : tuple of str
        What was assumed.
    """

    query: Ints
    unit: Ints
    results: Floats
    clicked: Bools
    exits: Bools
    after: Ints
    next_query: Ints
    bought: Bools
    money: Floats
    over: Bools
    mature: Bools
    has_money: bool
    has_purchases: bool
    notes: tuple[str, ...]


def follow(trail: Trail, *, gap: timedelta, within: timedelta | None, retry: timedelta, credit: Credit) -> Followed:
    """Find what follows each search."""
    count = len(trail.head)
    clicks = trail.is_event(trail.click)
    clicked = np.bincount(trail.search[clicks & (trail.search >= 0)], minlength=count) > 0
    over = trail.over(gap)
    mature = over if within is None else trail.until() - trail.time[trail.head] >= micro_seconds(within)
    paid = np.flatnonzero(trail.is_event("purchase"))
    owner, notes = _owners(trail, paid, within, credit)
    values = trail.floats("value")
    known = owner >= 0
    money = np.zeros(len(paid)) if values is None else values[paid]
    missing = int(np.isnan(money).sum())
    if values is not None and missing:
        notes.append(f"{missing:,} of {len(paid):,} purchases have no value: they count as bought, without money")
    after = _replaced(trail, clicked, retry)
    return Followed(
        query=trail.query,
        unit=trail.unit[trail.head],
        results=trail.results,
        clicked=clicked,
        exits=trail.exits,
        after=after,
        next_query=np.where(after >= 0, trail.query[after], -1) if count else after,
        bought=np.bincount(owner[known], minlength=count) > 0,
        money=np.bincount(owner[known], np.nan_to_num(money[known]), minlength=count).astype(np.float64),
        over=over,
        mature=mature,
        has_money=values is not None and bool(missing < len(paid)),
        has_purchases=bool(len(paid)),
        notes=tuple(notes),
    )


def _replaced(trail: Trail, clicked: Bools, retry: timedelta) -> Ints:
    """Return the search by which each one was replaced: the next of the session, soon, by another query, no click."""
    head, after = trail.head, np.full(len(trail.head), -1)
    if len(head) < 2:  # there is no pair
        return after
    session, query, time = trail.session[head], trail.query, trail.time[head]
    same = (session[1:] == session[:-1]) & (np.diff(time) <= micro_seconds(retry)) & ~clicked[:-1]
    other = (query[1:] != query[:-1]) & (query[1:] >= 0) & (query[:-1] >= 0)
    after[:-1] = np.where(same & other, np.arange(1, len(head)), -1)
    return after


def _owners(trail: Trail, paid: Ints, within: timedelta | None, credit: Credit) -> tuple[Ints, list[str]]:
    """Credit each purchase to a search, -1 where there is none."""
    owner = trail.search[paid] if within is None else _last_of_visitor(trail, paid)
    notes = []
    if credit == "clicked" and len(paid) and len(trail.head):
        product, opened = _products(trail), trail.is_event(*OPENED) & (trail.search >= 0)
        if product is not None and (product[paid] >= 0).any() and (product[opened] >= 0).any():
            group = trail.session if within is None else trail.unit
            owner = np.where(product[paid] >= 0, _last_opened(trail, paid, opened, product, group), owner)
        else:
            notes.append("clicks and purchases do not name products: a purchase is credited to the last search before")
    if within is not None and len(trail.head):
        late = trail.time[paid] - trail.time[trail.head[np.maximum(owner, 0)]] > micro_seconds(within)
        owner = np.where(late, -1, owner)
    lost = int((owner < 0).sum())
    if lost:
        notes.append(f"{lost:,} of {len(paid):,} purchases are credited to no search")
    return owner, notes


def _products(trail: Trail) -> Ints | None:
    return trail.log.codes("product_id")[0][trail.order] if trail.log.has("product_id") else None


def _last_of_visitor(trail: Trail, paid: Ints) -> Ints:
    """Return the visitor's last search before each purchase, whatever the session."""
    number = np.full(len(trail.unit), -1)
    number[trail.order[trail.head]] = np.arange(len(trail.head))
    place = trail.order[paid]
    last = np.maximum.accumulate(np.where(number >= 0, np.arange(len(number)), -1))[place]
    unit = trail.log.unit
    return np.where((last >= 0) & (unit[np.maximum(last, 0)] == unit[place]), number[last], -1)


def _last_opened(trail: Trail, paid: Ints, opened: Bools, product: Ints, group: Ints) -> Ints:
    """Return the search under which the product of each purchase was opened last."""
    buys = np.zeros(len(group), dtype=bool)
    buys[paid] = True
    buyer = np.zeros(int(group.max()) + 1, dtype=bool)
    buyer[group[paid]] = True
    rows = np.flatnonzero((opened | buys) & (product >= 0) & buyer[group])
    key = group[rows] * (int(product.max()) + 1) + product[rows]
    order = np.lexsort([trail.order[rows], key])
    rows, key = rows[order], key[order]
    place = np.arange(len(rows))
    last = np.maximum.accumulate(np.where(opened[rows], place, -1))
    there = (last >= 0) & (key[np.maximum(last, 0)] == key)
    owner = np.full(len(group), -1)
    owner[rows] = np.where(there, trail.search[rows[np.maximum(last, 0)]], -1)
    return owner[paid]
