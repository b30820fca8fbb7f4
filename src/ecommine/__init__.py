"""E-commerce mining: from the tables every shop has to decisions with their uncertainty.

Topics load when they are first used, so that ``import ecommine`` stays light.

Examples
--------
>>> import ecommine
>>> ecommine.rfm.STANDARD.name
'standard'
"""

from importlib import import_module
from typing import TYPE_CHECKING

__version__ = "0.1.0"

_TOPICS = ("association", "datasets", "funnel", "rfm", "schema")
_ERRORS = ("DataWarning", "EcommineError", "SchemaError")

__all__ = ["DataWarning", "EcommineError", "SchemaError", "association", "datasets", "funnel", "rfm", "schema"]

if TYPE_CHECKING:
    from . import association, datasets, funnel, rfm, schema
    from .schema import DataWarning, EcommineError, SchemaError
else:  # hidden from type checkers, which would otherwise accept any name

    def __getattr__(name: str) -> object:
        if name in _TOPICS:
            return import_module(f".{name}", __name__)
        if name in _ERRORS:
            return getattr(import_module(".schema", __name__), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    def __dir__() -> list[str]:
        return sorted([*globals(), *__all__])
