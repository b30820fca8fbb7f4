"""From assignments and order lines to one row per unit: what each bought in its window, and before it was exposed.

A unit counts from its first exposure. An order belongs to the window in which it was placed, and so do its refunds, up
to ``as_of``; what is known before exposure is what the shop knew at that moment.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrameT

from .._core.checks import show
from .._core.durations import fixed_length
from .._core.engines import tell_library_errors
from .._core.frames import Frame, collect, join, native, opened, whole_number
from .._core.moments import moment
from .._core.notes import Note
from .._core.texts import counted, quote_names
from ..schema._for_topics import (
    CHARGES,
    SchemaError,
    check_same_library,
    common_type,
    one_currency,
    read,
    read_columns,
    warn,
)
from ._read.table import UNIT

MADE = ("orders", "revenue", "converted", "revenue_before", "pending", "excluded")
"""Columns that are added to those of the assignments."""
_LINES = ("order_id", UNIT, "ordered_at", "amount")


@dataclass(frozen=True, slots=True, kw_only=True)
class Windows:
    """How long units are observed after exposure, how far back before it, and up to which moment."""

    after: timedelta
    before: timedelta
    as_of: datetime

    def end(self, exposed: nw.Expr) -> nw.Expr:
        """Return the moment at which the window ends."""
        return exposed.dt.offset_by(_offset(self.after))

    def start_before(self, exposed: nw.Expr) -> nw.Expr:
        """Return the moment from which orders before exposure count."""
        return exposed.dt.offset_by(f"-{_offset(self.before)}")


@tell_library_errors
def units(
    assignments: IntoFrameT,
    orders: IntoFrameT,
    /,
    *,
    experiment: str | None = None,
    window: str | timedelta = "14d",
    before: str | timedelta = "28d",
    as_of: datetime | date | str | None = None,
) -> IntoFrameT:
    """Make one row per unit from assignments and order lines, with zeros for units that bought nothing.

    Parameters
    ----------
    assignments : table of assignments
        Any library's table with customer_id, variant and assigned_at. Its other columns are kept.
    orders : table of order lines
        Of the same library, with order_id, customer_id, ordered_at, and amount or quantity and unit_price.
    experiment : str, optional
        Which rows of assignments to take, where these hold several experiments.
    window : duration
        How long each unit is observed from its first exposure. Orders placed in it count, with their refunds up to
        `as_of`; refunds of earlier orders do not.
    before : duration
        How far back before exposure revenue_before reaches.
    as_of : datetime, date or ISO 8601 text, default the last time in the orders
        Lines and assignments after it are left out. A bare date means the end of that day.

    Returns
    -------
    table of the caller's library, one row per unit
        The columns of the assignments, then orders (placed in the window), revenue (money of these), converted
        (whether there is one), revenue_before (money up to exposure of orders placed before it), pending (whether the
        window is not over), excluded (whether the unit was in two arms). A lazy table comes back lazy.

    Raises
    ------
    ecommine.SchemaError
        If a column is missing or of the wrong type, assignments have no time, or there are several currencies.
    TypeError
        If the two tables are of different libraries.
    ValueError
        If an option cannot be read, or assignments hold several experiments and none is named.

    Warns
    -----
    ecommine.DataWarning
        Once, with counts, if rows were left out or cannot be what they seem: see the codes in :mod:`ecommine.abtest`.

    Examples
    --------
    >>> import pandas as pd
    >>> assignments = pd.DataFrame({"customer_id": ["ann", "bob"], "variant": ["control", "coupon"],
    ...                             "assigned_at": pd.to_datetime(["2024-03-01", "2024-03-02"])})
    >>> orders = pd.DataFrame({
    ...     "order_id": [1, 2, 2], "customer_id": ["ann", "bob", "bob"], "amount": [30.0, 50.0, -20.0],
    ...     "ordered_at": pd.to_datetime(["2024-02-20", "2024-03-05", "2024-03-20"])})
    >>> units(assignments, orders)[["customer_id", "orders", "revenue", "revenue_before", "pending"]]
      customer_id  orders  revenue  revenue_before  pending
    0         ann       0      0.0            30.0    False
    1         bob       1     30.0             0.0    False
    """
    after, back = (fixed_length(value, argument=name) for value, name in ((window, "window"), (before, "before")))
    exposures = _read_assignments(opened(assignments, argument="assignments"), experiment)
    lines = read(orders, "orders", _LINES, optional=("quantity", "line_type", "currency"), argument="orders")
    check_same_library(exposures, lines, argument="orders", like="assignments")
    one_currency(lines)
    dtype = common_type(exposures, lines, UNIT, argument="orders", like="assignments")
    exposures, lines = (frame.with_columns(nw.col(UNIT).cast(dtype)) for frame in (exposures, lines))
    windows = Windows(after=after, before=back, as_of=_last_moment(lines) if as_of is None else moment(as_of))
    exposures, notes = _usable_exposures(exposures, windows.as_of)
    firsts, found = _first_exposures(exposures)
    bought, more = _purchases(lines, firsts.select(UNIT, "assigned_at"), windows)
    table = _with_zeros(firsts, bought, windows, [*exposures.collect_schema().names()])
    warn([*notes, *found, *more], stacklevel=3)
    return native(table, assignments)


def _offset(length: timedelta) -> str:
    return (
        f"{length // timedelta(seconds=1)}s" if not length.microseconds else f"{length // timedelta(microseconds=1)}us"
    )


def _read_assignments(frame: Frame, experiment: str | None) -> Frame:
    names = frame.collect_schema().names()
    reserved = [name for name in MADE if name in names]
    if reserved:
        raise SchemaError("assignments", [f"`{reserved[0]}` is a column that `units` makes: rename yours"])
    if "variant" not in names:
        raise SchemaError(
            "assignments", ["`variant` is missing: map the table with schema.assignments(raw, variant='...')"]
        )
    others = [name for name in names if name not in (UNIT, "assigned_at")]
    table = read_columns(frame, "assignments", (UNIT, "assigned_at"), others=others).select(*names)
    return _of_experiment(table, experiment) if "experiment" in names else _without_experiments(table, experiment)


def _of_experiment(frame: Frame, experiment: str | None) -> Frame:
    known = collect(frame.select("experiment").unique())["experiment"].to_list()
    if experiment is None and len(known) <= 1:
        return frame
    if experiment not in known or experiment is None:
        shown = quote_names(sorted(map(str, known)))
        raise ValueError(f"`experiment` must be one of {shown} in the assignments, got {show(experiment)}")
    return frame.filter(nw.col("experiment") == experiment)


def _without_experiments(frame: Frame, experiment: str | None) -> Frame:
    if experiment is not None:
        raise ValueError(
            f"`experiment` is {show(experiment)}, but the assignments have no column 'experiment': leave it out"
        )
    return frame


def _last_moment(lines: Frame) -> datetime:
    last = collect(lines.select(last=nw.col("ordered_at").max()))["last"]
    if not len(last) or last.null_count():
        raise ValueError("`orders` has no time: give `as_of`, the moment up to which orders are known")
    return moment(last.item())


def _usable_exposures(frame: Frame, as_of: datetime) -> tuple[Frame, list[Note]]:
    """Leave out rows without a unit and rows after ``as_of``; raise where the time is missing."""
    flags = {
        "guests": nw.col(UNIT).is_null(),
        "times": nw.col("assigned_at").is_null(),
        "late": (nw.col("assigned_at") > nw.lit(as_of)).fill_null(False),
        "variants": nw.col("variant").is_null(),
    }
    counts = collect(frame.select(**{name: flag.cast(nw.Int64) for name, flag in flags.items()}).select(nw.all().sum()))
    n = {name: whole_number(counts[name]) for name in flags}
    problems = [
        f"`{column}` is missing in {counted(n[name], 'row')}: leave them out, or find out when and where they belong"
        for name, column in (("times", "assigned_at"), ("variants", "variant"))
        if n[name]
    ]
    if problems:
        raise SchemaError("assignments", problems)
    notes = [
        *_left_out(n["guests"], "assignment", "without a customer", code="guests_left_out"),
        *_left_out(n["late"], "assignment", f"after {as_of:%Y-%m-%d %H:%M}", code="assignments_after_as_of"),
    ]
    return frame.filter(~flags["guests"], ~flags["late"]), notes


def _first_exposures(frame: Frame) -> tuple[Frame, list[Note]]:
    """Return one row per unit, its first exposure, with whether it was in two arms."""
    pairs = frame.select(UNIT, "variant", "assigned_at").group_by(UNIT, "variant")
    arms = pairs.agg(nw.col("assigned_at").min().alias("_first"), nw.len().alias("_rows"))
    per_unit = arms.group_by(UNIT).agg(
        nw.col("_first").min().alias("_first"), nw.col("_rows").sum().alias("_rows"), nw.len().alias("_arms")
    )
    facts = collect(
        per_unit.select(
            units=nw.col("_rows") * 0 + 1, rows=nw.col("_rows"), two=(nw.col("_arms") > 1).cast(nw.Int64)
        ).select(nw.all().sum())
    )
    n_units, n_rows, n_two = (whole_number(facts[name]) for name in ("units", "rows", "two"))
    joined = join(frame, per_unit.select(UNIT, "_first", "_arms"), on=[UNIT], how="left")
    if n_rows > n_units:
        joined = _one_row(joined.filter(nw.col("assigned_at") == nw.col("_first")))
    table = joined.with_columns(excluded=nw.col("_arms") > 1).drop("_first", "_arms")
    return table, list(_exposure_notes(n_units, n_rows, n_two))


def _one_row(frame: Frame) -> Frame:
    """Keep one row per unit; of several at one moment the smallest values, so that their order does not matter."""
    names = [name for name in frame.collect_schema().names() if name != UNIT]
    most = collect(frame.group_by(UNIT).agg(nw.len().alias("_n")).select(nw.col("_n").max()))["_n"]
    if whole_number(most) < 2:
        return frame
    order = frame.collect_schema().names()
    return frame.group_by(UNIT).agg(*[nw.col(name).min().alias(name) for name in names]).select(*order)


def _exposure_notes(n_units: int, n_rows: int, n_two: int) -> Iterator[Note]:
    if n_two:
        text = (
            f"{counted(n_two, 'unit')} {_was(n_two)} in two arms and {'is' if n_two == 1 else 'are'} marked as excluded"
        )
        yield Note(text, code="units_in_two_arms", count=n_two)
    if n_rows > n_units and (repeated := n_rows - n_units - n_two) > 0:
        text = f"{counted(repeated, 'later exposure')} {_was(repeated)} left out: the first one counts"
        yield Note(text, code="later_exposures", count=repeated)


def _purchases(lines: Frame, exposed: Frame, windows: Windows) -> tuple[Frame, list[Note]]:
    """Sum up the orders of each unit in its window and before it."""
    late = (nw.col("ordered_at") > nw.lit(windows.as_of)).fill_null(False)
    known = lines.filter(~late, ~nw.col(UNIT).is_null())
    of_units = join(known, exposed, on=[UNIT], how="inner")
    prior = nw.when(nw.col("ordered_at") < nw.col("assigned_at")).then(nw.col("amount")).otherwise(0.0)
    orders = (
        of_units.with_columns(_placed=nw.when(_is_purchase(lines)).then(nw.col("ordered_at")), _prior=prior)
        .group_by(UNIT, "order_id")
        .agg(
            nw.col("_placed").min().alias("_placed"),
            nw.col("ordered_at").min().alias("_first"),
            nw.col("assigned_at").min().alias("assigned_at"),
            nw.col("amount").sum().alias("_money"),
            nw.col("_prior").sum().alias("_prior"),
        )
    )
    marked = orders.with_columns(**_order_columns(windows))
    sums = ("orders", "revenue", "revenue_before", "_lost")
    bought = marked.group_by(UNIT).agg(*[nw.col(name).sum().alias(name) for name in sums])
    return bought, list(_order_notes(lines, late, bought, windows))


def _order_columns(windows: Windows) -> dict[str, nw.Expr]:
    placed, exposed = nw.col("_placed"), nw.col("assigned_at")
    in_window = ((placed >= exposed) & (placed < windows.end(exposed))).fill_null(False)
    is_prior = ((placed < exposed) & (placed >= windows.start_before(exposed))).fill_null(False)
    first = nw.col("_first")
    is_lost = placed.is_null() & (first >= exposed) & (first < windows.end(exposed))
    return {
        "orders": in_window.cast(nw.Int64),
        "revenue": nw.when(in_window).then(nw.col("_money")).otherwise(0.0),
        "revenue_before": nw.when(is_prior).then(nw.col("_prior")).otherwise(0.0),
        "_lost": is_lost.cast(nw.Int64),
    }


def _is_purchase(lines: Frame) -> nw.Expr:
    """Return which lines place an order: no returns, and no charges."""
    names = lines.collect_schema().names()
    is_other = (nw.col("amount") < 0).fill_null(False)
    if "quantity" in names:
        is_other = is_other | (nw.col("quantity") < 0).fill_null(False)
    if "line_type" in names:
        is_other = is_other | nw.col("line_type").is_in(CHARGES).fill_null(False)
    return ~is_other


def _order_notes(lines: Frame, late: nw.Expr, bought: Frame, windows: Windows) -> Iterator[Note]:
    counts = collect(lines.select(late=late.cast(nw.Int64)).select(nw.all().sum()))
    n_late = whole_number(counts["late"])
    yield from _left_out(n_late, "order line", f"after {windows.as_of:%Y-%m-%d %H:%M}", code="rows_after_as_of")
    row = collect(bought.select(lost=nw.col("_lost"), units=nw.col("_lost") * 0 + 1).select(nw.all().sum()))
    if not whole_number(row["units"]):
        text = "no unit has an order, before or after exposure: check that both tables have the same ids"
        yield Note(text, code="no_orders_matched", count=0)
    if n := whole_number(row["lost"]):
        text = (
            f"{counted(n, 'refund or charge', 'refunds or charges')} in a window {'has' if n == 1 else 'have'} an "
            f"order_id without a purchase and {_was(n)} left out, since earlier orders may be theirs"
        )
        yield Note(text, code="refunds_without_order", count=n)


def _with_zeros(firsts: Frame, bought: Frame, windows: Windows, names: list[str]) -> Frame:
    joined = join(firsts, bought.drop("_lost"), on=[UNIT], how="left")
    orders = nw.col("orders").fill_null(0).cast(nw.Int64)
    return joined.select(
        *names,
        orders=orders,
        revenue=nw.col("revenue").fill_null(0.0),
        converted=orders > 0,
        revenue_before=nw.col("revenue_before").fill_null(0.0),
        pending=windows.end(nw.col("assigned_at")) > nw.lit(windows.as_of),
        excluded=nw.col("excluded"),
    )


def _left_out(n: int, noun: str, words: str, *, code: str) -> list[Note]:
    return [Note(f"{counted(n, noun)} {words} {_was(n)} left out", code=code, count=n)] if n else []


def _was(n: int) -> str:
    return "was" if n == 1 else "were"
