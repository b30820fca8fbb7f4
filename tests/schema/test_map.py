"""Every reader on every library: valid tables pass, keep what they hold, and pass again."""

import narwhals.stable.v2 as nw
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecommine import schema
from libraries import to_pandas
from strategies import tables

READERS = {name: getattr(schema, name) for name in schema.TABLES}


def same(left: pd.DataFrame, right: pd.DataFrame) -> None:
    """Compare values, whatever the dtypes: NaN, None and NaT are one missing value."""
    assert list(left.columns) == list(right.columns)
    for name in left.columns:
        pairs = zip(left[name].tolist(), right[name].tolist(), strict=True)
        assert all((pd.isna(a) and pd.isna(b)) or a == b for a, b in pairs), (name, left[name], right[name])


@pytest.mark.call("schema.*")
@pytest.mark.parametrize("name", READERS)
@settings(max_examples=6)
@given(data=st.data())
def test_a_valid_table_passes_its_reader_and_keeps_its_values(local_library, name, data):
    frame = data.draw(tables(name))
    native = local_library(frame)
    out = READERS[name](native)
    assert type(out) is type(native)
    back = to_pandas(out)
    computed = [] if "amount" in frame or name != "orders" else ["amount"]
    assert list(back.columns) == [*frame.columns, *computed]
    expected = to_pandas(frame)
    if name == "events":
        expected["event"] = [schema.EVENT_ALIASES.get(event, event) for event in expected["event"]]
    same(back[list(frame.columns)], expected)


@pytest.mark.parametrize("name", READERS)
@settings(max_examples=4)
@given(data=st.data())
def test_a_reader_changes_nothing_the_second_time(local_library, name, data):
    once = READERS[name](local_library(data.draw(tables(name))))
    twice = READERS[name](once)
    same(to_pandas(twice), to_pandas(once))
    types = nw.from_native(once).collect_schema()
    assert nw.from_native(twice).collect_schema() == types
