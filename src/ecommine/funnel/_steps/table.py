"""The table of a funnel: one row a step, of all units or of each group."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np

from ..._core.frames import Frame, build
from .._curves import Floats, effective_of, normal_quantile, wilson
from .._log.reading import order_of_labels
from .._match.plan import Plan, StepTimes
from .._match.sort import Ints
from .._writing import exact
from .estimates import QUARTILES, Counts, Sums, sums_of
from .growth import MOST_DRAWN, Growth, growth_of

INTERVALS = ("conversion", "step_conversion")


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What a funnel says of some units.

    Attributes
    ----------
    rows : list of dict
        One row a step.
    entrants, open : int
        Units that entered, and those of them whose window is not over.
    trend : float or None
        The p-value of a difference in conversion between earlier and later entrants; None where there are too few.
    covariance : float array of shape (n_steps, n_steps)
        Of the conversions from the entry to each step; NaN while every window is open, and of one visitor's units.
    optional : tuple of bool
        Which steps may be left out.
    clusters : int or None
        The visitors whose units these are; None where units stand alone.
    """

    rows: list[dict[str, Any]]
    entrants: int
    open: int
    trend: float | None
    covariance: Floats
    optional: tuple[bool, ...]
    clusters: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Part:
    """Units that are measured together.

    Attributes
    ----------
    label : dict
        What names them, by column: a group, a period.
    reach : StepTimes
        How far each came.
    units : array, or None
        Ids, by the number of the unit; None where the numbers are the ids.
    visitor : int array, or None
        Whose each unit is; None where units are visitors.
    visitors : array, or None
        Ids of these, for units that are known by both ids as sessions are; a number past its end is of nobody known.
    group : array, or None
        The value of `by` of each unit that entered, where the table of units has it.
    """

    label: dict[str, Any]
    reach: StepTimes
    units: "np.ndarray[Any, Any] | None"
    visitor: Ints | None
    visitors: "np.ndarray[Any, Any] | None" = None
    group: "np.ndarray[Any, Any] | None" = None

    @property
    def owners(self) -> "np.ndarray[Any, Any]":
        """The ids of the visitors of the units that entered, None where unknown."""
        assert self.visitor is not None
        assert self.visitors is not None
        ids = np.array([*self.visitors.tolist(), None], dtype=object)
        return np.asarray(ids[np.minimum(self.visitor[self.reach.unit], len(self.visitors))])

    @property
    def names(self) -> list[Any]:
        """What tells the units apart."""
        return self.ids.tolist() if self.visitors is None else list(zip(self.ids.tolist(), self.owners, strict=True))

    @property
    def ids(self) -> "np.ndarray[Any, Any]":
        """The ids of the units that entered."""
        return self.reach.unit if self.units is None else self.units[self.reach.unit]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MemoryUnitStore:
    """All units and what they were measured by, kept for the table of units and for pictures.

    Attributes
    ----------
    whole : Part
        All units.
    plan : Plan
        The funnel in numbers.
    names : tuple of str
        The steps.
    until : int
        The moment up to which events count, microseconds.
    parts : list of Part
        The groups.
    sample : object
        A value of the type of `by`.
    """

    whole: Part
    plan: Plan
    names: tuple[str, ...]
    until: int
    parts: list[Part] = field(default_factory=list)
    sample: Any = ""

    def alone(self, places: Sequence[int]) -> "MemoryUnitStore":
        """Take one group as a whole, or all its periods."""
        parts = [self.parts[place] for place in places]
        return replace(
            self, whole=replace(parts[0], label={}, reach=_joined([one.reach for one in parts])), parts=parts
        )

    def growths(self, *, grouped: bool) -> tuple[list[Growth], int]:
        """Return the curves of a picture, and how many there could be: of the last step by group, or of all steps."""
        last = len(self.names) - 1
        lines = [(part, last) for part in self.parts] if grouped else [(self.whole, one) for one in range(1, last + 1)]
        largest = sorted(range(len(lines)), key=lambda place: -len(lines[place][0].reach.unit))[:MOST_DRAWN]
        found = [
            growth_of(part.reach, part.visitor, part.label, step, self.until, self.plan.window)
            for part, step in (lines[place] for place in sorted(largest))
        ]
        return found, len(lines)

    def age(self) -> float | None:
        """Return how long the units were seen since their first entry, at the median."""
        entry = self.whole.reach.first_entry_at
        return float(self.until - np.median(entry)) if len(entry) else None

    def n_shared(self, other: object) -> int | None:
        """Count the units that another funnel has as well; None where the other one is not in memory."""
        if not isinstance(other, MemoryUnitStore):
            return None
        return len(set(self.whole.names) & set(other.whole.names))

    def table(self, unit: str, by: str | None, like: Frame) -> Any:
        """Return the table of units, in the caller's library."""
        columns = unit_columns(self.whole, self.names, self.plan, self.until)
        ids = {"unit": self.whole.units, "visitor": self.whole.visitors}
        samples = {name: 0 if one is None or one.dtype.kind in "iu" else "" for name, one in ids.items()}
        samples |= {"group": self.sample, "deepest_step": ""}
        names = {"unit": unit, "visitor": "visitor_id", "group": by}
        like = like.drop("pending")  # a number there
        padded = {names.get(name) or name: _padded(one, samples.get(name, 0), like) for name, one in columns.items()}
        return build(padded, like=like).head(len(columns["unit"])).to_native()


