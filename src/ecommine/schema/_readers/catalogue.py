"""Readers of products, customers, and sales by period.

Written by ``tools/write_readers.py`` from the declarations in ``schema/_model/tables.py``; change those, then run it.
"""

from typing import Literal

from narwhals.stable.v2.typing import IntoFrameT

from .._map.map import Check, Duplicates, map_table


def products(
    raw: IntoFrameT,
    /,
    *,
    product_id: str | None = None,
    category: str | None = None,
    brand: str | None = None,
    title: str | None = None,
    price: str | None = None,
    unit_cost: str | None = None,
    launched_at: str | None = None,
    timezone: str | None = None,
    format: str | None = None,
    decimal: Literal[".", ","] | None = None,
    check: Check = "values",
    duplicates: Duplicates = "keep",
) -> IntoFrameT:
    """Map a raw table to canonical ``products``.

    One row is a product. Required: ``product_id``. Other columns stay as they are.

    Parameters
    ----------
    raw : pandas, Polars, PyArrow, DuckDB or PySpark table
        The table as the shop exports it. Each keyword below names the column of ``raw`` that holds the
        canonical column; None takes the column of the same name, where there is one
        that no other keyword names.
    product_id : str, optional
        Product. Holds text or whole number.
    category : str, optional
        Category. Holds text.
    brand : str, optional
        Brand. Holds text.
    title : str, optional
        Name shown to customers. Holds text.
    price : str, optional
        List price of one unit. Holds 64-bit float, one currency, in currency per unit.
    unit_cost : str, optional
        What one unit costs the shop. Holds 64-bit float, one currency, in currency per unit.
    launched_at : str, optional
        First day on sale. Holds naive timestamp in the shop's own time, microseconds, in shop time.
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
    >>> raw = pd.DataFrame({"sku": ["a", "b"], "price": [3, 4]})
    >>> schema.products(raw, product_id="sku").price.tolist()
    [3.0, 4.0]
    """
    return map_table(
        raw,
        "products",
        {
            "product_id": product_id,
            "category": category,
            "brand": brand,
            "title": title,
            "price": price,
            "unit_cost": unit_cost,
            "launched_at": launched_at,
        },
        timezone=timezone,
        format=format,
        decimal=decimal,
        check=check,
        duplicates=duplicates,
    )


def customers(
    raw: IntoFrameT,
    /,
    *,
    customer_id: str | None = None,
    registered_at: str | None = None,
    birth_year: str | None = None,
    gender: str | None = None,
    country: str | None = None,
    city: str | None = None,
    channel: str | None = None,
    tier: str | None = None,
    timezone: str | None = None,
    format: str | None = None,
    decimal: Literal[".", ","] | None = None,
    check: Check = "values",
    duplicates: Duplicates = "keep",
) -> IntoFrameT:
    """Map a raw table to canonical ``customers``.

    One row is a customer. Required: ``customer_id``. Other columns stay as they are.

    Parameters
    ----------
    raw : pandas, Polars, PyArrow, DuckDB or PySpark table
        The table as the shop exports it. Each keyword below names the column of ``raw`` that holds the
        canonical column; None takes the column of the same name, where there is one
        that no other keyword names.
    customer_id : str, optional
        Customer. Holds text or whole number.
    registered_at : str, optional
        When the account was made. Holds naive timestamp in the shop's own time, microseconds, in shop time.
    birth_year : str, optional
        Year of birth. Holds whole or decimal number, in year.
    gender : str, optional
        Gender, as the shop writes it. Holds text.
    country : str, optional
        Country, as a code or a name. Holds text.
    city : str, optional
        City. Holds text.
    channel : str, optional
        Channel, such as web, app or shop. Holds text.
    tier : str, optional
        Membership tier. Holds text.
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
    >>> raw = pd.DataFrame({"id": [1, 2], "birth_year": [1980, 1990]})
    >>> schema.customers(raw, customer_id="id").columns.tolist()
    ['customer_id', 'birth_year']
    """
    return map_table(
        raw,
        "customers",
        {
            "customer_id": customer_id,
            "registered_at": registered_at,
            "birth_year": birth_year,
            "gender": gender,
            "country": country,
            "city": city,
            "channel": channel,
            "tier": tier,
        },
        timezone=timezone,
        format=format,
        decimal=decimal,
        check=check,
        duplicates=duplicates,
    )


