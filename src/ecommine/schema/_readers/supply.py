"""Readers of stock, purchases from suppliers, deliveries.

Written by ``tools/write_readers.py`` from the declarations in ``schema/_model/tables.py``; change those, then run it.
"""

from typing import Literal

from narwhals.stable.v2.typing import IntoFrameT

from .._map.map import Check, Duplicates, map_table


def stock(
    raw: IntoFrameT,
    /,
    *,
    product_id: str | None = None,
    stocked_at: str | None = None,
    on_hand: str | None = None,
    on_order: str | None = None,
    store_id: str | None = None,
    timezone: str | None = None,
    format: str | None = None,
    decimal: Literal[".", ","] | None = None,
    check: Check = "values",
    duplicates: Duplicates = "keep",
) -> IntoFrameT:
    """Map a raw table to canonical ``stock``.

    One row is a product on a day (in a store). Required: ``product_id``, ``stocked_at``, ``on_hand``. Other
    columns stay as they are.

    Parameters
    ----------
    raw : pandas, Polars, PyArrow, DuckDB or PySpark table
        The table as the shop exports it. Each keyword below names the column of ``raw`` that holds the
        canonical column; None takes the column of the same name, where there is one
        that no other keyword names.
    product_id : str, optional
        Product. Holds text or whole number.
    stocked_at : str, optional
        The day. Holds naive timestamp in the shop's own time, microseconds, in shop time.
    on_hand : str, optional
        Units that can be sold. Holds whole or decimal number, in units.
    on_order : str, optional
        Units on their way from suppliers. Holds whole or decimal number, in units.
    store_id : str, optional
        Store or warehouse. Holds text or whole number.
    timezone : str, optional
        The shop's zone, such as "Asia/Shanghai": times with a zone are converted to it. Naive times are the
        shop's own.
    format : str, optional
        The format of times that are text ("%d.%m.%Y %H:%M", "iso8601"), numbers ("%Y%m%d"), counts ("unix_s",
        "unix_ms", "unix_us") or days of Excel ("excel", or "excel1904" where the workbook counts from 1904, as those
        of older Macs do). A zone written in it, such as the Z of
        "%Y-%m-%dT%H:%M:%SZ", is the zone of the times.
    decimal : {".", ","}, optional
        The decimal mark of numbers that are text. None reads what can only be one number ("1,234.50", "￥99",
        "(20.00)") and refuses the rest ("7,50").
    check : {"values", "types"}, default "values"
        "types" leaves out the pass over the values.
    duplicates : {"keep", "drop"}, default "keep"
        Whether exact copies of a row are dropped, with a warning that counts them.

    Returns
    -------
    table of the same library
        Canonical names and types; lazy where ``raw`` is lazy.

    Raises
    ------
    SchemaError
        If names, types or values are wrong: one error with all problems of names and types, or else all of values.

    Examples
    --------
    >>> import pandas as pd
    >>> from ecommine import schema
    >>> raw = pd.DataFrame({"sku": ["a"], "day": pd.to_datetime(["2024-05-01"]), "on_hand": [3]})
    >>> schema.stock(raw, product_id="sku", stocked_at="day").on_hand.tolist()
    [3]
    """
    return map_table(
        raw,
        "stock",
        {
            "product_id": product_id,
            "stocked_at": stocked_at,
            "on_hand": on_hand,
            "on_order": on_order,
            "store_id": store_id,
        },
        timezone=timezone,
        format=format,
        decimal=decimal,
        check=check,
        duplicates=duplicates,
    )


def purchases(
    raw: IntoFrameT,
    /,
    *,
    product_id: str | None = None,
    supplier_id: str | None = None,
    ordered_at: str | None = None,
    received_at: str | None = None,
    quantity: str | None = None,
    unit_cost: str | None = None,
    promised_at: str | None = None,
    rejected_quantity: str | None = None,
    timezone: str | None = None,
    format: str | None = None,
    decimal: Literal[".", ","] | None = None,
    check: Check = "values",
    duplicates: Duplicates = "keep",
) -> IntoFrameT:
    """Map a raw table to canonical ``purchases``.

    One row is a line ordered from a supplier. Required: ``product_id``, ``supplier_id``, ``ordered_at``,
    ``received_at``, ``quantity``. Other columns stay as they are.

    Parameters
    ----------
    raw : pandas, Polars, PyArrow, DuckDB or PySpark table
        The table as the shop exports it. Each keyword below names the column of ``raw`` that holds the
        canonical column; None takes the column of the same name, where there is one
        that no other keyword names.
    product_id : str, optional
        Product. Holds text or whole number.
    supplier_id : str, optional
        Supplier. Holds text or whole number.
    ordered_at : str, optional
        When it was ordered. Holds naive timestamp in the shop's own time, microseconds, in shop time.
    received_at : str, optional
        When it arrived; null while it is open. Holds naive timestamp in the shop's own time, microseconds, in
        shop time.
    quantity : str, optional
        Units ordered. Holds whole or decimal number, in units.
    unit_cost : str, optional
        What one unit costs the shop. Holds 64-bit float, one currency, in currency per unit.
    promised_at : str, optional
        When the supplier promised it. Holds naive timestamp in the shop's own time, microseconds, in shop
        time.
    rejected_quantity : str, optional
        Units refused on arrival. Holds whole or decimal number, in units.
    timezone : str, optional
        The shop's zone, such as "Asia/Shanghai": times with a zone are converted to it. Naive times are the
        shop's own.
    format : str, optional
        The format of times that are text ("%d.%m.%Y %H:%M", "iso8601"), numbers ("%Y%m%d"), counts ("unix_s",
        "unix_ms", "unix_us") or days of Excel ("excel", or "excel1904" where the workbook counts from 1904, as those
        of older Macs do). A zone written in it, such as the Z of
        "%Y-%m-%dT%H:%M:%SZ", is the zone of the times.
    decimal : {".", ","}, optional
        The decimal mark of numbers that are text. None reads what can only be one number ("1,234.50", "￥99",
        "(20.00)") and refuses the rest ("7,50").
    check : {"values", "types"}, default "values"
        "types" leaves out the pass over the values.
    duplicates : {"keep", "drop"}, default "keep"
        Whether exact copies of a row are dropped, with a warning that counts them.

    Returns
    -------
    table of the same library
        Canonical names and types; lazy where ``raw`` is lazy.

    Raises
    ------
    SchemaError
        If names, types or values are wrong: one error with all problems of names and types, or else all of values.

    Examples
    --------
    >>> import pandas as pd
    >>> from ecommine import schema
    >>> day = pd.to_datetime(["2024-05-01"])
    >>> raw = pd.DataFrame({"product_id": ["a"], "supplier_id": [1], "ordered_at": day, "quantity": [10]})
    >>> raw["received_at"] = None
    >>> schema.purchases(raw).received_at.isna().tolist()
    [True]
    """
    return map_table(
        raw,
        "purchases",
        {
            "product_id": product_id,
            "supplier_id": supplier_id,
            "ordered_at": ordered_at,
            "received_at": received_at,
            "quantity": quantity,
            "unit_cost": unit_cost,
            "promised_at": promised_at,
            "rejected_quantity": rejected_quantity,
        },
        timezone=timezone,
        format=format,
        decimal=decimal,
        check=check,
        duplicates=duplicates,
    )


