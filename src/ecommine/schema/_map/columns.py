"""Names of columns: which source each canonical column has, what is wrong with the names, and the renaming."""

from collections.abc import Mapping

import narwhals.stable.v2 as nw

from ..._core.checks import show
from ..._core.frames import Frame
from ..._core.texts import did_you_mean, quote_names
from .._convert.plan import RAW, TypePlan
from .._export_steps.signatures import reader_of_export, title_rows
from .._model.columns import Column, Table

_LISTED_COLUMNS = 12


def check_names(names: list[str], columns: Mapping[str, str | None]) -> None:
    """Raise unless each mapping names a column by text, and no column has a reserved name."""
    for name, source in columns.items():
        if not (source is None or isinstance(source, str)):
            raise TypeError(f"`{name}` must be the name of a column, such as {name}='...', got {show(source)}")
    reserved = [name for name in names if name.startswith(RAW)]
    if reserved:
        raise ValueError(f"`raw` has a column {reserved[0]!r}, which is a reserved name: rename it first")


def find_columns(names: list[str], table: Table, columns: Mapping[str, str | None]) -> tuple[dict[str, str], list[str]]:
    """Return the source of every canonical column, and the problems with the names."""
    sources, problems = {}, []
    renamed = {source for name, source in columns.items() if source != name}
    for column in table.columns:
        source = columns.get(column.name)
        # An optional column is not what its name says where the caller calls it something else.
        if source is None and column.name in names and (column.required or column.name not in renamed):
            sources[column.name] = column.name
        elif source is not None and source in names:
            sources[column.name] = source
            if column.name in names and source != column.name:
                problems.append(f"`{column.name}` is mapped from {source!r}, but the table already has that column")
                sources[column.name] = column.name
        elif source is not None:
            problems.append(f"`{column.name}={source!r}` is not a column of the table{did_you_mean(source, names)}")
        elif column.required:
            problems.append(_no_source(column, names))
    return sources, problems + _missing_alternatives(names, table, columns, sources)


def _no_source(column: Column, names: list[str]) -> str:
    near = did_you_mean(column.name, names)
    return f"`{column.name}` is missing: name its column, such as {column.name}='...'{near}"


def _missing_alternatives(
    names: list[str], table: Table, columns: Mapping[str, str | None], sources: Mapping[str, str]
) -> list[str]:
    """Return a problem where no whole group of alternative columns has a source, unless one is reported already."""
    if not table.either or any(set(group) <= set(sources) for group in table.either):
        return []
    given = {name: columns.get(name) for group in table.either for name in group}
    if any(source is not None and source not in names for source in given.values()):
        return []
    groups = " or ".join(" and ".join(f"`{name}`" for name in group) for group in table.either)
    return [f"{groups} must be given: name your columns, such as {table.either[0][0]}='Total'"]


def case_clashes(names: list[str], table: Table, sources: Mapping[str, str]) -> list[str]:
    """Return a problem for each column whose name differs in case only from a canonical one, as SQL ignores case."""
    canonical = [name for name in ("amount",) if table.name == "orders"] + list(sources)
    others = {name.lower(): name for name in names if name not in sources.values()}
    return [
        f"`{name}` clashes with {others[name]!r}, because SQL ignores case: map or rename that column"
        for name in dict.fromkeys(canonical)
        if name in others
    ]


def list_columns(names: list[str]) -> str:
    """Return a sentence with the first columns of a table, for the end of an error."""
    if not names:
        return "the table has no columns"
    title = title_rows(names)
    return f"the table has {quote_names(names, most=_LISTED_COLUMNS)}{f'; {title}' if title else ''}"


def other_way_in(names: list[str], table: Table, sources: Mapping[str, str]) -> str:
    """Return a sentence that names the reader of the export that a table looks like, or of tables of baskets alone."""
    reader = reader_of_export(names)
    if reader is not None:
        return f"; it looks like an export that schema.{reader} reads"
    mapped = {"order_id", "product_id"} & set(sources)
    lacks = {"customer_id", "ordered_at", "amount"} - set(sources)
    if table.name == "orders" and len(mapped) == 2 and len(lacks) == 3:
        return "; a table of baskets alone is read by schema.baskets(raw, order_id='...', product_id='...')"
    return ""


def rename(frame: Frame, sources: Mapping[str, str]) -> Frame:
    """Return the frame with canonical names in place of their sources; a source of two columns is copied."""
    targets: dict[str, list[str]] = {}
    for target, source in sources.items():
        targets.setdefault(source, []).append(target)
    if all(names == [source] for source, names in targets.items()):
        return frame
    return frame.select(
        *[nw.col(name).alias(new) for name in frame.collect_schema().names() for new in targets.get(name, [name])]
    )


def fill_amount(frame: Frame, table: Table, plan: TypePlan) -> Frame:
    """Fill the amount of order lines from quantity x unit_price - discount where it is not given."""
    names = frame.collect_schema().names()
    if table.name != "orders" or not {"quantity", "unit_price"} <= set(names):
        return frame
    product = nw.col("quantity").cast(nw.Float64) * nw.col("unit_price")
    if "discount" in names:
        product = product - nw.col("discount").fill_null(0.0)
    if "amount" not in names:
        return frame.with_columns(amount=product)
    if isinstance(frame, nw.DataFrame) and frame["amount"].null_count() == 0:
        return frame
    filled = nw.coalesce("amount", product)
    if "amount" in plan.conversions:  # what cannot be read is reported, not replaced
        filled = nw.when(nw.col(RAW + "amount").is_null()).then(filled).otherwise(nw.col("amount"))
    return frame.with_columns(amount=filled)
