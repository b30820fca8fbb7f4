"""Write ``src/ecommine/schema/_readers`` from the table declarations: ``python tools/write_readers.py``.

The readers are plain functions with one keyword for each column, so that editors complete them and type checkers catch
typos. A test holds the files to what this script writes.
"""

import textwrap
from pathlib import Path

from ecommine.schema import TABLES, Column, Table
from ecommine.schema._model.columns import KINDS

TARGET = Path(__file__).parents[1] / "src" / "ecommine" / "schema" / "_readers"

FILES = {
    "orders": ("Readers of what was sold: lines of orders, baskets alone.", ("orders", "baskets")),
    "events": ("Readers of what visitors do: events, and which visitor is which customer.", ("events", "links")),
    "catalogue": ("Readers of products, customers, and sales by period.", ("products", "customers", "sales")),
    "contacts": (
        "Readers of what shop and customers tell each other: reviews, experiments, marketing.",
        ("reviews", "assignments", "touches"),
    ),
    "supply": ("Readers of stock, purchases from suppliers, deliveries.", ("stock", "purchases", "deliveries")),
}
"""What each file says at its head, and the tables whose readers it holds."""

INIT = '''"""The readers: one function per canonical table, one keyword per column.

Written by ``tools/write_readers.py`` from the declarations in ``schema/_model/tables.py``; change those, then run it.
"""
'''

HEAD = '''"""{summary}

Written by ``tools/write_readers.py`` from the declarations in ``schema/_model/tables.py``; change those, then run it.
"""

{mapping}from typing import Literal

from narwhals.stable.v2.typing import IntoFrameT

from .._map.map import Check, Duplicates, map_table
'''

EXAMPLES = {
    "orders": """
        >>> raw = pd.DataFrame({"Order": [1, 1, 2], "Kunde": ["a", "a", None], "EUR": [9.5, 3.0, 4.0]})
        >>> raw["Datum"] = "2024-05-01"
        >>> schema.orders(raw, order_id="Order", customer_id="Kunde", ordered_at="Datum", amount="EUR",
        ...               format="%Y-%m-%d").dtypes.ordered_at
        dtype('<M8[us]')
        """,
    "baskets": """
        >>> raw = pd.DataFrame({"basket": [1, 1, 2], "item": ["a", "b", "a"]})
        >>> schema.baskets(raw, order_id="basket", product_id="item").columns.tolist()
        ['order_id', 'product_id']
        """,
    "events": """
        >>> raw = pd.DataFrame({"visitor": [7], "event": ["pv"], "ts": [1714521600]})
        >>> schema.events(raw, visitor_id="visitor", occurred_at="ts", format="unix_s",
        ...               timezone="Asia/Shanghai").occurred_at[0]
        Timestamp('2024-05-01 08:00:00')
        """,
    "links": """
        >>> raw = pd.DataFrame({"cookie": ["x"], "user": [1]})
        >>> schema.links(raw, visitor_id="cookie", customer_id="user")
          visitor_id  customer_id
        0          x            1
        """,
    "products": """
        >>> raw = pd.DataFrame({"sku": ["a", "b"], "price": [3, 4]})
        >>> schema.products(raw, product_id="sku").price.tolist()
        [3.0, 4.0]
        """,
    "customers": """
        >>> raw = pd.DataFrame({"id": [1, 2], "birth_year": [1980, 1990]})
        >>> schema.customers(raw, customer_id="id").columns.tolist()
        ['customer_id', 'birth_year']
        """,
    "sales": """
        >>> week = pd.to_datetime(["2024-04-29"])
        >>> raw = pd.DataFrame({"sku": ["a"], "week": week, "quantity": [12], "price": [3.5]})
        >>> schema.sales(raw, product_id="sku", period_at="week").columns.tolist()
        ['product_id', 'period_at', 'quantity', 'price']
        """,
    "reviews": """
        >>> raw = pd.DataFrame({"review_id": [1], "body": ["很好"], "stars": [5]})
        >>> schema.reviews(raw, text="body", rating="stars")
           review_id text  rating
        0          1   很好       5
        """,
    "assignments": """
        >>> raw = pd.DataFrame({"user": [1, 2], "group": ["A", "B"]})
        >>> schema.assignments(raw, customer_id="user", variant="group")
           customer_id variant
        0            1       A
        1            2       B
        """,
    "touches": """
        >>> day = pd.to_datetime(["2024-05-01"])
        >>> raw = pd.DataFrame({"customer_id": [1], "channel": ["email"], "sent": day})
        >>> schema.touches(raw, touched_at="sent").columns.tolist()
        ['customer_id', 'channel', 'touched_at']
        """,
    "stock": """
        >>> raw = pd.DataFrame({"sku": ["a"], "day": pd.to_datetime(["2024-05-01"]), "on_hand": [3]})
        >>> schema.stock(raw, product_id="sku", stocked_at="day").on_hand.tolist()
        [3]
        """,
    "purchases": """
        >>> day = pd.to_datetime(["2024-05-01"])
        >>> raw = pd.DataFrame({"product_id": ["a"], "supplier_id": [1], "ordered_at": day, "quantity": [10]})
        >>> raw["received_at"] = None
        >>> schema.purchases(raw).received_at.isna().tolist()
        [True]
        """,
    "deliveries": """
        >>> day = pd.to_datetime(["2024-05-01"])
        >>> raw = pd.DataFrame({"order_id": [1], "out": day, "in": day + pd.Timedelta(days=2)})
        >>> schema.deliveries(raw, shipped_at="out", delivered_at="in").columns.tolist()
        ['order_id', 'shipped_at', 'delivered_at']
        """,
}

