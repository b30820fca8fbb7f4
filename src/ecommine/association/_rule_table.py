"""The table of rules: both sides as lists, measures, evidence, sorted."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ._baskets import counted
from ._measures import Floats, measures
from ._names import with_lists
from ._splits import Split
from ._testing import Evidence

SIDES = ("antecedents", "consequents")
EVIDENCE = ("adjusted_lift", "lift_low", "lift_high", "p_value", "q_value", "productive")


def rule_table(
    found: Sequence[Split],
    evidence: Sequence[Evidence | None],
    sets: Sequence[list[Any]],
    n_orders: int,
    like: Any,
    level: float | None,
) -> tuple[Any, list[str]]:
    """Build the table of all rules, and say what it does not tell; ``sets`` are the products of every itemset."""
    count, a, b = (
        np.concatenate([np.zeros(0, np.int64), *(getattr(split, name) for split in found)])
        for name in ("count", "with_antecedent", "with_consequent")
    )
    columns: dict[str, Any] = {"count": count, **measures(count, a, b, max(n_orders, 1))}
    notes = []
    if all(one is None for one in evidence) and found:
        columns |= dict.fromkeys(EVIDENCE[:-1], np.full(len(count), np.nan))
        columns["productive"] = np.zeros(len(count), dtype=bool)
    else:
        columns |= _evidence([one for one in evidence if one is not None], columns["lift"], level)
        unknown = int(np.isnan(columns["lift_low"]).sum())
        if unknown and level is not None:
            notes.append(
                f"{counted(unknown, 'rule')} without an interval of the lift: fewer than 50 orders or 200 customers"
            )
    order = _order(columns, found)
    # A side stands in many rules, and is one list in all of them: making them anew would take most of the time.
    every = np.fromiter(sets, dtype=object, count=len(sets))
    sides = {"antecedents": "left", "consequents": "right"}
    places = {
        side: np.concatenate([np.zeros(0, np.int64), *(getattr(s, at) for s in found)]) for side, at in sides.items()
    }
    listed = {side: every[places[side][order]].tolist() for side in SIDES}
    shown = {**listed, **{name: one[order] for name, one in columns.items()}}
    return with_lists(shown, SIDES, sets[0] if len(sets) else [""], like), notes


def _evidence(evidence: Sequence[Evidence], lift: Floats, level: float | None) -> dict[str, Any]:
    from scipy.special import ndtri

    def joined(name: str) -> Any:
        return np.concatenate([np.zeros(0), *(getattr(one, name) for one in evidence)])

    width = np.sqrt(joined("log_lift_variance")) * float(ndtri((1 + (level or 0.95)) / 2))
    return {
        "adjusted_lift": joined("adjusted_lift"),
        "lift_low": lift * np.exp(-width),
        "lift_high": lift * np.exp(width),
        "p_value": joined("p_value"),
        "q_value": joined("q_value"),
        "productive": joined("productive").astype(bool),
    }


def _order(columns: Mapping[str, Any], found: Sequence[Split]) -> "np.ndarray[Any, Any]":
    """Sort by productive, adjusted lift (else lift), count, then sizes and products of both sides."""
    strength = np.where(np.isnan(columns["adjusted_lift"]), columns["lift"], columns["adjusted_lift"])
    within = np.concatenate([np.zeros(0, np.int64), *(_ranks(split) for split in found)])
    shape = np.concatenate([np.zeros(0, np.int64), *(np.full(len(s.count), i) for i, s in enumerate(found))])
    return np.lexsort((within, shape, -columns["count"], -strength.round(9), ~columns["productive"]))


def _ranks(split: Split) -> "np.ndarray[Any, Any]":
    sides = np.column_stack([split.antecedents, split.consequents])
    return np.argsort(np.lexsort(sides.T[::-1]))
