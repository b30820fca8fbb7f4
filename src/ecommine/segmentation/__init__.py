"""Segmentation: who the customers are, where they are going, and who is like them.

Reads order lines, and tables of customers and products where there are any.

- `features` computes what is known of every customer: how often, how much, when, what, and how surely.
- `fit` finds segments of customers who are alike, says how stable they are and whether there are gaps between them, and
  applies them to later tables; `Segmentation` is the same as a scikit-learn estimator.
- `profile` compares segments with everybody, as a table, a picture, or a page of customer portraits.
- `lifecycle` finds the stage of every customer (new, growing, mature, declining, lost), and `transitions` counts how
  many go from one to another.
- `tiers` replays a membership programme by day: who holds which tier, until when, and what the next one takes.
- `lookalike` finds the customers most like some chosen ones, and measures what the likeness is worth.

Notes have a ``code`` and a ``count`` beside their sentence; `features` gives them as ``.notes`` of its one warning.

========================= =================================================================================
code                      meaning (what is counted)
========================= =================================================================================
rows_after_as_of          order lines after ``as_of`` were left out
rows_before_period        order lines before the period were left out
as_of_long_after_data     ``as_of`` is more than a year after the last line (days)
guests_left_out           order lines without a customer were left out
customers_without_orders  customers with returns or charges only have no row
customers_unmatched       `features`: customers with orders who are not in ``customers``
hours_unknown             `features`: times are dates only, so that hours are unknown (customers)
return_rate_unknown       `features`: nothing was bought for money (customers)
registrations_after_as_of `lifecycle`, `transitions`: registrations after ``as_of`` were left out
registrations_unknown     `lifecycle`, `transitions`: customers whose registration is unknown
registered_before_data    `lifecycle`, `transitions`: customers who registered before the first order
first_seen                `transitions`: without registrations, the first order in the data counts
no_complete_period        `transitions`: no period is complete
columns_missing           `fit`: customers who lack a column of the fit
values_raised             `fit`: values of 0 or less, which have no log (customers)
fewer_segments            `fit`: customers have fewer distinct values than segments were asked for (segments)
number_uncertain          `fit`: another draw of chance may give another number of segments
without_segment           `profile`: customers without a segment
columns_left_out          `profile`, `lookalike`: columns of other types
values_missing            `profile`: customers for whom columns are unknown
money_unknown             `profile`: there is no column ``monetary``
seeds_unmatched           `lookalike`: seeds who are not in the features
seeds_are_a_rule          `lookalike`: columns define the seeds, so that likeness is no news
values_filled             `lookalike`: customers with missing values
few_seeds                 `lookalike`: seeds are few for a small audience
scores_tied               `lookalike`: customers score as the last of an audience, but are not in it
sizes_too_small           `lookalike`: audiences have the same number of customers
========================= =================================================================================

Examples
--------
>>> import pandas as pd
>>> from ecommine import segmentation
>>> orders = pd.DataFrame({
...     "order_id": [1, 2, 3, 4],
...     "customer_id": ["ann", "ann", "bob", "eve"],
...     "ordered_at": pd.to_datetime(["2024-01-05", "2024-08-01", "2024-05-02", "2024-01-31"]),
...     "amount": [10.0, 20.0, 30.0, 7.0],
... })
>>> segmentation.lifecycle(orders, as_of="2024-08-02").table[["customer_id", "stage"]]
  customer_id      stage
0         ann     mature
1         bob  declining
2         eve       lost
"""

from typing import TYPE_CHECKING

from ._features import features
from ._fit import fit
from ._life.stages import Stages
from ._lifecycle import Lifecycle, lifecycle
from ._lookalike import Lookalike, lookalike
from ._profile import Profile, profile
from ._segments import Segments
from ._tiers import Tiers, tiers
from ._transitions import Transitions, transitions

if TYPE_CHECKING:
    from ._estimator import Segmentation

__all__ = [
    "Lifecycle",
    "Lookalike",
    "Profile",
    "Segmentation",
    "Segments",
    "Stages",
    "Tiers",
    "Transitions",
    "features",
    "fit",
    "lifecycle",
    "lookalike",
    "profile",
    "tiers",
    "transitions",
]


def __getattr__(name: str) -> object:
    if name == "Segmentation":  # its base class is scikit-learn's, whose import takes longer than all else
        from ._estimator import Segmentation

        return Segmentation
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
