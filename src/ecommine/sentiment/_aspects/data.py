"""What tables, sentences and pictures of aspects are made from."""

from dataclasses import dataclass
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from ..._core.arrays import Bools, Floats, Ints
from ...schema._for_topics import Every
from .._columns import NO_TIME
from .changes import Changes
from .mentions import Mentions, Opinions, period_numbers, period_starts
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
    rated : Opinions
        All reviews but those that the platform wrote, also without a text.
    negative : bool array of shape (n_opinions, n_aspects)
        Whether each opinion mentions each aspect negatively.
    excess_q_value, q_value : float array
        Corrected p-values of the excess, and of the changes.
    """

    frame: nw.DataFrame[Any]
    names: tuple[str, ...]
    products: list[Any]
    has_product: bool
    every: Every
    first_open: int
    min_reviews: int
    level: float
    opinions: Opinions
    rated: Opinions
    mentions: Mentions
    negative: Bools
    by_product: AspectShares
    overall: AspectShares
    excess: Excess
    excess_q_value: Floats
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
