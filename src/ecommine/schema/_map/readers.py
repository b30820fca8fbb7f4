"""The readers: one function per canonical table, one keyword per column.

Written by ``tools/write_readers.py`` from the declarations in ``schema/_model/tables.py``; change those, then run it.
"""

from collections.abc import Mapping
from typing import Literal

from narwhals.stable.v2.typing import IntoFrameT

from .map import Check, Duplicates, map_table


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
        Customer; null is a guest order. Holds text or whole number.
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
        "unix_ms", "unix_us") or days of Excel ("excel"). A zone written in it, such as the Z of
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
        "unix_ms", "unix_us") or days of Excel ("excel"). A zone written in it, such as the Z of
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


def events(
    raw: IntoFrameT,
    /,
    *,
    visitor_id: str | None = None,
    event: str | None = None,
    occurred_at: str | None = None,
    customer_id: str | None = None,
    session_id: str | None = None,
    product_id: str | None = None,
    page: str | None = None,
    position: str | None = None,
    result_count: str | None = None,
    query: str | None = None,
    value: str | None = None,
    channel: str | None = None,
    device: str | None = None,
    country: str | None = None,
    campaign: str | None = None,
    timezone: str | None = None,
    format: str | None = None,
    decimal: Literal[".", ","] | None = None,
    names: Mapping[str, str] | None = None,
    check: Check = "values",
    duplicates: Duplicates = "keep",
) -> IntoFrameT:
    """Map a raw table to canonical ``events``.

    One row is one action of a visitor. Required: ``visitor_id``, ``event``, ``occurred_at``. Other columns
    stay as they are.

    Parameters
    ----------
    raw : pandas, Polars, PyArrow, DuckDB or PySpark table
        The table as the shop exports it. Each keyword below names the column of ``raw`` that holds the
        canonical column; None takes the column of the same name, where there is one
        that no other keyword names.
    visitor_id : str, optional
        Visitor: a browser or a device. Holds text or whole number.
    event : str, optional
        What happened, by its GA4 name. Holds text.
    occurred_at : str, optional
        When it happened. Holds naive timestamp in the shop's own time, microseconds, in shop time.
    customer_id : str, optional
        Customer. Holds text or whole number.
    session_id : str, optional
        Session. Holds text or whole number.
    product_id : str, optional
        Product. Holds text or whole number.
    page : str, optional
        Page or screen. Holds text.
    position : str, optional
        Rank in the list that was shown, 1 is the first. Holds whole or decimal number, in rank.
    result_count : str, optional
        Results of a search. Holds whole or decimal number, in results.
    query : str, optional
        Text that was searched for. Holds text.
    value : str, optional
        Money of the event. Holds 64-bit float, one currency, in currency.
    channel : str, optional
        Channel, such as web, app or shop. Holds text.
    device : str, optional
        Device, such as mobile or desktop. Holds text.
    country : str, optional
        Country, as a code or a name. Holds text.
    campaign : str, optional
        Campaign. Holds text.
    timezone : str, optional
        The shop's zone, such as "Asia/Shanghai": times with a zone are converted to it. Naive times are the
        shop's own.
    format : str, optional
        The format of times that are text ("%d.%m.%Y %H:%M", "iso8601"), numbers ("%Y%m%d"), counts ("unix_s",
        "unix_ms", "unix_us") or days of Excel ("excel"). A zone written in it, such as the Z of
        "%Y-%m-%dT%H:%M:%SZ", is the zone of the times.
    decimal : {".", ","}, optional
        The decimal mark of numbers that are text. None reads what can only be one number ("1,234.50", "￥99",
        "(20.00)") and refuses the rest ("7,50").
    names : mapping of str to str, optional
        The shop's own names of events, each with the name that it gets, one of `EVENT_NAMES`:
        {"加购": "add_to_cart"}.
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
    >>> raw = pd.DataFrame({"visitor": [7], "event": ["pv"], "ts": [1714521600]})
    >>> schema.events(raw, visitor_id="visitor", occurred_at="ts", format="unix_s",
    ...               timezone="Asia/Shanghai").occurred_at[0]
    Timestamp('2024-05-01 08:00:00')
    """
    return map_table(
        raw,
        "events",
        {
            "visitor_id": visitor_id,
            "event": event,
            "occurred_at": occurred_at,
            "customer_id": customer_id,
            "session_id": session_id,
            "product_id": product_id,
            "page": page,
            "position": position,
            "result_count": result_count,
            "query": query,
            "value": value,
            "channel": channel,
            "device": device,
            "country": country,
            "campaign": campaign,
        },
        timezone=timezone,
        format=format,
        decimal=decimal,
        check=check,
        duplicates=duplicates,
        names=names,
    )


