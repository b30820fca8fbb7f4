"""The call `forecast`: from the table of sales to the distribution of demand of each product and period."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal, cast

import numpy as np
from narwhals.stable.v2.typing import IntoFrameT

from .._core.arrays import Bools, Floats
from .._core.checks import flag, integer, number, several, show
from .._core.engines import tell_library_errors
from .._core.notes import Note
from .._core.texts import counted
from .._core.threads import Progress
from .._stats.arrays import divide, known_mean
from ..schema._for_topics import Every
from ._distribution.blocks import Projections, project, scaled_errors
from ._distribution.predictive import Horizon, error_groups, known_scales, predict, with_borrowed_rates
from ._distribution.totals import past_totals
from ._events import estimate_drivers
from ._models.combination import Combination
from ._panel.grid import Periods
from ._panel.series import Panel, read_panel
from ._result import Forecast, ForecastData
from ._smoothing.base import Model, checked_model, checked_models, checked_season
from ._smoothing.classes import LIFECYCLES, PATTERNS, DemandClasses, classify_demand
from ._stock_up import STOCK_UP_LEVEL
from ._uncensor import read_uncensored

Models = Literal["auto"] | Model | Sequence[Model]
AsOf = datetime | date | str | int | None
MAX_HORIZON = 10_000
_EXPOSED = ("1mo", "1q", "1y")
"""Periods of unequal days: their demand is forecast per day."""
MAX_RATIO_OF_WHOLE = 0.95
"""Squared steps of demand by period, relative to those of demand by day, below which the days of a period are no
measure of a series."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForecastOptions:
    """Options of a forecast, checked."""

    horizon: int
    model: Model
    is_auto: bool
    levels: Floats
    season_length: int | str
    calendar: Any
    future: Any


@tell_library_errors
def forecast(
    sales: IntoFrameT,
    horizon: int,
    /,
    *,
    every: Every | None = None,
    by: Sequence[str] = ("product_id",),
    models: Models = "auto",
    quantiles: Sequence[float] = (0.05, 0.1, 0.5, 0.9, 0.95),
    season_length: int | Literal["auto"] = "auto",
    calendar: Any = None,
    future: Any = None,
    stock: Any = None,
    as_of: AsOf = None,
    progress: bool = False,
) -> Forecast[IntoFrameT]:
    """Forecast the demand of every product, with quantiles.

    Parameters
    ----------
    sales : table
        Canonical ``sales`` of any library, as `schema.to_sales` makes them: product_id, period_at, units_sold (else
        quantity), and where they are known in_stock, promotion, price and complete. ``period_at`` may be a whole
        number. A period without a row counts as 0 after the first row of a product.
    horizon : int
        Periods to forecast.
    every : {"1d", "1w", "1mo", "1q", "1y"}, optional
        Length of a period; by default as the dates show it.
    by : sequence of str, default ("product_id",)
        Columns whose values make a series, such as product_id and store_id.
    models : "auto", a model, or a sequence of models
        "auto" is `Combination`; of several models the mean is taken.
    quantiles : sequence of numbers between 0 and 1
        Columns of the table: .05 is p05, .975 is p97_5.
    season_length : int or "auto"
        Periods after which demand repeats: "auto" is 7 days, 52 weeks, 12 months or 4 quarters, none below two of them.
    calendar : table, optional
        Events, as :func:`ecommine.forecasting.commerce_calendar` makes them.
    future : table, optional
        Promotions and prices planned for the horizon. Without it the forecast is that without promotions.
    stock : table, optional
        Canonical ``stock``: periods that sold out count with the chance of at least that demand.
    as_of : datetime, date, ISO 8601 text or int, default the last complete period of the table
        Later periods are left out.
    progress : bool, default False
        Show how many series are done, on standard error.

    Returns
    -------
    Forecast
        Frozen, with ``.table``, ``.models``, ``.total()`` and ``.notes``.

    Raises
    ------
    SchemaError
        If columns are missing or of a wrong type, or a product has two rows in one period.
    TypeError, ValueError
        If an option cannot be read, the dates do not show the period, or there is no complete period.

    Notes
    -----
    Demand is divided by the effects of events and promotions and, in months and longer periods, by days; the rest is
    forecast by the models and multiplied again. Quantiles of frequent demand are point + scale x error with the errors
    of rolling origins, pooled over products of a class in units of each product's own error. Those of slow movers are
    of the negative binomial distribution with the variance of their rolling-origin errors.

    References
    ----------
    Hyndman, R. J. and Athanasopoulos, G. (2021). Forecasting: Principles and Practice, 3rd edition.
    https://otexts.com/fpp3/

    Examples
    --------
    >>> import pandas as pd
    >>> from ecommine import forecasting
    >>> sales = pd.DataFrame({"product_id": "tea", "quantity": [3, 5, 4, 6, 5, 4, 5, 6, 4, 5, 3, 5],
    ...                       "period_at": pd.date_range("2024-01-01", periods=12, freq="7D")})
    >>> result = forecasting.forecast(sales, 2, every="1w", quantiles=(0.1, 0.9))
    >>> result.table[["product_id", "period_at", "mean", "p10", "p90"]]
      product_id  period_at      mean  p10  p90
    0        tea 2024-03-25  4.583467  2.0  7.0
    1        tea 2024-04-01  4.583467  2.0  7.0
    """
    options = checked_options(
        horizon, models=models, quantiles=quantiles, season_length=season_length, calendar=calendar, future=future
    )
    progress = flag("progress", progress)
    panel = read_demand(sales, every=every, by=by, stock=stock, as_of=as_of)
    computed = compute(panel, options, progress=progress)
    return Forecast(
        table=cast("IntoFrameT", panel.to_table(computed.data.table_columns())),
        models=cast("IntoFrameT", panel.to_table(_model_columns(computed, options), samples=_SAMPLES)),
        every=panel.periods.every,
        notes=computed.notes,
        _data=computed.data,
    )


