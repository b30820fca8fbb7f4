r"""Sums of squares over customers for many rules at once, from which design effects and variances follow.

For a rule with shares :math:`p_s = P_s(A)` and :math:`q_s = P_s(B)` and a weight :math:`y_s`, the sum over the orders
of customer c is

.. math:: U_c = \sum_{o \in c} [x_{AB} - y_s (q_s x_A + p_s x_B - p_s q_s)] = e_c - d_c,
    \qquad e_c = \sum_{o \in A \cap c} (x_B - y_s q_s), \quad d_c = \sum_{o \in c} (x_B - q_s) y_s p_s .

All rules with one B share the matrix of :math:`\sum_{o \in c \cap s} (x_B - q_s)`, customers by strata, whose product
with the :math:`y p` of all partners gives every d. Only customers with A have an e, so that
:math:`\sum_c U_c^2 = \sum_c d_c^2 + \sum_{c \in A} e_c (e_c - 2 d_c)`. B is the side in more orders. Where few
customers have B, d is computed for these alone: without B, :math:`d_c = -\sum_s n_{cs} y_s p_s q_s`, whose sum of
squares over all customers is a form in the strata.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..._core.arrays import Floats, Ints
from ..._core.threads import Progress, map_on_cores
from .._mining.sparse import expand_ranges
from .clusters import Clusters, TimeBlocks
from .order_lists import OrderLists

CELLS_PER_BLOCK = 1 << 20
"""Sums of customers, and orders, of as many rules at once."""
MIN_RATIO_TO_SKIP_CUSTOMERS = 100
"""Where the more frequent side has this many times fewer orders than there are cells of customers and strata, customers
without it are not gone through: each order then costs more, by about this factor."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RuleLists:
    """Rules whose sides are lists of orders.

    Attributes
    ----------
    lists : OrderLists
    left, right : int arrays of shape (n_rules,)
        The list of each side.
    shares : float array of shape (n_sides, n_strata)
        The share of the orders of each stratum with each side, once for all rules that have it.
    left_row, right_row : int arrays of shape (n_rules,)
        The row of each side in ``shares``.
    progress : Progress or None
        What counts the rules that are gone through.
    """

    lists: OrderLists
    left: Ints
    right: Ints
    shares: Floats
    left_row: Ints
    right_row: Ints
    progress: Progress | None = None

    @property
    def left_share(self) -> Floats:
        """The shares of the left sides: shape (n_rules, n_strata)."""
        return np.asarray(self.shares[self.left_row])

    @property
    def right_share(self) -> Floats:
        """The shares of the right sides: shape (n_rules, n_strata)."""
        return np.asarray(self.shares[self.right_row])

    def take(self, rows: Ints) -> "RuleLists":
        """Keep some rules."""
        left, right = self.left[rows], self.right[rows]
        return replace(self, left=left, right=right, left_row=self.left_row[rows], right_row=self.right_row[rows])

    def rarer_first(self) -> "RuleLists":
        """Turn rules round so that the left side is in no more orders than the right one."""
        turn = self.lists.sizes[self.left] > self.lists.sizes[self.right]
        return replace(
            self,
            left=np.where(turn, self.right, self.left),
            right=np.where(turn, self.left, self.right),
            left_row=np.where(turn, self.right_row, self.left_row),
            right_row=np.where(turn, self.left_row, self.right_row),
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CustomerSquares:
    """What one pass over the orders of rules gives.

    Attributes
    ----------
    squares : float array of shape (n_weights, n_rules)
        The sums of squares of U for each weight.
    lift : float array of shape (n_rules,)
        That of the influences on the logarithm of the lift; NaN where it is not wanted.
    by_block : float array of shape (n_rules,)
        The sum of squares of blocks of time in the place of customers, with weight one; NaN where there are none.
    by_order : float array of shape (n_rules,)
        That of single orders, with weight one; NaN where it is not wanted.
    """

    squares: Floats
    lift: Floats
    by_block: Floats
    by_order: Floats


def sum_squares(
    rules: RuleLists,
    clusters: Clusters,
    weights: Sequence[Floats | None] = (),
    *,
    with_lift: bool = False,
    with_blocks: bool = False,
    with_orders: bool = False,
) -> CustomerSquares:
    """Sum the squares of customers for each rule.

    Parameters
    ----------
    rules : RuleLists
        No list may be empty.
    clusters : Clusters
        By which the orders of the lists are numbered.
    weights : sequence of float arrays of shape (n_rules, n_strata), or None
        y in the formula; None for one everywhere.
    with_lift : bool
        Whether the logarithm of the lift is wanted; each rule must then have an order with both sides.
    with_blocks : bool
        Whether the sums of squares of blocks of time are wanted.
    with_orders : bool
        Whether those of single orders are wanted.
    """
    n_rules, rules = len(rules.left), rules.rarer_first()
    lift, by_block, by_order = np.full((3, n_rules), np.nan)
    squares = np.zeros((len(weights), n_rules))
    order = np.lexsort((rules.left, rules.right))
    firsts = np.flatnonzero(np.diff(rules.right[order], prepend=-1))

    def sum_group(first: int, last: int) -> None:
        rows = order[first:last]
        partner = _Partner(rules, clusters, int(rows[0]))
        of_customers = partner.residuals_of_customers() if weights else None
        of_blocks = partner.residuals_of_blocks(clusters.blocks) if with_blocks and clusters.blocks else None
        of_lift = partner.lift_by_customer() if with_lift else None
        for block in partner.blocks(rows, len(weights)):
            others = _Others(rules, clusters, block, partner)
            if of_lift is not None:
                lift[block] = others.squares_of_lift(of_lift)
            if of_blocks is not None and clusters.blocks is not None:
                by_block[block] = others.squares_of_blocks(clusters.blocks, of_blocks)
            if with_orders:
                by_order[block] = others.squares_of_orders()
            for position, weight in enumerate(weights):
                squares[position, block] = others.squares(None if weight is None else weight[block], of_customers)
            if rules.progress is not None:
                rules.progress.advance(len(block))

    map_on_cores(sum_group, firsts.tolist(), np.append(firsts, n_rules)[1:].tolist())
    return CustomerSquares(squares=squares, lift=lift, by_block=by_block, by_order=by_order)


class _Partner:
    """The side that the rules of one group share, in more orders than the others."""

    def __init__(self, rules: RuleLists, clusters: Clusters, row: int) -> None:
        self.clusters, self.share = clusters, rules.shares[rules.right_row[row]]
        lists, position = rules.lists, int(rules.right[row])
        self.orders, runs = lists.orders[lists.slice_of(position)], lists.runs_of(position)
        self.customers, self.run_size = lists.run_customer[runs], lists.run_size[runs]
        self.is_member = np.zeros(len(clusters.customer), dtype=bool)
        self.is_member[self.orders] = True
        self.skips = len(self.orders) * MIN_RATIO_TO_SKIP_CUSTOMERS < clusters.by_stratum.nnz
        self.row_of_customer, self.by_stratum = self._customers_gone_through()

    def blocks(self, rows: Ints, n_weights: int) -> Iterator[Ints]:
        """Cut the rules of the group into blocks of bounded memory."""
        n_rows, n_strata = self.by_stratum.shape
        n_cells = max(n_rows if n_weights else 0, n_strata, len(self.orders), 1)
        step = max(CELLS_PER_BLOCK // n_cells, 1)
        return (rows[first : first + step] for first in range(0, len(rows), step))

    def _customers_gone_through(self) -> tuple[Ints, Any]:
        """Return the row of each customer in the matrices below, -1 if skipped, and all orders of these by stratum."""
        n_customers = self.clusters.n_customers
        if not self.skips:
            return np.arange(n_customers), self.clusters.by_stratum
        row = np.full(n_customers, -1, dtype=np.int32)
        row[self.customers] = np.arange(len(self.customers), dtype=np.int32)
        return row, self.clusters.by_stratum[self.customers]

    def residuals_of_customers(self) -> Any:
        """Sum x_B - q over the customers by stratum."""
        cell = self.clusters.cell[self.orders]
        if self.skips:  # cells of the orders ascend, and so do those of the rows
            starts = self.clusters.by_stratum.indptr
            kept = expand_ranges(starts[self.customers], starts[self.customers + 1])[1]
            cell = np.searchsorted(kept, cell)
        return self._residuals(self.by_stratum, cell)

    def residuals_of_blocks(self, blocks: TimeBlocks) -> Any:
        """Sum x_B - q over blocks of time by stratum."""
        return self._residuals(blocks.by_stratum, blocks.cell[self.orders])

    def _residuals(self, matrix: Any, cell: Ints) -> Any:
        from scipy.sparse import csr_array

        data = np.bincount(cell, minlength=matrix.nnz) - matrix.data * self.share[matrix.indices]
        return csr_array((data, matrix.indices, matrix.indptr), shape=matrix.shape)

    def lift_by_customer(self) -> Floats:
        """Return the influence of each customer's orders on the log lift, but for those with the other side."""
        share = self.clusters.n_orders / len(self.clusters.customer)
        return np.bincount(self.customers, self.run_size / len(self.orders), minlength=len(share)) - share

    def rest_of_orders(self) -> Floats:
        """Sum (x_B - q)² by stratum, the factor of p² in the sum of squares of single orders."""
        with_side = np.bincount(self.clusters.stratum[self.orders], minlength=len(self.share))
        return np.asarray(with_side * (1 - 2 * self.share) + self.clusters.n_orders_by_stratum * self.share**2)


class _Others:
    """The other sides of a block of rules: their orders and customers, one list after the other."""

    def __init__(self, rules: RuleLists, clusters: Clusters, rows: Ints, partner: _Partner) -> None:
        self.clusters, self.partner, self.n_rules = clusters, partner, len(rows)
        self.share = rules.shares[rules.left_row[rows]]
        lists, left = rules.lists, rules.left[rows]
        slices, runs = [lists.slice_of(position) for position in left], [lists.runs_of(position) for position in left]
        self.sizes = lists.starts[left + 1] - lists.starts[left]
        self.first = np.cumsum(self.sizes) - self.sizes
        n_runs = lists.run_starts[left + 1] - lists.run_starts[left]
        self.first_run = np.cumsum(n_runs) - n_runs
        self.stratum = np.concatenate([lists.stratum[part] for part in slices])
        self.run = np.concatenate([lists.run[part] for part in slices]) + np.repeat(self.first_run, self.sizes)
        self.run_customer = np.concatenate([lists.run_customer[part] for part in runs])
        self.run_size = np.concatenate([lists.run_size[part] for part in runs])
        self.rule_of_run = np.repeat(np.arange(self.n_rules), n_runs)
        self.orders = np.concatenate([lists.orders[part] for part in slices])
        self.is_both = partner.is_member[self.orders]
        self.with_both = np.bincount(self.run[self.is_both], minlength=len(self.run_size)).astype(np.float64)
        self.right_share = partner.share[self.stratum]

    def _of_orders(self, values: Floats) -> Floats:
        """Return what a table of the rules by stratum holds for each order."""
        n_strata = self.share.shape[1]
        return np.asarray(values.ravel()[np.repeat(np.arange(self.n_rules) * n_strata, self.sizes) + self.stratum])

    def squares_of_lift(self, of_partner: Floats) -> Floats:
        """Sum the squares of the influences on the log lift."""
        n_both = np.add.reduceat(self.with_both, self.first_run)
        own = self.with_both / n_both[self.rule_of_run] - self.run_size / self.sizes[self.rule_of_run]
        rest = of_partner[self.run_customer]
        return np.asarray(np.add.reduceat(own * (own - 2 * rest), self.first_run)) + float(of_partner @ of_partner)

    def squares(self, weight: Floats | None, residuals: Any) -> Floats:
        """Sum the squares of U with a weight."""
        p, q = self.share, self.right_share
        if weight is not None:
            p, q = weight * p, self._of_orders(weight) * q
        own = self.with_both - np.bincount(self.run, q, minlength=len(self.with_both))
        rest = residuals @ np.ascontiguousarray(p.T)
        total = np.einsum("ij,ij->j", rest, rest)
        row = self.partner.row_of_customer[self.run_customer]
        of_run = rest[row, self.rule_of_run]
        if self.partner.skips:
            constant = p * self.partner.share
            total += self._squares_of_skipped(constant)
            is_skipped = row < 0
            of_run[is_skipped] = -self._constants_of_runs(np.flatnonzero(is_skipped), constant)
        return np.asarray(total + np.add.reduceat(own * (own - 2 * of_run), self.first_run))

    def squares_of_blocks(self, blocks: TimeBlocks, residuals: Any) -> Floats:
        """Sum the squares of U of blocks of time with weight one."""
        cell = blocks.block[self.orders] * self.n_rules + np.repeat(np.arange(self.n_rules), self.sizes)
        own = np.bincount(cell, self.is_both - self.right_share, minlength=self.n_rules * blocks.n_blocks)
        sums = own.reshape(-1, self.n_rules) - residuals @ np.ascontiguousarray(self.share.T)
        return np.asarray(np.einsum("ij,ij->j", sums, sums))

    def squares_of_orders(self) -> Floats:
        """Sum the squares of single orders with weight one; that of x - p is x (1 - 2p) + p²."""
        p, q = self._of_orders(self.share), self.right_share
        own = np.add.reduceat((1 - 2 * p) * (q * q + self.is_both * (1 - 2 * q)), self.first)
        return np.asarray(own + (self.share * self.share) @ self.partner.rest_of_orders())

    def _squares_of_skipped(self, constant: Floats) -> Floats:
        """Sum the squares of d of the customers without the common side: those of all, less those of the rest."""
        gone_through = self.partner.by_stratum @ np.ascontiguousarray(constant.T)
        everyone = np.einsum("ij,ij->j", self.clusters.cross @ constant.T, constant.T)
        return np.asarray(np.maximum(everyone - np.einsum("ij,ij->j", gone_through, gone_through), 0.0))

    def _constants_of_runs(self, runs: Ints, constant: Floats) -> Floats:
        matrix, customers = self.clusters.by_stratum, self.run_customer[runs]
        place, cell = expand_ranges(matrix.indptr[customers], matrix.indptr[customers + 1])
        values = matrix.data[cell] * constant[self.rule_of_run[runs][place], matrix.indices[cell]]
        return np.bincount(place, values, minlength=len(runs)).astype(np.float64)


def order_squares(
    both: Ints, left: Ints, right: Ints, n_orders: Ints, rules: RuleLists, weight: Floats | None = None
) -> Floats:
    """Sum the squares of single orders for each rule, from the orders with both sides and each side by stratum.

    Counts are of shape (n_rules, n_strata), or (n_strata,) for all orders.
    """
    y = 1.0 if weight is None else weight
    p, q = rules.left_share, rules.right_share
    neither = y * p * q
    return np.asarray(
        (
            both * (1 - y * q - y * p + neither) ** 2
            + (left - both) * (neither - y * q) ** 2
            + (right - both) * (neither - y * p) ** 2
            + (n_orders - left - right + both) * neither**2
        ).sum(axis=1)
    )


def order_squares_of_lift(both: Ints, left: Ints, right: Ints, n_orders: int) -> Floats:
    """Sum the squares of the influences of single orders on the log lift; counts are of shape (n_rules,)."""
    a, b, share = 1 / left, 1 / right, 1 / n_orders
    return np.asarray(
        both * (1 / both - a - b + share) ** 2
        + (left - both) * (share - a) ** 2
        + (right - both) * (share - b) ** 2
        + (n_orders - left - right + both) * share**2
    )