def sales(
    raw: IntoFrameT,
    /,
    *,
    product_id: str | None = None,
    quantity: str | None = None,
    period_at: str | None = None,
    units_sold: str | None = None,
    returned: str | None = None,
    revenue: str | None = None,
    price: str | None = None,
    price_low: str | None = None,
    price_high: str | None = None,
    unit_cost: str | None = None,
    promotion: str | None = None,
    category: str | None = None,
    competitor_price: str | None = None,
    store_id: str | None = None,
    in_stock: str | None = None,
    complete: str | None = None,
    timezone: str | None = None,
    format: str | None = None,
    decimal: Literal[".", ","] | None = None,
    check: Check = "values",
    duplicates: Duplicates = "keep",
) -> IntoFrameT:
    """Map a raw table to canonical ``sales``.

    One row is a product in a period (and a store). Required: ``product_id``, ``quantity``. Other columns stay
    as they are.

    Parameters
    ----------
    raw : pandas, Polars, PyArrow, DuckDB or PySpark table
        The table as the shop exports it. Each keyword below names the column of ``raw`` that holds the
        canonical column; None takes the column of the same name, where there is one
        that no other keyword names.
    product_id : str, optional
        Product. Holds text or whole number.
    quantity : str, optional
        Units sold less units returned; null where it was out of stock. Holds whole or decimal number, in
        units.
    period_at : str, optional
        Start of the period. Holds naive timestamp in the shop's own time, microseconds, in shop time.
    units_sold : str, optional
        Units ordered in the period; null where it was out of stock. Holds whole or decimal number, in units.
    returned : str, optional
        Units that came back in the period. Holds whole or decimal number, in units.
    revenue : str, optional
        Money of all lines of the period, returns included. Holds 64-bit float, one currency, in currency.
    price : str, optional
        Price of one unit in the period. Holds 64-bit float, one currency, in currency per unit.
    price_low : str, optional
        Lowest unit price at which it was sold. Holds 64-bit float, one currency, in currency per unit.
    price_high : str, optional
        Highest unit price at which it was sold. Holds 64-bit float, one currency, in currency per unit.
    unit_cost : str, optional
        What one unit cost the shop. Holds 64-bit float, one currency, in currency per unit.
    promotion : str, optional
        Whether a promotion ran; null where nothing was sold. Holds true or false.
    category : str, optional
        Product category. Holds text.
    competitor_price : str, optional
        Price at the competitor. Holds 64-bit float, one currency, in currency per unit.
    store_id : str, optional
        Store or warehouse. Holds text or whole number.
    in_stock : str, optional
        How long it could be bought. Holds 64-bit float in [0, 1], in share of the period.
    complete : str, optional
        Whether the period was over when the table was made. Holds true or false.
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
    >>> week = pd.to_datetime(["2024-04-29"])
    >>> raw = pd.DataFrame({"sku": ["a"], "week": week, "quantity": [12], "price": [3.5]})
    >>> schema.sales(raw, product_id="sku", period_at="week").columns.tolist()
    ['product_id', 'period_at', 'quantity', 'price']
    """
    return map_table(
        raw,
        "sales",
        {
            "product_id": product_id,
            "quantity": quantity,
            "period_at": period_at,
            "units_sold": units_sold,
            "returned": returned,
            "revenue": revenue,
            "price": price,
            "price_low": price_low,
            "price_high": price_high,
            "unit_cost": unit_cost,
            "promotion": promotion,
            "category": category,
            "competitor_price": competitor_price,
            "store_id": store_id,
            "in_stock": in_stock,
            "complete": complete,
        },
        timezone=timezone,
        format=format,
        decimal=decimal,
        check=check,
        duplicates=duplicates,
    )
