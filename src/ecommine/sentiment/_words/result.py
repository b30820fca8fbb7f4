"""What the results of both comparisons of words show: the clearest words, the sentences, the picture."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import narwhals.stable.v2 as nw

from ..._core.checks import one_of
from ..._core.frames import opened
from ..._core.notes import Note
from ..._core.results import Result
from ..._core.texts import LOCALES, Locale
from .comparison import Comparison

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class WordResult(Result):
    """Words that set two groups of reviews apart; ``GROUPS`` are their names in the columns."""

    GROUPS: ClassVar[tuple[str, str]] = ("target", "reference")

    table: Any
    quotes: Any
    level: float
    notes: tuple[Note, ...]
    _comparison: Comparison
    _names: tuple[str, str] | None = None

    def _shown(self) -> nw.DataFrame[Any] | nw.LazyFrame[Any]:
        first, other = self.GROUPS
        shares = f"{first}_reviews", f"{first}_share", f"{other}_share"
        return opened(self.table, argument="table").select("word", *shares, "log_odds", "q_value")

    def _group_names(self, locale: Locale) -> tuple[str, str]:
        return self._names or GROUP_NAMES[self.GROUPS][locale]

    def plot(self, ax: "Axes | None" = None, *, locale: Locale = "en") -> "Axes":
        """Draw the clearest words of either group with the intervals of their log-odds.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Where to draw; by default a new figure.
        locale : {"en", "zh"}
            The language of all text.
        """
        from .plot import draw_words

        one_of("locale", locale, LOCALES)
        return draw_words(self._comparison, self._group_names(locale), ax, locale)


GROUP_NAMES: dict[tuple[str, str], dict[Locale, tuple[str, str]]] = {
    ("target", "reference"): {
        "en": ("target reviews", "reference reviews"),
        "zh": ("目标评价", "对照评价"),
    },
    ("returned", "kept"): {
        "en": ("reviews of returned purchases", "reviews of kept purchases"),
        "zh": ("退货商品的评价", "未退货商品的评价"),
    },
}
"""Names of the two groups in sentences and pictures, by those of the columns."""
