"""Run the doctests of a copied topic under its new name, with the original package out of reach.

Usage: python vendored.py NEW_NAME, in the folder that holds the copy. Exits with 1 where one fails.
"""

import doctest
import importlib
import pkgutil
import re
import sys
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


def run(package: str) -> tuple[int, int]:
    """Run every doctest of the copy; return failed and tried examples."""
    runner = doctest.DocTestRunner(optionflags=FLAGS)
    top = importlib.import_module(package)
    for found in pkgutil.walk_packages(top.__path__, f"{package}."):
        module = importlib.import_module(found.name)
        for test in doctest.DocTestFinder().find(module):
            runner.run(renamed(test, package))
    return runner.failures, runner.tries


if __name__ == "__main__":
    sys.path.insert(0, "")
    sys.meta_path.insert(0, Blocked())
    failures, tries = run(sys.argv[1])
    print(f"{tries} examples tried, {failures} failed")
    sys.exit(bool(failures))
