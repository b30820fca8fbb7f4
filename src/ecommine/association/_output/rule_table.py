"""The table of rules: both sides as lists, measures, evidence, sorted."""

from collections.abc import Mapping, Sequence
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from ..._core.arrays import Floats, Ints, distinct_codes, sort_order
from ..._core.frames import Frame
from ..._core.notes import Note
from ..._core.tables import build_table
from ..._core.texts import counted
from ..._stats.intervals import normal_quantile
from .._evidence.clusters import MIN_CUSTOMERS_FOR_INTERVAL, MIN_ORDERS_FOR_INTERVAL, MIN_PRODUCTS_FOR_INTERVAL
from .._evidence.measures import lift, measures
from .._evidence.rule_tests import Evidence
from .._mining.splits import RuleSplit
from .._mining.tree import order_within_matrices
from .lists import ProductLists
from .result import column_as_floats

SIDES = ("antecedents", "consequents")
DEFAULT_LEVEL = 0.95
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
"""Columns that come from the tests."""


def rule_table(
    splits: Sequence[RuleSplit],
    evidence: Sequence[Evidence] | None,
    sets: ProductLists,
    n_orders: int,
    like: Frame,
    level: float | None,
) -> tuple[Any, list[Note]]:
    """Build the table of all rules, and note which intervals it lacks.

    Parameters
    ----------
    splits : sequence of RuleSplit
    evidence : sequence of Evidence or None
        Of each split; None where rules are not tested.
    sets : ProductLists
        The products of every itemset.
    n_orders : int
    like : narwhals frame
        In whose library the table is.
    level : float or None
        Of the intervals.
    """
    count, a, b, sides = _counts(splits)
    n_orders, notes = max(n_orders, 1), []
    plain_lift = lift(count, a, b, n_orders)
    if evidence is None and len(count):  # every row is the same: nothing known
        tests = dict.fromkeys(EVIDENCE[:-1], np.full(len(count), np.nan))
        tests["productive"] = np.zeros(len(count), dtype=bool)
    else:
        tests = _evidence_columns(evidence or [], plain_lift, level)
        notes += [] if level is None else _missing_interval_notes(tests)
    order = _order_of_table(splits, tests, plain_lift, count)
    columns = {
        # A side is in many rules, and is one list in all of them: making them anew would take most of the time.
        **{name: sets.column(positions[order], like) for name, positions in sides.items()},
        "count": count[order],
        **measures(count[order], a[order], b[order], n_orders),
        **{name: values if evidence is None else values[order] for name, values in tests.items()},
    }
    return build_table(columns, like=like, samples=dict.fromkeys(SIDES, sets.sample)), notes


def filter_rule_table(
    frame: nw.DataFrame[Any],
    smallest: Mapping[str, float],
    largest_q: float | None,
    productive: bool | None,
    sides: Mapping[str, Sequence[object]],
) -> Any:
    """Return the rules that reach the smallest values of some columns, and have one of some products on a side."""
    is_kept = np.ones(len(frame), dtype=bool)
    for name, limit in smallest.items():
        is_kept &= column_as_floats(frame, name) >= limit
    if largest_q is not None:
        is_kept &= column_as_floats(frame, "q_value") <= largest_q
    if productive is not None:
        is_kept &= column_as_floats(frame, "productive") == productive
    for side, products in sides.items():
        wanted = set(products)
        is_kept &= np.array([not wanted.isdisjoint(row) for row in frame[side].to_list()], dtype=bool)
    return frame.filter(is_kept.tolist()).to_native()


def _counts(splits: Sequence[RuleSplit]) -> tuple[Ints, Ints, Ints, dict[str, Ints]]:
    """Return orders with both sides, with each, and the positions of both among all itemsets, of all rules."""

    def joined(name: str) -> Ints:
        return np.concatenate([np.zeros(0, np.int64), *(getattr(split, name) for split in splits)])

    sides = {"antecedents": joined("antecedent_index"), "consequents": joined("consequent_index")}
    return joined("count"), joined("antecedent_count"), joined("consequent_count"), sides


def _order_of_table(splits: Sequence[RuleSplit], tests: dict[str, Any], plain_lift: Floats, count: Ints) -> Ints:
    """Sort productive rules first, then by falling lift, falling count, and product ids."""
    strength = np.where(np.isnan(tests["adjusted_lift"]), plain_lift, tests["adjusted_lift"])
    by_products = order_within_matrices([np.column_stack([split.antecedents, split.consequents]) for split in splits])
    lift_rank = distinct_codes(-strength.round(9))[0]
    keys = (~tests["productive"], lift_rank, count.max(initial=0) - count)
    return by_products[sort_order(*(key[by_products] for key in keys))]


def _missing_interval_notes(tests: dict[str, Any]) -> list[Note]:
    n_plain, n_adjusted = (int(np.isnan(tests[name]).sum()) for name in ("lift_low", "adjusted_lift_low"))
    notes = []
    if n_plain:
        limits = f"fewer than {MIN_ORDERS_FOR_INTERVAL} orders or {MIN_CUSTOMERS_FOR_INTERVAL} customers"
        text = f"{counted(n_plain, 'rule')} without an interval of the lift: {limits}"
        notes.append(Note(text, code="no_lift_interval", count=n_plain))
    if n_adjusted > n_plain:
        n, limit = n_adjusted - n_plain, f"fewer than {MIN_PRODUCTS_FOR_INTERVAL} products in the shop"
        text = f"{counted(n, 'rule')} without an interval of the adjusted lift: {limit}"
        notes.append(Note(text, code="no_adjusted_lift_interval", count=n))
    return notes


def _evidence_columns(evidence: Sequence[Evidence], plain_lift: Floats, level: float | None) -> dict[str, Any]:
    def joined(name: str) -> Any:
        return np.concatenate([np.zeros(0), *(getattr(part, name) for part in evidence)])

    z, adjusted = normal_quantile(level or DEFAULT_LEVEL), joined("adjusted_lift")
    width, adjusted_width = (np.sqrt(joined(f"log_{name}_variance")) * z for name in ("lift", "adjusted"))
    return {
        "adjusted_lift": adjusted,
        "adjusted_lift_low": adjusted * np.exp(-adjusted_width),
        "adjusted_lift_high": adjusted * np.exp(adjusted_width),
        "lift_low": plain_lift * np.exp(-width),
        "lift_high": plain_lift * np.exp(width),
        "p_value": joined("p_value"),
        "q_value": joined("q_value"),
        "productive": joined("productive").astype(bool),
    }
