"""Write the reference from the code: one page a package from its `__all__`, one page of the canonical tables."""

import importlib
from pathlib import Path
from typing import Any

import ecommine
from ecommine import schema

DEFINITIONS = ("Experiment", "Funnel", "Scale")
"""Classes that a user makes first, beside the functions."""
PACKAGES = [name for name in ecommine.__all__ if name.islower()]


def heading(text: str, line: str = "=") -> str:
    """Underline a heading."""
    return f"{text}\n{line * len(text)}\n"


def listing(names: list[str]) -> str:
    """List names, each with a page of its own."""
    return "\n".join(
        [".. autosummary::", "   :toctree: generated", "   :nosignatures:", "", *(f"   {n}" for n in names)]
    )


def package_page(name: str) -> str:
    """Write the page of one package: its own words, then its names by kind."""
    module = importlib.import_module(f"ecommine.{name}")
    kinds: dict[str, list[str]] = {"Functions": [], "Classes": [], "Constants": []}
    for one in module.__all__:
        value = getattr(module, one)
        kind = "Classes" if isinstance(value, type) else "Functions" if callable(value) else "Constants"
        kinds["Constants" if one.isupper() and kind == "Functions" else kind].append(one)
    parts = [f"ecommine.{name}\n{'=' * (9 + len(name))}", f".. automodule:: ecommine.{name}\n   :no-members:"]
    parts.append(f".. currentmodule:: ecommine.{name}")
    parts += [f"{heading(kind, '-')}\n{listing(names)}" for kind, names in kinds.items() if names]
    return "\n\n".join(parts) + "\n"


def first_sentence(value: Any) -> str:
    """Return what a call says of itself, on one line."""
    line = (value.__doc__ or "").strip().split("\n\n")[0]
    return " ".join(line.split()).rstrip(".").replace("|", "\\|")


def calls_table(name: str) -> str:
    """Write the functions of one package with what each does."""
    module = importlib.import_module(f"ecommine.{name}")
    calls = [one for one in module.__all__ if callable(getattr(module, one)) and (one in DEFINITIONS or one.islower())]
    rows = [
        f"   * - :py:obj:`{one} <ecommine.{name}.{one}>`\n     - {first_sentence(getattr(module, one))}"
        for one in calls
    ]
    question = first_sentence(module)
    head = f"{heading(name, '-')}\n{question}. All names: :doc:`{name}`.\n"
    table = ".. list-table::\n   :header-rows: 1\n   :widths: 25 75\n\n   * - call\n     - what it does\n"
    return head + "\n" + table + "\n".join(rows) + "\n"


def api_index() -> str:
    """Write the calls of each package in a table, and the list of their pages."""
    pages = "\n".join(f"   {name}" for name in PACKAGES)
    tables = "\n".join(map(calls_table, PACKAGES))
    return f"{heading('Calls')}\n{tables}\n.. toctree::\n   :hidden:\n   :maxdepth: 1\n\n{pages}\n"


def column_row(column: schema.Column) -> str:
    """Write one row of a table's page."""
    needed = "yes" if column.required else ""
    choices = f" One of: {', '.join(column.choices)}." if column.choices else ""
    return f"| `{column.name}` | {column.kind} | {column.unit} | {needed} | {column.meaning}.{choices} |"


def table_section(table: schema.Table) -> str:
    """Write one canonical table."""
    groups = " or ".join(" and ".join(f"`{name}`" for name in group) for group in table.either)
    either = f" Also needed: {groups}." if groups else ""
    unique = f" `{table.unique}` may not repeat." if table.unique else ""
    head = "| column | kind | unit | required | meaning |\n|---|---|---|---|---|"
    rows = "\n".join(map(column_row, table.columns))
    return f"## {table.name}\n\nOne row is {table.row}.{either}{unique}\n\n{head}\n{rows}\n"


def tables_page() -> str:
    """Write the page of all canonical tables."""
    words = (
        "# Tables\n\nTopics read these tables and no others; a column that a shop does not have is left out.\n"
        "The readers `schema.orders`, `schema.events` and so on bring a raw export into this form.\n"
        "A missing value is a null.\n"
    )
    return "\n".join([words, *map(table_section, schema.TABLES.values())])


def write(app: Any, _: Any) -> None:
    """Write all pages; a page that says what it said keeps its age, so that nothing is built again."""
    reference = Path(app.srcdir, "reference")
    (reference / "api").mkdir(parents=True, exist_ok=True)
    pages = {reference / "api" / f"{name}.rst": package_page(name) for name in PACKAGES}
    pages |= {reference / "api" / "index.rst": api_index(), reference / "tables.md": tables_page()}
    for path, text in pages.items():
        if not path.exists() or path.read_text(encoding="utf8") != text:
            path.write_text(text, encoding="utf8")


def setup(app: Any) -> dict[str, bool]:
    """Run before Sphinx lists the pages that there are."""
    app.connect("config-inited", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
