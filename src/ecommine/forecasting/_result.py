"""The result of a forecast: the table, the models, and totals with quantiles of their own."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

import numpy as np

from .._core.arrays import Bools, Floats, Ints, distinct_rows
from .._core.checks import hashable_values, one_of, show
from .._core.checks import names as checked_names
from .._core.codes import Labels
from .._core.engines import tell_library_errors
from .._core.notes import Note
from .._core.results import Result
from .._core.tables import product_names
from .._core.texts import LOCALES, Locale, counted, quote_names
from ..schema._for_topics import Every, warn
from ._distribution.totals import (
    PastTotals,
    SeriesTotals,
    n_own_origins,
    null_reason,
    own_quantiles,
    pooled_quantiles,
    reasons_of_series,
    widened,
)
from ._panel.grid import Periods
from ._panel.series import Panel
from ._stock_up import STOCK_UP_LEVEL, stock_up_columns
from ._summary import forecast_sentences

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TableT_co = TypeVar("TableT_co", covariant=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class ForecastData:
    """A forecast as arrays, from which tables, totals, pictures and sentences are made.

    Attributes
    ----------
    panel : Panel
    periods : Periods
        Of the horizon.
    levels : float array of shape (n_levels,)
        Ascending.
    mean, baseline : float arrays of shape (n_series, horizon)
    quantiles : float array of shape (n_series, horizon, n_levels)
    p90 : float array of shape (n_series, horizon)
        The quantile that is stocked up to, also where the table has none.
    effect_std : float array of shape (n_series, horizon)
        Standard error (units) of what events, promotions and prices do; products and periods share it.
    past : PastTotals
        Rolling-origin forecasts and errors in units.
    scale, past_scale : float arrays of shape (n_series,) and (n_series, n_origins)
    group : int array of shape (n_series,)
        Series of one group share errors.
    is_count : bool array of shape (n_series,)
    has_calendar, has_plan : bool
        Whether events, and promotions or prices, were given for the horizon.
    """

    panel: Panel
    periods: Periods
    levels: Floats
    mean: Floats
    baseline: Floats
    quantiles: Floats
    p90: Floats
    effect_std: Floats
    past: PastTotals
    scale: Floats
    past_scale: Floats
    group: Ints
    is_count: Bools
    has_calendar: bool
    has_plan: bool

    @property
    def horizon(self) -> int:
        """Return the number of periods ahead."""
        return len(self.periods)

    @property
    def quantile_names(self) -> list[str]:
        """Return the names of the columns of quantiles."""
        return [quantile_name(float(level)) for level in self.levels]

    def totals_by_series(self, n_steps: int, levels: Floats) -> tuple[Floats, Floats]:
        """Return the mean of each series' total over the first steps, and its quantiles (n_series, n_levels)."""
        rows = np.arange(len(self.mean))
        mean = self.mean[:, :n_steps].sum(axis=1)
        if n_steps == 1:
            return mean, self.of_one_period(rows, 0, levels)
        totals = SeriesTotals(
            mean=mean, scale=self.scale, past_scale=self.past_scale, group=self.group, is_count=self.is_count
        )
        quantiles = pooled_quantiles(self.past.of(rows, n_steps), totals, levels)
        if not self.effect_std.any():
            return mean, quantiles
        wide = widened(quantiles, mean, self.effect_std[:, :n_steps].sum(axis=1), levels)
        return mean, np.where(self.is_count[:, None], np.rint(wide), wide)

    def of_one_period(self, rows: Ints, step: int, levels: Floats) -> Floats:
        """Return the quantiles of single series and one period, those of the table, at some of its levels or 0.9."""
        every = np.append(self.levels, STOCK_UP_LEVEL)
        places = [int(np.flatnonzero(np.isclose(every, level))[0]) for level in levels]
        values = np.concatenate([self.quantiles[rows, step], self.p90[rows, step, None]], axis=1)
        return np.asarray(values[:, places])

    def own_total(self, rows: Ints, steps: slice, levels: Floats) -> tuple[float, Floats]:
        """Return the mean of one total over some series and steps, and its quantiles from its own past errors."""
        mean = float(np.nansum(self.mean[rows, steps]))
        if len(rows) == 1 and steps.stop - steps.start == 1:
            return float(self.mean[rows[0], steps.start]), self.of_one_period(rows, steps.start, levels)[0]
        quantiles = own_quantiles(self.past.of(rows), steps, mean, levels)
        std = np.array([np.nansum(self.effect_std[rows, steps])])
        return mean, widened(quantiles[None], np.array([mean]), std, levels)[0]

    def table_columns(self) -> dict[str, Any]:
        """Return the columns of the table: a row per series and period."""
        n_series, horizon = self.mean.shape
        columns: dict[str, Any] = {name: np.repeat(ids, horizon) for name, ids in self.panel.ids.items()}
        columns["period_at"] = np.tile(self.periods.starts, n_series)
        columns["mean"] = self.mean.ravel()
        for i, name in enumerate(self.quantile_names):
            columns[name] = self.quantiles[:, :, i].ravel()
        columns["baseline"] = self.baseline.ravel()
        columns["event_effect"] = (self.mean - self.baseline).ravel()
        return columns


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Forecast(Result, Generic[TableT_co]):
    """Demand of the next periods, with quantiles; made by :func:`ecommine.forecasting.forecast`.

    Attributes
    ----------
    table : table of the caller's library, one row per series and period
        The columns of ``by``; period_at; mean (units, the expectation of the distribution); quantiles such as p05 and
        p95 (units); baseline (mean without events and promotions); event_effect (mean - baseline).
    models : table of the caller's library, one row per series
        The columns of ``by``; pattern and lifecycle as :func:`ecommine.forecasting.classify` has them; model; weights
        (of the models, equal ones); rmsse (root of the mean squared rolling-origin error, in units of that of the
        naive one-step forecast; null on flat demand); n_origins; why ("frequent", "intermittent", "few_units", "new",
        "ended", or "given" by the caller).
    every : {"1d", "1w", "1mo", "1q", "1y"} or None
        Length of a period.
    notes : tuple of Note
        What was assumed and left out.

    Examples
    --------
    >>> import pandas as pd
    >>> from ecommine import forecasting
    >>> sales = pd.DataFrame({"product_id": "tea", "quantity": [3, 5, 4, 6, 5, 4, 5, 6, 4, 5, 3, 5],
    ...                       "period_at": pd.date_range("2024-01-01", periods=12, freq="7D")})
    >>> forecasting.forecast(sales, 2, every="1w").headline
    '1 series, 2 periods of 1w from 2024-03-25'
    """

    table: TableT_co
    models: TableT_co
    every: Every | None
    notes: tuple[Note, ...]
    _data: ForecastData

    @property
    def headline(self) -> str:
        """The first line of the display."""
        n_series, horizon = self._data.mean.shape
        length = f" of {self.every}" if self.every else ""
        first = str(self._data.periods.starts[0])[:10]
        return f"{counted(n_series, 'series', 'series')}, {counted(horizon, 'period')}{length} from {first}"

    @property
    def tables(self) -> Mapping[str, Any]:
        """The tables by name."""
        return {"forecast": self.table, "models": self.models}

    @tell_library_errors
    def total(self, by: str | Sequence[str] | None = None, *, products: Iterable[Any] | None = None) -> TableT_co:
        """Return totals with quantiles of their own: sums of quantiles are none, since products share shocks.

        Parameters
        ----------
        by : None, "period_at", or columns of ``by``
            None sums all products and periods; "period_at" sums products in each period; product_id, store_id or both
            sum the periods of each.
        products : iterable of product_id, optional
            The products that are summed; all by default.

        Returns
        -------
        table of the caller's library
            The columns of ``by``; mean, the sum of the means; quantiles; reason, why these are null: a total needs
            the errors of 20 rolling origins, of its own or of many series alike.

        Raises
        ------
        TypeError, ValueError
            If ``by`` or ``products`` is no list, ``by`` no such column, or a product has no forecast.

        Examples
        --------
        >>> import pandas as pd
        >>> from ecommine import forecasting
        >>> sales = pd.DataFrame({"product_id": "tea", "quantity": [3, 5, 4, 6, 5, 4, 5, 6, 4, 5, 3, 5] * 4,
        ...                       "period_at": pd.date_range("2024-01-01", periods=48, freq="7D")})
        >>> forecast = forecasting.forecast(sales, 4, every="1w", quantiles=(0.1, 0.9))
        >>> forecast.total()[["mean", "p10", "p90"]].round(1)
           mean   p10   p90
        0  18.3  16.0  21.0
        """
        names = _checked_total(by, self._data.panel.ids)
        rows = _rows_of(self._data.panel, products)
        return cast(
            "TableT_co", self._data.panel.to_table(_total_columns(self._data, names, rows), samples={"reason": ""})
        )

    @tell_library_errors
    def stock_up(self, stock: object | None = None, *, lead_time: str | timedelta | int) -> TableT_co:
        """Return what to order now, so that stock lasts through the lead time nine times in ten.

        Parameters
        ----------
        stock : table, optional
            Canonical ``stock``: the last record of each series until the first day of the horizon counts.
        lead_time : duration text, timedelta or int
            Until an order arrives, such as "14d"; a number of periods where it is an int. A period that it reaches
            into counts in full.

        Returns
        -------
        table of the caller's library
            The columns of ``by``; mean and p90 (units) of the total over the lead time. With ``stock`` on_hand,
            on_order, and order = p90 - on_hand - on_order, at least 0, the most first; an on_order that is not known
            counts as 0 in it, any other makes it null.
            Without it recent, the units of as many last periods, and rise = mean - recent, the largest first. reason,
            why p90 is null, as in ``.total()``; for a lead time of one period it is that of the table.

        Raises
        ------
        SchemaError
            If columns of ``stock`` are missing or of a wrong type.
        TypeError, ValueError
            If the lead time cannot be read, or is longer than the horizon.

        Warns
        -----
        DataWarning
            With the number of series that are not in ``stock``, whose last record is more than 31 days old, or whose
            ``on_order`` is not known.

        Examples
        --------
        >>> import pandas as pd
        >>> from ecommine import forecasting
        >>> sales = pd.DataFrame({"product_id": "tea", "quantity": [3, 5, 4, 6, 5, 4, 5, 6, 4, 5, 3, 5] * 4,
        ...                       "period_at": pd.date_range("2024-01-01", periods=48, freq="7D")})
        >>> stock = pd.DataFrame({"product_id": ["tea"], "stocked_at": pd.to_datetime(["2024-12-01"]), "on_hand": [4]})
        >>> forecast = forecasting.forecast(sales, 4, every="1w")
        >>> forecast.stock_up(stock, lead_time="14d")[["product_id", "p90", "on_hand", "order"]]
          product_id   p90  on_hand  order
        0        tea  11.0      4.0    7.0
        """
        columns, notes = stock_up_columns(self._data, stock, lead_time)
        warn(notes, stacklevel=3)
        return cast("TableT_co", self._data.panel.to_table(columns, samples={"reason": ""}))

    @tell_library_errors
    def summary(self, *, names: object = None, locale: Locale = "en") -> str:
        """Return how much is expected and how sure that is, what changes and why, in a few sentences.

        Parameters
        ----------
        names : table of products, mapping of id to name, or None
            What products are called: canonical products with product_id and title, or a mapping.
        locale : {"en", "zh"}, default "en"
        """
        one_of("locale", locale, LOCALES)
        return forecast_sentences(self._data, product_names(names), locale)

    def plot(self, product_id: Any = None, ax: "Axes | None" = None, *, locale: Locale = "en") -> "Axes":
        """Draw the history of a series, its mean forecast and the bands between its quantiles.

        Parameters
        ----------
        product_id : id, or tuple of the values of ``by``, optional
            By default the total of all series is drawn.
        ax : matplotlib Axes, optional
        locale : {"en", "zh"}, default "en"

        Raises
        ------
        ModuleNotFoundError
            If matplotlib is not installed (``pip install 'ecommine[plot]'``).
        TypeError, ValueError
            If ``product_id`` is no id, or no series, or several, have the id.
        """
        from ._plot import draw_forecast

        one_of("locale", locale, LOCALES)
        return draw_forecast(self._data, product_id, ax, locale)


