"""Quarantine: every row is in one of two tables, and each rejected one with all its reasons."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecommine import schema
from libraries import to_pandas
from schema_slow import reasons
from strategies import broken


def split(native, name, **how):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", schema.DataWarning)
        return schema.quarantine(name, native, **how)


def as_held(library, frame, held):
    """Know that pandas' own conversion to nullable types makes whole floats whole numbers."""
    if library.name not in ("pandas-nullable", "pandas-pyarrow"):
        return held
    return {name: "whole" if how == "float" and all_whole(frame[name]) else how for name, how in held.items()}


def all_whole(column):
    known = column.dropna()
    return bool(np.isfinite(known).all() and (known == known.astype("int64")).all())


@pytest.mark.parametrize("name", schema.TABLES)
@settings(max_examples=12)
@given(data=st.data())
def test_rows_and_reasons_agree_with_the_slow_version(local_library, name, data):
    frame, held = data.draw(broken(name))
    held = as_held(local_library, frame, held)
    expected = {i: found for i, found in enumerate(reasons(name, frame, held)) if found}
    native = local_library(frame)
    out = split(native, name)
    assert type(out.valid) is type(out.rejected) is type(native)
    valid, rejected = to_pandas(out.valid), to_pandas(out.rejected, sort=["row"])
    assert sorted([*valid["row"], *rejected["row"]]) == frame["row"].tolist()
    found = {row: set(text.split("; ")) for row, text in zip(rejected["row"], rejected["reason"], strict=True)}
    assert found == expected
