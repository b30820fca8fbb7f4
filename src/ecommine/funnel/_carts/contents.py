"""What is in each cart: units and money of each product, when it was left, at the end, and after the purchase."""

from dataclasses import dataclass, replace

import numpy as np

from .._curves import Floats
from .._log.log import run_starts
from .._match.sort import Ints
from .._micro import Times
from .events import ADD, PURCHASE, REMOVE, UNNAMED, Flags, Trail
from .lifecycle import NONE, Walk

LEAST = 1e-9
"""Units below which nothing is there: parts of units do not add up to the last bit."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Contents:
    """Products of carts, sorted by cart and product; each array of shape (n_lines,).

    Attributes
    ----------
    cart, product : int arrays
        Position of the cart, code of the product.
    abandoned, units, rest : float arrays
        Units when the first session ended, at the end (before a purchase), and after it.
    price : float array
        Mean price at which the units were put in, NaN where unknown.
    added : int64 array
        When the product was put in first (microseconds).
    """

    cart: Ints
    product: Ints
    abandoned: Floats
    units: Floats
    rest: Floats
    price: Floats
    added: Times

    def priced(self, price: Floats) -> "Contents":
        """Fill in prices that are not known."""
        return replace(self, price=np.where(np.isnan(self.price), price, self.price))

    def value(self, units: Floats, n: int) -> Floats:
        """Sum up the known money of each of ``n`` carts: NaN where something is in it, and no price of it is known."""
        known = (units > LEAST) & ~np.isnan(self.price)
        money = np.bincount(self.cart[known], (units * self.price)[known], minlength=n)
        return np.where((self._priced(units, n) == 0) & (self.kinds(units, n) > 0), np.nan, money)

    def too_low(self, units: Floats, n: int) -> Flags:
        """Tell which carts have a known value that lacks the money of a product: no price of that is known."""
        priced = self._priced(units, n)
        return np.asarray((priced > 0) & (priced < self.kinds(units, n)))

    def _priced(self, units: Floats, n: int) -> Ints:
        return self.kinds(np.where(np.isnan(self.price), 0.0, units), n)

    def kinds(self, units: Floats, n: int) -> Ints:
        """Count the products in each cart."""
        return np.bincount(self.cart[units > LEAST], minlength=n)

    def total(self, units: Floats, n: int) -> Floats:
        """Sum up the units in each cart."""
        total = np.bincount(self.cart, np.where(units > LEAST, units, 0.0), minlength=n)
        return total.astype(np.float64)  # of no carts at all it would count


def read_contents(trail: Trail, session: Ints, found: Walk) -> Contents:
    """Follow what is put in and taken out."""
    moves = np.flatnonzero((found.cart != NONE) & ((trail.kind == ADD) | (trail.kind == REMOVE)))
    scale = int(trail.product.max(initial=UNNAMED)) + 2
    key = found.cart[moves] * scale + trail.product[moves] + 1
    order = np.argsort(key, kind="stable")
    moves, key = moves[order], key[order]
    new = run_starts(key)
    begins, line = np.flatnonzero(new), np.cumsum(new) - 1
    cart, n = found.cart[moves[begins]], len(begins)
    quantity, counts = _quantity(trail, moves)
    adds = trail.kind[moves] == ADD
    units = _running(line, np.where(adds, quantity, -quantity), ~adds & ~counts)
    ends = np.append(begins[1:], len(moves)) - 1
    first = np.bincount(line, session[moves] == session[found.start[found.cart[moves]]], minlength=n).astype(np.int64)
    left = np.where(first > 0, units[begins + np.maximum(first, 1) - 1], 0.0) if n else units
    last = units[ends] if n else units
    return Contents(
        cart=cart,
        product=trail.product[moves[begins]],
        abandoned=left,
        units=last,
        rest=_rest(trail, found, key[begins], cart, last, scale),
        price=_price(line, quantity, np.where(adds, trail.value[moves], np.nan), n),
        added=_first_added(trail.time[moves], adds, line, n),
    )


def _quantity(trail: Trail, rows: Ints) -> tuple[Floats, Flags]:
    """Return the units of each event, one where they are not known, and whether they are known."""
    given = trail.quantity[rows]
    counts = given > 0  # false for NaN too
    return np.where(counts, given, 1.0), counts


def _running(line: Ints, change: Floats, emptied: Flags) -> Floats:
    """Sum up the changes of each line: never below zero, and from zero again where it is emptied.

    The sum without a floor, less its lowest value below zero so far, is the sum with one (Lindley's recursion).
    """
    part = np.cumsum(run_starts(line) | emptied) - 1
    change = np.where(emptied, 0.0, change)
    units = _since(np.cumsum(change), change, part)
    low = np.flatnonzero(np.isin(part, part[units < 0]))
    if len(low):
        span = float(units[low].max() - units[low].min()) + 1
        apart = span * np.cumsum(run_starts(part[low]))
        lowest = np.minimum.accumulate(units[low] - apart) + apart
        units[low] -= np.minimum(lowest, 0.0)
    return units


def _since(total: Floats, change: Floats, part: Ints) -> Floats:
    """Let a running sum begin anew in each part."""
    if not len(part):
        return total
    begins = np.flatnonzero(run_starts(part))
    return total - (total[begins] - change[begins])[part]


def _price(line: Ints, quantity: Floats, value: Floats, n: int) -> Floats:
    known = ~np.isnan(value)
    money = np.bincount(line[known], value[known], minlength=n)
    units = np.bincount(line[known], quantity[known], minlength=n)
    price: Floats = np.divide(money, units, out=np.full(n, np.nan), where=units > 0)
    return price


def _first_added(time: Times, adds: Flags, line: Ints, n: int) -> Times:
    """Find when each line was put in first; for one that is only taken out, which holds nothing, when that was."""
    first = np.zeros(n, dtype=np.int64)
    for rows in (np.arange(len(line)), np.flatnonzero(adds)):
        first[line[rows[::-1]]] = time[rows[::-1]]  # of several the earliest is written last
    return first


def _rest(trail: Trail, found: Walk, keys: Ints, cart: Ints, units: Floats, scale: int) -> Floats:
    """Take what was bought out of the carts: all where the purchase names nothing."""
    bought = np.flatnonzero((found.cart != NONE) & (trail.kind == PURCHASE))
    n, mine = len(keys), found.cart[bought]
    all_ = np.zeros(len(found.start), dtype=bool)
    all_[mine[trail.product[bought] == UNNAMED]] = True
    named = found.by_name[bought]
    quantity, counts = _quantity(trail, bought)
    at = np.searchsorted(keys, mine * scale + np.where(named, trail.product[bought], UNNAMED) + 1)
    there = at < n
    there[there] = keys[at[there]] == (mine * scale + np.where(named, trail.product[bought], UNNAMED) + 1)[there]
    whole = np.zeros(n, dtype=bool)
    whole[at[there & ~(named & counts)]] = True
    taken = np.bincount(at[there & named & counts], quantity[there & named & counts], minlength=n)
    return np.where(whole | all_[cart], 0.0, np.maximum(units - taken, 0.0))
