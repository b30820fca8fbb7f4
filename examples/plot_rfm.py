# ruff: noqa: B018
"""
Who is worth what, and who is slipping away
===========================================

RFM describes a customer by three numbers: days since the last order (recency), number of orders (frequency) and money
(monetary value). This example scores the households of a grocer, names their segments, follows them from the first to
the second half of the year, and shows which movement earned or cost the most.

The data are The Complete Journey: one year of 2,469 households, 1.47 million order lines.
"""

# %%
# From order lines to customers
# -----------------------------
#
# The loader hands out canonical tables. For your own export, map the columns once with :func:`ecommine.schema.orders`.

from ecommine import datasets, rfm

orders = datasets.complete_journey().orders
orders[["order_id", "customer_id", "ordered_at", "amount"]].head()

# %%
# One row per household. The last day of the year is the moment up to which orders count; lines after it are left out,
# and a warning would say so. Here it is the result below that keeps such sentences, as ``.notes``.

result = rfm.score(orders, as_of="2017-12-31")
result

# %%
# The cut points
# --------------
#
# Each measure is cut into five levels of about as many households. The cut points are part of the result: recency 5
# means an order on the last day or the day before, which is the rhythm of a grocer. A fashion shop has other cut
# points, so the names of segments say where a customer stands among these customers, not what 30 days mean in general.

result.scale

# %%
# The segments
# ------------
#
# Every household has one segment. The table shows how many they are, what they spend, and what to do.

result.labelled(part="segments")

# %%
# The map shows the same: to the left who came lately, at the top who comes often, and the area of a bubble is money.

result.plot()

# %%
# And in words, for the person who decides.

print(result.summary())

# %%
# The households to call first: they were among the best, and have not come for long.

columns = ["customer_id", "recency", "frequency", "monetary", "rfm_score"]
result.members("cannot_lose").nlargest(5, "monetary")[columns]

# %%
# Your own cut points and rules
# -----------------------------
#
# Cut points are an object. Tuples are fixed, whole numbers are learned, and both mix: a shop with a rule of 7, 30 and
# 90 days keeps it, and learns the rest.

own = rfm.Scale(recency=(7, 30, 90), frequency=4, monetary=4)
rfm.score(orders, as_of="2017-12-31", scale=own, scheme=rfm.VALUE_GROUPS).segments

# %%
# Rules on scores are an object too: the first that holds names the segment, and whoever meets none is in the rest.

scheme = rfm.Scheme(
    name="ours",
    rules=(
        rfm.Rule(segment=rfm.Segment("regulars", action="Ask what is missing"), recency="high", frequency="high"),
        rfm.Rule(segment=rfm.Segment("big_baskets", action="Offer delivery"), frequency="low", monetary="high"),
        rfm.Rule(segment=rfm.Segment("sleeping", action="Send a voucher"), recency="low"),
    ),
)
ours = rfm.score(orders, as_of="2017-12-31", scheme=scheme)
ours.segments[["segment", "customers", "share_of_money", "action"]]

# %%
# From one half of the year to the next
# -------------------------------------
#
# The second half is scored with the cut points of the first. Otherwise a household could change its segment only
# because the others did.

first = rfm.score(orders, as_of="2017-06-30", period="6mo")
second = first.apply(orders, as_of="2017-12-31")
moved = rfm.migration(first, second)
moved.plot()

# %%
# The bridge splits the change in revenue: customers who are new or gone, and for those who stayed in touch, the effect
# of the number of orders and of the value of an order. The parts add up to the change to the last cent.

moved.plot(kind="bridge")

# %%

print(moved.summary())

# %%
# Shares of the households that moved up or down, with 95 % intervals:

moved.rates