_SAMPLES = {"pattern": "", "lifecycle": "", "model": "", "weights": "", "why": ""}


def read_demand(sales: object, *, every: Every | None, by: Sequence[str], stock: object, as_of: AsOf) -> Panel:
    """Read the panel, with the demand behind stockouts where the stock is known."""
    if stock is None:
        return read_panel(sales, every=every, by=by, as_of=as_of)
    return read_uncensored(sales, stock, every=every, by=by, as_of=as_of).panel


def checked_options(
    horizon: object,
    *,
    models: Any,
    quantiles: Sequence[float],
    season_length: int | str,
    calendar: Any,
    future: Any,
) -> ForecastOptions:
    """Check the options of a forecast once."""
    given = several("quantiles", quantiles, of="numbers between 0 and 1")
    levels = sorted({number("quantiles", level, low=0.0005, high=0.9995) for level in given})
    if not levels:
        raise ValueError("`quantiles` must have at least one number between 0 and 1, such as .5")
    if isinstance(season_length, str) and season_length != "auto":
        raise ValueError(f"`season_length` must be 'auto' or a whole number, got {show(season_length)}")
    return ForecastOptions(
        horizon=integer("horizon", horizon, low=1, high=MAX_HORIZON),
        model=_checked_model(models),
        is_auto=isinstance(models, (str, Combination)),
        levels=np.array(levels),
        season_length=season_length if isinstance(season_length, str) else checked_season(season_length),
        calendar=calendar,
        future=future,
    )


def _checked_model(models: Any) -> Model:
    if isinstance(models, str) and models == "auto":
        return Combination()
    if isinstance(models, (list, tuple)):
        members = checked_models("models", models)
        return Combination(fast=members, slow=members)
    return checked_model("models", models, noun="'auto', a model such as Theta(), or several of them")


@dataclass(frozen=True, slots=True, kw_only=True)
class Computed:
    """A forecast as arrays, how it was made, and notes."""

    data: ForecastData
    projections: Projections
    classes: DemandClasses
    notes: tuple[Note, ...]


def compute(panel: Panel, options: ForecastOptions, *, progress: bool = False) -> Computed:
    """Forecast a panel."""
    horizon = options.horizon
    ahead = panel.periods.following(horizon)
    drivers = estimate_drivers(panel, horizon, calendar=options.calendar, future=options.future)
    past_days, days = _exposures(panel, ahead)
    factor = None if (drivers.history == 1).all() and (past_days == 1).all() else drivers.history * past_days
    baseline = panel.demand if factor is None else divide(panel.demand, factor)
    season_length = panel.periods.season_length(options.season_length)
    bar = Progress("forecast", panel.n_series, "series", is_shown=progress)
    projections = project(options.model, baseline, season_length, horizon, on_block=bar.advance)
    classes = classify_demand(panel.demand)
    is_new = classes.lifecycle == LIFECYCLES.index("new")
    is_unsold = is_new & (classes.n_periods > 0) & (classes.n_demands == 0)
    projections = with_borrowed_rates(projections, is_unsold, is_new)
    group = error_groups(projections)
    effects = Horizon(factor=drivers.horizon * days, log_std=drivers.log_std, is_count=panel.is_count)
    # The level of stock_up stands beside the others: its order for one period is the quantile of the table.
    predictive = predict(projections, group, effects, np.sort(np.append(options.levels, STOCK_UP_LEVEL)))
    place = int(np.searchsorted(options.levels, STOCK_UP_LEVEL))
    data = ForecastData(
        panel=panel,
        periods=ahead,
        levels=options.levels,
        mean=predictive.mean,
        baseline=predictive.mean / np.where(drivers.horizon > 0, drivers.horizon, np.nan),
        quantiles=np.delete(predictive.quantiles, place, axis=2),
        p90=predictive.quantiles[:, :, place],
        effect_std=predictive.mean * drivers.log_std,
        past=past_totals(projections, factor),
        scale=known_scales(projections),
        past_scale=projections.past_scales,
        group=group,
        is_count=panel.is_count,
        has_calendar=options.calendar is not None,
        has_plan=options.future is not None,
    )
    notes = (*panel.notes, *drivers.notes, *_notes(panel, ahead, options, season_length), *_unsold(is_unsold))
    return Computed(data=data, projections=projections, classes=classes, notes=notes)


