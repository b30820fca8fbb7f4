"""Fitting: signals at `as_of`, their weights from earlier windows, and how well the chances held in the last one."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
from narwhals.stable.v2.typing import IntoFrame

from .._core.arrays import Bools, Ints
from .._core.checks import instance, integer, one_of, several, show
from .._core.durations import fixed_length
from .._core.engines import tell_library_errors
from .._core.notes import Note
from .._core.texts import counted
from ._calibration import MAX_CUSTOMERS, SHOWN_K, Shown, recalibrated, shown_at
from ._learn import Blend, Logistic, collect_rows, default_blend, learn_blend
from ._rank import Choice
from ._read.events import Views, read_views, views_of_customers
from ._read.history import History, history_at
from ._read.products import Products, read_products
from ._read.purchases import Purchases, read_purchases
from ._recommender import Recommender, make_recommender
from ._signals.baskets import BasketSignals, default_basket_weights, fit_baskets, learn_baskets
from ._signals.fitted import LATEST_VIEWS, FittedSignals, fit_signals
from ._signals.options import SIGNALS, Content, Own, Popular, Signal, Together, Viewed
from ._signals.visits import VisitSignals, fit_visits

ONE_DAY = timedelta(days=1)
N_LEARNED = 3
"""Earlier windows that the blend is learned on."""
LEARNED_PRODUCTS = 2_000
"""Products, the most bought, that the weights of baskets are learned from: three weights need no more."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Source:
    """Everything that was read, and the settings: what a fit at any moment is made from."""

    purchases: Purchases
    products: Products
    views: Views | None
    signals: tuple[Signal, ...]
    horizon: int
    max_products: int
    notes: tuple[Note, ...]
    cache: dict[Any, Any] = field(default_factory=dict)

    @property
    def today(self) -> int:
        """The day of `as_of`."""
        return self.purchases.today

    def catalogue(self, history: History) -> Ints:
        """Return the codes of the most bought products, those that are listed but were never bought last."""
        is_open = self.products.is_launched(history.day) & ((history.buyers > 0) | self.products.is_listed)
        order = np.lexsort((np.arange(len(is_open)), -history.recent, -history.buyers, ~is_open))
        return np.sort(order[: int(is_open.sum())][: self.max_products])

    def history(self, day: int) -> History:
        """Return what was known at the end of a day; the same once."""
        popular = next((signal for signal in self.signals if isinstance(signal, Popular)), Popular())
        key = ("history", self.half_life, popular.days, day)
        if key not in self.cache:
            self.cache[key] = history_at(self.purchases, day, half_life=self.half_life, window=popular.days)
        return self.cache[key]  # type: ignore[no-any-return]

    @property
    def half_life(self) -> float:
        """The half-life of an own purchase in days."""
        return next((signal for signal in self.signals if isinstance(signal, Own)), Own()).days

    def fitted(self, day: int) -> FittedSignals:
        """Fit the signals on what was known at the end of a day; the same ones once."""
        if (self.signals, day) not in self.cache:
            self.cache[self.signals, day] = self._fitted(day)
        return self.cache[self.signals, day]  # type: ignore[no-any-return]

    def rows(self, day: int) -> Any:
        """Return what is learned from the horizon after a day, collected once."""
        key = ("rows", self.signals, day)
        if key not in self.cache:
            self.cache[key] = collect_rows(self.fitted(day), self.outcome(day))
        return self.cache[key]

    def blend(self, days: Sequence[int]) -> Blend | None:
        """Learn the weights of the signals at earlier moments; None where there is too little to learn from."""
        key = ("blend", self.signals, tuple(days))
        if key not in self.cache:
            blend = learn_blend([self.rows(day) for day in days], default_blend(self.fitted(days[0]))) if days else None
            self.cache[key] = None if blend is None else recalibrated(blend, [self.moment(day) for day in days])
        return self.cache[key]  # type: ignore[no-any-return]

    def moment(self, day: int) -> tuple[FittedSignals, Any, Bools]:
        """Return the signals at the end of a day, what was bought after it, and which products could be shown."""
        return self.fitted(day), self.outcome(day), self.products.is_launched(day)

    def _fitted(self, day: int) -> FittedSignals:
        history = self.history(day)
        views = None
        if any(isinstance(signal, Viewed) for signal in self.signals):
            views = views_of_customers(self.views, day, (history.n_customers, history.n_products), LATEST_VIEWS)
        return fit_signals(self.signals, history, self.catalogue(history), self.products.kinds, views)

    def outcome(self, day: int) -> Any:
        """Return a sparse matrix of customers by products: what was bought within the horizon after a day."""
        from scipy.sparse import csr_array

        later = self.purchases.after(day, day + self.horizon)
        kept = later.customer >= 0
        shape = (len(later.customers), len(later.products))
        matrix = csr_array((np.ones(int(kept.sum())), (later.customer[kept], later.product[kept])), shape=shape)
        matrix.data[:] = 1
        return matrix

    def earlier(self, day: int) -> list[int]:
        """Return the moments before a day whose horizon was over by then, the latest first."""
        first = int(self.purchases.day.min()) if len(self.purchases.day) else day
        days = [day - i * self.horizon for i in range(1, N_LEARNED + 1)]
        return [one for one in days if one >= first]


