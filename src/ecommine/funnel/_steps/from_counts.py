"""Funnels of dashboards: totals a step, or a column a page."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw
import numpy as np

if TYPE_CHECKING:
    import pandas as pd

from ..._core.checks import confidence_level, counted, integer
from ..._core.frames import collect, opened
from ..._core.notes import Note
from .._curves import normal_quantile, wilson
from .._log.reading import category_order, comparable_values, example_value, factorize_groups
from .._match.events import RESERVED
from .._match.sort import Ints
from .._writing import built
from .estimates import QUARTILES
from .groups import check_groups
from .result import FunnelResult
from .table import Measured, empty, merged


def from_counts(
    counts: "Mapping[str, int] | Sequence[tuple[str, int]] | pd.Series[Any]", /, *, level: float = 0.95
) -> FunnelResult:
    """Measure a funnel of totals, such as a dashboard shows.

    Parameters
    ----------
    counts : mapping of step to users, pandas Series, or sequence of pairs
        In the order of the steps, two or more; none may have more than the step before.
    level : float
        Level of the intervals, .5 to .999999.

    Returns
    -------
    FunnelResult
        Frozen, with a pandas table; dropped is all that is lost, nothing is pending, and times are unknown.

    Raises
    ------
    ValueError
        If there are fewer than two steps, or a step has more users than the one before.
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

    pairs = _pairs(counts)
    names = [str(step) for step, _ in pairs]
    if len(set(names)) < len(names):
        raise ValueError(f"`counts` must have each step once, got {names}")
    users = [integer(f"counts[{step!r}]", value, low=0) for step, value in pairs]
    confidence = confidence_level(level)
    found = _counted(names, users, confidence)
    like = opened(pd.DataFrame(), argument="counts")
    return _result(merged(iter([({}, found)])), found, None, confidence, like, ())


def _pairs(counts: object) -> list[tuple[Any, Any]]:
    import pandas as pd

    if isinstance(counts, (Mapping, pd.Series)):
        return list(counts.items())
    pairs = list(counts) if isinstance(counts, Sequence) and not isinstance(counts, str) else []
    if not pairs or not all(isinstance(one, (tuple, list)) and len(one) == 2 for one in pairs):
        raise TypeError(
            f"`counts` must map each step to its users, got {type(counts).__name__}; of two columns of a table make a "
            "dict: dict(zip(table['step'], table['users']))"
        )
    return [(step, users) for step, users in pairs]


