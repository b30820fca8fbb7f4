"""Reviews that were written by hand before the models, in kinds: eight of ten in each."""

import pytest

from ecommine import sentiment
from sentiment.hand_cases import CASES

KINDS = [(language, kind) for language, cases in CASES.items() for kind in dict.fromkeys(kind for kind, _, _ in cases)]


def test_there_are_a_hundred_in_each_language_in_tens() -> None:
    assert {language: len(cases) for language, cases in CASES.items()} == {"en": 100, "zh": 100}
    assert len(KINDS) == 20


@pytest.mark.parametrize(("language", "kind"), KINDS)
def test_eight_of_ten_are_right(language: str, kind: str) -> None:
    import pandas as pd

    cases = [(text, is_positive) for of_kind, text, is_positive in CASES[language] if of_kind == kind]
    table = sentiment.score(pd.DataFrame({"text": [text for text, _ in cases]}))
    called = (table["positive_probability"] > 0.5).tolist()
    right = sum(one == is_positive for one, (_, is_positive) in zip(called, cases, strict=True))
    assert right >= 8, [text for one, (text, is_positive) in zip(called, cases, strict=True) if one != is_positive]
    assert set(table["language"]) <= {language, "any"}
