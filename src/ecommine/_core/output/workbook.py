"""Workbooks of Excel, written row by row: a sheet of a million rows needs the memory of ten thousand.

The file is Office Open XML (ECMA-376): a zip of one XML file per sheet, whose cells hold numbers and texts in place.
The packages that write such files take three to ten times as long, since they look at every cell by itself.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from io import BytesIO
from typing import TYPE_CHECKING, Any
from unicodedata import east_asian_width
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

_CHUNK = 10_000
"""Rows that are made at once."""
_SAMPLE = 500
"""Rows whose texts decide how wide a column is."""
_NARROWEST, _WIDEST = 10, 60
_TINY = "0.00E+00"
_CHANCE = "[<0.0001]0.0E+00;0.0000"
_FORMATS = (
    "General", "0", "#,##0", "#,##0.00", "0.0%", "0.00%", "0.0000%", "0.0000", _TINY, _CHANCE, "yyyy-mm-dd",
    "yyyy-mm-dd hh:mm:ss",
)  # fmt: skip
_HEAD = len(_FORMATS)
SMALL_SHARE, SMALL_NUMBER = 0.02, 0.1
"""Shares and numbers that need more decimals; a thousandth of them needs more still."""
_LARGE = 100
"""Beside numbers from here on, small ones are shown with two decimals all the same."""
_SHARES = re.compile(
    r"(^|_)(share|conversion|support|confidence|rate|chance|abandonment|recovery|recovered|lost|observed|probability)(_|$)"
)
_CHANCES = re.compile(r"(^|_)[pq]_value$")
_IDS = re.compile(r"(_id|_code|_score|^year|_year|^product(_[ab])?|^antecedents?|^consequents?|^substitute)$")
_DAY = np.timedelta64(1, "D").astype("timedelta64[us]").astype(np.int64)
_FIRST_DAY = np.datetime64("1899-12-30", "us")
_RESERVED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
"""An underscore that Excel would read as the beginning of an escaped character."""
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_DOCUMENT = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


def workbook(sheets: "Mapping[str, pd.DataFrame]", heading: Callable[[str], str] = str) -> bytes:
    """Return the file of a workbook: bold headings that stay in sight, columns as wide as their values.

    ``heading`` gives the heading of a column, whose own name tells how its numbers are shown.

    The tables hold numbers, times, truth values, texts and what is missing; see `for_excel` of results.
    """
    content = BytesIO()
    names = _sheet_names(list(sheets))
    with ZipFile(content, "w", ZIP_DEFLATED, compresslevel=4) as book:
        for name, text in _scaffold(names).items():
            book.writestr(name, _XML + text)
        for number, table in enumerate(sheets.values(), start=1):
            with book.open(f"xl/worksheets/sheet{number}.xml", "w", force_zip64=True) as sheet:
                for text in _sheet(table, heading):
                    sheet.write(text.encode("utf-8"))
    return content.getvalue()


def _sheet_names(names: list[str]) -> list[str]:
    """Return names that Excel takes: without some signs, of at most 31 characters, each once."""
    taken: list[str] = []
    for name in names:
        short = re.sub(r"[\[\]:*?/\\]", " ", name)[:31] or "table"
        number = 1
        while short.lower() in {other.lower() for other in taken}:
            number += 1
            short = f"{short[:27]} {number}"
        taken.append(short)
    return taken


def _scaffold(names: list[str]) -> dict[str, str]:
    """Return the parts of the file beside its sheets."""
    numbers = range(1, len(names) + 1)
    office = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    parts = "".join(
        f'<Override PartName="/xl/worksheets/sheet{i}.xml" ContentType="{office}.worksheet+xml"/>' for i in numbers
    )
    sheets = "".join(
        f'<sheet name="{escape(name, {chr(34): "&quot;"})}" sheetId="{i}" r:id="rId{i}"/>'
        for i, name in zip(numbers, names, strict=True)
    )
    links = "".join(
        f'<Relationship Id="rId{i}" Type="{_DOCUMENT}/worksheet" Target="worksheets/sheet{i}.xml"/>' for i in numbers
    )
    return {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
        f'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" '
        f'ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="{office}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{office}.styles+xml"/>{parts}</Types>',
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{_DOCUMENT}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_DOCUMENT}"><sheets>{sheets}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">{links}<Relationship '
        f'Id="rId{len(names) + 1}" Type="{_DOCUMENT}/styles" Target="styles.xml"/></Relationships>',
        "xl/styles.xml": _styles(),
    }


def _styles() -> str:
    formats = "".join(
        f'<numFmt numFmtId="{164 + i}" formatCode="{escape(text)}"/>'
        for i, text in enumerate(_FORMATS)
        if text != "General"
    )
    cells = "".join(
        f'<xf numFmtId="{164 + i if text != "General" else 0}" fontId="0" fillId="0" borderId="0" xfId="0" '
        'applyNumberFormat="1"/>'
        for i, text in enumerate(_FORMATS)
    )
    head = '<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/>'
    plain = '<xf numFmtId="0" fontId="0" fillId="0" borderId="0"/>'
    font = '<sz val="11"/><name val="Calibri"/><family val="2"/>'
    return (
        f'<styleSheet xmlns="{_MAIN}"><numFmts count="{len(_FORMATS) - 1}">{formats}</numFmts>'
        f'<fonts count="2"><font>{font}</font><font><b/>{font}</font></fonts>'
        '<fills count="2"><fill><patternFill patternType="none"/></fill>'
        '<fill><patternFill patternType="gray125"/></fill></fills>'
        '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
        f'<cellStyleXfs count="1">{plain}</cellStyleXfs><cellXfs count="{_HEAD + 1}">{cells}{head}</cellXfs>'
        '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
    )


def _sheet(table: "pd.DataFrame", heading: Callable[[str], str]) -> Iterator[str]:
    """Yield the parts of a sheet."""
    letters = [_letters(number) for number in range(table.shape[1])]
    columns = [table.iloc[:, number] for number in range(table.shape[1])]
    styles = [_FORMATS.index(_format_of(str(name), column)) for name, column in zip(table, columns, strict=True)]
    widths = "".join(
        f'<col min="{i}" max="{i}" width="{_width(heading(str(name)), column)}" customWidth="1"/>'
        for i, (name, column) in enumerate(zip(table, columns, strict=True), start=1)
    )
    pane = '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
    yield f'{_XML}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">{pane}</sheetView></sheetViews>'
    yield f"<cols>{widths}</cols><sheetData>" if widths else "<sheetData>"
    names = [heading(str(name)) for name in table]
    heads = (f'<c r="{letter}1" s="{_HEAD}"{_text(name)}' for letter, name in zip(letters, names, strict=True))
    yield f'<row r="1">{"".join(heads)}</row>'
    for start in range(0, len(table), _CHUNK):
        rows = range(start + 2, min(start + _CHUNK, len(table)) + 2)
        parts = [
            _cells(column.iloc[start : start + _CHUNK], letter, style, rows)
            for column, letter, style in zip(columns, letters, styles, strict=True)
        ]
        yield "".join(
            f'<row r="{row}">{"".join(cells)}</row>' for row, cells in zip(rows, zip(*parts, strict=True), strict=True)
        )
    yield "</sheetData></worksheet>"


def _cells(column: "pd.Series[Any]", letter: str, style: int, rows: range) -> list[str]:
    """Return the cells of some rows of a column; none for what is missing."""
    known = column.notna().to_numpy(dtype=bool)
    values: Sequence[Any]
    if column.dtype.kind == "M":
        values = _serials(column)
    elif column.dtype.kind in "iuf":
        values = column.to_numpy(dtype=object, na_value=0).tolist()
    else:
        return [
            _cell(value, letter, row) if there else "" for value, row, there in zip(column, rows, known, strict=True)
        ]
    begin = f'<c r="{letter}'
    middle = f'" s="{style}"><v>'
    if column.dtype.kind == "f":
        known = known & np.isfinite(column.to_numpy(dtype=float, na_value=np.nan))
    return [
        f"{begin}{row}{middle}{value}</v></c>" if there else ""
        for value, row, there in zip(values, rows, known.tolist(), strict=True)
    ]


def _cell(value: object, letter: str, row: int) -> str:
    """Return one cell of a column of various values."""
    begin = f'<c r="{letter}{row}"'
    if isinstance(value, (bool, np.bool_)):
        return f'{begin} t="b"><v>{int(value)}</v></c>'
    if isinstance(value, (int, float, np.number)) or type(value).__name__ == "Decimal":
        return f"{begin}><v>{value}</v></c>" if np.isfinite(float(value)) else ""  # type: ignore[arg-type]  # a number
    return begin + _text(str(value))


def _text(text: str) -> str:
    kept = ' xml:space="preserve"' if text[:1].isspace() or text[-1:].isspace() else ""
    return f' t="inlineStr"><is><t{kept}>{escape(_RESERVED.sub("_x005F_", text))}</t></is></c>'


def _serials(column: "pd.Series[Any]") -> list[float]:
    """Return times as Excel counts them, in days."""
    naive = column.dt.tz_localize(None) if getattr(column.dtype, "tz", None) is not None else column
    times = naive.to_numpy(dtype="datetime64[us]", na_value=np.datetime64("NaT", "us"))
    micros = (np.where(np.isnat(times), _FIRST_DAY, times) - _FIRST_DAY).astype(np.int64)
    return np.asarray(micros / _DAY).round(9).tolist()  # type: ignore[no-any-return]  # of floats


def _format_of(name: str, column: "pd.Series[Any]") -> str:
    """Return how the numbers of a column are shown."""
    kind = column.dtype.kind
    if kind == "M":
        known = column.dropna()
        return "yyyy-mm-dd" if len(known) and bool((known == known.dt.normalize()).all()) else "yyyy-mm-dd hh:mm:ss"
    if kind in "iu":
        return "0" if _IDS.search(name) else "#,##0"
    if kind != "f":
        return "General"
    if _CHANCES.search(name):
        return _CHANCE
    values = np.abs(column.dropna().to_numpy(dtype=float))
    values = values[(values > 0) & np.isfinite(values)]
    middle, largest = (np.median(values), values.max()) if len(values) else (1.0, 1.0)
    if _IDS.search(name) and bool((values == np.floor(values)).all()):  # with some missing
        return "0"
    if _SHARES.search(name) and largest <= 1:
        return "0.0%" if middle >= SMALL_SHARE else "0.00%" if middle >= SMALL_SHARE / 100 else "0.0000%"
    if middle >= SMALL_NUMBER or largest >= _LARGE:
        return "#,##0.00"
    return "0.0000" if middle >= SMALL_NUMBER / 100 else _TINY


def _width(name: str, column: "pd.Series[Any]") -> int:
    """Return how many characters wide a column must be to be read."""
    if column.dtype.kind == "M":
        longest = 19
    elif column.dtype.kind in "iuf":
        numbers = column.dropna().to_numpy(dtype=float)
        largest = np.abs(numbers[np.isfinite(numbers)]).max(initial=0.0)
        longest = len(f"{largest:,.2f}") + 1
    else:
        longest = max((_wide(str(value)) for value in column.head(_SAMPLE).dropna()), default=0)
    return min(max(_wide(name), longest, _NARROWEST - 2) + 2, _WIDEST)


def _wide(text: str) -> int:
    """Return the width of a text in characters; a Chinese one counts twice."""
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)


def _letters(number: int) -> str:
    """Return the name of a column: A, B, …, Z, AA.

    Examples
    --------
    >>> _letters(0), _letters(26), _letters(701)
    ('A', 'AA', 'ZZ')
    """
    text = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        text = chr(65 + rest) + text
    return text
