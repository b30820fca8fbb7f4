"""Limits of Excel: nothing is half written, and nothing is cut in silence."""

from datetime import date
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from ecommine._core import results
from ecommine._core.results import MAX_CHARACTERS, check_path, check_sheets, for_excel


@pytest.mark.parametrize("n", [MAX_CHARACTERS, MAX_CHARACTERS + 1])
def test_texts_are_cut_with_a_note(n):
    table = pd.DataFrame({"title": ["x" * n, "a"]})
    codes = [(note.code, note.count) for note in check_sheets({"table": table})]
    assert codes == ([] if n == MAX_CHARACTERS else [("texts_cut", 1)])
    assert len(for_excel(table)["title"][0]) == MAX_CHARACTERS


def test_lists_that_are_long_as_text_count_as_cut():
    table = pd.DataFrame({"items": [["y" * 20_000, "z" * 20_000], ["a"]]})
    assert [note.count for note in check_sheets({"table": table})] == [1]


@pytest.mark.parametrize("shape", [(4, 2), (3, 3)])
def test_a_table_beyond_a_sheet_is_refused(monkeypatch, shape):
    monkeypatch.setattr(results, "MAX_ROWS", 3)
    monkeypatch.setattr(results, "MAX_COLUMNS", 2)
    assert list(check_sheets({"fits": pd.DataFrame(np.ones((3, 2)))})) == []
    with pytest.raises(ValueError, match=r"holds 3 rows and 2 columns.*'customers'.*`tables\['customers'\]`"):
        list(check_sheets({"customers": pd.DataFrame(np.ones(shape))}))


def test_values_that_excel_has_no_cell_for_become_text():
    values = [{"a": 1}, date(2024, 5, 1), Decimal("1.5"), 10**16, True, None, b"x", "\ud800a\x07"]
    table = for_excel(pd.DataFrame({"value": pd.Series(values, dtype=object)}))
    assert table["value"].tolist() == [
        "{'a': 1}",
        date(2024, 5, 1),
        Decimal("1.5"),
        str(10**16),
        True,
        None,
        "b'x'",
        "a",
    ]


@pytest.mark.parametrize("path", [5, None, b"x.xlsx", ["a"], "", "a\x00b", "\ud800"])
def test_no_paths(path):
    with pytest.raises((TypeError, ValueError), match="`path` must be the path of a file"):
        check_path(path)
