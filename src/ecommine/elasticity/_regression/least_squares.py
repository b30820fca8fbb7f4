r"""All regressions at once, by sums: an intercept per series, slopes per group, and effects that all groups share.

The model of row r of the series s, in the group g at the period t, is

.. math:: y_r = a_s + x_r' b_g + d_t + u_r

Intercepts are taken out by closed sums by series. The columns of each group are then made orthonormal one after the
other (Gram and Schmidt), the price last, so that a column that others explain is noticed and left out, and the slope of
the price is one sum. The shared effects d of a few hundred periods are the one dense system: what intercepts and slopes
leave of their columns. By the theorem of Frisch, Waugh and Lovell the result is that of the regression with a dummy for
every series and period.

Rows may be weighted, or be differences of rows (as after the transformation of Prais and Winsten): the column of ones
and the columns of periods come scaled in the same way.
"""

from dataclasses import dataclass

import numpy as np

from ..._core.arrays import Bools, Floats, Ints
from .._runs import Runs
from .periods import PeriodColumns

CONSTANT = 1e-16
"""Share of a column's squares that must be left within its series, else it does not vary."""
COLLINEAR = 1e-9
"""Share of a column's squares within series that must be left beside the other columns, else these explain it."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Design:
    """Rows of all regressions.

    Attributes
    ----------
    y : float array of shape (n_rows,)
    ones : float array of shape (n_rows,)
        The column of the intercepts: ones, or their scaled form.
    columns : float array of shape (n_columns, n_rows)
        Controls and cross prices, own price last.
    series_runs, group_runs : Runs
        A series lies in one group.
    periods : PeriodColumns, or None
        The columns of the shared effects.
    """

    y: Floats
    ones: Floats
    columns: Floats
    series_runs: Runs
    group_runs: Runs
    periods: PeriodColumns | None = None

    @property
    def series(self) -> Ints:
        """Number of the series of each row."""
        return self.series_runs.number

    @property
    def group(self) -> Ints:
        """Number of the group of each row."""
        return self.group_runs.number

    @property
    def n_series(self) -> int:
        """Number of intercepts."""
        return self.series_runs.n_runs

    @property
    def n_groups(self) -> int:
        """Number of regressions."""
        return self.group_runs.n_runs


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Solution:
    """Slopes of all groups.

    Attributes
    ----------
    slopes : float array of shape (n_groups, n_columns)
        NaN for a column that does not vary or that others explain.
    basis : float array of shape (n_columns, n_rows)
        Orthonormal columns within each group, zero where a column is left out.
    inverse : float array of shape (n_groups, n_columns, n_columns)
        Upper triangular: slopes are this times the products of basis and y.
    varies : bool array of shape (n_groups, n_columns)
        Whether the column varies within its series at all.
    residuals : float array of shape (n_rows,)
    effects : float array of shape (n_periods,), or None
        Of the periods, with mean zero.
    n_parameters : float array of shape (n_groups,)
        Intercepts and slopes of each group.
    shared_share : float
        Share of the remaining degrees of freedom that the shared effects take.
    shared_variance : float array of shape (n_groups,)
        What not knowing the shared effects adds to the variance of the own price's slope, in units of that of a row.
    left_of_price : float array of shape (n_groups,)
        Share of the own price's squares within series that is left beside the controls.
    """

    slopes: Floats
    basis: Floats
    inverse: Floats
    varies: Bools
    residuals: Floats
    effects: Floats | None
    n_parameters: Floats
    shared_share: float
    shared_variance: Floats
    left_of_price: Floats

    @property
    def own(self) -> Floats:
        """Slope of the own price, the last column."""
        return self.slopes[:, -1]

    def variance_factor(self) -> Floats:
        """Return the variance of the own price's slope in units of that of a row."""
        known = ~np.isnan(self.own)
        return np.where(known, self.inverse[:, -1, -1] ** 2 + self.shared_variance, np.nan)


