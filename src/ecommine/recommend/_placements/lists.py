"""What placements share: which products may be shown, bestsellers that fill a list up, and the notes of short lists."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..._core.arrays import Bools, Ints
from ..._core.checks import hashable_values, integer
from ..._core.codes import Labels, factorize_sorted, whole_ids
from ..._core.frames import collect, opened
from ..._core.notes import Note
from ..._core.texts import counted
from .._rank import tie_ranks
from .._read.products import Products, codes_of

MAX_K = 1_000


def checked_k(k: object) -> int:
    """Return the length of a list."""
    return integer("k", k, low=1, cap=MAX_K)


def ids_of(value: object, column: str, *, argument: str) -> Labels:
    """Return the distinct ids of a list, a column or a table, ascending."""
    if hasattr(type(value), "columns"):
        frame = opened(value, argument=argument)
        if column not in frame.collect_schema().names():
            raise ValueError(f"`{argument}` must be ids or a table with {column}, which it does not have")
        series = collect(frame.select(column))[column]
        return whole_ids(factorize_sorted(series, argument=f"`{argument}`: ids")[1])
    members = hashable_values(argument, value, of=f"{column}s")
    kinds = {isinstance(one, str) for one in members}
    if len(kinds) > 1 or any(isinstance(one, bool | bytes | tuple) for one in members):
        raise TypeError(f"`{argument}` must be {column}s of one kind, text or whole numbers, got {members[:3]!r}")
    if not members:
        return np.zeros(0, dtype=object)
    if kinds == {True}:
        return np.array(sorted(set(members)), dtype=object)
    try:
        return np.unique(whole_ids(np.array(members)))
    except (OverflowError, TypeError, ValueError):
        raise TypeError(
            f"`{argument}` must be {column}s of one kind, text or whole numbers, got {members[:3]!r}"
        ) from None


def allowed_products(products: Products, day: int, available: object | None, *, argument: str = "available") -> Bools:
    """Return which products may be shown: launched by the day of `as_of`, and available."""
    if available is None:
        return products.is_launched(day)
    is_there = np.zeros(len(products.ids), dtype=bool)
    codes = codes_of(products.ids, ids_of(available, "product_id", argument=argument))
    is_there[codes[codes >= 0]] = True
    return is_there & products.is_launched(day)


def bestsellers(recent: Ints, allowed: Bools) -> Ints:
    """Return the codes of products with recent customers that may be shown, the best first."""
    order = np.argsort(tie_ranks(recent), kind="stable")
    return np.asarray(order[allowed[order] & (recent[order] > 0)])


def fill_up(
    owner: Ints, product: Ints, n_lists: int, k: int, best: Ints, blocked: Sequence[set[int]]
) -> tuple[Ints, Ints]:
    """Return owner and product of the bestsellers that fill short lists; none that is blocked or in the list.

    Examples
    --------
    >>> fill_up(np.array([0]), np.array([7]), 2, 2, np.array([7, 5, 3]), [set(), {7}])
    (array([0, 1, 1]), array([5, 5, 3]))
    """
    counts = np.bincount(owner, minlength=n_lists)
    bounds = np.searchsorted(owner, np.arange(n_lists + 1))
    owners: list[int] = []
    products: list[int] = []
    for one in np.flatnonzero(counts < k).tolist():
        shown = blocked[one] | set(product[bounds[one] : bounds[one + 1]].tolist()) if blocked else set()
        missing = k - int(counts[one])
        added: list[int] = []
        for code in best.tolist():
            if len(added) == missing:
                break
            if code not in shown:
                added.append(code)
        owners += [one] * len(added)
        products += added
    return np.array(owners, dtype=np.int64), np.array(products, dtype=np.int64)


def short_lists(owner: Ints, n_lists: int, k: int) -> list[Note]:
    """Return a note of lists with fewer than k products."""
    short = int((np.bincount(owner, minlength=n_lists) < k).sum())
    if not short:
        return []
    few = "without any product: none" if k == 1 else f"with fewer than {k:,} products: no more"
    text = f"{counted(short, 'list')} {few} can be shown"
    return [Note(text, code="short_lists", count=short)]


def ranked(owner: Ints, product: Ints, value: Any, is_first: Any, tie: Ints) -> Ints:
    """Return the order of rows by owner; ranked ones before those that fill up, then by value and ties."""
    from .._rank import micro_units

    return np.lexsort((tie[product], -micro_units(value), ~is_first, owner))
