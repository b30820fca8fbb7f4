"""A/B tests: how many customers are needed, did it work, for whom, and whether that may be concluded.

Reads assignments and order lines, or any table with one row per unit, and returns effects with intervals and verdicts;
or says why no effect can be read.

- `Experiment` is the design: arms and their shares, metrics, what is primary, when it is read.
- `Mean`, `Proportion` and `RatioOfMeans` are goals; `Guardrail` is what must not get worse.
- ``Experiment.plan`` gives the units by the very test that reads the result; ``plan_from`` takes past units.
- ``Experiment.assign`` gives each id its arm by a hash.
- `units` makes one row per unit from assignments and orders, with zeros for units that bought nothing.
- ``Experiment.analyse`` gives the `Readout`; ``analyse_sums`` takes the statistics that a warehouse has computed.

Notes have a ``code`` and a ``count`` beside their sentence; `units` gives them as ``.notes`` of its one warning.

======================== ==================================================================================
code                     meaning (what is counted)
======================== ==================================================================================
sample_ratio_mismatch    the arms do not fit the design, so that effects are withheld (units)
sample_ratio_suspicious  they hardly fit it (units)
sample_ratio_not_tested  shares of the arms are not known
shares_changed           shares changed from day to day: effects are withheld without ``strata=``
unbalanced_before        arms differ in a covariate: effects are withheld (covariates)
covariate_not_used       covariates in which arms differ are not used
overridden               effects are shown although a check failed
skewed_metric            metrics too skewed for arms of different sizes (metrics)
before_planned_size      a fixed experiment is read before its size (units)
not_started              the sequential interval has not started (metrics)
not_testable             nothing varies, or a denominator is not above zero (metrics)
single_unit              an arm has a single unit (metrics)
capped_to_nothing        nothing varies below the cap (metrics)
small_groups             groups with fewer than two units in an arm (groups)
no_relative_difference   the control is not clearly above zero, or a share is 0 (metrics)
covariate_no_help        covariates that explain nothing (metrics)
capped                   the uncapped metric stands beside (metrics)
intervals_unadjusted     verdicts follow q-values, intervals are single ones (tests)
pending_units            units whose window is not over (units)
units_in_two_arms        units that were in two arms (units)
empty_arm                arms without a unit (arms)
strata_left_out          units in strata without both arms (units)
other_experiments        rows of other experiments (rows)
guests_left_out          `units`: assignments without a customer (rows)
assignments_after_as_of  `units`: assignments after ``as_of`` (rows)
later_exposures          `units`: exposures after the first one (rows)
rows_after_as_of         `units`: order lines after ``as_of`` (lines)
refunds_without_order    `units`: refunds that belong to no known order (orders)
no_orders_matched        `units`: no unit has an order
======================== ==================================================================================

References
----------
Kohavi, R., Tang, D. and Xu, Y. (2020). Trustworthy online controlled experiments. Cambridge University Press.

Examples
--------
>>> import pandas as pd
>>> from ecommine import abtest
>>> coupon = abtest.Experiment("coupon", arms={"control": 0.5, "coupon": 0.5}, metrics=[abtest.Proportion("converted")])
>>> coupon.plan(baseline=0.10, difference=0.05).total
1372
>>> units = coupon.assign(range(1_372))
>>> units["converted"] = (units["variant"] == "coupon") & (units.index % 5 == 0) | (units.index % 10 == 0)
>>> coupon.analyse(units).table[["metric", "variant", "verdict"]]
      metric variant verdict
0  converted  coupon  better
"""

from ._experiment import Experiment
from ._metrics import Guardrail, Mean, Proportion, RatioOfMeans
from ._plan import Plan
from ._readout import Readout
from ._units import units

__all__ = ["Experiment", "Guardrail", "Mean", "Plan", "Proportion", "RatioOfMeans", "Readout", "units"]
