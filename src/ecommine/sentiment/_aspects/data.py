"""What tables, sentences and pictures of aspects are made from."""

from dataclasses import dataclass
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from ..._core.arrays import Bools, Floats, Ints
from ..._stats.multiple_testing import Correction
from ...schema._for_topics import Every
from .changes import Changes
from .mentions import NO_TIME, Mentions, Opinions, period_numbers, period_starts
from .shares import AspectShares, Excess


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AspectData:
    """Opinions, their mentions, and what was estimated from them.

    Attributes
    ----------
    frame : narwhals DataFrame
        The reviews, by whose rows the opinions are numbered.
    names : tuple of str
        The aspects.
    products : list
        Their ids; one, None, where there is no product_id.
    first_open : int
        Number of the first period that is not over.
    """

    frame: nw.DataFrame[Any]
    names: tuple[str, ...]
    products: list[Any]
    has_product: bool
    every: Every
    first_open: int
    min_reviews: int
    correction: Correction | None
    opinions: Opinions
    rated: Opinions
    mentions: Mentions
    by_product: AspectShares
    overall: AspectShares
    excess: Excess
    changes: Changes
    q_value: Floats

    def dated(self) -> Ints:
        """Return the opinions with a time."""
        return np.flatnonzero(self.opinions.time != NO_TIME)

    def period(self, opinions: Opinions, places: Ints) -> Ints:
        """Return the number of the period of some opinions."""
        return period_numbers(opinions.time[places], self.every)

    def starts(self, periods: Ints) -> Any:
        """Return the first moments of periods."""
        return period_starts(periods, self.every)

    def negative_matrix(self) -> Bools:
        """Return whether each opinion (rows) mentions each aspect (columns) negatively."""
        return negative_matrix(self.mentions, len(self.opinions), len(self.names))


def negative_matrix(mentions: Mentions, n_opinions: int, n_aspects: int) -> Bools:
    """Return whether each opinion (rows) mentions each aspect (columns) negatively."""
    matrix = np.zeros((n_opinions, n_aspects), dtype=bool)
    matrix[mentions.opinion[mentions.is_negative], mentions.aspect[mentions.is_negative]] = True
    return matrix