def deliveries(
    raw: IntoFrameT,
    /,
    *,
    order_id: str | None = None,
    shipped_at: str | None = None,
    delivered_at: str | None = None,
    promised_at: str | None = None,
    carrier: str | None = None,
    origin: str | None = None,
    destination: str | None = None,
    cost: str | None = None,
    timezone: str | None = None,
    format: str | None = None,
    decimal: Literal[".", ","] | None = None,
    check: Check = "values",
    duplicates: Duplicates = "keep",
) -> IntoFrameT:
    """Map a raw table to canonical ``deliveries``.

    One row is a parcel. Required: ``order_id``, ``shipped_at``, ``delivered_at``. Other columns stay as they
    are.

    Parameters
    ----------
    raw : pandas, Polars, PyArrow, DuckDB or PySpark table
        The table as the shop exports it. Each keyword below names the column of ``raw`` that holds the
        canonical column; None takes the column of the same name, where there is one
        that no other keyword names.
    order_id : str, optional
        Order. Holds text or whole number.
    shipped_at : str, optional
        When it left; null while it is waiting. Holds naive timestamp in the shop's own time, microseconds, in
        shop time.
    delivered_at : str, optional
        When it arrived; null while it is under way. Holds naive timestamp in the shop's own time,
        microseconds, in shop time.
    promised_at : str, optional
        When it was promised to arrive. Holds naive timestamp in the shop's own time, microseconds, in shop
        time.
    carrier : str, optional
        Carrier. Holds text.
    origin : str, optional
        Where it left. Holds text.
    destination : str, optional
        Where it went. Holds text.
    cost : str, optional
        What shipping cost the shop. Holds 64-bit float, one currency, in currency.
    timezone : str, optional
        The shop's zone, such as "Asia/Shanghai": times with a zone are converted to it. Naive times are the
        shop's own.
    format : str, optional
        The format of times that are text ("%d.%m.%Y %H:%M", "iso8601"), numbers ("%Y%m%d"), counts ("unix_s",
        "unix_ms", "unix_us") or days of Excel ("excel", or "excel1904" where the workbook counts from 1904, as those
        of older Macs do). A zone written in it, such as the Z of
        "%Y-%m-%dT%H:%M:%SZ", is the zone of the times.
    decimal : {".", ","}, optional
        The decimal mark of numbers that are text. None reads what can only be one number ("1,234.50", "￥99",
        "(20.00)") and refuses the rest ("7,50").
    check : {"values", "types"}, default "values"
        "types" leaves out the pass over the values.
    duplicates : {"keep", "drop"}, default "keep"
        Whether exact copies of a row are dropped, with a warning that counts them.

    Returns
    -------
    table of the same library
        Canonical names and types; lazy where ``raw`` is lazy.

    Raises
    ------
    SchemaError
        If names, types or values are wrong: one error with all problems of names and types, or else all of values.

    Examples
    --------
    >>> import pandas as pd
    >>> from ecommine import schema
    >>> day = pd.to_datetime(["2024-05-01"])
    >>> raw = pd.DataFrame({"order_id": [1], "out": day, "in": day + pd.Timedelta(days=2)})
    >>> schema.deliveries(raw, shipped_at="out", delivered_at="in").columns.tolist()
    ['order_id', 'shipped_at', 'delivered_at']
    """
    return map_table(
        raw,
        "deliveries",
        {
            "order_id": order_id,
            "shipped_at": shipped_at,
            "delivered_at": delivered_at,
            "promised_at": promised_at,
            "carrier": carrier,
            "origin": origin,
            "destination": destination,
            "cost": cost,
        },
        timezone=timezone,
        format=format,
        decimal=decimal,
        check=check,
        duplicates=duplicates,
    )
