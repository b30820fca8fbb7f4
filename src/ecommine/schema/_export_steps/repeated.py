"""Order numbers that are there twice: two orders of one number are refused, copies of a whole order are taken once."""

import re
from collections.abc import Callable, Mapping, Sequence

import narwhals.stable.v2 as nw

from ..._core.frames import Frame, collect, computed_once, join
from ..._core.texts import counted, join_words
from .._convert.ids import ROUNDED_REGEX
from .._exports.base import Export, stack
from .._model.errors import SchemaError

_SHOWN = 3


def refuse_two_orders_of_a_number(
    frame: Frame, system: str, key: str, columns: Sequence[str], states: Sequence[str] = (), marks: Sequence[str] = ()
) -> None:
    """Raise where rows of one order number differ in a column that an order has once; missing values do not differ.

    But for the rows that have all that an order has (the ``marks`` are there), which must not differ in ``states``
    either, where a missing value is one: an order at two times, such as paid and then refunded, has two of these.
    """
    frame = frame.filter(~nw.col(key).is_null())  # rows without a number are not one order
    types = frame.collect_schema()
    present = [name for name in columns if name in types and name != key]
    _refuse_two_times(frame, system, key, [name for name in states if name in types and name != key], marks)
    texts = [name for name in present if types[name] == nw.String]
    twins = [_end(name, end, is_text=name in texts) for name in present for end in ("low", "high")]
    extremes = (
        frame.select(key, *twins)
        .group_by(key)
        .agg(
            *[nw.col(f"{name} low").min() for name in present],
            *[nw.col(f"{name} high").max() for name in present],
        )
    )
    types = extremes.collect_schema()
    differ = {name: _differ(*(_known(f"{name} {end}", types) for end in ("low", "high"))) for name in present}
    differ |= {name: nw.col(f"{name} low") < nw.col(f"{name} high") for name in texts}
    if not differ:
        return
    wrong = collect(extremes.select(nw.col(key), **differ).filter(nw.any_horizontal(*differ, ignore_nulls=True)))
    if not len(wrong):
        return
    keys = sorted(map(str, wrong[key].to_list()))
    numbers = ", ".join(keys[:_SHOWN])
    if any(re.search(ROUNDED_REGEX, number) for number in keys):
        problem = f"order numbers such as {numbers} were rounded by a spreadsheet, so that several orders have one: "
        raise SchemaError(system, [problem + f"export the file again, and read it with {key!r} as text (dtype=str)"])
    names = [name for name in present if bool(wrong[name].any())]
    problem = (
        f"{counted(len(wrong), 'order number')} such as {numbers} {_stand(len(wrong))} for several orders, which "
        f"differ in {join_words(names)}: if these are shops that number alike, map each file by itself with its shop "
        f"in front of {key!r}; if they are one order at two times, keep its later rows"
    )
    raise SchemaError(system, [problem])


def _end(name: str, end: str, *, is_text: bool) -> nw.Expr:
    """Return the values whose least or greatest is sought; missing texts stand at the other end of the alphabet.

    Empty ones are missing to some readers of CSV, and pandas before 3 cannot compare texts with what is missing.
    """
    value = nw.col(name)
    if is_text:
        other_end = nw.lit("\U0010ffff" if end == "low" else "")
        value = nw.when(~value.is_null() & (value != "")).then(value).otherwise(other_end)
    return value.alias(f"{name} {end}")


def _refuse_two_times(frame: Frame, system: str, key: str, states: Sequence[str], marks: Sequence[str]) -> None:
    if not states or not marks:
        return
    heads = frame.filter(*[~nw.col(name).is_null() for name in marks])
    sizes = heads.group_by(key).agg(*[nw.col(name).n_unique() for name in states])
    wrong = collect(sizes.filter(nw.any_horizontal(*[nw.col(name) > 1 for name in states], ignore_nulls=True)))
    if not len(wrong):
        return
    keys = sorted(map(str, wrong[key].to_list()))
    names = join_words([name for name in states if bool((wrong[name] > 1).any())])
    problem = (
        f"{counted(len(keys), 'order number')} such as {', '.join(keys[:_SHOWN])} {_stand(len(keys))} for several "
        f"orders, or for one at several times, which differ in {names}: of one order keep the rows of the later file; "
        f"map shops that number alike each by itself with its shop in front of {key!r}"
    )
    raise SchemaError(system, [problem])


def _stand(count: int) -> str:
    return "stands" if count == 1 else "stand"


def _known(name: str, types: Mapping[str, nw.dtypes.DType]) -> nw.Expr:
    return nw.col(name).fill_nan(None) if types[name].is_float() else nw.col(name)


def _differ(low: nw.Expr, high: nw.Expr) -> nw.Expr:
    return ~low.is_null() & ~high.is_null() & (low != high).fill_null(value=False)


def drop_repeated_orders(
    frame: Frame,
    export: Export,
    key: str,
    line: Sequence[str],
    confirm: Callable[[Frame], Frame] | None = None,
) -> Frame:
    """Take once the orders all of whose rows are there several times, as where two files of a shop overlap.

    ``line`` are columns that tell the lines of an order apart. ``confirm`` keeps those of the repeated orders (columns
    ``key``, ``__times``, ``__lines``) that are so for certain.
    """
    lines = frame.group_by(key, *line).agg(n=nw.len()).group_by(key).agg(n=nw.col("n").min()).filter(nw.col("n") > 1)
    suspects = collect(lines.select(rows=nw.len()))["rows"].to_list()[0]
    if not suspects:
        return frame
    names = frame.collect_schema().names()
    rows = join(frame, lines.select(key), on=[key], how="inner").group_by(*names).agg(__n=nw.len())
    orders = rows.group_by(key).agg(__times=nw.col("__n").min(), __lines=nw.len()).filter(nw.col("__times") > 1)
    orders = orders if confirm is None else confirm(orders)
    count = int(collect(orders.select(rows=nw.len()))["rows"].to_list()[0])
    if not count:
        return frame
    text = "whole in the export several times, as where files overlap: taken once"
    export.note("orders_repeated", count, "order", text)
    marked = join(frame, orders.select(key, __again=nw.col("__times")), on=[key], how="left")
    rest = marked.filter(nw.col("__again").is_null()).select(*names)
    again = join(rows, orders.select(key, "__times"), on=[key], how="inner")
    again = again.with_columns(__copies=nw.col("__n") // nw.col("__times"))
    most = int(collect(again.select(most=nw.col("__copies").max()))["most"].to_list()[0])
    taken = stack([rest, *(again.filter(nw.col("__copies") > i).select(*names) for i in range(most))])
    return computed_once(taken)
