"""Readers of what shop and customers tell each other: reviews, experiments, marketing.

Written by ``tools/write_readers.py`` from the declarations in ``schema/_model/tables.py``; change those, then run it.
"""

from typing import Literal

from narwhals.stable.v2.typing import IntoFrameT

from .._map.map import Check, Duplicates, map_table


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
