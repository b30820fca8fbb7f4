"""
Bags, bunting and Christmas: seasons, wholesalers and substitutes
=================================================================

A shop whose range changes with the season has two more ways to be wrong about what goes together. Christmas products
are bought together in December only because of December, and products that were never on sale at the same time look
like substitutes. This example compares with chance week by week, as
the default does.

The data are UCI's Online Retail: the invoices of a British gift wholesaler from December 2010 to December 2011, from
`the UCI repository <https://archive.ics.uci.edu/dataset/352/online+retail>`_, in the folder that ``ECOMMINE_DATA``
names. Where they are not at hand a made shop stands in, so that the code runs; the text is about the real data.
"""

# %%
# The invoices
# ------------
#
# The reader for this file turns cancellations into returns, and postage into lines that are not products.

import os
from pathlib import Path

import pandas as pd

from ecommine import association, datasets, schema

file = Path(os.environ.get("ECOMMINE_DATA", ".")) / "online_retail.parquet"
shop = schema.from_uci_online_retail(pd.read_parquet(file)) if file.exists() else datasets.make_shop(5_000, 365)
print(f"{shop.orders['order_id'].nunique():,} invoices, {len(shop.products):,} products")

# %%
# How many of the usual rules survive?
# ------------------------------------
#
# Fisher's test, the test by size of order alone, and the default test, which compares within weeks here.

usual = association.rules(shop.orders, min_support=0.01, max_antecedent=1, test="fisher", level=None)
sizes = association.rules(shop.orders, min_support=0.01, max_antecedent=1, season=None, level=None)
rules = association.rules(shop.orders, min_support=0.01, max_antecedent=1)
for name, found in {"Fisher": usual, "by size of order": sizes, "by size and week": rules}.items():
    print(f"{name:18} {(found.table['q_value'] < 0.05).sum():6,} of {len(found.table):,} rules at q < .05")

# %%
# The strongest that do, by name. A wholesaler's customers buy every colour of a product: these are ranges to show and
# stock together.

rules.plot(kind="strongest", names=shop.products)

# %%
# Substitutes, or only never on the shelf together?
# -------------------------------------------------
#
# Over the whole year most "substitutes" were sold at different times.

year = association.pairs(shop.orders, min_support=0.02, season=None)
weeks = association.pairs(shop.orders, min_support=0.02)
print(f"over the year: {year.headline}")
print(f"within weeks: {weeks.headline}")

# %%
# Most of the remaining pairs have different customers: those who resell bags do not buy ornaments.

weeks.plot(names=shop.products)

# %%
# What next?
# ----------
#
# Within three months of an invoice: customers who start a range continue it.

later = association.next_orders(shop.orders, within="90d", min_support=0.005)
print(later.headline)
later.plot(names=shop.products)
