"""Units as sums: counts, sums and centred products of every arm, day, stratum and group, in two passes on the engine.

The second pass subtracts the mean of all units that the first one gave, so that a metric of 1e9 keeps its variance.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from ..._core.codes import Labels, factorize_sorted
from ..._core.frames import Frame, collect, day_number
from ..._core.texts import counted
from ..._stats.arrays import Bools, Floats, Ints
from ..._stats.quantiles import quantiles_of_counts
from ...schema._for_topics import SchemaError
from .._arms import arm_text
from .._metrics import Mean, Metric
from .grouped import COUNT, Grouping, group_rows
from .measures import Base, Measure, Pair, list_measures

MAX_VALUE = 1e150
"""Values above it have no finite square."""
EPOCH = date(1970, 1, 1)
ANALYSED, PENDING, EXCLUDED = 0, 1, 2
"""States of a unit: read, its window not over, seen in two arms."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """Columns that split units into cells."""

    strata: tuple[str, ...] = ()
    by: tuple[str, ...] = ()
    cluster: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Group:
    """The group of each cell by one column, -1 where it is missing, and the groups; days are counted from 1970."""

    codes: Ints
    labels: Labels
    is_day: bool = False

    @property
    def names(self) -> list[str]:
        """Names of the groups as texts."""
        return [day_text(label) if self.is_day else str(label) for label in self.labels.tolist()]


def day_text(day: object) -> str:
    """Return a day, counted from 1970, as a date."""
    return (EPOCH + timedelta(days=int(str(day).partition(".")[0]))).isoformat()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cells:
    """Sums of units that share arm, state, day, stratum, groups and cluster; arrays of one entry per cell.

    ``sums``, of shape (n_bases, n_cells), are plain; ``products`` of two bases and ``cubes`` of measures are of values
    less their ``centres``.
    """

    arm: Ints
    state: Ints
    n: Floats
    stratum: Ints
    day: Group | None
    groups: Mapping[str, Group]
    cluster: Ints | None
    bases: tuple[Base, ...]
    measures: tuple[Measure, ...]
    sums: Floats
    nonzero: Floats
    centres: Floats
    products: Mapping[Pair, Floats]
    cubes: Mapping[str, Floats]

    @property
    def is_analysed(self) -> Bools:
        """Which cells are read."""
        return np.asarray(self.state == ANALYSED)


def cap_at_quantile(frame: Frame, metric: Metric) -> Metric:
    """Return the metric with its cap as a number, where it is a quantile of the values of units that are read."""
    if not isinstance(metric, Mean) or metric.cap_quantile is None:
        return metric
    read = frame.filter(nw.col("_state") == ANALYSED)
    values = read.select(_value=_number(frame, metric.column)).group_by("_value").agg(_n=nw.len())
    counts = collect(values.filter(~nw.col("_value").is_null()).sort("_value"))
    cap = quantiles_of_counts(counts["_value"].to_numpy(), counts["_n"].to_numpy(), (metric.cap_quantile,))[0]
    return replace(metric, cap=None if np.isnan(cap) else float(cap), cap_quantile=None)  # no values have no quantile


def read_cells(
    frame: Frame, arms: Sequence[str], metrics: Sequence[Metric], keys: Keys, *, count_nonzero: bool = False
) -> Cells:
    """Sum up units by arm, state, day, stratum, group and cluster.

    Parameters
    ----------
    frame : narwhals frame
        One row per unit with variant, ``_state`` and the columns that are named.
    arms : sequence of str
        Names of the arms.
    metrics : sequence of metrics
    keys : Keys
    count_nonzero : bool
        Whether units that are not zero are counted, which only sequential tests ask for.

    Raises
    ------
    SchemaError
        If a metric is missing, infinite or, for a proportion, neither 0 nor 1 in a unit that is read.
    ValueError
        If the table has a variant that is no arm.
    """
    bases, measures = list_measures(metrics)
    names = _key_names(frame, keys)
    values = frame.select(*_key_columns(frame, names), **dict(_values(frame, bases)))
    rows = group_rows(values, list(names.values()))
    first = rows.sums(dict(_first_columns(bases, count_nonzero=count_nonzero, in_memory=rows.cells is not None)))
    schema = frame.collect_schema()
    days = {column for column in names if schema[column] in (nw.Datetime, nw.Date)}
    cells = _cells(first, names, days, arms, bases, measures, keys)
    _check_values(cells, first, arms, values)
    _check_clusters(cells, keys)
    return _with_products(cells, rows)


def _key_names(frame: Frame, keys: Keys) -> dict[str, str]:
    """Name the key columns: those of the caller by new names, which no column of theirs has."""
    names = {"variant": "_variant", "_state": "_state"}
    if "assigned_at" in frame.collect_schema().names():
        names["assigned_at"] = "_day"
    names |= {column: f"_key_{place}" for place, column in enumerate((*keys.strata, *keys.by)) if column not in names}
    return names | ({keys.cluster: "_cluster"} if keys.cluster else {})


def _key_columns(frame: Frame, names: Mapping[str, str]) -> Iterator[nw.Expr]:
    schema = frame.collect_schema()
    for column, name in names.items():
        is_time = schema[column] in (nw.Datetime, nw.Date)
        yield (_day(nw.col(column), schema[column]) if is_time else nw.col(column)).alias(name)


def _day(moment: nw.Expr, dtype: nw.dtypes.DType) -> nw.Expr:
    """Return the number of a moment's day, missing where the moment is."""
    is_zoned = isinstance(dtype, nw.Datetime) and dtype.time_zone is not None
    naive = moment.dt.replace_time_zone(None) if is_zoned else moment
    # pandas makes no whole number of a missing year
    known = naive.fill_null(datetime(1970, 1, 1) if dtype == nw.Datetime else EPOCH)
    return nw.when(~moment.is_null()).then(day_number(known))


