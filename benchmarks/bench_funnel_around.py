"""Speed and memory of sessions, paths, carts and searches, beside pandas and beside DuckDB's SQL.

Ten million events of a million visitors in two million sessions. Every tool gives the same numbers of one question:
how many sessions; which event follows which, how often, and the median time between; how many carts are opened and
bought; how often each query is searched, finds nothing, and is clicked. These are compared before any time is believed.
Tools run in alternating processes, A B A B; printed are medians of the calls after the first, the seconds that
processors worked for them (a machine that does other work at the same time stretches only the others), the most memory
of a process above what it held before the call, and the growth of the work for ten times the events. Theirs count; ours
also estimates, with intervals, chances, reasons and corrections.

    python benchmarks/bench_funnel_around.py                      # about twenty minutes
    python benchmarks/bench_funnel_around.py --events 1000000     # a quick look
"""

import argparse
import json
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from datetime import timedelta
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
LATER = "2024-06-01"
"""A moment at which every session is over."""
FOREVER = "36500d"
EVENTS = ["visitor_id", "event", "occurred_at"]
SESSIONS = """
    with told as (
        select visitor_id, event, occurred_at, result_count, query,
            case when occurred_at - lag(occurred_at) over mine <= interval 30 minute then 0 else 1 end as begins
        from read_parquet('{path}') window mine as (partition by visitor_id order by occurred_at)
    ), cut as (
        select *, sum(begins) over (partition by visitor_id order by occurred_at) as session from told
    )
"""
"""Cuts sessions; `result_count` and `query` are there for searches only."""


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
        "product_id": pd.Series(rng.integers(0, 5_000, len(frame)), dtype="Int64").where(of_product),
        "query": pd.Series("query " + pd.Series(query).astype("str"), dtype="str").where(name == "search"),
        "result_count": np.where(name == "search", results, np.nan),
        "position": np.where(name == "select_item", rng.integers(1, 21, len(frame)), np.nan),
        "value": np.where(np.isin(name, ["add_to_cart", "purchase"]), value, np.nan),
    }
    frame = frame.reset_index(drop=True).assign(**columns)
    return frame.sort_values("occurred_at", ignore_index=True)


def in_sessions(events: pd.DataFrame) -> pd.DataFrame:
    """Sort events, and number the sessions."""
    ordered = events.sort_values(["visitor_id", "occurred_at"], ignore_index=True)
    apart = ordered["visitor_id"] != ordered["visitor_id"].shift()
    late = ordered["occurred_at"].diff() > pd.Timedelta("30min")
    return ordered.assign(session=(apart | late).cumsum())


def sessions(events: Any) -> Any:
    from ecommine import funnel

    return funnel.sessions(events)


def sessions_sql(path: str) -> Any:
    import duckdb

    query = SESSIONS.replace(", result_count, query", "")
    return duckdb.sql(query.format(path=path) + "select * from cut").to_arrow_table()


def how_many(found: Any) -> list[Any]:
    if isinstance(found, pd.DataFrame):
        return [int(found.get("session", found.get("session_id")).nunique())]
    return [int(found["session_id"].n_unique() if hasattr(found, "n_unique") else sum(found["begins"].to_numpy()))]


def paths(events: Any) -> Any:
    from ecommine import funnel

    return funnel.paths(events, as_of=LATER).table


def paths_pandas(events: pd.DataFrame) -> Any:
    found = in_sessions(events)
    again = (found["session"] == found["session"].shift()) & (found["event"] == found["event"].shift())
    visits = found[~again]
    by_session = visits.groupby("session")
    visits = visits.assign(
        next_event=by_session["event"].shift(-1),
        seconds=(by_session["occurred_at"].shift(-1) - visits["occurred_at"]).dt.total_seconds(),
    )
    return visits.groupby(["event", "next_event"])["seconds"].agg(["count", "median"]).reset_index()


def paths_sql(path: str) -> Any:
    import duckdb

    query = (
        SESSIONS.replace(", result_count, query", "").format(path=path)
        + """
    , visits as (
        select * from cut
        qualify begins = 1 or event <> lag(event) over (partition by visitor_id order by occurred_at)
    ), steps as (
        select event, lead(event) over mine as next_event,
            epoch(lead(occurred_at) over mine) - epoch(occurred_at) as seconds
        from visits window mine as (partition by visitor_id, session order by occurred_at)
    )
    select event, next_event, count(*) as n, median(seconds) as middle from steps where next_event is not null
    group by all"""
    )
    return duckdb.sql(query).df()


