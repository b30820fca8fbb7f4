# ruff: noqa: B018
"""
What is bought together, and which of it is real
================================================

Which products do customers buy together, which replace one another, and which of the thousands of rules that any tool
finds can be acted on? This example mines the baskets of a grocer by commodity and by product, and tests which rules are
more than an effect of basket size.

The data are The Complete Journey: one year of 2,469 households, 1.47 million order lines.
"""

# %%
# Frequent itemsets
# -----------------
#
# Straight from order lines. Commodities stand in the column ``category``; mined as products they give a readable table.

from ecommine import association, datasets

shop = datasets.complete_journey()
commodities = shop.orders[["order_id", "customer_id", "ordered_at", "category"]].rename(
    columns={"category": "product_id"}
)
itemsets = association.itemsets(commodities, min_support=0.02)
itemsets

# %%
# How many of the usual rules survive?
# ------------------------------------
#
# The textbook's test takes all orders as alike. A large basket contains everything, so nearly every pair of
# commodities is "significant".

usual = association.rules(commodities, min_support=0.005, max_antecedent=1, test="fisher", level=None)
print(f"Fisher's test: {(usual.table['q_value'] < 0.05).sum():,} of {len(usual.table):,} rules at q < .05")

# %%
# The default test compares with what chance brings together in orders of the same sizes, and allows for the correlation
# of one household's orders.

rules = association.rules(commodities, min_support=0.005, max_antecedent=1)
print(f"adjusted: {(rules.table['q_value'] < 0.05).sum():,} of {len(rules.table):,} rules at q < .05")
print(f"median lift {rules.table['lift'].median():.2f}, adjusted {rules.table['adjusted_lift'].median():.2f}")

# %%
# Productive rules are coloured; the others, which may be chance, are hollow.

rules.plot()

# %%
# The strongest rules by the lift adjusted for basket size, with 95 % intervals; crosses are the plain lift.

rules.plot(kind="strongest")

# %%
# The same as a network: which commodities belong together on a shelf.

rules.plot(kind="network")

# %%
# In words for a manager, and as a table for any spreadsheet.

print(rules.summary())
columns = ["antecedents", "consequents", "count", "confidence", "adjusted_lift", "q_value"]
rules.filter(productive=True).to_flat()[columns].head(10)

# %%
# What to show beside a basket
# ----------------------------
#
# The products that most likely go with it, each with the rule behind it.

strongest = rules.filter(productive=True)
strongest.recommend(["LAUNDRY ADDITIVES"], 3)

# %%
# Single products, by name
# ------------------------
#
# Among single products the strongest rules are flavours of one product. Names come from the table of products.

products = association.rules(shop.orders, min_support=0.001, max_antecedent=1)
print(products.headline)
products.filter(productive=True).to_flat(names=shop.products)[columns].head(5)

# %%
# Substitutes
# -----------
#
# Pairs that are bought together less often than by chance: usually one instead of the other. The support here is that
# of each commodity, not of the pair.

pairs = association.pairs(commodities, min_support=0.02)
print(pairs.headline)
pairs.plot()

# %%
# The strongest complements the same way.

pairs.plot(relation="complement")

# %%
# What next?
# ----------
#
# Rules from one order to a later one of the same household within two weeks, with the days between. A household that
# buys a commodity again and again follows itself; the picture leaves those rules out.

later = association.next_orders(commodities, within="14d", min_support=0.01)
print(later.headline)
later.plot()
