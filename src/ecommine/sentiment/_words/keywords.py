"""Keywords: the words that set one group of reviews apart from another, product by product."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np

from ..._core.checks import one_of, several, show, text
from ..._core.engines import tell_library_errors
from ..._core.notes import Note
from ..._core.texts import LOCALES, Locale, counted
from ...schema._for_topics import common_type
from .._columns import id_values, joint_codes, product_notes, text_notes
from .._read import Reviews, read_reviews
from .comparison import Correction, WordOptions, compare_words
from .counting import Opinions
from .result import WordResult
from .summary import keyword_sentences

IDS = ("review_id", "product_id", "customer_id")


class Keywords(WordResult):
    """Words that set two groups of reviews apart; made by :func:`ecommine.sentiment.keywords`.

    Attributes
    ----------
    table : eager table, one row per word; those of the target first, the clearest first
        word ("not good" and 不好 are words of their own); target_reviews, target_share, reference_reviews,
        reference_share: reviews with the word, those of one customer counted once; log_odds with log_odds_low and
        log_odds_high: of the target against the reference, within products, with a prior of 20 reviews; p_value,
        q_value.
    quotes : eager table
        word, group, quote, and review_id where there is one: up to three clauses for each word with a q_value of at
        most 1 - level, telephone numbers masked.
    level : float
        Of the intervals.
    notes : tuple of Note
        See :func:`ecommine.sentiment.keywords`.

    Examples
    --------
    >>> import pandas as pd
    >>> from ecommine import sentiment
    >>> made = [f"Review {i}: it {'shrank' if i % 4 < 2 else 'fits'}" for i in range(40)]
    >>> reviews = pd.DataFrame({"review_id": range(40), "product_id": 1, "text": made})
    >>> low = reviews["review_id"] % 2 == 0
    >>> print(sentiment.keywords(reviews[low], reviews[~low], min_reviews=10).headline)
    3 words in 20 target reviews and 20 reference reviews, 0 of them beyond chance
    """

    __slots__ = ()

    @property
    def headline(self) -> str:
        """The first line of the display."""
        words, n = self._comparison, len(self._comparison.words)
        typical = len(words.typical(of_target=True)) + len(words.typical(of_target=False))
        first, other = self._group_names("en")
        groups = f"{words.n_target:,} {first} and {words.n_reference:,} {other}"
        return f"{counted(n, 'word')} in {groups}, {typical:,} of them beyond chance"

    @property
    def tables(self) -> Mapping[str, Any]:
        """The tables by name."""
        return {"keywords": self.table, "quotes": self.quotes}

    def summary(self, *, locale: Locale = "en") -> str:
        """Return the words that set the two groups apart beyond chance."""
        one_of("locale", locale, LOCALES)
        return keyword_sentences(self._comparison, self._group_names(locale), locale)


@tell_library_errors
def keywords(
    target: object,
    reference: object,
    /,
    *,
    match: Literal["product_id"] | None = "product_id",
    names: Sequence[str] | None = None,
    min_reviews: int = 20,
    level: float = 0.95,
    correction: Correction | None = "bh",
) -> Keywords:
    """Find the words that reviews of the target use more, or less, than those of the reference.

    Such as reviews of one and two stars against those of five, or of this month against those before. A word counts
    once per review, customer and text: who repeats it, and copies of a text, do not make it frequent. Groups are
    compared within each product, so that a product with more reviews in one of them brings no words by itself.

    Parameters
    ----------
    target, reference : tables
        Canonical reviews of one library, with text; product_id, customer_id, review_id, title and language where there
        are such.
    match : {"product_id"} or None
        Within what the groups are compared. Where a table has no product_id, the whole shop is one.
    names : two texts, optional
        What sentences and pictures call the groups, such as ``("bad reviews", "good reviews")``; columns stay.
    min_reviews : int, default 20
        Words that fewer customers of both groups together use are not compared.
    level : float, default 0.95
        Level of the intervals; words are called typical up to a q_value of 1 - level.
    correction : {"bh", "holm", "bonferroni"} or None
        For many tests, over all words.

    Returns
    -------
    Keywords
        ``.table`` of words, ``.quotes``.

    Raises
    ------
    SchemaError
        If a table has no text.
    ModuleNotFoundError
        If there are Chinese reviews and rjieba is not installed (``pip install 'ecommine[zh]'``).

    Notes
    -----
    Of several reviews of a customer about a product, and of several copies of a text about it (15 letters or more), one
    counts, whichever group it is of; for customers who write about several products, errors and p-values have a design
    effect. The log-odds are those of Mantel and Haenszel over products, with the variance of Robins, Breslow and
    Greenland, and the p-values those of the test of Cochran, Mantel and Haenszel. A prior of 20 reviews, in which the
    word is as frequent in both groups, keeps rare words near zero (Monroe, Colaresi and Quinn 2008); it is in the
    log-odds and not in the test. Where fewer than five reviews are expected, the p-value is that of a binomial
    distribution, which is not smaller than the exact one (Hoeffding 1956).

    Codes of notes: ``default_praise`` and ``other_languages`` (reviews left out), ``no_product_id`` (no count),
    ``reviews_without_product``, ``copies_left_out``, ``repeats_left_out``, ``unmatched_reviews``, ``rare_words``.

    References
    ----------
    Monroe, B. L., Colaresi, M. P. and Quinn, K. M. (2008). Fightin' words: lexical feature selection and evaluation for
    identifying the content of political conflict. Political Analysis 16(4), 372-403.
    https://doi.org/10.1093/pan/mpn018

    Mantel, N. and Haenszel, W. (1959). Statistical aspects of the analysis of data from retrospective studies of
    disease. Journal of the National Cancer Institute 22(4), 719-748. https://doi.org/10.1093/jnci/22.4.719

    Examples
    --------
    >>> import pandas as pd
    >>> from ecommine import sentiment
    >>> texts = ["Too small for me", "Colour is too bright"] * 15 + ["Lovely colour", "Lovely shape"] * 15
    >>> reviews = pd.DataFrame({"product_id": 7, "text": [f"{text}, {i}" for i, text in enumerate(texts)],
    ...                         "rating": [1] * 30 + [5] * 30})
    >>> found = sentiment.keywords(reviews[reviews["rating"] <= 2], reviews[reviews["rating"] >= 4], min_reviews=15)
    >>> found.table[["word", "target_reviews", "reference_reviews"]]
             word  target_reviews  reference_reviews
    0  too bright              15                  0
    1   too small              15                  0
    2      lovely               0                 30
    3       shape               0                 15
    4      colour              15                 15
    """
    one_of("match", match, ("product_id", None))
    options = WordOptions.of(min_reviews, level, correction)
    group_names = None if names is None else _check_names(names)
    groups = [
        read_reviews(table, optional=IDS, argument=name)
        for table, name in zip((target, reference), Keywords.GROUPS, strict=True)
    ]
    opinions, notes = _opinions(groups, match)
    found, _ = compare_words(opinions, options)
    ids = [value for group in groups for value in id_values(group.frame, "review_id")]
    has_ids = any("review_id" in group.frame.columns for group in groups)
    like = groups[0].frame
    return Keywords(
        table=found.table(Keywords.GROUPS, like),
        quotes=found.quotes(Keywords.GROUPS, ids if has_ids else [], like),
        level=options.level,
        notes=(*notes, *found.notes),
        _comparison=found,
        _names=group_names,
    )


def _check_names(names: object) -> tuple[str, str]:
    members = [text("names", one, example="'bad reviews'") for one in several("names", names, of="two texts")]
    if len(members) != 2:
        raise ValueError(f"`names` must be two texts, one per group, got {show(names)}")
    return members[0], members[1]


def _opinions(groups: list[Reviews], match: str | None) -> tuple[Opinions, list[Note]]:
    """Join two tables of reviews: those with a text that is an opinion, by product."""
    frames = [group.frame for group in groups]
    codes = {}
    for name in ("product_id", "customer_id"):
        has = all(name in frame.columns for frame in frames)
        dtype = common_type(frames[0], frames[1], name, argument="reference", like="target") if has else None
        codes[name] = np.concatenate(joint_codes(*(id_values(frame, name, dtype) for frame in frames)))
    has_product = all("product_id" in frame.columns for frame in frames)
    if match is None or not has_product:
        codes["product_id"] = np.zeros(len(codes["product_id"]), dtype=np.int64)
    texts = [one for group in groups for one in group.texts.text]
    language = [one for group in groups for one in group.texts.language]
    sizes = [len(group.texts) for group in groups]
    rows = np.concatenate(
        [group.texts.rows("en", "zh", "any") + offset for group, offset in zip(groups, (0, sizes[0]), strict=True)]
    )
    is_known = codes["product_id"][rows] >= 0
    notes = product_notes(int((~is_known).sum()), has_product=has_product or match is None)
    rows = rows[is_known]
    opinions = Opinions.of(
        [texts[i] for i in rows],
        [language[i] for i in rows],
        rows,
        rows < sizes[0],
        codes["product_id"][rows],
        codes["customer_id"][rows],
    )
    return opinions, [*text_notes(*(group.texts for group in groups)), *notes]