def _joined(reaches: Sequence[StepTimes]) -> StepTimes:
    """Put units together."""
    names = [one.name for one in fields(StepTimes)]
    return StepTimes(**{name: np.concatenate([getattr(one, name) for one in reaches]) for name in names})


def measure(part: Part, seen: MemoryUnitStore, level: float) -> Measured:
    """Measure the units of one part."""
    return measured(sums_of(part.reach, seen.plan, seen.until, part.visitor), seen.plan, seen.names, level)


def measured(sums: Sums, plan: Plan, names: Sequence[str], level: float) -> Measured:
    """Make the rows of a table from sums."""
    if sums.clusters == sums.entrants:  # as many visitors as units: these stand alone
        sums = replace(sums, clusters=None)
    z = quantile(level, sums.clusters)
    pending = sums.reached_open[[plan.required_before(place) for place in range(plan.n_steps)]] - sums.reached_open
    rows: list[dict[str, Any]] = []
    for place, step in enumerate(names):
        reached, base = int(sums.reached[place]), plan.required_before(place)
        may_stop = not plan.optional[place]  # who leaves out what may be left out is not lost by it
        row = {
            "step": step,
            "reached": reached,
            **_shares(sums, place, base, z),
            "dropped": int(sums.reached[base] - reached - pending[place]) * may_stop,
            "pending": int(pending[place]) * may_stop,
            "skipped": int(sums.skipped[place]),
            "naive_conversion": reached / sums.entrants if sums.entrants else np.nan,
            **dict(zip(QUARTILES, sums.seconds[place].tolist(), strict=True)),
        }
        rows.append(row)
    known = sums.entrants > sums.open and sums.clusters != 1
    return Measured(
        rows=rows,
        entrants=sums.entrants,
        open=sums.open,
        trend=_trend(sums.halves),
        covariance=sums.covariance if known else np.full_like(sums.covariance, np.nan),
        optional=plan.optional,
        clusters=sums.clusters,
    )


def quantile(level: float, clusters: int | None) -> float:
    """Return the quantile of an interval: Student's where the variance is known from some visitors alone.

    Of one visitor nothing is known of how visitors differ: the normal one is left, for a single trial.
    """
    from scipy.special import stdtrit

    if clusters is None or clusters < 2:
        return normal_quantile(level)
    return float(stdtrit(clusters - 1, (1 + level) / 2))


