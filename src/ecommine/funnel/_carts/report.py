"""The results of carts: their table, the rates by step and reason, the carts to win back, and notes."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..._core.arrays import Floats, Ints
from ..._core.frames import Frame
from ..._core.notes import Note
from ..._core.tables import build_table
from ..._core.texts import counted, is_known
from .lifecycle import STATUSES, STEPS
from .rates import HOUR, LIMITS, estimate_chances, estimate_rates, estimate_recovery_curve, estimate_share
from .read import CartData
from .reasons import FLAG_REASONS, REASONS
from .table import cart_columns, list_products, samples_of


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CartReport:
    """The tables in the caller's library, and what words and pictures are made from: rows, columns and counts.

    ``status_counts`` counts the carts of each step by status, in the order of STATUSES.
    """

    tables: dict[str, Any]
    rates: dict[str, Any]
    steps: list[dict[str, Any]]
    reasons: list[dict[str, Any]]
    recovery: dict[str, Any]
    win_back: dict[str, Any]
    status_counts: dict[str, tuple[int, ...]]
    notes: tuple[Note, ...]


def make_report(data: CartData, like: Frame, window: int, z: float) -> CartReport:
    """Estimate the rates and build the tables in the library of ``like``."""
    columns, lifecycle = cart_columns(data), data.lifecycle
    rows = np.flatnonzero(lifecycle.has_status("pending") & lifecycle.was_left)
    chance = dict(zip(LIMITS, estimate_chances(lifecycle.outcomes, lifecycle.step, rows, window, z), strict=True))
    for limit, share in chance.items():
        columns[f"expected_value{limit}"] = np.full(len(data.carts), np.nan)
        columns[f"expected_value{limit}"][rows] = columns["value_left"][rows] * share
    groups = _CartGroups(data=data, columns=columns, window=window, z=z)
    steps = [groups.of_step(step) for step in np.unique(lifecycle.step).tolist()]
    reasons = list(groups.by_reason())
    rates = estimate_rates(lifecycle.outcomes, window, z)
    step_blank, reason_blank = groups.of_step(0), {**groups.of_reason(None), "reason": ""}
    recovery = estimate_recovery_curve(lifecycle.outcomes, window, z)
    win_back = _win_back(data, columns, rows, chance, window)
    order = np.argsort(lifecycle.opened_at, kind="stable")
    parts = {
        "table": {name: values[order] for name, values in columns.items()},
        "rates": _by_column([rates], rates),
        "steps": _by_column(steps, step_blank),
        "reasons": _by_column(reasons, reason_blank),
        "recovery": recovery,
        "win_back": win_back,
    }
    samples = {**step_blank, **reason_blank, **samples_of(data.ids)}
    return CartReport(
        tables={name: build_table(part, like=like, samples=samples) for name, part in parts.items()},
        rates=rates,
        steps=steps,
        reasons=reasons,
        recovery=recovery,
        win_back=win_back,
        status_counts=_count_statuses(data),
        notes=tuple(_notes(data, rates, columns["value"])),
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _CartGroups:
    """Rates of groups of carts."""

    data: CartData
    columns: Mapping[str, Any]
    window: int
    z: float

    def of_step(self, step: int) -> dict[str, Any]:
        """Return the row of the carts that got to a step, and no further, in their first session."""
        is_step, outcomes = self.data.lifecycle.step == step, self.data.lifecycle.outcomes
        hours = outcomes.duration[is_step & outcomes.recovered] / HOUR
        is_lost = is_step & outcomes.left & ~outcomes.recovered
        return {
            "checkout_step": STEPS[step],
            **estimate_rates(outcomes.take(is_step), self.window, self.z),
            "value": float(np.nansum(self.columns["value"][is_step])),
            "value_left": float(np.nansum(self.columns["value_left"][is_lost])),
            "hours_median": float(np.median(hours)) if len(hours) else np.nan,
        }

    def by_reason(self) -> Iterator[dict[str, Any]]:
        """Yield a row per reason that the tables can tell of any cart, the unknown one last."""
        left, flags = self.data.lifecycle.outcomes.left, self.data.flags
        for name in REASONS:
            row = self.of_reason(name)
            if row["flagged"] or (name in FLAG_REASONS and not np.isnan(flags[name][left]).all()):
                yield row
        row = self.of_reason(None)
        if row["carts"]:
            yield row

    def of_reason(self, name: str | None) -> dict[str, Any]:
        """Return the row of the carts that were left for a reason; None for those whose reason is not known."""
        outcomes = self.data.lifecycle.outcomes
        is_first = outcomes.left & (self.columns["reason"] == name)
        is_flagged = is_first if name is None else outcomes.left & self.data.reasons[name]
        rates = estimate_rates(outcomes.take(is_flagged), self.window, self.z)
        return {
            "reason": name,
            "carts": int(is_first.sum()),
            "flagged": int(is_flagged.sum()),
            **estimate_share("share", is_first[outcomes.left], outcomes.person[outcomes.left], self.z),
            **{f"recovery{limit}": rates[f"recovery{limit}"] for limit in LIMITS},
            "value_left": float(np.nansum(self.columns["value_left"][is_first & ~outcomes.recovered])),
        }


def _win_back(
    data: CartData, columns: Mapping[str, Any], rows: Ints, chance: Mapping[str, Floats], window: int
) -> dict[str, Any]:
    """List the open carts by falling expected value, then by value."""
    falling = [-np.nan_to_num(columns[name][rows], nan=-1.0) for name in ("value_left", "expected_value")]
    order = np.lexsort((rows, *falling))
    rows = rows[order]
    age = data.lifecycle.outcomes.duration[rows]
    names = ("cart_id", "visitor_id", "customer_id", "checkout_step", "reason", "out_of_stock_later")
    return {
        **{name: columns[name][rows] for name in names if name in columns},
        "age_hours": age / HOUR,
        "hours_left": (window - age) / HOUR,
        "products": list_products(data.contents, rows, data.ids),
        "value_left": columns["value_left"][rows],
        **{f"chance{limit}": share[order] for limit, share in chance.items()},
        **{f"expected_value{limit}": columns[f"expected_value{limit}"][rows] for limit in LIMITS},
    }


def _by_column(rows: Iterable[Mapping[str, Any]], names: Iterable[str]) -> dict[str, list[Any]]:
    return {name: [row[name] for row in rows] for name in names}


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
    yield from _notes_on_values(data, value)
    yield from data.match.notes


def _notes_on_values(data: CartData, value: Floats) -> Iterator[Note]:
    n_unknown = int(np.isnan(value).sum())
    if n_unknown:
        text = f"the value of {counted(n_unknown, 'cart')} is unknown: no event gives a price"
        yield Note(text, code="unknown_value", count=n_unknown)
    n_partial = int(data.contents.has_partial_value(data.contents.units).sum())
    if n_partial:
        text = f"the value of {counted(n_partial, 'cart')} is too low: the price of some products is unknown"
        yield Note(text, code="partial_value", count=n_partial)
