"""Good customers who have gone quiet: how unusual their silence is, and whether they will buy again soon."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
from narwhals.stable.v2.typing import IntoFrame

from .._core.arrays import Bools, Floats, Ints
from .._core.checks import confidence_level, integer, one_of
from .._core.codes import Labels, whole_ids
from .._core.engines import tell_library_errors
from .._core.notes import Note
from .._core.results import Result
from .._core.tables import build_table
from .._core.texts import LOCALES, Locale, counted
from ._models.chance import one_thread
from ._models.checks import ALL, Checks, check_predictions
from ._models.frequent import Frequent, learn_rates, learn_return
from ._models.quiet import UNUSUAL, RateDistribution
from ._options import shown_moment, whole_days
from ._read.days import CustomerDays, read_days

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FAR_OFF = 0.05
"""Difference between predicted and actual shares that a note tells of, where chance does not explain it."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class ChurnWarnings(Result):
    """Frequent customers and their silence; made by :func:`ecommine.retention.churn_warnings`.

    Attributes
    ----------
    table : eager table of the caller's library, one row per frequent customer, flagged ones first, most at risk first
        customer_id; purchases (days of purchase); usual_gap (days between purchases up to the last one, shrunk to
        those of the shop); open_gap (days since the last purchase); quiet_p (chance of so long a silence at that rate);
        flagged (quiet_p below .05); flagged_since (the day on which it fell below); return_probability (of a purchase
        within the horizon); usual_spend (money within the horizon at the usual rate); spend_at_risk (of flagged
        customers, the part of usual_spend by which return_probability is below the chance of a purchase at that rate).
    checks : eager table, one row per band of predicted probabilities, one for all, and one for flagged customers
        flagged (whether only customers flagged at the time count), band_low, band_high, moments, customers, predicted,
        actual with its limits, verdict ("agrees", "too_high", "too_low"): predictions one horizon before `as_of`,
        learned before that, against what happened until `as_of`. The flagged are few: they are added up over earlier
        moments too, up to twelve, one horizon apart (30 days, if that is longer), each customer at each of them.
    as_of : datetime or None
    horizon : int
        Days.
    frequent : int
    level : float
    notes : tuple of Note
        See the codes in :mod:`ecommine.retention`.

    Examples
    --------
    >>> import pandas as pd
    >>> from ecommine import retention
    >>> orders = pd.DataFrame({"order_id": range(6), "customer_id": "ann", "amount": 9.0,
    ...                        "ordered_at": pd.date_range("2024-03-01", periods=6, freq="7D")})
    >>> retention.churn_warnings(orders, as_of="2024-08-01").headline
    'as of 2024-08-01 23:59, 1 frequent customer, 1 gone quiet, horizon 30 days'
    """

    table: Any
    checks: Any
    as_of: datetime | None
    horizon: int
    frequent: int
    level: float
    notes: tuple[Note, ...]
    _warned: "Warned"

    @property
    def headline(self) -> str:
        """The first line of the display."""
        n, flagged = len(self._warned.flagged), int(self._warned.flagged.sum())
        who = f"{counted(n, 'frequent customer')}, {flagged:,} gone quiet"
        return f"as of {shown_moment(self.as_of)}, {who}, horizon {counted(self.horizon, 'day')}"

    @property
    def tables(self) -> Mapping[str, Any]:
        """The tables by name."""
        return {"warnings": self.table, "checks": self.checks}

    def summary(self, *, locale: Locale = "en") -> str:
        """Return two to four sentences: how many have gone quiet, what is at risk, and how well predictions did."""
        from ._summary import warning_sentences

        return warning_sentences(self._warned, self.horizon, self.frequent, one_of("locale", locale, LOCALES))

    def plot(self, ax: "Axes | None" = None, *, locale: Locale = "en") -> "Axes":
        """Draw each customer's silence against the longest that is usual for her: above the line they are flagged."""
        from ._plot import draw_warnings

        return draw_warnings(self._warned, ax, one_of("locale", locale, LOCALES))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Warned:
    """The columns of the table as arrays, in its order."""

    customer_id: Labels
    purchases: Ints
    usual_gap: Floats
    open_gap: Ints
    quiet_p: Floats
    flagged: Bools
    flagged_since: Any
    return_probability: Floats
    usual_spend: Floats
    spend_at_risk: Floats
    longest_usual: Ints
    checks: Checks


