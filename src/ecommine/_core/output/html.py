"""HTML that notebooks show of definitions: a title, notes, and a small table."""

from collections.abc import Iterable, Sequence
from html import escape


def html_table(title: str, headings: Sequence[str], rows: Iterable[Sequence[object]], notes: Iterable[str] = ()) -> str:
    """Return a titled table as HTML.

    Examples
    --------
    >>> html_table("Funnel", ["step"], [["a < b"]])
    '<p><b>Funnel</b></p><table><thead><tr><th>step</th></tr></thead><tbody><tr><td>a &lt; b</td></tr></tbody></table>'
    """
    head = "".join(f"<th>{escape(heading)}</th>" for heading in headings)
    cells = ("".join(f"<td>{escape('' if value is None else str(value))}</td>" for value in row) for row in rows)
    body = "".join(f"<tr>{row}</tr>" for row in cells)
    listed = "".join(f"<li>{escape(note)}</li>" for note in notes)
    told = f"<ul>{listed}</ul>" if listed else ""
    return f"<p><b>{escape(title)}</b></p>{told}<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
