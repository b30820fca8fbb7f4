"""Notes of ids that are text: how many were mended, and which look as if a spreadsheet had broken them."""

from collections.abc import Mapping

import narwhals.stable.v2 as nw

from ..._core.frames import Frame, collect
from ..._core.notes import Note
from ..._core.texts import counted
from .._convert.ids import EMPTY, MENDED, NOBODY, ROUNDED, TRIMMED, WITHOUT_FRACTION
from .._convert.plan import RAW, TypePlan

_CODES = ("customer_id", "product_id")
"""Ids that people type, so that capitals may differ by accident; those of machines tell capitals apart."""
_SHOWN = 3
_BY_CHANCE = 0.01
"""Share of long ids that end in three zeros though nobody has rounded them, with room."""


def id_flags(plan: TypePlan) -> dict[str, nw.Expr]:
    """Return the conditions whose rows are counted, by the name of the column and the kind of mending."""
    return {
        f"{name} {kind}": (nw.col(MENDED + name) == kind)
        for name in plan.mended
        for kind in (EMPTY, NOBODY, TRIMMED, WITHOUT_FRACTION, ROUNDED)
    }


def rounded_numbers(frame: Frame, names: tuple[str, ...]) -> dict[str, nw.Expr]:
    """Return the conditions whose rows are counted: ids that are numbers of 18 digits or more, of which 3 are zeros."""
    types = frame.collect_schema()
    whole = [name for name in names if name.endswith("_id") and types[name] == nw.Int64]
    return {
        f"{name} rounded": ((nw.col(name) >= 10**17) & (nw.col(name) - (nw.col(name) // 1000) * 1000 == 0)).fill_null(
            value=False
        )
        for name in whole
    }


def rounded_number_notes(counts: Mapping[str, int], rows: int) -> list[Note]:
    """Return a note for each column of which more numbers end in zeros than by chance, one in a thousand."""
    notes = []
    for name, count in counts.items():
        if name.endswith(" rounded") and count > _BY_CHANCE * rows:
            text = f"{counted(count, 'value')} of `{name.removesuffix(' rounded')}` end in zeros behind the fifteenth "
            text += "digit, as a spreadsheet leaves them, so that different ids became one; export the table again "
            notes.append(Note(f"{text}with it as text", code="ids_rounded", count=count))
    return notes


def id_uniques(frame: Frame, names: tuple[str, ...]) -> dict[str, nw.Expr]:
    """Return the columns whose different values are counted: codes as they are, and in small letters."""
    types = frame.collect_schema()
    codes = [name for name in _CODES if name in names and types[name] == nw.String]
    as_they_are = {f"{name} as is": nw.col(name) for name in codes}
    return as_they_are | {f"{name} small": nw.col(name).str.to_lowercase() for name in codes}


def id_notes(frame: Frame, plan: TypePlan, counts: Mapping[str, int]) -> list[Note]:
    """Return the notes of mended ids, by the counts of `id_flags` and `id_uniques`."""
    notes = []
    for name in plan.mended:
        missing = counts[f"{name} {EMPTY}"] + counts[f"{name} {NOBODY}"]
        if missing:
            words = _examples(frame, name, (EMPTY, NOBODY))
            text = f"{counted(missing, 'value')} of `{name}` read as missing: {words}"
            notes.append(Note(text, code="ids_read_as_missing", count=missing))
        notes += _mended_notes(frame, name, counts)
    for name in _CODES:
        fewer = counts.get(f"{name} as is", 0) - counts.get(f"{name} small", 0)
        if fewer:
            pair = _spellings(frame, name)
            text = f"{counted(fewer, 'value')} of `{name}` {'differs' if fewer == 1 else 'differ'} from another one in "
            text += f"capitals only{pair}: they count as different; if they are one, write them alike first"
            notes.append(Note(text, code="ids_differ_in_capitals", count=fewer))
    return notes


def _mended_notes(frame: Frame, name: str, counts: Mapping[str, int]) -> list[Note]:
    lost = "rounded by a spreadsheet, so that different ids became one: {}; export the table again with it as text"
    texts = {
        TRIMMED: ("ids_trimmed", "read without blanks around them, e-mails in small letters: {}"),
        WITHOUT_FRACTION: ("ids_without_fraction", "read as whole numbers, without '.0': {}"),
        ROUNDED: ("ids_rounded", lost),
    }
    notes = []
    for kind, (code, text) in texts.items():
        if count := counts[f"{name} {kind}"]:
            sentence = f"{counted(count, 'value')} of `{name}` {text.format(_examples(frame, name, (kind,)))}"
            notes.append(Note(sentence, code=code, count=count))
    return notes


def _examples(frame: Frame, name: str, kinds: tuple[int, ...]) -> str:
    """Return the commonest raw values of these kinds with their counts."""
    rows = frame.filter(nw.col(MENDED + name).is_in(list(kinds))).select(raw=nw.col(RAW + name).cast(nw.String))
    table = collect(rows.group_by("raw").agg(n=nw.len()).sort("n", "raw", descending=[True, False]).head(_SHOWN + 1))
    pairs = list(zip(table["raw"].to_list(), table["n"].to_list(), strict=True))
    shown = [f"{raw!r} ({count:,})" for raw, count in pairs[:_SHOWN]]
    return ", ".join([*shown, "…"] if len(pairs) > _SHOWN else shown)


def _spellings(frame: Frame, name: str) -> str:
    """Return one id in two spellings."""
    distinct = frame.select(nw.col(name), small=nw.col(name).str.to_lowercase()).unique(subset=[name], keep="any")
    distinct = distinct.filter(~nw.col(name).is_null())
    sizes = distinct.group_by("small").agg(n=nw.len()).filter(nw.col("n") > 1).sort("small").head(1)
    found = collect(sizes)["small"].to_list()
    if not found:
        return ""
    both = sorted(collect(distinct.filter(nw.col("small") == found[0]))[name].to_list())
    return f", such as {both[0]!r} and {both[1]!r}"


def all_empty(plan: TypePlan, counts: Mapping[str, int], rows: int) -> list[str]:
    """Return a problem for each column of ids that holds nothing but empty text."""
    return [
        f"`{name}` is empty text in all {counted(rows, 'row')}: map another column, or give None where nobody is known"
        for name in plan.mended
        if rows and counts[f"{name} {EMPTY}"] == rows
    ]
