"""The sentiment of each review, added to the caller's table."""

from narwhals.stable.v2.typing import IntoFrameT

from .._core.checks import instance
from .._core.engines import tell_library_errors
from ._apply import score_table
from ._model import SentimentModel
from ._read import LanguageOption


@tell_library_errors
def score(
    reviews: IntoFrameT,
    /,
    *,
    model: SentimentModel | None = None,
    language: LanguageOption = "auto",
) -> IntoFrameT:
    """Score each review from negative to positive, in English and Chinese, offline.

    Parameters
    ----------
    reviews : table of reviews
        Any library's table with ``text``; ``title`` is read before it, and ``language`` where it is there.
    model : SentimentModel, optional
        What :func:`ecommine.sentiment.fit` learned from the shop's own stars; the built-in models by default.
    language : {"auto", "en", "zh"}
        The language of all reviews; by default that of the column ``language``, and where it has none, a guess.

    Returns
    -------
    table of the same library, lazy where it was lazy
        All rows in their order and all columns, and:

        - ``sentiment``: 2p - 1, from -1 to 1; null where the label is default_praise or unknown,
        - ``positive_probability``: p, the probability that such a review has 4 or 5 stars rather than 1 or 2,
        - ``sentiment_label``: positive, negative, neutral (no opinion), mixed (good and bad parts), default_praise
          (written by the platform: 系统默认好评), unknown (no text, or in another language),
        - ``language``: the code that the table gave, else en, zh, any (an emoji, "OK") or other; null without a text.

    Raises
    ------
    ecommine.SchemaError
        If ``text`` is missing or a column is of the wrong type.
    TypeError
        If `model` is no model.
    FileNotFoundError
        If there is no model, and the weights of the built-in one are not in the copy that is used.

    Warns
    -----
    ecommine.DataWarning
        With a note of code ``unknown_language``, where reviews of a table in memory are in other languages.

    See Also
    --------
    ecommine.sentiment.fit : learn from the shop's own stars.

    Notes
    -----
    The score of a text never depends on other rows. The built-in models assume that as many reviews are good as bad,
    so that in a shop with nine good ones of ten they call too many negative: take levels from stars, and shares from
    text as ``called_negative_share``, or fit.

    A model adds up TF-IDF weights: of characters and pairs of them in Chinese, of words and pairs of them in English,
    with negated words as words of their own and the valence of VADER's lexicon (Hutto and Gilbert 2014). What follows
    a word of contrast counts more. The merchant's reply, markup and links are cut.

    A review with words of praise and of complaint is mixed where the whole does not lean far to one side. To count good
    and bad reviews, compare ``positive_probability`` with 1/2: mixed and neutral ones have a side too.

    References
    ----------
    Hutto, C. J. and Gilbert, E. (2014). VADER: A parsimonious rule-based model for sentiment analysis of social media
    text. ICWSM.

    Examples
    --------
    >>> import pandas as pd
    >>> from ecommine import sentiment
    >>> reviews = pd.DataFrame({"text": ["Not bad at all, I love it", "质量太差，用两天就坏了", "系统默认好评"]})
    >>> sentiment.score(reviews)[["sentiment_label", "language"]]
      sentiment_label language
    0        positive       en
    1        negative       zh
    2  default_praise       zh
    """
    if model is not None:
        instance("model", model, SentimentModel)
    return score_table(reviews, model, language)
