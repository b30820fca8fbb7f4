"""Public functions take at most two tables by position and show themselves in a doctest."""

import dataclasses
import inspect
import re
from collections.abc import Callable
from typing import Any, is_typeddict

import pytest

from architecture.source import ROOT, public_callables, public_functions
from ecommine import schema

POSITIONAL = {inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD}
CALLABLES = dict(public_callables())
FUNCTIONS = dict(public_functions())


def positional(function: Any) -> list[str]:
    """Name the parameters that may be given by position, `self` and `cls` left out."""
    if isinstance(function, classmethod | staticmethod):
        function = function.__func__
    parameters = inspect.signature(function).parameters.values()
    return [one.name for one in parameters if one.kind in POSITIONAL and one.name not in {"self", "cls"}]


def has_doctest(value: Any) -> bool:
    """Tell whether a docstring has an Examples section that runs."""
    doc = inspect.getdoc(value) or ""
    return "Examples\n--------" in doc and ">>>" in doc


def needs_no_doctest(value: Any) -> bool:
    """Errors, warnings and records of a dict's keys have nothing to show."""
    return inspect.isclass(value) and (issubclass(value, BaseException) or is_typeddict(value))


@pytest.mark.parametrize("name", [name for name, value in FUNCTIONS.items() if not needs_no_doctest(value)])
def test_at_most_two_positional_arguments(name: str) -> None:
    found = positional(FUNCTIONS[name])
    assert len(found) <= 2, f"{name} takes {found} by position: make options keyword-only"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_has_a_docstring(name: str) -> None:
    assert inspect.getdoc(FUNCTIONS[name]), f"{name} has no docstring"


@pytest.mark.parametrize("name", [name for name, value in CALLABLES.items() if not needs_no_doctest(value)])
def test_has_a_doctest(name: str) -> None:
    assert has_doctest(CALLABLES[name]), f"{name} has no Examples section with a doctest"


@pytest.mark.parametrize("name", [name for name, value in CALLABLES.items() if dataclasses.is_dataclass(value)])
def test_public_dataclasses_are_frozen(name: str) -> None:
    value: Any = CALLABLES[name]
    assert value.__dataclass_params__.frozen, f"{name} can be changed after it was made"


def test_every_public_call_has_a_test_that_every_python_runs() -> None:
    """Datasets read no table: their doctests are enough. One test goes through all doors of schema."""
    texts = [path.read_text(encoding="utf8") for path in (ROOT / "tests").rglob("test_*.py")]
    marked = [
        name for text in texts for name in re.findall(r'^@pytest\.mark\.call\("([\w.*]+)"\)$', text, re.MULTILINE)
    ]
    assert len(marked) == len(set(marked))
    calls = {name.removeprefix("ecommine.") for name, value in CALLABLES.items() if inspect.isfunction(value)}
    doors = {f"schema.{name}" for name in schema.TABLES}
    calls = {name for name in calls if "." in name and not name.startswith("datasets.")} - doors | {"schema.*"}
    assert set(marked) == calls


def test_the_checks_see_faults() -> None:
    def three(a: int, b: int, c: int) -> None:
        """Do nothing."""

    def shown(a: int, /, *, b: int) -> None:
        """Do nothing.

        Examples
        --------
        >>> shown(1, b=2)
        """

    faults: list[Callable[..., None]] = [three]
    assert [len(positional(one)) for one in faults] == [3]
    assert positional(shown) == ["a"]
    assert not has_doctest(three)
    assert has_doctest(shown)
    assert needs_no_doctest(KeyError)
    assert not needs_no_doctest(three)
