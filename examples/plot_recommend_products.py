# ruff: noqa: B018
"""
Beside a product: what goes with it
===================================

A shop for gifts shows five products beside each product. Those with the most common orders are the bestsellers, beside
every product; those with the highest lift are products that were sold once. EASE on orders finds what goes with a
product beyond what sells anyway.

The data are UCI Online Retail (541,909 order lines), in the folder that ``ECOMMINE_DATA`` names.
"""

# %%
# The file is not installed by pip. Where it is not there, a simulated shop takes its place.

import os
from pathlib import Path

import pandas as pd

from ecommine import datasets, recommend, schema

file = Path(os.environ.get("ECOMMINE_DATA", ".")) / "online_retail.parquet"
if file.exists():
    shop = schema.from_uci_online_retail(pd.read_parquet(file))
else:
    shop = datasets.make_shop(1_500, 240, n_products=60)
orders = shop.orders

# %%
# A model of orders, those of guests too.

model = recommend.fit(orders)
model

# %%
# Five products beside each one, with the chance that an order with the one has the other.

best = orders["product_id"].value_counts().index[:6].tolist()
beside = model.detail(best, k=5)
beside.to_flat(names=shop.products).head(10)

# %%
# All products, by what the lists rest on: a product without enough orders gets bestsellers.

model.detail(k=5).plot()

# %%
# At checkout the whole basket counts. How often is a hidden product of a basket among five shown?

found = recommend.evaluate(orders, placement="checkout", k=5, n_windows=1)
print(found.summary())
found.plot()
