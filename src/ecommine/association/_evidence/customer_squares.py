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
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ..._core.arrays import Floats, Ints
from ..._core.threads import map_on_cores
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
    left_share, right_share : float arrays of shape (n_rules, n_strata)
        The share of the orders of each stratum with each side.
    """

    lists: OrderLists
    left: Ints
    right: Ints
    left_share: Floats
    right_share: Floats

    def take(self, rows: Ints) -> "RuleLists":
        """Keep some rules."""
        return RuleLists(
            lists=self.lists,
            left=self.left[rows],
            right=self.right[rows],
            left_share=self.left_share[rows],
            right_share=self.right_share[rows],
        )

    def rarer_first(self) -> "RuleLists":
        """Turn rules round so that the left side is in no more orders than the right one."""
        turn = self.lists.sizes[self.left] > self.lists.sizes[self.right]
        column = turn[:, None]
        return RuleLists(
            lists=self.lists,
            left=np.where(turn, self.right, self.left),
            right=np.where(turn, self.left, self.right),
            left_share=np.where(column, self.right_share, self.left_share),
            right_share=np.where(column, self.left_share, self.right_share),
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CustomerSquares:
    """What one pass over the orders of rules gives.

    Attributes
    ----------
    both : int array of shape (n_rules, n_strata)
        Orders with both sides.
    squares : float array of shape (n_weights, n_rules)
        The sums of squares of U for each weight.
    lift : float array of shape (n_rules,)
        That of the influences on the logarithm of the lift; NaN where it is not wanted.
    by_block : float array of shape (n_rules,)
        The sum of squares of blocks of time in the place of customers, with weight one; NaN where there are none.
    """

    both: Ints
    squares: Floats
    lift: Floats
    by_block: Floats


def sum_squares(
    rules: RuleLists,
    clusters: Clusters,
    weights: Sequence[Floats | None] = (),
    *,
    with_lift: bool = False,
    with_blocks: bool = False,
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
    """
    n_rules, n_strata = len(rules.left), clusters.by_stratum.shape[1]
    rules = rules.rarer_first()
    result = CustomerSquares(
        both=np.zeros((n_rules, n_strata), np.int64),
        squares=np.zeros((len(weights), n_rules)),
        lift=np.full(n_rules, np.nan),
        by_block=np.full(n_rules, np.nan),
    )
    order = np.lexsort((rules.left, rules.right))
    firsts = np.flatnonzero(np.diff(rules.right[order], prepend=-1))

    def sum_group(first: int, last: int) -> None:
        rows = order[first:last]
        partner = _Partner(rules, clusters, int(rows[0]))
        for block in partner.blocks(rows, len(weights)):
            others = _Others(rules, clusters, block, partner)
            result.both[block] = others.both_by_stratum()
            if with_lift:
                result.lift[block] = others.squares_of_lift()
            if with_blocks and clusters.blocks is not None:
                result.by_block[block] = others.squares_of_blocks(clusters.blocks)
            for position, weight in enumerate(weights):
                result.squares[position, block] = others.squares(None if weight is None else weight[block])

    map_on_cores(sum_group, firsts.tolist(), np.append(firsts, n_rules)[1:].tolist())
    return result


