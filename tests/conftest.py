"""Shared fixtures: one test, every table library; and how many examples a property is tried on."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, is_hypothesis_test, settings

from libraries import LIBRARIES, Library, quick_session, spark_session, to_spark

# The same examples on every run, and no time limit: the first call of a library pays for its import.
settings.register_profile("ecommine", deadline=None, derandomize=True, print_blob=True)
settings.register_profile("unshrunk", settings.get_profile("ecommine"), phases=[Phase.explicit, Phase.generate])
settings.register_profile("full", settings.get_profile("ecommine"))
settings.load_profile("ecommine")
PART, FEWEST = 0.2, 5
"""The share of the examples that a property states, and the fewest, unless with `--hypothesis-profile=full`."""

# Compiled once for an environment: versions of Python and numba do not overwrite each other's.
os.environ.setdefault("NUMBA_CACHE_DIR", str(Path(sys.prefix) / "numba"))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave to one machine what is marked so, and try each property on a part of its examples."""
    both = {item for item in items if item.get_closest_marker("spark") and item.get_closest_marker("local")}
    config.hook.pytest_deselected(items=list(both))
    items[:] = [item for item in items if item not in both]
    _lower_examples(items)


def _lower_examples(items: list[pytest.Item]) -> None:
    """Try each property on a part of its examples: the full number is for `make parity`."""
    if settings.get_current_profile_name() == "full":
        return
    tests = {item.function for item in items if isinstance(item, pytest.Function) and is_hypothesis_test(item.function)}
    for test in tests:
        stated = test._hypothesis_internal_use_settings
        count = min(stated.max_examples, max(int(stated.max_examples * PART), FEWEST))
        test._hypothesis_internal_use_settings = settings(stated, max_examples=count)


@pytest.fixture(scope="session")
def spark() -> Iterator[Any]:
    """One Spark session for the whole run, with real worker processes, in UTC."""
    session = spark_session()
    yield session
    session.stop()


@pytest.fixture(scope="session", params=[*LIBRARIES, pytest.param("pyspark", marks=pytest.mark.spark)])
def library(request: pytest.FixtureRequest) -> Library:
    """Each table library in turn: ``library(pandas_table)`` is its own table. See ``libraries.to_pandas``."""
    if request.param == "pyspark":
        session = quick_session(request.getfixturevalue("spark"))
        return Library("pyspark", True, lambda frame: to_spark(session, frame))
    return LIBRARIES[request.param]


@pytest.fixture(scope="session", params=LIBRARIES)
def local_library(request: pytest.FixtureRequest) -> Library:
    """Each table library but Spark, whose jobs take a second whatever their size: for properties of many tables."""
    return LIBRARIES[request.param]
