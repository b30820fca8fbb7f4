"""The long table of Nixtla's libraries: statsforecast, mlforecast, neuralforecast and utilsforecast."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from .._core.engines import tell_library_errors
from .._core.frames import hand_back
from .._core.notes import Note
from .._core.tables import build_table
from .._core.texts import counted
from ..schema._for_topics import Every, warn
from ._panel.series import read_panel


@tell_library_errors
def to_nixtla(
    sales: object,
    /,
    *,
    every: Every | None = None,
    by: Sequence[str] = ("product_id",),
    as_of: datetime | date | str | int | None = None,
) -> Any:
    """Return demand in the long form of statsforecast and its sister libraries: unique_id, ds, y.

    Those libraries take rows as consecutive periods and know no missing demand. Here every period has a row from the
    first known one of a series on, with 0 where nothing was sold; where demand is not known, as when it was out of
    stock, y is null: fill it before a model sees it, or drop the series.

    Parameters
    ----------
    sales : table
        Canonical ``sales``.
    every : {"1d", "1w", "1mo", "1q", "1y"}, optional
        Length of a period; by default as the dates show it.
    by : sequence of str, default ("product_id",)
        Columns whose values make a series.
    as_of : datetime, date, ISO 8601 text or int, default the last complete period
        Later periods are left out.

    Returns
    -------
    table of the library of ``sales``
        unique_id, the id where ``by`` is one column, else the ids as text with "/" between them; ds, the first moment
        of the period, or its number; y, units (float). Sorted by series and period.

    Raises
    ------
    SchemaError
        If columns are missing or of a wrong type, or rows are repeated.
    TypeError, ValueError
        If an option cannot be read, or `every` is not given and the dates do not show it.

    Warns
    -----
    DataWarning
        With the number of periods whose demand is not known.

    Examples
    --------
    >>> import pandas as pd
    >>> from ecommine import forecasting
    >>> sales = pd.DataFrame({"product_id": ["tea"] * 3, "quantity": [3, 5, 4],
    ...                       "period_at": pd.to_datetime(["2024-01-01", "2024-01-08", "2024-01-22"])})
    >>> forecasting.to_nixtla(sales, every="1w")
      unique_id         ds    y
    0       tea 2024-01-01  3.0
    1       tea 2024-01-08  5.0
    2       tea 2024-01-15  0.0
    3       tea 2024-01-22  4.0
    """
    panel = read_panel(sales, every=every, by=by, as_of=as_of)
    has_begun = np.logical_or.accumulate(~np.isnan(panel.demand), axis=1)
    series, period = np.nonzero(has_begun)
    demand = panel.demand[has_begun]
    ids = next(iter(panel.ids.values())) if len(panel.ids) == 1 else _joined(list(panel.ids.values()))
    table = build_table(
        {"unique_id": ids[series], "ds": panel.periods.starts[period], "y": demand},
        like=panel.like,
        samples={"unique_id": ""},
    )
    frame = nw.from_native(table, eager_only=True).with_columns(nw.col("ds").cast(panel.period_type))
    n_unknown = int(np.isnan(demand).sum())
    text = f"{counted(n_unknown, 'period')} of unknown demand, such as out of stock: y is null, fill it before a model"
    warn([*panel.notes, *([Note(text, code="demand_unknown", count=n_unknown)] if n_unknown else [])], stacklevel=3)
    return hand_back(frame, like=panel.like)


def _joined(columns: list[Any]) -> Any:
    return np.array(["/".join(map(str, values)) for values in zip(*columns, strict=True)], dtype=object)
