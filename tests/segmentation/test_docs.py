"""The page of the docs prints what it says."""

import contextlib
import io
import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "segmentation.md"
BLOCK = re.compile(r"```python\n(.*?)```\n\n```text\n(.*?)```", flags=re.DOTALL)


def test_the_blocks_of_the_page_print_what_they_say():
    page, names = PAGE.read_text(encoding="utf8"), {}
    for code, expected in BLOCK.findall(page):
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(code, names)  # blocks of our own page
        assert printed.getvalue() == expected, code
    assert "segments" in names
