"""Draws that every generator shares: streams of chance, Zipf weights, choice without replacement."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Generic, TypeAlias, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .._core.checks import instance, integer, show

Rng: TypeAlias = int | np.random.Generator
Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]
Bools: TypeAlias = NDArray[np.bool_]

MAX_COUNT = 10_000_000
"""The most customers, orders, products or periods of a draw: beyond it a table no longer fits into memory."""
MAX_CELLS = 500_000_000
"""Products by days of a draw."""
MAX_DAYS = 36_525
"""A hundred years."""
MIN_YEAR, MAX_YEAR = 1970, 2100
"""Years of the first day, so that all days are times that every library knows."""

DAY = 86_400_000_000
"""Microseconds in a day."""

REJECTION_ROUNDS = 40
"""Rounds of redrawing before the few slow orders are finished by ranking all products."""

Truth_co = TypeVar("Truth_co", covariant=True)
Settings = TypeVar("Settings")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Simulated(Generic[Truth_co]):
    """A simulated canonical table and the truth that it was drawn from.

    Attributes
    ----------
    table : pandas.DataFrame
        The table in canonical names, as a shop would see it.
    truth : object
        What no shop sees: a table or a frozen object, as each generator says.

    Examples
    --------
    >>> from ecommine import datasets
    >>> drawn = datasets.make_customers(3, days=30)
    >>> list(drawn.table.columns)
    ['customer_id', 'registered_at']
    """

    table: pd.DataFrame
    truth: Truth_co


def generator(rng: Rng) -> np.random.Generator:
    """Return a Generator from a seed or from a Generator.

    Raises
    ------
    TypeError
        If ``rng`` is neither a whole number nor a Generator.
    ValueError
        If the seed is negative.
    """
    if isinstance(rng, np.random.Generator):
        return rng
    if isinstance(rng, bool | np.timedelta64) or not isinstance(rng, int | np.integer):
        raise TypeError(f"`rng` must be a whole number or a numpy.random.Generator, got {show(rng)}")
    if rng < 0:
        raise ValueError(f"`rng` must be at least 0, got {show(rng)}")
    return np.random.default_rng(int(rng))


def spawn_generators(rng: Rng, count: int) -> list[np.random.Generator]:
    """Split one source of chance into independent ones, so that one part's settings never move another part."""
    return generator(rng).spawn(count)


def zipf_weights(n: int, exponent: float) -> Floats:
    """Shares proportional to rank ** -exponent, the largest first; they add up to one."""
    weights = np.arange(1, n + 1, dtype=np.float64) ** -exponent
    return np.asarray(weights / weights.sum(), dtype=np.float64)


def cumulative_weights(weights: Floats) -> Floats:
    """Turn rows of weights into one increasing array: row r runs from r to r + 1."""
    total = np.cumsum(weights, axis=1)
    total /= total[:, -1:]
    total += np.arange(len(weights), dtype=np.float64)[:, None]
    return np.asarray(total.ravel(), dtype=np.float64)


def draw_columns(rng: np.random.Generator, steps: Floats, n_columns: int, rows: Ints) -> Ints:
    """Draw one column for each entry of ``rows`` from the weights behind ``steps`` (see `cumulative_weights`)."""
    level = rows + (1.0 - rng.random(len(rows)))
    flat = np.searchsorted(steps, level, side="left") - rows * n_columns
    return np.asarray(np.clip(flat, 0, n_columns - 1), dtype=np.int64)


def expand_runs(lengths: Ints) -> tuple[Ints, Ints]:
    """Expand run lengths into (which run, position in the run) for each element.

    Examples
    --------
    >>> run, position = expand_runs(np.array([2, 0, 1]))
    >>> run.tolist(), position.tolist()
    ([0, 0, 2], [0, 1, 0])
    """
    run = np.repeat(np.arange(len(lengths), dtype=np.int64), lengths)
    first = np.cumsum(lengths) - lengths
    return run, np.arange(len(run), dtype=np.int64) - first[run]


@dataclass(frozen=True, slots=True, kw_only=True)
class Taste:
    """The favourite products of a customer, as a fixed function of customer and product: no table is kept."""

    owner: Ints  # customer of each order
    factor: float  # how many times more likely a favourite is chosen
    share: float  # share of products that a customer favours
    salt: int

    def weight(self, order: Ints, product: Ints) -> Floats:
        """Weight in [0, 1]: one for a favourite, 1 / factor for the rest."""
        favoured = _uniform(self.owner[order], product, self.salt) < self.share
        return np.where(favoured, 1.0, 1.0 / self.factor)


def _uniform(a: Ints, b: Ints, salt: int) -> Floats:
    """Hash two whole numbers to a number in [0, 1) (the finaliser of splitmix64, Steele et al. 2014)."""
    x = a.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + b.astype(np.uint64) + np.uint64(salt)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        x = (x ^ (x >> np.uint64(shift))) * np.uint64(factor)
    x ^= x >> np.uint64(31)
    return (x >> np.uint64(11)).astype(np.float64) * 2.0**-53


