"""The Net Promoter Score of answers from 0 to 10, with its interval."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd

from .._core.arrays import Floats
from .._core.checks import confidence_level, one_of, several, show
from .._core.notes import Note
from .._core.results import Result
from .._core.tables import build_table
from .._core.texts import LOCALES, Locale, counted, join_sentences, percent
from .._stats.intervals import normal_quantile
from ._columns import count_notes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PROMOTER, PASSIVE = 9, 7
"""Least answers of a promoter and of a passive."""
HIGHEST_STARS = 5
"""No answer above it: they may be stars."""
PRIOR = {"promoters": 0.75, "passives": 1.5, "detractors": 0.75}
"""Answers that the adjusted Wald interval adds (Rocks 2016)."""
MIN_WIDTH = 20.0
"""Points between the limits from which on an answer decides little."""
_TEXTS: dict[Locale, dict[str, str]] = {
    "en": {
        "score": "The Net Promoter Score is {nps:.1f}, between {low:.1f} and {high:.1f} ({level} interval), from {n}.",
        "parts": "{promoters} promoters (9-10), {passives} passives (7-8), {detractors} detractors (0-6).",
        "wide": "The interval spans {width:.0f} points: a difference smaller than that may be chance.",
        "none": "There is no answer, so that no score is known.",
        "stars": "No answer is above 5: stars of reviews are no answers from 0 to 10, and the score below means "
        "nothing for them.",
    },
    "zh": {
        "score": "净推荐值（NPS）为{nps:.1f}，{level}区间为{low:.1f}至{high:.1f}，基于{n:,}份回答。",
        "parts": "推荐者（9-10分）占{promoters}，中立者（7-8分）占{passives}，贬损者（0-6分）占{detractors}。",
        "wide": "区间宽达{width:.0f}点：小于它的差异可能只是偶然。",
        "none": "没有任何回答，无法得出净推荐值。",
        "stars": "没有回答高于5分：评价的星级不是0至10分的回答，以下得分对星级没有意义。",
    },
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class NPS(Result):
    """A Net Promoter Score; made by :func:`ecommine.sentiment.nps`.

    Attributes
    ----------
    table : pandas.DataFrame, one row per group
        group (promoters, passives, detractors), answers, share.
    nps, nps_low, nps_high : float
        Points from -100 to 100, and the limits of the interval; NaN without an answer.
    answers : int
        Answers that count.
    level : float
        Of the interval.
    notes : tuple of Note
        Codes: ``missing_scores``; ``like_stars`` (no answer is above 5), with the answers.

    Examples
    --------
    >>> from ecommine import sentiment
    >>> sentiment.nps([10, 9, 8, 3]).table
            group  answers  share
    0   promoters        2   0.50
    1    passives        1   0.25
    2  detractors        1   0.25
    """

    table: pd.DataFrame
    nps: float
    nps_low: float
    nps_high: float
    answers: int
    level: float
    notes: tuple[Note, ...]

    @property
    def headline(self) -> str:
        """The first line of the display."""
        if not self.answers:
            return "no answers"
        limits = f"{self.nps_low:.1f} to {self.nps_high:.1f}"
        return f"{self.nps:.1f} ({percent(self.level)} interval {limits}) from {counted(self.answers, 'answer')}"

    @property
    def tables(self) -> Mapping[str, Any]:
        """The tables by name."""
        return {"groups": self.table}

    def summary(self, *, locale: Locale = "en") -> str:
        """Return the score, who stands behind it, and what to mind; first of all where the answers look like stars."""
        one_of("locale", locale, LOCALES)
        texts = _TEXTS[locale]
        if not self.answers:
            return texts["none"]
        n = counted(self.answers, "answer") if locale == "en" else self.answers
        score = texts["score"].format(
            nps=self.nps, low=self.nps_low, high=self.nps_high, level=percent(self.level), n=n
        )
        shares = {name: percent(share) for name, share in zip(self.table["group"], self.table["share"], strict=True)}
        width = self.nps_high - self.nps_low
        wide = [texts["wide"].format(width=width)] if width >= MIN_WIDTH else []
        stars = [texts["stars"]] if "like_stars" in {note.code for note in self.notes} else []
        return join_sentences([*stars, score, texts["parts"].format(**shares), *wide], locale=locale)

    def plot(self, ax: "Axes | None" = None, *, locale: Locale = "en") -> "Axes":
        """Draw the shares of detractors, passives and promoters as one bar, with the score in the title.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Where to draw; by default a new figure.
        locale : {"en", "zh"}
            The language of all text.
        """
        from ._plot import draw_nps

        one_of("locale", locale, LOCALES)
        return draw_nps(self, ax, locale)


def nps(scores: Sequence[float] | Any, /, *, level: float = 0.95) -> NPS:
    r"""Compute the Net Promoter Score of answers to "How likely are you to recommend us?" from 0 to 10.

    Stars of reviews are no such answers.

    Parameters
    ----------
    scores : list, array or column of any library
        Whole numbers from 0 to 10, one per customer; missing ones are left out.
    level : float, default 0.95
        Level of the interval.

    Returns
    -------
    NPS
        ``.nps``, ``.nps_low``, ``.nps_high``, and ``.table`` with the three groups.

    Raises
    ------
    TypeError, ValueError
        If `scores` is no list of whole numbers from 0 to 10.

    Notes
    -----
    With the shares p of promoters (9, 10) and d of detractors (0 to 6) the score is :math:`100 (p - d)`. Its interval
    is the adjusted Wald interval that Rocks (2016) found to keep its level best: with 3/4 of an answer more from
    promoters, 3/2 from passives and 3/4 from detractors,

    .. math:: p' - d' \pm z \sqrt{\frac{p' + d' - (p' - d')^2}{n + 3}}

    within [-100, 100], and widened to the score where a few answers leave it outside.

    References
    ----------
    Reichheld, F. F. (2003). The one number you need to grow. Harvard Business Review 81(12), 46-54.

    Rocks, B. (2016). Interval estimation for the "Net Promoter Score". The American Statistician 70(4), 365-372.
    https://arxiv.org/abs/1601.07235

    Examples
    --------
    >>> from ecommine import sentiment
    >>> print(sentiment.nps([10] * 20 + [8] * 10 + [3] * 10).headline)
    25.0 (95% interval -1.4 to 47.9) from 40 answers
    """
    level = confidence_level(level)
    values = _score_array(scores)
    known = values[~np.isnan(values)]
    counts = {
        "promoters": int((known >= PROMOTER).sum()),
        "passives": int(((known >= PASSIVE) & (known < PROMOTER)).sum()),
        "detractors": int((known < PASSIVE).sum()),
    }
    n = len(known)
    estimate, low, high = net_promoter_interval(counts["promoters"], counts["detractors"], n, level)
    columns = {
        "group": list(counts),
        "answers": list(counts.values()),
        "share": np.array([*counts.values()]) / max(n, 1),
    }
    return NPS(
        table=build_table(columns, like=nw.from_native(pd.DataFrame())),
        nps=estimate,
        nps_low=low,
        nps_high=high,
        answers=n,
        level=level,
        notes=tuple(_notes(values, known)),
    )


def net_promoter_interval(promoters: int, detractors: int, n: int, level: float) -> tuple[float, float, float]:
    """Return the score and its limits, in points; NaN without an answer.

    Examples
    --------
    >>> [round(value, 1) for value in net_promoter_interval(10, 0, 10, 0.95)]
    [100.0, 47.5, 100.0]
    """
    if not n:
        return (float("nan"),) * 3
    estimate, total = (promoters - detractors) / n, n + sum(PRIOR.values())
    up, down = (promoters + PRIOR["promoters"]) / total, (detractors + PRIOR["detractors"]) / total
    half = normal_quantile(level) * float(np.sqrt((up + down - (up - down) ** 2) / total))
    low, high = min(up - down - half, estimate), max(up - down + half, estimate)
    return 100 * estimate, 100 * max(low, -1.0), 100 * min(high, 1.0)


def _score_array(scores: object) -> Floats:
    """Return the answers as floats, NaN where missing.

    Raises
    ------
    TypeError, ValueError
        If one is no whole number from 0 to 10.
    """
    column = nw.from_native(scores, allow_series=True, pass_through=True)
    members = (
        column.to_list() if isinstance(column, nw.Series) else several("scores", scores, of="numbers from 0 to 10")
    )
    return np.array([_score(value) for value in members], dtype=np.float64)


def _score(value: Any) -> float:
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return float("nan")
    if isinstance(value, (bool, np.bool_, str, bytes)) or not hasattr(value, "__float__"):
        raise TypeError(f"`scores` must be whole numbers from 0 to 10, got {show(value)}")
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        raise TypeError(f"`scores` must be whole numbers from 0 to 10, got {show(value)}") from None
    if number == number and (number % 1 or not 0 <= number <= 10):
        raise ValueError(f"`scores` must be whole numbers from 0 to 10, got {show(value)}")
    return number


def _notes(values: Floats, known: Floats) -> list[Note]:
    notes = count_notes(("missing_scores", len(values) - len(known), "missing score", "left out"))
    if len(known) and known.max() <= HIGHEST_STARS:
        text = (
            f"no score of {counted(len(known), 'answer')} is above {HIGHEST_STARS}: stars of reviews are no answers "
            "from 0 to 10, and give no Net Promoter Score"
        )
        notes.append(Note(text, code="like_stars", count=len(known)))
    return notes
