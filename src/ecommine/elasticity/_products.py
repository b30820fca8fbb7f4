"""Values that a table gives once per product: two that differ are refused, since neither is more right."""

from collections.abc import Iterable
from typing import Any


def check_one_value(ids: Iterable[Any], values: Iterable[Any], *, argument: str, column: str) -> None:
    """Refuse a product with two values in a column; the same value twice is no harm, nor is a missing one."""
    first: dict[Any, Any] = {}
    for product, value in zip(ids, values, strict=True):
        if product is None or value is None or value != value:  # NaN differs from itself
            continue
        known = first.setdefault(product, value)
        if known != value:
            raise ValueError(
                f"`{argument}` must have one {column} per product, but {product!r} has {known!r} and {value!r}: "
                "leave out the wrong row"
            )