@tell_library_errors
def fit(
    orders: IntoFrame,
    /,
    *,
    products: IntoFrame | None = None,
    events: IntoFrame | None = None,
    horizon: str | timedelta = "28d",
    signals: str | Sequence[Signal] = "auto",
    max_products: int = 5_000,
    as_of: datetime | date | str | None = None,
) -> Recommender:
    r"""Learn from orders what to recommend to whom, with a chance for each product.

    Parameters
    ----------
    orders : table of order lines
        Any library's table with order_id, customer_id, product_id, ordered_at; quantity or amount tell returns, and
        what was paid gives prices. Lines of guests count for baskets and bestsellers.
    products : table of products, optional
        product_id with category, brand, price, unit_cost and launched_at, as far as they are known. Products that
        nobody bought yet can then be recommended by their content.
    events : table of events, optional
        Views of products, for `Recommender.visit`; with customer_id they are a signal of the home page too.
    horizon : str or timedelta
        Whole days after `as_of` that the chance of a purchase is of.
    signals : "auto" or list of signals
        "auto" is Own(), Together(), Popular(), with Content() where `products` has category or brand, and Viewed()
        where `events` has customers.
    max_products : int
        So many products, the most bought, can be recommended to anybody; a customer's own products always can.
    as_of : datetime, date or ISO 8601 text, default the last time in the orders
        Lines and views after it are left out of everything. Its day counts as over.

    Returns
    -------
    Recommender
        Frozen, with `home`, `detail`, `visit`, `checkout` and `top_up`; ``.weights``, ``.calibration``.

    Raises
    ------
    ecommine.SchemaError
        If a column is missing or of the wrong type.
    ValueError
        If an option cannot be read, or `as_of` is before all lines.

    Notes
    -----
    A purchase is a customer, a product and an order with a net quantity above 0. The weight of each signal comes from
    two logistic regressions, of products that the customer bought before and of new ones, learned at one, two and
    three horizons before `as_of` on what was known then and what was bought within the horizon after it, by customers
    who did not come back too. A second regression, of what happened on the log-odds of the ten products that would have
    been shown at these moments, corrects each part (Platt 1999). ``.calibration`` is of a blend learned in the same
    way at the earlier moments alone, for the ten products that it would have shown to each customer at the latest of
    them. A chance is not the effect of showing a product: of the clicks on recommendations of a large shop, at least
    three quarters would have happened anyway (Sharma, Hofman and Watts 2015).

    References
    ----------
    Steck, H. (2019). Embarrassingly shallow autoencoders for sparse data. The World Wide Web Conference, 3251-3257.
    https://doi.org/10.1145/3308558.3313710

    Platt, J. (1999). Probabilistic outputs for support vector machines and comparisons to regularized likelihood
    methods. Advances in large margin classifiers, 61-74. MIT Press.

    Sharma, A., Hofman, J. M. and Watts, D. J. (2015). Estimating the causal impact of recommendation systems from
    observational data. Proceedings of the 16th ACM Conference on Economics and Computation, 453-470.
    https://doi.org/10.1145/2764468.2764488

    Examples
    --------
    Tea is what Ann bought before, and the pot is what many buy:

    >>> import pandas as pd
    >>> orders = pd.DataFrame({
    ...     "order_id": [1, 2, 3, 3, 4, 4],
    ...     "customer_id": ["ann", "ann", "bob", "bob", "eve", "eve"],
    ...     "product_id": ["tea", "tea", "tea", "pot", "tea", "pot"],
    ...     "ordered_at": pd.Timestamp("2024-03-01"),
    ... })
    >>> fit(orders).home(["ann"]).table[["customer_id", "rank", "recommended_id", "source"]]
      customer_id  rank recommended_id   source
    0         ann     1            tea      own
    1         ann     2            pot  popular
    """
    source = read_source(orders, products, events, horizon, signals, max_products, as_of)
    return fit_at(source, source.today)


def read_source(
    orders: object, products: object, events: object, horizon: object, signals: object, max_products: object, as_of: Any
) -> Source:
    """Check the options, and read all tables once."""
    days, most = whole_days(horizon), integer("max_products", max_products, low=1, cap=20_000)
    chosen = checked_signals(signals)
    purchases = read_purchases(orders, as_of)
    columns = None
    if chosen is not None:
        columns = next((signal.columns for signal in chosen if isinstance(signal, Content)), None)
    known, purchases, notes = read_products(products, purchases, columns)
    views = None if events is None else read_views(events, purchases.until, known.ids, purchases.customers)
    if views is not None:
        notes += views.notes
    if chosen is None:
        kinds = tuple(known.kinds)
        chosen = (
            Own(),
            Together(),
            Popular(),
            *((Content(*kinds),) if kinds else ()),
            *((Viewed(),) if views is not None else ()),
        )
    elif views is None and any(isinstance(signal, Viewed) for signal in chosen):
        raise ValueError("`events` must be given, which the signal Viewed() reads")
    return Source(
        purchases=purchases, products=known, views=views, signals=chosen, horizon=days, max_products=most,
        notes=(*purchases.notes, *notes),
    )  # fmt: skip


