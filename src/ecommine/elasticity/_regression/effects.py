"""Which effects are held fixed: an intercept for each product and store, and the periods that the shop shares."""

from dataclasses import dataclass

import numpy as np

from ..._core.arrays import Bools, Ints
from .._options import FitOptions
from .._panel import Panel

MIN_PRODUCTS_PER_PERIOD = 10
"""With fewer, the effect of the period holds much of each product's own price: own becomes own minus cross."""
MIN_CATEGORIES_PER_PERIOD = 3
"""With fewer, what the period holds are the prices of substitutes."""
MIN_SHARE_OF_ROWS = 0.8
"""Of rows in periods that enough products share, above which these periods get effects unasked."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Effects:
    """The effects of a fit.

    Attributes
    ----------
    of_series : bool
        Whether each product in each store has an intercept, else each group.
    period : int array of shape (n_rows,), or None
        The effect of the period of each row, from 0; -1 where too few products share the period.
    """

    of_series: bool
    period: Ints | None

    @property
    def rows(self) -> Bools | None:
        """The rows whose period has an effect; None where periods have none."""
        return None if self.period is None else self.period >= 0


def choose_effects(panel: Panel, options: FitOptions) -> Effects:
    """Choose the effects by the options and the data.

    Raises
    ------
    ValueError
        If period effects are asked for where too few products share a period, or with cross prices of the category,
        which these hold.
    """
    of_series = options.absorb is None or "product_id" in options.absorb
    if options.absorb is not None and "period_at" not in options.absorb:
        return Effects(of_series=of_series, period=None)
    if options.absorb is None and options.cross is not None:  # the period holds the mean price of the others
        return Effects(of_series=of_series, period=None)
    if options.absorb is not None and options.cross is not None:
        raise ValueError(
            "`cross` cannot be told beside the effects of periods, which hold the mean of the other prices: "
            "leave 'period_at' out of `absorb`"
        )
    period = _shared_periods(panel)
    share = float((period >= 0).mean()) if len(period) else 0.0
    if options.absorb is not None and not share:
        raise ValueError(
            f"`absorb` has 'period_at', but no period is shared by {MIN_PRODUCTS_PER_PERIOD} products of "
            f"{MIN_CATEGORIES_PER_PERIOD} categories: with fewer the effect of the own price would become that of the "
            "own less that of the others; give categories by `products`, or leave 'period_at' out"
        )
    is_used = options.absorb is not None or share >= MIN_SHARE_OF_ROWS
    return Effects(of_series=of_series, period=period if is_used else None)


def _shared_periods(panel: Panel) -> Ints:
    """Return the number of each row's period, among those that enough products share; -1 for others."""
    if panel.period is None or not len(panel.period):
        return np.full(len(panel.units), -1, dtype=np.int64)
    category = panel.category_of_product[panel.product]
    n_periods = int(panel.period.max()) + 1
    products, categories = _distinct_per(panel.period, panel.product), _distinct_per(panel.period, category)
    is_shared = (products >= MIN_PRODUCTS_PER_PERIOD) & (categories >= MIN_CATEGORIES_PER_PERIOD)
    numbers = np.where(is_shared, np.cumsum(is_shared) - 1, -1)
    assert len(numbers) == n_periods
    return numbers[panel.period]


def _distinct_per(period: Ints, value: Ints) -> Ints:
    """Count the distinct values from 0 on of each period."""
    n_values = int(value.max()) + 2
    pairs = np.zeros((int(period.max()) + 1) * n_values, dtype=bool)
    pairs[period * n_values + value + 1] = True  # the first place of each period is that of unknown values
    return np.asarray(pairs.reshape(-1, n_values)[:, 1:].sum(axis=1))
