"""Segments of customers who are alike: learned once, applied to later tables."""

from collections.abc import Sequence
from typing import Any, Literal

import narwhals.stable.v2 as nw
import numpy as np
from narwhals.stable.v2.typing import IntoFrameT

from .._core.arrays import Bools, Floats, Ints
from .._core.checks import integer
from .._core.engines import tell_library_errors
from .._core.frames import opened
from .._core.texts import counted
from .._stats.arrays import divide, sums_by_group
from ._customers.matrix import checked_columns, column_values, known_rows, learn_scale
from ._groups.stability import Choice, one_thread, seed_of, stable_clusters
from ._groups.structure import find_structure
from ._segments import COLUMNS, MAX_SEGMENTS, N_STARTS, SegmentModel, Segments, period_of, segments_of, sorted_customers
from ._words import other_names


@tell_library_errors
@other_names(n_clusters="n_segments=")
def fit(
    features: IntoFrameT,
    /,
    *,
    columns: Sequence[str] = COLUMNS,
    n_segments: int | Literal["auto"] = "auto",
    rng: int | np.random.Generator = 0,
) -> Segments[IntoFrameT]:
    r"""Find segments of customers who are alike, by K-Means on logs of orders per month and order value.

    Fewer and better columns find more than many: days since the last order find the calendar, and totals grow with
    the time that a customer is known. Customers with one order have no rate of their own and are a segment by rule.

    Parameters
    ----------
    features : table of customers
        As :func:`ecommine.segmentation.features` makes it: one row per customer with customer_id, orders and the
        columns.
    columns : sequence of str
        What customers are compared by. Rates, money and lengths of time of `features` are taken in logs, so that the
        unit of the currency does not matter; all columns in standard deviations.
    n_segments : "auto" or int
        "auto" takes the largest number up to 8 whose weakest segment is as stable as that of any other, within .02;
        a note says where another draw of chance may take another. (`Segmentation` has scikit-learn's ``n_clusters``.)
    rng : int or numpy.random.Generator
        Source of chance.

    Returns
    -------
    Segments
        Frozen. ``.table`` has the segment of each customer.

    Raises
    ------
    ValueError
        If a column is missing or no number, a customer has two rows, or there are fewer customers with two orders than
        segments.

    See Also
    --------
    ecommine.segmentation.Segmentation : the same as a scikit-learn estimator, on numbers.
    ecommine.segmentation.profile : what makes each segment different.

    Notes
    -----
    Two questions are kept apart. Whether customers fall into separate groups is tested by the dip of customers with
    three orders (`verdict`); how many segments are useful is chosen by stability, which finds stable cuts of one cloud
    as well.

    References
    ----------
    Hartigan, J. A. and Hartigan, P. M. (1985). The dip test of unimodality. Annals of Statistics 13(1), 70-84.
    https://doi.org/10.1214/aos/1176346577

    Hennig, C. (2007). Cluster-wise assessment of cluster stability. Computational Statistics & Data Analysis 52(1),
    258-271. https://doi.org/10.1016/j.csda.2006.11.025

    Examples
    --------
    >>> import pandas as pd
    >>> from ecommine import segmentation
    >>> customers = pd.DataFrame({"customer_id": range(40), "orders": 9,
    ...                           "orders_per_month": [*[4.0, 4.5] * 10, *[0.5, 0.6] * 10],
    ...                           "average_order_value": [*[90.0, 95.0] * 10, *[15.0, 14.0] * 10]})
    >>> segments = segmentation.fit(customers, n_segments=2)
    >>> segments.table["segment"].value_counts().to_dict(), segments.verdict
    ({'segment_1': 20, 'segment_2': 20}, 'too few to tell')
    """
    is_auto = isinstance(n_segments, str) and n_segments == "auto"
    number = None if is_auto else integer("n_segments", n_segments, low=1, high=MAX_SEGMENTS)
    random = np.random.RandomState(seed_of(rng))
    like = opened(features, argument="features")
    frame = sorted_customers(like, "features")
    names = checked_columns(frame, columns)
    with one_thread():
        model = _learn(frame, names, number, random)
    return segments_of(frame, like, model)


def _learn(
    frame: nw.DataFrame[Any], names: tuple[str, ...], number: int | None, random: np.random.RandomState
) -> SegmentModel:
    values = [column_values(frame, name) for name in names]
    learners = known_rows(values, len(frame)) & (column_values(frame, "orders") > 1)
    n = int(learners.sum())
    if n < max(number or 2, 2):
        raise ValueError(
            f"`features` has {counted(n, 'customer')} with two orders and all of {', '.join(names)}, too few for "
            f"{'segments' if number is None else counted(number, 'segment')}"
        )
    scales = tuple(learn_scale(name, column[learners]) for name, column in zip(names, values, strict=True))
    matrix = np.column_stack([scale.apply(column[learners]) for scale, column in zip(scales, values, strict=True)])
    found = stable_clusters(matrix, number, n_init=N_STARTS, random=random)
    centers, labels = found.clusters
    order = _by_value(frame, learners, values[0], labels, len(centers))
    return SegmentModel(
        scales=scales,
        centers=centers[order],
        period=period_of(frame, "features"),
        jaccard=tuple(found.jaccard[order].tolist()),
        choices=tuple(_choice(choice) for choice in found.choices),
        alternatives=found.alternatives,
        asked=number,
        structure=find_structure(frame, scales, learners, random),
    )


def _choice(choice: Choice) -> tuple[int, float, float]:
    return choice.n_clusters, float(choice.jaccard.min()), float(choice.jaccard.mean())


def _by_value(frame: nw.DataFrame[Any], learners: Bools, first: Floats, labels: Ints, n: int) -> Ints:
    """Return the order of segments by money per customer; by the first column where money is not known."""
    money = column_values(frame, "monetary") if "monetary" in frame.columns else first
    mean = divide(sums_by_group(labels, np.nan_to_num(money[learners]), n), np.bincount(labels, minlength=n))
    return np.argsort(-mean, kind="stable")
