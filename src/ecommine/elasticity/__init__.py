r"""Price elasticity and pricing: what a price change does, where that is known, which price is best, and how sure.

- `fit` estimates the elasticity of every product at once, with its interval, and draws it to the mean of its category
  by as much as chance moves it.
- `Elasticities` holds them: ``.optimal_prices()`` chooses prices by expected profit with the chance of a loss,
  ``.simulate()`` shows units and money at other prices, ``.checks`` what may mislead.

For the units q of a product at the price p, :math:`\log q = a + e \log p`: a price 1 % higher sells about e % more
units. With a unit cost c and :math:`e < -1` the price of the highest profit is :math:`c \, e / (1 + e)`.

Notes have a ``code`` and a ``count`` beside their sentence.

===================== =====================================================================================
code                  meaning (what is counted)
===================== =====================================================================================
unfinished_periods    rows of periods that are not over were left out
rows_without_id       rows without a product or a period were left out
infinite_values       rows of infinite units or an infinite price were left out
out_of_stock          rows out of stock were left out
negative_units        rows of fewer than zero units were left out
prices_not_positive   rows with a price of zero or less were left out
prices_unknown        rows without a price were left out; or elasticities that are null for it
controls_unknown      rows in which a control or another price is unknown were left out
periods_not_shared    rows of periods that too few products share were left out
rows_without_sales    rows without a sale, which have no logarithm, were left out
repeated_rows         rows of one product, store and period were added up
missing_periods       periods between a product's first and last sale have no usable row
period_effects        the demand of the shop in each period is held fixed (periods)
no_period_effects     only intercepts are held fixed
serial_errors         errors of neighbouring periods are correlated
two_way_errors        errors are shared within stores and within periods
clustered_errors      errors are shared within the clusters given
independent_errors    errors count as independent
no_sales              elasticities that are null: no usable sale
periods_without_sales elasticities that are null: too many periods without a sale for logarithms
constant_price        elasticities that are null: the price never changed
few_price_changes     elasticities that are null: fewer than three lasting moves of the regular price
price_explained       elasticities that are null: controls explain every change of the price
few_periods           elasticities that are null: too few periods
few_clusters          elasticities without an interval: fewer than ten clusters
cross_unknown         cross elasticities that are null: the other price does not change, or there is none
shrunk_to_all         too few elasticities per category: all are drawn to one mean
not_shrunk            too few elasticities to draw them to a mean
no_finite_optimum     `optimal_prices`: elasticities above -1, where only limits bound the price (products)
limited_prices        `optimal_prices`: prices that stand at a limit
no_price              `optimal_prices`: products without a price
===================== =====================================================================================

References
----------
Hoch, S. J., Kim, B.-D., Montgomery, A. L. and Rossi, P. E. (1995). Determinants of store-level price elasticity.
Journal of Marketing Research 32(1), 17-29. https://doi.org/10.1177/002224379503200104
"""

from ._fit import fit
from ._prices.result import OptimalPrices
from ._result import Elasticities

__all__ = ["Elasticities", "OptimalPrices", "fit"]
