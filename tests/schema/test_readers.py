"""The readers are what the declarations say, and no more."""

import importlib.util
import inspect
from pathlib import Path

import pytest

from ecommine import schema
from ecommine.schema import _readers

ROOT = Path(__file__).parents[2]
OPTIONS = ["timezone", "format", "decimal", "check", "duplicates"]


def test_the_files_are_what_the_tool_writes():
    spec = importlib.util.spec_from_file_location("write_readers", ROOT / "tools" / "write_readers.py")
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    found = {path.name: path.read_text(encoding="utf8") for path in Path(_readers.__file__).parent.glob("*.py")}
    assert found == tool.readers()


@pytest.mark.parametrize("name", schema.TABLES)
def test_each_column_has_one_keyword(name):
    parameters = inspect.signature(getattr(schema, name)).parameters
    raw, *keywords = parameters.values()
    assert raw.kind is inspect.Parameter.POSITIONAL_ONLY
    assert {keyword.kind for keyword in keywords} == {inspect.Parameter.KEYWORD_ONLY}
    found = [keyword.name for keyword in keywords]
    if name == "events":
        found.remove("names")
    assert found == [*schema.TABLES[name].names, *OPTIONS]
    assert all(parameters[column].default is None for column in schema.TABLES[name].names)


@pytest.mark.parametrize("name", schema.TABLES)
def test_each_column_is_documented_with_its_unit(name):
    text = " ".join(inspect.getdoc(getattr(schema, name)).split())
    for column in schema.TABLES[name].columns:
        assert f"{column.name} : str, optional" in text
        assert column.unit in text
