"""Every Python block of the documentation runs, page by page, in the order a reader meets them."""

import contextlib
import doctest
import io
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```python\n(.*?)^```$(?:\n\n```text\n(.*?)^```$)?", re.MULTILINE | re.DOTALL)
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
SPARK = "<!-- needs: spark -->"


def pages() -> list[Path]:
    """List the pages that people write; the reference is made from docstrings, which are tested themselves."""
    written = [
        *ROOT.glob("README*.md"),
        *ROOT.glob("CONTRIBUTING.md"),
        *ROOT.glob("docs/*/*.md"),
        ROOT / "docs" / "index.md",
    ]
    return sorted(path for path in written if "```python\n" in path.read_text(encoding="utf8"))


def params() -> list[object]:
    """Give each page its marks."""
    spark = {path for path in pages() if SPARK in path.read_text(encoding="utf8")}
    marks = {path: [pytest.mark.spark] if path in spark else [] for path in pages()}
    return [pytest.param(path, id=path.relative_to(ROOT).as_posix(), marks=marks[path]) for path in pages()]


def run_block(code: str, shown: str, names: dict[str, object]) -> None:
    """Run one block; a block of prompts is a doctest, and a `text` block right after shows what is printed."""
    printed = io.StringIO()
    if code.startswith(">>>"):
        test = doctest.DocTestParser().get_doctest(code, names, "block", None, 0)
        runner = doctest.DocTestRunner(optionflags=FLAGS)
        runner.run(test, out=printed.write, clear_globs=False)
        names.update(test.globs)
        assert runner.failures == 0, printed.getvalue()
        return
    with contextlib.redirect_stdout(printed):
        exec(compile(code, "block", "exec"), names)
    if shown:
        assert doctest.OutputChecker().check_output(shown, printed.getvalue(), FLAGS), printed.getvalue()


def run_page(text: str) -> None:
    """Run all blocks of a page in one namespace."""
    names: dict[str, object] = {"__name__": "page"}
    for code, shown in BLOCK.findall(text):
        run_block(code, shown, names)


@pytest.mark.parametrize("path", params())
def test_the_code_of_a_page_runs(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    if SPARK in path.read_text(encoding="utf8"):
        request.getfixturevalue("spark")  # the page gets the session of all tests, or they are skipped with its reason
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLBACKEND", "Agg")
    run_page(path.read_text(encoding="utf8"))


@pytest.mark.parametrize(
    "page",
    [
        "```python\nraise ValueError\n```\n",
        "```python\n>>> 1 + 1\n3\n```\n",
        "```python\nprint(1)\n```\n\n```text\n2\n```\n",
        "```python\na = 1\n```\n\nand\n\n```python\n>>> b\n1\n```\n",
    ],
)
def test_a_wrong_page_fails(page: str) -> None:
    with pytest.raises((AssertionError, ValueError)):
        run_page(page)


def test_a_right_page_passes() -> None:
    run_page("```python\na = 1\nprint(a)\n```\n\n```text\n1\n```\n\n```python\n>>> a\n1\n```\n")