@tell_library_errors
def churn_warnings(
    orders: IntoFrame,
    /,
    *,
    horizon: str | timedelta = "30d",
    frequent: int = 6,
    as_of: datetime | date | str | None = None,
    level: float = 0.95,
) -> ChurnWarnings:
    r"""Find frequent customers who have gone quiet, and predict who buys within the horizon.

    Parameters
    ----------
    orders : table of order lines
        Any library's table with order_id, customer_id, ordered_at, and amount or quantity and unit_price.
    horizon : str or timedelta
        Whole days after `as_of` for the probability and the spend.
    frequent : int
        Least days of purchase; other customers have no row.
    as_of : datetime, date or ISO 8601 text, default the last time in the data
        Lines after it are left out of everything. Its day counts as over.
    level : float
        Of the intervals in ``.checks``.

    Returns
    -------
    ChurnWarnings
        Frozen, with ``.table``, ``.checks``, ``.summary()`` and ``.plot()``.

    Raises
    ------
    ecommine.SchemaError
        If a column is missing or of the wrong type, or the lines are of several currencies.
    ValueError
        If an option cannot be read or `as_of` is before all lines.

    Notes
    -----
    Two numbers answer two questions. With x gaps in t days and the shop's gamma distribution of rates,
    :math:`\text{quiet\_p} = ((\alpha + t) / (\alpha + t + g))^{r + x}` is the chance of a silence of g days or longer
    at the customer's own rate: a sign of change. `return_probability` is a logistic regression on the silence, on what
    it is longer than three own mean gaps, the number of purchases and the time since the first one, learned at 30, 60
    and 90 days before `as_of` (one horizon before it, if that is longer) from what was known then and happened after:
    it is null where the history is too short. An order that was taken back later is none at the earlier moments either.
    Even the most faithful customer may buy nothing within a short horizon: `spend_at_risk` is only what is expected
    less than usual. A flagged customer may well come back: the last row of ``.checks`` tells how many did.

    References
    ----------
    Fader, P. S., Hardie, B. G. S. and Lee, K. L. (2005). "Counting your customers" the easy way: an alternative to the
    Pareto/NBD model. Marketing Science 24(2), 275-284.

    Examples
    --------
    Ann bought every week and has been silent for seven; Bob still comes:

    >>> import pandas as pd
    >>> weeks = [*range(8), *range(15)]
    >>> orders = pd.DataFrame({
    ...     "order_id": range(23),
    ...     "customer_id": ["ann"] * 8 + ["bob"] * 15,
    ...     "ordered_at": pd.Timestamp("2024-01-01") + pd.to_timedelta([7 * week for week in weeks], unit="D"),
    ...     "amount": 10.0,
    ... })
    >>> churn_warnings(orders).table[["customer_id", "purchases", "usual_gap", "open_gap", "flagged"]].round(1)
      customer_id  purchases  usual_gap  open_gap  flagged
    0         ann          8        7.0        49     True
    1         bob         15        7.0         0    False
    """
    days_ahead = whole_days(horizon, argument="horizon")
    least, level = integer("frequent", frequent, low=2), confidence_level(level)
    days, _ = read_days(orders, as_of)
    with one_thread():
        warned = _warned(days, days_ahead, least, level)
    return ChurnWarnings(
        table=_table(days, warned),
        checks=_checks_table(days, warned.checks),
        as_of=days.until,
        horizon=days_ahead,
        frequent=least,
        level=level,
        notes=(*days.notes, *_notes(days, warned, days_ahead, least)),
        _warned=warned,
    )


