"""`import ecommine` is light, and what a package lists is what it has."""

import subprocess
import sys
from types import ModuleType

import pytest

from architecture.source import packages, public_modules, topics

HEAVY = {
    "duckdb", "holidays", "matplotlib", "numba", "openpyxl", "polars", "pyspark", "scipy", "sklearn", "statsmodels",
}  # fmt: skip
TABLES = {"narwhals", "numpy", "pandas", "pyarrow"}


def loaded_by(statement: str) -> set[str]:
    """Name the modules that a statement loads in a fresh interpreter."""
    code = f"import sys; before = set(sys.modules); {statement}; print(*set(sys.modules) - before)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def in_order(names: list[str]) -> list[str]:
    """Sort constants first, then classes, then functions and packages."""
    return sorted(set(names), key=lambda name: (not name.isupper(), not name[0].isupper(), name))


def export_faults(module: ModuleType) -> list[str]:
    """List what is wrong with a package's `__all__`."""
    names = list(module.__all__)
    unsorted = [] if names == in_order(names) else [f"{module.__name__}.__all__ is not sorted and unique"]
    missing = [f"{module.__name__}.{name} does not exist" for name in names if not hasattr(module, name)]
    return unsorted + missing


def test_import_loads_no_table_library() -> None:
    heavy = loaded_by("import ecommine") & (HEAVY | TABLES)
    assert heavy == set()


def test_packages_import_heavy_packages_where_they_use_them() -> None:
    heavy = loaded_by("; ".join(f"import ecommine.{name}" for name in packages())) & HEAVY
    assert heavy == set()


def test_the_check_sees_a_heavy_import() -> None:
    assert "scipy" in loaded_by("import scipy") & HEAVY


@pytest.mark.parametrize("module", public_modules(), ids=lambda module: module.__name__)
def test_exports_are_sorted_and_exist(module: ModuleType) -> None:
    assert export_faults(module) == []


def test_export_check_sees_faults() -> None:
    module = ModuleType("bad")
    module.__all__ = ["b", "a"]
    module.b = 1
    assert export_faults(module) == ["bad.__all__ is not sorted and unique", "bad.a does not exist"]


def test_top_lists_every_package() -> None:
    import ecommine

    assert set(packages()) <= set(ecommine.__all__)
    assert topics(), "no topic found"


def test_star_imports_give_the_exports() -> None:
    code = """if True:
        import importlib, sys
        for name in sys.argv[1:]:
            names = {}
            exec(f"from {name} import *", names)
            print(name, *sorted(set(importlib.import_module(name).__all__) - set(names)))
    """
    names = ["ecommine", *(f"ecommine.{one}" for one in packages())]
    done = subprocess.run([sys.executable, "-c", code, *names], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == names


def test_unknown_name_is_an_attribute_error() -> None:
    import ecommine

    with pytest.raises(AttributeError, match="rmf"):
        _ = ecommine.rmf
