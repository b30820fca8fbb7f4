"""Words and numbers of texts for users, in English and Chinese: counts, shares, lists, near names, lengths of time."""

import re
from bisect import bisect
from collections.abc import Iterable, Sequence
from datetime import timedelta
from difflib import get_close_matches
from itertools import accumulate
from typing import Any, Literal, get_args
from unicodedata import east_asian_width

from .durations import Duration

Locale = Literal["en", "zh"]
"""The language of a text."""
LOCALES: tuple[Locale, ...] = get_args(Locale)
UNKNOWN = "–"
"""What stands for a share that is not known."""

_NOUNS_ZH = {
    "cart": ("个", "购物车"),
    "click": ("次", "点击"),
    "customer": ("位", "客户"),
    "event": ("个", "事件"),
    "group": ("个", "组"),
    "itemset": ("个", "项集"),
    "line": ("条", "订单明细"),
    "order": ("笔", "订单"),
    "pair": ("对", "商品"),
    "path": ("条", "路径"),
    "point": ("个", "百分点"),
    "product": ("种", "商品"),
    "purchase": ("次", "购买"),
    "query": ("个", "搜索词"),
    "rule": ("条", "规则"),
    "search": ("次", "搜索"),
    "segment": ("个", "客户群"),
    "session": ("次", "会话"),
    "state": ("个", "状态"),
    "step": ("个", "步骤"),
    "user": ("位", "用户"),
    "visit": ("次", "访问"),
    "visitor": ("位", "访客"),
}
"""The measure word of a noun, and the noun."""
_TIME_UNITS = {
    "s": ("second", "秒"),
    "min": ("minute", "分钟"),
    "h": ("hour", "小时"),
    "d": ("day", "天"),
    "w": ("week", "周"),
    "mo": ("month", "个月"),
    "q": ("quarter", "个季度"),
    "y": ("year", "年"),
}
_LENGTHS = {"d": timedelta(days=1), "h": timedelta(hours=1), "min": timedelta(minutes=1), "s": timedelta(seconds=1)}


def counted(number: int, noun: str, plural: str | None = None, *, locale: Locale = "en") -> str:
    """Return a count with its noun, in Chinese with its measure word.

    Parameters
    ----------
    number : int
    noun : str
        In English, in the singular; in Chinese one of those whose measure word is known here.
    plural : str or None
        Where the ending of the noun does not tell it.
    locale : {"en", "zh"}

    Examples
    --------
    >>> counted(1, "line"), counted(2_300, "order line"), counted(2, "query"), counted(2, "search")
    ('1 line', '2,300 order lines', '2 queries', '2 searches')
    >>> counted(62, "visitor", locale="zh")
    '62位访客'
    """
    if locale == "zh":
        return f"{number:,}{''.join(_NOUNS_ZH[noun])}"
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {plural or _plural(noun)}"


def measured(number: int, noun: str) -> str:
    """Return a count with the Chinese measure word of a noun, but without the noun.

    Examples
    --------
    >>> measured(62, "visitor") + "到达"
    '62位到达'
    """
    return f"{number:,}{_NOUNS_ZH[noun][0]}"


def is_known(value: Any) -> bool:
    """Return whether a number is there: neither None nor NaN."""
    return value is not None and bool(value == value)


def percent(share: float | None, _: Any = None) -> str:
    """Return a share as per cent of three significant digits, whole ones above 1000; a dash where it is unknown.

    The second argument is the tick that axes pass.

    Examples
    --------
    >>> percent(0.125), percent(0.98765), percent(0.000012), percent(-0.0), percent(None)
    ('12.5%', '98.8%', '0.0012%', '0%', '–')
    """
    return f"{three_digits(100 * share)}%" if share is not None and is_known(share) else UNKNOWN


def thousands(value: float, _: Any = None, *, locale: str = "en") -> str:
    """Return a number in short: 1.2k, 3.4M; in Chinese by ten thousands.

    Examples
    --------
    >>> thousands(1200), thousands(3_400_000), thousands(-12)
    ('1.2k', '3.4M', '-12')
    >>> thousands(1200, locale="zh"), thousands(3_400_000, locale="zh")
    ('1200', '340万')
    """
    units = ((1e8, "亿"), (1e4, "万")) if locale == "zh" else ((1e9, "G"), (1e6, "M"), (1e3, "k"))
    for unit, sign in units:
        if abs(value) >= 0.9995 * unit:  # what rounds up to the unit is written in it
            return f"{three_digits(value / unit)}{sign}"
    return three_digits(value)


def three_digits(value: float) -> str:
    """Return a number of three significant digits, of all before the point, and without an exponent.

    Examples
    --------
    >>> three_digits(1234.5), three_digits(0.12345), three_digits(0.0000123)
    ('1234', '0.123', '0.0000123')
    """
    if abs(value) >= 999.5:
        return f"{value:.0f}"
    short = f"{value + 0.0:.3g}"  # no -0
    digits, _, exponent = short.partition("e-")
    places = len(digits.partition(".")[2]) + int(exponent or 0)
    return f"{float(short):.{places}f}" if exponent else short


