r"""Orders of one customer are correlated: which orders belong together, and how many customers that makes.

A customer who likes both products buys them together again and again, and many orders of few customers then look like
strong evidence. Variances are therefore sums of squares over customers, so that each customer counts once (the sandwich
of :mod:`ecommine._stats.clusters`, for sums over sparse sets of orders; see :mod:`.variances`).
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ..._core.arrays import Floats, Ints, distinct_rows, sort_order
from ..._stats.clusters import effective_clusters
from .._mining.sparse import count_cells
from .strata import Strata

MIN_ORDERS_FOR_INTERVAL = 50
"""Orders with both sides below which a lift has no interval: its logarithm is not near enough to normal."""
MIN_PRODUCTS_FOR_INTERVAL = 50
"""Products below which an adjusted lift has none: a pair then makes up too much of its own expectation."""
MIN_CUSTOMERS_FOR_INTERVAL = 200
"""Customers below which there is none: sums over so few do not estimate a variance well."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TimeBlocks:
    """Days or weeks, in which orders may be alike though their period is held fixed.

    Attributes
    ----------
    block : int32 array of shape (n_orders,)
        Of each number of :class:`Clusters`.
    cell : int64 array of shape (n_orders,)
        The position of the block and stratum of each number in the data of ``by_stratum``.
    by_stratum : sparse matrix of shape (n_blocks, n_strata)
        Orders of each block by stratum, by row.
    """

    block: Ints
    cell: Ints
    by_stratum: Any

    @property
    def n_blocks(self) -> int:
        """Number of blocks."""
        return int(self.by_stratum.shape[0])

    @property
    def n_effective(self) -> float:
        """How many blocks of one size they are worth."""
        return effective_clusters(np.bincount(self.block))

    @classmethod
    def make(cls, block: Ints, stratum: Ints, n_strata: int) -> "TimeBlocks":
        """Build blocks from the block and the stratum of each order."""
        cell = distinct_rows(block, stratum)[0]
        block = distinct_rows(block)[0]
        by_stratum = count_cells(block, stratum, int(block.max(initial=-1)) + 1, n_strata)
        by_stratum.sum_duplicates()
        return cls(block=block.astype(np.int32), cell=cell, by_stratum=by_stratum)


@dataclass(frozen=True, kw_only=True, eq=False)
class Clusters:
    """Orders numbered customer by customer, and by stratum within each, so that the orders of a customer are a run.

    Attributes
    ----------
    number_of_order : int32 array of shape (n_orders,)
        The number of each order.
    customer, stratum : int32 arrays of shape (n_orders,)
        Of each number.
    cell : int64 array of shape (n_orders,)
        Of each number, the position of its customer and stratum in the data of ``by_stratum``.
    by_stratum : sparse matrix of shape (n_customers, n_strata)
        Orders of each customer by stratum, by row.
    n_orders : float array of shape (n_customers,)
        Orders of each customer.
    blocks : TimeBlocks or None
        None where no period is held fixed.
    """

    number_of_order: Ints
    customer: Ints
    stratum: Ints
    cell: Ints
    by_stratum: Any
    n_orders: Floats
    blocks: TimeBlocks | None = None

    @property
    def n_customers(self) -> int:
        """Number of customers."""
        return len(self.n_orders)

    @property
    def n_effective(self) -> float:
        """How many customers of one size they are worth."""
        return effective_clusters(self.n_orders)

    @property
    def are_independent(self) -> bool:
        """Whether no orders are alike, neither of a customer nor of a block of time."""
        return self.are_single and self.blocks is None

    @property
    def are_single(self) -> bool:
        """Whether no customer has a second order, so that orders are independent."""
        return self.n_customers == len(self.customer)

    @cached_property
    def n_orders_by_stratum(self) -> Ints:
        """All orders by stratum: shape (n_strata,)."""
        return np.bincount(self.stratum, minlength=self.by_stratum.shape[1])

    @cached_property
    def cross(self) -> Any:
        """The products of customers' orders in every two strata, summed over customers: a sparse matrix."""
        return (self.by_stratum.T @ self.by_stratum).tocsr()

    @classmethod
    def make(cls, customer_of_order: Ints, strata: Strata, time_block: Ints | None = None) -> "Clusters":
        """Build clusters from the customer of each order, a whole number from 0, and its block of time."""
        customer_of_order = distinct_rows(customer_of_order)[0]
        order = sort_order(customer_of_order, strata.stratum_of_order)
        number_of_order = np.empty(len(order), dtype=np.int32)
        number_of_order[order] = np.arange(len(order), dtype=np.int32)
        customer = customer_of_order[order].astype(np.int32)
        stratum = strata.stratum_of_order[order].astype(np.int32)
        n_customers = int(customer[-1]) + 1 if len(customer) else 0
        by_stratum = count_cells(customer, stratum, n_customers, strata.n_strata)
        by_stratum.sum_duplicates()
        return cls(
            number_of_order=number_of_order,
            customer=customer,
            stratum=stratum,
            cell=np.repeat(np.arange(by_stratum.nnz), by_stratum.data.astype(np.int64)),
            by_stratum=by_stratum,
            n_orders=np.bincount(customer, minlength=n_customers).astype(np.float64),
            blocks=None if time_block is None else TimeBlocks.make(time_block[order], stratum, strata.n_strata),
        )