def _shares(sums: Sums, place: int, base: int, z: float) -> dict[str, float]:
    """Return conversion from the entry and from the step before, with intervals; unknown while every window is open."""
    names = [f"{name}{end}" for name in INTERVALS for end in ("", "_low", "_high")]
    over = sums.entrants - sums.open
    if not over:
        return dict.fromkeys(names, np.nan)
    if not place:
        return dict.fromkeys(names, 1.0)
    share, last = float(sums.share[place]), float(sums.share[base])
    units = np.inf if sums.clusters is None else sums.clusters  # units of a visitor may all be alike
    # Of a step that may follow the entry at once, all that were seen tell something, also where nobody reached it.
    most = sums.exposure if base == 0 and share <= 0 else over
    n = float(effective_of(share, sums.covariance[place, place], min(most, units)))
    found = [share, *wilson(share, n, z)]
    if last <= 0:
        return dict(zip(names, [*found, np.nan, np.nan, np.nan], strict=True))
    ratio = min(share / last, 1.0)
    slope = np.array([1 / last, -share / last**2])
    variance = _quadratic(slope, sums.covariance[np.ix_([place, base], [place, base])])
    decided = most if base == 0 and share <= 0 else sums.reached[base] - sums.reached_open[base]
    n = float(effective_of(ratio, variance, min(decided, units)))
    return dict(zip(names, [*found, ratio, *wilson(ratio, n, z)], strict=True))


def _quadratic(slope: Floats, covariance: Floats) -> float:
    """Return the variance of a sum of two estimates; what is left of far larger terms is rounding."""
    found = float(slope @ covariance @ slope)
    return found if found > ROUNDING_OF_SUMS * float(slope**2 @ np.diag(covariance)) else 0.0


def _trend(halves: Counts) -> float | None:
    """Compare the earlier half of the entrants whose window is over with the later half."""
    from scipy.special import ndtr

    sizes, bought = halves.T
    n = int(sizes.sum())
    if n < FEWEST or not sizes.all():
        return None
    shares, pooled = bought / sizes, bought.sum() / n
    error = np.sqrt(pooled * (1 - pooled) * (1 / sizes).sum())
    return float(2 * ndtr(-abs(shares[1] - shares[0]) / error)) if error > 0 else None


FEWEST = 200
"""Entrants from which a trend is looked for."""
ROUNDING_OF_SUMS = 1e-12


def _padded(values: "np.ndarray[Any, Any]", sample: Any, like: Frame) -> Any:
    """Add a row that is taken away again: columns keep their types where they hold no value."""
    sample = next((one for one in values if one is not None), sample)
    longer = np.concatenate([values, np.array([sample], dtype=values.dtype)])
    return longer if longer.dtype != object else exact(longer.tolist(), like)


def unit_columns(part: Part, names: Sequence[str], plan: Plan, until: int) -> dict[str, Any]:
    """Write one row a unit: its group, the deepest step, three times, and whether it may still get further."""
    reach, mine = part.reach, part.ids
    order = order_of_labels(mine)
    if part.visitor is not None and part.visitors is not None:  # several visitors may have a session of one id
        first = np.argsort(part.visitor[reach.unit], kind="stable")
        order = first[order_of_labels(mine[first])]
    labels = np.array(names, dtype=object)
    columns: dict[str, Any] = {
        "unit": mine[order],
        **({} if part.visitors is None else {"visitor": part.owners[order]}),
        **({} if part.group is None else {"group": part.group[order]}),
        "deepest_step": labels[reach.deepest_step[order]],
        "first_entered_at": reach.first_entry_at[order].astype("datetime64[us]"),
    }
    for name, times in (("entered_at", reach.entry_at), ("deepest_at", reach.reached_at)):
        deepest = np.take_along_axis(times, reach.deepest_step[:, None], axis=1)[:, 0]
        columns[name] = deepest[order].astype("datetime64[us]")
    is_open = (until - reach.first_entry_at < plan.window) & (reach.deepest_step < plan.n_steps - 1)
    return {**columns, "pending": is_open[order]}


def empty(whole: Measured, by: str | None, every: str | None = None) -> dict[str, list[Any]]:
    """Write rows of zeros where nobody entered, and so no group is known."""
    label = {} if by is None else {by: None}
    return merged(iter([({"period_at": None, "complete": None, **label} if every else label, whole)]))


def merged(groups: Iterator[tuple[dict[str, Any], Measured]]) -> dict[str, list[Any]]:
    """Put the rows of all groups, each with what names it, one under the other."""
    columns: dict[str, list[Any]] = {}
    for label, found in groups:
        for row in found.rows:
            for name, value in {**label, **row}.items():
                columns.setdefault(name, []).append(value)
    return columns