def _warned(days: CustomerDays, horizon: int, least: int, level: float) -> Warned:
    """Compute all columns, and put the rows in order."""
    now = Frequent.at(days, days.today, least)
    n = len(now.position)
    chance = learn_return(days, days.today, horizon, least)
    probability = np.full(n, np.nan) if chance is None else chance.predict(now.features())
    if n:
        rates = learn_rates(days, days.today)
        p = rates.silence_p(now.gaps, now.span, now.silence)
        longest = np.floor(rates.longest_usual(now.gaps, now.span, UNUSUAL)).astype(np.int64)
        active = RateDistribution.learn(now.gaps, now.span)  # a silence that lasts makes nobody's usual gap longer
        usual = active.mean_gap(now.gaps, now.span)
        buys_as_usual = 1 - active.silence_p(now.gaps, now.span, np.full(n, horizon))
    else:
        usual = p = buys_as_usual = np.zeros(0)
        longest = np.zeros(0, dtype=np.int64)
    flagged = p < UNUSUAL
    spend = np.maximum(now.money / np.maximum(now.purchases, 1), 0.0) * horizon / np.where(n, usual, 1.0)
    at_risk = np.where(flagged, spend * np.maximum(1 - probability / np.where(n, buys_as_usual, 1.0), 0.0), np.nan)
    order = np.lexsort((now.position, -np.where(np.isnan(at_risk), spend, at_risk), ~flagged))
    since = (days.today - now.silence + longest + 1).astype("datetime64[D]").astype("datetime64[us]")
    return Warned(
        customer_id=whole_ids(days.customers[now.position[order]]),
        purchases=now.purchases[order],
        usual_gap=usual[order],
        open_gap=now.silence[order],
        quiet_p=p[order],
        flagged=flagged[order],
        flagged_since=np.where(flagged, since, np.datetime64("NaT", "us"))[order],
        return_probability=probability[order],
        usual_spend=spend[order],
        spend_at_risk=at_risk[order],
        longest_usual=longest[order],
        checks=check_predictions(days, horizon, least, level),
    )


def _table(days: CustomerDays, warned: Warned) -> Any:
    hidden = ("longest_usual", "checks")
    columns = {field.name: getattr(warned, field.name) for field in fields(warned) if field.name not in hidden}
    return build_table(columns, like=days.like)


def _checks_table(days: CustomerDays, checks: Checks) -> Any:
    columns = {field.name: getattr(checks, field.name) for field in fields(checks)}
    return build_table(columns | {"verdict": checks.verdict}, like=days.like, samples={"verdict": ""})


def _notes(days: CustomerDays, warned: Warned, horizon: int, least: int) -> list[Note]:
    notes = []
    rare = days.n_customers - len(warned.customer_id)
    if rare:
        text = f"{counted(rare, 'customer')} with fewer than {counted(least, 'day')} of purchase: no row"
        notes.append(Note(text, code="infrequent_left_out", count=rare))
    if len(warned.customer_id) and np.isnan(warned.return_probability).all():
        text = f"too few frequent customers {counted(horizon, 'day')} and more before `as_of` to learn from"
        n = len(warned.customer_id)
        notes.append(Note(f"{text}: return_probability is null, flags are kept", code="short_history", count=n))
    checks = warned.checks
    if len(checks.customers) and checks.verdict[ALL] != "agrees":
        predicted, actual = float(checks.predicted[ALL]), float(checks.actual[ALL])
        if abs(predicted - actual) > FAR_OFF:
            text = f"{counted(horizon, 'day')} ago {predicted:.1%} were predicted to buy and {actual:.1%} did: read"
            text = f"{text} return_probability as a ranking, see `.checks`"
            notes.append(Note(text, code="prediction_off", count=int(checks.customers[ALL])))
    return notes
