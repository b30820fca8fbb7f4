"""Suggestions made from the data: which format its times have, which unit its counts."""

import itertools
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from math import isfinite

import narwhals.stable.v2 as nw

from ..._core.frames import Frame, collect
from .formats import EPOCHS, EXCEL, EXCEL_1904, EXCEL_1970
from .time_texts import BLANKS, ISO, ISO_REGEX, ISO_ZONED_REGEX, time_regex

_DATES = (
    "%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y%m%d",
    "%d %b %Y", "%d-%b-%Y", "%b %d, %Y", "%b %d %Y", "%B %d, %Y", "%d %B %Y", "%Y年%m月%d日",
)  # fmt: skip
_CLOCKS = ("%H:%M", "%H:%M:%S", "%H:%M:%S.%f", "%I:%M %p", "%I:%M:%S %p", "%I:%M%p", "%H时%M分%S秒")
_CHINESE = tuple(f"%Y年%m月%d日{blank}%p{clock}" for blank in (" ", "") for clock in ("%I:%M", "%I:%M:%S", "%I时%M分"))
_ZONES = ("", "%z", " %z", " UTC", " GMT")
_SHORT_YEAR = re.compile(r"[0-9]{1,2}([./ -])(?:[0-9]{1,2}|[A-Za-z]{3})\1[0-9]{2}(?![0-9])")
SWAPPED = (
    "a spreadsheet made dates of those texts that it could read, and may have swapped their day and month: export the "
    "file again, and read the column as text"
)
"""What to do about dates, or days that a spreadsheet counts, beside texts."""
_SAMPLE = 1_000
"""Texts that a suggestion looks at."""
_FROM, _TO = (datetime(year, 1, 1, tzinfo=UTC).timestamp() for year in (1995, 2100))
"""Seconds between which the times of a shop are."""


def all_formats() -> list[str]:
    """Return the formats that are tried, the commonest first."""
    clocks = [""] + [f"{sign}{clock}" for sign in (" ", "T", ", ", "") for clock in _CLOCKS]
    zoned = [(clock, zone) for clock in clocks for zone in (_ZONES if clock else ("",))]
    both = [date + clock + zone for date, (clock, zone) in itertools.product(_DATES, zoned)]
    return [*both, "%Y%m%d%H%M", "%Y%m%d%H%M%S", "%Y/%m/%d %p %I:%M", "%Y/%m/%d %p %I:%M:%S", *_CHINESE]


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    """Return the pattern of each format, compiled once: there are more of them than ``re`` keeps."""
    return {name: re.compile(time_regex(name)) for name in all_formats()}


def formats_of(texts: Sequence[str]) -> Mapping[tuple[str, ...], list[str]]:
    """Return the fewest groups of texts of one format: the formats that all of a group have, and its texts.

    Texts of no known format are under the empty tuple.

    Examples
    --------
    >>> formats_of(["2024-05-01", "05/13/2024"])
    {('%Y-%m-%d',): ['2024-05-01'], ('%m/%d/%Y',): ['05/13/2024']}
    >>> list(formats_of(["05/01/2024"]))
    [('%d/%m/%Y', '%m/%d/%Y')]
    """
    left = list(dict.fromkeys(text.strip(BLANKS) for text in texts))
    groups: dict[tuple[str, ...], list[str]] = {}
    while left:
        matches = {name: [text for text in left if regex.fullmatch(text)] for name, regex in _patterns().items()}
        most = max(map(len, matches.values()))
        iso = [text for text in left if re.fullmatch(ISO_REGEX, text)]
        if not most and not iso:
            groups[()] = left
            break
        chosen = iso if len(iso) > most else next(found for found in matches.values() if len(found) == most)
        names = (ISO,) if len(iso) > most else tuple(name for name, found in matches.items() if found == chosen)
        groups[names[:2]] = chosen
        left = [text for text in left if text not in set(chosen)]
    return groups


def describe_texts(texts: Sequence[str]) -> str:
    """Return what to do about texts that are times, or seem to be.

    Examples
    --------
    >>> describe_texts(["2024-05-01"])
    "give `format='%Y-%m-%d'`"
    """
    groups = formats_of(texts)
    known = {names: found for names, found in groups.items() if names}
    if not known:
        short = next((text for text in texts if _SHORT_YEAR.match(text.strip())), None)
        if short is not None:
            return f"write years with four digits: {short!r} has two"
        return "give `format=`, such as format='%Y-%m-%d %H:%M:%S'"
    if any(_is_day_of_excel(text) for text in groups.get((), [])):
        return SWAPPED
    if len(groups) == 1:
        return f"give `format={' or '.join(map(repr, next(iter(known))))}`"
    kinds = [
        f"{' or '.join(map(repr, names)) or 'of no known format'} ({found[0]!r})" for names, found in groups.items()
    ]
    return f"it mixes formats, read each kind by itself: {', '.join(kinds[:4])}"


