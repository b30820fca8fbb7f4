"""Membership tiers by money in a moving window: who holds which, until when, and what the next one takes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar, cast

import narwhals.stable.v2 as nw
import numpy as np
from narwhals.stable.v2.typing import IntoFrameT

from .._core.arrays import Bools, Ints
from .._core.checks import number, one_of, show
from .._core.codes import Labels, factorize_sorted, whole_ids
from .._core.engines import tell_library_errors
from .._core.frames import MICRO, collect, day_number, day_of, micro, whole_micro
from .._core.notes import Note
from .._core.results import Result
from .._core.tables import build_table
from .._core.texts import LOCALES, Locale, counted
from .._stats.arrays import divide
from ..schema._for_topics import MAX_MONEY
from ._customers.read import (
    CustomerLines,
    Moment,
    hand_back_customers,
    note_without_orders,
    order_lines,
    product_money,
    read_lines,
)
from ._life.stages import FAR, as_times, whole_days
from ._life.tier_replay import Replay, TierChanges, TierRules, TierSize, replay, tier_sizes, window_balances
from ._summary import tier_sentences

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TableT_co = TypeVar("TableT_co", covariant=True)
Downgrade = Literal["balance_based", "one_down"]
THRESHOLDS: Mapping[str, float] = MappingProxyType({"silver": 0, "gold": 5000})
_SAMPLES: dict[str, Any] = {
    "customer_id": "",
    "tier": "",
    "spend": 0.0,
    "qualified_until": np.datetime64("2024-01-01", "us"),
    "next_tier": "",
    "spend_to_next": 0.0,
    "spend_to_keep": 0.0,
    "keep_by": np.datetime64("2024-01-01", "us"),
    "change": "",
    "changed_at": np.datetime64("2024-01-01", "us"),
    "from_tier": "",
    "to_tier": "",
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Tiers(Result, Generic[TableT_co]):
    """The tier of every customer; made by :func:`ecommine.segmentation.tiers`.

    Attributes
    ----------
    table : table of the caller's library, one row per customer, sorted by customer_id
        customer_id; tier; spend (money in the window, at least 0); qualified_until (the last day on which the tier is
        held if nothing more is bought; null in the lowest tier); next_tier and spend_to_next (the next higher tier,
        and the money that it takes today, a balance below 0 included; null in the highest); spend_to_keep and keep_by
        (the least money that, spent by that day, holds the tier on beyond qualified_until: what the balance will lack
        on the day on which it falls below the threshold, or lacks today, where it is below already; later it takes
        more; null in the lowest tier); change (upgraded, downgraded or unchanged on the day of `as_of`).
    changes : eager table, one row per change of tier since the first line
        customer_id, changed_at (day), from_tier, to_tier, change.
    counts : eager table, one row per tier, the highest first
        tier, threshold, customers, share, upgraded, downgraded (customers who came to it on the day of `as_of`),
        close_to_next (customers who lack less than a tenth of the next threshold), in_grace (those who hold it by grace
        alone: their money is below its threshold).
    as_of : datetime
        The moment up to which lines count.
    notes : tuple of Note
        What was left out; :mod:`ecommine.segmentation` lists the codes.

    Examples
    --------
    >>> import pandas as pd
    >>> from ecommine import segmentation
    >>> orders = pd.DataFrame({"order_id": [1, 2], "customer_id": ["ann", "bob"], "amount": [900.0, 50.0],
    ...                        "ordered_at": pd.to_datetime(["2024-03-01", "2024-03-05"])})
    >>> segmentation.tiers(orders, thresholds={"basic": 0, "gold": 500}).headline
    'as of 2024-03-05 00:00, 2 customers: 1 gold, 1 basic'
    """

    table: TableT_co
    changes: Any
    counts: Any
    as_of: datetime
    notes: tuple[Note, ...]
    _sizes: tuple[TierSize, ...]

    @property
    def headline(self) -> str:
        """The first line of the display."""
        total = counted(sum(size.customers for size in self._sizes), "customer")
        parts = ", ".join(f"{size.customers:,} {size.tier}" for size in self._sizes)
        return f"as of {self.as_of:%Y-%m-%d %H:%M}, {total}: {parts}"

    @property
    def tables(self) -> Mapping[str, Any]:
        """The tables by name."""
        return {"customers": self.table, "changes": self.changes, "counts": self.counts}

    def summary(self, *, locale: Locale = "en") -> str:
        """Return three or four sentences: who holds which tier, the day's changes, who is close to the next."""
        one_of("locale", locale, LOCALES)
        return tier_sentences(self._sizes, self.as_of, locale)

    def plot(self, ax: "Axes | None" = None, *, locale: Locale = "en") -> "Axes":
        """Draw the customers of each tier.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Where to draw; by default a new figure.
        locale : {"en", "zh"}
            The language of all text.
        """
        from ._plot import draw_tiers

        one_of("locale", locale, LOCALES)
        return draw_tiers(self._sizes, self.as_of, ax, locale)


