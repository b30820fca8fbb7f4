"""The public edge: whatever somebody gives, a call works or ends in an error of ecommine's own that names it.

Every public call of every package is found by itself; a new topic adds `tests/<topic>/good_arguments.py`. Here a sample
is tried, all of it in `make parity`.
"""

import importlib
import inspect
import itertools
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import ecommine
from architecture.source import packages, public_callables
from ecommine import rfm
from edge import Call, accepted, calls_of, fault_of, faults_of_options, holds, odd_values, table_calls
from odd_tables import TABLES

VALUES = odd_values()
SAMPLE_OF_VALUES = 23
"""One of so many is tried in a plain run, other ones for each call."""
SAMPLE_OF_TABLES = 60
"""So many are tried in a plain run, spread evenly."""


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in an empty folder, since workbooks are written to every path that is one; and draw nothing on a screen."""
    monkeypatch.chdir(tmp_path)
    pytest.importorskip("openpyxl", reason="openpyxl is not installed")
    pytest.importorskip("matplotlib", reason="matplotlib is not installed").use("Agg")


def options(package: str, *, step: int) -> list[str]:
    """Return what is wrong with the options of a package's calls, of every ``step``-th value."""
    faults = []
    for i, call in enumerate(calls_of(package)):
        chosen = dict(itertools.islice(VALUES.items(), i % step, None, step))
        faults += faults_of_options(call, values=chosen)
        if "plot" in call.name:
            importlib.import_module("matplotlib.pyplot").close("all")
    return faults


def tables(package: str, *, most: int | None = None) -> list[str]:
    """Return what is wrong with the odd tables that a package's calls are given, all of them or so many."""
    every = [(call.name, *given) for call in calls_of(package) for given in table_calls(call, TABLES)]
    step = 1 if most is None else max(len(every) // most, 1)
    faults = ((f"{name}({label}, {library})", fault_of(run)) for name, label, library, run in every[step // 2 :: step])
    return [f"{call}: {fault}" for call, fault in faults if fault]


@pytest.mark.parametrize("package", packages())
def test_options_of_a_wrong_kind_are_named(package: str) -> None:
    more = 4 if package == "schema" else 1  # its calls are as many as those of four topics, and slower
    assert options(package, step=more * SAMPLE_OF_VALUES) == []


@pytest.mark.parity
@pytest.mark.parametrize("package", packages())
def test_options_of_every_wrong_kind_are_named(package: str) -> None:
    assert options(package, step=1) == []


@pytest.mark.parametrize("package", [name for name in packages() if name != "datasets"])
def test_odd_tables_end_in_errors_of_ecommine(package: str) -> None:
    for library in TABLES:
        pytest.importorskip(library.partition("-")[0], reason=f"{library} is not installed")
    assert tables(package, most=SAMPLE_OF_TABLES // (2 if package == "schema" else 1)) == []


@pytest.mark.parity
@pytest.mark.parametrize("package", [name for name in packages() if name != "datasets"])
def test_every_odd_table_ends_in_an_error_of_ecommine(package: str) -> None:
    assert tables(package) == []


def test_every_public_call_is_walked() -> None:
    walked = {f"ecommine.{package}.{call.name}" for package in packages() for call in calls_of(package)}
    functions = {name for name, value in public_callables() if inspect.isfunction(value)}
    assert functions - walked == set()
    assert {"ecommine.rfm.RFM.plot", "ecommine.rfm.Scale", "ecommine.rfm.Scale.learn"} <= walked


def raised_by(error: Exception) -> Any:
    def call() -> None:
        raise error

    return call


def test_the_walk_sees_faults() -> None:
    wrong = rfm.Rule(segment="a", recency=(1, 2))
    assert "ZeroDivisionError" in str(fault_of(raised_by(ZeroDivisionError())))
    assert "ValueError" in str(fault_of(raised_by(ValueError("`x` of somebody else"))))
    assert fault_of(lambda: rfm.Segment(5), ["code"]) == ""  # type: ignore[arg-type]
    assert "names no argument" in str(fault_of(lambda: rfm.Segment(5), ["name"]))  # type: ignore[arg-type]
    assert fault_of(lambda: rfm.Segment("a")) is None
    assert fault_of(raised_by(ecommine.SchemaError("orders", ["no"]))) == ""
    assert accepted(Call("pandas", pd.DataFrame.head, (pd.DataFrame(),), {}), "n", "five")
    assert wrong.recency == (1, 2)


@pytest.mark.parametrize(
    ("value", "hint", "is_held"),
    [
        (1, int, True), (True, int, False), (1.5, int, False), (2.0, int, True), (1, float, True), ("1", float, False),
        ([1, 2], tuple[int, ...], False), ((1, 2), tuple[int, ...], True), ((1, "a"), tuple[int, ...], False),
        (None, int | None, True), ("a", int | None, False), (pd.Timestamp(0), str, False),
    ],
)  # fmt: skip
def test_kinds_are_told_apart(value: object, hint: Any, is_held: bool) -> None:
    assert holds(value, hint) is is_held
