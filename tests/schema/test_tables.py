"""The declarations themselves: names, kinds, units and bounds that the rest may rely on."""

import pytest

from ecommine import schema
from ecommine.schema import Column
from ecommine.schema._model.columns import KINDS

COLUMNS = [(name, column) for name, table in schema.TABLES.items() for column in table.columns]


def test_every_table_of_the_design_is_declared():
    assert list(schema.TABLES) == [
        "orders", "baskets", "events", "links", "products", "customers", "sales", "reviews", "assignments", "touches",
        "stock", "purchases", "deliveries",
    ]  # fmt: skip
    assert all(name == table.name for name, table in schema.TABLES.items())


def test_the_declarations_cannot_be_changed():
    with pytest.raises(TypeError):
        schema.TABLES["orders"] = schema.TABLES["events"]


@pytest.mark.parametrize(("table", "column"), COLUMNS, ids=lambda one: getattr(one, "name", one))
def test_names_tell_kinds(table, column):
    assert column.kind in KINDS
    assert column.meaning[0].isupper()
    assert not column.meaning.endswith(".")
    assert (column.kind == "time") == column.name.endswith("_at")
    assert (column.kind == "id") == column.name.endswith("_id")
    assert (column.kind == "choice") == bool(column.choices)
    if column.kind in ("money", "number", "share", "time"):
        assert column.unit
    assert column.required or column.nullable or column.name == "amount"


@pytest.mark.parametrize("name", schema.TABLES)
def test_columns_are_named_once_and_found_by_name(name):
    table = schema.TABLES[name]
    assert len(set(table.names)) == len(table.names)
    assert all(table.column(column.name) is column for column in table.columns)
    assert {one for group in table.either for one in group} <= set(table.names)
    assert table.unique is None or table.column(table.unique).required
    with pytest.raises(ValueError, match="no_such"):
        table.column("no_such")


def test_one_name_is_one_kind_in_every_table():
    kinds: dict[str, set[str]] = {}
    for _, column in COLUMNS:
        kinds.setdefault(column.name, set()).add(column.kind)
    # An order line names its promotion; of a period it is only known whether one ran.
    assert {name: kind for name, kind in kinds.items() if len(kind) > 1} == {"promotion": {"text", "boolean"}}


def test_a_column_is_frozen():
    with pytest.raises(AttributeError):
        Column(name="x", kind="id", meaning="X").name = "y"
