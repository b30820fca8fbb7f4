r"""Recency, frequency, monetary value: who is worth what, and who is slipping away.

Reads order lines and returns one row per customer: calendar days since the last order, number of orders, and money;
then their scores, a named segment for everyone, and what moved between two periods.

- `table` computes the three measures.
- `Scale` holds cut points, fixed or learned once, and applies them to any later table.
- `score` does both and names the segments by a scheme: `STANDARD`, `VALUE_GROUPS`, `EightClasses` or your own
  `Scheme`.
- `migration` compares two results.

With cut points :math:`c_1 \le \dots \le c_{k-1}` the score of a value :math:`x` is :math:`1 + \#\{i : c_i < x\}`,
for recency :math:`k - \#\{i : c_i < x\}`. Equal customers get equal scores.

Notes have a ``code`` and a ``count`` beside their sentence; `table` gives them as ``.notes`` of its one warning.

======================== ==================================================================================
code                     meaning (what is counted)
======================== ==================================================================================
rows_after_as_of         order lines after ``as_of`` were left out
rows_before_period       order lines before the period were left out
as_of_long_after_data    ``as_of`` is more than a year after the last line (days)
guests_left_out          order lines without a customer were left out
customers_without_orders customers with returns or charges only have no row
tied_levels              many customers share a value, so that a measure has fewer levels (levels in use)
highest_score_unreached  no rule of the scheme reaches the highest score of a measure (that score)
rule_never_applies       earlier rules of the scheme cover all scores of a rule (its number)
cumulative_money         `migration`: without a period nobody can be gone
periods_differ           `migration`: the two periods differ in length
reversed_time            `migration`: the second result is earlier than the first
periods_overlap          `migration`: orders in both periods count twice (days)
gap_between_periods      `migration`: orders between the periods count in neither (days)
scales_differ            `migration`: cut points differ
======================== ==================================================================================

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

from ._eight_classes import EightClasses
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
