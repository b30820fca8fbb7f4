"""The least count of an itemset: given, or raised while the most frequent ones are found."""

import numpy as np

from .._encoding import Ints, Mask

TIES = 100
"""How many times the wished-for number of itemsets may share the last count before they are left out together."""


MOST = 20_000_000
"""Itemsets beyond which mining gives up: nobody reads them, and they no longer fit into memory."""


class TooManyError(Exception):
    """More itemsets than :data:`MOST`."""


class Bar:
    """What an itemset must reach; for the ``top`` most frequent it rises, and ends the same in whatever order.

    The bar stands at the highest count that ``top`` itemsets reach, so that all of the last count are kept. Where
    those are more than a hundred times as many (every subset of one large basket, say), the bar is one higher.
    """

    def __init__(self, least: int, *, top: int | None, most: int) -> None:
        self.least, self.top = least, top
        self.limit = None if top is None else TIES * top
        self.seen: Ints = np.zeros(most + 2 if top else 0, dtype=np.int64)
        self.above = 0  # itemsets seen at the bar or higher

    def admit(self, counts: Ints) -> Mask:
        """Tell which itemsets reach the bar; where it can rise, they raise it first."""
        if self.top is None:
            return np.asarray(counts >= self.least)
        high = counts[counts >= self.least]
        np.add.at(self.seen, high, 1)
        self.above += len(high)
        self.rise()
        return np.asarray(counts >= self.least)

    def rise(self) -> None:
        """Raise the bar as far as what was seen allows."""
        if self.top is None or self.limit is None:
            return
        # Nothing is left out before more is seen than was asked for, so that a bar that rose tells of a cut.
        while (self.above > self.top and self.above - self.seen[self.least] >= self.top) or self.above > self.limit:
            self.above -= int(self.seen[self.least])
            self.least += 1
