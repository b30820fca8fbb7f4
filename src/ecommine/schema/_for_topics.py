"""The one module of schema that topics may import from.

Reading a canonical table, periods, clock changes, names of events, the join of two
tables, and warnings. All else in schema may change without breaking a topic; an import contract enforces it.
"""

from ._convert.objects import is_numpy
from ._derive.currency import one_currency
from ._derive.periods import Every, first_open
from ._derive.reading import check_same_library, common_type, read, read_columns
from ._model.clock import NO_CLOCK, Clock, clock_of, clock_of_frame, instant_column
from ._model.errors import DataWarning, SchemaError, warn
from ._model.event_names import EVENT_NAMES
from ._model.shop import Shop
from ._model.tables import TABLES

__all__ = [
    "EVENT_NAMES",
    "NO_CLOCK",
    "TABLES",
    "Clock",
    "DataWarning",
    "Every",
    "SchemaError",
    "Shop",
    "check_same_library",
    "clock_of",
    "clock_of_frame",
    "common_type",
    "first_open",
    "instant_column",
    "is_numpy",
    "one_currency",
    "read",
    "read_columns",
    "warn",
]
