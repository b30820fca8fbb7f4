r"""Retention: who comes back, what a new customer brings, who has gone quiet, and who needs it again.

Reads order lines. A purchase is a customer on a day of the shop: a second order of the day is no return, a refund is
money, and an order taken back in full under its own order id is no purchase.

- `cohorts` counts by month of the first purchase who is still active, and the money so far.
- `curve` estimates which share of new customers buys again within 7, 30, 90 days.
- `value` estimates what a new customer brings in a year: historic lifetime value (LTV), not predicted.
- `churn_warnings` finds frequent customers whose silence is unusual, and predicts who buys again soon.
- `replenishment` predicts by customer and product who buys it again, and when to remind.

A number counts only what was observed: what is still open is censored or null, never 0. Who is seen for the first
time in the first months of the data is mostly no new customer: such customers are marked ``first_seen`` and left out of
pooled rows, unless `first_orders_from` says otherwise. The day of `as_of` counts as over.

=========================== ==================================================================================
code                        meaning (what is counted)
=========================== ==================================================================================
rows_after_as_of            order lines after ``as_of`` were left out
as_of_long_after_data       ``as_of`` is more than a year after the last line (days)
guests_left_out             order lines without a customer were left out
cancelled_orders            orders taken back in full under their own order id are no purchase
customers_without_purchase  customers with returns, charges or cancelled orders only are left out
customers_not_matched       customers of the orders that `customers` does not have
first_seen                  customers who may be old ones
no_new_customers            nobody is new: give `first_orders_from`
open_period                 `cohorts`: cells of a period that is not over are null
few_watched                 `value`: rows whose value is null, as fewer than 30 customers are watched so long
dominant_customer           `value`: the money of new customers is that of fewer than ten of one size
money_before_first_purchase `value`: customers with refunds before their first purchase, which are left out
infrequent_left_out         `churn_warnings`: customers with too few days of purchase have no row
prediction_off              `churn_warnings`: the last complete prediction was off (customers predicted)
short_history               too little history to learn from: probabilities are null (rows)
unknown_items               `replenishment`: order lines without a value of `by` were left out
single_purchases            `replenishment`: pairs bought on a single day
substitutes                 `replenishment`: pairs whose customer bought another product of the category since
=========================== ==================================================================================

References
----------
Nelson, W. B. (2003). Recurrent Events Data Analysis. ASA-SIAM.
Wang, M.-C. and Chang, S.-H. (1999). Nonparametric estimation of a recurrent survival function. Journal of the American
Statistical Association 94(445), 146-153.
Fader, P. S., Hardie, B. G. S. and Lee, K. L. (2005). "Counting your customers" the easy way: an alternative to the
Pareto/NBD model. Marketing Science 24(2), 275-284.

Examples
--------
>>> import pandas as pd
>>> from ecommine import retention
>>> orders = pd.DataFrame({
...     "order_id": range(4),
...     "customer_id": ["ann", "bob", "ann", "eve"],
...     "ordered_at": pd.to_datetime(["2024-03-01", "2024-03-01", "2024-03-09", "2024-03-31"]),
...     "amount": [40.0, 25.0, 60.0, 10.0],
... })
>>> result = retention.curve(orders, within="7d", first_orders_from="2024-03-01", as_of="2024-04-30")
>>> float(result.table["returned"][0])
0.0
"""

from ._cohorts import Cohorts, cohorts
from ._curve import ReturnCurve, curve
from ._replenishment import Replenishment, replenishment
from ._value import CustomerValue, value
from ._warnings import ChurnWarnings, churn_warnings

__all__ = [
    "ChurnWarnings",
    "Cohorts",
    "CustomerValue",
    "Replenishment",
    "ReturnCurve",
    "churn_warnings",
    "cohorts",
    "curve",
    "replenishment",
    "value",
]
