"""Small tables of `sales` and `stock` for the tests of this topic."""

import numpy as np
import pandas as pd


def sales(units, *, start="2024-01-01", freq="7D", names=None, **columns):
    """Make `sales` of an array (n_series, n_periods); NaN has no row, other columns are arrays of the same shape."""
    units = np.asarray(units, dtype=float)
    series, period = np.nonzero(~np.isnan(units))
    digits = 2 if len(units) <= 100 else 4
    names = np.asarray(names if names is not None else [f"p{i:0{digits}d}" for i in range(len(units))], dtype=object)
    days = pd.date_range(start, periods=units.shape[1], freq=freq).astype("datetime64[us]")
    more = {name: np.asarray(values)[series, period] for name, values in columns.items()}
    return pd.DataFrame(
        {"product_id": names[series], "period_at": days[period], "quantity": units[series, period], **more}
    )


def stock(on_hand, *, start="2024-01-01", names=None, **columns):
    """Make `stock` of an array (n_series, n_days); NaN has no row."""
    table = sales(on_hand, start=start, freq="D", names=names, **columns)
    return table.rename(columns={"quantity": "on_hand", "period_at": "stocked_at"})


def in_order(table, rng):
    """Return the rows of a table in another order."""
    return table.sample(frac=1, random_state=int(rng)).reset_index(drop=True)
