"""The table of rules: both sides as lists, measures, evidence, sorted."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..._core.checks import counted
from .._evidence.rule_tests import Evidence
from .._mining.splits import Split
from .._mining.tree import one_after_another
from .._names import typed
from .._sorting import places_by, ranks
from .lists import Lists
from .measures import Floats, lift_of, measures

SIDES = ("antecedents", "consequents")
EVIDENCE = (
    "adjusted_lift",
    "adjusted_lift_low",
    "adjusted_lift_high",
    "lift_low",
    "lift_high",
    "p_value",
    "q_value",
    "productive",
)


def rule_table(
    found: Sequence[Split],
    evidence: Sequence[Evidence | None],
    sets: Lists,
    n_orders: int,
    like: Any,
    level: float | None,
) -> tuple[Any, list[str]]:
    """Build the table of all rules, and say what it does not tell; ``sets`` are the products of every itemset."""
    count, a, b = (
        np.concatenate([np.zeros(0, np.int64), *(getattr(split, name) for split in found)])
        for name in ("count", "with_antecedent", "with_consequent")
    )
    n_orders, notes = max(n_orders, 1), []
    lift = lift_of(count, a, b, n_orders)
    found_out = not found or any(one is not None for one in evidence)
    if not found_out:  # every row says the same: nothing
        proof = dict.fromkeys(EVIDENCE[:-1], np.full(len(count), np.nan))
        proof["productive"] = np.zeros(len(count), dtype=bool)
    else:
        proof = _evidence([one for one in evidence if one is not None], lift, level)
        notes += [] if level is None else _unknown(proof)
    strength = np.where(np.isnan(proof["adjusted_lift"]), lift, proof["adjusted_lift"])
    by_name = one_after_another([np.column_stack([split.antecedents, split.consequents]) for split in found])
    keys = (~proof["productive"], ranks(-strength.round(9)), count.max(initial=0) - count)
    order = by_name[places_by(*(key[by_name] for key in keys))]
    count, a, b = count[order], a[order], b[order]
    # A side stands in many rules, and is one list in all of them: making them anew would take most of the time.
    sides = {"antecedents": "left", "consequents": "right"}
    places = {
        side: np.concatenate([np.zeros(0, np.int64), *(getattr(s, at) for s in found)]) for side, at in sides.items()
    }
    listed = {side: sets.column(places[side][order], like) for side in SIDES}
    tested = {name: one[order] if found_out else one for name, one in proof.items()}
    shown = {**listed, "count": count, **measures(count, a, b, n_orders), **tested}
    return typed(shown, dict.fromkeys(SIDES, sets.sample), like), notes


def _unknown(proof: dict[str, Any]) -> list[str]:
    """Say which intervals are not there, and why."""
    plain, adjusted = (int(np.isnan(proof[name]).sum()) for name in ("lift_low", "adjusted_lift_low"))
    said = [f"{counted(plain, 'rule')} without an interval of the lift: fewer than 50 orders or 200 customers"]
    more = [f"{counted(adjusted - plain, 'rule')} without one of the adjusted lift: fewer than 50 products in the shop"]
    return [*(said if plain else []), *(more if adjusted > plain else [])]


def _evidence(evidence: Sequence[Evidence], lift: Floats, level: float | None) -> dict[str, Any]:
    from scipy.special import ndtri

    def joined(name: str) -> Any:
        return np.concatenate([np.zeros(0), *(getattr(one, name) for one in evidence)])

    z, adjusted = float(ndtri((1 + (level or 0.95)) / 2)), joined("adjusted_lift")
    width, adjusted_width = (np.sqrt(joined(f"log_{name}_variance")) * z for name in ("lift", "adjusted"))
    return {
        "adjusted_lift": adjusted,
        "adjusted_lift_low": adjusted * np.exp(-adjusted_width),
        "adjusted_lift_high": adjusted * np.exp(adjusted_width),
        "lift_low": lift * np.exp(-width),
        "lift_high": lift * np.exp(width),
        "p_value": joined("p_value"),
        "q_value": joined("q_value"),
        "productive": joined("productive").astype(bool),
    }