def _is_day_of_excel(text: str) -> bool:
    return re.fullmatch("[0-9]{5}([.][0-9]+)?", text) is not None and _in_range((float(text) - EXCEL_1970) * 86_400)


def _in_range(seconds: float) -> bool:
    return _FROM <= seconds < _TO


def describe_counts(counts: Sequence[float]) -> str:
    """Return the format of numbers that count time, or seem to be times.

    Examples
    --------
    >>> describe_counts([1433221332117]), describe_counts([45296.377])
    ("give `format='unix_ms'`", "give `format='excel'`, or 'excel1904' where the workbook counts from 1904")
    >>> describe_counts([1.4e18])
    "they count nanoseconds: divide them by 1,000 and give `format='unix_us'`"
    """
    known = [count for count in counts if isfinite(count)]
    units = [unit for unit, micros in EPOCHS.items() if known and all(_FROM <= n * micros / 1e6 < _TO for n in known)]
    if units:
        return f"give `format={units[0]!r}`"
    of_each = {unit: [n for n in known if _in_range(n * micros / 1e6)] for unit, micros in EPOCHS.items()}
    mixed = {unit: found for unit, found in of_each.items() if found}
    if len(mixed) > 1 and sum(map(len, mixed.values())) == len(known):
        kinds = ", ".join(f"{unit!r} ({found[0]:.0f})" for unit, found in mixed.items())
        return f"it mixes units, bring them to one first: {kinds}"
    if known and all(_FROM <= n / 1e9 < _TO for n in known):
        return "they count nanoseconds: divide them by 1,000 and give `format='unix_us'`"
    if known and all(_FROM <= (n - EXCEL_1970) * 86_400 < _TO for n in known):
        return f"give `format={EXCEL!r}`, or {EXCEL_1904!r} where the workbook counts from 1904"
    for name in ("%Y%m%d", "%Y%m%d%H%M", "%Y%m%d%H%M%S"):
        if known and all(n == int(n) and re.fullmatch(time_regex(name), str(int(n))) for n in known):
            return f"give `format={name!r}`"
    return f"give `format=`, one of {', '.join(map(repr, (*EPOCHS, EXCEL, EXCEL_1904)))}"


def sample(frame: Frame, name: str) -> list[object]:
    """Return the first values of a column that are not missing."""
    column = frame.select(nw.col(name)).filter(~nw.col(name).is_null())
    if column.implementation.is_polars():  # 1.20 cannot take the head of filtered tables that were stacked
        return list(collect(column).head(_SAMPLE)[name].to_list())
    return list(collect(column.head(_SAMPLE))[name].to_list())


def advice_without_format(frame: Frame, name: str) -> str:
    """Return the format that a column of texts or numbers needs, from its first values."""
    return describe_values(sample(frame, name))


def describe_values(values: Sequence[object]) -> str:
    """Return the format that texts or numbers need; text of nothing but digits may count time too."""
    texts = [str(value) for value in values]
    if any("," in text for text in texts) and all(re.fullmatch("[0-9]+(,[0-9]+)?", text.strip()) for text in texts):
        advice = describe_values([text.replace(",", ".") for text in texts])
        return (
            advice.replace(", or", " and `decimal=','`, or", 1) if ", or" in advice else f"{advice} and `decimal=','`"
        )
    try:
        numbers = [float(text) for text in texts]
    except ValueError:
        return describe_texts([str(value) for value in values])
    advice = describe_counts(numbers)
    is_day = "%Y%m%d" in advice and all(isinstance(value, str) for value in values)
    return describe_texts([str(value) for value in values]) if is_day else advice


def count_zones(frame: Frame, name: str) -> tuple[int, int]:
    """Count the texts of ISO 8601 with a zone and those without."""
    zoned = nw.col(name).str.contains(ISO_ZONED_REGEX).fill_null(value=False)
    known = ~nw.col(name).is_null() & (nw.col(name) != "").fill_null(value=False)
    flags = frame.select(zoned=(zoned & known).cast(nw.Int64), naive=(~zoned & known).cast(nw.Int64))
    sums = collect(flags.select(nw.col("zoned").sum(), nw.col("naive").sum()))
    with_zone, without = (int(sums[column].to_list()[0] or 0) for column in ("zoned", "naive"))
    return with_zone, without
