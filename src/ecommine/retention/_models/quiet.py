r"""How unusual a silence is at a customer's own rate of purchases, shrunk to that of the shop.

Purchases of a customer follow at a rate, rates differ between customers by a gamma distribution with shape r and
scale 1 / alpha. After x gaps in t days the rate is gamma with r + x and alpha + t, and the chance of a silence of g
days or longer is that of no event of a negative binomial distribution:

.. math:: P(\text{silence} \ge g) = \Bigl( \frac{\alpha + t}{\alpha + t + g} \Bigr)^{r + x}

The shop's r and alpha are learned from all who bought twice, over their whole time since the first purchase; that some
of them have left makes the shop a little slower and the flag a little slower to rise.

References
----------
Fader, P. S., Hardie, B. G. S. and Lee, K. L. (2005). "Counting your customers" the easy way: an alternative to the
Pareto/NBD model. Marketing Science 24(2), 275-284. https://doi.org/10.1287/mksc.1040.0098
"""

from dataclasses import dataclass

import numpy as np

from ..._core.arrays import Floats, Ints

UNUSUAL = 0.05
"""Chance of so long a silence, below which a customer is flagged."""
MAX_LEARNED = 20_000
"""Customers from whom the shop's rates are learned; of more, evenly spread ones."""
MAX_SHAPE = 1e4


@dataclass(frozen=True, slots=True, kw_only=True)
class RateDistribution:
    """The gamma distribution of rates in the shop: shape, and the inverse scale in days."""

    shape: float
    inverse_scale: float

    @classmethod
    def learn(cls, gaps: Ints, days: Ints) -> "RateDistribution":
        """Estimate it by maximum likelihood.

        Parameters
        ----------
        gaps, days : int arrays of shape (n_customers,)
            Closed gaps of each customer, and the days in which they were seen.

        Examples
        --------
        >>> shop = RateDistribution.learn(np.array([5, 5, 5, 5]), np.array([50, 50, 50, 50]))
        >>> round(float(shop.mean_gap(np.array([5]), np.array([50]))[0]), 2)
        10.0
        """
        from scipy.optimize import minimize
        from scipy.special import gammaln

        step = -(-len(gaps) // MAX_LEARNED) or 1
        x, t = gaps[::step].astype(np.float64), days[::step].astype(np.float64)
        scale = max(float(t.sum()), 1.0) / max(float(x.sum()), 1.0)

        def loss(parameters: Floats) -> float:
            r, alpha = np.exp(parameters) * (1.0, scale)
            terms = gammaln(r + x) - gammaln(r) + r * np.log(alpha) - (r + x) * np.log(alpha + t)
            return -float(terms.mean())

        best = minimize(loss, np.zeros(2), method="L-BFGS-B", bounds=[(np.log(0.05), np.log(MAX_SHAPE))] * 2)
        shape, inverse = np.exp(best.x) * (1.0, scale)
        return cls(shape=float(shape), inverse_scale=float(inverse))

    def mean_gap(self, gaps: Ints, days: Ints) -> Floats:
        """Return the expected days between purchases, shrunk to the shop's."""
        return (self.inverse_scale + days) / (self.shape + gaps)

    def silence_p(self, gaps: Ints, days: Ints, silence: Ints) -> Floats:
        """Return the chance of so long a silence or a longer one."""
        rest = self.inverse_scale + days
        return np.asarray((rest / (rest + silence)) ** (self.shape + gaps))

    def longest_usual(self, gaps: Ints, days: Ints, p: float) -> Floats:
        """Return the silence whose chance is p."""
        return np.asarray((self.inverse_scale + days) * (p ** (-1.0 / (self.shape + gaps)) - 1.0))
