"""The result of an evaluation: measures with intervals, verdicts, and the same by past orders."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from .._core.arrays import Bools, Floats
from .._core.checks import one_of
from .._core.notes import Note
from .._core.results import Result
from .._core.tables import build_table
from .._core.texts import LOCALES, Locale, counted
from .._stats.clustered_shares import shares_by_group
from .._stats.clusters import variance_of_ratio
from .._stats.intervals import normal_quantile
from ._measures import Measured

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ._fit import Source

BASELINES = ("own", "popular")
MEASURES = ("ndcg", "precision", "recall", "hit_rate")
GROUPS = ((0, 0, "none"), (1, 1, "1"), (2, 3, "2-3"), (4, np.inf, "4+"))
"""Past orders: least, most, name."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Row:
    """One line of the table."""

    candidate: str
    window: int | None
    customers: int
    values: dict[str, tuple[float, float, float]]
    difference: tuple[float, float, float]
    q_value: float
    verdict: str
    repeat_share: float
    ndcg_new: float
    shown: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Evaluation(Result):
    """Candidates beside own history and bestsellers; made by :func:`ecommine.recommend.evaluate`.

    Attributes
    ----------
    table : eager table of the caller's library, one row per window and candidate, and one over all windows at the end
        candidate, window (its first day, null over all), customers; ndcg, precision, recall and hit_rate, each with
        limits; difference in ndcg from the better baseline with limits; q_value and verdict ("better", "worse",
        "unclear", over all windows; "baseline"); repeat_share (of the places shown), ndcg_new (of products the customer
        had not bought), catalogue_share (products that are in any list, of those bought before).
    by : eager table
        candidate, past_orders ("none", "1", "2-3", "4+"), customers, ndcg with limits, over all windows.
    baseline : str
        The better one.
    placement : str
    k : int
    level : float
    as_of : datetime or None
    notes : tuple of Note
        See the codes in :mod:`ecommine.recommend`.

    Examples
    --------
    >>> import pandas as pd
    >>> from ecommine import recommend
    >>> orders = pd.DataFrame({"order_id": range(40)})
    >>> orders["customer_id"], orders["product_id"] = orders["order_id"] % 4, orders["order_id"] % 8
    >>> orders["ordered_at"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(orders.index, unit="D")
    >>> recommend.evaluate(orders, k=2, horizon="7d", n_windows=2).headline
    'home, 4 customers in 2 windows, 1 candidate beside own history and bestsellers, NDCG at 2'
    """

    table: Any
    by: Any
    baseline: str
    placement: str
    k: int
    level: float
    as_of: datetime | None
    notes: tuple[Note, ...]
    _rows: tuple[Row, ...]

    @property
    def headline(self) -> str:
        """The first line of the display."""
        pooled = [row for row in self._rows if row.window is None]
        windows = len({row.window for row in self._rows} - {None})
        others = len(pooled) - len(BASELINES)
        who = f"{counted(pooled[0].customers, 'customer')} in {counted(windows, 'window')}"
        beside = f"{counted(others, 'candidate')} beside own history and bestsellers"
        return f"{self.placement}, {who}, {beside}, NDCG at {self.k}"

    @property
    def tables(self) -> Mapping[str, Any]:
        """The tables by name."""
        return {"candidates": self.table, "by": self.by}

    def _sheets(self, locale: Locale) -> Mapping[str, Any]:
        """Return the tables of a workbook, in Chinese with signals and candidates in Chinese words."""
        from ._summary import in_chinese

        return self.tables if locale == "en" else {name: in_chinese(table) for name, table in self.tables.items()}

    def summary(self, *, locale: Locale = "en") -> str:
        """Return two to five sentences: which candidate is better than the baseline, and what the numbers are not."""
        from ._summary import evaluation_sentences

        return evaluation_sentences(
            self._rows, self.baseline, self.k, self.placement, one_of("locale", locale, LOCALES)
        )

    def plot(self, ax: "Axes | None" = None, *, locale: Locale = "en") -> "Axes":
        """Draw the NDCG of each candidate with its interval, windows apart."""
        from ._plot import draw_evaluation

        return draw_evaluation(self._rows, self.k, self.level, ax, one_of("locale", locale, LOCALES))


def make_evaluation(
    source: "Source",
    measured: Mapping[str, Measured],
    baseline: str,
    tests: Mapping[str, tuple[float, str]],
    days: list[int],
    k: int,
    level: float,
    placement: str,
) -> Evaluation:
    """Build the tables of an evaluation."""
    z, like = normal_quantile(level), source.purchases.like
    rows = [
        _row(name, measured[name], measured[baseline], window, tests.get(name), z, baseline=baseline)
        for window in [*range(len(days)), None]
        for name in measured
    ]
    return Evaluation(
        table=build_table(_columns(rows, days), like=like, samples={"window": datetime(2024, 1, 1)}),
        by=build_table(_by(measured, z), like=like, samples={"candidate": "", "past_orders": ""}),
        baseline=baseline,
        placement=placement,
        k=k,
        level=level,
        as_of=source.purchases.until,
        notes=source.notes,
        _rows=tuple(rows),
    )


