"""Clauses have three classes: a word of opinion makes the difference, the whole review helps."""

import numpy as np
import pytest

from ecommine.sentiment._emoji import emoji_log_odds
from ecommine.sentiment._opinions import opinion_strength, opinion_sums
from ecommine.sentiment._polarity import classify_clauses

CLAUSES = {
    "zh": {
        1: ["快递太给力了", "客服很有耐心", "包装完好无损", "价格不贵", "质量没话说"],
        0: ["联系客服", "周二收到的", "买了两件", "商家发的圆通快递"],
        -1: ["物流太慢了", "质量不好", "客服不理人", "价格太贵", "质量太差"],
    },
    "en": {
        1: ["delivery was fast", "well worth the price", "the staff is friendly", "good value for money"],
        0: ["arrived on Tuesday", "it came in a box", "for my sister"],
        -1: ["the zipper broke", "way overpriced", "the service was slow", "poor quality"],
    },
}


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("polarity", [1, 0, -1])
def test_clauses_alone(language: str, polarity: int) -> None:
    clauses = CLAUSES[language][polarity]
    called, _ = classify_clauses(clauses, [language] * len(clauses), np.zeros(len(clauses)))
    assert dict(zip(clauses, called.tolist(), strict=True)) == dict.fromkeys(clauses, polarity)


def test_the_whole_review_counts_for_doubtful_clauses() -> None:
    clause = ["物流快,价格贵"]
    called = [classify_clauses(clause, ["zh"], np.array([whole]))[0].item() for whole in (-6.0, 6.0)]
    assert called == [-1, 1]


def test_clauses_of_other_languages_and_none_at_all_are_neutral() -> None:
    assert classify_clauses(["muy bien"], ["other"], np.array([np.nan]))[0].tolist() == [0]
    assert classify_clauses([], [], np.zeros(0))[0].tolist() == []


@pytest.mark.parametrize(
    ("clause", "strength"), [("质量好", 1), ("质量不好", -1), ("不贵", 1), ("联系客服", None), ("好好好好", 2)]
)
def test_strength_of_chinese_words(clause: str, strength: float | None) -> None:
    assert opinion_strength(clause, "zh") == strength


def test_negation_turns_english_words_around() -> None:
    assert opinion_sums("it is good", "en")[0] > 0
    assert opinion_sums("it is not good", "en")[1] < 0
    assert opinion_strength("it is a box", "en") is None


def test_emoji_add_up_to_two() -> None:
    assert [emoji_log_odds(text) for text in ("", "好", "👍", "👍👍👍", "👍👎", "😡")] == [0, 0, 1.5, 3, 0, -1.5]
