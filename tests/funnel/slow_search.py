"""The specification of searches in plain Python: every session is read event by event."""

import unicodedata
from collections import Counter
from datetime import datetime, timedelta

import pandas as pd

from ecommine.schema._model.event_names import EVENT_NAMES
from funnel import slow_sessions

START = datetime(2024, 1, 1)
COLUMNS = ["visitor_id", "second", "event", "query", "result_count", "product_id", "position", "value", "session_id"]
SEARCHING = ("search", "view_search_results")
PASSIVE = ("page_view", "session_start", "view_item_list")


def table(rows):
    """Make events of visitor, second, event, query, results, product, position, value, session; the last may lack."""
    frame = pd.DataFrame([(*row, *[None] * 9)[:9] for row in rows], columns=COLUMNS)
    at = START + pd.to_timedelta(frame.pop("second").astype("int64"), unit="s")
    frame["occurred_at"] = pd.Series(at, dtype="datetime64[us]")
    for name in ("result_count", "position", "value"):
        frame[name] = frame[name].astype("float64")
    return frame


def normal(text):
    if text is None or text != text:
        return None
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", str(text)).casefold())
    return " ".join(folded.split()) or None


def known(value):
    return value is not None and value == value


def lowest_first(value):
    """Order values of one column, those missing first."""
    return (0,) if value is None or value != value else (1, value)


def by_time(rows):
    names = {name: place for place, name in enumerate(EVENT_NAMES)}
    ties = ("session_id", "query", "product_id", "position", "result_count", "value")
    return sorted(
        rows,
        key=lambda row: (
            row["occurred_at"],
            names.get(row["event"], len(names)),
            row["event"],
            [lowest_first(row[name]) for name in ties],
        ),
    )


def sessions(frame, gap):
    """Cut the events of each visitor into sessions."""
    found = []
    for _, group in sorted(frame.groupby("visitor_id"), key=lambda pair: pair[0]):
        rows = by_time(group.to_dict("records"))
        ids = [None if lowest_first(row["session_id"]) == (0,) else row["session_id"] for row in rows]
        labels = slow_sessions.labels([(0, row["occurred_at"], one) for row, one in zip(rows, ids, strict=True)], gap)
        found += [
            [row for row, other in zip(rows, labels, strict=True) if other == one] for one in dict.fromkeys(labels)
        ]
    return found


def read_session(events, click, dedupe_within):
    """Find the searches of a session, and which one each event follows."""
    searches, clicks, last = [], 0, None  # last: time, clicks and query of the last event of searching
    for row in events:
        at = row["occurred_at"]
        row["search"] = searches[-1] if searches else None
        row["sent"] = row["event"] in PASSIVE and last is not None and at - last[0] <= dedupe_within
        if row["event"] in SEARCHING:
            query = normal(row["query"])
            if query is None and last is not None and at - last[0] <= dedupe_within and clicks == last[1]:
                query = last[2]
            same = [one for one in searches if one["query"] == query]
            if same and same[-1]["clicks_before"] == clicks and at - same[-1]["until"] <= dedupe_within:
                one = same[-1]
                one["until"], row["sent"] = at, True
            else:
                one = {"query": query, "at": at, "clicks_before": clicks, "until": at, "results": [], "clicked": False}
                one |= {"visitor": row["visitor_id"], "bought": False, "money": 0.0, "spelling": row["query"]}
                searches.append(one)
                row["search"] = one
            if row["result_count"] == row["result_count"]:
                one["results"].append(row["result_count"])
            last = at, clicks, query
        if row["event"] == click:
            clicks += 1
            if searches:
                searches[-1]["clicked"] = True
    return searches


def replaced(searches, place, reformulation_within):
    """Return the query by which a search was replaced, None where it was not."""
    one = searches[place]
    if place + 1 == len(searches) or one["clicked"] or one["query"] is None:
        return None
    then = searches[place + 1]
    soon = then["at"] - one["at"] <= reformulation_within
    return then["query"] if soon and then["query"] != one["query"] else None


def all_searches(frame, until, *, gap, dedupe_within, reformulation_within, within=None, attribution="clicked"):
    """Return every search of the log with what follows it."""
    frame = frame[frame["occurred_at"] <= until]
    click = "select_item" if (frame["event"] == "select_item").any() else "view_item"
    found, visits = [], sessions(frame, gap)
    for events in visits:
        searches = read_session(events, click, dedupe_within)
        over = until - events[-1]["occurred_at"] > gap
        acts = [row for row in events if not row["sent"]]
        for place, one in enumerate(searches):
            one["next"] = replaced(searches, place, reformulation_within)
            one["results"] = max(one["results"], default=None)
            one["exits"] = bool(acts[-1]["event"] in SEARCHING and acts[-1]["search"] is one)
            one["over"] = over
            one["mature"] = over if within is None else until - one["at"] >= within
        found += searches
    give(visits, within, attribution)
    return found


def give(visits, within, attribution):
    """Credit every purchase to a search."""
    opens = [row for rows in visits for row in rows if row["event"] in ("select_item", "view_item") and row["search"]]
    named = any(known(row["product_id"]) for row in opens)
    bought = [row for rows in visits for row in rows if row["event"] == "purchase"]
    named = named and any(known(row["product_id"]) for row in bought)
    for rows in visits:
        for row in rows:
            if row["event"] != "purchase":
                continue
            scope = rows
            if within is not None:
                scope = by_time([one for part in visits for one in part if one["visitor_id"] == row["visitor_id"]])
            before = scope[: next(place for place, one in enumerate(scope) if one is row)]
            if attribution == "clicked" and named and known(row["product_id"]):
                before = [one for one in before if any(one is opened for opened in opens)]
                before = [one for one in before if one["product_id"] == row["product_id"]]
            elif within is not None:
                before = [one for one in before if one["event"] in SEARCHING and not one["sent"]]
            else:
                before = [one for one in before if one["search"]]
            owner = before[-1]["search"] if before else None
            if owner is None or (within is not None and row["occurred_at"] - owner["at"] > within):
                continue
            owner["bought"] = True
            owner["money"] += row["value"] if row["value"] == row["value"] else 0.0


def by_query(searches):
    """Count what the table shows, query by query."""
    found = {}
    for query in sorted({one["query"] for one in searches} - {None}):
        mine = [one for one in searches if one["query"] == query]
        over, mature = [one for one in mine if one["over"]], [one for one in mine if one["mature"]]
        known = [one for one in mine if one["results"] is not None]
        moves = Counter(one["next"] for one in over if one["next"] is not None)
        found[query] = {
            "searches": len(mine),
            "visitors": len({one["visitor"] for one in mine}),
            "pending": len(mine) - len(over),
            "zero_result_rate": mean([one["results"] == 0 for one in known]),
            "click_rate": mean([one["clicked"] for one in over]),
            "reformulation_rate": mean([one["next"] is not None for one in over]),
            "conversion": mean([one["bought"] for one in mature]),
            "revenue": sum(one["money"] for one in mine),
            "revenue_per_search": mean([one["money"] for one in mature]),
            "exit_rate": mean([one["exits"] for one in over]),
            "top_reformulation": min(moves, key=lambda text: (-moves[text], text), default=None),
        }
    return found


def mean(values):
    return sum(values) / len(values) if values else None


def minutes(count):
    return timedelta(minutes=count)
