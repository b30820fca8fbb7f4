"""Funnels without events: totals of a dashboard, or a table with a column per step."""

from collections.abc import Mapping, Sequence
from functools import reduce
from operator import add
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw
import numpy as np

from ..._core.arrays import Ints
from ..._core.checks import confidence_level, integer, names, several, show, text
from ..._core.engines import tell_library_errors
from ..._core.frames import Frame, collect, opened
from ..._core.notes import Note
from ..._core.tables import with_bounds
from ..._core.texts import counted, quote_names
from ..._stats.intervals import normal_quantile, wilson_interval
from .._log.reading import category_order, comparable_values, factorize_groups
from .._match.event_table import RESERVED
from .estimates import QUARTILE_COLUMNS
from .groups import check_group_count
from .result import FunnelResult, make_result
from .table import FunnelEstimates, Labelled, StepEstimates

if TYPE_CHECKING:
    import pandas as pd


@tell_library_errors
def from_counts(
    counts: "Mapping[str, int] | Sequence[tuple[str, int]] | pd.Series[Any]", /, *, level: float = 0.95
) -> FunnelResult:
    """Measure a funnel of totals, such as those of a dashboard.

    Parameters
    ----------
    counts : mapping of step to users, pandas Series, or sequence of pairs
        Two or more steps in their order; none may have more users than the step before.
    level : float
        Level of the intervals, .5 to .999999.

    Returns
    -------
    FunnelResult
        Frozen, with a pandas table: users that do not reach a step are dropped, none are pending, times are null.

    Raises
    ------
    ValueError
        If there are fewer than two steps, a step is given twice, or a step has more users than the one before.
    TypeError
        If `counts` does not map steps to whole numbers.

    Examples
    --------
    >>> from ecommine import funnel
    >>> funnel.from_counts({"cart": 200, "paid": 50}).table[["step", "conversion_low", "conversion_high"]].round(3)
       step  conversion_low  conversion_high
    0  cart           1.000            1.000
    1  paid           0.195            0.314
    """
    import pandas as pd

    pairs = _read_pairs(counts)
    steps = [str(step) for step, _ in pairs]
    if len(set(steps)) < len(steps):
        raise ValueError(f"`counts` must have each step once, got {steps}")
    if len(steps) < 2:
        raise ValueError(f"`counts` must have two or more steps, got {len(steps)}")
    users = np.array([integer(f"counts[{step!r}]", value, low=0) for step, value in pairs], dtype=np.int64)
    _check_decreasing(steps, users)
    confidence = confidence_level(level)
    estimates = _estimate_totals(steps, users, np.zeros_like(users), confidence)
    like = opened(pd.DataFrame(), argument="counts")
    return _as_result(FunnelEstimates(whole=estimates, groups=[({}, estimates)], notes=[]), like, None, confidence)


def _read_pairs(counts: object) -> list[tuple[Any, Any]]:
    import pandas as pd

    if isinstance(counts, (Mapping, pd.Series)):
        return list(counts.items())
    pairs = list(counts) if isinstance(counts, Sequence) and not isinstance(counts, str) else []
    if not pairs or not all(isinstance(pair, (tuple, list)) and len(pair) == 2 for pair in pairs):
        raise TypeError(
            f"`counts` must map each step to its users, got {type(counts).__name__}; from two columns of a table make "
            "a dict: dict(zip(table['step'], table['users']))"
        )
    return [(step, users) for step, users in pairs]


def _check_decreasing(steps: list[str], users: Ints) -> None:
    rising = np.flatnonzero(np.diff(users) > 0)
    if len(rising):
        before, step = int(rising[0]), int(rising[0]) + 1
        raise ValueError(
            f"`counts`: {steps[step]!r} has {users[step]:,} users, more than {steps[before]!r} before it "
            f"({users[before]:,}): count for each step the users that did all steps before it too"
        )


@tell_library_errors
def from_reached(users: object, steps: Sequence[str], /, *, by: str | None = None, level: float = 0.95) -> FunnelResult:
    """Measure a funnel of a table with one row per user and one column per step.

    Parameters
    ----------
    users : table, one row per user
        Of any library.
    steps : sequence of str
        The columns in their order: true, above 0 or any time where the user reached the step. Users without the first
        step do not enter; a step counts only if all steps before it were reached.
    by : str, optional
        A column of groups. Ordered categories keep their order, as in :func:`ecommine.funnel.analyse`.
    level : float
        Level of the intervals, .5 to .999999.

    Returns
    -------
    FunnelResult
        Frozen; ``.table`` is of the caller's library, Polars for a LazyFrame, else pandas. Users with
        a later step but not this one are skipped.

    Raises
    ------
    TypeError, ValueError
        If `steps` are not two or more different columns of booleans, numbers or times, or `by` is not a column.

    Examples
    --------
    >>> import pandas as pd
    >>> from ecommine import funnel
    >>> users = pd.DataFrame({"home": [1, 1, 1, 1], "search": [1, 1, 0, 0], "paid": [1, 0, 1, 0]}).astype(bool)
    >>> funnel.from_reached(users, ["home", "search", "paid"]).table[["step", "reached", "dropped", "skipped"]]
         step  reached  dropped  skipped
    0    home        4        0        0
    1  search        2        2        1
    2    paid        1        1        0
    """
    confidence = confidence_level(level)
    like = opened(users, argument="users")
    steps = names("steps", several("steps", steps, of="columns"), of="columns")
    _check_columns(like, steps, by)
    depths = _count_depths(like, steps, by)
    whole = _estimate_depths(depths, steps, confidence)
    groups: list[Labelled] = [({}, whole)]
    if by is not None:
        codes, labels = factorize_groups(depths["_by"], category_order(like, by))
        check_group_count(by, len(labels))
        of_group = [depths.filter((codes == code).tolist()) for code in range(len(labels))]
        estimates = [_estimate_depths(rows, steps, confidence) for rows in of_group]
        groups = [({by: label}, part) for label, part in zip(labels, estimates, strict=True)]
    n_left_out = int(depths.filter(nw.col("_depth") < 2)["_n"].sum())
    text = f"{counted(n_left_out, 'user')} without {steps[0]!r} left out"
    notes = [Note(text, code="users_without_entry", count=n_left_out)] if n_left_out else []
    return _as_result(FunnelEstimates(whole=whole, groups=groups, notes=notes), like, by, confidence)


