"""Two results against each other: who moved where, and which movement changed the revenue by how much."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar, overload

from narwhals.stable.v2.typing import IntoDataFrameT, IntoLazyFrameT

from .._core.checks import number, one_of
from .._core.durations import Duration
from .._core.engines import tell_library_errors
from .._core.frames import MICRO, Frame, is_lazy, opened
from .._core.notes import Note
from .._core.results import Result
from .._core.tables import build_table
from .._core.texts import LOCALES, Locale, counted
from .._stats.intervals import normal_quantile, wilson_interval
from ._flows import Flow, bridge, flows_between, id_family, late_refunds, with_customers
from ._labels import period_in_words
from ._migration_text import migration_sentences
from ._score import RFM
from ._segment_table import ratio
from ._segments import Segment

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TableT_co = TypeVar("TableT_co", covariant=True)
SAMPLES = {"customers": 0, "of": 0} | dict.fromkeys(
    ("share", "money_before", "money_after", "change", "money", "rate", "rate_low", "rate_high"), 0.0
)
"""Values of the types of columns, for tables without rows."""
MOVES: tuple[str, ...] = ("upgraded", "stayed", "downgraded", "new", "gone")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Migration(Result, Generic[TableT_co]):
    """Movements between the segments of two results; made by :func:`ecommine.rfm.migration`.

    Attributes
    ----------
    table : eager table, one row per pair of segments with customers
        from_segment (or "new": no order in the period before, so new or returning), to_segment (or "gone": none in the
        period after), customers, share (of the customers of from_segment), money_before, money_after, change.
    bridge : eager table, one row per part of the change in revenue
        part, customers, money. New (or returning) and gone customers; upgraded, downgraded and stayed ones each by
        the effect of their number of orders and of their order value; and late_refunds, the money of customers without
        an order in a period: refunds of earlier orders, and charges (a customer in both periods is counted in each).
        The parts add up to the change, in millionths exactly.
    rates : eager table, one row per movement
        move (upgraded, stayed, downgraded, new, gone), customers, of (customers it is a share of), rate, rate_low,
        rate_high.
    revenue_before, revenue_after : float
        Net revenue from known customers, with refunds to those without an order in the period; guests are none.
        Without a period it is cumulative, not revenue.
    before, as_of : datetime
        The moments of the two results.
    level : float
        Level of the intervals in `rates`.
    notes : tuple of Note
        Notes on the comparison, then the notes of either result with their codes, after "before:" and "after:". Codes:
        ``cumulative_money`` (a result has no period), ``periods_differ``, ``reversed_time``, ``periods_overlap`` and
        ``gap_between_periods`` (days), ``scales_differ``.

    Examples
    --------
    >>> import pandas as pd
    >>> from ecommine import rfm
    >>> orders = pd.DataFrame({"order_id": range(6), "customer_id": list("abcabb"), "amount": [9.0, 5, 7, 8, 2, 4],
    ...                        "ordered_at": pd.date_range("2024-01-01", periods=6, freq="11D")})
    >>> january = rfm.score(orders, as_of="2024-01-31", period="1mo", scale=3, scheme=rfm.VALUE_GROUPS)
    >>> moved = rfm.migration(january, january.apply(orders, as_of="2024-02-29"))
    >>> moved.revenue_before, moved.revenue_after
    (21.0, 14.0)
    >>> moved.rates[["move", "customers", "of"]]
             move  customers  of
    0    upgraded          0   2
    1      stayed          2   2
    2  downgraded          0   2
    3         new          0   2
    4        gone          1   3
    """

    table: TableT_co
    bridge: TableT_co
    rates: TableT_co
    revenue_before: float
    revenue_after: float
    before: datetime
    as_of: datetime
    level: float
    notes: tuple[Note, ...]
    _flows: tuple[Flow, ...]
    _late_refunds: Flow
    _segments: tuple[Segment, ...]
    _periods: tuple[str | timedelta | None, str | timedelta | None]

    @property
    def headline(self) -> str:
        """The first line of the display."""
        change = self.revenue_after - self.revenue_before
        what = "cumulative money" if self._is_cumulative() else "revenue"
        return f"{' against '.join(self._period_texts('en'))}, change in {what} {change:+,.2f}"

    @property
    def tables(self) -> Mapping[str, Any]:
        """The tables by name."""
        return {"flows": self.table, "bridge": self.bridge, "rates": self.rates}

    def summary(self, *, locale: Locale = "en") -> str:
        """Return three to five sentences: what moved, and which movement earned or cost the most.

        Where a result has no period, money is cumulative: that comes first, and nothing of revenue.
        """
        one_of("locale", locale, LOCALES)
        return migration_sentences(
            self._money_flows(), self._segments, self._period_texts(locale), locale, is_cumulative=self._is_cumulative()
        )

    def plot(
        self, ax: "Axes | None" = None, *, locale: Locale = "en", kind: Literal["flows", "bridge"] = "flows"
    ) -> "Axes":
        """Draw the customers that went from segment to segment, or the bridge from revenue to revenue.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Where to draw; by default a new figure.
        locale : {"en", "zh"}
            The language of all text.
        kind : {"flows", "bridge"}
            A heat map of movements, or a waterfall of the parts of the change in revenue.
        """
        from ._plot import draw_bridge, draw_flows

        one_of("locale", locale, LOCALES)
        one_of("kind", kind, ("flows", "bridge"))
        if kind == "flows":
            return draw_flows(self._flows, self._segments, self._period_texts(locale), ax, locale)
        return draw_bridge(
            self._money_flows(), self._period_texts(locale), ax, locale, is_cumulative=self._is_cumulative()
        )

    def _money_flows(self) -> tuple[Flow, ...]:
        """Return all flows whose money is revenue, late refunds too, which are no movement of customers."""
        return (*self._flows, self._late_refunds)

    def _period_texts(self, locale: Locale) -> tuple[str, str]:
        return period_in_words(self._periods[0], self.before, locale), period_in_words(
            self._periods[1], self.as_of, locale
        )

    def _is_cumulative(self) -> bool:
        return None in self._periods


@overload
def migration(
    before: RFM[IntoDataFrameT], after: RFM[IntoDataFrameT], /, *, level: float = 0.95
) -> Migration[IntoDataFrameT]: ...


@overload
def migration(before: RFM[IntoLazyFrameT], after: RFM[IntoLazyFrameT], /, *, level: float = 0.95) -> Migration[Any]: ...


@tell_library_errors
def migration(before: RFM[Any], after: RFM[Any], /, *, level: float = 0.95) -> Migration[Any]:
    """Compare two results customer by customer: movements between segments and the money that moved with them.

    Parameters
    ----------
    before, after : RFM
        Two results with the same scheme and ``returns``, from the same library. Give both the same ``period``, and the
        second the cut points of the first (``before.apply(orders, as_of=...)``), so that a move is a move of the
        customer. Notes say where periods differ in length, overlap or leave a gap.
    level : float, default 0.95
        Level of the Wilson intervals of the rates.

    Returns
    -------
    Migration
        Frozen; ``.table`` of flows, ``.bridge`` of revenue, ``.rates``.

    Raises
    ------
    TypeError
        If the customer ids of the two results have different types.
    ValueError
        If the schemes, the treatment of returns, the currencies or the libraries differ.

    Notes
    -----
    A retained customer's money is orders times order value, :math:`m = n a`. Its change is split by the Shapley value
    of the two factors, :math:`(n_1 - n_0) (a_0 + a_1) / 2` for the orders and :math:`(a_1 - a_0) (n_0 + n_1) / 2` for
    the order value, which does not depend on the order of the factors. In whole millionths the second is what the
    first leaves of the change, so that the parts add up exactly. An upgrade is a move to a segment that stands
    earlier in the scheme.

    References
    ----------
    Shapley, L. S. (1953). A value for n-person games. Contributions to the Theory of Games 2, 307-317.
    Wilson, E. B. (1927). Probable inference, the law of succession, and statistical inference. JASA 22, 209-212.

    Examples
    --------
    >>> import pandas as pd
    >>> from ecommine import rfm
    >>> orders = pd.DataFrame({
    ...     "order_id": range(1, 7),
    ...     "customer_id": ["ann", "bob", "ann", "ann", "eve", "bob"],
    ...     "ordered_at": pd.to_datetime(["2024-01-10", "2024-01-20", "2024-02-10", "2024-02-20", "2024-02-25",
    ...                                   "2023-12-20"]),
    ...     "amount": [10.0, 40.0, 15.0, 25.0, 30.0, 20.0],
    ... })
    >>> scale = rfm.Scale(recency=(10,), frequency=(1,), monetary=(20,))
    >>> good = rfm.Scheme(name="good", rules=(rfm.Rule(segment="good", monetary=(2, 2)),))
    >>> january = rfm.score(orders, as_of="2024-01-31", period="1mo", scale=scale, scheme=good)
    >>> february = january.apply(orders, as_of="2024-02-29")
    >>> moved = rfm.migration(january, february)
    >>> moved.table[["from_segment", "to_segment", "customers", "change"]]
      from_segment to_segment  customers  change
    0         good       gone          1   -40.0
    1       others       good          1    30.0
    2          new       good          1    30.0
    >>> moved.bridge[moved.bridge["money"] != 0]
                       part  customers  money
    0                   new          1   30.0
    1                  gone          1  -40.0
    2       upgraded_orders          1   15.0
    3  upgraded_order_value          1   15.0
    """
    level = number("level", level, low=0.5, high=0.9999)
    left, right = _opened(before, "before"), _opened(after, "after")
    _check_pair(before, after, left, right)
    flows = flows_between(left, right, before.scheme.segments)
    refunds = late_refunds(before._without_orders, after._without_orders)
    money_flows = (*flows, refunds)
    return Migration(
        table=_flow_table(flows, before.scheme.segments, like=left),
        bridge=_bridge_table(bridge(money_flows), like=left),
        rates=_rate_table(flows, level, like=left),
        revenue_before=sum(flow.before for flow in money_flows) / MICRO,
        revenue_after=sum(flow.after for flow in money_flows) / MICRO,
        before=before.as_of,
        as_of=after.as_of,
        level=level,
        notes=_notes(before, after),
        _flows=tuple(flows),
        _late_refunds=refunds,
        _segments=before.scheme.segments,
        _periods=(before.period, after.period),
    )


def _opened(result: object, name: str) -> Frame:
    if not isinstance(result, RFM):
        raise TypeError(f"`{name}` must be the result of rfm.score, got {type(result).__name__}")
    return opened(result.table, argument=name)


def _check_pair(before: RFM[Any], after: RFM[Any], left: Frame, right: Frame) -> None:
    if before.scheme != after.scheme:
        raise ValueError(
            f"both results must have the same scheme, got {before.scheme.name!r} and {after.scheme.name!r}"
        )
    if before.returns != after.returns:
        raise ValueError(f"both results must have the same `returns`, got {before.returns!r} and {after.returns!r}")
    if before._currency and after._currency and before._currency != after._currency:
        raise ValueError(f"both results must be in one currency, got {before._currency!r} and {after._currency!r}")
    kinds = [f"{'lazy ' if is_lazy(frame) else ''}{frame.implementation.name.lower()}" for frame in (left, right)]
    if kinds[0] != kinds[1]:
        raise ValueError(f"both tables must be of one library, got {kinds[0]} and {kinds[1]}")
    if id_family(left) != id_family(right) and len(with_customers(left, right)) == len((left, right)):
        first, second = (frame.collect_schema()["customer_id"] for frame in (left, right))
        raise TypeError(f"customer_id must have one type in both results, got {first} and {second}")


def _notes(before: RFM[Any], after: RFM[Any]) -> tuple[Note, ...]:
    notes = list(_time_notes(before, after))
    if before.scale != after.scale:
        text = "the two scales differ: customers may change segment because a cut point has moved"
        notes.append(Note(text, code="scales_differ"))
    for side, result in (("before", before), ("after", after)):
        notes += [Note(f"{side}: {note}", code=note.code, count=note.count) for note in result.notes]
    return tuple(notes)


def _time_notes(before: RFM[Any], after: RFM[Any]) -> Iterator[Note]:
    if before.period is None or after.period is None:
        text = "without `period` money counts all orders so far, so no customer can be gone: give both a `period`"
        yield Note(text, code="cumulative_money")
    elif _length(before) != _length(after):
        text = f"the periods differ ({before.period} and {after.period}): the longer one has more orders and money"
        yield Note(text, code="periods_differ")
    if after.as_of < before.as_of:
        text = "the second result is earlier than the first: changes run back in time"
        yield Note(text, code="reversed_time")
    early, late = sorted((before, after), key=lambda result: result.as_of)
    if early.period is not None and late.period is not None:
        start = Duration.parse(late.period, argument="period").before(late.as_of)
        count = max(1, round(abs(start - early.as_of) / timedelta(days=1)))
        days, end = counted(count, "day"), f"{early.as_of:%Y-%m-%d}"
        if start < early.as_of:
            text = f"the two periods share {days} up to {end}: orders in them count in both"
            yield Note(text, code="periods_overlap", count=count)
        elif start > early.as_of:
            text = f"the two periods are {days} apart after {end}: orders in between count in neither"
            yield Note(text, code="gap_between_periods", count=count)


def _length(result: RFM[Any]) -> tuple[int, timedelta]:
    length = Duration.parse(result.period or "1d", argument="period")
    return length.months, length.exact


def _flow_table(flows: list[Flow], segments: tuple[Segment, ...], *, like: Frame) -> Any:
    totals: dict[int | None, int] = {}
    for flow in flows:
        totals[flow.origin] = totals.get(flow.origin, 0) + flow.customers
    return build_table(
        {
            "from_segment": ["new" if flow.origin is None else segments[flow.origin].code for flow in flows],
            "to_segment": ["gone" if flow.target is None else segments[flow.target].code for flow in flows],
            "customers": [flow.customers for flow in flows],
            "share": [flow.customers / totals[flow.origin] for flow in flows],
            "money_before": [flow.before / MICRO for flow in flows],
            "money_after": [flow.after / MICRO for flow in flows],
            "change": [(flow.after - flow.before) / MICRO for flow in flows],
        },
        like=like,
        samples=SAMPLES,
    )


def _bridge_table(parts: Mapping[str, tuple[int, int]], *, like: Frame) -> Any:
    return build_table(
        {
            "part": list(parts),
            "customers": [customers for customers, _ in parts.values()],
            "money": [money / MICRO for _, money in parts.values()],
        },
        like=like,
        samples=SAMPLES,
    )


def _rate_table(flows: list[Flow], level: float, *, like: Frame) -> Any:
    count: dict[str, int] = dict.fromkeys(MOVES, 0)
    for flow in flows:
        count[flow.move] += flow.customers
    kept = count["upgraded"] + count["stayed"] + count["downgraded"]
    of = {move: kept + (count[move] if move in ("new", "gone") else 0) for move in count}
    intervals = [_interval_of_rate(count[move], of[move], level) for move in count]
    columns = {
        "move": list(count),
        "customers": list(count.values()),
        "of": list(of.values()),
        "rate": [ratio(count[move], of[move]) for move in count],
        "rate_low": [low for low, _ in intervals],
        "rate_high": [high for _, high in intervals],
    }
    return build_table(columns, like=like, samples=SAMPLES)


def _interval_of_rate(count: int, total: int, level: float) -> tuple[float | None, float | None]:
    """Return Wilson's interval of a share, None where the total is zero."""
    return wilson_interval(count / total, total, normal_quantile(level)) if total else (None, None)
