"""A copy of schema, _core, _stats and one topic works under another package's name."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from architecture.source import PACKAGE, SHARED, topics

RUNNER = Path(__file__).with_name("vendored.py")
NAME = "ourshop_mining"


def vendor(into: Path, *parts: str) -> Path:
    """Copy some folders of the package under another name."""
    for part in parts:
        shutil.copytree(PACKAGE / part, into / NAME / part, ignore=shutil.ignore_patterns("__pycache__"))
    (into / NAME / "__init__.py").write_text('"""A service\'s own copy."""\n', encoding="utf8")
    return into / NAME


def run_doctests(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the doctests of the copy in a fresh interpreter."""
    return subprocess.run([sys.executable, str(RUNNER), NAME], check=False, cwd=folder, capture_output=True, text=True)


@pytest.mark.parametrize("topic", topics())
def test_a_copied_topic_works(topic: str, tmp_path: Path) -> None:
    vendor(tmp_path, *SHARED, topic)
    done = run_doctests(tmp_path)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    assert int(done.stdout.split()[-5]) >= 5, "too few examples were tried to prove anything"


@pytest.mark.parametrize(
    ("line", "fails"),
    [
        ("x = 1", False),
        ("from ecommine.schema import orders", True),
        ("import ecommine", True),
        ('"""\n>>> import ecommine.datasets\n"""', True),
        ('"""\n>>> 1\n2\n"""', True),
    ],
)
def test_a_copy_that_leans_on_the_original_fails(line: str, fails: bool, tmp_path: Path) -> None:
    copy = vendor(tmp_path, "_core")
    (copy / "_leaning.py").write_text(line + "\n", encoding="utf8")
    assert bool(run_doctests(tmp_path).returncode) == fails