def links(
    raw: IntoFrameT,
    /,
    *,
    visitor_id: str | None = None,
    customer_id: str | None = None,
    linked_at: str | None = None,
    timezone: str | None = None,
    format: str | None = None,
    decimal: Literal[".", ","] | None = None,
    check: Check = "values",
    duplicates: Duplicates = "keep",
) -> IntoFrameT:
    """Map a raw table to canonical ``links``.

    One row is a visitor known to be a customer. Required: ``visitor_id``, ``customer_id``. Other columns stay
    as they are.

    Parameters
    ----------
    raw : pandas, Polars, PyArrow, DuckDB or PySpark table
        The table as the shop exports it. Each keyword below names the column of ``raw`` that holds the
        canonical column; None takes the column of the same name, where there is one
        that no other keyword names.
    visitor_id : str, optional
        Visitor: a browser or a device. Holds text or whole number.
    customer_id : str, optional
        Customer. Holds text or whole number.
    linked_at : str, optional
        When the visitor was recognised, such as a login. Holds naive timestamp in the shop's own time,
        microseconds, in shop time.
    timezone : str, optional
        The shop's zone, such as "Asia/Shanghai": times with a zone are converted to it. Naive times are the
        shop's own.
    format : str, optional
        The format of times that are text ("%d.%m.%Y %H:%M", "iso8601"), numbers ("%Y%m%d"), counts ("unix_s",
        "unix_ms", "unix_us") or days of Excel ("excel"). A zone written in it, such as the Z of
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
    >>> raw = pd.DataFrame({"cookie": ["x"], "user": [1]})
    >>> schema.links(raw, visitor_id="cookie", customer_id="user")
      visitor_id  customer_id
    0          x            1
    """
    return map_table(
        raw,
        "links",
        {
            "visitor_id": visitor_id,
            "customer_id": customer_id,
            "linked_at": linked_at,
        },
        timezone=timezone,
        format=format,
        decimal=decimal,
        check=check,
        duplicates=duplicates,
    )


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
        "unix_ms", "unix_us") or days of Excel ("excel"). A zone written in it, such as the Z of
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
        "unix_ms", "unix_us") or days of Excel ("excel"). A zone written in it, such as the Z of
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
        "unix_ms", "unix_us") or days of Excel ("excel"). A zone written in it, such as the Z of
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


def reviews(
    raw: IntoFrameT,
    /,
    *,
    review_id: str | None = None,
    text: str | None = None,
    title: str | None = None,
    product_id: str | None = None,
    customer_id: str | None = None,
    order_id: str | None = None,
    reviewed_at: str | None = None,
    rating: str | None = None,
    language: str | None = None,
    ordered_at: str | None = None,
    category: str | None = None,
    timezone: str | None = None,
    format: str | None = None,
    decimal: Literal[".", ","] | None = None,
    check: Check = "values",
    duplicates: Duplicates = "keep",
) -> IntoFrameT:
    """Map a raw table to canonical ``reviews``.

    One row is a review. Required: ``review_id``, ``text``. Other columns stay as they are.

    Parameters
    ----------
    raw : pandas, Polars, PyArrow, DuckDB or PySpark table
        The table as the shop exports it. Each keyword below names the column of ``raw`` that holds the
        canonical column; None takes the column of the same name, where there is one
        that no other keyword names.
    review_id : str, optional
        Review. Holds text or whole number.
    text : str, optional
        What was written; null for a bare rating. Holds text.
    title : str, optional
        Title of the review. Holds text.
    product_id : str, optional
        Product. Holds text or whole number.
    customer_id : str, optional
        Customer. Holds text or whole number.
    order_id : str, optional
        Order that the review is about. Holds text or whole number.
    reviewed_at : str, optional
        When it was written. Holds naive timestamp in the shop's own time, microseconds, in shop time.
    rating : str, optional
        Stars, 1 to 5. Holds whole or decimal number, in stars.
    language : str, optional
        Language code, such as en or zh. Holds text.
    ordered_at : str, optional
        When what it is about was bought. Holds naive timestamp in the shop's own time, microseconds, in shop
        time.
    category : str, optional
        Product category. Holds text.
    timezone : str, optional
        The shop's zone, such as "Asia/Shanghai": times with a zone are converted to it. Naive times are the
        shop's own.
    format : str, optional
        The format of times that are text ("%d.%m.%Y %H:%M", "iso8601"), numbers ("%Y%m%d"), counts ("unix_s",
        "unix_ms", "unix_us") or days of Excel ("excel"). A zone written in it, such as the Z of
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
    >>> raw = pd.DataFrame({"review_id": [1], "body": ["很好"], "stars": [5]})
    >>> schema.reviews(raw, text="body", rating="stars")
       review_id text  rating
    0          1   很好       5
    """
    return map_table(
        raw,
        "reviews",
        {
            "review_id": review_id,
            "text": text,
            "title": title,
            "product_id": product_id,
            "customer_id": customer_id,
            "order_id": order_id,
            "reviewed_at": reviewed_at,
            "rating": rating,
            "language": language,
            "ordered_at": ordered_at,
            "category": category,
        },
        timezone=timezone,
        format=format,
        decimal=decimal,
        check=check,
        duplicates=duplicates,
    )


