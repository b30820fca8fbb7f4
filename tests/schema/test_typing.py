"""What type checkers see: a table keeps its library, and a keyword with a typo is an error."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src"

PROGRAM = """
import pandas as pd
import polars as pl

from ecommine import schema

reveal_type(schema.orders(pl.DataFrame()))
reveal_type(schema.orders(pl.LazyFrame()))
reveal_type(schema.orders(pd.DataFrame()))
reveal_type(schema.quarantine("orders", pl.DataFrame()).rejected)
reveal_type(schema.identify(pl.DataFrame(), pl.DataFrame()))
schema.orders(pl.DataFrame(), custmer_id="x")
schema.orders(pl.DataFrame(), check="all")
schema.no_such_reader
"""


@pytest.mark.types
def test_mypy_knows_the_library_and_finds_typos(tmp_path):
    for package in ("mypy", "polars"):
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"{package} is not installed")
    (tmp_path / "program.py").write_text(PROGRAM, encoding="utf8")
    command = [
        sys.executable,
        "-m",
        "mypy",
        "--ignore-missing-imports",
        "--cache-dir",
        str(tmp_path / "cache"),
        "program.py",
    ]
    environment = {"MYPYPATH": str(SOURCE), "PATH": "/usr/bin:/bin"}
    run = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    said = [line for line in run.stdout.splitlines() if line.startswith("program.py:")]
    revealed = [line.split('"')[1] for line in said if "Revealed type" in line]
    assert [one.rsplit(".", 1)[-1] for one in revealed] == [
        "DataFrame",
        "LazyFrame",
        "DataFrame",
        "DataFrame",
        "DataFrame",
    ]
    assert [one.split(".")[0] for one in revealed] == ["polars", "polars", "pandas", "polars", "polars"]
    errors = [line for line in said if "error:" in line]
    assert len(errors) == 3
    assert 'Unexpected keyword argument "custmer_id" for "orders"' in errors[0]
    assert 'Argument "check"' in errors[1]
    assert "no_such_reader" in errors[2]