def quantile_name(level: float) -> str:
    """Return the name of the column of a quantile.

    Examples
    --------
    >>> quantile_name(0.05), quantile_name(0.5), quantile_name(0.975)
    ('p05', 'p50', 'p97_5')
    """
    whole, _, part = f"{level * 100:.6f}".rstrip("0").rstrip(".").partition(".")
    return f"p{int(whole):02d}_{part}" if part else f"p{int(whole):02d}"


def _checked_total(by: str | Sequence[str] | None, ids: Mapping[str, Labels]) -> tuple[str, ...]:
    names = () if by is None else checked_names("by", by, of="columns")
    options = ["period_at", *ids]
    wrong = [name for name in names if name not in options]
    if wrong or ("period_at" in names and len(names) > 1):
        raise ValueError(f"`by` must be None, 'period_at' or columns among {quote_names(list(ids))}, got {show(by)}")
    return names


def _rows_of(panel: Panel, products: Iterable[Any] | None) -> Ints:
    if products is None:
        return np.arange(panel.n_series)
    if "product_id" not in panel.ids:
        raise ValueError("`products` needs product_id in `by` of the forecast")
    is_one = isinstance(products, (str, int))
    wanted = set(hashable_values("products", [products] if is_one else products, of="products"))
    ids = panel.ids["product_id"].tolist()
    missing = sorted(map(show, wanted - set(ids)))
    if missing or not wanted:
        raise ValueError(f"`products` must be products of the forecast, got {', '.join(missing[:10]) or 'none'}")
    return np.flatnonzero([product in wanted for product in ids])


