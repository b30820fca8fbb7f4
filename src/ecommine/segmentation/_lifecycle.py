"""Lifecycle: which stage every customer is in."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

import numpy as np
from narwhals.stable.v2.typing import IntoFrameT

from .._core.arrays import Ints
from .._core.checks import instance, one_of
from .._core.engines import tell_library_errors
from .._core.notes import Note
from .._core.results import Result
from .._core.tables import build_table
from .._core.texts import LOCALES, Locale, counted
from .._stats.arrays import divide
from ._customers.read import Moment, hand_back_customers
from ._life.careers import Careers, read_careers
from ._life.stages import FAR, NO_DAY, STAGES, Stages, stage_of
from ._summary import lifecycle_sentences
from ._words import other_names

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TableT_co = TypeVar("TableT_co", covariant=True)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Lifecycle(Result, Generic[TableT_co]):
    """The stage of every customer; made by :func:`ecommine.segmentation.lifecycle`.

    Attributes
    ----------
    table : table of the caller's library, one row per customer, sorted by customer_id
        customer_id; stage (a code); age_days (days since registration or first order, null where neither is known);
        recency (days since the last order, null without one); returned (whether two days with an order lie as far
        apart as `lost`).
    counts : eager table, one row per stage
        stage, customers, share.
    stages : Stages
        The limits.
    as_of : datetime
        The moment up to which orders count.
    notes : tuple of Note
        What was left out; :mod:`ecommine.segmentation` lists the codes.

    Examples
    --------
    >>> import pandas as pd
    >>> from ecommine import segmentation
    >>> orders = pd.DataFrame({"order_id": [1, 2], "customer_id": ["ann", "bob"], "amount": [9.0, 5.0],
    ...                        "ordered_at": pd.to_datetime(["2024-03-01", "2024-03-05"])})
    >>> segmentation.lifecycle(orders).headline
    'as of 2024-03-05 00:00, 2 customers'
    """

    table: TableT_co
    counts: Any
    stages: Stages
    as_of: datetime
    notes: tuple[Note, ...]
    _numbers: tuple[int, ...]

    @property
    def headline(self) -> str:
        """The first line of the display."""
        return f"as of {self.as_of:%Y-%m-%d %H:%M}, {counted(sum(self._numbers), 'customer')}"

    @property
    def tables(self) -> Mapping[str, Any]:
        """The tables by name."""
        return {"customers": self.table, "counts": self.counts}

    def summary(self, *, locale: Locale = "en") -> str:
        """Return two or three sentences: how many are in which stage, and whom to write to first."""
        one_of("locale", locale, LOCALES)
        return lifecycle_sentences(dict(zip(STAGES, self._numbers, strict=True)), self.stages.days, self.as_of, locale)

    def plot(self, ax: "Axes | None" = None, *, locale: Locale = "en") -> "Axes":
        """Draw the customers of each stage.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Where to draw; by default a new figure.
        locale : {"en", "zh"}
            The language of all text.
        """
        from ._plot import draw_stages

        one_of("locale", locale, LOCALES)
        return draw_stages(dict(zip(STAGES, self._numbers, strict=True)), self.as_of, ax, locale)


@tell_library_errors
@other_names(**{name: f"stages=Stages({name}=...)" for name in ("new", "growing", "declining", "lost")})
def lifecycle(
    orders: IntoFrameT,
    /,
    *,
    customers: object = None,
    as_of: Moment = None,
    stages: Stages = Stages(),  # noqa: B008  # frozen
) -> Lifecycle[IntoFrameT]:
    """Find the stage of every customer: lost, declining, new, growing or mature, the first that holds.

    Parameters
    ----------
    orders : table of order lines
        Any library's table with order_id, customer_id, ordered_at, and amount or quantity and unit_price. Returns and
        charges (line_type) make no order.
    customers : table of customers, optional
        Of the same library, with customer_id and registered_at: age then counts from the registration (or the first
        order, where that is earlier), and customers without an order are new, then never_ordered.
    as_of : datetime, date or ISO 8601 text, default the last time in the data
        Orders and registrations after it are left out. A bare date means the end of that day.
    stages : Stages
        The limits in calendar days, such as ``Stages(lost="365d")``.

    Returns
    -------
    Lifecycle
        Frozen. ``.table`` has one row per customer, ``.counts`` one per stage.

    Raises
    ------
    ecommine.SchemaError
        If a column is missing or of the wrong type, or a customer stands in `customers` twice.
    ValueError
        If `as_of` cannot be read or is before all lines.

    See Also
    --------
    ecommine.segmentation.transitions : how many go from one stage to another.

    Examples
    --------
    >>> import pandas as pd
    >>> from ecommine import segmentation
    >>> orders = pd.DataFrame({
    ...     "order_id": [1, 2, 3, 4],
    ...     "customer_id": ["ann", "ann", "bob", "eve"],
    ...     "ordered_at": pd.to_datetime(["2024-01-05", "2024-08-01", "2024-05-02", "2024-01-31"]),
    ...     "amount": [10.0, 20.0, 30.0, 7.0],
    ... })
    >>> segmentation.lifecycle(orders, as_of="2024-08-02").table
      customer_id      stage  age_days  recency  returned
    0         ann     mature       210        1      True
    1         bob  declining        92       92     False
    2         eve       lost       184      184     False
    """
    limits = instance("stages", stages, Stages).days
    careers = read_careers(orders, customers, as_of)
    has_order = careers.first < FAR
    is_known = careers.start > NO_DAY
    recency = np.where(has_order, careers.today - careers.last, 0)
    age = np.where(is_known, careers.today - careers.start, FAR)
    stage = stage_of(recency, age, has_order, limits)
    numbers = np.bincount(stage, minlength=len(STAGES))
    columns = {
        "customer_id": careers.labels,
        "stage": [STAGES[i] for i in stage],
        "age_days": _with_missing(age, is_known),
        "recency": _with_missing(recency, has_order),
        "returned": returned(careers, limits[-1]),
    }
    counts = {"stage": list(STAGES), "customers": numbers, "share": divide(numbers, numbers.sum())}
    return Lifecycle(
        table=cast(
            "IntoFrameT", hand_back_customers(columns, like=careers.like, samples={"age_days": 0, "recency": 0})
        ),
        counts=build_table(counts, like=careers.like),
        stages=stages,
        as_of=careers.as_of,
        notes=careers.notes,
        _numbers=tuple(numbers.tolist()),
    )


def _with_missing(values: Ints, is_known: Any) -> Any:
    """Return whole numbers, as they are where all are known."""
    if is_known.all():
        return values
    return [value if known else None for value, known in zip(values.tolist(), is_known.tolist(), strict=True)]


def returned(careers: Careers, lost: int) -> Any:
    """Return which customers came back: two days with an order so far apart that they were lost in between."""
    came_back = np.zeros(len(careers.labels), dtype=bool)
    if len(careers.day):
        gap = np.diff(careers.day)
        is_gap = (careers.customer[1:] == careers.customer[:-1]) & (gap >= lost)
        came_back[careers.customer[1:][is_gap]] = True
    return came_back
