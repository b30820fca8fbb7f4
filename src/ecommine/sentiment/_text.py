"""Texts of reviews: markup and merchant replies taken out, one spelling for scoring, and clauses."""

import html
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

SIMPLIFIED = Path(__file__).parent / "weights" / "simplified.txt"
"""Two lines of equal length: traditional characters, and the simplified one of each (from OpenCC's tables)."""

_MARKUP = re.compile(r"<(script|style)\b.*?</\1\s*>|<!--.*?-->|</?[a-zA-Z][^<>]{0,500}>", re.DOTALL | re.IGNORECASE)
_LINK = re.compile(r"https?://[^\s，。！？]+|www\.[^\s，。！？]+", re.IGNORECASE)
_BLANKS = re.compile(r"\s+")
_REPLY = re.compile(
    r"(?:[（(\[【]\s*)?"
    r"(?:(?:宾馆|酒店|商家|店家|店主|掌柜|卖家|客服|官方|商户|旅馆|宾館|商家|賣家)\s*(?:的)?\s*(?:反馈|回复|回覆|回復|答复|解释|反饋)"
    r"(?:\s*\d{2,4}\s*年[\d\s年月日]*)?\s*[：:】\])]|"
    r"(?:宾馆|酒店)反馈|"
    r"\b(?:response|reply|answer|feedback)\s+from\s+(?:the\s+)?(?:owner|seller|merchant|store|shop|business|manager)\b|"
    r"\b(?:owner|seller|merchant|store|shop|manager)(?:'s|’s)?\s+(?:response|reply)\s*:)",
    re.IGNORECASE,
)
_FOLLOW_UP = re.compile(r"追评|追加评[论价]|追加：|用户追评")
_DEFAULT_PRAISE = re.compile(
    r"(?:(?:系统|平台)?(?:自动)?默认(?:给予|给出)?(?:好评|评价|五星好评|5星好评)|"
    r"(?:此|该)?(?:用户|买家|顾客|评价方|客户)(?:未|没有|没)(?:及时|能及时)?(?:填写|做出|作出|发表|留下|写)(?:任何|文字)?"
    r"(?:评价|评论)(?:内容)?(?:系统默认好评)?|"
    r"(?:the|this)?(?:user|buyer|customer|reviewer)(?:did(?:not|nt)|has(?:not|nt))(?:leave|left|write|written)"
    r"(?:a|any)?(?:comments?|feedback|reviews?)|"
    r"(?:default|automatic|auto)(?:positive|good|5star)(?:review|rating|feedback))"
)
_NOT_LETTERS = re.compile(r"[\W_]+")
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_QUOTES = {0x2018: "'", 0x2019: "'", 0x02BC: "'", 0x201C: '"', 0x201D: '"', 0x3000: " "}
_BREAK = re.compile(
    r"[。！？!?；;\n…~～]+|\.{2,}|\.(?=\s|$|[A-Z])|(?<=[^\x00-\x7f])[,.](?=\D)|，+|\s[-–—]+\s|"
    r"(?<=[\u3400-\u9fff])\s+(?=[\u3400-\u9fff])|"
    r",(?=\s+(?:and|so|the|it|its|i|my|this|they|we|which|not|no|very|too|plus|also)\b)|"
    r"[,\s]+(?=(?:but|however|although|though|yet|unfortunately|except|whereas)\b)|"
    r"(?<=[\u3400-\u9fff])(?=但是|但(?!愿)|不过(?!关)|可是|然而|只是|可惜|遗憾|就是(?=[^\W]{2}))",
    re.IGNORECASE,
)
_LETTER = re.compile(r"[^\W_]|[\U0001F300-\U0001FAFF\u2600-\u27BF]")


class Clause(NamedTuple):
    """A part of a review that says one thing: its place in the cleaned text."""

    start: int
    end: int


