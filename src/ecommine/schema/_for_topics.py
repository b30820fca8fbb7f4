"""What topics take from schema: the one module that they may import from, besides the public names.

Reading a canonical table, periods, names of events, the join of two tables, and warnings. All else in schema may change
without a look at any topic; an import contract holds it.
"""

from ._derive.matching import check_same_library, common_type
from ._derive.periods import Every, first_open
from ._derive.reading import read
from ._map.map import warn
from ._map.objects import is_numpy
from ._model.errors import DataWarning, SchemaError
from ._model.event_names import EVENT_NAMES
from ._model.shop import Shop
from ._model.tables import TABLES

__all__ = [
    "EVENT_NAMES",
    "TABLES",
    "DataWarning",
    "Every",
    "SchemaError",
    "Shop",
    "check_same_library",
    "common_type",
    "first_open",
    "is_numpy",
    "read",
    "warn",
]