def assignments(
    raw: IntoFrameT,
    /,
    *,
    customer_id: str | None = None,
    variant: str | None = None,
    assigned_at: str | None = None,
    experiment: str | None = None,
    timezone: str | None = None,
    format: str | None = None,
    decimal: Literal[".", ","] | None = None,
    check: Check = "values",
    duplicates: Duplicates = "keep",
) -> IntoFrameT:
    """Map a raw table to canonical ``assignments``.

    One row is a unit in an experiment. Required: ``customer_id``, ``variant``. Other columns stay as they
    are.

    Parameters
    ----------
    raw : pandas, Polars, PyArrow, DuckDB or PySpark table
        The table as the shop exports it. Each keyword below names the column of ``raw`` that holds the
        canonical column; None takes the column of the same name, where there is one
        that no other keyword names.
    customer_id : str, optional
        Customer, or any unit that was assigned. Holds text or whole number.
    variant : str, optional
        Variant, such as control. Holds text.
    assigned_at : str, optional
        When it was assigned. Holds naive timestamp in the shop's own time, microseconds, in shop time.
    experiment : str, optional
        Experiment. Holds text.
    timezone : str, optional
        The shop's zone, such as "Asia/Shanghai": times with a zone are converted to it. Naive times are the
        shop's own.
    format : str, optional
        The format of times that are text ("%d.%m.%Y %H:%M", "iso8601"), numbers ("%Y%m%d"), counts ("unix_s",
        "unix_ms", "unix_us") or days of Excel ("excel"). A zone written in it, such as the Z of
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
    >>> raw = pd.DataFrame({"user": [1, 2], "group": ["A", "B"]})
    >>> schema.assignments(raw, customer_id="user", variant="group")
       customer_id variant
    0            1       A
    1            2       B
    """
    return map_table(
        raw,
        "assignments",
        {
            "customer_id": customer_id,
            "variant": variant,
            "assigned_at": assigned_at,
            "experiment": experiment,
        },
        timezone=timezone,
        format=format,
        decimal=decimal,
        check=check,
        duplicates=duplicates,
    )


def touches(
    raw: IntoFrameT,
    /,
    *,
    customer_id: str | None = None,
    channel: str | None = None,
    touched_at: str | None = None,
    campaign: str | None = None,
    impressions: str | None = None,
    clicks: str | None = None,
    cost: str | None = None,
    converted: str | None = None,
    value: str | None = None,
    timezone: str | None = None,
    format: str | None = None,
    decimal: Literal[".", ","] | None = None,
    check: Check = "values",
    duplicates: Duplicates = "keep",
) -> IntoFrameT:
    """Map a raw table to canonical ``touches``.

    One row is a marketing contact. Required: ``customer_id``, ``channel``, ``touched_at``. Other columns stay
    as they are.

    Parameters
    ----------
    raw : pandas, Polars, PyArrow, DuckDB or PySpark table
        The table as the shop exports it. Each keyword below names the column of ``raw`` that holds the
        canonical column; None takes the column of the same name, where there is one
        that no other keyword names.
    customer_id : str, optional
        Customer. Holds text or whole number.
    channel : str, optional
        Channel, such as email. Holds text.
    touched_at : str, optional
        When it happened. Holds naive timestamp in the shop's own time, microseconds, in shop time.
    campaign : str, optional
        Campaign. Holds text.
    impressions : str, optional
        Times shown. Holds whole or decimal number, in impressions.
    clicks : str, optional
        Times clicked. Holds whole or decimal number, in clicks.
    cost : str, optional
        What the contact cost. Holds 64-bit float, one currency, in currency.
    converted : str, optional
        Whether a conversion followed. Holds true or false.
    value : str, optional
        Money of the conversion. Holds 64-bit float, one currency, in currency.
    timezone : str, optional
        The shop's zone, such as "Asia/Shanghai": times with a zone are converted to it. Naive times are the
        shop's own.
    format : str, optional
        The format of times that are text ("%d.%m.%Y %H:%M", "iso8601"), numbers ("%Y%m%d"), counts ("unix_s",
        "unix_ms", "unix_us") or days of Excel ("excel"). A zone written in it, such as the Z of
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
    >>> raw = pd.DataFrame({"customer_id": [1], "channel": ["email"], "sent": day})
    >>> schema.touches(raw, touched_at="sent").columns.tolist()
    ['customer_id', 'channel', 'touched_at']
    """
    return map_table(
        raw,
        "touches",
        {
            "customer_id": customer_id,
            "channel": channel,
            "touched_at": touched_at,
            "campaign": campaign,
            "impressions": impressions,
            "clicks": clicks,
            "cost": cost,
            "converted": converted,
            "value": value,
        },
        timezone=timezone,
        format=format,
        decimal=decimal,
        check=check,
        duplicates=duplicates,
    )


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
        "unix_ms", "unix_us") or days of Excel ("excel"). A zone written in it, such as the Z of
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
        "unix_ms", "unix_us") or days of Excel ("excel"). A zone written in it, such as the Z of
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
        "unix_ms", "unix_us") or days of Excel ("excel"). A zone written in it, such as the Z of
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
