"""Carts: which are bought, which are left and recovered, why they are left, and which are worth a message."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from ..._core.checks import confidence_level, one_of
from ..._core.durations import fixed_length
from ..._core.engines import tell_library_errors
from ..._core.frames import opened
from ..._core.moments import length_to_microseconds
from ..._core.notes import Note, warn_of_notes
from ..._core.results import Result
from ..._core.tables import flatten_products, product_names
from ..._core.texts import LOCALES, Locale
from ..._stats.intervals import normal_quantile
from ...schema._for_topics import DataWarning
from .report import CartReport, make_report, read_carts
from .summary import headline, summarize

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Carts(Result):
    """Carts and what became of them; made by :func:`ecommine.funnel.carts`.

    Attributes
    ----------
    table : eager table, one row per cart, by opened_at
        - cart_id (visitor or customer, and the number of the cart), visitor_id (that opened it), customer_id where the
          events have customers;
        - opened_at, last_touched_at, abandoned_at (last touched in the session that opened it, where that is over and
          did not buy), bought_at;
        - status: "bought" (in the session that opened it), "recovered" (later, at least half of its products, within
          the window), "abandoned" (the window is over), "emptied" (the visitor took everything out) or "pending" (not
          decided yet);
        - checkout_step: the furthest of add_to_cart, view_cart, begin_checkout, add_shipping_info and add_payment_info
          in the session that opened it;
        - reason why it was left; out_of_stock, price_rise and out_of_stock_later, null where the tables cannot tell;
        - items (products), units, value (money, of the products whose price is known) at the end, before any purchase;
          items_left, value_left after it; hours_to_recover, from abandoned_at to bought_at;
        - expected_value with _low and _high: of carts that may still be bought, value_left times the chance of that.
    rates : eager table of one row
        carts; bought (in the session that opened it); left (in that session, with something in it); recovered and open
        (of those left); the shares abandonment (left of bought and left), recovery (of those left, bought by the end of
        the window) and lost (of bought and left, in the end), each with _low and _high.
    steps : eager table, one row per checkout step
        The same for the carts that got that far in their first session, and their value, value_left (of those left and
        not recovered) and hours_median (to recover).
    reasons : eager table, one row per reason
        carts (left for it first), flagged (for which it holds at all), share of the carts left, recovery (of all for
        which it holds), each with _low and _high, value_left.
    recovery : eager table, one row per moment of the window
        hours since the cart was left, at_risk (carts observed for so long and not bought), recovered (share),
        recovered_low, recovered_high.
    win_back : eager table, one row per cart that was left, holds something and may still be bought
        By falling expected_value. cart_id, visitor_id, customer_id, checkout_step, reason, out_of_stock_later,
        age_hours, hours_left, products (list of ids), value_left; chance and expected_value with _low and _high.
    matched_carts, matched_purchases : float
        Shares of the carts that were bought, and of the purchase events, that are in the orders; NaN without orders.
    within, level, as_of : str, float, datetime or None
        The window, the level of the intervals, and the moment up to which events count.
    notes : tuple of Note
        What was left out, what was assumed, and what is not decided yet, by the codes below.

    Notes
    -----
    Codes of ``notes``, with counts:

    =============================== ==============================================================
    code                            meaning
    =============================== ==============================================================
    events_without_id               events without a visitor_id
    events_without_name             events without a name
    rows_after_as_of                events after `as_of`
    visitors_with_several_customers visitors whose events without a customer stay with the visitor
    purchases_without_cart          purchases that bought no open cart
    purchases_without_product       purchases of no known product while a cart left earlier was open
    no_cart_events                  no event is add_to_cart: map your own name of it
    touches_without_cart            removals, cart views and checkout steps without an open cart
    sessions_in_progress            carts whose first session is not over: they are in no rate
    no_window_over                  recovery is unknown (no count)
    open_window                     carts that can still be recovered
    unknown_value                   carts of which no price is known
    partial_value                   carts of which some prices are unknown
    incomplete_orders_left_out      order lines without order_id or ordered_at
    other_lines_left_out            order lines of no product
    returns_left_out                order lines of returns
    orders_after_as_of              order lines after the end of the data
    incomplete_sales_left_out       rows of sales with a missing value
    incomplete_stock_left_out       rows of stock with a missing value
    orders_of_known_customers       orders of customers with an event of a cart or a purchase
    bought_carts_in_orders          bought carts that are in the orders
    purchases_in_orders             purchase events that are in the orders
    few_matched_orders              of the warning: less than half of either are
    =============================== ==============================================================

    Examples
    --------
    >>> import pandas as pd
    >>> from ecommine import funnel
    >>> events = pd.DataFrame({
    ...     "visitor_id": ["ann", "ann", "bob"], "event": ["add_to_cart", "purchase", "add_to_cart"],
    ...     "occurred_at": pd.to_datetime(["2024-03-01", "2024-03-03", "2024-03-02"]),
    ... })
    >>> found = funnel.carts(events, as_of="2024-03-20")
    >>> found.rates[["left", "recovered", "recovery", "recovery_low", "recovery_high"]].round(3)
       left  recovered  recovery  recovery_low  recovery_high
    0     2          1       0.5         0.095          0.905
    """

    table: Any
    rates: Any
    steps: Any
    reasons: Any
    recovery: Any
    win_back: Any
    within: str
    matched_carts: float
    matched_purchases: float
    level: float
    as_of: datetime | None
    notes: tuple[Note, ...]
    _report: CartReport
    _window: str | timedelta

    @property
    def headline(self) -> str:
        """The first line: as of when, how many carts, and the shares that are left and recovered."""
        return headline(self._report.rates, self._window, self.as_of)

    @property
    def tables(self) -> Mapping[str, Any]:
        """The tables by name."""
        names = ("rates", "steps", "reasons", "recovery", "win_back")
        return {"carts": self.table, **{name: getattr(self, name) for name in names}}

    def to_flat(self, *, names: object = None) -> Any:
        """Return the carts to win back with their products as one text, for CSV files and mailing tools.

        Parameters
        ----------
        names : table of products, mapping of id to name, or None
            A table with product_id and title; products without a name keep their id.

        Returns
        -------
        eager table
            `win_back`, in which products is text: names with " + " between them.

        Raises
        ------
        TypeError, ValueError
            If `names` is neither a table nor a mapping, or the table lacks product_id or title.
        """
        return flatten_products(self.win_back, ["products"], product_names(names))

    def summary(self, *, locale: Locale = "en") -> str:
        """Write up to five sentences: how many carts are left and recovered, where, why, and what may still come."""
        one_of("locale", locale, LOCALES)
        return summarize(self._report, self._window, locale)

    def plot(
        self, ax: "Axes | None" = None, *, kind: Literal["steps", "recovery"] = "steps", locale: Locale = "en"
    ) -> "Axes":
        """Draw what became of the carts by the step that they reached, or the curve of recovery with its interval.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Where to draw; by default a new figure.
        kind : {"steps", "recovery"}
            Stacked bars of the carts of each step, or the share of the carts left that is bought by each hour.
        locale : {"en", "zh"}
            The language of all text.

        Returns
        -------
        matplotlib Axes

        Raises
        ------
        ValueError
            If there is no such kind or locale.
        ModuleNotFoundError
            If matplotlib is not installed.
        """
        from .plot import draw_recovery, draw_statuses

        one_of("kind", kind, ("steps", "recovery"))
        one_of("locale", locale, LOCALES)
        if kind == "steps":
            return draw_statuses(self._report.status_counts, ax, locale)
        return draw_recovery(self._report.recovery, self._window, self.level, ax, locale)


@tell_library_errors
def carts(
    events: object,
    /,
    *,
    orders: object = None,
    sales: object = None,
    stock: object = None,
    recover_within: str | timedelta = "7d",
    gap: str | timedelta = "30min",
    as_of: datetime | date | str | None = None,
    level: float = 0.95,
) -> Carts:
    r"""Find the carts: bought, left, recovered; why they were left; and which may still be won back.

    Parameters
    ----------
    events : table of events
        Any library's table with visitor_id, event and occurred_at. Where they are there, product_id, value (money of
        the event), quantity, session_id, customer_id and order_id are used.
    orders : table of order lines, optional
        Of the same library. Purchases that only the orders have count too, by customer_id. An order is a purchase event
        by order_id where the events have it, else the nearest one of the customer within `gap`, each event once. A
        purchase event without a product gets the products of its order.
    sales, stock : table of products by period, and by day, optional
        Of the same library: period_at and price when a product was added, and when the cart was left; stocked_at and
        on_hand, for whether a product of the cart was sold out on a day.
    recover_within : str or timedelta
        How long a cart that was left may still be bought, from the last touch in the session that opened it.
    gap : str or timedelta
        A longer pause begins a session, where events have no session_id. A session is over after it.
    as_of : datetime, date or ISO 8601 text, default the last time in the data
        Events after it are left out.
    level : float
        Level of the intervals, from 0.5 to 0.999999.

    Returns
    -------
    Carts
        Frozen; its tables are eager: of the caller's library, Polars for a LazyFrame, else pandas.

    Raises
    ------
    ecommine.SchemaError
        If a column is missing or of the wrong type, or ids are text in one table and numbers in another.
    TypeError
        If `orders`, `sales` or `stock` are not of the library of `events`, or an option is of the wrong type.
    ValueError
        If an option is out of its range, or `occurred_at` is missing in some events.

    Warns
    -----
    ecommine.DataWarning
        If less than half of the purchases, or of the carts that were bought, are in the orders.

    Notes
    -----
    A cart opens at the first add_to_cart of a person (the customer where known, else the visitor) in a session. A
    purchase of a product in it buys it; the next add opens a new one. It is left at its last touch in that session (see
    `funnel.sessions`), if it ends without such a purchase, and may be recovered for `recover_within` from then on: by
    purchases of at least half of its products, whether they are put in anew or not. What else a later session puts in
    is a cart of its own. A purchase without a product is of what its session put in, else of the open cart opened last.

    Recovery is Kaplan and Meier's estimate (see :func:`ecommine.funnel.analyse`) at the end of the window, so that
    carts whose window is open count for as long as they were observed; intervals are Wilson's with the effective
    sample size, as carts of one person are correlated. The chance of a cart of age a is :math:`1 - S(W) / S(a)`, of
    the curve of its step, weighted :math:`n / (n + 100)` for the n left carts of the step, and that of all carts.
    It ranks the money at stake; it does not tell what a message would add.

    The reason is the first that holds of out_of_stock (a product in it was sold out between adding and leaving),
    price_rise (one costs more than at adding; without `sales` by the prices of view_item and add_to_cart, where events
    have quantities), checkout_payment, checkout_shipping and checkout_started (the furthest step of the checkout). On
    Spark the events, and the lines of the other tables, are brought into memory.

    Examples
    --------
    >>> import pandas as pd
    >>> from ecommine import funnel
    >>> events = pd.DataFrame({
    ...     "visitor_id": [1, 1, 1, 2, 2, 3], "product_id": ["tea", "cup", "tea", "pot", None, None],
    ...     "event": ["add_to_cart", "add_to_cart", "purchase", "add_to_cart", "begin_checkout", "purchase"],
    ...     "occurred_at": pd.to_datetime(["2024-03-01"] * 3 + ["2024-03-09"] * 2 + ["2024-03-10"]),
    ... })
    >>> found = funnel.carts(events)
    >>> found.table[["cart_id", "status", "checkout_step", "items", "items_left"]]
      cart_id   status   checkout_step  items  items_left
    0    v1-1   bought     add_to_cart      2           1
    1    v2-1   pending  begin_checkout      1           1
    >>> found.notes[0]
    '1 of 2 purchases bought no open cart: 1 without a cart'
    """
    confidence = confidence_level(level)
    window = length_to_microseconds(fixed_length(recover_within, argument="recover_within"))
    frame = opened(events, argument="events")
    data = read_carts(
        frame,
        orders=None if orders is None else opened(orders, argument="orders"),
        sales=None if sales is None else opened(sales, argument="sales"),
        stock=None if stock is None else opened(stock, argument="stock"),
        window=window,
        gap=fixed_length(gap, argument="gap"),
        as_of=as_of,
    )
    report = make_report(data, frame, window, normal_quantile(confidence))
    warn_of_notes(data.match.warnings, DataWarning, stacklevel=2)
    return Carts(
        **report.tables,
        within=str(recover_within),
        matched_carts=data.match.carts,
        matched_purchases=data.match.purchases,
        level=confidence,
        as_of=data.log.as_of,
        notes=(*data.notes, *report.notes),
        _report=report,
        _window=recover_within,
    )
