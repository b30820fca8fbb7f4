"""Name of adjusted p-values until all folders take them from `_stats`."""

from .._stats.multiple_testing import adjust_p_values as q_values

__all__ = ["q_values"]
