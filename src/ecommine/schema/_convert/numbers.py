"""Numbers and money as text: which texts are a number for certain, and the steps that make each a number.

A text is read where only one number can be meant: "1,234.50", "￥99", "20.0 EUR", "(20.00)", "1 234". Where a comma may
be the decimal mark ("7,50") or a separator of thousands ("1,234"), the caller says which, by ``decimal=``.
"""

import re
from functools import lru_cache

NUMBER_REGEX = r"[ \t]*[+-]?(?:[0-9]+(?:[.][0-9]*)?|[.][0-9]+)(?:[eE][+-]?[0-9]+)?[ \t]*"
"""A number as Python writes it. Each library by itself would read some other texts too ("5d", "1_000", "0x1F")."""

DECIMAL_MARKS = (".", ",")

_CODES = (
    "AED|ARS|AUD|BDT|BGN|BHD|BND|BOB|BRL|CAD|CHF|CLP|CNH|CNY|COP|CRC|CZK|DKK|DOP|DZD|EGP|EUR|GBP|GEL|GHS|HKD|HRK|HUF|"
    "IDR|ILS|INR|ISK|JOD|JPY|KES|KRW|KWD|KZT|LBP|LKR|MAD|MMK|MOP|MXN|MYR|NGN|NOK|NPR|NZD|OMR|PEN|PHP|PKR|PLN|PYG|QAR|"
    "RMB|RON|RSD|RUB|SAR|SEK|SGD|THB|TND|TRY|TWD|UAH|USD|UYU|UZS|VND|XAF|XOF|ZAR"
)
_SIGNS = "€£¥￥₹₩₽₺₫฿₴₪₱"
_ABBREVIATIONS = "kr|rs|fr|руб|р"  # with a dot, which is no decimal mark
_WORDS = f"(?i:{_CODES}|(?:{_ABBREVIATIONS})[.]?|zł|kč|ft|lei|лв)"
_CURRENCY = f"(?:{_WORDS}|[A-Z]{{0,2}}[$]|[{_SIGNS}]|元|円|圆|人民币)"
_BLANK = "[ \t\u00a0\u202f\u2009\u3000]*"
_SIGN = "[+\u2212-]"
_GROUPS = "[1-9][0-9]{0,2}(?:[ '’\u00a0\u202f\u2009][0-9]{3})+"

ABBREVIATION_REGEX = f"(?i:{_ABBREVIATIONS})[.]"
"""An abbreviated currency, whose dot is no decimal mark."""

NEGATIVE_REGEX = "[(\u2212-]"
"""What makes a number negative: a minus sign before or behind it, or brackets around it."""


@lru_cache(maxsize=16)
def number_regex(decimal: str | None, *, is_money: bool) -> str:
    """Return the pattern of texts that are one number for certain; money may carry the sign or code of a currency.

    Examples
    --------
    >>> money = re.compile(number_regex(None, is_money=True))
    >>> [text for text in ("1,234.50", "￥99", "(20.00)", "7,50", "1,234", "5d") if money.fullmatch(text)]
    ['1,234.50', '￥99', '(20.00)']
    """
    number = _european() if decimal == "," else _american(thousands=decimal == ".")
    currency = f"(?:{_CURRENCY}{_BLANK})?" if is_money else ""
    after = f"(?:{_BLANK}{_CURRENCY})?" if is_money else ""
    before = f"(?:{_SIGN}{_BLANK}{currency}|{currency}(?:{_SIGN}{_BLANK})?)"
    forms = (f"{before}{number}{after}", f"{currency}{_without_bare_mark(number)}{after}{_BLANK}[\u2212-]")
    in_brackets = f"{currency}[(]{_BLANK}{currency}{number}{after}{_BLANK}[)]{after}"
    return f"{_BLANK}(?:{'|'.join((*forms, in_brackets))}){_BLANK}"


def _without_bare_mark(number: str) -> str:
    """Return the pattern of numbers with a digit at their end: the sign in "20,-" says that there are no cents."""
    return number.replace("[.][0-9]*)?", "[.][0-9]+)?").replace(",[0-9]*)?", ",[0-9]+)?")


