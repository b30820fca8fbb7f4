"""Outliers: flagged for a look, never removed."""

from typing import Any, Literal, get_args

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrameT

from .._core.checks import number, one_of
from .._core.frames import Frame, build, collect, hand_back, join, native, opened, wrap
from ._errors import SchemaError

Rule = Literal["quartile_fence", "robust_z"]

_USUAL = {"quartile_fence": 1.5, "robust_z": 3.5}
_MAD_TO_SIGMA = 1.4826  # the median absolute deviation of a normal distribution is sigma / 1.4826


def outliers(
    table: IntoFrameT,
    /,
    *,
    column: str = "amount",
    rule: Rule = "quartile_fence",
    limit: float | None = None,
    by: str | None = None,
) -> IntoFrameT:
    """Flag values far from the rest; no row is removed.

    Parameters
    ----------
    table : table
        Any table with a column of numbers.
    column : str, default "amount"
        The column that is looked at.
    rule : {"quartile_fence", "robust_z"}, default "quartile_fence"
        Outside [Q1 - limit x IQR, Q3 + limit x IQR] (Tukey 1977), or a robust z-score above the limit: distance from
        the median in units of 1.4826 x the median absolute deviation (Iglewicz & Hoaglin 1993).
    limit : float, optional
        1.5 for the fence and 3.5 for the z-score where not given.
    by : str, optional
        Column of groups that are each judged by themselves, such as "product_id".

    Returns
    -------
    table of the same library
        The table with ``outlier`` (boolean; false where the value is missing) and the fence, ``outlier_low`` and
        ``outlier_high`` in the unit of the column.

    Raises
    ------
    SchemaError
        If the column or the groups are not there, or the column holds no numbers.

    Notes
    -----
    Where more than half of the values are equal both spreads can be 0, and every other value is flagged.

    References
    ----------
    Tukey, J. W. (1977). Exploratory Data Analysis.
    Iglewicz, B. & Hoaglin, D. C. (1993). How to Detect and Handle Outliers.

    Examples
    --------
    >>> import pandas as pd
    >>> from ecommine import schema
    >>> orders = pd.DataFrame({"amount": [9.0, 10.0, 11.0, 10.0, 500.0]})
    >>> schema.outliers(orders).outlier.tolist()
    [False, False, False, False, True]
    """
    one_of("rule", rule, get_args(Rule))
    width = number("limit", _USUAL[rule] if limit is None else limit, low=0)
    frame = opened(table, argument="table")
    _check_columns(frame, column, by)
    fences = _fences(frame, column, by, rule, width)
    if by is None:
        low, high = (float(fences[side].to_list()[0]) for side in ("outlier_low", "outlier_high"))
        frame = frame.with_columns(outlier_low=nw.lit(low), outlier_high=nw.lit(high))
    else:
        frame = join(frame, _same_library(fences, frame), on=[by], how="left")
    value = nw.col(column)
    outside = (value < nw.col("outlier_low")) | (value > nw.col("outlier_high"))
    return native(frame.with_columns(outlier=outside.fill_null(value=False)), table)


def _fences(frame: Frame, column: str, by: str | None, rule: Rule, width: float) -> nw.DataFrame[Any]:
    """Learn the fences in memory from the one or two columns that they need."""
    import pandas as pd

    values = collect(frame.select(*([by] if by else []), nw.col(column).cast(nw.Float64))).to_pandas()
    groups = values.groupby(by)[column] if by else values.groupby(lambda _: 0)[column]
    if rule == "quartile_fence":
        below, above = groups.quantile(0.25), groups.quantile(0.75)
        reach = width * (above - below)
    else:
        below = above = groups.median()
        distance = (values[column] - groups.transform("median")).abs()
        key = values[by] if by else pd.Series(0, index=values.index)
        reach = width * _MAD_TO_SIGMA * distance.groupby(key).median()
    fences = pd.DataFrame({"outlier_low": below - reach, "outlier_high": above + reach}, dtype=float)
    if by is None:
        fences = (
            fences if len(fences) else pd.DataFrame({"outlier_low": [float("nan")], "outlier_high": [float("nan")]})
        )
        return nw.from_native(fences)
    return nw.from_native(fences.rename_axis(by).reset_index())


def _same_library(fences: nw.DataFrame[Any], frame: Frame) -> Frame:
    """Hand the small table over so that it joins with the large one."""
    columns = {name: fences[name].to_numpy() for name in fences.columns}
    key, small = fences.columns[0], build(columns, like=frame)
    if not frame.implementation.is_pyarrow():
        small = small.with_columns(nw.col(key).cast(frame.collect_schema()[key]))
    return wrap(hand_back(small, like=frame))


def _check_columns(frame: Frame, column: str, by: str | None) -> None:
    types = frame.collect_schema()
    problems = [
        f"`{argument}={name!r}` is no column of the table: it has {', '.join(types)}"
        for argument, name in (("column", column), ("by", by))
        if name is not None and name not in types
    ]
    if not problems and not types[column].is_numeric():
        problems = [f"`{column}` holds {types[column]}, not numbers"]
    if problems:
        raise SchemaError("table", problems)
