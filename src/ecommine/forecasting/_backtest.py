"""The call `backtest`: forecasts from earlier cutoffs beside the demand that came."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Generic, Literal, TypeVar, cast

import numpy as np
from narwhals.stable.v2.typing import IntoFrameT

from .._core.arrays import Floats
from .._core.checks import integer, one_of
from .._core.engines import tell_library_errors
from .._core.frames import collect, opened
from .._core.notes import Note
from .._core.results import Result
from .._core.texts import LOCALES, Locale, counted
from .._stats.arrays import divide, known_mean
from ..schema._for_topics import Every
from ._forecast import AsOf, ForecastOptions, Models, checked_options, compute
from ._panel.series import Panel, read_panel
from ._result import ForecastData
from ._summary import summarize_backtest
from ._uncensor import read_uncensored

TableT_co = TypeVar("TableT_co", covariant=True)
MIN_PERIODS = 4
"""Periods before the first cutoff."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Backtest(Result, Generic[TableT_co]):
    """Forecasts of the past beside demand; made by :func:`ecommine.forecasting.backtest`.

    Attributes
    ----------
    table : table of the caller's library, one row per series, cutoff and period
        The columns of ``by``; cutoff (last period seen); period_at; actual (units, null where not known); mean and
        quantiles as in :class:`ecommine.forecasting.Forecast`.
    products : table of the caller's library, one row per series
        The columns of ``by``; n_periods compared; bias (mean of forecast - actual, units per period); mae; rmsse and
        mase (errors in units of the seasonal naive one before the cutoff; null on flat demand); pinball (mean loss over
        quantiles, units).
    windows : table of the caller's library, one row per cutoff
        cutoff; n_periods compared; total_ratio (forecast / actual); bias; pinball; coverage (share of actuals from the
        lowest to the highest quantile) and its nominal level, null with a single quantile.
    notes : tuple of Note

    Examples
    --------
    >>> import pandas as pd
    >>> from ecommine import forecasting
    >>> sales = pd.DataFrame({"product_id": "tea", "quantity": [3, 5, 4, 6, 5, 4, 5, 6, 4, 5, 3, 5],
    ...                       "period_at": pd.date_range("2024-01-01", periods=12, freq="7D")})
    >>> forecasting.backtest(sales, horizon=2, every="1w", n_windows=2).headline
    '2 windows of 2 periods, 1 series: total forecast / actual 1.14'
    """

    table: TableT_co
    products: TableT_co
    windows: TableT_co
    notes: tuple[Note, ...]
    _shape: tuple[int, int, int]
    _total_ratio: float

    @property
    def headline(self) -> str:
        """The first line of the display."""
        n_windows, n_series, horizon = self._shape
        words = (
            f"{counted(n_windows, 'window')} of {counted(horizon, 'period')}, {counted(n_series, 'series', 'series')}"
        )
        if np.isnan(self._total_ratio):
            return f"{words}: no demand to compare the total forecast with"
        return f"{words}: total forecast / actual {self._total_ratio:.2f}"

    @tell_library_errors
    def summary(self, *, locale: Locale = "en") -> str:
        """Return one to three sentences: how far the totals were off, and how often demand was within the quantiles."""
        one_of("locale", locale, LOCALES)
        windows = collect(opened(self.windows, argument="windows").select("coverage", "nominal", "n_periods"))
        return summarize_backtest(self._shape, self._total_ratio, windows, locale)

    @property
    def tables(self) -> Mapping[str, Any]:
        """The tables by name."""
        return {"backtest": self.table, "products": self.products, "windows": self.windows}


