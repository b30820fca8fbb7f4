"""A copy of schema, _core, _stats and one topic works under another package's name."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from architecture.source import PACKAGE, SHARED, topics

RUNNER = Path(__file__).with_name("vendored.py")
NAME = "ourshop_mining"


def vendor(into: Path, *parts: str, name: str = NAME) -> Path:
    """Copy some folders of the package under another name."""
    for part in parts:
        shutil.copytree(PACKAGE / part, into / name / part, ignore=shutil.ignore_patterns("__pycache__"))
    (into / name / "__init__.py").write_text('"""A service\'s own copy."""\n', encoding="utf8")
    return into / name


def run_doctests(folder: Path, *parts: str) -> subprocess.CompletedProcess[str]:
    """Run the doctests of copies in a fresh interpreter."""
    call = [sys.executable, str(RUNNER), *parts]
    return subprocess.run(call, check=False, cwd=folder, capture_output=True, text=True)


def test_each_copied_topic_works(tmp_path: Path) -> None:
    """Each is in a package of its own with what all share, which is tried alone; one interpreter loads NumPy once."""
    vendor(tmp_path, *SHARED)
    for topic in topics():
        vendor(tmp_path, *SHARED, topic, name=f"{NAME}_{topic}")
    done = run_doctests(tmp_path, NAME, *(f"{NAME}_{topic}.{topic}" for topic in topics()))
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    tried = dict(re.findall(rf"^({NAME}\S*): ([0-9]+) examples tried", done.stdout, re.MULTILINE))
    few = {part: count for part, count in tried.items() if int(count) < 5}
    assert len(tried) == 1 + len(topics())
    assert few == {}, "too few examples were tried to prove anything"


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
    assert bool(run_doctests(tmp_path, NAME).returncode) == fails


def test_a_copied_topic_that_leans_on_another_fails(tmp_path: Path) -> None:
    copy = vendor(tmp_path, "_core", "_stats")
    part = f"{NAME}._stats"
    assert run_doctests(tmp_path, part).returncode == 0
    (copy / "_core" / "_leaning.py").write_text(f"from {NAME} import rfm\n", encoding="utf8")
    done = run_doctests(tmp_path, part, part)
    assert done.returncode == 1
    assert done.stdout.count("0 examples tried, 1 failed") == 2
