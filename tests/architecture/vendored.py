"""Run the doctests of copies of the package under their new names, with the original package out of reach.

Usage: python vendored.py PACKAGE ..., in the folder that holds the copies. Every module of a copy is imported; of
``shop.rfm`` only the doctests of that part are run. Exits with 1 where one fails.
"""

import doctest
import importlib
import pkgutil
import re
import sys
import traceback
from importlib.abc import MetaPathFinder

FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
ORIGINAL = "ecommine"


class Blocked(MetaPathFinder):
    """Refuse the original package: a copy must not lean on it."""

    def find_spec(self, fullname: str, *_: object) -> None:
        """Raise on any import of the original."""
        if fullname.partition(".")[0] == ORIGINAL:
            raise ModuleNotFoundError(f"the copy imports {fullname}", name=fullname)


def renamed(test: doctest.DocTest, package: str) -> doctest.DocTest:
    """Give the examples, and only them, the copy's name: the code itself must need no change."""
    for example in test.examples:
        example.source = re.sub(rf"\b{ORIGINAL}\b(?=[.\s])", package, example.source)
        example.want = re.sub(rf"\b{ORIGINAL}\b(?=\.)", package, example.want)
    return test


def run(part: str) -> tuple[int, int]:
    """Import all of the copy and run the doctests of the part; return failed and tried examples."""
    runner = doctest.DocTestRunner(optionflags=FLAGS)
    package = part.partition(".")[0]
    top = importlib.import_module(package)
    for found in pkgutil.walk_packages(top.__path__, f"{package}."):
        module = importlib.import_module(found.name)
        if f"{found.name}.".startswith(f"{part}."):
            for test in doctest.DocTestFinder().find(module):
                runner.run(renamed(test, package))
    return runner.failures, runner.tries


def failures_of(part: str) -> int:
    """Run the part and print how it went; an error of its modules is a failure."""
    try:
        failures, tries = run(part)
    except Exception:
        traceback.print_exc()
        failures, tries = 1, 0
    print(f"{part}: {tries} examples tried, {failures} failed")
    return failures


if __name__ == "__main__":
    sys.path.insert(0, "")
    sys.meta_path.insert(0, Blocked())
    sys.exit(sum(map(failures_of, sys.argv[1:])) > 0)
