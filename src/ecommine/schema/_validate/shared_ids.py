"""Notes of ids that stand for several people: guests under one word, what a system has masked, one giant customer."""

from collections.abc import Mapping
from typing import Any

import narwhals.stable.v2 as nw

from ..._core.frames import Frame, collect
from ..._core.notes import Note
from ..._core.texts import counted
from .._convert.ids import MASKED_REGEX

_PEOPLE = ("customer_id", "visitor_id")
_WORDS = (
    "guests?|guest[-_ ]?(?:user|checkout|customer|order)|anonymous|anonymized|anonym|anon|unknown|redacted|deleted|"
    "no[-_ ]?(?:id|customer|user|account)|walk[-_ ]?in|cash[-_ ]?customer|gast|invité|"
    "0{8}-?0{4}-?0{4}-?0{4}-?0{12}|-+|0{2,}|"
    "游客|访客|匿名|匿名用户|匿名买家|散客|未知|无|空"
)
_WORDS_REGEX = f"^(?:(?i:{_WORDS}))$"
_SHOWN = 3
MIN_ROWS = 100
"""Rows of one customer from which they may be a giant."""
MIN_SHARE = 0.05
"""Share of all rows from which a customer is a giant, if that is also many times the average."""
TIMES_AVERAGE = 20
MIN_ZEROS = 20
"""Rows of the id 0 from which it is many guests rather than a number like others."""


def shared_flags(frame: Frame, names: tuple[str, ...]) -> dict[str, nw.Expr]:
    """Return the conditions whose rows are counted: ids that are a word for nobody, that are masked, that are 0."""
    types, flags = frame.collect_schema(), {}
    for name in _present(names):
        value = nw.col(name)
        if types[name] == nw.String:
            flags[f"{name} word"] = value.str.contains(_WORDS_REGEX).fill_null(value=False)
            flags[f"{name} masked"] = value.str.contains(MASKED_REGEX).fill_null(value=False)
            flags[f"{name} zero"] = (value == "0").fill_null(value=False)
        elif types[name].is_numeric():
            flags[f"{name} zero"] = (value == 0).fill_null(value=False)
    return flags


def shared_id_notes(frame: Frame, table: str, counts: Mapping[str, int], names: tuple[str, ...]) -> list[Note]:
    """Return the notes of ids that stand for several people, by the counts of `shared_flags`."""
    notes = []
    for name in _present(names):
        zero = counts.get(f"{name} zero", 0)
        is_nobody = zero >= MIN_ZEROS and not _is_numbered_from_zero(frame, name)
        told = counts.get(f"{name} word", 0) + (zero if is_nobody else 0)
        if told:
            value = nw.col(name).cast(nw.String)
            condition = value.str.contains(_WORDS_REGEX)
            words = _examples(frame, value, condition | value.is_in(["0", "0.0"]) if is_nobody else condition)
            text = f"{counted(told, 'row')} with a `{name}` that names nobody: {words}; each counts as one, who may be "
            notes.append(Note(f"{text}many: make them null if they are guests", code="ids_of_nobody", count=told))
        masked = counts.get(f"{name} masked", 0)
        if masked:
            words = _examples(frame, nw.col(name), nw.col(name).str.contains(MASKED_REGEX))
            text = f"{counted(masked, 'row')} with a `{name}` that is masked, which several people may share: {words}; "
            notes.append(Note(f"{text}map another column, or make them null", code="ids_masked", count=masked))
    if table == "orders" and not notes and isinstance(frame, nw.DataFrame):  # a lazy table is computed once
        notes += _giant(frame)
    return notes


def _present(names: tuple[str, ...]) -> list[str]:
    return [name for name in _PEOPLE if name in names]


def _is_numbered_from_zero(frame: Frame, name: str) -> bool:
    """Return whether ids are whole numbers without great gaps, so that 0 is the first of them."""
    value: Any = nw.col(name)
    if frame.collect_schema()[name] == nw.String:
        is_number = value.str.contains("^[0-9]{1,15}$").fill_null(value=False)
        if int(collect(frame.filter(~is_number & ~value.is_null()).select(n=nw.len()))["n"].to_list()[0]):
            return False
        value = nw.when(is_number).then(value)
    ids = frame.select(value.cast(nw.Float64).alias("id"))
    facts = collect(ids.select(most=nw.col("id").max(), different=nw.col("id").n_unique()))
    return float(facts["most"].to_list()[0] or 0) < 2 * int(facts["different"].to_list()[0])


def _examples(frame: Frame, value: nw.Expr, condition: nw.Expr) -> str:
    """Return the commonest of these ids with their counts."""
    rows = frame.select(id=value, found=condition.fill_null(value=False)).filter(nw.col("found"))
    sizes = rows.group_by("id").agg(n=nw.len()).sort("n", "id", descending=[True, False]).head(_SHOWN + 1)
    table = collect(sizes)
    pairs = list(zip(table["id"].to_list(), table["n"].to_list(), strict=True))
    shown = [f"{found!r} ({count:,})" for found, count in pairs[:_SHOWN]]
    return ", ".join([*shown, "…"] if len(pairs) > _SHOWN else shown)


def _giant(frame: nw.DataFrame[Any]) -> list[Note]:
    """Return a note of a customer who has far more rows than any person would."""
    if len(frame) < MIN_ROWS or "customer_id" not in frame.columns:
        return []
    known = frame.select("customer_id").filter(~nw.col("customer_id").is_null())
    sizes = known.group_by("customer_id").agg(n=nw.len())
    if not len(sizes):
        return []
    most = int(sizes["n"].max())
    if most < max(MIN_ROWS, MIN_SHARE * len(frame), TIMES_AVERAGE * len(known) / len(sizes)):
        return []
    giant = sizes.filter(nw.col("n") == most)["customer_id"].to_list()[0]
    text = f"{counted(most, 'row')} of one customer, {giant!r}, {most / len(frame):.0%} of all and "
    text += f"{most * len(sizes) / len(known):,.0f} times the average: if that is no person, make it null"
    return [Note(text, code="giant_customer", count=most)]