@tell_library_errors
def tiers(
    orders: IntoFrameT,
    /,
    *,
    thresholds: Mapping[str, float] = THRESHOLDS,
    window: str | timedelta = "365d",
    grace: str | timedelta | None = "90d",
    downgrade: Downgrade = "balance_based",
    as_of: Moment = None,
) -> Tiers[IntoFrameT]:
    r"""Find the membership tier of every customer by replaying the days.

    Money is that of product lines, net of discounts and returns; shipping, fees, adjustments and gifts do not count.
    A customer is promoted on the day on which the money of the last ``window`` days reaches a threshold, and keeps the
    tier for ``grace`` after falling below it.

    Parameters
    ----------
    orders : table of order lines
        Any library's table with order_id, customer_id, ordered_at, and amount or quantity and unit_price.
    thresholds : mapping of tier to money
        In ascending order, the lowest 0. A customer whose money is equal to a threshold has reached it.
    window : str or timedelta
        Whole days whose money counts, the day itself included.
    grace : str, timedelta or None
        Whole days for which the tier is kept, from the first day below its threshold on; None for no grace.
    downgrade : {"balance_based", "one_down"}
        After the grace: to the tier that the money of the window then reaches, or to the next lower one, which has a
        grace of its own.
    as_of : datetime, date or ISO 8601 text, default the last time in the data
        Lines after it are left out. A bare date means the end of that day.

    Returns
    -------
    Tiers
        Frozen. ``.table`` has one row per customer, ``.changes`` one per change, ``.counts`` one per tier.

    Raises
    ------
    ecommine.SchemaError
        If a column is missing or of the wrong type, or the lines are of several currencies.
    TypeError, ValueError
        If `thresholds` do not ascend from 0, or a length of time is not in whole days.

    Notes
    -----
    The money of a window changes only on the day of a line and ``window`` days later, so a replay takes two steps for
    each day of purchase, whatever the number of days between. Money is compared in millionths, exactly.

    Examples
    --------
    >>> import pandas as pd
    >>> from ecommine import segmentation
    >>> orders = pd.DataFrame({
    ...     "order_id": [1, 2, 3],
    ...     "customer_id": ["ann", "ann", "bob"],
    ...     "ordered_at": pd.to_datetime(["2024-01-01", "2024-01-20", "2024-01-25"]),
    ...     "amount": [60.0, 40.0, 30.0],
    ... })
    >>> result = segmentation.tiers(orders, thresholds={"basic": 0, "gold": 100}, window="30d", grace="10d")
    >>> result.table[["customer_id", "tier", "qualified_until", "spend_to_next", "spend_to_keep"]]
      customer_id   tier qualified_until  spend_to_next  spend_to_keep
    0         ann   gold      2024-02-09            NaN           60.0
    1         bob  basic             NaT           70.0            NaN
    """
    names, limits = checked_thresholds(thresholds)
    rules = TierRules(
        thresholds=limits,
        window=whole_days("window", window),
        grace=0 if grace is None else whole_days("grace", grace),
        one_down=one_of("downgrade", downgrade, ("balance_based", "one_down")) == "one_down",
    )
    lines = read_lines(orders, as_of=as_of)
    labels, customer, day, money, notes = _money_by_day(lines)
    today = day_of(lines.as_of)
    result = replay(window_balances(customer, day, money, rules.window), len(labels), rules, today)
    sizes = tier_sizes(names, limits, result, today)
    columns = _columns(labels, names, limits, result, result.changes.day == today)
    return Tiers(
        table=cast("IntoFrameT", hand_back_customers(columns, like=lines.like, samples=_SAMPLES)),
        changes=build_table(_changes(labels, names, result.changes), like=lines.like, samples=_SAMPLES),
        counts=build_table(_counts(sizes, limits), like=lines.like),
        as_of=lines.as_of,
        notes=(*lines.notes, *notes),
        _sizes=sizes,
    )


