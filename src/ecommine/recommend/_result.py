"""Recommendations: a table with a rank, a chance and a reason for each product."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from os import PathLike
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw
import numpy as np

from .._core.arrays import Floats, Ints
from .._core.checks import one_of
from .._core.codes import Labels
from .._core.engines import tell_library_errors
from .._core.frames import Frame, opened
from .._core.notes import Note
from .._core.results import Result
from .._core.tables import build_table, product_names, product_text
from .._core.texts import LOCALES, Locale, counted
from ._reasons import Reasons, spokesmen_columns

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PLACEMENTS = ("home", "detail", "visit", "checkout", "top_up")
KEYS = {
    "home": "customer_id",
    "detail": "product_id",
    "visit": "visitor_id",
    "checkout": "order_id",
    "top_up": "order_id",
}
NOUNS = {"home": "customer", "detail": "product", "visit": "visitor", "checkout": "basket", "top_up": "basket"}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rows:
    """The columns of the table as arrays, in its order.

    ``extra`` are further columns of a placement.
    """

    key: Labels
    rank: Ints
    product: Labels
    probability: Floats
    source: list[str]
    margin: Floats
    extra: dict[str, Any]
    texts: list[str]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Recommendations(Result):
    """Lists of products with chances and reasons; made by the methods of :class:`ecommine.recommend.Recommender`.

    Attributes
    ----------
    table : eager table of the caller's library, one row per place of a list
        customer_id, product_id, visitor_id or order_id: whom or what the list is for; rank (from 1); recommended_id;
        probability (null where unknown); source (the signal that speaks most for it, "base" where none does, "popular"
        for what fills a list up); because (the share of each signal of at least 5 %, and own products that speak for
        it); margin (probability times price less unit cost, null where unknown). `top_up` adds gap, quantity, price
        and over.
    placement : str
        "home", "detail", "visit", "checkout" or "top_up".
    asked : int
        Customers, products, visitors or baskets that were asked for; those without a list are counted in a note.
    as_of : datetime or None
        Of the model.
    notes : tuple of Note
        See the codes in :mod:`ecommine.recommend`.

    Examples
    --------
    >>> import pandas as pd
    >>> from ecommine import recommend
    >>> orders = pd.DataFrame({"order_id": [1, 1, 2], "customer_id": ["ann", "ann", "bob"],
    ...                        "product_id": ["tea", "pot", "tea"], "ordered_at": pd.Timestamp("2024-03-01")})
    >>> recommend.fit(orders).home(["bob"], k=1).headline
    'home, 1 list for 1 customer, as of 2024-03-01 00:00'
    """

    table: Any
    placement: str
    asked: int
    as_of: datetime | None
    notes: tuple[Note, ...]
    _rows: Rows
    _reasons: Reasons | None
    _like: Frame

    @property
    def headline(self) -> str:
        """The first line of the display."""
        lists = len(np.unique(self._rows.key.astype(str))) if len(self._rows.key) else 0
        day = "–" if self.as_of is None else f"{self.as_of:%Y-%m-%d %H:%M}"
        asked = counted(self.asked, NOUNS[self.placement])
        return f"{self.placement.replace('_', '-')}, {counted(lists, 'list')} for {asked}, as of {day}"

    @property
    def tables(self) -> Mapping[str, Any]:
        """The tables by name."""
        return {"recommendations": self.table, "reasons": self.reasons}

    @property
    def reasons(self) -> Any:
        """What each signal adds to the score: a row per recommendation and signal.

        The key of the list, recommended_id, signal, contribution (in log-odds; those of a recommendation add up to
        the log-odds of its probability, "base" is what the customer alone has), share (of all that speaks for it), and
        because_id, the own product that speaks most for it. Without rows where the placement has no such sum.
        """
        key, rows = KEYS[self.placement], self._rows
        keys = {key: rows.key, "recommended_id": rows.product}
        if self._reasons is None:
            nothing = np.zeros(0)
            columns: dict[str, Any] = {name: values[:0] for name, values in keys.items()}
            columns |= {"signal": [], "contribution": nothing, "share": nothing, "because_id": rows.product[:0]}
        else:
            columns = spokesmen_columns(self._reasons, keys, tuple(keys))
        sample = rows.product[0] if len(rows.product) else ""
        return build_table(columns, like=self._like, samples={"because_id": sample})

    def to_flat(self, *, names: object = None) -> Any:
        """Return the table with products as text, and reasons in the names of products: for CSV files and mails.

        Parameters
        ----------
        names : table of products, mapping of id to name, or None
            A table with product_id and title; a product without a name keeps its id.
        """
        titles = product_names(names)
        columns = {"recommended_id": [product_text(one, titles) for one in self._rows.product.tolist()]}
        if self.placement == "detail":
            columns["product_id"] = [product_text(one, titles) for one in self._rows.key.tolist()]
        frame = opened(self.table, argument="table")
        assert isinstance(frame, nw.DataFrame)
        columns["because"] = self._because(titles)
        made = nw.from_native(build_table(columns, like=frame.drop(*columns)), eager_only=True)
        return frame.with_columns(made[name].alias(name) for name in columns).select(frame.columns).to_native()

    @tell_library_errors
    def to_excel(self, path: str | PathLike[str], *, names: object = None, locale: Locale = "en") -> None:
        """Write a workbook: what the result says, its notes, and a sheet per table, with names in the reasons too.

        Parameters
        ----------
        path : str or path
            The file, which is replaced where it is there.
        names : table of products, mapping of id to name, or None
            A table with product_id and title: products are written by their names, one without a name by its id.
        locale : {"en", "zh"}
            The language of the sentences, and with "zh" of headings, signals and reasons too.
        """
        because = {"because": self._because(product_names(names))}
        frame = opened(self.table, argument="table")
        assert isinstance(frame, nw.DataFrame)
        made = nw.from_native(build_table(because, like=frame.drop("because")), eager_only=True)
        shown = frame.with_columns(made["because"]).select(frame.columns).to_native()
        Result.to_excel(replace(self, table=shown), path, names=names, locale=locale)

    def _sheets(self, locale: Locale) -> Mapping[str, Any]:
        """Return the tables of a workbook, in Chinese with signals and money in Chinese words."""
        from ._summary import in_chinese

        return self.tables if locale == "en" else {name: in_chinese(table) for name, table in self.tables.items()}

    def summary(self, *, locale: Locale = "en") -> str:
        """Return two to four sentences: how many lists, what they are made of, and what the chances mean."""
        from ._summary import list_sentences

        return list_sentences(self._rows, self.placement, self.asked, one_of("locale", locale, LOCALES))

    def plot(self, ax: "Axes | None" = None, *, locale: Locale = "en") -> "Axes":
        """Draw how often each signal is the source of a recommendation, by place of the list."""
        from ._plot import draw_sources

        return draw_sources(self._rows.rank, self._rows.source, ax, one_of("locale", locale, LOCALES))

    def _because(self, titles: Mapping[Any, str]) -> list[str]:
        return self._rows.texts if self._reasons is None else self._reasons.texts(titles)

    def _main(self) -> Any:
        return self.table


def make_recommendations(
    rows: Rows,
    placement: str,
    asked: int,
    as_of: datetime | None,
    notes: tuple[Note, ...],
    reasons: Reasons | None,
    like: Frame,
) -> Recommendations:
    """Build the table of a placement."""
    if reasons is not None:
        rows = replace(rows, texts=reasons.texts({}))
    columns = {
        KEYS[placement]: rows.key,
        "rank": rows.rank,
        "recommended_id": rows.product,
        "probability": rows.probability,
        "source": rows.source,
        "because": rows.texts,
        "margin": rows.margin,
        **rows.extra,
    }
    keys = {KEYS[placement]: rows.key, "recommended_id": rows.product}
    samples = {name: values[0] if len(values) else "" for name, values in keys.items()}
    table = build_table(columns, like=like, samples=samples)
    return Recommendations(
        table=table, placement=placement, asked=asked, as_of=as_of, notes=notes, _rows=rows,
        _reasons=reasons, _like=like,
    )  # fmt: skip
