"""Segments: their sizes, and comparisons with everybody: means by Welch's test, shares by Pearson's."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..._core.arrays import Floats, Ints
from ..._stats.arrays import divide
from ..._stats.chi_square import chi_square_p_value

CHANCE = 1e-4
"""Chance of a difference of a column that is not tested, below which it is shown."""
ALPHA = 0.05
"""q-value below which a difference is real."""
MIN_EXPECTED = 5
"""Expected customers in each cell below which there is no test of a share."""
MIN_VALUES = 10
"""Values on each side below which there is no test of a mean."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentSize:
    """Customers and money of one segment, NaN where money is not known; medians of the columns of a fit."""

    segment: str
    customers: int
    share: float
    money: float
    share_of_money: float
    medians: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileRow:
    """One comparison; NaN for what is not known."""

    segment: str
    column: str
    category: str | None
    known: int
    customers: int
    level: float
    everybody: float
    share_of_money: float
    chance: float
    n_categories: int
    is_tested: bool
    q_value: float = np.nan

    @property
    def null_share(self) -> float:
        """The share of the segment whose value is missing."""
        return 1 - self.known / max(self.customers, 1)

    @property
    def difference(self) -> float:
        """The level over that of everybody."""
        return self.level - self.everybody

    @property
    def p_value(self) -> float:
        """The chance of such a difference; NaN where there is nothing to test."""
        return self.chance if self.is_tested else np.nan

    @property
    def index(self) -> float:
        """The level in per cent of everybody's; NaN where that is 0 or below."""
        return 100 * self.level / self.everybody if self.everybody > 0 else np.nan

    @property
    def is_real(self) -> bool:
        """Whether the difference is not of chance; a stricter rule where many columns of the orders are looked over."""
        return self.q_value < ALPHA if self.is_tested else self.chance * self.n_categories < CHANCE


def segment_sizes(segment: Ints, labels: Sequence[str], money: Floats | None) -> tuple[SegmentSize, ...]:
    """Return the size of each segment; customers of segment -1 count in the shares only."""
    inside = segment[segment >= 0]
    customers = np.bincount(inside, minlength=len(labels))
    sums = shares = np.full(len(labels), np.nan)
    if money is not None:
        sums = np.bincount(inside, weights=money[segment >= 0], minlength=len(labels))
        shares = divide(sums, money.sum())
    columns = (customers, divide(customers, len(segment)), sums, shares)
    rows = zip(labels, *(column.tolist() for column in columns), strict=True)
    return tuple(
        SegmentSize(segment=label, customers=count, share=share, money=total, share_of_money=part)
        for label, count, share, total, part in rows
    )


def as_columns(rows: Sequence[object], *names: str) -> dict[str, Any]:
    """Return attributes of rows as the columns of a table."""
    columns = {name: [getattr(row, name) for row in rows] for name in names}
    is_text = {name: any(value is None or isinstance(value, str) for value in columns[name][:1]) for name in names}
    return {name: values if is_text[name] else np.array(values) for name, values in columns.items()}


def size_columns(sizes: Sequence[SegmentSize]) -> dict[str, Any]:
    """Return sizes as the columns of a table."""
    return as_columns(sizes, "segment", "customers", "share", "money", "share_of_money")


def compare_numbers(
    column: str, values: Floats, segment: Ints, labels: Sequence[str], *, is_tested: bool
) -> list[ProfileRow]:
    """Compare the mean of a column in each segment with that of everybody."""
    is_known = np.isfinite(values)
    everybody = float(values[is_known].mean()) if is_known.any() else np.nan
    rows = []
    for i, label in enumerate(labels):
        inside = segment == i
        own, others = values[inside & is_known], values[~inside & is_known]
        rows.append(
            ProfileRow(
                segment=label,
                column=column,
                category=None,
                known=len(own),
                customers=int(inside.sum()),
                level=float(own.mean()) if len(own) else np.nan,
                everybody=everybody,
                share_of_money=np.nan,
                chance=welch_p_value(own, others),
                n_categories=1,
                is_tested=is_tested,
            )
        )
    return rows


def compare_categories(
    column: str,
    code: Ints,
    categories: Sequence[str],
    segment: Ints,
    labels: Sequence[str],
    money: Floats | None,
    *,
    is_tested: bool,
) -> list[ProfileRow]:
    """Compare the share of each category in each segment with that of everybody."""
    is_known = code >= 0
    n = len(categories)
    all_counts = np.bincount(code[is_known], minlength=n)
    everybody = divide(all_counts, all_counts.sum())
    rows = []
    for i, label in enumerate(labels):
        inside = segment == i
        known = inside & is_known
        counts = np.bincount(code[known], minlength=n)
        level = divide(counts, counts.sum())
        shares = np.full(n, np.nan)
        if money is not None:
            shares = divide(np.bincount(code[known], weights=money[known], minlength=n), money[known].sum())
        p_values = share_p_values(counts, all_counts - counts)
        rows += [
            ProfileRow(
                segment=label,
                column=column,
                category=category,
                known=int(counts.sum()),
                customers=int(inside.sum()),
                level=float(level[j]),
                everybody=float(everybody[j]),
                share_of_money=float(shares[j]),
                chance=float(p_values[j]),
                n_categories=n,
                is_tested=is_tested,
            )
            for j, category in enumerate(categories)
        ]
    return rows


def welch_p_value(own: Floats, others: Floats) -> float:
    """Return the p-value of Welch's test of two means; NaN for few values, or where all are the same.

    Examples
    --------
    >>> welch_p_value(np.arange(20.0), np.arange(20.0))
    1.0
    """
    if min(len(own), len(others)) < MIN_VALUES:
        return np.nan
    parts = np.array([own.var(ddof=1) / len(own), others.var(ddof=1) / len(others)])
    difference, variance = float(own.mean() - others.mean()), float(parts.sum())
    if variance == 0:
        return np.nan if difference == 0 else 0.0
    from scipy.special import stdtr

    df = variance**2 / float((parts**2 / (np.array([len(own), len(others)]) - 1)).sum())
    return float(2 * stdtr(df, -abs(difference) / np.sqrt(variance)))


def share_p_values(own: Ints, others: Ints) -> Floats:
    """Return p-values of Pearson's test of each category's share; NaN where fewer than five are expected in a cell.

    Examples
    --------
    >>> share_p_values(np.array([30, 20]), np.array([20, 30])).round(4).tolist()
    [0.0455, 0.0455]
    """
    n_own, n_others = own.sum(), others.sum()
    total = n_own + n_others
    p_values = np.full(len(own), np.nan)
    for j, (a, b) in enumerate(zip(own.tolist(), others.tolist(), strict=True)):
        margin = a + b
        least = min(n_own, n_others) * min(margin, total - margin) / total if total else 0
        if least >= MIN_EXPECTED:
            squared = total * float(a * (n_others - b) - b * (n_own - a)) ** 2
            statistic = squared / (float(n_own) * float(n_others) * margin * (total - margin))
            p_values[j] = chi_square_p_value(statistic, 1)
    return p_values