def _american(*, thousands: bool) -> str:
    sure = "[1-9][0-9]{0,2}(?:,[0-9]{3}){2,}|[1-9][0-9]?(?:,[0-9]{2})+,[0-9]{3}"  # thousands, and lakhs
    one = "[1-9][0-9]{0,2},[0-9]{3}"
    whole = f"(?:[0-9]+|{_GROUPS}|{sure})(?:[.][0-9]*)?"
    return f"(?:{whole}|{one}{'(?:[.][0-9]*)?' if thousands else '[.][0-9]+'}|[.][0-9]+)"


def _european() -> str:
    return f"(?:(?:[0-9]+|{_GROUPS}|[1-9][0-9]{{0,2}}(?:[.][0-9]{{3}})+)(?:,[0-9]*)?|,[0-9]+)"


def read_number(text: str, decimal: str | None, *, is_money: bool) -> float | None:
    """Return the number that a text is, None where it is none for certain.

    Examples
    --------
    >>> read_number("EUR 1.234,50", ",", is_money=True), read_number("20.00-", None, is_money=True)
    (1234.5, -20.0)
    """
    if decimal != "," and re.fullmatch(NUMBER_REGEX, text):
        return float(text)
    if not re.fullmatch(number_regex(decimal, is_money=is_money), text):
        return None
    mark = decimal or "."
    digits = re.sub(f"[^0-9{mark}]", "", re.sub(ABBREVIATION_REGEX, "", text)).replace(",", ".")
    return -float(digits) if re.search(NEGATIVE_REGEX, text) else float(digits)


def currency_of(text: str) -> str:
    """Return the sign or code of the currency in a money text, "" where it has none; one name for each currency.

    Examples
    --------
    >>> currency_of("￥99"), currency_of("20.0 EUR"), currency_of("12.00")
    ('CNY', 'EUR', '')
    """
    found = re.search(_CURRENCY, text)
    return _ONE_NAME.get(found[0].upper().rstrip("."), found[0].upper()) if found else ""


_ONE_NAME = {
    "€": "EUR", "£": "GBP", "¥": "CNY", "￥": "CNY", "元": "CNY", "RMB": "CNY", "CNH": "CNY", "人民币": "CNY",
    "圆": "CNY", "₹": "INR", "RS": "INR", "$": "USD", "US$": "USD", "₩": "KRW", "₽": "RUB", "РУБ": "RUB",
    "Р": "RUB", "円": "JPY", "HK$": "HKD", "A$": "AUD", "C$": "CAD", "R$": "BRL", "ZŁ": "PLN", "KČ": "CZK",
    "FT": "HUF", "LEI": "RON",
}  # fmt: skip

THREE_DECIMALS_REGEX = "(?:^|[^0-9.,])[1-9][0-9]{0,2}[.][0-9]{3}(?:[^0-9.,]|$)"
"""A number that is a decimal in one country and thousands in the next."""


def advice_of_export(text: str, decimal: str | None = None) -> str:
    """Return what to do about a text that is no number in an export.

    Examples
    --------
    >>> advice_of_export("1.010,00")
    "a comma is the decimal mark there: give `decimal=','`"
    """
    if decimal != "," and re.fullmatch(number_regex(",", is_money=True), text):
        return "a comma is the decimal mark there: give `decimal=','`"
    if decimal == "," and re.fullmatch(number_regex(".", is_money=True), text):
        return "a dot is the decimal mark there: give `decimal='.'`"
    return "correct it, or leave its order out of the file"


def advice_of_number(examples: list[str], decimal: str | None) -> str:
    """Return what to do about texts that are no numbers, by what they look like.

    Examples
    --------
    >>> advice_of_number(["7,50", "1.234,50"], None)
    "give `decimal=','`, since a comma is the decimal mark of numbers such as '7,50'"
    """

    def fits(text: str, mark: str) -> bool:
        return re.fullmatch(number_regex(mark, is_money=True), text) is not None

    for text in examples:
        comma, dot = fits(text, ","), fits(text, ".")
        if decimal is None and comma and dot:
            continue
        if decimal != "," and comma:
            return f"give `decimal=','`, since a comma is the decimal mark of numbers such as {text!r}"
        if decimal == "," and dot:
            return f"give `decimal='.'`, since a dot is the decimal mark of numbers such as {text!r}"
    unsure = [text for text in examples if fits(text, ",") and fits(text, ".")]
    if decimal is None and unsure:
        return (
            f"{unsure[0]!r} may be thousands or decimals: give `decimal='.'` for thousands, `decimal=','` for decimals"
        )
    return "correct the values, or take those rows out"
