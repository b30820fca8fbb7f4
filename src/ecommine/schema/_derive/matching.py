"""Two tables of one call: of one library, with keys of one type."""

import narwhals.stable.v2 as nw

from ..._core.frames import Frame, is_lazy
from .._model.errors import SchemaError


def check_same_library(left: Frame, right: Frame, *, argument: str, like: str) -> None:
    """Raise unless both tables are of one library, and both lazy or both eager."""
    kinds = [f"{'lazy ' if is_lazy(one) else ''}{one.implementation.name.lower()}" for one in (left, right)]
    if kinds[0] != kinds[1]:
        raise TypeError(f"`{argument}` must be a table of the same library as `{like}`: got {kinds[1]}, not {kinds[0]}")


def common_type(left: Frame, right: Frame, name: str, *, argument: str, like: str) -> nw.dtypes.DType:
    """Give the ids of a key one type for both tables, or say that one holds text and the other numbers."""
    one, other = (frame.collect_schema()[name] for frame in (left, right))
    empty = isinstance(right, nw.DataFrame) and not len(right)
    if one == other or empty:
        return one
    if one.is_numeric() != other.is_numeric():
        words = ("numbers", "text") if one.is_numeric() else ("text", "numbers")
        problem = f"`{name}` holds {words[1]} in {argument} but {words[0]} in {like}: read both as text"
        raise SchemaError(argument, [problem])
    if not one.is_numeric():
        return nw.String()
    return nw.Int64() if one.is_integer() and other.is_integer() else nw.Float64()
