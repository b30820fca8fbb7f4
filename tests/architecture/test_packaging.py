"""The built wheel installs in a clean environment and works there."""

import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

import ecommine
from architecture.source import ROOT

JOB = """
import pandas as pd, ecommine, importlib.metadata
orders = ecommine.schema.orders(
    pd.DataFrame({"No": ["1", "2", "3"], "Who": ["a", "a", "b"],
                  "When": pd.to_datetime(["2024-01-01", "2024-02-01", "2024-02-03"]),
                  "Paid": [9.0, 4.0, 5.0]}),
    order_id="No", customer_id="Who", ordered_at="When", amount="Paid")
table = ecommine.rfm.table(orders).sort_values("customer_id")
print(ecommine.__file__, importlib.metadata.version("ecommine"), table["monetary"].tolist(), sep="|")
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True, text=True)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def clean_python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make an environment with the wheel; the running one lends the dependencies, not its editable install."""
    folder = tmp_path_factory.mktemp("clean")
    venv.create(folder, with_pip=False)
    python = folder / "bin" / "python"
    command = [
        sys.executable,
        "-m",
        "pip",
        "--python",
        str(python),
        "install",
        "--no-deps",
        "--no-index",
        str(wheel),
    ]
    subprocess.run(command, check=True, capture_output=True, text=True)
    site = next(folder.glob("lib/python*/site-packages"))
    (site / "lent.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf8")
    return python


def test_wheel_holds_the_package_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert "ecommine/py.typed" in names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert {name.partition("/")[0] for name in names} == {
        "ecommine",
        f"ecommine-{ecommine.__version__}.dist-info",
    }


def test_wheel_states_version_and_extras(wheel: Path) -> None:
    files = zipfile.ZipFile(wheel)
    metadata = files.read(f"ecommine-{ecommine.__version__}.dist-info/METADATA").decode()
    extras = {line.split()[1] for line in metadata.splitlines() if line.startswith("Provides-Extra:")}
    assert extras == {"all", "calendar", "duckdb", "examples", "fast", "plot", "polars", "spark", "zh"}
    assert "Requires-Python: >=3.11" in metadata


def test_wheel_works_in_a_clean_environment(clean_python: Path, tmp_path: Path) -> None:
    command = [str(clean_python), "-I", "-c", JOB]
    done = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True)
    where, version, money = done.stdout.strip().split("|")
    assert Path(where).is_relative_to(clean_python.parents[1])
    assert version == ecommine.__version__
    assert money == "[13.0, 5.0]"