class _Partner:
    """The side that the rules of one group share, in more orders than the others."""

    def __init__(self, rules: RuleLists, clusters: Clusters, row: int) -> None:
        self.clusters, self.share = clusters, rules.right_share[row]
        lists, position = rules.lists, int(rules.right[row])
        self.orders, runs = lists.orders[lists.slice_of(position)], lists.runs_of(position)
        self.customers, self.run_size = lists.run_customer[runs], lists.run_size[runs]
        self.is_member = np.zeros(len(clusters.customer), dtype=bool)
        self.is_member[self.orders] = True
        self.skips = len(self.orders) * MIN_RATIO_TO_SKIP_CUSTOMERS < clusters.by_stratum.nnz

    def blocks(self, rows: Ints, n_weights: int) -> Iterator[Ints]:
        """Cut the rules of the group into blocks of bounded memory."""
        n_rows = len(self.customers) if self.skips else self.clusters.n_customers
        n_cells = max(n_rows if n_weights else 0, len(self.orders), 1)
        step = max(CELLS_PER_BLOCK // n_cells, 1)
        return (rows[first : first + step] for first in range(0, len(rows), step))

    @cached_property
    def row_of_customer(self) -> Ints:
        """The row of each customer in the matrices below, -1 for a customer without this side who is skipped."""
        if not self.skips:
            return np.asarray(np.arange(self.clusters.n_customers))
        row = np.full(self.clusters.n_customers, -1, dtype=np.int32)
        row[self.customers] = np.arange(len(self.customers), dtype=np.int32)
        return row

    @cached_property
    def by_stratum(self) -> Any:
        """All orders of the customers by stratum."""
        return self.clusters.by_stratum[self.customers] if self.skips else self.clusters.by_stratum

    @cached_property
    def residuals(self) -> Any:
        """The sums of x_B - q of the customers by stratum."""
        from scipy.sparse import csr_array

        matrix, cell = self.by_stratum, self.clusters.cell[self.orders]
        if self.skips:  # cells of the orders ascend, and so do those of the rows
            starts = self.clusters.by_stratum.indptr
            kept = expand_ranges(starts[self.customers], starts[self.customers + 1])[1]
            cell = np.searchsorted(kept, cell)
        data = np.bincount(cell, minlength=matrix.nnz) - matrix.data * self.share[matrix.indices]
        return csr_array((data, matrix.indices, matrix.indptr), shape=matrix.shape)

    def residuals_of_blocks(self, blocks: TimeBlocks) -> Any:
        """Sum x_B - q over blocks of time by stratum."""
        from scipy.sparse import csr_array

        matrix = blocks.by_stratum
        data = np.bincount(blocks.cell[self.orders], minlength=matrix.nnz) - matrix.data * self.share[matrix.indices]
        return csr_array((data, matrix.indices, matrix.indptr), shape=matrix.shape)

    @cached_property
    def lift_by_customer(self) -> Floats:
        """The influence of each customer's orders on the log lift, but for those with the other side."""
        share = self.clusters.n_orders / len(self.clusters.customer)
        return np.bincount(self.customers, self.run_size / len(self.orders), minlength=len(share)) - share

    @cached_property
    def squares_of_lift(self) -> float:
        """The sum of the squares of these."""
        return float(self.lift_by_customer @ self.lift_by_customer)


class _Others:
    """The other sides of a block of rules: their orders and customers, one list after the other."""

    def __init__(self, rules: RuleLists, clusters: Clusters, rows: Ints, partner: _Partner) -> None:
        self.clusters, self.partner, self.n_rules = clusters, partner, len(rows)
        self.share = rules.left_share[rows]
        lists, left = rules.lists, rules.left[rows]
        slices, runs = [lists.slice_of(position) for position in left], [lists.runs_of(position) for position in left]
        self.sizes = lists.starts[left + 1] - lists.starts[left]
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

    @cached_property
    def cell(self) -> Ints:
        """The position of the rule and stratum of each order in a table of them."""
        n_strata = self.share.shape[1]
        return np.asarray(np.repeat(np.arange(self.n_rules) * n_strata, self.sizes) + self.stratum)

    def both_by_stratum(self) -> Ints:
        """Count the orders with both sides by stratum."""
        n_strata = self.share.shape[1]
        both = np.bincount(self.cell[self.is_both], minlength=self.n_rules * n_strata)
        return np.asarray(both.reshape(self.n_rules, n_strata))

    def squares_of_lift(self) -> Floats:
        """Sum the squares of the influences on the log lift."""
        n_both = np.add.reduceat(self.with_both, self.first_run)
        own = self.with_both / n_both[self.rule_of_run] - self.run_size / self.sizes[self.rule_of_run]
        rest = self.partner.lift_by_customer[self.run_customer]
        return np.asarray(np.add.reduceat(own * (own - 2 * rest), self.first_run)) + self.partner.squares_of_lift

    def squares(self, weight: Floats | None) -> Floats:
        """Sum the squares of U with a weight."""
        p = self.share if weight is None else weight * self.share
        q = np.broadcast_to(self.partner.share, p.shape) if weight is None else weight * self.partner.share
        own = self.with_both - np.bincount(self.run, q.ravel()[self.cell], minlength=len(self.with_both))
        rest = self.partner.residuals @ np.ascontiguousarray(p.T)
        total = np.einsum("ij,ij->j", rest, rest)
        row = self.partner.row_of_customer[self.run_customer]
        of_run = rest[row, self.rule_of_run]
        if self.partner.skips:
            constant = p * self.partner.share
            total += self._squares_of_skipped(constant)
            is_skipped = row < 0
            of_run[is_skipped] = -self._constants_of_runs(np.flatnonzero(is_skipped), constant)
        return np.asarray(total + np.add.reduceat(own * (own - 2 * of_run), self.first_run))

    def squares_of_blocks(self, blocks: TimeBlocks) -> Floats:
        """Sum the squares of U of blocks of time with weight one."""
        q = np.broadcast_to(self.partner.share, self.share.shape)
        block = np.repeat(np.arange(self.n_rules) * blocks.n_blocks, self.sizes) + blocks.block[self.orders]
        own = np.bincount(block, self.is_both - q.ravel()[self.cell], minlength=self.n_rules * blocks.n_blocks)
        sums = own.reshape(self.n_rules, -1) - (self.partner.residuals_of_blocks(blocks) @ self.share.T).T
        return np.asarray(np.einsum("ij,ij->i", sums, sums))

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
