"""Scores and labels of reviews added to their table: in memory, as a lazy view, or on Spark by partitions."""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple, cast

import narwhals.stable.v2 as nw
import numpy as np
from narwhals.stable.v2.typing import IntoFrameT

from .._core.arrays import Floats
from .._core.checks import one_of
from .._core.engines import BUSY, hand_to_duckdb, is_busy
from .._core.notes import Note
from .._core.texts import counted
from ..schema._for_topics import warn
from ._log_odds import Fitted, score_texts
from ._opinions import opinion_sums
from ._read import LANGUAGE_OPTIONS, LanguageOption, Texts, check_texts, texts_of_rows
from ._text import simplify_all

COLUMNS = ("sentiment", "positive_probability", "sentiment_label", "language")
LABELS = ("positive", "negative", "neutral", "mixed", "default_praise", "unknown")
MIXED = 1.0
"""Log-odds within which a review is mixed where it has words of praise and of complaint."""
MOST_TIMES = 3.0
"""Neither of which is so many times as strong as the other."""
SILENT = 1.4
"""Log-odds within which a review without a word of opinion is neutral."""
FLAT = 0.3
"""Log-odds within which a review is neutral, unless it is mixed."""
MOST_LETTERS = 2_000
"""Letters of a review that are read for its label."""


class Scores(NamedTuple):
    """The columns that a score adds, as arrays and lists."""

    sentiment: Floats
    probability: Floats
    label: list[str]
    language: list[str | None]


def score_table(reviews: IntoFrameT, model: Fitted | None, language: LanguageOption) -> IntoFrameT:
    """Return a table of reviews with the columns of a score."""
    one_of("language", language, LANGUAGE_OPTIONS)
    frame = check_texts(reviews)
    if frame.implementation.is_pyspark() or frame.implementation.is_pyspark_connect():
        return cast("IntoFrameT", _on_spark(reviews, model, language))
    if isinstance(frame, nw.DataFrame):
        return cast("IntoFrameT", _scored(frame, model, language, is_told=True).to_native())
    return cast("IntoFrameT", _lazily(frame, model, language))


def _scored(
    frame: nw.DataFrame[Any], model: Fitted | None, language: LanguageOption, *, is_told: bool
) -> nw.DataFrame[Any]:
    texts = texts_of_rows(frame, language)
    codes = frame["language"].to_list() if "language" in frame.columns and language == "auto" else None
    scores = score_rows(texts, codes, model)
    if is_told:
        _tell_unknown(texts)
    backend = frame.implementation
    numbers = {"sentiment": scores.sentiment, "positive_probability": scores.probability}
    columns = [_number_column(name, values, backend) for name, values in numbers.items()]
    columns.append(nw.new_series("sentiment_label", scores.label, nw.String, backend=backend))
    columns.append(nw.new_series("language", scores.language, nw.String, backend=backend))
    if backend.is_pandas():
        columns = [_with_labels(column, frame) for column in columns]
    return frame.with_columns(columns)


def _number_column(name: str, values: Floats, backend: Any) -> nw.Series[Any]:
    if backend.is_pandas():
        return nw.new_series(name, values, nw.Float64, backend=backend)
    known = [None if np.isnan(value) else value for value in values.tolist()]
    return nw.new_series(name, known, nw.Float64, backend=backend)


def _with_labels(column: nw.Series[Any], frame: nw.DataFrame[Any]) -> nw.Series[Any]:
    """Return a pandas column under the labels of a table."""
    labelled: nw.Series[Any] = nw.from_native(column.to_native().set_axis(frame.to_native().index), series_only=True)
    return labelled


def _tell_unknown(texts: Texts) -> None:
    n_other = sum(bool(text) and spoken == "other" for text, spoken in zip(texts.text, texts.language, strict=True))
    if n_other:
        sentence = f"{counted(n_other, 'review')} in other languages than English and Chinese have no sentiment"
        warn([Note(sentence, code="unknown_language", count=n_other)], stacklevel=5)


def score_rows(texts: Texts, codes: Sequence[object] | None, model: Fitted | None) -> Scores:
    """Return what a score adds to rows; ``codes`` are the languages that the table gave."""
    log_odds = score_texts(texts.text, texts.language, model=model)
    log_odds[texts.is_default] = np.nan
    probability = 1 / (1 + np.exp(-np.clip(log_odds, -30, 30)))
    given = codes if codes is not None else [None] * len(texts)
    spoken = [
        code if isinstance(code, str) and code else (guess if text else None)
        for code, guess, text in zip(given, texts.language, texts.text, strict=True)
    ]
    return Scores(2 * probability - 1, probability, _labels(texts, log_odds), spoken)


def _labels(texts: Texts, log_odds: Floats) -> list[str]:
    rows = np.flatnonzero(np.abs(log_odds) < max(MIXED, SILENT))
    simple = simplify_all([texts.text[row] for row in rows.tolist()])
    sums = [
        opinion_sums(text[:MOST_LETTERS], texts.language[row]) for row, text in zip(rows.tolist(), simple, strict=True)
    ]
    good, bad = np.array(sums, dtype=np.float64).reshape(-1, 2).T
    label = np.where(log_odds > 0, "positive", "negative").astype(object)
    label[np.isnan(log_odds)] = "unknown"
    near = np.abs(log_odds[rows])
    is_mixed = (near < MIXED) & (np.minimum(good, -bad) * MOST_TIMES > np.maximum(good, -bad))
    is_silent = (good == 0) & (bad == 0)
    label[rows[~is_mixed & ((near < FLAT) | ((near < SILENT) & is_silent))]] = "neutral"
    label[rows[is_mixed]] = "mixed"
    label[texts.is_default] = "default_praise"
    return list(label)


def _lazily(frame: nw.LazyFrame[Any], model: Fitted | None, language: LanguageOption) -> Any:
    """Score the rows of a plan, and hand them back as a plan of its library."""
    if frame.implementation.is_polars():
        return _scored(frame.collect(), model, language, is_told=False).lazy().to_native()
    try:
        rows = frame.collect("pyarrow")
        scored = _scored(rows, model, language, is_told=False)
        return hand_to_duckdb(scored.to_native(), frame.to_native())
    except Exception as error:
        if is_busy(error):
            raise ValueError(BUSY) from None
        raise


def _on_spark(rows: Any, model: Fitted | None, language: LanguageOption) -> Any:
    from pyspark.sql.types import DoubleType, StringType, StructField, StructType

    kinds = dict(zip(COLUMNS, (DoubleType(), DoubleType(), StringType(), StringType()), strict=True))
    fields = [field for field in rows.schema.fields if field.name not in kinds or field.name == "language"]
    added = [StructField(name, kind) for name, kind in kinds.items() if name not in {field.name for field in fields}]
    kept = rows.select([field.name for field in fields])
    return kept.mapInArrow(partial(score_batches, model=model, language=language), StructType([*fields, *added]))


def score_batches(batches: Iterable[Any], model: Fitted | None, language: LanguageOption) -> Iterator[Any]:
    """Score the Arrow batches of one partition; Spark's workers run it."""
    import pyarrow as pa

    for batch in batches:
        table = nw.from_native(pa.Table.from_batches([batch]), eager_only=True)
        scored = _scored(table, model, language, is_told=False)
        yield from scored.to_native().to_batches()
