"""Who a customer is in an export: by an account, and where that is missing by an e-mail or a telephone number."""

from collections.abc import Sequence

import narwhals.stable.v2 as nw

from ..._core.checks import text
from ..._core.frames import Frame, join
from ..._core.texts import did_you_mean
from .._convert.ids import MASKED_REGEX
from .._exports.base import Export, fill_false, null_column, read_as_text
from .._model.errors import SchemaError


def with_customers(frame: Frame, export: Export, system: str, columns: Sequence[str], customer: str | None) -> Frame:
    """Return the rows, one for each order, with a ``customer_id``.

    It is the first of the ``columns`` that a row has; an order known by a later one only is of the customer whose other
    orders have the same. ``customer`` names one column instead of these.
    """
    names = frame.collect_schema().names()
    if customer is not None and text("customer", customer, example="Email") not in names:
        near = did_you_mean(customer, names)
        raise SchemaError(system, [f"`customer={customer!r}` is not a column of the export{near}"])
    present = [name for name in columns if name in names] if customer is None else [customer]
    if not present:
        return frame.with_columns(customer_id=null_column(nw.String))
    keys = {f"__key{i}": contact(nw.col(name)) for i, name in enumerate(present)}
    frame = read_as_text(frame, *present).with_columns(**keys)
    frame = _without_masked(frame, export, present)
    frame = frame.with_columns(customer_id=nw.col("__key0"))
    for i, name in enumerate(present[1:], start=1):
        frame = _completed(frame, export, f"__key{i}", name, present[0])
    return frame.drop(*keys)


def contact(column: nw.Expr) -> nw.Expr:
    """Return an e-mail in small letters and a telephone number without blanks and signs, so that each is one key."""
    trimmed = column.str.replace_all("^[ \t']+|[ \t]+$", "")
    number = trimmed.str.replace_all("[ ()./-]", "")
    is_number = fill_false(trimmed.str.contains("^[+]?[0-9 ()./-]{6,}$"))
    known = nw.when(is_number).then(number).otherwise(trimmed)
    small = nw.when(fill_false(trimmed.str.contains("@"))).then(trimmed.str.to_lowercase()).otherwise(known)
    return nw.when(fill_false(small != "")).then(small)


def _without_masked(frame: Frame, export: Export, names: Sequence[str]) -> Frame:
    """Read as missing what a system has masked ("138****1234"), which several people may share."""
    keys = [f"__key{i}" for i in range(len(names))]
    masked = [fill_false(nw.col(key).str.contains(MASKED_REGEX)) for key in keys]
    needed = [nw.lit(value=True), *(_all_missing(keys[:i], masked) for i in range(1, len(keys)))]
    counts = export.count(frame, **{f"m{i}": condition for i, condition in enumerate(masked)})
    told = export.count(frame, **{f"m{i}": hidden & needed[i] for i, hidden in enumerate(masked)})
    for i, name in enumerate(names):
        export.note("customers_masked", told[f"m{i}"], "order", f"whose {name} is masked: it is not used as a customer")
    if not any(counts.values()):
        return frame
    return frame.with_columns(
        **{key: nw.when(~hidden).then(nw.col(key)) for key, hidden in zip(keys, masked, strict=True)}
    )


def _all_missing(keys: Sequence[str], masked: Sequence[nw.Expr]) -> nw.Expr:
    """Return whether a row has none of the keys that come before, so that it matters whether the next is masked."""
    gone = [nw.col(key).is_null() | hidden for key, hidden in zip(keys, masked, strict=False)]
    return nw.all_horizontal(*gone, ignore_nulls=True)


def _completed(frame: Frame, export: Export, key: str, name: str, first: str) -> Frame:
    """Fill customers that are missing by another column, with the customer who else has the same."""
    both = frame.filter(~nw.col("customer_id").is_null() & ~nw.col(key).is_null())
    owners = both.group_by(key).agg(low=nw.col("customer_id").min(), high=nw.col("customer_id").max())
    owners = owners.filter(nw.col("low") == nw.col("high")).select(key, __owner=nw.col("low"))
    lacks = nw.col("customer_id").is_null() & ~nw.col(key).is_null()
    count = export.count(frame, rows=lacks)["rows"]
    export.note("customers_by_contact", count, "order", f"without {first} known by {name}")
    if not count:
        return frame
    frame = join(frame, owners, on=[key], how="left")
    return frame.with_columns(customer_id=nw.coalesce("customer_id", "__owner", key)).drop("__owner")