def solve(design: Design) -> Solution:
    """Estimate all slopes by least squares."""
    within = WithinSeries(design)
    columns = np.array([within.residuals(column) for column in design.columns])
    basis, root, varies = _orthonormal(columns, design)
    inverse = _inverse(root)
    y = within.residuals(design.y)
    effects, shared_variance, rank = None, np.zeros(design.n_groups), 0
    if design.periods is not None:
        shared = _SharedEffects(design, design.periods, within, basis)
        effects, rank = shared.estimate(y), shared.rank
        shared_variance = shared.variance(inverse[:, -1, -1])
        y = within.residuals(design.y - design.periods.combine(effects))
    products = _sums(basis * y, design)
    is_left_out = np.diagonal(root, axis1=1, axis2=2) == 0
    slopes = np.where(is_left_out, np.nan, np.einsum("gij,gj->gi", inverse, products))
    residuals = y - _combined(basis, products.T, design.group_runs)
    n_parameters = _series_per_group(design) + (~is_left_out).sum(axis=1)
    remaining = len(design.y) - float(n_parameters.sum())
    return Solution(
        slopes=slopes,
        basis=basis,
        inverse=inverse,
        varies=varies,
        residuals=residuals,
        effects=effects,
        n_parameters=n_parameters,
        shared_share=min(rank / remaining, 1.0) if remaining > 0 else 0.0,
        shared_variance=shared_variance,
        left_of_price=_left(root[:, -1, -1] ** 2, design.group_runs.sums(columns[-1] ** 2)),
    )


class WithinSeries:
    """Takes the intercepts of all series out of columns."""

    __slots__ = ("design", "squares")

    def __init__(self, design: Design) -> None:
        self.design = design
        self.squares = design.series_runs.sums(design.ones**2)

    def intercepts(self, column: Floats) -> Floats:
        """Return the coefficient of the ones in each series."""
        sums = self.design.series_runs.sums(column * self.design.ones)
        return np.divide(sums, self.squares, out=np.zeros(len(sums)), where=self.squares > 0)

    def residuals(self, column: Floats) -> Floats:
        """Return what the intercepts leave of a column."""
        return column - self.design.series_runs.repeat(self.intercepts(column)) * self.design.ones

    def normalised_ones(self) -> Floats:
        """Return the ones of each series, scaled to have a sum of squares of one."""
        scale = np.divide(1.0, np.sqrt(self.squares), out=np.zeros(len(self.squares)), where=self.squares > 0)
        return self.design.series_runs.repeat(scale) * self.design.ones


class _SharedEffects:
    """The effects of periods that all groups share, and what not knowing them costs."""

    __slots__ = ("basis", "design", "inverse", "periods", "rank")

    def __init__(self, design: Design, periods: PeriodColumns, within: WithinSeries, basis: Floats) -> None:
        self.design, self.periods, self.basis = design, periods, basis
        gram = periods.gram()
        for _, sums in periods.products_by_block(within.normalised_ones(), design.series_runs):
            gram -= sums.T @ sums
        for column in basis:
            for _, sums in periods.products_by_block(column, design.group_runs):
                gram -= sums.T @ sums
        self.inverse, self.rank = _pseudo_inverse(gram)

    def estimate(self, y: Floats) -> Floats:
        """Estimate the effects from what the intercepts leave of y."""
        shares = _sums(self.basis * y, self.design).T
        effects = self.inverse @ self.periods.products(y - _combined(self.basis, shares, self.design.group_runs))
        return np.asarray(effects - effects.mean(), dtype=np.float64)

    def variance(self, scale: Floats) -> Floats:
        """Return the variance that the effects add to the last slope of each group, in units of that of a row."""
        variances = np.zeros(self.design.n_groups)
        for groups, sums in self.periods.products_by_block(self.basis[-1], self.design.group_runs):
            variances[groups] = np.einsum("gt,gt->g", sums @ self.inverse, sums)
        return variances * scale**2