def distinct_items(
    rng: np.random.Generator,
    weights: Floats,
    rows: Ints,
    sizes: Ints,
    *,
    given: Ints,
    taste: Taste | None = None,
) -> Ints:
    """Draw ``sizes[o]`` different products for each order o, one after another by weight, without replacement.

    Products are drawn with replacement and repeats are drawn again, which is the same law. ``weights`` has one row
    of products for each kind of order, ``rows`` tells each order's row, ``given`` are keys that are in the basket
    from the start. Returns sorted keys, order * n_products + product.
    """
    n_products = weights.shape[1]
    steps = cumulative_weights(weights)
    open_keys = np.sort(given)
    missing = sizes - np.bincount(given // n_products, minlength=len(sizes))
    closed: list[Ints] = []
    for _ in range(REJECTION_ROUNDS):
        waiting = np.repeat(np.arange(len(sizes), dtype=np.int64), missing)
        if not len(waiting):
            break
        product = draw_columns(rng, steps, n_products, rows[waiting])
        if taste is not None:
            kept = rng.random(len(waiting)) < taste.weight(waiting, product)
            waiting, product = waiting[kept], product[kept]
        fresh = _absent(np.unique(waiting * n_products + product), open_keys)
        missing -= np.bincount(fresh // n_products, minlength=len(sizes))
        open_keys = np.sort(np.concatenate([open_keys, fresh]), kind="stable")
        done = missing[open_keys // n_products] == 0
        closed.append(open_keys[done])
        open_keys = open_keys[~done]
    closed.append(_ranked(rng, weights, rows, missing, open_keys, taste))
    return np.sort(np.concatenate(closed), kind="stable")


def _absent(keys: Ints, known: Ints) -> Ints:
    """Keep the keys that are not among the sorted known ones."""
    if not len(known):
        return keys
    index = np.minimum(np.searchsorted(known, keys), len(known) - 1)
    return np.asarray(keys[known[index] != keys], dtype=np.int64)


def _ranked(
    rng: np.random.Generator, weights: Floats, rows: Ints, missing: Ints, known: Ints, taste: Taste | None
) -> Ints:
    """Finish open orders by exponential clocks: the products whose clocks ring first (the same law again)."""
    n_products = weights.shape[1]
    orders = np.flatnonzero(missing)
    kept = [known]
    for block in np.array_split(orders, max(1, len(orders) * n_products // 2_000_000)):
        odds = weights[rows[block]]
        if taste is not None:
            odds = odds * taste.weight(np.repeat(block, n_products), np.tile(_all(n_products), len(block))).reshape(
                odds.shape
            )
        with np.errstate(divide="ignore"):
            clock = rng.exponential(size=odds.shape) / odds
        in_block = known[np.isin(known // n_products, block)]
        clock[np.searchsorted(block, in_block // n_products), in_block % n_products] = np.inf
        order, rank = expand_runs(missing[block])
        first = np.argsort(clock, axis=1, kind="stable")
        kept.append(block[order] * n_products + first[order, rank])
    return np.concatenate(kept)


def _all(n: int) -> Ints:
    return np.arange(n, dtype=np.int64)


def timestamps(start: np.datetime64, microseconds: Ints) -> "pd.Series[Any]":
    """Naive times from microseconds after ``start``."""
    return pd.Series(start.astype("datetime64[us]") + microseconds.astype("timedelta64[us]"))


def text_column(codes: Ints, names: Sequence[str]) -> "pd.Series[Any]":
    """Column of text from codes into a few names."""
    return pd.Series(list(names)).take(codes).reset_index(drop=True)


def draw_count(name: str, value: object, *, low: int = 1) -> int:
    """Return how many are to be drawn: a whole number that a table in memory holds."""
    return integer(name, value, low=low, cap=MAX_COUNT)


def check_cells(rows: int, columns: int, *, names: str) -> None:
    """Raise for a matrix of products and days that no memory holds."""
    if rows * columns > MAX_CELLS:
        raise ValueError(f"{names} must be at most {MAX_CELLS:,}, got {rows:,} x {columns:,}")


def settings_of(name: str, value: object, kind: type[Settings]) -> Settings:
    """Return the settings that are given, or those by default for None."""
    return kind() if value is None else instance(name, value, kind)


def parse_day(start: str) -> np.datetime64:
    """Read a day written as text.

    Raises
    ------
    TypeError, ValueError
        If ``start`` is not a day such as "2024-01-01".
    """
    if not isinstance(start, str):
        raise TypeError(f"`start` must be a day as text such as '2024-01-01', got {show(start)}")
    try:
        day = date.fromisoformat(start)  # NumPy would read "" as no day and "now" as today
    except ValueError:
        raise ValueError(f"`start` must be a day such as '2024-01-01', got {show(start)}") from None
    if not MIN_YEAR <= day.year <= MAX_YEAR:
        raise ValueError(f"`start` must be in the years {MIN_YEAR} to {MAX_YEAR}, got {show(start)}")
    return np.datetime64(day, "D")
