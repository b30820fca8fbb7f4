"""What a fit gives: elasticities, their means, checks of what may mislead, and prices."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw
import numpy as np

from .._core.arrays import Floats
from .._core.checks import one_of
from .._core.engines import tell_library_errors
from .._core.frames import opened
from .._core.notes import Note
from .._core.results import Result
from .._core.texts import LOCALES, Locale, counted
from .._stats.shrinkage import Shrunk
from ._options import FitOptions
from ._panel import Panel
from ._regression.estimates import Estimates
from ._regression.rows import Rows
from ._table import cross_table, pooled_table

SHOWN_COLUMNS = ("elasticity", "elasticity_low", "elasticity_high", "raw_elasticity", "shrinkage", "price_changes")
"""Of the main table, in the display."""

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ._prices.result import Objective, OptimalPrices


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Elasticities(Result):
    """Elasticities of all products with their intervals; made by :func:`ecommine.elasticity.fit`.

    Attributes
    ----------
    table : eager table, one row per product (or whatever `by` names)
        - product_id, and category where it is known;
        - elasticity with elasticity_low and elasticity_high: at the regular price, drawn to the mean of the category;
        - raw_elasticity with its limits and std_error: from the product's own data alone;
        - shrinkage: the weight of its own data, in [0, 1];
        - elasticity_with_promotions: raw, where promotions are not held, if there are any;
        - periods; price_spread, the standard deviation of the log price; price_changes, lasting moves of the regular
          price above 1 %;
        - reason: why the elasticity is null, else null.
    level : float
        Of all intervals.
    notes : tuple of Note
        See the codes in :mod:`ecommine.elasticity`.

    Examples
    --------
    >>> import pandas as pd
    >>> from ecommine import elasticity
    >>> sales = pd.DataFrame({
    ...     "product_id": "tea",
    ...     "period_at": pd.date_range("2024-01-01", periods=8, freq="7D"),
    ...     "quantity": [100, 83, 120, 99, 70, 84, 118, 101],
    ...     "price": [4.0, 4.4, 3.6, 4.0, 4.8, 4.4, 3.6, 4.0],
    ...     "unit_cost": 2.0,
    ... })
    >>> elasticity.fit(sales).simulate()[["product_id", "change", "units", "profit"]].round(2)
      product_id  change   units  profit
    0        tea   -0.10  120.38  192.60
    1        tea   -0.05  108.96  196.12
    2        tea    0.00   99.13  198.26
    3        tea    0.05   90.60  199.33
    4        tea    0.10   83.16  199.58
    """

    table: Any
    level: float
    notes: tuple[Note, ...]
    _panel: Panel
    _options: FitOptions
    _rows: Rows
    _raw: Estimates
    _shrunk: Shrunk
    _limits: tuple[Floats, Floats]

    @property
    def headline(self) -> str:
        """The first line of the display."""
        known = int(np.isfinite(self._shrunk.mean).sum())
        mean = float(np.nanmean(self._shrunk.mean)) if known else np.nan
        until = "" if self._panel.last_period is None else f" up to {self._panel.last_period.astype('datetime64[D]')}"
        middle = f", mean {mean:.2f}{' after shrinkage' * self._shrunk.is_drawn}" if known else ""
        total = counted(self._panel.n_groups, "elasticity", "elasticities")
        return f"{known:,} of {total} known{middle}, from {counted(len(self._rows.y), 'row')}{until}"

    @property
    def tables(self) -> Mapping[str, Any]:
        """The tables by name."""
        cross = {"cross": self.cross} if self._rows.cross else {}
        return {"elasticities": self.table, "pooled": self.pooled, **cross, "checks": self.checks}

    def _main(self) -> Any:
        return self.table

    def _shown(self) -> nw.DataFrame[Any] | nw.LazyFrame[Any]:
        frame = opened(self.table, argument="table")
        return frame.select(frame.columns[0], *SHOWN_COLUMNS, "reason")

    @property
    def pooled(self) -> Any:
        """The mean of the elasticities over products, not weighted by sales, as an eager table.

        With its interval, the spread of the true values around it and Cochran's test that they are all alike, by the
        methods of DerSimonian and Laird and of Paule and Mandel: of all products (category null) and of each category.
        """
        return pooled_table(self._panel, self._raw, self.level)

    @property
    def cross(self) -> Any:
        """One row per elasticity and other price, as an eager table; empty unless `cross` was given."""
        return cross_table(self._panel, self._options, self._rows, self._raw)

    @property
    def checks(self) -> Any:
        """The checks of what may mislead, computed anew at each look, as an eager table.

        check, a code; value, the median move of the raw elasticities; largest_move, that of the one that moves most,
        named in product; affected, the rows (of price_follows_demand the elasticities) concerned; verdict, "moves",
        "stable", "not_known" or "cannot_be_ruled_out"; remedy, a sentence. Whether prices follow demand cannot be seen
        in sales: its value is the move for each 0.1 of correlation between price and unexplained demand.
        """
        from ._checks import checks_table

        return checks_table(self._panel, self._options, self._rows, self._raw)

    @tell_library_errors
    def optimal_prices(
        self,
        products: object = None,
        /,
        *,
        objective: "Objective" = "profit",
        max_change: float = 0.1,
        bounds: object = None,
        endings: Sequence[float] | None = None,
        kept: float = 1.0,
        base: str | timedelta = "13w",
    ) -> "OptimalPrices":
        """Choose the price of each product that brings the highest expected profit.

        Parameters
        ----------
        products : table, optional
            Canonical products: only these get a price; their unit_cost, where there is one, takes the place of that of
            the sales.
        objective : {"profit", "revenue", "units"}
            What is maximised. With a constant elasticity revenue and units are highest at a limit.
        max_change : float in (0, 1)
            Largest relative change of the current price, up or down.
        bounds : pair of numbers or table, optional
            Lowest and highest price, as multiples of the current one, or a table with product_id, low and high. They
            allow prices never seen, which are not considered without bounds.
        endings : sequence of numbers, optional
            Amounts that a price may end in, such as (0.90, 0.99), or (9.90, 9.99) for the last unit before the point.
            Where no such price is within the limits, the price is null.
        kept : float in (0, 1]
            Share of the price that the shop keeps after tax and commission: 1 / 1.2 with 20 % VAT in the price.
        base : str or timedelta
            Length of the recent past whose sales are the base, back from the last complete period.

        Returns
        -------
        OptimalPrices
            ``.table`` has one row per product; there is an example.

        Raises
        ------
        ValueError
            If the elasticities are not by product, or the sales have no period_at; if a unit cost is negative, a low
            bound above its high one, or a product has two costs or bounds that differ.
        """
        from ._prices.result import optimal_prices

        return optimal_prices(
            self,
            products,
            objective=objective,
            max_change=max_change,
            bounds=bounds,
            endings=endings,
            kept=kept,
            base=base,
        )

    @tell_library_errors
    def simulate(self, prices: object = None, /, *, kept: float = 1.0, base: str | timedelta = "13w") -> Any:
        """Compute units, revenue and profit per period at other prices.

        Parameters
        ----------
        prices : table, optional
            product_id and price, several rows per product allowed; by default the current price and 5 and 10 % below
            and above it.
        kept : float in (0, 1]
            Share of the price that the shop keeps after tax and commission.
        base : str or timedelta
            Length of the recent past whose sales are the base.

        Returns
        -------
        eager table
            product_id, price, change (relative to the current price), units, revenue and profit, each the mean over
            the posterior of the elasticity, with units_low, units_high, profit_low and profit_high at the limits of
            its interval. Profit is null where no cost is known.
        """
        from ._prices.simulate import simulate

        return simulate(self, prices, kept=kept, base=base)

    def summary(self, *, locale: Locale = "en") -> str:
        """Return three to five sentences: what a price change does, for which products it is known, what to mind."""
        from ._summary import elasticity_sentences

        one_of("locale", locale, LOCALES)
        return elasticity_sentences(self._panel, self._options, self._raw, self._shrunk, locale)

    def plot(
        self, ax: "Axes | None" = None, *, product: object = None, kind: str = "elasticities", locale: Locale = "en"
    ) -> "Axes":
        """Draw all elasticities with their intervals by category, or the demand curve of one product.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Where to draw; by default a new figure.
        product : id, optional
            The product (or what `by` names) of ``kind="demand"``; by default the one with the most sales
            among those whose elasticity is known. One without has its sales drawn, and the reason in the title.
        kind : {"elasticities", "demand"}
            The caterpillar of all, with names where there are at most 25, or units against price with the curve, its
            band and the data.
        locale : {"en", "zh"}
            The language of all text.
        """
        from ._plot import draw_demand, draw_elasticities

        one_of("locale", locale, LOCALES)
        one_of("kind", kind, ("elasticities", "demand"))
        if kind == "elasticities":
            return draw_elasticities(self._panel, self._shrunk.mean, self._limits, ax, locale)
        return draw_demand(self._rows, self._shrunk.mean, self._limits, self._raw.reasons, product, ax, locale)
