"""The specification of sessions and paths in plain Python: visitor by visitor, event by event."""

from datetime import datetime, timedelta

import pandas as pd


def sessions(rows, gap):
    """Return the session of each (visitor, time): the visitor, a point, and the second in which it began."""
    found = {}
    for visitor in {visitor for visitor, _ in rows if visitor is not None}:
        begin = last = None
        for at in sorted({at for other, at in rows if other == visitor and at is not None}):
            if last is None or at - last > gap:
                begin = at
            last = at
            found[visitor, at] = f"{visitor}.{(begin - datetime(1970, 1, 1)) // timedelta(seconds=1)}"
    return [found.get(row) for row in rows]


def times(minutes, unit="s"):
    """Make a column of times from numbers since the start of 2024, None where they are unknown."""
    start = pd.Timestamp("2024-01-01")
    values = [pd.NaT if one is None else start + pd.Timedelta(one, unit=unit) for one in minutes]
    return pd.Series(values, dtype="datetime64[us]")
