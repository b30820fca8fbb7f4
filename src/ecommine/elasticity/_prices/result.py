"""Prices to set, with their expected money and risk."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal, get_args

import narwhals.stable.v2 as nw
import numpy as np

from ..._core.arrays import Bools, Floats
from ..._core.checks import number, one_of, several, show
from ..._core.durations import Duration
from ..._core.frames import collect, opened
from ..._core.notes import Note
from ..._core.results import Result
from ..._core.tables import build_table
from ..._core.texts import LOCALES, Locale, counted
from ...schema._for_topics import read
from .._panel import Panel, as_floats
from .._products import check_one_value
from .demand import Demand, recent_demand
from .given import read_given
from .optimal import CENTS, LIMITS, Band, Choice, Money, choose_prices, price_band

if TYPE_CHECKING:
    from .._result import Elasticities

Objective = Literal["profit", "revenue", "units"]
NO_OPTIMUM_ABOVE = -1.0
"""An elasticity at or above it has no price of highest profit: each increase brings more."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class OptimalPrices(Result):
    """The price of each product with the highest expected money; made by `Elasticities.optimal_prices`.

    Attributes
    ----------
    table : eager table, one row per product
        - product_id, price, current_price (that of the last complete period, without promotion);
        - limited_by: the limit that the price stands at, "max_change", "seen_prices" or "bounds", null for an optimum
          within the limits;
        - units per period at the price, mean over what is not known of the elasticity;
        - expected_change of the money (or units) per period, with expected_change_low and expected_change_high, at the
          limits of the elasticity's interval;
        - loss_probability: the chance that the expected money at the price is below that at the current one, given
          what is not known of the elasticity. A single period can fall by chance all the same;
        - reason: why there is no price, such as "no_ending_within_limits", else null.
    objective : {"profit", "revenue", "units"}
    kept : float
        Share of the price that the shop keeps.
    notes : tuple of Note
        Codes no_finite_optimum, limited_prices, no_price (products).

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
    >>> prices = elasticity.fit(sales).optimal_prices(endings=(0.20, 0.90))
    >>> prices.table[["product_id", "current_price", "price", "expected_change", "loss_probability"]].round(2)
      product_id  current_price  price  expected_change  loss_probability
    0        tea            4.0    4.2             1.07               0.0
    """

    table: Any
    objective: Objective
    kept: float
    notes: tuple[Note, ...]
    _choice: Choice
    _names: tuple[Any, ...]

    @property
    def headline(self) -> str:
        """The first line of the display."""
        n = int(np.isfinite(self._choice.price).sum())
        change = f", {float(np.nansum(self._choice.change)):+,.2f} per period in all" if n else ""
        return f"{counted(n, 'price')} for the highest {self.objective}{change}"

    @property
    def tables(self) -> Mapping[str, Any]:
        """The tables by name."""
        return {"prices": self.table}

    def _shown(self) -> nw.DataFrame[Any] | nw.LazyFrame[Any]:
        frame = opened(self.table, argument="table")
        return frame.drop("units", "expected_change_low", "expected_change_high")

    def summary(self, *, locale: Locale = "en") -> str:
        """Return two to four sentences: what the prices bring together, the best one, the risk, and the limits."""
        from .._summary import price_sentences

        one_of("locale", locale, LOCALES)
        return price_sentences(self._choice, self._names, self.objective, locale)


def optimal_prices(
    fitted: "Elasticities",
    products: object,
    *,
    objective: Objective,
    max_change: float,
    bounds: object,
    endings: Sequence[float] | None,
    kept: float,
    base: str | timedelta,
) -> OptimalPrices:
    """Choose prices; see `Elasticities.optimal_prices`."""
    one_of("objective", objective, get_args(Objective))
    max_change = number("max_change", max_change, low=1e-6, high=0.9)
    kept = number("kept", kept, low=1e-6, high=1)
    demand, is_asked = demand_of(fitted, products, base)
    limits = None if bounds is None else _bounds(bounds, demand, fitted._panel)
    money = Money(objective=objective, kept=kept, unit_cost=demand.unit_cost)
    band = price_band(demand, max_change, limits)
    choice = choose_prices(demand, money, band, _cents(endings))
    reasons = _reasons(demand, money, band, choice)
    rows = np.flatnonzero(is_asked)
    return OptimalPrices(
        table=_table(fitted._panel, demand, choice, reasons, rows),
        objective=objective,
        kept=kept,
        notes=_notes(demand, choice, rows, objective),
        _choice=_taken(choice, rows),
        _names=tuple(fitted._panel.labels[rows].tolist()),
    )


