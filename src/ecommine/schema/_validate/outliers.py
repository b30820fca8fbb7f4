"""Outliers: flagged for a look, never removed."""

from typing import TYPE_CHECKING, Literal, get_args

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrameT

from ..._core.checks import number, one_of
from ..._core.frames import Frame, build, collect, hand_back, join, native, opened, wrap
from .._map.map import warn
from .._model.errors import SchemaError

if TYPE_CHECKING:
    import pandas as pd

Rule = Literal["quartile_fence", "robust_z"]

_USUAL = {"quartile_fence": 1.5, "robust_z": 3.5}
_SIDES = ("outlier_low", "outlier_high")
_ADDED = (*_SIDES, "outlier")
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
        The table with ``outlier`` (boolean; false where the value or its group is missing) and the fence,
        ``outlier_low`` and ``outlier_high``, in the unit of the column.

    Raises
    ------
    SchemaError
        If the column or the groups are not there, hold no numbers or no groups, or the table has a column of a name
        that is added.

    Warns
    -----
    DataWarning
        If rows have no group; they are not judged.

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
    value = nw.col(column)
    if frame.collect_schema()[column].is_float():
        value = value.fill_nan(None)
    if by is None:
        fences = _fences(_values(frame, column, None), None, rule, width)
        low, high = (float(fences[side].iloc[0]) if len(fences) else float("nan") for side in _SIDES)
        frame = frame.with_columns(outlier_low=nw.lit(low), outlier_high=nw.lit(high))
    else:
        values = _values(frame, column, by)
        _tell_ungrouped(frame, len(values), by)
        fences = _fences(values, by, rule, width).rename_axis(by).reset_index()
        frame = join(frame, _same_library(fences, frame, by), on=[by], how="left")
    outside = (value < nw.col("outlier_low")) | (value > nw.col("outlier_high"))
    return native(frame.with_columns(outlier=outside.fill_null(False)), table)


def _values(frame: Frame, column: str, by: str | None) -> "pd.DataFrame":
    """Bring the one or two columns that the fences need into memory, without rows that have no group."""
    value = nw.col(column).cast(nw.Float64).alias("value")
    if by is None:
        return collect(frame.select(value)).to_pandas()
    return collect(frame.filter(~nw.col(by).is_null()).select(nw.col(by).alias("group"), value)).to_pandas()


def _fences(values: "pd.DataFrame", by: str | None, rule: Rule, width: float) -> "pd.DataFrame":
    """Learn one fence a group, or a single one."""
    key = values["value"] * 0 if by is None else values["group"]
    groups = values["value"].groupby(key)
    if rule == "quartile_fence":
        below, above = groups.quantile(0.25), groups.quantile(0.75)
        reach = width * (above - below)
    else:
        below = above = groups.median()
        distance = (values["value"] - groups.transform("median")).abs()
        reach = width * _MAD_TO_SIGMA * distance.groupby(key).median()
    return (below - reach).to_frame("outlier_low").assign(outlier_high=above + reach).astype(float)


def _tell_ungrouped(frame: Frame, grouped: int, by: str) -> None:
    rows = int(collect(frame.select(n=nw.len()))["n"].to_list()[0])
    if rows > grouped:
        warn([f"{rows - grouped:,} rows without {by} are not judged"], stacklevel=4)


def _same_library(fences: "pd.DataFrame", frame: Frame, key: str) -> Frame:
    """Hand the small table over so that it joins with the large one."""
    small = build({name: fences[name].to_numpy() for name in fences.columns}, like=frame)
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
    problems += [f"the table has a column {name!r} already: drop or rename it" for name in _ADDED if name in types]
    if not problems and not types[column].is_numeric():
        problems = [f"`{column}` holds {types[column]}, not numbers"]
    if not problems and by is not None and not _makes_groups(types[by]):
        problems = [f"`{by}` holds {types[by]}: groups must be text or whole numbers"]
    if not problems and by == column:
        problems = [f"`by` and `column` are both {by!r}: each value would be a group of its own"]
    if problems:
        raise SchemaError("table", problems)


def _makes_groups(dtype: nw.dtypes.DType) -> bool:
    return dtype == nw.String or dtype.is_integer() or dtype.is_float()  # pandas has ids beside missing ones as floats