def _number(frame: Frame, column: str) -> nw.Expr:
    """Return a column as floats; true and false are 1 and 0."""
    dtype, values = frame.collect_schema()[column], nw.col(column)
    return (values.cast(nw.Int8) if dtype == nw.Boolean else values).cast(nw.Float64)


def _values(frame: Frame, bases: Sequence[Base]) -> Iterator[tuple[str, nw.Expr]]:
    for place, base in enumerate(bases):
        values = _number(frame, base.column)
        if base.cap is not None:
            values = nw.when(values > base.cap).then(nw.lit(base.cap)).otherwise(values)
        yield f"_v{place}", values


def _first_columns(
    bases: Sequence[Base], *, count_nonzero: bool, in_memory: bool
) -> Iterator[tuple[str, tuple[nw.Expr]]]:
    """Yield the columns of the first pass: values, whether they are zero, and whether one cannot be."""
    names = [f"_v{place}" for place in range(len(bases))]
    yield from ((name, (nw.col(name),)) for name in names)
    if count_nonzero:
        yield from ((f"_nonzero{place}", ((nw.col(name) != 0).cast(nw.Float64),)) for place, name in enumerate(names))
    checked = [(name, base) for name, base in zip(names, bases, strict=True) if base.is_share or not in_memory]
    if checked:  # in memory the sum shows what is no number
        usable = [_is_usable(name, base).fill_null(False) for name, base in checked]
        yield "_wrong", (1.0 - nw.all_horizontal(*usable, ignore_nulls=False).cast(nw.Int8).cast(nw.Float64),)


def _is_usable(name: str, base: Base) -> nw.Expr:
    value = nw.col(name)
    return (value == 0) | (value == 1) if base.is_share else value.abs() <= MAX_VALUE


def _cells(
    first: nw.DataFrame[Any],
    names: Mapping[str, str],
    days: Collection[str],
    arms: Sequence[str],
    bases: tuple[Base, ...],
    measures: tuple[Measure, ...],
    keys: Keys,
) -> Cells:
    groups = {
        column: Group(**_codes(first[name]), is_day=column in days)
        for column, name in names.items()
        if column not in ("variant", "_state")
    }
    strata = np.array([groups[column].codes for column in keys.strata]).T
    n, is_counted = len(first), "_nonzero0" in first.columns
    no_strata, nonzero = np.zeros(n, dtype=np.int64), [f"_nonzero{place}" for place in range(len(bases))]
    return Cells(
        arm=_arm_codes(first, arms),
        state=first["_state"].to_numpy().astype(np.int64),
        n=first[COUNT].to_numpy().astype(np.float64),
        stratum=np.unique(strata, axis=0, return_inverse=True)[1].reshape(n) if keys.strata else no_strata,
        day=groups.get("assigned_at"),
        groups={column: groups[column] for column in keys.by},
        cluster=groups[keys.cluster].codes if keys.cluster else None,
        bases=bases,
        measures=measures,
        sums=_stacked(first, [f"_v{place}" for place in range(len(bases))]),
        nonzero=_stacked(first, nonzero) if is_counted else np.zeros((len(bases), n)),
        centres=np.zeros(len(bases)),
        products={},
        cubes={},
    )


def _codes(column: nw.Series[Any]) -> dict[str, Any]:
    codes, labels = factorize_sorted(column, argument=f"`{column.name}`")
    return {"codes": codes, "labels": labels}


def _stacked(table: nw.DataFrame[Any], names: Sequence[str]) -> Floats:
    return np.array([table[name].to_numpy() for name in names], dtype=np.float64).reshape(len(names), len(table))


