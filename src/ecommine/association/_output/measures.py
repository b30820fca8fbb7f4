"""Interest measures of a rule, from four counts."""

from typing import Any

import numpy as np

from .._encoding import Ints

Floats = np.ndarray[Any, np.dtype[np.float64]]
BLOCK = 1 << 13
"""Rules computed at once: what is computed on the way then stays in the processor's cache."""


def measures(count: Ints, with_antecedent: Ints, with_consequent: Ints, n_orders: int) -> dict[str, Floats]:
    """Compute the measures of rules A -> B.

    Parameters
    ----------
    count, with_antecedent, with_consequent : arrays of shape (n_rules,)
        Orders with A and B, with A, with B; all above zero.
    n_orders : int
        All orders.

    Returns
    -------
    dict of arrays of shape (n_rules,)
        The measures of mlxtend under its names in snake_case, odds ratio and mutual information (bits). What is
        divided by zero is infinite, or 0 where numerator and denominator both are.

    References
    ----------
    Tan, P.-N., Kumar, V. and Srivastava, J. (2004). Selecting the right objective measure for association analysis.
    Information Systems 29(4), 293-313. https://doi.org/10.1016/S0306-4379(03)00072-3

    Examples
    --------
    >>> found = measures(np.array([20]), np.array([25]), np.array([40]), 100)
    >>> {name: round(float(found[name][0]), 3) for name in ("confidence", "lift", "odds_ratio")}
    {'confidence': 0.8, 'lift': 2.0, 'odds_ratio': 11.0}
    """

    def some(first: int, last: int) -> dict[str, Floats]:
        rows = slice(first, last)
        return _measures(count[rows], with_antecedent[rows], with_consequent[rows], n_orders)

    names = tuple(some(0, 0))
    found = np.empty((len(names), len(count)))
    for first in range(0, len(count), BLOCK):
        for row, values in zip(found, some(first, first + BLOCK).values(), strict=True):
            row[first : first + BLOCK] = values
    return dict(zip(names, found, strict=True))


def _measures(count: Ints, with_antecedent: Ints, with_consequent: Ints, n_orders: int) -> dict[str, Floats]:
    both, a, b = count / n_orders, with_antecedent / n_orders, with_consequent / n_orders
    confidence = count / with_antecedent
    leverage = both - a * b
    return {
        "antecedent_support": a,
        "consequent_support": b,
        "support": both,
        "confidence": confidence,
        "lift": lift_of(count, with_antecedent, with_consequent, n_orders),
        "representativity": np.ones(len(count)),  # no order is unknown here
        "leverage": leverage,
        "conviction": _ratio(1 - b, 1 - confidence, 1 - confidence <= 0, np.inf),
        "zhangs_metric": _ratio(leverage, np.maximum(both * (1 - a), a * (b - both))),
        "jaccard": both / (a + b - both),
        "certainty": _ratio(confidence - b, 1 - b),
        "kulczynski": (confidence + count / with_consequent) / 2,
        "odds_ratio": _odds_ratio(count, with_antecedent, with_consequent, n_orders),
        "mutual_information": _mutual_information(count, with_antecedent, with_consequent, n_orders),
    }


def lift_of(count: Ints, with_antecedent: Ints, with_consequent: Ints, n_orders: int) -> Floats:
    """Divide the confidence by the share of orders with the consequent."""
    return count / with_antecedent / (with_consequent / n_orders)


def _ratio(above: Floats, below: Floats, edge: "np.ndarray[Any, Any] | None" = None, value: float = 0.0) -> Floats:
    at_edge = below == 0 if edge is None else edge
    return np.where(at_edge, value, above / np.where(at_edge, 1.0, below))


def _odds_ratio(count: Ints, a: Ints, b: Ints, n: int) -> Floats:
    both, neither = count.astype(np.float64), (n - a - b + count).astype(np.float64)
    across = (a - count).astype(np.float64) * (b - count)
    return _ratio(both * neither, across, across == 0, np.inf)


def _mutual_information(count: Ints, a: Ints, b: Ints, n: int) -> Floats:
    """Sum p log2(p / (p_row p_column)) over the four cells."""
    total = np.zeros(len(count))
    for rows, columns, cell in (
        (a, b, count),
        (a, n - b, a - count),
        (n - a, b, b - count),
        (n - a, n - b, n - a - b + count),
    ):
        orders = cell.astype(np.float64)
        with np.errstate(divide="ignore", invalid="ignore"):  # an empty cell adds nothing
            part = orders / n * np.log2(orders * n / (rows.astype(np.float64) * columns))
        total += np.where(cell > 0, part, 0.0)
    return np.maximum(total, 0.0)  # rounding may leave a little less than nothing
