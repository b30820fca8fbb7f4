"""Recency, frequency, monetary value."""

from ._scale import Scale
from ._table import table

__all__ = ["Scale", "table"]
