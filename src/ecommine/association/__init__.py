r"""Association rules: what is bought together, what replaces one another, and which of it is real.

Reads order lines: order_id and product_id are enough; with customer_id the tests allow for customers who order often.

- `itemsets` finds the sets of products that many orders contain.
- `rules` splits them into rules "orders with A also contain B", with every usual measure and a test.
- `pairs` tests all pairs against chance, both ways: complements and substitutes.
- `next_orders` finds rules from one order to a later one of the same customer, with the time between.
- `compare` compares the rules of two periods or segments.
- `from_mlxtend` reads rules of mlxtend; ``Rules.to_mlxtend()`` writes them.

The confidence of a rule is p(B | A), its lift p(AB) / (p(A) p(B)). Large baskets contain everything, so that lifts are
above one without any association; `adjusted_lift` divides by what chance brings together in orders of the same sizes,
and, where orders have times, of the same week, month or quarter.

Notes of the results have these codes:

===============================  =======================================================================================
``rows_after_as_of``             lines dated after `as_of`, left out
``other_lines_left_out``         lines of shipping, fees, gifts, discounts or adjustments
``missing_product_left_out``     lines without product_id
``missing_category_left_out``    lines without category (`pairs` of categories)
``returns_left_out``             lines of returns, with ``returns="drop"``
``returns_netted``               lines of returns, with ``returns="net"``
``mixed_customers``              orders with lines of several customers; the first customer_id is used
``truncated``                    `itemsets`, `rules`: only so many itemsets are listed
``season_held_fixed``            number of weeks, months or quarters that orders are compared within (season="auto")
``season_not_held_fixed``        orders without a time, so that seasons are not held fixed
``large_customers_apart``        customers with so many orders that these are left out of the test
``few_customers``                customers, too few for a test: p-values and q-values are withheld
``no_lift_interval``             `rules`: too few orders or customers for an interval of the lift
``no_adjusted_lift_interval``    `rules`: too few products for an interval of the adjusted lift
``untested_rules``               `from_mlxtend`: rules without a test
``rare_products_left_out``       `pairs`: products that are not among the 1,000 most frequent
``unexpected_pairs_not_listed``  `pairs`: pairs that were never bought together, and hardly expected
``guests_left_out``              `next_orders`: orders without a customer
``open_window``                  `next_orders`: orders whose window is still open
``rare_rules_not_listed``        `next_orders`: rules that are not among the 1,000 most frequent
``no_lift_ratio``                `compare`: rules with a product that one side does not sell
===============================  =======================================================================================

References
----------
Agrawal, R. and Srikant, R. (1994). Fast algorithms for mining association rules. VLDB 1994, 487-499.

Hämäläinen, W. and Webb, G. I. (2019). A tutorial on statistically sound pattern discovery. Data Mining and Knowledge
Discovery 33, 325-377. https://doi.org/10.1007/s10618-018-0590-x

Examples
--------
>>> import pandas as pd
>>> from ecommine import association
>>> orders = pd.DataFrame({"order_id": [1, 1, 2, 2, 3], "product_id": ["tea", "milk", "tea", "milk", "tea"]})
>>> association.itemsets(orders, min_support=0.5).to_flat()
      itemset  size  count   support
0         tea     1      3  1.000000
1        milk     1      2  0.666667
2  milk + tea     2      2  0.666667
"""

from ._compare import Comparison, compare
from ._from_mlxtend import from_mlxtend
from ._itemsets import Itemsets, itemsets
from ._next_orders import NextOrders, next_orders
from ._pairs import Pairs, pairs
from ._rules import Rules, rules

__all__ = [
    "Comparison",
    "Itemsets",
    "NextOrders",
    "Pairs",
    "Rules",
    "compare",
    "from_mlxtend",
    "itemsets",
    "next_orders",
    "pairs",
    "rules",
]
