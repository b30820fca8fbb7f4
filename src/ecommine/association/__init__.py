r"""Association rules: what is bought together, what replaces one another, and which of it is real.

Reads order lines: order_id and product_id are enough, customer_id makes the tests honest where customers order often.

- `itemsets` finds the sets of products that many orders hold.
- `rules` splits them into rules "orders with A also hold B", with every usual measure and a test.
- `pairs` compares all pairs with chance, both ways: complements and substitutes.
- `next_orders` finds rules from one order to a later one of the same customer, with the time between.
- `compare` sets the rules of two periods or segments against each other.
- `from_mlxtend` takes rules over from mlxtend; ``Rules.to_mlxtend()`` hands them back.

The confidence of a rule is p(B | A), its lift p(AB) / (p(A) p(B)). Large baskets contain everything, so that lifts are
above one without any association; `adjusted_lift` divides by what chance brings together in orders of the same sizes.

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
from ._itemsets import Itemsets, itemsets
from ._next_orders import NextOrders, next_orders
from ._output.from_mlxtend import from_mlxtend
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
