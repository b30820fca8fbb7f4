"""What is said of the carts: their table, the rates by step and reason, and the carts to win back."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..._core.checks import counted
from ..._core.frames import Frame
from .._curves import Floats
from .._match.sort import Ints
from .events import Flags
from .rates import HOUR, chances, rates, recovery_curve, share_of
from .read import Basis
from .reasons import CHECKOUT, FLAGS, REASONS, STEPS
from .table import NAT, STATUSES, columns_of, names_of, products_of, typed

SAMPLES = {
    "cart_id": "",
    "status": "",
    "checkout_step": "",
    "reason": "",
    "out_of_stock": True,
    "price_rise": True,
    "out_of_stock_later": True,
}
"""What columns hold that may have no value."""
ENDS = ("", "_low", "_high")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Report:
    """The tables in the caller's library, and the rows that words and pictures are made from.

    ``fates`` counts the carts of each step by status, in the order of STATUSES; ``back`` is the number of carts to win
    back, their value, and what is expected of it.
    """

    tables: dict[str, Any]
    whole: dict[str, Any]
    steps: list[dict[str, Any]]
    reasons: list[dict[str, Any]]
    fates: dict[str, tuple[int, ...]]
    back: Mapping[str, float]
    notes: tuple[str, ...]


def report(basis: Basis, like: Frame, window: int, z: float) -> Report:
    """Estimate, and write the tables."""
    columns = {
        **names_of(basis.trail, basis.found, basis.ids),
        **columns_of(basis.facts, basis.lines, basis.flags, basis.reason),
    }
    rows = np.flatnonzero((basis.facts.status == STATUSES.index("immature")) & (basis.facts.left != NAT))
    chance = chances(basis.facts.fates, basis.facts.step, rows, window, z)
    for end, share in zip(ENDS, chance, strict=True):
        columns[f"expected_value{end}"] = np.full(len(basis.reason), np.nan)
        columns[f"expected_value{end}"][rows] = columns["value_left"][rows] * share
    some = _Some(basis=basis, value=columns["value"], value_left=columns["value_left"], window=window, z=z)
    steps = [some.of_step(place) for place in range(len(STEPS)) if (basis.facts.step == place).any()]
    told = list(_reasons(some))
    whole = rates(basis.facts.fates, window, z)
    back = _win_back(basis, columns, rows, chance, window)
    order = np.argsort(basis.facts.opened, kind="stable")
    parts = {
        "table": {name: values[order] for name, values in columns.items()},
        "rates": _columns([whole], whole),
        "steps": _columns(steps, some.of_step(0)),
        "reasons": _columns(told, some.of_reason(None)),
        "recovery": recovery_curve(basis.facts.fates, window, z),
        "win_back": back,
    }
    samples = {**SAMPLES, **_ids(basis)}
    return Report(
        tables={name: typed(part, samples, like) for name, part in parts.items()},
        whole=whole,
        steps=steps,
        reasons=told,
        fates=_fates(basis),
        back=_sums(back),
        notes=tuple(_told(basis, whole, columns)),
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Some:
    """Rates of some of the carts."""

    basis: Basis
    value: Floats
    value_left: Floats
    window: int
    z: float

    def of_step(self, step: int) -> dict[str, Any]:
        """Describe the carts that got to a step, and no further, in their first session."""
        mine, fates = self.basis.facts.step == step, self.basis.facts.fates
        wait = fates.wait[mine & fates.recovered] / HOUR
        return {
            "checkout_step": STEPS[step],
            **rates(fates.take(mine), self.window, self.z),
            "value": float(np.nansum(self.value[mine])),
            "value_left": float(np.nansum(self.value_left[mine & fates.left & ~fates.recovered])),
            "hours_median": float(np.median(wait)) if len(wait) else np.nan,
        }

    def of_reason(self, name: str | None) -> dict[str, Any]:
        """Describe the carts that were left for a reason; None for those whose reason is not known."""
        fates, reason = self.basis.facts.fates, self.basis.reason
        first = fates.left & (reason == name)
        holds = fates.left & self._holds(name)
        found = rates(fates.take(holds), self.window, self.z)
        return {
            "reason": name,
            "carts": int(first.sum()),
            "flagged": int(holds.sum()),
            **share_of("share", first[fates.left], fates.person[fates.left], self.z),
            **{key: found[key] for key in ("recovery", "recovery_low", "recovery_high")},
            "value_left": float(np.nansum(self.value_left[first & ~fates.recovered])),
        }

    def _holds(self, name: str | None) -> Flags:
        if name in FLAGS:
            flag = self.basis.flags[name]
            return flag.holds & flag.known
        steps = [step for step, code in CHECKOUT.items() if code == name]
        return np.isin(self.basis.facts.step, steps) if steps else self.basis.reason == name


def _reasons(some: _Some) -> Iterator[dict[str, Any]]:
    """Describe every reason that the tables can tell of any cart, the unknown one last."""
    fates = some.basis.facts.fates
    for name in REASONS:
        row = some.of_reason(name)
        if row["flagged"] or (name in FLAGS and bool((some.basis.flags[name].known & fates.left).any())):
            yield row
    row = some.of_reason(None)
    if row["carts"]:
        yield row


def _win_back(
    basis: Basis, columns: Mapping[str, Any], rows: Ints, chance: tuple[Floats, Floats, Floats], window: int
) -> dict[str, Any]:
    """List the open carts by falling expected value, then by value."""
    expected, value = columns["expected_value"][rows], columns["value_left"][rows]
    order = np.lexsort((rows, -np.nan_to_num(value, nan=-1.0), -np.nan_to_num(expected, nan=-1.0)))
    rows, age = rows[order], basis.facts.fates.wait[rows[order]]
    names = [name for name in ("cart_id", "visitor_id", "customer_id", "checkout_step", "reason") if name in columns]
    products = products_of(basis.lines, rows, len(basis.reason), basis.ids)
    return {
        **{name: columns[name][rows] for name in names},
        "out_of_stock_later": columns["out_of_stock_later"][rows],
        "age_hours": age / HOUR,
        "hours_left": (window - age) / HOUR,
        "products": products,
        "value_left": columns["value_left"][rows],
        **{f"chance{end}": share[order] for end, share in zip(ENDS, chance, strict=True)},
        **{f"expected_value{end}": columns[f"expected_value{end}"][rows] for end in ENDS},
    }


def _sums(back: Mapping[str, Any]) -> dict[str, float]:
    value, expected = back["value_left"], back["expected_value"]
    known = not np.isnan(expected).all()
    return {
        "open": len(value),
        "value": float(np.nansum(value)),
        "expected": float(np.nansum(expected)) if known else float("nan"),
    }


def _told(basis: Basis, whole: Mapping[str, Any], columns: Mapping[str, Any]) -> Iterator[str]:
    """Say what is not decided yet, and what the estimate cannot know."""
    still = int((~basis.facts.ended).sum())
    if still:
        yield f"the session of {counted(still, 'cart')} is not over: bought or not, no rate counts them yet"
    if whole["left"] and whole["recovery"] != whole["recovery"]:
        yield "no window is over yet: recovery, and the chance that a cart is still bought, are not known"
    elif whole["open"]:
        yield f"the window of {counted(whole['open'], 'cart')} is still open: recovery is estimated from all"
    lost = int(np.isnan(columns["value"]).sum())
    if lost:
        yield f"{counted(lost, 'cart')} without a known value: no event has one"
    low = int(basis.lines.too_low(basis.lines.units, len(columns["value"])).sum())
    if low:
        yield f"{counted(low, 'cart')} with a value that is too low: it lacks products whose price is not known"
    yield from basis.matched.notes


def _fates(basis: Basis) -> dict[str, tuple[int, ...]]:
    size = len(STATUSES)
    counts = np.bincount(basis.facts.step * size + basis.facts.status, minlength=len(STEPS) * size)
    table = counts.reshape(-1, size).tolist()
    return {step: tuple(row) for step, row in zip(STEPS, table, strict=True) if sum(row)}


def _columns(rows: Sequence[Mapping[str, Any]], blank: Mapping[str, Any]) -> dict[str, Any]:
    """Turn rows into columns; ``blank`` has the columns where there are no rows."""
    made = rows or [blank]
    return {name: _array([row[name] for row in made])[: len(rows)] for name in blank}


def _array(values: list[Any]) -> Any:
    return np.array(values, dtype=None if isinstance(values[0], (int, float)) else object)


def _ids(basis: Basis) -> dict[str, Any]:
    """Give an id of each kind, for the type of columns that have none."""
    visitors, customers, products = basis.ids.visitors, basis.ids.customers, basis.ids.products
    one = {"visitor_id": visitors, "customer_id": customers, "products": products}
    samples = {name: 0 if known.dtype.kind in "iu" else "" for name, known in one.items()}
    return {**samples, "products": [samples["products"]]}
