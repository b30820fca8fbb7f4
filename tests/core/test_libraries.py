"""The fixture itself: a table goes into every library and comes back as it was."""

import numpy as np
import pandas as pd

from libraries import to_pandas


def _table():
    return pd.DataFrame(
        {
            "n": np.array([3, 1, 2], dtype="int64"),
            "guest": [7.0, np.nan, 9.0],
            "x": [0.5, np.nan, -1.25],
            "t": np.array(["2024-05-01T10:00:00.000001", "NaT", "2024-05-03"], dtype="datetime64[us]"),
            "s": np.array(["很好", None, "b"], dtype=object),
            "b": [True, False, True],
        }
    )


def test_a_table_comes_back_from_every_library_as_it_was(library):
    back = to_pandas(library(_table()))
    expected = _table()
    expected["s"] = pd.Series(["很好", None, "b"], dtype=object)
    pd.testing.assert_frame_equal(back, expected)


def test_sorting_puts_rows_in_one_order(library):
    assert to_pandas(library(_table()), sort=["n"])["n"].tolist() == [1, 2, 3]
    assert to_pandas(library(_table()), sort=True)["n"].tolist() == [1, 2, 3]


def test_empty_tables_keep_their_types(library):
    assert len(to_pandas(library(_table().iloc[:0]))) == 0
