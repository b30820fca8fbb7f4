"""Sizes that keep the private parts small, and texts that would only be true on one machine."""

import re
import runpy
import subprocess
from pathlib import Path

import pytest

from architecture.source import PACKAGE, ROOT, topics

TEXTS = {".cfg", ".md", ".py", ".rst", ".toml", ".txt", ".yaml", ".yml", ""}
FORBIDDEN = {
    "an absolute path": re.compile(r"(?<![\w.:/~*])/(?:home|root|tmp|Users|work|mnt|opt)/\w"),
    "a promise instead of code": re.compile(r"\b(?:TODO|FIXME|NotImplementedError)\b"),
    "a test that may fail": re.compile(r"mark\.xfail|pytest\.xfail"),
    "a global seed": re.compile(r"\brandom\.seed\("),
}


def tracked() -> list[Path]:
    """List the text files of the repository, or of the source tree where it is no checkout."""
    found = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], check=False, cwd=ROOT, capture_output=True, text=True
    )
    names = found.stdout.split("\n") if found.returncode == 0 else map(str, ROOT.glob("**/*.py"))
    paths = [ROOT / name for name in names if name and ".venv" not in name]
    return [path for path in paths if path.is_file() and path.suffix in TEXTS and path != Path(__file__)]


def forbidden_in(text: str) -> list[str]:
    """Name what a text should not have, with the line."""
    lines = enumerate(text.splitlines(), start=1)
    return [
        f"line {i}: {what}: {line.strip()[:80]}"
        for i, line in lines
        for what, seen in FORBIDDEN.items()
        if seen.search(line)
    ]


def lines_of(*paths: Path) -> int:
    """Count the lines of some files."""
    return sum(len(path.read_text(encoding="utf8").splitlines()) for path in paths)


def test_no_text_is_true_on_one_machine_only() -> None:
    found = {str(path.relative_to(ROOT)): forbidden_in(path.read_text(encoding="utf8")) for path in tracked()}
    assert {name: faults for name, faults in found.items() if faults} == {}


@pytest.mark.parametrize("text", ["see /home/ann/x.csv", "# TODO later", "@pytest.mark.xfail", "np.random.seed(1)"])
def test_the_text_check_sees_faults(text: str) -> None:
    assert len(forbidden_in(text)) == 1


def test_the_text_check_lets_good_lines_through() -> None:
    assert forbidden_in("shared/home/x, https://example.org/home/a, `build/tmp/x`, rng=0") == []


def test_private_parts_stay_small() -> None:
    assert len(list((PACKAGE / "_core").rglob("*.py"))) <= 20
    assert lines_of(PACKAGE / "schema" / "_convert" / "convert.py") <= 180


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_file_holds_one_idea(path: Path) -> None:
    written_by_a_tool = "Written by ``tools/" in path.read_text(encoding="utf8")[:400]
    assert written_by_a_tool or lines_of(path) <= 450, "split the file by idea"


@pytest.mark.parametrize("topic", topics())
def test_a_topic_has_its_tests_example_and_page(topic: str) -> None:
    assert list((ROOT / "tests" / topic).glob("test_*.py"))
    assert list((ROOT / "examples").glob(f"plot_{topic}*.py"))
    assert (ROOT / "docs" / "explanation" / f"{topic}.md").exists()
    assert (ROOT / "benchmarks" / f"bench_{topic}.py").exists()


def test_the_readers_are_those_of_the_declared_tables() -> None:
    written = runpy.run_path(str(ROOT / "tools" / "write_readers.py"))["readers"]()
    found = {path.name: path.read_text(encoding="utf8") for path in (PACKAGE / "schema" / "_readers").glob("*.py")}
    assert written == found, "run tools/write_readers.py"
