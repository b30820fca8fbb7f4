"""
Find the leak: a funnel with what is not decided yet
====================================================

How many of those who look at a product buy it, where do the others stop, and which of them may still come back? This
example measures a funnel on a shop whose truth is known, by device and with open windows, then a real log in which most
buyers skip a step, and the totals of a dashboard.
"""

# %%
# A funnel is defined once
# ------------------------
#
# Steps, the time that a visitor may take, and whether a second try counts. A step may have conditions, several names,
# and a longest time since the step before.

import pandas as pd

from ecommine import datasets, funnel

checkout = funnel.Funnel(["view_item", "add_to_cart", "begin_checkout", "purchase"], window="3d")
shop = datasets.make_shop(3_000, 90)
result = funnel.analyse(shop.events, checkout)
print(result)

# %%
# In words
# --------

print(result.summary())

# %%
# The picture
# -----------
#
# Bars with 95 % intervals. Crosses are what most tools report: they count visitors who came in the last three days, and
# may still buy, as lost.

result.plot()

# %%
# Where the leak is
# -----------------
#
# The same by device; a visitor belongs to the device of the first visit.

by_device = funnel.analyse(shop.events, checkout, by="device")
by_device.plot()

# %%
# How long they take
# ------------------
#
# The share that has bought, by the time since the first entry: who buys, buys at once or comes back. The jump at the
# end are those who bought in a later attempt, after the three days of the first one; its interval stands beside it.

by_device.plot(kind="time")

# %%
# Week by week
# ------------
#
# Those who entered in each week; only first entries count, so that no week had longer to come back. The last week is
# not over. The first weeks hold the regular visitors, who would have entered earlier had the log begun earlier.

first_try = funnel.Funnel(checkout.steps, window="3d", reentry=False)
weekly = funnel.analyse(shop.events, first_try, every="1w", by="device")
weekly.plot()

# %%
# What must not happen in between
# -------------------------------
#
# Other pages before the purchase, such as help and shipping costs, end the attempt here. Of the first attempts, with
# them and without:

focused = funnel.Funnel(checkout.steps, window="3d", reentry=False, exclude="page_view")
kinds = {"any first attempt": first_try, "no other page": focused}
pd.concat({name: funnel.analyse(shop.events, one).table for name, one in kinds.items()})[
    ["step", "reached", "conversion"]
].round(3)

# %%
# Step by step: who reached the step before, who went on, and how long it took from the entry.

columns = ["device", "step", "reached", "step_conversion", "dropped", "pending", "seconds_median"]
by_device.table[columns].round(3)

# %%
# Which step explains the difference
# ----------------------------------
#
# Desktop converts better than mobile. The difference is split into one part a step; they add up to it, and do not
# depend on the order of the steps. In truth all three steps are better on desktop, the checkout most.

by_session = funnel.analyse(shop.events, checkout, by="device", unit="session_id")
devices = funnel.compare(by_session.group("mobile"), by_session.group("desktop"), names=("mobile", "desktop"))
print(devices.summary())
devices.plot()

# %%
# And two halves of the time: where the whole difference may be chance, no step is said to explain it.

half = shop.events["occurred_at"].quantile(0.5)
periods = [shop.events[shop.events["occurred_at"] < half], shop.events[shop.events["occurred_at"] >= half]]
halves = funnel.compare(*(funnel.analyse(events, checkout, unit="session_id") for events in periods))
print(halves.summary())
halves.table[["step", "step_conversion_before", "step_conversion_after", "contribution", "q_value"]].round(4)

# %%
# Yesterday's visitors are no failures
# ------------------------------------
#
# In a shop for furniture visitors think about it for days. Of these 30 % buy within ten days, if one waits; three weeks
# of data are at hand. The naive share counts everyone who is still thinking as lost.

import numpy as np

rng = np.random.default_rng(0)
entered = pd.Timestamp("2024-03-01") + pd.to_timedelta(rng.uniform(0, 21, 3_000), unit="D").floor("s")
bought = entered + pd.to_timedelta(rng.uniform(0, 10, 3_000), unit="D").floor("s")
buys = rng.random(3_000) < 0.3
furniture = pd.concat(
    [
        pd.DataFrame({"visitor_id": range(3_000), "event": "view_item", "occurred_at": entered}),
        pd.DataFrame({"visitor_id": np.flatnonzero(buys), "event": "purchase", "occurred_at": bought[buys]}),
    ]
)
ten_days = funnel.Funnel(["view_item", "purchase"], window="10d")
seen = funnel.analyse(furniture, ten_days, as_of="2024-03-21")
row = seen.table.iloc[-1]
print(f"naive {row['naive_conversion']:.1%}")
print(f"estimated {row['conversion']:.1%} ({row['conversion_low']:.1%} to {row['conversion_high']:.1%}), truth 30.0%")
print(seen.notes[-1])
seen.plot()

# %%
# A step that is none
# -------------------
#
# Of three visitors two buy without a cart. The funnel counts one purchase, and ``skipped`` says why: is the cart really
# a step, and is every event recorded?

log = pd.DataFrame(
    {
        "visitor_id": [1, 1, 1, 2, 2, 3, 3],
        "event": ["view_item", "add_to_cart", "purchase", "view_item", "purchase", "view_item", "purchase"],
        "occurred_at": pd.date_range("2024-03-01 10:00", periods=7, freq="3min"),
    }
)
direct = funnel.analyse(log, ["view_item", "add_to_cart", "purchase"], as_of="2024-04-01")
direct.table[["step", "reached", "skipped"]]

# %%
# A dashboard's totals
# --------------------
#
# Where there are no events, counts will do: the published funnel of a web shop's pages.

pages = funnel.from_counts({"home": 90_400, "search": 45_200, "payment": 6_030, "confirmation": 452})
print(pages.summary())
pages.plot()