def _row(
    name: str, own: Measured, reference: Measured, window: int | None, test: Any, z: float, *, baseline: str
) -> Row:
    kept = np.ones(len(own.unit), dtype=bool) if window is None else own.window == window
    difference = own.ndcg - reference.ndcg
    q, verdict = (float("nan"), "baseline") if name in BASELINES else (float("nan"), "") if window is not None else test
    nothing = (float("nan"),) * 3
    has_new = kept & ~np.isnan(own.ndcg_new)
    place = slice(None) if window is None else slice(window, window + 1)
    return Row(
        candidate=name,
        window=window,
        customers=len(np.unique(own.unit[kept])),
        values={
            measure: _hit_rate(own, kept, z)
            if measure == "hit_rate"
            else _interval(getattr(own, measure), own, kept, z)
            for measure in MEASURES
        },
        difference=nothing if name == baseline else _interval(difference, own, kept, z, low=-1.0),
        q_value=q,
        verdict=verdict,
        repeat_share=_mean(own.repeats[place]),
        ndcg_new=_mean(own.ndcg_new[has_new]),
        shown=_mean(own.shown[place]),
    )


def _mean(values: Floats) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else float("nan")


def _interval(values: Floats, own: Measured, kept: Bools, z: float, *, low: float = 0.0) -> tuple[float, float, float]:
    """Return the mean with its interval from ``low`` to 1 at most, customers being the units; NaN limits for one."""
    if not kept.any():
        return (float("nan"),) * 3
    codes = np.unique(own.unit[kept], return_inverse=True)[1]
    mean = float(values[kept].mean())
    error = z * float(np.sqrt(variance_of_ratio(values[kept], np.ones(int(kept.sum())), codes)))
    return mean, max(mean - error, low), min(mean + error, 1.0)


def _hit_rate(own: Measured, kept: Bools, z: float) -> tuple[float, float, float]:
    """Return the share of lists with a hit and Wilson's interval, customers being the units."""
    if not kept.any():
        return (float("nan"),) * 3
    codes = np.unique(own.unit[kept], return_inverse=True)[1]
    found = shares_by_group(np.zeros(len(codes), np.int64), own.hit_rate[kept] > 0, 1, codes, z)
    return float(found.share[0]), float(found.low[0]), float(found.high[0])


def _columns(rows: list[Row], days: list[int]) -> dict[str, Any]:
    begins = [
        datetime.combine(date.fromordinal(day + 1 + date(1970, 1, 1).toordinal()), datetime.min.time()) for day in days
    ]
    columns: dict[str, Any] = {
        "candidate": [row.candidate for row in rows],
        "window": [None if row.window is None else begins[row.window] for row in rows],
        "customers": [row.customers for row in rows],
    }
    for measure in MEASURES:
        for i, suffix in enumerate(("", "_low", "_high")):
            columns[f"{measure}{suffix}"] = np.array([row.values[measure][i] for row in rows])
    for i, suffix in enumerate(("", "_low", "_high")):
        columns[f"difference{suffix}"] = np.array([row.difference[i] for row in rows])
    columns["q_value"] = np.array([row.q_value for row in rows])
    columns["verdict"] = [row.verdict or None for row in rows]
    columns["repeat_share"] = np.array([row.repeat_share for row in rows])
    columns["ndcg_new"] = np.array([row.ndcg_new for row in rows])
    columns["catalogue_share"] = np.array([row.shown for row in rows])
    return columns


def _by(measured: Mapping[str, Measured], z: float) -> dict[str, Any]:
    rows: list[tuple[Any, ...]] = []
    for name, own in measured.items():
        for least, most, group in GROUPS:
            kept = (own.orders >= least) & (own.orders <= most)
            if kept.any():
                rows.append((name, group, len(np.unique(own.unit[kept])), *_interval(own.ndcg, own, kept, z)))
    columns = ("candidate", "past_orders", "customers", "ndcg", "ndcg_low", "ndcg_high")
    whole = list(zip(*rows, strict=True)) if rows else [()] * len(columns)
    numbers = {"ndcg", "ndcg_low", "ndcg_high"}
    return {
        name: np.array(list(values), dtype=float) if name in numbers else list(values)
        for name, values in zip(columns, whole, strict=True)
    }
