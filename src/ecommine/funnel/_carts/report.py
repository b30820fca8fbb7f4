"""Carts from the tables to the results: their table, the rates by step and reason, the carts to win back, and notes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np

from ..._core.arrays import Bools, Floats, Ints, run_bounds, run_numbers
from ..._core.codes import Labels
from ..._core.frames import Frame
from ..._core.moments import length_to_microseconds
from ..._core.notes import Note
from ..._core.tables import build_table
from ..._core.texts import counted, is_known
from .boundaries import CartBoundaries, count_unnamed, find_carts, notes_on_events
from .contents import MIN_UNITS, CartContents, read_contents
from .events import NONE, CartEvents, CartLog, number_cart_sessions, read_cart_log
from .lifecycle import (
    FLAG_REASONS,
    FLAGS,
    REASONS,
    STATUSES,
    STEPS,
    CartLifecycle,
    find_flags,
    find_reasons,
    trace_carts,
)
from .orders import OrderMatch, add_orders, match_orders, read_orders
from .rates import (
    HOUR,
    LIMITS,
    RECOVERY_COLUMNS,
    estimate_chances,
    estimate_rates,
    estimate_recovery_curve,
    estimate_share,
)
from .side_tables import read_prices, read_stock


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CartData:
    """What is known of each cart, in the order of the events."""

    log: CartLog
    carts: CartBoundaries
    contents: CartContents
    lifecycle: CartLifecycle
    flags: dict[str, Floats]
    reasons: dict[str, Bools]
    match: OrderMatch
    n_unnamed: int  # purchases of no known product while a cart that was left was open
    notes: tuple[Note, ...]


def read_carts(
    table: Frame,
    *,
    orders: Frame | None,
    sales: Frame | None,
    stock: Frame | None,
    window: int,
    gap: timedelta,
    as_of: datetime | date | str | None,
) -> CartData:
    """Read the events, find the carts, and look up what the other tables say."""
    log = read_cart_log(table, as_of, gap)
    pause = length_to_microseconds(gap)
    known_orders = None if orders is None else read_orders(orders, log)
    prices, price_notes = (None, []) if sales is None else read_prices(sales, log)
    units, stock_notes = (None, []) if stock is None else read_stock(stock, log)
    events = log.events if known_orders is None else add_orders(log, known_orders, pause)
    carts, outcome = find_carts(events, number_cart_sessions(events, pause), window)
    n_unnamed = count_unnamed(events, carts)
    contents = read_contents(events, carts, prices, log.clock)
    lifecycle = trace_carts(events, carts, contents, log.until, window, pause)
    notes = (*log.notes, *price_notes, *stock_notes, *notes_on_events(events, carts, outcome, n_unnamed))
    flags = find_flags(events, carts, contents, lifecycle, prices, units, log.clock)
    return CartData(
        log=replace(log, events=events),
        carts=carts,
        contents=contents,
        lifecycle=lifecycle,
        flags=flags,
        reasons=find_reasons(lifecycle, flags),
        match=OrderMatch() if known_orders is None else match_orders(events, carts, known_orders),
        n_unnamed=n_unnamed,
        notes=notes,
    )


TIMES = ("opened_at", "last_touched_at", "abandoned_at", "bought_at")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CartReport:
    """The tables in the caller's library, and what words and pictures are made from: rows, columns and counts.

    ``status_counts`` counts the carts of each step by status, in the order of STATUSES; ``n_unnamed`` the purchases
    of no known product that may have recovered another cart.
    """

    tables: dict[str, Any]
    rates: dict[str, Any]
    steps: list[dict[str, Any]]
    reasons: list[dict[str, Any]]
    recovery: list[dict[str, Any]]
    win_back: dict[str, Any]
    status_counts: dict[str, tuple[int, ...]]
    n_unnamed: int
    notes: tuple[Note, ...]


def make_report(data: CartData, like: Frame, window: int, z: float) -> CartReport:
    """Estimate the rates and build the tables in the library of ``like``."""
    columns, lifecycle = _cart_columns(data), data.lifecycle
    rows = np.flatnonzero(lifecycle.has_status("pending") & lifecycle.was_left)
    chance = dict(zip(LIMITS, estimate_chances(lifecycle, rows, window, z), strict=True))
    for limit, share in chance.items():
        columns[f"expected_value{limit}"] = np.full(len(data.carts), np.nan)
        columns[f"expected_value{limit}"][rows] = columns["value_left"][rows] * share
    rates = estimate_rates(lifecycle, window, z)
    steps = [_step_row(data, columns, step, window, z) for step in np.unique(lifecycle.step).tolist()]
    reasons = _reason_rows(data, columns, window, z)
    blank_step = steps[0] if steps else _step_row(data, columns, 0, window, z)
    blank_reason = reasons[0] if reasons else _reason_row(data, columns, None, window, z)
    recovery = estimate_recovery_curve(lifecycle, window, z)
    win_back = _win_back(data, columns, rows, chance, window)
    order, samples = np.argsort(lifecycle.opened_at, kind="stable"), _samples(data.log)
    in_order = {name: values[order] for name, values in columns.items()}
    return CartReport(
        tables={
            "table": build_table(in_order, like=like, samples=samples),
            "rates": _table_of_rows([rates], rates, like),
            "steps": _table_of_rows(steps, blank_step, like),
            "reasons": _table_of_rows(reasons, {**blank_reason, "reason": ""}, like),
            "recovery": _table_of_rows(recovery, RECOVERY_COLUMNS, like),
            "win_back": build_table(win_back, like=like, samples=samples),
        },
        rates=rates,
        steps=steps,
        reasons=reasons,
        recovery=recovery,
        win_back=win_back,
        status_counts=_count_statuses(data),
        n_unnamed=data.n_unnamed,
        notes=tuple(_notes(data, rates, columns["value"])),
    )


def _table_of_rows(rows: Sequence[Mapping[str, Any]], blank: Mapping[str, Any], like: Frame) -> Any:
    """Build a table of rows; ``blank`` has its columns with a value for the type of each."""
    return build_table({name: [row[name] for row in rows] for name in blank}, like=like, samples=blank)


def _step_row(data: CartData, columns: Mapping[str, Any], step: int, window: int, z: float) -> dict[str, Any]:
    """Return the row of the carts that got to a step, and no further, in their first session."""
    carts, is_step = data.lifecycle, data.lifecycle.step == step
    hours = carts.duration[is_step & carts.is_recovered] / HOUR
    is_lost = is_step & carts.can_be_recovered & ~carts.is_recovered
    return {
        "checkout_step": STEPS[step],
        **estimate_rates(carts.take(is_step), window, z),
        "value": float(np.nansum(columns["value"][is_step])),
        "value_left": float(np.nansum(columns["value_left"][is_lost])),
        "hours_median": float(np.median(hours)) if len(hours) else np.nan,
    }


def _reason_rows(data: CartData, columns: Mapping[str, Any], window: int, z: float) -> list[dict[str, Any]]:
    """Return a row per reason that the tables can tell of any cart, the unknown one last."""
    left, rows = data.lifecycle.can_be_recovered, []
    for name in (*REASONS, None):
        row = _reason_row(data, columns, name, window, z)
        is_told = name in FLAG_REASONS and not np.isnan(data.flags[name][left]).all()
        if row["flagged"] or is_told:
            rows.append(row)
    return rows


def _reason_row(data: CartData, columns: Mapping[str, Any], name: str | None, window: int, z: float) -> dict[str, Any]:
    """Return the row of the carts that were left for a reason; None for those whose reason is not known."""
    carts, left = data.lifecycle, data.lifecycle.can_be_recovered
    is_first = left & (columns["reason"] == name)
    is_flagged = is_first if name is None else left & data.reasons[name]
    rates = estimate_rates(carts.take(is_flagged), window, z)
    return {
        "reason": name,
        "carts": int(is_first.sum()),
        "flagged": int(is_flagged.sum()),
        **estimate_share("share", is_first[left], carts.person[left], z),
        **{f"recovery{limit}": rates[f"recovery{limit}"] for limit in LIMITS},
        "value_left": float(np.nansum(columns["value_left"][is_first & ~carts.is_recovered])),
    }


def _win_back(
    data: CartData, columns: Mapping[str, Any], rows: Ints, chance: Mapping[str, Floats], window: int
) -> dict[str, Any]:
    """List the open carts by falling expected value, then by value."""
    falling = [-np.nan_to_num(columns[name][rows], nan=-1.0) for name in ("value_left", "expected_value")]
    order = np.lexsort((rows, *falling))
    rows = rows[order]
    age = data.lifecycle.duration[rows]
    names = ("cart_id", "visitor_id", "customer_id", "checkout_step", "reason", "out_of_stock_later")
    return {
        **{name: columns[name][rows] for name in names if name in columns},
        "age_hours": age / HOUR,
        "hours_left": (window - age) / HOUR,
        "products": _list_products(data.contents, rows, data.log),
        "value_left": columns["value_left"][rows],
        **{f"chance{limit}": share[order] for limit, share in chance.items()},
        **{f"expected_value{limit}": columns[f"expected_value{limit}"][rows] for limit in LIMITS},
    }


def _count_statuses(data: CartData) -> dict[str, tuple[int, ...]]:
    size = len(STATUSES)
    counts = np.bincount(data.lifecycle.step * size + data.lifecycle.status, minlength=len(STEPS) * size)
    by_step = zip(STEPS, counts.reshape(-1, size).tolist(), strict=True)
    return {step: tuple(row) for step, row in by_step if sum(row)}


def _notes(data: CartData, rates: Mapping[str, Any], value: Floats) -> Iterator[Note]:
    """Yield what is not decided yet, and what the estimates cannot know."""
    n_undecided = int((~data.lifecycle.is_session_over).sum())
    if n_undecided:
        words = "is in a session" if n_undecided == 1 else "are in sessions"
        text = f"{counted(n_undecided, 'cart')} {words} still in progress and"
        text += f" {'is' if n_undecided == 1 else 'are'} excluded from all rates"
        yield Note(text, code="sessions_in_progress", count=n_undecided)
    if rates["left"] and not is_known(rates["recovery"]):
        text = "no window is over yet: recovery and the chance that a cart is still bought are unknown"
        yield Note(text, code="no_window_over")
    elif rates["open"]:
        text = f"{counted(rates['open'], 'cart')} can still be recovered: the recovery rate accounts for open windows"
        yield Note(text, code="open_window", count=rates["open"])
    n_unknown = int(np.isnan(value).sum())
    if n_unknown:
        text = f"the value of {counted(n_unknown, 'cart')} is unknown: no event gives a price"
        yield Note(text, code="unknown_value", count=n_unknown)
    n_partial = int(data.contents.has_partial_value(data.contents.units).sum())
    if n_partial:
        text = f"the value of {counted(n_partial, 'cart')} is too low: the price of some products is unknown"
        yield Note(text, code="partial_value", count=n_partial)
    yield from data.match.notes


def _samples(log: CartLog) -> dict[str, Any]:
    """Return a value of each column that may have none and is not text, for its type."""
    labels = (log.visitors, log.customers, log.products)
    visitor, customer, product = (0 if known.dtype.kind in "iu" else "" for known in labels)
    return {"visitor_id": visitor, "customer_id": customer, "products": [product], **dict.fromkeys(FLAGS, True)}


def _cart_columns(data: CartData) -> dict[str, Any]:
    """Return the columns of the table of carts but for those of what is expected, in the order of the events."""
    lifecycle, contents = data.lifecycle, data.contents
    first_reason = np.select([*data.reasons.values()], [*range(1, len(data.reasons) + 1)], 0)
    hours_to_recover = (lifecycle.bought_at - lifecycle.abandoned_at) / HOUR
    return {
        **_name_columns(data.log.events.take(data.carts.opening), data.log),
        **{name: data.log.clock.to_shop(getattr(lifecycle, name)).astype("datetime64[us]") for name in TIMES},
        "status": np.array(STATUSES, dtype=object)[lifecycle.status],
        "checkout_step": np.array(STEPS, dtype=object)[lifecycle.step],
        "reason": np.array([None, *data.reasons], dtype=object)[first_reason],
        **{name: _with_blanks(flag == 1, np.isnan(flag)) for name, flag in data.flags.items()},
        "items": contents.count_products(contents.units),
        "units": contents.total_units(contents.units),
        "value": contents.value(contents.units),
        "items_left": contents.count_products(contents.units_after),
        "value_left": contents.value(contents.units_after),
        "hours_to_recover": np.where(lifecycle.has_status("recovered"), hours_to_recover, np.nan),
    }


def _name_columns(openings: CartEvents, log: CartLog) -> dict[str, Any]:
    """Return an id of each cart, the visitor that opened it, and the customer if known."""
    person, n_customers = openings.person, len(log.customers)
    columns = {"cart_id": _cart_ids(person, log), "visitor_id": log.visitors[openings.visitor]}
    if n_customers:
        is_visitor = person >= n_customers
        labels = log.customers[np.where(is_visitor, 0, person)]
        columns["customer_id"] = _with_blanks(labels, is_visitor) if is_visitor.any() else labels
    return columns


def _with_blanks(values: Labels, is_missing: Bools) -> Labels:
    values = values.astype(object)
    values[is_missing] = None
    return values


def _cart_ids(person: Ints, log: CartLog) -> Labels:
    """Name each cart by its person and its number among the carts of the person."""
    number = np.arange(len(person)) - run_bounds(person)[run_numbers(person)] + 1
    owners = [f"c{label}" for label in log.customers.tolist()] + [f"v{label}" for label in log.visitors.tolist()]
    names = [f"{owners[code]}-{i}" for code, i in zip(person.tolist(), number.tolist(), strict=True)]
    return np.array(names, dtype=object)


def _list_products(contents: CartContents, rows: Ints, log: CartLog) -> list[list[Any]]:
    is_listed = (contents.units_after > MIN_UNITS) & (contents.product != NONE)
    cart, products = contents.cart[is_listed], log.products[contents.product[is_listed]].tolist()
    ends = (np.searchsorted(cart, rows, side=side).tolist() for side in ("left", "right"))
    return [products[start:end] for start, end in zip(*ends, strict=True)]
