"""Errors of table libraries, told as the caller's: which argument, what the library said, and the way out.

Columns are checked where a table is read. What a library refuses for reasons of its own, such as a type that it has no
arithmetic for, or a connection that is busy, ends here instead of in a traceback through its insides.
"""

import inspect
import sys
import traceback
from collections.abc import Callable, Iterable
from functools import wraps
from pathlib import Path
from types import FrameType
from typing import ParamSpec, TypeVar

from .engines import BUSY, is_busy

Parameters = ParamSpec("Parameters")
Returned = TypeVar("Returned")

LIBRARIES = ("narwhals", "pandas", "polars", "pyarrow", "duckdb", "pyspark", "numpy")
_FILES_OF_NO_FOLDER = {".pyx": "", ".pxi": "", ".pxd": ""}
"""Compiled parts of pandas and PyArrow name their files without a folder."""
_PLAIN_ERRORS = (TypeError, ValueError, ArithmeticError, LookupError, AttributeError, NotImplementedError)
_MAX_SHOWN = 200


def tell_library_errors(function: Callable[Parameters, Returned]) -> Callable[Parameters, Returned]:
    """Make a public call raise a ValueError that names its table where a table library refuses the work.

    The error of the library is its cause. Errors of ecommine itself, of the system and of the caller's objects go
    through as they are.

    Examples
    --------
    >>> @tell_library_errors
    ... def total(orders):
    ...     return orders["amount"].astype(float).sum()
    >>> import pandas as pd
    >>> total(pd.DataFrame({"amount": ["x"]}))
    Traceback (most recent call last):
    ValueError: `orders` cannot be computed by pandas: could not convert string to float: 'x'. Check the types ...
    """
    names = [name for name in inspect.signature(function).parameters if name not in ("self", "cls")]
    argument = "raw" if "raw" in names else names[0] if names else "table"

    @wraps(function)
    def told(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Returned:
        try:
            return function(*args, **kwargs)
        except (KeyboardInterrupt, SystemExit, GeneratorExit, MemoryError, OSError):
            raise
        except BaseException as error:  # a panic of Polars is no Exception
            if is_busy(error):
                raise ValueError(f"`{argument}`: {BUSY}") from error
            library = library_of(error)
            if library is None:
                raise
            raise ValueError(
                f"`{argument}` cannot be computed by {library}: {_first_line(error)}. Check the types of its columns, "
                "or map it once with the reader of its table in ecommine.schema"
            ) from error

    return told


def library_of(error: BaseException) -> str | None:
    """Return the table library that an error comes from, None for any other.

    Examples
    --------
    >>> library_of(ValueError("mine")) is None
    True
    """
    kind = type(error).__module__.lstrip("_").partition(".")[0]
    if kind in LIBRARIES:
        return kind
    if kind == "pyo3_runtime":
        return "polars"
    if not isinstance(error, _PLAIN_ERRORS):
        return None
    frames = traceback.extract_tb(error.__traceback__)
    return _library_of_file(frames[-1].filename, [frame.filename for frame in frames]) if frames else None


def _library_of_file(file: str, callers: Iterable[str]) -> str | None:
    """Return the library of the file where an error was raised; a compiled file is of the nearest one around it."""
    path = Path(file)
    parts = set(path.parts) & set(LIBRARIES)
    if "site-packages" in path.parts and parts:
        return next(name for name in path.parts if name in parts)
    if path.suffix in _FILES_OF_NO_FOLDER:
        near = [name for caller in callers for name in Path(caller).parts if name in LIBRARIES]
        return near[-1] if near else "pyarrow" if path.suffix == ".pxi" else "pandas"
    return None


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0][:_MAX_SHOWN].rstrip(".")


def visible_level(stacklevel: int) -> int:
    """Return the level for :func:`warnings.warn` of the frame so far above the caller, wrappers of calls not counted.

    Examples
    --------
    >>> visible_level(1)
    1
    """
    frame: FrameType | None = sys._getframe(1)
    level = 0
    while frame is not None and stacklevel:
        level += 1
        stacklevel -= frame.f_code.co_filename != __file__
        frame = frame.f_back
    return level
