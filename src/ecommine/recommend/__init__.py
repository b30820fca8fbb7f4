r"""Recommendations: what to show on the home page, beside a product, at checkout, and to reach free delivery.

Reads order lines, and tables of products and events where there are any.

- `fit` learns from orders what to recommend to whom; the `Recommender` has a method for each place.
- `evaluate` compares ways to recommend with the customers' own history and with the bestsellers, on later windows.
- `Own`, `Together`, `Neighbours`, `Popular`, `Content` and `Viewed` are the signals.

A purchase is a customer, a product and an order with a net quantity above 0; product lines only. Products bought before
may be recommended: nearly half of what is bought next was bought before.

======================== ==================================================================================
code                     meaning (what is counted)
======================== ==================================================================================
rows_after_as_of         order lines after ``as_of`` were left out
as_of_long_after_data    ``as_of`` is more than a year after the last line (days)
guests                   purchases of guests count for baskets and products only
unknown_products         order lines without a product were left out
products_unmatched       products of the orders that `products` does not have
views_after_as_of        views after ``as_of`` were left out
unknown_views            views of products that are in no other table were left out
catalogue_cut            products beyond ``max_products`` are recommended only to who bought them
short_history            too little history to learn from: no probabilities (customers)
unknown_customers        customers whom the model does not know get bestsellers
unknown_lines            lines of products that the model does not know
unknown_products_asked   products asked for that the model does not know
launched_later           products of the orders whose ``launched_at`` is after ``as_of`` are not shown
margin_negative          products whose price is below the cost are left out of lists ranked by margin
nothing_alike            `detail`: no category, brand or views to tell what is similar (products asked for)
margin_unknown           products without a margin are left out of lists ranked by margin
price_unknown            `top_up`: products without a price close no gap
money_unknown            `top_up`: lines without money, of products without a price, count 0
threshold_reached        `top_up`: baskets that have reached the threshold have no row
short_lists              lists with fewer than k products
======================== ==================================================================================

References
----------
Steck, H. (2019). Embarrassingly shallow autoencoders for sparse data. The World Wide Web Conference, 3251-3257.

Li, M., Jullien, S., Ariannezhad, M. and de Rijke, M. (2023). A next basket recommendation reality check. ACM
Transactions on Information Systems 41(4).

Krichene, W. and Rendle, S. (2020). On sampled metrics for item recommendation. KDD 2020, 1748-1757.

Ji, Y., Sun, A., Zhang, J. and Li, C. (2023). A critical study on data leakage in recommender system offline evaluation.
ACM Transactions on Information Systems 41(3).

Examples
--------
>>> import pandas as pd
>>> from ecommine import recommend
>>> orders = pd.DataFrame({
...     "order_id": [1, 1, 2, 2, 3],
...     "customer_id": ["ann", "ann", "bob", "bob", "eve"],
...     "product_id": ["tea", "pot", "tea", "pot", "tea"],
...     "ordered_at": pd.Timestamp("2024-03-01"),
... })
>>> recommend.fit(orders).home(["eve"], repeat="exclude").table["recommended_id"].tolist()
['pot']
"""

from ._evaluate import evaluate
from ._evaluation import Evaluation
from ._fit import fit
from ._recommender import Recommender
from ._result import Recommendations
from ._signals.options import Content, Neighbours, Own, Popular, Together, Viewed

__all__ = [
    "Content",
    "Evaluation",
    "Neighbours",
    "Own",
    "Popular",
    "Recommendations",
    "Recommender",
    "Together",
    "Viewed",
    "evaluate",
    "fit",
]
