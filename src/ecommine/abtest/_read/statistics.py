"""A readout from sufficient statistics: counts, means, variances and covariances that a warehouse has computed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from numbers import Real
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd

from ..._core.checks import show
from ..._core.frames import Frame, collect
from ..._core.texts import did_you_mean
from ..._stats.arrays import Floats
from ...schema._for_topics import SchemaError
from .._arms import arm_text
from .._metrics import Mean, Metric, Proportion
from .cells import Cells
from .measures import Measure, Pair, list_measures

REQUIRED = ("variant", "metric", "units", "mean")
OPTIONAL = ("variance", "second_mean", "second_variance", "covariance", "nonzero")
Statistics = Mapping[str, float]
ROUNDING = 1e-6
"""By how much of its limit a covariance may be beyond it, as it comes rounded."""


def cells_of_statistics(sums: Frame, arms: Sequence[str], metrics: Sequence[Metric], *, is_sequential: bool) -> Cells:
    """Turn a table of one row per variant and metric into sums; caps are the caller's, who has applied them.

    Raises
    ------
    SchemaError
        If columns or rows are missing, repeated or of other metrics and arms, or a number is missing or impossible.
    """
    plain = [replace(one, cap=None, cap_quantile=None) if isinstance(one, Mean) else one for one in metrics]
    rows = _rows(collect(sums), arms, [metric.name for metric in plain])
    _check_possible(rows, plain)
    bases, measures = list_measures([_own_columns(metric) for metric in plain])
    n = np.array([_units(rows, arm, plain) for arm in arms])
    sums_of, nonzero = np.zeros((len(bases), len(arms))), np.zeros((len(bases), len(arms)))
    products: dict[Pair, Floats] = {}
    for metric, measure in zip(plain, measures, strict=True):
        needed = _needed(metric, measure, is_sequential=is_sequential)
        table = {name: _column(rows, arms, metric, name, is_needed=name in needed) for name in ("mean", *OPTIONAL)}
        if isinstance(metric, Proportion):
            table["variance"] = table["mean"] * (1 - table["mean"]) * n / np.maximum(n - 1, 1)
            table["nonzero"] = table["mean"] * n
        sums_of[measure.value], nonzero[measure.value] = table["mean"] * n, table["nonzero"]
        products |= _products(measure, table, n)
        if measure.second is not None:
            sums_of[measure.second] = table["second_mean"] * n
    centres = sums_of.sum(axis=1) / max(float(n.sum()), 1.0)
    return Cells(
        arm=np.arange(len(arms)),
        state=np.zeros(len(arms), dtype=np.int64),
        n=n,
        stratum=np.zeros(len(arms), dtype=np.int64),
        day=None,
        groups={},
        cluster=None,
        bases=bases,
        measures=tuple(replace(one, metric=metric) for one, metric in zip(measures, plain, strict=True)),
        sums=sums_of,
        nonzero=nonzero,
        centres=centres,
        products=_about_centres(products, sums_of, centres, n),
        cubes={},
    )


def _own_columns(metric: Metric) -> Metric:
    """Give each metric columns of its own: two metrics of one column have statistics of their own."""
    if isinstance(metric, Mean):
        return replace(metric, column=metric.name, covariate=metric.covariate and f"{metric.name}: {metric.covariate}")
    if isinstance(metric, Proportion):
        return replace(metric, column=metric.name)
    return replace(metric, numerator=metric.name, denominator=f"{metric.name}: {metric.denominator}")


def _rows(table: nw.DataFrame[Any], arms: Sequence[str], metrics: Sequence[str]) -> dict[tuple[str, str], Statistics]:
    """Return the statistics by arm and metric."""
    missing = [name for name in REQUIRED if name not in table.columns]
    if missing:
        raise SchemaError("sums", [f"`{name}` is missing{did_you_mean(name, table.columns)}" for name in missing])
    names = [name for name in ("units", "mean", *OPTIONAL) if name in table.columns]
    rows: dict[tuple[str, str], Statistics] = {}
    problems = []
    for row in table.iter_rows(named=True):
        key = (arm_text(row["variant"]), str(row["metric"]))
        if key[0] not in arms or key[1] not in metrics:
            problems.append(f"{key[1]!r} of {key[0]!r} is none of the metrics and arms: leave it out")
        elif key in rows:
            problems.append(f"{key[1]!r} of {key[0]!r} is there twice: one row per variant and metric")
        rows[key] = {name: _number(name, row[name]) for name in names}
    problems += [f"{name!r} of {arm!r} is missing" for arm in arms for name in metrics if (arm, name) not in rows]
    if problems:
        raise SchemaError("sums", problems)
    return rows


def _number(name: str, value: Any) -> float:
    """Return a statistic, NaN where it is missing."""
    if value is None or value is pd.NA:
        return float("nan")
    is_flag = isinstance(value, bool)  # which Python counts as a number
    try:
        if not is_flag and isinstance(value, Real | Decimal):
            return float(value)
    except (OverflowError, ValueError):  # beyond all floats, or a decimal that signals
        pass
    raise SchemaError("sums", [f"`{name}` must hold numbers, got {show(value)}"])


def _check_possible(rows: Mapping[tuple[str, str], Statistics], metrics: Sequence[Metric]) -> None:
    """Raise where numbers cannot be those of any units: each impossible one, by metric and arm."""
    kinds = {metric.name: metric for metric in metrics}
    problems = [
        f"`{name}` of {metric!r} in {arm!r} is {row[name]:g}, {reason}"
        for (arm, metric), row in rows.items()
        for name, reason in _impossible(row, is_share=isinstance(kinds[metric], Proportion))
    ]
    if problems:
        raise SchemaError("sums", problems)


def _impossible(row: Statistics, *, is_share: bool) -> Iterator[tuple[str, str]]:
    """Yield the numbers that cannot be, and why; a missing number is no impossible one."""
    n = row["units"]
    if not (0 <= n < np.inf and n == np.floor(n)):
        yield "units", "not a whole number of units, 0 or more"
    if is_share and (row["mean"] < 0 or row["mean"] > 1):
        yield "mean", "outside 0 to 1, though the metric is a share"
    for name in ("variance", "second_variance"):
        if row.get(name, 0.0) < 0:
            yield name, "below 0: the sum of squares is smaller than the square of the sum over the units"
    limit = np.sqrt(max(row.get("variance", np.nan), 0.0) * max(row.get("second_variance", np.nan), 0.0))
    if abs(row.get("covariance", np.nan)) > limit * (1 + ROUNDING):
        yield "covariance", f"beyond {limit:g}, the square root of the product of both variances"
    if not 0 <= row.get("nonzero", 0.0) <= n and not np.isnan(row.get("nonzero", np.nan)):
        yield "nonzero", f"not within the {n:,g} units"


def _units(rows: Mapping[tuple[str, str], Statistics], arm: str, metrics: Sequence[Metric]) -> float:
    """Return the units of an arm, which all metrics share."""
    counts = {rows[arm, metric.name]["units"] for metric in metrics}
    count = counts.pop()
    if counts:
        raise SchemaError("sums", [f"`units` of {arm!r} must be one number for all metrics: each is over all units"])
    return count


def _needed(metric: Metric, measure: Measure, *, is_sequential: bool) -> set[str]:
    needed = {"mean"} if isinstance(metric, Proportion) else {"mean", "variance"}
    if measure.second is not None:
        needed |= {"second_mean", "second_variance", "covariance"}
    return needed | ({"nonzero"} if is_sequential and not isinstance(metric, Proportion) else set())


def _column(
    rows: Mapping[tuple[str, str], Statistics], arms: Sequence[str], metric: Metric, name: str, *, is_needed: bool
) -> Floats:
    values = np.array([rows[arm, metric.name].get(name, np.nan) for arm in arms])
    if is_needed and not np.isfinite(values).all():
        raise SchemaError("sums", [f"`{name}` of {metric.name!r} is missing or infinite: it is needed for every arm"])
    return values


def _products(measure: Measure, table: Mapping[str, Floats], n: Floats) -> dict[Pair, Floats]:
    """Return sums of squares and products about the means of the arms."""
    i, j = measure.value, measure.second
    products = {(i, i): table["variance"] * (n - 1)}
    if j is not None:
        products |= {(i, j): table["covariance"] * (n - 1), (j, j): table["second_variance"] * (n - 1)}
    return products


def _about_centres(products: Mapping[Pair, Floats], sums: Floats, centres: Floats, n: Floats) -> dict[Pair, Floats]:
    """Return sums of products about the common centres."""
    shifts = sums - n * centres[:, None]
    return {(i, j): values + shifts[i] * shifts[j] / np.maximum(n, 1.0) for (i, j), values in products.items()}
