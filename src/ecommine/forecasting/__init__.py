"""Demand forecasting."""

from ._calendar import commerce_calendar
from ._classify import classify
from ._uncensor import uncensor

__all__ = ["classify", "commerce_calendar", "uncensor"]
