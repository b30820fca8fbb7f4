"""Words keep their negation, in both languages."""

import pytest

from ecommine.sentiment._words.words import words_of


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Not good", {"not good"}),
        ("not a very good fit", {"not good", "fit"}),
        ("I don't like it. Good colour", {"not like", "good", "colour"}),
        ("No, good quality", {"good", "quality"}),
        ("It's too small and not too big", {"too small", "not too big"}),
        ("never again; works", {"not again", "works"}),
        ("not; works", {"works"}),
        ("It’s the shop's best", {"shop", "best"}),
        ("ＧＯＯＤ", {"good"}),
        ("without any smell", {"not smell"}),
        ("", set()),
        ("👍 666", set()),
    ],
)
def test_english(text: str, words: set[str]) -> None:
    assert words_of(text, "en") == words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("质量不好", {"质量", "不好"}),
        ("没有异味", {"没有异味"}),
        ("不是不好", {"不是不好"}),
        ("尺码太小", {"尺码", "太小"}),
        ("質量很好", {"质量", "好"}),
        ("好，不", {"好", "不"}),
        ("真的非常喜欢这个东西", {"喜欢"}),
    ],
)
def test_chinese(text: str, words: set[str]) -> None:
    pytest.importorskip("rjieba", reason="rjieba is not installed")
    assert words_of(text, "zh") == words


def test_chinese_without_rjieba_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    from ecommine.sentiment._words import words

    monkeypatch.setitem(sys.modules, "rjieba", None)
    words._cutter.cache_clear()
    with pytest.raises(ModuleNotFoundError, match=r"ecommine\[zh\]"):
        words_of("质量不好", "zh")
    words._cutter.cache_clear()
