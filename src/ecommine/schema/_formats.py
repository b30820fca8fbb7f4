"""Formats of times written as text: Python's strptime directives, and what other engines call them."""

EPOCHS = {"unix_s": 1_000_000, "unix_ms": 1_000, "unix_us": 1}
"""Formats of times that are counted since 1970-01-01 UTC, and the microseconds of one count."""

_JAVA = {
    "%Y": "yyyy", "%y": "yy", "%m": "MM", "%d": "dd", "%H": "HH", "%I": "hh", "%M": "mm", "%S": "ss",
    "%f": "SSSSSS", "%p": "a", "%b": "MMM", "%B": "MMMM", "%z": "xx", "%j": "DDD", "T": "'T'", "Z": "'Z'",
}  # fmt: skip


def chrono(pattern: str) -> str:
    """Translate to Polars, which writes the dot of a fraction inside the directive.

    Examples
    --------
    >>> chrono("%H:%M:%S.%f")
    '%H:%M:%S%.f'
    """
    return pattern.replace(".%f", "%.f")


def java(pattern: str) -> str:
    """Translate to Spark's date-time pattern.

    Examples
    --------
    >>> java("%d.%m.%Y %H:%M")
    'dd.MM.yyyy HH:mm'
    """
    for ours, theirs in _JAVA.items():
        pattern = pattern.replace(ours, theirs)
    return pattern


def sql_text(text: str) -> str:
    """Quote a text for SQL.

    Examples
    --------
    >>> sql_text("o'clock")
    "'o''clock'"
    """
    return "'" + text.replace("'", "''") + "'"
