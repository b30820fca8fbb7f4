"""Recency, frequency, monetary value."""

from ._eight import EightClasses
from ._migration import Migration, migration
from ._scale import Scale
from ._scheme import STANDARD, VALUE_GROUPS, Rule, Scheme
from ._score import RFM, score
from ._segments import Segment
from ._table import table

__all__ = [
    "RFM",
    "STANDARD",
    "VALUE_GROUPS",
    "EightClasses",
    "Migration",
    "Rule",
    "Scale",
    "Scheme",
    "Segment",
    "migration",
    "score",
    "table",
]