@tell_library_errors
def backtest(
    sales: IntoFrameT,
    /,
    *,
    horizon: int,
    n_windows: int = 3,
    step_size: int | None = None,
    every: Every | None = None,
    by: Sequence[str] = ("product_id",),
    models: Models = "auto",
    quantiles: Sequence[float] = (0.05, 0.1, 0.5, 0.9, 0.95),
    season_length: int | Literal["auto"] = "auto",
    calendar: Any = None,
    future: Any = None,
    stock: Any = None,
    as_of: AsOf = None,
) -> Backtest[IntoFrameT]:
    """Forecast from several earlier cutoffs, each with the data before it only, and compare with what came.

    Parameters
    ----------
    sales, every, by, models, quantiles, season_length, calendar, future, stock, as_of
        As in :func:`ecommine.forecasting.forecast`. ``future`` is what was planned for the compared periods.
    horizon : int
        Periods ahead of each cutoff.
    n_windows : int, default 3
        Number of cutoffs; the last one leaves the last ``horizon`` periods.
    step_size : int, optional
        Periods between cutoffs, ``horizon`` by default.

    Returns
    -------
    Backtest
        Frozen. Demand behind a stockout is not known and is not compared.

    Raises
    ------
    SchemaError, TypeError, ValueError
        As in :func:`ecommine.forecasting.forecast`; if history is too short for the windows.

    References
    ----------
    Tashman, L. J. (2000). Out-of-sample tests of forecasting accuracy: an analysis and review. International Journal of
    Forecasting 16(4), 437-450. https://doi.org/10.1016/S0169-2070(00)00065-0

    Examples
    --------
    >>> import pandas as pd
    >>> from ecommine import forecasting
    >>> sales = pd.DataFrame({"product_id": "tea", "quantity": [3, 5, 4, 6, 5, 4, 5, 6, 4, 5, 3, 5],
    ...                       "period_at": pd.date_range("2024-01-01", periods=12, freq="7D")})
    >>> result = forecasting.backtest(sales, horizon=2, every="1w", n_windows=2)
    >>> result.windows[["cutoff", "total_ratio", "coverage", "nominal"]].round({"total_ratio": 2})
          cutoff  total_ratio  coverage  nominal
    0 2024-02-19         1.08       1.0      0.9
    1 2024-03-04         1.19       1.0      0.9
    """
    options = checked_options(
        horizon, models=models, quantiles=quantiles, season_length=season_length, calendar=calendar, future=future
    )
    windows = _Windows(sales=sales, stock=stock, every=every, by=by)
    panel, actual = windows.whole(as_of)
    cutoffs = _cutoffs(len(panel.periods), options.horizon, n_windows, step_size)
    compared = [_compare(windows.until(panel, cutoff), actual, cutoff, options) for cutoff in cutoffs]
    notes = (*panel.notes, *_notes(compared))
    ratio = divide(*(np.array([sum(float(part.sum()) for part in parts)]) for parts in _totals(compared)))[0]
    return Backtest(
        table=cast("IntoFrameT", _table(panel, compared)),
        products=cast("IntoFrameT", panel.to_table(_product_columns(panel, compared))),
        windows=cast("IntoFrameT", _windows_table(panel, compared)),
        notes=notes,
        _shape=(len(cutoffs), panel.n_series, options.horizon),
        _total_ratio=float(ratio),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Windows:
    """The tables, from which panels up to a cutoff are read."""

    sales: object
    stock: object
    every: Every | None
    by: Sequence[str]

    def whole(self, as_of: AsOf) -> tuple[Panel, Floats]:
        """Return the whole panel, and demand as far as it is known: not behind stockouts."""
        if self.stock is None:
            panel = read_panel(self.sales, every=self.every, by=self.by, as_of=as_of)
            return panel, panel.demand
        read = read_uncensored(self.sales, self.stock, every=self.every, by=self.by, as_of=as_of)
        return read.panel, np.where(read.days.is_out | read.days.is_censored, np.nan, read.sold)

    def until(self, panel: Panel, cutoff: int) -> Panel:
        """Return the panel as it was after the first periods; demand behind stockouts is estimated anew."""
        if self.stock is None:
            return panel.until(cutoff)
        end = panel.periods.starts[cutoff]
        as_of = end.item() - timedelta(microseconds=1) if panel.periods.is_dated else int(end) - 1
        read = read_uncensored(self.sales, self.stock, every=self.every, by=self.by, as_of=as_of).panel
        return replace(panel.until(cutoff), demand=read.demand)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Compared:
    """A forecast from a cutoff, demand that came (n_series, horizon), and the naive scales before the cutoff."""

    cutoff: Any
    data: ForecastData
    actual: Floats
    naive_square: Floats
    naive_absolute: Floats
    notes: tuple[Note, ...]

    @property
    def error(self) -> Floats:
        """Return forecast less actual."""
        return self.data.mean - self.actual

    @property
    def pinball(self) -> Floats:
        """Return the mean pinball loss over quantiles of each series and period."""
        gap = self.actual[:, :, None] - self.data.quantiles
        return np.asarray(np.maximum(self.data.levels * gap, (self.data.levels - 1) * gap).mean(axis=2))

    @property
    def is_inside(self) -> Floats:
        """Return 1 where the actual is from the lowest to the highest quantile, else 0; NaN where it is not known.

        One quantile alone bounds nothing.
        """
        if len(self.data.levels) < 2:
            return np.full(self.actual.shape, np.nan)
        low, high = self.data.quantiles[:, :, 0], self.data.quantiles[:, :, -1]
        inside = ((self.actual >= low) & (self.actual <= high)).astype(np.float64)
        return np.where(np.isnan(self.error), np.nan, inside)


def _cutoffs(n_periods: int, horizon: int, n_windows: object, step_size: object) -> list[int]:
    n = integer("n_windows", n_windows, low=1, high=1_000)
    step = horizon if step_size is None else integer("step_size", step_size, low=1)
    first = n_periods - horizon - (n - 1) * step
    if first < MIN_PERIODS:
        raise ValueError(
            f"`n_windows` of {n} with `horizon` {horizon} and `step_size` {step} leave {max(first, 0)} of {n_periods} "
            f"periods before the first cutoff, and {MIN_PERIODS} are needed: ask for fewer windows or a shorter horizon"
        )
    return [first + i * step for i in range(n)]


def _compare(panel: Panel, actual: Floats, cutoff: int, options: ForecastOptions) -> _Compared:
    computed = compute(panel, options)
    lag = panel.periods.season_length(options.season_length)
    steps = panel.demand[:, lag:] - panel.demand[:, :-lag]
    return _Compared(
        cutoff=panel.periods.starts[cutoff - 1],
        data=computed.data,
        actual=actual[:, cutoff : cutoff + options.horizon],
        naive_square=known_mean(steps**2),
        naive_absolute=known_mean(np.abs(steps)),
        notes=computed.notes,
    )


def _totals(compared: list[_Compared]) -> tuple[list[Floats], list[Floats]]:
    """Return forecasts and actuals where both are known, by window."""
    is_known = [~np.isnan(one.error) for one in compared]
    forecasts = [np.where(known, one.data.mean, 0.0) for known, one in zip(is_known, compared, strict=True)]
    return forecasts, [np.where(known, one.actual, 0.0) for known, one in zip(is_known, compared, strict=True)]


def _table(panel: Panel, compared: list[_Compared]) -> Any:
    parts = []
    for one in compared:
        columns = one.data.table_columns()
        del columns["baseline"], columns["event_effect"]
        rows = len(columns["period_at"])
        keys = {name: columns.pop(name) for name in panel.ids}
        parts.append({**keys, "cutoff": np.repeat(one.cutoff, rows), "period_at": columns.pop("period_at"),
                      "actual": one.actual.ravel(), **columns})  # fmt: skip
    joined = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    return panel.to_table(joined)


def _product_columns(panel: Panel, compared: list[_Compared]) -> dict[str, Any]:
    error, pinball = (
        np.concatenate(parts, axis=1) for parts in zip(*((one.error, one.pinball) for one in compared), strict=True)
    )
    squared = np.concatenate([divide(one.error**2, one.naive_square[:, None]) for one in compared], axis=1)
    absolute = np.concatenate([divide(np.abs(one.error), one.naive_absolute[:, None]) for one in compared], axis=1)
    return {
        **panel.ids,
        "n_periods": (~np.isnan(error)).sum(axis=1),
        "bias": known_mean(error),
        "mae": known_mean(np.abs(error)),
        "rmsse": np.sqrt(known_mean(squared)),
        "mase": known_mean(absolute),
        "pinball": known_mean(pinball),
    }


def _windows_table(panel: Panel, compared: list[_Compared]) -> Any:
    forecasts, actuals = (np.array([float(part.sum()) for part in parts]) for parts in _totals(compared))
    levels = compared[0].data.levels
    columns = {
        "cutoff": np.array([one.cutoff for one in compared]),
        "n_periods": np.array([int((~np.isnan(one.error)).sum()) for one in compared]),
        "total_ratio": divide(forecasts, actuals),
        "bias": np.concatenate([known_mean(one.error.reshape(1, -1)) for one in compared]),
        "pinball": np.concatenate([known_mean(one.pinball.reshape(1, -1)) for one in compared]),
        "coverage": np.concatenate([known_mean(one.is_inside.reshape(1, -1)) for one in compared]),
        "nominal": np.full(len(compared), round(float(levels[-1] - levels[0]), 6) if len(levels) > 1 else np.nan),
    }
    return panel.to_table(columns)


def _notes(compared: list[_Compared]) -> list[Note]:
    """Return the notes of the forecasts, each code once, but for those of the panel and of the first period."""
    known = {note.code for note in compared[0].data.panel.notes} | {"horizon_start"}
    notes = {note.code: note for one in reversed(compared) for note in one.notes if note.code not in known}
    return list(notes.values())