def checked_signals(signals: object) -> tuple[Signal, ...] | None:
    """Return the signals, None for the default."""
    if isinstance(signals, str):
        one_of("signals", signals, ("auto",))
        return None
    members = (signals,) if isinstance(signals, SIGNALS) else several("signals", signals, of="signals such as Own()")
    noun = "a signal such as Own() or Together()"
    chosen: tuple[Signal, ...] = tuple(instance("signals", member, SIGNALS, noun=noun) for member in members)
    if not chosen:
        raise ValueError("`signals` must be at least one signal, such as Popular(), got none")
    kinds = [type(signal).__name__ for signal in chosen]
    twice = next((kind for kind in kinds if kinds.count(kind) > 1), None)
    if twice:
        raise ValueError(f"`signals` has {twice} twice: give each signal once")
    return chosen


def whole_days(horizon: object) -> int:
    """Return the horizon in days."""
    if not isinstance(horizon, (str, timedelta)):
        raise TypeError(f"`horizon` must be a duration such as '28d' or a timedelta, got {show(horizon)}")
    length = fixed_length(horizon, argument="horizon")
    if length % ONE_DAY:
        raise ValueError(f"`horizon` must be whole days, such as '28d', got {horizon!r}")
    return length.days


def fit_at(source: Source, day: int) -> Recommender:
    """Fit everything on what was known at the end of a day."""
    fitted, earlier = source.fitted(day), source.earlier(day)
    blend = source.blend(earlier)
    baskets, weights = fit_baskets_at(source, day)
    notes = [*source.notes, *_notes(source, fitted, blend)]
    return make_recommender(
        fitted=fitted,
        blend=default_blend(fitted) if blend is None else blend,
        has_chances=blend is not None,
        baskets=baskets,
        basket_weights=default_basket_weights() if weights is None else weights,
        has_basket_chances=weights is not None,
        visits=_visits(source, day),
        products=source.products,
        customers=source.purchases.customers,
        half_life=source.half_life,
        like=source.purchases.like,
        as_of=source.purchases.until,
        horizon=source.horizon,
        calibration=None if blend is None else _calibrated(source, earlier),
        notes=tuple(notes),
    )


def fit_baskets_at(source: Source, day: int) -> tuple[BasketSignals, Logistic | None]:
    """Fit the signals of baskets at a moment, and learn their weights from the horizon before it."""
    history = source.history(day)
    now = fit_baskets(source.purchases, history, source.catalogue(history))
    earlier = source.earlier(day)[:1]
    if not earlier:
        return now, None
    history = source.history(earlier[0])
    most = replace(source, max_products=min(source.max_products, LEARNED_PRODUCTS))
    before = fit_baskets(source.purchases, history, most.catalogue(history))
    return now, learn_baskets(before, source.purchases, day) if len(before.catalogue) else None


def _visits(source: Source, day: int) -> VisitSignals | None:
    if source.views is None or day < source.today:  # an evaluation at an earlier moment has no visits
        return None
    return fit_visits(source.views, source.products.kinds, len(source.products.ids))


def _calibrated(source: Source, earlier: list[int]) -> Shown | None:
    """Return what would have been shown one horizon ago, by a blend learned like the one that is used."""
    blend = source.blend(earlier[1:])
    if blend is None:
        return None
    fitted, outcome, allowed = source.moment(earlier[0])
    return shown_at(fitted, blend, outcome, Choice(k=SHOWN_K, repeat="auto", allowed=allowed), MAX_CUSTOMERS)


def _notes(source: Source, fitted: FittedSignals, blend: Blend | None) -> list[Note]:
    notes, history = [], fitted.history
    is_launched = source.products.is_launched(history.day)
    cut = int((is_launched & ((history.buyers > 0) | source.products.is_listed)).sum()) - len(fitted.catalogue)
    if cut > 0:
        text = f"{counted(cut, 'product')} beyond the {source.max_products:,} most bought: shown to their buyers only"
        notes.append(Note(text, code="catalogue_cut", count=cut))
    later = int((~is_launched & (history.buyers > 0)).sum())
    if later:
        text = f"{counted(later, 'product')} of the orders launched later by `products`: not shown"
        notes.append(Note(text, code="launched_later", count=later))
    if blend is None:
        text = f"too little was bought in the last {counted(source.horizon, 'day')} to learn from: probability is null"
        notes.append(
            Note(
                f"{text}, lists go by fixed weights", code="short_history", count=int((fitted.history.orders > 0).sum())
            )
        )
    return notes
