"""The one module of schema that topics may import from.

Reading a canonical table, order lines up to a moment, periods, clock changes, names of events, the join of two
tables, and warnings. All else in schema may change without breaking a topic; an import contract enforces it.
"""

from ._convert.objects import is_numpy
from ._derive.currency import one_currency
from ._derive.order_lines import (
    CHARGES,
    MAX_MONEY,
    Extent,
    Returns,
    check_money,
    exact_money,
    extent_of,
    is_return,
    lines_in_period,
    lines_left_out,
    masked_orders,
    not_orders,
)
from ._derive.periods import Every, first_open, number_of, start_of
from ._derive.reading import check_same_library, common_type, read, read_columns
from ._model.clock import NO_CLOCK, Clock, clock_of, clock_of_frame, instant_column
from ._model.errors import DataWarning, SchemaError, warn
from ._model.event_names import EVENT_NAMES
from ._model.shop import Shop
from ._model.tables import TABLES

__all__ = [
    "CHARGES",
    "EVENT_NAMES",
    "MAX_MONEY",
    "NO_CLOCK",
    "TABLES",
    "Clock",
    "DataWarning",
    "Every",
    "Extent",
    "Returns",
    "SchemaError",
    "Shop",
    "check_money",
    "check_same_library",
    "clock_of",
    "clock_of_frame",
    "common_type",
    "exact_money",
    "extent_of",
    "first_open",
    "instant_column",
    "is_numpy",
    "is_return",
    "lines_in_period",
    "lines_left_out",
    "masked_orders",
    "not_orders",
    "number_of",
    "one_currency",
    "read",
    "read_columns",
    "start_of",
    "warn",
]
