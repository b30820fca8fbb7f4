"""The result of aspects: tables, sentences and pictures."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

import narwhals.stable.v2 as nw

from ..._core.checks import one_of, show
from ..._core.engines import tell_library_errors
from ..._core.frames import opened
from ..._core.notes import Note
from ..._core.results import Result
from ..._core.texts import LOCALES, Locale, counted
from .data import AspectData
from .summary import aspect_sentences
from .tables import change_table, mention_table, priority_table, quote_table, star_table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Kind = Literal["aspects", "periods"]
KINDS: tuple[Kind, ...] = ("aspects", "periods")
SHOWN_COLUMNS = (
    "product_id",
    "aspect",
    "opinions",
    "mentions",
    "mention_share",
    "called_negative_share",
    "excess_negative",
    "excess_q_value",
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Aspects(Result):
    """What reviews are about, how, and since when; made by :func:`ecommine.sentiment.aspects`.

    Attributes
    ----------
    table : eager table, one row per product and aspect that is mentioned
        - product_id (where there is one), aspect;
        - opinions: reviews with a text of the customer's; mentions: those that mention the aspect;
        - mention_share of the opinions, with mention_share_low and mention_share_high;
        - negative_mentions; called_negative_share of the mentions: as the model calls them, off by an unknown share,
          and therefore without an interval: good for comparing products and periods, not as a level;
        - low_star_share with its limits, where 200 mentions have stars: the share of the mentions in reviews of one and
          two stars, which may be for other reasons than the aspect;
        - excess_negative: negative mentions beyond the rate of the category, or of the shop where there is none, with
          the rate of the product shrunk; excess_p_value and excess_q_value of the product against the others, null
          where either has fewer than `min_reviews` opinions, or fewer than ten of all are negative;
        - reason: why shares are null ("few_reviews", "few_mentions"), else null.
    overall : eager table, one row per aspect
        The same of all products together.
    as_of : datetime or None
        The moment up to which reviews count.
    level : float
        Of the intervals.
    notes : tuple of Note
        See :func:`ecommine.sentiment.aspects`.

    Examples
    --------
    >>> import pandas as pd
    >>> from ecommine import sentiment
    >>> reviews = pd.DataFrame({"review_id": [1, 2], "text": ["Great quality, slow delivery", "The price is fine"]})
    >>> sentiment.aspects(reviews).mentions["aspect"].tolist()
    ['quality', 'delivery', 'price']
    """

    table: Any
    overall: Any
    as_of: datetime | None
    level: float
    notes: tuple[Note, ...]
    _data: AspectData

    @property
    def headline(self) -> str:
        """The first line of the display."""
        data = self._data
        products = f" of {counted(len(data.products), 'product')}" if data.has_product else ""
        until = "" if self.as_of is None else f", up to {self.as_of:%Y-%m-%d}"
        mentions = counted(len(data.mentions.clause), "mention")
        opinions = counted(len(data.opinions), "opinion")
        return f"{mentions} of {counted(len(data.names), 'aspect')} in {opinions}{products}{until}"

    @property
    def tables(self) -> Mapping[str, Any]:
        """The tables by name."""
        return {
            "aspects": self.table,
            "overall": self.overall,
            "changes": self.changes,
            "stars": self.stars,
            "mentions": self.mentions,
            "quotes": self.quotes,
        }

    def _main(self) -> Any:
        return self.table

    def _shown(self) -> nw.DataFrame[Any] | nw.LazyFrame[Any]:
        frame = opened(self.table, argument="table")
        return frame.select(*(name for name in SHOWN_COLUMNS if name in frame.collect_schema().names()))

    @property
    def mentions(self) -> Any:
        """One row per review and aspect that it mentions: polarity (positive, neutral, negative or mixed) and clause.

        With review_id, product_id and reviewed_at where they are there; telephone numbers are masked.
        """
        return mention_table(self._data)

    @property
    def changes(self) -> Any:
        """One row per aspect and period against the one before, of all products together and of each.

        scope ("all" products, matched with themselves, or "product"), product_id (null for all), aspect, period_at,
        complete (whether the period was over at `as_of`); reviews_before, reviews (opinions that are compared);
        negative_before, negative; difference of the shares that mention the aspect negatively, with its
        limits; p_value and q_value, over the whole table.
        """
        return change_table(self._data)

    @property
    def stars(self) -> Any:
        """The levels: one row per product and period with stars.

        product_id, period_at, complete, ratings, mean_rating, negative_share (one and two stars) with its limits,
        clustered by customer; shares are null below `min_reviews`. Empty where there are no stars or times.
        """
        return star_table(self._data)

    @property
    def quotes(self) -> Any:
        """Up to two clauses per product, aspect and polarity, the strongest words first, telephone numbers masked."""
        return quote_table(self._data)

    @tell_library_errors
    def priorities(self) -> Any:
        """Return where there is most to win: products and aspects with more negative mentions than their category.

        Returns
        -------
        eager table, the largest excess first
            product_id, aspect, opinions, negative_mentions, negative_rate (of the opinions), category_rate,
            excess_negative with its p-value and q-value; the clearest change from one period to the next, with
            changed_at and its change_q_value; and a quote. An excess whose excess_q_value is above 1 - level may be
            chance. Without products one row per aspect, the most negative mentions first.

        Examples
        --------
        >>> import pandas as pd
        >>> from ecommine import sentiment
        >>> reviews = pd.DataFrame({"product_id": [1, 2] * 20, "text": ["It broke, bad quality", "Good quality"] * 20})
        >>> list(sentiment.aspects(reviews).priorities().columns)[:4]
        ['product_id', 'aspect', 'opinions', 'negative_mentions']
        """
        return priority_table(self._data)

    def summary(self, *, locale: Locale = "en") -> str:
        """Return what is mentioned most, what stands out, what changed, and what to mind."""
        one_of("locale", locale, LOCALES)
        return aspect_sentences(self._data, locale)

    def plot(
        self, ax: "Axes | None" = None, *, kind: Kind = "aspects", product: Any = None, locale: Locale = "en"
    ) -> "Axes":
        """Draw how often each aspect is mentioned and how, or the share of negative opinions by period.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Where to draw; by default a new figure.
        kind : {"aspects", "periods"}
            Bars of the mentions of each aspect, or lines by period of those that are mentioned negatively most.
        product : product_id, optional
            The product; by default all of them together.
        locale : {"en", "zh"}
            The language of all text.

        Raises
        ------
        ValueError
            If no review is of the product.
        """
        from .plot import draw_aspects, draw_periods

        one_of("locale", locale, LOCALES)
        one_of("kind", kind, KINDS)
        number = None if product is None else self._number_of(product)
        draw = draw_aspects if kind == "aspects" else draw_periods
        return draw(self._data, number, ax, locale)

    def _number_of(self, product: object) -> int:
        known = {value: number for number, value in enumerate(self._data.products)} if self._data.has_product else {}
        try:
            number = known.get(product)
        except TypeError:  # a list or a table cannot be looked up
            number = None
        if number is None:
            raise ValueError(f"`product` must be a product_id of the reviews, got {show(product)}")
        return number
