"""The slow, obvious version of what can be wrong: one row and one value at a time, in plain Python."""

import math
import re
from collections import Counter
from datetime import datetime
from typing import Any

import pandas as pd

from ecommine.schema import TABLES, Column

NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
SIGNED_MONEY = re.compile(r"€([0-9]+)")
"""Money with the sign of a currency: the one such text that the strategies draw."""


def missing(value: Any) -> bool:
    return value is None or value is pd.NaT or (isinstance(value, float) and math.isnan(value))


def exact(number: float) -> bool:
    return number.is_integer() and abs(number) < 2**53


def reasons(table: str, frame: pd.DataFrame, held: dict[str, str]) -> list[set[str]]:
    """List the reasons of every row."""
    declared = TABLES[table]
    computed = table == "orders" and "amount" not in frame
    copies = Counter(frame[declared.unique]) if declared.unique else Counter()
    floats = held.get(declared.unique) == "float"
    rows = []
    for row in frame.to_dict("records"):
        found = set()
        for column in declared.columns:
            if column.name in frame:
                needed = not column.nullable or (computed and column.name in ("quantity", "unit_price"))
                found |= {
                    f"{column.name} {words}" for words in _of_value(column, row, needed, held[column.name], table)
                }
        key = row[declared.unique] if declared.unique else None
        if not missing(key) and copies[key] > 1 and (not floats or exact(key)):
            found.add(f"{declared.unique} is repeated")
        rows.append(found)
    return rows


def _of_value(column: Column, row: dict[str, Any], needed: bool, held: str, table: str) -> list[str]:
    value = row[column.name]
    if missing(value):
        if column.name == "amount" and table == "orders" and _has_product(row):
            return []
        return ["is missing"] if needed else []
    if column.kind in ("number", "money", "share"):
        return _of_number(column, value, held)
    if column.kind == "id":
        if value == "":
            return [] if column.nullable else ["is empty text"]
        return [] if held != "float" or exact(value) else ["is a float that is not an exact id"]
    if column.kind == "time":
        inside = datetime(1970, 3, 1) <= value < datetime(2100, 1, 1)
        return [] if inside else ["is before 1970-03-01 or after 2099"]
    if column.kind == "choice":
        return [] if value in column.choices else [f"is none of {', '.join(column.choices)}"]
    if column.kind == "boolean":
        return [] if value in (0, 1) else ["is not 0 or 1"]
    return ["is empty text"] if needed and value == "" else []


def _of_number(column: Column, value: Any, held: str) -> list[str]:
    if held == "written":
        read = _read(value, column.kind)
        if read is None:
            return ["is not a number"]
        value = read
    low, high = (0, 1) if column.kind == "share" else (column.low, column.high)
    if math.isinf(value):
        return ["is infinite"]
    if low is not None and value < low:
        return [f"is below {low:g}"]
    return [f"is above {high:g}"] if high is not None and value > high else []


def _read(text: str, kind: str) -> float | None:
    money = SIGNED_MONEY.fullmatch(text) if kind == "money" else None
    if money:
        return float(money[1])
    return float(text) if NUMBER.fullmatch(text.strip()) else None


def _has_product(row: dict[str, Any]) -> bool:
    """Tell whether quantity x unit_price is there to take the place of a missing amount."""
    for name, kind in (("quantity", "number"), ("unit_price", "money")):
        value = row.get(name)
        if missing(value) or (isinstance(value, str) and _read(value, kind) is None):
            return False
    return True