def clean_text(text: str) -> str:
    """Return a review as a person reads it: without markup, links and the merchant's reply, on one line.

    Examples
    --------
    >>> clean_text("<p>Nice &amp; warm</p> Response from the owner: thank you!")
    'Nice & warm'
    >>> clean_text("房间太小。 宾馆反馈 2008年5月4日：谢谢您的入住")
    '房间太小。'
    """
    if "&" in text:
        text = html.unescape(text)
    if "<" in text:
        text = _MARKUP.sub(" ", text)
    if "://" in text or "www." in text:
        text = _LINK.sub(" ", text)
    return _BLANKS.sub(" ", cut_reply(text)).strip()


def cut_reply(text: str) -> str:
    """Return a review without the reply of the merchant; a follow-up of the customer after it stays.

    Examples
    --------
    >>> cut_reply("坏了。商家回复：亲，很抱歉。追评：换了新的"), cut_reply("客服回复很快")
    ('坏了。追评：换了新的', '客服回复很快')
    """
    reply = _REPLY.search(text)
    if reply is None:
        return text
    follow_up = _FOLLOW_UP.search(text, reply.end())
    return text[: reply.start()] + ("" if follow_up is None else text[follow_up.start() :])


def is_default_praise(text: str) -> bool:
    """Return whether a cleaned text is one that a platform writes where a customer wrote none.

    Examples
    --------
    >>> is_default_praise("系统默认好评！"), is_default_praise("此用户没有填写评价。"), is_default_praise("好评")
    (True, True, False)
    """
    if len(text) > 80:
        return False
    letters = _NOT_LETTERS.sub("", simplify(text)).lower()
    return _DEFAULT_PRAISE.fullmatch(letters) is not None


@cache
def _spelling() -> dict[int, int | str]:
    traditional, simplified = SIMPLIFIED.read_text(encoding="utf8").split()
    pairs = {ord(one): ord(other) for one, other in zip(traditional, simplified, strict=True)}
    return {**pairs, **_FULL_WIDTH, **_QUOTES}


@cache
def _spelling_of_code() -> Any:
    table = np.arange(0x110000, dtype=np.uint32)
    for code, other in _spelling().items():
        table[code] = other if isinstance(other, int) else ord(other)
    return table


def simplify_all(texts: Sequence[str]) -> list[str]:
    """Return texts without line breaks as :func:`simplify` does, many at once.

    Examples
    --------
    >>> simplify_all(["質量", "ok", ""])
    ['质量', 'ok', '']
    """
    joined = "\n".join(texts)
    if joined.isascii():
        return list(texts)
    code = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    simple: str = _spelling_of_code()[code].tobytes().decode("utf-32-le", "surrogatepass")
    return simple.split("\n")


def simplify(text: str) -> str:
    """Return a text in simplified characters, Latin letters and signs of normal width, and straight quotes.

    The length stays, so that places in one text are places in the other.

    Examples
    --------
    >>> simplify("質量很好，ＯＫ！")
    '质量很好,OK!'
    """
    return text if text.isascii() else text.translate(_spelling())


def split_clauses(text: str) -> list[Clause]:
    """Split a cleaned text at the ends of sentences, at Chinese commas and before words of contrast.

    Examples
    --------
    >>> text = "快递很快，质量一般。But the color is great, and it fits!"
    >>> [text[clause.start:clause.end] for clause in split_clauses(text)]
    ['快递很快', '质量一般', 'But the color is great', 'and it fits']
    """
    clauses, start = [], 0
    for found in _BREAK.finditer(text):
        clauses.append((start, found.start()))
        start = found.end()
    clauses.append((start, len(text)))
    return [_trimmed(text, *bounds) for bounds in clauses if _LETTER.search(text, *bounds)]


def _trimmed(text: str, start: int, end: int) -> Clause:
    while text[start].isspace():
        start += 1
    while text[end - 1].isspace():
        end -= 1
    return Clause(start, end)