def from_reached(users: object, steps: Sequence[str], /, *, by: str | None = None, level: float = 0.95) -> FunnelResult:
    """Measure a funnel of a table with one row a user and one column a step.

    Parameters
    ----------
    users : table, one row a user
        Of any library.
    steps : sequence of str
        The columns, in order: true, above zero or any time where the user reached the step. Users without the first
        step do not enter; a step counts if all before it were reached.
    by : str, optional
        A column of groups. Ordered categories keep their order, as in :func:`ecommine.funnel.analyse`.
    level : float
        Level of the intervals, .5 to .999999.

    Returns
    -------
    FunnelResult
        Frozen; ``.table`` is of the caller's library, Polars for a LazyFrame, else pandas. Skipped are users that have
        a later step without this one.

    Raises
    ------
    TypeError, ValueError
        If `steps` are no two different columns of the table of true and false, numbers or times, or `by` is none.

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
    given: object = steps
    if isinstance(given, str) or not isinstance(given, Sequence):
        raise TypeError(f"`steps` must be a list of columns, got {given!r}")
    if len(given) < 2:
        raise ValueError(f"`steps` must be two or more columns, got {given!r}")
    confidence = confidence_level(level)
    like = opened(users, argument="users")
    names = like.collect_schema()
    missing = [column for column in (*steps, *([] if by is None else [by])) if column not in names.names()]
    if missing:
        raise ValueError(f"`users` has no column {missing[0]!r}; it has {', '.join(map(repr, names.names()[:10]))}")
    if by in RESERVED:
        raise ValueError(f"`by`: {by!r} is a column of the result; rename it first")
    if len(set(steps)) < len(steps):
        raise ValueError(f"`steps` must be different columns, got {list(steps)!r}")
    flags = {f"_{i}": _reached(names[step], step).cast(nw.Int64) for i, step in enumerate(steps)}
    groups = {} if by is None else {"_by": comparable_values(like, by)}
    cells = like.select(**flags, **groups).group_by(*flags, *groups, drop_null_keys=False).agg(nw.len().alias("_n"))
    rows = collect(cells)
    there = np.column_stack([rows[name].to_numpy() for name in flags]).astype(bool)
    number_of = rows["_n"].to_numpy().astype(np.int64)
    found = _among(there, number_of, list(steps), confidence)
    parts: list[tuple[dict[str, Any], Measured]] = [({}, found)]
    if by is not None:
        groups_of = factorize_groups(rows["_by"], category_order(like, by))
        parts = list(_by_group(by, groups_of, there, number_of, steps, confidence))
    out = int(number_of[~there[:, 0]].sum())
    text = f"{counted(out, 'user')} without {steps[0]!r} left out"
    notes = (Note(text, code="users_without_entry", count=out),) if out else ()
    result = _result(merged(iter(parts)) if parts else empty(found, by), found, by, confidence, like, notes)
    return result if by is None else replace(result, _groups=tuple((label[by], one) for label, one in parts))


def _reached(dtype: Any, step: str) -> nw.Expr:
    column = nw.col(step)
    if dtype == nw.Boolean:
        return column.fill_null(False)
    if dtype.is_float():
        return ((column > 0) & ~column.is_nan()).fill_null(False)  # Polars and DuckDB have NaN above every number
    if dtype.is_numeric():
        return (column.cast(nw.Float64) > 0).fill_null(False)
    if isinstance(dtype, (nw.Datetime, nw.Date)):
        return ~column.is_null()
    raise ValueError(
        f"`steps`: the column {step!r} holds {dtype}, not true and false, numbers or times: convert it first"
    )


def _by_group(
    by: str, groups: tuple[Ints, tuple[Any, ...]], there: Any, number_of: Any, steps: Sequence[str], level: float
) -> Iterator[tuple[dict[str, Any], Measured]]:
    codes, names = groups
    check_groups(by, len(names))
    for place, label in enumerate(names):
        mine = codes == place
        yield {by: label}, _among(there[mine], number_of[mine], list(steps), level)


def _among(there: Any, number_of: Any, steps: list[str], level: float) -> Measured:
    chain = np.logical_and.accumulate(there, axis=1)
    reached = [int(number_of[chain[:, place]].sum()) for place in range(len(steps))]
    skipped = [0] * len(steps)
    for place in range(1, len(steps) - 1):
        past = chain[:, place - 1] & ~there[:, place] & there[:, place + 1 :].any(axis=1)
        skipped[place] = int(number_of[past].sum())
    return _counted(steps, reached, level, skipped)


def _counted(steps: list[str], users: list[int], level: float, skipped: list[int] | None = None) -> Measured:
    if len(steps) < 2:
        raise ValueError(f"`counts` must have two or more steps, got {len(steps)}")
    z, rows = normal_quantile(level), []
    for place, (step, there) in enumerate(zip(steps, users, strict=True)):
        before = users[place - 1] if place else there
        if there > before:
            raise ValueError(
                f"`counts`: {step!r} has {there:,} users, more than {steps[place - 1]!r} before it ({before:,}): these "
                "are not steps of one funnel; give users that did all steps before"
            )
        rows.append(
            {
                "step": step,
                "reached": there,
                **_share("conversion", there, users[0], place, z),
                **_share("step_conversion", there, before, place, z),
                "dropped": before - there,
                "pending": 0,
                "skipped": 0 if skipped is None else skipped[place],
                "naive_conversion": there / users[0] if users[0] else np.nan,
                **dict.fromkeys(QUARTILES, np.nan),
            }
        )
    return Measured(
        rows=rows,
        entrants=users[0],
        open=0,
        trend=None,
        covariance=_nested(np.array(users, dtype=np.float64)),
        optional=(False,) * len(rows),
    )


def _nested(users: "np.ndarray[Any, np.dtype[np.float64]]") -> "np.ndarray[Any, np.dtype[np.float64]]":
    """Return the covariance of shares of one whole, each a part of the one before: F_j (1 - F_i) / n for j after i."""
    share = users / max(users[0], 1)
    least, most = np.minimum.outer(share, share), np.maximum.outer(share, share)
    return np.asarray(least * (1 - most) / max(users[0], 1))


def _share(name: str, part: int, whole: int, place: int, z: float) -> dict[str, float]:
    names = (name, f"{name}_low", f"{name}_high")
    if not whole:
        return dict.fromkeys(names, np.nan)
    share = part / whole
    return dict(zip(names, (share, *(wilson(share, whole, z) if place else (1.0, 1.0))), strict=True))


def _result(
    columns: dict[str, Any], found: Measured, by: str | None, level: float, like: Any, notes: tuple[Note, ...]
) -> FunnelResult:
    return FunnelResult(
        table=built(columns, like, {} if by is None else {by: example_value(like.collect_schema()[by])}),
        definition=None,
        unit="user_id",
        entrants=found.entrants,
        by=by,
        every=None,
        level=level,
        as_of=None,
        notes=notes,
        _all=found,
        _seen=None,
    )
