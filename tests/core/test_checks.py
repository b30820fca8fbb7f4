"""Checks of arguments: the error names the argument, the value and the way out."""

import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from ecommine._core.checks import integer, number, one_of


def test_options_are_shown_in_their_order():
    one_of("returns", "net", ("net", "drop"))
    with pytest.raises(ValueError, match=r"^`returns` must be one of 'net', 'drop', 'keep', got 'Net'$"):
        one_of("returns", "Net", ("net", "drop", "keep"))


@pytest.mark.parametrize("value", [0.95, 1, 0, np.float32(0.5), np.int64(1), Fraction(1, 2)])
def test_numbers_of_every_kind(value):
    assert number("level", value, low=0, high=1) == float(value)


@pytest.mark.parametrize("value", ["0.95", None, True, np.bool_(True), [0.9], 1j, Decimal("0.9")])
def test_no_numbers(value):
    with pytest.raises(TypeError, match=r"`level` must be a number, got .* of type "):
        number("level", value)


@pytest.mark.parametrize(
    ("bounds", "words"),
    [
        ({"low": 0, "high": 1}, "between 0 and 1"),
        ({"low": 2, "high": 3}, "between 2 and 3"),
        ({"high": -1}, "at most -1"),
        ({"low": 5}, "at least 5"),
    ],
)
@pytest.mark.parametrize("value", [1.5, math.nan])
def test_bounds_are_told(bounds, words, value):
    with pytest.raises(ValueError, match=f"`level` must be {words}, got {value}"):
        number("level", value, **bounds)


@pytest.mark.parametrize("value", [5, 5.0, np.int32(5)])
def test_whole_numbers(value):
    found = integer("bins", value, low=2)
    assert (found, type(found)) == (5, int)


@pytest.mark.parametrize(("value", "words"), [(5.5, "a whole number"), (1, "at least 2"), (math.inf, "a whole number")])
def test_no_whole_numbers(value, words):
    with pytest.raises(ValueError, match=f"`bins` must be {words}, got"):
        integer("bins", value, low=2)
