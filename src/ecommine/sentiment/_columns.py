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


def rating_notes(frame: nw.DataFrame[Any]) -> list[Note]:
    """Return a note of ratings that are no stars."""
    values = float_values(frame, "rating")
    n = int((~np.isnan(values) & np.isnan(ratings_of(frame))).sum())
    text = f"{counted(n, 'rating')} outside 1 to 5 stars taken as missing"
    return [Note(text, code="ratings_out_of_range", count=n)] if n else []


def repeated_ids(frame: nw.DataFrame[Any]) -> Bools:
    """Return which rows have the review_id of a row before."""
    if "review_id" not in frame.columns:
        return np.zeros(len(frame), dtype=bool)
    (codes,) = joint_codes(id_values(frame, "review_id"))
    _, first = np.unique(codes, return_index=True)
    is_repeat = codes >= 0
    is_repeat[first] = False
    return np.asarray(is_repeat)


def repeat_notes(n: int) -> list[Note]:
    """Return a note of rows that repeat a review_id."""
    text = f"{counted(n, 'row')} with the review_id of another row left out"
    return [Note(text, code="repeated_review_ids", count=n)] if n else []


def float_values(frame: nw.DataFrame[Any], name: str) -> Floats:
    """Return a column of numbers as floats, NaN where one is missing, or there is no such column."""
    if name not in frame.columns:
        return np.full(len(frame), np.nan)
    return np.asarray(frame[name].cast(nw.Float64).to_numpy(), dtype=np.float64)


def times_of(frame: nw.DataFrame[Any], name: str) -> Times:
    """Return the times of a column in microseconds, the least of all where one is missing."""
    return column_to_microseconds(frame[name]) if name in frame.columns else np.full(len(frame), NO_TIME)


def no_product_id() -> Note:
    """Return the note that the whole shop is taken as one product."""
    return Note("there is no product_id: the reviews of the whole shop are taken together", code="no_product_id")


def without_product(count: int) -> list[Note]:
    """Return a note of reviews whose product is not known."""
    text = f"{counted(count, 'review')} without a product left out"
    return [Note(text, code="reviews_without_product", count=count)] if count else []


def left_out_texts(texts: list[Texts]) -> list[Note]:
    """Return notes of texts that are no opinions of customers, and of those in other languages."""
    n_default = sum(int(one.is_default.sum()) for one in texts)
    n_other = sum(
        spoken == "other" and bool(text) for one in texts for spoken, text in zip(one.language, one.text, strict=True)
    )
    notes = []
    if n_default:
        text = f"{counted(n_default, 'review')} that the platform wrote (default praise) left out"
        notes.append(Note(text, code="default_praise", count=n_default))
    if n_other:
        text = f"{counted(n_other, 'review')} in languages other than English and Chinese left out"
        notes.append(Note(text, code="other_languages", count=n_other))
    return notes