def checked_thresholds(thresholds: object) -> tuple[tuple[str, ...], Ints]:
    """Return names and thresholds in micro-units, ascending from 0."""
    if not isinstance(thresholds, Mapping) or not thresholds:
        raise TypeError(
            f"`thresholds` must map tiers to money, such as {{'silver': 0, 'gold': 5000}}, got {show(thresholds)}"
        )
    wrong = [name for name in thresholds if not isinstance(name, str) or not name]
    if wrong:
        raise TypeError(f"`thresholds` must have names of tiers as keys, got {show(wrong[0])}")
    amounts = [number("thresholds", amount, low=0, cap=MAX_MONEY) for amount in thresholds.values()]
    limits = np.array([whole_micro(amount) for amount in amounts], dtype=np.int64)
    if limits[0] or (np.diff(limits) <= 0).any():
        raise ValueError(f"`thresholds` must ascend, and the lowest must be 0, got {show(dict(thresholds))}")
    return tuple(map(str, thresholds)), limits


def _money_by_day(lines: CustomerLines) -> tuple[Labels, Ints, Ints, Ints, tuple[Note, ...]]:
    """Return the money of product lines by customer and day, of the customers with an order."""
    frame = product_money(lines.frame)
    sums = collect(
        frame.select("customer_id", _day=day_number(nw.col("ordered_at")), _micro=micro(nw.col("amount")))
        .group_by("customer_id", "_day")
        .agg(nw.col("_micro").sum())
    )
    buyers = collect(order_lines(frame).select("customer_id").unique())["customer_id"]
    codes, labels = factorize_sorted(sums["customer_id"], argument="`customer_id`")
    labels, ids = whole_ids(labels), whole_ids(factorize_sorted(buyers, argument="`customer_id`")[1])
    position = np.searchsorted(ids, labels) if len(ids) else np.zeros(len(labels), dtype=np.int64)
    has_order = np.isin(labels, ids)
    kept = has_order[codes] if len(codes) else np.zeros(0, dtype=bool)
    day, money = (sums[name].to_numpy().astype(np.int64)[kept] for name in ("_day", "_micro"))
    return ids, position[codes[kept]], day, money, note_without_orders(len(labels) - len(ids))


def _columns(labels: Labels, names: tuple[str, ...], limits: Ints, result: Replay, is_today: Bools) -> dict[str, Any]:
    tier, balance = result.tier, result.balance
    above = np.minimum(tier + 1, len(names) - 1)
    has_next, falls = tier < len(names) - 1, result.falls_on < FAR
    change = np.full(len(labels), "unchanged", dtype=object)
    moved = result.changes.customer[is_today]
    up = result.changes.tier[is_today] > result.changes.origin[is_today]
    change[moved] = np.where(up, "upgraded", "downgraded")
    return {
        "customer_id": labels,
        "tier": [names[i] for i in tier],
        "spend": np.maximum(balance, 0) / MICRO,
        "qualified_until": _dates(result.falls_on - 1, falls),
        "next_tier": [names[i] if known else None for i, known in zip(above, has_next, strict=True)],
        "spend_to_next": np.where(has_next, (limits[above] - balance) / MICRO, np.nan),
        "spend_to_keep": np.where(falls, (limits[tier] - result.balance_below) / MICRO, np.nan),
        "keep_by": _dates(result.below_on, falls),
        "change": change.tolist(),
    }


def _dates(days: Ints, is_known: Bools) -> Any:
    """Return days as times, missing where they are not known."""
    dates = as_times(np.where(is_known, days, 0))
    dates[~is_known] = np.datetime64("NaT", "us")
    return dates


def _changes(labels: Labels, names: tuple[str, ...], changes: TierChanges) -> dict[str, Any]:
    up = changes.tier > changes.origin
    return {
        "customer_id": labels[changes.customer],
        "changed_at": as_times(changes.day),
        "from_tier": [names[i] for i in changes.origin],
        "to_tier": [names[i] for i in changes.tier],
        "change": np.where(up, "upgraded", "downgraded").tolist(),
    }


def _counts(sizes: tuple[TierSize, ...], limits: Ints) -> dict[str, Any]:
    columns = {name: [getattr(size, name) for size in sizes] for name in TierSize._fields}
    share = divide(np.array(columns["customers"]), sum(columns["customers"]))
    first = {"tier": columns.pop("tier"), "threshold": limits[::-1] / MICRO, "customers": columns.pop("customers")}
    return {**first, "share": share, **columns}
