"""Readers of what was sold: lines of orders, baskets alone.

Written by ``tools/write_readers.py`` from the declarations in ``schema/_model/tables.py``; change those, then run it.
"""

from typing import Literal

from narwhals.stable.v2.typing import IntoFrameT

from .._map.map import Check, Duplicates, map_table


def orders(
    raw: IntoFrameT,
    /,
    *,
    order_id: str | None = None,
    customer_id: str | None = None,
    ordered_at: str | None = None,
    amount: str | None = None,
    product_id: str | None = None,
    quantity: str | None = None,
    unit_price: str | None = None,
    discount: str | None = None,
    unit_cost: str | None = None,
    line_type: str | None = None,
    category: str | None = None,
    channel: str | None = None,
    device: str | None = None,
    country: str | None = None,
    currency: str | None = None,
    store_id: str | None = None,
    promotion: str | None = None,
    coupon: str | None = None,
    payment_method: str | None = None,
    timezone: str | None = None,
    format: str | None = None,
    decimal: Literal[".", ","] | None = None,
    check: Check = "values",
    duplicates: Duplicates = "keep",
) -> IntoFrameT:
    """Map a raw table to canonical ``orders``.

    One row is an order line. Required: ``order_id``, ``customer_id``, ``ordered_at``, and ``amount`` or
    ``quantity`` and ``unit_price``. Other columns stay as they are.

    Parameters
    ----------
    raw : pandas, Polars, PyArrow, DuckDB or PySpark table
        The table as the shop exports it. Each keyword below names the column of ``raw`` that holds the
        canonical column; None takes the column of the same name, where there is one
        that no other keyword names.
    order_id : str, optional
        Order; all its lines carry it. Holds text or whole number.
    customer_id : str, optional
        Customer; null is a guest order, or a further line of one with a customer. Holds text or whole number.
    ordered_at : str, optional
        When it was ordered. Holds naive timestamp in the shop's own time, microseconds, in shop time.
    amount : str, optional
        Money of the line, negative for a return; quantity x unit_price - discount where not given. Holds
        64-bit float, one currency, in currency.
    product_id : str, optional
        Product. Holds text or whole number.
    quantity : str, optional
        Units, negative for a return. Holds whole or decimal number, in units.
    unit_price : str, optional
        Price of one unit before discount. Holds 64-bit float, one currency, in currency per unit.
    discount : str, optional
        Reduction on the whole line, positive. Holds 64-bit float, one currency, in currency.
    unit_cost : str, optional
        What one unit cost the shop. Holds 64-bit float, one currency, in currency per unit.
    line_type : str, optional
        What the line is; null is a product. One of product, shipping, fee, adjustment, gift, discount.
    category : str, optional
        Product category. Holds text.
    channel : str, optional
        Channel, such as web, app or shop. Holds text.
    device : str, optional
        Device, such as mobile or desktop. Holds text.
    country : str, optional
        Country, as a code or a name. Holds text.
    currency : str, optional
        Currency code, such as EUR. Holds text.
    store_id : str, optional
        Store or warehouse. Holds text or whole number.
    promotion : str, optional
        Promotion. Holds text.
    coupon : str, optional
        Coupon code. Holds text.
    payment_method : str, optional
        How it was paid. Holds text.
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
    >>> raw = pd.DataFrame({"Order": [1, 1, 2], "Kunde": ["a", "a", None], "EUR": [9.5, 3.0, 4.0]})
    >>> raw["Datum"] = "2024-05-01"
    >>> schema.orders(raw, order_id="Order", customer_id="Kunde", ordered_at="Datum", amount="EUR",
    ...               format="%Y-%m-%d").dtypes.ordered_at
    dtype('<M8[us]')
    """
    return map_table(
        raw,
        "orders",
        {
            "order_id": order_id,
            "customer_id": customer_id,
            "ordered_at": ordered_at,
            "amount": amount,
            "product_id": product_id,
            "quantity": quantity,
            "unit_price": unit_price,
            "discount": discount,
            "unit_cost": unit_cost,
            "line_type": line_type,
            "category": category,
            "channel": channel,
            "device": device,
            "country": country,
            "currency": currency,
            "store_id": store_id,
            "promotion": promotion,
            "coupon": coupon,
            "payment_method": payment_method,
        },
        timezone=timezone,
        format=format,
        decimal=decimal,
        check=check,
        duplicates=duplicates,
    )


def baskets(
    raw: IntoFrameT,
    /,
    *,
    order_id: str | None = None,
    product_id: str | None = None,
    timezone: str | None = None,
    format: str | None = None,
    decimal: Literal[".", ","] | None = None,
    check: Check = "values",
    duplicates: Duplicates = "keep",
) -> IntoFrameT:
    """Map a raw table to canonical ``baskets``.

    One row is a product of an order. Required: ``order_id``, ``product_id``. Other columns stay as they are.

    Parameters
    ----------
    raw : pandas, Polars, PyArrow, DuckDB or PySpark table
        The table as the shop exports it. Each keyword below names the column of ``raw`` that holds the
        canonical column; None takes the column of the same name, where there is one
        that no other keyword names.
    order_id : str, optional
        Order, receipt or basket. Holds text or whole number.
    product_id : str, optional
        Product. Holds text or whole number.
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
    >>> raw = pd.DataFrame({"basket": [1, 1, 2], "item": ["a", "b", "a"]})
    >>> schema.baskets(raw, order_id="basket", product_id="item").columns.tolist()
    ['order_id', 'product_id']
    """
    return map_table(
        raw,
        "baskets",
        {
            "order_id": order_id,
            "product_id": product_id,
        },
        timezone=timezone,
        format=format,
        decimal=decimal,
        check=check,
        duplicates=duplicates,
    )
