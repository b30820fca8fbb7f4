"""The rule of sessions in plain Python: visitor by visitor, moment by moment."""

from datetime import datetime, timedelta


def labels(rows, gap):
    """Return the session of each (visitor, time, id): the visitor, and its id or the moment in which it began."""
    found = [None] * len(rows)
    for visitor in {visitor for visitor, _, _ in rows}:
        label = before = None
        for at in sorted({at for other, at, _ in rows if other == visitor}):
            now = [place for place, row in enumerate(rows) if row[:2] == (visitor, at)]
            ids = [rows[place][2] for place in now if rows[place][2] is not None]
            if ids:
                label = max(ids)
            elif before is None or at - before > gap:
                label = at
            for place in now:
                one = rows[place][2]
                found[place] = (visitor, label if one is None else one)
            before = at
    return found


def written(rows, gap):
    """Return what the library writes: the id, or the visitor, a point, and the second in which the session began."""
    known = [place for place, (visitor, at, _) in enumerate(rows) if visitor is not None and at is not None]
    found = [row[2] for row in rows]
    for place, (visitor, label) in zip(known, labels([rows[place] for place in known], gap), strict=True):
        begun = label - datetime(1970, 1, 1) if isinstance(label, datetime) else None
        found[place] = label if begun is None else f"{visitor}.{begun // timedelta(seconds=1)}"
    return found
