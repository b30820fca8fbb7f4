"""Columns of reviews as lists and arrays, and the notes of what they leave out."""

from collections.abc import Sequence
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from .._core.arrays import Bools, Floats, Ints, Times
from .._core.moments import column_to_microseconds
from .._core.notes import Note
from .._core.texts import counted
from ._read import Texts

NO_TIME = np.iinfo(np.int64).min
"""A time that is missing, as NumPy's NaT."""
DEFAULT_PRAISE = "that the platform wrote (default praise) left out"


def joint_codes(*columns: Sequence[Any]) -> list[Ints]:
    """Return ids of several columns as whole numbers in the order of the ids, -1 where missing.

    Examples
    --------
    >>> [codes.tolist() for codes in joint_codes(["b", None], ["a", "b"])]
    [[1, -1], [0, 1]]
    """
    known = {value for column in columns for value in column if value is not None}
    number = {value: i for i, value in enumerate(sorted(known, key=lambda value: (str(type(value)), value)))}
    return [np.array([number.get(value, -1) for value in column], dtype=np.int64) for column in columns]


def id_values(frame: nw.DataFrame[Any], name: str, dtype: Any = None) -> list[Any]:
    """Return the ids of a column as a list, of a type if one is given; all missing where there is no such column."""
    if name not in frame.columns:
        return [None] * len(frame)
    column = frame[name]
    values = column if dtype is None or column.dtype == dtype else column.cast(dtype)
    is_missing = values.is_null().to_list()
    return [None if missing else value for value, missing in zip(values.to_list(), is_missing, strict=True)]


def ratings_of(frame: nw.DataFrame[Any]) -> Floats:
    """Return the stars, NaN where they are missing or not from 1 to 5."""
    values = float_values(frame, "rating")
    return np.where((values >= 1) & (values <= 5), values, np.nan)


def count_notes(*rows: tuple[str, int, str, str]) -> list[Note]:
    """Return a note for each code, count, noun and what is said of it, where the count is above 0.

    Examples
    --------
    >>> [str(note) for note in count_notes(("no_text", 2, "review", "without a text"), ("other", 0, "row", "left out"))]
    ['2 reviews without a text']
    """
    return [
        Note(f"{counted(count, noun)} {words}", code=code, count=count) for code, count, noun, words in rows if count
    ]


def row_notes(frame: nw.DataFrame[Any]) -> list[Note]:
    """Return notes of ratings that are no stars, and of rows that repeat a review_id."""
    n_odd = int((~np.isnan(float_values(frame, "rating")) & np.isnan(ratings_of(frame))).sum())
    return count_notes(
        ("ratings_out_of_range", n_odd, "rating", "outside 1 to 5 stars taken as missing"),
        ("repeated_review_ids", int(repeated_ids(frame).sum()), "row", "with the review_id of another row left out"),
    )


def repeated_ids(frame: nw.DataFrame[Any]) -> Bools:
    """Return which rows have the review_id of a row before."""
    if "review_id" not in frame.columns:
        return np.zeros(len(frame), dtype=bool)
    (codes,) = joint_codes(id_values(frame, "review_id"))
    _, first = np.unique(codes, return_index=True)
    is_repeat = codes >= 0
    is_repeat[first] = False
    return np.asarray(is_repeat)


def float_values(frame: nw.DataFrame[Any], name: str) -> Floats:
    """Return a column of numbers as floats, NaN where one is missing, or there is no such column."""
    if name not in frame.columns:
        return np.full(len(frame), np.nan)
    return np.asarray(frame[name].cast(nw.Float64).to_numpy(), dtype=np.float64)


def times_of(frame: nw.DataFrame[Any], name: str) -> Times:
    """Return the times of a column in microseconds, the least of all where one is missing."""
    return column_to_microseconds(frame[name]) if name in frame.columns else np.full(len(frame), NO_TIME)


def product_notes(n_without: int, *, has_product: bool) -> list[Note]:
    """Return notes of reviews whose product is not known, and of a whole shop that is taken as one product."""
    shop = "there is no product_id: the reviews of the whole shop are taken together"
    notes = [] if has_product else [Note(shop, code="no_product_id")]
    return notes + count_notes(("reviews_without_product", n_without, "review", "without a product left out"))


def text_notes(*texts: Texts) -> list[Note]:
    """Return notes of texts that are no opinions of customers, and of those in other languages."""
    n_default = sum(int(one.is_default.sum()) for one in texts)
    n_other = sum(
        spoken == "other" and bool(text) for one in texts for spoken, text in zip(one.language, one.text, strict=True)
    )
    return count_notes(
        ("default_praise", n_default, "review", DEFAULT_PRAISE),
        ("other_languages", n_other, "review", "in languages other than English and Chinese left out"),
    )
