"""Words of a review, with the negation kept: "not good" and 不好 are other words than "good" and 好."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from ..._core.optional import require
from .._languages import Spoken
from .._models.english import is_negation
from .._text import simplify

MAX_BETWEEN = 3
"""Words between a negation and what it negates, which are left out: "not a very good"."""
_ENGLISH_TOKEN = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?|[.,;:!?…]")
_HAS_LETTER = re.compile(r"[^\W\d_]")


def _listed(words: str) -> frozenset[str]:
    return frozenset(words.split())


_BETWEEN = _listed(
    """
    a an the any at all very really so that much quite as too be been to of even particularly especially it my this your
    """
)
_NEGATIONS_ZH = _listed(
    """
    不 没 没有 没什么 无 未 别 不是 不能 不会 不太 不够 不怎么 并不 并不是 并没有 从不 毫无 毫不 一点不 一点也不
    不算 不要 不想 不用 太 偏 过于
    """
)
"""Negations, and what makes a property a fault: 太小 is no 小."""
STOP_WORDS = _listed(
    """
    a about after all also am an and any are as at be because been before being but by can could did do does doing down
    each for from further get got had has have having he her here hers him his how i if i'd i'll i'm i've in into is it
    it's its itself just me more most my of off on once only or other our out over own s same she should so some such t
    than that that's the their them then there these they this those through to under until up us very was we were what
    when where which while who why will with would you your really even much one
    """
)
_STOP_WORDS_ZH = _listed(
    """
    的 了 是 我 也 就 都 和 在 很 还 有 你 他 她 它 我们 你们 他们 这 那 这个 那个 这样 什么 一 一个 个 到 说 要 会 着
    过 给 上 下 去 来 又 与 及 而 但 但是 因为 所以 如果 可以 把 被 对 从 让 用 里 吧 吗 呢 啊 哦 呀 嘛 哈 地 得 之 其
    此 为 以 于 等 比 再 才 只 已经 已 自己 感觉 觉得 时候 时 后 前 就是 还是 而且 真的 非常 比较 有点 有些 一些 一下
    一样 然后 不过 虽然 这么 那么 真 挺 蛮 更 最 完 买 东西 亲 只好 只能
    """
)


def words_of(text: str, language: Spoken) -> set[str]:
    """Return the words of a cleaned text, each once, without those that only join others.

    Chinese is cut by rjieba (``pip install 'ecommine[zh]'``).

    Examples
    --------
    >>> sorted(words_of("Not a very good fit, it's too small and I don't like it", "en"))
    ['fit', 'not good', 'not like', 'too small']
    """
    return set(_chinese(text) if language == "zh" else _english(text))


def cut_words(text: str) -> list[str]:
    """Return a Chinese text cut into words and signs."""
    return list(_cutter().cut(simplify(text)))


@cache
def _cutter() -> Any:
    return require("rjieba", extra="zh")


def _english(text: str) -> Iterator[str]:
    """Yield words; a negation goes with the next word of content, and so does "too"."""
    prefix, left = "", 0
    for token in _ENGLISH_TOKEN.findall(simplify(text).lower()):
        word = token.removesuffix("'s")
        if not word[0].isalpha():
            prefix = ""
        elif is_negation(word):
            prefix, left = "not ", MAX_BETWEEN
        elif word == "too":
            prefix, left = f"{prefix}too ", MAX_BETWEEN
        elif prefix and word in _BETWEEN and left:
            left -= 1
        elif word not in STOP_WORDS and len(word) > 1:
            yield prefix + word
            prefix = ""
        else:
            prefix = ""


def _chinese(text: str) -> Iterator[str]:
    prefix = ""
    for word in cut_words(text):
        if not _HAS_LETTER.search(word):
            if prefix:
                yield prefix
            prefix = ""
        elif word in _NEGATIONS_ZH:
            prefix += word
        elif prefix:
            yield prefix + word.lower()
            prefix = ""
        elif word not in _STOP_WORDS_ZH:
            yield word.lower()
    if prefix:
        yield prefix
