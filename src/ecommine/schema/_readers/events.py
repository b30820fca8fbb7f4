"""Readers of what visitors do: events, and which visitor is which customer.

Written by ``tools/write_readers.py`` from the declarations in ``schema/_model/tables.py``; change those, then run it.
"""

from collections.abc import Mapping
from typing import Literal

from narwhals.stable.v2.typing import IntoFrameT

from .._map.map import Check, Duplicates, map_table


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
        "unix_ms", "unix_us") or days of Excel ("excel", or "excel1904" where the workbook counts from 1904, as those
        of older Macs do). A zone written in it, such as the Z of
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
