"""The one call that estimates: read the panel, estimate each elasticity, draw it to the mean of its category."""

from collections.abc import Sequence
from typing import Literal

import numpy as np

from .._core.engines import tell_library_errors
from .._stats.shrinkage import MIN_TO_SHRINK, Shrunk, moderate_variances, shrink_normal
from ._notes import fit_notes
from ._options import CATEGORY, Errors, FitOptions, Model, Shrink, checked_options
from ._panel import Panel, read_panel
from ._regression.estimates import Estimates, estimate
from ._regression.rows import usable_rows
from ._result import Elasticities
from ._table import elasticity_table, posterior_limits


@tell_library_errors
def fit(
    sales: object,
    /,
    *,
    products: object = None,
    by: str | None = "product_id",
    absorb: Literal["auto"] | Sequence[str] = "auto",
    controls: Literal["auto"] | str | Sequence[str] = "auto",
    errors: Errors = "ar1",
    cluster: str | Sequence[str] | None = None,
    cross: str | Sequence[str] | None = None,
    shrink: Shrink | None = "category",
    model: Model = "log-log",
    level: float = 0.95,
) -> Elasticities:
    r"""Estimate what a price change does to the units sold, for every product at once.

    Parameters
    ----------
    sales : table
        Canonical sales of any library, as from `schema.to_sales`: product_id, price, and units_sold (before returns)
        or quantity. Used where they are there: period_at, store_id, category, promotion, in_stock, complete,
        unit_cost, price_low and price_high. A lazy table is collected once.
    products : table, optional
        Canonical products with product_id and category, one per product, where `sales` has no category.
    by : str or None
        The column whose values have an elasticity each; None is one elasticity of all rows.
    absorb : "auto", or "product_id" with or without "period_at", or ()
        What is held fixed: an intercept for each product (in each store), and the demand of the whole shop in each
        period. By default periods are held where at least ten products of three categories share them: with fewer, the
        elasticity would be the own less the cross one. With () each elasticity has one intercept.
    controls : "auto" or column names
        Further columns held fixed; by default promotion, so that the elasticity is that of the regular price. Units,
        revenue and the price itself cannot be held.
    errors : {"ar1", "iid", "cluster"}
        How errors of the rows are related. By default those of a product follow each other, with one correlation per
        category; with stores, or several products in an elasticity, they are shared within stores (products) and
        within periods. Without period_at they are independent.
    cluster : one or two column names, optional
        For ``errors="cluster"``. Each elasticity must have rows of at least ten clusters, else it has no interval.
        Beside effects of periods the variance is an approximation: what clusters share counts in full, what is not
        known of the effects as if rows were independent. With ``absorb=("product_id",)`` it is exact.
    cross : "category" or column names, optional
        Prices of other products to hold fixed, each with a cross elasticity: the mean log price of the others of the
        category, or columns of `sales` that hold prices. The effects of periods, which hold these, are not used then.
        A product that has no category, or is alone in it, has no cross elasticity.
    shrink : {"category", "all"} or None
        Draw elasticities to the mean of their category or of all, by as much as chance moves each.
    model : {"log-log", "poisson"}
        Logarithms of units, or Poisson pseudo-likelihood for products that sell few units.
    level : float
        Of all intervals.

    Returns
    -------
    Elasticities
        Frozen; ``.table`` has one row per product.

    Raises
    ------
    ecommine.SchemaError
        If a column is missing or of the wrong type.
    ValueError
        If an option does not fit the data, such as a cluster that each elasticity lies in.

    See Also
    --------
    ecommine.schema.to_sales : makes the panel from order lines, with the price of periods without a sale.

    Notes
    -----
    For the row r of a product i at the period t

    .. math:: \log q_r = a_{is} + e_i \log p_r + c_i z_r + d_t + u_r

    is solved by closed sums for all products together, after Prais and Winsten where errors follow each other. The
    raw :math:`\hat e_i` with the variance :math:`V_i` is then drawn to the mean of its category,

    .. math:: e_i^* = \hat e_i - B_i (\hat e_i - \hat\mu), \quad B_i \approx \frac{V_i}{V_i + \tau^2},

    with one :math:`\tau` in all categories unless the data contradict it. Price changes that follow demand (a higher
    price because sales are expected to rise) bias every estimate from sales, and nothing in the sales shows it.

    References
    ----------
    Hoch, S. J., Kim, B.-D., Montgomery, A. L. and Rossi, P. E. (1995). Determinants of store-level price elasticity.
    Journal of Marketing Research 32(1), 17-29. https://doi.org/10.1177/002224379503200104

    Bijmolt, T. H. A., van Heerde, H. J. and Pieters, R. G. M. (2005). New empirical generalizations on the determinants
    of price elasticity. Journal of Marketing Research 42(2), 141-156. https://doi.org/10.1509/jmkr.42.2.141.62296

    Morris, C. N. (1983). Parametric empirical Bayes inference: theory and applications. Journal of the American
    Statistical Association 78(381), 47-55. https://doi.org/10.1080/01621459.1983.10477920

    Examples
    --------
    >>> import pandas as pd
    >>> from ecommine import elasticity
    >>> sales = pd.DataFrame({
    ...     "product_id": "tea",
    ...     "period_at": pd.date_range("2024-01-01", periods=8, freq="7D"),
    ...     "quantity": [100, 83, 120, 99, 70, 84, 118, 101],
    ...     "price": [4.0, 4.4, 3.6, 4.0, 4.8, 4.4, 3.6, 4.0],
    ... })
    >>> result = elasticity.fit(sales, errors="iid", shrink=None)
    >>> result.table[["product_id", "elasticity", "elasticity_low", "elasticity_high", "price_changes"]].round(2)
      product_id  elasticity  elasticity_low  elasticity_high  price_changes
    0        tea       -1.83           -1.95            -1.71              6
    """
    options = checked_options(
        by=by,
        absorb=absorb,
        controls=controls,
        errors=errors,
        cluster=cluster,
        cross=cross,
        shrink=shrink,
        model=model,
        level=level,
    )
    _check_held(options)
    panel = read_panel(sales, products, options)
    _check_columns(panel, options)
    rows = usable_rows(panel, options)
    raw = estimate(rows, options)
    shrunk, prior_df, fallback = _shrunk(panel, raw, options)
    limits = posterior_limits(raw, shrunk, prior_df, options.level)
    return Elasticities(
        table=elasticity_table(panel, options, rows, raw, shrunk, limits),
        level=options.level,
        notes=fit_notes(panel, options, rows, raw, fallback),
        _panel=panel,
        _options=options,
        _rows=rows,
        _raw=raw,
        _shrunk=shrunk,
        _limits=limits,
    )


