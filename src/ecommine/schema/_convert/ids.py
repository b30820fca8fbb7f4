"""Ids as text: what is mended because only one thing can be meant, and what kinds of mending there are."""

from typing import Any

import narwhals.stable.v2 as nw

from ..._core.frames import Frame

MENDED = "__mended__"
"""Prefix of the columns that tell how each id was mended."""

EMPTY, NOBODY, TRIMMED, WITHOUT_FRACTION, ROUNDED = 1, 2, 3, 4, 5
"""How an id was mended: empty text or a word such as NULL became missing; blanks, capitals of an e-mail, or ".0" went.
A rounded id ("1.23457E+12") stays as it is: what it stood for is lost."""

_WORDS = "null|nan|none|nat|n/a|#n/a|<na>|\\(null\\)|\\\\n|nil|undefined|\\(not set\\)|\\(none\\)"
_BLANKS = "[ \t\r\n\u00a0\u3000]"
_UNSEEN = "[\u00ad\u200b-\u200f\u2060\ufeff]"
"""Characters without width, which forms and byte order marks leave anywhere in a text."""
_NOBODY_REGEX = f"^(?:(?i:{_WORDS}))$"
_EMAIL_REGEX = "^[^@ ]+@[^@ ]+[.][^@ ]+$"
_WITH_FRACTION_REGEX = "^[0-9]+[.]0$"
ROUNDED_REGEX = "^[0-9](?:[.,][0-9]+)?[eE][+][0-9]+$|^[0-9]{15}000+$"
"""What a spreadsheet leaves of a long number: powers of ten, or zeros behind the fifteenth digit."""
MASKED_REGEX = "[＊●•]|[*]{2,}|^[*]|[*]$|[^0-9][*][^0-9]|[*]@|^[+]?[0-9]{2,}[xX]{3,}[0-9]*$"
"""What a system has masked: 张**, 王*明, t●b, 138****1234, 138xxxx1234; "12*34" may be a code."""
_SUSPECT_REGEX = (
    f"^{_BLANKS}|{_BLANKS}$|^$|^(?:(?i:{_WORDS}))$|^[0-9]+[.]0$|{ROUNDED_REGEX}|^=\"|^'[0-9]|@.*[.]|{_UNSEEN}"
)


def needs_mending(frame: Frame, name: str) -> bool:
    """Return whether a column of texts may hold ids to mend; a table that is not in memory may always."""
    if not isinstance(frame, nw.DataFrame):
        return True
    texts = frame.select(nw.col(name)).unique(maintain_order=False).filter(~nw.col(name).is_null())
    return bool(len(texts)) and bool(texts.select(_holds(nw.col(name), _SUSPECT_REGEX).any()).item())


def mended(column: nw.Expr, *, nullable: bool) -> nw.Expr:
    """Return ids without blanks around them, e-mails in small letters, whole numbers without ".0", NULL as missing."""
    text = _trimmed(column)
    lowered = nw.when(_holds(text, _EMAIL_REGEX)).then(text.str.to_lowercase()).otherwise(text)
    whole = nw.when(_holds(text, _WITH_FRACTION_REGEX)).then(text.str.replace_all("[.]0$", "")).otherwise(lowered)
    is_nobody = _holds(text, _NOBODY_REGEX)
    if nullable:
        is_nobody = is_nobody | (text == "").fill_null(value=False)
    return nw.when(~is_nobody).then(whole)


def kind_of_mending(column: nw.Expr, *, nullable: bool) -> nw.Expr:
    """Return how an id is mended, 0 where it is not."""
    text, kinds = _trimmed(column), nw.lit(0)
    after = mended(column, nullable=nullable)
    changed = ~column.is_null() & ~after.is_null() & (after != column).fill_null(value=False)
    empty = (text == "").fill_null(value=False)
    rules: list[tuple[Any, int]] = [
        (changed, TRIMMED),
        (_holds(text, ROUNDED_REGEX), ROUNDED),
        (_holds(text, _WITH_FRACTION_REGEX), WITHOUT_FRACTION),
        (_holds(text, _NOBODY_REGEX), NOBODY),
        *([(empty, EMPTY)] if nullable else []),
    ]
    kind: Any = kinds
    for condition, number in rules:
        kind = nw.when(condition).then(nw.lit(number)).otherwise(kind)
    return kind  # type: ignore[no-any-return]  # an expression in every case


def _trimmed(column: nw.Expr) -> nw.Expr:
    text = column.str.replace_all(_UNSEEN, "").str.replace_all(f"^{_BLANKS}+|{_BLANKS}+$", "")
    is_kept = _holds(text, '^=".*"$|^\'[0-9]+$')  # which keeps a spreadsheet from reading a number
    return nw.when(is_kept).then(text.str.replace_all('^="|"$|^\'', "")).otherwise(text)


def _holds(column: nw.Expr, regex: str) -> nw.Expr:
    return column.str.contains(regex).fill_null(value=False)
