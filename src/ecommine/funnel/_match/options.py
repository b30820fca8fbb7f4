"""What is asked of a funnel besides its steps, and what is answered."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ..._core.notes import Note
from ...schema._for_topics import Every
from .._steps.table import Measured, MemoryUnitStore
from .events import Unit

if TYPE_CHECKING:
    from .._spark.units import SparkUnitStore


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalyseOptions:
    """The options of :func:`ecommine.funnel.analyse`, checked."""

    unit: Unit
    by: str | None
    attribution: str
    every: Every | None
    as_of: Any
    level: float

    @property
    def names_group(self) -> bool:
        """Whether each unit is of one group at most, and its ids do not name it."""
        ids = (self.unit, "visitor_id") if self.unit == "session_id" else (self.unit,)
        return self.by is not None and self.attribution != "step" and self.by not in ids


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FunnelEstimates:
    """What was measured.

    Attributes
    ----------
    whole : Measured
        All units.
    groups : list of (label, Measured)
        The groups and periods, by what names them; where there are none, all units without a label.
    over_all : list of (value, Measured)
        The groups over all periods, where there are both.
    until : datetime or None
        The moment up to which events count.
    notes : list of Note
        What was left out, and what is to be known of the groups.
    seen : MemoryUnitStore, or SparkUnitStore
        The units, for their table and for pictures.
    """

    whole: Measured
    groups: list[tuple[dict[str, Any], Measured]]
    over_all: list[tuple[Any, Measured]]
    until: datetime | None
    notes: list[Note]
    seen: "MemoryUnitStore | SparkUnitStore"
