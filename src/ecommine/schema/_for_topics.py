"""The one module of schema that topics may import from.

Reading a canonical table, the panel of sales as arrays, periods, clock changes, names of events, the join of two
tables, and warnings. All else in schema may change without breaking a topic; an import contract enforces it.
"""

from ._convert.objects import is_numpy
from ._derive.currency import one_currency
from ._derive.grid import SEASON_LENGTHS, Periods, misplaced_starts, number_starts
from ._derive.periods import Every, first_open
from ._derive.reading import check_same_library, common_type, read, read_columns
from ._derive.series import Panel, read_panel
from ._derive.stock import Stock, StockDays, positions_in_panel, read_stock, read_stock_days
from ._model.clock import NO_CLOCK, Clock, clock_of, clock_of_frame, instant_column
from ._model.errors import DataWarning, SchemaError, warn
from ._model.event_names import EVENT_NAMES
from ._model.shop import Shop
from ._model.tables import TABLES

__all__ = [
    "EVENT_NAMES",
    "NO_CLOCK",
    "SEASON_LENGTHS",
    "TABLES",
    "Clock",
    "DataWarning",
    "Every",
    "Panel",
    "Periods",
    "SchemaError",
    "Shop",
    "Stock",
    "StockDays",
    "check_same_library",
    "clock_of",
    "clock_of_frame",
    "common_type",
    "first_open",
    "instant_column",
    "is_numpy",
    "misplaced_starts",
    "number_starts",
    "one_currency",
    "positions_in_panel",
    "read",
    "read_columns",
    "read_panel",
    "read_stock",
    "read_stock_days",
    "warn",
]
