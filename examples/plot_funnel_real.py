"""
A step that most buyers skip, and pages that lose everyone
==========================================================

Two real logs. The first is a sample of the event log of a large shop, published by
`REES46 <https://rees46.com/en/datasets>`_: less than three hours of views, carts and purchases. The second says which
pages of a site its users reached. Both lie in the folder that ``ECOMMINE_DATA`` names; where they are not at hand a
made shop and the published totals stand in, so that the code runs, and the words are about the real ones.
"""

# %%
# The log
# -------
#
# The reader of this export gives the events their usual names. Three hours are no week: the window is one hour, and who
# entered in the last hour counts for as long as seen.

import os
from pathlib import Path

import pandas as pd

from ecommine import datasets, funnel, schema

folder = Path(os.environ.get("ECOMMINE_DATA", "."))
log = folder / "rees46_events_sample.parquet"
shop = schema.from_rees46(pd.read_parquet(log)) if log.exists() else datasets.make_shop(3_000, 60)
result = funnel.analyse(shop.events, funnel.Funnel(["view_item", "add_to_cart", "purchase"], window="1h"))
print(result)
print(result.summary())

# %%
# Where did the buyers go?
# ------------------------
#
# Few visitors get to ``purchase`` by way of ``add_to_cart``, and ``skipped`` says why: more of them bought without one.
# Either the shop has a button that buys at once, or the log has lost the carts.

result.table[["step", "reached", "conversion", "skipped"]].round(4)

# %%
# The step may be left out
# ------------------------
#
# With ``optional`` who skips the cart is not lost by it: the funnel counts all buyers who viewed, and the cart still
# shows who took it.

direct = funnel.Funnel(["view_item", "add_to_cart", "purchase"], window="1h", optional="add_to_cart")
every_way = funnel.analyse(shop.events, direct)
every_way.plot()

# %%
# The same product?
# -----------------
#
# A visitor may view one product and buy another. With ``hold_constant`` all steps must be of one product.

same = funnel.Funnel(
    ["view_item", "add_to_cart", "purchase"], window="1h", optional="add_to_cart", hold_constant="product_id"
)
one_product = funnel.analyse(shop.events, same)
pd.concat({"any product": every_way.table, "one product": one_product.table})[["step", "reached", "conversion"]].round(
    4
)

# %%
# How long it takes
# -----------------
#
# Most purchases come within minutes of the first view. The jump at the end are those who bought in a later attempt,
# after the hour of the first one.

every_way.plot(kind="time")

# %%
# Pages of a site
# ---------------
#
# One row a user, one column a page. Half go from home to search, and of those one in eight to the payment, where nearly
# all are lost.

pages = folder / "page_funnel_users.parquet"
steps = ["home", "search", "payment", "confirmation"]
if pages.exists():
    users = funnel.from_reached(pd.read_parquet(pages), steps, by="device")
    desktop, mobile = users.group("Desktop"), users.group("Mobile")
else:
    desktop = funnel.from_counts(dict(zip(steps, (60_200, 30_100, 3_010, 150), strict=True)))
    mobile = funnel.from_counts(dict(zip(steps, (30_200, 15_100, 3_020, 302), strict=True)))
print(desktop.summary())
print(mobile.summary())

# %%
# Which step makes the difference
# -------------------------------
#
# On phones the share that gets to the end is four times as large (1.00 % against .25 %). The parts of the steps add up
# to the difference, in whatever order they are taken.

difference = funnel.compare(desktop, mobile, names=("desktop", "mobile"))
print(difference.summary())
difference.plot()
