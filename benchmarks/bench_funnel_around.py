"""Speed and memory of sessions, paths, carts and searches, beside pandas and beside DuckDB's SQL.

Ten million events of a million visitors in two million sessions. Every tool gives the same numbers of one question:
how many sessions; which event follows which, how often, and the median time between; how many carts are opened and
bought; how often each query is searched, finds nothing, and is clicked. These are compared before any time is believed.
Tools run in alternating processes, A B A B; printed are medians of the calls after the first, the most memory of a
process above what it held before the call, and the growth for ten times the events. Theirs count; ours also estimates,
with intervals, chances, reasons and corrections.

    python benchmarks/bench_funnel_around.py                      # about twenty minutes
    python benchmarks/bench_funnel_around.py --events 1000000     # a quick look
"""

import argparse
import json
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pandas as pd
from bench_funnel import held_mb, in_process, loaded

SHARES = {
    "view_item": 0.36,
    "page_view": 0.2,
    "search": 0.14,
    "select_item": 0.11,
    "add_to_cart": 0.08,
    "view_cart": 0.04,
    "begin_checkout": 0.03,
    "purchase": 0.04,
}
REPEATS = 3
PAUSE = 1_800
LATER = "2024-06-01"
"""A moment at which every session is over."""
FOREVER = "36500d"


def make_log(n: int) -> pd.DataFrame:
    """Draw sessions of five events on average, in sixty days; no two events of one visitor are at one moment."""
    rng, n_drawn = np.random.default_rng(0), n + n // 50 + 100
    session = np.sort(rng.integers(0, n // 5, n_drawn))
    pause = np.where(np.diff(session, prepend=-1) != 0, 0, rng.integers(1, 300, n_drawn))
    since = np.cumsum(pause)
    since -= since[np.searchsorted(session, session)]
    second = rng.integers(0, 60 * 86_400, n // 5)[session] + since
    visitor = rng.integers(0, n // 10, n // 5)[session]
    frame = pd.DataFrame({"visitor_id": visitor, "second": second}).drop_duplicates()[:n]
    event = rng.choice(len(SHARES), len(frame), p=list(SHARES.values()))
    name = np.array(list(SHARES))[event]
    query = rng.zipf(1.3, len(frame)) % 50_000
    results, value = rng.integers(0, 40, len(frame)), rng.integers(1, 100, len(frame)) / 1.0
    of_product = np.isin(name, ["view_item", "select_item", "add_to_cart", "purchase"])
    columns = {
        "event": pd.Series(name, dtype="str"),
        "occurred_at": np.datetime64("2024-01-01", "us") + frame.pop("second").to_numpy() * np.timedelta64(10**6, "us"),
        "product_id": np.where(of_product, rng.integers(0, 5_000, len(frame)), np.nan),
        "query": pd.Series("query " + pd.Series(query).astype("str"), dtype="str").where(name == "search"),
        "result_count": np.where(name == "search", results, np.nan),
        "position": np.where(name == "select_item", rng.integers(1, 21, len(frame)), np.nan),
        "value": np.where(np.isin(name, ["add_to_cart", "purchase"]), value, np.nan),
    }
    frame = frame.reset_index(drop=True).assign(**columns)
    return frame.sort_values("occurred_at", ignore_index=True)
