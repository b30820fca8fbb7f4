"""
Paths: what visitors do next
============================

A funnel counts the visitors that take the steps you have in mind. Paths show what visitors do instead: what follows
what, where they leave, and what leads to the purchase.
"""

# %%
# The log
# -------
#
# A made shop: pages, products, carts and purchases, with sessions as they were recorded.

from ecommine import datasets, funnel

shop = datasets.make_shop()
found = funnel.paths(shop.events, focus="add_to_cart")
print(found)

# %%
# In words
# --------

print(found.summary())

# %%
# The flow
# --------
#
# States from left to right by their position in the path. Lines are as wide as there are steps; those that lead back
# are dashed.

found.plot()

# %%
# All next states in numbers
# --------------------------

found.plot(kind="matrix")

# %%
# After the cart
# --------------
#
# Each column is one step further. Two thirds look at another product first.

found.plot(kind="after")

# %%
# How many of them buy in the end, the most frequent paths first:

found.after[["path", "paths", "share", "goal_share", "goal_share_low", "goal_share_high"]].round(3).head()

# %%
# Where they leave, how long they stay
# ------------------------------------
#
# The time after the last visit of a session is not known, and is not taken for zero.

found.states[["state", "visits", "exits", "exit_rate", "bounce_rate", "timed", "seconds_median"]].round(3)

# %%
# The chance of a purchase from each state
# ----------------------------------------
#
# A Markov chain knows nothing but the present state. The observed share beside it says whether that is enough: after a
# cart it is not.

found.states[
    ["state", "goal_chance", "goal_observed", "goal_observed_low", "goal_observed_high", "steps_to_goal"]
].round(3)

# %%
# Sessions of your own
# --------------------
#
# Events without a session_id go on with the session before, or begin one after a pause.

events = shop.events.drop(columns="session_id")
funnel.sessions(events, gap="30min")[["visitor_id", "event", "occurred_at", "session_id"]].head()

# %%
# In Chinese
# ----------

print(found.summary(locale="zh"))
found.plot(locale="zh")
