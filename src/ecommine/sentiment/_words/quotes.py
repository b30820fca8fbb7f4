"""Quotes from reviews: a clause, with telephone numbers and addresses of accounts masked."""

import re

MASK = "***"
MAX_QUOTE = 120
"""Characters."""
# A telephone number has seven digits or more; prices and sizes have fewer.
_NUMBER = re.compile(r"(?:\+|[(（]\s?)?\d(?:[\s\-–—.·()（）]{0,2}\d){6,}")
_CHINESE_NUMBER = re.compile(r"[零〇一二三四五六七八九幺两壹贰叁肆伍陆柒捌玖]{7,}")
_ACCOUNT = re.compile(
    r"[\w.+-]+@[\w-]+\.[\w.]+|"
    r"(?<![A-Za-z])(?:微信号?|VX|V信|wechat|whatsapp|QQ|扣扣)\s*(?:id|号)?\s*[:：]?\s*[A-Za-z0-9_-]{5,}",
    re.IGNORECASE,
)


def mask_contacts(text: str) -> str:
    """Return a text with ``***`` for telephone numbers, e-mail addresses and accounts of messengers.

    Examples
    --------
    >>> mask_contacts("Call +49 170 123 4567, 3 of 2024"), mask_contacts("加微信 abc_12345，电话１３８００１３８０００")
    ('Call ***, 3 of 2024', '加***，电话***')
    """
    return _CHINESE_NUMBER.sub(MASK, _NUMBER.sub(MASK, _ACCOUNT.sub(MASK, text)))


def quote(text: str) -> str:
    """Return a clause as it is quoted: masked, and cut where it is long.

    Examples
    --------
    >>> quote("x" * 200)[-2:], len(quote("x" * 200))
    ('x…', 121)
    """
    masked = mask_contacts(text)
    return masked if len(masked) <= MAX_QUOTE else masked[:MAX_QUOTE] + "…"
