"""How a result is seen: twelve lines, escaped HTML, pandas, a workbook; a lazy table is never run to be shown."""

from dataclasses import dataclass
from typing import Any

import narwhals.stable.v2 as nw
import pandas as pd
import pytest

from ecommine._core.notes import Note
from ecommine._core.results import Result
from raw_orders import texts


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Shown(Result):
    table: Any
    other: Any = None
    notes: tuple[Note, ...] = ()
    headline: str = "as of 2024-05-01"

    @property
    def tables(self):
        return {"table": self.table, **({"other": self.other} if self.other is not None else {})}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class InTwoLanguages(Shown):
    def summary(self, *, locale="en"):
        return {"en": "two customers", "zh": "两位客户"}[locale]


def frame(rows=3):
    return pd.DataFrame({"segment": [f"s{i}" for i in range(rows)], "n": range(rows)})


@pytest.mark.parametrize("rows", [0, 1, 5, 1000])
@pytest.mark.parametrize("notes", [0, 3, 4, 30])
def test_a_repr_has_at_most_twelve_lines(library, rows, notes):
    result = Shown(table=library(frame(rows)), notes=tuple(Note(f"note {i}", code="x") for i in range(notes)))
    lines = repr(result).splitlines()
    assert len(lines) <= 12
    assert lines[0] == "Shown: as of 2024-05-01"
    assert lines[1 : 1 + min(notes, 3)] == [f"  note: note {i}" for i in range(min(notes, 3))]
    if notes > 3:
        assert lines[4] == f"  note: {notes - 3} more in .notes"
    assert lines[-1] == ("  lazy table with columns segment, n" if library.lazy else f"[{rows:,} rows]")


def test_wide_and_long_cells_do_not_break_the_lines():
    wide = pd.DataFrame({f"c{i}": ["x\ny " * 50] * 9 for i in range(40)})
    assert len(repr(Shown(table=wide)).splitlines()) <= 12


def test_showing_a_lazy_table_runs_no_query(library, monkeypatch):
    result = Shown(table=library(frame()))

    def refuse(*how, **more):
        raise AssertionError("a query ran")

    monkeypatch.setattr(nw.LazyFrame, "collect", refuse)
    shown = "segment, n" if library.lazy else "segment"
    assert shown in repr(result)
    assert shown in result._repr_html_()


def test_a_lazy_polars_table_that_would_fail_is_shown_all_the_same():
    pl = pytest.importorskip("polars", reason="polars is not installed")
    lazy = pl.LazyFrame({"a": ["x"]}).with_columns(b=pl.col("a").cast(pl.Int64))
    assert repr(Shown(table=lazy)).endswith("lazy table with columns a, b")


def test_html_is_escaped(library):
    evil = "<script>alert('x')</script>"
    table = library(pd.DataFrame({"title": texts(evil, "a & b")}))
    html = Shown(table=table, notes=(Note(evil, code="x"),), headline=evil)._repr_html_()
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    assert library.lazy or "a &amp; b" in html


def test_pandas_computes_what_is_lazy(library):
    out = Shown(table=library(frame())).to_pandas()
    assert isinstance(out, pd.DataFrame)
    assert out.sort_values("n")["segment"].tolist() == ["s0", "s1", "s2"]


def test_a_workbook_is_read_back(library, tmp_path):
    pytest.importorskip("openpyxl", reason="openpyxl is not installed")
    table = library(pd.DataFrame({"title": texts("连衣裙", "=1+1", None), "n": [1.5, 2.5, 3.5]}))
    guests = Note("2 guests were left out", code="guests_left_out", count=2)
    Shown(table=table, other=library(frame()), notes=(guests, "net of tax")).to_excel(tmp_path / "out.xlsx")
    sheets = pd.read_excel(tmp_path / "out.xlsx", sheet_name=None)
    assert list(sheets) == ["notes", "table", "other"]
    assert sheets["notes"].astype(object).fillna("").to_numpy().tolist() == [
        ["as of 2024-05-01", "", ""],
        ["2 guests were left out", "guests_left_out", 2],
        ["net of tax", "", ""],
    ]
    back = sheets["table"].sort_values("n")
    assert back["title"].tolist()[:2] == ["连衣裙", "=1+1"]
    assert back["title"].isna().tolist() == [False, False, True]
    assert back["n"].tolist() == [1.5, 2.5, 3.5]


@pytest.mark.parametrize("names", [{"1": "tea"}, {"ann": "Ann"}])
@pytest.mark.parametrize("column", ["product_id", "customer_id"])
def test_names_of_no_product_are_told(library, tmp_path, names, column):
    pytest.importorskip("openpyxl", reason="openpyxl is not installed")
    shown = Shown(table=library(pd.DataFrame({column: [1, 2]})))
    with pytest.warns(UserWarning, match="none of 1 names is of a product of this result") as caught:
        shown.to_excel(tmp_path / "out.xlsx", names=names)
    (told,) = (warning for warning in caught if hasattr(warning.message, "notes"))  # Spark warns of its own
    assert [(note.code, note.count) for note in told.message.notes] == [("names_without_products", 1)]
    assert told.filename == __file__
    assert pd.read_excel(tmp_path / "out.xlsx", sheet_name="notes")["code"].tolist()[1:] == ["names_without_products"]


def test_names_of_some_products_are_used_without_a_word(library, tmp_path):
    pytest.importorskip("openpyxl", reason="openpyxl is not installed")
    Shown(table=library(pd.DataFrame({"product_id": [1, 2]}))).to_excel(
        tmp_path / "out.xlsx", names={1: "tea", 9: "jam"}
    )
    assert pd.read_excel(tmp_path / "out.xlsx", sheet_name="table")["product_id"].astype(str).tolist() == ["tea", "2"]


def test_a_chinese_workbook_begins_with_chinese(tmp_path):
    pytest.importorskip("openpyxl", reason="openpyxl is not installed")
    shown = InTwoLanguages(table=pd.DataFrame({"product_id": [1], "share": [0.5]}))
    for locale, lines in (("zh", ["两位客户"]), ("en", ["as of 2024-05-01", "two customers"])):
        shown.to_excel(tmp_path / "out.xlsx", locale=locale)
        sheets = pd.read_excel(tmp_path / "out.xlsx", sheet_name=None)
        assert next(iter(sheets.values())).iloc[:, 0].tolist() == lines
        assert (next(iter(sheets)) == "说明") == (locale == "zh")


def test_a_title_that_begins_with_an_equals_sign_is_no_formula(tmp_path):
    openpyxl = pytest.importorskip("openpyxl", reason="openpyxl is not installed")
    Shown(table=pd.DataFrame({"title": ['=HYPERLINK("http://x")']})).to_excel(tmp_path / "out.xlsx")
    cell = openpyxl.load_workbook(tmp_path / "out.xlsx")["table"]["A2"]
    assert (cell.data_type, cell.value) == ("s", '=HYPERLINK("http://x")')


def test_a_workbook_keeps_long_ids_and_drops_control_characters(tmp_path):
    pytest.importorskip("openpyxl", reason="openpyxl is not installed")
    big = 1_234_567_890_123_456_789
    Shown(table=pd.DataFrame({"id": [big, -5], "name": ["a\x07b", "茶"], "n": [1, 2]})).to_excel(tmp_path / "out.xlsx")
    back = pd.read_excel(tmp_path / "out.xlsx", sheet_name="table")
    assert back["id"].map(int).tolist() == [big, -5]
    assert back["name"].tolist() == ["ab", "茶"]
    assert back["n"].tolist() == [1, 2]
