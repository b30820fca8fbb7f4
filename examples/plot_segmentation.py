# ruff: noqa: B018
"""
Who the customers are, and where they are going
===============================================

This example describes the households of a grocer: what is known of each, which segments there are and whether they are
separate, what makes each different, who is slipping away, who is nearly in the next tier, and who is like the best.

The data are The Complete Journey: one year of 2,469 households, 1.47 million order lines.
"""

# %%
# What is known of a household
# ----------------------------
#
# One row per household: rates, money, habits, the favourite category with the chance that it truly is one, and the
# demographics, which 801 of the households gave.

import warnings
from pathlib import Path

from ecommine import DataWarning, datasets, segmentation

shop = datasets.complete_journey()
warnings.simplefilter("ignore", DataWarning)
households = segmentation.features(shop.orders, products=shop.products, customers=shop.customers, as_of="2017-12-31")
households.head()

# %%
# Segments, and whether they are separate
# ---------------------------------------
#
# Households are compared by orders per month and average order value, in logs.

segments = segmentation.fit(households)
segments.segments

# %%
# The verdict is honest: one cloud, in which limits are a choice.

print(segments.summary())

# %%

segments.plot()

# %%
# What makes each segment different
# ---------------------------------
#
# Income, age and household size come from outside the orders, so they are tested; what the segments were made from is
# compared only. The notes say for how many households the attributes are known.

profile = segmentation.profile(segments.table)
outside = profile.table[profile.table["column"].isin(["income", "age", "household_size"])]
outside[outside["q_value"] < 0.05][["segment", "column", "category", "level", "everybody", "index", "q_value"]]

# %%

profile

# %%

profile.plot()

# %%
# The same as a page of portraits for a browser, which needs no other file; in Chinese with ``locale="zh"``.

folder = Path("build")
folder.mkdir(exist_ok=True)
profile.to_html(folder / "portrait.html")

# %%
# Where they are going
# --------------------

stages = segmentation.lifecycle(shop.orders, as_of="2017-12-31")
print(stages.summary())

# %%
# Every household followed by day: in a month, this share of a stage goes on to another.

segmentation.transitions(shop.orders, as_of="2017-12-31").plot()

# %%
# Who is nearly in the next tier
# ------------------------------
#
# A programme with two thresholds on the money of 90 days. These households reach gold with the least.

tiers = segmentation.tiers(
    shop.orders, thresholds={"basic": 0, "silver": 500, "gold": 2_000}, window="90d", as_of="2017-12-31"
)
print(tiers.summary())

# %%

tiers.table[tiers.table["next_tier"] == "gold"].nsmallest(5, "spend_to_next")[["customer_id", "spend", "spend_to_next"]]

# %%
# Who is like the best
# --------------------
#
# The seeds are the 200 households that spent the most in the last quarter. Features end before that quarter, as they
# would otherwise know the outcome.

before = segmentation.features(shop.orders, as_of="2017-09-30")
last_quarter = shop.orders[shop.orders["ordered_at"] >= "2017-10-01"]
seeds = last_quarter.groupby("customer_id")["amount"].sum().nlargest(200).index
alike = segmentation.lookalike(before, seeds)
print(alike.summary())

# %%

alike.plot()
