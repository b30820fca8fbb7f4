# ruff: noqa: B018
"""
Why products are returned
=========================

Customers say why they send something back in reviews, and the orders say what came back. This example joins the two in
a made shop in which one product is returned for its size, and finds that reason; then it looks at what may mislead.
"""

# %%
# Reviews and orders
# ------------------
#
# Returns are order lines with a negative quantity. Reviews need a customer, a product and a time, or an order.

from ecommine import datasets, sentiment

shop = datasets.make_shop(6_000, 240, n_products=60, reviews=datasets.Reviews(share=0.6, weak_products=1, drops=0))
shop.reviews[["product_id", "customer_id", "reviewed_at", "rating", "text"]].head()

# %%
# The first line
# --------------
#
# Each review is about the customer's last purchase of the product before it, or about the order that it names.
# Purchases that can still be returned are left out. The first line says how many of those who returned something wrote
# about it: the others may have had other reasons.

reasons = sentiment.return_reasons(shop.reviews, shop.orders)
reasons

# %%
# Reasons
# -------
#
# Words are compared within products, once per customer and text. Those of the return itself, such as "refund", stand in
# a table of their own: they say what was done, and not why.

reasons.plot()

# %%

reasons.act_words[["word", "returned_reviews", "kept_reviews", "q_value"]]

# %%
# A word is a pointer to what customers wrote.

reasons.quotes.query("group == 'returned'").head(8)

# %%
# For the person who decides, in English and in Chinese:

print(reasons.summary())
print(reasons.summary(locale="zh"))

# %%
# Is that the planted reason?
# ---------------------------
#
# The truth of this shop is known: one product comes back five times as often as the others, for its size.

shop.truth.reviews

# %%
# The share of orders that came back shows the product, and the keywords of its reviews against those of all other
# products show the reason once more. There is nothing to match within here, since a product is in one group only.

lines = shop.orders.assign(returned=shop.orders["quantity"] < 0)
share = lines.groupby("product_id")["returned"].mean().sort_values(ascending=False)
share.head(3).round(3)

# %%

worst = share.index[0]
is_worst = shop.reviews["product_id"] == worst
names = "reviews of that product", "all other reviews"
words = sentiment.keywords(shop.reviews[is_worst], shop.reviews[~is_worst], match=None, names=names)
print(words.summary())