def _arm_codes(first: nw.DataFrame[Any], arms: Sequence[str]) -> Ints:
    """Return the number of each cell's arm."""
    texts = [None if arm is None or arm != arm else arm_text(arm) for arm in first["_variant"].to_list()]
    unknown = sorted({text or "" for text in texts if text not in arms})
    if unknown:
        n = sum(int(n) for text, n in zip(texts, first[COUNT].to_list(), strict=True) if (text or "") == unknown[0])
        if unknown[0] == "":
            problem = f"`variant` is missing in {counted(n, 'unit')}: leave them out, or name their arm"
            raise SchemaError("units", [problem])
        raise ValueError(
            f"`units` has {counted(n, 'unit')} of variant {unknown[0]!r}, which is none of the arms "
            f"{', '.join(map(repr, arms))}: name it in `arms`, or filter the table"
        )
    return np.array([arms.index(str(text)) for text in texts], dtype=np.int64)


def _check_values(cells: Cells, first: nw.DataFrame[Any], arms: Sequence[str], values: Frame) -> None:
    """Raise where a metric of a unit that is read is missing, infinite, or no share; count such units by arm."""
    is_wrong = ~(np.abs(cells.sums) <= MAX_VALUE).all(axis=0)
    if "_wrong" in first.columns:
        is_wrong |= first["_wrong"].to_numpy() > 0
    if not (is_wrong & cells.is_analysed).any():
        return
    flags = {
        f"_wrong{place}": 1 - _is_usable(f"_v{place}", base).fill_null(False).cast(nw.Int64)
        for place, base in enumerate(cells.bases)
    }
    read = values.filter(nw.col("_state") == ANALYSED).with_columns(**flags)
    counts = collect(read.group_by("_variant").agg(*[nw.col(name).sum() for name in flags]))
    codes = _arm_codes(counts.with_columns(_n=nw.lit(0)), arms)
    problems = []
    for place, base in enumerate(cells.bases):
        by_arm = np.bincount(codes, counts[f"_wrong{place}"].to_numpy(), minlength=len(arms)).astype(int)
        if by_arm.any():
            where = ", ".join(f"{arm} {n:,}" for arm, n in zip(arms, by_arm.tolist(), strict=True))
            kind = "neither 0 nor 1, or missing," if base.is_share else "missing, infinite or no number"
            problems.append(f"`{base.column}` is {kind} in {counted(int(by_arm.sum()), 'unit')} ({where}): {_REMEDY}")
    raise SchemaError("units", list(dict.fromkeys(problems)))


_REMEDY = "a unit that bought nothing has the value 0; leaving it out would compare buyers with buyers"


def _check_clusters(cells: Cells, keys: Keys) -> None:
    """Raise where a cluster is missing or has units of several arms: it is not what was randomised."""
    if cells.cluster is None:
        return
    if n := int(cells.n[cells.cluster < 0].sum()):
        raise SchemaError("units", [f"`{keys.cluster}` is missing in {counted(n, 'unit')}: leave them out, or fill it"])
    pairs = np.unique(np.column_stack([cells.cluster, cells.arm]), axis=0)
    n_clusters = len(np.unique(pairs[:, 0]))
    if mixed := len(pairs) - n_clusters:
        raise ValueError(
            f"`cluster` must be the unit that was randomised, but {counted(mixed, 'cluster')} of {n_clusters:,} in "
            f"{keys.cluster!r} have units of several arms: name another column, or leave these clusters out"
        )


def _with_products(cells: Cells, rows: Grouping) -> Cells:
    """Add the sums of centred products and cubes: the second pass."""
    read = cells.is_analysed
    centres = cells.sums[:, read].sum(axis=1) / max(float(cells.n[read].sum()), 1.0)
    pairs = _pairs(cells.measures)
    centred = [nw.col(f"_v{place}") for place in range(len(centres))]
    shifted = {f"_v{place}": column - float(centres[place]) for place, column in enumerate(centred)}
    rows = replace(rows, frame=rows.frame.with_columns(**shifted))
    columns = {f"_p{i}_{j}": (centred[i], centred[j]) for i, j in pairs}
    for measure in cells.measures:
        deviation = centred[measure.value]
        if measure.is_ratio and measure.second is not None and centres[measure.second]:
            ratio = float(centres[measure.value]) / float(centres[measure.second])
            deviation = deviation - ratio * centred[measure.second]
        columns[f"_c{measure.name}"] = (deviation * deviation, deviation)
    second = rows.sums(columns)
    return replace(
        cells,
        centres=centres,
        products={(i, j): _stacked(second, [f"_p{i}_{j}"])[0] for i, j in pairs},
        cubes={measure.name: _stacked(second, [f"_c{measure.name}"])[0] for measure in cells.measures},
    )


def _pairs(measures: Sequence[Measure]) -> list[Pair]:
    pairs = set()
    for measure in measures:
        pairs.add((measure.value, measure.value))
        if measure.second is not None:
            pairs |= {(measure.value, measure.second), (measure.second, measure.second)}
    return sorted(pairs)
