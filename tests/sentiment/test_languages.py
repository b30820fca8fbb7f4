"""Languages of reviews: English and Chinese are told from others, and short texts count as either."""

import pytest

from ecommine.sentiment._languages import guess_language, language_of_code

EXAMPLES = {
    "zh": [
        "质量很好", "這個很好用，推薦", "iPhone 手机壳 很好", "MacBook Pro用着不错", "差", "不OK", "买了两件，尺码偏小",
        "五星好评👍", "唔，还可以吧", "很好(´▽`)",
    ],
    "en": [
        "Works great!", "I've worn it twice and the zipper broke.", "Not bad at all", "Sturdy build", "Love it 😍",
        "meh", "bad", "Good", "The café table is a bit wobbly", "It’s too small for me", "Perfect gift for my niece",
        "Flimsy stitching, zipper jammed, sleeves ripped", "Sturdy zipper, lightweight construction, stylish",
        "gooood", "Terrible", "10/10 would buy again", "Très chic but the strap broke after a week",
    ],
    "other": [
        "とても良い商品です", "商品が届きました", "Muy buena calidad, llegó rápido", "Sehr gute Qualität", "唔好食",
        "呢個嘢好正，抵買", "Recebi bem antes do prazo", "Très bon produit, livraison rapide", "Отличный товар",
        "상품이 좋아요", "جودة ممتازة", "El producto no funciona", "Ottimo prodotto, la qualità è buona",
        "Das Kleid ist leider zu klein und die Farbe ist anders", "Heel goed product, snel geleverd",
        "O produto chegou com defeito", "สินค้าดีมาก",
    ],
    "any": ["", "👍", "666", "OK", "!!!", "ok 👍", "5", "😡😡"],
}  # fmt: skip


@pytest.mark.parametrize(("language", "text"), [(name, text) for name in EXAMPLES for text in EXAMPLES[name]])
def test_the_language_of_a_text(language: str, text: str) -> None:
    assert guess_language(text) == language


@pytest.mark.parametrize(
    ("code", "language"),
    [("en", "en"), ("EN_us", "en"), ("zh-CN", "zh"), ("cmn", "zh"), ("中文", "zh"), ("pt", "other"), ("ja", "other")],
)
def test_codes(code: str, language: str) -> None:
    assert language_of_code(code) == language
