"""E-commerce mining: from the tables every shop has to decisions with their uncertainty.

Topics load when they are first used, so that ``import ecommine`` stays light.

Examples
--------
>>> import ecommine
>>> ecommine.rfm.STANDARD.name
'standard'
"""

from typing import TYPE_CHECKING

__version__ = "0.1.0"

if TYPE_CHECKING:
    # A new topic adds its name here, for type checkers, and nowhere else.
    from . import abtest as abtest
    from . import association as association
    from . import datasets as datasets
    from . import elasticity as elasticity
    from . import forecasting as forecasting
    from . import funnel as funnel
    from . import recommend as recommend
    from . import retention as retention
    from . import rfm as rfm
    from . import schema as schema
    from . import segmentation as segmentation
    from . import sentiment as sentiment
    from .schema import DataWarning as DataWarning
    from .schema import EcommineError as EcommineError
    from .schema import SchemaError as SchemaError
else:  # hidden from type checkers, which would otherwise accept any name
    from importlib import import_module
    from pkgutil import iter_modules

    _ERRORS = ["DataWarning", "EcommineError", "SchemaError"]
    _PACKAGES = sorted(found.name for found in iter_modules(__path__) if not found.name.startswith("_"))
    __all__ = list(_ERRORS + _PACKAGES)

    def __getattr__(name: str) -> object:
        if name in _PACKAGES:
            return import_module(f".{name}", __name__)
        if name in _ERRORS:
            return getattr(import_module(".schema", __name__), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    def __dir__() -> list[str]:
        return sorted([*globals(), *__all__])
