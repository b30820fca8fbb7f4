"""Outliers: flagged, never removed."""

from typing import TYPE_CHECKING, Literal, get_args

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrameT

from ..._core.checks import number, one_of, text
from ..._core.engines import tell_library_errors
from ..._core.frames import Frame, build, collect, hand_back, join, native, opened, wrap
from ..._core.notes import Note
from ..._core.texts import counted
from .._model.errors import SchemaError, warn

if TYPE_CHECKING:
    import pandas as pd

Rule = Literal["quartile_fence", "robust_z"]

_DEFAULT_LIMITS = {"quartile_fence": 1.5, "robust_z": 3.5}
_FENCE_COLUMNS = ("outlier_low", "outlier_high")
_NEW_COLUMNS = (*_FENCE_COLUMNS, "outlier")
_MAD_TO_SIGMA = 1.4826  # the median absolute deviation of a normal distribution is sigma / 1.4826


@tell_library_errors
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
        The column to check.
    rule : {"quartile_fence", "robust_z"}, default "quartile_fence"
        Outside [Q1 - limit x IQR, Q3 + limit x IQR] (Tukey 1977), or a robust z-score above the limit: distance from
        the median in units of 1.4826 x the median absolute deviation (Iglewicz & Hoaglin 1993).
    limit : float, optional
        1.5 for the fence and 3.5 for the z-score where not given.
    by : str, optional
        Column of groups with a fence each, such as "product_id".

    Returns
    -------
    table of the same library
        The table with ``outlier`` (boolean; false where the value or its group is missing) and the fence,
        ``outlier_low`` and ``outlier_high``, in the unit of the column.

    Raises
    ------
    SchemaError
        If the column or the groups are missing or of a wrong type, or the table already has a column of a name that
        is added.

    Warns
    -----
    DataWarning
        If rows have no group (code ``rows_without_group``); they are not flagged.

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
    text("column", column, example="'amount'")
    if by is not None:
        text("by", by, example="'product_id'")
    width = number("limit", _DEFAULT_LIMITS[rule] if limit is None else limit, low=0)
    frame = opened(table, argument="table")
    _check_columns(frame, column, by)
    value = nw.col(column)
    if frame.collect_schema()[column].is_float():
        value = value.fill_nan(None)
    if by is None:
        fences = _fences(_values(frame, column, None), None, rule, width)
        low, high = (float(fences[side].iloc[0]) if len(fences) else float("nan") for side in _FENCE_COLUMNS)
        frame = frame.with_columns(outlier_low=nw.lit(low), outlier_high=nw.lit(high))
    else:
        values = _values(frame, column, by)
        _warn_of_rows_without_group(frame, len(values), by)
        fences = _fences(values, by, rule, width).rename_axis(by).reset_index()
        frame = join(frame, _same_library(fences, frame, by), on=[by], how="left")
    outside = (value < nw.col("outlier_low")) | (value > nw.col("outlier_high"))
    return native(frame.with_columns(outlier=outside.fill_null(False)), table)


def _values(frame: Frame, column: str, by: str | None) -> "pd.DataFrame":
    """Read the one or two columns that the fences need into memory, without rows that have no group."""
    value = nw.col(column).cast(nw.Float64).alias("value")
    if by is None:
        return _as_numpy(collect(frame.select(value)).to_pandas())
    groups = frame.filter(~nw.col(by).is_null()).select(nw.col(by).alias("group"), value)
    return _as_numpy(collect(groups).to_pandas())


def _as_numpy(values: "pd.DataFrame") -> "pd.DataFrame":
    """Hold floats as NumPy does: in Arrow's memory -0.0 is a group beside 0.0, and NaN one more."""
    floats = [name for name, dtype in values.dtypes.items() if getattr(dtype, "kind", "O") == "f"]
    return values.astype(dict.fromkeys(floats, "float64"))


def _fences(values: "pd.DataFrame", by: str | None, rule: Rule, width: float) -> "pd.DataFrame":
    """Compute one fence per group, or a single one."""
    key = values["value"] * 0 if by is None else values["group"]
    groups = values["value"].groupby(key)
    if rule == "quartile_fence":
        below, above = groups.quantile(0.25), groups.quantile(0.75)
        margin = width * (above - below)
    else:
        below = above = groups.median()
        distance = (values["value"] - groups.transform("median")).abs()
        margin = width * _MAD_TO_SIGMA * distance.groupby(key).median()
    return (below - margin).to_frame("outlier_low").assign(outlier_high=above + margin).astype(float)


def _warn_of_rows_without_group(frame: Frame, grouped: int, by: str) -> None:
    rows = int(collect(frame.select(n=nw.len()))["n"].to_list()[0])
    if rows > grouped:
        count = rows - grouped
        text = f"{counted(count, 'row')} without {by} {'is' if count == 1 else 'are'} not checked for outliers"
        warn([Note(text, code="rows_without_group", count=count)], stacklevel=4)


def _same_library(fences: "pd.DataFrame", frame: Frame, key: str) -> Frame:
    """Return the small table in the library of the large one, with a key of the same type."""
    small = build({name: fences[name].to_numpy() for name in fences.columns}, like=frame, keys=[key])
    if not frame.implementation.is_pyarrow():
        small = small.with_columns(nw.col(key).cast(frame.collect_schema()[key]))
    return wrap(hand_back(small, like=frame))


def _check_columns(frame: Frame, column: str, by: str | None) -> None:
    types = frame.collect_schema()
    problems = [
        f"`{argument}={name!r}` is not a column of the table: it has {', '.join(types)}"
        for argument, name in (("column", column), ("by", by))
        if name is not None and name not in types
    ]
    problems += [
        f"the table already has a column {name!r}: drop or rename it" for name in _NEW_COLUMNS if name in types
    ]
    if not problems and not types[column].is_numeric():
        problems = [f"`{column}` holds {types[column]}, not numbers"]
    if not problems and by is not None and not _can_group(types[by]):
        problems = [f"`{by}` holds {types[by]}: groups must be text or whole numbers"]
    if not problems and by == column:
        problems = [f"`by` and `column` are both {by!r}: each value would be its own group"]
    if problems:
        raise SchemaError("table", problems)


def _can_group(dtype: nw.dtypes.DType) -> bool:
    return dtype == nw.String or dtype.is_integer() or dtype.is_float()  # pandas has ids beside missing ones as floats
