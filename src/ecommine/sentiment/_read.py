"""Reading reviews: the rows in memory, and of each its title and text in one, cleaned, with its language."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import narwhals.stable.v2 as nw
import numpy as np

from .._core.arrays import Bools
from .._core.frames import Frame, collect, opened
from ..schema._for_topics import read, read_columns
from ._languages import Language, Spoken, guess_language, language_of_code
from ._text import clean_text, is_default_praise

LanguageOption = Literal["auto", "en", "zh"]
LANGUAGE_OPTIONS: tuple[LanguageOption, ...] = ("auto", "en", "zh")
TEXT_COLUMNS = ("text", "title", "language")
_ENDS = tuple(".!?。！？…~～,，;；:：")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Texts:
    """What was written in each review.

    ``text`` is the title and the text, cleaned, "" where there is neither; ``language`` what it is scored in;
    ``is_default`` whether the platform wrote it in place of a customer.
    """

    text: list[str]
    language: list[Spoken]
    is_default: Bools

    def __len__(self) -> int:
        return len(self.text)

    def rows(self, *languages: Spoken) -> "np.ndarray[Any, np.dtype[np.intp]]":
        """Return the places of the opinions in some languages: texts that are not empty and no default praise."""
        is_one = [spoken in languages and bool(text) for spoken, text in zip(self.language, self.text, strict=True)]
        return np.flatnonzero(np.array(is_one, dtype=bool) & ~self.is_default)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reviews:
    """Reviews in memory: the columns that were asked for, in the order of the rows, and the texts."""

    frame: nw.DataFrame[Any]
    texts: Texts


def read_reviews(
    reviews: object,
    *,
    required: Sequence[str] = (),
    optional: Sequence[str] = (),
    language: LanguageOption = "auto",
    argument: str = "reviews",
) -> Reviews:
    """Read reviews of any library: their texts, and the columns that are named; what is optional may be missing.

    Examples
    --------
    >>> import pandas as pd
    >>> raw = pd.DataFrame({"title": ["Great", None], "text": ["fits well", "系统默认好评"], "rating": [5, 5]})
    >>> made = read_reviews(raw, required=["rating"])
    >>> made.texts.text, made.texts.language, made.texts.is_default.tolist(), made.frame.columns
    (['Great. fits well', '系统默认好评'], ['en', 'zh'], [False, True], ['text', 'rating', 'title'])
    """
    wanted = list(dict.fromkeys(("title", "language", *optional)))
    frame = read(reviews, "reviews", ("text", *required), optional=wanted, argument=argument)
    rows = collect(frame)
    return Reviews(frame=rows.drop("language", strict=False), texts=texts_of_rows(rows, language))


def check_texts(reviews: object) -> Frame:
    """Return a table, opened, whose columns of text can be read; raise as :func:`read_reviews` where they cannot."""
    frame = opened(reviews, argument="reviews")
    read_columns(frame, "reviews", ("text",), optional=("title", "language"))
    return frame


def texts_of_rows(rows: nw.DataFrame[Any], language: LanguageOption) -> Texts:
    """Return what was written in rows that have the column text, and perhaps title and language."""
    columns = {name: rows[name].to_list() if name in rows.columns else None for name in TEXT_COLUMNS}
    return prepare_texts(columns["text"] or [], columns["title"], columns["language"], language=language)


def prepare_texts(
    text: Sequence[object],
    title: Sequence[object] | None = None,
    code: Sequence[object] | None = None,
    *,
    language: LanguageOption = "auto",
) -> Texts:
    """Clean texts, put titles before them, and find their languages: those that are given, or guessed ones."""
    texts = [clean_text(value) if isinstance(value, str) else "" for value in text]
    if title is not None:
        heads = (clean_text(value) if isinstance(value, str) else "" for value in title)
        texts = [join_title(head, body) for head, body in zip(heads, texts, strict=True)]
    return Texts(
        text=texts,
        language=_languages(texts, code, language),
        is_default=np.fromiter((is_default_praise(one) for one in texts), dtype=bool, count=len(texts)),
    )


def join_title(title: str, text: str) -> str:
    """Put a title before a text, unless the text begins with it.

    Examples
    --------
    >>> join_title("Great", "fits well"), join_title("很好", "很好，很合身"), join_title("OK?", "")
    ('Great. fits well', '很好，很合身', 'OK?')
    """
    if not title or text.startswith(title.rstrip("….")):
        return text
    if not text:
        return title
    joint = " " if title.endswith(_ENDS) else ". " if title.isascii() else "。"
    return f"{title}{joint}{text}"


def _languages(texts: list[str], codes: Sequence[object] | None, language: LanguageOption) -> list[Spoken]:
    if language != "auto":
        fixed: Language = language
        return [fixed] * len(texts)
    if codes is None:
        return [guess_language(text) for text in texts]
    return [
        language_of_code(code) if isinstance(code, str) and code else guess_language(text)
        for text, code in zip(texts, codes, strict=True)
    ]
