r"""Changes from period to period in the share of opinions that mention an aspect negatively, product by product.

Periods are compared within strata of equal product, and equal age since the purchase where that is known. With the
negative opinions :math:`m_k` of all :math:`n_k` in a stratum, :math:`n_{1k}` of them in the later period, the
difference is that of Mantel and Haenszel,

.. math:: \hat\delta = \frac{\sum_k w_k (\bar y_{1k} - \bar y_{0k})}{\sum_k w_k}, \qquad w_k = n_{1k} n_{0k} / n_k

so that products which are reviewed more in one of the periods bring no change by themselves. Its test, and its error
under no change, are those of Cochran, Mantel and Haenszel with a design effect for customers who write several reviews:
the sum of the scores :math:`(g_i - \bar g_k)(y_i - \bar y_k)`, summed by customer and squared, over that by review
(Liang 1985). Where there are too few events for that, a binomial test takes its place; `_words.mantel_haenszel` has all
references.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..._core.arrays import Bools, Floats, Ints, distinct_rows
from ..._stats.arrays import divide, sums_by_group
from ..._stats.intervals import normal_quantile
from .._words.mantel_haenszel import Cells, cmh_p_values, cmh_variance

MIN_NEGATIVE = 10
"""Negative opinions of two periods, with fewer of which a change is not tested: no number of them would be clear."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Changes:
    """Changes of aspects between a period and the one before; arrays of shape (n_changes,).

    ``product`` is -1 for all products together; ``before`` and ``after`` count the opinions that are compared;
    ``p_value`` is NaN where fewer than ten of them are negative.
    """

    product: Ints
    aspect: Ints
    period: Ints
    before: Floats
    after: Floats
    negative_before: Floats
    negative_after: Floats
    difference: Floats
    error: Floats
    p_value: Floats

    @classmethod
    def join(cls, parts: "list[Changes]") -> "Changes":
        """Return several as one."""
        names = cls.__dataclass_fields__
        empty: dict[str, Any] = {name: np.zeros(0, dtype=np.int64 if i < 3 else float) for i, name in enumerate(names)}
        return cls(**{name: np.concatenate([empty[name], *(getattr(part, name) for part in parts)]) for name in names})

    def limits(self, level: float) -> tuple[Floats, Floats]:
        """Return the limits of the differences."""
        half = normal_quantile(level) * self.error
        return np.maximum(self.difference - half, -1.0), np.minimum(self.difference + half, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Units:
    """Opinions with a time; arrays of shape (n_units,).

    ``negative`` has a column per aspect; strata are products, by class of ages.
    """

    period: Ints
    stratum: Ints
    product: Ints
    customer: Ints
    negative: Bools


def units_of(period: Ints, product: Ints, age: Ints, customer: Ints, negative: Bools) -> Units:
    """Return opinions with the numbers of their strata."""
    stratum, _ = distinct_rows(product, age)
    return Units(period=period, stratum=stratum, product=product, customer=customer, negative=negative)


def find_changes(units: Units, min_reviews: int, *, by_product: bool) -> Changes:
    """Compare each period with the one before: all products together and, where asked for, each product."""
    parts = []
    for period in np.unique(units.period).tolist():
        is_after, is_before = units.period == period, units.period == period - 1
        rows = np.flatnonzero(is_after | is_before)
        if not is_before.any():
            continue
        for aspect in range(units.negative.shape[1]):
            scored = _Scored.of(units, rows, is_after[rows], aspect)
            parts.append(scored.changes(np.full(len(rows), -1), aspect, period, min_reviews))
            if by_product:
                parts.append(scored.changes(units.product[rows], aspect, period, min_reviews))
    return Changes.join(parts)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Scored:
    """Units of two periods with the scores of one aspect."""

    stratum: Ints
    customer: Ints
    is_after: Bools
    y: Floats
    score: Floats
    weight: Floats
    is_matched: Bools

    @classmethod
    def of(cls, units: Units, rows: Ints, is_after: Bools, aspect: int) -> "_Scored":
        _, stratum = np.unique(units.stratum[rows], return_inverse=True)
        n_strata = int(stratum.max(initial=-1)) + 1
        y, g = units.negative[rows, aspect].astype(np.float64), is_after.astype(np.float64)
        n, n1, m = (sums_by_group(stratum, values, n_strata)[stratum] for values in (np.ones(len(y)), g, y))
        is_matched = (n1 > 0) & (n1 < n)
        score = np.where(is_matched, (g - n1 / n) * (y - m / n), 0.0)
        return cls(
            stratum=stratum,
            customer=units.customer[rows],
            is_after=is_after,
            y=y,
            score=score,
            weight=np.where(is_matched, n1 * (n - n1) / n**2, 0.0),
            is_matched=is_matched,
        )

    def changes(self, group: Ints, aspect: int, period: int, min_reviews: int) -> Changes:
        """Return the changes by group of strata, where both periods have enough reviews."""
        labels, of = np.unique(group, return_inverse=True)
        k = len(labels)

        def sums(values: Any) -> Floats:
            return sums_by_group(of, np.where(self.is_matched, values, 0.0), k)

        after, before = sums(self.is_after * 1.0), sums(~self.is_after * 1.0)
        hit, hit_before = sums(self.y * self.is_after), sums(self.y * ~self.is_after)
        cells = self._cells(of, k)
        expected = cells.sums(cells.n_target * (cells.target + cells.reference) / (cells.n_target + cells.n_reference))
        cluster, first = distinct_rows(of, self.customer)
        by_customer = sums_by_group(of[first], sums_by_group(cluster, self.score, len(first)) ** 2, k)
        effect = np.maximum(np.nan_to_num(divide(by_customer, sums(self.score**2)), nan=1.0), 1.0)
        weight, p_value = sums(self.weight), cmh_p_values(cells, effect)
        chosen = (after >= min_reviews) & (before >= min_reviews)
        return Changes(
            product=labels[chosen],
            aspect=np.full(int(chosen.sum()), aspect),
            period=np.full(int(chosen.sum()), period),
            before=before[chosen],
            after=after[chosen],
            negative_before=hit_before[chosen],
            negative_after=hit[chosen],
            difference=divide(hit - expected, weight)[chosen],
            error=divide(np.sqrt(cmh_variance(cells) * effect), weight)[chosen],
            p_value=np.where(hit + hit_before >= MIN_NEGATIVE, p_value, np.nan)[chosen],
        )

    def _cells(self, of: Ints, n_groups: int) -> Cells:
        """Return the matched strata as cells of their group."""
        rows = np.flatnonzero(self.is_matched)
        strata, cell = np.unique(self.stratum[rows], return_inverse=True)
        group = np.zeros(len(strata), dtype=np.int64)
        group[cell] = of[rows]
        after, y = self.is_after[rows], self.y[rows]
        values = {"target": y * after, "reference": y * ~after, "n_target": after, "n_reference": ~after}
        sums = {name: sums_by_group(cell, value, len(strata)) for name, value in values.items()}
        return Cells(word=group, n_words=n_groups, **sums)
