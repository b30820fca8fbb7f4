"""
What to show: home page, product page, top-up
=============================================

What do we show this customer, beside this product, with this basket, to reach free delivery; and is it better than the
list of bestsellers? A grocer with 2,469 households answers.

The data are The Complete Journey (one year, 1.47 million order lines).
"""

# %%
# Is it better?
# -------------
#
# Before anything is shown: the lists of the last four weeks, made from what was known before, against what was bought.
# In groceries most of what is bought was bought before, so that own history is hard to beat.

from ecommine import datasets, recommend

shop = datasets.complete_journey()
groceries = shop.products[~shop.products["category"].astype(str).str.startswith("COUPON/MISC")]
orders = shop.orders[shop.orders["product_id"].isin(groceries["product_id"])]
found = recommend.evaluate(orders, n_windows=1, as_of="2018-01-01")
print(found.summary())
found.plot()

# %%
# The home page
# -------------
#
# One list per household. `probability` is the chance of buying the product within four weeks, shown or not.

model = recommend.fit(orders, products=groceries[["product_id", "category"]], as_of="2017-12-04")
home = model.home(k=10)
home.to_flat().head(10)

# %%
# What the lists rest on, by place.

home.plot()

# %%
# Products that the household never bought.

new = model.home(k=5, repeat="exclude")
new.to_flat().head(5)

# %%
# Can the chances be believed? The same, four weeks earlier, against what happened.

print(model.summary())
model.plot()

# %%
# To reach 30
# -----------
#
# Baskets of the next day, and one product with which each would reach 30: by chance, not by price.

tomorrow = orders[(orders["ordered_at"] > "2017-12-05") & (orders["ordered_at"] < "2017-12-06")]
top_up = model.top_up(tomorrow, 30.0)
print(top_up.summary())
top_up.table.head(6)