def demand_of(fitted: "Elasticities", products: object, base: str | timedelta) -> tuple[Demand, Bools]:
    """Return the demand of all products, and which of them are in the table of products."""
    panel = fitted._panel
    if fitted._options.by != "product_id" or panel.period is None:
        lacking = "period_at in the sales" if panel.period is None else "elasticities by product_id"
        raise ValueError(f"prices need {lacking}: fit such sales again")
    duration = Duration.parse(base, argument="base")
    days = duration.months * 365.25 / 12 + duration.exact / timedelta(days=1)
    length = panel.period_length if panel.period_length > 0 else days
    demand = recent_demand(
        panel,
        mean=fitted._shrunk.mean,
        variance=fitted._shrunk.variance,
        low=fitted._limits[0],
        high=fitted._limits[1],
        n_periods=max(round(days / length), 1),
    )
    is_asked = np.ones(panel.n_groups, dtype=bool) if products is None else _take_products(products, demand, panel)
    _check_costs(demand, is_asked, panel)
    return demand, is_asked


def _take_products(products: object, demand: Demand, panel: Panel) -> Bools:
    """Put the costs of a table of products in the place of those of the sales; return which products it has."""
    table = collect(read(products, "products", ("product_id",), optional=("unit_cost",), argument="products"))
    place = panel.places(table["product_id"], argument="products")
    is_asked = np.zeros(panel.n_groups, dtype=bool)
    is_asked[place[place >= 0]] = True
    if "unit_cost" in table.columns:
        cost = as_floats(table["unit_cost"])
        check_one_value(table["product_id"].to_list(), cost.tolist(), argument="products", column="unit_cost")
        is_given = (place >= 0) & np.isfinite(cost)
        demand.unit_cost[place[is_given]] = cost[is_given]
    return is_asked


def _check_costs(demand: Demand, is_asked: Bools, panel: Panel) -> None:
    wrong = np.flatnonzero(is_asked & (demand.unit_cost < 0))
    if len(wrong):
        raise ValueError(
            f"`unit_cost` must be at least 0, got {demand.unit_cost[wrong[0]]:g} for the product "
            f"{panel.labels.tolist()[wrong[0]]!r}: correct it in the sales, or in the table of products"
        )


def _bounds(bounds: object, demand: Demand, panel: Panel) -> tuple[Floats, Floats]:
    """Return the lowest and highest price of each product, none where no bound is given."""
    if isinstance(bounds, str | float | int):
        raise TypeError(f"`bounds` must be a pair (low, high) of multiples of the price or a table, got {show(bounds)}")
    if isinstance(bounds, Sequence) and not isinstance(bounds, str):
        if len(bounds) != 2:
            raise ValueError(
                f"`bounds` must be a pair (low, high) of multiples of the current price, got {show(bounds)}"
            )
        low, high = (number("bounds", one, low=0) for one in bounds)
        if low > high:
            raise ValueError(f"`bounds` must be a pair (low, high), got {show(bounds)}")
        return demand.current_price * low, demand.current_price * high
    place, ids, limits = read_given(
        bounds, panel, ("low", "high"), argument="bounds", otherwise="a pair of multiples or "
    )
    low_of, high_of = np.zeros(demand.n_products), np.full(demand.n_products, np.inf)
    _check_limits(ids, limits["low"], limits["high"])
    has_low, has_high = (place >= 0) & ~np.isnan(limits["low"]), (place >= 0) & ~np.isnan(limits["high"])
    low_of[place[has_low]], high_of[place[has_high]] = limits["low"][has_low], limits["high"][has_high]
    return low_of, high_of


