"""
Orange juice: the textbook's elasticities, and one for each store
=================================================================

Dominick's, a chain of supermarkets in Chicago, changed the prices of its orange juice by experiment in 83 stores (Hoch,
Kim, Montgomery & Rossi 1995). The data are in many textbooks, so that each number can be compared with a published one.

Two files are read from the folder that ``ECOMMINE_DATA`` names: ``dominicks_oj.parquet`` (28,947 rows of sales, price,
brand, feat) and ``orange_juice_stores.parquet`` (106,139 rows of store, brand, week, logmove, the eleven prices, deal,
feat), both of the Kilts Center for Marketing.
"""

# %%
# The files are not installed by pip. Where they are not there, simulated sales of three brands, and of one brand in 20
# stores, take their place.

import os
from pathlib import Path

import numpy as np
import pandas as pd

from ecommine import datasets, elasticity

folder = Path(os.environ.get("ECOMMINE_DATA", "."))
is_real = (folder / "dominicks_oj.parquet").exists() and (folder / "orange_juice_stores.parquet").exists()
if is_real:
    juice = pd.read_parquet(folder / "dominicks_oj.parquet")
    sales = juice.rename(columns={"sales": "quantity", "brand": "product_id"})
else:
    made = datasets.make_sales(3, 121, level=4_000.0, assortment=datasets.Assortment(categories=1), counts=False)
    sales = made.table.assign(product_id=made.table["product_id"].map("brand {}".format)).drop(columns="period_at")

# %%
# What leaving out the brands does
# --------------------------------
#
# Dear brands sell more. With one intercept for all, the difference between brands counts as an effect of price: on the
# real data the elasticity is -1.60 instead of -3.14.

plain = {"by": None, "errors": "iid", "shrink": None}
pd.DataFrame(
    {
        "one intercept": elasticity.fit(sales, absorb=(), **plain).table.iloc[0],
        "one for each brand": elasticity.fit(sales, **plain).table.iloc[0],
    }
).loc[["elasticity", "elasticity_low", "elasticity_high"]].astype(float).round(3)

# %%
# By brand: -3.38, -3.32 and -2.71 on the real data.

brands = elasticity.fit(sales, errors="iid", shrink=None)
brands.table[["product_id", "elasticity", "elasticity_low", "elasticity_high", "periods"]].round(3)

# %%
# One brand in every store
# ------------------------
#
# Minute Maid of 64 ounces, store by store, with the prices of the ten other juices, deals and features held fixed. A
# store alone says little: shrinkage draws each one to the mean of all by as much as chance moves it. The mean over 83
# stores is -2.92 by DerSimonian and Laird, and their elasticities differ by .27.

if is_real:
    rows = pd.read_parquet(folder / "orange_juice_stores.parquet")
    rows = rows[rows["brand"] == 5].rename(columns={"store": "store_id", "brand": "product_id"})
    weeks = pd.Timestamp("1989-09-14") + pd.to_timedelta(7 * rows["week"], unit="D")
    stores = rows.assign(quantity=np.exp(rows["logmove"]), price=rows["price5"], period_at=weeks)
    options = {"cross": [f"price{number}" for number in range(1, 12) if number != 5], "controls": ("deal", "feat")}
else:
    made = datasets.make_sales(20, 121, level=4_000.0, assortment=datasets.Assortment(categories=1), counts=False)
    stores = made.table.rename(columns={"product_id": "store_id"}).assign(product_id=5)
    options = {}
by_store = elasticity.fit(stores, by="store_id", errors="iid", shrink="all", absorb=(), **options)
by_store.pooled[["method", "elasticities", "mean", "mean_low", "mean_high", "spread", "q", "p_value"]].round(3)

# %%
# Each store with its interval: grey as it stands alone, dark as it is used.

by_store.plot()

# %%
# In words:

print(by_store.summary())
