"""Scores and labels: every library alike, no row on another, each trap with a defined answer."""

import warnings

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import ecommine
from ecommine import sentiment
from ecommine.sentiment import _apply
from ecommine.sentiment._languages import guess_language
from ecommine.sentiment._models import builtin
from libraries import LIBRARIES, Library, to_pandas
from sentiment.hand_cases import CASES

COLUMNS = ["sentiment", "positive_probability", "sentiment_label", "language"]
TABLE = pd.DataFrame(
    {
        "review_id": [1, 2, 3, 4, 5, 6, 7, 8],
        "title": [None, None, "Love it", None, None, None, None, None],
        "text": [
            "质量很好，非常满意", "It broke after one week", "so soft", "系统默认好评",
            None, "とても良い商品です", "👍", "",
        ],
        "rating": [5.0, 1.0, 5.0, 5.0, 4.0, 5.0, 5.0, np.nan],
    }
)  # fmt: skip
LABELS = ["positive", "negative", "positive", "default_praise", "unknown", "unknown", "positive", "unknown"]


def scored(texts: list[str], **options: object) -> pd.DataFrame:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ecommine.DataWarning)
        return sentiment.score(pd.DataFrame({"text": pd.Series(texts, dtype=object)}), **options)


@pytest.mark.call("sentiment.score")
def test_every_library_scores_alike(library: Library) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ecommine.DataWarning)
        made = sentiment.score(library(TABLE))
    assert type(made) is type(library(TABLE))
    table = to_pandas(made, sort=["review_id"])
    assert list(table.columns) == [*TABLE.columns, *COLUMNS]
    assert table["sentiment_label"].tolist() == LABELS
    assert table["language"].tolist() == ["zh", "en", "en", "zh", None, "other", "any", None]
    expected = sentiment.score(TABLE.iloc[[0, 1, 2, 6]])["sentiment"]
    assert table["sentiment"].iloc[[0, 1, 2, 6]].to_numpy() == pytest.approx(expected.to_numpy())
    assert table["sentiment"].iloc[[3, 4, 5, 7]].isna().all()
    assert (2 * table["positive_probability"] - 1).to_numpy() == pytest.approx(
        table["sentiment"].to_numpy(), nan_ok=True
    )


def test_missing_numbers_are_null_and_not_nan() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ecommine.DataWarning)
        made = nw.from_native(sentiment.score(LIBRARIES["polars"](TABLE)), eager_only=True)
    assert made["sentiment"].null_count() == 4
    assert not made["sentiment"].is_nan().any()


def test_other_languages_are_counted_in_a_warning() -> None:
    with pytest.warns(ecommine.DataWarning, match="1 review in other languages") as caught:
        sentiment.score(TABLE)
    assert [(note.code, note.count) for note in caught[0].message.notes] == [("unknown_language", 1)]


def test_labels_of_rows_stay_and_repeated_ones_do_no_harm() -> None:
    table = TABLE.iloc[[0, 1, 0]].set_axis(["a", "b", "a"])
    made = sentiment.score(table)
    assert made["sentiment_label"].tolist() == ["positive", "negative", "positive"]
    kept = sentiment.score(TABLE.iloc[[1, 0]].set_axis(["x", "y"]))
    assert kept.index.tolist() == ["x", "y"]
    assert kept["sentiment_label"].tolist() == ["negative", "positive"]


@given(st.permutations(range(12)), st.integers(1, 12))
def test_a_score_does_not_hang_on_other_rows(order: list[int], n: int) -> None:
    texts = [text for cases in CASES.values() for _, text, _ in cases[:120:20]] + ["", "👍"]
    alone = np.array([scored([text])["positive_probability"].iloc[0] for text in texts])
    chosen = order[:n]
    together = scored([texts[place] for place in chosen])["positive_probability"].to_numpy()
    assert together == pytest.approx(alone[chosen], nan_ok=True)


@given(st.text(st.characters(codec="utf-8") | st.sampled_from("好差不但👍😡 .,!not"), max_size=50))
def test_any_text_has_a_probability_or_none(text: str) -> None:
    row = scored([text]).iloc[0]
    assert row["sentiment_label"] in _apply.LABELS
    is_scored = row["sentiment_label"] not in ("unknown", "default_praise")
    assert is_scored == (not np.isnan(row["sentiment"]))
    assert not is_scored or 0 < row["positive_probability"] < 1


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("It arrived on Tuesday.", "neutral"),
        ("周二收到的", "neutral"),
        ("arrived on Tuesday", "neutral"),
        ("Product is good but delivery is slow", "mixed"),
        ("   ", "unknown"),
        ("<br><br/>", "unknown"),
        ("商家回复：谢谢亲的支持", "unknown"),
        ("😡😡😡", "negative"),
    ],
)
def test_labels(text: str, label: str) -> None:
    assert scored([text])["sentiment_label"].tolist() == [label]


def test_the_reply_of_the_merchant_moves_nothing() -> None:
    texts = ["太难吃了", "太难吃了。商家回复：亲，感谢您的支持，祝您生活愉快，非常感谢"]
    first, second = scored(texts)["positive_probability"]
    assert second == pytest.approx(first, abs=0.02)


@pytest.mark.parametrize("text", ["差" * 100_000, "good " * 20_000, "很好，" * 33_000, "<a>" * 30_000, "😡" * 25_000])
def test_a_review_of_100_kilobytes_is_scored(text: str) -> None:
    assert scored([text])["sentiment_label"].tolist()[0] in _apply.LABELS


def test_the_column_language_is_taken_where_it_is_known() -> None:
    table = pd.DataFrame({"text": ["recebi bem", "fine"], "language": ["pt", None]})
    with pytest.warns(ecommine.DataWarning):
        made = sentiment.score(table)
    assert made["language"].tolist() == ["pt", "en"]
    assert made["sentiment_label"].tolist()[0] == "unknown"


def test_a_language_can_be_given_for_all() -> None:
    assert guess_language("Muy buena") == "other"
    assert scored(["Muy buena"], language="en")["language"].tolist() == ["en"]


def test_wrong_options_are_named() -> None:
    with pytest.raises(ValueError, match="`language` must be one of"):
        scored(["a"], language="fr")
    with pytest.raises(TypeError, match="`model` must be a SentimentModel"):
        scored(["a"], model="en")


def test_without_weights_the_error_tells_the_way_out(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    monkeypatch.setattr(builtin, "WEIGHTS", tmp_path)
    builtin.builtin_model.cache_clear()
    with pytest.raises(FileNotFoundError, match=r"copy the folder `weights`.*sentiment\.fit"):
        sentiment.score(pd.DataFrame({"text": ["好用"]}))
    builtin.builtin_model.cache_clear()


@pytest.mark.spark
def test_spark_scores_by_partitions(spark: object) -> None:
    from libraries import to_spark

    rows = pd.concat([TABLE] * 5, ignore_index=True).assign(review_id=range(40))
    made = sentiment.score(to_spark(spark, rows).repartition(3))
    assert to_pandas(made, sort=["review_id"])["sentiment_label"].tolist() == LABELS * 5