def join_words(words: Sequence[str], *, locale: Locale = "en", conjunction: Literal["and", "or"] = "and") -> str:
    """Return words as a list in a sentence.

    Examples
    --------
    >>> join_words(["a", "b", "c"]), join_words(["a", "b"], conjunction="or"), join_words(["a"])
    ('a, b and c', 'a or b', 'a')
    >>> join_words(["甲", "乙", "丙"], locale="zh")
    '甲、乙和丙'
    """
    comma = ", " if locale == "en" else "、"
    last = f" {conjunction} " if locale == "en" else {"and": "和", "or": "或"}[conjunction]
    return last.join(filter(None, (comma.join(words[:-1]), *words[-1:])))


def join_sentences(sentences: Iterable[str], *, locale: Locale = "en") -> str:
    """Return sentences as one text: with spaces between them in English, without in Chinese."""
    return (" " if locale == "en" else "").join(sentences)


def quote_names(names: Sequence[object], *, most: int = 10) -> str:
    """Return the first names for an error, in quotation marks where they are text.

    Examples
    --------
    >>> quote_names(["a", "b", 3], most=3), quote_names(["a", "b", "c"], most=2)
    ("'a', 'b', 3", "'a', 'b', …")
    """
    return ", ".join(map(repr, names[:most])) + (", …" if len(names) > most else "")


def near_names(name: str, names: Iterable[str], *, most: int = 3, cutoff: float = 0.6) -> list[str]:
    """Return the names that are nearest to one that is not there, whatever their case, spaces and underscores.

    Parameters
    ----------
    cutoff : float in [0, 1]
        Least likeness, as :func:`difflib.get_close_matches` has it.

    Examples
    --------
    >>> near_names("CustomerID", ["customer_id", "order_id", "amount"])
    ['customer_id']
    """
    bare = {_bare(candidate): candidate for candidate in names}
    return [bare[match] for match in get_close_matches(_bare(name), bare, n=most, cutoff=cutoff)]


def shorten(text: str, width: int) -> str:
    """Return as much of a text as there is room for; a Chinese character is two wide.

    Examples
    --------
    >>> shorten("view_item_list", 20), shorten("view_item_list", 10), shorten("春季新款连衣裙", 10)
    ('view_item_list', 'view_item…', '春季新款…')
    """
    ends = list(accumulate(2 if east_asian_width(letter) in "WF" else 1 for letter in text))
    return text if not ends or ends[-1] <= width else text[: bisect(ends, width - 1)].rstrip() + "…"


def did_you_mean(name: str, names: Iterable[str], *, most: int = 3, cutoff: float = 0.6, before: str = "; ") -> str:
    """Return a question for the end of an error that names something unknown, nothing where no name is near.

    Examples
    --------
    >>> "no column 'amuont'" + did_you_mean("amuont", ["amount", "order_id"])
    "no column 'amuont'; did you mean 'amount'?"
    >>> did_you_mean("colour", ["amount"])
    ''
    """
    near = near_names(name, names, most=most, cutoff=cutoff)
    return f"{before}did you mean {join_words([*map(repr, near)], conjunction='or')}?" if near else ""


def duration_in_words(duration: Duration | str | timedelta, locale: Locale = "en") -> str:
    """Return a length of time in words; a timedelta in its largest unit up to days.

    Examples
    --------
    >>> duration_in_words("30d"), duration_in_words("30d", "zh"), duration_in_words("1mo", "zh")
    ('30 days', '30天', '1个月')
    >>> duration_in_words(timedelta(minutes=90)), duration_in_words(timedelta(days=1), "zh")
    ('90 minutes', '1天')
    """
    written = duration.text if isinstance(duration, Duration) else duration
    match = re.fullmatch(r"([0-9]+)([a-z]+)", written) if isinstance(written, str) else None
    if match:
        return _in_unit(int(match[1]), match[2], locale)
    length = duration.exact if isinstance(duration, Duration) else duration
    assert isinstance(length, timedelta)
    unit = next((name for name, one in _LENGTHS.items() if not length % one), None)
    return str(length) if unit is None else _in_unit(length // _LENGTHS[unit], unit, locale)


def within_in_words(duration: Duration | str | timedelta, locale: Locale = "en") -> str:
    """Return a limit of time in words.

    Examples
    --------
    >>> within_in_words("30d"), within_in_words("30d", "zh")
    ('within 30 days', '30天内')
    """
    words = duration_in_words(duration, locale)
    return f"within {words}" if locale == "en" else f"{words}内"


def _in_unit(number: int, unit: str, locale: Locale) -> str:
    english, chinese = _TIME_UNITS[unit]
    return counted(number, english) if locale == "en" else f"{number:,}{chinese}"


def _plural(noun: str) -> str:
    if noun.endswith("y") and noun[-2:-1] not in "aeiou":
        return noun[:-1] + "ies"
    return noun + ("es" if noun.endswith(("s", "x", "ch", "sh")) else "s")


def _bare(name: str) -> str:
    return name.replace("_", "").replace(" ", "").lower()
