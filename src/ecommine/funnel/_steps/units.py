"""The units of a funnel, kept for their table, for plots and for comparisons."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np

from ..._core.arrays import Ints
from ..._core.codes import order_of_labels
from ..._core.frames import Frame
from ..._core.tables import build_table
from ...schema._for_topics import NO_CLOCK, Clock
from .._match.plan import Plan, StepTimes, stack_times
from .estimates import MAX_CURVES, StepCurve, step_curve


class UnitStore(Protocol):
    """The units of a result, in memory or on Spark; see :class:`MemoryUnitStore`."""

    @property
    def step_labels(self) -> tuple[str, ...]: ...
    @property
    def plan(self) -> Plan: ...
    def select(self, groups: Sequence[int]) -> "UnitStore": ...
    def table(self, unit: str, by: str | None, like: Frame) -> Any: ...
    def curves(self, *, by_group: bool) -> tuple[list[StepCurve], int]: ...
    def median_age(self) -> float | None: ...
    def count_shared(self, other: object) -> int | None: ...


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class UnitGroup:
    """Units that are measured together; arrays are by the number of the unit."""

    label: dict[str, Any]  # the group and the period, by column
    times: StepTimes
    units: "np.ndarray[Any, Any] | None"  # ids; None where the numbers are the ids
    visitor: Ints | None  # number of the visitor; None where units are visitors
    visitors: "np.ndarray[Any, Any] | None" = None  # ids by that number, where sessions need both; past its end unknown
    group: "np.ndarray[Any, Any] | None" = None  # the value of `by` of units that entered, for the table of units

    @property
    def ids(self) -> "np.ndarray[Any, Any]":
        """The ids of the units that entered."""
        return self.times.unit if self.units is None else self.units[self.times.unit]

    @property
    def visitor_ids(self) -> "np.ndarray[Any, Any]":
        """The ids of the visitors of the units that entered, None where unknown."""
        assert self.visitor is not None
        assert self.visitors is not None
        ids = np.array([*self.visitors.tolist(), None], dtype=object)
        return np.asarray(ids[np.minimum(self.visitor[self.times.unit], len(self.visitors))])

    @property
    def keys(self) -> list[Any]:
        """What identifies the units: ids, of sessions with the visitor."""
        if self.visitors is None:
            return list(self.ids.tolist())
        return list(zip(self.ids.tolist(), self.visitor_ids, strict=True))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MemoryUnitStore:
    """Units in memory."""

    whole: UnitGroup
    plan: Plan
    step_labels: tuple[str, ...]
    until: int  # the moment up to which events count, microseconds
    clock: Clock = NO_CLOCK  # the way from all times to the shop's own
    groups: list[UnitGroup] = field(default_factory=list)  # by group and period
    example: Any = ""  # a value of the type of `by`

    def select(self, groups: Sequence[int]) -> "MemoryUnitStore":
        """Return one group, or all its periods, as a whole of its own."""
        selected = [self.groups[index] for index in groups]
        times = stack_times([group.times for group in selected])
        return replace(self, whole=replace(selected[0], label={}, times=times), groups=selected)

    def curves(self, *, by_group: bool) -> tuple[list[StepCurve], int]:
        """Return the curves of a plot and how many there could be: of the last step by group, or of all steps."""
        last = len(self.step_labels) - 1
        lines = [(group, last) for group in self.groups] if by_group else [(self.whole, s) for s in range(1, last + 1)]
        largest = sorted(range(len(lines)), key=lambda index: -len(lines[index][0].times.unit))[:MAX_CURVES]
        curves = [
            step_curve(group.times, group.visitor, group.label, step, self.until, self.plan.window)
            for group, step in (lines[index] for index in sorted(largest))
        ]
        return curves, len(lines)

    def median_age(self) -> float | None:
        """Return for how long units were observed since their first entry (median, microseconds)."""
        entry = self.whole.times.first_entry_at
        return float(self.until - np.median(entry)) if len(entry) else None

    def count_shared(self, other: object) -> int | None:
        """Count the units that another store has as well; None where the other one is not in memory."""
        if not isinstance(other, MemoryUnitStore):
            return None
        return len(set(self.whole.keys) & set(other.whole.keys))

    def table(self, unit: str, by: str | None, like: Frame) -> Any:
        """Return the table of units in the caller's library."""
        columns = unit_columns(self.whole, self.step_labels, self.plan, self.until, self.clock)
        ids = {"unit": self.whole.units, "visitor": self.whole.visitors}
        samples: dict[str, Any] = {
            name: 0 if labels is None or labels.dtype.kind in "iu" else "" for name, labels in ids.items()
        }
        samples["group"] = self.example
        names = {"unit": unit, "visitor": "visitor_id", "group": by or "group"}
        named, samples = ({names.get(name, name): part[name] for name in part} for part in (columns, samples))
        return build_table(named, like=like, samples=samples, keys=() if by is None else (by,))


def unit_columns(group: UnitGroup, step_labels: Sequence[str], plan: Plan, until: int, clock: Clock) -> dict[str, Any]:
    """Return the columns of the table of units: group, deepest step, three moments and whether the unit is pending."""
    times, ids = group.times, group.ids
    order = order_of_labels(ids)
    if group.visitor is not None and group.visitors is not None:  # several visitors may have a session of one id
        by_visitor = np.argsort(group.visitor[times.unit], kind="stable")
        order = by_visitor[order_of_labels(ids[by_visitor])]
    deepest = times.deepest_step
    columns: dict[str, Any] = {
        "unit": ids[order],
        **({} if group.visitors is None else {"visitor": group.visitor_ids[order]}),
        **({} if group.group is None else {"group": group.group[order]}),
        "deepest_step": np.array(step_labels, dtype=object)[deepest[order]],
        "first_entered_at": clock.to_shop(times.first_entry_at[order]).astype("datetime64[us]"),
    }
    for name, moments in (("entered_at", times.entry_at), ("deepest_at", times.reached_at)):
        at_deepest = np.take_along_axis(moments, deepest[:, None], axis=1)[:, 0]
        columns[name] = clock.to_shop(at_deepest[order]).astype("datetime64[us]")
    is_pending = (until - times.first_entry_at < plan.window) & (deepest < plan.n_steps - 1)
    return {**columns, "pending": is_pending[order]}
