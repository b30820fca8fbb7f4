"""What units, revenue and profit are to be expected at given prices."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from ..._core.arrays import Floats, Ints
from ..._core.checks import number, show
from ..._core.tables import build_table
from .._panel import Panel
from .demand import Demand
from .given import read_given
from .optimal import Money
from .result import demand_of

if TYPE_CHECKING:
    from .._result import Elasticities

CHANGES = (-0.1, -0.05, 0.0, 0.05, 0.1)
"""Relative changes of the price that are shown unasked."""


def simulate(fitted: "Elasticities", prices: object, *, kept: float, base: str | timedelta) -> Any:
    """Compute the table; see `Elasticities.simulate`."""
    kept = number("kept", kept, low=1e-6, high=1)
    demand, _ = demand_of(fitted, None, base)
    panel = fitted._panel
    product, price = _all_changes(demand) if prices is None else _given(prices, panel)
    log_change = np.log(price / demand.current_price[product])
    units = demand.expectation().at(log_change, product)
    low, high = (demand.known(limit).at(log_change, product) for limit in (demand.low, demand.high))
    profit = Money(objective="profit", kept=kept, unit_cost=demand.unit_cost).per_unit(price, product)
    limits = np.sort([low * profit, high * profit], axis=0)
    columns = {
        "product_id": panel.labels[product],
        "price": price,
        "change": np.exp(log_change) - 1,
        "units": units,
        "units_low": np.minimum(low, high),
        "units_high": np.maximum(low, high),
        "revenue": units * kept * price,
        "profit": units * profit,
        "profit_low": limits[0],
        "profit_high": limits[1],
    }
    return build_table(columns, like=panel.like, samples={"product_id": panel.labels[0] if len(panel.labels) else ""})


def _all_changes(demand: Demand) -> tuple[Ints, Floats]:
    product = np.repeat(np.arange(demand.n_products), len(CHANGES))
    return product, demand.current_price[product] * (1 + np.tile(CHANGES, demand.n_products))


def _given(prices: object, panel: Panel) -> tuple[Ints, Floats]:
    """Return the products and prices of the caller's table."""
    place, ids, numbers = read_given(prices, panel, ("price",), argument="prices")
    if (place < 0).any():
        unknown = ids[int(np.argmin(place))]
        raise ValueError(f"`prices` has the product {show(unknown)}, which the sales do not have: leave it out")
    price = numbers["price"]
    is_wrong = ~((price > 0) & np.isfinite(price))
    if is_wrong.any():
        raise ValueError(f"`prices` must be above zero and finite, got {price[is_wrong][0]:g}")
    return place, price
