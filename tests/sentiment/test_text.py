"""Texts of reviews: what is taken out, one spelling, clauses."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecommine.sentiment import _text
from ecommine.sentiment._text import clean_text, cut_reply, is_default_praise, simplify, split_clauses


def parts(text: str) -> list[str]:
    return [text[clause.start : clause.end] for clause in split_clauses(text)]


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("<b>Soft</b><br/>and warm", "Soft and warm"),
        ("Tom &amp; Jerry &lt;3 &#9829;", "Tom & Jerry <3 ♥"),
        ("size < 5 and > 3", "size < 5 and > 3"),
        ("<script>alert('bad')</script>好用", "好用"),
        ("see https://shop.example/x?y=1 for more", "see for more"),
        ("看图http://a.cn/1，很好", "看图 ，很好"),
        ("  a\t\r\n b\u3000c ", "a b c"),
        ("", ""),
    ],
)
def test_markup_links_and_blanks_go(raw: str, clean: str) -> None:
    assert clean_text(raw) == clean


@pytest.mark.parametrize(
    ("raw", "kept"),
    [
        ("房间小。宾馆反馈 2008年7月15日：尊敬的客人，感谢您", "房间小。"),
        ("坏的 [商家回复]：亲亲抱歉", "坏的 "),
        ("坏的（卖家回复：亲亲抱歉）", "坏的"),
        ("很差，掌柜的回复：亲，感谢支持", "很差，"),
        ("Too small. Response from the owner: We are so sorry!", "Too small. "),
        ("Broken. Seller's reply: thank you, great customer", "Broken. "),
        ("坏了。商家回复：抱歉。追评：用了一周又坏了", "坏了。追评：用了一周又坏了"),
        ("客服回复很快", "客服回复很快"),
        ("酒店解释说没有房间", "酒店解释说没有房间"),
        ("The seller replied quickly and the reply was kind", "The seller replied quickly and the reply was kind"),
    ],
)
def test_replies_of_the_merchant_are_cut(raw: str, kept: str) -> None:
    assert cut_reply(raw) == kept


@pytest.mark.parametrize(
    "text",
    ["系统默认好评！", "默认好评", "此用户没有填写评价。", "该用户未填写评价内容", "評價方未及時做出評價,系統默認好評!",
     "The user did not leave a comment.", "This buyer has not left any feedback"],
)  # fmt: skip
def test_default_praise_is_told(text: str) -> None:
    assert is_default_praise(text)


@pytest.mark.parametrize(
    "text", ["好评", "默认好评，质量真的不错", "The user manual did not help", "", "五星好评" * 40]
)
def test_praise_of_a_customer_is_no_default(text: str) -> None:
    assert not is_default_praise(text)


def test_the_table_of_characters_is_one_to_one_in_length() -> None:
    traditional, simplified = _text.SIMPLIFIED.read_text(encoding="utf8").split()
    assert len(traditional) == len(simplified) > 2_500
    assert len(set(traditional)) == len(traditional)
    assert simplify("這個東西質量很好，買了兩個，發貨快") == "这个东西质量很好,买了两个,发货快"
    assert simplify("乾淨、頭髮、裡面") == "干净、头发、里面"


@pytest.mark.parametrize(
    ("text", "clauses"),
    [
        ("东西不错就是物流太慢", ["东西不错", "就是物流太慢"]),
        ("屏幕清楚，电池3.5小时。不好用！！", ["屏幕清楚", "电池3.5小时", "不好用"]),
        ("质量好 价格便宜", ["质量好", "价格便宜"]),
        ("I love it, but the zipper broke", ["I love it", "but the zipper broke"]),
        ("Great color, fabric and fit. Runs small...", ["Great color, fabric and fit", "Runs small"]),
        ("It cost $3.50 at v1.2, and it works", ["It cost $3.50 at v1.2", "and it works"]),
        ("👍👍", ["👍👍"]),
        ("。。。 !!", []),
        ("", []),
    ],
)
def test_clauses(text: str, clauses: list[str]) -> None:
    assert parts(text) == clauses


@given(st.text(st.characters(codec="utf-8") | st.sampled_from("好差。，,. !但but\n<>&;"), max_size=60))
def test_clauses_are_in_order_and_leave_no_word_out(text: str) -> None:
    clean = clean_text(text)
    clauses = split_clauses(clean)
    bounds = [place for clause in clauses for place in clause]
    assert bounds == sorted(bounds)
    left = "".join(clean[a:b] for a, b in zip([0, *bounds[1::2]], [*bounds[::2], len(clean)], strict=True))
    assert not re.search(r"[a-zA-Z\u4e00-\u9fff]", left)
    assert len(simplify(clean)) == len(clean)


def test_a_long_review_takes_no_long_time() -> None:
    for piece in ("<a " * 400, "很好，" * 400, "商家" * 400, "..!" * 400, "a&amp;" * 400):
        split_clauses(clean_text(piece * 80))
