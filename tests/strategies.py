"""Hypothesis strategies for every canonical table, made from its declaration.

``tables("orders")`` draws valid raw tables: any choice of optional columns, ids as numbers or as text, guests and other
missing values, text of any script. ``broken("orders")`` draws tables whose columns have readable types and values that
may be wrong in every way that a column of that type can be wrong.
"""

import re
import unicodedata
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import assume
from hypothesis import strategies as st

from ecommine.schema import TABLES, Column, Table
from ecommine.schema._convert.ids import _SUSPECT_REGEX, MASKED_REGEX
from ecommine.schema._validate.shared_ids import _WORDS_REGEX

CHINESE = ("连衣裙", "手机壳 黑色", "č 数据", "🛒", 'O\'Neil; "x"', "%s {0} \\n")
FIRST, LAST = datetime(1970, 3, 1), datetime(2099, 12, 31, 23, 59, 59, 999_999)
EXACT = 2**53 - 1

letters = st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Zl", "Zp"))
words = st.text(letters, min_size=1, max_size=8) | st.sampled_from(CHINESE)
BLANKS = " \t\r\n\u00a0\u3000\u200b\ufeff"
codes = words.map(lambda text: text.strip(BLANKS)).filter(
    lambda text: (
        text
        and not any(re.search(regex, text) for regex in (_SUSPECT_REGEX, _WORDS_REGEX, MASKED_REGEX))
        and not any(unicodedata.category(sign) == "Cf" for sign in text)
        and "@" not in text
    )
)
"""Ids that nothing has to be mended of."""
times = st.datetimes(FIRST, LAST)
whole = st.integers(-EXACT, EXACT)


def numbers(low: float | None, high: float | None) -> st.SearchStrategy[float]:
    low, high = -1e9 if low is None else low, 1e9 if high is None else high
    return st.floats(low, high, allow_nan=False, allow_subnormal=False)


def as_column(kind: str, values: list[Any]) -> np.ndarray:
    """Make a NumPy column as pandas would: missing numbers are NaN, missing text is None."""
    missing = any(value is None for value in values)
    if kind == "time":
        return np.array(["NaT" if value is None else value for value in values], dtype="datetime64[us]")
    if kind == "whole" and not missing:
        return np.array(values, dtype=np.int64)
    if kind in ("whole", "float"):
        return np.array([np.nan if value is None else value for value in values], dtype=np.float64)
    if kind == "boolean" and not missing:
        return np.array(values, dtype=bool)
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column


def _valid_values(column: Column) -> st.SearchStrategy[tuple[str, st.SearchStrategy[Any]]]:
    """Draw how a column is held, and the strategy of its values."""
    low, high = (0.0, 1.0) if column.kind == "share" else (column.low, column.high)
    if column.name == "discount":  # a negative one is told in a warning
        low = 0.0
    floats = ("float", numbers(low, high))
    counts = ("whole", st.integers(-1_000 if low is None else int(low), 10_000 if high is None else int(high)))
    of_kind = {
        "id": [("whole", whole), ("text", codes)],
        "number": [floats, counts],
        "money": [floats, counts],
        "share": [floats],
        "time": [("time", times)],
        "text": [("text", words)],
        "choice": [("text", st.sampled_from(column.choices or ("",)))],
        "boolean": [("boolean", st.booleans())],
    }
    return st.sampled_from(of_kind[column.kind])


@st.composite
def chosen_columns(draw: st.DrawFn, table: Table) -> list[Column]:
    """Choose the columns of a raw table: the required ones and some others, in any order."""
    asked = {column.name for column in table.columns if column.required}
    asked |= set(draw(st.sampled_from(table.either))) if table.either else set()
    optional = [name for name in table.names if name not in asked]
    asked |= set(draw(st.lists(st.sampled_from(optional), unique=True, max_size=5))) if optional else set()
    return draw(st.permutations([column for column in table.columns if column.name in asked]))