def _check_limits(ids: Sequence[Any], low: Floats, high: Floats) -> None:
    """Refuse limits that are no range, and two of one product that differ; a missing limit is none."""
    for column, values in (("low", low), ("high", high)):
        check_one_value(ids, values.tolist(), argument="bounds", column=column)
    wrong = np.flatnonzero((low > high) | (low < 0) | (high < 0))
    if len(wrong):
        row = wrong[0]
        raise ValueError(f"`bounds` must be 0 <= low <= high, got {low[row]:g} and {high[row]:g} for {ids[row]!r}")


def _cents(endings: Sequence[float] | None) -> tuple[int, ...]:
    """Return the endings in whole cents."""
    if endings is None:
        return ()
    cents = [number("endings", one, low=0) * CENTS for one in several("endings", endings, of="amounts")]
    wrong = [value for value in cents if abs(value - round(value)) > 1e-6]
    if wrong or not cents:
        raise ValueError(f"`endings` must be amounts in whole cents, such as (0.90, 0.99), got {show(endings)}")
    return tuple(sorted({round(value) for value in cents}))


def _reasons(demand: Demand, money: Money, band: Band, choice: Choice) -> list[str | None]:
    """Return why a product has no price."""
    checks = {
        "no_elasticity": ~np.isfinite(demand.mean),
        "no_interval": ~np.isfinite(demand.variance),
        "no_recent_sales": ~np.isfinite(demand.current_price),
        "no_unit_cost": ~np.isfinite(money.per_unit(np.ones(demand.n_products))),
        "no_price_within_limits": ~band.is_open,
        "no_ending_within_limits": ~np.isfinite(choice.price),
    }
    codes = np.full(demand.n_products, None, dtype=object)
    for code, is_so in reversed(list(checks.items())):
        codes[is_so] = code
    return codes.tolist()


def _table(panel: Panel, demand: Demand, choice: Choice, reasons: list[str | None], rows: Any) -> Any:
    limits = [*LIMITS, None]  # the place -1 takes the last
    columns = {
        "product_id": panel.labels[rows],
        "price": choice.price[rows],
        "current_price": demand.current_price[rows],
        "limited_by": [limits[place] for place in choice.limited_by[rows].tolist()],
        "units": choice.units[rows],
        "expected_change": choice.change[rows],
        "expected_change_low": choice.change_low[rows],
        "expected_change_high": choice.change_high[rows],
        "loss_probability": choice.loss_probability[rows],
        "reason": [reasons[row] for row in rows.tolist()],
    }
    return build_table(columns, like=panel.like, samples={"product_id": panel.labels[0] if len(panel.labels) else ""})


def _notes(demand: Demand, choice: Choice, rows: Any, objective: str) -> tuple[Note, ...]:
    is_priced = np.isfinite(choice.price[rows])
    notes = []
    n = int((is_priced & (demand.mean[rows] >= NO_OPTIMUM_ABOVE)).sum())
    if n and objective == "profit":
        words = f"no finite optimum for {counted(n, 'product')} with an elasticity above -1: bounded by the limits"
        notes.append(Note(words, code="no_finite_optimum", count=n))
    n = int((is_priced & (choice.limited_by[rows] >= 0)).sum())
    if n:
        words = f"{counted(n, 'price')} of {int(is_priced.sum()):,} at a limit, named in limited_by"
        notes.append(Note(words, code="limited_prices", count=n))
    n = int((~is_priced).sum())
    if n:
        notes.append(Note(f"{counted(n, 'product')} without a price: see the column reason", code="no_price", count=n))
    return tuple(notes)


def _taken(choice: Choice, rows: Any) -> Choice:
    return Choice(**{name: getattr(choice, name)[rows] for name in Choice.__dataclass_fields__})
