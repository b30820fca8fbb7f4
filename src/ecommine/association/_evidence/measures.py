"""Interest measures of a rule, from four counts."""

import numpy as np

from ..._core.arrays import Bools, Floats, Ints

RULES_PER_BLOCK = 1 << 13
"""Rules computed at once: intermediate arrays then stay in the processor's cache."""


def measures(count: Ints, antecedent_count: Ints, consequent_count: Ints, n_orders: int) -> dict[str, Floats]:
    """Compute the measures of rules A -> B.

    Parameters
    ----------
    count, antecedent_count, consequent_count : arrays of shape (n_rules,)
        Orders with A and B, with A, with B; all above zero.
    n_orders : int
        All orders.

    Returns
    -------
    dict of arrays of shape (n_rules,)
        The measures of mlxtend under its names in snake_case, odds ratio and mutual information (bits). A division by
        zero is infinite, or 0 where the numerator is 0 too.

    References
    ----------
    Tan, P.-N., Kumar, V. and Srivastava, J. (2004). Selecting the right objective measure for association analysis.
    Information Systems 29(4), 293-313. https://doi.org/10.1016/S0306-4379(03)00072-3

    Examples
    --------
    >>> values = measures(np.array([20]), np.array([25]), np.array([40]), 100)
    >>> {name: round(float(values[name][0]), 3) for name in ("confidence", "lift", "odds_ratio")}
    {'confidence': 0.8, 'lift': 2.0, 'odds_ratio': 11.0}
    """

    def block(first: int, last: int) -> dict[str, Floats]:
        rows = slice(first, last)
        return _measures(count[rows], antecedent_count[rows], consequent_count[rows], n_orders)

    names = tuple(block(0, 0))
    table = np.empty((len(names), len(count)))
    for first in range(0, len(count), RULES_PER_BLOCK):
        for row, values in zip(table, block(first, first + RULES_PER_BLOCK).values(), strict=True):
            row[first : first + RULES_PER_BLOCK] = values
    return dict(zip(names, table, strict=True))


def _measures(count: Ints, antecedent_count: Ints, consequent_count: Ints, n_orders: int) -> dict[str, Floats]:
    both, a, b = count / n_orders, antecedent_count / n_orders, consequent_count / n_orders
    confidence = count / antecedent_count
    leverage = both - a * b
    return {
        "antecedent_support": a,
        "consequent_support": b,
        "support": both,
        "confidence": confidence,
        "lift": lift(count, antecedent_count, consequent_count, n_orders),
        "representativity": np.ones(len(count)),  # no order has unknown products
        "leverage": leverage,
        "conviction": _ratio(1 - b, 1 - confidence, 1 - confidence <= 0, np.inf),
        "zhangs_metric": _ratio(leverage, np.maximum(both * (1 - a), a * (b - both))),
        "jaccard": both / (a + b - both),
        "certainty": _ratio(confidence - b, 1 - b),
        "kulczynski": (confidence + count / consequent_count) / 2,
        "odds_ratio": _odds_ratio(count, antecedent_count, consequent_count, n_orders),
        "mutual_information": _mutual_information(count, antecedent_count, consequent_count, n_orders),
    }


def lift(count: Ints, antecedent_count: Ints, consequent_count: Ints, n_orders: int) -> Floats:
    """Compute the lift: the confidence over the share of orders with the consequent."""
    return count / antecedent_count / (consequent_count / n_orders)


def _ratio(numerator: Floats, denominator: Floats, is_edge: Bools | None = None, at_edge: float = 0.0) -> Floats:
    """Divide; ``at_edge`` stands where the ratio has a limit only, by default where the denominator is 0."""
    is_edge = denominator == 0 if is_edge is None else is_edge
    return np.where(is_edge, at_edge, numerator / np.where(is_edge, 1.0, denominator))


def _odds_ratio(count: Ints, a: Ints, b: Ints, n: int) -> Floats:
    both, neither = count.astype(np.float64), (n - a - b + count).astype(np.float64)
    only_one = (a - count).astype(np.float64) * (b - count)
    return _ratio(both * neither, only_one, only_one == 0, np.inf)


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
    return np.maximum(total, 0.0)  # rounding may leave a little less than zero
