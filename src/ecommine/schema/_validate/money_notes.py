"""Money: several currencies in one column, thousands that look like decimals, discounts of the wrong sign."""

from collections.abc import Mapping

import narwhals.stable.v2 as nw

from ..._core.frames import Frame, collect
from ..._core.notes import Note
from ..._core.texts import counted, quote_names
from .._convert.numbers import NUMBER_REGEX, THREE_DECIMALS_REGEX, currency_of
from .._convert.objects import holds_objects, object_type_of
from .._convert.plan import RAW, TypePlan

_CURRENCIES = 30
"""Spellings of currencies that are looked at."""


def written_numbers(frame: Frame, plan: TypePlan) -> dict[str, bool]:
    """Return the columns of numbers that were text, and whether they are money."""
    types = frame.collect_schema()
    return {
        name: conversion.is_money
        for name, conversion in plan.conversions.items()
        if conversion.operation == "number" and types[RAW + name] == nw.String and holds_texts(frame, RAW + name)
    }


def holds_texts(frame: Frame, name: str) -> bool:
    """Return whether a column of text holds any; pandas before 3 has texts as objects, and columns of nothing too."""
    return not holds_objects(frame, name) or object_type_of(frame, name) == "string"


def number_flags(frame: Frame, plan: TypePlan) -> dict[str, nw.Expr]:
    """Return the conditions whose rows are counted: numbers with a dot, those with three decimals, other than plain."""
    flags = {}
    for name in written_numbers(frame, plan):
        text = nw.col(RAW + name)
        flags[f"{name} dotted"] = text.str.contains("[0-9][.][0-9]").fill_null(value=False)
        flags[f"{name} three"] = text.str.contains(THREE_DECIMALS_REGEX).fill_null(value=False)
        flags[f"{name} written"] = ~text.str.contains(f"^(?:{NUMBER_REGEX})$").fill_null(value=True)
    return flags


def read_before_flags(plan: TypePlan) -> dict[str, nw.Expr]:
    """Return the conditions whose rows are counted: numbers of columns read before that have a fraction, or none."""
    flags = {}
    for name in plan.read_before:
        value = nw.col(name)
        flags[f"{name} fraction"] = ~value.is_null() & (value != value.floor()).fill_null(value=False)
        flags[f"{name} missing"] = value.is_null()
        flags[f"{name} above zero"] = (value.abs() > 0).fill_null(value=False)
    return flags


def read_before_notes(plan: TypePlan, counts: Mapping[str, int]) -> list[Note]:
    """Return a note of numbers that no `decimal=` can read again; whole ones beside missing ones had no mark."""
    names = [
        name
        for name in plan.read_before
        if counts[f"{name} fraction"] or (counts[f"{name} above zero"] and not counts[f"{name} missing"])
    ]
    if not names:
        return []
    has = "holds" if len(names) == 1 else "hold"
    text = (
        f"`decimal=','` has no effect on {quote_names(names)}, which {has} numbers already: if the reader of the file "
    )
    text += "took 1.250 for one and a quarter, read the file again with its columns as text, such as dtype=str"
    return [Note(text, code="decimal_without_effect", count=len(names))]


def three_decimals(frame: Frame, plan: TypePlan) -> dict[str, nw.Expr]:
    """Return for each column of numbers whose decimal mark is not given which rows have three digits behind a dot."""
    return {
        name: nw.col(RAW + name).str.contains(THREE_DECIMALS_REGEX).fill_null(value=False)
        for name in written_numbers(frame, plan)
        if plan.conversions[name].decimal is None
    }


def unsure_thousands(frame: Frame, plan: TypePlan, counts: Mapping[str, int]) -> list[str]:
    """Return a problem for each column in which every dot may separate thousands."""
    return [
        f"`{name}` has three digits behind every dot, which may be thousands: give `decimal='.'` if 1.234 is between 1 "
        "and 2, `decimal=','` if it is more than a thousand"
        for name in written_numbers(frame, plan)
        if plan.conversions[name].decimal is None and counts[f"{name} three"] == counts[f"{name} dotted"] > 0
    ]


def currency_notes(frame: Frame, plan: TypePlan, counts: Mapping[str, int]) -> list[Note]:
    """Return a note for each column of money that carries the signs of several currencies."""
    notes = []
    for name, is_money in written_numbers(frame, plan).items():
        if not (is_money and counts[f"{name} written"]):
            continue
        signs = nw.col(RAW + name).str.replace_all("[0-9.,'’ \t\u00a0\u202f()+\u2212-]", "")
        sizes = frame.select(sign=signs).group_by("sign").agg(n=nw.len())
        rows = sizes.sort("n", "sign", descending=[True, False]).head(_CURRENCIES)
        written = collect(rows)["sign"].drop_nulls().to_list()
        found = sorted({currency_of(sign) for sign in written} - {""})
        if len(found) > 1:
            text = (
                f"{len(found)} currencies in `{name}` ({quote_names(found)}): their money cannot be added up, convert "
            )
            notes.append(Note(f"{text}it to one currency first", code="several_currencies", count=len(found)))
    return notes


def sign_flags(frame: Frame) -> dict[str, nw.Expr]:
    """Return the condition whose rows are counted: discounts below zero on lines that are no returns."""
    names = frame.collect_schema().names()
    if "discount" not in names:
        return {}
    sold = nw.col("quantity") if "quantity" in names else nw.col("amount")
    return {"discount negative": ((nw.col("discount") < 0) & (sold >= 0)).fill_null(value=False)}


def sign_notes(frame: Frame, counts: Mapping[str, int]) -> list[Note]:
    """Return a note of discounts below zero, which raise what a line costs."""
    count = counts.get("discount negative", 0)
    if not count:
        return []
    names = frame.collect_schema().names()
    is_used = {"quantity", "unit_price"} <= set(names)
    raised = ", and raises the amount where that is computed" if is_used else ""
    text = f"{counted(count, 'line')} with a negative `discount`: a reduction is positive here{raised}; turn the sign"
    return [Note(text, code="discounts_negative", count=count)]
