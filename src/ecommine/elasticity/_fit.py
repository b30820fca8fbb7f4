"""The one call that estimates: read the panel, estimate each elasticity, draw it to its category."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from .._core.arrays import Floats, Ints
from .._stats.intervals import student_quantiles
from .._stats.shrinkage import Shrunk, shrink_normal
from ._estimates import Estimates, Rows, estimate, usable_rows
from ._options import Errors, FitOptions, Model, Shrink, checked_options
from ._panel import Panel, read_panel


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fitted:
    panel: Panel
    options: FitOptions
    rows: Rows
    raw: Estimates
    shrunk: Shrunk


def fit_arrays(sales: object, products: object, options: FitOptions) -> Fitted:
    panel = read_panel(sales, products, options.by, options.own_columns)
    rows = usable_rows(panel, options)
    raw = estimate(rows, options)
    group = panel.category if options.shrink == "category" else np.zeros(panel.n_groups, dtype=np.int64)
    shrunk = shrink_normal(raw.slope, raw.variance, group)
    return Fitted(panel=panel, options=options, rows=rows, raw=raw, shrunk=shrunk)
