# ruff: noqa: B018
"""
Who comes back, who has gone quiet, who needs it again
======================================================

How many new customers return within 7, 30 and 90 days? What does a new customer bring in a year? Which good customers
have gone quiet? Whom do I remind of what today? A music shop with 23,570 new customers and a grocer with 2,469
households answer.

The data are CDNOW (all first customers of early 1997) and The Complete Journey (one year, 1.47 million order lines).
"""

# %%
# New customers of a shop
# -----------------------
#
# CDNOW is a list of customers who first bought in its first three months. The topic cannot know that: by default it
# takes who is seen early for an old customer, and says so. Here the first day of the data is the day from which first
# orders count.

from ecommine import datasets, retention

music = datasets.cdnow().orders
curve = retention.curve(music, first_orders_from="1997-01-01")
curve

# %%
# A second order of the same day is no return, and a purchase on day 30 is not one within 30 days.

curve.plot()

# %%
# The triangle: one row per month of the first purchase, one column per month since. Periods that are not over are
# hatched, and never 0.

cohorts = retention.cohorts(music, first_orders_from="1997-01-01")
cohorts.plot()

# %%
# The money per customer so far, in the same triangle.

cohorts.plot(kind="revenue")

# %%
# Is it getting better? Each cohort's return within 30 days is tested against that of all others.

print(cohorts.summary())
cohorts.returns

# %%
# What a new customer brings in the first year, and how much of it with the first order.

value = retention.value(music, first_orders_from="1997-01-01")
print(value.summary())
value.plot()

# %%
# A grocer's old customers
# ------------------------
#
# Most households of the grocer were customers long before the data begin. The default finds that out from the gaps
# between purchases: those first seen in the first two weeks are marked.

shop = datasets.complete_journey()
retention.cohorts(shop.orders).plot()

# %%
# Who has gone quiet
# ------------------
#
# `quiet_p` is the chance of so long a silence at the household's own rate, `return_probability` that of a purchase
# within 30 days, learned at earlier moments of this shop. The first asks whether something has changed, the second
# whether it is too late.

quiet = retention.churn_warnings(shop.orders, as_of="2017-09-28")
quiet.table.head(10)

# %%

quiet.plot()

# %%
# Each dot is a household, by its silence and the longest that is still usual for it: above the line it is flagged.
#
# How far could such probabilities be trusted? The same method, 30 days earlier, against what happened since. Flagged
# households are few, so the last row adds up those of earlier moments.

print(quiet.summary())
quiet.checks

# %%
# Whom to remind of what
# ----------------------
#
# By type of product, as households change brands. The table is ranked by the probability of a purchase within 14 days;
# a message to a customer takes the most probable of what is due.

again = retention.replenishment(shop.orders, by="title", products=shop.products, as_of="2017-09-28")
again.per_customer(most=3).head(9)

# %%
# Milk comes every 19 days in the household at the median, but only a fifth of gaps are close to what the household's
# earlier ones let expect: a date is a poor promise in groceries, a rank is not.

again.plot()

# %%

print(again.summary())
