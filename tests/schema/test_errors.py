"""The error of a table: a list of problems, caught as a ValueError, pickled whole."""

import pickle

import pytest

import ecommine
from ecommine import DataWarning, EcommineError, SchemaError


def test_it_lists_every_problem():
    assert str(SchemaError("orders", ["one", "two"])) == "orders: 2 problems\n  1. one\n  2. two"
    assert str(SchemaError("orders", ["one"])).startswith("orders: 1 problem\n")


def test_it_is_caught_by_its_bases():
    for base in (EcommineError, ValueError):
        with pytest.raises(base):
            raise SchemaError("orders", ["one"])
    assert issubclass(DataWarning, UserWarning)


def test_it_pickles():
    error = pickle.loads(pickle.dumps(SchemaError("orders", ["one", "two"])))
    assert (error.table, error.problems) == ("orders", ("one", "two"))


def test_it_stands_at_the_top_too():
    assert ecommine.SchemaError is SchemaError is ecommine.schema.SchemaError