def _check_columns(users: Frame, steps: Sequence[str], by: str | None) -> None:
    if len(steps) < 2:
        raise ValueError(f"`steps` must be two or more columns, got {show(steps)}")
    if by is not None:
        text("by", by, example="'device', the name of a column")
    columns = users.collect_schema().names()
    missing = [column for column in (*steps, *([] if by is None else [by])) if column not in columns]
    if missing:
        raise ValueError(
            f"`users` has no column {missing[0]!r}, which `steps` or `by` names; it has {quote_names(columns)}"
        )
    if by in RESERVED:
        raise ValueError(f"`by` {by!r} is a column of the result: rename it first")
    if len(set(steps)) < len(steps):
        raise ValueError(f"`steps` must be different columns, got {list(steps)!r}")


def _count_depths(users: Frame, steps: Sequence[str], by: str | None) -> nw.DataFrame[Any]:
    """Count users by group and by one number: their depth, twice, and one more if a later step follows.

    The depth is the number of steps that a user reached without a gap; the user can only skip the step after them.
    """
    schema = users.collect_schema()
    has_step = [_is_reached(schema[step], step).cast(nw.Int16) for step in steps]
    depth = reduce(lambda after, has: has * (after + 1), reversed(has_step))
    keys = {"_depth": 2 * depth + (reduce(add, has_step) > depth).cast(nw.Int16)}
    keys |= {} if by is None else {"_by": comparable_values(users, by)}
    return collect(users.select(**keys).group_by(*keys, drop_null_keys=False).agg(nw.len().alias("_n")))


def _estimate_depths(depths: nw.DataFrame[Any], steps: Sequence[str], level: float) -> StepEstimates:
    """Compute the rows of a table from counts of depths."""
    number, n = (depths[name].to_numpy().astype(np.int64) for name in ("_depth", "_n"))
    depth, step = number // 2, np.arange(len(steps))
    reached = n @ (depth[:, None] > step)
    skipped = (n * (number % 2)) @ (depth[:, None] == step)
    skipped[0] = 0  # a user without the first step does not enter
    return _estimate_totals(steps, reached, skipped, level)


def _is_reached(dtype: Any, step: str) -> nw.Expr:
    column = nw.col(step)
    if dtype == nw.Boolean:
        return column.fill_null(False)
    if dtype.is_float():
        return ((column > 0) & ~column.is_nan()).fill_null(False)  # Polars and DuckDB have NaN above every number
    if dtype.is_numeric():
        return (column.cast(nw.Float64) > 0).fill_null(False)
    if isinstance(dtype, (nw.Datetime, nw.Date)):
        return ~column.is_null()
    raise ValueError(f"`steps`: the column {step!r} holds {dtype}, not booleans, numbers or times: convert it first")


def _estimate_totals(steps: Sequence[str], reached: Ints, skipped: Ints, level: float) -> StepEstimates:
    """Compute the rows of a table from the users that reached each step, all of them decided."""
    z, entrants, rows = normal_quantile(level), int(reached[0]), []
    for index, step in enumerate(steps):
        n, n_before = int(reached[index]), int(reached[max(index - 1, 0)])
        rows.append(
            {
                "step": step,
                "reached": n,
                **_share_columns("conversion", n, entrants, index, z),
                **_share_columns("step_conversion", n, n_before, index, z),
                "dropped": n_before - n,
                "pending": 0,
                "skipped": int(skipped[index]),
                "naive_conversion": n / entrants if entrants else np.nan,
                **dict.fromkeys(QUARTILE_COLUMNS, np.nan),
            }
        )
    share = reached / max(entrants, 1)
    smaller, larger = np.minimum.outer(share, share), np.maximum.outer(share, share)
    return StepEstimates(
        rows=rows,
        entrants=entrants,
        open=0,
        trend=None,
        covariance=smaller * (1 - larger) / max(entrants, 1),  # each share is a part of the one before
        optional=(False,) * len(rows),
    )


def _share_columns(name: str, part: int, whole: int, index: int, z: float) -> dict[str, float]:
    """Return a share with its interval; that of the first step is 1."""
    share = part / whole if whole else np.nan
    return with_bounds(name, (share, *(wilson_interval(share, whole, z) if index or not whole else (1.0, 1.0))))


def _as_result(estimates: FunnelEstimates, like: Frame, by: str | None, level: float) -> FunnelResult:
    notes = tuple(estimates.notes)
    return make_result(estimates, like, by=by, definition=None, unit="user_id", level=level, as_of=None, notes=notes)