OWN_NAMES = (
    "    names: Mapping[str, str] | None = None,\n",
    """    names : mapping of str to str, optional
        The shop's own names of events, each with the name that it gets, one of `EVENT_NAMES`:
        {"加购": "add_to_cart"}.
""",
    "        names=names,\n",
)
"""The option that `schema.events` has beside those of the other readers: its parameter, its text, its argument."""


def reader(table: Table) -> str:
    """Write the function of one table."""
    keywords = "".join(f"    {column.name}: str | None = None,\n" for column in table.columns)
    passed = "".join(f'            "{column.name}": {column.name},\n' for column in table.columns)
    either = " or ".join(" and ".join(f"``{name}``" for name in group) for group in table.either)
    names = [f"``{column.name}``" for column in table.columns if column.required]
    required = ", ".join(names) + (f", and {either}" if either else "")
    documented = "".join(parameter(column) for column in table.columns)
    intro = wrapped(f"One row is {table.row}. Required: {required}. Other columns stay as they are.", 4)
    example = textwrap.indent(textwrap.dedent(EXAMPLES[table.name]).strip(), "    ")
    return f'''

def {table.name}(
    raw: IntoFrameT,
    /,
    *,
{keywords}    timezone: str | None = None,
    format: str | None = None,
    decimal: Literal[".", ","] | None = None,
{OWN_NAMES[0] if table.name == "events" else ""}    check: Check = "values",
    duplicates: Duplicates = "keep",
) -> IntoFrameT:
    """Map a raw table to canonical ``{table.name}``.

{intro}

    Parameters
    ----------
    raw : pandas, Polars, PyArrow, DuckDB or PySpark table
        The table as the shop exports it. Each keyword below names the column of ``raw`` that holds the
        canonical column; None takes the column of the same name, where there is one
        that no other keyword names.
{documented}    timezone : str, optional
        The shop's zone, such as "Asia/Shanghai": times with a zone are converted to it. Naive times are the
        shop's own.
    format : str, optional
        The format of times that are text ("%d.%m.%Y %H:%M", "iso8601"), numbers ("%Y%m%d"), counts ("unix_s",
        "unix_ms", "unix_us") or days of Excel ("excel", or "excel1904" where the workbook counts from 1904, as those
        of older Macs do). A zone written in it, such as the Z of
        "%Y-%m-%dT%H:%M:%SZ", is the zone of the times.
    decimal : {{".", ","}}, optional
        The decimal mark of numbers that are text. None reads what can only be one number ("1,234.50", "￥99",
        "(20.00)") and refuses the rest ("7,50").
{OWN_NAMES[1] if table.name == "events" else ""}    check : {{"values", "types"}}, default "values"
        "types" leaves out the pass over the values.
    duplicates : {{"keep", "drop"}}, default "keep"
        Whether exact copies of a row are dropped, with a warning that counts them.

    Returns
    -------
    table of the same library
        Canonical names and types; lazy where ``raw`` is lazy.

    Raises
    ------
    SchemaError
        If names, types or values are wrong: one error with all problems of names and types, or else all of values.

    Examples
    --------
    >>> import pandas as pd
    >>> from ecommine import schema
{example}
    """
    return map_table(
        raw,
        "{table.name}",
        {{
{passed}        }},
        timezone=timezone,
        format=format,
        decimal=decimal,
        check=check,
        duplicates=duplicates,
{OWN_NAMES[2] if table.name == "events" else ""}    )
'''


def parameter(column: Column) -> str:
    """Write the documentation of one keyword."""
    unit = f", in {column.unit}" if column.unit else ""
    words = f"{column.meaning}. Holds {KINDS[column.kind]}{unit}."
    if column.choices:
        words = f"{column.meaning}. One of {', '.join(column.choices)}."
    return f"    {column.name} : str, optional\n{wrapped(words, 8)}\n"


def wrapped(text: str, indent: int) -> str:
    """Fill a paragraph to the line length."""
    return textwrap.fill(text, 110, initial_indent=" " * indent, subsequent_indent=" " * indent)


def readers() -> dict[str, str]:
    """Write the text of each file."""
    written = {"__init__.py": INIT}
    for name, (summary, tables) in FILES.items():
        mapping = "from collections.abc import Mapping\n" if "events" in tables else ""
        head = HEAD.format(summary=summary, mapping=mapping)
        written[f"{name}.py"] = head + "".join(reader(TABLES[table]) for table in tables)
    return written


if __name__ == "__main__":
    TARGET.mkdir(exist_ok=True)
    for name, text in readers().items():
        (TARGET / name).write_text(text, encoding="utf8")
