"""The options of a measured funnel, checked."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from ...schema._for_topics import Every

Unit = Literal["visitor_id", "customer_id", "session_id"]
UNITS = ("visitor_id", "customer_id", "session_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalyseOptions:
    """The options of :func:`ecommine.funnel.analyse`, checked."""

    unit: Unit
    by: str | None
    attribution: str
    every: Every | None
    as_of: datetime | date | str | None
    level: float

    @property
    def names_group(self) -> bool:
        """Whether each unit is of one group at most, and its ids do not name it."""
        ids = (self.unit, "visitor_id") if self.unit == "session_id" else (self.unit,)
        return self.by is not None and self.attribution != "step" and self.by not in ids
