r"""The mean cumulative function: what a customer has brought by each age, when some are watched for a short time only.

With :math:`m_i(a)` the money of customer i at age a in days, and :math:`Y(a)` the customers watched until that age,

.. math:: \hat M(t) = \sum_{a \le t} \frac{\sum_i m_i(a)}{Y(a)}, \qquad
    \widehat{\mathrm{Var}} = \sum_i \Bigl( \sum_{a \le t} \frac{m_i(a) - 1\{i \text{ watched at } a\} \, r(a)}{Y(a)}
    \Bigr)^2, \qquad r(a) = \frac{\sum_i m_i(a)}{Y(a)}

The variance assumes nothing of how the purchases of one customer depend on each other: it adds up customers.

References
----------
Nelson, W. B. (2003). Recurrent Events Data Analysis for Product Repairs, Disease Recurrences, and Other Applications.
ASA-SIAM. https://doi.org/10.1137/1.9780898718454

Lin, D. Y., Wei, L. J., Yang, I. and Ying, Z. (2000). Semiparametric regression for the mean and rate functions of
recurrent events. Journal of the Royal Statistical Society B 62(4), 711-730. https://doi.org/10.1111/1467-9868.00259
"""

from dataclasses import dataclass

import numpy as np

from ..._core.arrays import Floats, Ints


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MeanCumulative:
    """The mean cumulative money at some ages, with its standard error.

    Attributes
    ----------
    age : int array of shape (n_ages,)
    watched : int array of shape (n_ages,)
        Customers who are watched until that age.
    mean, error : float arrays of shape (n_ages,)
    """

    age: Ints
    watched: Ints
    mean: Floats
    error: Floats

    @classmethod
    def estimate(cls, customer: Ints, age: Ints, money: Floats, watched_until: Ints, ages: Ints) -> "MeanCumulative":
        """Estimate the function at some ages.

        Parameters
        ----------
        customer, age, money : arrays of shape (n_events,)
            Who brings how much at which age, from 0 on.
        watched_until : int array of shape (n_customers,)
            The age up to which each customer is watched.
        ages : int array of shape (n_ages,)
            Ascending.

        Examples
        --------
        Two customers bring 10 at once; the one who is watched for longer brings 4 more on day 3:

        >>> both = MeanCumulative.estimate(np.array([0, 1, 0]), np.array([0, 0, 3]), np.array([10.0, 10, 4]),
        ...                                np.array([5, 2]), np.array([0, 3]))
        >>> both.mean.tolist(), both.watched.tolist(), both.error.tolist()
        ([10.0, 14.0], [2, 1], [0.0, 0.0])
        """
        longest, n = int(ages[-1]), len(watched_until)
        watching = n - np.append(0, np.cumsum(np.bincount(np.minimum(watched_until, longest), minlength=longest + 1)))
        watching = watching[: longest + 1]
        kept = (age <= np.minimum(watched_until[customer], longest)) & (age >= 0)
        customer, age, money = customer[kept], age[kept], money[kept]
        per_day = np.divide(1.0, watching, out=np.zeros(longest + 1), where=watching > 0)
        rate = np.bincount(age, weights=money, minlength=longest + 1) * per_day
        mean, compensator = np.cumsum(rate), np.append(0.0, np.cumsum(rate * per_day))
        own = money * per_day[age]
        error = [_error(customer, own, age, compensator, watched_until, until) for until in ages.tolist()]
        return cls(age=ages, watched=watching[ages], mean=mean[ages], error=np.array(error))


def _error(customer: Ints, own: Floats, age: Ints, compensator: Floats, watched_until: Ints, until: int) -> float:
    """Return the standard error at one age from the influence of each customer."""
    early = age <= until
    brought = np.bincount(customer[early], weights=own[early], minlength=len(watched_until))
    influence = brought - compensator[np.minimum(watched_until, until) + 1]
    return float(np.sqrt(influence @ influence))
