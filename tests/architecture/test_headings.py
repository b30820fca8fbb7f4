"""Workbooks in Chinese: every sheet and every column of the results of all topics has a Chinese name."""

import importlib
import inspect
import warnings
from collections.abc import Iterator

import pytest

from architecture.source import topics
from ecommine._core.output.headings import heading, sheet_name
from ecommine._core.results import Result, to_pandas

SAME_IN_BOTH = {"MASE", "RMSSE"}
"""Names of measures that Chinese texts write in Latin letters."""


def results(topic: str) -> Iterator[Result]:
    """Yield the results that the public calls of a topic give with good arguments."""
    module = importlib.import_module(f"ecommine.{topic}")
    for name, good in importlib.import_module(f"{topic}.good_arguments").good().items():
        if isinstance(good, Result):
            yield good
        elif inspect.isfunction(getattr(module, name, None)):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                result = getattr(module, name)(*good.positional, **good.keywords)
            if isinstance(result, Result):
                yield result


@pytest.mark.parametrize("topic", topics())
def test_sheets_and_headings_are_chinese(topic: str) -> None:
    unnamed = set()
    for result in results(topic):
        for sheet, table in result._sheets("zh").items():
            names = {sheet: sheet_name(sheet)} | {str(name): heading(str(name)) for name in to_pandas(table).columns}
            unnamed |= {name for name, shown in names.items() if shown.isascii() and shown not in SAME_IN_BOTH}
    assert unnamed == set(), "give each a name in _core/output/headings.py"
