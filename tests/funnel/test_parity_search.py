"""Coverage of the intervals of searches and false finds: `make parity`; one log of many queries always."""

import numpy as np
import pandas as pd
import pytest

from ecommine import funnel
from funnel import searchlog

END = "2200-01-01"


def covered(table, name, value):
    return ((table[f"{name}_low"] <= value) & (value <= table[f"{name}_high"])).mean()


def relative_truth(table):
    """Return how wanted each query is on the scale of the table: clicks over expected clicks of all are one."""
    clicks = table["wanted"]
    inside = np.arange(searchlog.PAGE) < table["depth"].to_numpy()[:, None]
    expected = table["weight"] * (1 - table["zero"]) * (inside @ searchlog.CURVE)
    return clicks * expected.sum() / (clicks * expected).sum()


def shares_covered(runs, *, alike):
    """Return the mean coverage over 40 queries, from some 400 searches to 20, and that of rare queries."""
    found = {name: [] for name in ("click_rate", "conversion", "relative_click_rate", "zero_result_rate")}
    for seed in range(runs):
        true = searchlog.truth(40, seed)
        frame = searchlog.log(true, 2_500, seed, visitors=600 if alike else None, alike=alike)
        table = funnel.search(frame, as_of=END, page_size=searchlog.PAGE, min_searches=1).table.merge(true, on="query")
        clicked, bought = searchlog.expected_shares(table)
        truths = {"click_rate": clicked, "conversion": bought, "zero_result_rate": table["zero"]}
        truths["relative_click_rate"] = relative_truth(table)
        for name, rows in found.items():
            if name in ("click_rate", "conversion") and alike:
                continue  # moods move the share itself where it is bent
            rows.append(covered(table, name, truths[name]))
    return {name: float(np.mean(rows)) for name, rows in found.items() if rows}


def false_finds(runs):
    """Return the share of logs in which any of 40 equal queries is called worse, by reason."""
    counts = pd.Series(0.0, ["zero_results", "few_clicks", "few_purchases"])
    for seed in range(runs):
        true = searchlog.truth(40, seed, spread=0)
        reasons = funnel.search(searchlog.log(true, 4_000, seed), as_of=END, page_size=searchlog.PAGE).reasons
        sure = reasons[reasons["q_value"] < 0.05]["reason"]
        counts += [(sure == name).any() for name in counts.index]
    return (counts / runs).round(3).to_dict()


def power(runs):
    """Return how often the one query of 40 that finds too little, is clicked too little, is found, by reason."""
    found = 0
    for seed in range(runs):
        true = searchlog.truth(40, seed, spread=0)
        true.loc[10, "wanted"] = 0.4
        reasons = funnel.search(searchlog.log(true, 4_000, seed), as_of=END, page_size=searchlog.PAGE).reasons
        row = reasons[(reasons["query"] == "q0010") & (reasons["reason"] == "few_clicks")].iloc[0]
        found += row["q_value"] < 0.05
    return found / runs


def repeated_covered(runs):
    """Return the coverage of a share whose searches are alike by visitor, and of the same taken for independent."""
    together, apart = [], []
    for seed in range(runs):
        rng = np.random.default_rng(seed)
        visitor = np.repeat(np.arange(150), 4)
        query = (visitor % 5).astype(str)
        goes = rng.random(len(visitor)) < rng.beta(1.0, 2.0, 150)[visitor]
        at = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.arange(len(visitor)), unit="D")
        part = pd.DataFrame({"visitor_id": visitor, "event": "search", "query": query, "occurred_at": at})
        clicks = part[goes].assign(event="select_item", query=None)
        clicks["occurred_at"] += pd.Timedelta("5s")
        frame = pd.concat([part, clicks], ignore_index=True)
        together.append(covered(funnel.search(frame, as_of=END).table, "click_rate", 1 / 3))
        lone = frame.assign(visitor_id=frame["occurred_at"].dt.floor("D").astype("int64"))
        apart.append(covered(funnel.search(lone, as_of=END).table, "click_rate", 1 / 3))
    return float(np.mean(together)), float(np.mean(apart))