def transitions(found: Any) -> list[Any]:
    """List the steps from event to event, sorted."""
    table = pd.DataFrame(found.to_dict(as_series=False) if hasattr(found, "n_unique") else found)
    if "state" in table:
        table = table[["state", "next_state", "transitions", "seconds_median"]]
        table = table[(table["state"] != "(start)") & (table["next_state"] != "(end)")]
    rows = sorted(table.itertuples(index=False))
    return [[str(event), str(after), int(n), round(float(seconds), 3)] for event, after, n, seconds in rows]


def carts(events: Any) -> Any:
    from ecommine import funnel

    return funnel.carts(events, recover_within=FOREVER, as_of=LATER).table


def carts_of_products(events: Any) -> Any:
    from ecommine import funnel

    return funnel.carts(events, as_of=LATER).table


def carts_pandas(events: pd.DataFrame) -> Any:
    few = events[events["event"].isin(["add_to_cart", "purchase"])].sort_values(["visitor_id", "occurred_at"])
    added = few["event"] == "add_to_cart"
    after = added.shift(fill_value=False) & (few["visitor_id"] == few["visitor_id"].shift())
    return [int((added & ~after).sum()), int((~added & after).sum())]


def carts_sql(path: str) -> Any:
    import duckdb

    query = f"""
    select count(*) filter (event = 'add_to_cart' and before is distinct from 'add_to_cart'),
        count(*) filter (event = 'purchase' and before = 'add_to_cart')
    from (
        select event, lag(event) over (partition by visitor_id order by occurred_at) as before
        from read_parquet('{path}') where event in ('add_to_cart', 'purchase')
    )"""
    return list(duckdb.sql(query).fetchall()[0])


def opened_and_bought(found: Any) -> list[Any]:
    if isinstance(found, list):
        return found
    status = pd.Series(found["status"].to_list())
    return [len(status), int(status.isin(["bought", "recovered"]).sum())]


def search(events: Any) -> Any:
    from ecommine import funnel

    return funnel.search(events, dedupe_within=timedelta(microseconds=1), min_searches=1, as_of=LATER).table


def search_pandas(events: pd.DataFrame) -> Any:
    found = in_sessions(events)
    found["search"] = (found["event"] == "search").cumsum()
    searches = found[found["event"] == "search"].set_index("search")
    clicks = found[found["event"] == "select_item"]
    same = clicks["session"].to_numpy() == searches["session"].reindex(clicks["search"]).to_numpy()
    searches["clicked"] = searches.index.isin(clicks["search"][same])
    searches["zero"] = searches["result_count"] == 0
    return (
        searches.groupby("query")
        .agg(n=("zero", "size"), zero=("zero", "mean"), clicked=("clicked", "mean"))
        .reset_index()
    )


def search_sql(path: str) -> Any:
    import duckdb

    query = (
        SESSIONS.format(path=path)
        + """
    , known as (
        select *, max(case when event = 'search' then occurred_at end)
            over (partition by visitor_id, session order by occurred_at) as since
        from cut
    ), searches as (
        select max(query) as query, max(result_count) as results, count(*) filter (event = 'select_item') as clicks
        from known where since is not null group by visitor_id, since
    )
    select query, count(*) as n, avg((results = 0)::int) as zero, avg((clicks > 0)::int) as clicked
    from searches group by query"""
    )
    return duckdb.sql(query).df()


def of_queries(found: Any) -> list[Any]:
    """Tell the most searched queries, and what all together are."""
    table = pd.DataFrame(found.to_dict(as_series=False) if hasattr(found, "n_unique") else found)
    if "searches" in table:
        table = table[["query", "searches", "zero_result_rate", "click_rate"]]
    table = table.set_axis(["query", "n", "zero", "clicked"], axis=1).sort_values(
        ["n", "query"], ascending=[False, True]
    )
    rows = [
        [str(query), int(n), round(zero, 6), round(clicked, 6)] for query, n, zero, clicked in table[:20].to_numpy()
    ]
    sums = [round(float((table["n"] * table[name]).sum()), 3) for name in ("zero", "clicked")]
    return [len(table), int(table["n"].sum()), *sums, *rows]


