"""From the tables to what is known of each cart."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from ..._core.checks import counted
from .._match.sort import Ints
from .._micro import DAY, length_to_microseconds, moment_to_microseconds
from .contents import Contents, read_contents
from .events import ONLY_ORDERS, Ids, Read, Trail, read_trail, sessions
from .lifecycle import NONE, Walk, walk
from .orders import LOW, read_orders, with_orders
from .reasons import (
    Flag,
    Records,
    out_of_stock,
    price_at,
    price_rise,
    read_prices,
    read_stock,
    reasons,
    seen_prices,
    unknown,
)
from .table import NAT, Facts, facts_of

WAY_OUT = ": put customers on the events with schema.identify, or an order_id on purchases"


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """The tables of a call, and its options; lengths of time are in microseconds but for `gap`."""

    events: object
    orders: object
    sales: object
    stock: object
    window: int
    gap: timedelta
    as_of: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    """Shares of the carts that were bought, and of the purchases, that are in the orders; NaN without orders."""

    carts: float = float("nan")
    purchases: float = float("nan")
    notes: tuple[str, ...] = ()
    warning: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Basis:
    """What is known of each cart, in the order of the trail."""

    trail: Trail
    found: Walk
    lines: Contents
    ids: Ids
    facts: Facts
    flags: dict[str, Flag]
    reason: "np.ndarray[Any, Any]"
    matched: Matched
    until: datetime | None
    notes: tuple[str, ...]


def read_carts(given: Given) -> Basis:
    """Read the events, find the carts, and look up what the other tables say."""
    read = read_trail(given.events, given.as_of)
    until = moment_to_microseconds(read.until)
    trail, known, said = _ordered(read, given)
    session = sessions(trail, given.gap)
    found = walk(trail, session, given.window)
    lines = read_contents(trail, session, found)
    prices, priced = (None, []) if given.sales is None else read_prices(given.sales, given.events, read.ids)
    stock, stocked = (None, []) if given.stock is None else read_stock(given.stock, given.events, read.ids)
    if prices is not None:
        lines = lines.priced(price_at(prices, lines.product, lines.added))
    facts = facts_of(trail, session, found, lines, until, given.window, length_to_microseconds(given.gap))
    flags = _flags(trail, found, lines, facts, until, prices, stock)
    return Basis(
        trail=trail,
        found=found,
        lines=lines,
        ids=read.ids,
        facts=facts,
        flags=flags,
        reason=reasons(facts.step, flags, facts.left != NAT),
        matched=_matched(trail, found, known, said),
        until=read.until,
        notes=(*read.notes, *priced, *stocked, *_outside(found)),
    )


def _ordered(read: Read, given: Given) -> tuple[Trail, Any, list[str]]:
    """Put the orders into the trail, where there are any."""
    if given.orders is None:
        return read.trail, None, []
    orders, said = read_orders(given.orders, given.events, read.ids, read.until)
    trail, known = with_orders(read, orders, given.gap)
    return trail, known, said


def _flags(
    trail: Trail,
    found: Walk,
    lines: Contents,
    facts: Facts,
    until: int,
    prices: Records | None,
    stock: Records | None,
) -> dict[str, Flag]:
    """Look up prices and stock of what was in the carts that were left."""
    n = len(found.start)
    flags = dict.fromkeys(("out_of_stock", "price_rise", "out_of_stock_later"), unknown(n))
    if prices is not None:
        flags["price_rise"] = price_rise(lines, lines.product, prices, found.left, n)
    elif (trail.quantity > 0).any():
        flags["price_rise"] = _by_events(trail, found, lines, n)
    if stock is not None:
        left = found.left[lines.cart] // DAY
        end = np.where(found.close == NONE, np.minimum(found.deadline, until), facts.bought)[lines.cart] // DAY
        flags["out_of_stock"] = out_of_stock(lines, stock, lines.added // DAY, left, lines.abandoned, n)
        flags["out_of_stock_later"] = out_of_stock(lines, stock, left + 1, np.maximum(end, left), lines.units, n)
    was_left = facts.left != NAT
    return {name: replace(flag, known=flag.known & was_left) for name, flag in flags.items()}


def _by_events(trail: Trail, found: Walk, lines: Contents, n: int) -> Flag:
    """Compare the prices that the person saw, where units are known."""
    scale = int(trail.product.max()) + 2
    person = trail.person[found.start][lines.cart]
    prices = seen_prices(trail, trail.person * scale + trail.product + 1)
    named: Ints = np.where(lines.product >= 0, person * scale + lines.product + 1, -1)
    return price_rise(lines, named, prices, found.left, n)


def _outside(found: Walk) -> list[str]:
    """Tell of purchases and touches that are of no cart."""
    notes, out = [], found.outside
    words = {"none": "without any", "beside": "of products that were not in it", "late": "after its window"}
    total = sum(out[name] for name in words)
    if total:
        said = ", ".join(f"{out[name]:,} {text}" for name, text in words.items() if out[name])
        notes.append(f"{total:,} of {counted(out['purchases'], 'purchase')} bought no open cart: {said}")
    if out["touches"]:
        notes.append(f"{counted(out['touches'], 'removal, view or checkout step')} without an open cart left out")
    return notes


def _matched(trail: Trail, found: Walk, known: Any, said: list[str]) -> Matched:
    """Tell how many of the carts that were bought, and of the purchases, are in the orders."""
    if known is None:
        return Matched()
    flag = trail.order[found.close[found.close != NONE]]
    shares: dict[str, tuple[float, str]] = {}
    if len(flag):
        words = f"{int((flag > 0).sum()):,} of {counted(len(flag), 'cart')} that were bought are in the orders"
        only = int((flag == ONLY_ORDERS).sum())
        words += f", {only:,} of them by a purchase that no event is" if only else ""
        shares["carts"] = float((flag > 0).mean()), words
    if len(known):
        words = f"{int(known.sum()):,} of {counted(len(known), 'purchase event')} are in the orders"
        shares["purchases"] = float(known.mean()), words
    low, words = min(shares.values(), default=(1.0, ""))
    return Matched(
        **{name: share for name, (share, _) in shares.items()},
        notes=(*said, *(words for _, words in shares.values())),
        warning=words + WAY_OUT if low < LOW else "",
    )
