"""
Searches: which queries to improve first
========================================

What do visitors look for, what do they find, and which queries cost the most? This example draws the searches of
a small shop whose truth is known: some queries find nothing, some show the wrong things, some lead to prices that
nobody pays. Then it asks :func:`ecommine.funnel.search` to find them.
"""

# %%
# A log of searches
# -----------------
#
# The first position of a page is looked at most. Each query has its own chance to find nothing, its own number of
# results, and results that are more or less wanted.

import numpy as np
import pandas as pd

from ecommine import funnel

rng = np.random.default_rng(0)
shop = pd.DataFrame(
    [
        ("running shoes", 9, 1.6, 0.02, 4, 0.20),
        ("rain jacket", 7, 0.9, 0.02, 8, 0.20),
        ("连衣裙", 6, 0.3, 0.03, 8, 0.20),  # shows the wrong dresses
        ("socks", 5, 1.1, 0.02, 8, 0.30),
        ("ruckscak", 3, 1.0, 0.95, 3, 0.20),  # a typing error that finds nothing
        ("rucksack", 4, 1.3, 0.01, 8, 0.20),
        ("down jacket", 4, 1.4, 0.02, 8, 0.02),  # clicked, too dear
        ("gift for a friend who already has everything", 1, 0.8, 0.50, 3, 0.10),
        ("登山杖", 2, 1.0, 0.05, 5, 0.20),
        ("cap", 2, 0.9, 0.05, 4, 0.25),
    ],
    columns=["query", "weight", "wanted", "zero", "results", "buys"],
)
n, page = 20_000, 8
looked_at = 0.3 / np.arange(1, page + 1) ** 0.8
drawn = shop.loc[rng.choice(len(shop), n, p=shop["weight"] / shop["weight"].sum())].reset_index(drop=True)
results = np.where(rng.random(n) < drawn["zero"], 0, drawn["results"])
shown = np.arange(page) < results[:, None]
clicks = (rng.random((n, page)) < looked_at * drawn["wanted"].to_numpy()[:, None]) & shown
where, place = np.nonzero(clicks)
buyers = np.flatnonzero(clicks.any(axis=1) & (rng.random(n) < drawn["buys"]))
retries = np.flatnonzero((drawn["query"] == "ruckscak") & (results == 0) & (rng.random(n) < 0.6))
parts = [
    {"visit": np.arange(n), "event": "search", "second": 0, "query": drawn["query"], "result_count": results},
    {"visit": where, "event": "select_item", "second": 5 + place, "position": place + 1},
    {"visit": buyers, "event": "purchase", "second": 90, "value": rng.lognormal(3.5, 0.5, len(buyers)).round(2)},
    {"visit": retries, "event": "search", "second": 20, "query": "rucksack", "result_count": 8},
]
events = pd.concat([pd.DataFrame(part) for part in parts], ignore_index=True)
minute = pd.to_timedelta(events["visit"] * 2, unit="min") + pd.to_timedelta(events.pop("second"), unit="s")
events["occurred_at"] = pd.Timestamp("2024-03-01") + minute
events["visitor_id"] = events.pop("visit")

found = funnel.search(events, page_size=page, as_of="2024-03-31")
print(found)

# %%
# In words
# --------

print(found.summary())

# %%
# The queries to improve first
# ----------------------------
#
# What each query would add if it did as well as a typical one, and why it does not. It is a ranking and no forecast.

found.plot()

# %%
# The typing error is the first thing to correct: visitors who type it again find what they want.

found.reformulations.head(3)

# %%
# Each query in numbers
# ---------------------

columns = ["query", "searches", "zero_result_rate", "click_rate", "relative_click_rate", "conversion"]
found.table[columns].round(3)

# %%
# Clicks by position
# ------------------
#
# The running shoes are wanted most, and there are only four of them: the positions further down are shown by other
# queries, so that the plain click rates fall too fast. The curve separates queries and positions.

found.plot(kind="positions")

# %%
# In Chinese
# ----------

print(found.summary(locale="zh"))
found.plot(locale="zh")
