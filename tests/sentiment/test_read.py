"""Reviews of every library are read alike: titles and texts in one, languages given or guessed."""

import pandas as pd
import pytest

from ecommine import SchemaError
from ecommine.sentiment._read import prepare_texts, read_reviews
from libraries import Library

RAW = pd.DataFrame(
    {
        "review_id": [1, 2, 3, 4, 5],
        "title": ["Great", None, "差", None, "Hm"],
        "text": ["fits <b>well</b>", "系统默认好评", "差，掉色。商家回复：抱歉", None, "muito bom mas caro"],
        "language": ["en", None, None, None, "pt"],
        "rating": [5, 5, 1, 4, 5],
    }
)


def test_every_library_reads_alike(library: Library) -> None:
    made = read_reviews(library(RAW), required=["rating"], optional=["product_id"])
    assert made.texts.text == ["Great. fits well", "系统默认好评", "差，掉色。", "", "Hm. muito bom mas caro"]
    assert made.texts.language == ["en", "zh", "zh", "any", "other"]
    assert made.texts.is_default.tolist() == [False, True, False, False, False]
    assert set(made.frame.columns) == {"text", "title", "rating"}
    assert made.texts.rows("en", "zh", "any").tolist() == [0, 2]


def test_a_language_for_all_is_taken_for_all() -> None:
    assert prepare_texts(["很好", "nice"], language="en").language == ["en", "en"]


@pytest.mark.parametrize("text", [[1, 2], [b"a", None], [["a"], None]])
def test_what_is_no_text_is_an_error_of_the_column(text: list[object]) -> None:
    with pytest.raises((SchemaError, ValueError), match="text"):
        read_reviews(pd.DataFrame({"text": pd.Series(text, dtype=object)}))


def test_reviews_without_text_are_an_error() -> None:
    with pytest.raises(SchemaError, match="`text` is missing"):
        read_reviews(pd.DataFrame({"review_id": [1]}))
