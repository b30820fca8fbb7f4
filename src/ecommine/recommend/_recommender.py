"""The fitted recommender: one method for each place where products are shown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from narwhals.stable.v2.typing import IntoFrame

from .._core.checks import one_of
from .._core.codes import Labels
from .._core.engines import tell_library_errors
from .._core.frames import Frame, build, is_lazy, wrap
from .._core.notes import Note
from .._core.results import Result
from .._core.tables import build_table
from .._core.texts import LOCALES, Locale, counted
from ._calibration import Shown, calibration_columns
from ._learn import Blend, Logistic
from ._rank import Repeat
from ._read.products import Products
from ._result import Recommendations
from ._signals.baskets import BasketSignals
from ._signals.fitted import FittedSignals
from ._signals.visits import VisitSignals

if TYPE_CHECKING:
    from matplotlib.axes import Axes

CUSTOMER_COLUMNS = ("orders", "days since last order", "products", "pace", "days since first order")
OWN_COLUMNS = (
    "orders of it",
    "count",
    "age",
    "age over gap",
    "age over gap squared",
    "bought again",
    "share of orders",
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Parts:
    """What a recommender is made of.

    Attributes
    ----------
    fitted, blend
        Signals of customers and products, and their weights.
    baskets, basket_weights
        The same for baskets.
    visits
        Of visits; None without events.
    calibration
        Chances and what happened, None where there was too little history.
    """

    fitted: FittedSignals
    blend: Blend
    has_chances: bool
    baskets: BasketSignals
    basket_weights: Logistic
    has_basket_chances: bool
    visits: VisitSignals | None
    products: Products
    customers: Labels
    half_life: float
    calibration: Shown | None
    like: Frame


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Recommender(Result):
    """What was learned from orders; made by :func:`ecommine.recommend.fit`.

    Attributes
    ----------
    weights : eager table of the caller's library
        part ("bought before" or "new"), signal, column, coefficient: the logistic regressions whose log-odds are the
        score of a product for a customer.
    calibration : eager table, one row per tenth of the chances, one for each part, and one for all at the end
        part ("all", "bought before" or "new"), tenth (null for a whole part), recommendations, predicted, actual,
        actual_low, actual_high (95 %, customers being the units), of the ten products that would have been shown to
        each customer one horizon before `as_of`, by a blend learned before that. Without rows where the history is
        too short.
    brier : float
        Mean squared difference between these chances and what happened; NaN where it is unknown.
    as_of : datetime or None
    horizon : int
        Days.
    notes : tuple of Note
        See the codes in :mod:`ecommine.recommend`.

    Examples
    --------
    >>> import pandas as pd
    >>> from ecommine import recommend
    >>> orders = pd.DataFrame({"order_id": [1, 2, 2], "customer_id": ["ann", "bob", "bob"],
    ...                        "product_id": ["tea", "tea", "pot"], "ordered_at": pd.Timestamp("2024-03-01")})
    >>> model = recommend.fit(orders)
    >>> model.headline
    '2 customers, 2 products, signals own, together and popular, as of 2024-03-01 00:00'
    >>> model.checkout(pd.DataFrame({"order_id": [9], "product_id": ["tea"]}), k=1).table["recommended_id"].tolist()
    ['pot']
    """

    weights: Any
    calibration: Any
    brier: float
    as_of: datetime | None
    horizon: int
    notes: tuple[Note, ...]
    _parts: Parts

    @property
    def headline(self) -> str:
        """The first line of the display."""
        from .._core.texts import join_words

        fitted = self._parts.fitted
        customers = int((fitted.history.orders > 0).sum())
        names = join_words([*(["own"] if fitted.has_own else []), *fitted.names])
        day = "–" if self.as_of is None else f"{self.as_of:%Y-%m-%d %H:%M}"
        what = f"{counted(customers, 'customer')}, {counted(len(fitted.catalogue), 'product')}"
        return f"{what}, signals {names}, as of {day}"

    @property
    def tables(self) -> Mapping[str, Any]:
        """The tables by name."""
        return {"weights": self.weights, "calibration": self.calibration}

    def _sheets(self, locale: Locale) -> Mapping[str, Any]:
        """Return the tables of a workbook, in Chinese with signals and candidates in Chinese words."""
        from ._summary import in_chinese

        return self.tables if locale == "en" else {name: in_chinese(table) for name, table in self.tables.items()}

    def summary(self, *, locale: Locale = "en") -> str:
        """Return two to four sentences: what was learned, and how far its chances could be trusted."""
        from ._summary import model_sentences

        one_of("locale", locale, LOCALES)
        return model_sentences(self._parts, self.horizon, self.brier, locale)

    def plot(self, ax: "Axes | None" = None, *, locale: Locale = "en") -> "Axes":
        """Draw what happened against the chances, by tenths."""
        from ._plot import draw_calibration

        return draw_calibration(self._parts.calibration, ax, one_of("locale", locale, LOCALES))

    @tell_library_errors
    def home(
        self,
        customers: object = None,
        /,
        *,
        k: int = 10,
        repeat: Repeat = "auto",
        available: object = None,
        max_per: int | None = None,
        rank_by: Literal["probability", "margin"] = "probability",
    ) -> Recommendations:
        """Recommend products to customers, for the home page or a mail.

        Parameters
        ----------
        customers : list, column or table of ids, or table of order lines; all customers by default
            Of a table with order_id, product_id and ordered_at the orders are read, and the customers get lists by
            these in the place of what was known of them. Unknown customers get bestsellers.
        k : int
            Products of a list.
        repeat : {"auto", "exclude", "only"}
            Products bought before are ranked with the others by their chance, left out, or all there is.
        available : list, column or table of product ids, optional
            What may be shown. All else is left out before ranking, so that a list still has k products.
        max_per : int, optional
            At most so many products of one category.
        rank_by : {"probability", "margin"}
            Chance, or chance times margin; products without a known margin, and those that
            lose money, are left out then.

        Returns
        -------
        Recommendations
            One row per customer and place.
        """
        from ._placements.home import recommend_home

        return recommend_home(self, customers, k, repeat, available, max_per, rank_by)

    @tell_library_errors
    def detail(
        self,
        products: object = None,
        /,
        *,
        k: int = 5,
        kind: Literal["together", "similar"] = "together",
        available: object = None,
        max_per: int | None = None,
    ) -> Recommendations:
        """Recommend products beside a product, on its page.

        Parameters
        ----------
        products : list, column or table of ids; all products that were bought by default
        kind : {"together", "similar"}
            What goes with A in orders beyond what sells anyway, by EASE, where `probability` is the shrunk chance of B
            in an order that has A; or what is alike, by category, brand and views, without what "together" shows, and
            without a probability.
        k, available, max_per
            As in `home`.

        Returns
        -------
        Recommendations
            One row per product and place.
        """
        from ._placements.detail import recommend_detail

        return recommend_detail(self, products, k, kind, available, max_per)

    @tell_library_errors
    def visit(self, events: IntoFrame, /, *, k: int = 10, available: object = None) -> Recommendations:
        """Recommend the next product to visitors, by the products of their latest visit.

        Parameters
        ----------
        events : table of events
            visitor_id, event, occurred_at, product_id: what is viewed now. Views before `as_of` may be in it.
        k, available
            As in `home`.

        Returns
        -------
        Recommendations
            One row per visitor and place; `probability` is the chance that it is the next product viewed that the visit
            has not had, as often as products of this share and place were in the latest visits that were known; null
            where these are too few. Bestsellers, without a probability, fill lists up.
        """
        from ._placements.visit import recommend_visit

        return recommend_visit(self, events, k, available)

    @tell_library_errors
    def checkout(self, baskets: IntoFrame, /, *, k: int = 3, available: object = None) -> Recommendations:
        """Recommend products to add to a basket.

        Parameters
        ----------
        baskets : table of order lines without a date
            order_id and product_id, and customer_id where it is known.
        k, available
            As in `home`.

        Returns
        -------
        Recommendations
            One row per basket and place; `probability` is the chance that it is the one product that the basket lacks,
            as products hidden from past orders were found.
        """
        from ._placements.checkout import recommend_checkout

        return recommend_checkout(self, baskets, k, available)

    @tell_library_errors
    def top_up(
        self,
        baskets: IntoFrame,
        threshold: float,
        /,
        *,
        k: int = 3,
        repeating: bool = False,
        eligible: object = None,
        max_over: float | None = None,
        available: object = None,
    ) -> Recommendations:
        """Recommend a product with which a basket reaches a threshold, such as free delivery.

        Parameters
        ----------
        baskets : table of order lines without a date
            order_id, product_id, and amount or quantity and unit_price (and discount); lines without these have the
            price of the model, and where it knows none they are counted in a note.
        threshold : float
            Money of the lines after discounts.
        repeating : bool
            Whether the threshold is "each 300" rather than "from 300 on".
        eligible : list, column or table of product ids, optional
            Products that count for the threshold; all by default.
        max_over : float, optional
            Largest money by which the threshold may be passed.
        k, available
            As in `home`.

        Returns
        -------
        Recommendations
            One row per basket and place, by chance and not by price; gap (money that is missing), quantity (above one
            only where that is usual for the product), price (of one), over (money above the threshold). A basket that
            has reached it has no row.
        """
        from ._placements.checkout import recommend_top_up

        return recommend_top_up(self, baskets, threshold, k, repeating, eligible, max_over, available)


def make_recommender(
    *,
    fitted: FittedSignals,
    blend: Blend,
    has_chances: bool,
    baskets: BasketSignals,
    basket_weights: Logistic,
    has_basket_chances: bool,
    visits: VisitSignals | None,
    products: Products,
    customers: Labels,
    half_life: float,
    calibration: Shown | None,
    like: Frame,
    as_of: datetime | None,
    horizon: int,
    notes: tuple[Note, ...],
) -> Recommender:
    """Build the tables of a recommender."""
    like = _empty(like)
    parts = Parts(
        fitted=fitted, blend=blend, has_chances=has_chances, baskets=baskets, basket_weights=basket_weights,
        has_basket_chances=has_basket_chances, visits=visits, products=products, customers=customers,
        half_life=half_life,
        calibration=calibration, like=like,
    )  # fmt: skip
    brier = float("nan") if calibration is None else float(np.mean((calibration.chance - calibration.happened) ** 2))
    return Recommender(
        weights=build_table(_weights(fitted, blend), like=like),
        calibration=build_table(calibration_columns(calibration), like=like, samples={"part": "", "tenth": 1}),
        brier=brier, as_of=as_of, horizon=horizon, notes=notes, _parts=parts,
    )  # fmt: skip


def _empty(like: Frame) -> Frame:
    """Return a table of the caller's library and column types without rows: a model holds no orders."""
    if not is_lazy(like):
        return wrap(like.head(0).to_native())
    return build({"customer_id": np.zeros(0)}, like=like)


def _weights(fitted: FittedSignals, blend: Blend) -> dict[str, Any]:
    own = [("own", name) for name in OWN_COLUMNS] if fitted.has_own else []
    shared = [*((name, name) for name in fitted.names), *(("base", name) for name in CUSTOMER_COLUMNS)]
    rows: list[tuple[str, str, str, float]] = []
    for part, names, model in (("bought before", [*own, *shared], blend.bought), ("new", shared, blend.new)):
        rows.append((part, "base", "intercept", model.intercept))
        rows += [(part, *name, float(value)) for name, value in zip(names, model.coefficients, strict=True)]
    columns = ("part", "signal", "column", "coefficient")
    listed: Sequence[Sequence[Any]] = list(zip(*rows, strict=True))
    return {name: list(values) for name, values in zip(columns, listed, strict=True)}