def _total_columns(data: ForecastData, names: tuple[str, ...], rows: Ints) -> dict[str, Any]:
    """Return the columns of a table of totals."""
    if names == ("period_at",):
        steps = [slice(step, step + 1) for step in range(data.horizon)]
        keys: dict[str, Any] = {"period_at": data.periods.starts}
        return {**keys, **_own_totals(data, [(rows, step) for step in steps])}
    if set(names) == set(data.panel.ids):
        return {**{name: data.panel.ids[name][rows] for name in names}, **_totals_of_series(data, rows)}
    whole = slice(0, data.horizon)
    if not names:
        return _own_totals(data, [(rows, whole)])
    codes = [np.unique(data.panel.ids[name][rows].astype(str), return_inverse=True)[1] for name in names]
    group, first = distinct_rows(*codes)
    keys = {name: data.panel.ids[name][rows][first] for name in names}
    return {**keys, **_own_totals(data, [(rows[group == number], whole) for number in range(len(first))])}


def _own_totals(data: ForecastData, parts: list[tuple[Ints, slice]]) -> dict[str, Any]:
    """Return mean, quantiles and reasons of totals that stand alone."""
    totals = [data.own_total(rows, steps, data.levels) for rows, steps in parts]
    means, quantiles = [mean for mean, _ in totals], np.stack([values for _, values in totals])
    counts = np.array([bool(data.is_count[rows].all()) for rows, _ in parts])
    quantiles = np.where(counts[:, None], np.rint(quantiles), quantiles)
    origins = [n_own_origins(data.past.of(rows)) for rows, _ in parts]
    reasons = [null_reason(values, n) for values, n in zip(quantiles, origins, strict=True)]
    return {"mean": np.array(means), **_named(quantiles, data), "reason": reasons}


def _totals_of_series(data: ForecastData, rows: Ints) -> dict[str, Any]:
    """Return mean, quantiles and reasons of the totals of many series, whose scaled errors are pooled."""
    mean, quantiles = data.totals_by_series(data.horizon, data.levels)
    reasons = reasons_of_series(mean[rows], quantiles[rows])
    return {"mean": mean[rows], **_named(quantiles[rows], data), "reason": reasons}


def _named(quantiles: Floats, data: ForecastData) -> dict[str, Any]:
    return {name: quantiles[:, i] for i, name in enumerate(data.quantile_names)}