def _exposures(panel: Panel, ahead: Periods) -> tuple[Floats, Floats]:
    """Return the days of past and coming periods relative to their mean: months, quarters and years are unequal.

    Series that are steadier as they are than per day, which have not come by the day, keep ones.
    """
    periods = panel.periods
    if not periods.is_dated or periods.every not in _EXPOSED:
        return np.ones(len(periods)), np.ones(len(ahead))
    mean = periods.days.mean()
    past, coming = periods.days / mean, ahead.days / mean
    whole, daily = (known_mean(np.diff(demand, axis=1) ** 2) for demand in (panel.demand, panel.demand / past))
    is_daily = ~(whole < MAX_RATIO_OF_WHOLE * daily)[:, None]
    return np.where(is_daily, past, 1.0), np.where(is_daily, coming, 1.0)


def _model_columns(computed: Computed, options: ForecastOptions) -> dict[str, Any]:
    """Return which model each series has, its error at the rolling origins, and why."""
    classes, labels = computed.classes, computed.projections.labels.tolist()
    n_models = [label.count("+") + 1 for label in labels]
    rmsse, n_origins = scaled_errors(computed.projections, computed.data.panel.demand)
    return {
        **computed.data.panel.ids,
        "pattern": [PATTERNS[code] if code >= 0 else None for code in classes.pattern],
        "lifecycle": [LIFECYCLES[code] if code >= 0 else None for code in classes.lifecycle],
        "model": labels,
        "weights": [", ".join([f"{1 / n:.3g}"] * n) for n in n_models],
        "rmsse": rmsse,
        "n_origins": n_origins,
        "why": _reasons(computed) if options.is_auto else ["given"] * len(labels),
    }


def _reasons(computed: Computed) -> list[str]:
    lifecycle, pattern = computed.classes.lifecycle, computed.classes.pattern
    is_rare = (pattern == PATTERNS.index("intermittent")) | (pattern == PATTERNS.index("lumpy"))
    conditions: list[Bools] = [
        ~computed.projections.is_slow,
        lifecycle == LIFECYCLES.index("new"),
        lifecycle == LIFECYCLES.index("ended"),
        is_rare,
    ]
    return [str(name) for name in np.select(conditions, ["frequent", "new", "ended", "intermittent"], "few_units")]


def _unsold(is_unsold: Bools) -> list[Note]:
    n = int(is_unsold.sum())
    text = (
        f"{counted(n, 'new series', 'new series')} without a sale yet: a few periods of 0 do not show that there is no "
        "demand, so that the rate is what other slow movers lead to expect"
    )
    return [Note(text, code="rates_borrowed", count=n)] if n else []


def _notes(panel: Panel, ahead: Periods, options: ForecastOptions, season_length: int) -> list[Note]:
    first = str(ahead.starts[0])[:10]
    notes = [Note(f"every series is forecast from {first} on, after the last complete period", code="horizon_start")]
    n_unknown = int(np.isnan(panel.demand).all(axis=1).sum())
    if n_unknown:
        text = f"{counted(n_unknown, 'series', 'series')} without known demand: the forecast is null"
        notes.append(Note(text, code="no_demand_known", count=n_unknown))
    usual = panel.periods.season_length("auto", MAX_HORIZON)
    if options.season_length == "auto" and season_length < usual:
        text = f"{counted(len(panel.periods), 'period')} are less than two seasons of {usual}: no season is forecast"
        notes.append(Note(text, code="no_season", count=len(panel.periods)))
    if options.horizon >= len(panel.periods):
        history = counted(len(panel.periods), "period")
        text = f"the horizon is as long as the history of {history}: its last steps are rough"
        notes.append(Note(text, code="horizon_beyond_history", count=len(panel.periods)))
    return notes
