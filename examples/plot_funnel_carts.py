"""
Carts: left, recovered, and still worth a message
=================================================

How many carts are left, how many of these are bought later, and which of those still open are worth most? This example
follows the carts of a shop whose truth is known, over sessions and devices, with its orders, prices and stock.
"""

# %%
# Who the visitors are
# --------------------
#
# A customer who fills a cart on the phone may buy it on the desktop. `schema.identify` puts customers on the events, so
# that both are one person.

import warnings

from ecommine import datasets, funnel, schema

shop = datasets.make_shop(2_000, 120)
with warnings.catch_warnings(record=True, action="always") as said:
    events = schema.identify(shop.events, shop.links)
print(said[0].message)

# %%
# What became of the carts
# ------------------------
#
# A cart that was left yesterday is not lost yet: it counts for as long as it was seen.

found = funnel.carts(events, orders=shop.orders, sales=shop.sales, stock=shop.stock, recover_within="7d")
print(found)

# %%
# In words, and what was left out or is not decided yet.

print(found.summary())
print(*found.notes, sep="\n")

# %%
# Where they are left
# -------------------
#
# By the furthest step of the session that opened them. What comes in a later session does not move a cart to a later
# step: only those who come back would be moved.

found.plot()

# %%
# The same with intervals: left at first, recovered of these, and lost in the end.

columns = [
    "checkout_step",
    "bought",
    "left",
    "open",
    "abandonment",
    "recovery",
    "recovery_low",
    "recovery_high",
    "lost",
]
found.steps[columns].round(3)

# %%
# How soon they come back
# -----------------------
#
# Customers of this shop come back within five days; later purchases are of other visits. A message after the curve is
# flat comes too late.

found.plot(kind="recovery")

# %%
# Why they are left
# -----------------
#
# The reason that the tables can tell. Here prices and stock hardly change within a session, so that the step of the
# checkout is all that is known.

found.reasons.round(3)

# %%
# What is still at stake
# ----------------------
#
# Open carts by the money that is still expected: what is in the cart, times the chance that a cart of this age and step
# is still bought. It ranks; what a message adds, only an experiment tells.

found.to_flat(names=shop.products)[
    ["cart_id", "checkout_step", "age_hours", "products", "value_left", "chance", "chance_low", "chance_high"]
].head(8).round(2)

# %%
# Bought later is not abandoned
# -----------------------------
#
# The share of carts that a tool would report which looks at one session, and what is lost in truth.

row = found.rates.iloc[0]
print(f"left in the session {row['abandonment']:.1%}")
print(f"lost in the end {row['lost']:.1%} ({row['lost_low']:.1%} to {row['lost_high']:.1%})")
