"""Golden texts: the wording of a topic stands in one file per language, and nowhere else in the tests.

A test collects the sentences of some scenarios and hands them to :func:`check_texts`; ``ECOMMINE_WRITE_TEXTS=1`` in the
environment writes the file instead, so that an improved sentence is one command and one diff to read.
"""

import os
from collections.abc import Mapping
from pathlib import Path

WRITE = "ECOMMINE_WRITE_TEXTS"


def written(texts: Mapping[str, str]) -> str:
    """Return the file that holds these texts: a heading per scenario, its sentences below."""
    return "\n".join(f"## {name}\n\n{text.strip()}\n" for name, text in texts.items())


def check_texts(path: Path, texts: Mapping[str, str]) -> None:
    """Compare the texts of all scenarios with the golden file, or write it where the environment says so.

    Parameters
    ----------
    path : Path
        The golden file, such as ``tests/rfm/texts/en.md``.
    texts : mapping of str to str
        The text of each scenario, by its name.
    """
    if os.environ.get(WRITE):
        path.parent.mkdir(exist_ok=True)
        path.write_text(written(texts), encoding="utf8")
    golden = path.read_text(encoding="utf8") if path.exists() else ""
    assert written(texts) == golden, f"{path.name} differs: read the diff, then run with {WRITE}=1 to accept it"
