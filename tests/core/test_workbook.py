"""Workbooks: what is in a cell, how it is shown, and how long a large sheet takes."""

import time
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO

import numpy as np
import pandas as pd
import pytest

from ecommine._core.output.headings import heading
from ecommine._core.output.workbook import workbook
from ecommine._core.results import for_excel

openpyxl = pytest.importorskip("openpyxl", reason="openpyxl is not installed")


def read(table, **how):
    return openpyxl.load_workbook(BytesIO(workbook({"table": for_excel(table)}, **how)))["table"]


def column(sheet, letter="A"):
    return [cell.value for cell in sheet[letter][1:]]


def test_every_kind_of_value_comes_back():
    frame = pd.DataFrame(
        {
            "text": ["茶 & <b>", " spaces ", None],
            "whole": pd.array([1, None, 3], dtype="Int64"),
            "number": [1.5, np.nan, np.inf],
            "flag": [True, False, True],
            "at": np.array(["2024-05-01T10:00:00", "NaT", "2024-05-02"], dtype="datetime64[us]"),
            "mixed": [Decimal("2.5"), date(2024, 5, 1), ["a", "b"]],
        }
    )
    sheet = read(frame)
    assert column(sheet, "A") == ["茶 & <b>", " spaces ", None]
    assert column(sheet, "B") == [1, None, 3]
    assert column(sheet, "C") == [1.5, None, None]
    assert column(sheet, "D") == [True, False, True]
    assert column(sheet, "E") == [datetime(2024, 5, 1, 10), None, datetime(2024, 5, 2)]
    assert column(sheet, "F") == [2.5, "2024-05-01", "a + b"]


@pytest.mark.parametrize(
    ("name", "values", "shown"),
    [
        ("customer_id", [1234, 5], "0"),
        ("orders", [1234, 5], "#,##0"),
        ("money", [1234.5678, 5.0], "#,##0.00"),
        ("share", [0.318, 0.2], "0.0%"),
        ("support", [0.004, 0.002], "0.00%"),
        ("leverage", [0.0039, 0.001], "0.0000"),
        ("mutual_information", [0.02, 0.0004, 0.5], "0.0000"),
        ("weight", [2e-6, 3e-5], "0.00E+00"),
        ("support", [2e-5, 3e-5], "0.0000%"),
        ("p_value", [0.04, 1e-23], "[<0.0001]0.0E+00;0.0000"),
        ("q_value", [0.5, 0.2], "[<0.0001]0.0E+00;0.0000"),
        ("rfm_score", [111, 555], "0"),
        ("antecedent", [1234, 5678], "0"),
        ("product_id", [1234.0, None], "0"),
        ("lift", [1.5, 40.0], "#,##0.00"),
        ("money", [0.01, 0.02, 5_000.0], "#,##0.00"),
    ],
)
@pytest.mark.parametrize("how", [{}, {"heading": heading}])
def test_numbers_are_shown_as_what_they_are_in_both_languages(name, values, shown, how):
    sheet = read(pd.DataFrame({name: values}), **how)
    assert {cell.number_format for cell in sheet["A"][1:]} == {shown}
    assert sheet["A1"].font.b
    assert sheet["A1"].value == (heading(name) if how else name)


def test_columns_are_as_wide_as_what_they_hold_and_headings_stay():
    sheet = read(pd.DataFrame({"n": [1], "title": ["茶" * 12], "long": ["x" * 500]}))
    widths = [sheet.column_dimensions[letter].width for letter in "ABC"]
    assert widths == [10, 26, 60]
    assert sheet.freeze_panes == "A2"


def test_names_of_sheets_are_those_that_excel_takes():
    table = pd.DataFrame({"n": [1]})
    names = openpyxl.load_workbook(BytesIO(workbook({"a/b": table, "A B": table, "x" * 40: table}))).sheetnames
    assert names == ["a b", "A B 2", "x" * 31]


def test_a_large_sheet_takes_seconds():
    rng = np.random.default_rng(0)
    n = 26_000  # a tenth of the 260,000 customers that take ten seconds at most
    frame = pd.DataFrame({f"number {i}": rng.random(n) for i in range(10)} | {"segment": "champions", "id": range(n)})
    begin = time.process_time()
    workbook({"customers": frame})
    assert time.process_time() - begin < 3.0  # with room for a busy machine
