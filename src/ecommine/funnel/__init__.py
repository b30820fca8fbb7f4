r"""Funnels: where buyers are lost, and what is still undecided.

Reads events: visitor_id, event and occurred_at are enough.

- `Funnel`, `Step` and `Exclude` define a funnel once: steps, order, window, conditions, exclusions.
- `analyse` measures it on a table of events: conversion with intervals, time, skipped steps.
- `sessions` splits the events of a visitor into sessions at long pauses.
- `paths` shows what visitors do next, where they leave, what leads to the purchase, and how long it takes.
- `carts` finds carts: bought, left, recovered later, why they were left, and which may still be won back.
- `search` measures queries: results, clicks, reformulations, purchases, and which queries to improve first.
- `from_reached` and `from_counts` measure a table with a column per step, or totals of a dashboard.
- `compare` compares two of these results: which step explains the difference in conversion.

Conversion is the share of entrants that reach a step within the window of an entry: of any entry with re-entry (the
default), of the first one with ``reentry=False``. Entrants whose window is still open count for as long as they were
observed (Kaplan and Meier), instead of as lost.

Examples
--------
>>> import pandas as pd
>>> from ecommine import funnel
>>> events = pd.DataFrame({
...     "visitor_id": ["ann", "ann", "bob"], "event": ["view_item", "purchase", "view_item"],
...     "occurred_at": pd.to_datetime(["2024-03-01 10:00", "2024-03-01 11:00", "2024-03-02 09:00"]),
... })
>>> funnel.analyse(events, ["view_item", "purchase"], as_of="2024-04-01").table[["step", "reached", "conversion"]]
        step  reached  conversion
0  view_item        2         1.0
1   purchase        1         0.5
"""

from ._analyse import analyse
from ._carts.api import Carts, carts
from ._compare.api import FunnelComparison, compare
from ._definition import Exclude, Funnel, Step
from ._log.sessions import sessions
from ._paths.api import Paths, paths
from ._search.api import Searches, search
from ._steps.from_counts import from_counts, from_reached
from ._steps.result import FunnelResult

__all__ = [
    "Carts",
    "Exclude",
    "Funnel",
    "FunnelComparison",
    "FunnelResult",
    "Paths",
    "Searches",
    "Step",
    "analyse",
    "carts",
    "compare",
    "from_counts",
    "from_reached",
    "paths",
    "search",
    "sessions",
]
