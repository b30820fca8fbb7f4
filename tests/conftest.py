"""Shared fixtures: one test, every table library."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import Phase, settings

from libraries import LIBRARIES, Library, spark_session, to_spark

# The same examples on every run, and no time limit: the first call of a library pays for its import.
settings.register_profile("ecommine", deadline=None, derandomize=True, print_blob=True)
settings.register_profile("unshrunk", settings.get_profile("ecommine"), phases=[Phase.explicit, Phase.generate])
settings.load_profile("ecommine")


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
        session = request.getfixturevalue("spark")
        return Library("pyspark", True, lambda frame: to_spark(session, frame))
    return LIBRARIES[request.param]


@pytest.fixture(scope="session", params=LIBRARIES)
def local_library(request: pytest.FixtureRequest) -> Library:
    """Each table library but Spark, whose jobs take a second whatever their size: for properties of many tables."""
    return LIBRARIES[request.param]
