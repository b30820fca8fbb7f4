"""The call `trends`: which products rise or fall beside the shop, the season that all share, the peaks to stock for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from ..._core.arrays import Floats
from ..._core.checks import confidence_level, one_of
from ..._core.engines import tell_library_errors
from ..._core.notes import Note
from ..._core.results import Result
from ..._core.tables import build_table, product_names
from ..._core.texts import LOCALES, Locale, counted
from ..._stats.multiple_testing import CORRECTIONS, Correction, adjust_p_values
from ...schema._for_topics import Every
from .._calendar import read_calendar
from .._drivers.shared import shared_demand
from .._panel.grid import Periods
from .._panel.series import Panel, read_panel
from .season import DAYS_OF_YEAR, MIN_YEARS, Peak, SeasonFactor, expected_peaks, season_factors
from .share_trends import ShareTrends, share_trends
from .summary import trend_sentences

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DAYS_OF_WEEK = 7
DIRECTIONS = ("falling", "steady", "rising")
_SAMPLES: Mapping[str, Any] = {
    **dict.fromkeys(("direction", "cycle", "event"), ""),
    **dict.fromkeys(("place", "n_seen", "n_years", "lead_days"), 0),
    **dict.fromkeys(("factor", "factor_low", "factor_high"), 0.0),
    **dict.fromkeys(("peak_at", "stock_by", "last_peak_at"), datetime(2000, 1, 1)),
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Trends(Result):
    """Trends of products beside the shop, its season and its peaks; made by :func:`ecommine.forecasting.trends`.

    Attributes
    ----------
    table : table of the caller's library, one row per series
        The columns of ``by``; direction ("rising", "falling", "steady"; null where not tested); growth of the share of
        the shop in a year (.2 is 20 % more; of numbered periods, in one period) with growth_low and growth_high at
        ``level``; p_value, q_value; n_periods, those that were known.
    season : eager table
        cycle ("week", "year"), place (1 is Monday or January), factor on the demand of the shop's products with
        factor_low and factor_high, n_seen (cycles). Empty below four weeks of days and two years.
    peaks : eager table, next one first
        peak_at, the beginning of the period in which it is expected; factor on the usual demand, the geometric mean of
        all years in which it could have come (1 where it did not); lead_days, from the beginning of the rise to its
        height; stock_by, that beginning; last_peak_at; n_seen, the years with it; n_years, those in which it could
        have come; event, where the calendar has one then.
    level : float
    notes : tuple of Note

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from ecommine import forecasting
    >>> weeks = pd.date_range("2024-01-01", periods=40, freq="7D")
    >>> units = {"tea": 20 + np.arange(40) % 3, "pot": 20 + np.arange(40) % 2, "cup": 10 + np.arange(40)}
    >>> sales = pd.concat(pd.DataFrame({"product_id": p, "period_at": weeks, "quantity": units[p]}) for p in units)
    >>> result = forecasting.trends(sales, every="1w")
    >>> result.table[["product_id", "direction"]]
      product_id direction
    0        cup    rising
    1        pot    steady
    2        tea    steady
    """

    table: Any
    season: Any
    peaks: Any
    level: float
    notes: tuple[Note, ...]
    _panel: Panel
    _trends: ShareTrends
    _directions: tuple[str | None, ...]
    _season: tuple[SeasonFactor, ...]
    _peaks: tuple[Peak, ...]

    @property
    def headline(self) -> str:
        """The first line of the display."""
        count = {name: self._directions.count(name) for name in DIRECTIONS}
        series = counted(len(self._directions), "series", "series")
        periods = counted(len(self._panel.periods), "period")
        return f"{series}, {periods}: {count['rising']:,} rising, {count['falling']:,} falling"

    @property
    def tables(self) -> Mapping[str, Any]:
        """The tables by name."""
        return {"trends": self.table, "season": self.season, "peaks": self.peaks}

    @tell_library_errors
    def summary(self, *, names: object = None, locale: Locale = "en") -> str:
        """Return what rises and falls, when demand is highest, and what to stock for next, in a few sentences.

        Parameters
        ----------
        names : table of products, mapping of id to name, or None
            What products are called: canonical products with product_id and title, or a mapping.
        locale : {"en", "zh"}, default "en"
        """
        one_of("locale", locale, LOCALES)
        return trend_sentences(
            self._panel, product_names(names), self._trends.growth, self._directions, self._season, self._peaks, locale
        )

    @tell_library_errors
    def plot(self, ax: "Axes | None" = None, *, names: object = None, locale: Locale = "en") -> "Axes":
        """Draw the products with the strongest trends: growth of their share with its interval.

        Parameters
        ----------
        ax : matplotlib Axes, optional
        names : table of products, mapping of id to name, or None
        locale : {"en", "zh"}, default "en"

        Raises
        ------
        ModuleNotFoundError
            If matplotlib is not installed (``pip install 'ecommine[plot]'``).
        """
        from .plot import draw_trends

        one_of("locale", locale, LOCALES)
        series = self._panel.names(product_names(names))
        return draw_trends(series, self._trends, self._directions, self._panel.periods.is_dated, ax, locale)


@tell_library_errors
def trends(
    sales: object,
    /,
    *,
    every: Every | None = None,
    by: Sequence[str] = ("product_id",),
    calendar: object | None = None,
    correction: Correction | None = "bh",
    level: float = 0.95,
    as_of: datetime | date | str | int | None = None,
) -> Trends:
    """Find the products whose share of the shop rises or falls, the season of all, and the peaks to stock for.

    What all products do is no trend of one: growth of the shop and a season that all share leave no product's share
    higher. Periods out of stock do not count. The test allows for noise that lasts from period to period.

    Parameters
    ----------
    sales : table
        Canonical ``sales``.
    every : {"1d", "1w", "1mo", "1q", "1y"}, optional
        Length of a period; by default as the dates show it. Days are tested in weeks.
    by : sequence of str, default ("product_id",)
        Columns whose values make a series.
    calendar : table, optional
        Events, such as `commerce_calendar` gives them: they name the peaks and tell when those return that move.
    correction : {"bh", "holm", "bonferroni"} or None, default "bh"
        Correction of p-values for the number of series.
    level : float, default .95
        Of intervals; a series rises or falls where its q-value is below 1 - level.
    as_of : datetime, date, ISO 8601 text or int, default the last complete period
        Later periods are left out.

    Returns
    -------
    Trends
        With ``.table``, ``.season``, ``.peaks``, ``.summary()`` and ``.plot()``.

    Raises
    ------
    SchemaError
        If columns are missing or of a wrong type, or rows are repeated.
    TypeError, ValueError
        If `every` is not given and the dates do not show it, or an option cannot be read or is out of its range.

    Notes
    -----
    Units are compared with those expected of the product's own level and the common factor of all others. The test is
    Mann and Kendall's by ranks, its variance that of autocorrelated noise. A season that a product does not share looks
    like a trend in a history of less than two years.

    References
    ----------
    Hamed, K. H. and Rao, A. R. (1998). A modified Mann-Kendall trend test for autocorrelated data. Journal of Hydrology
    204(1-4), 182-196. https://doi.org/10.1016/S0022-1694(97)00125-X

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from ecommine import forecasting
    >>> weeks = pd.date_range("2024-01-01", periods=40, freq="7D")
    >>> units = {"tea": 20 + np.arange(40) % 3, "pot": 20 + np.arange(40) % 2, "cup": 10 + np.arange(40)}
    >>> sales = pd.concat(pd.DataFrame({"product_id": p, "period_at": weeks, "quantity": units[p]}) for p in units)
    >>> forecasting.trends(sales, every="1w").headline
    '3 series, 40 periods: 1 rising, 0 falling'
    """
    one_of("correction", correction, CORRECTIONS)
    level = confidence_level(level)
    panel = read_panel(sales, every=every, by=by, as_of=as_of)
    found = share_trends(
        panel.demand,
        panel.periods.days,
        step=DAYS_OF_WEEK if panel.periods.every == "1d" else 1,
        unit_days=DAYS_OF_YEAR if panel.periods.is_dated else 1.0,
        level=level,
    )
    q_value = adjust_p_values(found.p_value, correction)
    directions = _directions(found, q_value, level)
    factor = shared_demand(panel.demand, panel.periods.days).factor
    season = season_factors(factor, panel.periods, level)
    events = None if calendar is None else read_calendar(calendar)
    peaks = expected_peaks(factor, panel.periods, events)
    return Trends(
        table=panel.to_table(_trend_columns(panel, found, q_value, directions), samples=_SAMPLES),
        season=build_table(_columns_of(season, SeasonFactor), like=panel.like, samples=_SAMPLES),
        peaks=build_table(_columns_of(peaks, Peak), like=panel.like, samples=_SAMPLES),
        level=level,
        notes=(*panel.notes, *_notes(found, panel.periods)),
        _panel=panel,
        _trends=found,
        _directions=directions,
        _season=tuple(season),
        _peaks=tuple(peaks),
    )


def _directions(found: ShareTrends, q_value: Floats, level: float) -> tuple[str | None, ...]:
    """Return the direction of each series; one whose ranks and units disagree is steady."""
    agrees = np.sign(found.tau) == np.sign(np.nan_to_num(found.growth))
    sign = np.where((q_value <= 1 - level) & agrees, np.sign(found.tau), 0)
    return tuple(
        DIRECTIONS[int(way) + 1] if tested else None for way, tested in zip(sign, ~np.isnan(q_value), strict=True)
    )


def _trend_columns(
    panel: Panel, found: ShareTrends, q_value: Floats, directions: Sequence[str | None]
) -> dict[str, Any]:
    return {
        **panel.ids,
        "direction": list(directions),
        "growth": np.expm1(found.growth),
        "growth_low": np.expm1(found.growth_low),
        "growth_high": np.expm1(found.growth_high),
        "p_value": found.p_value,
        "q_value": q_value,
        "n_periods": (~np.isnan(panel.demand)).sum(axis=1),
    }


def _columns_of(rows: Sequence[Any], kind: type[Any]) -> dict[str, list[Any]]:
    """Return a column per field; moments of NumPy as datetimes, which every library reads."""
    values = {name: [getattr(row, name) for row in rows] for name in kind.__dataclass_fields__}
    moments = {name for name in values if name.endswith(("_at", "_by"))}
    return {name: [v.astype("M8[us]").item() for v in column] if name in moments else column
            for name, column in values.items()}  # fmt: skip


def _notes(found: ShareTrends, periods: Periods) -> list[Note]:
    notes = []
    n_untested = int(np.isnan(found.p_value).sum())
    if n_untested:
        text = (
            f"{counted(n_untested, 'series', 'series')} not tested: too few known periods, no demand, or no other "
            "products to compare with"
        )
        notes.append(Note(text, code="not_tested", count=n_untested))
    if periods.is_dated and periods.days.sum() < MIN_YEARS * 365:
        text = "less than two years of history: no season of the year is shown, and a season of one product is a trend"
        notes.append(Note(text, code="no_yearly_season"))
    return notes