def money_covered(runs):
    """Return the coverage of money a search of queries with an interval."""
    found = []
    for seed in range(runs):
        true = searchlog.truth(10, seed)
        table = funnel.search(searchlog.log(true, 3_000, seed), as_of=END).table.merge(true, on="query")
        table = table[table["revenue_per_search_low"].notna()]
        mean = searchlog.expected_shares(table)[1] * np.exp(3 + 0.5**2 / 2)
        found.append(covered(table, "revenue_per_search", mean))
    return float(np.mean(found))


@pytest.mark.parity
def test_intervals_cover():
    lone, alike = shares_covered(1_000, alike=0.0), shares_covered(1_000, alike=0.5)
    print("searches of many visitors", lone, "several of one visitor", alike)
    assert all(0.93 <= share <= 0.97 for share in (*lone.values(), *alike.values()))


@pytest.mark.parity
def test_searches_of_one_visitor_are_taken_together():
    together, apart = repeated_covered(1_000)
    print(f"by visitor {together:.3f}, taken for independent {apart:.3f}")
    assert 0.93 <= together <= 0.97
    assert apart < 0.9


@pytest.mark.parity
def test_money_a_search():
    share = money_covered(1_000)
    print(f"money a search {share:.3f}")
    assert 0.93 <= share <= 0.97


@pytest.mark.parity
def test_false_finds_and_power():
    wrong, right = false_finds(500), power(500)
    print(wrong, f"power {right:.3f}")
    assert max(wrong.values()) <= 0.07
    assert right > 0.8


def many_queries(count, **options):
    """Draw what is true of queries that are searched one, two, four and eight times as often."""
    return searchlog.truth(count, **options).assign(weight=np.tile([1.0, 2.0, 4.0, 8.0], count // 4) / (count / 4 * 15))


@pytest.mark.parametrize("alike", [0.0, 0.5])
def test_intervals_of_many_queries_hold_the_truth(alike):
    """One log of 600 queries tells as much as many logs of few."""
    frame = searchlog.log(many_queries(600), 60_000, visitors=3_000 if alike else None, alike=alike)
    table = funnel.search(frame, as_of=END, page_size=searchlog.PAGE, min_searches=1).table
    table = table.merge(many_queries(600), on="query")
    clicked, bought = searchlog.expected_shares(table)
    held = [
        covered(table, "relative_click_rate", relative_truth(table)),
        covered(table, "zero_result_rate", table["zero"]),
    ]
    if not alike:  # moods move the share itself where it is bent
        held += [covered(table, "click_rate", clicked), covered(table, "conversion", bought)]
        paid = table["revenue_per_search_low"].notna()
        mean = bought[paid] * np.exp(3 + 0.5**2 / 2)
        held.append(covered(table[paid], "revenue_per_search", mean))
    assert min(held) >= 0.92
    assert max(held) <= 0.98


def test_p_values_of_equal_queries_are_small_as_often_as_chance_has_it():
    """Rare queries cannot be surer than their few searches allow."""
    true = searchlog.truth(1_000, spread=0).assign(weight=1 / 1_000)
    reasons = funnel.search(searchlog.log(true, 60_000), as_of=END, page_size=searchlog.PAGE).reasons
    small = (reasons["p_value"] < 0.05).groupby(reasons["reason"]).mean()
    for name in ("zero_results", "few_clicks", "few_purchases"):
        assert 0.03 <= small[name] <= 0.07, name
    assert (reasons["q_value"] < 0.05).sum() <= 2


def test_queries_clicked_too_little_are_found():
    true = searchlog.truth(400, spread=0).assign(weight=1 / 400)
    true.loc[::20, "wanted"] = 0.4
    reasons = funnel.search(searchlog.log(true, 40_000), as_of=END, page_size=searchlog.PAGE).reasons
    found = reasons[(reasons["reason"] == "few_clicks") & (reasons["q_value"] < 0.05)]["query"]
    bad = set(true["query"][::20])
    assert len(bad & set(found)) >= 0.8 * len(bad)
    assert len(set(found) - bad) <= 0.2 * len(bad)
