"""Names of intervals until all folders take them from `_stats`."""

from .._stats.intervals import normal_quantile
from .._stats.intervals import wilson_interval as wilson_each

__all__ = ["normal_quantile", "wilson_each"]
