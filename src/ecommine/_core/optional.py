"""Optional packages, asked for at the call that needs them."""

import importlib
from types import ModuleType


def require(module: str, *, extra: str) -> ModuleType:
    """Import an optional module, or say which extra installs it.

    Examples
    --------
    >>> require("math", extra="plot").sqrt(4.0)
    2.0
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name != module.partition(".")[0]:
            raise
        raise ModuleNotFoundError(
            f"{module} is needed here and is not installed: pip install 'ecommine[{extra}]'", name=error.name
        ) from error