NEVER_HELD = {
    **dict.fromkeys(("quantity", "units_sold", "returned", "revenue"), "what the price brings about"),
    **dict.fromkeys(("price", "price_low", "price_high"), "the price whose effect is estimated"),
}
"""Columns of sales that take the effect of the price away, were they held fixed, and what they are."""


def _check_held(options: FitOptions) -> None:
    """Refuse to hold what is explained, or the price that explains it."""
    for argument in ("controls", "cross"):
        names = getattr(options, argument)
        for name in names if isinstance(names, tuple) else ():
            if name in NEVER_HELD:
                raise ValueError(f"`{argument}` must not hold {NEVER_HELD[name]}, got {name!r}: leave it out")


def _check_columns(panel: Panel, options: FitOptions) -> None:
    """Refuse controls that are no numbers, and prices of a category that nobody gives."""
    if options.cross == CATEGORY and len(panel.units) and not len(panel.categories):
        raise ValueError("cross='category' needs `category`, in the sales or by `products`: no product has one")
    names = (*(options.controls or ()), *(options.cross if isinstance(options.cross, tuple) else ()))
    absent = [name for name in names if name not in panel.facts]
    if absent:
        raise ValueError(f"`controls` and `cross` must name columns of numbers or booleans, got {absent[0]!r}")


def _shrunk(panel: Panel, raw: Estimates, options: FitOptions) -> tuple[Shrunk, float, str | None]:
    """Draw the elasticities to their means; return also the degrees of freedom that each gains, and the fallback.

    Where a category has too few products to know the spread within categories, all are drawn to one mean.
    """
    is_known = np.isfinite(raw.slope) & (raw.variance > 0)
    group = panel.category if options.shrink == "category" else np.zeros(panel.n_groups, dtype=np.int64)
    if options.shrink is None:
        return shrink_normal(raw.slope, np.where(is_known, raw.variance, np.nan), np.arange(panel.n_groups)), 0.0, None
    within = int(is_known.sum()) - len(np.unique(group[is_known]))
    fallback = None
    if options.shrink == "category" and within < MIN_TO_SHRINK - 1:
        group, fallback = np.zeros(panel.n_groups, dtype=np.int64), "all"
    if is_known.sum() < MIN_TO_SHRINK:
        fallback = "none"
    variance, prior_df = raw.variance, 0.0
    if raw.error_kind in ("ar1", "iid"):
        moderated, prior_df = moderate_variances(raw.row_variance, np.where(is_known, raw.df, 0.0))
        variance = variance * np.divide(moderated, raw.row_variance, out=np.ones(len(moderated)), where=is_known)
    return shrink_normal(raw.slope, variance, group, freedom=raw.df + prior_df), prior_df, fallback