Tool = tuple[str, Callable[[Any], Any]]
QUESTIONS: dict[str, tuple[list[str], Callable[[Any], list[Any]], dict[str, Tool]]] = {
    "sessions": (
        EVENTS,
        how_many,
        {
            "pandas": ("pandas", sessions),
            "polars": ("polars", sessions),
            "pandas by hand": ("pandas", in_sessions),
            "duckdb sql": ("file", sessions_sql),
        },
    ),
    "paths": (
        EVENTS,
        transitions,
        {
            "pandas": ("pandas", paths),
            "polars": ("polars", paths),
            "pandas by hand": ("pandas", paths_pandas),
            "duckdb sql": ("file", paths_sql),
        },
    ),
    "carts": (
        [*EVENTS, "value"],
        opened_and_bought,
        {
            "pandas": ("pandas", carts),
            "polars": ("polars", carts),
            "pandas by hand": ("pandas", carts_pandas),
            "duckdb sql": ("file", carts_sql),
        },
    ),
    "carts of products, seven days": (
        [*EVENTS, "product_id", "value"],
        opened_and_bought,
        {"pandas": ("pandas", carts_of_products), "polars": ("polars", carts_of_products)},
    ),
    "search": (
        [*EVENTS, "product_id", "query", "result_count", "position", "value"],
        of_queries,
        {
            "pandas": ("pandas", search),
            "polars": ("polars", search),
            "pandas by hand": ("pandas", search_pandas),
            "duckdb sql": ("file", search_sql),
        },
    ),
}


def work(name: str, path: str, repeats: int) -> dict[str, Any]:
    """Answer a question with a tool several times; report seconds, the numbers, and the memory of the first call."""
    warnings.simplefilter("ignore")
    question, tool = name.split(": ")
    _, told, tools = QUESTIONS[question]
    library, call = tools[tool]
    events, seconds, busy = loaded(library, path), [], []
    Path("/proc/self/clear_refs").write_text("5")
    held, peak, found = held_mb("VmRSS"), 0.0, None
    for _ in range(repeats):
        found = None  # an answer may be as large as the log
        start, began = time.perf_counter(), time.process_time()
        found = call(events)
        seconds.append(time.perf_counter() - start)
        busy.append(time.process_time() - began)
        peak = peak or held_mb("VmHWM")
    return {"seconds": seconds, "busy": busy, "found": told(found), "mb": peak - held}


def measured(question: str, path: str, repeats: int) -> dict[str, tuple[float, float, float]]:
    """Run all tools in turn, twice; return median seconds, those of processors, and the memory of each."""
    tools = QUESTIONS[question][2]
    runs: dict[str, list[dict[str, Any]]] = {tool: [] for tool in tools}
    for _ in range(2):
        for tool in tools:
            runs[tool].append(in_process(f"{question}: {tool}", path, repeats, __file__))
    found = {tool: of[0]["found"] for tool, of in runs.items()}
    if any(one != found["pandas"] for one in found.values()):
        raise AssertionError(f"{question}: {found}")
    return {
        tool: (
            *(median([one for run in of for one in run[what][1:]]) for what in ("seconds", "busy")),
            max(run["mb"] for run in of),
        )
        for tool, of in runs.items()
    }


def report(events: int, questions: list[str], repeats: int) -> Iterator[str]:
    """Run everything, line by line."""
    with tempfile.TemporaryDirectory() as folder:
        logs = {n: make_log(n) for n in (events // 10, events)}
        for question in questions:
            columns, path, before = QUESTIONS[question][0], str(Path(folder) / "log.parquet"), {}
            for n, log in logs.items():
                log[columns].to_parquet(path, index=False)
                found = measured(question, path, repeats)
                yield f"{question}, {n:,} events ({log[columns].memory_usage(deep=False).sum() / 1e6:,.0f} MB)"
                for tool, (seconds, busy, mb) in found.items():
                    growth = f"   {busy / before[tool][1]:5.1f} x for ten times the events" if before else ""
                    ratio = f"{seconds / found['pandas'][0]:6.2f} x pandas"
                    work_done = f"{busy:8.2f} s of processors   {mb:7,.0f} MB"
                    yield f"  {tool:<18}{seconds:8.2f} s   {ratio}   {work_done}{growth}"
                before = found


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--only", choices=list(QUESTIONS), help="one question")
    parser.add_argument("--repeats", type=int, default=3, help="calls in each process, at least 2")
    parser.add_argument("--work", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.work:
        print(json.dumps(work(*json.loads(given.work))))
        return
    for line in report(given.events, [given.only] if given.only else list(QUESTIONS), given.repeats):
        print(line, flush=True)


if __name__ == "__main__":
    main()