def _pseudo_inverse(gram: Floats) -> tuple[Floats, int]:
    """Return the inverse of a symmetric matrix on the space where it is not zero, and the dimension of that space.

    As a rule only the same effect in all periods is lost, to the intercepts: then one Cholesky factor is enough.
    """
    n = len(gram)
    constant = np.full((n, n), float(np.trace(gram)) / n**2)
    try:
        pivots = np.diagonal(np.linalg.cholesky(gram + constant)) ** 2
    except np.linalg.LinAlgError:
        pivots = np.zeros(n)
    if n and pivots.min() > COLLINEAR * pivots.max() and np.abs(gram.sum(axis=0)).max() < COLLINEAR * np.trace(gram):
        return np.linalg.inv(gram + constant) - 1 / (constant * n**2), n - 1
    values, vectors = np.linalg.eigh(gram)
    is_kept = values > COLLINEAR * max(float(values[-1]), 1e-300)
    kept = vectors[:, is_kept]
    return kept / values[is_kept] @ kept.T, int(is_kept.sum())


def _orthonormal(columns: Floats, design: Design) -> tuple[Floats, Floats, Bools]:
    """Make the columns of each group orthonormal in their order.

    Returns
    -------
    basis : float array of shape (n_columns, n_rows)
    root : float array of shape (n_groups, n_columns, n_columns)
        Upper triangular: columns are basis times root; zero on the diagonal where a column is left out.
    varies : bool array of shape (n_groups, n_columns)
    """
    n_columns = len(columns)
    basis, root = columns.copy(), np.zeros((design.n_groups, n_columns, n_columns))
    totals, within = _sums(design.columns**2, design), _sums(columns**2, design)
    varies = within > CONSTANT * totals
    for k in range(n_columns):
        for _ in range(2):  # twice is enough for full precision (Kahan and Parlett)
            for j in range(k):
                share = design.group_runs.sums(basis[j] * basis[k])
                root[:, j, k] += share
                basis[k] -= design.group_runs.repeat(share) * basis[j]
        left = design.group_runs.sums(basis[k] ** 2)
        is_kept = varies[:, k] & (left > COLLINEAR * within[:, k])
        root[:, k, k] = np.where(is_kept, np.sqrt(left), 0.0)
        scale = np.divide(1.0, root[:, k, k], out=np.zeros(design.n_groups), where=is_kept)
        basis[k] *= design.group_runs.repeat(scale)
    return basis, root, varies


def _inverse(root: Floats) -> Floats:
    """Invert upper triangular matrices; rows and columns of what is left out are zero."""
    is_left_out = np.diagonal(root, axis1=1, axis2=2) == 0
    place = np.arange(root.shape[1])
    whole = np.where(is_left_out[:, :, None] | is_left_out[:, None, :], 0.0, root)
    whole[:, place, place] = np.where(is_left_out, 1.0, whole[:, place, place])
    inverse = np.linalg.inv(whole) if len(root) else root
    return np.where(is_left_out[:, :, None] | is_left_out[:, None, :], 0.0, np.triu(inverse))


def _sums(values: Floats, design: Design) -> Floats:
    """Sum each column by group: shape (n_groups, n_columns)."""
    return np.array([design.group_runs.sums(column) for column in values]).T


def _combined(columns: Floats, factors: Floats, runs: Runs) -> Floats:
    """Return the sum of columns, each times the factor that it has in the group of a row."""
    parts = (column * runs.repeat(factor) for column, factor in zip(columns, factors, strict=True))
    return np.asarray(sum(parts), dtype=np.float64)


def _series_per_group(design: Design) -> Floats:
    group_of_series = np.zeros(design.n_series, dtype=np.int64)
    group_of_series[design.series] = design.group
    return np.bincount(group_of_series, minlength=design.n_groups).astype(np.float64)


def _left(left: Floats, total: Floats) -> Floats:
    return np.divide(left, total, out=np.zeros(len(total)), where=total > 0)
