"""Folders that one can look over, no imports in circles, and sizes at which to ask what a library could do."""

import re
import tomllib
from pathlib import Path

import pytest

from architecture.graph import circles, import_graph
from architecture.source import PACKAGE, ROOT, packages, topics

FILES = 15
LINES = 3_500
LARGER = {
    "abtest": 4_700,
    "association": 7_100,
    "elasticity": 3_850,
    "forecasting": 7_900,
    "funnel": 11_000,
    "recommend": 5_400,
    "retention": 4_450,
    "segmentation": 5_000,
    "sentiment": 6_400,
}
"""Lines of a topic, and of those that are past them: not a reason to move code elsewhere, but to ask what can go."""


def crowded(package: Path) -> list[str]:
    """Name the folders with more files than one looks over."""
    folders = {path.parent for path in package.rglob("*.py")}
    return sorted(str(one.relative_to(package)) for one in folders if len(list(one.glob("*.py"))) > FILES)


def lines_in(folder: Path) -> int:
    """Count the lines of a folder."""
    return sum(len(path.read_text(encoding="utf8").splitlines()) for path in folder.rglob("*.py"))


def test_a_folder_can_be_looked_over() -> None:
    assert crowded(PACKAGE) == []


@pytest.mark.parametrize("topic", topics())
def test_a_topic_stays_within_its_lines(topic: str) -> None:
    most = LARGER.get(topic, LINES)
    assert lines_in(PACKAGE / topic) <= most, "which part does a library do, and which option does nobody ask for?"


def test_the_files_of_where_is_are_there() -> None:
    table = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf8").partition("## Where is")[2].partition("\n## ")[0]
    named = re.findall(r"\| `([\w/]+\.py)` \|", table)
    assert len(named) >= 20
    assert [path for path in named if not (PACKAGE / path).is_file()] == []


def test_no_modules_import_each_other_in_a_circle() -> None:
    assert circles(import_graph(PACKAGE)) == []


def arrows(package: Path) -> set[tuple[str, str]]:
    """List which folder of the package imports which other."""
    graph = import_graph(package)
    pairs = {(module.split(".")[1], other.split(".")[1]) for module in graph for other in graph[module] if "." in other}
    return {(one, other) for one, other in pairs if one != other}


def test_folders_import_only_what_stands_below() -> None:
    """Topics and datasets import schema, _core and _stats; schema imports _core and _stats; these two nothing."""
    below = {"schema": {"_core", "_stats"}, "_core": set(), "_stats": set()}
    faults = {
        (one, other) for one, other in arrows(PACKAGE) if other not in below.get(one, {"schema", "_core", "_stats"})
    }
    assert faults == set()


def test_topics_take_from_schema_what_is_meant_for_them() -> None:
    graph = import_graph(PACKAGE)
    allowed = {"ecommine.schema", "ecommine.schema._for_topics"}
    faults = {
        (module, other)
        for module in graph
        if not module.startswith("ecommine.schema") and module != "ecommine"
        for other in graph[module]
        if other.startswith("ecommine.schema") and other not in allowed
    }
    assert faults == set()


def test_a_new_topic_needs_no_word_in_any_list_of_the_project() -> None:
    """Its folder is found; only type checkers want its name, in the file where they look for it."""
    config = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf8"))
    contracts = str(config["tool"]["importlinter"]["contracts"])
    assert [topic for topic in topics() if f"ecommine.{topic}" in contracts or f" {topic}" in contracts] == []
    top = (PACKAGE / "__init__.py").read_text(encoding="utf8")
    assert [name for name in packages() if top.count(f"from . import {name} as {name}\n") != 1] == []


def written(folder: Path, files: dict[str, str]) -> Path:
    """Write a package."""
    for name, text in files.items():
        path = folder / "shop" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf8")
    return folder / "shop"


def test_the_graph_sees_imports_inside_functions_and_not_those_for_types(tmp_path: Path) -> None:
    files = {
        "__init__.py": "import typing\nif typing.TYPE_CHECKING:\n    from . import a\nelse:\n    from . import c",
        "a.py": "def f():\n    from .b import one\n    from shop import c",
        "b.py": "import numpy\nfrom typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from .a import f",
        "c.py": "from .d import g, h",
        "d/__init__.py": "from .g import two",
        "d/g.py": "from ..b import one",
        "d/h.py": "from . import two",
    }
    assert import_graph(written(tmp_path, files)) == {
        "shop": {"shop.c"},
        "shop.a": {"shop.b", "shop.c"},
        "shop.b": set(),
        "shop.c": {"shop.d.g", "shop.d.h"},
        "shop.d": {"shop.d.g"},
        "shop.d.g": {"shop.b"},
        "shop.d.h": {"shop.d"},
    }


def test_circles_are_found_whatever_their_length() -> None:
    graph = {"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a", "e"}, "e": {"d"}, "f": {"a"}}
    assert circles(graph) == [["a", "b", "c"], ["d", "e"]]
    assert circles({"a": {"b", "c"}, "b": {"d"}, "c": {"d"}, "d": set()}) == []


def test_crowded_folders_are_found(tmp_path: Path) -> None:
    files = {f"many/m{one}.py": "" for one in range(FILES + 1)} | {f"few/f{one}.py": "x\n" * 2 for one in range(FILES)}
    package = written(tmp_path, files)
    assert crowded(package) == ["many"]
    assert lines_in(package) == 2 * FILES