@st.composite
def tables(draw: st.DrawFn, name: str, *, min_rows: int = 0, max_rows: int = 8) -> pd.DataFrame:
    """Draw a raw table that its reader must accept as it is."""
    table, rows = TABLES[name], draw(st.integers(min_rows, max_rows))
    columns = draw(chosen_columns(table))
    names = {column.name for column in columns}
    frame = {}
    for column in columns:
        held, values = draw(_valid_values(column))
        asked = not column.nullable or (column.name in ("quantity", "unit_price") and "amount" not in names)
        if not asked:
            values = st.none() | values
        unique = column.name == table.unique or (name, column.name) == ("orders", "order_id")  # see `order_notes`
        drawn = draw(st.lists(values, min_size=rows, max_size=rows, unique=unique))
        if column.name == "currency":  # of several, which are told in a warning, none is a valid table's
            one = next((value for value in drawn if value is not None), None)
            drawn = [None if value is None else one for value in drawn]
        frame[column.name] = as_column(held, drawn)
    drawn_table = pd.DataFrame(frame)
    assume(name != "events" or not drawn_table.duplicated().any())  # copies are told in a warning
    return drawn_table


_MARKERS = [datetime(1899, 12, 30), datetime(1970, 1, 1), datetime(2100, 1, 1), datetime(2262, 1, 1)]
_NUMBERS = ["12.5", " 3 ", "-4", "1e2", "+.5", "7."]
_NO_NUMBERS = ["n/a", "1,000", "12,5", "€5", "5d", "0x10", "1_0", "inf", "nan", "١٢", "１２", "--1", "1e", "True"]
_WRITTEN = st.sampled_from([*_NUMBERS, *_NO_NUMBERS])
_FLOATS = st.floats(-1e9, 1e9) | st.sampled_from([np.inf, -np.inf, -0.0, 0.5, 1.5, 6.0])
_FLOAT_IDS = st.sampled_from([1.0, 2.0, 3.5, -7.0, float(2**53), float(2**62), float(EXACT), np.inf])


def _any_values(column: Column) -> st.SearchStrategy[tuple[str, st.SearchStrategy[Any]]]:
    """Draw how a column is held, and a strategy whose values may be wrong."""
    number = [
        ("float", _FLOATS),
        ("written", _WRITTEN),
        ("whole", st.integers(-5, 3_000)),
    ]
    of_kind = {
        "id": [("whole", st.integers(0, 3)), ("text", st.sampled_from(["a", "b", "", "很"])), ("float", _FLOAT_IDS)],
        "number": number,
        "money": number,
        "share": number[:2],
        "time": [("time", times | st.sampled_from(_MARKERS))],
        "text": [("text", st.sampled_from(["", "x", "很好"]))],
        "choice": [("text", st.sampled_from([*column.choices, "Product", "", "物品"]))],
        "boolean": [("boolean", st.booleans()), ("whole", st.integers(-1, 2))],
    }
    return st.sampled_from(of_kind[column.kind])


@st.composite
def broken(draw: st.DrawFn, name: str, *, max_rows: int = 8) -> tuple[pd.DataFrame, dict[str, str]]:
    """Draw a raw table with wrong values, a column ``row`` that numbers its rows, and how each column is held."""
    table, rows = TABLES[name], draw(st.integers(1, max_rows))
    frame: dict[str, Any] = {"row": np.arange(rows)}
    held = {}
    for column in draw(chosen_columns(table)):
        held[column.name], values = draw(_any_values(column))
        if held[column.name] == "boolean" or draw(st.booleans()):
            values = st.none() | values if held[column.name] != "whole" else values
        drawn = draw(st.lists(values, min_size=rows, max_size=rows))
        if column.kind == "id" and all(value == "" for value in drawn):
            drawn[0] = "a"  # a column of nothing but empty text is an error of the table, not of its rows
        frame[column.name] = as_column(held[column.name], drawn)
    return pd.DataFrame(frame), held
