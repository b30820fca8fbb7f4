r"""Recency, frequency, monetary value: who is worth what, and who is slipping away.

Reads order lines and gives one row a customer: calendar days since the last order, number of orders, and money;
then their scores, a named segment for everyone, and what moved between two periods.

- `table` computes the three measures.
- `Scale` holds cut points, fixed or learned once, and applies them to any later table.
- `score` does both and names the segments by a scheme: `STANDARD`, `VALUE_GROUPS`, `EightClasses` or your own
  `Scheme`.
- `migration` sets two results against each other.

With cut points :math:`c_1 \le \dots \le c_{k-1}` the score of a value :math:`x` is :math:`1 + \#\{i : c_i < x\}`,
for recency :math:`k - \#\{i : c_i < x\}`. Equal customers get equal scores.

References
----------
Hughes, A. M. (1994). Strategic Database Marketing. Probus.

Examples
--------
>>> import pandas as pd
>>> from ecommine import rfm
>>> orders = pd.DataFrame({
...     "order_id": [1, 2, 3, 4],
...     "customer_id": ["ann", "bob", "ann", "eve"],
...     "ordered_at": pd.to_datetime(["2024-03-01", "2024-01-15", "2024-03-28", "2024-03-20"]),
...     "amount": [40.0, 25.0, 60.0, 10.0],
... })
>>> rfm.score(orders, as_of="2024-03-31", scale=3, scheme=rfm.VALUE_GROUPS).table[["customer_id", "rfm_score"]]
  customer_id  rfm_score
0         ann        333
1         bob        112
2         eve        211
"""

from ._eight import EightClasses
from ._migration import Migration, migration
from ._scale import Scale
from ._scheme import STANDARD, VALUE_GROUPS, Rule, Scheme
from ._score import RFM, score
from ._segments import Segment
from ._table import table

__all__ = [
    "RFM",
    "STANDARD",
    "VALUE_GROUPS",
    "EightClasses",
    "Migration",
    "Rule",
    "Scale",
    "Scheme",
    "Segment",
    "migration",
    "score",
    "table",
]
